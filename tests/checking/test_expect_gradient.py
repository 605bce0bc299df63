"""`expect_gradient` accepts right gradients, and says of wrong ones what a learner needs."""

import numpy as np
import pytest

from utils.checking.expect import expect_gradient
from utils.checking.subject import Failure

W = np.array([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]])
S = np.array([[1.0, 2.0], [-3.0, 0.5]])


def loss(w):
    """Its gradient is 2 w."""
    return float(np.sum(np.square(w)))


def complaint(got, at=W):
    with pytest.raises(Failure) as caught:
        expect_gradient(got, 2 * at, "Mind the chain.", name="dW", of="W", loss=loss, at=at)
    return caught.value


@pytest.mark.parametrize("got", [2 * W, (2 * W).tolist(), 2 * W + 1e-10])
def test_a_right_gradient_passes(got):
    expect_gradient(got, 2 * W, "why", name="dW", of="W", loss=loss, at=W)


def test_a_single_number_passes():
    expect_gradient(6.0, 6.0, "why", name="dw", of="w", loss=loss, at=3.0)


def test_the_worst_entry_is_shown_with_its_finite_difference():
    got = 2 * W
    got[1, 2] = 7.0
    got[0, 0] += 0.01
    failure = complaint(got)
    assert failure.why == "dW is off. Mind the chain."
    assert failure.got == "dW[1, 2]: 7.0; 2 of 6 entries are off, this one most"
    assert failure.expected.startswith("dW[1, 2]: -2")  # 2 w, at w = -1
    assert "finite difference" in failure.expected
    assert "±1e-05" in failure.expected
    assert np.array_equal(failure.values[1], 2 * W)


def test_the_finite_difference_comes_from_the_loss_and_not_from_what_was_expected():
    with pytest.raises(Failure) as caught:
        expect_gradient(5.0, 4.0, "why", name="dw", of="w", loss=loss, at=3.0)
    number = caught.value.expected.split(": ")[1].split(",")[0]
    assert float(number) == pytest.approx(6.0, rel=1e-4)


@pytest.mark.parametrize(
    ("got", "at", "clue"),
    [
        (-2 * W, W, "exactly the opposite sign"),
        (8 * W, W, "exactly 4 times the right one"),
        (0.5 * W, W, "exactly 0.25 times the right one"),
        (0 * W, W, "0 everywhere: no gradient arrives"),
        (W * np.inf, W, "nan or inf"),
        (2 * S.T, S, "exactly the transpose"),
        ((2 * W).T, W, "exactly the transpose"),
        (W.T, W, "of the shape of the transpose"),
        (np.ones((5, 2)), np.ones(2), "a row for each example: the batch is not summed"),
        (np.ones((1, 2)), np.ones(2), "one axis too many"),
        (4.0, np.ones(2), "a single number"),
    ],
)
def test_what_kind_of_wrong_it_is_stands_in_a_sentence(got, at, clue):
    why = complaint(got, at).why
    assert clue in why
    assert why.endswith(" Mind the chain.")


@pytest.mark.parametrize("got", [None, "text", [[1.0], [1.0, 2.0]]])
def test_what_is_no_gradient_is_refused_in_words(got):
    assert complaint(got).why.startswith("dW: ")


def test_an_expected_gradient_of_zeros_is_compared_too():
    with pytest.raises(Failure, match="0 everywhere"):
        expect_gradient(np.ones(2), np.zeros(2), "w", name="dw", of="w", loss=loss, at=np.zeros(2))
