"""From a lesson to the glossary and back, in JupyterLab, by clicking."""

import pytest

from grader.build import lesson_paths, read_lesson
from grader.headers import header_of
from tests.browser.lab import open_browser, start_lab
from utils.checking.suite import COURSE
from utils.lab import bring_pages_up_to_date, copy_missing_notebooks

pytestmark = pytest.mark.browser

# The cell that a link names is on the screen, in the notebook that is in front.
IN_VIEW = """id => {
    const panel = window.jupyterapp.shell.currentWidget;
    const cell = panel.content.widgets?.find(cell => cell.model.id === id);
    if (!cell?.isAttached) return false;
    const [box, view] = [cell.node, panel.content.node].map(n => n.getBoundingClientRect());
    return box.height > 0 && box.bottom > view.top && box.top < view.bottom;
}"""


@pytest.fixture
def work(tmp_path):
    """What `make lab` lays out."""
    folder = tmp_path / "work"
    copy_missing_notebooks(COURSE / "notebooks", folder)
    bring_pages_up_to_date(COURSE / "notebooks", folder)
    return folder


def test_a_learner_looks_a_word_up_and_goes_where_it_is_explained(work):
    # in the middle of a lesson that is not open yet
    (path,) = [path for path in lesson_paths(COURSE) if path.stem == "02_activations"]
    lesson = read_lesson(path)
    (term,) = [term for term in header_of(lesson).terms if term.name == "softmax"]
    with start_lab(work) as lab, open_browser() as browser:
        page = lab.open(browser, "00_why_deep_learning.ipynb").page
        picture = page.locator(".jp-MarkdownOutput img").first
        picture.scroll_into_view_if_needed()
        page.wait_for_function("image => image.naturalWidth > 1000", arg=picture.element_handle())

        page.locator(".jp-MarkdownOutput a", has_text="glossary").first.click()
        glossary = page.locator(".jp-MarkdownViewer")
        entry = glossary.locator("p", has=page.locator("strong", has_text="softmax")).first
        entry.locator("a").click()
        page.wait_for_function(IN_VIEW, arg=lesson.cell_id(term.cell))

        glossary_tab = page.get_by_role("tab", name="glossary.md")
        glossary_tab.click()
        glossary.locator("a", has_text="cheat sheet").first.click()
        sheet = page.frame_locator(".jp-HTMLViewer iframe")
        sheet.locator("h1").wait_for()
        assert sheet.locator("math").count() > 50
