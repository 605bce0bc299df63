"""Networks: neurons side by side in a layer, layers one after the other.

`one_hidden_layer` ends in a sigmoid and so returns probabilities. `deep_forward` ends without an
activation and returns plain scores, the logits: a sigmoid or a softmax may follow.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from utils.activations import relu, sigmoid


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


def one_hidden_layer(
    X: ArrayLike, W1: ArrayLike, b1: ArrayLike, W2: ArrayLike, b2: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Run a batch through a network with one hidden layer.

    hidden = relu(X W1 + b1),   y_hat = sigmoid(hidden W2 + b2)

    Parameters
    ----------
    X : (n, m) examples
    W1, b1 : (m, h) weights and (h,) biases of the hidden layer
    W2, b2 : (h, k) weights and (k,) biases of the output layer

    Returns
    -------
    (y_hat, hidden): the output, (n, k) probabilities; and the (n, h) activations of the hidden
    layer, after the ReLU

    Examples
    --------
    >>> W1, b1 = np.array([[1.0, -1.0]]), np.array([0.0, 0.0])
    >>> W2, b2 = np.array([[2.0], [0.0]]), np.array([-2.0])
    >>> y_hat, hidden = one_hidden_layer(np.array([[1.0], [-3.0]]), W1, b1, W2, b2)
    >>> hidden
    array([[1., 0.],
           [0., 3.]])
    >>> y_hat  # of the logits 2 - 2 and 0 - 2
    array([[0.5       ],
           [0.11920292]])
    """
    hidden = relu(dense(X, W1, b1))  # (n, m) -> (n, h)
    y_hat = sigmoid(dense(hidden, W2, b2))  # (n, h) -> (n, k)
    return y_hat, hidden


def xor_network() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Weights and biases, set by hand, with which a network of 2-2-1 neurons solves XOR.

    one_hidden_layer([[0, 0], [0, 1], [1, 0], [1, 1]], W1, b1, W2, b2)
    gives a y_hat below 0.4 for the first and the last row, and above 0.6 for the two between

    Returns
    -------
    (W1, b1, W2, b2), arrays of shapes (2, 2), (2,), (2, 1) and (1,)

    Examples
    --------
    >>> y_hat, hidden = one_hidden_layer([[0, 0], [0, 1], [1, 0], [1, 1]], *xor_network())
    >>> (y_hat > 0.6).ravel(), (y_hat < 0.4).ravel()
    (array([False,  True,  True, False]), array([ True, False, False,  True]))
    """
    # both hidden neurons see x1 + x2, how many inputs are on: 0, 1 or 2
    W1 = np.array([[1.0, 1.0], [1.0, 1.0]])
    # the first puts out that number; the second wakes up only when both inputs are on
    b1 = np.array([0.0, -1.0])
    # first minus twice the second is 0, 1, 1, 0; times 4, minus 2, it is -2, 2, 2, -2
    W2 = np.array([[4.0], [-8.0]])
    b2 = np.array([-2.0])
    return W1, b1, W2, b2


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


def init_dense(
    n_inputs: int, n_outputs: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the weights that a dense layer starts with, as He et al. (2015) advise for ReLU.

    W[u, j] ~ Normal(mean 0, standard deviation sqrt(2 / n_inputs)),   b[j] = 0

    Every weight is a draw of its own from `rng`, from the whole bell curve: large ones stay.

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
    # the scale keeps the signal's size from layer to layer: a sum of n_inputs terms makes it
    # larger, and the ReLU, which stops half of the numbers, makes it smaller
    W = rng.normal(0.0, np.sqrt(2 / n_inputs), size=(n_inputs, n_outputs))
    return W, np.zeros(n_outputs)


def count_parameters(sizes: Sequence[int]) -> int:
    """Count the numbers that training may change in a stack of dense layers.

    A layer from m inputs to k neurons has m k weights and k biases.

    Parameters
    ----------
    sizes : [inputs, neurons of the first layer, …, outputs], two or more positive integers

    Returns
    -------
    int, all weights and biases together

    Examples
    --------
    >>> count_parameters([2, 3, 1])  # 2 x 3 weights and 3 biases, then 3 x 1 weights and 1 bias
    13
    """
    return sum(m * k + k for m, k in pairwise(sizes))
