"""All tests, and one exit code that tells all: ``make test`` runs ``python -m tests.suite``.

Every part runs even when an earlier one failed. The last line counts them:
``N passed, N failed``. Names of parts run only those: ``python -m tests.suite types tests``.
"""

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from rich.console import Console
from rich.table import Table

COURSE = Path(__file__).resolve().parent.parent
PYTEST = ("pytest", "-q", "-ra")
SIDE_BY_SIDE = ("-n", "2", "--dist", "worksteal")
# a notebook's cells stay in one process
NOTEBOOKS = ("-n", "2", "--dist", "loadscope", "--nbval-cell-timeout=300")

# Each part is a command line after `python -m`.
PARTS: dict[str, tuple[str, ...]] = {
    "format": ("ruff", "format", "--check", "."),
    "lint": ("ruff", "check", "."),
    "types": ("mypy",),
    "spelling": ("codespell_lib",),
    "doctests": (*PYTEST, "--doctest-modules", "utils"),
    "tests": (*PYTEST, *SIDE_BY_SIDE, "tests"),
    "solved": (*PYTEST, *NOTEBOOKS, "--nbval", "solutions"),
    "blank": (*PYTEST, *NOTEBOOKS, "--nbval-lax", "notebooks"),
}


@dataclass
class Outcome:
    """What one part of the suite came to."""

    part: str
    passed: int
    failed: int
    skipped: int
    seconds: float


def count_junit(report: Path) -> tuple[int, int, int]:
    """Count what pytest reported: passed, failed, skipped; all zero without a report."""
    if not report.exists():
        return 0, 0, 0
    suites = ElementTree.parse(report).getroot().iter("testsuite")
    counts = [
        [int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")]
        for suite in suites
    ]
    tests, failures, errors, skipped = (sum(column) for column in zip(*counts, strict=True))
    return tests - failures - errors - skipped, failures + errors, skipped


def run_part(part: str, folder: Path) -> Outcome:
    """Run one part, its output shown as it comes, and count its tests."""
    command = [sys.executable, "-m", *PARTS[part]]
    is_pytest = PARTS[part][0] == "pytest"
    report = folder / f"{part}.xml"
    if is_pytest:
        command.append(f"--junitxml={report}")
    started = time.perf_counter()
    code = subprocess.run(command, cwd=COURSE).returncode
    seconds = time.perf_counter() - started
    if not is_pytest:
        return Outcome(part, int(code == 0), int(code != 0), 0, seconds)
    passed, failed, skipped = count_junit(report)
    if code != 0 and failed == 0:  # interrupted, crashed, or nothing was collected
        failed = 1
    return Outcome(part, passed, failed, skipped, seconds)


def run(parts: list[str]) -> list[Outcome]:
    """Run these parts, one after the other."""
    console = Console(highlight=False)
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="course-tests-") as name:
        folder = Path(name)
        for part in parts:
            console.rule(f"[bold]{part}[/] · {' '.join(PARTS[part])}")
            outcomes.append(run_part(part, folder))
    return outcomes


def show(outcomes: list[Outcome]) -> None:
    """Print a line for each part, then the counts of all of them."""
    table = Table("part", box=None, header_style="bold")
    for heading in ("passed", "failed", "skipped", "seconds"):
        table.add_column(heading, justify="right")
    for outcome in outcomes:
        table.add_row(
            outcome.part,
            str(outcome.passed),
            f"[bold red]{outcome.failed}[/]" if outcome.failed else "0",
            str(outcome.skipped),
            f"{outcome.seconds:.0f}",
        )
    console = Console(highlight=False)
    console.rule()
    console.print(table)
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    print(f"{passed} passed, {failed} failed", flush=True)


def main(parts: list[str]) -> int:
    """Run the suite; the exit code is 0 only if nothing failed."""
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        print(f"There is no part {unknown[0]!r}: choose from {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    outcomes = run(parts or list(PARTS))
    show(outcomes)
    return int(any(outcome.failed for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
