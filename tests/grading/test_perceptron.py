"""Grading tests of lesson 01, the perceptron."""

# ruff: noqa: B905 (mistakes and unusual answers are written as learners write them)

import numpy as np
import pytest

from utils.checking.exercise import also_right, exercise, mistake
from utils.checking.expect import expect_close
from utils.perceptron import perceptron_update, step, weighted_sum


@exercise(
    "weighted_sum",
    points=1,
    minutes=4,
    difficulty=1,
    built="The heart of every neuron: each input weighed, all added up, and the bias on top.",
)
class TestWeightedSum:
    def test_two_inputs_by_hand(self, weighted_sum):
        expect_close(
            weighted_sum(np.array([-1.0, 2.0]), np.array([3.0, -2.0]), 1.0),
            -6.0,
            why="3 times -1 is -3, and -2 times 2 is -4; with the bias 1 that makes -3 - 4 + 1.",
        )

    def test_every_input_has_its_own_weight(self, weighted_sum):
        expect_close(
            weighted_sum(
                np.array([1.0, 2.0, 3.0, 4.0, 5.0]),
                np.array([1.0, 10.0, 100.0, 1000.0, 10000.0]),
                0.5,
            ),
            54321.5,
            why="each input is multiplied by the weight at the same place: "
            "1 + 20 + 300 + 4000 + 50000 + 0.5.",
        )

    def test_inputs_of_zero_leave_only_the_bias(self, weighted_sum):
        expect_close(
            weighted_sum(np.zeros(4), np.array([3.0, -2.0, 7.0, 1.0]), 0.75),
            0.75,
            why="where all inputs are zero, every product is zero and the bias is what remains.",
        )

    def test_a_single_input_is_enough(self, weighted_sum):
        expect_close(
            weighted_sum(np.array([4.0]), np.array([0.5]), -3.0),
            -1.0,
            why="a neuron may have one input only: 0.5 times 4, minus 3.",
        )

    @pytest.mark.parametrize("seed", [0, 1, 2], ids="seed {}".format)
    def test_works_for_any_number_of_inputs(self, weighted_sum, seed):
        rng = np.random.default_rng(seed)
        x, w, b = rng.normal(size=7 + seed), rng.normal(size=7 + seed), rng.normal()
        expect_close(
            weighted_sum(x, w, b),
            sum(x[i] * w[i] for i in range(len(x))) + b,
            why="the sum runs over all inputs, however many there are.",
        )

    @mistake("You left out the bias: it is added once, after the products.")
    def forgets_the_bias(x, w, b):
        return np.dot(x, w)

    @mistake(
        "You add the bias to every product and stop there: the products still have to be added up "
        "to one number."
    )
    def never_adds_up(x, w, b):
        return np.asarray(x) * w + b

    @mistake(
        "You add the bias to each product before adding up, so it counts once for every input. "
        "It belongs in the sum just once."
    )
    def adds_the_bias_to_every_product(x, w, b):
        return np.sum(np.asarray(x) * w + b)

    @mistake(
        "Your loop keeps only the last product: each round overwrites what the one before found. "
        "Add to the total instead."
    )
    def keeps_the_last_product(x, w, b):
        z = 0.0
        for i in range(len(x)):
            z = x[i] * w[i]
        return z + b

    @mistake(
        "Your function returns in the first round of its loop, so the other inputs never count. "
        "Return after the loop."
    )
    def returns_in_the_first_round(x, w, b):
        z = b
        for i in range(len(x)):
            z += x[i] * w[i]
            return z

    @mistake("You multiply by the bias where it should be added.")
    def multiplies_by_the_bias(x, w, b):
        return np.dot(x, w) * b

    @mistake("You subtract the bias. In this course it is added: z = w · x + b.")
    def subtracts_the_bias(x, w, b):
        return np.dot(x, w) - b

    @mistake(
        "You add inputs and weights to each other. A weight says how much its input counts, "
        "so it multiplies it."
    )
    def adds_weights_to_inputs(x, w, b):
        return np.sum(np.asarray(x) + w) + b

    @mistake("You add up the inputs without weighing them: the weights don't enter.")
    def forgets_the_weights(x, w, b):
        return np.sum(x) + b

    @mistake(
        "You wrote the sum for two inputs. A neuron may have any number m of them: use a loop over "
        "all, or np.dot."
    )
    def knows_two_inputs_only(x, w, b):
        return x[0] * w[0] + x[1] * w[1] + b

    @mistake(
        "Your loop starts at 1 and leaves out the first input. Python counts from 0: what is w_1 "
        "on paper is w[0] in code."
    )
    def leaves_out_the_first_input(x, w, b):
        z = b
        for i in range(1, len(x)):
            z += x[i] * w[i]
        return z

    @mistake(
        "You look for an entry that is not there. Python counts from 0: the first of m entries is "
        "x[0], and the last is x[m - 1]."
    )
    def counts_from_one(x, w, b):
        z = b
        for i in range(len(x)):
            z += x[i + 1] * w[i + 1]
        return z

    @mistake(
        "You add up inputs and weights first, and multiply the two totals. Each input meets its "
        "own weight: multiply pair by pair, then add up."
    )
    def multiplies_the_totals(x, w, b):
        return np.sum(x) * np.sum(w) + b

    @also_right
    def with_a_loop(x, w, b):
        z = b
        for i in range(len(x)):
            z += x[i] * w[i]
        return z

    @also_right
    def with_sum_and_zip(x, w, b):
        return sum(x_i * w_i for x_i, w_i in zip(x, w)) + b

    @also_right
    def with_einsum(x, w, b):
        return np.einsum("i,i->", x, w) + b


@exercise(
    "step",
    points=1,
    minutes=4,
    difficulty=1,
    built="A decision: any number in, yes or no out. Your neuron is complete.",
)
class TestStep:
    def test_below_zero_is_0_and_above_is_1(self, step):
        expect_close(
            step(np.array([-6.0, 2.5, -0.1, 0.1])),
            [0.0, 1.0, 0.0, 1.0],
            why="only the sign of z decides, not its size.",
        )

    def test_exactly_zero_is_1(self, step):
        expect_close(
            step(np.array([0.0, -1.0])),
            [1.0, 0.0],
            why="the step goes up where z >= 0, and zero itself counts as reached.",
        )

    def test_takes_a_single_number(self, step):
        expect_close(step(-6.0), 0.0, why="a single number is decided like an entry of an array.")
        expect_close(step(0.0), 1.0, why="zero counts as reached, for a single number too.")

    def test_however_close_to_zero(self, step):
        expect_close(
            step(np.array([-1e-12, 1e-12])),
            [0.0, 1.0],
            why="a number a tiny bit below zero has not reached it.",
        )

    def test_however_far_from_zero(self, step):
        expect_close(
            step(np.array([-1e300, 1e300])), [0.0, 1.0], why="huge numbers are decided as well."
        )

    def test_keeps_the_shape(self, step):
        expect_close(
            step(np.array([[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]])),
            [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]],
            why="each entry is decided by itself, so the answer has the shape of z.",
        )

    @mistake("Yours says 0 at exactly z = 0. Here z has reached zero, so the answer is 1.")
    def strict_comparison(z):
        return (np.asarray(z) > 0).astype(float)

    @mistake(
        "Yours says -1 below zero and 0 at zero: that is the sign of z. "
        "A step has two answers only, 0 and 1."
    )
    def uses_the_sign(z):
        return np.sign(z)

    @mistake(
        "Yours says -1 where it should say 0. Some books name the two classes -1 and +1; here they "
        "are 0 and 1."
    )
    def minus_one_and_one(z):
        return np.where(np.asarray(z) >= 0, 1.0, -1.0)

    @mistake(
        "Yours is turned round: it says 1 below zero and 0 above. Check the direction of the "
        "comparison."
    )
    def turned_round(z):
        return (np.asarray(z) < 0).astype(float)

    @mistake(
        "Yours lets positive numbers through as they are. A step forgets the size of z: "
        "every number from zero up becomes 1."
    )
    def lets_positive_numbers_through(z):
        return np.maximum(z, 0.0)

    @mistake("Yours goes up at 0.5. The step is at zero.")
    def goes_up_at_one_half(z):
        return (np.asarray(z) >= 0.5).astype(float)

    @mistake(
        "A plain `if` can decide about one number only, and z may be an array of many. "
        "Compare the whole array: z >= 0 gives True or False for each entry."
    )
    def plain_if(z):
        if z >= 0:
            return 1.0
        return 0.0

    @mistake(
        "Yours walks along z from entry to entry, which a single number does not allow, and which "
        "gives whole rows where z is a table. Compare all of z at once: z >= 0."
    )
    def walks_along_z(z):
        return np.array([1.0 if entry >= 0 else 0.0 for entry in z])

    @mistake(
        "int() and float() turn one number into another, and z may be an array of many. Give an "
        "answer for each entry: np.where takes whole arrays."
    )
    def converts_a_whole_array(z):
        return int(z >= 0)

    @also_right
    def with_where(z):
        return np.where(np.asarray(z) >= 0, 1.0, 0.0)

    @also_right
    def with_heaviside(z):
        return np.heaviside(z, 1.0)

    @also_right
    def with_true_and_false(z):
        return np.asarray(z) >= 0

    @also_right
    def entry_by_entry(z):
        z = np.asarray(z)
        result = np.zeros(z.shape)
        for index in np.ndindex(z.shape):
            if z[index] >= 0:
                result[index] = 1
        return result


@exercise(
    "perceptron_predict",
    points=2,
    minutes=6,
    difficulty=1,
    built="A neuron that decides about a whole batch with a single product.",
)
class TestPerceptronPredict:
    def test_three_examples_by_hand(self, perceptron_predict):
        expect_close(
            perceptron_predict(
                np.array([[-1.0, 2.0], [0.0, 0.0], [1.0, 1.0]]), np.array([3.0, -2.0]), 1.0
            ),
            [0.0, 1.0, 1.0],
            why="the three sums are -6, 1 and 2, and the step turns them into 0, 1 and 1.",
        )

    def test_one_answer_for_each_row(self, perceptron_predict):
        expect_close(
            perceptron_predict(
                np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 1.0, 1.0]]),
                np.array([2.0, -5.0, 1.0]),
                -1.5,
            ),
            [1.0, 0.0, 0.0, 0.0],
            why="a row is an example: 4 rows of 3 inputs get 4 answers. The sums are "
            "0.5, -6.5, -0.5 and -3.5.",
        )

    def test_the_bias_decides_about_zeros(self, perceptron_predict):
        expect_close(
            perceptron_predict(np.zeros((3, 2)), np.array([3.0, -2.0]), -0.5),
            [0.0, 0.0, 0.0],
            why="inputs of zero leave only the bias, and -0.5 is below zero.",
        )
        expect_close(
            perceptron_predict(np.zeros((3, 2)), np.array([3.0, -2.0]), 0.5),
            [1.0, 1.0, 1.0],
            why="inputs of zero leave only the bias, and 0.5 is above zero.",
        )

    def test_on_the_boundary_it_says_1(self, perceptron_predict):
        expect_close(
            perceptron_predict(np.array([[1.0, 2.0], [1.0, 2.5]]), np.array([3.0, -2.0]), 1.0),
            [1.0, 0.0],
            why="for (1, 2) the sum is exactly zero, and step(0) is 1.",
        )

    def test_a_batch_of_one_is_a_batch(self, perceptron_predict):
        expect_close(
            perceptron_predict(np.array([[1.0, 2.0, 3.0]]), np.array([1.0, 1.0, -1.5]), 0.0),
            [0.0],
            why="one row in, an array with one answer out: shape (1,).",
        )

    @pytest.mark.parametrize("seed", [0, 1, 2], ids="seed {}".format)
    def test_works_for_any_batch(self, perceptron_predict, seed):
        rng = np.random.default_rng(seed)
        X, w, b = rng.normal(size=(20 + seed, 6)), rng.normal(size=6), rng.normal()
        expect_close(
            perceptron_predict(X, w, b),
            [1.0 if sum(x * w) + b >= 0 else 0.0 for x in X],
            why="a batch gets the same answers as its rows one by one.",
        )

    @mistake("You return the sums themselves. The step that turns them into 0 or 1 is missing.")
    def forgets_the_step(X, w, b):
        return X @ w + b

    @mistake("You left out the bias: it is added to every sum, before the step.")
    def forgets_the_bias(X, w, b):
        return step(X @ w)

    @mistake(
        "You add the bias after the step. It belongs to the sum: the step comes last, so that "
        "all answers are 0 or 1."
    )
    def adds_the_bias_after_the_step(X, w, b):
        return step(X @ w) + b

    @mistake(
        "Yours says 0 where the sum is exactly zero. The neuron says 1 from zero up: "
        "use your step, which has this right."
    )
    def strict_comparison(X, w, b):
        return (X @ w + b > 0).astype(float)

    @mistake(
        "You multiply the weights with the columns. A row of X is an example, so it is the rows "
        "that meet the weights: X @ w, of shapes (n, m) and (m,)."
    )
    def weighs_the_columns(X, w, b):
        return step(w @ X + b)

    @mistake(
        "You add up over the whole batch. Each example has a sum of its own: add up along a row "
        "only."
    )
    def adds_up_the_whole_batch(X, w, b):
        return step(np.sum(X * w) + b)

    @mistake("You answer for the first example only. Each row of X wants an answer.")
    def answers_for_the_first_row(X, w, b):
        return step(weighted_sum(X[0], w, b))

    @mistake(
        "You apply the step to each product, before adding up. First comes the whole sum, then "
        "one step."
    )
    def steps_before_adding_up(X, w, b):
        return np.sum(step(X * w), axis=1) + b

    @mistake(
        "You hand the whole batch to weighted_sum, which is made for one example. Call it for each "
        "row, or compute all sums at once: X @ w + b."
    )
    def gives_the_batch_to_weighted_sum(X, w, b):
        return step(weighted_sum(X, w, b))

    @mistake(
        "You multiply each input by its weight, but don't add up: you decide about each product "
        "by itself. A row gets one sum, and so one answer."
    )
    def decides_about_each_product(X, w, b):
        return step(X * w + b)

    @also_right
    def row_by_row(X, w, b):
        return [step(weighted_sum(x, w, b)) for x in X]

    @also_right
    def with_einsum(X, w, b):
        return np.einsum("ij,j->i", X, w) + b >= 0

    @also_right
    def with_broadcasting(X, w, b):
        return step((X * w).sum(axis=1) + b)


@exercise(
    "boundary_line",
    points=2,
    minutes=7,
    difficulty=2,
    built="The line on which a neuron changes its mind, straight from its weights and bias.",
)
class TestBoundaryLine:
    def test_the_neuron_of_this_lesson(self, boundary_line):
        expect_close(
            boundary_line(np.array([3.0, -2.0]), 1.0),
            (1.5, 0.5),
            why="3 x1 - 2 x2 + 1 = 0 gives x2 = 1.5 x1 + 0.5.",
            parts=("slope", "intercept"),
        )

    def test_both_weights_positive_slopes_down(self, boundary_line):
        expect_close(
            boundary_line(np.array([2.0, 4.0]), 3.0),
            (-0.5, -0.75),
            why="2 x1 + 4 x2 + 3 = 0 gives x2 = -0.5 x1 - 0.75.",
            parts=("slope", "intercept"),
        )

    def test_without_a_bias_it_passes_the_origin(self, boundary_line):
        expect_close(
            boundary_line(np.array([2.0, 5.0]), 0.0),
            (-0.4, 0.0),
            why="with b = 0 the point (0, 0) solves the equation.",
            parts=("slope", "intercept"),
        )

    def test_an_input_without_weight_leaves_it_level(self, boundary_line):
        expect_close(
            boundary_line(np.array([0.0, 4.0]), 2.0),
            (0.0, -0.5),
            why="4 x2 + 2 = 0 is a level line at x2 = -0.5, whatever x1 is.",
            parts=("slope", "intercept"),
        )

    def test_turning_all_signs_keeps_the_line(self, boundary_line):
        expect_close(
            boundary_line(np.array([-3.0, 2.0]), -1.0),
            (1.5, 0.5),
            why="an equation that is zero stays zero when all its signs turn: the two sides of "
            "the line change places, the line stays.",
            parts=("slope", "intercept"),
        )

    @pytest.mark.parametrize("seed", [0, 1, 2], ids="seed {}".format)
    def test_its_points_solve_the_equation(self, boundary_line, seed):
        rng = np.random.default_rng(seed)
        (slope, intercept), b = rng.normal(size=2), rng.uniform(0.5, 2.0)
        # a multiple of slope · x1 - x2 + intercept = 0, so the answer is known beforehand
        multiple = b / intercept
        expect_close(
            boundary_line(np.array([multiple * slope, -multiple]), b),
            (slope, intercept),
            why="w[0] x1 + w[1] x2 + b must be zero for every point of the line.",
            parts=("slope", "intercept"),
        )

    @mistake(
        "Your slope has the wrong sign. When w[0] x1 crosses to the other side of the equation, "
        "it becomes negative."
    )
    def slope_without_minus(w, b):
        return w[0] / w[1], -b / w[1]

    @mistake(
        "Your intercept has the wrong sign. When b crosses to the other side of the equation, it "
        "becomes negative."
    )
    def intercept_without_minus(w, b):
        return -w[0] / w[1], b / w[1]

    @mistake(
        "Slope and intercept both have the wrong sign: terms that cross to the other side of an "
        "equation change theirs."
    )
    def without_any_minus(w, b):
        return w[0] / w[1], b / w[1]

    @mistake(
        "You solved for x1. The line is wanted as x2 = slope · x1 + intercept, so it is w[1] that "
        "you divide by."
    )
    def solved_for_the_other_input(w, b):
        with np.errstate(divide="ignore", invalid="ignore"):
            return -np.float64(w[1]) / w[0], -np.float64(b) / w[0]

    @mistake(
        "Your slope is right, but the intercept is not divided by w[1]. Dividing an equation "
        "divides all its terms."
    )
    def intercept_not_divided(w, b):
        return -w[0] / w[1], -b

    @mistake("You return the intercept first. The order is (slope, intercept).")
    def intercept_first(w, b):
        return -b / w[1], -w[0] / w[1]

    @mistake(
        "Yours is the direction of the weights, which stand at a right angle to the boundary. "
        "Along the boundary, the sum stays zero."
    )
    def direction_of_the_weights(w, b):
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.float64(w[1]) / w[0], -b / w[1]

    @mistake(
        "Your slope is right, but you divide b by w[0]. One equation is divided by one number, in "
        "all its terms: by w[1]."
    )
    def divides_the_bias_by_the_other_weight(w, b):
        with np.errstate(divide="ignore", invalid="ignore"):
            return -w[0] / w[1], -np.float64(b) / w[0]

    @mistake(
        "You look for a weight that is not there. Python counts from 0: w_1 and w_2 on paper are "
        "w[0] and w[1] in code."
    )
    def counts_from_one(w, b):
        return -w[1] / w[2], -b / w[2]

    @also_right
    def from_two_points(w, b):
        at_zero = -b / w[1]
        at_one = (-b - w[0]) / w[1]
        return [at_one - at_zero, at_zero]

    @also_right
    def as_an_array(w, b):
        return -np.array([w[0], b]) / w[1]

    @also_right
    def by_solving_equations(w, b):
        x2 = [np.linalg.solve([[w[1]]], [-b - w[0] * x1])[0] for x1 in (0.0, 1.0)]
        return x2[1] - x2[0], x2[0]


@exercise(
    "perceptron_update",
    points=3,
    minutes=8,
    difficulty=2,
    built="Rosenblatt's rule: a neuron that learns from its mistakes, and only from them.",
)
class TestPerceptronUpdate:
    def test_what_was_right_stays(self, perceptron_update):
        expect_close(
            perceptron_update(np.array([1.0, 2.0]), 1.0, np.array([3.0, -1.0]), 1.0, 0.5),
            ([3.0, -1.0], 1.0),
            why="the sum is 2, so the neuron says 1, and the label is 1: nothing to mend.",
            parts=("w_new", "b_new"),
        )
        expect_close(
            perceptron_update(np.array([1.0, 2.0]), 0.0, np.array([-3.0, 1.0]), -1.0, 0.5),
            ([-3.0, 1.0], -1.0),
            why="the sum is -2, so the neuron says 0, and the label is 0: nothing to mend.",
            parts=("w_new", "b_new"),
        )

    def test_a_wrong_yes_pulls_the_weights_away(self, perceptron_update):
        expect_close(
            perceptron_update(np.array([1.0, 2.0]), 0.0, np.array([3.0, -1.0]), 1.0, 0.5),
            ([2.5, -2.0], 0.5),
            why="the neuron says 1 and the label is 0, so half of x and 0.5 are taken off.",
            parts=("w_new", "b_new"),
        )

    def test_a_wrong_no_pulls_the_weights_closer(self, perceptron_update):
        expect_close(
            perceptron_update(np.array([1.0, 2.0]), 1.0, np.array([-1.0, -1.0]), 0.5, 0.5),
            ([-0.5, 0.0], 1.0),
            why="the neuron says 0 and the label is 1, so half of x and 0.5 are added.",
            parts=("w_new", "b_new"),
        )

    def test_on_the_boundary_the_neuron_says_1(self, perceptron_update):
        expect_close(
            perceptron_update(np.array([2.0, 1.0, 4.0]), 0.0, np.zeros(3), 0.0, 1.0),
            ([-2.0, -1.0, -4.0], -1.0),
            why="with zero weights the sum is zero, so the neuron says 1, which is wrong here.",
            parts=("w_new", "b_new"),
        )
        expect_close(
            perceptron_update(np.array([2.0, 1.0, 4.0]), 1.0, np.zeros(3), 0.0, 1.0),
            ([0.0, 0.0, 0.0], 0.0),
            why="with zero weights the sum is zero, so the neuron says 1, which is right here.",
            parts=("w_new", "b_new"),
        )

    def test_inputs_of_zero_move_only_the_bias(self, perceptron_update):
        expect_close(
            perceptron_update(np.zeros(4), 1.0, np.array([3.0, -2.0, 7.0, 1.0]), -0.75, 0.25),
            ([3.0, -2.0, 7.0, 1.0], -0.5),
            why="the bias moves as if it were the weight of an input that is always 1.",
            parts=("w_new", "b_new"),
        )

    @pytest.mark.parametrize("seed", [0, 1, 2, 3], ids="seed {}".format)
    def test_works_for_any_number_of_inputs(self, perceptron_update, seed):
        rng = np.random.default_rng(seed)
        x, w, b = rng.normal(size=5 + seed), rng.normal(size=5 + seed), rng.normal()
        says = 1.0 if sum(x * w) + b >= 0 else 0.0
        sign = 1.0 - 2.0 * says  # the label is the other one: +1 where a yes was missed
        expect_close(
            perceptron_update(x, 1.0 - says, w, b, 0.1),
            (w + 0.1 * sign * x, b + 0.1 * sign),
            why="every weight moves by the learning rate times its own input.",
            parts=("w_new", "b_new"),
        )

    @mistake(
        "Yours goes the wrong way: a wrong prediction becomes more wrong. The error is the label "
        "minus the prediction."
    )
    def goes_the_wrong_way(x, y, w, b, learning_rate):
        error = step(weighted_sum(x, w, b)) - y
        return w + learning_rate * error * x, b + learning_rate * error

    @mistake("You move the weights but not the bias. The bias learns too.")
    def forgets_the_bias(x, y, w, b, learning_rate):
        error = y - step(weighted_sum(x, w, b))
        return w + learning_rate * error * x, b

    @mistake("You move the bias but not the weights.")
    def forgets_the_weights(x, y, w, b, learning_rate):
        error = y - step(weighted_sum(x, w, b))
        return w, b + learning_rate * error

    @mistake(
        "You use the weighted sum as the prediction. Rosenblatt's rule looks only at the decision, "
        "0 or 1, so the step is missing."
    )
    def compares_with_the_sum(x, y, w, b, learning_rate):
        error = y - weighted_sum(x, w, b)
        return w + learning_rate * error * x, b + learning_rate * error

    @mistake("The learning rate does not enter: your step is always as long as x.")
    def ignores_the_learning_rate(x, y, w, b, learning_rate):
        error = y - step(weighted_sum(x, w, b))
        return w + error * x, b + error

    @mistake(
        "The learning rate does not reach your bias. It scales the whole step, weights and bias."
    )
    def learning_rate_for_the_weights_only(x, y, w, b, learning_rate):
        error = y - step(weighted_sum(x, w, b))
        return w + learning_rate * error * x, b + error

    @mistake(
        "Your weights move all by the same amount. Each moves in proportion to its own input: the "
        "factor x is missing."
    )
    def forgets_the_inputs(x, y, w, b, learning_rate):
        error = y - step(weighted_sum(x, w, b))
        return w + learning_rate * error, b + learning_rate * error

    @mistake(
        "You add x whenever the label is 1, even if the prediction was right, and never take it "
        "off. The step is driven by the error, label minus prediction."
    )
    def driven_by_the_label(x, y, w, b, learning_rate):
        return w + learning_rate * y * x, b + learning_rate * y

    @mistake(
        "You mend the missed ones but not the false alarms: when the neuron says 1 and the label "
        "is 0, the step is taken off."
    )
    def never_takes_off(x, y, w, b, learning_rate):
        if y == 1 and step(weighted_sum(x, w, b)) == 0:
            return w + learning_rate * x, b + learning_rate
        return w, b

    @mistake("Your prediction leaves out the bias, so it is not what the neuron says.")
    def predicts_without_the_bias(x, y, w, b, learning_rate):
        error = y - step(np.dot(w, x))
        return w + learning_rate * error * x, b + learning_rate * error

    @mistake(
        "With a sum of exactly zero the neuron says 1, and yours takes it for 0. Your step has "
        "this right: use it."
    )
    def strict_comparison(x, y, w, b, learning_rate):
        error = y - float(np.dot(w, x) + b > 0)
        return w + learning_rate * error * x, b + learning_rate * error

    @mistake("You return the bias first. The order is (w_new, b_new).")
    def bias_first(x, y, w, b, learning_rate):
        error = y - step(weighted_sum(x, w, b))
        return b + learning_rate * error, w + learning_rate * error * x

    @mistake(
        "You multiply the bias's step by x as well, so an array comes back for b. The bias's own "
        "input is always 1: leave x out there."
    )
    def moves_the_bias_with_the_inputs(x, y, w, b, learning_rate):
        error = y - step(weighted_sum(x, w, b))
        return w + learning_rate * error * x, b + learning_rate * error * x

    @mistake(
        "You add x at every mistake. Add it only where the label is 1; where the neuron said 1 "
        "and the label is 0, take it off."
    )
    def always_adds(x, y, w, b, learning_rate):
        if step(weighted_sum(x, w, b)) != y:
            return w + learning_rate * x, b + learning_rate
        return w, b

    @mistake(
        "You take x off at every mistake. Take it off only where the label is 0; where the neuron "
        "said 0 and the label is 1, add it."
    )
    def always_takes_off(x, y, w, b, learning_rate):
        if step(weighted_sum(x, w, b)) != y:
            return w - learning_rate * x, b - learning_rate
        return w, b

    @mistake(
        "Nothing comes back, at least where the neuron was right. Return both values in every "
        "case: after the `if`, not inside it, and with `return`, since print only shows them."
    )
    def returns_only_after_a_mistake(x, y, w, b, learning_rate):
        error = y - step(weighted_sum(x, w, b))
        if error != 0:
            return w + learning_rate * error * x, b + learning_rate * error

    @also_right
    def with_two_cases(x, y, w, b, learning_rate):
        y_hat = step(weighted_sum(x, w, b))
        if y_hat == y:
            return w, b
        if y == 1:
            return w + learning_rate * x, b + learning_rate
        return w - learning_rate * x, b - learning_rate

    @also_right
    def with_a_constant_input(x, y, w, b, learning_rate):
        x_one, w_b = np.append(x, 1.0), np.append(w, b)
        w_b = w_b + learning_rate * (y - (x_one @ w_b >= 0)) * x_one
        return w_b[:-1], w_b[-1]

    @also_right
    def weight_by_weight(x, y, w, b, learning_rate):
        error = y - step(weighted_sum(x, w, b))
        w_new = [w_i + learning_rate * error * x_i for w_i, x_i in zip(w, x)]
        return w_new, b + learning_rate * error


@exercise(
    "train_perceptron",
    points=3,
    minutes=10,
    difficulty=3,
    built="Learning: nobody told this neuron its weights. It found them in the examples.",
)
class TestTrainPerceptron:
    def test_two_examples_by_hand(self, train_perceptron):
        expect_close(
            train_perceptron(np.array([[-1.0, 2.0], [1.0, 1.0]]), np.array([0.0, 1.0]), 1.0, 3),
            ([2.0, -1.0], 0.0, [2, 0, 0]),
            why="both examples are wrong in the first epoch and mended at once; "
            "after that all is right.",
            parts=("w", "b", "mistakes"),
        )

    def test_starts_at_zeros(self, train_perceptron):
        expect_close(
            train_perceptron(np.array([[2.0, -1.0, 3.0]]), np.array([1.0]), 1.0, 2),
            ([0.0, 0.0, 0.0], 0.0, [0, 0]),
            why="zero weights give a sum of zero, so the neuron says 1; the only label is 1, and "
            "nothing has to move.",
            parts=("w", "b", "mistakes"),
        )

    def test_mends_after_each_example(self, train_perceptron):
        # by hand: (1,) is wrong, w = -1, b = -1; (2,) then gets -3, right; (-3,) gets 2, wrong
        expect_close(
            train_perceptron(np.array([[1.0], [2.0], [-3.0]]), np.zeros(3), 1.0, 1),
            ([2.0], -2.0, [2]),
            why="the second example is judged with the weights that the first one has mended, "
            "and the third with those of the second.",
            parts=("w", "b", "mistakes"),
        )

    def test_counts_the_mistakes_of_each_epoch(self, train_perceptron):
        # XOR, followed by hand: after the third epoch the same four mistakes return for ever
        X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        expect_close(
            train_perceptron(X, np.array([0.0, 1.0, 1.0, 0.0]), 1.0, 5),
            ([-1.0, 0.0], 0.0, [3, 3, 4, 4, 4]),
            why="each entry counts the wrong predictions met during one epoch, before their step; "
            "on XOR they never end.",
            parts=("w", "b", "mistakes"),
        )

    def test_the_learning_rate_scales_the_weights(self, train_perceptron):
        expect_close(
            train_perceptron(np.array([[-1.0, 2.0], [1.0, 1.0]]), np.array([0.0, 1.0]), 0.25, 2),
            ([0.5, -0.25], 0.0, [2, 0]),
            why="every step is a quarter as long, so the weights end a quarter as large.",
            parts=("w", "b", "mistakes"),
        )

    @pytest.mark.parametrize("seed", [0, 1, 2], ids="seed {}".format)
    def test_works_for_any_batch(self, train_perceptron, seed):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(25 + seed, 4))
        y = (X @ rng.normal(size=4) + 0.3 * rng.normal(size=25 + seed) >= 0).astype(float)
        w, b, mistakes = np.zeros(4), 0.0, np.zeros(6)
        for epoch in range(6):
            for i in range(25 + seed):
                says = 1.0 if sum(X[i] * w) + b >= 0 else 0.0
                mistakes[epoch] += abs(y[i] - says)
                w, b = w + 0.5 * (y[i] - says) * X[i], b + 0.5 * (y[i] - says)
        expect_close(
            train_perceptron(X, y, 0.5, 6),
            (w, b, mistakes),
            why="the examples are visited in order, in every epoch, and each mistake is mended at "
            "once.",
            parts=("w", "b", "mistakes"),
        )

    @mistake(
        "The weights stay where they started: perceptron_update returns new weights, and you have "
        "to keep them."
    )
    def drops_the_new_weights(X, y, learning_rate, epochs):
        w, b, mistakes = np.zeros(X.shape[1]), 0.0, []
        for _ in range(epochs):
            count = 0
            for x_i, y_i in zip(X, y):
                count += int(step(weighted_sum(x_i, w, b)) != y_i)
                perceptron_update(x_i, y_i, w, b, learning_rate)
            mistakes.append(count)
        return w, b, np.array(mistakes)

    @mistake(
        "You judge all examples with the weights from the start of the epoch. In Rosenblatt's rule "
        "each step counts at once, for the very next example."
    )
    def one_step_an_epoch(X, y, learning_rate, epochs):
        w, b, mistakes = np.zeros(X.shape[1]), 0.0, []
        for _ in range(epochs):
            error = y - step(X @ w + b)
            mistakes.append(np.sum(error != 0))
            w, b = w + learning_rate * error @ X, b + learning_rate * np.sum(error)
        return w, b, np.array(mistakes)

    @mistake(
        "You count at the end of each epoch, with the mended weights. Wanted are the predictions "
        "that were wrong on the way, when their example was met."
    )
    def counts_after_the_epoch(X, y, learning_rate, epochs):
        w, b, mistakes = np.zeros(X.shape[1]), 0.0, []
        for _ in range(epochs):
            for x_i, y_i in zip(X, y):
                w, b = perceptron_update(x_i, y_i, w, b, learning_rate)
            mistakes.append(np.sum(step(X @ w + b) != y))
        return w, b, np.array(mistakes)

    @mistake(
        "You mend first and count afterwards. Count whether the prediction was wrong before the "
        "step that it causes."
    )
    def counts_after_the_step(X, y, learning_rate, epochs):
        w, b, mistakes = np.zeros(X.shape[1]), 0.0, []
        for _ in range(epochs):
            count = 0
            for x_i, y_i in zip(X, y):
                w, b = perceptron_update(x_i, y_i, w, b, learning_rate)
                count += int(step(weighted_sum(x_i, w, b)) != y_i)
            mistakes.append(count)
        return w, b, np.array(mistakes)

    @mistake("Your count runs on from epoch to epoch. Each epoch starts counting at zero.")
    def never_resets_the_count(X, y, learning_rate, epochs):
        w, b, mistakes, count = np.zeros(X.shape[1]), 0.0, [], 0
        for _ in range(epochs):
            for x_i, y_i in zip(X, y):
                count += int(step(weighted_sum(x_i, w, b)) != y_i)
                w, b = perceptron_update(x_i, y_i, w, b, learning_rate)
            mistakes.append(count)
        return w, b, np.array(mistakes)

    @mistake(
        "Your weights go back to zero at the start of every epoch, and what was learned is lost. "
        "Start at zeros once, before the first epoch."
    )
    def forgets_between_epochs(X, y, learning_rate, epochs):
        mistakes = []
        for _ in range(epochs):
            w, b, count = np.zeros(X.shape[1]), 0.0, 0
            for x_i, y_i in zip(X, y):
                count += int(step(weighted_sum(x_i, w, b)) != y_i)
                w, b = perceptron_update(x_i, y_i, w, b, learning_rate)
            mistakes.append(count)
        return w, b, np.array(mistakes)

    @mistake(
        "You return the count of the last epoch only. `mistakes` has one entry for each epoch."
    )
    def a_single_count(X, y, learning_rate, epochs):
        w, b = np.zeros(X.shape[1]), 0.0
        for _ in range(epochs):
            count = 0
            for x_i, y_i in zip(X, y):
                count += int(step(weighted_sum(x_i, w, b)) != y_i)
                w, b = perceptron_update(x_i, y_i, w, b, learning_rate)
        return w, b, count

    @mistake(
        "You stop as soon as an epoch has no mistakes, so `mistakes` is too short. It has one "
        "entry for each epoch, zeros included."
    )
    def stops_early(X, y, learning_rate, epochs):
        w, b, mistakes = np.zeros(X.shape[1]), 0.0, []
        for _ in range(epochs):
            count = 0
            for x_i, y_i in zip(X, y):
                count += int(step(weighted_sum(x_i, w, b)) != y_i)
                w, b = perceptron_update(x_i, y_i, w, b, learning_rate)
            mistakes.append(count)
            if count == 0:
                break
        return w, b, np.array(mistakes)

    @mistake(
        "Yours goes through the examples once only. An epoch is one pass; do `epochs` of them."
    )
    def one_pass_only(X, y, learning_rate, epochs):
        w, b, mistakes = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for x_i, y_i in zip(X, y):
            mistakes[0] += step(weighted_sum(x_i, w, b)) != y_i
            w, b = perceptron_update(x_i, y_i, w, b, learning_rate)
        return w, b, mistakes

    @mistake("The learning rate does not reach perceptron_update: your steps have length 1.")
    def ignores_the_learning_rate(X, y, learning_rate, epochs):
        w, b, mistakes = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            for x_i, y_i in zip(X, y):
                mistakes[epoch] += step(weighted_sum(x_i, w, b)) != y_i
                w, b = perceptron_update(x_i, y_i, w, b, 1.0)
        return w, b, mistakes

    @mistake("You start with weights of one. A blank neuron starts with zeros.")
    def starts_at_ones(X, y, learning_rate, epochs):
        w, b, mistakes = np.ones(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            for x_i, y_i in zip(X, y):
                mistakes[epoch] += step(weighted_sum(x_i, w, b)) != y_i
                w, b = perceptron_update(x_i, y_i, w, b, learning_rate)
        return w, b, mistakes

    @mistake(
        "You do one epoch too few. range(1, epochs) has only epochs - 1 rounds, and Python counts "
        "from 0: range(epochs) has them all."
    )
    def one_epoch_too_few(X, y, learning_rate, epochs):
        w, b, mistakes = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(1, epochs):
            for x_i, y_i in zip(X, y):
                mistakes[epoch] += step(weighted_sum(x_i, w, b)) != y_i
                w, b = perceptron_update(x_i, y_i, w, b, learning_rate)
        return w, b, mistakes

    @mistake("You do one epoch too many, so `mistakes` has one entry too many.")
    def one_epoch_too_many(X, y, learning_rate, epochs):
        w, b, mistakes = np.zeros(X.shape[1]), 0.0, []
        for _ in range(epochs + 1):
            count = 0
            for x_i, y_i in zip(X, y):
                count += int(step(weighted_sum(x_i, w, b)) != y_i)
                w, b = perceptron_update(x_i, y_i, w, b, learning_rate)
            mistakes.append(count)
        return w, b, np.array(mistakes)

    @mistake(
        "You return one count for all epochs together. `mistakes` has an entry for each epoch, and "
        "each starts at zero."
    )
    def counts_all_epochs_together(X, y, learning_rate, epochs):
        w, b, count = np.zeros(X.shape[1]), 0.0, 0
        for _ in range(epochs):
            for x_i, y_i in zip(X, y):
                count += int(step(weighted_sum(x_i, w, b)) != y_i)
                w, b = perceptron_update(x_i, y_i, w, b, learning_rate)
        return w, b, count

    @mistake(
        "Your `mistakes` grows at every example. It has one entry for each epoch: append after "
        "the inner loop, not inside it."
    )
    def an_entry_for_each_example(X, y, learning_rate, epochs):
        w, b, mistakes = np.zeros(X.shape[1]), 0.0, []
        for _ in range(epochs):
            count = 0
            for x_i, y_i in zip(X, y):
                count += int(step(weighted_sum(x_i, w, b)) != y_i)
                w, b = perceptron_update(x_i, y_i, w, b, learning_rate)
                mistakes.append(count)
        return w, b, np.array(mistakes)

    @mistake(
        "You count before each epoch, with the weights of its start. Wanted are the predictions "
        "that were wrong on the way: look at each example right before its own step."
    )
    def counts_before_the_epoch(X, y, learning_rate, epochs):
        w, b, mistakes = np.zeros(X.shape[1]), 0.0, []
        for _ in range(epochs):
            mistakes.append(np.sum(step(X @ w + b) != y))
            for x_i, y_i in zip(X, y):
                w, b = perceptron_update(x_i, y_i, w, b, learning_rate)
        return w, b, np.array(mistakes)

    @mistake(
        "You make two weights, and the examples may have more inputs or fewer. There is one weight "
        "for each column of X: X.shape[1] of them."
    )
    def always_makes_two_weights(X, y, learning_rate, epochs):
        w, b, mistakes = np.zeros(2), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            for x_i, y_i in zip(X, y):
                mistakes[epoch] += step(weighted_sum(x_i, w, b)) != y_i
                w, b = perceptron_update(x_i, y_i, w, b, learning_rate)
        return w, b, mistakes

    @mistake(
        "You make a weight for each example: len(X) counts rows. There is one for each input, and "
        "X.shape[1] counts these."
    )
    def a_weight_for_each_example(X, y, learning_rate, epochs):
        w, b, mistakes = np.zeros(len(X)), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            for x_i, y_i in zip(X, y):
                mistakes[epoch] += step(weighted_sum(x_i, w, b)) != y_i
                w, b = perceptron_update(x_i, y_i, w, b, learning_rate)
        return w, b, mistakes

    @also_right
    def with_a_constant_input(X, y, learning_rate, epochs):
        X_one, w = np.column_stack([X, np.ones(len(X))]), np.zeros(X.shape[1] + 1)
        mistakes = []
        for _ in range(epochs):
            count = 0
            for x_i, y_i in zip(X_one, y):
                error = y_i - float(x_i @ w >= 0)
                count += error != 0
                w = w + learning_rate * error * x_i
            mistakes.append(count)
        return w[:-1], w[-1], mistakes

    @also_right
    def by_comparing_biases(X, y, learning_rate, epochs):
        w, b, mistakes = np.zeros(X.shape[1]), 0.0, np.zeros(epochs)
        for epoch in range(epochs):
            for i in range(len(X)):
                w_new, b_new = perceptron_update(X[i], y[i], w, b, learning_rate)
                mistakes[epoch] += b_new != b
                w, b = w_new, b_new
        return w, b, mistakes

    @also_right
    def rests_once_all_is_right(X, y, learning_rate, epochs):
        w, b, mistakes = np.zeros(X.shape[1]), 0.0, [0] * epochs
        for epoch in range(epochs):
            for x_i, y_i in zip(X, y):
                if step(weighted_sum(x_i, w, b)) != y_i:
                    mistakes[epoch] += 1
                    w, b = perceptron_update(x_i, y_i, w, b, learning_rate)
            if mistakes[epoch] == 0:
                return w, b, mistakes
        return w, b, mistakes
