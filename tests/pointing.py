"""A hand on a live figure, for tests: what the browser sends when the picture is pressed."""

from matplotlib.axes import Axes

from utils.live import LiveFigure
from utils.pointer import Picture


def press(
    live: LiveFigure, axes: Axes, start: tuple[float, float], *way: tuple[float, float], zone=0
) -> None:
    """Press in the figure, and drag along a way.

    Parameters
    ----------
    axes : whose data coordinates the places are in
    start : where to press
    way : where to drag, place after place
    zone : the number of the figure's pointer
    """
    picture = next(widget for widget in live.widget.children if isinstance(widget, Picture))
    width, height = live.figure.canvas.get_width_height()

    def fractions(place: tuple[float, float]) -> list[float]:
        right, up = axes.transData.transform(place)
        return [float(right / width), float(1 - up / height)]

    number = picture.event.get("count", 0) + 1
    for count, place in enumerate((start, *way)):
        event = {"zone": zone, "press": number, "start": fractions(start)}
        picture.set_state({"event": {**event, "place": fractions(place), "count": number + count}})
