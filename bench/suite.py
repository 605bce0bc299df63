"""How long each part of `make test` takes, beside a pytest run of one empty test.

python -m bench.suite [--quick]
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from tests.suite import COURSE, PARTS, run

QUICK = ["format", "lint", "types", "spelling", "doctests"]


def seconds_of_empty_run() -> float:
    """The time that pytest takes for one test that does nothing."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-c", str(COURSE / "pyproject.toml"), folder],
            check=True,
            capture_output=True,
        )
        return time.perf_counter() - started


def main(quick: bool = typer.Option(False, help="Only the parts that take seconds.")) -> None:
    """Run the test suite and tell where its time goes."""
    outcomes = run(QUICK if quick else list(PARTS))
    empty = seconds_of_empty_run()
    total = sum(outcome.seconds for outcome in outcomes)
    table = Table("part", title="The time of the test suite", box=None)
    for heading in ("seconds", "of the whole", "/ empty pytest run", "failed"):
        table.add_column(heading, justify="right")
    for outcome in outcomes:
        table.add_row(
            outcome.part,
            f"{outcome.seconds:.1f}",
            f"{outcome.seconds / total:.0%}",
            f"{outcome.seconds / empty:.1f}×",
            str(outcome.failed),
        )
    table.add_row("all", f"{total:.1f}", "100%", f"{total / empty:.1f}×", "")
    Console(highlight=False).print(table)


if __name__ == "__main__":
    typer.run(main)
