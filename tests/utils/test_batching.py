"""The references of lesson 08 against PyTorch in float64, exact counting, and known laws."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import binary_cross_entropy_with_logits

from utils.batching import (
    data_parallel_gradient,
    gradient_variance,
    minibatch_gradient,
    minibatches,
    per_example_gradients,
    predicted_variance,
    train_minibatch,
)
from utils.gradient_descent import logistic_regression_gradient, train_logistic_regression


def problem(n, m, seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, m)) * rng.uniform(0.1, 5, size=m)
    return X, rng.integers(0, 2, size=n).astype(float), rng.normal(size=m), float(rng.normal())


def by_autograd(X, y, w, b):
    """Gradient of PyTorch's own mean cross-entropy, in float64."""
    w, b = torch.tensor(w, requires_grad=True), torch.tensor(b, dtype=torch.float64)
    b.requires_grad_()
    loss = binary_cross_entropy_with_logits(torch.tensor(X) @ w + b, torch.tensor(y))
    dw, db = torch.autograd.grad(loss, (w, b))
    return dw.numpy(), db.item()


# ---------------------------------------------------------------------------- batches


@given(n=st.integers(1, 80), batch_size=st.integers(1, 100), seed=st.integers(0, 1000))
def test_batches_deal_every_example_once(n, batch_size, seed):
    batches = minibatches(n, batch_size, np.random.default_rng(seed))
    assert sorted(np.concatenate(batches).tolist()) == list(range(n))
    assert len(batches) == -(-n // batch_size)
    assert all(len(batch) == batch_size for batch in batches[:-1])
    assert 1 <= len(batches[-1]) <= batch_size
    assert all(batch.dtype.kind == "i" for batch in batches)


def test_each_order_is_equally_likely():
    rng = np.random.default_rng(0)
    orders = list(itertools.permutations(range(3)))
    count = dict.fromkeys(orders, 0)
    for _ in range(6000):
        count[tuple(np.concatenate(minibatches(3, 2, rng)).tolist())] += 1
    # 1000 each, with a standard error of 29
    assert all(870 < found < 1130 for found in count.values())


def test_the_generator_goes_on_from_epoch_to_epoch():
    rng = np.random.default_rng(1)
    first, second = (np.concatenate(minibatches(50, 8, rng)) for _ in range(2))
    assert not np.array_equal(first, second)


# --------------------------------------------------------------------- one batch's gradient


@settings(deadline=None)
@given(n=st.integers(1, 30), m=st.integers(1, 6), seed=st.integers(0, 1000))
def test_a_batchs_gradient_is_that_of_torch(n, m, seed):
    X, y, w, b = problem(n, m, seed)
    indices = np.random.default_rng(seed).integers(0, n, size=1 + n // 2)
    dw, db = minibatch_gradient(X, y, w, b, indices)
    right_dw, right_db = by_autograd(X[indices], y[indices], w, b)
    np.testing.assert_allclose(dw, right_dw, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(db, right_db, rtol=1e-10, atol=1e-12)


def test_lists_are_welcome():
    dw, db = minibatch_gradient([[1], [3], [5]], [0, 1, 1], [0], 0, [0, 2])
    assert dw.tolist() == [-1.0]
    assert db == 0.0


def test_the_mean_over_an_epoch_is_the_whole_gradient():
    X, y, w, b = problem(23, 4, seed=2)
    batches = minibatches(23, 5, np.random.default_rng(2))
    found = [minibatch_gradient(X, y, w, b, batch) for batch in batches]
    sizes = [len(batch) for batch in batches]
    whole_dw, whole_db = by_autograd(X, y, w, b)
    np.testing.assert_allclose(np.average([dw for dw, _ in found], axis=0, weights=sizes), whole_dw)
    np.testing.assert_allclose(np.average([db for _, db in found], weights=sizes), whole_db)


# ------------------------------------------------------------------------------- training


def test_training_takes_the_steps_of_torch_on_the_same_batches():
    X, y, _, _ = problem(37, 5, seed=3)
    w, b, losses = train_minibatch(X, y, 8, 0.2, 4, np.random.default_rng(3))
    model = torch.nn.Linear(5, 1).double()
    torch.nn.init.zeros_(model.weight)
    torch.nn.init.zeros_(model.bias)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    inputs, targets = torch.tensor(X), torch.tensor(y)
    rng = np.random.default_rng(3)
    for epoch in range(4):
        for batch in minibatches(37, 8, rng):
            optimizer.zero_grad()
            logits = model(inputs[batch])[:, 0]
            binary_cross_entropy_with_logits(logits, targets[batch]).backward()
            optimizer.step()
        with torch.no_grad():
            loss = binary_cross_entropy_with_logits(model(inputs)[:, 0], targets).item()
        np.testing.assert_allclose(losses[epoch], loss, rtol=1e-10)
    np.testing.assert_allclose(w, model.weight.detach().numpy()[0], rtol=1e-10)
    np.testing.assert_allclose(b, model.bias.item(), rtol=1e-10)


@pytest.mark.parametrize("batch_size", [12, 50])
def test_the_full_batch_is_gradient_descent(batch_size):
    X, y, _, _ = problem(12, 3, seed=4)
    w, b, losses = train_minibatch(X, y, batch_size, 0.3, 7, np.random.default_rng(4))
    same_w, same_b, same_losses = train_logistic_regression(X, y, 0.3, 7)
    np.testing.assert_allclose(w, same_w, rtol=1e-10)
    np.testing.assert_allclose(b, same_b, rtol=1e-10)
    np.testing.assert_allclose(losses, same_losses[1:], rtol=1e-10)


def test_no_epochs_and_no_change_of_the_data():
    X, y, _, _ = problem(9, 2, seed=5)
    before = X.copy(), y.copy()
    w, b, losses = train_minibatch(X, y, 4, 0.1, 0, np.random.default_rng(5))
    assert (w.tolist(), b, losses.shape) == ([0.0, 0.0], 0.0, (0,))
    train_minibatch(X, y, 4, 0.1, 2, np.random.default_rng(5))
    np.testing.assert_array_equal((X, y)[0], before[0])
    np.testing.assert_array_equal(y, before[1])


@pytest.mark.filterwarnings("error")
def test_unscaled_data_leave_all_finite():
    rng = np.random.default_rng(6)
    X = rng.uniform(0, 4000, size=(40, 3))
    y = (X[:, 0] > 2000).astype(float)
    w, _b, losses = train_minibatch(X, y, 7, 1.0, 10, rng)
    assert np.all(np.isfinite(losses))
    assert np.all(np.isfinite(w))


# ---------------------------------------------------------------------------------- noise


def test_the_rows_are_the_gradients_of_single_examples():
    X, y, w, b = problem(7, 3, seed=7)
    rows = per_example_gradients(X, y, w, b)
    for i in range(7):
        np.testing.assert_allclose(rows[i], by_autograd(X[i : i + 1], y[i : i + 1], w, b)[0])


@pytest.mark.parametrize("batch_size", [1, 2, 3, 5, 6])
def test_the_predicted_variance_is_exact_over_all_batches(batch_size):
    """All batches of 6 examples are listed: their variance is no estimate."""
    X, y, w, b = problem(6, 3, seed=8)
    every = [
        minibatch_gradient(X, y, w, b, list(batch))[0]
        for batch in itertools.combinations(range(6), batch_size)
    ]
    exact = np.var(every, axis=0).mean()
    np.testing.assert_allclose(predicted_variance(X, y, w, b, batch_size), exact, atol=1e-15)


@pytest.mark.parametrize("batch_size", [1, 4, 15, 19])
def test_the_measured_variance_tends_to_the_predicted_one(batch_size):
    X, y, w, b = problem(20, 4, seed=9)
    rng = np.random.default_rng(9)
    measured = gradient_variance(X, y, w / 3, b, batch_size, 4000, rng)
    right = predicted_variance(X, y, w / 3, b, batch_size)
    assert abs(measured / right - 1) < 0.12


def test_few_trials_are_right_on_average():
    X, y, w, b = problem(20, 4, seed=10)
    rng = np.random.default_rng(10)
    pairs = np.mean([gradient_variance(X, y, w / 3, b, 3, 2, rng) for _ in range(2000)])
    assert abs(pairs / predicted_variance(X, y, w / 3, b, 3) - 1) < 0.12


def test_a_batch_of_all_does_not_vary():
    X, y, w, b = problem(15, 3, seed=11)
    assert gradient_variance(X, y, w, b, 15, 20, np.random.default_rng(0)) < 1e-28
    assert predicted_variance(X, y, w, b, 15) == 0.0


# ---------------------------------------------------------------------------- many workers


@settings(deadline=None)
@given(
    sizes=st.lists(st.integers(1, 12), min_size=1, max_size=5),
    m=st.integers(1, 5),
    seed=st.integers(0, 1000),
)
def test_shards_of_any_sizes_give_torchs_gradient_of_the_whole(sizes, m, seed):
    X, y, w, b = problem(sum(sizes), m, seed)
    ends = np.cumsum(sizes)[:-1]
    shards = list(zip(np.split(X, ends), np.split(y, ends), strict=True))
    dw, db = data_parallel_gradient(shards, w, b)
    right_dw, right_db = by_autograd(X, y, w, b)
    np.testing.assert_allclose(dw, right_dw, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(db, right_db, rtol=1e-10, atol=1e-12)


def test_shards_may_be_lists():
    dw, db = data_parallel_gradient([([[1]], [0]), ([[3], [5]], [1, 1])], [0], 0)
    whole = logistic_regression_gradient([[1], [3], [5]], [0, 1, 1], [0], 0)
    np.testing.assert_allclose(dw, whole[0])
    assert abs(db - whole[1]) < 1e-15
