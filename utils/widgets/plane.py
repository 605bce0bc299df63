"""The plane of two inputs: shaded by what a function says there, with labelled points on it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from utils.figures import COLORS


class PlaneMap:
    """A map of the plane of two inputs: pale blue where a function says 0, pale orange where 1.

    The function is asked at the places of a grid, `points`; `shade` takes its answers.

    Parameters
    ----------
    axes : where to draw
    low, high : the lowest and the highest (x1, x2)
    columns, rows : how many places stand side by side along x1, and along x2
    look : options of matplotlib's `imshow` that differ from the usual

    Attributes
    ----------
    points : (rows * columns, 2) places, row by row from below
    """

    def __init__(
        self,
        axes: Axes,
        low: Sequence[float] | np.ndarray,
        high: Sequence[float] | np.ndarray,
        columns: int,
        rows: int,
        **look: Any,
    ) -> None:
        self.axes = axes
        self.x1 = np.linspace(low[0], high[0], columns)
        self.x2 = np.linspace(low[1], high[1], rows)
        self.points = np.stack(np.meshgrid(self.x1, self.x2), axis=-1).reshape(-1, 2)
        usual: dict[str, Any] = {
            "cmap": COLORS.probability_cmap,
            "vmin": 0,
            "vmax": 1,
            "origin": "lower",
        }
        self.image = axes.imshow(
            np.full((rows, columns), 0.5),
            extent=(low[0], high[0], low[1], high[1]),
            **(usual | look),
        )
        axes.set(xlabel="input x1", ylabel="input x2")
        axes.grid(visible=False)

    def shade(self, values: ArrayLike) -> np.ndarray:
        """Show the function's answers.

        Parameters
        ----------
        values : one number for each of `points`, in any shape

        Returns
        -------
        the same as a table, (rows, columns)
        """
        table = np.asarray(values, float).reshape(len(self.x2), len(self.x1))
        self.image.set_data(table)
        return table


def draw_plane(
    axes: Axes, function: Callable[[np.ndarray], np.ndarray], title: str, reach: float = 3.0
) -> None:
    """Shade the plane of two inputs by what a function says there: blue 0, orange 1.

    Parameters
    ----------
    axes : where to draw
    function : (n, 2) points -> (n,) numbers between 0 and 1, decisions or probabilities
    title : short text above
    reach : both inputs go from -reach to reach
    """
    plane = PlaneMap(
        axes,
        (-reach, -reach),
        (reach, reach),
        *(401, 401),  # finer than the screen: edges look straight
        alpha=0.65,  # points in the classes' colours stand out before it
    )
    values = plane.shade(function(plane.points))
    if values.min() < 0.5 < values.max():
        axes.contour(plane.x1, plane.x2, values, levels=[0.5], colors=COLORS.black, linewidths=1.5)
    axes.set(title=title)


def draw_points(
    axes: Axes, X: np.ndarray, y: np.ndarray, sizes: tuple[float, float] = (34, 34), **look: Any
) -> None:
    """Put points of two classes on the plane: circles for class 0, triangles for class 1.

    Parameters
    ----------
    axes : where to draw
    X : (n, 2) points
    y : (n,) labels, 0 or 1
    sizes : of the circles and of the triangles, in square points
    look : options of matplotlib's `scatter` that differ from the usual
    """
    for label, marker, color in ((0, "o", COLORS.negative), (1, "^", COLORS.positive)):
        chosen = X[np.asarray(y) == label]
        usual: dict[str, Any] = {
            "s": sizes[label],
            "c": color,
            "edgecolors": "white",
            "linewidths": 0.6,
        }
        axes.scatter(*chosen.T, marker=marker, label=f"class {label}", **(usual | look))


__all__ = ["PlaneMap", "draw_plane", "draw_points"]
