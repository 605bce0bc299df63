"""The gradebook and the files written from it."""

import csv
import json
import sqlite3
import threading

import pytest

from grader.gradebook import Gradebook, GradebookError, no_formula, write_whole
from grader.messages import FailedTest, Graded, Row


def graded(student, notebook="01_perceptron.ipynb", lesson="01_perceptron", points=(1,), **fields):
    rows = tuple(
        Row(
            f"exercise_{i}",
            "passed" if p else "failed",
            p,
            2,
            None,
            () if p else (FailedTest("t", "w"),),
        )
        for i, p in enumerate(points)
    )
    return Graded(student, notebook, lesson, rows, "<p>", **fields)


@pytest.fixture
def book(tmp_path):
    gradebook = Gradebook(tmp_path / "gradebook.sqlite")
    yield gradebook
    gradebook.close()


def fill(book, *all_graded):
    for one in all_graded:
        book.note_student(one.student, None)
        book.record(one, "hash")
    book.choose()


def table(book, tmp_path, lessons=("01_perceptron",)):
    book.write_grades(tmp_path / "grades.csv", lessons)
    with (tmp_path / "grades.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def objects(book, tmp_path):
    book.write_results(tmp_path / "results.jsonl")
    return [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().split("\n")[:-1]]


def test_results_have_the_fields_of_the_contract_in_order(book, tmp_path):
    fill(book, graded("zoe", points=(1, 0.5)), graded("ann", points=(0,)))
    found = objects(book, tmp_path)
    assert [(one["student"], one["exercise"]) for one in found] == [
        ("ann", "exercise_0"),
        ("zoe", "exercise_0"),
        ("zoe", "exercise_1"),
    ]
    assert list(found[0]) == [
        *("student", "lesson", "exercise", "status", "points", "max_points"),
        *("diagnosis", "failures"),
    ]
    assert found[0]["failures"] == [
        {"test": "t", "why": "w", "call": None, "got": None, "expected": None}
    ]
    assert [one["points"] for one in found] == [0, 1, 0.5]


def test_grades_have_a_row_a_student_and_a_column_a_lesson(book, tmp_path):
    fill(
        book,
        graded("zoe", points=(1, 0.5)),
        graded("zoe", "02_activations.ipynb", "02_activations", points=(2,)),
        graded("ann", "x.ipynb", None, points=()),
    )
    assert table(book, tmp_path, ["00_why", "01_perceptron"]) == [
        ["student", "00_why", "01_perceptron", "02_activations", "total"],
        ["ann", "", "", "", "0"],
        ["zoe", "", "1.5", "2", "3.5"],
    ]


FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "＝1", "|calc", "%0A=1")


@pytest.mark.parametrize("name", FORMULAS)
def test_no_name_becomes_a_formula(book, tmp_path, name):
    fill(book, graded(name))
    assert table(book, tmp_path)[1][0] == "'" + name
    assert objects(book, tmp_path)[0]["student"] == name


def test_ordinary_names_stay_as_they_are():
    for name in ("ann", "李 雷", "O'Brien", "ann=1", "1-2", ""):
        assert no_formula(name) == name


@pytest.mark.parametrize(
    "name", ["a,b", 'a"b', "a\nb", "a\u2028b", "a\x85b", "a\x00b", "<b>", "😀"]
)
def test_names_break_no_line_and_no_column(book, tmp_path, name):
    fill(book, graded(name), graded("zzz"))
    assert [row[0] for row in table(book, tmp_path)[1:]] == sorted([name, "zzz"])
    text = (tmp_path / "grades.csv").read_bytes()
    assert text.endswith(b"\n")
    assert len(objects(book, tmp_path)) == 2
    lines = (tmp_path / "results.jsonl").read_text().splitlines()  # splits at U+2028 too
    assert [json.loads(line)["student"] for line in lines] == sorted([name, "zzz"])


def test_a_notebook_graded_again_replaces_its_grades(book, tmp_path):
    fill(book, graded("ann", points=(0, 0)), graded("ann", points=(2,)))
    assert [one["points"] for one in objects(book, tmp_path)] == [2]


def test_the_release_file_name_wins_and_the_others_are_told(book, tmp_path):
    fill(
        book,
        graded("ann", "01_copy.ipynb", points=(2,)),
        graded("ann", "01_perceptron.ipynb", points=(0,)),
        graded("bob", "b.ipynb", points=(0,), problem="damaged"),
        graded("bob", "c.ipynb", points=(2,)),
    )
    assert table(book, tmp_path)[1:] == [["ann", "0", "0"], ["bob", "2", "2"]]
    assert list(book.passed_over()) == [
        ("ann", "01_copy.ipynb", "01_perceptron", "01_perceptron.ipynb"),
        ("bob", "b.ipynb", "01_perceptron", "c.ipynb"),
    ]


def test_notebooks_that_are_gone_no_longer_count(book, tmp_path):
    fill(book, graded("ann", "a.ipynb"), graded("ann", "b.ipynb", points=(2,)))
    assert book.note_student("ann", ["b.ipynb"]) == ["a.ipynb"]
    book.choose()
    assert table(book, tmp_path)[1] == ["ann", "2", "2"]


def test_resuming_looks_at_content(book):
    fill(book, graded("ann", fingerprint="tests-1"))
    known = book.graded_with("ann", "01_perceptron.ipynb", "hash")
    assert (known.fingerprint, known.lesson, known.counts) == ("tests-1", "01_perceptron", True)
    assert book.graded_with("ann", "01_perceptron.ipynb", "other") is None


def test_the_summary_has_median_hardest_and_faults(book):
    for student, points in [("a", (2, 0)), ("b", (2, 2)), ("c", (0, 0)), ("d", (2, 0))]:
        fill(book, graded(student, points=points))
    fault = (Row("exercise_0", "timeout", 0, 2), Row("exercise_1", "passed", 2, 2))
    fill(book, Graded("e", "x.ipynb", "01_perceptron", fault, ""))
    (summary,) = book.summaries()
    assert summary.notebooks == 5
    assert summary.median == 2  # of 0, 2, 2, 2, 4
    assert summary.max_points == 4
    assert (summary.hardest, summary.hardest_share) == ("exercise_1", 0.4)
    assert summary.faults == {"timeout": 1}


def test_the_median_of_an_even_number_lies_between(book):
    fill(book, graded("a", points=(1,)), graded("b", points=(2,)))
    assert book.summaries()[0].median == 1.5


def test_a_transaction_that_fails_leaves_the_old_grades(book, tmp_path):
    fill(book, graded("ann", points=(2,)))
    broken = graded("ann", points=(1,))
    object.__setattr__(broken.rows[0], "points", object())  # SQLite refuses it
    with pytest.raises(sqlite3.Error):
        book.record(broken, "hash")
    assert [one["points"] for one in objects(book, tmp_path)] == [2]


@pytest.mark.parametrize(
    "content", [b"no database at all" * 100, b"SQLite format 3\x00" + bytes(50)]
)
def test_something_else_is_no_gradebook(tmp_path, content):
    path = tmp_path / "gradebook.sqlite"
    path.write_bytes(content)
    with pytest.raises(GradebookError, match="is no gradebook"):
        Gradebook(path)
    assert path.read_bytes() == content


def test_a_gradebook_of_another_version_is_left_alone(tmp_path):
    path = tmp_path / "gradebook.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(GradebookError, match="another version"):
        Gradebook(path)


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "file.txt"
    write_whole(path, lambda file: file.write("old"))

    def fails(file):
        file.write("half of the ne")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_whole(path, fails)
    assert path.read_text() == "old"
    write_whole(path, lambda file: file.write("new \ud800"))  # half a surrogate pair
    assert path.read_text() == "new ?"
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]


def test_others_may_read_while_it_is_written(book, tmp_path):
    fill(book, graded("ann"))
    found = []

    def read():
        with sqlite3.connect(f"file:{tmp_path}/gradebook.sqlite?mode=ro", uri=True) as reader:
            found.extend(reader.execute("SELECT student FROM notebooks").fetchall())

    with book._transaction():
        book._database.execute("DELETE FROM notebooks")
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()
    assert found == [("ann",)]
