"""A small exercise module, judged by the tests of the check."""

import sys
import types
from pathlib import Path

import pytest

from utils.checking.suite import Suite

REFERENCE = '''
import numpy as np


def column_mean(X):
    """Mean of each column."""
    return np.mean(np.asarray(X, float), axis=0)


def shifted(x, b):
    """x + b"""
    return np.asarray(x, float) + b


def make_adder(b):
    """A function that adds b."""
    return lambda x: x + b


class Counter:
    """Counts."""

    def __init__(self):
        """Start at zero."""
        self.count = 0

    def add(self, n):
        """Count n more."""
        self.count += n
        return self.count
'''

TESTS = '''
import numpy as np
import pytest

from utils.checking.exercise import also_right, exercise, mistake
from utils.checking.expect import expect_close, expect_that, no_warnings


@exercise("column_mean", points=3, minutes=5, difficulty=1, built="A mean.")
class TestColumnMean:
    def test_is_the_mean_of_each_column(self, column_mean):
        X = np.array([[1.0, 2.0], [3.0, 6.0], [8.0, 4.5]])
        expect_close(column_mean(X), [4.0, 12.5 / 3], why="a mean divides the sum by its terms.")

    @pytest.mark.parametrize("n", [4, 7])
    def test_of_equal_rows_is_a_row(self, column_mean, n):
        expect_close(column_mean(np.ones((n, 3)) * [1, 2, 3.5]), [1, 2, 3.5], why="all are alike.")

    def test_does_not_warn(self, column_mean):
        with no_warnings("there is nothing to warn of."):
            column_mean(np.ones((2, 3)))

    @mistake("You average over everything.")
    def over_everything(X):
        return np.mean(X)

    @mistake("You take the median.")
    def median(X):
        return np.median(X, axis=0)

    @mistake("You start with the second row.")
    def skips_the_first(X):
        return np.mean(X[1:], axis=0)

    @also_right
    def with_a_loop(X):
        return [sum(column) / len(column) for column in zip(*X)]


@exercise("shifted", points=4, minutes=3, difficulty=1, built="A shift.", partial=True)
class TestShifted:
    def test_adds(self, shifted):
        expect_close(shifted(np.array([1.0, 2.0]), 0.5), [1.5, 2.5], why="b is added.")

    def test_of_zero_changes_nothing(self, shifted):
        expect_close(shifted(np.array([1.0, 2.0]), 0.0), [1.0, 2.0], why="zero is nothing.")


@exercise("make_adder", points=1, minutes=3, difficulty=2, built="A closure.")
class TestMakeAdder:
    def test_adds(self, make_adder):
        got = make_adder.drive("return make_adder(b)(1.0)", b=2.0)
        expect_close(got, 3.0, why="1 + 2 is 3.")


@exercise("Counter", points=2, minutes=3, difficulty=2, built="A class.")
class TestCounter:
    def test_remembers(self, Counter):
        got = Counter.drive("""
            counter = Counter()
            counter.add(first)
            return counter.add(3)
        """, first=2)
        expect_close(got, 5, why="2 and 3 are 5.")
'''


@pytest.fixture(scope="module")
def suite(tmp_path_factory) -> Suite:
    """The example's tests, with `utils.example` as the module of its references."""
    folder: Path = tmp_path_factory.mktemp("grading")
    (folder / "example_reference.py").write_text(REFERENCE)
    module = types.ModuleType("utils.example")
    module.__file__ = str(folder / "example_reference.py")
    exec(compile(REFERENCE, module.__file__, "exec"), vars(module))
    sys.modules["utils.example"] = module
    path = folder / "test_example.py"
    path.write_text(TESTS)
    yield Suite([path])
    del sys.modules["utils.example"]
