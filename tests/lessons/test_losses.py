"""Every number and every claim in the prose of lesson 04."""

import math
from functools import cache

import numpy as np
import pytest

from tests.lessons.texts import LessonText
from utils.activations import sigmoid
from utils.checking.suite import COURSE
from utils.datasets import load_breast_cancer, load_diabetes, load_digits
from utils.losses import (
    bce_with_logits,
    bce_with_logits_gradient,
    binary_cross_entropy,
    cross_entropy,
    cross_entropy_gradient,
    loss_surface,
    mean_squared_error,
    mse_gradient,
)
from utils.why_deep_learning import standardize

TEXT = LessonText("04_losses")
SOURCE, says = TEXT.source, TEXT.says

X_VAN = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
Y_VAN = np.array([1.0, 3.0, 2.0, 5.0, 4.0])


def test_the_examples_of_the_exercises_hold():
    assert says("`mean_squared_error(np.array([2.0, 3.0]), np.array([1.0, 5.0]))` is `2.5`")
    assert ((2 - 1) ** 2 + (3 - 5) ** 2) / 2 == mean_squared_error([2, 3], [1, 5]) == 2.5
    assert says("`mse_gradient(np.array([2.0, 3.0]), np.array([1.0, 5.0]))` is `[1, -2]`")
    np.testing.assert_array_equal(mse_gradient([2, 3], [1, 5]), [1, -2])
    assert says(
        "with the points $(0, 1)$ and $(1, 3)$, the call "
        "`loss_surface(np.array([1.0, 2.0, 3.0]), np.array([2.0, 0.0]), x, y)` "
        "is `[[0, 1, 4], [2, 1, 2]]`"
    )
    got = loss_surface([1, 2, 3], [2, 0], [0, 1], [1, 3])
    np.testing.assert_array_equal(got, [[0, 1, 4], [2, 1, 2]])
    assert says("`binary_cross_entropy(np.array([0.9, 0.2]), np.array([1, 0]))` is `0.164252`")
    assert round(-(math.log(0.9) + math.log(0.8)) / 2, 6) == 0.164252
    assert says("`bce_with_logits(np.array([0.0, 0.0]), np.array([0, 1]))` is `0.6931471805599453`")
    assert bce_with_logits([0, 0], [0, 1]) == 0.6931471805599453 == math.log(2)
    assert says("`bce_with_logits(np.array([1000.0, -1000.0]), np.array([0, 0]))` is `500.0`")
    assert bce_with_logits([1000, -1000], [0, 0]) == 500
    assert says(
        "`bce_with_logits_gradient(np.array([0.0, 0.0]), np.array([0, 1]))` is `[0.25, -0.25]`"
    )
    np.testing.assert_array_equal(bce_with_logits_gradient([0, 0], [0, 1]), [0.25, -0.25])
    logits = [[0.0, 0.0], [0.0, math.log(3)]]
    assert says(r"the mean of $\log 2$ and $\log \frac43$, `0.490415`")
    assert round((math.log(2) + math.log(4 / 3)) / 2, 6) == 0.490415
    assert round(cross_entropy(logits, [0, 1]), 6) == 0.490415
    assert says("with the logits `[[0.0, 0.0], [0.0, np.log(3)]]` and the labels `[0, 1]`")
    assert says("it is `[[-0.25, 0.25], [0.125, -0.125]]`")
    got = cross_entropy_gradient(logits, [0, 1])
    np.testing.assert_allclose(got, [[-0.25, 0.25], [0.125, -0.125]], rtol=1e-12)


# ------------------------------------------------------------------------------- the van


def test_the_lesson_uses_the_van_as_this_module_does():
    assert "x_van = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])" in SOURCE
    assert "y_van = np.array([1.0, 3.0, 2.0, 5.0, 4.0])" in SOURCE


def test_no_line_is_better_than_the_one_named():
    assert says("The lowest loss is 0.72, with $w_0 = 3$ and $w_1 = 0.8$.")
    slope, intercept = np.polyfit(X_VAN, Y_VAN, 1)
    assert (slope, intercept) == (pytest.approx(0.8), pytest.approx(3))
    assert mean_squared_error(3 + 0.8 * X_VAN, Y_VAN) == pytest.approx(0.72)


def test_what_the_nudges_say_about_the_flat_line():
    slopes = 2 * (2 - Y_VAN) / 5
    np.testing.assert_allclose(slopes, [0.4, -0.4, 0, -1.2, -0.8])
    assert says("The first prediction is too high. Its slope is positive")
    assert says("The third is perfect. Its slope is 0")
    assert says("The fourth is far too low. Its slope is negative, and the largest in size")
    assert np.argmax(np.abs(slopes)) == 3
    assert says(r"$2 \cdot (2 - 5) / 5 = -1.2$")


def test_ten_steps_bring_the_predictions_to_the_truth():
    moving = np.full(5, 2.0)
    for _ in range(10):
        moving = moving - mse_gradient(moving, Y_VAN)
    # each step leaves three fifths of the error
    np.testing.assert_allclose(moving - Y_VAN, 0.6**10 * (2 - Y_VAN))
    assert says("The predictions run to the truth.")


def test_a_grid_over_ten_weights_has_as_many_places_as_the_text_says():
    assert says("With 41 values for each of 10 weights there would be $41^{10}$ places.")
    assert says("more than ten thousand million million")
    assert 1e4 * 1e6 * 1e6 < 41**10 < 2e4 * 1e6 * 1e6


# ----------------------------------------------------------------------------- the trap


def test_the_trap_prefers_the_mean_to_perfection():
    y = np.array([1.0, 3.0, 2.0, 5.0])
    table = y[:, None] - y
    assert table.shape == (4, 4)
    assert says("That makes 16 differences instead of 4")
    perfect, mean = np.mean(table**2), np.mean((np.full((4, 1), y.mean()) - y) ** 2)
    assert perfect == 2 * mean == 2 * np.var(y)
    assert says('In the trap, "always the mean" looks twice as good as perfect.')


# --------------------------------------------------------------------------- likelihood


def test_anna_and_ben():
    assert says(r"$0.9 \cdot 0.8 \cdot 0.7 = 0.504$")
    assert math.isclose(0.9 * 0.8 * 0.7, 0.504)
    assert says(r"$0.5 \cdot 0.5 \cdot 0.5 = 0.125$")
    anna = binary_cross_entropy([0.9, 0.8, 0.3], [1, 1, 0])
    assert anna == pytest.approx(-math.log(0.504) / 3)
    assert says("Anna pays 0.228, Ben 0.693, the price of a coin flip.")
    assert (round(anna, 3), round(math.log(2), 3)) == (0.228, 0.693)
    certain = binary_cross_entropy([0.9, 0.0, 0.3], [1, 1, 0])
    assert certain > math.log(2), "she would have lost all her lead"


def test_the_product_is_zero_and_the_sum_of_logs_is_not():
    assert np.prod(np.full(2000, 0.5)) == 0.0
    assert says("it becomes exactly 0")
    assert 2000 * math.log(0.5) == pytest.approx(-1386.29, abs=0.005)


def test_the_coin():
    def cost(p):
        return -(7 * np.log(p) + 3 * np.log(1 - p)) / 10

    p = np.linspace(0.001, 0.999, 9999)
    assert p[np.argmin(cost(p))] == pytest.approx(0.7, abs=1e-4)
    assert p[np.argmax(p**7 * (1 - p) ** 3)] == pytest.approx(0.7, abs=1e-4)
    assert says("claim what was seen, 0.7")
    assert says("Even this best claim costs 0.61")
    assert round(float(cost(0.7)), 2) == 0.61


def test_prices_to_remember():
    assert says(r"costs $\log 2 \approx 0.693$ nats")
    assert round(math.log(2), 3) == 0.693
    assert says("for ten digits, 2.303")
    assert round(math.log(10), 3) == 2.303
    assert says(r"by $\log 10 \approx 2.3$ for each factor of ten")
    assert says("the log is at least -27.6")
    assert round(math.log(1e-12), 1) == -27.6


def test_the_detour_ends_where_the_text_says():
    loss = binary_cross_entropy(sigmoid(np.array([40.0])), [0])
    assert sigmoid(np.array([40.0]))[0] == 1 > sigmoid(np.array([30.0]))[0]
    assert says("At 40 the sigmoid is exactly 1 for a float.")
    assert says("it holds the loss where it cuts, here at 27.63")
    assert round(loss, 2) == 27.63
    assert round(binary_cross_entropy(sigmoid(np.array([30.0])), [0]), 2) == 27.63
    assert says("a logit of 100 on the wrong side costs 100")
    assert bce_with_logits([100.0], [0]) == 100
    assert sigmoid(37.0) == 1 > sigmoid(36.0), "the quiz: from about 37 on"


# ---------------------------------------------------------------------------------- Play


def slope_of_the_squared_error(z, y):
    s = 1 / (1 + np.exp(-z))
    return 2 * (s - y) * s * (1 - s)


def test_what_there_is_to_see_in_play():
    z = np.linspace(-8, 8, 16_001)
    steepest = z[np.argmax(np.abs(slope_of_the_squared_error(z, 1)))]
    assert steepest == pytest.approx(-math.log(2), abs=1e-3)
    assert says("The squared error is steepest near $z = -0.7$")
    cross = 1 / (1 + np.exp(8.0))
    ratio = (cross - 1) / slope_of_the_squared_error(-8.0, 1)
    assert 1450 < ratio < 1550
    assert says("About 1,500 times.")
    assert 1 - cross == pytest.approx(1, abs=0.001)
    assert says("brings you from -8 to about -7")
    assert 0 < -slope_of_the_squared_error(-8.0, 1) < 0.001
    assert says("moves you by less than 0.001")
    place, steps = -8.0, 0
    while place < -8.0 + (1 - cross):
        place -= slope_of_the_squared_error(place, 1)
        steps += 1
    assert 900 < steps < 1000
    assert says("It would take more than 900 steps to go as far.")


def test_the_quiz_counts_right():
    assert math.log(0.01) - math.log(0.001) == pytest.approx(2.3, abs=0.01)
    assert round(0.999**2 - 0.99**2, 3) == 0.018
    assert mean_squared_error([3, -3], [0, 0]) == 9
    assert (np.zeros((100, 1)) - np.zeros(100)).shape == (100, 100)


# ------------------------------------------------------------------------------ real data


def test_the_line_through_the_diabetes_data():
    data = load_diabetes()
    assert data.X.shape == (442, 10)
    assert says("The diabetes data hold 442 people. For each there are ten measurements")
    assert (data.y.min(), data.y.max()) == (25, 346)
    assert says("a number $y$ from 25 to 346")
    assert {"age", "sex"} <= set(data.feature_names)
    place = data.feature_names.index("bmi")
    assert set(data.raw[:, data.feature_names.index("sex")]) == {1, 2}
    assert says("sex is coded 1 and 2")
    x = data.X[:, place]
    slope, intercept = np.polyfit(x, data.y, 1)
    best = mean_squared_error(intercept + slope * x, data.y)
    on_grid = mean_squared_error(152.0 + 46.0 * x, data.y)
    assert says("that costs 5,930. The line gets down to 3,891.")
    assert f"{np.var(data.y):,.0f}" == "5,930"
    assert f"{on_grid:,.0f}" == "3,891"
    assert best < on_grid < best + 1.5, "the grid holds no better line than about the best"
    assert says("from 77, down to 62")
    assert (round(np.std(data.y)), round(math.sqrt(on_grid))) == (77, 62)
    assert says("as it was measured, where the average is 26")
    assert round(float(data.raw[:, place].mean())) == 26
    # round: the curvature is the same in all directions
    assert x.mean() == pytest.approx(0, abs=1e-12)
    assert np.mean(x**2) == pytest.approx(1)
    assert says("The bowl is perfectly round.")


@cache
def masses():
    cancer = load_breast_cancer()
    x = standardize(cancer.X[:, [cancer.feature_names.index("mean radius")]])[:, 0]
    return x, cancer.y


def losses_of(w0, w1):
    x, y = masses()
    z = w0 + w1 * x
    bce = float(np.mean(np.logaddexp(0, z) - z * y))
    return bce, float(np.mean((1 / (1 + np.exp(-z)) - y) ** 2))


def test_the_neuron_on_one_measurement():
    x, y = masses()
    assert len(y) == 569
    assert says("The breast-cancer data hold 569 masses; 1 is malignant, 0 is benign.")
    assert says("61 values of $w_0$ times 81 of $w_1$")
    assert "np.linspace(-6, 6, 61), np.linspace(-8, 8, 81)" in SOURCE
    share = y.mean()
    no_idea = -(share * math.log(share) + (1 - share) * math.log(1 - share))
    assert says("The loss falls from 0.660 to 0.290.")
    assert f"{no_idea:.3f}" == "0.660"
    assert f"{losses_of(-0.6, 3.6)[0]:.3f}" == "0.290"
    right = np.mean((-0.6 + 3.6 * x >= 0) == y)
    assert (round(100 * right, 1), round(100 * np.mean(y == 0), 1)) == (87.7, 62.7)
    assert says(
        'right for 87.7 % of the masses, where always answering "benign" is right for 62.7 %'
    )


def test_no_weights_on_the_grid_are_better():
    """The loss is convex, so it is enough that no neighbour on the grid is lower."""
    lowest = losses_of(-0.6, 3.6)[0]
    neighbours = [(a, b) for a in (-0.2, 0, 0.2) for b in (-0.2, 0, 0.2) if (a, b) != (0, 0)]
    assert all(losses_of(-0.6 + a, 3.6 + b)[0] > lowest for a, b in neighbours)


def test_the_squared_error_has_a_plateau():
    (bce_0, mse_0), (bce_1, mse_1) = losses_of(-0.6, -8.0), losses_of(-0.6, -7.8)
    ratio = (bce_1 - bce_0) / (mse_1 - mse_0)
    assert ratio > 50
    assert says("the slope is more than fifty times smaller")
    w1 = np.linspace(-8, 8, 161)
    cut = np.array([losses_of(-0.6, one) for one in w1])
    bends = np.diff(cut, 2, axis=0)
    assert np.all(bends[:, 0] > 0), "the cross-entropy bends one way only"
    assert bends[:, 1].min() < 0 < bends[:, 1].max()
    assert says("its curve is no bowl: it bends both ways")
    lowest = w1[np.argmin(cut, axis=0)]
    assert abs(lowest[0] - lowest[1]) <= 0.3
    assert says("Both have their lowest place at about the same weight.")
    x, y = masses()
    assert np.mean((-0.6 - 8.0 * x >= 0) == y) < 0.2
    assert says("confidently wrong about almost everything")


@cache
def digit_losses():
    """The loss of the template classifier at each temperature, and what it gets right."""
    digits = load_digits()
    half = len(digits.X) // 2
    first, y_first = digits.X[:half], digits.y[:half]
    templates = np.array([first[y_first == digit].mean(axis=0) for digit in range(10)])
    distances = np.linalg.norm(digits.X[half:, None, :] - templates, axis=2)
    scores, y = -0.5 * distances**2, digits.y[half:]
    losses = {}
    for temperature in (1, 2, 5, 10, 20, 30, 50, 70, 100, 200, 500, 1000):
        z = scores / temperature
        given = z[np.arange(len(y)), y]
        losses[temperature] = float(np.mean(np.logaddexp.reduce(z, axis=1) - given))
    return losses, float(np.mean(np.argmax(scores, axis=1) == y))


def test_the_price_of_overconfidence():
    losses, accuracy = digit_losses()
    assert "[1, 2, 5, 10, 20, 30, 50, 70, 100, 200, 500, 1000]" in SOURCE
    assert f"{100 * accuracy:.1f}" == "87.5"
    assert says("a simple classifier of digits was right for 87.5 % of the images")
    assert says("It is right for seven images of eight")
    assert says("At temperature 1 this classifier pays 19.04.")
    assert f"{losses[1]:.2f}" == "19.04"
    assert says("Someone with no idea at all pays 2.303!")
    assert min(losses, key=losses.get) == 70
    assert says("At a temperature of 70 it pays 0.439.")
    assert f"{losses[70]:.3f}" == "0.439"


# --------------------------------------------------------------------- the same in PyTorch


def test_pytorch_keeps_logs_above_minus_one_hundred_and_takes_logits():
    import torch
    import torch.nn.functional as F

    certain = F.binary_cross_entropy(torch.zeros(1), torch.ones(1)).item()
    assert certain == 100
    assert says("PyTorch doesn't let a log fall below -100. So it says 100")
    logits, labels = torch.tensor([[2.0, 0.0, -1.0]]), torch.tensor([0])
    shares = torch.softmax(logits, dim=1)
    twice = F.cross_entropy(shares, labels).item()
    assert twice == pytest.approx(-torch.log(torch.softmax(shares, dim=1))[0, 0].item())
    assert twice != pytest.approx(F.cross_entropy(logits, labels).item())
    assert says("a softmax of a softmax, and no error message")


def test_pytorch_warns_of_the_trap():
    import torch
    import torch.nn.functional as F

    y = torch.tensor([1.0, 3.0, 2.0, 5.0])
    with pytest.warns(UserWarning, match="broadcasting"):
        assert F.mse_loss(y[:, None], y).item() == 4.375
    assert says("But `F.mse_loss` at least warns")
