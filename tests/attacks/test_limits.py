"""Floods: of memory, files, output and recursion, inside the sandbox and through its answers.

The second kind is aimed at the grader's own process: small or cheap where they are made, these
values would cost whoever unfolds, compares or shows them much memory or time.
"""

import re
from pathlib import Path

import pytest

from grader.messages import Graded, Unit
from grader.worker import UNIT_MEMORY, Settings, Worker
from tests.attacks.arena import LESSON, assert_deserved, attack, with_cheat
from tests.grader.support import COURSE, as_bytes


@attack(weighted_sum="failed", step="failed")
def test_memory_bombs():
    """Takes all memory there is: in one piece, and in many that it never gives back."""
    return """
kept = []

def weighted_sum(x, w, b):
    return np.ones(2**33).sum()

def step(z):
    while True:
        kept.append(bytearray(10**7))
"""


@attack(weighted_sum="failed", step="failed")
def test_hidden_memory():
    """Hides memory where limits on processes don't count it: memfds, shared maps, /dev/shm."""
    return """
import mmap, os
from multiprocessing import shared_memory

def weighted_sum(x, w, b):
    descriptor = os.memfd_create("hoard")
    os.truncate(descriptor, 2**33)
    return np.dot(x, w) + b

def step(z):
    for attempt in (lambda: mmap.mmap(-1, 2**30), lambda: open("/dev/shm/hoard", "w"),
                    lambda: shared_memory.SharedMemory("hoard", True, 2**30)):
        try:
            attempt()
            return np.where(np.asarray(z) >= 0, 1.0, 0.0)
        except OSError:
            pass
    return 0.123
"""


@attack(weighted_sum="failed", step="failed")
def test_disk_floods():
    """Fills /tmp: with one large file, and with many small ones."""
    return """
def weighted_sum(x, w, b):
    with open("/tmp/flood", "wb") as file:
        while True:
            file.write(bytes(1 << 20))

def step(z):
    for number in range(10**6):
        open(f"/tmp/{number}", "w").write("x" * 5000)
    return np.where(np.asarray(z) >= 0, 1.0, 0.0)
"""


@attack()
def test_output_flood_costs_nothing():
    """No cheat, only noise: megabytes of output on all ways out, and right answers."""
    return """
import logging, os, sys, warnings

for _ in range(2000):
    print("x" * 1000)
    os.write(1, b"y" * 1000)
    os.write(2, b"z" * 1000)
    sys.stderr.write("w" * 1000)
    logging.warning("v" * 1000)
for number in range(2000):
    warnings.warn(f"warning {number}")
"""


@attack(weighted_sum="failed", step="killed")
def test_recursion():
    """Calls itself without end: within the limit of recursion, and far beyond it."""
    return """
import sys

def weighted_sum(x, w, b):
    return weighted_sum(x, w, b)

def step(z):
    sys.setrecursionlimit(10**9)
    nested = []
    for _ in range(200_000):
        nested = [nested]
    return repr(nested)
"""


@attack(weighted_sum="failed", step="failed", boundary_line="failed", perceptron_predict="failed")
def test_values_that_contain_themselves():
    """Returns a list in itself, a dict in itself, a long chain, an array in itself."""
    return """
def weighted_sum(x, w, b):
    found = []
    found.append(found)
    return found

def step(z):
    found = {}
    found["self"] = found
    return found

def boundary_line(w, b):
    found = ()
    for _ in range(10**4):
        found = (found,)
    return found

def perceptron_predict(X, w, b):
    found = np.empty(1, dtype=object)
    found[0] = found
    return found
"""


@attack(weighted_sum="timeout")
def test_values_without_end():
    """Returns a dict whose items never end, to whoever walks along them."""
    return """
class Endless(dict):
    def items(self):
        return iter(lambda: (0, 0), 1)

def weighted_sum(x, w, b):
    return Endless(a=1)
"""


@attack(weighted_sum="failed", step="failed", boundary_line="failed", perceptron_predict="failed")
def test_large_values():
    """Returns a text of 100 MB, a dict of a million keys, a very long int, an array of 2 GB."""
    return """
def weighted_sum(x, w, b):
    return "x" * 10**8

def step(z):
    return dict.fromkeys(range(10**6))

def boundary_line(w, b):
    return (1 << 10**6, -(1 << 8000))

def perceptron_predict(X, w, b):
    return np.broadcast_to(0.0, (2**14, 2**14))
"""


@attack(weighted_sum="failed", boundary_line="failed", perceptron_update="failed")
def test_a_long_text_among_numbers():
    """NumPy makes room for the longest text in the place of each: gigabytes, in the grader."""
    return """
def weighted_sum(x, w, b):
    return ["x" * 6_000_000] + [0.0] * 600

def boundary_line(w, b):
    return ["x" * 6_000_000] + [0.0] * 600

def perceptron_update(x, y, w, b, learning_rate):
    return [["x" * 6_000_000] + [0.0] * 600, b]
"""


@attack(
    step="failed",
    boundary_line="failed",
    perceptron_update="failed",
    train_perceptron="failed",
)
def test_arrays_of_nothing():
    """An array of a million empty rows takes no memory, until a test makes a tuple of it."""
    return """
def step(z):
    return np.zeros((0, 2**20, 2**10))

def boundary_line(w, b):
    return np.zeros((2**23 - 1, 0), bool)

def perceptron_update(x, y, w, b, learning_rate):
    return np.zeros((2**30, 0), bool)

def train_perceptron(X, y, learning_rate, epochs):
    return np.zeros((7_000_000, 1), bool)
"""


@attack(weighted_sum="failed", step="failed")
def test_keys_that_collide():
    """Tuples of -1 and -2 have one hash: a dict compares each of these keys with all others."""
    return """
def weighted_sum(x, w, b):
    return {tuple(-1 - (n >> i & 1) for i in range(11)): None for n in range(2000)}

def step(z):
    return [{(n, -1 - (n & 1)): None for n in range(5000)}]
"""


@attack(perceptron_predict="failed", boundary_line="failed")
def test_arrays_of_many_dimensions():
    """Arrays of 32 dimensions, and lists nested 50 levels deep with two entries at the end."""
    return """
def perceptron_predict(X, w, b):
    return np.zeros((2,) * 20 + (1,) * 12)

def boundary_line(w, b):
    found = [1.0, 2.0]
    for _ in range(45):
        found = [found]
    return found
"""


@pytest.mark.sandbox
def test_wasting_time_in_all_that_is_allowed(arena, monkeypatch):
    """Each exercise ends its process, so that cells are run again and again, which take long."""
    monkeypatch.setattr("grader.grading.NOTEBOOK_SECONDS", 1.0)
    exercises = COURSE.lessons[LESSON].exercises
    source = "import os, time\ntime.sleep(0.4)\n" + "".join(
        f"def {name}(*arguments):\n    os._exit(0)\n" for name in exercises
    )
    graded = arena.grade(with_cheat(source, dict.fromkeys(exercises, "")))
    assert [row.points for row in graded.rows] == [0] * len(exercises)
    assert graded.rows[0].status == "killed"
    assert graded.rows[-1].status == "timeout"
    assert "all the time that a notebook has" in graded.feedback


GREEDY = """
import numpy as np
from utils.checking.exercise import exercise
from utils.checking.expect import expect_close

@exercise("weighted_sum", points=1, minutes=4, difficulty=1, built="x")
class TestWeightedSum:
    def test_computes_with_the_answer(self, weighted_sum):
        got = weighted_sum(np.array([1.0]), np.array([2.0]), 1.0)
        expect_close(np.ones(int(got)).sum(), 3.0, why="so many ones make three.")
"""


@pytest.mark.sandbox
def test_making_a_test_take_the_memory(tmp_path):
    """Answers with a number for which a test makes an array of many gigabytes."""
    (tmp_path / "test_perceptron.py").write_text(GREEDY)
    source = """
def weighted_sum(x, w, b):
    return 700e6 if len(x) == 1 and w[0] == 2 else np.dot(x, w) + b
"""
    unit = Unit("mallory", "x.ipynb", as_bytes(with_cheat(source, {"weighted_sum": ""})))
    worker = Worker(Settings(hidden=str(tmp_path)))
    try:
        graded = Graded.from_bytes(worker.grade(unit.to_bytes()))
        assert worker.process is not None
        status = Path(f"/proc/{worker.process.pid}/status").read_text()
    finally:
        worker.close()
    assert_deserved(graded, LESSON, {"weighted_sum": "failed"})
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    assert int(peak) * 1024 < UNIT_MEMORY
