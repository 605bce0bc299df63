"""What makes a learner wait shows a bar, in a notebook; elsewhere nothing changes."""

import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from utils import progress_bar
from utils.progress_bar import SLOW_IMPORTS, WIDGET, announce_slow_imports, with_bar

ROOT = Path(__file__).resolve().parents[2]

# a small module in the place of a slow one
SETUP = """\
from utils import progress_bar
progress_bar.SLOW_IMPORTS = {"this_module_is_missing": "x", "wave": "loading waves"}
progress_bar.announce_slow_imports()
progress_bar.announce_slow_imports()
import sys
print(sum(type(finder).__name__ == "_Announcer" for finder in sys.meta_path))"""


@pytest.fixture(scope="module")
def outputs():
    sources = [
        SETUP,
        "import wave",
        "import wave\nprint(wave.Error.__name__, wave.__spec__.name)",
        "try:\n    import this_module_is_missing\nexcept ImportError:\n    print('missing')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in sources])
    NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    ).execute()
    return [cell.outputs for cell in notebook.cells]


def test_a_slow_import_shows_a_bar(outputs):
    (output,) = outputs[1]
    assert set(output.data) == {WIDGET}


def test_it_shows_none_the_second_time_and_the_module_is_whole(outputs):
    (output,) = outputs[2]
    assert output.text == "Error wave\n"


def test_it_is_announced_once_however_often_a_lesson_starts(outputs):
    (output,) = outputs[0]
    assert output.text == "1\n"


def test_a_module_that_is_missing_is_missing(outputs):
    (output,) = outputs[3]
    assert output.text == "missing\n"


def test_outside_a_notebook_imports_are_as_ever():
    before = list(sys.meta_path)
    announce_slow_imports()
    assert sys.meta_path == before


def test_the_slow_parts_of_pytorch_are_where_they_are_looked_for():
    from importlib.util import find_spec

    assert all(find_spec(name) is not None for name in SLOW_IMPORTS)


def test_a_counted_function_works_as_before_and_ends_its_bar(monkeypatch):
    seen = []

    def watched(items, label):
        for item in items:
            seen.append(item)
            yield item
        seen.append(f"{label} ended")

    monkeypatch.setattr(progress_bar, "progress_bar", watched)
    half = with_bar(lambda number, by=2: number / by, 3, "halving")
    assert [half(4), half(6)] == [2, 3]
    assert seen == [0, 1]
    assert half(9, by=3) == 3
    assert seen == [0, 1, 2, "halving ended"]
    assert half(8) == 4  # one call more than expected does no harm
