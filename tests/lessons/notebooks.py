"""The course's notebooks as tests see them: read, answered, executed."""

import copy
import os
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from grader.references import source_of
from utils.checking.exercise import Exercise
from utils.checking.suite import COURSE, Suite

LESSONS = sorted(path.stem for path in COURSE.glob("lessons/[0-9][0-9]_*.md"))
SUITE = Suite()


def read(folder: str, lesson: str) -> NotebookNode:
    """A built notebook, from `notebooks` or `solutions`."""
    return nbformat.read(COURSE / folder / f"{lesson}.ipynb", as_version=4)


def exercises_of(lesson: str) -> list[Exercise]:
    """A lesson's exercises, in the order of its grading tests."""
    return SUITE.of_lesson(lesson.partition("_")[2])


def tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def exercise_cells(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """Each exercise's cell, by the exercise's name."""
    return {
        cell.metadata["course"]["exercise"]: cell
        for cell in code_cells(notebook)
        if "exercise" in tags(cell)
    }


def answered(notebook: NotebookNode, answers: dict[str, object]) -> NotebookNode:
    """A copy of a notebook in which a learner has typed these implementations.

    Parameters
    ----------
    answers : for each exercise's name a function whose source is typed, or the text itself
    """
    notebook = copy.deepcopy(notebook)
    cells = exercise_cells(notebook)
    for name, answer in answers.items():
        text = answer if isinstance(answer, str) else source_of(answer, name)
        cells[name].source = f"@check\n{text.strip()}"
    return notebook


def execute(notebook: NotebookNode) -> NotebookNode:
    """A copy of a notebook, run from top to bottom as a learner's Run All does.

    Only cells that bear the tag raises-exception may stop with an error.

    Raises
    ------
    nbclient.exceptions.CellExecutionError : another cell stopped with an error
    """
    notebook = copy.deepcopy(notebook)
    with tempfile.TemporaryDirectory(prefix="course-work-") as folder:
        client = NotebookClient(
            notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}}
        )
        client.execute(
            env={**os.environ, "COURSE_PROGRESS": str(Path(folder) / "progress.json")},
        )
    return notebook


def error_of(cell: NotebookNode) -> str | None:
    """The error that a cell ended with, in one line; None where it ended well."""
    for output in cell.outputs:
        if output.output_type == "error":
            return f"{output.ename}: {output.evalue}"
    return None


def pictures(cell: NotebookNode) -> list[NotebookNode]:
    """The outputs of a cell that hold a picture."""
    return [output for output in cell.outputs if "image/png" in output.get("data", {})]


def shown_text(cell: NotebookNode) -> str:
    """All text that a cell shows: printed text, and the plain form of what it displays."""
    parts = []
    for output in cell.outputs:
        parts.append(output.get("text", ""))
        parts.append(output.get("data", {}).get("text/plain", ""))
    return "\n".join(parts)
