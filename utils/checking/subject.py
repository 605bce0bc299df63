"""What a grading test calls: a stand-in that passes each call on and keeps a record of it.

A test calls `sigmoid(z)`. What answers is an `Implementation`: in a notebook the learner's own
function (`LocalImplementation`), in the grader a function in a sandbox. Either way the test, the
cards and the recognition of mistakes see the same: plain values, what was printed, what was
warned of, and whether the arguments came back changed.
"""

from __future__ import annotations

import contextlib
import functools
import io
import linecache
import sysconfig
import textwrap
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Literal, Protocol

import numpy as np

from utils.checking.limits import TimeLimitReached, call_with_limit
from utils.checking.plain import NotPlain, same, snapshot, to_plain
from utils.checking.show import show_call, show_value

MAX_PRINTED = 2_000
TIME_LIMIT = 5.0

Outcome = Literal["returned", "raised", "timeout", "not plain", "killed"]


@dataclass(frozen=True)
class LearnerLine:
    """One of the learner's own lines on the way to an error."""

    number: int
    text: str


@dataclass(frozen=True)
class Reply:
    """What came of one call."""

    outcome: Outcome
    value: object = None
    arguments_after: tuple[Sequence[object], Mapping[str, object]] = ((), {})
    error: str = ""  # for "raised": "ZeroDivisionError: division by zero"; else a description
    lines: tuple[LearnerLine, ...] = ()
    printed: str = ""
    warnings: tuple[tuple[str, str], ...] = ()  # (category, message)


class Implementation(Protocol):
    """Answers the calls of a grading test."""

    def call(self, name: str, arguments: Sequence[object], keywords: Mapping[str, object]) -> Reply:
        """Call the exercise of this name."""

    def drive(self, name: str, code: str, values: Mapping[str, object]) -> Reply:
        """Run driver code beside the exercise of this name."""


@dataclass(frozen=True)
class Call:
    """One call of a test, as it was before it was made, and what came of it."""

    name: str
    arguments: tuple[object, ...]
    keywords: Mapping[str, object]
    code: str | None  # driver code, for classes and returned functions
    reply: Reply
    changed: bool  # whether an argument came back changed

    def text(self) -> str:
        """The call as one would type it."""
        if self.code is not None:
            values = "".join(f"{name} = {show_value(v)}\n" for name, v in self.keywords.items())
            return values + self.code
        return show_call(self.name, self.arguments, self.keywords)


class Failure(AssertionError):
    """A grading test that did not pass, in words for the learner.

    Parameters
    ----------
    why : a sentence that says what is wrong and why it matters
    got, expected : short texts, or None
    call : the call that it is about, None for "the last one"
    """

    def __init__(
        self,
        why: str,
        got: str | None = None,
        expected: str | None = None,
        call: Call | None = None,
        values: tuple[object, object] | None = None,
    ) -> None:
        super().__init__(why)
        self.why = why
        self.got = got
        self.expected = expected
        self.call = call
        self.values = values  # (got, expected) themselves, for the recognition of mistakes
        self.whole: tuple[object, tuple | list] | None = None  # where values are parts of a tuple

    def __str__(self) -> str:
        parts = [self.why]
        if self.call is not None:
            parts.append(f"call:     {self.call.text()}")
        if self.got is not None:
            parts.append(f"got:      {self.got}")
        if self.expected is not None:
            parts.append(f"expected: {self.expected}")
        return "\n".join(parts)


class CallFailure(Failure):
    """The call itself went wrong: it raised, did not end, or returned no plain value."""


@dataclass
class Subject:
    """The stand-in for one exercise, for one test."""

    name: str
    implementation: Implementation
    calls: list[Call] = field(default_factory=list)

    def __call__(self, *arguments: object, **keywords: object) -> object:
        """Call the exercise's function; returns plain values.

        Raises
        ------
        CallFailure : where the function raised, did not end, returned no plain value
        Failure : where it changed its arguments
        """
        before = (snapshot(arguments), snapshot(keywords))
        reply = self.implementation.call(self.name, arguments, keywords)
        return self._receive(before, None, reply)

    def drive(self, code: str, **values: object) -> object:
        """Run a few lines beside the learner's code; `return` gives back plain values.

        The lines find the exercise under its own name, NumPy as `np`, and the values passed here.
        """
        code = textwrap.dedent(code).strip("\n")
        before = ((), snapshot(values))
        reply = self.implementation.drive(self.name, code, values)
        return self._receive(before, code, reply)

    def _receive(self, before: tuple, code: str | None, reply: Reply) -> object:
        arguments, keywords = before
        after_arguments, after_keywords = reply.arguments_after
        changed = reply.outcome == "returned" and not (
            same(tuple(arguments), tuple(after_arguments)) and same(keywords, dict(after_keywords))
        )
        call = Call(self.name, arguments, keywords, code, reply, changed)
        self.calls.append(call)
        for category, message in reply.warnings:
            warnings.warn(message, getattr(warnings, category, _category(category)), stacklevel=3)
        if reply.outcome == "returned":
            if changed:
                raise Failure(
                    "Your function changed its argument. Whoever called it still needs the old "
                    "values: work on a new array instead.",
                    got=_what_changed(call),
                    expected="arguments exactly as they were before the call",
                    call=call,
                )
            return reply.value
        raise CallFailure(*_what_went_wrong(reply), call=call)


def _category(name: str) -> type[Warning]:
    known = {kind.__name__: kind for kind in (RuntimeWarning, DeprecationWarning, UserWarning)}
    return known.get(name, UserWarning)


def _what_changed(call: Call) -> str:
    after_arguments, after_keywords = call.reply.arguments_after
    pairs = [*zip(call.arguments, after_arguments, strict=False)]
    pairs += [(value, after_keywords.get(name)) for name, value in call.keywords.items()]
    for before, after in pairs:
        if not same(before, after):
            return f"{show_value(before)} became {show_value(after)}"
    return "other arguments than before"


def _what_went_wrong(reply: Reply) -> tuple[str, str, str]:
    """Why, got and expected of a call that returned nothing."""
    if reply.outcome == "timeout":
        return (
            "Your function did not come to an end and was stopped: look for a loop whose condition "
            "never becomes false, or for work that is done over and over again.",
            reply.error,
            "a result",
        )
    if reply.outcome == "not plain":
        return (
            f"Your function returned {reply.error}. Return a number, an array, or a tuple or list "
            "of these.",
            reply.error,
            "numbers or arrays",
        )
    if reply.outcome == "killed":
        return (
            "Your function brought its whole process to an end (it ran out of memory, called exit, "
            "or crashed).",
            reply.error,
            "a result",
        )
    return ("Your function stopped with an error.", reply.error, "a result")


class LocalImplementation:
    """Functions that live in this process: the references, or a learner's notebook.

    Parameters
    ----------
    look_up : gives the function or class of an exercise's name
    time_limit : seconds for one call
    interruptible : whether someone may press Ctrl-C: else a KeyboardInterrupt is the function's own
    """

    def __init__(
        self,
        look_up: Callable[[str], Callable[..., object]],
        time_limit: float = TIME_LIMIT,
        *,
        interruptible: bool = True,
    ) -> None:
        self.look_up = look_up
        self.time_limit = time_limit
        self.interruptible = interruptible

    def call(self, name: str, arguments: Sequence[object], keywords: Mapping[str, object]) -> Reply:
        """Call the function in this process."""
        function = functools.partial(self.look_up(name), *arguments, **keywords)
        return self._run(function, (arguments, keywords))

    def drive(self, name: str, code: str, values: Mapping[str, object]) -> Reply:
        """Run driver code in this process."""
        scope = {"np": np, name: self.look_up(name), **values}
        exec(compile_driver(code), scope)
        return self._run(scope["driver"], ((), values))  # type: ignore[arg-type]

    def _run(
        self,
        function: Callable[[], object],
        arguments_after: tuple[Sequence[object], Mapping[str, object]],
    ) -> Reply:
        printed = _Printed()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with contextlib.redirect_stdout(printed):
                outcome, value, error, lines = self._attempt(function)
        return Reply(
            outcome,
            value,
            arguments_after,
            error,
            lines,
            printed.getvalue(),
            tuple((w.category.__name__, str(w.message)) for w in caught[:20]),
        )

    def _attempt(
        self, function: Callable[[], object]
    ) -> tuple[Outcome, object, str, tuple[LearnerLine, ...]]:
        try:
            return "returned", to_plain(call_with_limit(function, self.time_limit)), "", ()
        except NotPlain as error:
            return "not plain", None, str(error), ()
        except TimeLimitReached as stop:
            return "timeout", None, f"nothing within {self.time_limit:g} s", learner_lines(stop)
        except BaseException as error:  # SystemExit too: it must not end the kernel
            if self.interruptible and isinstance(error, KeyboardInterrupt):
                raise
            return "raised", None, describe_error(error), learner_lines(error)


def compile_driver(code: str) -> CodeType:
    """Driver code as a code object that defines `driver()`."""
    return compile("def driver():\n" + textwrap.indent(code, "    "), "<driver>", "exec")


def describe_error(error: BaseException) -> str:
    """An exception in one line."""
    if isinstance(error, RecursionError):
        return "RecursionError: your function calls itself without end"
    try:
        message = str(error).strip().split("\n")[0][:300]
    except Exception:  # noqa: BLE001 - a learner's __str__ may do anything
        message = "(an error whose message can't be shown)"
    name = type(error).__name__
    return f"{name}: {message}" if message else name


# Files below these are not the learner's, whether they are reached by a link or not.
_HIDDEN = tuple(
    str(place)
    for path in (
        Path(__file__).parents[1],
        Path(__file__).parents[2] / "tests",
        *(Path(sysconfig.get_path(kind)) for kind in ("stdlib", "purelib", "platlib")),
    )
    for place in (path.absolute(), path.resolve())
)


def learner_lines(error: BaseException) -> tuple[LearnerLine, ...]:
    """The learner's own lines in an error's traceback, the last three at most."""
    found = []
    for frame, number in traceback.walk_tb(error.__traceback__):
        path = frame.f_code.co_filename
        if path.startswith(_HIDDEN) or path.startswith(
            ("<frozen", "<__array_function__", "<driver")
        ):
            continue
        text = linecache.getline(path, number, frame.f_globals).strip()
        if text:
            found.append(LearnerLine(number, text))
    return tuple(found[-3:])


class _Printed(io.StringIO):
    """Keeps the first characters of what a learner's function prints."""

    def write(self, text: str) -> int:
        room = MAX_PRINTED - self.tell()
        if room > 0:
            super().write(text[:room])
        return len(text)
