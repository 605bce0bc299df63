"""The references of lesson 09 against PyTorch in float64, closed forms, and their definitions."""

import copy
import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from utils.backpropagation import forward_with_cache, network_gradients
from utils.batching import minibatches
from utils.losses import mean_squared_error
from utils.networks import init_dense
from utils.overfitting import (
    EarlyStopping,
    best_degree,
    dropout_backward,
    dropout_forward,
    forward_with_dropout,
    l2_gradients,
    l2_penalty,
    network_accuracy,
    network_loss,
    regularised_gradients,
    train_regularised,
    train_test_split,
)
from utils.widgets.overfitting import fit_polynomial

torch.set_num_threads(1)

seeds = st.integers(0, 2**32 - 1)
SIZES = (3, 7, 5, 1)


def random_network(sizes, rng):
    """Layers with biases that are not zero."""
    layers = [init_dense(m, k, rng) for m, k in pairwise(sizes)]
    return [(W, rng.normal(size=b.shape)) for W, b in layers]


def random_examples(n, rng, m=SIZES[0]):
    return rng.normal(size=(n, m)), rng.integers(0, 2, size=n).astype(float)


def as_tensors(layers):
    """The same (W, b) as tensors that collect gradients."""
    return [tuple(torch.tensor(part, requires_grad=True) for part in layer) for layer in layers]


def torch_logits(X, layers, masks=None):
    """A network of lesson 06 in PyTorch; each hidden layer's activations times its mask."""
    A = torch.tensor(np.asarray(X))
    for number, (W, b) in enumerate(layers):
        A = A @ W + b
        if number < len(layers) - 1:
            A = torch.relu(A)
            if masks is not None:
                A = A * torch.tensor(masks[number])
    return A[:, 0]


# ---------------------------------------------------------------------- examples held back


@given(n=st.integers(2, 60), fraction=st.floats(0.05, 0.95), seed=seeds)
def test_a_split_loses_nothing_shares_nothing_and_keeps_labels(n, fraction, seed):
    X, y = np.column_stack([np.arange(n), -np.arange(n)]), np.arange(n) * 10
    X_train, y_train, X_test, y_test = train_test_split(X, y, fraction, np.random.default_rng(seed))
    assert len(y_train) == round(fraction * n)
    together = np.concatenate([X_train, X_test])
    np.testing.assert_array_equal(np.sort(together[:, 0]), np.arange(n))
    np.testing.assert_array_equal(together[:, 1], -together[:, 0])
    np.testing.assert_array_equal(np.concatenate([y_train, y_test]), together[:, 0] * 10)


def test_over_many_splits_each_example_is_in_training_as_often_as_the_fraction_says():
    rng = np.random.default_rng(0)
    counts = np.zeros(10)
    for _ in range(2000):
        X_train, *_ = train_test_split(np.arange(10)[:, np.newaxis], np.arange(10), 0.7, rng)
        counts[X_train[:, 0]] += 1
    standard_error = math.sqrt(0.7 * 0.3 / 2000)
    np.testing.assert_allclose(counts / 2000, 0.7, atol=5 * standard_error)


# ------------------------------------------------------------------------- weight decay


@given(seed=seeds, strength=st.floats(0, 10))
@settings(max_examples=25)
def test_the_penalty_and_its_gradients_agree_with_autograd(seed, strength):
    layers = random_network(SIZES, np.random.default_rng(seed))
    tensors = as_tensors(layers)
    penalty = strength * sum((W**2).sum() for W, _ in tensors)
    penalty.backward()
    np.testing.assert_allclose(l2_penalty(layers, strength), penalty.item(), rtol=1e-12)
    for (dW, db), (W, b) in zip(l2_gradients(layers, strength), tensors, strict=True):
        np.testing.assert_allclose(dW, W.grad.numpy(), rtol=1e-12)
        assert b.grad is None, "the biases are not in the penalty"
        np.testing.assert_array_equal(db, np.zeros(b.shape))


def test_a_step_on_the_penalty_alone_shrinks_all_weights_by_the_same_share():
    layers = random_network(SIZES, np.random.default_rng(0))
    for (W, b), (dW, db) in zip(layers, l2_gradients(layers, 0.3), strict=True):
        np.testing.assert_allclose(W - 0.1 * dW, (1 - 2 * 0.1 * 0.3) * W, rtol=1e-14)
        np.testing.assert_array_equal(b - 0.1 * db, b)


# ------------------------------------------------------------------------------ dropout


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_the_mask_has_mean_one_and_the_spread_of_a_scaled_coin(rate):
    _, mask = dropout_forward(np.ones((500, 400)), rate, np.random.default_rng(0), True)
    scale = 1 / (1 - rate)
    np.testing.assert_allclose(np.unique(mask), [0, scale])
    # a coin that is `scale` with probability 1 - rate: mean 1, variance rate / (1 - rate)
    error = math.sqrt(rate / (1 - rate) / mask.size)
    assert abs(mask.mean() - 1) < 5 * error
    np.testing.assert_allclose(mask.var(), rate / (1 - rate), rtol=0.03)


@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_the_mask_holds_what_torch_makes_of_ones(rate):
    torch.manual_seed(0)
    theirs = nn.Dropout(rate)(torch.ones(200, 200, dtype=torch.float64)).numpy()
    _, ours = dropout_forward(np.ones((200, 200)), rate, np.random.default_rng(0), True)
    np.testing.assert_allclose(np.unique(ours), np.unique(theirs))
    np.testing.assert_allclose(np.mean(ours == 0), np.mean(theirs == 0), atol=0.02)


def test_entries_of_the_mask_are_independent():
    _, mask = dropout_forward(np.ones((4000, 6)), 0.5, np.random.default_rng(1), True)
    correlations = np.corrcoef(mask.T)[np.triu_indices(6, 1)]
    assert np.abs(correlations).max() < 5 / math.sqrt(4000)


@given(seed=seeds, rate=st.floats(0, 0.99))
@settings(max_examples=25)
def test_dropout_in_use_is_nn_dropout_in_eval_mode(seed, rate):
    A = np.random.default_rng(seed).normal(size=(4, 3))
    dropped, mask = dropout_forward(A, rate, np.random.default_rng(0), False)
    np.testing.assert_array_equal(dropped, nn.Dropout(rate).eval()(torch.tensor(A)).numpy())
    np.testing.assert_array_equal(mask, np.ones(A.shape))
    assert dropped is not A, "a caller may change what came back"


@given(seed=seeds, rate=st.floats(0, 0.95))
@settings(max_examples=25)
def test_the_way_back_agrees_with_autograd(seed, rate):
    rng = np.random.default_rng(seed)
    A, dA = rng.normal(size=(5, 4)), rng.normal(size=(5, 4))
    dropped, mask = dropout_forward(A, rate, rng, True)
    tensor = torch.tensor(A, requires_grad=True)
    result = tensor * torch.tensor(mask)
    result.backward(torch.tensor(dA))
    np.testing.assert_allclose(dropped, result.detach().numpy())
    np.testing.assert_allclose(dropout_backward(dA, mask), tensor.grad.numpy())


# ----------------------------------------------------------------------- early stopping


def by_definition(losses, patience, min_delta):
    """(number of epochs seen, best epoch) by going through the definition anew at each epoch."""
    improvements = []
    for epoch, loss in enumerate(losses):
        if not improvements or losses[improvements[-1]] - loss > min_delta:
            improvements.append(epoch)
        if epoch - improvements[-1] == patience:
            return epoch + 1, improvements[-1]
    return len(losses), improvements[-1]


@given(
    losses=st.lists(st.integers(-8, 8).map(float), min_size=1, max_size=40),
    patience=st.integers(1, 6),
    min_delta=st.integers(0, 3).map(float),
)
def test_early_stopping_follows_its_definition(losses, patience, min_delta):
    stopping = EarlyStopping(patience, min_delta)
    seen = 0
    for epoch, loss in enumerate(losses):
        seen += 1
        if stopping.update(epoch, loss):
            break
    expected, best = by_definition(losses, patience, min_delta)
    assert (seen, stopping.best_epoch) == (expected, best)
    assert stopping.best_loss == losses[best]


def test_a_loss_that_is_not_a_number_is_no_improvement():
    stopping = EarlyStopping(2, 0.0)
    answers = [stopping.update(epoch, loss) for epoch, loss in enumerate([1.0, math.nan, math.nan])]
    assert answers == [False, False, True]
    assert (stopping.best_epoch, stopping.best_loss) == (0, 1.0)


# ------------------------------------------------------------------ which polynomial?


@given(degree=st.integers(0, 12), seed=seeds)
@settings(max_examples=30)
def test_a_polynomial_is_found_again(degree, seed):
    rng = np.random.default_rng(seed)
    truth = np.polynomial.Chebyshev(rng.normal(size=degree + 1))
    X = np.cos(np.pi * (np.arange(40) + 0.5) / 40)
    places = np.linspace(-1, 1, 50)
    curve = fit_polynomial(X, truth(X), degree)
    np.testing.assert_allclose(curve(places), truth(places), atol=1e-9)


@given(degree=st.integers(0, 6), seed=seeds)
@settings(max_examples=30)
def test_what_is_left_of_a_fit_is_orthogonal_to_every_power(degree, seed):
    rng = np.random.default_rng(seed)
    X, y = rng.uniform(-1, 1, size=15), rng.normal(size=15)
    residual = y - fit_polynomial(X, y, degree)(X)
    for power in range(degree + 1):  # where the gradient of the squared error is 0
        assert abs(residual @ X**power) < 1e-8


@given(seed=seeds)
@settings(max_examples=30)
def test_the_best_degree_has_the_lowest_error_of_all(seed):
    rng = np.random.default_rng(seed)
    X, X_val = rng.uniform(-1, 1, size=14), rng.uniform(-1, 1, size=9)
    y, y_val = np.sin(4 * X) + rng.normal(size=14), np.sin(4 * X_val) + rng.normal(size=9)
    degrees = rng.permutation(8).tolist()
    got = best_degree(X, y, X_val, y_val, degrees)
    errors = {d: mean_squared_error(np.polyval(np.polyfit(X, y, d), X_val), y_val) for d in degrees}
    assert isinstance(got, int)
    assert errors[got] <= min(errors.values()) * (1 + 1e-6)


def test_a_high_degree_is_fitted_without_loss_of_digits():
    X = np.linspace(-1, 1, 60)
    curve = fit_polynomial(X, np.cos(25 * np.arccos(X)), 25)
    places = np.linspace(-1, 1, 301)
    np.testing.assert_allclose(curve(places), np.cos(25 * np.arccos(places)), atol=1e-9)


# ------------------------------------------------------- lesson 06's network, regularised


@given(seed=seeds, rate=st.floats(0, 0.9))
@settings(max_examples=15)
def test_in_use_the_network_is_that_of_lesson_06(seed, rate):
    rng = np.random.default_rng(seed)
    layers, (X, y) = random_network(SIZES, rng), random_examples(6, rng)
    expected, _ = forward_with_cache(X, layers)
    output, cache = forward_with_dropout(X, layers, rate, rng, training=False)
    np.testing.assert_array_equal(output, expected)
    for _, _, mask in cache:
        np.testing.assert_array_equal(mask, np.ones(mask.shape))
    z = torch.tensor(expected[:, 0])
    right = nn.functional.binary_cross_entropy_with_logits(z, torch.tensor(y)).item()
    np.testing.assert_allclose(network_loss(X, y, layers), right, rtol=1e-12)
    assert network_accuracy(X, y, layers) == np.mean((expected[:, 0] >= 0) == y)


def test_without_remedies_the_gradients_are_those_of_lesson_06():
    rng = np.random.default_rng(0)
    layers, (X, y) = random_network(SIZES, rng), random_examples(9, rng)
    loss, gradients = regularised_gradients(X, y, layers, 0.0, 0.0, rng)
    expected_loss, expected = network_gradients(X, y, layers)
    assert loss == expected_loss
    for got, right in zip(gradients, expected, strict=True):
        for one, other in zip(got, right, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("sizes", [(3, 1), (3, 4, 1), SIZES])
@pytest.mark.parametrize(("rate", "strength"), [(0.5, 0.0), (0.0, 0.2), (0.4, 0.05)])
def test_the_gradients_with_both_remedies_agree_with_autograd(sizes, rate, strength):
    rng = np.random.default_rng(1)
    layers, (X, y) = random_network(sizes, rng), random_examples(8, rng)
    same_chance = copy.deepcopy(rng)
    _, cache = forward_with_dropout(X, layers, rate, same_chance, training=True)
    loss, gradients = regularised_gradients(X, y, layers, rate, strength, rng)

    tensors = as_tensors(layers)
    z = torch_logits(X, tensors, [mask for _, _, mask in cache])
    right = nn.functional.binary_cross_entropy_with_logits(z, torch.tensor(y))
    right = right + strength * sum((W**2).sum() for W, _ in tensors)
    right.backward()
    np.testing.assert_allclose(loss, right.item(), rtol=1e-12)
    for got, pair in zip(gradients, tensors, strict=True):
        for one, tensor in zip(got, pair, strict=True):
            np.testing.assert_allclose(one, tensor.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_the_output_is_never_dropped():
    layers = random_network((3, 4, 2), np.random.default_rng(0))
    _, cache = forward_with_dropout(np.ones((50, 3)), layers, 0.9, np.random.default_rng(1), True)
    assert np.mean(cache[0][2] == 0) > 0.8
    np.testing.assert_array_equal(cache[1][2], np.ones((50, 2)))


def test_training_agrees_with_torch_adam_on_the_same_batches():
    """`weight_decay` is twice our strength, and the biases stand in a group without it."""
    rng = np.random.default_rng(2)
    layers, training, validation = (
        random_network(SIZES, rng),
        random_examples(50, rng),
        random_examples(20, rng),
    )
    strength, epochs = 0.01, 5
    got, losses = train_regularised(
        training, validation, layers, epochs, np.random.default_rng(3), strength=strength,
        learning_rate=0.01, batch_size=16,
    )  # fmt: skip

    tensors = as_tensors(layers)
    groups = [
        {"params": [W for W, _ in tensors], "weight_decay": 2 * strength},
        {"params": [b for _, b in tensors]},
    ]
    optimizer = torch.optim.Adam(groups, lr=0.01)
    chance = np.random.default_rng(3)  # dropout at rate 0 draws nothing
    y = torch.tensor(training[1])
    expected = []
    for _ in range(epochs):
        for indices in minibatches(50, 16, chance):
            optimizer.zero_grad()
            z = torch_logits(training[0][indices], tensors)
            nn.functional.binary_cross_entropy_with_logits(z, y[indices]).backward()
            optimizer.step()
        with torch.no_grad():
            expected.append(
                [
                    nn.functional.binary_cross_entropy_with_logits(
                        torch_logits(X, tensors), torch.tensor(labels)
                    ).item()
                    for X, labels in (training, validation)
                ]
            )
    np.testing.assert_allclose(losses, expected, rtol=1e-8)
    for mine, theirs in zip(got, tensors, strict=True):
        for one, tensor in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(one, tensor.detach().numpy(), rtol=1e-7, atol=1e-10)


def test_training_leaves_its_start_unchanged_and_can_be_repeated():
    rng = np.random.default_rng(4)
    layers, training = random_network(SIZES, rng), random_examples(40, rng)
    before = copy.deepcopy(layers)
    runs = [
        train_regularised(training, training, layers, 3, np.random.default_rng(5), 0.5, 0.01)
        for _ in range(2)
    ]
    for (W, b), (W_before, b_before) in zip(layers, before, strict=True):
        np.testing.assert_array_equal(W, W_before)
        np.testing.assert_array_equal(b, b_before)
    np.testing.assert_array_equal(runs[0][1], runs[1][1])
    assert runs[0][1].shape == (3, 2)


def test_the_weights_of_the_best_epoch_are_restored():
    rng = np.random.default_rng(6)
    layers, training, validation = (
        random_network(SIZES, rng),
        random_examples(20, rng),
        random_examples(200, rng),
    )
    stopping = EarlyStopping(4, 0.0)
    best, losses = train_regularised(
        training, validation, layers, 200, np.random.default_rng(7), stopping=stopping,
        learning_rate=0.02,
    )  # fmt: skip
    assert len(losses) < 200, "labels at random can only be memorised"
    assert len(losses) == stopping.best_epoch + 1 + 4
    assert losses[:, 1].argmin() == stopping.best_epoch
    assert network_loss(*validation, best) == stopping.best_loss == losses[:, 1].min()
    alone, again = train_regularised(
        training, validation, layers, stopping.best_epoch + 1, np.random.default_rng(7),
        learning_rate=0.02,
    )  # fmt: skip
    np.testing.assert_array_equal(again, losses[: len(again)])
    np.testing.assert_array_equal(best[0][0], alone[0][0])
