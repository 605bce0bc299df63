"""Backpropagation: the chain rule, from one number at a time to whole layers.

Two engines that do the same. The first half works on single numbers: a graph of `Value`s that
remember how they were computed. The second half works on matrices: each layer's forward function
and, beside it, the function that sends gradients back through it.

Throughout, a `d` in front of a name is the gradient of the loss with respect to it: `dW` has the
shape of `W`, and dW[i, j] says how fast the loss grows when W[i, j] does.

Sources: backpropagation for networks is Rumelhart, Hinton & Williams (1986); the scalar engine
is in the manner of Karpathy's micrograd.
"""

import math
from collections.abc import Callable, Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from utils.activations import relu, relu_derivative, sigmoid
from utils.gradient_descent import numerical_gradient
from utils.losses import bce_with_logits, bce_with_logits_gradient
from utils.networks import dense

# ---------------------------------------------------------------- one number at a time


def gradient_by_hand(x: float, y: float, w1: float, w2: float) -> tuple[float, float]:
    """Slopes of the loss of a network that is a chain of two weights.

    z1 = sigmoid(w1 x),   y_hat = w2 z1,   J = (y_hat - y)^2

    Parameters
    ----------
    x : a number, the input
    y : a number, the target
    w1, w2 : numbers, the two weights

    Returns
    -------
    (dJ_dw1, dJ_dw2), two numbers: how fast J grows with w1, and with w2

    Examples
    --------
    >>> gradient_by_hand(x=2.0, y=1.0, w1=0.0, w2=3.0)
    (1.5, 0.5)
    """
    z1 = float(sigmoid(w1 * x))
    y_hat = w2 * z1
    dJ_dy_hat = 2 * (y_hat - y)
    dJ_dw2 = dJ_dy_hat * z1
    dJ_dz1 = dJ_dy_hat * w2  # what came back so far is used again, not computed anew
    dJ_dw1 = dJ_dz1 * z1 * (1 - z1) * x  # z1 (1 - z1) is the sigmoid's slope at w1 x
    return float(dJ_dw1), float(dJ_dw2)


def topological_order(parents: dict, output: Hashable) -> list:
    """Order the nodes of a graph so that each stands after all that it depends on.

    Parameters
    ----------
    parents : dict, node → list of the nodes it is computed from (its parents); every node is a
        key, an input's list is empty, and a parent may stand twice (as in a * a)
    output : the node that depends, in the end, on all others

    Returns
    -------
    list of all nodes, each once, each after all its parents, so `output` is the last;
    where several orders are possible, any of them

    Works for a chain of 10,000 nodes, too.

    Examples
    --------
    >>> topological_order({"J": ["y_hat"], "y_hat": ["z1"], "z1": ["x"], "x": []}, "J")
    ['x', 'z1', 'y_hat', 'J']
    """
    order: list = []
    done = set()
    # a list of our own, since Python's recursion ends after about a thousand calls
    waiting = [output]
    while waiting:
        node = waiting[-1]
        missing = [parent for parent in parents[node] if parent not in done]
        if missing:
            waiting.extend(missing)
            continue
        waiting.pop()
        if node not in done:  # it may have waited in two places
            done.add(node)
            order.append(node)
    return order


class Value:
    """A number that remembers how it was computed, so that gradients can flow back to it.

    Attributes
    ----------
    data : float, the number
    grad : float, the slope of the result with respect to this number; 0.0 until a result that
        depends on it calls `backward()`
    parents : tuple of the Values it was computed from; empty for an input
    slopes : tuple of floats, one a parent: how fast `data` grows with that parent
    operation : what made it, as "+" or "tanh", for the picture of the graph; "" for an input

    Wherever two Values meet in + - * /, either may be a plain number instead.

    Examples
    --------
    >>> a, b = Value(3.0), Value(-2.0)
    >>> c = a * b + a
    >>> c.backward()
    >>> c.data, a.grad, b.grad  # c = a b + a, so its slopes are b + 1 and a
    (-3.0, -1.0, 3.0)
    """

    def __init__(
        self,
        data: float,
        parents: Sequence["Value"] = (),
        slopes: Sequence[float] = (),
        operation: str = "",
    ) -> None:
        """Keep the number and where it came from; its gradient starts at 0.0."""
        self.data = float(data)
        self.grad = 0.0
        self.parents = tuple(parents)
        self.slopes = tuple(slopes)
        self.operation = operation

    def backward(self) -> None:
        """Send gradients from this number back to all it was computed from.

        After it, `node.grad` is d(self)/d(node) for every node of the graph.
        """
        parents: dict[Value, list[Value]] = {}
        found = [self]
        while found:
            node = found.pop()
            if node not in parents:
                parents[node] = list(node.parents)
                found.extend(node.parents)
        self.grad = 1.0
        for node in reversed(topological_order(parents, self)):
            for parent, slope in zip(node.parents, node.slopes, strict=True):
                parent.grad += slope * node.grad  # +=: a parent may feed several nodes

    def __add__(self, other: "Value | float") -> "Value":
        """self + other."""
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0), "+")

    def __mul__(self, other: "Value | float") -> "Value":
        """self * other."""
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data), "×")

    def __pow__(self, exponent: float) -> "Value":
        """self ** exponent, where the exponent is a plain number."""
        slope = exponent * self.data ** (exponent - 1)
        return Value(self.data**exponent, (self,), (slope,), f"**{exponent:g}")

    def relu(self) -> "Value":
        """The number where it is positive, else 0."""
        return Value(max(self.data, 0.0), (self,), (float(self.data > 0),), "ReLU")

    def tanh(self) -> "Value":
        """The hyperbolic tangent of the number."""
        squashed = math.tanh(self.data)
        return Value(squashed, (self,), (1 - squashed**2,), "tanh")

    def __neg__(self) -> "Value":
        """-self."""
        return self * -1

    def __sub__(self, other: "Value | float") -> "Value":
        """self - other."""
        return self + -other

    def __truediv__(self, other: "Value | float") -> "Value":
        """self / other."""
        other = other if isinstance(other, Value) else Value(other)
        return self * other**-1

    def __radd__(self, other: float) -> "Value":
        """other + self, for a plain number on the left."""
        return self + other

    def __rmul__(self, other: float) -> "Value":
        """other * self, for a plain number on the left."""
        return self * other

    def __rsub__(self, other: float) -> "Value":
        """other - self, for a plain number on the left."""
        return -self + other

    def __rtruediv__(self, other: float) -> "Value":
        """other / self, for a plain number on the left."""
        return self**-1 * other


# ------------------------------------------------------------------- one layer at a time


def relu_backward(dA: ArrayLike, Z: ArrayLike) -> np.ndarray:
    """Send gradients back through the ReLU of a layer, A = relu(Z).

    dZ[i, j] = dA[i, j] where Z[i, j] > 0, else 0

    Parameters
    ----------
    dA : (n, k) gradient of the loss with respect to A, the layer's activations
    Z : (n, k) the layer's pre-activations

    Returns
    -------
    (n, k), the gradient dZ with respect to Z

    Examples
    --------
    >>> relu_backward(np.array([[5.0, 6.0, 7.0]]), np.array([[-1.0, 0.0, 2.0]]))
    array([[0., 0., 7.]])
    """
    return np.asarray(dA, float) * relu_derivative(Z)


def dense_backward(
    dZ: ArrayLike, X: ArrayLike, W: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Send gradients back through a dense layer, Z = X W + b.

    dX = dZ Wᵀ,   dW = Xᵀ dZ,   db[j] = sum over i of dZ[i, j]

    Over the batch these are sums: the mean's 1/n is already in dZ, where the loss put it.

    Parameters
    ----------
    dZ : (n, k) gradient of the loss with respect to Z
    X : (n, m) the layer's inputs
    W : (m, k) the layer's weights

    Returns
    -------
    (dX, dW, db), of shapes (n, m), (m, k) and (k,)

    Examples
    --------
    >>> dX, dW, db = dense_backward([[1.0, 2.0]], [[3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]])
    >>> dX
    array([[17., 23.]])
    >>> dW
    array([[3., 6.],
           [4., 8.]])
    >>> db
    array([1., 2.])
    """
    dZ, X, W = np.asarray(dZ, float), np.asarray(X, float), np.asarray(W, float)
    dX = dZ @ W.T  # (n, k) @ (k, m) -> (n, m)
    dW = X.T @ dZ  # (m, n) @ (n, k) -> (m, k): the product adds up the batch
    db = dZ.sum(axis=0)  # (n, k) -> (k,)
    return dX, dW, db


# --------------------------------------------------------------------- the whole network


def forward_with_cache(
    X: ArrayLike, layers: Sequence[tuple[ArrayLike, ArrayLike]]
) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """Run a network forward and keep what the way back needs.

    A = X at first; for each layer Z = A W + b, then A = relu(Z), but after the last layer no ReLU

    Parameters
    ----------
    X : (n, m) examples
    layers : list of one or more (W, b), from the first layer to the last

    Returns
    -------
    (output, cache): the (n, k) output of the last layer; and a list with one (inputs, Z) a layer,
    its inputs A before and its pre-activations Z

    Examples
    --------
    >>> layers = [(np.array([[2.0]]), np.array([-1.0])), (np.array([[3.0]]), np.array([0.5]))]
    >>> output, cache = forward_with_cache(np.array([[1.0], [0.0]]), layers)
    >>> output
    array([[3.5],
           [0.5]])
    >>> cache[1]  # the second layer: its inputs after the ReLU, its pre-activations
    (array([[1.],
           [0.]]), array([[3.5],
           [0.5]]))
    """
    A = np.asarray(X, float)
    cache = []
    for W, b in layers:
        Z = dense(A, W, b)
        cache.append((A, Z))
        A = relu(Z)
    return Z, cache  # the last layer's Z: no ReLU after it


def network_gradients(
    X: ArrayLike, y: ArrayLike, layers: Sequence[tuple[ArrayLike, ArrayLike]]
) -> tuple[float, list[tuple[np.ndarray, np.ndarray]]]:
    """Loss of a network on a batch, and its gradient with respect to every weight and bias.

    The network is that of `forward_with_cache`, with one output: the logit. The loss is
    `bce_with_logits`, a mean over the batch.

    Parameters
    ----------
    X : (n, m) examples
    y : (n,) labels, 0 or 1
    layers : list of one or more (W, b), from the first layer to the last, whose W has one column

    Returns
    -------
    (loss, gradients): a float; and a list with one (dW, db) a layer, in the order of `layers`,
    in the shapes of W and b

    Examples
    --------
    >>> loss, gradients = network_gradients([[1.0], [3.0]], [0, 1], [([[0.0]], [0.0])])
    >>> loss  # logits of 0: a coin flip costs log 2
    0.6931471805599453
    >>> gradients
    [(array([[-0.5]]), array([0.]))]
    """
    output, cache = forward_with_cache(X, layers)
    z = output[:, 0]  # (n, 1) -> (n,), the shape of y
    loss = bce_with_logits(z, y)
    dZ = bce_with_logits_gradient(z, y)[:, np.newaxis]  # (n,) -> (n, 1), the shape of output
    gradients: list[tuple[np.ndarray, np.ndarray]] = []
    for layer in reversed(range(len(layers))):
        inputs, _ = cache[layer]
        dX, dW, db = dense_backward(dZ, inputs, layers[layer][0])
        gradients.insert(0, (dW, db))
        if layer > 0:  # these inputs came out of the ReLU of the layer before
            dZ = relu_backward(dX, cache[layer - 1][1])
    return loss, gradients


def gradient_check(f: Callable[[np.ndarray], float], gradient: ArrayLike, w: ArrayLike) -> float:
    """Largest relative error of a gradient, held against central differences.

    error[i] = |a[i] - c[i]| / max(|a[i]| + |c[i]|, 1e-12)

    where a is the gradient to be checked and c the central differences of f at w, with step 1e-5.

    Parameters
    ----------
    f : function of an array of w's shape, returns a number
    gradient : array of w's shape, what is claimed to be the gradient of f at w
    w : float array of any shape, where the gradient is taken

    Returns
    -------
    float: below 1e-6 or so for a right gradient, up to 1 for a wrong one; 0 is a perfect match

    Examples
    --------
    >>> def f(w):
    ...     return np.sum(w**2)  # its gradient is 2 w
    >>> w = np.array([3.0, -1.0])
    >>> gradient_check(f, 2 * w, w) < 1e-8
    True
    >>> round(gradient_check(f, 3 * w, w), 3)  # |3 w - 2 w| / (|3 w| + |2 w|)
    0.2
    """
    a = np.asarray(gradient, float)
    c = numerical_gradient(f, np.asarray(w, float), 1e-5)
    errors = np.abs(a - c) / np.maximum(np.abs(a) + np.abs(c), 1e-12)
    return float(np.max(errors))


def train_network(
    X: ArrayLike,
    y: ArrayLike,
    layers: Sequence[tuple[ArrayLike, ArrayLike]],
    learning_rate: float,
    steps: int,
) -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray]:
    """Train a network by gradient descent, on all examples at every step.

    W ← W - learning_rate dW   and   b ← b - learning_rate db,   for every layer at once

    Parameters
    ----------
    X : (n, m) examples
    y : (n,) labels, 0 or 1
    layers : list of (W, b) to start from; they are left unchanged
    learning_rate : a positive number
    steps : how many steps to take, may be 0

    Returns
    -------
    (layers, losses): the trained layers, a new list of (W, b); and (steps + 1,) the loss before
    the first step and after each step

    Examples
    --------
    >>> layers, losses = train_network([[1.0], [3.0]], [0, 1], [([[0.0]], [0.0])], 0.5, 1)
    >>> layers  # dW was -0.5, db was 0
    [(array([[0.25]]), array([0.]))]
    >>> losses.round(4)
    array([0.6931, 0.6064])
    """
    trained = [(np.array(W, float), np.array(b, float)) for W, b in layers]
    losses = np.zeros(steps + 1)
    for step in range(steps):
        losses[step], gradients = network_gradients(X, y, trained)
        trained = [
            (W - learning_rate * dW, b - learning_rate * db)
            for (W, b), (dW, db) in zip(trained, gradients, strict=True)
        ]
    losses[steps], _ = network_gradients(X, y, trained)
    return trained, losses


# --------------------------------------------------------------------------- points to train on


def two_moons(n: int, noise: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw points on two half circles that reach into each other; no straight line parts them.

    Parameters
    ----------
    n : number of points, half of them (rounded down) in class 0
    noise : standard deviation of what is added to each coordinate
    rng : the generator to draw from

    Returns
    -------
    (X, y): (n, 2) points around the origin; and (n,) labels, 0.0 on the upper moon, 1.0 below

    Examples
    --------
    >>> X, y = two_moons(4, 0.0, np.random.default_rng(0))
    >>> X.shape, y
    ((4, 2), array([0., 0., 1., 1.]))
    """
    y = np.repeat([0.0, 1.0], [n // 2, n - n // 2])
    angle = rng.uniform(0, np.pi, size=n)
    upper = np.column_stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25])
    # the lower moon is the upper one turned by half a circle around the origin
    X = np.where(y[:, np.newaxis] == 0, upper, -upper)
    return X + rng.normal(0, noise, size=(n, 2)), y
