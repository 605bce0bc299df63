"""Lesson 01's diagrams and live figures: what their controls do."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.pointing import press
from utils.live import LiveFigure
from utils.perceptron import (
    boundary_line,
    perceptron_predict,
    perceptron_update,
    step,
    weighted_sum,
)
from utils.widgets.perceptron import (
    bias_explorer,
    draw_batch,
    draw_decisions,
    draw_examples,
    draw_matches,
    draw_neuron,
    draw_squeeze,
    draw_update,
    neuron_explorer,
    number,
    plural,
    rule_stepper,
    signed,
)

W, B = np.array([3.0, -2.0]), 1.0
X = np.array([[2.0, 0.5], [-1.0, 2.0], [1.0, 1.0], [-2.0, -1.0]])
Y = np.array([1.0, 0.0, 1.0, 0.0])


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def texts(figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def line_of(live: LiveFigure, label: str):
    return next(line for line in live.figure.axes[0].lines if line.get_label() == label)


# ------------------------------------------------------------------------------- words


def test_numbers_are_written_as_on_a_blackboard():
    assert [number(v) for v in (3, -0.5, 2 / 3, -0.0, -0.001)] == ["3", "−0.5", "0.67", "0", "0"]
    assert [signed(v) for v in (1.5, -2, 0, -0.001)] == ["+ 1.5", "− 2", "+ 0", "+ 0"]
    assert [plural(n, "step", "steps") for n in (0, 1, 2)] == ["0 steps", "1 step", "2 steps"]


# ---------------------------------------------------------------------------- diagrams


def test_a_neuron_without_numbers_shows_symbols():
    shown = texts(draw_neuron())
    assert {"$x_1$", "$x_2$", "$w_1$", "$w_2$", "bias $b$", "$z$", r"$\hat{y}$"} <= set(shown)
    assert {"inputs", "weights", "sum", "nonlinearity", "output"} <= set(shown)


def test_a_neuron_with_a_sum_leaves_the_output_open():
    shown = texts(draw_neuron(np.array([-1.0, 2.0]), W, B, weighted_sum))
    assert {"−1", "2", "× 3", "× −2", "bias + 1", "−6", "?"} <= set(shown)


def test_a_whole_neuron_shows_its_output():
    shown = texts(draw_neuron(np.array([-1.0, 2.0]), W, B, weighted_sum, step))
    assert "?" not in shown
    assert {"−6", "0"} <= set(shown)


def test_the_diagram_shows_what_the_learners_function_says():
    shown = texts(draw_neuron(np.array([-1.0, 2.0]), W, B, lambda x, w, b: 42.0))
    assert "42" in shown


def test_matches_stand_under_their_images():
    images = {"full": np.ones((3, 3)), "empty": np.zeros((3, 3))}
    draw_matches(np.eye(3), images, [2.5, -1.0])
    axes = plt.gcf().axes
    assert [a.get_title() for a in axes] == ["weights", "full", "empty"]
    assert [a.get_xlabel() for a in axes[1:]] == ["z = 2.5", "z = −1"]


def test_a_batch_has_a_block_for_each_number():
    draw_batch(5, 3)
    axes = plt.gcf().axes[0]
    assert len(axes.patches) == 5 * 3 + 3 + 5
    assert [t.get_text() for t in axes.texts].count("m") == 2


def test_decisions_are_those_of_the_learners_function():
    _, axes = plt.subplots()
    image = draw_decisions(axes, perceptron_predict, W, B, limit=2.0, points=5)
    # corners: (-2, -2) has z = -1, (2, -2) has 11, (-2, 2) has -9, (2, 2) has 3
    shown = image.get_array()
    assert [shown[0, 0], shown[0, -1], shown[-1, 0], shown[-1, -1]] == [0, 1, 0, 1]


def test_examples_differ_in_shape_and_colour():
    _, axes = plt.subplots()
    draw_examples(axes, X, Y, ("no", "yes"))
    no, yes = axes.collections
    assert (no.get_label(), yes.get_label()) == ("no", "yes")
    assert len(no.get_offsets()) == len(yes.get_offsets()) == 2
    assert no.get_paths()[0].vertices.shape != yes.get_paths()[0].vertices.shape
    assert not np.array_equal(no.get_facecolor(), yes.get_facecolor())


def test_an_update_shows_the_weights_before_and_after():
    draw_update(
        perceptron_predict,
        perceptron_update,
        np.array([1.0, 2.0]),
        0,
        np.array([3.0, -1.0]),
        1,
        0.5,
    )
    before, after = (axes.get_title() for axes in plt.gcf().axes)
    assert "w = (3, −1), b = 1" in before
    assert "w = (2.5, −2), b = 0.5" in after


def test_the_squeeze_marks_where_the_bounds_cross():
    draw_squeeze(4.0, 0.5, [0.0, 3.0, 3.5])
    assert any("64.0" in text for text in texts(plt.gcf()))


# -------------------------------------------------------------------- the neuron explorer


def test_the_explorer_counts_wrong_days_and_says_when_none_is_left():
    live = neuron_explorer(perceptron_predict, boundary_line, X, Y)
    live.set(w1=3.0, w2=-2.0, b=1.0)
    assert "z = 3 x₁ − 2 x₂ + 1" in live.caption
    assert "x₂ = 1.5 x₁ + 0.5" in live.caption
    assert "right on all 4 days" in live.caption
    live.set(w1=-3.0, w2=2.0, b=-1.0)
    assert "wrong on 4 of 4 days" in live.caption
    assert len(line_of(live, "wrong").get_xdata()) == 4


def test_the_explorer_works_without_examples():
    live = neuron_explorer(perceptron_predict, boundary_line)
    assert live.error is None
    assert "day" not in live.caption


def test_the_explorer_draws_the_learners_line():
    live = neuron_explorer(perceptron_predict, lambda w, b: (0.25, -1.0), X, Y)
    np.testing.assert_allclose(line_of(live, "boundary").get_ydata(), [-1.75, -0.25])


def test_a_slider_changes_the_picture():
    live = neuron_explorer(perceptron_predict, boundary_line, X, Y)
    before = live.png
    live.set(b=2.0)
    assert live.png != before
    live.set(b=0.0)
    assert live.png == before


def test_a_boundary_straight_up_is_drawn_without_the_learners_function():
    def never(w, b):
        raise AssertionError("w[1] is zero: the exercise excludes this")

    live = neuron_explorer(perceptron_predict, never, X, Y)
    live.set(w1=2.0, w2=0.0, b=1.0)
    assert live.error is None
    np.testing.assert_allclose(line_of(live, "boundary").get_xdata(), [-0.5, -0.5])
    assert "straight up" in live.caption


def test_zero_weights_have_no_boundary():
    live = neuron_explorer(perceptron_predict, boundary_line, X, Y)
    live.set(w1=0.0, w2=0.0, b=-1.0)
    assert live.error is None
    assert len(line_of(live, "boundary").get_xdata()) == 0
    assert "No boundary" in live.caption


def test_a_broken_function_becomes_a_sentence_and_a_mended_one_a_picture():
    broken = True

    def predict(X, w, b):
        if broken:
            raise ZeroDivisionError("a slip")
        return perceptron_predict(X, w, b)

    live = neuron_explorer(predict, boundary_line, X, Y)
    assert isinstance(live.error, ZeroDivisionError)
    broken = False
    live.set(b=1.0)
    assert live.error is None
    assert live.png


# ---------------------------------------------------------------------- the bias explorer


@pytest.mark.parametrize(
    ("b", "says", "place"), [(2.0, "1", "left"), (0.0, "1", "passes through"), (-0.5, "0", "left")]
)
def test_the_bias_decides_about_inputs_of_zero(b, says, place):
    live = bias_explorer(weighted_sum, step)
    live.set(b=b)
    assert f"z = {number(b)}, so the neuron says {says}" in live.caption
    assert place in live.caption
    zero_point = live.figure.axes[1].lines[-1]
    assert list(zero_point.get_xdata()) == [b]
    assert list(zero_point.get_ydata()) == [float(says)]


def test_the_bias_explorers_table_adds_up():
    live = bias_explorer(weighted_sum, step)
    live.set(b=2.5)
    shown = [text.get_text() for text in live.figure.axes[0].texts]
    assert shown.count("2.5") == 2  # as weight and as product
    assert "z = −4.5" in shown  # -3 - 4 + 2.5


# --------------------------------------------------------------------------- the stepper


def moments_of(live: LiveFigure) -> list[str]:
    captions = []
    for moment in range(live._controls["moment"].high + 1):
        live.set(moment=moment)
        assert live.error is None
        captions.append(live.caption)
    return captions


def test_the_stepper_shows_each_mistake_twice():
    captions = moments_of(rule_stepper(perceptron_predict, perceptron_update, X, Y))
    met = [c for c in captions if "but the neuron says" in c]
    mended = [c for c in captions if "added to" in c or "taken off" in c]
    assert len(met) == len(mended) >= 1
    assert captions[0].startswith("The start: w = (0, 0), b = 0")
    assert f"It took {plural(len(mended), 'step', 'steps')}" in captions[-1]
    # from zeros the neuron says 1, so the first 0 is the first mistake, and it is taken off
    assert captions[1].startswith("Epoch 1, example 2: the label is 0")
    assert "w = (1, −2), b = −1" in captions[2]


def test_the_stepper_marks_the_example_that_is_met():
    live = rule_stepper(perceptron_predict, perceptron_update, X, Y)
    ring = line_of(live, "the example met")
    assert not ring.get_visible()
    live.set(moment=1)
    assert ring.get_visible()
    assert [ring.get_xdata()[0], ring.get_ydata()[0]] == list(X[1])


def test_the_stepper_gives_up_on_what_never_settles():
    xor = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    live = rule_stepper(
        perceptron_predict, perceptron_update, xor, np.array([0.0, 1.0, 1.0, 0.0]), most_mistakes=7
    )
    assert moments_of(live)[-1].startswith("Not settled after 7 steps")


def test_a_rule_that_goes_the_wrong_way_is_still_drawn():
    def wrong_way(x, y, w, b, learning_rate):
        w_new, b_new = perceptron_update(x, y, w, b, -learning_rate)
        return w_new, b_new

    captions = moments_of(rule_stepper(perceptron_predict, wrong_way, X, Y, most_mistakes=5))
    assert captions[-1].startswith("Not settled after 5 steps")


@pytest.mark.parametrize("answer", [None, (1.0, 2.0), "text"])
def test_an_update_that_returns_something_else_becomes_a_sentence(answer):
    live = rule_stepper(perceptron_predict, lambda *arguments: answer, X, Y)
    assert live.error is not None


def test_the_stepper_starts_with_everything_right_if_all_labels_are_1():
    captions = moments_of(rule_stepper(perceptron_predict, perceptron_update, X, np.ones(4)))
    assert len(captions) == 2
    assert "It took 0 steps" in captions[-1]


# --------------------------------------------------------------------------- with the mouse


def test_a_press_in_the_plane_moves_the_line_there_and_does_not_turn_it():
    live = neuron_explorer(perceptron_predict, boundary_line)
    live.set(w1=3.0, w2=-2.0, b=1.0)
    press(live, live.figure.axes[0], (-1.0, 1.0))
    assert live.values == {"w1": 3.0, "w2": -2.0, "b": 5.0}  # 3 (-1) - 2 (1) + 5 = 0


def test_the_arrows_tip_turns_the_line_about_its_foot():
    live = neuron_explorer(perceptron_predict, boundary_line)
    live.set(w1=2.0, w2=0.0, b=2.0)  # the line x1 = -1; the arrow's foot is at (-1, 0)
    axes = live.figure.axes[0]
    arrow = axes.collections[0] if axes.collections else axes.artists[0]
    foot, length = np.array(arrow.get_offsets()[0]), np.array([arrow.U[0], arrow.V[0]])
    np.testing.assert_allclose(foot, [-1, 0], atol=1e-12)
    assert length[0] > 0
    assert length[1] == 0
    tip = foot + length
    press(live, axes, tuple(tip), tuple(foot + 1.5 * np.array([0, length[0]])))
    assert live.values == {"w1": 0.0, "w2": 3.0, "b": 0.0}  # the line x2 = 0, through (-1, 0)


def test_without_weights_a_drag_draws_them():
    live = neuron_explorer(perceptron_predict, boundary_line)
    live.set(w1=0.0, w2=0.0, b=0.0)
    press(live, live.figure.axes[0], (1.0, 0.0), (2.05, 0.0))
    assert live.values == {"w1": 3.0, "w2": 0.0, "b": -3.0}  # the line x1 = 1
