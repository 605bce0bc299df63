"""The data that lesson 10 is scored on: no sandbox of that lesson has their labels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from grader.sandbox import Sandbox
from grader.sandbox.masked import write_masked_course
from utils.datasets import DATA_FOLDER, load_breast_cancer

LESSON = "10_diagnosis"

# Looks into every file that it can read, packed ones too, for two measurements of the first mass
# beside each other: as text, and as the bytes of two numbers.
SEARCH = r"""
import bz2, gzip, io, lzma, os, re, struct, zipfile

def search(first, second):
    seen, found = 0, []
    text = re.compile(rf"{re.escape(first)}\W{{1,4}}{re.escape(second)}".encode())
    both = float(first), float(second)
    numbers = [struct.pack(f"{order}2{kind}", *both) for order in "<>" for kind in "df"]

    def contents(path, content):
        yield content
        if path.endswith(".gz"):
            yield gzip.decompress(content)
        elif path.endswith(".bz2"):
            yield bz2.decompress(content)
        elif path.endswith(".xz"):
            yield lzma.decompress(content)
        elif content[:2] == b"PK":
            archive = zipfile.ZipFile(io.BytesIO(content))
            for member in archive.namelist():
                yield archive.read(member)

    for folder, folders, files in os.walk("/"):
        folders[:] = [name for name in folders if folder != "/" or name not in ("proc", "dev")]
        for name in files:
            path = os.path.join(folder, name)
            try:
                # 569 rows of 31 numbers take 20 kB at least; a library of megabytes is no table
                if not 5_000 < os.path.getsize(path) < 1_000_000 or path.endswith((".so", ".h")):
                    continue
                with open(path, "rb") as stream:
                    content = stream.read()
                seen += 1
                for part in contents(path, content):
                    if text.search(part) or any(number in part for number in numbers):
                        found.append(path)
                        break
            except Exception:
                pass
    return seen, found
"""

OTHER_WAYS = """
import numpy as np

def packages_still_work():
    import sklearn.datasets
    from sklearn.linear_model import LogisticRegression
    X, y = sklearn.datasets.make_moons(40, random_state=0)
    return LogisticRegression().fit(X, y).score(X, y)

def ask_scikit_learn():
    from sklearn.datasets import load_breast_cancer
    return load_breast_cancer().target

def ask_the_course():
    from utils.datasets import load_breast_cancer
    return load_breast_cancer().y

def data_files():
    import os
    return sorted(os.listdir("/course/data"))
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(LESSON) as sandbox:
        yield sandbox


def ask(sandbox: Sandbox, source: str, name: str, *arguments: object):
    with sandbox.open([source], [name], time_limits={name: 120.0}) as session:
        return session.call(name, arguments, {})


def first_mass() -> tuple[str, str]:
    """The first two measurements as the file writes them."""
    first, second = load_breast_cancer().X[0, :2]
    return f"{first:g}", f"{second:g}"


def test_the_search_finds_the_file_where_it_is(tmp_path):
    """Else it would prove nothing: outside of any sandbox it finds them."""
    first, second = first_mass()
    scope: dict = {}
    exec(SEARCH.replace('os.walk("/")', f"os.walk({str(DATA_FOLDER)!r})"), scope)
    _, found = scope["search"](first, second)
    assert [path.rpartition("/")[2] for path in found] == ["breast_cancer.csv"]
    np.savez_compressed(tmp_path / "hidden.npz", X=load_breast_cancer().X)
    exec(SEARCH.replace('os.walk("/")', f"os.walk({str(tmp_path)!r})"), scope)
    assert len(scope["search"](first, second)[1]) == 1


@pytest.mark.sandbox
def test_no_file_in_the_sandbox_holds_the_measurements(sandbox):
    reply = ask(sandbox, SEARCH, "search", *first_mass())
    assert reply.outcome == "returned", reply
    seen, found = reply.value
    assert seen > 1000, "it has not looked"
    assert found == []


@pytest.mark.sandbox
@pytest.mark.parametrize("name", ["ask_scikit_learn", "ask_the_course"])
def test_no_loader_in_the_sandbox_has_the_labels(sandbox, name):
    reply = ask(sandbox, OTHER_WAYS, name)
    assert reply.outcome == "raised"
    assert "No" in reply.error or "missing" in reply.error, reply.error


@pytest.mark.sandbox
def test_what_is_needed_still_works_in_the_sandbox(sandbox):
    assert ask(sandbox, OTHER_WAYS, "packages_still_work").value > 0.8
    assert ask(sandbox, OTHER_WAYS, "data_files").value == [
        "README.md",
        "SOURCES.json",
        "diabetes.csv",
        "digits.csv",
    ]


def test_files_that_somebody_has_put_into_data_stay_outside(tmp_path):
    for name in ("SOURCES.json", "digits.csv", "breast_cancer.csv", "pneumoniamnist.npz"):
        (tmp_path / "course" / "data").mkdir(parents=True, exist_ok=True)
        (tmp_path / "course" / "data" / name).write_text("some")
    for lesson, expected in (
        (LESSON, {"SOURCES.json", "digits.csv"}),
        ("09_overfitting", {"SOURCES.json", "digits.csv", "breast_cancer.csv"}),
    ):
        masked = tmp_path / lesson
        write_masked_course(lesson, masked, course=_course_with_data(tmp_path))
        assert {path.name for path in (masked / "data").iterdir()} == expected


def _course_with_data(folder):
    """The course, but for its data, which are those in a folder."""
    course = folder / "course"
    for name in ("lessons", "notebooks", "utils", "tests"):
        if not (course / name).exists():
            (course / name).symlink_to(DATA_FOLDER.parent / name)
    return course
