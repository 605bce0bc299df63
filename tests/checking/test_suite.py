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


FIXTURES = """
import pytest
from utils.checking.exercise import exercise
from utils.checking.expect import expect_close

torn_down = []

@exercise("step", points=2, minutes=1, difficulty=1, built="A step.")
class TestStep:
    @pytest.fixture
    def zero(self):
        yield 0.0
        torn_down.append("zero")

    @pytest.fixture
    def doubled(self, request):
        return 2 * request.param

    def test_is_plain(self, step):
        expect_close(step(-1.0), 0.0, why="plain")

    def test_has_a_fixture(self, zero, step):
        expect_close(step(zero), 1.0, why="a fixture")

    @pytest.mark.parametrize("z", [1.0, 2.0])
    def test_has_a_parameter(self, z, step):
        expect_close(step(z), 1.0, why="a parameter")

    @pytest.mark.parametrize("doubled", [3.0], indirect=True)
    def test_has_an_indirect_parameter(self, step, doubled):
        expect_close(doubled, 6.0, why="indirect")
        expect_close(step(doubled), 1.0, why="indirect")

    def test_is_plain_too(self, step):
        expect_close(step(-2.0), 0.0, why="plain")

@exercise("weighted_sum", points=1, minutes=1, difficulty=1, built="A sum.")
class TestWeightedSum:
    @pytest.fixture
    def one(self):
        return 1.0

    def test_has_a_fixture(self, weighted_sum, one):
        expect_close(weighted_sum(one, one, one), 2.0, why="a fixture")
"""


def test_tests_with_fixtures_of_their_own_and_others_may_take_turns(tmp_path):
    module = tmp_path / "test_perceptron.py"
    module.write_text(FIXTURES)
    suite = Suite([module])
    for rounds in (1, 2):
        verdict = judge(suite, "step", lambda z: float(z >= 0))
        assert (verdict.status, len(verdict.results)) == ("passed", 6)
        assert judge(suite, "weighted_sum", lambda x, w, b: x * w + b).status == "passed"
        torn_down = suite.exercises["step"].tests.test_is_plain.__globals__["torn_down"]
        assert torn_down == ["zero"] * rounds
    verdict = judge(suite, "step", lambda z: float(z > 0))
    assert [result.test for result in verdict.failures] == ["has a fixture"]
    assert [len(result.calls) for result in verdict.results] == [1] * 6
