"""What the grader and a sandboxed submission say to each other.

A request is a frame: a nonce, a letter, a length, a payload. An answer is a frame with the nonce
of its request. The nonce comes anew from the operating system for each request, so an answer
written ahead of its question, by a thread that outlived its call or by code that found the
descriptor, belongs to no request and ends the session. A submission can still answer its own
request with whatever it likes. It gains nothing: that is an answer like one that its function
returns, and the tests judge it.
"""

from __future__ import annotations

import os
import struct
from dataclasses import asdict, dataclass

NONCE_BYTES = 16
PIECE = 1 << 14  # bytes; more room than is needed costs time to make
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

# On the lifeline: how a submission's process ended, and the processor seconds it had.
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


def read_frame(descriptor: int) -> tuple[bytes, bytes, bytes] | None:
    """Read nonce, letter and payload from a blocking descriptor, None at its end.

    Requests and answers alternate: never is there more to read than one frame.
    """
    data = os.read(descriptor, PIECE)
    while len(data) < HEADER.size:
        more = os.read(descriptor, PIECE)
        if not more:
            return None
        data += more
    nonce, kind, length = HEADER.unpack_from(data)
    parts = [data[HEADER.size :]]
    missing = length - len(parts[0])
    while missing > 0:
        more = os.read(descriptor, min(missing, 1 << 20))
        if not more:
            return None
        parts.append(more)
        missing -= len(more)
    return nonce, kind, b"".join(parts)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of it to a blocking descriptor."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
