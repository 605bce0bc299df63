"""The board counts what is passed."""

import pytest

from utils.checking import progress_board
from utils.checking.progress import record_progress
from utils.checking.suite import Suite


@pytest.fixture
def board(tmp_path, monkeypatch):
    """Shows the board; gives what it would display."""
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))

    def show():
        progress_board()
        return shown[-1]

    return show


def test_each_lesson_has_a_row_with_its_points(board):
    text = board()["text/plain"]
    points = sum(exercise.points for exercise in Suite().of_lesson("activations"))
    (row,) = [line for line in text.splitlines() if line.startswith("02")]
    assert f"0 of {points:>3} points" in row
    assert row.endswith("○" * 9)


def test_what_is_passed_counts_and_what_is_tried_shows(board):
    record_progress("02_activations", "relu", "passed")
    record_progress("02_activations", "sigmoid", "failed")
    (row,) = [line for line in board()["text/plain"].splitlines() if line.startswith("02")]
    assert " 1 of" in row
    assert (row.count("●"), row.count("◐"), row.count("○")) == (1, 1, 7)


def test_a_damaged_file_is_mentioned(board, tmp_path):
    (tmp_path / "progress.json").write_text("{")
    shown = board()
    assert "set aside" in shown["text/plain"]
    assert "set aside" in shown["text/html"]
