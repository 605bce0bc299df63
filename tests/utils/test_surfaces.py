"""The four landscapes: each gradient against finite differences, each promise of the texts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.gradient_descent import gradient_descent, numerical_gradient
from utils.surfaces import (
    SURFACES,
    bowl,
    bowl_gradient,
    ripples,
    ripples_gradient,
    saddle,
    saddle_gradient,
    valley,
    valley_gradient,
)

weights = st.floats(-5, 5)
names = pytest.mark.parametrize("name", list(SURFACES))


@names
@given(w0=weights, w1=weights)
def test_a_gradient_agrees_with_finite_differences(name, w0, w1):
    surface, w = SURFACES[name], np.array([w0, w1])
    nudged = numerical_gradient(surface.function, w, 1e-5)
    np.testing.assert_allclose(surface.gradient(w), nudged, rtol=1e-6, atol=1e-6)


@names
def test_a_gradient_agrees_with_pytorch(name):
    import torch

    formulas = {
        "bowl": lambda a, b: a**2 + b**2,
        "valley": lambda a, b: (a**2 + 20 * b**2) / 2,
        "ripples": lambda a, b: 0.1 * (a**2 + b**2) + 2 - torch.cos(2 * a) - torch.cos(2 * b),
        "saddle": lambda a, b: a**2 / 2 + (b**2 - 1) ** 2 / 4,
    }
    w = torch.tensor(np.random.default_rng(0).normal(0, 2, size=(20, 2)), requires_grad=True)
    heights = formulas[name](w[:, 0], w[:, 1])
    heights.sum().backward()
    places = w.detach().numpy()
    np.testing.assert_allclose(SURFACES[name].function(places), heights.detach(), atol=1e-12)
    np.testing.assert_allclose(SURFACES[name].gradient(places), w.grad, atol=1e-12)


@names
def test_many_places_at_once_are_the_same_as_one_by_one(name):
    surface = SURFACES[name]
    places = np.random.default_rng(1).normal(size=(3, 4, 2))
    heights, gradients = surface.function(places), surface.gradient(places)
    assert heights.shape == (3, 4)
    assert gradients.shape == (3, 4, 2)
    for index in np.ndindex(3, 4):
        assert heights[index] == surface.function(places[index])
        np.testing.assert_array_equal(gradients[index], surface.gradient(places[index]))


@names
def test_nothing_lies_lower_than_the_minima(name):
    surface = SURFACES[name]
    side = np.linspace(-surface.reach, surface.reach, 201)
    heights = surface.function(np.stack(np.meshgrid(side, side), axis=-1))
    for minimum in surface.minima:
        assert surface.function(np.array(minimum)) == 0
        np.testing.assert_allclose(surface.gradient(np.array(minimum)), 0, atol=1e-15)
    assert np.all(heights >= 0)


@names
def test_the_start_lies_on_the_map_and_is_no_level_ground(name):
    surface = SURFACES[name]
    assert np.all(np.abs(surface.start) < surface.reach)
    assert np.hypot(*surface.gradient(np.array(surface.start))) > 0.1


@names
def test_integers_and_lists_do_as_well(name):
    surface = SURFACES[name]
    assert surface.function([2, 1]) == surface.function(np.array([2.0, 1.0]))
    np.testing.assert_array_equal(surface.gradient([2, 1]), surface.gradient([2.0, 1.0]))


@names
@pytest.mark.parametrize("wrong", [3.0, [1.0], [1.0, 2.0, 3.0], np.zeros((2, 3))])
def test_other_than_two_weights_is_a_clear_error(name, wrong):
    with pytest.raises(ValueError, match=r"two weights.*has the shape"):
        SURFACES[name].function(wrong)
    with pytest.raises(ValueError, match="two weights"):
        SURFACES[name].gradient(wrong)


def test_the_bowl_bears_learning_rates_below_one():
    start = np.array([1.0, -2.0])
    np.testing.assert_allclose(gradient_descent(bowl_gradient, start, 0.5, 1)[-1], 0, atol=1e-15)
    assert bowl(gradient_descent(bowl_gradient, start, 0.99, 500)[-1]) < 1e-6
    assert bowl(gradient_descent(bowl_gradient, start, 1.01, 500)[-1]) > bowl(start)


def test_the_valley_bears_learning_rates_below_a_tenth():
    start = np.array([1.0, -2.0])
    assert valley(gradient_descent(valley_gradient, start, 0.099, 500)[-1]) < 1e-3
    assert valley(gradient_descent(valley_gradient, start, 0.101, 500)[-1]) > valley(start)


def test_the_ripples_have_hollows_of_several_depths():
    ends = [
        gradient_descent(ripples_gradient, np.array(start), 0.1, 200)[-1]
        for start in ((0.5, 0.5), (3.0, 0.5), (3.0, -3.0))
    ]
    np.testing.assert_allclose(ripples_gradient(np.array(ends)), 0, atol=1e-9)
    heights = ripples(np.array(ends))
    assert heights[0] < 1e-15
    assert 0.9 < heights[1] < 1
    np.testing.assert_allclose(heights[2], 2 * heights[1])


def test_the_saddle_point_is_level_and_neither_top_nor_bottom():
    np.testing.assert_array_equal(saddle_gradient(np.zeros(2)), 0)
    here = saddle(np.zeros(2))
    assert saddle(np.array([0.1, 0.0])) > here > saddle(np.array([0.0, 0.1]))
