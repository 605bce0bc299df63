"""What is built is up to date, and runs again to the same outputs."""

import shutil

import nbformat
import pytest

from grader.build import joined, keep_measured, run
from tests.lessons.notebooks import LESSONS
from utils.checking.suite import COURSE

BUILT = ("notebooks", "solutions")


@pytest.fixture
def sources(tmp_path):
    """Makes courses that hold the sources only."""

    def copy(name):
        course = tmp_path / name
        shutil.copytree(COURSE / "lessons", course / "lessons")
        shutil.copytree(COURSE / "tests" / "grading", course / "tests" / "grading")
        return course

    return copy


def test_notebooks_and_solutions_are_up_to_date(capfd):
    assert run([], check=True) == 0, capfd.readouterr().err


@pytest.mark.parametrize("lesson", LESSONS)
def test_building_twice_gives_the_same_bytes(lesson, sources):
    course = sources("course")
    builds = []
    for _ in range(2):
        assert run([lesson], check=False, course=course) == 0
        builds.append([(course / f / f"{lesson}.ipynb").read_bytes() for f in BUILT])
    assert builds[0] == builds[1]


def test_a_measured_time_is_kept_while_its_cell_is_unchanged():
    def notebook(source, picture):
        cell = nbformat.v4.new_code_cell(source, id="one")
        cell.outputs = [nbformat.v4.new_output("display_data", {"image/png": picture})]
        return nbformat.v4.new_notebook(cells=[cell])

    def picture_after(stored, made):
        keep_measured(made, stored)
        return made.cells[0].outputs[0].data["image/png"]

    timed = "start = time.perf_counter()"
    assert picture_after(notebook(timed, "old"), notebook(timed, "new")) == "old"
    assert picture_after(notebook(timed, "old"), notebook(timed + "  # more", "new")) == "new"
    assert picture_after(notebook("x = 1", "old"), notebook("x = 1", "new")) == "new"


def test_what_a_cell_prints_slowly_is_stored_in_one_piece():
    """The kernel sends prints that lie apart as several pieces, more of them on a busy machine."""

    def piece(text, name="stdout"):
        return nbformat.v4.new_output("stream", name=name, text=text)

    picture = nbformat.v4.new_output("display_data", {"image/png": "…"})
    pieces = [piece("a\n"), piece("b\n"), picture, piece("c\n"), piece("d\n", name="stderr")]
    assert joined(pieces) == [
        piece("a\nb\n"),
        picture,
        piece("c\n"),
        piece("d\n", name="stderr"),
    ]
