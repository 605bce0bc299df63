"""Every number and every claim in the prose of lesson 08."""

import math
import re
from functools import cache

import numpy as np
import pytest
import torch

from tests.lessons.notebooks import exercises_of
from tests.lessons.texts import LessonText
from utils.backpropagation import forward_with_cache, network_gradients
from utils.batching import (
    data_parallel_gradient,
    gradient_variance,
    minibatch_gradient,
    minibatches,
    per_example_gradients,
    predicted_variance,
    train_minibatch,
)
from utils.checking.suite import COURSE
from utils.datasets import load_breast_cancer, load_digits
from utils.gradient_descent import logistic_regression_gradient
from utils.losses import bce_with_logits
from utils.networks import init_dense
from utils.why_deep_learning import standardize
from utils.widgets.batching import cloud_explorer, path_explorer, walk

TEXT = LessonText("08_batching")
SOURCE, says, printed = TEXT.source, TEXT.says, TEXT.printed


@cache
def masses():
    """The breast masses as the lesson has them: all columns, the mean radius alone, the labels."""
    cancer = load_breast_cancer()
    X, y = standardize(cancer.X), cancer.y.astype(float)
    return X, X[:, [cancer.feature_names.index("mean radius")]], y


# ------------------------------------------------------------------------------ a few


def test_an_epoch_of_the_masses_is_as_said():
    assert says("With 569 examples and batches of 32, an epoch has 18 steps: 17 full batches, and ")
    assert says("a last one with the 25 that are left")
    assert masses()[0].shape == (569, 30)
    sizes = [len(batch) for batch in minibatches(569, 32, np.random.default_rng(0))]
    assert sizes == [32] * 17 + [25]


def test_the_gradient_of_an_example_is_as_written():
    assert says(r"g_i = \big(\sigma(z_i) - y_i\big)\, x_i")
    X, _, y = masses()
    w, b = np.linspace(-1, 1, 30), 0.3
    rows = per_example_gradients(X, y, w, b)
    np.testing.assert_allclose(rows[5], minibatch_gradient(X, y, w, b, [5])[0])
    np.testing.assert_allclose(rows.mean(axis=0), logistic_regression_gradient(X, y, w, b)[0])


def test_sorted_batches_of_five_hold_one_class():
    assert says("Without shuffling, a batch of 5 holds one class only.")
    assert says("Two batches later, another one says the opposite.")
    classes = np.repeat([0, 1], 10).reshape(-1, 5)
    assert all(len(set(batch)) == 1 for batch in classes.tolist())
    assert classes[0, 0] != classes[2, 0]


def test_the_worked_examples_of_the_exercises():
    X, y = np.array([[1.0], [3.0], [5.0]]), np.array([0.0, 1.0, 1.0])
    assert "so the result is `([-1.0], 0.0)`" in SOURCE
    dw, db = minibatch_gradient(X, y, np.zeros(1), 0.0, np.array([0, 2]))
    assert (dw.tolist(), db) == ([-1.0], 0.0)
    assert "`w` is `[0.25]`, `b` is 0, and the loss is 0.6064" in SOURCE
    w, b, losses = train_minibatch(
        np.array([[1.0], [3.0]]), np.array([0.0, 1.0]), 2, 0.5, 1, np.random.default_rng(0)
    )
    assert (w.tolist(), b, losses.round(4).tolist()) == ([0.25], 0.0, [0.6064])
    assert says("take two examples whose gradients are 0.5 and 1.5")
    two = np.array([[1.0], [3.0]]), np.zeros(2), np.zeros(1), 0.0
    assert per_example_gradients(*two).ravel().tolist() == [0.5, 1.5]
    assert predicted_variance(*two, 1) == 0.25
    assert predicted_variance(*two, 2) == 0.0
    assert says(r"$\frac13 \cdot 0.5 + \frac23 \cdot (-2) = -1.1667$")
    shards = [(X[:1], y[:1]), (X[1:], y[1:])]
    alone = [logistic_regression_gradient(*shard, np.zeros(1), 0.0)[0][0] for shard in shards]
    assert alone == [0.5, -2.0]
    assert round(data_parallel_gradient(shards, np.zeros(1), 0.0)[0][0], 4) == -1.1667


def test_the_estimates_scatter_as_said():
    X, x, y = masses()
    radius = np.flatnonzero(np.all(x == X, axis=0))[0]
    slopes = per_example_gradients(X, y, np.zeros(30), 0.0)[:, radius]
    assert says("Some even have the opposite sign.")
    assert 0.01 < np.mean(np.sign(slopes) != np.sign(slopes.mean())) < 0.4
    assert says("The mean over an epoch **is** the whole gradient, when each batch counts")
    assert "batches in the epoch:                57" in printed()
    assert "their mean is the whole gradient:    True" in printed()


# --------------------------------------------------------------------------- training


def test_three_trainings_end_as_is_said():
    X, _, y = masses()
    ends = {}
    for batch_size, steps in ((1, 569), (16, 36), (569, 1)):
        losses = train_minibatch(X, y, batch_size, 0.1, 20, np.random.default_rng(0))[2]
        ends[batch_size] = losses
        line = (
            f"batches of {batch_size:>3}: steps an epoch {steps:>3}, "
            f"loss {losses[0]:.2f} after 1 epoch, {losses[-1]:.2f} after 20"
        )
        assert line in printed()
    assert says("After a single epoch, they are where the full batch is not even after 20.")
    assert ends[1][0] < 0.6 * ends[569][-1]
    assert says("Each of their 569 steps was a rough guess, but there were 569 of them.")


@pytest.mark.parametrize("seed", range(3))
def test_the_walks_tremble_as_described(seed):
    """The answers below the path explorer, for several orders."""
    _, x, y = masses()

    def end(rate, calm="nothing", size=1):
        path = walk(minibatches, minibatch_gradient, x, y, size, rate, 240, seed, calm)
        w, b = path[-100:].T
        z = np.outer(x[:, 0], w) + b
        loss = np.mean(np.logaddexp(0, z) - z * y[:, np.newaxis], axis=0)
        best = walk(minibatches, minibatch_gradient, x, y, 569, 3.0, 400)[-1]
        lowest = bce_with_logits(x[:, 0] * best[0] + best[1], y)
        lengths = np.linalg.norm(np.diff(path, axis=0), axis=1)[-100:]
        return loss.mean() - lowest, lengths.mean(), path

    assert says("It **trembles** around the minimum, in a cloud.")
    single, several, everything = (end(1.0, size=size)[0] for size in (1, 16, 569))
    assert single > 5 * several > 20 * everything

    assert says("The cloud gets smaller: a third of the learning rate makes steps of a third.")
    small, small_length, small_path = end(0.3)
    _, length, path = end(1.0)
    assert small < 0.8 * single
    assert 0.2 < small_length / length < 0.5
    assert says("But the walk takes about three times as many steps to get there.")
    arrival, small_arrival = (int(np.argmax(p[:, 0] > 2.5)) for p in (path, small_path))
    assert 1.5 < small_arrival / arrival < 6

    assert says("the loss ends several times lower")
    assert end(1.0, "rate falls")[0] < single / 4

    assert says("its steps are less than half as long")
    loss, smooth_length, _ = end(1.0, "momentum")
    assert smooth_length < 0.5 * length
    assert says("But it does not end lower.")
    assert loss > 0.7 * single


# ------------------------------------------------------------------------------ noise


def test_the_measured_variances_are_as_printed_and_said():
    X, _, y = masses()
    place = np.zeros(30), 0.0
    single = per_example_gradients(X, y, *place).var(axis=0).mean()
    assert says("batches of 16 have a sixteenth of the variance")
    assert re.search(r"^ +16   1/16$", printed(), re.M)
    assert says("Batches of 256 have 1/463 of the variance, not 1/256.")
    assert re.search(r"^ +256   1/463$", printed(), re.M)
    # what theory says of them, to whom two hundred trials come close
    assert round(single / predicted_variance(X, y, *place, 16)) == 16
    assert abs(single / predicted_variance(X, y, *place, 256) / 463 - 1) < 0.05
    assert gradient_variance(X, y, *place, 569, 5, np.random.default_rng(0)) < 1e-28


def test_leaving_one_out_varies_as_the_formula_says():
    assert says("and the variance is $s/(n-1)^2$")
    assert says(r"The formula says the same: $\frac{s}{n-1} \cdot \frac{1}{n-1}$.")
    X, _, y = masses()
    w, b, n = np.linspace(-0.2, 0.2, 30), 0.1, 569
    rows = per_example_gradients(X, y, w, b)
    without = (rows.sum(axis=0) - rows) / (n - 1)
    s = rows.var(axis=0).mean()
    np.testing.assert_allclose(without.var(axis=0).mean(), s / (n - 1) ** 2)
    np.testing.assert_allclose(predicted_variance(X, y, w, b, n - 1), s / (n - 1) ** 2)


def test_four_times_the_batch_has_half_the_width():
    assert says("**four times the batch, half the width**")
    assert says("a tenth of the noise, you need a batch a hundred times as large")
    assert math.sqrt(1 / 4) == 1 / 2
    assert math.sqrt(1 / 100) == 1 / 10


def test_the_answers_about_the_cloud_are_right():
    _, x, y = masses()
    cloud = cloud_explorer(minibatch_gradient, x, y)

    def caption(**values):
        cloud.set(**values)
        return cloud.caption

    assert says("It halves each time: 0.97, 0.5, 0.25, 0.11 at the start.")
    for size, width in ((1, "0.97"), (4, "0.5"), (16, "0.25"), (64, "0.11")):
        assert f"the cloud is {width} wide" in caption(batch_size=size)
    assert says("At the start, 85 % of single examples lead downhill, and all batches of 16.")
    assert "85 %" in caption(batch_size=1)
    assert "100 %" in caption(batch_size=16)
    assert says("64 % with batches of 1, and with 64 even fewer, 55 %.")
    assert "64 %" in caption(batch_size=1, w=3.6, b=-0.6)
    assert "55 %" in caption(batch_size=64)
    assert says("between 0 and 1 for a benign mass, and between −1 and 0 for a malignant one")
    rows = 1 / (1 + np.exp(3 * x[:, 0] - 3)) - y
    assert np.all((rows > 0) == (y == 0))


def test_the_path_explorer_starts_as_the_questions_assume():
    _, x, y = masses()
    live = path_explorer(minibatches, minibatch_gradient, x, y)
    assert live.values == {"batch_size": 1, "learning_rate": 1.0, "calm": "nothing", "seed": 0}
    assert says('"rate falls" (halved every 40 steps, the `step_decay` of lesson 07)')


# ------------------------------------------------------------------------------ rates


def test_larger_batches_bear_larger_rates():
    X, _, y = masses()
    rates = np.geomspace(1e-3, 30, 10)
    best = {}
    for size in (1, 8, 64, 569):
        ends = [
            train_minibatch(X, y, size, rate, 5, np.random.default_rng(0))[2][-1] for rate in rates
        ]
        best[size] = rates[int(np.argmin(ends))]
        line = f"batches of {size:>3}: best rate {best[size]:>4.1f}, loss {min(ends):.2f}"
        assert line in printed()
    assert says("for four batch sizes and ten learning rates each")
    assert says("its bottom moves to a rate ten times as large, and for 64 it moves on")
    assert 9 < best[8] / best[1] < 11
    assert best[64] > 2 * best[8]
    assert says("Its best rate is no larger than that of 64, though it has nine times as many")
    assert best[569] == best[64]
    assert round(569 / 64) == 9


# -------------------------------------------------------------------------- real data


def test_the_digits_are_learned_as_is_said():
    digits = load_digits()
    pixels, odd = digits.X / 16, (digits.y % 2).astype(float)
    assert digits.X.max() == 16
    assert says('Always answering "odd" is right for 50.4 %.')
    assert round(100 * odd.mean(), 1) == 50.4
    assert "always “odd”: 50.4 % right" in printed()
    assert says("Batches of 32 took 1,140 steps, the full batch 20.")
    assert 20 * math.ceil(1797 / 32) == 1140
    rights = {}
    for size in (1797, 32):
        rng = np.random.default_rng(0)
        layers = [init_dense(64, 32, rng), init_dense(32, 1, rng)]
        for _ in range(20):
            for batch in minibatches(1797, size, rng):
                _, gradients = network_gradients(pixels[batch], odd[batch], layers)
                layers = [
                    (W - 0.5 * dW, b - 0.5 * db)
                    for (W, b), (dW, db) in zip(layers, gradients, strict=True)
                ]
        logits = forward_with_cache(pixels, layers)[0][:, 0]
        rights[size] = 100 * np.mean((logits >= 0) == odd)
        loss = bce_with_logits(logits, odd)
        assert f"batches of {size:>4}: {rights[size]:.1f} % right, loss {loss:.2f}" in printed()
    assert says("One network has learned its digits, the other has just begun.")
    assert rights[32] > 99
    assert rights[1797] < 90


# ---------------------------------------------------------------------------- PyTorch


def test_torch_agrees_in_all_that_is_printed():
    for line in (
        "batches that PyTorch deals: [32, 32, 25] at the end",
        "same weights: True",
        "same bias:    True",
        "two different processes: True",
        "examples: 400 and 169",
        "your data_parallel_gradient finds the same:   True",
        "one process with all the data finds the same: True",
        "after 50 steps both workers have equal weights: True",
        "and one process with all the data has them too: True",
    ):
        assert line in printed()
    assert "False" not in printed()


def test_the_workers_step_in_the_prose_is_the_one_they_take():
    program = (COURSE / "utils" / "two_processes.py").read_text(encoding="utf-8")
    body = program.partition("def data_parallel_step")[2].partition("\ndef ")[0]
    after_two_processes = SOURCE.partition("### Two workers, for real")[2]
    (shown,) = re.findall(r"^```python\n(.*?)^```$", after_two_processes, re.M | re.S)
    lines = shown.splitlines()
    assert len(lines) == 5
    assert "\n".join("    " + line for line in lines) in body


def test_ddp_takes_the_plain_mean_over_the_workers():
    assert says("It takes the **plain** mean over the workers.")
    documented = " ".join((torch.nn.parallel.DistributedDataParallel.__doc__ or "").split())
    assert "averag" in documented


def test_the_slopes_of_the_workers_are_those_of_their_shards():
    X, _, y = masses()
    cancer = load_breast_cancer()
    order = np.argsort(X[:, cancer.feature_names.index("mean texture")], kind="stable")
    alone = [
        logistic_regression_gradient(X[rows], y[rows], np.zeros(30), 0.0)[1]
        for rows in (order[:400], order[400:])
    ]
    assert f"slope for the bias, alone:            {alone[0]:.4f} and {alone[1]:.4f}" in printed()
    whole = logistic_regression_gradient(X, y, np.zeros(30), 0.0)[1]
    assert f"slope for the bias, after all_reduce: {whole:.4f} and {whole:.4f}" in printed()


# ------------------------------------------------------------------------------- quiz


def test_the_right_answers_of_the_quiz_are_right():
    quiz = SOURCE.split("## Quiz")[1]
    assert "1,000 examples, and the batches hold 64" in quiz
    assert 3 * math.ceil(1000 / 64) == 48
    assert 'right="48"' in quiz
    assert "15 full batches and one with the 40 that are left" in quiz
    assert divmod(1000, 64) == (15, 40)
    assert 3 * (1000 // 64) == 45
    assert "a third of the noise" in quiz
    assert 'right="9 times"' in quiz
    assert math.sqrt(9) == 3
    assert (
        "Worker 1 has 300 examples and finds a slope of 2. Worker 2 has 100 and finds −2." in quiz
    )
    assert 300 / 400 * 2 + 100 / 400 * -2 == 1
    assert 300 * 2 + 100 * -2 == 400


def test_the_core_is_as_long_as_its_exercises_and_more():
    assert sum(exercise.minutes for exercise in exercises_of("08_batching")) < 70
