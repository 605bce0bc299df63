"""Losses: what a wrong prediction costs, and which way the cost falls."""

import numpy as np
from numpy.typing import ArrayLike

from utils.activations import sigmoid


def bce_with_logits(z: ArrayLike, y: ArrayLike) -> float:
    """Mean binary cross-entropy of logits.

    L = mean( max(z, 0) - z y + log(1 + exp(-|z|)) )

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
    """
    z, y = np.asarray(z, float), np.asarray(y, float)
    # log(1 + e^z) overflows for large z; this form never exponentiates a positive number
    return float(np.mean(np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))))


def bce_with_logits_gradient(z: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Gradient of the mean binary cross-entropy with respect to the logits.

    dL/dz[i] = (sigmoid(z[i]) - y[i]) / n

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
