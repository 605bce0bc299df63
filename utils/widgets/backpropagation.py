"""Diagrams and live figures of lesson 06, backpropagation.

They draw what the learner's own functions and the learner's own `Value`s say, so these come in as
arguments. The `draw_…` functions leave an open figure for `show`; the others return a `LiveFigure`.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path
from numpy.typing import ArrayLike

from utils.activations import relu_derivative, sigmoid, sigmoid_derivative, tanh_derivative
from utils.figures import COLORS
from utils.gradient_descent import numerical_gradient
from utils.live import LiveFigure, Pointer, choice, player, slider
from utils.losses import bce_with_logits, bce_with_logits_gradient
from utils.networks import deep_forward
from utils.widgets.plane import PlaneMap, draw_points

Layers = list[tuple[np.ndarray, np.ndarray]]
ByHand = Callable[[float, float, float, float], tuple[float, float]]
NetworkGradients = Callable[
    [np.ndarray, np.ndarray, Layers], tuple[float, list[tuple[np.ndarray, np.ndarray]]]
]
DenseBackward = Callable[
    [np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]
]

LIT = "#F6E3B4"  # the pale yellow of what is being looked at


def number(value: float) -> str:
    """Write a number as on a blackboard: at most three digits behind the point, a true minus.

    >>> number(3.0), number(-0.5), number(1 / 3), number(-0.0)
    ('3', '−0.5', '0.333', '0')
    """
    if not math.isfinite(value):
        return str(value)
    decimals = 3 if abs(value) < 10 else 2 if abs(value) < 100 else 0
    text = f"{round(float(value), decimals) + 0.0:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−")


def factor(value: float) -> str:
    """Write a number that is multiplied: small ones keep three digits that count.

    >>> factor(0.01327), factor(-0.5)  # with 0.013, a product would not come out
    ('0.0133', '−0.5')
    """
    small = 1e-4 <= abs(value) < 0.1
    return f"{value:.3g}".replace("-", "−") if small else number(value)


# ------------------------------------------------------------------------ a chain of two weights


def chain_explorer(gradient_by_hand: ByHand) -> LiveFigure:
    """Show the chain w1 → z1 → y_hat → J with its slopes, over J as a curve with its tangent.

    Parameters
    ----------
    gradient_by_hand : gives the slope of the tangent
    """
    x, y = 2.0, 1.0
    figure, (chain_axes, curve_axes) = plt.subplots(
        2, 1, figsize=(8.4, 5.8), height_ratios=(1, 1.35)
    )
    chain_axes.set(xlim=(-0.2, 10.4), ylim=(-1.5, 1.5), aspect="equal")
    chain_axes.axis("off")
    places = {r"$w_1$": 0.7, r"$z_1$": 3.7, r"$\hat{y}$": 6.7, "J": 9.6}
    values, slopes = [], []
    for name, place in places.items():
        chain_axes.add_patch(_box((place, 0), 1.3, 1.1))
        chain_axes.text(place, 0.24, name, ha="center", va="center", fontsize=14, weight="bold")
        values.append(
            chain_axes.text(place, -0.25, "", ha="center", va="center", color=COLORS.blue)
        )
    centres = list(places.values())
    labels = [r"$\sigma(w_1 x)$", r"$w_2 z_1$", r"$(\hat{y}-y)^2$"]
    for (start, end), label in zip(pairwise(centres), labels, strict=True):
        middle = (start + end) / 2
        _arrow(chain_axes, (start + 0.68, 0.14), (end - 0.7, 0.14), COLORS.blue)
        _arrow(chain_axes, (end - 0.7, -0.2), (start + 0.68, -0.2), COLORS.red)
        chain_axes.text(
            middle, 0.3, label, ha="center", va="bottom", fontsize=12, color=COLORS.blue
        )
        slopes.append(
            chain_axes.text(middle, -0.4, "", ha="center", va="top", fontsize=11, color=COLORS.red)
        )
    heading = chain_axes.text(5.1, 1.2, "", ha="center", va="center", fontsize=12)

    (curve,) = curve_axes.plot([], [], color=COLORS.black)
    (tangent,) = curve_axes.plot([], [], "--", color=COLORS.red, label="your slope")
    (point,) = curve_axes.plot([], [], "o", color=COLORS.red, markersize=9)
    curve_axes.set(xlim=(-4, 4), ylim=(-0.5, 6), ylabel="loss J")
    curve_axes.legend(loc="upper right")

    def loss(w1: ArrayLike, w2: ArrayLike) -> np.ndarray:
        return np.square(np.multiply(w2, sigmoid(np.multiply(w1, x))) - y)

    def update(w1: float, w2: float, weight: str) -> str:
        slope_1, slope_2 = (float(s) for s in gradient_by_hand(x, y, w1, w2))
        z1 = float(sigmoid(w1 * x))
        y_hat = w2 * z1
        for text, value in zip(values, (w1, z1, y_hat, (y_hat - y) ** 2), strict=True):
            text.set_text(number(value))
        links = (z1 * (1 - z1) * x, w2, 2 * (y_hat - y))
        for text, link in zip(slopes, links, strict=True):
            text.set_text(f"slope {factor(link)}")
        heading.set_text(f"x = {number(x)}, target y = {number(y)}")
        along = np.linspace(-4, 4, 161)
        here = w1 if weight == "w1" else w2
        slope = slope_1 if weight == "w1" else slope_2
        curve.set_data(along, loss(along, w2) if weight == "w1" else loss(w1, along))
        point.set_data([here], [loss(w1, w2)])
        reach = np.array([-1.2, 1.2])
        tangent.set_data(here + reach, loss(w1, w2) + slope * reach)
        curve_axes.set_xlabel("weight w1" if weight == "w1" else "weight w2")
        if weight == "w1":
            product = " · ".join(factor(link) for link in reversed(links))
        else:
            product = f"{factor(links[2])} · {factor(z1)}"
        return (
            f"Back along the chain, dJ/d{weight} = {product} = "
            f"{factor(math.prod(links) if weight == 'w1' else links[2] * z1)}. "
            f"Your function says {factor(slope)}."
        )

    return LiveFigure(
        figure,
        update,
        alt="A chain of four boxes, w1, z1, y-hat and J, with values flowing right and slopes "
        "flowing left; below, the loss as a curve over one weight, with the tangent there.",
        w1=slider(-4.0, 4.0, 0.0, "weight $w_1$", step=0.25),
        w2=slider(-4.0, 4.0, 3.0, "weight $w_2$", step=0.25),
        weight=choice(["w1", "w2"], "w1", "curve over"),
    )


def _box(at: tuple[float, float], width: float, height: float, **style: Any) -> FancyBboxPatch:
    look: dict[str, Any] = {
        "facecolor": "white",
        "edgecolor": COLORS.grey,
        "linewidth": 1.5,
        "zorder": 3,
    }
    look |= style
    return FancyBboxPatch(
        (at[0] - width / 2, at[1] - height / 2),
        width,
        height,
        boxstyle="round,pad=0,rounding_size=0.15",
        **look,
    )


def _arrow(
    axes: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    color: str,
) -> None:
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=14,
            shrinkA=0,
            shrinkB=0,
            color=color,
            linewidth=1.8,
        )
    )


# --------------------------------------------------------------------------- computation graphs


@dataclass(frozen=True)
class Graph:
    """A computation, read off a result that remembers its parents.

    Attributes
    ----------
    labels : what each node is called, in an order in which each comes after its parents
    operations : what made each node; "" for an input
    data : the node's number
    grads : the node's gradient, as the learner's `backward` left it
    parents : for each node the places of its parents
    slopes : for each node the slope with respect to each parent
    """

    labels: tuple[str, ...]
    operations: tuple[str, ...]
    data: tuple[float, ...]
    grads: tuple[float, ...]
    parents: tuple[tuple[int, ...], ...]
    slopes: tuple[tuple[float, ...], ...]

    def gradients_step_by_step(self) -> list[list[float]]:
        """The gradients by the chain rule: at the start, and after each node has passed its on."""
        gradients = [0.0] * len(self.labels)
        gradients[-1] = 1.0
        steps = [gradients.copy()]
        for node in self.going_back():
            for parent, slope in zip(self.parents[node], self.slopes[node], strict=True):
                gradients[parent] += slope * gradients[node]
            steps.append(gradients.copy())
        return steps

    def going_back(self) -> list[int]:
        """The nodes that pass gradients on, from the result to the inputs."""
        return [node for node in reversed(range(len(self.labels))) if self.parents[node]]

    def ways(self, node: int) -> Iterator[list[int]]:
        """All ways from a node to the result, each as a list of places."""
        if node == len(self.labels) - 1:
            yield [node]
        for child in range(len(self.labels)):
            for parent in self.parents[child]:
                if parent == node:
                    for rest in self.ways(child):
                        yield [node, *rest]


def read_graph(result: Any, names: Mapping[str, Any]) -> Graph:
    """Read the graph that a result remembers.

    Parameters
    ----------
    result : a `Value`, whose `parents` and `slopes` lead back to the inputs
    names : name → Value, for the nodes that have one

    Raises
    ------
    AttributeError, with a sentence, for a Value that does not keep its parents and slopes
    """
    order: list[Any] = []
    done: set[int] = set()
    waiting = [result]
    while waiting:
        node = waiting[-1]
        for attribute in ("data", "grad", "parents", "slopes"):
            if not hasattr(node, attribute):
                raise AttributeError(
                    f"your Value has no .{attribute}: the graph is drawn from each Value's .data, "
                    ".grad, .parents and .slopes, as the exercise describes them."
                )
        if len(node.parents) != len(node.slopes):
            raise AttributeError(
                f"a Value made by {getattr(node, 'operation', '') or 'you'!r} has "
                f"{len(node.parents)} parents and {len(node.slopes)} slopes: it needs one for each."
            )
        missing = [parent for parent in node.parents if id(parent) not in done]
        if missing:
            waiting.extend(missing)
            continue
        waiting.pop()
        if id(node) not in done:
            done.add(id(node))
            order.append(node)
    known = {id(value): name for name, value in names.items()}
    place = {id(node): index for index, node in enumerate(order)}
    return Graph(
        tuple(known.get(id(node), "") for node in order),
        tuple(str(getattr(node, "operation", "")) for node in order),
        tuple(float(node.data) for node in order),
        tuple(float(node.grad) for node in order),
        tuple(tuple(place[id(parent)] for parent in node.parents) for node in order),
        tuple(tuple(float(slope) for slope in node.slopes) for node in order),
    )


def _read_or_say_why(result: Any, names: Mapping[str, Any]) -> tuple[Graph, Exception | None]:
    """Read a graph; where that fails, an empty one, and the error to be shown in the picture."""
    try:
        return read_graph(result, names), None
    except Exception as error:  # noqa: BLE001 (a learner's class may raise anything)
        return Graph((), (), (), (), (), ()), error


COLUMN, ROW = 2.75, 1.5  # distances between the boxes of a graph
BOX_WIDTH, BOX_HEIGHT = 1.64, 1.24
LARGEST_UNIT = 0.74  # inches: boxes of small graphs need not be larger

Point = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """Where a graph's boxes stand, and which way its arrows take.

    Attributes
    ----------
    places : centre of each node's box
    routes : (child, use) → the points of the arrow to the child's parent number `use`, from the
        parent's right side to the child's left side
    """

    places: list[Point]
    routes: dict[tuple[int, int], list[Point]]


def lay_out(graph: Graph) -> Layout:
    """Place a graph's nodes in columns, inputs left and the result right.

    An arrow that passes over a column gets a place of its own there, so that it crosses no box.
    """
    column = _columns(graph)
    # a point on a long arrow's way is a stop: numbered on from the nodes
    stops: dict[tuple[int, int], list[int]] = {}
    links: list[tuple[int, int]] = []
    for child, parents in enumerate(graph.parents):
        for use, parent in enumerate(parents):
            on_the_way = []
            for passed in range(column[parent] + 1, column[child]):
                on_the_way.append(len(column))
                column.append(passed)
            stops[child, use] = on_the_way
            links += pairwise([parent, *on_the_way, child])
    height = _heights(column, links)
    places = [(COLUMN * c, ROW * h) for c, h in zip(column, height, strict=True)]
    return Layout(places[: len(graph.labels)], _routes(graph, places, stops))


def _columns(graph: Graph) -> list[int]:
    """The column of each node: after all its parents, and an input just before its first use."""
    column: list[int] = []
    for parents in graph.parents:
        column.append(max((column[parent] + 1 for parent in parents), default=0))
    for node, parents in enumerate(graph.parents):
        uses = [column[c] for c, others in enumerate(graph.parents) if node in others]
        if not parents and uses:
            column[node] = min(uses) - 1
    return column


def _heights(column: Sequence[int], links: Sequence[tuple[int, int]]) -> list[float]:
    """The height of each node or stop: each moves to the middle of its neighbours, in turn."""
    members = [
        [n for n, c in enumerate(column) if c == chosen] for chosen in range(max(column) + 1)
    ]
    near: list[list[int]] = [[] for _ in column]
    for left, right in links:
        near[left].append(right)
        near[right].append(left)
    height = [0.0] * len(column)
    for nodes in members:
        for row, node in enumerate(nodes):
            height[node] = (len(nodes) - 1) / 2 - row
    for sweep in range(10):
        for nodes in members if sweep % 2 else members[::-1]:
            wish = {n: sum(height[m] for m in near[n]) / max(len(near[n]), 1) for n in nodes}
            for row, node in enumerate(sorted(nodes, key=lambda n: (-wish[n], -height[n]))):
                height[node] = (len(nodes) - 1) / 2 - row
    return height


def _routes(
    graph: Graph, places: Sequence[Point], stops: Mapping[tuple[int, int], list[int]]
) -> dict[tuple[int, int], list[Point]]:
    """The points of each arrow; arrows at the same side of a box leave it at different heights."""
    leaving: dict[int, list[tuple[int, int]]] = {}
    for child, use in stops:
        leaving.setdefault(graph.parents[child][use], []).append((child, use))

    def next_height(key: tuple[int, int]) -> float:
        return places[(stops[key] or [key[0]])[0]][1]

    def last_height(key: tuple[int, int]) -> float:
        return places[(stops[key] or [graph.parents[key[0]][key[1]]])[-1]][1]

    routes = {}
    for (child, use), on_the_way in stops.items():
        parent = graph.parents[child][use]
        entering = [(child, u) for u in range(len(graph.parents[child]))]
        out_at = _port(leaving[parent], (child, use), next_height)
        in_at = _port(entering, (child, use), last_height)
        (x0, y0), (x1, y1) = places[parent], places[child]
        route = [(x0 + BOX_WIDTH / 2, y0 + out_at)]
        for stop in on_the_way:
            x, y = places[stop]
            route += [(x - 0.6, y), (x + 0.6, y)]
        routes[child, use] = [*route, (x1 - BOX_WIDTH / 2, y1 + in_at)]
    return routes


def _port(
    keys: Sequence[tuple[int, int]],
    key: tuple[int, int],
    height: Callable[[tuple[int, int]], float],
) -> float:
    """How far above a box's middle an arrow meets it, among those that meet the same side."""
    ordered = sorted(keys, key=lambda k: (-height(k), k))
    return 0.34 * ((len(ordered) - 1) / 2 - ordered.index(key))


def _draw_graph(
    axes: Axes,
    graph: Graph,
    grads: Sequence[float | None],
    active: int | None = None,
    lit: set[tuple[int, int]] | None = None,
) -> None:
    """Draw boxes with value and gradient, and arrows with slopes on those that are lit.

    Parameters
    ----------
    axes : cleared and drawn anew
    grads : what to write as each node's gradient, None for not known yet
    active : the node that is being looked at
    lit : (parent, child) arrows along which gradients flow right now
    """
    lit = lit or set()
    layout = lay_out(graph)
    axes.clear()
    axes.axis("off")
    _fit(axes, layout)
    for (child, use), route in layout.routes.items():
        if (graph.parents[child][use], child) not in lit:
            _line(axes, route, "#9A9A9A", 1.5)
            continue
        _line(axes, route[::-1], COLORS.red, 2.8)
        (x0, y0), (x1, y1) = route[-2:]
        axes.text(
            (x0 + x1) / 2,
            (y0 + y1) / 2,
            f"× {number(graph.slopes[child][use])}",
            ha="center",
            va="center",
            fontsize=11,
            color=COLORS.red,
            weight="bold",
            zorder=5,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )
    for node, place in enumerate(layout.places):
        _draw_node(axes, graph, node, place, grads[node], node == active)


def _fit(axes: Axes, layout: Layout) -> None:
    """Set the limits so that all is seen, in the middle, and boxes keep their proportions."""
    points = [*layout.places, *(point for route in layout.routes.values() for point in route)]
    xs, ys = zip(*points, strict=True)
    width, height = max(xs) - min(xs) + BOX_WIDTH + 0.3, max(ys) - min(ys) + BOX_HEIGHT + 0.3
    size = axes.figure.get_size_inches()  # type: ignore[union-attr]
    unit = min(LARGEST_UNIT, size[0] / width, size[1] / height)
    x, y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    half_width, half_height = size[0] / unit / 2, size[1] / unit / 2
    axes.set(xlim=(x - half_width, x + half_width), ylim=(y - half_height, y + half_height))


def _line(axes: Axes, points: Sequence[Point], color: str, width: float) -> None:
    axes.add_patch(
        FancyArrowPatch(
            path=Path(points),
            arrowstyle="-|>",
            mutation_scale=13,
            color=color,
            linewidth=width,
            joinstyle="round",
            zorder=2,
        )
    )


def _draw_node(
    axes: Axes,
    graph: Graph,
    node: int,
    at: tuple[float, float],
    grad: float | None,
    active: bool,
) -> None:
    label, operation = graph.labels[node], graph.operations[node]
    axes.add_patch(
        _box(
            at,
            BOX_WIDTH,
            BOX_HEIGHT,
            facecolor=LIT if active else "white" if operation else "#EDF4FA",
            edgecolor=COLORS.red if active else COLORS.grey,
            linewidth=2.4 if active else 1.3,
        )
    )
    title = f"{label} = {operation}" if label and operation else label or operation or "constant"
    axes.text(at[0], at[1] + 0.36, title, ha="center", va="center", weight="bold", zorder=4)
    for row, (text, color) in enumerate(
        (
            (f"data {number(graph.data[node])}", COLORS.blue),
            ("grad ?" if grad is None else f"grad {number(grad)}", COLORS.red),
        )
    ):
        axes.text(
            at[0],
            at[1] - 0.38 * row,
            text,
            ha="center",
            va="center",
            fontsize=11,
            color=color,
            zorder=4,
        )


def _graph_figure(width: float = 9.2, height: float = 3.5) -> tuple[Figure, Axes]:
    figure = plt.figure(figsize=(width, height), layout="none")
    return figure, figure.add_axes((0, 0, 1, 1))


def draw_graph(result: Any, names: Mapping[str, Any]) -> None:
    """Draw the graph of a computation with its values, and the gradients where there are any.

    Parameters
    ----------
    result : a `Value`
    names : name → Value, for the nodes that have one
    """
    graph = read_graph(result, names)
    _, axes = _graph_figure()
    known = any(graph.grads)
    _draw_graph(axes, graph, [g if known else None for g in graph.grads])


def draw_order(order: Sequence[str], parents: Mapping[str, Sequence[str]]) -> None:
    """Draw nodes in a row, in an order, with an arc from each parent to its child.

    An arc that runs forward is drawn above the row; one that runs backward, below it and orange.

    Parameters
    ----------
    order : all nodes, from left to right
    parents : node → the nodes it depends on
    """
    _, axes = plt.subplots(figsize=(8.6, 3.4))
    places = {name: place for place, name in enumerate(order)}
    wrong = 0
    for child, its_parents in parents.items():
        for parent in its_parents:
            start, end = places[parent], places[child]
            backward = start > end
            wrong += backward
            angle = np.linspace(0, np.pi, 40)
            radius = abs(end - start) / 2
            side = -1 if backward else 1
            axes.plot(
                (start + end) / 2 - radius * np.cos(angle),
                side * (0.3 + 0.55 * radius * np.sin(angle)),
                color=COLORS.red if backward else COLORS.blue,
                linewidth=2.6 if backward else 1.8,
            )
    for name, place in places.items():
        axes.text(
            place,
            0,
            name,
            ha="center",
            va="center",
            fontsize=13,
            weight="bold",
            bbox={"boxstyle": "round,pad=0.3", "facecolor": "white", "edgecolor": COLORS.grey},
            zorder=4,
        )
    axes.set(xlim=(-0.6, len(order) - 0.4), aspect="equal")
    runs = "1 arc runs" if wrong == 1 else f"{wrong} arcs run"
    axes.set_title(f"{runs} backward" if wrong else "every arc runs forward", fontsize=13)
    axes.axis("off")


def backward_stepper(result: Any, names: Mapping[str, Any]) -> LiveFigure:
    """Step backward through a graph: one node at a time passes its gradient on to its parents.

    Parameters
    ----------
    result : a `Value` whose `backward()` has been called
    names : name → Value, for the nodes that have one
    """
    figure, axes = _graph_figure()
    graph, error = _read_or_say_why(result, names)
    last = max(len(graph.going_back()) + 1, 1)

    def update(step: int) -> str:
        if error is not None:
            raise error
        return _show_step(axes, graph, step)

    return LiveFigure(
        figure,
        update,
        alt="The graph of a computation from its inputs at the left to its result at the right; "
        "in each box a value and a gradient. Step by step, or to the box that is clicked, the "
        "gradients flow back to the inputs.",
        pointer=Pointer(axes, pick=lambda: _steps_at_places(graph), control="step"),
        step=player(0, last, min(2, last), "steps back", interval_ms=1400),
    )


def _steps_at_places(graph: Graph) -> dict[Point, int]:
    """Box by box, the step back at which it passes its gradient on; at an input, has all of it."""
    if not graph.labels:
        return {}
    passes_on = {node: step for step, node in enumerate(graph.going_back(), start=2)}
    steps = []
    for node in range(len(graph.labels)):
        arrivals = [passes_on[child] for child, ps in enumerate(graph.parents) if node in ps]
        steps.append(passes_on.get(node, max(arrivals, default=1)))
    return dict(zip(lay_out(graph).places, steps, strict=True))


def _show_step(axes: Axes, graph: Graph, step: int) -> str:
    """Draw a graph after so many steps back, and say what has just happened."""
    back, moments = graph.going_back(), graph.gradients_step_by_step()
    step = min(step, len(back) + 1)
    if step == 0:
        _draw_graph(axes, graph, [None] * len(graph.labels))
        return "Forward is done: every box knows its value. No gradient is known yet."
    known = {len(graph.labels) - 1}
    for node in back[: step - 1]:
        known.update(graph.parents[node])
    grads = [g if n in known else None for n, g in enumerate(moments[step - 1])]
    if step == 1:
        _draw_graph(axes, graph, grads, len(graph.labels) - 1)
        return "The start: the result's slope with respect to itself is 1."
    node = back[step - 2]
    lit = {(parent, node) for parent in graph.parents[node]}
    _draw_graph(axes, graph, grads, node, lit)
    arrived = number(moments[step - 2][node])
    shares = []
    for parent, slope in zip(graph.parents[node], graph.slopes[node], strict=True):
        shares.append(f"{_name(graph, parent)} gets {number(slope)} · {arrived}")
    passing = _name(graph, node)
    if not graph.labels[node]:
        passing = passing[0].upper() + passing[1:]  # "the node ×" begins a sentence here
    sentence = f"{passing} passes its gradient {arrived} on: {', '.join(shares)}."
    if step == len(back) + 1:
        sentence += _compare(graph, moments[-1])
    return sentence


def _name(graph: Graph, node: int) -> str:
    label, operation = graph.labels[node], graph.operations[node]
    if label:
        return label
    return f"the node {operation}" if operation else f"the number {number(graph.data[node])}"


def _compare(graph: Graph, right: Sequence[float]) -> str:
    """Whether the learner's own gradients agree with the chain rule, and where they don't."""
    for node, (own, chain) in enumerate(zip(graph.grads, right, strict=True)):
        if not math.isclose(own, chain, rel_tol=1e-6, abs_tol=1e-9):
            return (
                f" All have theirs. But your backward left {number(own)} at "
                f"{_name(graph, node)}, where these steps lead to {number(chain)}."
            )
    return " All have theirs, and your backward left the same gradients."


def ways_explorer(result: Any, names: Mapping[str, Any]) -> LiveFigure:
    """Choose a node and see every way from it to the result, with the product of slopes on each.

    Parameters
    ----------
    result : a `Value` whose `backward()` has been called
    names : name → Value, two names at least
    """
    figure, axes = _graph_figure()
    graph, error = _read_or_say_why(result, names)
    inner = {name: value for name, value in names.items() if value is not result}

    def named_places() -> dict[Point, str]:
        places = lay_out(graph).places if graph.labels else []
        labelled = zip(places, graph.labels, strict=True)
        return {place: label for place, label in labelled if label in inner}

    def update(name: str) -> str:
        if error is not None:
            raise error
        node = graph.labels.index(name)
        lit, products, terms = set(), [], []
        for way in graph.ways(node):
            links = []
            for parent, child in pairwise(way):
                lit.add((parent, child))
                links.append(graph.slopes[child][graph.parents[child].index(parent)])
            products.append(math.prod(links))
            terms.append(" · ".join(number(link) for link in links))
        _draw_graph(axes, graph, graph.grads, node, lit)
        ways = "there is one way" if len(terms) == 1 else f"there are {len(terms)} ways"
        return (
            f"From {name} to the result {ways}. The slopes multiply along a way and add up over "
            f"the ways: {'  +  '.join(terms)} = {number(sum(products))}. "
            f"Your backward says {number(graph.grads[node])}."
        )

    return LiveFigure(
        figure,
        update,
        alt="The graph of a computation; all ways from the chosen node to the result are orange, "
        "with the slope of every step. A click on a box chooses it.",
        pointer=Pointer(axes, pick=named_places, control="name"),
        name=choice(list(inner), next(iter(inner)), "node"),
    )


def graph_player(
    Value: Callable[[float], Any],
    expressions: Mapping[str, Callable[..., tuple[Any, dict[str, Any]]]],
) -> LiveFigure:
    """Play with a graph: choose an expression, move its inputs, step backward.

    Parameters
    ----------
    Value : the learner's class
    expressions : what is read → function of two Values a and b that returns the result, and the
        names of its inner nodes; two expressions at least
    """
    figure, axes = _graph_figure()
    shown = Graph((), (), (), (), (), ())

    def build(expression: Callable[..., tuple[Any, dict[str, Any]]], a: float, b: float) -> Graph:
        first, second = Value(a), Value(b)
        result, inner = expression(first, second)
        result.backward()
        return read_graph(result, {"a": first, "b": second, **inner})

    def update(expression: Callable[..., Any], a: float, b: float, step: int) -> str:
        nonlocal shown
        shown = build(expression, a, b)
        return _show_step(axes, shown, step)

    return LiveFigure(
        figure,
        update,
        alt="The graph of an expression with value and gradient in each box; sliders move its two "
        "inputs, and a player, or a click on a box, sends the gradients back node by node.",
        pointer=Pointer(axes, pick=lambda: _steps_at_places(shown), control="step"),
        expression=choice(dict(expressions), next(iter(expressions)), "expression"),
        a=slider(-3.0, 3.0, 2.0, "input $a$", step=0.5),
        b=slider(-3.0, 3.0, 1.0, "input $b$", step=0.5),
        step=player(0, 9, 9, "steps back", interval_ms=1400),
    )


# ---------------------------------------------------------------------------- two moons, trained


def training_player(
    X: np.ndarray,
    y: np.ndarray,
    probability: Callable[[np.ndarray, Any], np.ndarray],
    moments: Sequence[tuple[int, Any]],
    losses: Sequence[float],
) -> LiveFigure:
    """Watch a network's boundary bend while it trains, beside its loss.

    Parameters
    ----------
    X, y : (n, 2) points and (n,) labels, 0 or 1
    probability : function of (p, 2) points and a moment's weights, returns (p,) probabilities
    moments : (step, weights) pairs, two at least, in order
    losses : the loss before the first step and after each step
    """
    figure, (plane_axes, curve) = plt.subplots(
        1, 2, figsize=(9.2, 4.1), gridspec_kw={"width_ratios": [1.25, 1]}
    )
    low, high = X.min(axis=0) - 0.5, X.max(axis=0) + 0.5
    plane = PlaneMap(plane_axes, low, high, 70, 60, aspect="auto", interpolation="bilinear")
    draw_points(plane_axes, X, y, sizes=(34, 44), linewidths=0.7, zorder=3)
    plane_axes.legend(loc="lower left", fontsize=10)
    curve.plot(range(len(losses)), losses, color=COLORS.grey, linewidth=1.8)
    (marker,) = curve.plot([], [], "o", color=COLORS.red, markersize=9)
    curve.set(xlabel="step", ylabel="loss", ylim=(0, 1.08 * max(losses)))

    def update(moment: int) -> str:
        step, weights = moments[moment]
        plane.shade(probability(plane.points, weights))
        marker.set_data([step], [losses[step]])
        right = int(np.sum((np.asarray(probability(X, weights)) >= 0.5) == (y == 1)))
        return (
            f"After {step} steps: loss {losses[step]:.3f}, {right} of {len(y)} points on their "
            "own side of the white boundary."
        )

    return LiveFigure(
        figure,
        update,
        alt="Left, a plane coloured by what the network says, with the points of two classes; "
        "right, the loss falling with the steps. A player moves through the training.",
        moment=player(0, len(moments) - 1, len(moments) - 1, "moment", interval_ms=350),
    )


# ------------------------------------------------------------------------------ shapes in colour


def draw_shapes(n: int, m: int, k: int) -> None:
    """Draw the products of a dense layer, forward and backward, with matching sizes in one colour.

    Parameters
    ----------
    n, m, k : examples, inputs and outputs: how many cells each side is drawn with
    """
    sizes = {"n": (n, COLORS.blue), "m": (m, COLORS.red), "k": (k, COLORS.green)}
    figure, all_axes = plt.subplots(2, 2, figsize=(9.2, 6.2), layout="none")
    figure.subplots_adjust(left=0.01, right=0.99, top=0.93, bottom=0.01, wspace=0.04, hspace=0.16)
    products = (
        ("forward:  Z = X W", (("X", "n", "m"), ("W", "m", "k")), ("Z", "n", "k")),
        ("back to the inputs:  dX = dZ Wᵀ", (("dZ", "n", "k"), ("Wᵀ", "k", "m")), ("dX", "n", "m")),
        ("for the weights:  dW = Xᵀ dZ", (("Xᵀ", "m", "n"), ("dZ", "n", "k")), ("dW", "m", "k")),
        ("for the biases:  db = 1ᵀ dZ", (("ones", "1", "n"), ("dZ", "n", "k")), ("db", "1", "k")),
    )
    sizes["1"] = (1, COLORS.grey)
    for axes, (title, factors, result) in zip(all_axes.flat, products, strict=True):
        axes.set_title(title, fontsize=13)
        axes.axis("off")
        axes.set(xlim=(-0.4, 15.6), ylim=(-1.5, 6.4), aspect="equal")
        left = 0.9
        for position, (name, rows, columns) in enumerate((*factors, result)):
            height, width = sizes[rows][0], sizes[columns][0]
            bottom = (5 - height) / 2
            for row in range(height):
                for column in range(width):
                    axes.add_patch(
                        Rectangle(
                            (left + column, bottom + row),
                            1,
                            1,
                            facecolor=LIT if position == 2 else "white",
                            edgecolor=COLORS.grey,
                        )
                    )
            for text, x, y, color in (
                (rows, left - 0.45, bottom + height / 2, sizes[rows][1]),
                (columns, left + width / 2, bottom + height + 0.5, sizes[columns][1]),
            ):
                axes.text(
                    x, y, text, ha="center", va="center", fontsize=14, color=color, weight="bold"
                )
            axes.text(left + width / 2, bottom - 0.6, name, ha="center", va="center", fontsize=13)
            if position < 2:
                sign = ("@", "=")[position]
                axes.text(left + width + 0.8, 2.5, sign, ha="center", va="center", fontsize=16)
            left += width + 2.2


# ---------------------------------------------------------------------- real networks, backward


def draw_gradients(
    layers: Layers, gradients: Sequence[tuple[np.ndarray, np.ndarray]], loss: float
) -> None:
    """Draw each layer's weights over their gradients, as coloured tables.

    Parameters
    ----------
    layers : list of (W, b)
    gradients : list of (dW, db), as `network_gradients` returns them
    loss : for the title
    """
    widths = [np.shape(W)[1] + 2.0 for W, _ in layers]
    figure, all_axes = plt.subplots(
        2, len(layers), figsize=(9.2, 5.4), squeeze=False, width_ratios=widths
    )
    for row, pairs in enumerate((layers, gradients)):
        limit = max(float(np.max(np.abs(W))) for W, _ in pairs) or 1.0
        mark = "" if row == 0 else "d"
        for layer, (W, b) in enumerate(pairs):
            axes = all_axes[row, layer]
            table = np.vstack([W, np.reshape(b, (1, -1))])
            image = axes.imshow(
                table, cmap=COLORS.diverging_cmap, vmin=-limit, vmax=limit, aspect="auto"
            )
            axes.grid(visible=False)
            axes.set_xticks([])
            names = [f"input {i + 1}" if layer == 0 else f"h{i + 1}" for i in range(len(W))]
            axes.set_yticks(range(len(table)), [*names, "bias"], fontsize=10)
            axes.set_title(f"{mark}W, {mark}b\nof layer {layer + 1}", fontsize=12)
        colorbar = figure.colorbar(image, ax=all_axes[row, :].tolist(), shrink=0.9, aspect=14)
        colorbar.set_label("weight" if row == 0 else "gradient")
    figure.suptitle(f"one way back, at a loss of {loss:.3f}")


BUGS = ("none", "one entry", "db is a mean", "no ReLU", "sign of W2")


def gradient_check_heatmap(
    network_gradients: NetworkGradients, X: np.ndarray, y: np.ndarray, layers: Layers
) -> LiveFigure:
    """Show the relative error of every entry of every gradient, with a bug planted by choice.

    Parameters
    ----------
    network_gradients : the learner's function; the bugs are put into a copy of what it returns
    X, y : (n, m) examples and (n,) labels
    layers : list of two (W, b), where the gradients are taken
    """
    numerical = nudged_gradients(X, y, layers)
    sides = [
        (f"{part}{layer + 1}", layer, place)
        for layer in range(2)
        for place, part in enumerate("Wb")
    ]
    figure, all_axes = plt.subplots(
        1, 4, figsize=(9.4, 4.0), width_ratios=[3.4, 3.4, 1.1, 1.1], layout="none"
    )
    figure.subplots_adjust(left=0.065, right=0.865, top=0.84, bottom=0.16, wspace=0.42)
    cmap = LinearSegmentedColormap.from_list("errors", ["#F7F5F0", COLORS.orange, "#7A1E00"])
    images = {}
    for axes, (name, layer, place) in zip(all_axes, sides, strict=True):
        shape = np.atleast_2d(layers[layer][place]).shape
        images[name] = axes.imshow(np.zeros(shape), cmap=cmap, vmin=-9, vmax=0, aspect="auto")
        axes.set_title(f"d{name}", fontsize=13)
        axes.grid(visible=False)
        axes.set_xticks(range(shape[1]))
        axes.set_yticks(range(shape[0]) if place == 0 else [])
        axes.set_xlabel("column")
    all_axes[0].set_ylabel("row")
    bar = figure.colorbar(
        images["W1"], cax=figure.add_axes((0.9, 0.16, 0.022, 0.68)), ticks=[-9, -6, -3, 0]
    )
    bar.ax.set_yticklabels([r"$10^{-9}$", r"$10^{-6}$", r"$10^{-3}$", "1"])
    bar.ax.set_title("relative\nerror", fontsize=11, weight="normal")

    def update(bug: str) -> str:
        _, gradients = network_gradients(X, y, layers)
        wrong = _planted(
            bug, [[np.array(g, float) for g in pair] for pair in gradients], X, y, layers
        )
        worst, where = 0.0, ""
        for name, layer, place in sides:
            a, c = wrong[layer][place], numerical[layer][place]
            errors = np.abs(a - c) / np.maximum(np.abs(a) + np.abs(c), 1e-12)
            images[name].set_data(np.log10(np.maximum(np.atleast_2d(errors), 1e-12)))
            if errors.max() > worst:
                worst = float(errors.max())
                place_text = ", ".join(str(i) for i in np.unravel_index(errors.argmax(), a.shape))
                where = (
                    f"d{name}[{place_text}] is {number(float(a.flat[errors.argmax()]))}, and "
                    f"nudging gives {number(float(c.flat[errors.argmax()]))}"
                )
        if worst < 1e-6:
            return f"All entries agree: the largest relative error is {worst:.0e}."
        return f"The largest relative error is {number(worst)}: {where}."

    return LiveFigure(
        figure,
        update,
        alt="Four tables, one for each gradient of a network with two layers; an entry is pale "
        "where it agrees with nudging, and dark where it is wrong.",
        bug=choice(list(BUGS), "one entry", "planted bug"),
    )


def nudged_gradients(X: np.ndarray, y: np.ndarray, layers: Layers) -> list[list[np.ndarray]]:
    """Every gradient of the loss by central differences: each entry nudged by 1e-5, both ways.

    Parameters
    ----------
    X, y : (n, m) examples and (n,) labels
    layers : list of (W, b), the last with one output

    Returns
    -------
    list of [dW, db], one a layer
    """
    found = []
    for layer in range(len(layers)):
        pair = []
        for place in range(2):

            def loss(nudged: np.ndarray, layer: int = layer, place: int = place) -> float:
                changed = [list(one) for one in layers]
                changed[layer][place] = nudged
                return bce_with_logits(deep_forward(X, changed)[:, 0], y)  # type: ignore[arg-type]

            pair.append(numerical_gradient(loss, layers[layer][place], 1e-5))
        found.append(pair)
    return found


def _planted(
    bug: str, gradients: list[list[np.ndarray]], X: np.ndarray, y: np.ndarray, layers: Layers
) -> list[list[np.ndarray]]:
    """Gradients with one of the bugs in them."""
    if bug == "one entry":
        gradients[0][0][1, 2] *= 1.5
    elif bug == "db is a mean":
        gradients[0][1] /= len(y)
        gradients[1][1] /= len(y)
    elif bug == "no ReLU":
        z = deep_forward(X, layers)[:, 0]
        dZ = bce_with_logits_gradient(z, y)[:, np.newaxis] @ layers[1][0].T
        gradients[0] = [X.T @ dZ, dZ.sum(axis=0)]
    elif bug == "sign of W2":
        gradients[1][0] *= -1
    return gradients


# ------------------------------------------------------------------------- vanishing gradients

ACTIVATIONS: dict[str, tuple[Callable, Callable, float]] = {
    # the activation, its slope, and the numerator of the variance that its weights start with
    "sigmoid": (sigmoid, sigmoid_derivative, 1.0),
    "tanh": (np.tanh, tanh_derivative, 1.0),
    "ReLU": (lambda Z: np.maximum(Z, 0), relu_derivative, 2.0),
}


def layer_norms(
    dense_backward: DenseBackward, activation: str, depth: int, width: int = 32
) -> np.ndarray:
    """Size of dW in each layer of a deep network, at its random start.

    Parameters
    ----------
    dense_backward : sends the gradients back
    activation : "sigmoid", "tanh" or "ReLU", after every layer but the last
    depth : number of layers
    width : units a layer

    Returns
    -------
    (depth,) root mean square of the entries of dW, from the first layer to the last
    """
    bend, slope, numerator = ACTIVATIONS[activation]
    rng = np.random.default_rng(0)
    A, cache = rng.normal(size=(64, width)), []
    for layer in range(depth):
        outputs = width if layer < depth - 1 else 1
        W = rng.normal(0, np.sqrt(numerator / width), size=(width, outputs))
        Z = A @ W
        cache.append((A, Z, W))
        A = bend(Z)
    y = rng.integers(0, 2, size=64)
    dZ = bce_with_logits_gradient(cache[-1][1][:, 0], y)[:, np.newaxis]
    norms = np.zeros(depth)
    for layer in reversed(range(depth)):
        inputs, _, W = cache[layer]
        dX, dW, _ = dense_backward(dZ, inputs, W)
        norms[layer] = np.sqrt(np.mean(np.square(dW)))
        if layer:
            dZ = dX * slope(cache[layer - 1][1])
    return norms


def vanishing_explorer(dense_backward: DenseBackward) -> LiveFigure:
    """Show the size of the gradient in each layer of a deep network.

    Parameters
    ----------
    dense_backward : the learner's function, which sends the gradients back
    """
    deepest = 20
    figure, axes = plt.subplots(figsize=(8.4, 4.0))
    bars = axes.bar(np.arange(1, deepest + 1), np.ones(deepest), color=COLORS.blue, width=0.75)
    axes.set_yscale("log")
    axes.set(
        xlim=(0.3, deepest + 0.7),
        ylim=(1e-16, 10),
        xlabel="layer (1 is nearest to the inputs)",
        ylabel="size of dW (root mean square)",
        xticks=[1, 5, 10, 15, 20],
        yticks=[1e-15, 1e-12, 1e-9, 1e-6, 1e-3, 1],
    )

    def update(activation: str, depth: int) -> str:
        norms = layer_norms(dense_backward, activation, depth)
        for layer, bar in enumerate(bars):
            bar.set_height(max(norms[layer], 1e-18) if layer < depth else 1e-18)
        ratio = norms[0] / norms[-1] if norms[-1] else 0.0
        if ratio == 0:
            return "Nothing arrives at layer 1: every gradient there is 0."
        if 1 / 3 < ratio < 3:
            size = "about as large as"
        elif ratio < 1:
            size = f"{float(f'{1 / ratio:.1g}'):,.0f} times smaller than"
        else:
            size = f"{float(f'{ratio:.1g}'):,.0f} times larger than"
        return f"With {activation}, dW of layer 1 is {size} dW of layer {depth}."

    return LiveFigure(
        figure,
        update,
        alt="A bar for each layer of a deep network, as high as its gradient is large, on a "
        "logarithmic scale; with the sigmoid the bars shrink towards the inputs.",
        activation=choice(list(ACTIVATIONS), "sigmoid", "activation"),
        depth=slider(2, deepest, 12, "layers"),
    )


# ---------------------------------------------------------------------------- what nudging costs


def draw_cost(counts: Sequence[int], nudging: Sequence[float], backward: Sequence[float]) -> None:
    """Draw what one gradient costs, by nudging and by going back, against the network's size.

    Parameters
    ----------
    counts : numbers of parameters, in rising order
    nudging, backward : for each of them the time of one gradient, in seconds
    """
    _, axes = plt.subplots(figsize=(7.6, 4.0))
    for times, mark, color, name in (
        (nudging, "o-", COLORS.red, "nudging"),
        (backward, "s-", COLORS.blue, "going back"),
    ):
        axes.loglog(counts, np.multiply(times, 1e3), mark, color=color)
        axes.text(counts[-1] * 1.15, times[-1] * 1e3, name, va="center", color=color)
    axes.set(
        xlabel="number of parameters",
        ylabel="time for one gradient (ms)",
        xlim=(counts[0] * 0.7, counts[-1] * 5),
    )
