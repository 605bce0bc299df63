"""Gradient descent: which way the loss falls, and small steps in that direction."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike


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
