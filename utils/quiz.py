"""Questions with immediate answers, at the end of each lesson.

    quiz(
        Question(
            "What does the bias do?",
            right="It shifts the boundary off the origin.",
            because="At $x = 0$ the weighted sum is 0, so only the bias can decide there.",
            wrong={
                "It turns the boundary.": "Turning is done by the weights: they are its normal.",
                "It makes the neuron learn faster.": "How fast it learns is the learning rate.",
            },
        ),
    )

A choice is answered at once, right or wrong, with a reason; the learner may try again, and the
score counts first tries. In a page where nothing is interactive the questions are listed, with
their answers folded.

Texts may hold mathematics between dollar signs, `code` between backticks and **bold** words.
"""

import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import ipywidgets

__all__ = ["Question", "Quiz", "quiz"]

LETTERS = "ABCDEFGH"


@dataclass(frozen=True)
class Question:
    """One question with one right choice.

    Parameters
    ----------
    text : the question
    right : the right choice
    because : why it is right
    wrong : each wrong choice with the sentence that says why it is wrong; one at least

    Raises
    ------
    ValueError, with a sentence that says what is missing or doubled

    Examples
    --------
    >>> question = Question("1 + 1?", right="2", because="Count.", wrong={"3": "One too many."})
    >>> question.choices, question.explain("3")
    (('2', '3'), 'One too many.')
    """

    text: str
    right: str
    because: str
    wrong: Mapping[str, str] = field(hash=False)

    def __post_init__(self) -> None:
        shown = f"the question {self.text!r}"
        if not isinstance(self.wrong, Mapping) or not self.wrong:
            raise ValueError(
                f"{shown} needs wrong choices: "
                "wrong={'a choice': 'why it is wrong', …}, one at least."
            )
        parts = {"text": self.text, "right": self.right, "because": self.because}
        for choice, reason in self.wrong.items():
            parts["a wrong choice"] = choice
            _check_text(choice, "a wrong choice", shown)
            _check_text(reason, f"the reason why {choice!r} is wrong", shown)
        for name in ("text", "right", "because"):
            _check_text(parts[name], name, shown)
        if self.right in self.wrong:
            raise ValueError(f"{shown} has {self.right!r} both as right and as wrong.")
        if len(self.wrong) + 1 > len(LETTERS):
            raise ValueError(
                f"{shown} has {len(self.wrong) + 1} choices: {len(LETTERS)} are the most."
            )

    @property
    def choices(self) -> tuple[str, ...]:
        """All choices, in an order that looks random and is the same on every machine."""
        return tuple(sorted([self.right, *self.wrong], key=self._place))

    def _place(self, choice: str) -> str:
        # not hash(): Python salts it anew in each process
        return hashlib.sha256(f"{self.text}\n{choice}".encode()).hexdigest()

    def is_right(self, choice: str) -> bool:
        """Tell whether this is the right choice."""
        return choice == self.right

    def explain(self, choice: str) -> str:
        """Say why a choice is right, or why it is wrong."""
        return self.because if self.is_right(choice) else self.wrong[choice]


def quiz(*questions: Question) -> "Quiz":
    """Ask questions; as a cell's last expression it shows them.

    Parameters
    ----------
    questions : in the order in which they are asked, one at least

    Raises
    ------
    TypeError or ValueError, with a sentence that says what is wrong
    """
    return Quiz(questions)


class Quiz:
    """Some questions, and what the learner has answered; made by `quiz`.

    Attributes
    ----------
    questions : tuple of `Question`
    tries : for each question the choices tried so far, in order
    widget : the whole as one ipywidget
    """

    def __init__(self, questions: tuple[Question, ...]) -> None:
        if not questions:
            raise ValueError("quiz needs one question at least: quiz(Question(…), …).")
        for question in questions:
            if not isinstance(question, Question):
                raise TypeError(f"quiz takes questions, but got {type(question).__name__}.")
        texts = [question.text for question in questions]
        for text in texts:
            if texts.count(text) > 1:
                raise ValueError(f"quiz has the question {text!r} twice.")
        self.questions = questions
        self.tries: list[list[str]] = [[] for _ in questions]
        self._cards = [_Card(self, number, question) for number, question in enumerate(questions)]
        self._score = ipywidgets.HTML()
        self._again = ipywidgets.Button(
            description="Start again",
            layout={"flex": "0 0 auto", "width": "auto", "display": "none", "margin": "0 0 0 12px"},
        )
        self._again.on_click(lambda _: self.start_again())
        self.widget = ipywidgets.VBox(
            [
                ipywidgets.HTML(_CHOICE_CSS, layout={"height": "0", "margin": "0"}),
                *(card.widget for card in self._cards),
                ipywidgets.HBox(
                    [self._score, self._again],
                    layout={"align_items": "center", "flex_flow": "row wrap"},
                ),
            ],
            layout={"width": "100%", "max_width": "50em"},
        )
        self._show()

    @property
    def solved(self) -> int:
        """How many questions have their right answer."""
        return sum(
            question.right in tried
            for question, tried in zip(self.questions, self.tries, strict=True)
        )

    @property
    def first_tries(self) -> int:
        """How many questions were answered right at the first try."""
        return sum(
            tried[:1] == [question.right]
            for question, tried in zip(self.questions, self.tries, strict=True)
        )

    def answer(self, number: int, choice: str) -> str:
        """Answer a question, as a click does.

        Parameters
        ----------
        number : which question, from 0
        choice : the text of the choice

        Returns
        -------
        the explanation that the learner is shown

        Raises
        ------
        ValueError, if the question has no such choice
        """
        question = self.questions[number]
        if choice not in question.choices:
            raise ValueError(f"the question {question.text!r} has no choice {choice!r}.")
        tried = self.tries[number]
        if choice not in tried:
            tried.append(choice)
        self._show(number, choice)
        return question.explain(choice)

    def start_again(self) -> None:
        """Forget all answers."""
        for number, tried in enumerate(self.tries):
            tried.clear()
            self._cards[number].show([], None)
        self._show()

    def _show(self, number: int | None = None, choice: str | None = None) -> None:
        if number is not None:
            self._cards[number].show(self.tries[number], choice)
        self._score.value = f'<div style="{_SCORE_STYLE}">{self._score_line()}</div>'
        started = any(self.tries)
        self._again.layout.display = None if started else "none"

    def _score_line(self) -> str:
        total = len(self.questions)
        line = f"{self.solved} of {total} answered right, {self.first_tries} at the first try."
        return f"{line} Well done!" if self.first_tries == total else line

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """The widget for a live notebook, the listed questions for all else."""
        data = {"text/plain": self._as_text(), "text/html": self._as_html()}
        live = self.widget._repr_mimebundle_() or {}
        view = "application/vnd.jupyter.widget-view+json"
        if view in live:
            data[view] = live[view]
        return data

    def _as_text(self) -> str:
        lines = []
        for number, question in enumerate(self.questions, start=1):
            lines.append(f"{number}. {question.text}")
            lines += [
                f"   {letter}. {choice}"
                for letter, choice in zip(LETTERS, question.choices, strict=False)
            ]
        lines.append("Answers:")
        for number, question in enumerate(self.questions, start=1):
            letter = LETTERS[question.choices.index(question.right)]
            lines.append(f"{number}. {letter}. {question.because}")
        return "\n".join(lines)

    def _as_html(self) -> str:
        return "\n".join(
            _static_card(number, question)
            for number, question in enumerate(self.questions, start=1)
        )


class _Card:
    """The widgets of one question."""

    def __init__(self, owner: Quiz, number: int, question: Question) -> None:
        self.question = question
        title = ipywidgets.HTMLMath(
            f'<div style="{_TITLE_STYLE}">{number + 1}. {_markup(question.text)}</div>'
        )
        self.buttons: dict[str, ipywidgets.Button] = {}
        self.answer = ipywidgets.HTMLMath(layout={"display": "none"})
        rows = []
        for letter, choice in zip(LETTERS, question.choices, strict=False):
            button = ipywidgets.Button(
                description=letter,
                tooltip=f"{letter}: {choice}",
                layout={"width": "46px", "min_width": "46px", "margin": "2px 10px 2px 0"},
            )
            button.on_click(lambda _, choice=choice: owner.answer(number, choice))
            self.buttons[choice] = button
            text = ipywidgets.HTMLMath(
                f'<div style="{_TEXT_STYLE}">{_markup(choice)}</div>',
                layout={"flex": "1 1 auto", "margin": "2px 8px 2px 0"},
            )
            row = ipywidgets.HBox([button, text], layout={"align_items": "center"})
            row.add_class("course-choice")
            rows.append(row)
        self.widget = ipywidgets.VBox(
            [title, *rows, self.answer], layout={"margin": "0 0 14px 0", "width": "100%"}
        )

    def show(self, tried: list[str], chosen: str | None) -> None:
        """Colour the tried choices and explain the one just chosen."""
        for choice, button in self.buttons.items():
            letter = LETTERS[self.question.choices.index(choice)]
            if choice not in tried:
                button.button_style, button.description = "", letter
            elif self.question.is_right(choice):
                # the mark, for all who do not see the colour
                button.button_style, button.description = "success", f"{letter} ✓"
            else:
                button.button_style, button.description = "danger", f"{letter} ✗"
        if chosen is None:
            self.answer.layout.display = "none"
            return
        right = self.question.is_right(chosen)
        letter = LETTERS[self.question.choices.index(chosen)]
        style = _RIGHT_STYLE if right else _WRONG_STYLE
        verdict = f"{letter} is right." if right else f"{letter} is not right."
        more = "" if right or self.question.right in tried else " Try again."
        self.answer.value = (
            f'<div style="{_TEXT_STYLE} {style}"><b>{verdict}</b> '
            f"{_markup(self.question.explain(chosen))}{more}</div>"
        )
        self.answer.layout.display = None


# the button's invisible second half covers the row: a click on the text counts too
_CHOICE_CSS = """<style>
.jupyter-widgets.course-choice { position: relative; border-radius: 3px; }
.jupyter-widgets.course-choice:hover { background: var(--jp-layout-color2, #EEEEEE); }
.jupyter-widgets.course-choice > button { position: static; }
.jupyter-widgets.course-choice > button::after {
  content: ""; position: absolute; inset: 0; z-index: 1; cursor: pointer;
}
</style>"""

_TITLE_STYLE = "font-size: 15px; font-weight: 600; line-height: 1.5; margin: 4px 0;"
_TEXT_STYLE = "font-size: 14px; line-height: 1.5; white-space: normal;"
_SCORE_STYLE = "font-size: 14px; line-height: 1.5;"
_BOX = "color: #1A1A1A; padding: 8px 12px; margin: 4px 0;"
_RIGHT_STYLE = f"{_BOX} background: #E6F4EF; border-left: 4px solid #009E73;"
_WRONG_STYLE = f"{_BOX} background: #FDF3EC; border-left: 4px solid #D55E00;"


def _static_card(number: int, question: Question) -> str:
    """One question as plain HTML, its answer folded."""
    choices = "\n".join(f"<li>{_markup(choice)}</li>" for choice in question.choices)
    right = LETTERS[question.choices.index(question.right)]
    reasons = "\n".join(
        f"<li>{_markup(question.explain(choice))}</li>" for choice in question.choices
    )
    return (
        f"<div><p><b>{number}. {_markup(question.text)}</b></p>\n"
        f'<ol type="A">\n{choices}\n</ol>\n'
        f"<details><summary>Answer</summary>\n<p><b>{right} is right.</b></p>\n"
        f'<ol type="A">\n{reasons}\n</ol>\n</details></div>'
    )


def _markup(text: str) -> str:
    """Turn an author's text into HTML: mathematics stays, `code` and **bold** are set.

    >>> _markup("is **any** `x < 0` in $a < b$?")
    'is <b>any</b> <code>x &lt; 0</code> in $a &lt; b$?'
    """
    parts = []
    for part in re.split(r"(\$[^$]+\$|`[^`]+`)", text):
        escaped = html.escape(part, quote=False)
        if part.startswith("`") and len(part) > 1:
            parts.append(f"<code>{escaped[1:-1]}</code>")
        elif part.startswith("$"):
            parts.append(escaped)
        else:
            parts.append(re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escaped))
    return "".join(parts)


def _check_text(text: Any, name: str, shown: str) -> None:
    """Tell an author what is wrong with a text."""
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{shown}: {name} must be a text, but is {text!r}.")
    for mark, word in (("$", "dollar signs"), ("`", "backticks")):
        if text.count(mark) % 2:
            raise ValueError(f"{shown}: {name} has an odd number of {word}: {text!r}.")
