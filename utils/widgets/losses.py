"""Pictures of lesson 04: errors as squares, the shape trap, loss surfaces, and slopes of losses."""

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from utils.figures import COLORS
from utils.live import Control, LiveFigure, Pointer, choice, slider

Loss = Callable[[np.ndarray, np.ndarray], float]
Gradient = Callable[[np.ndarray, np.ndarray], np.ndarray]
Elementwise = Callable[[np.ndarray], np.ndarray]
LossSurface = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]

# one grid for all surfaces: more columns than rows, so that an exchange of the two is noticed
W0_VALUES, W1_VALUES = 41, 37
CLASSES = ("cat", "dog", "bird")


# --------------------------------------------------------- the loss of a line through points


def points_explorer(mean_squared_error: Loss, x: np.ndarray, y: np.ndarray) -> LiveFigure:
    """A line through points: each error as a square, each square as a bar, their mean dashed.

    Parameters
    ----------
    mean_squared_error : the loss, of one point as of all
    x, y : (n,) points, x from -4 to 4 and y from 0 to 6

    Returns
    -------
    a live figure with the controls `w0` and `w1`
    """
    figure, (line_axes, bar_axes) = plt.subplots(
        1, 2, figsize=(9, 4.4), width_ratios=(1, 1), layout="none"
    )
    figure.subplots_adjust(left=0.08, right=0.98, bottom=0.15, top=0.88, wspace=0.26)
    squares = [
        line_axes.add_patch(
            Rectangle((0, 0), 0, 0, facecolor=COLORS.orange, edgecolor=COLORS.red, alpha=0.3)
        )
        for _ in x
    ]
    (line,) = line_axes.plot([], [], color=COLORS.blue)
    line_axes.plot(x, y, "o", color=COLORS.black, markersize=8, zorder=4)
    line_axes.set(xlim=(-4.5, 4.5), ylim=(-1, 7), aspect="equal", title="each error, squared")
    line_axes.set(xlabel="x: degrees warmer than usual", ylabel="y: cones sold, in hundreds")
    numbers = np.arange(1, len(x) + 1)
    bars = bar_axes.bar(numbers, np.zeros(len(x)), color=COLORS.orange, alpha=0.55)
    mean_line = bar_axes.axhline(0, color=COLORS.red, linestyle="--")
    bar_axes.set(xlim=(0.4, len(x) + 0.6), xticks=numbers, xlabel="day")
    bar_axes.set(ylabel="squared error")

    def update(w0: float, w1: float) -> str:
        y_hat = w0 + w1 * x
        costs = [float(mean_squared_error(y_hat[i : i + 1], y[i : i + 1])) for i in range(len(x))]
        loss = float(mean_squared_error(y_hat, y))
        for square, place, truth, error in zip(squares, x, y, y_hat - y, strict=True):
            side = abs(error)
            # a square hangs from its point on the left or the right: fewer of them overlap
            left = place if error > 0 else place - side
            square.set_bounds(left, min(truth, truth + error), side, side)
        ends = np.array([-4.5, 4.5])
        line.set_data(ends, w0 + w1 * ends)
        for bar, cost in zip(bars, costs, strict=True):
            bar.set_height(cost)
        bar_axes.set_ylim(0, 1.15 * max(*costs, loss, 1.0))
        mean_line.set_ydata([loss, loss])
        bar_axes.set_title(f"dashed: their mean, the loss: {loss:.2f}")
        listed = ", ".join(f"{cost:.2f}" for cost in costs)
        return f"The squared errors are {listed}. Your mean_squared_error says {loss:.4f}."

    return LiveFigure(
        figure,
        update,
        alt="Left, points and a line, with each error drawn as a square; right, the squares' areas "
        "as bars and their mean, the loss, as a dashed line. Sliders move the line.",
        w0=slider(0.0, 6.0, 2.0, "$w_0$, the height", step=0.1),
        w1=slider(-2.0, 3.0, 0.0, "$w_1$, the slope", step=0.1),
    )


def surface_explorer(
    loss_surface: LossSurface,
    mean_squared_error: Loss,
    x: np.ndarray,
    y: np.ndarray,
    w0_range: tuple[float, float],
    w1_range: tuple[float, float],
    x_label: str,
    y_label: str,
) -> LiveFigure:
    """The loss over two weights, as a landscape and as a map, beside the line they stand for.

    Parameters
    ----------
    loss_surface : makes the landscape
    mean_squared_error : the loss at the chosen place
    x, y : (n,) points
    w0_range, w1_range : (low, high) of the two weights
    x_label, y_label : what the points' axes are called

    Returns
    -------
    a live figure with the controls `w0` and `w1`, which a drag on the map moves, too
    """
    w0_values = np.linspace(*w0_range, W0_VALUES)
    w1_values = np.linspace(*w1_range, W1_VALUES)
    figure = plt.figure(figsize=(10.2, 3.9), layout="none")
    hill_axes = figure.add_axes((0.0, 0.08, 0.32, 0.82), projection="3d")
    map_axes = figure.add_axes((0.39, 0.17, 0.245, 0.69))
    line_axes = figure.add_axes((0.735, 0.17, 0.25, 0.69))
    error: Exception | None = None
    try:
        surface = np.asarray(loss_surface(w0_values, w1_values, x, y), float)
        if surface.shape != (W1_VALUES, W0_VALUES):
            raise ValueError(
                f"loss_surface should return the shape {(W1_VALUES, W0_VALUES)} here, "
                f"a row for each w1 and a column for each w0, not {surface.shape}."
            )
    except Exception as caught:  # noqa: BLE001 (a learner's function; shown in the figure's place)
        error, surface = caught, np.zeros((W1_VALUES, W0_VALUES))
    else:
        _draw_landscape(hill_axes, map_axes, w0_values, w1_values, surface)
    # the ball is drawn over the landscape even where a slope hides its place
    (ball,) = hill_axes.plot(
        [], [], [], "o", color=COLORS.red, markersize=9, zorder=10, markeredgecolor="white"
    )
    hill_axes.set_title("height: the loss", y=0.99)
    (place,) = map_axes.plot(
        [], [], "o", color=COLORS.red, markersize=10, zorder=5, markeredgecolor="white"
    )
    map_axes.set(xlim=w0_range, ylim=w1_range, title="its map: drag here")
    map_axes.set(xlabel="$w_0$", ylabel="$w_1$")
    line_axes.plot(
        x, y, "o", color=COLORS.black, markersize=7 if len(x) < 50 else 2.5, alpha=0.8, zorder=1
    )
    (line,) = line_axes.plot([], [], color=COLORS.red, linewidth=3)
    margin = 0.08 * np.ptp(x)
    ends = np.array([x.min() - margin, x.max() + margin])
    room = 0.12 * np.ptp(y)
    line_axes.set(xlim=ends, ylim=(y.min() - room, y.max() + room), title="the line")
    line_axes.set(xlabel=x_label, ylabel=y_label)

    def update(w0: float, w1: float) -> str:
        if error is not None:
            raise error
        loss = float(mean_squared_error(w0 + w1 * x, y))
        ball.set_data_3d([w0], [w1], [loss])  # type: ignore[attr-defined]
        place.set_data([w0], [w1])
        line.set_data(ends, w0 + w1 * ends)
        row, column = np.unravel_index(np.argmin(surface), surface.shape)
        return (
            f"w0 = {w0:.2f} and w1 = {w1:.2f}: the loss is {loss:,.2f}. The lowest on this grid, "
            f"at the cross, is {surface[row, column]:,.2f}."
        )

    return LiveFigure(
        figure,
        update,
        alt="Left, the loss as a bowl over two weights; in the middle the same bowl as a map of "
        "contour lines; right, the line with these weights among the points. Sliders, or a drag on "
        "the map, move all.",
        pointer=Pointer(map_axes, x="w0", y="w1"),
        w0=_weight_slider(w0_range, "$w_0$, the height"),
        w1=_weight_slider(w1_range, "$w_1$, the slope"),
    )


def _weight_slider(bounds: tuple[float, float], label: str) -> Control:
    low, high = bounds
    # starts off the lowest place, a fifth of the way
    return slider(float(low), float(high), low + 0.2 * (high - low), label)


def ring_levels(surface: np.ndarray, rings: int = 11) -> np.ndarray:
    """Heights for contour lines that stand evenly apart on a bowl, which rises as a square."""
    low, high = float(np.min(surface)), float(np.max(surface))
    return low + (high - low) * np.linspace(0, 1, rings + 1)[1:] ** 2


def _draw_landscape(
    hill_axes: Axes,
    map_axes: Axes,
    w0_values: np.ndarray,
    w1_values: np.ndarray,
    surface: np.ndarray,
) -> None:
    W0, W1 = np.meshgrid(w0_values, w1_values)
    hill_axes.plot_surface(  # type: ignore[attr-defined]
        W0, W1, surface, cmap="cividis", alpha=0.85, rcount=18, ccount=20, linewidth=0.2
    )
    hill_axes.set(xlabel="$w_0$", ylabel="$w_1$")
    hill_axes.tick_params(labelsize=9, pad=0)
    hill_axes.tick_params(axis="z", pad=3)  # type: ignore[arg-type]
    hill_axes.locator_params(nbins=4)
    hill_axes.view_init(elev=32, azim=-58)  # type: ignore[attr-defined]
    hill_axes.set_box_aspect(None, zoom=0.85)  # type: ignore[call-arg]
    map_axes.imshow(
        surface,
        extent=(w0_values[0], w0_values[-1], w1_values[0], w1_values[-1]),
        origin="lower", aspect="auto", cmap="cividis", alpha=0.85, interpolation="bilinear",
    )  # fmt: skip
    if np.ptp(surface) > 0:
        map_axes.contour(
            w0_values, w1_values, surface, levels=ring_levels(surface), colors="white",
            linewidths=0.9,
        )  # fmt: skip
    row, column = np.unravel_index(np.argmin(surface), surface.shape)
    map_axes.plot(
        w0_values[column], w1_values[row], "x", color="white", markersize=11, markeredgewidth=2.5
    )
    map_axes.grid(False)


# --------------------------------------------------------------------------- the shape trap


def draw_shape_trap(y_hat: np.ndarray, y: np.ndarray) -> None:
    """Draw a column minus a row of numbers: the whole table that broadcasting makes of it.

    Parameters
    ----------
    y_hat : (n, 1) predictions, a column
    y : (n,) the true numbers
    """
    n = len(y)
    table = y_hat - y  # (n, n)
    _, axes = plt.subplots(figsize=(9, 3.9))
    start, top = 5.6, n  # where the table begins, and the height of its first row
    for row in range(n):
        _cell(axes, 0.6, top - row - 1, y_hat[row, 0], "#CCE3F0")
        for column in range(n):
            meant = row == column
            color = "#B9E3D3" if meant else "#F7DFCC"
            _cell(axes, start + column, top - row - 1, table[row, column], color, bold=meant)
    for column in range(n):
        _cell(axes, start + column, top + 0.5, y[column], "#E6E6E6")
    texts = (
        (1.1, top + 0.25, f"y_hat  ({n}, 1)", "center"),
        (start - 0.25, top + 1.0, f"y  ({n},)", "right"),
        (3.7, top / 2, "minus y,\nstretched down\nto every row", "center"),
        (start + n / 2, -0.4, f"y_hat - y  ({n}, {n})", "center"),
        (start + n + 0.4, top - 0.5, "green: what\nwas meant", "left"),
        (start + n + 0.4, 0.5, "orange: what\nno one wanted", "left"),
    )
    for left, height, text, side in texts:
        axes.text(left, height, text, ha=side, va="center", fontsize=12)
    axes.set(xlim=(0, start + n + 3.2), ylim=(-0.8, top + 1.7), aspect="equal")
    axes.axis("off")


def _cell(
    axes: Axes, left: float, low: float, value: float, color: str, bold: bool = False
) -> None:
    axes.add_patch(Rectangle((left, low), 1, 1, facecolor=color, edgecolor="white", linewidth=2))
    axes.text(
        left + 0.5, low + 0.5, f"{value:g}".replace("-", "−"), ha="center", va="center",
        fontsize=12, weight="bold" if bold else "normal",
    )  # fmt: skip


# ------------------------------------------------------------------ the loss of a probability


def one_prediction_explorer(mean_squared_error: Loss, binary_cross_entropy: Loss) -> LiveFigure:
    """What one probability costs, from right to confidently wrong, under two losses.

    Parameters
    ----------
    mean_squared_error, binary_cross_entropy : the losses, called with one example

    Returns
    -------
    a live figure with the controls `y_hat` and `y`
    """
    grid = np.linspace(0.001, 0.999, 250)
    figure, axes = plt.subplots(figsize=(7.4, 4.2))
    (cross_line,) = axes.plot([], [], color=COLORS.blue, label="binary cross-entropy")
    (square_line,) = axes.plot([], [], color=COLORS.orange, label="squared error")
    (cross_dot,) = axes.plot([], [], "o", color=COLORS.blue, markersize=11)
    (square_dot,) = axes.plot([], [], "o", color=COLORS.orange, markersize=11)
    upright = axes.axvline(0.5, color=COLORS.grey, linewidth=1, linestyle=":")
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.2, 7.2), ylabel="loss of this one prediction")
    axes.set_xlabel("predicted probability of label 1, y_hat")
    axes.legend(loc="upper center")
    curves: dict[int, tuple[list[float], list[float]]] = {}

    def loss_of(loss: Loss, y_hat: float, y: int) -> float:
        return float(loss(np.array([y_hat]), np.array([float(y)])))

    def update(y_hat: float, y: int) -> str:
        if y not in curves:
            curves[y] = (
                [loss_of(binary_cross_entropy, p, y) for p in grid],
                [loss_of(mean_squared_error, p, y) for p in grid],
            )
        cross_line.set_data(grid, curves[y][0])
        square_line.set_data(grid, curves[y][1])
        cross, square = (
            loss_of(loss, y_hat, y) for loss in (binary_cross_entropy, mean_squared_error)
        )
        cross_dot.set_data([y_hat], [cross])
        square_dot.set_data([y_hat], [square])
        upright.set_xdata([y_hat, y_hat])
        axes.set_title(f"the truth is {y}")
        given = y_hat if y == 1 else 1 - y_hat
        return (
            f"It gave the truth a probability of {given:.3f}. "
            f"Cross-entropy {cross:.3f}, squared error {square:.3f}."
        )

    return LiveFigure(
        figure,
        update,
        alt="Two losses of one prediction against its probability. Near the truth both are almost "
        "0. Towards the confident error the squared error stops at 1, the cross-entropy climbs.",
        y_hat=slider(0.001, 0.999, 0.9, "prediction y_hat", step=0.001),
        y=choice({"0": 0, "1": 1}, "1", "the truth y"),
    )


# --------------------------------------------------------------------- Play: slopes of losses


def slope_explorer(
    sigmoid: Elementwise,
    sigmoid_derivative: Elementwise,
    mean_squared_error: Loss,
    mse_gradient: Gradient,
    bce_with_logits: Loss,
    bce_with_logits_gradient: Gradient,
) -> LiveFigure:
    """Two losses of one logit over their slopes, with both tangents at the chosen logit.

    Parameters
    ----------
    sigmoid, sigmoid_derivative : from a logit to its probability, and how steeply
    mean_squared_error, mse_gradient : the squared error of the probability, and its slope
    bce_with_logits, bce_with_logits_gradient : the cross-entropy of the logit, and its slope

    Returns
    -------
    a live figure with the controls `z` and `y`
    """
    z_axis = np.linspace(-8, 8, 161)
    figure, (height_axes, slope_axes) = plt.subplots(
        2, 1, figsize=(7.4, 5.8), sharex=True, height_ratios=(3, 2), layout="none"
    )
    figure.subplots_adjust(left=0.12, right=0.97, bottom=0.1, top=0.93, hspace=0.1)
    lines, dots, tangents, slope_lines, slope_dots = [], [], [], [], []
    for name, color in (("cross-entropy", COLORS.blue), ("squared error", COLORS.orange)):
        lines += height_axes.plot([], [], color=color, label=name)
        tangents += height_axes.plot([], [], color=color, linewidth=5, alpha=0.4)
        dots += height_axes.plot([], [], "o", color=color, markersize=10)
        slope_lines += slope_axes.plot([], [], color=color)
        slope_dots += slope_axes.plot([], [], "o", color=color, markersize=10)
    height_axes.legend(loc="upper center")
    height_axes.set(xlim=(-8, 8), ylim=(-0.6, 8.6), ylabel="loss")
    slope_axes.axhline(0, color=COLORS.grey, linewidth=1)
    slope_axes.set(ylim=(-1.15, 1.15), xlabel="logit z", ylabel="slope of the loss")

    def losses(z: float, y: int) -> list[tuple[float, float]]:
        """(loss, slope) of the cross-entropy, then of the squared error, at one logit."""
        logit, truth = np.array([z]), np.array([float(y)])
        y_hat = np.asarray(sigmoid(logit), float)
        # the chain rule: how the loss moves with y_hat, times how y_hat moves with z
        square_slope = np.asarray(mse_gradient(y_hat, truth)) * sigmoid_derivative(logit)
        cross_slope = np.asarray(bce_with_logits_gradient(logit, truth))
        return [
            (float(bce_with_logits(logit, truth)), float(cross_slope.ravel()[0])),
            (float(mean_squared_error(y_hat, truth)), float(square_slope.ravel()[0])),
        ]

    curves: dict[int, np.ndarray] = {}

    def update(z: float, y: int) -> str:
        if y not in curves:
            curves[y] = np.array([losses(place, y) for place in z_axis])  # (161, 2, 2)
        now = losses(z, y)
        for which, (height, slope) in enumerate(now):
            lines[which].set_data(z_axis, curves[y][:, which, 0])
            slope_lines[which].set_data(z_axis, curves[y][:, which, 1])
            dots[which].set_data([z], [height])
            slope_dots[which].set_data([z], [slope])
            tangents[which].set_data(
                [z - 1.5, z + 1.5], [height - 1.5 * slope, height + 1.5 * slope]
            )
        height_axes.set_title(f"the truth is {y}: two losses and, below, their slopes")
        (_, cross_slope), (_, square_slope) = now
        y_hat = float(np.asarray(sigmoid(np.array([z])))[0])
        sentence = (
            f"At z = {z:.1f} the prediction is {y_hat:.4f} and the truth {y}. Slope of the "
            f"cross-entropy {cross_slope:.4f}, of the squared error {square_slope:.4f}"
        )
        if square_slope == 0:
            return f"{sentence}."
        return f"{sentence}: {abs(cross_slope / square_slope):,.1f} times as steep."

    return LiveFigure(
        figure,
        update,
        alt="Above, cross-entropy and squared error against the logit, with tangents; below, their "
        "slopes. At a confident error the cross-entropy stays steep and the squared error is flat.",
        z=slider(-8.0, 8.0, -4.0, "logit z", step=0.1),
        y=choice({"0": 0, "1": 1}, "1", "the truth y"),
    )


# ------------------------------------------------------------------------ one of k classes


def classes_explorer(softmax: Elementwise, cross_entropy: Loss) -> LiveFigure:
    """Three scores, the shares that softmax makes of them, and what the true class's share costs.

    Parameters
    ----------
    softmax : (1, 3) logits -> (1, 3) shares
    cross_entropy : (1, 3) logits and (1,) label -> the loss

    Returns
    -------
    a live figure with the controls `cat`, `dog`, `bird` and `truth`
    """
    figure, (share_axes, cost_axes) = plt.subplots(1, 2, figsize=(8.6, 3.9), layout="none")
    figure.subplots_adjust(left=0.09, right=0.98, bottom=0.16, top=0.88, wspace=0.28)
    bars = share_axes.bar(CLASSES, np.zeros(3), color=COLORS.sky)
    labels = [share_axes.text(i, 0, "", ha="center", va="bottom") for i in range(3)]
    share_axes.set(ylim=(0, 1.12), ylabel="share (softmax)", title="green: the true class")
    share = np.geomspace(1e-5, 1, 400)
    cost_axes.plot(share, -np.log(share), color=COLORS.grey, label="-log(share)")
    (dot,) = cost_axes.plot([], [], "o", color=COLORS.green, markersize=11, label="cross_entropy")
    cost_axes.set(xlim=(-0.02, 1.02), ylim=(-0.25, 11), title="what it costs")
    cost_axes.set(xlabel="share of the true class", ylabel="loss")
    cost_axes.legend(loc="upper right")

    def update(cat: float, dog: float, bird: float, truth: int) -> str:
        logits = np.array([[cat, dog, bird]])
        shares = np.asarray(softmax(logits))[0]
        loss = float(cross_entropy(logits, np.array([truth])))
        for index, (bar, label, height) in enumerate(zip(bars, labels, shares, strict=True)):
            bar.set(height=height, color=COLORS.green if index == truth else COLORS.sky)
            label.set(text=f"{height:.3f}", y=height)
        dot.set_data([shares[truth]], [loss])
        return (
            f"The {CLASSES[truth]} has a share of {shares[truth]:.3f}, and your cross_entropy "
            f"says {loss:.3f}. Three equal scores would cost log 3 = {np.log(3):.3f}."
        )

    return LiveFigure(
        figure,
        update,
        alt="Left, the shares of three classes as bars, the true one green; right, the curve of "
        "minus log of the true class's share, with a dot at the present loss.",
        cat=slider(-5.0, 5.0, 2.0, "score of cat", step=0.1),
        dog=slider(-5.0, 5.0, 1.0, "score of dog", step=0.1),
        bird=slider(-5.0, 5.0, -1.0, "score of bird", step=0.1),
        truth=choice({name: index for index, name in enumerate(CLASSES)}, "cat", "the truth"),
    )
