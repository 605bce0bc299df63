"""What the grader's tests share: notebooks made to measure, and a sandbox that protects nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from grader.course import Course
from grader.grading import Grader
from grader.in_process import InProcessSession
from grader.messages import Graded, Unit
from grader.references import source_of
from grader.sandbox import bubblewrap
from utils.checking.subject import Reply

COURSE = Course()
LESSON = "01_perceptron"
EXERCISES = COURSE.lessons[LESSON].exercises

# A sandbox's folder for a submission's own files: /tmp, unless the course itself lies below /tmp.
TEMPORARY = bubblewrap.temporary_folder(bubblewrap.view(Path("/course"), Path("/empty")))


class PlainSession(InProcessSession):
    """A submission in this process that ends, as in a sandbox, when a function calls exit."""

    def __init__(self, cells: Sequence[str], exercises: Sequence[str]) -> None:
        super().__init__(cells, exercises)
        self.dead = False
        self.asked: list[str] = []
        self.substituted: list[str] = []

    def call(self, name: str, arguments: Sequence[object], keywords: Mapping[str, object]) -> Reply:
        self.asked.append(name)
        if not self.dead:
            reply = super().call(name, arguments, keywords)
            if not reply.error.startswith("SystemExit"):
                return reply
            self.dead = True
        return Reply("killed", error="it called exit")

    def substitute(self, name: str, source: str) -> None:
        super().substitute(name, source)
        self.substituted.append(name)

    def close(self) -> None:
        self.dead = True


class PlainSandbox:
    """Makes such sessions and keeps them for the test to look at."""

    def __init__(self, lesson: str) -> None:
        self.sessions: list[PlainSession] = []

    def open(
        self, cells: Sequence[str], exercises: Sequence[str], *, time_limits: Mapping[str, float]
    ) -> PlainSession:
        self.sessions.append(PlainSession(cells, exercises))
        return self.sessions[-1]

    def close(self) -> None:
        pass


def grade(content: bytes | dict, name: str = f"{LESSON}.ipynb", course: Course = COURSE) -> Graded:
    """Grade one notebook in this process."""
    if isinstance(content, dict):
        content = as_bytes(content)
    return Grader(course, PlainSandbox).grade(Unit("ann", name, content))


def as_bytes(notebook: dict) -> bytes:
    """A notebook as a file's content."""
    return json.dumps(notebook).encode()


def blank(lesson: str = LESSON) -> dict[str, Any]:
    """The blank notebook as it is handed out."""
    return json.loads(COURSE.lessons[lesson].release.read_bytes())


def answered(answers: Mapping[str, str] | None = None, lesson: str = LESSON) -> dict[str, Any]:
    """The notebook with answers in it; by default all of them right.

    Parameters
    ----------
    answers : exercise to code; exercises that are not in it stay as they are
    """
    notebook = blank(lesson)
    if answers is None:
        answers = {name: right(name, lesson) for name in COURSE.lessons[lesson].exercises}
    for name, code in answers.items():
        exercise_cell(notebook, name)["source"] = f"@check\n{code}"
    return notebook


def exercise_cell(notebook: dict, name: str) -> dict:
    """The cell of an exercise."""
    return next(
        cell
        for cell in notebook["cells"]
        if cell["metadata"].get("course", {}).get("exercise") == name
    )


@cache
def right(name: str, lesson: str = LESSON) -> str:
    """The reference's source; to find it, the lesson's tests are collected, which takes a while."""
    tests = Grader(COURSE, PlainSandbox).tests_of(lesson)
    return source_of(next(e.reference for e in tests.exercises if e.name == name))


def code_cell(source: object) -> dict:
    """A code cell."""
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }


def statuses(graded: Graded) -> dict[str, str]:
    """The status of each exercise."""
    return {row.exercise: row.status for row in graded.rows}


def hand_in(folder: Path, student: str, notebook: dict | bytes, name: str = LESSON) -> Path:
    """Put a notebook where a student's notebook lies."""
    path = folder / student / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(notebook if isinstance(notebook, bytes) else as_bytes(notebook))
    return path


__all__ = [
    "COURSE",
    "EXERCISES",
    "LESSON",
    "PlainSandbox",
    "answered",
    "as_bytes",
    "blank",
    "code_cell",
    "exercise_cell",
    "grade",
    "hand_in",
    "right",
    "statuses",
]
