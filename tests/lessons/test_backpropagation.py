"""Every number and every claim in the prose of lesson 06."""

import math
import re

import numpy as np
import pytest

from tests.lessons.texts import LessonText
from utils.activations import sigmoid, sigmoid_derivative
from utils.backpropagation import (
    Value,
    dense_backward,
    forward_with_cache,
    gradient_by_hand,
    gradient_check,
    network_gradients,
    relu_backward,
    topological_order,
    train_network,
    two_moons,
)
from utils.checking.subject import LocalImplementation
from utils.checking.suite import COURSE, GRADING, Suite
from utils.datasets import load_breast_cancer
from utils.networks import init_dense
from utils.why_deep_learning import standardize
from utils.widgets.backpropagation import layer_norms

TEXT = LessonText("06_backpropagation")
SOURCE, says, printed = TEXT.source, TEXT.says, TEXT.printed


# ----------------------------------------------------------------------------- the first sitting


def test_the_lesson_takes_two_sittings_with_the_break_marked():
    places = [
        SOURCE.index(f"\n## {part}") for part in ("First sitting", "☕ Break", "Second sitting")
    ]
    assert places == sorted(places)


def test_the_table_of_the_chain_holds():
    x, y, w1, w2 = 2, 1, 0, 3
    z1 = 1 / (1 + math.exp(-w1 * x))
    y_hat = w2 * z1
    assert (z1, y_hat, (y_hat - y) ** 2) == (0.5, 1.5, 0.25)
    assert 2 * (y_hat - y) == 1
    assert 1 * z1 == 0.5
    assert 1 * w2 == 3
    assert 3 * z1 * (1 - z1) * x == 1.5
    for part in ("$0.5$", "$1.5$", "$0.25$", "$1$", "$3$"):
        assert part in SOURCE
    assert says("`gradient_by_hand(x=2.0, y=1.0, w1=0.0, w2=3.0)` is `(1.5, 0.5)`")
    assert gradient_by_hand(2.0, 1.0, 0.0, 3.0) == (1.5, 0.5)


def test_both_weights_should_go_down():
    assert says("Both slopes are positive. So both weights should go down.")

    def loss(w1, w2):
        return (w2 / (1 + math.exp(-w1 * 2)) - 1) ** 2

    assert loss(-0.01, 3) < loss(0, 3)
    assert loss(0, 2.99) < loss(0, 3)


def test_the_two_ways_of_the_small_graph_are_those_named():
    a, b, c = 2, -3, 10
    e = a * b + c
    assert says("directly: the slope of $L = e \\cdot a$ with respect to $a$ is $e = 4$")
    assert e == 4
    assert says("$b \\cdot 1 \\cdot a = -3 \\cdot 1 \\cdot 2 = -6$")
    assert b * 1 * a == -6
    assert says("$dL/da = 4 - 6 = -2$")
    assert "dL/da = -2, dL/db = 4, dL/dc = 2" in printed()
    assert says("It gets a first share, 4, as soon as $L$ hands on its gradient.")
    assert says("wait for the second share, -6")


def test_the_example_of_the_order_holds():
    example = '`topological_order({"J": ["y_hat"], "y_hat": ["z1"], "z1": ["x"], "x": []}, "J")`'
    assert says(f"{example} is `['x', 'z1', 'y_hat', 'J']`")
    parents = {"J": ["y_hat"], "y_hat": ["z1"], "z1": ["x"], "x": []}
    assert topological_order(parents, "J") == ["x", "z1", "y_hat", "J"]


def test_python_gives_up_after_about_a_thousand_calls():
    assert says("gives up after about 1,000 calls in Python")

    def deep(level):
        return level if level == 0 else deep(level - 1)

    with pytest.raises(RecursionError):
        deep(10_000)


def test_lengths_do_what_the_ten_minutes_on_classes_say():
    for line in ("3 5\n9.84", "8\n16", "3\n2"):
        assert line in printed()
    assert round(3 / 0.3048, 2) == 9.84


def test_the_table_of_slopes_holds():
    a, b, p = 1.7, -0.6, 3
    for made, slopes in (
        (Value(a) + Value(b), (1, 1)),
        (Value(a) * Value(b), (b, a)),
        (Value(a) ** p, (p * a ** (p - 1),)),
        (Value(a).relu(), (1,)),
        (Value(b).relu(), (0,)),
        (Value(a).tanh(), (1 - math.tanh(a) ** 2,)),
    ):
        assert made.slopes == pytest.approx(slopes)


def test_the_example_of_the_engine_holds():
    assert says("you have `c.data` = -3, `a.grad` = -1 and `b.grad` = 3")
    a, b = Value(3.0), Value(-2.0)
    c = a * b + a
    c.backward()
    assert (c.data, a.grad, b.grad) == (-3, -1, 3)


def test_gradients_accumulate_in_both_engines():
    assert says("The slope of $w^2$ at 3 is 6")
    lines = "after use 1, w.grad is 6.0\nafter use 2, w.grad is 12.0\nafter use 3, w.grad is 18.0"
    assert printed().count(lines) == 2
    assert "after zero_(), w.grad is 0.0" in printed()


def gradients_of(expression, a, b):
    first, second = Value(a), Value(b)
    expression(first, second).backward()
    return first.grad, second.grad


def test_the_questions_of_the_play_have_the_answers_meant():
    # with b = -1, a b + a is 0, and so is the slope of its square
    assert gradients_of(lambda a, b: (a * b + a) ** 2, 2.0, -1.0) == (0, 0)
    # with a b below 1 the ReLU is shut: all gradients but that of its own output are 0
    assert gradients_of(lambda a, b: (a * b - 1).relu() * a, 2.0, 0.0) == (0, 0)
    # at b = -3 the tanh is saturated
    assert abs(gradients_of(lambda a, b: (0.5 * a - b).tanh(), 2.0, -3.0)[0]) < 1e-3


def test_the_engine_trains_the_network_that_is_described():
    assert says("Here are 40 points on two moons")
    assert says("finds all 33 slopes")
    assert 8 * 2 + 8 + 8 + 1 == 33
    assert "33 parameters" in printed()
    assert "loss at the start 0.82, after 150 steps 0.07" in printed()
    assert "3,077 Values for one loss of 40 points" in printed()
    assert says("Thousands of small Python objects")


def test_no_straight_line_parts_the_moons():
    for n, noise, seed in ((40, 0.1, 1), (200, 0.12, 0)):
        X, y = two_moons(n, noise, np.random.default_rng(seed))
        best = 0.0
        for direction in np.radians(np.arange(0, 360, 3)):
            along = X @ np.array([np.cos(direction), np.sin(direction)])
            for place in along:
                best = max(best, float(np.mean((along >= place) == y)))
        assert best < 1


def test_a_saturated_sigmoid_makes_the_curve_flat():
    assert says("Where $w_1$ is far from 0, the curve is flat")
    assert abs(gradient_by_hand(2.0, 1.0, 4.0, 3.0)[0]) < 0.02


# ---------------------------------------------------------------------------- the second sitting


def test_the_examples_of_the_second_sitting_hold():
    example = "`relu_backward(np.array([[5.0, 6.0, 7.0]]), np.array([[-1.0, 0.0, 2.0]]))`"
    assert says(f"{example} is `[[0, 0, 7]]`")
    np.testing.assert_array_equal(relu_backward([[5.0, 6, 7]], [[-1.0, 0, 2]]), [[0, 0, 7]])
    example = "`dense_backward([[1.0, 2.0]], [[3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]])`"
    assert says(f"{example} is `[[17, 23]]`, `[[3, 6], [4, 8]]` and `[1, 2]`")
    dX, dW, db = dense_backward([[1.0, 2.0]], [[3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]])
    np.testing.assert_array_equal(dX, [[1 * 5 + 2 * 6, 1 * 7 + 2 * 8]])
    np.testing.assert_array_equal(dX, [[17, 23]])
    np.testing.assert_array_equal(dW, [[3, 6], [4, 8]])
    np.testing.assert_array_equal(db, [1, 2])
    assert says("the output is 3.5 and 0.5")
    layers = [(np.array([[2.0]]), np.array([-1.0])), (np.array([[3.0]]), np.array([0.5]))]
    output, cache = forward_with_cache([[1.0], [0.0]], layers)
    np.testing.assert_array_equal(output, [[3.5], [0.5]])
    np.testing.assert_array_equal(cache[1][0], [[1], [0]])
    assert says("the loss is $\\log 2$, about 0.693. The gradients are $dW = -0.5$ and $db = 0$")
    loss, [(dW, db)] = network_gradients([[1.0], [3.0]], [0, 1], [([[0.0]], [0.0])])
    assert loss == pytest.approx(math.log(2))
    assert round(math.log(2), 3) == 0.693
    assert (dW.item(), db.item()) == (-0.5, 0.0)
    assert says("the weight becomes 0.25. The losses are about 0.6931 and 0.6064")
    after = (math.log(1 + math.exp(0.25)) + math.log(1 + math.exp(0.75)) - 0.75) / 2
    assert round(after, 4) == 0.6064


def test_the_examples_of_the_check_hold():
    assert says("Checking $2w$ gives less than 1e-8. Checking the wrong $3w$ gives 0.2")
    w = np.array([3.0, -1.0])

    def squares(w):
        return float(np.sum(w**2))

    assert gradient_check(squares, 2 * w, w) < 1e-8
    assert gradient_check(squares, 3 * w, w) == pytest.approx(0.2)


def test_the_sigmoid_lets_the_gradient_vanish_and_the_relu_does_not():
    assert says("the sigmoid's slope is at most 1/4")
    assert sigmoid_derivative(0.0) == 0.25
    norms = layer_norms(dense_backward, "sigmoid", 12)
    assert np.all(np.diff(norms) > 0), "the bars shrink from right to left"
    assert norms[0] < 1e-6 * norms[-1], "after twelve layers almost nothing is left"
    arriving = layer_norms(dense_backward, "ReLU", 12)
    assert arriving[0] > 1e-2 * arriving[-1]


def test_one_neuron_of_the_drawn_network_is_shut_for_every_example():
    assert says("This neuron's ReLU was shut for all 40 examples")
    X, y = two_moons(40, 0.1, np.random.default_rng(1))
    rng = np.random.default_rng(3)
    layers = [init_dense(2, 6, rng), init_dense(6, 4, rng), init_dense(4, 1, rng)]
    _, cache = forward_with_cache(X, layers)
    assert (cache[1][1][:, -1] <= 0).all()
    _, gradients = network_gradients(X, y, layers)
    assert not gradients[1][0][:, -1].any()
    assert gradients[1][1][-1] == 0


def test_all_gradients_of_the_small_network_are_found_fine():
    for name in ("dW of layer 1", "db of layer 1", "dW of layer 2", "db of layer 2"):
        assert f"{name}: fine" in printed()


def test_nudging_needs_two_runs_for_each_of_a_thousand_parameters():
    assert says("Nudging needs two runs for each parameter")
    counts = [2 * w + w + w * w + w + w + 1 for w in (2, 4, 8, 16, 32)]
    assert f"parameters: {counts}" in printed()
    assert says("At a thousand parameters the gap is a factor of several hundred or more.")
    # as many runs, against two or three
    assert 1000 < counts[-1] < 1500
    assert 2 * counts[-1] / 3 > 500


def test_five_of_six_starts_learn_xor_and_one_is_stuck():
    assert says("Five starts end at 0, 1, 1, 0. One is stuck")
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = np.array([0.0, 1.0, 1.0, 0.0])
    learned = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        start = [init_dense(2, 4, rng), init_dense(4, 1, rng)]
        trained, losses = train_network(X, y, start, 0.5, 1000)
        probabilities = sigmoid(forward_with_cache(X, trained)[0][:, 0])
        learned.append(bool(np.all(np.abs(probabilities - y) < 0.05)))
        if not learned[-1]:
            # three points of four with the same answer: the best one for them is 1/3
            assert np.sum(np.abs(probabilities - 1 / 3) < 0.02) == 3
            assert 0.45 < losses[-1] < 0.5
            _, gradients = network_gradients(X, y, trained)
            assert max(np.abs(g).max() for pair in gradients for g in pair) < 1e-3
    assert learned.count(True) == 5


def test_the_numbers_on_real_data_are_those_printed():
    cancer = load_breast_cancer()
    assert cancer.X.shape == (569, 30)
    assert says("569 masses, 30 measurements each")
    assert says("62.7 % of the masses")
    assert round(100 * np.mean(cancer.y == 0), 1) == 62.7
    assert "always “benign”: 62.7 % right" in printed()
    accuracies = [
        float(a) for a in re.findall(r"layers?, [\d-]+: loss .*?, ([\d.]+) % right", printed())
    ]
    assert len(accuracies) == 2
    assert accuracies[0] < accuracies[1], "the network fits these masses a little better"
    rng = np.random.default_rng(0)
    X = standardize(cancer.X)
    trained, _ = train_network(X, cancer.y, [init_dense(30, 1, rng)], 0.5, 300)
    right = 100 * np.mean((forward_with_cache(X, trained)[0][:, 0] >= 0) == cancer.y)
    assert round(right, 1) == accuracies[0]


def test_pytorch_agrees():
    assert "all gradients agree to 1e-10: True" in printed()
    lines = dict(re.findall(r"(your Value|autograd): +(\[.*?\])", printed()))
    assert lines["your Value"] == lines["autograd"] == "[-2.0, 4.0, 2.0]"
    ours, theirs = re.findall(r"after 99 steps: ([\d.]+)", printed())
    assert ours == theirs


def test_the_quiz_is_right_about_its_numbers():
    X, W, dZ = np.ones((50, 8)), np.ones((8, 4)), np.ones((50, 4))
    assert (X.T @ dZ).shape == W.shape
    assert (dZ.T @ X).shape == (4, 8)
    assert (dZ @ W.T).shape == X.shape
    with pytest.raises(ValueError):
        X @ dZ
    a = Value(3.0)
    (a * a).backward()
    assert a.grad == 3 + 3


def test_a_listed_class_is_recognised_under_the_learners_name():
    suite = Suite([GRADING / "test_backpropagation.py"])
    listed = {m.implementation.__name__: m for m in suite.exercises["Value"].mistakes}
    mistake = listed["TakesValuesForSlopes"]  # it hands out objects of its own class
    learners = type("Value", (mistake.implementation,), {})
    verdict = suite.judge("Value", LocalImplementation(lambda _: learners))
    assert verdict.diagnosis == mistake.sentence
