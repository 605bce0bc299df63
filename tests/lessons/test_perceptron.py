"""The numbers and claims in lesson 01's prose, each computed again."""

import re

import numpy as np
import pytest
from scipy.optimize import linprog
from sklearn.svm import SVC

from tests.lessons.notebooks import code_cells, read, shown_text
from utils.checking.suite import COURSE
from utils.datasets import load_breast_cancer
from utils.perceptron import (
    boundary_line,
    perceptron_predict,
    perceptron_update,
    step,
    train_perceptron,
    weighted_sum,
)
from utils.why_deep_learning import standardize

LESSON = "01_perceptron"
TEXT = (COURSE / "lessons" / f"{LESSON}.md").read_text()
W, B = np.array([3.0, -2.0]), 1.0


def says(sentence: str) -> None:
    """The lesson says this, however its lines are broken."""
    assert sentence in " ".join(TEXT.split()), f"the lesson does not say: {sentence}"


def cell_with(text: str) -> str:
    """The source of the solved notebook's cell that contains a text."""
    return next(
        cell.source for cell in code_cells(read("solutions", LESSON)) if text in cell.source
    )


def output_with(text: str) -> str:
    """What the solved notebook's cell shows that contains a text in its source."""
    return next(
        shown_text(cell) for cell in code_cells(read("solutions", LESSON)) if text in cell.source
    )


def names_after(text: str) -> dict:
    """Run one cell of the lesson by itself: it needs only NumPy and the lesson's functions."""
    scope = {"np": np, "weighted_sum": weighted_sum, "print": lambda *words: None}
    exec(cell_with(text).split("\ndraw_")[0], scope)
    return scope


@pytest.fixture(scope="module")
def garden():
    return names_after("rng.uniform(-3, 3, size=(400, 2))")


@pytest.fixture(scope="module")
def cells():
    """Mean radius and mean texture, standardised, and the labels."""
    data = load_breast_cancer()
    return standardize(data.X[:, :2]), data.y


def separable(X, y) -> bool:
    """Whether a hyperplane parts the two classes: a linear program decides it."""
    sides = np.where(y == 1, 1.0, -1.0)[:, np.newaxis]
    X_one = np.column_stack([X, np.ones(len(X))])
    found = linprog(
        np.zeros(X_one.shape[1]), A_ub=-sides * X_one, b_ub=-np.ones(len(X)), bounds=(None, None)
    )
    assert found.status in (0, 2), found.message  # solved, or shown to have no solution
    return found.status == 0


# ---------------------------------------------------------------------- the plant's neuron


def test_the_rainy_day():
    says(r"$z = 3 \cdot (-1) + (-2) \cdot 2 + 1 = -6$")
    assert weighted_sum([-1, 2], W, B) == -6
    says("The usual day has $z = 1$")
    assert weighted_sum([0, 0], W, B) == 1


def test_the_batch_of_three():
    says("the sums are $-6$, $1$ and $2$. So the answer is `[0.0, 1.0, 1.0]`")
    X = np.array([[-1, 2], [0, 0], [1, 1]])
    assert (X @ W + B).tolist() == [-6, 1, 2]
    assert perceptron_predict(X, W, B).tolist() == [0, 1, 1]


def test_the_boundary():
    says(r"$$x_2 = 1.5\, x_1 + 0.5$$")
    assert boundary_line(W, B) == (1.5, 0.5)


def test_the_step_of_the_example():
    says("Its sum is $3 - 2 + 1 = 2$")
    says("The result is $(2.5, -2)$ and $0.5$")
    assert weighted_sum([1, 2], [3, -1], 1) == 2
    w, b = perceptron_update([1, 2], 0, [3, -1], 1, 0.5)
    assert (w.tolist(), b) == ([2.5, -2.0], 0.5)
    # “the boundary swung past the dot”
    assert perceptron_predict([[1, 2]], [3, -1], 1) == 1
    assert perceptron_predict([[1, 2]], w, b) == 0


def test_the_arrow_of_the_weights_lies_along_them():
    x, y, dx, dy = (float(v) for v in re.search(r"axes.arrow\((.*?), color", TEXT)[1].split(","))
    assert dx / dy == pytest.approx(W[0] / W[1])
    assert weighted_sum([x, y], W, B) == pytest.approx(0)  # it stands on the boundary
    assert weighted_sum([x + dx, y + dy], W, B) > 0


def test_the_matches():
    says("The stroke gets $5 - 3 = 2$. With a gap it still gets 1")
    says("The mirrored stroke, the full image and the empty one stay below zero.")
    scores = dict(zip(*(names_after("np.fliplr")[n] for n in ("images", "scores")), strict=True))
    assert (scores["stroke"], scores["gap"]) == (2, 1)
    assert all(scores[name] < 0 for name in ("mirrored", "all ink", "no ink"))


# ---------------------------------------------------------------------------- the garden


def test_the_gardeners_days(garden):
    days, watered = garden["days"], garden["watered"]
    says("Here are forty days")
    assert days.shape == (40, 2)
    np.testing.assert_array_equal(watered, perceptron_predict(days, W, B))
    # “those too close to call were left out”
    assert np.min(np.abs(days @ W + B)) / np.hypot(*W) > 0.2


def test_the_training_on_the_gardeners_days(garden):
    w, b, mistakes = train_perceptron(garden["days"], garden["watered"], 1.0, 8)
    says("After 16 steps the neuron is right about every day.")
    assert mistakes.sum() == 16
    assert perceptron_predict(garden["days"], w, b).tolist() == garden["watered"].tolist()
    says("Six mistakes, then five, three, two, and then none")
    assert mistakes.tolist() == [6, 5, 3, 2, 0, 0, 0, 0]
    says("The learned weights are larger than the gardener's.")
    assert np.all(np.abs(w) > np.abs(W))
    # “between them there is not a single day”: the two neurons agree about all days


def test_a_step_can_spoil_other_days(garden):
    says("Watch a step mend one day and spoil others.")
    days, watered = garden["days"], garden["watered"]
    w, b, spoiled = np.zeros(2), 0.0, 0
    for day, label in zip(days, watered, strict=True):
        before = perceptron_predict(days, w, b) == watered
        w, b = perceptron_update(day, label, w, b, 1.0)
        spoiled = max(spoiled, int(np.sum(before & (perceptron_predict(days, w, b) != watered))))
    assert spoiled > 1


def test_the_same_mistakes_for_each_learning_rate(garden):
    says("The same mistakes, each time.")
    rates = re.search(r"for learning_rate in \((.*?)\)", TEXT)[1].split(",")
    counts = {
        tuple(train_perceptron(garden["days"], garden["watered"], float(rate), 6)[2])
        for rate in rates
    }
    assert len(rates) == 3
    assert len(counts) == 1


def test_novikoffs_bound(garden):
    X_one = np.column_stack([garden["days"], np.ones(40)])
    v = np.append(W, B)
    margin = np.min(np.abs(X_one @ v)) / np.linalg.norm(v)
    bound = np.max(np.sum(X_one**2, axis=1)) / margin**2
    says("At most 377 mistakes, says the theorem. The training made 16.")
    assert 377 <= bound < 378
    says("crosses it at 377.8 mistakes")
    assert f"{bound:.1f}" == "377.8"


def test_each_step_of_the_proof(garden):
    """Its two inequalities, at each mistake of this training."""
    X_one = np.column_stack([garden["days"], np.ones(40)])
    u = np.append(W, B) / np.linalg.norm(np.append(W, B))
    margin, R = np.min(np.abs(X_one @ u)), np.max(np.linalg.norm(X_one, axis=1))
    v = np.zeros(3)
    for _ in range(8):
        for x, y in zip(X_one, garden["watered"], strict=True):
            w_new, b_new = perceptron_update(x[:2], y, v[:2], v[2], 1.0)
            v_new = np.append(w_new, b_new)
            if not np.array_equal(v, v_new):
                assert u @ v_new >= u @ v + margin - 1e-9
                assert v_new @ v_new <= v @ v + R**2 + 1e-9
            v = v_new


# ---------------------------------------------------------------------------------- XOR


def test_xor():
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = np.array([0.0, 1.0, 1.0, 0.0])
    says("From the third epoch on, the neuron is wrong about all four")
    *_, mistakes = train_perceptron(X, y, 1.0, 20)
    assert mistakes.tolist() == [3, 3] + 18 * [4]
    says("No rule could do better, because no line exists.")
    assert not separable(X, y)


# ------------------------------------------------------------------------- the real data


def test_the_baseline(cells):
    says("62.7 % will stand beside every accuracy")
    _, y = cells
    assert (len(y), int(np.sum(y == 1)), int(np.sum(y == 0))) == (569, 212, 357)
    assert f"{np.mean(y == 0):.1%}" == "62.7%"


def test_every_printed_accuracy_has_the_baseline_beside_it():
    printed = output_with("accuracies.append") + output_with("for X_some in")
    lines = [line for line in printed.splitlines() if line.strip().startswith("accuracy")]
    lines += [line for line in printed.splitlines() if "features: accuracy" in line]
    assert len(lines) == 3
    assert all("baseline 62.7%" in line for line in lines)


def test_two_features_never_settle(cells):
    X, y = cells
    assert not separable(X, y)
    w, b = np.zeros(2), 0.0
    accuracies = []
    for _ in range(50):
        for x_i, y_i in zip(X, y, strict=True):
            w, b = perceptron_update(x_i, y_i, w, b, 1.0)
        accuracies.append(np.mean(perceptron_predict(X, w, b) == y))
    says("jumps between 84.5 and 88.9 percent")
    assert [f"{100 * a:.1f}" for a in (min(accuracies), max(accuracies))] == ["84.5", "88.9"]
    says("Every epoch has more than fifty mistakes")
    *_, mistakes = train_perceptron(X, y, 1.0, 50)
    assert mistakes.min() > 50


def test_the_malignant_mass_lies_inside_the_benign_triangle(cells):
    X, y = cells
    corners, inside = [458, 242, 61], 41
    assert f"corners, inside = {corners}, {inside}" in TEXT
    assert y[corners].tolist() == [0, 0, 0]
    assert y[inside] == 1
    # the shares of the corners in the point are positive and sum to one
    shares = np.linalg.solve(np.vstack([X[corners].T, np.ones(3)]), np.append(X[inside], 1.0))
    assert np.all(shares > 0.1)
    # the picture shows all four
    low, high = np.array([-2.1, -0.7]), np.array([0.4, 1.6])
    assert np.all((X[[*corners, inside]] > low) & (X[[*corners, inside]] < high))


def test_thirty_features_are_separable_with_a_narrow_gap(cells):
    says("In thirty dimensions there is a flat boundary without a single mistake")
    _, y = cells
    X = standardize(load_breast_cancer().X)
    assert separable(X, y)
    says("all it promises is this: fewer than 250 million mistakes")
    machine = SVC(kernel="linear", C=1e8).fit(X, y)  # the boundary with the widest gap
    v = np.append(machine.coef_[0], machine.intercept_)
    X_one = np.column_stack([X, np.ones(len(X))])
    margin = np.min(np.where(y == 1, 1, -1) * (X_one @ v)) / np.linalg.norm(v)
    assert margin > 0
    bound = np.max(np.sum(X_one**2, axis=1)) / margin**2
    assert 1e8 < bound < 2.5e8


def test_more_features_make_fewer_mistakes(cells):
    says("More measurements help, too.")
    X, y = cells
    *_, two = train_perceptron(X, y, 1.0, 50)
    *_, thirty = train_perceptron(standardize(load_breast_cancer().X), y, 1.0, 50)
    assert 0 < thirty[-1] < two[-1]
    assert thirty.min() > 0  # “the rule runs on” here, too


# ----------------------------------------------------------------------- PyTorch, the quiz


def test_pytorch_shows_the_same_numbers():
    torch_line, own_line = output_with("torch.nn.init.zeros_").strip().splitlines()
    assert torch_line.split(":")[1].split() == own_line.split(":")[1].split()
    assert "same decisions on 40 of 40 days" in output_with("torch.nn.Linear(2, 1")


def test_the_quizs_neuron():
    says('"A neuron has $w = (2, -1)$ and $b = -3$. What does it say about $x = (1, 1)$?"')
    assert weighted_sum([1, 1], [2, -1], -3) == -2
    assert step(-2) == 0
