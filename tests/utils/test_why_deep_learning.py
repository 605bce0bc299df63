"""Lesson 00's references against PyTorch and against what mathematics says of them."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from utils.why_deep_learning import left_right_symmetry, standardize

pixels = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, max_side=7),
    elements=st.floats(0, 1e6, allow_subnormal=False),
)
tables = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=8),
    # whole numbers: columns either vary clearly or not at all
    elements=st.integers(-1000, 1000).map(float),
)


# ----------------------------------------------------------------- left_right_symmetry


@pytest.mark.parametrize("shape", [(8, 8), (3, 5), (6, 1), (1, 4)])
def test_symmetry_agrees_with_pytorch(shape):
    image = np.random.default_rng(0).uniform(0, 16, shape)
    tensor = torch.tensor(image, dtype=torch.float64)
    expected = 1 - ((tensor - torch.flip(tensor, dims=[1])).abs() / tensor.max()).mean()
    assert left_right_symmetry(image) == pytest.approx(expected.item(), rel=1e-12)


@given(pixels)
def test_symmetry_lies_from_zero_to_one(image):
    assert -1e-12 <= left_right_symmetry(image) <= 1 + 1e-12


@given(pixels)
def test_an_image_is_as_symmetric_as_its_mirror_image(image):
    assert left_right_symmetry(image[:, ::-1]) == pytest.approx(left_right_symmetry(image))


@given(pixels)
def test_an_image_beside_its_mirror_image_is_perfectly_symmetric(image):
    assert left_right_symmetry(np.hstack([image, image[:, ::-1]])) == 1.0


@given(pixels, st.integers(-8, 8))
def test_symmetry_does_not_depend_on_brightness(image, power):
    # a power of two: scaling by it is exact
    assert left_right_symmetry(image * 2.0**power) == left_right_symmetry(image)


@given(
    arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.integers(0, 255))
)
def test_unsigned_pixels_count_like_floats(image):
    assert left_right_symmetry(image) == left_right_symmetry(image.astype(float))
    assert left_right_symmetry(image.tolist()) == left_right_symmetry(image.astype(float))


def test_an_empty_image_is_symmetric_without_a_warning(recwarn):
    assert left_right_symmetry(np.zeros((4, 3), np.uint8)) == 1.0
    assert not recwarn.list


def test_huge_pixels_do_not_overflow(recwarn):
    assert left_right_symmetry([[1e308, 0.0], [1e308, 1e308]]) == 0.5
    assert not recwarn.list


def test_symmetry_is_a_plain_float():
    assert type(left_right_symmetry([[1, 2, 3]])) is float


# ------------------------------------------------------------------------- standardize


def test_standardize_agrees_with_pytorch():
    X = np.random.default_rng(1).normal([5.0, -200.0, 0.01], [2.0, 30.0, 0.002], (40, 3))
    tensor = torch.tensor(X, dtype=torch.float64)
    expected = (tensor - tensor.mean(dim=0)) / tensor.std(dim=0, correction=0)
    np.testing.assert_allclose(standardize(X), expected.numpy(), rtol=1e-10, atol=1e-12)


@given(tables)
def test_columns_have_mean_zero_and_deviation_one_or_are_zeros(X):
    Z = standardize(X)
    assert Z.shape == X.shape
    constant = np.ptp(X, axis=0) == 0
    assert np.all(Z[:, constant] == 0)
    np.testing.assert_allclose(Z[:, ~constant].mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(Z[:, ~constant].std(axis=0), 1, rtol=1e-9)


@given(tables, st.integers(-5, 5), st.integers(-1000, 1000))
def test_units_and_offsets_do_not_matter(X, power, offset):
    np.testing.assert_allclose(standardize(X * 2.0**power + offset), standardize(X), atol=1e-8)


@given(tables)
def test_standardizing_twice_changes_nothing(X):
    once = standardize(X)
    np.testing.assert_allclose(standardize(once), once, atol=1e-8)


@given(st.floats(-1e150, 1e150), st.integers(1, 12))
def test_any_constant_column_becomes_exact_zeros(value, n):
    assert np.all(standardize(np.full((n, 2), value)) == 0)


def test_a_constant_column_brings_no_warning(recwarn):
    standardize([[0.1, 1], [0.1, 2], [0.1, 3]])
    assert not recwarn.list


def test_arguments_stay_as_they_were():
    X, image = np.arange(6.0).reshape(2, 3), np.arange(6, dtype=np.uint8).reshape(2, 3)
    standardize(X)
    left_right_symmetry(image)
    assert X.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert image.tolist() == [[0, 1, 2], [3, 4, 5]]
