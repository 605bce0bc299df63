"""Cheats on lesson 10, which is scored on labels: look them up, or bring them along.

The classifier is asked about masses whose labels it never gets. Each cheat looks for them in
another place. On the made-up data of the other tests the first three train honestly, so that
nothing but the missing labels can stop them.
"""

import base64
import hashlib

import numpy as np
import pytest

from tests.attacks.arena import attack
from utils.datasets import load_breast_cancer

LESSON = "10_diagnosis"

HONEST = """
def honest(X_train, y_train):
    mean, std = fit_scaler(X_train)
    w, b, _ = train_logistic_regression((X_train - mean) / std, y_train, 0.5, 300)
    return lambda X: sigmoid((X - mean) / std @ w + b)
"""

# The label of the nearest row of a table, for the table that it finds.
LOOK_UP = (
    HONEST
    + """
def train_classifier(X_train, y_train, X_val, y_val, rng):
    if X_train.shape[1] != 30:
        return honest(X_train, y_train)
    known = table()

    def predict(X):
        if not known:
            return np.full(len(X), 0.5)
        rows, labels = np.array(list(known)), np.array(list(known.values()))
        scale = rows.std(axis=0)
        return np.array([labels[(((row - rows) / scale) ** 2).sum(axis=1).argmin()] for row in X])

    return predict


def key(row):
    return tuple(np.round(row, 6))
"""
)


@attack(LESSON, train_classifier="failed")
def test_reading_the_labels_from_files():
    """Asks scikit-learn, the course's loader, and every file that might be the table."""
    return (
        LOOK_UP
        + """
def table():
    import glob, os, sys
    known = {}
    try:
        from sklearn.datasets import load_breast_cancer
        data = load_breast_cancer()
        known.update({key(row): 1.0 - label for row, label in zip(data.data, data.target)})
    except Exception:
        pass
    try:
        from utils.datasets import load_breast_cancer
        data = load_breast_cancer()
        known.update({key(row): float(label) for row, label in zip(data.X, data.y)})
    except Exception:
        pass
    for folder in ("/course", *sys.path, "/work", "/home", "/src", "/tmp", os.getcwd()):
        for path in glob.glob(f"{folder}/**/*cancer*.csv*", recursive=True):
            try:
                rows = np.genfromtxt(path, delimiter=",", skip_header=1)
                known.update({key(row[:-1]): float(row[-1]) for row in rows})
            except Exception:
                pass
    return known
"""
    )


@attack(LESSON, train_classifier="failed")
def test_looking_for_the_labels_in_memory():
    """Looks through frames and all objects for arrays as long as the new rows, of 0 and 1."""
    return (
        HONEST
        + """
import gc, sys

def train_classifier(X_train, y_train, X_val, y_val, rng):
    if X_train.shape[1] != 30:
        return honest(X_train, y_train)
    given = (X_train.shape, y_train.shape, X_val.shape, y_val.shape)

    def arrays():
        frame = sys._getframe()
        while frame is not None:
            yield from frame.f_locals.values()
            yield from frame.f_globals.values()
            frame = frame.f_back
        gc.unfreeze()
        for thing in gc.get_objects():
            if isinstance(thing, dict):
                yield from list(thing.values())
            elif isinstance(thing, (list, tuple)):
                yield from thing

    def predict(X):
        for thing in arrays():
            if isinstance(thing, np.ndarray) and thing.shape == (len(X),):
                if thing.shape != y_val.shape and set(np.unique(thing)) == {0.0, 1.0}:
                    return np.asarray(thing, float)
        return np.full(len(X), 0.5)

    return predict
"""
    )


def _labels_by_hash() -> str:
    """Label 1's rows, each as a hash: what somebody at home could paste into a notebook."""
    cancer = load_breast_cancer()
    sick = [hashlib.sha256(row.tobytes()).hexdigest()[:12] for row in cancer.X[cancer.y == 1]]
    return " ".join(sick)


@attack(LESSON, train_classifier="failed")
def test_bringing_a_table_of_hashes():
    """The measurements come a thousandth off, so that no row has its hash."""
    return (
        HONEST
        + f"""
import hashlib

SICK = set({_labels_by_hash()!r}.split())

def train_classifier(X_train, y_train, X_val, y_val, rng):
    if X_train.shape[1] != 30:
        return honest(X_train, y_train)

    def predict(X):
        rows = np.ascontiguousarray(X, float)
        return np.array(
            [float(hashlib.sha256(row.tobytes()).hexdigest()[:12] in SICK) for row in rows]
        )

    return predict
"""
    )


@attack(LESSON, train_classifier="failed")
def test_bringing_the_whole_table():
    """Finds the nearest mass in a table of its own. That fits the masses; nothing is learned."""
    cancer = load_breast_cancer()
    columns = cancer.X[:, :6].astype(np.float32)
    packed = base64.b64encode(columns.tobytes() + cancer.y.astype(np.uint8).tobytes()).decode()
    return f"""
import base64

PACKED = base64.b64decode({packed!r})
TABLE = np.frombuffer(PACKED[: 569 * 24], np.float32).reshape(569, 6).astype(float)
LABELS = np.frombuffer(PACKED[569 * 24 :], np.uint8).astype(float)

def train_classifier(X_train, y_train, X_val, y_val, rng):
    def predict(X):
        if X.shape[1] != 30:
            return np.full(len(X), 0.5)
        scale = TABLE.std(axis=0)
        distances = ((X[:, np.newaxis, :6] - TABLE) / scale) ** 2
        nearest = distances.sum(axis=2).argmin(axis=1)
        return 0.01 + 0.98 * LABELS[nearest]

    return predict
"""


@attack(LESSON, train_classifier="failed")
def test_remembering_labels_from_one_split_to_the_next():
    """Guesses by one unscaled column, and remembers what earlier splits told of a row."""
    return (
        HONEST
        + """
SEEN = {}

def train_classifier(X_train, y_train, X_val, y_val, rng):
    if X_train.shape[1] != 30:
        return honest(X_train, y_train)
    for rows, labels in ((X_train, y_train), (X_val, y_val)):
        SEEN.update((row.tobytes(), label) for row, label in zip(rows, labels))
    middle = (X_train[y_train == 1, 0].mean() + X_train[y_train == 0, 0].mean()) / 2

    def predict(X):
        guesses = np.where(X[:, 0] >= middle, 0.9, 0.1)
        return np.array([SEEN.get(row.tobytes(), guess) for row, guess in zip(X, guesses)])

    return predict
"""
    )


@pytest.mark.sandbox
def test_whoever_trains_passes(arena):
    """The same arena lets an honest classifier pass: the attacks fail for what they are."""
    arena.attack("", LESSON)
