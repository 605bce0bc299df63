"""What passes as equal, and what a failure says."""

import warnings

import numpy as np
import pytest

from utils.checking.expect import expect_close, expect_finite, expect_that, no_warnings
from utils.checking.subject import Failure

WHY = "because."


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (1, 1.0),
        (True, 1.0),
        (np.array(2.0), 2),
        ([1, 2], np.array([1.0, 2.0])),
        ((1, 2), [1.0, 2.0]),
        ([[1], [2]], np.array([[1.0], [2.0]])),
        (1 + 5e-8, 1.0),
        (5e-10, 0.0),
        (np.nan, np.nan),
        ((1.0, [2.0]), (1, np.array([2.0]))),
        ([1.0, 2.0], (1.0, 2.0)),
        (np.array([1.0, 2.0]), (1.0, 2.0)),
        ([(np.ones((2, 1)), [0.0])], [(np.ones((2, 1)), np.zeros(1))]),
    ],
)
def test_equal_by_value(got, expected):
    expect_close(got, expected, WHY)


@pytest.mark.parametrize(
    ("got", "expected", "words"),
    [
        (1 + 1e-6, 1.0, "got:      1"),
        (1e-8, 0.0, "1e-08"),
        (np.nan, 1.0, "nan"),
        (np.inf, 1.0, "inf"),
        (None, 1.0, "nothing came back"),
        ("1.0", 1.0, "numbers are expected"),
        (np.zeros((3, 1)), np.zeros(3), r"shape \(3, 1\)"),
        (np.zeros(1), 0.0, "the shape is wrong"),
        (0.0, np.zeros(1), "the shape is wrong"),
        ([[1], [2, 3]], np.zeros((2, 2)), "different shapes"),
        (3.0, (1.0, 2.0), "One value came back where 2 values"),
        ((1.0, 2.0, 3.0), (1.0, 2.0), "3 values came back where 2 are expected"),
        (None, (1.0, 2.0), "Nothing came back"),
        ({"a": 1}, 1.0, "numbers are expected"),
    ],
)
def test_different_by_value(got, expected, words):
    with pytest.raises(Failure, match=words):
        expect_close(got, expected, WHY)


def test_a_part_is_named():
    with pytest.raises(Failure, match="db: because") as caught:
        expect_close((np.ones(2), 3.0), (np.ones(2), 4.0), WHY, parts=("dW", "db"))
    assert caught.value.whole is not None


def test_the_worst_entry_of_a_large_array_is_shown():
    right = np.zeros((5, 6))
    got = right.copy()
    got[1, 2], got[3, 4] = 0.5, -7.0
    with pytest.raises(Failure) as caught:
        expect_close(got, right, WHY)
    assert "at [3, 4]: -7.0 instead of 0.0" in caught.value.got
    assert "2 of 30 entries" in caught.value.got


def test_a_wrong_type_of_entries_in_an_expected_array_is_no_excuse():
    with pytest.raises(Failure):
        expect_close(np.array([1, 2]), np.array([1.5, 2.5]), WHY)


def test_a_property_that_holds_passes_and_one_that_does_not_is_explained():
    expect_that(np.bool_(True), WHY)
    with pytest.raises(Failure, match="because") as caught:
        expect_that([] == [1], WHY, got=np.array([1.0]), expected="an empty list")
    assert caught.value.got == "np.array([1.0])"
    assert caught.value.expected == "an empty list"


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_finite_means_neither_inf_nor_nan(bad):
    expect_finite(np.array([1e300, -1e300]), WHY)
    with pytest.raises(Failure):
        expect_finite(np.array([0.0, bad]), WHY)


def test_a_warning_costs_only_where_none_is_expected():
    with no_warnings(WHY):
        pass
    with pytest.raises(Failure, match="RuntimeWarning: too large"), no_warnings(WHY):
        warnings.warn("too large", RuntimeWarning, stacklevel=1)


@pytest.mark.parametrize("got", [10**400, [10**400, 1], -(10**30)])
def test_whole_numbers_of_any_size_are_compared_without_a_crash(got):
    with pytest.raises(Failure, match="because"):
        expect_close(got, np.ones(2) if isinstance(got, list) else 1.0, WHY)
