"""Pictures and live figures of lesson 00: where deep learning stands, and why it works now."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Arc, Circle, Ellipse, FancyArrowPatch, FancyBboxPatch

from utils.figures import COLORS
from utils.live import LiveFigure, choice, slider, toggle

# Ten digits need ten colours; each point is also drawn as its own numeral, so colour is a help only
DIGIT_COLORS = (
    COLORS.blue,
    COLORS.orange,
    COLORS.green,
    COLORS.red,
    COLORS.purple,
    "#8A5A00",
    COLORS.grey,
    COLORS.sky,
    COLORS.black,
    "#7B3FA0",
)

# Enough to see where a digit lies, few enough to redraw quickly; the score counts all images
POINTS_PER_DIGIT = 30


# --------------------------------------------------------------------------- drawings


def draw_nested_fields() -> Figure:
    """Draw deep learning inside machine learning inside artificial intelligence."""
    figure, axes = plt.subplots(figsize=(7, 4.3))
    axes.set(xlim=(0, 14), ylim=(0, 8.4))
    axes.axis("off")
    fields = (
        (
            (0.1, 0.1, 13.8, 8.2),
            "#E4F0F8",
            COLORS.blue,
            "Artificial intelligence",
            "programs that do what seems to need a mind",
            "a chess program made of rules that people wrote",
        ),
        (
            (0.8, 0.45, 12.4, 5.45),
            "#FBF0D5",
            COLORS.orange,
            "Machine learning",
            "the rules are found in examples, not written",
            "a filter that learns from mail marked as spam",
        ),
        (
            (1.5, 0.8, 11.0, 2.7),
            "#D8F0E7",
            COLORS.green,
            "Deep learning",
            "what to look at is found in examples too",
            "a network that reads digits from raw pixels",
        ),
    )
    for (x, y, width, height), fill, edge, name, meaning, example in fields:
        axes.add_patch(
            FancyBboxPatch(
                (x, y),
                width,
                height,
                boxstyle="round,pad=0,rounding_size=0.5",
                facecolor=fill,
                edgecolor=edge,
                linewidth=2,
            )
        )
        top = y + height
        axes.text(x + 0.5, top - 0.3, name, weight="bold", size=14, va="top")
        axes.text(x + 0.5, top - 1.05, meaning, size=12, va="top")
        axes.text(x + 0.5, top - 1.7, f"for example: {example}", size=11, va="top", color="#444444")
    return figure


def draw_kinds_of_data(
    table: np.ndarray, column_names: Sequence[str], row_names: Sequence[str], image: np.ndarray
) -> Figure:
    """Draw one table, and beside it a picture, a text and a sound as the numbers they are.

    Parameters
    ----------
    table : (rows, columns) numbers
    column_names, row_names : what stands above and beside the table
    image : (h, w) brightness of each pixel
    """
    figure, ((at_table, at_image), (at_text, at_sound)) = plt.subplots(
        2, 2, figsize=(7.2, 5.6), gridspec_kw={"height_ratios": [1.7, 1]}
    )
    for axes, title in (
        (at_table, "structured: a table"),
        (at_image, "unstructured: a picture"),
        (at_text, "unstructured: a text"),
        (at_sound, "unstructured: a sound"),
    ):
        axes.set_title(title)
        axes.axis("off")
    drawn = at_table.table(
        cellText=[[f"{value:.4g}" for value in row] for row in table],
        colLabels=list(column_names),
        rowLabels=list(row_names),
        cellLoc="center",
        bbox=(0.3, 0.1, 0.7, 0.8),
    )
    drawn.auto_set_font_size(False)
    drawn.set_fontsize(10.5)
    for (row, column), cell in drawn.get_celld().items():
        cell.set_edgecolor("#CCCCCC")
        cell.set_facecolor("#E4F0F8" if row == 0 or column == -1 else "white")

    at_image.imshow(image, cmap=COLORS.image_cmap)
    for (row, column), value in np.ndenumerate(image):
        color = "white" if value > image.max() / 2 else COLORS.black
        at_image.text(column, row, f"{value:.0f}", ha="center", va="center", size=9, color=color)

    letters = "read me"
    at_text.set(xlim=(-0.6, len(letters) - 0.4), ylim=(-0.3, 2.2))
    for position, letter in enumerate(letters):
        at_text.text(position, 1.4, letter, ha="center", size=18, weight="bold")
        at_text.text(position, 0.4, str(ord(letter)), ha="center", size=11, color=COLORS.blue)

    time = np.linspace(0, 1, 90)
    loudness = np.exp(-2 * time) * (np.sin(50 * time) + 0.5 * np.sin(83 * time))
    at_sound.plot(time, loudness, color=COLORS.grey, linewidth=1)
    at_sound.plot(time, loudness, ".", color=COLORS.blue, markersize=4)
    return figure


def draw_feature_hierarchy() -> Figure:
    """Draw the schematic of features that are built from features: edges, shapes, objects."""
    figure, axes = plt.subplots(figsize=(7, 3.3))
    axes.set(xlim=(0, 14), ylim=(0, 6.6), aspect="equal")
    axes.axis("off")
    titles = ("pixels", "edges", "shapes", "objects")
    for column, title in enumerate(titles):
        left = 0.2 + 3.6 * column
        axes.add_patch(
            FancyBboxPatch(
                (left, 1.6),
                2.7,
                3.9,
                boxstyle="round,pad=0,rounding_size=0.25",
                facecolor="#F6F6F6",
                edgecolor=COLORS.grey,
            )
        )
        axes.text(left + 1.35, 5.75, title, ha="center", weight="bold", size=13)
        if column:
            axes.add_patch(
                FancyArrowPatch(
                    (left - 0.82, 3.5),
                    (left - 0.08, 3.5),
                    arrowstyle="-|>",
                    mutation_scale=16,
                    linewidth=2,
                    color=COLORS.black,
                )
            )
    axes.text(
        7,
        0.95,
        "Schematic: drawn to explain, not measured.",
        ha="center",
        va="center",
        size=12,
        style="italic",
    )
    axes.text(
        7,
        0.3,
        "Each layer combines what the layer before it found.",
        ha="center",
        va="center",
        size=12,
    )
    _draw_pixels(axes, left=0.55, bottom=2.55)
    _draw_edges(axes, left=3.8, bottom=1.6)
    _draw_shapes(axes, left=7.4, bottom=1.6)
    _draw_objects(axes, left=11.0, bottom=1.6)
    return figure


def _draw_pixels(axes: Axes, left: float, bottom: float) -> None:
    grey = np.random.default_rng(4).uniform(0, 1, size=(6, 6))
    axes.imshow(
        grey, cmap="Greys", extent=(left, left + 2, bottom, bottom + 2), vmin=0, vmax=1.3, zorder=3
    )
    # imshow fits the axes around its picture
    axes.set(xlim=(0, 14), ylim=(0, 6.6))


def _draw_edges(axes: Axes, left: float, bottom: float) -> None:
    for index, degrees in enumerate((0, 90, 45, 135, 20, 110)):
        x = left + 0.75 + 1.2 * (index % 2)
        y = bottom + 0.75 + 1.2 * (index // 2)
        dx, dy = 0.42 * np.cos(np.radians(degrees)), 0.42 * np.sin(np.radians(degrees))
        axes.plot(
            [x - dx, x + dx],
            [y - dy, y + dy],
            color=COLORS.blue,
            linewidth=4,
            solid_capstyle="round",
        )


def _draw_shapes(axes: Axes, left: float, bottom: float) -> None:
    line: dict[str, Any] = {"color": COLORS.red, "linewidth": 3.5}
    outline: dict[str, Any] = {"facecolor": "none", "edgecolor": COLORS.red, "linewidth": 3.5}
    axes.add_patch(Circle((left + 0.75, bottom + 3.15), 0.4, **outline))
    axes.add_patch(Ellipse((left + 1.95, bottom + 3.15), 0.9, 0.5, **outline))
    axes.plot(
        [left + 0.45, left + 0.45, left + 1.1],
        [bottom + 2.25, bottom + 1.65, bottom + 1.65],
        **line,
    )
    axes.plot(
        [left + 1.65, left + 1.95, left + 2.25],
        [bottom + 1.65, bottom + 2.25, bottom + 1.65],
        **line,
    )
    axes.add_patch(Arc((left + 0.75, bottom + 0.95), 0.8, 0.8, theta1=180, theta2=360, **line))
    axes.plot([left + 1.6, left + 2.3], [bottom + 0.8, bottom + 0.8], **line)
    axes.plot([left + 1.95, left + 1.95], [bottom + 0.45, bottom + 1.15], **line)


def _draw_objects(axes: Axes, left: float, bottom: float) -> None:
    line: dict[str, Any] = {"color": COLORS.green, "linewidth": 3}
    outline: dict[str, Any] = {"facecolor": "none", "edgecolor": COLORS.green, "linewidth": 3}
    # a face: circle, two eyes, nose and mouth
    axes.add_patch(Ellipse((left + 1.35, bottom + 2.85), 1.5, 1.7, **outline))
    for x in (1.0, 1.7):
        axes.add_patch(Ellipse((left + x, bottom + 3.1), 0.3, 0.18, **outline))
    axes.plot([left + 1.35, left + 1.35], [bottom + 2.95, bottom + 2.7], **line)
    axes.add_patch(Arc((left + 1.35, bottom + 2.55), 0.7, 0.5, theta1=200, theta2=340, **line))
    # a house: walls, roof and door
    x, y = left + 0.75, bottom + 0.3
    axes.plot([x, x, x + 1.2, x + 1.2, x], [y, y + 0.75, y + 0.75, y, y], **line)
    axes.plot([x - 0.15, x + 0.6, x + 1.35], [y + 0.75, y + 1.3, y + 0.75], **line)
    axes.plot([x + 0.45, x + 0.45, x + 0.75, x + 0.75], [y, y + 0.42, y + 0.42, y], **line)


# year, words, and by how many years the label is moved to stand clear of its neighbours
IDEAS = (
    (1943, "a neuron as arithmetic (McCulloch & Pitts)", 0.0),
    (1951, "steps along noisy slopes (Robbins & Monro)", 0.0),
    (1958, "the perceptron (Rosenblatt)", 0.0),
    (1986, "backpropagation (Rumelhart et al.)", -1.0),
    (1989, "convolutions read digits (LeCun et al.)", 0.5),
    (1997, "LSTM (Hochreiter & Schmidhuber)", 0.0),
    (2017, "the transformer (Vaswani et al.)", 0.5),
)
MEANS = (
    (1998, "MNIST: 70,000 digits", 0.0),
    (2007, "CUDA: programs on graphics cards", -3.0),
    (2009, "ImageNet: millions of photos", -0.8),
    (2012, "AlexNet: all of it together", 1.0),
    (2015, "TensorFlow", 2.8),
    (2017, "PyTorch", 5.5),
)


def draw_timeline() -> Figure:
    """Draw ideas on the left and what they were waiting for on the right of a time axis."""
    left, right, height = (
        4.15,
        3.45,
        6.2,
    )  # inches on either side of the axis, and from top to bottom
    figure = plt.figure(figsize=(left + right, height), layout="none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-left, right), ylim=(2025, 1934))
    axes.axis("off")
    axes.plot([0, 0], [1940, 2023], color=COLORS.grey, linewidth=3, solid_capstyle="round")
    for decade in range(1940, 2021, 10):
        axes.plot([-0.06, 0.06], [decade, decade], color=COLORS.grey, linewidth=2)
        if decade <= 1990:  # later there is no room between the events
            axes.text(0.14, decade, str(decade), va="center", size=10.5, color=COLORS.grey)
    heading: dict[str, Any] = {"weight": "bold", "size": 14, "va": "center"}
    axes.text(-0.3, 1936, "Ideas", ha="right", color=COLORS.blue, **heading)
    axes.text(0.3, 1936, "Data, machines, software", ha="left", color=COLORS.red, **heading)
    axes.text(
        2.0,
        1972,
        "The ideas wait:\ntoo little data, slow machines,\nevery program from scratch.",
        ha="center",
        va="center",
        size=12,
        style="italic",
        color=COLORS.grey,
    )
    for events, side, color in ((IDEAS, -1, COLORS.blue), (MEANS, 1, COLORS.red)):
        for year, words, moved in events:
            axes.plot(0, year, "o", color=color, markersize=8)
            axes.plot([0, side * 0.25], [year, year + moved], color=color, linewidth=1)
            axes.text(
                side * 0.3,
                year + moved,
                f"{words}  {year}" if side < 0 else f"{year}  {words}",
                ha="right" if side < 0 else "left",
                va="center",
                size=10.5,
                weight="bold" if "AlexNet" in words else "normal",
            )
    return figure


# --------------------------------------------------------------------------- live figures


def feature_explorer(
    train_images: np.ndarray,
    train_labels: np.ndarray,
    test_images: np.ndarray,
    test_labels: np.ndarray,
    hand_made: Mapping[str, Callable[[np.ndarray], float]],
    learned: Callable[[np.ndarray], np.ndarray],
    move: Callable[[np.ndarray], np.ndarray],
) -> LiveFigure:
    """Two features made by hand, beside two that a network learned.

    Every point is a test image; 30 of each digit are drawn, those on the left a little apart from
    where they are, so that whole numbers don't cover one another. An image counts as recognised
    when, of all the digits shown, its own digit's centre (the mean of its training images) is the
    nearest.

    Parameters
    ----------
    train_images, test_images : (n, h, w) images
    train_labels, test_labels : (n,) which digit each one shows
    hand_made : name → function of one image (h, w) that returns a number; two or more
    learned : function of images (n, h, w) that returns (n, 2) numbers
    move : function of images (n, h, w) that returns them moved, as (n, h, w)
    """
    measured: dict[str, tuple[dict[str, np.ndarray], np.ndarray]] = {}

    def measure_all() -> None:
        """Compute all features once: in the first update, where a learner's error is shown."""
        train = {name: _measure(feature, train_images) for name, feature in hand_made.items()}
        for key, images in (
            ("train", train_images),
            ("test", test_images),
            ("moved", move(test_images)),
        ):
            scaled = {
                name: (_measure(feature, images) - train[name].mean()) / (train[name].std() or 1.0)
                for name, feature in hand_made.items()
            }
            measured[key] = scaled, learned(images)

    # for the eye only: whole-numbered features would put many points in one place
    apart = np.random.default_rng(0).uniform(-0.12, 0.12, size=(len(test_labels), 2))

    figure, (by_hand, by_network) = plt.subplots(1, 2, figsize=(7.4, 4.0))
    digits = range(10)
    points = {
        axes: [
            axes.plot([], [], linestyle="none", marker=f"${digit}$", markersize=6.5, color=color)[0]
            for digit, color in zip(digits, DIGIT_COLORS, strict=True)
        ]
        for axes in (by_hand, by_network)
    }
    centres = {
        axes: [
            axes.text(
                0,
                0,
                str(digit),
                ha="center",
                va="center",
                weight="bold",
                size=12,
                color="white",
                bbox={"boxstyle": "circle,pad=0.18", "facecolor": color, "edgecolor": "white"},
                zorder=5,
                clip_on=True,
            )
            for digit, color in zip(digits, DIGIT_COLORS, strict=True)
        ]
        for axes in (by_hand, by_network)
    }
    by_network.set(title="learned", xlabel="learned feature 1", ylabel="learned feature 2")
    by_hand.set_title("made by hand")

    def place(axes: Axes, trained: np.ndarray, tested: np.ndarray, shown: Sequence[int]) -> float:
        """Move the points and centres of one picture; returns the share recognised, in percent."""
        middle = np.array([trained[train_labels == digit].mean(axis=0) for digit in shown])
        for digit in digits:
            visible = digit in shown
            drawn = np.flatnonzero((test_labels == digit) & visible)[:POINTS_PER_DIGIT]
            shift = apart[drawn] if axes is by_hand else 0.0
            points[axes][digit].set_data(*(tested[drawn] + shift).T)
            centres[axes][digit].set_visible(visible)
            if visible:
                centres[axes][digit].set_position(middle[list(shown).index(digit)])
        asked = np.isin(test_labels, shown)
        return 100 * _share_recognised(middle, shown, tested[asked], test_labels[asked])

    def update(x: str, y: str, shown: tuple[int, ...], shifted: bool) -> str:
        if not measured:
            measure_all()
        train, train_learned = measured["train"]
        test, test_learned = measured["test"]
        asked, asked_learned = measured["moved" if shifted else "test"]
        # the axes stay where they are when the images move, so that the points are seen to move
        by_hand.set(xlabel=x, ylabel=y, xlim=_limits(test[x]), ylim=_limits(test[y]))
        by_network.set(xlim=_limits(test_learned[:, 0]), ylim=_limits(test_learned[:, 1]))
        hand_share = place(
            by_hand,
            np.column_stack([train[x], train[y]]),
            np.column_stack([asked[x], asked[y]]),
            shown,
        )
        network_share = place(by_network, train_learned, asked_learned, shown)
        return (
            f"Recognised by the nearest centre: {hand_share:.0f} % with these two hand-made "
            f"features, {network_share:.0f} % with the two learned ones. "
            f"Guessing gets {100 / len(shown):.0f} %."
        )

    names = list(hand_made)
    return LiveFigure(
        figure,
        update,
        alt="Test digits as points. In a plane of two hand-made features the ten digits lie mixed; "
        "in the plane of two learned features each digit has a region of its own.",
        x=choice(names, names[0], "across"),
        y=choice(names, names[1], "up"),
        shown=choice(
            {
                "all ten": tuple(digits),
                "0, 1": (0, 1),
                "3, 8": (3, 8),
                "4, 9": (4, 9),
                "1, 4, 7": (1, 4, 7),
            },
            "all ten",
            "digits",
        ),
        shifted=toggle(False, "move the test images by one pixel"),
    )


def _measure(feature: Callable[[np.ndarray], float], images: np.ndarray) -> np.ndarray:
    return np.array([float(feature(image)) for image in images])


def _limits(values: np.ndarray) -> tuple[float, float]:
    """Axis limits with a margin around the values."""
    low, high = float(values.min()), float(values.max())
    margin = 0.06 * (high - low) or 1.0
    return low - margin, high + margin


def _share_recognised(
    centres: np.ndarray, shown: Sequence[int], points: np.ndarray, labels: np.ndarray
) -> float:
    """The share of points whose nearest centre is that of their own label."""
    distances = np.linalg.norm(points[:, None, :] - centres[None, :, :], axis=2)
    return float(np.mean(np.asarray(shown)[distances.argmin(axis=1)] == labels))


def data_explorer(
    sizes: Sequence[int],
    accuracies: Mapping[str, np.ndarray],
    answers: Mapping[str, np.ndarray],
    images: np.ndarray,
    labels: np.ndarray,
) -> LiveFigure:
    """Accuracy against the number of training images, and the answers that go with it.

    Parameters
    ----------
    sizes : numbers of training images, rising
    accuracies : name of a model → (len(sizes),) share of test images recognised, 0 to 1
    answers : name of a model → (len(sizes), n) the digit it sees in each test image
    images : (n, h, w) test images; the first 24 are shown
    labels : (n,) the digit each one really shows
    """
    rows, columns = 4, 6
    shown = rows * columns
    answers = {name: np.asarray(answered) for name, answered in answers.items()}
    height, width = images.shape[1:]
    figure, (curves, pictures) = plt.subplots(
        1, 2, figsize=(7.4, 4.0), gridspec_kw={"width_ratios": [1, 1.12]}
    )
    for (name, accuracy), color in zip(accuracies.items(), COLORS.cycle, strict=False):
        curves.plot(sizes, 100 * np.asarray(accuracy), "o-", color=color, markersize=4, label=name)
    now = curves.axvline(sizes[0], color=COLORS.black, linewidth=1.5, linestyle=":")
    (here,) = curves.plot([], [], "o", color=COLORS.black, markersize=9, fillstyle="none", mew=2)
    curves.set(
        xscale="log",
        ylim=(0, 102),
        xlabel="training images",
        ylabel="test images right (%)",
        title="more examples",
    )
    ticks = [sizes[0], sizes[len(sizes) // 2], sizes[-1]]
    curves.set_xticks(ticks, [str(tick) for tick in ticks])
    curves.minorticks_off()
    curves.legend(loc="lower right", fontsize=10)

    # one mosaic of all pictures, with a margin below each for the answer
    cell_height, cell_width = height + 4, width + 2
    mosaic = np.zeros((rows * cell_height, columns * cell_width))
    for index in range(shown):
        top, left = (index // columns) * cell_height, (index % columns) * cell_width
        mosaic[top : top + height, left + 1 : left + 1 + width] = images[index]
    pictures.imshow(mosaic, cmap=COLORS.image_cmap)
    pictures.set_title("what it sees")
    pictures.set_anchor("N")
    pictures.axis("off")
    texts = [
        pictures.text(
            (index % columns) * cell_width + width / 2 + 0.5,
            (index // columns) * cell_height + height + 1.2,
            "",
            ha="center",
            va="center",
            size=12,
            weight="bold",
        )
        for index in range(shown)
    ]

    def update(model: str, size: int) -> str:
        position = list(sizes).index(size)
        share = 100 * float(accuracies[model][position])
        now.set_xdata([size, size])
        here.set_data([size], [share])
        wrong = 0
        for index, text in enumerate(texts):
            answer, truth = int(answers[model][position, index]), int(labels[index])
            text.set_text(str(answer) if answer == truth else f"{answer} ✗")
            text.set_color(COLORS.blue if answer == truth else COLORS.red)
            wrong += answer != truth
        return (
            f"{model}, trained on {size} images: {share:.0f} % of all test images right; "
            f"{wrong} of these {shown} wrong (with a cross)."
        )

    names = list(accuracies)
    return LiveFigure(
        figure,
        update,
        alt="Left: accuracy rises with the number of training images for every model. Right: 24 "
        "test digits with the answer of the chosen model below each, wrong ones with a cross.",
        model=choice(names, names[-1], "model"),
        size=choice({str(size): size for size in sizes}, str(sizes[0]), "images"),
    )


def slope_explorer() -> LiveFigure:
    """The slope of x² at a point, as the limit of lines through two points."""
    figure, axes = plt.subplots(figsize=(6.6, 3.8))
    xs = np.linspace(-3.2, 3.2, 200)
    axes.plot(xs, xs**2, color=COLORS.grey, label="y = x²")
    (line,) = axes.plot([], [], color=COLORS.red, label="line through the two points")
    (ends,) = axes.plot([], [], "o", color=COLORS.red, markersize=9)
    axes.set(xlim=(-3.2, 3.2), ylim=(-2, 10), xlabel="x", ylabel="y")
    axes.legend(loc="upper center")

    def update(x: float, h: float) -> str:
        slope = ((x + h) ** 2 - x**2) / h
        line.set_data(xs, x**2 + slope * (xs - x))
        ends.set_data([x, x + h], [x**2, (x + h) ** 2])
        return (
            f"Step right by h = {h:.2f}, and y changes by {(x + h) ** 2 - x**2:.3f}. "
            f"Change divided by step: {slope:.2f}. The slope itself, 2x: {2 * x:.2f}."
        )

    return LiveFigure(
        figure,
        update,
        alt="A parabola and a straight line through two of its points. The nearer the points, the "
        "closer the line's slope comes to 2x.",
        x=slider(-2.0, 2.0, 1.0, "x", 0.1),
        h=slider(0.01, 1.0, 1.0, "step h", 0.01),
    )


def chain_explorer() -> LiveFigure:
    """A chain of two functions, u = 3x + 1 and y = u²: a nudge passes through, slopes multiply."""
    figure, (first, second) = plt.subplots(1, 2, figsize=(7.2, 3.7))
    xs, us = np.linspace(-1, 1, 50), np.linspace(-2.2, 4.5, 100)
    first.plot(xs, 3 * xs + 1, color=COLORS.grey)
    second.plot(us, us**2, color=COLORS.grey)
    first.set(title="u = 3x + 1", xlabel="x", ylabel="u", xlim=(-1, 1.1), ylim=(-2.2, 4.5))
    second.set(title="y = u²", xlabel="u", ylabel="y", xlim=(-2.2, 4.5), ylim=(-1, 20))
    steps = {}
    # the step in u has one colour in both pictures: up on the left, across on the right
    for axes, from_color, to_color in (
        (first, COLORS.blue, COLORS.red),
        (second, COLORS.red, COLORS.green),
    ):
        (across,) = axes.plot([], [], color=from_color, linewidth=4)
        (up,) = axes.plot([], [], color=to_color, linewidth=4)
        (ends,) = axes.plot([], [], "o", color=COLORS.black, markersize=6)
        steps[axes] = across, up, ends

    def draw(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
        across, up, ends = steps[axes]
        across.set_data([start[0], end[0]], [start[1], start[1]])
        up.set_data([end[0], end[0]], [start[1], end[1]])
        ends.set_data([start[0], end[0]], [start[1], end[1]])

    def update(x: float, nudge: float) -> str:
        u, u_after = 3 * x + 1, 3 * (x + nudge) + 1
        draw(first, (x, u), (x + nudge, u_after))
        draw(second, (u, u**2), (u_after, u_after**2))
        return (
            f"The nudge of {nudge:.2f} in x becomes {u_after - u:.2f} in u and "
            f"{u_after**2 - u**2:.3f} in y. Change of y divided by the nudge: "
            f"{(u_after**2 - u**2) / nudge:.2f}. The two slopes multiplied, 3 × 2u: {6 * u:.2f}."
        )

    return LiveFigure(
        figure,
        update,
        alt="Two curves side by side. A small step in x makes a step in u on the left, and that "
        "one makes a step in y on the right.",
        x=slider(-0.9, 0.8, 0.5, "x", 0.05),
        nudge=slider(0.01, 0.3, 0.2, "nudge", 0.01),
    )
