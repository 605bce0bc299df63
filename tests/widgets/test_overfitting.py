"""The pictures of lesson 09 move as their controls say, and show what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.pointing import press
from utils.losses import mean_squared_error
from utils.overfitting import (
    EarlyStopping,
    best_degree,
    dropout_forward,
    l2_gradients,
    l2_penalty,
)
from utils.widgets.overfitting import (
    DEGREES,
    decay_explorer,
    degree_explorer,
    draw_fits,
    draw_sets,
    draw_trainings,
    draw_way_back,
    fit_polynomial,
    mask_explorer,
    noisy_wave,
    polynomial_errors,
    stopping_explorer,
    wave,
)


@pytest.fixture(autouse=True)
def _no_open_figures():
    yield
    plt.close("all")


def broken(*_, **__):
    raise ZeroDivisionError("of my own making")


# -------------------------------------------------------------------------- three sets


def test_every_example_stands_once_among_the_sets():
    draw_sets(np.array([[0.0], [2.0], [26.0]]), np.array([1]), np.array([25]))
    axes = plt.gcf().axes[0]
    places = np.concatenate([kind.get_offsets() for kind in axes.collections])
    assert sorted(map(tuple, places)) == sorted([(0, 0), (2, 0), (1, -1), (1, 0), (0, -1)])
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["training: 3", "validation: 1", "test: 1"]


# ------------------------------------------------------------------------- polynomials


def test_the_points_are_the_wave_and_noise():
    X, y = noisy_wave(4000, 0.5, np.random.default_rng(0))
    assert X.min() >= -1
    assert X.max() <= 1
    assert abs(np.std(y - wave(X)) - 0.5) < 0.03
    X, y = noisy_wave(5, 0.0, np.random.default_rng(0))
    np.testing.assert_array_equal(y, wave(X))


def test_errors_are_measured_on_both_sets():
    rng = np.random.default_rng(0)
    old, new = noisy_wave(12, 0.2, rng), noisy_wave(9, 0.2, rng)
    errors = polynomial_errors(old, new, [0, 4])
    curve = fit_polynomial(*old, 4)
    expected = [mean_squared_error(curve(X), y) for X, y in (old, new)]
    np.testing.assert_allclose(errors[1], expected)
    assert errors.shape == (2, 2)


def test_fits_are_drawn_with_their_errors():
    rng = np.random.default_rng(5)
    old, new = noisy_wave(20, 0.3, rng), noisy_wave(60, 0.3, rng)
    draw_fits(old, new, {1: "stiff", 5: "good"})
    panels = plt.gcf().axes
    assert [axes.get_title() for axes in panels] == ["stiff: degree 1", "good: degree 5"]
    errors = polynomial_errors(old, new, [1, 5])
    for axes, (low, high) in zip(panels, errors, strict=True):
        assert f"training error {low:.2f}\nvalidation error {high:.2f}" in axes.texts[0].get_text()


@pytest.fixture(scope="module")
def degrees():
    return degree_explorer(best_degree)


@pytest.mark.parametrize(("degree", "points", "noise", "draw"), [(0, 20, 0.3, 5), (9, 60, 0.1, 2)])
def test_the_curve_is_the_fit_and_the_errors_are_its_errors(degrees, degree, points, noise, draw):
    degrees.set(degree=degree, points=points, noise=noise, draw=draw)
    assert degrees.error is None
    rng = np.random.default_rng(draw)
    training, validation = noisy_wave(points, noise, rng), noisy_wave(60, noise, rng)
    curve = fit_polynomial(*training, degree)
    line = degrees.figure.axes[0].lines[1]
    np.testing.assert_allclose(line.get_ydata(), curve(line.get_xdata()))
    errors = [mean_squared_error(curve(X), y) for X, y in (training, validation)]
    for shown, right in zip(degrees.figure.axes[1].lines[:2], errors, strict=True):
        np.testing.assert_allclose(shown.get_ydata()[degree], right)
    chosen = best_degree(*training, *validation, list(DEGREES))
    assert degrees.caption.endswith(f"best_degree chooses {chosen}.")
    assert f"training error {errors[0]:.2g}, validation error {errors[1]:.2g}" in degrees.caption
    star = next(line for line in degrees.figure.axes[1].lines if line.get_marker() == "*")
    assert star.get_xdata()[0] == chosen


def test_a_press_among_the_errors_moves_the_degree(degrees):
    press(degrees, degrees.figure.axes[1], (3.2, 0.1), (11.9, 0.1))
    assert degrees.values["degree"] == 12


@pytest.mark.filterwarnings("error")
def test_the_ends_of_the_controls_do_no_harm(degrees):
    for points in (20, 200):
        for noise in (0.0, 0.6):
            for degree in (0, 15):
                degrees.set(degree=degree, points=points, noise=noise, draw=20)
                assert degrees.error is None
    degrees.set(degree=15, points=20, noise=0.6, draw=0)
    assert "validation error above 1000" in degrees.caption
    validation = degrees.figure.axes[1].lines[1]
    highest = degrees.figure.axes[1].get_ylim()[1]
    assert validation.get_ydata()[15] > highest, "off the scale, it leaves the picture"


def test_a_learners_error_takes_the_degrees_place():
    assert isinstance(degree_explorer(broken).error, ZeroDivisionError)


def test_a_choice_out_of_bounds_is_only_told():
    live = degree_explorer(lambda *_: 99)
    assert live.error is None
    assert live.caption.endswith("best_degree chooses 99.")


# ------------------------------------------------------------------------- weight decay


@pytest.fixture(scope="module")
def decay():
    return decay_explorer(l2_penalty, l2_gradients)


def test_more_decay_makes_smaller_weights_and_a_higher_training_loss(decay):
    sums, losses = [], decay.figure.axes[1].lines[0].get_ydata()
    for power in (-5.0, -3.0, -1.0):
        decay.set(power=power)
        assert decay.error is None
        sums.append(float(decay.caption.split("add up to ")[1].split(".")[0]))
    assert sums[0] > sums[1] > sums[2]
    assert losses[0] < losses[8] < losses[-1]


def test_every_move_of_the_slider_is_another_strength(decay):
    captions = set()
    for power in np.arange(-5, -0.9, 0.25):
        decay.set(power=float(power))
        captions.add(decay.caption.split(":")[0])
    assert len(captions) == 17


def test_the_loss_on_new_points_is_lowest_in_between(decay):
    new = np.asarray(decay.figure.axes[1].lines[1].get_ydata())
    assert 0 < new.argmin() < len(new) - 1


def test_a_press_among_the_losses_moves_the_strength(decay):
    press(decay, decay.figure.axes[1], (-3.1, 0.1))
    assert decay.values["power"] == -3
    assert decay.caption.startswith("Strength 0.001:")


def test_the_learners_own_gradients_are_used():
    none = decay_explorer(l2_penalty, lambda layers, strength: [(0 * W, 0 * b) for W, b in layers])
    losses = none.figure.axes[1].lines[1].get_ydata()
    np.testing.assert_allclose(losses, losses[0], err_msg="without a pull, no strength matters")
    assert isinstance(decay_explorer(l2_penalty, broken).error, ZeroDivisionError)
    assert isinstance(decay_explorer(broken, l2_gradients).error, ZeroDivisionError)


# ------------------------------------------------------------------------------ dropout


@pytest.fixture(scope="module")
def masks():
    return mask_explorer(dropout_forward)


@pytest.mark.parametrize(("rate", "draw", "example"), [(0.5, 0, 1), (0.2, 7, 4), (0.9, 40, 10)])
def test_the_crossed_neurons_are_those_of_the_mask(masks, rate, draw, example):
    masks.set(rate=rate, draw=draw, example=example, training=True)
    assert masks.error is None
    rng = np.random.default_rng(draw)
    expected = [dropout_forward(np.ones((10, 8)), rate, rng, True)[1] for _ in range(2)]
    network_axes, mask_axes = masks.figure.axes
    np.testing.assert_allclose(mask_axes.images[0].get_array(), expected[0])
    crosses = [line for line in network_axes.lines if line.get_marker() == "x"]
    counts = [len(line.get_xdata()) for line in crosses]
    off = [int(np.sum(mask[example - 1] == 0)) for mask in expected]
    assert counts == [0, *off, 0]
    assert f"Example {example} loses {off[0]} of 8 neurons" in masks.caption
    assert f"{100 * np.mean(expected[0] == 0):.0f} % are off" in masks.caption


def test_lines_to_a_neuron_that_is_off_are_not_seen(masks):
    masks.set(rate=0.5, draw=3, example=2, training=True)
    mask = dropout_forward(np.ones((10, 8)), 0.5, np.random.default_rng(3), True)[1][1]
    first = masks.figure.axes[0].collections[0]
    seen = first.get_colors()[:, 3].reshape(4, 8) > 0
    np.testing.assert_array_equal(seen, np.tile(mask != 0, (4, 1)))


def test_in_use_nothing_is_crossed(masks):
    masks.set(rate=0.7, training=False)
    assert masks.caption.startswith("The mask is all ones")
    masks.set(rate=0.0, training=True)
    assert masks.caption.startswith("The mask is all ones")
    crosses = [line for line in masks.figure.axes[0].lines if line.get_marker() == "x"]
    assert all(len(line.get_xdata()) == 0 for line in crosses)


def test_a_press_on_the_mask_picks_an_example(masks):
    masks.set(example=1, rate=0.5, draw=0, training=True)
    axes = masks.figure.axes[1]
    row = next(tick for tick in axes.get_yticklabels() if tick.get_text() == "6")
    press(masks, axes, (3.0, row.get_position()[1]))
    assert masks.values["example"] == 6
    (frame,) = axes.lines
    assert (min(frame.get_ydata()), max(frame.get_ydata())) == (5.5, 6.5)
    sixth = dropout_forward(np.ones((10, 8)), 0.5, np.random.default_rng(0), True)[1][5]
    texts = [text.get_text() for text in axes.texts if text.get_position()[1] == 6]
    assert texts == [f"{value:.3g}" for value in sixth]


def test_a_learners_wrong_mask_is_told():
    assert isinstance(mask_explorer(broken).error, ZeroDivisionError)
    one_row = mask_explorer(lambda A, rate, rng, training: (A, np.ones(A.shape[1])))
    assert "the mask should have the shape (10, 8)" in str(one_row.error)


def test_the_way_back_marks_who_was_off():
    draw_way_back(np.array([2.0, 0.0, 1.0]), np.array([2.0, 0.0, 2.0]), np.array([0.1, 0.0, -0.2]))
    for axes, heights in zip(plt.gcf().axes, ([2.0, 0.0, 1.0], [0.1, 0.0, -0.2]), strict=True):
        np.testing.assert_allclose([bar.get_height() for bar in axes.patches], heights)
        crosses = next(line for line in axes.lines if line.get_marker() == "x")
        np.testing.assert_array_equal(crosses.get_xdata(), [2])


# ------------------------------------------------------------------ training and stopping

LOSSES = np.column_stack(
    [[0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02], [0.7, 0.5, 0.55, 0.49, 0.6, 0.7, 0.8, 0.9]]
)


def test_trainings_are_drawn_side_by_side_with_the_best_epoch():
    draw_trainings({"one": LOSSES, "other": LOSSES[:4]}, {"one": 3})
    first, second = plt.gcf().axes
    np.testing.assert_array_equal(first.lines[0].get_xdata(), np.arange(1, 9))
    np.testing.assert_array_equal(second.lines[1].get_ydata(), LOSSES[:4, 1])
    (star,) = [line for line in first.lines if line.get_marker() == "*"]
    np.testing.assert_allclose(np.ravel(star.get_data()), [4, 0.49])
    assert not [line for line in second.lines if line.get_marker() == "*"]


@pytest.mark.parametrize(
    ("patience", "min_delta", "stopped", "best"),
    [(1, 0.0, 3, 2), (2, 0.0, 6, 4), (3, 0.05, 5, 2), (3, 0.0, 7, 4)],
)
def test_the_star_and_the_line_are_where_the_watchman_says(patience, min_delta, stopped, best):
    live = stopping_explorer(EarlyStopping, LOSSES)
    live.set(patience=patience, min_delta=min_delta)
    assert live.error is None
    assert live.caption.startswith(f"Stopped after epoch {stopped}. The best is epoch {best},")
    star = next(line for line in live.figure.axes[0].lines if line.get_marker() == "*")
    np.testing.assert_allclose(np.ravel(star.get_data()), [best, LOSSES[best - 1, 1]])


def test_too_much_patience_never_stops():
    live = stopping_explorer(EarlyStopping, LOSSES)
    live.set(patience=20)
    assert live.caption.startswith("Never stopped in 8 epochs. The best is epoch 4")


def test_a_learners_error_takes_the_curves_place():
    assert isinstance(stopping_explorer(broken, LOSSES).error, ZeroDivisionError)
