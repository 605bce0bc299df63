"""Activation functions: the bend in every neuron, and how steep it is.

Each function stands beside its derivative. Every form here is the stable one: it gives the right
number, without an overflow, for any float up to 1e300 in size.
"""

import numpy as np
from numpy.typing import ArrayLike


def collapse_linear_layers(
    W1: ArrayLike, b1: ArrayLike, W2: ArrayLike, b2: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Fold two linear layers in a row into the single layer that does the same.

    X @ W + b  =  (X @ W1 + b1) @ W2 + b2    for every X

    Parameters
    ----------
    W1 : (m, h) weights of the first layer, from m inputs to h outputs
    b1 : (h,) biases of the first layer
    W2 : (h, k) weights of the second layer, from h inputs to k outputs
    b2 : (k,) biases of the second layer

    Returns
    -------
    (W, b), weights (m, k) and biases (k,) of the single layer

    Examples
    --------
    >>> W1, b1 = np.array([[2.0]]), np.array([1.0])  # 2x + 1
    >>> W2, b2 = np.array([[3.0]]), np.array([-4.0])  # 3 times it, minus 4
    >>> collapse_linear_layers(W1, b1, W2, b2)  # 6x - 1
    (array([[6.]]), array([-1.]))
    """
    W1, b1 = np.asarray(W1, float), np.asarray(b1, float)
    W2, b2 = np.asarray(W2, float), np.asarray(b2, float)
    # b1 enters the second layer like any other signal, so W2 acts on it too
    return W1 @ W2, b1 @ W2 + b2


def sigmoid(z: ArrayLike) -> np.ndarray:
    """Squash any number into a probability.

    sigmoid(z) = 1 / (1 + exp(-z))

    Stable: right, and without a warning, however large or small z is.

    Parameters
    ----------
    z : any shape, or a single number; any finite float

    Returns
    -------
    an array of z's shape, between 0 and 1

    Examples
    --------
    >>> sigmoid(np.array([0.0, 2.0]))
    array([0.5       , 0.88079708])
    >>> sigmoid(np.array([-1000.0, 1000.0]))
    array([0., 1.])
    """
    z = np.asarray(z, float)
    # exp of a large positive number overflows: this form only ever exponentiates -|z|
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, small) / (1 + small)


def sigmoid_derivative(z: ArrayLike) -> np.ndarray:
    """Slope of the sigmoid at z.

    sigmoid'(z) = sigmoid(z) (1 - sigmoid(z))

    Finite everywhere; at most 1/4.

    Parameters
    ----------
    z : an array of any shape; where the slope is taken, not the sigmoid's output

    Returns
    -------
    an array of z's shape, between 0 and 1/4

    Examples
    --------
    >>> sigmoid_derivative(np.array([0.0, 2.0]))
    array([0.25      , 0.10499359])
    """
    z = np.asarray(z, float)
    # sigmoid(-z) is 1 - sigmoid(z), without the subtraction that loses all digits for large z
    return sigmoid(z) * sigmoid(-z)


def tanh_from_sigmoid(z: ArrayLike) -> np.ndarray:
    """Hyperbolic tangent, made from the sigmoid: an S from -1 to 1 through the origin.

    tanh(z) = (exp(z) - exp(-z)) / (exp(z) + exp(-z))

    Parameters
    ----------
    z : an array of any shape

    Returns
    -------
    an array of z's shape, between -1 and 1

    Examples
    --------
    >>> tanh_from_sigmoid(np.array([0.0, 1.0]))
    array([0.        , 0.76159416])
    """
    z = np.asarray(z, float)
    # twice as steep, stretched from (0, 1) to (0, 2), then moved down to (-1, 1)
    return 2 * sigmoid(2 * z) - 1


def tanh_derivative(z: ArrayLike) -> np.ndarray:
    """Slope of the hyperbolic tangent at z.

    tanh'(z) = 1 - tanh(z)^2

    Finite everywhere; at most 1.

    Parameters
    ----------
    z : an array of any shape; where the slope is taken, not the tanh's output

    Returns
    -------
    an array of z's shape, between 0 and 1

    Examples
    --------
    >>> tanh_derivative(np.array([0.0, 1.0]))
    array([1.        , 0.41997434])
    """
    z = np.asarray(z, float)
    # the chain rule on 2 sigmoid(2z) - 1; 1 - tanh(z)**2 is equal, but loses digits for large z
    return 4 * sigmoid_derivative(2 * z)


def relu(z: ArrayLike) -> np.ndarray:
    """Rectified linear unit: let positive numbers pass, stop the rest.

    relu(z) = z where z > 0, else 0

    Parameters
    ----------
    z : an array of any shape

    Returns
    -------
    an array of z's shape, never negative

    Examples
    --------
    >>> relu(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 3.])
    """
    return np.maximum(np.asarray(z, float), 0)


def relu_derivative(z: ArrayLike) -> np.ndarray:
    """Slope of the ReLU at z.

    relu'(z) = 1 where z > 0, else 0

    At exactly 0 the ReLU has a kink and no slope; the custom is to say 0.

    Parameters
    ----------
    z : an array of any shape

    Returns
    -------
    an array of z's shape, of zeros and ones

    Examples
    --------
    >>> relu_derivative(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 1.])
    """
    return (np.asarray(z, float) > 0).astype(float)


def leaky_relu(z: ArrayLike, slope: float) -> np.ndarray:
    """ReLU that lets a little of the negative numbers through.

    leaky_relu(z) = z where z > 0, else slope * z

    Parameters
    ----------
    z : an array of any shape
    slope : the slope on the negative side, 0 < slope < 1

    Returns
    -------
    an array of z's shape

    Examples
    --------
    >>> leaky_relu(np.array([-2.0, 0.0, 3.0]), 0.1)
    array([-0.2,  0. ,  3. ])
    """
    z = np.asarray(z, float)
    # slope is below 1, so slope * z is the larger of the two exactly where z is negative
    return np.maximum(z, slope * z)


def softmax(logits: ArrayLike) -> np.ndarray:
    """Turn each row of scores into probabilities.

    softmax(logits)[i, j] = exp(logits[i, j]) / sum over c of exp(logits[i, c])

    Stable: right, and without a warning, however large the logits are.

    Parameters
    ----------
    logits : (n, k) scores, one row an example, one column a class; any finite float

    Returns
    -------
    (n, k) probabilities, each row sums to 1

    Examples
    --------
    >>> softmax(np.array([[0.0, 0.0], [0.0, np.log(3)]]))
    array([[0.5 , 0.5 ],
           [0.25, 0.75]])
    """
    logits = np.asarray(logits, float)
    # the same number taken from a whole row cancels in the fraction; with the row's largest
    # taken away, no exponent is positive and one is 0, so the sum is at least 1
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)
