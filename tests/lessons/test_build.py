"""What is built is up to date, and building again gives the same bytes."""

import shutil
from pathlib import Path

import pytest

from grader.build import run
from tests.lessons.notebooks import LESSONS
from utils.checking.suite import COURSE

BUILT = ("notebooks", "solutions")


def copy_of_sources(folder: Path) -> Path:
    """A course that holds the sources only."""
    shutil.copytree(COURSE / "lessons", folder / "lessons")
    shutil.copytree(COURSE / "tests" / "grading", folder / "tests" / "grading")
    return folder


def test_notebooks_and_solutions_are_up_to_date(capfd):
    assert run([], check=True) == 0, capfd.readouterr().err


@pytest.mark.parametrize("lesson", LESSONS)
def test_building_twice_gives_the_same_bytes(lesson, tmp_path):
    builds = []
    for name in ("first", "second"):
        course = copy_of_sources(tmp_path / name)
        assert run([lesson], check=False, course=course) == 0
        builds.append({f: (course / f / f"{lesson}.ipynb").read_bytes() for f in BUILT})
    assert builds[0] == builds[1]


def test_a_changed_lesson_is_named_as_stale(tmp_path, capfd):
    course = copy_of_sources(tmp_path / "course")
    for folder in BUILT:
        shutil.copytree(COURSE / folder, course / folder)
    lesson = course / "lessons" / f"{LESSONS[0]}.md"
    lesson.write_text(lesson.read_text(encoding="utf-8") + "\nOne more sentence.\n")
    assert run([], check=True, course=course) == 1
    complaint = capfd.readouterr().err
    assert f"notebooks/{LESSONS[0]}.ipynb is stale" in complaint
    assert f"solutions/{LESSONS[0]}.ipynb is stale" in complaint
    assert LESSONS[1] not in complaint
