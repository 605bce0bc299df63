"""The pictures of lesson 04 move as their controls say."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.pointing import press
from utils.activations import sigmoid, sigmoid_derivative, softmax
from utils.losses import (
    bce_with_logits,
    bce_with_logits_gradient,
    binary_cross_entropy,
    cross_entropy,
    loss_surface,
    mean_squared_error,
    mse_gradient,
)
from utils.widgets.losses import (
    classes_explorer,
    draw_shape_trap,
    one_prediction_explorer,
    points_explorer,
    ring_levels,
    slope_explorer,
    surface_explorer,
)

X = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
Y = np.array([1.0, 3.0, 2.0, 5.0, 4.0])


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def points():
    return points_explorer(mean_squared_error, X, Y)


def surface(loss_surface=loss_surface):
    return surface_explorer(
        loss_surface, mean_squared_error, X, Y, (0.0, 6.0), (-1.0, 3.0), "x", "y"
    )


def one_prediction():
    return one_prediction_explorer(mean_squared_error, binary_cross_entropy)


def slopes():
    return slope_explorer(
        sigmoid,
        sigmoid_derivative,
        mean_squared_error,
        mse_gradient,
        bce_with_logits,
        bce_with_logits_gradient,
    )


def classes():
    return classes_explorer(softmax, cross_entropy)


EXPLORERS = [points, surface, one_prediction, slopes, classes]


@pytest.mark.parametrize("make", EXPLORERS)
def test_the_same_state_gives_the_same_picture(make):
    assert make().png == make().png


@pytest.mark.parametrize(
    ("make", "move"),
    [
        (points, {"w1": 1.0}),
        (surface, {"w0": 4.0}),
        (one_prediction, {"y": 0}),
        (slopes, {"z": 3.0}),
        (classes, {"truth": "dog"}),
    ],
)
def test_a_move_changes_picture_and_sentence(make, move):
    live = make()
    assert live.error is None
    before, said = live.png, live.caption
    live.set(**move)
    assert live.error is None
    assert live.png != before
    assert live.caption != said


# --------------------------------------------------------- the loss of a line through points


def test_squares_and_bars_have_the_squared_errors_as_areas_and_heights():
    live = points()
    live.set(w0=3.0, w1=0.5)
    errors = 3 + 0.5 * X - Y
    line_axes, bar_axes = live.figure.axes
    for square, x, y, error in zip(line_axes.patches, X, Y, errors, strict=True):
        assert square.get_width() * square.get_height() == pytest.approx(error**2)
        left, low, right, high = square.get_bbox().extents
        assert x in (pytest.approx(left), pytest.approx(right))
        assert sorted([y, y + error]) == pytest.approx([low, high])
    assert [bar.get_height() for bar in bar_axes.patches] == pytest.approx(list(errors**2))
    (dashed,) = bar_axes.lines
    assert dashed.get_ydata()[0] == pytest.approx(np.mean(errors**2))


def test_the_best_line_costs_what_the_text_says():
    live = points()
    live.set(w0=3.0, w1=0.8)
    assert "0.7200" in live.caption
    assert "0.72" in live.figure.axes[1].get_title()


def test_a_sum_for_a_mean_is_seen_above_the_bars():
    live = points_explorer(lambda y_hat, y: np.sum((y_hat - y) ** 2), X, Y)
    bars = live.figure.axes[1]
    assert bars.lines[0].get_ydata()[0] > max(bar.get_height() for bar in bars.patches)


# ------------------------------------------------------------------------- the landscape


def test_dot_ball_and_line_are_the_same_weights():
    live = surface()
    live.set(w0=4.0, w1=1.0)
    hill, chart, line_axes = live.figure.axes
    (ball,) = hill.lines
    w0, w1, height = (float(v[0]) for v in ball.get_data_3d())
    assert (w0, w1) == (4.0, 1.0)
    assert height == pytest.approx(np.mean((4 + X - Y) ** 2))
    cross, dot = chart.lines
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (4.0, 1.0)
    # the true lowest place is (3, 0.8); the grid's steps are 0.15 and a ninth
    assert cross.get_xdata()[0] == pytest.approx(3.0, abs=0.08)
    assert cross.get_ydata()[0] == pytest.approx(0.8, abs=0.06)
    _, line = line_axes.lines
    (x0, x1), (y0, y1) = line.get_data()
    assert (y1 - y0) / (x1 - x0) == pytest.approx(1.0)
    assert y0 - x0 == pytest.approx(4.0)
    assert f"{height:.2f}" in live.caption


def test_the_map_is_the_learners_surface():
    (image,) = surface().figure.axes[1].images
    w0, w1 = np.linspace(0, 6, 41), np.linspace(-1, 3, 37)
    np.testing.assert_allclose(image.get_array(), loss_surface(w0, w1, X, Y))
    assert tuple(image.get_extent()) == (0.0, 6.0, -1.0, 3.0)


def test_an_exchanged_surface_is_a_sentence():
    live = surface(lambda w0, w1, x, y: loss_surface(w0, w1, x, y).T)
    assert "a row for each w1 and a column for each w0, not (41, 37)" in str(live.error)


def test_a_broken_surface_is_a_sentence_too_and_a_flat_one_is_drawn():
    assert isinstance(surface(lambda w0, w1, x, y: 1 / 0).error, ZeroDivisionError)
    flat = surface(lambda w0, w1, x, y: np.zeros((len(w1), len(w0))))
    assert flat.error is None


def test_rings_stand_evenly_apart_on_a_bowl():
    radius = np.linspace(0, 3, 301)
    crossed = np.sqrt(ring_levels(radius**2))  # the radius of each ring on the bowl r^2
    np.testing.assert_allclose(np.diff(crossed), np.diff(crossed)[0])
    assert crossed[-1] == pytest.approx(3)


# ------------------------------------------------------------------------ the shape trap


def test_the_trap_shows_every_difference_and_marks_the_diagonal():
    y_hat, y = np.array([[1.0], [3.0], [2.0]]), np.array([1.0, 4.0, 2.5])
    draw_shape_trap(y_hat, y)
    texts = [text for text in plt.gca().texts if len(text.get_text()) <= 4]
    numbers = sorted(float(text.get_text().replace("−", "-")) for text in texts)
    expected = [*y_hat[:, 0], *y, *(y_hat - y).ravel()]
    assert numbers == sorted(expected)
    bold = [text.get_text() for text in texts if text.get_weight() == "bold"]
    assert bold == ["0", "−1", "−0.5"]
    words = " ".join(text.get_text() for text in plt.gca().texts)
    for shape in ("(3, 1)", "(3,)", "(3, 3)"):
        assert shape in words


# ------------------------------------------------------------------ the loss of a probability


@pytest.mark.parametrize(("y_hat", "y"), [(0.9, 1), (0.001, 1), (0.25, 0), (0.999, 0)])
def test_dots_stand_at_the_losses_of_the_prediction(y_hat, y):
    live = one_prediction()
    live.set(y_hat=y_hat, y=y)
    _, _, cross, square, _ = live.figure.axes[0].lines
    given = y_hat if y == 1 else 1 - y_hat
    assert cross.get_ydata()[0] == pytest.approx(-np.log(given))
    assert square.get_ydata()[0] == pytest.approx((1 - given) ** 2)
    assert f"a probability of {given:.3f}" in live.caption


def test_curves_follow_the_truth():
    live = one_prediction()
    for y in (1, 0):
        live.set(y=y)
        cross, square = live.figure.axes[0].lines[:2]
        p = cross.get_xdata()
        given = p if y == 1 else 1 - p
        np.testing.assert_allclose(cross.get_ydata(), -np.log(given), atol=1e-12)
        np.testing.assert_allclose(square.get_ydata(), (1 - given) ** 2, atol=1e-12)


# --------------------------------------------------------------------- slopes of two losses


@pytest.mark.parametrize(("z", "y"), [(-8.0, 1), (-4.0, 1), (0.0, 0), (6.0, 0)])
def test_tangents_and_slopes_belong_to_the_curves(z, y):
    live = slopes()
    live.set(z=z, y=y)
    above, below = live.figure.axes
    s = 1 / (1 + np.exp(-z))
    expected = [s - y, 2 * (s - y) * s * (1 - s)]
    heights = [-np.log(s if y == 1 else 1 - s), (s - y) ** 2]
    # lines stand in the order curve, tangent, dot for each loss
    for which in range(2):
        _, tangent, dot = above.lines[3 * which : 3 * which + 3]
        (x0, x1), (y0, y1) = tangent.get_data()
        assert (y1 - y0) / (x1 - x0) == pytest.approx(expected[which])
        assert dot.get_ydata()[0] == pytest.approx(heights[which])
    slope_dots = [line for line in below.lines if line.get_marker() == "o"]
    assert [dot.get_ydata()[0] for dot in slope_dots] == pytest.approx(expected)
    assert f"cross-entropy {expected[0]:.4f}" in live.caption


def test_the_sentence_tells_how_many_times_as_steep():
    live = slopes()
    live.set(z=-8.0, y=1)
    s = 1 / (1 + np.exp(8.0))
    assert f"{1 / (2 * s * (1 - s)):,.1f} times as steep" in live.caption


def test_no_slope_at_all_divides_by_nothing():
    live = slope_explorer(
        sigmoid,
        lambda z: np.zeros_like(z),
        mean_squared_error,
        mse_gradient,
        bce_with_logits,
        bce_with_logits_gradient,
    )
    assert live.error is None
    assert "times" not in live.caption


def test_a_wrong_function_is_a_sentence_not_a_crash():
    live = slope_explorer(
        sigmoid,
        sigmoid_derivative,
        mean_squared_error,
        mse_gradient,
        lambda z, y: None,
        bce_with_logits_gradient,
    )
    assert isinstance(live.error, TypeError)


# ------------------------------------------------------------------------ one of k classes


def test_bars_are_shares_and_the_dot_is_the_loss():
    live = classes()
    live.set(cat=0.0, dog=1.0, bird=-1.0, truth="bird")
    shares = np.exp([0.0, 1.0, -1.0]) / np.exp([0.0, 1.0, -1.0]).sum()
    share_axes, cost_axes = live.figure.axes
    assert [bar.get_height() for bar in share_axes.patches] == pytest.approx(list(shares))
    _, dot = cost_axes.lines
    assert dot.get_xdata()[0] == pytest.approx(shares[2])
    assert dot.get_ydata()[0] == pytest.approx(-np.log(shares[2]))
    assert "The bird" in live.caption
    assert "log 3 = 1.099" in live.caption


def test_the_green_bar_moves_with_the_truth():
    live = classes()
    first = [bar.get_facecolor() for bar in live.figure.axes[0].patches]
    live.set(truth="dog")
    second = [bar.get_facecolor() for bar in live.figure.axes[0].patches]
    assert first[0] == second[1] != second[0]


# --------------------------------------------------------------------------- with the mouse


def test_a_drag_on_the_map_moves_dot_ball_and_line():
    live = surface()
    hill, chart, line_axes = live.figure.axes
    press(live, chart, (1.0, 2.0), (3.5, 0.5), (4.0, 1.0))
    assert live.values == {"w0": 4.0, "w1": 1.0}
    _, dot = chart.lines
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (4.0, 1.0)
    w0, w1, height = (float(v[0]) for v in hill.lines[0].get_data_3d())
    assert (w0, w1) == (4.0, 1.0)
    assert height == pytest.approx(np.mean((4 + X - Y) ** 2))
    (x0, x1), (y0, y1) = line_axes.lines[1].get_data()
    assert (y1 - y0) / (x1 - x0) == pytest.approx(1.0)


def test_a_drag_off_the_map_stops_at_its_edge():
    live = surface()
    press(live, live.figure.axes[1], (1.0, 2.0), (9.0, -7.0))
    assert live.values == {"w0": 6.0, "w1": -1.0}
