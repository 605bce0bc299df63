"""Training on classes: lesson 06's backward pass and lesson 07's Adam, arranged for speed.

The mathematics is that of `forward_with_cache`, `cross_entropy_gradient`, `relu_backward`,
`dense_backward` and `adam_step`, to the last few digits. What is new is where the numbers lie:

1. **One flat array.** All weights and biases lie one after the other in one long array, and each
   layer's W and b are views into it. Adam then takes one step for the whole network.
2. **The bias is a weight.** It is the weight of one more input, which is always 1. With that
   column at the end of X, and b as one more row below W, X W + b is a single product; and so is
   the way back, where dW comes with db below it.
3. **Nothing is made twice.** Each result is written into an array that was there before
   (`out=`, `+=`): for small batches, asking for memory takes as long as computing.
4. **Column by column.** What passes through the network lies in memory by columns (`order="F"`),
   so all columns but the last, the ones, are one unbroken piece of memory.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from utils.losses import cross_entropy

Layers = list[tuple[np.ndarray, np.ndarray]]

# Adam's constants, as Kingma & Ba (2015) advise and PyTorch has them
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def classifier_gradients(
    X: ArrayLike, labels: ArrayLike, layers: Sequence[tuple[ArrayLike, ArrayLike]]
) -> tuple[float, Layers]:
    """Loss of a network that tells classes apart, and its gradient, on one batch.

    The network is that of `forward_with_cache`; its last layer has a neuron for each class. The
    loss is `cross_entropy`, a mean over the batch.

    Parameters
    ----------
    X : (n, m) examples; float32 is computed in float32, all else in float64
    labels : (n,) the true classes, whole numbers from 0 to k - 1
    layers : list of one or more (W, b), from the first layer to the last, whose W has k columns

    Returns
    -------
    (loss, gradients): a float, in nats; and a list with one (dW, db) a layer

    Raises
    ------
    ValueError, if the shapes don't fit together or a label is no class

    Examples
    --------
    >>> loss, gradients = classifier_gradients([[2.0]], [1], [([[0.0, 0.0]], [0.0, 0.0])])
    >>> loss  # logits of 0 and 0: a coin flip costs log 2
    0.6931471805599453
    >>> gradients
    [(array([[ 1., -1.]]), array([ 0.5, -0.5]))]
    """
    X, labels, layers = _checked(X, labels, layers)
    network = _FlatNetwork(layers, batch_size=len(X))
    X = _with_ones(X)
    network.backward(X, labels)
    return network.loss(X, labels), network.split(network.gradient)


def train_classes(
    X: ArrayLike,
    labels: ArrayLike,
    layers: Sequence[tuple[ArrayLike, ArrayLike]],
    batch_size: int,
    epochs: int,
    rng: np.random.Generator,
    learning_rate: float = 0.001,
    on_epoch: Callable[[int, Layers, float], object] | None = None,
) -> tuple[Layers, np.ndarray]:
    """Train a network to tell classes apart: mini-batches, shuffled anew each epoch, and Adam.

    Each epoch puts the examples in the order rng.permutation(n) and cuts it into batches, as
    `minibatches` does; the last may be shorter.

    Parameters
    ----------
    X : (n, m) examples; float32 is computed in float32, all else in float64
    labels : (n,) the true classes, whole numbers from 0 to k - 1
    layers : list of (W, b) to start from, the last W has k columns; they are left unchanged
    batch_size : how many examples a step sees, 1 or more
    epochs : how many times each example is seen, 0 or more
    rng : the generator that shuffles
    learning_rate : that of Adam, a positive number
    on_epoch : called after each epoch, with its number from 0, the layers, and the loss

    Returns
    -------
    (layers, losses): the trained layers; and (epochs,) the loss on all examples after each epoch.
    Training that runs away ends in inf or nan.

    Raises
    ------
    ValueError, if the shapes don't fit together, a label is no class, or there is no batch

    Examples
    --------
    >>> X, labels = [[-2.0], [-1.0], [1.0], [2.0]], [0, 0, 1, 1]
    >>> start = [(np.zeros((1, 2)), np.zeros(2))]
    >>> rng = np.random.default_rng(0)
    >>> layers, losses = train_classes(X, labels, start, 2, 50, rng, learning_rate=0.1)
    >>> losses[[0, -1]].round(2)
    array([0.45, 0.01])
    """
    X, labels, layers = _checked(X, labels, layers)
    if batch_size < 1 or epochs < 0:
        raise ValueError(
            f"batch_size must be 1 or more and epochs 0 or more, got {batch_size} and {epochs}."
        )
    n = len(X)
    X = _with_ones(X)
    network = _FlatNetwork(layers, batch_size=min(batch_size, n))
    adam = _Adam(network.parameters, network.gradient, learning_rate)
    losses = np.zeros(epochs)
    with np.errstate(over="ignore", invalid="ignore"):  # too bold a learning rate may overflow
        for epoch in range(epochs):
            order = rng.permutation(n)
            X_shuffled, labels_shuffled = X[order], labels[order]  # a batch is now a slice
            for start in range(0, n, batch_size):
                batch = slice(start, start + batch_size)
                network.backward(X_shuffled[batch], labels_shuffled[batch])
                adam.step()
            losses[epoch] = network.loss(X, labels)
            if on_epoch is not None:
                on_epoch(epoch, network.split(network.parameters), float(losses[epoch]))
    return network.split(network.parameters), losses


class _FlatNetwork:
    """A network whose parameters lie in one flat array, as its gradient does in another.

    parameters, gradient : (p,) W and b of the first layer, row by row, then of the next, …
    weights, slopes : for each layer, from m inputs to k neurons, a view (m + 1, k) into these:
        W with b as its last row, and dW with db as its last row
    """

    def __init__(self, layers: Layers, batch_size: int) -> None:
        self.sizes = [len(layers[0][0]), *(len(b) for _, b in layers)]
        self.parameters = np.concatenate([array.ravel() for layer in layers for array in layer])
        self.gradient = np.zeros_like(self.parameters)
        self.weights = self.views(self.parameters)
        self.slopes = self.views(self.gradient)
        # what passes through: forth, the hidden layers' activations beside a column of ones, …
        dtype = self.parameters.dtype
        self.hidden = [np.ones((batch_size, k + 1), dtype, order="F") for k in self.sizes[1:-1]]
        # … and back, the gradient with respect to each layer's pre-activations
        self.dZ = [np.zeros((batch_size, k), dtype, order="F") for k in self.sizes[1:]]
        self.rows = np.arange(batch_size)

    def views(self, flat: np.ndarray) -> list[np.ndarray]:
        """A matrix (m + 1, k) for each layer that shows its part of a flat array."""
        shapes = [(m + 1, k) for m, k in pairwise(self.sizes)]
        ends = np.cumsum([rows * columns for rows, columns in shapes])
        parts = np.split(flat, ends[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]

    def split(self, flat: np.ndarray) -> Layers:
        """A copy of a flat array as a list of (W, b)."""
        return [(both[:-1].copy(), both[-1].copy()) for both in self.views(flat)]

    def backward(self, X: np.ndarray, labels: np.ndarray) -> None:
        """Put the gradient of the mean cross-entropy of a batch (n, m + 1) into `gradient`."""
        n = len(X)
        inputs = [X, *(buffer[:n] for buffer in self.hidden)]
        for layer, A in enumerate(inputs[1:]):
            Z = A[:, :-1]  # all but the ones
            np.matmul(inputs[layer], self.weights[layer], out=Z)
            np.maximum(Z, 0, out=Z)  # the ReLU, in place: Z is now the layer's activation

        dZ = self.dZ[-1][:n]
        np.matmul(inputs[-1], self.weights[-1], out=dZ)  # first the logits, …
        dZ -= dZ.max(axis=1, keepdims=True)
        np.exp(dZ, out=dZ)
        dZ /= n * dZ.sum(axis=1, keepdims=True)  # … then their softmax / n, …
        dZ[self.rows[:n], labels] -= 1 / n  # … then the gradient with respect to them

        for layer in reversed(range(len(inputs))):
            np.matmul(inputs[layer].T, dZ, out=self.slopes[layer])  # dW, and below it db
            if layer > 0:
                dX = self.dZ[layer - 1][:n]
                np.matmul(dZ, self.weights[layer][:-1].T, out=dX)
                dX *= inputs[layer][:, :-1] > 0  # nothing flows where the ReLU was shut
                dZ = dX

    def loss(self, X: np.ndarray, labels: np.ndarray) -> float:
        """Mean cross-entropy of any number of examples (n, m + 1)."""
        *hidden, last = self.weights
        for both in hidden:
            Z = X @ both
            X = _with_ones(np.maximum(Z, 0, out=Z))
        return cross_entropy(X @ last, labels)


class _Adam:
    """Lesson 07's `adam_step`, which changes a flat array of parameters in place.

    m and v are kept without their factors (1 - beta1) and (1 - beta2), so that both factors, and
    both corrections for the zeros at the start, are a division of two plain numbers a step:

        m ← beta1 · m + gradient,   v ← beta2 · v + gradient²
        parameters ← parameters - rate · m / (√v + epsilon / √scale_v)
        where rate = learning_rate · scale_m / √scale_v,
        scale_m = (1 - beta1) / (1 - beta1ᵗ),   scale_v = (1 - beta2) / (1 - beta2ᵗ)
    """

    def __init__(self, parameters: np.ndarray, gradient: np.ndarray, learning_rate: float) -> None:
        self.parameters, self.gradient = parameters, gradient
        self.m, self.v = np.zeros_like(parameters), np.zeros_like(parameters)
        self.learning_rate = learning_rate
        self.t = 0

    def step(self) -> None:
        """Take one step; it uses the gradient up."""
        self.t += 1
        scale_m = (1 - BETA1) / (1 - BETA1**self.t)
        root_v = ((1 - BETA2) / (1 - BETA2**self.t)) ** 0.5
        m, v, gradient = self.m, self.v, self.gradient
        m *= BETA1
        m += gradient
        gradient *= gradient  # from here on its place holds gradient², then the step
        v *= BETA2
        v += gradient
        step = np.sqrt(v, out=gradient)
        step += EPSILON / root_v
        np.divide(m, step, out=step)
        step *= self.learning_rate * scale_m / root_v
        self.parameters -= step


def _with_ones(A: np.ndarray) -> np.ndarray:
    """A copy of (n, m) with a column of ones at the end, (n, m + 1)."""
    n, m = A.shape
    wider = np.ones((n, m + 1), A.dtype)
    wider[:, :-1] = A
    return wider


def _checked(
    X: ArrayLike, labels: ArrayLike, layers: Sequence[tuple[ArrayLike, ArrayLike]]
) -> tuple[np.ndarray, np.ndarray, Layers]:
    """The arguments as arrays that fit together: X and layers of one dtype, labels of int64."""
    X, labels = np.asarray(X), np.asarray(labels)
    dtype = np.float32 if X.dtype == np.float32 else np.float64
    if X.ndim != 2 or labels.shape != X.shape[:1] or not len(X):
        raise ValueError(
            "X must be (n, m), with an example a row, and labels (n,): "
            f"got the shapes {X.shape} and {labels.shape}."
        )
    arrays = [(np.asarray(W, dtype), np.asarray(b, dtype)) for W, b in layers]
    if not arrays:
        raise ValueError("layers is empty: a network has one (W, b) or more.")
    inputs = X.shape[1]
    for number, (W, b) in enumerate(arrays):
        if W.ndim != 2 or W.shape != (inputs, b.size) or b.ndim != 1:
            raise ValueError(
                f"layers[{number}] gets {inputs} inputs, so W must be ({inputs}, k) and b (k,): "
                f"got the shapes {W.shape} and {b.shape}."
            )
        inputs = b.size
    whole = labels.astype(np.int64)
    if not np.array_equal(whole, labels) or whole.min() < 0 or whole.max() >= inputs:
        raise ValueError(
            f"labels must be whole numbers from 0 to {inputs - 1}, one for each neuron of the "
            f"last layer: got numbers from {labels.min()} to {labels.max()}."
        )
    return X.astype(dtype, copy=False), whole, arrays
