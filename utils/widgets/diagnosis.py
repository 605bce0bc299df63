"""Pictures of lesson 10: the measures of a test, and what a trained model gets right and wrong.

They draw what the learner's own functions say, so these come in as arguments. The `draw_…`
functions leave an open figure for `show`; the others return a `LiveFigure`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle

from utils.figures import COLORS
from utils.live import LiveFigure, Pointer, choice, slider

Measure = Callable[..., Any]
Curve = tuple[np.ndarray, np.ndarray]

THRESHOLDS = np.round(np.arange(0, 1.005, 0.01), 2)  # the places of the threshold's slider
PEOPLE = 1000  # a square each, in the picture of a town
PALE = {"right": "#E8F1EC", "missed": "#F7D9C9", "alarm": "#D3E4F1"}


# ------------------------------------------------------------------------- three sets


def draw_sets(sets: Mapping[str, np.ndarray], names: tuple[str, str]) -> None:
    """Draw how many examples of each class each set holds, as bars.

    Parameters
    ----------
    sets : what a set is called -> its labels, 0 or 1
    names : what the labels 0 and 1 mean
    """
    _, axes = plt.subplots(figsize=(8.2, 2.7))
    for place, y in enumerate(sets.values()):
        counts = [int(np.sum(y == label)) for label in (0, 1)]
        axes.barh(place, counts[0], color=COLORS.negative, label=names[0] if place == 0 else None)
        axes.barh(
            place,
            counts[1],
            left=counts[0],
            color=COLORS.positive,
            label=names[1] if place == 0 else None,
        )
        for label, middle in ((0, counts[0] / 2), (1, counts[0] + counts[1] / 2)):
            axes.text(middle, place, str(counts[label]), color="white", ha="center", va="center")
    axes.set_yticks(range(len(sets)), list(sets))
    axes.invert_yaxis()
    axes.grid(False)
    axes.set_xlabel("masses")
    axes.legend(loc="lower right")


# ---------------------------------------------------------------------------- measures


def draw_confusion(matrices: Mapping[str, Any], names: tuple[str, str]) -> None:
    """Draw confusion matrices side by side, the two kinds of error in colours of their own.

    Parameters
    ----------
    matrices : a title -> the (2, 2) counts, rows the truth
    names : what the labels 0 and 1 mean
    """
    width = min(4.4, 9.4 / len(matrices))  # so that a row of them fits a notebook
    size = (width * len(matrices), width * 0.6 + 1.2)
    _, all_axes = plt.subplots(1, len(matrices), figsize=size, squeeze=False)
    for axes, (title, matrix) in zip(all_axes[0], matrices.items(), strict=True):
        cells = _matrix_axes(axes, names)
        axes.set_title(title)
        for (row, column), text in cells.items():
            text.set_text(f"{int(np.asarray(matrix)[row, column])}")
            text.set_fontsize(20)


def _matrix_axes(axes: Axes, names: tuple[str, str]) -> dict[tuple[int, int], Any]:
    """An empty confusion matrix; returns the text of each cell."""
    kinds = {(0, 0): "right", (0, 1): "alarm", (1, 0): "missed", (1, 1): "right"}
    words = {(0, 0): "left in peace", (0, 1): "false alarm", (1, 0): "missed", (1, 1): "found"}
    cells = {}
    for (row, column), kind in kinds.items():
        axes.add_patch(Rectangle((column, row), 1, 1, color=PALE[kind], linewidth=0))
        axes.text(column + 0.5, row + 0.82, words[row, column], ha="center", va="center", size=11)
        cells[row, column] = axes.text(column + 0.5, row + 0.42, "", ha="center", va="center")
    axes.plot([1, 1], [0, 2], color="white", linewidth=3)
    axes.plot([0, 2], [1, 1], color="white", linewidth=3)
    axes.set(xlim=(0, 2), ylim=(2, 0), xlabel="predicted", ylabel="truth")
    axes.set_xticks([0.5, 1.5], names)
    axes.set_yticks([0.5, 1.5], names, rotation=90, va="center")
    axes.tick_params(length=0)
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return cells


def town_explorer(sensitivity: float, specificity: float) -> LiveFigure:
    """A thousand people are tested: how many alarms are right depends on how many are sick.

    Parameters
    ----------
    sensitivity, specificity : where these sliders start, from 0 to 1

    Returns
    -------
    a live figure with the controls `sick`, `sensitivity` and `specificity`
    """
    figure, axes = plt.subplots(figsize=(9.0, 4.3), layout="none")
    figure.subplots_adjust(left=0.02, right=0.68, bottom=0.04, top=0.9)
    colors = [COLORS.positive, "#F2B48E", "#8DBCDC", "#E3E7EA"]
    kinds = ["sick, found", "sick, missed", "not sick, alarmed", "not sick, left in peace"]
    image = axes.imshow(np.zeros((25, 40)), cmap=ListedColormap(colors), vmin=0, vmax=3)
    axes.set_xticks(np.arange(-0.5, 40), minor=True)
    axes.set_yticks(np.arange(-0.5, 25), minor=True)
    axes.grid(which="minor", color="white", linewidth=1.2)
    axes.grid(False, which="major")
    axes.tick_params(which="both", length=0, labelbottom=False, labelleft=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title("a thousand people, a square each")
    legend = [Rectangle((0, 0), 1, 1, color=color) for color in colors]
    labels = axes.legend(
        legend, kinds, loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0
    ).get_texts()

    def update(sick: int, sensitivity: float, specificity: float) -> str:
        found = round(sick * sensitivity)
        alarmed = round((PEOPLE - sick) * (1 - specificity))
        counts = [found, sick - found, alarmed, PEOPLE - sick - alarmed]
        image.set_data(np.repeat(np.arange(4), counts).reshape(40, 25).T)
        for text, kind, count in zip(labels, kinds, counts, strict=True):
            text.set_text(f"{count} {kind}")
        called = found + alarmed
        if called == 0:
            return "Nobody is called sick."
        return (
            f"{called} are called sick, and {found} of them are: "
            f"{100 * found / called:.0f} %. This share is the precision."
        )

    return LiveFigure(
        figure,
        update,
        alt="A thousand squares: the sick who are found or missed, and the others who are alarmed "
        "or left in peace. Where few are sick, most of the alarms are false.",
        sick=slider(5, 500, 370, "sick people of 1000", step=5),
        sensitivity=slider(0.5, 1.0, round(float(sensitivity), 2), "sensitivity", step=0.01),
        specificity=slider(0.5, 1.0, round(float(specificity), 2), "specificity", step=0.01),
    )


def draw_scores(models: Mapping[str, np.ndarray], y: np.ndarray, names: tuple[str, str]) -> None:
    """Draw each example's score as a dot, the two classes in rows of their own.

    Parameters
    ----------
    models : a model's name -> its (n,) scores from 0 to 1
    y : (n,) labels, 0 or 1
    names : what the labels 0 and 1 mean
    """
    _, all_axes = plt.subplots(
        len(models), 1, figsize=(8.4, 1.1 + 1.55 * len(models)), squeeze=False, sharex=True
    )
    for axes, (title, scores) in zip(all_axes[:, 0], models.items(), strict=True):
        _score_axes(axes, names)
        axes.scatter(scores, _heights(y), s=26, c=y, cmap=COLORS.classes_cmap, alpha=0.75)
        axes.set_title(title)
    all_axes[-1, 0].set_xlabel("probability of malignant, says the model")


def _score_axes(axes: Axes, names: tuple[str, str]) -> None:
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.5, 1.5))
    axes.set_yticks([0, 1], names)
    axes.tick_params(axis="y", length=0)
    axes.grid(False, axis="y")


def _heights(y: np.ndarray) -> np.ndarray:
    """Labels moved up or down a little, so that dots of the same score are seen."""
    return np.asarray(y) + np.random.default_rng(0).uniform(-0.3, 0.3, size=len(y))


def draw_roc(curves: Mapping[str, Curve], title: str = "ROC curve") -> None:
    """Draw ROC curves over the line of a coin.

    Parameters
    ----------
    curves : a model's name -> (false positive rates, true positive rates)
    """
    _, axes = plt.subplots(figsize=(6.2, 4.9))
    _roc_axes(axes)
    for number, (name, (across, up)) in enumerate(curves.items()):
        dashes = ("-", "--", "-.")[number % 3]
        axes.plot(across, up, dashes, color=COLORS.cycle[number], label=name, clip_on=False)
    axes.set_title(title)
    axes.legend(loc="lower right")


def _roc_axes(axes: Axes) -> None:
    axes.plot([0, 1], [0, 1], ":", color=COLORS.grey, linewidth=1.5)
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.02), aspect="equal")
    axes.set_xlabel("false positive rate (others called sick)")
    axes.set_ylabel("true positive rate (sick found)")


def threshold_explorer(
    confusion_matrix: Measure,
    sensitivity_specificity: Measure,
    roc_curve: Measure,
    models: Mapping[str, np.ndarray],
    y: np.ndarray,
    names: tuple[str, str],
) -> LiveFigure:
    """One threshold, seen four ways: on the scores, in the matrix, on the ROC curve, and paid for.

    Parameters
    ----------
    confusion_matrix, sensitivity_specificity, roc_curve : the learner's own
    models : a model's name -> its (n,) probabilities
    y : (n,) labels, 0 or 1
    names : what the labels 0 and 1 mean

    Returns
    -------
    a live figure with the controls `model`, `threshold`, `missed` and `alarm`; a press on the
    scores, on the ROC curve or on the costs moves the threshold
    """
    y = np.asarray(y)
    figure, ((score_axes, matrix_axes), (roc_axes, cost_axes)) = plt.subplots(
        2, 2, figsize=(9.2, 7.0), layout="none"
    )
    figure.subplots_adjust(left=0.08, right=0.98, bottom=0.085, top=0.95, wspace=0.24, hspace=0.38)

    _score_axes(score_axes, names)
    score_axes.set_yticks([0, 1], names, rotation=90, va="center")
    dots = score_axes.scatter(
        np.zeros(len(y)), _heights(y), s=26, c=y, cmap=COLORS.classes_cmap, alpha=0.75
    )
    score_line = score_axes.axvline(0.5, color=COLORS.black, linewidth=2)
    called = score_axes.axvspan(0.5, 1.02, color="#F3EADF", zorder=0)
    score_axes.set(xlabel="probability, says the model", title="the scores and the threshold")

    cells = _matrix_axes(matrix_axes, names)
    for text in cells.values():
        text.set_fontsize(20)
        text.set_y(text.get_position()[1] - 0.12)
    prices = {
        (row, column): matrix_axes.text(column + 0.5, row + 0.58, "", ha="center", va="center")
        for row, column in ((1, 0), (0, 1))
    }
    matrix_axes.set_title("confusion matrix")

    _roc_axes(roc_axes)
    (roc_line,) = roc_axes.plot([], [], color=COLORS.blue, clip_on=False)
    (roc_dot,) = roc_axes.plot([], [], "o", color=COLORS.black, markersize=10, clip_on=False)
    roc_axes.set_title("ROC curve")

    (cost_line,) = cost_axes.step([], [], where="mid", color=COLORS.purple)
    (cost_dot,) = cost_axes.plot([], [], "o", color=COLORS.black, markersize=10, clip_on=False)
    (lowest,) = cost_axes.plot([], [], "*", color=COLORS.green, markersize=16, clip_on=False)
    cost_axes.set(xlim=(-0.02, 1.02), xlabel="threshold", ylabel="cost of all errors")
    cost_axes.set_title("what the errors cost")

    shown = [next(iter(models))]  # the model of the last picture
    sweeps: dict[str, np.ndarray] = {}  # a model's (101, 2) missed and false alarms
    curves: dict[str, Curve] = {}

    def errors(model: str) -> np.ndarray:
        if model not in sweeps:
            matrices = [confusion_matrix(y, (models[model] >= t).astype(int)) for t in THRESHOLDS]
            sweeps[model] = np.array([[matrix[1][0], matrix[0][1]] for matrix in matrices], float)
        return sweeps[model]

    def places() -> dict[tuple[float, float], float]:
        missed, alarms = errors(shown[0]).T
        across, up = alarms / np.sum(y == 0), 1 - missed / np.sum(y == 1)
        return {(x, z): t for x, z, t in zip(across, up, THRESHOLDS.tolist(), strict=True)}

    def update(model: str, threshold: float, missed: int, alarm: int) -> str:
        shown[0] = model
        scores = np.asarray(models[model], float)
        y_hat = (scores >= threshold).astype(int)
        matrix = np.asarray(confusion_matrix(y, y_hat))
        sensitivity, specificity = sensitivity_specificity(y, y_hat)
        if model not in curves:
            across, up = roc_curve(y, scores)
            curves[model] = (np.asarray(across, float), np.asarray(up, float))

        dots.set_offsets(np.column_stack([scores, _heights(y)]))
        score_line.set_xdata([threshold, threshold])
        called.set_x(threshold)
        called.set_width(1.02 - threshold)

        for (row, column), text in cells.items():
            text.set_text(f"{int(matrix[row, column])}")
        for place, each in (((1, 0), missed), ((0, 1), alarm)):
            count = int(matrix[place])
            prices[place].set_text(f"cost {count} · {each} = {count * each}")

        roc_line.set_data(*curves[model])
        roc_dot.set_data([1 - specificity], [sensitivity])

        costs = errors(model) @ np.array([missed, alarm])
        cost = float(matrix[1, 0] * missed + matrix[0, 1] * alarm)
        best = _middle_of_lowest(costs)
        cost_line.set_data(THRESHOLDS, costs)
        cost_dot.set_data([threshold], [cost])
        lowest.set_data([THRESHOLDS[best]], [costs[best]])
        cost_axes.set_ylim(0, 1.08 * max(costs.max(), 1))
        return (
            f"Threshold {threshold:.2f}: sensitivity {100 * sensitivity:.0f} %, specificity "
            f"{100 * specificity:.0f} %. The errors cost {cost:.0f}. "
            f"Cheapest is {THRESHOLDS[best]:.2f}, with {costs[best]:.0f} (the star)."
        )

    return LiveFigure(
        figure,
        update,
        alt="Four pictures of one threshold: the scores that it parts, the confusion matrix, its "
        "point on the ROC curve, and the cost of the errors, lowest at a star.",
        pointer=[
            Pointer(score_axes, x="threshold"),
            Pointer(roc_axes, pick=places, control="threshold"),
            Pointer(cost_axes, x="threshold"),
        ],
        model=choice(list(models), next(iter(models)), "model"),
        threshold=slider(0.0, 1.0, 0.5, "threshold", step=0.01),
        missed=slider(1, 50, 10, "cost of a missed one", step=1),
        alarm=slider(1, 50, 1, "cost of a false alarm", step=1),
    )


def _middle_of_lowest(costs: np.ndarray) -> int:
    """The middle of the first run of lowest costs."""
    first = int(np.argmin(costs))
    last = first
    while last + 1 < len(costs) and costs[last + 1] == costs[first]:
        last += 1
    return (first + last) // 2


# --------------------------------------------------------------------------- the model


def draw_splits(
    results: Mapping[str, Sequence[float]], label: str, baseline: float | None = None
) -> None:
    """Draw a number for each split and model: what belongs to the same split is joined by a line.

    Parameters
    ----------
    results : a model's name -> one number a split
    label : what the numbers are, with their unit
    baseline : a line across, if given: what always “benign” reaches
    """
    _, axes = plt.subplots(figsize=(7.6, 4.2))
    table = np.array([list(values) for values in results.values()], float)  # (models, splits)
    for split in table.T:
        axes.plot(range(len(table)), split, "-", color="#C9CED2", linewidth=1.2, zorder=1)
    for place, values in enumerate(table):
        color = COLORS.cycle[place]
        axes.plot(np.full(len(values), place), values, "o", color=color, alpha=0.75, markersize=8)
        axes.plot([place - 0.16, place + 0.16], [values.mean()] * 2, color=COLORS.black)
        axes.text(place + 0.2, values.mean(), f"{values.mean():.1f}", va="center")
    if baseline is not None:
        axes.axhline(baseline, linestyle=":", color=COLORS.grey)
        axes.text(-0.45, baseline, " always “benign”", va="bottom", color=COLORS.grey)
    axes.set_xticks(range(len(table)), list(results))
    axes.set(xlim=(-0.5, len(table) - 0.5), ylabel=label)
    axes.grid(False, axis="x")


def draw_regions(
    models: Mapping[str, Callable[[np.ndarray], np.ndarray]], X: np.ndarray, y: np.ndarray
) -> None:
    """Draw what models say all over the plane, with examples on top.

    Parameters
    ----------
    models : a title -> a function from rows (k, 2) to probabilities (k,)
    X, y : (n, 2) examples and (n,) labels, 0 or 1
    """
    _, all_axes = plt.subplots(1, len(models), figsize=(4.6 * len(models), 4.0), squeeze=False)
    low, high = X.min(axis=0) - 0.3, X.max(axis=0) + 0.3
    across, up = np.meshgrid(np.linspace(low[0], high[0], 121), np.linspace(low[1], high[1], 121))
    grid = np.column_stack([across.ravel(), up.ravel()])
    for axes, (title, predict) in zip(all_axes[0], models.items(), strict=True):
        p = np.asarray(predict(grid)).reshape(across.shape)
        levels = np.linspace(0, 1, 21)
        axes.contourf(across, up, p, levels=levels, cmap=COLORS.probability_cmap, vmin=0, vmax=1)
        axes.contour(across, up, p, levels=[0.5], colors=COLORS.black, linewidths=1.8)
        axes.scatter(*X.T, c=y, cmap=COLORS.classes_cmap, s=22, edgecolors="white", linewidths=0.5)
        axes.set(title=title, xlabel="$x_1$", ylabel="$x_2$")
        axes.grid(False)


def draw_wrong(columns: np.ndarray, labels: tuple[str, str], y: np.ndarray, p: np.ndarray) -> None:
    """Draw examples over two of their columns, with frames round those that a model gets wrong.

    Parameters
    ----------
    columns : (n, 2)
    labels : what the two columns are
    y : (n,) labels, 0 or 1
    p : (n,) the model's probabilities
    """
    _, axes = plt.subplots(figsize=(7.6, 4.8))
    for label, name in ((0, "benign"), (1, "malignant")):
        color = COLORS.positive if label else COLORS.negative
        axes.plot(*columns[y == label].T, "o", color=color, alpha=0.45, markersize=5, label=name)
    frames = {
        "missed": ((y == 1) & (p < 0.5), "s", COLORS.black),
        "false alarm": ((y == 0) & (p >= 0.5), "D", COLORS.purple),
    }
    for name, (wrong, marker, color) in frames.items():
        axes.plot(
            *columns[wrong].T,
            *(marker,),
            markersize=12,
            markerfacecolor="none",
            markeredgecolor=color,
            markeredgewidth=2,
            label=f"{name}: {int(wrong.sum())}",
        )
    axes.set(xlabel=labels[0], ylabel=labels[1])
    axes.legend()


def draw_reliability(curves: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]) -> None:
    """Draw what models promise against what came, a panel each.

    Parameters
    ----------
    curves : a model's name -> (promised, came, counts), as from `reliability_curve`
    """
    _, all_axes = plt.subplots(
        1, len(curves), figsize=(3.5 * len(curves) + 0.6, 3.9), squeeze=False, sharey=True
    )
    for number, (name, (promised, came, counts)) in enumerate(curves.items()):
        axes = all_axes[0, number]
        axes.plot([0, 1], [0, 1], ":", color=COLORS.grey, linewidth=1.5)
        axes.plot(promised, came, "o-", color=COLORS.cycle[number], clip_on=False)
        for x, height, count in zip(promised, came, counts, strict=True):
            below = x > 0.5
            axes.annotate(
                f"{count}",
                (x, height),
                xytext=(7, -7) if below else (-7, 7),
                textcoords="offset points",
                ha="left" if below else "right",
                va="top" if below else "bottom",
                fontsize=10,
                color=COLORS.black,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
            )
        axes.set(xlim=(-0.24, 1.24), ylim=(-0.12, 1.12), aspect="equal", title=name)
        axes.set_xticks([0, 0.5, 1])
        axes.set_yticks([0, 0.5, 1])
        axes.set_xlabel("promised")
    all_axes[0, 0].set_ylabel("came: share malignant")


# -------------------------------------------------------------------------------- images


def draw_ten_classes(matrix: np.ndarray) -> None:
    """Draw a confusion matrix of ten digits, its errors in colour.

    Parameters
    ----------
    matrix : (10, 10) counts, rows the truth
    """
    _, axes = plt.subplots(figsize=(5.6, 5.2))
    errors = np.array(matrix, float)
    np.fill_diagonal(errors, 0)
    axes.imshow(errors, cmap="Oranges", vmin=0, vmax=max(4.0, errors.max() * 1.4))
    for row, column in np.ndindex(*np.shape(matrix)):
        count = int(matrix[row][column])
        if count:
            weight = "normal" if row == column else "bold"
            color = COLORS.grey if row == column else COLORS.black
            axes.text(column, row, str(count), ha="center", va="center", weight=weight, color=color)
    axes.set_xticks(range(10))
    axes.set_yticks(range(10))
    axes.set(xlabel="predicted", ylabel="truth")
    axes.grid(False)


def draw_wrong_digits(
    images: np.ndarray, truth: np.ndarray, predicted: np.ndarray, sure: np.ndarray
) -> None:
    """Draw pictures that a model gets wrong, what it says, and how sure it is.

    Parameters
    ----------
    images : (k, h, w) the pictures
    truth, predicted : (k,) digits
    sure : (k,) the probability of what is predicted, from 0 to 1
    """
    columns = 6
    rows = max(1, -(-len(images) // columns))
    _, all_axes = plt.subplots(rows, columns, figsize=(9.0, 2.05 * rows), squeeze=False)
    for axes in all_axes.flat:
        axes.axis("off")
    for axes, image, right, said, p in zip(
        all_axes.flat, images, truth, predicted, sure, strict=False
    ):
        axes.imshow(image, cmap=COLORS.image_cmap)
        axes.set_title(
            f"is {right}, says {said}\n{100 * p:.0f} % sure", fontsize=11, weight="normal"
        )


def draw_xrays(images: np.ndarray, titles: Sequence[str]) -> None:
    """Draw X-rays in a row, bright as on the film.

    Parameters
    ----------
    images : (k, h, w) brightness from 0 to 255
    titles : k short texts
    """
    _, all_axes = plt.subplots(
        1, len(images), figsize=(9.0, 9.0 / len(images) + 0.5), squeeze=False
    )
    for axes, image, title in zip(all_axes[0], images, titles, strict=True):
        axes.imshow(image, cmap="gray", vmin=0, vmax=255)
        axes.set_title(title, fontsize=11, weight="normal")
        axes.axis("off")
