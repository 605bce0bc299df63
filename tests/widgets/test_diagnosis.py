"""The pictures of lesson 10 move as their controls say, and show what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from tests.pointing import press
from utils.diagnosis import (
    area_under_curve,
    confusion_matrix,
    reliability_curve,
    roc_curve,
    sensitivity_specificity,
)
from utils.figures import COLORS
from utils.widgets.diagnosis import (
    PEOPLE,
    THRESHOLDS,
    draw_confusion,
    draw_regions,
    draw_reliability,
    draw_roc,
    draw_scores,
    draw_sets,
    draw_splits,
    draw_ten_classes,
    draw_wrong,
    draw_wrong_digits,
    draw_xrays,
    threshold_explorer,
    town_explorer,
)

NAMES = ("benign", "malignant")
MEASURES = (confusion_matrix, sensitivity_specificity, roc_curve)


@pytest.fixture(autouse=True)
def _no_open_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def answers():
    """Labels, and the scores of a weak and of a strong model."""
    rng = np.random.default_rng(0)
    y = (rng.random(60) < 0.4).astype(int)
    weak = np.clip(0.4 + 0.2 * y + 0.2 * rng.normal(size=60), 0, 1)
    strong = np.clip(0.1 + 0.8 * y + 0.1 * rng.normal(size=60), 0, 1)
    return y, {"weak": weak, "strong": strong}


@pytest.fixture
def explorer(answers):
    y, models = answers
    return threshold_explorer(*MEASURES, models, y, NAMES)


def texts(axes):
    return [text.get_text() for text in axes.texts]


def broken(*_):
    raise ZeroDivisionError("of my own making")


# ----------------------------------------------------------------------- the linked picture


@pytest.mark.parametrize("model", ["weak", "strong"])
@pytest.mark.parametrize("threshold", [0.0, 0.23, 0.5, 0.9, 1.0])
def test_all_four_panels_tell_of_the_same_threshold(explorer, answers, model, threshold):
    y, models = answers
    explorer.set(model=model, threshold=threshold, missed=7, alarm=3)
    assert explorer.error is None
    score_axes, matrix_axes, roc_axes, cost_axes = explorer.figure.axes
    y_hat = models[model] >= threshold
    matrix = confusion_matrix(y, y_hat)
    sensitivity, specificity = sensitivity_specificity(y, y_hat)

    line = next(line for line in score_axes.lines if len(set(line.get_xdata())) == 1)
    assert line.get_xdata()[0] == threshold
    shown = score_axes.collections[0].get_offsets()
    np.testing.assert_allclose(np.asarray(shown)[:, 0], models[model])

    found = texts(matrix_axes)
    assert [text for text in found if text.isdigit()] == [str(n) for n in matrix.ravel()]
    missed, alarms = int(matrix[1, 0]), int(matrix[0, 1])
    assert f"cost {missed} · 7 = {7 * missed}" in found
    assert f"cost {alarms} · 3 = {3 * alarms}" in found

    dot = roc_axes.lines[-1]
    np.testing.assert_allclose(dot.get_xydata()[0], [1 - specificity, sensitivity])
    curve = roc_axes.lines[-2].get_xydata().T
    np.testing.assert_allclose(
        area_under_curve(*curve), area_under_curve(*roc_curve(y, models[model]))
    )

    costs, now, lowest = cost_axes.lines
    assert now.get_xydata()[0].tolist() == [threshold, 7 * missed + 3 * alarms]
    assert costs.get_ydata()[list(THRESHOLDS).index(threshold)] == 7 * missed + 3 * alarms
    assert lowest.get_ydata()[0] == costs.get_ydata().min()
    assert f"sensitivity {100 * sensitivity:.0f} %" in explorer.caption
    assert f"cost {7 * missed + 3 * alarms}." in explorer.caption


def test_the_star_is_where_the_costs_are_lowest(explorer, answers):
    y, models = answers
    for missed, alarm in ((1, 1), (50, 1), (1, 50)):
        explorer.set(model="weak", missed=missed, alarm=alarm)
        star = float(explorer.figure.axes[3].lines[2].get_xdata()[0])
        costs = []
        for threshold in THRESHOLDS:
            matrix = confusion_matrix(y, models["weak"] >= threshold)
            costs.append(matrix[1, 0] * missed + matrix[0, 1] * alarm)
        assert costs[list(THRESHOLDS).index(star)] == min(costs)


def test_dearer_misses_move_the_star_to_the_left(explorer):
    stars = []
    for missed, alarm in ((1, 50), (1, 1), (50, 1)):
        explorer.set(model="weak", missed=missed, alarm=alarm)
        stars.append(explorer.figure.axes[3].lines[2].get_xdata()[0])
    assert stars == sorted(stars, reverse=True)
    assert stars[0] > stars[2]


def test_pressing_the_scores_or_the_costs_sets_the_threshold(explorer):
    score_axes, _, _, cost_axes = explorer.figure.axes
    press(explorer, score_axes, (0.31, 0.5), (0.62, 0.2), zone=0)
    assert explorer.values["threshold"] == pytest.approx(0.62)
    press(explorer, cost_axes, (0.25, 1.0), zone=2)
    assert explorer.values["threshold"] == pytest.approx(0.25)


def test_pressing_the_curve_goes_to_its_nearest_point(explorer, answers):
    y, models = answers
    explorer.set(model="strong")
    press(explorer, explorer.figure.axes[2], (0.0, 1.0), zone=1)
    sensitivity, specificity = sensitivity_specificity(
        y, models["strong"] >= explorer.values["threshold"]
    )
    best = min(
        np.hypot(1 - s, 1 - c)
        for s, c in (sensitivity_specificity(y, models["strong"] >= t) for t in THRESHOLDS)
    )
    assert np.hypot(1 - sensitivity, 1 - specificity) == pytest.approx(best)


def test_the_costs_of_all_thresholds_are_counted_once_a_model(answers):
    """So a redraw stays quick, also with a slow answer of the learner's."""
    y, models = answers
    calls = []

    def counting(*arguments):
        calls.append(1)
        return confusion_matrix(*arguments)

    live = threshold_explorer(counting, sensitivity_specificity, roc_curve, models, y, NAMES)
    assert len(calls) == len(THRESHOLDS) + 1
    for threshold in (0.2, 0.3, 0.4):
        live.set(threshold=threshold, missed=20)
    assert len(calls) == len(THRESHOLDS) + 4


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_wrong_measure_becomes_a_sentence(answers, which):
    y, models = answers
    measures = [broken if place == which else measure for place, measure in enumerate(MEASURES)]
    live = threshold_explorer(*measures, models, y, NAMES)
    assert isinstance(live.error, ZeroDivisionError)


# ------------------------------------------------------------------------------ the town


@pytest.mark.parametrize(
    ("sick", "sensitivity", "specificity"), [(370, 0.93, 0.98), (10, 0.9, 0.9)]
)
def test_the_town_is_counted(sick, sensitivity, specificity):
    live = town_explorer(sensitivity, specificity)
    live.set(sick=sick)
    assert live.error is None
    (image,) = live.figure.axes[0].images
    squares = np.bincount(np.asarray(image.get_array()).astype(int).ravel(), minlength=4)
    found, alarmed = round(sick * sensitivity), round((PEOPLE - sick) * (1 - specificity))
    assert squares.tolist() == [found, sick - found, alarmed, PEOPLE - sick - alarmed]
    labels = [text.get_text() for text in live.figure.axes[0].get_legend().get_texts()]
    assert labels[0] == f"{found} sick, found"
    assert f"{100 * found / (found + alarmed):.0f} %" in live.caption


def test_a_town_in_which_nobody_is_alarmed():
    live = town_explorer(0.5, 1.0)
    live.set(sick=5, sensitivity=0.5, specificity=1.0)
    assert "2 are called sick" in live.caption
    assert "100 %" in live.caption


# ---------------------------------------------------------------------------- still pictures


def test_sets_are_bars_of_their_counts():
    draw_sets({"training": np.array([0, 0, 1]), "test": np.array([1, 1, 0, 0, 0])}, NAMES)
    axes = plt.gca()
    assert texts(axes) == ["2", "1", "3", "2"]
    assert [bar.get_width() for bar in axes.patches] == [2, 1, 3, 2]


def test_confusion_matrices_hold_their_counts_in_place():
    draw_confusion({"one": [[5, 1], [2, 8]], "two": np.array([[50, 10], [20, 80]])}, NAMES)
    first, second = plt.gcf().axes
    assert [t for t in texts(first) if t.isdigit()] == ["5", "1", "2", "8"]
    assert [t for t in texts(second) if t.isdigit()] == ["50", "10", "20", "80"]
    place = {t.get_text(): t.get_position() for t in first.texts}
    assert place["missed"][0] == place["2"][0] < place["8"][0]
    assert first.get_ylim() == (2, 0), "row 0 is on top"
    assert [label.get_text() for label in first.get_xticklabels()] == list(NAMES)


def test_scores_and_curves_are_drawn_as_given(answers):
    y, models = answers
    draw_scores(models, y, NAMES)
    for axes, scores in zip(plt.gcf().axes, models.values(), strict=True):
        offsets = np.asarray(axes.collections[0].get_offsets())
        np.testing.assert_allclose(offsets[:, 0], scores)
        assert np.all(np.abs(offsets[:, 1] - y) <= 0.3)
    draw_roc({name: roc_curve(y, scores) for name, scores in models.items()})
    _, weak, strong = plt.gca().lines
    np.testing.assert_allclose(weak.get_xydata().T, roc_curve(y, models["weak"]))
    np.testing.assert_allclose(strong.get_xydata().T, roc_curve(y, models["strong"]))


def test_splits_show_each_number_and_the_means():
    draw_splits({"a": [90.0, 92.0], "b": [95.0, 97.0]}, "right (%)", baseline=62.7)
    axes = plt.gca()
    assert {"91.0", "96.0"} <= set(texts(axes))
    assert any("always “benign”" in text for text in texts(axes))
    joined = [line.get_ydata().tolist() for line in axes.lines if line.get_linestyle() == "-"]
    assert [90.0, 95.0] in joined
    assert [92.0, 97.0] in joined


def test_regions_show_what_the_models_say(answers):
    X = np.random.default_rng(0).normal(size=(30, 2))
    y = (X[:, 0] > 0).astype(int)
    asked = []

    def predict(rows):
        asked.append(rows.shape)
        return 1 / (1 + np.exp(-4 * rows[:, 0]))

    draw_regions({"one": predict, "two": predict}, X, y)
    assert [shape[1] for shape in asked] == [2, 2]
    boundary = plt.gcf().axes[0].collections[1]
    (path,) = [path for path in boundary.get_paths() if len(path.vertices)]
    np.testing.assert_allclose(path.vertices[:, 0], 0, atol=0.02)


def test_rings_mark_the_errors_and_no_others():
    columns = np.array([[0.0, 0], [1, 1], [2, 2], [3, 3]])
    draw_wrong(columns, ("a", "b"), np.array([0, 0, 1, 1]), np.array([0.2, 0.8, 0.1, 0.9]))
    by_label = {line.get_label(): line.get_xydata().tolist() for line in plt.gca().lines}
    assert by_label["missed: 1"] == [[2, 2]]
    assert by_label["false alarm: 1"] == [[1, 1]]


def test_reliability_is_drawn_with_its_counts():
    p = np.array([0.1, 0.15, 0.9, 0.95, 0.5])
    curve = reliability_curve([0, 1, 1, 1, 0], p, 5)
    draw_reliability({"network": curve})
    axes = plt.gca()
    np.testing.assert_allclose(axes.lines[1].get_xydata().T, curve[:2])
    assert texts(axes) == [str(count) for count in curve[2]]


def test_ten_classes_mark_errors_bold():
    matrix = np.diag(np.arange(10) + 20)
    matrix[3, 5] = 2
    draw_ten_classes(matrix)
    axes = plt.gca()
    assert len(axes.texts) == 11
    (error,) = [text for text in axes.texts if text.get_weight() == "bold"]
    assert (error.get_text(), error.get_position()) == ("2", (5, 3))
    assert to_hex(error.get_color()) == COLORS.black.lower()


@pytest.mark.parametrize("count", [0, 1, 6, 7])
def test_wrong_digits_have_a_title_each(count):
    images = np.random.default_rng(0).random((count, 8, 8))
    draw_wrong_digits(images, np.arange(count), np.arange(count) + 1, np.full(count, 0.876))
    titles = [axes.get_title() for axes in plt.gcf().axes if axes.images]
    assert titles == [f"is {i}, says {i + 1}\n88 % sure" for i in range(count)]


def test_xrays_are_drawn_from_black_to_white():
    draw_xrays(np.full((2, 28, 28), 100.0), ["normal", "pneumonia"])
    for axes, title in zip(plt.gcf().axes, ("normal", "pneumonia"), strict=True):
        assert axes.get_title() == title
        assert axes.images[0].get_clim() == (0, 255)
