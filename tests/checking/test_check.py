"""`@check` in a real kernel and outside of one, in all its states."""

import json
import os
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from utils.checking.suite import COURSE

SETUP = """\
import numpy as np
from numpy.typing import ArrayLike
from utils.checking import check, start_lesson
start_lesson("02_activations")
"""

RIGHT = "@check\ndef relu(z):\n    return np.maximum(z, 0)"
WRONG = "@check\ndef relu(z):\n    return np.minimum(z, 0)"
BLANK = '@check\ndef relu(z):\n    """Blank."""\n    raise NotImplementedError'


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run cells in a fresh kernel; gives the text of each cell's outputs."""
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))

    def execute(*cells, setup=SETUP):
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [nbformat.v4.new_code_cell(source) for source in (setup, *cells)]
        NotebookClient(
            notebook,
            timeout=120,
            allow_errors=True,
            kernel_name="python3",
            resources={"metadata": {"path": str(tmp_path)}},
        ).execute()
        return [[_text(output) for output in cell.outputs] for cell in notebook.cells[1:]]

    return execute


def _text(output):
    if output.output_type == "stream":
        return output.text
    if output.output_type == "error":
        return "\n".join(output.traceback)
    return output.data["text/plain"]


def test_the_three_states_and_what_the_name_is_bound_to(run):
    use = "print(relu(np.array([-1.0, 2.0])))"
    cells = run(BLANK, use, WRONG, use, RIGHT, use, BLANK, use)
    cards = [outputs[0].splitlines()[0] for outputs in cells[::2]]
    assert cards[0] == "○ relu not started, 1 point to win"
    assert cards[1].startswith("✗ relu not yet")
    assert cards[2] == "✓ relu passed, 1 point"
    assert cards[3] == cards[0]
    seen = [outputs[0] for outputs in cells[1::2]]
    assert seen == ["[0. 2.]\n", "[-1.  0.]\n", "[0. 2.]\n", "[0. 2.]\n"]


def test_a_cell_that_does_not_parse_stops_nothing(run):
    broken, use = run("@check\ndef relu(z):\n    retrun z", "print(relu(-3.0))")
    assert "SyntaxError" in broken[0]
    assert use == ["0.0\n"]


def test_helpers_below_and_recursion_are_found(run):
    helper = "@check\ndef relu(z):\n    return above(z)\ndef above(z):\n    return np.maximum(z, 0)"
    recursive = (
        "@check\ndef relu(z):\n    if np.ndim(z) == 0:\n        return z if z > 0 else 0.0\n"
        "    return np.array([relu(x) for x in z])"
    )
    for outputs in run(helper, recursive, helper):
        assert outputs[0].startswith("✓ relu passed")


def test_an_assignment_below_the_definition_counts(run):
    (outputs,) = run(f"{WRONG}\nrelu = lambda z: np.maximum(z, 0)")
    assert outputs[0].startswith("✓ relu passed")


def test_a_wrong_earlier_exercise_is_paid_for_once(run):
    wrong = "@check\ndef sigmoid(z):\n    return 0 * np.asarray(z) + 0.3"
    later = "@check\ndef sigmoid_derivative(z):\n    return sigmoid(z) * (1 - sigmoid(z))"
    first, second, third = run(wrong, later, "print(sigmoid(0.0))")
    assert first[0].startswith("✗ sigmoid not yet")
    assert second[0].startswith("✓ sigmoid_derivative passed")
    assert third == ["0.3\n"], "the learner's own function is back afterwards"


def test_an_endless_loop_is_stopped_and_the_kernel_lives_on(run):
    endless = (
        "@check\ndef relu(z):\n    while True:\n        try:\n            pass\n"
        "        except BaseException:\n            pass"
    )
    outputs, alive = run(endless, "print(1 + 1)")
    assert "does not come to an end" in outputs[0]
    assert "line 3      while True:" in outputs[0] or "line 4" in outputs[0]
    assert alive == ["2\n"]


@pytest.mark.parametrize("leave", ["raise SystemExit", "import sys; sys.exit(3)", "quit()"])
def test_leaving_is_an_error_like_others(run, leave):
    outputs, alive = run(f"@check\ndef relu(z):\n    {leave}", "print(1 + 1)")
    assert outputs[0].startswith("✗ relu not yet")
    assert alive == ["2\n"]


def test_an_error_shows_the_learners_line_and_no_machinery(run):
    (outputs,) = run("@check\ndef relu(z):\n    y = np.zeros(3)\n    return y[7]")
    assert "IndexError" in outputs[0]
    assert "line 4      return y[7]" in outputs[0]
    assert "utils" not in outputs[0]
    assert "Traceback" not in outputs[0]


def test_an_unknown_exercise_is_answered_with_the_lessons_exercises(run):
    (outputs,) = run("@check\ndef rellu(z):\n    return z")
    assert outputs == [
        "UnknownExercise: rellu is no exercise of lesson 02_activations. Did you mean relu? Its "
        "exercises are: collapse_linear_layers, sigmoid, tanh_from_sigmoid, relu, leaky_relu, "
        "sigmoid_derivative, tanh_derivative, relu_derivative, softmax."
    ]


def test_without_the_setup_cell_it_says_so(run):
    (outputs,) = run(RIGHT, setup="import numpy as np\nfrom utils.checking import check")
    assert outputs == [
        "SetupMissing: Run the first code cell of this notebook first: it makes the checks ready."
    ]


def test_running_the_setup_cell_again_keeps_what_the_learner_wrote(run):
    outputs = run(WRONG, SETUP, "print(relu(-3.0))")
    assert outputs[2] == ["-3.0\n"]


def test_a_cell_gives_one_card_for_each_exercise_in_it(run):
    leaky = (
        "@check\ndef leaky_relu(z, slope):\n    return np.where(np.asarray(z) > 0, z, slope * z)"
    )
    (outputs,) = run(f"{RIGHT}\n{leaky}\n{RIGHT}")
    assert [output.split()[:2] for output in outputs] == [["✓", "relu"], ["✓", "leaky_relu"]]


def test_progress_is_kept(run, tmp_path):
    run(BLANK, WRONG, RIGHT, WRONG)
    kept = json.loads((tmp_path / "progress.json").read_text())
    assert kept == {"02_activations": {"relu": "passed"}}


def test_a_lesson_that_is_not_there_is_named(run):
    (outputs,) = run("start_lesson('99_nothing')", setup="from utils.checking import start_lesson")
    assert outputs[0].startswith("CourseError: Lesson 99_nothing can't be opened: There is no test")


def test_outside_a_notebook_it_judges_at_once_and_prints_text(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(f"{SETUP}\n{WRONG}\n{RIGHT}\n{BLANK}\nprint(relu(-2.0))")
    done = subprocess.run(
        [sys.executable, script],
        cwd=COURSE,
        env={**os.environ, "COURSE_PROGRESS": "off"},
        capture_output=True,
        text=True,
        check=True,
    )
    firsts = [line for line in done.stdout.splitlines() if line[:1] in "✓✗○"]
    assert firsts[0].startswith("✗ relu not yet")
    assert firsts[1] == "✓ relu passed, 1 point"
    assert firsts[2] == "○ relu not started, 1 point to win"
    assert done.stdout.splitlines()[-1] == "0.0"
