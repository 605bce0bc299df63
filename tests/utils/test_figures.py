"""The figure style, and what `show` displays in a notebook and outside one."""

import base64
import io
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from nbclient import NotebookClient
from PIL import Image

from utils import figures
from utils.figures import COLORS, STYLE, apply_style, in_notebook, png_bytes, show

ROOT = Path(__file__).resolve().parents[2]
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(autouse=True)
def clean_pyplot():
    plt.close("all")
    yield
    plt.close("all")


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""

    def luminance(colour: str) -> float:
        channels = np.array(to_rgb(colour))
        linear = np.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        return float(linear @ [0.2126, 0.7152, 0.0722])

    dark, light = sorted([luminance(first), luminance(second)])
    return (light + 0.05) / (dark + 0.05)


# ------------------------------------------------------------------------ the style


def test_text_is_readable_at_notebook_width():
    assert 7 <= STYLE["figure.figsize"][0] <= 8
    sizes = [value for key, value in STYLE.items() if key.endswith("size") and "." in key]
    sizes = [size for size in sizes if isinstance(size, int | float) and size > 7]
    assert min(sizes) >= 11


def test_importing_sets_the_style():
    code = (
        "import matplotlib as mpl, utils.figures as f; "
        "print(mpl.rcParams['axes.spines.top'], mpl.rcParams['axes.titlesize'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", str(float(STYLE["axes.titlesize"]))]


def test_style_can_be_set_again_after_a_change():
    mpl.rcParams["axes.grid"] = False
    apply_style()
    assert mpl.rcParams["axes.grid"] is True


def test_palette_is_okabe_and_ito():
    # Okabe & Ito, Color Universal Design, 2008: their eight colours but yellow and black
    assert COLORS.blue == "#0072B2"
    assert COLORS.orange == "#E69F00"
    assert COLORS.green == "#009E73"
    assert COLORS.red == "#D55E00"
    assert COLORS.purple == "#CC79A7"
    assert COLORS.sky == "#56B4E9"


def test_colours_of_lines_differ_from_each_other_and_from_paper():
    assert len(set(COLORS.cycle)) == len(COLORS.cycle) == 7
    for colour in COLORS.cycle:
        assert contrast(colour, "#FFFFFF") > 2, colour
    for first, second in combinations(COLORS.cycle, 2):
        difference = np.abs(np.subtract(to_rgb(first), to_rgb(second))).max()
        assert difference > 0.2, (first, second)


@pytest.mark.parametrize("colour", ["text.color", "axes.labelcolor", "xtick.color", "ytick.color"])
def test_text_has_the_contrast_that_wcag_asks_for(colour):
    assert contrast(STYLE[colour], "#FFFFFF") >= 4.5


def test_colormaps_start_and_end_in_the_colours_of_the_classes():
    classes = COLORS.classes_cmap
    assert classes.N == 2
    np.testing.assert_allclose(classes(0)[:3], to_rgb(COLORS.negative))
    np.testing.assert_allclose(classes(1)[:3], to_rgb(COLORS.positive))
    diverging = COLORS.diverging_cmap
    np.testing.assert_allclose(diverging(0.0)[:3], to_rgb(COLORS.negative))
    np.testing.assert_allclose(diverging(1.0)[:3], to_rgb(COLORS.positive))
    np.testing.assert_allclose(diverging(0.5)[:3], 1, atol=0.01)
    np.testing.assert_allclose(COLORS.probability_cmap(0.5)[:3], 1, atol=0.01)
    assert COLORS.regions_cmap.N == 2
    assert COLORS.image_cmap in mpl.colormaps


def test_nobody_repaints_the_palette():
    with pytest.raises(AttributeError):
        COLORS.blue = "#000000"


# --------------------------------------------------------------------- PNG and show


def plot(offset: float = 0.0):
    figure, axes = plt.subplots()
    axes.plot([0, 1], [offset, 1 + offset], label="a line")
    axes.set(title="A line", xlabel="x", ylabel="y")
    axes.legend()
    return figure


def test_the_same_picture_is_the_same_bytes():
    first, second = png_bytes(plot()), png_bytes(plot())
    assert first == second
    assert first != png_bytes(plot(offset=0.5))


def test_a_picture_tells_neither_version_nor_date():
    png = png_bytes(plot())
    assert png.startswith(PNG_SIGNATURE)
    for kind in (b"tEXt", b"iTXt", b"zTXt", b"tIME"):
        assert kind not in png


def test_an_uncropped_picture_has_the_size_asked_for():
    figure, _ = plt.subplots(figsize=(7, 4))
    assert Image.open(io.BytesIO(png_bytes(figure, dpi=50, crop=False))).size == (350, 200)


def test_a_cropped_picture_keeps_what_stands_outside_the_axes():
    figure, axes = plt.subplots(figsize=(4, 3))
    whole = Image.open(io.BytesIO(png_bytes(figure))).size
    axes.text(1.8, 0.5, "far out", transform=axes.transAxes).set_in_layout(True)
    figure.set_layout_engine("none")
    assert Image.open(io.BytesIO(png_bytes(figure))).size[0] > whole[0]


def test_a_closed_figure_can_still_be_drawn():
    figure = plot()
    plt.close(figure)
    assert png_bytes(figure).startswith(PNG_SIGNATURE)


def test_outside_a_notebook_show_only_closes(capsys, monkeypatch):
    opened = []
    monkeypatch.setattr(plt, "show", lambda *args, **kwargs: opened.append(args))
    plot()
    plot()
    assert not in_notebook()
    show("Two lines.")
    assert plt.get_fignums() == []
    assert opened == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_an_empty_sentence_is_refused(alt):
    plot()
    with pytest.raises(ValueError, match="needs a sentence"):
        show(alt)


@pytest.mark.parametrize("alt", [None, 3, ["a"]])
def test_anything_but_a_sentence_is_refused(alt):
    plot()
    with pytest.raises(TypeError, match="needs a sentence"):
        show(alt)


def test_show_without_a_figure_says_so():
    with pytest.raises(RuntimeError, match="no open figure"):
        show("Nothing.")


def test_figures_are_closed_even_if_displaying_fails(monkeypatch):
    def fail(figure, alt):
        raise OSError("the connection is gone")

    monkeypatch.setattr(figures, "in_notebook", lambda: True)
    monkeypatch.setattr(figures, "_display", fail)
    plot()
    with pytest.raises(OSError, match="gone"):
        show("A line.")
    assert plt.get_fignums() == []


# -------------------------------------------------------------------- in a real kernel

PLOT = "plt.plot([0, 1], [0, 1])\n"


@pytest.fixture(scope="module")
def outputs():
    """Run a few cells in a real kernel, return each cell's outputs."""
    cells = {
        "setup": "import matplotlib.pyplot as plt\nfrom utils.figures import show",
        "one": PLOT + 'show("A line\\n   that rises.")',
        "again": PLOT + 'show("A line that rises.")',
        "two": PLOT + "plt.figure()\nplt.bar([0, 1], [2, 3])\n" + 'show("A line, and two bars.")',
        "then text": PLOT + 'print("before")\nshow("A line.")\nprint("after")',
        "nothing left": "print(plt.get_fignums())",
    }
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in cells.values()]
    )
    NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    ).execute()
    return dict(zip(cells, (cell.outputs for cell in notebook.cells), strict=True))


def test_a_figure_is_displayed_once_with_its_sentence(outputs):
    (output,) = outputs["one"]
    assert output.output_type == "display_data"
    assert set(output.data) == {"image/png", "text/plain"}
    assert output.data["text/plain"] == "A line that rises."
    assert output.metadata == {"image/png": {"alt": "A line that rises."}}
    assert base64.b64decode(output.data["image/png"]).startswith(PNG_SIGNATURE)


def test_the_same_cell_gives_the_same_output_again(outputs):
    assert outputs["one"] == outputs["again"]


def test_every_open_figure_is_displayed_in_order(outputs):
    assert len(outputs["two"]) == 2
    line, bars = (output.data["image/png"] for output in outputs["two"])
    assert line == outputs["one"][0].data["image/png"]
    assert bars != line


def test_figures_keep_their_place_among_printed_lines(outputs):
    kinds = [output.output_type for output in outputs["then text"]]
    assert kinds == ["stream", "display_data", "stream"]


def test_no_figure_stays_open(outputs):
    assert [output.text for output in outputs["nothing left"]] == ["[]\n"]
    assert outputs["setup"] == []
