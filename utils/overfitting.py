"""Overfitting and its remedies: splitting, weight decay, dropout, early stopping.

First the split that makes overfitting visible at all. Then three remedies, each forward function
beside its gradient. Then the choice of a polynomial's degree by its validation error. Last, the
network of lesson 06 with all the remedies put in, and the loop that trains it.

Sources: dropout is Srivastava, Hinton and others (2014), here in its inverted form; early stopping
with patience follows Prechelt (1998), "Early stopping, but when?".
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from utils.activations import relu
from utils.backpropagation import dense_backward, forward_with_cache, relu_backward
from utils.batching import minibatches
from utils.losses import bce_with_logits, bce_with_logits_gradient, mean_squared_error
from utils.networks import dense
from utils.optimizers import adam_step, flatten_layers, unflatten_layers

Layers = list[tuple[np.ndarray, np.ndarray]]

# ---------------------------------------------------------------------- examples held back


def train_test_split(
    X: ArrayLike, y: ArrayLike, train_fraction: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Shuffle the examples, and cut them into two sets.

    Every example goes into one of the two, together with its label. Python's
    round(train_fraction · n) of them are for training.

    Parameters
    ----------
    X : (n, m) examples, one a row
    y : (n,) labels
    train_fraction : which share is for training, between 0 and 1
    rng : the generator that shuffles

    Returns
    -------
    (X_train, y_train, X_test, y_test), in this order; scikit-learn's function of this name
    returns (X_train, X_test, y_train, y_test)

    Examples
    --------
    >>> X, y = np.arange(20).reshape(10, 2), np.arange(10)  # row i holds 2 i and 2 i + 1
    >>> parts = train_test_split(X, y, 0.7, np.random.default_rng(0))
    >>> [part.shape for part in parts]
    [(7, 2), (7,), (3, 2), (3,)]
    """
    X, y = np.asarray(X), np.asarray(y)
    order = rng.permutation(len(X))  # one order for both: a label must stay with its example
    n_train = round(train_fraction * len(X))
    train, test = order[:n_train], order[n_train:]
    return X[train], y[train], X[test], y[test]


# ------------------------------------------------------------------------- weight decay


def l2_penalty(layers: Sequence[tuple[ArrayLike, ArrayLike]], strength: float) -> float:
    """What the size of the weights adds to the loss.

    penalty = strength · Σ W²,   over all entries of all weight tables, but not over the biases

    Parameters
    ----------
    layers : list of (W, b), W of any shape (inputs, outputs)
    strength : a number, 0 or more; 0 switches the penalty off

    Returns
    -------
    float, in the unit of the loss

    Examples
    --------
    >>> l2_penalty([([[1.0, -2.0]], [5.0, 5.0]), ([[3.0], [0.0]], [5.0])], strength=0.5)
    7.0
    """
    return float(strength * sum(np.sum(np.square(W)) for W, _ in layers))


def l2_gradients(
    layers: Sequence[tuple[ArrayLike, ArrayLike]], strength: float
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Gradients of `l2_penalty` for every weight and every bias.

    Parameters
    ----------
    layers : list of (W, b)
    strength : a number, 0 or more

    Returns
    -------
    list of (dW, db), one a layer, each of the shape of its W and its b

    Examples
    --------
    >>> l2_gradients([([[1.0, -2.0]], [5.0, 5.0])], strength=0.1)
    [(array([[ 0.2, -0.4]]), array([0., 0.]))]
    """
    # the penalty does not know the biases, so its slope with respect to them is 0
    return [(2 * strength * np.asarray(W, float), np.zeros(np.shape(b))) for W, b in layers]


# ------------------------------------------------------------------------------ dropout


def dropout_forward(
    A: ArrayLike, rate: float, rng: np.random.Generator, training: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Switch off each activation by chance, and scale up those that stay (inverted dropout).

    A_dropped = A · mask,   mask[i, j] = 0 with probability rate, else 1 / (1 - rate)

    Each entry is drawn anew, by itself. When not training, or at rate 0, nothing is dropped and
    the mask is all ones.

    Parameters
    ----------
    A : (n, k) activations
    rate : the probability of being switched off, 0 ≤ rate < 1
    rng : the generator to draw from
    training : True while the network learns, False when it is used

    Returns
    -------
    (A_dropped, mask), both of A's shape; the backward pass needs the mask

    Examples
    --------
    >>> A = np.array([[1.0, 2.0, 3.0]])
    >>> rng = np.random.default_rng(0)
    >>> A_dropped, mask = dropout_forward(A, 0.5, rng, training=True)
    >>> mask, A_dropped  # which ones stay is chance; those that stay are doubled
    (array([[2., 0., 0.]]), array([[2., 0., 0.]]))
    >>> dropout_forward(A, 0.5, rng, training=False)
    (array([[1., 2., 3.]]), array([[1., 1., 1.]]))
    """
    A = np.asarray(A, float)
    if not training or rate == 0:
        return A.copy(), np.ones(A.shape)
    stays = rng.random(A.shape) >= rate
    # scaled here, so that the mean is kept and nothing is left to do when the network is used
    mask = stays / (1 - rate)
    return A * mask, mask


def dropout_backward(dA: ArrayLike, mask: ArrayLike) -> np.ndarray:
    """Send gradients back through dropout.

    Parameters
    ----------
    dA : (n, k) gradient of the loss with respect to what `dropout_forward` returned
    mask : (n, k) the mask that it returned

    Returns
    -------
    (n, k) gradient with respect to the activations that it was given

    Examples
    --------
    >>> dropout_backward(np.array([[3.0, 3.0, -1.0]]), np.array([[2.0, 0.0, 2.0]]))
    array([[ 6.,  0., -2.]])
    """
    return np.asarray(dA, float) * np.asarray(mask, float)


# ----------------------------------------------------------------------- early stopping


class EarlyStopping:
    """Watch the validation loss, and say when training should stop.

    A loss improves if it is lower than `best_loss` by more than `min_delta`. The first loss always
    does. It is time to stop after `patience` epochs in a row without an improvement.

    Parameters
    ----------
    patience : how many epochs in a row may pass without an improvement, an int of 1 or more
    min_delta : an improvement must be larger than this, a number of 0 or more

    Attributes
    ----------
    best_epoch : the epoch of the last improvement; None before the first
    best_loss : the loss there; inf before the first

    Examples
    --------
    >>> stopping = EarlyStopping(patience=2, min_delta=0.0)
    >>> [stopping.update(epoch, loss) for epoch, loss in enumerate([0.9, 0.5, 0.6, 0.7])]
    [False, False, False, True]
    >>> stopping.best_epoch, stopping.best_loss
    (1, 0.5)
    """

    def __init__(self, patience: int, min_delta: float) -> None:
        """Remember the two settings; nothing has been seen yet."""
        self.patience = patience
        self.min_delta = min_delta
        self.best_epoch: int | None = None
        self.best_loss = math.inf
        self.waited = 0

    def update(self, epoch: int, loss: float) -> bool:
        """Take note of an epoch's loss; return True when it is time to stop."""
        if loss < self.best_loss - self.min_delta:
            self.best_epoch, self.best_loss = epoch, loss
            self.waited = 0
        else:
            self.waited += 1
        return self.waited >= self.patience


# ------------------------------------------------------------------ which polynomial?


def best_degree(
    X_train: ArrayLike,
    y_train: ArrayLike,
    X_val: ArrayLike,
    y_val: ArrayLike,
    degrees: Sequence[int],
) -> int:
    """Choose the degree of a polynomial by its error on examples that it was not fitted to.

    For each degree, fit a polynomial to the training examples by least squares. Return the degree
    whose polynomial has the lowest mean squared error on the validation examples; in a tie, the
    lowest of these degrees.

    Parameters
    ----------
    X_train, y_train : (n,) inputs in [-1, 1], and their targets
    X_val, y_val : (n_val,) inputs in [-1, 1], and their targets
    degrees : list of ints in any order, each 0 or more and below n

    Returns
    -------
    int, one of the degrees

    Examples
    --------
    >>> X_train, X_val = np.array([-1.0, -0.5, 0.0, 0.5, 1.0]), np.array([-0.7, 0.3])
    >>> noise = np.array([0.1, -0.2, 0.1, 0.1, -0.1])
    >>> best_degree(X_train, X_train**2 + noise, X_val, X_val**2, [0, 1, 2, 3, 4])  # a parabola
    2
    """
    X_train, y_train = np.asarray(X_train, float), np.asarray(y_train, float)
    errors = {}
    for degree in sorted(degrees):
        # the curves are those of 1, x, x², …; written so, rounding errors stay small
        curve = np.polynomial.Legendre.fit(X_train, y_train, degree, domain=[-1, 1])
        errors[degree] = mean_squared_error(curve(np.asarray(X_val)), y_val)
    # of equal errors min takes the one that came first: the lowest degree
    return min(errors, key=lambda degree: errors[degree])


# ------------------------------------------------------- lesson 06's network, regularised


def forward_with_dropout(
    X: ArrayLike,
    layers: Sequence[tuple[ArrayLike, ArrayLike]],
    rate: float,
    rng: np.random.Generator,
    training: bool,
) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray, np.ndarray]]]:
    """Run a network forward, with dropout after the ReLU of every hidden layer.

    Parameters
    ----------
    X : (n, m) examples
    layers : list of one or more (W, b); ReLU between layers, none after the last
    rate, rng, training : as in `dropout_forward`

    Returns
    -------
    (output, cache): (n, k) what the last layer gives; and for each layer (inputs, Z, mask)
    """
    A = np.asarray(X, float)
    cache = []
    for number, (W, b) in enumerate(layers):
        Z = dense(A, W, b)
        hidden = number < len(layers) - 1  # the output layer has no ReLU, and keeps all its units
        after, mask = dropout_forward(relu(Z) if hidden else Z, rate, rng, training and hidden)
        cache.append((A, Z, mask))
        A = after
    return A, cache


def regularised_gradients(
    X: ArrayLike,
    y: ArrayLike,
    layers: Sequence[tuple[ArrayLike, ArrayLike]],
    rate: float,
    strength: float,
    rng: np.random.Generator,
) -> tuple[float, Layers]:
    """Loss and gradients of a network with dropout and weight decay, for labels 0 and 1.

    It is `network_gradients` of lesson 06 with two things put in.

    Parameters
    ----------
    X, y : (n, m) examples and (n,) labels, 0 or 1
    layers : list of (W, b), the last with one output
    rate : of the dropout
    strength : of the weight decay
    rng : the generator that drops

    Returns
    -------
    (loss, gradients): mean binary cross-entropy plus penalty; and one (dW, db) a layer
    """
    output, cache = forward_with_dropout(X, layers, rate, rng, training=True)
    z = output[:, 0]  # (n, 1) -> (n,), the shape of y
    loss = bce_with_logits(z, y) + l2_penalty(layers, strength)
    gradients = list(l2_gradients(layers, strength))
    dZ = bce_with_logits_gradient(z, y)[:, np.newaxis]
    for number in reversed(range(len(layers))):
        inputs, _, _ = cache[number]
        dA, dW, db = dense_backward(dZ, inputs, layers[number][0])
        gradients[number] = (gradients[number][0] + dW, gradients[number][1] + db)
        if number > 0:  # back through the dropout, then through the ReLU of the layer before
            _, Z, mask = cache[number - 1]
            dZ = relu_backward(dropout_backward(dA, mask), Z)
    return loss, gradients


def train_regularised(
    training_set: tuple[np.ndarray, np.ndarray],
    validation_set: tuple[np.ndarray, np.ndarray],
    layers: Sequence[tuple[ArrayLike, ArrayLike]],
    epochs: int,
    rng: np.random.Generator,
    rate: float = 0.0,
    strength: float = 0.0,
    stopping: EarlyStopping | None = None,
    learning_rate: float = 0.003,
    batch_size: int = 32,
) -> tuple[Layers, np.ndarray]:
    """Train lesson 06's network with Adam and mini-batches, and watch it on unseen examples.

    Parameters
    ----------
    training_set : (X, y), learned from
    validation_set : (X, y), only watched
    layers : list of (W, b) to start from; they are left unchanged
    epochs : how many at most, 1 or more
    rng : the generator that shuffles and drops
    rate : of the dropout
    strength : of the weight decay
    stopping : says when to stop; then the layers of its best epoch are restored
    learning_rate : of Adam
    batch_size : examples in a mini-batch

    Returns
    -------
    (layers, losses): the layers after the last epoch, or those of the best one if `stopping`
    watched; and (epochs run, 2) the loss on both sets after each epoch, training first, both
    without dropout and without the penalty
    """
    X, y = training_set
    w = best = flatten_layers(layers)
    m, v, t = np.zeros_like(w), np.zeros_like(w), 0
    losses = []
    for epoch in range(epochs):
        for indices in minibatches(len(X), batch_size, rng):
            t += 1
            now = unflatten_layers(w, layers)
            _, gradients = regularised_gradients(X[indices], y[indices], now, rate, strength, rng)
            gradient = flatten_layers(gradients)
            w, m, v = adam_step(w, m, v, t, gradient, learning_rate, 0.9, 0.999, 1e-8)
        now = unflatten_layers(w, layers)
        losses.append([network_loss(*examples, now) for examples in (training_set, validation_set)])
        if stopping is not None:
            time_to_stop = stopping.update(epoch, losses[-1][1])
            if stopping.best_epoch == epoch:
                best = w  # adam_step returns new arrays, so these weights will not change
            if time_to_stop:
                break
    chosen = w if stopping is None else best
    return unflatten_layers(chosen, layers), np.array(losses)


def network_loss(
    X: ArrayLike, y: ArrayLike, layers: Sequence[tuple[ArrayLike, ArrayLike]]
) -> float:
    """Mean binary cross-entropy of a network in use: no dropout, no penalty."""
    output, _ = forward_with_cache(X, layers)
    return bce_with_logits(output[:, 0], y)


def network_accuracy(
    X: ArrayLike, y: ArrayLike, layers: Sequence[tuple[ArrayLike, ArrayLike]]
) -> float:
    """Share of examples that a network in use gets right: label 1 where the logit is 0 or more."""
    output, _ = forward_with_cache(X, layers)
    return float(np.mean((output[:, 0] >= 0) == np.asarray(y)))
