"""Take README's picture of a lesson from the real thing: a red card, then a green one.

    python -m docs.picture

writes docs/lesson.png. It needs what the browser tests need.
"""

import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import FloatRect, Locator

from tests.browser.lab import Notebook, open_browser, start_lab
from utils.checking.suite import COURSE

LESSON = "01_perceptron.ipynb"
EXERCISE = "weighted_sum"
SIGNATURE = "@check\ndef weighted_sum(x: ArrayLike, w: ArrayLike, b: float) -> float:\n"
WRONG = SIGNATURE + "    return float(np.dot(x, w))"
RIGHT = SIGNATURE + "    return float(np.dot(x, w) + b)"

WINDOW = {"width": 900, "height": 2400}  # high, so that nothing has to be scrolled to
MARGIN = 14  # pixels of the page, each two pixels of the picture
SCALE = 2
FRAME = "#d4d9de"


def picture_between(notebook: Notebook, first: Locator, last: Locator) -> Image.Image:
    """A picture of the page from the top of one element to the bottom of another."""
    panel = notebook.page.locator(".jp-Notebook").bounding_box()
    top, bottom = first.bounding_box(), last.bounding_box()
    assert panel
    assert top
    assert bottom
    clip: FloatRect = {
        "x": panel["x"] + MARGIN,
        "y": top["y"] - MARGIN,
        "width": panel["width"] - MARGIN - 3,
        "height": bottom["y"] + bottom["height"] - top["y"] + 2 * MARGIN,
    }
    return Image.open(io.BytesIO(notebook.page.screenshot(clip=clip))).convert("RGB")


def stacked(pictures: list[Image.Image]) -> Image.Image:
    """Pictures one below the other, parted by a line and framed."""
    line = SCALE
    width = max(picture.width for picture in pictures) + 2 * line
    height = sum(picture.height + line for picture in pictures) + line
    sheet = Image.new("RGB", (width, height), FRAME)
    y = line
    for picture in pictures:
        sheet.paste(picture, (line, y))
        y += picture.height + line
    return sheet


def main() -> None:
    """Open lesson 01, answer one exercise wrong and then right, and picture both."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) / "work"
        work.mkdir()
        shutil.copy(COURSE / "notebooks" / LESSON, work)
        with start_lab(work) as lab, open_browser() as browser:
            notebook = lab.open(browser, LESSON)
            page = notebook.page
            page.set_viewport_size(WINDOW)
            page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
            notebook.run_all()

            notebook.answer(EXERCISE, WRONG)
            red = notebook.wait_for_card(EXERCISE, "not yet")
            heading = page.locator(".jp-MarkdownOutput h3", has_text=EXERCISE)
            notebook.unfocus()
            wrong = picture_between(notebook, heading, red)

            notebook.answer(EXERCISE, RIGHT)
            notebook.wait_for_card(EXERCISE, "passed")
            demo = page.locator(
                ".jp-CodeCell", has_text="draw_neuron(rainy_day, w, b, weighted_sum)"
            )
            demo.locator(".jp-InputArea").click()
            page.keyboard.press("ControlOrMeta+Enter")
            notebook.wait_until_idle()
            notebook.unfocus()
            right = picture_between(
                notebook, notebook.exercise(EXERCISE), demo.locator(".jp-OutputArea")
            )
    picture = stacked([wrong, right]).quantize(colors=200, dither=Image.Dither.NONE)
    picture.save(COURSE / "docs" / "lesson.png", optimize=True)


if __name__ == "__main__":
    main()
