"""The quiz: answers, explanations, scores, and what is stored where nothing is interactive."""

import html
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import ipywidgets
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.quiz import LETTERS, Question, Quiz, quiz

ROOT = Path(__file__).resolve().parents[2]
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

BIAS = Question(
    "What does the bias do?",
    right="It shifts the boundary.",
    because="At $x = 0$ only the bias decides.",
    wrong={
        "It turns the boundary.": "The weights turn it.",
        "Nothing where $a < b$.": "It is **always** added, see `w @ x + b`.",
    },
)
SUM = Question(
    "What is 1 + 1?", right="2", because="Count.", wrong={"3": "One too many.", "11": "A text."}
)


def parts(owner: Quiz, kind: type) -> list:
    """Find widgets of a kind inside a quiz, as they stand on the page."""
    found, rest = [], [owner.widget]
    while rest:
        widget = rest.pop(0)
        if isinstance(widget, kind):
            found.append(widget)
        rest = list(getattr(widget, "children", ())) + rest
    return found


def page(owner: Quiz) -> str:
    """What a learner reads."""
    shown = [
        widget.value
        for widget in parts(owner, ipywidgets.HTML) + parts(owner, ipywidgets.HTMLMath)
        if widget.layout.display != "none"
    ]
    return "\n".join(shown)


def button(owner: Quiz, choice: str) -> ipywidgets.Button:
    """Find the button of a choice."""
    (found,) = [b for b in parts(owner, ipywidgets.Button) if (b.tooltip or "").endswith(choice)]
    return found


# ------------------------------------------------------------------------------ answers


def test_nothing_is_given_away_before_an_answer():
    asked = quiz(BIAS, SUM)
    text = page(asked)
    for question in (BIAS, SUM):
        for choice in question.choices:
            assert question.explain(choice) not in text
    assert "0 of 2 answered right" in text
    assert {b.button_style for b in parts(asked, ipywidgets.Button)} == {""}


def test_a_wrong_choice_is_explained_and_may_be_mended():
    asked = quiz(BIAS, SUM)
    button(asked, "It turns the boundary.").click()
    text = page(asked)
    assert "is not right." in text
    assert "The weights turn it." in text
    assert "Try again." in text
    assert "At $x = 0$" not in text
    assert button(asked, "It turns the boundary.").button_style == "danger"
    assert button(asked, "It turns the boundary.").description.endswith("✗")

    button(asked, "It shifts the boundary.").click()
    text = page(asked)
    assert "is right." in text
    assert "At $x = 0$ only the bias decides." in text
    assert "The weights turn it." not in text
    assert button(asked, "It shifts the boundary.").button_style == "success"
    assert button(asked, "It shifts the boundary.").description.endswith("✓")
    # what was tried stays marked
    assert button(asked, "It turns the boundary.").button_style == "danger"
    assert (asked.solved, asked.first_tries) == (1, 0)
    assert "1 of 2 answered right, 0 at the first try." in text


def test_one_question_leaves_the_others_alone():
    asked = quiz(BIAS, SUM)
    button(asked, ": 3").click()
    assert asked.tries == [[], ["3"]]
    assert button(asked, "It turns the boundary.").button_style == ""


def test_all_right_at_the_first_try_is_praised():
    asked = quiz(BIAS, SUM)
    asked.answer(0, BIAS.right)
    assert "Well done!" not in page(asked)
    asked.answer(1, "2")
    assert "2 of 2 answered right, 2 at the first try. Well done!" in page(asked)


def test_looking_at_wrong_choices_afterwards_costs_nothing():
    asked = quiz(SUM)
    asked.answer(0, "2")
    assert asked.answer(0, "3") == "One too many."
    assert "Try again." not in page(asked)
    assert (asked.solved, asked.first_tries) == (1, 1)


def test_clicking_the_same_wrong_choice_twice_is_one_try():
    asked = quiz(SUM)
    asked.answer(0, "3")
    asked.answer(0, "3")
    assert asked.tries == [["3"]]


def test_a_quiz_can_be_started_again():
    asked = quiz(BIAS, SUM)
    fresh = page(asked)
    (again,) = [b for b in parts(asked, ipywidgets.Button) if b.description == "Start again"]
    assert again.layout.display == "none"
    asked.answer(0, "It turns the boundary.")
    asked.answer(1, "2")
    assert again.layout.display is None
    again.click()
    assert page(asked) == fresh
    assert asked.tries == [[], []]
    assert {b.button_style for b in parts(asked, ipywidgets.Button)} == {""}
    assert again.layout.display == "none"


def test_an_answer_that_is_no_choice_is_refused():
    with pytest.raises(ValueError, match="no choice '4'"):
        quiz(SUM).answer(0, "4")


# --------------------------------------------------------------------------------- order


def test_the_order_is_the_same_in_every_process():
    code = (
        "from utils.quiz import Question;"
        "print(Question('What?', right='a', because='x',"
        " wrong={w: 'y' for w in 'bcdefgh'}).choices)"
    )
    orders = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(orders) == 1


def test_the_order_does_not_depend_on_how_the_author_listed_the_choices():
    turned = Question(
        SUM.text, right="2", because="Count.", wrong=dict(reversed(list(SUM.wrong.items())))
    )
    assert turned.choices == SUM.choices


def test_the_right_choice_stands_everywhere_equally_often():
    places = Counter()
    for number in range(900):
        question = Question(
            f"Question {number}?", right="yes", because="x", wrong={"no": "y", "maybe": "z"}
        )
        places[question.choices.index("yes")] += 1
    # 300 expected in each place, with a standard deviation of 14
    assert all(230 < places[place] < 370 for place in range(3))


@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=2, max_size=8, unique=True))
def test_every_choice_is_offered_once(choices):
    choices = [choice.replace("$", "").replace("`", "") + "." for choice in choices]
    if len(set(choices)) < len(choices):
        return
    right, *wrong = choices
    question = Question("What?", right=right, because="x", wrong=dict.fromkeys(wrong, "y"))
    assert sorted(question.choices) == sorted(choices)
    assert [question.is_right(choice) for choice in question.choices].count(True) == 1


# ------------------------------------------------------------------------ what is stored


def test_without_widgets_the_questions_are_listed_and_the_answers_folded():
    data = quiz(BIAS, SUM)._repr_mimebundle_()
    assert set(data) == {WIDGET_VIEW, "text/html", "text/plain"}
    for question in (BIAS, SUM):
        for choice in question.choices:
            assert choice in data["text/plain"]
        assert question.because in data["text/plain"]
    page, *_ = re.split("<details>", data["text/html"])
    assert "It shifts the boundary." in page
    assert "The weights turn it." not in page
    folded = re.findall(r"<details>.*?</details>", data["text/html"], flags=re.DOTALL)
    assert len(folded) == 2
    assert f"{LETTERS[BIAS.choices.index(BIAS.right)]} is right." in folded[0]
    assert "The weights turn it." in folded[0]


def test_what_is_stored_is_the_same_each_time_and_knows_no_progress():
    first, second = quiz(BIAS, SUM), quiz(BIAS, SUM)
    second.answer(0, "It turns the boundary.")
    stored = [asked._repr_mimebundle_() for asked in (first, second)]
    for data in stored:
        data.pop(WIDGET_VIEW)
    assert stored[0] == stored[1]
    assert " id=" not in stored[0]["text/html"]


# -------------------------------------------------------------------------------- markup


def test_mathematics_stays_code_is_set_and_the_rest_is_escaped():
    tricky = Question(
        "Is `a < b` where $a < b$ & **so** on <i>?",
        right="**yes**",
        because="`$x$ is code`",
        wrong={"<script>alert(1)</script>": "$**$ is no bold**"},
    )
    asked = quiz(tricky)
    asked.answer(0, "<script>alert(1)</script>")
    for text in (page(asked), asked._repr_mimebundle_()["text/html"]):
        assert "<code>a &lt; b</code> where $a &lt; b$ &amp; <b>so</b> on &lt;i&gt;?" in text
        assert "<b>yes</b>" in text
        assert "<script>" not in text
        assert "$**$ is no bold**" in text
    assert "<code>$x$ is code</code>" in asked._repr_mimebundle_()["text/html"]


@given(st.text(min_size=1).filter(str.strip))
def test_no_text_breaks_out_of_the_page(text):
    text = text.replace("$", "").replace("`", "").replace("*", "") + "?"
    question = Question(text, right="yes", because="x", wrong={"no": "y"})
    stored = quiz(question)._repr_mimebundle_()["text/html"]
    assert f"<b>1. {html.escape(text, quote=False)}</b>" in stored


# ------------------------------------------------------------------------ authors' errors

GOOD = {"text": "What?", "right": "a", "because": "x", "wrong": {"b": "y"}}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"wrong": {}}, "needs wrong choices"),
        ({"wrong": ["b"]}, "needs wrong choices"),
        ({"wrong": None}, "needs wrong choices"),
        ({"wrong": {"b": ""}}, "the reason why 'b' is wrong must be a text"),
        ({"wrong": {"b": None}}, "the reason why 'b' is wrong must be a text"),
        ({"wrong": {"": "y"}}, "a wrong choice must be a text, but is ''"),
        ({"wrong": {3: "y"}}, "a wrong choice must be a text, but is 3"),
        ({"wrong": {"a": "y"}}, "'a' both as right and as wrong"),
        ({"wrong": dict.fromkeys("bcdefghi", "y")}, "has 9 choices: 8 are the most"),
        ({"right": " "}, "right must be a text"),
        ({"right": 2}, "right must be a text, but is 2"),
        ({"because": ""}, "because must be a text"),
        ({"text": ""}, "text must be a text"),
        ({"because": "it costs 5$"}, "because has an odd number of dollar signs"),
        ({"right": "`x"}, "right has an odd number of backticks"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(change, sentence):
    with pytest.raises(ValueError) as caught:
        Question(**(GOOD | change))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_quiz_needs_questions():
    with pytest.raises(ValueError, match="one question at least"):
        quiz()
    with pytest.raises(TypeError, match="but got str"):
        quiz("What?")
    with pytest.raises(ValueError, match="'What is 1 \\+ 1\\?' twice"):
        quiz(SUM, SUM)
