"""`@check`: judge an exercise as soon as its cell has run, and show a card under it.

A decorator runs before its name is bound, when recursion and helper functions below it would not
be found. So in Jupyter `@check` only takes a note; the judging happens when the cell has finished,
on what the name is then bound to.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, TypeVar

from utils.checking.cards import render_html, render_text
from utils.checking.exercise import Exercise
from utils.checking.limits import time_limits_work
from utils.checking.progress import record_progress
from utils.checking.stubs import is_stub
from utils.checking.subject import LocalImplementation
from utils.checking.suite import GRADING, Suite, SuiteError
from utils.checking.verdict import Verdict
from utils.progress_bar import announce_slow_imports

Definition = TypeVar("Definition", bound=Callable[..., Any])

NO_LIMIT = (
    "This computer has no alarm signal, so an endless loop can't be stopped for you: interrupt the "
    "kernel (the ■ button) if a cell never ends."
)


class CourseError(Exception):
    """One clear sentence for the learner, shown without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class UnknownExercise(CourseError):
    """`@check` stands over a name that is no exercise of the lesson."""


class SetupMissing(CourseError):
    """The setup cell has not run."""


class _Lesson:
    """The lesson that this kernel works on."""

    def __init__(self, name: str, namespace: MutableMapping[str, Any]) -> None:
        topic = name.partition("_")[2]
        try:
            self.suite = Suite([GRADING / f"test_{topic}.py"])
        except SuiteError as error:
            raise CourseError(f"Lesson {name} can't be opened: {error}") from None
        self.name = name
        self.namespace = namespace
        self.exercises: dict[str, Exercise] = {e.name: e for e in self.suite.of_lesson(topic)}
        self.passed: set[str] = set()
        self.pending: list[str] = []
        for exercise in self.exercises.values():
            self._bind_reference(exercise)

    def _bind_reference(self, exercise: Exercise) -> None:
        """Let the reference stand in, but never for what the learner wrote."""
        bound = self.namespace.get(exercise.name)
        if bound is None or getattr(bound, "__module__", "") != self.namespace.get("__name__"):
            self.namespace[exercise.name] = exercise.reference

    def find(self, definition: Callable[..., Any]) -> str:
        name = getattr(definition, "__name__", str(definition))
        if name in self.exercises:
            return name
        near = difflib.get_close_matches(name, self.exercises, n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise UnknownExercise(
            f"{name} is no exercise of lesson {self.name}.{meant} "
            f"Its exercises are: {', '.join(self.exercises)}."
        )

    def judge(self, name: str, cell: str | None) -> Verdict:
        """Judge what the name is bound to now."""
        exercise = self.exercises[name]
        definition = self.namespace[name]
        if _is_blank(name, definition, cell):
            self.namespace[name] = exercise.reference
            return Verdict(exercise, "not_started", 0.0)
        with self._others_right(name):
            verdict = self.suite.judge(
                name, LocalImplementation(lambda _: definition, exercise.time_limit)
            )
        self.passed.discard(name)
        if verdict.status == "passed":
            self.passed.add(name)
        return verdict

    @contextlib.contextmanager
    def _others_right(self, name: str) -> Iterator[None]:
        """Let references stand in for earlier exercises that are not passed: no one pays twice."""
        earlier = list(self.exercises)[: list(self.exercises).index(name)]
        stand_ins: dict[str, Any] = {
            other: self.exercises[other].reference for other in earlier if other not in self.passed
        }
        # in a kernel these two end the kernel without an exception
        stand_ins |= {leave: sys.exit for leave in ("exit", "quit") if leave in self.namespace}
        replaced = {known: self.namespace[known] for known in stand_ins if known in self.namespace}
        self.namespace.update(stand_ins)
        try:
            yield
        finally:
            self.namespace.update(replaced)


_lesson: _Lesson | None = None


def start_lesson(name: str) -> None:
    """Make the checks of a lesson ready; the last line of each setup cell.

    Every exercise is bound to its reference, so that all that follows runs whatever is solved.

    Parameters
    ----------
    name : the lesson, as "02_activations"

    Raises
    ------
    CourseError : where the lesson's tests can't be loaded
    """
    global _lesson
    shell = _shell()
    namespace = shell.user_ns if shell is not None else sys._getframe(1).f_globals
    before, _lesson = _lesson, _Lesson(name, namespace)
    if before is not None and before.name == name and before.namespace is namespace:
        _lesson.passed = before.passed  # the setup cell ran a second time
    if shell is not None:
        for known in list(shell.events.callbacks["post_run_cell"]):
            if getattr(known, "__qualname__", "") == _after_cell.__qualname__:
                shell.events.unregister("post_run_cell", known)
        shell.events.register("post_run_cell", _after_cell)
    announce_slow_imports()
    points = sum(exercise.points for exercise in _lesson.exercises.values())
    print(f"Ready: {len(_lesson.exercises)} exercises, {points} points.")


def check(definition: Definition) -> Definition:
    """Judge this exercise when its cell has finished.

    Raises
    ------
    UnknownExercise : where the name is no exercise of the lesson
    SetupMissing : where the setup cell has not run
    """
    if _lesson is None:
        raise SetupMissing(
            "Run the first code cell of this notebook first: it makes the checks ready."
        )
    name = _lesson.find(definition)
    if _shell() is not None:
        if name not in _lesson.pending:
            _lesson.pending.append(name)
        return definition
    _lesson.namespace[name] = definition
    _show(_lesson, name, None)
    return _lesson.namespace[name]


def _after_cell(result: Any) -> None:
    """IPython calls this when a cell has finished."""
    if _lesson is None:
        return
    names, _lesson.pending = _lesson.pending, []
    cell = getattr(getattr(result, "info", None), "raw_cell", None)
    for name in names:
        if callable(_lesson.namespace.get(name)):
            _show(_lesson, name, cell)


def _show(lesson: _Lesson, name: str, cell: str | None) -> None:
    verdict = lesson.judge(name, cell)
    notes = []
    if verdict.status in ("passed", "failed", "timeout"):
        kept = "passed" if verdict.status == "passed" else "failed"
        notes.append(record_progress(lesson.name, name, kept))
    if verdict.status != "not_started" and not time_limits_work():
        notes.append(NO_LIMIT)
    shown = tuple(note for note in notes if note)
    text = render_text(verdict, shown)
    if _shell() is None:
        print(text)
        return
    from IPython.display import display

    display({"text/html": render_html(verdict, shown), "text/plain": text}, raw=True)


def _is_blank(name: str, definition: Callable[..., Any], cell: str | None) -> bool:
    """Whether a definition is still the blank that the notebook came with."""
    for source in (cell, _own_source(definition)):
        if source is None:
            continue
        try:
            tree = ast.parse(textwrap.dedent(source))
        except SyntaxError:
            continue  # a cell with magics
        nodes = [
            node
            for node in tree.body
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name
        ]
        if nodes:
            return is_stub(nodes[-1])
    return False


def _own_source(definition: Callable[..., Any]) -> str | None:
    try:
        return inspect.getsource(definition)
    except (OSError, TypeError):
        return None


def _shell() -> Any:
    """The running IPython shell, or None."""
    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    return get_ipython()
