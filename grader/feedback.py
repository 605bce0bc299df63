"""What a learner gets back: one page of HTML that needs nothing else.

The cards are those of the notebook. Everything is escaped, and the page's policy lets a browser
load and run nothing at all: even what slipped through would be dead text.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from grader.submissions import shown
from utils.checking.cards import GREEN, GREY, RED, heading_of, render_html
from utils.checking.verdict import Verdict

MARKS = {"passed": "✓", "not_started": "○", "missing": "○"}


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("feedback.html.jinja")


def render_feedback(
    title: str, student: str, notebook: str, verdicts: Sequence[Verdict], problem: str = ""
) -> str:
    """The page of one notebook.

    Parameters
    ----------
    title : of the lesson
    problem : what was wrong with the notebook as a whole, or ""
    """
    points = round(sum(verdict.points for verdict in verdicts), 6)
    total = sum(verdict.max_points for verdict in verdicts)
    return _page(
        title=title,
        student=student,
        notebook=notebook,
        problem=problem,
        points=f"{points:g}",
        total=f"{total:g}",
        percent=round(100 * points / total) if total else 0,
        colour=GREEN,
        lines=[
            {
                "name": verdict.exercise.name,
                "extension": verdict.exercise.extension,
                "mark": MARKS.get(verdict.status, "✗"),
                "colour": heading_of(verdict).colour,
                "points": f"{verdict.points:g}",
                "total": f"{verdict.max_points:g}",
            }
            for verdict in verdicts
        ],
        # where nothing could be read, the one sentence on top says it all
        cards=[] if problem else [Markup(render_html(verdict)) for verdict in verdicts],
        next_step="" if problem else _next_step(verdicts),
    )


def render_note(student: str, notebook: str, note: str) -> str:
    """The page of a notebook that got no grades, with the sentence that says why."""
    return _page(
        title="No grades",
        student=student,
        notebook=notebook,
        problem=note,
        points="",
        total="",
        percent=0,
        colour=GREY,
        lines=[],
        cards=[],
        next_step="",
    )


def _page(*, student: str, notebook: str, **values: object) -> str:
    names = {"student": shown(student), "notebook": shown(notebook)}
    return _template().render(red=RED, **names, **values) + "\n"


def _next_step(verdicts: Sequence[Verdict]) -> str:
    """One sentence on what to do now."""
    open_ones = [verdict for verdict in verdicts if verdict.status != "passed"]
    if not open_ones:
        return "All of it is right. On to the next lesson!"
    tried = [v for v in open_ones if v.status not in ("not_started", "missing")]
    first = (tried or open_ones)[0].exercise.name
    if tried:
        return f"A good next step: look at the card of {first} and change one thing."
    return f"A good next step: write {first}. All that you tried is right."
