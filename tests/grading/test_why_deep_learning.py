"""What the answers of lesson 00 must do."""

import numpy as np
import pytest

from utils.checking.exercise import also_right, exercise, mistake
from utils.checking.expect import expect_close, expect_that


@exercise(
    "left_right_symmetry",
    points=2,
    minutes=7,
    difficulty=1,
    built="A feature: one number, made by hand, that says something about a whole image.",
)
class TestLeftRightSymmetry:
    def test_a_mirror_image_of_itself_scores_one(self, left_right_symmetry):
        image = np.array([[1.0, 5.0, 5.0, 1.0], [0.0, 2.0, 2.0, 0.0], [3.0, 4.0, 4.0, 3.0]])
        expect_close(
            left_right_symmetry(image),
            1.0,
            why="each row reads the same in both directions, so image and mirror do not differ.",
        )

    def test_ink_on_one_side_only_scores_zero(self, left_right_symmetry):
        image = np.array([[9.0, 9.0, 0.0, 0.0], [9.0, 9.0, 0.0, 0.0], [9.0, 9.0, 0.0, 0.0]])
        expect_close(
            left_right_symmetry(image),
            0.0,
            why="every pixel differs from its mirror pixel by the largest value there is.",
        )

    def test_counts_how_far_pixels_differ(self, left_right_symmetry):
        image = np.array([[4.0, 1.0, 0.0], [2.0, 3.0, 2.0]])
        expect_close(
            left_right_symmetry(image),
            2 / 3,
            why="two of the six pixels differ by 4, the largest value: 1 - (4/4 + 4/4) / 6 = 2/3.",
        )

    def test_a_half_bright_pixel_counts_half(self, left_right_symmetry):
        image = np.array([[8.0, 4.0], [0.0, 0.0], [1.0, 1.0]])
        expect_close(
            left_right_symmetry(image),
            5 / 6,
            why="two of the six pixels differ by 4, half of the largest: 1 - (1/2 + 1/2) / 6.",
        )

    def test_left_and_right_matter_and_not_top_and_bottom(self, left_right_symmetry):
        letter_t = np.array([[7.0, 7.0, 7.0], [0.0, 7.0, 0.0], [0.0, 7.0, 0.0], [0.0, 7.0, 0.0]])
        expect_close(
            left_right_symmetry(letter_t),
            1.0,
            why="the letter T has the same left and right half; only its top and bottom differ.",
        )
        expect_close(
            left_right_symmetry(letter_t.T),
            2 / 3,
            why="lying on its side, 4 of the letter's 12 pixels differ from their mirror pixel.",
        )

    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_a_brighter_copy_scores_the_same(self, left_right_symmetry, seed):
        rng = np.random.default_rng(seed)
        image = rng.uniform(0, 16, size=(5, 6))
        differences = [
            abs(image[i, j] - image[i, 5 - j]) / image.max() for i in range(5) for j in range(6)
        ]
        expected = 1 - sum(differences) / 30
        expect_close(
            left_right_symmetry(image),
            expected,
            why="1 minus the mean of all pixel differences, each divided by the largest value.",
        )
        expect_close(
            left_right_symmetry(100 * image),
            expected,
            why="an image that is 100 times brighter is no more and no less symmetric.",
        )

    def test_unsigned_pixels_do_not_wrap_around(self, left_right_symmetry):
        image = np.array([[10, 200], [0, 0], [50, 50]], dtype=np.uint8)
        expect_close(
            left_right_symmetry(image),
            1 - (190 / 200 + 190 / 200) / 6,
            why="in uint8, 10 - 200 is not -190 but 66: turn the pixels into floats first.",
        )

    def test_an_empty_image_is_perfectly_symmetric(self, left_right_symmetry):
        expect_close(
            left_right_symmetry(np.zeros((3, 4))),
            1.0,
            why="image and mirror are the same; dividing by a largest value of 0 is the trap here.",
        )

    @mistake(
        "You turn the image upside down: the first index counts rows. A left-right mirror "
        "reverses the order of the columns, which the second index counts."
    )
    def mirrors_top_and_bottom(image):
        image = np.asarray(image, float)
        if image.max() == 0:
            return 1.0
        return float(1 - np.mean(np.abs(image - image[::-1]) / image.max()))

    @mistake(
        "You reverse rows and columns. That turns the image by half a circle; a mirror leaves "
        "top and bottom where they are."
    )
    def turns_by_half_a_circle(image):
        image = np.asarray(image, float)
        if image.max() == 0:
            return 1.0
        return float(1 - np.mean(np.abs(image - image[::-1, ::-1]) / image.max()))

    @mistake(
        "You return the mean difference itself: yours is 0 where the image is perfectly "
        "symmetric. The symmetry is 1 minus that."
    )
    def returns_the_difference(image):
        image = np.asarray(image, float)
        if image.max() == 0:
            return 0.0
        return float(np.mean(np.abs(image - image[:, ::-1]) / image.max()))

    @mistake(
        "You subtract unsigned pixels. A uint8 has no negative numbers: 10 - 200 wraps around to "
        "66. Turn the image into floats before you subtract."
    )
    def subtracts_unsigned_pixels(image):
        image = np.asarray(image)
        largest = image.max()
        if largest == 0:
            return 1.0
        return float(1 - np.mean(np.abs(image - image[:, ::-1]) / largest))

    @mistake(
        "To yours, every image is perfectly symmetric. Either the absolute value is missing: then "
        "each difference meets its opposite in the mirror, and their mean is 0. Or your mirror is "
        "the image itself under a second name."
    )
    def forgets_the_absolute_value(image):
        image = np.asarray(image, float)
        if image.max() == 0:
            return 1.0
        return float(1 - np.mean((image - image[:, ::-1]) / image.max()))

    @mistake(
        "You do not divide by the image's largest value, so a bright image scores lower than a "
        "dark copy of it, and the result leaves the range from 0 to 1."
    )
    def forgets_the_largest_value(image):
        image = np.asarray(image, float)
        return float(1 - np.mean(np.abs(image - image[:, ::-1])))

    @mistake(
        "You divide by a fixed number. Not every image reaches it: divide by the largest value of "
        "this very image."
    )
    def divides_by_sixteen(image):
        image = np.asarray(image, float)
        return float(1 - np.mean(np.abs(image - image[:, ::-1]) / 16))

    @mistake(
        "An image of zeros makes you divide 0 by 0, which gives nan. It equals its mirror, so its "
        "symmetry is 1: treat that case on its own."
    )
    def divides_zero_by_zero(image):
        image = np.asarray(image, float)
        with np.errstate(invalid="ignore"):
            return float(1 - np.mean(np.abs(image - image[:, ::-1]) / image.max()))

    @mistake(
        "You divide by the largest difference instead of the image's largest value: an image that "
        "is nearly symmetric then scores as low as one that is not."
    )
    def divides_by_the_largest_difference(image):
        image = np.asarray(image, float)
        difference = np.abs(image - image[:, ::-1])
        if difference.max() == 0:
            return 1.0
        return float(1 - np.mean(difference / difference.max()))

    @mistake(
        "You square the differences. That makes small differences count for less; the formula "
        "takes their absolute value."
    )
    def squares_the_differences(image):
        image = np.asarray(image, float)
        if image.max() == 0:
            return 1.0
        return float(1 - np.mean(((image - image[:, ::-1]) / image.max()) ** 2))

    @mistake(
        "You only count which pixels equal their mirror pixel. How far they differ matters too: "
        "a small difference costs little, a large one much."
    )
    def counts_equal_pixels(image):
        image = np.asarray(image, float)
        return float(np.mean(image == image[:, ::-1]))

    @mistake(
        "An image of zeros gets 0 from you. It equals its mirror image, so it is perfectly "
        "symmetric: 1."
    )
    def calls_an_empty_image_unlike_its_mirror(image):
        image = np.asarray(image, float)
        if image.max() == 0:
            return 0.0
        return float(1 - np.mean(np.abs(image - image[:, ::-1]) / image.max()))

    @mistake(
        "You add up the differences and stop there. The formula goes on: divide by the number of "
        "pixels, which makes the sum a mean."
    )
    def adds_up_without_dividing(image):
        image = np.asarray(image, float)
        if image.max() == 0:
            return 1.0
        return float(1 - np.sum(np.abs(image - image[:, ::-1]) / image.max()))

    @mistake(
        "You get one number for each row. The mean runs over all pixels at once, without an axis, "
        "and leaves one number for the whole image."
    )
    def takes_a_mean_for_each_row(image):
        image = np.asarray(image, float)
        if image.max() == 0:
            return 1.0
        return 1 - np.abs(image - image[:, ::-1]).mean(axis=1) / image.max()

    @mistake(
        "You take the number of rows for the number of columns. In a shape the rows come first: "
        "(h, w). An image need not be square."
    )
    def takes_every_image_for_a_square(image):
        height, width = np.shape(image)
        total = 0.0
        for i in range(height):
            for j in range(height):
                total += abs(float(image[i, j]) - float(image[i, height - 1 - j]))
        return 1 - total / (height * width) / image.max()

    @mistake(
        "You reach one column too far. Python counts from 0, so the last of w columns is w - 1, "
        "and the mirror of column 0 is that one."
    )
    def reaches_one_column_too_far(image):
        height, width = np.shape(image)
        total = 0.0
        for i in range(height):
            for j in range(width):
                total += abs(float(image[i, j]) - float(image[i, width - j]))
        return 1 - total / (height * width) / image.max()

    @also_right
    def with_loops(image):
        height, width = len(image), len(image[0])
        largest = max(float(pixel) for row in image for pixel in row)
        total = 0.0
        for row in image:
            for column in range(width):
                total += abs(float(row[column]) - float(row[width - 1 - column]))
        return 1.0 if largest == 0 else 1 - total / (largest * height * width)

    @also_right
    def with_fliplr_and_whole_numbers(image):
        pixels = np.asarray(image)
        if not pixels.any():
            return 1
        pixels = pixels.astype(np.float64)
        return np.mean(1 - np.abs(pixels - np.fliplr(pixels)) / np.max(pixels))

    @also_right
    def half_of_it_counted_twice(image):
        image = np.array(image, dtype=float)
        half = image.shape[1] // 2
        left, right = image[:, :half], image[:, -half:][:, ::-1]
        return 1 - 2 * np.abs(left - right).sum() / (max(image.max(), 1e-300) * image.size)


@exercise(
    "standardize",
    points=3,
    minutes=9,
    difficulty=2,
    built="One scale for all features, so that none outweighs the others by its unit alone.",
)
class TestStandardize:
    def test_one_column_by_hand(self, standardize):
        expect_close(
            standardize(np.array([[2.0], [4.0], [4.0], [4.0], [5.0], [5.0], [7.0], [9.0]])),
            np.array([[-1.5], [-0.5], [-0.5], [-0.5], [0.0], [0.0], [1.0], [2.0]]),
            why="the mean is 5 and the standard deviation is 2: subtract one, divide by the other.",
        )

    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_every_column_has_mean_zero_and_deviation_one(self, standardize, seed):
        rng = np.random.default_rng(seed)
        X = rng.normal([-3.0, 40.0, 0.5], [10.0, 0.2, 1.0], size=(7, 3))
        got = standardize(X)
        expect_that(
            np.shape(got) == (7, 3),
            why="a table of 7 examples and 3 features stays one of that shape.",
            got=got,
            expected="an array of shape (7, 3)",
        )
        means = np.mean(got, axis=0)
        expect_that(
            np.allclose(means, 0, atol=1e-9),
            why="subtract each column's own mean, and the mean that is left is 0.",
            got=means,
            expected="columns whose means are 0",
        )
        deviations = np.std(got, axis=0)
        expect_that(
            np.allclose(deviations, 1),
            why="divide each column by its own standard deviation, and the one left is 1.",
            got=deviations,
            expected="columns whose standard deviations are 1",
        )

    def test_each_column_goes_by_its_own_scale(self, standardize):
        X = np.array([[1.0, 1000.0, -7.0], [3.0, 5000.0, -7.5]])
        expect_close(
            standardize(X),
            np.array([[-1.0, -1.0, 1.0], [1.0, 1.0, -1.0]]),
            why="of two values, one lies one deviation below the mean and one above, in any unit.",
        )

    @pytest.mark.parametrize("seed", [3, 4])
    def test_the_unit_of_a_feature_does_not_matter(self, standardize, seed):
        rng = np.random.default_rng(seed)
        X = rng.uniform(0, 1, size=(5, 4))
        expected = np.empty_like(X)
        for j in range(4):
            mean = sum(X[:, j]) / 5
            deviation = (sum((x - mean) ** 2 for x in X[:, j]) / 5) ** 0.5
            expected[:, j] = (X[:, j] - mean) / deviation
        expect_close(
            standardize(X),
            expected,
            why="subtract the column's mean, divide by its population standard deviation.",
        )
        units = np.array([1e-7, 1.0, 60.0, 1e6])
        expect_close(
            standardize(X * units),
            expected,
            why="metres or millimetres: the same measurements, so the same standardised column.",
        )

    def test_a_constant_column_becomes_exact_zeros(self, standardize):
        X = np.array([[1.0, 6.0], [2.0, 6.0], [4.0, 6.0], [5.0, 6.0]])
        varying = np.array([-2.0, -1.0, 1.0, 2.0]) / 2.5**0.5
        expect_close(
            standardize(X),
            np.column_stack([varying, np.zeros(4)]),
            why="a constant column has deviation 0, and 0 / 0 is nan: it becomes zeros. The other "
            "column is scaled as always.",
        )

    def test_rounding_does_not_hide_a_constant_column(self, standardize):
        X = np.array([[0.1, 8.0], [0.1, -8.0], [0.1, 0.0]])
        why = (
            "the sum of three 0.1, divided by 3, is not quite 0.1: this column's computed "
            "deviation is 1e-17 and not 0. Compare its largest and its smallest value."
        )
        got = standardize(X)
        expect_close(got, np.array([[0, 1.5**0.5], [0, -(1.5**0.5)], [0, 0]]), why=why)
        column = [row[0] for row in got]
        expect_that(
            all(value == 0 for value in column),
            why=why,
            got=column,
            expected="a first column of exact zeros",
        )

    def test_a_single_example_becomes_zeros(self, standardize):
        expect_close(
            standardize(np.array([[3.0, -2.0, 0.5]])),
            np.zeros((1, 3)),
            why="with one example every column is constant.",
        )

    @mistake(
        "You work along the rows. Each column is one feature with a scale of its own, so mean and "
        "deviation run down the column: over the examples, axis 0."
    )
    def works_along_the_rows(X):
        X = np.asarray(X, float)
        mean, deviation = X.mean(axis=1, keepdims=True), X.std(axis=1, keepdims=True)
        return (X - mean) / np.where(deviation == 0, 1, deviation)

    @mistake(
        "You take one mean and one deviation of the whole table. Each column needs its own, or "
        "the columns keep their different scales."
    )
    def takes_one_mean_for_all(X):
        X = np.asarray(X, float)
        deviation = X.std()
        return (X - X.mean()) / (1 if deviation == 0 else deviation)

    @mistake(
        "You subtract the mean and stop. Every column then has mean 0, but still its old spread: "
        "divide by the standard deviation as well."
    )
    def only_subtracts_the_mean(X):
        X = np.asarray(X, float)
        return np.where(X.max(axis=0) == X.min(axis=0), 0, X - X.mean(axis=0))

    @mistake(
        "You divide by the standard deviation and do not subtract the mean. The columns then have "
        "the right spread around the wrong centre."
    )
    def only_divides(X):
        X = np.asarray(X, float)
        constant = X.max(axis=0) == X.min(axis=0)
        return np.where(constant, 0, X / np.where(constant, 1, X.std(axis=0)))

    @mistake(
        "You divide by the variance. The standard deviation is its square root, and has the same "
        "unit as the column."
    )
    def divides_by_the_variance(X):
        X = np.asarray(X, float)
        constant = X.max(axis=0) == X.min(axis=0)
        return np.where(constant, 0, (X - X.mean(axis=0)) / np.where(constant, 1, X.var(axis=0)))

    @mistake(
        "You divide by the sample standard deviation, which divides by n - 1 (ddof=1). This course "
        "uses the population one, which divides by n."
    )
    def uses_the_sample_deviation(X):
        X = np.asarray(X, float)
        if len(X) == 1:
            return np.zeros(X.shape)
        constant = X.max(axis=0) == X.min(axis=0)
        deviation = np.where(constant, 1, X.std(axis=0, ddof=1))
        return np.where(constant, 0, (X - X.mean(axis=0)) / deviation)

    @mistake(
        "A constant column makes you divide by a deviation of 0, which gives nan. Such a column "
        "becomes zeros: treat it on its own."
    )
    def divides_by_zero(X):
        X = np.asarray(X, float)
        with np.errstate(invalid="ignore", divide="ignore"):
            return (X - X.mean(axis=0)) / X.std(axis=0)

    @mistake(
        "You ask whether the computed deviation is exactly 0. Rounding can leave 1e-17 there, and "
        "a constant column of 0.1 slips through. Compare its largest and smallest value."
    )
    def trusts_the_computed_deviation(X):
        X = np.asarray(X, float)
        deviation = X.std(axis=0)
        return (X - X.mean(axis=0)) / np.where(deviation == 0, 1, deviation)

    @mistake(
        "You add a small number to the deviation to avoid dividing by 0. It also bends a column "
        "whose true deviation is small: treat constant columns on their own instead."
    )
    def adds_a_small_number(X):
        X = np.asarray(X, float)
        return (X - X.mean(axis=0)) / (X.std(axis=0) + 1e-8)

    @mistake(
        "You squeeze each column into the range from 0 to 1. That is another way to scale; "
        "standardised columns have mean 0 and standard deviation 1."
    )
    def squeezes_into_zero_to_one(X):
        X = np.asarray(X, float)
        lowest, highest = X.min(axis=0), X.max(axis=0)
        width = np.where(highest == lowest, 1, highest - lowest)
        return (X - lowest) / width

    @mistake(
        "You leave a constant column as it was. It tells the examples apart in no way, so it "
        "becomes zeros."
    )
    def keeps_constant_columns(X):
        X = np.asarray(X, float)
        constant = X.max(axis=0) == X.min(axis=0)
        deviation = np.where(constant, 1, X.std(axis=0))
        return np.where(constant, X, (X - X.mean(axis=0)) / deviation)

    @mistake(
        "You take a mean for each row: axis 1 runs along the row. A feature is a column, so its "
        "mean and deviation run down the rows, axis 0."
    )
    def works_along_the_rows_without_keepdims(X):
        X = np.asarray(X, float)
        with np.errstate(invalid="ignore", divide="ignore"):
            return (X - X.mean(axis=1)) / X.std(axis=1)

    @mistake(
        "You work along the rows, axis 1, with one mean for each example. Wanted is one for each "
        "feature: down the columns, axis 0."
    )
    def works_along_the_rows_and_divides_by_zero(X):
        X = np.asarray(X, float)
        mean, deviation = X.mean(axis=1, keepdims=True), X.std(axis=1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            return (X - mean) / deviation

    @mistake(
        "An `if` asks one question, but a table has an answer for each of its columns. Choose "
        "column by column: with np.where, or in a loop over the columns."
    )
    def asks_all_columns_with_one_if(X):
        X = np.asarray(X, float)
        if X.max(axis=0) == X.min(axis=0):
            return np.zeros(X.shape)
        return (X - X.mean(axis=0)) / X.std(axis=0)

    @mistake(
        "Division comes before subtraction: yours divides the mean alone, then subtracts it. Put "
        "the difference in brackets."
    )
    def forgets_the_brackets(X):
        X = np.asarray(X, float)
        constant = X.max(axis=0) == X.min(axis=0)
        return np.where(constant, 0, X - X.mean(axis=0) / np.where(constant, 1, X.std(axis=0)))

    @mistake(
        "You divide by the mean distance from the mean. The standard deviation squares the "
        "distances first, takes their mean, and then its root."
    )
    def divides_by_the_mean_distance(X):
        X = np.asarray(X, float)
        constant = X.max(axis=0) == X.min(axis=0)
        distance = np.abs(X - X.mean(axis=0))
        return np.where(
            constant, 0, (X - X.mean(axis=0)) / np.where(constant, 1, distance.mean(axis=0))
        )

    @also_right
    def column_by_column(X):
        columns = []
        for column in np.asarray(X, float).T:
            if np.ptp(column) == 0:
                columns.append(np.zeros(len(column)))
            else:
                columns.append((column - np.mean(column)) / np.std(column))
        return np.array(columns).T

    @also_right
    def in_plain_python(X):
        n, m = len(X), len(X[0])
        result = [[0.0] * m for _ in range(n)]
        for j in range(m):
            column = [float(row[j]) for row in X]
            if min(column) < max(column):
                mean = sum(column) / n
                deviation = (sum((x - mean) ** 2 for x in column) / n) ** 0.5
                for i in range(n):
                    result[i][j] = (column[i] - mean) / deviation
        return result

    @also_right
    def divides_only_where_it_varies(X):
        X = np.array(X, dtype=float)
        Z = np.zeros_like(X)
        varies = np.any(X != X[0], axis=0)
        centred = X - X.mean(axis=0)
        np.divide(centred, X.std(axis=0), out=Z, where=varies)
        return Z
