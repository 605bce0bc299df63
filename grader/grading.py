"""Grade one notebook: its lesson, its cells, exercise by exercise.

The learner's code runs behind a sandbox's session. What a test finds wrong is told in words; an
exercise that did not pass is replaced by its reference for those that follow, so that no fault
costs twice.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from grader.course import Course, CourseError, Lesson
from grader.feedback import render_feedback, render_note
from grader.messages import FailedTest, Graded, Row, Unit
from grader.notebook import Unreadable, cells_to_run, parse
from grader.references import names_used, source_of
from grader.sandbox import SandboxError
from utils.checking.cards import message_of, rows
from utils.checking.exercise import Exercise
from utils.checking.subject import Failure, Implementation, LearnerLine, Reply
from utils.checking.suite import Suite, SuiteError
from utils.checking.verdict import TestResult, Verdict

if TYPE_CHECKING:
    from grader.definitions import Definition

NOTEBOOK_SECONDS = 400.0  # after which no further exercise of a notebook is begun
OPEN_SANDBOXES = 2  # warm processes kept by one worker, one a lesson
MAX_LINE = 500
MAX_PRINTED = 2_000
MAX_WARNINGS = 20

TIME_USED_UP = (
    "What comes before this exercise took all the time that a notebook has: look for loops without "
    "end and for waiting, in functions and in cells, and hand it in again."
)
NOT_STARTED = (
    "Nothing is written here yet: replace the line `raise NotImplementedError` by your own code. "
    "For the exercises after this one, the course's own version stood in."
)
HIDDEN_WHY = (
    "A further test, which notebooks do not contain, asks for this. Compare your answer with the "
    "text of the exercise, beyond its examples."
)


class Session(Implementation, Protocol):
    """One submission's definitions, ready to be called."""

    ended: str  # why its process is at its end, "" while it lives

    @property
    def definitions(self) -> Mapping[str, Definition]:
        """What came of each exercise's definition."""

    def substitute(self, name: str, source: str) -> None:
        """Put a reference in the place of an exercise that has been graded."""

    def close(self) -> None:
        """End it, and whatever it left running."""


class Sandbox(Protocol):
    """A warm place from which sessions are forked."""

    def open(
        self, cells: Sequence[str], exercises: Sequence[str], *, time_limits: Mapping[str, float]
    ) -> Session:
        """Run a notebook's cells. Time limits are for one call of an exercise, in seconds."""

    def close(self) -> None:
        """End it."""


MakeSandbox = Callable[[str], Sandbox]


def make_sandbox(kind: str, hidden_tests: Path | None = None) -> MakeSandbox:
    """How to make the sandbox of a lesson.

    Parameters
    ----------
    kind : "bubblewrap", or "none" for a plain process without protection
    hidden_tests : a folder that bubblewrap keeps out of sight, wherever it lies
    """
    if kind == "none":
        from grader.sandbox.none import NoSandbox

        warnings.filterwarnings("ignore", "Without a sandbox")  # said once, by the command
        return NoSandbox
    from grader.sandbox import Sandbox

    return partial(Sandbox, hidden_tests=hidden_tests)


class Grader:
    """Grades notebooks, one after the other, in one process.

    Parameters
    ----------
    course : what to grade by
    sandbox : makes the sandbox of a lesson
    """

    def __init__(self, course: Course, sandbox: MakeSandbox) -> None:
        self.course = course
        self._make_sandbox = sandbox
        self._sandboxes: dict[str, Sandbox] = {}  # the one used last stands last
        self._lessons: dict[str, LessonTests] = {}

    def close(self) -> None:
        """End all sandboxes."""
        while self._sandboxes:
            self._sandboxes.popitem()[1].close()

    def tests_of(self, name: str) -> LessonTests:
        """The tests of a lesson, collected at the first call.

        Raises
        ------
        CourseError : where they can't be used
        """
        if name not in self._lessons:
            lesson = self.course.lessons[name]
            self._lessons[name] = LessonTests(lesson, self.course.hidden_tests(lesson))
        return self._lessons[name]

    def grade(self, unit: Unit) -> Graded:
        """All rows and the feedback of one notebook; never an exception for what it holds."""
        began = time.perf_counter()
        problem = unit.problem
        notebook = None
        if not problem:
            try:
                notebook = parse(unit.content)
            except Unreadable as error:
                problem = str(error)
        name = self.course.tell(notebook, unit.notebook, unit.content)
        if name is None:
            return self._of_no_lesson(unit, problem)
        tests = self.tests_of(name)
        if notebook is None:
            verdicts = [
                Verdict(exercise, "error", 0, message=problem) for exercise in tests.exercises
            ]
        else:
            lesson = self.course.lessons[name]
            names = [exercise.name for exercise in tests.exercises]
            cells = cells_to_run(notebook, names, lesson.demos, lesson.prose)
            limits = {exercise.name: exercise.time_limit for exercise in tests.exercises}
            verdicts = tests.judge(lambda: self._open(name, cells, limits))
        return Graded(
            unit.student,
            unit.notebook,
            name,
            tuple(row_of(verdict) for verdict in verdicts),
            render_feedback(tests.lesson.title, unit.student, unit.notebook, verdicts, problem),
            problem,
            time.perf_counter() - began,
            self.course.fingerprint(name),
        )

    def _of_no_lesson(self, unit: Unit, problem: str) -> Graded:
        lessons = list(self.course.lessons)
        examples = lessons[0] if len(lessons) == 1 else f"{lessons[0]} to {lessons[-1]}"
        problem = problem or (
            "The notebook defines no exercise of the course, and its name is that of no lesson "
            f"({examples}): hand in the lesson's own notebook."
        )
        row = Row("", "error", 0, 0, None, (FailedTest(None, problem),))
        return Graded(
            unit.student,
            unit.notebook,
            None,
            (row,),
            render_note(unit.student, unit.notebook, problem),
            problem,
            0.0,
            self.course.fingerprint(None),
        )

    def _open(self, lesson: str, cells: Sequence[str], limits: Mapping[str, float]) -> Session:
        """A new session; a sandbox that fails to give one is replaced once."""
        try:
            return self._sandbox(lesson).open(cells, list(limits), time_limits=limits)
        except SandboxError:
            self._sandboxes.pop(lesson).close()
            return self._sandbox(lesson).open(cells, list(limits), time_limits=limits)

    def _sandbox(self, lesson: str) -> Sandbox:
        sandbox = self._sandboxes.pop(lesson, None)
        if sandbox is None:
            while len(self._sandboxes) >= OPEN_SANDBOXES:
                self._sandboxes.pop(next(iter(self._sandboxes))).close()
            sandbox = self._make_sandbox(lesson)
        self._sandboxes[lesson] = sandbox
        return sandbox


class LessonTests:
    """The grading tests of one lesson, and how to judge a notebook by them.

    Raises
    ------
    CourseError : where the tests can't be collected, or hidden ones don't fit them
    """

    def __init__(self, lesson: Lesson, hidden: Path | None = None) -> None:
        self.lesson = lesson
        self.suite = _collected(lesson.tests)
        self.hidden = _collected(hidden) if hidden is not None else None
        by_name = {exercise.name: exercise for exercise in self.suite.of_lesson(lesson.topic)}
        order = [name for name in lesson.exercises if name in by_name]
        order += [name for name in by_name if name not in order]
        self.exercises = [by_name[name] for name in order]
        if self.hidden is not None and hidden is not None:
            for name, exercise in self.hidden.exercises.items():
                if name not in by_name:
                    raise CourseError(f"--hidden: {hidden.name}: {lesson.name} has no {name!r}.")
                if exercise.points != by_name[name].points:
                    raise CourseError(
                        f"--hidden: {hidden.name}: {name!r} has {exercise.points} points there and "
                        f"{by_name[name].points} in {lesson.tests.name}; hidden tests are further "
                        "conditions for the same points."
                    )

    def judge(self, open_session: Callable[[], Session]) -> list[Verdict]:
        """A verdict for each exercise, in the lesson's order.

        Parameters
        ----------
        open_session : runs the notebook's cells in a fresh fork
        """
        verdicts = _judge(self.suite, self.exercises, {}, open_session)
        if self.hidden is not None:
            verdicts = self._with_hidden(self.hidden, verdicts, open_session)
        return verdicts

    def _with_hidden(
        self, hidden: Suite, verdicts: list[Verdict], open_session: Callable[[], Session]
    ) -> list[Verdict]:
        """Judge by the hidden tests too, what they can still change."""
        asked = {
            verdict.exercise.name
            for verdict in verdicts
            if verdict.exercise.name in hidden.exercises
            and (verdict.status == "passed" or (verdict.exercise.partial and verdict.points))
        }
        if not asked:
            return verdicts
        settled = {v.exercise.name: v for v in verdicts if v.exercise.name not in asked}
        found = _judge(hidden, self.exercises, settled, open_session)
        return [
            _combined(seen, unseen, len(hidden.tests_of(seen.exercise.name)))
            if seen.exercise.name in asked
            else seen
            for seen, unseen in zip(verdicts, found, strict=True)
        ]


def _collected(module: Path) -> Suite:
    try:
        return Suite([module])
    except SuiteError as error:
        last = [line for line in str(error).splitlines() if line.strip()][-1]
        raise CourseError(f"The tests in {module} can't be used: {last.lstrip('E ')}") from None


def _judge(
    suite: Suite,
    exercises: Sequence[Exercise],
    settled: Mapping[str, Verdict],
    open_session: Callable[[], Session],
) -> list[Verdict]:
    """Judge exercises in order, each with working ones before it.

    Parameters
    ----------
    settled : verdicts that stand already; of these exercises the faulty ones are replaced at once
    """
    deadline = time.monotonic() + NOTEBOOK_SECONDS
    verdicts: list[Verdict] = []
    replaced = [v.exercise for v in settled.values() if v.status != "passed"]
    session: Session | None = None
    judged_in_session = 0
    to_replace: list[Exercise] = []  # once another exercise is judged: none may follow
    try:
        for exercise in exercises:
            if exercise.name in settled:
                verdicts.append(settled[exercise.name])
                continue
            if time.monotonic() > deadline:
                verdicts.append(Verdict(exercise, "timeout", 0, message=TIME_USED_UP))
                continue
            if session is not None and session.definitions[exercise.name].status == "defined":
                if not all(_substitute(session, other) for other in to_replace):
                    session.close()
                    session = None
                to_replace = []
            if session is None:
                session = _opened(open_session, replaced)
                judged_in_session = 0
                to_replace = []
            verdict = _verdict(suite, exercise, session)
            if verdict.status in ("timeout", "killed"):
                session.close()
                session = None
                if judged_in_session:
                    # It may have been an earlier exercise's doing, by a thread that it left behind:
                    # ask again where none of these has been called.
                    session = _opened(open_session, [v.exercise for v in verdicts])
                    judged_in_session = 0
                    verdict = _verdict(suite, exercise, session)
                    session.close()
                    session = None
            verdicts.append(verdict)
            judged_in_session += bool(verdict.results)
            if verdict.status != "passed":
                replaced.append(exercise)
                if session is not None and not session.ended:
                    to_replace.append(exercise)
    finally:
        if session is not None:
            session.close()
    return verdicts


def _opened(open_session: Callable[[], Session], replaced: Sequence[Exercise]) -> Session:
    """A fresh session with references for these; one that breaks what takes them goes without."""
    session = open_session()
    if session.ended:
        return session
    for exercise in replaced:
        _substitute(session, exercise)
    if session.ended:
        session.close()
        session = open_session()
    return session


def _substitute(session: Session, exercise: Exercise) -> bool:
    """Put a reference in; False where the submission, or its end, has prevented it."""
    try:
        session.substitute(exercise.name, reference_source(exercise))
    except ValueError:
        return False
    return not session.ended


def _verdict(suite: Suite, exercise: Exercise, session: Session) -> Verdict:
    definition = session.definitions[exercise.name]
    if definition.status == "defined":
        return suite.judge(exercise.name, _Brief(session))
    if definition.status == "not_started":
        return Verdict(exercise, "not_started", 0, message=NOT_STARTED)
    return Verdict(
        exercise, definition.status, 0, message=_brief(definition.message, MAX_PRINTED) or ""
    )


def _combined(seen: Verdict, unseen: Verdict, hidden_count: int) -> Verdict:
    """A verdict that says of hidden tests only which of them did not pass."""
    if unseen.status == "passed":
        return seen
    failed = [result.test for result in unseen.failures]
    results = (
        *seen.results,
        *(TestResult(test, Failure(HIDDEN_WHY)) for test in failed),
    )
    points = 0.0
    if seen.exercise.partial:
        passing = sum(result.passed for result in seen.results)
        passing += sum(result.passed for result in unseen.results)
        points = seen.exercise.points * passing / (len(seen.results) + hidden_count)
    return replace(seen, status="failed", points=round(points, 6), results=results)


@cache
def reference_source(exercise: Exercise) -> str:
    """An exercise's reference with the imports that it needs, to be run in a notebook."""
    source = source_of(exercise.reference)
    module = importlib.import_module(f"utils.{exercise.topic}")
    used = names_used(source)
    needed = []
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.Import):
            names = [a for a in node.names if (a.asname or a.name.split(".")[0]) in used]
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            names = [a for a in node.names if (a.asname or a.name) in used]
        else:
            continue
        if names:
            node.names = names
            needed.append(ast.unparse(node))
    return "\n".join([*needed, source])


# ------------------------------------------------------------------------------------- in words


def row_of(verdict: Verdict) -> Row:
    """The verdict as it stands in the results."""
    failures = tuple(_failed_test(result) for result in verdict.failures)
    if not failures and verdict.status != "passed":
        failures = (FailedTest(None, _brief(message_of(verdict), MAX_PRINTED)),)
    return Row(
        verdict.exercise.name,
        verdict.status,
        verdict.points,
        verdict.max_points,
        verdict.diagnosis,
        failures,
    )


def _failed_test(result: TestResult) -> FailedTest:
    failure = result.failure
    assert failure is not None
    facts = dict(rows(failure))
    return FailedTest(
        result.test,
        _brief(failure.why, MAX_PRINTED),
        _brief(facts.get("call", facts.get("this code")), MAX_PRINTED),
        _brief(facts.get("came back"), MAX_PRINTED),
        _brief(facts.get("expected"), MAX_PRINTED),
    )


def _brief(text: str | None, length: int) -> str | None:
    """Text of a sensible length in which every character can be shown and stored."""
    if text is None:
        return None
    if len(text) > length:
        text = text[: length - 2] + " …"
    text = text.encode("utf-8", "replace").decode("utf-8")
    on_one_line = text.replace("\n", " ").replace("\t", " ")
    return text if on_one_line.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable() or character in "\n\t":
        return character
    return "\N{REPLACEMENT CHARACTER}" if ord(character) < 0xA0 else " "


class _Brief:
    """A session whose texts are brief: whatever a learner's code says, feedback stays readable."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def call(self, name: str, arguments: Sequence[object], keywords: Mapping[str, object]) -> Reply:
        return _brief_reply(self._session.call(name, arguments, keywords))

    def drive(self, name: str, code: str, values: Mapping[str, object]) -> Reply:
        return _brief_reply(self._session.drive(name, code, values))


def _brief_reply(reply: Reply) -> Reply:
    return replace(
        reply,
        error=_brief(reply.error, MAX_LINE) or "",
        printed=_brief(reply.printed, MAX_PRINTED) or "",
        lines=tuple(
            LearnerLine(line.number, _brief(line.text, MAX_LINE) or "") for line in reply.lines[-3:]
        ),
        warnings=tuple(
            (_brief(category, 100) or "", _brief(message, MAX_LINE) or "")
            for category, message in reply.warnings[:MAX_WARNINGS]
        ),
    )
