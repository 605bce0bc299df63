"""The references of lesson 05 against PyTorch in float64, closed forms, and what is promised."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from utils.datasets import load_breast_cancer, load_diabetes
from utils.gradient_descent import (
    gradient_descent,
    gradient_step,
    linear_regression_gradient,
    logistic_regression_gradient,
    numerical_gradient,
    train_logistic_regression,
)
from utils.losses import bce_with_logits, mean_squared_error

torch.set_num_threads(1)

few = st.integers(1, 6)
seeds = st.integers(0, 2**32 - 1)


def problem(n, m, seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, m)), rng.normal(size=n), rng.normal(size=m), float(rng.normal())


# ------------------------------------------------------------------------ the gradient


@pytest.mark.parametrize("shape", [(), (1,), (4,), (2, 3), (2, 1, 3)])
def test_numerical_gradients_agree_with_autograd(shape):
    w = np.random.default_rng(len(shape)).normal(size=shape)
    tensor = torch.tensor(w, requires_grad=True)
    (torch.sin(tensor) * torch.exp(0.3 * tensor)).sum().backward()
    got = numerical_gradient(lambda w: np.sum(np.sin(w) * np.exp(0.3 * w)), w, 1e-5)
    assert got.shape == shape
    np.testing.assert_allclose(got, tensor.grad, rtol=1e-7, atol=1e-9)


@given(w=st.floats(-10, 10), epsilon=st.floats(1e-3, 1))
def test_central_differences_of_a_parabola_are_exact(w, epsilon):
    got = numerical_gradient(lambda w: 3 * w[0] ** 2 - w[0], np.array([w]), epsilon)
    np.testing.assert_allclose(got, [6 * w - 1], rtol=1e-8, atol=1e-8)


def test_whole_numbers_are_nudged_by_fractions():
    # an integer array would swallow the nudge, and every slope would be 0
    got = numerical_gradient(lambda w: np.sum(w**2), np.array([1, 2, 3]), 1e-4)
    np.testing.assert_allclose(got, [2, 4, 6], rtol=1e-7)


def test_the_place_is_left_as_it_was():
    w = np.array([0.1, 0.2, 0.3])
    numerical_gradient(lambda w: np.sum(w**3), w, 1e-5)
    np.testing.assert_array_equal(w, [0.1, 0.2, 0.3])


def test_it_takes_two_calls_for_each_weight():
    calls = []
    numerical_gradient(lambda w: calls.append(1) or 0.0, np.zeros((3, 4)), 1e-5)
    assert len(calls) == 24


# ------------------------------------------------------------------------- the descent


@given(seed=seeds, learning_rate=st.floats(1e-4, 10))
def test_a_step_is_that_of_pytorchs_sgd(seed, learning_rate):
    rng = np.random.default_rng(seed)
    w, gradient = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    tensor = torch.tensor(w)
    tensor.grad = torch.tensor(gradient)
    torch.optim.SGD([tensor], lr=learning_rate).step()
    np.testing.assert_allclose(gradient_step(w, gradient, learning_rate), tensor, rtol=1e-12)


def test_steps_take_numbers_lists_and_whole_numbers():
    assert gradient_step(2, 3, 0.5) == 0.5
    np.testing.assert_array_equal(gradient_step([2, 4], [1, 1], 0.5), [1.5, 3.5])
    np.testing.assert_array_equal(gradient_step(np.array([2]), np.array([1]), 0.5), [1.5])


@given(p=few, steps=st.integers(0, 20), learning_rate=st.floats(0.01, 2.5), seed=seeds)
def test_a_walk_down_a_quadratic_has_a_closed_form(p, steps, learning_rate, seed):
    rng = np.random.default_rng(seed)
    curvatures, w0 = rng.uniform(0.1, 1, size=p), rng.normal(size=p)
    path = gradient_descent(lambda w: curvatures * w, w0, learning_rate, steps)
    assert path.shape == (steps + 1, p)
    powers = (1 - learning_rate * curvatures) ** np.arange(steps + 1)[:, np.newaxis]
    np.testing.assert_allclose(path, powers * w0, rtol=1e-9, atol=1e-12)


def test_a_walk_from_whole_numbers_is_not_cut_to_whole_numbers():
    path = gradient_descent(lambda w: w, np.array([3, 1]), 0.25, 1)
    np.testing.assert_array_equal(path, [[3, 1], [2.25, 0.75]])


def test_no_steps_are_a_path_of_one_place():
    w0 = np.array([1.0, 2.0])
    path = gradient_descent(lambda w: 1 / 0, w0, 0.1, 0)  # the gradient is not even asked for
    np.testing.assert_array_equal(path, [[1, 2]])
    path[0, 0] = 5
    assert w0[0] == 1, "the path is a table of its own"


# --------------------------------------------------------------- two models that learn


@given(n=few, m=few, seed=seeds)
def test_the_gradient_of_linear_regression_agrees_with_autograd(n, m, seed):
    X, y, w, b = problem(n, m, seed)
    w_t = torch.tensor(w, requires_grad=True)
    b_t = torch.tensor(b, dtype=torch.float64, requires_grad=True)
    F.mse_loss(torch.tensor(X) @ w_t + b_t, torch.tensor(y)).backward()
    dw, db = linear_regression_gradient(X, y, w, b)
    assert dw.shape == (m,)
    assert isinstance(db, float)
    np.testing.assert_allclose(dw, w_t.grad, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(db, b_t.grad, rtol=1e-10, atol=1e-12)


@given(n=few, m=few, seed=seeds)
def test_the_gradient_of_logistic_regression_agrees_with_autograd(n, m, seed):
    X, y, w, b = problem(n, m, seed)
    y = (y > 0).astype(float)
    w_t = torch.tensor(w, requires_grad=True)
    b_t = torch.tensor(b, dtype=torch.float64, requires_grad=True)
    logits = torch.tensor(X) @ w_t + b_t
    F.binary_cross_entropy_with_logits(logits, torch.tensor(y)).backward()
    dw, db = logistic_regression_gradient(X, y, w, b)
    assert dw.shape == (m,)
    assert isinstance(db, float)
    np.testing.assert_allclose(dw, w_t.grad, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(db, b_t.grad, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("gradient", [linear_regression_gradient, logistic_regression_gradient])
def test_lists_and_whole_numbers_do_as_well(gradient):
    X, y, w = [[1, 2], [3, 4], [0, 5]], [1, 0, 1], [1, -1]
    dw, db = gradient(X, y, w, 1)
    expected = gradient(np.array(X, float), np.array(y, float), np.array(w, float), 1.0)
    np.testing.assert_array_equal(dw, expected[0])
    assert db == expected[1]


@pytest.mark.parametrize(
    ("gradient", "loss"),
    [
        (linear_regression_gradient, mean_squared_error),
        (logistic_regression_gradient, bce_with_logits),
    ],
)
@given(seed=seeds, t=st.floats(0, 1))
def test_both_losses_are_convex(gradient, loss, seed, t):
    """Along any rope the ground lies below it; and the gradient at one end says so, too."""
    X, y, _, b = problem(8, 3, seed)
    y = (y > 0).astype(float)
    u, v = 3 * np.random.default_rng(seed).normal(size=(2, 3))
    at_u, at_v = loss(X @ u + b, y), loss(X @ v + b, y)
    between = loss(X @ ((1 - t) * u + t * v) + b, y)
    assert between <= (1 - t) * at_u + t * at_v + 1e-9
    dw, _ = gradient(X, y, u, b)
    assert at_v >= at_u + dw @ (v - u) - 1e-9


def test_descent_finds_what_solving_the_equations_finds():
    data = load_diabetes()
    with_ones = np.column_stack([data.X, np.ones(len(data.y))])

    def gradient_of(v):
        dw, db = linear_regression_gradient(data.X, data.y, v[:-1], v[-1])
        return np.append(dw, db)

    end = gradient_descent(gradient_of, np.zeros(11), 0.2, 5000)[-1]
    solution = np.linalg.lstsq(with_ones, data.y, rcond=None)[0]
    np.testing.assert_allclose(end, solution, rtol=1e-4, atol=1e-4)


# ---------------------------------------------------------------------------- training


@pytest.mark.parametrize("seed", range(3))
def test_training_agrees_with_pytorch_step_by_step(seed):
    X, y, _, _ = problem(25, 4, seed)
    y = (y + X[:, 0] > 0).astype(float)
    X_t, y_t = torch.tensor(X), torch.tensor(y)
    w_t = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    b_t = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w_t, b_t], lr=0.7)
    expected = []
    for _ in range(31):
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(X_t @ w_t + b_t, y_t)
        expected.append(loss.item())
        loss.backward()
        if len(expected) <= 30:
            optimizer.step()
    w, b, losses = train_logistic_regression(X, y, 0.7, 30)
    assert losses.shape == (31,)
    assert isinstance(b, float)
    np.testing.assert_allclose(w, w_t.detach(), rtol=1e-10)
    np.testing.assert_allclose(b, b_t.item(), rtol=1e-10)
    np.testing.assert_allclose(losses, expected, rtol=1e-10)


def test_no_steps_return_the_start():
    w, b, losses = train_logistic_regression([[1, 2], [3, 4]], [0, 1], 0.1, 0)
    np.testing.assert_array_equal(w, [0, 0])
    assert b == 0
    np.testing.assert_allclose(losses, [np.log(2)])


def test_the_loss_falls_at_every_step_below_two_over_the_largest_curvature():
    """The Hessian of the mean cross-entropy is at most XᵀX / 4n."""
    X, y, _, _ = problem(40, 5, 0)
    y = (y + X[:, 0] > 0).astype(float)
    with_ones = np.column_stack([X, np.ones(len(y))])
    largest = np.linalg.eigvalsh(with_ones.T @ with_ones / (4 * len(y)))[-1]
    losses = train_logistic_regression(X, y, 1.99 / largest, 200)[2]
    assert np.all(np.diff(losses) <= 1e-15)


@pytest.mark.parametrize("learning_rate", [1e-6, 1e-3, 1.0, 1e3])
def test_losses_are_finite_on_unscaled_data(learning_rate):
    data = load_breast_cancer()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        w, b, losses = train_logistic_regression(data.X, data.y, learning_rate, 50)
    assert np.all(np.isfinite(losses))
    assert np.all(np.isfinite(w))
    assert np.isfinite(b)
