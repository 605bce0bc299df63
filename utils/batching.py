"""Mini-batches: a gradient from a few examples, how noisy it is, and how to share the work.

First the cut of a shuffled data set into batches, the gradient of one batch, and training with
them. Then the noise of such a gradient, measured, and what theory says of it. Last, the gradient
of a whole data set that lies in shards on several workers.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from utils.activations import sigmoid
from utils.gradient_descent import gradient_step, logistic_regression_gradient
from utils.losses import bce_with_logits

# ------------------------------------------------------------------ batches, and training


def minibatches(n: int, batch_size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Cut the examples 0 to n - 1, in a random order, into batches.

    Each example is in exactly one batch. All batches have `batch_size` examples, but the last
    one has what is left, if n is not a multiple of `batch_size`.

    Parameters
    ----------
    n : how many examples there are, an int of 1 or more
    batch_size : how many examples a batch has, an int of 1 or more; it may be larger than n
    rng : the generator to draw the order from

    Returns
    -------
    list of arrays of whole numbers, the indices of the examples in each batch

    Examples
    --------
    >>> batches = minibatches(7, 3, np.random.default_rng(0))
    >>> [len(batch) for batch in batches]
    [3, 3, 1]
    >>> sorted(int(index) for batch in batches for index in batch)
    [0, 1, 2, 3, 4, 5, 6]
    """
    order = rng.permutation(n)
    return [order[start : start + batch_size] for start in range(0, n, batch_size)]


def minibatch_gradient(
    X: ArrayLike, y: ArrayLike, w: ArrayLike, b: float, indices: ArrayLike
) -> tuple[np.ndarray, float]:
    """Gradient of logistic regression on a few of the examples.

    With B indices, and z = X w + b:

    dw[j] = (1/B) Σ_(i in indices) (sigmoid(z[i]) - y[i]) X[i, j]
    db    = (1/B) Σ_(i in indices) (sigmoid(z[i]) - y[i])

    Parameters
    ----------
    X : (n, m) all examples
    y : (n,) their labels, 0 or 1
    w : (m,) the weights
    b : a number, the bias
    indices : (B,) whole numbers from 0 to n - 1, the examples in the batch

    Returns
    -------
    (dw, db): the (m,) slopes of the batch's mean cross-entropy for the weights, and a number,
    its slope for the bias

    Examples
    --------
    >>> X, y = np.array([[1.0], [3.0], [5.0]]), np.array([0, 1, 1])
    >>> minibatch_gradient(X, y, np.array([0.0]), 0.0, np.array([0, 2]))
    (array([-1.]), 0.0)
    """
    indices = np.asarray(indices)
    return logistic_regression_gradient(np.asarray(X)[indices], np.asarray(y)[indices], w, b)


def train_minibatch(
    X: ArrayLike,
    y: ArrayLike,
    batch_size: int,
    learning_rate: float,
    epochs: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, float, np.ndarray]:
    """Teach a neuron with a sigmoid by gradient descent, a batch at a time.

    Start with zero weights and a zero bias. In each epoch, draw a new random order, cut it into
    batches, and take one step for each batch, with that batch's gradient. So each epoch uses
    every example once.

    Parameters
    ----------
    X : (n, m) the examples; their columns need not be scaled
    y : (n,) their labels, 0 or 1
    batch_size : how many examples a step uses, an int of 1 or more; it may be larger than n
    learning_rate : a positive number
    epochs : how often to go through all examples, an int of 0 or more
    rng : the generator to draw the orders from

    Returns
    -------
    (w, b, losses): the (m,) weights and the bias at the end; and (epochs,) the mean binary
    cross-entropy on all examples after each epoch, always finite

    Examples
    --------
    >>> X, y = np.array([[1.0], [3.0]]), np.array([0, 1])
    >>> w, b, losses = train_minibatch(X, y, 2, 0.5, 1, np.random.default_rng(0))  # one batch: all
    >>> w, b, losses.round(4)
    (array([0.25]), 0.0, array([0.6064]))
    """
    X, y = np.asarray(X, float), np.asarray(y, float)
    w, b = np.zeros(X.shape[1]), 0.0
    losses = np.zeros(epochs)
    for epoch in range(epochs):
        for indices in minibatches(len(X), batch_size, rng):
            dw, db = minibatch_gradient(X, y, w, b, indices)
            w = gradient_step(w, dw, learning_rate)
            b = float(gradient_step(b, db, learning_rate))
        # from the logits: a probability of exactly 0 or 1 would make the loss infinite
        losses[epoch] = bce_with_logits(X @ w + b, y)
    return w, b, losses


# --------------------------------------------------------------- the noise of a gradient


def gradient_variance(
    X: ArrayLike,
    y: ArrayLike,
    w: ArrayLike,
    b: float,
    batch_size: int,
    trials: int,
    rng: np.random.Generator,
) -> float:
    """Measure how much the gradient of a random batch varies from batch to batch.

    In each trial, draw `batch_size` different examples out of all n, and find the gradient dw of
    this batch. Each trial draws from all n again. For each weight, take the variance over the
    trials (ddof 1: divide by trials - 1). Return the mean of these m variances.

    Parameters
    ----------
    X : (n, m) all examples
    y : (n,) their labels, 0 or 1
    w : (m,) the weights, the same in all trials
    b : a number, the bias
    batch_size : how many examples a batch has, an int from 1 to n
    trials : how many batches to draw, an int of 2 or more
    rng : the generator to draw the batches from

    Returns
    -------
    float, in the square of the gradient's unit; 0, up to rounding, for batch_size = n

    Examples
    --------
    >>> X, y = np.array([[1.0], [3.0]]), np.array([0, 0])  # gradients of one: 0.5 and 1.5
    >>> w, rng = np.array([0.0]), np.random.default_rng(0)
    >>> round(gradient_variance(X, y, w, 0.0, 1, 10000, rng), 2)  # 0.5 away from the mean of 1
    0.25
    >>> gradient_variance(X, y, w, 0.0, 2, 10, rng)  # each batch is all there is
    0.0
    """
    X = np.asarray(X, float)
    gradients = np.zeros((trials, X.shape[1]))
    for trial in range(trials):
        indices = rng.choice(len(X), size=batch_size, replace=False)
        gradients[trial], _ = minibatch_gradient(X, y, w, b, indices)
    return float(np.mean(np.var(gradients, axis=0, ddof=1)))


def per_example_gradients(X: ArrayLike, y: ArrayLike, w: ArrayLike, b: float) -> np.ndarray:
    """Gradient of each example's own cross-entropy; the mean over the rows is that of them all.

    G[i, j] = (sigmoid(z[i]) - y[i]) X[i, j], with z = X w + b

    Parameters
    ----------
    X : (n, m) examples
    y : (n,) their labels, 0 or 1
    w : (m,) the weights
    b : a number, the bias

    Returns
    -------
    (n, m) a row for each example, a column for each weight

    Examples
    --------
    >>> X, y = np.array([[1.0], [3.0]]), np.array([0, 1])
    >>> per_example_gradients(X, y, np.array([0.0]), 0.0)
    array([[ 0.5],
           [-1.5]])
    """
    X, y = np.asarray(X, float), np.asarray(y, float)
    return (sigmoid(X @ np.asarray(w, float) + b) - y)[:, np.newaxis] * X


def predicted_variance(
    X: ArrayLike, y: ArrayLike, w: ArrayLike, b: float, batch_size: int
) -> float:
    """What `gradient_variance` tends to with more and more trials, from theory.

    (s / B) · (n - B) / (n - 1), where s is the variance of the examples' own gradients, averaged
    over the weights, and B is `batch_size`. Batches drawn with replacement would have s / B; the
    second factor is the correction for a draw without it (Cochran, "Sampling Techniques").

    Parameters
    ----------
    X, y, w, b : as in `gradient_variance`; n is 2 or more
    batch_size : B, from 1 to n

    Returns
    -------
    float, 0 for B = n

    Examples
    --------
    >>> X, y = np.array([[1.0], [3.0]]), np.array([0, 0])
    >>> predicted_variance(X, y, np.array([0.0]), 0.0, 1)
    0.25
    """
    gradients = per_example_gradients(X, y, w, b)
    n = len(gradients)
    return float(gradients.var(axis=0).mean() / batch_size * (n - batch_size) / (n - 1))


# ------------------------------------------------------------------- many workers, one step


def data_parallel_gradient(
    shards: Sequence[tuple[ArrayLike, ArrayLike]], w: ArrayLike, b: float
) -> tuple[np.ndarray, float]:
    """Gradient of logistic regression on data that lie in several places.

    Each worker finds the gradient on its own shard. Together they give the gradient of the mean
    cross-entropy of all n_1 + n_2 + … examples: the same, up to rounding, as if one worker had
    them all.

    Parameters
    ----------
    shards : list of one or more (X, y), one a worker: X is (n_k, m), y is (n_k,), with labels 0
        or 1; the sizes n_k are 1 or more, and need not be equal
    w : (m,) the weights, the same for all workers
    b : a number, the bias

    Returns
    -------
    (dw, db): the (m,) slopes of the loss for the weights, and a number, its slope for the bias

    Examples
    --------
    >>> first = (np.array([[1.0]]), np.array([0]))  # this shard's gradient is 0.5
    >>> second = (np.array([[3.0], [5.0]]), np.array([1, 1]))  # and this one's is -2
    >>> dw, db = data_parallel_gradient([first, second], np.array([0.0]), 0.0)
    >>> dw.round(6), round(db, 6)
    (array([-1.166667]), -0.166667)
    """
    total = sum(np.size(y) for _, y in shards)
    dw, db = np.zeros(np.shape(w)), 0.0
    for X, y in shards:
        shard_dw, shard_db = logistic_regression_gradient(X, y, w, b)
        # a shard's gradient is a mean over its examples: it counts for as many as it has
        share = np.size(y) / total
        dw, db = dw + share * shard_dw, db + share * shard_db
    return dw, float(db)
