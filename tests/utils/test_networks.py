"""The references of lesson 03 against PyTorch, exact counts, and what mathematics promises."""

import copy
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from utils.activations import collapse_linear_layers, sigmoid, softmax
from utils.networks import (
    count_parameters,
    deep_forward,
    dense,
    init_dense,
    one_hidden_layer,
    xor_network,
)
from utils.perceptron import perceptron_predict, step

torch.set_num_threads(1)

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])

few = st.integers(1, 6)
seeds = st.integers(0, 2**32 - 1)
some_sizes = st.lists(few, min_size=2, max_size=6)


def random_layers(sizes, rng):
    return [(rng.normal(size=(m, k)), rng.normal(size=k)) for m, k in pairwise(sizes)]


def torch_network(layers):
    """The same stack as an nn.Sequential in float64."""
    parts = []
    for W, b in layers:
        linear = nn.Linear(*W.shape).double()
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(W.T))
            linear.bias.copy_(torch.from_numpy(b))
        parts += [linear, nn.ReLU()]
    return nn.Sequential(*parts[:-1])


# --------------------------------------------------------------------------- dense


@given(n=few, m=few, k=few, seed=seeds)
def test_a_dense_layer_agrees_with_pytorch(n, m, k, seed):
    rng = np.random.default_rng(seed)
    X, (W, b) = rng.normal(size=(n, m)), *random_layers([m, k], rng)
    expected = torch_network([(W, b)])(torch.from_numpy(X)).detach().numpy()
    got = dense(X, W, b)
    assert got.shape == (n, k)
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


def test_each_column_is_a_neuron_of_lesson_01():
    rng = np.random.default_rng(0)
    X, (W, b) = rng.normal(size=(20, 3)), *random_layers([3, 4], rng)
    decisions = step(dense(X, W, b))
    for j in range(4):
        np.testing.assert_array_equal(decisions[:, j], perceptron_predict(X, W[:, j], b[j]))


def test_two_dense_layers_in_a_row_collapse():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(5, 3))
    (W1, b1), (W2, b2) = random_layers([3, 4, 2], rng)
    W, b = collapse_linear_layers(W1, b1, W2, b2)
    np.testing.assert_allclose(dense(dense(X, W1, b1), W2, b2), dense(X, W, b), atol=1e-12)


def test_lists_do_as_well_as_arrays():
    np.testing.assert_array_equal(dense([[1, 2]], [[3], [4]], [5]), [[16]])
    y_hat, hidden = one_hidden_layer([[1]], [[1, -1]], [0, 0], [[2], [0]], [-2])
    np.testing.assert_array_equal(hidden, [[1, 0]])
    np.testing.assert_array_equal(y_hat, [[0.5]])
    np.testing.assert_array_equal(deep_forward([[1], [0]], [([[2]], [-1]), ([[3]], [0.5])]),
                                  [[3.5], [0.5]])  # fmt: skip


# ------------------------------------------------------------------- whole networks


@given(n=few, sizes=some_sizes, seed=seeds)
def test_a_deep_stack_agrees_with_pytorch(n, sizes, seed):
    rng = np.random.default_rng(seed)
    X, layers = rng.normal(size=(n, sizes[0])), random_layers(sizes, rng)
    kept = copy.deepcopy(layers)
    expected = torch_network(layers)(torch.from_numpy(X)).detach().numpy()
    got = deep_forward(X, layers)
    assert got.shape == (n, sizes[-1])
    np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-10)
    for (W, b), (W_before, b_before) in zip(layers, kept, strict=True):
        np.testing.assert_array_equal(W, W_before)
        np.testing.assert_array_equal(b, b_before)


@given(n=few, m=few, h=few, k=few, seed=seeds)
def test_one_hidden_layer_agrees_with_pytorch_and_with_the_deep_stack(n, m, h, k, seed):
    rng = np.random.default_rng(seed)
    X, layers = rng.normal(size=(n, m)), random_layers([m, h, k], rng)
    model = torch_network(layers)
    x = torch.from_numpy(X)
    y_hat, hidden = one_hidden_layer(X, *layers[0], *layers[1])
    np.testing.assert_allclose(y_hat, torch.sigmoid(model(x)).detach().numpy(), atol=1e-12)
    np.testing.assert_allclose(hidden, model[:2](x).detach().numpy(), atol=1e-12)
    np.testing.assert_allclose(y_hat, sigmoid(deep_forward(X, layers)), atol=1e-12)
    assert y_hat.shape == (n, k)
    assert hidden.shape == (n, h)
    assert np.all(hidden >= 0)
    assert np.all((y_hat > 0) & (y_hat < 1))


def test_a_network_for_classes_agrees_with_pytorch_up_to_the_softmax():
    rng = np.random.default_rng(2)
    X, layers = rng.normal(size=(6, 4)), random_layers([4, 5, 3], rng)
    theirs = torch.softmax(torch_network(layers)(torch.from_numpy(X)), dim=1)
    np.testing.assert_allclose(
        softmax(deep_forward(X, layers)), theirs.detach().numpy(), rtol=1e-10
    )


@given(seed=seeds, factor=st.floats(0.1, 10))
def test_without_biases_a_stack_scales_with_its_input(seed, factor):
    """relu(c z) = c relu(z) for c > 0, layer after layer."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(4, 3))
    layers = [(W, np.zeros(len(b))) for W, b in random_layers([3, 5, 4, 2], rng)]
    np.testing.assert_allclose(
        deep_forward(factor * X, layers), factor * deep_forward(X, layers), rtol=1e-9, atol=1e-9
    )


def test_large_logits_become_certain_without_a_warning():
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        y_hat, _ = one_hidden_layer([[1.0]], [[1.0]], [0.0], [[1000.0, -1000.0]], [0.0, 0.0])
    np.testing.assert_array_equal(y_hat, [[1.0, 0.0]])


# ----------------------------------------------------------------------------- XOR


def test_the_xor_network_gives_the_hill_that_its_comments_name():
    W1, b1, W2, b2 = xor_network()
    assert [part.shape for part in (W1, b1, W2, b2)] == [(2, 2), (2,), (2, 1), (1,)]
    y_hat, hidden = one_hidden_layer(CORNERS, W1, b1, W2, b2)
    np.testing.assert_array_equal(hidden, [[0, 0], [1, 0], [1, 0], [2, 1]])
    low, high = 1 / (1 + np.exp(2)), 1 / (1 + np.exp(-2))
    np.testing.assert_allclose(y_hat[:, 0], [low, high, high, low], rtol=1e-12)
    assert low < 0.4
    assert high > 0.6


def test_each_call_gives_arrays_of_its_own():
    xor_network()[0][:] = 7
    np.testing.assert_array_equal(xor_network()[0], np.ones((2, 2)))


# ----------------------------------------------------------------------- the start


@pytest.mark.parametrize(("m", "k"), [(50, 400), (400, 50), (7, 3000)])
def test_the_start_has_the_moments_of_he(m, k):
    W, b = init_dense(m, k, np.random.default_rng(0))
    assert W.shape == (m, k)
    np.testing.assert_array_equal(b, np.zeros(k))
    scaled = W.ravel() / np.sqrt(2 / m)
    errors = 8 / np.sqrt(scaled.size)  # 8 standard errors, times the moments' own deviations
    assert abs(scaled.mean()) < errors
    assert abs(np.mean(scaled**2) - 1) < errors * np.sqrt(2)
    assert abs(np.mean(scaled**3)) < errors * np.sqrt(15)
    assert abs(np.mean(scaled**4) - 3) < errors * np.sqrt(96)


def test_the_start_has_the_spread_of_pytorchs_kaiming():
    W, _ = init_dense(100, 2000, np.random.default_rng(1))
    torch.manual_seed(1)
    theirs = torch.empty(2000, 100, dtype=torch.float64)
    nn.init.kaiming_normal_(theirs, nonlinearity="relu")
    assert W.std() == pytest.approx(theirs.std().item(), rel=0.02)


def test_the_start_keeps_a_signals_size():
    """The mean square after a ReLU layer is that before it: the reason for the scale."""
    rng = np.random.default_rng(2)
    for _ in range(5):
        A = rng.normal(size=(50, 1000))
        W, b = init_dense(1000, 1000, rng)
        hidden = np.maximum(dense(A, W, b), 0)
        assert np.mean(hidden**2) == pytest.approx(1, rel=0.1)


def test_the_start_draws_from_the_generator_it_is_given():
    one, _ = init_dense(3, 4, np.random.default_rng(3))
    same, _ = init_dense(3, 4, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    first, second = init_dense(3, 4, rng)[0], init_dense(3, 4, rng)[0]
    np.testing.assert_array_equal(one, same)
    np.testing.assert_array_equal(one, first)
    assert not np.any(first == second)


# ------------------------------------------------------------------------- counting


@given(sizes=some_sizes)
def test_the_count_is_pytorchs(sizes):
    rng = np.random.default_rng(0)
    model = torch_network(random_layers(sizes, rng))
    assert count_parameters(sizes) == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(
    ("sizes", "count"),
    [
        ([2, 3, 1], 13),
        ([10, 1], 11),
        ([784, 300, 100, 10], 266_610),
        # VGG-16 has 138,357,544 parameters, of which 14,714,688 are in its convolutions
        ([25_088, 4096, 4096, 1000], 138_357_544 - 14_714_688),
    ],
)
def test_known_networks_are_counted_right(sizes, count):
    assert count_parameters(sizes) == count
    assert type(count_parameters(sizes)) is int
