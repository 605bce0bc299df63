"""The card under an exercise: what was found, in HTML and in plain text.

The same card stands in the notebook and in the grader's feedback. It has no ids, no scripts and
no times, and everything that a learner's code brought is escaped.
"""

from __future__ import annotations

from dataclasses import dataclass

from utils.checking.show import show_value
from utils.checking.subject import Failure
from utils.checking.templates import template
from utils.checking.verdict import Verdict

GREEN, RED, GREY = "#1e8c53", "#d2493b", "#777777"  # readable on white and on black
TINTS = {
    GREEN: "rgba(30,140,83,.10)",
    RED: "rgba(210,73,59,.08)",
    GREY: "rgba(119,119,119,.10)",
}


@dataclass(frozen=True)
class Heading:
    """The first line of a card."""

    colour: str
    sign: str
    text: str

    @property
    def tint(self) -> str:
        """The card's background."""
        return TINTS[self.colour]


def heading_of(verdict: Verdict) -> Heading:
    """Sign, colour and first line for a verdict."""
    total = "1 point" if verdict.max_points == 1 else f"{verdict.max_points} points"
    if verdict.status == "passed":
        return Heading(GREEN, "✓", f"passed, {total}")
    if verdict.status == "not_started":
        return Heading(GREY, "○", f"not started, {total} to win")
    if verdict.status == "missing":
        return Heading(GREY, "○", f"not found, {total} to win")
    if verdict.status == "error":
        return Heading(RED, "✗", "could not be read")
    if verdict.status == "timeout":
        return Heading(RED, "✗", "not yet: it does not come to an end")
    if verdict.status == "killed":
        return Heading(RED, "✗", "not yet: it ended its whole process")
    counted = f"{len(verdict.passing)} of {len(verdict.results)} tests pass"
    if verdict.points:
        counted += f", {verdict.points:g} of {total}"
    return Heading(RED, "✗", f"not yet: {counted}")


def message_of(verdict: Verdict) -> str:
    """The sentence below the first line, where tests have nothing to say."""
    if verdict.status == "passed":
        return verdict.exercise.built
    if verdict.message:
        return verdict.message
    if verdict.status == "not_started":
        return (
            "Replace the line `raise NotImplementedError` by your own code and run the cell again. "
            "Until then the course's own version stands in, so everything below works."
        )
    if verdict.status == "missing":
        return f"There is no definition of `{verdict.exercise.name}` in the notebook."
    return ""


def rows(failure: Failure) -> list[tuple[str, str]]:
    """The facts of a failure: the call, what came back, what was expected, the learner's lines."""
    found = []
    call = failure.call
    if call is not None:
        found.append(("call" if call.code is None else "this code", call.text()))
    if failure.got is not None:
        found.append(("came back", failure.got))
    elif call is not None and call.reply.outcome == "returned":
        found.append(("came back", show_value(call.reply.value)))
    if failure.expected is not None:
        found.append(("expected", failure.expected))
    if call is not None:
        found += [(f"line {line.number}", line.text) for line in call.reply.lines]
    return found


def _more(count: int) -> str:
    return "1 more test does not pass" if count == 1 else f"{count} more tests do not pass"


def render_html(verdict: Verdict, notes: tuple[str, ...] = ()) -> str:
    """The card as HTML.

    Parameters
    ----------
    verdict : what was found
    notes : more sentences, shown small at the end
    """
    return template("card.html.jinja").render(
        verdict=verdict,
        heading=heading_of(verdict),
        message=message_of(verdict),
        more=_more(len(verdict.failures) - 1),
        notes=notes,
        rows=rows,
    )


def render_text(verdict: Verdict, notes: tuple[str, ...] = ()) -> str:
    """The card as plain text, for where HTML can't be shown."""
    heading = heading_of(verdict)
    lines = [f"{heading.sign} {verdict.exercise.name} {heading.text}"]
    message = message_of(verdict)
    if message:
        lines.append(f"  {message}")
    if verdict.diagnosis:
        lines.append(f"  Most likely: {verdict.diagnosis}")
    failures = verdict.failures
    if failures:
        first = failures[0]
        assert first.failure is not None
        lines.append(f"  ✗ {first.test}: {first.failure.why}")
        for label, text in rows(first.failure):
            indented = text.replace("\n", "\n" + " " * 16)
            lines.append(f"    {label:<11} {indented}")
        if verdict.printed:
            printed = verdict.printed.strip().replace("\n", " | ")
            lines.append(f"  Your function printed: {printed}")
        lines += [f"  ✗ {result.test}" for result in failures[1:]]
        lines += [f"  ✓ {result.test}" for result in verdict.passing]
    lines += [f"  {note}" for note in notes]
    return "\n".join(lines)
