"""What a learner's answers in lesson 07 must do."""

import math

import numpy as np
import pytest

from utils.checking.exercise import also_right, exercise, mistake
from utils.checking.expect import expect_close, expect_finite, expect_that

# ---------------------------------------------------------------- how far is too far


@exercise(
    "largest_stable_learning_rate",
    points=2,
    minutes=6,
    difficulty=2,
    extension=True,
    built="A speed limit that is known before the first step is taken.",
)
class TestLargestStableLearningRate:
    @pytest.mark.parametrize("a", [4.0, 1.0, 0.25])
    def test_a_parabola_allows_two_over_its_curvature(self, largest_stable_learning_rate, a):
        why = "a step multiplies w by 1 - rate · a, which is -1 at a rate of 2 / a."
        expect_close(largest_stable_learning_rate(np.array([[a]])), 2 / a, why=why)

    def test_the_steepest_direction_sets_the_limit(self, largest_stable_learning_rate):
        got = largest_stable_learning_rate(np.diag([1.0, 20.0, 5.0]))
        why = "the direction that bends most, with 20, runs away first: above 2 / 20."
        expect_close(got, 0.1, why=why)

    def test_finds_a_valley_that_lies_askew(self, largest_stable_learning_rate):
        hessian = np.array([[2.0, 1.0], [1.0, 2.0]])
        why = (
            "along (1, 1) this quadratic bends with 3, along (1, -1) with 1. The table's own "
            "entries, 2 and 1, don't show it: take the eigenvalues."
        )
        expect_close(largest_stable_learning_rate(hessian), 2 / 3, why=why)

    @pytest.mark.parametrize(("p", "seed"), [(3, 0), (5, 1), (8, 2)])
    def test_any_turned_quadratic_has_the_limit_of_its_curvatures(
        self, largest_stable_learning_rate, p, seed
    ):
        rng = np.random.default_rng(seed)
        turn = np.linalg.qr(rng.normal(size=(p, p)))[0]
        curvatures = rng.uniform(0.1, 30, size=p)
        hessian = turn @ np.diag(curvatures) @ turn.T
        got = largest_stable_learning_rate((hessian + hessian.T) / 2)
        why = "turning a landscape changes neither its curvatures nor the limit."
        expect_close(got, 2 / curvatures.max(), why=why)

    def test_is_one_number(self, largest_stable_learning_rate):
        got = largest_stable_learning_rate(np.diag([3.0, 7.0]))
        expect_that(
            np.shape(got) == () and got is not None, "one limit for all directions.", got=got
        )

    @mistake(
        "That is the rate that arrives in one step along the steepest direction. It may be twice "
        "as large before the walk runs away: |1 - rate · curvature| has to reach 1."
    )
    def stops_at_one_over(hessian):
        return 1 / np.linalg.eigvalsh(hessian).max()

    @mistake(
        "You take the gentlest direction. The steepest one runs away first, and one rate has to "
        "serve all: take the largest eigenvalue."
    )
    def takes_the_smallest(hessian):
        return 2 / np.linalg.eigvalsh(hessian).min()

    @mistake(
        "You read the curvatures off the table's entries. That is right only where the valley lies "
        "along the axes. In a valley that lies askew they are the eigenvalues of the table."
    )
    def reads_the_diagonal(hessian):
        return 2 / np.diag(hessian).max()

    @mistake("You return the largest curvature itself. The limit is 2 divided by it.")
    def returns_the_curvature(hessian):
        return np.linalg.eigvalsh(hessian).max()

    @mistake(
        "You give a limit for each direction. One learning rate serves all directions, so the "
        "smallest of these limits counts."
    )
    def one_for_each(hessian):
        return 2 / np.linalg.eigvalsh(hessian)

    @mistake(
        "You take the first entry of the table: the curvature along the first axis alone. The "
        "limit comes from the steepest direction, wherever that points."
    )
    def takes_the_first_entry(hessian):
        return 2 / np.asarray(hessian)[0, 0]

    @mistake(
        "You divide by the sum of all curvatures (the sum of the diagonal is the same number). A "
        "direction knows only its own curvature: the largest one alone sets the limit."
    )
    def adds_the_curvatures(hessian):
        return 2 / np.trace(hessian)

    @mistake(
        "You divide by the mean of the curvatures. The steepest direction bends more than the "
        "mean, and would run away: the largest curvature alone sets the limit."
    )
    def takes_the_mean(hessian):
        return 2 / np.linalg.eigvalsh(hessian).mean()

    @mistake(
        "`np.linalg.norm` gives the root of the sum of all squared entries, which mixes the "
        "curvatures. The largest of them alone sets the limit."
    )
    def takes_the_length(hessian):
        return 2 / np.linalg.norm(hessian)

    @also_right
    def by_the_spectral_norm(hessian):
        return 2 / np.linalg.norm(hessian, 2)

    @also_right
    def by_general_eigenvalues(hessian):
        values, _ = np.linalg.eig(hessian)
        return min(2 / float(np.real(value)) for value in values)


# ------------------------------------------------------------ rules that remember the past


def gradients_of(steps, shape, seed):
    """A row of gradients with entries of both signs and of very different sizes."""
    rng = np.random.default_rng(seed)
    sizes = 10.0 ** rng.uniform(-2, 2, size=shape)
    return [sizes * rng.normal(size=shape) for _ in range(steps)]


@exercise(
    "momentum_step",
    points=2,
    minutes=6,
    difficulty=1,
    built="A ball that rolls: it gathers speed along the valley, and swings less across it.",
)
class TestMomentumStep:
    PARTS = ("w", "velocity")

    def test_a_step_worked_out_by_hand(self, momentum_step):
        got = momentum_step(np.array([1.0]), np.array([4.0]), np.array([2.0]), 0.1, 0.5)
        why = "half of 4 is kept and 2 is added: 4. Then 1 - 0.1 · 4 is 0.6."
        expect_close(got, (np.array([0.6]), np.array([4.0])), why=why, parts=self.PARTS)

    def test_the_first_step_is_that_of_gradient_descent(self, momentum_step):
        w, gradient = np.array([3.0, -1.0, 2.0]), np.array([2.0, -4.0, 0.0])
        got = momentum_step(w, np.zeros(3), gradient, 0.25, 0.9)
        why = "from rest the velocity is the gradient, whole: 3 - 0.25 · 2 is 2.5."
        expected = (np.array([2.5, 0.0, 2.0]), np.array([2.0, -4.0, 0.0]))
        expect_close(got, expected, why=why, parts=self.PARTS)

    def test_rolls_on_over_level_ground(self, momentum_step):
        got = momentum_step(np.array([1.0, 2.0]), np.array([10.0, -5.0]), np.zeros(2), 0.1, 0.8)
        why = "with no gradient 0.8 of the velocity is left, and it still moves the weights."
        expected = (np.array([0.2, 2.4]), np.array([8.0, -4.0]))
        expect_close(got, expected, why=why, parts=self.PARTS)

    def test_on_a_steady_slope_it_gathers_speed_up_to_a_limit(self, momentum_step):
        w, velocity = np.zeros(1), np.zeros(1)
        for _ in range(200):
            w, velocity = momentum_step(w, velocity, np.array([3.0]), 0.01, 0.9)
        why = "3 (1 + 0.9 + 0.81 + …) is 3 / (1 - 0.9): ten times the gradient."
        expect_close(velocity, [30.0], why=why, rtol=1e-6)

    @pytest.mark.parametrize(("shape", "beta"), [((4,), 0.9), ((3, 2), 0.5), ((2, 1, 3), 0.0)])
    def test_old_gradients_fade_step_by_step(self, momentum_step, shape, beta):
        gradients = gradients_of(6, shape, seed=len(shape))
        w, velocity = np.ones(shape), np.zeros(shape)
        expected = np.ones(shape)
        for t, gradient in enumerate(gradients):
            w, velocity = momentum_step(w, velocity, gradient, 0.3, beta)
            faded = sum(beta ** (t - i) * gradients[i] for i in range(t + 1))
            expected = expected - 0.3 * faded
        why = "the velocity is the sum of all gradients, each times beta for every step since."
        expect_close((w, velocity), (expected, faded), why=why, parts=self.PARTS)

    @mistake(
        "You move by the old velocity. The gradient of this step has to be in it: find the new "
        "velocity first, then move."
    )
    def moves_by_the_old_velocity(w, velocity, gradient, learning_rate, beta):
        return w - learning_rate * velocity, beta * velocity + gradient

    @mistake(
        "You weigh the gradient by 1 - beta. That is a running mean, as in Adam. Here, as in "
        "PyTorch, the gradient comes in whole."
    )
    def takes_a_running_mean(w, velocity, gradient, learning_rate, beta):
        velocity = beta * velocity + (1 - beta) * gradient
        return w - learning_rate * velocity, velocity

    @mistake(
        "Your velocity has the learning rate in it already. Here the learning rate comes in only "
        "when the weights move, and the velocity is made of gradients alone."
    )
    def puts_the_rate_into_the_velocity(w, velocity, gradient, learning_rate, beta):
        velocity = beta * velocity + learning_rate * gradient
        return w - velocity, velocity

    @mistake(
        "Your velocity never fades: beta is missing. Then a ball would roll through the valley "
        "and up the other side for ever."
    )
    def never_fades(w, velocity, gradient, learning_rate, beta):
        velocity = velocity + gradient
        return w - learning_rate * velocity, velocity

    @mistake("You move by the gradient, not by the velocity: this is plain gradient descent.")
    def moves_by_the_gradient(w, velocity, gradient, learning_rate, beta):
        return w - learning_rate * gradient, beta * velocity + gradient

    @mistake(
        "You add the velocity to the weights. It is made of gradients, which point uphill: "
        "subtract it."
    )
    def rolls_uphill(w, velocity, gradient, learning_rate, beta):
        velocity = beta * velocity + gradient
        return w + learning_rate * velocity, velocity

    @mistake(
        "You return the new weights, but the old velocity. It has to go out too, or the next "
        "step remembers nothing."
    )
    def forgets_the_velocity(w, velocity, gradient, learning_rate, beta):
        return w - learning_rate * (beta * velocity + gradient), velocity

    @mistake(
        "You look ahead: that is Nesterov's momentum, a variant. Plain momentum moves by the "
        "velocity alone."
    )
    def nesterov(w, velocity, gradient, learning_rate, beta):
        velocity = beta * velocity + gradient
        return w - learning_rate * (gradient + beta * velocity), velocity

    @mistake(
        "You multiply the gradient by beta, too. Only the old velocity fades: the gradient of "
        "this step comes in whole."
    )
    def fades_the_gradient_too(w, velocity, gradient, learning_rate, beta):
        velocity = beta * (velocity + gradient)
        return w - learning_rate * velocity, velocity

    @mistake(
        "Your beta stands with the gradient. It belongs to the old velocity: beta says how much "
        "of that is kept."
    )
    def fades_the_gradient_instead(w, velocity, gradient, learning_rate, beta):
        velocity = velocity + beta * gradient
        return w - learning_rate * velocity, velocity

    @mistake(
        "You keep 1 - beta of the old velocity. What is kept is beta itself: nine tenths where "
        "beta is 0.9."
    )
    def keeps_the_other_share(w, velocity, gradient, learning_rate, beta):
        velocity = (1 - beta) * velocity + gradient
        return w - learning_rate * velocity, velocity

    @mistake(
        "The learning rate counts twice in yours: in the velocity, and again when the weights "
        "move. Leave it out of the velocity."
    )
    def counts_the_rate_twice(w, velocity, gradient, learning_rate, beta):
        velocity = beta * velocity + learning_rate * gradient
        return w - learning_rate * velocity, velocity

    @mistake("The learning rate is missing: the weights move by learning_rate times the velocity.")
    def forgets_the_rate(w, velocity, gradient, learning_rate, beta):
        velocity = beta * velocity + gradient
        return w - velocity, velocity

    @mistake(
        "Your velocity points downhill: it subtracts the gradients, and you add it to the "
        "weights. Here it gathers the gradients as they are, and is subtracted."
    )
    def gathers_downhill(w, velocity, gradient, learning_rate, beta):
        velocity = beta * velocity - gradient
        return w + learning_rate * velocity, velocity

    @mistake(
        "You subtract the gradient in the velocity, and then the velocity from the weights. Two "
        "minus signs make a plus: the gradient pushes uphill."
    )
    def subtracts_twice(w, velocity, gradient, learning_rate, beta):
        velocity = beta * velocity - gradient
        return w - learning_rate * velocity, velocity

    @mistake("The two results are exchanged: first the new weights, then the new velocity.")
    def exchanges_the_results(w, velocity, gradient, learning_rate, beta):
        velocity = beta * velocity + gradient
        return velocity, w - learning_rate * velocity

    @mistake(
        "You hand on the step, with the learning rate in it. The next call takes that for the "
        "velocity: hand on the velocity itself."
    )
    def hands_on_the_step(w, velocity, gradient, learning_rate, beta):
        step = learning_rate * (beta * velocity + gradient)
        return w - step, step

    @also_right
    def entry_by_entry(w, velocity, gradient, learning_rate, beta):
        w, velocity = np.array(w, float), np.array(velocity, float)
        for index in np.ndindex(w.shape):
            velocity[index] = beta * velocity[index] + gradient[index]
            w[index] -= learning_rate * velocity[index]
        return w, velocity

    @also_right
    def as_a_list(w, velocity, gradient, learning_rate, beta):
        kept = np.multiply(velocity, beta)
        return [w - learning_rate * kept - learning_rate * gradient, kept + gradient]


@exercise(
    "adagrad_step",
    points=2,
    minutes=6,
    difficulty=2,
    extension=True,
    built="A learning rate of its own for every weight.",
)
class TestAdagradStep:
    PARTS = ("w", "squares")

    def test_a_step_worked_out_by_hand(self, adagrad_step):
        got = adagrad_step(np.array([1.0]), np.array([9.0]), np.array([4.0]), 0.5, 1e-10)
        why = "9 + 16 is 25, its root is 5, and 1 - 0.5 · 4 / 5 is 0.6."
        expect_close(got, (np.array([0.6]), np.array([25.0])), why=why, parts=self.PARTS)

    def test_epsilon_stands_outside_the_root(self, adagrad_step):
        got = adagrad_step(np.array([1.0, 1.0]), np.zeros(2), np.array([3.0, 0.0]), 1.0, 2.0)
        why = "3 / (√9 + 2) is 0.6, so 1 becomes 0.4. With a gradient of 0 nothing moves."
        expected = (np.array([0.4, 1.0]), np.array([9.0, 0.0]))
        expect_close(got, expected, why=why, parts=self.PARTS)

    def test_steep_and_flat_directions_begin_alike(self, adagrad_step):
        gradient = np.array([1e-3, -1.0, 1e4])
        got = adagrad_step(np.zeros(3), np.zeros(3), gradient, 0.1, 1e-12)
        why = "the first gradient is divided by its own size: each weight moves by 0.1."
        expected = (np.array([-0.1, 0.1, -0.1]), gradient**2)
        expect_close(got, expected, why=why, parts=self.PARTS, rtol=1e-7)

    def test_a_weight_with_no_slope_stays(self, adagrad_step):
        got = adagrad_step(np.array([2.0, -1.0]), np.zeros(2), np.zeros(2), 0.5, 1e-8)
        expect_finite(got[0], "epsilon is there so that 0 / 0 does not happen.")
        expect_close(got[0], [2.0, -1.0], why="where the ground is level, stay.")

    @pytest.mark.parametrize(("shape", "seed"), [((4,), 0), ((3, 2), 1), ((1, 5), 2)])
    def test_no_gradient_is_ever_forgotten(self, adagrad_step, shape, seed):
        gradients = gradients_of(6, shape, seed)
        w, squares, expected = np.ones(shape), np.zeros(shape), np.ones(shape)
        for t, gradient in enumerate(gradients):
            w, squares = adagrad_step(w, squares, gradient, 0.3, 1e-3)
            total = sum(g * g for g in gradients[: t + 1])
            expected = expected - 0.3 * gradient / (total**0.5 + 1e-3)
        why = "squares is the sum of all squared gradients, from the first step to this one."
        expect_close((w, squares), (expected, total), why=why, parts=self.PARTS)

    @mistake("The root is missing: you divide by the squares themselves, which overdoes it.")
    def forgets_the_root(w, squares, gradient, learning_rate, epsilon):
        squares = squares + gradient**2
        return w - learning_rate * gradient / (squares + epsilon), squares

    @mistake(
        "Your epsilon stands under the root. Here, as in PyTorch, it is added after the root is "
        "taken."
    )
    def epsilon_inside(w, squares, gradient, learning_rate, epsilon):
        squares = squares + gradient**2
        return w - learning_rate * gradient / np.sqrt(squares + epsilon), squares

    @mistake(
        "You add the gradients without squaring them. Slopes up and down would cancel, and the "
        "sum may get negative, with no root."
    )
    def forgets_the_square(w, squares, gradient, learning_rate, epsilon):
        squares = squares + gradient
        return w - learning_rate * gradient / (np.sqrt(np.abs(squares)) + epsilon), squares

    @mistake(
        "You divide by the old squares. The gradient of this step belongs in them before you "
        "divide: in the first step yours divides by epsilon alone, and leaps."
    )
    def divides_by_the_old(w, squares, gradient, learning_rate, epsilon):
        step = learning_rate * gradient / (np.sqrt(squares) + epsilon)
        return w - step, squares + gradient**2

    @mistake(
        "You add up over all weights, so they share one sum. The point of AdaGrad is that each "
        "weight has its own."
    )
    def one_sum_for_all(w, squares, gradient, learning_rate, epsilon):
        squares = squares + np.sum(gradient**2)
        return w - learning_rate * gradient / (np.sqrt(squares) + epsilon), squares

    @mistake(
        "You return the old squares. What was gathered has to go out with the weights, or the "
        "next step starts from nothing."
    )
    def forgets_to_remember(w, squares, gradient, learning_rate, epsilon):
        new = squares + gradient**2
        return w - learning_rate * gradient / (np.sqrt(new) + epsilon), squares

    @mistake("You walk uphill: the step goes against the gradient.")
    def goes_uphill(w, squares, gradient, learning_rate, epsilon):
        squares = squares + gradient**2
        return w + learning_rate * gradient / (np.sqrt(squares) + epsilon), squares

    @mistake(
        "Your epsilon is missing below the fraction line. Where a weight has met no slope at all, "
        "0 / 0 is left."
    )
    def forgets_epsilon(w, squares, gradient, learning_rate, epsilon):
        squares = squares + gradient**2
        return w - learning_rate * gradient / np.sqrt(squares), squares

    @mistake(
        "Your epsilon is added to the weights, since a division comes before a sum. It belongs "
        "below the fraction line: put brackets around all that you divide by."
    )
    def adds_epsilon_to_the_weights(w, squares, gradient, learning_rate, epsilon):
        squares = squares + gradient**2
        return w - learning_rate * gradient / np.sqrt(squares) + epsilon, squares

    @mistake(
        "Your squares hold the gradient of this step only. Add its square to the squares that "
        "came in."
    )
    def forgets_the_past(w, squares, gradient, learning_rate, epsilon):
        squares = gradient**2
        return w - learning_rate * gradient / (np.sqrt(squares) + epsilon), squares

    @mistake(
        "You hand on the root of the sum. The next step adds a square to it, so hand on the sum "
        "itself, and take the root only to divide."
    )
    def hands_on_the_root(w, squares, gradient, learning_rate, epsilon):
        root = np.sqrt(squares + gradient**2)
        return w - learning_rate * gradient / (root + epsilon), root

    @mistake(
        "You multiply by the root. A weight that has met steep slopes takes shorter steps: divide "
        "by it."
    )
    def multiplies_by_the_root(w, squares, gradient, learning_rate, epsilon):
        squares = squares + gradient**2
        return w - learning_rate * gradient * (np.sqrt(squares) + epsilon), squares

    @mistake("The learning rate is missing: it multiplies the fraction.")
    def forgets_the_rate(w, squares, gradient, learning_rate, epsilon):
        squares = squares + gradient**2
        return w - gradient / (np.sqrt(squares) + epsilon), squares

    @mistake("The two results are exchanged: first the new weights, then the new squares.")
    def exchanges_the_results(w, squares, gradient, learning_rate, epsilon):
        squares = squares + gradient**2
        return squares, w - learning_rate * gradient / (np.sqrt(squares) + epsilon)

    @also_right
    def entry_by_entry(w, squares, gradient, learning_rate, epsilon):
        w, squares = np.array(w, float), np.array(squares, float)
        for index in np.ndindex(w.shape):
            squares[index] += gradient[index] ** 2
            w[index] -= learning_rate * gradient[index] / (squares[index] ** 0.5 + epsilon)
        return w, squares

    @also_right
    def as_rates_of_their_own(w, squares, gradient, learning_rate, epsilon):
        squares = np.add(squares, np.square(gradient))
        rates = learning_rate / (epsilon + np.sqrt(squares))
        return [w - rates * gradient, squares]


@exercise(
    "rmsprop_step",
    points=2,
    minutes=7,
    difficulty=2,
    built="Steps of the right size in every direction, and a memory that forgets.",
)
class TestRmspropStep:
    PARTS = ("w", "squares")

    def test_a_step_worked_out_by_hand(self, rmsprop_step):
        got = rmsprop_step(np.array([1.0]), np.array([2.0]), np.array([4.0]), 0.3, 0.5, 1e-12)
        why = "half of 2 and half of 16 make 9, its root is 3, and 1 - 0.3 · 4 / 3 is 0.6."
        expect_close(got, (np.array([0.6]), np.array([9.0])), why=why, parts=self.PARTS)

    def test_keeps_rho_and_adds_the_rest(self, rmsprop_step):
        squares, gradient = np.array([10.0, 10.0]), np.array([0.0, 10.0])
        got = rmsprop_step(np.zeros(2), squares, gradient, 1.0, 0.9, 1e-12)
        why = "0.9 of the old mean is kept, and 0.1 of the new square comes in: 9 + 0, and 9 + 10."
        expected = (np.array([0.0, -10 / math.sqrt(19)]), np.array([9.0, 19.0]))
        expect_close(got, expected, why=why, parts=self.PARTS)

    def test_epsilon_stands_outside_the_root(self, rmsprop_step):
        got = rmsprop_step(np.array([1.0]), np.zeros(1), np.array([6.0]), 1.0, 0.75, 2.0)
        why = "a quarter of 36 is 9, and 6 / (√9 + 2) is 1.2, so 1 becomes -0.2."
        expect_close(got, (np.array([-0.2]), np.array([9.0])), why=why, parts=self.PARTS)

    def test_a_weight_with_no_slope_stays(self, rmsprop_step):
        got = rmsprop_step(np.array([2.0, -1.0]), np.zeros(2), np.zeros(2), 0.5, 0.9, 1e-8)
        expect_finite(got[0], "epsilon is there so that 0 / 0 does not happen.")
        expect_close(got[0], [2.0, -1.0], why="where the ground is level, stay.")

    def test_on_a_steady_slope_steps_become_as_long_as_the_learning_rate(self, rmsprop_step):
        w, squares, gradient = np.zeros(2), np.zeros(2), np.array([0.01, -500.0])
        for _ in range(300):
            before = w
            w, squares = rmsprop_step(w, squares, gradient, 0.1, 0.9, 1e-12)
        why = "the gradient is divided by its own size: only its sign is left."
        expect_close(np.asarray(w) - np.asarray(before), [-0.1, 0.1], why=why, rtol=1e-6)

    @pytest.mark.parametrize(("shape", "rho"), [((4,), 0.9), ((3, 2), 0.99), ((1, 5), 0.5)])
    def test_old_squares_fade_step_by_step(self, rmsprop_step, shape, rho):
        gradients = gradients_of(6, shape, seed=sum(shape))
        w, squares, expected = np.ones(shape), np.zeros(shape), np.ones(shape)
        for t, gradient in enumerate(gradients):
            w, squares = rmsprop_step(w, squares, gradient, 0.3, rho, 1e-3)
            mean = sum((1 - rho) * rho ** (t - i) * gradients[i] ** 2 for i in range(t + 1))
            expected = expected - 0.3 * gradient / (mean**0.5 + 1e-3)
        why = "each squared gradient counts 1 - rho at first, and rho times less at every step."
        expect_close((w, squares), (expected, mean), why=why, parts=self.PARTS)

    @mistake(
        "You add the squared gradient whole. That is AdaGrad's sum with a leak: a running mean "
        "takes 1 - rho of what is new."
    )
    def adds_the_square_whole(w, squares, gradient, learning_rate, rho, epsilon):
        squares = rho * squares + gradient**2
        return w - learning_rate * gradient / (np.sqrt(squares) + epsilon), squares

    @mistake("This is AdaGrad: it never forgets, since rho is missing.")
    def never_forgets(w, squares, gradient, learning_rate, rho, epsilon):
        squares = squares + gradient**2
        return w - learning_rate * gradient / (np.sqrt(squares) + epsilon), squares

    @mistake(
        "You have exchanged the two shares: rho is what is kept of the old mean, and 1 - rho "
        "the share of what is new."
    )
    def exchanges_the_shares(w, squares, gradient, learning_rate, rho, epsilon):
        squares = (1 - rho) * squares + rho * gradient**2
        return w - learning_rate * gradient / (np.sqrt(squares) + epsilon), squares

    @mistake(
        "Your epsilon stands under the root. Here, as in PyTorch, it is added after the root is "
        "taken."
    )
    def epsilon_inside(w, squares, gradient, learning_rate, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        return w - learning_rate * gradient / np.sqrt(squares + epsilon), squares

    @mistake("The root is missing: you divide by the mean square, not by its root.")
    def forgets_the_root(w, squares, gradient, learning_rate, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        return w - learning_rate * gradient / (squares + epsilon), squares

    @mistake(
        "You divide by the old mean. The gradient of this step belongs in it before you divide: "
        "in the first step yours divides by epsilon alone, and leaps."
    )
    def divides_by_the_old(w, squares, gradient, learning_rate, rho, epsilon):
        step = learning_rate * gradient / (np.sqrt(squares) + epsilon)
        return w - step, rho * squares + (1 - rho) * gradient**2

    @mistake("You average the gradient itself. It is the squared gradient that is averaged.")
    def forgets_the_square(w, squares, gradient, learning_rate, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient
        return w - learning_rate * gradient / (np.sqrt(np.abs(squares)) + epsilon), squares

    @mistake(
        "You return the old mean. What was gathered has to go out with the weights, or the next "
        "step starts from nothing."
    )
    def forgets_to_remember(w, squares, gradient, learning_rate, rho, epsilon):
        new = rho * squares + (1 - rho) * gradient**2
        return w - learning_rate * gradient / (np.sqrt(new) + epsilon), squares

    @mistake(
        "Your epsilon is missing below the fraction line. Where a weight has met no slope at all, "
        "0 / 0 is left."
    )
    def forgets_epsilon(w, squares, gradient, learning_rate, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        return w - learning_rate * gradient / np.sqrt(squares), squares

    @mistake(
        "Your epsilon is added to the weights, since a division comes before a sum. It belongs "
        "below the fraction line: put brackets around all that you divide by."
    )
    def adds_epsilon_to_the_weights(w, squares, gradient, learning_rate, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        return w - learning_rate * gradient / np.sqrt(squares) + epsilon, squares

    @mistake(
        "The brackets around 1 - rho are missing. A product comes before a difference, so yours "
        "adds a whole 1 and subtracts rho times the square."
    )
    def forgets_the_brackets(w, squares, gradient, learning_rate, rho, epsilon):
        squares = rho * squares + 1 - rho * gradient**2
        return w - learning_rate * gradient / (np.sqrt(squares) + epsilon), squares

    @mistake(
        "You square 1 - rho along with the gradient. Only the gradient is squared, and then its "
        "share is taken."
    )
    def squares_the_share(w, squares, gradient, learning_rate, rho, epsilon):
        squares = rho * squares + ((1 - rho) * gradient) ** 2
        return w - learning_rate * gradient / (np.sqrt(squares) + epsilon), squares

    @mistake(
        "You multiply both, the old mean and the new square, by rho. The shares add up to 1: the "
        "new square gets 1 - rho."
    )
    def weighs_both_with_rho(w, squares, gradient, learning_rate, rho, epsilon):
        squares = rho * (squares + gradient**2)
        return w - learning_rate * gradient / (np.sqrt(squares) + epsilon), squares

    @mistake(
        "You take the mean over all weights, so they share it. Each weight has a running mean of "
        "its own, over the steps."
    )
    def one_mean_for_all(w, squares, gradient, learning_rate, rho, epsilon):
        squares = rho * squares + (1 - rho) * np.mean(gradient**2)
        return w - learning_rate * gradient / (np.sqrt(squares) + epsilon), squares

    @mistake(
        "You have written 0.9 where rho belongs. It is an argument, and may be another number."
    )
    def writes_the_usual_rho(w, squares, gradient, learning_rate, rho, epsilon):
        squares = 0.9 * squares + 0.1 * gradient**2
        return w - learning_rate * gradient / (np.sqrt(squares) + epsilon), squares

    @mistake(
        "You hand on the root of the mean. The next step adds a square to it, so hand on the mean "
        "itself, and take the root only to divide."
    )
    def hands_on_the_root(w, squares, gradient, learning_rate, rho, epsilon):
        root = np.sqrt(rho * squares + (1 - rho) * gradient**2)
        return w - learning_rate * gradient / (root + epsilon), root

    @mistake("The learning rate is missing: it multiplies the fraction.")
    def forgets_the_rate(w, squares, gradient, learning_rate, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        return w - gradient / (np.sqrt(squares) + epsilon), squares

    @mistake("You walk uphill: the step goes against the gradient.")
    def goes_uphill(w, squares, gradient, learning_rate, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        return w + learning_rate * gradient / (np.sqrt(squares) + epsilon), squares

    @also_right
    def entry_by_entry(w, squares, gradient, learning_rate, rho, epsilon):
        w, squares = np.array(w, float), np.array(squares, float)
        for index in np.ndindex(w.shape):
            g = gradient[index]
            squares[index] += (1 - rho) * (g * g - squares[index])
            w[index] -= learning_rate * g / (math.sqrt(squares[index]) + epsilon)
        return w, squares

    @also_right
    def as_rates_of_their_own(w, squares, gradient, learning_rate, rho, epsilon):
        squares = np.average([squares, np.square(gradient)], axis=0, weights=[rho, 1 - rho])
        return [w - learning_rate / (epsilon + squares**0.5) * gradient, squares]


@exercise(
    "adadelta_step",
    points=3,
    minutes=9,
    difficulty=3,
    extension=True,
    built="An optimizer with no learning rate at all: steps in the unit of the weights.",
)
class TestAdadeltaStep:
    PARTS = ("w", "squares", "deltas")

    def test_a_step_worked_out_by_hand(self, adadelta_step):
        got = adadelta_step(
            np.array([1.0]), np.array([5.0]), np.array([3.0]), np.array([5.0]), 0.5, 1.0
        )
        # squares 2.5 + 12.5 = 15, so the step is 5 √4 / √16 = 2.5; deltas 1.5 + 6.25 / 2
        why = "squares become 15, the step is 5 · √(3 + 1) / √(15 + 1) = 2.5, and 1 - 2.5 is -1.5."
        expected = (np.array([-1.5]), np.array([15.0]), np.array([4.625]))
        expect_close(got, expected, why=why, parts=self.PARTS)

    def test_the_first_step_takes_its_length_from_epsilon(self, adadelta_step):
        got = adadelta_step(
            np.zeros(2), np.zeros(2), np.zeros(2), np.array([1e3, -1e-1]), 0.75, 1e-8
        )
        # √1e-8 / √(g² / 4) is 2e-4 / |g|, up to epsilon
        why = "no step was taken yet, so the length comes from epsilon alone: √1e-8 · 2."
        expect_close(got[0], [-2e-4, 2e-4], why=why, rtol=1e-4)

    def test_a_weight_with_no_slope_stays(self, adadelta_step):
        got = adadelta_step(np.array([2.0, -1.0]), np.zeros(2), np.zeros(2), np.zeros(2), 0.9, 1e-6)
        expect_finite(got[0], "epsilon is there so that 0 / 0 does not happen.")
        expect_close(got[0], [2.0, -1.0], why="where the ground is level, stay.")

    def test_the_size_of_the_loss_does_not_matter(self, adadelta_step):
        gradients = gradients_of(5, (3,), seed=7)
        ends = []
        for factor in (1.0, 1e4):
            w, squares, deltas = np.zeros(3), np.zeros(3), np.zeros(3)
            for gradient in gradients:
                w, squares, deltas = adadelta_step(
                    w, squares, deltas, factor * gradient, 0.9, 1e-18
                )
            ends.append(np.asarray(w) / 1e-9)
        why = "ten thousand times the loss has ten thousand times the slopes: they cancel."
        expect_close(ends[1], ends[0], why=why, rtol=1e-5)

    @pytest.mark.parametrize(("shape", "rho"), [((4,), 0.9), ((3, 2), 0.95), ((1, 5), 0.5)])
    def test_every_step_follows_the_rule(self, adadelta_step, shape, rho):
        gradients = gradients_of(6, shape, seed=sum(shape))
        w, squares, deltas = np.ones(shape), np.zeros(shape), np.zeros(shape)
        steps = []
        for t, gradient in enumerate(gradients):
            w, squares, deltas = adadelta_step(w, squares, deltas, gradient, rho, 1e-3)
            before = sum((1 - rho) * rho ** (t - 1 - i) * steps[i] ** 2 for i in range(t))
            mean = sum((1 - rho) * rho ** (t - i) * gradients[i] ** 2 for i in range(t + 1))
            steps.append(gradient * ((before + 1e-3) / (mean + 1e-3)) ** 0.5)
            after = sum((1 - rho) * rho ** (t - i) * steps[i] ** 2 for i in range(t + 1))
        why = "a step has the size of recent steps, and both means fade by rho at every step."
        expect_close((w, squares, deltas), (1 - sum(steps), mean, after), why, parts=self.PARTS)

    @mistake(
        "Your deltas take the new step in before you use them. The step is made with the deltas "
        "of the steps before it, so first the step, then the deltas."
    )
    def updates_the_deltas_first(w, squares, deltas, gradient, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        step = gradient * np.sqrt(deltas + epsilon) / np.sqrt(squares + epsilon)
        deltas = rho * deltas + (1 - rho) * step**2
        step = gradient * np.sqrt(deltas + epsilon) / np.sqrt(squares + epsilon)
        return w - step, squares, deltas

    @mistake(
        "Your deltas gather squared gradients. They are the mean of squared steps: that is "
        "where the steps get their length from."
    )
    def deltas_of_gradients(w, squares, deltas, gradient, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        step = gradient * np.sqrt(deltas + epsilon) / np.sqrt(squares + epsilon)
        return w - step, squares, rho * deltas + (1 - rho) * gradient**2

    @mistake(
        "Your epsilons stand outside the roots. In Adadelta they stand inside: otherwise the "
        "first step, where deltas is 0, would be far too short."
    )
    def epsilon_outside(w, squares, deltas, gradient, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        step = gradient * (np.sqrt(deltas) + epsilon) / (np.sqrt(squares) + epsilon)
        return w - step, squares, rho * deltas + (1 - rho) * step**2

    @mistake(
        "You divide by the old squares. The gradient of this step belongs in them before you "
        "divide."
    )
    def divides_by_the_old(w, squares, deltas, gradient, rho, epsilon):
        step = gradient * np.sqrt(deltas + epsilon) / np.sqrt(squares + epsilon)
        squares = rho * squares + (1 - rho) * gradient**2
        return w - step, squares, rho * deltas + (1 - rho) * step**2

    @mistake(
        "The size of the recent steps is missing above the fraction line. Without it the step is "
        "that of RMSProp with a learning rate of 1."
    )
    def without_the_deltas(w, squares, deltas, gradient, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        step = gradient / np.sqrt(squares + epsilon)
        return w - step, squares, rho * deltas + (1 - rho) * step**2

    @mistake("The roots are missing: both means are of squares, so take the root of each.")
    def without_roots(w, squares, deltas, gradient, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        step = gradient * (deltas + epsilon) / (squares + epsilon)
        return w - step, squares, rho * deltas + (1 - rho) * step**2

    @mistake("You gather the steps without squaring them. Steps to and fro would cancel.")
    def forgets_to_square_the_step(w, squares, deltas, gradient, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        step = gradient * np.sqrt(np.abs(deltas) + epsilon) / np.sqrt(squares + epsilon)
        return w - step, squares, rho * deltas + (1 - rho) * step

    @mistake(
        "Your fraction is upside down: the size of recent steps belongs above the line, that of "
        "recent gradients below."
    )
    def turns_the_fraction_over(w, squares, deltas, gradient, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        step = gradient * np.sqrt(squares + epsilon) / np.sqrt(deltas + epsilon)
        return w - step, squares, rho * deltas + (1 - rho) * step**2

    @mistake(
        "Your epsilon is missing above the fraction line. Deltas begin at 0, so your first step "
        "is 0, and all others after it."
    )
    def forgets_epsilon(w, squares, deltas, gradient, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        step = gradient * np.sqrt(deltas) / np.sqrt(squares + epsilon)
        return w - step, squares, rho * deltas + (1 - rho) * step**2

    @mistake(
        "Your epsilons are missing under the roots. Deltas begin at 0, so your first step is 0, "
        "and all others after it."
    )
    def forgets_both_epsilons(w, squares, deltas, gradient, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        step = gradient * np.sqrt(deltas) / np.sqrt(squares)
        return w - step, squares, rho * deltas + (1 - rho) * step**2

    @mistake("The gradient is missing in your step, so it goes the same way whatever the slope.")
    def forgets_the_gradient(w, squares, deltas, gradient, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        step = np.sqrt(deltas + epsilon) / np.sqrt(squares + epsilon)
        return w - step, squares, rho * deltas + (1 - rho) * step**2

    @mistake("You walk uphill: the step is subtracted from the weights.")
    def goes_uphill(w, squares, deltas, gradient, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        step = gradient * np.sqrt(deltas + epsilon) / np.sqrt(squares + epsilon)
        return w + step, squares, rho * deltas + (1 - rho) * step**2

    @mistake(
        "You return the old deltas. The square of this step belongs in them, or the steps can "
        "never grow."
    )
    def forgets_to_remember(w, squares, deltas, gradient, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        step = gradient * np.sqrt(deltas + epsilon) / np.sqrt(squares + epsilon)
        return w - step, squares, deltas

    @mistake(
        "You hand on the step in the place of deltas. These are a running mean of squared steps."
    )
    def hands_on_the_step(w, squares, deltas, gradient, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        step = gradient * np.sqrt(deltas + epsilon) / np.sqrt(squares + epsilon)
        return w - step, squares, step

    @mistake("The two means are exchanged in what you return: first squares, then deltas.")
    def exchanges_the_means(w, squares, deltas, gradient, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        step = gradient * np.sqrt(deltas + epsilon) / np.sqrt(squares + epsilon)
        return w - step, rho * deltas + (1 - rho) * step**2, squares

    @mistake(
        "You have exchanged the two shares: rho is what is kept of the old means, and 1 - rho "
        "the share of what is new."
    )
    def exchanges_the_shares(w, squares, deltas, gradient, rho, epsilon):
        squares = (1 - rho) * squares + rho * gradient**2
        step = gradient * np.sqrt(deltas + epsilon) / np.sqrt(squares + epsilon)
        return w - step, squares, (1 - rho) * deltas + rho * step**2

    @also_right
    def with_one_root(w, squares, deltas, gradient, rho, epsilon):
        squares = rho * squares + (1 - rho) * gradient**2
        step = -gradient * ((deltas + epsilon) / (squares + epsilon)) ** 0.5
        return w + step, squares, rho * deltas + (1 - rho) * step**2

    @also_right
    def entry_by_entry(w, squares, deltas, gradient, rho, epsilon):
        w, squares, deltas = np.array(w), np.array(squares), np.array(deltas)
        for index in np.ndindex(w.shape):
            g = gradient[index]
            squares[index] = rho * squares[index] + (1 - rho) * g * g
            step = g * math.sqrt(deltas[index] + epsilon) / math.sqrt(squares[index] + epsilon)
            deltas[index] = rho * deltas[index] + (1 - rho) * step * step
            w[index] -= step
        return [w, squares, deltas]


@exercise(
    "adam_step",
    points=4,
    minutes=11,
    difficulty=3,
    built="The optimizer that most networks of today were trained with.",
)
class TestAdamStep:
    PARTS = ("w", "m", "v")

    def test_the_first_step_worked_out_by_hand(self, adam_step):
        got = adam_step(
            np.array([1.0]), np.zeros(1), np.zeros(1), 1, np.array([5.0]), 0.1, 0.9, 0.999, 1e-12
        )
        # m = 0.5, corrected 5; v = 0.025, corrected 25; 5 / √25 is 1
        why = "m is 0.5, corrected 5; v is 0.025, corrected 25; and 1 - 0.1 · 5 / √25 is 0.9."
        expected = (np.array([0.9]), np.array([0.5]), np.array([0.025]))
        expect_close(got, expected, why=why, parts=self.PARTS)

    def test_a_later_step_worked_out_by_hand(self, adam_step):
        got = adam_step(
            np.array([1.0]),
            np.array([1.0]),
            np.array([5.0]),
            2,
            np.array([2.0]),
            0.3,
            0.5,
            0.5,
            0.5,
        )
        # m = 1.5, / 0.75 = 2; v = 4.5, / 0.75 = 6
        why = "m is 1.5, divided by 1 - 0.5² it is 2; v is 4.5, divided by the same it is 6."
        expected = (np.array([1 - 0.6 / (math.sqrt(6) + 0.5)]), np.array([1.5]), np.array([4.5]))
        expect_close(got, expected, why=why, parts=self.PARTS)

    def test_the_first_step_is_as_long_as_the_learning_rate(self, adam_step):
        gradient = np.array([1e-3, -1.0, 1e4])
        got = adam_step(np.zeros(3), np.zeros(3), np.zeros(3), 1, gradient, 0.2, 0.9, 0.999, 1e-14)
        why = "whatever the slope: corrected, m is the gradient and the root of v its size."
        expect_close(got[0], [-0.2, 0.2, -0.2], why=why)

    def test_epsilon_stands_outside_the_root(self, adam_step):
        got = adam_step(
            np.ones(1), np.zeros(1), np.zeros(1), 1, np.array([3.0]), 1.0, 0.9, 0.9, 2.0
        )
        why = "3 / (√9 + 2) is 0.6, so 1 becomes 0.4."
        expect_close(got[0], [0.4], why=why)

    def test_a_weight_with_no_slope_stays(self, adam_step):
        zeros = np.zeros(2)
        got = adam_step(np.array([2.0, -1.0]), zeros, zeros, 1, zeros, 0.5, 0.9, 0.999, 1e-8)
        expect_finite(got[0], "epsilon is there so that 0 / 0 does not happen.")
        expect_close(got[0], [2.0, -1.0], why="where the ground is level, stay.")

    def test_on_a_steady_slope_every_step_is_as_long_as_the_learning_rate(self, adam_step):
        w, m, v = np.zeros(2), np.zeros(2), np.zeros(2)
        path = [w]
        for t in range(1, 9):
            w, m, v = adam_step(w, m, v, t, np.array([0.02, -70.0]), 0.1, 0.9, 0.999, 1e-14)
            path.append(np.asarray(w))
        why = "corrected for their start at 0, both means are exact from the first step on."
        expected = np.outer(np.arange(9), [-0.1, 0.1])
        expect_close(np.array(path), expected, why=why)

    @pytest.mark.parametrize(
        ("shape", "beta1", "beta2"), [((4,), 0.9, 0.999), ((3, 2), 0.5, 0.9), ((1, 5), 0.0, 0.99)]
    )
    def test_every_step_follows_the_rule(self, adam_step, shape, beta1, beta2):
        gradients = gradients_of(6, shape, seed=sum(shape))
        w, m, v, expected = np.ones(shape), np.zeros(shape), np.zeros(shape), np.ones(shape)
        for t, gradient in enumerate(gradients, start=1):
            w, m, v = adam_step(w, m, v, t, gradient, 0.3, beta1, beta2, 1e-3)
            mean = sum((1 - beta1) * beta1 ** (t - i) * gradients[i - 1] for i in range(1, t + 1))
            square = sum(
                (1 - beta2) * beta2 ** (t - i) * gradients[i - 1] ** 2 for i in range(1, t + 1)
            )
            root = (square / (1 - beta2**t)) ** 0.5
            expected = expected - 0.3 * mean / (1 - beta1**t) / (root + 1e-3)
        why = "m and v are fading means; divided by 1 - betaᵗ they make the step."
        expect_close((w, m, v), (expected, mean, square), why=why, parts=self.PARTS)

    @mistake(
        "The correction of the bias is missing. Both means begin at 0, so at first they are far "
        "too small: divide by 1 - beta to the power of t."
    )
    def forgets_the_correction(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        return w - learning_rate * m / (np.sqrt(v) + epsilon), m, v

    @mistake(
        "You return the corrected means. The next step would correct them a second time: hand on "
        "m and v as they were before the correction."
    )
    def hands_on_the_corrected(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = (beta1 * m + (1 - beta1) * gradient) / (1 - beta1**t)
        v = (beta2 * v + (1 - beta2) * gradient**2) / (1 - beta2**t)
        return w - learning_rate * m / (np.sqrt(v) + epsilon), m, v

    @mistake(
        "You divide by 1 - beta, always. That is right for t = 1 only: it is beta to the power "
        "of t, so the correction fades as the steps go on."
    )
    def forgets_the_power(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        m_hat, v_hat = m / (1 - beta1), v / (1 - beta2)
        return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v

    @mistake(
        "You count the steps from 0, and use t + 1 as the power. Here t is 1 in the first step "
        "already."
    )
    def counts_from_zero(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        m_hat, v_hat = m / (1 - beta1 ** (t + 1)), v / (1 - beta2 ** (t + 1))
        return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v

    @mistake(
        "Your epsilon stands under the root. Here, as in the paper and in PyTorch, it is added "
        "after the root is taken."
    )
    def epsilon_inside(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        return w - learning_rate * m_hat / np.sqrt(v_hat + epsilon), m, v

    @mistake("The root is missing: v holds squares, and a step divides by their root.")
    def forgets_the_root(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        return w - learning_rate * m_hat / (v_hat + epsilon), m, v

    @mistake(
        "You move by the gradient, not by its running mean m. That is RMSProp with a corrected "
        "start: the momentum is missing."
    )
    def moves_by_the_gradient(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        v_hat = v / (1 - beta2**t)
        return w - learning_rate * gradient / (np.sqrt(v_hat) + epsilon), m, v

    @mistake(
        "You have exchanged beta1 and beta2. beta1 belongs to m, the mean of the gradients, and "
        "beta2 to v, the mean of their squares."
    )
    def exchanges_the_betas(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = beta2 * m + (1 - beta2) * gradient
        v = beta1 * v + (1 - beta1) * gradient**2
        m_hat, v_hat = m / (1 - beta2**t), v / (1 - beta1**t)
        return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v

    @mistake("v gathers the gradient without its square. Square it: sizes count, not signs.")
    def forgets_the_square(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        return w - learning_rate * m_hat / (np.sqrt(np.abs(v_hat)) + epsilon), m, v

    @mistake("You walk uphill: the step goes against the mean gradient.")
    def goes_uphill(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        return w + learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v

    @mistake(
        "You take 1 - beta to the power of t. The power belongs to beta alone: first beta to the "
        "power of t, then 1 minus that."
    )
    def takes_the_power_of_the_difference(
        w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon
    ):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        m_hat, v_hat = m / (1 - beta1) ** t, v / (1 - beta2) ** t
        return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v

    @mistake(
        "You multiply beta by t. It is beta to the power of t: with the product, 1 - beta · t "
        "soon gets negative."
    )
    def multiplies_by_t(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        m_hat, v_hat = m / (1 - beta1 * t), v / (1 - beta2 * t)
        return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v

    @mistake(
        "The brackets around 1 - beta to the power of t are missing. A division comes before a "
        "difference, so yours divides by 1."
    )
    def forgets_the_brackets(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        m_hat, v_hat = m / 1 - beta1**t, v / 1 - beta2**t
        return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v

    @mistake("You multiply by 1 - beta to the power of t. The means are too small: divide by it.")
    def multiplies_by_the_correction(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        m_hat, v_hat = m * (1 - beta1**t), v * (1 - beta2**t)
        return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v

    @mistake(
        "You correct m, but not v. Both began at 0, and v with its longer memory is off even more."
    )
    def corrects_m_only(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        m_hat = m / (1 - beta1**t)
        return w - learning_rate * m_hat / (np.sqrt(v) + epsilon), m, v

    @mistake(
        "You correct v with beta1. The share that v has gathered so far is 1 - beta2 to the power "
        "of t."
    )
    def corrects_with_beta1_twice(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta1**t)
        return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v

    @mistake(
        "You correct the means as they came in. The gradient of this step belongs in them first: "
        "new means, then the correction."
    )
    def corrects_the_old_means(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v

    @mistake("You use beta1 for both means. v has a memory of its own: beta2.")
    def uses_beta1_twice(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta1 * v + (1 - beta1) * gradient**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta1**t)
        return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v

    @mistake(
        "You have exchanged the shares: beta is what is kept of an old mean, and 1 - beta the "
        "share of what is new."
    )
    def exchanges_the_shares(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = (1 - beta1) * m + beta1 * gradient
        v = (1 - beta2) * v + beta2 * gradient**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v

    @mistake(
        "Your m takes in the gradient whole, as a velocity does. Here it is a running mean: 1 - "
        "beta1 of what is new."
    )
    def takes_the_gradient_whole(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = beta1 * m + gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v

    @mistake("Your v gathers the squares of m. It is the mean of the squared gradients.")
    def squares_the_mean(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * m**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v

    @mistake(
        "You square 1 - beta2 along with the gradient. Only the gradient is squared, and then its "
        "share is taken."
    )
    def squares_the_share(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + ((1 - beta2) * gradient) ** 2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v

    @mistake(
        "Your epsilon is missing below the fraction line. Where a weight has met no slope at all, "
        "0 / 0 is left."
    )
    def forgets_epsilon(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        return w - learning_rate * m_hat / np.sqrt(v_hat), m, v

    @mistake(
        "Your epsilon is added to the weights, since a division comes before a sum. It belongs "
        "below the fraction line: put brackets around all that you divide by."
    )
    def adds_epsilon_to_the_weights(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        return w - learning_rate * m_hat / np.sqrt(v_hat) + epsilon, m, v

    @mistake(
        "You return the old m and v. The new ones have to go out, or the next step remembers "
        "nothing."
    )
    def forgets_to_remember(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        m_hat = (beta1 * m + (1 - beta1) * gradient) / (1 - beta1**t)
        v_hat = (beta2 * v + (1 - beta2) * gradient**2) / (1 - beta2**t)
        return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v

    @also_right
    def with_the_corrections_in_the_rate(
        w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon
    ):
        m = m + (1 - beta1) * (gradient - m)
        v = v + (1 - beta2) * (gradient * gradient - v)
        root = np.sqrt(v) / (1 - beta2**t) ** 0.5
        return w - learning_rate / (1 - beta1**t) * m / (root + epsilon), m, v

    @also_right
    def entry_by_entry(w, m, v, t, gradient, learning_rate, beta1, beta2, epsilon):
        w, m, v = np.array(w), np.array(m), np.array(v)
        for index in np.ndindex(w.shape):
            g = gradient[index]
            m[index] = beta1 * m[index] + (1 - beta1) * g
            v[index] = beta2 * v[index] + (1 - beta2) * g * g
            root = math.sqrt(v[index] / (1 - beta2**t))
            w[index] -= learning_rate * m[index] / (1 - beta1**t) / (root + epsilon)
        return [w, m, v]


# ---------------------------------------------------------------------------- schedules


@exercise(
    "step_decay",
    points=1,
    minutes=4,
    difficulty=1,
    built="A staircase for the learning rate: bold at first, careful later.",
)
class TestStepDecay:
    def test_a_staircase_worked_out_by_hand(self, step_decay):
        why = "two epochs on each stair, and each stair is half as high as the one before."
        for epoch, rate in enumerate([0.8, 0.8, 0.4, 0.4, 0.2, 0.2]):
            expect_close(step_decay(0.8, epoch, 0.5, 2), rate, why=why)

    @pytest.mark.parametrize(("epoch", "stairs"), [(0, 0), (29, 0), (30, 1), (59, 1), (90, 3)])
    def test_drops_exactly_when_a_stair_is_full(self, step_decay, epoch, stairs):
        got = step_decay(3.0, epoch, 0.1, 30)
        why = "epochs count from 0, so 0 to 29 are the first thirty, and 30 is after the drop."
        expect_close(got, 3.0 / 10**stairs, why=why)

    def test_may_drop_at_every_epoch(self, step_decay):
        for epoch, rate in enumerate([1.0, 0.9, 0.81, 0.729]):
            got = step_decay(1.0, epoch, 0.9, 1)
            expect_close(got, rate, why="every epoch is a stair of its own.")

    def test_a_drop_of_one_is_no_drop(self, step_decay):
        expect_close(step_decay(0.3, 17, 1.0, 5), 0.3, why="multiplied by 1 it stays.")

    @mistake(
        "You divide with `/`, so yours falls a little in every epoch. A staircase counts whole "
        "stairs: `//` divides and drops the rest."
    )
    def falls_smoothly(learning_rate, epoch, drop, every):
        return learning_rate * drop ** (epoch / every)

    @mistake(
        "Your staircase falls an epoch early, since you count epochs from 1. They count from 0."
    )
    def drops_too_early(learning_rate, epoch, drop, every):
        return learning_rate * drop ** ((epoch + 1) // every)

    @mistake("Your staircase falls an epoch late: epoch `every` is the first after the drop.")
    def drops_too_late(learning_rate, epoch, drop, every):
        return learning_rate * drop ** (max(epoch - 1, 0) // every)

    @mistake(
        "You multiply `drop` by the number of stairs. Each stair multiplies anew, so it is "
        "`drop` to the power of that number."
    )
    def multiplies_instead(learning_rate, epoch, drop, every):
        return learning_rate * drop * (epoch // every) if epoch >= every else learning_rate

    @mistake(
        "You drop once and never again. After every further `every` epochs it drops once more."
    )
    def drops_once(learning_rate, epoch, drop, every):
        return learning_rate * drop if epoch >= every else learning_rate

    @mistake("You subtract `drop`. It is what the learning rate is multiplied by.")
    def subtracts(learning_rate, epoch, drop, every):
        return learning_rate - drop * (epoch // every)

    @mistake("Your learning rate drops at every epoch. It should wait for `every` epochs.")
    def ignores_every(learning_rate, epoch, drop, every):
        return learning_rate * drop**epoch

    @mistake(
        "`%` gives the rest of a division: how far the epoch is on its stair. How many stairs are "
        "full, `//` says."
    )
    def takes_the_rest(learning_rate, epoch, drop, every):
        return learning_rate * drop ** (epoch % every)

    @mistake(
        "You drop in the first epoch of a stair, and forget it in the next. Each call begins with "
        "the full learning rate: count all stairs that are full by then."
    )
    def drops_for_one_epoch(learning_rate, epoch, drop, every):
        return learning_rate * drop if epoch % every == 0 else learning_rate

    @mistake(
        "You multiply `drop` by the number of stairs, which is 0 at first. Each stair multiplies "
        "anew, so it is `drop` to the power of that number."
    )
    def multiplies_from_zero(learning_rate, epoch, drop, every):
        return learning_rate * drop * (epoch // every)

    @mistake("Your power takes in the learning rate. Only `drop` is multiplied again and again.")
    def raises_the_rate_too(learning_rate, epoch, drop, every):
        return (learning_rate * drop) ** (epoch // every)

    @mistake(
        "You multiply by 1 - `drop`. It is `drop` itself that the learning rate is multiplied by: "
        "with 0.1, a tenth is left."
    )
    def takes_the_rest_of_one(learning_rate, epoch, drop, every):
        return learning_rate * (1 - drop) ** (epoch // every)

    @mistake(
        "You round the number of stairs, so some drops come half a stair too early. Only full "
        "stairs count: `//` drops the rest."
    )
    def rounds(learning_rate, epoch, drop, every):
        return learning_rate * drop ** round(epoch / every)

    @mistake(
        "You divide by `drop`, so your staircase climbs. The learning rate is multiplied by it."
    )
    def divides_by_drop(learning_rate, epoch, drop, every):
        return learning_rate / drop ** (epoch // every)

    @mistake(
        "Your staircase falls an epoch late, since you take 1 off the epoch. It counts from 0 "
        "already."
    )
    def counts_back(learning_rate, epoch, drop, every):
        return learning_rate * drop ** ((epoch - 1) // every)

    @mistake("You return a row of learning rates. One number is asked for: that of this epoch.")
    def gives_a_row(learning_rate, epoch, drop, every):
        return [learning_rate * drop ** (e // every) for e in range(epoch + 1)]

    @mistake(
        "You count a stair as soon as it has begun, so yours drops after its first epoch. Only "
        "full stairs count."
    )
    def counts_begun_stairs(learning_rate, epoch, drop, every):
        for earlier in range(epoch):
            if earlier % every == 0:
                learning_rate = learning_rate * drop
        return learning_rate

    @also_right
    def by_a_loop(learning_rate, epoch, drop, every):
        while epoch >= every:
            learning_rate, epoch = learning_rate * drop, epoch - every
        return learning_rate

    @also_right
    def by_floor(learning_rate, epoch, drop, every):
        return learning_rate * np.power(float(drop), np.floor(epoch / every))


@exercise(
    "warmup_cosine",
    points=3,
    minutes=8,
    difficulty=2,
    extension=True,
    built="The schedule of today's large models: start gently, work hard, come to rest.",
)
class TestWarmupCosine:
    def test_a_schedule_worked_out_by_hand(self, warmup_cosine):
        # the cosine runs through 0°, 45°, 90°, 135° and reaches 180° at step 6
        half = math.sqrt(0.5)
        expected = [0.4, 0.8, 0.8, 0.4 * (1 + half), 0.4, 0.4 * (1 - half), 0.0, 0.0]
        why = "up in two steps, then half a cosine over four steps, then 0."
        for step, rate in enumerate(expected):
            expect_close(warmup_cosine(0.8, step, 2, 6), rate, why=why)

    @pytest.mark.parametrize(("step", "rate"), [(0, 0.6), (2, 1.8), (4, 3.0)])
    def test_rises_in_a_straight_line(self, warmup_cosine, step, rate):
        why = "from 3 / 5 at step 0 up to 3 at step 4: already the first step learns something."
        expect_close(warmup_cosine(3.0, step, 5, 50), rate, why=why)

    @pytest.mark.parametrize(("warmup", "total"), [(1, 11), (10, 30), (3, 103)])
    def test_falls_like_half_a_cosine(self, warmup_cosine, warmup, total):
        why = "whole at the end of the warm-up, half way down in the middle, level at both ends."
        for step in range(warmup, total):
            angle = math.pi * (step - warmup) / (total - warmup)
            got = warmup_cosine(0.2, step, warmup, total)
            expect_close(got, 0.2 * math.cos(angle / 2) ** 2, why=why)

    def test_stays_at_zero_after_the_end(self, warmup_cosine):
        why = "a cosine would rise again; the schedule is over, and training rests."
        for step in (20, 21, 30, 36, 1000):
            expect_close(warmup_cosine(0.5, step, 4, 20), 0.0, why=why)

    def test_a_warm_up_of_one_step_is_none(self, warmup_cosine):
        why = "step 0 has the full rate, step 1 is where the cosine starts, step 2 is the end."
        for step, rate in enumerate([0.5, 0.5, 0.0]):
            expect_close(warmup_cosine(0.5, step, 1, 2), rate, why=why)

    @mistake(
        "Your warm-up starts at 0, so the first step learns nothing. It starts at "
        "learning_rate / warmup_steps: count step + 1."
    )
    def starts_at_zero(learning_rate, step, warmup_steps, total_steps):
        if step < warmup_steps:
            return learning_rate * step / warmup_steps
        progress = min((step - warmup_steps) / (total_steps - warmup_steps), 1)
        return learning_rate * (1 + np.cos(np.pi * progress)) / 2

    @mistake(
        "After `total_steps` your learning rate rises again, as a cosine does. There it should "
        "stay at 0."
    )
    def rises_again(learning_rate, step, warmup_steps, total_steps):
        if step < warmup_steps:
            return learning_rate * (step + 1) / warmup_steps
        progress = (step - warmup_steps) / (total_steps - warmup_steps)
        return learning_rate * (1 + np.cos(np.pi * progress)) / 2

    @mistake(
        "Your cosine counts from step 0, so it starts part of the way down. It begins where the "
        "warm-up ends: take off `warmup_steps`, above and below the fraction line."
    )
    def counts_from_the_start(learning_rate, step, warmup_steps, total_steps):
        if step < warmup_steps:
            return learning_rate * (step + 1) / warmup_steps
        progress = min(step / total_steps, 1)
        return learning_rate * (1 + np.cos(np.pi * progress)) / 2

    @mistake(
        "Your cosine ends too late: between the warm-up and the end lie `total_steps` minus "
        "`warmup_steps` steps, not `total_steps`."
    )
    def ends_too_late(learning_rate, step, warmup_steps, total_steps):
        if step < warmup_steps:
            return learning_rate * (step + 1) / warmup_steps
        if step >= total_steps:
            return 0.0
        progress = (step - warmup_steps) / total_steps
        return learning_rate * (1 + np.cos(np.pi * progress)) / 2

    @mistake(
        "Your cosine runs from 1 to -1, so the learning rate becomes negative, and training would "
        "climb. Add 1 and halve it."
    )
    def goes_negative(learning_rate, step, warmup_steps, total_steps):
        if step < warmup_steps:
            return learning_rate * (step + 1) / warmup_steps
        if step >= total_steps:
            return 0.0
        progress = (step - warmup_steps) / (total_steps - warmup_steps)
        return learning_rate * np.cos(np.pi * progress)

    @mistake("You fall in a straight line. It should be half a cosine: level at both ends.")
    def falls_in_a_line(learning_rate, step, warmup_steps, total_steps):
        if step < warmup_steps:
            return learning_rate * (step + 1) / warmup_steps
        return learning_rate * max(1 - (step - warmup_steps) / (total_steps - warmup_steps), 0)

    @mistake("The warm-up is missing: yours has the full learning rate from the first step.")
    def skips_the_warmup(learning_rate, step, warmup_steps, total_steps):
        progress = (max(step, warmup_steps) - warmup_steps) / (total_steps - warmup_steps)
        return learning_rate * (1 + np.cos(np.pi * min(progress, 1))) / 2

    @mistake("The cosine takes radians: half a turn is π there, and not 180.")
    def in_degrees(learning_rate, step, warmup_steps, total_steps):
        if step < warmup_steps:
            return learning_rate * (step + 1) / warmup_steps
        if step >= total_steps:
            return 0.0
        progress = (step - warmup_steps) / (total_steps - warmup_steps)
        return learning_rate * (1 + np.cos(180 * progress)) / 2

    @mistake(
        "The half is missing: 1 + cos runs from 2 to 0, so yours begins at twice the learning rate."
    )
    def forgets_the_half(learning_rate, step, warmup_steps, total_steps):
        if step < warmup_steps:
            return learning_rate * (step + 1) / warmup_steps
        if step >= total_steps:
            return 0.0
        progress = (step - warmup_steps) / (total_steps - warmup_steps)
        return learning_rate * (1 + math.cos(math.pi * progress))

    @mistake(
        "Your π is missing. The angle has to run from 0 to π, so that the cosine comes down all "
        "the way."
    )
    def forgets_pi(learning_rate, step, warmup_steps, total_steps):
        if step < warmup_steps:
            return learning_rate * (step + 1) / warmup_steps
        if step >= total_steps:
            return 0.0
        progress = (step - warmup_steps) / (total_steps - warmup_steps)
        return learning_rate * (1 + math.cos(progress)) / 2

    @mistake(
        "Your cosine makes a whole turn, down and up again. Half a turn, from 0 to π, comes down "
        "once."
    )
    def takes_a_whole_turn(learning_rate, step, warmup_steps, total_steps):
        if step < warmup_steps:
            return learning_rate * (step + 1) / warmup_steps
        if step >= total_steps:
            return 0.0
        progress = (step - warmup_steps) / (total_steps - warmup_steps)
        return learning_rate * (1 + math.cos(2 * math.pi * progress)) / 2

    @mistake(
        "Your cosine rises, since you subtract it from 1. Add it: 1 + cos begins at 2 and ends at "
        "0."
    )
    def rises_with_the_cosine(learning_rate, step, warmup_steps, total_steps):
        if step < warmup_steps:
            return learning_rate * (step + 1) / warmup_steps
        if step >= total_steps:
            return 0.0
        progress = (step - warmup_steps) / (total_steps - warmup_steps)
        return learning_rate * (1 - math.cos(math.pi * progress)) / 2

    @mistake(
        "Your cosine is a step ahead. The + 1 belongs to the warm-up only: at step `warmup_steps` "
        "the cosine is still at its top."
    )
    def begins_a_step_early(learning_rate, step, warmup_steps, total_steps):
        if step < warmup_steps:
            return learning_rate * (step + 1) / warmup_steps
        if step >= total_steps:
            return 0.0
        progress = (step + 1 - warmup_steps) / (total_steps - warmup_steps)
        return learning_rate * (1 + math.cos(math.pi * progress)) / 2

    @mistake(
        "Your warm-up lasts a step too long, and rises above the full learning rate. At step "
        "`warmup_steps` the cosine has begun: compare with `<`."
    )
    def warms_up_too_long(learning_rate, step, warmup_steps, total_steps):
        if step <= warmup_steps:
            return learning_rate * (step + 1) / warmup_steps
        if step >= total_steps:
            return 0.0
        progress = (step - warmup_steps) / (total_steps - warmup_steps)
        return learning_rate * (1 + math.cos(math.pi * progress)) / 2

    @mistake("The warm-up is missing: before it would end, yours follows the cosine backwards.")
    def extends_the_cosine_back(learning_rate, step, warmup_steps, total_steps):
        if step >= total_steps:
            return 0.0
        progress = (step - warmup_steps) / (total_steps - warmup_steps)
        return learning_rate * (1 + math.cos(math.pi * progress)) / 2

    @mistake("The learning rate is missing in your warm-up, so it rises to 1, whatever the rate.")
    def warms_up_to_one(learning_rate, step, warmup_steps, total_steps):
        if step < warmup_steps:
            return (step + 1) / warmup_steps
        if step >= total_steps:
            return 0.0
        progress = (step - warmup_steps) / (total_steps - warmup_steps)
        return learning_rate * (1 + math.cos(math.pi * progress)) / 2

    @mistake(
        "The brackets around step + 1 are missing in your warm-up: products and fractions come "
        "before a sum."
    )
    def forgets_the_brackets(learning_rate, step, warmup_steps, total_steps):
        if step < warmup_steps:
            return learning_rate * step + 1 / warmup_steps
        if step >= total_steps:
            return 0.0
        progress = (step - warmup_steps) / (total_steps - warmup_steps)
        return learning_rate * (1 + math.cos(math.pi * progress)) / 2

    @mistake(
        "Your cosine ends a step early: it reaches 0 at `total_steps`, so between lie "
        "`total_steps` minus `warmup_steps` steps, and not one less."
    )
    def ends_a_step_early(learning_rate, step, warmup_steps, total_steps):
        if step < warmup_steps:
            return learning_rate * (step + 1) / warmup_steps
        if step >= total_steps:
            return 0.0
        progress = (step - warmup_steps) / (total_steps - warmup_steps - 1)
        return learning_rate * (1 + math.cos(math.pi * progress)) / 2

    @mistake("You take the sine, which starts half way up. The cosine starts at its top.")
    def takes_the_sine(learning_rate, step, warmup_steps, total_steps):
        if step < warmup_steps:
            return learning_rate * (step + 1) / warmup_steps
        if step >= total_steps:
            return 0.0
        progress = (step - warmup_steps) / (total_steps - warmup_steps)
        return learning_rate * (1 + math.sin(math.pi * progress)) / 2

    @also_right
    def with_three_cases(learning_rate, step, warmup_steps, total_steps):
        if step >= total_steps:
            return 0
        if step < warmup_steps:
            return learning_rate / warmup_steps * (step + 1)
        angle = math.pi * (step - warmup_steps) / (total_steps - warmup_steps)
        return learning_rate * (0.5 + 0.5 * math.cos(angle))

    @also_right
    def by_interpolation(learning_rate, step, warmup_steps, total_steps):
        if step < warmup_steps:
            rise = np.linspace(learning_rate / warmup_steps, learning_rate, warmup_steps)
            return rise[step]
        angle = np.interp(step, [warmup_steps, total_steps], [0, np.pi])
        return learning_rate * np.cos(angle / 2) ** 2
