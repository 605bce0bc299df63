"""What a learner's answers in lesson 08 must do."""

import math
from itertools import permutations

import numpy as np
import pytest

from utils.activations import sigmoid
from utils.batching import minibatch_gradient, minibatches, predicted_variance
from utils.checking.exercise import also_right, exercise, mistake
from utils.checking.expect import expect_close, expect_finite, expect_that
from utils.gradient_descent import gradient_step, logistic_regression_gradient
from utils.losses import bce_with_logits


def problem(n, m, seed):
    """Examples of very different sizes, labels of both kinds, and a place that is no minimum."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, m)) * rng.uniform(0.2, 3, size=m) + rng.normal(size=m)
    y = rng.integers(0, 2, size=n).astype(float)
    return X, y, rng.normal(size=m), float(rng.normal())


def gradient_of(X, y, w, b):
    """The gradient of logistic regression, written out: (sigmoid(z) - y) times the input."""
    error = (1 + np.tanh((X @ w + b) / 2)) / 2 - y
    return (error[:, np.newaxis] * X).mean(axis=0), float(error.mean())


def loss_of(X, y, w, b):
    z = X @ w + b
    return float(np.mean(np.logaddexp(0, z) - z * y))


# --------------------------------------------------------------------------------- batches


def batches_of(got, n):
    """What came back as a list of lists of whole numbers; else a failure that says why not."""
    expect_that(
        isinstance(got, (list, tuple, np.ndarray)),
        why="a list of batches is asked for.",
        got=got,
        expected="a list of arrays of indices",
    )
    expect_that(
        len(got) > 0,
        why="no batch came back, so no example has its turn.",
        got=got,
        expected="a list with one array of indices or more",
    )
    batches = []
    for batch in got:
        indices = np.asarray(batch)
        expect_that(
            indices.ndim == 1,
            why="each batch is an array of indices, of shape (B,).",
            got=got,
            expected="a list of arrays of indices",
        )
        expect_that(
            indices.size > 0,
            why="an empty batch has no gradient: its mean would be 0 / 0.",
            got=got,
            expected="batches with one example or more",
        )
        expect_that(
            indices.dtype.kind in "iu",
            why="an index picks a row, so it must be a whole number.",
            got=got,
            expected=f"whole numbers from 0 to {n - 1}",
        )
        batches.append([int(index) for index in indices])
    return batches


@exercise(
    "minibatches",
    points=3,
    minutes=8,
    difficulty=2,
    built="A shuffled deck of examples, dealt out in hands: each example once in every epoch.",
)
class TestMinibatches:
    @pytest.mark.parametrize(
        ("n", "batch_size", "sizes"),
        [
            (7, 3, [3, 3, 1]),
            (12, 4, [4, 4, 4]),
            (11, 4, [4, 4, 3]),
            (5, 1, [1, 1, 1, 1, 1]),
            (4, 4, [4]),
            (3, 10, [3]),
            (1, 1, [1]),
        ],
        ids=["7 by 3", "12 by 4", "11 by 4", "5 by 1", "4 by 4", "3 by 10", "1 by 1"],
    )
    def test_all_batches_are_full_but_the_last(self, minibatches, n, batch_size, sizes):
        got = minibatches(n, batch_size, np.random.default_rng(n))
        batches = batches_of(got, n)
        expect_that(
            [len(batch) for batch in batches] == sizes,
            why=f"{n} examples in batches of {batch_size}: the last one has what is left.",
            got=got,
            expected=f"batches of {', '.join(map(str, sizes))}",
        )

    @pytest.mark.parametrize(
        ("n", "batch_size"),
        [(7, 3), (20, 6), (9, 9), (6, 8), (13, 1)],
        ids=["7 by 3", "20 by 6", "9 by 9", "6 by 8", "13 by 1"],
    )
    def test_every_example_is_in_exactly_one_batch(self, minibatches, n, batch_size):
        got = minibatches(n, batch_size, np.random.default_rng(batch_size))
        found = sorted(index for batch in batches_of(got, n) for index in batch)
        expect_that(
            found == list(range(n)),
            why="in an epoch each example has its turn once: none is left out, none comes twice.",
            got=got,
            expected=f"each of 0 to {n - 1} once",
        )

    def test_the_order_is_random(self, minibatches):
        orders = set()
        for seed in range(20):
            got = minibatches(10, 4, np.random.default_rng(seed))
            orders.add(tuple(index for batch in batches_of(got, 10) for index in batch))
        expect_that(
            len(orders) > 15,
            why="another generator deals in another order. Yours is the same, or nearly.",
            got=len(orders),
            expected="20 different orders from 20 generators",
        )

    def test_examples_are_shuffled_and_not_whole_batches(self, minibatches):
        together, first, rounds = 0, 0, 300
        for seed in range(rounds):
            batches = batches_of(minibatches(6, 2, np.random.default_rng(seed)), 6)
            together += any({0, 1} == set(batch) for batch in batches)
            first += 0 in batches[0]
        expect_that(
            0.1 * rounds < together < 0.3 * rounds,  # a fifth, with a standard error of 2.3 %
            why="neighbours in the data must be parted: shuffle the examples, then cut.",
            got=together,
            expected=f"of {rounds} epochs with 6 examples in batches of 2, about 60 in which "
            "examples 0 and 1 are in the same batch",
        )
        expect_that(
            0.22 * rounds < first < 0.45 * rounds,  # a third, with a standard error of 2.7 %
            why="each example has the same chance to be in the first batch.",
            got=first,
            expected=f"of {rounds} epochs with 6 examples in batches of 2, about 100 in which "
            "example 0 is in the first batch",
        )

    def test_all_chance_comes_from_rng(self, minibatches):
        once, again = (batches_of(minibatches(9, 4, np.random.default_rng(5)), 9) for _ in range(2))
        expect_that(
            once == again,
            why="the same generator must give the same batches: draw from rng only.",
            got=again,
            expected=f"{once}, as before",
        )

    def test_the_next_epoch_has_another_order(self, minibatches):
        def both(function_of_rng):
            return [batches_of(minibatches(30, 7, function_of_rng), 30) for _ in range(2)]

        first, second = both(np.random.default_rng(8))
        expect_that(
            first != second,
            why="called again with the same generator, it goes on drawing: a new order.",
            got=second,
            expected="an order that differs from the first epoch's",
        )

    @mistake(
        "You cut without shuffling. Data are often sorted, and then a batch of neighbours tells "
        "only about its own corner."
    )
    def does_not_shuffle(n, batch_size, rng):
        return [np.arange(n)[start : start + batch_size] for start in range(0, n, batch_size)]

    @mistake(
        "You drop what is left at the end. These examples belong to the epoch too: the last batch "
        "may be shorter."
    )
    def drops_the_rest(n, batch_size, rng):
        order = rng.permutation(n)
        return [order[k * batch_size : (k + 1) * batch_size] for k in range(n // batch_size)]

    @mistake(
        "You cut first and shuffle the batches afterwards. So neighbours stay together for ever. "
        "Shuffle the examples, then cut."
    )
    def shuffles_whole_batches(n, batch_size, rng):
        batches = [np.arange(n)[start : start + batch_size] for start in range(0, n, batch_size)]
        return [batches[place] for place in rng.permutation(len(batches))]

    @mistake(
        "You draw each batch afresh from all examples. So in one epoch some come twice, and others "
        "never. Draw one order for all, and cut it."
    )
    def draws_each_batch_afresh(n, batch_size, rng):
        batches = []
        for start in range(0, n, batch_size):
            size = min(batch_size, n - start)
            batches.append(rng.choice(n, size=size, replace=False))
        return batches

    @mistake(
        "You draw with replacement: in one epoch some examples come twice, and others never. A "
        "random order of all of them has each once."
    )
    def draws_with_replacement(n, batch_size, rng):
        order = rng.integers(0, n, size=n)
        return [order[start : start + batch_size] for start in range(0, n, batch_size)]

    @mistake(
        "You cut into parts of nearly equal size. Here each batch has batch_size examples, and "
        "only the last one may be shorter."
    )
    def cuts_into_equal_parts(n, batch_size, rng):
        return np.array_split(rng.permutation(n), max(1, n // batch_size))

    @mistake(
        "You return an empty batch at the end where n is a multiple of batch_size. Its gradient "
        "would be 0 / 0."
    )
    def adds_an_empty_batch(n, batch_size, rng):
        order = rng.permutation(n)
        return [order[start : start + batch_size] for start in range(0, n + 1, batch_size)]

    @mistake(
        "You make a generator of your own, so the order is the same in every epoch. Draw from the "
        "`rng` that you are given."
    )
    def brings_its_own_generator(n, batch_size, rng):
        order = np.random.default_rng(0).permutation(n)
        return [order[start : start + batch_size] for start in range(0, n, batch_size)]

    @mistake(
        "You cut into batch_size batches. batch_size is how many examples a batch has, not how "
        "many batches there are."
    )
    def takes_the_size_for_the_number(n, batch_size, rng):
        return np.array_split(rng.permutation(n), batch_size)

    @mistake(
        "You draw each batch afresh from all examples, and only full ones. So in one epoch some "
        "examples come twice, and others never. Draw one order for all, and cut it."
    )
    def draws_only_full_batches_afresh(n, batch_size, rng):
        return [rng.choice(n, size=batch_size, replace=False) for _ in range(n // batch_size)]

    @mistake(
        "Your batches begin at the places 0, 1, 2, … of the order, so they overlap. The next batch "
        "begins where the last one ended, `batch_size` places further on."
    )
    def moves_on_by_one(n, batch_size, rng):
        order = rng.permutation(n)
        return [order[start : start + batch_size] for start in range(n // batch_size)]

    @mistake(
        "A batch begins at each place of the order, so they overlap. The next batch begins where "
        "the last one ended, `batch_size` places further on."
    )
    def begins_at_every_place(n, batch_size, rng):
        order = rng.permutation(n)
        return [order[start : start + batch_size] for start in range(n)]

    @mistake(
        "Where n is not a multiple of `batch_size`, your function stops: a table has rows of one "
        "length only, and the last batch is shorter. Slices can have any length."
    )
    def makes_a_table(n, batch_size, rng):
        return rng.permutation(n).reshape(-1, batch_size)

    @mistake(
        "Your slices end at `batch_size` each time, so only the first one holds anything. A slice "
        "goes from its start to `batch_size` places further on."
    )
    def ends_every_slice_at_the_same_place(n, batch_size, rng):
        order = rng.permutation(n)
        return [order[start:batch_size] for start in range(0, n, batch_size)]

    @mistake(
        "Only the first batch comes back. An epoch has all of them: collect them in a list, and "
        "return it when the loop is done."
    )
    def returns_the_first_batch_only(n, batch_size, rng):
        return [rng.permutation(n)[:batch_size]]

    @mistake(
        "You shuffle the numbers below `batch_size` only, so all other examples are left out. The "
        "order is one of all n examples."
    )
    def shuffles_too_few(n, batch_size, rng):
        order = rng.permutation(batch_size)
        return [order[start : start + batch_size] for start in range(0, n, batch_size)]

    @also_right
    def by_shuffling_a_list(n, batch_size, rng):
        order = list(range(n))
        rng.shuffle(order)
        batches = []
        while order:
            batches.append(order[:batch_size])
            order = order[batch_size:]
        return batches

    @also_right
    def by_np_split(n, batch_size, rng):
        return np.split(rng.permutation(n), np.arange(batch_size, n, batch_size))

    @also_right
    def by_sorting_random_numbers(n, batch_size, rng):
        order = np.argsort(rng.random(n))
        return [order[start : min(n, start + batch_size)] for start in range(0, n, batch_size)]


# ----------------------------------------------------------------------- one batch's gradient


@exercise(
    "minibatch_gradient",
    points=2,
    minutes=5,
    difficulty=1,
    built="A guess at the slope from a few examples, at a fraction of the price.",
)
class TestMinibatchGradient:
    PARTS = ("dw", "db")

    def test_two_examples_of_three_by_hand(self, minibatch_gradient):
        X, y = np.array([[1.0], [3.0], [5.0]]), np.array([0.0, 1.0, 1.0])
        got = minibatch_gradient(X, y, np.array([0.0]), 0.0, np.array([0, 2]))
        why = "examples 0 and 2 have the slopes 1/2 · 1 and -1/2 · 5; their mean is -1."
        expect_close(got, (np.array([-1.0]), 0.0), why=why, parts=self.PARTS)

    @pytest.mark.parametrize(
        ("n", "m", "indices"),
        [(9, 4, [7, 2, 5]), (12, 2, [11, 0, 3, 6, 8]), (5, 7, [4, 1]), (8, 3, [5, 6, 7])],
        ids=["3 of 9", "5 of 12", "2 of 5", "3 of 8"],
    )
    def test_is_the_mean_over_the_batch(self, minibatch_gradient, n, m, indices):
        X, y, w, b = problem(n, m, seed=n)
        got = minibatch_gradient(X, y, w, b, np.array(indices))
        why = f"the mean goes over the {len(indices)} examples of the batch, and over no others."
        expect_close(got, gradient_of(X[indices], y[indices], w, b), why=why, parts=self.PARTS)

    def test_a_batch_of_one_gives_that_examples_gradient(self, minibatch_gradient):
        X, y, w, b = problem(6, 3, seed=1)
        got = minibatch_gradient(X, y, w, b, np.array([4]))
        why = "with one example there is nothing to average."
        expect_close(got, gradient_of(X[4:5], y[4:5], w, b), why=why, parts=self.PARTS)

    def test_all_examples_give_the_whole_gradient(self, minibatch_gradient):
        X, y, w, b = problem(7, 3, seed=2)
        got = minibatch_gradient(X, y, w, b, np.array([3, 0, 6, 1, 5, 2, 4]))
        why = "a batch of all examples, in any order, has the gradient of lesson 05."
        expect_close(got, gradient_of(X, y, w, b), why=why, parts=self.PARTS)

    def test_an_index_that_comes_twice_counts_twice(self, minibatch_gradient):
        X, y, w, b = problem(5, 2, seed=3)
        indices = [1, 1, 4]
        got = minibatch_gradient(X, y, w, b, np.array(indices))
        why = "example 1 stands twice in the batch, so it has two shares in the mean."
        expect_close(got, gradient_of(X[indices], y[indices], w, b), why=why, parts=self.PARTS)

    @mistake(
        "You divide by the number of all examples. The batch's mean divides by the number of "
        "examples in the batch, or small batches would take tiny steps."
    )
    def divides_by_all(X, y, w, b, indices):
        dw, db = logistic_regression_gradient(X[indices], y[indices], w, b)
        return dw * len(indices) / len(X), db * len(indices) / len(X)

    @mistake(
        "You sum over the batch. Take the mean, or a larger batch would take longer steps just "
        "for being larger."
    )
    def sums_over_the_batch(X, y, w, b, indices):
        dw, db = logistic_regression_gradient(X[indices], y[indices], w, b)
        return dw * len(indices), db * len(indices)

    @mistake(
        "You take the first rows of X, as many as there are indices. The indices say which "
        "rows: pick those."
    )
    def takes_the_first_rows(X, y, w, b, indices):
        return logistic_regression_gradient(X[: len(indices)], y[: len(indices)], w, b)

    @mistake(
        "You use all examples, so `indices` changes nothing. Pick the rows of X, and the labels "
        "that belong to them."
    )
    def uses_all(X, y, w, b, indices):
        return logistic_regression_gradient(X, y, w, b)

    @mistake(
        "You pick the rows of X, but take the first labels. An example and its label have the "
        "same index: pick from y as well."
    )
    def takes_other_labels(X, y, w, b, indices):
        return logistic_regression_gradient(X[indices], y[: len(indices)], w, b)

    @mistake(
        "You pick the rows of X, but hand over all labels. An example and its label have the same "
        "index: pick from y as well."
    )
    def takes_all_labels(X, y, w, b, indices):
        return logistic_regression_gradient(X[indices], y, w, b)

    @mistake(
        "You pick the labels, but hand over all rows of X. An example and its label have the same "
        "index: pick from X as well."
    )
    def takes_all_rows(X, y, w, b, indices):
        return logistic_regression_gradient(X, y[indices], w, b)

    @mistake(
        "You pick columns of X. An example is a row: the indices stand first in the square "
        "brackets, with nothing before them."
    )
    def picks_columns(X, y, w, b, indices):
        return logistic_regression_gradient(X[:, indices], y[indices], w, b)

    @mistake("You leave the bias out of z. The neuron computes z = X w + b before the sigmoid.")
    def leaves_the_bias_out(X, y, w, b, indices):
        return logistic_regression_gradient(X[indices], y[indices], w, 0.0)

    @mistake(
        "The sigmoid is missing: that is prediction minus truth of a straight line. Here the "
        "prediction is a probability."
    )
    def is_linear_regression(X, y, w, b, indices):
        error = X[indices] @ w + b - y[indices]
        return X[indices].T @ error / len(indices), float(np.mean(error))

    @also_right
    def with_a_loop(X, y, w, b, indices):
        dw, db = np.zeros(len(w)), 0.0
        for index in indices:
            one_dw, one_db = logistic_regression_gradient(X[[index]], y[[index]], w, b)
            dw = dw + one_dw / len(indices)
            db = db + one_db / len(indices)
        return dw, db

    @also_right
    def written_out(X, y, w, b, indices):
        X, y = np.take(X, indices, axis=0), np.take(y, indices)
        error = sigmoid(X @ w + b) - y
        return np.einsum("i,ij->j", error, X) / len(error), np.mean(error)


# ----------------------------------------------------------------------------------- training


def walk(X, y, learning_rate, *batches):
    """Weights, bias, and the loss on all data, after one step for each of these batches."""
    w, b = np.zeros(X.shape[1]), 0.0
    for batch in batches:
        rows = list(batch)
        dw, db = gradient_of(X[rows], y[rows], w, b)
        w, b = w - learning_rate * dw, b - learning_rate * db
    return w, b, loss_of(X, y, w, b)


@exercise(
    "train_minibatch",
    points=4,
    minutes=12,
    difficulty=2,
    built="Training as everyone does it: a few examples a step, all examples an epoch.",
)
class TestTrainMinibatch:
    PARTS = ("w", "b", "losses")

    def test_one_batch_of_all_is_a_step_of_gradient_descent(self, train_minibatch):
        X, y = np.array([[1.0], [3.0]]), np.array([0.0, 1.0])
        got = train_minibatch(X, y, 2, 0.5, 1, np.random.default_rng(0))
        after = (math.log1p(math.exp(0.25)) + math.log1p(math.exp(-0.75))) / 2
        why = (
            "at zeros dw is -1/2 and db is 0, so w becomes 0 + 0.5 · 1/2, and b stays. The loss is "
            "measured after that."
        )
        expect_close(got, (np.array([0.25]), 0.0, [after]), why=why, parts=self.PARTS)

    def test_with_the_batch_size_n_every_epoch_is_one_step(self, train_minibatch):
        X, y, _, _ = problem(9, 4, seed=1)
        everything = range(9)
        got = train_minibatch(X, y, 9, 0.3, 6, np.random.default_rng(1))
        losses = [walk(X, y, 0.3, *[everything] * k)[2] for k in range(1, 7)]
        w, b, _ = walk(X, y, 0.3, *[everything] * 6)
        why = "a batch of all examples is gradient descent, in any order: one step an epoch."
        expect_close(got, (w, b, losses), why=why, parts=self.PARTS)

    def test_a_short_last_batch_takes_its_step_too(self, train_minibatch):
        # all examples are alike, so the order does not matter, only the number of steps
        X, y = np.tile([[1.0, -2.0]], (7, 1)), np.ones(7)
        got = train_minibatch(X, y, 3, 0.2, 2, np.random.default_rng(2))
        step = range(3)
        losses = [walk(X, y, 0.2, *[step] * k)[2] for k in (3, 6)]
        w, b, _ = walk(X, y, 0.2, *[step] * 6)
        why = "7 examples in batches of 3 are three steps an epoch: 3, 3 and 1."
        expect_close(got, (w, b, losses), why=why, parts=self.PARTS)

    def test_an_epoch_visits_each_example_once(self, train_minibatch):
        X, y, _, _ = problem(3, 2, seed=3)
        ends = [
            walk(X, y, 0.8, order[:2], order[2:]) for order in ((0, 1, 2), (0, 2, 1), (1, 2, 0))
        ]
        for seed in range(12):
            w, _, _ = got = train_minibatch(X, y, 2, 0.8, 1, np.random.default_rng(seed))
            expect_that(
                any(np.allclose(w, end[0], rtol=1e-6, atol=1e-9) for end in ends),
                why="two examples in the first step, the third in the second: there are three ways "
                "to do so, and your weights come from none of them.",
                got=got,
                expected="weights after one step with two examples, and one with the third",
            )

    def test_the_loss_is_that_of_all_examples_after_the_epoch(self, train_minibatch):
        X, y, _, _ = problem(10, 3, seed=4)
        w, b, losses = train_minibatch(X, y, 4, 0.1, 5, np.random.default_rng(4))
        last = loss_of(X, y, np.asarray(w), float(b))
        why = "one loss an epoch."
        expect_that(np.shape(losses) == (5,), why=why, got=losses, expected="5 losses")
        why = "the last entry is the loss of the weights that you return, on all examples."
        expect_close(np.asarray(losses)[-1], last, why=why)

    def test_each_epoch_has_a_new_order(self, train_minibatch):
        X, y = np.array([[2.0], [-1.0]]), np.array([1.0, 1.0])
        ways = {
            (first, second): walk(X, y, 1.0, *([i] for i in first), *([i] for i in second))[0]
            for first in permutations((0, 1))
            for second in permutations((0, 1))
        }
        seen = set()
        for seed in range(60):
            w, _, _ = train_minibatch(X, y, 1, 1.0, 2, np.random.default_rng(seed))
            seen |= {way for way, end in ways.items() if np.allclose(w, end, rtol=1e-7)}
        expect_that(
            len(seen) == 4,  # the chance to miss one of four is below 1e-6
            why="two examples, two epochs: the second order must not depend on the first, and each "
            "generator must bring its own orders. Shuffle anew in each epoch, with the rng that "
            "is given.",
            got=len(seen),
            expected="all 4 pairs of orders among the weights of 60 trainings",
        )

    def test_no_epochs_leave_zeros(self, train_minibatch):
        X, y, _, _ = problem(5, 3, seed=5)
        got = train_minibatch(X, y, 2, 0.1, 0, np.random.default_rng(5))
        why = "with 0 epochs nothing is learned, and there is no loss to report."
        expect_close(got, (np.zeros(3), 0.0, np.zeros(0)), why=why, parts=self.PARTS)

    def test_tells_two_groups_apart(self, train_minibatch):
        rng = np.random.default_rng(6)
        y = np.repeat([0.0, 1.0], 20)
        X = rng.normal(size=(40, 2)) + 6 * y[:, np.newaxis]
        w, b, _ = train_minibatch(X, y, 8, 0.3, 40, rng)
        right = (X @ np.asarray(w) + b >= 0) == y
        why = "the two groups lie far apart: a trained neuron tells them apart."
        expect_that(right.all(), why=why, got=f"{right.sum()} of 40 right", expected="all 40 right")

    def test_losses_are_finite_on_unscaled_data(self, train_minibatch):
        rng = np.random.default_rng(7)
        X = np.column_stack([rng.uniform(200, 2500, size=20), rng.uniform(0, 0.3, size=20)])
        y = (X[:, 0] > 1000).astype(float)
        w, _, losses = train_minibatch(X, y, 6, 1.0, 8, rng)
        why = (
            "with inputs in the thousands the probabilities become exactly 0 and 1, and log(0) is "
            "minus infinity: take the loss from the logits."
        )
        expect_finite(losses, why)
        expect_finite(w, "weights that are not finite are lost for good.")

    @mistake(
        "You shuffle once, before the first epoch. Then the same examples meet in the same batch "
        "for ever: cut a new order in each epoch."
    )
    def shuffles_once(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        batches = minibatches(len(X), batch_size, rng)
        for epoch in range(epochs):
            for indices in batches:
                dw, db = minibatch_gradient(X, y, w, b, indices)
                w, b = w - learning_rate * dw, b - learning_rate * db
            losses[epoch] = bce_with_logits(X @ w + b, y)
        return w, b, losses

    @mistake(
        "You take the loss of the last batch only. It says little about the others: measure on "
        "all examples at the end of the epoch."
    )
    def measures_on_the_last_batch(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            for indices in minibatches(len(X), batch_size, rng):
                dw, db = minibatch_gradient(X, y, w, b, indices)
                w, b = w - learning_rate * dw, b - learning_rate * db
            losses[epoch] = bce_with_logits(X[indices] @ w + b, y[indices])
        return w, b, losses

    @mistake(
        "You measure the loss before the epoch's steps. `losses` holds the loss after each epoch."
    )
    def measures_before_the_epoch(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            losses[epoch] = bce_with_logits(X @ w + b, y)
            for indices in minibatches(len(X), batch_size, rng):
                dw, db = minibatch_gradient(X, y, w, b, indices)
                w, b = w - learning_rate * dw, b - learning_rate * db
        return w, b, losses

    @mistake(
        "You keep the loss of the start too. Here `losses` has one entry an epoch, measured when "
        "the epoch is over."
    )
    def keeps_the_start(X, y, batch_size, learning_rate, epochs, rng):
        w, b = np.zeros(X.shape[1]), 0.0
        losses = [bce_with_logits(X @ w + b, y)]
        for _ in range(epochs):
            for indices in minibatches(len(X), batch_size, rng):
                dw, db = minibatch_gradient(X, y, w, b, indices)
                w, b = w - learning_rate * dw, b - learning_rate * db
            losses.append(bce_with_logits(X @ w + b, y))
        return w, b, np.array(losses)

    @mistake(
        "You keep a loss for each step. `losses` has one entry an epoch: measure when all of its "
        "batches have had their step."
    )
    def measures_at_each_step(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, []
        for _ in range(epochs):
            for indices in minibatches(len(X), batch_size, rng):
                dw, db = minibatch_gradient(X, y, w, b, indices)
                w, b = w - learning_rate * dw, b - learning_rate * db
                losses.append(bce_with_logits(X @ w + b, y))
        return w, b, np.array(losses)

    @mistake(
        "You take one step an epoch, with the first batch. An epoch goes through all batches, "
        "one step for each."
    )
    def takes_one_batch_an_epoch(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            indices = minibatches(len(X), batch_size, rng)[0]
            dw, db = minibatch_gradient(X, y, w, b, indices)
            w, b = w - learning_rate * dw, b - learning_rate * db
            losses[epoch] = bce_with_logits(X @ w + b, y)
        return w, b, losses

    @mistake(
        "You step with the gradient of all examples for each batch. That pays the full price at "
        "every step: take the gradient of the batch."
    )
    def steps_with_the_whole_gradient(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            for _ in minibatches(len(X), batch_size, rng):
                dw, db = logistic_regression_gradient(X, y, w, b)
                w, b = w - learning_rate * dw, b - learning_rate * db
            losses[epoch] = bce_with_logits(X @ w + b, y)
        return w, b, losses

    @mistake(
        "Within an epoch your weights stand still: you find all its gradients at the same place, "
        "and move once. Each batch's step starts where the last one ended."
    )
    def moves_once_an_epoch(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            steps_w, steps_b = np.zeros(X.shape[1]), 0.0
            for indices in minibatches(len(X), batch_size, rng):
                dw, db = minibatch_gradient(X, y, w, b, indices)
                steps_w, steps_b = steps_w + learning_rate * dw, steps_b + learning_rate * db
            w, b = w - steps_w, b - steps_b
            losses[epoch] = bce_with_logits(X @ w + b, y)
        return w, b, losses

    @mistake("Your bias never moves. It learns like the weights: b - learning_rate · db.")
    def leaves_the_bias(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            for indices in minibatches(len(X), batch_size, rng):
                dw, _ = minibatch_gradient(X, y, w, b, indices)
                w = w - learning_rate * dw
            losses[epoch] = bce_with_logits(X @ w + b, y)
        return w, b, losses

    @mistake(
        "You take logs of probabilities. On unscaled data these become exactly 0 or 1, and the "
        "loss is infinite or nan: bce_with_logits takes it from the logits."
    )
    def takes_logs_of_probabilities(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            for indices in minibatches(len(X), batch_size, rng):
                dw, db = minibatch_gradient(X, y, w, b, indices)
                w, b = w - learning_rate * dw, b - learning_rate * db
            y_hat = sigmoid(X @ w + b)
            losses[epoch] = -np.mean(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat))
        return w, b, losses

    @mistake(
        "You move w first and take the bias's slope at the new w. Both slopes belong to the same "
        "place: find dw and db, and only then move."
    )
    def moves_one_after_the_other(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            for indices in minibatches(len(X), batch_size, rng):
                w = w - learning_rate * minibatch_gradient(X, y, w, b, indices)[0]
                b = b - learning_rate * minibatch_gradient(X, y, w, b, indices)[1]
            losses[epoch] = bce_with_logits(X @ w + b, y)
        return w, b, losses

    @mistake(
        "You divide the step by the size of the batch. minibatch_gradient is a mean already, so "
        "that is divided twice."
    )
    def divides_by_the_batch_size(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            for indices in minibatches(len(X), batch_size, rng):
                dw, db = minibatch_gradient(X, y, w, b, indices)
                w = w - learning_rate * dw / len(indices)
                b = b - learning_rate * db / len(indices)
            losses[epoch] = bce_with_logits(X @ w + b, y)
        return w, b, losses

    @mistake("You walk uphill: the loss grows. A step goes against the gradient.")
    def goes_uphill(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            for indices in minibatches(len(X), batch_size, rng):
                dw, db = minibatch_gradient(X, y, w, b, indices)
                w, b = w + learning_rate * dw, b + learning_rate * db
            losses[epoch] = bce_with_logits(X @ w + b, y)
        return w, b, losses

    @mistake(
        "You hand probabilities to bce_with_logits. It takes the logits X @ w + b: the sigmoid is "
        "inside."
    )
    def hands_over_probabilities(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            for indices in minibatches(len(X), batch_size, rng):
                dw, db = minibatch_gradient(X, y, w, b, indices)
                w, b = w - learning_rate * dw, b - learning_rate * db
            losses[epoch] = bce_with_logits(sigmoid(X @ w + b), y)
        return w, b, losses

    @mistake("Your loss leaves the bias out. The model's logits are X @ w + b.")
    def leaves_the_bias_out_of_the_loss(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            for indices in minibatches(len(X), batch_size, rng):
                dw, db = minibatch_gradient(X, y, w, b, indices)
                w, b = w - learning_rate * dw, b - learning_rate * db
            losses[epoch] = bce_with_logits(X @ w, y)
        return w, b, losses

    @mistake(
        "In each epoch you start again from zeros, so all that was learned before is lost. Set w "
        "and b once, before the first epoch."
    )
    def starts_again_in_each_epoch(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            w, b = np.zeros(X.shape[1]), 0.0
            for indices in minibatches(len(X), batch_size, rng):
                dw, db = minibatch_gradient(X, y, w, b, indices)
                w, b = w - learning_rate * dw, b - learning_rate * db
            losses[epoch] = bce_with_logits(X @ w + b, y)
        return w, b, losses

    @mistake(
        "You return inside the loop over the epochs, so the training is over after the first one. "
        "Return when the loop is done."
    )
    def returns_after_one_epoch(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, []
        for _ in range(epochs):
            for indices in minibatches(len(X), batch_size, rng):
                dw, db = minibatch_gradient(X, y, w, b, indices)
                w, b = w - learning_rate * dw, b - learning_rate * db
            losses.append(bce_with_logits(X @ w + b, y))
            return w, b, np.array(losses)

    @mistake(
        "You take the mean of the batches' own losses, each measured before its step. The weights "
        "have moved on since: measure once at the end of the epoch, on all examples."
    )
    def averages_the_batches_losses(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            found = []
            for indices in minibatches(len(X), batch_size, rng):
                found.append(bce_with_logits(X[indices] @ w + b, y[indices]))
                dw, db = minibatch_gradient(X, y, w, b, indices)
                w, b = w - learning_rate * dw, b - learning_rate * db
            losses[epoch] = np.mean(found)
        return w, b, losses

    @mistake(
        "You take the mean of the batches' own losses, each measured after its step. The weights "
        "move on between them: measure once at the end of the epoch, on all examples."
    )
    def averages_the_batches_losses_after_their_steps(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            found = []
            for indices in minibatches(len(X), batch_size, rng):
                dw, db = minibatch_gradient(X, y, w, b, indices)
                w, b = w - learning_rate * dw, b - learning_rate * db
                found.append(bce_with_logits(X[indices] @ w + b, y[indices]))
            losses[epoch] = np.mean(found)
        return w, b, losses

    @mistake(
        "You measure the loss once, when all epochs are over. `losses` has one entry for each "
        "epoch: measure inside the loop over the epochs, after the one over the batches."
    )
    def measures_once_at_the_end(X, y, batch_size, learning_rate, epochs, rng):
        w, b = np.zeros(X.shape[1]), 0.0
        for _ in range(epochs):
            for indices in minibatches(len(X), batch_size, rng):
                dw, db = minibatch_gradient(X, y, w, b, indices)
                w, b = w - learning_rate * dw, b - learning_rate * db
        return w, b, np.array([bce_with_logits(X @ w + b, y)])

    @mistake(
        "Only the first `batch_size` examples are ever used. `minibatches` asks first how many "
        "examples there are, and then how many a batch has."
    )
    def exchanges_the_two_numbers(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            for indices in minibatches(batch_size, len(X), rng):
                dw, db = minibatch_gradient(X, y, w, b, indices)
                w, b = w - learning_rate * dw, b - learning_rate * db
            losses[epoch] = bce_with_logits(X @ w + b, y)
        return w, b, losses

    @mistake(
        "You make a generator of your own, so every training has the same orders. Draw from the "
        "`rng` that you are given."
    )
    def brings_its_own_generator(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        rng = np.random.default_rng(0)
        for epoch in range(epochs):
            for indices in minibatches(len(X), batch_size, rng):
                dw, db = minibatch_gradient(X, y, w, b, indices)
                w, b = w - learning_rate * dw, b - learning_rate * db
            losses[epoch] = bce_with_logits(X @ w + b, y)
        return w, b, losses

    @mistake(
        "You make a new generator in each epoch, so all epochs have the same order. Draw from the "
        "`rng` that you are given: it goes on."
    )
    def makes_a_generator_in_each_epoch(X, y, batch_size, learning_rate, epochs, rng):
        w, b, losses = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            for indices in minibatches(len(X), batch_size, np.random.default_rng(0)):
                dw, db = minibatch_gradient(X, y, w, b, indices)
                w, b = w - learning_rate * dw, b - learning_rate * db
            losses[epoch] = bce_with_logits(X @ w + b, y)
        return w, b, losses

    @also_right
    def with_lists_and_steps(X, y, batch_size, learning_rate, epochs, rng):
        place, losses = [np.zeros(X.shape[1]), 0.0], []
        for _ in range(epochs):
            for indices in minibatches(len(X), batch_size, rng):
                slopes = minibatch_gradient(X, y, *place, indices)
                place = [
                    gradient_step(at, slope, learning_rate)
                    for at, slope in zip(place, slopes, strict=True)
                ]
            losses.append(bce_with_logits(X @ place[0] + place[1], y))
        return place[0], place[1], losses

    @also_right
    def shuffling_the_data_themselves(X, y, batch_size, learning_rate, epochs, rng):
        n = len(X)
        w, b, losses = np.zeros(X.shape[1]), 0.0, []
        for _ in range(epochs):
            order = rng.permutation(n)
            X, y = X[order], y[order]
            for start in range(0, n, batch_size):
                part = slice(start, start + batch_size)
                dw, db = logistic_regression_gradient(X[part], y[part], w, b)
                w, b = w - learning_rate * dw, b - learning_rate * db
            z = X @ w + b
            losses.append(np.mean(np.logaddexp(0, z) - z * y))
        return w, b, np.array(losses)


# ------------------------------------------------------------------------------------- noise


@exercise(
    "gradient_variance",
    points=3,
    minutes=10,
    difficulty=2,
    built="A measure of noise: what a batch of each size leaves to chance.",
)
class TestGradientVariance:
    # with 120 weights and n - 1 directions, the mean of m variances hardly varies itself
    N, M = 40, 120

    def measured(self, gradient_variance, batch_size, trials, seed):
        X, y, w, b = problem(self.N, self.M, seed=0)
        got = gradient_variance(X, y, w / 4, b, batch_size, trials, np.random.default_rng(seed))
        expect_that(np.ndim(got) == 0, why="one number, a mean over the weights.", got=got)
        expect_that(np.isreal(got) and np.isfinite(got), why="a number is asked for.", got=got)
        return float(got), predicted_variance(X, y, w / 4, b, batch_size)

    @pytest.mark.parametrize(
        ("batch_size", "trials"),
        [(1, 250), (4, 90), (10, 90)],
        ids=["batches of 1", "batches of 4", "batches of 10"],
    )
    def test_falls_with_the_batch_size(self, gradient_variance, batch_size, trials):
        got, right = self.measured(gradient_variance, batch_size, trials, seed=batch_size)
        expect_that(
            0.7 * right < got < 1.4 * right,
            why="a mean of B examples varies about B times less than a single one, measured as "
            "a variance. Look for: a mean over the weights, a variance over the trials.",
            got=got,
            expected=f"about {right:.4g} for batches of {batch_size}, within a third",
        )

    @pytest.mark.parametrize("batch_size", [20, 36], ids=["20 of 40", "36 of 40"])
    def test_large_batches_vary_still_less_since_no_example_comes_twice(
        self, gradient_variance, batch_size
    ):
        got, right = self.measured(gradient_variance, batch_size, 90, seed=batch_size)
        expect_that(
            0.65 * right < got < 1.5 * right,
            why="drawn without replacement, a batch of nearly all examples is nearly the whole, "
            "so little is left to vary. Look for two things: replace=False, and a variance over "
            "the trials.",
            got=got,
            expected=f"about {right:.4g} for {batch_size} of {self.N} examples, within a half",
        )

    def test_a_batch_of_all_examples_leaves_nothing_to_chance(self, gradient_variance):
        # halves and whole numbers, eight of each: no sum is rounded, in whatever order
        rng = np.random.default_rng(1)
        X, y = rng.integers(-3, 4, size=(8, 3)).astype(float), np.arange(8) % 2.0
        got = gradient_variance(X, y, np.zeros(3), 0.0, 8, 8, rng)
        why = "all examples, in any order, have the same mean in every trial."
        expect_close(got, 0.0, why=why, atol=1e-12)

    def test_divides_by_trials_minus_one(self, gradient_variance):
        X, y, w, b = problem(self.N, self.M, seed=0)
        rng = np.random.default_rng(2)
        found = [float(gradient_variance(X, y, w / 4, b, 5, 2, rng)) for _ in range(40)]
        right = predicted_variance(X, y, w / 4, b, 5)
        got = float(np.mean(found))
        expect_that(
            0.72 * right < got < 1.4 * right,
            why="with two trials, dividing by trials and not by trials - 1 halves the variance: "
            "ddof=1.",
            got=got,
            expected=f"on average about {right:.4g}, from 40 calls with 2 trials each",
        )

    def test_trials_are_independent_of_each_other(self, gradient_variance):
        # halves of one epoch would mirror each other; two halves drawn apart are equal at times
        X, y = np.array([[1.0], [3.0]]), np.array([0.0, 0.0])
        same = 0
        for seed in range(60):
            got = gradient_variance(X, y, np.zeros(1), 0.0, 1, 2, np.random.default_rng(seed))
            same += abs(float(got)) < 1e-12
        expect_that(
            12 <= same <= 48,  # half of 60, with a standard error of 3.9
            why="with two examples, two trials draw the same one half of the time: each trial "
            "draws from all examples again.",
            got=same,
            expected="of 60 calls about 30 in which both trials drew the same example",
        )

    def test_the_means_of_the_weights_do_not_count_as_noise(self, gradient_variance):
        # one weight's slope is always 50, the other's always -0.5: no trial differs from another
        X, y = np.tile([[100.0, -1.0]], (5, 1)), np.zeros(5)
        got = gradient_variance(X, y, np.zeros(2), 0.0, 2, 6, np.random.default_rng(3))
        why = "all examples are alike, so nothing varies from trial to trial, in no weight."
        expect_close(got, 0.0, why=why, atol=1e-9)

    def test_the_bias_is_left_out(self, gradient_variance):
        # inputs of 0: no weight has a slope, only the bias, and there the examples differ
        X, y = np.zeros((6, 2)), np.array([0.0, 1.0, 0.0, 1.0, 1.0, 0.0])
        got = gradient_variance(X, y, np.zeros(2), 0.0, 1, 12, np.random.default_rng(5))
        why = "with inputs of 0, all slopes for the weights are 0. The bias's slope does not count."
        expect_close(got, 0.0, why=why, atol=1e-12)

    def test_all_chance_comes_from_rng(self, gradient_variance):
        X, y, w, b = problem(12, 3, seed=4)
        once, again, other = (
            float(gradient_variance(X, y, w, b, 3, 5, np.random.default_rng(seed)))
            for seed in (7, 7, 8)
        )
        why = "the same generator must give the same number: draw from rng only."
        expect_that(once == again, why=why, got=again, expected=f"{once}, as before")
        why = "another generator draws other batches: take them from rng."
        expect_that(once != other, why=why, got=other, expected=f"another number than {once}")

    @mistake(
        "You draw with replacement, so an example may come twice, and even a batch of n is not "
        "all of them: replace=False."
    )
    def draws_with_replacement(X, y, w, b, batch_size, trials, rng):
        found = []
        for _ in range(trials):
            indices = rng.integers(0, len(X), size=batch_size)
            found.append(minibatch_gradient(X, y, w, b, indices)[0])
        return np.var(found, axis=0, ddof=1).mean()

    @mistake(
        "You divide by the number of trials. With few trials that comes out too small: the mean "
        "was taken from the same numbers. Divide by trials - 1, which is ddof=1."
    )
    def forgets_ddof(X, y, w, b, batch_size, trials, rng):
        found = []
        for _ in range(trials):
            indices = rng.choice(len(X), size=batch_size, replace=False)
            found.append(minibatch_gradient(X, y, w, b, indices)[0])
        return np.var(found, axis=0).mean()

    @mistake(
        "You return standard deviations. The variance is their square, and it is what falls like "
        "1 / batch_size."
    )
    def returns_the_standard_deviation(X, y, w, b, batch_size, trials, rng):
        found = []
        for _ in range(trials):
            indices = rng.choice(len(X), size=batch_size, replace=False)
            found.append(minibatch_gradient(X, y, w, b, indices)[0])
        return np.std(found, axis=0, ddof=1).mean()

    @mistake(
        "You take one variance over everything, trials and weights together. So the differences "
        "between the weights count as noise. Take it over the trials, axis=0, then the mean."
    )
    def mixes_the_weights(X, y, w, b, batch_size, trials, rng):
        found = []
        for _ in range(trials):
            indices = rng.choice(len(X), size=batch_size, replace=False)
            found.append(minibatch_gradient(X, y, w, b, indices)[0])
        return np.var(found, ddof=1)

    @mistake(
        "You take the variance over the weights of each gradient. Noise is what differs from "
        "trial to trial: the variance goes over the trials, axis=0."
    )
    def varies_over_the_weights(X, y, w, b, batch_size, trials, rng):
        found = []
        for _ in range(trials):
            indices = rng.choice(len(X), size=batch_size, replace=False)
            found.append(minibatch_gradient(X, y, w, b, indices)[0])
        return np.var(found, axis=1, ddof=1).mean()

    @mistake("You add up the variances of the weights. The mean over the weights is asked for.")
    def sums_over_the_weights(X, y, w, b, batch_size, trials, rng):
        found = []
        for _ in range(trials):
            indices = rng.choice(len(X), size=batch_size, replace=False)
            found.append(minibatch_gradient(X, y, w, b, indices)[0])
        return np.var(found, axis=0, ddof=1).sum()

    @mistake("You return a variance for each weight. Their mean is asked for, a single number.")
    def returns_one_for_each_weight(X, y, w, b, batch_size, trials, rng):
        found = []
        for _ in range(trials):
            indices = rng.choice(len(X), size=batch_size, replace=False)
            found.append(minibatch_gradient(X, y, w, b, indices)[0])
        return np.var(found, axis=0, ddof=1)

    @mistake(
        "All your trials use the same batch, so nothing varies. Draw a new one in each trial, "
        "with `rng`."
    )
    def draws_once(X, y, w, b, batch_size, trials, rng):
        indices = rng.choice(len(X), size=batch_size, replace=False)
        found = [minibatch_gradient(X, y, w, b, indices)[0] for _ in range(trials)]
        return np.var(found, axis=0, ddof=1).mean()

    @mistake(
        "Your trials are the batches of an epoch, which share out the examples between them. What "
        "one has, the others can't have. Each trial draws from all examples again."
    )
    def takes_the_batches_of_epochs(X, y, w, b, batch_size, trials, rng):
        found = []
        while len(found) < trials:
            for indices in minibatches(len(X), batch_size, rng):
                found.append(minibatch_gradient(X, y, w, b, indices)[0])
        return np.var(found[:trials], axis=0, ddof=1).mean()

    @mistake("You count the bias's slope in. The mean goes over the weights only: dw, without db.")
    def counts_the_bias(X, y, w, b, batch_size, trials, rng):
        found = []
        for _ in range(trials):
            indices = rng.choice(len(X), size=batch_size, replace=False)
            found.append(np.append(*minibatch_gradient(X, y, w, b, indices)))
        return np.var(found, axis=0, ddof=1).mean()

    @mistake(
        "You take the mean over the weights first, and then the variance. Where one slope is too "
        "large and another too small, they cancel. First the variances, then their mean."
    )
    def averages_the_weights_first(X, y, w, b, batch_size, trials, rng):
        found = []
        for _ in range(trials):
            indices = rng.choice(len(X), size=batch_size, replace=False)
            found.append(minibatch_gradient(X, y, w, b, indices)[0].mean())
        return np.var(found, ddof=1)

    @mistake(
        "You take the variance of the gradient's length. A gradient can turn and keep its length: "
        "take each weight's own variance, then their mean."
    )
    def takes_lengths(X, y, w, b, batch_size, trials, rng):
        found = []
        for _ in range(trials):
            indices = rng.choice(len(X), size=batch_size, replace=False)
            found.append(np.linalg.norm(minibatch_gradient(X, y, w, b, indices)[0]))
        return np.var(found, ddof=1)

    @mistake(
        "You measure the distance from the gradient of all examples. Here the mean of the trials "
        "stands in for it, and the sum is divided by trials - 1."
    )
    def measures_from_the_whole_gradient(X, y, w, b, batch_size, trials, rng):
        found = []
        for _ in range(trials):
            indices = rng.choice(len(X), size=batch_size, replace=False)
            found.append(minibatch_gradient(X, y, w, b, indices)[0])
        whole, _ = logistic_regression_gradient(X, y, w, b)
        return np.mean((np.array(found) - whole) ** 2)

    @also_right
    def with_the_first_batch_of_an_epoch(X, y, w, b, batch_size, trials, rng):
        total, squares = np.zeros(len(w)), np.zeros(len(w))
        found = [
            minibatch_gradient(X, y, w, b, minibatches(len(X), batch_size, rng)[0])[0]
            for _ in range(trials)
        ]
        for dw in found:
            total = total + dw
        for dw in found:
            squares = squares + (dw - total / trials) ** 2
        return float(sum(squares) / (trials - 1) / len(squares))

    @also_right
    def from_the_examples_own_gradients(X, y, w, b, batch_size, trials, rng):
        own = (sigmoid(X @ w + b) - y)[:, None] * X
        picks = np.argsort(rng.random((trials, len(X))), axis=1)[:, :batch_size]
        return own[picks].mean(axis=1).var(axis=0, ddof=1).mean()


# ---------------------------------------------------------------------------- many workers


def whole(shards):
    return np.concatenate([X for X, _ in shards]), np.concatenate([y for _, y in shards])


def cut(n, m, sizes, seed):
    """A data set in shards of these sizes, and a place."""
    X, y, w, b = problem(n, m, seed)
    ends = np.cumsum(sizes)
    assert ends[-1] == n
    starts = [0, *ends[:-1]]
    return [(X[i:j], y[i:j]) for i, j in zip(starts, ends, strict=True)], w, b


@exercise(
    "data_parallel_gradient",
    points=3,
    minutes=8,
    difficulty=2,
    built="One gradient from many workers: the same as if one of them had all the data.",
)
class TestDataParallelGradient:
    PARTS = ("dw", "db")

    def test_one_and_two_examples_by_hand(self, data_parallel_gradient):
        shards = [
            (np.array([[1.0]]), np.array([0.0])),
            (np.array([[3.0], [5.0]]), np.array([1.0, 1.0])),
        ]
        got = data_parallel_gradient(shards, np.array([0.0]), 0.0)
        why = "the slopes of the three examples are 1/2, -3/2 and -5/2, and their mean is -7/6."
        expect_close(got, (np.array([-7 / 6]), -1 / 6), why=why, parts=self.PARTS)

    @pytest.mark.parametrize(
        ("m", "sizes"),
        [(3, (5, 2)), (2, (1, 7, 4)), (4, (6, 1, 1, 3)), (1, (2, 9))],
        ids=["5 and 2", "1, 7 and 4", "6, 1, 1 and 3", "2 and 9"],
    )
    def test_unequal_shards_give_the_gradient_of_the_whole(self, data_parallel_gradient, m, sizes):
        shards, w, b = cut(sum(sizes), m, sizes, seed=m)
        got = data_parallel_gradient(shards, w, b)
        why = (
            f"with shards of {', '.join(map(str, sizes))} examples, each example counts "
            f"1/{sum(sizes)}, wherever it lies."
        )
        expect_close(got, gradient_of(*whole(shards), w, b), why=why, parts=self.PARTS)

    def test_equal_shards_give_the_gradient_of_the_whole(self, data_parallel_gradient):
        shards, w, b = cut(12, 5, (4, 4, 4), seed=7)
        got = data_parallel_gradient(shards, w, b)
        why = "with equal shards, the mean of the shards' gradients is the whole gradient."
        expect_close(got, gradient_of(*whole(shards), w, b), why=why, parts=self.PARTS)

    def test_a_single_worker_has_it_all(self, data_parallel_gradient):
        shards, w, b = cut(6, 2, (6,), seed=8)
        got = data_parallel_gradient(shards, w, b)
        why = "with one shard there is nothing to combine."
        expect_close(got, gradient_of(*shards[0], w, b), why=why, parts=self.PARTS)

    def test_the_order_of_the_workers_does_not_matter(self, data_parallel_gradient):
        shards, w, b = cut(9, 3, (6, 1, 2), seed=9)
        got = data_parallel_gradient(shards[::-1], w, b)
        why = "a sum doesn't care who comes first."
        expect_close(got, gradient_of(*whole(shards), w, b), why=why, parts=self.PARTS)

    @mistake(
        "You take the plain mean of the shards' gradients. A shard of one example then counts as "
        "much as a shard of a hundred. Weigh each by how many examples it has."
    )
    def takes_the_plain_mean(shards, w, b):
        found = [logistic_regression_gradient(X, y, w, b) for X, y in shards]
        return sum(dw for dw, _ in found) / len(found), sum(db for _, db in found) / len(found)

    @mistake(
        "You add up the shards' gradients. Each is a mean already, so with three workers the steps "
        "would be about three times too long."
    )
    def adds_the_means(shards, w, b):
        found = [logistic_regression_gradient(X, y, w, b) for X, y in shards]
        return sum(dw for dw, _ in found), sum(db for _, db in found)

    @mistake(
        "You weigh each shard by its examples, but never divide by the number of all examples. "
        "The loss is a mean."
    )
    def never_divides(shards, w, b):
        found = [(len(y), *logistic_regression_gradient(X, y, w, b)) for X, y in shards]
        return sum(n * dw for n, dw, _ in found), sum(n * db for n, _, db in found)

    @mistake(
        "You weigh the shards' `dw` by their examples, but take the plain mean of their `db`. The "
        "bias needs the same weights."
    )
    def forgets_to_weigh_the_bias(shards, w, b):
        total = sum(len(y) for _, y in shards)
        found = [(len(y), *logistic_regression_gradient(X, y, w, b)) for X, y in shards]
        dw = sum(n * dw for n, dw, _ in found) / total
        return dw, sum(db for _, _, db in found) / len(found)

    @mistake(
        "You return inside the loop, so only the first worker is heard. Add up over all shards, "
        "then return."
    )
    def hears_only_the_first(shards, w, b):
        total = sum(len(y) for _, y in shards)
        for X, y in shards:
            dw, db = logistic_regression_gradient(X, y, w, b)
            return dw * len(y) / total, db * len(y) / total

    @mistake(
        "You divide by the number of examples in the last shard only: after the loop, X and y "
        "still hold that one. Add up how many examples all shards have."
    )
    def divides_by_the_last_shard(shards, w, b):
        dw, db = 0.0, 0.0
        for X, y in shards:
            shard_dw, shard_db = logistic_regression_gradient(X, y, w, b)
            dw, db = dw + len(y) * shard_dw, db + len(y) * shard_db
        return dw / len(y), db / len(y)

    @mistake(
        "You divide by the number of workers on top of the number of examples. The weights "
        "n_k / total add up to 1 already."
    )
    def divides_twice(shards, w, b):
        total = sum(len(y) for _, y in shards)
        found = [(len(y), *logistic_regression_gradient(X, y, w, b)) for X, y in shards]
        dw = sum(n * dw for n, dw, _ in found) / total / len(found)
        return dw, sum(n * db for n, _, db in found) / total / len(found)

    @mistake(
        "You weigh the shards' `dw` by their examples, but just add up their `db`. The bias needs "
        "the same weights."
    )
    def adds_the_slopes_of_the_bias(shards, w, b):
        total = sum(len(y) for _, y in shards)
        found = [(len(y), *logistic_regression_gradient(X, y, w, b)) for X, y in shards]
        return sum(n * dw for n, dw, _ in found) / total, sum(db for _, _, db in found)

    @mistake(
        "You add up the shards' gradients and divide by the number of all examples. But each of "
        "them is a mean already: it counts for as many examples as its shard has."
    )
    def divides_means_by_all_examples(shards, w, b):
        total = sum(len(y) for _, y in shards)
        found = [logistic_regression_gradient(X, y, w, b) for X, y in shards]
        return sum(dw for dw, _ in found) / total, sum(db for _, db in found) / total

    @mistake(
        "You weigh each shard by its examples, but then divide by the number of workers. Divide by "
        "the number of all examples."
    )
    def divides_by_the_workers(shards, w, b):
        found = [(len(y), *logistic_regression_gradient(X, y, w, b)) for X, y in shards]
        dw = sum(n * dw for n, dw, _ in found) / len(found)
        return dw, sum(n * db for n, _, db in found) / len(found)

    @mistake(
        "You weigh each shard by its columns. How many examples it has is the number of its rows, "
        "or of its labels."
    )
    def weighs_by_the_columns(shards, w, b):
        total = sum(len(y) for _, y in shards)
        found = [(X.shape[1], *logistic_regression_gradient(X, y, w, b)) for X, y in shards]
        dw = sum(m * dw for m, dw, _ in found) / total
        return dw, sum(m * db for m, _, db in found) / total

    @mistake(
        "Each shard's part takes the place of the one before, so only the last worker is heard. "
        "Add the parts up."
    )
    def hears_only_the_last(shards, w, b):
        total = sum(len(y) for _, y in shards)
        for X, y in shards:
            shard_dw, shard_db = logistic_regression_gradient(X, y, w, b)
            dw, db = len(y) / total * shard_dw, len(y) / total * shard_db
        return dw, db

    @mistake(
        "You count the examples while you add up, so the first shards get too large a share. Count "
        "them all before the loop."
    )
    def counts_on_the_way(shards, w, b):
        total, dw, db = 0, 0.0, 0.0
        for X, y in shards:
            total += len(y)
            shard_dw, shard_db = logistic_regression_gradient(X, y, w, b)
            dw, db = dw + len(y) / total * shard_dw, db + len(y) / total * shard_db
        return dw, db

    @also_right
    def with_np_average(shards, w, b):
        sizes = [len(y) for _, y in shards]
        found = [logistic_regression_gradient(X, y, w, b) for X, y in shards]
        dw = np.average(np.array([one for one, _ in found]), axis=0, weights=sizes)
        return dw, np.average([one for _, one in found], weights=sizes)

    @also_right
    def by_bringing_all_together(shards, w, b):
        X, y = np.vstack([X for X, _ in shards]), np.hstack([y for _, y in shards])
        return logistic_regression_gradient(X, y, w, b)
