"""Every number and every claim in the prose of lesson 07."""

import math
import re
from functools import cache

import numpy as np
import pytest

from tests.lessons.texts import LessonText
from utils.backpropagation import forward_with_cache, network_gradients, train_network, two_moons
from utils.checking.suite import COURSE
from utils.datasets import load_breast_cancer, load_diabetes
from utils.gradient_descent import gradient_descent, gradient_step, numerical_gradient
from utils.networks import init_dense
from utils.optimizers import (
    adadelta_step,
    adagrad_step,
    adam_step,
    descend,
    flatten_layers,
    largest_stable_learning_rate,
    momentum_step,
    rmsprop_step,
    step_decay,
    train_with,
    warmup_cosine,
)
from utils.surfaces import SURFACES, valley, valley_gradient
from utils.why_deep_learning import standardize
from utils.widgets.optimizers import BETA, CONTESTANTS, RACE_BETA, make_rule

TEXT = LessonText("07_optimizers")
SOURCE, says, printed = TEXT.source, TEXT.says, TEXT.printed
STEP_FUNCTIONS = {
    "gradient descent": gradient_step,
    "momentum": momentum_step,
    "AdaGrad": adagrad_step,
    "RMSProp": rmsprop_step,
    "Adadelta": adadelta_step,
    "Adam": adam_step,
}
PLACE = np.array([-2.5, 0.6])


@cache
def moons():
    """The points and the network that the lesson trains."""
    X, y = two_moons(200, 0.12, np.random.default_rng(0))
    rng = np.random.default_rng(0)
    return X, y, [init_dense(2, 16, rng), init_dense(16, 16, rng), init_dense(16, 1, rng)]


def train_on_moons(name, rate, steps):
    rule = make_rule(name, STEP_FUNCTIONS[name], rate)
    return train_with(rule, CONTESTANTS[name].memories, *moons(), steps)[1]


# ------------------------------------------------------------------------- brute force


def test_five_rates_end_as_is_said():
    ends = {rate: train_network(*moons(), rate, 150)[1] for rate in (0.001, 0.01, 0.1, 1.0, 5.0)}
    assert "(0.001, 0.01, 0.1, 1.0, 5.0)" in SOURCE
    assert says("At 0.001 the network has hardly learned.")
    assert ends[0.001][-1] > 0.9 * ends[0.001][0]
    assert says("At 5 it is lost: 0.693 is $\\log 2$")
    assert round(math.log(2), 3) == 0.693
    assert abs(ends[5.0][-1] - math.log(2)) < 1e-6
    assert says("The best of the five is 1")
    assert min(ends, key=lambda rate: ends[rate][-1]) == 1.0
    for rate, losses in ends.items():
        assert re.search(rf"^ +{rate} +{losses[-1]:.3f}$", printed(), re.M), rate


def test_at_a_rate_of_five_a_layer_is_shut_for_every_point():
    assert says("has shut all ReLUs of a layer, for every point")
    X, y, start = moons()
    trained, _ = train_network(X, y, start, 5.0, 150)
    _, cache_of = forward_with_cache(X, trained)
    assert any(np.all(Z <= 0) for _, Z in cache_of[:-1])
    _, gradients = network_gradients(X, y, trained)
    assert all(not dW.any() for dW, _ in gradients)


def test_a_network_has_hundreds_of_weights():
    assert says("a landscape over hundreds of weights")
    assert 200 < flatten_layers(moons()[2]).size < 1000


# ------------------------------------------------------------------ how far is too far


def test_a_step_on_a_parabola_multiplies_by_one_minus_rate_times_curvature():
    assert says("So each step multiplies $w$ by the same number, $1 - \\eta\\,a$.")
    for a, rate in ((0.5, 0.3), (2.0, 0.9), (4.0, 0.6)):
        got = gradient_step(1.7, a * 1.7, rate)
        np.testing.assert_allclose(got, (1 - rate * a) * 1.7)
    assert says("A single step arrives where the black line touches 0, at $\\eta = 1/a$.")
    assert gradient_step(1.5, 4 * 1.5, 1 / 4) == 0


def test_the_valleys_hessian_is_as_said():
    assert says("Its Hessian has 1 and 20 on the diagonal, and 0 elsewhere.")
    rows = [
        numerical_gradient(lambda w, i=i: valley_gradient(w)[i], np.array([0.3, -0.8]), 1e-4)
        for i in (0, 1)
    ]
    np.testing.assert_allclose(rows, np.diag([1, 20]), atol=1e-8)
    assert says("`largest_stable_learning_rate(np.array([[1.0, 0.0], [0.0, 20.0]]))` is 0.1")
    assert largest_stable_learning_rate(np.array([[1.0, 0.0], [0.0, 20.0]])) == 0.1
    assert says("In the valley it is 20.")


def test_eigenvectors_are_only_stretched_and_lie_at_right_angles():
    assert says("at right angles to each other")
    rng = np.random.default_rng(0)
    A = rng.normal(size=(4, 4))
    hessian = A @ A.T
    values, vectors = np.linalg.eigh(hessian)
    np.testing.assert_allclose(hessian @ vectors, vectors * values, atol=1e-10)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(4), atol=1e-10)
    w = rng.normal(size=4)
    after = gradient_step(w, hessian @ w, 0.05)
    np.testing.assert_allclose(vectors.T @ after, (1 - 0.05 * values) * (vectors.T @ w))


# ---------------------------------------------------------------------- momentum


def test_the_worked_examples_hold():
    one = np.array([1.0])
    assert says("So the result is `([0.6], [4.0])`.")
    got = momentum_step(one, np.array([4.0]), np.array([2.0]), 0.1, 0.5)
    np.testing.assert_allclose(got, [[0.6], [4.0]])
    assert says("is `([0.6], [25.0])`")
    got = adagrad_step(one, np.array([9.0]), np.array([4.0]), 0.5, 1e-10)
    np.testing.assert_allclose(got, [[0.6], [25.0]])
    assert says("is `([0.6], [9.0])`, up to $\\epsilon$")
    got = rmsprop_step(one, np.array([2.0]), np.array([4.0]), 0.3, 0.5, 1e-8)
    np.testing.assert_allclose(got, [[0.6], [9.0]])
    assert says("The step is $5 \\cdot \\sqrt{4} / \\sqrt{16} = 2.5$.")
    assert says("The deltas become $1.5 + 3.125 = 4.625$. A weight of 1 becomes $-1.5$.")
    got = adadelta_step(one, np.array([5.0]), np.array([3.0]), np.array([5.0]), 0.5, 1.0)
    np.testing.assert_allclose(got, [[-1.5], [15], [4.625]])
    assert says("$m$ is 0.5 and $\\hat m$ is 5, $v$ is 0.025 and $\\hat v$ is 25")
    got = adam_step(one, np.zeros(1), np.zeros(1), 1, np.array([5.0]), 0.1, 0.9, 0.999, 1e-12)
    np.testing.assert_allclose(got, [[0.9], [0.5], [0.025]])


def test_the_examples_of_the_schedules_hold():
    assert says("for the epochs 0, 1, 2, 3, 4 is 0.8, 0.8, 0.4, 0.4, 0.2")
    got = [step_decay(0.8, epoch, 0.5, 2) for epoch in range(5)]
    np.testing.assert_allclose(got, [0.8, 0.8, 0.4, 0.4, 0.2])
    assert says("for the steps 0 to 7 is 0.4, 0.8, 0.8, 0.6828, 0.4, 0.1172, 0, 0")
    got = [round(warmup_cosine(0.8, step, 2, 6), 4) for step in range(8)]
    np.testing.assert_allclose(got, [0.4, 0.8, 0.8, 0.6828, 0.4, 0.1172, 0, 0])


def test_on_a_steady_slope_the_velocity_is_ten_times_the_gradient():
    assert says("With the customary $\\beta = 0.9$ that is ten times the gradient.")
    velocity = np.zeros(1)
    for _ in range(300):
        _, velocity = momentum_step(np.zeros(1), velocity, np.array([7.0]), 0.1, 0.9)
    np.testing.assert_allclose(velocity, 70)


def test_some_momentum_is_good_and_too_much_swings():
    def walk(beta):
        return descend(
            lambda w, velocity, g, t: momentum_step(w, velocity, g, 0.09, beta),
            1,
            valley_gradient,
            PLACE,
            40,
        )

    plain, some, much = gradient_descent(valley_gradient, PLACE, 0.09, 40), walk(0.5), walk(0.95)
    assert says("is far lower than gradient descent: by many powers of ten")
    assert valley(some[-1]) < 1e-6 * valley(plain[-1])
    assert says("With $\\beta = 0.95$ it rolls through the minimum and up the other side")
    assert much[:, 0].max() > 1
    assert np.sum(np.diff(np.sign(much[:, 0])) != 0) >= 2
    assert valley(much[-1]) > valley(plain[-1])


@pytest.mark.parametrize("beta", [0.5, 0.7, 0.9])
def test_the_limit_with_momentum_is_larger(beta):
    assert says("its limit is $2(1+\\beta)/\\lambda$ in place of $2/\\lambda$")
    curvature = 20.0
    limit = 2 * (1 + beta) / curvature

    def last(rate):
        return descend(
            lambda w, velocity, g, t: momentum_step(w, velocity, g, rate, beta),
            1,
            lambda w: curvature * w,
            [1.0],
            2000,
        )[-1, 0]

    assert abs(last(0.99 * limit)) < 1e-3
    with np.errstate(all="ignore"):
        assert not abs(last(1.01 * limit)) < 1e3


# --------------------------------------------------------------- AdaGrad, RMSProp, Adadelta


def test_adagrad_sets_out_at_45_degrees():
    assert says("its first step is 0.5 long in both directions, though the slopes are 2.5 and 12")
    np.testing.assert_allclose(np.abs(valley_gradient(PLACE)), [2.5, 12])
    path = descend(
        lambda w, s, g, t: adagrad_step(w, s, g, 0.5, 1e-8), 1, valley_gradient, PLACE, 40
    )
    np.testing.assert_allclose(path[1] - path[0], [0.5, -0.5], rtol=1e-6)
    assert says("It does not zigzag.")
    assert np.all(path[:-1, 1] * path[1:, 1] >= 0)
    plain = gradient_descent(valley_gradient, PLACE, 0.09, 40)
    assert np.all(plain[:20, 1] * plain[1:21, 1] < 0)
    assert valley(path[-1]) < valley(plain[-1])


def test_a_running_mean_forgets():
    assert says("After 50 steps that is half a per cent.")
    assert round(100 * 0.9**50, 1) == 0.5


def test_after_a_cliff_rmsprop_recovers_and_adagrad_does_not():
    assert "cliff = [100.0] * 10 + [1.0] * 110" in SOURCE
    total, mean = 0.0, 0.0
    for slope in [100.0] * 10 + [1.0] * 110:
        total, mean = total + slope**2, 0.9 * mean + 0.1 * slope**2
    adagrad, rmsprop = 0.1 / math.sqrt(total), 0.1 / math.sqrt(mean)
    assert f"AdaGrad's steps are {adagrad:.4f} long, RMSProp's {rmsprop:.2f}" in printed()
    assert says("and its steps grow back to 0.1")
    assert round(rmsprop, 2) == 0.1
    assert says("AdaGrad's stay about 300 times shorter.")
    assert 280 < rmsprop / adagrad < 330


def test_rmsprop_is_slow_to_forget_a_cliff_and_begins_too_boldly():
    assert says("half a per cent of $100^2$ is still 50, and the new squares are 1")
    assert round(0.005 * 100**2) == 50
    assert says("It is 0.32 long, three times the learning rate!")
    w, mean = rmsprop_step(np.zeros(1), np.zeros(1), np.array([100.0]), 0.1, 0.9, 1e-8)
    assert round(abs(float(w[0])), 2) == 0.32
    assert says("After one step it holds only a tenth of the first square")
    np.testing.assert_allclose(mean, 0.1 * 100**2)


def test_rmsprop_trembles_by_half_a_learning_rate():
    assert says("by about half a learning rate")
    path = descend(
        lambda w, s, g, t: rmsprop_step(w, s, g, 0.1, 0.9, 1e-8),
        1,
        lambda w: 3 * w,
        [1.03],
        400,
    )
    np.testing.assert_allclose(np.abs(path[-20:]), 0.05, rtol=0.05)


def test_the_size_of_the_loss_does_not_matter_to_adadelta():
    def walk(factor, steps=40):
        return descend(
            lambda w, s, d, g, t: adadelta_step(w, s, d, g, 0.9, 1e-3),
            2,
            lambda w: factor * valley_gradient(w),
            PLACE,
            steps,
        )

    gap = np.abs(walk(1) - walk(1000)).max()
    assert f"largest distance between the two walks: {gap:.3f}" in printed()
    assert says("Hardly a difference. (What is left of one comes from $\\epsilon$.)")
    assert 0 < gap < 0.02
    assert says("is off the map after a single step")
    lost = gradient_descent(lambda w: 1000 * valley_gradient(w), PLACE, 0.09, 1)
    assert np.abs(lost[-1]).max() > SURFACES["valley"].reach
    assert says("With PyTorch's $10^{-6}$ the first steps are very short.")
    short = descend(
        lambda w, s, d, g, t: adadelta_step(w, s, d, g, 0.9, 1e-6), 2, valley_gradient, PLACE, 10
    )
    assert np.abs(short[-1] - PLACE).max() < 0.1 * np.abs(walk(1, 10)[-1] - PLACE).max()


# -------------------------------------------------------------------------------- Adam


def test_what_the_bias_correction_mends():
    assert says("the first $m$ is only a tenth of the gradient")
    assert says("the first $v$ is only a thousandth of its square")
    _, m, v = adam_step(0.0, 0.0, 0.0, 1, 8.0, 0.1, 0.9, 0.999, 1e-8)
    np.testing.assert_allclose([m, v], [0.8, 0.064])
    assert says("the shares of all gradients so far add up to $1 - \\beta^t$")
    shares = sum(0.1 * 0.9 ** (7 - i) for i in range(1, 8))
    assert math.isclose(shares, 1 - 0.9**7)


def test_without_the_correction_steps_are_up_to_six_times_too_long():
    t = np.arange(1, 101)
    lengths = 0.1 * (1 - 0.9**t) / np.sqrt(1 - 0.999**t)
    assert says("Without the correction the steps are up to six times too long")
    assert 6 < lengths.max() / 0.1 < 7
    assert f"longest step: 0.10 with, {lengths.max():.2f} without" in printed()
    assert lengths.argmax() < 20
    assert "the first is about three times as" in SOURCE
    assert round(lengths[0] / 0.1) == 3


# ------------------------------------------------------------------------------ the race


def race(surface, start, boldness=1.0):
    """Each optimizer's path over 100 steps, as the live figure runs it."""
    paths = {}
    with np.errstate(all="ignore"):
        for name, function in STEP_FUNCTIONS.items():
            contestant = CONTESTANTS[name]
            rate = boldness * (contestant.learning_rate or 1.0)
            rule = make_rule(name, function, rate, RACE_BETA)
            gradient = SURFACES[surface].gradient
            paths[name] = descend(rule, contestant.memories, gradient, np.array(start), 100)
    return paths


def test_the_rates_of_the_race_are_those_told():
    assert says(
        "gradient descent 0.09, momentum 0.09 with $\\beta = 0.7$, AdaGrad 0.5, RMSProp 0.1, "
        "Adam 0.2. Adadelta has none."
    )
    rates = {name: contestant.learning_rate for name, contestant in CONTESTANTS.items()}
    assert rates == {
        "gradient descent": 0.09,
        "momentum": 0.09,
        "AdaGrad": 0.5,
        "RMSProp": 0.1,
        "Adadelta": None,
        "Adam": 0.2,
    }
    assert RACE_BETA == 0.7


def test_the_answers_about_the_valley_are_right():
    paths = race("valley", (-2.0, 1.0))
    assert says("RMSProp is the first at the bottom, and AdaGrad and momentum are close behind.")
    arrival = {
        name: int(np.argmax(valley(path) <= 1e-6)) if np.any(valley(path) <= 1e-6) else 999
        for name, path in paths.items()
    }
    order = sorted(arrival, key=lambda name: arrival[name])
    assert order[0] == "RMSProp"
    assert set(order[1:3]) == {"AdaGrad", "momentum"}
    assert max(arrival[name] for name in order[1:3]) < arrival["RMSProp"] + 20
    assert says("At step 100 it trembles about 0.05 beside the minimum, half its learning rate")
    assert 0.04 < np.abs(paths["RMSProp"][-1]).max() < 0.06
    assert says("It rests from step 36 to 72, and all the while its mean of squares shrinks.")
    resting = np.flatnonzero(valley(paths["RMSProp"]) <= 1e-6)
    np.testing.assert_array_equal(resting, np.arange(36, 73))
    assert says("When that passes the limit of exercise 1, the walk leaps out.")
    w, squares, factors, sizes = np.array([-2.0, 1.0]), np.zeros(2), [], []
    for _ in range(75):
        w, squares = rmsprop_step(w, squares, valley_gradient(w), 0.1, 0.9, 1e-8)
        factors.append(0.1 / np.sqrt(squares[1]))
        sizes.append(abs(w[1]))
    assert np.all(np.diff(factors[35:72]) > 0)
    limit = largest_stable_learning_rate(np.diag([1.0, 20.0]))
    passed = next(step for step in range(36, 75) if factors[step] > limit)
    assert sizes[20] > 1e6 * sizes[passed]
    assert passed < 50
    assert sizes[74] > 1e9 * sizes[passed]

    bolder = 10**0.1  # the slider's nearest place
    assert says("gradient descent has a rate of 0.113, above its limit of 0.1, and it runs away")
    assert round(0.09 * bolder, 3) == 0.113
    paths = race("valley", (-2.0, 1.0), bolder)
    assert valley(paths["gradient descent"][-1]) > 1e6
    assert says("Momentum's limit is 1.7 times as large, 0.17.")
    assert valley(paths["momentum"][-1]) < 1e-6

    slower = race("valley", (-2.0, 1.0), 0.1)
    normal = race("valley", (-2.0, 1.0))
    same = [name for name in normal if np.array_equal(normal[name], slower[name])]
    assert same == ["Adadelta"]


def test_the_answers_about_saddle_and_ripples_are_right():
    for path in race("saddle", (-2.0, 0.0)).values():
        assert np.all(path[:, 1] == 0)
    assert says("From 0.1 all of them slide down to $(0, 1)$.")
    for path in race("saddle", (-2.0, 0.1)).values():
        np.testing.assert_allclose(path[-1], [0, 1], atol=0.1)
    assert says("All six end in the hollow at $(-3, 0)$.")
    for path in race("ripples", (-2.0, 1.0)).values():
        np.testing.assert_allclose(path[-1], [-3, 0], atol=0.1)
    assert says("With all rates times 10, AdaGrad ends up in the lowest hollow.")
    ends = {name: path[-1] for name, path in race("ripples", (-2.0, 1.0), 10.0).items()}
    np.testing.assert_allclose(ends["AdaGrad"], [0, 0], atol=0.1)


# ---------------------------------------------------------------------------- on a network


@cache
def sweep():
    rates = np.geomspace(1e-4, 10, 12)
    names = [name for name in STEP_FUNCTIONS if name != "Adadelta"]
    return rates, {
        name: np.array([train_on_moons(name, float(rate), 150)[-1] for rate in rates])
        for name in names
    }


def test_the_sweep_is_as_described():
    rates, ends = sweep()
    assert says("60 trainings of 150 steps")
    assert len(rates) * len(ends) == 60
    assert says("(Momentum has $\\beta = 0.9$ here, and from now on.)")
    assert BETA == 0.9
    best = {name: rates[np.nanargmin(losses)] for name, losses in ends.items()}
    assert says("the best rates differ by a factor of more than fifty")
    assert "more than fifty" in SOURCE.split("## Quiz")[1]
    assert max(best.values()) / min(best.values()) > 50
    assert says("it ends below 0.01 with four of the twelve rates, more than any other")
    good = {name: int(np.sum(losses < 0.0098)) for name, losses in ends.items()}
    assert good.pop("Adam") == 4
    assert max(good.values()) < 4
    assert says("with its best rate, momentum comes close to it")
    assert np.nanmin(ends["momentum"]) < 3 * np.nanmin(ends["Adam"])
    others = [np.nanmin(ends[name]) for name in ("gradient descent", "AdaGrad", "RMSProp")]
    assert np.nanmin(ends["momentum"]) < 0.3 * min(others)
    assert says("Adam's customary 0.001 lies on the left here, where it still creeps.")
    assert train_on_moons("Adam", 0.001, 150)[-1] > 0.1


def test_the_finder_falls_and_then_shoots_up():
    growing = np.geomspace(1e-4, 10, 100)
    assert "each 12 % larger" in SOURCE
    assert round(100 * (growing[1] / growing[0] - 1)) == 12
    rule = make_rule("momentum", momentum_step, lambda step: float(growing[step]))
    losses = train_with(rule, 1, *moons(), 100)[1][1:]
    assert "falls between a hundredth and one, and shoots up" in SOURCE
    at = {rate: losses[np.argmin(np.abs(growing - rate))] for rate in (1e-3, 0.01, 0.1, 1.0)}
    assert at[1e-3] > 0.9 * losses[0]
    assert at[0.01] > 2 * at[0.1] > 4 * at[1.0]
    assert np.all(losses[growing < 2] < losses[0] * 1.01)
    assert not np.nanmax(losses[growing > 2]) < 10 * losses[0]


@pytest.mark.parametrize("name", ["gradient descent", "momentum", "RMSProp", "Adam"])
def test_a_rate_well_below_the_finders_lowest_is_good(name):
    assert says("three to ten times smaller than the one where it is lowest")
    growing = np.geomspace(1e-4, 10, 100)
    rule = make_rule(name, STEP_FUNCTIONS[name], lambda step: float(growing[step]))
    losses = train_with(rule, CONTESTANTS[name].memories, *moons(), 100)[1][1:]
    lowest = growing[np.nanargmin(losses)]
    assert says("It gives you the right power of ten.")
    rates, ends = sweep()
    best = rates[np.nanargmin(ends[name])]
    assert best / 10 < lowest / 3 < 10 * best
    for rate in (lowest / 3, lowest / 10):
        assert train_on_moons(name, rate, 150)[-1] < 0.15


# ---------------------------------------------------------------------------- schedules


def test_stairs_calm_what_a_constant_rate_leaves_leaping():
    constant = train_on_moons("RMSProp", 0.2, 300)
    stairs = train_on_moons("RMSProp", lambda step: step_decay(0.2, step, 0.5, 50), 300)
    assert says("The two begin alike.")
    np.testing.assert_array_equal(constant[:50], stairs[:50])
    assert says("Its loss leaps up again and again")
    assert np.sum(np.diff(constant[100:]) > 0.05) >= 3
    assert says("With each stair the other one gets calmer, and it ends far lower.")
    assert stairs[-50:].max() < 0.01 * constant[-50:].max()
    assert stairs[-1] < 0.01
    assert says("in the first steps the loss leaps up, far above where it started")
    assert constant[:20].max() > 10 * constant[0]


def test_a_warm_up_takes_away_most_of_the_leap():
    assert says("A warm-up takes away most of the leap at the start.")
    constant = train_on_moons("RMSProp", 0.2, 200)
    warmed = train_on_moons("RMSProp", lambda step: warmup_cosine(0.2, step, 30, 200), 200)
    assert warmed[:21].max() < 0.2 * constant[:21].max()
    assert says("A falling rate takes away the trembling at the end, and with it the luck:")
    assert warmed[-50:].max() < 0.1 * constant[-50:].max()
    assert says("a tiny change of the rate may make the last loss many times smaller or larger")
    ends = {"constant": [], "falling": []}
    for places in (-2, -1, 0, 1, 2):  # of the slider
        rate = 0.2 * 10 ** (0.05 * places)
        ends["constant"].append(train_on_moons("RMSProp", rate, 200))
        ends["falling"] += [
            train_on_moons("RMSProp", lambda k, r=rate: step_decay(r, k, 0.5, 30), 200),
            train_on_moons("RMSProp", lambda k, r=rate: warmup_cosine(r, k, 30, 200), 200),
        ]
    assert max(losses[-50:].max() for losses in ends["falling"]) < 0.01
    assert all(losses[-50:].max() > 0.01 for losses in ends["constant"])
    last = [losses[-1] for losses in ends["constant"]]
    assert max(last) > 5 * min(last)
    assert says("if the learning rate is small enough, the constant one needs neither")
    small = train_on_moons("RMSProp", 0.003, 200)
    assert np.diff(small).max() < 0.001
    assert small[-1] < 0.1 * small[0]


# -------------------------------------------------------------------------- on real data


def test_the_limit_on_the_diabetes_data_is_predicted_and_seen():
    diabetes = load_diabetes()
    X = np.column_stack([diabetes.X, np.ones(442)])
    assert says("of shape $(442, 11)$")
    assert X.shape == (442, 11)

    def loss(w):
        return np.mean((X @ w - diabetes.y) ** 2)

    def gradient(w):
        return 2 / 442 * X.T @ (X @ w - diabetes.y)

    w = np.random.default_rng(0).normal(size=11)
    np.testing.assert_allclose(numerical_gradient(loss, w, 1e-3), gradient(w), rtol=1e-5)
    hessian = 2 / 442 * X.T @ X
    limit = largest_stable_learning_rate(hessian)
    assert f"predicted limit: {limit:.4f}" in printed()
    assert says("Then gradient descent runs 200 steps")
    settled = gradient_descent(gradient, np.zeros(11), 0.98 * limit, 200)
    lost = gradient_descent(gradient, np.zeros(11), 1.02 * limit, 200)
    assert f"after 200 steps {loss(settled[-1]):,.0f}" in printed()
    assert "after 200 steps more than a million" in printed()
    assert loss(lost[-1]) > 1e6
    assert says("Four per cent of the learning rate lie between success and ruin")
    curvatures = np.linalg.eigvalsh(hessian)
    assert says("The condition number is large, too, 470:")
    assert round(curvatures.max() / curvatures.min()) == 470
    assert "condition number: 470" in printed()


def test_five_optimizers_on_the_breast_masses():
    cancer = load_breast_cancer()
    X, y = standardize(cancer.X), cancer.y.astype(float)
    assert says('Always answering "benign" is right for 62.7 % of the masses.')
    assert round(100 * np.mean(y == 0), 1) == 62.7
    rng = np.random.default_rng(0)
    start = [init_dense(30, 16, rng), init_dense(16, 1, rng)]
    rates = {
        "gradient descent": 0.5,
        "momentum": 0.1,
        "AdaGrad": 0.05,
        "RMSProp": 0.005,
        "Adam": 0.02,
    }
    assert says("All five are right for 98 % or more.")
    ends = []
    for name, rate in rates.items():
        rule = make_rule(name, STEP_FUNCTIONS[name], rate)
        trained, losses = train_with(rule, CONTESTANTS[name].memories, X, y, start, 100)
        right = 100 * np.mean((forward_with_cache(X, trained)[0][:, 0] >= 0) == y)
        assert right >= 98
        assert re.search(rf"^{name} +{right:.1f} % right, loss {losses[-1]:.3f}$", printed(), re.M)
        ends.append(losses[-1])
    assert says("The losses differ more than the accuracies do")
    assert max(ends) > 1.5 * min(ends)


# ---------------------------------------------------------------------------- PyTorch, quiz


def test_every_rule_is_shown_to_agree_with_torch():
    agreeing = re.findall(r"^(\S.*?) +same to 1e-10 at every step: True$", printed(), re.M)
    assert agreeing == ["SGD, momentum=0.9", "Adagrad", "RMSprop", "Adadelta", "Adam"]
    assert "same to 1e-10 at every step: False" not in printed()
    for line in ("StepLR is step_decay", "LambdaLR takes", "CosineAnnealingLR is"):
        assert re.search(rf"^{line}.*: +True$", printed(), re.M), line


def test_the_right_answers_of_the_quiz_are_right():
    quiz = SOURCE.split("## Quiz")[1]
    assert "eigenvalues 0.5, 4 and 10" in quiz
    assert largest_stable_learning_rate(np.diag([0.5, 4.0, 10.0])) == 0.2
    assert 'right="0.2"' in quiz
    assert "2 / 0.5" in quiz
    assert 'right="AdaGrad"' in quiz
    assert "after a few hundred steps no trace is left" in quiz
