"""The references of lesson 10 against scikit-learn, PyTorch, and what is known."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.preprocessing import StandardScaler

from utils.activations import sigmoid
from utils.batching import minibatches
from utils.datasets import load_breast_cancer
from utils.diagnosis import (
    area_under_curve,
    confusion_matrix,
    fit_scaler,
    reliability_curve,
    roc_curve,
    sensitivity_specificity,
    threshold_for_sensitivity,
    train_classifier,
)
from utils.gradient_descent import train_logistic_regression
from utils.networks import deep_forward, init_dense
from utils.overfitting import EarlyStopping, train_regularised, train_test_split

torch.set_num_threads(1)

seeds = st.integers(0, 2**32 - 1)


def examples(seed, n=None, digits=1):
    """Labels with both classes, and scores with ties."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 60)) if n is None else n
    y = np.concatenate([[0, 1], rng.integers(0, 2, size=n - 2)])
    return y, np.round(rng.normal(size=n) + y, digits)


# ---------------------------------------------------------------------------- scaling


@given(seed=seeds, n=st.integers(2, 20), m=st.integers(1, 6))
def test_the_scaler_is_scikit_learns(seed, n, m):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, m)) * 10.0 ** rng.integers(-3, 4, size=m)
    X[:, 0] = rng.normal()  # a constant column
    theirs = StandardScaler().fit(X)
    mean, std = fit_scaler(X)
    np.testing.assert_allclose(mean, theirs.mean_, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(std, theirs.scale_, rtol=1e-9)
    assert std[0] == 1


def test_the_scaler_takes_lists_and_leaves_them_alone():
    X = [[1, 2], [3, 2]]
    mean, std = fit_scaler(X)
    np.testing.assert_array_equal(mean, [2, 2])
    np.testing.assert_array_equal(std, [1, 1])
    assert X == [[1, 2], [3, 2]]


# ---------------------------------------------------------------------------- measures


@given(seed=seeds)
def test_the_matrix_and_the_two_rates_are_scikit_learns(seed):
    y, scores = examples(seed)
    y_hat = scores >= 0.5
    np.testing.assert_array_equal(confusion_matrix(y, y_hat), metrics.confusion_matrix(y, y_hat))
    sensitivity, specificity = sensitivity_specificity(y, y_hat)
    assert isinstance(sensitivity, float)
    np.testing.assert_allclose(sensitivity, metrics.recall_score(y, y_hat))
    np.testing.assert_allclose(specificity, metrics.recall_score(y, y_hat, pos_label=0))
    prevalence = np.mean(y)
    mixed = prevalence * sensitivity + (1 - prevalence) * specificity
    np.testing.assert_allclose(mixed, np.mean(y == y_hat))


@given(seed=seeds)
def test_the_curve_and_its_area_are_scikit_learns(seed):
    y, scores = examples(seed)
    across, up = roc_curve(y, scores)
    their_across, their_up, _ = metrics.roc_curve(y, scores, drop_intermediate=False)
    np.testing.assert_allclose(across, their_across)
    np.testing.assert_allclose(up, their_up)
    np.testing.assert_allclose(area_under_curve(across, up), metrics.roc_auc_score(y, scores))


@given(seed=seeds)
def test_the_area_is_the_share_of_pairs_in_order(seed):
    y, scores = examples(seed)
    sick, others = scores[y == 1], scores[y == 0]
    pairs = np.mean([(a > b) + 0.5 * (a == b) for a in sick for b in others])
    np.testing.assert_allclose(area_under_curve(*roc_curve(y, scores)), pairs)


def test_the_curve_knows_the_order_only():
    y, scores = examples(7, n=40)
    for change in (lambda s: 3 * s - 7, np.exp, lambda s: sigmoid(s)):
        for one, other in zip(roc_curve(y, scores), roc_curve(y, change(scores)), strict=True):
            np.testing.assert_allclose(one, other)


@given(seed=seeds, wanted=st.floats(0.01, 1.0))
def test_the_threshold_is_the_strictest_that_reaches_it(seed, wanted):
    y, scores = examples(seed)
    threshold = threshold_for_sensitivity(y, scores, wanted)
    assert isinstance(threshold, float)
    assert threshold in scores
    assert sensitivity_specificity(y, scores >= threshold)[0] >= wanted
    higher = scores[scores > threshold]
    if len(higher):
        assert sensitivity_specificity(y, scores >= higher.min())[0] < wanted


@given(seed=seeds, bins=st.integers(1, 12))
def test_the_drawers_hold_every_example_once(seed, bins):
    rng = np.random.default_rng(seed)
    p = np.round(rng.random(30), 2)
    y = rng.integers(0, 2, size=30)
    promised, came, counts = reliability_curve(y, p, bins)
    assert counts.sum() == 30
    assert counts.min() >= 1
    np.testing.assert_allclose(promised @ counts, p.sum())
    np.testing.assert_allclose(came @ counts, y.sum())
    assert np.all(np.diff(promised) > 0)


def test_the_drawers_are_scikit_learns():
    from sklearn.calibration import calibration_curve

    rng = np.random.default_rng(0)
    p = rng.random(500)
    y = rng.random(500) < p**2
    their_came, their_promised = calibration_curve(y, p, n_bins=7)
    promised, came, _ = reliability_curve(y, p, 7)
    np.testing.assert_allclose(promised, their_promised)
    np.testing.assert_allclose(came, their_came)


def test_honest_probabilities_lie_on_the_diagonal():
    rng = np.random.default_rng(1)
    p = rng.random(200_000)
    promised, came, _ = reliability_curve(rng.random(200_000) < p, p, 10)
    np.testing.assert_allclose(came, promised, atol=0.02)


# --------------------------------------------------------------------------- the model


def three_sets(seed):
    cancer = load_breast_cancer()
    rng = np.random.default_rng(seed)
    X_train, y_train, X_rest, y_rest = train_test_split(cancer.X, cancer.y, 0.7, rng)
    return X_train, y_train, *train_test_split(X_rest, y_rest, 0.5, rng)


def accuracy(predict, X, y):
    return np.mean((predict(X) >= 0.5) == y)


@pytest.mark.parametrize("first", [100, 200])
def test_the_classifier_clears_its_bar_on_other_splits_too(first):
    shares = []
    for seed in range(first, first + 5):
        X_train, y_train, X_val, y_val, X_new, y_new = three_sets(seed)
        rng = np.random.default_rng(seed)
        shares.append(accuracy(train_classifier(X_train, y_train, X_val, y_val, rng), X_new, y_new))
    assert np.mean(shares) >= 0.95


def test_it_is_the_loop_of_lesson_09_to_the_last_digit():
    X_train, y_train, X_val, y_val, X_new, _ = three_sets(0)
    ours = train_classifier(X_train, y_train, X_val, y_val, np.random.default_rng(4))
    rng = np.random.default_rng(4)
    mean, std = fit_scaler(X_train)
    start = [init_dense(30, 16, rng), init_dense(16, 1, rng)]
    layers, _ = train_regularised(
        ((X_train - mean) / std, y_train.astype(float)),
        ((X_val - mean) / std, y_val.astype(float)),
        start,
        100,
        rng,
        rate=0.2,
        stopping=EarlyStopping(10, 0.0),
        learning_rate=0.01,
    )
    theirs = sigmoid(deep_forward((X_new - mean) / std, layers)[:, 0])
    np.testing.assert_allclose(ours(X_new), theirs, rtol=1e-12)


def test_it_stops_in_time_and_returns_the_best_epoch(monkeypatch):
    """Validation labels that say the opposite: the loss there is best at the very start."""
    epochs = []

    class Watched(EarlyStopping):
        def update(self, epoch, loss):
            epochs.append((epoch, loss))
            return super().update(epoch, loss)

    monkeypatch.setattr("utils.diagnosis.EarlyStopping", Watched)
    X_train, y_train, X_val, y_val, *_ = three_sets(1)
    predict = train_classifier(X_train, y_train, X_val, 1 - y_val, np.random.default_rng(0))
    losses = [loss for _, loss in epochs]
    assert len(epochs) == int(np.argmin(losses)) + 1 + 10 < 100
    p = np.clip(predict(X_val), 1e-300, 1)
    loss = -np.mean((1 - y_val) * np.log(p) + y_val * np.log1p(-p))
    np.testing.assert_allclose(loss, min(losses), rtol=1e-9)


def test_validation_rows_have_no_part_in_the_scaling():
    """Moved far away, they may say when to stop, and not what a row looks like."""
    X_train, y_train, X_val, y_val, X_new, y_new = three_sets(2)
    predict = train_classifier(X_train, y_train, X_val + 1e5, y_val, np.random.default_rng(0))
    assert accuracy(predict, X_new, y_new) > 0.8


def test_a_row_alone_lists_and_whole_numbers_will_do():
    X = [[1, 5], [2, 5], [8, 5], [9, 5]] * 10
    y = [0, 0, 1, 1] * 10
    predict = train_classifier(X, y, X, y, np.random.default_rng(0))
    alone = predict([[9, 5]])
    assert alone.shape == (1,)
    np.testing.assert_allclose(alone, predict([[1, 5], [9, 5]])[1:], rtol=1e-12)
    assert np.all(np.isfinite(predict([[3, 5]])))


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 100))
def test_the_units_of_the_columns_do_not_matter(seed):
    """Scaling by powers of two is exact, so not a digit may change."""
    X_train, y_train, X_val, y_val, X_new, _ = three_sets(seed)
    units = 2.0 ** np.random.default_rng(seed).integers(-10, 10, size=30)
    one = train_classifier(X_train, y_train, X_val, y_val, np.random.default_rng(seed))
    other = train_classifier(
        X_train * units, y_train, X_val * units, y_val, np.random.default_rng(seed)
    )
    np.testing.assert_array_equal(one(X_new), other(X_new * units))


def test_the_logistic_regression_of_lesson_05_does_as_well():
    ours, simple = [], []
    for seed in range(5):
        X_train, y_train, X_val, y_val, X_new, y_new = three_sets(seed)
        rng = np.random.default_rng(seed)
        ours.append(accuracy(train_classifier(X_train, y_train, X_val, y_val, rng), X_new, y_new))
        mean, std = fit_scaler(X_train)
        w, b, _ = train_logistic_regression((X_train - mean) / std, y_train, 0.5, 500)
        simple.append(
            accuracy(lambda X, m=mean, s=std, w=w, b=b: sigmoid((X - m) / s @ w + b), X_new, y_new)
        )
    assert abs(np.mean(ours) - np.mean(simple)) < 0.01


def test_without_dropout_and_chance_it_is_pytorchs_training():
    """The same start and the same batches: 60 steps of Adam in float64, weight by weight."""
    from utils.optimizers import adam_step, flatten_layers, unflatten_layers
    from utils.overfitting import regularised_gradients

    X_train, y_train, *_ = three_sets(0)
    mean, std = fit_scaler(X_train)
    rows, labels = (X_train - mean) / std, y_train.astype(float)
    rng = np.random.default_rng(0)
    layers = [init_dense(30, 16, rng), init_dense(16, 1, rng)]
    tensors = [torch.tensor(a, requires_grad=True) for layer in layers for a in layer]
    optimizer = torch.optim.Adam(tensors, lr=0.01)
    w = flatten_layers(layers)
    m, v, t = np.zeros_like(w), np.zeros_like(w), 0
    for _ in range(5):
        for batch in minibatches(len(rows), 32, rng):
            t += 1
            now = unflatten_layers(w, layers)
            _, gradients = regularised_gradients(rows[batch], labels[batch], now, 0.0, 0.0, rng)
            w, m, v = adam_step(w, m, v, t, flatten_layers(gradients), 0.01, 0.9, 0.999, 1e-8)
            W1, b1, W2, b2 = tensors
            z = torch.relu(torch.tensor(rows[batch]) @ W1 + b1) @ W2 + b2
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                z[:, 0], torch.tensor(labels[batch])
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    theirs = np.concatenate([tensor.detach().numpy().ravel() for tensor in tensors])
    np.testing.assert_allclose(w, theirs, rtol=1e-8, atol=1e-10)
