"""Losses: what a wrong prediction costs, and which way the cost falls.

Each loss is a mean over its examples, and stands beside its gradient. `mean_squared_error` is for
numbers, `binary_cross_entropy` for probabilities of yes, and `cross_entropy` for one of k classes.
Those that take logits, the scores before a sigmoid or softmax, give the right number, without an
overflow, for any float up to 1e300 in size.
"""

import numpy as np
from numpy.typing import ArrayLike

from utils.activations import sigmoid, softmax


def mean_squared_error(y_hat: ArrayLike, y: ArrayLike) -> float:
    """Mean squared distance between predictions and truth.

    L = mean( (y_hat - y)^2 ), over all entries

    Parameters
    ----------
    y_hat : predictions, an array of any shape
    y : the true numbers, an array of the same shape

    Returns
    -------
    float, in the square of y's unit

    Examples
    --------
    >>> mean_squared_error(np.array([2.0, 3.0]), np.array([1.0, 5.0]))  # (1 + 4) / 2
    2.5
    """
    error = np.asarray(y_hat, float) - np.asarray(y, float)
    return float(np.mean(error**2))


def mse_gradient(y_hat: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Gradient of the mean squared error: its slope with respect to each prediction.

    dL/dy_hat[i] = 2 (y_hat[i] - y[i]) / N, with N the number of all entries

    Parameters
    ----------
    y_hat : predictions, an array of any shape
    y : the true numbers, an array of the same shape

    Returns
    -------
    an array of y_hat's shape

    Examples
    --------
    >>> mse_gradient(np.array([2.0, 3.0]), np.array([1.0, 5.0]))
    array([ 1., -2.])
    """
    error = np.asarray(y_hat, float) - np.asarray(y, float)
    return 2 * error / error.size  # the loss is a mean, so each entry counts 1/N


def loss_surface(
    w0_values: ArrayLike, w1_values: ArrayLike, x: ArrayLike, y: ArrayLike
) -> np.ndarray:
    """Mean squared error of the line w0 + w1 x, for every pair of weights on a grid.

    surface[r, c] = mean( (w0_values[c] + w1_values[r] x - y)^2 )

    A row for each w1, a column for each w0: as on a map, w0 runs to the right.

    Parameters
    ----------
    w0_values : (p,) values of the intercept w0
    w1_values : (q,) values of the slope w1
    x : (n,) inputs
    y : (n,) the true numbers

    Returns
    -------
    (q, p) losses

    Examples
    --------
    >>> x, y = np.array([0.0, 1.0]), np.array([1.0, 3.0])  # the line 1 + 2 x hits both points
    >>> loss_surface(np.array([1.0, 2.0, 3.0]), np.array([2.0, 0.0]), x, y)
    array([[0., 1., 4.],
           [2., 1., 2.]])
    """
    w0_values, w1_values = np.asarray(w0_values, float), np.asarray(w1_values, float)
    x, y = np.asarray(x, float), np.asarray(y, float)
    surface = np.zeros((len(w1_values), len(w0_values)))
    for row, w1 in enumerate(w1_values):
        for column, w0 in enumerate(w0_values):
            surface[row, column] = mean_squared_error(w0 + w1 * x, y)
    return surface


def binary_cross_entropy(y_hat: ArrayLike, y: ArrayLike) -> float:
    """Mean binary cross-entropy of probabilities.

    L = mean( -y log(y_hat) - (1 - y) log(1 - y_hat) )

    Finite also where a probability is exactly 0 or 1: there a right one costs almost nothing,
    less than 0.001, and a wrong one more than 10. For probabilities from 1e-6 to 1 - 1e-6 the
    formula holds exactly.

    Parameters
    ----------
    y_hat : (n,) predicted probabilities of label 1, from 0 to 1
    y : (n,) labels, 0 or 1

    Returns
    -------
    float, in nats

    Examples
    --------
    >>> round(binary_cross_entropy(np.array([0.9, 0.2]), np.array([1, 0])), 6)
    0.164252
    """
    y_hat, y = np.asarray(y_hat, float), np.asarray(y, float)
    # log(0) is minus infinity: stay a hair away from 0, and from 1, where 1 - y_hat is 0
    safe: np.ndarray = np.clip(y_hat, 1e-12, 1 - 1e-12)
    return float(np.mean(-y * np.log(safe) - (1 - y) * np.log(1 - safe)))


def bce_with_logits(z: ArrayLike, y: ArrayLike) -> float:
    """Mean binary cross-entropy of logits: of the probabilities sigmoid(z).

    L = mean( log(1 + exp(z)) - z y )

    Stable: right, and without a warning, however large or small z is.

    Parameters
    ----------
    z : (n,) logits, any finite float
    y : (n,) labels, 0 or 1

    Returns
    -------
    float, in nats

    Examples
    --------
    >>> bce_with_logits(np.array([0.0, 0.0]), np.array([0, 1]))  # a coin flip costs log 2
    0.6931471805599453
    >>> bce_with_logits(np.array([1000.0, -1000.0]), np.array([0, 0]))  # one wrong, one right
    500.0
    """
    z, y = np.asarray(z, float), np.asarray(y, float)
    # log(1 + e^z) is max(z, 0) + log(1 + e^-|z|), which never exponentiates a positive number
    return float(np.mean(np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))))


def bce_with_logits_gradient(z: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Gradient of the mean binary cross-entropy with respect to the logits.

    dL/dz[i] = (sigmoid(z[i]) - y[i]) / n

    Finite for any logits.

    Parameters
    ----------
    z : (n,) logits, any finite float
    y : (n,) labels, 0 or 1

    Returns
    -------
    (n,) the gradient, each entry between -1/n and 1/n

    Examples
    --------
    >>> bce_with_logits_gradient(np.array([0.0, 0.0]), np.array([0, 1]))
    array([ 0.25, -0.25])
    """
    z, y = np.asarray(z, float), np.asarray(y, float)
    return (sigmoid(z) - y) / len(y)  # the loss is a mean, so each example counts 1/n


def cross_entropy(logits: ArrayLike, labels: ArrayLike) -> float:
    """Mean cross-entropy of the softmax: minus the log of what the true class is given.

    L = mean over i of -log( softmax(logits)[i, labels[i]] )

    Stable: right, and without a warning, however large or small the logits are.

    Parameters
    ----------
    logits : (n, k) scores, one row an example, one column a class; any finite float
    labels : (n,) the true classes, whole numbers from 0 to k - 1

    Returns
    -------
    float, in nats

    Examples
    --------
    >>> logits = np.array([[0.0, 0.0], [0.0, np.log(3)]])  # shares 1/2, 1/2 and 1/4, 3/4
    >>> round(cross_entropy(logits, np.array([0, 1])), 6)  # the mean of log 2 and log(4/3)
    0.490415
    """
    logits, labels = np.asarray(logits, float), np.asarray(labels)
    # only differences within a row count; below its largest score no exponent is positive
    shifted = logits - logits.max(axis=1, keepdims=True)  # (n, k)
    log_of_sum = np.log(np.exp(shifted).sum(axis=1))  # (n,), the sum is at least 1
    of_true_class = shifted[np.arange(len(labels)), labels]  # (n,), one entry from each row
    return float(np.mean(log_of_sum - of_true_class))


def cross_entropy_gradient(logits: ArrayLike, labels: ArrayLike) -> np.ndarray:
    """Gradient of the mean cross-entropy with respect to the logits.

    dL/dlogits[i, j] = (softmax(logits)[i, j] - 1) / n  where j is the true class of example i
                     =  softmax(logits)[i, j] / n       for the other classes

    Parameters
    ----------
    logits : (n, k) scores, one row an example, one column a class; any finite float
    labels : (n,) the true classes, whole numbers from 0 to k - 1

    Returns
    -------
    (n, k) the gradient; each row sums to 0

    Examples
    --------
    >>> logits = np.array([[0.0, 0.0], [0.0, np.log(3)]])  # shares 1/2, 1/2 and 1/4, 3/4
    >>> cross_entropy_gradient(logits, np.array([0, 1]))
    array([[-0.25 ,  0.25 ],
           [ 0.125, -0.125]])
    """
    logits, labels = np.asarray(logits, float), np.asarray(labels)
    gradient = softmax(logits)
    gradient[np.arange(len(labels)), labels] -= 1  # the truth: all of the share to one class
    return gradient / len(labels)
