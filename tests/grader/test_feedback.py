"""The page that a learner gets back: the same cards, dead text, small."""

import re
from html.parser import HTMLParser

import pytest

from grader.feedback import render_feedback, render_note
from grader.grading import Grader
from tests.grader.support import (
    COURSE,
    EXERCISES,
    LESSON,
    PlainSandbox,
    answered,
    blank,
    grade,
    right,
)
from utils.checking.cards import render_html

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}\"'&</title>"
CODE = {
    "weighted_sum": f"def weighted_sum(x, w, b):\n    raise ValueError({HOSTILE!r})",
    "step": f"def step(z):\n    print({HOSTILE!r})\n    return {HOSTILE!r}",
    "boundary_line": f"def boundary_line(w, b):\n    return {{{HOSTILE!r}: {HOSTILE!r}}}",
    "perceptron_predict": f"def perceptron_predict(X, w, b):\n    return ( {HOSTILE!r} +",
    "perceptron_update": (
        f"def perceptron_update(x, y, w, b, learning_rate):\n    class {{}}: pass # {HOSTILE}"
    ),
}


class Elements(HTMLParser):
    """Every element of a page, with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


HARMLESS = {
    *("html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "div", "span", "b", "i"),
    *("table", "tr", "td", "code", "pre", "details", "summary"),
}


@pytest.mark.parametrize("answers", [CODE, {name: right(name) for name in EXERCISES}, {}])
def test_whatever_was_handed_in_the_page_is_dead(answers):
    page = grade(answered(answers)).feedback
    elements = Elements(page)
    assert {tag for tag, _ in elements.found} <= HARMLESS
    names = {name for _, attributes in elements.found for name in attributes}
    assert names <= {"style", "class", "lang", "charset", "http-equiv", "content", "name"}
    assert "49" not in re.findall(r"\d+", elements.text)  # no template was evaluated


def test_hostile_names_are_dead_too():
    for page in (
        render_note(HOSTILE, HOSTILE, HOSTILE),
        render_feedback(HOSTILE, HOSTILE, HOSTILE, [], HOSTILE),
    ):
        assert {tag for tag, _ in Elements(page).found} <= HARMLESS
        assert HOSTILE in Elements(page).text


def test_the_policy_lets_a_browser_load_and_run_nothing():
    page = grade(answered(CODE)).feedback
    policies = [
        attributes["content"]
        for tag, attributes in Elements(page).found
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == [
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    ]
    assert page.index("Content-Security-Policy") < page.index("<title>") < page.index("<style>")
    assert not re.search(r"https?:|url\(|@import|<link|src=(?!x onerror)", page)


def test_the_cards_are_those_of_the_notebook():
    tests = Grader(COURSE, PlainSandbox).tests_of(LESSON)
    verdicts = tests.judge(
        lambda: PlainSandbox(LESSON).open(
            ["import numpy as np", right("step"), "def boundary_line(w, b):\n    return None"],
            list(EXERCISES),
            time_limits={},
        )
    )
    page = render_feedback("A lesson", "ann", "x.ipynb", verdicts)
    for verdict in verdicts:
        assert str(render_html(verdict)) in page


def test_the_page_says_what_it_is_and_what_to_do_next():
    def text(notebook):
        return " ".join(Elements(grade(notebook).feedback).text.split())

    everything = text(answered())
    assert "Lesson 01 · The perceptron" in everything
    assert f"ann · {LESSON}.ipynb" in everything
    assert "12 of 12 points" in everything
    assert "On to the next lesson!" in everything
    assert "write weighted_sum" in text(blank())
    wrong = text(answered({"step": "def step(z):\n    return z"}))
    assert "0 of 12 points" in wrong
    assert "look at the card of step" in wrong


def test_a_notebook_that_could_not_be_read_gets_the_sentence_once():
    page = grade(b"{", f"{LESSON}.ipynb").feedback
    assert Elements(page).text.count("breaks off at line 1") == 1


@pytest.mark.parametrize("answers", [CODE, {}])
def test_a_page_is_small(answers):
    assert len(grade(answered(answers)).feedback.encode()) < 60_000


@pytest.mark.browser
def test_a_browser_shows_it_and_runs_nothing(tmp_path):
    from playwright.sync_api import sync_playwright

    path = tmp_path / "feedback.html"
    path.write_text(grade(answered(CODE)).feedback)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        dialogs, requests, complaints = [], [], []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(path.as_uri())
        assert page.evaluate("document.querySelectorAll('script, img').length") == 0
        assert page.get_by_text("Exercise by exercise").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        browser.close()
    assert (dialogs, complaints) == ([], [])
    assert requests == [path.as_uri()]


def chromium():
    import shutil

    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(path for path in map(shutil.which, names) if path)
