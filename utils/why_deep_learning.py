"""Lesson 00: two measurements that a person invents, before a network learns its own."""

import numpy as np
from numpy.typing import ArrayLike


def left_right_symmetry(image: ArrayLike) -> float:
    """How much an image looks like its own mirror image.

    symmetry = 1 - mean( |image - mirror| / largest )

    The mirror has the columns of the image in reverse order: left becomes right. `largest` is the
    largest value in the image, so that brightness does not matter. The mean runs over all pixels.

    Parameters
    ----------
    image : (h, w) brightness of each pixel, never negative; floats or integers, uint8 too

    Returns
    -------
    float from 0 (nothing matches) to 1 (a perfect mirror image); an all-zero image gives 1.0

    Examples
    --------
    >>> left_right_symmetry(np.array([[4, 0, 4], [0, 2, 0]]))  # left and right are the same
    1.0
    >>> left_right_symmetry(np.array([[8, 0], [8, 8]]))  # one of the two rows matches its mirror
    0.5
    """
    # as floats: a difference of unsigned pixels would wrap around instead of going below zero
    image = np.asarray(image, float)
    largest = image.max()
    if largest == 0:
        return 1.0
    mirror = image[:, ::-1]
    return float(1 - np.mean(np.abs(image - mirror) / largest))


def standardize(X: ArrayLike) -> np.ndarray:
    """Bring every column to the same scale.

    z = (x - mean) / standard deviation, with the mean and deviation of x's own column

    The standard deviation is the population one, which divides by n.

    Parameters
    ----------
    X : (n, m) table of numbers: n examples, m features

    Returns
    -------
    (n, m) table whose columns have mean 0 and standard deviation 1; a constant column (its largest
    value equals its smallest) becomes exact zeros

    Examples
    --------
    >>> standardize(np.array([[1.0, 7.0], [2.0, 7.0], [3.0, 7.0]]))
    array([[-1.22474487,  0.        ],
           [ 0.        ,  0.        ],
           [ 1.22474487,  0.        ]])
    """
    X = np.asarray(X, float)
    # rounding can leave a constant column a deviation of 1e-17, so the values decide, not that
    constant = X.max(axis=0) == X.min(axis=0)
    deviation = np.where(constant, 1, X.std(axis=0))
    return np.where(constant, 0, (X - X.mean(axis=0)) / deviation)
