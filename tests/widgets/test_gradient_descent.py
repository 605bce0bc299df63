"""The pictures of lesson 05 move as their controls say, and show what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.pointing import press
from utils.activations import sigmoid
from utils.gradient_descent import (
    gradient_descent,
    gradient_step,
    linear_regression_gradient,
    numerical_gradient,
    train_logistic_regression,
)
from utils.surfaces import SURFACES
from utils.widgets.gradient_descent import (
    FRAMES,
    boundary_player,
    descent_explorer,
    direction_explorer,
    draw_gradients,
    draw_landscapes,
    draw_map,
    draw_path,
    draw_pulls,
    line_player,
    random_starts,
)


@pytest.fixture(autouse=True)
def _no_open_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def walk():
    return descent_explorer(gradient_descent)


# --------------------------------------------------------------------------- landscapes


def test_all_four_landscapes_are_drawn():
    draw_landscapes()
    panels = plt.gcf().axes
    assert [axes.get_title() for axes in panels] == list(SURFACES)
    for axes in panels:
        assert axes.get_xlabel()
        assert axes.get_ylabel()
        assert axes.get_zlabel() == "loss"


@pytest.mark.parametrize("name", list(SURFACES))
def test_a_map_reaches_as_far_as_its_surface(name):
    _, axes = plt.subplots()
    draw_map(axes, name)
    assert axes.get_xlim() == axes.get_ylim() == (-SURFACES[name].reach, SURFACES[name].reach)


def test_arrows_follow_the_gradient_that_is_given():
    draw_gradients(numerical_gradient)
    right = [panel.collections[-1] for panel in plt.gcf().axes]
    plt.close("all")
    draw_gradients(lambda f, w, epsilon: -numerical_gradient(f, w, epsilon))
    wrong = [panel.collections[-1] for panel in plt.gcf().axes]
    for one, other, surface in zip(right, wrong, SURFACES.values(), strict=True):
        np.testing.assert_allclose(one.U, -other.U, atol=1e-6)
        np.testing.assert_allclose(one.V, -other.V, atol=1e-6)
        slopes = surface.gradient(np.column_stack([one.X, one.Y]))
        assert np.all(slopes[:, 0] * one.U >= -1e-6)
        assert np.all(slopes[:, 1] * one.V >= -1e-6)


# -------------------------------------------------------------------------- directions


def test_the_slope_in_a_direction_is_measured_not_taken_from_the_gradient():
    live = direction_explorer(lambda f, w, epsilon: np.array([1.0, 0.0]))
    live.set(surface="bowl", angle=90)
    assert live.error is None
    # the bowl at (1.2, 0.9) has the gradient (2.4, 1.8)
    assert "At 90° the slope is 1.80" in live.caption
    assert "points to 0°" in live.caption


def test_the_curve_is_highest_where_the_gradient_points():
    live = direction_explorer(numerical_gradient)
    for name in SURFACES:
        live.set(surface=name)
        assert live.error is None
        curve, uphill = live.figure.axes[1].lines[:2]
        degrees, slopes = curve.get_data()
        assert abs(degrees[np.argmax(slopes)] - uphill.get_xdata()[0]) <= 2
    # at a right angle to the gradient of the bowl, atan2(0.9, 1.2) = 36.87°, the ground is level
    live.set(surface="bowl", angle=125)
    assert "the slope is 0.10" in live.caption


# --------------------------------------------------------------------------- the descent


def shown_path(live):
    path_line = next(line for line in live.figure.axes[0].lines if line.get_linestyle() == "-")
    return np.column_stack(path_line.get_data())


@pytest.mark.parametrize("name", list(SURFACES))
def test_the_path_and_its_losses_are_those_of_the_walk(walk, name):
    walk.set(surface=name, learning_rate=0.05, w0=-1.2, w1=0.7, step=9)
    assert walk.error is None
    path = gradient_descent(SURFACES[name].gradient, np.array([-1.2, 0.7]), 0.05, 9)
    np.testing.assert_allclose(shown_path(walk), path)
    steps, losses = walk.figure.axes[1].lines[0].get_data()
    np.testing.assert_array_equal(steps, np.arange(10))
    np.testing.assert_allclose(losses, SURFACES[name].function(path))
    assert walk.figure.axes[0].get_title().startswith(name)


def test_no_step_shows_the_start_alone(walk):
    walk.set(surface="bowl", w0=1.0, w1=-1.0, step=0)
    assert walk.error is None
    np.testing.assert_array_equal(shown_path(walk), [[1, -1]])
    assert walk.caption.startswith("0 steps: the loss went from 2 to 2.")


@pytest.mark.parametrize(
    ("controls", "words"),
    [
        ({"surface": "valley", "learning_rate": 0.001}, "Not level yet"),
        ({"surface": "bowl", "learning_rate": 0.1}, "Arrived"),
        ({"surface": "valley", "learning_rate": 0.2}, "runs away"),
        ({"surface": "saddle", "learning_rate": 0.2, "w1": 0.0}, "saddle point"),
        ({"surface": "saddle", "learning_rate": 0.2, "w1": 0.1}, "Arrived"),
        ({"surface": "ripples", "learning_rate": 0.1, "w0": -2.0}, "local minimum"),
        ({"surface": "ripples", "learning_rate": 0.1, "w0": -1.5}, "Arrived"),
    ],
)
def test_the_sentence_tells_how_the_walk_goes(walk, controls, words):
    walk.set(**{"w0": -2.0, "w1": 1.0, "step": 60} | controls)
    assert walk.error is None
    assert words in walk.caption


def test_a_walk_that_overflows_is_drawn_as_far_as_the_paper_goes(walk):
    walk.set(surface="saddle", learning_rate=2.0, w0=2.0, w1=2.0, step=60)
    assert walk.error is None
    assert "beyond all bounds" in walk.caption
    assert np.all(np.abs(shown_path(walk)) < 1e6)
    walk.set(surface="valley", learning_rate=0.2, w0=-2.0, w1=1.0, step=60)
    distance = np.abs(shown_path(walk)).max(axis=1)
    assert np.all(distance[:-1] < 12), "all places but the last lie on the paper or near it"
    assert distance[-1] >= 12


def test_a_path_of_another_shape_is_told():
    live = descent_explorer(lambda gradient_of, w0, rate, steps: w0)
    assert "should return the shape (16, 2) here, not (2,)" in str(live.error)


def test_a_path_is_drawn_with_its_start():
    _, axes = plt.subplots()
    path = np.array([[0.0, 1.0], [0.5, 0.5]])
    draw_path(axes, path)
    line, ring = axes.lines
    np.testing.assert_array_equal(np.column_stack(line.get_data()), path)
    np.testing.assert_array_equal(np.column_stack(ring.get_data()), path[:1])


def test_ten_starts_end_in_the_minima_that_the_sentence_counts():
    live = random_starts(gradient_descent)
    assert live.error is None
    ground = SURFACES["ripples"]
    for seed in (4, 9):
        live.set(seed=seed, spread=2.0)
        starts = np.random.default_rng(seed).normal(0, 2.0, size=(10, 2))
        ends = np.array(
            [gradient_descent(ground.gradient, start, 0.1, 500)[-1] for start in starts]
        )
        different = {tuple(np.round(end / 2.98).astype(int)) for end in ends}
        assert len(different) > 1
        assert f"{len(different)} different minima" in live.caption
        lowest = np.sum(np.abs(ends).max(axis=1) < 1e-6)
        assert f"{lowest} of 10 found the lowest one" in live.caption
        marked = np.column_stack(live.figure.axes[0].lines[-1].get_data())
        np.testing.assert_allclose(marked, ends, atol=1e-3)


def test_starts_near_the_middle_find_one_minimum_and_large_steps_none():
    live = random_starts(gradient_descent)
    live.set(spread=0.2)
    assert "Ten starts ended in the same minimum. 10 of 10 found the lowest" in live.caption
    live.set(spread=2.0, learning_rate=0.5)
    assert "10 of 10 walks have not come to rest" in live.caption


# ---------------------------------------------------------------- two models that learn


def line_data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=30)
    return x, 20 * x + 100 + rng.normal(size=30)


def test_the_line_moves_as_it_trains():
    x, y = line_data()
    live = line_player(linear_regression_gradient, gradient_step, x, y, ("x", "y"))
    live.set(learning_rate=0.3, step=0)
    assert live.error is None
    line = live.figure.axes[0].lines[1]
    np.testing.assert_array_equal(line.get_ydata(), [0, 0])
    live.set(step=40)
    slope, intercept = np.polyfit(x, y, 1)
    np.testing.assert_allclose(line.get_ydata(), slope * line.get_xdata() + intercept, rtol=1e-3)
    assert len(live.figure.axes[1].lines[0].get_xdata()) == 41
    assert f"slope {slope:.4g}, intercept {intercept:.4g}" in live.caption


def test_a_learning_rate_too_large_drives_the_line_away():
    x, y = line_data()
    live = line_player(linear_regression_gradient, gradient_step, x, y, ("x", "y"))
    live.set(learning_rate=1.2, step=40)
    assert live.error is None
    losses = live.figure.axes[1].lines[0].get_ydata()
    assert losses[-1] > 10 * losses[0]


def two_groups():
    rng = np.random.default_rng(1)
    y = np.repeat([0, 1], [40, 20])
    return rng.normal(size=(60, 2)) + 1.5 * y[:, np.newaxis], y


def player():
    X, y = two_groups()
    return boundary_player(train_logistic_regression, X, y, ["one", "two"], ["no", "yes"])


@pytest.mark.parametrize("moment", [1, 5, len(FRAMES) - 1])
def test_the_boundary_is_that_of_the_trained_neuron(moment):
    live = player()
    live.set(moment=moment)
    assert live.error is None
    X, y = two_groups()
    w, b, losses = train_logistic_regression(X, y, 0.5, FRAMES[moment])
    boundary = live.figure.axes[0].lines[-1]
    np.testing.assert_allclose(np.column_stack(boundary.get_data()) @ w + b, 0, atol=1e-9)
    image = np.asarray(live.figure.axes[0].images[0].get_array())
    side = np.linspace(-3.5, 3.5, len(image))
    np.testing.assert_allclose(image[0], sigmoid(w[0] * side - 3.5 * w[1] + b))
    np.testing.assert_array_equal(live.figure.axes[1].lines[0].get_ydata(), losses)
    right = 100 * np.mean((X @ w + b >= 0) == y)
    assert f"Right: {right:.1f} % (always no: 66.7 %)" in live.caption


def test_at_the_start_there_is_no_boundary():
    live = player()
    live.set(moment=0)
    assert live.error is None
    assert len(live.figure.axes[0].lines[-1].get_xdata()) == 0
    np.testing.assert_array_equal(live.figure.axes[0].images[0].get_array(), 0.5)


def test_pushes_are_minus_the_slopes_the_strongest_on_top():
    draw_pulls(["a", "b", "c"], np.array([0.1, -3.0, 2.0]), most=2)
    bars = plt.gca().patches
    assert [bar.get_width() for bar in bars] == [-2.0, 3.0]
    assert [label.get_text() for label in plt.gca().get_yticklabels()] == ["c", "b"]


@pytest.mark.parametrize(
    "make",
    [
        lambda f: direction_explorer(f),
        lambda f: descent_explorer(f),
        lambda f: random_starts(f),
        lambda f: line_player(f, gradient_step, *line_data(), ("x", "y")),
        lambda f: boundary_player(f, *two_groups(), ["one", "two"], ["no", "yes"]),
    ],
)
def test_a_wrong_function_is_a_sentence_not_a_crash(make):
    def wrong(*arguments):
        raise ZeroDivisionError("mine")

    assert isinstance(make(wrong).error, ZeroDivisionError)
    assert make(lambda *arguments: None).error is not None


def test_the_same_state_gives_the_same_picture():
    assert player().png == player().png
    assert descent_explorer(gradient_descent).png == descent_explorer(gradient_descent).png


@pytest.mark.parametrize("surface", list(SURFACES))
def test_a_press_on_any_map_is_where_the_descent_starts(surface):
    live = descent_explorer(gradient_descent)
    live.set(surface=surface)
    press(live, live.figure.axes[0], (1.2, -0.7))
    assert live.values["surface"] == surface
    assert (live.values["w0"], live.values["w1"]) == (1.2, -0.7)
    path = live.figure.axes[0].lines[0]
    assert (path.get_xdata()[0], path.get_ydata()[0]) == (1.2, -0.7)
