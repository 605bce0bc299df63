"""Exercises of no lesson, for what crosses the trust boundary: see test_boundary.py.

Listed as mistakes and right answers are all the kinds of things that a learner's function may do.
"""

import numpy as np

from utils.checking.exercise import also_right, exercise, mistake
from utils.checking.expect import expect_close, expect_that, no_warnings
from utils.perceptron import step

describe = {"points": 4, "minutes": 1, "difficulty": 1, "built": "Nothing."}


@exercise("draws", **describe)
class TestDraws:
    def test_draws_from_the_generator_it_is_given(self, draws):
        rng, twin = np.random.default_rng(5), np.random.default_rng(5)
        expect_close(draws(rng, 3), twin.normal(size=3), why="Draw from rng.")

    def test_moves_the_generator_on(self, draws):
        rng, twin = np.random.default_rng(5), np.random.default_rng(5)
        first = draws(rng, 3)
        twin.normal(size=3)
        expect_close(draws(rng, 2), twin.normal(size=2), why="Two calls draw different numbers.")
        expect_that(rng.random() == twin.random(), "The test's own generator has moved on.")
        expect_that(len(first) == 3, "Three.")

    def test_the_same_generator_twice_is_one(self, draws):
        rng, twin = np.random.default_rng(6), np.random.default_rng(6)
        expect_close(
            draws(rng, 2, extra=rng),
            np.append(twin.normal(size=2), twin.normal()),
            why="Both arguments are one generator.",
        )

    @also_right
    def right(rng, n, extra=None):
        drawn = rng.normal(size=n)
        return drawn if extra is None else np.append(drawn, extra.normal())

    @also_right
    def one_by_one(rng, n, extra=None):
        return [rng.normal() for _ in range(n)] + ([] if extra is None else [extra.normal()])

    @mistake("Another generator.")
    def its_own(rng, n, extra=None):
        return np.random.default_rng(5).normal(size=n)

    @mistake("A copy.")
    def a_copy(rng, n, extra=None):
        import copy

        return copy.deepcopy(rng).normal(size=n)


@exercise("adds", **describe)
class TestAdds:
    def test_adds_one(self, adds):
        a = np.array([[1.0, 2.0], [3.0, 4.0]])
        expect_close(adds(a), [[2.0, 3.0], [4.0, 5.0]], why="One more.")

    def test_of_a_view(self, adds):
        a = np.arange(12.0).reshape(3, 4)[::-1, ::2]
        expect_close(adds(a), np.array([[9.0, 11], [5, 7], [1, 3]]), why="One more.")

    def test_of_numbers(self, adds):
        expect_close(adds(3), 4, why="One more.")
        expect_close(adds(np.float64(3)), 4, why="One more.")
        expect_close(adds(True), 2, why="One more.")

    def test_of_lists_and_dicts(self, adds):
        expect_close(adds([np.zeros(2), np.ones(2)]), [np.ones(2), 2 * np.ones(2)], why="Each.")
        expect_close(adds({"a": np.zeros(2)}), [1.0, 1.0], why="Its a.")

    @also_right
    def right(a):
        if isinstance(a, dict):
            return a["a"] + 1
        return [part + 1 for part in a] if isinstance(a, list) else a + 1

    @mistake("In place.")
    def in_place(a):
        a += 1
        return a

    @mistake("In place within a list.")
    def inside(a):
        if isinstance(a, dict):
            a["a"] += 1
            return a["a"]
        if isinstance(a, list):
            a[0] += 1
            return [a[0], a[1] + 1]
        return a + 1

    @mistake("Adds to the list.")
    def grows(a):
        if isinstance(a, list):
            a.append(None)
            return [a[0] + 1, a[1] + 1]
        return a["a"] + 1 if isinstance(a, dict) else a + 1

    @mistake("Puts what can't be sent into the list.")
    def hides(a):
        if isinstance(a, list):
            a.append(object())
            return [a[0] + 1, a[1] + 1]
        return a["a"] + 1 if isinstance(a, dict) else a + 1

    @mistake("Prints.")
    def prints(a):
        print(a + 1)

    @mistake("Prints a flood.")
    def floods(a):
        for line in range(10_000):
            print("line", line)

    @mistake("Divides.")
    def divides(a):
        return a / 0


@exercise("Counter", **describe)
class TestCounter:
    def test_counts(self, Counter):
        got = Counter.drive(
            """
            counter = Counter(start)
            counter.add()
            counter.add()
            return counter.total
            """,
            start=np.array([1.0, 2.0]),
        )
        expect_close(got, [3.0, 4.0], why="Two more.")

    def test_two_counters_are_two(self, Counter):
        got = Counter.drive("a, b = Counter(0), Counter(0)\na.add()\nreturn a.total, b.total")
        expect_close(got, (1, 0), why="Each its own.", parts=("a", "b"))

    def test_makes_functions(self, Counter):
        got = Counter.drive("return Counter(1).adder()(x)", x=np.float64(2.5))
        expect_close(got, 3.5, why="1 + 2.5.")

    @also_right
    class Right:
        def __init__(self, start):
            self.total = start

        def add(self):
            self.total = self.total + 1

        def adder(self):
            return lambda x: self.total + x

    @mistake("In place.")
    class InPlace:
        def __init__(self, start):
            self.total = start

        def add(self):
            self.total += 1

        def adder(self):
            return lambda x: self.total + x

    @mistake("Shared.")
    class Shared:
        all = [0]

        def __init__(self, start):
            self.all[0] = start

        def add(self):
            self.all[0] = self.all[0] + 1

        @property
        def total(self):
            return self.all[0]

        def adder(self):
            return lambda x: self.total + x

    @mistake("No method.")
    class Half:
        def __init__(self, start):
            self.total = start

    @mistake("No class.")
    def function(start):
        return start


@exercise("applies", **describe)
class TestApplies:
    def test_applies_a_function_of_the_course(self, applies):
        expect_close(applies(step, np.array([-1.0, 1.0])), [0.0, 1.0], why="step of each.")

    @also_right
    def right(f, x):
        return f(x)

    @mistake("Returns the function.")
    def returns_it(f, x):
        return f

    @mistake("Puts it away.")
    def wrong(f, x):
        return x


@exercise("calm", **describe)
class TestCalm:
    def test_warns_of_nothing(self, calm):
        with no_warnings("Nothing overflows here."):
            got = calm(np.array([-800.0, 0.0, 800.0]))
        expect_close(got, [0.0, 0.5, 1.0], why="The sigmoid.")

    @also_right
    def right(z):
        return (1 + np.tanh(z / 2)) / 2

    @also_right
    def quiet(z):
        with np.errstate(over="ignore"):
            return 1 / (1 + np.exp(-z))

    @mistake("Overflows.")
    def overflows(z):
        return 1 / (1 + np.exp(-z))

    @mistake("Warns.")
    def warns(z):
        import warnings

        warnings.warn("a user's warning")
        return (1 + np.tanh(z / 2)) / 2

    @mistake("Warns of something of its own.")
    def warns_of_its_own(z):
        import warnings

        class MyWarning(Warning):
            pass

        warnings.warn("my own", MyWarning)
        return (1 + np.tanh(z / 2)) / 2

    @mistake("Many.")
    def many(z):
        import warnings

        for number in range(100):
            warnings.warn(f"warning {number}")
        return (1 + np.tanh(z / 2)) / 2


@exercise("gives", **describe)
class TestGives:
    """Kinds of results: those that are plain, and others."""

    def test_one(self, gives):
        expect_close(gives(), 1, why="One.")

    @also_right
    def a_bool():
        return True

    @also_right
    def a_float():
        return 1.0

    @also_right
    def a_single():
        return np.float32(1)

    @also_right
    def an_array():
        return np.array(1)

    @also_right
    def a_complex():
        return np.array(1 + 0j)

    @also_right
    def a_subclass():
        class Mine(int):
            pass

        return Mine(1)

    @mistake("-")
    def a_matrix():
        return np.matrix([[1]])

    @mistake("-")
    def a_masked_array():
        return np.ma.masked_array([1.0], [True])

    @mistake("-")
    def nothing():
        return None

    @mistake("-")
    def a_text():
        return "1"

    @mistake("-")
    def an_ellipsis():
        return ...

    @mistake("-")
    def a_set():
        return {1}

    @mistake("-")
    def an_iterator():
        return iter([1])

    @mistake("-")
    def itself():
        return np.exp

    @mistake("-")
    def a_class():
        return int

    @mistake("-")
    def objects():
        return np.array([None, 1])

    @mistake("-")
    def words():
        return np.array(["one"])

    @mistake("-")
    def a_decimal():
        import decimal

        return decimal.Decimal(1)

    @mistake("-")
    def not_a_number():
        return float("nan")

    @mistake("-")
    def infinity():
        return -np.inf

    @mistake("-")
    def enormous():
        return 10**300

    @mistake("-")
    def nested():
        return [[1, (2, {"a": np.arange(3)})], []]

    @mistake("-")
    def a_ragged_list():
        return [[1], [2, 3]]

    @mistake("-")
    def empty():
        return np.zeros((0, 3))

    @mistake("-")
    def bottomless():
        deep = []
        for _ in range(70):
            deep = [deep]
        return deep

    @mistake("-")
    def a_structure():
        return np.zeros(2, "i4,f8")

    @mistake("-")
    def a_rigged_object():
        class Rigged:
            def __eq__(self, other):
                return True

            def __array__(self, *args, **kwargs):
                return np.array(1)

        return Rigged()

    @mistake("-")
    def a_rigged_array():
        class Rigged(np.ndarray):
            def __array_function__(self, *args, **kwargs):
                return True

            def __array_ufunc__(self, *args, **kwargs):
                return True

            def __eq__(self, other):
                return True

        return np.array(2).view(Rigged)


@exercise("fails", **describe)
class TestFails:
    """Ways to fail."""

    def test_one(self, fails):
        expect_close(fails(1), 1, why="One.")

    @also_right
    def right(x):
        return x

    @mistake("-")
    def divides(x):
        return x / 0

    @mistake("-")
    def asserts(x):
        assert x == 2, "it is not two"

    @mistake("-")
    def leaves(x):
        raise SystemExit(0)

    @mistake("-")
    def calls_itself(x):
        return fails(x)  # noqa: F821

    @mistake("-")
    def unknown(x):
        return never_heard_of  # noqa: F821

    @mistake("-")
    def wrong_arguments():
        return 1

    @mistake("-")
    def rude(x):
        class Rude(Exception):
            def __str__(self):
                raise ValueError

        raise Rude

    @mistake("-")
    def long_winded(x):
        raise ValueError("a word " * 200)

    @mistake("-")
    def many_lines(x):
        raise ValueError("first\nsecond\nthird")

    @mistake("-")
    def through_helpers(x):
        def inner(y):
            raise KeyError(y)

        return [inner(number) for number in range(x)]

    @mistake("-")
    def too_much_memory(x):
        return np.zeros(2**60)


@exercise("ends", **describe, time_limit=0.4)
class TestEnds:
    def test_ends(self, ends):
        expect_close(ends(), 1, why="One.")

    @also_right
    def right():
        return 1

    @mistake("-")
    def never():
        while True:
            pass

    @mistake("-")
    def stubborn():
        while True:
            try:
                while True:
                    pass
            except BaseException:  # noqa: BLE001
                pass

    @mistake("-")
    def sleeps():
        import time

        time.sleep(3600)
