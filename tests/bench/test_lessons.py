"""The measurement of the lessons: it runs what is stored, and names what is slow."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from typer import Typer
from typer.testing import CliRunner

from bench import lessons
from bench.lessons import Ran

app = Typer()
app.command()(lessons.main)


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of notebooks of the test's own: their cells, by lesson."""

    def make(**cells):
        (tmp_path / "solutions").mkdir()
        for name, sources in cells.items():
            notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
            notebook.cells.insert(0, new_markdown_cell("# Words"))
            nbformat.write(notebook, tmp_path / "solutions" / f"{name.strip('_')}.ipynb")
        return tmp_path / "solutions"

    monkeypatch.setattr(lessons, "COURSE", tmp_path)
    return make


def ran(*seconds):
    return [
        Ran(f"{i:02}_lesson", each, each / 5, each / 2, 5, "z[0] = [1]")
        for i, each in enumerate(seconds)
    ]


def test_the_slowest_cell_is_named(course):
    slow = "# a comment\nimport time\n\ntime.sleep(1)"
    folder = course(_01_first=["x = 1", slow, "y = x"])
    measured = lessons.run(folder / "01_first.ipynb")
    assert measured.lesson == "01_first"
    assert (measured.cell, measured.line) == (3, "time.sleep(1)")
    assert 1 <= measured.slowest <= measured.seconds


def test_the_processors_time_is_the_kernels(course):
    busy = "import time\nwhile time.process_time() < 3: pass"
    folder = course(_01_first=[busy])
    assert 3 <= lessons.run(folder / "01_first.ipynb").processor < 20


def test_a_cell_that_did_not_run_took_no_time():
    assert lessons.seconds_of(new_code_cell("")) == 0


def test_a_cells_time_is_what_the_kernel_says():
    cell = new_code_cell("x")
    cell.metadata["execution"] = {
        "iopub.status.busy": "2026-01-01T00:00:59.500000Z",
        "shell.execute_reply": "2026-01-01T00:01:02.000000Z",
    }
    assert lessons.seconds_of(cell) == 2.5


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("import torch\n\nx = 1\ny = 2", "x = 1"),
        ("@check\ndef dense(X):\n    return X", "def dense(X):"),
        ("import torch", "import torch"),
        ("", ""),
    ],
)
def test_a_cell_is_named_by_what_it_is_about(source, line):
    assert lessons.telling_line(source) == line


def test_the_setup_is_called_so(course):
    folder = course(_01_first=["x = 1"])
    path = folder / "01_first.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].metadata["tags"] = ["setup"]
    nbformat.write(notebook, path)
    assert lessons.run(path).line == "the setup, its imports"


def test_times_are_shares_of_the_budget():
    table = lessons.table_of(ran(30, 6))
    assert list(table.columns[1].cells) == ["50%", "10%"]
    assert list(table.columns[2].cells) == ["10%", "2%"]
    assert list(table.columns[3].cells) == ["25%", "5%"]
    assert [str(cell) for cell in table.columns[4].cells] == ["5: z[0] = [1]"] * 2


@pytest.mark.parametrize(
    ("seconds", "within", "quick", "light"),
    [
        ((10, 19, 59), "all are within the budget", "2 of 3 are done within 20 s (most are)", 3),
        (
            (10, 20, 101),
            "over the budget: 02_lesson",
            "1 of 3 are done within 20 s (most are NOT)",
            2,
        ),
    ],
)
def test_the_budget_is_judged(seconds, within, quick, light):
    said = lessons.verdict(ran(*seconds))
    assert said == f"{within}; {quick}, {light} of 3 by the processor's time."


def test_the_quick_form_runs_the_first_three(course):
    course(_00_a=["1"], _01_b=["1"], _02_c=["1"], _03_d=["stop"])
    said = CliRunner().invoke(app, ["--quick"])
    assert said.exit_code == 0, said.output
    assert [name for name in ("00_a", "01_b", "02_c", "03_d") if name in said.output] == [
        "00_a",
        "01_b",
        "02_c",
    ]
    assert "within the budget" in said.output


def test_a_cell_that_stops_is_told(course):
    course(_00_a=["1"], _01_b=["undefined_name"])
    said = CliRunner().invoke(app, ["01_b"])
    assert said.exit_code == 1
    assert "01_b.ipynb stops: NameError: name 'undefined_name' is not defined" in said.output


def test_a_lesson_that_is_not_there_is_told(course):
    course(_00_a=["1"])
    said = CliRunner().invoke(app, ["99_b", "00_a"])
    assert said.exit_code == 2
    assert "There is no lesson 99_b in solutions/." in said.output
