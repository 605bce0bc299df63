"""What is built is up to date, and runs again to the same outputs."""

import shutil

import nbformat
import pytest

from grader.build import joined, run
from tests.lessons.notebooks import LESSONS, code_cells
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


def without_measured_times(path):
    """A notebook's text without the pictures of cells that time something.

    A time is only ever shown as a picture: it differs from run to run, and with it the picture.
    """
    notebook = nbformat.read(path, as_version=4)
    for cell in code_cells(notebook):
        if "perf_counter" in cell.source:
            for output in cell.outputs:
                output.get("data", {}).pop("image/png", None)
    return nbformat.writes(notebook)


def test_notebooks_and_solutions_are_up_to_date(capfd):
    assert run([], check=True) == 0, capfd.readouterr().err


@pytest.mark.parametrize("lesson", LESSONS)
def test_building_twice_gives_the_same_bytes(lesson, sources):
    builds = []
    for name in ("first", "second"):
        course = sources(name)
        assert run([lesson], check=False, course=course) == 0
        builds.append([without_measured_times(course / f / f"{lesson}.ipynb") for f in BUILT])
    assert builds[0] == builds[1]


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
