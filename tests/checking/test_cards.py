"""The card says what was found, and escapes all that a learner's code brought."""

from html.parser import HTMLParser

import pytest

from utils.checking.cards import render_html, render_text
from utils.checking.subject import LocalImplementation
from utils.checking.verdict import Verdict


def verdict_of(suite, name, function):
    return suite.judge(name, LocalImplementation(lambda _: function, 0.05))


class Tags(HTMLParser):
    """Collects a document's tags and attributes, and checks that they are balanced."""

    def __init__(self, html):
        super().__init__()
        self.open, self.found, self.attributes = [], set(), set()
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.found.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


ALLOWED_TAGS = {"div", "code", "i", "b", "table", "tr", "td", "details", "summary", "pre"}


def answers():
    def endless(X):
        while True:
            pass

    def shouting(X):
        print("</pre><script>alert(1)</script>")
        raise ValueError("<img src=x onerror=alert(1)>")

    return {
        "right": lambda X: X.mean(axis=0),
        "wrong": lambda X: X.sum(axis=0),
        "evil text": lambda X: "<script>alert(1)</script>`",
        "evil error": shouting,
        "endless": endless,
        "nothing": lambda X: None,
    }


@pytest.mark.parametrize("kind", answers())
def test_html_is_balanced_and_escaped(suite, kind):
    html = render_html(verdict_of(suite, "column_mean", answers()[kind]), ("a <note>",))
    tags = Tags(html)
    assert tags.found <= ALLOWED_TAGS
    assert tags.attributes <= {"style"}  # no ids, no classes, no handlers
    assert "a &lt;note&gt;" in html


@pytest.mark.parametrize("kind", answers())
def test_the_same_verdict_gives_the_same_card(suite, kind):
    if kind == "endless":
        return  # the line where it is stopped is chance
    first, second = (verdict_of(suite, "column_mean", answers()[kind]) for _ in range(2))
    assert render_html(first) == render_html(second)
    assert render_text(first) == render_text(second)


def test_a_green_card_says_what_was_built(suite):
    verdict = verdict_of(suite, "column_mean", answers()["right"])
    assert render_text(verdict) == "✓ column_mean passed, 3 points\n  A mean."
    assert "A mean." in render_html(verdict)


def test_a_red_card_shows_the_call_and_what_is_wrong(suite):
    text = render_text(verdict_of(suite, "column_mean", answers()["wrong"]))
    assert text.startswith(
        "✗ column_mean not yet: 1 of 4 tests pass\n  Most likely: Yours is exactly"
    )
    assert "column_mean(np.array([[1.0, 2.0]," in text
    assert "came back   np.array([12.0, 12.5])" in text
    assert "✗ of equal rows is a row (7)" in text
    assert "✓ does not warn" in text


def test_printed_text_is_shown_with_a_failure(suite):
    text = render_text(verdict_of(suite, "column_mean", answers()["evil error"]))
    assert "Your function printed: </pre>" in text


def test_partial_credit_is_counted(suite):
    text = render_text(verdict_of(suite, "shifted", lambda x, b: x))
    assert text.startswith("✗ shifted not yet: 1 of 2 tests pass, 2 of 4 points")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("not_started", "○ column_mean not started, 3 points to win"),
        ("missing", "There is no definition of `column_mean`"),
        ("error", "SyntaxError, line 3"),
        ("timeout", "it does not come to an end"),
        ("killed", "it ended its whole process"),
    ],
)
def test_states_without_tests_have_a_card_too(suite, status, words):
    message = "SyntaxError, line 3" if status == "error" else ""
    verdict = Verdict(suite.exercises["column_mean"], status, 0.0, message=message)
    assert words in render_text(verdict)
    Tags(render_html(verdict))
