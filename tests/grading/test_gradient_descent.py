"""What a learner's answers in lesson 05 must do."""

import math

import numpy as np
import pytest

from utils.activations import sigmoid
from utils.checking.exercise import also_right, exercise, mistake
from utils.checking.expect import expect_close, expect_finite, expect_gradient, expect_that
from utils.gradient_descent import (
    gradient_descent,
    gradient_step,
    linear_regression_gradient,
    logistic_regression_gradient,
)
from utils.losses import (
    bce_with_logits,
    bce_with_logits_gradient,
    binary_cross_entropy,
    mean_squared_error,
    mse_gradient,
)
from utils.surfaces import bowl_gradient, ripples_gradient, saddle_gradient, valley_gradient


def in_words(shape):
    """A shape for a test's name, on the card: `3 by 4`."""
    return " by ".join(str(length) for length in shape) or "a single number"


# ------------------------------------------------------------------------ the gradient


@exercise(
    "numerical_gradient",
    points=3,
    minutes=9,
    difficulty=2,
    built="A compass for any landscape: it needs no formula, only heights.",
)
class TestNumericalGradient:
    FUNCTIONS = {
        "line": "w[0] ** 2 + 3 * w[1]",
        "cubes": "np.sum(w**3)",
        "waves": "np.sum(np.sin(w) * np.cos(2 * w)) + np.prod(w)",
        "constant": "7.0",
    }

    def nudge(self, numerical_gradient, function, w, epsilon):
        """Let the learner's function find the gradient of one of the functions above."""
        code = f"""
            def f(w):
                return {self.FUNCTIONS[function]}
            return numerical_gradient(f, w, epsilon)
        """
        return numerical_gradient.drive(code, w=np.array(w, float), epsilon=epsilon)

    def test_two_slopes_worked_out_by_hand(self, numerical_gradient):
        got = self.nudge(numerical_gradient, "line", [2.0, 5.0], 1e-3)
        why = "along w[0] the slope is 2 · 2 = 4, along w[1] it is 3 everywhere."
        expect_close(got, [4.0, 3.0], why=why, rtol=1e-7, atol=1e-7)

    def test_nudges_both_ways(self, numerical_gradient):
        got = self.nudge(numerical_gradient, "cubes", [2.0, -1.0], 0.5)
        why = (
            "with a nudge as large as 0.5, (2.5³ - 1.5³) / 1 is 12.25. A nudge to one side only "
            "gives another number."
        )
        expect_close(got, [12.25, 3.25], why=why)

    @pytest.mark.parametrize("epsilon", [0.1, 0.01])
    def test_uses_the_epsilon_it_is_given(self, numerical_gradient, epsilon):
        got = self.nudge(numerical_gradient, "cubes", [1.0, 2.0, -3.0], epsilon)
        expected = [3 * w**2 + epsilon**2 for w in (1.0, 2.0, -3.0)]
        why = "for a cube, central differences give 3 w² + epsilon², exactly."
        expect_close(got, expected, why=why)

    @pytest.mark.parametrize("shape", [(), (1,), (5,), (3, 4), (2, 1, 3)], ids=in_words)
    def test_works_for_any_shape(self, numerical_gradient, shape):
        w = np.random.default_rng(sum(shape)).normal(size=shape)
        got = self.nudge(numerical_gradient, "cubes", w, 0.25)
        why = "one slope for each entry, in an array of w's shape."
        expect_close(got, 3 * w**2 + 0.25**2, why=why, atol=1e-8)

    def test_moves_one_entry_at_a_time(self, numerical_gradient):
        w = np.array([0.3, -1.2, 2.0])
        got = self.nudge(numerical_gradient, "waves", w, 1e-5)
        slope = np.cos(w) * np.cos(2 * w) - 2 * np.sin(w) * np.sin(2 * w)
        expected = slope + np.prod(w) / w
        why = "while one entry is nudged, all the others stay where they are."
        expect_close(got, expected, why=why, rtol=1e-6, atol=1e-8)

    def test_is_zero_on_level_ground(self, numerical_gradient):
        got = self.nudge(numerical_gradient, "constant", np.ones((2, 3)), 1e-4)
        expect_close(got, np.zeros((2, 3)), why="a constant has no slope in any direction.")

    @mistake(
        "You nudge to one side only. That is a forward difference, which leans to one side where "
        "the function bends. Go a step up and a step down, and compare these two."
    )
    def goes_one_way(f, w, epsilon):
        gradient = np.zeros(w.shape)
        for index in np.ndindex(w.shape):
            nudged = w.copy()
            nudged[index] += epsilon
            gradient[index] = (f(nudged) - f(w)) / epsilon
        return gradient

    @mistake(
        "You divide by epsilon. From one nudge to the other it is two epsilons, so yours is "
        "twice too large."
    )
    def divides_by_one_epsilon(f, w, epsilon):
        gradient = np.zeros(w.shape)
        for index in np.ndindex(w.shape):
            nudge = np.zeros(w.shape)
            nudge[index] = epsilon
            gradient[index] = (f(w + nudge) - f(w - nudge)) / epsilon
        return gradient

    @mistake(
        "Look at the brackets: `a / 2 * epsilon` divides by 2 and then multiplies by epsilon. "
        "Write `a / (2 * epsilon)`."
    )
    def forgets_the_brackets(f, w, epsilon):
        gradient = np.zeros(w.shape)
        for index in np.ndindex(w.shape):
            nudge = np.zeros(w.shape)
            nudge[index] = epsilon
            gradient[index] = (f(w + nudge) - f(w - nudge)) / 2 * epsilon
        return gradient

    @mistake(
        "You nudge all entries at once. That gives one slope, along the diagonal. Nudge one entry, "
        "measure, and only then take the next."
    )
    def nudges_all_at_once(f, w, epsilon):
        return (f(w + epsilon) - f(w - epsilon)) / (2 * epsilon) * np.ones(w.shape)

    @mistake(
        "Your nudges pile up: after an entry was measured it has to go back to where it was, "
        "before the next one moves."
    )
    def never_puts_back(f, w, epsilon):
        gradient, w = np.zeros(w.shape), w.copy()
        for index in np.ndindex(w.shape):
            w[index] += epsilon
            above = f(w)
            w[index] -= 2 * epsilon
            gradient[index] = (above - f(w)) / (2 * epsilon)
        return gradient

    @mistake("You subtract the wrong way round: height above minus height below, not the reverse.")
    def subtracts_the_wrong_way_round(f, w, epsilon):
        gradient = np.zeros(w.shape)
        for index in np.ndindex(w.shape):
            nudge = np.zeros(w.shape)
            nudge[index] = epsilon
            gradient[index] = (f(w - nudge) - f(w + nudge)) / (2 * epsilon)
        return gradient

    @mistake(
        "Yours works for a flat list of weights only. Weights may also be a table, or a single "
        "number: `np.ndindex(w.shape)` runs over the entries of any array."
    )
    def only_for_one_axis(f, w, epsilon):
        gradient = np.zeros(len(w))
        for i in range(len(w)):
            nudge = np.zeros(len(w))
            nudge[i] = epsilon
            gradient[i] = (f(w + nudge) - f(w - nudge)) / (2 * epsilon)
        return gradient

    @mistake(
        "The epsilon that was asked for is ignored: you use one of your own. How large a nudge "
        "may be is the caller's choice."
    )
    def own_epsilon(f, w, epsilon):
        epsilon = 1e-6
        gradient = np.zeros(w.shape)
        for index in np.ndindex(w.shape):
            nudge = np.zeros(w.shape)
            nudge[index] = epsilon
            gradient[index] = (f(w + nudge) - f(w - nudge)) / (2 * epsilon)
        return gradient

    @mistake(
        "Your slope is 0: both heights were measured at the same place. `up = w` only gives the "
        "same array a second name, and what one nudge moves up, the next moves down again: make "
        "two copies of w."
    )
    def forgets_to_copy(f, w, epsilon):
        gradient = np.zeros(w.shape)
        for index in np.ndindex(w.shape):
            above, below = w, w
            above[index] += epsilon
            below[index] -= epsilon
            gradient[index] = (f(above) - f(below)) / (2 * epsilon)
        return gradient

    @mistake(
        "You nudge all entries at once, and one number comes back. The gradient has a slope for "
        "each entry: nudge one, measure, and only then take the next."
    )
    def one_number_for_all(f, w, epsilon):
        return (f(w + epsilon) - f(w - epsilon)) / (2 * epsilon)

    @mistake(
        "Your nudges pile up: once an entry of the nudge is set, it stays set when the next one "
        "has its turn. Begin each round with a nudge of zeros."
    )
    def never_empties_the_nudge(f, w, epsilon):
        gradient, nudge = np.zeros(w.shape), np.zeros(w.shape)
        for index in np.ndindex(w.shape):
            nudge[index] = epsilon
            gradient[index] = (f(w + nudge) - f(w - nudge)) / (2 * epsilon)
        return gradient

    @mistake(
        "Your nudge is 1, not epsilon: you go much further than you divide by. In the formula "
        "e_i is multiplied by epsilon."
    )
    def nudges_by_one(f, w, epsilon):
        gradient = np.zeros(w.shape)
        for index in np.ndindex(w.shape):
            nudge = np.zeros(w.shape)
            nudge[index] = 1
            gradient[index] = (f(w + nudge) - f(w - nudge)) / (2 * epsilon)
        return gradient

    @mistake(
        "Only the first entry is measured: `return` stands inside the loop and ends it at once. "
        "Move it to the left, below the loop."
    )
    def returns_after_the_first_entry(f, w, epsilon):
        gradient = np.zeros(w.shape)
        for index in np.ndindex(w.shape):
            nudge = np.zeros(w.shape)
            nudge[index] = epsilon
            gradient[index] = (f(w + nudge) - f(w - nudge)) / (2 * epsilon)
            return gradient

    @also_right
    def on_a_flat_copy(f, w, epsilon):
        slopes = []
        for i in range(w.size):
            above, below = w.ravel().copy(), w.ravel().copy()
            above[i] += epsilon
            below[i] -= epsilon
            rise = f(above.reshape(w.shape)) - f(below.reshape(w.shape))
            slopes.append(rise / (2 * epsilon))
        return np.reshape(slopes, w.shape)

    @also_right
    def moves_an_entry_of_a_copy_and_puts_it_back(f, w, epsilon):
        w = np.array(w, float)
        gradient = np.zeros_like(w)
        for index, here in np.ndenumerate(w):
            w[index] = here + epsilon
            above = f(w)
            w[index] = here - epsilon
            below = f(w)
            w[index] = here
            gradient[index] = (above - below) / (2 * epsilon)
        return gradient

    @also_right
    def with_rows_of_the_identity(f, w, epsilon):
        nudges = epsilon * np.eye(w.size).reshape(-1, *w.shape)
        slopes = [(f(w + nudge) - f(w - nudge)) / epsilon / 2 for nudge in nudges]
        return np.array(slopes).reshape(w.shape)


# -------------------------------------------------------------------------- the descent


@exercise(
    "gradient_step",
    points=1,
    minutes=3,
    difficulty=1,
    built="The one line by which every network in the world learns.",
)
class TestGradientStep:
    def test_a_step_worked_out_by_hand(self, gradient_step):
        got = gradient_step(np.array([3.0, -1.0]), np.array([2.0, -4.0]), 0.25)
        why = "3 - 0.25 · 2 is 2.5, and -1 - 0.25 · (-4) is 0."
        expect_close(got, [2.5, 0.0], why=why)

    def test_goes_against_the_gradient(self, gradient_step):
        got = gradient_step(np.zeros(3), np.array([1.0, -1.0, 0.0]), 0.5)
        why = "where the loss rises to the right, go left; where it is level, stay."
        expect_close(got, [-0.5, 0.5, 0.0], why=why)

    def test_twice_the_learning_rate_goes_twice_as_far(self, gradient_step):
        w, gradient = np.array([1.0, 2.0]), np.array([3.0, -5.0])
        why = "the step is the learning rate times the gradient: twice the rate, twice the step."
        for rate, expected in ((0.01, [0.97, 2.05]), (0.02, [0.94, 2.1])):
            expect_close(gradient_step(w, gradient, rate), expected, why=why)

    @pytest.mark.parametrize("shape", [(4,), (3, 2), (1, 1)], ids=in_words)
    def test_works_for_any_shape(self, gradient_step, shape):
        rng = np.random.default_rng(len(shape))
        w, gradient = rng.normal(size=shape), rng.normal(size=shape)
        expected = [
            a - 0.3 * g for a, g in zip(w.ravel().tolist(), gradient.ravel().tolist(), strict=True)
        ]
        why = "every weight takes its own step."
        expect_close(gradient_step(w, gradient, 0.3), np.reshape(expected, shape), why=why)

    def test_works_for_a_single_number(self, gradient_step):
        expect_close(gradient_step(2.0, 6.0, 0.5), -1.0, why="2 - 0.5 · 6 is -1.")

    @mistake(
        "You go with the gradient, and that is uphill: the loss would grow as fast as it can. "
        "Subtract it."
    )
    def goes_uphill(w, gradient, learning_rate):
        return w + learning_rate * gradient

    @mistake("You return the step itself. Wanted are the new weights: the old ones minus the step.")
    def returns_the_step(w, gradient, learning_rate):
        return learning_rate * gradient

    @mistake("The learning rate is missing: your step is as long as the gradient.")
    def ignores_the_learning_rate(w, gradient, learning_rate):
        return w - gradient

    @mistake(
        "You divide by the learning rate. A small learning rate stands for small steps: multiply."
    )
    def divides_by_the_learning_rate(w, gradient, learning_rate):
        return w - gradient / learning_rate

    @mistake(
        "`w -= …` changes the caller's array. The old weights are still needed, for the path or "
        "for another step: make a new array."
    )
    def steps_in_place(w, gradient, learning_rate):
        w -= learning_rate * gradient
        return w

    @mistake(
        "Your steps have the same length everywhere, since only the gradient's sign is used. A "
        "steep slope calls for a longer step than a gentle one."
    )
    def uses_only_the_sign(w, gradient, learning_rate):
        return w - learning_rate * np.sign(gradient)

    @mistake("The learning rate multiplies the gradient only, not the weights: mind the brackets.")
    def shrinks_the_weights(w, gradient, learning_rate):
        return learning_rate * (w - gradient)

    @mistake(
        "You return the step alone, though in the right direction. Wanted are the new weights: "
        "where w was, plus this step."
    )
    def returns_the_step_downhill(w, gradient, learning_rate):
        return -learning_rate * gradient

    @mistake(
        "Mind the brackets: the learning rate multiplies the gradient, and only then is their "
        "product subtracted from w."
    )
    def subtracts_the_rate(w, gradient, learning_rate):
        return (w - learning_rate) * gradient

    @mistake(
        "`gradient` is no function here. It holds the slopes at w already, so there is nothing to "
        "call."
    )
    def calls_the_gradient(w, gradient, learning_rate):
        return w - learning_rate * gradient(w)

    @also_right
    def entry_by_entry(w, gradient, learning_rate):
        new = np.array(w, float)
        for index in np.ndindex(new.shape):
            new[index] -= learning_rate * np.asarray(gradient)[index]
        return new

    @also_right
    def as_a_sum(w, gradient, learning_rate):
        return np.add(w, np.multiply(-learning_rate, gradient))


@exercise(
    "gradient_descent",
    points=3,
    minutes=8,
    difficulty=2,
    built="The algorithm itself: look, step, look again, down to a place that is level.",
)
class TestGradientDescent:
    def test_two_steps_worked_out_by_hand(self, gradient_descent):
        got = gradient_descent(bowl_gradient, np.array([4.0, -8.0]), 0.25, 2)
        why = "the bowl's gradient is 2 w, so a learning rate of 0.25 halves w in each step."
        expect_close(got, [[4.0, -8.0], [2.0, -4.0], [1.0, -2.0]], why=why)

    def test_no_steps_leave_the_start_alone(self, gradient_descent):
        got = gradient_descent(valley_gradient, np.array([1.5, -2.5]), 0.1, 0)
        why = "with 0 steps the path is the start, as its only row: the shape is (1, 2)."
        expect_close(got, [[1.5, -2.5]], why=why)

    def test_the_path_has_a_row_more_than_there_are_steps(self, gradient_descent):
        got = np.asarray(gradient_descent(saddle_gradient, np.array([0.5, 0.1]), 0.1, 7))
        expect_that(
            got.shape == (8, 2),
            why="the start is a place of the path, too: 7 steps join 8 places.",
            got=got.shape,
            expected="the shape (8, 2)",
        )

    def test_looks_again_after_each_step(self, gradient_descent):
        rate, steps = 0.09, 6
        got = gradient_descent(valley_gradient, np.array([2.0, 1.0]), rate, steps)
        expected = [[2 * (1 - rate) ** t, (1 - 20 * rate) ** t] for t in range(steps + 1)]
        why = (
            "in the valley each step multiplies w[0] by 1 - 0.09 and w[1] by 1 - 20 · 0.09: the "
            "gradient is taken anew at each place."
        )
        expect_close(got, expected, why=why)

    def test_arrives_in_one_step_at_the_right_learning_rate(self, gradient_descent):
        got = gradient_descent(bowl_gradient, np.array([3.0, -1.0]), 0.5, 3)
        why = "in the bowl, at a learning rate of 1/2, w - 0.5 · 2 w is 0; there it stays."
        expect_close(got, [[3.0, -1.0], [0, 0], [0, 0], [0, 0]], why=why)

    def test_runs_away_at_too_large_a_learning_rate(self, gradient_descent):
        got = gradient_descent(bowl_gradient, np.array([1.0, -0.5]), 1.5, 4)
        expected = [[(-2.0) ** t, -0.5 * (-2.0) ** t] for t in range(5)]
        why = "each step multiplies w by 1 - 1.5 · 2 = -2. Runaway walks are kept as they are."
        expect_close(got, expected, why=why)

    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_every_step_is_one_step_of_the_rule(self, gradient_descent, seed):
        w = np.random.default_rng(seed).normal(size=2)
        expected = [w]
        for _ in range(5 + seed):
            slope = [0.2 * v + 2 * math.sin(2 * v) for v in expected[-1]]
            expected.append(
                np.array([v - 0.2 * s for v, s in zip(expected[-1], slope, strict=True)])
            )
        got = gradient_descent(ripples_gradient, w, 0.2, 5 + seed)
        why = "path[t + 1] = path[t] - learning_rate · gradient_of(path[t])."
        expect_close(got, np.array(expected), why=why)

    @pytest.mark.parametrize("p", [1, 5])
    def test_works_for_any_number_of_weights(self, gradient_descent, p):
        code = """
            return gradient_descent(lambda w: w - 1, w0, 0.5, 3)
        """
        w0 = np.arange(1.0, p + 1)
        got = gradient_descent.drive(code, w0=w0)
        expected = [1 + (w0 - 1) * 0.5**t for t in range(4)]
        expect_close(got, np.array(expected), why="each step halves the distance to 1.")

    @mistake(
        "Your path lacks its start. Its first row is `w0` itself, before any step, so it has "
        "steps + 1 rows."
    )
    def forgets_the_start(gradient_of, w0, learning_rate, steps):
        w, path = w0, np.zeros((steps, len(w0)))
        for t in range(steps):
            w = w - learning_rate * gradient_of(w)
            path[t] = w
        return path

    @mistake("You return the last place only. Wanted is the whole path, a row for each place.")
    def returns_the_end(gradient_of, w0, learning_rate, steps):
        w = w0
        for _ in range(steps):
            w = w - learning_rate * gradient_of(w)
        return w

    @mistake(
        "You take the gradient once, at the start, and follow it all the way. The ground changes "
        "under your feet: take it anew at each place."
    )
    def looks_once(gradient_of, w0, learning_rate, steps):
        gradient = gradient_of(w0)
        path = [w0]
        for _ in range(steps):
            path.append(path[-1] - learning_rate * gradient)
        return np.array(path)

    @mistake("You walk uphill: a step goes against the gradient.")
    def goes_uphill(gradient_of, w0, learning_rate, steps):
        path = [w0]
        for _ in range(steps):
            path.append(path[-1] + learning_rate * gradient_of(path[-1]))
        return np.array(path)

    @mistake(
        "All rows of your path are the same: the last place. `w -= …` changes the array that is "
        "already in the path, and each entry of the list is that one array."
    )
    def the_same_array_again_and_again(gradient_of, w0, learning_rate, steps):
        w = w0.copy()
        path = [w]
        for _ in range(steps):
            w -= learning_rate * gradient_of(w)
            path.append(w)
        return np.array(path)

    @mistake("You take one step too many: `steps` steps make a path of steps + 1 rows.")
    def one_step_too_many(gradient_of, w0, learning_rate, steps):
        path = [w0]
        for _ in range(steps + 1):
            path.append(path[-1] - learning_rate * gradient_of(path[-1]))
        return np.array(path)

    @mistake(
        "You collect the gradients. The path holds the places: the weights at the start and after "
        "each step."
    )
    def collects_gradients(gradient_of, w0, learning_rate, steps):
        w, path = w0, [gradient_of(w0)]
        for _ in range(steps):
            w = w - learning_rate * gradient_of(w)
            path.append(gradient_of(w))
        return np.array(path)

    @mistake("Every step of yours begins at `w0` again. It begins where the last one ended.")
    def always_from_the_start(gradient_of, w0, learning_rate, steps):
        path = [w0]
        for _ in range(steps):
            path.append(w0 - learning_rate * gradient_of(w0))
        return np.array(path)

    @mistake(
        "Your path lacks its end. The start and the place after each of `steps` steps make "
        "steps + 1 rows."
    )
    def one_step_too_few(gradient_of, w0, learning_rate, steps):
        path = [w0]
        for _ in range(steps - 1):
            path.append(path[-1] - learning_rate * gradient_of(path[-1]))
        return np.array(path)

    @mistake(
        "Your path lacks its end: you keep the place before each step, and never the one after the "
        "last. It has steps + 1 rows."
    )
    def forgets_the_end(gradient_of, w0, learning_rate, steps):
        w, path = w0, []
        for _ in range(steps):
            path.append(w)
            w = w - learning_rate * gradient_of(w)
        return np.array(path)

    @mistake(
        "All rows after the first are the same: the last place. `w -= …` changes the array that is "
        "already in the path, and each entry of the list is that one array."
    )
    def the_same_array_after_the_start(gradient_of, w0, learning_rate, steps):
        path, w = [w0], w0.copy()
        for _ in range(steps):
            w -= learning_rate * gradient_of(w)
            path.append(w)
        return np.array(path)

    @mistake("Your walk starts at zeros: the first row of the path was never set to `w0`.")
    def never_sets_the_start(gradient_of, w0, learning_rate, steps):
        path = np.zeros((steps + 1, len(w0)))
        for t in range(steps):
            path[t + 1] = path[t] - learning_rate * gradient_of(path[t])
        return path

    @mistake(
        "Count the rows. The table needs steps + 1 of them, numbered from 0 to steps, and the loop "
        "takes `steps` rounds: each fills the row after its own."
    )
    def has_a_row_too_few(gradient_of, w0, learning_rate, steps):
        path = np.zeros((steps, len(w0)))
        path[0] = w0
        for t in range(steps):
            path[t + 1] = path[t] - learning_rate * gradient_of(path[t])
        return path

    @mistake(
        "`gradient_of` is a function, not the gradient. Call it with the place where you are: what "
        "it returns is the gradient there."
    )
    def hands_on_the_function(gradient_of, w0, learning_rate, steps):
        path = [w0]
        for _ in range(steps):
            path.append(gradient_step(path[-1], gradient_of, learning_rate))
        return np.array(path)

    @also_right
    def into_a_table(gradient_of, w0, learning_rate, steps):
        path = np.empty((steps + 1, len(w0)))
        path[0] = w0
        for t in range(steps):
            path[t + 1] = gradient_step(path[t], gradient_of(path[t]), learning_rate)
        return path

    @also_right
    def in_place_with_copies(gradient_of, w0, learning_rate, steps):
        w, path = np.array(w0, float), []
        for t in range(steps + 1):
            path.append(w.copy())
            if t < steps:
                w -= learning_rate * np.asarray(gradient_of(w))
        return path

    @also_right
    def by_calling_itself(gradient_of, w0, learning_rate, steps):
        def walk(w, left):
            if left == 0:
                return [w]
            return [w, *walk(w - learning_rate * gradient_of(w), left - 1)]

        return np.vstack(walk(w0, steps))


# ---------------------------------------------------------------- two models that learn


def batch(n, m, seed):
    """A batch of examples, and weights that don't fit it yet."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, m)), rng.normal(size=m), float(rng.normal()), rng


def expect_gradients(got, expected, loss, w, b, why):
    """Expect (dw, db); where one is off, show its worst entry beside the finite difference.

    `loss` is a function of w and b.
    """
    expect_that(
        isinstance(got, (tuple, list)) and len(got) == 2,
        why="two things are asked for: the slopes for the weights, and the slope for the bias.",
        got=got,
        expected="a pair (dw, db)",
    )
    dw, db = expected
    expect_gradient(got[0], dw, why, name="dw", of="w", loss=lambda v: loss(v, b), at=w)
    expect_gradient(got[1], db, why, name="db", of="b", loss=lambda v: loss(w, v), at=b)


@exercise(
    "linear_regression_gradient",
    points=3,
    minutes=9,
    difficulty=2,
    built="What a whole data set has to say to each weight of a line, in one matrix product.",
)
class TestLinearRegressionGradient:
    def test_two_examples_worked_out_by_hand(self, linear_regression_gradient):
        X, y = np.array([[1.0], [3.0]]), np.array([2.0, 4.0])
        got = linear_regression_gradient(X, y, np.array([2.0]), 0.0)
        why = "the predictions are 2 and 6, the errors 0 and 2: dw = 2/2 · 2 · 3, db = 2/2 · 2."
        expect_close(got, (np.array([6.0]), 2.0), why=why, parts=("dw", "db"))

    def test_is_zero_where_the_line_fits(self, linear_regression_gradient):
        X = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, -1.0]])
        y = np.array([2.5, -1.5, 7.5])  # 2 x1 - x2 + 0.5
        got = linear_regression_gradient(X, y, np.array([2.0, -1.0]), 0.5)
        why = "every prediction is right, so no weight has a reason to move."
        expect_close(got, (np.zeros(2), 0.0), why=why, parts=("dw", "db"))

    @pytest.mark.parametrize(
        ("n", "m"), [(7, 3), (4, 6), (5, 1)], ids=["7 by 3", "4 by 6", "5 by 1"]
    )
    def test_is_what_nudging_each_weight_shows(self, linear_regression_gradient, n, m):
        X, w, b, rng = batch(n, m, seed=n)
        y = rng.normal(size=n)
        errors = [math.fsum(row * w) + b - target for row, target in zip(X, y, strict=True)]
        dw = [2 / n * math.fsum(errors * X[:, j]) for j in range(m)]
        expect_gradients(
            linear_regression_gradient(X, y, w, b),
            (dw, 2 / n * math.fsum(errors)),
            lambda w, b: mean_squared_error(X @ w + b, y),
            w,
            b,
            why="dw[j] = (2/n) Σ_i (y_hat[i] - y[i]) X[i, j], and db is the same without X.",
        )

    def test_examples_that_stand_twice_change_nothing(self, linear_regression_gradient):
        X, w, b, rng = batch(6, 2, seed=0)
        y = rng.normal(size=6)
        errors = X @ w + b - y
        got = linear_regression_gradient(np.tile(X, (3, 1)), np.tile(y, 3), w, b)
        why = "the loss is a mean: the same six examples three times over have the same slopes."
        expected = (np.mean(2 * errors[:, None] * X, axis=0), np.mean(2 * errors))
        expect_close(got, expected, why=why, parts=("dw", "db"))

    @mistake("The bias is missing in your predictions: y_hat is X w + b.")
    def leaves_out_the_bias(X, y, w, b):
        error = X @ w - y
        return 2 * X.T @ error / len(y), 2 * np.mean(error)

    @mistake(
        "You sum over the examples and don't divide. The loss is a mean: mse_gradient has the 1/n "
        "in it already."
    )
    def forgets_the_mean(X, y, w, b):
        error = X @ w + b - y
        return 2 * X.T @ error, 2 * np.sum(error)

    @mistake(
        "You divide by n twice: mse_gradient has the 1/n in it already. What is left to do over "
        "the examples is a sum."
    )
    def divides_twice(X, y, w, b):
        error = mse_gradient(X @ w + b, y)
        return X.T @ error / len(y), np.mean(error)

    @mistake("The slope of a square is twice the error: the factor 2 is missing.")
    def forgets_the_two(X, y, w, b):
        error = X @ w + b - y
        return X.T @ error / len(y), np.mean(error)

    @mistake(
        "Your errors are the wrong way round, y - y_hat: so your gradient points downhill, and "
        "descent would climb."
    )
    def subtracts_the_wrong_way_round(X, y, w, b):
        error = y - (X @ w + b)
        return 2 * X.T @ error / len(y), 2 * np.mean(error)

    @mistake(
        "Only your db is off: you take the mean of slopes that are divided by n already. The bias "
        "moves each prediction by 1, so their slopes add up."
    )
    def takes_the_mean_for_the_bias(X, y, w, b):
        error = mse_gradient(X @ w + b, y)
        return X.T @ error, np.mean(error)

    @mistake(
        "Your dw doesn't look at X: each weight gets the slope of the bias. Weight j moves "
        "prediction i by X[i, j], so that is what its error is multiplied by."
    )
    def forgets_the_inputs(X, y, w, b):
        slope = np.sum(mse_gradient(X @ w + b, y))
        return np.full(w.shape, slope), slope

    @mistake(
        "You return a slope for each example. The bias is one number, and it moves all "
        "predictions at once: add their slopes up."
    )
    def keeps_the_batch(X, y, w, b):
        error = mse_gradient(X @ w + b, y)
        return X.T @ error, error

    @mistake(
        "You pass on the plain errors. The slope of the loss for a prediction is 2/n times its "
        "error: mse_gradient has both, the 2 and the 1/n."
    )
    def passes_on_the_errors(X, y, w, b):
        error = X @ w + b - y
        return X.T @ error, np.sum(error)

    @mistake(
        "You return a slope for each weight and each example. The star multiplies entry by entry; "
        "the matrix product, `@`, also adds up over the examples."
    )
    def multiplies_without_adding_up(X, y, w, b):
        slopes = mse_gradient(X @ w + b, y)
        return X.T * slopes, np.sum(slopes)

    @mistake(
        "You multiply the mean input by the mean slope. Each example's slope belongs with its own "
        "inputs: multiply first, then add up."
    )
    def multiplies_the_means(X, y, w, b):
        slope = 2 * np.mean(X @ w + b - y)
        return slope * X.mean(axis=0), slope

    @mistake(
        "You make w a column, so y_hat is one too: (n, 1). Minus y, of shape (n,), that is an "
        "(n, n) table, the trap of lesson 04. Leave w as it is: `X @ w` has the shape (n,)."
    )
    def makes_a_column_of_w(X, y, w, b):
        slopes = mse_gradient(X @ w.reshape(-1, 1) + b, y)
        return X.T @ slopes, np.sum(slopes)

    @mistake(
        "Shapes don't fit. X is (n, m): times w, of shape (m,), it gives (n,). The slopes are "
        "(n,), so for the weights it is the transpose, (m, n), that goes with them."
    )
    def forgets_to_transpose(X, y, w, b):
        slopes = mse_gradient(X @ w + b, y)
        return X @ slopes, np.sum(slopes)

    @mistake(
        "You return dw alone. Two things are wanted, with a comma between them: the slopes for the "
        "weights, and the slope for the bias."
    )
    def returns_only_dw(X, y, w, b):
        return X.T @ mse_gradient(X @ w + b, y)

    @also_right
    def example_by_example(X, y, w, b):
        dw, db = np.zeros(len(w)), 0.0
        for x, target in zip(X, y, strict=True):
            slope = 2 * (np.dot(x, w) + b - target) / len(y)
            dw += slope * x
            db += slope
        return dw, db

    @also_right
    def by_einsum(X, y, w, b):
        error = np.einsum("ij,j->i", X, w) + b - y
        return np.einsum("ij,i->j", X, error) * 2 / len(X), 2 * error.mean()

    @also_right
    def with_a_constant_input(X, y, w, b):
        X_one = np.column_stack([X, np.ones(len(X))])
        both = X_one.T @ mse_gradient(X_one @ np.append(w, b), y)
        return both[:-1], both[-1]


@exercise(
    "logistic_regression_gradient",
    points=2,
    minutes=6,
    difficulty=2,
    built="The same product once more, now for a neuron that says how sure it is.",
)
class TestLogisticRegressionGradient:
    def test_two_examples_worked_out_by_hand(self, logistic_regression_gradient):
        X, y = np.array([[1.0], [3.0]]), np.array([0.0, 1.0])
        got = logistic_regression_gradient(X, y, np.array([0.0]), 0.0)
        why = "both probabilities are 1/2: dw = (1/2 · 1 - 1/2 · 3) / 2, and db = (1/2 - 1/2) / 2."
        expect_close(got, (np.array([-0.5]), 0.0), why=why, parts=("dw", "db"))

    def test_looks_at_the_bias(self, logistic_regression_gradient):
        X, y = np.array([[0.0, 2.0], [0.0, -4.0]]), np.array([1.0, 1.0])
        got = logistic_regression_gradient(X, y, np.zeros(2), math.log(3))
        why = "sigmoid(log 3) is 3/4: each example is 1/4 too low, and b should go up."
        expect_close(got, (np.array([0.0, 0.25]), -0.25), why=why, parts=("dw", "db"))

    @pytest.mark.parametrize(
        ("n", "m"), [(7, 3), (4, 6), (5, 1)], ids=["7 by 3", "4 by 6", "5 by 1"]
    )
    def test_is_what_nudging_each_weight_shows(self, logistic_regression_gradient, n, m):
        X, w, b, rng = batch(n, m, seed=n)
        y = np.append(rng.integers(0, 2, size=n - 2), [0, 1]).astype(float)
        z = [math.fsum(row * w) + b for row in X]
        errors = [1 / (1 + math.exp(-a)) - label for a, label in zip(z, y, strict=True)]
        dw = [math.fsum(errors * X[:, j]) / n for j in range(m)]
        expect_gradients(
            logistic_regression_gradient(X, y, w, b),
            (dw, math.fsum(errors) / n),
            lambda w, b: bce_with_logits(X @ w + b, y),
            w,
            b,
            why="dw[j] = (1/n) Σ_i (sigmoid(z[i]) - y[i]) X[i, j], and db is the same without X.",
        )

    def test_stays_finite_for_huge_inputs(self, logistic_regression_gradient):
        X, y = np.array([[4e3, 1.0], [-5e3, 2.0], [3e3, 0.0]]), np.array([0.0, 0.0, 1.0])
        got = logistic_regression_gradient(X, y, np.array([100.0, 0.0]), 0.0)
        why = "the probabilities are 1, 0 and 1: only the first example is wrong, and wholly."
        expected = (np.array([4e3 / 3, 1 / 3]), 1 / 3)
        expect_close(got, expected, why=why, parts=("dw", "db"))

    @mistake("The bias is missing in your logits: z is X w + b.")
    def leaves_out_the_bias(X, y, w, b):
        error = sigmoid(X @ w) - y
        return X.T @ error / len(y), np.mean(error)

    @mistake(
        "The sigmoid is missing: you compare the logit z with the label. The loss compares the "
        "probability with it."
    )
    def forgets_the_sigmoid(X, y, w, b):
        error = X @ w + b - y
        return X.T @ error / len(y), np.mean(error)

    @mistake(
        "You multiply by the sigmoid's slope as well. That belongs to the squared error; in the "
        "slope of the cross-entropy it has cancelled."
    )
    def keeps_the_sigmoids_slope(X, y, w, b):
        y_hat = sigmoid(X @ w + b)
        slope = (y_hat - y) * y_hat * (1 - y_hat) / len(y)
        return X.T @ slope, np.sum(slope)

    @mistake(
        "A factor 2 has come along from the squared error. The slope of the cross-entropy has none."
    )
    def keeps_the_two(X, y, w, b):
        error = sigmoid(X @ w + b) - y
        return 2 * X.T @ error / len(y), 2 * np.mean(error)

    @mistake(
        "You sum over the examples and don't divide. The loss is a mean: bce_with_logits_gradient "
        "has the 1/n in it already."
    )
    def forgets_the_mean(X, y, w, b):
        error = sigmoid(X @ w + b) - y
        return X.T @ error, np.sum(error)

    @mistake(
        "You divide by n twice: bce_with_logits_gradient has the 1/n in it already. What is left "
        "to do over the examples is a sum."
    )
    def divides_twice(X, y, w, b):
        dz = bce_with_logits_gradient(X @ w + b, y)
        return X.T @ dz / len(y), np.mean(dz)

    @mistake(
        "bce_with_logits_gradient takes logits and applies the sigmoid itself. You hand it "
        "probabilities, so the sigmoid is applied twice."
    )
    def squashes_twice(X, y, w, b):
        dz = bce_with_logits_gradient(sigmoid(X @ w + b), y)
        return X.T @ dz, np.sum(dz)

    @mistake(
        "Your errors are the wrong way round, label minus probability: so your gradient points "
        "downhill, and descent would climb."
    )
    def subtracts_the_wrong_way_round(X, y, w, b):
        error = y - sigmoid(X @ w + b)
        return X.T @ error / len(y), np.mean(error)

    @mistake(
        "This is the gradient of linear regression: it compares the logit with the label, and has "
        "a factor 2. Here the sigmoid goes in between."
    )
    def of_a_line(X, y, w, b):
        return linear_regression_gradient(X, y, w, b)

    @mistake(
        "You return a slope for each example. The bias is one number, and it moves all logits at "
        "once: add their slopes up."
    )
    def keeps_the_batch(X, y, w, b):
        dz = bce_with_logits_gradient(X @ w + b, y)
        return X.T @ dz, dz

    @mistake(
        "Only your db is off: you take the mean of slopes that are divided by n already. The bias "
        "moves each logit by 1, so their slopes add up."
    )
    def takes_the_mean_for_the_bias(X, y, w, b):
        dz = bce_with_logits_gradient(X @ w + b, y)
        return X.T @ dz, np.mean(dz)

    @mistake(
        "Shapes don't fit. The slopes for the logits are (n,): bce_with_logits_gradient gives "
        "them, bce_with_logits only the loss, one number. And X.T, (m, n), is what they are "
        "multiplied by."
    )
    def passes_on_the_loss(X, y, w, b):
        dz = bce_with_logits(X @ w + b, y)
        return X.T @ dz, np.sum(dz)

    @mistake(
        "You return dw alone. Two things are wanted, with a comma between them: the slopes for the "
        "weights, and the slope for the bias."
    )
    def returns_only_dw(X, y, w, b):
        return X.T @ bce_with_logits_gradient(X @ w + b, y)

    @also_right
    def example_by_example(X, y, w, b):
        dw, db = np.zeros(len(w)), 0.0
        for x, label in zip(X, y, strict=True):
            error = float(sigmoid(np.dot(x, w) + b)) - label
            dw += error * x / len(y)
            db += error / len(y)
        return dw, db

    @also_right
    def by_einsum(X, y, w, b):
        error = sigmoid(np.einsum("ij,j->i", X, w) + b) - y
        return list(np.einsum("ij,i->j", X, error) / len(X)), error.mean()

    @also_right
    def as_a_mean_of_rows(X, y, w, b):
        rows = (sigmoid(X @ w + b) - y)[:, np.newaxis] * np.column_stack([X, np.ones(len(X))])
        both = rows.mean(axis=0)
        return both[:-1], both[-1]


@exercise(
    "train_logistic_regression",
    points=4,
    minutes=10,
    difficulty=3,
    built="A model that learns from examples by itself. All later ones are trained like this.",
)
class TestTrainLogisticRegression:
    PARTS = ("w", "b", "losses")

    def test_one_step_worked_out_by_hand(self, train_logistic_regression):
        X, y = np.array([[1.0], [3.0]]), np.array([0.0, 1.0])
        got = train_logistic_regression(X, y, 0.5, 1)
        # at zeros dw is -1/2 and db is 0: the logits are 0.25 and 0.75 after the step
        after = (math.log1p(math.exp(0.25)) + math.log1p(math.exp(-0.75))) / 2
        why = "at zeros dw is -1/2, so w becomes 0 + 0.5 · 1/2; the loss falls from log 2."
        expect_close(got, (np.array([0.25]), 0.0, [math.log(2), after]), why=why, parts=self.PARTS)

    def test_no_steps_leave_zeros_and_the_loss_of_a_coin_flip(self, train_logistic_regression):
        X, w, b, rng = batch(5, 3, seed=0)
        got = train_logistic_regression(X, np.array([0.0, 1.0, 1.0, 0.0, 1.0]), 0.1, 0)
        why = "with 0 steps weights and bias are zeros, and losses holds the start alone: log 2."
        expect_close(got, (np.zeros(3), 0.0, [math.log(2)]), why=why, parts=self.PARTS)

    @pytest.mark.parametrize(("n", "m", "steps"), [(20, 3, 12), (9, 4, 30), (30, 1, 5)])
    def test_every_step_follows_the_rule(self, train_logistic_regression, n, m, steps):
        X, w_true, b_true, rng = batch(n, m, seed=n)
        y = (X @ w_true + b_true + rng.normal(size=n) > 0).astype(float)
        w, b, losses = np.zeros(m), 0.0, []
        for _ in range(steps + 1):
            z = X @ w + b
            losses.append(np.mean(np.logaddexp(0, z) - z * y))
            error = (1 + np.tanh(z / 2)) / 2 - y
            w_end, b_end = w, b
            w, b = w - 0.7 * X.T @ error / n, b - 0.7 * error.mean()
        got = train_logistic_regression(X, y, 0.7, steps)
        why = (
            "both slopes are taken at the same place, then w and b move; the losses are those of "
            "the start and after each step."
        )
        expect_close(got, (w_end, b_end, np.array(losses)), why=why, parts=self.PARTS)

    def test_the_loss_never_rises_at_a_small_learning_rate(self, train_logistic_regression):
        X, w_true, _, rng = batch(40, 3, seed=4)
        y = (X @ w_true + rng.normal(size=40) > 0).astype(float)
        losses = np.asarray(train_logistic_regression(X, y, 0.1, 60)[2])
        expect_that(
            np.all(np.diff(losses) < 0),
            why="this loss is convex, and the steps are small: each one leads down.",
            got=losses,
            expected="losses that fall at every step",
        )

    def test_tells_two_groups_apart(self, train_logistic_regression):
        rng = np.random.default_rng(5)
        y = np.repeat([0.0, 1.0], 20)
        X = rng.normal(size=(40, 2)) + 6 * y[:, np.newaxis]
        w, b, _ = train_logistic_regression(X, y, 0.5, 200)
        right = (X @ np.asarray(w) + b >= 0) == y
        why = "the two groups lie far apart: a trained neuron tells them apart."
        expect_that(right.all(), why=why, got=f"{right.sum()} of 40 right", expected="all 40 right")

    def test_losses_are_finite_on_unscaled_data(self, train_logistic_regression):
        rng = np.random.default_rng(6)
        X = np.column_stack([rng.uniform(200, 2500, size=30), rng.uniform(0, 0.3, size=30)])
        y = (X[:, 0] + rng.normal(scale=300, size=30) > 1000).astype(float)
        w, b, losses = train_logistic_regression(X, y, 1.0, 25)
        why = (
            "with inputs in the thousands the probabilities become exactly 0 and 1, and log(0) is "
            "minus infinity: take the loss from the logits."
        )
        expect_finite(losses, why)
        expect_finite(w, "weights that are not finite are lost for good.")

    @mistake(
        "You take logs of probabilities. On unscaled data these become exactly 0 or 1, and the "
        "loss is infinite or nan: bce_with_logits takes it from the logits."
    )
    def takes_logs_of_probabilities(X, y, learning_rate, steps):
        w, b, losses = np.zeros(X.shape[1]), 0.0, []
        for t in range(steps + 1):
            y_hat = sigmoid(X @ w + b)
            losses.append(-np.mean(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat)))
            if t < steps:
                dw, db = logistic_regression_gradient(X, y, w, b)
                w, b = w - learning_rate * dw, b - learning_rate * db
        return w, b, np.array(losses)

    @mistake(
        "`losses` lacks the start. It has steps + 1 entries: the loss at zeros, and one after "
        "each step."
    )
    def forgets_the_first_loss(X, y, learning_rate, steps):
        w, b, losses = np.zeros(X.shape[1]), 0.0, []
        for _ in range(steps):
            dw, db = logistic_regression_gradient(X, y, w, b)
            w, b = w - learning_rate * dw, b - learning_rate * db
            losses.append(bce_with_logits(X @ w + b, y))
        return w, b, np.array(losses)

    @mistake(
        "`losses` lacks the end: you measure before each step, and never after the last one. It "
        "has steps + 1 entries."
    )
    def forgets_the_last_loss(X, y, learning_rate, steps):
        w, b, losses = np.zeros(X.shape[1]), 0.0, []
        for _ in range(steps):
            losses.append(bce_with_logits(X @ w + b, y))
            dw, db = logistic_regression_gradient(X, y, w, b)
            w, b = w - learning_rate * dw, b - learning_rate * db
        return w, b, np.array(losses)

    @mistake(
        "You move w first and take the bias's slope at the new w. Both slopes belong to the same "
        "place: find dw and db, and only then move."
    )
    def moves_one_after_the_other(X, y, learning_rate, steps):
        w, b = np.zeros(X.shape[1]), 0.0
        losses = [bce_with_logits(X @ w + b, y)]
        for _ in range(steps):
            w = w - learning_rate * logistic_regression_gradient(X, y, w, b)[0]
            b = b - learning_rate * logistic_regression_gradient(X, y, w, b)[1]
            losses.append(bce_with_logits(X @ w + b, y))
        return w, b, np.array(losses)

    @mistake("Your bias never moves. It learns like the weights: b - learning_rate · db.")
    def leaves_the_bias(X, y, learning_rate, steps):
        w, b = np.zeros(X.shape[1]), 0.0
        losses = [bce_with_logits(X @ w + b, y)]
        for _ in range(steps):
            dw, _ = logistic_regression_gradient(X, y, w, b)
            w = w - learning_rate * dw
            losses.append(bce_with_logits(X @ w + b, y))
        return w, b, np.array(losses)

    @mistake("You walk uphill: the loss grows. A step goes against the gradient.")
    def goes_uphill(X, y, learning_rate, steps):
        w, b = np.zeros(X.shape[1]), 0.0
        losses = [bce_with_logits(X @ w + b, y)]
        for _ in range(steps):
            dw, db = logistic_regression_gradient(X, y, w, b)
            w, b = w + learning_rate * dw, b + learning_rate * db
            losses.append(bce_with_logits(X @ w + b, y))
        return w, b, np.array(losses)

    @mistake(
        "This is linear regression: its gradient and its loss. The labels are 0 and 1, so take "
        "those of logistic regression."
    )
    def trains_a_line(X, y, learning_rate, steps):
        w, b = np.zeros(X.shape[1]), 0.0
        losses = [mean_squared_error(X @ w + b, y)]
        for _ in range(steps):
            dw, db = linear_regression_gradient(X, y, w, b)
            w, b = w - learning_rate * dw, b - learning_rate * db
            losses.append(mean_squared_error(X @ w + b, y))
        return w, b, np.array(losses)

    @mistake(
        "You hand probabilities to bce_with_logits. It takes the logits X w + b, and applies the "
        "sigmoid itself."
    )
    def measures_the_loss_of_probabilities(X, y, learning_rate, steps):
        w, b = np.zeros(X.shape[1]), 0.0
        losses = [bce_with_logits(sigmoid(X @ w + b), y)]
        for _ in range(steps):
            dw, db = logistic_regression_gradient(X, y, w, b)
            w, b = w - learning_rate * dw, b - learning_rate * db
            losses.append(bce_with_logits(sigmoid(X @ w + b), y))
        return w, b, np.array(losses)

    @mistake(
        "You start at random weights. Here the start is zeros: this loss has a single minimum, so "
        "nothing is gained by rolling dice."
    )
    def starts_at_random(X, y, learning_rate, steps):
        w, b = np.random.default_rng(0).normal(size=X.shape[1]), 0.0
        losses = [bce_with_logits(X @ w + b, y)]
        for _ in range(steps):
            dw, db = logistic_regression_gradient(X, y, w, b)
            w, b = w - learning_rate * dw, b - learning_rate * db
            losses.append(bce_with_logits(X @ w + b, y))
        return w, b, np.array(losses)

    @mistake(
        "You return the last loss alone. `losses` has an entry for the start and one after each "
        "step."
    )
    def keeps_only_the_last_loss(X, y, learning_rate, steps):
        w, b = np.zeros(X.shape[1]), 0.0
        for _ in range(steps):
            dw, db = logistic_regression_gradient(X, y, w, b)
            w, b = w - learning_rate * dw, b - learning_rate * db
        return w, b, bce_with_logits(X @ w + b, y)

    @mistake(
        "You measure the loss before you move, so the start's loss is there twice and the last is "
        "missing. In each round, first move w and b, then measure."
    )
    def measures_before_it_moves(X, y, learning_rate, steps):
        w, b = np.zeros(X.shape[1]), 0.0
        losses = [bce_with_logits(X @ w + b, y)]
        for _ in range(steps):
            losses.append(bce_with_logits(X @ w + b, y))
            dw, db = logistic_regression_gradient(X, y, w, b)
            w, b = w - learning_rate * dw, b - learning_rate * db
        return w, b, np.array(losses)

    @mistake(
        "logistic_regression_gradient returns two things, dw and db, and you hand both to "
        "gradient_step together. Take them apart: one step for w, another for b."
    )
    def steps_by_both_at_once(X, y, learning_rate, steps):
        w, b = np.zeros(X.shape[1]), 0.0
        losses = [bce_with_logits(X @ w + b, y)]
        for _ in range(steps):
            w = gradient_step(w, logistic_regression_gradient(X, y, w, b), learning_rate)
            losses.append(bce_with_logits(X @ w + b, y))
        return w, b, np.array(losses)

    @mistake(
        "Your w doesn't fit X. There is a weight for each column: as many as `X.shape[1]`, not one "
        "for each example."
    )
    def has_a_weight_for_each_example(X, y, learning_rate, steps):
        w, b = np.zeros(len(X)), 0.0
        losses = [bce_with_logits(X @ w + b, y)]
        for _ in range(steps):
            dw, db = logistic_regression_gradient(X, y, w, b)
            w, b = w - learning_rate * dw, b - learning_rate * db
            losses.append(bce_with_logits(X @ w + b, y))
        return w, b, np.array(losses)

    @mistake(
        "logistic_regression_gradient returns two things, dw and db. Take them apart, and move w "
        "with the first and b with the second."
    )
    def moves_by_both_at_once(X, y, learning_rate, steps):
        w, b = np.zeros(X.shape[1]), 0.0
        losses = [bce_with_logits(X @ w + b, y)]
        for _ in range(steps):
            w = w - learning_rate * logistic_regression_gradient(X, y, w, b)
            losses.append(bce_with_logits(X @ w + b, y))
        return w, b, np.array(losses)

    @mistake(
        "Your training ends after one step: `return` stands inside the loop. Move it to the left, "
        "below the loop."
    )
    def returns_after_the_first_step(X, y, learning_rate, steps):
        w, b = np.zeros(X.shape[1]), 0.0
        losses = [bce_with_logits(X @ w + b, y)]
        for _ in range(steps):
            dw, db = logistic_regression_gradient(X, y, w, b)
            w, b = w - learning_rate * dw, b - learning_rate * db
            losses.append(bce_with_logits(X @ w + b, y))
            return w, b, np.array(losses)

    @mistake("The order is another: first w, then b, and the losses last.")
    def returns_the_bias_last(X, y, learning_rate, steps):
        w, b = np.zeros(X.shape[1]), 0.0
        losses = [bce_with_logits(X @ w + b, y)]
        for _ in range(steps):
            dw, db = logistic_regression_gradient(X, y, w, b)
            w, b = w - learning_rate * dw, b - learning_rate * db
            losses.append(bce_with_logits(X @ w + b, y))
        return w, np.array(losses), b

    @also_right
    def with_a_clipped_loss(X, y, learning_rate, steps):
        w, b = np.zeros(X.shape[1]), 0.0
        losses = [binary_cross_entropy(sigmoid(X @ w + b), y)]
        for _ in range(steps):
            dw, db = logistic_regression_gradient(X, y, w, b)
            w, b = w - learning_rate * dw, b - learning_rate * db
            losses.append(binary_cross_entropy(sigmoid(X @ w + b), y))
        return w, b, losses

    @also_right
    def with_gradient_descent_on_all_weights(X, y, learning_rate, steps):
        def gradient_of(v):
            dw, db = logistic_regression_gradient(X, y, v[:-1], v[-1])
            return np.append(dw, db)

        path = gradient_descent(gradient_of, np.zeros(X.shape[1] + 1), learning_rate, steps)
        losses = [bce_with_logits(X @ v[:-1] + v[-1], y) for v in path]
        return path[-1, :-1], path[-1, -1], np.array(losses)

    @also_right
    def all_by_itself(X, y, learning_rate, steps):
        X_one = np.column_stack([X, np.ones(len(X))])
        v, losses = np.zeros(X_one.shape[1]), np.empty(steps + 1)
        for t in range(steps + 1):
            z = X_one @ v
            losses[t] = np.mean(np.logaddexp(0, z) - y * z)
            if t < steps:
                v = v - learning_rate / len(y) * X_one.T @ ((1 + np.tanh(z / 2)) / 2 - y)
        return v[:-1], v[-1], losses
