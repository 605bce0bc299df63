"""What runs inside the sandbox: a warm server, and a process of its own for each submission.

    server ──fork──▶ supervisor ──fork──▶ submission
                     (namespaces)         (limits, no capabilities, system-call filter)

The server has imported what setup cells import. It never holds a submission. For each it is handed two
sockets and forks a supervisor, which makes the namespaces and forks the submission's process into
them. The supervisor keeps one socket: when the grader closes it, it kills the submission; when the
submission ends, it says how. The submission's process keeps the other: it drops whatever it could do
harm with, and only then reads its cells from there.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import random
import select
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import NamedTuple

import numpy as np

from grader import wire
from grader.definitions import run_cells
from grader.sandbox import isolation, seccomp, standins
from grader.sandbox.protocol import (
    ANSWER,
    CALL,
    DRIVE,
    ENDED,
    HEADER,
    OPEN,
    PROGRESS,
    SUBSTITUTE,
    Limits,
    frame,
    join,
    read_exactly,
    split,
    write_all,
)
from utils.checking.limits import call_with_limit
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
        seccomp.program() if configuration["isolated"] else None,
    )
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # supervisors need no one to wait for them
    gc.collect()
    gc.freeze()
    control.sendall(b"R")
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        if not message:
            return
        if len(descriptors) == 2 and os.fork() == 0:
            control.close()
            _supervise(*descriptors, conditions)
        for descriptor in descriptors:
            os.close(descriptor)


def _preload(topic: str) -> None:
    for name in (*PRELOADED, "utils.checking", "utils.figures"):
        importlib.import_module(name)
    for path in sorted(os.listdir(os.path.dirname(sys.modules["utils"].__file__ or ""))):  # noqa: PTH118, PTH120, PTH208
        name, suffix = os.path.splitext(path)  # noqa: PTH122
        if suffix == ".py" and name not in ("__init__", "lab"):
            importlib.import_module(f"utils.{name}")
    _rehearse(topic)


def _rehearse(topic: str) -> None:
    """Go through a submission's steps once, so that what they load lazily is loaded."""
    work = _Work(topic, Limits())
    cells = ["import numpy as np\ndef rehearsal(x, rng):\n    return np.exp(x) @ x + rng.normal()"]
    work.open({"cells": cells, "exercises": ["rehearsal"], "only_definitions": []}, lambda n: None)
    rng = np.random.default_rng(0)
    work.functions["rehearsal"](np.ones((2, 2)), rng)  # type: ignore[operator]
    local = LocalImplementation(work.functions.__getitem__, 5.0)  # type: ignore[arg-type]
    local.call("rehearsal", (np.ones(3), rng), {})
    local.call("rehearsal", (None, rng), {})
    sys.modules.pop("__main__", None)


class _Conditions(NamedTuple):
    """Under which submissions run."""

    topic: str
    limits: Limits
    baseline: isolation.Memory  # of the warm server
    filter_program: bytes | None  # None: no isolation


def _supervise(channel: int, lifeline: int, conditions: _Conditions) -> None:
    """Fork the submission's process, kill it when the grader hangs up, say how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        if conditions.filter_program is not None:
            isolation.enter_namespaces(conditions.limits.temporary_bytes)
        child = os.fork()
        if child == 0:
            _submission(channel, conditions)
        os.close(channel)
        status, seconds = _watch(child, lifeline)
        os.write(lifeline, ENDED.pack(status, seconds))
    except OSError as error:
        print(error, file=sys.stderr, flush=True)
    finally:
        os._exit(0)


def _watch(child: int, lifeline: int) -> tuple[int, float]:
    """Wait until the child ends or the grader hangs up; its status and processor seconds."""
    poll = select.poll()
    poll.register(lifeline, select.POLLIN | select.POLLHUP)
    pause = 20
    if hasattr(os, "pidfd_open"):
        poll.register(os.pidfd_open(child), select.POLLIN)
        pause = -1
    while True:
        ready = [descriptor for descriptor, _ in poll.poll(pause)]
        if lifeline in ready:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os._exit(0)
        found, status, usage = os.wait4(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime


def _submission(channel: int, conditions: _Conditions) -> None:
    """The process of one submission, until its channel closes."""
    try:
        isolated = conditions.filter_program is not None
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
        self.functions: dict[str, object] = {}
        self.scopes: list[dict[str, object]] = []

    def serve(self, channel: int) -> None:
        def write(nonce: bytes, kind: bytes, payload: bytes) -> None:
            write_all(lambda part: os.write(channel, part), frame(nonce, kind, payload))

        while True:
            header = read_exactly(channel, HEADER.size)
            if len(header) < HEADER.size:
                return
            nonce, kind, length = HEADER.unpack(header)
            payload = read_exactly(channel, length)
            if kind == OPEN:
                request = wire.decode_arguments(payload, [])
                answer = self.open(
                    request,  # type: ignore[arg-type]
                    lambda cell, n=nonce: write(n, PROGRESS, wire.encode(cell)),
                )
            elif kind == SUBSTITUTE:
                answer = self.substitute(payload)
            else:
                answer = self.answer(kind, payload)
            write(nonce, ANSWER, answer)

    def open(self, request: Mapping, before_cell: Callable[[int], None]) -> bytes:
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
        return wire.encode(
            {name: (d.status, d.message[:MAX_ERROR]) for name, d in definitions.items()}
        )

    def substitute(self, payload: bytes) -> bytes:
        """Bind a name to the function or class that this source defines.

        It sees what the lesson's module imports, and other exercises under their names as the
        submission has them now: right ones its own, others substituted.
        """
        name, source = wire.decode_arguments(payload, [])  # type: ignore[misc]
        scope = {**vars(importlib.import_module(f"utils.{self.topic}")), **self.functions}
        try:
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
        name, seconds, states = wire.decode_arguments(head, [])  # type: ignore[misc]
        generators = [wire.generator_in(state) for state in states]
        arguments, keywords = wire.decode_arguments(body, generators)  # type: ignore[misc]
        if name not in self.functions:
            reply = Reply("raised", error=f"NameError: name {name!r} is not defined")
            return join(_encode_reply(reply, []), b"")
        local = LocalImplementation(self.functions.__getitem__, seconds)  # type: ignore[arg-type]
        if kind == CALL:
            reply = local.call(name, arguments, keywords)
        else:
            assert kind == DRIVE
            reply = local.drive(name, arguments[0], keywords)
        head = _encode_reply(reply, generators)
        try:
            after = wire.encode_arguments((arguments, keywords)).data
        except wire.WireError:
            after = body  # holds what no test hands in: a learner's own object in a list
        return join(head, b"" if after == body else after)


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
    return wire.encode(("not plain", None, error, *rest[1:]))


if __name__ == "__main__":
    main()
