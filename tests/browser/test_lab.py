"""Lessons in JupyterLab, in a browser, with the moves of a learner from end to end."""

import re
import shutil

import nbformat
import pytest

from grader.references import source_of
from tests.lessons.notebooks import exercises_of
from utils.checking.suite import COURSE

pytestmark = pytest.mark.browser


@pytest.fixture
def lab_and_browser(tmp_path):
    """JupyterLab on an empty folder, and Chromium; both end with the test."""
    from tests.browser.lab import open_browser, start_lab

    work = tmp_path / "work"
    work.mkdir()
    with start_lab(work) as lab, open_browser() as browser:
        yield lab, browser


@pytest.fixture
def open_lesson(lab_and_browser):
    """Opens a blank lesson."""
    lab, browser = lab_and_browser

    def open_lesson(name):
        shutil.copy(COURSE / "notebooks" / f"{name}.ipynb", lab.work)
        return lab.open(browser, f"{name}.ipynb")

    return open_lesson


def test_a_learner_runs_all_then_errs_then_succeeds_then_plays(open_lesson):
    notebook = open_lesson("01_perceptron")
    exercise = exercises_of("01_perceptron")[0]
    mistake = exercise.mistakes[0]

    notebook.run_all()
    notebook.wait_for_card(exercise.name, "not started")

    wrong = source_of(mistake.implementation, exercise.name)
    notebook.answer(exercise.name, f"@check\n{wrong}")
    red = notebook.wait_for_card(exercise.name, "not yet")
    assert mistake.sentence in red.inner_text()

    notebook.answer(exercise.name, f"@check\n{source_of(exercise.reference)}")
    green = notebook.wait_for_card(exercise.name, "passed")
    assert exercise.built in green.inner_text()
    assert notebook.exercise(exercise.name).get_by_text("not yet").count() == 0

    figure = notebook.live_figures().first
    figure.scroll_into_view_if_needed()
    picture = figure.locator("img").first
    before = notebook.fingerprint(picture)
    notebook.move_slider(figure)
    notebook.wait_for_change(picture, before)


def test_a_learner_drags_over_a_loss_surface(open_lesson):
    from playwright.sync_api import expect

    notebook = open_lesson("04_losses")
    notebook.run_all()
    figure = notebook.live_figures().filter(has=notebook.zones()).first
    picture = figure.get_by_role("img", name="Left, the loss as a bowl over two weights")
    height, slope = figure.locator(".widget-readout").all()
    chart = figure.locator(".course-zone")

    # what a learner has scrolled to stays where it is
    assert notebook.cells_of_guessed_height() == 0
    figure.scroll_into_view_if_needed()
    at_first = notebook.fingerprint(picture)

    # the map goes from 0 to 6 to the right, and from -1 to 3 upwards
    notebook.press(chart, 0.25, 0.5)
    notebook.wait_for_change(picture, at_first)
    expect(height).to_have_text(re.compile(r"1\.(45|50|55)"))
    expect(slope).to_have_text(re.compile(r"0\.9[6-8]|1\.0[0-4]"))
    pressed = notebook.fingerprint(picture)

    # it follows while the button is held
    notebook.move_mouse(chart, 0.4, 0.5)
    notebook.move_mouse(chart, 0.5, 0.55)
    notebook.wait_for_change(picture, pressed)
    expect(height).to_have_text(re.compile(r"2\.95|3\.0[05]"))
    expect(slope).to_have_text(re.compile(r"0\.7[6-8]|0\.8[0-4]"))
    sentence = re.compile(r"w0 = (2\.95|3\.0[05]) and w1 = 0\.[78]")
    expect(figure.get_by_text(sentence)).to_be_visible()

    # beyond the map too, where it is let go: the weights stop at their ends
    notebook.page.mouse.move(*beyond(chart), steps=40)
    notebook.page.mouse.up()
    expect(height).to_have_text("6.00")
    expect(slope).to_have_text("3.00")

    # and no longer, once it is let go; an arrow key goes one step from there
    notebook.move_mouse(chart, 0.1, 0.9)
    notebook.page.keyboard.press("ArrowLeft")
    expect(height).to_have_text("5.95")
    notebook.page.keyboard.press("ArrowDown")
    expect(slope).to_have_text(re.compile(r"2\.9[68]"))
    expect(figure.get_by_text(re.compile(r"w0 = 5\.95 and w1 = 2\.9[68]"))).to_be_visible()


def beyond(zone):
    """A place to the right of a zone and above it."""
    box = zone.bounding_box()
    return box["x"] + 1.3 * box["width"], box["y"] - 0.2 * box["height"]


LINE = """\
import matplotlib.pyplot as plt

from utils.live import LiveFigure, slider

figure, axes = plt.subplots()
(line,) = axes.plot([0, 1], [0, 1])
LiveFigure(figure, lambda slope: line.set_ydata([0, slope]), "A line.", slope=slider(0, 5, 1, "k"))
"""


def test_a_saved_notebook_shows_its_pictures_when_the_kernel_is_gone(lab_and_browser):
    from playwright.sync_api import expect

    lab, browser = lab_and_browser
    file = lab.work / "line.ipynb"
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}  # else it asks which
    cells = [nbformat.v4.new_code_cell(LINE)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), file)

    notebook = lab.open(browser, "line.ipynb")
    notebook.run_all()
    expect(notebook.page.get_by_role("img", name="A line.")).to_be_visible()
    notebook.save()
    stored = file.read_bytes()
    assert b"widget-view" in stored
    notebook.close()

    # with its kernel it lives on
    notebook = lab.open(browser, "line.ipynb")
    picture = notebook.page.get_by_role("img", name="A line.")
    expect(picture).to_be_visible()
    before = notebook.fingerprint(picture)
    notebook.move_slider(notebook.live_figures().first)
    notebook.wait_for_change(picture, before)
    notebook.close(and_kernel=True)

    # without, its first picture is seen
    notebook = lab.open(browser, "line.ipynb")
    expect(notebook.page.locator(".jp-RenderedImage img")).to_be_visible()
    expect(notebook.page.get_by_text("Error displaying widget")).to_have_count(0)
    assert file.read_bytes() == stored

    # and run again, it is live again
    notebook.run_all()
    expect(notebook.page.get_by_role("img", name="A line.")).to_be_visible()
    expect(notebook.page.locator(".jp-RenderedImage img")).to_have_count(0)
