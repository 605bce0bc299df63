"""The grading tests give the same verdict in one process and through the sandbox.

For every reference, every listed mistake and every unusual right answer of the lessons that
stand, and of exercises made for what crosses the boundary.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.course import Course, Lesson
from grader.references import source_of
from grader.sandbox import WARNINGS, Sandbox
from grader.sandbox.none import NoSandbox
from utils.checking.exercise import Exercise
from utils.checking.subject import Implementation, LocalImplementation
from utils.checking.suite import Suite

PRIVATE = Suite([Path(__file__).with_name("boundary_exercises.py")])
LESSONS = Course().lessons
SUITES = {name: Suite([lesson.tests]) for name, lesson in LESSONS.items()}

SETUP = "import numpy as np"


def answers(exercise: Exercise) -> Iterator[object]:
    """The functions and classes to hold against an exercise's tests."""
    yield from exercise.right_answers
    for mistake in exercise.mistakes:
        yield mistake.implementation


def found(suite: Suite, name: str, implementation: Implementation) -> list[object]:
    """All that a verdict says."""
    explain = suite is not PRIVATE  # whose exercises have no references
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        verdict = suite.judge(name, implementation, explain=explain)
    return [
        *(verdict.status, verdict.points, verdict.diagnosis, verdict.printed),
        *(
            (
                result.test,
                _without_dust(str(result.failure)),
                [call.text() for call in result.calls],
            )
            for result in verdict.results
        ),
        *(
            (_known(category), message)
            for result in verdict.results
            for call in result.calls
            for category, message in call.reply.warnings
        ),
    ]


def _without_dust(text: str) -> str:
    """Numbers that rounding alone keeps from 0, as 0: they depend on where arrays lie in memory."""
    return re.sub(r"-?\b\d(\.\d+)?e-(2\d|3\d)\b", "0.0", text)


def _known(category: str) -> str:
    """As a test sees it: of the learner's own categories only that they are warnings."""
    return category if category in WARNINGS else "UserWarning"


@pytest.fixture(
    scope="module", params=[pytest.param(Sandbox, marks=pytest.mark.sandbox), NoSandbox]
)
def private_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sandbox = request.param("02_activations")
    with sandbox:
        yield sandbox


PRIVATE_ANSWERS = [
    pytest.param(exercise, answer, id=f"{exercise.name}-{answer.__name__}")
    for exercise in PRIVATE.exercises.values()
    for answer in answers(exercise)
]


@pytest.mark.parametrize(("exercise", "answer"), PRIVATE_ANSWERS)
def test_what_crosses_the_boundary(private_sandbox, exercise, answer):
    name = exercise.name
    source = source_of(answer, name)
    scope: dict = {}
    exec(SETUP, scope)
    exec(compile(source, "<cell>", "exec"), scope)
    local = LocalImplementation(scope.__getitem__, exercise.time_limit)
    limits = {name: exercise.time_limit}
    with private_sandbox.open([SETUP, source], [name], time_limits=limits) as session:
        assert session.definitions[name].status == "defined"
        mine, theirs = found(PRIVATE, name, local), found(PRIVATE, name, session)
    if answer.__name__ == "hides":  # an object of its own in a list: described, not sent
        theirs, mine = theirs[:2], mine[:2]
    assert theirs == mine
    assert (theirs[0] == "passed") == (answer in exercise.right_answers)


@pytest.fixture(scope="module")
def lesson_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(request.param) as sandbox:
        yield sandbox


def setup_of(lesson: Lesson) -> str:
    return "\n\n".join(cell.source for cell in lesson.blank.cells if "setup" in cell.tags)


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("lesson_sandbox", "lesson", "name"),
    [
        pytest.param(lesson.name, lesson, name, id=name)
        for lesson in LESSONS.values()
        for name in SUITES[lesson.name].exercises
    ],
    indirect=["lesson_sandbox"],
)
def test_an_exercise_of_the_course(lesson_sandbox, lesson, name):
    suite = SUITES[lesson.name]
    exercise = suite.exercises[name]
    others = [other for other in suite.exercises.values() if other.name != name]
    for answer in [exercise.reference, *answers(exercise)]:
        cells = [setup_of(lesson), source_of(answer, name)]
        limits = {name: exercise.time_limit}
        with lesson_sandbox.open(cells, [name], time_limits=limits) as session:
            assert session.definitions[name].status == "defined", session.definitions[name].message
            for other in others:
                session.substitute(other.name, source_of(other.reference))
            theirs = found(suite, name, session)

        def look_up(_: str, answer: object = answer) -> object:
            return answer

        own_name = answer.__name__
        if isinstance(answer, type):  # a notebook's class bears the exercise's name
            answer.__name__ = name
        mine = found(suite, name, LocalImplementation(look_up, exercise.time_limit))
        answer.__name__ = own_name
        unknown = re.search(r"NameError: name ('\w+')", str(theirs))
        if unknown and "NameError" not in str(mine):
            pytest.fail(f"{answer} uses {unknown[1]}, which the setup cell does not import.")
        assert theirs == mine, answer
        assert (theirs[0] == "passed") == (
            answer is exercise.reference or answer in exercise.right_answers
        )
