"""The grading tests judge what they are given, as often as asked."""

import time
import warnings

import numpy as np
import pytest

from utils.checking.subject import LocalImplementation, Reply
from utils.checking.suite import Suite, SuiteError


def right_column_mean(X):
    return np.sum(X, axis=0) / len(X)


def judge(suite, name, function, seconds=5.0):
    return suite.judge(name, LocalImplementation(lambda _: function, seconds))


def test_exercises_come_in_the_order_of_their_module(suite):
    assert list(suite.exercises) == ["column_mean", "shifted", "make_adder", "Counter"]
    assert suite.of_lesson("example") == list(suite.exercises.values())
    assert suite.of_lesson("other") == []


def test_every_reference_passes_and_earns_all_points(suite):
    for name, exercise in suite.exercises.items():
        verdict = judge(suite, name, exercise.reference)
        assert (verdict.status, verdict.points) == ("passed", exercise.points)
        assert verdict.failures == ()


def test_tests_are_named_as_sentences(suite):
    assert suite.tests_of("column_mean") == [
        "is the mean of each column",
        "of equal rows is a row (4)",
        "of equal rows is a row (7)",
        "does not warn",
    ]


def test_right_and_wrong_answers_may_be_judged_in_turn(suite):
    wrong = suite.exercises["column_mean"].mistakes[0].implementation
    for _ in range(3):
        assert judge(suite, "column_mean", right_column_mean).status == "passed"
        assert judge(suite, "column_mean", wrong).status == "failed"


def test_points_are_all_or_nothing(suite):
    verdict = judge(suite, "column_mean", lambda X: np.mean(X, axis=0) * (len(X) != 3))
    assert len(verdict.passing) == 3
    assert verdict.points == 0


def test_partial_credit_is_shared_equally(suite):
    verdict = judge(suite, "shifted", lambda x, b: x)
    assert (verdict.status, verdict.points) == ("failed", 2)


def test_a_warning_reaches_the_tests_and_nobody_else(suite):
    def warns(X):
        warnings.warn("careless", RuntimeWarning, stacklevel=1)
        return right_column_mean(X)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        verdict = judge(suite, "column_mean", warns)
    assert [result.test for result in verdict.failures] == ["does not warn"]
    assert caught == []


def test_a_failure_knows_its_call(suite):
    verdict = judge(suite, "shifted", lambda x, b: x * 2)
    failure = verdict.failures[0].failure
    assert failure.call.text() == "shifted(np.array([1.0, 2.0]), 0.5)"
    assert failure.got == "np.array([2.0, 4.0])"
    assert failure.expected == "np.array([1.5, 2.5])"


def test_a_changed_argument_fails(suite):
    def in_place(x, b):
        x += b
        return x.copy()

    verdict = judge(suite, "shifted", in_place)
    assert [result.test for result in verdict.failures] == ["adds"]
    assert "changed its argument" in verdict.failures[0].failure.why


def test_an_error_shows_only_the_learners_lines(suite):
    def broken(X):
        return np.linalg.solve(X, 1) / 0

    verdict = judge(suite, "column_mean", broken)
    call = verdict.failures[0].failure.call
    assert call.reply.error.startswith("LinAlgError: ")
    # lines of files under tests/ are hidden; those of a notebook's cells: see test_check.py
    assert call.reply.lines == ()


def test_an_endless_loop_stops_the_rest(suite):
    def endless(X):
        while True:
            time.sleep(0.001)

    verdict = judge(suite, "column_mean", endless, seconds=0.05)
    assert (verdict.status, len(verdict.results)) == ("timeout", 1)
    assert judge(suite, "column_mean", right_column_mean).status == "passed"


def test_a_dead_process_stops_the_rest(suite):
    class Dead:
        def call(self, name, arguments, keywords):
            return Reply("killed", error="it ran out of memory")

    verdict = suite.judge("column_mean", Dead())
    assert (verdict.status, len(verdict.results)) == ("killed", 1)


@pytest.mark.parametrize("value", [lambda: 0, {1}, np.array([None]), (x for x in ())])
def test_what_is_no_plain_value_fails_in_words(suite, value):
    verdict = judge(suite, "column_mean", lambda X: value)
    assert verdict.status == "failed"
    assert "Return a number, an array" in verdict.failures[0].failure.why


@pytest.mark.parametrize("error", [SystemExit, GeneratorExit, RecursionError, MemoryError])
def test_no_exception_of_a_learner_escapes(suite, error):
    def raises(X):
        raise error

    verdict = judge(suite, "column_mean", raises)
    assert verdict.status == "failed"
    assert error.__name__ in verdict.failures[0].failure.got


def test_driver_code_runs_beside_classes_and_returned_functions(suite):
    class Forgetful:
        def add(self, n):
            return n

    assert judge(suite, "Counter", Forgetful).status == "failed"
    verdict = judge(suite, "make_adder", lambda b: lambda x: x - b)
    assert verdict.failures[0].failure.call.text() == "b = 2.0\nreturn make_adder(b)(1.0)"


def test_a_missing_module_is_named(tmp_path):
    with pytest.raises(SuiteError, match=r"no test module .*test_none\.py"):
        Suite([tmp_path / "test_none.py"])


def test_a_broken_module_is_named(tmp_path):
    path = tmp_path / "test_broken.py"
    path.write_text("def test_x(:\n")
    with pytest.raises(SuiteError, match=r"test_broken\.py"):
        Suite([path])


def test_a_test_outside_an_exercise_is_named(tmp_path):
    path = tmp_path / "test_stray.py"
    path.write_text("def test_x():\n    pass\n")
    with pytest.raises(SuiteError, match=r"test_stray\.py:1: test_x stands outside"):
        Suite([path])


def test_two_exercises_of_one_name_are_refused(tmp_path):
    text = (
        "from utils.checking.exercise import exercise\n"
        "@exercise('twice', points=1, minutes=1, difficulty=1, built='x')\n"
        "class TestTwice:\n"
        "    def test_it(self, twice): pass\n"
    )
    (tmp_path / "test_one.py").write_text(text)
    (tmp_path / "test_two.py").write_text(text)
    with pytest.raises(SuiteError, match="Two classes describe the exercise 'twice'"):
        Suite([tmp_path / "test_one.py", tmp_path / "test_two.py"])
