"""Thousands of damaged notebooks: never a crash, always a row for each exercise, with its cause.

`COURSE_FUZZ=100000 pytest tests/grader/test_fuzz.py` tries more of them.
"""

import copy
import json
import os
import random

import pytest

from grader.batch import DONE
from grader.definitions import Definition
from grader.grading import Grader
from grader.messages import Graded, Unit
from tests.grader.support import COURSE, EXERCISES, LESSON, answered, as_bytes, blank, hand_in
from tests.grader.test_batch import run

MUTATIONS = int(os.environ.get("COURSE_FUZZ", "2500"))
PARTS = 5  # so that a failure names a part, and parts may run side by side

ORIGINALS = [
    *(as_bytes(answered(lesson=lesson)) for lesson in (LESSON, "02_activations")),
    as_bytes(blank()),
    json.dumps(answered(), indent=1, ensure_ascii=False).encode(),
]
JUNK = [
    *(
        None,
        True,
        0,
        -1,
        1e308,
        float("nan"),
        10**30,
        "",
        [],
        {},
        [[]],
        {"a": {}},
        "\x00",
        "\ud800",
    ),
    *(
        "code",
        "markdown",
        "raw",
        "source",
        "def step(z): pass",
        "%%bash",
        "@check",
        '"""',
        "(",
        "\\",
    ),
    *(
        LESSON,
        "02_activations",
        "../../etc/passwd",
        "<script>",
        "{{ 1 }}",
        "=1+1",
        "\u2028",
        "é" * 999,
    ),
    *(["x = 1\n", None], [1, 2, 3], {"cells": []}, [[[[[[[[[[[[1]]]]]]]]]]]], "\r", "\x1b[2J"),
]


class SilentSession:
    """Runs nothing: says of each exercise that it is missing or damaged."""

    ended = ""

    def __init__(self, cells, exercises):
        assert all(isinstance(cell, str) for cell in cells)
        text = "\n".join(cells)
        text.encode()  # what a sandbox is sent must be text that can be encoded
        self.definitions = {
            name: Definition("error", text[-300:] or "no code")
            if place % 2
            else Definition("missing")
            for place, name in enumerate(exercises)
        }

    def substitute(self, name, source):
        pass

    def close(self):
        pass


class SilentSandbox:
    def __init__(self, lesson):
        pass

    def open(self, cells, exercises, *, time_limits):
        return SilentSession(cells, exercises)

    def close(self):
        pass


# ------------------------------------------------------------------------------------ mutations


def of_bytes(rng, content):
    """Damage as files suffer it: cut, flipped, repeated, spliced."""
    damaged = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 3, 30))):
        start = rng.randrange(len(damaged) + 1)
        length = rng.choice((1, 2, 10, 1000, 100_000))
        kind = rng.randrange(6)
        if kind == 0:
            del damaged[start:]
        elif kind == 1:
            del damaged[start : start + length]
        elif kind == 2:
            damaged[start:start] = rng.randbytes(min(length, 1000))
        elif kind == 3:
            damaged[start:start] = damaged[start : start + length]
        elif kind == 4 and start < len(damaged):
            damaged[start] ^= 1 << rng.randrange(8)
        else:
            damaged[start : start + length] = rng.choice(ORIGINALS)[start : start + length]
    return bytes(damaged)


def places(node, found):
    """Every place of a JSON document where something hangs, as (container, key)."""
    keys = (
        node.keys()
        if isinstance(node, dict)
        else range(len(node))
        if isinstance(node, list)
        else ()
    )
    for key in list(keys):
        found.append((node, key))
        places(node[key], found)
    return found


def of_structure(rng, content):
    """Damage as programs do it: parts that are missing, doubled, swapped, of another kind."""
    document = json.loads(content)
    for _ in range(rng.choice((1, 1, 2, 5, 50))):
        all_places = places(document, [])
        if not all_places:
            break
        container, key = rng.choice(all_places)
        kind = rng.randrange(6)
        if kind == 0:
            del container[key]
        elif kind == 1:
            container[key] = copy.deepcopy(rng.choice(JUNK))
        elif kind == 2:
            other, other_key = rng.choice(all_places)
            container[key] = copy.deepcopy(other[other_key])
        elif kind == 3 and isinstance(container, list):
            container.insert(rng.randrange(len(container) + 1), copy.deepcopy(container[key]))
        elif kind == 4 and isinstance(container, dict):
            container[rng.choice(["source", "cells", "cell_type", "input", ""])] = container[key]
        elif isinstance(container, list):
            rng.shuffle(container)
    return json.dumps(document).encode()


def of_cells(rng, content):
    """Damage as people do it: cells copied, split, moved, retyped, lines typed into them."""
    document = json.loads(content)
    cells = document["cells"]
    for _ in range(rng.choice((1, 3, 10, 40))):
        place = rng.randrange(len(cells))
        cell = cells[place]
        lines = "".join(cell["source"]).split("\n")
        kind = rng.randrange(6)
        if kind == 0:
            cells.insert(rng.randrange(len(cells)), copy.deepcopy(cell))
        elif kind == 1:
            cells.append(cells.pop(place))
        elif kind == 2:
            cell["cell_type"] = rng.choice(["code", "markdown", "raw", "heading", "Code"])
        elif kind == 3:
            cut = rng.randrange(len(lines) + 1)
            cells.insert(place + 1, {**copy.deepcopy(cell), "source": "\n".join(lines[cut:])})
            cell["source"] = "\n".join(lines[:cut])
        elif kind == 4:
            typed = [
                "%time",
                "!ls '",
                "x?",
                "%%html",
                "input()",
                ")",
                '"""',
                "\t",
                "import nowhere",
            ]
            lines.insert(rng.randrange(len(lines) + 1), rng.choice(typed))
            cell["source"] = "\n".join(lines)
        elif len(cells) > 1:
            del cells[place]
    return json.dumps(document).encode()


KINDS = (of_bytes, of_structure, of_cells)


# ---------------------------------------------------------------------------------------- tests


def check(graded, seed):
    """Every exercise of one lesson has a row, and every row without its points a cause."""
    assert graded.lesson in COURSE.lessons, seed
    exercises = COURSE.lessons[graded.lesson].exercises
    assert tuple(row.exercise for row in graded.rows) == exercises, seed
    for row in graded.rows:
        assert row.status in ("failed", "missing", "error"), seed
        assert row.failures, seed
        assert all(failure.why and failure.why.strip() for failure in row.failures), seed
    assert "\n" not in graded.problem, seed
    assert Graded.from_bytes(graded.to_bytes()).rows == graded.rows, seed
    assert len(graded.feedback) < 200_000, seed


@pytest.mark.parametrize("part", range(PARTS))
def test_damaged_notebooks_get_a_row_for_each_exercise(part):
    grader = Grader(COURSE, SilentSandbox)
    unreadable = 0
    count = MUTATIONS // PARTS
    for number in range(count):
        seed = part * count + number
        rng = random.Random(seed)
        content = KINDS[number % 3](rng, rng.choice(ORIGINALS))
        graded = grader.grade(Unit("ann", f"{LESSON}.ipynb", content))
        check(graded, seed)
        unreadable += bool(graded.problem)
    # the mutations are neither all harmless nor all deadly
    assert 0.1 * count < unreadable < 0.6 * count


@pytest.mark.sandbox
def test_damaged_notebooks_pass_through_the_whole_grader(tmp_path):
    for number in range(24):
        rng = random.Random(number)
        content = KINDS[number % 3](rng, ORIGINALS[number % len(ORIGINALS)])
        hand_in(tmp_path / "in", f"student {number:02}", content)
    hand_in(tmp_path / "in", "the last one", answered())
    code, said = run(tmp_path / "in", tmp_path / "out", workers=2, sandbox="bubblewrap")
    assert code == DONE
    assert "Traceback" not in said
    rows = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").open()]
    lessons = {}
    for row in rows:
        lessons.setdefault((row["student"], row["lesson"]), []).append(row["exercise"])
        assert row["status"] == "passed" or row["failures"][0]["why"].strip()
    assert len(lessons) == 25
    for (_, lesson), exercises in lessons.items():
        assert tuple(exercises) == COURSE.lessons[lesson].exercises
    last = [row for row in rows if row["student"] == "the last one"]
    assert [row["status"] for row in last] == ["passed"] * len(EXERCISES)
