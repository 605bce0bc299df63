"""A diagnosis from end to end: a scaler, the measures of a test, and a classifier trained on it.

Throughout, 1 is sick (here: malignant) and 0 is not. First the measures, which ask only for the
truth and the answers and so serve any model; then the model.

Sources: sensitivity and specificity are Yerushalmy's (1947); the ROC curve comes from radar
operators of the 1940s, and Swets (1988, Science 240) carried it over to medicine.
"""

import numpy as np
from numpy.typing import ArrayLike

# ---------------------------------------------------------------------------- scaling


def fit_scaler(X_train: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Measure the columns of the training rows, so that any row can be scaled by them.

    A row x is scaled as (x - mean) / std, entry by entry: rows of the training set, and later rows
    of all other sets by these same two arrays.

    Parameters
    ----------
    X_train : (n, m) the training rows, and no others

    Returns
    -------
    (mean, std), both (m,): mean and standard deviation of each column; the deviation divides by
    n, not by n - 1. Where a column is constant (its largest value equals its smallest), std is 1.

    Examples
    --------
    >>> fit_scaler(np.array([[1.0, 10.0, 5.0], [3.0, 30.0, 5.0]]))
    (array([ 2., 20.,  5.]), array([ 1., 10.,  1.]))
    """
    X_train = np.asarray(X_train, float)
    constant = X_train.max(axis=0) == X_train.min(axis=0)
    # rounding can leave a constant column a tiny deviation, so it is not asked whether it is 0
    return X_train.mean(axis=0), np.where(constant, 1.0, X_train.std(axis=0))


# ---------------------------------------------------------------------------- measures


def confusion_matrix(y: ArrayLike, y_hat: ArrayLike) -> np.ndarray:
    """Count how often each truth met each answer.

    matrix[i, j] = number of examples whose label is i and whose prediction is j

        [[true negatives,  false positives],
         [false negatives, true positives ]]

    Parameters
    ----------
    y : (n,) labels, 0 or 1
    y_hat : (n,) predictions, 0 or 1 (not probabilities)

    Returns
    -------
    (2, 2) counts: a row for each truth, a column for each prediction

    Examples
    --------
    >>> confusion_matrix(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 0, 1]))
    array([[2, 1],
           [1, 1]])
    """
    y, y_hat = np.asarray(y), np.asarray(y_hat)
    return np.array([[np.sum((y == i) & (y_hat == j)) for j in (0, 1)] for i in (0, 1)])


def sensitivity_specificity(y: ArrayLike, y_hat: ArrayLike) -> tuple[float, float]:
    """Share of the sick that are found, and share of the others that are left in peace.

    sensitivity = true positives / (true positives + false negatives)
    specificity = true negatives / (true negatives + false positives)

    Parameters
    ----------
    y : (n,) labels, 0 or 1; both occur
    y_hat : (n,) predictions, 0 or 1 (not probabilities)

    Returns
    -------
    (sensitivity, specificity), two floats from 0 to 1

    Examples
    --------
    >>> sensitivity, specificity = sensitivity_specificity([0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 0, 1])
    >>> sensitivity, specificity  # 1 of 2 found, 3 of 4 left in peace
    (0.5, 0.75)
    """
    (true_negatives, false_positives), (false_negatives, true_positives) = confusion_matrix(
        y, y_hat
    )
    return (
        float(true_positives / (true_positives + false_negatives)),
        float(true_negatives / (true_negatives + false_positives)),
    )


def roc_curve(y: ArrayLike, scores: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Both rates at every threshold, from the strictest to the mildest.

    At a threshold, sick is who has score >= threshold. Then
    true positive rate  = share of the sick (label 1) who are called sick
    false positive rate = share of the others (label 0) who are called sick

    The curve begins at (0, 0), where nobody is called sick. Each of the scores, from the largest
    down, is a threshold and gives a point: equal scores are one threshold, and one point.

    Parameters
    ----------
    y : (n,) labels, 0 or 1; both occur
    scores : (n,) the higher, the more likely sick: probabilities, logits, any numbers

    Returns
    -------
    (false_positive_rates, true_positive_rates): two arrays of the same length, from (0, 0) to
    (1, 1). Points in the middle of a straight stretch may be there or not.

    Examples
    --------
    >>> roc_curve(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.8, 0.1]))
    (array([0. , 0. , 0.5, 1. ]), array([0. , 0.5, 1. , 1. ]))
    """
    y, scores = np.asarray(y), np.asarray(scores, float)
    sick, others = scores[y == 1], scores[y == 0]
    thresholds = np.unique(scores)[::-1]  # each score once, the largest first
    false_positive_rates = [0.0, *(np.mean(others >= threshold) for threshold in thresholds)]
    true_positive_rates = [0.0, *(np.mean(sick >= threshold) for threshold in thresholds)]
    return np.array(false_positive_rates), np.array(true_positive_rates)


def threshold_for_sensitivity(y: ArrayLike, scores: ArrayLike, sensitivity: float) -> float:
    """Find the strictest threshold that still finds enough of the sick.

    At a threshold, sick is who has score >= threshold.

    Parameters
    ----------
    y : (n,) labels, 0 or 1; at least one is 1
    scores : (n,) the higher, the more likely sick: probabilities, logits, any numbers
    sensitivity : the share of the sick that must be found, above 0 and up to 1

    Returns
    -------
    float: the largest of the scores that, as a threshold, reaches at least this sensitivity

    Examples
    --------
    >>> y = np.array([1, 1, 1, 0, 0])
    >>> scores = np.array([0.9, 0.7, 0.2, 0.8, 0.1])
    >>> threshold_for_sensitivity(y, scores, 0.6)  # 0.7 finds two of three, 0.8 only one
    0.7
    """
    y, scores = np.asarray(y), np.asarray(scores, float)
    sick = scores[y == 1]
    enough = [score for score in scores if np.mean(sick >= score) >= sensitivity]
    return float(max(enough))
