"""What a learner's answers in lesson 06 must do."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest

import utils.backpropagation as reference
from utils.activations import relu, relu_derivative, sigmoid
from utils.backpropagation import (
    Value,
    dense_backward,
    forward_with_cache,
    network_gradients,
    relu_backward,
    topological_order,
)
from utils.checking.exercise import also_right, changed, exercise, mistake
from utils.checking.expect import expect_close, expect_finite, expect_gradient, expect_that
from utils.gradient_descent import numerical_gradient
from utils.losses import bce_with_logits, bce_with_logits_gradient
from utils.networks import deep_forward, dense

Layers = Sequence[tuple[np.ndarray, np.ndarray]]


# ---------------------------------------------------------------- one number at a time


@exercise(
    "gradient_by_hand",
    points=3,
    minutes=10,
    difficulty=2,
    built="The chain rule at work: one way back along the chain, and every weight has its slope.",
)
class TestGradientByHand:
    @staticmethod
    def expect_slopes(got, x, y, w1, w2, why):
        z1 = 1 / (1 + math.exp(-w1 * x))
        expect_that(
            isinstance(got, (tuple, list, np.ndarray)) and np.size(got) == 2,
            "Return two numbers, the slope for w1 and then the slope for w2.",
            got=got,
            expected="two numbers, (dJ_dw1, dJ_dw2)",
        )
        right = (2 * (w2 * z1 - y) * w2 * z1 * (1 - z1) * x, 2 * (w2 * z1 - y) * z1)

        def loss_of_w1(w):
            return (w2 / (1 + math.exp(-float(w) * x)) - y) ** 2

        def loss_of_w2(w):
            return (float(w) * z1 - y) ** 2

        # the later weight first: its chain is the shorter one
        expect_gradient(got[1], right[1], why, name="dJ_dw2", of="w2", loss=loss_of_w2, at=w2)
        expect_gradient(got[0], right[0], why, name="dJ_dw1", of="w1", loss=loss_of_w1, at=w1)

    def test_follows_the_chain_worked_out_by_hand(self, gradient_by_hand):
        got = gradient_by_hand(2.0, 1.0, 0.0, 3.0)
        why = "Here z1 = 0.5, y_hat = 1.5 and dJ/dy_hat = 2 (1.5 - 1) = 1."
        self.expect_slopes(got, 2.0, 1.0, 0.0, 3.0, why)

    def test_is_zero_where_the_prediction_is_right(self, gradient_by_hand):
        got = gradient_by_hand(1.5, 2.0, 0.0, 4.0)
        expect_close(got, (0.0, 0.0), why="y_hat is y here: the loss is at its minimum.")

    def test_an_input_of_zero_leaves_the_first_weight_alone(self, gradient_by_hand):
        got = gradient_by_hand(0.0, 2.0, 0.7, 3.0)
        why = "w1 is multiplied by x = 0, so moving it changes nothing; w2 still sees z1 = 0.5."
        self.expect_slopes(got, 0.0, 2.0, 0.7, 3.0, why)

    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_agrees_with_nudging_the_weights(self, gradient_by_hand, seed):
        x, y, w1, w2 = (float(number) for number in np.random.default_rng(seed).normal(size=4))
        got = gradient_by_hand(x, y, w1, w2)
        why = "Multiply the slopes along the chain from J back to the weight."
        self.expect_slopes(got, x, y, w1, w2, why)

    @mistake(
        "A link is missing in your dJ_dw1: on the way from z1 to w1 stands the sigmoid, and its "
        "slope z1 (1 - z1) belongs into the product."
    )
    def forgets_the_slope_of_the_sigmoid(x, y, w1, w2):
        z1 = sigmoid(w1 * x)
        d_y_hat = 2 * (w2 * z1 - y)
        return d_y_hat * w2 * x, d_y_hat * z1

    @mistake(
        "You take the sigmoid's slope at the wrong place: at its output z1. It belongs at its "
        "input w1 x. Written with the output, the slope is z1 (1 - z1), with no more sigmoid."
    )
    def takes_the_slope_of_the_sigmoid_at_its_output(x, y, w1, w2):
        z1 = sigmoid(w1 * x)
        d_y_hat = 2 * (w2 * z1 - y)
        d_z1 = d_y_hat * w2
        return d_z1 * sigmoid(z1) * (1 - sigmoid(z1)) * x, d_y_hat * z1

    @mistake(
        "The last link is missing in your dJ_dw1: yours is the slope with respect to w1 x. "
        "From there to w1 it is one factor more."
    )
    def forgets_the_input(x, y, w1, w2):
        z1 = sigmoid(w1 * x)
        d_y_hat = 2 * (w2 * z1 - y)
        return d_y_hat * w2 * z1 * (1 - z1), d_y_hat * z1

    @mistake(
        "A link is missing in your dJ_dw1: from y_hat back to z1 the slope is w2, since "
        "y_hat = w2 z1."
    )
    def forgets_the_second_weight(x, y, w1, w2):
        z1 = sigmoid(w1 * x)
        d_y_hat = 2 * (w2 * z1 - y)
        return d_y_hat * z1 * (1 - z1) * x, d_y_hat * z1

    @mistake(
        "Your loss gradient has the wrong sign: J = (y_hat - y)^2 grows with y_hat where y_hat is "
        "above y, so dJ/dy_hat is 2 (y_hat - y)."
    )
    def turns_the_sign_of_the_loss_gradient(x, y, w1, w2):
        z1 = sigmoid(w1 * x)
        d_y_hat = 2 * (y - w2 * z1)
        return d_y_hat * w2 * z1 * (1 - z1) * x, d_y_hat * z1

    @mistake("The square in J leaves a factor 2 behind when you take its slope: 2 (y_hat - y).")
    def forgets_the_factor_two(x, y, w1, w2):
        z1 = sigmoid(w1 * x)
        d_y_hat = w2 * z1 - y
        return d_y_hat * w2 * z1 * (1 - z1) * x, d_y_hat * z1

    @mistake(
        "You go back over the wrong weight: the way from y_hat to z1 leads over w2, the last "
        "weight. Its slope belongs into dJ_dw1, and w1 itself does not."
    )
    def goes_back_over_the_first_weight(x, y, w1, w2):
        z1 = sigmoid(w1 * x)
        d_y_hat = 2 * (w2 * z1 - y)
        return d_y_hat * w1 * z1 * (1 - z1) * x, d_y_hat * z1

    @mistake("Your two results are swapped: the slope for w1 comes first, then the one for w2.")
    def returns_the_second_weight_first(x, y, w1, w2):
        z1 = sigmoid(w1 * x)
        d_y_hat = 2 * (w2 * z1 - y)
        return d_y_hat * z1, d_y_hat * w2 * z1 * (1 - z1) * x

    @mistake(
        "You carry dJ_dw2 back to w1. But w2 is an end of its own: the way to w1 leads from y_hat "
        "over z1, so multiply dJ_dy_hat by w2, and not dJ_dw2."
    )
    def goes_on_from_the_second_weight(x, y, w1, w2):
        z1 = sigmoid(w1 * x)
        dJ_dw2 = 2 * (w2 * z1 - y) * z1
        return dJ_dw2 * w2 * z1 * (1 - z1) * x, dJ_dw2

    @mistake(
        "Your dJ_dw2 has the wrong factor: in y_hat = w2 z1, the slope with respect to w2 is the "
        "other factor, z1."
    )
    def multiplies_by_the_weight_itself(x, y, w1, w2):
        z1 = sigmoid(w1 * x)
        d_y_hat = 2 * (w2 * z1 - y)
        return d_y_hat * w2 * z1 * (1 - z1) * x, d_y_hat * w2

    @mistake(
        "The sigmoid is missing on your way forward: z1 is sigmoid(w1 x), and yours is w1 x. All "
        "that follows is computed with a wrong z1."
    )
    def forgets_the_sigmoid_on_the_way_forward(x, y, w1, w2):
        z1 = w1 * x
        d_y_hat = 2 * (w2 * z1 - y)
        return d_y_hat * w2 * z1 * (1 - z1) * x, d_y_hat * z1

    @also_right
    def in_one_formula(x, y, w1, w2):
        z = 1 / (1 + math.exp(-w1 * x))
        return [2 * (w2 * z - y) * w2 * z * (1 - z) * x, 2 * (w2 * z - y) * z]

    @also_right
    def by_a_tiny_imaginary_nudge(x, y, w1, w2):
        def loss(first, second):
            return (second / (1 + np.exp(-first * x)) - y) ** 2

        tiny = 1e-30j
        return np.array([np.imag(loss(w1 + tiny, w2)), np.imag(loss(w1, w2 + tiny))]) / 1e-30


@exercise(
    "topological_order",
    points=2,
    minutes=10,
    difficulty=2,
    built="An order in which any graph can be computed; backwards, gradients flow along it.",
)
class TestTopologicalOrder:
    @staticmethod
    def expect_order(order, parents, output):
        expect_that(
            isinstance(order, list),
            "Return a list of all nodes.",
            got=order,
            expected="a list of nodes",
        )
        for node in parents:
            count = order.count(node) if len(order) < 1000 else 1
            expect_that(
                count == 1,
                f"{node!r} stands {count} times in your list: each node belongs there once.",
                got=order,
                expected=f"all {len(parents)} nodes, each once",
            )
        places = {node: place for place, node in enumerate(order)}
        for node in parents:
            late = next((p for p in parents[node] if places[p] > places[node]), None)
            expect_that(
                late is None,
                f"{node!r} depends on {late!r}, but stands before it: when {node!r} is computed, "
                f"{late!r} is not known yet.",
                got=order,
                expected="each node after all its parents",
            )
        expect_that(
            len(order) == len(parents) and order[-1] == output,
            f"All {len(parents)} nodes belong into the list, and {output!r}, which depends on "
            "all others, is the last.",
            got=order,
            expected=f"{len(parents)} nodes, {output!r} at the end",
        )

    def test_a_chain_has_one_order_only(self, topological_order):
        parents = {"J": ["y_hat"], "y_hat": ["z1"], "z1": ["x"], "x": []}
        got = topological_order(parents, "J")
        why = "x is needed for z1, z1 for y_hat, y_hat for J."
        expect_that(
            got == ["x", "z1", "y_hat", "J"], why, got=got, expected="['x', 'z1', 'y_hat', 'J']"
        )

    def test_a_single_node_is_a_graph_too(self, topological_order):
        got = topological_order({"x": []}, "x")
        expect_that(got == ["x"], "There is one node only.", got=got, expected="['x']")

    def test_a_node_that_two_others_need_stands_once_and_before_both(self, topological_order):
        parents = {"e": ["c", "d"], "c": ["a", "b"], "d": ["b", "a"], "a": [], "b": []}
        self.expect_order(topological_order(parents, "e"), parents, "e")

    def test_a_parent_may_stand_twice(self, topological_order):
        parents = {"square": ["a", "a"], "a": []}
        self.expect_order(topological_order(parents, "square"), parents, "square")

    @pytest.mark.parametrize(
        "long_way_first", [True, False], ids=["long way first", "short cut first"]
    )
    def test_a_short_cut_does_not_overtake_the_long_way(self, topological_order, long_way_first):
        ways = ["c", "a"] if long_way_first else ["a", "c"]
        parents = {"d": ways, "a": ["x"], "c": ["b"], "b": ["a"], "x": []}
        self.expect_order(topological_order(parents, "d"), parents, "d")

    def test_the_order_of_the_dictionary_does_not_matter(self, topological_order):
        links = {"y": ["u", "v"], "u": ["w"], "v": ["w", "x"], "w": ["x"], "x": []}
        for names in (sorted(links), sorted(links, reverse=True), ["v", "x", "y", "w", "u"]):
            parents = {name: links[name] for name in names}
            self.expect_order(topological_order(parents, "y"), parents, "y")

    def test_nodes_may_be_numbers_or_pairs(self, topological_order):
        parents = {7: [(0, 1), 3], (0, 1): [3], 3: [-2], -2: []}
        self.expect_order(topological_order(parents, 7), parents, 7)

    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_any_graph_can_be_ordered(self, topological_order, seed):
        rng = np.random.default_rng(seed)
        names = [f"n{i}" for i in rng.permutation(12)]
        parents = {names[0]: []}
        for place, name in enumerate(names[1:], start=1):
            # the node before it is always a parent, so that the last depends on all
            others = rng.choice(names[:place], size=min(place, 2)).tolist()
            parents[name] = [*others, names[place - 1]]
        self.expect_order(topological_order(parents, names[-1]), parents, names[-1])

    def test_a_chain_of_ten_thousand_nodes_works(self, topological_order):
        got = topological_order.drive("""
            parents = {node: [node - 1] for node in range(9999, 0, -1)}
            parents[0] = []
            return topological_order(parents, 9999)
        """)
        expect_that(
            got == list(range(10_000)),
            "A chain has one order only, from its input, here 0, to its output, here 9999.",
            got=got,
            expected="0, 1, 2, … 9999",
        )

    @mistake(
        "Yours is the order backwards, from the output to the inputs. A node can be computed only "
        "after its parents: turn the list round."
    )
    def runs_from_the_output_to_the_inputs(parents, output):
        order, done, waiting = [], set(), [output]
        while waiting:
            node = waiting[-1]
            missing = [parent for parent in parents[node] if parent not in done]
            if missing:
                waiting.extend(missing)
            elif waiting.pop() not in done:
                done.add(node)
                order.append(node)
        return order[::-1]

    @mistake(
        "You list a node as soon as you meet it, on the way down. But another way to it may be "
        "longer: list a node only when all its parents are listed."
    )
    def lists_nodes_when_it_meets_them(parents, output):
        order, met, waiting = [], set(), [output]
        while waiting:
            node = waiting.pop()
            if node not in met:
                met.add(node)
                order.append(node)
                waiting.extend(parents[node])
        return order[::-1]

    @mistake(
        "You go through the graph layer by layer from the output. A node that is near on one way "
        "and far on another then comes too late for those that need it: list a node only when all "
        "its parents are listed."
    )
    def goes_layer_by_layer(parents, output):
        order, layer = [], [output]
        seen = {output}
        while layer:
            order.extend(layer)
            after = []
            for node in layer:
                for parent in parents[node]:
                    if parent not in seen:
                        seen.add(parent)
                        after.append(parent)
            layer = after
        return order[::-1]

    @mistake(
        "You list a node once for each way that leads to it. Remember which nodes are listed "
        "already, in a set, and pass them over."
    )
    def lists_shared_nodes_again(parents, output):
        order, waiting = [], [(output, False)]
        while waiting:
            node, parents_listed = waiting.pop()
            if parents_listed:
                order.append(node)
            else:
                waiting.append((node, True))
                waiting.extend((parent, False) for parent in parents[node])
        return order

    @mistake(
        "Your order is right, but a function that calls itself goes only about a thousand calls "
        "deep in Python, and a chain of 10,000 nodes needs 10,000. Keep a list of the nodes that "
        "wait, and loop."
    )
    def calls_itself(parents, output):
        order, done = [], set()

        def visit(node):
            if node not in done:
                done.add(node)
                for parent in parents[node]:
                    visit(parent)
                order.append(node)

        visit(output)
        return order

    @mistake(
        "You rely on the order in which the dictionary lists its nodes. It may be any order: look "
        "at who depends on whom."
    )
    def trusts_the_dictionary(parents, output):
        return list(parents)[::-1]

    @mistake(
        "You list the parents but not the output itself: it is the last node of its own graph."
    )
    def leaves_out_the_output(parents, output):
        order, done, waiting = [], set(), [output]
        while waiting:
            node = waiting[-1]
            missing = [parent for parent in parents[node] if parent not in done]
            if missing:
                waiting.extend(missing)
            elif waiting.pop() not in done:
                done.add(node)
                order.append(node)
        return order[:-1]

    @mistake(
        "You list a node each time you meet it, so it stands there once for each way. List it "
        "once, and only when all its parents are listed."
    )
    def lists_nodes_at_every_meeting(parents, output):
        order, waiting = [], [output]
        while waiting:
            node = waiting.pop()
            order.insert(0, node)
            waiting.extend(parents[node])
        return order

    @also_right
    def by_counting_who_is_still_needed(parents, output):
        children = {node: [] for node in parents}
        open_parents = {}
        for node, needed in parents.items():
            open_parents[node] = len(needed)
            for parent in needed:
                children[parent].append(node)
        ready = [node for node in parents if open_parents[node] == 0]
        order = []
        while ready:
            node = ready.pop()
            order.append(node)
            for child in children[node]:
                open_parents[child] -= 1
                if open_parents[child] == 0:
                    ready.append(child)
        return order

    @also_right
    def with_the_standard_library(parents, output):
        from graphlib import TopologicalSorter

        return list(TopologicalSorter(parents).static_order())

    @also_right
    def with_a_stack_of_iterators(parents, output):
        order, done = [], {output}
        stack = [(output, iter(parents[output]))]
        while stack:
            node, rest = stack[-1]
            for parent in rest:
                if parent not in done:
                    done.add(parent)
                    stack.append((parent, iter(parents[parent])))
                    break
            else:
                order.append(node)
                stack.pop()
        return order


@exercise(
    "Value",
    points=6,
    minutes=25,
    difficulty=3,
    built="An autograd engine. What PyTorch does with tensors, yours does with numbers.",
)
class TestValue:
    @staticmethod
    def expect_slopes(Value, line, function, inputs, slopes, why):
        """Compute a line of code with Values, go backward, and compare data and slopes.

        `function` computes the same with plain numbers, `slopes` are its slopes by hand.
        """
        names = list(inputs)
        made = [f"{name} = Value({inputs[name]!r})" for name in names]
        grads = ", ".join(f"{name}.grad" for name in names)
        code = "\n".join(
            [*made, *line.split("; "), "result.backward()", f"return result.data, [{grads}]"]
        )
        data, came = Value.drive(code)
        expect_close(data, function(**inputs), why=f"`{line}` is computed as with plain numbers.")
        for name, got, right in zip(names, came, slopes, strict=True):

            def loss(value, name=name):
                return function(**{**inputs, name: float(value)})

            expect_gradient(
                got, right, why, name=f"{name}.grad", of=name, loss=loss, at=inputs[name]
            )

    def test_starts_without_a_gradient(self, Value):
        got = Value.drive("""
            a = Value(3)
            return a.data, a.grad
        """)
        expect_close(
            got,
            (3.0, 0.0),
            why="a new Value holds its number and a gradient of 0.",
            parts=("data", "grad"),
        )

    def test_a_result_has_slope_one_with_respect_to_itself(self, Value):
        got = Value.drive("""
            a, b = Value(3.0), Value(-2.0)
            result = a + b
            result.backward()
            return result.grad
        """)
        expect_close(got, 1.0, why="backward starts with d(result)/d(result) = 1.")

    def test_a_sum_passes_the_gradient_on(self, Value):
        why = "in a + b both slopes are 1."
        self.expect_slopes(
            Value, "result = a + b", lambda a, b: a + b, {"a": 3.0, "b": -2.0}, [1.0, 1.0], why
        )

    def test_a_product_swaps_its_factors(self, Value):
        why = "in a * b the slope with respect to a is b, and the other way round."
        self.expect_slopes(
            Value, "result = a * b", lambda a, b: a * b, {"a": 3.0, "b": -2.0}, [-2.0, 3.0], why
        )

    def test_a_difference_and_a_negation(self, Value):
        why = "in a - b the slopes are 1 and -1, in -a it is -1."
        self.expect_slopes(
            Value, "result = a - b", lambda a, b: a - b, {"a": 3.0, "b": 5.0}, [1.0, -1.0], why
        )
        self.expect_slopes(Value, "result = -a", lambda a: -a, {"a": 3.0}, [-1.0], why)

    @pytest.mark.parametrize(
        ("exponent", "slope"),
        [(2, 8.0), (3, 48.0), (1, 1.0), (-1, -0.0625), (0.5, 0.25)],
        ids=["2", "3", "1", "minus 1", "one half"],
    )
    def test_a_power(self, Value, exponent, slope):
        why = "the slope of a**p is p * a**(p - 1)."
        self.expect_slopes(
            Value, f"result = a**{exponent}", lambda a: a**exponent, {"a": 4.0}, [slope], why
        )

    def test_a_quotient(self, Value):
        why = "a / b is a * b**-1: its slopes are 1 / b and -a / b**2."
        self.expect_slopes(
            Value, "result = a / b", lambda a, b: a / b, {"a": 3.0, "b": -2.0}, [-0.5, -0.75], why
        )

    def test_relu_passes_or_blocks(self, Value):
        why = "the ReLU's slope is 1 where its input is positive, and 0 where it is negative."
        line = "result = a.relu() * 5.0"
        for a, slope in ((2.0, 5.0), (-3.0, 0.0)):
            self.expect_slopes(Value, line, lambda a: 5.0 * max(a, 0.0), {"a": a}, [slope], why)

    def test_tanh_takes_its_slope_at_its_input(self, Value):
        why = "the slope of tanh at a is 1 - tanh(a)**2."
        slope = 1 - math.tanh(0.5) ** 2
        self.expect_slopes(
            Value, "result = a.tanh()", lambda a: math.tanh(a), {"a": 0.5}, [slope], why
        )

    def test_numbers_may_stand_on_the_right(self, Value):
        why = "a plain number on the right is a constant."
        for line, function, slope in (
            ("result = a + 2", lambda a: a + 2, 1.0),
            ("result = a - 2", lambda a: a - 2, 1.0),
            ("result = a * 2", lambda a: a * 2, 2.0),
            ("result = a / 2", lambda a: a / 2, 0.5),
        ):
            self.expect_slopes(Value, line, function, {"a": 4.0}, [slope], why)

    def test_numbers_may_stand_on_the_left(self, Value):
        why = (
            "a plain number on the left asks your class for __radd__, __rsub__ and so on; there, "
            "self is what stands on the right of the sign."
        )
        for line, function, slope in (
            ("result = 2 + a", lambda a: 2 + a, 1.0),
            ("result = 2 - a", lambda a: 2 - a, -1.0),
            ("result = 2 * a", lambda a: 2 * a, 2.0),
            ("result = 2 / a", lambda a: 2 / a, -0.125),
        ):
            self.expect_slopes(Value, line, function, {"a": 4.0}, [slope], why)

    def test_gradients_accumulate_when_a_value_is_used_twice(self, Value):
        why = "a feeds the result on two ways, and the slopes of both ways add up."
        self.expect_slopes(Value, "result = a * a", lambda a: a * a, {"a": 3.0}, [6.0], why)
        self.expect_slopes(Value, "result = a + a", lambda a: a + a, {"a": 3.0}, [2.0], why)

    def test_a_gradient_is_passed_on_only_when_it_is_whole(self, Value):
        why = (
            "b feeds the result directly and through c. Only when both slopes have arrived at b "
            "may they go on to a: so go through the nodes in topological order, backwards."
        )
        for line in (
            "b = a * 2.0; c = b * 3.0; result = b + c",
            "b = a * 2.0; c = b * 3.0; result = c + b",
        ):
            self.expect_slopes(Value, line, lambda a: 8.0 * a, {"a": 1.5}, [8.0], why)

    def test_a_deep_graph_of_shared_nodes(self, Value):
        why = (
            "every line doubles the number of ways back to a: each node must be visited once only."
        )
        line = "; ".join(["b = a + a", *["b = b + b"] * 5, "result = b * a"])
        self.expect_slopes(Value, line, lambda a: 64 * a * a, {"a": 0.5}, [64.0], why)

    def test_a_whole_neuron(self, Value):
        def neuron(w1, w2, b):
            return math.tanh(2.0 * w1 - 1.0 * w2 + b)

        slope = 1 - neuron(0.5, -0.25, -0.75) ** 2
        self.expect_slopes(
            Value,
            "z = 2.0 * w1 - 1.0 * w2 + b; result = z.tanh()",
            neuron,
            {"w1": 0.5, "w2": -0.25, "b": -0.75},
            [2 * slope, -slope, slope],
            "the slope of tanh at z, times what each parameter is multiplied by.",
        )

    def test_every_operation_in_one_expression(self, Value):
        def loss(a, b):
            return (max(a * b + 1, 0.0) / 2 - b**3) ** 2 + math.tanh(a - b)

        a, b = 1.5, 0.5
        inner = (a * b + 1) / 2 - b**3
        bend = 1 - math.tanh(a - b) ** 2
        self.expect_slopes(
            Value,
            "u = (a * b + 1).relu() / 2 - b**3; result = u**2 + (a - b).tanh()",
            loss,
            {"a": a, "b": b},
            [2 * inner * b / 2 + bend, 2 * inner * (a / 2 - 3 * b**2) - bend],
            "each operation alone is right where the tests above pass: look at how they combine.",
        )

    def test_going_backward_changes_no_numbers(self, Value):
        got = Value.drive("""
            a = Value(2.0)
            b = a * 3.0
            result = b * b
            result.backward()
            return a.data, b.data, result.data
        """)
        expect_close(got, (2.0, 6.0, 36.0), why="backward fills in .grad and leaves .data alone.")

    @mistake(
        "You overwrite a gradient where it must accumulate: with `=` only the last way back to a "
        "value counts. A value that is used twice collects slopes from both uses: add with `+=`."
    )
    @changed(Value)
    class OverwritesGradients:
        def backward(self):
            parents, found = {}, [self]
            while found:
                node = found.pop()
                if node not in parents:
                    parents[node] = list(node.parents)
                    found.extend(node.parents)
            self.grad = 1.0
            for node in reversed(topological_order(parents, self)):
                for parent, slope in zip(node.parents, node.slopes):
                    parent.grad = slope * node.grad

    @mistake(
        "You never start: every gradient is a product that begins with d(result)/d(result) = 1. "
        "Set the result's own gradient to 1 before you go back."
    )
    @changed(Value)
    class ForgetsToStart:
        def backward(self):
            parents, found = {}, [self]
            while found:
                node = found.pop()
                if node not in parents:
                    parents[node] = list(node.parents)
                    found.extend(node.parents)
            for node in reversed(topological_order(parents, self)):
                for parent, slope in zip(node.parents, node.slopes):
                    parent.grad += slope * node.grad

    @mistake(
        "You let each node pass its gradient on as soon as a share of it arrives, and then again "
        "with the next share, so what came first is passed on twice. Wait until a node's gradient "
        "is whole: go through the nodes in topological order, backwards."
    )
    @changed(Value)
    class GoesBackAlongEveryWay:
        def backward(self, first=True):
            if first:
                self.grad = 1.0
            for parent, slope in zip(self.parents, self.slopes):
                parent.grad += slope * self.grad
                parent.backward(first=False)

    @mistake(
        "You pass a node's gradient on when you first meet the node, and what arrives there later "
        "on another way is lost. Go through the nodes in topological order, backwards: then all of "
        "it has arrived."
    )
    @changed(Value)
    class PassesGradientsOnTooEarly:
        def backward(self):
            self.grad = 1.0
            waiting, done = [self], set()
            while waiting:
                node = waiting.pop(0)
                if node in done:
                    continue
                done.add(node)
                for parent, slope in zip(node.parents, node.slopes):
                    parent.grad += slope * node.grad
                    waiting.append(parent)

    @mistake(
        "You go through the graph in the wrong order, from the inputs to the result. Gradients "
        "start at the result: run through the topological order backwards."
    )
    @changed(Value)
    class RunsThroughTheGraphForwards:
        def backward(self):
            parents, found = {}, [self]
            while found:
                node = found.pop()
                if node not in parents:
                    parents[node] = list(node.parents)
                    found.extend(node.parents)
            self.grad = 1.0
            for node in topological_order(parents, self):
                for parent, slope in zip(node.parents, node.slopes):
                    parent.grad += slope * node.grad

    @mistake(
        "You hand on each operation's own slope alone. The chain rule multiplies: the slope, times "
        "the gradient that has arrived at the result of that operation."
    )
    @changed(Value)
    class ForgetsTheChain:
        def backward(self):
            parents, found = {}, [self]
            while found:
                node = found.pop()
                if node not in parents:
                    parents[node] = list(node.parents)
                    found.extend(node.parents)
            self.grad = 1.0
            for node in reversed(topological_order(parents, self)):
                for parent, slope in zip(node.parents, node.slopes):
                    parent.grad += slope

    @mistake(
        "The slopes of your product are not crossed: when a grows by a little, a * b grows by b "
        "times as much. So the slope with respect to a is b."
    )
    @changed(Value)
    class DoesNotSwapTheFactors:
        def __mul__(self, other):
            other = other if isinstance(other, Value) else Value(other)
            return Value(self.data * other.data, (self, other), (self.data, other.data), "×")

    @mistake(
        "Your tanh takes its slope at the wrong place: in 1 - tanh(a)**2 it is the output that is "
        "squared, and you square the input."
    )
    @changed(Value)
    class TakesTheSlopeOfTanhAtTheWrongPlace:
        def tanh(self):
            return Value(np.tanh(self.data), (self,), (1 - self.data**2,), "tanh")

    @mistake(
        "Your relu hands gradients back where it let nothing forward. Where its input is negative, "
        "its output is 0 whatever the input does, so the slope is 0."
    )
    @changed(Value)
    class LetsEverythingThroughTheRelu:
        def relu(self):
            return Value(max(self.data, 0.0), (self,), (1.0,), "ReLU")

    @mistake(
        "Your `2 - a` is a - 2. Python hands `__rsub__` the number on the left as `other`, and it "
        "is `other` from which you subtract."
    )
    @changed(Value)
    class SubtractsTheWrongWayRound:
        def __rsub__(self, other):
            return self - other

    @mistake(
        "Your `2 / a` is a / 2. Python hands `__rtruediv__` the number on the left as `other`, and "
        "it is `other` that is divided."
    )
    @changed(Value)
    class DividesTheWrongWayRound:
        def __rtruediv__(self, other):
            return self / other

    @mistake(
        "With a plain number on the left, as in 2 * a, Python asks the number first, and it does "
        "not know your class. Then Python looks for `__rmul__` and its like in yours: define them."
    )
    @changed(Value)
    class KnowsNoNumbersOnTheLeft:
        # Python's own words would name this class, which a learner's does not share
        def __radd__(self, other):
            raise TypeError("unsupported operand types: a number and a Value")

        __rsub__ = __rmul__ = __rtruediv__ = __radd__

    @mistake(
        "Your minus forgets where it came from: `Value(-self.data)` is a new number without "
        "parents, so no gradient gets past it. Multiply by -1 with your own `*`, which remembers."
    )
    @changed(Value)
    class ForgetsTheParentsOfANegation:
        def __neg__(self):
            return Value(-self.data)

    @mistake(
        "A plain number has no .data. Before you add or multiply, turn `other` into a Value if it "
        "is none: isinstance tells you, as in the fifth idea on classes."
    )
    @changed(Value)
    class AddsNoPlainNumbers:
        def __add__(self, other):
            return Value(self.data + other.data, (self, other), (1.0, 1.0), "+")

    @mistake(
        "Plain numbers have no .data, and your sums and products ask them for it. First turn "
        "`other` into a Value if it is none: isinstance tells you, as in the fifth idea on "
        "classes."
    )
    @changed(Value)
    class TakesNoPlainNumbers:
        def __add__(self, other):
            return Value(self.data + other.data, (self, other), (1.0, 1.0), "+")

        def __mul__(self, other):
            return Value(self.data * other.data, (self, other), (other.data, self.data), "×")

    @mistake(
        "Your operations return plain numbers, and a plain number remembers nothing. Return a new "
        "Value, with its parents and its slopes."
    )
    @changed(Value)
    class ReturnsPlainNumbers:
        def __add__(self, other):
            other = other if isinstance(other, Value) else Value(other)
            return self.data + other.data

        def __mul__(self, other):
            other = other if isinstance(other, Value) else Value(other)
            return self.data * other.data

    @mistake(
        "Your slopes are Values. They should be the plain numbers in them, other.data and "
        "self.data: gradients are numbers."
    )
    @changed(Value)
    class TakesValuesForSlopes:
        def __mul__(self, other):
            other = other if isinstance(other, Value) else Value(other)
            return Value(self.data * other.data, (self, other), (other, self), "×")

    @mistake(
        "If it says that something is not iterable: (self) is just self, for the brackets alone "
        "make no tuple. A tuple of one needs a comma: (self,). The same goes for its only slope."
    )
    @changed(Value)
    class WritesATupleOfOneWithoutAComma:
        def __init__(self, data, parents=(), slopes=(), operation=""):
            self.data = float(data)
            self.grad = 0.0
            self.parents = parents
            self.slopes = slopes
            self.operation = operation

        def __pow__(self, exponent):
            slope = exponent * self.data ** (exponent - 1)
            return Value(self.data**exponent, (self), (slope), f"**{exponent}")

        def __truediv__(self, other):
            return self * other**-1

        def relu(self):
            return Value(max(self.data, 0.0), (self), (float(self.data > 0)), "ReLU")

        def tanh(self):
            squashed = np.tanh(self.data)
            return Value(squashed, (self), (1 - squashed**2), "tanh")

    @also_right
    class WithAFunctionForEachOperation:
        def __init__(self, data, children=()):
            self.data = data
            self.grad = 0
            self._children = set(children)
            self._backward = lambda: None

        def _result(self, data, children, slopes):
            made = type(self)(data, children)

            def backward():
                for child, slope in zip(children, slopes):
                    child.grad += slope * made.grad

            made._backward = backward
            return made

        def _wrap(self, other):
            return other if isinstance(other, type(self)) else type(self)(other)

        def __add__(self, other):
            other = self._wrap(other)
            return self._result(self.data + other.data, (self, other), (1, 1))

        def __mul__(self, other):
            other = self._wrap(other)
            return self._result(self.data * other.data, (self, other), (other.data, self.data))

        def __pow__(self, exponent):
            slope = exponent * self.data ** (exponent - 1)
            return self._result(self.data**exponent, (self,), (slope,))

        def relu(self):
            return self * (self.data > 0)

        def tanh(self):
            t = float(np.tanh(self.data))
            return self._result(t, (self,), (1 - t * t,))

        def __neg__(self):
            return self * -1

        def __sub__(self, other):
            return self + (-self._wrap(other))

        def __rsub__(self, other):
            return self._wrap(other) - self

        def __truediv__(self, other):
            return self * self._wrap(other) ** -1

        def __rtruediv__(self, other):
            return self._wrap(other) / self

        __radd__ = __add__
        __rmul__ = __mul__

        def backward(self):
            order, seen = [], set()

            def visit(node):
                if node not in seen:
                    seen.add(node)
                    for child in node._children:
                        visit(child)
                    order.append(node)

            visit(self)
            self.grad = 1
            for node in order[::-1]:
                node._backward()

    @also_right
    class WithATapeOfAllThatHappened:
        tape = []

        def __init__(self, data, links=()):
            self.data = np.float64(data)
            self.grad = np.float64(0)
            self.links = links
            self.tape.append(self)

        def __add__(self, other):
            if isinstance(other, type(self)):
                return type(self)(self.data + other.data, [(self, 1), (other, 1)])
            return type(self)(self.data + other, [(self, 1)])

        def __mul__(self, other):
            if isinstance(other, type(self)):
                links = [(self, other.data), (other, self.data)]
                return type(self)(self.data * other.data, links)
            return type(self)(self.data * other, [(self, other)])

        def __pow__(self, p):
            return type(self)(self.data**p, [(self, p * self.data ** (p - 1))])

        def relu(self):
            return type(self)(np.maximum(self.data, 0), [(self, self.data > 0)])

        def tanh(self):
            return type(self)(np.tanh(self.data), [(self, np.cosh(self.data) ** -2)])

        def __neg__(self):
            return self * -1

        def __sub__(self, other):
            return self + -1 * other

        def __truediv__(self, other):
            return self * other**-1

        def __rtruediv__(self, other):
            return other * self**-1

        def __rsub__(self, other):
            return other + -self

        __radd__ = __add__
        __rmul__ = __mul__

        def backward(self):
            self.grad = np.float64(1)
            for node in self.tape[::-1]:  # whatever was made later can't be needed earlier
                for parent, slope in node.links:
                    parent.grad = parent.grad + slope * node.grad


# ------------------------------------------------------------------- one layer at a time


@exercise(
    "relu_backward",
    points=1,
    minutes=5,
    difficulty=1,
    built="Gradients pass where the ReLU was open, and stop where it was shut.",
)
class TestReluBackward:
    def test_passes_where_the_input_was_positive(self, relu_backward):
        got = relu_backward(np.array([[5.0, -6.0, 7.0]]), np.array([[-1.0, 2.0, 3.0]]))
        why = "where Z is positive the slope is 1 and dA passes as it is; elsewhere it is 0."
        expect_close(got, [[0.0, -6.0, 7.0]], why=why)

    def test_blocks_at_exactly_zero(self, relu_backward):
        got = relu_backward(np.array([[5.0, 6.0]]), np.array([[0.0, -0.0]]))
        expect_close(got, [[0.0, 0.0]], why="at the kink the slope is taken to be 0.")

    def test_asks_the_input_and_not_the_gradient(self, relu_backward):
        got = relu_backward(
            np.array([[-3.0, 4.0], [3.0, -4.0]]), np.array([[9.0, 9.0], [-9.0, -9.0]])
        )
        why = "whether a gradient passes depends on the sign of Z, and not on its own sign."
        expect_close(got, [[-3.0, 4.0], [0.0, 0.0]], why=why)

    @pytest.mark.parametrize("seed", [0, 1])
    def test_agrees_with_nudging_the_input(self, relu_backward, seed):
        rng = np.random.default_rng(seed)
        dA, Z = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))

        def loss(nudged):  # a loss whose gradient with respect to A is dA
            return float(np.sum(dA * np.maximum(nudged, 0)))

        why = "dZ is dA, times the slope of the ReLU at Z."
        expect_gradient(relu_backward(dA, Z), dA * (Z > 0), why, name="dZ", of="Z", loss=loss, at=Z)

    @mistake(
        "You ask whether the gradient is positive. What counts is whether Z was: the ReLU was open "
        "or shut on the way forward, and negative gradients pass an open one too."
    )
    def asks_the_gradient(dA, Z):
        return dA * relu_derivative(dA)

    @mistake("You return the ReLU's slope alone. The chain rule multiplies it by what arrives, dA.")
    def forgets_what_arrives(dA, Z):
        return relu_derivative(Z)

    @mistake(
        "You multiply by the ReLU itself where its slope belongs: going forward takes relu(Z), "
        "going back takes relu_derivative(Z)."
    )
    def multiplies_by_the_relu(dA, Z):
        return dA * relu(Z)

    @mistake("You let gradients through at exactly Z = 0; by custom the slope there is 0.")
    def lets_through_at_zero(dA, Z):
        return dA * (Z >= 0)

    @mistake("You hand the gradient back unchanged: where Z was not positive, nothing passes.")
    def lets_everything_through(dA, Z):
        return dA * 1.0

    @mistake(
        "The `@` makes sums of products. The ReLU works on each number alone, and so does its pass "
        "back: multiply entry by entry, with `*`."
    )
    def multiplies_matrices(dA, Z):
        return dA @ relu_derivative(Z)

    @mistake(
        "You return relu(Z), which is the way forward. On the way back it is dA that passes, where "
        "Z is above 0."
    )
    def goes_forward_again(dA, Z):
        return np.where(Z > 0, Z, 0)

    @also_right
    def with_where(dA, Z):
        return np.where(Z > 0, dA, 0)

    @also_right
    def with_a_mask(dA, Z):
        dZ = dA.copy()
        dZ[Z <= 0] = 0
        return dZ

    @also_right
    def number_by_number(dA, Z):
        return [[d if z > 0 else 0 for d, z in zip(*rows)] for rows in zip(dA, Z)]


@exercise(
    "dense_backward",
    points=3,
    minutes=12,
    difficulty=2,
    built="The three matrix products that train every dense layer in the world.",
)
class TestDenseBackward:
    @staticmethod
    def expect_gradients(got, dZ, X, W, why):
        b = np.zeros(W.shape[1])
        expect_that(
            isinstance(got, (tuple, list)) and len(got) == 3,
            "Return three arrays.",
            got=got,
            expected="(dX, dW, db)",
        )

        def loss(X, W, b):  # a loss whose gradient with respect to Z is dZ
            return float(np.sum(dZ * (X @ W + b)))

        right = (dZ @ W.T, X.T @ dZ, dZ.sum(axis=0))
        cases = (
            ("dX", "X", X, lambda nudged: loss(nudged, W, b)),
            ("dW", "W", W, lambda nudged: loss(X, nudged, b)),
            ("db", "b", b, lambda nudged: loss(X, W, nudged)),
        )
        for came, expected, (name, of, at, f) in zip(got, right, cases, strict=True):
            expect_gradient(came, expected, why, name=name, of=of, loss=f, at=at)

    def test_one_example_worked_out_by_hand(self, dense_backward):
        dZ, X = np.array([[1.0, 2.0]]), np.array([[3.0, 4.0, 5.0]])
        W = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
        got = dense_backward(dZ, X, W)
        expected = ([[1.0, 2.0, 3.0]], [[3.0, 6.0], [4.0, 8.0], [5.0, 10.0]], [1.0, 2.0])
        why = "with one example, dW[i, j] is X[0, i] dZ[0, j], and db is the only row of dZ."
        expect_close(got, expected, why=why, parts=("dX", "dW", "db"))

    @pytest.mark.parametrize("shape", [(5, 3, 2), (2, 4, 3), (4, 2, 1), (3, 1, 4)], ids=str)
    def test_agrees_with_nudging_every_entry(self, dense_backward, shape):
        n, m, k = shape
        rng = np.random.default_rng(n)
        dZ, X, W = rng.normal(size=(n, k)), rng.normal(size=(n, m)), rng.normal(size=(m, k))
        why = f"Here n={n}, m={m}, k={k}: a gradient has the shape of what it belongs to."
        self.expect_gradients(dense_backward(dZ, X, W), dZ, X, W, why)

    def test_equal_sizes_hide_no_missing_transpose(self, dense_backward):
        rng = np.random.default_rng(7)
        dZ, X, W = rng.normal(size=(3, 3, 3))
        why = "All matrices are 3 by 3 here, so every product runs, the wrong ones too."
        self.expect_gradients(dense_backward(dZ, X, W), dZ, X, W, why)

    def test_sums_over_the_batch(self, dense_backward):
        rng = np.random.default_rng(1)
        dZ, X, W = rng.normal(size=(3, 2)), rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
        dX, dW, db = dense_backward(np.vstack([dZ, dZ]), np.vstack([X, X]), W)
        why = "every example twice: its share in dW and db counts twice."
        expect_close(dW, 2 * X.T @ dZ, why="dW: " + why)
        expect_close(db, 2 * dZ.sum(axis=0), why="db: " + why)

    @mistake(
        "A transpose is missing in dX: dZ is (n, k) and W is (m, k). Only with W turned to (k, m) "
        "do the inner sizes meet and dX comes out as (n, m)."
    )
    def forgets_to_transpose_the_weights(dZ, X, W):
        return dZ @ W, X.T @ dZ, dZ.sum(axis=0)

    @mistake(
        "A transpose is missing in dW: X is (n, m) and dZ is (n, k). Only with X turned to (m, n) "
        "does the product add up over the n examples and dW comes out as (m, k)."
    )
    def forgets_to_transpose_the_inputs(dZ, X, W):
        return dZ @ W.T, X @ dZ, dZ.sum(axis=0)

    @mistake("Your dW is transposed: dZᵀ X is (k, m). W is (inputs, outputs), so dW is Xᵀ dZ.")
    def turns_dW_round(dZ, X, W):
        return dZ @ W.T, dZ.T @ X, dZ.sum(axis=0)

    @mistake(
        "Your db is not summed over the batch: it has a row for each example. One bias serves all "
        "n examples, so it collects a share of each: add up the rows."
    )
    def leaves_db_unsummed(dZ, X, W):
        return dZ @ W.T, X.T @ dZ, dZ * 1.0

    @mistake(
        "You take a mean over the batch where a sum belongs: yours is n times too small. The "
        "loss's 1/n is in dZ already; dividing again counts it twice."
    )
    def takes_means(dZ, X, W):
        return dZ @ W.T, X.T @ dZ / len(X), dZ.mean(axis=0)

    @mistake(
        "Your dW is right, but your db is a mean over the batch where a sum belongs. Xᵀ dZ sums "
        "over the examples, and db has to do as dW does."
    )
    def takes_the_mean_for_db(dZ, X, W):
        return dZ @ W.T, X.T @ dZ, dZ.mean(axis=0)

    @mistake(
        "Your db is summed along the wrong axis: one number for each example. There is one bias "
        "for each output, so add up over the examples, which are axis 0."
    )
    def sums_db_along_the_rows(dZ, X, W):
        return dZ @ W.T, X.T @ dZ, dZ.sum(axis=1)

    @mistake(
        "Your db is a single number: you add up everything. There is one bias for each output: add "
        "up over the examples only, with axis=0."
    )
    def sums_db_over_everything(dZ, X, W):
        return dZ @ W.T, X.T @ dZ, dZ.sum()

    @mistake(
        "Your db overwrites where it must accumulate: it holds the last example only. "
        "Every example has its share in it."
    )
    def keeps_the_last_example_only(dZ, X, W):
        dW, db = np.zeros(W.shape), np.zeros(W.shape[1])
        for i in range(len(X)):
            dW = np.outer(X[i], dZ[i])
            db = dZ[i]
        return dZ @ W.T, dW, db

    @mistake("The right gradients come back, but in another order: dX first, then dW, then db.")
    def returns_dX_last(dZ, X, W):
        return X.T @ dZ, dZ.sum(axis=0), dZ @ W.T

    @mistake(
        "The * multiplies entry by entry. Here sums of products are needed, over the neurons in dX "
        "and over the examples in dW: use @."
    )
    def multiplies_entry_by_entry(dZ, X, W):
        return dZ * W.T, X.T * dZ, dZ.sum(axis=0)

    @mistake(
        "The factors of your dX stand in the wrong order. dZ is (n, k) and the turned W is (k, m): "
        "only with dZ first do the inner sizes meet."
    )
    def puts_the_weights_first(dZ, X, W):
        return W.T @ dZ, X.T @ dZ, dZ.sum(axis=0)

    @mistake(
        "Your db is a table with one row, of shape (1, k). It has the shape of b, which is (k,): "
        "sum over axis 0 without keepdims."
    )
    def keeps_db_as_a_row(dZ, X, W):
        return dZ @ W.T, X.T @ dZ, dZ.sum(axis=0, keepdims=True)

    @also_right
    def with_einsum(dZ, X, W):
        dX = np.einsum("nk,mk->nm", dZ, W)
        return dX, np.einsum("nm,nk->mk", X, dZ), np.einsum("nk->k", dZ)

    @also_right
    def example_by_example(dZ, X, W):
        dX, dW, db = np.zeros(X.shape), np.zeros(W.shape), np.zeros(W.shape[1])
        for i in range(len(X)):
            dX[i] = W @ dZ[i]
            dW += np.outer(X[i], dZ[i])
            db += dZ[i]
        return [dX, dW, db]

    @also_right
    def turned_round_twice(dZ, X, W):
        return (W @ dZ.T).T, (dZ.T @ X).T, np.ones(len(X)) @ dZ


# --------------------------------------------------------------------- the whole network


def as_drawn(sizes: Sequence[int]) -> str:
    """Sizes of a network as one says them: 2-3-1."""
    return "-".join(map(str, sizes))


def random_network(seed: int, sizes: Sequence[int]) -> Layers:
    """Layers of these sizes, [inputs, hidden…, outputs], with biases that are not zero."""
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(size=(m, k)).round(2), rng.normal(size=k).round(2)) for m, k in pairwise(sizes)
    ]


@exercise(
    "forward_with_cache",
    points=2,
    minutes=8,
    difficulty=1,
    built="A forward pass that leaves a trail, so that gradients find their way back.",
)
class TestForwardWithCache:
    @staticmethod
    def expect_forward(got, X, layers):
        expect_that(
            isinstance(got, (tuple, list)) and len(got) == 2,
            "Return two things: the network's output and the cache.",
            got=got,
            expected="(output, cache)",
        )
        output, cache = got
        expect_close(
            output,
            deep_forward(X, layers),
            why="output: it is what deep_forward gives, the last layer's Z without a ReLU.",
        )
        expect_that(
            isinstance(cache, (list, tuple)) and len(cache) == len(layers),
            "The cache holds one entry for each layer, the last one too.",
            got=cache,
            expected=f"a list of {len(layers)} pairs (inputs, Z)",
        )
        inputs = X
        for number, ((W, b), entry) in enumerate(zip(layers, cache, strict=True), start=1):
            Z = inputs @ W + b
            where = (
                f"layer {number}: the cache keeps the layer's inputs and its Z, before the ReLU."
            )
            expect_close(entry, (inputs, Z), why=where, parts=("inputs", "Z"))
            inputs = np.maximum(Z, 0)

    def test_two_layers_worked_out_by_hand(self, forward_with_cache):
        layers = [(np.array([[2.0]]), np.array([-1.0])), (np.array([[3.0]]), np.array([0.5]))]
        X = np.array([[1.0], [0.0]])
        self.expect_forward(forward_with_cache(X, layers), X, layers)

    @pytest.mark.parametrize(
        "sizes", [(3, 1), (2, 4, 1), (3, 5, 2, 4), (2, 3, 4, 5, 1)], ids=as_drawn
    )
    def test_any_depth(self, forward_with_cache, sizes):
        layers = random_network(len(sizes), sizes)
        X = np.random.default_rng(9).normal(size=(6, sizes[0])).round(2)
        self.expect_forward(forward_with_cache(X, layers), X, layers)

    def test_negative_outputs_stay_negative(self, forward_with_cache):
        layers = [(np.array([[1.0, -2.0]]), np.array([-5.0, -6.0]))]
        X = np.array([[1.0], [2.0], [-1.0]])
        self.expect_forward(forward_with_cache(X, layers), X, layers)

    @mistake(
        "You put the last layer's Z through a ReLU. The output is a logit: it may be negative."
    )
    def bends_the_output(X, layers):
        A, cache = X, []
        for W, b in layers:
            Z = dense(A, W, b)
            cache.append((A, Z))
            A = relu(Z)
        return A, cache

    @mistake(
        "You keep the activations after the ReLU where Z belongs. The ReLU's slope is taken at its "
        "input, the pre-activation Z."
    )
    def keeps_activations_for_pre_activations(X, layers):
        A, cache = X, []
        for W, b in layers:
            Z = dense(A, W, b)
            cache.append((A, relu(Z)))
            A = relu(Z)
        return Z, cache

    @mistake("There is no ReLU between your layers: without a bend they collapse into one layer.")
    def forgets_the_relu(X, layers):
        A, cache = X, []
        for W, b in layers:
            Z = dense(A, W, b)
            cache.append((A, Z))
            A = Z
        return A, cache

    @mistake(
        "You keep each layer's outputs where its inputs belong: the gradient of W needs "
        "what W was multiplied by."
    )
    def keeps_outputs_for_inputs(X, layers):
        A, cache = X, []
        for W, b in layers:
            Z = dense(A, W, b)
            A = relu(Z)
            cache.append((A, Z))
        return Z, cache

    @mistake("Your cache runs from the last layer to the first. Keep it in the order of `layers`.")
    def keeps_the_last_layer_first(X, layers):
        A, cache = X, []
        for W, b in layers:
            Z = dense(A, W, b)
            cache.insert(0, (A, Z))
            A = relu(Z)
        return Z, cache

    @mistake(
        "You keep X as the inputs of every layer. Only the first layer sees X; the others see what "
        "the layer before them sends."
    )
    def keeps_X_everywhere(X, layers):
        A, cache = X, []
        for W, b in layers:
            Z = dense(A, W, b)
            cache.append((X, Z))
            A = relu(Z)
        return Z, cache

    @mistake("You overwrite the cache at each layer, so only the last is left: append to a list.")
    def overwrites_the_cache(X, layers):
        A = X
        for W, b in layers:
            Z = dense(A, W, b)
            cache = [(A, Z)]
            A = relu(Z)
        return Z, cache

    @mistake(
        "You feed X into every layer. Only the first layer sees X: what goes into the next is the "
        "relu(Z) of the layer before."
    )
    def feeds_X_into_every_layer(X, layers):
        cache = []
        for W, b in layers:
            Z = dense(X, W, b)
            cache.append((X, Z))
        return Z, cache

    @mistake(
        "The last layer is missing in your cache. Its inputs and its Z are needed on the way back, "
        "too: each layer has an entry."
    )
    def keeps_nothing_of_the_last_layer(X, layers):
        A, cache = X, []
        for W, b in layers[:-1]:
            Z = dense(A, W, b)
            cache.append((A, Z))
            A = relu(Z)
        W, b = layers[-1]
        return dense(A, W, b), cache

    @mistake(
        "You append the inputs and the Z one after the other. Each layer gets one entry, a pair: "
        "cache.append((A, Z)), with two pairs of brackets."
    )
    def appends_two_things_a_layer(X, layers):
        A, cache = X, []
        for W, b in layers:
            Z = dense(A, W, b)
            cache.append(A)
            cache.append(Z)
            A = relu(Z)
        return Z, cache

    @also_right
    def with_the_last_layer_apart(X, layers):
        *hidden, last = layers
        cache = []
        for W, b in hidden:
            cache.append([X, X @ W + b])
            X = np.maximum(cache[-1][1], 0)
        cache.append([X, X @ last[0] + last[1]])
        return cache[-1][1], cache

    @also_right
    def by_calling_itself(X, layers):
        (W, b), *rest = layers
        Z = np.asarray(X) @ W + b
        if not rest:
            return Z, [(X, Z)]
        output, cache = forward_with_cache(Z * (Z > 0), rest)
        return output, [(X, Z), *cache]


@exercise(
    "network_gradients",
    points=5,
    minutes=18,
    difficulty=3,
    built="Backpropagation. Every weight of any network knows which way to go.",
)
class TestNetworkGradients:
    @staticmethod
    def loss_at(X, y, layers, layer, place) -> Callable[[np.ndarray], float]:
        """The loss as a function of W (place 0) or b (place 1) of one layer."""

        def loss(nudged):
            changed = [list(pair) for pair in layers]
            changed[layer][place] = nudged
            return bce_with_logits(deep_forward(X, changed)[:, 0], y)

        return loss

    def expect_gradients(self, got, X, y, layers):
        expect_that(
            isinstance(got, (tuple, list)) and len(got) == 2,
            "Return two things: the loss and the list of gradients.",
            got=got,
            expected="(loss, gradients)",
        )
        loss, gradients = got
        right_loss, right = reference.network_gradients(X, y, layers)
        expect_close(
            loss,
            right_loss,
            why="loss: it is bce_with_logits of the network's output, as (n,), and y.",
        )
        expect_that(
            isinstance(gradients, (list, tuple))
            and len(gradients) == len(layers)
            and all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in gradients),
            "The second thing is a list with a pair (dW, db) for each layer.",
            got=gradients,
            expected=f"a list of {len(layers)} pairs (dW, db)",
        )
        shapes = [np.shape(dW) for dW, _ in gradients]
        right_shapes = [np.shape(dW) for dW, _ in right]
        expect_that(
            shapes == right_shapes or shapes != right_shapes[::-1],
            "The list is in reverse: the gradients of layer 1 belong first, in the order of "
            "`layers`. Going backwards you meet the last layer first, so turn the list round.",
            got=shapes,
            expected=f"the shapes of dW from layer 1 on: {right_shapes}",
        )
        last = len(layers) - 1
        for layer in reversed(range(len(layers))):  # the way the gradients come
            number = layer + 1
            if layer == last:
                why = (
                    f"Layer {number} is the last: what goes into it is the gradient of the loss "
                    "with respect to the logits, and dense_backward."
                )
            else:
                why = (
                    f"Layer {number + 1} is right, so the error lies between the two: dX of layer "
                    f"{number + 1} becomes dZ of layer {number} by relu_backward, at layer "
                    f"{number}'s own Z."
                )
            for place, part in enumerate("Wb"):
                expect_gradient(
                    gradients[layer][place],
                    right[layer][place],
                    why if place == 0 else f"dW of this layer is right. {why}",
                    name=f"d{part} of layer {number}",
                    of=f"{part} of layer {number}",
                    loss=self.loss_at(X, y, layers, layer, place),
                    at=layers[layer][place],
                )

    def test_one_layer_is_logistic_regression(self, network_gradients):
        layers = [(np.array([[0.5], [-1.0], [2.0]]), np.array([0.25]))]
        X = np.random.default_rng(0).normal(size=(4, 3)).round(2)
        y = np.array([0.0, 1.0, 1.0, 0.0])
        self.expect_gradients(network_gradients(X, y, layers), X, y, layers)

    @pytest.mark.parametrize("sizes", [(2, 3, 1), (3, 5, 2, 1), (2, 4, 3, 5, 1)], ids=as_drawn)
    def test_any_depth(self, network_gradients, sizes):
        layers = random_network(len(sizes), sizes)
        rng = np.random.default_rng(11)
        X = rng.normal(size=(7, sizes[0])).round(2)
        y = rng.integers(0, 2, size=7).astype(float)
        self.expect_gradients(network_gradients(X, y, layers), X, y, layers)

    def test_a_chain_of_single_units(self, network_gradients):
        # three layers of one unit each, all open: no shape can tell them apart
        numbers = [(0.5, 1.0), (-1.5, 4.0), (2.0, -1.0)]
        layers = [(np.array([[w]]), np.array([b])) for w, b in numbers]
        X, y = np.array([[0.5], [1.0], [-0.5]]), np.array([0.0, 1.0, 0.0])
        self.expect_gradients(network_gradients(X, y, layers), X, y, layers)

    def test_equal_sizes_hide_no_missing_transpose(self, network_gradients):
        layers = random_network(5, (3, 3, 3, 1))
        rng = np.random.default_rng(12)
        X, y = rng.normal(size=(3, 3)).round(2), np.array([1.0, 0.0, 1.0])
        self.expect_gradients(network_gradients(X, y, layers), X, y, layers)

    def test_the_loss_is_a_mean_so_twice_the_batch_changes_nothing(self, network_gradients):
        layers = random_network(3, (2, 3, 1))
        X, y = np.random.default_rng(13).normal(size=(4, 2)), np.array([1.0, 0.0, 0.0, 1.0])
        X, y = np.vstack([X, X]), np.concatenate([y, y])
        self.expect_gradients(network_gradients(X, y, layers), X, y, layers)

    def test_a_unit_that_is_never_open_learns_nothing(self, network_gradients):
        layers = [
            (np.array([[1.0, 1.0], [1.0, -1.0]]), np.array([-100.0, 0.5])),
            (np.array([[3.0], [-2.0]]), np.array([0.5])),
        ]
        X = np.array([[1.0, 0.5], [2.0, 0.25], [0.5, -1.0]])
        y = np.array([1.0, 0.0, 1.0])
        self.expect_gradients(network_gradients(X, y, layers), X, y, layers)

    def test_survives_confident_logits(self, network_gradients):
        layers = [
            (np.array([[1.0, -1.0]]), np.zeros(2)),
            (np.array([[900.0], [-900.0]]), np.zeros(1)),
        ]
        got = network_gradients(np.array([[1.0], [-1.0]]), np.array([0.0, 1.0]), layers)
        expected = (900.0, [([[450.0, -450.0]], [450.0, 450.0]), ([[0.5], [-0.5]], [0.0])])
        why = (
            "both answers are wrong, with logits of 900 and -900: lesson 04's functions are stable."
        )
        expect_finite(got[0], why)
        expect_close(got, expected, why=why, parts=("loss", "gradients"))

    @mistake(
        "A transpose is missing on the way back: dX is dZ Wᵀ. Forward, W takes inputs to outputs; "
        "backward, Wᵀ takes the outputs' gradients to the inputs."
    )
    def forgets_a_transpose(X, y, layers):
        output, cache = forward_with_cache(X, layers)
        z = output[:, 0]
        dZ = bce_with_logits_gradient(z, y)[:, np.newaxis]
        gradients = []
        for layer in reversed(range(len(layers))):
            inputs, _ = cache[layer]
            gradients.insert(0, (inputs.T @ dZ, dZ.sum(axis=0)))
            if layer > 0:
                dZ = relu_backward(dZ @ layers[layer][0], cache[layer - 1][1])
        return bce_with_logits(z, y), gradients

    @mistake(
        "You sum over the batch where the loss takes a mean: all your gradients are n times too "
        "large. The mean's 1/n enters once, in the gradient of the loss."
    )
    def sums_where_the_loss_takes_a_mean(X, y, layers):
        output, cache = forward_with_cache(X, layers)
        z = output[:, 0]
        dZ = (sigmoid(z) - y)[:, np.newaxis]
        gradients = []
        for layer in reversed(range(len(layers))):
            dX, dW, db = dense_backward(dZ, cache[layer][0], layers[layer][0])
            gradients.insert(0, (dW, db))
            if layer > 0:
                dZ = relu_backward(dX, cache[layer - 1][1])
        return bce_with_logits(z, y), gradients

    @mistake(
        "You divide by n twice: bce_with_logits_gradient has the mean's 1/n in it, so what "
        "follows are sums over the batch."
    )
    def takes_the_mean_twice(X, y, layers):
        output, cache = forward_with_cache(X, layers)
        z = output[:, 0]
        dZ = bce_with_logits_gradient(z, y)[:, np.newaxis]
        gradients = []
        for layer in reversed(range(len(layers))):
            dX, dW, db = dense_backward(dZ, cache[layer][0], layers[layer][0])
            gradients.insert(0, (dW / len(y), db / len(y)))
            if layer > 0:
                dZ = relu_backward(dX, cache[layer - 1][1])
        return bce_with_logits(z, y), gradients

    @mistake(
        "Your db is not summed over the batch: it has a row for each example. A bias serves all "
        "examples, so its gradient adds up their shares."
    )
    def leaves_db_unsummed(X, y, layers):
        output, cache = forward_with_cache(X, layers)
        z = output[:, 0]
        dZ = bce_with_logits_gradient(z, y)[:, np.newaxis]
        gradients = []
        for layer in reversed(range(len(layers))):
            gradients.insert(0, (cache[layer][0].T @ dZ, dZ))
            if layer > 0:
                dZ = relu_backward(dZ @ layers[layer][0].T, cache[layer - 1][1])
        return bce_with_logits(z, y), gradients

    @mistake(
        "You take the ReLU's slope at the wrong place: at the activations that come after a "
        "weight matrix, in the layer's own Z. The dX that leaves layer 2 meets the ReLU that "
        "stands before layer 2, and its input is the Z of layer 1."
    )
    def takes_the_slope_at_the_later_layer(X, y, layers):
        output, cache = forward_with_cache(X, layers)
        z = output[:, 0]
        dZ = bce_with_logits_gradient(z, y)[:, np.newaxis]
        gradients = []
        for layer in reversed(range(len(layers))):
            dX, dW, db = dense_backward(dZ, cache[layer][0], layers[layer][0])
            gradients.insert(0, (dW, db))
            if layer > 0:
                dZ = relu_backward(dX, cache[layer][1])
        return bce_with_logits(z, y), gradients

    @mistake(
        "You take the ReLU's slope at the gradient instead of at Z: negative gradients are lost. "
        "Whether a unit is open is decided by the Z of the forward pass."
    )
    def takes_the_slope_at_the_gradient(X, y, layers):
        output, cache = forward_with_cache(X, layers)
        z = output[:, 0]
        dZ = bce_with_logits_gradient(z, y)[:, np.newaxis]
        gradients = []
        for layer in reversed(range(len(layers))):
            dX, dW, db = dense_backward(dZ, cache[layer][0], layers[layer][0])
            gradients.insert(0, (dW, db))
            dZ = dX * relu_derivative(dX)
        return bce_with_logits(z, y), gradients

    @mistake(
        "You put a ReLU's slope behind the last layer too. There is no ReLU after it: its dZ is "
        "the gradient of the loss as it is."
    )
    def bends_behind_the_last_layer(X, y, layers):
        output, cache = forward_with_cache(X, layers)
        z = output[:, 0]
        dA = bce_with_logits_gradient(z, y)[:, np.newaxis]
        gradients = []
        for layer in reversed(range(len(layers))):
            inputs, Z = cache[layer]
            dA, dW, db = dense_backward(relu_backward(dA, Z), inputs, layers[layer][0])
            gradients.insert(0, (dW, db))
        return bce_with_logits(z, y), gradients

    @mistake(
        "The ReLUs are missing on your way back: a unit that was shut on the way forward lets "
        "no gradient through. Send dX through relu_backward before it enters the layer below."
    )
    def forgets_the_relu_on_the_way_back(X, y, layers):
        output, cache = forward_with_cache(X, layers)
        z = output[:, 0]
        dZ = bce_with_logits_gradient(z, y)[:, np.newaxis]
        gradients = []
        for layer in reversed(range(len(layers))):
            dZ, dW, db = dense_backward(dZ, cache[layer][0], layers[layer][0])
            gradients.insert(0, (dW, db))
        return bce_with_logits(z, y), gradients

    @mistake(
        "You overwrite gradients where they must accumulate: of your loop over the examples only "
        "the last one is left. Start from zeros and add each example's share with `+=`."
    )
    def overwrites_example_by_example(X, y, layers):
        output, _ = forward_with_cache(X, layers)
        z = output[:, 0]
        gradients = [None] * len(layers)
        for i in range(len(y)):
            _, cache = forward_with_cache(X[i : i + 1], layers)
            dZ = bce_with_logits_gradient(z, y)[i : i + 1, np.newaxis]
            for layer in reversed(range(len(layers))):
                dX, dW, db = dense_backward(dZ, cache[layer][0], layers[layer][0])
                gradients[layer] = (dW, db)
                if layer > 0:
                    dZ = relu_backward(dX, cache[layer - 1][1])
        return bce_with_logits(z, y), gradients

    @mistake(
        "Your loss gradient has the wrong sign: it is sigmoid(z) - y, over n. With y - sigmoid(z) "
        "every gradient points downhill, and descent would climb."
    )
    def turns_the_sign_of_the_loss_gradient(X, y, layers):
        output, cache = forward_with_cache(X, layers)
        z = output[:, 0]
        dZ = ((y - sigmoid(z)) / len(y))[:, np.newaxis]
        gradients = []
        for layer in reversed(range(len(layers))):
            dX, dW, db = dense_backward(dZ, cache[layer][0], layers[layer][0])
            gradients.insert(0, (dW, db))
            if layer > 0:
                dZ = relu_backward(dX, cache[layer - 1][1])
        return bce_with_logits(z, y), gradients

    @mistake(
        "Your list has the layers in reverse order. Going back you meet the last layer first; "
        "turn the list round before you return it, so that gradients[0] belongs to layers[0]."
    )
    def lists_the_last_layer_first(X, y, layers):
        output, cache = forward_with_cache(X, layers)
        z = output[:, 0]
        dZ = bce_with_logits_gradient(z, y)[:, np.newaxis]
        gradients = []
        for layer in reversed(range(len(layers))):
            dX, dW, db = dense_backward(dZ, cache[layer][0], layers[layer][0])
            gradients.append((dW, db))
            if layer > 0:
                dZ = relu_backward(dX, cache[layer - 1][1])
        return bce_with_logits(z, y), gradients

    @mistake(
        "You go through the layers from the first to the last. The gradient is known at the "
        "output, so the way back begins with the last layer."
    )
    def goes_back_from_the_first_layer(X, y, layers):
        output, cache = forward_with_cache(X, layers)
        z = output[:, 0]
        dZ = bce_with_logits_gradient(z, y)[:, np.newaxis]
        gradients = []
        for layer in range(len(layers)):
            dX, dW, db = dense_backward(dZ, cache[layer][0], layers[layer][0])
            gradients.append((dW, db))
            if layer > 0:
                dZ = relu_backward(dX, cache[layer - 1][1])
        return bce_with_logits(z, y), gradients

    @mistake(
        "You fell into the shape trap at the turning point. Take the output's only column, "
        "output[:, 0], before it meets y: (n, 1) minus (n,) is an (n, n) table. And make the "
        "gradient (n, 1) again, with [:, np.newaxis], before it enters the last layer."
    )
    def subtracts_labels_from_a_column(X, y, layers):
        output, cache = forward_with_cache(X, layers)
        loss = bce_with_logits(output[:, 0], y)
        dZ = (sigmoid(output) - y) / len(y)
        gradients = []
        for layer in reversed(range(len(layers))):
            dX, dW, db = dense_backward(dZ, cache[layer][0], layers[layer][0])
            gradients.insert(0, (dW, db))
            if layer > 0:
                dZ = relu_backward(dX, cache[layer - 1][1])
        return loss, gradients

    @mistake(
        "You hand relu_backward the inputs of the layer before, and not its Z: each entry of the "
        "cache is (inputs, Z), so the Z has the index 1."
    )
    def takes_the_inputs_for_Z(X, y, layers):
        output, cache = forward_with_cache(X, layers)
        z = output[:, 0]
        dZ = bce_with_logits_gradient(z, y)[:, np.newaxis]
        gradients = []
        for layer in reversed(range(len(layers))):
            dX, dW, db = dense_backward(dZ, cache[layer][0], layers[layer][0])
            gradients.insert(0, (dW, db))
            if layer > 0:
                dZ = relu_backward(dX, cache[layer - 1][0])
        return bce_with_logits(z, y), gradients

    @mistake(
        "You hand relu_backward its arguments the wrong way round: first what arrives, dX, then "
        "the Z that decides what passes."
    )
    def swaps_the_arguments_of_relu_backward(X, y, layers):
        output, cache = forward_with_cache(X, layers)
        z = output[:, 0]
        dZ = bce_with_logits_gradient(z, y)[:, np.newaxis]
        gradients = []
        for layer in reversed(range(len(layers))):
            dX, dW, db = dense_backward(dZ, cache[layer][0], layers[layer][0])
            gradients.insert(0, (dW, db))
            if layer > 0:
                dZ = relu_backward(cache[layer - 1][1], dX)
        return bce_with_logits(z, y), gradients

    @mistake(
        "You put a sigmoid before the loss. bce_with_logits and its gradient want the logits as "
        "they are: the sigmoid is inside."
    )
    def squashes_the_logits_first(X, y, layers):
        output, cache = forward_with_cache(X, layers)
        z = sigmoid(output[:, 0])
        dZ = bce_with_logits_gradient(z, y)[:, np.newaxis]
        gradients = []
        for layer in reversed(range(len(layers))):
            dX, dW, db = dense_backward(dZ, cache[layer][0], layers[layer][0])
            gradients.insert(0, (dW, db))
            if layer > 0:
                dZ = relu_backward(dX, cache[layer - 1][1])
        return bce_with_logits(z, y), gradients

    @mistake(
        "You go through the layers from the first to the last. The gradient is known at the "
        "output only, so the way back begins with the last layer: loop over "
        "reversed(range(len(layers)))."
    )
    def begins_with_the_first_layer(X, y, layers):
        output, cache = forward_with_cache(X, layers)
        z = output[:, 0]
        dZ = bce_with_logits_gradient(z, y)[:, np.newaxis]
        gradients = []
        for layer in range(len(layers)):
            dX, dW, db = dense_backward(dZ, cache[layer][0], layers[layer][0])
            gradients.insert(0, (dW, db))
            if layer > 0:
                dZ = relu_backward(dX, cache[layer - 1][1])
        return bce_with_logits(z, y), gradients

    @mistake(
        "You name the three results of dense_backward in another order than they come: dX first, "
        "then dW, then db."
    )
    def names_the_results_in_another_order(X, y, layers):
        output, cache = forward_with_cache(X, layers)
        z = output[:, 0]
        dZ = bce_with_logits_gradient(z, y)[:, np.newaxis]
        gradients = []
        for layer in reversed(range(len(layers))):
            dW, db, dX = dense_backward(dZ, cache[layer][0], layers[layer][0])
            gradients.insert(0, (dW, db))
            if layer > 0:
                dZ = relu_backward(dX, cache[layer - 1][1])
        return bce_with_logits(z, y), gradients

    @also_right
    def example_by_example(X, y, layers):
        total = [(np.zeros(W.shape), np.zeros(b.shape)) for W, b in layers]
        losses = []
        for x, label in zip(X, y):
            signals = [x]
            for W, b in layers:
                signals.append(
                    np.maximum(signals[-1], 0) @ W + b if len(signals) > 1 else x @ W + b
                )
            z = signals[-1][0]
            losses.append(max(z, 0) - z * label + np.log1p(np.exp(-abs(z))))
            dz = np.array([(sigmoid(z) - label) / len(y)])
            for layer in range(len(layers) - 1, -1, -1):
                before = signals[layer] if layer == 0 else np.maximum(signals[layer], 0)
                total[layer][0][:] += np.outer(before, dz)
                total[layer][1][:] += dz
                dz = (layers[layer][0] @ dz) * (signals[layer] > 0)
        return np.mean(losses), total

    @also_right
    def by_calling_itself(X, y, layers):
        def go(A, rest):
            (W, b), *after = rest
            Z = A @ W + b
            if not after:
                z = Z[:, 0]
                loss = np.mean(np.logaddexp(0, z) - y * z)
                dZ = ((0.5 + 0.5 * np.tanh(z / 2) - y) / len(y)).reshape(-1, 1)
                later = []
            else:
                loss, dA, later = go(np.where(Z > 0, Z, 0), after)
                dZ = np.where(Z > 0, dA, 0)
            return loss, dZ @ W.T, [[A.T @ dZ, dZ.sum(0)]] + later

        loss, _, gradients = go(X, layers)
        return [loss, gradients]


@exercise(
    "gradient_check",
    points=2,
    minutes=8,
    difficulty=2,
    built="A referee for every gradient you will ever derive: the definition itself.",
)
class TestGradientCheck:
    FUNCTIONS = {
        "squares": "np.sum(w**2)",
        "cubes": "np.sum(w**3)",
        "product": "w[0] * w[1]",
        "million": "1e6 * np.sum(w**2)",
        "first": "w[0] ** 2",
    }

    def check(self, gradient_check, function, gradient, w):
        """Let the learner's function check a gradient of one of the functions above."""
        code = f"""
            def f(w):
                return {self.FUNCTIONS[function]}
            return gradient_check(f, gradient, w)
        """
        got = gradient_check.drive(code, gradient=np.array(gradient), w=np.array(w))
        expect_that(
            np.ndim(got) == 0, "Return one number, the largest.", got=got, expected="a float"
        )
        return got

    def test_a_right_gradient_has_a_tiny_error(self, gradient_check):
        got = self.check(gradient_check, "squares", [6.0, -2.0, 1.0], [3.0, -1.0, 0.5])
        expect_that(
            got < 1e-8, "2 w is right for the sum of squares.", got=got, expected="below 1e-8"
        )

    def test_takes_central_differences(self, gradient_check):
        got = self.check(gradient_check, "cubes", [3.0, 12.0], [1.0, 2.0])
        why = (
            "3 w² is right for the sum of cubes. Central differences, with a nudge of 1e-5 to "
            "either side, come as near as 1e-10; a nudge to one side only does not."
        )
        expect_that(got < 1e-8, why, got=got, expected="below 1e-8")

    def test_is_relative_to_the_sum_of_both_sizes(self, gradient_check):
        got = self.check(gradient_check, "squares", [9.0, -3.0], [3.0, -1.0])
        why = "3 w against 2 w: the error is |3 w - 2 w| / (|3 w| + |2 w|) = 1/5."
        expect_close(got, 0.2, why=why, rtol=1e-6)

    def test_does_not_depend_on_the_scale_of_the_function(self, gradient_check):
        got = self.check(gradient_check, "million", [9e6, -3e6], [3.0, -1.0])
        expect_close(
            got, 0.2, why="f is a million times larger, its relative error is not.", rtol=1e-6
        )

    def test_a_wrong_sign_is_the_largest_error_there_is(self, gradient_check):
        got = self.check(gradient_check, "squares", [-6.0, 2.0], [3.0, -1.0])
        expect_close(got, 1.0, why="|-2 w - 2 w| / (|-2 w| + |2 w|) is 1.", rtol=1e-6)

    @pytest.mark.parametrize("wrong", [1.0, 3.0])
    def test_one_wrong_entry_is_enough(self, gradient_check, wrong):
        w = np.array([[1.0, -2.0, 3.0], [0.5, 1.0, -1.5]])
        gradient = 2 * w
        gradient[1, 1] = wrong  # it should be 2
        got = self.check(gradient_check, "squares", gradient, w)
        expected = abs(wrong - 2) / (wrong + 2)
        why = f"one of six entries says {wrong:g} instead of 2; the largest error counts."
        expect_close(got, expected, why=why, rtol=1e-6)

    def test_a_small_wrong_entry_beside_large_right_ones(self, gradient_check):
        got = self.check(gradient_check, "product", [500.0, 0.002], [0.001, 500.0])
        why = "the second entry is 0.002 and should be 0.001, however large the first one is."
        expect_close(got, 1 / 3, why=why, rtol=1e-5)

    def test_an_entry_without_influence_is_no_error(self, gradient_check):
        got = self.check(gradient_check, "first", [6.0, 0.0], [3.0, 5.0])
        why = "f ignores w[1], so both slopes are 0 there: max(…, 1e-12) keeps 0 / 0 away."
        expect_that(got < 1e-8, why, got=got, expected="below 1e-8")

    @mistake(
        "Yours is the absolute error. Whether 0.001 is much depends on the gradient's size: divide "
        "by |a| + |c|."
    )
    def takes_absolute_errors(f, gradient, w):
        return np.max(np.abs(gradient - numerical_gradient(f, w, 1e-5)))

    @mistake(
        "You take the mean of the errors. One wrong entry among a thousand right ones would "
        "hardly show: take the largest."
    )
    def takes_the_mean(f, gradient, w):
        c = numerical_gradient(f, w, 1e-5)
        return np.mean(np.abs(gradient - c) / np.maximum(np.abs(gradient) + np.abs(c), 1e-12))

    @mistake(
        "You nudge to one side only. A forward difference is off by about epsilon times f'', "
        "far more than the central one."
    )
    def takes_forward_differences(f, gradient, w):
        c = np.zeros(w.shape)
        for index in np.ndindex(w.shape):
            nudge = np.zeros(w.shape)
            nudge[index] = 1e-5
            c[index] = (f(w + nudge) - f(w)) / 1e-5
        return np.max(np.abs(gradient - c) / np.maximum(np.abs(gradient) + np.abs(c), 1e-12))

    @mistake(
        "You divide by the span of one nudge, epsilon. From w - epsilon to w + epsilon it is two: "
        "your differences are twice too large."
    )
    def divides_by_one_nudge(f, gradient, w):
        c = 2 * numerical_gradient(f, w, 1e-5)
        return np.max(np.abs(gradient - c) / np.maximum(np.abs(gradient) + np.abs(c), 1e-12))

    @mistake(
        "You compare without absolute values, so an entry that is too small counts as a negative "
        "error and never becomes the largest: take |a - c|."
    )
    def keeps_the_signs(f, gradient, w):
        c = numerical_gradient(f, w, 1e-5)
        return np.max((gradient - c) / np.maximum(np.abs(gradient) + np.abs(c), 1e-12))

    @mistake(
        "You divide by |c| alone. The formula divides by |a| + |c|: so no error is above 1, and "
        "neither side is taken for the truth."
    )
    def divides_by_one_side(f, gradient, w):
        c = numerical_gradient(f, w, 1e-5)
        return np.max(np.abs(gradient - c) / np.maximum(np.abs(c), 1e-12))

    @mistake(
        "You compare the lengths of whole gradients, and one small wrong entry drowns among large "
        "right ones: take an error for each entry, then the largest."
    )
    def compares_whole_lengths(f, gradient, w):
        c = numerical_gradient(f, w, 1e-5)
        lengths = np.linalg.norm(gradient) + np.linalg.norm(c)
        return np.linalg.norm(gradient - c) / max(lengths, 1e-12)

    @mistake(
        "Where an entry has no influence, both slopes are 0 and yours divides 0 by 0. The "
        "denominator is at least 1e-12."
    )
    def divides_zero_by_zero(f, gradient, w):
        c = numerical_gradient(f, w, 1e-5)
        return np.max(np.abs(gradient - c) / (np.abs(gradient) + np.abs(c)))

    @mistake("You return an error for each entry. Give back one number: the largest.")
    def returns_all_errors(f, gradient, w):
        c = numerical_gradient(f, w, 1e-5)
        return np.abs(gradient - c) / np.maximum(np.abs(gradient) + np.abs(c), 1e-12)

    @mistake(
        "You take one maximum for all entries, in the denominator: a small wrong entry drowns "
        "there beside a large one. Divide each error by its own |a| + |c|, with np.maximum."
    )
    def divides_by_the_largest_of_all(f, gradient, w):
        c = numerical_gradient(f, w, 1e-5)
        return np.max(np.abs(gradient - c)) / max(np.max(np.abs(gradient) + np.abs(c)), 1e-12)

    @mistake(
        "Python's own max takes one of its arguments whole, and can't choose between arrays entry "
        "by entry: that is np.maximum."
    )
    def takes_the_maximum_of_python(f, gradient, w):
        c = numerical_gradient(f, w, 1e-5)
        return np.max(np.abs(gradient - c) / max(np.abs(gradient) + np.abs(c), 1e-12))

    @mistake(
        "In your denominator a and c may cancel: take both absolute values first, then add, "
        "|a| + |c|. With |a + c|, a flipped sign divides by almost nothing."
    )
    def adds_before_the_absolute_values(f, gradient, w):
        c = numerical_gradient(f, w, 1e-5)
        return np.max(np.abs(gradient - c) / np.maximum(np.abs(gradient + c), 1e-12))

    @also_right
    def entry_by_entry(f, gradient, w):
        worst = 0.0
        for i in range(w.size):
            high, low = w.copy(), w.copy()
            high.flat[i] += 1e-5
            low.flat[i] -= 1e-5
            a, c = gradient.flat[i], (f(high) - f(low)) / 2e-5
            worst = max(worst, abs(a - c) / max(abs(a) + abs(c), 1e-12))
        return worst

    @also_right
    def on_a_flat_copy(f, gradient, w):
        c = numerical_gradient(lambda flat: f(flat.reshape(w.shape)), w.ravel(), 1e-5)
        a = np.ravel(gradient)
        return (np.abs(a - c) / np.clip(np.abs(a) + np.abs(c), 1e-12, None)).max()


@exercise(
    "train_network",
    points=3,
    minutes=8,
    difficulty=2,
    built="A network that learns, and every line of it is yours.",
    time_limit=10.0,
)
class TestTrainNetwork:
    @staticmethod
    def task(seed):
        rng = np.random.default_rng(seed)
        X, y = rng.normal(size=(6, 2)), rng.integers(0, 2, size=6).astype(float)
        return X, y, random_network(seed, (2, 4, 3, 1))

    @staticmethod
    def expect_training(got, X, y, start, learning_rate, steps):
        layers = [(W.copy(), b.copy()) for W, b in start]
        losses = []
        for step in range(steps + 1):
            loss, gradients = reference.network_gradients(X, y, layers)
            losses.append(loss)
            if step < steps:
                layers = [
                    (W - learning_rate * dW, b - learning_rate * db)
                    for (W, b), (dW, db) in zip(layers, gradients, strict=True)
                ]
        expect_that(
            isinstance(got, (tuple, list)) and len(got) == 2,
            "Return two things: the trained layers and the losses.",
            got=got,
            expected="(layers, losses)",
        )
        trained, came = got
        expect_that(
            np.shape(came) == (steps + 1,),
            f"{steps} steps make {steps + 1} losses: one at the start and one after each step.",
            got=np.shape(came),
            expected=f"losses of the shape ({steps + 1},)",
        )
        expect_that(
            isinstance(trained, (list, tuple))
            and len(trained) == len(layers)
            and all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in trained),
            "The first thing is a list with a pair (W, b) for each layer.",
            got=trained,
            expected=f"a list of {len(layers)} pairs (W, b)",
        )
        for number, (pair, right) in enumerate(zip(trained, layers, strict=True), start=1):
            expect_close(
                pair,
                right,
                why=f"layer {number}: every W goes down along its dW, every b along its db, all "
                "in one step.",
                parts=("W", "b"),
            )
        expect_close(
            came,
            losses,
            why="losses: entry t is the loss after t steps, entry 0 the one at the start.",
        )

    def test_one_step_worked_out_by_hand(self, train_network):
        X, y = np.array([[1.0], [3.0]]), np.array([0.0, 1.0])
        start = [(np.array([[0.0]]), np.array([0.0]))]
        # both gradients of the logits are 1/4, with opposite signs: dW = (1 - 3) / 4, db = 0
        self.expect_training(train_network(X, y, start, 0.5, 1), X, y, start, 0.5, 1)

    def test_no_step_leaves_all_as_it_is(self, train_network):
        X, y, start = self.task(0)
        self.expect_training(train_network(X, y, start, 0.5, 0), X, y, start, 0.5, 0)

    def test_one_step_goes_down_along_the_gradient(self, train_network):
        X, y, start = self.task(1)
        self.expect_training(train_network(X, y, start, 0.5, 1), X, y, start, 0.5, 1)

    @pytest.mark.parametrize("seed", [2, 3])
    def test_several_steps(self, train_network, seed):
        X, y, start = self.task(seed)
        self.expect_training(train_network(X, y, start, 0.1, 7), X, y, start, 0.1, 7)

    def test_learns_xor(self, train_network):
        X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        y = np.array([0.0, 1.0, 1.0, 0.0])
        layers, losses = train_network(X, y, random_network(6, (2, 6, 1)), 0.5, 600)
        probabilities = sigmoid(deep_forward(X, layers)[:, 0])
        expect_that(
            np.all(np.abs(probabilities - y) < 0.2),
            "After 600 steps on XOR the four probabilities are within 0.2 of 0, 1, 1, 0.",
            got=probabilities,
            expected="near 0, 1, 1, 0",
        )
        expect_that(losses[-1] < 0.1, "The loss ends low.", got=losses[-1], expected="below 0.1")

    @mistake("You go uphill: adding the gradient makes the loss grow. Subtract it.")
    def climbs(X, y, layers, learning_rate, steps):
        losses = []
        for _ in range(steps):
            loss, gradients = network_gradients(X, y, layers)
            losses.append(loss)
            layers = [
                (W + learning_rate * dW, b + learning_rate * db)
                for (W, b), (dW, db) in zip(layers, gradients)
            ]
        losses.append(network_gradients(X, y, layers)[0])
        return layers, losses

    @mistake(
        "The last loss is missing: `steps` steps make steps + 1 losses, the first before any step "
        "and the last after all of them."
    )
    def leaves_out_the_last_loss(X, y, layers, learning_rate, steps):
        losses = []
        for _ in range(steps):
            loss, gradients = network_gradients(X, y, layers)
            losses.append(loss)
            layers = [
                (W - learning_rate * dW, b - learning_rate * db)
                for (W, b), (dW, db) in zip(layers, gradients)
            ]
        return layers, np.array(losses)

    @mistake("Your biases never move: they are parameters too, and db tells them where to go.")
    def leaves_the_biases(X, y, layers, learning_rate, steps):
        losses = []
        for _ in range(steps):
            loss, gradients = network_gradients(X, y, layers)
            losses.append(loss)
            layers = [(W - learning_rate * dW, b) for (W, b), (dW, _) in zip(layers, gradients)]
        losses.append(network_gradients(X, y, layers)[0])
        return layers, losses

    @mistake(
        "You move one layer, then compute new gradients for the next. One step uses one set of "
        "gradients for all layers."
    )
    def moves_one_layer_at_a_time(X, y, layers, learning_rate, steps):
        layers, losses = list(layers), []
        for _ in range(steps):
            losses.append(network_gradients(X, y, layers)[0])
            for layer in range(len(layers)):
                dW, db = network_gradients(X, y, layers)[1][layer]
                W, b = layers[layer]
                layers[layer] = (W - learning_rate * dW, b - learning_rate * db)
        losses.append(network_gradients(X, y, layers)[0])
        return layers, losses

    @mistake(
        "You compute the gradients once, at the start, and use them for every step. After a step "
        "the loss slopes otherwise: compute them anew."
    )
    def keeps_the_first_gradients(X, y, layers, learning_rate, steps):
        losses = []
        _, gradients = network_gradients(X, y, layers)
        for _ in range(steps):
            losses.append(network_gradients(X, y, layers)[0])
            layers = [
                (W - learning_rate * dW, b - learning_rate * db)
                for (W, b), (dW, db) in zip(layers, gradients)
            ]
        losses.append(network_gradients(X, y, layers)[0])
        return layers, losses

    @mistake("Your steps forget the learning rate: a step is learning_rate times the gradient.")
    def forgets_the_learning_rate(X, y, layers, learning_rate, steps):
        losses = []
        for _ in range(steps):
            loss, gradients = network_gradients(X, y, layers)
            losses.append(loss)
            layers = [(W - dW, b - db) for (W, b), (dW, db) in zip(layers, gradients)]
        losses.append(network_gradients(X, y, layers)[0])
        return layers, losses

    @mistake(
        "You change the layers you were given: `-=` writes into the caller's array, and "
        "`layers[i] = …` into the caller's list. Whoever called you still needs the start: make "
        "new arrays, in a new list."
    )
    def changes_the_layers_it_was_given(X, y, layers, learning_rate, steps):
        losses = []
        for _ in range(steps):
            loss, gradients = network_gradients(X, y, layers)
            losses.append(loss)
            for (W, b), (dW, db) in zip(layers, gradients):
                W -= learning_rate * dW
                b -= learning_rate * db
        losses.append(network_gradients(X, y, layers)[0])
        return layers, losses

    @mistake(
        "You step from the start each time: the new layers are computed, but the next step begins "
        "with the old ones."
    )
    def steps_from_the_start_each_time(X, y, layers, learning_rate, steps):
        losses, trained = [network_gradients(X, y, layers)[0]], layers
        for _ in range(steps):
            _, gradients = network_gradients(X, y, layers)
            trained = [
                (W - learning_rate * dW, b - learning_rate * db)
                for (W, b), (dW, db) in zip(layers, gradients)
            ]
            losses.append(network_gradients(X, y, trained)[0])
        return trained, losses

    @mistake(
        "Your new arrays are lost: W and b are names inside the loop, and giving them a new array "
        "leaves `layers` as it was. Collect the new pairs in a new list of layers."
    )
    def loses_the_new_arrays(X, y, layers, learning_rate, steps):
        losses = []
        for _ in range(steps):
            losses.append(network_gradients(X, y, layers)[0])
        losses.append(network_gradients(X, y, layers)[0])
        return layers, losses

    @mistake(
        "The first loss is missing: `steps` steps make steps + 1 losses. Write down the one before "
        "any step, too."
    )
    def leaves_out_the_first_loss(X, y, layers, learning_rate, steps):
        losses = []
        for _ in range(steps):
            _, gradients = network_gradients(X, y, layers)
            layers = [
                (W - learning_rate * dW, b - learning_rate * db)
                for (W, b), (dW, db) in zip(layers, gradients)
            ]
            losses.append(network_gradients(X, y, layers)[0])
        return layers, losses

    @mistake(
        "You take one step too many. There is one loss more than there are steps: after the last "
        "step, compute the loss, and move no further."
    )
    def takes_one_step_too_many(X, y, layers, learning_rate, steps):
        losses = []
        for _ in range(steps + 1):
            loss, gradients = network_gradients(X, y, layers)
            losses.append(loss)
            layers = [
                (W - learning_rate * dW, b - learning_rate * db)
                for (W, b), (dW, db) in zip(layers, gradients)
            ]
        return layers, losses

    @mistake(
        "Your array of losses has one place more than you fill: the last entry is still 0. After "
        "the last step, ask once more for the loss."
    )
    def leaves_the_last_loss_at_zero(X, y, layers, learning_rate, steps):
        losses = np.zeros(steps + 1)
        for step in range(steps):
            losses[step], gradients = network_gradients(X, y, layers)
            layers = [
                (W - learning_rate * dW, b - learning_rate * db)
                for (W, b), (dW, db) in zip(layers, gradients)
            ]
        return layers, losses

    @mistake("The right two things, in the wrong order: the layers come first, then the losses.")
    def returns_the_losses_first(X, y, layers, learning_rate, steps):
        losses = []
        for _ in range(steps):
            loss, gradients = network_gradients(X, y, layers)
            losses.append(loss)
            layers = [
                (W - learning_rate * dW, b - learning_rate * db)
                for (W, b), (dW, db) in zip(layers, gradients)
            ]
        losses.append(network_gradients(X, y, layers)[0])
        return losses, layers

    @also_right
    def with_copies_changed_in_place(X, y, layers, learning_rate, steps):
        layers = [[W.copy(), b.copy()] for W, b in layers]
        losses = []
        for step in range(steps + 1):
            loss, gradients = network_gradients(X, y, layers)
            losses.append(loss)
            if step < steps:
                for pair, slopes in zip(layers, gradients):
                    pair[0] -= learning_rate * slopes[0]
                    pair[1] -= learning_rate * slopes[1]
        return layers, losses

    @also_right
    def by_calling_itself(X, y, layers, learning_rate, steps):
        def go(layers, left):
            loss, gradients = network_gradients(X, y, layers)
            if left == 0:
                return layers, [loss]
            moved = []
            for (W, b), (dW, db) in zip(layers, gradients):
                moved.append((W - learning_rate * dW, b - learning_rate * db))
            trained, losses = go(moved, left - 1)
            return trained, [loss, *losses]

        return go(layers, steps)
