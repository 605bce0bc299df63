"""Every number and every claim in the prose of lesson 05."""

import math
import re
from functools import cache

import numpy as np

from grader.sandbox.masked import write_masked_course
from tests.lessons.texts import LessonText
from utils.checking.suite import COURSE
from utils.datasets import load_breast_cancer, load_diabetes
from utils.gradient_descent import (
    gradient_descent,
    gradient_step,
    linear_regression_gradient,
    logistic_regression_gradient,
    numerical_gradient,
    train_logistic_regression,
)
from utils.losses import binary_cross_entropy, mean_squared_error
from utils.networks import one_hidden_layer, xor_network
from utils.surfaces import (
    SURFACES,
    bowl_gradient,
    ripples,
    ripples_gradient,
    saddle,
    saddle_gradient,
    valley,
    valley_gradient,
)
from utils.why_deep_learning import standardize
from utils.widgets.gradient_descent import FRAMES

TEXT = LessonText("05_gradient_descent")
SOURCE, says, printed = TEXT.source, TEXT.says, TEXT.printed


# ---------------------------------------------------------------------------- landscapes


def test_a_grid_over_ten_weights_takes_three_million_years():
    assert says("$100^2 = 10{,}000$ losses")
    assert says("$100^{10} = 10^{20}$ losses")
    assert says("tries a million each second would need about three million years")
    years = 100**10 / 1e6 / (365.25 * 24 * 3600)
    assert 2.5e6 < years < 3.5e6


def test_the_landscapes_are_as_described():
    assert says("such as $w_0^2 + w_1^2$ for the bowl")
    places = np.random.default_rng(0).normal(size=(50, 2))
    np.testing.assert_allclose(SURFACES["bowl"].function(places), (places**2).sum(axis=1))
    assert says("Only the one in the middle is the deepest.")
    assert SURFACES["ripples"].minima == ((0.0, 0.0),)
    assert says("The two lowest points lie on either side of it.")
    assert SURFACES["saddle"].minima == ((0.0, -1.0), (0.0, 1.0))


# ------------------------------------------------------------------------ the gradient


def test_one_way_is_off_by_more_than_both_ways():
    one_way, both_ways = (2.1**3 - 8) / 0.1, (2.1**3 - 1.9**3) / 0.2
    assert f"one way {one_way:.2f}, both ways {both_ways:.2f}" in printed()
    assert says("One way is off by 0.61, both ways by 0.01.")
    assert round(one_way - 12, 2) == 0.61
    assert round(both_ways - 12, 2) == 0.01


def test_the_examples_of_the_exercises_hold():
    example = (
        "`numerical_gradient(lambda w: w[0] ** 2 + 3 * w[1], np.array([2.0, 5.0]), 1e-5)` "
        "is `[4, 3]`, up to rounding"
    )
    assert says(example)
    got = numerical_gradient(lambda w: w[0] ** 2 + 3 * w[1], np.array([2.0, 5.0]), 1e-5)
    np.testing.assert_allclose(got, [4, 3], rtol=1e-8)
    assert says("`gradient_step(np.array([3.0, -1.0]), np.array([2.0, -4.0]), 0.25)` is `[2.5, 0]`")
    np.testing.assert_array_equal(gradient_step([3, -1], [2, -4], 0.25), [2.5, 0])
    assert says(
        "`gradient_descent(lambda w: 2 * w, np.array([4.0, -8.0]), 0.25, 2)` is "
        "`[[4, -8], [2, -4], [1, -2]]`"
    )
    path = gradient_descent(lambda w: 2 * w, np.array([4.0, -8.0]), 0.25, 2)
    np.testing.assert_array_equal(path, [[4, -8], [2, -4], [1, -2]])


def test_the_worked_examples_of_both_models_hold():
    assert says("`dw` is $0 \\cdot 1 + 2 \\cdot 3 = 6$, and `db` is $0 + 2 = 2$")
    dw, db = linear_regression_gradient([[1], [3]], [2, 4], [2], 0)
    assert (dw.tolist(), db) == ([6], 2)
    assert says("`dw` is $\\frac14 \\cdot 1 - \\frac14 \\cdot 3 = -0.5$, and `db` is 0")
    dw, db = logistic_regression_gradient([[1], [3]], [0, 1], [0], 0)
    assert (dw.tolist(), db) == ([-0.5], 0)
    assert says(
        "`w` is `[0.25]`, `b` is 0, and the losses are 0.6931, which is $\\log 2$, and 0.6064"
    )
    w, b, _ = train_logistic_regression([[1], [3]], [0, 1], 0.5, 1)
    assert (w.tolist(), b) == ([0.25], 0)
    assert round(math.log(2), 4) == 0.6931
    assert round((math.log1p(math.exp(0.25)) + math.log1p(math.exp(-0.75))) / 2, 4) == 0.6064


def test_your_function_feels_the_slope_at_64_places():
    assert says("at 64 places of each landscape")
    assert "linspace(-0.85, 0.85, 8)" in (
        COURSE / "utils" / "widgets" / "gradient_descent.py"
    ).read_text(encoding="utf-8")


def test_the_slope_in_any_direction_is_a_dot_product_and_a_cosine():
    assert says("At 180°, against the gradient, it falls most steeply. At 90° it is level.")
    gradient = bowl_gradient(np.array([1.2, 0.9]))
    angles = np.radians(np.arange(0, 360, 15))
    turned = [
        np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) @ gradient for a in angles
    ]
    length = np.hypot(*gradient)
    slopes = np.array([gradient @ d / length for d in turned])
    np.testing.assert_allclose(slopes, length * np.cos(angles), atol=1e-12)


# -------------------------------------------------------------------- the learning rate


def test_the_table_of_learning_rates_holds():
    rows = {0.03: "0.94", 0.3: "0.4", 0.5: "0", 1: "−1", 1.05: "−1.1"}
    for rate, factor in rows.items():
        assert re.search(rf"^\| {rate} \| {factor} \|", SOURCE, re.M), rate
        path = gradient_descent(lambda w: 2 * w, np.array([-1.6]), rate, 8)
        np.testing.assert_allclose(path[1:], float(factor.replace("−", "-")) * path[:-1], atol=1e-9)
    assert '{"too small": 0.03, "about right": 0.3, "too large": 1.05}' in SOURCE


def walk_down(learning_rate):
    path = gradient_descent(valley_gradient, np.array([-2.5, 1.0]), learning_rate, 20)
    return path, valley(path)


def test_three_walks_in_the_valley_do_what_is_said_of_them():
    assert "walks = {0.005: COLORS.blue, 0.08: COLORS.green, 0.103: COLORS.red}" in SOURCE
    _, slow = walk_down(0.005)
    assert np.all(np.diff(slow) < 0)
    assert says("After 20 steps the walk is far from done.")
    assert slow[-1] > 0.15 * slow[0]
    path, good = walk_down(0.08)
    assert good[-1] < 0.01 * good[0]
    assert says("the walk swings across the valley a few times")
    assert np.all(path[:-1, 1] * path[1:, 1] < 0)
    _, fast = walk_down(0.103)
    assert np.all(np.diff(fast) > 0)
    assert says("twenty times as steep across as along")
    np.testing.assert_array_equal(valley_gradient([1.0, 1.0]), [1, 20])


def test_the_slider_moves_by_twelve_per_cent():
    assert says("about 12 % larger or smaller")
    assert round(100 * (10**0.05 - 1)) == 12  # a logarithmic slider's step is 0.05


def test_the_answers_of_the_play_are_right():
    start = np.array([-2.0, 1.0])
    assert says("Just below 0.1.")
    assert valley(gradient_descent(valley_gradient, start, 0.099, 2000)[-1]) < 1e-9
    assert valley(gradient_descent(valley_gradient, start, 0.1005, 2000)[-1]) > 100
    assert says("which is −1 at 0.1")
    assert says("At 0.5 it arrives in one step.")
    np.testing.assert_array_equal(gradient_descent(bowl_gradient, start, 0.5, 1)[-1], 0)
    assert says("At exactly 1 it jumps between two places of the same height")
    path = gradient_descent(bowl_gradient, start, 1.0, 4)
    np.testing.assert_array_equal(path[::2], [start] * 3)
    np.testing.assert_array_equal(path[1::2], [-start] * 2)
    assert says("it ends in the hollow at $(-3, 0)$, where the loss is 0.94")
    end = gradient_descent(ripples_gradient, start, 0.1, 60)[-1]
    np.testing.assert_array_equal(np.abs(end.round(1)), [3, 0])
    assert end[0] < 0
    assert round(float(ripples(end)), 2) == 0.94
    assert says("From $(-1.5, 1)$ it ends in the middle, where the loss is 0.")
    end = gradient_descent(ripples_gradient, np.array([-1.5, 1.0]), 0.1, 60)[-1]
    np.testing.assert_allclose(end, 0, atol=1e-3)
    for rate in (0.1, 0.2, 0.4):
        end = gradient_descent(saddle_gradient, np.array([-2.0, 0.0]), rate, 60)[-1]
        np.testing.assert_allclose(end, 0, atol=0.01)
        end = gradient_descent(saddle_gradient, np.array([-2.0, 0.1]), rate, 60)[-1]
        np.testing.assert_allclose(end, [0, 1], atol=0.01)
    assert says("From 0.1 it slides off the ridge and down to $(0, 1)$.")


def test_the_hollows_of_the_ripples_are_too_narrow_for_steps_of_a_half():
    assert says("Then raise the learning rate to 0.5: the walks no longer come to rest.")
    for start in np.random.default_rng(0).normal(0, 2, size=(10, 2)):
        path = gradient_descent(ripples_gradient, start, 0.5, 300)
        assert np.abs(path[-1] - path[-2]).max() > 0.1


def test_a_millionth_beside_the_ridge_is_enough():
    paths = [
        gradient_descent(saddle_gradient, np.array([-1.5, w1]), 0.3, 100) for w1 in (0.0, 1e-6)
    ]
    stuck, free = saddle(np.array(paths))
    assert stuck[-1] == saddle(np.zeros(2)) == 0.25
    assert free[-1] < 1e-6
    assert says("The second walk waits for dozens of steps.")
    assert np.sum(np.abs(free - 0.25) < 0.01) > 24
    assert says("Each step makes its distance from the ridge 1.3 times as large")
    near = paths[1][:20, 1]
    np.testing.assert_allclose(near[1:] / near[:-1], 1.3, rtol=1e-6)


# ---------------------------------------------------------------------------- convexity


def test_the_xor_network_has_a_hill_between_itself_and_its_twin():
    W1, b1, W2, b2 = xor_network()
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])

    def loss(*weights):
        return binary_cross_entropy(one_hidden_layer(X, *weights)[0], y)

    own, twin = (W1, b1, W2, b2), (W1[:, ::-1], b1[::-1], W2[::-1], b2)
    assert loss(*own) == loss(*twin)
    halfway = loss(*((a + b) / 2 for a, b in zip(own, twin, strict=True)))
    assert f"loss {loss(*own):.3f} at both ends, {halfway:.3f} halfway" in printed()
    assert halfway > loss(*own)
    W1_half = (own[0] + twin[0]) / 2
    np.testing.assert_array_equal(W1_half[:, 0], W1_half[:, 1])
    assert says("both neurons have become the same, and one neuron is lost")
    assert says("$10! = 3{,}628{,}800$")
    assert math.factorial(10) == 3_628_800


# ------------------------------------------------------------------------------ diabetes


@cache
def diabetes_walk():
    data = load_diabetes()
    w, b = np.zeros(10), 0.0
    weights, losses = [w], [mean_squared_error(data.X @ w + b, data.y)]
    for _ in range(2000):
        error = data.X @ w + b - data.y
        w, b = w - 0.1 * 2 * data.X.T @ error / 442, b - 0.1 * 2 * error.mean()
        weights.append(w)
        losses.append(mean_squared_error(data.X @ w + b, data.y))
    return np.array(weights), np.array(losses)


def column(name):
    return load_diabetes().feature_names.index(name)


def test_who_is_in_the_diabetes_data():
    data = load_diabetes()
    assert says("442 people, for each of them ten measurements")
    assert data.X.shape == (442, 10)
    assert says("all ten columns go into a model, and two of them are **age** and **sex**")
    assert says("The licence of the set is unknown.")
    assert data.licence == "unknown"
    assert {"age", "sex"} <= set(data.feature_names)
    assert says("The source codes sex as 1 and 2, and does not say which is which.")
    assert set(data.raw[:, column("sex")]) == {1, 2}
    np.testing.assert_allclose(data.X.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(data.X.std(axis=0), 1)


def test_one_standardised_column_makes_a_round_bowl():
    assert says("one step multiplies the distance from the best weights by $1 - 2\\eta$")
    data = load_diabetes()
    X = data.X[:, [column("bmi")]]
    best = np.polyfit(X[:, 0], data.y, 1)
    w, b = np.array([3.0]), 10.0
    dw, db = linear_regression_gradient(X, data.y, w, b)
    np.testing.assert_allclose(dw, 2 * (w - best[0]))
    np.testing.assert_allclose(db, 2 * (b - best[1]))
    assert says("The model ends below it, but not near 0")
    error = np.polyval(best, X[:, 0]) - data.y
    assert 0.5 < np.mean(error**2) / np.var(data.y) < 0.9


def test_the_walk_on_ten_columns_gains_what_is_printed():
    data = load_diabetes()
    _, losses = diabetes_walk()
    A = np.column_stack([data.X, np.ones(442)])
    best = mean_squared_error(A @ np.linalg.lstsq(A, data.y, rcond=None)[0], data.y)
    for number in (np.std(data.y), *np.sqrt([losses[20], losses[2000], best])):
        assert f"off by {number:.1f}" in printed()
    assert says("Twenty steps bring nearly all there is to gain.")
    assert (losses[20] - best) / (losses[0] - best) < 0.001


def test_two_weights_drift_along_a_hidden_valley():
    data, (weights, _) = load_diabetes(), diabetes_walk()
    assert says("The weights of `bmi` and `bp` (blood pressure) were found in twenty steps.")
    for name in ("bmi", "bp"):
        assert abs(weights[20, column(name)] - weights[2000, column(name)]) < 0.5
    assert says("Those of `s1` and `s2` still drift after a thousand.")
    for name in ("s1", "s2"):
        assert abs(weights[1000, column(name)] - weights[2000, column(name)]) > 3
    correlation = np.corrcoef(data.X[:, column("s1")], data.X[:, column("s2")])[0, 1]
    assert says("their correlation is 0.90")
    assert round(correlation, 2) == 0.90
    assert "correlation of s1 and s2: 0.90" in printed()
    assert says("After 20 steps the weight of `s2` is negative, at the end it is positive")
    assert weights[20, column("s2")] < 0 < weights[2000, column("s2")]


# ------------------------------------------------------------------------- breast cancer


@cache
def cancer():
    data = load_breast_cancer()
    return standardize(data.X), data


def test_the_first_step_finds_what_is_larger_in_malignant_masses():
    nuclei, data = cancer()
    assert says("569 breast masses, each with 30 measurements")
    assert nuclei.shape == (569, 30)
    dw, _ = logistic_regression_gradient(nuclei, data.y, np.zeros(30), 0.0)
    strongest = np.argsort(-np.abs(dw))[:12]
    assert np.all(dw[strongest] < 0)
    larger = nuclei[data.y == 1].mean(axis=0) > nuclei[data.y == 0].mean(axis=0)
    np.testing.assert_array_equal(dw < 0, larger)
    names = [data.feature_names[j] for j in strongest]
    assert names[:2] == ["worst concave points", "worst perimeter"]
    assert says("Radius, perimeter and area go together, of course.")
    for kind in ("radius", "perimeter", "area"):
        assert any(kind in name for name in names)


def test_the_boundary_moves_as_the_text_says():
    nuclei, data = cancer()
    X = nuclei[:, [data.feature_names.index(name) for name in ("mean radius", "mean texture")]]
    right, sizes = [], []
    for steps in (1, 233):
        w, b, losses = train_logistic_regression(X, data.y, 0.5, steps)
        right.append(round(100 * float(np.mean((X @ w + b >= 0) == data.y)), 1))
        sizes.append(np.hypot(*w))
        assert np.all(np.diff(losses) < 0)
    assert FRAMES[:4] == (0, 1, 2, 3)
    assert FRAMES[-1] == 233
    assert right == [88.2, 89.3]
    assert says("right for 88.2 % of the masses, and after 233 steps for 89.3 %")
    assert sizes[1] > 10 * sizes[0], "the weights grow"
    assert round(100 * float(np.mean(data.y == 0)), 1) == 62.7
    assert says('(Always answering "benign" is right for 62.7 %.)')


def test_scaled_and_unscaled_training_go_as_printed():
    nuclei, data = cancer()
    assert "always benign                right for 62.7 %" in printed()
    for X, rate, name in (
        (nuclei, 0.5, "standardised, 0.5"),
        (data.X, 1e-6, "raw, 0.000001"),
        (data.X, 1e-5, "raw, 0.00001"),
        (data.X, 1e-4, "raw, 0.0001"),
    ):
        w, b, losses = train_logistic_regression(X, data.y, rate, 200)
        right = 100 * np.mean((X @ w + b >= 0) == data.y)
        assert f"{name:<18} loss {losses[-1]:6.3f}  right for {right:.1f} %" in printed()
        rises = np.sum(np.diff(losses) > 0)
        if X is nuclei:
            assert rises == 0, "it falls smoothly"
            assert round(float(right), 1) == 98.8
            scaled = losses[-1]
        else:
            assert losses[-1] > 4 * scaled
        if rate == 1e-6:
            assert rises == 0
            assert losses[-1] > 0.5, "too small: it creeps"
        if rate == 1e-4:
            assert rises > 50, "it jumps about"
    assert says("the model is right for 98.8 % of the masses")
    assert says("some of which are in the thousands")
    assert data.X.max() > 2000


# ---------------------------------------------------------------------------- the rest


def test_everything_agrees_with_pytorch():
    assert printed().count("same weights: True") == 2
    assert printed().count("same bias:    True") == 2
    assert "same loss:    True" in printed()
    assert "False" not in printed()
    _, losses = diabetes_walk()
    assert f"mean squared error: {losses[200]:.1f}" in printed()


def test_both_formulas_agree_with_nudging():
    for block in re.findall(r"by formula: (.*)\nby nudging: (.*)", printed()):
        assert block[0].strip() == block[1].strip()
    assert printed().count("by nudging:") == 2


def test_the_quiz_is_right():
    gradient = np.array([3.0, -4.0])
    assert np.hypot(*gradient) == 5
    assert gradient @ [-3, 4] / 5 == -5, "against the gradient"
    assert gradient @ [0, 1] == -4, "only w1 up"
    assert gradient @ [4, 3] == 0, "along (4, 3)"
    for rate, factor in ((0.5, 0), (2, -3), (0.1, 0.8), (1, -1)):
        assert math.isclose(1 - 2 * rate, factor)


def test_a_sandbox_has_the_landscapes_but_not_the_answers(tmp_path):
    """The tests hand `bowl_gradient` and its kin to a learner's function in the sandbox."""
    write_masked_course("05_gradient_descent", tmp_path)
    copied = (tmp_path / "utils" / "surfaces.py").read_text(encoding="utf-8")
    assert copied == (COURSE / "utils" / "surfaces.py").read_text(encoding="utf-8")
    masked = (tmp_path / "utils" / "gradient_descent.py").read_text(encoding="utf-8")
    assert "learning_rate *" not in masked
