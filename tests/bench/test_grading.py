"""The measurement of the grader: all contenders get the same, and it reads what they do."""

import json
import shutil

import nbformat
import numpy as np
import pytest

from bench import grading
from bench.contest import assignment, contenders, floor, measure
from bench.contest.measure import Failed, Job, Run

needs_sandbox = pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    return contenders.Ours(tmp_path_factory.mktemp("contest") / "ours")


# ---------------------------------------------------------------------------- the assignment


def points_in_cells(cells):
    """What plain Python makes of a peer's notebook: a point a cell that does not fail."""
    namespace, points = {}, 0
    for source in cells:
        try:
            with np.errstate(all="ignore"):
                exec(source, namespace)
        except (AssertionError, NotImplementedError):
            continue
        points += "assert_allclose" in source
    return points


def test_there_are_five_exercises_and_fourteen_tests():
    assert len(assignment.QUESTIONS) == 5
    assert assignment.TESTS == 14


@pytest.mark.parametrize("kind", assignment.KINDS)
@pytest.mark.parametrize("source", [assignment.nbgrader_source, assignment.otter_source])
def test_the_notebooks_of_the_others_earn_the_same_points(kind, source):
    notebook = assignment.answered(source(), kind)
    nbformat.validate(notebook)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert points_in_cells(code) == assignment.POINTS[kind]


@pytest.mark.parametrize("kind", assignment.KINDS)
def test_the_lesson_has_a_cell_for_each_exercise(kind):
    notebook = assignment.lesson_notebook("99_small", kind)
    nbformat.validate(notebook)
    named = [cell.metadata.get("course", {}).get("exercise") for cell in notebook.cells]
    assert [name for name in named if name] == [q.name for q in assignment.QUESTIONS]


def test_an_answer_without_a_cell_is_noticed():
    notebook = assignment.nbgrader_source()
    del notebook.cells[2]
    with pytest.raises(AssertionError, match="collapse_linear_layers"):
        assignment.answered(notebook, "right")


# --------------------------------------------------------------------------- the contenders


@needs_sandbox
@pytest.mark.sandbox
@pytest.mark.parametrize("kind", assignment.KINDS)
def test_our_grader_gives_each_kind_its_points(ours, kind):
    measured = grading.one_run(ours, kind, 1, measure.cores()[:1])
    assert measured.seconds_each > 0
    assert {"grader", "worker"} <= measured.memory.keys()
    assert all(megabytes > 1 for megabytes in measured.memory.values())


@needs_sandbox
@pytest.mark.sandbox
def test_two_workers_grade_all(ours):
    grading.one_run(ours, "right", 5, measure.cores()[:2])


@needs_sandbox
@pytest.mark.sandbox
def test_points_that_are_not_the_expected_ones_stop_the_comparison(ours, monkeypatch):
    monkeypatch.setitem(grading.POINTS, "blank", 3)
    with pytest.raises(Failed, match="ours gave 0 points where blank earns 3"):
        grading.one_run(ours, "blank", 1, measure.cores()[:1])


@needs_sandbox
@pytest.mark.sandbox
def test_the_scale_has_a_row_for_each_size(ours):
    assert grading.scale(ours, [2]).row_count == 1


def test_the_floor_runs_each_submission(ours, tmp_path):
    contender = contenders.Floor(tmp_path / "floor", ours)
    job = contender.job("right", 3, 2)
    measure.run(job, measure.cores()[:2], 3)
    assert sorted(path.name for path in job.results()) == ["s00001", "s00002", "s00003"]


def test_the_floor_runs_the_cells(tmp_path):
    written = tmp_path / "written"
    cell = {"cell_type": "code", "source": [f"open({str(written)!r}, 'w').write('ran')"]}
    notebook = tmp_path / "one.ipynb"
    notebook.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": "1/0"}, cell]}))
    floor.run_cells(notebook)
    assert written.read_text() == "ran"


# ------------------------------------------------------------------------------- measuring


def job(*commands, results=list, warm=False):
    return Job([[list(command)] for command in commands], results, warm)


def test_a_command_that_fails_is_told_with_what_it_said():
    with pytest.raises(Failed, match=r"ended with 3: .*no disk"):
        measure.run(job(["sh", "-c", "echo no disk; exit 3"]), measure.cores(), 1)


def test_missing_results_are_told():
    with pytest.raises(Failed, match="0 of 2 submissions were graded"):
        measure.run(job(["true"]), measure.cores(), 2)


def test_a_command_runs_on_the_cores_it_was_given(tmp_path):
    out = tmp_path / "cores"
    script = f"import os; open({str(out)!r}, 'w').write(str(sorted(os.sched_getaffinity(0))))"
    one = measure.cores()[:1]
    before = measure.cores()
    measure.run(job(["python3", "-c", script], results=lambda: [out]), one, 1)
    assert out.read_text() == str(one)
    assert measure.cores() == before


def test_processor_time_is_that_of_all_processes(tmp_path):
    # two thirds of a second: in a process that the command starts and waits for, and in itself
    busy = "import time\nwhile time.process_time() < 1 / 3: pass"
    script = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {busy!r}])\n{busy}"
    result = tmp_path / "result"
    script += f"\nopen({str(result)!r}, 'w')\ntime.sleep(0.5)"
    one = job(["python3", "-c", script], results=lambda: [result])
    measured = measure.run(one, measure.cores()[:1], 1)
    assert 0.6 < measured.processor < 2


def found(**seconds):
    """Measurements of two rounds, by contender; the same for all kinds."""
    return {
        (name, kind, 1): [Run(s, 0, s, 0, 1, s / 2, {"grader": 60.0}, 60.0) for s in rounds]
        for name, rounds in seconds.items()
        for kind in grading.KINDS
    }


def test_a_ratio_is_taken_within_a_round():
    # the machine was ten times slower in the second and third round
    measured = found(ours=[1, 10, 10], floor=[0.5, 5, 5])
    assert grading.ratio(measured, "ours", "floor", "right", 1) == 2


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(120.0, "the aim is reached"), (60.0, "the minimum is reached"), (40.0, "NOT reached")],
)
def test_the_aims_are_named(seconds, says):
    measured = found(ours=[1.0], nbgrader=[seconds], floor=[0.5])
    of_nbgrader, of_floor = grading.verdicts(measured, ["ours", "nbgrader", "floor"], [1])
    assert of_nbgrader.startswith("nbgrader, one core")
    assert says in of_nbgrader
    assert "2.0 to 2.0 times" in of_floor


def test_tables_have_a_row_for_each_kind_and_each_contender():
    measured = found(ours=[1.0], nbgrader=[100.0])
    assert grading.times_of(measured, ["ours", "nbgrader"], 1).row_count == 3
    assert grading.memory_of(measured, ["ours", "nbgrader"], 1).row_count == 2
