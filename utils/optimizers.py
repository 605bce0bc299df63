"""Optimizers: rules that turn a gradient into a step, and schedules for the learning rate.

First the limit of plain gradient descent, then five rules that remember what went before, then
two schedules. Each rule works entry by entry, so arrays of any shape will do, and what it
remembers comes in and goes out: nothing is stored behind the reader's back. Last, the loop that
lets any of the rules walk down a surface or train a network.

Sources: Ruder (2016), "An overview of gradient descent optimization algorithms", arXiv 1609.04747,
is the map; each rule names the paper that it comes from. Where authors put epsilon in different
places, it stands where PyTorch has it.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from utils.backpropagation import network_gradients

# ------------------------------------------------------------------ how far is too far


def largest_stable_learning_rate(hessian: ArrayLike) -> float:
    """Bound for the learning rate of gradient descent on a quadratic loss.

    J(w) = wᵀ H w / 2, whose gradient is H w. Below the bound every walk settles in the minimum;
    above it, nearly every walk runs away. With a single weight H is one number a, and a step
    multiplies w by 1 - learning_rate · a: it runs away where |1 - learning_rate · a| > 1.

    Parameters
    ----------
    hessian : (p, p) the table H of second derivatives, symmetric, with positive eigenvalues

    Returns
    -------
    float, the bound

    Examples
    --------
    >>> largest_stable_learning_rate(np.array([[4.0]]))  # J(w) = 2 w²
    0.5
    >>> largest_stable_learning_rate(np.array([[1.0, 0.0], [0.0, 20.0]]))  # lesson 05's valley
    0.1
    """
    curvatures = np.linalg.eigvalsh(np.asarray(hessian, float))
    # along an eigenvector a step multiplies w by 1 - learning_rate · curvature
    return float(2 / curvatures.max())


# ------------------------------------------------------------- rules that remember the past


def momentum_step(
    w: ArrayLike, velocity: ArrayLike, gradient: ArrayLike, learning_rate: float, beta: float
) -> tuple[np.ndarray, np.ndarray]:
    """Take one step with momentum: the gradient pushes, and the velocity carries on.

    velocity_new = beta · velocity + gradient
    w_new = w - learning_rate · velocity_new

    (Polyak, 1964)

    Parameters
    ----------
    w : the weights, of any shape
    velocity : what was gathered so far, of w's shape; zeros before the first step
    gradient : the gradient of the loss at w, of w's shape
    learning_rate : a positive number
    beta : how much of the velocity is kept, 0 or more and below 1

    Returns
    -------
    (w_new, velocity_new), both of w's shape

    Examples
    --------
    >>> momentum_step(np.array([1.0]), np.array([4.0]), np.array([2.0]), 0.1, 0.5)
    (array([0.6]), array([4.]))
    """
    velocity_new = beta * np.asarray(velocity, float) + np.asarray(gradient, float)
    return np.asarray(w, float) - learning_rate * velocity_new, velocity_new


def adagrad_step(
    w: ArrayLike, squares: ArrayLike, gradient: ArrayLike, learning_rate: float, epsilon: float
) -> tuple[np.ndarray, np.ndarray]:
    """Take one step of AdaGrad: a weight that has met steep slopes takes shorter steps.

    squares_new = squares + gradient²
    w_new = w - learning_rate · gradient / (√squares_new + epsilon)

    (Duchi, Hazan & Singer, 2011)

    Parameters
    ----------
    w : the weights, of any shape
    squares : the sum of all squared gradients so far, of w's shape; zeros before the first step
    gradient : the gradient of the loss at w, of w's shape
    learning_rate : a positive number
    epsilon : a small positive number, keeps 0 / 0 away

    Returns
    -------
    (w_new, squares_new), both of w's shape

    Examples
    --------
    >>> adagrad_step(np.array([1.0]), np.array([9.0]), np.array([4.0]), 0.5, 1e-10)  # √25 is 5
    (array([0.6]), array([25.]))
    """
    gradient = np.asarray(gradient, float)
    squares_new = np.asarray(squares, float) + gradient**2
    step = learning_rate * gradient / (np.sqrt(squares_new) + epsilon)
    return np.asarray(w, float) - step, squares_new


def rmsprop_step(
    w: ArrayLike,
    squares: ArrayLike,
    gradient: ArrayLike,
    learning_rate: float,
    rho: float,
    epsilon: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Take one step of RMSProp: divide by the size of the recent gradients.

    squares_new = rho · squares + (1 - rho) · gradient²
    w_new = w - learning_rate · gradient / (√squares_new + epsilon)

    (Hinton, 2012, lecture 6 of a course)

    Parameters
    ----------
    w : the weights, of any shape
    squares : a running mean of squared gradients, of w's shape; zeros before the first step
    gradient : the gradient of the loss at w, of w's shape
    learning_rate : a positive number
    rho : how much of the running mean is kept, 0 or more and below 1
    epsilon : a small positive number, keeps 0 / 0 away

    Returns
    -------
    (w_new, squares_new), both of w's shape

    Examples
    --------
    >>> rmsprop_step(np.array([1.0]), np.array([2.0]), np.array([4.0]), 0.3, 0.5, 1e-8)  # √9 is 3
    (array([0.6]), array([9.]))
    """
    gradient = np.asarray(gradient, float)
    squares_new = rho * np.asarray(squares, float) + (1 - rho) * gradient**2
    step = learning_rate * gradient / (np.sqrt(squares_new) + epsilon)
    return np.asarray(w, float) - step, squares_new


def adadelta_step(
    w: ArrayLike,
    squares: ArrayLike,
    deltas: ArrayLike,
    gradient: ArrayLike,
    rho: float,
    epsilon: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Take one step of Adadelta: as long as recent steps were, with no learning rate to choose.

    squares_new = rho · squares + (1 - rho) · gradient²
    step = gradient · √(deltas + epsilon) / √(squares_new + epsilon)
    deltas_new = rho · deltas + (1 - rho) · step²
    w_new = w - step

    (Zeiler, 2012)

    Parameters
    ----------
    w : the weights, of any shape
    squares : a running mean of squared gradients, of w's shape; zeros before the first step
    deltas : a running mean of squared steps, of w's shape; zeros before the first step
    gradient : the gradient of the loss at w, of w's shape
    rho : how much of the running means is kept, 0 or more and below 1
    epsilon : a small positive number; the very first steps have their length from it

    Returns
    -------
    (w_new, squares_new, deltas_new), all of w's shape

    Examples
    --------
    >>> w, squares, deltas = np.array([1.0]), np.array([1.0]), np.array([3.0])
    >>> adadelta_step(w, squares, deltas, np.array([5.0]), 0.5, 1.0)
    ... # √(3 + 1) is 2, √(13 + 1) is 3.742, so the step is 10 / 3.742
    (array([-1.67261242]), array([13.]), array([5.07142857]))
    """
    gradient, deltas = np.asarray(gradient, float), np.asarray(deltas, float)
    squares_new = rho * np.asarray(squares, float) + (1 - rho) * gradient**2
    step = gradient * np.sqrt(deltas + epsilon) / np.sqrt(squares_new + epsilon)
    deltas_new = rho * deltas + (1 - rho) * step**2
    return np.asarray(w, float) - step, squares_new, deltas_new


def adam_step(
    w: ArrayLike,
    m: ArrayLike,
    v: ArrayLike,
    t: int,
    gradient: ArrayLike,
    learning_rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Take one step of Adam: momentum, divided by the size of recent gradients, both unbiased.

    m_new = beta1 · m + (1 - beta1) · gradient
    v_new = beta2 · v + (1 - beta2) · gradient²
    m_hat = m_new / (1 - beta1ᵗ)
    v_hat = v_new / (1 - beta2ᵗ)
    w_new = w - learning_rate · m_hat / (√v_hat + epsilon)

    (Kingma & Ba, 2015)

    Parameters
    ----------
    w : the weights, of any shape
    m : a running mean of gradients, of w's shape; zeros before the first step
    v : a running mean of squared gradients, of w's shape; zeros before the first step
    t : which step this is, an int; the first is 1
    gradient : the gradient of the loss at w, of w's shape
    learning_rate : a positive number
    beta1, beta2 : how much of m and of v is kept, 0 or more and below 1
    epsilon : a small positive number, keeps 0 / 0 away

    Returns
    -------
    (w_new, m_new, v_new), all of w's shape; m_new and v_new are those before the correction

    Examples
    --------
    >>> w, zeros, gradient = np.array([1.0]), np.zeros(1), np.array([5.0])
    >>> w, m, v = adam_step(w, zeros, zeros, 1, gradient, 0.1, 0.9, 0.999, 1e-8)
    >>> w.round(6), m.round(6), v.round(6)  # the first step is as long as the learning rate
    (array([0.9]), array([0.5]), array([0.025]))
    """
    gradient = np.asarray(gradient, float)
    m_new = beta1 * np.asarray(m, float) + (1 - beta1) * gradient
    v_new = beta2 * np.asarray(v, float) + (1 - beta2) * gradient**2
    m_hat = m_new / (1 - beta1**t)  # both began at 0, and without this they would be too small
    v_hat = v_new / (1 - beta2**t)
    return np.asarray(w, float) - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m_new, v_new


# ---------------------------------------------------------------------------- schedules


def step_decay(learning_rate: float, epoch: int, drop: float, every: int) -> float:
    """Learning rate of an epoch, where it drops every few epochs.

    The first `every` epochs have the full learning rate. Then it is multiplied by `drop`, and
    again by `drop` after every further `every` epochs.

    Parameters
    ----------
    learning_rate : a positive number, that of the first epochs
    epoch : which epoch, an int; the first is 0
    drop : what it is multiplied by, between 0 and 1
    every : after how many epochs it drops, an int of 1 or more

    Returns
    -------
    float, the learning rate of this epoch

    Examples
    --------
    >>> [step_decay(0.8, epoch, drop=0.5, every=2) for epoch in range(5)]
    [0.8, 0.8, 0.4, 0.4, 0.2]
    """
    return float(learning_rate * drop ** (epoch // every))


def warmup_cosine(learning_rate: float, step: int, warmup_steps: int, total_steps: int) -> float:
    """Learning rate of a step: a straight line up, then half a cosine down to 0.

    step < warmup_steps                  learning_rate · (step + 1) / warmup_steps
    warmup_steps ≤ step < total_steps    learning_rate · (1 + cos(π · progress)) / 2
    total_steps ≤ step                   0

    progress = (step - warmup_steps) / (total_steps - warmup_steps)

    (warm-up: Goyal and others, 2017; cosine: Loshchilov & Hutter, 2017)

    Parameters
    ----------
    learning_rate : a positive number, the largest that it gets
    step : which step, an int; the first is 0
    warmup_steps : how many steps it rises, an int of 1 or more
    total_steps : from which step on it is 0, an int above warmup_steps

    Returns
    -------
    float, the learning rate of this step

    Examples
    --------
    >>> [round(warmup_cosine(0.8, step, 2, 6), 4) for step in range(8)]
    [0.4, 0.8, 0.8, 0.6828, 0.4, 0.1172, 0.0, 0.0]
    """
    if step < warmup_steps:
        return float(learning_rate * (step + 1) / warmup_steps)
    progress = (step - warmup_steps) / (total_steps - warmup_steps)
    # beyond the end the cosine would rise again
    return float(learning_rate * (1 + math.cos(math.pi * min(progress, 1.0))) / 2)


# --------------------------------------------------------------- any rule, on any loss

# (w, *memories, gradient, t) -> (w, *memories), where t counts the steps from 1
Rule = Callable[..., Sequence[np.ndarray]]
Layers = list[tuple[np.ndarray, np.ndarray]]


def descend(
    rule: Rule,
    memories: int,
    gradient_of: Callable[[np.ndarray], np.ndarray],
    w0: ArrayLike,
    steps: int,
) -> np.ndarray:
    """Walk downhill by any rule, and keep every place on the way.

    Parameters
    ----------
    rule : function of w, of what the rule remembers, of the gradient and of t, the number of the
        step from 1; returns w and what it remembers now
    memories : how many arrays the rule remembers: 0, 1 or 2; they start as zeros
    gradient_of : function of a (p,) array of weights, returns the (p,) gradient there
    w0 : (p,) where the walk starts
    steps : how many steps to take, 0 or more

    Returns
    -------
    (steps + 1, p) the path: w0, and then a row for each step

    Examples
    --------
    >>> def rule(w, velocity, gradient, t):
    ...     return momentum_step(w, velocity, gradient, 0.5, 0.5)
    >>> descend(rule, 1, lambda w: w, np.array([4.0]), 3)
    array([[ 4.],
           [ 2.],
           [ 0.],
           [-1.]])
    """
    w = np.asarray(w0, float)
    remembered: Sequence[np.ndarray] = [np.zeros_like(w) for _ in range(memories)]
    path = [w]
    for t in range(1, steps + 1):
        w, *remembered = rule(w, *remembered, gradient_of(w), t)
        path.append(w)
    return np.array(path)


def train_with(
    rule: Rule,
    memories: int,
    X: ArrayLike,
    y: ArrayLike,
    layers: Sequence[tuple[ArrayLike, ArrayLike]],
    steps: int,
) -> tuple[Layers, np.ndarray]:
    """Train lesson 06's network by any rule, on all examples at every step.

    All weights and biases are put into one long array, since every rule works entry by entry.

    Parameters
    ----------
    rule, memories : as in `descend`
    X : (n, m) examples
    y : (n,) labels, 0 or 1
    layers : list of (W, b) to start from; they are left unchanged
    steps : how many steps to take, 0 or more

    Returns
    -------
    (layers, losses): the trained layers; and (steps + 1,) the loss before the first step and
    after each step. Training that runs away ends in inf or nan.

    Examples
    --------
    >>> def rule(w, gradient, t):
    ...     return (w - 0.5 * gradient,)
    >>> layers, losses = train_with(rule, 0, [[1.0], [3.0]], [0, 1], [([[0.0]], [0.0])], 1)
    >>> layers, losses.round(4)
    ([(array([[0.25]]), array([0.]))], array([0.6931, 0.6064]))
    """
    losses = np.zeros(steps + 1)
    w = flatten_layers(layers)
    remembered: Sequence[np.ndarray] = [np.zeros_like(w) for _ in range(memories)]
    with np.errstate(over="ignore", invalid="ignore"):  # too bold a learning rate may overflow
        for t in range(1, steps + 1):
            losses[t - 1], gradients = network_gradients(X, y, unflatten_layers(w, layers))
            w, *remembered = rule(w, *remembered, flatten_layers(gradients), t)
        losses[steps], _ = network_gradients(X, y, unflatten_layers(w, layers))
    return unflatten_layers(w, layers), losses


def flatten_layers(layers: Sequence[tuple[ArrayLike, ArrayLike]]) -> np.ndarray:
    """All weights and biases of a network, one after the other, in one (p,) array.

    Examples
    --------
    >>> flatten_layers([([[1.0], [2.0]], [3.0]), ([[4.0]], [5.0])])
    array([1., 2., 3., 4., 5.])
    """
    return np.concatenate([np.ravel(array) for layer in layers for array in layer]).astype(float)


def unflatten_layers(w: ArrayLike, layers: Sequence[tuple[ArrayLike, ArrayLike]]) -> Layers:
    """The (p,) numbers in w as a list of (W, b), in the shapes of `layers`.

    Examples
    --------
    >>> unflatten_layers([6.0, 7.0, 8.0], [([[1.0], [2.0]], [3.0])])
    [(array([[6.],
           [7.]]), array([8.]))]
    """
    shapes = [np.shape(array) for layer in layers for array in layer]
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    parts = [
        part.reshape(s)
        for part, s in zip(np.split(np.asarray(w, float), ends[:-1]), shapes, strict=True)
    ]
    return list(zip(parts[::2], parts[1::2], strict=True))
