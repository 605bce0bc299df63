"""A diagnosis from end to end: a scaler, the measures of a test, and a classifier trained on it.

Throughout, 1 is sick (here: malignant) and 0 is not. First the measures, which ask only for the
truth and the answers and so serve any model; then the model.

Sources: sensitivity and specificity are Yerushalmy's (1947); how the ROC curve came from radar to
medicine is told by Swets (1988, Science 240); that its area compares pairs, by Hanley and McNeil
(1982).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from utils.activations import sigmoid
from utils.batching import minibatches
from utils.networks import deep_forward, init_dense
from utils.optimizers import adam_step, flatten_layers, unflatten_layers
from utils.overfitting import EarlyStopping, network_loss, regularised_gradients

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


def area_under_curve(false_positive_rates: ArrayLike, true_positive_rates: ArrayLike) -> float:
    """Area under a ROC curve: 1 is perfect, 0.5 is what a coin reaches.

    It is the probability that a sick example, drawn at random, has a higher score than another
    one drawn at random (a tie counts half).

    Parameters
    ----------
    false_positive_rates, true_positive_rates : arrays of the same length, as from `roc_curve`

    Returns
    -------
    float, from 0 to 1

    Examples
    --------
    >>> area_under_curve([0.0, 0.0, 0.5, 1.0], [0.0, 0.5, 1.0, 1.0])
    0.875
    """
    widths = np.diff(np.asarray(false_positive_rates, float))
    heights = np.asarray(true_positive_rates, float)
    return float(np.sum(widths * (heights[1:] + heights[:-1]) / 2))  # one trapezium a stretch


def reliability_curve(
    y: ArrayLike, probabilities: ArrayLike, bins: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hold what was promised against what came: among those told "70 %", are 70 % sick?

    The probabilities are sorted into `bins` drawers of equal width from 0 to 1; empty drawers are
    left out.

    Parameters
    ----------
    y : (n,) labels, 0 or 1
    probabilities : (n,) from 0 to 1
    bins : number of drawers, an int of 1 or more

    Returns
    -------
    (promised, came, counts), one entry a drawer that is not empty: the mean probability in it,
    the share of label 1 in it, and how many examples it holds

    Examples
    --------
    >>> reliability_curve([0, 1, 1, 1], [0.25, 0.25, 0.75, 1.0], bins=2)
    (array([0.25 , 0.875]), array([0.5, 1. ]), array([2, 2]))
    """
    y, probabilities = np.asarray(y, float), np.asarray(probabilities, float)
    drawer = np.minimum((probabilities * bins).astype(int), bins - 1)  # 1.0 goes into the last
    members = [drawer == number for number in range(bins) if np.any(drawer == number)]
    promised = np.array([probabilities[inside].mean() for inside in members])
    came = np.array([y[inside].mean() for inside in members])
    return promised, came, np.array([np.sum(inside) for inside in members])


# --------------------------------------------------------------------------- the model


def train_classifier(
    X_train: ArrayLike,
    y_train: ArrayLike,
    X_val: ArrayLike,
    y_val: ArrayLike,
    rng: np.random.Generator,
) -> Callable[[ArrayLike], np.ndarray]:
    """Train a network to tell sick (1) from not sick (0), and return it ready for use.

    Scale the columns with the training rows alone. Train with mini-batches, Adam and dropout.
    Stop early by the loss on the validation rows, and keep the weights of the best epoch.

    Customary settings that do well here: 16 hidden units, batches of 32, a learning rate of 0.01,
    a dropout rate of 0.2, a patience of 10, and 100 epochs at most.

    Parameters
    ----------
    X_train, y_train : (n, m) rows to learn from, as measured (not scaled), and (n,) labels, 0 or 1
    X_val, y_val : (n_val, m) rows that say when to stop, not scaled either, and their labels
    rng : for all that is left to chance

    Returns
    -------
    a function from rows (k, m), not scaled, any k ≥ 1, to probabilities of label 1, shape (k,).
    For the same row it always says the same, whatever rows come with it.

    On the breast-cancer data, 1 for malignant, at least 95 % of new rows must be right at a
    threshold of 0.5, on average over five splits. All five may take 60 seconds together.

    Examples
    --------
    >>> X, y = np.array([[1.0], [2.0], [8.0], [9.0]] * 20), np.array([0, 0, 1, 1] * 20)
    >>> predict = train_classifier(X, y, X, y, np.random.default_rng(0))
    >>> predict(np.array([[0.0], [10.0], [11.0]])).round()
    array([0., 1., 1.])
    """
    y_train = np.asarray(y_train, float)
    mean, std = fit_scaler(X_train)  # of these rows alone: all others are new to the model
    train, val = (np.asarray(X_train, float) - mean) / std, (np.asarray(X_val, float) - mean) / std
    layers = [init_dense(train.shape[1], 16, rng), init_dense(16, 1, rng)]
    w = best = flatten_layers(layers)  # all weights and biases in one array, for Adam
    m, v, t = np.zeros_like(w), np.zeros_like(w), 0
    stopping = EarlyStopping(patience=10, min_delta=0.0)
    for epoch in range(100):
        for batch in minibatches(len(train), 32, rng):
            t += 1
            layers = unflatten_layers(w, layers)
            _, gradients = regularised_gradients(
                train[batch], y_train[batch], layers, rate=0.2, strength=0.0, rng=rng
            )
            w, m, v = adam_step(w, m, v, t, flatten_layers(gradients), 0.01, 0.9, 0.999, 1e-8)
        time_to_stop = stopping.update(epoch, network_loss(val, y_val, unflatten_layers(w, layers)))
        if stopping.best_epoch == epoch:
            best = w
        if time_to_stop:
            break
    best_layers = unflatten_layers(best, layers)

    def predict(X: ArrayLike) -> np.ndarray:
        logits = deep_forward((np.asarray(X, float) - mean) / std, best_layers)  # no dropout here
        return sigmoid(logits[:, 0])  # (k, 1) -> (k,)

    return predict
