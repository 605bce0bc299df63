"""Gradient descent: which way the loss falls, and small steps in that direction.

First the walk, on any function. Then the two models whose gradients fit on one line, linear and
logistic regression: each is lesson 04's slope for the predictions, carried on to the weights.

Sources: gradient descent is Cauchy (1847).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from utils.losses import bce_with_logits, bce_with_logits_gradient, mse_gradient

# -------------------------------------------------------------------------- the gradient


def numerical_gradient(
    f: Callable[[np.ndarray], float], w: ArrayLike, epsilon: float
) -> np.ndarray:
    """Gradient of f at w by central differences: nudge one entry at a time, both ways.

    gradient[i] = (f(w + epsilon e_i) - f(w - epsilon e_i)) / (2 epsilon)

    where e_i is 1 at entry i and 0 elsewhere.

    Parameters
    ----------
    f : function of an array of w's shape, returns a number
    w : float array of any shape
    epsilon : a small positive number, the size of a nudge

    Returns
    -------
    an array of w's shape

    Examples
    --------
    >>> numerical_gradient(lambda w: w[0] ** 2 + 3 * w[1], np.array([2.0, 5.0]), 1e-5).round(6)
    array([4., 3.])
    """
    w = np.asarray(w, float)
    gradient = np.zeros(w.shape)
    for index in np.ndindex(w.shape):
        nudge = np.zeros(w.shape)
        nudge[index] = epsilon
        gradient[index] = (f(w + nudge) - f(w - nudge)) / (2 * epsilon)
    return gradient


# --------------------------------------------------------------------------- the descent


def gradient_step(w: ArrayLike, gradient: ArrayLike, learning_rate: float) -> np.ndarray:
    """Take one step downhill: against the gradient.

    w_new = w - learning_rate · gradient

    Parameters
    ----------
    w : the weights, an array of any shape, or a single number; they are left unchanged
    gradient : the gradient of the loss at w, of w's shape
    learning_rate : a positive number, how far to go for a slope of 1

    Returns
    -------
    the new weights, of w's shape

    Examples
    --------
    >>> gradient_step(np.array([3.0, -1.0]), np.array([2.0, -4.0]), 0.25)
    array([2.5, 0. ])
    """
    return np.asarray(w, float) - learning_rate * np.asarray(gradient, float)


def gradient_descent(
    gradient_of: Callable[[np.ndarray], np.ndarray],
    w0: ArrayLike,
    learning_rate: float,
    steps: int,
) -> np.ndarray:
    """Walk downhill, and keep every place on the way.

    path[0] = w0
    path[t + 1] = path[t] - learning_rate · gradient_of(path[t])

    Parameters
    ----------
    gradient_of : function of a (p,) array of weights, returns the (p,) gradient there
    w0 : (p,) where the walk starts
    learning_rate : a positive number
    steps : how many steps to take, 0 or more

    Returns
    -------
    (steps + 1, p) the path: w0, and then a row for each step

    Examples
    --------
    >>> gradient_descent(lambda w: 2 * w, np.array([4.0, -8.0]), 0.25, 2)
    array([[ 4., -8.],
           [ 2., -4.],
           [ 1., -2.]])
    """
    w = np.asarray(w0, float)
    path = [w]
    for _ in range(steps):
        w = gradient_step(w, gradient_of(w), learning_rate)
        path.append(w)
    return np.array(path)


# ---------------------------------------------------------------- two models that learn


def linear_regression_gradient(
    X: ArrayLike, y: ArrayLike, w: ArrayLike, b: float
) -> tuple[np.ndarray, float]:
    """Gradient of the mean squared error of a linear model, for its weights and its bias.

    y_hat = X w + b
    L = mean( (y_hat - y)^2 )
    dw[j] = (2/n) Σ_i (y_hat[i] - y[i]) X[i, j]
    db    = (2/n) Σ_i (y_hat[i] - y[i])

    Parameters
    ----------
    X : (n, m) the examples
    y : (n,) the true numbers
    w : (m,) the weights
    b : a number, the bias

    Returns
    -------
    (dw, db): the (m,) slopes of the loss for the weights, and a number, its slope for the bias

    Examples
    --------
    >>> X, y = np.array([[1.0], [3.0]]), np.array([2.0, 4.0])
    >>> linear_regression_gradient(X, y, np.array([2.0]), 0.0)  # the errors are 0 and 2
    (array([6.]), 2.0)
    """
    X = np.asarray(X, float)
    y_hat = X @ np.asarray(w, float) + b  # (n,)
    dy_hat = mse_gradient(y_hat, y)  # (n,), the slope of the loss for each prediction
    # w[j] moves prediction i by X[i, j], the bias moves each by 1: sum over the predictions
    return X.T @ dy_hat, float(np.sum(dy_hat))


def logistic_regression_gradient(
    X: ArrayLike, y: ArrayLike, w: ArrayLike, b: float
) -> tuple[np.ndarray, float]:
    """Gradient of the mean binary cross-entropy of a neuron with a sigmoid.

    z = X w + b
    L = mean binary cross-entropy of sigmoid(z)
    dw[j] = (1/n) Σ_i (sigmoid(z[i]) - y[i]) X[i, j]
    db    = (1/n) Σ_i (sigmoid(z[i]) - y[i])

    Parameters
    ----------
    X : (n, m) the examples
    y : (n,) their labels, 0 or 1
    w : (m,) the weights
    b : a number, the bias

    Returns
    -------
    (dw, db): the (m,) slopes of the loss for the weights, and a number, its slope for the bias

    Examples
    --------
    >>> X, y = np.array([[1.0], [3.0]]), np.array([0, 1])
    >>> logistic_regression_gradient(X, y, np.array([0.0]), 0.0)  # both probabilities are 1/2
    (array([-0.5]), 0.0)
    """
    X = np.asarray(X, float)
    z = X @ np.asarray(w, float) + b  # (n,)
    dz = bce_with_logits_gradient(z, y)  # (n,), the slope of the loss for each logit
    return X.T @ dz, float(np.sum(dz))


def train_logistic_regression(
    X: ArrayLike, y: ArrayLike, learning_rate: float, steps: int
) -> tuple[np.ndarray, float, np.ndarray]:
    """Teach a neuron with a sigmoid by gradient descent, on all examples at once.

    Start with zero weights and a zero bias. In each step, find the gradient for weights and bias
    at the same place, then move both against it.

    Parameters
    ----------
    X : (n, m) the examples; their columns need not be scaled
    y : (n,) their labels, 0 or 1
    learning_rate : a positive number
    steps : how many steps to take, 0 or more

    Returns
    -------
    (w, b, losses): the (m,) weights and the bias at the end; and (steps + 1,) the mean binary
    cross-entropy at the start and after each step, always finite

    Examples
    --------
    >>> X, y = np.array([[1.0], [3.0]]), np.array([0, 1])
    >>> w, b, losses = train_logistic_regression(X, y, 0.5, 1)
    >>> w, b, losses.round(4)
    (array([0.25]), 0.0, array([0.6931, 0.6064]))
    """
    X, y = np.asarray(X, float), np.asarray(y, float)
    w, b = np.zeros(X.shape[1]), 0.0
    losses = np.zeros(steps + 1)
    losses[0] = bce_with_logits(X @ w + b, y)
    for t in range(steps):
        dw, db = logistic_regression_gradient(X, y, w, b)
        w = gradient_step(w, dw, learning_rate)
        b = float(gradient_step(b, db, learning_rate))
        # from the logits: a probability of exactly 0 or 1 would make the loss infinite
        losses[t + 1] = bce_with_logits(X @ w + b, y)
    return w, b, losses
