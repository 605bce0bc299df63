"""The references of lesson 06 against PyTorch's autograd in float64, and against mathematics."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from utils.backpropagation import (
    Value,
    dense_backward,
    forward_with_cache,
    gradient_by_hand,
    gradient_check,
    network_gradients,
    relu_backward,
    topological_order,
    train_network,
    two_moons,
)
from utils.networks import deep_forward

torch.set_num_threads(1)

numbers = st.floats(-3, 3)
SIZES = [(3, 1), (2, 4, 1), (4, 3, 5, 1), (2, 6, 5, 4, 3, 1)]


def network(sizes, seed):
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=(m, k)), rng.normal(size=k)) for m, k in pairwise(sizes)]


def task(n, m, seed):
    rng = np.random.default_rng(seed + 100)
    return rng.normal(size=(n, m)), rng.integers(0, 2, size=n).astype(float)


def tensors(layers):
    return [
        tuple(torch.tensor(part, dtype=torch.float64, requires_grad=True) for part in pair)
        for pair in layers
    ]


def torch_loss(X, y, layers):
    A = torch.from_numpy(X)
    for place, (W, b) in enumerate(layers):
        Z = A @ W + b
        A = torch.relu(Z) if place < len(layers) - 1 else Z
    return torch.nn.functional.binary_cross_entropy_with_logits(A[:, 0], torch.from_numpy(y))


# ---------------------------------------------------------------- one number at a time


@given(x=numbers, y=numbers, w1=numbers, w2=numbers)
def test_gradient_by_hand_agrees_with_autograd(x, y, w1, w2):
    first, second = (torch.tensor(w, dtype=torch.float64, requires_grad=True) for w in (w1, w2))
    ((second * torch.sigmoid(first * x) - y) ** 2).backward()
    expected = (first.grad.item(), second.grad.item())
    np.testing.assert_allclose(gradient_by_hand(x, y, w1, w2), expected, rtol=1e-10, atol=1e-12)


@given(st.integers(1, 25), st.randoms(use_true_random=False))
def test_any_order_puts_parents_first(count, random):
    parents = {0: []}
    for node in range(1, count):
        # the node before is always a parent, so that the last depends on all others
        others = [random.randrange(node) for _ in range(random.randrange(3))]
        parents[node] = [*others, node - 1]
    names = list(parents)
    random.shuffle(names)
    order = topological_order({node: parents[node] for node in names}, count - 1)
    assert sorted(order) == list(range(count))
    places = {node: place for place, node in enumerate(order)}
    assert all(places[p] < places[node] for node in parents for p in parents[node])


def test_many_ways_are_walked_only_once():
    # a ladder of 300 rungs has 2^300 ways from end to end
    parents = {0: []} | {rung: [rung - 1, rung - 1] for rung in range(1, 301)}
    assert topological_order(parents, 300) == list(range(301))


def random_expression(random, leaves, tanh, relu):
    """Combine leaves by random operations; works for Values and for tensors alike."""
    pool = list(leaves)
    for _ in range(8):
        a, b = random.choice(pool), random.choice(pool)
        operation = random.randrange(10)
        pool.append(
            (
                lambda a, b: a + b,
                lambda a, b: a - b,
                lambda a, b: a * b,
                lambda a, b: a / (b * b + 1),
                lambda a, b: tanh(a),
                lambda a, b: relu(a),
                lambda a, b: a**3,
                lambda a, b: 2 - a,
                lambda a, b: 1.5 / (a**2 + 2),
                lambda a, b: -a * 0.5 + 1,
            )[operation](a, b)
        )
        pool[-1] = tanh(pool[-1])  # keeps numbers in a range where they can be compared
    return sum(pool[len(leaves) :], 0.0)


@given(st.lists(numbers, min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_value_agrees_with_autograd_on_random_expressions(data, random):
    assume(all(abs(number) > 1e-3 for number in data))  # away from the ReLU's kink
    state = random.getstate()
    ours = [Value(number) for number in data]
    result = random_expression(random, ours, Value.tanh, Value.relu)
    result.backward()
    random.setstate(state)
    theirs = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in data]
    expected = random_expression(random, theirs, torch.tanh, torch.relu)
    expected.backward()
    assert result.data == pytest.approx(expected.item(), rel=1e-10, abs=1e-12)
    grads = [0.0 if leaf.grad is None else leaf.grad.item() for leaf in theirs]
    np.testing.assert_allclose([leaf.grad for leaf in ours], grads, rtol=1e-9, atol=1e-11)


def test_value_goes_back_along_a_chain_of_ten_thousand():
    a = Value(1.0)
    result = a
    for _ in range(10_000):
        result = result + 0.5
    result.backward()
    assert (result.data, a.grad) == (5001.0, 1.0)


def test_value_accumulates_over_graphs_as_autograd_does():
    ours, theirs = Value(3.0), torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    for w in (ours, theirs):
        (w * w).backward()
        (w * 2).backward()
    assert ours.grad == theirs.grad.item() == 8.0


def test_value_keeps_what_the_pictures_need():
    a, b = Value(2.0), Value(-3.0)
    product = a * b
    assert product.parents == (a, b)
    assert product.slopes == (-3.0, 2.0)
    assert product.operation == "×"
    assert a.parents == ()


# ------------------------------------------------------------------- one layer at a time


@given(hnp.arrays(float, (3, 4), elements=numbers), hnp.arrays(float, (3, 4), elements=numbers))
def test_relu_backward_agrees_with_autograd(dA, Z):
    z = torch.tensor(Z, requires_grad=True)
    torch.relu(z).backward(torch.tensor(dA))
    np.testing.assert_array_equal(relu_backward(dA, Z), z.grad.numpy())


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.integers(0, 1000))
def test_dense_backward_agrees_with_autograd(n, m, k, seed):
    rng = np.random.default_rng(seed)
    dZ, X, W = rng.normal(size=(n, k)), rng.normal(size=(n, m)), rng.normal(size=(m, k))
    x, w = torch.tensor(X, requires_grad=True), torch.tensor(W, requires_grad=True)
    b = torch.zeros(k, dtype=torch.float64, requires_grad=True)
    (x @ w + b).backward(torch.tensor(dZ))
    for got, expected in zip(dense_backward(dZ, X, W), (x.grad, w.grad, b.grad), strict=True):
        np.testing.assert_allclose(got, expected.numpy(), rtol=1e-12, atol=1e-12)


# --------------------------------------------------------------------- the whole network


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_forward_with_cache_is_deep_forward_with_a_trail(sizes):
    layers, (X, _) = network(sizes, 0), task(7, sizes[0], 0)
    output, cache = forward_with_cache(X, layers)
    np.testing.assert_allclose(output, deep_forward(X, layers), rtol=1e-12)
    np.testing.assert_array_equal(cache[0][0], X)
    for (_, Z), (inputs, _) in pairwise(cache):
        np.testing.assert_array_equal(inputs, np.maximum(Z, 0))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_network_gradients_agree_with_autograd_to_1e_10(sizes, seed):
    layers, (X, y) = network(sizes, seed), task(9, sizes[0], seed)
    loss, gradients = network_gradients(X, y, layers)
    leaves = tensors(layers)
    expected = torch_loss(X, y, leaves)
    expected.backward()
    assert abs(loss - expected.item()) < 1e-10
    for pair, leaf_pair in zip(gradients, leaves, strict=True):
        for got, leaf in zip(pair, leaf_pair, strict=True):
            assert got.shape == tuple(leaf.shape)
            assert np.abs(got - leaf.grad.numpy()).max() < 1e-10


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_network_gradients_agree_with_the_definition(sizes):
    layers, (X, y) = network(sizes, 7), task(8, sizes[0], 7)
    _, cache = forward_with_cache(X, layers)
    # no nudge of 1e-5 may carry a unit over its kink
    assert min(np.abs(Z).min() for _, Z in cache) > 1e-4
    _, gradients = network_gradients(X, y, layers)
    for layer in range(len(layers)):
        for place in range(2):

            def loss(nudged, layer=layer, place=place):
                changed = [list(pair) for pair in layers]
                changed[layer][place] = nudged
                return network_gradients(X, y, changed)[0]

            error = gradient_check(loss, gradients[layer][place], layers[layer][place])
            assert error < 1e-5


def test_gradients_of_confident_logits_are_finite():
    layers = [(np.array([[1e300]]), np.zeros(1))]
    loss, gradients = network_gradients([[1.0], [-1.0]], [0, 1], layers)
    assert loss == pytest.approx(1e300)
    assert all(np.isfinite(g).all() for pair in gradients for g in pair)


@given(st.floats(0.1, 10), st.floats(0.1, 10))
def test_gradient_check_is_the_relative_error_of_the_formula(factor, w):
    wrong = factor * 2 * w
    expected = abs(factor - 1) / (factor + 1)
    got = gradient_check(lambda v: float(np.sum(v**2)), np.array([wrong]), np.array([w]))
    assert got == pytest.approx(expected, abs=1e-8)


def test_gradient_check_returns_a_float():
    assert type(gradient_check(lambda w: float(np.sum(w)), np.ones(3), np.zeros(3))) is float


def test_train_network_walks_as_sgd_does():
    layers, (X, y) = network((2, 5, 4, 1), 3), task(12, 2, 3)
    trained, losses = train_network(X, y, layers, 0.2, 25)
    leaves = tensors(layers)
    optimizer = torch.optim.SGD([leaf for pair in leaves for leaf in pair], lr=0.2)
    expected = []
    for _ in range(25):
        optimizer.zero_grad()
        loss = torch_loss(X, y, leaves)
        loss.backward()
        optimizer.step()
        expected.append(loss.item())
    expected.append(torch_loss(X, y, leaves).item())
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    for pair, leaf_pair in zip(trained, leaves, strict=True):
        for got, leaf in zip(pair, leaf_pair, strict=True):
            np.testing.assert_allclose(got, leaf.detach().numpy(), rtol=1e-8, atol=1e-10)


def test_train_network_leaves_the_start_alone():
    layers, (X, y) = network((2, 3, 1), 4), task(5, 2, 4)
    copies = [(W.copy(), b.copy()) for W, b in layers]
    trained, losses = train_network(X, y, layers, 0.5, 0)
    assert losses.shape == (1,)
    trained[0][0][:] = 0  # a new array even without a step
    for (W, b), (W_before, b_before) in zip(layers, copies, strict=True):
        np.testing.assert_array_equal(W, W_before)
        np.testing.assert_array_equal(b, b_before)


# --------------------------------------------------------------------------- points to train on


def test_two_moons_are_half_circles_of_radius_one():
    X, y = two_moons(101, 0.0, np.random.default_rng(0))
    assert X.shape == (101, 2)
    assert (y == 0).sum() == 50
    assert (y == 1).sum() == 51
    upper, lower = X[y == 0] - [-0.5, -0.25], X[y == 1] - [0.5, 0.25]
    np.testing.assert_allclose(np.hypot(*upper.T), 1)
    np.testing.assert_allclose(np.hypot(*lower.T), 1)
    assert upper[:, 1].min() >= 0
    assert lower[:, 1].max() <= 0


def test_two_moons_spread_with_the_noise():
    X, y = two_moons(4000, 0.1, np.random.default_rng(1))
    radius = np.hypot(*(X[y == 0] - [-0.5, -0.25]).T)
    assert radius.std() == pytest.approx(0.1, abs=0.01)
    assert math.isclose(radius.mean(), 1, abs_tol=0.02)
