"""Maps of the plane of two inputs, and the points on them."""

import matplotlib.pyplot as plt
import numpy as np

from utils.activations import sigmoid
from utils.figures import COLORS
from utils.widgets.plane import PlaneMap, draw_plane, draw_points


def test_a_map_asks_row_by_row_from_below_and_shows_the_answers_there():
    figure, axes = plt.subplots()
    plane = PlaneMap(axes, (-1, 10), (1, 13), columns=3, rows=4, aspect="auto")
    assert plane.points.tolist()[:4] == [[-1, 10], [0, 10], [1, 10], [-1, 11]]
    table = plane.shade(100 * plane.points[:, 1] + plane.points[:, 0])
    np.testing.assert_array_equal(table[:, 0], [999, 1099, 1199, 1299])
    np.testing.assert_array_equal(plane.image.get_array(), table)
    assert plane.image.origin == "lower"
    assert tuple(plane.image.get_extent()) == (-1, 1, 10, 13)
    assert plane.image.get_clim() == (0, 1)
    plt.close(figure)


def test_the_plane_is_shaded_by_what_the_function_says():
    figure, axes = plt.subplots()
    draw_plane(axes, lambda points: sigmoid(points[:, 0] + 2 * points[:, 1]), "a title", reach=2)
    image = axes.images[0].get_array()
    side = np.linspace(-2, 2, len(image))
    # rows are x2 from below, columns are x1
    assert axes.images[0].origin == "lower"
    assert tuple(axes.images[0].get_extent()) == (-2, 2, -2, 2)
    np.testing.assert_allclose(image[0], sigmoid(side - 4))
    np.testing.assert_allclose(image[:, -1], sigmoid(2 + 2 * side))
    assert axes.get_title() == "a title"
    plt.close(figure)


def test_a_plane_of_one_colour_has_no_boundary():
    figure, (same, split) = plt.subplots(1, 2)
    draw_plane(same, lambda points: np.ones(len(points)), "same")
    draw_plane(split, lambda points: (points[:, 0] > 0.5).astype(float), "split")
    assert len(same.collections) == 0
    (boundary,) = split.collections
    x1 = np.concatenate([path.vertices for path in boundary.get_paths()])[:, 0]
    np.testing.assert_allclose(x1, 0.5, atol=0.02)
    plt.close(figure)


def test_points_wear_the_colour_and_the_shape_of_their_class():
    figure, axes = plt.subplots()
    X = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    draw_points(axes, X, np.array([0, 1, 0]))
    zeros, ones = axes.collections
    np.testing.assert_array_equal(zeros.get_offsets(), X[[0, 2]])
    np.testing.assert_array_equal(ones.get_offsets(), X[[1]])
    assert plt.matplotlib.colors.to_hex(zeros.get_facecolor()[0]).upper() == COLORS.negative
    assert plt.matplotlib.colors.to_hex(ones.get_facecolor()[0]).upper() == COLORS.positive
    assert len(zeros.get_paths()[0].vertices) != len(ones.get_paths()[0].vertices)
    plt.close(figure)
