"""How long a learner waits for the card, from running the cell to its display.

Each exercise is answered right, wrong and not at all. Beside each time stands how many times
longer that is than running the same cell without `@check`, measured in the same run.

    python -m bench.check [--quick]
"""

import os
import re
import statistics
import time
from dataclasses import dataclass

os.environ["COURSE_PROGRESS"] = "off"
os.environ.setdefault("OMP_NUM_THREADS", "1")

import nbformat
import typer
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from rich.console import Console
from rich.table import Table

from grader.references import source_of
from utils.checking.stubs import stub_of
from utils.checking.suite import COURSE, Suite

AIM = 100  # milliseconds, the median without the exercises that train something


@dataclass
class Measured:
    """Milliseconds for one exercise: the card of each answer, and the bare cell."""

    name: str
    right: float
    wrong: float
    blank: float
    bare: float

    @property
    def worst(self) -> float:
        return max(self.right, self.wrong, self.blank)


def milliseconds(shell: InteractiveShell, cell: str, repeats: int) -> float:
    """The median time of running a cell, its outputs included."""
    times = []
    for _ in range(repeats):
        with capture_output():
            started = time.perf_counter()
            shell.run_cell(cell, store_history=True)
            times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)


def measure(lesson: str, suite: Suite, repeats: int) -> list[Measured]:
    """Measure all exercises of a lesson, in a shell in which its setup cell has run."""
    shell = InteractiveShell.instance()
    notebook = nbformat.read(COURSE / "notebooks" / f"{lesson}.ipynb", as_version=4)
    setup = next(c.source for c in notebook.cells if "setup" in c.metadata.get("tags", []))
    with capture_output():
        shell.run_cell(setup)
    measured = []
    for exercise in suite.of_lesson(lesson.partition("_")[2]):
        right = source_of(exercise.reference)
        wrong = source_of(exercise.mistakes[0].implementation, exercise.name)
        measured.append(
            Measured(
                exercise.name,
                right=milliseconds(shell, f"@check\n{right}", repeats),
                wrong=milliseconds(shell, f"@check\n{wrong}", repeats),
                blank=milliseconds(shell, f"@check\n{stub_of(right)}", repeats),
                bare=milliseconds(shell, right, repeats),
            )
        )
    return measured


def main(quick: bool = typer.Option(False, help="Three runs of each instead of fifteen.")) -> None:
    """Measure the check of every exercise of the course."""
    suite = Suite()
    lessons = sorted(path.stem for path in COURSE.glob("notebooks/[0-9][0-9]_*.ipynb"))
    table = Table("exercise", title="From running the cell to its card", box=None)
    for heading in ("right ms", "wrong ms", "blank ms", "right / bare cell"):
        table.add_column(heading, justify="right")
    everything = []
    for lesson in lessons:
        for m in measure(lesson, suite, 3 if quick else 15):
            everything.append(m)
            ratio = f"{m.right / m.bare:.0f}×"
            table.add_row(m.name, f"{m.right:.1f}", f"{m.wrong:.1f}", f"{m.blank:.1f}", ratio)
    console = Console(highlight=False)
    console.print(table)

    quickly = [m for m in everything if not re.match("train_", m.name)]
    median = statistics.median(t for m in quickly for t in (m.right, m.wrong, m.blank))
    bare = statistics.median(m.bare for m in quickly)
    slowest = max(quickly, key=lambda m: m.worst)
    console.print(
        f"Without train_*: median {median:.1f} ms ({median / bare:.0f} times a bare cell, "
        f"{median / AIM:.2f} of the aim of {AIM} ms); "
        f"slowest {slowest.name}, {slowest.worst:.1f} ms."
    )


if __name__ == "__main__":
    typer.run(main)
