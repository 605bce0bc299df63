"""Pictures of lesson 09: degrees, weight decay, dropout's masks, and when to stop.

They draw what the learner's own functions say, so these come in as arguments. The `draw_…`
functions leave an open figure for `show`; the others return a `LiveFigure`.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from utils.backpropagation import forward_with_cache, network_gradients, two_moons
from utils.figures import COLORS
from utils.live import LiveFigure, Pointer, player, slider, toggle
from utils.losses import mean_squared_error
from utils.networks import init_dense
from utils.optimizers import adam_step, flatten_layers, unflatten_layers
from utils.overfitting import network_accuracy, network_loss
from utils.widgets.plane import draw_points

Layers = list[tuple[np.ndarray, np.ndarray]]

TRAINING, VALIDATION, TEST = COLORS.blue, COLORS.orange, COLORS.green
DEGREES = range(16)
NOISE = 0.3  # standard deviation of what is added to the wave


# -------------------------------------------------------------------------- three sets


def draw_sets(training: np.ndarray, validation: np.ndarray, test: np.ndarray) -> None:
    """Draw which example went into which set, in the order in which they came.

    Parameters
    ----------
    training, validation, test : the numbers of the examples in each set, counted from 0
    """
    _, axes = plt.subplots(figsize=(8.4, 2.9))
    columns = 25
    kinds = (
        ("training", training, TRAINING, "o"),
        ("validation", validation, VALIDATION, "s"),
        ("test", test, TEST, "^"),
    )
    for name, numbers, color, marker in kinds:
        numbers = np.ravel(numbers).astype(int)
        axes.scatter(
            numbers % columns, -(numbers // columns), s=110, c=color, marker=marker,
            label=f"{name}: {len(numbers)}",
        )  # fmt: skip
    axes.axis("off")
    axes.set_title("100 examples, in the order in which they came")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=3)


# ------------------------------------------------------------------------- polynomials


def wave(X: np.ndarray) -> np.ndarray:
    """The curve that the points come from."""
    return np.sin(4 * X)


def noisy_wave(n: int, noise: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw points of a wave, with noise.

    Parameters
    ----------
    n : number of points
    noise : standard deviation of what is added to the height
    rng : the generator to draw from

    Returns
    -------
    (X, y): (n,) places in [-1, 1], and (n,) heights
    """
    X = rng.uniform(-1, 1, size=n)
    return X, wave(X) + rng.normal(0, noise, size=n)


def fit_polynomial(X: np.ndarray, y: np.ndarray, degree: int) -> np.polynomial.Legendre:
    """The polynomial of this degree with the lowest mean squared error, as a function.

    Parameters
    ----------
    X, y : (n,) inputs in [-1, 1], and their targets
    degree : the highest power, an int of 0 or more and below n
    """
    return np.polynomial.Legendre.fit(X, y, degree, domain=[-1, 1])


def draw_fits(
    training: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    titles: Mapping[int, str],
) -> None:
    """Draw polynomials of several degrees through the same points, with both their errors.

    Parameters
    ----------
    training, validation : (X, y) points; the curves are fitted to the first
    titles : degree -> what is written above its curve
    """
    _, panels = plt.subplots(1, len(titles), figsize=(9.6, 4.0), sharey=True)
    places = np.linspace(-1, 1, 400)
    for axes, (degree, title) in zip(panels, titles.items(), strict=True):
        curve = fit_polynomial(training[0], training[1], degree)
        axes.plot(places, curve(places), color=COLORS.black, linewidth=1.8)
        _draw_both_kinds(axes, training, validation)
        errors = [mean_squared_error(curve(X), y) for X, y in (training, validation)]
        axes.set_title(f"{title}: degree {degree}")
        axes.text(
            0.5, 0.985, f"training error {errors[0]:.2f}\nvalidation error {errors[1]:.2f}",
            transform=axes.transAxes, ha="center", va="top", fontsize=11,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 2},
        )  # fmt: skip
        axes.set(xlabel="x", ylim=(-2.2, 3.2))
    panels[0].set_ylabel("y")
    handles, names = panels[0].get_legend_handles_labels()
    panels[0].figure.legend(handles, names, loc="outside lower center", ncols=2)


def _draw_both_kinds(
    axes: Axes, training: tuple[np.ndarray, np.ndarray], validation: tuple[np.ndarray, np.ndarray]
) -> tuple[Any, Any]:
    """Full circles for training, hollow squares for validation."""
    (full,) = axes.plot(*training, "o", color=TRAINING, markersize=6, label="training")
    (hollow,) = axes.plot(
        *validation, "s", color=VALIDATION, markerfacecolor="none", markersize=6, mew=1.6,
        label="validation",
    )  # fmt: skip
    return full, hollow


def polynomial_errors(
    training: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    degrees: Sequence[int],
) -> np.ndarray:
    """Both errors of each degree, (len(degrees), 2): on the training set, on the validation set."""
    curves = [fit_polynomial(training[0], training[1], degree) for degree in degrees]
    return np.array(
        [[mean_squared_error(curve(X), y) for X, y in (training, validation)] for curve in curves]
    )


def degree_explorer(best_degree: Callable[..., int]) -> LiveFigure:
    """Bend a polynomial through noisy points, and watch its errors on old and on new points.

    Parameters
    ----------
    best_degree : chooses the degree that is marked

    Returns
    -------
    a live figure with the controls `degree`, `points`, `noise` and `draw`; a press on the right
    moves the degree
    """
    places = np.linspace(-1, 1, 401)
    lowest, highest = 1e-3, 30.0
    figure, (curve_axes, error_axes) = plt.subplots(1, 2, figsize=(9.6, 4.9), layout="none")
    figure.subplots_adjust(left=0.07, right=0.98, bottom=0.25, top=0.92, wspace=0.25)
    curve_axes.plot(places, wave(places), "--", color=COLORS.grey, linewidth=1.6, label="the truth")
    (curve_line,) = curve_axes.plot([], [], color=COLORS.black, label="polynomial")
    nothing = (np.empty(0), np.empty(0))
    dots, squares = _draw_both_kinds(curve_axes, nothing, nothing)
    squares.set(markersize=4, mew=1.0)
    curve_axes.set(xlim=(-1.04, 1.04), ylim=(-2.4, 2.4), xlabel="x", ylabel="y")
    curve_axes.set_title("the curve")
    figure.legend(*curve_axes.get_legend_handles_labels(), loc=(0.06, 0.01), ncols=2)
    degrees = np.array(DEGREES)
    (training_line,) = error_axes.semilogy([], [], "o-", color=TRAINING, label="training")
    (validation_line,) = error_axes.semilogy([], [], "s-", color=VALIDATION, label="validation")
    here = error_axes.axvline(0, color=COLORS.black, linewidth=1.4)
    (star,) = error_axes.plot([], [], "*", color=COLORS.red, markersize=18, label="best_degree")
    floor = error_axes.axhline(1, color=COLORS.grey, linestyle=":", label="the noise itself")
    error_axes.set(xlim=(-0.5, degrees[-1] + 0.5), ylim=(lowest, highest), xlabel="degree")
    error_axes.set_ylabel("mean squared error")
    error_axes.set_title("both errors")
    figure.legend(*error_axes.get_legend_handles_labels(), loc=(0.54, 0.01), ncols=2)
    known: dict[tuple[int, float, int], tuple] = {}

    def problem(points: int, noise: float, draw: int) -> tuple:
        """The points of this draw, both errors at each degree, and the choice."""
        key = (points, noise, draw)
        if key not in known:
            rng = np.random.default_rng(draw)
            training = noisy_wave(points, noise, rng)
            validation = noisy_wave(60, noise, rng)
            errors = polynomial_errors(training, validation, DEGREES)
            chosen = int(best_degree(*training, *validation, list(DEGREES)))
            known.clear()
            known[key] = (training, validation, errors, chosen)
        return known[key]

    def update(degree: int, points: int, noise: float, draw: int) -> str:
        training, validation, errors, chosen = problem(points, noise, draw)
        curve_line.set_data(places, fit_polynomial(training[0], training[1], degree)(places))
        dots.set_data(*training)
        squares.set_data(*validation)
        # what is off the scale leaves the picture; only the star is kept inside
        errors = np.maximum(errors, 1e-30)  # an exact fit has no logarithm
        training_line.set_data(degrees, errors[:, 0])
        validation_line.set_data(degrees, errors[:, 1])
        inside = np.clip(errors[:, 1], lowest * 1.05, highest)
        here.set_xdata([degree, degree])
        floor.set_ydata([max(noise**2, lowest)] * 2)
        star.set_data([chosen], [inside[chosen]] if 0 <= chosen < len(degrees) else [np.nan])
        low, high = errors[degree]
        return (
            f"Degree {degree}: training error {_short(low)}, validation error {_short(high)}. "
            f"best_degree chooses {chosen}."
        )

    return LiveFigure(
        figure,
        update,
        alt="Left, a polynomial through noisy points of a wave; right, its training error, which "
        "only falls with the degree, and its validation error, which falls and then rises.",
        pointer=Pointer(error_axes, x="degree"),
        degree=slider(0, DEGREES[-1], 1, "degree"),
        points=slider(20, 200, 20, "training points", step=10),
        noise=slider(0.0, 0.6, NOISE, "noise", step=0.05),
        draw=slider(0, 20, 5, "another draw"),
    )


def _short(error: float) -> str:
    """An error with two digits that count, in words where it is beyond all bounds."""
    if error > 1000:
        return "above 1000"
    return f"{error:.2g}" if error < 10 else f"{error:.0f}"


# ------------------------------------------------------------------------- weight decay


def decay_explorer(
    l2_penalty: Callable[..., float], l2_gradients: Callable[..., Any]
) -> LiveFigure:
    """Two moons learned with more or less weight decay: the boundary, and both losses.

    Parameters
    ----------
    l2_penalty : measures the weights
    l2_gradients : pulls at them

    Returns
    -------
    a live figure with the control `power`, of ten: the strength; a press on the right moves it
    """
    rng = np.random.default_rng(0)
    X, y = two_moons(40, 0.3, rng)
    X_new, y_new = two_moons(1000, 0.3, rng)
    sizes = (2, 32, 32, 1)
    start = [init_dense(m, k, rng) for m, k in pairwise(sizes)]
    powers = np.linspace(-5, -1, 17)

    def train(strength: float) -> Layers:
        """Adam, on all 40 points at each of 300 steps."""
        w = flatten_layers(start)
        m, v = np.zeros_like(w), np.zeros_like(w)
        for t in range(1, 301):
            layers = unflatten_layers(w, start)
            _, gradients = network_gradients(X, y, layers)
            pull = flatten_layers(l2_gradients(layers, strength))
            w, m, v = adam_step(
                w, m, v, t, flatten_layers(gradients) + pull, 0.01, 0.9, 0.999, 1e-8
            )
        return unflatten_layers(w, start)

    figure, (plane, loss_axes) = plt.subplots(1, 2, figsize=(9.6, 4.5), layout="none")
    figure.subplots_adjust(left=0.09, right=0.98, bottom=0.14, top=0.9, wspace=0.24)
    x1, x2 = np.meshgrid(np.linspace(-2.3, 2.3, 60), np.linspace(-1.8, 1.8, 50))
    grid = np.column_stack([x1.ravel(), x2.ravel()])
    image = plane.imshow(
        np.zeros(x1.shape), extent=(-2.3, 2.3, -1.8, 1.8), origin="lower", aspect="auto",
        cmap=COLORS.probability_cmap, vmin=0, vmax=1, interpolation="bilinear",
    )  # fmt: skip
    draw_points(plane, X, y, sizes=(34, 44), linewidths=0.7, zorder=3)
    plane.grid(visible=False)
    plane.set(xlabel="input x1", ylabel="input x2", title="40 points, and what is learned")
    plane.legend(loc="lower left", fontsize=10)
    (training_line,) = loss_axes.semilogy([], [], "o-", color=TRAINING, label="training")
    (new_line,) = loss_axes.semilogy([], [], "s-", color=VALIDATION, label="1000 new points")
    here = loss_axes.axvline(-5, color=COLORS.black, linewidth=1.4)
    loss_axes.set(xlim=(-5.2, -0.8), ylim=(1e-3, 10), xlabel="strength of the decay", ylabel="loss")
    loss_axes.set_xticks(range(-5, 0), ["0.00001", "0.0001", "0.001", "0.01", "0.1"])
    loss_axes.set_title("loss without the penalty")
    loss_axes.legend(loc="upper center", ncols=2, fontsize=10)
    known: list[tuple[Layers, float, float]] = []

    def update(power: float) -> str:
        if not known:  # all trained at once, the first time that the figure is drawn
            for one in powers:
                layers = train(10.0**one)
                known.append(
                    (layers, network_loss(X, y, layers), network_loss(X_new, y_new, layers))
                )
            training_line.set_data(powers, [max(old, 1e-3) for _, old, _ in known])
            new_line.set_data(powers, [new for _, _, new in known])
        place = int(np.argmin(np.abs(powers - power)))
        layers, old, new = known[place]
        logits = forward_with_cache(grid, layers)[0][:, 0]
        image.set_data(1 / (1 + np.exp(-np.clip(logits, -40, 40))).reshape(x1.shape))
        here.set_xdata([powers[place]] * 2)
        right = [100 * network_accuracy(*some, layers) for some in ((X, y), (X_new, y_new))]
        strength = np.format_float_positional(10.0 ** powers[place], 2, fractional=False, trim="-")
        return (
            f"Strength {strength}: the squares of the weights add up to "
            f"{float(l2_penalty(layers, 1.0)):.0f}. Right for {right[0]:.0f} % of the 40 points, "
            f"and for {right[1]:.0f} % of new ones. Loss {old:.2g}, on new points {new:.2g}."
        )

    return LiveFigure(
        figure,
        update,
        alt="Left, two moons of points and the regions that a network learned; right, the loss on "
        "the 40 points, which rises with the strength of weight decay, and on new points, which "
        "first falls and then rises.",
        pointer=Pointer(loss_axes, x="power"),
        power=slider(-5.0, -1.0, -5.0, "strength: 10 to the", step=0.25),
    )


# ------------------------------------------------------------------------------ dropout


def mask_explorer(dropout_forward: Callable[..., tuple[np.ndarray, np.ndarray]]) -> LiveFigure:
    """A network with the neurons that dropout leaves, beside the mask of a whole batch.

    Parameters
    ----------
    dropout_forward : draws the masks

    Returns
    -------
    a live figure with the controls `rate`, `draw`, `example` and `training`; a press on the mask
    picks an example
    """
    examples, sizes = 10, (4, 8, 8, 1)
    places = [
        np.array([(2.2 * column, 0.9 * ((size - 1) / 2 - row)) for row in range(size)])
        for column, size in enumerate(sizes)
    ]
    figure, (network_axes, mask_axes) = plt.subplots(
        1, 2, figsize=(9.6, 4.8), layout="none", gridspec_kw={"width_ratios": [1.15, 1]}
    )
    figure.subplots_adjust(left=0.02, right=0.98, bottom=0.12, top=0.9, wspace=0.2)
    lines = []
    for left, right in pairwise(places):
        ends = [(start, end) for start in left for end in right]
        collection = LineCollection(ends, linewidths=1.0, zorder=1)
        network_axes.add_collection(collection)
        lines.append(collection)
    nodes = [
        network_axes.scatter(*column.T, s=330, edgecolors=COLORS.black, linewidths=1.4, zorder=2)
        for column in places
    ]
    crosses = [
        network_axes.plot([], [], "x", color=COLORS.red, markersize=13, mew=2.4, zorder=3)[0]
        for _ in places
    ]
    names = ("inputs", "hidden 1", "hidden 2", "output")
    for column, name in zip(places, names, strict=True):
        network_axes.text(column[0, 0], -4.05, name, ha="center", va="top", fontsize=12)
    network_axes.set(xlim=(-0.7, 7.3), ylim=(-4.7, 3.8))
    network_axes.axis("off")
    network_axes.set_title("the network that this example meets")
    cells = mask_axes.imshow(
        np.zeros((examples, sizes[1])), cmap="Blues", vmin=0, vmax=5, aspect="auto",
        extent=(0.5, sizes[1] + 0.5, examples + 0.5, 0.5),  # neurons and examples count from 1
    )  # fmt: skip
    numbers = [
        [mask_axes.text(j, i, "", ha="center", va="center", fontsize=10) for j in range(1, 9)]
        for i in range(1, examples + 1)
    ]
    (frame,) = mask_axes.plot([], [], color=COLORS.red, linewidth=2.4, clip_on=False)
    mask_axes.set_xticks(range(1, sizes[1] + 1))
    mask_axes.set_yticks(range(1, examples + 1))
    mask_axes.set(
        xlabel="neuron of hidden 1", ylabel="example", title="mask of hidden 1, a row an example"
    )
    mask_axes.grid(visible=False)

    def update(rate: float, draw: int, example: int, training: bool) -> str:
        rng = np.random.default_rng(draw)
        masks = []
        for size in sizes[1:-1]:
            _, mask = dropout_forward(np.ones((examples, size)), rate, rng, training)
            mask = np.asarray(mask, float)
            if mask.shape != (examples, size):
                raise ValueError(f"the mask should have the shape {(examples, size)} here")
            masks.append(mask)
        row = example - 1
        on = [np.ones(sizes[0], bool), *(mask[row] != 0 for mask in masks), np.ones(1, bool)]
        for column, (here, circles, cross) in enumerate(zip(on, nodes, crosses, strict=True)):
            hidden = 0 < column < len(sizes) - 1
            full = COLORS.sky if hidden else "#DDDDDD"
            circles.set_facecolor([full if stays else "white" for stays in here])
            circles.set_edgecolor([COLORS.black if stays else "#BBBBBB" for stays in here])
            cross.set_data(*places[column][~here].T)
        for collection, start, end in zip(lines, on[:-1], on[1:], strict=True):
            both = np.logical_and.outer(start, end).ravel()
            collection.set_color([COLORS.grey if used else (1, 1, 1, 0) for used in both])
        cells.set_data(masks[0])
        cells.set_clim(0, 2.5 * max(masks[0].max(), 1.0))  # pale, so that the numbers can be read
        for texts, values in zip(numbers, masks[0], strict=True):
            for text, value in zip(texts, values, strict=True):
                text.set_text(f"{value:.3g}")
        frame.set_data([0.5, 8.5, 8.5, 0.5, 0.5], np.array([-1, -1, 1, 1, -1]) / 2 + example)
        off = [int(np.sum(mask[row] == 0)) for mask in masks]
        if not any(np.any(mask != 1) for mask in masks):
            return "The mask is all ones: nothing is dropped, and nothing is scaled."
        return (
            f"Example {example} loses {off[0]} of 8 neurons in the first hidden layer and {off[1]} "
            f"of 8 in the second. In the whole mask on the right, "
            f"{100 * np.mean(masks[0] == 0):.0f} % are off; its mean is {masks[0].mean():.2f}."
        )

    return LiveFigure(
        figure,
        update,
        alt="Left, a network in which some hidden neurons are crossed out, with all their lines; "
        "right, the mask as a table of zeros and scales, a row for each example.",
        pointer=Pointer(mask_axes, y="example"),
        rate=slider(0.0, 0.9, 0.5, "rate", step=0.05),
        draw=player(0, 40, 0, "another draw", interval_ms=700),
        example=slider(1, examples, 1, "example"),
        training=toggle(True, "training"),
    )


def draw_way_back(activations: np.ndarray, mask: np.ndarray, gradient: np.ndarray) -> None:
    """Draw one example's hidden layer: what went forward, and which gradients came back.

    Parameters
    ----------
    activations : (k,) what the neurons gave, after the dropout
    mask : (k,) of this example
    gradient : (k,) of the loss, with respect to the activations before the dropout
    """
    _, panels = plt.subplots(2, 1, figsize=(8.6, 4.6), sharex=True)
    neurons = np.arange(1, len(mask) + 1)
    off = np.asarray(mask) == 0
    for axes, values, label in (
        (panels[0], activations, "activation\nafter dropout"),
        (panels[1], gradient, "gradient\nthat came back"),
    ):
        axes.bar(neurons, values, color=COLORS.blue)
        axes.axhline(0, color=COLORS.grey, linewidth=1)
        axes.plot(
            neurons[off], np.zeros(off.sum()), "x", color=COLORS.red, markersize=10, mew=2.2,
            label="switched off", clip_on=False,
        )  # fmt: skip
        axes.set_ylabel(label)
    panels[0].set_title("one example on its way there and back")
    panels[0].set_ylim(0, 1.35 * max(np.max(activations), 1e-9))  # room for the legend
    panels[0].legend(loc="upper right")
    panels[1].set_xlabel("hidden neuron")
    panels[1].set_xticks(neurons)


# ------------------------------------------------------------------ training and stopping


def draw_trainings(
    runs: Mapping[str, np.ndarray], best_epochs: Mapping[str, int] | None = None
) -> None:
    """Draw both losses of several trainings side by side.

    Parameters
    ----------
    runs : what is written above -> (epochs, 2) losses on the training and the validation set
    best_epochs : the same names -> an epoch to mark, counted from 0
    """
    count = len(runs)
    _, panels = plt.subplots(
        1, count, figsize=(max(6.4, 4.7 * count), 4.0), sharey=True, squeeze=False
    )
    for axes, (title, losses) in zip(panels[0], runs.items(), strict=True):
        epochs = np.arange(1, len(losses) + 1)
        axes.plot(epochs, losses[:, 0], color=TRAINING, label="training")
        axes.plot(epochs, losses[:, 1], color=VALIDATION, label="validation")
        if best_epochs and title in best_epochs:
            epoch = best_epochs[title]
            axes.axvline(epoch + 1, color=COLORS.green, linestyle="--", linewidth=1.8)
            axes.plot(
                epoch + 1, losses[epoch, 1], "*", color=COLORS.green, markersize=16,
                label="lowest validation loss",
            )  # fmt: skip
        axes.set(xlabel="epoch", title=title, ylim=(0, None))
    panels[0, 0].set_ylabel("loss (mean cross-entropy)")
    panels[0, -1].legend(loc="best")


def stopping_explorer(EarlyStopping: Callable[..., Any], losses: np.ndarray) -> LiveFigure:
    """Hand a finished training to early stopping, epoch by epoch, and see when it says stop.

    Parameters
    ----------
    EarlyStopping : the learner's class
    losses : (epochs, 2) losses on the training and the validation set

    Returns
    -------
    a live figure with the controls `patience` and `min_delta`
    """
    figure, axes = plt.subplots(figsize=(9.0, 4.6), layout="none")
    figure.subplots_adjust(left=0.09, right=0.98, bottom=0.13, top=0.91)
    epochs = np.arange(1, len(losses) + 1)
    axes.fill_between(
        epochs, losses[:, 0], losses[:, 1], color=VALIDATION, alpha=0.12, linewidth=0,
        label="the gap",
    )  # fmt: skip
    axes.plot(epochs, losses[:, 0], color=TRAINING, label="training")
    axes.plot(epochs, losses[:, 1], color=VALIDATION, label="validation")
    waiting = axes.axvspan(1, 1, color=COLORS.grey, alpha=0.18, linewidth=0, label="waiting")
    stop_line = axes.axvline(1, color=COLORS.red, linewidth=2, label="stop")
    (star,) = axes.plot([], [], "*", color=COLORS.green, markersize=18, label="best", zorder=4)
    top = 1.3 * float(np.max(losses))  # room for the legend
    axes.set(xlim=(0, len(losses) + 1), ylim=(0, top), xlabel="epoch", title="time to stop?")
    axes.set_ylabel("loss (mean cross-entropy)")
    axes.legend(loc="upper left", ncols=3, fontsize=10)

    def update(patience: int, min_delta: float) -> str:
        stopping = EarlyStopping(patience, min_delta)
        stopped = None
        for epoch, loss in enumerate(losses[:, 1]):
            if stopping.update(epoch, float(loss)):
                stopped = epoch
                break
        best, loss = int(stopping.best_epoch), float(stopping.best_loss)
        last = len(losses) - 1 if stopped is None else stopped
        star.set_data([best + 1], [loss])
        waiting.set_x(best + 1)
        waiting.set_width(max(last - best, 0))
        stop_line.set_xdata([last + 1, last + 1])
        stop_line.set_visible(stopped is not None)
        end = (
            f"Never stopped in {len(losses)} epochs"
            if stopped is None
            else f"Stopped after epoch {stopped + 1}"
        )
        return (
            f"{end}. The best is epoch {best + 1}, with a validation loss of {loss:.3f}: its "
            "weights are restored."
        )

    return LiveFigure(
        figure,
        update,
        alt="Training loss and validation loss against epochs: they fall together, then the "
        "validation loss rises. A star marks its lowest point, an orange line the end.",
        patience=slider(1, 40, 10, "patience"),
        min_delta=slider(0.0, 0.05, 0.0, "min_delta", step=0.005),
    )


__all__ = [
    "decay_explorer",
    "degree_explorer",
    "draw_fits",
    "draw_sets",
    "draw_trainings",
    "draw_way_back",
    "fit_polynomial",
    "mask_explorer",
    "noisy_wave",
    "polynomial_errors",
    "stopping_explorer",
    "wave",
]
