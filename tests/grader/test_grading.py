"""One notebook in, a verdict for each exercise out: no fault costs twice, none is forgiven."""

import textwrap

import numpy as np
import pytest

from grader.course import Course, CourseError
from grader.grading import Grader, reference_source
from grader.messages import BrokenMessage, Graded, Unit
from tests.grader.support import (
    COURSE,
    EXERCISES,
    LESSON,
    PlainSandbox,
    answered,
    as_bytes,
    blank,
    code_cell,
    exercise_cell,
    grade,
    right,
    statuses,
)


def all_right():
    return {name: right(name) for name in EXERCISES}


def with_fault(name, code):
    """Status of each exercise when one has this answer and all others are right."""
    return statuses(grade(answered({**all_right(), name: code})))


EXITS = "def step(z):\n    raise SystemExit"
LOOPS = "def step(z):\n    while True:\n        pass"
WRONG = "def step(z):\n    return np.asarray(z) * 0.0 + 7"


@pytest.mark.parametrize("lesson", COURSE.lessons)
def test_right_answers_get_all_points(lesson):
    graded = grade(answered(lesson=lesson), "x.ipynb")
    assert set(statuses(graded).values()) == {"passed"}
    assert graded.lesson == lesson
    assert graded.points == graded.max_points > 0


@pytest.mark.parametrize("lesson", COURSE.lessons)
def test_a_blank_is_not_started(lesson):
    graded = grade(blank(lesson), "x.ipynb")
    assert set(statuses(graded).values()) == {"not_started"}
    assert graded.points == 0
    assert list(statuses(graded)) == list(COURSE.lessons[lesson].exercises)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (WRONG, "failed"),
        (EXITS, "killed"),
        ("def step(z:\n    return 1", "error"),
        ("x = 1", "missing"),
    ],
)
def test_a_fault_costs_its_exercise_and_no_other(code, status):
    found = with_fault("step", code)
    assert found.pop("step") == status
    assert set(found.values()) == {"passed"}


def test_an_endless_loop_costs_its_exercise_and_no_other(monkeypatch):
    monkeypatch.setattr("grader.in_process.TIME_LIMIT", 0.2)
    found = with_fault("step", LOOPS)
    assert found.pop("step") == "timeout"
    assert set(found.values()) == {"passed"}


def test_a_wrong_answer_is_replaced_for_those_that_use_it():
    uses_step = "def perceptron_predict(X, w, b):\n    return step(X @ w + b)"
    found = statuses(grade(answered({"step": WRONG, "perceptron_predict": uses_step})))
    assert found["step"] == "failed"
    assert found["perceptron_predict"] == "passed"


def test_an_exercise_that_was_passed_is_not_replaced():
    sandbox = PlainSandbox(LESSON)
    content = as_bytes(answered({**all_right(), "step": WRONG}))
    Grader(COURSE, lambda lesson: sandbox).grade(Unit("ann", "x.ipynb", content))
    (session,) = sandbox.sessions
    assert session.substituted == ["step"]


def test_a_reference_is_sent_only_after_its_exercise_is_graded():
    sandbox = PlainSandbox(LESSON)
    moments = []
    substitute = PlainSandbox.open

    def watched(*arguments, **keywords):
        session = substitute(sandbox, *arguments, **keywords)
        inner = session.substitute
        session.substitute = lambda name, source: (
            moments.append((name, list(session.asked))),
            inner(name, source),
        )
        return session

    sandbox.open = watched
    content = as_bytes(answered({**all_right(), "step": WRONG, "boundary_line": "x = 1"}))
    Grader(COURSE, lambda lesson: sandbox).grade(Unit("ann", "x.ipynb", content))
    assert [name for name, _ in moments] == ["step", "boundary_line"]
    assert "step" in moments[0][1]


def test_what_an_earlier_exercise_left_behind_is_not_held_against_a_later_one():
    # step dies of what weighted_sum did, as it would of a thread that ends the process later
    poison = "def weighted_sum(x, w, b):\n    armed.append(1)\n    return np.dot(x, w) + b"
    victim = (
        "def step(z):\n    if armed:\n        raise SystemExit\n"
        "    return np.where(np.asarray(z) >= 0, 1.0, 0.0)"
    )
    notebook = answered({**all_right(), "weighted_sum": poison, "step": victim})
    notebook["cells"].append(code_cell("armed = []"))
    found = statuses(grade(notebook))
    assert found["weighted_sum"] == "passed"
    assert found["step"] == "passed"


def test_each_row_tells_what_the_tests_found():
    graded = grade(answered({**all_right(), "step": "def step(z):\n    return z > 0"}))
    row = next(row for row in graded.rows if row.exercise == "step")
    assert row.points == 0
    assert row.max_points == 1
    assert "exactly z = 0" in row.diagnosis
    assert row.failures[0].call.startswith("step(")
    assert row.failures[0].got
    assert row.failures[0].expected
    assert row.failures[0].test == "exactly zero is 1"


def test_a_syntax_error_is_told_with_its_line():
    graded = grade(answered({"step": "def step(z):\n    retrun z"}))
    row = next(row for row in graded.rows if row.exercise == "step")
    assert row.status == "error"
    assert "SyntaxError" in row.failures[0].why
    assert "retrun z" in row.failures[0].why


def test_what_can_not_be_read_gives_a_row_for_each_exercise():
    graded = grade(b"nothing", f"{LESSON}.ipynb")
    assert set(statuses(graded).values()) == {"error"}
    assert list(statuses(graded)) == list(EXERCISES)
    assert {row.failures[0].why for row in graded.rows} == {graded.problem}


def test_a_notebook_of_no_lesson_gives_one_row_that_says_so():
    graded = grade({"cells": [code_cell("x = 1")]}, "x.ipynb")
    assert graded.lesson is None
    (row,) = graded.rows
    assert (row.exercise, row.status, row.max_points) == ("", "error", 0)
    assert "hand in the lesson's own notebook" in row.failures[0].why


# ------------------------------------------------------------------- copied, split, moved, retyped


def test_cells_may_be_copied_split_moved_and_retyped():
    notebook = answered()
    cells = notebook["cells"]
    step = exercise_cell(notebook, "step")
    cells.append({**exercise_cell(blank(), "step"), "id": "copied-blank"})
    cells.append(code_cell("for step in range(3):\n    pass"))
    predict = exercise_cell(notebook, "perceptron_predict")
    predict["source"] = "@check\ndef perceptron_predict(X, w, b):\n    return helper(X @ w + b)"
    cells.insert(1, code_cell("def helper(z):\n    return np.where(z >= 0, 1.0, 0.0)"))
    cells.remove(step)
    cells.append({**step, "metadata": {}, "id": "moved"})
    exercise_cell(notebook, "boundary_line")["cell_type"] = "markdown"
    notebook["metadata"] = {"kernelspec": {"name": "julia-1.9"}}
    for cell in cells:
        cell.pop("id", None)
    assert set(statuses(grade(notebook, "hw.ipynb")).values()) == {"passed"}


def test_deleting_the_other_cells_costs_nothing():
    notebook = answered()
    notebook["cells"] = [
        cell
        for cell in notebook["cells"]
        if "course" in cell["metadata"] or "setup" in cell["metadata"].get("tags", [])
    ]
    assert set(statuses(grade(notebook)).values()) == {"passed"}


def test_a_deleted_exercise_is_missing():
    notebook = answered()
    notebook["cells"].remove(exercise_cell(notebook, "step"))
    found = statuses(grade(notebook))
    assert found.pop("step") == "missing"
    assert set(found.values()) == {"passed"}


# ------------------------------------------------------------------------------------ hidden tests

HIDDEN = '''
    """Further tests."""
    import numpy as np
    from utils.checking.exercise import exercise
    from utils.checking.expect import expect_close

    @exercise("step", points=1, minutes=1, difficulty=1, built="A step.")
    class TestStep:
        def test_is_right_for_twelve_and_a_half(self, step):
            expect_close(step(np.array([12.5])), [1.0], why="SECRET-EXPECTATION")

        def test_is_right_for_minus_one(self, step):
            expect_close(step(np.array([-1.0])), [0.0], why="SECRET-EXPECTATION")
'''
# passes all the visible tests, and gives itself away on an input that only hidden tests use
SPECIAL = (
    "def step(z):\n    z = np.asarray(z)\n"
    "    if z.shape == (1,) and z[0] == 12.5:\n        raise ValueError('SECRET-INPUT 12.5')\n"
    "    return np.where(z >= 0, 1.0, 0.0)"
)


@pytest.fixture
def with_hidden(tmp_path):
    (tmp_path / "test_perceptron.py").write_text(textwrap.dedent(HIDDEN))
    return Course(hidden=tmp_path)


def test_hidden_tests_count_and_give_nothing_away(with_hidden):
    content = answered({**all_right(), "step": SPECIAL})
    assert set(statuses(grade(content)).values()) == {"passed"}
    graded = grade(content, course=with_hidden)
    found = statuses(graded)
    assert found.pop("step") == "failed"
    assert set(found.values()) == {"passed"}
    (failure,) = next(row for row in graded.rows if row.exercise == "step").failures
    assert failure.test == "is right for twelve and a half"
    assert (failure.call, failure.got, failure.expected) == (None, None, None)
    assert b"SECRET" not in graded.to_bytes()


def test_hidden_tests_pass_right_answers(with_hidden):
    assert set(statuses(grade(answered(), course=with_hidden)).values()) == {"passed"}


def test_hidden_tests_run_last_in_a_session_of_their_own(with_hidden):
    sandbox = PlainSandbox(LESSON)
    content = as_bytes(answered({**all_right(), "boundary_line": "x = 1"}))
    Grader(with_hidden, lambda lesson: sandbox).grade(Unit("ann", "x.ipynb", content))
    visible, hidden = sandbox.sessions
    assert set(hidden.asked) == {"step"}
    assert "train_perceptron" in visible.asked
    assert hidden.substituted == ["boundary_line"]


def test_hidden_tests_that_fit_nothing_are_refused(tmp_path):
    for text, told in [
        (HIDDEN.replace('"step"', '"leap"'), "no 'leap'"),
        (HIDDEN.replace("points=1", "points=5"), "5 points there and 1"),
        ("import nowhere", "nowhere"),
    ]:
        folder = tmp_path / str(len(told))
        folder.mkdir()
        (folder / "test_perceptron.py").write_text(textwrap.dedent(text))
        grader = Grader(Course(hidden=folder), PlainSandbox)
        with pytest.raises(CourseError, match=told):
            grader.tests_of(LESSON)


@pytest.mark.parametrize(
    ("files", "told"),
    [({}, "holds no tests"), ({"test_cooking.py": ""}, "belongs to no lesson")],
)
def test_folders_without_hidden_tests_are_refused(tmp_path, files, told):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(CourseError, match=told):
        Course(hidden=tmp_path)


def test_a_folder_of_hidden_tests_must_exist(tmp_path):
    with pytest.raises(CourseError, match="there is no folder"):
        Course(hidden=tmp_path / "none")


# ------------------------------------------------------------------------------------- around it


def test_references_stand_alone_with_their_imports():
    for lesson in COURSE.lessons:
        for exercise in Grader(COURSE, PlainSandbox).tests_of(lesson).exercises:
            namespace = {}
            exec(reference_source(exercise), namespace)
            assert callable(namespace[exercise.name])


def test_the_same_notebook_gives_the_same_bytes():
    first, second = (grade(answered({"step": WRONG})) for _ in range(2))
    assert first.rows == second.rows
    assert first.feedback == second.feedback


def test_messages_survive_the_journey():
    unit = Unit("ann", "a\u2028b.ipynb", bytes(range(256)) * 100, "why")
    assert Unit.from_bytes(unit.to_bytes()) == unit
    graded = grade(answered({"step": WRONG}))
    assert Graded.from_bytes(graded.to_bytes()) == graded


def test_what_is_no_message_is_refused():
    message = grade(blank()).to_bytes()
    for broken in (b"", b"x", message[:50], bytes(100), Unit("a", "b", b"").to_bytes()):
        with pytest.raises(BrokenMessage):
            Graded.from_bytes(broken)


def test_the_fingerprint_changes_with_what_decides(tmp_path):
    plain, same, hidden = Course(), Course(), Course()
    assert plain.fingerprint(LESSON) == same.fingerprint(LESSON)
    assert plain.fingerprint(LESSON) != plain.fingerprint("02_activations")
    (tmp_path / "test_perceptron.py").write_text(textwrap.dedent(HIDDEN))
    hidden = Course(hidden=tmp_path)
    assert hidden.fingerprint(LESSON) != plain.fingerprint(LESSON)
    assert hidden.fingerprint("02_activations") == plain.fingerprint("02_activations")


def test_a_course_without_notebooks_says_what_to_do(tmp_path):
    with pytest.raises(CourseError, match="make build"):
        Course(tmp_path)


def test_texts_of_a_learner_are_brief_and_can_be_shown():
    loud = "def step(z):\n    raise ValueError('\\x1b[31m' + '\\ud800' + 'a' * 10**6)"
    graded = grade(answered({"step": loud}))
    why = next(row for row in graded.rows if row.exercise == "step").failures[0].got
    assert why.startswith("ValueError: \N{REPLACEMENT CHARACTER}[31m?aaa")
    assert len(why) < 600
    assert len(graded.feedback) < 100_000


def test_a_right_answer_that_warns_where_it_may_is_right():
    warns = "def weighted_sum(x, w, b):\n    np.log(np.zeros(1))\n    return np.dot(x, w) + b"
    with np.errstate(all="warn"):
        assert with_fault("weighted_sum", warns)["weighted_sum"] == "passed"
