"""The references of lesson 04 against PyTorch, exact arithmetic, and what mathematics promises."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from utils.activations import sigmoid
from utils.losses import (
    bce_with_logits,
    bce_with_logits_gradient,
    binary_cross_entropy,
    cross_entropy,
    cross_entropy_gradient,
    loss_surface,
    mean_squared_error,
    mse_gradient,
)

torch.set_num_threads(1)

any_float = st.floats(min_value=-1e300, max_value=1e300)
ordinary = st.floats(min_value=-30, max_value=30)
sizes = st.integers(1, 6)


def labelled(elements):
    """(n,) numbers with (n,) labels, 0 or 1."""

    def pair(n):
        return st.tuples(
            arrays(float, n, elements=elements),
            arrays(float, n, elements=st.sampled_from([0.0, 1.0])),
        )

    return sizes.flatmap(pair)


def classified(elements):
    """(n, k) logits with (n,) labels from 0 to k - 1."""

    def pair(shape):
        n, k = shape
        return st.tuples(
            arrays(float, (n, k), elements=elements),
            arrays(np.int64, n, elements=st.integers(0, k - 1)),
        )

    return st.tuples(sizes, sizes).flatmap(pair)


def tensors(seed: int, n: int = 7, k: int = 4):
    """Random logits and labels, for two classes and for k."""
    rng = np.random.default_rng(seed)
    z, y = 5 * rng.normal(size=n), rng.integers(0, 2, size=n).astype(float)
    return z, y, 5 * rng.normal(size=(n, k)), rng.integers(0, k, size=n)


def torch_gradient(loss, at, truth):
    place = torch.tensor(at, requires_grad=True)
    loss(place, torch.from_numpy(truth)).backward()
    return place.grad.numpy()


# -------------------------------------------------------------------------- PyTorch


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("scale", [0.01, 1, 100, 1e10])
def test_losses_agree_with_pytorch(seed, scale):
    z, y, logits, labels = tensors(seed)
    z, logits = scale * z, scale * logits
    pairs = [
        (mean_squared_error(logits, logits[::-1]), F.mse_loss, logits, logits[::-1].copy()),
        (bce_with_logits(z, y), F.binary_cross_entropy_with_logits, z, y),
        (cross_entropy(logits, labels), F.cross_entropy, logits, labels),
    ]
    for ours, loss, prediction, truth in pairs:
        expected = loss(torch.from_numpy(prediction), torch.from_numpy(truth)).item()
        assert ours == pytest.approx(expected, rel=1e-12)
        assert type(ours) is float


@pytest.mark.parametrize("seed", range(4))
def test_losses_of_probabilities_agree_with_pytorch(seed):
    rng = np.random.default_rng(seed)
    y_hat = np.concatenate([rng.uniform(size=6), [1e-6, 1 - 1e-6, 1e-6, 1 - 1e-6]])
    y = np.concatenate([rng.integers(0, 2, size=6), [0, 1, 1, 0]]).astype(float)
    expected = F.binary_cross_entropy(torch.from_numpy(y_hat), torch.from_numpy(y)).item()
    assert binary_cross_entropy(y_hat, y) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("scale", [0.01, 1, 100])
def test_gradients_agree_with_automatic_differentiation(seed, scale):
    z, y, logits, labels = tensors(seed)
    z, logits = scale * z, scale * logits
    target = logits[::-1].copy()
    pairs = [
        (mse_gradient(logits, target), torch_gradient(F.mse_loss, logits, target)),
        (
            bce_with_logits_gradient(z, y),
            torch_gradient(F.binary_cross_entropy_with_logits, z, y),
        ),
        (
            cross_entropy_gradient(logits, labels),
            torch_gradient(F.cross_entropy, logits, labels),
        ),
    ]
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15)


# --------------------------------------------------------------------- exact arithmetic


@pytest.mark.parametrize("z", [-700.0, -40.0, -36.7, -1.0, -1e-9, 0.0, 0.3, 20.0, 40.0, 700.0])
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_every_digit_of_the_loss_of_a_logit_is_right(z, y):
    with localcontext(prec=400):
        exact = (1 + Decimal(z).exp()).ln() - Decimal(z) * Decimal(y)
        got = bce_with_logits(np.array([z]), np.array([y]))
        # the straight part and z y cancel exactly, so that even tiny losses keep their digits
        assert abs(Decimal(got) / exact - 1) < Decimal("1e-15")


@pytest.mark.parametrize("p", [1e-6, 1e-3, 0.3, 0.5, 0.9, 1 - 1e-3, 1 - 1e-6])
@pytest.mark.parametrize("y", [0, 1])
def test_probabilities_from_a_millionth_on_cost_exactly_what_the_formula_says(p, y):
    with localcontext(prec=60):
        exact = -(Decimal(p) if y == 1 else 1 - Decimal(p)).ln()
        assert binary_cross_entropy([p], [y]) == pytest.approx(float(exact), rel=1e-9)


def test_certain_probabilities_cost_what_the_syllabus_says():
    with np.errstate(all="raise"):
        assert 10 < binary_cross_entropy([0.0], [1]) < 100
        assert 10 < binary_cross_entropy([1.0], [0]) < 100
        assert 0 <= binary_cross_entropy([0.0, 1.0], [0, 1]) < 1e-3


# --------------------------------------------------------------------------- stability


@given(pair=labelled(any_float))
def test_no_finite_logit_warns_or_breaks(pair):
    z, y = pair
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        loss, gradient = bce_with_logits(z, y), bce_with_logits_gradient(z, y)
    assert math.isfinite(loss)
    assert loss >= 0
    assert gradient.shape == z.shape
    assert np.all(np.abs(gradient) <= 1 / len(z))
    worst = np.max(np.where(y == 1, -z, z)) / len(z)
    assert loss >= worst * (1 - 1e-12), "the loss is at least the worst logit's share"


@given(pair=classified(any_float))
def test_no_finite_logits_of_classes_warn_or_break(pair):
    logits, labels = pair
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        loss, gradient = cross_entropy(logits, labels), cross_entropy_gradient(logits, labels)
    assert math.isfinite(loss)
    assert loss >= 0
    assert gradient.shape == logits.shape
    np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-12)


def test_logits_at_the_edge_cost_their_distance():
    assert bce_with_logits([1e300, -1e300], [0, 1]) == 1e300
    assert bce_with_logits([1e300, -1e300], [1, 0]) == 0
    assert cross_entropy([[1e300, -1e300]], [1]) == 2e300


# ------------------------------------------------------------------- what mathematics promises


@given(pair=labelled(ordinary))
def test_a_logit_costs_what_its_probability_costs(pair):
    z, y = pair
    z = np.clip(z, -13, 13)  # probabilities from about 2e-6, where nothing is clipped
    assert bce_with_logits(z, y) == pytest.approx(binary_cross_entropy(sigmoid(z), y), rel=1e-9)


@given(pair=labelled(ordinary))
def test_two_classes_are_the_binary_case(pair):
    z, y = pair
    logits = np.column_stack([np.zeros_like(z), z])
    labels = y.astype(int)
    assert cross_entropy(logits, labels) == pytest.approx(bce_with_logits(z, y), abs=1e-12)
    np.testing.assert_allclose(
        cross_entropy_gradient(logits, labels)[:, 1], bce_with_logits_gradient(z, y), atol=1e-15
    )


@given(pair=labelled(ordinary), times=st.integers(2, 4))
def test_losses_are_means_and_gradients_shrink_with_more_examples(pair, times):
    z, y = pair
    for loss, gradient in (
        (mean_squared_error, mse_gradient),
        (bce_with_logits, bce_with_logits_gradient),
    ):
        more = np.tile(z, times), np.tile(y, times)
        assert loss(*more) == pytest.approx(loss(z, y), rel=1e-12, abs=1e-15)
        np.testing.assert_allclose(
            gradient(*more) * times, np.tile(gradient(z, y), times), rtol=1e-12, atol=1e-15
        )


@given(pair=classified(st.floats(-5, 5)))
def test_gradients_are_what_nudges_show(pair):
    logits, labels = pair
    truth = logits[::-1].copy()
    for loss, gradient in (
        (lambda a: cross_entropy(a, labels), cross_entropy_gradient(logits, labels)),
        (lambda a: mean_squared_error(a, truth), mse_gradient(logits, truth)),
    ):
        for index in np.ndindex(logits.shape):
            nudge = np.zeros(logits.shape)
            nudge[index] = 1e-5
            slope = (loss(logits + nudge) - loss(logits - nudge)) / 2e-5
            assert gradient[index] == pytest.approx(slope, rel=1e-6, abs=1e-8)


@given(pair=classified(ordinary), shift=st.floats(-1000, 1000))
def test_what_is_added_to_a_whole_row_costs_nothing(pair, shift):
    logits, labels = pair
    got = cross_entropy(logits + shift, labels)
    assert got == pytest.approx(cross_entropy(logits, labels), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("k", [1, 2, 3, 10])
def test_no_idea_costs_the_log_of_the_number_of_classes(k):
    loss = cross_entropy(np.full((4, k), -7.0), np.arange(4) % k)
    assert loss == pytest.approx(math.log(k), abs=1e-15)


@given(errors=arrays(float, array_shapes(max_dims=3, max_side=4), elements=ordinary))
def test_the_squared_error_is_a_norm(errors):
    zeros = np.zeros_like(errors)
    expected = np.linalg.norm(errors.ravel()) ** 2 / errors.size
    assert mean_squared_error(errors, zeros) == pytest.approx(expected, rel=1e-12, abs=1e-300)
    assert mean_squared_error(zeros, errors) == mean_squared_error(errors, zeros)


# ------------------------------------------------------------------------- the surface


def test_the_surface_of_a_line_is_the_quadratic_that_algebra_gives():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=9), rng.normal(size=9)
    w0, w1 = np.linspace(-2, 3, 5), np.linspace(-1, 2, 4)
    W0, W1 = np.meshgrid(w0, w1)
    expected = (
        W0**2
        + 2 * W0 * W1 * x.mean()
        + W1**2 * np.mean(x**2)
        - 2 * W0 * y.mean()
        - 2 * W1 * np.mean(x * y)
        + np.mean(y**2)
    )
    got = loss_surface(w0, w1, x, y)
    assert got.shape == (4, 5)
    np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_the_lowest_place_is_the_least_squares_line():
    x = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    y = np.array([1.0, 3.0, 2.0, 5.0, 4.0])
    slope, intercept = np.polyfit(x, y, 1)
    surface = loss_surface(np.linspace(0, 6, 61), np.linspace(-1, 3, 41), x, y)
    row, column = np.unravel_index(np.argmin(surface), surface.shape)
    assert np.linspace(0, 6, 61)[column] == pytest.approx(intercept)
    assert np.linspace(-1, 3, 41)[row] == pytest.approx(slope)


# --------------------------------------------------------------------- kinds of arguments


def test_lists_and_whole_numbers_will_do():
    assert mean_squared_error([2, 3], [1, 5]) == 2.5
    assert mean_squared_error(2, 5) == 9
    np.testing.assert_array_equal(mse_gradient([2, 3], [1, 5]), [1, -2])
    assert binary_cross_entropy([0.5], [1]) == pytest.approx(math.log(2))
    assert bce_with_logits([0, 0], [0, 1]) == pytest.approx(math.log(2))
    np.testing.assert_array_equal(bce_with_logits_gradient([0, 0], [0, 1]), [0.25, -0.25])
    assert cross_entropy([[0, 0]], [1]) == pytest.approx(math.log(2))
    np.testing.assert_array_equal(cross_entropy_gradient([[0, 0]], [1]), [[0.5, -0.5]])
    np.testing.assert_array_equal(loss_surface([1, 2], [2], [0, 1], [1, 3]), [[0, 1]])


def test_arguments_stay_as_they_were():
    z, y, logits, labels = tensors(0)
    p = np.array([0.0, 1.0, 0.5])
    kept = [array.copy() for array in (z, y, logits, labels, p)]
    for function in (mean_squared_error, mse_gradient, bce_with_logits, bce_with_logits_gradient):
        function(z, y)
    cross_entropy(logits, labels)
    cross_entropy_gradient(logits, labels)
    binary_cross_entropy(p, y[:3])
    loss_surface(z, z, z, y)
    for array, before in zip((z, y, logits, labels, p), kept, strict=True):
        np.testing.assert_array_equal(array, before)
