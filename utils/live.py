"""Figures with sliders, switches and choices above them.

    def update(learning_rate):
        line.set_ydata(losses(learning_rate))
        return f"the last loss is {losses(learning_rate)[-1]:.2f}"

    LiveFigure(
        figure,
        update,
        alt="The loss falls step by step.",
        learning_rate=slider(0.0, 1.0, 0.1, "learning rate"),
    )

As a cell's last expression a `LiveFigure` shows its controls, the picture and the sentence below
it. Where nothing is interactive (a saved notebook, a web page) its first picture is seen.

A control moves in the browser, its new value comes to the kernel, `update` changes the figure and
a new picture goes back. The browser waits for the kernel before it sends the next value, and then
sends the latest: values passed over by a fast hand are dropped, so redraws never queue up.

With a `Pointer`, pressing and dragging in the figure move controls, too.
"""

import base64
import html
import inspect
import io
import linecache
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any

import ipywidgets
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import utils.figures  # sets the course's style
from utils.pointer import Drag, Picture, Place, Pointer

__all__ = ["Control", "Drag", "LiveFigure", "Pointer", "choice", "player", "slider", "toggle"]

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
ROW = {"width": "100%", "margin": "2px 0", "flex_flow": "row wrap", "align_items": "center"}
DPI = 90  # a figure 7 inches wide is 630 pixels wide: sharp enough, and quick to send
LOG_STEP = 0.05  # of a logarithmic slider, in powers of ten


# --------------------------------------------------------------------------- controls


class Control:
    """What can be moved above a live figure; made by `slider`, `choice`, `toggle`, `player`.

    A control is only a description: each `LiveFigure` builds its own widgets from it.
    """

    label: str

    def build(self, label_width: str) -> tuple[ipywidgets.Widget, ipywidgets.Widget]:
        """Make the widgets: the one to lay out, and the one whose `value` counts."""
        raise NotImplementedError

    def to_python(self, value: Any) -> Any:
        """Translate the widget's value into what `update` is given."""
        return value

    def to_widget(self, value: Any) -> Any:
        """Translate what `LiveFigure.set` is given into the widget's value.

        Raises ValueError with a sentence when the control has no such state.
        """
        raise NotImplementedError


class _Numbers(Control):
    """A control whose states are numbers in equal steps, which a pointer can move."""

    low: Any
    high: Any

    def nearest(self, value: float) -> Any:
        """The state nearest to a number; an end for numbers beyond it."""
        raise NotImplementedError

    def moved(self, value: Any, steps: int) -> Any:
        """The state that is so many steps higher than another, or the end."""
        raise NotImplementedError


@dataclass(frozen=True)
class _Slider(_Numbers):
    low: float
    high: float
    start: float
    label: str
    step: float
    log: bool = False

    @property
    def whole(self) -> bool:
        """Whether the slider holds whole numbers only."""
        return all(isinstance(value, Integral) for value in (self.low, self.high, self.step))

    def build(self, label_width: str) -> tuple[ipywidgets.Widget, ipywidgets.Widget]:
        shared = {
            "description": self.label,
            "continuous_update": True,
            "style": {"description_width": label_width},
            "layout": {"width": "min(100%, 34em)", "margin": "2px 0"},
        }
        if self.log:
            widget = ipywidgets.FloatLogSlider(
                value=self.start,
                min=math.log10(self.low),
                max=math.log10(self.high),
                step=self.step,
                readout_format=".2g",
                **shared,
            )
        elif self.whole:
            widget = ipywidgets.IntSlider(
                value=self.start, min=self.low, max=self.high, step=self.step, **shared
            )
        else:
            widget = ipywidgets.FloatSlider(
                value=self.start,
                min=self.low,
                max=self.high,
                step=self.step,
                readout_format=f".{_decimals(self.step)}f",
                **shared,
            )
        return widget, widget

    def to_widget(self, value: Any) -> Any:
        if not _is_number(value) or (self.whole and value != round(value)):
            kind = "a whole number" if self.whole else "a number"
            raise ValueError(f"{self.label!r} is a slider and takes {kind}, but got {value!r}.")
        if not self.low <= value <= self.high:
            raise ValueError(f"{self.label!r} goes from {self.low} to {self.high}, not to {value}.")
        return value

    def nearest(self, value: float) -> Any:
        if self.log:
            exponent = math.log10(max(value, self.low))
            value = 10 ** _on_a_step(exponent, math.log10(self.low), self.step)
        else:
            value = _on_a_step(value, self.low, self.step)
        value = min(max(value, self.low), self.high)
        return round(value) if self.whole else float(value)

    def moved(self, value: Any, steps: int) -> Any:
        return self.nearest(
            value * 10 ** (steps * self.step) if self.log else value + steps * self.step
        )


@dataclass(frozen=True)
class _Player(_Numbers):
    low: int
    high: int
    start: int
    label: str
    interval_ms: int

    def build(self, label_width: str) -> tuple[ipywidgets.Widget, ipywidgets.Widget]:
        bar, value = _Slider(self.low, self.high, self.start, self.label, 1).build(label_width)
        play = ipywidgets.Play(
            value=self.start,
            min=self.low,
            max=self.high,
            interval=self.interval_ms,
            show_repeat=False,
            layout={"width": "auto", "margin": "2px 0 2px 8px"},
        )
        # linked in the browser: the animation does not wait for a round trip through the kernel
        ipywidgets.jslink((play, "value"), (value, "value"))
        row = ipywidgets.HBox([bar, play], layout=ROW)
        return row, value

    def to_widget(self, value: Any) -> Any:
        if not _is_number(value, Integral):
            raise ValueError(f"{self.label!r} counts steps and takes an int, but got {value!r}.")
        if not self.low <= value <= self.high:
            raise ValueError(f"{self.label!r} goes from {self.low} to {self.high}, not to {value}.")
        return value

    def nearest(self, value: float) -> int:
        return round(min(max(value, self.low), self.high))

    def moved(self, value: int, steps: int) -> int:
        return self.nearest(value + steps)


@dataclass(frozen=True)
class _Choice(Control):
    options: Mapping[str, Any]
    start: str
    label: str

    def build(self, label_width: str) -> tuple[ipywidgets.Widget, ipywidgets.Widget]:
        names = list(self.options)
        if len(names) <= 6 and sum(len(name) + 4 for name in names) <= 60:
            widget = ipywidgets.ToggleButtons(
                options=names,
                value=self.start,
                tooltips=[f"{self.label}: {name}" for name in names],
                style={"button_width": "auto"},
                layout={"width": "auto", "margin": "0"},
            )
            # its own label would stand on a line of its own
            style = f"width: {label_width}; text-align: right"
            label = ipywidgets.HTMLMath(
                f'<div style="{style}">{html.escape(self.label)}</div>',
                layout={"width": label_width, "margin": "0 8px 0 2px", "flex": "0 0 auto"},
            )
            return ipywidgets.HBox([label, widget], layout=ROW), widget
        widget = ipywidgets.Dropdown(
            options=names,
            value=self.start,
            description=self.label,
            style={"description_width": label_width},
            layout={"width": "min(100%, 34em)", "margin": "2px 0"},
        )
        return widget, widget

    def to_python(self, value: str) -> Any:
        return self.options[value]

    def to_widget(self, value: Any) -> str:
        return _option_name(self.options, value, self.label)


@dataclass(frozen=True)
class _Toggle(Control):
    start: bool
    label: str

    def build(self, label_width: str) -> tuple[ipywidgets.Widget, ipywidgets.Widget]:
        widget = ipywidgets.Checkbox(
            value=self.start,
            description=self.label,
            indent=True,
            style={"description_width": label_width},
            layout={"width": "auto", "margin": "2px 0"},
        )
        return widget, widget

    def to_widget(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError(f"{self.label!r} is True or False, but got {value!r}.")
        return value


def slider(
    low: float,
    high: float,
    start: float,
    label: str,
    step: float | None = None,
    log: bool = False,
) -> Control:
    """A slider from `low` to `high`.

    Parameters
    ----------
    low, high : the ends, `low < high`; all ints (and `step` too) make a slider of whole numbers
    start : where it stands at first; it is brought to the nearest step from `low`
    label : short text in front; $...$ is set as mathematics
    step : the smallest move; about a hundredth of the way if not given
    log : equal moves multiply by equal factors, for learning rates; `0 < low`

    Raises
    ------
    ValueError, with a sentence that says which argument is wrong
    """
    _check_label("slider", label)
    for name, value in (("low", low), ("high", high), ("start", start)):
        if not _is_number(value) or not math.isfinite(value):
            raise ValueError(f"slider {label!r}: {name} must be a finite number, but is {value!r}.")
    if not low < high:
        raise ValueError(
            f"slider {label!r}: low must be below high, but they are {low} and {high}."
        )
    if not low <= start <= high:
        raise ValueError(f"slider {label!r}: start must lie from {low} to {high}, but is {start}.")
    if step is not None and not (_is_number(step) and 0 < step <= high - low):
        raise ValueError(
            f"slider {label!r}: step must lie above 0 and up to {high - low}, but is {step}."
        )
    if log:
        if low <= 0:
            raise ValueError(f"slider {label!r}: with log=True low must be above 0, but is {low}.")
        if step is not None:
            raise ValueError(f"slider {label!r}: with log=True leave step out.")
        return _on_its_grid(_Slider(low, high, start, label, step=LOG_STEP, log=True))
    if step is None:
        whole = all(isinstance(value, Integral) for value in (low, high, start))
        step = 1 if whole else _round_step((high - low) / 100)
    elif not isinstance(start, Integral):
        low = float(low)  # a start between the whole numbers makes it a slider of fractions
    return _on_its_grid(_Slider(low, high, start, label, step))


def _on_its_grid(made: _Slider) -> _Slider:
    """The slider at the step nearest to its start: a browser would go there without a word."""
    nearest = made.nearest(made.start)
    if math.isclose(nearest, made.start, rel_tol=1e-9, abs_tol=1e-9):
        return made
    return replace(made, start=nearest)


def player(low: int, high: int, start: int, label: str, interval_ms: int = 400) -> Control:
    """A slider of whole numbers with a play button: an animation that goes step by step.

    Parameters
    ----------
    low, high : the first and the last step, ints with `low < high`
    start : the step it stands at first
    label : short text in front
    interval_ms : milliseconds from step to step while it plays, at least 50

    Raises
    ------
    ValueError, with a sentence that says which argument is wrong
    """
    _check_label("player", label)
    for name, value in (("low", low), ("high", high), ("start", start)):
        if not _is_number(value, Integral):
            raise ValueError(f"player {label!r}: {name} must be an int, but is {value!r}.")
    if not low < high:
        raise ValueError(
            f"player {label!r}: low must be below high, but they are {low} and {high}."
        )
    if not low <= start <= high:
        raise ValueError(f"player {label!r}: start must lie from {low} to {high}, but is {start}.")
    if not _is_number(interval_ms, Integral) or interval_ms < 50:
        raise ValueError(
            f"player {label!r}: interval_ms must be an int from 50 on, but is {interval_ms!r}."
        )
    return _Player(low, high, start, label, interval_ms)


def choice(options: Sequence[Any] | Mapping[str, Any], start: Any, label: str) -> Control:
    """One of several options: buttons side by side when they fit, else a menu.

    Parameters
    ----------
    options : a list of texts or numbers, or a dict from what is read to what `update` gets
        (`{"ReLU": relu, "tanh": np.tanh}`)
    start : the option chosen at first; with a dict, its key
    label : short text in front

    Raises
    ------
    ValueError, with a sentence that says which argument is wrong
    """
    _check_label("choice", label)
    if not isinstance(options, Mapping):
        options = {str(option): option for option in options}
    if len(options) < 2:
        raise ValueError(f"choice {label!r} needs two different options at least.")
    return _Choice(dict(options), _option_name(options, start, label), label)


def toggle(start: bool, label: str) -> Control:
    """A box to tick: True or False.

    Parameters
    ----------
    start : whether it is ticked at first
    label : short text behind the box

    Raises
    ------
    ValueError, with a sentence that says which argument is wrong
    """
    _check_label("toggle", label)
    if not isinstance(start, bool):
        raise ValueError(f"toggle {label!r}: start must be True or False, but is {start!r}.")
    return _Toggle(start, label)


def _is_number(value: Any, kind: type = Real) -> bool:
    """Tell numbers, NumPy's too, from all else; True and False are none here."""
    return isinstance(value, kind) and not isinstance(value, bool)


def _check_label(kind: str, label: str) -> None:
    if not isinstance(label, str) or not label.strip():
        raise ValueError(f"a {kind} needs a label: the short text in front of it.")


def _option_name(options: Mapping[str, Any], value: Any, label: str) -> str:
    """Find the name of an option, given as that name or as a listed text or number."""
    if str(value) in options:
        return str(value)
    raise ValueError(f"{label!r} is one of {', '.join(options)}, not {value!r}.")


def _round_step(step: float) -> float:
    """Round down to 1, 2 or 5 times a power of ten, so that readouts are short.

    >>> [_round_step(step) for step in (0.06, 0.025, 0.1, 1.99)]
    [0.05, 0.02, 0.1, 1.0]
    """
    power = 10.0 ** math.floor(math.log10(step) + 1e-9)
    digit = max(digit for digit in (1, 2, 5) if digit <= step / power + 1e-9)
    return float(f"{digit * power:.6g}")


def _on_a_step(value: float, low: float, step: float) -> float:
    """Go to the nearest of low, low + step, low + 2 step, …, without the dust of binary fractions.

    >>> [_on_a_step(value, -1.0, 0.1) for value in (-0.71, 0.34, 5.0)]
    [-0.7, 0.3, 5.0]
    """
    return float(f"{low + round((value - low) / step) * step:.12g}")


def _decimals(step: float) -> int:
    """Count the decimals that a readout needs to show every step.

    >>> [_decimals(step) for step in (1.0, 0.5, 0.05, 0.25)]
    [1, 1, 2, 2]
    """
    return next((n for n in range(1, 8) if math.isclose(round(step, n), step, rel_tol=1e-9)), 8)


# -------------------------------------------------------------------------- live figure


class LiveFigure:
    """A figure that its reader can move.

    Parameters
    ----------
    figure : a matplotlib figure whose artists `update` changes; it is closed for pyplot, so that
        the notebook does not display it a second time
    update : function of the controls' values, by name, which changes the artists of the figure
        (it makes no new axes); it may return a sentence, which is shown under the picture
    alt : a sentence that says what the figure shows, for readers who cannot see it
    pointer : a `Pointer`, or several, that say what a press or drag in the figure moves
    controls : `slider`, `choice`, `toggle` or `player` for each argument of `update`

    Attributes
    ----------
    values : dict of what `update` was given last
    caption : what `update` returned last, "" if nothing
    error : what `update` raised last, None if it succeeded
    png : the picture as it stands, as bytes; empty while `update` fails from the start
    widget : the whole as one ipywidget, to place into larger widgets

    Raises
    ------
    ValueError or TypeError, when controls do not fit `update` or a pointer, or `alt` is missing
    """

    def __init__(
        self,
        figure: Figure,
        update: Callable[..., str | None],
        alt: str,
        pointer: Pointer | Sequence[Pointer] = (),
        **controls: Control,
    ) -> None:
        pointers = [pointer] if isinstance(pointer, Pointer) else list(pointer)
        _check_arguments(figure, update, alt, controls)
        _check_pointers(pointers, figure, controls)
        self.figure, self.update, self.alt = figure, update, " ".join(alt.split())
        self.values: dict[str, Any] = {}
        self.caption = ""
        self.error: Exception | None = None
        self.png = b""
        plt.close(figure)
        FigureCanvasAgg(figure)
        figure.set_dpi(DPI)

        self._controls, self._pointers = controls, pointers
        self._press: tuple[int, Place, dict[str, Any]] | None = None  # number, place, values then
        self._run = (0, 0, 0)  # of arrow keys: its number, steps to the right and up made by now
        self._widgets: dict[str, ipywidgets.Widget] = {}
        self._silent = False
        self.widget = self._build()
        self._redraw()
        self._first_picture = self._picture()

    # -- what authors and tests use

    def set(self, **values: Any) -> None:
        """Move controls from code, then redraw once.

        Raises
        ------
        ValueError, for an unknown control or a value that it cannot take
        """
        moves = {}
        for name, value in values.items():
            if name not in self._controls:
                raise ValueError(
                    f"this figure has no control {name!r}, only {', '.join(self._controls)}."
                )
            moves[name] = self._controls[name].to_widget(value)
        self._move_widgets(moves)
        self._redraw()

    # -- the parts

    def _build(self) -> ipywidgets.Widget:
        """Lay out the controls over the picture over its sentence."""
        label_width = _label_width([control.label for control in self._controls.values()])
        rows = []
        for name, control in self._controls.items():
            row, widget = control.build(label_width)
            widget.observe(self._on_move, names="value")
            self._widgets[name] = widget
            rows.append(row)
        self._image = Picture(alt=self.alt, layout={"max_width": "100%"})
        self._image.observe(self._on_event, names="event")
        self._message = ipywidgets.HTML(layout={"display": "none"})
        self._sentence = ipywidgets.HTMLMath(layout={"display": "none", "margin": "0 0 0 8px"})
        return ipywidgets.VBox(
            [*rows, self._image, self._message, self._sentence],
            # flex-start: the picture keeps its size instead of being stretched, and blurred
            layout={"padding": "4px 0", "width": "100%", "align_items": "flex-start"},
        )

    def _on_move(self, change: Any) -> None:
        if not self._silent:
            self._redraw()

    def _on_event(self, change: Any) -> None:
        """Move controls to where the picture was pressed, dragged, or stepped by arrow keys."""
        event = change["new"]
        pointer = self._pointers[event["zone"]]
        if "arrows" in event:
            run, (right, up) = event["run"], event["arrows"]
            _, right_before, up_before = self._run if self._run[0] == run else (run, 0, 0)
            self._run = (run, right, up)
            wishes = self._stepped(pointer, right - right_before, up - up_before)
        else:
            if self._press is None or self._press[0] != event["press"]:
                self._press = (event["press"], pointer.to_data(event["start"]), dict(self.values))
            _, start, values = self._press
            wishes = pointer.follow(Drag(pointer.to_data(event["place"]), start, values))
        moves = {}
        for name, wish in wishes.items():
            control = self._controls[name]
            state = control.nearest(wish) if isinstance(control, _Numbers) else wish
            moves[name] = control.to_widget(state)
        if any(self._widgets[name].value != value for name, value in moves.items()):
            self._move_widgets(moves)
            self._redraw()

    def _stepped(self, pointer: Pointer, right: int, up: int) -> dict[str, Any]:
        """What arrow keys ask of the controls: steps on, or a next or previous place."""
        if pointer.pick is not None:
            name = str(pointer.control)
            control, now = self._controls[name], self._widgets[name].value
            states = list(dict.fromkeys(map(control.to_widget, pointer.places().values())))
            here = states.index(now) if now in states else -1
            # to the right and down, as one reads
            there = min(max(here + right - up, 0), len(states) - 1)
            return {name: states[there]} if states else {}
        wishes = {}
        for along, steps in ((pointer.x, right), (pointer.y, up)):
            slider_or_player = self._controls.get(along or "")
            if along is not None and steps and isinstance(slider_or_player, _Numbers):
                wishes[along] = slider_or_player.moved(self._widgets[along].value, steps)
        return wishes

    def _move_widgets(self, values: Mapping[str, Any]) -> None:
        """Move several controls without a redraw for each."""
        self._silent = True
        try:
            for name, value in values.items():
                self._widgets[name].value = value
        finally:
            self._silent = False

    def _redraw(self) -> None:
        """Call `update` with the controls' values and send the new picture, or say what failed."""
        self.values = {
            name: control.to_python(self._widgets[name].value)
            for name, control in self._controls.items()
        }
        try:
            caption = self.update(**self.values)
            png = self._draw()
        except Exception as error:  # noqa: BLE001  (a learner's function may raise anything)
            self.error, self.caption = error, ""
            self._message.value = _error_html(error)
        else:
            self.error, self.caption, self.png = None, str(caption or ""), png
            self._image.value = png
            labels = {name: control.label for name, control in self._controls.items()}
            self._image.zones = [pointer.zone(labels) for pointer in self._pointers]
            self._sentence.value = _sentence_html(self.caption)
        self._image.layout.display = "none" if self.error else None
        self._message.layout.display = None if self.error else "none"
        self._sentence.layout.display = None if self.caption else "none"

    def _draw(self) -> bytes:
        for axes in self.figure.axes:
            if axes.name == "rectilinear" and not _has_labels_on_top(axes):
                # there is room above: to look for it again takes a sixth of the time
                axes._autotitlepos = False  # type: ignore[attr-defined]
        buffer = io.BytesIO()
        self.figure.canvas.print_png(  # type: ignore[attr-defined]
            buffer, metadata={"Software": None}, pil_kwargs={"compress_level": 1}
        )
        # once laid out, the axes stay where they are: they would jump with the tick labels' widths
        self.figure.set_layout_engine("none")
        return buffer.getvalue()

    def _picture(self) -> dict[str, str]:
        """What is seen where nothing is interactive: the picture, or what went wrong."""
        if self.error is not None:
            return {
                "text/html": _error_html(self.error),
                "text/plain": f"{_ERROR_SENTENCE}\n{_error_text(self.error)}",
            }
        return {
            "image/png": base64.b64encode(self.png).decode("ascii"),
            "text/plain": self.alt,
        }

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """The widget for a live notebook, the first picture for all else."""
        data: dict[str, Any] = dict(self._first_picture)
        live = self.widget._repr_mimebundle_() or {}
        if WIDGET_VIEW in live:
            data[WIDGET_VIEW] = live[WIDGET_VIEW]
        return data, {"image/png": {"alt": self.alt}} if "image/png" in data else {}


def _has_labels_on_top(axes: Axes) -> bool:
    """Tell whether something beside a title stands above flat axes."""
    ticks = (axes.xaxis.get_tick_params(which) for which in ("major", "minor"))
    return axes.xaxis.get_label_position() == "top" or any(
        drawn.get("labeltop", False) or drawn.get("top", False) for drawn in ticks
    )


_ERROR_SENTENCE = "This picture can't be drawn yet: a function that it uses stopped with an error."

_ERROR_HTML = """\
<div style="border-left: 4px solid #D55E00; background: #FDF3EC; color: #1A1A1A; \
padding: 10px 14px; margin: 6px 0; max-width: 46em; font-size: 14px; line-height: 1.5">
<div>{sentence}</div>
<pre style="margin: 8px 0; font-size: 13px; white-space: pre-wrap; \
color: #1A1A1A; background: none">{error}</pre>
{place}<div>Mend the function and run its cell, then run this cell again.</div>
</div>"""


def _error_html(error: Exception) -> str:
    """The card that stands in the picture's place."""
    return _ERROR_HTML.format(
        sentence=_ERROR_SENTENCE,
        error=html.escape(_error_text(error)),
        place=_place_html(error),
    )


def _error_text(error: Exception) -> str:
    """The last line of a traceback: the kind of error and what it says."""
    text = str(error).strip()
    if len(text) > 600:
        text = text[:600] + " …"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _place_html(error: Exception) -> str:
    """Name the innermost line of the notebook that the error went through, "" if none."""
    place = ""
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        line = linecache.getline(code.co_filename, traceback.tb_lineno).strip()
        if line and _is_cell(code.co_filename):
            place = (
                f"<div>It happened in <code>{html.escape(code.co_name)}</code>, "
                f"line {traceback.tb_lineno} of its cell: <code>{html.escape(line)}</code></div>\n"
            )
        traceback = traceback.tb_next
    return place


def _is_cell(file_name: str) -> bool:
    """Tell a notebook's cells from installed packages and from the course's own code."""
    # IPython names the code of a cell after a temporary file, or <ipython-input-…>
    return "ipykernel_" in file_name or file_name.startswith("<ipython-input")


def _sentence_html(sentence: str) -> str:
    if not sentence:
        return ""
    return (
        '<div style="font-size: 14px; line-height: 1.5; max-width: 46em">'
        f"{html.escape(sentence, quote=False)}</div>"
    )


def _label_width(labels: list[str]) -> str:
    """One width for all labels, so that the controls stand in a column."""
    # the marks of mathematics take no room
    longest = max((len(label.replace("$", "").replace("\\", "")) for label in labels), default=0)
    return f"{min(max(longest * 0.58 + 1, 4), 18):.1f}em"


def _check_arguments(
    figure: Figure, update: Callable[..., str | None], alt: str, controls: Mapping[str, Control]
) -> None:
    """Tell an author at once what does not fit together."""
    if not isinstance(figure, Figure):
        raise TypeError(f"LiveFigure needs a matplotlib figure, but got {type(figure).__name__}.")
    if not callable(update):
        raise TypeError(f"LiveFigure needs a function update, but got {type(update).__name__}.")
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError("LiveFigure needs alt: a sentence that says what the figure shows.")
    for name, control in controls.items():
        if not isinstance(control, Control):
            raise TypeError(
                f"the control {name!r} must be a slider, choice, toggle or player, "
                f"but is {type(control).__name__}."
            )
    try:
        inspect.signature(update).bind(**controls)
    except TypeError as error:
        raise TypeError(
            f"update takes {inspect.signature(update)}, "
            f"but the controls are ({', '.join(controls)}): {error}."
        ) from None


def _check_pointers(
    pointers: Sequence[Pointer], figure: Figure, controls: Mapping[str, Control]
) -> None:
    """Tell an author at once which pointer moves what is not there."""
    for pointer in pointers:
        if not isinstance(pointer, Pointer):
            raise TypeError(f"pointer must be a Pointer, but is {type(pointer).__name__}.")
        if pointer.axes not in figure.axes:
            raise ValueError("the axes of a Pointer must be axes of the figure.")
        for name in pointer.names():
            if name not in controls:
                raise ValueError(
                    f"a Pointer moves {name!r}, but the controls are ({', '.join(controls)})."
                )
        for along in (pointer.x, pointer.y):
            if along is not None and not isinstance(controls[along], _Numbers):
                raise ValueError(
                    f"a Pointer moves {along!r} along an axis, so it must be a slider or a player."
                )
