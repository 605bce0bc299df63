"""A process that grades, and a handle on it.

The tests and the references live in it, sandboxes hang on it, and it knows nothing of the
gradebook. It reads units of work from a socket and answers with what came of them. When it dies,
its handle starts another and asks once more.
"""

from __future__ import annotations

import contextlib
import gc
import os
import queue
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from grader import wire
from grader.environment import of_a_child
from grader.messages import Unit
from utils.checking.suite import COURSE

UNIT_SECONDS = 1800.0  # far beyond what the sandbox's own limits allow one notebook
UNIT_MEMORY = 4 * 2**30  # bytes; what a test computes with an answer may be meant to take all
STOP, GRADED, UNUSABLE, FAILED = b"S", b"G", b"U", b"F"
GIVEN_UP = (
    "The grader failed twice on this notebook, through no fault that it could name: "
    "your instructor has to look at it."
)


class Unusable(Exception):
    """Nothing can be graded here; the message says why and what to do."""


class WorkerDied(Exception):
    """The process ended, or did not answer in time."""


@dataclass(frozen=True)
class Settings:
    """What a worker needs to know. Paths must lead to the same files on each machine."""

    sandbox: str = "bubblewrap"
    hidden: str = ""
    root: str = str(COURSE)
    fingerprint: str = ""  # of the course, to be sure that all grade by the same

    def to_bytes(self) -> bytes:
        """The settings as a message."""
        return wire.encode(asdict(self))

    @classmethod
    def from_bytes(cls, message: bytes) -> Settings:
        """The settings that a message holds."""
        fields = wire.decode(message)
        assert isinstance(fields, dict)
        return cls(**fields)


# ------------------------------------------------------------------------------- in the process


def _limit_memory() -> None:
    """Let a test that would take the machine's memory fail instead, by a MemoryError."""
    try:
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        soft = UNIT_MEMORY if hard == resource.RLIM_INFINITY else min(UNIT_MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
    except (ImportError, ValueError, OSError):
        pass  # a system without such limits


def serve(connection: Connection) -> None:
    """Grade what comes, until told to stop. The first message holds the settings."""
    from grader.course import Course, CourseError
    from grader.grading import Grader, make_sandbox
    from grader.sandbox import SandboxUnavailable

    _limit_memory()
    gc.set_threshold(50_000)  # judging makes many small objects, and hardly any circles
    inbox: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection, inbox), daemon=True).start()
    try:
        settings = Settings.from_bytes(inbox.get())
        course = Course(Path(settings.root), Path(settings.hidden) if settings.hidden else None)
        if settings.fingerprint not in ("", course.fingerprint(None)):
            raise CourseError(
                f"The course on {socket.gethostname()} differs from that of the machine that "
                "started the grading: install the same version everywhere, hidden tests included."
            )
        grader = Grader(course, make_sandbox(settings.sandbox, course.hidden))
    except (CourseError, SandboxUnavailable) as error:
        inbox.get()
        connection.send_bytes(UNUSABLE + str(error).encode())
        return
    try:
        while (message := inbox.get()) != STOP:
            try:
                answer = GRADED + grader.grade(Unit.from_bytes(message)).to_bytes()
            except (CourseError, SandboxUnavailable) as error:
                answer = UNUSABLE + str(error).encode()
            except Exception:  # noqa: BLE001 - told on stderr, and the handle tries again
                traceback.print_exc()
                answer = FAILED
            connection.send_bytes(answer)
    finally:
        grader.close()


def _receive(connection: Connection, inbox: queue.SimpleQueue[bytes]) -> None:
    """Take messages off the socket; when the other end is gone, be gone too."""
    while True:
        try:
            message = connection.recv_bytes()
        except (EOFError, OSError):
            os._exit(1)  # sandboxes die with their parent
        inbox.put(message)
        if message == STOP:
            return


# ------------------------------------------------------------------------------- its handle


class Worker:
    """A grading process, started when it is first needed and replaced when it dies.

    Parameters
    ----------
    settings : what it grades by
    command : what to run, followed by the number of the socket's descriptor
    core : the only core that the process and its sandboxes use; None for any
    """

    def __init__(
        self,
        settings: Settings,
        command: Sequence[str] = (sys.executable, "-m", "grader.worker"),
        core: int | None = None,
    ) -> None:
        self.settings = settings
        self.command = command
        self.core = core
        self.process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._stopped = False

    def grade(self, message: bytes) -> bytes:
        """What came of a unit, both as messages.

        A process that dies is replaced and the unit tried once more; after that the notebook gets
        rows that say so.

        Raises
        ------
        Unusable : where nothing can be graded at all
        """
        for _ in range(2):
            try:
                return self._ask(message)
            except WorkerDied:
                self.kill()
        unit = replace(Unit.from_bytes(message), problem=GIVEN_UP)
        try:
            return self._ask(unit.to_bytes())
        except WorkerDied:
            self.kill()
            raise Unusable(
                "The grader's own processes end as soon as they start: see what they wrote above, "
                "and ask python -m grader doctor."
            ) from None

    def _ask(self, message: bytes) -> bytes:
        if self._connection is None:
            self._start()
        assert self._connection is not None
        try:
            self._connection.send_bytes(message)
            if not self._connection.poll(UNIT_SECONDS):
                raise WorkerDied
            answer = self._connection.recv_bytes()
        except (EOFError, OSError):
            raise WorkerDied from None
        if answer[:1] == GRADED:
            return answer[1:]
        if answer[:1] == UNUSABLE:
            raise Unusable(answer[1:].decode())
        raise WorkerDied

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            if self._stopped:
                raise Unusable("The grading was stopped.")
            self.process = subprocess.Popen(
                [*self.command, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**os.environ, **of_a_child()},
                start_new_session=True,  # a Ctrl-C is for the process that writes the gradebook
            )
            if self.core is not None:
                with contextlib.suppress(OSError):  # the core may have been taken from us by now
                    os.sched_setaffinity(self.process.pid, {self.core})
        self._connection = Connection(ours.detach())
        try:
            self._connection.send_bytes(self.settings.to_bytes())
        except OSError:
            raise WorkerDied from None

    def close(self) -> None:
        """Let the process end."""
        if self._connection is not None and self.process is not None:
            try:
                self._connection.send_bytes(STOP)
                self.process.wait(timeout=10)
            except (OSError, subprocess.TimeoutExpired):
                pass
        self.kill()

    def stop(self) -> None:
        """End the process and start no other; from another thread than the one that asks it."""
        with self._lock:
            self._stopped = True
            if self.process is not None:
                self.process.kill()

    def kill(self) -> None:
        """End the process, whatever it does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
