"""What the grader says while it works and when it is done."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from grader.gradebook import Gradebook, LessonSummary
from grader.submissions import shown


class Reporter:
    """Speaks to whoever started the grader: results on one stream, all else on the other."""

    def __init__(self, results: Console | None = None, messages: Console | None = None) -> None:
        self.results = results or Console(highlight=False)
        self.messages = messages or Console(stderr=True, highlight=False)

    def stop(self, sentence: str) -> None:
        """Say in one line why nothing more is graded."""
        self._line(f"[bold red]✗[/] {escape(shown(sentence))}")

    def warn(self, sentence: str) -> None:
        """Say something that should be known, in one line."""
        self._line(f"[yellow]![/] {escape(shown(sentence))}")

    @contextlib.contextmanager
    def progress(self, total: int) -> Iterator[ProgressBar]:
        """A bar with the rate and the time left."""
        bar = Progress(
            TextColumn("Grading"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            _RateColumn(),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=self.messages,
            transient=True,
            disable=not self.messages.is_terminal,
        )
        with bar:
            yield ProgressBar(bar, total)

    def interrupted(self, done: int, total: int) -> None:
        """Say how far it got."""
        self.warn(
            f"Interrupted: {done} of {total} notebooks are graded. "
            "Run the same command again to go on."
        )

    def summary(
        self,
        gradebook: Gradebook,
        problems: Sequence[tuple[str, str]],
        graded: int,
        out: Path,
    ) -> None:
        """A line for each lesson, and one for each thing that was wrong with an input."""
        for place, sentence in problems:
            self._line(f"[yellow]![/] [bold]{escape(shown(place))}[/]: {escape(shown(sentence))}")
        for student, notebook, sentence in gradebook.problems():
            place = shown(f"{student}/{notebook}")
            self._line(f"[yellow]![/] [bold]{escape(place)}[/]: {escape(shown(sentence))}")
        for student, notebook, lesson, counting in gradebook.passed_over():
            place = shown(f"{student}/{notebook}")
            self._line(
                f"[yellow]![/] [bold]{escape(place)}[/]: This is a second notebook for {lesson}; "
                f"{escape(shown(counting))} counts."
            )
        summaries = gradebook.summaries()
        if summaries:
            self.results.print(_table(summaries))
        notebooks = "1 notebook" if graded == 1 else f"{graded} notebooks"
        new = f"{notebooks} graded" if graded else "Nothing was new or changed"
        self.results.print(
            f"{new}. In {escape(shown(str(out)))}: results.jsonl, grades.csv, feedback/",
            soft_wrap=True,
        )

    def _line(self, markup: str) -> None:
        self.messages.print(markup, soft_wrap=True)


class ProgressBar:
    """Counts notebooks: those graded now and those that stood already."""

    def __init__(self, bar: Progress, total: int) -> None:
        self._bar = bar
        self._task: TaskID = bar.add_task("grading", total=total)
        self._total = total

    def graded(self) -> None:
        """One more is graded."""
        self._bar.advance(self._task)

    def skipped(self) -> None:
        """One more was graded in an earlier run: it is no part of this run's work."""
        self._total -= 1
        self._bar.update(self._task, total=self._total)


class _RateColumn(ProgressColumn):
    """Notebooks a second."""

    def render(self, task: Task) -> Text:
        speed = task.speed
        return Text("" if speed is None else f"{speed:.1f}/s", style="progress.data.speed")


def _table(summaries: Sequence[LessonSummary]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("lesson")
    table.add_column("notebooks", justify="right")
    table.add_column("median", justify="right")
    table.add_column("hardest exercise")
    table.add_column("faults")
    for line in summaries:
        hardest = f"{line.hardest} ({line.hardest_share:.0%} passed)" if line.hardest else "–"
        table.add_row(
            line.lesson,
            str(line.notebooks),
            f"{line.median:g} of {line.max_points:g}",
            escape(hardest),
            ", ".join(f"{count} {status}" for status, count in line.faults.items()) or "–",
        )
    return table
