"""The pictures of lesson 02 move as their controls say."""

import numpy as np
import pytest

from utils.activations import (
    collapse_linear_layers,
    relu,
    relu_derivative,
    sigmoid,
    sigmoid_derivative,
    softmax,
)
from utils.figures import COLORS
from utils.widgets.activations import (
    activation_explorer,
    softmax_explorer,
    stack_explorer,
)


def explorer():
    return activation_explorer(
        {"sigmoid": (sigmoid, sigmoid_derivative), "ReLU": (relu, relu_derivative)}
    )


def stack():
    return stack_explorer({"ReLU": relu, "sigmoid": sigmoid}, collapse_linear_layers)


# ---------------------------------------------------------------- one activation


def test_the_tangent_touches_the_curve_with_its_slope():
    live = explorer()
    for z in (-3.0, 0.0, 2.5):
        live.set(z=z)
        assert live.error is None
        _, tangent, dot = live.figure.axes[0].lines
        (x0, x1), (y0, y1) = tangent.get_data()
        assert (y1 - y0) / (x1 - x0) == pytest.approx(sigmoid_derivative(z))
        assert (y0 + y1) / 2 == pytest.approx(sigmoid(z))
        assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (z, pytest.approx(sigmoid(z)))


def test_the_sentence_tells_height_slope_and_saturation():
    live = explorer()
    live.set(z=0.0)
    assert "sigmoid(0.0) = 0.5000" in live.caption
    assert "slope there is 0.2500" in live.caption
    assert "moves by about 0.0250" in live.caption
    live.set(z=5.0)
    assert "Saturated" in live.caption
    live.set(name="ReLU")
    assert "ReLU(5.0) = 5.0000" in live.caption
    assert "Saturated" not in live.caption
    live.set(z=-1.0)
    assert "Saturated" in live.caption


@pytest.mark.parametrize(
    ("name", "grey"),
    [
        # s (1 - s) = 0.05 at s = (1 ± sqrt(0.8)) / 2, and z = log(s / (1 - s))
        ("sigmoid", lambda z: abs(z) > np.log((1 + np.sqrt(0.8)) / (1 - np.sqrt(0.8)))),
        ("ReLU", lambda z: z <= 0),
    ],
)
def test_grey_is_where_the_slope_is_small(name, grey):
    live = explorer()
    live.set(name=name)
    for axes in live.figure.axes:
        (shade,) = axes.collections
        for z in np.arange(-7.95, 8, 0.1):
            inside = any(path.contains_point((z, 0.5)) for path in shade.get_paths())
            assert inside == grey(z), z


def test_a_choice_changes_the_picture():
    live = explorer()
    before = live.png
    live.set(name="ReLU")
    assert live.png != before


def test_a_wrong_function_is_a_sentence_not_a_crash():
    live = activation_explorer(
        {"mine": (lambda z: 1 / 0, sigmoid_derivative), "sigmoid": (sigmoid, sigmoid_derivative)}
    )
    assert isinstance(live.error, ZeroDivisionError)
    live.set(name="sigmoid")
    assert live.error is None
    assert live.png


# ------------------------------------------------------------- a stack of layers


def cut(live):
    (line, _) = live.figure.axes[1].lines
    return line.get_data()


@pytest.mark.parametrize("depth", [1, 4, 8])
@pytest.mark.parametrize("seed", [0, 6, 13])
def test_without_a_bend_everything_is_straight(depth, seed):
    live = stack()
    live.set(bend=False, depth=depth, seed=seed)
    assert live.error is None
    _, heights = cut(live)
    np.testing.assert_allclose(np.diff(heights, 2), 0, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_the_folded_line_is_the_boundary(seed):
    live = stack()
    live.set(bend=False, depth=5, seed=seed)
    map_axes = live.figure.axes[0]
    red = np.asarray(map_axes.images[0].get_array(), bool)
    (x0, x1), (y0, y1) = map_axes.lines[0].get_data()
    side = np.linspace(-3, 3, len(red))
    X1, X2 = np.meshgrid(side, side)
    across = (X1 - x0) * (y1 - y0) - (X2 - y0) * (x1 - x0)  # its sign tells the side of the line
    far = np.abs(across) > 1e-6 * np.hypot(x1 - x0, y1 - y0)
    one_side = across[far] > 0
    assert np.all(one_side == red[far]) or np.all(one_side != red[far])
    assert 0.55 < red.mean() < 0.65


@pytest.mark.parametrize("name", ["ReLU", "sigmoid"])
def test_with_a_bend_it_is_not_straight(name):
    live = stack()
    live.set(bend=True, name=name)
    assert live.error is None
    _, heights = cut(live)
    assert np.max(np.abs(np.diff(heights, 2))) > 1e-3
    assert list(live.figure.axes[0].lines[0].get_xdata()) == []
    assert f"With {name}" in live.caption


def test_the_sentence_counts_the_numbers_of_the_stack():
    live = stack()
    live.set(depth=2)
    # 2 x 8 + 8, then 8 x 8 + 8, then 8 + 1
    assert "2 hidden layers and the output: 105 numbers" in live.caption
    live.set(depth=1)
    assert "1 hidden layer and the output: 33 numbers" in live.caption


def test_a_wrong_collapse_shows_as_a_line_that_misses():
    live = stack_explorer(
        {"ReLU": relu, "sigmoid": sigmoid}, lambda W1, b1, W2, b2: (W1 @ W2, b1 @ W2 + b2 + 1)
    )
    assert live.error is None
    right = stack()
    mine, theirs = (figure.figure.axes[0].lines[0].get_data() for figure in (live, right))
    assert not np.allclose(mine, theirs)


def test_sigmoids_squeeze_the_output_and_relus_do_not():
    live = stack()

    def swing(name, depth, seed):
        live.set(bend=True, name=name, depth=depth, seed=seed)
        return float(live.caption.rpartition("moves by ")[2].rstrip("."))

    for seed in (0, 6, 13):
        assert swing("sigmoid", 8, seed) < swing("sigmoid", 1, seed) / 100
        assert swing("ReLU", 8, seed) > swing("ReLU", 1, seed) / 100


# ---------------------------------------------------------------------- the softmax


def bars(axes):
    return [bar.get_height() for bar in axes.patches]


def test_bars_are_the_scores_and_their_shares():
    live = softmax_explorer(softmax)
    live.set(cat=1.0, dog=-2.0, bird=3.0)
    scores, shares = live.figure.axes
    assert bars(scores) == [1.0, -2.0, 3.0]
    exponentials = np.exp([1.0, -2.0, 3.0])
    np.testing.assert_allclose(bars(shares), exponentials / exponentials.sum())
    assert live.caption.endswith("= 1.000")


def test_adding_to_all_scores_leaves_the_shares():
    live = softmax_explorer(softmax)
    before = bars(live.figure.axes[1])
    live.set(added=-1000)
    assert live.error is None
    np.testing.assert_allclose(bars(live.figure.axes[1]), before)
    assert bars(live.figure.axes[0])[0] == -998.0


def test_a_softmax_of_another_shape_is_told():
    live = softmax_explorer(lambda logits: softmax(logits)[0])
    assert "should return the shape (1, 3)" in str(live.error)


@pytest.mark.parametrize("make", [explorer, stack, lambda: softmax_explorer(softmax)])
def test_the_same_state_gives_the_same_picture(make):
    assert make().png == make().png
