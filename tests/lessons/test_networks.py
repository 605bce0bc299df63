"""Every number and every claim in the prose of lesson 03."""

import re
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from tests.lessons.texts import LessonText
from utils.activations import relu, sigmoid, softmax
from utils.checking.suite import COURSE
from utils.datasets import load_digits
from utils.networks import (
    count_parameters,
    deep_forward,
    dense,
    init_dense,
    one_hidden_layer,
    xor_network,
)

TEXT = LessonText("03_networks")
SOURCE, says = TEXT.source, TEXT.says
CELLS = re.findall(r"^```\{code-cell\}.*?\n(.*?)^```$", SOURCE, re.M | re.S)
CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def cell_with(text: str) -> str:
    """The one code cell that holds this text."""
    (cell,) = [cell for cell in CELLS if text in cell]
    return cell


# --------------------------------------------------------------------- the exercises


def test_the_examples_of_the_exercises_hold():
    Z = dense([[1, 2], [0, -1]], [[1, 0, 2], [0, 1, -1]], [0, 10, 0.5])
    np.testing.assert_array_equal(Z, [[1, 12, 0.5], [0, 9, 1.5]])
    assert says(r"Z = \begin{pmatrix} 1 & 12 & 0.5 \\ 0 & 9 & 1.5 \end{pmatrix}")

    assert says("For the input 1, the hidden neurons say 1 and 0, the output's sum is $2 - 2 = 0$")
    y_hat, hidden = one_hidden_layer([[1]], [[1, -1]], [0, 0], [[2], [0]], [-2])
    np.testing.assert_array_equal(hidden, [[1, 0]])
    assert y_hat.item() == 0.5

    assert says("The input 1 becomes $2 - 1 = 1$, then $3 + 0.5 = 3.5$.")
    assert says("The input 0 becomes $-1$, the ReLU makes it 0, and out comes 0.5.")
    layers = [([[2.0]], [-1.0]), ([[3.0]], [0.5])]
    np.testing.assert_array_equal(deep_forward([[1], [0]], layers), [[3.5], [0.5]])

    assert says(r"it is $2 \cdot 3 + 3 = 9$ for the hidden layer, and $3 \cdot 1 + 1 = 4$")
    assert says("13 together")
    assert count_parameters([2, 3, 1]) == 13


def test_where_all_hidden_neurons_are_silent_the_bias_speaks():
    assert says(r"So the network says yes, with $\sigma(2) = 0.88$.")
    assert round(float(sigmoid(2)), 2) == 0.88
    scope: dict = {"np": np}
    code = cell_with("network_explorer(one_hidden_layer")
    exec(code[code.index("W1 =") : code.index("network_explorer(one")], scope)
    y_hat, hidden = one_hidden_layer([[0, 0]], *(scope[name] for name in ("W1", "b1", "W2", "b2")))
    np.testing.assert_array_equal(hidden, [[0, 0, 0]])
    assert y_hat.item() == sigmoid(2)


# ------------------------------------------------------------------------------- XOR


def test_no_line_does_xor_and_a_hill_of_two_ramps_does():
    s = np.array([0, 1, 2])
    np.testing.assert_array_equal(relu(s) - 2 * relu(s - 1), [0, 1, 0])
    assert says("The first, minus **twice** the second, is what we want.")
    assert says("Four times the hill, minus 2, gives the logits $-2, 2, 2, -2$.")
    W1, b1, W2, b2 = xor_network()
    np.testing.assert_array_equal(deep_forward(CORNERS, [(W1, b1), (W2, b2)])[:, 0], [-2, 2, 2, -2])
    # at (0,0) and (1,1) together w·x + b sums to w1 + w2 + 2b, as at (0,1) and (1,0): so a line
    # that is below 0 at both of the first can't be above 0 at both of the others
    sums = CORNERS[[0, 3]].sum(axis=0) - CORNERS[[1, 2]].sum(axis=0)
    np.testing.assert_array_equal(sums, [0, 0])


def fold_networks() -> dict:
    code = cell_with("fold_explorer(")
    scope: dict = {
        "np": np,
        "one_hidden_layer": one_hidden_layer,
        "xor_network": xor_network,
        "fold_explorer": lambda function, networks: networks,
    }
    body = code.replace("from utils.widgets.networks import fold_explorer", "")
    exec(body.replace("\nfold_explorer(", "\nnetworks = fold_explorer("), scope)
    return scope["networks"]


def test_the_play_offers_a_solution_and_a_network_without_a_fold():
    networks = fold_networks()
    assert list(networks) == ["stretch and fold", "no fold", "yours"]
    for name in ("stretch and fold", "yours"):
        y_hat, _ = one_hidden_layer(CORNERS, *networks[name])
        assert (y_hat[:, 0] > 0.5).tolist() == [False, True, True, False]
    W1, b1, _, _ = networks["no fold"]
    np.testing.assert_array_equal(W1, networks["stretch and fold"][0])
    assert says("the same weights, but biases so large that no hidden neuron is ever negative here")
    side = np.linspace(-0.5, 1.5, 41)
    sheet = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    assert dense(sheet, W1, b1).min() >= 0
    y_hat, _ = one_hidden_layer(CORNERS, *networks["no fold"])
    assert (y_hat[:, 0] > 0.5).tolist() == [False, True, True, True]
    assert says("$(1, 1)$ can't be parted from the triangles")


# ----------------------------------------------------------------------------- depth


def test_each_layer_of_the_zigzag_doubles_the_pieces():
    scope: dict = {"np": np}
    code = cell_with("again = (")
    exec(code[code.index("first =") : code.index("x = ")], scope)
    x = np.linspace(0, 1, 2**12 + 1)
    tent = np.minimum(2 * x, 2 - 2 * x)
    wanted = x
    for depth in range(1, 11):
        layers = [scope["first"], *[scope["again"]] * (depth - 1), scope["last"]]
        assert sum(W.shape[1] for W, _ in layers[:-1]) == 2 * depth
        wanted = np.interp(wanted, x, tent)
        got = deep_forward(x[:, np.newaxis], layers)[:, 0]
        np.testing.assert_allclose(got, wanted, atol=1e-9)
        direction = np.sign(np.diff(got))
        assert 1 + np.sum(direction[1:] != direction[:-1]) == 2**depth
    assert says("Ten layers would make $2^{10} = 1024$ pieces with 20 neurons.")
    assert says("so 1024 pieces take at least 1023 neurons")


def test_trained_networks_do_as_the_text_says():
    from utils.widgets.networks import TARGETS, train_networks

    x = np.linspace(-1, 1, 61)[:, np.newaxis]
    y = TARGETS["faster and faster"](x)

    def distances(depth):
        networks = train_networks(x, y, list(range(1, 13)), depth, 800)
        return [np.sqrt(np.mean((deep_forward(x, layers) - y) ** 2)) for layers in networks]

    one, three, four = distances(1), distances(3), distances(4)
    assert says("With one hidden layer of 8, some swings are missed.")
    assert one[7] > 0.15
    assert says("With three or four layers of 8, the network follows them all.")
    assert max(three[7], four[7]) < 0.1
    assert says("very narrow networks fail at any depth")
    for errors in (one, three, four):
        assert min(errors[:2]) > 0.3
    assert says("now and then a larger network ends up worse than a smaller one")
    assert any(
        later > earlier for errors in (one, three, four) for earlier, later in pairwise(errors)
    )


# ------------------------------------------------------------------------- the start


@cache
def nudging() -> dict:
    """The lesson's own function that measures slopes."""
    scope: dict = {"np": np, "one_hidden_layer": one_hidden_layer}
    code = cell_with("def measured_slopes")
    exec(code[: code.index("def print_slopes")], scope)
    return scope


def true_slopes(network, x):
    import torch

    torch.set_num_threads(1)
    W1, b1, W2, b2 = (torch.tensor(part, requires_grad=True) for part in network)
    hidden = torch.relu(torch.tensor(x) @ W1 + b1)
    torch.sigmoid(hidden @ W2 + b2).sum().backward()
    return [part.grad.numpy() for part in (W1, b1, W2, b2)]


def test_slopes_are_measured_right():
    rng = np.random.default_rng(3)
    network = (*init_dense(2, 3, rng), *init_dense(3, 1, rng))
    x = np.array([[1.0, 2.0]])
    for got, expected in zip(
        nudging()["measured_slopes"](network, x), true_slopes(network, x), strict=True
    ):
        np.testing.assert_allclose(got, expected, atol=1e-6)


def test_zeros_stall_all_but_the_last_bias():
    zero = (np.zeros((2, 3)), np.zeros(3), np.zeros((3, 1)), np.zeros(1))
    x = np.array([[1.0, 2.0]])
    for slopes in (nudging()["measured_slopes"](zero, x), true_slopes(zero, x)):
        assert not any(np.any(part) for part in slopes[:3])
        assert slopes[3].item() == pytest.approx(0.25, abs=1e-6)
    assert says("Zeros, everywhere but in `b2`.")


def test_equal_neurons_stay_equal():
    network = [np.full((2, 3), 0.5), np.zeros(3), np.full((3, 1), 0.5), np.zeros(1)]
    x = np.array([[1.0, 2.0]])
    for _ in range(5):
        slopes = true_slopes(network, x)
        network = [part + 0.3 * slope for part, slope in zip(network, slopes, strict=True)]
    W1, b1, W2, _ = network
    assert np.all(W1[:, [0]] == W1)
    assert np.all(b1 == b1[0])
    assert np.all(W2[0] == W2)
    assert np.any(W1 != 0.5)
    assert says("They start alike, they are nudged alike, so they stay alike for ever.")


def test_random_starts_differ_and_a_silent_neuron_has_no_slopes():
    rng = np.random.default_rng(1)
    assert "rng = np.random.default_rng(1)\nprint_slopes(" in SOURCE
    network = (*init_dense(2, 3, rng), *init_dense(3, 1, rng))
    W1, _, W2, _ = true_slopes(network, np.array([[1.0, 2.0]]))
    assert len({tuple(column) for column in W1.T.round(3)}) == 3
    silent = relu(dense([[1.0, 2.0]], network[0], network[1]))[0] == 0
    assert silent.any()
    assert not W1[:, silent].any()
    assert not W2[silent].any()


def test_the_argument_for_hes_scale_holds_step_by_step():
    """Mean squares of sums add up, and a ReLU halves them: measured on many draws."""
    rng = np.random.default_rng(0)
    n = 50
    a, w = rng.uniform(0, 3, size=(20_000, n)), rng.normal(0, 0.7, size=(20_000, n))
    z = np.sum(a * w, axis=1)
    assert np.mean(z**2) == pytest.approx(n * np.mean(a**2) * np.mean(w**2), rel=0.06)
    assert np.mean(relu(z) ** 2) == pytest.approx(np.mean(z**2) / 2, rel=0.08)


def test_the_powers_in_the_prose():
    assert says("$0.7^{30}$ is about 0.00002")
    assert round(0.7**30, 5) == 0.00002
    assert says("At 1.4 it has grown more than ten thousand times.")
    assert 1e4 < 1.4**30 < 1e5
    assert "$2^{20}$ is 1,048,576" in SOURCE
    assert 2**20 == 1_048_576


@pytest.mark.parametrize(
    ("W2", "b2", "sentence"),
    [
        ([1.0, -2.0], 0.0, "foot of the hill is too high: lower b2"),
        ([1.0, -2.0], -2.0, "still too low: raise b2, or enlarge W2"),
        ([0.5, -1.0], -0.25, "multiply W2 and b2 by the same number"),
        ([1.0, -1.0], -0.5, "OR: yes also where both inputs are 1. At (1, 1)"),
        ([-4.0, 8.0], 2.0, "the opposite of XOR: yes where the two inputs are equal. Turn"),
        ([0.0, -1.0], -0.5, "a no to everything. At (0, 1) and (1, 0)"),
    ],
)
def test_the_card_of_xor_says_what_to_change(W2, b2, sentence):
    from tests.grading.test_networks import CORNERS, about

    W1, b1 = np.ones((2, 2)), np.array([0.0, -1.0])
    y_hat, _ = one_hidden_layer(CORNERS, W1, b1, np.reshape(W2, (2, 1)), np.array([b2]))
    assert sentence in about(y_hat[:, 0])


def test_the_card_draws_as_many_weights_as_the_text_says():
    from tests.grading.test_networks import MANY

    assert says("It draws twenty thousand of them")
    assert [m * k for m, k in MANY] == [20_000, 20_000]
    assert says("the odds of failing by bad luck are less than one in $10^{20}$")
    import math

    # two-sided tails: 10 standard errors for the spread, 10.6 for the mean, 11 for the middle
    N = 20_000
    spread = 0.05 * math.sqrt(2 * N)
    mean = 0.075 * math.sqrt(N)
    middle = (0.7200 - 0.6827) / math.sqrt(0.6827 * 0.3173 / N)
    middle_below = (0.6827 - 0.6450) / math.sqrt(0.6827 * 0.3173 / N)
    tails = [math.erfc(z / math.sqrt(2)) for z in (spread, mean, middle, middle_below)]
    none_far = (1 - math.erfc(3 / math.sqrt(2))) ** N
    assert 2 * sum(tails) + 2 * none_far < 1e-20


# -------------------------------------------------------------------------- counting


def test_real_networks_are_as_large_as_the_text_says():
    assert count_parameters([2, 2, 1]) * 4 == 36
    assert says("So the XOR network takes 36 bytes, and GPT-3 takes 700 gigabytes.")
    assert 175e9 * 4 == 700e9
    largest = count_parameters([841, 2500, 2000, 1500, 1000, 500, 10])
    assert int(largest / 1e4) / 100 == 12.11
    assert says("Cireșan and others give 12.11 million for theirs")
    assert 29 * 29 == 841, "they scaled the digits to 29 × 29 pixels"
    vgg = count_parameters([7 * 7 * 512, 4096, 4096, 1000])
    assert 0.89 < vgg / 138e6 < 0.91
    gpt = 96 * count_parameters([12_288, 4 * 12_288, 12_288])
    assert 0.65 < gpt / 175e9 < 0.68
    assert says("hold nine tenths of the one, and two thirds of the other")


def test_a_network_of_width_h_has_at_most_h_plus_1_pieces():
    assert says("a network of width $h$ has at most $h + 1$ straight pieces")
    rng = np.random.default_rng(0)
    x = np.linspace(-10, 10, 4001)[:, np.newaxis]
    for h in (1, 4, 9):
        W, b = init_dense(1, h, rng)[0], rng.normal(size=h)
        awake = dense(x, W, b) > 0
        assert np.sum(np.any(awake[1:] != awake[:-1], axis=1)) <= h


# ------------------------------------------------------------ logits and probabilities


def test_a_sigmoid_twice_says_yes_to_everything():
    z = np.linspace(-50, 50, 1001)
    assert np.all(sigmoid(sigmoid(z)) >= 0.5)
    logits = deep_forward(CORNERS, [xor_network()[:2], xor_network()[2:]])
    twice = sigmoid(sigmoid(logits))
    assert np.all(twice > 0.5)
    assert says("the network says yes to everything")


def test_the_numbers_of_the_quiz():
    assert count_parameters([10, 4, 2]) == 54
    assert 10 * 4 + 4 * 2 == 48
    assert 10 * 4 * 2 == 80
    assert 48 + 4 + 2 + 10 == 64
    assert round(float(sigmoid(3)), 2) == 0.95


# ------------------------------------------------------------------------- real data


@cache
def halves():
    digits = load_digits()
    half = len(digits.X) // 2
    assert len(digits.X) == 1797
    X = digits.X / 16
    assert (X.min(), X.max()) == (0, 1)
    return X[:half], digits.y[:half], X[half:], digits.y[half:]


def right(logits) -> float:
    return 100 * float(np.mean(np.argmax(logits, axis=1) == halves()[3]))


def fitted(hidden: list) -> float:
    """Accuracy with the last layer fitted by the normal equations, in another way than the cell."""
    X, y, X_second, _ = halves()

    def features(X):
        for W, b in hidden:
            X = relu(dense(X, W, b))
        return np.column_stack([X, np.ones(len(X))])

    A = features(X)
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    keep = s > 1e-4 * s[0]
    solution = Vt[keep].T @ ((U[:, keep].T @ np.eye(10)[y]) / s[keep, np.newaxis])
    return right(features(X_second) @ solution)


def test_untrained_networks_know_nothing():
    _, _, X_second, y_second = halves()
    assert round(100 * np.bincount(y_second).max() / len(y_second)) == 10
    for seed in range(4):
        rng = np.random.default_rng(seed)
        layers = [init_dense(m, k, rng) for m, k in pairwise([64, 100, 100, 10])]
        assert right(deep_forward(X_second, layers)) < 20
    assert says("all four are about as good as guessing")


def test_width_helps_a_random_layer_from_harm_to_gain():
    linear = fitted([])
    results = {
        width: fitted([init_dense(64, width, np.random.default_rng(6))])
        for width in (5, 10, 20, 50, 100, 200)
    }
    assert results[5] < results[10] < results[50] < results[100] < results[200]
    assert results[50] < linear < results[100]
    assert says("With few neurons a random hidden layer does harm")
    assert says("With 100 and more it helps")
    for percent in (linear, *results.values()):
        assert abs(percent % 1 - 0.5) > 0.12, (
            "printed to whole percents, one image more would flip it"
        )


def test_several_random_draws_agree_that_width_helps():
    linear = fitted([])
    for width, helps in ((10, False), (200, True)):
        for seed in range(4):
            hidden = [init_dense(64, width, np.random.default_rng(seed))]
            assert (fitted(hidden) > linear) == helps


# --------------------------------------------------------------------- in PyTorch


def test_pytorchs_default_is_as_narrow_as_the_text_says():
    # uniform between ±1/sqrt(n): a deviation of 1/sqrt(3 n), against sqrt(2/n)
    assert round((2 / 200) ** 0.5 / (1 / (3 * 200)) ** 0.5, 1) == 2.4
    assert says("The default is 2.4 times narrower.")


def test_the_mixed_up_loss_is_another_number():
    z, y = np.array([2.0, -1.0, 0.5]), np.array([1.0, 0.0, 0.0])

    def loss(probabilities):
        return -np.mean(y * np.log(probabilities) + (1 - y) * np.log(1 - probabilities))

    assert f"{loss(sigmoid(z)):.4f}" == "0.4714"
    assert f"{loss(sigmoid(sigmoid(z))):.4f}" == "0.7451"


def test_a_softmax_of_logits_is_a_share():
    np.testing.assert_allclose(softmax([[2.0, 1.0, -1.0]]).sum(), 1)
