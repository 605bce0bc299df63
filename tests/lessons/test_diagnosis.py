"""Every number and every claim in the prose of lesson 10."""

import re
from functools import cache
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.lessons.notebooks import code_cells, read, tags
from tests.lessons.texts import LessonText
from utils.activations import sigmoid, softmax
from utils.backpropagation import two_moons
from utils.checking.suite import COURSE
from utils.datasets import load_breast_cancer, load_digits
from utils.diagnosis import (
    area_under_curve,
    confusion_matrix,
    fit_scaler,
    roc_curve,
    sensitivity_specificity,
    threshold_for_sensitivity,
    train_classifier,
)
from utils.gradient_descent import train_logistic_regression
from utils.losses import binary_cross_entropy
from utils.networks import count_parameters, deep_forward, init_dense
from utils.overfitting import train_regularised, train_test_split
from utils.training import train_classes
from utils.widgets.diagnosis import (
    THRESHOLDS,
    draw_confusion,
    draw_roc,
    threshold_explorer,
    town_explorer,
)

LESSON = "10_diagnosis"
TEXT = LessonText(LESSON)
SOURCE, says, printed = TEXT.source, TEXT.says, TEXT.printed
NAMES = ("benign", "malignant")


def three_sets(X, y, seed):
    rng = np.random.default_rng(seed)
    X_train, y_train, X_rest, y_rest = train_test_split(X, y, 0.7, rng)
    return X_train, y_train, *train_test_split(X_rest, y_rest, 0.5, rng)


@cache
def masses():
    cancer = load_breast_cancer()
    return cancer, cancer.X, cancer.y.astype(float)


@cache
def split(seed=2):
    _, X, y = masses()
    return three_sets(X, y, seed)


def logistic(X_train, y_train):
    mean, std = fit_scaler(X_train)
    w, b, _ = train_logistic_regression((X_train - mean) / std, y_train, 0.5, 500)
    return lambda X: sigmoid((X - mean) / std @ w + b)


@cache
def scores():
    """What the two models of the first sitting say of the validation masses."""
    X_train, y_train, X_val, *_ = split()
    names = list(masses()[0].feature_names)
    two = [names.index(name) for name in ("mean texture", "mean smoothness")]
    return {
        "two measurements": logistic(X_train[:, two], y_train)(X_val[:, two]),
        "all thirty": logistic(X_train, y_train)(X_val),
    }


@cache
def network():
    return train_classifier(*split()[:4], np.random.default_rng(2))


# --------------------------------------------------------------------- data and scaling


def test_the_masses_and_their_baseline():
    _, X, y = masses()
    assert says("these 569 masses")
    assert says("30 numbers are measured")
    assert X.shape == (569, 30)
    assert says('says "benign" to everybody, without a look at the cells, is right for 62.7 %')
    assert round(100 * np.mean(y == 0), 1) == 62.7
    assert "always answering “benign” is right for 62.7 %" in printed()


def test_the_baseline_stands_beside_each_accuracy():
    told = 0
    for cell in code_cells(read("solutions", LESSON)):
        if re.search(
            r"mean\(.*0\.5\) == (y_val|y_test|truth|y_new)|== y_hat|wrong = \(p", cell.source
        ):
            if "draw_wrong(" in cell.source:
                continue  # which tells where the errors are, and not how many are right
            told += 1
            text = "".join(output.get("text", "") for output in cell.outputs)
            assert "always “benign”" in text, cell.source
    assert told >= 6


def test_three_sets_of_the_sizes_told():
    _, y_train, _, y_val, _, y_test = split()
    assert [len(part) for part in (y_train, y_val, y_test)] == [398, 86, 85]
    assert "398 masses for training, 86 for validation, 85 for the test" in SOURCE
    assert says("With 398 rows that is little.")
    _, X, _ = masses()
    mean, std = fit_scaler(split()[0])
    assert says("a few hundredths of a deviation")
    assert np.abs(X.mean(axis=0) - mean).max() < 0.06 * std.max()
    moved = (np.abs(X.mean(axis=0) - mean) / std).max()
    assert f"would have moved a column by up to {moved:.2f}" in printed()
    assert moved < 0.06


def test_areas_are_hundreds_and_smoothness_hundredths():
    cancer, X, _ = masses()
    names = list(cancer.feature_names)
    assert says("The area of a nucleus is measured in hundreds, its smoothness in hundredths.")
    assert 100 < np.median(X[:, names.index("mean area")]) < 1000
    assert 0.01 < np.median(X[:, names.index("mean smoothness")]) < 0.1


# ---------------------------------------------------------------------------- measures


def test_the_weak_model_misses_twelve_of_thirty():
    y_val = split()[3]
    matrix = confusion_matrix(y_val, scores()["two measurements"] >= 0.5)
    assert says("The weak model is right for three of four masses.")
    assert 0.74 < np.trace(matrix) / matrix.sum() < 0.77
    assert says("it misses 12 of the 30 malignant ones")
    assert matrix[1].tolist() == [12, 18]


def test_the_two_rates_are_printed_and_mixed_right():
    y_val = split()[3]
    for name, p in scores().items():
        sensitivity, specificity = sensitivity_specificity(y_val, p >= 0.5)
        accuracy = np.mean((p >= 0.5) == y_val)
        assert re.search(
            rf"^{name} +{accuracy:.1%} +{sensitivity:.1%} +{specificity:.1%}$", printed(), re.M
        )
    assert says("Of these 86 masses 35 % are malignant, so specificity counts nearly twice.")
    assert round(100 * np.mean(y_val)) == 35
    assert 1.8 < np.mean(y_val == 0) / np.mean(y_val == 1) < 2


def test_what_an_alarm_is_worth_in_two_towns():
    y_val = split()[3]
    rates = sensitivity_specificity(y_val, scores()["all thirty"] >= 0.5)
    live = town_explorer(*rates)
    assert says("Of all our 569 masses 37 % are malignant")
    assert round(100 * np.mean(masses()[2])) == 37
    assert says("With 370 sick people nearly all alarms are right.")
    assert int(re.search(r"(\d+) %", live.caption)[1]) > 95
    live.set(sick=10)
    assert says("With 10 sick people, about one in three is")
    assert 28 <= int(re.search(r"(\d+) %", live.caption)[1]) <= 38


def test_the_areas_are_those_of_pairs():
    y_val = split()[3]
    for name, p in scores().items():
        area = area_under_curve(*roc_curve(y_val, p))
        row = f"{name:<18} area under the curve {area:.3f}, pairs in order {area:.3f}"
        assert row in printed()
    assert says("Double all scores, and nothing changes.")


def test_the_wishes_and_what_they_cost():
    y_val, p = split()[3], scores()["two measurements"]
    assert (np.sum(y_val == 1), np.sum(y_val == 0)) == (30, 56)
    costs = {}
    for wish in (0.6, 0.8, 0.9, 1.0):
        threshold = threshold_for_sensitivity(y_val, p, wish)
        (_, alarms), (_, found) = confusion_matrix(y_val, p >= threshold)
        row = rf"^ *{wish:.0%} +{threshold:.3f} +{found} of 30 +{alarms} of 56$"
        assert re.search(row, printed(), re.M), wish
        assert found >= wish * 30
        costs[wish] = (int(found), int(alarms))
    assert says("Each of the last three costs two more false alarms.")
    assert np.subtract(costs[1.0], costs[0.9]).tolist() == [3, 6]
    assert says("nearly half of the others are alarmed")
    assert 0.4 < costs[1.0][1] / 56 < 0.5


def test_the_answers_of_the_play_are_right():
    y_val = split()[3]
    live = threshold_explorer(
        confusion_matrix, sensitivity_specificity, roc_curve, scores(), y_val, NAMES
    )

    def star():
        return float(live.figure.axes[3].lines[2].get_xdata()[0])

    def errors(name, threshold):
        matrix = confusion_matrix(y_val, scores()[name] >= threshold)
        return int(matrix[1, 0]), int(matrix[0, 1])

    live.set(model="two measurements", missed=1, alarm=1)
    assert says("1. The star is at 0.41.")
    assert star() == 0.41
    accuracies = [np.mean((scores()["two measurements"] >= t) == y_val) for t in THRESHOLDS]
    assert accuracies[41] == max(accuracies)

    live.set(missed=10)
    assert says("With 10 it goes to 0.18. There all 30 sick ones are found, and 25 of the 56")
    assert star() == 0.18
    assert errors("two measurements", 0.18) == (0, 25)
    assert says("a specificity of 55 %")
    assert round(100 * (1 - 25 / 56)) == 55
    assert says("all 30 with one alarm less, at 0.187")
    best = threshold_for_sensitivity(y_val, scores()["two measurements"], 1.0)
    assert round(best, 3) == 0.187
    assert errors("two measurements", best) == (0, 24)
    assert errors("two measurements", 0.19)[0] > 0
    live.set(missed=50)
    assert says("With 50 it stays")
    assert star() == 0.18

    live.set(missed=1, alarm=50)
    assert says("It is cheapest to alarm none of the others, and to find 7 of the 30.")
    assert errors("two measurements", star()) == (23, 0)

    def bearable(name):
        costs = np.array(
            [10 * missed + alarms for missed, alarms in (errors(name, t) for t in THRESHOLDS)]
        )
        return THRESHOLDS[costs <= 2 * costs.min()][[0, -1]].tolist()

    assert says("4. From 0.01 to 0.60.")
    assert bearable("all thirty") == [0.01, 0.60]
    assert says("The weak model bears 0.03 to 0.31 only.")
    assert bearable("two measurements") == [0.03, 0.31]

    assert says("With 1 and 10 that is $1/11$, about 0.09.")
    assert says("The two stars, at 0.18 and at 0.07")
    live.set(model="all thirty", missed=10, alarm=1)
    assert star() == 0.07


def test_the_rule_behind_the_star_finds_the_cheapest_threshold_of_honest_probabilities():
    rng = np.random.default_rng(0)
    p = rng.random(400_000)
    y = rng.random(400_000) < p
    for missed, alarm in ((10, 1), (1, 1), (1, 4)):
        costs = [missed * np.sum(y & (p < t)) + alarm * np.sum(~y & (p >= t)) for t in THRESHOLDS]
        assert abs(THRESHOLDS[np.argmin(costs)] - alarm / (alarm + missed)) < 0.03


# --------------------------------------------------------------------------- the model


def test_a_single_step_lowers_the_loss_of_its_batch():
    before = float(re.search(r"before the step: ([\d.]+)", printed())[1])
    after = float(re.search(r"after the step: ([\d.]+)", printed())[1])
    assert after < before
    assert "513 weights and biases in one array" in printed()
    assert says("It has 31 parameters, the network has 513.")
    assert count_parameters([30, 16, 1]) == 513
    assert count_parameters([30, 1]) == 31


def test_the_envelope_holds_what_is_said():
    *_, X_val, y_val, X_test, y_test = split()
    p_val, p_test = network()(X_val), network()(X_test)
    assert says("On the validation masses it came true: 29 of 30.")
    assert says("On the test masses it is 27 of 31, or 87 %: two fewer than at 0.5.")
    second = threshold_for_sensitivity(y_val, p_val, 0.95)
    assert confusion_matrix(y_val, p_val >= second)[1].tolist() == [1, 29]
    assert confusion_matrix(y_test, p_test >= second)[1].tolist() == [4, 27]
    assert round(100 * 27 / 31) == 87
    assert says("still does it, 0.63, which is even stricter than 0.5")
    assert round(second, 2) == 0.63
    assert confusion_matrix(y_test, p_test >= 0.5)[1].tolist() == [2, 29]
    third = threshold_for_sensitivity(y_val, p_val, 1.0)
    assert says("The third doctor misses nobody here, and pays with nine false alarms.")
    assert confusion_matrix(y_test, p_test >= third).tolist() == [[45, 9], [0, 31]]
    shares = [np.mean((p_test >= t) == y_test) for t in (0.5, second, third)]
    assert says("That doctor's accuracy is the lowest of the three.")
    assert min(shares) == shares[2]
    for name, limit, share in zip(
        ("as usual", "wish 95 %", "wish 100 %"), (0.5, second, third), shares, strict=True
    ):
        assert re.search(rf"^{name} +{limit:.2f} +{share:.1%} right", printed(), re.M)


@cache
def five_splits():
    """Truths of five test sets, and what three models say of them."""
    truths, said = [], {"logistic regression": [], "network": [], "on and on": []}
    _, X, y = masses()
    for seed in range(5):
        X_train, y_train, X_val, y_val, X_new, y_new = three_sets(X, y, seed)
        truths.append(y_new)
        rng = np.random.default_rng(seed)
        said["network"].append(train_classifier(X_train, y_train, X_val, y_val, rng)(X_new))
        said["logistic regression"].append(logistic(X_train, y_train)(X_new))
        mean, std = fit_scaler(X_train)
        rng = np.random.default_rng(seed)
        start = [init_dense(30, 16, rng), init_dense(16, 1, rng)]
        rows = ((X_train - mean) / std, y_train)
        layers, _ = train_regularised(rows, rows, start, 200, rng, learning_rate=0.01)
        said["on and on"].append(sigmoid(deep_forward((X_new - mean) / std, layers)[:, 0]))
    return truths, said


def test_logistic_regression_does_as_well_and_it_is_said():
    truths, said = five_splits()
    assert says("**The logistic regression does as well.**")
    means = {}
    for name in ("logistic regression", "network"):
        shares = [np.mean((p >= 0.5) == t) for p, t in zip(said[name], truths, strict=True)]
        means[name] = 100 * np.mean(shares)
        assert f"{name:<20} {means[name]:.1f} % right on average over five splits" in printed()
    assert abs(means["network"] - means["logistic regression"]) < 0.5
    assert says("Whoever reports the network's 97 %")
    assert all(round(mean) == 97 for mean in means.values())
    assert "for 97.4 %, logistic regression " in SOURCE.split("## Quiz")[1]
    assert all(f"{mean:.1f}" == "97.4" for mean in means.values())
    assert says("All five test sets together hold 425 answers.")
    assert sum(len(truth) for truth in truths) == 425


def test_on_moons_the_network_earns_its_keep():
    X, y = two_moons(600, 0.2, np.random.default_rng(0))
    X_train, y_train, X_val, y_val, X_test, y_test = three_sets(X, y, 0)
    bent = train_classifier(X_train, y_train, X_val, y_val, np.random.default_rng(0))
    right_bent = np.mean((bent(X_test) >= 0.5) == y_test)
    right_straight = np.mean((logistic(X_train, y_train)(X_test) >= 0.5) == y_test)
    assert right_bent > right_straight + 0.1
    for name, share in (("logistic regression", right_straight), ("network", right_bent)):
        assert f"{name:<20} {share:.1%} right on the test points" in printed()


def test_the_errors_are_mostly_unsure_ones():
    truths, said = five_splits()
    truth, p = np.concatenate(truths), np.concatenate(said["network"])
    wrong = (p >= 0.5) != truth
    unsure = (p > 0.1) & (p < 0.9)
    assert says("Most are also cases in which the network is **unsure**.")
    assert np.mean(unsure[wrong]) > 0.5
    assert f"{np.mean(unsure):.0%} of the answers, {np.mean(unsure[wrong]):.0%}" in printed()
    assert says("it could hand these few to somebody else")
    assert np.mean(unsure) < 0.12
    sure = np.flatnonzero(wrong & ~unsure)
    listed = re.findall(r"^sure and wrong: is (\w+), .* ([\d.]+)$", printed(), re.M)
    assert listed == [(NAMES[int(truth[i])], f"{p[i]:.2f}") for i in sure]
    assert says("Two squares lie deep among the benign masses")
    names = list(masses()[0].feature_names)
    columns = [names.index(name) for name in ("worst area", "worst concave points")]
    rows = np.concatenate([three_sets(*masses()[1:], seed)[4] for seed in range(5)])[:, columns]
    missed = rows[wrong & (truth == 1)]
    deep = missed[(missed[:, 0] < 750) & (missed[:, 1] < 0.1)]
    assert len(np.unique(deep, axis=0)) == 2
    assert says("On the lower one the network is unsure. Of the upper one it is sure")
    assert says("gives this malignant mass a probability of 0.00")
    missed_p = p[wrong & (truth == 1)]
    lower, upper = deep[:, 1].argmin(), deep[:, 1].argmax()
    deep_p = missed_p[(missed[:, 0] < 750) & (missed[:, 1] < 0.1)]
    assert 0.1 < deep_p[lower] < 0.5
    assert deep_p[upper] < 0.005


def test_trained_on_and_on_it_is_sure_where_it_is_wrong():
    truths, said = five_splits()
    truth = np.concatenate(truths)
    losses, right, sure = {}, {}, {}
    for name, parts in said.items():
        p = np.concatenate(parts)
        wrong = (p >= 0.5) != truth
        losses[name], right[name] = binary_cross_entropy(p, truth), 1 - np.mean(wrong)
        sure[name] = int(np.sum(wrong & (np.maximum(p, 1 - p) > 0.99)))
        row = rf"^{name} +{right[name]:.1%} +{losses[name]:.2f} +{sure[name]}$"
        assert re.search(row, printed(), re.M), name
    assert says("is right a little less often than the others")
    assert right["network"] > right["on and on"] > right["network"] - 0.03
    assert right["logistic regression"] > right["on and on"]
    middle = {name: np.concatenate(parts) for name, parts in said.items()}
    middle = {name: int(np.sum((p >= 0.2) & (p < 0.8))) for name, p in middle.items()}
    assert says("between 0.2 and 0.8 “on and on” has only 15 of its 425 answers")
    assert middle["on and on"] == 15 == min(middle.values())
    assert min(middle["network"], middle["logistic regression"]) > 20
    assert says("its cross-entropy is about three times as large")
    assert 2.5 < losses["on and on"] / losses["network"] < 3.5
    assert 2.5 < losses["on and on"] / losses["logistic regression"] < 3.5
    assert sure["on and on"] > 2 * max(sure["network"], sure["logistic regression"])


# ------------------------------------------------------------------------------ images


def test_digits_the_hidden_layer_takes_away_half_of_the_errors():
    digits = load_digits()
    assert says("1797 handwritten digits of 8 × 8 pixels")
    wrong = {"softmax regression": [], "network": []}
    for seed in range(5):
        sets = three_sets(digits.X / 16, digits.y, seed)
        for name, sizes in (("softmax regression", [64, 10]), ("network", [64, 64, 10])):
            rng = np.random.default_rng(seed)
            layers = [init_dense(m, k, rng) for m, k in pairwise(sizes)]
            layers, _ = train_classes(sets[0], sets[1], layers, 32, 40, rng, 0.002)
            guesses = deep_forward(sets[4], layers).argmax(axis=1)
            wrong[name].append(100 * np.mean(guesses != sets[5]))
    assert says("On every split the hidden layer is worth something.")
    assert np.all(np.array(wrong["network"]) < np.array(wrong["softmax regression"]))
    assert says("On average it takes away more than half of the errors.")
    assert np.mean(wrong["network"]) < np.mean(wrong["softmax regression"]) / 2
    for name, shares in wrong.items():
        row = f"{name:<20} {100 - np.mean(shares):.1f} % right, {np.mean(shares):.1f} % wrong"
        assert row in printed()


def test_some_misread_digits_are_misread_surely():
    digits = load_digits()
    X_train, y_train, _, _, X_test, y_test = three_sets(digits.X / 16, digits.y, 0)
    rng = np.random.default_rng(0)
    start = [init_dense(64, 64, rng), init_dense(64, 10, rng)]
    layers, _ = train_classes(X_train, y_train, start, 32, 40, rng, 0.002)
    p = softmax(deep_forward(X_test, layers))
    wrong = p.argmax(axis=1) != y_test
    assert f"{wrong.sum()} of {len(y_test)} wrong" in printed()
    assert says("it is more than 75 % sure of each")
    assert p[wrong].max(axis=1).min() > 0.75


def test_fast_training_is_the_loop_of_the_lesson():
    assert "the same weights after five epochs: True" in printed()


def cells_about_xrays():
    cells = [
        cell.source for cell in code_cells(read("solutions", LESSON)) if "xrays" in cell.source
    ]
    assert len(cells) == 2
    return cells


def test_without_the_file_the_notebook_says_where_to_get_it():
    assert (
        "download pneumoniamnist.npz (4 MB) from https://zenodo.org/records/10519652" in printed()
    )
    assert says("paediatric patients of one to five years")
    assert says("Guangzhou Women and Children's Medical Center")
    assert says("**not intended for clinical use**")
    assert says("The licence is CC BY 4.0.")


def test_with_the_file_it_trains_and_shows_its_curve(tmp_path, monkeypatch, capsys):
    """On made pictures: lungs with a bright patch are the sick ones."""
    arrays = {}
    for part, n in (("train", 160), ("val", 40), ("test", 60)):
        rng = np.random.default_rng(n)
        labels = (np.arange(n) % 3 > 0).astype(np.uint8)
        images = rng.integers(0, 120, size=(n, 28, 28))
        images[labels == 1, 10:18, 10:18] += 60
        images[: n // 10] = rng.integers(0, 180, size=(n // 10, 28, 28))  # some can't be told
        arrays |= {f"{part}_images": images.astype(np.uint8), f"{part}_labels": labels[:, None]}
    np.savez_compressed(tmp_path / "pneumoniamnist.npz", **arrays)
    monkeypatch.setattr("utils.xrays.DATA_FOLDER", tmp_path)
    shown: list[str] = []
    scope = {
        "np": np,
        "show": shown.append,
        "train_classifier": train_classifier,
        "roc_curve": roc_curve,
        "confusion_matrix": confusion_matrix,
        "threshold_for_sensitivity": threshold_for_sensitivity,
        "sensitivity_specificity": sensitivity_specificity,
        "draw_roc": draw_roc,
        "draw_confusion": draw_confusion,
    }
    for source in cells_about_xrays():
        exec(source, scope)
    told = capsys.readouterr().out
    assert "train      160 images" in told
    assert "licence CC BY 4.0" in told
    assert "always “pneumonia”: 66.7% right" in told
    assert float(re.search(r"network: ([\d.]+)% right", told)[1]) > 80
    assert len(shown) == 1
    assert len(plt.get_fignums()) >= 2, "a curve, a matrix, and what it gets wrong"
    plt.close("all")


# ---------------------------------------------------------------------- PyTorch, recap, quiz


def test_pytorch_and_numpy_agree_within_noise():
    assert "the same weights to 1e-9 after 50 steps: True" in printed()
    assert "the two means differ by less than 1 %: True" in printed()
    rows = re.findall(r"^(NumPy, yours|PyTorch) +([\d.]+) % right, .* ([\d.]+) %$", printed(), re.M)
    (_, ours, our_spread), (_, theirs, their_spread) = rows
    assert abs(float(ours) - float(theirs)) < min(float(our_spread), float(their_spread))
    assert float(theirs) > 95


def test_the_recap_lists_every_lesson_once():
    table = SOURCE.split("### What you have built")[1].split("## Quiz")[0]
    assert re.findall(r"^\| (\d\d) \|", table, re.M) == [f"{n:02}" for n in range(11)]


def test_the_right_answers_of_the_quiz_are_right():
    assert 10 / (10 + 40) == 0.2
    assert round(950 / 990, 2) == 0.96
    assert 1 / (1 + 19) == 0.05
    y = np.array([0, 0, 1, 1, 0, 1])
    for seed in range(20):
        scores_ = np.random.default_rng(seed).random(6)
        strict = sensitivity_specificity(y, scores_ >= 0.5)
        mild = sensitivity_specificity(y, scores_ >= 0.2)
        assert mild[0] >= strict[0]
        assert mild[1] <= strict[1]


def test_the_break_is_marked_between_measures_and_model():
    order = [
        "## First sitting",
        "## Play",
        "## ☕ Break",
        "## Second sitting",
        "train_classifier\n",
    ]
    places = [SOURCE.index(part) for part in order]
    assert places == sorted(places)
    measures = ("confusion_matrix", "sensitivity_specificity", "roc_curve")
    for name in ("fit_scaler", *measures, "threshold_for_sensitivity"):
        assert SOURCE.index(f"### Exercise: {name}") < SOURCE.index("## ☕ Break")


@pytest.mark.parametrize("folder", ["notebooks", "solutions"])
def test_no_setup_cell_reads_the_data_that_is_scored(folder):
    """In the grader's sandbox the breast-cancer data is not there."""
    for cell in code_cells(read(folder, LESSON)):
        if "setup" in tags(cell) or "exercise" in tags(cell):
            assert "load_" not in cell.source
