"""`pytest tests/grading --submission PATH.ipynb`: score one notebook of your own.

The notebook's code runs in this very process, so do this with notebooks that you trust; the grader
(`python -m grader grade`) runs those of others in a sandbox.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from utils.checking.cards import render_text
from utils.checking.diagnosis import diagnose
from utils.checking.exercise import CALLS, IMPLEMENTATION, Exercise
from utils.checking.suite import as_failure, sentence_of
from utils.checking.verdict import Status, TestResult, Verdict


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--submission", metavar="PATH.ipynb", help="the notebook to score")


def pytest_configure(config: pytest.Config) -> None:
    path = config.getoption("--submission")
    if path is not None:
        config.pluginmanager.register(Score(config, Path(path)))


@dataclass
class Judged:
    """What the tests of one exercise have found so far."""

    exercise: Exercise
    tests: int
    results: list[TestResult] = field(default_factory=list)


class Score:
    """Judges the functions of one notebook, and prints its score at the end."""

    def __init__(self, config: pytest.Config, path: Path) -> None:
        # the course can be read and solved without the grader's packages
        from grader.course import Course
        from grader.notebook import Unreadable, cells_to_run, parse, read_bytes

        try:
            notebook = parse(read_bytes(path.resolve(), path.resolve().parent))
        except Unreadable as error:
            raise pytest.UsageError(f"{path}: {error}") from None
        course = Course()
        name = course.tell(notebook, path.name)
        if name is None:
            raise pytest.UsageError(f"{path} is the notebook of no lesson.")
        self.lesson = course.lessons[name]
        self.cells = cells_to_run(
            notebook, self.lesson.exercises, self.lesson.demos, self.lesson.prose
        )
        self.judged: dict[str, Judged] = {}
        self.current = ""
        self.config = config
        config.option.tbstyle = "no"  # the cards at the end say what is wrong
        os.environ.setdefault("MPLBACKEND", "agg")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests of the notebook's lesson, and run the notebook's cells."""
        from grader.in_process import InProcessSession

        others = [item for item in items if not self.belongs(item)]
        items[:] = [item for item in items if self.belongs(item)]
        self.config.hook.pytest_deselected(items=others)
        if not items:
            raise pytest.UsageError(
                f"The tests of {self.lesson.name} are in {self.lesson.tests}: "
                "name these, or tests/grading."
            )
        order = {name: place for place, name in enumerate(self.lesson.exercises)}
        items.sort(key=lambda item: order.get(exercise_of(item).name, len(order)))
        for item in items:
            exercise = exercise_of(item)
            self.judged.setdefault(exercise.name, Judged(exercise, 0)).tests += 1
        limits = {name: judged.exercise.time_limit for name, judged in self.judged.items()}
        self.session = InProcessSession(self.cells, list(limits), limits)
        self.config.stash[IMPLEMENTATION] = self.session

    def belongs(self, item: pytest.Item) -> bool:
        exercise = getattr(getattr(item, "cls", None), "exercise", None)
        return exercise is not None and exercise.topic == self.lesson.topic

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip what is not started; replace an exercise that failed by its reference."""
        exercise = exercise_of(item)
        if exercise.name != self.current:
            self.replace_if_wrong(self.current)
            self.current = exercise.name
        definition = self.session.definitions[exercise.name]
        if definition.status == "error":
            pytest.fail(f"{exercise.name} could not be read: {definition.message}", pytrace=False)
        if definition.status != "defined":
            pytest.skip("not started yet")
        if any(was_stopped(result) for result in self.judged[exercise.name].results):
            pytest.skip("an earlier test of this exercise did not come to an end")

    def replace_if_wrong(self, name: str) -> None:
        from grader.grading import reference_source

        judged = self.judged.get(name)
        if judged is not None and verdict_of(judged, self.session).status != "passed":
            self.session.substitute(name, reference_source(judged.exercise))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Iterator[None]:
        report = yield
        if call.when == "call":
            calls = tuple(item.stash.get(CALLS, ()))
            error = None if call.excinfo is None else as_failure(call.excinfo.value, calls)
            self.judged[exercise_of(item).name].results.append(
                TestResult(sentence_of(item), error, calls)
            )
        return report

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The cards, and a line with the score."""
        terminalreporter.section(self.lesson.title)
        verdicts = [verdict_of(judged, self.session) for judged in self.judged.values()]
        for verdict in verdicts:
            terminalreporter.line(render_text(verdict))
        points = sum(verdict.points for verdict in verdicts)
        total = sum(verdict.max_points for verdict in verdicts)
        terminalreporter.section(f"{points:g} of {total:g} points", sep="-", bold=True)


def exercise_of(item: pytest.Item) -> Exercise:
    return item.cls.exercise  # type: ignore[attr-defined]


def was_stopped(result: TestResult) -> bool:
    return any(call.reply.outcome == "timeout" for call in result.calls)


def verdict_of(judged: Judged, session: object) -> Verdict:
    """The verdict on an exercise, from what its tests have found."""
    definition = session.definitions[judged.exercise.name]  # type: ignore[attr-defined]
    if definition.status != "defined":
        return Verdict(judged.exercise, definition.status, 0, message=definition.message)
    passed = sum(result.passed for result in judged.results)
    share = passed / judged.tests if judged.exercise.partial else float(passed == judged.tests)
    status: Status = "passed" if passed == judged.tests else "failed"
    diagnosis = None
    if any(was_stopped(result) for result in judged.results):
        status = "timeout"
    elif any(not result.passed for result in judged.results):
        diagnosis = diagnose(judged.exercise, judged.results)
    points = round(judged.exercise.points * share, 6)
    return Verdict(judged.exercise, status, points, tuple(judged.results), diagnosis)
