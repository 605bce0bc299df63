"""The perceptron: one neuron, its decision boundary, and the rule that teaches it.

Sources: the neuron as a threshold of a sum is McCulloch & Pitts (1943); the learning rule is
Rosenblatt (1958); that it stops on separable data is Novikoff (1962).
"""

import numpy as np
from numpy.typing import ArrayLike

# ------------------------------------------------------------------ forward propagation


def weighted_sum(x: ArrayLike, w: ArrayLike, b: float) -> float:
    """Weigh the inputs of one neuron, add them up, and add the bias.

    z = w[0] x[0] + w[1] x[1] + … + w[m-1] x[m-1] + b

    Parameters
    ----------
    x : (m,) one example: its m inputs
    w : (m,) one weight for each input
    b : a number, the bias

    Returns
    -------
    a number, the pre-activation z

    Examples
    --------
    >>> weighted_sum(np.array([-1.0, 2.0]), np.array([3.0, -2.0]), 1.0)
    -6.0
    """
    return float(np.dot(x, w) + b)


def step(z: ArrayLike) -> np.ndarray:
    """Decide: 1 where z has reached zero, 0 where it has not.

    step(z) = 1.0 where z >= 0, else 0.0

    Parameters
    ----------
    z : any shape, or a single number

    Returns
    -------
    an array of z's shape (a number for a number), each entry 0.0 or 1.0

    Examples
    --------
    >>> step(np.array([-6.0, 0.0, 2.5]))
    array([0., 1., 1.])
    """
    return (np.asarray(z) >= 0).astype(float)


def perceptron_predict(X: ArrayLike, w: ArrayLike, b: float) -> np.ndarray:
    """Let one neuron decide about a whole batch of examples.

    y_hat[i] = step(w · X[i] + b), for every row i

    Parameters
    ----------
    X : (n, m) a batch: n examples (rows) of m inputs each
    w : (m,) the weights
    b : a number, the bias

    Returns
    -------
    (n,) predictions, each 0.0 or 1.0

    Examples
    --------
    >>> X = np.array([[-1.0, 2.0], [0.0, 0.0], [1.0, 1.0]])
    >>> perceptron_predict(X, np.array([3.0, -2.0]), 1.0)
    array([0., 1., 1.])
    """
    return step(np.asarray(X) @ np.asarray(w) + b)  # (n, m) @ (m,) + number -> (n,)


# ------------------------------------------------------------------------- the boundary


def boundary_line(w: ArrayLike, b: float) -> tuple[float, float]:
    """Find the line on which a neuron with two inputs changes its mind.

    w[0] x1 + w[1] x2 + b = 0, written as x2 = slope · x1 + intercept

    Parameters
    ----------
    w : (2,) the weights, w[1] not zero
    b : a number, the bias

    Returns
    -------
    (slope, intercept), two numbers

    Examples
    --------
    >>> boundary_line(np.array([3.0, -2.0]), 1.0)
    (1.5, 0.5)
    """
    w = np.asarray(w, float)
    slope, intercept = -w[0] / w[1], -b / w[1]
    return float(slope), float(intercept)


# ------------------------------------------------------------------------- the learning


def perceptron_update(
    x: ArrayLike, y: float, w: ArrayLike, b: float, learning_rate: float
) -> tuple[np.ndarray, float]:
    """Learn from one example, by Rosenblatt's rule.

    y_hat = step(w · x + b)
    w_new = w + learning_rate (y - y_hat) x
    b_new = b + learning_rate (y - y_hat)

    Parameters
    ----------
    x : (m,) one example
    y : its label, 0 or 1
    w : (m,) the weights before the step; they are left unchanged
    b : a number, the bias before the step
    learning_rate : a positive number, the size of the step

    Returns
    -------
    (w_new, b_new), an (m,) array and a number; equal to w and b where the prediction was right

    Examples
    --------
    >>> perceptron_update(np.array([1.0, 2.0]), 0, np.array([3.0, -1.0]), 1.0, 0.5)
    (array([ 2.5, -2. ]), 0.5)
    """
    x, w = np.asarray(x, float), np.asarray(w, float)
    error = y - float(step(weighted_sum(x, w, b)))  # 0 when right, else +1 or -1
    return w + learning_rate * error * x, float(b + learning_rate * error)


def train_perceptron(
    X: ArrayLike, y: ArrayLike, learning_rate: float, epochs: int
) -> tuple[np.ndarray, float, np.ndarray]:
    """Teach a neuron: go through all examples in order, again and again.

    Start with zero weights and a zero bias. Take one step of `perceptron_update` for
    every example, from the first row to the last; that is one epoch. Do `epochs` of them.

    Parameters
    ----------
    X : (n, m) the examples
    y : (n,) their labels, 0 or 1
    learning_rate : a positive number, the size of a step
    epochs : how often to go through all examples, at least 1

    Returns
    -------
    (w, b, mistakes): the (m,) weights and the bias at the end; and (epochs,) how many
    predictions were wrong during each epoch, counted when the example was met, before its step

    Examples
    --------
    >>> X = np.array([[-1.0, 2.0], [1.0, 1.0]])
    >>> train_perceptron(X, np.array([0, 1]), 1.0, 3)
    (array([ 2., -1.]), 0.0, array([2, 0, 0]))
    """
    X, y = np.asarray(X, float), np.asarray(y, float)
    w, b = np.zeros(X.shape[1]), 0.0
    mistakes = np.zeros(epochs, dtype=int)
    for epoch in range(epochs):
        for i in range(len(X)):
            mistakes[epoch] += step(weighted_sum(X[i], w, b)) != y[i]
            w, b = perceptron_update(X[i], y[i], w, b, learning_rate)
    return w, b, mistakes
