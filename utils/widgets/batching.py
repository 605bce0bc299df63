"""Pictures of lesson 08: batches dealt, noisy walks, the cloud of gradients, and shared work.

They draw what the learner's own functions say, so these come in as arguments. The `draw_…`
functions leave an open figure for `show`; the others return a `LiveFigure`.

Where a place is a point on paper, the model has one input: its weight w and its bias b are the two
coordinates. `x` is then that input, (n, 1).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle

from utils.activations import sigmoid
from utils.figures import COLORS
from utils.gradient_descent import logistic_regression_gradient
from utils.live import LiveFigure, Pointer, choice, slider, toggle
from utils.losses import bce_with_logits
from utils.optimizers import momentum_step, step_decay
from utils.progress_bar import progress_bar
from utils.widgets.gradient_descent import HEIGHTS

BatchFunction = Callable[..., Any]
Place = tuple[float, float]  # weight and bias

W_RANGE, B_RANGE = (-4.0, 6.5), (-3.5, 4.0)
START: Place = (-3.0, 3.0)
SIZE_COLORS = (COLORS.red, COLORS.orange, COLORS.green, COLORS.purple, COLORS.blue, COLORS.black)
EVERY_BATCH, DROP, BETA = 40, 0.5, 0.9  # how the two ways to calm a walk are set
MOST_DOTS = 300


# --------------------------------------------------------------------------- cut and deal


def batch_explorer(minibatches: BatchFunction) -> LiveFigure:
    """Twenty sorted examples, dealt into batches for four epochs.

    Parameters
    ----------
    minibatches : deals them

    Returns
    -------
    a live figure with the controls `batch_size`, `seed` and `shuffled`
    """
    n, epochs = 20, 4
    figure, axes = plt.subplots(figsize=(9.4, 3.5), layout="none")
    figure.subplots_adjust(left=0.09, right=0.985, bottom=0.05, top=0.8)
    axes.set(xlim=(-0.1, n + 9.4), ylim=(epochs - 0.1, -0.1))
    axes.set_yticks(np.arange(epochs) + 0.45, [f"epoch {k + 1}" for k in range(epochs)])
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.grid(False)
    for side in axes.spines.values():
        side.set_visible(False)
    figure.text(0.09, 0.93, "examples 0 to 9: class 0", color=COLORS.negative, fontsize=12)
    figure.text(0.36, 0.93, "examples 10 to 19: class 1", color=COLORS.positive, fontsize=12)
    figure.text(0.65, 0.93, "a gap: the next batch", color=COLORS.grey, fontsize=12)
    cells = [[Rectangle((0, 0), 0.92, 0.8, linewidth=0) for _ in range(n)] for _ in range(epochs)]
    for cell in chain.from_iterable(cells):
        axes.add_patch(cell)
    numbers = [
        [
            axes.text(0, 0, "", color="white", fontsize=11, ha="center", va="center")
            for _ in range(n)
        ]
        for _ in range(epochs)
    ]

    def update(batch_size: int, seed: int, shuffled: bool) -> str:
        rng = np.random.default_rng(seed)
        one_sided = 0
        for epoch in range(epochs):
            if shuffled:
                batches = [
                    [int(i) for i in batch] for batch in list(minibatches(n, batch_size, rng))
                ]
            else:
                batches = [list(range(n))[i : i + batch_size] for i in range(0, n, batch_size)]
            gap = 9.0 / max(1, len(batches) - 1) if len(batches) > 10 else 0.9
            shown = [(place, index) for place, batch in enumerate(batches) for index in batch]
            for k in range(n):
                visible = k < len(shown)
                cells[epoch][k].set_visible(visible)
                numbers[epoch][k].set_visible(visible)
                if not visible:
                    continue
                place, index = shown[k]
                left = k + min(gap, 0.9) * place
                cells[epoch][k].set_xy((left, epoch))
                cells[epoch][k].set_facecolor(COLORS.negative if index < 10 else COLORS.positive)
                numbers[epoch][k].set_position((left + 0.46, epoch + 0.42))
                numbers[epoch][k].set_text(str(index))
            one_sided += sum(
                len(batch) > 1 and len({index < 10 for index in batch}) == 1 for batch in batches
            )
        sizes = ", ".join(str(len(batch)) for batch in batches[:6])
        sizes += ", …" if len(batches) > 6 else ""
        steps = "1 step" if len(batches) == 1 else f"{len(batches)} steps"
        told = f"An epoch is {steps}, with batches of {sizes}."
        if batch_size == 1:
            return told
        counted = {0: "no batch", 1: "1 batch"}.get(one_sided, f"{one_sided} batches")
        return (
            f"{told} In these four epochs, {counted} with two or more examples had one class only."
        )

    return LiveFigure(
        figure,
        update,
        alt="Four rows of twenty numbered examples, cut into batches by gaps; in each row the "
        "order is another one, and nearly every batch has both classes.",
        batch_size=slider(1, 20, 6, "batch size"),
        seed=slider(0, 20, 0, "another deck"),
        shuffled=toggle(True, "shuffled by your function"),
    )


def draw_estimates(
    minibatches: BatchFunction,
    minibatch_gradient: BatchFunction,
    X: np.ndarray,
    y: np.ndarray,
    weight: int,
    sizes: Sequence[int],
    seed: int = 0,
) -> None:
    """Draw what each batch of an epoch says about one slope, for several batch sizes.

    Parameters
    ----------
    minibatches, minibatch_gradient : cut the epoch, and find a batch's gradient
    X, y : (n, m) examples and (n,) labels; the place is all weights and the bias at 0
    weight : which of the m slopes to draw
    sizes : the batch sizes, a row each
    seed : of the order
    """
    n, m = X.shape
    place = np.zeros(m), 0.0
    _, axes = plt.subplots(figsize=(8.2, 4.2))
    rng = np.random.default_rng(seed)
    for row, size in enumerate(sizes):
        slopes = np.array(
            [
                np.asarray(minibatch_gradient(X, y, *place, batch)[0], float)[weight]
                for batch in minibatches(n, size, rng)
            ]
        )
        # dots are spread up and down by chance, so that one does not hide another
        lift = rng.uniform(-0.3, 0.3, size=len(slopes)) if len(slopes) > 1 else np.zeros(1)
        color = SIZE_COLORS[row % len(SIZE_COLORS)]
        area, alpha = (26, 0.6) if len(slopes) > 1 else (90, 1.0)
        axes.scatter(slopes, row + lift, s=area, alpha=alpha, color=color, linewidths=0, zorder=3)
    whole = logistic_regression_gradient(X, y, *place)[0][weight]
    axes.axvline(whole, color=COLORS.black, linewidth=1.5, label="slope on all examples")
    axes.set_yticks(range(len(sizes)), [f"batches of {size}" for size in sizes])
    axes.set(ylim=(len(sizes) - 0.4, -0.6), xlabel="slope of the loss for one weight")
    axes.set_title("Each dot is what one batch says")
    axes.legend(loc="lower left")


# -------------------------------------------------------------------------- noisy walks


def _loss_map(axes: Axes, x: np.ndarray, y: np.ndarray) -> None:
    """Draw the loss over weight and bias as a map, with a star at its minimum."""
    W, B = np.meshgrid(np.linspace(*W_RANGE, 71), np.linspace(*B_RANGE, 61))
    heights = _losses(np.column_stack([W.ravel(), B.ravel()]), x, y).reshape(W.shape)
    lowest, highest = heights.min(), heights.max()
    levels = lowest + (highest - lowest) * np.linspace(0, 1, 15) ** 2
    filled = axes.contourf(W, B, heights, levels=levels, cmap=HEIGHTS)
    filled.set_edgecolor("#7A98A8")
    filled.set_linewidth(0.6)
    axes.plot(*_minimum(x, y), "*", color=COLORS.black, markersize=13, zorder=4)
    axes.set(xlabel="weight w", xlim=W_RANGE, ylim=B_RANGE)
    axes.grid(False)


def _losses(places: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Loss on all examples, (p,), at each of p places: weight and bias, (p, 2)."""
    z = np.outer(x[:, 0], places[:, 0]) + places[:, 1]  # (n, p)
    return np.mean(np.logaddexp(0, z) - z * y[:, np.newaxis], axis=0)


def _minimum(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Weights and bias with the lowest loss, (m + 1,), by Newton's method."""
    X = np.column_stack([X, np.ones(len(X))])
    w = np.zeros(X.shape[1])
    for _ in range(30):
        p = sigmoid(X @ w)
        step = np.linalg.solve((X.T * (p * (1 - p))) @ X, X.T @ (p - y))
        # far from the minimum a whole step may leap over it
        w = w - step * min(1.0, 2 / np.abs(step).max())
        if np.abs(step).max() < 1e-12:
            break
    return w


def walk(
    minibatches: BatchFunction,
    minibatch_gradient: BatchFunction,
    x: np.ndarray,
    y: np.ndarray,
    batch_size: int,
    learning_rate: float,
    steps: int,
    seed: int = 0,
    calm: str = "nothing",
) -> np.ndarray:
    """Take steps with mini-batch gradients from `START`, and keep every place.

    Parameters
    ----------
    minibatches, minibatch_gradient : the learner's
    x, y : (n, 1) and (n,) the examples
    batch_size, learning_rate, steps : of the walk
    seed : of the orders
    calm : "nothing"; "rate falls": halved every 40 steps; "momentum": beta 0.9, and a tenth of the
        learning rate, since the velocity is ten times the gradient

    Returns
    -------
    (steps + 1, 2) the path, weight and bias
    """
    rng = np.random.default_rng(seed)
    place, velocity = np.array(START), np.zeros(2)
    path = [place]
    batches: Iterator[Any] = iter(())
    for step in range(steps):
        batch = next(batches, None)
        if batch is None:
            batches = iter(minibatches(len(x), batch_size, rng))
            batch = next(batches)
        dw, db = minibatch_gradient(x, y, place[:1], float(place[1]), batch)
        gradient = np.array([np.ravel(dw)[0], float(db)])
        if calm == "momentum":
            rate = learning_rate * (1 - BETA)
            place, velocity = momentum_step(place, velocity, gradient, rate, BETA)
        elif calm == "rate falls":
            place = place - step_decay(learning_rate, step, DROP, EVERY_BATCH) * gradient
        else:
            place = place - learning_rate * gradient
        path.append(place)
    return np.array(path)


def draw_paths(
    minibatches: BatchFunction,
    minibatch_gradient: BatchFunction,
    x: np.ndarray,
    y: np.ndarray,
    sizes: Sequence[int],
    learning_rate: float,
    steps: int,
) -> None:
    """Draw walks with several batch sizes from the same start, each on its own map.

    Parameters
    ----------
    minibatches, minibatch_gradient : the learner's
    x, y : (n, 1) and (n,) the examples
    sizes : the batch sizes
    learning_rate, steps : the same for all
    """
    _, panels = plt.subplots(1, len(sizes), figsize=(9.6, 3.9), sharey=True)
    for axes, size, color in zip(panels, sizes, _colors_of(sizes), strict=True):
        _loss_map(axes, x, y)
        path = walk(minibatches, minibatch_gradient, x, y, size, learning_rate, steps)
        axes.plot(*path.T, ".-", color=color, linewidth=1.2, markersize=5)
        axes.plot(*START, "o", color=COLORS.black, markersize=8)
        name = "all examples" if size == len(x) else "one example"
        axes.set_title(name if size in (1, len(x)) else f"batches of {size}")
    panels[0].set_ylabel("bias b")


def _colors_of(sizes: Sequence[int]) -> list[str]:
    """Colours from orange, for the smallest size, to blue, for the largest."""
    return [
        SIZE_COLORS[round(k * 4 / max(1, len(sizes) - 1))] if len(sizes) < 6 else SIZE_COLORS[k]
        for k in range(len(sizes))
    ]


def _in_full(height: float) -> str:
    """A small number with two digits that count, and no power of ten: 0.00076."""
    if height < 1e-6:
        return "less than 0.000001"
    return np.format_float_positional(height, precision=2, fractional=False, trim="-")


def path_explorer(
    minibatches: BatchFunction,
    minibatch_gradient: BatchFunction,
    x: np.ndarray,
    y: np.ndarray,
    sizes: Sequence[int] = (1, 4, 16, 64, 256),
) -> LiveFigure:
    """One walk with any batch size and learning rate, and ways to calm it.

    Parameters
    ----------
    minibatches, minibatch_gradient : the learner's
    x, y : (n, 1) and (n,) the examples
    sizes : batch sizes to choose from; all examples are one more

    Returns
    -------
    a live figure with the controls `batch_size`, `learning_rate`, `calm` and `seed`
    """
    steps, n = 240, len(x)
    figure, (map_axes, loss_axes) = plt.subplots(1, 2, figsize=(9.4, 4.4), layout="none")
    figure.subplots_adjust(left=0.07, right=0.98, bottom=0.13, top=0.9, wspace=0.26)
    _loss_map(map_axes, x, y)
    map_axes.set(ylabel="bias b", title=f"{steps} steps")
    map_axes.plot(*START, "o", color=COLORS.black, markersize=8)
    (path_line,) = map_axes.plot([], [], ".-", color=COLORS.red, linewidth=1, markersize=4)
    (loss_line,) = loss_axes.semilogy([], [], color=COLORS.red, linewidth=1.5)
    lowest = float(_losses(_minimum(x, y)[np.newaxis], x, y)[0])
    loss_axes.set(xlim=(-4, steps + 4), ylim=(1e-6, 10), xlabel="step")
    loss_axes.set(ylabel="loss above the lowest", title="on all examples, at each step")

    def update(batch_size: int, learning_rate: float, calm: str, seed: int) -> str:
        path = walk(
            minibatches, minibatch_gradient, x, y, batch_size, learning_rate, steps, seed, calm
        )
        above = _losses(path, x, y) - lowest
        path_line.set_data(*path.T)
        loss_line.set_data(np.arange(steps + 1), np.maximum(above, 1e-12))
        return (
            f"{steps} steps have used {steps * min(batch_size, n):,} gradients of single examples. "
            f"In the last 100 steps the loss lay {_in_full(above[-100:].mean())} above the lowest, "
            "on average."
        )

    options = {**{str(size): size for size in sizes}, f"all {n}": n}
    return LiveFigure(
        figure,
        update,
        alt="Left, a walk on the map of the loss; right, its loss at each step: with small batches "
        "both tremble, with large ones they are smooth.",
        batch_size=choice(options, "1", "batch size"),
        learning_rate=slider(0.1, 10.0, 1.0, "learning rate", log=True),
        calm=choice(["nothing", "rate falls", "momentum"], "nothing", "calmed by"),
        seed=slider(0, 20, 0, "another order"),
    )


# -------------------------------------------------------------------------- how noisy is it


def cloud_explorer(
    minibatch_gradient: BatchFunction,
    x: np.ndarray,
    y: np.ndarray,
    sizes: Sequence[int] = (1, 4, 16, 64, 256),
) -> LiveFigure:
    """The cloud of the gradients of many batches, at any place, for each batch size.

    Parameters
    ----------
    minibatch_gradient : finds the gradient of each batch
    x, y : (n, 1) and (n,) the examples
    sizes : batch sizes to choose from; all examples are one more

    Returns
    -------
    a live figure with the controls `batch_size`, `w`, `b` and `seed`; a press or drag on the map
    moves `w` and `b`
    """
    n, arrows, reach = len(x), 60, 2.6
    figure, (map_axes, cloud_axes) = plt.subplots(1, 2, figsize=(9.6, 4.7), layout="none")
    figure.subplots_adjust(left=0.07, right=0.98, bottom=0.13, top=0.9, wspace=0.26)
    _loss_map(map_axes, x, y)
    map_axes.set(ylabel="bias b", title="where batches would step")
    zeros = np.zeros(arrows)
    fan = map_axes.quiver(
        zeros, zeros, zeros, zeros, angles="xy", scale_units="xy", scale=1, width=0.005,
        color=COLORS.red, alpha=0.45, zorder=3,
    )  # fmt: skip
    (ring,) = map_axes.plot([], [], "o", color=COLORS.black, markersize=8, zorder=5)
    uphill = Polygon(np.zeros((4, 2)), color=COLORS.grey, alpha=0.18, linewidth=0)
    cloud_axes.add_patch(uphill)
    (dots,) = cloud_axes.plot(
        [], [], ".", color=COLORS.red, alpha=0.45, markersize=7, markeredgewidth=0
    )
    cloud_axes.plot(0, 0, "+", color=COLORS.black, markersize=14, markeredgewidth=2)
    (whole_dot,) = cloud_axes.plot(
        [], [], "D", color=COLORS.blue, markersize=9, markeredgecolor="white", label="all examples"
    )
    cloud_axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    cloud_axes.set(xlabel="slope for w", ylabel="slope for b", title="their gradients")
    cloud_axes.legend(loc="upper right")

    def update(batch_size: int, w: float, b: float, seed: int) -> str:
        rng = np.random.default_rng(seed)
        weights = np.array([w])
        cloud = np.zeros((MOST_DOTS, 2))
        for trial in range(MOST_DOTS):
            batch = rng.permutation(n)[:batch_size]
            dw, db = minibatch_gradient(x, y, weights, b, batch)
            cloud[trial] = np.ravel(dw)[0], float(db)
        dw, db = logistic_regression_gradient(x, y, weights, b)
        whole = np.array([dw[0], db])
        dots.set_data(*cloud.T)
        whole_dot.set_data(whole[:1], whole[1:])
        length = float(np.hypot(*whole))
        if length > 1e-9:
            ahead = whole / length
            aside = np.array([-ahead[1], ahead[0]])
            corners = [10 * aside, -10 * aside, -10 * aside - 10 * ahead, 10 * aside - 10 * ahead]
            uphill.set_xy(corners)
        ring.set_data([w], [b])
        fan.set_offsets(np.tile([w, b], (arrows, 1)))
        fan.set_UVC(*-cloud[:arrows].T)
        downhill = round(100 * float(np.mean(cloud @ whole > 0)))
        spread = float(np.sqrt(cloud.var(axis=0, ddof=1).sum()))
        spread = 0.0 if spread < 1e-9 else spread  # rounding
        return (
            f"The whole gradient is {length:.2g} long, and the cloud is {spread:.2g} wide. "
            f"{downhill} % of the batches lead downhill."
        )

    options = {**{str(size): size for size in sizes}, f"all {n}": n}
    return LiveFigure(
        figure,
        update,
        alt="Left, arrows from one place on the map of the loss, a step for each batch; right, the "
        "same gradients as a cloud around the gradient of all examples.",
        pointer=Pointer(map_axes, x="w", y="b"),
        batch_size=choice(options, "1", "batch size"),
        w=slider(*W_RANGE, START[0], "weight w", step=0.1),
        b=slider(*B_RANGE, START[1], "bias b", step=0.1),
        seed=slider(0, 20, 0, "other batches"),
    )


def draw_variances(sizes: Sequence[int], measured: Sequence[float], single: float, n: int) -> None:
    """Draw measured variances against the batch size, beside the two predictions.

    Parameters
    ----------
    sizes : the batch sizes, below n
    measured : the variance of the gradient at each of them
    single : the variance of a single example's gradient, drawn from all
    n : how many examples there are
    """
    _, axes = plt.subplots(figsize=(7.6, 4.8))
    fine = np.unique(np.geomspace(1, n - 1, 300).round())
    axes.loglog(fine, single / fine, "--", color=COLORS.grey, label="$s\\,/\\,B$, a straight line")
    bent = single / fine * (n - fine) / (n - 1)
    label = r"$\frac{s}{B} \cdot \frac{n - B}{n - 1}$, without replacement"
    axes.loglog(fine, bent, color=COLORS.blue, label=label)
    axes.loglog(sizes, measured, "o", color=COLORS.red, markersize=8, label="measured")
    axes.axvline(n, color=COLORS.black, linewidth=1, linestyle=":")
    lowest = bent.min()
    axes.text(n * 0.88, lowest * 4, f"all {n}", ha="right", color=COLORS.black)
    axes.set(xlabel="batch size B", ylabel="variance of the gradient")
    axes.set_title("A larger batch is calmer")
    axes.legend(loc="lower left")


# ------------------------------------------------------------------------ rates, and time


def draw_rate_curves(rates: Sequence[float], ends: Mapping[int, Sequence[float]]) -> None:
    """Draw the loss at the end of a training against its learning rate, a curve a batch size.

    Parameters
    ----------
    rates : the learning rates
    ends : batch size -> the loss at the end, for each rate
    """
    _, axes = plt.subplots(figsize=(8, 4.6))
    for (size, losses), color in zip(ends.items(), _colors_of(list(ends)), strict=True):
        label = "one example" if size == 1 else f"batches of {size}"
        axes.loglog(rates, losses, ".-", color=color, markersize=8, label=label)
        best = int(np.nanargmin(losses))
        axes.plot(rates[best], losses[best], "o", color=color, markersize=12)
    axes.set(xlabel="learning rate", ylabel="loss after the last epoch")
    axes.set_title("A larger batch bears a larger learning rate")
    axes.legend(loc="upper left", bbox_to_anchor=(0.1, 1))


def many_examples(n: int, m: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A large data set made up for measuring time, with columns that go together.

    Parameters
    ----------
    n, m : how many examples and columns
    rng : to draw from

    Returns
    -------
    (X, y): (n, m) columns of unit standard deviation, and (n,) labels, 0.0 or 1.0
    """
    X = rng.normal(size=(n, m)) + 1.5 * rng.normal(size=(n, 1))
    X = X / X.std(axis=0)
    return X, (rng.random(n) < sigmoid(X @ rng.normal(size=m))).astype(float)


def draw_times(
    minibatches: BatchFunction,
    minibatch_gradient: BatchFunction,
    X: np.ndarray,
    y: np.ndarray,
    rates: Mapping[int, float],
    clock: Callable[[], float],
    seconds: float = 0.5,
) -> None:
    """Train with each batch size for the same time, and draw what it costs and what it brings.

    What is measured is the time for cutting, for gradients and for steps. That for the losses, by
    which the training is watched, is left out.

    Parameters
    ----------
    minibatches, minibatch_gradient : the learner's
    X, y : (n, m) and (n,) the examples
    rates : batch size -> its learning rate
    clock : tells the time in seconds, as `time.perf_counter`
    seconds : how long each of them trains
    """
    n = len(X)
    best = _minimum(X, y)
    lowest = bce_with_logits(X @ best[:-1] + best[-1], y)
    figure, (epoch_axes, loss_axes) = plt.subplots(1, 2, figsize=(9.8, 4.5))
    epochs = []
    colors = _colors_of(list(rates))
    sizes = progress_bar(list(rates.items()), "measuring")
    for (size, rate), color in zip(sizes, colors, strict=True):
        marks, losses, seconds_a_step = _timed_training(
            minibatches, minibatch_gradient, X, y, size, rate, clock, seconds
        )
        epochs.append(seconds_a_step * np.ceil(n / size))
        label = f"{size:,}" if size < n else f"all {n:,}"
        above = np.maximum(np.array(losses) - lowest, 1e-7)
        loss_axes.loglog(np.array(marks), above, color=color, linewidth=1.8, label=label)
    epoch_axes.loglog(list(rates), epochs, "-", color=COLORS.grey, linewidth=1.2, zorder=1)
    for size, length, color in zip(rates, epochs, colors, strict=True):
        epoch_axes.loglog([size], [length], "o", color=color, markersize=9)
    epoch_axes.set(xlabel="batch size", ylabel="seconds for one epoch", title="Time per epoch")
    loss_axes.set(xlabel="seconds of training", ylabel="loss above the lowest")
    loss_axes.set_title("What the time brings")
    figure.legend(loc="outside lower center", ncols=len(rates), title="batch size")


def _timed_training(
    minibatches: BatchFunction,
    minibatch_gradient: BatchFunction,
    X: np.ndarray,
    y: np.ndarray,
    batch_size: int,
    learning_rate: float,
    clock: Callable[[], float],
    seconds: float,
) -> tuple[list[float], list[float], float]:
    """Times and losses of a training, and how long a step takes on average."""
    rng = np.random.default_rng(0)
    w, b = np.zeros(X.shape[1]), 0.0
    spent, steps, next_mark = 0.0, 0, 1e-4
    marks: list[float] = []
    losses: list[float] = []
    while spent < seconds:
        began = clock()
        for batch in minibatches(len(X), batch_size, rng):
            dw, db = minibatch_gradient(X, y, w, b, batch)
            w, b = w - learning_rate * np.asarray(dw), b - learning_rate * float(db)
            steps += 1
            now = spent + clock() - began
            if now >= next_mark:
                marks.append(now)
                losses.append(bce_with_logits(X @ w + b, y))
                next_mark = 1.25 * now
                spent, began = now, clock()
                if now >= seconds:
                    break
        spent += clock() - began
    return [*marks, spent], [*losses, bce_with_logits(X @ w + b, y)], spent / max(1, steps)


# ------------------------------------------------------------------------- many workers


def shard_explorer(
    data_parallel_gradient: BatchFunction, X: np.ndarray, y: np.ndarray
) -> LiveFigure:
    """Two workers with unequal shards: their gradients, their plain mean, and what is right.

    Parameters
    ----------
    data_parallel_gradient : puts the two together
    X, y : (n, 1) and (n,) the examples, in an order that makes the shards differ

    Returns
    -------
    a live figure with the controls `first` (how many examples worker 1 has), `w` and `b`
    """
    n = len(X)
    figure, axes = plt.subplots(figsize=(7.6, 5.0), layout="none")
    figure.subplots_adjust(left=0.11, right=0.62, bottom=0.13, top=0.9)
    (line,) = axes.plot([], [], color=COLORS.grey, linewidth=1.2)
    markers = {
        "worker 1": axes.plot([], [], "s", color=COLORS.orange, markersize=11)[0],
        "worker 2": axes.plot([], [], "^", color=COLORS.green, markersize=11)[0],
        "plain mean of the two": axes.plot([], [], "X", color=COLORS.grey, markersize=11)[0],
        "all examples at once": axes.plot(
            [], [], "o", color=COLORS.black, markersize=18, markerfacecolor="none", mew=2
        )[0],
        "your function": axes.plot([], [], "o", color=COLORS.red, markersize=8)[0],
    }
    axes.set(xlabel="slope for w", ylabel="slope for b", title="a gradient is a point here")
    figure.legend(markers.values(), markers.keys(), loc="center left", bbox_to_anchor=(0.64, 0.55))

    def update(first: int, w: float, b: float) -> str:
        place = np.array([w]), b
        shards = [(X[:first], y[:first]), (X[first:], y[first:])]
        dw, db = data_parallel_gradient(shards, *place)
        points = {
            "worker 1": logistic_regression_gradient(*shards[0], *place),
            "worker 2": logistic_regression_gradient(*shards[1], *place),
            "all examples at once": logistic_regression_gradient(X, y, *place),
            "your function": (np.ravel(dw), float(db)),
        }
        found = {name: np.array([dw[0], db]) for name, (dw, db) in points.items()}
        found["plain mean of the two"] = (found["worker 1"] + found["worker 2"]) / 2
        for name, marker in markers.items():
            marker.set_data(found[name][:1], found[name][1:])
        line.set_data(*np.transpose([found["worker 1"], found["worker 2"]]))
        every = np.array(list(found.values()))
        middle, half = (every.max(axis=0) + every.min(axis=0)) / 2, np.ptp(every, axis=0).max()
        half = 0.62 * max(half, 1e-3)
        axes.set_xlim(middle[0] - half, middle[0] + half)
        axes.set_ylim(middle[1] - half, middle[1] + half)
        away = float(np.abs(found["your function"] - found["all examples at once"]).max())
        verdict = "the same" if away < 1e-9 else f"{away:.2g} apart"
        return (
            f"Worker 1 has {first} example{'s' * (first > 1)}, worker 2 has {n - first}. Your "
            f"function and all examples at once: {verdict}."
        )

    return LiveFigure(
        figure,
        update,
        alt="Two points, the gradients of two workers, joined by a line; on it the gradient of all "
        "examples, nearer to the worker with more of them, and the plain mean in the middle.",
        first=slider(1, n - 1, max(1, n // 8), "examples at worker 1"),
        w=slider(*W_RANGE, 1.0, "weight w", step=0.1),
        b=slider(*B_RANGE, 0.0, "bias b", step=0.1),
    )


__all__ = [
    "batch_explorer",
    "cloud_explorer",
    "draw_estimates",
    "draw_paths",
    "draw_rate_curves",
    "draw_times",
    "draw_variances",
    "many_examples",
    "path_explorer",
    "shard_explorer",
    "walk",
]
