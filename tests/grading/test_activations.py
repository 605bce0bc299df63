"""What a learner's answers in lesson 02 must do."""

import math

import numpy as np

from utils.activations import relu, sigmoid, sigmoid_derivative
from utils.checking.exercise import also_right, exercise, mistake
from utils.checking.expect import expect_close, expect_that, no_warnings

HUGE = (-1e300, -1000.0, -710.0, 710.0, 1000.0, 1e300)


@exercise(
    "collapse_linear_layers",
    points=2,
    minutes=8,
    difficulty=2,
    built="Proof by code: two linear layers are one. Depth alone buys nothing.",
)
class TestCollapseLinearLayers:
    def test_folds_two_lines_worked_out_by_hand(self, collapse_linear_layers):
        got = collapse_linear_layers(
            np.array([[2.0]]), np.array([1.0]), np.array([[3.0]]), np.array([-4.0])
        )
        why = "3 (2x + 1) - 4 = 6x - 1: the weight is 6, the bias is -1."
        expect_close(got, ([[6.0]], [-1.0]), why=why, parts=("W", "b"))

    def test_sends_the_first_biases_through_the_second_layer(self, collapse_linear_layers):
        W1, b1 = np.zeros((3, 2)), np.array([10.0, 100.0])
        W2, b2 = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]), np.ones(4)
        got = collapse_linear_layers(W1, b1, W2, b2)
        expected = (np.zeros((3, 4)), [511.0, 621.0, 731.0, 841.0])
        why = "with W1 all zero the first layer puts out b1, and the second makes b1 @ W2 + b2."
        expect_close(got, expected, why=why, parts=("W", "b"))

    def test_keeps_the_second_biases(self, collapse_linear_layers):
        W1, b1 = np.ones((2, 3)), np.zeros(3)
        W2, b2 = np.ones((3, 4)), np.array([1.0, -2.0, 3.0, 0.5])
        got = collapse_linear_layers(W1, b1, W2, b2)
        expected = (np.full((2, 4), 3.0), b2)
        why = "with b1 all zero, what is left of the biases is b2."
        expect_close(got, expected, why=why, parts=("W", "b"))

    def test_equals_the_two_layers_on_any_input(self, collapse_linear_layers):
        for seed in range(3):
            rng = np.random.default_rng(seed)
            m, h, k = 3 + seed, 6, 2
            W1, b1 = rng.normal(size=(m, h)), rng.normal(size=h)
            W2, b2 = rng.normal(size=(h, k)), rng.normal(size=k)
            # the all-zero input gives b; input j alone at 1 gives row j of W, plus b
            b = b1 @ W2 + b2
            W = (np.eye(m) @ W1 + b1) @ W2 + b2 - b
            got = collapse_linear_layers(W1, b1, W2, b2)
            why = f"X @ W + b must equal (X @ W1 + b1) @ W2 + b2, here with m={m}, h={h}, k={k}."
            expect_close(got, (W, b), why=why, parts=("W", "b"))

    @mistake(
        "You add the two biases. But b1 enters the second layer like any other signal: "
        "it is multiplied by W2 on its way."
    )
    def adds_the_biases(W1, b1, W2, b2):
        return W1 @ W2, b1 + b2

    @mistake("You keep b2 and lose b1. The first layer's biases reach the output too, through W2.")
    def forgets_the_first_biases(W1, b1, W2, b2):
        return W1 @ W2, b2

    @mistake("You forget b2: the second layer adds its own biases at the end.")
    def forgets_the_second_biases(W1, b1, W2, b2):
        return W1 @ W2, b1 @ W2

    @mistake(
        "You multiply in the wrong order. Data come from the left, X @ W1 @ W2, "
        "so the first layer's matrix stands first."
    )
    def multiplies_in_the_wrong_order(W1, b1, W2, b2):
        return W2 @ W1, b1 @ W2 + b2

    @mistake(
        "You add the weights. Layers in a row are applied one after the other, "
        "and that multiplies their matrices."
    )
    def adds_the_weights(W1, b1, W2, b2):
        return W1 + W2, b1 @ W2 + b2

    @mistake(
        "You multiply with *, entry by entry. Layers in a row take the matrix product, "
        "which Python writes as @."
    )
    def multiplies_entry_by_entry(W1, b1, W2, b2):
        return W1 * W2, b1 * W2 + b2

    @mistake("Your two results are swapped: return the weights first, then the biases.")
    def returns_the_biases_first(W1, b1, W2, b2):
        return b1 @ W2 + b2, W1 @ W2

    @mistake(
        "You send the biases the wrong way. The second layer works on what the first puts out, so "
        "b1 passes through W2, and b2 is added at the end."
    )
    def sends_the_second_biases_through_the_first_layer(W1, b1, W2, b2):
        return W1 @ W2, b2 @ W1 + b1

    @mistake(
        "You add the weights and add the biases. Put the first formula into the second and "
        "multiply out: then W1 meets W2 in a product, and so does b1."
    )
    def adds_everything(W1, b1, W2, b2):
        return W1 + W2, b1 + b2

    @also_right
    def with_einsum(W1, b1, W2, b2):
        return np.einsum("mh,hk->mk", W1, W2), np.einsum("h,hk->k", b1, W2) + b2

    @also_right
    def by_probing_the_two_layers(W1, b1, W2, b2):
        def both(X):
            return (X @ W1 + b1) @ W2 + b2

        b = both(np.zeros(len(W1)))
        return both(np.eye(len(W1))) - b, b

    @also_right
    def with_loops(W1, b1, W2, b2):
        m, h, k = len(W1), len(b1), len(b2)
        W = [[sum(W1[i, u] * W2[u, j] for u in range(h)) for j in range(k)] for i in range(m)]
        b = [b2[j] + sum(b1[u] * W2[u, j] for u in range(h)) for j in range(k)]
        return W, b

    @also_right
    def with_the_biases_as_an_extra_row(W1, b1, W2, b2):
        folded = np.vstack([W1, b1]) @ W2
        return [folded[:-1], folded[-1] + b2]


@exercise(
    "sigmoid",
    points=3,
    minutes=10,
    difficulty=2,
    built="A squash from any number to a probability that no input can overflow.",
)
class TestSigmoid:
    def test_zero_is_undecided(self, sigmoid):
        expect_close(sigmoid(0.0), 0.5, why="exp(0) is 1, and 1 / (1 + 1) is one half.")

    def test_follows_the_formula(self, sigmoid):
        z = np.array([-3.0, -1.0, 0.5, 2.0, 5.0])
        expected = [1 / (1 + math.exp(-number)) for number in z]
        why = "sigmoid(z) = 1 / (1 + exp(-z)); it rises from 0 on the left to 1 on the right."
        expect_close(sigmoid(z), expected, why=why)

    def test_opposite_numbers_share_one(self, sigmoid):
        z = np.random.default_rng(0).normal(scale=4, size=(3, 5))
        right, left = np.asarray(sigmoid(z)), np.asarray(sigmoid(-z))
        why = "sigmoid(z) + sigmoid(-z) = 1: the two sides of the S are mirror images."
        expect_close(right + left, np.ones((3, 5)), why=why)

    def test_keeps_any_shape(self, sigmoid):
        z = np.random.default_rng(1).normal(size=(2, 3, 4))
        expected = [[[1 / (1 + math.exp(-c)) for c in row] for row in block] for block in z]
        expect_close(sigmoid(z), expected, why="each number is squashed where it stands.")

    def test_survives_huge_inputs(self, sigmoid):
        with no_warnings("exp(1000) overflows: exponentiate only numbers that are not positive."):
            got = sigmoid(np.array(HUGE))
        expected = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]
        expect_close(got, expected, why="far from zero the sigmoid is flat, at 0 and at 1.")

    def test_survives_a_single_huge_number(self, sigmoid):
        for z, expected in ((1000.0, 1.0), (-1000.0, 0.0)):
            with no_warnings("exp(1000) overflows, for a single number as for an array."):
                got = sigmoid(z)
            expect_close(got, expected, why="far from zero the sigmoid is flat, at 0 and at 1.")

    @mistake("You exponentiate z where the formula has -z: yours falls where the sigmoid rises.")
    def exponentiates_plus_z(z):
        return 1 / (1 + np.exp(z))

    @mistake(
        "The formula is right, but exp(-z) overflows when z is far below zero: exp(1000) has no "
        "float. Yours is right only where z is not negative; write a second form for the rest."
    )
    def overflows_below_zero(z):
        return 1 / (1 + np.exp(-z))

    @mistake(
        "exp(z) overflows when z is large, and inf / inf is nan. Yours is right only "
        "where z is negative; use 1 / (1 + exp(-z)) for the rest."
    )
    def overflows_above_zero(z):
        return np.exp(z) / (1 + np.exp(z))

    @mistake(
        "Both forms are right, each on its side. But np.where is no `if`: it computes both for "
        "every number, and each overflows on the other's side. Make the exponent harmless first."
    )
    def lets_where_compute_both_branches(z):
        return np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))

    @mistake(
        "An `if` asks one question, but an array has an answer for every number in it. "
        "Use np.where or a mask to choose entry by entry."
    )
    def asks_an_array_with_if(z):
        if z >= 0:
            return 1 / (1 + np.exp(-z))
        return np.exp(z) / (1 + np.exp(z))

    @mistake(
        "Division comes before addition: yours reads (1 / 1) + exp(-z). "
        "Put the whole denominator in brackets."
    )
    def forgets_the_brackets(z):
        return 1 / 1 + np.exp(-z)

    @mistake(
        "You use exp(-|z|) on both sides, so yours is symmetric: it answers a negative z "
        "as if it were positive. The numerator has to depend on the sign of z."
    )
    def folds_the_left_side_onto_the_right(z):
        return 1 / (1 + np.exp(-np.abs(z)))

    @mistake("This is the tanh: it runs from -1 to 1. A probability lies between 0 and 1.")
    def answers_with_tanh(z):
        return np.tanh(z)

    @mistake(
        "Your two halves are exchanged. With s = exp(-|z|), it is 1 / (1 + s) to the right of zero "
        "and s / (1 + s) to the left."
    )
    def exchanges_the_two_halves(z):
        small = np.exp(-np.abs(z))
        return np.where(np.greater_equal(z, 0), small, 1) / (1 + small)

    @mistake(
        "The function math.exp takes one number, and z may be an array of many. Use np.exp, which "
        "takes them all."
    )
    def uses_the_exponential_of_one_number(z):
        import math

        return 1 / (1 + math.exp(-z))

    @mistake(
        "Yours walks along z from number to number, which a single number does not allow, and "
        "which gives whole rows where z is a table. Treat all of z at once."
    )
    def walks_along_z(z):
        result = []
        for number in z:
            if number >= 0:
                result.append(1 / (1 + np.exp(-number)))
            else:
                result.append(np.exp(number) / (1 + np.exp(number)))
        return np.array(result)

    @mistake(
        "Nearly: your e has too few digits. np.exp knows them all, and np.exp(-np.abs(z)) can't "
        "overflow."
    )
    def rounds_the_number_e(z):
        return 1 / (1 + 2.718 ** -np.asarray(z, float))

    @also_right
    def through_tanh(z):
        return (1 + np.tanh(np.asarray(z) / 2)) / 2

    @also_right
    def clips_the_exponent(z):
        return 1 / (1 + np.exp(-np.clip(z, -500, 500)))

    @also_right
    def with_the_overflow_silenced(z):
        with np.errstate(over="ignore"):
            return 1 / (1 + np.exp(-np.asarray(z)))

    @also_right
    def with_masks(z):
        z = np.asarray(z, float)
        result = np.empty(z.shape)
        positive = z >= 0
        result[positive] = 1 / (1 + np.exp(-z[positive]))
        result[~positive] = np.exp(z[~positive]) / (1 + np.exp(z[~positive]))
        return result

    @also_right
    def number_by_number(z):
        def one(number):
            if number >= 0:
                return 1 / (1 + np.exp(-number))
            return np.exp(number) / (1 + np.exp(number))

        return np.vectorize(one)(z)

    @also_right
    def in_logarithms(z):
        return np.exp(-np.logaddexp(0, -np.asarray(z)))

    @also_right
    def with_a_harmless_exponent_in_each_branch(z):
        left, right = np.minimum(z, 0), np.maximum(z, 0)
        return np.where(
            np.greater(z, 0), 1 / (1 + np.exp(-right)), np.exp(left) / (1 + np.exp(left))
        )


@exercise(
    "tanh_from_sigmoid",
    points=1,
    minutes=5,
    difficulty=2,
    built="tanh is a sigmoid, stretched and moved so that it is centred on zero.",
    extension=True,
)
class TestTanhFromSigmoid:
    def test_passes_through_the_origin(self, tanh_from_sigmoid):
        got = tanh_from_sigmoid(np.array([0.0, 0.0]))
        expect_close(got, [0.0, 0.0], why="tanh is centred: tanh(0) = 0.")

    def test_is_the_hyperbolic_tangent(self, tanh_from_sigmoid):
        z = np.array([-6.0, -2.0, -0.3, 0.1, 1.0, 4.0, 15.0])
        expected = [math.tanh(number) for number in z]
        why = "tanh(z) = (exp(z) - exp(-z)) / (exp(z) + exp(-z))."
        expect_close(tanh_from_sigmoid(z), expected, why=why)

    def test_is_flat_at_minus_one_and_at_one(self, tanh_from_sigmoid):
        got = tanh_from_sigmoid(np.array([-40.0, 40.0]))
        expect_close(got, [-1.0, 1.0], why="far from zero tanh is flat, at -1 and at 1.")

    def test_keeps_any_shape(self, tanh_from_sigmoid):
        z = np.random.default_rng(2).normal(scale=2, size=(2, 5, 3))
        expected = [[[math.tanh(c) for c in row] for row in block] for block in z]
        expect_close(tanh_from_sigmoid(z), expected, why="each number is treated on its own.")

    @mistake(
        "Yours runs from -1 to 1, but it rises too slowly: at the origin tanh is "
        "twice as steep as that. What goes into the sigmoid has to be doubled."
    )
    def forgets_to_double_the_input(z):
        return 2 * sigmoid(z) - 1

    @mistake(
        "Yours is steep enough, but runs from 0 to 1. Stretch it to twice its height, "
        "then move it down by 1."
    )
    def forgets_the_stretch(z):
        return sigmoid(2 * z)

    @mistake("Yours runs from 0 to 2: move it down by 1, so that it passes through the origin.")
    def forgets_to_move_it_down(z):
        return 2 * sigmoid(2 * z)

    @mistake("You move the sigmoid down by one half, but leave it half as high as the tanh.")
    def moves_without_stretching(z):
        return sigmoid(2 * z) - 0.5

    @mistake(
        "You stretch your curve where it has to be squeezed: yours is too flat at the origin. Put "
        "twice z into the sigmoid, not half of it."
    )
    def halves_the_input(z):
        return 2 * sigmoid(z / 2) - 1

    @mistake(
        "Yours runs from -1 to 0: you move it down without stretching it. Make it twice as high "
        "first."
    )
    def moves_down_without_stretching(z):
        return sigmoid(2 * z) - 1

    @mistake(
        "Yours is stretched, but it runs from -2 to 0. The 1 that you subtract is not to be "
        "doubled: look at your brackets."
    )
    def doubles_the_subtraction_too(z):
        return 2 * (sigmoid(2 * z) - 1)

    @mistake(
        "Yours is stretched, but moved down by one half only. Its middle lies at 1 after the "
        "stretch, and has to come to 0."
    )
    def moves_down_by_one_half(z):
        return 2 * sigmoid(2 * z) - 0.5

    @mistake("You move the curve up. It has to come down by 1, so that it passes the origin.")
    def moves_it_up(z):
        return 2 * sigmoid(2 * z) + 1

    @also_right
    def from_numpy(z):
        return np.tanh(z)

    @also_right
    def as_a_difference_of_two_sigmoids(z):
        return sigmoid(2 * z) - sigmoid(-2 * z)

    @also_right
    def from_the_other_side(z):
        return 1 - 2 * sigmoid(-2 * z)

    @also_right
    def number_by_number(z):
        return np.array([2 * float(sigmoid(2 * c)) - 1 for c in z.ravel()]).reshape(z.shape)


@exercise(
    "relu",
    points=1,
    minutes=3,
    difficulty=1,
    built="The cheapest bend there is, and the one most networks use.",
)
class TestRelu:
    def test_stops_negative_numbers(self, relu):
        got = relu(np.array([-3.0, -0.001, -1e300]))
        expect_close(got, [0.0, 0.0, 0.0], why="whatever is negative becomes 0.")

    def test_lets_positive_numbers_pass(self, relu):
        got = relu(np.array([0.001, 2.5, 1e300]))
        expect_close(got, [0.001, 2.5, 1e300], why="whatever is positive stays as it is.")

    def test_zero_stays_zero(self, relu):
        expect_close(relu(np.array([0.0, 1.0])), [0.0, 1.0], why="the hinge sits at zero.")

    def test_treats_each_entry_on_its_own(self, relu):
        z = np.array([[[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]], [[-7.0, 8.0, 9.0], [0.0, -1.0, -1.0]]])
        expected = [[[1, 0, 3], [0, 5, 0]], [[0, 8, 9], [0, 0, 0]]]
        expect_close(relu(z), expected, why="each number is treated on its own, in any shape.")

    @mistake(
        "np.max looks for the largest number along an axis. To compare each number with 0, "
        "use np.maximum."
    )
    def takes_the_largest_of_all(z):
        return np.max(z, 0)

    @mistake("You turn negative numbers round. The ReLU does not mirror them, it stops them.")
    def takes_the_absolute_value(z):
        return np.abs(z)

    @mistake("You keep the negative numbers and stop the positive ones: it is the other way round.")
    def keeps_the_wrong_side(z):
        return np.minimum(z, 0)

    @mistake(
        "Yours only says whether a number is positive: that is the step of lesson 01. "
        "The ReLU lets the number itself through."
    )
    def answers_with_the_step(z):
        return np.where(z > 0, 1.0, 0.0)

    @mistake("You cut at 1 as well. The ReLU has a floor, at 0, but no ceiling.")
    def clips_at_one(z):
        return np.clip(z, 0, 1)

    @mistake(
        "An `if`, or Python's max, asks one question, but an array has an answer for every "
        "number in it. Compare entry by entry, with np.maximum or np.where."
    )
    def asks_an_array_with_max(z):
        return max(0, z)

    @mistake(
        "You pick out the positive numbers and drop the others. All places stay: where a number "
        "is not positive, a 0 stands in the result."
    )
    def drops_what_is_not_positive(z):
        return z[z > 0]

    @also_right
    def with_a_mask(z):
        return z * (z > 0)

    @also_right
    def with_an_absolute_value(z):
        return (z + np.abs(z)) / 2

    @also_right
    def with_an_open_clip(z):
        return np.clip(z, 0, None)

    @also_right
    def number_by_number(z):
        return np.reshape([max(0.0, number) for number in z.ravel()], z.shape)


@exercise(
    "leaky_relu",
    points=1,
    minutes=4,
    difficulty=1,
    built="A ReLU that never goes quite silent, and so never stops learning.",
    extension=True,
)
class TestLeakyRelu:
    def test_lets_positive_numbers_pass(self, leaky_relu):
        got = leaky_relu(np.array([0.5, 3.0, 200.0]), 0.1)
        expect_close(got, [0.5, 3.0, 200.0], why="whatever is positive stays as it is.")

    def test_shrinks_negative_numbers(self, leaky_relu):
        got = leaky_relu(np.array([-0.5, -3.0, -200.0]), 0.1)
        expect_close(got, [-0.05, -0.3, -20.0], why="a negative number is multiplied by slope.")

    def test_obeys_the_slope_it_is_given(self, leaky_relu):
        z = np.array([-4.0, 0.0, 4.0])
        for slope in (0.01, 0.25, 0.9):
            expected = [-4.0 * slope, 0.0, 4.0]
            why = f"on the negative side the slope is {slope}, the one that was handed in."
            expect_close(leaky_relu(z, slope), expected, why=why)

    def test_treats_each_entry_on_its_own(self, leaky_relu):
        z = np.array([[[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]], [[-7.0, 8.0, 9.0], [0.0, -1.0, -1.0]]])
        expected = [[[1, -1, 3], [-2, 5, -3]], [[-3.5, 8, 9], [0, -0.5, -0.5]]]
        why = "each number is treated on its own, in any shape."
        expect_close(leaky_relu(z, 0.5), expected, why=why)

    @mistake(
        "You put the slope itself on the negative side, the same for every number. "
        "The slope multiplies z there."
    )
    def answers_with_the_slope(z, slope):
        return np.where(z > 0, z, slope)

    @mistake("You lean on the wrong side: positive numbers pass whole, negative ones shrink.")
    def shrinks_the_positive_side(z, slope):
        return np.where(z > 0, slope * z, z)

    @mistake("You use a slope of your own, 0.01. The slope is an argument: use what is handed in.")
    def fixes_the_slope(z, slope):
        return np.where(z > 0, z, 0.01 * z)

    @mistake("This is the plain ReLU: nothing leaks through. Below zero it should give slope * z.")
    def does_not_leak(z, slope):
        return np.maximum(z, 0)

    @mistake(
        "Your negative side rises to the left. Below zero slope * z is negative: keep its sign."
    )
    def mirrors_the_negative_side(z, slope):
        return np.where(z > 0, z, -slope * z)

    @mistake(
        "An `if` asks one question, but an array has an answer for every number in it. Choose "
        "number by number, with np.where."
    )
    def asks_an_array_with_if(z, slope):
        if z > 0:
            return z
        return slope * z

    @mistake(
        "You add the leak on both sides. To the right of 0 the number passes as it is: slope * z "
        "stands there only where z is negative."
    )
    def leaks_on_both_sides(z, slope):
        return relu(z) + slope * z

    @mistake(
        "You divide by the slope, which makes negative numbers larger. Multiply: a little passes, "
        "not a lot."
    )
    def divides_by_the_slope(z, slope):
        return np.where(z > 0, z, z / slope)

    @also_right
    def with_where(z, slope):
        return np.where(z > 0, z, slope * z)

    @also_right
    def from_two_relus(z, slope):
        return relu(z) - slope * relu(-z)

    @also_right
    def number_by_number(z, slope):
        return np.vectorize(lambda number: number if number > 0 else slope * number)(z)


@exercise(
    "sigmoid_derivative",
    points=2,
    minutes=6,
    difficulty=2,
    built="The slope of the sigmoid, from the sigmoid itself, and never more than a quarter.",
)
class TestSigmoidDerivative:
    def test_is_a_quarter_at_zero(self, sigmoid_derivative):
        got = sigmoid_derivative(np.array([0.0, 0.0]))
        expect_close(got, [0.25, 0.25], why="sigmoid(0) is 1/2, and 1/2 times 1/2 is 1/4.")

    def test_is_the_slope_of_the_sigmoid(self, sigmoid_derivative):
        z = np.array([-4.0, -1.5, -0.2, 0.3, 1.0, 3.0])
        nudge = 1e-5
        slopes = (sigmoid(z + nudge) - sigmoid(z - nudge)) / (2 * nudge)
        why = "nudge z a little to both sides: rise over run is the slope."
        expect_close(sigmoid_derivative(z), slopes, why=why, rtol=1e-6, atol=1e-8)

    def test_follows_the_formula(self, sigmoid_derivative):
        z = np.random.default_rng(3).normal(scale=3, size=(2, 3, 4))
        expected = math.e**-z / (1 + math.e**-z) ** 2
        why = "sigmoid'(z) = sigmoid(z) (1 - sigmoid(z)), for each number, in any shape."
        expect_close(sigmoid_derivative(z), expected, why=why)

    def test_is_the_same_on_both_sides(self, sigmoid_derivative):
        z = np.linspace(0, 8, 17)
        right, left = np.asarray(sigmoid_derivative(z)), np.asarray(sigmoid_derivative(-z))
        expect_close(left, right, why="the S rises as steeply at -z as at z.")

    def test_is_finite_everywhere(self, sigmoid_derivative):
        got = sigmoid_derivative(np.array(HUGE))
        why = "far from zero the sigmoid is flat: slope 0, neither inf nor nan."
        expect_close(got, np.zeros(6), why=why)

    @mistake(
        "You use z as if it were already the sigmoid's output. The formula is "
        "s (1 - s), with s = sigmoid(z)."
    )
    def takes_z_for_the_output(z):
        return z * (1 - z)

    @mistake("You multiply sigmoid(z) by 1 - z. Both factors are made of the sigmoid: s and 1 - s.")
    def takes_z_in_the_second_factor(z):
        return sigmoid(z) * (1 - z)

    @mistake("This is the sigmoid itself, its height. The derivative is its slope.")
    def answers_with_the_height(z):
        return sigmoid(z)

    @mistake("You multiply s by 1 + s. It is 1 - s: where s comes near 1, the slope goes to 0.")
    def adds_where_it_should_subtract(z):
        return sigmoid(z) * (1 + sigmoid(z))

    @mistake("1 - s^2 is the rule for tanh. The sigmoid's slope is s (1 - s).")
    def uses_the_rule_for_tanh(z):
        return 1 - sigmoid(z) ** 2

    @mistake(
        "Far below zero exp(-z) overflows, and inf / inf is nan. "
        "Build the slope from your sigmoid, which can't overflow."
    )
    def overflows_far_below_zero(z):
        return np.exp(-z) / (1 + np.exp(-z)) ** 2

    @mistake(
        "This is 1 - s alone, what is missing from the sigmoid's height to 1. The slope is that "
        "times the height: s (1 - s)."
    )
    def forgets_the_first_factor(z):
        return 1 - sigmoid(z)

    @mistake(
        "Yours is 0 everywhere: without brackets, s * 1 - s is s - s. Write the second factor as "
        "(1 - s)."
    )
    def forgets_the_brackets(z):
        height = sigmoid(z)
        return height * 1 - height

    @mistake(
        "You nudge z to one side and measure. That is a little off: the formula s (1 - s) is exact "
        "and needs no nudge."
    )
    def measures_on_one_side(z):
        return (sigmoid(z + 0.001) - sigmoid(z)) / 0.001

    @mistake(
        "You multiply with @, which adds up the products. Here each number is multiplied with its "
        "partner and stays by itself: use *."
    )
    def takes_the_matrix_product(z):
        height = sigmoid(z)
        return height @ (1 - height)

    @also_right
    def from_the_height(z):
        return sigmoid(z) * (1 - sigmoid(z))

    @also_right
    def as_a_difference(z):
        height = sigmoid(z)
        return height - height**2

    @also_right
    def with_a_hyperbolic_cosine(z):
        return 0.25 / np.cosh(z / 2) ** 2

    @also_right
    def through_tanh(z):
        return (1 - np.tanh(z / 2) ** 2) / 4


@exercise(
    "tanh_derivative",
    points=1,
    minutes=4,
    difficulty=2,
    built="The slope of tanh: four times the sigmoid's at its best, and flat as soon.",
    extension=True,
)
class TestTanhDerivative:
    def test_is_one_at_zero(self, tanh_derivative):
        got = tanh_derivative(np.array([0.0, 0.0]))
        expect_close(got, [1.0, 1.0], why="tanh(0) is 0, and 1 - 0 is 1.")

    def test_is_the_slope_of_tanh(self, tanh_derivative):
        z = np.array([-4.0, -1.5, -0.2, 0.3, 1.0, 3.0])
        nudge = 1e-5
        slopes = (np.tanh(z + nudge) - np.tanh(z - nudge)) / (2 * nudge)
        why = "nudge z a little to both sides: rise over run is the slope."
        expect_close(tanh_derivative(z), slopes, why=why, rtol=1e-6, atol=1e-8)

    def test_follows_the_formula(self, tanh_derivative):
        z = np.random.default_rng(4).normal(size=(2, 3, 4))
        why = "tanh'(z) = 1 - tanh(z)^2, for each number, in any shape."
        expect_close(tanh_derivative(z), 1 / np.cosh(z) ** 2, why=why)

    def test_is_finite_everywhere(self, tanh_derivative):
        got = tanh_derivative(np.array(HUGE))
        why = "far from zero tanh is flat: slope 0, neither inf nor nan."
        expect_close(got, np.zeros(6), why=why)

    @mistake("You forget the square: tanh'(z) = 1 - tanh(z)^2.")
    def forgets_the_square(z):
        return 1 - np.tanh(z)

    @mistake("t (1 - t) is the rule for the sigmoid. For tanh it is 1 - t^2.")
    def uses_the_rule_for_the_sigmoid(z):
        return np.tanh(z) * (1 - np.tanh(z))

    @mistake(
        "You use z as if it were already the tanh's output. "
        "The formula is 1 - t^2, with t = tanh(z)."
    )
    def takes_z_for_the_output(z):
        return 1 - z**2

    @mistake(
        "By the chain rule tanh, which is 2 sigmoid(2z) - 1, has the slope "
        "4 sigmoid'(2z): a 2 from outside and a 2 from inside. Yours has only one of them."
    )
    def forgets_the_inner_two(z):
        return 2 * sigmoid_derivative(2 * z)

    @mistake(
        "exp(2z) overflows far above zero, and inf / inf is nan. "
        "Build the slope from tanh itself, which can't overflow."
    )
    def overflows_far_above_zero(z):
        return 4 * np.exp(2 * z) / (np.exp(2 * z) + 1) ** 2

    @mistake("In Python a power is written with two stars, t**2. The sign ^ means something else.")
    def writes_the_power_with_a_hat(z):
        return 1 - np.tanh(z) ^ 2

    @mistake("You square the whole difference. Only the tanh is squared: 1 - t^2, not (1 - t)^2.")
    def squares_the_difference(z):
        return (1 - np.tanh(z)) ** 2

    @mistake("You square z before the tanh. It is the tanh's output that is squared.")
    def squares_z(z):
        return 1 - np.tanh(z**2)

    @mistake("You double the tanh where it is to be squared: t**2 is t times t.")
    def doubles_instead_of_squaring(z):
        return 1 - np.tanh(z) * 2

    @mistake("Your formula is that of tanh, but the sigmoid stands in it. Put tanh(z) there.")
    def puts_the_sigmoid_in(z):
        return 1 - sigmoid(z) ** 2

    @mistake(
        "The factor 4 is right, but the sigmoid in the tanh is squeezed: its slope is taken at 2z."
    )
    def forgets_the_squeeze(z):
        return 4 * sigmoid_derivative(z)

    @also_right
    def from_the_height(z):
        return 1 - np.tanh(z) ** 2

    @also_right
    def with_a_hyperbolic_cosine(z):
        return 1 / np.cosh(z) ** 2

    @also_right
    def as_a_product(z):
        height = np.tanh(z)
        return (1 - height) * (1 + height)


@exercise(
    "relu_derivative",
    points=1,
    minutes=4,
    difficulty=1,
    built="A slope of 1 or of 0: whatever passes the ReLU keeps its full slope.",
)
class TestReluDerivative:
    def test_is_one_where_the_number_passes(self, relu_derivative):
        got = relu_derivative(np.array([1e-12, 0.5, 3.0, 1e300]))
        expect_close(got, [1.0, 1.0, 1.0, 1.0], why="there relu(z) = z, a line of slope 1.")

    def test_is_zero_where_the_number_is_stopped(self, relu_derivative):
        got = relu_derivative(np.array([-1e-12, -0.5, -3.0, -1e300]))
        expect_close(got, [0.0, 0.0, 0.0, 0.0], why="there relu(z) = 0, a flat line.")

    def test_is_zero_at_the_kink(self, relu_derivative):
        got = relu_derivative(np.array([0.0, 0.0]))
        why = "at exactly 0 there is no slope; the custom, PyTorch's too, is to say 0."
        expect_close(got, [0.0, 0.0], why=why)

    def test_treats_each_entry_on_its_own(self, relu_derivative):
        z = np.array([[[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]], [[-7.0, 8.0, 9.0], [0.0, -1.0, -1.0]]])
        expected = [[[1, 0, 1], [0, 1, 0]], [[0, 1, 1], [0, 0, 0]]]
        why = "each number is treated on its own, in any shape."
        expect_close(relu_derivative(z), expected, why=why)

    @mistake("Yours says 1 at exactly 0. At the kink the custom is 0: ask for z > 0, not z >= 0.")
    def says_one_at_the_kink(z):
        return np.where(z >= 0, 1.0, 0.0)

    @mistake("This is the ReLU itself, its height. Its slope is 1 wherever it rises.")
    def answers_with_the_height(z):
        return np.maximum(z, 0)

    @mistake("Yours is -1 below zero. There the ReLU is flat, so its slope is 0.")
    def answers_with_the_sign(z):
        return np.sign(z)

    @mistake("relu(z) / z is 0 / 0 at z = 0, which is nan. The slope has to be finite everywhere.")
    def divides_by_z(z):
        return relu(z) / z

    @mistake(
        "A nudge to both sides of the kink averages the two slopes, so yours says 1/2 at 0. "
        "You know the two slopes exactly: 0 and 1."
    )
    def nudges_across_the_kink(z):
        return (relu(z + 1e-5) - relu(z - 1e-5)) / 2e-5

    @mistake(
        "An `if` asks one question, but an array has an answer for every number in it. Compare the "
        "whole array, with z > 0 or np.where."
    )
    def asks_an_array_with_if(z):
        return 1 if z > 0 else 0

    @mistake("Yours is turned round: the ReLU rises to the right of 0 and is flat to the left.")
    def turned_round(z):
        return np.where(z > 0, 0.0, 1.0)

    @also_right
    def with_booleans(z):
        return z > 0

    @also_right
    def with_heaviside(z):
        return np.heaviside(z, 0)

    @also_right
    def with_the_sign_of_what_passes(z):
        return np.sign(relu(z))

    @also_right
    def number_by_number(z):
        return np.vectorize(lambda number: 1 if number > 0 else 0)(z)


@exercise(
    "softmax",
    points=3,
    minutes=10,
    difficulty=3,
    built="Scores of any size become probabilities, row by row, and nothing overflows.",
)
class TestSoftmax:
    def test_gives_the_shares_of_the_exponentials(self, softmax):
        logits = np.array([[0.0, math.log(2), math.log(3)], [math.log(7), 0.0, math.log(2)]])
        expected = [[1 / 6, 2 / 6, 3 / 6], [7 / 10, 1 / 10, 2 / 10]]
        why = "the exponentials of the first row are 1, 2 and 3, and 1 + 2 + 3 = 6."
        expect_close(softmax(logits), expected, why=why)

    def test_equal_scores_share_equally(self, softmax):
        got = softmax(np.full((3, 4), 2.5))
        expect_close(got, np.full((3, 4), 0.25), why="four equal scores get a quarter each.")

    def test_every_row_sums_to_one(self, softmax):
        for seed in range(3):
            logits = np.random.default_rng(seed).normal(scale=3, size=(5, 2 + seed))
            got = np.asarray(softmax(logits))
            expect_that(
                got.shape == logits.shape and np.allclose(got.sum(axis=-1), 1),
                why="each example's probabilities are shares of one whole.",
                got=got,
                expected=f"{logits.shape[0]} rows of {logits.shape[1]}, each with the sum 1",
            )

    def test_ignores_what_is_added_to_a_whole_row(self, softmax):
        logits = np.array([[1.0, 2.0, 4.0, 0.5], [0.0, -1.0, 3.0, 2.0]])
        shares = np.exp(logits)
        shares /= shares.sum(axis=1, keepdims=True)
        got = softmax(logits + np.array([[50.0], [-20.0]]))
        why = "a number added to a whole row multiplies all its exponentials alike, and cancels."
        expect_close(got, shares, why=why)

    def test_survives_large_logits(self, softmax):
        logits = np.array([[1000.0, 1001.0, 1002.0], [-1000.0, -1001.0, -1002.0]])
        with no_warnings("exp(1000) overflows: first bring each row's largest number to 0."):
            got = softmax(logits)
        # only differences count: these are the rows (0, 1, 2) and (2, 1, 0)
        total = 1 + math.e + math.e**2
        first = [1 / total, math.e / total, math.e**2 / total]
        why = "only differences within a row count: 1000, 1001, 1002 are like 0, 1, 2."
        expect_close(got, [first, first[::-1]], why=why)

    def test_survives_the_largest_logits(self, softmax):
        logits = np.array([[-1e300, 0.0, 1e300], [1e300, 9e299, -1e300]])
        with no_warnings("no exponent should be positive, however large the logits are."):
            got = softmax(logits)
        why = "a score that is far below the row's largest gets nothing."
        expect_close(got, [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]], why=why)

    def test_treats_each_row_on_its_own(self, softmax):
        logits = np.array([[5000.0, 5000.0], [-5000.0, -5000.0], [0.0, math.log(3)]])
        with no_warnings("each row has a largest number of its own."):
            got = softmax(logits)
        why = "one row's scores say nothing about another row's."
        expect_close(got, [[0.5, 0.5], [0.5, 0.5], [0.25, 0.75]], why=why)

    @mistake(
        "The formula is right, but exp(1000) overflows to inf, and inf / inf is nan. "
        "Subtract something from each row first that cancels in the fraction."
    )
    def overflows_for_large_logits(logits):
        exponentials = np.exp(logits)
        return exponentials / exponentials.sum(axis=1, keepdims=True)

    @mistake(
        "You divide by the sum over all rows, so it is the whole table that sums to 1. "
        "Each row needs a sum of its own: axis=1, with keepdims=True."
    )
    def divides_by_the_sum_of_all(logits):
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        return exponentials / exponentials.sum()

    @mistake("Your columns sum to 1, not your rows: to run along a row, use axis=1.")
    def sums_down_the_columns(logits):
        exponentials = np.exp(logits - logits.max(axis=0, keepdims=True))
        return exponentials / exponentials.sum(axis=0, keepdims=True)

    @mistake(
        "You subtract the largest number of the whole table. Beside one huge row, every "
        "exponential of a small row becomes 0, and 0 / 0 is nan. Use each row's own largest."
    )
    def subtracts_the_largest_of_all(logits):
        exponentials = np.exp(logits - logits.max())
        return exponentials / exponentials.sum(axis=1, keepdims=True)

    @mistake(
        "You subtract each row's mean. Its largest number can still be far above the mean "
        "and overflow: subtract the largest itself."
    )
    def subtracts_the_mean(logits):
        exponentials = np.exp(logits - logits.mean(axis=1, keepdims=True))
        return exponentials / exponentials.sum(axis=1, keepdims=True)

    @mistake(
        "You subtract the largest number above the fraction bar but not below it, "
        "so it doesn't cancel. Shift the row once, then use it in both places."
    )
    def shifts_only_the_numerator(logits):
        shifted = logits - logits.max(axis=1, keepdims=True)
        return np.exp(shifted) / np.exp(logits).sum(axis=1, keepdims=True)

    @mistake(
        "You leave out the exponential: shares of the plain scores can be negative, "
        "or divide by 0. Exponentials are always positive."
    )
    def leaves_out_the_exponential(logits):
        return logits / logits.sum(axis=1, keepdims=True)

    @mistake(
        "You squash each score on its own with the sigmoid, so a row need not sum to 1. "
        "In the softmax the classes of a row compete for one whole."
    )
    def squashes_each_score_alone(logits):
        return sigmoid(logits)

    @mistake(
        "Your maximum and sum have the shape (n,), and NumPy lines that up with the columns. "
        "Keep them as a column, (n, 1): keepdims=True."
    )
    def forgets_keepdims(logits):
        exponentials = np.exp(logits - logits.max(axis=1))
        return exponentials / exponentials.sum(axis=1)

    @mistake(
        "You divide by the sum over the whole table: .sum() without an axis adds up all rows. Each "
        "row needs a sum of its own, and it has to survive large logits too."
    )
    def takes_the_table_for_one_row(logits):
        return np.exp(logits) / np.exp(logits).sum()

    @mistake(
        "You subtract each row's smallest number. Then the exponents are all positive, and large "
        "ones overflow: subtract the largest, so that none is."
    )
    def subtracts_the_smallest(logits):
        exponentials = np.exp(logits - logits.min(axis=1, keepdims=True))
        return exponentials / exponentials.sum(axis=1, keepdims=True)

    @mistake(
        "You divide the scores by the largest of their row. That changes their differences, and "
        "with them the shares: subtract it instead."
    )
    def divides_by_the_largest(logits):
        with np.errstate(all="ignore"):
            exponentials = np.exp(logits / logits.max(axis=1, keepdims=True))
            return exponentials / exponentials.sum(axis=1, keepdims=True)

    @mistake(
        "You take the largest number off after the exponential. It has to be taken off before, "
        "in the exponent: only there does it cancel, and keep exp from overflowing."
    )
    def subtracts_after_the_exponential(logits):
        with np.errstate(all="ignore"):
            exponentials = np.exp(logits) - logits.max(axis=1, keepdims=True)
            return exponentials / exponentials.sum(axis=1, keepdims=True)

    @mistake(
        "Your rows are shares of sigmoids. In the softmax they are shares of exponentials: it is "
        "exp that keeps the shares when a number is added to the whole row."
    )
    def takes_shares_of_sigmoids(logits):
        heights = sigmoid(logits)
        with np.errstate(all="ignore"):
            return heights / heights.sum(axis=1, keepdims=True)

    @mistake(
        "You give everything to the largest score and nothing to the others. The softmax is soft: "
        "each class gets its share of the exponentials."
    )
    def gives_all_to_the_largest(logits):
        return (logits == logits.max(axis=1, keepdims=True)).astype(float)

    @mistake("You answer for the first row only: your loop returns in its first round.")
    def answers_for_the_first_row(logits):
        for row in logits:
            exponentials = np.exp(row - row.max())
            return exponentials / exponentials.sum()

    @also_right
    def row_by_row(logits):
        rows = []
        for row in logits:
            exponentials = np.exp(row - max(row))
            rows.append(exponentials / exponentials.sum())
        return rows

    @also_right
    def in_logarithms(logits):
        return np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))

    @also_right
    def with_a_new_axis(logits):
        exponentials = np.exp(logits - logits.max(axis=-1)[:, None])
        return exponentials / np.einsum("nk->n", exponentials)[:, None]

    @also_right
    def transposed_and_back(logits):
        exponentials = np.exp(logits.T - logits.T.max(axis=0))
        return (exponentials / exponentials.sum(axis=0)).T
