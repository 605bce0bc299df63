"""How long each solved lesson runs, as a share of the minute that it may take.

Each notebook of `solutions/` is executed once, as the build does it: one kernel, one thread. The
clock runs from starting the kernel to its end. Beside it stand the processor's time, which a busy
machine changes less, and the slowest cell.

    python -m bench.lessons [--quick] [LESSON ...]
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import nbformat
import typer
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.build import client_for
from utils.checking.suite import COURSE

BUDGET = 60  # seconds that a lesson may run
AIM = 20  # seconds within which most should be done

console = Console(highlight=False)


class Stopped(Exception):
    """A cell stopped with an error; the message says which."""


@dataclass(frozen=True)
class Ran:
    """What one notebook took, and its slowest cell."""

    lesson: str
    seconds: float
    processor: float  # seconds, of the kernel and what it started
    slowest: float
    cell: int  # its number from 1, text cells counted too
    line: str  # what it is about, as `telling_line` tells


def run(path: Path) -> Ran:
    """Execute a solved notebook.

    Raises
    ------
    Stopped : where a cell stops with an error
    """
    notebook = nbformat.read(path, as_version=4)
    code = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    for i in code:
        notebook.cells[i].outputs = []
    with client_for(notebook) as client:
        started, busy = time.perf_counter(), processor_time()
        try:
            client.execute(stderr=subprocess.DEVNULL)  # a new kernel is talkative
        except CellExecutionError as error:
            raise Stopped(f"{path.name} stops: {error.ename}: {error.evalue}") from None
        seconds, processor = time.perf_counter() - started, processor_time() - busy
    slowest = max(code, key=lambda i: seconds_of(notebook.cells[i]))
    cell = notebook.cells[slowest]
    setup = "setup" in cell.metadata.get("tags", [])
    line = "the setup, its imports" if setup else telling_line(cell.source)
    return Ran(path.stem, seconds, processor, seconds_of(cell), slowest + 1, line)


def processor_time() -> float:
    """Seconds of all processes that this one started and that have ended, as a kernel by now."""
    times = os.times()
    return times.children_user + times.children_system


def seconds_of(cell: NotebookNode) -> float:
    """How long the kernel was at a cell."""
    times = cell.metadata.get("execution", {})
    if not {"iopub.status.busy", "shell.execute_reply"} <= times.keys():
        return 0.0
    began, ended = (
        datetime.fromisoformat(times[name]) for name in ("iopub.status.busy", "shell.execute_reply")
    )
    return (ended - began).total_seconds()


def telling_line(source: str) -> str:
    """The first line of a cell that says what the cell is about."""
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("import ", "from ", "#", "@"))]
    return (told or lines or [""])[0]


def table_of(ran: Sequence[Ran]) -> Table:
    title = f"Running the solved lessons: shares of the {BUDGET} s that one may take"
    table = Table("lesson", title=title, box=None)
    for heading in ("clock", "processor", "slowest cell"):
        table.add_column(heading, justify="right")
    table.add_column("which", no_wrap=True, overflow="ellipsis", max_width=22)
    for one in ran:
        table.add_row(
            one.lesson,
            f"{one.seconds / BUDGET:.0%}",
            f"{one.processor / BUDGET:.0%}",
            f"{one.slowest / BUDGET:.0%}",
            Text(f"{one.cell}: {one.line}"),  # a bracket in code is no colour
        )
    return table


def verdict(ran: Sequence[Ran]) -> str:
    """A sentence on the budget and the aim."""
    late = [one.lesson for one in ran if one.seconds >= BUDGET]
    quick = sum(one.seconds < AIM for one in ran)
    within = f"over the budget: {', '.join(late)}" if late else "all are within the budget"
    most = "most are" if 2 * quick > len(ran) else "most are NOT"
    light = sum(one.processor < AIM for one in ran)
    return (
        f"{within}; {quick} of {len(ran)} are done within {AIM} s ({most}), "
        f"{light} of {len(ran)} by the processor's time."
    )


def main(
    lessons: Annotated[list[str] | None, typer.Argument(help="Such as 02_activations.")] = None,
    quick: Annotated[bool, typer.Option(help="Only the first three lessons.")] = False,
) -> None:
    """Measure the solved lessons."""
    paths = {path.stem: path for path in sorted(COURSE.glob("solutions/[0-9][0-9]_*.ipynb"))}
    unknown = set(lessons or []) - paths.keys()
    if unknown:
        console.print(f"✗ There is no lesson {', '.join(sorted(unknown))} in solutions/.")
        raise typer.Exit(2)
    chosen = lessons or list(paths)[: 3 if quick else None]
    ran = []
    try:
        for name in chosen:
            with console.status(f"Running {name}"):
                ran.append(run(paths[name]))
    except Stopped as error:
        console.print(f"✗ {error}", style="red", markup=False)
        raise typer.Exit(1) from None
    console.print(table_of(ran))
    console.print(verdict(ran))


if __name__ == "__main__":
    typer.run(main)
