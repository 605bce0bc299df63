"""The pictures of lesson 08 move as their controls say, and show what they are given."""

import itertools
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.pointing import press
from utils.batching import data_parallel_gradient, minibatch_gradient, minibatches
from utils.gradient_descent import (
    gradient_descent,
    logistic_regression_gradient,
    numerical_gradient,
)
from utils.losses import bce_with_logits
from utils.optimizers import step_decay
from utils.widgets import batching
from utils.widgets.batching import (
    START,
    batch_explorer,
    cloud_explorer,
    draw_estimates,
    draw_paths,
    draw_rate_curves,
    draw_times,
    draw_variances,
    many_examples,
    path_explorer,
    shard_explorer,
    walk,
)

SIZES = (1, 4, 16)


@pytest.fixture(autouse=True)
def _no_open_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def problem():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 1))
    return x, (rng.random(60) < 1 / (1 + np.exp(-2 * x[:, 0] + 0.5))).astype(float)


@pytest.fixture(scope="module")
def cloud(problem):
    return cloud_explorer(minibatch_gradient, *problem, SIZES)


@pytest.fixture(scope="module")
def path(problem):
    return path_explorer(minibatches, minibatch_gradient, *problem, SIZES)


def broken(*_):
    raise ZeroDivisionError("of my own making")


# ---------------------------------------------------------------------------- dealing


def rows_of(live):
    """The numbers that are seen in each row, from left to right."""
    texts = [text for text in live.figure.axes[0].texts if text.get_visible()]
    rows = {}
    for text in sorted(texts, key=lambda text: text.get_position()[0]):
        rows.setdefault(round(text.get_position()[1]), []).append(int(text.get_text()))
    return list(rows.values())


def test_the_dealt_examples_are_those_of_the_learners_function():
    live = batch_explorer(minibatches)
    live.set(batch_size=7, seed=3)
    rng = np.random.default_rng(3)
    epochs = [np.concatenate(minibatches(20, 7, rng)).tolist() for _ in range(4)]
    assert sorted(rows_of(live)) == sorted(epochs)
    assert "An epoch is 3 steps, with batches of 7, 7, 6." in live.caption


def test_gaps_part_the_batches():
    live = batch_explorer(minibatches)
    for batch_size, gaps in ((5, 3), (20, 0), (1, 19)):
        live.set(batch_size=batch_size)
        lefts = sorted(patch.get_x() for patch in live.figure.axes[0].patches if patch.get_y() == 0)
        assert len(lefts) == 20
        assert np.sum(np.diff(lefts) > 1.2) == gaps
        assert lefts[-1] + 0.92 <= live.figure.axes[0].get_xlim()[1]


def test_unshuffled_batches_hold_one_class_only():
    live = batch_explorer(minibatches)
    live.set(batch_size=5, shuffled=False)
    assert rows_of(live)[0] == list(range(20))
    assert "16 batches with two or more examples had one class only" in live.caption
    live.set(shuffled=True)
    counted = re.search(r"epochs, (no batch|\d+ batch)", live.caption)[1]
    assert counted == "no batch" or int(counted.split()[0]) < 8
    live.set(batch_size=1)
    assert "one class" not in live.caption


def test_a_learners_odd_batches_are_drawn_and_errors_are_told():
    live = batch_explorer(lambda n, batch_size, rng: [[3, 3, 3], [1]])
    assert live.error is None
    assert rows_of(live)[0] == [3, 3, 3, 1]
    assert isinstance(batch_explorer(broken).error, ZeroDivisionError)


def test_estimates_stand_around_the_slope_of_all(problem):
    x, y = problem
    draw_estimates(minibatches, minibatch_gradient, x, y, 0, (1, 10, 60))
    axes = plt.gcf().axes[0]
    whole = logistic_regression_gradient(x, y, np.zeros(1), 0.0)[0][0]
    (line,) = axes.lines
    assert line.get_xdata()[0] == pytest.approx(whole)
    rows = [np.asarray(dots.get_offsets())[:, 0] for dots in axes.collections]
    assert [len(row) for row in rows] == [60, 6, 1]
    for row in rows:
        assert row.mean() == pytest.approx(whole)  # 60 is a multiple of all three sizes
    assert np.ptp(rows[0]) > np.ptp(rows[1]) > 0


# ------------------------------------------------------------------------------- walks


def loss_at(place, x, y):
    return bce_with_logits(x[:, 0] * place[0] + place[1], y)


def gradient_at(place, x, y):
    dw, db = logistic_regression_gradient(x, y, place[:1], place[1])
    return np.array([dw[0], db])


def test_a_walk_with_all_examples_is_gradient_descent(problem):
    x, y = problem
    path = walk(minibatches, minibatch_gradient, x, y, 60, 0.8, 30)
    right = gradient_descent(lambda w: gradient_at(w, x, y), np.array(START), 0.8, 30)
    np.testing.assert_allclose(path, right, rtol=1e-9)


def test_a_walk_steps_by_the_gradient_of_each_batch_in_turn(problem):
    x, y = problem
    path = walk(minibatches, minibatch_gradient, x, y, 25, 0.5, 5, seed=2)
    rng = np.random.default_rng(2)
    batches = [batch for _ in range(2) for batch in minibatches(60, 25, rng)]
    for step in range(5):
        part = batches[step]
        move = -0.5 * gradient_at(path[step], x[part], y[part])
        np.testing.assert_allclose(path[step + 1] - path[step], move, atol=1e-12)


def test_a_falling_rate_is_that_of_lesson_07(problem):
    x, y = problem
    path = walk(minibatches, minibatch_gradient, x, y, 60, 0.8, 90, calm="rate falls")
    for step in (0, 39, 40, 85):
        move = -step_decay(0.8, step, 0.5, 40) * gradient_at(path[step], x, y)
        np.testing.assert_allclose(path[step + 1] - path[step], move, atol=1e-12)


def test_momentum_has_a_tenth_of_the_rate(problem):
    x, y = problem
    path = walk(minibatches, minibatch_gradient, x, y, 60, 0.8, 2, calm="momentum")
    first = gradient_at(path[0], x, y)
    np.testing.assert_allclose(path[1] - path[0], -0.08 * first, atol=1e-12)
    second = 0.9 * first + gradient_at(path[1], x, y)
    np.testing.assert_allclose(path[2] - path[1], -0.08 * second, atol=1e-12)


def test_the_minimum_has_no_slope(problem):
    x, y = problem
    best = batching._minimum(x, y)
    slopes = numerical_gradient(lambda place: loss_at(place, x, y), best, 1e-5)
    np.testing.assert_allclose(slopes, 0, atol=1e-9)


def test_three_paths_have_a_map_each(problem):
    draw_paths(minibatches, minibatch_gradient, *problem, (1, 16, 60), 1.0, 12)
    panels = plt.gcf().axes
    assert [axes.get_title() for axes in panels] == [
        "one example",
        "batches of 16",
        "all examples",
    ]
    for axes in panels:
        (path,) = [line for line in axes.lines if len(line.get_xdata()) == 13]
        assert (path.get_xdata()[0], path.get_ydata()[0]) == START


def test_the_path_explorer_draws_the_walk_and_its_loss(path, problem):
    x, y = problem
    path.set(batch_size=4, learning_rate=1.0, calm="rate falls", seed=5)
    map_axes, loss_axes = path.figure.axes
    right = walk(minibatches, minibatch_gradient, x, y, 4, 1.0, 240, 5, "rate falls")
    drawn = next(line for line in map_axes.lines if len(line.get_xdata()) == 241)
    np.testing.assert_allclose(np.transpose(drawn.get_data()), right)
    above = loss_axes.lines[0].get_ydata()
    lowest = loss_at(batching._minimum(x, y), x, y)
    np.testing.assert_allclose(above[7], loss_at(right[7], x, y) - lowest, atol=1e-9)
    assert "have used 960 gradients of single examples" in path.caption
    told = re.search(r"the loss lay ([0-9.]+) above the lowest", path.caption)[1]
    assert float(told) == pytest.approx(above[-100:].mean(), rel=0.05)


def test_small_heights_are_told_without_powers_of_ten():
    assert batching._in_full(0.03312) == "0.033"
    assert batching._in_full(0.000076) == "0.000076"
    assert batching._in_full(0.5) == "0.5"
    assert batching._in_full(3e-7) == "less than 0.000001"


def test_larger_batches_tremble_less(path):
    def trembling(**values):
        path.set(learning_rate=1.0, calm="nothing", seed=0, **values)
        return path.figure.axes[1].lines[0].get_ydata()[-100:].mean()

    single, several = trembling(batch_size=1), trembling(batch_size=16)
    everything = trembling(batch_size="all 60")
    assert single > 2 * several > 4 * everything


def test_a_broken_gradient_is_told(problem):
    assert isinstance(path_explorer(minibatches, broken, *problem).error, ZeroDivisionError)
    assert isinstance(cloud_explorer(broken, *problem).error, ZeroDivisionError)
    assert isinstance(shard_explorer(broken, *problem).error, ZeroDivisionError)


# ------------------------------------------------------------------------------- cloud


def dots_of(live):
    cloud_axes = live.figure.axes[1]
    return np.transpose(
        next(line for line in cloud_axes.lines if len(line.get_xdata()) == 300).get_data()
    )


def test_the_cloud_lies_around_the_whole_gradient(cloud, problem):
    x, y = problem
    cloud.set(batch_size=4, w=1.0, b=-1.0, seed=0)
    whole = gradient_at(np.array([1.0, -1.0]), x, y)
    dots = dots_of(cloud)
    error = dots.std(axis=0) / np.sqrt(300)
    assert np.all(np.abs(dots.mean(axis=0) - whole) < 5 * error)
    diamond = next(line for line in cloud.figure.axes[1].lines if line.get_marker() == "D")
    np.testing.assert_allclose([diamond.get_xdata()[0], diamond.get_ydata()[0]], whole)
    downhill = round(100 * np.mean(dots @ whole > 0))
    assert f"{downhill} % of the batches lead downhill" in cloud.caption


def test_four_times_the_batch_has_about_half_the_width(cloud):
    def width(**values):
        cloud.set(w=0.0, b=0.0, **values)
        return float(np.sqrt(dots_of(cloud).var(axis=0).sum()))

    assert 1.7 < width(batch_size=1) / width(batch_size=4) < 2.4
    assert width(batch_size="all 60") < 1e-12
    assert "the cloud is 0 wide. 100 %" in cloud.caption


def test_the_arrows_are_the_steps_of_the_first_batches(cloud):
    cloud.set(batch_size=4, w=2.0, b=1.0, seed=3)
    fan = next(artist for artist in cloud.figure.axes[0].collections if hasattr(artist, "U"))
    np.testing.assert_allclose(np.column_stack([fan.U, fan.V]), -dots_of(cloud)[:60])
    np.testing.assert_allclose(fan.get_offsets()[0], [2.0, 1.0])


def test_the_grey_half_is_where_batches_lead_uphill(cloud, problem):
    cloud.set(batch_size=1, w=-2.0, b=2.0, seed=1)
    (uphill,) = cloud.figure.axes[1].patches
    whole = gradient_at(np.array([-2.0, 2.0]), *problem)
    dots = dots_of(cloud)
    inside = uphill.get_path().contains_points(dots)
    np.testing.assert_array_equal(inside, dots @ whole < 0)
    assert 0 < inside.sum() < 300


def test_a_press_on_the_map_moves_the_place(cloud):
    press(cloud, cloud.figure.axes[0], (2.0, 1.5))
    assert cloud.values["w"] == pytest.approx(2.0, abs=0.06)
    assert cloud.values["b"] == pytest.approx(1.5, abs=0.06)


def test_the_variances_are_drawn_beside_both_laws():
    draw_variances((1, 10, 50), (2.0, 0.19, 0.02), 2.0, 100)
    straight, bent, measured, _ = plt.gcf().axes[0].lines
    np.testing.assert_allclose(np.multiply(*straight.get_data()), 2.0)
    sizes, heights = bent.get_data()
    np.testing.assert_allclose(heights, 2.0 / sizes * (100 - sizes) / 99)
    assert heights[0] == 2.0
    assert measured.get_ydata().tolist() == [2.0, 0.19, 0.02]


# --------------------------------------------------------------------- rates, and time


def test_the_best_rate_of_each_size_is_marked():
    draw_rate_curves([0.1, 1.0, 10.0], {1: [0.2, 0.5, 3.0], 8: [0.4, 0.1, np.nan]})
    marks = [line for line in plt.gcf().axes[0].lines if len(line.get_xdata()) == 1]
    assert [(mark.get_xdata()[0], mark.get_ydata()[0]) for mark in marks] == [
        (0.1, 0.2),
        (1.0, 0.1),
    ]


def test_made_up_examples_are_scaled_and_can_be_told_apart():
    X, y = many_examples(5000, 6, np.random.default_rng(0))
    np.testing.assert_allclose(X.std(axis=0), 1)
    assert set(y) == {0.0, 1.0}
    best = batching._minimum(X, y)
    assert bce_with_logits(X @ best[:-1] + best[-1], y) < 0.6  # a coin flip costs 0.69


def test_time_is_measured_for_each_size_and_the_training_is_real():
    """With a clock that goes on by a millisecond each time that it is read."""
    X, y = many_examples(400, 3, np.random.default_rng(1))
    ticks = itertools.count()
    rates = {1: 0.02, 50: 0.3, 400: 0.5}
    draw_times(
        minibatches, minibatch_gradient, X, y, rates, clock=lambda: next(ticks) / 1000, seconds=2.0
    )
    epoch_axes, loss_axes = plt.gcf().axes
    lengths = np.asarray(epoch_axes.lines[0].get_ydata())
    # a step reads the clock once: an epoch of 400, 8 or 1 steps takes as many milliseconds, and
    # a little more, for the clock is read around the losses too
    assert np.all(lengths >= [0.4, 0.008, 0.001])
    assert np.all(lengths <= [0.45, 0.01, 0.0025])
    for line in loss_axes.lines:
        times, above = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
        assert np.all(np.diff(times) >= 0)
        assert above.min() < above[0]
        assert 2.0 <= times[-1] < 2.5
    assert [line.get_label() for line in loss_axes.lines] == ["1", "50", "all 400"]


# ------------------------------------------------------------------------ many workers


def test_the_shards_points_are_where_they_belong(problem):
    x, y = problem
    live = shard_explorer(data_parallel_gradient, x, y)
    live.set(first=20, w=0.5, b=0.3)
    places = {
        line.get_marker(): np.array([line.get_xdata()[0], line.get_ydata()[0]])
        for line in live.figure.axes[0].lines
        if line.get_marker() not in ("None", "o")
    }
    place = np.array([0.5, 0.3])
    one, two = gradient_at(place, x[:20], y[:20]), gradient_at(place, x[20:], y[20:])
    np.testing.assert_allclose(places["s"], one)
    np.testing.assert_allclose(places["^"], two)
    np.testing.assert_allclose(places["X"], (one + two) / 2)
    rings = [line for line in live.figure.axes[0].lines if line.get_marker() == "o"]
    for ring in rings:  # all examples at once, and the learner's function
        np.testing.assert_allclose(
            [ring.get_xdata()[0], ring.get_ydata()[0]], one / 3 + 2 * two / 3
        )
    assert "Your function and all examples at once: the same." in live.caption
    assert "Worker 1 has 20 examples, worker 2 has 40." in live.caption
    live.set(first=1)
    assert "Worker 1 has 1 example, worker 2 has 59." in live.caption


def test_a_wrong_combination_is_seen_apart(problem):
    def plain_mean(shards, w, b):
        found = [logistic_regression_gradient(X, y, w, b) for X, y in shards]
        return sum(dw for dw, _ in found) / 2, sum(db for _, db in found) / 2

    live = shard_explorer(plain_mean, *problem)
    assert live.error is None
    assert "apart" in live.caption
