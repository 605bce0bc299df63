"""Lesson 01's references, against PyTorch in float64 and against known mathematics."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from utils.perceptron import (
    boundary_line,
    perceptron_predict,
    perceptron_update,
    step,
    train_perceptron,
    weighted_sum,
)

torch.set_num_threads(1)

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 8)
numbers = st.floats(-1e6, 1e6)


# ------------------------------------------------------------------ forward propagation


@given(seed=seeds, m=sizes)
@settings(max_examples=50, deadline=None)
def test_weighted_sum_is_pytorchs_linear(seed, m):
    rng = np.random.default_rng(seed)
    x, w, b = rng.normal(size=m), rng.normal(size=m), rng.normal()
    expected = torch.nn.functional.linear(
        torch.from_numpy(x), torch.from_numpy(w[np.newaxis]), torch.from_numpy(np.array([b]))
    )
    assert weighted_sum(x, w, b) == pytest.approx(expected.item(), rel=1e-12, abs=1e-12)


@given(x=st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8), b=numbers)
def test_a_bias_is_the_weight_of_a_constant_input(x, b):
    inputs, weights = np.array(x).T
    with_one = weighted_sum(np.append(inputs, 1.0), np.append(weights, b), 0.0)
    assert weighted_sum(inputs, weights, b) == pytest.approx(with_one, rel=1e-9, abs=1e-3)


def test_weighted_sum_takes_plain_lists_and_gives_a_plain_number():
    z = weighted_sum([-1, 2], [3, -2], 1)
    assert z == -6.0
    assert type(z) is float


@given(z=st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=20))
def test_step_is_pytorchs_heaviside_with_1_at_zero(z):
    expected = torch.heaviside(
        torch.tensor(z, dtype=torch.float64), torch.tensor(1.0, dtype=torch.float64)
    )
    np.testing.assert_array_equal(step(z), expected.numpy())


def test_step_treats_both_zeros_alike():
    np.testing.assert_array_equal(step(np.array([0.0, -0.0])), [1.0, 1.0])


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 1, 4), (0,)])
def test_step_keeps_any_shape(shape):
    assert np.shape(step(np.ones(shape))) == shape


def test_step_of_a_number_compares_and_prints_as_a_number():
    assert step(2.5) == 1.0
    assert step(-2) == 0.0
    assert f"{step(2.5):.1f}" == "1.0"


@given(seed=seeds, n=sizes, m=sizes)
@settings(max_examples=50, deadline=None)
def test_perceptron_predict_is_pytorchs_linear_layer_with_a_step(seed, n, m):
    rng = np.random.default_rng(seed)
    X, w, b = rng.normal(size=(n, m)), rng.normal(size=m), rng.normal()
    layer = torch.nn.Linear(m, 1, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(w[np.newaxis]))
        layer.bias.fill_(b)
        z = layer(torch.from_numpy(X)).squeeze(1)
    np.testing.assert_array_equal(perceptron_predict(X, w, b), (z >= 0).double().numpy())


@given(seed=seeds, factor=st.sampled_from([0.125, 0.5, 4.0, 1024.0]))
def test_a_positive_factor_on_all_parameters_changes_no_decision(seed, factor):
    rng = np.random.default_rng(seed)
    X, w, b = rng.normal(size=(20, 3)), rng.normal(size=3), rng.normal()
    np.testing.assert_array_equal(
        perceptron_predict(X, w, b), perceptron_predict(X, factor * w, factor * b)
    )


# ------------------------------------------------------------------------- the boundary


@given(seed=seeds, x1=st.floats(-100, 100))
def test_every_point_of_the_boundary_has_the_sum_zero(seed, x1):
    rng = np.random.default_rng(seed)
    w, b = rng.uniform(0.1, 3.0, size=2) * rng.choice([-1, 1], size=2), rng.normal()
    slope, intercept = boundary_line(w, b)
    point = np.array([x1, slope * x1 + intercept])
    assert weighted_sum(point, w, b) == pytest.approx(0.0, abs=1e-9)


@given(seed=seeds)
def test_the_weights_stand_on_the_boundary_at_a_right_angle(seed):
    rng = np.random.default_rng(seed)
    w, b = rng.uniform(0.1, 3.0, size=2) * rng.choice([-1, 1], size=2), rng.normal()
    slope, intercept = boundary_line(w, b)
    assert np.dot(w, [1.0, slope]) == pytest.approx(0.0, abs=1e-9)
    # and they point to the side of the 1s
    on_the_line = np.array([0.0, intercept])
    assert perceptron_predict([on_the_line + 0.01 * w, on_the_line - 0.01 * w], w, b).tolist() == [
        1.0,
        0.0,
    ]


# ------------------------------------------------------------------------- the learning


def surrogate(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """A loss whose gradient step is Rosenblatt's: the error is taken for a constant."""
    y_hat = (z >= 0).double()
    return ((y_hat - y).detach() * z).sum()


@given(seed=seeds, m=sizes, y=st.sampled_from([0.0, 1.0]))
@settings(max_examples=50, deadline=None)
def test_perceptron_update_is_a_step_of_pytorchs_sgd(seed, m, y):
    rng = np.random.default_rng(seed)
    x, w, b, learning_rate = rng.normal(size=m), rng.normal(size=m), rng.normal(), 0.3
    layer = torch.nn.Linear(m, 1, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(w[np.newaxis]))
        layer.bias.fill_(b)
    optimizer = torch.optim.SGD(layer.parameters(), lr=learning_rate)
    surrogate(layer(torch.from_numpy(x)), torch.tensor(y, dtype=torch.float64)).backward()
    optimizer.step()

    w_new, b_new = perceptron_update(x, y, w, b, learning_rate)
    np.testing.assert_allclose(w_new, layer.weight.detach().numpy()[0], rtol=1e-12, atol=1e-12)
    assert b_new == pytest.approx(layer.bias.item(), rel=1e-12, abs=1e-12)


@given(seed=seeds, m=sizes, y=st.sampled_from([0.0, 1.0]))
def test_a_step_moves_the_sum_towards_the_label(seed, m, y):
    rng = np.random.default_rng(seed)
    x, w, b = rng.normal(size=m), rng.normal(size=m), rng.normal()
    before = weighted_sum(x, w, b)
    after = weighted_sum(x, *perceptron_update(x, y, w, b, 0.5))
    wrong = float(step(before)) != y
    # by the learning rate times the squared length of (x, 1)
    change = 0.5 * (np.dot(x, x) + 1) * (2 * y - 1) if wrong else 0.0
    assert after - before == pytest.approx(change, rel=1e-9, abs=1e-9)


def test_perceptron_update_makes_new_weights():
    w = np.array([3.0, -1.0])
    w_new, _ = perceptron_update([1.0, 2.0], 0, w, 1.0, 0.5)
    assert w.tolist() == [3.0, -1.0]
    assert not np.shares_memory(w, w_new)


@pytest.mark.parametrize("seed", range(5))
def test_train_perceptron_is_pytorchs_sgd_one_example_at_a_time(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(31, 4))
    y = (X @ rng.normal(size=4) + 0.5 * rng.normal(size=31) >= 0).astype(float)
    layer = torch.nn.Linear(4, 1, dtype=torch.float64)
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.25)
    wrong = np.zeros(5)
    for epoch in range(5):
        for x_i, y_i in zip(torch.from_numpy(X), torch.from_numpy(y), strict=True):
            z = layer(x_i)
            wrong[epoch] += ((z >= 0).double() != y_i).item()
            optimizer.zero_grad()
            surrogate(z, y_i).backward()
            optimizer.step()

    w, b, mistakes = train_perceptron(X, y, 0.25, 5)
    np.testing.assert_allclose(w, layer.weight.detach().numpy()[0], rtol=1e-12, atol=1e-12)
    assert b == pytest.approx(layer.bias.item(), rel=1e-12, abs=1e-12)
    np.testing.assert_array_equal(mistakes, wrong)


@given(seed=seeds, m=st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_separable_data_keep_within_novikoffs_bound(seed, m):
    rng = np.random.default_rng(seed)
    separator = rng.normal(size=m + 1)  # weights, and last the bias
    separator /= np.linalg.norm(separator)
    X = rng.uniform(-2, 2, size=(60, m))
    X_one = np.column_stack([X, np.ones(60)])
    kept = np.abs(X_one @ separator) > 0.3
    if not kept.any():
        return
    X, X_one = X[kept], X_one[kept]
    y = (X_one @ separator >= 0).astype(float)
    margin = np.min(np.abs(X_one @ separator))
    bound = np.max(np.sum(X_one**2, axis=1)) / margin**2

    w, b, mistakes = train_perceptron(X, y, 1.0, int(bound) + 1)
    assert mistakes.sum() <= bound
    assert mistakes[-1] == 0  # more epochs than mistakes: one of them, and so the last, has none
    np.testing.assert_array_equal(perceptron_predict(X, w, b), y)


def test_xor_never_settles():
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    _, _, mistakes = train_perceptron(X, [0, 1, 1, 0], 1.0, 200)
    assert mistakes.min() > 0


@pytest.mark.parametrize("labels", [[0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 1, 0], [0, 0, 1, 0]])
def test_all_separable_gates_are_learned(labels):
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    w, b, mistakes = train_perceptron(X, labels, 1.0, 20)
    assert mistakes[-1] == 0
    np.testing.assert_array_equal(perceptron_predict(X, w, b), labels)


@given(seed=seeds, power=st.integers(-6, 6))
@settings(max_examples=30, deadline=None)
def test_the_learning_rate_only_scales_the_weights(seed, power):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(15, 3))
    y = rng.integers(0, 2, size=15).astype(float)
    w, b, mistakes = train_perceptron(X, y, 1.0, 4)
    # a power of two: floating point scales without rounding
    w_scaled, b_scaled, mistakes_scaled = train_perceptron(X, y, 2.0**power, 4)
    np.testing.assert_array_equal(w_scaled, 2.0**power * w)
    assert b_scaled == 2.0**power * b
    np.testing.assert_array_equal(mistakes_scaled, mistakes)


def test_training_leaves_its_data_alone():
    X, y = np.array([[-1.0, 2.0], [1.0, 1.0]]), np.array([0.0, 1.0])
    X_before, y_before = X.copy(), y.copy()
    train_perceptron(X, y, 1.0, 3)
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(y, y_before)
