"""What counts as a plain value, and when two are the same."""

import enum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.checking.plain import MAX_DEPTH, NotPlain, copy_generator, same, snapshot, to_plain

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(PLAIN)
def test_plain_values_stay_as_they_are(value):
    plain = to_plain(value)
    assert type(plain) is type(value)
    assert same(plain, value)


@given(PLAIN)
def test_a_snapshot_is_the_same_as_what_it_was_taken_of(value):
    assert same(snapshot(value), value)


def test_a_snapshot_does_not_follow_later_changes():
    array, inner = np.zeros((2, 3)), [1.0]
    taken = snapshot({"a": array, "b": (inner,)})
    array[0, 0] = 7
    inner.append(2.0)
    assert taken["a"][0, 0] == 0
    assert taken["b"] == ([1.0],)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (np.float32(0.5), float),
        (np.int64(3), int),
        (np.bool_(True), bool),
        (enum.IntEnum("E", "A").A, int),
        (type("Text", (str,), {})("x"), str),
    ],
)
def test_kin_of_plain_kinds_become_plain(value, kind):
    assert type(to_plain(value)) is kind
    assert to_plain(value) == value


def test_an_array_subclass_becomes_an_array():
    matrix = np.asarray([[1.0, 2.0]]).view(type("Rigged", (np.ndarray,), {}))
    assert type(to_plain([matrix])[0]) is np.ndarray


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (lambda: 0, "a function"),
        (int, "a class"),
        ({1, 2}, "an object of type set"),
        ((i for i in range(3)), "an object of type generator"),
        (np.array([None, 1]), "an array of Python objects"),
        (np.array(["a"]), "an array of text"),
        (np.datetime64("2020-01-01"), "a NumPy datetime64"),
    ],
)
def test_other_values_are_named(value, words):
    with pytest.raises(NotPlain, match=words):
        to_plain([value])


def test_nesting_has_an_end():
    endless: list = []
    endless.append(endless)
    with pytest.raises(NotPlain, match=f"more than {MAX_DEPTH} levels"):
        to_plain(endless)


@pytest.mark.parametrize(
    ("a", "b", "alike"),
    [
        (1, True, True),
        (1.0, np.array(1.0), True),
        (np.nan, np.nan, True),
        ([1, 2], (1, 2), True),
        (np.zeros(2), np.zeros((2, 1)), False),
        (np.zeros(2), np.array([0, 1e-3]), False),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {"b": 1}, False),
        ("1", 1, False),
        (None, None, True),
        (None, 0, False),
    ],
)
def test_sameness(a, b, alike):
    assert same(a, b) is alike
    assert same(b, a) is alike


def test_a_copied_generator_draws_the_same_and_leaves_the_first_alone():
    rng = np.random.default_rng(3)
    rng.random(5)
    copy = copy_generator(rng)
    drawn = copy.random(4)
    assert np.array_equal(drawn, rng.random(4))
