"""Pictures of lesson 05: landscapes, walks down them, and two models that learn.

They draw what the learner's own functions say, so these come in as arguments. The `draw_…`
functions draw into axes or leave an open figure for `show`; the others return a `LiveFigure`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.contour import QuadContourSet
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from utils.activations import sigmoid
from utils.figures import COLORS
from utils.live import LiveFigure, Pointer, choice, player, slider
from utils.losses import bce_with_logits, mean_squared_error
from utils.surfaces import SURFACES, Surface
from utils.widgets.plane import PlaneMap

Gradient = Callable[[np.ndarray], np.ndarray]
NumericalGradient = Callable[[Callable[..., Any], np.ndarray, float], np.ndarray]
Descent = Callable[[Gradient, np.ndarray, float, int], np.ndarray]
Step = Callable[[ArrayLike, ArrayLike, float], np.ndarray]
ModelGradient = Callable[
    [np.ndarray, np.ndarray, np.ndarray, float], tuple[np.ndarray, float]
]  # (X, y, w, b) -> (dw, db)
Training = Callable[
    [np.ndarray, np.ndarray, float, int], tuple[np.ndarray, float, np.ndarray]
]  # (X, y, learning_rate, steps) -> (w, b, losses)

STEPS = 60  # the longest walk of the live figures
FARTHEST = 2.0  # they start from -2 to 2 in both weights: this is on all maps
LEVEL = 1e-3  # a gradient shorter than this counts as level ground
# low ground is pale, high ground is dark: paths and points stand out before both
HEIGHTS = LinearSegmentedColormap.from_list("course_heights", ["#FFFFFF", "#9DB9C9"])
LABELS = {"xlabel": "weight $w_0$", "ylabel": "weight $w_1$"}


# --------------------------------------------------------------------------- landscapes


def draw_landscapes() -> None:
    """Draw the four surfaces in three dimensions, side by side."""
    figure = plt.figure(figsize=(9.6, 7.6))
    for place, (name, surface) in enumerate(SURFACES.items()):
        axes = figure.add_subplot(2, 2, place + 1, projection="3d")
        W0, W1, heights = _grid(surface, 61)
        axes.plot_surface(
            W0, W1, heights, cmap="viridis_r", linewidth=0, rcount=61, ccount=61, antialiased=False
        )
        axes.set_title(name, pad=0)
        axes.set(**LABELS)
        axes.set_zlabel("loss")
        axes.view_init(elev=38, azim=-58)
        for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
            axis.set_major_locator(MaxNLocator(4, integer=True))
        axes.tick_params(labelsize=10, pad=0)
        axes.set_box_aspect((1, 1, 0.62), zoom=0.92)
    figure.set_layout_engine("constrained")


def draw_map(axes: Axes, name: str) -> QuadContourSet:
    """Draw one surface as a map: each line joins places of the same height.

    Parameters
    ----------
    axes : where to draw
    name : of the surface, a key of `SURFACES`

    Returns
    -------
    the filled contours, to be hidden or shown
    """
    surface = SURFACES[name]
    W0, W1, heights = _grid(surface, 121)
    # near the bottom the ground is flat: lines by the root of the height are spread more evenly
    levels = np.linspace(0, np.sqrt(heights.max()), 15) ** 2
    contours = axes.contourf(W0, W1, heights, levels=levels, cmap=HEIGHTS)
    contours.set_edgecolor("#7A98A8")
    contours.set_linewidth(0.6)
    axes.set(**LABELS, aspect="equal")
    axes.set_xlim(-surface.reach, surface.reach)
    axes.set_ylim(-surface.reach, surface.reach)
    axes.grid(False)
    return contours


def _grid(surface: Surface, points: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates and heights of a square part of a surface, each (points, points)."""
    side = np.linspace(-surface.reach, surface.reach, points)
    W0, W1 = np.meshgrid(side, side)
    return W0, W1, surface.function(np.stack([W0, W1], axis=-1))


# -------------------------------------------------------------------------- the gradient


def draw_gradients(numerical_gradient: NumericalGradient) -> None:
    """Draw the four surfaces as maps, with an arrow along the gradient at many places.

    Parameters
    ----------
    numerical_gradient : tells the gradient at each place
    """
    _, panels = plt.subplots(2, 2, figsize=(8.4, 8.2))
    for axes, (name, surface) in zip(panels.flat, SURFACES.items(), strict=True):
        draw_map(axes, name)
        side = np.linspace(-0.85, 0.85, 8) * surface.reach
        places = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
        arrows = np.array(
            [numerical_gradient(surface.function, place, 1e-5) for place in places], float
        )
        lengths = np.linalg.norm(arrows, axis=1, keepdims=True)
        # the root keeps the long arrows on the map, and the short ones long enough to be seen
        arrows = arrows / np.maximum(np.sqrt(lengths * max(lengths.max(), 1e-9)), 1e-9)
        axes.quiver(
            *places.T,
            *arrows.T,
            color=COLORS.red,
            angles="xy",
            scale=9.5,
            width=0.007,
            pivot="tail",
        )
        for minimum in surface.minima:
            axes.plot(*minimum, "*", color=COLORS.green, markersize=14)
        axes.set_title(name)


def direction_explorer(numerical_gradient: NumericalGradient) -> LiveFigure:
    """Turn around at one place: how steep is it in each direction?

    Parameters
    ----------
    numerical_gradient : tells the gradient at the place

    Returns
    -------
    a live figure with the controls `surface` and `angle`
    """
    places = {
        "bowl": (1.2, 0.9),
        "valley": (1.5, 0.15),
        "ripples": (1.3, -0.6),
        "saddle": (0.6, 0.5),
    }
    figure, (map_axes, slope_axes) = plt.subplots(1, 2, figsize=(9, 4.3), layout="none")
    figure.subplots_adjust(left=0.08, right=0.96, bottom=0.14, top=0.89, wspace=0.3)
    maps = _hidden_maps(map_axes)
    (gradient_line,) = map_axes.plot([], [], color=COLORS.red, lw=3.5, label="your gradient")
    (direction_line,) = map_axes.plot([], [], color=COLORS.blue, lw=3, label="you look here")
    (here,) = map_axes.plot([], [], "o", color=COLORS.black, markersize=8)
    map_axes.legend(loc="lower right")
    (curve,) = slope_axes.plot([], [], color=COLORS.black, label="measured")
    uphill = slope_axes.axvline(0, color=COLORS.red, linestyle="--", label="your gradient")
    (dot,) = slope_axes.plot([], [], "o", color=COLORS.blue, markersize=10)
    slope_axes.axhline(0, color=COLORS.grey, linewidth=1)
    slope_axes.set(xlim=(-180, 180), xticks=range(-180, 181, 90))
    slope_axes.set(xlabel="direction (degrees)", ylabel="slope in that direction")
    slope_axes.set_title("how steep it is")
    slope_axes.legend(loc="lower left")

    def slope_towards(surface: Surface, place: np.ndarray, degrees: np.ndarray) -> np.ndarray:
        """The slope of the surface itself, measured over a tiny step each way."""
        radians = np.radians(degrees)
        nudge = 1e-5 * np.stack([np.cos(radians), np.sin(radians)], axis=-1)
        return (surface.function(place + nudge) - surface.function(place - nudge)) / 2e-5

    def update(surface: str, angle: int) -> str:
        ground, place = SURFACES[surface], np.array(places[surface])
        gradient = np.asarray(numerical_gradient(ground.function, place, 1e-5), float)
        _show_map(map_axes, maps, surface)
        reach = 0.45 * ground.reach
        length = float(np.hypot(*gradient))
        along = gradient / max(length, 1e-9) * reach
        direction = reach * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
        here.set_data([place[0]], [place[1]])
        gradient_line.set_data(*np.transpose([place, place + along]))
        direction_line.set_data(*np.transpose([place, place + direction]))
        degrees = np.arange(-180.0, 181.0, 2)
        slopes = slope_towards(ground, place, degrees)
        curve.set_data(degrees, slopes)
        slope_axes.set_ylim(2.1 * slopes.min(), 1.25 * slopes.max())
        upward = float(np.degrees(np.arctan2(gradient[1], gradient[0])))
        uphill.set_xdata([upward, upward])
        slope = float(slope_towards(ground, place, np.array(float(angle))))
        dot.set_data([angle], [slope])
        return (
            f"At {angle}° the slope is {slope:.2f}. The gradient is ({gradient[0]:.2f}, "
            f"{gradient[1]:.2f}): it points to {upward:.0f}°, and its length is {length:.2f}."
        )

    return LiveFigure(
        figure,
        update,
        alt="Left, a map with the gradient at one place and a direction to turn; right, the slope "
        "in every direction: a wave that is highest where the gradient points.",
        surface=choice(list(SURFACES), "bowl", "surface"),
        angle=slider(-180, 180, 100, "direction", step=5),
    )


def _hidden_maps(axes: Axes) -> dict[str, QuadContourSet]:
    """All four maps in the same axes, none of them visible."""
    maps = {name: draw_map(axes, name) for name in SURFACES}
    for contours in maps.values():
        contours.set_visible(False)
    return maps


def _show_map(axes: Axes, maps: dict[str, QuadContourSet], name: str) -> None:
    for other, contours in maps.items():
        contours.set_visible(other == name)
    reach = SURFACES[name].reach
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), title=f"{name}, seen from above")


# --------------------------------------------------------------------------- the descent


def draw_path(axes: Axes, path: np.ndarray, color: str = COLORS.red) -> None:
    """Draw a walk on a map: dots joined by a line, the start as a ring.

    Parameters
    ----------
    axes : where to draw
    path : (steps + 1, 2) places
    color : of the walk
    """
    path = np.asarray(path, float)
    axes.plot(path[:, 0], path[:, 1], ".-", color=color, linewidth=1.5, markersize=8)
    axes.plot(*path[0], "o", markersize=11, markerfacecolor="none", markeredgecolor=color, mew=2)


def descent_explorer(gradient_descent: Descent) -> LiveFigure:
    """Walk down a surface step by step: the map with the path, beside the loss at each step.

    Parameters
    ----------
    gradient_descent : takes the walk

    Returns
    -------
    a live figure with the controls `surface`, `learning_rate`, `w0`, `w1` and `step`; a press on
    the map moves the start, `w0` and `w1`
    """
    figure, (map_axes, loss_axes) = plt.subplots(1, 2, figsize=(9.2, 4.5), layout="none")
    figure.subplots_adjust(left=0.08, right=0.98, bottom=0.13, top=0.9, wspace=0.28)
    maps = _hidden_maps(map_axes)
    map_axes.add_patch(
        Rectangle((-FARTHEST, -FARTHEST), 2 * FARTHEST, 2 * FARTHEST, fill=False, linestyle=":")
    )
    (path_line,) = map_axes.plot([], [], ".-", color=COLORS.red, linewidth=1.5, markersize=8)
    (start_ring,) = map_axes.plot(
        [], [], "o", markersize=12, markerfacecolor="none", markeredgecolor=COLORS.red, mew=2
    )
    (here,) = map_axes.plot([], [], "o", color=COLORS.black, markersize=9)
    (loss_line,) = loss_axes.plot([], [], ".-", color=COLORS.red, linewidth=1.5, markersize=8)
    (loss_here,) = loss_axes.plot([], [], "o", color=COLORS.black, markersize=9)
    loss_axes.set(xlabel="step", ylabel="loss", xlim=(-1, STEPS + 1))
    loss_axes.set_title("the loss, step by step")

    def update(surface: str, learning_rate: float, w0: float, w1: float, step: int) -> str:
        ground = SURFACES[surface]
        with np.errstate(all="ignore"):  # a walk that runs away may overflow
            path = np.asarray(
                gradient_descent(ground.gradient, np.array([w0, w1]), learning_rate, step), float
            )
            if path.shape != (step + 1, 2):
                raise ValueError(
                    f"gradient_descent should return the shape ({step + 1}, 2) here, "
                    f"not {path.shape}"
                )
            losses = ground.function(path)
        _show_map(map_axes, maps, surface)
        on_paper = _until_lost(path, 4 * ground.reach)
        path_line.set_data(*path[:on_paper].T)
        start_ring.set_data([w0], [w1])
        here.set_data(path[on_paper - 1 : on_paper, 0], path[on_paper - 1 : on_paper, 1])
        here.set_visible(on_paper == len(path))
        loss_line.set_data(np.arange(on_paper), losses[:on_paper])
        loss_here.set_data([on_paper - 1], [losses[on_paper - 1]])
        loss_here.set_visible(on_paper == len(path))
        top = max(1.5 * float(losses[0]), 0.1)
        loss_axes.set_ylim(-0.04 * top, top)
        return _describe_walk(surface, path, losses)

    return LiveFigure(
        figure,
        update,
        alt="Left, a map of a surface with the path of gradient descent; right, the loss at each "
        "step of the same walk. A press on the map moves the start.",
        pointer=Pointer(map_axes, x="w0", y="w1"),
        surface=choice(list(SURFACES), "valley", "surface"),
        learning_rate=slider(0.001, 2.0, 0.01, "learning rate", log=True),
        w0=slider(-FARTHEST, FARTHEST, -2.0, "start $w_0$", step=0.1),
        w1=slider(-FARTHEST, FARTHEST, 1.0, "start $w_1$", step=0.1),
        step=player(0, STEPS, 15, "steps", interval_ms=250),
    )


def _until_lost(path: np.ndarray, far: float) -> int:
    """How many places of a walk to draw: all, or those up to the first that is too far out."""
    distance = np.abs(path).max(axis=1)
    lost = np.flatnonzero(~(distance < far))  # nan is lost, too
    if lost.size == 0:
        return len(path)
    first = int(lost[0])
    return first + 1 if distance[first] < 1e6 else max(first, 1)


def _describe_walk(surface: str, path: np.ndarray, losses: np.ndarray) -> str:
    steps = len(path) - 1
    walked = f"{steps} {'step' if steps == 1 else 'steps'}: the loss went"
    if not np.isfinite(losses[-1]) or (steps > 1 and losses[-1] > 2 * losses[0] + 1):
        far = f"{losses[-1]:.2g}" if np.isfinite(losses[-1]) else "beyond all bounds"
        return f"{walked} from {losses[0]:.3g} to {far}. It runs away: the steps are too long."
    told = f"{walked} from {losses[0]:.3g} to {losses[-1]:.3g}."
    steepness = float(np.hypot(*SURFACES[surface].gradient(path[-1])))
    if steepness >= LEVEL:
        return f"{told} Not level yet: the gradient's length is {steepness:.2g}."
    if losses[-1] < 1e-3:
        return f"{told} Arrived: the ground is level, and this is as low as it gets."
    if surface == "saddle":
        return f"{told} The ground is level, but this is the saddle point, not a minimum."
    return f"{told} Level ground: a local minimum. Elsewhere it goes lower."


def random_starts(gradient_descent: Descent) -> LiveFigure:
    """Ten walks over the ripples, from ten places drawn from a normal distribution.

    Parameters
    ----------
    gradient_descent : takes the walks

    Returns
    -------
    a live figure with the controls `seed`, `spread` and `learning_rate`
    """
    ground, steps, walks = SURFACES["ripples"], STEPS, 10
    figure, (map_axes, loss_axes) = plt.subplots(1, 2, figsize=(9.2, 4.5), layout="none")
    figure.subplots_adjust(left=0.08, right=0.98, bottom=0.13, top=0.9, wspace=0.28)
    draw_map(map_axes, "ripples")
    map_axes.set_title("ten walks over the ripples")
    colors = [COLORS.cycle[i % len(COLORS.cycle)] for i in range(walks)]
    path_lines = [map_axes.plot([], [], "-", color=color, lw=1.8)[0] for color in colors]
    rings = [
        map_axes.plot([], [], "o", markersize=8, markerfacecolor="none", mew=1.8, color=color)[0]
        for color in colors
    ]
    (ends,) = map_axes.plot([], [], "o", color=COLORS.black, markersize=8)
    loss_lines = [loss_axes.plot([], [], color=color, lw=1.8)[0] for color in colors]
    loss_axes.set(xlabel="step", ylabel="loss", xlim=(0, steps))
    loss_axes.set_title("where each one ends up")

    def update(seed: int, spread: float, learning_rate: float) -> str:
        starts = np.random.default_rng(seed).normal(0, spread, size=(walks, 2))
        with np.errstate(all="ignore"):
            paths = [
                np.asarray(gradient_descent(ground.gradient, start, learning_rate, steps), float)
                for start in starts
            ]
            heights = [ground.function(path) for path in paths]
        for path, line, ring, loss_line, height in zip(
            paths, path_lines, rings, loss_lines, heights, strict=True
        ):
            line.set_data(*path.T)
            ring.set_data(path[:1, 0], path[:1, 1])
            loss_line.set_data(np.arange(len(height)), height)
        last = np.array([path[-1] for path in paths])
        ends.set_data(*last.T)
        top = float(np.nanmax([height[0] for height in heights]))
        loss_axes.set_ylim(-0.04 * top, 1.05 * top)
        steep = np.hypot(*ground.gradient(last).T)
        if not np.all(steep < LEVEL):
            return f"{np.sum(~(steep < LEVEL))} of 10 walks have not come to rest."
        different = len({tuple(place) for place in (np.round(last, 1) + 0.0).tolist()})
        lowest = int(np.sum(ground.function(last) < 1e-3))
        places = "the same minimum" if different == 1 else f"{different} different minima"
        return f"Ten starts ended in {places}. {lowest} of 10 found the lowest one."

    return LiveFigure(
        figure,
        update,
        alt="Left, a map with many hollows and ten walks that end in several of them; right, the "
        "loss along each walk, which levels off at several heights.",
        seed=slider(0, 20, 4, "roll the dice"),
        spread=slider(0.2, 2.5, 2.0, "spread of the starts", step=0.1),
        learning_rate=slider(0.01, 0.6, 0.1, "learning rate", step=0.01),
    )


# ---------------------------------------------------------------- two models that learn


def line_player(
    linear_regression_gradient: ModelGradient,
    gradient_step: Step,
    x: np.ndarray,
    y: np.ndarray,
    labels: tuple[str, str],
    steps: int = 40,
) -> LiveFigure:
    """A line that learns: the points with the line, beside the loss at each step.

    Parameters
    ----------
    linear_regression_gradient, gradient_step : train the line, from a flat one at 0
    x, y : (n,) inputs and targets
    labels : what x and y are called
    steps : how many to take

    Returns
    -------
    a live figure with the controls `learning_rate` and `step`
    """
    X = np.asarray(x, float)[:, np.newaxis]
    figure, (data_axes, loss_axes) = plt.subplots(1, 2, figsize=(9.2, 4.3), layout="none")
    figure.subplots_adjust(left=0.08, right=0.98, bottom=0.14, top=0.9, wspace=0.32)
    data_axes.plot(x, y, "o", color=COLORS.blue, markersize=4, alpha=0.5)
    ends = np.array([x.min() - 0.3, x.max() + 0.3])
    (line,) = data_axes.plot([], [], color=COLORS.red, linewidth=3)
    low, high = float(np.min(y)), float(np.max(y))
    data_axes.set(xlim=ends, ylim=(min(low, 0) - 0.06 * (high - low), high + 0.06 * (high - low)))
    data_axes.set(xlabel=labels[0], ylabel=labels[1], title="the line")
    (loss_line,) = loss_axes.plot([], [], ".-", color=COLORS.red, linewidth=1.5, markersize=7)
    (here,) = loss_axes.plot([], [], "o", color=COLORS.black, markersize=9)
    top = 1.25 * mean_squared_error(np.zeros(len(y)), y)
    loss_axes.axhline(np.var(y), color=COLORS.grey, linestyle="--", label="always the mean")
    loss_axes.set(xlim=(-1, steps + 1), ylim=(0, top), xlabel="step", ylabel="mean squared error")
    loss_axes.set_title("its loss")
    loss_axes.legend(loc="upper right")

    def update(learning_rate: float, step: int) -> str:
        w, b, losses = np.zeros(1), 0.0, [mean_squared_error(np.zeros(len(y)), y)]
        for _ in range(step):
            dw, db = linear_regression_gradient(X, y, w, b)
            w = np.asarray(gradient_step(w, dw, learning_rate), float)
            b = float(gradient_step(b, db, learning_rate))
            losses.append(mean_squared_error(X @ w + b, y))
        line.set_data(ends, w[0] * ends + b)
        loss_line.set_data(np.arange(len(losses)), losses)
        here.set_data([step], losses[-1:])
        return (
            f"After {step} {'step' if step == 1 else 'steps'}: slope {w[0]:.4g}, "
            f"intercept {b:.4g}, mean squared error {losses[-1]:,.0f}."
        )

    return LiveFigure(
        figure,
        update,
        alt="Left, points with a line that starts flat at zero and moves to the points; right, its "
        "mean squared error at each step.",
        learning_rate=slider(0.005, 1.2, 0.05, "learning rate", log=True),
        step=player(0, steps, 6, "step", interval_ms=300),
    )


FRAMES = (0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233)  # fast at first, slow at the end


def boundary_player(
    train_logistic_regression: Training,
    X: np.ndarray,
    y: np.ndarray,
    feature_names: Sequence[str],
    class_names: Sequence[str],
    learning_rate: float = 0.5,
) -> LiveFigure:
    """A boundary that learns: probabilities behind the points, beside the loss at each step.

    Parameters
    ----------
    train_logistic_regression : trains the neuron, anew for each picture
    X, y : (n, 2) standardised features and (n,) labels
    feature_names, class_names : for the axes and the legend
    learning_rate : of the training

    Returns
    -------
    a live figure with the control `moment`
    """
    reach = 3.5
    figure, (plane_axes, loss_axes) = plt.subplots(1, 2, figsize=(9.2, 4.5), layout="none")
    figure.subplots_adjust(left=0.07, right=0.98, bottom=0.13, top=0.9, wspace=0.26)
    plane = PlaneMap(plane_axes, (-reach, -reach), (reach, reach), 101, 101, alpha=0.7)
    for label, marker, color in ((0, "o", COLORS.negative), (1, "^", COLORS.positive)):
        chosen = X[y == label]
        plane_axes.plot(
            *chosen.T, marker, color=color, markersize=4.5, markeredgecolor="white",
            markeredgewidth=0.4, label=class_names[label],
        )  # fmt: skip
    (boundary,) = plane_axes.plot([], [], color=COLORS.black)
    plane_axes.set(xlim=(-reach, reach), ylim=(-reach, reach), title="the boundary")
    plane_axes.set(xlabel=f"{feature_names[0]}, scaled", ylabel=f"{feature_names[1]}, scaled")
    plane_axes.legend(loc="upper right", markerscale=1.6)
    (loss_line,) = loss_axes.plot([], [], color=COLORS.red)
    (here,) = loss_axes.plot([], [], "o", color=COLORS.black, markersize=9)
    loss_axes.axhline(np.log(2), color=COLORS.grey, linestyle="--", label="a coin flip, log 2")
    loss_axes.set(xlim=(-4, FRAMES[-1] + 4), ylim=(0, 0.8))
    loss_axes.set(xlabel="step", ylabel="mean cross-entropy")
    loss_axes.set_title("its loss")
    loss_axes.legend(loc="lower left")
    majority = 100 * max(np.mean(y), 1 - np.mean(y))

    def update(moment: int) -> str:
        steps = FRAMES[moment]
        w, b, losses = train_logistic_regression(X, y, learning_rate, steps)
        w, b = np.asarray(w, float), float(b)
        plane.shade(sigmoid(plane.points @ w + b))
        if np.any(w):
            nearest = -b * w / (w @ w)  # the boundary's point nearest to the origin
            along = 20 * np.array([-w[1], w[0]]) / np.sqrt(w @ w)
            boundary.set_data(*np.transpose([nearest - along, nearest + along]))
        else:
            boundary.set_data([], [])
        loss_line.set_data(np.arange(len(losses)), losses)
        here.set_data([steps], [bce_with_logits(X @ w + b, y)])
        right = 100 * float(np.mean((X @ w + b >= 0) == y))
        return (
            f"After {steps} {'step' if steps == 1 else 'steps'}: w = ({w[0]:.2f}, {w[1]:.2f}), "
            f"b = {b:.2f}. The loss is {bce_with_logits(X @ w + b, y):.3f}. Right: {right:.1f} % "
            f"(always {class_names[int(np.mean(y) > 0.5)]}: {majority:.1f} %)."
        )

    return LiveFigure(
        figure,
        update,
        alt="Left, points of two classes over the probabilities of a neuron and its boundary, "
        "which turns into place as it trains; right, its loss, which falls from log 2.",
        moment=player(0, len(FRAMES) - 1, 4, "moment", interval_ms=600),
    )


def draw_pulls(
    names: Sequence[str], dw: np.ndarray, most: int = 12, title: str = "the first step"
) -> None:
    """Draw which way a step would move each weight: the negative gradient, the largest first.

    Parameters
    ----------
    names : of the features
    dw : (m,) gradient of the loss for the weights
    most : how many to draw
    title : short text above
    """
    dw = np.asarray(dw, float)
    chosen = np.argsort(-np.abs(dw))[:most][::-1]
    _, axes = plt.subplots(figsize=(7, 0.36 * len(chosen) + 1.2))
    colors = [COLORS.positive if dw[j] < 0 else COLORS.negative for j in chosen]
    axes.barh([names[j] for j in chosen], -dw[chosen], color=colors)
    axes.axvline(0, color=COLORS.grey, linewidth=1)
    axes.set(xlabel="push on the weight: minus its slope", title=title)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.grid(axis="y", visible=False)


__all__ = [
    "boundary_player",
    "descent_explorer",
    "direction_explorer",
    "draw_gradients",
    "draw_landscapes",
    "draw_map",
    "draw_path",
    "draw_pulls",
    "line_player",
    "random_starts",
]
