"""The command line: what it asks for, what it says, how it ends."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.__main__ import command_line, is_private
from tests.grader.support import LESSON, answered, blank, hand_in

ROOT = Path(__file__).parents[2]


def grader(*arguments, **options):
    """Run the command as one types it."""
    return subprocess.run(
        [sys.executable, "-m", "grader", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "100"},
        **options,
    )


@pytest.fixture
def handed_in(tmp_path):
    folder = tmp_path / "in"
    hand_in(folder, "ann", answered())
    hand_in(folder, "bob", blank())
    hand_in(folder, "cleo", b"{")
    return folder


@pytest.mark.sandbox
def test_a_class_is_graded_and_summed_up(handed_in, tmp_path):
    told = grader("grade", handed_in, "--out", tmp_path / "out")
    assert told.returncode == 0, told.stderr
    head, row, last = told.stdout.splitlines()
    assert head.split() == ["lesson", "notebooks", "median", "hardest", "exercise", "faults"]
    assert re.fullmatch(
        rf"{LESSON} +3 +0 of 12 +weighted_sum \(33% passed\) +6 error *", row
    )  # of 0, 0 and 12 points
    assert last == (f"3 notebooks graded. In {tmp_path}/out: results.jsonl, grades.csv, feedback/")
    assert told.stderr.splitlines() == [
        "! cleo/01_perceptron.ipynb: The file breaks off at line 1, as when an upload was cut "
        "short: hand it in again."
    ]
    results = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").open()]
    assert len(results) == 18
    assert {one["status"] for one in results if one["student"] == "ann"} == {"passed"}


def test_without_a_sandbox_it_warns(handed_in, tmp_path):
    told = grader("grade", handed_in, "--out", tmp_path / "out", "--sandbox", "none")
    assert told.returncode == 0
    assert told.stderr.splitlines()[0].startswith(
        "! --sandbox none: submissions can read your files"
    )


WRONG = {
    "no submissions": (["grade"], "Missing argument 'SUBMISSIONS'"),
    "no out": (["grade", "x"], "Missing option '--out'"),
    "no such folder": (["grade", "/nowhere", "--out", "o"], "There is no /nowhere"),
    "no workers": (["grade", "x", "--out", "o", "--workers", "0"], "at least one"),
    "half a worker": (["grade", "x", "--out", "o", "--workers", "1.5"], "'--workers'"),
    "an odd sandbox": (["grade", "x", "--out", "o", "--sandbox", "toy"], "bubblewrap and none"),
    "no hidden tests": (["grade", "x", "--out", "o", "--hidden", "/nowhere"], "no folder"),
    "both": (
        ["grade", "x", "--out", "o", "--workers", "1", "--scheduler", "tls://h:1"],
        "brings workers of its own",
    ),
    "an unknown option": (["grade", "x", "--out", "o", "--fast"], "No such option: --fast"),
    "an unknown command": (["mark"], "No such command 'mark'"),
}


@pytest.mark.parametrize(("arguments", "told"), WRONG.values(), ids=WRONG)
def test_unusable_arguments_are_told_in_one_line(arguments, told, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command_line(arguments) == 2
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("✗ ")
    assert told in said.err
    assert list(tmp_path.iterdir()) == []


OPTIONS = ("--out", "--workers", "--scheduler", "--hidden", "--force", "--sandbox")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ([], ("build", "grade", "doctor")),
        (["grade"], ("SUBMISSIONS", "results.jsonl", "grades.csv", "Exit code 0", *OPTIONS)),
        (["build"], ("--check",)),
        (["doctor"], ("safely",)),
    ],
)
def test_help_names_what_there_is(command, words, capsys):
    assert command_line([*command, "--help"]) == 0
    said = capsys.readouterr().out
    assert "Usage: python -m grader" in said
    for word in words:
        assert word in said


def test_a_terminal_sees_a_bar_with_rate_and_time_left(handed_in, tmp_path):
    for number in range(12):
        hand_in(handed_in, f"student {number}", blank())
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "grade", handed_in, "--out", tmp_path / "out",
         "--sandbox", "none", "--workers", "1"],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )  # fmt: skip
    os.close(theirs)
    said = b""
    try:
        while part := os.read(ours, 4096):
            said += part
    except OSError:  # the other end is closed
        pass
    assert process.wait() == 0
    os.close(ours)
    text = said.decode()
    assert "Grading" in text
    assert "15/15" in text
    assert re.search(r"\d+\.\d/s", text)
    assert "left" in text


@pytest.mark.parametrize(
    ("scheduler", "private"),
    [
        ("tls://head:8786", True),
        ("tcp://127.0.0.1:8786", True),
        ("localhost:8786", True),
        ("tcp://head:8786", False),
        ("head:8786", False),
        ("tcp://10.0.0.7:8786", False),
    ],
)
def test_it_warns_of_schedulers_that_anyone_can_reach(scheduler, private):
    assert is_private(scheduler) == private


# --------------------------------------------------------- pytest tests/grading --submission


def score(path, *options):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "tests/grading", "--submission", path, "-q", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )


def test_one_notebook_is_scored_by_pytest(tmp_path):
    answers = {
        "step": "def step(z):\n    while True:\n        pass",
        "weighted_sum": "def weighted_sum(x, w, b):\n    return np.dot(x, w) - b",
        "perceptron_predict": (
            "def perceptron_predict(X, w, b):\n    return step(np.asarray(X) @ w + b)"
        ),
        "boundary_line": "def boundary_line(w, b)\n    return 1, 2",
    }
    told = score(hand_in(tmp_path, "ann", answered(answers), "mine"))
    assert told.returncode == 1
    assert "✗ weighted_sum not yet: " in told.stdout
    assert "✗ step not yet: it does not come to an end" in told.stdout
    assert "✓ perceptron_predict passed, 2 points" in told.stdout  # it uses step: the reference
    assert "✗ boundary_line could not be read\n  SyntaxError: expected ':'" in told.stdout
    assert "○ train_perceptron not started, 3 points to win" in told.stdout
    assert "2 of 12 points" in told.stdout
    assert "Traceback" not in told.stdout + told.stderr
    assert re.search(r"\d+ failed, \d+ passed, \d+ skipped, \d+ deselected", told.stdout)


def test_a_right_notebook_scores_all_points(tmp_path):
    told = score(hand_in(tmp_path, "ann", answered()))
    assert told.returncode == 0, told.stdout
    assert "12 of 12 points" in told.stdout


@pytest.mark.parametrize(
    ("content", "said"), [(b"{", "breaks off at line 1"), (b'{"cells": []}', "of no lesson")]
)
def test_what_is_no_notebook_is_told_by_pytest(tmp_path, content, said):
    told = score(hand_in(tmp_path, "ann", content, "homework"))
    assert told.returncode == 4
    assert said in told.stderr
    assert "Traceback" not in told.stderr
