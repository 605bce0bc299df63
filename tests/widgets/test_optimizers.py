"""The pictures of lesson 07 move as their controls say, and show what they are given."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.pointing import press
from utils.backpropagation import two_moons
from utils.gradient_descent import gradient_descent, gradient_step
from utils.networks import init_dense
from utils.optimizers import (
    adadelta_step,
    adagrad_step,
    adam_step,
    descend,
    largest_stable_learning_rate,
    momentum_step,
    rmsprop_step,
    step_decay,
    train_with,
    warmup_cosine,
)
from utils.surfaces import SURFACES
from utils.widgets.optimizers import (
    CONTESTANTS,
    LOWEST,
    RACE_STEPS,
    draw_losses,
    draw_rate_sweep,
    draw_walks,
    finder_rates,
    make_rule,
    optimizer_race,
    parabola_explorer,
    rate_finder,
    schedule_explorer,
    stability_explorer,
)

STEP_FUNCTIONS = (
    gradient_step,
    momentum_step,
    adagrad_step,
    rmsprop_step,
    adadelta_step,
    adam_step,
)
NAMES = tuple(CONTESTANTS)


@pytest.fixture(autouse=True)
def _no_open_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def problem():
    rng = np.random.default_rng(0)
    X, y = two_moons(40, 0.1, rng)
    return X, y, [init_dense(2, 6, rng), init_dense(6, 1, rng)]


@pytest.fixture(scope="module")
def race():
    return optimizer_race(*STEP_FUNCTIONS)


def broken(*_):
    raise ZeroDivisionError("of my own making")


# -------------------------------------------------------------------------------- rules


@pytest.mark.parametrize(("name", "function"), list(zip(NAMES, STEP_FUNCTIONS, strict=True)))
def test_a_rule_hands_the_step_function_its_arguments_in_order(name, function):
    memories = CONTESTANTS[name].memories
    rng = np.random.default_rng(0)
    w, gradient = rng.normal(size=3), rng.normal(size=3)
    remembered = [rng.uniform(0.5, 1, size=3) for _ in range(memories)]
    got = make_rule(name, function, 0.3, beta=0.6)(w, *remembered, gradient, 4)
    by_name = {
        "gradient descent": lambda: (gradient_step(w, gradient, learning_rate=0.3),),
        "momentum": lambda: momentum_step(
            w, velocity=remembered[0], gradient=gradient, learning_rate=0.3, beta=0.6
        ),
        "AdaGrad": lambda: adagrad_step(
            w, squares=remembered[0], gradient=gradient, learning_rate=0.3, epsilon=1e-8
        ),
        "RMSProp": lambda: rmsprop_step(
            w, squares=remembered[0], gradient=gradient, learning_rate=0.3, rho=0.9, epsilon=1e-8
        ),
        "Adadelta": lambda: adadelta_step(
            w,
            squares=remembered[0],
            deltas=remembered[1],
            gradient=gradient,
            rho=0.9,
            epsilon=1e-3,
        ),
        "Adam": lambda: adam_step(
            w,
            m=remembered[0],
            v=remembered[1],
            t=4,
            gradient=gradient,
            learning_rate=0.3,
            beta1=0.9,
            beta2=0.999,
            epsilon=1e-8,
        ),
    }
    assert len(got) == memories + 1
    for one, right in zip(got, by_name[name](), strict=True):
        np.testing.assert_array_equal(one, right)


def test_a_rule_follows_a_schedule_that_counts_from_zero():
    rule = make_rule("gradient descent", gradient_step, lambda step: [0.5, 0.25][step])
    path = descend(rule, 0, lambda w: np.ones(1), [1.0], 2)
    np.testing.assert_allclose(path[:, 0], [1, 0.5, 0.25])


def test_an_unknown_optimizer_is_told():
    with pytest.raises(ValueError, match="no optimizer 'adam' here, only gradient descent"):
        make_rule("adam", adam_step, 0.1)


# ------------------------------------------------------------------ how far is too far


@pytest.mark.parametrize(
    ("curvature", "learning_rate", "words"),
    [
        (2.0, 0.9, "lands closer"),
        (2.0, 0.5, "a single step arrives"),
        (2.0, 1.0, "to and fro"),
        (2.0, 1.1, "further out"),
    ],
)
def test_the_parabola_tells_whether_it_settles(curvature, learning_rate, words):
    live = parabola_explorer(gradient_step)
    live.set(curvature=curvature, learning_rate=learning_rate)
    assert live.error is None
    assert words in live.caption
    assert "The limit is 2 / 2 = 1." in live.caption
    walk = live.figure.axes[0].lines[1].get_xdata()
    factor = 1 - curvature * learning_rate
    np.testing.assert_allclose(walk, -1.5 * factor ** np.arange(len(walk)))
    dot = live.figure.axes[1].lines[1]
    np.testing.assert_allclose(np.ravel(dot.get_data()), [learning_rate, abs(factor)])


def test_a_drag_beside_the_parabola_moves_the_learning_rate():
    live = parabola_explorer(gradient_step)
    press(live, live.figure.axes[1], (0.5, 1.0), (1.2, 2.0))
    assert live.values["learning_rate"] == 1.2
    assert live.values["curvature"] == 2.0


def test_the_parabola_stays_in_the_picture_at_the_ends_of_its_controls():
    live = parabola_explorer(gradient_step)
    for curvature in (0.8, 4.0):
        for learning_rate in (0.05, 2.5):
            live.set(curvature=curvature, learning_rate=learning_rate)
            assert live.error is None


@pytest.mark.parametrize(("steepest", "angle"), [(2.0, 0), (12.0, 30), (40.0, 90)])
def test_the_turned_valley_settles_below_the_predicted_limit_only(steepest, angle):
    live = stability_explorer(largest_stable_learning_rate, gradient_step)
    live.set(steepest=steepest, angle=angle, share=0.95)
    assert live.error is None
    assert f"Predicted limit {2 / steepest:.4g}," in live.caption
    assert "At the end the distance shrinks." in live.caption
    live.set(share=1.1)
    assert "At the end the distance grows." in live.caption
    distances = live.figure.axes[1].lines[0].get_ydata()
    assert distances[-1] > distances[-2]


def test_the_walk_in_the_turned_valley_is_gradient_descent():
    live = stability_explorer(largest_stable_learning_rate, gradient_step)
    live.set(steepest=10.0, angle=90, share=0.5)
    hessian = np.diag([10.0, 1.0])  # turned by a right angle
    path = gradient_descent(lambda w: hessian @ w, np.array([-2.2, 1.0]), 0.1, 40)
    shown = np.column_stack(live.figure.axes[0].lines[9].get_data())
    np.testing.assert_allclose(shown, path, atol=1e-12)


def test_a_wrong_prediction_is_seen():
    live = stability_explorer(lambda hessian: 3 / np.linalg.eigvalsh(hessian).max(), gradient_step)
    live.set(share=0.95)
    assert live.error is None
    assert "grows" in live.caption


# ------------------------------------------------------------------------------ the race


def race_paths(live):
    lines = [line for line in live.figure.axes[0].lines if line.get_linestyle() == "-"]
    return [np.column_stack(line.get_data()) for line in lines]


@pytest.mark.parametrize("surface", list(SURFACES))
def test_all_six_race_on_every_surface_from_where_the_sliders_are(race, surface):
    race.set(surface=surface, w0=-1.3, w1=0.6, boldness=1.0, step=17)
    assert race.error is None
    paths = race_paths(race)
    assert len(paths) == 6
    for path, name, function in zip(paths, NAMES, STEP_FUNCTIONS, strict=True):
        assert path.shape == (18, 2)
        np.testing.assert_allclose(path[0], [-1.3, 0.6])
        contestant = CONTESTANTS[name]
        rule = make_rule(name, function, contestant.learning_rate or 1.0, beta=0.7)
        expected = descend(
            rule, contestant.memories, SURFACES[surface].gradient, np.array([-1.3, 0.6]), 17
        )
        np.testing.assert_allclose(path, expected)
    assert race.figure.axes[0].get_title() == f"{surface}, step 17"


@pytest.mark.parametrize("surface", list(SURFACES))
def test_a_press_on_the_map_is_where_the_race_starts(race, surface):
    race.set(surface=surface, w0=-2.0, w1=1.0, boldness=1.0, step=5)
    press(race, race.figure.axes[0], (0.7, -1.2))
    assert race.error is None
    assert (race.values["w0"], race.values["w1"]) == (0.7, -1.2)
    for path in race_paths(race):
        np.testing.assert_allclose(path[0], [0.7, -1.2])


def test_a_press_beyond_the_dotted_square_starts_at_its_edge(race):
    race.set(surface="bowl")
    press(race, race.figure.axes[0], (2.8, 0.5))
    assert (race.values["w0"], race.values["w1"]) == (2.0, 0.5)


def test_the_losses_of_the_race_are_those_of_the_paths(race):
    race.set(surface="saddle", w0=1.0, w1=0.4, boldness=1.0, step=12)
    lines = [line for line in race.figure.axes[1].lines if line.get_linestyle() == "-"]
    for line, path in zip(lines, race_paths(race), strict=True):
        expected = np.maximum(SURFACES["saddle"].function(path), LOWEST)
        np.testing.assert_allclose(line.get_ydata(), expected)


def test_only_the_chosen_map_is_seen(race):
    for surface, ground in SURFACES.items():
        race.set(surface=surface)
        assert sum(c.get_visible() for c in race.figure.axes[0].collections) == 1
        assert race.figure.axes[0].get_xlim() == (-ground.reach, ground.reach)


def test_the_race_starts_anew_and_replays(race):
    race.set(surface="bowl", w0=2.0, w1=-1.0, step=0)
    assert race.caption == "All six stand at the start. Press play."
    race.set(step=1)
    assert race.caption.startswith("After 1 step, lowest first:")
    race.set(step=RACE_STEPS)
    assert "arrived: " in race.caption
    race.set(w0=-0.5)
    np.testing.assert_allclose(race_paths(race)[0][0], [-0.5, -1.0])


def test_bolder_rates_move_all_but_adadelta(race):
    race.set(surface="valley", w0=-2.0, w1=1.0, boldness=1.0, step=10)
    before = race_paths(race)
    race.set(boldness=0.1)
    after = race_paths(race)
    same = [np.allclose(a, b) for a, b in zip(before, after, strict=True)]
    assert [name for name, alike in zip(NAMES, same, strict=True) if alike] == ["Adadelta"]


@pytest.mark.filterwarnings("error")
def test_runaways_leave_the_map_without_harm(race):
    for surface in SURFACES:
        race.set(surface=surface, boldness=10.0, w0=2.0, w1=2.0, step=RACE_STEPS)
        assert race.error is None
        assert race.png


def test_who_ran_away_is_told_without_a_number(race):
    race.set(surface="valley", w0=-2.0, w1=1.0, boldness=10**0.1, step=RACE_STEPS)
    assert race.caption.endswith(" Ran away: gradient descent.")
    race.set(boldness=1.0)
    assert "Ran away" not in race.caption


def test_a_learners_error_takes_the_races_place():
    live = optimizer_race(*STEP_FUNCTIONS[:-1], broken)
    assert isinstance(live.error, ZeroDivisionError)


# ----------------------------------------------------------------------- static pictures


def test_walks_are_drawn_with_their_losses():
    path = gradient_descent(SURFACES["bowl"].gradient, np.array([1.0, 1.0]), 0.1, 5)
    draw_walks({"gradient descent": path, "another": path}, "bowl")
    map_axes, loss_axes = plt.gcf().axes
    assert "bowl" in map_axes.get_title()
    np.testing.assert_allclose(loss_axes.lines[0].get_ydata(), SURFACES["bowl"].function(path))
    assert loss_axes.lines[0].get_color() == CONTESTANTS["gradient descent"].color
    labels = [text.get_text() for text in plt.gcf().legends[0].get_texts()]
    assert labels == ["gradient descent", "another"]


def test_the_sweep_shows_a_curve_an_optimizer_and_survives_runaways():
    draw_rate_sweep([0.1, 1.0], {"Adam": [0.2, np.nan], "momentum": [0.1, np.inf]}, 0.7, "loss")
    axes = plt.gcf().axes[0]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [0.2, 1e3])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "Adam",
        "momentum",
        "untrained",
    ]


def test_losses_are_drawn_in_given_axes_or_in_new_ones():
    _, axes = plt.subplots()
    draw_losses({"Adam": [0.7, 0.1], "mine": [0.7, np.nan]}, "two runs", axes)
    assert axes.get_title() == "two runs"
    assert len(axes.lines) == 2
    draw_losses({"Adam": [0.7, 0.1]}, "one run")
    assert len(plt.gcf().axes[0].lines) == 1


# ------------------------------------------------------------- on a network: rates, schedules


def test_the_finders_rates_grow_by_the_same_factor():
    rates = finder_rates()
    assert rates.shape == (100,)
    np.testing.assert_allclose(rates[[0, -1]], [1e-4, 10])
    np.testing.assert_allclose(rates[1:] / rates[:-1], rates[1] / rates[0])


@pytest.mark.parametrize("name", ["gradient descent", "momentum", "RMSProp", "Adam"])
def test_the_finder_shows_one_run_and_the_training(problem, name):
    X, y, layers = problem
    live = rate_finder(gradient_step, momentum_step, rmsprop_step, adam_step, X, y, layers)
    live.set(optimizer=name, learning_rate=0.01)
    assert live.error is None
    function = dict(zip(NAMES, STEP_FUNCTIONS, strict=True))[name]
    memories, rates = CONTESTANTS[name].memories, finder_rates()
    rule = make_rule(name, function, lambda step: rates[step])
    _, found = train_with(rule, memories, X, y, layers, 100)
    shown = live.figure.axes[0].lines[0].get_ydata()
    right = np.nan_to_num(found[1:], nan=1e6, posinf=1e6)
    np.testing.assert_allclose(shown[:50], right[:50], rtol=1e-6)
    _, losses = train_with(make_rule(name, function, 0.01), memories, X, y, layers, 150)
    np.testing.assert_allclose(live.figure.axes[1].lines[0].get_ydata(), losses, rtol=1e-6)
    assert live.caption.startswith(f"{name}: on the left the loss is lowest")


def test_a_press_in_the_finder_chooses_the_rate(problem):
    X, y, layers = problem
    live = rate_finder(gradient_step, momentum_step, rmsprop_step, adam_step, X, y, layers)
    press(live, live.figure.axes[0], (0.1, 0.5))
    np.testing.assert_allclose(live.values["learning_rate"], 0.1)
    assert "With 0.1 all the way" in live.caption


@pytest.mark.filterwarnings("error")
def test_the_finder_bears_any_rate(problem):
    X, y, layers = problem
    live = rate_finder(gradient_step, momentum_step, rmsprop_step, adam_step, X, y, layers)
    for name in ("gradient descent", "momentum", "RMSProp", "Adam"):
        for rate in (1e-4, 10.0):
            live.set(optimizer=name, learning_rate=rate)
            assert live.error is None


@pytest.mark.parametrize("schedule", ["constant", "step decay", "warm-up and cosine"])
def test_the_schedule_is_drawn_and_followed(problem, schedule):
    X, y, layers = problem
    live = schedule_explorer(step_decay, warmup_cosine, rmsprop_step, X, y, layers)
    live.set(schedule=schedule, learning_rate=0.01, every=20, warmup=10)
    assert live.error is None
    rate = live.values["learning_rate"]
    expected = {
        "constant": lambda k: rate,
        "step decay": lambda k: step_decay(rate, k, 0.5, 20),
        "warm-up and cosine": lambda k: warmup_cosine(rate, k, 10, 200),
    }[schedule]
    shown = live.figure.axes[0].lines[0].get_ydata()
    np.testing.assert_allclose(shown, [expected(k) for k in range(200)])
    _, losses = train_with(make_rule("RMSProp", rmsprop_step, expected), 1, X, y, layers, 200)
    np.testing.assert_allclose(live.figure.axes[1].lines[0].get_ydata(), losses, rtol=1e-6)
    assert live.caption.startswith(f"{schedule}: the loss went from")


def test_the_schedules_start_at_a_place_that_the_slider_has(problem):
    X, y, layers = problem
    live = schedule_explorer(step_decay, warmup_cosine, rmsprop_step, X, y, layers)
    control = live._widgets["learning_rate"]
    place = (math.log10(control.value) - control.min) / control.step
    assert math.isclose(place, round(place), abs_tol=1e-6)  # else the browser moves it there


def test_the_warm_up_slider_matters_to_the_warm_up_only(problem):
    X, y, layers = problem
    live = schedule_explorer(step_decay, warmup_cosine, rmsprop_step, X, y, layers)
    pictures = {}
    for schedule in ("constant", "warm-up and cosine"):
        live.set(schedule=schedule, warmup=5)
        first = live.png
        live.set(warmup=50)
        pictures[schedule] = first == live.png
    assert pictures == {"constant": True, "warm-up and cosine": False}


def test_a_learners_error_takes_the_schedules_place(problem):
    X, y, layers = problem
    live = schedule_explorer(broken, warmup_cosine, rmsprop_step, X, y, layers)
    assert live.error is None
    live.set(schedule="step decay")
    assert isinstance(live.error, ZeroDivisionError)
