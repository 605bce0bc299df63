"""Diagrams and live figures of lesson 01, the perceptron.

They draw what the learner's own functions say, so these come in as arguments. The `draw_…`
functions leave an open figure for `show`; the others return a `LiveFigure`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle

from utils.figures import COLORS
from utils.live import Drag, LiveFigure, Pointer, player, slider

WeightedSum = Callable[[np.ndarray, np.ndarray, float], float]
Step = Callable[..., np.ndarray]
Predict = Callable[[np.ndarray, np.ndarray, float], np.ndarray]
BoundaryLine = Callable[[np.ndarray, float], tuple[float, float]]
Update = Callable[[np.ndarray, float, np.ndarray, float, float], tuple[np.ndarray, float]]

# points a side of the grid on which a plane is coloured
STATIC_POINTS = 201
LIVE_POINTS = 61  # fewer: a learner's loop over the rows must still redraw within 100 ms
ARROW_SCALE = 0.35  # of the arrow along the weights
ARROW_GRIP = 0.35  # a press this near to its tip takes hold of it
MARKERS = ("o", "^")  # class 0, class 1: told apart by shape as well as by colour


def number(value: float) -> str:
    """Write a number as on a blackboard: at most two decimals, and a true minus sign.

    >>> number(3.0), number(-0.5), number(1 / 3), number(-0.0)
    ('3', '−0.5', '0.33', '0')
    """
    text = f"{round(float(value), 2) + 0.0:.2f}".rstrip("0").rstrip(".")
    return text.replace("-", "−")


def signed(value: float) -> str:
    """Write a term of a sum with its sign in front.

    >>> signed(0.5), signed(-2)
    ('+ 0.5', '− 2')
    """
    return f"{'−' if round(float(value), 2) < 0 else '+'} {number(abs(value))}"


def plural(count: int, singular: str, plural_form: str) -> str:
    """Write a count with its noun.

    >>> plural(1, "day", "days"), plural(3, "day", "days")
    ('1 day', '3 days')
    """
    return f"{count} {singular if count == 1 else plural_form}"


# ------------------------------------------------------------------- one neuron, drawn


def draw_neuron(
    x: np.ndarray | None = None,
    w: np.ndarray | None = None,
    b: float | None = None,
    weighted_sum: WeightedSum | None = None,
    step: Step | None = None,
) -> Figure:
    """Draw one neuron with two inputs, as symbols or with numbers flowing through it.

    Parameters
    ----------
    x, w, b : (2,) inputs, (2,) weights and the bias; symbols are drawn without them
    weighted_sum : the function that finds z; without it the sum stays open
    step : the function that decides; without it the output stays open
    """
    figure, axes = plt.subplots(figsize=(8.4, 3.7))
    if x is None or w is None or b is None:
        parts = _NeuronText(("$x_1$", "$x_2$"), ("$w_1$", "$w_2$"), "$b$", "$z$", r"$\hat{y}$")
        signs = (0.0, 0.0)
    else:
        z = None if weighted_sum is None else float(weighted_sum(x, w, b))
        y_hat = None if z is None or step is None else float(step(z))
        parts = _NeuronText(
            (number(x[0]), number(x[1])),
            (f"× {number(w[0])}", f"× {number(w[1])}"),
            signed(b),
            "?" if z is None else number(z),
            "?" if y_hat is None else number(y_hat),
        )
        signs = (float(w[0]), float(w[1]))
    _draw_neuron(axes, parts, signs)
    return figure


@dataclass(frozen=True)
class _NeuronText:
    inputs: tuple[str, str]
    weights: tuple[str, str]
    bias: str
    total: str
    output: str


def _draw_neuron(axes: Axes, parts: _NeuronText, signs: Sequence[float]) -> None:
    """Lay a neuron out from left to right, in an axes of 11 by 4.6 units."""
    axes.set(xlim=(0, 11), ylim=(-0.1, 4.7), aspect="equal")
    axes.axis("off")
    titles = {"inputs": 1.0, "weights": 3.0, "sum": 5.2, "nonlinearity": 7.5, "output": 10.0}
    for title, place in titles.items():
        axes.text(place, 4.45, title, ha="center", color=COLORS.grey, fontsize=12)

    total_at = (5.2, 2.2)
    at: tuple[float, float]
    for row, (text, weight, sign) in enumerate(
        zip(parts.inputs, parts.weights, signs, strict=True)
    ):
        at = (1.0, 3.3 - 2.2 * row)
        color = COLORS.grey if sign == 0 else COLORS.positive if sign > 0 else COLORS.negative
        _node(axes, at, text, COLORS.black)
        _arrow(axes, at, total_at, color, 0.55, 0.75, width=2.6)
        middle = (3.0, at[1] + (total_at[1] - at[1]) * 0.48)
        axes.text(
            *middle,
            weight,
            ha="center",
            va="center",
            fontsize=14,
            color=color if sign else COLORS.black,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 2.5},
        )
    _node(axes, total_at, r"$\Sigma$", COLORS.black, radius=0.72, size=22)
    axes.text(5.2, 0.1, f"bias {parts.bias}", ha="center", va="center", fontsize=14)
    _arrow(axes, (5.2, 0.1), total_at, COLORS.grey, 0.3, 0.75, width=2.6)

    step_box = FancyBboxPatch(
        (6.85, 1.55), 1.3, 1.3, boxstyle="round,pad=0.04", facecolor="white", edgecolor=COLORS.black
    )
    axes.add_patch(step_box)
    axes.plot([7.0, 7.5, 7.5, 8.0], [1.8, 1.8, 2.6, 2.6], color=COLORS.black, linewidth=2.2)
    _arrow(axes, total_at, (7.5, 2.2), COLORS.black, 0.75, 0.72, width=2.6)
    axes.text(6.35, 2.45, parts.total, ha="center", va="bottom", fontsize=14)
    _node(axes, (10, 2.2), parts.output, COLORS.black, radius=0.62, size=17)
    _arrow(axes, (7.5, 2.2), (10, 2.2), COLORS.black, 0.72, 0.66, width=2.6)


def _node(
    axes: Axes,
    at: tuple[float, float],
    text: str,
    color: str,
    radius: float = 0.55,
    size: float = 15,
) -> None:
    axes.add_patch(Circle(at, radius, facecolor="white", edgecolor=color, linewidth=1.6, zorder=3))
    axes.text(*at, text, ha="center", va="center", fontsize=size, zorder=4)


def _arrow(
    axes: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    color: str,
    gap_start: float,
    gap_end: float,
    width: float,
) -> None:
    """Draw an arrow between two nodes, leaving out the nodes' own radius at either end."""
    start_at, end_at = np.array(start), np.array(end)
    along = (end_at - start_at) / np.hypot(*(end_at - start_at))
    axes.add_patch(
        FancyArrowPatch(
            tuple(start_at + gap_start * along),
            tuple(end_at - gap_end * along),
            arrowstyle="-|>",
            mutation_scale=16,
            shrinkA=0,
            shrinkB=0,
            color=color,
            linewidth=width,
        )
    )


def draw_matches(template: np.ndarray, images: dict[str, np.ndarray], scores: list[float]) -> None:
    """Draw a neuron's weights as a picture, and under some images how well each matches.

    Parameters
    ----------
    template : (h, w) the weights, laid out as a picture
    images : name → (h, w) an image of zeros and ones
    scores : the neuron's weighted sum for each image
    """
    figure, all_axes = plt.subplots(
        1, len(images) + 1, figsize=(8.4, 2.6), gridspec_kw={"wspace": 0.15}
    )
    limit = float(np.max(np.abs(template)))
    all_axes[0].imshow(template, cmap=COLORS.diverging_cmap, vmin=-limit, vmax=limit)
    all_axes[0].set_title("weights", fontsize=12)
    all_axes[0].set_xlabel("orange +1, blue −1", fontsize=11)
    for axes, (name, image), score in zip(all_axes[1:], images.items(), scores, strict=True):
        axes.imshow(image, cmap=COLORS.image_cmap, vmin=0, vmax=1.4)
        axes.set_title(name, fontsize=12)
        axes.set_xlabel(f"z = {number(score)}", fontsize=12, fontweight="bold")
    for axes in all_axes:
        rows, columns = template.shape
        axes.set_xticks(np.arange(columns + 1) - 0.5, labels=[])
        axes.set_yticks(np.arange(rows + 1) - 0.5, labels=[])
        axes.tick_params(length=0)
        axes.grid(color="#BBBBBB", linewidth=0.8)
        axes.set_axisbelow(False)
        axes.spines[:].set_visible(False)
    figure.set_layout_engine("constrained")


def draw_batch(n: int, m: int) -> None:
    """Draw `X @ w + b` as blocks: n examples of m inputs, sizes that match in one colour."""
    _, axes = plt.subplots(figsize=(8.4, 3.2))
    axes.set(xlim=(0, 16.4), ylim=(-1.3, n + 1.0), aspect="equal")
    axes.axis("off")
    top = float(n)

    def block(left: float, rows: int, columns: int, marked_row: int | None = None) -> None:
        bottom = (top - rows) / 2
        for row in range(rows):
            for column in range(columns):
                marked = marked_row is not None and row == marked_row
                axes.add_patch(
                    Rectangle(
                        (left + column, bottom + rows - 1 - row),
                        1,
                        1,
                        facecolor="#F6E3B4" if marked else "white",
                        edgecolor=COLORS.grey,
                        linewidth=1,
                    )
                )

    def size(at: tuple[float, float], text: str, color: str) -> None:
        axes.text(*at, text, ha="center", va="center", fontsize=14, color=color, weight="bold")

    def name(at: float, text: str) -> None:
        axes.text(at, -0.85, text, ha="center", va="center", fontsize=13)

    middle = top / 2
    block(1.6, n, m, marked_row=1)
    size((1.1, middle), "n", COLORS.blue)
    size((1.6 + m / 2, top + 0.45), "m", COLORS.red)
    name(1.6 + m / 2, "X: a row is an example")
    axes.text(2.8 + m, middle, "@", ha="center", va="center", fontsize=18)
    block(4.6 + m, m, 1)
    size((4.1 + m, middle), "m", COLORS.red)
    name(5.1 + m, "w")
    axes.text(7.6 + m, middle, "+  b  =", ha="center", va="center", fontsize=18)
    block(9.7 + m, n, 1, marked_row=1)
    size((11.2 + m, middle), "n", COLORS.blue)
    name(10.2 + m, "z: a sum\nfor each row")


# --------------------------------------------------------------------- planes and points


def draw_examples(
    axes: Axes, X: np.ndarray, y: np.ndarray, names: Sequence[str], size: float = 55.0
) -> None:
    """Draw labelled points: circles for class 0, triangles for class 1.

    Parameters
    ----------
    axes : where to draw
    X : (n, 2) the points
    y : (n,) their labels, 0 or 1
    names : what to call class 0 and class 1 in the legend
    size : area of a circle, in square points
    """
    for label, marker, color in zip(
        (0, 1), MARKERS, (COLORS.negative, COLORS.positive), strict=True
    ):
        x1, x2 = X[np.asarray(y) == label].T
        axes.scatter(
            x1,
            x2,
            marker=marker,
            s=size * (1 + 0.3 * label),  # a triangle looks smaller than a circle of its size
            color=color,
            edgecolors="white",
            linewidths=0.7,
            label=names[label],
            zorder=3,
        )


def draw_decisions(
    axes: Axes,
    perceptron_predict: Predict,
    w: np.ndarray,
    b: float,
    limit: float,
    points: int = STATIC_POINTS,
) -> AxesImage:
    """Colour a square of the plane by what the neuron says: blue for 0, orange for 1.

    Parameters
    ----------
    axes : where to draw
    perceptron_predict : decides about a batch of points
    w, b : the neuron's (2,) weights and its bias
    limit : the square reaches from -limit to limit
    points : how many points a side of the square has
    """
    image = axes.imshow(
        _decisions(perceptron_predict, w, b, limit, points),
        extent=(-limit, limit, -limit, limit),
        origin="lower",
        cmap=COLORS.regions_cmap,
        interpolation="bilinear",  # between the points of the grid: no stairs along the boundary
        vmin=0,
        vmax=1,
        aspect="equal",
        zorder=0,
    )
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit))
    axes.grid(visible=False)
    return image


def _decisions(
    perceptron_predict: Predict, w: np.ndarray, b: float, limit: float, points: int = LIVE_POINTS
) -> np.ndarray:
    """What the neuron says at each point of a grid over the square."""
    along = np.linspace(-limit, limit, points)
    x1, x2 = np.meshgrid(along, along)
    X = np.column_stack([x1.ravel(), x2.ravel()])
    return np.asarray(perceptron_predict(X, w, b), float).reshape(x1.shape)


def _square_beside_a_legend() -> tuple[Figure, Axes]:
    """A figure 7.2 by 4.7 inches: a square of 4 inches at the left, room for a legend beside it."""
    figure = plt.figure(figsize=(7.2, 4.7), layout="none")
    return figure, figure.add_axes((0.75 / 7.2, 0.6 / 4.7, 4.0 / 7.2, 4.0 / 4.7))


def _line_points(
    boundary_line: BoundaryLine, w: np.ndarray, b: float, limit: float
) -> tuple[np.ndarray, np.ndarray]:
    """Two points of a neuron's boundary; none where both weights are zero."""
    ends = np.array([-limit, limit])
    if w[1] != 0:
        slope, intercept = boundary_line(w, b)
        return ends, slope * ends + intercept
    if w[0] != 0:  # a line straight up has no slope
        return np.full(2, -b / w[0]), ends
    return np.empty(0), np.empty(0)


def _own_boundary_line(w: np.ndarray, b: float) -> tuple[float, float]:
    """The boundary for figures that come before the learner has written `boundary_line`."""
    return -w[0] / w[1], -b / w[1]


def neuron_explorer(
    perceptron_predict: Predict,
    boundary_line: BoundaryLine,
    X: np.ndarray | None = None,
    y: np.ndarray | None = None,
) -> LiveFigure:
    """Show a neuron whose weights and bias are sliders over its decision boundary.

    Parameters
    ----------
    perceptron_predict : colours the plane
    boundary_line : draws the line
    X, y : (n, 2) points in [-3, 3] with their (n,) labels, drawn and counted when given

    Returns
    -------
    a live figure with the controls `w1`, `w2` and `b`; a drag of the arrow's tip turns the weights
    and with them the line, a press elsewhere moves the line there
    """
    limit, largest, step = 3.0, 6.0, 0.5
    start = (1.0, 1.0, 0.0)
    figure, axes = _square_beside_a_legend()
    image = draw_decisions(axes, _nothing_yet, np.zeros(2), 0.0, limit, LIVE_POINTS)
    (line,) = axes.plot([], [], color=COLORS.black, label="boundary")
    arrow = axes.quiver(
        [0], [0], [1], [1], angles="xy", scale_units="xy", scale=1, width=0.008,
        color=COLORS.purple, zorder=4,
    )  # fmt: skip
    if X is not None and y is not None:
        draw_examples(axes, X, y, ("stay dry (0)", "water (1)"))
        (wrong_marks,) = axes.plot(
            [], [], "o", markersize=14, markerfacecolor="none", markeredgecolor=COLORS.black,
            markeredgewidth=1.6, label="wrong", zorder=2,
        )  # fmt: skip
    (tip,) = axes.plot([], [], "o", color=COLORS.purple, markersize=7, zorder=4)
    axes.plot([], [], color=COLORS.purple, linewidth=3, label="direction of w")
    axes.set(xlabel="sun $x_1$ (0 is usual)", ylabel="rain $x_2$ (0 is usual)")
    figure.legend(loc="upper left", bbox_to_anchor=(0.68, 0.96))

    def update(w1: float, w2: float, b: float) -> str:
        w = np.array([w1, w2])
        image.set_data(_decisions(perceptron_predict, w, b, limit))
        line.set_data(*_line_points(boundary_line, w, b, limit))
        arrow.set_visible(bool(w.any()))
        tip.set_visible(bool(w.any()))
        if w.any():
            foot, head = _arrow_of_weights(w, b)
            arrow.set_offsets([foot])
            arrow.set_UVC(*(head - foot)[:, np.newaxis])
            tip.set_data([head[0]], [head[1]])
        sentence = f"z = {number(w1)} x₁ {signed(w2)} x₂ {signed(b)}. "
        sentence += _describe_boundary(w, b)
        if X is not None and y is not None:
            wrong = np.asarray(perceptron_predict(X, w, b)) != y
            wrong_marks.set_data(X[wrong, 0], X[wrong, 1])
            count = int(np.sum(wrong))
            sentence += (
                f" It is wrong on {count} of {len(y)} days."
                if count
                else f" It is right on all {len(y)} days!"
            )
        return sentence

    def follow(drag: Drag) -> dict[str, float]:
        w, b = np.array([drag.values["w1"], drag.values["w2"]]), drag.values["b"]
        pressed, here = np.array(drag.start), np.array(drag.place)
        foot, head = _arrow_of_weights(w, b) if w.any() else (pressed, pressed)
        if np.hypot(*(pressed - head)) > ARROW_GRIP:
            return {"b": float(-w @ here)}  # the line that runs through this place, no other slope
        w = np.clip(np.round((here - foot) / ARROW_SCALE / step) * step, -largest, largest)
        return {"w1": float(w[0]), "w2": float(w[1]), "b": float(-w @ foot)}

    return LiveFigure(
        figure,
        update,
        alt="A plane coloured by what a neuron says, with the straight boundary between its 0s "
        "and its 1s; sliders for the two weights and the bias, or a drag in the picture, move it.",
        pointer=Pointer(axes, move=follow),
        w1=slider(-largest, largest, start[0], "weight $w_1$", step=step),
        w2=slider(-largest, largest, start[1], "weight $w_2$", step=step),
        b=slider(-largest, largest, start[2], "bias $b$", step=step),
    )


def _arrow_of_weights(w: np.ndarray, b: float) -> tuple[np.ndarray, np.ndarray]:
    """Foot and head of the arrow along the weights; the foot is the boundary's middle.

    The middle is the boundary's nearest point to the origin; some weight is not 0.
    """
    foot = -b * w / (w @ w)
    return foot, foot + ARROW_SCALE * w


def _nothing_yet(X: np.ndarray, w: np.ndarray, b: float) -> np.ndarray:
    """Stands in for a learner's function until the first update calls it."""
    return np.zeros(len(X))


def _describe_boundary(w: np.ndarray, b: float) -> str:
    if w[1] != 0:
        slope, intercept = _own_boundary_line(w, b)
        return f"Boundary: x₂ = {number(slope)} x₁ {signed(intercept)}."
    if w[0] != 0:
        return f"Boundary: x₁ = {number(-b / w[0])}, straight up, with no slope."
    return f"No boundary: with zero weights z is {number(b)} everywhere."


# ------------------------------------------------------------------------------ the bias


def bias_explorer(weighted_sum: WeightedSum, step: Step) -> LiveFigure:
    """Show what the bias buys, in three views that one slider moves.

    Parameters
    ----------
    weighted_sum, step : the parts of the neuron with weights (3, -2)
    """
    w, limit = np.array([3.0, -2.0]), 3.0
    example = np.array([-1.0, 2.0])
    figure, (sum_axes, zero_axes, plane_axes) = plt.subplots(
        1, 3, figsize=(9.6, 3.6), gridspec_kw={"width_ratios": [1.05, 1, 1.05]}
    )

    # one more input, always 1
    sum_axes.set_title("one more input,\nalways 1", fontsize=12)
    sum_axes.set(xlim=(0, 6), ylim=(-0.4, 4.4))
    sum_axes.axis("off")
    rows = [("input", "weight", "product")]
    rows += [(number(x), number(v), number(x * v)) for x, v in zip(example, w, strict=True)]
    rows += [("1", "", "")]
    cells = [
        [
            sum_axes.text(
                (0.9, 3.0, 5.1)[column],
                3.9 - 0.85 * row,
                text,
                ha="center",
                va="center",
                fontsize=12,
                color=COLORS.grey if row == 0 else COLORS.black,
            )
            for column, text in enumerate(texts)
        ]
        for row, texts in enumerate(rows)
    ]
    for cell in cells[-1]:
        cell.set(color=COLORS.purple, weight="bold")
    sum_axes.plot([0.2, 5.8], [0.85, 0.85], color=COLORS.grey, linewidth=1)
    total_text = sum_axes.text(5.6, 0.35, "", ha="right", va="center", fontsize=13)

    # what is said when all inputs are zero
    zero_axes.set_title("an answer when\nall inputs are 0", fontsize=12)
    zero_axes.plot([-6, 0, 0, 6], [0, 0, 1, 1], color=COLORS.black)
    (zero_point,) = zero_axes.plot([], [], "o", color=COLORS.purple, markersize=11)
    zero_axes.set(xlim=(-6, 6), ylim=(-0.2, 1.2), yticks=[0, 1])
    zero_axes.set(xlabel="z", ylabel="output", xticks=[-5, 0, 5])

    # a boundary that need not pass the origin
    plane_axes.set_title("a boundary\noff the origin", fontsize=12)
    (line,) = plane_axes.plot([], [], color=COLORS.purple, label="b")
    plane_axes.plot(
        [-limit, limit], [-1.5 * limit, 1.5 * limit], "--", color=COLORS.grey, lw=1.4, label="b = 0"
    )
    plane_axes.plot([0], [0], "+", color=COLORS.black, markersize=14, markeredgewidth=2)
    legend = plane_axes.legend(loc="lower right", fontsize=11)
    plane_axes.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
    plane_axes.set(xlabel="$x_1$", ylabel="$x_2$", xticks=[-2, 0, 2], yticks=[-2, 0, 2])

    def update(b: float) -> str:
        cells[-1][1].set_text(number(b))
        cells[-1][2].set_text(number(b))
        total_text.set_text(f"z = {number(weighted_sum(example, w, b))}")
        z_at_zero = float(weighted_sum(np.zeros(2), w, b))
        says = float(step(z_at_zero))
        zero_point.set_data([z_at_zero], [says])
        line.set_data(*_line_points(_own_boundary_line, w, b, limit))
        legend.get_texts()[0].set_text(f"b = {number(b)}")
        place = "passes through the origin" if b == 0 else "has left the origin"
        return (
            f"With b = {number(b)}, inputs of zero give z = {number(z_at_zero)}, so the neuron "
            f"says {number(says)}. The boundary {place}."
        )

    return LiveFigure(
        figure,
        update,
        alt="Three views of a bias: as the weight of an input that is always 1; as the sum when "
        "all inputs are zero; and as a shift of the boundary away from the origin.",
        b=slider(-5.0, 5.0, 1.0, "bias $b$", step=0.5),
    )


# ------------------------------------------------------------------------- the learning


@dataclass(frozen=True)
class _Moment:
    """The neuron at one moment of its training: before or after it mends a mistake."""

    w: np.ndarray
    b: float
    example: int | None  # the row that is met, None at the start and at the end
    mended: bool
    epoch: int


def rule_stepper(
    perceptron_predict: Predict,
    perceptron_update: Update,
    X: np.ndarray,
    y: np.ndarray,
    most_mistakes: int = 25,
) -> LiveFigure:
    """Follow Rosenblatt's rule from mistake to mistake.

    Parameters
    ----------
    perceptron_predict : tells whether an example is wrong, and colours the plane
    perceptron_update : takes the steps, with learning rate 1
    X, y : (n, 2) points in [-3, 3] with their (n,) labels
    most_mistakes : where to stop if the rule does not settle
    """
    limit = 3.0
    moments: list[_Moment] = []
    error: Exception | None = None
    try:
        moments = _follow_rule(perceptron_predict, perceptron_update, X, y, most_mistakes)
    except Exception as caught:  # noqa: BLE001 (a learner's function; shown in the figure's place)
        error = caught

    figure, axes = _square_beside_a_legend()
    image = draw_decisions(axes, _nothing_yet, np.zeros(2), 0.0, limit, LIVE_POINTS)
    (line,) = axes.plot([], [], color=COLORS.black, label="boundary")
    (old_line,) = axes.plot([], [], "--", color=COLORS.grey, label="before the step")
    draw_examples(axes, X, y, ("stay dry (0)", "water (1)"))
    (ring,) = axes.plot(
        [], [], "o", markersize=17, markerfacecolor="none", markeredgecolor=COLORS.black,
        markeredgewidth=2, clip_on=False, label="the example met", zorder=4,
    )  # fmt: skip
    axes.set(xlabel="sun $x_1$ (0 is usual)", ylabel="rain $x_2$ (0 is usual)")
    figure.legend(loc="upper left", bbox_to_anchor=(0.68, 0.96))

    def update(moment: int) -> str:
        if error is not None:
            raise error
        now = moments[moment]
        image.set_data(_decisions(perceptron_predict, now.w, now.b, limit))
        line.set_data(*_line_points(_own_boundary_line, now.w, now.b, limit))
        before = moments[moment - 1] if now.mended else now
        old_line.set_data(*_line_points(_own_boundary_line, before.w, before.b, limit))
        old_line.set_visible(now.mended)
        ring.set_visible(now.example is not None)
        if now.example is not None:
            ring.set_data(X[[now.example], 0], X[[now.example], 1])
        return _describe_moment(now, moments, y)

    return LiveFigure(
        figure,
        update,
        alt="Labelled points and a neuron's boundary, which Rosenblatt's rule moves from mistake "
        "to mistake until every point is on its right side.",
        moment=player(0, max(len(moments) - 1, 1), 0, "moment", interval_ms=900),
    )


def _follow_rule(
    perceptron_predict: Predict,
    perceptron_update: Update,
    X: np.ndarray,
    y: np.ndarray,
    most_mistakes: int,
) -> list[_Moment]:
    """All moments of a training that starts at zeros: two for each mistake."""
    w, b = np.zeros(X.shape[1]), 0.0
    moments = [_Moment(w, b, None, False, 1)]
    mistakes, epoch = 0, 0
    while mistakes < most_mistakes:
        epoch += 1
        mistakes_before = mistakes
        for i in range(len(X)):
            y_hat = float(np.asarray(perceptron_predict(X[i : i + 1], w, b))[0])
            if y_hat != y[i] and mistakes < most_mistakes:
                moments.append(_Moment(w, b, i, False, epoch))
                w_new, b_new = perceptron_update(X[i], float(y[i]), w, b, 1.0)
                w, b = np.asarray(w_new, float), float(b_new)
                moments.append(_Moment(w, b, i, True, epoch))
                mistakes += 1
        if mistakes == mistakes_before:
            break
    moments.append(_Moment(w, b, None, False, epoch))
    return moments


def _describe_moment(now: _Moment, moments: list[_Moment], y: np.ndarray) -> str:
    neuron = f"w = ({number(now.w[0])}, {number(now.w[1])}), b = {number(now.b)}"
    if now is moments[0]:
        return f"The start: {neuron}. Every sum is zero, so the neuron says 1 to everything."
    if now is moments[-1]:
        steps = sum(moment.mended for moment in moments)
        if _settled(moments):
            return (
                f"Epoch {now.epoch}: no mistake any more. "
                f"It took {plural(steps, 'step', 'steps')}. {neuron}."
            )
        return f"Not settled after {plural(steps, 'step', 'steps')}: {neuron}."
    assert now.example is not None
    label = int(y[now.example])
    place = f"Epoch {now.epoch}, example {now.example + 1}"
    if not now.mended:
        return f"{place}: the label is {label}, but the neuron says {1 - label}. {neuron}."
    done = "added to" if label == 1 else "taken off"
    return f"{place}: the inputs are {done} the weights, and 1 is {done} the bias. Now {neuron}."


def _settled(moments: list[_Moment]) -> bool:
    """Whether the last epoch went by without a mistake."""
    return not any(m.epoch == moments[-1].epoch and m.mended for m in moments)


def draw_update(
    perceptron_predict: Predict,
    perceptron_update: Update,
    x: np.ndarray,
    y: float,
    w: np.ndarray,
    b: float,
    learning_rate: float,
) -> None:
    """Draw one step of the perceptron rule: the plane before it and after it.

    Parameters
    ----------
    perceptron_predict : colours the planes
    perceptron_update : takes the step
    x, y : the (2,) example that is met, and its label
    w, b : the (2,) weights and the bias before the step
    learning_rate : the size of the step
    """
    limit = 3.0
    figure, all_axes = plt.subplots(1, 2, figsize=(8.4, 4.3), sharey=True)
    w_new, b_new = perceptron_update(x, y, w, b, learning_rate)
    neurons = [("before", w, b), ("after", np.asarray(w_new, float), float(b_new))]
    for axes, (title, w_now, b_now) in zip(all_axes, neurons, strict=True):
        draw_decisions(axes, perceptron_predict, w_now, b_now, limit)
        axes.plot(*_line_points(_own_boundary_line, w_now, b_now, limit), color=COLORS.black)
        draw_examples(axes, x[np.newaxis], np.array([y]), ("label 0", "label 1"))
        axes.plot(
            *x, "o", markersize=17, markerfacecolor="none", markeredgecolor=COLORS.black, mew=2
        )
        weights = f"w = ({number(w_now[0])}, {number(w_now[1])}), b = {number(b_now)}"
        axes.set_title(f"{title}\n{weights}", fontsize=12)
        axes.set_xlabel("$x_1$")
    all_axes[0].set_ylabel("$x_2$")
    figure.set_layout_engine("constrained")


def draw_squeeze(R: float, margin: float, lengths: Sequence[float]) -> None:
    """Draw the two bounds of the convergence theorem, and a training between them.

    Parameters
    ----------
    R : length of the longest example, with its constant input
    margin : distance of the nearest example from a separating boundary
    lengths : length of the weights (with the bias) after 0, 1, 2, … mistakes
    """
    figure, (near, far) = plt.subplots(1, 2, figsize=(9.2, 3.7))
    crossing = R**2 / margin**2
    for axes, last in ((near, 1.25 * len(lengths)), (far, 1.15 * crossing)):
        k = np.linspace(0, last, 400)
        highest, lowest = np.sqrt(k) * R, k * margin
        axes.fill_between(k, lowest, highest, where=k <= crossing, color="#F6E3B4")
        axes.plot(k, highest, color=COLORS.orange, label=r"at most $\sqrt{k}\,R$")
        axes.plot(k, lowest, "--", color=COLORS.blue, label=r"at least $k\,\gamma$")
        axes.plot(
            range(len(lengths)), lengths, ".", color=COLORS.black, markersize=7,
            label="your training",
        )  # fmt: skip
        axes.set(xlabel="mistakes so far, $k$", xlim=(0, None), ylim=(0, None))
    far.plot(crossing, crossing * margin, "o", color=COLORS.red, markersize=9)
    far.annotate(
        f"$R^2 / \\gamma^2$ = {crossing:.1f}", (crossing, crossing * margin), (-6, 14),
        textcoords="offset points", ha="right",
    )  # fmt: skip
    near.set_ylabel("length of the weights")
    far.legend(loc="lower right")
    figure.set_layout_engine("constrained")


__all__ = [
    "bias_explorer",
    "draw_batch",
    "draw_decisions",
    "draw_examples",
    "draw_matches",
    "draw_neuron",
    "draw_squeeze",
    "draw_update",
    "neuron_explorer",
    "rule_stepper",
]
