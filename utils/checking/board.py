"""The progress board of lesson 00: a row a lesson, a bar for what is passed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from utils.checking.cards import GREEN
from utils.checking.progress import read_progress
from utils.checking.suite import COURSE, Suite
from utils.checking.templates import template

MARKS = {"passed": "●", "failed": "◐"}


class _Row(NamedTuple):
    title: str
    won: int
    total: int
    marks: tuple[tuple[str, str], ...]

    @property
    def percent(self) -> int:
        return round(100 * self.won / self.total) if self.total else 0

    def text(self) -> str:
        dots = "".join(mark for _, mark in self.marks)
        return f"{self.title:<44} {self.won:>3} of {self.total:>3} points  {dots}"


def progress_board() -> None:
    """Show all lessons with their exercises, and which of them are passed."""
    from IPython.display import display

    record, message = read_progress()
    suite = Suite()
    board = []
    for path in sorted(COURSE.glob("lessons/[0-9][0-9]_*.md")):
        exercises = suite.of_lesson(path.stem.partition("_")[2])
        states = record.get(path.stem, {})
        won = sum(e.points for e in exercises if states.get(e.name) == "passed")
        total = sum(e.points for e in exercises)
        marks = tuple((e.name, MARKS.get(states.get(e.name, ""), "○")) for e in exercises)
        board.append(_Row(f"{path.stem[:2]} · {_title(path)}", won, total, marks))
    lines = [row.text() for row in board]
    html = template("board.html.jinja").render(rows=board, colour=GREEN, message=message)
    text = "\n".join([*lines, message] if message else lines)
    display({"text/html": html, "text/plain": text}, raw=True)


def _title(lesson: Path) -> str:
    """The lesson's title from its source, else its file name in words."""
    found = re.search(r"^  title: (.+)$", lesson.read_text(encoding="utf-8"), re.MULTILINE)
    if found:
        return found[1].strip().strip("\"'")
    return lesson.stem.partition("_")[2].replace("_", " ")
