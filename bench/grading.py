"""Our grader, nbgrader and otter-grader side by side, and how far it is to the floor.

All grade the same small assignment: five exercises, fourteen tests of one point, submissions that
are right, wrong or blank. They take turns, and ratios are taken within a round: times on the clock
depend on what else the machine does, processor times much less. The others get the best of it: our
time includes the sandbox, the recognition of mistakes, feedback pages and grades as files, theirs
the points alone.

The floor is a warm process that forks for each submission and only runs its cells.

    python -m bench.grading [--quick]
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bench.contest.assignment import KINDS, POINTS, QUESTIONS, TESTS
from bench.contest.contenders import Contender, Floor, Nbgrader, Otter, Ours
from bench.contest.measure import Failed, Run, cores, run

CACHE = Path.home() / ".cache" / "neural-networks-hands-on" / "bench"
AIMS = {"nbgrader": (50, 100), "otter-grader": (150, 300)}  # times faster: at least, aim
SIZES = (10, 100, 1_000, 10_000)
OUR_ROLES = ("grader", "worker", "sandbox")

console = Console(highlight=False)


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    rounds: int
    submissions: dict[str, int]  # in each run, by contender
    sizes: tuple[int, ...]


QUICK = Plan(1, {"ours": 40, "floor": 40}, SIZES[:3])
FULL = Plan(2, {"ours": 500, "floor": 200, "nbgrader": 6, "otter-grader": 2}, SIZES)

# by contender, kind and number of workers: a run for each round
Measured = dict[tuple[str, str, int], list[Run]]


def one_run(contender: Contender, kind: str, submissions: int, on: Sequence[int]) -> Run:
    """Grade submissions of one kind, with as many workers as there are cores to use.

    Raises
    ------
    Failed : where it fails, or gives other points than it must
    """
    job = contender.job(kind, submissions, len(on))
    measured = run(job, on, submissions)
    wrong = [points for points in contender.points(job) if points != POINTS[kind]]
    if wrong:
        raise Failed(f"{contender.name} gave {wrong[0]} points where {kind} earns {POINTS[kind]}.")
    return measured


def compare(contenders: Sequence[Contender], plan: Plan, worker_counts: Iterable[int]) -> Measured:
    """Let all contenders take turns."""
    found: Measured = {}
    for _ in range(plan.rounds):
        for workers in worker_counts:
            for kind in KINDS:
                for contender in contenders:
                    submissions = plan.submissions[contender.name]
                    measured = one_run(contender, kind, submissions, cores()[:workers])
                    found.setdefault((contender.name, kind, workers), []).append(measured)
    return found


def ratio(
    found: Measured, name: str, to: str, kind: str, workers: int, what: str = "seconds_each"
) -> float:
    """How many times longer a contender takes than another: the median of the rounds.

    Parameters
    ----------
    what : "seconds_each" on the clock, or "processor"
    """
    pairs = zip(found[name, kind, workers], found[to, kind, workers], strict=True)
    return statistics.median(getattr(a, what) / max(getattr(b, what), 1e-9) for a, b in pairs)


def times_of(
    found: Measured, names: Sequence[str], workers: int, what: str = "seconds_each"
) -> Table:
    """Milliseconds a submission, and how many times as long as ours that is."""
    unit = "Milliseconds" if what == "seconds_each" else "Processor milliseconds"
    table = _table(f"{unit} a submission, on {_cores(workers)}")
    table.add_column("")
    for name in names:
        table.add_column(name, justify="right")
        if name != "ours":
            table.add_column("/ ours", justify="right")
    for kind in KINDS:
        cells = []
        for name in names:
            runs = found[name, kind, workers]
            cells.append(f"{1000 * statistics.median(getattr(one, what) for one in runs):.1f}")
            if name != "ours":
                cells.append(f"{ratio(found, name, 'ours', kind, workers, what):.3g}×")
        table.add_row(kind, *cells)
    return table


def memory_of(found: Measured, names: Sequence[str], workers: int) -> Table:
    """What starting takes, and the memory of the largest process of each role."""
    table = _table(f"Starting and memory, on {_cores(workers)}")
    table.add_column("")
    table.add_column("first result after s", justify="right")
    table.add_column("largest process of each role, MB")
    table.add_column("all at once, MB", justify="right")
    for name in names:
        runs = [one for kind in KINDS for one in found[name, kind, workers]]
        most: dict[str, float] = {}
        for one in runs:
            for role, megabytes in one.memory.items():
                most[role] = max(most.get(role, 0.0), megabytes)
        table.add_row(
            name,
            f"{statistics.median(one.start_up for one in runs):.1f}",
            ", ".join(f"{role} {megabytes:.0f}" for role, megabytes in most.items()),
            f"{max(one.together for one in runs):.0f}",
        )
    return table


def _table(title: str) -> Table:
    return Table(title=f"\n{title}", box=None, padding=(0, 2, 0, 0), title_justify="left")


def verdicts(found: Measured, names: Sequence[str], worker_counts: Sequence[int]) -> list[str]:
    """A sentence on each aim, and on the distance to the floor."""
    sentences = []
    for name, (least, aim) in AIMS.items():
        for workers in worker_counts if name in names else ():
            ratios = [ratio(found, name, "ours", kind, workers) for kind in KINDS]
            reached = "the aim is reached" if min(ratios) >= aim else "the minimum is reached"
            if min(ratios) < least:
                reached = "the minimum is NOT reached"
            processor = [ratio(found, name, "ours", kind, workers, "processor") for kind in KINDS]
            sentences.append(
                f"{name}, {_cores(workers)}: ours is {min(ratios):.0f} to {max(ratios):.0f} times "
                f"as fast (at least {least}, aim {aim}): {reached}. Of processor time it takes one "
                f"part in {min(processor):.0f} to {max(processor):.0f}."
            )
    for workers in worker_counts:
        ratios = [1 / ratio(found, "floor", "ours", kind, workers) for kind in KINDS]
        sentences.append(
            f"floor, {_cores(workers)}: ours takes {min(ratios):.1f} to {max(ratios):.1f} times as "
            "long as only running the cells."
        )
    return sentences


def _cores(workers: int) -> str:
    return "one core" if workers == 1 else f"{workers} cores, {workers} at a time"


def scale(ours: Contender, sizes: Sequence[int]) -> Table:
    """Time and memory from few submissions to many, on one core."""
    table = _table(f"From {sizes[0]:,} to {sizes[-1]:,} right submissions, on one core")
    for heading in (
        *("submissions", "ms each", f"/ at {sizes[0]:,}", "2nd half\n/ first"),
        *("first after\ns", "files written\ns"),
        *(f"{role}\nMB" for role in OUR_ROLES),
    ):
        table.add_column(heading, justify="right")
    smallest = 0.0
    for size in sizes:
        runs = [one_run(ours, "right", size, cores()[:1]) for _ in range(3 if size <= 100 else 1)]
        each = statistics.median(one.between for one in runs)
        smallest = smallest or each
        table.add_row(
            f"{size:,}",
            f"{1000 * each:.1f}",
            f"{each / smallest:.2f}×",
            f"{statistics.median(one.trend for one in runs):.2f}×",
            f"{statistics.median(one.start_up for one in runs):.1f}",
            f"{statistics.median(one.finish for one in runs):.1f}",
            *(f"{max(one.memory.get(role, 0) for one in runs):.0f}" for role in OUR_ROLES),
        )
    return table


def main(
    quick: Annotated[
        bool, typer.Option(help="Without the others, and up to 1,000 submissions.")
    ] = False,
    rounds: Annotated[int, typer.Option(help="How often all take turns; 0 for the default.")] = 0,
    largest: Annotated[int, typer.Option(help="The most submissions; 0 for the default.")] = 0,
    cache: Annotated[
        Path, typer.Option(help="Where the others are installed, once; may be deleted.")
    ] = CACHE,
) -> None:
    """Measure, and print the ratios."""
    plan = QUICK if quick else FULL
    plan = Plan(
        rounds or plan.rounds,
        plan.submissions,
        tuple(size for size in plan.sizes if size <= (largest or SIZES[-1])),
    )
    worker_counts = [1, 2] if len(cores()) > 1 else [1]
    console.print(
        f"{len(QUESTIONS)} exercises, {TESTS} tests of one point; every contender gives right "
        f"submissions {POINTS['right']} points, wrong ones {POINTS['wrong']}, blank ones 0. "
        "Time is counted from the first result to the end of the command, by the submissions after "
        "that; otter-grader starts anew for each submission. Medians of "
        f"{plan.rounds} {'round' if plan.rounds == 1 else 'rounds'}, all taking turns."
    )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        try:
            ours = Ours(place / "ours")
            contenders: list[Contender] = [ours]
            if not quick:
                with console.status("Preparing nbgrader and otter-grader"):
                    contenders += [
                        Nbgrader(place / "nbgrader", cache),
                        Otter(place / "otter", cache),
                    ]
            contenders.append(Floor(place / "floor", ours))
            names = [contender.name for contender in contenders]
            with console.status("Grading in turns"):
                found = compare(contenders, plan, worker_counts)
            for workers in worker_counts:
                console.print(times_of(found, names, workers))
            console.print(times_of(found, names, 1, "processor"))
            for workers in worker_counts:
                console.print(memory_of(found, names, workers))
            console.print()
            for sentence in verdicts(found, names, worker_counts):
                console.print(sentence)
            if len(worker_counts) == 1:
                console.print("There is one core here: two workers were not measured.")
            with console.status("Grading many"):
                console.print(scale(ours, plan.sizes))
        except Failed as error:
            console.print(f"✗ {error}", style="red", markup=False)
            raise typer.Exit(1) from None


if __name__ == "__main__":
    typer.run(main)
