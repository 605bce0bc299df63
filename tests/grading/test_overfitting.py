"""What a learner's answers in lesson 09 must do."""

import math

import numpy as np
import pytest

from utils.checking.exercise import also_right, changed, exercise, mistake
from utils.checking.expect import expect_close, expect_finite, expect_that
from utils.losses import mean_squared_error
from utils.overfitting import EarlyStopping, l2_penalty

# ---------------------------------------------------------------------- examples held back


def numbered(n, m=2):
    """Examples that can be told apart: row i of X is (i, i + 0.5, …), and its label is 100 + i."""
    return np.arange(n)[:, np.newaxis] + 0.5 * np.arange(m), 100 + np.arange(n)


def four_parts(got):
    """What came back, if it is four arrays."""
    expect_that(
        isinstance(got, (tuple, list))
        and len(got) == 4
        and all(isinstance(part, np.ndarray) for part in got),
        "four NumPy arrays come back: X_train, y_train, X_test, y_test.",
        got=got,
        expected="a tuple of four arrays",
    )
    return list(got)


@exercise(
    "train_test_split",
    points=2,
    minutes=6,
    difficulty=1,
    built="The fence of machine learning: what is behind it, no weight has ever seen.",
)
class TestTrainTestSplit:
    @pytest.mark.parametrize(("n", "m", "n_train"), [(10, 3, 7), (40, 2, 28), (7, 5, 5)])
    def test_four_parts_of_the_right_shapes(self, train_test_split, n, m, n_train):
        X, y = numbered(n, m)
        got = four_parts(train_test_split(X, y, 0.7, np.random.default_rng(0)))
        shapes = [part.shape for part in got]
        right = [(n_train, m), (n_train,), (n - n_train, m), (n - n_train,)]
        expect_that(
            shapes == right,
            f"{n_train} of {n} examples are for training, and the order is X_train, y_train, "
            "X_test, y_test.",
            got=shapes,
            expected=str(right),
        )

    @pytest.mark.parametrize(
        ("n", "fraction", "n_train"), [(569, 0.7, 398), (171, 0.5, 86), (100, 0.29, 29)]
    )
    def test_the_count_is_rounded(self, train_test_split, n, fraction, n_train):
        X, y = numbered(n)
        _, y_train, _, y_test = four_parts(
            train_test_split(X, y, fraction, np.random.default_rng(1))
        )
        why = f"round({fraction} · {n}) is {n_train}: Python's round, not a cut-off."
        expect_close((len(y_train), len(y_test)), (n_train, n - n_train), why=why)

    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_no_example_is_lost_or_shared(self, train_test_split, seed):
        X, y = numbered(23)
        X_train, _, X_test, _ = four_parts(train_test_split(X, y, 0.6, np.random.default_rng(seed)))
        together = np.sort([*X_train[:, 0], *X_test[:, 0]])
        expect_that(
            np.array_equal(together, np.arange(23)),
            "each of the 23 examples belongs in exactly one of the two sets.",
            got=together,
            expected="the numbers 0 to 22, each once",
        )

    @pytest.mark.parametrize("seed", [3, 4])
    def test_a_label_stays_with_its_example(self, train_test_split, seed):
        X, y = numbered(20, 3)
        X_train, y_train, X_test, y_test = four_parts(
            train_test_split(X, y, 0.7, np.random.default_rng(seed))
        )
        why = "here the label of example i is 100 + i; X and y need the same order."
        expect_close(y_train, X_train[:, 0] + 100, why=why)
        expect_close(y_test, X_test[:, 0] + 100, why=why)
        expect_close(X_train[:, 2], X_train[:, 0] + 1, why="a row of X stays whole.")

    def test_the_examples_are_shuffled(self, train_test_split):
        X, y = numbered(30)
        kept = [
            four_parts(train_test_split(X, y, 0.5, np.random.default_rng(seed)))[0][:, 0]
            for seed in range(40)
        ]
        trained = np.array([np.isin(np.arange(30), numbers) for numbers in kept]).mean(axis=0)
        expect_that(
            np.all((trained > 0.1) & (trained < 0.9)),
            "over 40 generators each example should be in training about half the time. Real data "
            "often come sorted, so the first rows must not always be the training set.",
            got=np.round(trained, 2),
            expected="30 numbers around 0.5",
        )

    def test_all_chance_comes_from_rng(self, train_test_split):
        X, y = numbered(30)
        first, again, other = (
            four_parts(train_test_split(X, y, 0.5, np.random.default_rng(seed)))[0]
            for seed in (5, 5, 6)
        )
        expect_close(
            again,
            first,
            why="two generators in the same state give the same split: draw with the rng that you "
            "are given, so that a result can be repeated.",
        )
        expect_that(
            not np.array_equal(np.sort(first[:, 0]), np.sort(other[:, 0])),
            "generators in different states should give different splits.",
            got=other[:, 0],
            expected="not the same examples again",
        )

    @mistake(
        "You don't shuffle. Data often come sorted: all benign cases first, say. Then the training "
        "set would hold one kind, and the test set the other."
    )
    def does_not_shuffle(X, y, train_fraction, rng):
        n = round(train_fraction * len(X))
        return X[:n], y[:n], X[n:], y[n:]

    @mistake(
        "You shuffle X and y each in its own order, so every example gets somebody else's label. "
        "Draw one order, and use it for both."
    )
    def shuffles_them_apart(X, y, train_fraction, rng):
        n = round(train_fraction * len(X))
        X, y = rng.permutation(X), rng.permutation(y)
        return X[:n], y[:n], X[n:], y[n:]

    @mistake(
        "That is scikit-learn's order, with both X first. Here it is X_train, y_train, X_test, "
        "y_test."
    )
    def in_the_order_of_scikit_learn(X, y, train_fraction, rng):
        order = rng.permutation(len(X))
        n = round(train_fraction * len(X))
        return X[order[:n]], X[order[n:]], y[order[:n]], y[order[n:]]

    @mistake(
        "You cut the count off: 4.9 becomes 4, and 0.29 · 100, which is 28.999… on a computer, "
        "becomes 28. Use round."
    )
    def cuts_the_count_off(X, y, train_fraction, rng):
        order = rng.permutation(len(X))
        n = int(train_fraction * len(X))
        return X[order[:n]], y[order[:n]], X[order[n:]], y[order[n:]]

    @mistake(
        "You draw the training set and the test set each from all examples. So some are in both, "
        "and the test is no test: cut one order in two."
    )
    def draws_twice(X, y, train_fraction, rng):
        n = round(train_fraction * len(X))
        train = rng.permutation(len(X))[:n]
        test = rng.permutation(len(X))[n:]
        return X[train], y[train], X[test], y[test]

    @mistake(
        "You draw with replacement, so some examples come several times, and others are lost. "
        "rng.permutation gives each number once."
    )
    def draws_with_replacement(X, y, train_fraction, rng):
        n = round(train_fraction * len(X))
        order = rng.integers(0, len(X), size=len(X))
        return X[order[:n]], y[order[:n]], X[order[n:]], y[order[n:]]

    @mistake(
        "You leave the given rng aside. Draw with it: then whoever knows its seed can repeat your "
        "split, and another seed gives another split."
    )
    def ignores_the_generator(X, y, train_fraction, rng):
        order = np.random.default_rng(0).permutation(len(X))
        n = round(train_fraction * len(X))
        return X[order[:n]], y[order[:n]], X[order[n:]], y[order[n:]]

    @mistake(
        "You have exchanged the two sets: `train_fraction` is the share of the training set, "
        "which comes first."
    )
    def exchanges_the_sets(X, y, train_fraction, rng):
        order = rng.permutation(len(X))
        n = round(train_fraction * len(X))
        return X[order[n:]], y[order[n:]], X[order[:n]], y[order[:n]]

    @mistake(
        "You shuffle X and leave y in its old order, so every example gets somebody else's label. "
        "Take the rows of both in one order."
    )
    def leaves_the_labels(X, y, train_fraction, rng):
        n = round(train_fraction * len(X))
        X = X[rng.permutation(len(X))]
        return X[:n], y[:n], X[n:], y[n:]

    @mistake(
        "You shuffle only the rows at the top, so the same examples are for training every time. "
        "Shuffle the numbers of all examples, and cut after that."
    )
    def shuffles_only_the_first_rows(X, y, train_fraction, rng):
        n = round(train_fraction * len(X))
        train, test = rng.permutation(n), np.arange(n, len(X))
        return X[train], y[train], X[test], y[test]

    @mistake(
        "Your first set is drawn by chance, but the second one is the last rows as they came. Some "
        "of these are in the first set, too: cut both sets from one shuffled order."
    )
    def takes_the_last_rows_as_they_came(X, y, train_fraction, rng):
        n = round(train_fraction * len(X))
        train = rng.permutation(len(X))[:n]
        return X[train], y[train], X[n:], y[n:]

    @mistake(
        "You throw a coin for every example. Then the sizes of the sets are left to chance, too; "
        "asked for is an exact count. Shuffle, and cut at that count."
    )
    def throws_a_coin_for_each(X, y, train_fraction, rng):
        trains = rng.random(len(X)) < train_fraction
        return X[trains], y[trains], X[~trains], y[~trains]

    @mistake(
        "An example is lost at the cut. The slice [:n] ends before n, so the rest begins at n "
        "itself."
    )
    def loses_one_at_the_cut(X, y, train_fraction, rng):
        order = rng.permutation(len(X))
        n = round(train_fraction * len(X))
        return X[order[:n]], y[order[:n]], X[order[n + 1 :]], y[order[n + 1 :]]

    @also_right
    def by_sorting_random_numbers(X, y, train_fraction, rng):
        order = np.argsort(rng.random(len(X)))
        train, test = np.split(order, [round(train_fraction * len(X))])
        return X[train], y[train], X[test], y[test]

    @also_right
    def pair_by_pair(X, y, train_fraction, rng):
        pairs = list(zip(X, y))
        rng.shuffle(pairs)
        n = round(train_fraction * len(pairs))
        parts = []
        for some in (pairs[:n], pairs[n:]):
            parts += [np.array([x for x, _ in some]), np.array([label for _, label in some])]
        return parts

    @also_right
    def by_a_table_of_yes_and_no(X, y, train_fraction, rng):
        chosen = rng.choice(len(X), size=round(train_fraction * len(X)), replace=False)
        trains = np.zeros(len(X), bool)
        trains[chosen] = True
        return X[trains], y[trains], X[~trains], y[~trains]


# ------------------------------------------------------------------------- weight decay


def random_layers(sizes, seed):
    """A network of layers with weights and biases of both signs."""
    rng = np.random.default_rng(seed)
    pairs = zip(sizes[:-1], sizes[1:], strict=True)
    return [(rng.normal(size=(m, k)), rng.normal(size=k)) for m, k in pairs]


def expect_gradients(got, expected, why):
    """Expect one (dW, db) a layer; a message names the part that is wrong."""
    expect_that(
        isinstance(got, (list, tuple)) and len(got) == len(expected),
        "one (dW, db) for each layer comes back, in a list.",
        got=got,
        expected=f"a list of {len(expected)} pairs",
    )
    for number, (one, right) in enumerate(zip(got, expected, strict=True), start=1):
        expect_close(
            one, right, why=why, rtol=1e-6, parts=[f"{d} of layer {number}" for d in ("dW", "db")]
        )


@exercise(
    "l2_penalty",
    points=1,
    minutes=4,
    difficulty=1,
    built="A price on large weights, to be added to any loss.",
)
class TestL2Penalty:
    def test_two_layers_by_hand(self, l2_penalty):
        layers = [
            (np.array([[1.0, -2.0]]), np.array([5.0, 5.0])),
            (np.array([[3.0], [0.0]]), np.array([5.0])),
        ]
        why = "1 + 4 + 9 + 0 is 14, times 0.5. The biases, all 5 here, don't count."
        expect_close(l2_penalty(layers, 0.5), 7.0, why=why)

    def test_biases_are_free(self, l2_penalty):
        layers = [(np.zeros((2, 3)), np.full(3, 9.0)), (np.zeros((3, 1)), np.array([-9.0]))]
        why = "all weights are 0 here, and biases cost nothing."
        expect_close(l2_penalty(layers, 0.3), 0.0, why=why)

    def test_twice_the_weights_cost_four_times_as_much(self, l2_penalty):
        layers = random_layers((4, 3, 2), 0)
        doubled = [(2 * W, b) for W, b in layers]
        expected = 0.2 * math.fsum(w * w for W, _ in doubled for w in W.ravel())
        expect_close(l2_penalty(doubled, 0.2), expected, why="the weights are squared.")

    def test_strength_multiplies(self, l2_penalty):
        layers = random_layers((3, 5, 2, 1), 1)
        squares = math.fsum(w * w for W, _ in layers for w in W.ravel())
        for strength in (0.0, 1e-3, 1.0, 7.0):
            why = "the sum over all layers, times strength."
            expect_close(l2_penalty(layers, strength), strength * squares, why=why)

    @mistake("You count the biases too. They only shift a neuron; here they are free.")
    def counts_the_biases(layers, strength):
        return strength * sum(np.sum(W**2) + np.sum(b**2) for W, b in layers)

    @mistake("You add up sizes, not squares. That penalty exists too: it is called L1. L2 squares.")
    def adds_sizes(layers, strength):
        return strength * sum(np.sum(np.abs(W)) for W, _ in layers)

    @mistake("You take the mean of each layer's squares. The formula has a sum.")
    def takes_the_mean(layers, strength):
        return strength * sum(np.mean(W**2) for W, _ in layers)

    @mistake("You take the root of the sum. The formula ends before it: strength · Σ W².")
    def takes_the_root(layers, strength):
        return strength * np.sqrt(sum(np.sum(W**2) for W, _ in layers))

    @mistake(
        "You halve the sum. Some books do, so that the 2 of the slope cancels; here nothing is "
        "halved."
    )
    def halves_it(layers, strength):
        return strength / 2 * sum(np.sum(W**2) for W, _ in layers)

    @mistake("You add the weights up first and square their sum. Square each weight, then add.")
    def squares_the_sum(layers, strength):
        return strength * sum(np.sum(W) ** 2 for W, _ in layers)

    @mistake("Only one layer counts in yours: add up over all of them.")
    def only_the_last_layer(layers, strength):
        for W, _ in layers:
            total = np.sum(W**2)
        return strength * total

    @mistake("Your `strength` is missing: multiply the sum by it.")
    def forgets_the_strength(layers, strength):
        return sum(np.sum(W**2) for W, _ in layers)

    @mistake(
        "You multiply the weights by `strength` before you square them. So it is squared along "
        "with them: square first."
    )
    def squares_the_strength(layers, strength):
        return sum(np.sum((strength * W) ** 2) for W, _ in layers)

    @mistake(
        "You take the root of each layer's sum of squares, as np.linalg.norm does. There is no "
        "root in the formula."
    )
    def adds_the_norms(layers, strength):
        return strength * sum(np.linalg.norm(W) for W, _ in layers)

    @mistake(
        "Your return stands inside the loop, so only the first layer counts. Return after the loop."
    )
    def only_the_first_layer(layers, strength):
        for W, _ in layers:
            return strength * np.sum(W**2)

    @mistake(
        "You multiply by `strength` in every round of the loop, the sum so far with it. Multiply "
        "once, after the loop."
    )
    def multiplies_in_every_round(layers, strength):
        total = 0.0
        for W, _ in layers:
            total = strength * (total + np.sum(W**2))
        return total

    @mistake(
        "Python's own sum adds up the rows of a table, and leaves a sum for each column. np.sum "
        "adds up all entries."
    )
    def adds_up_the_rows_only(layers, strength):
        total = 0
        for W, _ in layers:
            total = total + sum(W**2)
        return strength * total

    @also_right
    def weight_by_weight(layers, strength):
        total = 0
        for W, _ in layers:
            for row in W:
                for weight in row:
                    total += weight * weight
        return np.float64(strength * total)

    @also_right
    def by_a_product_with_itself(layers, strength):
        return strength * sum(np.vdot(W, W) for W, b in layers)


@exercise(
    "l2_gradients",
    points=2,
    minutes=5,
    difficulty=1,
    built="A gentle pull on every weight, towards zero.",
)
class TestL2Gradients:
    def test_one_layer_by_hand(self, l2_gradients):
        got = l2_gradients([(np.array([[1.0, -2.0]]), np.array([5.0, 5.0]))], 0.1)
        why = "the slope of 0.1 · w² is 0.2 · w. The biases are not in the penalty: slope 0."
        expect_gradients(got, [(np.array([[0.2, -0.4]]), np.zeros(2))], why)

    def test_every_layer_has_its_own(self, l2_gradients):
        layers = random_layers((4, 3, 2), 0)
        got = l2_gradients(layers, 0.25)
        expected = [(0.5 * W, np.zeros_like(b)) for W, b in layers]
        why = "2 · strength · W, one (dW, db) a layer, in the order of the layers."
        expect_gradients(got, expected, why)

    def test_it_is_the_slope_of_the_penalty(self, l2_gradients):
        layers, strength, step = random_layers((2, 3, 1), 3), 0.4, 1e-5
        got = l2_gradients(layers, strength)
        expected = []
        for W, b in layers:
            slopes = np.zeros_like(W)
            for index in np.ndindex(W.shape):
                nudge = np.zeros_like(W)
                nudge[index] = step
                up, down = (l2_penalty([(W + s * nudge, b)], strength) for s in (1, -1))
                slopes[index] = (up - down) / (2 * step)
            expected.append((slopes, np.zeros_like(b)))
        why = "nudge one weight and see how fast the penalty changes."
        expect_gradients(got, expected, why)

    def test_no_strength_no_pull(self, l2_gradients):
        layers = random_layers((3, 2, 2), 4)
        expected = [(np.zeros_like(W), np.zeros_like(b)) for W, b in layers]
        expect_gradients(l2_gradients(layers, 0.0), expected, "at strength 0 it is switched off.")

    @mistake("The 2 is missing: the slope of w² is 2 w.")
    def forgets_the_two(layers, strength):
        return [(strength * W, np.zeros_like(b)) for W, b in layers]

    @mistake("You pull at the biases too. They are not in the penalty, so their slope is 0.")
    def pulls_at_the_biases(layers, strength):
        return [(2 * strength * W, 2 * strength * b) for W, b in layers]

    @mistake(
        "Your db is a single 0. It should have the shape of b, a zero for each bias, so that it "
        "can be added to other gradients entry by entry."
    )
    def a_single_zero(layers, strength):
        return [(2 * strength * W, 0.0) for W, _ in layers]

    @mistake(
        "Your sign is wrong. A gradient points the way up: the step of gradient descent "
        "subtracts it, and then the weights shrink."
    )
    def points_down(layers, strength):
        return [(-2 * strength * W, np.zeros_like(b)) for W, b in layers]

    @mistake(
        "Your pull has the same size for every weight: that is the slope of |w|. The slope of w² "
        "grows with w."
    )
    def slope_of_the_size(layers, strength):
        return [(strength * np.sign(W), np.zeros_like(b)) for W, b in layers]

    @mistake("You return the squares themselves. Their slope is asked for.")
    def returns_the_squares(layers, strength):
        return [(strength * W**2, np.zeros_like(b)) for W, b in layers]

    @mistake("You return new weights. Asked for is only the gradient; the step comes later.")
    def takes_the_step(layers, strength):
        return [(W - 2 * strength * W, b) for W, b in layers]

    @mistake("Your `strength` is missing: the slope of strength · w² is 2 · strength · w.")
    def forgets_the_strength(layers, strength):
        return [(2 * W, np.zeros_like(b)) for W, b in layers]

    @mistake("You square the weights. In the slope of w², which is 2 w, the square is gone.")
    def keeps_the_square(layers, strength):
        return [(2 * strength * W**2, np.zeros_like(b)) for W, b in layers]

    @mistake(
        "You return the biases themselves where their slopes belong. The penalty does not change "
        "with them, so these slopes are zeros."
    )
    def returns_the_biases(layers, strength):
        return [(2 * strength * W, b) for W, b in layers]

    @mistake("Your db has the shape of W. It needs a zero for each bias: the shape of b.")
    def zeros_like_the_weights(layers, strength):
        return [(2 * strength * W, np.zeros_like(W)) for W, _ in layers]

    @mistake(
        "Only the first layer's gradients come back: your return stands inside the loop. Return "
        "after it."
    )
    def only_the_first_layer(layers, strength):
        for W, b in layers:
            return [(2 * strength * W, np.zeros_like(b))]

    @also_right
    def by_a_loop(layers, strength):
        gradients = []
        for W, b in layers:
            gradients.append([strength * W + strength * W, [0] * len(b)])
        return gradients

    @also_right
    def weight_by_weight(layers, strength):
        gradients = []
        for W, b in layers:
            dW = np.empty(W.shape)
            for index in np.ndindex(W.shape):
                dW[index] = strength * 2.0 * W[index]
            gradients.append((dW, 0 * b))
        return tuple(gradients)


# ------------------------------------------------------------------------------ dropout


def dropped_and_mask(got, shape):
    """What `dropout_forward` returned, as two arrays of A's shape."""
    expect_that(
        isinstance(got, (tuple, list)) and len(got) == 2,
        "two arrays come back: the dropped activations, and the mask.",
        got=got,
        expected="a tuple (A_dropped, mask)",
    )
    for name, part in zip(("A_dropped", "mask"), got, strict=True):
        expect_finite(part, why=f"{name} is an array of numbers.")
        expect_that(
            np.shape(part) == shape,
            f"{name} has the shape of A: each entry has a chance of its own.",
            got=f"shape {np.shape(part)}",
            expected=f"shape {shape}",
        )
    return np.asarray(got[0], float), np.asarray(got[1], float)


RATES = [0.5, 0.2, 0.75]


@exercise(
    "dropout_forward",
    points=3,
    minutes=9,
    difficulty=2,
    built="A network that cannot lean on any single neuron.",
)
class TestDropoutForward:
    @pytest.mark.parametrize("rate", RATES)
    def test_the_mask_holds_zeros_and_one_over_keep(self, dropout_forward, rate):
        A = np.random.default_rng(0).normal(size=(6, 50))
        _, mask = dropped_and_mask(
            dropout_forward(A, rate, np.random.default_rng(1), True), A.shape
        )
        scale = 1 / (1 - rate)
        expect_that(
            np.all(np.isclose(mask, 0) | np.isclose(mask, scale)),
            f"at rate {rate:g} what stays is scaled by 1 / (1 - {rate:g}), so that the mean is "
            "kept; and the mask carries this scale.",
            got=np.unique(mask),
            expected=f"an array of only 0 and {scale:.4g}",
        )

    @pytest.mark.parametrize("rate", RATES)
    def test_the_mask_is_what_was_done(self, dropout_forward, rate):
        A = np.random.default_rng(2).normal(size=(5, 7))
        A_dropped, mask = dropped_and_mask(
            dropout_forward(A, rate, np.random.default_rng(3), True), A.shape
        )
        expect_close(A_dropped, A * mask, why="A_dropped is A times the mask, entry by entry.")

    @pytest.mark.parametrize("rate", [0.5, 0.2, 0.9])
    def test_drops_the_right_share(self, dropout_forward, rate):
        A = np.ones((100, 200))
        _, mask = dropped_and_mask(
            dropout_forward(A, rate, np.random.default_rng(4), True), A.shape
        )
        share = float(np.mean(mask == 0))
        expect_that(
            abs(share - rate) < 0.02,  # the standard error is 0.35 % at most
            "`rate` is the probability of being switched off: about this share of the mask is 0.",
            got=f"{100 * share:.1f} % of the entries are 0",
            expected=f"{100 * rate:g} %, within 2 %",
        )

    @pytest.mark.parametrize("rate", RATES)
    def test_the_mean_is_kept(self, dropout_forward, rate):
        A = np.random.default_rng(5).uniform(1, 3, size=(100, 200))
        A_dropped, _ = dropped_and_mask(
            dropout_forward(A, rate, np.random.default_rng(6), True), A.shape
        )
        ratio = float(A_dropped.mean() / A.mean())
        expect_that(
            abs(ratio - 1) < 0.08,  # the standard error is 1.3 % at most
            "the next layer should get as much as without dropout, on average.",
            got=f"the mean of A_dropped is {ratio:.3f} times that of A",
            expected="1 times, within 8 %",
        )

    def test_each_entry_is_drawn_by_itself(self, dropout_forward):
        A = np.ones((80, 60))
        _, mask = dropped_and_mask(dropout_forward(A, 0.5, np.random.default_rng(7), True), A.shape)
        off = mask == 0
        rows, columns = off.mean(axis=1), off.mean(axis=0)
        expect_that(
            0.1 < rows.min() and rows.max() < 0.9,  # more than six standard errors
            "each neuron has a chance of its own: in every row, about half should be off.",
            got=f"shares off in the rows from {rows.min():.2f} to {rows.max():.2f}",
            expected="all around 0.5",
        )
        expect_that(
            0.1 < columns.min() and columns.max() < 0.9,
            "each example has masks of its own: a neuron is off for some rows, on for others.",
            got=f"shares off in the columns from {columns.min():.2f} to {columns.max():.2f}",
            expected="all around 0.5",
        )
        expect_that(
            min(rows.std(), columns.std()) > 0.02,  # by chance both are around 0.06
            "each entry is drawn by itself, so some rows lose more neurons than others.",
            got=f"nearly the same number off in each: {60 * rows.mean():.0f} of 60 in a row, "
            f"{80 * columns.mean():.0f} of 80 in a column",
            expected="numbers that vary by chance",
        )

    def test_activations_do_not_matter_to_chance(self, dropout_forward):
        A = np.zeros((50, 60))
        _, mask = dropped_and_mask(dropout_forward(A, 0.4, np.random.default_rng(8), True), A.shape)
        share = float(np.mean(mask == 0))
        expect_that(
            abs(share - 0.4) < 0.06,  # six standard errors
            "after a ReLU many activations are 0 anyway. The mask is drawn, not read off A.",
            got=f"with A all 0, {100 * share:.0f} % of the mask is 0",
            expected="40 %",
        )

    @pytest.mark.parametrize("rate", [0.0, 0.3, 0.8])
    def test_nothing_happens_when_not_training(self, dropout_forward, rate):
        A = np.random.default_rng(9).normal(size=(4, 5))
        got = dropped_and_mask(dropout_forward(A, rate, np.random.default_rng(10), False), A.shape)
        why = "a network in use works with all its neurons, at their own size."
        expect_close(got, (A, np.ones(A.shape)), why=why, parts=("A_dropped", "mask"))

    def test_nothing_happens_at_rate_0(self, dropout_forward):
        A = np.random.default_rng(11).normal(size=(3, 6))
        got = dropped_and_mask(dropout_forward(A, 0.0, np.random.default_rng(12), True), A.shape)
        why = "at rate 0 nothing is dropped, and the mask is all ones."
        expect_close(got, (A, np.ones(A.shape)), why=why, parts=("A_dropped", "mask"))

    def test_all_chance_comes_from_rng(self, dropout_forward):
        A, rng = np.ones((6, 20)), np.random.default_rng(13)
        first, second = (
            dropped_and_mask(dropout_forward(A, 0.5, rng, True), A.shape)[1] for _ in range(2)
        )
        again = dropped_and_mask(dropout_forward(A, 0.5, np.random.default_rng(13), True), A.shape)[
            1
        ]
        expect_close(
            again,
            first,
            why="two generators in the same state give the same mask: draw with the rng that you "
            "are given.",
        )
        expect_that(
            not np.array_equal(first, second),
            "a second call with the same rng draws a new mask: each step drops other neurons.",
            got="the same mask again",
            expected="another mask",
        )

    @mistake(
        "You don't scale what stays. Then the next layer gets less while training than later in "
        "use: divide by 1 - rate."
    )
    def does_not_scale(A, rate, rng, training):
        if not training:
            return A, np.ones(A.shape)
        mask = (rng.random(A.shape) >= rate).astype(float)
        return A * mask, mask

    @mistake(
        "You take `rate` for the share that stays. It is the share that is dropped. (So it was in "
        "the first papers, and so confused many.)"
    )
    def takes_the_rate_for_what_stays(A, rate, rng, training):
        if not training or rate == 0:
            return A, np.ones(A.shape)
        mask = (rng.random(A.shape) < rate) / rate
        return A * mask, mask

    @mistake("You divide by `rate`. What stays is the share 1 - rate: divide by that.")
    def divides_by_the_rate(A, rate, rng, training):
        if not training or rate == 0:
            return A, np.ones(A.shape)
        mask = (rng.random(A.shape) >= rate) / rate
        return A * mask, mask

    @mistake(
        "You multiply what stays by 1 - rate. That makes it smaller still: divide, so that "
        "the mean is kept."
    )
    def multiplies_instead(A, rate, rng, training):
        if not training:
            return A, np.ones(A.shape)
        mask = (rng.random(A.shape) >= rate) * (1 - rate)
        return A * mask, mask

    @mistake(
        "Your mask is only zeros and ones, though you scale the activations. The way back needs "
        "the same factor: put the scale into the mask."
    )
    def leaves_the_scale_out_of_the_mask(A, rate, rng, training):
        if not training:
            return A, np.ones(A.shape)
        mask = (rng.random(A.shape) >= rate).astype(float)
        return A * mask / (1 - rate), mask

    @mistake(
        "You drop neurons when not training, too. A network in use should give its best answer, "
        "and the same one each time: look at `training`."
    )
    def drops_always(A, rate, rng, training):
        mask = (rng.random(A.shape) >= rate) / (1 - rate)
        return A * mask, mask

    @mistake(
        "You scale when not training. With inverted dropout the scaling is done while training, "
        "and later nothing is left to do."
    )
    def scales_in_use(A, rate, rng, training):
        if not training:
            return A * (1 - rate), np.full(A.shape, 1 - rate)
        mask = (rng.random(A.shape) >= rate) / (1 - rate)
        return A * mask, mask

    @mistake(
        "You draw one mask for all examples of the batch. Each example gets its own: draw in A's "
        "whole shape."
    )
    def one_mask_for_all_examples(A, rate, rng, training):
        if not training:
            return A, np.ones(A.shape)
        mask = np.ones(A.shape) * (rng.random(A.shape[1]) >= rate) / (1 - rate)
        return A * mask, mask

    @mistake("You drop whole examples. Dropout switches off neurons: one draw for each entry of A.")
    def drops_whole_examples(A, rate, rng, training):
        if not training:
            return A, np.ones(A.shape)
        mask = np.ones(A.shape) * (rng.random((len(A), 1)) >= rate) / (1 - rate)
        return A * mask, mask

    @mistake(
        "You leave the given rng aside, so every call drops the very same neurons. Draw with it."
    )
    def ignores_the_generator(A, rate, rng, training):
        if not training:
            return A, np.ones(A.shape)
        mask = (np.random.default_rng(0).random(A.shape) >= rate) / (1 - rate)
        return A * mask, mask

    @mistake(
        "You read the mask off the result. An activation may be 0 anyway, after a ReLU: that is "
        "not the mask's doing. Draw the mask first, and return it as it was drawn."
    )
    def reads_the_mask_off(A, rate, rng, training):
        if not training or rate == 0:
            return A, np.ones(A.shape)
        A_dropped = np.where(rng.random(A.shape) >= rate, A / (1 - rate), 0.0)
        return A_dropped, np.where(A_dropped != 0, 1 / (1 - rate), 0.0)

    @mistake(
        "You switch activations off where their own size is small. Chance decides in dropout, and "
        "knows nothing of the sizes."
    )
    def drops_the_small_ones(A, rate, rng, training):
        if not training or rate == 0:
            return A, np.ones(A.shape)
        mask = (np.abs(A) > np.quantile(np.abs(A), rate)) / (1 - rate)
        return A * mask, mask

    @mistake(
        "You keep the neurons whose random number is below `rate`, so this share stays. It is the "
        "share to switch off: turn the comparison round."
    )
    def turns_the_comparison_round(A, rate, rng, training):
        if not training or rate == 0:
            return A, np.ones(A.shape)
        mask = (rng.random(A.shape) < rate) / (1 - rate)
        return A * mask, mask

    @mistake(
        "You multiply by 1 - rate when not training. That belongs to an older form of dropout, "
        "which did not scale while training. Yours has scaled already: return A as it is."
    )
    def scales_in_use_too(A, rate, rng, training):
        if not training:
            return A * (1 - rate), np.ones(A.shape)
        mask = (rng.random(A.shape) >= rate) / (1 - rate)
        return A * mask, mask

    @mistake(
        "That is the older form of dropout: 0 and 1 while training, and all scaled by 1 - rate "
        "later, in use. Inverted dropout scales while training, and does nothing later."
    )
    def the_older_form(A, rate, rng, training):
        if not training:
            return A * (1 - rate), np.ones(A.shape)
        mask = (rng.random(A.shape) >= rate).astype(float)
        return A * mask, mask

    @mistake("You scale twice. The mask holds the scale already, so A times the mask is enough.")
    def scales_twice(A, rate, rng, training):
        if not training:
            return A, np.ones(A.shape)
        mask = (rng.random(A.shape) >= rate) / (1 - rate)
        return A * mask / (1 - rate), mask

    @mistake(
        "You drop in use, and not while learning: look again at what `training` means when it is "
        "True."
    )
    def drops_in_use_only(A, rate, rng, training):
        if training:
            return A, np.ones(A.shape)
        mask = (rng.random(A.shape) >= rate) / (1 - rate)
        return A * mask, mask

    @mistake(
        "You compare the activations themselves with `rate`. Chance decides what stays: compare "
        "random numbers with it, one for each entry."
    )
    def compares_the_activations(A, rate, rng, training):
        if not training or rate == 0:
            return A, np.ones(A.shape)
        mask = (A >= rate) / (1 - rate)
        return A * mask, mask

    @mistake("You scale, but nothing is ever switched off: the mask needs its zeros, too.")
    def switches_nothing_off(A, rate, rng, training):
        if not training or rate == 0:
            return A, np.ones(A.shape)
        mask = np.full(A.shape, 1 / (1 - rate))
        return A * mask, mask

    @mistake(
        "You draw a single number, so all neurons stay or all go. Draw one for each entry: "
        "rng.random takes a shape."
    )
    def draws_one_number(A, rate, rng, training):
        if not training:
            return A, np.ones(A.shape)
        mask = np.ones(A.shape) * (rng.random() >= rate) / (1 - rate)
        return A * mask, mask

    @mistake(
        "Your mask is a single row, so all examples lose the same neurons. Draw in A's whole shape."
    )
    def draws_a_single_row(A, rate, rng, training):
        if not training or rate == 0:
            return A, np.ones(A.shape)
        mask = (rng.random(A.shape[1]) >= rate) / (1 - rate)
        return A * mask, mask

    @mistake(
        "You drop one half whatever the rate is. Compare the random numbers with `rate`; don't "
        "round them."
    )
    def drops_one_half(A, rate, rng, training):
        if not training or rate == 0:
            return A, np.ones(A.shape)
        mask = (rng.random(A.shape) >= 0.5) / (1 - rate)
        return A * mask, mask

    @mistake(
        "You draw from a normal distribution, whose numbers lie around 0 and are not all equally "
        "likely. rng.random draws between 0 and 1."
    )
    def draws_normal_numbers(A, rate, rng, training):
        if not training or rate == 0:
            return A, np.ones(A.shape)
        mask = (rng.normal(size=A.shape) >= rate) / (1 - rate)
        return A * mask, mask

    @mistake(
        "When not training your mask is all zeros, as if everything were off. Nothing is dropped "
        "then, and a factor that changes nothing is 1."
    )
    def a_mask_of_zeros_in_use(A, rate, rng, training):
        if not training:
            return A, np.zeros(A.shape)
        mask = (rng.random(A.shape) >= rate) / (1 - rate)
        return A * mask, mask

    @mistake(
        "You drop the same number of neurons in every row. Each entry should have a chance of its "
        "own, so that one row may lose more than another."
    )
    def drops_a_fixed_number(A, rate, rng, training):
        mask = np.ones(A.shape)
        if training and rate > 0:
            mask = np.full(A.shape, 1 / (1 - rate))
            for row in mask:
                row[rng.permutation(len(row))[: round(rate * len(row))]] = 0
        return A * mask, mask

    @also_right
    def by_coin_flips(A, rate, rng, training):
        keep = 1 - rate if training else 1.0
        mask = rng.binomial(1, keep, size=np.shape(A)) / keep
        return np.multiply(A, mask), mask

    @also_right
    def entry_by_entry(A, rate, rng, training):
        A_dropped, mask = np.array(A), np.ones(A.shape)
        if training:
            for index in np.ndindex(A.shape):
                mask[index] = 0 if rng.uniform() < rate else 1 / (1 - rate)
                A_dropped[index] = A[index] * mask[index]
        return A_dropped, mask

    @also_right
    def by_choice(A, rate, rng, training):
        if not training:
            return A, np.ones_like(A)
        mask = rng.choice([0.0, 1 / (1 - rate)], p=[rate, 1 - rate], size=A.shape)
        return A * mask, mask


@exercise(
    "dropout_backward",
    points=1,
    minutes=3,
    difficulty=1,
    built="The way back through dropout: who was silent learns nothing.",
)
class TestDropoutBackward:
    def test_a_row_by_hand(self, dropout_backward):
        got = dropout_backward(np.array([[3.0, 3.0, -1.0]]), np.array([[2.0, 0.0, 2.0]]))
        why = "what was doubled on the way passes back twice the gradient; what was off, none."
        expect_close(got, np.array([[6.0, 0.0, -2.0]]), why=why)

    @pytest.mark.parametrize(("shape", "rate"), [((4, 3), 0.5), ((2, 7), 0.2), ((5, 2), 0.8)])
    def test_it_is_the_slope_of_what_was_done(self, dropout_backward, shape, rate):
        rng = np.random.default_rng(shape[1])
        mask = (rng.random(shape) >= rate) / (1 - rate)
        A, dA, step = rng.normal(size=shape), rng.normal(size=shape), 1e-5

        def loss(activations):  # any loss whose gradient with respect to A · mask is dA
            return np.sum(dA * (activations * mask))

        expected = np.zeros(shape)
        for index in np.ndindex(shape):
            nudge = np.zeros(shape)
            nudge[index] = step
            expected[index] = (loss(A + nudge) - loss(A - nudge)) / (2 * step)
        why = "A was multiplied by the mask, entry by entry, so that is the slope."
        expect_close(dropout_backward(dA, mask), expected, why=why, rtol=1e-6)

    def test_without_dropout_the_gradient_passes_whole(self, dropout_backward):
        dA = np.random.default_rng(0).normal(size=(3, 4))
        why = "a mask of ones changes nothing."
        expect_close(dropout_backward(dA, np.ones((3, 4))), dA, why=why)

    @mistake(
        "You only ask where the mask is not 0, and lose its scale. What was scaled up on the way "
        "there is scaled up on the way back."
    )
    def loses_the_scale(dA, mask):
        return dA * (mask > 0)

    @mistake("You hand the gradient back unchanged: a neuron that was off has no slope.")
    def passes_everything(dA, mask):
        return dA

    @mistake("You return the mask. The chain rule multiplies it by what arrives, dA.")
    def returns_the_mask(dA, mask):
        return mask

    @mistake("You let the gradient through where the neuron was off, and block it where it was on.")
    def the_wrong_way_round(dA, mask):
        return dA * (mask == 0)

    @mistake(
        "You divide by the scale. On the way there the mask multiplied, and so does its slope."
    )
    def divides(dA, mask):
        return np.where(mask > 0, dA / np.where(mask > 0, mask, 1), 0.0)

    @mistake(
        "You multiply matrices. Here every entry is multiplied by its own entry: `*`, not `@`."
    )
    def multiplies_matrices(dA, mask):
        return dA @ mask.T

    @mistake(
        "You divide by the mask, and where it is 0 that makes infinity. On the way there the mask "
        "multiplied, so its slope is the mask itself: multiply."
    )
    def divides_by_zero_too(dA, mask):
        return dA / mask

    @mistake("You use the mask twice. Each activation went through it once: one factor.")
    def uses_the_mask_twice(dA, mask):
        return dA * mask * mask

    @also_right
    def by_where(dA, mask):
        return np.where(mask == 0, 0, dA * mask)

    @also_right
    def by_einsum(dA, mask):
        return np.einsum("nk,nk->nk", dA, mask)


# ----------------------------------------------------------------------- early stopping


def watch(EarlyStopping, losses, patience, min_delta=0.0, first_epoch=0):
    """Hand losses to `update`, one an epoch, up to the first True; returns all that can be seen."""
    return EarlyStopping.drive(
        """
        stopping = EarlyStopping(patience, min_delta)
        stopped_after = 0
        for place, loss in enumerate(losses):
            if stopping.update(first_epoch + place, loss):
                stopped_after = place + 1
                break
        return stopped_after, stopping.best_epoch, stopping.best_loss
        """,
        losses=losses,
        patience=patience,
        min_delta=min_delta,
        first_epoch=first_epoch,
    )


PARTS = ("stopped after how many losses (0 is never)", "best_epoch", "best_loss")


@exercise(
    "EarlyStopping",
    points=3,
    minutes=10,
    difficulty=2,
    built="A watchman who knows when the best is over, and when it was.",
)
class TestEarlyStopping:
    def test_answers_true_when_it_is_time_and_false_before(self, EarlyStopping):
        got = EarlyStopping.drive("""
            stopping = EarlyStopping(2, 0.0)
            return [stopping.update(0, 0.9), stopping.update(1, 0.5),
                    stopping.update(2, 0.6), stopping.update(3, 0.7)]
        """)
        expect_that(
            isinstance(got, list) and all(answer is not None for answer in got),
            "`update` answers after every epoch: True when it is time to stop, False before.",
            got=got,
            expected="[False, False, False, True]",
        )
        why = "0.5 is the best; 0.6 and 0.7 are two epochs in a row without an improvement."
        expect_close(got, [False, False, False, True], why=why)

    def test_stops_after_patience_epochs_without_improvement(self, EarlyStopping):
        got = watch(EarlyStopping, [0.9, 0.5, 0.6, 0.7, 0.8], patience=2)
        why = "0.5, the second loss, is the best; the fourth is the second in a row above it."
        expect_close(got, (4, 1, 0.5), why=why, parts=PARTS)

    def test_a_patience_of_one_stops_at_once(self, EarlyStopping):
        got = watch(EarlyStopping, [3.0, 2.0, 2.5, 1.0], patience=1)
        expect_close(got, (3, 1, 2.0), why="one epoch is enough.", parts=PARTS)

    def test_a_falling_loss_never_stops(self, EarlyStopping):
        losses = [1.0 / (1 + epoch) for epoch in range(12)]
        got = watch(EarlyStopping, losses, patience=1)
        expect_close(got, (0, 11, 1 / 12), why="every epoch is a new best.", parts=PARTS)

    def test_every_improvement_renews_the_patience(self, EarlyStopping):
        losses = [1.0, 1.1, 1.2, 0.9, 1.3, 1.4, 0.8, 1.5, 1.6, 1.7]
        got = watch(EarlyStopping, losses, patience=3)
        why = "epochs without an improvement count only in a row: a new best starts anew."
        expect_close(got, (10, 6, 0.8), why=why, parts=PARTS)

    def test_better_than_the_last_is_not_better_than_the_best(self, EarlyStopping):
        got = watch(EarlyStopping, [1.0, 3.0, 2.5, 2.0, 1.5, 1.2], patience=4)
        why = "after 1.0 the loss jumps to 3.0, and falls again, but never below 1.0."
        expect_close(got, (5, 0, 1.0), why=why, parts=PARTS)

    def test_an_equal_loss_is_no_improvement(self, EarlyStopping):
        got = watch(EarlyStopping, [0.5, 0.5, 0.5, 0.5], patience=2)
        why = "an improvement is lower by more than min_delta, and 0 is not more than 0."
        expect_close(got, (3, 0, 0.5), why=why, parts=PARTS)

    def test_small_improvements_do_not_count(self, EarlyStopping):
        # powers of two, so that the differences are exact
        got = watch(EarlyStopping, [1.0, 0.75, 0.875, 0.8125], patience=3, min_delta=0.25)
        why = "0.75 is lower by exactly min_delta, not by more; so the best stays where it was."
        expect_close(got, (4, 0, 1.0), why=why, parts=PARTS)

    def test_small_steps_add_up_to_an_improvement(self, EarlyStopping):
        losses = [1.0, 0.9375, 0.875, 0.8125, 0.6875]
        got = watch(EarlyStopping, losses, patience=4, min_delta=0.125)
        why = (
            "each loss is held against the best one, 1.0, which has not moved: 0.8125 is the first "
            "that is lower by more than 0.125. And 0.6875 is lower than that by exactly 0.125."
        )
        expect_close(got, (0, 3, 0.8125), why=why, parts=PARTS)

    @pytest.mark.parametrize("losses", [[1e12, 1e11, 2e11], [-3.0, -5.0, -4.0]])
    def test_the_first_loss_is_always_an_improvement(self, EarlyStopping, losses):
        got = watch(EarlyStopping, losses, patience=1)
        why = "a loss may have any size and sign: the first is the best so far, whatever it is."
        expect_close(got, (3, 1, losses[1]), why=why, parts=PARTS)

    def test_epochs_may_count_from_anywhere(self, EarlyStopping):
        got = watch(EarlyStopping, [0.9, 0.5, 0.6, 0.7, 0.8], patience=2, first_epoch=10)
        expect_close(
            got, (4, 11, 0.5), why="best_epoch is the epoch that update was told.", parts=PARTS
        )

    def test_two_watchmen_do_not_share_what_they_saw(self, EarlyStopping):
        got = EarlyStopping.drive("""
            one, other = EarlyStopping(2, 0.0), EarlyStopping(1, 0.0)
            one.update(0, 1.0)
            other.update(0, 5.0)
            answers = [one.update(1, 2.0), other.update(1, 6.0)]
            return answers, (one.best_loss, other.best_loss)
        """)
        why = "each has its own best loss and its own patience."
        expect_close(got, ([False, True], (1.0, 5.0)), why=why, parts=("answers", "best losses"))

    @mistake(
        "You compare with the loss of the epoch before. A loss may creep down for long and still "
        "be worse than the best: compare with the best."
    )
    @changed(EarlyStopping)
    class ComparesWithTheLast:
        def __init__(self, patience, min_delta):
            self.patience, self.min_delta = patience, min_delta
            self.best_epoch, self.best_loss = None, math.inf
            self.last, self.waited = math.inf, 0

        def update(self, epoch, loss):
            if loss < self.best_loss - self.min_delta:
                self.best_epoch, self.best_loss = epoch, loss
            self.waited = 0 if loss < self.last - self.min_delta else self.waited + 1
            self.last = loss
            return self.waited >= self.patience

    @mistake(
        "You count all epochs without an improvement, ever. Only those in a row count: an "
        "improvement sets the count back to 0."
    )
    @changed(EarlyStopping)
    class NeverStartsAnew:
        def update(self, epoch, loss):
            if loss < self.best_loss - self.min_delta:
                self.best_epoch, self.best_loss = epoch, loss
            else:
                self.waited += 1
            return self.waited >= self.patience

    @mistake(
        "You stop one epoch too late: it is time when `patience` epochs have passed, not when "
        "more have."
    )
    @changed(EarlyStopping)
    class WaitsOneMore:
        def update(self, epoch, loss):
            if loss < self.best_loss - self.min_delta:
                self.best_epoch, self.best_loss, self.waited = epoch, loss, 0
            else:
                self.waited += 1
            return self.waited > self.patience

    @mistake("You never look at `min_delta`: an improvement has to be larger than that.")
    @changed(EarlyStopping)
    class IgnoresMinDelta:
        def update(self, epoch, loss):
            if loss < self.best_loss:
                self.best_epoch, self.best_loss, self.waited = epoch, loss, 0
            else:
                self.waited += 1
            return self.waited >= self.patience

    @mistake(
        "Your best moves with every lower loss, also where that is no improvement by more than "
        "min_delta. Then a loss that creeps down in tiny steps never counts: leave the best where "
        "it is until the improvement is large enough."
    )
    @changed(EarlyStopping)
    class MovesTheBestTooEasily:
        def update(self, epoch, loss):
            self.waited = 0 if loss < self.best_loss - self.min_delta else self.waited + 1
            if loss < self.best_loss:
                self.best_epoch, self.best_loss = epoch, loss
            return self.waited >= self.patience

    @mistake(
        "You take a loss that is lower by exactly `min_delta`, or one as low as the best, for an "
        "improvement. It has to be lower by more: `<`, not `<=`."
    )
    @changed(EarlyStopping)
    class TakesEqualForBetter:
        def update(self, epoch, loss):
            if loss <= self.best_loss - self.min_delta:
                self.best_epoch, self.best_loss, self.waited = epoch, loss, 0
            else:
                self.waited += 1
            return self.waited >= self.patience

    @mistake(
        "You add `min_delta` where it should be subtracted, so a loss slightly worse than the best "
        "counts as an improvement."
    )
    @changed(EarlyStopping)
    class AddsMinDelta:
        def update(self, epoch, loss):
            if loss < self.best_loss + self.min_delta:
                self.best_epoch, self.best_loss, self.waited = epoch, loss, 0
            else:
                self.waited += 1
            return self.waited >= self.patience

    @mistake("You look for the largest loss. A loss is better when it is lower.")
    class LooksForTheLargest:
        def __init__(self, patience, min_delta):
            self.patience, self.min_delta = patience, min_delta
            self.best_epoch, self.best_loss, self.waited = None, -math.inf, 0

        def update(self, epoch, loss):
            if loss > self.best_loss + self.min_delta:
                self.best_epoch, self.best_loss, self.waited = epoch, loss, 0
            else:
                self.waited += 1
            return self.waited >= self.patience

    @mistake(
        "Your best loss starts at a number that a first loss may be above, so that loss is not "
        "taken. Start at infinity: math.inf is larger than any number."
    )
    @changed(EarlyStopping)
    class StartsTooLow:
        def __init__(self, patience, min_delta):
            self.patience, self.min_delta = patience, min_delta
            self.best_epoch, self.best_loss, self.waited = 0, 1000.0, 0

    @mistake(
        "You set `best_epoch` in every epoch. It moves only with an improvement: its weights are "
        "the ones to go back to."
    )
    @changed(EarlyStopping)
    class KeepsTheLastEpoch:
        def update(self, epoch, loss):
            self.best_epoch = epoch
            if loss < self.best_loss - self.min_delta:
                self.best_loss, self.waited = loss, 0
            else:
                self.waited += 1
            return self.waited >= self.patience

    @mistake(
        "You answer the other way round: True means that it is time to stop, and not that "
        "training should go on."
    )
    @changed(EarlyStopping)
    class AnswersTheWrongWayRound:
        def update(self, epoch, loss):
            if loss < self.best_loss - self.min_delta:
                self.best_epoch, self.best_loss, self.waited = epoch, loss, 0
            else:
                self.waited += 1
            return self.waited < self.patience

    @mistake(
        "You keep the loss of every epoch as the best one, so you compare with the epoch before. A "
        "loss may fall for long and still be worse than the best: leave the best alone unless the "
        "new loss improves on it."
    )
    @changed(EarlyStopping)
    class TakesEachLossForTheBest:
        def update(self, epoch, loss):
            if loss < self.best_loss - self.min_delta:
                self.best_epoch, self.waited = epoch, 0
            else:
                self.waited += 1
            self.best_loss = loss
            return self.waited >= self.patience

    @mistake(
        "You set `best_epoch` and `best_loss` in every epoch. They move only with an improvement."
    )
    @changed(EarlyStopping)
    class KeepsTheLastOfBoth:
        def update(self, epoch, loss):
            self.waited = 0 if loss < self.best_loss - self.min_delta else self.waited + 1
            self.best_epoch, self.best_loss = epoch, loss
            return self.waited >= self.patience

    @mistake(
        "You take a loss below the one before for a new best. It has to be below the best of all "
        "epochs so far."
    )
    @changed(EarlyStopping)
    class TakesAFallForABest:
        def __init__(self, patience, min_delta):
            self.patience, self.min_delta = patience, min_delta
            self.best_epoch, self.best_loss = None, math.inf
            self.last, self.waited = math.inf, 0

        def update(self, epoch, loss):
            if loss < self.last - self.min_delta:
                self.best_epoch, self.best_loss, self.waited = epoch, loss, 0
            else:
                self.waited += 1
            self.last = loss
            return self.waited >= self.patience

    @mistake(
        "Your `best_loss` moves with every lower loss, though `best_epoch` does not. Both move "
        "together, and only when the loss is lower by more than `min_delta`."
    )
    @changed(EarlyStopping)
    class MovesTheBestLossAlone:
        def update(self, epoch, loss):
            if loss < self.best_loss - self.min_delta:
                self.best_epoch, self.waited = epoch, 0
            else:
                self.waited += 1
            self.best_loss = min(loss, self.best_loss)
            return self.waited >= self.patience

    @mistake(
        "Your best loss starts at 0, and hardly any loss is below that. Before anything was seen, "
        "any loss is a new best: start at infinity, math.inf."
    )
    @changed(EarlyStopping)
    class StartsAtZero:
        def __init__(self, patience, min_delta):
            self.patience, self.min_delta = patience, min_delta
            self.best_epoch, self.best_loss, self.waited = None, 0.0, 0

    @mistake(
        "You count an epoch as waited even if it brought an improvement. Only the others count."
    )
    @changed(EarlyStopping)
    class CountsImprovementsToo:
        def update(self, epoch, loss):
            if loss < self.best_loss - self.min_delta:
                self.best_epoch, self.best_loss, self.waited = epoch, loss, 0
            self.waited += 1
            return self.waited >= self.patience

    @mistake(
        "You never set `best_epoch`. It goes with `best_loss`: whoever calls wants to know which "
        "epoch's weights were best."
    )
    @changed(EarlyStopping)
    class ForgetsTheEpoch:
        def update(self, epoch, loss):
            if loss < self.best_loss - self.min_delta:
                self.best_loss, self.waited = loss, 0
            else:
                self.waited += 1
            return self.waited >= self.patience

    @mistake("You add 1 to the epoch. `best_epoch` is the number that `update` was told.")
    @changed(EarlyStopping)
    class CountsEpochsFromOne:
        def update(self, epoch, loss):
            if loss < self.best_loss - self.min_delta:
                self.best_epoch, self.best_loss, self.waited = epoch + 1, loss, 0
            else:
                self.waited += 1
            return self.waited >= self.patience

    @mistake(
        "Your True means that the loss has improved. It should mean that it is time to stop: that "
        "the patience has run out."
    )
    @changed(EarlyStopping)
    class TellsOfImprovements:
        def update(self, epoch, loss):
            if loss < self.best_loss - self.min_delta:
                self.best_epoch, self.best_loss, self.waited = epoch, loss, 0
                return True
            self.waited += 1
            return False

    @mistake(
        "You compare the number of the epoch with the patience. What counts is how many epochs "
        "have passed since the best one."
    )
    @changed(EarlyStopping)
    class StopsAtAFixedEpoch:
        def update(self, epoch, loss):
            if loss < self.best_loss - self.min_delta:
                self.best_epoch, self.best_loss = epoch, loss
            return epoch >= self.patience

    @mistake(
        "Before it is time to stop, your `update` returns nothing (None). It should say False then."
    )
    @changed(EarlyStopping)
    class SaysNothingBefore:
        def update(self, epoch, loss):
            if loss < self.best_loss - self.min_delta:
                self.best_epoch, self.best_loss, self.waited = epoch, loss, 0
            else:
                self.waited += 1
            if self.waited >= self.patience:
                return True

    @mistake(
        "You read something from `self` that was never put there. A plain name is forgotten when "
        "its method ends: store in `self.…` what the object is to remember, always under the same "
        "name."
    )
    @changed(EarlyStopping)
    class ForgetsWhatItWasTold:
        def __init__(self, patience, min_delta):
            pass

    @mistake(
        "You use a plain name for what the object remembers. Inside a method it is reached through "
        "`self.`, here as in `__init__`."
    )
    @changed(EarlyStopping)
    class LeavesOutSelf:
        def update(self, epoch, loss):
            if loss < best_loss - self.min_delta:  # noqa: F821
                best_loss = loss  # noqa: F841
            return False

    @mistake(
        "A method knows its own arguments and what stands in `self.…`. The name that the error "
        "tells of is neither: settings that `__init__` was given reach `update` through `self.`."
    )
    @changed(EarlyStopping)
    class ReadsASettingWithoutSelf:
        def update(self, epoch, loss):
            raise NameError("min_delta")  # as `self.best_loss - min_delta` does, without `self.`

    @mistake(
        "Your object has other names for what it found. The training reads `best_epoch` and "
        "`best_loss` from it: call them so."
    )
    class HasOtherNames:
        def __init__(self, patience, min_delta):
            self.patience, self.min_delta = patience, min_delta
            self.epoch, self.loss, self.waited = None, math.inf, 0

        def update(self, epoch, loss):
            if loss < self.loss - self.min_delta:
                self.epoch, self.loss, self.waited = epoch, loss, 0
            else:
                self.waited += 1
            return self.waited >= self.patience

    @also_right
    class KeepsTheWholeHistory:
        def __init__(self, patience, min_delta):
            self.patience, self.min_delta, self.history = patience, min_delta, []

        def update(self, epoch, loss):
            if not self.history or loss < self.best_loss - self.min_delta:
                self.best_epoch, self.best_loss = epoch, loss
            self.history.append((epoch, loss))
            epochs = [epoch for epoch, _ in self.history]
            return len(epochs) - 1 - epochs.index(self.best_epoch) >= self.patience

    @also_right
    class CountsFromTheBestEpoch:
        best_loss = float("inf")
        best_epoch = -1

        def __init__(self, patience, min_delta):
            self.settings = (patience, min_delta)

        def update(self, epoch, loss):
            patience, min_delta = self.settings
            if self.best_loss - loss > min_delta:
                self.best_loss, self.best_epoch = loss, epoch
                return 0
            return epoch - self.best_epoch >= patience


# ------------------------------------------------------------------ which polynomial?


def noisy(function, n, noise, seed):
    """Points of a curve with noise, at random places in [-1, 1]."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, size=n)
    return X, function(X) + rng.normal(0, noise, size=n)


def chebyshev(degree):
    """The curve cos(degree · arccos x): a polynomial of just this degree."""
    return lambda X: np.cos(degree * np.arccos(X))


@exercise(
    "best_degree",
    points=2,
    minutes=8,
    difficulty=2,
    extension=True,
    built="A choice made by examples that had no part in the fit.",
)
class TestBestDegree:
    def test_finds_the_parabola_under_the_noise(self, best_degree):
        X_train = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
        y_train = X_train**2 + np.array([0.1, -0.2, 0.1, 0.1, -0.1])
        X_val = np.array([-0.9, -0.7, -0.3, -0.1, 0.2, 0.3, 0.8])
        y_val = X_val**2 + np.array([0.02, -0.02, 0.01, 0.02, -0.02, 0.01, -0.01])
        got = best_degree(X_train, y_train, X_val, y_val, [0, 1, 2, 3, 4])
        why = "degree 4 runs through all five noisy points, and misses the curve between them."
        expect_close(got, 2, why=why)

    @pytest.mark.parametrize(("degree", "seed"), [(0, 0), (1, 1), (3, 2), (5, 3)])
    def test_finds_the_degree_of_a_curve(self, best_degree, degree, seed):
        X_train, y_train = noisy(chebyshev(degree), 14, 0.3, seed)
        X_val, y_val = noisy(chebyshev(degree), 40, 0.05, 10 + seed)
        got = best_degree(X_train, y_train, X_val, y_val, [degree, degree + 6, degree + 8])
        why = (
            f"the curve has degree {degree}; the higher ones bend to the noise of 14 points, and "
            "the validation points show it."
        )
        expect_close(got, degree, why=why)

    def test_the_validation_set_decides(self, best_degree):
        X = np.linspace(-1, 1, 9)
        bumpy = np.array([1.0, -1, 1, -1, 1, -1, 1, -1, 1])
        why = "degree 8 fits the training set without an error, but the validation set is level."
        got = best_degree(X, bumpy, np.linspace(-0.9, 0.9, 30), np.zeros(30), [8, 1, 4])
        expect_close(got, 1, why=why)

    def test_returns_the_degree_and_not_its_place(self, best_degree):
        X_train, y_train = noisy(lambda X: 3 * X, 30, 0.01, 4)
        X_val, y_val = noisy(lambda X: 3 * X, 20, 0.01, 5)
        got = best_degree(X_train, y_train, X_val, y_val, [20, 0, 1])
        expect_close(got, 1, why="of the degrees 20, 0 and 1, a line is a polynomial of degree 1.")

    def test_the_lowest_degree_wins_a_tie(self, best_degree):
        X_train, X_val = np.linspace(-1, 1, 8), np.linspace(-0.8, 0.8, 5)
        got = best_degree(X_train, np.zeros(8), X_val, np.zeros(5), [4, 2, 6, 3])
        why = "all targets are 0, so all four fits are perfect: then the simplest will do."
        expect_close(got, 2, why=why)

    def test_high_degrees_are_fitted_well(self, best_degree):
        X_train, y_train = noisy(chebyshev(15), 80, 0.05, 6)
        X_val = np.linspace(-0.97, 0.97, 60)
        got = best_degree(X_train, y_train, X_val, chebyshev(15)(X_val), [2, 6, 10, 13, 15])
        expect_close(got, 15, why="this curve turns 14 times: nothing below degree 15 follows it.")

    @mistake(
        "You choose by the training error. That one always favours the highest degree. Fit to the "
        "training set, but measure on the validation set."
    )
    def chooses_by_the_training_error(X_train, y_train, X_val, y_val, degrees):
        errors = {}
        for degree in sorted(degrees):
            curve = np.polynomial.Polynomial.fit(X_train, y_train, degree)
            errors[degree] = mean_squared_error(curve(X_train), y_train)
        return min(errors, key=errors.get)

    @mistake(
        "You return the place of the best degree in the list. Asked for is the degree that stands "
        "there."
    )
    def returns_the_place(X_train, y_train, X_val, y_val, degrees):
        errors = []
        for degree in degrees:
            curve = np.polynomial.Polynomial.fit(X_train, y_train, degree)
            errors.append(mean_squared_error(curve(X_val), y_val))
        return int(np.argmin(errors))

    @mistake("You return the lowest error. Asked for is the degree that has it.")
    def returns_the_error(X_train, y_train, X_val, y_val, degrees):
        errors = []
        for degree in degrees:
            curve = np.polynomial.Polynomial.fit(X_train, y_train, degree)
            errors.append(mean_squared_error(curve(X_val), y_val))
        return min(errors)

    @mistake(
        "You fit to the validation set. Then it is a training set, and nobody is left to judge: "
        "fit to the training set only."
    )
    def fits_to_the_validation_set(X_train, y_train, X_val, y_val, degrees):
        errors = {}
        for degree in sorted(degrees):
            columns = np.polynomial.legendre.legvander(X_val, degree)
            weights = np.linalg.lstsq(columns, y_val, rcond=None)[0]
            errors[degree] = mean_squared_error(columns @ weights, y_val)
        return min(errors, key=errors.get)

    @mistake(
        "In a tie you return whichever degree comes first in the list. It should be the lowest: "
        "sort the degrees first."
    )
    def takes_the_first_of_equals(X_train, y_train, X_val, y_val, degrees):
        errors = []
        for degree in degrees:
            curve = np.polynomial.Polynomial.fit(X_train, y_train, degree)
            errors.append(mean_squared_error(curve(X_val), y_val))
        return degrees[int(np.argmin(errors))]

    @mistake(
        "In a tie you keep the highest degree. If two do equally well, the simpler one is the "
        "better bet: replace the best only by a lower error."
    )
    def takes_the_highest_of_equals(X_train, y_train, X_val, y_val, degrees):
        best, best_error = None, np.inf
        for degree in sorted(degrees):
            curve = np.polynomial.Polynomial.fit(X_train, y_train, degree)
            error = mean_squared_error(curve(X_val), y_val)
            if error <= best_error:
                best, best_error = degree, error
        return best

    @mistake("You return the degree with the largest validation error. The lowest is asked for.")
    def takes_the_worst(X_train, y_train, X_val, y_val, degrees):
        errors = {}
        for degree in sorted(degrees):
            curve = np.polynomial.Polynomial.fit(X_train, y_train, degree)
            errors[degree] = mean_squared_error(curve(X_val), y_val)
        return max(errors, key=errors.get)

    @mistake(
        "Your polynomials are one degree too low: degree d has d + 1 coefficients, since the "
        "constant counts, too."
    )
    def counts_the_columns(X_train, y_train, X_val, y_val, degrees):
        errors = {}
        for degree in sorted(degrees):
            columns = np.polynomial.legendre.legvander(X_train, max(degree - 1, 0))
            weights = np.linalg.lstsq(columns, y_train, rcond=None)[0]
            y_hat = np.polynomial.legendre.legvander(X_val, max(degree - 1, 0)) @ weights
            errors[degree] = mean_squared_error(y_hat, y_val)
        return min(errors, key=errors.get)

    @mistake(
        "You fit to both sets together. Then the validation examples had a part in the fit, and "
        "can't judge it any more."
    )
    def fits_to_both(X_train, y_train, X_val, y_val, degrees):
        X, y = np.concatenate([X_train, X_val]), np.concatenate([y_train, y_val])
        errors = {}
        for degree in sorted(degrees):
            curve = np.polynomial.Polynomial.fit(X, y, degree)
            errors[degree] = mean_squared_error(curve(X_val), y_val)
        return min(errors, key=errors.get)

    @mistake(
        "You keep the degree, but not its error. Then every degree beats the error you began with, "
        "and the last one stays: keep both."
    )
    def forgets_the_best_error(X_train, y_train, X_val, y_val, degrees):
        best, best_error = None, math.inf
        for degree in sorted(degrees):
            curve = np.polynomial.Polynomial.fit(X_train, y_train, degree)
            if mean_squared_error(curve(X_val), y_val) < best_error:
                best = degree
        return best

    @mistake(
        "None comes back: your return is missing, or no degree was ever taken. The latter happens "
        "when the lowest error so far starts at 0, since no error is below that. Start at infinity."
    )
    def starts_with_an_error_of_0(X_train, y_train, X_val, y_val, degrees):
        best, best_error = None, 0.0
        for degree in sorted(degrees):
            curve = np.polynomial.Polynomial.fit(X_train, y_train, degree)
            error = mean_squared_error(curve(X_val), y_val)
            if error < best_error:
                best, best_error = degree, error
        return best

    @mistake(
        "You stop at the first degree that does no better than the one before. A later one may do "
        "better still: try them all."
    )
    def stops_at_the_first_rise(X_train, y_train, X_val, y_val, degrees):
        best, best_error = None, math.inf
        for degree in sorted(degrees):
            curve = np.polynomial.Polynomial.fit(X_train, y_train, degree)
            error = mean_squared_error(curve(X_val), y_val)
            if error >= best_error:
                break
            best, best_error = degree, error
        return best

    @mistake(
        "Your return stands inside the loop, so only the lowest degree is ever tried. Return after "
        "the loop."
    )
    def tries_only_one(X_train, y_train, X_val, y_val, degrees):
        return min(degrees)

    @mistake(
        "You have exchanged the sets: you fit to the validation set, and measure on the training "
        "set."
    )
    def exchanges_the_sets(X_train, y_train, X_val, y_val, degrees):
        errors = {}
        for degree in sorted(degrees):
            curve = np.polynomial.Polynomial.fit(X_val, y_val, degree)
            errors[degree] = mean_squared_error(curve(X_train), y_train)
        return min(errors, key=errors.get)

    @mistake(
        "You take the degree at which the two errors are closest. A model that underfits has them "
        "close as well, and both high. Look at the validation error alone."
    )
    def takes_the_smallest_gap(X_train, y_train, X_val, y_val, degrees):
        gaps = {}
        for degree in sorted(degrees):
            curve = np.polynomial.Polynomial.fit(X_train, y_train, degree)
            error = mean_squared_error(curve(X_train), y_train)
            gaps[degree] = abs(mean_squared_error(curve(X_val), y_val) - error)
        return min(gaps, key=gaps.get)

    @mistake(
        "You try the degrees 0, 1, 2 and so on, as many as the list is long. Try those that stand "
        "in the list."
    )
    def tries_the_places(X_train, y_train, X_val, y_val, degrees):
        errors = []
        for degree in range(len(degrees)):
            curve = np.polynomial.Polynomial.fit(X_train, y_train, degree)
            errors.append(mean_squared_error(curve(X_val), y_val))
        return int(np.argmin(errors))

    @mistake(
        "You return the place of the best degree among the sorted ones. Asked for is the degree "
        "itself."
    )
    def returns_the_place_after_sorting(X_train, y_train, X_val, y_val, degrees):
        errors = []
        for degree in sorted(degrees):
            curve = np.polynomial.Polynomial.fit(X_train, y_train, degree)
            errors.append(mean_squared_error(curve(X_val), y_val))
        return int(np.argmin(errors))

    @also_right
    def by_polyfit(X_train, y_train, X_val, y_val, degrees):
        def error(degree):
            return np.mean((np.polyval(np.polyfit(X_train, y_train, degree), X_val) - y_val) ** 2)

        return min(sorted(degrees), key=error)

    @also_right
    def with_powers(X_train, y_train, X_val, y_val, degrees):
        best = (math.inf, 0)
        for degree in degrees:
            columns = np.vander(X_train, degree + 1)
            weights = np.linalg.lstsq(columns, y_train, rcond=None)[0]
            squares = (np.vander(X_val, degree + 1) @ weights - y_val) ** 2
            best = min(best, (float(np.mean(squares)), degree))
        return best[1]

    @also_right
    def with_chebyshev_and_a_sum(X_train, y_train, X_val, y_val, degrees):
        totals = []
        for degree in degrees:
            series = np.polynomial.Chebyshev.fit(X_train, y_train, degree, domain=[-1, 1])
            totals.append((np.linalg.norm(series(X_val) - y_val), degree))
        return np.int64(sorted(totals)[0][1])
