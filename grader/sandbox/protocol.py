"""What the grader and a sandboxed submission say to each other.

A request is a frame: a nonce, a letter, a length, a payload. An answer is a frame with the nonce of its
request. The nonce comes anew from the operating system for each request, so an answer written ahead of its
question, by a thread that outlived its call or by code that found the descriptor, belongs to no request
and ends the session. A submission can still answer its own request with whatever it likes. It gains
nothing: that is an answer like one that its function returns, and the tests judge it.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import asdict, dataclass

NONCE_BYTES = 16
HEADER = struct.Struct(f"<{NONCE_BYTES}scI")
LENGTH = struct.Struct("<I")

# Requests
OPEN = b"O"  # run the cells
CALL = b"C"
DRIVE = b"D"
SUBSTITUTE = b"S"  # bind a name to other source
# Answers
PROGRESS = b"P"  # the cell of this number begins
ANSWER = b"A"

# On the supervisor's own socket: why a submission's process ended, and the processor seconds it had.
ENDED = struct.Struct("<id")


@dataclass(frozen=True)
class Limits:
    """What one submission may use; all of it together, since it is one process.

    call_seconds : wall time of one call, where the exercise sets none
    cell_seconds : wall time of one statement of a cell
    open_seconds : wall time to run all cells
    processor_seconds : processor time of a submission in all
    grace_seconds : wall time beyond a limit after which the process is killed from outside
    memory_bytes : private memory beyond what the warm process has
    address_bytes : address space beyond what the warm process has
    temporary_bytes : of files in /tmp
    file_bytes : of one file
    threads, descriptors : numbers of these
    """

    call_seconds: float = 5.0
    cell_seconds: float = 10.0
    open_seconds: float = 30.0
    processor_seconds: int = 180
    grace_seconds: float = 1.0
    memory_bytes: int = 512 * 2**20
    address_bytes: int = 4 * 2**30
    temporary_bytes: int = 16 * 2**20
    file_bytes: int = 16 * 2**20
    threads: int = 16
    descriptors: int = 64

    def to_dict(self) -> dict[str, float]:
        """As plain values."""
        return asdict(self)


def frame(nonce: bytes, kind: bytes, payload: bytes) -> bytes:
    """One frame."""
    return HEADER.pack(nonce, kind, len(payload)) + payload


def join(head: bytes, rest: bytes) -> bytes:
    """Two byte strings in one payload."""
    return LENGTH.pack(len(head)) + head + rest


def split(payload: bytes) -> tuple[bytes, bytes]:
    """The two byte strings of a payload.

    Raises
    ------
    ValueError : where it holds no two
    """
    if len(payload) < LENGTH.size:
        raise ValueError("A payload is too short.")
    (length,) = LENGTH.unpack_from(payload)
    end = LENGTH.size + length
    if end > len(payload):
        raise ValueError("A payload ends before its first part does.")
    return payload[LENGTH.size : end], payload[end:]


def read_exactly(descriptor: int, count: int) -> bytes:
    """Read so many bytes from a blocking descriptor; fewer only where it ends."""
    parts = []
    while count > 0:
        part = os.read(descriptor, min(count, 1 << 20))
        if not part:
            break
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def write_all(write: Callable[[bytes], int], data: bytes) -> None:
    """Write all of it."""
    view = memoryview(data)
    while view:
        view = view[write(view) :]  # type: ignore[arg-type]
