"""The progress board of lesson 00: a row a lesson, a bar for what is passed."""

from __future__ import annotations

import re
from html import escape

from utils.checking.cards import GREEN
from utils.checking.progress import read_progress
from utils.checking.suite import COURSE, Suite


def progress_board() -> None:
    """Show all lessons with their exercises, and which of them are passed."""
    from IPython.display import display

    record, message = read_progress()
    suite = Suite()
    rows, lines = [], []
    for path in sorted(COURSE.glob("notebooks/[0-9][0-9]_*.ipynb")):
        exercises = suite.of_lesson(path.stem.partition("_")[2])
        states = record.get(path.stem, {})
        won = sum(e.points for e in exercises if states.get(e.name) == "passed")
        total = sum(e.points for e in exercises)
        marks = [_mark(states.get(e.name)) for e in exercises]
        title = f"{path.stem[:2]} · {_title(path.stem)}"
        rows.append(
            _row(title, won, total, [(e.name, m) for e, m in zip(exercises, marks, strict=True)])
        )
        lines.append(f"{title:<44} {won:>3} of {total:>3} points  {''.join(marks)}")
    table = (
        '<table style="border-collapse:collapse;margin:6px 0">' + "".join(rows) + "</table>"
        '<div style="opacity:.75;font-size:.92em">● passed &nbsp; ◐ tried &nbsp; ○ not started</div>'
    )
    if message:
        table += f"<p>{escape(message)}</p>"
        lines.append(message)
    display({"text/html": table, "text/plain": "\n".join(lines)}, raw=True)


def _title(lesson: str) -> str:
    """The lesson's title from its source, else its file name in words."""
    source = COURSE / "lessons" / f"{lesson}.md"
    if source.is_file():
        found = re.search(r"^  title: (.+)$", source.read_text(encoding="utf-8"), re.MULTILINE)
        if found:
            return found[1].strip().strip("\"'")
    return lesson.partition("_")[2].replace("_", " ")


def _mark(state: str | None) -> str:
    return {"passed": "●", "failed": "◐"}.get(state or "", "○")


def _row(title: str, won: int, total: int, marks: list[tuple[str, str]]) -> str:
    width = round(100 * won / total) if total else 0
    dots = "".join(f'<span title="{escape(name)}">{mark}</span>' for name, mark in marks)
    cell = "padding:3px 14px 3px 0;text-align:left;vertical-align:middle"
    return (
        f'<tr style="background:none"><td style="{cell}">{escape(title)}</td>'
        f'<td style="{cell}"><div style="width:140px;height:10px;border-radius:5px;background:rgba(122,122,122,.25)">'
        f'<div style="width:{width}%;height:10px;border-radius:5px;background:{GREEN}"></div></div></td>'
        f'<td style="{cell};white-space:nowrap">{won} of {total} points</td>'
        f'<td style="{cell};letter-spacing:2px">{dots}</td></tr>'
    )
