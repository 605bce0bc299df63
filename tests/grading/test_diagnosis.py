"""What a learner's answers in lesson 10 must do."""

import math

import numpy as np
import pytest

from utils.activations import sigmoid
from utils.batching import minibatches
from utils.checking.exercise import also_right, exercise, mistake
from utils.checking.expect import expect_close, expect_finite, expect_that
from utils.datasets import load_breast_cancer
from utils.diagnosis import confusion_matrix, fit_scaler, sensitivity_specificity
from utils.gradient_descent import train_logistic_regression
from utils.networks import deep_forward, init_dense
from utils.optimizers import adam_step, flatten_layers, unflatten_layers
from utils.overfitting import (
    EarlyStopping,
    network_loss,
    regularised_gradients,
    train_regularised,
    train_test_split,
)

# ---------------------------------------------------------------------------- scaling


@exercise(
    "fit_scaler",
    points=2,
    minutes=6,
    difficulty=1,
    built="A scaler that has never seen the patients it will be used on.",
)
class TestFitScaler:
    def test_two_columns_worked_out_by_hand(self, fit_scaler):
        X = np.array([[1.0, 10.0], [3.0, 30.0], [5.0, 80.0]])
        mean, std = [3.0, 40.0], [math.sqrt(8 / 3), math.sqrt(2600 / 3)]
        why = "a mean and a standard deviation for each column; the squares are divided by n."
        expect_close(fit_scaler(X), (mean, std), why=why, parts=("mean", "std"))

    @pytest.mark.parametrize(("n", "m", "seed"), [(7, 3, 0), (3, 7, 1), (50, 1, 2)])
    def test_scaled_training_rows_have_mean_0_and_deviation_1(self, fit_scaler, n, m, seed):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(n, m)) * rng.uniform(0.1, 90, size=m) + rng.normal(size=m) * 50
        got = fit_scaler(X)
        centre = X.sum(axis=0) / n
        spread = np.sqrt(((X - centre) ** 2).sum(axis=0) / n)
        why = "(X - mean) / std must have mean 0 and standard deviation 1 in every column."
        expect_close(got, (centre, spread), why=why, parts=("mean", "std"))

    @pytest.mark.parametrize("value", [0.0, 5.0, 0.1, -1e-3])
    def test_a_constant_column_has_deviation_1(self, fit_scaler, value):
        X = np.column_stack([np.full(7, value), np.arange(7.0)])
        why = "the first column never changes; divided by 1, it becomes 0 and does no harm."
        expect_close(fit_scaler(X), ([value, 3.0], [1.0, 2.0]), why=why, parts=("mean", "std"))

    def test_a_column_of_small_numbers_is_not_constant(self, fit_scaler):
        X = np.array([[1e-9, 1.0], [3e-9, 5.0]])
        why = "small is not constant: measured in another unit these would be 1 and 3."
        expected = ([2e-9, 3.0], [1e-9, 2.0])
        expect_close(fit_scaler(X), expected, why=why, atol=0, parts=("mean", "std"))

    @mistake(
        "Your means run along the rows. A scaler measures the columns: add up over the examples, "
        "`axis=0`."
    )
    def along_the_rows(X_train):
        std = X_train.std(axis=1)
        return X_train.mean(axis=1), np.where(std == 0, 1.0, std)

    @mistake("One mean for the whole table: every column needs a mean and a deviation of its own.")
    def one_for_all(X_train):
        return X_train.mean(), X_train.std()

    @mistake(
        "Your deviation of a constant column is 0, and whoever divides by it gets nan. It should "
        "be 1 there."
    )
    def leaves_the_zero(X_train):
        return X_train.mean(axis=0), X_train.std(axis=0)

    @mistake(
        "Rounding leaves a constant column a deviation such as 1e-17, so `std == 0` misses it. Ask "
        "whether the largest value equals the smallest."
    )
    def asks_for_exactly_zero(X_train):
        std = X_train.std(axis=0)
        return X_train.mean(axis=0), np.where(std == 0, 1.0, std)

    @mistake(
        "You return scaled rows. Return the two arrays that scale: the rows of other sets will "
        "need them too."
    )
    def returns_scaled_rows(X_train):
        std = X_train.std(axis=0)
        return (X_train - X_train.mean(axis=0)) / np.where(std == 0, 1.0, std)

    @mistake("You divide the squares by n - 1. In this course a deviation divides by n.")
    def divides_by_one_less(X_train):
        constant = X_train.max(axis=0) == X_train.min(axis=0)
        return X_train.mean(axis=0), np.where(constant, 1.0, X_train.std(axis=0, ddof=1))

    @mistake("You return the deviation first. The mean comes first.")
    def exchanges_the_two(X_train):
        constant = X_train.max(axis=0) == X_train.min(axis=0)
        return np.where(constant, 1.0, X_train.std(axis=0)), X_train.mean(axis=0)

    @mistake("You return variances. Take their roots: a deviation has the unit of the column.")
    def returns_variances(X_train):
        constant = X_train.max(axis=0) == X_train.min(axis=0)
        return X_train.mean(axis=0), np.where(constant, 1.0, X_train.var(axis=0))

    @mistake(
        "You add a small number to the deviation. That leaves a constant column nearly 0, and "
        "shifts all others: set it to 1 there, and nowhere else."
    )
    def adds_a_little(X_train):
        return X_train.mean(axis=0), X_train.std(axis=0) + 1e-8

    @mistake(
        "You take a column of small numbers for a constant one. How small a deviation is depends "
        "on the unit: ask whether the column's largest value equals its smallest."
    )
    def takes_small_for_constant(X_train):
        std = X_train.std(axis=0)
        return X_train.mean(axis=0), np.where(std < 1e-8, 1.0, std)

    @mistake(
        "Your second array is the range of each column, largest minus smallest. Return the "
        "standard deviation."
    )
    def returns_the_range(X_train):
        span = X_train.max(axis=0) - X_train.min(axis=0)
        return X_train.mean(axis=0), np.where(span == 0, 1.0, span)

    @also_right
    def column_by_column(X_train):
        mean, std = [], []
        for column in np.asarray(X_train).T:
            mean.append(sum(column) / len(column))
            squares = sum((value - mean[-1]) ** 2 for value in column)
            constant = max(column) == min(column)
            std.append(1 if constant else (squares / len(column)) ** 0.5)
        return mean, std

    @also_right
    def by_the_range(X_train):
        std = np.std(X_train, axis=0)
        std[np.ptp(X_train, axis=0) == 0] = 1
        return [np.mean(X_train, axis=0), std]


# ---------------------------------------------------------------------------- measures


@exercise(
    "confusion_matrix",
    points=2,
    minutes=6,
    difficulty=1,
    built="The table that every measure of a test is read from.",
)
class TestConfusionMatrix:
    def test_four_outcomes_counted_by_hand(self, confusion_matrix):
        y = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1.0])
        y_hat = np.array([0, 0, 0, 1, 1, 0, 1, 1, 1, 0.0])
        why = "4 true negatives, 2 false positives; 1 false negative, 3 true positives."
        expect_close(confusion_matrix(y, y_hat), [[4, 2], [1, 3]], why=why)

    @pytest.mark.parametrize(("truth", "answer"), [(0, 0), (0, 1), (1, 0), (1, 1)])
    def test_a_single_example_counts_in_its_own_place(self, confusion_matrix, truth, answer):
        expected = np.zeros((2, 2))
        expected[truth, answer] = 1
        why = (
            f"the truth is {truth}, so row {truth}; the prediction is {answer}, so column {answer}."
        )
        expect_close(confusion_matrix(np.array([truth]), np.array([answer])), expected, why=why)

    def test_an_answer_that_never_comes_has_a_column_of_zeros(self, confusion_matrix):
        y = np.array([0, 1, 0, 1, 0])
        got = confusion_matrix(y, np.zeros(5))
        expect_close(
            got, [[3, 0], [2, 0]], why="nobody is called sick: the second column is empty."
        )

    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_any_answers_are_counted(self, confusion_matrix, seed):
        rng = np.random.default_rng(seed)
        y, y_hat = rng.integers(0, 2, size=(2, 37 + seed)).astype(float)
        expected = np.zeros((2, 2), int)
        for truth, answer in zip(y, y_hat, strict=True):
            expected[int(truth), int(answer)] += 1
        why = "a row for each truth, a column for each prediction, and all n examples counted."
        expect_close(confusion_matrix(y, y_hat), expected, why=why)

    @mistake(
        "False positives and false negatives have changed places. The rows are the truth and the "
        "columns the prediction, so top right stand the benign ones that are called sick: false "
        "positives. scikit-learn has it so too; some books turn it round."
    )
    def turned_round(y, y_hat):
        return np.array([[np.sum((y == i) & (y_hat == j)) for i in (0, 1)] for j in (0, 1)])

    @mistake("You count the sick first. Class 0 comes first, in the rows and in the columns.")
    def sick_first(y, y_hat):
        return np.array([[np.sum((y == i) & (y_hat == j)) for j in (1, 0)] for i in (1, 0)])

    @mistake(
        "True positives and true negatives have changed places. Class 0 comes first: the true "
        "negatives stand top left, the true positives bottom right."
    )
    def exchanges_the_right_ones(y, y_hat):
        false_positives, false_negatives = np.sum(y < y_hat), np.sum(y > y_hat)
        true_positives = np.sum((y == 1) & (y_hat == 1))
        true_negatives = np.sum((y == 0) & (y_hat == 0))
        return np.array([[true_positives, false_positives], [false_negatives, true_negatives]])

    @mistake("You return shares. The table holds counts, which add up to n.")
    def shares(y, y_hat):
        return np.array([[np.mean((y == i) & (y_hat == j)) for j in (0, 1)] for i in (0, 1)])

    @mistake(
        "You divide every row by its sum. The table holds counts: how many examples met each fate."
    )
    def shares_of_each_truth(y, y_hat):
        counts = np.array([[np.sum((y == i) & (y_hat == j)) for j in (0, 1)] for i in (0, 1)])
        return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    @mistake(
        "You count truth and prediction separately, and forget who is whose. Each place counts the "
        "examples for which both hold: join the two with `&`."
    )
    def counts_apart(y, y_hat):
        return np.array(
            [[np.sum(y == 0), np.sum(y_hat == 1)], [np.sum(y == 1), np.sum(y_hat == 0)]]
        )

    @also_right
    def one_by_one(y, y_hat):
        matrix = [[0, 0], [0, 0]]
        for truth, answer in zip(y, y_hat, strict=True):
            matrix[int(truth)][int(answer)] += 1
        return matrix

    @also_right
    def by_a_product(y, y_hat):
        truths = np.stack([1 - y, y])
        answers = np.stack([1 - y_hat, y_hat])
        return truths @ answers.T

    @also_right
    def by_bincount(y, y_hat):
        return np.bincount((2 * y + y_hat).astype(int), minlength=4).reshape(2, 2)


@exercise(
    "sensitivity_specificity",
    points=2,
    minutes=5,
    difficulty=1,
    built="The two numbers that a doctor asks for first.",
)
class TestSensitivitySpecificity:
    def test_worked_out_by_hand(self, sensitivity_specificity):
        y = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
        y_hat = np.array([1, 1, 1, 0, 1, 0, 0, 0, 0, 1])
        why = "3 of 4 sick are found, and 4 of 6 others are left in peace."
        got = sensitivity_specificity(y, y_hat)
        expect_close(got, (3 / 4, 4 / 6), why=why, parts=("sensitivity", "specificity"))

    def test_calling_nobody_sick_finds_nobody(self, sensitivity_specificity):
        got = sensitivity_specificity(np.array([0, 1, 0, 0, 0]), np.zeros(5))
        why = "no sick one is found, and no other is alarmed. The accuracy would be 80 %."
        expect_close(got, (0.0, 1.0), why=why, parts=("sensitivity", "specificity"))

    def test_calling_everybody_sick_finds_everybody(self, sensitivity_specificity):
        got = sensitivity_specificity(np.array([0, 1, 0, 0, 1]), np.ones(5))
        why = "all sick ones are found, and all others are alarmed."
        expect_close(got, (1.0, 0.0), why=why, parts=("sensitivity", "specificity"))

    @pytest.mark.parametrize(("sick", "others"), [(3, 90), (90, 3), (20, 31)])
    def test_each_asks_for_one_group_only(self, sensitivity_specificity, sick, others):
        y = np.concatenate([np.ones(sick), np.zeros(others)])
        found, alarmed = sick // 3, others // 3
        y_hat = np.concatenate([np.arange(sick) < found, np.arange(others) < alarmed]).astype(float)
        got = sensitivity_specificity(y, y_hat)
        why = (
            "how many others there are changes nothing in the sensitivity, and the other way round."
        )
        expected = (found / sick, 1 - alarmed / others)
        expect_close(got, expected, why=why, parts=("sensitivity", "specificity"))

    @mistake("You return the specificity first. The sensitivity comes first.")
    def exchanges_the_two(y, y_hat):
        matrix = confusion_matrix(y, y_hat)
        return matrix[0, 0] / matrix[0].sum(), matrix[1, 1] / matrix[1].sum()

    @mistake(
        "You divide by those called sick. That is the precision: how many of the alarms are "
        "right. Sensitivity asks how many of the sick are found."
    )
    def returns_the_precision(y, y_hat):
        matrix = confusion_matrix(y, y_hat)
        called = np.maximum(matrix.sum(axis=0), 1)
        return matrix[1, 1] / called[1], matrix[0, 0] / called[0]

    @mistake(
        "You divide by all n. Each of the two asks for one group: divide by the number of the "
        "sick, and by the number of the others."
    )
    def divides_by_all(y, y_hat):
        matrix = confusion_matrix(y, y_hat)
        return matrix[1, 1] / matrix.sum(), matrix[0, 0] / matrix.sum()

    @mistake(
        "Your second number is the false positive rate, the share of the others that are called "
        "sick. The specificity is what is left: 1 minus it."
    )
    def returns_the_false_alarms(y, y_hat):
        matrix = confusion_matrix(y, y_hat)
        return matrix[1, 1] / matrix[1].sum(), matrix[0, 1] / matrix[0].sum()

    @mistake("Your first number is the share of the sick that are missed: take those found.")
    def returns_the_missed(y, y_hat):
        matrix = confusion_matrix(y, y_hat)
        return matrix[1, 0] / matrix[1].sum(), matrix[0, 0] / matrix[0].sum()

    @mistake("You return the accuracy twice. It mixes the two groups; keep them apart.")
    def returns_the_accuracy(y, y_hat):
        return np.mean(y == y_hat), np.mean(y == y_hat)

    @also_right
    def as_means_of_the_groups(y, y_hat):
        return np.mean(y_hat[y == 1]), 1 - np.mean(y_hat[y == 0])

    @also_right
    def by_counting(y, y_hat):
        found = sum(1 for truth, answer in zip(y, y_hat, strict=True) if truth == answer == 1)
        spared = sum(1 for truth, answer in zip(y, y_hat, strict=True) if truth == answer == 0)
        return [found / sum(y), spared / (len(y) - sum(y))]


def corners(got):
    """A curve without the points that lie in the middle of its straight stretches."""
    two = isinstance(got, (tuple, list, np.ndarray)) and len(got) == 2
    wanted = "two arrays of the same length: (false_positive_rates, true_positive_rates)"
    expect_that(two, why="A curve is two arrays.", got=got, expected=wanted)
    across, up = np.asarray(got[0], float), np.asarray(got[1], float)
    fits = across.ndim == 1 and across.shape == up.shape and across.size > 0
    expect_that(fits, why="A point has a place across and a place up.", got=got, expected=wanted)
    kept: list[np.ndarray] = []
    for point in np.column_stack([across, up]):
        if kept and np.allclose(point, kept[-1], rtol=0, atol=1e-9):
            continue
        while len(kept) > 1 and _straight(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return tuple(np.array(kept).T)


def _straight(a, b, c):
    """Whether b lies between a and c, on the way from one to the other."""
    before, after = b - a, c - b
    turn = before[0] * after[1] - before[1] * after[0]
    return abs(turn) < 1e-9 and before @ after > 0


@exercise(
    "roc_curve",
    points=4,
    minutes=12,
    difficulty=2,
    extension=True,
    built="All thresholds at once, in one curve: what a test can do, before anyone sets it.",
)
class TestRocCurve:
    PARTS = ("false_positive_rates", "true_positive_rates")

    def test_starts_where_nobody_and_ends_where_everybody_is_called_sick(self, roc_curve):
        y, scores = np.array([1, 0, 1, 0, 0]), np.array([0.9, 0.8, 0.3, 0.2, 0.1])
        across, up = corners(roc_curve(y, scores))
        got = (np.array([across[0], up[0]]), np.array([across[-1], up[-1]]))
        why = "from the strictest threshold, where no one is called sick, to the mildest."
        expected = (np.array([0, 0]), np.array([1, 1]))
        expect_close(got, expected, why=why, parts=("first point", "last point"))

    def test_a_curve_worked_out_by_hand(self, roc_curve):
        y, scores = np.array([0, 1, 1, 0, 1]), np.array([0.8, 0.9, 0.7, 0.2, 0.4])
        expected = ([0, 0, 0.5, 0.5, 1], [0, 1 / 3, 1 / 3, 1, 1])
        why = "a sick one moves the curve up by 1/3, another one moves it right by 1/2."
        expect_close(corners(roc_curve(y, scores)), expected, why=why, parts=self.PARTS)

    def test_a_perfect_test_goes_up_first_and_then_right(self, roc_curve):
        y, scores = np.array([0, 1, 0, 1, 0, 0]), np.array([1.0, 5, 2, 9, 3, 4])
        got = corners(roc_curve(y, scores))
        why = "all sick ones have higher scores than all others: it passes the corner (0, 1)."
        expect_close(got, ([0, 0, 1], [0, 1, 1]), why=why, parts=self.PARTS)

    def test_equal_scores_are_one_threshold(self, roc_curve):
        y, scores = np.array([1, 0, 0, 1, 0]), np.full(5, 0.5)
        why = "with equal scores all are called sick at once: one straight line to (1, 1)."
        expect_close(corners(roc_curve(y, scores)), ([0, 1], [0, 1]), why=why, parts=self.PARTS)

    @pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [2, 0, 5, 1, 4, 3]])
    def test_a_tie_is_a_slope_whatever_the_order_of_the_rows(self, roc_curve, order):
        y = np.array([1, 0, 1, 1, 0, 0])[order]
        scores = np.array([0.9, 0.6, 0.6, 0.6, 0.3, 0.1])[order]
        expected = ([0, 0, 1 / 3, 1], [0, 1 / 3, 1, 1])
        why = "the three with 0.6 step over the threshold together: up and right at once."
        expect_close(corners(roc_curve(y, scores)), expected, why=why, parts=self.PARTS)

    @pytest.mark.parametrize("change", ["logits", "thousands", "below zero"])
    def test_scores_may_be_any_numbers(self, roc_curve, change):
        y, p = np.array([1, 0, 1, 0, 1, 0, 0]), np.array([0.9, 0.85, 0.6, 0.4, 0.3, 0.2, 0.1])
        scores = {"logits": np.log(p / (1 - p)), "thousands": 1000 * p, "below zero": p - 7}[change]
        expected = ([0, 0, 0.25, 0.25, 0.5, 0.5, 1], [0, 1 / 3, 1 / 3, 2 / 3, 2 / 3, 1, 1])
        why = "only the order of the scores counts, so take the thresholds from the scores."
        expect_close(corners(roc_curve(y, scores)), expected, why=why, parts=self.PARTS)

    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_the_area_under_it_counts_pairs(self, roc_curve, seed):
        rng = np.random.default_rng(seed)
        y = np.concatenate([[0, 1], rng.integers(0, 2, size=60)])
        scores = np.round(rng.normal(size=62) + y, 1)  # rounded, so that there are ties
        across, up = corners(roc_curve(y, scores))
        area = np.sum(np.diff(across) * (up[1:] + up[:-1]) / 2)
        sick, others = scores[y == 1][:, np.newaxis], scores[y == 0]
        pairs = np.mean((sick > others) + 0.5 * (sick == others))
        why = (
            "of all pairs of a sick and another one: the share in which the sick one scores higher."
        )
        expect_close(area, pairs, why=why)

    @mistake(
        "Your curve runs from (1, 1) to (0, 0). Begin with the largest score, the strictest "
        "threshold."
    )
    def backwards(y, scores):
        thresholds = np.unique(scores)
        across = [np.mean(scores[y == 0] >= t) for t in thresholds]
        up = [np.mean(scores[y == 1] >= t) for t in thresholds]
        return np.array([*across, 0.0]), np.array([*up, 0.0])

    @mistake(
        "Your curve begins at (1, 1). Begin with the largest score, the strictest threshold, and "
        "put the point (0, 0) in front: there nobody is called sick."
    )
    def backwards_and_without_an_end(y, scores):
        thresholds = np.unique(scores)
        across = np.array([np.mean(scores[y == 0] >= t) for t in thresholds])
        return across, np.array([np.mean(scores[y == 1] >= t) for t in thresholds])

    @mistake(
        "The first point is missing: above the largest score nobody is called sick, which is "
        "(0, 0)."
    )
    def forgets_the_start(y, scores):
        thresholds = np.unique(scores)[::-1]
        across = np.array([np.mean(scores[y == 0] >= t) for t in thresholds])
        return across, np.array([np.mean(scores[y == 1] >= t) for t in thresholds])

    @mistake(
        "Your thresholds lie from 0 to 1. Scores may be any numbers: take the scores themselves as "
        "thresholds."
    )
    def from_0_to_1(y, scores):
        thresholds = np.linspace(1, 0, 1001)
        across = [np.mean(scores[y == 0] >= t) for t in thresholds]
        up = [np.mean(scores[y == 1] >= t) for t in thresholds]
        return np.array([0.0, *across]), np.array([0.0, *up])

    @mistake(
        "Your thresholds lie from 0 to 1. Scores may be any numbers, and closer together than "
        "your steps: take the scores themselves as thresholds."
    )
    def in_hundredths(y, scores):
        thresholds = np.linspace(1, 0, 101)
        across = np.array([0.0, *(np.mean(scores[y == 0] >= t) for t in thresholds)])
        return across, np.array([0.0, *(np.mean(scores[y == 1] >= t) for t in thresholds)])

    @mistake(
        "Your first array is the specificity. The false positive rate is 1 minus it: the share of "
        "the others who are called sick."
    )
    def returns_the_specificity(y, scores):
        thresholds = np.unique(scores)[::-1]
        across = np.array([0.0, *(np.mean(scores[y == 0] < t) for t in thresholds)])
        return across, np.array([0.0, *(np.mean(scores[y == 1] >= t) for t in thresholds)])

    @mistake(
        "After (0, 0) your curve leaps to (1, 1) and comes back: your thresholds rise. Begin with "
        "the largest score, the strictest threshold."
    )
    def rising_thresholds(y, scores):
        thresholds = np.unique(scores)
        across = np.array([0.0, *(np.mean(scores[y == 0] >= t) for t in thresholds)])
        return across, np.array([0.0, *(np.mean(scores[y == 1] >= t) for t in thresholds)])

    @mistake(
        "You take the scores as thresholds in the order in which they come, so your curve leaps to "
        "and fro. Sort them first, the largest in front."
    )
    def unsorted_thresholds(y, scores):
        across = np.array([0.0, *(np.mean(scores[y == 0] >= t) for t in scores)])
        return across, np.array([0.0, *(np.mean(scores[y == 1] >= t) for t in scores)])

    @mistake(
        "You let examples of equal score step over the threshold one by one. They step together: "
        "equal scores are one threshold, and one point."
    )
    def splits_ties(y, scores):
        order = np.argsort(-scores, kind="stable")
        up = np.cumsum(y[order] == 1) / np.sum(y == 1)
        across = np.cumsum(y[order] == 0) / np.sum(y == 0)
        return np.concatenate([[0], across]), np.concatenate([[0], up])

    @mistake("You return the true positive rates first. The false positive rates come first.")
    def exchanges_the_two(y, scores):
        thresholds = np.unique(scores)[::-1]
        across = [0.0, *(np.mean(scores[y == 0] >= t) for t in thresholds)]
        return np.array([0.0, *(np.mean(scores[y == 1] >= t) for t in thresholds)]), across

    @mistake(
        "You call sick who has score > threshold. With `>` the last point, where everybody is "
        "called sick, is never reached: it is `>=`."
    )
    def strictly_above(y, scores):
        thresholds = np.unique(scores)[::-1]
        across = [0.0, *(np.mean(scores[y == 0] > t) for t in thresholds)]
        return np.array(across), np.array([0.0, *(np.mean(scores[y == 1] > t) for t in thresholds)])

    @mistake(
        "You divide by all n. A rate is a share of its group: the true positives of the sick, the "
        "false positives of the others."
    )
    def divides_by_all(y, scores):
        thresholds = np.unique(scores)[::-1]
        across = [0.0, *(np.mean((scores >= t) & (y == 0)) for t in thresholds)]
        return np.array(across), np.array(
            [0, *(np.mean((scores >= t) & (y == 1)) for t in thresholds)]
        )

    @also_right
    def by_sorting_once(y, scores):
        order = np.argsort(-scores)
        ends = np.append(np.diff(scores[order]) != 0, True)  # the last of each run of ties
        up = np.cumsum(y[order])[ends] / np.sum(y)
        across = np.cumsum(1 - y[order])[ends] / np.sum(1 - y)
        return np.append(0, across), np.append(0, up)

    @also_right
    def with_every_score_as_a_threshold(y, scores):
        points = [(0.0, 0.0)]
        for threshold in sorted(scores, reverse=True):
            sensitivity, specificity = sensitivity_specificity(y, scores >= threshold)
            points.append((1 - specificity, sensitivity))
        return [x for x, _ in points], [x for _, x in points]

    @also_right
    def corners_only(y, scores):
        across, up = [0.0], [0.0]
        for threshold in np.unique(scores)[::-1]:
            x, z = np.mean(scores[y == 0] >= threshold), np.mean(scores[y == 1] >= threshold)
            if len(up) > 1 and (across[-2] == across[-1] == x or up[-2] == up[-1] == z):
                across[-1], up[-1] = x, z
            else:
                across.append(x)
                up.append(z)
        return np.array([across, up])


@exercise(
    "threshold_for_sensitivity",
    points=3,
    minutes=8,
    difficulty=2,
    built="A threshold that answers to a doctor's wish, and to no habit.",
)
class TestThresholdForSensitivity:
    Y = np.array([1, 0, 1, 0, 1, 0, 1, 0])
    SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2])

    @pytest.mark.parametrize(
        ("sensitivity", "expected"),
        [(0.1, 0.9), (0.25, 0.9), (0.3, 0.7), (0.5, 0.7), (0.6, 0.5), (0.75, 0.5), (1.0, 0.3)],
    )
    def test_finds_enough_and_alarms_as_few_as_it_can(
        self, threshold_for_sensitivity, sensitivity, expected
    ):
        got = threshold_for_sensitivity(self.Y, self.SCORES, sensitivity)
        why = f"at {expected} enough of the four sick are found, at the next higher score too few."
        expect_close(got, expected, why=why)

    def test_only_the_sick_are_counted(self, threshold_for_sensitivity):
        y = np.array([1, 1, 0, 0, 0, 0, 0, 0])
        scores = np.array([0.2, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3])
        got = threshold_for_sensitivity(y, scores, 0.75)
        expect_close(got, 0.2, why="0.9 finds one of the two sick, and only 0.2 finds both.")

    def test_ties_step_over_together(self, threshold_for_sensitivity):
        y, scores = np.array([1, 1, 1, 1, 0, 0]), np.array([0.9, 0.4, 0.4, 0.4, 0.4, 0.1])
        got = threshold_for_sensitivity(y, scores, 0.5)
        expect_close(got, 0.4, why="0.9 finds one of four; at 0.4 three more are found at once.")

    @pytest.mark.parametrize("shift", [-40.0, 3.0])
    def test_scores_may_be_any_numbers(self, threshold_for_sensitivity, shift):
        got = threshold_for_sensitivity(self.Y, 10 * self.SCORES + shift, 0.5)
        why = "logits will do as well as probabilities: the threshold is one of the scores."
        expect_close(got, 7.0 + shift, why=why)

    @pytest.mark.parametrize("seed", [0, 1, 2, 3])
    def test_no_higher_score_would_do(self, threshold_for_sensitivity, seed):
        rng = np.random.default_rng(seed)
        y = np.concatenate([[1], rng.integers(0, 2, size=40)])
        scores = np.round(rng.normal(size=41) + y, 1)
        wanted = rng.uniform(0.3, 0.99)
        got = threshold_for_sensitivity(y, scores, wanted)
        found = {score: np.mean(scores[y == 1] >= score) for score in scores}
        expected = max(score for score in scores if found[score] >= wanted)
        why = "it reaches the sensitivity, and no higher score does."
        expect_close(got, expected, why=why)

    def test_is_one_number(self, threshold_for_sensitivity):
        got = threshold_for_sensitivity(self.Y, self.SCORES, 0.5)
        expect_that(np.ndim(got) == 0, why="a threshold is a single number.", got=got)

    @mistake(
        "Yours reaches the sensitivity, but it is the lowest score: it calls everybody sick. "
        "Take the largest one that still reaches it."
    )
    def takes_the_lowest(y, scores, sensitivity):
        return min(t for t in scores if np.mean(scores[y == 1] >= t) >= sensitivity)

    @mistake(
        "You take a share of all rows. Sensitivity is a share of the sick alone: look at the "
        "scores where y is 1."
    )
    def counts_everybody(y, scores, sensitivity):
        return max(t for t in scores if np.mean(scores >= t) >= sensitivity)

    @mistake(
        "You call sick who has score > threshold. It is `>=`: the score itself counts as sick."
    )
    def strictly_above(y, scores, sensitivity):
        reach = [t for t in scores if np.mean(scores[y == 1] > t) >= sensitivity]
        return max(reach) if reach else scores.min()

    @mistake(
        "You ask that the share be larger than the sensitivity. “At least” lets it be equal: `>=`."
    )
    def asks_for_more(y, scores, sensitivity):
        for threshold in np.sort(scores)[::-1]:
            if np.mean(scores[y == 1] >= threshold) > sensitivity:
                return threshold
        return scores.min()

    @mistake(
        "You look at the accuracy, over all rows. Sensitivity is a share of the sick alone: of "
        "those whose label is 1, how many are at or above the threshold?"
    )
    def by_the_accuracy(y, scores, sensitivity):
        reach = [t for t in scores if np.mean((scores >= t) == y) >= sensitivity]
        return max(reach) if reach else None

    @mistake("You find all of the sick, whatever is asked for. A stricter threshold would do.")
    def finds_all(y, scores, sensitivity):
        return scores[y == 1].min()

    @mistake("Yours rounds the number of sick down, so it may find too few. “At least” rounds up.")
    def rounds_down(y, scores, sensitivity):
        sick = np.sort(scores[y == 1])[::-1]
        return sick[max(int(sensitivity * len(sick)) - 1, 0)]

    @mistake(
        "Yours goes one place too far down the sick: of k that must be found, the last has the "
        "index k - 1. And “at least” rounds k up."
    )
    def one_too_far(y, scores, sensitivity):
        sick = np.sort(scores[y == 1])[::-1]
        return sick[int(sensitivity * len(sick))]

    @mistake(
        "Yours rounds the number of sick to the nearest, so it may find too few. “At least” rounds "
        "up."
    )
    def rounds_to_the_nearest(y, scores, sensitivity):
        sick = np.sort(scores[y == 1])[::-1]
        return sick[round(sensitivity * len(sick)) - 1]

    @mistake(
        "`np.quantile` draws a line between two scores. The threshold is one of the scores: sort "
        "them, or try each."
    )
    def between_two_scores(y, scores, sensitivity):
        return np.quantile(scores[y == 1], 1 - sensitivity)

    @mistake("You return the sensitivity that is reached. Return the threshold that reaches it.")
    def returns_the_share(y, scores, sensitivity):
        shares = [np.mean(scores[y == 1] >= t) for t in scores]
        return min(share for share in shares if share >= sensitivity)

    @mistake("You ask for the specificity: yours counts the others, where y is 0.")
    def counts_the_others(y, scores, sensitivity):
        return max(t for t in scores if np.mean(scores[y == 0] >= t) >= sensitivity)

    @also_right
    def by_rank(y, scores, sensitivity):
        sick = np.sort(scores[y == 1])[::-1]
        shares = np.arange(1, len(sick) + 1) / len(sick)
        return sick[np.argmax(shares >= sensitivity)]

    @also_right
    def from_the_top_down(y, scores, sensitivity):
        for threshold in sorted(set(scores.tolist()), reverse=True):
            if sensitivity_specificity(y, (scores >= threshold).astype(int))[0] >= sensitivity:
                return threshold
        return None


# --------------------------------------------------------------------------- the model


def clouds(seed, n=120):
    """Rows of two kinds, in units far apart; the first two columns tell them, the last is constant.

    The best that anyone could do is right for 98 of 100.
    """
    rng = np.random.default_rng(seed)
    y = (np.arange(n) % 3 == 0).astype(float)
    X = rng.normal(size=(n, 4))
    X[:, :2] += 3 * (y - 0.5)[:, np.newaxis]
    return X * [0.001, 1, 1000, 0] + [0.5, -20, 8000, 7], y


def on_the_way(k=201):
    """Rows from deep within the one kind to deep within the other."""
    way = np.linspace(-4, 4, k)
    return np.column_stack([way, way, 0 * way, 0 * way]) * [0.001, 1, 1000, 0] + [0.5, -20, 8000, 7]


def in_other_digits(X, seed):
    """The rows as another laboratory might have measured them: a thousandth more or less."""
    return X * (1 + 0.001 * np.random.default_rng(seed).normal(size=X.shape))


TRAIN = "predict = train_classifier(X_train, y_train, X_val, y_val, rng)\n"


def far_and_sick(seed):
    """Rows of the sick kind only, 100 deviations farther out than any training row."""
    X, y = clouds(seed, 183)
    return X[y == 1] + 100 * np.array([0.001, 1, 0, 0]), y[y == 1]


def train_on_clouds(train_classifier, then, X_new, seed=0, turned=False, validation=None):
    """Train on clouds, and run the lines `then` beside the learner's code."""
    X_train, y_train = clouds(seed)
    X_val, y_val = clouds(seed + 1000, 61) if validation is None else validation
    if turned:
        y_train, y_val = 1 - y_train, 1 - y_val
    # asked before it is called, so that this is not taken for an error in the learner's own lines
    got = train_classifier.drive(
        TRAIN + "if not callable(predict):\n    return 'no function'\n" + then,
        **{"X_train": X_train, "y_train": y_train, "X_val": X_val, "y_val": y_val},
        rng=np.random.default_rng(seed),
        X_new=X_new,
    )
    why = "train_classifier returns a function, and this gives probabilities for rows."
    expect_that(not isinstance(got, str), why=why, got=got, expected="a function")
    return got


@exercise(
    "train_classifier",
    points=10,
    minutes=30,
    difficulty=3,
    built="The whole path from a measurement to a probability: every lesson before is in it.",
    time_limit=12.0,
)
class TestTrainClassifier:
    def test_gives_one_probability_a_row(self, train_classifier):
        got = train_on_clouds(train_classifier, "return np.shape(predict(X_new))", on_the_way(7))
        why = (
            "train_classifier returns a function; for 7 rows this returns 7 probabilities, of "
            "shape (7,)."
        )
        expect_that(tuple(np.atleast_1d(got)) == (7,), why=why, got=got, expected="shape (7,)")

    def test_probabilities_lie_between_0_and_1(self, train_classifier):
        then = """
p = np.asarray(predict(X_new), float)
return [bool(np.all(np.isfinite(p))), bool(np.all(p >= 0)), bool(np.all(p <= 1))]
"""
        finite, above, below = train_on_clouds(train_classifier, then, on_the_way())
        why = (
            "nan came back. Two things do that: a constant column divided by its deviation, 0, and "
            "a first step of Adam with t = 0."
        )
        expect_that(finite, why=why, got=float("nan"), expected="probabilities")
        why = "the network gives logits, any numbers; the sigmoid makes them probabilities."
        expect_that(above and below, why=why, got="numbers beyond 0 or 1", expected="from 0 to 1")

    def test_it_may_be_undecided(self, train_classifier):
        then = "p = np.asarray(predict(X_new))\nreturn bool(np.any((p > 0.001) & (p < 0.999)))"
        got = train_on_clouds(train_classifier, then, on_the_way())
        why = (
            "between the sick and the others lie rows that might be either. Return the "
            "probability, and leave the threshold to the doctor."
        )
        expect_that(got, why=why, got="0 or 1 for every row", expected="probabilities")

    def test_a_row_gets_the_same_answer_again_and_alone(self, train_classifier):
        then = """
together = np.asarray(predict(X_new))
alone = [np.ravel(predict(X_new[i : i + 1]))[0] for i in range(len(X_new))]
return [bool(np.allclose(together, predict(X_new))), bool(np.allclose(together, alone))]
"""
        again, alone = train_on_clouds(train_classifier, then, on_the_way(21))
        why = "the same rows got other answers the second time. In use, nothing is left to chance."
        expect_that(again, why=why, got="two different answers", expected="the same answer")
        why = (
            "a patient comes alone. Scale a new row by the mean and deviation of the training "
            "rows, never by those of the rows that happen to come with it."
        )
        expect_that(alone, why=why, got="another answer for a row alone", expected="the same")

    @pytest.mark.parametrize(("seed", "turned"), [(1, False), (2, True)])
    def test_it_learns_what_the_labels_say(self, train_classifier, seed, turned):
        X_new, y_new = clouds(seed + 2000, 201)
        got = train_on_clouds(train_classifier, "return predict(X_new)", X_new, seed, turned)
        expect_finite(got, why="probabilities are finite numbers.")
        right = float(np.mean((np.asarray(got) >= 0.5) == (y_new == (0 if turned else 1))))
        why = (
            "on two clouds, drawn for this test, 98 % can be reached. Are training, validation "
            "and new rows scaled alike? Does each label stay with its row?"
        )
        expect_that(
            right >= 0.9, why=why, got=f"{100 * right:.1f} % right", expected="90 % or more"
        )

    @pytest.mark.parametrize("seed", [0, 4])
    def test_validation_rows_have_no_say_in_the_scaling(self, train_classifier, seed):
        X_new, y_new = clouds(seed + 2000, 201)
        far = far_and_sick(seed + 1000)
        got = train_on_clouds(train_classifier, "return predict(X_new)", X_new, seed, False, far)
        expect_finite(got, why="probabilities are finite numbers.")
        right = float(np.mean((np.asarray(got) >= 0.5) == (y_new == 1)))
        why = (
            "here all validation rows are sick, and lie far out. That leaks nothing into training "
            "if mean and deviation are those of the training rows, for the validation rows too."
        )
        expect_that(
            right >= 0.9, why=why, got=f"{100 * right:.1f} % right", expected="90 % or more"
        )

    def test_is_right_for_95_of_100_new_masses(self, train_classifier):
        cancer = load_breast_cancer()
        X, y = in_other_digits(cancer.X, 10), cancer.y.astype(float)
        # A third of the rows are new ones in every split: were they training rows of another, then
        # what is judged could remember their labels.
        rng = np.random.default_rng(5_000)
        X_known, y_known, X_new, y_new = train_test_split(X, y, 2 / 3, rng)
        shares = []
        for split in range(5):
            rng = np.random.default_rng(5_001 + split)
            X_train, y_train, X_val, y_val = train_test_split(X_known, y_known, 0.8, rng)
            # what is judged gets the new rows and never their labels
            got = train_classifier.drive(
                TRAIN + "return predict(X_new)",
                **{"X_train": X_train, "y_train": y_train, "X_val": X_val, "y_val": y_val},
                rng=np.random.default_rng(split),
                X_new=X_new,
            )
            expect_finite(got, why="probabilities are finite numbers.")
            expect_that(
                np.shape(got) == y_new.shape,
                why="one probability for each new row.",
                got=f"shape {np.shape(got)}",
                expected=f"shape {y_new.shape}",
            )
            shares.append(float(np.mean((np.asarray(got) >= 0.5) == (y_new == 1))))
        mean = 100 * float(np.mean(shares))
        why = (
            "on breast masses that it has not seen. Always “benign” is right for 62.7 %, rows that "
            "are not scaled give about 90 %. Does it train long enough, and with every batch?"
        )
        got = f"{mean:.1f} % right on average over five splits"
        expect_that(mean >= 95, why=why, got=got, expected="95 % or more")

    @mistake(
        "You scale new rows by their own mean and deviation. Keep those of the training rows: the "
        "network was trained with these."
    )
    def scales_new_rows_by_themselves(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(X_train)
        layers = [init_dense(X_train.shape[1], 16, rng), init_dense(16, 1, rng)]
        w = flatten_layers(layers)
        m, v, t = np.zeros_like(w), np.zeros_like(w), 0
        for _ in range(20):
            for batch in minibatches(len(X_train), 32, rng):
                t += 1
                rows = (X_train[batch] - mean) / std
                layers = unflatten_layers(w, layers)
                _, gradients = regularised_gradients(rows, y_train[batch], layers, 0.2, 0.0, rng)
                w, m, v = adam_step(w, m, v, t, flatten_layers(gradients), 0.01, 0.9, 0.999, 1e-8)

        def predict(X):
            mean, std = fit_scaler(X)
            return sigmoid(deep_forward((X - mean) / std, unflatten_layers(w, layers))[:, 0])

        return predict

    @mistake(
        "Your dropout is still on when the network is used, so the same row gets another answer "
        "each time. Run the trained network without it, with `deep_forward`."
    )
    def leaves_dropout_on(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(X_train)
        start = [init_dense(X_train.shape[1], 16, rng), init_dense(16, 1, rng)]
        training_set = ((X_train - mean) / std, y_train)
        validation_set = ((X_val - mean) / std, y_val)
        layers, _ = train_regularised(
            training_set, validation_set, start, 20, rng, 0.2, learning_rate=0.01
        )

        def predict(X):
            (W1, b1), (W2, b2) = layers
            hidden = np.maximum((X - mean) / std @ W1 + b1, 0)
            mask = (rng.random(hidden.shape) >= 0.2) / 0.8
            return sigmoid((hidden * mask) @ W2 + b2)[:, 0]

        return predict

    @mistake(
        "Your function returns logits. Put the network's output through the sigmoid: that makes it "
        "a probability."
    )
    def returns_logits(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(X_train)
        start = [init_dense(X_train.shape[1], 16, rng), init_dense(16, 1, rng)]
        training_set = ((X_train - mean) / std, y_train)
        validation_set = ((X_val - mean) / std, y_val)
        layers, _ = train_regularised(
            training_set, validation_set, start, 20, rng, 0.2, learning_rate=0.01
        )
        return lambda X: deep_forward((X - mean) / std, layers)[:, 0]

    @mistake(
        "Your function returns 0 or 1. Return the probability: where the threshold lies is for the "
        "doctor to say."
    )
    def returns_labels(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(X_train)
        w, b, _ = train_logistic_regression((X_train - mean) / std, y_train, 0.5, 200)
        return lambda X: (sigmoid((X - mean) / std @ w + b) >= 0.5).astype(float)

    @mistake(
        "Your function returns a table of one column, (k, 1). Take that column, `[:, 0]`, so that "
        "there is one number a row, (k,)."
    )
    def returns_a_column(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(X_train)
        start = [init_dense(X_train.shape[1], 16, rng), init_dense(16, 1, rng)]
        training_set = ((X_train - mean) / std, y_train)
        validation_set = ((X_val - mean) / std, y_val)
        layers, _ = train_regularised(
            training_set, validation_set, start, 20, rng, 0.2, learning_rate=0.01
        )
        return lambda X: sigmoid(deep_forward((X - mean) / std, layers))

    @mistake(
        "You return no function. Define one inside yours, which scales rows, runs them through the "
        "network and gives probabilities. Then return its name, without brackets."
    )
    def returns_the_layers(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(X_train)
        start = [init_dense(X_train.shape[1], 16, rng), init_dense(16, 1, rng)]
        training_set = ((X_train - mean) / std, y_train)
        validation_set = ((X_val - mean) / std, y_val)
        layers, _ = train_regularised(
            training_set, validation_set, start, 20, rng, 0.2, learning_rate=0.01
        )
        return layers

    @mistake(
        "A constant column has a deviation of 0, and dividing by it gives nan. `fit_scaler` puts a "
        "1 there."
    )
    def divides_by_zero(X_train, y_train, X_val, y_val, rng):
        mean, std = X_train.mean(axis=0), X_train.std(axis=0)
        with np.errstate(all="ignore"):
            w, b, _ = train_logistic_regression((X_train - mean) / std, y_train, 0.5, 50)

        def predict(X):
            with np.errstate(all="ignore"):
                return sigmoid((X - mean) / std @ w + b)

        return predict

    @mistake(
        "New rows are not scaled, but the network was trained on scaled ones. Scale inside the "
        "function that you return, too."
    )
    def scales_only_for_training(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(X_train)
        start = [init_dense(X_train.shape[1], 16, rng), init_dense(16, 1, rng)]
        training_set = ((X_train - mean) / std, y_train)
        validation_set = ((X_val - mean) / std, y_val)
        layers, _ = train_regularised(
            training_set, validation_set, start, 20, rng, 0.2, learning_rate=0.01
        )
        return lambda X: sigmoid(deep_forward(X, layers)[:, 0])

    @mistake(
        "The rows are never scaled. Columns of large numbers then drown the others: fit the scaler "
        "on the training rows, and use it everywhere."
    )
    def never_scales(X_train, y_train, X_val, y_val, rng):
        start = [init_dense(X_train.shape[1], 16, rng), init_dense(16, 1, rng)]
        stopping = EarlyStopping(10, 0.0)
        sets = ((X_train, y_train), (X_val, y_val))
        layers, _ = train_regularised(*sets, start, 100, rng, rate=0.2, stopping=stopping)
        return lambda X: sigmoid(deep_forward(X, layers)[:, 0])

    @mistake(
        "Rows and labels of a batch do not belong together: take both by the same indices, "
        "`X[batch]` and `y[batch]`."
    )
    def mixes_up_the_labels(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(X_train)
        layers = [init_dense(X_train.shape[1], 16, rng), init_dense(16, 1, rng)]
        w = flatten_layers(layers)
        m, v, t = np.zeros_like(w), np.zeros_like(w), 0
        for _ in range(20):
            for batch in minibatches(len(X_train), 32, rng):
                t += 1
                rows, labels = (X_train[batch] - mean) / std, y_train[: len(batch)]
                layers = unflatten_layers(w, layers)
                _, gradients = regularised_gradients(rows, labels, layers, 0.2, 0.0, rng)
                w, m, v = adam_step(w, m, v, t, flatten_layers(gradients), 0.01, 0.9, 0.999, 1e-8)
        layers = unflatten_layers(w, layers)
        return lambda X: sigmoid(deep_forward((X - mean) / std, layers)[:, 0])

    @mistake(
        "Your step count t never rises before the step. Adam divides by 1 - 0.9**t, which is 0 "
        "for t = 0, and all weights become nan: count the first step as 1."
    )
    def never_counts_the_steps(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(X_train)
        train, val = (X_train - mean) / std, (X_val - mean) / std
        layers = [init_dense(train.shape[1], 16, rng), init_dense(16, 1, rng)]
        w = best = flatten_layers(layers)
        m, v, t = np.zeros_like(w), np.zeros_like(w), 0
        stopping = EarlyStopping(patience=10, min_delta=0.0)
        for epoch in range(100):
            for batch in minibatches(len(train), 32, rng):
                layers = unflatten_layers(w, layers)
                _, gradients = regularised_gradients(
                    train[batch], y_train[batch], layers, 0.2, 0.0, rng
                )
                with np.errstate(all="ignore"):
                    w, m, v = adam_step(
                        w, m, v, t, flatten_layers(gradients), 0.01, 0.9, 0.999, 1e-8
                    )
            stop = stopping.update(epoch, network_loss(val, y_val, unflatten_layers(w, layers)))
            if stopping.best_epoch == epoch:
                best = w
            if stop:
                break
        layers = unflatten_layers(best, layers)
        return lambda X: sigmoid(deep_forward((X - mean) / std, layers)[:, 0])

    @mistake(
        "Your step count t never rises before the step. Adam divides by 1 - 0.9**t, which is 0 "
        "for t = 0, and all weights become nan: count the first step as 1."
    )
    def never_counts_the_steps_and_keeps_the_last(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(X_train)
        train = (X_train - mean) / std
        layers = [init_dense(train.shape[1], 16, rng), init_dense(16, 1, rng)]
        w = flatten_layers(layers)
        m, v, t = np.zeros_like(w), np.zeros_like(w), 0
        for _ in range(20):
            for batch in minibatches(len(train), 32, rng):
                layers = unflatten_layers(w, layers)
                _, gradients = regularised_gradients(
                    train[batch], y_train[batch], layers, 0.2, 0.0, rng
                )
                with np.errstate(all="ignore"):
                    w, m, v = adam_step(
                        w, m, v, t, flatten_layers(gradients), 0.01, 0.9, 0.999, 1e-8
                    )
        layers = unflatten_layers(w, layers)
        return lambda X: sigmoid(deep_forward((X - mean) / std, layers)[:, 0])

    @mistake(
        "All your gradients are taken at the weights of the start. A step changes `w`, not the "
        "layers: cut the new `w` into layers before each gradient."
    )
    def takes_all_gradients_at_the_first_weights(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(X_train)
        train, val = (X_train - mean) / std, (X_val - mean) / std
        layers = [init_dense(train.shape[1], 16, rng), init_dense(16, 1, rng)]
        w = best = flatten_layers(layers)
        m, v, t = np.zeros_like(w), np.zeros_like(w), 0
        stopping = EarlyStopping(patience=10, min_delta=0.0)
        for epoch in range(100):
            for batch in minibatches(len(train), 32, rng):
                t += 1
                _, gradients = regularised_gradients(
                    train[batch], y_train[batch], layers, 0.2, 0.0, rng
                )
                w, m, v = adam_step(w, m, v, t, flatten_layers(gradients), 0.01, 0.9, 0.999, 1e-8)
            stop = stopping.update(epoch, network_loss(val, y_val, unflatten_layers(w, layers)))
            if stopping.best_epoch == epoch:
                best = w
            if stop:
                break
        layers = unflatten_layers(best, layers)
        return lambda X: sigmoid(deep_forward((X - mean) / std, layers)[:, 0])

    @mistake(
        "The validation rows are not scaled, but the network is trained on scaled ones. Its "
        "loss on them means nothing then, and it stops at the wrong moment."
    )
    def leaves_the_validation_rows_unscaled(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(X_train)
        train, val = (X_train - mean) / std, X_val
        layers = [init_dense(train.shape[1], 16, rng), init_dense(16, 1, rng)]
        w = best = flatten_layers(layers)
        m, v, t = np.zeros_like(w), np.zeros_like(w), 0
        stopping = EarlyStopping(patience=10, min_delta=0.0)
        for epoch in range(100):
            for batch in minibatches(len(train), 32, rng):
                t += 1
                layers = unflatten_layers(w, layers)
                _, gradients = regularised_gradients(
                    train[batch], y_train[batch], layers, 0.2, 0.0, rng
                )
                w, m, v = adam_step(w, m, v, t, flatten_layers(gradients), 0.01, 0.9, 0.999, 1e-8)
            stop = stopping.update(epoch, network_loss(val, y_val, unflatten_layers(w, layers)))
            if stopping.best_epoch == epoch:
                best = w
            if stop:
                break
        layers = unflatten_layers(best, layers)
        return lambda X: sigmoid(deep_forward((X - mean) / std, layers)[:, 0])

    @mistake(
        "The validation rows are scaled by their own mean and deviation. Scale them by those of"
        " the training rows, as any row that is new to the network."
    )
    def scales_validation_rows_by_themselves(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(X_train)
        own_mean, own_std = fit_scaler(X_val)
        train, val = (X_train - mean) / std, (X_val - own_mean) / own_std
        layers = [init_dense(train.shape[1], 16, rng), init_dense(16, 1, rng)]
        w = best = flatten_layers(layers)
        m, v, t = np.zeros_like(w), np.zeros_like(w), 0
        stopping = EarlyStopping(patience=10, min_delta=0.0)
        for epoch in range(100):
            for batch in minibatches(len(train), 32, rng):
                t += 1
                layers = unflatten_layers(w, layers)
                _, gradients = regularised_gradients(
                    train[batch], y_train[batch], layers, 0.2, 0.0, rng
                )
                w, m, v = adam_step(w, m, v, t, flatten_layers(gradients), 0.01, 0.9, 0.999, 1e-8)
            stop = stopping.update(epoch, network_loss(val, y_val, unflatten_layers(w, layers)))
            if stopping.best_epoch == epoch:
                best = w
            if stop:
                break
        layers = unflatten_layers(best, layers)
        return lambda X: sigmoid(deep_forward((X - mean) / std, layers)[:, 0])

    @mistake(
        "Your scaler is fitted on the validation rows, too, and so they leak into the training."
        " Fit it on the training rows alone."
    )
    def fits_the_scaler_on_validation_rows_too(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(np.concatenate([X_train, X_val]))
        train, val = (X_train - mean) / std, (X_val - mean) / std
        layers = [init_dense(train.shape[1], 16, rng), init_dense(16, 1, rng)]
        w = best = flatten_layers(layers)
        m, v, t = np.zeros_like(w), np.zeros_like(w), 0
        stopping = EarlyStopping(patience=10, min_delta=0.0)
        for epoch in range(100):
            for batch in minibatches(len(train), 32, rng):
                t += 1
                layers = unflatten_layers(w, layers)
                _, gradients = regularised_gradients(
                    train[batch], y_train[batch], layers, 0.2, 0.0, rng
                )
                w, m, v = adam_step(w, m, v, t, flatten_layers(gradients), 0.01, 0.9, 0.999, 1e-8)
            stop = stopping.update(epoch, network_loss(val, y_val, unflatten_layers(w, layers)))
            if stopping.best_epoch == epoch:
                best = w
            if stop:
                break
        layers = unflatten_layers(best, layers)
        return lambda X: sigmoid(deep_forward((X - mean) / std, layers)[:, 0])

    @mistake(
        "Your batches are taken from the rows as measured. Take them from the scaled ones: the "
        "network is used on scaled rows."
    )
    def trains_on_unscaled_batches(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(X_train)
        train, val = (X_train - mean) / std, (X_val - mean) / std
        layers = [init_dense(train.shape[1], 16, rng), init_dense(16, 1, rng)]
        w = best = flatten_layers(layers)
        m, v, t = np.zeros_like(w), np.zeros_like(w), 0
        stopping = EarlyStopping(patience=10, min_delta=0.0)
        for epoch in range(100):
            for batch in minibatches(len(train), 32, rng):
                t += 1
                layers = unflatten_layers(w, layers)
                _, gradients = regularised_gradients(
                    X_train[batch], y_train[batch], layers, 0.2, 0.0, rng
                )
                w, m, v = adam_step(w, m, v, t, flatten_layers(gradients), 0.01, 0.9, 0.999, 1e-8)
            stop = stopping.update(epoch, network_loss(val, y_val, unflatten_layers(w, layers)))
            if stopping.best_epoch == epoch:
                best = w
            if stop:
                break
        layers = unflatten_layers(best, layers)
        return lambda X: sigmoid(deep_forward((X - mean) / std, layers)[:, 0])

    @mistake(
        "Your function ends after the first epoch: its `return` stands inside the loop. Move it"
        " to the left, behind the loop over the epochs."
    )
    def returns_after_one_epoch(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(X_train)
        train, val = (X_train - mean) / std, (X_val - mean) / std
        layers = [init_dense(train.shape[1], 16, rng), init_dense(16, 1, rng)]
        w = best = flatten_layers(layers)
        m, v, t = np.zeros_like(w), np.zeros_like(w), 0
        stopping = EarlyStopping(patience=10, min_delta=0.0)
        for epoch in range(1):
            for batch in minibatches(len(train), 32, rng):
                t += 1
                layers = unflatten_layers(w, layers)
                _, gradients = regularised_gradients(
                    train[batch], y_train[batch], layers, 0.2, 0.0, rng
                )
                w, m, v = adam_step(w, m, v, t, flatten_layers(gradients), 0.01, 0.9, 0.999, 1e-8)
            stop = stopping.update(epoch, network_loss(val, y_val, unflatten_layers(w, layers)))
            if stopping.best_epoch == epoch:
                best = w
            if stop:
                break
        layers = unflatten_layers(best, layers)
        return lambda X: sigmoid(deep_forward((X - mean) / std, layers)[:, 0])

    @mistake(
        "Your function returns the logit of the first row only: `[0]` takes a row. Take the "
        "column, `[:, 0]`."
    )
    def takes_the_first_row(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(X_train)
        train, val = (X_train - mean) / std, (X_val - mean) / std
        layers = [init_dense(train.shape[1], 16, rng), init_dense(16, 1, rng)]
        w = best = flatten_layers(layers)
        m, v, t = np.zeros_like(w), np.zeros_like(w), 0
        stopping = EarlyStopping(patience=10, min_delta=0.0)
        for epoch in range(100):
            for batch in minibatches(len(train), 32, rng):
                t += 1
                layers = unflatten_layers(w, layers)
                _, gradients = regularised_gradients(
                    train[batch], y_train[batch], layers, 0.2, 0.0, rng
                )
                w, m, v = adam_step(w, m, v, t, flatten_layers(gradients), 0.01, 0.9, 0.999, 1e-8)
            stop = stopping.update(epoch, network_loss(val, y_val, unflatten_layers(w, layers)))
            if stopping.best_epoch == epoch:
                best = w
            if stop:
                break
        layers = unflatten_layers(best, layers)
        return lambda X: sigmoid(deep_forward((X - mean) / std, layers)[0])

    @mistake("Your probabilities are those of label 0. Label 1 is asked for: one minus yours.")
    def tells_the_other_label(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(X_train)
        w, b, _ = train_logistic_regression((X_train - mean) / std, y_train, 0.5, 200)
        return lambda X: 1 - sigmoid((X - mean) / std @ w + b)

    @also_right
    def with_the_loop_of_lesson_09(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(X_train)
        start = [init_dense(X_train.shape[1], 16, rng), init_dense(16, 1, rng)]
        training_set = ((X_train - mean) / std, y_train)
        validation_set = ((X_val - mean) / std, y_val)
        stopping = EarlyStopping(patience=10, min_delta=0.0)
        layers, _ = train_regularised(
            training_set, validation_set, start, 100, rng, rate=0.2, stopping=stopping
        )
        return lambda X: sigmoid(deep_forward((X - mean) / std, layers)[:, 0])

    @also_right
    def deeper_with_weight_decay(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(X_train)
        A, V = (X_train - mean) / std, (X_val - mean) / std
        sizes = [X_train.shape[1], 12, 8, 1]
        layers = [init_dense(a, b, rng) for a, b in zip(sizes[:-1], sizes[1:], strict=True)]
        m = v = np.zeros_like(flatten_layers(layers))
        best, lowest, steps = layers, np.inf, 0
        for _ in range(30):
            for batch in minibatches(len(A), 20, rng):
                steps += 1
                _, gradients = regularised_gradients(A[batch], y_train[batch], layers, 0, 1e-3, rng)
                now, g = flatten_layers(layers), flatten_layers(gradients)
                now, m, v = adam_step(now, m, v, steps, g, 0.005, 0.9, 0.999, 1e-8)
                layers = unflatten_layers(now, layers)
            loss = network_loss(V, y_val, layers)
            if loss < lowest:
                best, lowest = layers, loss

        class Doctor:
            def __call__(self, X):
                return [float(sigmoid(z)) for z in deep_forward((X - mean) / std, best)[:, 0]]

        return Doctor()

    @also_right
    def logistic_regression(X_train, y_train, X_val, y_val, rng):
        mean, std = fit_scaler(X_train)
        w, b, _ = train_logistic_regression((X_train - mean) / std, y_train, 0.5, 300)
        return lambda X: sigmoid((X - mean) / std @ w + b)
