"""Lessons in JupyterLab, in a browser, with the moves of a learner from end to end."""

import shutil

import pytest

from grader.references import source_of
from tests.lessons.notebooks import exercises_of
from utils.checking.suite import COURSE

pytestmark = pytest.mark.browser


@pytest.fixture
def open_lesson(tmp_path):
    """Opens a blank lesson in JupyterLab in Chromium; both end with the test."""
    from tests.browser.lab import open_browser, start_lab

    work = tmp_path / "work"
    work.mkdir()
    with start_lab(work) as lab, open_browser() as browser:

        def open_lesson(name):
            shutil.copy(COURSE / "notebooks" / f"{name}.ipynb", work)
            return lab.open(browser, f"{name}.ipynb")

        yield open_lesson


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
