"""How long a learner waits from opening a notebook to its first picture.

The clock runs from starting the kernel, through the cells above, to the first picture. Beside it
stand, measured in the same run and in turn, a kernel that only starts and one that makes a plain
matplotlib plot.

    python -m bench.opening [--quick]
"""

import os
import statistics
import subprocess
import tempfile
import time

os.environ["COURSE_PROGRESS"] = "off"
os.environ.setdefault("OMP_NUM_THREADS", "1")

import nbformat
import typer
from jupyter_client.manager import start_new_kernel
from rich.console import Console
from rich.table import Table

from utils.checking.suite import COURSE

NOTHING = ["0"]
PLAIN_PLOT = ["import matplotlib.pyplot as plt", "plt.plot([0, 1])"]


def code_of(lesson: str) -> list[str]:
    """The code cells of a blank notebook."""
    notebook = nbformat.read(COURSE / "notebooks" / f"{lesson}.ipynb", as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def seconds_to_first_picture(cells: list[str]) -> float:
    """Start a kernel and run cells up to the first picture, or to the end if there is none."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        manager, client = start_new_kernel(
            kernel_name="python3", cwd=folder, stderr=subprocess.DEVNULL
        )
        try:
            for cell in cells:
                pictures = []

                def look(message: dict, pictures: list = pictures) -> None:
                    if "image/png" in message["content"].get("data", {}):
                        pictures.append(time.perf_counter())

                client.execute_interactive(cell, output_hook=look, timeout=300)
                if pictures:
                    return pictures[0] - started
            return time.perf_counter() - started
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


def main(quick: bool = typer.Option(False, help="One run of each instead of five.")) -> None:
    """Measure the opening of every lesson."""
    lessons = sorted(path.stem for path in COURSE.glob("notebooks/[0-9][0-9]_*.ipynb"))
    candidates = {"kernel alone": NOTHING, "plain plot": PLAIN_PLOT}
    candidates |= {lesson: code_of(lesson) for lesson in lessons}
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(1 if quick else 5):
        for name, cells in candidates.items():
            times[name].append(seconds_to_first_picture(cells))
    median = {name: statistics.median(measured) for name, measured in times.items()}

    table = Table("", title="From starting the kernel to the first picture", box=None)
    for heading in ("seconds", "/ kernel alone", "/ plain plot"):
        table.add_column(heading, justify="right")
    for name, seconds in median.items():
        table.add_row(
            name,
            f"{seconds:.2f}",
            f"{seconds / median['kernel alone']:.1f}×",
            f"{seconds / median['plain plot']:.1f}×",
        )
    Console(highlight=False).print(table)


if __name__ == "__main__":
    typer.run(main)
