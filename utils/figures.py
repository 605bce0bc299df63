"""One look for every figure of the course.

Importing this module sets the style. A cell that plots ends with `show("a sentence")`:

    plt.plot(z, sigmoid(z))
    show("The sigmoid rises from 0 at the left to 1 at the right.")

The sentence stands in for the picture where no picture can be seen: it is read out by screen
readers, kept in saved notebooks, and compared by tests instead of pixels.

The palette is by Okabe & Ito ("Color Universal Design", 2008): readers with any common kind of
colour blindness can tell its colours apart.
"""

import io
import sys
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure

__all__ = ["COLORS", "Palette", "apply_style", "in_notebook", "png_bytes", "show"]


@dataclass(frozen=True)
class Palette:
    """The colours of the course, as hexadecimal strings; the colormaps are made of them.

    Examples
    --------
    >>> COLORS.blue
    '#0072B2'
    >>> COLORS.negative == COLORS.blue, COLORS.positive == COLORS.red
    (True, True)
    """

    blue: str = "#0072B2"
    orange: str = "#E69F00"
    green: str = "#009E73"
    red: str = "#D55E00"
    purple: str = "#CC79A7"
    grey: str = "#6E6E6E"
    sky: str = "#56B4E9"
    black: str = "#1A1A1A"
    white: str = "#FFFFFF"

    @property
    def negative(self) -> str:
        """The colour of class 0."""
        return self.blue

    @property
    def positive(self) -> str:
        """The colour of class 1."""
        return self.red

    @property
    def cycle(self) -> tuple[str, ...]:
        """The colours in the order in which a plot's lines take them."""
        return (
            self.blue,
            self.orange,
            self.green,
            self.red,
            self.purple,
            self.sky,
            self.grey,
        )

    @property
    def classes_cmap(self) -> ListedColormap:
        """Two colours, for points of class 0 and class 1: `scatter(..., c=y, cmap=…)`."""
        return ListedColormap([self.negative, self.positive], name="course_classes")

    @property
    def regions_cmap(self) -> ListedColormap:
        """Two pale colours, for the regions of class 0 and class 1 behind the points."""
        return ListedColormap(["#CCE3F0", "#F7DFCC"], name="course_regions")

    @property
    def probability_cmap(self) -> LinearSegmentedColormap:
        """Pale blue at 0, white at one half, pale orange at 1: a background for points."""
        return LinearSegmentedColormap.from_list(
            "course_probability", ["#8FC3E3", "#FFFFFF", "#F0B48A"]
        )

    @property
    def diverging_cmap(self) -> LinearSegmentedColormap:
        """Blue below zero, white at zero, orange above: weights; give vmin = -vmax."""
        return LinearSegmentedColormap.from_list(
            "course_diverging", [self.blue, "#FFFFFF", self.red]
        )

    @property
    def image_cmap(self) -> str:
        """Dark ink on white paper, for the digits."""
        return "Greys"


COLORS = Palette()

# Sizes are in points; 7 inches at 100 dots an inch are 700 pixels, which fit a notebook
STYLE: dict[Any, Any] = {
    "figure.figsize": (7.0, 4.0),
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "savefig.dpi": 100,
    "savefig.facecolor": "white",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same letters on every machine
    "font.size": 12,
    "axes.titlesize": 13,
    "axes.titleweight": "bold",
    "axes.titlepad": 10,
    "axes.labelsize": 12,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "legend.fontsize": 11,
    "legend.frameon": True,
    "legend.framealpha": 0.9,
    "legend.edgecolor": "none",
    "figure.titlesize": 14,
    "figure.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#6E6E6E",
    "axes.linewidth": 1.0,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.8,
    "lines.linewidth": 2.2,
    "lines.markersize": 6,
    "axes.prop_cycle": cycler(color=COLORS.cycle),
    "image.cmap": "Greys",
    "image.interpolation": "nearest",
    "scatter.edgecolors": "face",
    "text.color": "#1A1A1A",
    "axes.labelcolor": "#1A1A1A",
    "xtick.color": "#444444",
    "ytick.color": "#444444",
}


def apply_style() -> None:
    """Set the course's style for every figure made from now on; importing this module does it."""
    mpl.rcParams.update(STYLE)


apply_style()


def in_notebook() -> bool:
    """Tell whether this code runs inside IPython, and so has somewhere to display to."""
    # without IPython loaded nobody can be running inside it: do not pay for its import
    if "IPython" not in sys.modules:
        return False
    from IPython.core.getipython import get_ipython

    return get_ipython() is not None


def png_bytes(figure: Figure, dpi: float | None = None, crop: bool = True) -> bytes:
    """Draw a figure as a PNG: the same bytes each time for the same picture.

    Parameters
    ----------
    figure : any matplotlib figure, open or closed
    dpi : dots an inch; the figure's own if not given
    crop : whether to fit the picture around its contents, so that nothing outside is cut off;
        without it the size is exactly the figure's size in inches times `dpi`

    Returns
    -------
    bytes, a PNG file without date or version in it
    """
    buffer = io.BytesIO()
    if figure.canvas is None or not isinstance(figure.canvas, FigureCanvasAgg):
        FigureCanvasAgg(figure)
    figure.savefig(
        buffer,
        format="png",
        dpi="figure" if dpi is None else dpi,
        bbox_inches="tight" if crop else None,
        pad_inches=0.08,
        metadata={"Software": None},
    )
    return buffer.getvalue()


def show(alt: str) -> None:
    """Display every open figure with a sentence of alternative text, then close them.

    Outside a notebook nothing is displayed and no window opens: the figures are only closed.

    Parameters
    ----------
    alt : one sentence that says what the figure shows, for readers who cannot see it

    Raises
    ------
    TypeError or ValueError, if `alt` is no text or is empty
    RuntimeError, if no figure is open
    """
    if not isinstance(alt, str):
        raise TypeError(
            f"show needs a sentence that says what the figure shows, but got {type(alt).__name__}: "
            'write show("The loss falls with every step.")'
        )
    alt = " ".join(alt.split())
    if not alt:
        raise ValueError(
            "show needs a sentence that says what the figure shows, but got an empty one: "
            'write show("The loss falls with every step.")'
        )
    figures = [plt.figure(number) for number in plt.get_fignums()]
    if not figures:
        raise RuntimeError("show found no open figure: draw one first, in the same cell.")
    try:
        if in_notebook():
            for figure in figures:
                _display(figure, alt)
    finally:
        # closed figures are not displayed once more when the cell ends
        plt.close("all")


def _display(figure: Figure, alt: str) -> None:
    """Publish one figure: the picture, and the sentence for all who cannot see it."""
    from IPython.display import display

    display(
        {"image/png": png_bytes(figure), "text/plain": alt},
        metadata={"image/png": {"alt": alt}},
        raw=True,
    )
