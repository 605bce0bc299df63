"""What runs inside the sandbox: a warm server, and a process of its own for each submission.

The server has imported what setup cells import. It never holds a submission. For each it is
handed two sockets, and forks a process into new namespaces. The server keeps one socket, the
lifeline: when the grader closes it, it kills the process; when the process ends, it says how. The
process keeps the other, the channel: it drops whatever it could do harm with, and only then reads
its cells from there.
"""

from __future__ import annotations

import os

if __name__ == "__main__":
    # What `random`, `threading` and `logging` do after each fork took a tenth of a submission's
    # time. It mends what other threads may have left locked, of which the server has none, and
    # seeds a generator that `_Work.open` seeds anyway.
    os.register_at_fork = lambda **hooks: None

import contextlib
import functools
import gc
import importlib
import json
import random
import select
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

import utils
from grader import wire
from grader.definitions import run_cells
from grader.sandbox import isolation, seccomp, standins
from grader.sandbox.protocol import (
    ANSWER,
    CALL,
    DRIVE,
    ENDED,
    OPEN,
    PROGRESS,
    SUBSTITUTE,
    Limits,
    frame,
    join,
    read_frame,
    split,
    write_all,
)
from utils.checking.limits import call_with_limit
from utils.checking.plain import MAX_DEPTH
from utils.checking.subject import LocalImplementation, Reply

MAX_ERROR = 500
MAX_LINE = 300
MAX_WARNINGS = 20

# NumPy loads these when they are first used, which each submission would pay for.
PRELOADED = (
    *("numpy.random", "numpy.testing", "numpy.linalg", "numpy.polynomial", "numpy.typing"),
    *("math", "itertools", "functools", "collections", "dataclasses", "typing", "statistics"),
)


def main() -> None:
    """Serve submissions until the control socket closes."""
    configuration = json.loads(sys.argv[1])
    limits = Limits(**configuration["limits"])
    control = socket.socket(fileno=configuration["control"])
    isolation.set_inspectable(False)
    standins.install()
    _preload(configuration["topic"])
    conditions = _Conditions(
        configuration["topic"],
        limits,
        isolation.memory_in_use(),
        os.environ.get("TMPDIR", "/tmp"),
        os.getuid(),
        os.getgid(),
        seccomp.Program.of(seccomp.program()) if configuration["isolated"] else None,
    )
    gc.collect()
    gc.freeze()
    control.sendall(b"R")
    _Server(control, conditions).serve()


class _Conditions(NamedTuple):
    """Under which submissions run."""

    topic: str
    limits: Limits
    baseline: isolation.Memory  # of the warm server
    temporary: str  # the folder for a submission's own files
    user: int
    group: int
    filter_program: seccomp.Program | None  # None: no isolation


class _Server:
    """Forks submissions, kills those whose lifeline is cut, tells how the others ended."""

    def __init__(self, control: socket.socket, conditions: _Conditions) -> None:
        self.control = control
        self.conditions = conditions
        self.poll = select.poll()
        self.poll.register(control, select.POLLIN)
        self.children: dict[int, int] = {}  # by lifeline
        self.lifelines: dict[int, int] = {}  # by descriptor of the process

    def serve(self) -> None:
        # where the system has no descriptors of processes, look after them now and then
        pause = None if hasattr(os, "pidfd_open") else 20
        while True:
            # The control socket comes first, as it was registered first: what is forked in a
            # round is forked before descriptors are closed in it and their numbers free again.
            for descriptor, _ in self.poll.poll(pause):
                if descriptor == self.control.fileno():
                    message, descriptors, _, _ = socket.recv_fds(self.control, 1, 2)
                    if not message:
                        return
                    self.fork(*descriptors)
                elif descriptor in self.children:
                    os.kill(self.children[descriptor], signal.SIGKILL)
                    self.bury(descriptor, wait=True)
                elif descriptor in self.lifelines:
                    self.bury(self.lifelines[descriptor], wait=True)
            if pause is not None:
                for lifeline in list(self.children):
                    self.bury(lifeline, wait=False)

    def fork(self, channel: int, lifeline: int) -> None:
        """Fork a submission."""
        try:
            child = isolation.fork(self.conditions.filter_program is not None)
        except OSError as error:
            print(error, file=sys.stderr, flush=True)
            os.close(channel)
            os.close(lifeline)
            return
        if child == 0:
            _submission(channel, self.conditions)
        os.close(channel)
        self.children[lifeline] = child
        self.poll.register(lifeline, select.POLLIN)
        if hasattr(os, "pidfd_open"):
            process = os.pidfd_open(child)
            self.lifelines[process] = lifeline
            self.poll.register(process, select.POLLIN)

    def bury(self, lifeline: int, wait: bool) -> None:
        """Take leave of a process, if it has ended, and tell how it did."""
        found, status, usage = os.wait4(self.children[lifeline], 0 if wait else os.WNOHANG)
        if not found:
            return
        del self.children[lifeline]
        seconds = usage.ru_utime + usage.ru_stime
        with contextlib.suppress(OSError):  # the grader may have hung up
            os.write(lifeline, ENDED.pack(os.waitstatus_to_exitcode(status), seconds))
        processes = [process for process, line in self.lifelines.items() if line == lifeline]
        for process in processes:
            del self.lifelines[process]
        for descriptor in (lifeline, *processes):
            self.poll.unregister(descriptor)
            os.close(descriptor)


def _preload(topic: str) -> None:
    for name in (*PRELOADED, "utils.checking", "utils.figures"):
        importlib.import_module(name)
    for path in sorted(Path(utils.__path__[0]).glob("[a-z]*.py")):
        # a later lesson that is being written and can't be imported yet is no reason to stop
        with contextlib.suppress(ImportError):
            importlib.import_module(f"utils.{path.stem}")
    _rehearse(topic)


def _rehearse(topic: str) -> None:
    """Go through a submission's steps once, so that what they load lazily is loaded."""
    work = _Work(topic, Limits())
    cells = ["import numpy as np\ndef rehearsal(x, rng):\n    return np.exp(x) @ x + rng.normal()"]
    work.open({"cells": cells, "exercises": ["rehearsal"], "only_definitions": []}, lambda n: None)
    rng = np.random.default_rng(0)
    work.functions["rehearsal"](np.ones((2, 2)), rng)
    local = LocalImplementation(work.functions.__getitem__, 5.0)
    local.call("rehearsal", (np.ones(3), rng), {})
    local.call("rehearsal", (None, rng), {})
    sys.modules.pop("__main__", None)


def _submission(channel: int, conditions: _Conditions) -> None:
    """The process of one submission, until its channel closes."""
    try:
        os.setsid()  # else a signal to its process group would reach the server, namespaces or not
        isolated = conditions.filter_program is not None
        if isolated:
            isolation.settle(
                conditions.user,
                conditions.group,
                conditions.temporary,
                conditions.limits.temporary_bytes,
            )
        isolation.limit(conditions.limits, conditions.baseline, isolated)
        if conditions.filter_program is not None:
            isolation.renounce(conditions.filter_program)
        channel = isolation.keep_only(channel)
        _Work(conditions.topic, conditions.limits).serve(channel)
    except OSError as error:
        print(error, file=sys.stderr, flush=True)
    finally:
        os._exit(0)


class _Work:
    """One submission: its namespace, its functions, its answers."""

    def __init__(self, topic: str, limits: Limits) -> None:
        self.topic = topic
        self.limits = limits
        self.main = ModuleType("__main__")
        self.functions: dict[str, Any] = {}
        self.scopes: list[dict[str, object]] = []
        self.floating_point = np.geterr()  # what is done about overflow and the like

    def serve(self, channel: int) -> None:
        def write(nonce: bytes, kind: bytes, payload: bytes) -> None:
            write_all(channel, frame(nonce, kind, payload))

        def report(nonce: bytes, cell: int) -> None:
            write(nonce, PROGRESS, wire.encode(cell))

        while True:
            request = read_frame(channel)
            if request is None:
                return
            nonce, kind, payload = request
            if kind == OPEN:
                answer = self.open(
                    wire.decode_arguments(payload),
                    functools.partial(report, nonce),
                )
            elif kind == SUBSTITUTE:
                answer = self.substitute(payload)
            else:
                answer = self.answer(kind, payload)
            write(nonce, ANSWER, answer)

    def open(self, request: Mapping[str, Any], before_cell: Callable[[int], None]) -> bytes:
        """Run the cells; the answer tells of each exercise its status and a message."""
        sys.modules["__main__"] = self.main
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002 - a learner who draws from it gets the same each time
        self.functions, definitions = run_cells(
            request["cells"],
            request["exercises"],
            vars(self.main),
            only_definitions=request["only_definitions"],
            before_cell=before_cell,
            guard=lambda run: call_with_limit(run, self.limits.cell_seconds),
        )
        self.floating_point = np.geterr()
        return wire.encode(
            {name: (d.status, d.message[:MAX_ERROR]) for name, d in definitions.items()}
        )

    def substitute(self, payload: bytes) -> bytes:
        """Bind a name to the function or class that this source defines.

        It sees what the lesson's module imports, and other exercises under their names as the
        submission has them now: right ones its own, others substituted.
        """
        name, source = wire.decode_arguments(payload)
        try:
            scope = {**vars(importlib.import_module(f"utils.{self.topic}")), **self.functions}
            exec(compile(source, f"<reference {name}>", "exec"), scope)
        except Exception as error:  # noqa: BLE001 - told to the grader
            return wire.encode(f"{type(error).__name__}: {error}"[:MAX_ERROR])
        self.scopes.append(scope)
        self.functions[name] = scope[name]
        vars(self.main)[name] = scope[name]
        for known in self.scopes:
            known[name] = scope[name]
        return wire.encode("")

    def answer(self, kind: bytes, payload: bytes) -> bytes:
        """Call a function, or run driver code beside it."""
        head, body = split(payload)
        name, seconds, states = wire.decode_arguments(head)
        generators = [wire.generator_in(state) for state in states]
        arguments, keywords = wire.decode_arguments(body, generators)
        if name not in self.functions:
            reply = Reply("raised", error=f"NameError: name {name!r} is not defined")
            return join(_encode_reply(reply, []), b"")
        # An earlier exercise may have bound another's name, or called np.seterr: its fault alone.
        vars(self.main).update(self.functions)
        np.seterr(**self.floating_point)
        local = LocalImplementation(self.functions.__getitem__, seconds, interruptible=False)
        if kind == CALL:
            reply = local.call(name, arguments, keywords)
        else:
            assert kind == DRIVE
            reply = local.drive(name, arguments[0], keywords)
        head = _encode_reply(reply, generators)
        after = _encode_after(arguments, keywords)
        return join(head, b"" if after == body else after)


def _encode_after(arguments: tuple[object, ...], keywords: dict[str, object]) -> bytes:
    """Arguments after a call, in which the function may have put what can't be sent."""
    for describe in (lambda value: value, lambda value: _sendable(value, 0)):
        with contextlib.suppress(wire.WireError, MemoryError):
            after = wire.encode_arguments(describe((arguments, keywords))).data
            if len(after) <= wire.MAX_BYTES:
                return after
    grown = "an argument that has become too large"
    return wire.encode((tuple(grown for _ in arguments), dict.fromkeys(keywords, grown)))


def _sendable(value: object, depth: int) -> object:
    """A value with a description in the place of each part that can't be sent."""
    if depth < MAX_DEPTH:
        if type(value) is list:
            return [_sendable(part, depth + 1) for part in value]
        if type(value) is tuple:
            return tuple(_sendable(part, depth + 1) for part in value)
        if type(value) is dict:
            return {str(key): _sendable(part, depth + 1) for key, part in value.items()}
    try:
        wire.encode_arguments(value)
    except wire.WireError as error:
        return str(error)
    return value


def _encode_reply(reply: Reply, generators: list[np.random.Generator]) -> bytes:
    rest = (
        reply.error[:MAX_ERROR],
        tuple((line.number, line.text[:MAX_LINE]) for line in reply.lines),
        reply.printed,
        tuple(
            (category[:MAX_LINE], message[:MAX_ERROR])
            for category, message in reply.warnings[:MAX_WARNINGS]
        ),
        tuple(wire.state_of(generator) for generator in generators),
    )
    try:
        encoded = wire.encode((reply.outcome, reply.value, *rest))
        if len(encoded) <= wire.MAX_BYTES:
            return encoded
        error = f"a result of more than {wire.MAX_BYTES // 10**6} million bytes"
    except wire.WireError as problem:
        error = str(problem).rstrip(".")
    except MemoryError:
        error = "a result that is too large"
    return wire.encode(("not plain", None, error, *rest[1:]))


if __name__ == "__main__":
    main()
