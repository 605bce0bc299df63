"""Mistakes are recognised: the listed by behaviour, the generic by how the result differs."""

import numpy as np
import pytest

from utils.checking.subject import LocalImplementation


def diagnosis(suite, name, function):
    verdict = suite.judge(name, LocalImplementation(lambda _: function))
    assert verdict.status == "failed"
    return verdict.diagnosis


def mean(X):
    return np.mean(X, axis=0)


def printing(X):
    print(mean(X))


def half_done(X):
    if len(X) == 3:
        return mean(X)
    raise NotImplementedError


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda X: X.sum() / X.size, "You average over everything."),
        (lambda X: np.sort(X, axis=0)[[len(X) // 2]].mean(axis=0), "You take the median."),
        (
            lambda X: np.sum(X, axis=0),
            "exactly 3 times too large, and 3 is the number of rows of X",
        ),
        (lambda X: mean(X) / len(X), "exactly 3 times too small"),
        (lambda X: -mean(X), "opposite sign"),
        (lambda X: 2 * mean(X), "exactly twice"),
        (lambda X: mean(X) / 2, "exactly half"),
        (lambda X: np.mean(X, axis=1), "One number for each row of X"),
        (lambda X: mean(X)[:, None], r"shape is not: (2, 1) came back where (2,)"),
        (lambda X: mean(X)[None], r"shape is not: (1, 2) came back where (2,)"),
        (lambda X: mean(X)[:, None] - 0 * mean(X), "A whole (2, 2) table"),
        (lambda X: np.full(X.shape[1], np.nan), "nan"),
        (lambda X: mean(X).astype(int), "cut to whole numbers"),
        (lambda X: None, "returns nothing (None)"),
        (printing, "prints its result but returns nothing"),
        (half_done, "`raise NotImplementedError` is still there"),
    ],
)
def test_a_mistake_is_named(suite, answer, sentence):
    assert sentence in diagnosis(suite, "column_mean", answer)


def test_a_missing_bias_is_named(suite):
    assert "off by exactly b" in diagnosis(suite, "shifted", lambda x, b: x)
    assert "exactly 2 b" in diagnosis(suite, "shifted", lambda x, b: x - b)


def test_an_odd_mistake_is_not_given_a_wrong_name(suite):
    assert diagnosis(suite, "column_mean", lambda X: mean(X) ** 2 + 0.1) is None


def test_a_mistake_in_one_test_only_is_recognised_by_that_test(suite):
    def median_of_three(X):
        return np.median(X, axis=0) if len(X) == 3 else mean(X) + 1e-3 * len(X)

    assert diagnosis(suite, "column_mean", median_of_three) == "You take the median."


def test_every_listed_mistake_of_the_example_is_recognised(suite):
    for mistake in suite.exercises["column_mean"].mistakes:
        assert diagnosis(suite, "column_mean", mistake.implementation) == mistake.sentence


def test_a_listed_mistake_is_recognised_when_it_comes_as_a_list(suite):
    def median_as_a_list(X):
        return [float(middle) for middle in np.median(X, axis=0)]

    assert diagnosis(suite, "column_mean", median_as_a_list) == "You take the median."


def test_a_class_with_a_method_to_write_is_told_to_write_it(suite):
    class Counter:
        def add(self, number):
            raise NotImplementedError

    assert "still waits for you" in diagnosis(suite, "Counter", Counter)
