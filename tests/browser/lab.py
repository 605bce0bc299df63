"""JupyterLab in a real browser, as a learner sees it.

    with start_lab(work) as lab, open_browser() as browser:
        notebook = lab.open(browser, "01_perceptron.ipynb")
        notebook.run_all()
        notebook.answer("weighted_sum", "def weighted_sum(x, w, b): …")

Everything waits for what must become true, never for time to pass; what does not come true within
`PATIENCE` is an error that says what was waited for.
"""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import IO

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.conftest import BROWSERS
from utils.lab import lab_arguments, write_settings

PATIENCE = 120_000  # milliseconds; a busy machine takes long to start a kernel
ATTEMPTS = 50  # at a press, while the page still moves
ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+)/\S*token=(\w+)")

# Finds an exercise's cell by what the build wrote into its metadata.
EXERCISE_INDEX = """name => window.jupyterapp.shell.currentWidget.content.widgets.findIndex(
    cell => cell.model.getMetadata("course")?.exercise === name)"""
FINISHED = """() => {
    const panel = window.jupyterapp.shell.currentWidget;
    const code = panel.content.widgets.filter(cell => cell.model.type === "code");
    return panel.sessionContext.session?.kernel?.status === "idle"
        && code.every(cell => cell.model.executionCount !== null || !cell.model.sharedModel.source)
        && panel.content.widgets.every(cell => !cell.isPlaceholder());
}"""
GUESSED = """() => window.jupyterapp.shell.currentWidget.content.widgets.filter(
    cell => cell.isPlaceholder() || getComputedStyle(cell.node).contentVisibility !== "visible"
).length"""
FINGERPRINT = """async image => {
    const bytes = await (await fetch(image.src)).arrayBuffer();
    const hash = await crypto.subtle.digest("SHA-256", bytes);
    return Array.from(new Uint8Array(hash)).map(b => b.toString(16).padStart(2, "0")).join("");
}"""

# A loop of its own: wait_for_function takes the promise of an async function for a yes.
CHANGED = f"""async (image, [before, patience]) => {{
    const nextFrame = () => new Promise(requestAnimationFrame);
    const end = performance.now() + patience;
    while (performance.now() < end) {{
        try {{
            await image.decode();  // src changes before the picture does
            if (await ({FINGERPRINT})(image) !== before) {{
                await nextFrame();
                await nextFrame();  // by now it has been painted
                return true;
            }}
        }} catch {{
            // yet another picture came while this one was looked at
        }}
        await nextFrame();
    }}
    return false;
}}"""


@dataclass
class Lab:
    """A running JupyterLab."""

    address: str
    token: str
    work: Path

    def open(self, browser: Browser, name: str) -> "Notebook":
        """Open a notebook in a new window and wait for its kernel."""
        page = browser.new_page(viewport={"width": 1280, "height": 1000}, device_scale_factor=2)
        page.set_default_timeout(PATIENCE)
        page.goto(f"{self.address}/lab/tree/{name}?token={self.token}")
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        page.wait_for_function(
            """() => window.jupyterapp.shell.currentWidget?.sessionContext
                ?.session?.kernel?.status === "idle" """
        )
        return Notebook(page)


@contextmanager
def start_lab(work: Path) -> Iterator[Lab]:
    """Run JupyterLab on a folder of notebooks; it ends with the block, whatever happens.

    Parameters
    ----------
    work : the folder that it shows; settings and progress are kept in folders beside it
    """
    home = work.parent / "jupyter"
    write_settings(Path(sys.prefix))
    arguments = lab_arguments(work, "", as_root=os.geteuid() == 0, browser=False)
    command = [
        *(sys.executable, "-m", "jupyterlab", *arguments),
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=0",  # any free one
        "--LabApp.expose_app_in_browser=True",
    ]
    environment = {
        **os.environ,
        "COURSE_PROGRESS": str(work.parent / "progress.json"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        address, token = _address_from(process.stdout)
        # its log goes on: read, so that a full pipe never stops it
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield Lab(address, token, work)
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address_from(log: IO[str]) -> tuple[str, str]:
    """Read the server's log up to the line that gives its address and token."""
    lines = []
    for line in log:
        lines.append(line)
        if found := ADDRESS.search(line):
            return found[1], found[2]
    raise RuntimeError("JupyterLab did not start:\n" + "".join(lines))


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start Chromium without a window."""
    program = next(path for name in BROWSERS if (path := which(name)))
    # root in a container has no use for Chromium's own sandbox, which it would refuse to make
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=[*options, "--disable-dev-shm-usage"]
        )
        try:
            yield browser
        finally:
            browser.close()


class Notebook:
    """An open notebook, with the moves of a learner."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def run_all(self) -> None:
        """Run all cells by the menu, and wait until the last has finished."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        """Wait until every cell has run and is drawn, and the kernel rests."""
        self.page.wait_for_function(FINISHED)

    def save(self) -> None:
        """Save the notebook, and wait until it is."""
        self.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        self.page.wait_for_function(
            "() => !window.jupyterapp.shell.currentWidget.context.model.dirty"
        )

    def close(self, *, and_kernel: bool = False) -> None:
        """Close the window; the kernel goes on, unless it is shut down first."""
        if and_kernel:
            self.page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        self.page.close()

    def unfocus(self) -> None:
        """Select the notebook's first cell, so that no other has a frame around it."""
        self.page.keyboard.press("Escape")
        self.page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 0")

    def exercise(self, name: str) -> Locator:
        """The cell of an exercise, scrolled to."""
        index = self.page.evaluate(EXERCISE_INDEX, name)
        if index < 0:
            raise LookupError(f"The notebook has no cell for the exercise {name}.")
        return self.cell(index)

    def cell(self, index: int) -> Locator:
        """A cell by its number from 0, scrolled to."""
        self.page.evaluate(
            "index => window.jupyterapp.shell.currentWidget.content.scrollToItem(index)", index
        )
        found = self.page.locator(".jp-Notebook .jp-Cell").nth(index)
        found.scroll_into_view_if_needed()
        return found

    def answer(self, name: str, source: str) -> Locator:
        """Type an answer over what stands in an exercise's cell, run it, and give its output."""
        cell = self.exercise(name)
        cell.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("ControlOrMeta+Enter")
        return cell.locator(".jp-OutputArea")

    def wait_for_card(self, name: str, words: str) -> Locator:
        """Wait until an exercise's card says these words."""
        card = self.exercise(name).locator(".jp-OutputArea-output", has_text=words)
        card.first.wait_for()
        return card.first

    def live_figures(self) -> Locator:
        """All cells that show a live figure: a slider and a picture."""
        return self.page.locator(".jp-CodeCell").filter(
            has=self.page.locator(".widget-slider .noUi-handle"),
        )

    def zones(self) -> Locator:
        """The parts of live figures that answer the mouse."""
        return self.page.locator(".course-zone")

    def cells_of_guessed_height(self) -> int:
        """How many cells get their true height only in sight, and then push others away."""
        return self.page.evaluate(GUESSED)

    def move_mouse(self, zone: Locator, right: float, down: float) -> None:
        """Move the mouse to a place in a zone, given as fractions from its top left.

        The page may scroll, or a cell above grow, while the mouse is on its way: then it is moved
        again, until it has arrived where the zone is now.
        """
        for _ in range(ATTEMPTS):
            zone.scroll_into_view_if_needed()
            box = zone.bounding_box()
            assert box is not None
            self.page.mouse.move(box["x"] + right * box["width"], box["y"] + down * box["height"])
            if zone.bounding_box() == box:
                return
        raise RuntimeError(f"The page still moved after {ATTEMPTS} moves of the mouse.")

    def press(self, zone: Locator, right: float, down: float) -> None:
        """Press the mouse at a place in a zone, given as fractions from its top left, and hold it.

        A press that met something else, because the page moved just then, is let go and repeated.
        """
        for _ in range(ATTEMPTS):
            self.move_mouse(zone, right, down)
            before = zone.bounding_box()
            self.page.mouse.down()
            # a zone that is pressed takes the focus
            met = zone.evaluate("zone => zone === document.activeElement")
            if met and zone.bounding_box() == before:
                return
            self.page.mouse.up()
        raise RuntimeError(f"None of {ATTEMPTS} presses met the zone.")

    def fingerprint(self, picture: Locator) -> str:
        """A number that changes when a picture does."""
        return picture.evaluate(FINGERPRINT)

    def move_slider(self, cell: Locator, key: str = "ArrowRight") -> None:
        """Move a cell's first slider by one step, with the keyboard."""
        handle = cell.locator(".widget-slider .noUi-handle").first
        handle.scroll_into_view_if_needed()
        handle.focus()
        self.page.keyboard.press(key)

    def wait_for_change(self, picture: Locator, before: str) -> None:
        """Wait until a picture is another one than before, and is on the screen."""
        if not picture.evaluate(CHANGED, [before, PATIENCE]):
            raise TimeoutError(f"The picture did not change within {PATIENCE / 1000:.0f} seconds.")
