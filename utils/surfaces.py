"""Four landscapes to walk down: bowl, valley, ripples and saddle.

Each is the loss of two weights, made up so that one thing can be studied at a time, and stands
beside its gradient. Lesson 05 walks down them with plain gradient descent, lesson 07 lets its
optimizers race on them.

A surface takes one place, an array of shape (2,), or many at once, an array of shape (..., 2);
it returns the height of each. A gradient returns an array of the shape it was given.

    >>> bowl(np.array([3.0, -1.0])), bowl_gradient(np.array([3.0, -1.0]))
    (np.float64(10.0), array([ 6., -2.]))
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

# ----------------------------------------------------------------------------- the bowl


def bowl(w: ArrayLike) -> np.ndarray:
    """A round bowl: equally steep on all sides, lowest at (0, 0).

    bowl(w) = w[0]^2 + w[1]^2

    Parameters
    ----------
    w : (2,) one place, or (..., 2) many

    Returns
    -------
    the height of each place, of the shape of w without its last axis

    Examples
    --------
    >>> bowl(np.array([[3.0, -1.0], [0.0, 0.0]]))
    array([10.,  0.])
    """
    w0, w1 = _coordinates(w)
    return w0**2 + w1**2


def bowl_gradient(w: ArrayLike) -> np.ndarray:
    """Gradient of `bowl`: (2 w[0], 2 w[1]), of w's shape.

    Gradient descent multiplies both weights by 1 - 2 learning_rate: it arrives in one step at a
    learning rate of 1/2, and runs away above 1.

    Examples
    --------
    >>> bowl_gradient(np.array([3.0, -1.0]))
    array([ 6., -2.])
    """
    w0, w1 = _coordinates(w)
    return np.stack([2 * w0, 2 * w1], axis=-1)


# --------------------------------------------------------------------------- the valley


def valley(w: ArrayLike) -> np.ndarray:
    """A long narrow valley: gentle along w[0], twenty times as steep across, lowest at (0, 0).

    valley(w) = (w[0]^2 + 20 w[1]^2) / 2

    Parameters
    ----------
    w : (2,) one place, or (..., 2) many

    Returns
    -------
    the height of each place, of the shape of w without its last axis

    Examples
    --------
    >>> valley(np.array([[2.0, 0.0], [0.0, 2.0]]))
    array([ 2., 40.])
    """
    w0, w1 = _coordinates(w)
    return (w0**2 + 20 * w1**2) / 2


def valley_gradient(w: ArrayLike) -> np.ndarray:
    """Gradient of `valley`: (w[0], 20 w[1]), of w's shape.

    Gradient descent multiplies w[0] by 1 - learning_rate and w[1] by 1 - 20 learning_rate: it runs
    away across the valley above 1/10, and is slow along it below that.

    Examples
    --------
    >>> valley_gradient(np.array([3.0, -1.0]))
    array([  3., -20.])
    """
    w0, w1 = _coordinates(w)
    return np.stack([w0, 20 * w1], axis=-1)


# -------------------------------------------------------------------------- the ripples


def ripples(w: ArrayLike) -> np.ndarray:
    """A wide bowl with waves in it: many local minima, the lowest at (0, 0).

    ripples(w) = Σ_j ( 0.1 w[j]^2 + 1 - cos(2 w[j]) )

    Parameters
    ----------
    w : (2,) one place, or (..., 2) many

    Returns
    -------
    the height of each place, of the shape of w without its last axis

    Examples
    --------
    >>> ripples(np.array([[0.0, 0.0], [0.0, np.pi]])).round(4)  # the next hollow is higher
    array([0.   , 0.987])
    """
    w0, w1 = _coordinates(w)
    return 0.1 * (w0**2 + w1**2) + 2 - np.cos(2 * w0) - np.cos(2 * w1)


def ripples_gradient(w: ArrayLike) -> np.ndarray:
    """Gradient of `ripples`: 0.2 w[j] + 2 sin(2 w[j]) for each j, of w's shape.

    Examples
    --------
    >>> ripples_gradient(np.array([0.0, np.pi / 4])).round(4)
    array([0.    , 2.1571])
    """
    w0, w1 = _coordinates(w)
    return np.stack([0.2 * w0 + 2 * np.sin(2 * w0), 0.2 * w1 + 2 * np.sin(2 * w1)], axis=-1)


# --------------------------------------------------------------------------- the saddle


def saddle(w: ArrayLike) -> np.ndarray:
    """A pass between two hollows: a saddle point at (0, 0), the minima at (0, -1) and (0, 1).

    saddle(w) = w[0]^2 / 2 + (w[1]^2 - 1)^2 / 4

    At the saddle point the ground is level: it rises along w[0] and falls along w[1].

    Parameters
    ----------
    w : (2,) one place, or (..., 2) many

    Returns
    -------
    the height of each place, of the shape of w without its last axis

    Examples
    --------
    >>> saddle(np.array([[0.0, 0.0], [0.0, 1.0], [2.0, -1.0]]))
    array([0.25, 0.  , 2.  ])
    """
    w0, w1 = _coordinates(w)
    return w0**2 / 2 + (w1**2 - 1) ** 2 / 4


def saddle_gradient(w: ArrayLike) -> np.ndarray:
    """Gradient of `saddle`: (w[0], w[1]^3 - w[1]), of w's shape.

    Examples
    --------
    >>> saddle_gradient(np.array([2.0, 2.0]))
    array([2., 6.])
    """
    w0, w1 = _coordinates(w)
    return np.stack([w0, w1**3 - w1], axis=-1)


# ------------------------------------------------------------------- all four together


@dataclass(frozen=True)
class Surface:
    """A landscape over two weights, and what one needs to draw it and walk down it.

    Attributes
    ----------
    function : (..., 2) places -> their heights
    gradient : (..., 2) places -> their gradients, of the same shape
    start : where a walk may start
    reach : the part worth drawing goes from -reach to reach in both weights
    minima : the global minima
    """

    function: Callable[[ArrayLike], np.ndarray]
    gradient: Callable[[ArrayLike], np.ndarray]
    start: tuple[float, float]
    reach: float
    minima: tuple[tuple[float, float], ...]


SURFACES = {
    "bowl": Surface(bowl, bowl_gradient, (-2.0, 1.5), 3.0, ((0.0, 0.0),)),
    "valley": Surface(valley, valley_gradient, (-2.5, 0.6), 3.0, ((0.0, 0.0),)),
    "ripples": Surface(ripples, ripples_gradient, (-3.9, 2.2), 4.5, ((0.0, 0.0),)),
    "saddle": Surface(saddle, saddle_gradient, (-1.5, 0.01), 2.0, ((0.0, -1.0), (0.0, 1.0))),
}


def _coordinates(w: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """The two weights of each place.

    Raises
    ------
    ValueError, if there are not two
    """
    w = np.asarray(w, float)
    if w.ndim == 0 or w.shape[-1] != 2:
        raise ValueError(
            f"a surface lies over two weights, so w needs the shape (2,) or (..., 2), "
            f"but has the shape {w.shape}."
        )
    return w[..., 0], w[..., 1]
