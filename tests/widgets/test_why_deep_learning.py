"""Lesson 00's drawings and live figures: what their controls do."""

import re
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest

from utils.checking.suite import COURSE
from utils.live import LiveFigure
from utils.why_deep_learning import left_right_symmetry
from utils.widgets.why_deep_learning import (
    IDEAS,
    MEANS,
    POINTS_PER_DIGIT,
    chain_explorer,
    data_explorer,
    draw_feature_hierarchy,
    draw_kinds_of_data,
    draw_nested_fields,
    draw_timeline,
    feature_explorer,
    slope_explorer,
)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def texts(figure) -> str:
    """All words in a figure."""
    return "\n".join(text.get_text() for axes in figure.axes for text in axes.texts)


def numbers(sentence: str) -> list[float]:
    """The numbers in a sentence, in order, signs included."""
    return [float(number) for number in re.findall(r"-?\d+\.?\d*", sentence)]


def assert_texts_inside(figure) -> None:
    """No text of a drawing reaches out of its picture."""
    figure.canvas.draw()
    width, height = figure.canvas.get_width_height()
    for axes in figure.axes:
        for text in axes.texts:
            if text.get_text():
                box = text.get_window_extent()
                assert box.x0 >= -1, text
                assert box.x1 <= width + 1, text
                assert box.y0 >= -1, text
                assert box.y1 <= height + 1, text


# ---------------------------------------------------------------------------- drawings


def test_the_nested_fields_are_named_and_lie_inside_one_another():
    figure = draw_nested_fields()
    words = texts(figure)
    names = ("Artificial intelligence", "Machine learning", "Deep learning")
    assert [words.index(name) for name in names] == sorted(words.index(name) for name in names)
    outer, middle, inner = (patch.get_bbox() for patch in figure.axes[0].patches)
    for small, large in ((middle, outer), (inner, middle)):
        assert large.x0 < small.x0
        assert small.x1 < large.x1
        assert large.y0 < small.y0
        assert small.y1 < large.y1
    assert_texts_inside(figure)


def test_the_schematic_says_that_it_is_one():
    figure = draw_feature_hierarchy()
    assert "Schematic" in texts(figure)
    assert "not measured" in texts(figure)
    assert_texts_inside(figure)


def test_the_timeline_shows_every_event_in_order():
    figure = draw_timeline()
    for events in (IDEAS, MEANS):
        years = [year for year, *_ in events]
        assert years == sorted(years)
        for year, words, _ in events:
            assert words in texts(figure)
            assert str(year) in texts(figure)
    assert_texts_inside(figure)


def test_the_timelines_labels_do_not_overlap():
    figure = draw_timeline()
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    for index, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[index + 1 :])


def test_the_kinds_of_data_show_the_numbers_given():
    image = np.array([[0.0, 7.0, 16.0], [3.0, 0.0, 1.0]])
    figure = draw_kinds_of_data(np.array([[1.5, 2.25]]), ["width", "height"], ["a box"], image)
    words = texts(figure)
    assert all(f"{value:.0f}" in words.split() for value in image.flat)
    assert str(ord("r")) in words.split()
    cells = {cell.get_text().get_text() for cell in figure.axes[0].tables[0].get_celld().values()}
    assert {"1.5", "2.25", "width", "height", "a box"} <= cells


# -------------------------------------------------------------------- feature_explorer


def toy_images(rng, per_digit=40):
    """Pictures of which the digit can be read off exactly: its bright pixel."""
    labels = np.repeat(np.arange(10), per_digit)
    images = rng.uniform(0, 1, (len(labels), 4, 6))
    images[np.arange(len(labels)), labels // 4, labels % 4] = 16.0
    return images, labels


def brightest(images):
    """Row and column of the brightest pixel: two features that tell the toy digits apart."""
    where = images.reshape(len(images), -1).argmax(axis=1)
    return np.column_stack([where // 6, where % 6]).astype(float)


def two_to_the_right(images):
    moved = np.zeros_like(images)
    moved[:, :, 2:] = images[:, :, :-2]
    return moved


@pytest.fixture
def features() -> LiveFigure:
    train, train_labels = toy_images(np.random.default_rng(0))
    test, test_labels = toy_images(np.random.default_rng(1))
    return feature_explorer(
        train,
        train_labels,
        test,
        test_labels,
        {
            "symmetry": left_right_symmetry,
            "row": lambda image: brightest(image[None])[0, 0],
            "column": lambda image: brightest(image[None])[0, 1],
            "nothing": lambda image: 3.0,
        },
        brightest,
        two_to_the_right,
    )


def test_features_that_tell_all_digits_apart_recognise_all(features):
    features.set(x="row", y="column")
    assert features.error is None
    hand_made, learned, guessing = numbers(features.caption)
    assert (hand_made, learned, guessing) == (100, 100, 10)


def test_a_feature_that_says_nothing_leaves_the_other_to_do_the_work(features):
    features.set(x="row", y="nothing")
    hand_made, learned, _ = numbers(features.caption)
    # three rows: of the ten digits, one in each row can be the nearest
    assert hand_made == 30
    assert learned == 100


def test_the_axes_bear_the_names_chosen(features):
    features.set(x="column", y="symmetry")
    by_hand = features.figure.axes[0]
    assert (by_hand.get_xlabel(), by_hand.get_ylabel()) == ("column", "symmetry")


def test_only_the_digits_chosen_are_drawn_and_counted(features):
    features.set(shown="3, 8")
    assert numbers(features.caption)[2] == 50
    for axes in features.figure.axes:
        drawn = [len(line.get_xdata()) for line in axes.lines]
        assert [digit for digit, count in enumerate(drawn) if count] == [3, 8]
        assert set(drawn) == {0, POINTS_PER_DIGIT}
        assert [t.get_text() for t in axes.texts if t.get_visible()] == ["3", "8"]


def test_moving_the_images_moves_the_points_and_not_the_axes(features):
    features.set(x="row", y="column")
    learned = features.figure.axes[1]
    before, limits = learned.lines[0].get_ydata().copy(), learned.get_ylim()
    features.set(shifted=True)
    np.testing.assert_array_equal(learned.lines[0].get_ydata(), before + 2)
    assert learned.get_ylim() == limits
    hand_made, by_network, _ = numbers(features.caption)
    # in steps of the spread, a move by two columns is the same as it was in columns
    assert hand_made < 60
    assert by_network < 60


def test_a_learners_error_is_shown_and_not_raised():
    images, labels = toy_images(np.random.default_rng(0))

    def unfinished(image):
        raise NotImplementedError("left_right_symmetry is not written yet")

    live = feature_explorer(
        images,
        labels,
        images,
        labels,
        {"symmetry": unfinished, "ink": lambda image: image.sum()},
        brightest,
        two_to_the_right,
    )
    assert isinstance(live.error, NotImplementedError)


# ----------------------------------------------------------------------- data_explorer

SIZES = [10, 100, 1000]


@pytest.fixture
def data() -> LiveFigure:
    labels = np.arange(30) % 10
    answers = {
        "slow": [np.zeros(30, int), np.zeros(30, int), labels],
        "quick": [np.zeros(30, int), labels, labels],
    }
    accuracies = {
        name: np.array([np.mean(answered == labels) for answered in rows])
        for name, rows in answers.items()
    }
    images = np.random.default_rng(0).uniform(0, 16, (30, 8, 8))
    return data_explorer(SIZES, accuracies, answers, images, labels)


def test_the_answers_are_those_of_model_and_size(data):
    data.set(model="quick", size="100")
    pictures = data.figure.axes[1]
    assert [t.get_text() for t in pictures.texts] == [str(i % 10) for i in range(24)]
    assert "100 % of all test images right; 0 of these 24 wrong" in data.caption


def test_wrong_answers_bear_a_cross_and_another_colour(data):
    data.set(model="slow", size="100")
    first, second = data.figure.axes[1].texts[:2]
    assert (first.get_text(), second.get_text()) == ("0", "0 ✗")
    assert first.get_color() != second.get_color()
    # of 24 digits, three are a 0
    assert "10 % of all test images right; 21 of these 24 wrong" in data.caption


def test_the_mark_stands_at_the_size_chosen(data):
    data.set(model="slow", size="1000")
    mark = data.figure.axes[0].lines[-1]
    assert (list(mark.get_xdata()), list(mark.get_ydata())) == ([1000], [100.0])


# ------------------------------------------------------------------------ the warm-up


@pytest.mark.parametrize("x", [-2.0, 0.0, 1.3])
def test_the_lines_slope_nears_the_derivative_of_the_square(x):
    live = slope_explorer()
    differences = []
    for h in (1.0, 0.1, 0.01):
        live.set(x=x, h=h)
        line = live.figure.axes[0].lines[1]
        (x0, x1), (y0, y1) = line.get_xdata()[[0, -1]], line.get_ydata()[[0, -1]]
        differences.append(abs((y1 - y0) / (x1 - x0) - 2 * x))
    # (x + h)² − x² divided by h is 2x + h
    np.testing.assert_allclose(differences, [1.0, 0.1, 0.01], atol=1e-9)


def test_the_slopes_caption_gives_both_slopes():
    live = slope_explorer()
    live.set(x=1.5, h=0.5)
    assert "Change divided by step: 3.50" in live.caption
    assert live.caption.endswith("The slope itself, 2x: 3.00.")


def test_a_nudge_passes_through_the_chain():
    live = chain_explorer()
    live.set(x=0.5, nudge=0.01)
    first, second = live.figure.axes
    # u = 3x + 1: from 2.5 to 2.53; y = u²
    np.testing.assert_allclose(first.lines[-1].get_ydata(), [2.5, 2.53])
    np.testing.assert_allclose(second.lines[-1].get_ydata(), [2.5**2, 2.53**2])
    # (2.53² − 2.5²) / 0.01 = 15.09, and 3 · 2 · 2.5 = 15
    assert "15.09" in live.caption
    assert live.caption.endswith("15.00.")


@pytest.mark.parametrize("x", [-0.9, 0.8])
def test_every_nudge_stays_in_the_picture(x):
    live = chain_explorer()
    live.set(x=x, nudge=0.3)
    for axes in live.figure.axes:
        ends = axes.lines[-1]
        assert axes.get_xlim()[0] <= min(ends.get_xdata())
        assert max(ends.get_xdata()) <= axes.get_xlim()[1]
        assert max(ends.get_ydata()) <= axes.get_ylim()[1]


# ------------------------------------------------------------------------------ import


def test_the_import_brings_in_neither_torch_nor_scikit_learn():
    code = (
        "import sys; import utils.widgets.why_deep_learning; "
        "print([name for name in ('torch', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=COURSE
    )
    assert done.stdout.strip() == "[]"
