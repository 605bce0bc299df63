"""The pictures of lesson 06 move as their controls say, and show what they are given."""

import math
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.pointing import press
from utils.backpropagation import (
    Value,
    dense_backward,
    gradient_by_hand,
    network_gradients,
    two_moons,
)
from utils.widgets.backpropagation import (
    BOX_HEIGHT,
    BOX_WIDTH,
    BUGS,
    COLUMN,
    ROW,
    backward_stepper,
    chain_explorer,
    draw_cost,
    draw_gradients,
    draw_graph,
    draw_order,
    draw_shapes,
    gradient_check_heatmap,
    graph_player,
    lay_out,
    layer_norms,
    nudged_gradients,
    number,
    read_graph,
    training_player,
    vanishing_explorer,
    ways_explorer,
)


@pytest.fixture(autouse=True)
def _no_open_figures():
    yield
    plt.close("all")


def small_graph():
    a, b, c = Value(2.0), Value(-3.0), Value(10.0)
    d = a * b
    e = d + c
    L = e * a
    return L, {"a": a, "b": b, "c": c, "d": d, "e": e, "L": L}


def texts(axes):
    return [text.get_text() for text in axes.texts]


def problem():
    rng = np.random.default_rng(0)
    layers = [
        (rng.normal(size=(3, 5)), rng.normal(size=5)),
        (rng.normal(size=(5, 1)), rng.normal(size=1)),
    ]
    return rng.normal(size=(8, 3)), (rng.random(8) > 0.5) * 1.0, layers


# ------------------------------------------------------------------------ a chain of two weights


def test_the_tangent_has_the_slope_that_the_learners_function_returns():
    live = chain_explorer(lambda x, y, w1, w2: (7.0, -2.0))
    tangent = live.figure.axes[1].lines[1]
    for weight, slope in (("w1", 7.0), ("w2", -2.0)):
        live.set(weight=weight)
        (x0, x1), (y0, y1) = tangent.get_data()
        assert (y1 - y0) / (x1 - x0) == pytest.approx(slope)
        assert f"Your function says {number(slope)}." in live.caption


def test_the_chain_shows_its_values_and_the_product_of_its_slopes():
    live = chain_explorer(gradient_by_hand)
    shown = texts(live.figure.axes[0])
    for value in ("0", "0.5", "1.5", "0.25", "slope 0.5", "slope 3", "slope 1"):
        assert value in shown
    assert "dJ/dw1 = 1 · 3 · 0.5 = 1.5. Your function says 1.5." in live.caption
    live.set(weight="w2")
    assert "dJ/dw2 = 1 · 0.5 = 0.5. Your function says 0.5." in live.caption
    live.set(w1=2.5, weight="w1")  # a saturated sigmoid: the small slope keeps its digits
    assert "dJ/dw1 = 3.96 · 3 · 0.0133 = 0.158." in live.caption


def test_the_point_lies_on_the_curve_wherever_the_weights_are():
    live = chain_explorer(gradient_by_hand)
    curve, _, point = live.figure.axes[1].lines
    for w1, w2, weight in ((1.0, -2.0, "w1"), (-3.5, 4.0, "w2")):
        live.set(w1=w1, w2=w2, weight=weight)
        x, y = (float(c[0]) for c in point.get_data())
        assert x == (w1 if weight == "w1" else w2)
        assert y == pytest.approx(np.interp(x, *curve.get_data()), abs=1e-3)


def test_a_wrong_function_is_shown_as_a_sentence():
    live = chain_explorer(lambda x, y, w1, w2: None)
    assert isinstance(live.error, TypeError)


# --------------------------------------------------------------------------- computation graphs


def test_a_graph_is_read_off_the_result():
    L, names = small_graph()
    L.backward()
    graph = read_graph(L, names)
    assert sorted(graph.labels) == ["L", "a", "b", "c", "d", "e"]
    assert graph.labels[-1] == "L"
    by_label = dict(zip(graph.labels, range(6), strict=True))
    assert [graph.labels[p] for p in graph.parents[by_label["d"]]] == ["a", "b"]
    assert graph.slopes[by_label["d"]] == (-3.0, 2.0)
    assert graph.grads[by_label["a"]] == -2.0
    assert all(p < n for n, parents in enumerate(graph.parents) for p in parents)


def test_the_chain_rule_step_by_step_ends_with_the_gradients():
    L, names = small_graph()
    L.backward()
    graph = read_graph(L, names)
    steps = graph.gradients_step_by_step()
    assert steps[0] == [0.0] * 5 + [1.0]
    assert tuple(steps[-1]) == graph.grads


@pytest.mark.parametrize("attribute", ["parents", "slopes", "grad", "data"])
def test_a_value_without_what_the_picture_needs_is_told_so(attribute):
    result = Value(1.0) + 2.0
    delattr(result, attribute)
    with pytest.raises(AttributeError, match=rf"your Value has no \.{attribute}"):
        read_graph(result, {})


def test_a_value_that_keeps_no_graph_gets_a_sentence_in_the_pictures_place():
    class Bare:
        def __init__(self):
            self.data, self.grad = 1.0, 1.0

    result, names = Bare(), {"a": Bare(), "b": Bare()}
    for live in (backward_stepper(result, names), ways_explorer(result, names)):
        assert "your Value has no .parents" in str(live.error)


def test_a_value_with_too_few_slopes_is_told_so():
    result = Value(1.0) + 2.0
    result.slopes = (1.0,)
    with pytest.raises(AttributeError, match="made by '\\+' has 2 parents and 1 slopes"):
        read_graph(result, {})


def expressions():
    a, b = Value(2.0), Value(1.0)
    yield a
    yield a * a + b
    yield (a * b + a) ** 2
    yield (a * b - 1).relu() * a
    yield (0.5 * a - b).tanh()
    yield small_graph()[0]
    yield (a * b + 1).relu() / 2 - b**3


@pytest.mark.parametrize("place", range(7))
def test_no_box_covers_another_and_no_arrow_runs_through_a_box(place):
    graph = read_graph(list(expressions())[place], {})
    layout = lay_out(graph)
    for n, (x, y) in enumerate(layout.places):
        for other_x, other_y in layout.places[:n]:
            assert abs(x - other_x) > 1.7 or abs(y - other_y) >= ROW - 1e-9
    for (child, use), route in layout.routes.items():
        assert all(x0 < x1 for (x0, _), (x1, _) in pairwise(route))
        between = np.concatenate([np.linspace(start, end, 40) for start, end in pairwise(route)])
        for node, place in enumerate(layout.places):
            if node not in (child, graph.parents[child][use]):
                away = np.abs(between - place)
                assert not np.any((away[:, 0] < BOX_WIDTH / 2) & (away[:, 1] < BOX_HEIGHT / 2))


def test_an_input_stands_just_before_its_first_use():
    L, names = small_graph()
    graph = read_graph(L, names)
    column = {
        name: round(x / COLUMN)
        for name, (x, _) in zip(graph.labels, lay_out(graph).places, strict=True)
    }
    assert column == {"a": 0, "b": 0, "c": 1, "d": 1, "e": 2, "L": 3}


def test_a_graph_is_drawn_with_open_gradients_before_and_numbers_after_going_back():
    L, names = small_graph()
    draw_graph(L, names)
    assert texts(plt.gca()).count("grad ?") == 6
    L.backward()
    draw_graph(L, names)
    shown = texts(plt.gca())
    assert "grad ?" not in shown
    assert "grad −2" in shown
    assert {"a", "d = ×", "e = +", "L = ×"} <= set(shown)


def test_a_constant_is_called_so():
    draw_graph(Value(2.0) * 3.0, {})
    assert "constant" in texts(plt.gca())


def test_gradients_arrive_one_node_at_a_time():
    L, names = small_graph()
    L.backward()
    live = backward_stepper(L, names)
    (axes,) = live.figure.axes
    live.set(step=0)
    assert texts(axes).count("grad ?") == 6
    live.set(step=1)
    assert texts(axes).count("grad ?") == 5
    live.set(step=2)
    assert "L passes its gradient 1 on: e gets 2 · 1, a gets 4 · 1." in live.caption
    assert "grad 4" in texts(axes)  # a has its first share only
    assert {"× 2", "× 4"} <= set(texts(axes))
    live.set(step=4)
    assert "grad ?" not in texts(axes)
    assert "grad −2" in texts(axes)
    assert live.caption.endswith("All have theirs, and your backward left the same gradients.")


def test_a_wrong_backward_is_told_where_it_differs():
    L, names = small_graph()
    L.backward()
    names["a"].grad = -6.0
    live = backward_stepper(L, names)
    live.set(step=4)
    assert "your backward left −6 at a, where these steps lead to −2." in live.caption


def test_all_ways_are_lit_and_their_products_added_up():
    L, names = small_graph()
    L.backward()
    live = ways_explorer(L, names)
    live.set(name="a")
    assert "there are 2 ways" in live.caption
    assert "= −2. Your backward says −2." in live.caption
    assert {"× −3", "× 1", "× 2", "× 4"} <= set(texts(live.figure.axes[0]))
    live.set(name="c")
    assert "there is one way" in live.caption
    assert "1 · 2 = 2. Your backward says 2." in live.caption


def test_a_value_that_is_used_twice_in_one_product_has_two_ways():
    a, b = Value(3.0), Value(1.0)
    result = a * a + b
    result.backward()
    live = ways_explorer(result, {"a": a, "b": b})
    assert "there are 2 ways" in live.caption
    assert "= 6. Your backward says 6." in live.caption


def test_the_graph_player_computes_anew_with_the_learners_class():
    live = graph_player(
        Value,
        {
            "square": lambda a, b: ((a * b + a) ** 2, {}),
            "neuron": lambda a, b: ((0.5 * a - b).tanh(), {}),
        },
    )
    (axes,) = live.figure.axes
    live.set(a=2.0, b=-1.0)  # a b + a is 0 there
    assert texts(axes).count("grad 0") == 4
    live.set(expression="neuron", a=2.0, b=1.0, step=9)
    assert {"grad 0.5", "grad −1"} <= set(texts(axes))
    live.set(step=0)
    assert "grad 0.5" not in texts(axes)


def test_an_order_is_drawn_with_its_backward_arcs_in_red():
    parents = {"c": ["a", "b"], "b": ["a"], "a": []}
    draw_order(["a", "b", "c"], parents)
    assert plt.gca().get_title() == "every arc runs forward"
    assert len({line.get_color() for line in plt.gca().lines}) == 1
    draw_order(["a", "c", "b"], parents)
    assert plt.gca().get_title() == "1 arc runs backward"
    assert len({line.get_color() for line in plt.gca().lines}) == 2


# ---------------------------------------------------------------------------- training, shapes


def test_the_training_player_shows_the_chosen_moment():
    X, y = two_moons(20, 0.1, np.random.default_rng(0))

    def probability(points, slope):
        return 1 / (1 + np.exp(-slope * points[:, 0]))

    live = training_player(X, y, probability, [(0, 0.5), (10, -0.5)], np.linspace(1, 0, 11))
    plane, curve = live.figure.axes
    live.set(moment=0)
    right = int(np.sum((X[:, 0] >= 0) == (y == 1)))
    assert live.caption.startswith(f"After 0 steps: loss 1.000, {right} of 20 points")
    first = plane.images[0].get_array().copy()
    live.set(moment=1)
    np.testing.assert_allclose(plane.images[0].get_array(), 1 - first)
    assert curve.lines[1].get_xdata()[0] == 10
    assert f"{20 - right} of 20" in live.caption


def test_equal_sizes_have_equal_colours():
    draw_shapes(5, 3, 2)
    colours = {}
    for axes in plt.gcf().axes:
        for text in axes.texts:
            if text.get_text() in ("n", "m", "k"):
                colours.setdefault(text.get_text(), set()).add(text.get_color())
        assert axes.get_title()
    assert [len(found) for found in colours.values()] == [1, 1, 1]
    assert len(set.union(*colours.values())) == 3


# ---------------------------------------------------------------------- real networks, backward


def test_weights_stand_over_their_gradients():
    X, y, layers = problem()
    loss, gradients = network_gradients(X, y, layers)
    draw_gradients(layers, gradients, loss)
    tables = [axes.images[0].get_array() for axes in plt.gcf().axes[:4]]
    np.testing.assert_allclose(tables[0], np.vstack([layers[0][0], layers[0][1]]))
    np.testing.assert_allclose(tables[3], np.vstack([gradients[1][0], gradients[1][1]]))


def errors_of(live):
    """For each table whether it holds an entry with a relative error above 1e-3."""
    return [bool((axes.images[0].get_array() > -3).any()) for axes in live.figure.axes[:4]]


@pytest.mark.parametrize(
    ("bug", "expected"),
    [
        ("none", [False, False, False, False]),
        ("one entry", [True, False, False, False]),
        ("db is a mean", [False, True, False, True]),
        ("no ReLU", [True, True, False, False]),
        ("sign of W2", [False, False, True, False]),
    ],
)
def test_the_heat_map_shows_where_the_planted_bug_sits(bug, expected):
    live = gradient_check_heatmap(network_gradients, *problem())
    live.set(bug=bug)
    assert live.error is None
    assert errors_of(live) == expected
    if bug == "none":
        assert live.caption.startswith("All entries agree")
    else:
        assert "and nudging gives" in live.caption


def test_all_bugs_are_tested():
    assert set(BUGS) == {"none", "one entry", "db is a mean", "no ReLU", "sign of W2"}


def test_one_wrong_entry_is_named_by_its_place():
    live = gradient_check_heatmap(network_gradients, *problem())
    live.set(bug="one entry")
    assert live.caption.startswith("The largest relative error is 0.2: dW1[1, 2] is")


def test_a_wrong_learners_function_shows_without_a_planted_bug():
    def wrong(X, y, layers):
        loss, gradients = network_gradients(X, y, layers)
        return loss, [(dW, -db) for dW, db in gradients]

    live = gradient_check_heatmap(wrong, *problem())
    live.set(bug="none")
    assert errors_of(live) == [False, True, False, True]


def test_gradients_vanish_with_the_sigmoid_and_arrive_with_the_relu():
    sigmoid = layer_norms(dense_backward, "sigmoid", 12)
    relu = layer_norms(dense_backward, "ReLU", 12)
    assert sigmoid[0] / sigmoid[-1] < 1e-6
    assert np.all(np.diff(sigmoid) > 0)
    assert relu[0] / relu[-1] > 1e-2


def test_the_bars_are_as_high_as_the_gradients():
    live = vanishing_explorer(dense_backward)
    live.set(activation="tanh", depth=5)
    heights = [bar.get_height() for bar in live.figure.axes[0].patches]
    np.testing.assert_allclose(heights[:5], layer_norms(dense_backward, "tanh", 5))
    assert max(heights[5:]) < 1e-16
    live.set(activation="sigmoid", depth=12)
    assert "times smaller than dW of layer 12" in live.caption


def test_a_gradient_that_never_arrives_is_said_so():
    def nothing(dZ, X, W):
        return np.zeros(X.shape), np.zeros(W.shape), np.zeros(W.shape[1])

    assert vanishing_explorer(nothing).caption.startswith("Nothing arrives at layer 1")


def test_the_cost_is_drawn_in_milliseconds():
    draw_cost([10, 100], [0.001, 0.01], [0.0002, 0.0003])
    nudging, backward = plt.gca().lines
    assert list(nudging.get_xdata()) == list(backward.get_xdata()) == [10, 100]
    np.testing.assert_allclose(nudging.get_ydata(), [1, 10])
    np.testing.assert_allclose(backward.get_ydata(), [0.2, 0.3])
    assert texts(plt.gca()) == ["nudging", "going back"]


def test_nudged_gradients_are_those_of_backpropagation():
    X, y, layers = problem()
    _, gradients = network_gradients(X, y, layers)
    for nudged, right in zip(nudged_gradients(X, y, layers), gradients, strict=True):
        for got, expected in zip(nudged, right, strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-9)


def test_numbers_are_written_as_on_a_blackboard():
    assert number(1234.5) == "1234"
    assert number(-12.25) == "−12.25"
    assert number(math.nan) == "nan"


# --------------------------------------------------------------------------- with the mouse


def places(result, names):
    graph = read_graph(result, names)
    return dict(zip(graph.labels, lay_out(graph).places, strict=True))


def test_a_click_on_a_box_sends_the_gradients_back_to_it():
    L, names = small_graph()
    L.backward()
    live = backward_stepper(L, names)
    (axes,) = live.figure.axes
    where = places(L, names)
    press(live, axes, where["e"])
    assert live.caption.startswith("e passes its gradient 2 on")
    press(live, axes, where["L"])
    assert live.caption.startswith("L passes its gradient 1 on")
    press(live, axes, where["c"])  # its gradient comes from e
    assert live.caption.startswith("e passes its gradient 2 on")
    press(live, axes, where["a"])  # has its second share only now
    assert live.caption.startswith("d passes its gradient 2 on")


def test_a_click_on_a_box_shows_the_ways_from_it():
    L, names = small_graph()
    L.backward()
    live = ways_explorer(L, names)
    (axes,) = live.figure.axes
    where = places(L, names)
    for name in ("c", "d", "a"):
        press(live, axes, where[name])
        assert live.values == {"name": name}
        assert f"From {name} to the result" in live.caption


def test_boxes_of_another_expression_are_clicked_where_they_are_now():
    live = graph_player(
        Value,
        {
            "square": lambda a, b: ((a * b + a) ** 2, {}),
            "neuron": lambda a, b: ((0.5 * a - b).tanh(), {}),
        },
    )
    (axes,) = live.figure.axes
    live.set(expression="neuron")
    a, b = Value(2.0), Value(1.0)
    press(live, axes, places((0.5 * a - b).tanh(), {"a": a, "b": b})["b"])
    assert "b gets −1 · 1" in live.caption
    live.set(expression="square")
    result = (a * b + a) ** 2
    press(live, axes, places(result, {"a": a, "b": b, "result": result})["result"])
    assert "The node **2 passes its gradient 1 on" in live.caption


def test_a_graph_that_cannot_be_read_is_not_clicked():
    class Forgetful:
        data, grad = 1.0, 0.0

    result = Forgetful()
    live = backward_stepper(result, {"a": result, "b": result})
    press(live, live.figure.axes[0], (0.5, 0.5))
    assert "your Value has no .parents" in str(live.error)
