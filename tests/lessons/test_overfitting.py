"""Every number and every claim in the prose of lesson 09."""

import ast
import inspect
import re
from functools import cache

import numpy as np
import pytest
import torch

from tests.lessons.notebooks import code_cells, read
from tests.lessons.texts import LessonText
from utils import overfitting
from utils.checking.suite import COURSE
from utils.datasets import load_breast_cancer, load_digits
from utils.gradient_descent import train_logistic_regression
from utils.networks import init_dense
from utils.optimizers import adam_step, train_with
from utils.overfitting import (
    EarlyStopping,
    best_degree,
    dropout_backward,
    dropout_forward,
    l2_gradients,
    l2_penalty,
    network_accuracy,
    network_loss,
    train_regularised,
    train_test_split,
)
from utils.widgets.overfitting import (
    DEGREES,
    NOISE,
    decay_explorer,
    fit_polynomial,
    noisy_wave,
    polynomial_errors,
)

torch.set_num_threads(1)

TEXT = LessonText("09_overfitting")
SOURCE, says, printed = TEXT.source, TEXT.says, TEXT.printed
QUIZ = SOURCE.split("## Quiz")[1]


def table(name: str, numbers: int) -> list[tuple[float, ...]]:
    """The numbers in each printed line that begins with this name."""
    found = re.findall(rf"^{re.escape(name)}\W.*$", printed(), re.M)
    rows = [re.findall(r"-?\d+(?:\.\d+)?", line[len(name) :]) for line in found]
    return [tuple(map(float, row)) for row in rows if len(row) == numbers]


@cache
def digits():
    data = load_digits()
    return data.X / 16, (data.y % 2).astype(float)


@cache
def split_digits():
    rng = np.random.default_rng(0)
    X_train, y_train, X_rest, y_rest = train_test_split(*digits(), 0.7, rng)
    return (X_train, y_train), *_pairs(train_test_split(X_rest, y_rest, 0.5, rng))


def _pairs(four):
    return four[:2], four[2:]


@cache
def start():
    rng = np.random.default_rng(0)
    return [init_dense(64, 128, rng), init_dense(128, 1, rng)]


def percent(examples, layers) -> float:
    return 100 * network_accuracy(*examples, layers)


# ------------------------------------------------------------------- learning by heart


@cache
def learned_by_heart():
    """The network that memorised shuffled labels, the honest one, and the labels."""
    X, odd = digits()
    shuffled = np.random.default_rng(0).permutation(odd)

    def adam(w, m, v, gradient, t):
        return adam_step(w, m, v, t, gradient, 0.01, 0.9, 0.999, 1e-8)

    memorised, _ = train_with(adam, 2, X[:400], shuffled[:400], start(), 300)
    honest, _ = train_with(adam, 2, X[:400], odd[:400], start(), 300)
    return memorised, honest, shuffled


def test_shuffled_labels_are_learned_by_heart_and_help_nobody():
    X, odd = digits()
    memorised, honest, shuffled = learned_by_heart()
    old, new = (
        percent((X[:400], shuffled[:400]), memorised),
        percent((X[400:800], shuffled[400:800]), memorised),
    )
    assert says("Look at the eight labels: five are wrong.")
    assert "the label it was given: five of the eight are wrong" in SOURCE
    assert np.sum(shuffled[:8] != odd[:8]) == 5
    assert says(
        "the network is right for every single image that it learned, and there was nothing"
    )
    assert old == 100
    assert "the 400 images it learned: 100.0 % right" in printed()
    assert says("On new images it is no better than a coin.")
    assert abs(new - 50) < 5  # two standard errors of 400 coins
    assert f"400 new images:            {new:.1f} % right" in printed()
    assert says("Both have the same accuracy on what they learned: 100 %.")
    assert percent((X[:400], odd[:400]), honest) == 100


def test_learning_by_heart_takes_three_times_the_weight():
    memorised, honest, _ = learned_by_heart()
    sums = [l2_penalty(layers, 1.0) for layers in (start(), honest, memorised)]
    for name, total in zip(("at the start", "true labels", "shuffled labels"), sums, strict=True):
        assert re.search(rf"^{name} +sum of squares {total:.0f}$", printed(), re.M)
    assert says("the one that had to learn by heart needed three times as much")
    assert 2.8 < sums[2] / sums[1] < 3.2
    largest = [np.sort(np.abs(layers[0][0]).ravel())[-1000:] for layers in (start(), honest)]
    assert "memorised are the largest, those at the start the smallest" in SOURCE
    assert np.all(largest[0] < largest[1])
    assert np.all(largest[1] < np.sort(np.abs(memorised[0][0]).ravel())[-1000:])


# ---------------------------------------------------------------------- three sets


def test_the_three_sets_of_digits():
    counts = [len(y) for _, y in split_digits()]
    assert counts == [1258, 270, 269]
    assert "training 1258, validation 270, test 269 images" in printed()
    assert says("ten examples and a `train_fraction` of 0.7 give 7 for training")


def test_the_two_sins_are_measured():
    cancer = load_breast_cancer()
    y = cancer.y.astype(float)
    results = []
    for seed in range(20):
        some, y_some, rest, y_rest = train_test_split(cancer.X, y, 0.7, np.random.default_rng(seed))
        row = []
        for rows in (cancer.X, some):
            mean, std = rows.mean(axis=0), rows.std(axis=0)
            w, b, _ = train_logistic_regression((some - mean) / std, y_some, 0.5, 200)
            row.append(np.mean((((rest - mean) / std) @ w + b >= 0) == y_rest))
        row.append(np.mean((((some - mean) / std) @ w + b >= 0) == y_some))
        results.append(row)
    leaky, mended, on_training = 100 * np.mean(results, axis=0)
    for name, value in (
        ("always “benign”", 100 * np.mean(y == 0)),
        ("on the training set", on_training),
        ("held back, scaled before the split", leaky),
        ("held back, scaled after it", mended),
    ):
        assert re.search(rf"^{name} +{value:.1f} % right$", printed(), re.M), name
    assert says("the first sin cost about one per cent here.")
    assert round(on_training - mended) == 1
    assert says("The second one cost hardly anything: a mean over 569 masses and one over 398")
    assert abs(leaky - mended) < 0.2
    assert (len(y), round(0.7 * len(y))) == (569, 398)
    assert says('Always answering "benign" is right for 62.7 % of all 569 masses.')
    assert round(100 * np.mean(y == 0), 1) == 62.7


def test_the_best_of_a_thousand_coins_was_lucky():
    (_, y_val), (_, y_test) = split_digits()[1:]
    rng = np.random.default_rng(0)
    for_val = rng.integers(0, 2, size=(1000, len(y_val)))
    for_test = rng.integers(0, 2, size=(1000, len(y_test)))
    right = np.mean(for_val == y_val, axis=1)
    winner = right.argmax()
    again = np.mean(for_test[winner] == y_test)
    assert f"the best of 1000, on the validation set: {100 * right.max():.1f} % right" in printed()
    assert f"the same model on the test set:          {100 * again:.1f} % right" in printed()
    assert says("The chosen one was lucky, and luck does not come along to the next set.")
    assert right.max() > 0.58
    assert abs(again - 0.5) < 0.03


# ------------------------------------------------------------------------- polynomials


def wave_problem(n, noise, draw):
    rng = np.random.default_rng(draw)
    return noisy_wave(n, noise, rng), noisy_wave(60, noise, rng)


def test_underfit_good_fit_and_overfit_are_as_described():
    old, new = wave_problem(20, NOISE, 5)
    assert "rng = np.random.default_rng(5)\npoints = noisy_wave(20, 0.3, rng)" in SOURCE
    assert NOISE == 0.3
    errors = polynomial_errors(old, new, DEGREES)
    assert says("The training error only ever falls with the degree")
    assert np.all(np.diff(errors[:, 0]) < 1e-12)
    assert says(
        "It has the lowest error on the old points, and by far the highest on the new ones."
    )
    stiff, good, wild = errors[[1, 5, 15]]
    assert wild[0] < good[0] < stiff[0]
    assert wild[1] > 2 * stiff[1] > 4 * good[1]
    chosen = best_degree(*old, *new, list(DEGREES))
    assert f"best degree: {chosen}, validation error {errors[chosen, 1]:.2f}" in printed()
    assert f"highest degree: 15, validation error {errors[15, 1]:.2f}" in printed()
    assert says("it is huge for degree 14, and smaller again for 15")
    assert errors[14, 1] > 50 > 5 > errors[15, 1]
    assert says("a whole plain from degree 5 to degree 8")
    lowest = errors[:, 1].min()
    assert np.all(errors[5:9, 1] < 1.2 * lowest)
    assert np.all(np.delete(errors[:, 1], range(5, 9)) > 1.2 * lowest)


def test_a_swinging_polynomial_needs_enormous_coefficients():
    assert says("a polynomial needs enormous coefficients, which nearly cancel")
    old, _ = wave_problem(20, NOISE, 5)
    sizes = [
        np.abs(fit_polynomial(*old, degree).convert(kind=np.polynomial.Polynomial).coef).max()
        for degree in (5, 15)
    ]
    assert sizes[0] < 20
    assert sizes[1] > 1000


def test_the_answers_of_the_play_are_right():
    draws = range(21)
    assert "draw=slider(0, 20, 5" in inspect.getsource(
        __import__("utils.widgets.overfitting", fromlist=["degree_explorer"]).degree_explorer
    )
    at_14 = {
        n: np.array([polynomial_errors(*wave_problem(n, NOISE, d), [14])[0] for d in draws])
        for n in (20, 60, 100, 200)
    }
    assert says("With 60 points the swings are gone in most draws, with 100 in all of them.")
    assert np.median(at_14[20][:, 1]) > 10
    assert np.mean(at_14[60][:, 1] < 0.5) > 0.75
    assert np.all(at_14[100][:, 1] < 0.5)
    assert says("With 200 the two errors lie together.")
    assert abs(np.median(at_14[200][:, 1] / at_14[200][:, 0]) - 1) < 0.3
    assert says("At degree 14 the curve changes completely from draw to draw.")
    assert says("Often its validation error is so high that it leaves the picture at the top.")
    assert np.mean(at_14[20][:, 1] > 30) > 0.5  # the top of the picture
    places = np.linspace(-0.9, 0.9, 100)
    curves = {
        degree: np.array(
            [fit_polynomial(*wave_problem(20, NOISE, d)[0], degree)(places) for d in draws]
        )
        for degree in (5, 14)
    }
    assert np.median(curves[14].std(axis=0)) > 3 * np.median(curves[5].std(axis=0))
    assert says("The highest degrees fit best, and their errors leave the picture at the bottom.")
    for draw in draws:
        clean = polynomial_errors(*wave_problem(20, 0.0, draw), DEGREES)
        assert clean[:, 1].argmin() >= 14
        assert np.all(clean[9:, 1] < 1e-3)
    assert says("However you choose, the lowest validation error stays near the dotted line.")
    for n in (20, 60, 200):
        lowest = [polynomial_errors(*wave_problem(n, NOISE, d), DEGREES)[:, 1].min() for d in draws]
        assert 0.9 < np.median(lowest) / NOISE**2 < 1.5


def test_the_example_of_the_parabola():
    assert says("points of the parabola $x^2$ with a little noise give 2")
    X = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    noise = np.array([0.1, -0.2, 0.1, 0.1, -0.1])
    X_val = np.array([-0.7, 0.3])
    assert best_degree(X, X**2 + noise, X_val, X_val**2, [0, 1, 2, 3, 4]) == 2


# ------------------------------------------------------------------------- weight decay


def test_the_examples_of_the_penalty():
    assert says("$0.5 \\cdot (1 + 4 + 9 + 0) = 7$")
    layers = [([[1.0, -2.0]], [5.0, 5.0]), ([[3.0], [0.0]], [5.0])]
    assert l2_penalty(layers, 0.5) == 7
    assert says("the weights 1 and −2 with a strength of 0.1 have the slopes 0.2 and −0.4")
    np.testing.assert_allclose(l2_gradients(layers[:1], 0.1)[0][0], [[0.2, -0.4]])


def test_decay_on_the_moons_is_as_described():
    live = decay_explorer(l2_penalty, l2_gradients)
    old, new = (np.asarray(line.get_ydata()) for line in live.figure.axes[1].lines[:2])
    assert says("In between, the loss on new points is lowest.")
    assert 5 < new.argmin() < 14
    assert new[0] > 4 * new.min()
    assert new[-1] > 1.5 * new.min()
    assert says("in the end it is too weak to say anything")
    assert old[-1] > 0.4
    right = {}
    for power in (-5.0, -2.25):
        live.set(power=power)
        found = re.search(r"for (\d+) % of the 40 points, and for (\d+) % of new", live.caption)
        right[power] = [float(percentage) for percentage in found.groups()]
    (old_without, new_without), (old_with, new_with) = right.values()
    assert says("What moves most is the loss, not the accuracy.")
    assert abs(new_without - new_with) <= 6
    assert says("the network cuts a narrow lane for the sake of two or three points")
    assert 2 <= round(40 * (old_without - old_with) / 100) <= 3


# ------------------------------------------------------------------------------ dropout


def test_the_examples_of_dropout():
    assert says("at a rate of 0.5 the row 1, 2, 3 may become 2, 0, 6. Then the mask is 2, 0, 2.")
    np.testing.assert_array_equal(np.array([1, 2, 3]) * [2, 0, 2], [2, 0, 6])
    assert says("with the mask 2, 0, 2, the gradient 3, 3, −1 becomes 6, 0, −2")
    np.testing.assert_array_equal(dropout_backward([3, 3, -1], [2, 0, 2]), [6, 0, -2])
    assert says("$2^{16} = 65{,}536$")
    assert 2**16 == 65536
    assert says("those few that stay are scaled by 10")
    assert says("watch the mean of the mask in the sentence below: it swings around 1")
    draws = [
        dropout_forward(np.ones((10, 8)), 0.9, np.random.default_rng(d), True) for d in range(41)
    ]
    means = [mask.mean() for _, mask in draws]
    assert min(means) < 0.7
    assert max(means) > 1.3
    assert abs(np.mean(means) - 1) < 0.15
    _, mask = dropout_forward(np.ones((50, 50)), 0.9, np.random.default_rng(0), True)
    np.testing.assert_allclose(mask.max(), 10)
    assert "gradient check below 1e-6: True" in printed()


def without_docstring(function: ast.FunctionDef) -> str:
    """Arguments and body of a function, without docstring and annotations, in one spelling."""
    arguments = [argument.arg for argument in function.args.args]
    defaults = [ast.unparse(default) for default in function.args.defaults]
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return "\n".join([*arguments, *defaults, *map(ast.unparse, body)])


@pytest.mark.parametrize(
    "name", ["forward_with_dropout", "regularised_gradients", "train_regularised"]
)
def test_the_given_glue_is_that_of_utils(name):
    """Lesson 10 trains with the functions of `utils`; a learner of lesson 09 reads these."""
    shown = [
        node
        for cell in code_cells(read("notebooks", "09_overfitting"))
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.FunctionDef) and node.name == name
    ]
    kept = ast.parse(inspect.getsource(getattr(overfitting, name))).body[0]
    assert [without_docstring(one) for one in shown] == [without_docstring(kept)]


# ------------------------------------------------------------- noise, and a teacher in a hurry


def test_the_telephone_book_again():
    (X_train, y_train), (X_val, y_val), _ = split_digits()
    rng = np.random.default_rng(1)
    noise_set = (X_train[:400], rng.permutation(y_train[:400]))
    noise_val = (X_val, rng.permutation(y_val))
    learned = {}
    for name, rate, strength in (
        ("no remedy", 0.0, 0.0),
        ("weight decay", 0.0, 0.01),
        ("dropout", 0.5, 0.0),
        ("both", 0.5, 0.01),
    ):
        layers, losses = train_regularised(
            noise_set, noise_val, start(), 150, np.random.default_rng(0), rate, strength
        )
        learned[name], new = percent(noise_set, layers), percent(noise_val, layers)
        assert (round(learned[name], 1), round(new, 1)) in table(name, 2)
        assert says("On new images all four are coins")
        assert abs(new - 50) < 7  # two standard errors of 270 coins
        if name == "no remedy":
            assert "the training loss falls towards 0 and the validation loss rises" in SOURCE
            assert losses[-1, 0] < 0.1
            assert losses[-1, 1] > 2 * losses[0, 1]
        if name == "both":
            assert "the two stay close to each other" in SOURCE
            assert abs(losses[-1, 0] - losses[-1, 1]) < 0.1
    assert says("With no remedy it learns the whole book.")
    assert learned["no remedy"] == 100
    assert says("With weight decay it hardly gets beyond a coin, and with both remedies neither.")
    assert max(learned["weight decay"], learned["both"]) < 60
    assert says("Dropout alone only slows it down")
    assert 95 < learned["dropout"] < 100


@cache
def hurried():
    (X_train, y_train), (X_val, y_val), test = split_digits()
    rng = np.random.default_rng(2)

    def in_a_hurry(labels):
        return np.where(rng.random(len(labels)) < 0.2, 1 - labels, labels)

    training = (X_train[:400], in_a_hurry(y_train[:400]))
    validation = (X_val, in_a_hurry(y_val))
    return training, validation, (X_train[:400], y_train[:400]), test


def test_without_a_remedy_the_errors_of_the_teacher_are_learned():
    training, validation, truth, test = hurried()
    wrong = 100 * np.mean(training[1] != truth[1])
    assert f"wrong labels in the training set: {wrong:.1f} %" in printed()
    assert 17 < wrong < 23
    layers, losses = train_regularised(training, validation, start(), 80, np.random.default_rng(0))
    given, true, tested = (percent(some, layers) for some in (training, truth, test))
    assert f"given labels, training set: {given:.1f} % learned" in printed()
    assert f"true labels, training set:  {true:.1f} % right" in printed()
    assert f"true labels, test set:      {tested:.1f} % right" in printed()
    assert says("In the end it knows nearly all labels that it was given")
    assert given >= 99
    assert says("has nearly as many errors as its teacher")
    assert abs((100 - true) - wrong) < 3
    best = losses[:, 1].argmin()
    assert says("In the first epochs both fall")
    assert 4 < best < 40
    assert losses[best, 0] < losses[0, 0]
    assert "then rises far above where it began" in SOURCE
    assert losses[-1, 1] > 1.3 * losses[0, 1]
    assert losses[-1, 0] < 0.1


def test_every_remedy_helps_on_hurried_labels():
    training, validation, truth, test = hurried()
    trials = {
        "no remedy": (0.0, 0.0, None),
        "weight decay": (0.0, 0.003, None),
        "dropout": (0.5, 0.0, None),
        "early stopping": (0.0, 0.0, EarlyStopping(10, 0.0)),
        "all three": (0.5, 0.001, EarlyStopping(10, 0.0)),
    }
    right, losses = {}, {}
    for name, (rate, strength, stopping) in trials.items():
        layers, _ = train_regularised(
            training, validation, start(), 80, np.random.default_rng(0), rate, strength, stopping
        )
        right[name], losses[name] = percent(test, layers), network_loss(*validation, layers)
        assert (round(losses[name], 2), round(right[name], 1)) in table(name, 2)
    assert says("With any of the three remedies it does better.")
    assert min(right[name] for name in trials if name != "no remedy") > right["no remedy"] + 2
    assert max(losses[name] for name in trials if name != "no remedy") < losses["no remedy"]
    assert says("On the left, the last two are as good as level")
    assert abs(losses["early stopping"] - losses["all three"]) < 0.02
    assert says("Stopped in time, it makes fewer than half as many errors as its teacher did")
    teacher = 100 * np.mean(training[1] != truth[1])
    assert 100 - right["early stopping"] < teacher / 2
    assert 100 - right["all three"] < teacher / 2
    assert says("At the star it knew better, as you will see.")
    assert right["early stopping"] > right["no remedy"] + 5


def test_the_example_of_early_stopping():
    assert says(
        "with a patience of 2, the losses 0.9, 0.5, 0.6, 0.7 give False, False, False, True"
    )
    stopping = EarlyStopping(2, 0.0)
    answers = [stopping.update(epoch, loss) for epoch, loss in enumerate([0.9, 0.5, 0.6, 0.7])]
    assert answers == [False, False, False, True]
    assert says("The best epoch is 1, when epochs count from 0.")
    assert stopping.best_epoch == 1


def test_more_images_close_the_gap():
    (X_train, y_train), validation, _ = split_digits()
    gaps = []
    for n in (25, 50, 100, 200, 400, 800, 1258):
        some = (X_train[:n], y_train[:n])
        layers, _ = train_regularised(some, validation, start(), 60, np.random.default_rng(0))
        low, high = percent(some, layers), percent(validation, layers)
        line = f"{n:>5} images: training {low:5.1f} %, validation {high:5.1f} %"
        assert line in printed()
        assert "Training accuracy stays near 100 percent" in SOURCE
        assert low >= 99
        gaps.append(low - high)
    assert says("The gap closes. (A small step back on the way is chance")
    assert len(validation[1]) == 270
    assert gaps[-1] < 3
    assert gaps[0] > 12
    assert np.all(np.diff(gaps[2:]) < 0)


# -------------------------------------------------------------------------- on real data


def split_masses(seed):
    """Three sets of masses, scaled with the training set's numbers, and the rng after the split."""
    cancer = load_breast_cancer()
    rng = np.random.default_rng(seed)
    X, y, X_rest, y_rest = train_test_split(cancer.X, cancer.y.astype(float), 0.7, rng)
    rest = _pairs(train_test_split(X_rest, y_rest, 0.5, rng))
    mean, std = X.mean(axis=0), X.std(axis=0)
    return [((rows - mean) / std, labels) for rows, labels in ((X, y), *rest)], rng


def first_layers():
    rng = np.random.default_rng(0)
    return [init_dense(30, 64, rng), init_dense(64, 1, rng)]


def test_one_split_of_the_masses():
    sets, _ = split_masses(0)
    counts = [len(y) for _, y in sets]
    assert "training {}, validation {}, test {} masses".format(*counts) in printed()
    assert says("A single mass more or less is 1.2 % here.")
    assert round(100 / counts[2], 1) == 1.2
    assert f"always “benign”: {100 * np.mean(sets[2][1] == 0):.1f} % right" in printed()
    losses = {}
    for name, rate, strength, stopping in (
        ("no remedy", 0.0, 0.0, None),
        ("all three", 0.5, 0.001, EarlyStopping(20, 0.0)),
    ):
        layers, losses[name] = train_regularised(
            sets[0],
            sets[1],
            first_layers(),
            100,
            np.random.default_rng(0),
            rate,
            strength,
            stopping,
        )
        line = f"{name}: {percent(sets[2], layers):.1f} % right, "
        assert line + f"loss {network_loss(*sets[2], layers):.3f}" in printed()
        line = f"{name}: validation loss {network_loss(*sets[1], layers):.2f}"
        assert line in printed()
        if stopping is not None:
            assert "the training stops early" in SOURCE
            assert len(losses[name]) < 100
            assert says("The choice is made by the validation set: the careful network, with about")
            assert 0.4 < network_loss(*sets[1], layers) / losses["no remedy"][-1, 1] < 0.6
    assert "falls to 0 while the validation loss turns and rises" in SOURCE
    plain = losses["no remedy"]
    assert plain[-1, 0] < 0.01
    assert plain[-1, 1] > 1.5 * plain[:, 1].min()


def test_eight_splits_of_the_masses():
    results = {"no remedy": [], "all three": []}
    for seed in range(8):
        sets, rng = split_masses(100 + seed)
        for name, rate, strength, stopping in (
            ("no remedy", 0.0, 0.0, None),
            ("all three", 0.5, 0.001, EarlyStopping(20, 0.0)),
        ):
            layers, _ = train_regularised(
                sets[0], sets[1], first_layers(), 100, rng, rate, strength, stopping
            )
            results[name].append([percent(sets[2], layers), network_loss(*sets[2], layers)])
    means = {name: np.mean(values, axis=0) for name, values in results.items()}
    for name, (accuracy, loss) in means.items():
        assert (round(accuracy, 1), round(loss, 3)) in table(name, 2)
        assert says("on these data a network is right for about 97 % anyway")
        assert 96.5 < accuracy < 98
    assert says("The accuracy hardly moves")
    assert abs(means["no remedy"][0] - means["all three"][0]) < 0.5
    assert says("The loss tells the difference.")
    assert means["no remedy"][1] > 1.5 * means["all three"][1]


# ---------------------------------------------------------------------------- PyTorch, quiz


def test_torch_is_shown_to_agree():
    assert re.search(r"^train\(\): \[0\.0, 2\.0\] mean", printed(), re.M)
    assert re.search(r"^eval\(\):  \[1\.0\]$", printed(), re.M)
    for line in (
        "eval(): agrees with ours:      True",
        "eval(): twice the same:        True",
        "train(): twice the same:       False",
        "all together: the weights agree: True",
        "all together: the biases agree: False",
        "biases apart: the weights agree: True",
        "biases apart: the biases agree: True",
    ):
        assert line in printed(), line
    assert says("A module is made in training mode.")
    assert torch.nn.Dropout(0.5).training


def test_adamw_shrinks_the_weights_apart_from_the_gradient():
    assert says("`torch.optim.AdamW` shrinks the weights directly, apart from the gradient")
    w = torch.tensor([2.0, -1.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.AdamW([w], lr=0.1, weight_decay=0.5)
    w.grad = torch.zeros_like(w)
    optimizer.step()
    np.testing.assert_allclose(w.detach().numpy(), np.array([2.0, -1.0]) * (1 - 0.1 * 0.5))
    u = torch.tensor([2.0, -1.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([u], lr=0.1, weight_decay=0.5)
    u.grad = torch.zeros_like(u)
    optimizer.step()
    assert says("then divides it by the root of the squares along with everything else")
    np.testing.assert_allclose(u.detach().numpy(), [1.9, -0.9], rtol=1e-6)


def test_the_right_answers_of_the_quiz_are_right():
    assert "At a dropout rate of 0.2" in QUIZ
    assert 'right="0 for about a fifth of the entries, 1.25 for the others."' in QUIZ
    _, mask = dropout_forward(np.ones((100, 100)), 0.2, np.random.default_rng(0), True)
    np.testing.assert_allclose(np.unique(mask), [0, 1.25])
    assert "0.60, 0.50, 0.52, 0.49, 0.51, 0.53. With a patience of 2" in QUIZ
    stopping = EarlyStopping(2, 0.0)
    losses = [0.60, 0.50, 0.52, 0.49, 0.51, 0.53]
    assert [stopping.update(*pair) for pair in enumerate(losses)] == [False] * 5 + [True]
    assert 'right="After 0.53, with the weights of 0.49."' in QUIZ
    assert stopping.best_loss == 0.49
    assert "`strength` of 0.001" in QUIZ
    assert 'right="0.002"' in QUIZ
    assert "0.5, 0.001, EarlyStopping(10, 0.0)" in SOURCE, "it was used in the lesson"
