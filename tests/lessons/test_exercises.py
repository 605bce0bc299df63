"""Every exercise of the course: its tests are strict enough, and its mistakes are recognised."""

import functools
import inspect
import re
from dataclasses import dataclass

import pytest

from grader.build import read_lesson
from grader.references import names_bound, names_used, source_of
from tests.lessons.syllabus import EXERCISES, EXTENSIONS
from utils.checking.exercise import Exercise
from utils.checking.subject import LocalImplementation
from utils.checking.suite import COURSE, Suite

MIN_MISTAKES = 3

SUITE = Suite()
ALL = list(SUITE.exercises.values())
FUNCTIONS = [exercise for exercise in ALL if inspect.isfunction(exercise.reference)]
LESSONS = sorted(path.stem for path in COURSE.glob("lessons/[0-9][0-9]_*.md"))


@dataclass(frozen=True)
class Answer:
    """One answer to one exercise: the reference, a listed mistake, or an unusual right answer."""

    exercise: Exercise
    implementation: object
    sentence: str | None = None

    def judge(self):
        def look_up(name):
            return self.implementation

        implementation = LocalImplementation(look_up, self.exercise.time_limit)
        return SUITE.judge(self.exercise.name, implementation)

    def __str__(self) -> str:
        return f"{self.exercise.name}-{self.implementation.__name__}"


MISTAKES = [
    Answer(exercise, mistake.implementation, mistake.sentence)
    for exercise in ALL
    for mistake in exercise.mistakes
]
RIGHT_ANSWERS = [Answer(exercise, right) for exercise in ALL for right in exercise.right_answers]
REFERENCES = [Answer(exercise, exercise.reference) for exercise in ALL]


@functools.cache
def names_in_a_notebook(topic: str) -> set[str]:
    """What a lesson's setup cell binds, and the lesson's exercises."""
    (path,) = COURSE.glob(f"lessons/[0-9][0-9]_{topic}.md")
    lesson = read_lesson(path)
    (setup,) = [cell.source for cell in lesson.cells if "setup" in cell.metadata.get("tags", [])]
    return names_bound(setup) | {exercise.name for exercise in lesson.exercises}


def reasons(verdict) -> str:
    """Why tests failed, for the message of a failed assertion."""
    return "\n".join(f"{result.test}: {result.failure}" for result in verdict.failures)


@pytest.mark.parametrize("answer", REFERENCES, ids=str)
def test_the_reference_passes_with_all_points(answer):
    verdict = answer.judge()
    assert verdict.status == "passed", reasons(verdict)
    assert verdict.points == answer.exercise.points


@pytest.mark.parametrize("answer", RIGHT_ANSWERS, ids=str)
def test_an_unusual_right_answer_passes(answer):
    verdict = answer.judge()
    assert verdict.status == "passed", reasons(verdict)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # an overflow may be the mistake
@pytest.mark.parametrize("answer", MISTAKES, ids=str)
def test_a_listed_mistake_fails_and_is_recognised(answer):
    verdict = answer.judge()
    assert verdict.status in ("failed", "timeout"), "the tests let this mistake through"
    assert verdict.points < answer.exercise.points
    assert verdict.diagnosis == answer.sentence


@pytest.mark.parametrize("answer", [*MISTAKES, *RIGHT_ANSWERS], ids=str)
def test_a_listed_answer_stands_alone_in_a_notebook(answer):
    source = source_of(answer.implementation)
    assert names_used(source) <= names_in_a_notebook(answer.exercise.topic)


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_every_exercise_is_described_whole(exercise):
    assert len(exercise.mistakes) >= MIN_MISTAKES
    assert exercise.right_answers, "list at least one unusual right answer"
    assert exercise.points >= 1
    assert exercise.minutes >= 1
    for sentence in [exercise.built, *(mistake.sentence for mistake in exercise.mistakes)]:
        assert sentence.rstrip(")").endswith((".", "!", "?")), sentence
        # a card sets `code` apart, and nothing else
        assert not re.search(r"\*\*\w[^*]*\*\*", re.sub("`[^`]*`", "", sentence)), sentence


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda exercise: exercise.name)
def test_the_docstring_is_the_contract(exercise):
    documented = inspect.getdoc(exercise.reference) or ""
    assert documented[:1].isupper()
    assert ">>> " in documented, "an example call with its result"
    assert "Returns\n-------" in documented
    if inspect.signature(exercise.reference).parameters:
        assert "Parameters\n----------" in documented


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda exercise: exercise.name)
def test_the_stub_is_typed(exercise):
    signature = inspect.signature(exercise.reference)
    assert signature.return_annotation is not inspect.Signature.empty
    for parameter in signature.parameters.values():
        assert parameter.annotation is not inspect.Parameter.empty, parameter.name


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_lesson_has_the_syllabus_exercises(lesson):
    assert lesson in EXERCISES, "add the lesson to tests/lessons/syllabus.py"
    topic = lesson.partition("_")[2]
    present = {exercise.name: exercise for exercise in SUITE.of_lesson(topic)}
    for name, arguments in EXERCISES[lesson].items():
        assert name in present
        assert present[name].extension == (name in EXTENSIONS), name
        if arguments is None:
            continue
        assert ", ".join(inspect.signature(present[name].reference).parameters) == arguments


def test_names_are_unique_in_the_course():
    names = [exercise.name for lesson in LESSONS for exercise in of(lesson)]
    assert len(set(names)) == len(names)
    planned = [name for exercises in EXERCISES.values() for name in exercises]
    assert len(set(planned)) == len(planned)


def of(lesson: str) -> list[Exercise]:
    """The exercises of one lesson."""
    return SUITE.of_lesson(lesson.partition("_")[2])
