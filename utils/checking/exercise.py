"""The description of an exercise: its points, its tests, its common mistakes.

`@exercise` stands over a class of grading tests; `@mistake` and `@also_right` mark implementations
inside it, and `@changed` makes one of a reference class. CONTRIBUTING.md shows them at work.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import linecache
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import FunctionType

import pytest

from utils.checking.subject import (
    TIME_LIMIT,
    Call,
    Implementation,
    LocalImplementation,
    Subject,
)

IMPLEMENTATION = pytest.StashKey[Implementation]()  # in a config: what is being judged
CALLS = pytest.StashKey[list[Call]]()  # on a test: the calls that it made


@dataclass(frozen=True)
class Mistake:
    """A wrong implementation and the sentence that explains it."""

    implementation: Callable[..., object]
    sentence: str


@dataclass(frozen=True)
class Exercise:
    """All that is known of an exercise but its answer, which `utils.<topic>` holds."""

    name: str
    topic: str
    points: int
    minutes: int
    difficulty: int
    built: str
    extension: bool
    partial: bool
    time_limit: float
    tests: type
    mistakes: tuple[Mistake, ...]
    right_answers: tuple[Callable[..., object], ...]

    @property
    def reference(self) -> Callable[..., object]:
        """The reference implementation."""
        return getattr(importlib.import_module(f"utils.{self.topic}"), self.name)

    def __repr__(self) -> str:
        return f"Exercise({self.name!r})"


def exercise(
    name: str,
    *,
    points: int,
    minutes: int,
    difficulty: int,
    built: str,
    extension: bool = False,
    partial: bool = False,
    time_limit: float = TIME_LIMIT,
) -> Callable[[type], type]:
    """Make a class of tests the grading tests of one exercise.

    Parameters
    ----------
    name : the exercise's function or class; tests take it as an argument of this name
    points : for passing all tests (with `partial`, equal shares a test)
    minutes : of a learner's time
    difficulty : 1, 2 or 3
    built : the sentence on the green card
    extension : outside the lesson's core
    time_limit : seconds for one call
    """

    def describe(tests: type) -> type:
        topic = tests.__module__.rpartition("test_")[2]
        if difficulty not in (1, 2, 3):
            raise ValueError(f"{name}: difficulty is 1, 2 or 3, not {difficulty!r}.")
        if not built.strip():
            raise ValueError(f"{name}: `built` must say what a learner who passes has built.")
        members = list(vars(tests).values())
        tests.exercise = Exercise(  # type: ignore[attr-defined]
            name,
            topic,
            points,
            minutes,
            difficulty,
            built,
            extension,
            partial,
            time_limit,
            tests,
            tuple(
                Mistake(m, m.mistake_sentence) for m in members if hasattr(m, "mistake_sentence")
            ),
            tuple(m for m in members if hasattr(m, "is_also_right")),
        )

        @pytest.fixture(name=name)
        def judged(self: object, request: pytest.FixtureRequest) -> Subject:
            implementation = request.config.stash.get(IMPLEMENTATION, None) or _reference_of(tests)
            subject = Subject(name, implementation)
            request.node.stash[CALLS] = subject.calls
            return subject

        tests._judged = judged  # type: ignore[attr-defined]
        return tests

    return describe


def _reference_of(tests: type) -> Implementation:
    """The reference implementation of this class's exercise: what plain `pytest` judges."""
    described: Exercise = tests.exercise  # type: ignore[attr-defined]
    return LocalImplementation(lambda name: described.reference, described.time_limit)


def mistake(sentence: str) -> Callable[[Callable], Callable]:
    """Mark a wrong implementation, with the sentence for a learner whose answer behaves so."""

    def mark(implementation: Callable) -> Callable:
        implementation.mistake_sentence = sentence  # type: ignore[attr-defined]
        return implementation

    return mark


def also_right(implementation: Callable) -> Callable:
    """Mark an unusual right answer, which must pass."""
    implementation.is_also_right = True  # type: ignore[attr-defined]
    return implementation


def changed(reference: type) -> Callable[[type], type]:
    """Make a class of some methods the whole reference class, with these instead of its own.

    A class with one wrong method is so listed as that method. What comes of it is put together
    from the sources of both and stands alone: it bears the reference's name in its own code, and
    its text, `composed_source`, is a cell that a notebook may hold.

    Raises
    ------
    ValueError, if the class holds anything but methods and other names for them
    """

    def compose(changes: type) -> type:
        members = {n: m for n, m in vars(changes).items() if n not in vars(_Nothing)}
        methods = {n: m for n, m in members.items() if isinstance(m, FunctionType)}
        if not methods or methods.keys() != members.keys():
            raise ValueError(f"{changes.__name__}: a changed class lists methods and nothing else.")
        own = [
            _text_of(method) if method.__name__ == name else f"{name} = {method.__name__}\n"
            for name, method in methods.items()
        ]
        kept = [text for name, text in _parts_of(reference) if name not in methods]
        body = textwrap.indent("\n".join([*kept, *own]), "    ")
        source = f"class {reference.__name__}:\n{body}"
        names = {**vars(sys.modules[reference.__module__]), **vars(sys.modules[changes.__module__])}
        exec(source, names)
        made: type = names[reference.__name__]
        made.__name__, made.__qualname__ = changes.__name__, changes.__qualname__
        made.composed_source = source  # type: ignore[attr-defined]
        return made

    return compose


class _Nothing:
    """What every class has."""


@cache
def _parts_of(reference: type) -> list[tuple[str, str]]:
    """The statements of a class, each with the name of the method that it defines, or ""."""
    source = inspect.getsource(reference)
    (tree,) = ast.parse(source).body
    assert isinstance(tree, ast.ClassDef)
    lines = source.splitlines(keepends=True)
    parts = []
    for part in tree.body:
        decorators = getattr(part, "decorator_list", [])
        first = min(line.lineno for line in [part, *decorators])
        text = textwrap.dedent("".join(lines[first - 1 : part.end_lineno]))
        parts.append((getattr(part, "name", ""), text))
    return parts


def _text_of(method: FunctionType) -> str:
    """A method's source, not indented.

    `inspect.getsource` believes what a compiled file says of its place, and that file may have
    been moved since.
    """
    lines = linecache.getlines(str(sys.modules[method.__module__].__file__))
    return textwrap.dedent("".join(inspect.getblock(lines[method.__code__.co_firstlineno - 1 :])))
