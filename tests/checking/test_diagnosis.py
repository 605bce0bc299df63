"""Mistakes are recognised: the listed by behaviour, the generic by how the result differs."""

import itertools
import math

import numpy as np
import pytest

from utils.checking import diagnosis as diagnosing
from utils.checking.subject import Call, LocalImplementation, Reply


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


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda X: X.sum(axis=0) if X > 0 else 0, "one yes-or-no question"),
        (lambda X: X.sum(axis=0) ^ 2, "A power is written"),
        (lambda X: X.sum(axis=0) == 0 & X[0] == 1, "brackets around each comparison"),
        (lambda X: X @ X, "do not fit a product"),
        (lambda X: X + np.ones(X.shape[1] + 7), "do not fit together entry by entry"),
        (lambda X: np.array([X[0], X[0, :1]]), "different lengths"),
        (lambda X: X[0.5], "An index must be a whole number"),
        (lambda X: [1.0, 2.0][len(X) + 5], "past the end"),
        (lambda X: X[len(X)], "past the end"),
        (lambda X: math.exp(X), "got a whole array"),
        (lambda X: X(0), "no function stands before round brackets"),
        (lambda X: [X].sort()[0], "returns None"),
        (lambda X: endless(X), "calls itself again and again"),
    ],
)
def test_common_errors_are_explained(suite, answer, words):
    assert words in diagnosis(suite, "column_mean", answer)


def endless(X):
    return endless(X)


def test_a_missing_bias_is_named(suite):
    assert "off by exactly b" in diagnosis(suite, "shifted", lambda x, b: x)
    assert "exactly 2 b" in diagnosis(suite, "shifted", lambda x, b: x - b)


def test_an_odd_mistake_is_not_given_a_wrong_name(suite):
    assert diagnosis(suite, "column_mean", lambda X: mean(X) ** 2 + 0.1) is None


def test_a_mistake_seen_in_the_first_failing_test_only_is_recognised_by_that_test(suite):
    def median_of_three(X):
        return np.median(X, axis=0) if len(X) == 3 else mean(X) + 1e-3 * len(X)

    assert diagnosis(suite, "column_mean", median_of_three) == "You take the median."


def test_a_mistake_is_not_named_that_fails_what_the_answer_passes(suite):
    def from_the_second_row_of_three(X):
        return np.mean(X[1:], axis=0) if len(X) == 3 else mean(X)

    # the listed mistake of this first test fails no other: named. Averaging over everything does.
    assert diagnosis(suite, "column_mean", from_the_second_row_of_three) == (
        "You start with the second row."
    )
    assert diagnosis(suite, "column_mean", lambda X: X.mean() if len(X) == 3 else mean(X)) is None


def test_printing_in_some_cases_only_is_named(suite):
    def prints_for_three(X):
        if len(X) == 3:
            return print(mean(X))
        return mean(X) + 1.0

    assert "prints its result" in diagnosis(suite, "column_mean", prints_for_three)


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


class TestAnswersThatAreKept:
    """A listed mistake is asked once what the tests ask of every submission."""

    @pytest.fixture(autouse=True)
    def none_kept(self, monkeypatch):
        monkeypatch.setattr(diagnosing, "_ANSWERS", {})

    def ask(self, function, *arguments):
        call = Call("f", arguments, {}, None, Reply("returned", 0.0), changed=False)
        return diagnosing._known_or_again(function, diagnosing._Asked.of(call))

    def counted(self, answer):
        def function(*arguments):
            function.times += 1
            return answer(*arguments)

        function.times = 0
        return function

    def test_the_same_question_is_asked_once(self):
        doubled = self.counted(lambda x: 2 * x)
        for _ in range(3):
            reply, changed = self.ask(doubled, np.array([1.0, 2.0]))
            assert reply.value.tolist() == [2.0, 4.0]
            assert not changed
        assert doubled.times == 1
        assert self.ask(doubled, np.array([1.0, 3.0]))[0].value.tolist() == [2.0, 6.0]
        assert self.ask(doubled, np.array([[1.0, 2.0]]))[0].value.tolist() == [[2.0, 4.0]]
        assert self.ask(doubled, np.random.default_rng(0).normal())[0].outcome == "returned"
        assert doubled.times == 4

    def test_another_function_is_asked_too(self):
        x = np.array([3.0])
        assert self.ask(lambda x: x + 1, x)[0].value == [4.0]
        assert self.ask(lambda x: x + 2, x)[0].value == [5.0]

    def test_a_generator_further_on_is_another_question(self):
        draw = self.counted(lambda rng: rng.normal())
        rng = np.random.default_rng(0)
        first = self.ask(draw, np.random.default_rng(0))[0].value
        assert self.ask(draw, rng)[0].value == first
        rng.normal()
        assert self.ask(draw, rng)[0].value != first
        assert draw.times == 2

    def test_what_changes_its_argument_is_known_for_it(self):
        x = np.array([3.0, 1.0])
        for _ in range(2):
            assert self.ask(lambda x: x.sort() or 1.0, x)[1]
            assert x.tolist() == [3.0, 1.0]

    def test_what_has_no_fingerprint_is_asked_again(self):
        called = self.counted(lambda f: f(2.0))
        assert [self.ask(called, lambda x: x**2)[0].value for _ in range(2)] == [4.0, 4.0]
        assert called.times == 2

    def test_what_took_too_long_is_asked_again(self, monkeypatch):
        monkeypatch.setattr(diagnosing, "REPLAY_SECONDS", 0.02)
        forever = self.counted(lambda: [number for number in itertools.count() if number < 0])
        assert [self.ask(forever)[0].outcome for _ in range(2)] == ["timeout", "timeout"]
        assert forever.times == 2

    def test_little_is_kept(self, monkeypatch):
        large = self.counted(np.zeros)
        for _ in range(2):
            assert self.ask(large, 100_000)[0].value.shape == (100_000,)
        assert large.times == 2
        monkeypatch.setattr(diagnosing, "MAX_ANSWERS", 3)
        for number in range(50):
            assert self.ask(float, number)[0].value == number
            assert len(diagnosing._ANSWERS) <= 3
