"""The card under an exercise: what was found, in HTML and in plain text.

The same card stands in the notebook and in the grader's feedback. It has no ids, no scripts and no times,
and everything that a learner's code brought is escaped.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from utils.checking.subject import Failure
from utils.checking.suite import TestResult, Verdict

GREEN, RED, GREY = "#1a7f4b", "#c0392b", "#7a7a7a"
TINT = {GREEN: "rgba(26,127,75,.09)", RED: "rgba(192,57,43,.07)", GREY: "rgba(122,122,122,.09)"}
MONO = "font-family:var(--jp-code-font-family,ui-monospace,monospace);font-size:.93em"


@dataclass(frozen=True)
class Heading:
    """The first line of a card."""

    colour: str
    sign: str
    text: str


def heading_of(verdict: Verdict) -> Heading:
    """Sign, colour and first line for a verdict."""
    total = _points(verdict.max_points)
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
    passed = len(verdict.results) - len(verdict.failures)
    counted = f"{passed} of {len(verdict.results)} tests pass"
    if verdict.points:
        counted += f", {verdict.points:g} of {total}"
    return Heading(RED, "✗", f"not yet: {counted}")


def _points(points: int) -> str:
    return "1 point" if points == 1 else f"{points} points"


def message_of(verdict: Verdict) -> str:
    """The sentence below the first line, where tests have nothing to say."""
    if verdict.status == "passed":
        return verdict.exercise.built
    if verdict.message:
        return verdict.message
    if verdict.status == "not_started":
        return (
            "Replace the line “raise NotImplementedError” by your own code and run the cell again. "
            "Until then the course's own version stands in, so everything below works."
        )
    if verdict.status == "missing":
        return f"There is no definition of {verdict.exercise.name} in the notebook."
    return ""


# ------------------------------------------------------------------------------------------ HTML


def render_html(verdict: Verdict, notes: tuple[str, ...] = ()) -> str:
    """The card as HTML.

    Parameters
    ----------
    verdict : what was found
    notes : more sentences, shown small at the end
    """
    heading = heading_of(verdict)
    parts = [
        f'<div style="font-weight:600;color:{heading.colour}">{heading.sign} '
        f'<code style="{MONO};font-weight:700;background:none;color:inherit">{escape(verdict.exercise.name)}</code> '
        f"{escape(heading.text)}</div>"
    ]
    message = message_of(verdict)
    if message:
        parts.append(f'<div style="margin-top:4px">{_prose(message)}</div>')
    if verdict.diagnosis:
        parts.append(
            f'<div style="margin-top:6px;padding:6px 10px;border-radius:4px;background:rgba(230,159,0,.16)">'
            f"<b>Most likely:</b> {_prose(verdict.diagnosis)}</div>"
        )
    failures = verdict.failures
    if failures:
        parts.append(_failure_html(failures[0]))
    if verdict.printed and failures:
        parts.append(
            _folded_html(
                "what your function printed",
                f"<pre style='{MONO};margin:4px 0'>{escape(verdict.printed)}</pre>",
            )
        )
    if len(failures) > 1:
        others = "".join(_failure_html(result) for result in failures[1:])
        parts.append(_folded_html(f"{_more(len(failures) - 1)}", others))
    if failures and len(failures) < len(verdict.results):
        good = "".join(f"<div>✓ {escape(r.test)}</div>" for r in verdict.results if r.passed)
        parts.append(_folded_html("what works already", good))
    parts += [
        f'<div style="margin-top:6px;opacity:.75;font-size:.92em">{_prose(n)}</div>' for n in notes
    ]
    return (
        f'<div style="border-left:5px solid {heading.colour};background:{TINT[heading.colour]};'
        'border-radius:4px;padding:8px 14px;margin:6px 0;line-height:1.45;max-width:52em">'
        + "".join(parts)
        + "</div>"
    )


def _more(count: int) -> str:
    return "1 more test does not pass" if count == 1 else f"{count} more tests do not pass"


def _folded_html(title: str, body: str) -> str:
    return (
        f'<details style="margin-top:6px"><summary style="cursor:pointer;opacity:.8">{escape(title)}</summary>'
        f"{body}</details>"
    )


def _failure_html(result: TestResult) -> str:
    failure = result.failure
    assert failure is not None
    rows = "".join(
        f'<tr style="background:none"><td style="padding:1px 12px 1px 0;vertical-align:top;opacity:.75;'
        f'text-align:left;white-space:nowrap">{escape(label)}</td><td style="padding:1px 0;text-align:left;{MONO};'
        f'white-space:pre-wrap;overflow-wrap:anywhere">{escape(text)}</td></tr>'
        for label, text in _rows(failure)
    )
    return (
        f'<div style="margin-top:6px"><div>✗ <i>{escape(result.test)}</i>: {_prose(failure.why)}</div>'
        f'<table style="margin:4px 0 0 18px;border:none;border-collapse:collapse">{rows}</table></div>'
    )


def _prose(text: str) -> str:
    """Escaped text in which `code` is set as code."""
    pieces = escape(text).split("`")
    return "".join(
        f'<code style="{MONO};background:none">{piece}</code>' if index % 2 else piece
        for index, piece in enumerate(pieces)
    )


def _rows(failure: Failure) -> list[tuple[str, str]]:
    rows = []
    if failure.call is not None:
        rows.append(("call" if failure.call.code is None else "this code", failure.call.text()))
    if failure.got is not None:
        rows.append(("came back", failure.got))
    elif failure.call is not None and failure.call.reply.outcome == "returned":
        from utils.checking.show import show_value

        rows.append(("came back", show_value(failure.call.reply.value)))
    if failure.expected is not None:
        rows.append(("expected", failure.expected))
    if failure.call is not None:
        rows += [(f"line {line.number}", line.text) for line in failure.call.reply.lines]
    return rows


# ------------------------------------------------------------------------------------ plain text


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
        for label, text in _rows(first.failure):
            indented = text.replace("\n", "\n" + " " * 16)
            lines.append(f"    {label:<11} {indented}")
    if verdict.printed and failures:
        lines.append("  Your function printed: " + verdict.printed.strip().replace("\n", " | "))
    lines += [f"  ✗ {result.test}" for result in failures[1:]]
    if failures:
        lines += [f"  ✓ {result.test}" for result in verdict.results if result.passed]
    lines += [f"  {note}" for note in notes]
    return "\n".join(lines)
