"""Pictures of lesson 03: a network at work, its cuts, its folds, and what width and depth do."""

import math
from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize

from utils.figures import COLORS
from utils.live import LiveFigure, choice, slider
from utils.networks import init_dense as start_of_layer
from utils.progress_bar import progress_bar

Network = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # W1, b1, W2, b2
OneHiddenLayer = Callable[..., tuple[np.ndarray, np.ndarray]]
Layer = tuple[np.ndarray, np.ndarray]
Elementwise = Callable[[np.ndarray], np.ndarray]

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR = np.array([0, 1, 1, 0])
CUT_COLORS = (COLORS.green, COLORS.purple, COLORS.orange)  # of three hidden neurons


def number(value: float) -> str:
    """A number with at most two decimals, and no minus before a zero.

    >>> number(-0.0), number(2.0), number(-0.456)
    ('0', '2', '-0.46')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def written_out(size: float) -> str:
    """A positive number with two digits that count and all its zeros.

    >>> written_out(0.7213), written_out(0.0000018), written_out(75_300_000.0)
    ('0.72', '0.0000018', '75,000,000')
    """
    if not 1e-12 < size < 1e12:
        return f"{size:.2g}"
    decimals = max(0, 1 - math.floor(math.log10(size)))
    return f"{float(f'{size:.2g}'):,.{decimals}f}"


def _square(reach: float, points: int) -> np.ndarray:
    """The points of a square grid, (points², 2), x1 running fastest, x2 from below."""
    side = np.linspace(-reach, reach, points)
    return np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)


# ------------------------------------------------------------------------ one layer


def draw_layer(dense: Callable[..., np.ndarray], W: np.ndarray, b: np.ndarray) -> None:
    """Draw what each neuron of a layer says about the plane: orange above 0, blue below.

    Parameters
    ----------
    dense : computes the (n, k) sums of the layer
    W, b : (2, k) weights and (k,) biases; each neuron gets a picture
    """
    reach, points = 3.0, 121
    sums = np.asarray(dense(_square(reach, points), W, b))
    count = W.shape[1]
    if sums.shape != (points**2, count):
        raise ValueError(
            f"dense should return the shape {(points**2, count)} here, not {sums.shape}"
        )
    _, panels = plt.subplots(1, count, figsize=(3.1 * count, 3.6), sharey=True, squeeze=False)
    side = np.linspace(-reach, reach, points)
    for j, axes in enumerate(panels[0]):
        plane = sums[:, j].reshape(points, points)
        axes.imshow(
            plane, extent=(-reach, reach, -reach, reach), origin="lower",
            cmap=COLORS.diverging_cmap, vmin=-8, vmax=8, alpha=0.8,
        )  # fmt: skip
        if plane.min() < 0 < plane.max():
            axes.contour(side, side, plane, levels=[0], colors=COLORS.black, linewidths=1.8)
        weights = ", ".join(number(w) for w in W[:, j])
        axes.set_title(f"neuron {j + 1}\nw = ({weights}), b = {number(b[j])}", fontsize=12)
        axes.set_xlabel("input x1")
        axes.grid(False)
    panels[0, 0].set_ylabel("input x2")


# ------------------------------------------------------------------- a network at work


class NetworkPicture:
    """A network as circles and lines: weights as widths, activations as colours.

    Parameters
    ----------
    axes : where to draw
    layers : list of (W, b); orange lines are positive weights, blue ones negative, as wide as large
    values : the largest size of an activation, for the colours of inputs and hidden neurons
    """

    def __init__(self, axes: Axes, layers: Sequence[Layer], values: float = 4.0) -> None:
        """Draw the network with all activations at zero."""
        self.layers = [(np.asarray(W, float), np.asarray(b, float)) for W, b in layers]
        sizes = [self.layers[0][0].shape[0], *(W.shape[1] for W, _ in self.layers)]
        tallest = max(sizes)
        self.places = [
            [(2.4 * column, 1.5 * ((size - 1) / 2 - row)) for row in range(size)]
            for column, size in enumerate(sizes)
        ]
        largest = max(np.abs(W).max() for W, _ in self.layers) or 1.0
        self.lines = []
        for column, (W, _) in enumerate(self.layers):
            ends = [
                (start, end) for start in self.places[column] for end in self.places[column + 1]
            ]
            weights = W.ravel()  # row by row, as the pairs above
            lines = LineCollection(
                ends,
                linewidths=0.6 + 6 * np.abs(weights) / largest,
                colors=[COLORS.red if w > 0 else COLORS.blue for w in weights],
                zorder=1,
            )
            axes.add_collection(lines)
            self.lines.append(lines)
        self.norm = Normalize(-values, values)
        self.nodes, self.texts = [], []
        for column, places in enumerate(self.places):
            x, y = np.transpose(places)
            self.nodes.append(
                axes.scatter(x, y, s=1500, c="white", edgecolors=COLORS.black, lw=1.5, zorder=2)
            )
            self.texts.append(
                [
                    axes.text(*place, "", ha="center", va="center", fontsize=11, zorder=3)
                    for place in places
                ]
            )
            if column > 0:
                for place, bias in zip(places, self.layers[column - 1][1], strict=True):
                    axes.text(
                        place[0], place[1] - 0.62, f"b = {number(bias)}", ha="center", va="center",
                        fontsize=10, color=COLORS.grey, zorder=3,
                    )  # fmt: skip
        for row, (x, y) in enumerate(self.places[0]):
            axes.text(x - 0.5, y, f"$x_{row + 1}$", ha="right", va="center", fontsize=14)
        x, y = self.places[-1][0]
        axes.text(x + 0.5, y, r"$\hat{y}$", ha="left", va="center", fontsize=15)
        top = 1.5 * (tallest - 1) / 2
        axes.set(xlim=(-1.1, 2.4 * len(self.layers) + 1.1), ylim=(-top - 1, top + 0.75))
        axes.axis("off")

    def set(self, activations: Sequence[np.ndarray]) -> None:
        """Colour the neurons by their activations, and pale the lines that carry nothing.

        Parameters
        ----------
        activations : one array for each column: inputs, hidden neurons, the output probability
        """
        for column, values in enumerate(activations):
            output = column == len(activations) - 1
            colors = (
                COLORS.probability_cmap(values)
                if output
                else COLORS.diverging_cmap(self.norm(0.7 * values))  # pale enough for black text
            )
            self.nodes[column].set_facecolor(colors)
            for text, value in zip(self.texts[column], values, strict=True):
                text.set_text(f"{value:.2f}")
            if not output:
                fan = len(self.places[column + 1])
                # one value a line: those of the first neuron, then of the second, …
                alphas = np.repeat(np.where(values == 0, 0.15, 0.9), fan)
                self.lines[column].set_alpha(alphas.tolist())


def network_explorer(one_hidden_layer: OneHiddenLayer, network: Network) -> LiveFigure:
    """A network with two inputs at work, beside the plane on which its input moves.

    Parameters
    ----------
    one_hidden_layer : computes output and hidden activations
    network : (W1, b1, W2, b2) with two inputs and one output

    Returns
    -------
    a live figure with the controls `x1` and `x2`
    """
    W1, b1, W2, b2 = (np.asarray(part, float) for part in network)
    reach, points = 2.0, 81
    figure = plt.figure(figsize=(9.4, 4.4), layout="none")
    drawing = figure.add_axes((0.0, 0.02, 0.55, 0.96))
    plane = figure.add_axes((0.62, 0.13, 0.37, 0.77))
    picture = NetworkPicture(drawing, [(W1, b1), (W2, b2)])
    image = plane.imshow(
        np.full((points, points), 0.5), extent=(-reach, reach, -reach, reach), origin="lower",
        cmap=COLORS.probability_cmap, vmin=0, vmax=1, interpolation="bilinear",
    )  # fmt: skip
    side = np.linspace(-reach, reach, 201)
    for j, color in enumerate(CUT_COLORS):
        plane.plot(*_cut(W1[:, j], b1[j]), "--", color=color, linewidth=1.6)
    picture.nodes[1].set_edgecolor(CUT_COLORS)
    picture.nodes[1].set_linewidth(3)
    (dot,) = plane.plot([], [], "o", color=COLORS.black, markersize=10)
    plane.set(xlim=(side[0], side[-1]), ylim=(side[0], side[-1]))
    plane.set(xlabel="input x1", ylabel="input x2", title="what the network says")
    plane.grid(False)
    shaded: list[bool] = []

    def update(x1: float, x2: float) -> str:
        if not shaded:  # the plane stays as it is: once is enough
            y_hat, _ = one_hidden_layer(_square(reach, points), W1, b1, W2, b2)
            image.set_data(np.reshape(y_hat, (points, points)))
            shaded.append(True)
        x = np.array([[x1, x2]])
        y_hat, hidden = (np.asarray(part) for part in one_hidden_layer(x, W1, b1, W2, b2))
        picture.set([x[0], hidden[0], y_hat[0]])
        dot.set_data([x1], [x2])
        awake = [str(j + 1) for j in np.flatnonzero(hidden[0] > 0)]
        which = {
            0: "No hidden neuron is awake",
            1: f"Hidden neuron {awake[0] if awake else ''} is awake",
        }.get(len(awake), f"Hidden neurons {' and '.join(awake)} are awake")
        return f"{which}, and the output is {y_hat[0, 0]:.3f}."

    return LiveFigure(
        figure,
        update,
        alt="Left, a network of two inputs, three hidden neurons and an output, its weights as "
        "line widths and its activations as colours; right, the plane of inputs with a dot.",
        x1=slider(-reach, reach, 0.3, "input $x_1$", step=0.05),
        x2=slider(-reach, reach, 1.2, "input $x_2$", step=0.05),
    )


def _cut(w: np.ndarray, b: float) -> tuple[np.ndarray, np.ndarray]:
    """Two points far out on the line w · x + b = 0; none where w is zero."""
    length = w @ w
    if length == 0:
        return np.array([]), np.array([])
    nearest = -b * w / length
    along = 20 * np.array([-w[1], w[0]]) / np.sqrt(length)
    ends = np.array([nearest - along, nearest + along])
    return ends[:, 0], ends[:, 1]


# ------------------------------------------------------------------- cuts that add up


def cuts_explorer(one_hidden_layer: OneHiddenLayer, network: Network) -> LiveFigure:
    """What three hidden neurons cut out of the plane, and how the output adds the cuts up.

    Parameters
    ----------
    one_hidden_layer : computes output and hidden activations
    network : (W1, b1, W2, b2), 2-3-1; the sliders start at W2 and b2

    Returns
    -------
    a live figure with the controls `v1`, `v2`, `v3` (the output's weights) and `bias`
    """
    W1, b1, W2, b2 = (np.asarray(part, float) for part in network)
    reach, points, size = 2.0, 61, 6.0
    square = _square(reach, points)
    figure, panels = plt.subplots(2, 3, figsize=(9.2, 6.4), sharex=True, sharey=True, layout="none")
    figure.subplots_adjust(left=0.07, right=0.99, bottom=0.08, top=0.94, wspace=0.1, hspace=0.2)
    images = []
    for axes in panels.flat:
        images.append(
            axes.imshow(
                np.zeros((points, points)), extent=(-reach, reach, -reach, reach),
                origin="lower", cmap=COLORS.diverging_cmap, vmin=-size, vmax=size, alpha=0.85,
                interpolation="bilinear",
            )
        )  # fmt: skip
        axes.grid(False)
        axes.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[-2, 0, 2], yticks=[-2, 0, 2])
    for j, (axes, color) in enumerate(zip(panels[0], CUT_COLORS, strict=True)):
        axes.plot(*_cut(W1[:, j], b1[j]), "--", color=color, linewidth=2)
    sum_image, y_hat_image, decision = images[3:]
    y_hat_image.set(cmap=COLORS.probability_cmap, clim=(0, 1))
    decision.set(cmap=COLORS.regions_cmap, clim=(0, 1), alpha=1, interpolation="nearest")
    for j in range(3):
        panels[1, 2].plot(*_cut(W1[:, j], b1[j]), "--", color=COLORS.grey, linewidth=1.2)
    panels[1, 0].set_title("the sum, and the bias", fontsize=12)
    panels[1, 1].set_title("after the sigmoid", fontsize=12)
    panels[1, 2].set_title("orange: above one half", fontsize=12)
    for axes in panels[1]:
        axes.set_xlabel("input x1")
    for axes in panels[:, 0]:
        axes.set_ylabel("input x2")

    def update(v1: float, v2: float, v3: float, bias: float) -> str:
        v = np.array([v1, v2, v3])
        output = (v[:, np.newaxis], np.array([bias]))
        y_hat, hidden = (np.asarray(part) for part in one_hidden_layer(square, W1, b1, *output))
        for j in range(3):
            images[j].set_data((v[j] * hidden[:, j]).reshape(points, points))
            panels[0, j].set_title(f"{number(v[j])} × hidden neuron {j + 1}", fontsize=12)
        sum_image.set_data((hidden @ v + bias).reshape(points, points))
        y_hat_image.set_data(y_hat.reshape(points, points))
        yes = y_hat[:, 0] > 0.5
        decision.set_data(yes.reshape(points, points))
        return f"The network says yes on {100 * yes.mean():.0f} % of this square."

    starts = [float(v) for v in W2[:, 0]]
    return LiveFigure(
        figure,
        update,
        alt="Above, three ramps that rise from three cuts of the plane, each times its weight; "
        "below, their sum with the bias, the sigmoid of it, and the region of yes.",
        v1=slider(-6.0, 6.0, starts[0], "weight of 1", step=0.5),
        v2=slider(-6.0, 6.0, starts[1], "weight of 2", step=0.5),
        v3=slider(-6.0, 6.0, starts[2], "weight of 3", step=0.5),
        bias=slider(-6.0, 6.0, float(b2[0]), "bias", step=0.5),
    )


# -------------------------------------------------------------------------- the fold


def draw_xor_network(one_hidden_layer: OneHiddenLayer, network: Network) -> None:
    """Draw what a network says about the plane, and, in hidden space, why.

    Parameters
    ----------
    one_hidden_layer : computes output and hidden activations
    network : (W1, b1, W2, b2), 2-2-1
    """
    W1, b1, W2, b2 = (np.asarray(part, float) for part in network)
    _, (plane, folded) = plt.subplots(1, 2, figsize=(8.6, 4.2))
    side = np.linspace(-0.5, 1.5, 161)
    points = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    y_hat, _ = one_hidden_layer(points, W1, b1, W2, b2)
    says = np.reshape(y_hat, (161, 161))
    plane.imshow(
        says, extent=(-0.5, 1.5, -0.5, 1.5), origin="lower", cmap=COLORS.probability_cmap,
        vmin=0, vmax=1,
    )  # fmt: skip
    if says.min() < 0.5 < says.max():
        plane.contour(side, side, says, levels=[0.5], colors=COLORS.black, linewidths=1.5)
    plane.grid(False)
    plane.set(xlabel="input x1", ylabel="input x2", title="what it says")
    plane.set(xticks=[0, 1], yticks=[0, 1])
    _draw_corners(plane, CORNERS)

    _, hidden = one_hidden_layer(CORNERS, W1, b1, W2, b2)
    hidden = np.asarray(hidden)
    reach = 1.25 * max(float(np.max(hidden)), 0.8)
    folded.plot(*_cut(W2[:, 0], b2[0]), color=COLORS.black, label="the output's cut")
    _draw_corners(folded, hidden)
    folded.set(xlim=(-0.2 * reach, reach), ylim=(-0.2 * reach, reach))
    folded.set(xlabel="hidden neuron 1", ylabel="hidden neuron 2", title="what the output sees")
    folded.legend(loc="upper right")


def _draw_corners(axes: Axes, places: np.ndarray) -> None:
    """Draw the four corners with their names; those that coincide share a label."""
    for label, marker, color in ((0, "o", COLORS.negative), (1, "^", COLORS.positive)):
        chosen = places[label == XOR]
        axes.plot(
            chosen[:, 0], chosen[:, 1], marker, color=color, markersize=12,
            markeredgecolor="white", zorder=4,
        )  # fmt: skip
    names: dict[tuple[float, float], list[str]] = {}
    for place, corner in zip(places, CORNERS, strict=True):
        x, y = (round(float(value), 6) for value in place)
        names.setdefault((x, y), []).append(f"({corner[0]:.0f}, {corner[1]:.0f})")
    for place_key, texts in names.items():
        axes.annotate(
            ", ".join(texts), place_key, (9, 8), textcoords="offset points", fontsize=10.5,
            zorder=5,
        )  # fmt: skip


def fold_explorer(one_hidden_layer: OneHiddenLayer, networks: Mapping[str, Network]) -> LiveFigure:
    """Watch hidden units fold the XOR plane, until one straight cut will do.

    From moment 0 to 1 the weights and biases move every point to its pre-activations; from 1 to 2
    the ReLU folds what is negative onto the axes.

    Parameters
    ----------
    one_hidden_layer : computes the hidden activations, where the fold ends
    networks : name -> (W1, b1, W2, b2), each 2-2-1; two at least

    Returns
    -------
    a live figure with the controls `name` and `moment`
    """
    side, ticks = np.linspace(-0.5, 1.5, 41), np.linspace(-0.5, 1.5, 9)
    sheet = np.concatenate(  # the grid's lines, each of 41 points
        [
            *[np.column_stack([np.full(41, tick), side]) for tick in ticks],
            *[np.column_stack([side, np.full(41, tick)]) for tick in ticks],
        ]
    )
    cloud = np.stack(np.meshgrid(side[::2], side[::2]), axis=-1).reshape(-1, 2)
    figure, axes = plt.subplots(figsize=(6.6, 5.2), layout="none")
    figure.subplots_adjust(left=0.1, right=0.98, bottom=0.11, top=0.98)
    lines = LineCollection([], colors=COLORS.grey, linewidths=0.8, zorder=1)
    axes.add_collection(lines)
    dots = axes.scatter(
        cloud[:, 0], cloud[:, 1], s=26, c=np.zeros(len(cloud)), cmap=COLORS.probability_cmap,
        vmin=0, vmax=1, edgecolors=COLORS.grey, lw=0.3, zorder=2,
    )  # fmt: skip
    (cut,) = axes.plot([], [], color=COLORS.black, zorder=3, label="the output's cut")
    corners = [
        axes.plot(
            [], [], "^" if label else "o", color=COLORS.positive if label else COLORS.negative,
            markersize=14, markeredgecolor="white", zorder=4,
        )[0]
        for label in XOR
    ]  # fmt: skip
    names = [
        axes.annotate(
            f"({corner[0]:.0f}, {corner[1]:.0f})", (0, 0), xytext, textcoords="offset points",
            fontsize=11, weight="bold", zorder=5,
            bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1},
        )
        for corner, xytext in zip(CORNERS, ((-44, -14), (-44, 8), (9, -14), (9, 8)), strict=True)
    ]  # fmt: skip
    axes.axhline(0, color=COLORS.grey, linewidth=1, zorder=0)
    axes.axvline(0, color=COLORS.grey, linewidth=1, zorder=0)
    axes.grid(False)

    def update(name: Network, moment: float) -> str:
        W1, b1, W2, b2 = (np.asarray(part, float) for part in name)

        def moved(points: np.ndarray) -> np.ndarray:
            Z = points @ W1 + b1
            if moment <= 1:
                return (1 - moment) * points + moment * Z
            _, hidden = one_hidden_layer(points, W1, b1, W2, b2)
            return (2 - moment) * Z + (moment - 1) * np.asarray(hidden)

        lines.set_segments(list(moved(sheet).reshape(-1, 41, 2)))
        dots.set_offsets(moved(cloud))
        y_hat, _ = one_hidden_layer(cloud, W1, b1, W2, b2)
        dots.set_array(np.ravel(y_hat))
        for corner, text, place in zip(corners, names, moved(CORNERS), strict=True):
            corner.set_data([place[0]], [place[1]])
            text.xy = place
        folded = moment == 2
        cut.set_data(*_cut(W2[:, 0], b2[0]))
        cut.set_visible(folded)
        ends = np.concatenate([sheet, sheet @ W1 + b1])
        (x_low, y_low), (x_high, y_high) = ends.min(axis=0) - 0.3, ends.max(axis=0) + 0.3
        axes.set(xlim=(x_low, x_high), ylim=(y_low, y_high))
        axes.set_xlabel("x1" if moment == 0 else "first coordinate" if moment < 1 else "hidden 1")
        axes.set_ylabel("x2" if moment == 0 else "second coordinate" if moment < 1 else "hidden 2")
        return _fold_sentence(moment, flat=bool(np.min(sheet @ W1 + b1) >= 0))

    first = next(iter(networks))
    return LiveFigure(
        figure,
        update,
        alt="The plane of inputs as a sheet with a grid and the four points of XOR; hidden units "
        "move it and fold it, until one straight line parts the two classes.",
        name=choice(dict(networks), first, "network"),
        moment=slider(0.0, 2.0, 1.5, "moment", step=0.05),
    )


def _fold_sentence(moment: float, flat: bool) -> str:
    """What happens at this moment; `flat` if no hidden neuron is ever negative on the sheet."""
    if moment == 0:
        return "Moment 0: the plane as it is. No straight line parts circles from triangles."
    if moment < 1:
        return f"Moment {moment:.2f}: weights and biases move the sheet. Straight stays straight."
    if moment == 1:
        return "Moment 1: every point is at its pre-activations. Still no line parts the classes."
    if flat:
        done = f"Moment {moment:.2f}: nothing is negative, so the ReLU folds nothing."
        return done if moment < 2 else f"{done} The black line is the output neuron's cut."
    if moment < 2:
        return f"Moment {moment:.2f}: the ReLU pushes what is negative onto the axes."
    return "Moment 2: folded. The black line is the output neuron's cut."


# ------------------------------------------------------------------ where a network starts


def signal_explorer(init_dense: Callable[..., Layer]) -> LiveFigure:
    """Follow the size of a signal through 30 layers while the scale of the weights moves.

    Parameters
    ----------
    init_dense : draws the layers; their weights are then multiplied by the slider's factor

    Returns
    -------
    a live figure with the controls `factor` and `seed`
    """
    depth, width, examples = 30, 100, 50
    figure, axes = plt.subplots(figsize=(7.4, 4), layout="none")
    figure.subplots_adjust(left=0.12, right=0.98, bottom=0.14, top=0.9)
    (line,) = axes.semilogy([], [], "o-", color=COLORS.blue, markersize=4)
    axes.axhline(1, color=COLORS.grey, linewidth=1)
    axes.set(
        xlim=(-0.5, depth + 0.5), ylim=(1e-10, 1e10), yticks=[1e-9, 1e-6, 1e-3, 1, 1e3, 1e6, 1e9]
    )
    axes.set(xlabel="layer", ylabel="typical size of an activation")
    axes.set_title("A signal on its way through 30 layers")

    def update(factor: float, seed: int) -> str:
        rng = np.random.default_rng(seed)
        A = rng.normal(size=(examples, width))
        sizes = [float(np.sqrt(np.mean(A**2)))]
        for _ in range(depth):
            W, b = init_dense(width, width, rng)
            A = np.maximum(A @ (factor * np.asarray(W)) + np.asarray(b), 0)
            sizes.append(float(np.sqrt(np.mean(A**2))))
        line.set_data(np.arange(depth + 1), np.maximum(sizes, 1e-300))
        fate = (
            "fades away" if sizes[-1] < 0.05 else "blows up" if sizes[-1] > 20 else "gets through"
        )
        return (
            f"Weights times {factor:.2f}: a size of {sizes[0]:.2g} at the start is "
            f"{written_out(sizes[-1])} after {depth} layers. The signal {fate}."
        )

    return LiveFigure(
        figure,
        update,
        alt="The typical size of activations in each of 30 layers, on a logarithmic scale: level "
        "with your weights as they are, falling with smaller ones, rising with larger ones.",
        factor=slider(0.5, 2.0, 1.0, "weights times", step=0.05),
        seed=slider(0, 20, 0, "roll the weights"),
    )


# -------------------------------------------------------------------- width and depth

TARGETS: dict[str, Elementwise] = {
    "wave": lambda x: 0.8 * np.sin(2 * np.pi * x),
    "faster and faster": lambda x: 0.8 * np.sin(8 * x**2 + 3 * x),
    "steps": lambda x: 0.8 * np.sign(np.sin(2.5 * np.pi * x)),
}


def fit_explorer(
    init_dense: Callable[..., Layer], deep_forward: Callable[..., np.ndarray]
) -> LiveFigure:
    """Fit a curve with a network of chosen width and depth: hidden layers at random, last fitted.

    The hidden weights come from `init_dense`, the hidden biases are drawn so that the kinks spread
    over the picture. Only the last layer is fitted, by least squares.

    Parameters
    ----------
    init_dense : draws the weights of each layer
    deep_forward : computes the hidden activations, and the fitted network's curve

    Returns
    -------
    a live figure with the controls `target`, `width`, `depth` and `seed`
    """
    x = np.linspace(-1, 1, 201)[:, np.newaxis]
    figure, axes = plt.subplots(figsize=(7.4, 4.2), layout="none")
    figure.subplots_adjust(left=0.11, right=0.98, bottom=0.13, top=0.97)
    (target_line,) = axes.plot([], [], color=COLORS.grey, linewidth=4, alpha=0.5, label="target")
    (fit_line,) = axes.plot([], [], color=COLORS.red, label="network")
    axes.set(xlim=(-1, 1), ylim=(-1.5, 1.5), xlabel="input x", ylabel="output")
    axes.set(xticks=[-1, -0.5, 0, 0.5, 1])
    axes.legend(loc="upper right", ncols=2)

    def update(target: Elementwise, width: int, depth: int, seed: int) -> str:
        y = target(x[:, 0])
        hidden = random_hidden_layers(init_dense, width, depth, np.random.default_rng(seed))
        layers = [*hidden, fit_last_layer(deep_forward, hidden, x, y)]
        y_hat = np.asarray(deep_forward(x, layers))[:, 0]
        target_line.set_data(x[:, 0], y)
        fit_line.set_data(x[:, 0], y_hat)
        error = float(np.sqrt(np.mean((y_hat - y) ** 2)))
        kinks = count_kinks(hidden, -1, 1)
        plural = "" if depth == 1 else "s"
        return (
            f"{depth} hidden layer{plural} of {width}: {kinks + 1} straight pieces, "
            f"typical distance from the target {error:.3f}."
        )

    return LiveFigure(
        figure,
        update,
        alt="A target curve in grey and a network's curve of straight pieces in orange, which "
        "follows it the closer the wider the network is.",
        target=choice(dict(TARGETS), "wave", "target"),
        width=slider(1, 64, 8, "width"),
        depth=slider(1, 6, 1, "depth"),
        seed=slider(0, 20, 0, "roll hidden layers"),
    )


def random_hidden_layers(
    init_dense: Callable[..., Layer], width: int, depth: int, rng: np.random.Generator
) -> list[Layer]:
    """Hidden layers for one input in [-1, 1], with biases that spread their kinks.

    Parameters
    ----------
    init_dense : draws the weights
    width, depth : neurons in a layer, and layers
    rng : for all that is random

    Returns
    -------
    list of (W, b), the first with W (1, width), the others with W (width, width)
    """
    layers = []
    for number_of_layer in range(depth):
        W, b = init_dense(1 if number_of_layer == 0 else width, width, rng)
        W, b = np.asarray(W, float), np.asarray(b, float)
        if number_of_layer == 0:
            places = rng.uniform(-1, 1, width)  # neuron j bends where W[0, j] x + b[j] = 0
            b = b - W[0] * places
        else:
            b = b + rng.normal(0, 0.5, width)
        layers.append((W, b))
    return layers


def fit_last_layer(
    deep_forward: Callable[..., np.ndarray], hidden: Sequence[Layer], x: np.ndarray, y: np.ndarray
) -> Layer:
    """The last layer that brings a network's outputs as near to y as can be, by least squares.

    Parameters
    ----------
    deep_forward : computes the hidden layers' outputs
    hidden : list of (W, b)
    x, y : (n, m) inputs and (n,) targets, or (n, k) for k outputs

    Returns
    -------
    (W, b), of shapes (width, k) and (k,)
    """
    activations = np.maximum(np.asarray(deep_forward(x, hidden)), 0)  # (n, width)
    columns = np.column_stack([activations, np.ones(len(x))])  # the last one is for the bias
    # tiny directions are left out: neurons that hardly differ would get huge, opposite weights
    solution = np.linalg.lstsq(columns, y.reshape(len(x), -1), rcond=1e-4)[0]
    return solution[:-1], solution[-1]


def count_kinks(hidden: Sequence[Layer], low: float, high: float) -> int:
    """In how many places some hidden neuron wakes up or falls asleep, between low and high."""
    A = np.linspace(low, high, 2001)[:, np.newaxis]
    patterns = []
    for W, b in hidden:
        Z = A @ W + b
        patterns.append(Z > 0)
        A = np.maximum(Z, 0)
    awake = np.hstack(patterns)
    return int(np.sum(np.any(awake[1:] != awake[:-1], axis=1)))


# ------------------------------------------------- the same, with every layer trained

RESTARTS = 3  # small networks often get stuck: of several starts the best is kept


def trained_explorer(
    deep_forward: Callable[..., np.ndarray],
    widest: int = 12,
    deepest: int = 4,
    steps: int = 800,
) -> LiveFigure:
    """Fit a curve with networks of chosen width and depth, of which all layers are trained.

    All networks are trained when the figure is made, which takes a few seconds.

    Parameters
    ----------
    deep_forward : computes a trained network's curve
    widest, deepest : the sliders go from 1 to these
    steps : of training

    Returns
    -------
    a live figure with the controls `width` and `depth`
    """
    x = np.linspace(-1, 1, 61)[:, np.newaxis]
    fine = np.linspace(-1, 1, 401)[:, np.newaxis]
    target = TARGETS["faster and faster"]
    widths = list(range(1, widest + 1))
    networks = {
        depth: train_networks(x, target(x), widths, depth, steps)
        for depth in progress_bar(range(1, deepest + 1), "training small networks")
    }

    figure, axes = plt.subplots(figsize=(7.4, 4.2), layout="none")
    figure.subplots_adjust(left=0.11, right=0.98, bottom=0.13, top=0.97)
    axes.plot(fine, target(fine), color=COLORS.grey, linewidth=4, alpha=0.5, label="target")
    (fit_line,) = axes.plot([], [], color=COLORS.red, label="trained network")
    axes.set(xlim=(-1, 1), ylim=(-1.5, 1.5), xlabel="input x", ylabel="output")
    axes.set(xticks=[-1, -0.5, 0, 0.5, 1])
    axes.legend(loc="upper right", ncols=2)

    def update(width: int, depth: int) -> str:
        layers = networks[depth][width - 1]
        y_hat = np.asarray(deep_forward(fine, layers))[:, 0]
        fit_line.set_data(fine[:, 0], y_hat)
        error = float(np.sqrt(np.mean((y_hat - target(fine[:, 0])) ** 2)))
        parameters = sum(W.size + b.size for W, b in layers)
        pieces = count_kinks(layers[:-1], -1, 1) + 1
        plural = "" if depth == 1 else "s"
        return (
            f"{depth} hidden layer{plural} of {width}, {parameters} parameters: {pieces} straight "
            f"pieces, typical distance from the target {error:.3f}."
        )

    return LiveFigure(
        figure,
        update,
        alt="A curve that swings faster and faster, in grey, and in orange the curve of a trained "
        "network, which follows it with enough width or depth.",
        width=slider(1, widest, 8, "width"),
        depth=slider(1, deepest, 1, "depth"),
    )


def train_networks(
    x: np.ndarray, y: np.ndarray, widths: Sequence[int], depth: int, steps: int
) -> list[list[Layer]]:
    """Train one network for each width on a curve, all of them side by side.

    Gradient descent on the mean squared error, with the Adam rule (Kingma & Ba, 2015): lessons
    05 to 07 explain it. To train all at once, narrow networks are padded with neurons whose
    weights are 0. Such neurons are stuck, as the lesson shows, and so they stay out of it.

    Parameters
    ----------
    x, y : (n, 1) inputs and targets
    widths : neurons in each hidden layer, one number a network
    depth : hidden layers
    steps : of training

    Returns
    -------
    for each width a list of (W, b); of RESTARTS starts, the one that ended nearest to the target
    """
    rng = np.random.default_rng(0)
    starts: list[list[Layer]] = []
    for _ in range(RESTARTS):
        for width in widths:
            hidden = random_hidden_layers(start_of_layer, width, depth, rng)
            starts.append([*hidden, start_of_layer(width, 1, rng)])
    stacks = _padded(starts, max(widths))
    means = [np.zeros_like(array) for array in stacks]
    squares = [np.zeros_like(array) for array in stacks]
    for step in range(1, steps + 1):
        gradients, errors = _gradients_side_by_side(stacks, x, y)
        rate = 0.02 * min(1.0, 4 * (1 - step / steps))  # the last quarter slows down to a halt
        rate *= np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        for array, gradient, mean, square in zip(stacks, gradients, means, squares, strict=True):
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient**2 - square)
            array -= rate * mean / (np.sqrt(square) + 1e-8)
    best = np.argmin(errors.reshape(RESTARTS, len(widths)), axis=0)
    return [
        _unpadded(stacks, int(restart) * len(widths) + place, width)
        for place, (restart, width) in enumerate(zip(best, widths, strict=True))
    ]


def _padded(networks: Sequence[Sequence[Layer]], widest: int) -> list[np.ndarray]:
    """W1, b1, W2, b2, … of all networks, stacked: W (networks, m, k), b (networks, 1, k)."""
    last = len(networks[0]) - 1
    stacks: list[np.ndarray] = []
    for place in range(last + 1):
        m, k = (1 if place == 0 else widest), (1 if place == last else widest)
        W_stack, b_stack = np.zeros((len(networks), m, k)), np.zeros((len(networks), 1, k))
        for W_padded, b_padded, layers in zip(W_stack, b_stack, networks, strict=True):
            W, b = layers[place]
            W_padded[: W.shape[0], : W.shape[1]] = W
            b_padded[0, : len(b)] = b
        stacks += [W_stack, b_stack]
    return stacks


def _unpadded(stacks: Sequence[np.ndarray], index: int, width: int) -> list[Layer]:
    """One network's own (W, b) out of the stacks."""
    last = len(stacks) // 2 - 1
    layers = []
    for place in range(last + 1):
        m, k = (1 if place == 0 else width), (1 if place == last else width)
        layers.append((stacks[2 * place][index, :m, :k], stacks[2 * place + 1][index, 0, :k]))
    return layers


def _gradients_side_by_side(
    stacks: Sequence[np.ndarray], x: np.ndarray, y: np.ndarray
) -> tuple[list[np.ndarray], np.ndarray]:
    """Gradients of each network's mean squared error, in the stacks' order; and the errors."""
    last = len(stacks) // 2 - 1
    A = np.broadcast_to(x, (len(stacks[0]), *x.shape))
    inputs = []
    for place in range(last + 1):
        inputs.append(A)
        Z = A @ stacks[2 * place] + stacks[2 * place + 1]
        A = Z if place == last else np.maximum(Z, 0)
    errors = np.mean((A - y) ** 2, axis=(1, 2))
    dZ = 2 * (A - y) / len(x)
    gradients: list[np.ndarray] = []
    for place in reversed(range(last + 1)):
        dW, db = inputs[place].transpose(0, 2, 1) @ dZ, dZ.sum(axis=1, keepdims=True)
        gradients = [dW, db, *gradients]
        if place > 0:
            dA = dZ @ stacks[2 * place].transpose(0, 2, 1)
            dZ = dA * (inputs[place] > 0)  # the slope of the ReLU that made these inputs
    return gradients, errors


# --------------------------------------------------------------------- what comes out


def draw_heads(sigmoid: Elementwise, softmax: Elementwise, image_logits: np.ndarray) -> None:
    """Draw four kinds of output: one number, a probability, one of k classes, an image.

    Parameters
    ----------
    sigmoid, softmax : the last activations
    image_logits : (h, w) logits of the pixels of an image
    """
    _, panels = plt.subplots(1, 4, figsize=(10.4, 3.3))
    price, yes, classes, image = panels
    price.bar(["price"], [271], color=COLORS.grey, width=0.5)
    price.set(ylim=(0, 320), xlim=(-0.7, 0.7), ylabel="thousand")
    price.set_title("one number\nno activation")
    probability = float(np.ravel(sigmoid(np.array([1.2])))[0])
    yes.bar(["benign", "malignant"], [1 - probability, probability],
            color=[COLORS.negative, COLORS.positive])  # fmt: skip
    yes.set(ylim=(0, 1), ylabel="probability")
    yes.set_title("yes or no\nsigmoid of 1 logit")
    shares = np.ravel(softmax(np.array([[2.0, 1.0, -1.0]])))
    classes.bar(["cat", "dog", "bird"], shares, color=COLORS.green)
    classes.set(ylim=(0, 1))
    classes.set_title("one of three\nsoftmax of 3 logits")
    image.imshow(sigmoid(image_logits), cmap=COLORS.image_cmap, vmin=0, vmax=1)
    image.axis("off")
    image.set_title(f"an image\n{image_logits.size} sigmoids")
    for axes in panels:
        axes.title.set_fontsize(12)
        axes.tick_params(labelsize=10)
        axes.grid(visible=False, axis="x")


__all__ = [
    "NetworkPicture",
    "count_kinks",
    "cuts_explorer",
    "draw_heads",
    "draw_layer",
    "draw_xor_network",
    "fit_explorer",
    "fit_last_layer",
    "fold_explorer",
    "network_explorer",
    "random_hidden_layers",
    "signal_explorer",
    "train_networks",
    "trained_explorer",
]
