"""Pictures of lesson 07: how far is too far, the race of the optimizers, and schedules.

They draw what the learner's own functions say, so these come in as arguments. The `draw_…`
functions leave an open figure for `show`; the others return a `LiveFigure`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from utils.figures import COLORS
from utils.live import LiveFigure, Pointer, choice, player, slider
from utils.optimizers import Layers, Rule, descend, train_with
from utils.surfaces import SURFACES
from utils.widgets.gradient_descent import FARTHEST, draw_map

StepFunction = Callable[..., Any]
RateOfStep = Callable[[int], float]  # number of the step, from 0 -> learning rate

RACE_STEPS = 100
LOWEST = 1e-6  # what lies lower counts as arrived, and is drawn here
HIGHEST = 1e9  # what lies higher has run away
RHO, BETA, BETA1, BETA2, EPSILON = 0.9, 0.9, 0.9, 0.999, 1e-8
RACE_BETA = 0.7  # on these small surfaces 0.9 would roll to and fro for long
ADADELTA_EPSILON = 1e-3  # its first steps take their length from it


# ---------------------------------------------------------------------- the contestants


@dataclass(frozen=True)
class Contestant:
    """One optimizer: how it is drawn, and how bold it is in the race.

    Attributes
    ----------
    color, marker : for its line and its place
    memories : how many arrays it remembers
    learning_rate : in the race over the surfaces; None if it has none
    """

    color: str
    marker: str
    memories: int
    learning_rate: float | None


CONTESTANTS = {
    "gradient descent": Contestant(COLORS.grey, "o", 0, 0.09),
    "momentum": Contestant(COLORS.blue, "s", 1, 0.09),
    "AdaGrad": Contestant(COLORS.orange, "^", 1, 0.5),
    "RMSProp": Contestant(COLORS.green, "v", 1, 0.1),
    "Adadelta": Contestant(COLORS.purple, "D", 2, None),
    "Adam": Contestant(COLORS.red, "P", 2, 0.2),
}


def make_rule(
    name: str, step_function: StepFunction, rate_of: float | RateOfStep, beta: float = BETA
) -> Rule:
    """A rule for `descend` or `train_with`, made of a step function and the usual settings.

    Parameters
    ----------
    name : of the optimizer, a key of `CONTESTANTS`
    step_function : its step, as `adam_step`
    rate_of : the learning rate; or a schedule, a function of the number of the step from 0
    beta : of the momentum

    Returns
    -------
    function of w, of what the optimizer remembers, of the gradient and of t, from 1
    """

    def rate(t: int) -> float:
        return rate_of(t - 1) if callable(rate_of) else rate_of

    rules: dict[str, Rule] = {
        "gradient descent": lambda w, g, t: (step_function(w, g, rate(t)),),
        "momentum": lambda w, velocity, g, t: step_function(w, velocity, g, rate(t), beta),
        "AdaGrad": lambda w, squares, g, t: step_function(w, squares, g, rate(t), EPSILON),
        "RMSProp": lambda w, squares, g, t: step_function(w, squares, g, rate(t), RHO, EPSILON),
        "Adadelta": lambda w, squares, deltas, g, t: step_function(
            w, squares, deltas, g, RHO, ADADELTA_EPSILON
        ),
        "Adam": lambda w, m, v, g, t: step_function(w, m, v, t, g, rate(t), BETA1, BETA2, EPSILON),
    }
    if name not in rules:
        raise ValueError(f"there is no optimizer {name!r} here, only {', '.join(rules)}.")
    return rules[name]


# ------------------------------------------------------------------ how far is too far


def parabola_explorer(gradient_step: StepFunction) -> LiveFigure:
    """Walk on a w² / 2: the jumps, beside the number that each step multiplies w by.

    Parameters
    ----------
    gradient_step : takes the steps

    Returns
    -------
    a live figure with the controls `curvature` and `learning_rate`; a press on the right moves
    the learning rate
    """
    steps = 12
    figure, (walk_axes, factor_axes) = plt.subplots(1, 2, figsize=(9.2, 4.2), layout="none")
    figure.subplots_adjust(left=0.08, right=0.98, bottom=0.14, top=0.9, wspace=0.28)
    line = np.linspace(-3.4, 3.4, 200)
    (parabola,) = walk_axes.plot([], [], color=COLORS.grey)
    (walk,) = walk_axes.plot([], [], ".-", color=COLORS.red, linewidth=1.2, markersize=9)
    (start,) = walk_axes.plot([], [], "o", color=COLORS.black)
    walk_axes.set(xlim=(-3.4, 3.4), xlabel="weight w", ylabel="loss a w² / 2")
    walk_axes.set_title(f"{steps} steps")
    rates = np.linspace(0, 3, 301)
    (factor,) = factor_axes.plot([], [], color=COLORS.black)
    (dot,) = factor_axes.plot([], [], "o", color=COLORS.red, markersize=10)
    factor_axes.axhspan(1, 3, color=COLORS.red, alpha=0.12, linewidth=0)
    factor_axes.text(0.06, 2.8, "runs away", color=COLORS.red, va="top", fontsize=12)
    factor_axes.text(2.94, 0.08, "settles", color=COLORS.green, ha="right", fontsize=12)
    factor_axes.set(xlim=(0, 3), ylim=(0, 3), xlabel="learning rate", ylabel="|1 - rate · a|")
    factor_axes.set_title("a step multiplies |w| by")

    def update(curvature: float, learning_rate: float) -> str:
        places = [np.array(-1.5)]
        for _ in range(steps):
            w = places[-1]
            places.append(np.asarray(gradient_step(w, curvature * w, learning_rate), float))
        on_paper = [float(w) for w in places if abs(w) < 50]
        heights = curvature * np.square(on_paper) / 2
        parabola.set_data(line, curvature * line**2 / 2)
        walk.set_data(on_paper, heights)
        start.set_data(on_paper[:1], heights[:1])
        top = curvature * 3.4**2 / 2
        walk_axes.set_ylim(-0.04 * top, top)
        factor.set_data(rates, np.abs(1 - rates * curvature))
        multiple = abs(1 - learning_rate * curvature)
        dot.set_data([learning_rate], [multiple])
        told = f"|1 - {learning_rate:.3g} · {curvature:g}| = {multiple:.3g}: "
        limit = f"The limit is 2 / {curvature:g} = {2 / curvature:.3g}."
        if multiple > 1 + 1e-9:
            return f"{told}every step lands further out. {limit}"
        if multiple > 1 - 1e-9:
            return f"{told}it jumps to and fro for ever. {limit}"
        if multiple < 1e-9:
            return f"{told}a single step arrives. {limit}"
        return f"{told}every step lands closer. {limit}"

    return LiveFigure(
        figure,
        update,
        alt="Left, steps on a parabola; right, the factor of a step against the learning rate: it "
        "falls to 0, rises again, and above 1 the walk runs away.",
        pointer=Pointer(factor_axes, x="learning_rate"),
        curvature=slider(0.8, 4.0, 2.0, "curvature a", step=0.1),
        learning_rate=slider(0.05, 2.5, 0.9, "learning rate", step=0.05),
    )


def stability_explorer(
    largest_stable_learning_rate: StepFunction, gradient_step: StepFunction
) -> LiveFigure:
    """A turned valley: the limit that was predicted, and the walk that keeps or breaks it.

    Parameters
    ----------
    largest_stable_learning_rate : predicts the limit from the Hessian
    gradient_step : takes the steps

    Returns
    -------
    a live figure with the controls `steepest`, `angle` and `share`
    """
    steps, reach, start = 40, 3.0, np.array([-2.2, 1.0])
    figure, (map_axes, distance_axes) = plt.subplots(1, 2, figsize=(9.2, 4.5), layout="none")
    figure.subplots_adjust(left=0.07, right=0.98, bottom=0.13, top=0.9, wspace=0.28)
    circle = np.array(
        [np.cos(np.linspace(0, 2 * np.pi, 121)), np.sin(np.linspace(0, 2 * np.pi, 121))]
    )
    rings = [map_axes.plot([], [], color="#7A98A8", lw=0.8)[0] for _ in range(9)]
    (path_line,) = map_axes.plot([], [], ".-", color=COLORS.red, linewidth=1.3, markersize=7)
    (ring,) = map_axes.plot(*start, "o", color=COLORS.black, markersize=8)
    map_axes.plot(0, 0, "*", color=COLORS.green, markersize=14)
    map_axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    map_axes.set(xlabel="weight $w_0$", ylabel="weight $w_1$", title="seen from above")
    map_axes.grid(False)
    (distance_line,) = distance_axes.semilogy([], [], ".-", color=COLORS.red, markersize=6)
    distance_axes.set(xlim=(-1, steps + 1), ylim=(1e-4, 1e3), xlabel="step")
    distance_axes.set(ylabel="distance from the minimum", title="does it settle?")
    _label_decades_only(distance_axes)

    def update(steepest: float, angle: int, share: float) -> str:
        radians = np.radians(angle)
        turn = np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])
        curvatures = np.array([1.0, steepest])
        hessian = turn @ np.diag(curvatures) @ turn.T
        limit = float(largest_stable_learning_rate(hessian))
        learning_rate = share * limit
        path = [start]
        with np.errstate(all="ignore"):
            for _ in range(steps):
                w = path[-1]
                path.append(np.asarray(gradient_step(w, hessian @ w, learning_rate), float))
            places = np.array(path)
            distances = np.sqrt((places**2).sum(axis=1))
        for number, contour in enumerate(rings):
            size = 0.55 * (number + 1)
            contour.set_data(*(turn @ (circle * size / np.sqrt(curvatures)[:, np.newaxis])))
        near = distances < 30
        path_line.set_data(*places[near].T)
        ring.set_data(start[:1], start[1:])
        distance_line.set_data(np.arange(steps + 1), np.clip(distances, 1e-12, 1e12))
        factors = np.abs(1 - learning_rate * curvatures)
        goes = "grows" if distances[-1] > distances[-2] > distances[-3] else "shrinks"
        if np.isclose(distances[-1], distances[-2], rtol=1e-6) and distances[-1] > 1e-9:
            goes = "stays"
        return (
            f"Predicted limit {limit:.4g}, learning rate {learning_rate:.4g}. A step multiplies "
            f"the part along the valley by {factors[0]:.3g} in size, the part across it by "
            f"{factors[1]:.3g}. At the end the distance {goes}."
        )

    return LiveFigure(
        figure,
        update,
        alt="Left, a turned valley from above with a walk that swings across it; right, its "
        "distance from the minimum at each step, which falls below the limit and grows above it.",
        steepest=slider(2.0, 40.0, 12.0, "curvature across", step=1.0),
        angle=slider(0, 90, 30, "turned by (°)", step=5),
        share=slider(0.1, 1.1, 0.95, "rate / limit", step=0.01),
    )


# ------------------------------------------------------------------------------ the race


def draw_walks(
    walks: Mapping[str, np.ndarray], surface: str, title: str = "loss at each step"
) -> None:
    """Draw walks over one surface: the map, beside the loss at each step.

    Parameters
    ----------
    walks : name of an optimizer -> its path (steps + 1, 2); names of `CONTESTANTS` have their
        own colours
    surface : a key of `SURFACES`
    title : above the losses
    """
    ground = SURFACES[surface]
    figure, (map_axes, loss_axes) = plt.subplots(1, 2, figsize=(9.2, 4.9))
    draw_map(map_axes, surface)
    for minimum in ground.minima:
        map_axes.plot(*minimum, "*", color=COLORS.green, markersize=14)
    for number, (name, path) in enumerate(walks.items()):
        color = CONTESTANTS[name].color if name in CONTESTANTS else COLORS.cycle[number]
        # two walks may be the same: the lower line shows through the gaps of the upper one
        dashes = "-" if name in CONTESTANTS else ("-", "--", "-.")[number % 3]
        path = np.asarray(path, float)
        map_axes.plot(*path.T, ".", linestyle=dashes, color=color, linewidth=1.4, markersize=6)
        heights = np.maximum(ground.function(path), 1e-15)
        loss_axes.semilogy(heights, linestyle=dashes, color=color, label=name)
    first = np.asarray(next(iter(walks.values())), float)[0]
    map_axes.plot(*first, "o", color=COLORS.black, markersize=8)
    map_axes.set_title(f"{surface}, seen from above")
    loss_axes.set(xlabel="step", ylabel="loss", title=title)
    figure.legend(loc="outside lower center", ncols=len(walks))


def optimizer_race(
    gradient_step: StepFunction,
    momentum_step: StepFunction,
    adagrad_step: StepFunction,
    rmsprop_step: StepFunction,
    adadelta_step: StepFunction,
    adam_step: StepFunction,
) -> LiveFigure:
    """All optimizers at once, on any surface, from any start.

    Parameters
    ----------
    the step function of each optimizer

    Returns
    -------
    a live figure with the controls `surface`, `w0`, `w1`, `boldness` and `step`; a press on the
    map moves the start, `w0` and `w1`
    """
    functions = (
        gradient_step, momentum_step, adagrad_step, rmsprop_step, adadelta_step, adam_step,
    )  # fmt: skip
    figure, (map_axes, loss_axes) = plt.subplots(1, 2, figsize=(9.6, 5.2), layout="none")
    figure.subplots_adjust(left=0.07, right=0.98, bottom=0.22, top=0.92, wspace=0.26)
    maps = {name: draw_map(map_axes, name) for name in SURFACES}
    map_axes.add_patch(
        Rectangle((-FARTHEST, -FARTHEST), 2 * FARTHEST, 2 * FARTHEST, fill=False, linestyle=":")
    )
    stars = {
        name: map_axes.plot(*np.transpose(surface.minima), "*", color=COLORS.black, markersize=14)[
            0
        ]
        for name, surface in SURFACES.items()
    }
    map_lines = [
        map_axes.plot([], [], color=c.color, linewidth=1.8, alpha=0.9)[0]
        for c in CONTESTANTS.values()
    ]
    heads = [
        map_axes.plot(
            [], [], c.marker, color=c.color, markersize=10, markeredgecolor="white", zorder=5
        )[0]
        for c in CONTESTANTS.values()
    ]
    (start_ring,) = map_axes.plot(
        [], [], "o", markersize=13, markerfacecolor="none", markeredgecolor=COLORS.black, mew=1.8
    )
    loss_lines = [
        loss_axes.semilogy([], [], color=c.color, linewidth=2, label=name)[0]
        for name, c in CONTESTANTS.items()
    ]
    loss_heads = [
        loss_axes.plot(
            [], [], c.marker, color=c.color, markersize=9, markeredgecolor="white", zorder=5
        )[0]
        for c in CONTESTANTS.values()
    ]
    loss_axes.set(xlim=(-2, RACE_STEPS + 2), xlabel="step", ylabel="loss")
    loss_axes.set_title("the loss at each step")
    _label_decades_only(loss_axes)
    handles = [
        plt.Line2D([], [], color=c.color, marker=c.marker, markersize=9, label=name)
        for name, c in CONTESTANTS.items()
    ]
    figure.legend(handles=handles, loc="lower center", ncols=6, columnspacing=1.4, handlelength=1.6)
    known: dict[tuple[str, float, float, float], list[np.ndarray]] = {}

    def paths_of(surface: str, w0: float, w1: float, boldness: float) -> list[np.ndarray]:
        """The whole race from this start; it is run once, and then only replayed."""
        key = (surface, w0, w1, boldness)
        if key not in known:
            known.clear()
            known[key] = [
                _race_path(name, function, surface, (w0, w1), boldness)
                for name, function in zip(CONTESTANTS, functions, strict=True)
            ]
        return known[key]

    def update(surface: str, w0: float, w1: float, boldness: float, step: int) -> str:
        ground = SURFACES[surface]
        paths = paths_of(surface, w0, w1, boldness)
        for name, contours in maps.items():
            contours.set_visible(name == surface)
            stars[name].set_visible(name == surface)
        map_axes.set(xlim=(-ground.reach, ground.reach), ylim=(-ground.reach, ground.reach))
        map_axes.set_title(f"{surface}, step {step}")
        start_ring.set_data([w0], [w1])
        heights = []
        for path, line, head, loss_line, loss_head in zip(
            paths, map_lines, heads, loss_lines, loss_heads, strict=True
        ):
            walked = path[: step + 1]
            with np.errstate(all="ignore"):
                height = ground.function(walked)
            height = np.where(np.isfinite(height), np.clip(height, LOWEST, HIGHEST), HIGHEST)
            walked = np.clip(np.nan_to_num(walked, nan=1e3), -1e3, 1e3)
            line.set_data(*walked.T)
            head.set_data(walked[-1:, 0], walked[-1:, 1])
            loss_line.set_data(np.arange(step + 1), height)
            loss_head.set_data([step], height[-1:])
            heights.append(float(height[-1]))
        top = max(3 * float(ground.function(np.array([w0, w1]))), 1e-3)
        loss_axes.set_ylim(LOWEST / 2, top)
        return _standings(heights, step)

    return LiveFigure(
        figure,
        update,
        alt="Left, a map of a surface with the paths of six optimizers from one start; right, the "
        "loss of each at every step. A press on the map moves the start.",
        pointer=Pointer(map_axes, x="w0", y="w1"),
        surface=choice(list(SURFACES), "valley", "surface"),
        w0=slider(-FARTHEST, FARTHEST, -2.0, "start $w_0$", step=0.1),
        w1=slider(-FARTHEST, FARTHEST, 1.0, "start $w_1$", step=0.1),
        boldness=slider(0.1, 10.0, 1.0, "all rates times", log=True),
        step=player(0, RACE_STEPS, 40, "step", interval_ms=120),
    )


def _race_path(
    name: str, function: StepFunction, surface: str, start: tuple[float, float], boldness: float
) -> np.ndarray:
    contestant = CONTESTANTS[name]
    rule = make_rule(name, function, boldness * (contestant.learning_rate or 1.0), RACE_BETA)
    with np.errstate(all="ignore"):  # a walk that runs away may overflow
        return np.asarray(
            descend(
                rule, contestant.memories, SURFACES[surface].gradient, np.array(start), RACE_STEPS
            ),
            float,
        )


def _standings(heights: Sequence[float], step: int) -> str:
    order = np.argsort(heights, kind="stable")
    names = list(CONTESTANTS)
    after = f"After {step} {'step' if step == 1 else 'steps'}"
    arrived = [name for name, height in zip(names, heights, strict=True) if height <= LOWEST]
    if step == 0:
        return "All six stand at the start. Press play."
    told = ", ".join(f"{names[i]} {heights[i]:.2g}" for i in order if LOWEST < heights[i] < HIGHEST)
    if arrived:
        told = f"arrived: {', '.join(arrived)}" + (f"; then {told}" if told else "")
    lost = [name for name, height in zip(names, heights, strict=True) if height >= HIGHEST]
    ran_away = f" Ran away: {', '.join(lost)}." if lost else ""
    return f"{after}, lowest first: {told}.{ran_away}"


# ------------------------------------------------------------- on a network: rates, schedules


def draw_rate_sweep(
    rates: Sequence[float], losses: Mapping[str, Sequence[float]], start: float, ylabel: str
) -> None:
    """Draw the loss after training against the learning rate, a curve an optimizer.

    Parameters
    ----------
    rates : the learning rates that were tried
    losses : name of an optimizer -> its final loss for each rate
    start : the loss before training, drawn as a line
    ylabel : what the losses are
    """
    _, axes = plt.subplots(figsize=(8.2, 4.6))
    for name, values in losses.items():
        contestant = CONTESTANTS[name]
        safe = np.nan_to_num(np.asarray(values, float), nan=1e3, posinf=1e3)
        axes.loglog(
            rates, safe, contestant.marker + "-", color=contestant.color, label=name, markersize=7
        )
    axes.axhline(start, color=COLORS.black, linestyle="--", linewidth=1.2, label="untrained")
    axes.set(xlabel="learning rate", ylabel=ylabel, ylim=(None, 10 * start))
    axes.legend(ncols=2, loc="lower left")


def rate_finder(
    gradient_step: StepFunction,
    momentum_step: StepFunction,
    rmsprop_step: StepFunction,
    adam_step: StepFunction,
    X: np.ndarray,
    y: np.ndarray,
    layers: Layers,
) -> LiveFigure:
    """Find a learning rate: one short run with a growing rate, beside a run with the chosen one.

    Parameters
    ----------
    gradient_step, momentum_step, rmsprop_step, adam_step : the optimizers to choose from
    X, y : (n, m) examples and (n,) labels
    layers : the network to start from

    Returns
    -------
    a live figure with the controls `optimizer` and `learning_rate`; a press on the left moves the
    learning rate
    """
    functions = {
        "gradient descent": gradient_step,
        "momentum": momentum_step,
        "RMSProp": rmsprop_step,
        "Adam": adam_step,
    }
    rates = finder_rates()
    train_steps = 150
    figure, (finder_axes, loss_axes) = plt.subplots(1, 2, figsize=(9.4, 4.3), layout="none")
    figure.subplots_adjust(left=0.08, right=0.98, bottom=0.14, top=0.9, wspace=0.26)
    (curve,) = finder_axes.semilogx([], [], color=COLORS.blue)
    chosen = finder_axes.axvline(1.0, color=COLORS.red, linestyle="--")
    (loss_line,) = loss_axes.semilogy([], [], color=COLORS.red)
    finder_axes.set(xlim=(rates[0], rates[-1]), xlabel="learning rate, growing", ylabel="loss")
    finder_axes.set_title("the finder, and the chosen rate")
    loss_axes.set(xlim=(-3, train_steps + 3), ylim=(1e-4, 20), xlabel="step", ylabel="loss")
    loss_axes.set_title("training with the chosen rate")
    _label_decades_only(finder_axes, loss_axes)
    curves: dict[str, np.ndarray] = {}
    trained: dict[tuple[str, float], np.ndarray] = {}

    def update(optimizer: str, learning_rate: float) -> str:
        memories = CONTESTANTS[optimizer].memories
        if optimizer not in curves:
            rule = make_rule(optimizer, functions[optimizer], lambda step: float(rates[step]))
            _, found = train_with(rule, memories, X, y, layers, len(rates))
            curves[optimizer] = found[1:]
        found = curves[optimizer]
        curve.set_data(rates, np.nan_to_num(found, nan=1e6, posinf=1e6))
        finder_axes.set_ylim(0, 2.2 * found[0])
        chosen.set_xdata([learning_rate, learning_rate])
        if (optimizer, learning_rate) not in trained:
            rule = make_rule(optimizer, functions[optimizer], learning_rate)
            _, losses = train_with(rule, memories, X, y, layers, train_steps)
            trained[optimizer, learning_rate] = losses
        losses = trained[optimizer, learning_rate]
        loss_line.set_data(np.arange(train_steps + 1), np.nan_to_num(losses, nan=1e6, posinf=1e6))
        lowest = float(rates[int(np.nanargmin(found))])
        last = f"{losses[-1]:.2g}" if np.isfinite(losses[-1]) else "no number at all"
        return (
            f"{optimizer}: on the left the loss is lowest at a rate of about {lowest:.2g}. With "
            f"{learning_rate:.2g} all the way, {train_steps} steps end at a loss of {last}."
        )

    return LiveFigure(
        figure,
        update,
        alt="Left, the loss while the learning rate grows: level, then falling, then shooting up; "
        "right, the loss of a training with the chosen rate.",
        pointer=Pointer(finder_axes, x="learning_rate"),
        optimizer=choice(list(functions), "momentum", "optimizer"),
        learning_rate=slider(1e-4, 10.0, 0.01, "learning rate", log=True),
    )


def _label_decades_only(*log_axes: Axes) -> None:
    """Leave out the labels between powers of ten, which are empty and still take time to place."""
    for axes in log_axes:
        axes.tick_params(which="minor", labelleft=False, labelbottom=False)


def finder_rates(steps: int = 100) -> np.ndarray:
    """Learning rates that grow from 0.0001 to 10, each by the same factor, (steps,)."""
    return np.geomspace(1e-4, 10, steps)


def schedule_explorer(
    step_decay: StepFunction,
    warmup_cosine: StepFunction,
    rmsprop_step: StepFunction,
    X: np.ndarray,
    y: np.ndarray,
    layers: Layers,
) -> LiveFigure:
    """A schedule, and what a network makes of it: the learning rate beside the loss.

    Parameters
    ----------
    step_decay, warmup_cosine : the schedules; a step counts as an epoch
    rmsprop_step : trains the network
    X, y : (n, m) examples and (n,) labels
    layers : the network to start from

    Returns
    -------
    a live figure with the controls `schedule`, `learning_rate`, `every` and `warmup`
    """
    steps, drop = 200, 0.5
    figure, (rate_axes, loss_axes) = plt.subplots(1, 2, figsize=(9.4, 4.3), layout="none")
    figure.subplots_adjust(left=0.08, right=0.98, bottom=0.14, top=0.9, wspace=0.26)
    (rate_line,) = rate_axes.plot([], [], color=COLORS.blue)
    (loss_line,) = loss_axes.semilogy([], [], color=COLORS.red, linewidth=1.5)
    rate_axes.set(xlim=(-4, steps + 4), xlabel="step", ylabel="learning rate")
    rate_axes.set_title("the schedule")
    loss_axes.set(xlim=(-4, steps + 4), ylim=(1e-6, 100), xlabel="step", ylabel="loss")
    loss_axes.set_title("what the network makes of it")
    _label_decades_only(loss_axes)
    trained: dict[tuple[float, ...], np.ndarray] = {}
    constant, stairs, cosine = "constant", "step decay", "warm-up and cosine"

    def update(schedule: str, learning_rate: float, every: int, warmup: int) -> str:
        def rate_of(step: int) -> float:
            if schedule == stairs:
                return float(step_decay(learning_rate, step, drop, every))
            if schedule == cosine:
                return float(warmup_cosine(learning_rate, step, warmup, steps))
            return learning_rate

        rates = tuple(rate_of(step) for step in range(steps))
        if rates not in trained:
            rule = make_rule("RMSProp", rmsprop_step, rate_of)
            _, trained[rates] = train_with(rule, 1, X, y, layers, steps)
        losses = trained[rates]
        rate_line.set_data(np.arange(steps), rates)
        rate_axes.set_ylim(-0.04 * learning_rate, 1.1 * learning_rate)
        shown = np.nan_to_num(losses, nan=1e6, posinf=1e6)
        loss_line.set_data(np.arange(steps + 1), shown)
        return (
            f"{schedule}: the loss went from {shown[0]:.2g} to {shown[-1]:.2g}. Highest in the "
            f"first 20 steps: {shown[:21].max():.2g}, in the last 50: {shown[-50:].max():.2g}."
        )

    return LiveFigure(
        figure,
        update,
        alt="Left, the learning rate at each step of a schedule; right, the loss of a network "
        "trained with it: with a constant rate it leaps about, with a falling one it settles.",
        schedule=choice([constant, stairs, cosine], constant, "schedule"),
        # twenty places to each power of ten: the start is one of them
        learning_rate=slider(0.002, 2.0, 0.2, "learning rate", log=True),
        every=slider(5, 100, 30, "drop every", step=5),
        warmup=slider(1, 60, 30, "warm-up steps"),
    )


def draw_losses(
    losses: Mapping[str, Sequence[float]], title: str, axes: Axes | None = None
) -> None:
    """Draw losses against steps on a logarithmic axis, each optimizer in its own colour.

    Parameters
    ----------
    losses : name -> (steps + 1,) losses; names of `CONTESTANTS` have their own colours
    title : short text above
    axes : where to draw; a new figure if not given
    """
    if axes is None:
        _, axes = plt.subplots(figsize=(8.2, 4.4))
    for number, (name, values) in enumerate(losses.items()):
        color = CONTESTANTS[name].color if name in CONTESTANTS else COLORS.cycle[number]
        shown = np.nan_to_num(np.asarray(values, float), nan=1e6, posinf=1e6)
        axes.semilogy(np.maximum(shown, 1e-9), color=color, label=name, linewidth=1.7)
    axes.set(xlabel="step", ylabel="loss (mean cross-entropy)", title=title)
    axes.legend()


__all__ = [
    "CONTESTANTS",
    "draw_losses",
    "draw_rate_sweep",
    "draw_walks",
    "finder_rates",
    "make_rule",
    "optimizer_race",
    "parabola_explorer",
    "rate_finder",
    "schedule_explorer",
    "stability_explorer",
]
