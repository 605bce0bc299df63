"""The references of lesson 02 against PyTorch, exact arithmetic, and what mathematics promises."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from utils.activations import (
    collapse_linear_layers,
    leaky_relu,
    relu,
    relu_derivative,
    sigmoid,
    sigmoid_derivative,
    softmax,
    tanh_derivative,
    tanh_from_sigmoid,
)

torch.set_num_threads(1)

ELEMENTWISE = {
    "sigmoid": (sigmoid, torch.sigmoid),
    "tanh_from_sigmoid": (tanh_from_sigmoid, torch.tanh),
    "relu": (relu, torch.relu),
    "leaky_relu": (
        lambda z: leaky_relu(z, 0.2),
        lambda z: torch.nn.functional.leaky_relu(z, 0.2),
    ),
}
DERIVATIVES = {
    "sigmoid": (sigmoid_derivative, torch.sigmoid),
    "tanh": (tanh_derivative, torch.tanh),
    "relu": (relu_derivative, torch.relu),
}
ALL = {name: function for name, (function, _) in ELEMENTWISE.items()} | {
    f"{name}_derivative": function for name, (function, _) in DERIVATIVES.items()
}
PLACES = np.concatenate([np.linspace(-30, 30, 601), [-1e300, -1000.0, -0.0, 0.0, 1000.0, 1e300]])

any_float = st.floats(min_value=-1e300, max_value=1e300)
any_array = arrays(float, array_shapes(max_dims=3, max_side=4), elements=any_float)
ordinary = st.floats(min_value=-20, max_value=20)


def ordinary_table(rows: int, columns: int):
    return arrays(float, (rows, columns), elements=ordinary)


sizes = st.tuples(*[st.integers(1, 4)] * 4)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_values_agree_with_pytorch(name):
    ours, theirs = ELEMENTWISE[name]
    expected = theirs(torch.from_numpy(PLACES)).numpy()
    np.testing.assert_allclose(ours(PLACES), expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", DERIVATIVES)
def test_slopes_agree_with_automatic_differentiation(name):
    ours, theirs = DERIVATIVES[name]
    z = torch.from_numpy(PLACES.copy()).requires_grad_()
    theirs(z).sum().backward()
    np.testing.assert_allclose(ours(PLACES), z.grad.numpy(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", ALL)
@given(z=any_array)
def test_no_finite_input_warns_or_breaks_the_shape(name, z):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        result = ALL[name](z)
    assert result.shape == z.shape
    assert result.dtype == float
    assert np.all(np.isfinite(result))


@pytest.mark.parametrize("name", ALL)
def test_a_number_a_list_and_integers_will_do(name):
    function = ALL[name]
    assert np.shape(function(0.5)) == ()
    assert function(0.5) == function(np.array([0.5]))[0]
    np.testing.assert_array_equal(function([-1, 0, 2]), function(np.array([-1.0, 0.0, 2.0])))


@pytest.mark.parametrize("name", ALL)
def test_arguments_stay_as_they_were(name):
    z = PLACES.copy()
    ALL[name](z)
    np.testing.assert_array_equal(z, PLACES)


def exact_sigmoid(z: float) -> Decimal:
    return 1 / (1 + (-Decimal(z)).exp())


def exact_sigmoid_derivative(z: float) -> Decimal:
    tail = (-abs(Decimal(z))).exp()
    return tail / (1 + tail) ** 2


@pytest.mark.parametrize("z", [-700.0, -300.5, -40.0, -36.7, -1e-9, 0.0, 0.3, 20.0, 40.0, 700.0])
def test_every_digit_of_the_sigmoid_and_of_the_slopes_is_right(z):
    """Also far out, where s (1 - s) and 1 - t^2 lose all of theirs."""
    with localcontext(prec=400):
        pairs = [
            (sigmoid(z), exact_sigmoid(z)),
            (sigmoid_derivative(z), exact_sigmoid_derivative(z)),
            (tanh_derivative(z / 2), 4 * exact_sigmoid_derivative(z)),
        ]
        for got, exact in pairs:
            assert abs(Decimal(float(got)) / exact - 1) < Decimal("1e-15")


@given(z=any_array)
def test_the_two_sides_of_the_sigmoid_share_one(z):
    np.testing.assert_allclose(sigmoid(z) + sigmoid(-z), 1, rtol=1e-15)


@given(z=any_array)
def test_heights_and_slopes_stay_within_their_bounds(z):
    for height, low, high in (
        (sigmoid(z), 0, 1),
        (tanh_from_sigmoid(z), -1, 1),
        (sigmoid_derivative(z), 0, 0.25),
        (tanh_derivative(z), 0, 1),
    ):
        assert np.all((low <= height) & (height <= high))


@given(z=any_array, slope=st.floats(0.001, 0.999))
def test_leaky_relu_is_made_of_two_relus(z, slope):
    np.testing.assert_array_equal(leaky_relu(z, slope), relu(z) - slope * relu(-z))


@given(z=st.floats(-50, 50), length=st.integers(1, 12))
def test_a_chain_of_sigmoids_is_never_steeper_than_quarters_multiplied(z, length):
    product = 1.0
    for _ in range(length):
        product *= float(sigmoid_derivative(z))
        z = float(sigmoid(z))
    assert product <= 0.25**length


def test_relu_slope_at_the_kink_is_zero_as_in_pytorch():
    z = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    torch.relu(z).sum().backward()
    assert relu_derivative(0.0) == 0 == z.grad.item()


# ---------------------------------------------------------------------- linear layers


@given(data=st.data(), shape=sizes)
def test_the_folded_layer_equals_the_two(data, shape):
    n, m, h, k = shape
    X = data.draw(ordinary_table(n, m))
    W1, b1 = data.draw(ordinary_table(m, h)), data.draw(ordinary_table(1, h))[0]
    W2, b2 = data.draw(ordinary_table(h, k)), data.draw(ordinary_table(1, k))[0]
    W, b = collapse_linear_layers(W1, b1, W2, b2)
    assert W.shape == (m, k)
    assert b.shape == (k,)
    np.testing.assert_allclose(X @ W + b, (X @ W1 + b1) @ W2 + b2, rtol=1e-9, atol=1e-9)


def test_folding_agrees_with_pytorchs_linear_layers():
    rng = np.random.default_rng(0)
    W1, b1 = rng.normal(size=(3, 5)), rng.normal(size=5)
    W2, b2 = rng.normal(size=(5, 2)), rng.normal(size=2)
    X = rng.normal(size=(7, 3))
    first, second = torch.nn.Linear(3, 5).double(), torch.nn.Linear(5, 2).double()
    with torch.no_grad():
        first.weight.copy_(torch.from_numpy(W1.T))
        first.bias.copy_(torch.from_numpy(b1))
        second.weight.copy_(torch.from_numpy(W2.T))
        second.bias.copy_(torch.from_numpy(b2))
        expected = second(first(torch.from_numpy(X))).numpy()
    W, b = collapse_linear_layers(W1, b1, W2, b2)
    np.testing.assert_allclose(X @ W + b, expected, rtol=1e-12)


def test_three_layers_fold_in_either_order():
    rng = np.random.default_rng(1)
    shapes = ((2, 4), (4, 3), (3, 5))
    layers = [(rng.normal(size=shape), rng.normal(size=shape[1])) for shape in shapes]
    first, second, third = layers
    from_left = collapse_linear_layers(*collapse_linear_layers(*first, *second), *third)
    from_right = collapse_linear_layers(*first, *collapse_linear_layers(*second, *third))
    for one, other in zip(from_left, from_right, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


# ---------------------------------------------------------------------------- softmax


@pytest.mark.parametrize("scale", [0.1, 1, 30, 1000, 1e300])
def test_softmax_agrees_with_pytorch(scale):
    logits = scale * np.random.default_rng(2).uniform(-1, 1, size=(6, 5))
    expected = torch.softmax(torch.from_numpy(logits), dim=1).numpy()
    np.testing.assert_allclose(softmax(logits), expected, rtol=1e-12, atol=1e-300)


@given(logits=arrays(float, array_shapes(min_dims=2, max_dims=2), elements=any_float))
def test_softmax_rows_are_shares_of_one_for_any_finite_logits(logits):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        shares = softmax(logits)
    assert np.all((shares >= 0) & (shares <= 1))
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-12)


@given(logits=ordinary_table(3, 4), shift=arrays(float, (3, 1), elements=st.floats(-1e4, 1e4)))
def test_softmax_ignores_what_is_added_to_a_row(logits, shift):
    # adding 1e4 rounds a logit to 2e-12, so the shares can differ by as much
    np.testing.assert_allclose(softmax(logits + shift), softmax(logits), rtol=1e-10)


@given(logits=ordinary_table(3, 4), order=st.permutations(range(4)))
def test_softmax_does_not_care_for_the_order_of_classes(logits, order):
    np.testing.assert_allclose(softmax(logits[:, order]), softmax(logits)[:, order], rtol=1e-14)


@given(logits=ordinary_table(2, 5))
def test_a_higher_score_never_gets_a_smaller_share(logits):
    for scores, shares in zip(logits, softmax(logits), strict=True):
        assert np.all(np.diff(shares[np.argsort(scores)]) >= 0)


@given(z=arrays(float, 4, elements=any_float))
def test_softmax_of_two_classes_is_the_sigmoid(z):
    two_classes = np.column_stack([z, np.zeros(4)])
    np.testing.assert_allclose(softmax(two_classes)[:, 0], sigmoid(z), rtol=1e-14, atol=1e-300)


def test_one_class_takes_all_and_lists_will_do():
    np.testing.assert_array_equal(softmax([[3], [-1000]]), [[1.0], [1.0]])
