"""A notebook whose kernel is gone shows pictures for live figures, and is not changed by it."""

import asyncio
import copy

import nbformat
import pytest
from traitlets.config import Configurable

from utils.live import WIDGET_VIEW as THE_SAME_VIEW
from utils.reopened import WIDGET_VIEW, Notebooks, show_stored_pictures

VIEW = {"model_id": "0123", "version_major": 2, "version_minor": 0}


def notebook_with(*outputs):
    cell = nbformat.v4.new_code_cell(
        "figure",
        outputs=[nbformat.v4.new_output("display_data", data=data) for data in outputs],
    )
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("Text."), cell])


def kinds(notebook):
    return [set(output["data"]) for output in notebook["cells"][1]["outputs"]]


def test_a_live_figure_is_a_live_figure_here_and_there():
    assert WIDGET_VIEW == THE_SAME_VIEW


def test_a_picture_or_a_card_takes_the_place_of_a_widget():
    notebook = notebook_with(
        {WIDGET_VIEW: VIEW, "image/png": "iVBO", "text/plain": "A line."},
        {WIDGET_VIEW: VIEW, "text/html": "<p>can't be drawn</p>", "text/plain": "no"},
    )
    show_stored_pictures(notebook)
    assert kinds(notebook) == [{"image/png", "text/plain"}, {"text/html", "text/plain"}]


def test_a_widget_that_has_no_picture_stays():
    notebook = notebook_with({WIDGET_VIEW: VIEW, "text/plain": "IntSlider(value=0)"})
    before = copy.deepcopy(notebook)
    show_stored_pictures(notebook)
    assert notebook == before


@pytest.mark.parametrize(
    "odd", [{}, {"cells": []}, {"cells": [{"outputs": [{"text": "printed"}]}]}]
)
def test_what_holds_no_pictures_is_left_alone(odd):
    before = copy.deepcopy(odd)
    show_stored_pictures(odd)
    assert odd == before


class Server(Configurable):
    """What a running server knows of its sessions."""

    def __init__(self, *paths):
        super().__init__()
        self.paths = paths
        self.session_manager = self

    async def list_sessions(self):
        return [{"path": path} for path in self.paths]


def opened(folder, *paths_with_kernel, path="figure.ipynb", **details):
    files = Notebooks(parent=Server(*paths_with_kernel), root_dir=str(folder))
    return asyncio.run(files.get(path, **details))


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "figure.ipynb"
    nbformat.write(notebook_with({WIDGET_VIEW: VIEW, "image/png": "iVBO"}), path)
    return path


def test_without_a_kernel_the_picture_is_handed_out_and_the_file_stays(saved):
    before = saved.read_bytes()
    model = opened(saved.parent, "another.ipynb")
    assert kinds(model["content"]) == [{"image/png"}]
    assert saved.read_bytes() == before


@pytest.mark.parametrize("path", ["figure.ipynb", "/figure.ipynb"])
def test_with_a_kernel_the_widget_lives(saved, path):
    model = opened(saved.parent, "figure.ipynb", path=path)
    assert kinds(model["content"]) == [{WIDGET_VIEW, "image/png"}]


def test_other_files_and_questions_are_answered_as_ever(saved):
    (saved.parent / "notes.txt").write_text("mine")
    assert opened(saved.parent, path="notes.txt")["content"] == "mine"
    assert opened(saved.parent, content=False)["content"] is None
    names = {entry["name"] for entry in opened(saved.parent, path="")["content"]}
    assert names == {"figure.ipynb", "notes.txt"}
