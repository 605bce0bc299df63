"""Networks: neurons side by side in a layer, layers one after the other."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from utils.activations import relu


def dense(X: ArrayLike, W: ArrayLike, b: ArrayLike) -> np.ndarray:
    """Compute the pre-activations of a dense layer: k neurons that share their inputs.

    Z = X W + b,   Z[i, j] = sum over u of X[i, u] W[u, j], plus b[j]

    Parameters
    ----------
    X : (n, m) a batch: n examples (rows) of m inputs each
    W : (m, k) weights, column j holds those of neuron j
    b : (k,) biases, one a neuron

    Returns
    -------
    (n, k) pre-activations

    Examples
    --------
    >>> X = np.array([[1.0, 2.0], [0.0, -1.0]])
    >>> W = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]])
    >>> dense(X, W, np.array([0.0, 10.0, 0.5]))
    array([[ 1. , 12. ,  0.5],
           [ 0. ,  9. ,  1.5]])
    """
    return np.asarray(X) @ np.asarray(W) + np.asarray(b)  # (n, m) @ (m, k) + (k,) -> (n, k)


def init_dense(
    n_inputs: int, n_outputs: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the weights that a dense layer starts with, as He et al. (2015) advise for ReLU.

    W[u, j] ~ Normal(mean 0, standard deviation sqrt(2 / n_inputs)),   b[j] = 0

    Parameters
    ----------
    n_inputs : how many numbers go into each neuron
    n_outputs : how many neurons
    rng : the generator to draw from

    Returns
    -------
    (W, b), weights (n_inputs, n_outputs) and biases (n_outputs,)

    Examples
    --------
    >>> W, b = init_dense(3, 2, np.random.default_rng(0))
    >>> W.shape, b
    ((3, 2), array([0., 0.]))
    """
    W = rng.normal(0.0, np.sqrt(2 / n_inputs), size=(n_inputs, n_outputs))
    return W, np.zeros(n_outputs)


def deep_forward(X: ArrayLike, layers: Sequence[tuple[ArrayLike, ArrayLike]]) -> np.ndarray:
    """Run a batch through a stack of dense layers, with a ReLU between them.

    A = X at first; for each layer Z = A W + b, then A = relu(Z), but after the last layer no ReLU

    Parameters
    ----------
    X : (n, m) examples
    layers : list of one or more (W, b), from the first layer to the last

    Returns
    -------
    (n, k) the last layer's pre-activations, k its number of neurons

    Examples
    --------
    >>> layers = [(np.array([[2.0]]), np.array([-1.0])), (np.array([[3.0]]), np.array([0.5]))]
    >>> deep_forward(np.array([[1.0], [0.0]]), layers)  # the ReLU turns -1 into 0
    array([[3.5],
           [0.5]])
    """
    *hidden, (W_last, b_last) = layers
    A = X
    for W, b in hidden:
        A = relu(dense(A, W, b))
    return dense(A, W_last, b_last)
