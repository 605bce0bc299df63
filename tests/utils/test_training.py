"""Fast training against the plain loop of the course's own functions, and against PyTorch."""

import re
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from utils.backpropagation import dense_backward, forward_with_cache, relu_backward
from utils.datasets import load_digits
from utils.losses import cross_entropy, cross_entropy_gradient
from utils.networks import deep_forward, init_dense
from utils.optimizers import adam_step
from utils.training import classifier_gradients, train_classes

torch.set_num_threads(1)

seeds = st.integers(0, 2**32 - 1)
SHAPES = [[5, 3], [4, 7, 3], [6, 5, 4, 2]]


def task(sizes, n, seed, spread=1.0):
    """Examples, labels, and layers with biases that are not zero."""
    rng = np.random.default_rng(seed)
    X = spread * rng.normal(size=(n, sizes[0]))
    labels = rng.integers(sizes[-1], size=n)
    layers = [(init_dense(m, k, rng)[0], rng.normal(size=k)) for m, k in pairwise(sizes)]
    return X, labels, layers


def batches_of(n, batch_size, rng):
    """Lesson 08's mini-batches, in the words of the syllabus."""
    order = rng.permutation(n)
    return [order[start : start + batch_size] for start in range(0, n, batch_size)]


def plain_gradients(X, labels, layers):
    """The gradient by lesson 06's functions, one after the other."""
    logits, cache = forward_with_cache(X, layers)
    dZ = cross_entropy_gradient(logits, labels)
    gradients = []
    for layer in reversed(range(len(layers))):
        dX, dW, db = dense_backward(dZ, cache[layer][0], layers[layer][0])
        gradients.insert(0, (dW, db))
        if layer > 0:
            dZ = relu_backward(dX, cache[layer - 1][1])
    return cross_entropy(logits, labels), gradients


def plain_training(X, labels, layers, batch_size, epochs, rng, learning_rate):
    """The loop by the functions of lessons 04, 06 and 07: each array takes its own Adam steps."""
    arrays = [array for layer in layers for array in layer]
    moments = [(np.zeros_like(array), np.zeros_like(array)) for array in arrays]
    losses, t = [], 0
    for _ in range(epochs):
        for batch in batches_of(len(X), batch_size, rng):
            t += 1
            pairs = list(zip(arrays[::2], arrays[1::2], strict=True))
            _, gradients = plain_gradients(X[batch], labels[batch], pairs)
            flat = [array for layer in gradients for array in layer]
            for i, gradient in enumerate(flat):
                arrays[i], *moments[i] = adam_step(
                    arrays[i], *moments[i], t, gradient, learning_rate, 0.9, 0.999, 1e-8
                )
        pairs = list(zip(arrays[::2], arrays[1::2], strict=True))
        losses.append(cross_entropy(deep_forward(X, pairs), labels))
    return pairs, losses


def torch_network(layers):
    """The same network in PyTorch, in float64."""
    modules = []
    for W, b in layers:
        linear = torch.nn.Linear(*W.shape, dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(W.T))
            linear.bias.copy_(torch.tensor(b))
        modules += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*modules[:-1])


def layers_of(network):
    linears = [module for module in network if isinstance(module, torch.nn.Linear)]
    return [(m.weight.detach().numpy().T, m.bias.detach().numpy()) for m in linears]


def torch_training(X, labels, layers, batch_size, epochs, rng, learning_rate):
    """PyTorch's own autograd and Adam, on the same batches."""
    network = torch_network(layers)
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
    loss_of = torch.nn.CrossEntropyLoss()
    X, labels = torch.tensor(X), torch.tensor(labels)
    losses = []
    for _ in range(epochs):
        for batch in batches_of(len(X), batch_size, rng):
            optimizer.zero_grad()
            loss_of(network(X[batch]), labels[batch]).backward()
            optimizer.step()
        with torch.no_grad():
            losses.append(float(loss_of(network(X), labels)))
    return layers_of(network), losses


def assert_same_layers(got, expected, **tolerance):
    assert len(got) == len(expected)
    for (W, b), (W_expected, b_expected) in zip(got, expected, strict=True):
        np.testing.assert_allclose(W, W_expected, **tolerance)
        np.testing.assert_allclose(b, b_expected, **tolerance)


# ---------------------------------------------------------------------------- one batch


@given(sizes=st.lists(st.integers(1, 6), min_size=2, max_size=4), n=st.integers(1, 9), seed=seeds)
@settings(max_examples=40)
def test_gradients_are_those_of_the_courses_own_functions(sizes, n, seed):
    X, labels, layers = task(sizes, n, seed)
    loss, gradients = classifier_gradients(X, labels, layers)
    expected_loss, expected = plain_gradients(X, labels, layers)
    assert isinstance(loss, float)
    np.testing.assert_allclose(loss, expected_loss, rtol=1e-12, atol=1e-14)
    assert_same_layers(gradients, expected, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("sizes", SHAPES)
@pytest.mark.parametrize("n", [1, 8])
def test_gradients_are_those_of_pytorch(sizes, n):
    X, labels, layers = task(sizes, n, 1)
    network = torch_network(layers)
    loss = torch.nn.CrossEntropyLoss()(network(torch.tensor(X)), torch.tensor(labels))
    loss.backward()
    got_loss, gradients = classifier_gradients(X, labels, layers)
    np.testing.assert_allclose(got_loss, loss.item(), rtol=1e-12)
    linears = [module for module in network if isinstance(module, torch.nn.Linear)]
    expected = [(m.weight.grad.numpy().T, m.bias.grad.numpy()) for m in linears]
    assert_same_layers(gradients, expected, rtol=1e-10, atol=1e-13)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_in_the_thousands_are_no_trouble(dtype):
    X = np.array([[1.0], [-1.0]], dtype)
    layers = [([[5000.0, -5000.0]], [0.0, 0.0])]
    loss, [(dW, db)] = classifier_gradients(X, [1, 1], layers)
    # the first is surely wrong, by 10000 nats, the second surely right
    assert loss == 5000
    np.testing.assert_array_equal(dW, [[0.5, -0.5]])
    np.testing.assert_array_equal(db, [0.5, -0.5])


def test_a_neuron_at_zero_passes_no_gradient_back():
    # the custom of lesson 02: at exactly 0 the ReLU's slope is 0
    layers = [([[1.0]], [0.0]), ([[1.0, 2.0]], [0.0, 0.0])]
    _, [(dW, db), _] = classifier_gradients([[0.0]], [0], layers)
    assert dW.tolist() == [[0.0]]
    assert db.tolist() == [0.0]


# ------------------------------------------------------------------------------ training


@pytest.mark.parametrize("sizes", SHAPES)
@pytest.mark.parametrize("batch_size", [1, 8, 23, 100], ids="{} a batch".format)
@pytest.mark.parametrize("other", [plain_training, torch_training])
def test_training_takes_the_same_steps(sizes, batch_size, other):
    X, labels, layers = task(sizes, 23, 2)  # 23 is no multiple of 8: the last batch is shorter
    arguments = (X, labels, layers, batch_size, 20)
    expected, expected_losses = other(*arguments, np.random.default_rng(3), 0.01)
    got, losses = train_classes(*arguments, np.random.default_rng(3), 0.01)
    assert losses.shape == (20,)
    np.testing.assert_allclose(losses, expected_losses, rtol=0, atol=1e-10)
    assert_same_layers(got, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("other", [plain_training, torch_training])
def test_training_takes_the_same_steps_on_the_digits(other):
    digits = load_digits()
    X, labels = digits.X[:500] / 16, digits.y[:500]
    rng = np.random.default_rng(0)
    layers = [init_dense(64, 64, rng), init_dense(64, 10, rng)]
    arguments = (X, labels, layers, 32, 5)
    expected, expected_losses = other(*arguments, np.random.default_rng(1), 0.001)
    got, losses = train_classes(*arguments, np.random.default_rng(1))  # 0.001 if not told
    np.testing.assert_allclose(losses, expected_losses, rtol=0, atol=1e-10)
    assert_same_layers(got, expected, rtol=0, atol=1e-10)


def test_float32_stays_float32_and_agrees_to_its_digits():
    X, labels, layers = task([6, 5, 4], 40, 4)
    exact, losses = train_classes(X, labels, layers, 8, 10, np.random.default_rng(5))
    X = X.astype(np.float32)
    got, got_losses = train_classes(X, labels, layers, 8, 10, np.random.default_rng(5))
    loss, gradients = classifier_gradients(X, labels, layers)
    assert isinstance(loss, float)
    assert {array.dtype for layer in got + gradients for array in layer} == {np.dtype("float32")}
    assert {array.dtype for layer in exact for array in layer} == {np.dtype("float64")}
    np.testing.assert_allclose(got_losses, losses, rtol=1e-4)
    assert_same_layers(got, exact, rtol=0, atol=1e-4)


def test_whole_numbers_are_computed_in_float64():
    layers = [(np.zeros((1, 2)), np.zeros(2))]
    _, [(dW, _)] = classifier_gradients([[2], [4]], [0, 1], layers)
    assert dW.dtype == np.float64
    np.testing.assert_array_equal(dW, [[0.5, -0.5]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arguments_are_left_unchanged(dtype):
    X, labels, layers = task([4, 7, 3], 10, 6)
    X = X.astype(dtype)
    layers = [(W.astype(dtype), b.astype(dtype)) for W, b in layers]
    before = [X.copy(), labels.copy(), *(array.copy() for layer in layers for array in layer)]
    gradients = classifier_gradients(X, labels, layers)[1]
    trained, _ = train_classes(X, labels, layers, 4, 3, np.random.default_rng(0))
    arguments = [X, labels, *(array for layer in layers for array in layer)]
    for array, copy in zip(arguments, before, strict=True):
        np.testing.assert_array_equal(array, copy)
    results = [array for layer in trained + gradients for array in layer]
    assert not any(np.shares_memory(a, b) for a in results for b in arguments)


def test_each_epoch_shuffles_once_as_the_mini_batches_do():
    X, labels, layers = task([3, 2], 9, 7)
    rng, other = np.random.default_rng(8), np.random.default_rng(8)
    train_classes(X, labels, layers, 4, 3, rng)
    for _ in range(3):
        other.permutation(9)
    assert rng.bit_generator.state == other.bit_generator.state


def test_no_epochs_change_nothing():
    X, labels, layers = task([4, 7, 3], 10, 9)
    trained, losses = train_classes(X, labels, layers, 4, 0, np.random.default_rng(0))
    assert losses.shape == (0,)
    assert_same_layers(trained, layers, rtol=0)


def test_on_epoch_sees_each_epoch_and_may_keep_it():
    X, labels, layers = task([4, 7, 3], 10, 10)
    seen = []
    trained, losses = train_classes(
        X, labels, layers, 4, 3, np.random.default_rng(0), on_epoch=lambda *args: seen.append(args)
    )
    assert [epoch for epoch, _, _ in seen] == [0, 1, 2]
    for _, then, loss in seen:  # what was handed out does not move on with the training
        np.testing.assert_allclose(cross_entropy(deep_forward(X, then), labels), loss, rtol=1e-12)
    assert [loss for _, _, loss in seen] == losses.tolist()
    assert_same_layers(seen[-1][1], trained, rtol=0)


@pytest.mark.filterwarnings("error")
def test_training_that_runs_away_says_so_in_its_losses():
    X, labels, layers = task([4, 7, 3], 10, 11, spread=1e3)
    _, losses = train_classes(X, labels, layers, 4, 3, np.random.default_rng(0), 1e300)
    assert not np.isfinite(losses).any()


# ----------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"X": np.zeros(3)}, "X must be (n, m), with an example a row, and labels (n,)"),
        ({"labels": [0, 1]}, "got the shapes (3, 2) and (2,)"),
        ({"X": np.zeros((0, 2)), "labels": []}, "got the shapes (0, 2) and (0,)"),
        ({"labels": [0, 1, 2]}, "labels must be whole numbers from 0 to 1"),
        ({"labels": [0, 1, -1]}, "got numbers from -1 to 1"),
        ({"labels": [0, 1, 0.5]}, "labels must be whole numbers"),
        ({"layers": []}, "layers is empty"),
        ({"layers": [(np.zeros((3, 2)), np.zeros(2))]}, "layers[0] gets 2 inputs"),
        ({"layers": [(np.zeros((2, 2)), np.zeros(3))]}, "got the shapes (2, 2) and (3,)"),
        (
            {"layers": [(np.zeros((2, 4)), np.zeros(4)), (np.zeros((3, 2)), np.zeros(2))]},
            "layers[1] gets 4 inputs",
        ),
        ({"batch_size": 0}, "batch_size must be 1 or more and epochs 0 or more, got 0 and 1"),
        ({"epochs": -1}, "got 2 and -1"),
    ],
)
def test_bad_input_is_told_in_a_sentence(change, says):
    arguments = {
        "X": np.zeros((3, 2)),
        "labels": [0, 1, 0],
        "layers": [(np.zeros((2, 2)), np.zeros(2))],
        "batch_size": 2,
        "epochs": 1,
        "rng": np.random.default_rng(0),
    }
    train_classes(**arguments)
    with pytest.raises(ValueError, match=re.escape(says)):
        train_classes(**{**arguments, **change})
