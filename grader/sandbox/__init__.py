"""Run a learner's code where it can harm nothing, and get plain values back.

    with Sandbox("02_activations") as sandbox:
        session = sandbox.open(cells, ["sigmoid", "relu"])
        session.definitions["relu"].status     # "defined"
        session.call("relu", (z,), {}).value
        session.substitute("sigmoid", source)  # after sigmoid has been graded
        session.close()

A `Session` is an `Implementation` for the grading tests. Its `call` never raises for what a learner
did: the `Reply` says what came of it.

What is trusted
---------------
The process that imports this module holds tests, references, expected values and gradebook.
Everything that comes from a submission's process is a claim: it is decoded by `grader.wire`, and
each part is held against the one kind and size that it may have. Whatever is waited for has a
limit.

The warm server (`inside.py`) runs our code alone, in bubblewrap, never as root (`launch.py`), among
Python, its packages and a masked copy of the course (`masked.py`). It shares nothing with its
submissions that they could change: they are forked from it, so they have copies of its memory, and
close its descriptors before their first cell is read.

A submission is one process (`isolation.py`) in namespaces of its own, without capabilities, under
a filter (`seccomp.py`) that allows threads, memory and its few files, and no other process, program
or socket. So the kernel's limits on a process are limits on the submission. It answers on a socket
that its code can find and write to: see `protocol.py` for why that gains nothing.

What is not kept from a submission
----------------------------------
What its functions are asked, and what the functions of earlier lessons answer: it can tell a test
by its arguments, and answer from a table. Exercises that could be passed so need random arguments,
or hidden tests. That it warns of nothing and leaves its arguments alone is a claim, too. The kernel
itself is trusted: a flaw in the system calls that are allowed is beyond this module, as are
processor time and caches, which submissions graded side by side can observe.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import re
import secrets
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from grader import wire
from grader.definitions import STATUSES, Definition
from grader.sandbox import bubblewrap
from grader.sandbox.masked import write_masked_course
from grader.sandbox.protocol import (
    ANSWER,
    CALL,
    DRIVE,
    ENDED,
    HEADER,
    NONCE_BYTES,
    OPEN,
    PIECE,
    PROGRESS,
    SUBSTITUTE,
    Limits,
    frame,
    join,
    split,
)
from utils.checking.subject import MAX_PRINTED, LearnerLine, Outcome, Reply

__all__ = ["Limits", "Sandbox", "SandboxError", "SandboxUnavailable", "Session"]

PREFIX, LOCK = "sandbox-", "lock"  # of a sandbox's folder, and of a file in it
START_SECONDS = 60.0  # for a server to be ready; a quarter of a second where nothing else runs
REOPENINGS = 3  # of a submission whose cells end its process, with only one cell changed
MAX_CELLS = 5_000
MAX_SOURCE = 10_000_000  # characters of all cells
FORGED = "it sent something other than an answer"

OUTCOMES: dict[str, Outcome] = {
    "returned": "returned",
    "raised": "raised",
    "timeout": "timeout",
    "not plain": "not plain",
}
WARNINGS = frozenset(
    {
        *("Warning", "UserWarning", "RuntimeWarning", "DeprecationWarning", "FutureWarning"),
        *("PendingDeprecationWarning", "SyntaxWarning", "ImportWarning", "UnicodeWarning"),
        *("BytesWarning", "ResourceWarning"),
    }
)


# Control characters, and those that turn the direction of writing: what steers a terminal or
# hides text.
_UNSEEN = dict.fromkeys(
    [*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)],
    "\N{REPLACEMENT CHARACTER}",
)


class SandboxUnavailable(Exception):
    """This machine can't run a sandbox; the message says why and what to do."""


class SandboxError(Exception):
    """The sandbox's own server failed, more than once: not the submission's doing."""


class Sandbox:
    """A warm server inside bubblewrap that forks a process for each submission.

    The server ends with the thread that made it: make it in a thread that stays. Sessions of one
    sandbox may be open at the same time.

    Parameters
    ----------
    lesson : such as "02_activations": its references, and those of later lessons, are not inside
    limits : what one submission may use
    hidden_tests : a folder that must not be seen inside, wherever it lies

    Raises
    ------
    SandboxUnavailable : where there is no bubblewrap, or it may not make namespaces, or where the
        hidden tests lie among what must be seen inside
    """

    isolated = True

    def __init__(
        self,
        lesson: str,
        *,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        hidden_tests: Path | None = None,
    ) -> None:
        self.lesson = lesson
        self.limits = limits
        self.hidden_tests = hidden_tests
        _sweep()
        self._folder = tempfile.TemporaryDirectory(prefix=PREFIX)
        self._lock = _lock(Path(self._folder.name))
        self._course = Path(self._folder.name) / "course"
        self._course.mkdir()
        self._errors = tempfile.TemporaryFile(dir=self._folder.name)  # noqa: SIM115 - closed in `close`
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        try:
            write_masked_course(lesson, self._course)
            self._start()
            self._rehearse()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def open(
        self,
        cells: Sequence[str],
        exercises: Sequence[str],
        *,
        time_limits: Mapping[str, float] | None = None,
    ) -> Session:
        """Run a submission's cells in a process of its own.

        A cell that ends the process costs the exercises that it would have defined after that
        point and no other: the submission is opened again, and of that cell only definitions are
        run.

        Parameters
        ----------
        cells : sources of code cells
        exercises : names of the lesson's exercises
        time_limits : seconds for one call, by exercise; `limits.call_seconds` for others

        Raises
        ------
        SandboxError : where the server itself fails again and again
        """
        session = Session(self, cells, exercises, time_limits or {})
        session._open()
        return session

    def close(self) -> None:
        """End the server, and with it all submissions."""
        self._stop()
        self._errors.close()
        self._folder.cleanup()
        self._lock.close()

    # ------------------------------------------------------------------ the server

    def _command(self, configuration: str) -> tuple[list[str], dict[str, str]]:
        """The command that starts the server, and its environment."""
        empty = Path(self._folder.name) / "empty"
        empty.mkdir(exist_ok=True)
        empty.chmod(0o755)
        try:
            command = bubblewrap.command(self._course, empty, configuration, self.hidden_tests)
            return command, {}
        except ValueError as error:
            raise SandboxUnavailable(str(error)) from None
        except FileNotFoundError:
            raise SandboxUnavailable(
                "Grading untrusted notebooks needs bubblewrap. Install it "
                f"({bubblewrap.INSTALL}), or give --sandbox none to grade notebooks that you trust."
            ) from None

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        configuration = json.dumps(
            {
                "topic": self.lesson[3:],
                "limits": self.limits.to_dict(),
                "isolated": self.isolated,
                "control": theirs.fileno(),
            }
        )
        command, environment = self._command(configuration)
        self._errors.truncate(0)
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                env=environment,
                cwd="/",
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            raise SandboxUnavailable(f"The sandbox can't be started: {error}.") from None
        finally:
            theirs.close()
        self._control = ours
        ours.settimeout(START_SECONDS)
        try:
            ready = ours.recv(1)
        except TimeoutError:
            ready = b""
        if ready != b"R":
            self._stop()
            raise SandboxUnavailable(self._explain(self._complaints()))

    def _rehearse(self) -> None:
        """Open a harmless submission: what this machine refuses is told now, not while grading."""
        try:
            self.open(["def rehearsal(): return 1"], ["rehearsal"]).close()
        except SandboxError as error:
            raise SandboxUnavailable(self._explain(self._complaints() or str(error))) from None

    def _complaints(self) -> str:
        """What the server wrote to its standard error, the end of it."""
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace").strip()[-2_000:]

    def _explain(self, said: str) -> str:
        """Why the server did not start, in one sentence with the remedy."""
        return bubblewrap.remedy(said)

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()
            self._process = None

    def _fork(self) -> tuple[socket.socket, socket.socket]:
        """A new submission's channel and its supervisor's lifeline."""
        channel, inner_channel = socket.socketpair()
        lifeline, inner_lifeline = socket.socketpair()
        try:
            for last_try in (False, True):
                try:
                    if self._control is None:
                        self._start()
                    assert self._control is not None
                    socket.send_fds(
                        self._control, [b"F"], [inner_channel.fileno(), inner_lifeline.fileno()]
                    )
                    break
                except OSError as error:
                    self._stop()
                    if last_try:
                        raise SandboxError(f"The sandbox's server is gone: {error}.") from None
        finally:
            inner_channel.close()
            inner_lifeline.close()
        channel.setblocking(False)
        return channel, lifeline


def _lock(folder: Path) -> IO[bytes]:
    """A locked file in a folder: as long as it is, the folder is in use."""
    new, place = folder / "locking", folder / LOCK
    file = new.open("wb")
    fcntl.flock(file, fcntl.LOCK_EX)
    new.rename(place)  # whoever sees it finds it locked
    return file


def _sweep() -> None:
    """Remove what graders that were killed have left: their folders, which nobody holds locked."""
    for place in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{LOCK}"):
        with contextlib.suppress(OSError), place.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(place.parent, ignore_errors=True)


class _Ended(Exception):
    """A submission's process is at its end; `outcome` and `reason` say how."""

    def __init__(self, outcome: Outcome, reason: str, server_failed: bool = False) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason
        self.server_failed = server_failed


class _Plan:
    """Which cells of a submission to run, given what came of it before.

    A cell that ended the process is run again for its definitions alone, and if these end it, not
    at all. After a few such cells, or where it ends without that cell too, of all cells only
    definitions are run.
    """

    def __init__(self, cells: int) -> None:
        self.cells = cells
        self.reached = -1  # the last cell that began
        self.only_definitions: set[int] = set()
        self.left_out: dict[int, str] = {}  # why, by cell
        self.lessons = 0

    def learn(self, reason: str) -> bool:
        """Change the plan for another try; False where there is none left."""
        self.lessons += 1
        if self.reached < 0 or self.lessons > 3 * REOPENINGS:
            return False
        if self.reached in self.left_out:  # an earlier one's doing, such as a broken interpreter
            if len(self.only_definitions) == self.cells:
                return False
            del self.left_out[self.reached]
            self.only_definitions.update(range(self.cells))
        elif self.reached in self.only_definitions:
            self.left_out[self.reached] = reason
        elif self.lessons > REOPENINGS:
            self.only_definitions.update(range(self.cells))
        else:
            self.only_definitions.add(self.reached)
        return True


class Session:
    """One submission in its process; answers the calls of grading tests.

    Attributes
    ----------
    definitions : what became of each exercise when the cells ran
    ended : why the process is at its end, "" while it lives; then every call is answered with that
    """

    def __init__(
        self,
        sandbox: Sandbox,
        cells: Sequence[str],
        exercises: Sequence[str],
        time_limits: Mapping[str, float],
    ) -> None:
        self.definitions: dict[str, Definition] = {}
        self.ended = ""
        self._outcome: Outcome = "killed"
        self._sandbox = sandbox
        self._limits = sandbox.limits
        self._cells = list(cells)
        self._exercises = list(exercises)
        self._time_limits = dict(time_limits)
        self._substituted: set[str] = set()
        self._channel: socket.socket | None = None
        self._lifeline: socket.socket | None = None
        self._poll = select.poll()
        self._received = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def call(self, name: str, arguments: Sequence[object], keywords: Mapping[str, object]) -> Reply:
        """Call an exercise's function.

        Raises
        ------
        WireError : where the arguments are none that can be sent: a fault of the test
        ValueError : where the name has been substituted: it would judge the reference
        """
        return self._ask(CALL, name, tuple(arguments), dict(keywords))

    def drive(self, name: str, code: str, values: Mapping[str, object]) -> Reply:
        """Run driver code beside an exercise; errors as `call`."""
        reply = self._ask(DRIVE, name, (code,), dict(values))
        _, after = reply.arguments_after
        return Reply(**{**vars(reply), "arguments_after": ((), after)})

    def substitute(self, name: str, source: str) -> None:
        """Bind a name to what this source defines, after its exercise has been graded.

        Raises
        ------
        ValueError : where the source does not define the name
        """
        if self.ended:
            return
        payload = wire.encode_arguments((name, source)).data
        self._substituted.add(name)
        try:
            complaint = wire.decode(self._request(SUBSTITUTE, payload, self._limits.call_seconds))
        except _Ended as end:
            self._die(end)
            return
        except wire.WireError:
            self._die(_Ended("killed", FORGED))
            return
        if not isinstance(complaint, str) or complaint:
            raise ValueError(f"The substitute for {name} can't be run: {complaint!s:.300}")

    def close(self) -> None:
        """End the submission's process and whatever it started."""
        for connection in (self._lifeline, self._channel):
            if connection is not None:
                connection.close()
        self._lifeline = self._channel = None
        self.ended = self.ended or "the session is closed"

    # -------------------------------------------------------------------- opening

    def _open(self) -> None:
        if len(self._cells) > MAX_CELLS or sum(map(len, self._cells)) > MAX_SOURCE:
            message = "The notebook's code is too large to be run."
            self.definitions = {name: Definition("error", message) for name in self._exercises}
            self._die(_Ended("killed", "it was too large to be run"))
            return
        plan = _Plan(len(self._cells))
        give_up = time.monotonic() + 3 * self._limits.open_seconds
        server_failures = 0
        while True:
            end = self._try_to_open(plan)
            if end is None:
                self._blame(plan)
                return
            self._hang_up()
            if end.server_failed:
                server_failures += 1
                self._sandbox._stop()
                if server_failures > 1:
                    raise SandboxError(f"The sandbox's server failed twice: {end.reason}.")
            elif not plan.learn(end.reason) or time.monotonic() > give_up:
                break
        message = f"Running the notebook's cells ended its process: {end.reason}."
        self.definitions = {name: Definition("error", message) for name in self._exercises}
        self._die(end)

    def _try_to_open(self, plan: _Plan) -> _Ended | None:
        """Run the cells in a new process; how it ended, if it did."""
        plan.reached = -1
        deadline = time.monotonic() + self._limits.open_seconds
        request = {
            "cells": ["" if n in plan.left_out else cell for n, cell in enumerate(self._cells)],
            "exercises": self._exercises,
            "only_definitions": sorted(plan.only_definitions),
        }
        try:
            self._connect()
            nonce = self._send(OPEN, wire.encode_arguments(request).data, deadline)
            while True:
                kind, payload = self._receive(nonce, deadline)
                if kind == ANSWER:
                    self.definitions = self._read_definitions(payload)
                    return None
                plan.reached = self._read_progress(payload, plan.reached)
        except _Ended as end:
            # Before the first cell there was nothing of the learner's to end it.
            end.server_failed |= plan.reached < 0
            return end
        except wire.WireError:
            return _Ended("killed", FORGED)

    def _blame(self, plan: _Plan) -> None:
        """Tell of exercises whose cells had to be left out."""
        for number, reason in plan.left_out.items():
            for name in self._exercises:
                mentioned = re.search(rf"\b{re.escape(name)}\b", self._cells[number])
                if mentioned and self.definitions[name].status == "missing":
                    message = f"Running its cell ended the whole process: {reason}."
                    self.definitions[name] = Definition("error", message)

    def _connect(self) -> None:
        self._channel, self._lifeline = self._sandbox._fork()
        self._received = b""
        self._poll = select.poll()
        self._poll.register(self._channel, select.POLLIN)
        self._poll.register(self._lifeline, select.POLLIN)

    def _read_progress(self, payload: bytes, before: int) -> int:
        cell = wire.decode(payload)
        if type(cell) is not int or not before < cell < len(self._cells):
            raise wire.WireError("There is no such cell.")
        return cell

    def _read_definitions(self, payload: bytes) -> dict[str, Definition]:
        told = wire.decode(payload)
        if not isinstance(told, dict):
            raise wire.WireError("Definitions are a dict.")
        found = {}
        for name in self._exercises:
            pair = told.get(name)
            if not (isinstance(pair, tuple) and len(pair) == 2):
                raise wire.WireError("A definition has a status and a message.")
            status, message = pair
            # an array is compared entry by entry: what is no text must not come to be compared
            if not isinstance(status, str) or status not in STATUSES:
                raise wire.WireError("A definition has no status.")
            found[name] = Definition(status, _text(message, 500))
        return found

    # -------------------------------------------------------------------- calling

    def _ask(
        self, kind: bytes, name: str, arguments: tuple[object, ...], keywords: dict[str, object]
    ) -> Reply:
        if name in self._substituted:
            raise ValueError(
                f"{name} has been substituted: its answers are no longer the learner's."
            )
        if self.ended:
            return Reply(self._outcome, arguments_after=(arguments, keywords), error=self.ended)
        seconds = self._time_limits.get(name, self._limits.call_seconds)
        sent = wire.encode_arguments((arguments, keywords))
        states = [wire.state_of(generator) for generator in sent.generators]
        head = wire.encode_arguments((name, seconds, states)).data
        try:
            payload = self._request(kind, join(head, sent.data), seconds)
            reply = _read_reply(payload, arguments, keywords, sent)
        except _Ended as end:
            self._die(end)
        except (wire.WireError, ValueError):
            self._die(_Ended("killed", FORGED))
        if self.ended:
            return Reply(self._outcome, arguments_after=(arguments, keywords), error=self.ended)
        if reply.outcome == "timeout":
            self._die(_Ended("timeout", f"nothing within {seconds:g} s"))
        return reply

    def _request(self, kind: bytes, payload: bytes, seconds: float) -> bytes:
        deadline = time.monotonic() + seconds + self._limits.grace_seconds
        nonce = self._send(kind, payload, deadline)
        kind, answer = self._receive(nonce, deadline)
        if kind != ANSWER:
            raise wire.WireError("An answer is of another kind.")
        return answer

    def _die(self, end: _Ended) -> None:
        self._hang_up()
        self._outcome = end.outcome
        self.ended = end.reason

    def _hang_up(self) -> None:
        for connection in (self._lifeline, self._channel):
            if connection is not None:
                connection.close()
        self._lifeline = self._channel = None

    # --------------------------------------------------------------------- frames

    def _send(self, kind: bytes, payload: bytes, deadline: float) -> bytes:
        """Send a request; its nonce."""
        assert self._channel is not None
        nonce = secrets.token_bytes(NONCE_BYTES)
        view = memoryview(frame(nonce, kind, payload))
        while view:
            try:
                view = view[self._channel.send(view) :]
            except BlockingIOError:
                self._wait(select.POLLOUT, deadline)
            except OSError:
                raise self._how_it_ended() from None
        return nonce

    def _receive(self, nonce: bytes, deadline: float) -> tuple[bytes, bytes]:
        """The next frame that answers the request of this nonce."""
        data = self._received
        while len(data) < HEADER.size:
            data += self._read(PIECE, deadline)
        answered, kind, length = HEADER.unpack_from(data)
        if not secrets.compare_digest(answered, nonce) or kind not in (ANSWER, PROGRESS):
            raise wire.WireError("An answer belongs to no question.")
        if length > 2 * wire.MAX_BYTES:
            raise wire.WireError("An answer is too long.")
        end = HEADER.size + length
        parts = [data]
        missing = end - len(data)
        while missing > 0:
            parts.append(self._read(min(missing, 1 << 20), deadline))
            missing -= len(parts[-1])
        data = b"".join(parts)
        self._received = data[end:]
        return kind, data[HEADER.size : end]

    def _read(self, most: int, deadline: float) -> bytes:
        assert self._channel is not None
        self._wait(select.POLLIN, deadline)
        try:
            data = self._channel.recv(most)
        except OSError:
            data = b""
        if not data:
            raise self._how_it_ended()
        return data

    def _wait(self, event: int, deadline: float) -> None:
        """Wait for the channel, until the deadline or the end of the process."""
        assert self._channel is not None
        self._poll.modify(self._channel, event)
        left = max(0.0, deadline - time.monotonic())
        ready = [descriptor for descriptor, _ in self._poll.poll(left * 1000)]
        if not ready:
            raise _Ended("timeout", "it did not come to an end in time and was stopped")
        if self._channel.fileno() not in ready:
            raise self._how_it_ended()

    def _how_it_ended(self) -> _Ended:
        """What the supervisor says of the end of the submission's process."""
        assert self._lifeline is not None
        self._lifeline.settimeout(self._limits.grace_seconds)
        try:
            told = self._lifeline.recv(ENDED.size)
        except TimeoutError:  # it closed its channel and lives on
            return _Ended("killed", "it closed the connection to the grader")
        except OSError:
            told = b""
        if len(told) != ENDED.size:
            return _Ended("killed", "the sandbox ended", server_failed=True)
        status, seconds = ENDED.unpack(told)
        if seconds >= self._limits.processor_seconds:
            return _Ended(
                "timeout", f"more than {self._limits.processor_seconds} s of processor time"
            )
        return _Ended("killed", _describe_end(status))


def _describe_end(status: int) -> str:
    if status >= 0:
        return f"the process ended with exit code {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    crashes = {"SIGSEGV": "a crash", "SIGBUS": "a crash", "SIGABRT": "a crash", "SIGFPE": "a crash"}
    return f"the process was ended by {name}" + (f", {crashes[name]}" if name in crashes else "")


def _read_reply(
    payload: bytes,
    arguments: tuple[object, ...],
    keywords: dict[str, object],
    sent: wire.Encoded,
) -> Reply:
    """A reply from a sandbox, each part checked.

    Raises
    ------
    WireError, ValueError : for anything that is none
    """
    head, after = split(payload)
    told = wire.decode(head)
    if not (isinstance(told, tuple) and len(told) == 7):
        raise wire.WireError("A reply has seven parts.")
    outcome, value, error, lines, printed, warnings, states = told
    if not isinstance(outcome, str) or outcome not in OUTCOMES:
        raise wire.WireError("A reply has no outcome.")
    if not (isinstance(states, tuple) and len(states) == len(sent.generators)):
        raise wire.WireError("A reply has other generators.")
    reply = Reply(
        OUTCOMES[outcome],
        value if outcome == "returned" else None,
        (arguments, keywords),
        _text(error, 500),
        tuple(_line(line) for line in _tuple(lines, 3)),
        _text(printed, MAX_PRINTED),
        tuple(_warning(warning) for warning in _tuple(warnings, 20)),
    )
    if after:
        changed = wire.decode_arguments_after(after, sent)
        if not (isinstance(changed, tuple) and len(changed) == 2):
            raise wire.WireError("Arguments come back as two parts.")
        positional, named = changed
        if not isinstance(positional, tuple) or not isinstance(named, dict):
            raise wire.WireError("Arguments come back as a tuple and a dict.")
        if len(positional) != len(arguments) or named.keys() != keywords.keys():
            raise wire.WireError("Other arguments came back than were sent.")
        reply = Reply(**{**vars(reply), "arguments_after": (positional, named)})
    for generator, state in zip(sent.generators, states, strict=True):
        wire.set_state(generator, state)
    return reply


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str):
        raise wire.WireError("A text is none.")
    return value[:longest].translate(_UNSEEN)


def _tuple(value: object, longest: int) -> tuple:
    if not isinstance(value, tuple):
        raise wire.WireError("A tuple is none.")
    return value[:longest]


def _line(value: object) -> LearnerLine:
    if not (isinstance(value, tuple) and len(value) == 2 and type(value[0]) is int):
        raise wire.WireError("A line has a number and a text.")
    if not 0 <= value[0] < 10**9:
        raise wire.WireError("A line's number is impossible.")
    return LearnerLine(value[0], _text(value[1], 300))


def _warning(value: object) -> tuple[str, str]:
    if not (isinstance(value, tuple) and len(value) == 2):
        raise wire.WireError("A warning has a category and a message.")
    category = _text(value[0], 100)
    return category if category in WARNINGS else "UserWarning", _text(value[1], 500)
