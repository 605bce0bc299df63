"""What a learner's answers in lesson 03 must do."""

from itertools import pairwise

import numpy as np

from utils.activations import relu, sigmoid
from utils.checking.exercise import also_right, exercise, mistake
from utils.checking.expect import expect_close, expect_that, no_warnings
from utils.checking.show import show_value
from utils.networks import dense, one_hidden_layer


def random_layer(rng, n_inputs, n_outputs):
    """Weights and biases of ordinary size, neither of them symmetric or zero."""
    return rng.normal(size=(n_inputs, n_outputs)), rng.normal(size=n_outputs)


# --------------------------------------------------------------------------- dense


@exercise(
    "dense",
    points=2,
    minutes=5,
    difficulty=1,
    built="A whole layer in one line: every neuron looks at every example.",
)
class TestDense:
    def test_three_neurons_worked_out_by_hand(self, dense):
        X = np.array([[1.0, 2.0], [0.0, -1.0]])
        W = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]])
        got = dense(X, W, np.array([0.0, 10.0, 0.5]))
        why = "for the first row the sums are 1, 2 and 2 - 2 = 0; then come the biases 0, 10, 0.5."
        expect_close(got, [[1.0, 12.0, 0.5], [0.0, 9.0, 1.5]], why=why)

    def test_zero_inputs_leave_the_biases(self, dense):
        got = dense(np.zeros((4, 2)), np.ones((2, 3)), np.array([1.0, -2.0, 3.0]))
        why = "with inputs of 0 every product is 0, so each row is the biases, one for each neuron."
        expect_close(got, [[1.0, -2.0, 3.0]] * 4, why=why)

    def test_each_neuron_has_its_own_bias_in_a_square_batch_too(self, dense):
        got = dense(np.zeros((3, 2)), np.ones((2, 3)), np.array([1.0, 2.0, 3.0]))
        why = "b belongs to the neurons, which are the columns, even where n equals k."
        expect_close(got, [[1.0, 2.0, 3.0]] * 3, why=why)

    def test_each_row_of_x_meets_each_column_of_w(self, dense):
        X = np.arange(9.0).reshape(3, 3)
        W = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [2.0, 0.0, 0.0]])
        got = dense(X, W, np.zeros(3))
        # the columns of X in another order, the last one doubled and now in front
        expected = np.column_stack([2 * X[:, 2], X[:, 0], X[:, 1]])
        expect_close(got, expected, why="Z[i, j] is row i of X times column j of W: X comes first.")

    def test_one_column_is_one_neuron(self, dense):
        rng = np.random.default_rng(0)
        X, (W, b) = rng.normal(size=(5, 3)), random_layer(rng, 3, 4)
        got = dense(X, W[:, [2]], b[[2]])
        expected = [[sum(x * w for x, w in zip(row, W[:, 2], strict=True)) + b[2]] for row in X]
        why = "a layer of one neuron is the neuron of lesson 01, with its sums in a column (n, 1)."
        expect_close(got, expected, why=why)

    def test_works_for_wide_layers_and_one_example(self, dense):
        rng = np.random.default_rng(1)
        for n, m, k in ((1, 4, 6), (7, 1, 5), (2, 30, 3)):
            X, (W, b) = rng.normal(size=(n, m)), random_layer(rng, m, k)
            expected = np.einsum("nm,mk->nk", X, W) + b
            expect_close(dense(X, W, b), expected, why=f"n = {n}, m = {m}, k = {k}.")

    @mistake("The biases are missing: after the product, add b to every row.")
    def forgets_the_biases(X, W, b):
        return X @ W

    @mistake(
        "The order of the product is turned round: X comes first. In X @ W the inner numbers, "
        "m and m, match and disappear."
    )
    def multiplies_from_the_left(X, W, b):
        return W @ X + b

    @mistake(
        "You transpose W. In this course W already stands as (inputs, neurons), so X @ W fits as "
        "it is."
    )
    def transposes_the_weights(X, W, b):
        return X @ W.T + b

    @mistake(
        "The * multiplies entry by entry. For sums of products, each row with each column, use @."
    )
    def multiplies_entry_by_entry(X, W, b):
        return X * W + b

    @mistake(
        "You add all biases together, to every neuron. Each neuron gets its own: plain + b does "
        "that."
    )
    def adds_all_biases_everywhere(X, W, b):
        return X @ W + b.sum()

    @mistake(
        "You apply a ReLU. A dense layer here returns its pre-activations, negative ones too: the "
        "activation is a step of its own."
    )
    def applies_a_relu(X, W, b):
        return relu(X @ W + b)

    @mistake(
        "You stand the biases up as a column, so they go to the examples. They belong to the "
        "neurons, one for each column: plain + b does that."
    )
    def adds_the_biases_to_rows(X, W, b):
        return X @ W + b[:, np.newaxis]

    @also_right
    def neuron_by_neuron(X, W, b):
        columns = []
        for j in range(W.shape[1]):
            columns.append([float(np.dot(row, W[:, j])) + float(b[j]) for row in X])
        return np.transpose(columns)

    @also_right
    def with_a_constant_input(X, W, b):
        extended = np.hstack([X, np.ones((len(X), 1))])
        return extended @ np.vstack([W, b])

    @also_right
    def with_einsum(X, W, b):
        return np.einsum("nm,mk->nk", X, W) + b[None, :]

    @also_right
    def transposed_and_back(X, W, b):
        return (W.T @ X.T + b[:, None]).T


# ---------------------------------------------------------------- one hidden layer


@exercise(
    "one_hidden_layer",
    points=3,
    minutes=8,
    difficulty=2,
    built="A real network: a hidden layer that bends, and an output that gives probabilities.",
)
class TestOneHiddenLayer:
    def test_a_network_worked_out_by_hand(self, one_hidden_layer):
        X = np.array([[1.0], [-3.0]])
        W1, b1 = np.array([[1.0, -1.0]]), np.zeros(2)
        W2, b2 = np.array([[2.0], [0.0]]), np.array([-2.0])
        got = one_hidden_layer(X, W1, b1, W2, b2)
        why = "the hidden layer gives (1, 0) and (0, 3), the logits are 0 and -2."
        expected = ([[0.5], [1 / (1 + np.exp(2.0))]], [[1.0, 0.0], [0.0, 3.0]])
        expect_close(got, expected, why=why, parts=("y_hat", "hidden"))

    def test_hidden_is_what_comes_after_the_relu(self, one_hidden_layer):
        b1 = np.array([-1.0, 0.0, 2.0])
        got = one_hidden_layer(
            np.zeros((2, 4)), np.ones((4, 3)), b1, np.zeros((3, 2)), np.array([0.0, np.log(3.0)])
        )
        why = "the biases -1, 0 and 2 go through the ReLU; the outputs are sigmoid(0) and 3/4."
        expected = ([[0.5, 0.75]] * 2, [[0.0, 0.0, 2.0]] * 2)
        expect_close(got, expected, why=why, parts=("y_hat", "hidden"))

    def test_the_output_can_say_no(self, one_hidden_layer):
        y_hat, _ = self._parts(
            one_hidden_layer(
                np.ones((3, 2)), np.ones((2, 2)), np.zeros(2), -np.ones((2, 1)), np.zeros(1)
            )
        )
        why = "hidden is (2, 2), the logit is -4: no ReLU may stop it before the sigmoid."
        expect_close(y_hat, [[1 / (1 + np.exp(4.0))]] * 3, why=why)

    def test_several_inputs_hidden_neurons_and_outputs(self, one_hidden_layer):
        for seed in range(3):
            rng = np.random.default_rng(seed)
            X = rng.normal(size=(6, 3))
            (W1, b1), (W2, b2) = random_layer(rng, 3, 5), random_layer(rng, 5, 2)
            Z = np.einsum("nm,mh->nh", X, W1) + b1
            hidden = np.where(Z > 0, Z, 0)
            logits = np.einsum("nh,hk->nk", hidden, W2) + b2
            got = one_hidden_layer(X, W1, b1, W2, b2)
            expected = (1 / (1 + np.exp(-logits)), hidden)
            why = "first dense and relu with W1, b1; then dense and sigmoid with W2, b2."
            expect_close(got, expected, why=why, parts=("y_hat", "hidden"))

    def test_survives_large_logits(self, one_hidden_layer):
        W2 = np.array([[1000.0, -1000.0]])
        with no_warnings("a logit of -1000 must not overflow: the sigmoid of lesson 02 doesn't."):
            got = one_hidden_layer(np.ones((2, 1)), np.ones((1, 1)), np.zeros(1), W2, np.zeros(2))
        why = "a logit of 1000 is a probability of 1, one of -1000 is 0."
        expect_close(got, ([[1.0, 0.0]] * 2, [[1.0]] * 2), why=why, parts=("y_hat", "hidden"))

    @staticmethod
    def _parts(got):
        expect_that(
            isinstance(got, (tuple, list)) and len(got) == 2,
            "two things are asked for: the output and the hidden activations.",
            got=got,
            expected="(y_hat, hidden)",
        )
        return got

    @mistake(
        "Your hidden layer has no ReLU. Without a bend the two layers collapse into one, as in "
        "lesson 02."
    )
    def forgets_the_relu(X, W1, b1, W2, b2):
        hidden = dense(X, W1, b1)
        return sigmoid(dense(hidden, W2, b2)), hidden

    @mistake(
        "The output is right, but your second value is the hidden layer's pre-activations: "
        "hidden is asked for after the ReLU."
    )
    def returns_hidden_before_the_relu(X, W1, b1, W2, b2):
        Z = dense(X, W1, b1)
        return sigmoid(dense(relu(Z), W2, b2)), Z

    @mistake(
        "Your output is the logits: the sigmoid at the end is missing. This function returns "
        "probabilities."
    )
    def returns_logits(X, W1, b1, W2, b2):
        hidden = relu(dense(X, W1, b1))
        return dense(hidden, W2, b2), hidden

    @mistake(
        "You apply a ReLU to the output before its sigmoid. That stops all negative logits, so "
        "the network can never say less than one half."
    )
    def applies_a_relu_at_the_output(X, W1, b1, W2, b2):
        hidden = relu(dense(X, W1, b1))
        return sigmoid(relu(dense(hidden, W2, b2))), hidden

    @mistake(
        "Your hidden layer ends in a sigmoid. Here it is a ReLU between the layers, and the "
        "sigmoid only at the end."
    )
    def squashes_the_hidden_layer(X, W1, b1, W2, b2):
        hidden = sigmoid(dense(X, W1, b1))
        return sigmoid(dense(hidden, W2, b2)), hidden

    @mistake("The right two things, in the wrong order: y_hat comes first, then hidden.")
    def returns_hidden_first(X, W1, b1, W2, b2):
        hidden = relu(dense(X, W1, b1))
        return hidden, sigmoid(dense(hidden, W2, b2))

    @mistake("Only y_hat comes back. Return the hidden activations too: return y_hat, hidden.")
    def returns_only_the_output(X, W1, b1, W2, b2):
        return sigmoid(dense(relu(dense(X, W1, b1)), W2, b2))

    @mistake("The output layer's biases b2 are missing.")
    def forgets_the_output_biases(X, W1, b1, W2, b2):
        hidden = relu(dense(X, W1, b1))
        return sigmoid(hidden @ W2), hidden

    @mistake("The hidden layer's biases b1 are missing: all its cuts pass through the origin.")
    def forgets_the_hidden_biases(X, W1, b1, W2, b2):
        hidden = relu(X @ W1)
        return sigmoid(dense(hidden, W2, b2)), hidden

    @mistake(
        "You use a softmax at the end. Its outputs share one whole, and a single one is always 1. "
        "Here each output is a yes-or-no question of its own: a sigmoid."
    )
    def ends_in_a_softmax(X, W1, b1, W2, b2):
        hidden = relu(dense(X, W1, b1))
        scores = np.exp(dense(hidden, W2, b2))
        return scores / scores.sum(axis=1, keepdims=True), hidden

    @mistake(
        "Your output layer gets X. What it takes in is what the hidden layer puts out: hand "
        "hidden to the second dense."
    )
    def feeds_x_to_the_output(X, W1, b1, W2, b2):
        hidden = relu(dense(X, W1, b1))
        return sigmoid(dense(X, W2, b2)), hidden

    @mistake(
        "Your two activations are exchanged: the ReLU stands behind the hidden layer, and the "
        "sigmoid behind the output."
    )
    def exchanges_the_activations(X, W1, b1, W2, b2):
        hidden = sigmoid(dense(X, W1, b1))
        return relu(dense(hidden, W2, b2)), hidden

    @mistake(
        "You apply the ReLU to the inputs, so the negative ones are lost. It stands behind the "
        "first dense, not in front of it."
    )
    def bends_the_inputs(X, W1, b1, W2, b2):
        hidden = dense(relu(X), W1, b1)
        return sigmoid(dense(hidden, W2, b2)), hidden

    @also_right
    def example_by_example(X, W1, b1, W2, b2):
        outputs, hiddens = [], []
        for x in X:
            hidden = [max(0.0, float(x @ W1[:, j] + b1[j])) for j in range(len(b1))]
            hiddens.append(hidden)
            outputs.append(
                [sigmoid(np.dot(hidden, W2[:, j]) + b2[j]).item() for j in range(len(b2))]
            )
        return outputs, hiddens

    @also_right
    def with_a_mask(X, W1, b1, W2, b2):
        Z = X @ W1 + b1
        hidden = Z * (Z > 0)
        return [sigmoid(hidden @ W2 + b2), hidden]


# ------------------------------------------------------------------- XOR by hand

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
SHAPES = {"W1": (2, 2), "b1": (2,), "W2": (2, 1), "b2": (1,)}
KNOWN = {
    (0, 0, 0, 1): "AND: yes only where both inputs are 1",
    (0, 1, 1, 1): "OR: yes also where both inputs are 1",
    (1, 0, 0, 1): "the opposite of XOR: yes where the two inputs are equal",
    (1, 1, 1, 0): "NAND: yes also where both inputs are 0",
    (1, 0, 0, 0): "NOR: yes only where both inputs are 0",
    (0, 0, 0, 0): "a no to everything",
    (1, 1, 1, 1): "a yes to everything",
}
ADVICE = {
    (0, 0, 0, 0): " At (0, 1) and (1, 0) something has to lift the sum above 0.",
    (0, 1, 1, 1): " At (1, 1) something has to push the sum down again.",
    (0, 0, 0, 1): " One input has to be enough, and at (1, 1) something has to push the sum down.",
    (1, 0, 0, 1): " Turn the signs of W2 and b2 round.",
}


def corners_of(got):
    """What the network says at (0, 0), (0, 1), (1, 0) and (1, 1), once its shapes are right."""
    expect_that(
        isinstance(got, (tuple, list)) and len(got) == 4,
        "four arrays make up the network.",
        got=got,
        expected="(W1, b1, W2, b2)",
    )
    arrays = []
    for (name, shape), part in zip(SHAPES.items(), got, strict=True):
        try:
            array = np.asarray(part, float)
        except (TypeError, ValueError):
            array = np.array(np.nan)
        expect_that(
            array.shape == shape,
            f"{name} has the wrong shape. {_why_shape(name)}",
            got=part,
            expected=f"{name} of shape {shape}",
        )
        expect_that(np.all(np.isfinite(array)), f"{name} holds nan or inf.", got=part)
        arrays.append(array)
    y_hat, _ = one_hidden_layer(CORNERS, *arrays)
    return y_hat[:, 0]


def _why_shape(name):
    return {
        "W1": "Two inputs (rows) meet two hidden neurons (columns).",
        "b1": "There is one bias for each of the two hidden neurons.",
        "W2": "Two hidden neurons (rows) meet one output (column).",
        "b2": "There is one output, so one bias, in an array.",
    }[name]


def about(y_hat):
    """What the network computes instead of XOR, as a sentence with a space in front."""
    if np.allclose(y_hat, y_hat[0]):
        return f" Yours says {y_hat[0]:.2f} whatever the inputs are."
    says = tuple(int(value) for value in y_hat > 0.5)
    equal, different = y_hat[[0, 3]], y_hat[[1, 2]]
    if different.min() > equal.max() + 1e-6:  # the hill is there: only its height may be wrong
        if says == (0, 1, 1, 0) and equal.max() < 0.5 - 1e-6:
            return (
                " All four are on the right side of one half, but not far enough: multiply W2 and "
                "b2 by the same number."
            )
        if different.min() <= 0.5:
            return " The two in the middle are highest, but still too low: raise b2, or enlarge W2."
        return " The two in the middle are highest, but the foot of the hill is too high: lower b2."
    advice = ADVICE.get(says, "")
    return f" What yours computes is {KNOWN[says]}.{advice}" if says in KNOWN else ""


@exercise(
    "xor_network",
    points=3,
    minutes=10,
    difficulty=3,
    built="Two hidden neurons, set by hand, that do what no single neuron can.",
)
class TestXorNetwork:
    def test_all_parts_have_their_shapes(self, xor_network):
        corners_of(xor_network())

    def test_says_no_where_the_inputs_are_equal(self, xor_network):
        y_hat = corners_of(xor_network())
        expect_that(
            y_hat[0] < 0.4 and y_hat[3] < 0.4,
            f"XOR of equal inputs is no.{about(y_hat)}",
            got=y_hat,
            expected="at (0,0), (0,1), (1,0), (1,1): below 0.4, above 0.6, above 0.6, below 0.4",
        )

    def test_says_yes_where_the_inputs_differ(self, xor_network):
        y_hat = corners_of(xor_network())
        expect_that(
            y_hat[1] > 0.6 and y_hat[2] > 0.6,
            f"XOR of different inputs is yes.{about(y_hat)}",
            got=y_hat,
            expected="at (0,0), (0,1), (1,0), (1,1): below 0.4, above 0.6, above 0.6, below 0.4",
        )

    @mistake(
        "Your second hidden neuron is missing its bias of -1, so it wakes up with one input "
        "already, and works against the first everywhere."
    )
    def wakes_the_second_neuron_too_early():
        return (np.ones((2, 2)), np.zeros(2), np.array([[4.0], [-8.0]]), np.array([-2.0]))

    @mistake(
        "You take the second hidden neuron off once. At (1, 1) the first one says 2: take the "
        "second off twice to get back to 0."
    )
    def takes_the_second_neuron_off_once():
        W1, b1 = np.ones((2, 2)), np.array([0.0, -1.0])
        return W1, b1, np.array([[4.0], [-4.0]]), np.array([-2.0])

    @mistake(
        "Your output's bias is 0, so where all hidden neurons are silent it says one half. "
        "A negative bias makes that a no."
    )
    def leaves_the_output_bias_at_zero():
        W1, b1 = np.ones((2, 2)), np.array([0.0, -1.0])
        return W1, b1, np.array([[4.0], [-8.0]]), np.array([0.0])

    @mistake(
        "These weights solve XOR with steps: OR and NAND, then AND. A ReLU doesn't stop at 1, so "
        "its outputs have to be balanced against each other."
    )
    def sets_the_weights_for_steps():
        W1, b1 = np.array([[1.0, -1.0], [1.0, -1.0]]), np.array([-0.5, 1.5])
        return W1, b1, np.array([[1.0], [1.0]]), np.array([-1.5])

    @mistake(
        "The decisions are right, but too close to one half. Multiply W2 and b2 by the same "
        "number: that makes the network surer and moves no decision."
    )
    def is_right_but_lukewarm():
        W1, b1 = np.ones((2, 2)), np.array([0.0, -1.0])
        return W1, b1, np.array([[0.5], [-1.0]]), np.array([-0.25])

    @mistake("With all weights at zero, the network says one half to everything.")
    def starts_and_stays_at_zero():
        return np.zeros((2, 2)), np.zeros(2), np.zeros((2, 1)), np.zeros(1)

    @also_right
    def as_a_distance():
        # |x1 - x2| = relu(x1 - x2) + relu(x2 - x1)
        return [[3.0, -3.0], [-3.0, 3.0]], [0.0, 0.0], [[2.0], [2.0]], [-3.0]

    @also_right
    def as_no_to_both_kinds_of_equal():
        # the first neuron wakes up at (1, 1), the second at (0, 0); the output says no to both
        W1, b1 = np.array([[1, -1], [1, -1]]), np.array([-1, 1])
        return W1, b1, np.array([[-6], [-6]]), np.array([3])

    @also_right
    def barely_sure_enough():
        W1, b1 = np.ones((2, 2)), np.array([0.0, -1.0])
        return W1, b1, np.array([[1.0], [-2.0]]), np.array([-0.5])


# ------------------------------------------------------------------- a deep stack


@exercise(
    "deep_forward",
    points=3,
    minutes=8,
    difficulty=2,
    built="A network as deep as you like, in a loop of three lines.",
)
class TestDeepForward:
    def test_two_layers_worked_out_by_hand(self, deep_forward):
        layers = [(np.array([[2.0]]), np.array([-1.0])), (np.array([[3.0]]), np.array([0.5]))]
        got = deep_forward(np.array([[1.0], [0.0]]), layers)
        why = "1 becomes 2 - 1 = 1, then 3.5; 0 becomes -1, which the ReLU turns into 0, then 0.5."
        expect_close(got, [[3.5], [0.5]], why=why)

    def test_a_single_layer_has_no_relu(self, deep_forward):
        X = np.array([[1.0, -2.0], [0.5, 3.0], [0.0, -1.0]])
        got = deep_forward(X, [(np.eye(2), np.array([0.0, -10.0]))])
        why = "the only layer is the last one: its pre-activations come back as they are."
        expect_close(got, X + [0.0, -10.0], why=why)

    def test_the_relu_stands_between_layers_not_before_the_first(self, deep_forward):
        layers = [(np.array([[-1.0]]), np.zeros(1)), (np.array([[1.0]]), np.zeros(1))]
        got = deep_forward(np.array([[-2.0], [3.0]]), layers)
        why = "-2 becomes 2 and stays; 3 becomes -3, and the ReLU stops it. The inputs meet none."
        expect_close(got, [[2.0], [0.0]], why=why)

    def test_the_last_layer_can_be_negative(self, deep_forward):
        layers = [(np.eye(2), np.zeros(2)), (-np.eye(2), np.zeros(2)), (np.eye(2), -np.ones(2))]
        got = deep_forward(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), layers)
        why = "no ReLU after the last layer: its outputs are logits, and -1 is a fine logit."
        expect_close(got, [[-1.0, -1.0]] * 3, why=why)

    def test_layers_of_different_sizes(self, deep_forward):
        for seed, sizes in enumerate(([3, 5, 2], [2, 4, 6, 3], [4, 3, 5, 2, 6, 1])):
            rng = np.random.default_rng(seed)
            X = rng.normal(size=(7, sizes[0]))
            layers = [random_layer(rng, m, k) for m, k in pairwise(sizes)]
            A = X
            for number, (W, b) in enumerate(layers, start=1):
                Z = np.einsum("nm,mk->nk", A, W) + b
                A = Z if number == len(layers) else np.where(Z > 0, Z, 0)
            why = f"through {len(layers)} layers, in the order of the list, each fed by the last."
            expect_close(deep_forward(X, layers), A, why=why)

    @mistake(
        "You apply a ReLU after the last layer too. Then no output is ever negative; leave the "
        "last layer's pre-activations as they are."
    )
    def relu_after_the_last_layer(X, layers):
        A = X
        for W, b in layers:
            A = relu(dense(A, W, b))
        return A

    @mistake("There is no ReLU between your layers, so the whole stack collapses into one layer.")
    def no_relu_at_all(X, layers):
        A = X
        for W, b in layers:
            A = dense(A, W, b)
        return A

    @mistake(
        "You apply the ReLU before each layer instead of between them, so the negative inputs "
        "are lost before the first layer sees them."
    )
    def relu_before_each_layer(X, layers):
        A = X
        for W, b in layers:
            A = dense(relu(A), W, b)
        return A

    @mistake(
        "Every layer gets X again. A layer's input is what the layer before it put out: keep that "
        "in one name, and overwrite it as you go."
    )
    def feeds_every_layer_with_x(X, layers):
        A = X
        for W, b in layers[:-1]:
            A = relu(dense(X, W, b))
        W, b = layers[-1]
        return dense(A, W, b)

    @mistake(
        "You go through the layers from the last to the first. The list starts with the layer "
        "that sees the inputs."
    )
    def goes_backwards(X, layers):
        A = X
        for W, b in layers[:0:-1]:
            A = relu(dense(A, W, b))
        W, b = layers[0]
        return dense(A, W, b)

    @mistake(
        "You return from inside the loop, after the first layer. The return belongs behind the "
        "loop, one level to the left."
    )
    def returns_from_the_loop(X, layers):
        A = X
        for W, b in layers:
            A = dense(A, W, b)
            return A

    @mistake("Your last layer is missing: the loop ends one layer too early.")
    def forgets_the_last_layer(X, layers):
        A = X
        for W, b in layers[:-1]:
            A = relu(dense(A, W, b))
        return A

    @mistake(
        "You end in a sigmoid. This function returns logits: what follows, a sigmoid or a "
        "softmax, is the caller's choice."
    )
    def ends_in_a_sigmoid(X, layers):
        A = X
        for W, b in layers[:-1]:
            A = relu(dense(A, W, b))
        W, b = layers[-1]
        return sigmoid(dense(A, W, b))

    @mistake(
        "Every hidden layer gets X again, and without one A has no value at all. Start with A = X "
        "before the loop; then let each layer take A, and replace it."
    )
    def feeds_x_and_never_starts(X, layers):
        for W, b in layers[:-1]:
            A = relu(dense(X, W, b))
        W, b = layers[-1]
        return dense(A, W, b)

    @mistake(
        "Your return stands inside the loop, so it ends after the first layer, and with a single "
        "layer it is never reached. Move it, and the last layer, one level to the left."
    )
    def returns_before_the_second_layer(X, layers):
        A = X
        for W, b in layers[:-1]:
            A = relu(dense(A, W, b))
            W, b = layers[-1]
            return dense(A, W, b)

    @mistake(
        "You send the signal through the last layer twice: once in the loop, with a ReLU, and once "
        "after it. Loop over all layers but the last, layers[:-1]."
    )
    def runs_through_the_last_layer_twice(X, layers):
        A = X
        for W, b in layers:
            A = relu(dense(A, W, b))
        return dense(A, W, b)

    @mistake(
        "Yours takes two layers, no more and no fewer. The list may hold any number of them: go "
        "through it in a loop."
    )
    def takes_two_layers_only(X, layers):
        W1, b1 = layers[0]
        W2, b2 = layers[1]
        return dense(relu(dense(X, W1, b1)), W2, b2)

    @also_right
    def by_recursion(X, layers):
        def run(A, remaining):
            W, b = remaining[0]
            Z = A @ W + b
            return run(np.maximum(Z, 0), remaining[1:]) if len(remaining) > 1 else Z

        return run(X, layers)

    @also_right
    def with_a_counter(X, layers):
        for i, (W, b) in enumerate(layers):
            X = dense(X, W, b)
            if i < len(layers) - 1:
                X = relu(X)
        return X

    @also_right
    def with_a_relu_in_front_of_all_but_the_first(X, layers):
        Z = dense(X, *layers[0])
        for W, b in layers[1:]:
            Z = dense(relu(Z), W, b)
        return Z.tolist()


# --------------------------------------------------------------------- where to start

# Every bound below lies 10 standard errors or more from what a right answer draws: the odds that
# it fails by chance are below 1 in 10^20, for all tests together. The nearest wrong answer, a
# normal distribution cut off at three standard deviations, fails with the same certainty.
MANY = ((50, 400), (400, 50))  # 20,000 weights each


def drawn(got, n_inputs, n_outputs):
    """W and b as arrays, once their shapes are right."""
    expect_that(
        isinstance(got, (tuple, list)) and len(got) == 2,
        "a layer has two parts: its weights and its biases.",
        got=got,
        expected="(W, b)",
    )
    parts = []
    for name, part, shape in zip(
        ("W", "b"), got, ((n_inputs, n_outputs), (n_outputs,)), strict=True
    ):
        try:
            array = np.asarray(part, float)
        except (TypeError, ValueError):
            array = np.array(np.nan)
        expect_that(
            array.shape == shape,
            f"{name} has the wrong shape: W is (inputs, neurons), b has one bias for each neuron.",
            got=array.shape,
            expected=f"{name} of shape {shape}",
        )
        parts.append(array)
    return parts


def scale_clue(deviation, n_inputs, n_outputs):
    """Which known scale this is instead of He's, as a sentence with a space in front."""
    known = {
        "1, no scale at all": 1.0,
        "sqrt(1 / n_inputs): the 2 that makes up for the ReLU is missing": (1 / n_inputs) ** 0.5,
        "2 / n_inputs: that is the variance, and the generator wants its square root": 2 / n_inputs,
        "1 / n_inputs: the square root is missing, and the 2": 1 / n_inputs,
        "sqrt(2 / n_outputs): it is the number of inputs that counts": (2 / n_outputs) ** 0.5,
        "sqrt(2 / (n_inputs + n_outputs)), which is Xavier's, not He's": (
            (2 / (n_inputs + n_outputs)) ** 0.5
        ),
        "sqrt(n_inputs / 2): the fraction is upside down": (n_inputs / 2) ** 0.5,
    }
    for words, scale in known.items():
        if abs(deviation / scale - 1) < 0.04:
            return f" Yours is {words}."
    return ""


@exercise(
    "init_dense",
    points=3,
    minutes=7,
    difficulty=2,
    built="A start for any layer: random enough to differ, sized to let signals through.",
)
class TestInitDense:
    def test_weights_and_biases_have_their_shapes(self, init_dense):
        for n_inputs, n_outputs in ((3, 5), (7, 1), (1, 4)):
            drawn(init_dense(n_inputs, n_outputs, np.random.default_rng(0)), n_inputs, n_outputs)

    def test_biases_start_at_zero(self, init_dense):
        _, b = drawn(init_dense(4, 6, np.random.default_rng(1)), 4, 6)
        expect_close(b, np.zeros(6), why="the biases start at exactly 0.")

    def test_the_standard_deviation_is_sqrt_2_over_n_inputs(self, init_dense):
        for seed, (n_inputs, n_outputs) in enumerate(MANY):
            W, _ = drawn(
                init_dense(n_inputs, n_outputs, np.random.default_rng(seed)), n_inputs, n_outputs
            )
            deviation, right = float(np.std(W)), (2 / n_inputs) ** 0.5
            expect_that(
                0.95 * right < deviation < 1.05 * right,  # the standard error is 0.5 %
                "the standard deviation should be sqrt(2 / n_inputs)."
                + scale_clue(deviation, n_inputs, n_outputs),
                got=round(deviation, 4),
                expected=f"of {W.size} weights a standard deviation of {right:.4f}, within 5 %",
            )

    def test_the_weights_are_centred_on_zero(self, init_dense):
        W, _ = drawn(init_dense(50, 400, np.random.default_rng(2)), 50, 400)
        mean, right = float(np.mean(W)), 0.2  # sqrt(2 / 50)
        expect_that(
            abs(mean) < 0.075 * right,  # the standard error is 0.7 % of the deviation
            "as many weights should pull down as push up: the mean is 0.",
            got=round(mean, 4),
            expected="of 20000 weights a mean between -0.015 and 0.015",
        )

    def test_the_weights_follow_the_bell_curve_to_its_ends(self, init_dense):
        for seed, (n_inputs, n_outputs) in enumerate(MANY, start=3):
            W, _ = drawn(
                init_dense(n_inputs, n_outputs, np.random.default_rng(seed)), n_inputs, n_outputs
            )
            spread = np.abs(W) / (2 / n_inputs) ** 0.5
            near = float(np.mean(spread < 1))
            expect_that(
                0.645 < near < 0.72,  # 0.6827 with a standard error of 0.0033
                "in a normal distribution about 68 % of the draws lie within one standard "
                "deviation. A uniform one has 58 %.",
                got=round(near, 3),
                expected="about 0.68 of the weights within one standard deviation",
            )
            far = int(np.sum(spread > 3))
            expect_that(
                far >= 1,  # 54 are to be expected: none has a chance of e^-54
                "a normal distribution has some draws beyond three standard deviations. Yours are "
                "cut off, or come from another distribution.",
                got=far,
                expected=f"about 54 of {W.size} weights beyond three standard deviations",
            )

    def test_every_weight_is_a_draw_of_its_own(self, init_dense):
        W, _ = drawn(init_dense(30, 40, np.random.default_rng(5)), 30, 40)
        different = len(np.unique(W))
        expect_that(
            different > 1190,
            "neurons that start alike stay alike: no two weights should be copies.",
            got=different,
            expected="1200 different values among 1200 weights",
        )

    def test_all_chance_comes_from_rng(self, init_dense):
        first, _ = drawn(init_dense(2, 3, np.random.default_rng(6)), 2, 3)
        again, _ = drawn(init_dense(2, 3, np.random.default_rng(6)), 2, 3)
        other, _ = drawn(init_dense(2, 3, np.random.default_rng(7)), 2, 3)
        expect_that(
            np.array_equal(first, again),
            "two generators in the same state should give the same weights. Draw with the rng "
            "that you are given, not with np.random or a generator of your own.",
            got=again,
            expected=f"again {show_value(first)}",
        )
        expect_that(
            not np.any(first == other),
            "two generators in different states should give different weights. Draw with the rng "
            "that you are given, not with one that you make yourself.",
            got=other,
            expected="other numbers",
        )

    def test_two_layers_from_one_generator_differ(self, init_dense):
        rng = np.random.default_rng(8)
        first, _ = drawn(init_dense(5, 3, rng), 5, 3)
        second, _ = drawn(init_dense(5, 3, rng), 5, 3)
        expect_that(
            not np.any(first == second),
            "a second layer, drawn from the same rng, should get weights of its own.",
            got=second,
            expected="other numbers than in the first layer",
        )

    @mistake(
        "You give 2 / n_inputs as the standard deviation. That is the variance: take its square "
        "root."
    )
    def takes_the_variance_for_the_deviation(n_inputs, n_outputs, rng):
        return rng.normal(0.0, 2 / n_inputs, (n_inputs, n_outputs)), np.zeros(n_outputs)

    @mistake(
        "Your spread is sqrt(1 / n_inputs). The 2 is missing: the ReLU stops half of the signal, "
        "and the 2 makes up for it."
    )
    def leaves_out_the_two(n_inputs, n_outputs, rng):
        return rng.normal(0.0, np.sqrt(1 / n_inputs), (n_inputs, n_outputs)), np.zeros(n_outputs)

    @mistake(
        "Your spread is 1 / n_inputs. It should be the square root of 2 / n_inputs, which is much "
        "larger."
    )
    def divides_by_the_inputs(n_inputs, n_outputs, rng):
        return rng.normal(0.0, 1 / n_inputs, (n_inputs, n_outputs)), np.zeros(n_outputs)

    @mistake(
        "That is Xavier's spread (Glorot & Bengio, 2010), made for tanh. He's, for the ReLU, is "
        "sqrt(2 / n_inputs): the outputs don't enter."
    )
    def uses_the_spread_of_xavier(n_inputs, n_outputs, rng):
        scale = np.sqrt(2 / (n_inputs + n_outputs))
        return rng.normal(0.0, scale, (n_inputs, n_outputs)), np.zeros(n_outputs)

    @mistake(
        "You divide by the number of neurons. What counts is how many terms each neuron adds up: "
        "n_inputs."
    )
    def counts_the_outputs(n_inputs, n_outputs, rng):
        return rng.normal(0.0, np.sqrt(2 / n_outputs), (n_inputs, n_outputs)), np.zeros(n_outputs)

    @mistake(
        "Your weights have the right spread, but from a uniform distribution. Here a normal one "
        "is asked for: rng.normal."
    )
    def draws_uniformly(n_inputs, n_outputs, rng):
        limit = np.sqrt(6 / n_inputs)
        return rng.uniform(-limit, limit, (n_inputs, n_outputs)), np.zeros(n_outputs)

    @mistake(
        "You cut the large weights off. Some libraries do, but here the whole bell curve is asked "
        "for: a plain rng.normal."
    )
    def redraws_large_weights(n_inputs, n_outputs, rng):
        # cut off at two deviations, then stretched so that the spread is right again
        W = rng.normal(size=(n_inputs, n_outputs))
        while np.any(np.abs(W) > 2):
            W = np.where(np.abs(W) > 2, rng.normal(size=W.shape), W)
        return W * np.sqrt(2 / n_inputs) / 0.8796256610342398, np.zeros(n_outputs)

    @mistake("You leave the weights at spread 1: scale them by sqrt(2 / n_inputs).")
    def does_not_scale(n_inputs, n_outputs, rng):
        return rng.normal(size=(n_inputs, n_outputs)), np.zeros(n_outputs)

    @mistake(
        "All your weights are 0. Then all neurons are alike, and nothing can tell them apart: "
        "draw them with rng.normal."
    )
    def starts_at_zero(n_inputs, n_outputs, rng):
        return np.zeros((n_inputs, n_outputs)), np.zeros(n_outputs)

    @mistake("Your biases are random. They start at 0: np.zeros(n_outputs).")
    def draws_the_biases_too(n_inputs, n_outputs, rng):
        W = rng.normal(0.0, np.sqrt(2 / n_inputs), (n_inputs, n_outputs))
        return W, rng.normal(0.0, np.sqrt(2 / n_inputs), n_outputs)

    @mistake("Your weights stand as (neurons, inputs). In this course W is (inputs, neurons).")
    def stands_the_weights_on_their_side(n_inputs, n_outputs, rng):
        return rng.normal(0.0, np.sqrt(2 / n_inputs), (n_outputs, n_inputs)), np.zeros(n_outputs)

    @mistake(
        "You have one bias for each input. Biases belong to neurons: there are n_outputs of them."
    )
    def one_bias_for_each_input(n_inputs, n_outputs, rng):
        W = rng.normal(0.0, np.sqrt(2 / n_inputs), (n_inputs, n_outputs))
        return W, np.zeros(n_inputs)

    @mistake(
        "You make a generator of your own, so every layer gets the same numbers. Draw from the "
        "rng that you are given."
    )
    def makes_its_own_generator(n_inputs, n_outputs, rng):
        own = np.random.default_rng(0)
        W = own.normal(0.0, np.sqrt(2 / n_inputs), (n_inputs, n_outputs))
        return W, np.zeros(n_outputs)

    @mistake(
        "All your neurons get the same weights: you draw one column and copy it. Neurons that "
        "start alike stay alike."
    )
    def copies_one_column(n_inputs, n_outputs, rng):
        column = rng.normal(0.0, np.sqrt(2 / n_inputs), (n_inputs, 1))
        return np.tile(column, n_outputs), np.zeros(n_outputs)

    @mistake(
        "Your weights are spread evenly between 0 and a limit, and none is negative. rng.random is "
        "not the bell curve; rng.normal is."
    )
    def draws_from_zero_to_one(n_inputs, n_outputs, rng):
        return rng.random((n_inputs, n_outputs)) * np.sqrt(2 / n_inputs), np.zeros(n_outputs)

    @mistake(
        "Your square root takes in the 2 and leaves n_inputs outside. Take the root of the whole "
        "fraction 2 / n_inputs."
    )
    def takes_the_root_of_the_two_only(n_inputs, n_outputs, rng):
        return rng.normal(0.0, np.sqrt(2) / n_inputs, (n_inputs, n_outputs)), np.zeros(n_outputs)

    @mistake(
        "You draw a single number. Tell rng.normal how many you want: size=(n_inputs, n_outputs)."
    )
    def draws_one_number_only(n_inputs, n_outputs, rng):
        return rng.normal(0.0, np.sqrt(2 / n_inputs)), np.zeros(n_outputs)

    @mistake(
        "You give the spread as the mean. The first argument of rng.normal is the mean, 0 here; "
        "the second is the standard deviation."
    )
    def gives_the_deviation_as_the_mean(n_inputs, n_outputs, rng):
        return rng.normal(np.sqrt(2 / n_inputs), size=(n_inputs, n_outputs)), np.zeros(n_outputs)

    @mistake(
        "A shape is one argument, in brackets of its own: size=(n_inputs, n_outputs). Without them "
        "NumPy takes the second number for something else."
    )
    def gives_the_shape_without_brackets(n_inputs, n_outputs, rng):
        W = rng.normal(0.0, np.sqrt(2 / n_inputs), n_inputs, n_outputs)
        return W, np.zeros(n_outputs)

    @mistake("Your biases are one number. There is one for each neuron: np.zeros(n_outputs).")
    def one_bias_for_all(n_inputs, n_outputs, rng):
        return rng.normal(0.0, np.sqrt(2 / n_inputs), (n_inputs, n_outputs)), 0.0

    @also_right
    def scaled_afterwards(n_inputs, n_outputs, rng):
        return rng.standard_normal((n_inputs, n_outputs)) * (2 / n_inputs) ** 0.5, [0.0] * n_outputs

    @also_right
    def neuron_by_neuron(n_inputs, n_outputs, rng):
        W = np.empty((n_inputs, n_outputs))
        for j in range(n_outputs):
            for u in range(n_inputs):
                W[u, j] = rng.normal() * np.sqrt(2.0 / n_inputs)
        return [W, np.zeros(n_outputs)]

    @also_right
    def drawn_on_its_side(n_inputs, n_outputs, rng):
        return rng.normal(0, np.sqrt(2 / n_inputs), (n_outputs, n_inputs)).T, np.zeros(n_outputs)


# ------------------------------------------------------------------------- counting


@exercise(
    "count_parameters",
    points=2,
    minutes=5,
    difficulty=1,
    built="The first number that anyone asks about a network: how large is it?",
)
class TestCountParameters:
    def test_a_single_neuron_has_its_weights_and_a_bias(self, count_parameters):
        expect_close(count_parameters([10, 1]), 11, why="10 weights and 1 bias.")

    def test_one_layer_has_a_bias_for_each_neuron(self, count_parameters):
        expect_close(count_parameters([3, 4]), 16, why="3 x 4 weights and 4 biases.")

    def test_the_network_for_xor_has_nine(self, count_parameters):
        why = "2 x 2 weights and 2 biases, then 2 x 1 weights and 1 bias."
        expect_close(count_parameters([2, 2, 1]), 9, why=why)

    def test_layers_of_different_sizes(self, count_parameters):
        why = "5 x 7 + 7 = 42, 7 x 3 + 3 = 24, 3 x 2 + 2 = 8."
        expect_close(count_parameters([5, 7, 3, 2]), 74, why=why)

    def test_a_known_network_for_handwritten_digits(self, count_parameters):
        why = "LeNet-300-100 (LeCun and others, 1998) has 266,610 parameters."
        expect_close(count_parameters([784, 300, 100, 10]), 266_610, why=why, rtol=0, atol=0)

    def test_numbers_beyond_32_bits_are_counted_exactly(self, count_parameters):
        got = count_parameters([100_000, 100_000, 1])
        expect_close(got, 10_000_200_001, why="every single one counts.", rtol=0, atol=0)

    @mistake("You count the weights only. Each neuron has a bias as well.")
    def forgets_the_biases(sizes):
        return sum(m * k for m, k in pairwise(sizes))

    @mistake("You count one bias for each layer. There is one for each neuron of the layer.")
    def one_bias_for_each_layer(sizes):
        return sum(m * k + 1 for m, k in pairwise(sizes))

    @mistake(
        "You count a bias for each input of a layer. Biases belong to its neurons: m k + k, not "
        "m k + m."
    )
    def biases_for_the_inputs(sizes):
        return sum(m * k + m for m, k in pairwise(sizes))

    @mistake("You count biases for the inputs too. The inputs are no neurons: they have no bias.")
    def biases_for_the_first_size_too(sizes):
        return sum(m * k for m, k in pairwise(sizes)) + sum(sizes)

    @mistake(
        "You multiply all sizes. Weights run only between neighbouring layers: multiply each pair "
        "of neighbours, and add up."
    )
    def multiplies_everything(sizes):
        return int(np.prod(sizes))

    @mistake("You count the neurons. The parameters are the weights between them, and the biases.")
    def counts_the_neurons(sizes):
        return sum(sizes[1:])

    @mistake("You return after the first layer: add up over all pairs, then return.")
    def returns_from_the_loop(sizes):
        total = 0
        for m, k in pairwise(sizes):
            total += m * k + k
            return total

    @mistake("Your loop ends one layer too early: the output layer is missing.")
    def forgets_the_output_layer(sizes):
        total = 0
        for i in range(len(sizes) - 2):
            total += sizes[i] * sizes[i + 1] + sizes[i + 1]
        return total

    @mistake(
        "You keep the last layer only: with = each layer overwrites the one before. Add to the "
        "total, with +=."
    )
    def overwrites_the_total(sizes):
        total = 0
        for m, k in pairwise(sizes):
            total = m * k + k
        return total

    @mistake(
        "Your loop takes one step too many. Between three sizes lie only two layers: "
        "len(sizes) - 1, or pairwise(sizes)."
    )
    def runs_past_the_end(sizes):
        total = 0
        for i in range(len(sizes)):
            total += sizes[i] * sizes[i + 1] + sizes[i + 1]
        return total

    @also_right
    def as_a_constant_input(sizes):
        return sum((sizes[i] + 1) * sizes[i + 1] for i in range(len(sizes) - 1))

    @also_right
    def with_a_dot_product(sizes):
        inputs, outputs = np.array(sizes[:-1], float), np.array(sizes[1:], float)
        return float(inputs @ outputs + outputs.sum())

    @also_right
    def with_zip(sizes):
        total = 0
        for m, k in zip(sizes, sizes[1:], strict=False):
            total = total + k * m
            total = total + k
        return np.int64(total)
