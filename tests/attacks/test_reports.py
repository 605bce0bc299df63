"""Hostile words: in what a learner's code says, in names, and what they do to those who read them.

Every text of a submission ends in a page, a table, a line of JSON or a terminal. None may act
there, none may show what hidden tests ask.
"""

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest
from rich.console import Console

from grader.batch import DONE, Options, run
from grader.report import Reporter
from tests.attacks.arena import LESSON, Arena, attack, with_cheat
from tests.grader.support import COURSE, answered, as_bytes, hand_in

pytestmark = pytest.mark.sandbox

MARKUP = (
    "</pre></table><script>alert(1)</script><img src=x onerror=alert(2)><a href='javascript:x'>"
)
ESCAPES = "\\x1b[2J\\x1b]0;owned\\x07\\x9b31m\\u202egnp.exe\\u2066"
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "div", "span", "b", "i"),
    *("table", "tr", "td", "tbody", "code", "pre", "details", "summary", "br", "em", "strong"),
}


class Elements(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_harmless_page(page: str) -> None:
    """Only elements of our own making, nothing that runs or is fetched, nothing invisible."""
    for tag, attributes in Elements(page).found:
        assert tag in ALLOWED, tag
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in ("src", "href", "srcdoc", "action", "data"), (tag, name)
            assert "url(" not in (value or ""), (tag, value)
    assert "default-src 'none'" in page
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)


HOSTILE = f"""
import warnings
EVIL = "{MARKUP}{ESCAPES}{{{{ 7 * 7 }}}}{{% raw %}}=cmd|' /C calc'!A0`code`**bold**"

class Evil(Exception):
    pass
Evil.__name__ = Evil.__qualname__ = EVIL

def weighted_sum(x, w, b):
    print(EVIL)
    warnings.warn(EVIL)
    raise Evil(EVIL)

def step(z):
    print(EVIL)
    return EVIL

def perceptron_predict(X, w, b):
    return {{EVIL: EVIL, "=1+1": [EVIL]}}

def boundary_line(w, b):
    return (EVIL, EVIL.encode())

def perceptron_update(x, y, w, b, learning_rate):
    raise ValueError(EVIL)  # {MARKUP}

def train_perceptron(X, y, learning_rate, epochs):
    return type(EVIL, (), {{}})()
"""
ALL_FAILED = dict.fromkeys(COURSE.lessons[LESSON].exercises, "failed")


def test_markup_in_every_text(arena):
    """Markup, escapes and formulas in values, errors, types' names, output, warnings, comments."""
    graded = arena.attack(HOSTILE, **ALL_FAILED)
    assert_harmless_page(graded.feedback)
    for row in graded.rows:
        for failure in row.failures:
            for text in vars(failure).values():
                assert text is None or all(c.isprintable() or c in "\n\t" for c in text), text


def test_markup_in_errors_of_cells(arena):
    """The same in what a cell's own error says."""
    source = f"""
class Evil(Exception):
    pass
Evil.__name__ = "{MARKUP}{ESCAPES}"
def fail(): raise Evil("{MARKUP}{ESCAPES}")
weighted_sum = fail()  # {MARKUP}
"""
    graded = arena.attack(source, weighted_sum="error")
    assert_harmless_page(graded.feedback)


def test_long_texts_make_no_long_page(arena):
    """Megabytes in values, errors and output: a page stays one that a browser opens."""
    graded = arena.attack(
        """
def weighted_sum(x, w, b):
    print("x" * 10**6)
    raise ValueError("y" * 10**6)
def step(z):
    return "z" * 10**6
def perceptron_update(x, y, w, b, learning_rate):
    return ("u" * 10**6, "v" * 10**6)
def train_perceptron(X, y, learning_rate, epochs):
    return (["w" * 10**5] * 3, {"x" * 10**5: 1}, "y" * 10**6)
""",
        weighted_sum="failed",
        step="failed",
        perceptron_update="failed",
        train_perceptron="failed",
    )
    assert len(graded.feedback) < 200_000


SECRET = 8317.25  # what a hidden test asks; no report may show it

HIDDEN = f"""
import numpy as np
from utils.checking.exercise import exercise
from utils.checking.expect import expect_close

@exercise("weighted_sum", points=1, minutes=4, difficulty=1, built="x")
class TestWeightedSum:
    def test_a_further_case(self, weighted_sum):
        got = weighted_sum(np.array([{SECRET}]), np.array([2.0]), 1.0)
        expect_close(got, {2 * SECRET + 1}, why="the secret is {SECRET}")
"""

# Right for whoever knows the visible tests, and telling when another question comes.
TELLING = """
import os, warnings
from pathlib import Path

def weighted_sum(x, w, b):
    right = np.dot(x, w) + b
    note = Path("/tmp/seen")
    for place in ("/tmp/seen", "/course/seen", "/dev/shm/seen"):
        try:
            with open(place, "a") as file:
                file.write(repr(x))
        except OSError:
            pass
    if 8000 < x[0] < 9000:
        print("asked:", x)
        warnings.warn(f"asked {x}")
        OUTCOME
    return right
"""
OUTCOMES = {
    "an error": 'raise ValueError(f"asked {x}")',
    "a value": 'return f"asked {x}"',
    "an error of a kind named so": 'raise type(f"asked{x[0]}", (Exception,), {})',
    "changed arguments": "x[:] = 0",
    "an end": "os._exit(int(x[0]) % 256)",
    "no end": "while True: pass",
}


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES.keys())
def test_what_hidden_tests_ask(tmp_path, outcome):
    """Shows a hidden test's arguments by whatever comes back: only its sentence may appear."""
    from grader.course import Course

    (tmp_path / "test_perceptron.py").write_text(HIDDEN)
    arena = Arena(Course(hidden=tmp_path))
    try:
        cheat = with_cheat(TELLING.replace("OUTCOME", outcome), {"weighted_sum": ""})
        graded = arena.grade(cheat)
    finally:
        arena.grader.close()
    row = graded.rows[0]
    assert (row.exercise, row.status, row.points) == ("weighted_sum", "failed", 0)
    assert [failure.test for failure in row.failures] == ["a further case"]
    told = graded.feedback + repr(graded.rows)
    for trace in (str(SECRET), str(int(SECRET)), "asked", str(2 * SECRET + 1), "exit code", "/tmp"):
        assert trace not in told, trace
    assert {other.status for other in graded.rows[1:]} == {"passed"}


NAMES = (
    '=HYPERLINK("http:evil","x")',
    "a;=1+1",
    "a\t=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "  =1+1",
    "<script>alert(1)<:script>",
    "[bold red]owned[:bold red]",
    "\x1b[2J\x1b[31mred",
    "line\nbreak",
    "carriage\rreturn",
    '"quoted",1,2,3,99',
    "'; DROP TABLE notebooks; --",
    "\u202egnp.exe",
    "%2e%2e%2fetc",
    "back\\slash\\",
    "{{ 7 * 7 }}",
    "null",
)


def test_hostile_names_of_students(tmp_path):
    """Folders named to be formulas, markup, escapes, columns, lines: each is one student's name."""
    submissions, out = tmp_path / "submissions", tmp_path / "out"
    source = as_bytes(answered({}))
    for name in NAMES:
        hand_in(submissions, name, source, name=LESSON)
    hand_in(submissions, "ann", source, name="\x1b[2J<img src=x onerror=alert(1)>[bold]=1+1")
    (submissions / "\x1b[2Jloose[bold].ipynb").write_bytes(source)
    printed = io.StringIO()
    console = Console(file=printed, force_terminal=True, color_system=None, width=200)
    options = Options(submissions, out, sandbox="bubblewrap")
    assert run(options, Reporter(console, console)) == DONE

    # JSON: one line a row, each name as it is
    lines = (out / "results.jsonl").read_text().splitlines()
    assert {json.loads(line)["student"] for line in lines} == {*NAMES, "ann"}
    # CSV: the same for all separators that spreadsheets know, and never a formula
    text = (out / "grades.csv").read_text()
    for separator in (",", ";", "\t"):
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
        for cell in (cell for row in rows for cell in row):
            assert not cell.lstrip().startswith(("=", "+", "-", "@")), (separator, cell)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == len(NAMES) + 2
    assert {len(row) for row in rows} == {len(COURSE.lessons) + 2}
    # HTML
    pages = sorted((out / "feedback").rglob("*.html"))
    assert len(pages) == len(NAMES) + 1
    for page in pages:
        assert page.resolve().is_relative_to((out / "feedback").resolve())
        assert_harmless_page(page.read_text())
    # the terminal: nothing that steers it but what rich writes to draw its progress
    said = re.sub(r"\x1b\[(\?25[lh]|\d*[ABK]|2K)|\r", "", printed.getvalue())
    assert "\x1b[2J" not in printed.getvalue()
    assert not re.search(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202e]", said)
    assert "loose" in said


@attack(weighted_sum="failed")
def test_storing_questions_for_later_answers():
    """Keeps what earlier tests asked, and prints it all when a later one is answered."""
    return """
asked = []

def weighted_sum(x, w, b):
    asked.append((x, w, b))
    print(asked)
    raise ValueError(str(asked))
"""
