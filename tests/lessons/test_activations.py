"""Every number and every claim in the prose of lesson 02."""

import re
import sys
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from tests.lessons.texts import LessonText
from utils.activations import (
    collapse_linear_layers,
    leaky_relu,
    relu,
    relu_derivative,
    sigmoid,
    sigmoid_derivative,
    softmax,
    tanh_derivative,
    tanh_from_sigmoid,
)
from utils.checking.suite import COURSE
from utils.datasets import load_breast_cancer, load_digits
from utils.perceptron import step
from utils.why_deep_learning import standardize

TEXT = LessonText("02_activations")
SOURCE, says = TEXT.source, TEXT.says


def test_the_examples_of_the_exercises_hold():
    assert says("`sigmoid(np.array([0.0, 2.0]))` is `[0.5, 0.88079708]`")
    np.testing.assert_allclose(sigmoid([0, 2]), [0.5, 1 / (1 + np.exp(-2))])
    assert round(1 / (1 + np.exp(-2)), 8) == 0.88079708
    assert says("I am 88 % sure")
    assert says("`tanh_from_sigmoid(np.array([0.0, 1.0]))` is `[0, 0.76159416]`")
    assert round(float(np.tanh(1)), 8) == 0.76159416
    assert says("`relu(np.array([-2.0, 0.0, 3.0]))` is `[0, 0, 3]`")
    np.testing.assert_array_equal(relu([-2.0, 0, 3]), [0, 0, 3])
    assert says("`leaky_relu(np.array([-2.0, 0.0, 3.0]), 0.1)` is `[-0.2, 0, 3]`")
    np.testing.assert_allclose(leaky_relu([-2.0, 0, 3], 0.1), [-0.2, 0, 3])
    assert says("`sigmoid_derivative(np.array([0.0, 2.0]))` is `[0.25, 0.10499359]`")
    assert round(np.exp(-2) / (1 + np.exp(-2)) ** 2, 8) == 0.10499359
    assert says("`tanh_derivative(np.array([0.0, 1.0]))` is `[1, 0.41997434]`")
    assert round(1 - np.tanh(1) ** 2, 8) == 0.41997434
    assert says("`relu_derivative(np.array([-2.0, 0.0, 3.0]))` is `[0, 0, 1]`")
    np.testing.assert_array_equal(relu_derivative([-2.0, 0, 3]), [0, 0, 1])
    example = "`softmax(np.array([[0.0, 0.0], [0.0, np.log(3)]]))` is `[[0.5, 0.5], [0.25, 0.75]]`"
    assert says(example)
    np.testing.assert_allclose(softmax([[0, 0], [0, np.log(3)]]), [[0.5, 0.5], [0.25, 0.75]])


def test_two_lines_in_a_row_are_the_line_named():
    assert says(r"3\,(2x + 1) - 4 \;=\; 6x + 3 - 4 \;=\; 6x - 1")
    x = np.linspace(-5, 5, 11)
    np.testing.assert_allclose(3 * (2 * x + 1) - 4, 6 * x - 1)
    assert says(
        "`W1` was 2, `b1` was 1, `W2` was 3 and `b2` was -4. Out came `W` = 6 and `b` = -1."
    )
    W, b = collapse_linear_layers([[2]], [1], [[3]], [-4])
    assert (W.item(), b.item()) == (6, -1)


def test_five_layers_hold_as_many_numbers_as_the_text_says():
    sizes = [2, 6, 6, 6, 6, 1]
    numbers = sum((m + 1) * k for m, k in pairwise(sizes))
    assert numbers == 151
    assert says("151 numbers did the work of 3")


# ------------------------------------------------------------------------ the ring


@cache
def ring() -> tuple[np.ndarray, np.ndarray]:
    """The lesson's own cell that makes the ring, executed."""
    cell = next(
        c
        for c in re.findall(r"^```\{code-cell\}.*?\n(.*?)^```$", SOURCE, re.M | re.S)
        if "X_ring =" in c
    )
    code = cell[cell.index("rng =") : cell.index("best_accuracy")]
    scope: dict = {"np": np}
    exec(code, scope)
    return scope["X_ring"], scope["y_ring"]


def test_no_line_tells_the_ring_from_the_disc():
    X, y = ring()
    assert says("200 points in two classes")
    assert len(X) == 200
    best = 0.0
    for direction in np.linspace(0, 2 * np.pi, 720):
        along = X @ [np.cos(direction), np.sin(direction)]
        best = max(best, np.mean((along[:, None] >= along) == y[:, None], axis=0).max())
    assert best < 0.75, "a line that falls between any two points does hardly better"
    assert says("The best line only cuts a slice off the ring")


def test_the_cell_tries_as_many_lines_as_the_text_says():
    assert says("36,000 lines: 180 directions, both ways round, each at 100 positions")
    assert "np.radians(np.arange(0.5, 360))" in SOURCE
    assert "np.linspace(-2.5, 2.5, 100)" in SOURCE
    assert len(np.arange(0.5, 360)) * 100 == 36_000


def test_six_kinks_fence_in_the_disc_and_without_them_directions_cancel():
    X, y = ring()
    angles = np.radians([0, 60, 120, 180, 240, 300])
    Z = X @ np.array([np.cos(angles), np.sin(angles)]) - 1
    np.testing.assert_array_equal(step(0.2 - relu(Z).sum(axis=1)), y)
    assert says("Every point is on the right side.")
    np.testing.assert_allclose(Z.sum(axis=1), -6)
    assert says("the sum is the same at every point: the whole plane gets the same answer")


# -------------------------------------------------------------------------- floats


def test_floats_end_where_the_text_says():
    assert says(r"A Python `float` ends at about $1.8 \cdot 10^{308}$")
    assert f"{sys.float_info.max:.1e}" == "1.8e+308"
    with np.errstate(over="ignore"):
        assert np.isfinite(np.exp(700.0))
        assert np.exp(710.0) == np.inf
    assert 0 < np.exp(-710.0) < 1e-307


def test_each_form_of_the_sigmoid_breaks_on_its_own_side():
    with np.errstate(all="ignore"):
        assert 1 / (1 + np.exp(1000.0)) == 0
        assert np.isnan(np.exp(1000.0) / (np.exp(1000.0) + 1))
    with pytest.warns(RuntimeWarning, match="overflow"):
        1 / (1 + np.exp(-np.array([-1000.0])))
    with np.errstate(over="raise", invalid="raise"):
        assert 1 / (1 + np.exp(-1000.0)) == 1
        assert np.exp(-1000.0) / (np.exp(-1000.0) + 1) == 0


# -------------------------------------------------------------------------- slopes


def test_the_hill_of_the_sigmoid_is_a_quarter_high_and_tanh_is_four_times_as_steep():
    z = np.linspace(-8, 8, 16_001)
    assert sigmoid_derivative(z).max() == 0.25 == sigmoid_derivative(0.0)
    np.testing.assert_allclose(tanh_derivative(z), 4 * sigmoid_derivative(2 * z), atol=1e-15)
    np.testing.assert_allclose(tanh_from_sigmoid(z), np.tanh(z), atol=1e-15)


def test_ten_quarters_are_less_than_a_millionth():
    assert says(r"\left(\tfrac14\right)^{10} = \frac{1}{1\,048\,576}")
    assert 4**10 == 1_048_576
    assert says("That is less than a millionth")
    assert 0.1 * 0.25**10 < 1e-7, "the quiz: less than a ten-millionth"


def test_where_each_activation_is_grey_in_the_explorer():
    z = np.linspace(-8, 8, 1601)
    grey = {
        "sigmoid": sigmoid_derivative(z) < 0.05,
        "tanh": tanh_derivative(z) < 0.05,
        "ReLU": relu_derivative(z) < 0.05,
        "leaky ReLU": np.where(z > 0, 1.0, 0.1) < 0.05,
    }
    assert says(
        "Sigmoid and tanh saturate on both sides, the ReLU on the left, the leaky ReLU nowhere"
    )
    left_and_right = {name: (bool(shade[0]), bool(shade[-1])) for name, shade in grey.items()}
    assert left_and_right == {
        "sigmoid": (True, True),
        "tanh": (True, True),
        "ReLU": (True, False),
        "leaky ReLU": (False, False),
    }
    assert says("steeper than the sigmoid, but its white part is narrower")
    assert grey["tanh"].mean() > grey["sigmoid"].mean()


# ----------------------------------------------------------------------- real data


@cache
def cancer():
    return load_breast_cancer()


def right_and_saturated(z: np.ndarray) -> tuple[float, float]:
    right = 100 * np.mean((z >= 0) == cancer().y)
    slope = 0.25 / np.cosh(z / 2) ** 2
    return round(float(right), 1), round(float(100 * np.mean(slope < 0.05)), 1)


def test_the_crude_neuron_does_as_well_as_the_text_says():
    data = cancer()
    assert says("569 masses, each with 30 measurements")
    assert data.X.shape == (569, 30)
    assert round(100 * float(np.mean(data.y == 0)), 1) == 62.7
    scaled = standardize(data.X)
    right, saturated = right_and_saturated(scaled.sum(axis=1))
    assert right == 89.3
    assert 85 < saturated < 95
    assert says(
        'right for 89.3 % of the masses, where always answering "benign" is right for 62.7 %'
    )
    assert says("about nine masses in ten sit where the sigmoid is flat")
    assert right_and_saturated(scaled.mean(axis=1)) == (89.3, 0.0)
    assert says("With the mean, not one mass is saturated")


def test_most_measurements_are_larger_in_malignant_masses():
    data = cancer()
    larger = data.X[data.y == 1].mean(axis=0) > data.X[data.y == 0].mean(axis=0)
    assert larger.sum() > 15
    assert says("Most of these measurements are larger in malignant masses")


def test_raw_measurements_saturate_everything():
    data = cancer()
    assert data.X.min() >= 0
    assert data.X.max() > 2000
    assert says("never negative, and some are in the thousands")
    assert right_and_saturated(data.X.mean(axis=1)) == (37.3, 100.0)
    assert says("right for 37.3 %, which is below the 62.7 %")
    assert np.all(sigmoid_derivative(data.X.mean(axis=1)) < 1e-6)


@cache
def digit_logits() -> tuple[np.ndarray, np.ndarray]:
    """Minus half the squared distance to each template: what the linear layer stands for."""
    digits = load_digits()
    half = len(digits.X) // 2
    first, y_first = digits.X[:half], digits.y[:half]
    templates = np.array([first[y_first == digit].mean(axis=0) for digit in range(10)])
    distances = np.linalg.norm(digits.X[half:, None, :] - templates, axis=2)
    return -0.5 * distances**2, digits.y[half:]


def test_the_template_classifier_is_as_good_and_as_sure_as_the_text_says():
    logits, y = digit_logits()
    assert len(y) == 899
    right = np.argmax(logits, axis=1) == y
    assert round(100 * float(right.mean()), 1) == 87.5
    assert says("It is right for 87.5 % of the images")
    assert round(100 * float(np.bincount(y).max() / len(y)), 1) == 10.2
    assert says("Always answering the most frequent digit would be right for 10.2 %")
    assert says("Right in seven cases of eight")
    sure = softmax(logits).max(axis=1) > 0.999
    assert round(100 * float(sure.mean()), 1) == 98.4
    assert says("more than 99.9 % sure of itself for 98.4 % of them")
    warm = softmax(logits / 100).max(axis=1)
    assert warm[right].mean() > warm[~right].mean()
    assert says("where it is wrong, it is less sure on average than where it is right")


def test_the_careless_softmax_fails_on_the_digits():
    """With the common term left out, as in the lesson's linear layer."""
    digits = load_digits()
    half = len(digits.X) // 2
    logits, _ = digit_logits()
    linear = logits + 0.5 * np.sum(digits.X[half:] ** 2, axis=1, keepdims=True)
    overflows = (linear > np.log(sys.float_info.max)).any(axis=1)
    assert overflows.sum() == 896
    assert says("fails in 896 of 899 rows")
    np.testing.assert_allclose(softmax(linear), softmax(logits), rtol=1e-9)


def test_of_the_four_images_two_are_right_and_the_first_is_doubtful():
    logits, y = digit_logits()
    warm = softmax(logits / 100)
    right = np.flatnonzero(np.argmax(logits, axis=1) == y)
    assert "chosen = [right[0], right[1], wrong[1], wrong[2]]" in SOURCE
    assert warm[right[0]].max() < 0.5 < 0.8 < warm[right[1]].max()
    assert says("It is sure of the second image and doubtful about the first")


# --------------------------------------------------------------------- the same in PyTorch


def test_a_where_spoils_the_slopes_of_the_branch_that_was_not_chosen():
    import torch

    z = torch.tensor([-1000.0, 0.0, 1000.0], dtype=torch.float64, requires_grad=True)
    first, second = 1 / (1 + torch.exp(-z)), torch.exp(z) / (torch.exp(z) + 1)
    chosen = torch.where(z >= 0, first, second)
    chosen.sum().backward()
    np.testing.assert_array_equal(chosen.detach().numpy(), [0, 0.5, 1])
    np.testing.assert_array_equal(z.grad.numpy(), [np.nan, 0.25, np.nan])
    assert says("The values were right, but the slopes are `nan`")
