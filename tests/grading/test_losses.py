"""What a learner's answers in lesson 04 must do."""

import math

import numpy as np
import pytest

from utils.activations import sigmoid, softmax
from utils.checking.exercise import also_right, exercise, mistake
from utils.checking.expect import (
    expect_close,
    expect_finite,
    expect_gradient,
    expect_that,
    no_warnings,
)
from utils.losses import bce_with_logits, cross_entropy, mean_squared_error


def in_words(shape):
    """A shape for a test's name, on the card: `3 by 4`."""
    return " by ".join(str(length) for length in shape) or "a single number"


# ------------------------------------------------------------------- losses of numbers


@exercise(
    "mean_squared_error",
    points=2,
    minutes=5,
    difficulty=1,
    built="One number for how wrong all predictions are together: a loss to make small.",
)
class TestMeanSquaredError:
    def test_two_errors_worked_out_by_hand(self, mean_squared_error):
        got = mean_squared_error(np.array([2.0, 3.0]), np.array([1.0, 5.0]))
        expect_close(got, 2.5, why="the errors are 1 and -2, their squares 1 and 4, the mean 2.5.")

    def test_perfect_predictions_cost_nothing(self, mean_squared_error):
        y = np.array([3.0, -1.0, 0.5])
        expect_close(mean_squared_error(y, y.copy()), 0.0, why="every error is 0.")

    def test_errors_up_and_down_do_not_cancel(self, mean_squared_error):
        got = mean_squared_error(np.array([3.0, -3.0, 3.0, -3.0]), np.zeros(4))
        expect_close(got, 9.0, why="a square is never negative: each of the four costs 9.")

    def test_twice_the_error_costs_four_times_as_much(self, mean_squared_error):
        for size, cost in ((1.0, 1.0), (2.0, 4.0), (4.0, 16.0)):
            got = mean_squared_error(np.full(3, size), np.zeros(3))
            expect_close(got, cost, why="errors are squared, and all three are alike.")

    def test_is_a_mean_over_examples(self, mean_squared_error):
        y_hat, y = np.array([2.0, 3.0, 7.0]), np.array([1.0, 5.0, 7.5])
        got = mean_squared_error(np.tile(y_hat, 4), np.tile(y, 4))
        why = "the same three examples four times over: a mean stays what it was, 5.25 / 3."
        expect_close(got, 1.75, why=why)

    def test_takes_the_mean_over_all_entries_of_a_table(self, mean_squared_error):
        y_hat, y = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.zeros((2, 3))
        got = mean_squared_error(y_hat, y)
        why = "the squares 1, 4, 9, 16, 25, 36 sum to 91, and there are 6 entries."
        expect_close(got, 91 / 6, why=why)

    @pytest.mark.parametrize("seed", range(3))
    def test_follows_the_formula(self, mean_squared_error, seed):
        rng = np.random.default_rng(seed)
        y_hat, y = rng.normal(size=7 + seed), rng.normal(size=7 + seed)
        expected = math.fsum((p - t) ** 2 for p, t in zip(y_hat, y, strict=True)) / len(y)
        expect_close(mean_squared_error(y_hat, y), expected, why="L = mean( (y_hat - y)^2 ).")

    @mistake(
        "You add the squares up and don't divide: with more examples yours grows, although the "
        "predictions are no worse. A mean divides by how many there are."
    )
    def adds_up(y_hat, y):
        return np.sum((y_hat - y) ** 2)

    @mistake("You take the mean of the plain errors: those above and below cancel. Square first.")
    def forgets_the_square(y_hat, y):
        return np.mean(y_hat - y)

    @mistake(
        "You square the mean error. That is one step too late: errors above and below have "
        "cancelled by then. Square each error, then take the mean."
    )
    def squares_the_mean(y_hat, y):
        return np.mean(y_hat - y) ** 2

    @mistake("This is the mean absolute error. Here each error is squared.")
    def takes_absolute_errors(y_hat, y):
        return np.mean(np.abs(y_hat - y))

    @mistake(
        "You take a square root at the end. That is another measure, the root mean squared "
        "error. Here the mean of the squares is asked for as it is."
    )
    def takes_the_root(y_hat, y):
        return np.sqrt(np.mean((y_hat - y) ** 2))

    @mistake(
        "You halve the mean. Some books do so, because it makes the slope look simpler; here it "
        "is the plain mean."
    )
    def halves(y_hat, y):
        return np.mean((y_hat - y) ** 2) / 2

    @mistake(
        "You divide by the number of rows. For a table the mean goes over all entries, rows "
        "times columns."
    )
    def divides_by_the_rows(y_hat, y):
        return np.sum((y_hat - y) ** 2) / len(y)

    @mistake(
        "You return one square for each prediction. A loss is a single number: take the mean of "
        "them."
    )
    def forgets_the_mean(y_hat, y):
        return (y_hat - y) ** 2

    @mistake("You square prediction and truth first, then subtract. Square their difference.")
    def subtracts_the_squares(y_hat, y):
        return np.mean(y_hat**2 - y**2)

    @mistake(
        "`**` comes before `-`: yours squares y alone. Put the difference in brackets, then square."
    )
    def squares_only_the_truth(y_hat, y):
        return np.mean(y_hat - y**2)

    @mistake(
        "Python's own `sum` adds the rows of a table up and leaves a number for each column. "
        "The mean here goes over all entries: `np.mean` does that for any shape."
    )
    def sums_row_by_row(y_hat, y):
        return sum((y_hat - y) ** 2) / len(y)

    @also_right
    def number_by_number(y_hat, y):
        total = 0.0
        for one, truth in zip(np.ravel(y_hat), np.ravel(y), strict=True):
            total += (one - truth) ** 2
        return total / np.size(y)

    @also_right
    def as_a_dot_product(y_hat, y):
        error = (y - y_hat).ravel()
        return error @ error / error.size

    @also_right
    def as_a_norm(y_hat, y):
        return np.linalg.norm(y_hat - y) ** 2 / y.size

    @also_right
    def as_an_array_of_no_axes(y_hat, y):
        return np.asarray(np.square(y_hat - y).mean())


@exercise(
    "loss_surface",
    points=2,
    minutes=10,
    difficulty=2,
    built="A landscape over two weights: each point is a line, its height that line's loss.",
    extension=True,
)
class TestLossSurface:
    def test_six_lines_worked_out_by_hand(self, loss_surface):
        x, y = np.array([0.0, 1.0]), np.array([1.0, 3.0])
        got = loss_surface(np.array([1.0, 2.0, 3.0]), np.array([2.0, 0.0]), x, y)
        why = "the line 1 + 2x hits both points, so the first entry is 0; 2 + 2x is 1 too high."
        expect_close(got, [[0.0, 1.0, 4.0], [2.0, 1.0, 2.0]], why=why)

    def test_a_row_for_each_w1_and_a_column_for_each_w0(self, loss_surface):
        x, y = np.array([1.0, 2.0, 4.0]), np.array([0.0, 1.0, -1.0])
        got = np.asarray(loss_surface(np.linspace(-1, 1, 5), np.linspace(0, 2, 3), x, y))
        expect_that(
            got.shape == (3, 5),
            why="w0 runs to the right, along the columns; w1 runs down, along the rows.",
            got=got,
            expected="an array of shape (3, 5), for 5 values of w0 and 3 of w1",
        )

    def test_w0_lifts_the_line(self, loss_surface):
        x, y = np.array([-1.0, 0.0, 2.0]), np.zeros(3)
        got = loss_surface(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0]), x, y)
        why = "with w1 = 0 the line is flat, at the height w0: each point costs w0 squared."
        expect_close(got, [[0.0, 1.0, 4.0, 9.0]], why=why)

    def test_w1_tilts_the_line(self, loss_surface):
        x, y = np.array([-1.0, 0.0, 2.0]), np.zeros(3)
        got = loss_surface(np.array([0.0]), np.array([0.0, 3.0]), x, y)
        why = "with w0 = 0 and w1 = 3 the line says -3, 0, 6: the mean of 9, 0 and 36 is 15."
        expect_close(got, [[0.0], [15.0]], why=why)

    @pytest.mark.parametrize("seed", range(3))
    def test_every_entry_is_the_loss_of_its_own_line(self, loss_surface, seed):
        rng = np.random.default_rng(seed)
        w0_values, w1_values = rng.normal(size=4), rng.normal(size=3 + seed)
        x, y = rng.normal(size=6), rng.normal(size=6)
        expected = [
            [
                math.fsum((w0 + w1 * a - t) ** 2 for a, t in zip(x, y, strict=True)) / 6
                for w0 in w0_values
            ]
            for w1 in w1_values
        ]
        why = "surface[r, c] is the mean squared error of w0_values[c] + w1_values[r] x."
        expect_close(loss_surface(w0_values, w1_values, x, y), expected, why=why)

    @mistake(
        "Rows and columns are exchanged: the first index is the row, which goes with w1, the "
        "second the column, which goes with w0."
    )
    def puts_w0_in_the_rows(w0_values, w1_values, x, y):
        return np.array([[np.mean((w0 + w1 * x - y) ** 2) for w1 in w1_values] for w0 in w0_values])

    @mistake(
        "You exchanged the weights' roles: w0 stands alone and lifts the line, w1 is multiplied "
        "by x and tilts it."
    )
    def multiplies_x_by_w0(w0_values, w1_values, x, y):
        return np.array([[np.mean((w1 + w0 * x - y) ** 2) for w0 in w0_values] for w1 in w1_values])

    @mistake("You add the squares up. The loss is their mean: divide by the number of examples.")
    def adds_up(w0_values, w1_values, x, y):
        return np.array([[np.sum((w0 + w1 * x - y) ** 2) for w0 in w0_values] for w1 in w1_values])

    @mistake("You leave w0 out: all your lines pass through the origin.")
    def leaves_out_w0(w0_values, w1_values, x, y):
        return np.array([[np.mean((w1 * x - y) ** 2) for w0 in w0_values] for w1 in w1_values])

    @mistake(
        "You pair the weights one by one. The grid holds every w0 with every w1: a loop "
        "within a loop."
    )
    def pairs_one_by_one(w0_values, w1_values, x, y):
        pairs = zip(w0_values, w1_values, strict=False)
        return np.array([np.mean((w0 + w1 * x - y) ** 2) for w0, w1 in pairs])

    @mistake(
        "The plain errors cancel, above and below the line. Square each one before the mean: "
        "your mean_squared_error does it."
    )
    def forgets_the_square(w0_values, w1_values, x, y):
        return np.array([[np.mean(w0 + w1 * x - y) for w0 in w0_values] for w1 in w1_values])

    @mistake(
        "Your first index counts the values of w0. The first index is the row, and a row goes "
        "with a w1: exchange the two indices, or the two loops."
    )
    def counts_w0_with_the_rows(w0_values, w1_values, x, y):
        surface = np.zeros((len(w1_values), len(w0_values)))
        for i, w0 in enumerate(w0_values):
            for j, w1 in enumerate(w1_values):
                surface[i, j] = np.mean((w0 + w1 * x - y) ** 2)
        return surface

    @mistake(
        "Only your first row is filled: `return` stands inside the loop over the rows and ends it "
        "at once. Move it to the left, below both loops."
    )
    def returns_after_the_first_row(w0_values, w1_values, x, y):
        surface = np.zeros((len(w1_values), len(w0_values)))
        for row, w1 in enumerate(w1_values):
            for column, w0 in enumerate(w0_values):
                surface[row, column] = np.mean((w0 + w1 * x - y) ** 2)
            return surface

    @also_right
    def by_broadcasting(w0_values, w1_values, x, y):
        lines = w0_values[None, :, None] + w1_values[:, None, None] * x
        return np.mean((lines - y) ** 2, axis=-1)

    @also_right
    def over_a_meshgrid(w0_values, w1_values, x, y):
        W0, W1 = np.meshgrid(w0_values, w1_values)
        return sum((W0 + W1 * a - b) ** 2 for a, b in zip(x, y, strict=True)) / len(x)

    @also_right
    def multiplied_out(w0_values, w1_values, x, y):
        W0, W1 = np.meshgrid(w0_values, w1_values)
        squares = W0**2 + W1**2 * np.mean(x**2) + np.mean(y**2)
        return squares + 2 * (W0 * W1 * np.mean(x) - W0 * np.mean(y) - W1 * np.mean(x * y))

    @also_right
    def as_lists(w0_values, w1_values, x, y):
        return [[mean_squared_error(w0 + w1 * x, y) for w0 in w0_values] for w1 in w1_values]


@exercise(
    "mse_gradient",
    points=2,
    minutes=6,
    difficulty=2,
    built="The slope of the loss for each prediction: which way to move it, and how much it helps.",
)
class TestMseGradient:
    def test_two_slopes_worked_out_by_hand(self, mse_gradient):
        got = mse_gradient(np.array([2.0, 3.0]), np.array([1.0, 5.0]))
        why = "the errors are 1 and -2; twice the error, divided by the 2 entries, is 1 and -2."
        expect_close(got, [1.0, -2.0], why=why)

    def test_is_zero_where_the_predictions_are_right(self, mse_gradient):
        y = np.array([3.0, -1.0, 0.5])
        expect_close(mse_gradient(y, y.copy()), np.zeros(3), why="at the bottom the slope is 0.")

    def test_points_up_where_the_prediction_is_too_high(self, mse_gradient):
        got = mse_gradient(np.array([4.0, -4.0, 4.0, -4.0]), np.zeros(4))
        why = "raising a prediction that is too high makes the loss larger: the slope is positive."
        expect_close(got, [2.0, -2.0, 2.0, -2.0], why=why)

    @pytest.mark.parametrize("shape", [(5,), (3, 4), (6, 1), (1,)], ids=in_words)
    def test_is_what_a_nudge_of_each_prediction_shows(self, mse_gradient, shape):
        rng = np.random.default_rng(len(shape))
        y_hat, y = rng.normal(size=shape), rng.normal(size=shape)
        expect_gradient(
            mse_gradient(y_hat, y),
            2 * (y_hat - y) / math.prod(shape),
            why="dL/dy_hat[i] = 2 (y_hat[i] - y[i]) / N, with N the number of all entries.",
            name="the gradient",
            of="y_hat",
            loss=lambda nudged: mean_squared_error(nudged, y),
            at=y_hat,
        )

    @mistake("The slope of a square has a factor 2: the slope of e^2 is 2e. Yours is half of it.")
    def forgets_the_two(y_hat, y):
        return (y_hat - y) / y.size

    @mistake(
        "You don't divide by the number of entries. The loss is a mean, so a single prediction "
        "moves it by only one N-th."
    )
    def forgets_the_mean(y_hat, y):
        return 2 * (y_hat - y)

    @mistake(
        "You subtract the wrong way round: where the prediction is too high, raising it makes the "
        "loss larger, so the slope is positive."
    )
    def subtracts_the_wrong_way_round(y_hat, y):
        return 2 * (y - y_hat) / y.size

    @mistake(
        "You divide by the number of rows. The mean of a table goes over all its entries, "
        "and so N is rows times columns."
    )
    def divides_by_the_rows(y_hat, y):
        return 2 * (y_hat - y) / len(y)

    @mistake(
        "You return a single number. Each prediction has a slope of its own: return an array of "
        "y_hat's shape."
    )
    def takes_the_mean_of_the_slopes(y_hat, y):
        return np.mean(2 * (y_hat - y))

    @mistake("These are the squared errors, the heights. Their slopes are twice the plain errors.")
    def keeps_the_squares(y_hat, y):
        return (y_hat - y) ** 2 / y.size

    @mistake(
        "You keep only the sign of each error. The slope of a square grows with the error: far "
        "from the truth it is steep."
    )
    def keeps_only_the_sign(y_hat, y):
        return 2 * np.sign(y_hat - y) / y.size

    @mistake(
        "Mind the brackets: yours divides y alone by N. First the difference, in brackets; then "
        "twice that, divided by N."
    )
    def forgets_the_brackets(y_hat, y):
        return 2 * y_hat - y / y.size

    @mistake(
        "`y.shape` is not a number of entries but a tuple of lengths, such as (3, 4) for a table. "
        "The number of all entries is `y.size`."
    )
    def divides_by_the_shape(y_hat, y):
        return 2 * (y_hat - y) / y.shape

    @also_right
    def entry_by_entry(y_hat, y):
        slopes = np.zeros(y_hat.shape)
        for index in np.ndindex(y_hat.shape):
            slopes[index] = 2 / y_hat.size * (y_hat[index] - y[index])
        return slopes

    @also_right
    def as_nested_lists(y_hat, y):
        return ((y_hat - y) * (2 / np.prod(y.shape))).tolist()

    @also_right
    def by_the_chain_rule(y_hat, y):
        error = y_hat - y
        slope_of_the_mean = np.full(error.shape, 1 / error.size)
        return slope_of_the_mean * 2 * error


# ------------------------------------------------------------- losses of probabilities


@exercise(
    "binary_cross_entropy",
    points=3,
    minutes=8,
    difficulty=2,
    built="A price for a probability: low for the cautious, high for the confidently wrong.",
)
class TestBinaryCrossEntropy:
    def test_two_predictions_worked_out_by_hand(self, binary_cross_entropy):
        got = binary_cross_entropy(np.array([0.9, 0.2]), np.array([1.0, 0.0]))
        expected = -(math.log(0.9) + math.log(0.8)) / 2
        why = "the labels that came true were given 0.9 and 1 - 0.2 = 0.8; -log of these, averaged."
        expect_close(got, expected, why=why)

    def test_a_coin_flip_costs_log_two(self, binary_cross_entropy):
        got = binary_cross_entropy(np.full(5, 0.5), np.array([1.0, 0.0, 0.0, 1.0, 0.0]))
        why = "one half is given to each label, and -log(1/2) is log 2, the natural logarithm."
        expect_close(got, math.log(2), why=why)

    def test_label_0_looks_at_what_is_left(self, binary_cross_entropy):
        got = binary_cross_entropy(np.array([0.75, 0.75, 0.75]), np.zeros(3))
        expect_close(
            got, math.log(4), why="label 0 was given 1 - 0.75 = 1/4, and -log(1/4) = log 4."
        )

    def test_is_a_mean_over_examples(self, binary_cross_entropy):
        y_hat, y = np.array([0.9, 0.2, 0.6]), np.array([1.0, 0.0, 0.0])
        got = binary_cross_entropy(np.tile(y_hat, 4), np.tile(y, 4))
        expected = -(math.log(0.9) + math.log(0.8) + math.log(0.4)) / 3
        why = "the same three examples four times over: a mean stays what it was."
        expect_close(got, expected, why=why)

    @pytest.mark.parametrize("seed", range(3))
    def test_follows_the_formula(self, binary_cross_entropy, seed):
        rng = np.random.default_rng(seed)
        y_hat = rng.uniform(0.01, 0.99, size=6 + seed)
        y = rng.integers(0, 2, size=6 + seed).astype(float)
        given = [p if label == 1 else 1 - p for p, label in zip(y_hat, y, strict=True)]
        expected = -math.fsum(math.log(p) for p in given) / len(y)
        why = "L = mean( -y log(y_hat) - (1 - y) log(1 - y_hat) )."
        expect_close(binary_cross_entropy(y_hat, y), expected, why=why)

    def test_is_exact_close_to_zero_and_one(self, binary_cross_entropy):
        wrong = binary_cross_entropy(np.array([1e-6, 1 - 1e-6]), np.array([1.0, 0.0]))
        why = "probabilities from 1e-6 to 1 - 1e-6 must keep their exact cost: -log(1e-6) is 13.8."
        expect_close(wrong, -math.log(1e-6), why=why)
        right = binary_cross_entropy(np.array([1e-6, 1 - 1e-6]), np.array([0.0, 1.0]))
        expect_close(right, -math.log1p(-1e-6), why="a right answer at 1e-6 costs a millionth.")

    def test_certainly_right_costs_almost_nothing(self, binary_cross_entropy):
        got = binary_cross_entropy(np.array([0.0, 1.0, 1.0]), np.array([0.0, 1.0, 1.0]))
        expect_finite(got, why="at exactly 0 or 1 one of the logs is minus infinity: avoid it.")
        expect_that(
            np.ndim(got) == 0 and abs(got) < 1e-3,
            why="a probability of exactly 0 or 1 that is right costs almost nothing.",
            got=got,
            expected="a number below 0.001",
        )

    def test_a_certain_answer_leaves_the_others_their_cost(self, binary_cross_entropy):
        got = binary_cross_entropy(np.array([0.0, 1.0, 0.5, 0.5]), np.array([0.0, 1.0, 1.0, 0.0]))
        expect_finite(got, why="at exactly 0 or 1 one of the logs is minus infinity: avoid it.")
        expect_that(
            np.ndim(got) == 0 and abs(got - math.log(2) / 2) < 1e-3,
            why="two are certain and right, and cost almost nothing; two are coin flips of log 2.",
            got=got,
            expected="the mean of about 0, 0, log 2 and log 2: 0.3466",
        )

    @pytest.mark.parametrize(
        ("y_hat", "y"),
        [([0.0], [1.0]), ([1.0], [0.0]), ([0.0, 1.0, 0.0], [1.0, 0.0, 1.0])],
        ids=["0 where the truth is 1", "1 where the truth is 0", "three of them"],
    )
    def test_certainly_wrong_costs_much_but_not_infinitely_much(
        self, binary_cross_entropy, y_hat, y
    ):
        got = binary_cross_entropy(np.array(y_hat), np.array(y))
        expect_finite(got, why="log(0) is minus infinity: keep the probabilities a hair from it.")
        expect_that(
            np.ndim(got) == 0 and got > 10,
            why="who was certain, and wrong, must pay more than 10.",
            got=got,
            expected="a finite number above 10",
        )

    @mistake("You forget the minus sign: the log of a probability is negative, a cost is not.")
    def forgets_the_minus(y_hat, y):
        p = np.clip(y_hat, 1e-12, 1 - 1e-12)
        return np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    @mistake(
        "You leave out the part for label 0: there y log(y_hat) is 0, so a wrong prediction "
        "would cost nothing. Those examples pay for 1 - y_hat."
    )
    def leaves_out_label_0(y_hat, y):
        return np.mean(-y * np.log(np.clip(y_hat, 1e-12, 1)))

    @mistake("You add the costs up and don't divide: take the mean over the examples.")
    def adds_up(y_hat, y):
        p = np.clip(y_hat, 1e-12, 1 - 1e-12)
        return np.sum(-y * np.log(p) - (1 - y) * np.log(1 - p))

    @mistake(
        "The formula is right, but at a probability of exactly 0 or 1 it computes log(0), which "
        "is minus infinity, and 0 times that is nan. Keep the probabilities a hair away, from 0 "
        "and from 1. (`np.clip` returns a new array, and leaves y_hat as it is.)"
    )
    def takes_the_log_of_zero(y_hat, y):
        return np.mean(-y * np.log(y_hat) - (1 - y) * np.log(1 - y_hat))

    @mistake(
        "You keep the probabilities away from 0, but not from 1: there 1 - y_hat is 0, and its "
        "log is minus infinity."
    )
    def clips_only_below(y_hat, y):
        p = np.maximum(y_hat, 1e-12)
        return np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p))

    @mistake(
        "Your hair is too fine: 1 - 1e-20 is exactly 1 for a float, which has about 16 digits, so "
        "nothing is clipped at the upper end. Take something like 1e-12."
    )
    def clips_finer_than_a_float_can_tell(y_hat, y):
        p = np.clip(y_hat, 1e-20, 1 - 1e-20)
        return np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p))

    @mistake(
        "You clip too much: a probability of 1e-6 must keep its exact cost, and being certain and "
        "wrong must cost more than 10. Stay nearer to 0 and 1, at 1e-12 perhaps."
    )
    def clips_too_much(y_hat, y):
        p = np.clip(y_hat, 1e-3, 1 - 1e-3)
        return np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p))

    @mistake(
        "What you add inside the log is not small beside 1e-6, where the cost must still be "
        "exact. Add less, 1e-12 perhaps, or clip, which leaves all other probabilities alone."
    )
    def adds_too_much_inside_the_log(y_hat, y):
        return np.mean(-y * np.log(y_hat + 1e-8) - (1 - y) * np.log(1 - y_hat + 1e-8))

    @mistake("Yours counts in bits, with the logarithm to base 2. Here log is the natural one.")
    def takes_the_log_to_base_2(y_hat, y):
        p = np.clip(y_hat, 1e-12, 1 - 1e-12)
        return np.mean(-y * np.log2(p) - (1 - y) * np.log2(1 - p))

    @mistake("You exchanged the two labels: y goes with log(y_hat), 1 - y with log(1 - y_hat).")
    def exchanges_the_labels(y_hat, y):
        p = np.clip(y_hat, 1e-12, 1 - 1e-12)
        return np.mean(-(1 - y) * np.log(p) - y * np.log(1 - p))

    @mistake("This is the squared error. The cross-entropy takes the log of a probability.")
    def squares(y_hat, y):
        return np.mean((y_hat - y) ** 2)

    @mistake(
        "You return one cost for each example. A loss is a single number: take the mean of them."
    )
    def forgets_the_mean(y_hat, y):
        p = np.clip(y_hat, 1e-12, 1 - 1e-12)
        return -y * np.log(p) - (1 - y) * np.log(1 - p)

    @mistake(
        "The part for label 0 has the wrong sign. Both logs are negative, so both parts need a "
        "minus in front."
    )
    def adds_the_part_for_label_0(y_hat, y):
        p = np.clip(y_hat, 1e-12, 1 - 1e-12)
        return np.mean(-y * np.log(p) + (1 - y) * np.log(1 - p))

    @mistake(
        "For label 0 you have 1 - log(y_hat). Wanted is the log of what was left for it: "
        "log(1 - y_hat)."
    )
    def subtracts_the_log_from_one(y_hat, y):
        p = np.clip(y_hat, 1e-12, 1 - 1e-12)
        return np.mean(-y * np.log(p) - (1 - y) * (1 - np.log(p)))

    @mistake(
        "You mend the result when it is too late. A single 0 times minus infinity makes the whole "
        "mean nan, and `np.nan_to_num` turns all of it into 0, the other examples' costs too. "
        "Keep the probabilities a hair away before you take a log."
    )
    def mends_the_nan(y_hat, y):
        return np.nan_to_num(np.mean(-y * np.log(y_hat) - (1 - y) * np.log(1 - y_hat)))

    @mistake(
        "`if` wants a single True or False, and `y == 1` holds one for each example. The formula "
        "needs no `if`: y and 1 - y pick the right part for every example at once."
    )
    def asks_if(y_hat, y):
        if y == 1:
            return np.mean(-np.log(y_hat))
        return np.mean(-np.log(1 - y_hat))

    @also_right
    def of_the_label_that_came_true(y_hat, y):
        given = np.where(y == 1, y_hat, 1 - y_hat)
        return -np.log(np.maximum(given, 1e-12)).mean()

    @also_right
    def with_a_floor_under_the_logs(y_hat, y):
        with np.errstate(divide="ignore"):
            log_p = np.maximum(np.log(y_hat), -100)
            log_rest = np.maximum(np.log1p(-y_hat), -100)
        return -np.mean(y * log_p + (1 - y) * log_rest)

    @also_right
    def with_a_little_added(y_hat, y):
        return -np.mean(y * np.log(y_hat + 1e-12) + (1 - y) * np.log(1 - y_hat + 1e-12))

    @also_right
    def example_by_example(y_hat, y):
        costs = []
        for p, label in zip(y_hat, y, strict=True):
            given = p if label == 1 else 1 - p
            costs.append(-np.log(min(max(given, 1e-15), 1)))
        return sum(costs) / len(costs)


@exercise(
    "bce_with_logits",
    points=3,
    minutes=10,
    difficulty=3,
    built="The same loss, straight from the logits: exact where the probabilities round to 0 or 1.",
)
class TestBceWithLogits:
    def test_a_coin_flip_costs_log_two(self, bce_with_logits):
        got = bce_with_logits(np.array([0.0, 0.0]), np.array([0.0, 1.0]))
        why = "a logit of 0 is a probability of one half, and -log(1/2) is log 2."
        expect_close(got, math.log(2), why=why)

    def test_follows_the_probabilities(self, bce_with_logits):
        z = np.array([math.log(3), -math.log(4), math.log(9)])  # odds of 3, 1/4 and 9 to 1
        got = bce_with_logits(z, np.array([1.0, 0.0, 0.0]))
        expected = -(math.log(3 / 4) + math.log(4 / 5) + math.log(1 / 10)) / 3
        why = "the sigmoids are 3/4, 1/5 and 9/10; the true labels were given 3/4, 4/5 and 1/10."
        expect_close(got, expected, why=why)

    def test_is_a_mean_over_examples(self, bce_with_logits):
        z, y = np.array([1.0, -0.5, 2.0]), np.array([1.0, 1.0, 0.0])
        expected = math.fsum([math.log1p(math.exp(a)) for a in (-1.0, 0.5, 2.0)]) / 3
        got = bce_with_logits(np.tile(z, 4), np.tile(y, 4))
        why = "the same three examples four times over: a mean stays what it was."
        expect_close(got, expected, why=why)

    @pytest.mark.parametrize("seed", range(3))
    def test_follows_the_formula(self, bce_with_logits, seed):
        rng = np.random.default_rng(seed)
        z = rng.normal(scale=3, size=6 + seed)
        y = rng.integers(0, 2, size=6 + seed).astype(float)
        costs = [math.log1p(math.exp(a)) - a * label for a, label in zip(z, y, strict=True)]
        expected = math.fsum(costs) / len(y)
        expect_close(bce_with_logits(z, y), expected, why="L = mean( log(1 + exp(z)) - z y ).")

    @pytest.mark.parametrize(
        ("z", "y", "cost"),
        [([1000.0, 1000.0], [0.0, 0.0], 1000.0), ([-800.0, -40.0], [1.0, 1.0], 420.0)],
        ids=["where the truth is 0", "where the truth is 1"],
    )
    def test_confidently_wrong_costs_as_much_as_the_logit(self, bce_with_logits, z, y, cost):
        with no_warnings("exp(1000) overflows: exponentiate only numbers that are not positive."):
            got = bce_with_logits(np.array(z), np.array(y))
        why = "far out each costs as much as its logit is long, and the loss is the mean of them."
        expect_close(got, cost, why=why)

    def test_confidently_right_costs_nothing(self, bce_with_logits):
        with no_warnings("exp(1000) overflows: exponentiate only numbers that are not positive."):
            got = bce_with_logits(np.array([1000.0, -1000.0, 750.0]), np.array([1.0, 0.0, 1.0]))
        expect_close(got, 0.0, why="all of the probability went to the labels that came true.")

    def test_survives_the_largest_logits(self, bce_with_logits):
        z, y = np.array([1e300, -1e300, 1e300, -1e300]), np.array([0.0, 1.0, 1.0, 0.0])
        with no_warnings("no exponent should be positive, however large the logits are."):
            got = bce_with_logits(z, y)
        why = "two are wrong and cost 1e300 each, two are right and cost nothing: half of 1e300."
        expect_close(got, 5e299, why=why)

    @mistake(
        "The formula is right, but exp(1000) overflows to inf. Rewrite log(1 + e^z) so that "
        "only a number that is not positive is exponentiated."
    )
    def overflows_for_large_logits(z, y):
        return np.mean(np.log(1 + np.exp(z)) - z * y)

    @mistake(
        "You go through the probability. The sigmoid of 40 is already exactly 1 for a float, and "
        "what it was is lost: yours never costs more than about 27.6. Stay with the logit."
    )
    def goes_through_the_probability(z, y):
        p = np.clip(sigmoid(z), 1e-12, 1 - 1e-12)
        return np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p))

    @mistake(
        "You go through the probability. Far out it is exactly 0 or 1 for a float, and log(0) is "
        "minus infinity. Stay with the logit."
    )
    def takes_the_log_of_a_sigmoid(z, y):
        return np.mean(-y * np.log(sigmoid(z)) - (1 - y) * np.log(1 - sigmoid(z)))

    @mistake(
        "You treat the logits as if they were probabilities. A logit can be any number, and the "
        "log of a negative one is nan: its probability is sigmoid(z)."
    )
    def takes_logits_for_probabilities(z, y):
        return np.mean(-y * np.log(z) - (1 - y) * np.log(1 - z))

    @mistake(
        "You squash z with the sigmoid first, and then use the formula for logits on what comes "
        "out. It is z itself that goes into log(1 + e^z) - z y."
    )
    def squashes_first(z, y):
        p = sigmoid(z)
        return np.mean(np.log1p(np.exp(p)) - p * y)

    @mistake("z y is added where it is to be subtracted: a high logit for label 1 must cost less.")
    def adds_z_y(z, y):
        return np.mean(np.maximum(z, 0) + z * y + np.log1p(np.exp(-np.abs(z))))

    @mistake("You add the costs up and don't divide: take the mean over the examples.")
    def adds_up(z, y):
        return np.sum(np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z))))

    @mistake("You leave out log(1 + e^-|z|), the round corner: near 0 it is most of the loss.")
    def leaves_out_the_corner(z, y):
        return np.mean(np.maximum(z, 0) - z * y)

    @mistake(
        "You have e^-z where e^-|z| belongs: for negative z the exponent is then positive, which "
        "is wrong near 0 and overflows far out."
    )
    def forgets_the_absolute_value(z, y):
        return np.mean(np.maximum(z, 0) - z * y + np.log1p(np.exp(-z)))

    @mistake(
        "np.where computes both of its branches, so the one you don't pick still overflows, and "
        "warns. Make both harmless: exponentiate -|z| in either."
    )
    def chooses_with_where(z, y):
        high = z + np.log1p(np.exp(-z))
        low = np.log1p(np.exp(z))
        return np.mean(np.where(z > 0, high, low) - z * y)

    @mistake(
        "`if` and Python's `max` decide once, for a single number, and z holds many. NumPy "
        "decides entry by entry: `np.maximum(z, 0)`."
    )
    def decides_once(z, y):
        return np.mean(max(z, 0) - z * y + np.log1p(np.exp(-np.abs(z))))

    @mistake(
        "`np.max` finds the one largest entry of an array. `np.maximum(z, 0)` compares each entry "
        "with 0."
    )
    def takes_the_largest_of_all(z, y):
        return np.mean(np.max(z, 0) - z * y + np.log1p(np.exp(-np.abs(z))))

    @mistake(
        "You leave out max(z, 0). It is what came out of the bracket for a positive z, and far out "
        "it is the whole loss."
    )
    def leaves_out_the_ramp(z, y):
        return np.mean(np.log1p(np.exp(-np.abs(z))) - z * y)

    @mistake(
        "You use the form for positive z everywhere. For a negative z its e^-z overflows. With "
        "-|z| for the exponent, and max(z, 0) in front, one form fits both."
    )
    def takes_the_positive_form_everywhere(z, y):
        return np.mean(z - z * y + np.log1p(np.exp(-z)))

    @mistake(
        "In front you have |z|. For a negative z nothing comes out of the bracket: there it is 0, "
        "so what belongs there is max(z, 0)."
    )
    def takes_the_size_for_the_ramp(z, y):
        return np.mean(np.abs(z) - z * y + np.log1p(np.exp(-np.abs(z))))

    @mistake(
        "Your exponent is |z|, which is never negative: it overflows at once. With a minus in "
        "front it is never positive."
    )
    def forgets_the_minus_in_the_exponent(z, y):
        return np.mean(np.maximum(z, 0) - z * y + np.log1p(np.exp(np.abs(z))))

    @mistake(
        "You clip the logits. That avoids the overflow, but where you cut, the loss stops growing: "
        "a logit of 1000 on the wrong side has to cost 1000."
    )
    def clips_the_logits(z, y):
        z = np.clip(z, -500, 500)
        return np.mean(np.log(1 + np.exp(z)) - z * y)

    @mistake(
        "Your loss doesn't look at the labels: from log(1 + e^z), z y still has to be subtracted."
    )
    def leaves_out_the_labels(z, y):
        return np.mean(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))))

    @mistake(
        "Your mean ends too early: z y stands outside, so one number for each example comes back. "
        "Take the mean of the whole cost."
    )
    def ends_the_mean_too_early(z, y):
        return np.mean(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))) - z * y

    @mistake(
        "You return one cost for each example. A loss is a single number: take the mean of them."
    )
    def forgets_the_mean(z, y):
        return np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))

    @also_right
    def with_logaddexp(z, y):
        return np.mean(np.logaddexp(0, z) - z * y)

    @also_right
    def by_the_side_of_the_label(z, y):
        margin = np.where(y == 1, z, -z)
        return np.logaddexp(0, -margin).mean()

    @also_right
    def example_by_example(z, y):
        total = 0.0
        for logit, label in zip(z, y, strict=True):
            wrong = -logit if label == 1 else logit
            total += max(wrong, 0) + np.log(1 + np.exp(-abs(wrong)))
        return total / len(z)

    @also_right
    def through_the_softmax_of_two(z, y):
        pair = np.stack([np.zeros_like(z), z], axis=1)
        highest = pair.max(axis=1)
        total = np.log(np.exp(pair - highest[:, None]).sum(axis=1)) + highest
        return np.mean(total - np.where(y == 1, z, 0))


@exercise(
    "bce_with_logits_gradient",
    points=2,
    minutes=6,
    difficulty=2,
    built="What you said minus what is true: the shortest gradient in the field.",
)
class TestBceWithLogitsGradient:
    def test_four_coin_flips_worked_out_by_hand(self, bce_with_logits_gradient):
        got = bce_with_logits_gradient(np.zeros(4), np.array([0.0, 1.0, 1.0, 0.0]))
        why = "the sigmoids are 1/2: minus the labels that is 1/2 or -1/2, divided by n = 4."
        expect_close(got, [0.125, -0.125, -0.125, 0.125], why=why)

    def test_is_prediction_minus_truth(self, bce_with_logits_gradient):
        z = np.array([math.log(3), -math.log(4), math.log(9), 0.0])
        got = bce_with_logits_gradient(z, np.array([1.0, 0.0, 0.0, 1.0]))
        why = "the sigmoids are 3/4, 1/5, 9/10 and 1/2; minus 1, 0, 0, 1; divided by n = 4."
        expect_close(got, np.array([-1 / 4, 1 / 5, 9 / 10, -1 / 2]) / 4, why=why)

    @pytest.mark.parametrize("seed", range(3))
    def test_is_what_a_nudge_of_each_logit_shows(self, bce_with_logits_gradient, seed):
        rng = np.random.default_rng(seed)
        z = rng.normal(scale=2, size=5 + seed)
        y = rng.integers(0, 2, size=5 + seed).astype(float)
        expect_gradient(
            bce_with_logits_gradient(z, y),
            [(1 / (1 + math.exp(-a)) - label) / len(z) for a, label in zip(z, y, strict=True)],
            why="dL/dz[i] = (sigmoid(z[i]) - y[i]) / n.",
            name="the gradient",
            of="z",
            loss=lambda nudged: bce_with_logits(nudged, y),
            at=z,
        )

    def test_keeps_its_full_size_where_it_is_confidently_wrong(self, bce_with_logits_gradient):
        got = bce_with_logits_gradient(np.array([1000.0, -1000.0]), np.array([0.0, 1.0]))
        why = "the sigmoids are 1 and 0, the labels 0 and 1: minus, and divided by n = 2."
        expect_close(got, [0.5, -0.5], why=why)

    def test_is_finite_for_any_logit(self, bce_with_logits_gradient):
        z = np.array([-1e300, -1000.0, -710.0, 710.0, 1000.0, 1e300])
        got = bce_with_logits_gradient(z, np.array([0.0, 0.0, 1.0, 1.0, 0.0, 1.0]))
        why = "far out the sigmoid is 0 or 1: neither inf nor nan."
        expect_close(got, np.array([0.0, 0.0, -1.0, 0.0, 1.0, 0.0]) / 6, why=why)

    @mistake("You don't divide by n. The loss is a mean, so one example moves it by only one n-th.")
    def forgets_the_mean(z, y):
        return sigmoid(z) - y

    @mistake(
        "You subtract the wrong way round. Where the label is 0, a higher logit makes the loss "
        "larger, so the slope is positive: prediction minus truth."
    )
    def subtracts_the_wrong_way_round(z, y):
        return (y - sigmoid(z)) / len(y)

    @mistake("You subtract the label from the logit. First squash it: sigmoid(z) minus y.")
    def forgets_the_sigmoid(z, y):
        return (z - y) / len(y)

    @mistake(
        "You multiply by the sigmoid's slope once more. In this loss it has cancelled: that is "
        "why a confident error keeps its full gradient."
    )
    def multiplies_by_the_slope(z, y):
        return (sigmoid(z) - y) * sigmoid(z) * sigmoid(-z) / len(y)

    @mistake(
        "This is the gradient of the squared error of sigmoid(z). It has a factor 2 and the "
        "sigmoid's slope; the cross-entropy's has neither."
    )
    def of_the_squared_error(z, y):
        return 2 * (sigmoid(z) - y) * sigmoid(z) * sigmoid(-z) / len(y)

    @mistake(
        "You return a single number. Each logit has a slope of its own: return an array of the "
        "shape (n,)."
    )
    def takes_the_mean_of_the_slopes(z, y):
        return np.mean(sigmoid(z) - y)

    @mistake(
        "You decide first, 0 or 1, and lose how sure the prediction was. Use the probability "
        "itself: sigmoid(z) minus y."
    )
    def rounds_the_prediction(z, y):
        return (np.where(z >= 0, 1.0, 0.0) - y) / len(y)

    @mistake(
        "Far out exp(z) overflows, and inf / inf is nan. Take the sigmoid of lesson 02, which "
        "can't overflow."
    )
    def overflows_far_out(z, y):
        return (np.exp(z) / (1 + np.exp(z)) - y) / len(y)

    @mistake(
        "A factor 2 has come along from the squared error. The slope of the cross-entropy has none."
    )
    def keeps_the_two(z, y):
        return 2 * (sigmoid(z) - y) / len(y)

    @mistake(
        "Mind the brackets: yours divides y alone by n. First the difference, in brackets; then "
        "divide it."
    )
    def forgets_the_brackets(z, y):
        return sigmoid(z) - y / len(y)

    @also_right
    def with_the_plain_sigmoid(z, y):
        return (1 / (1 + np.exp(-z)) - y) / z.size

    @also_right
    def through_tanh(z, y):
        return ((1 + np.tanh(z / 2)) / 2 - y) / len(z)

    @also_right
    def example_by_example(z, y):
        return [(float(sigmoid(a)) - label) / len(z) for a, label in zip(z, y, strict=True)]

    @also_right
    def label_by_label(z, y):
        return np.where(y == 1, -sigmoid(-z), sigmoid(z)) / len(z)


# -------------------------------------------------------------------- losses of classes


@exercise(
    "cross_entropy",
    points=3,
    minutes=10,
    difficulty=3,
    built="A loss for any number of classes, exact for scores of any size.",
)
class TestCrossEntropy:
    def test_two_rows_worked_out_by_hand(self, cross_entropy):
        logits = np.array([[0.0, math.log(2), math.log(3)], [math.log(7), 0.0, math.log(2)]])
        got = cross_entropy(logits, np.array([2, 1]))
        why = "the true classes were given 3/6 and 1/10: the mean of log 2 and log 10."
        expect_close(got, (math.log(2) + math.log(10)) / 2, why=why)

    def test_no_idea_costs_the_log_of_the_number_of_classes(self, cross_entropy):
        got = cross_entropy(np.full((3, 4), 2.5), np.array([0, 3, 1]))
        why = "four equal scores share equally, and -log(1/4) is log 4, whichever class is true."
        expect_close(got, math.log(4), why=why)

    def test_looks_at_the_true_class_of_each_row(self, cross_entropy):
        logits = np.log([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1], [0.7, 0.2, 0.1], [0.7, 0.2, 0.1]])
        got = cross_entropy(logits, np.array([1, 2, 0, 2]))
        expected = -(math.log(0.2) + math.log(0.1) + math.log(0.7) + math.log(0.1)) / 4
        why = "from each row one entry counts: the shares are 0.2, 0.1, 0.7 and 0.1."
        expect_close(got, expected, why=why)

    @pytest.mark.parametrize("seed", range(3))
    def test_follows_the_formula(self, cross_entropy, seed):
        rng = np.random.default_rng(seed)
        logits, labels = rng.normal(scale=2, size=(6 + seed, 3)), rng.integers(0, 3, size=6 + seed)
        costs = [
            math.log(math.fsum(math.exp(score) for score in row)) - row[label]
            for row, label in zip(logits, labels, strict=True)
        ]
        why = "L = mean of -log( softmax(logits)[i, labels[i]] )."
        expect_close(cross_entropy(logits, labels), math.fsum(costs) / len(labels), why=why)

    def test_is_a_mean_over_examples(self, cross_entropy):
        logits, labels = np.log([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]), np.array([1, 2])
        got = cross_entropy(np.tile(logits, (5, 1)), np.tile(labels, 5))
        why = "the same two examples five times over: a mean stays what it was."
        expect_close(got, -(math.log(0.25) + math.log(0.8)) / 2, why=why)

    def test_ignores_what_is_added_to_a_whole_row(self, cross_entropy):
        logits = np.log([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]) + np.array([[100.0], [-30.0]])
        why = "a number added to a whole row cancels in the softmax: only differences count."
        expected = -(math.log(0.25) + math.log(0.8)) / 2
        expect_close(cross_entropy(logits, np.array([1, 2])), expected, why=why)

    def test_confidently_wrong_costs_the_distance_of_the_scores(self, cross_entropy):
        logits = np.array([[1000.0, 0.0, -500.0], [0.0, -2000.0, -2000.0]])
        with no_warnings("exp(1000) overflows, and log(0) is minus infinity: avoid both."):
            got = cross_entropy(logits, np.array([1, 2]))
        why = "the true classes lie 1000 and 2000 below the highest score: the mean is 1500."
        expect_close(got, 1500.0, why=why)

    def test_confidently_right_costs_nothing(self, cross_entropy):
        logits = np.array([[1000.0, 0.0, -500.0], [-3000.0, -2000.0, -4000.0]])
        with no_warnings("exp(1000) overflows, and log(0) is minus infinity: avoid both."):
            got = cross_entropy(logits, np.array([0, 1]))
        expect_close(got, 0.0, why="the true classes got all of their rows' shares.")

    def test_treats_each_row_on_its_own(self, cross_entropy):
        logits = np.array([[5000.0, 5000.0], [-5000.0, -5000.0], [0.0, math.log(3)]])
        with no_warnings("each row has a largest score of its own."):
            got = cross_entropy(logits, np.array([0, 1, 1]))
        why = "the shares of the true classes are 1/2, 1/2 and 3/4."
        expect_close(got, (2 * math.log(2) + math.log(4 / 3)) / 3, why=why)

    def test_survives_the_largest_logits(self, cross_entropy):
        logits = np.array([[-1e300, 0.0, 1e300], [1e300, -1e300, 0.0]])
        with no_warnings("no exponent should be positive, however large the logits are."):
            got = cross_entropy(logits, np.array([1, 0]))
        why = "the first true class lies 1e300 below the highest score, the second is the highest."
        expect_close(got, 5e299, why=why)

    @mistake(
        "The formula is right, but exp(1000) overflows to inf. Take each row's largest score away "
        "from the row first: only differences count."
    )
    def overflows_for_large_logits(logits, labels):
        exponentials = np.exp(logits)
        shares = exponentials / exponentials.sum(axis=1, keepdims=True)
        return -np.mean(np.log(shares[np.arange(len(labels)), labels]))

    @mistake(
        "You take the log of the finished softmax. A share can round to exactly 0, and log(0) is "
        "minus infinity. Work the log out on paper first: it undoes the exponential on top."
    )
    def takes_the_log_of_the_softmax(logits, labels):
        return -np.mean(np.log(softmax(logits)[np.arange(len(labels)), labels]))

    @mistake(
        "You keep the shares away from 0 before the log. That avoids minus infinity, but your loss "
        "then stops growing at about 27.6. Work the log out on paper first."
    )
    def clips_the_shares(logits, labels):
        shares = np.clip(softmax(logits), 1e-12, 1)
        return -np.mean(np.log(shares[np.arange(len(labels)), labels]))

    @mistake(
        "logits[:, labels] takes all those columns from every row. You want one entry from each "
        "row: give both indices, np.arange(n) for the row and labels for the column."
    )
    def takes_whole_columns(logits, labels):
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_shares = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return -np.mean(log_shares[:, labels])

    @mistake(
        "You take the mean over all n times k entries. Only the n entries of the true classes "
        "count: divide by n."
    )
    def divides_by_all_entries(logits, labels):
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_shares = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return -np.mean(log_shares * np.eye(logits.shape[1])[labels])

    @mistake("You add the costs up and don't divide: take the mean over the examples.")
    def adds_up(logits, labels):
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_shares = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return -np.sum(log_shares[np.arange(len(labels)), labels])

    @mistake("You forget the minus sign: the log of a share is negative, a cost is not.")
    def forgets_the_minus(logits, labels):
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_shares = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return np.mean(log_shares[np.arange(len(labels)), labels])

    @mistake(
        "You apply the softmax twice: the formula with the log does it already. Hand it the "
        "scores, not their shares."
    )
    def applies_the_softmax_twice(logits, labels):
        shares = softmax(logits)
        log_shares = shares - np.log(np.exp(shares).sum(axis=1, keepdims=True))
        return -np.mean(log_shares[np.arange(len(labels)), labels])

    @mistake(
        "You take away the largest score of the whole table. Beside a row with huge scores all of "
        "a small row's exponentials are 0, and log(0) is minus infinity. Use each row's largest."
    )
    def subtracts_the_largest_of_all(logits, labels):
        shifted = logits - logits.max()
        log_shares = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return -np.mean(log_shares[np.arange(len(labels)), labels])

    @mistake(
        "You take the row's largest score away inside the log of the sum, but not from the true "
        "class's score. Shift the row once, then use it in both places."
    )
    def shifts_only_the_sum(logits, labels):
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_of_sum = np.log(np.exp(shifted).sum(axis=1))
        return np.mean(log_of_sum - logits[np.arange(len(labels)), labels])

    @mistake("You leave out the log: the loss is minus the log of the true class's share.")
    def leaves_out_the_log(logits, labels):
        return np.mean(1 - softmax(logits)[np.arange(len(labels)), labels])

    @mistake(
        "You return one cost for each example. A loss is a single number: take the mean of them."
    )
    def forgets_the_mean(logits, labels):
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_of_sum = np.log(np.exp(shifted).sum(axis=1))
        return log_of_sum - shifted[np.arange(len(labels)), labels]

    @mistake(
        "You sum the exponentials of the whole table. Each row has a sum of its own: `axis=1` goes "
        "along the rows."
    )
    def sums_the_whole_table(logits, labels):
        shifted = logits - logits.max(axis=1, keepdims=True)
        return np.mean(np.log(np.exp(shifted).sum()) - shifted[np.arange(len(labels)), labels])

    @mistake(
        "You take the logs first and add them up. That only undoes the exponentials. First add the "
        "row's exponentials, then take the log of the sum."
    )
    def takes_the_logs_before_the_sum(logits, labels):
        shifted = logits - logits.max(axis=1, keepdims=True)
        sum_of_logs = np.log(np.exp(shifted)).sum(axis=1)
        return np.mean(sum_of_logs - shifted[np.arange(len(labels)), labels])

    @mistake(
        "You subtract the label's number, 0, 1 or 2. It is a name, not an amount: subtract the "
        "score in the column that it names."
    )
    def subtracts_the_number_of_the_label(logits, labels):
        shifted = logits - logits.max(axis=1, keepdims=True)
        return np.mean(np.log(np.exp(shifted).sum(axis=1)) - labels)

    @mistake(
        "A single list of indices takes whole rows, those with the numbers in labels. You want one "
        "entry from each row: give both indices, np.arange(n) for the row and labels for the "
        "column."
    )
    def takes_whole_rows(logits, labels):
        shifted = logits - logits.max(axis=1, keepdims=True)
        return np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[labels])

    @mistake(
        "Shapes don't fit. `logits.max(axis=1)` has the shape (n,), and can't be subtracted from "
        "(n, k): `keepdims=True` keeps it a column. And a row's sum goes along `axis=1`."
    )
    def drops_the_axis(logits, labels):
        shifted = logits - logits.max(axis=1)
        log_of_sum = np.log(np.exp(shifted).sum(axis=1))
        return np.mean(log_of_sum - shifted[np.arange(len(labels)), labels])

    @also_right
    def row_by_row(logits, labels):
        total = 0.0
        for row, label in zip(logits, labels, strict=True):
            row = row - max(row)
            total += np.log(sum(np.exp(score) for score in row)) - row[label]
        return total / len(labels)

    @also_right
    def with_logaddexp(logits, labels):
        chosen = np.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
        highest = logits.max(axis=1)
        return np.mean(np.logaddexp.reduce(logits, axis=1) - highest + (highest - chosen))

    @also_right
    def with_a_comparison(logits, labels):
        shifted = logits - logits.max(axis=1)[:, None]
        log_of_sum = np.log(np.einsum("nk->n", np.exp(shifted)))
        is_true = np.arange(logits.shape[1]) == labels[:, None]
        return (log_of_sum - np.where(is_true, shifted, 0).sum(axis=1)).mean()


@exercise(
    "cross_entropy_gradient",
    points=2,
    minutes=8,
    difficulty=3,
    built="Shares minus truth, row by row: the gradient that trains nearly every classifier.",
    extension=True,
)
class TestCrossEntropyGradient:
    def test_two_rows_worked_out_by_hand(self, cross_entropy_gradient):
        logits = np.array([[0.0, math.log(2), math.log(3)], [math.log(7), 0.0, math.log(2)]])
        got = cross_entropy_gradient(logits, np.array([2, 1]))
        shares = np.array([[1 / 6, 2 / 6, 3 / 6], [7 / 10, 1 / 10, 2 / 10]])
        expected = (shares - np.array([[0, 0, 1], [0, 1, 0]])) / 2
        why = "the shares are 1/6, 2/6, 3/6 and 7/10, 1/10, 2/10; 1 off at the true class; over 2."
        expect_close(got, expected, why=why)

    def test_the_true_class_is_pulled_up_and_the_others_down(self, cross_entropy_gradient):
        got = cross_entropy_gradient(np.zeros((3, 4)), np.array([1, 3, 0]))
        expected = np.full((3, 4), 1 / 12)
        expected[[0, 1, 2], [1, 3, 0]] = -1 / 4
        why = "each share is 1/4: the true class has slope (1/4 - 1) / 3, the others (1/4) / 3."
        expect_close(got, expected, why=why)

    @pytest.mark.parametrize("seed", range(3))
    def test_every_row_sums_to_zero(self, cross_entropy_gradient, seed):
        rng = np.random.default_rng(seed)
        got = np.asarray(cross_entropy_gradient(rng.normal(size=(5, 3)), rng.integers(0, 3, 5)))
        expect_that(
            got.shape == (5, 3) and np.allclose(got.sum(axis=1), 0) and np.abs(got).max() > 0.01,
            why="raising all scores of a row alike changes no share, so the slopes cancel.",
            got=got,
            expected="5 rows of 3 slopes, each row with the sum 0",
        )

    @pytest.mark.parametrize("seed", range(3))
    def test_is_what_a_nudge_of_each_logit_shows(self, cross_entropy_gradient, seed):
        rng = np.random.default_rng(seed)
        n, k = 5 + seed, 3
        logits, labels = rng.normal(scale=2, size=(n, k)), rng.integers(0, k, size=n)
        shares = np.exp(logits)
        shares /= shares.sum(axis=1, keepdims=True)
        truth = labels[:, None] == np.arange(k)
        expect_gradient(
            cross_entropy_gradient(logits, labels),
            (shares - truth) / n,
            why="dL/dlogits = (softmax(logits) - 1 at the true class) / n.",
            name="the gradient",
            of="logits",
            loss=lambda nudged: cross_entropy(nudged, labels),
            at=logits,
        )

    @mistake("You don't divide by n. The loss is a mean, so one example moves it by one n-th.")
    def forgets_the_mean(logits, labels):
        gradient = softmax(logits)
        gradient[np.arange(len(labels)), labels] -= 1
        return gradient

    @mistake("You divide by all n times k entries. The loss is a mean over the n examples.")
    def divides_by_all_entries(logits, labels):
        gradient = softmax(logits)
        gradient[np.arange(len(labels)), labels] -= 1
        return gradient / logits.size

    @mistake(
        "You subtract the wrong way round. A higher score of the true class makes the loss "
        "smaller, so its slope is negative: shares minus truth."
    )
    def subtracts_the_wrong_way_round(logits, labels):
        return (np.eye(logits.shape[1])[labels] - softmax(logits)) / len(labels)

    @mistake("These are the plain shares. At the true class of each row 1 has to be taken off.")
    def forgets_to_subtract(logits, labels):
        return softmax(logits) / len(labels)

    @mistake(
        "gradient[:, labels] changes whole columns in every row. You want one entry in each row: "
        "give both indices, np.arange(n) for the row and labels for the column."
    )
    def subtracts_from_whole_columns(logits, labels):
        gradient = softmax(logits)
        gradient[:, labels] -= 1
        return gradient / len(labels)

    @mistake(
        "You subtract the label's number, 0, 1 or 2. It is a name, not an amount: take 1 off, at "
        "the column that the label names."
    )
    def subtracts_the_number_of_the_label(logits, labels):
        return (softmax(logits) - labels[:, None]) / len(labels)

    @mistake(
        "Only the true class has a slope in yours. The other scores count as well: when one of "
        "them rises, the true class's share falls."
    )
    def only_at_the_true_class(logits, labels):
        truth = np.eye(logits.shape[1])[labels]
        return truth * (softmax(logits) - 1) / len(labels)

    @mistake(
        "You divide the shares by n and then take off a whole 1. First take 1 off, then divide all "
        "of it by n."
    )
    def divides_before_it_subtracts(logits, labels):
        gradient = softmax(logits) / len(labels)
        gradient[np.arange(len(labels)), labels] -= 1
        return gradient

    @mistake(
        "You return one slope for each example, that of its true class. Every score has a slope: "
        "return a table of the logits' shape."
    )
    def returns_only_the_true_class(logits, labels):
        return (softmax(logits)[np.arange(len(labels)), labels] - 1) / len(labels)

    @mistake(
        "A single list of indices changes whole rows, those with the numbers in labels. You want "
        "one entry in each row: give both indices, np.arange(n) for the row and labels for the "
        "column."
    )
    def subtracts_from_whole_rows(logits, labels):
        gradient = softmax(logits)
        gradient[labels] -= 1
        return gradient / len(labels)

    @mistake(
        "Your table of truths is n by n. It needs a column for each class: as many as the logits "
        "have."
    )
    def has_a_column_for_each_example(logits, labels):
        truth = np.eye(len(labels))[labels]
        return (softmax(logits) - truth) / len(labels)

    @mistake(
        "A list of labels, (n,), can't be subtracted from a table of shares, (n, k). And a label "
        "is a name, not an amount: take 1 off, at the column that it names."
    )
    def subtracts_the_list_of_labels(logits, labels):
        return (softmax(logits) - labels) / len(labels)

    @also_right
    def with_rows_of_the_identity(logits, labels):
        return (softmax(logits) - np.eye(logits.shape[1])[labels]) / len(labels)

    @also_right
    def row_by_row(logits, labels):
        rows = []
        for row, label in zip(logits, labels, strict=True):
            share = np.exp(row) / np.exp(row).sum()
            rows.append([(s - (j == label)) / len(labels) for j, s in enumerate(share)])
        return rows

    @also_right
    def with_a_comparison(logits, labels):
        truth = labels[:, np.newaxis] == np.arange(logits.shape[1])
        return softmax(logits) / len(logits) - truth / len(logits)
