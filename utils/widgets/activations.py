"""Pictures of lesson 02: a plane of decisions, one activation, a stack, and the softmax."""

from collections.abc import Callable, Mapping
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

from utils.figures import COLORS
from utils.live import LiveFigure, choice, slider, toggle
from utils.widgets.plane import PlaneMap, draw_plane, draw_points

Elementwise = Callable[[np.ndarray], np.ndarray]
Layer = tuple[np.ndarray, np.ndarray]

SATURATED = 0.05  # a slope below this, in size, counts as saturated
HIDDEN_UNITS = 8


# ------------------------------------------------------------------- one activation


def activation_explorer(activations: Mapping[str, tuple[Elementwise, Elementwise]]) -> LiveFigure:
    """An activation over its derivative, with the tangent at one z and the saturated parts shaded.

    Parameters
    ----------
    activations : name -> (function, derivative), each elementwise; two names at least

    Returns
    -------
    a live figure with the controls `name` and `z`
    """
    z_axis = np.linspace(-8, 8, 801)
    figure, (height_axes, slope_axes) = plt.subplots(
        2, 1, figsize=(7, 5.6), sharex=True, height_ratios=(3, 2), layout="none"
    )
    # the axes stay where they are when another activation brings other tick labels
    figure.subplots_adjust(left=0.12, right=0.97, bottom=0.1, top=0.93, hspace=0.08)
    (height_line,) = height_axes.plot([], [], color=COLORS.blue)
    (tangent,) = height_axes.plot([], [], color=COLORS.orange, linewidth=3)
    (height_dot,) = height_axes.plot([], [], "o", color=COLORS.orange, markersize=9)
    (slope_line,) = slope_axes.plot([], [], color=COLORS.green)
    (slope_dot,) = slope_axes.plot([], [], "o", color=COLORS.orange, markersize=9)
    shades = [
        axes.fill_between(
            [], [], transform=axes.get_xaxis_transform(), color=COLORS.grey, alpha=0.18, lw=0
        )
        for axes in (height_axes, slope_axes)
    ]
    height_axes.set(xlim=(-8, 8), ylabel="activation $f(z)$")
    slope_axes.set(ylim=(-0.08, 1.15), xlabel="pre-activation z", ylabel="slope $f'(z)$")

    def update(name: str, z: float) -> str:
        function, derivative = activations[name]
        heights, slopes = np.asarray(function(z_axis)), np.asarray(derivative(z_axis))
        height = float(np.asarray(function(np.array([z])))[0])
        slope = float(np.asarray(derivative(np.array([z])))[0])
        height_line.set_data(z_axis, heights)
        slope_line.set_data(z_axis, slopes)
        tangent.set_data([z - 1.5, z + 1.5], [height - 1.5 * slope, height + 1.5 * slope])
        height_dot.set_data([z], [height])
        slope_dot.set_data([z], [slope])
        low, high = float(np.min(heights)), float(np.max(heights))
        margin = 0.15 * (high - low) + 1e-6
        height_axes.set_ylim(low - margin, high + margin)
        height_axes.set_title(f"{name} and, below, its slope (grey: saturated)")
        for shade in shades:
            shade.set_data(z_axis, 0, 1, where=np.abs(slopes) < SATURATED)
        return _slope_sentence(name, z, height, slope)

    return LiveFigure(
        figure,
        update,
        alt=(
            "Above, an activation function with its tangent at one point; below, its slope. "
            "Grey shading marks where the slope is below 0.05: there the activation is saturated."
        ),
        name=choice(list(activations), next(iter(activations)), "activation"),
        z=slider(-8.0, 8.0, 1.0, "z", step=0.1),
    )


def _slope_sentence(name: str, z: float, height: float, slope: float) -> str:
    values = f"{name}({z:.1f}) = {height:.4f}, and its slope there is {slope:.4f}."
    if abs(slope) < SATURATED:
        return f"{values} Saturated: nudge z by 0.1 and the output moves by less than 0.005."
    return f"{values} Nudge z by 0.1, and the output moves by about {0.1 * slope:.4f}."


# ----------------------------------------------------------------- a stack of layers


def stack_explorer(
    activations: Mapping[str, Elementwise],
    collapse_linear_layers: Callable[..., Layer],
) -> LiveFigure:
    """A stack of layers with random weights, its nonlinearity switched on or off.

    On the left the sign of the stack's output over the plane; on the right the output along the
    line x2 = 0. With the nonlinearity off, all layers are folded into one, whose boundary is drawn.

    Parameters
    ----------
    activations : name -> elementwise function; two names at least
    collapse_linear_layers : folds two linear layers into one

    Returns
    -------
    a live figure with the controls `bend`, `name`, `depth` and `seed`
    """
    side = np.linspace(-3, 3, 121)
    cut = np.column_stack([side, np.zeros_like(side)])  # (121, 2), along x2 = 0
    figure, (map_axes, cut_axes) = plt.subplots(1, 2, figsize=(8, 4.1))
    plane = PlaneMap(map_axes, (-3, -3), (3, 3), 121, 121, cmap=COLORS.regions_cmap)
    (fold_line,) = map_axes.plot([], [], "--", color=COLORS.black, label="folded into one")
    map_axes.set(xlim=(-3, 3), ylim=(-3, 3), title="orange: output above zero")
    (cut_line,) = cut_axes.plot([], [], color=COLORS.blue)
    cut_axes.axhline(0, color=COLORS.grey, linewidth=1)
    cut_axes.set(xlim=(-3, 3), ylim=(-1.1, 1.1), xlabel="input x1, at x2 = 0")
    cut_axes.set(ylabel="output, scaled to ±1", title="a cut through the middle")

    def update(bend: bool, name: str, depth: int, seed: int) -> str:
        activation = activations[name] if bend else None
        layers = _random_layers(depth, seed)
        outputs = _stack(plane.points, layers, activation)
        # the last bias is free: choose it so that the boundary runs through the picture
        level = np.quantile(outputs, 0.4)
        layers[-1] = (layers[-1][0], layers[-1][1] - level)
        plane.shade(outputs > level)
        along_cut = _stack(cut, layers, activation)
        cut_line.set_data(side, along_cut / np.max(np.abs(along_cut)))
        numbers = sum(W.size + b.size for W, b in layers)
        stack = f"{depth} hidden {'layer' if depth == 1 else 'layers'} and the output"
        if bend:
            fold_line.set_data([], [])
            return (
                f"{stack}: {numbers} numbers. With {name} between the layers the output bends. "
                f"Over the whole square it moves by {np.ptp(outputs):.2g}."
            )
        W, b = layers[0]
        for next_W, next_b in layers[1:]:
            W, b = collapse_linear_layers(W, b, next_W, next_b)
        (w1, w2), bias = np.ravel(W), float(np.ravel(b)[0])
        fold_line.set_data(*_line_in_square(w1, w2, bias))
        return (
            f"{stack}: {numbers} numbers. With no bend between them they fold into one layer of 3 "
            f"numbers, weights {w1:.1f} and {w2:.1f} and bias {bias:.1f}: the dashed straight line."
        )

    return LiveFigure(
        figure,
        update,
        alt=(
            "Left, the plane of two inputs, coloured by the sign of a stack's output; right, the "
            "output along a line. With the nonlinearity off both are straight at any depth."
        ),
        bend=toggle(False, "nonlinearity between the layers"),
        name=choice(list(activations), next(iter(activations)), "activation"),
        depth=slider(1, 8, 3, "hidden layers"),
        seed=slider(0, 20, 6, "roll the weights"),
    )


def _random_layers(depth: int, seed: int) -> list[Layer]:
    """`depth` hidden layers and an output layer, from 2 inputs to 1 output."""
    rng = np.random.default_rng(seed)
    sizes = [2, *[HIDDEN_UNITS] * depth, 1]
    return [
        (
            # wide enough that the bends show: each pre-activation is about 2 in size
            2 * rng.normal(size=(n_inputs, n_outputs)) / np.sqrt(n_inputs),
            rng.normal(size=n_outputs),
        )
        for n_inputs, n_outputs in pairwise(sizes)
    ]


def _stack(X: np.ndarray, layers: list[Layer], activation: Elementwise | None) -> np.ndarray:
    """Outputs (n,) of a stack of layers; the activation stands between them, not after the last."""
    for W, b in layers[:-1]:
        X = X @ W + b
        if activation is not None:
            X = np.asarray(activation(X))
    W, b = layers[-1]
    return (X @ W + b)[:, 0]


def _line_in_square(w1: float, w2: float, bias: float) -> tuple[np.ndarray, np.ndarray]:
    """Two points far out on the line w1 x1 + w2 x2 + bias = 0."""
    w = np.array([w1, w2])
    nearest = -bias * w / (w @ w)  # the line's point nearest to the origin
    along = np.array([-w2, w1]) / np.sqrt(w @ w)
    ends = np.array([nearest - 20 * along, nearest + 20 * along])
    return ends[:, 0], ends[:, 1]


# ------------------------------------------------------------------------ the softmax


def softmax_explorer(softmax: Elementwise) -> LiveFigure:
    """Three scores with sliders beside the probabilities that the softmax makes of them.

    Parameters
    ----------
    softmax : (n, k) logits -> (n, k) probabilities

    Returns
    -------
    a live figure with the controls `cat`, `dog`, `bird` and `added`
    """
    names = ("cat", "dog", "bird")
    colors = (COLORS.blue, COLORS.orange, COLORS.green)
    figure, (score_axes, share_axes) = plt.subplots(1, 2, figsize=(7, 3.6), layout="none")
    # room for tick labels as long as -1000: the axes stay where they are while the scores change
    figure.subplots_adjust(left=0.13, right=0.98, bottom=0.1, top=0.89, wspace=0.36)
    score_bars = score_axes.bar(names, np.zeros(3), color=colors)
    share_bars = share_axes.bar(names, np.zeros(3), color=colors)
    labels = [
        axes.text(position, 0, "", ha="center", va="bottom", fontsize=11)
        for axes in (score_axes, share_axes)
        for position in range(3)
    ]
    score_axes.axhline(0, color=COLORS.grey, linewidth=1)
    score_axes.set(title="scores (logits)", ylabel="score")
    share_axes.set(title="shares (softmax)", ylabel="probability", ylim=(0, 1.12))

    def update(cat: float, dog: float, bird: float, added: int) -> str:
        logits = np.array([[cat, dog, bird]]) + added
        shares = np.asarray(softmax(logits))
        if shares.shape != (1, 3):
            raise ValueError(f"softmax should return the shape (1, 3) here, not {shares.shape}")
        heights = [*logits[0], *shares[0]]
        for bar, label, height in zip([*score_bars, *share_bars], labels, heights, strict=True):
            bar.set_height(height)
            label.set_y(max(height, 0))
        for label, height in zip(labels[:3], logits[0], strict=True):
            label.set_text(f"{height:.1f}")
        for label, share in zip(labels[3:], shares[0], strict=True):
            label.set_text(f"{share:.3f}")
        low, high = min(0, logits.min()), max(0, logits.max())
        margin = 0.12 * (high - low) + 0.5
        score_axes.set_ylim(low - margin, high + margin)
        parts = " + ".join(f"{share:.3f}" for share in shares[0])
        return f"{parts} = {shares.sum():.3f}"

    return LiveFigure(
        figure,
        update,
        alt="Left, bars of three scores; right, bars of the probabilities that softmax makes.",
        cat=slider(-5.0, 5.0, 2.0, "score of cat", step=0.1),
        dog=slider(-5.0, 5.0, 1.0, "score of dog", step=0.1),
        bird=slider(-5.0, 5.0, -1.0, "score of bird", step=0.1),
        added=slider(-1000, 1000, 0, "added to all three", step=100),
    )


__all__ = [
    "activation_explorer",
    "draw_plane",
    "draw_points",
    "softmax_explorer",
    "stack_explorer",
]
