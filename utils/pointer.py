"""What pressing and dragging in a live figure does.

    LiveFigure(figure, update, alt, pointer=Pointer(map_axes, x="w0", y="w1"), w0=…, w1=…)

The browser sends where the picture was pressed, as fractions of it. A `Pointer` turns the place
into data coordinates of its axes, and these into the states of controls; the `LiveFigure` moves the
controls, as a reader's hand would, and redraws.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from matplotlib.axes import Axes
from matplotlib.transforms import BboxBase

__all__ = ["Drag", "Picture", "Pointer"]

Place = tuple[float, float]
Places = Mapping[Place, Any]


@dataclass(frozen=True)
class Drag:
    """A press, and how far it has been dragged by now.

    Attributes
    ----------
    place : where the pointer is, in data coordinates
    start : where it was pressed
    values : the controls' values when it was pressed
    """

    place: Place
    start: Place
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pointer:
    """Axes that answer the mouse, a finger or the arrow keys, in one of three ways.

    `Pointer(axes, x="w0", y="w1")` moves sliders to where the axes are pressed: one along each
    direction, or only one. `Pointer(axes, pick={(1, 2): "a", (3, 4): "b"}, control="node")` sets a
    control to what stands at the nearest of some places. `Pointer(axes, move=follow)` asks a
    function what a `Drag` means.

    Parameters
    ----------
    axes : where to press; two-dimensional
    x, y : the control that follows the pointer in this direction: a slider or player
    pick : place -> state of `control`; or a function that returns such a dict, for places that move
    control : the control that `pick` sets
    move : function of a `Drag`, which returns the new states of some controls, by name; numbers
        are brought to the nearest state that a slider has

    Raises
    ------
    ValueError, when it is not told exactly one of the three ways, or the axes are three-dimensional
    """

    axes: Axes
    x: str | None = None
    y: str | None = None
    pick: Places | Callable[[], Places] | None = None
    control: str | None = None
    move: Callable[[Drag], Mapping[str, Any]] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.axes, Axes):
            raise TypeError(f"Pointer needs axes, but got {type(self.axes).__name__}.")
        if self.axes.name == "3d":
            raise ValueError("Pointer needs flat axes: a press on a 3-D picture has no one place.")
        ways = [bool(self.x or self.y), self.pick is not None, self.move is not None]
        if sum(ways) != 1:
            raise ValueError("Pointer needs one way: x and y, or pick with control, or move.")
        if (self.pick is None) != (self.control is None):
            raise ValueError("Pointer needs pick and control together.")

    def names(self) -> list[str]:
        """The controls that it is known to move."""
        return [name for name in (self.x, self.y, self.control) if name is not None]

    def follow(self, drag: Drag) -> dict[str, Any]:
        """What a press or drag asks of the controls: name -> state."""
        if self.move is not None:
            return dict(self.move(drag))
        if self.pick is not None:
            places = self.places()
            return {str(self.control): places[self._nearest(drag.place)]} if places else {}
        along = ((self.x, drag.place[0]), (self.y, drag.place[1]))
        return {name: value for name, value in along if name is not None}

    def places(self) -> Places:
        """The places to pick from, as they stand now."""
        return self.pick() if callable(self.pick) else self.pick or {}

    def _nearest(self, place: Place) -> Place:
        """The place that looks nearest: distances are measured in the picture."""
        to_pixels = self.axes.transData.transform
        return min(self.places(), key=lambda other: math.dist(to_pixels(other), to_pixels(place)))

    # -- between the picture and the axes

    def _boxes(self) -> tuple[BboxBase, BboxBase]:
        """The picture, and the axes in it, in pixels from the picture's bottom left."""
        return self.axes.get_figure(root=True).bbox, self.axes.bbox  # type: ignore[union-attr]

    def to_data(self, fractions: Place) -> Place:
        """Data coordinates of a place in the picture, given from its top left; kept in the axes.

        Parameters
        ----------
        fractions : how far to the right and how far down, (0, 0) to (1, 1) inside the picture
        """
        picture, box = self._boxes()
        right = min(max(fractions[0] * picture.width, box.x0), box.x1)
        up = min(max((1 - fractions[1]) * picture.height, box.y0), box.y1)
        x, y = self.axes.transData.inverted().transform((right, up))
        return float(x), float(y)

    def zone(self, labels: Mapping[str, str]) -> dict[str, Any]:
        """Where the axes lie in the picture, as fractions from its top left, and what it says.

        Parameters
        ----------
        labels : the controls' labels, by name
        """
        picture, box = self._boxes()
        moved = " and ".join(
            labels[name].replace("$", "").replace("\\", "") for name in self.names()
        )
        if self.move is not None:
            label = "Drag here to move the controls above."
        elif self.pick is not None:
            label = f"Press a place to set {moved}; arrow keys go from place to place."
        else:
            label = f"Press or drag here to move {moved}; arrow keys move by one step."
        return {
            "left": round(box.x0 / picture.width, 4),
            "top": round(1 - box.y1 / picture.height, 4),
            "width": round(box.width / picture.width, 4),
            "height": round(box.height / picture.height, 4),
            "cursor": "pointer" if self.pick is not None else "crosshair",
            "label": label,
            "keys": self.move is None,
        }


class Picture(anywidget.AnyWidget):
    """A picture in the browser that says where it is pressed, dragged, or moved by arrow keys.

    Attributes
    ----------
    value : the picture, as the bytes of a PNG
    alt : a sentence for readers who cannot see it
    zones : where pointing does something, as `Pointer.zone` tells
    event : what happened last in the browser: `zone`, the number of the zone, and either `place`
        and `start` (fractions of the picture) and `press` (the number of the press), or `arrows`
        (all steps to the right and up of a run of arrow keys) and `run` (the number of the run);
        and a `count`, which makes each event another
    """

    # read as text: given as a path, every picture would stay in memory to watch the file
    _esm = Path(__file__).with_name("picture.js").read_text(encoding="utf-8")
    _css = """
        .course-picture { position: relative; width: fit-content; max-width: 100%; }
        .course-picture img { display: block; max-width: 100%; height: auto; }
        .course-zone { position: absolute; touch-action: none; user-select: none; }
        .course-zone:focus { outline: none; }
        .course-zone:focus-visible { outline: 3px solid #0072B2; }
    """
    value = traitlets.Bytes().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    zones: traitlets.List = traitlets.List().tag(sync=True)
    event: traitlets.Dict = traitlets.Dict().tag(sync=True)
