"""Live figures: what moves, what is redrawn, what is stored, what is said of an error."""

import base64
import io
import math
from pathlib import Path

import ipywidgets
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient
from PIL import Image

from tests.pointing import press
from utils.live import DPI, WIDGET_VIEW, LiveFigure, Pointer, choice, player, slider, toggle
from utils.live import _round_step as round_step
from utils.pointer import Picture

ROOT = Path(__file__).resolve().parents[2]


def line_figure():
    figure, axes = plt.subplots(figsize=(7, 4))
    axes.set(xlim=(0, 1), ylim=(-5, 5), xlabel="x", ylabel="y")
    (line,) = axes.plot([0, 1], [0, 0])
    return figure, line


class Slope:
    """A live figure of one line, which notes each call of its update."""

    def __init__(self, **controls):
        figure, self.line = line_figure()
        self.calls = []
        controls = controls or {"slope": slider(-5.0, 5.0, 1.0, "slope")}
        self.live = LiveFigure(figure, self.update, "A line.", **controls)

    def update(self, slope=0, **others):
        self.calls.append({"slope": slope, **others})
        self.line.set_ydata([0, slope])
        return f"the slope is {slope:.1f}"


def parts(live: LiveFigure, kind: type) -> list:
    """Find widgets of a kind inside a live figure, as they stand on the page."""
    found, rest = [], [live.widget]
    while rest:
        widget = rest.pop(0)
        if isinstance(widget, kind):
            found.append(widget)
        rest = list(getattr(widget, "children", ())) + rest
    return found


def picture(live: LiveFigure) -> Picture:
    (image,) = parts(live, Picture)
    return image


def visible_text(live: LiveFigure) -> str:
    """What stands on the page beside controls and picture."""
    shown = [
        widget.value
        for widget in parts(live, ipywidgets.HTML) + parts(live, ipywidgets.HTMLMath)
        if widget.layout.display != "none"
    ]
    return "\n".join(shown)


# ------------------------------------------------------------------ moving and redrawing


def test_the_first_picture_is_drawn_with_the_starting_values():
    slope = Slope()
    assert slope.calls == [{"slope": 1.0}]
    assert slope.live.values == {"slope": 1.0}
    assert picture(slope.live).value == slope.live.png
    assert Image.open(io.BytesIO(slope.live.png)).size == (7 * DPI, 4 * DPI)


def test_a_move_in_the_browser_redraws():
    slope = Slope()
    before = slope.live.png
    (moved,) = parts(slope.live, ipywidgets.FloatSlider)
    moved.set_state({"value": 3.0})  # what arrives when a reader drags
    assert slope.calls[-1] == {"slope": 3.0}
    assert slope.live.png != before
    assert picture(slope.live).value == slope.live.png
    assert "the slope is 3.0" in visible_text(slope.live)


def test_the_same_state_is_the_same_picture():
    slope = Slope()
    before = slope.live.png
    slope.live.set(slope=2.0)
    slope.live.set(slope=1.0)
    assert slope.live.png == before


def test_several_controls_move_with_one_redraw():
    slope = Slope(
        slope=slider(0.0, 5.0, 1.0, "slope"),
        size=slider(1, 9, 2, "size"),
        kind=choice(["thin", "thick"], "thin", "line"),
        dashed=toggle(False, "dashed"),
    )
    slope.live.set(slope=2.0, size=3, kind="thick", dashed=True)
    assert len(slope.calls) == 2
    assert slope.calls[-1] == {"slope": 2.0, "size": 3, "kind": "thick", "dashed": True}
    assert slope.live.values == slope.calls[-1]


def test_a_figure_without_controls_is_a_picture():
    figure, _ = line_figure()
    live = LiveFigure(figure, lambda: None, "A line.")
    live.set()
    assert live.values == {}
    assert live.caption == ""


def test_pyplot_forgets_the_figure():
    plt.close("all")
    Slope()
    assert plt.get_fignums() == []


def test_axes_stay_where_they_are_when_tick_labels_grow():
    figure, axes = plt.subplots()
    (line,) = axes.plot([0, 1], [0, 1])

    def update(scale):
        line.set_ydata([0, scale])
        axes.set_ylim(0, scale)

    live = LiveFigure(figure, update, "A line.", scale=slider(1, 1_000_000, 1, "scale"))
    before = axes.get_position().bounds
    live.set(scale=1_000_000)
    assert axes.get_position().bounds == before


def test_two_figures_from_one_control_move_apart():
    shared = slider(-5.0, 5.0, 1.0, "slope")
    first, second = Slope(slope=shared), Slope(slope=shared)
    first.live.set(slope=4.0)
    assert second.live.values == {"slope": 1.0}


# -------------------------------------------------------------------- kinds of controls


@pytest.mark.parametrize(
    ("control", "kind", "expected"),
    [
        (slider(0, 9, 4, "k"), ipywidgets.IntSlider, 4),
        (slider(0, 9, 4.5, "k"), ipywidgets.FloatSlider, 4.5),
        # a start between two steps goes to the nearer one, as it would in the browser
        (slider(0, 9, 4, "k", step=3), ipywidgets.IntSlider, 3),
        (slider(0, 9, 4.7, "k", step=1), ipywidgets.FloatSlider, 5.0),
        (slider(0.01, 1.0, 0.102, "rate", log=True), ipywidgets.FloatLogSlider, 0.1),
        (slider(0, 9, 4, "k", step=0.5), ipywidgets.FloatSlider, 4.0),
        (slider(np.int64(0), np.int64(9), np.int64(4), "k"), ipywidgets.IntSlider, 4),
        (slider(np.float64(0), np.float64(1), np.float64(0.5), "k"), ipywidgets.FloatSlider, 0.5),
        (slider(0.001, 1.0, 0.1, "rate", log=True), ipywidgets.FloatLogSlider, 0.1),
        (player(0, 20, 5, "step"), ipywidgets.IntSlider, 5),
        (player(0, 20, 5, "step"), ipywidgets.Play, 5),
        (choice(["a", "b"], "b", "kind"), ipywidgets.ToggleButtons, "b"),
        (choice([1, 10, 100], 10, "size"), ipywidgets.ToggleButtons, 10),
        (choice({"sine": math.sin, "cosine": math.cos}, "sine", "f"), None, math.sin),
        (choice([f"a long option {k}" for k in range(9)], "a long option 3", "k"), None, None),
        (choice(range(40), 3, "digit"), ipywidgets.Dropdown, 3),
        (toggle(True, "on"), ipywidgets.Checkbox, True),
    ],
)
def test_a_control_has_its_widget_and_its_starting_value(control, kind, expected):
    figure, _ = line_figure()
    live = LiveFigure(figure, lambda value: None, "A line.", value=control)
    if kind is not None:
        assert parts(live, kind)
    if expected is not None:
        assert live.values["value"] == expected
        assert type(live.values["value"]) is type(expected)


def test_a_choice_from_a_dict_hands_over_what_is_meant():
    got = []
    figure, _ = line_figure()
    functions = {"sine": np.sin, "cosine": np.cos}
    live = LiveFigure(figure, lambda f: got.append(f), "A wave.", f=choice(functions, "sine", "f"))
    live.set(f="cosine")
    assert got == [np.sin, np.cos]


def test_play_and_slider_are_linked_in_the_browser():
    control = player(0, 20, 5, "step", interval_ms=250)
    row, value = control.build("5em")
    bar, play = row.children
    assert bar is value
    assert (play.min, play.max, play.value, play.interval) == (0, 20, 5, 250)


@given(st.floats(1e-6, 1e6))
def test_a_default_step_is_short_and_close_to_what_was_asked(step):
    rounded = round_step(step)
    assert step / 2.6 <= rounded <= step * (1 + 1e-6)
    assert f"{rounded:e}"[0] in "125"
    assert f"{rounded:.3e}"[1:5] == ".000"


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: slider(1, 1, 1, "k"), "low must be below high"),
        (lambda: slider(2, 1, 1, "k"), "low must be below high"),
        (lambda: slider(0, 1, 2, "k"), "start must lie from 0 to 1, but is 2"),
        (lambda: slider(0, "1", 0, "k"), "high must be a finite number, but is '1'"),
        (lambda: slider(0, math.inf, 0, "k"), "high must be a finite number"),
        (lambda: slider(0, math.nan, 0, "k"), "high must be a finite number"),
        (lambda: slider(False, 1, 0, "k"), "low must be a finite number, but is False"),
        (lambda: slider(0, 1, 0, ""), "a slider needs a label"),
        (lambda: slider(0, 1, 0, None), "a slider needs a label"),
        (lambda: slider(0, 1, 0, "k", step=0), "step must lie above 0"),
        (lambda: slider(0, 1, 0, "k", step=2), "step must lie above 0 and up to 1"),
        (lambda: slider(0, 1, 0, "k", step="1"), "step must lie above 0"),
        (lambda: slider(0, 1, 0, "k", log=True), "low must be above 0"),
        (lambda: slider(1, 2, 1, "k", step=1, log=True), "leave step out"),
        (lambda: player(0, 1.5, 0, "k"), "high must be an int"),
        (lambda: player(3, 2, 3, "k"), "low must be below high"),
        (lambda: player(0, 2, 3, "k"), "start must lie from 0 to 2"),
        (lambda: player(0, 2, 1, "k", interval_ms=10), "interval_ms must be an int from 50"),
        (lambda: player(0, 2, 1, " "), "a player needs a label"),
        (lambda: choice(["a"], "a", "k"), "two different options"),
        (lambda: choice(["a", "a"], "a", "k"), "two different options"),
        (lambda: choice(["a", "b"], "c", "k"), "'k' is one of a, b, not 'c'"),
        (lambda: choice({"a": 1, "b": 2}, 1, "k"), "'k' is one of a, b, not 1"),
        (lambda: choice(["a", "b"], "a", ""), "a choice needs a label"),
        (lambda: toggle(1, "k"), "start must be True or False"),
        (lambda: toggle(True, ""), "a toggle needs a label"),
    ],
)
def test_a_control_that_makes_no_sense_is_refused(make, sentence):
    with pytest.raises(ValueError) as caught:
        make()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"slope": 6}, "'the slope' goes from -5.0 to 5.0, not to 6"),
        ({"slope": math.nan}, "'the slope' goes from -5.0 to 5.0, not to nan"),
        ({"slope": "1"}, "takes a number, but got '1'"),
        ({"slope": True}, "takes a number, but got True"),
        ({"size": 1.5}, "takes a whole number, but got 1.5"),
        ({"step": 1.0}, "takes an int, but got 1.0"),
        ({"step": 10}, "goes from 0 to 9, not to 10"),
        ({"kind": "c"}, "is one of a, b, not 'c'"),
        ({"on": 1}, "is True or False, but got 1"),
        ({"angle": 1}, "no control 'angle', only slope, size, step, kind, on"),
    ],
)
def test_a_state_that_a_control_cannot_take_is_refused_and_moves_nothing(values, sentence):
    slope = Slope(
        slope=slider(-5.0, 5.0, 1.0, "the slope"),
        size=slider(1, 9, 2, "the size"),
        step=player(0, 9, 2, "the step"),
        kind=choice(["a", "b"], "a", "the kind"),
        on=toggle(False, "on or off"),
    )
    before = dict(slope.live.values)
    with pytest.raises(ValueError) as caught:
        slope.live.set(**{"slope": 2.0, **values})
    assert sentence in str(caught.value)
    assert slope.live.values == before
    assert len(slope.calls) == 1


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"figure": None}, TypeError, "needs a matplotlib figure, but got NoneType"),
        ({"update": 3}, TypeError, "needs a function update, but got int"),
        ({"alt": " "}, ValueError, "needs alt: a sentence"),
        ({"alt": None}, ValueError, "needs alt: a sentence"),
        ({"slope": 3}, TypeError, "the control 'slope' must be a slider, choice, toggle or"),
        ({"update": lambda angle: None}, TypeError, "update takes (angle)"),
        ({"update": lambda: None}, TypeError, "but the controls are (slope)"),
    ],
)
def test_an_author_is_told_what_does_not_fit(change, error, sentence):
    given = {
        "figure": line_figure()[0],
        "update": lambda slope: None,
        "alt": "A line.",
        "slope": slider(0, 1, 0, "slope"),
    }
    with pytest.raises(error) as caught:
        LiveFigure(**(given | change))
    assert sentence in str(caught.value)


# -------------------------------------------------------------- pressing and dragging


class Place:
    """A live figure whose two sliders are a place in its axes, which note each update."""

    def __init__(self, pointer=None, xscale="linear", **controls):
        # beside a second plot, off the middle: a slip in any direction is noticed
        figure = plt.figure(figsize=(8, 4), layout="none")
        self.axes = figure.add_axes((0.1, 0.3, 0.4, 0.5))
        self.other = figure.add_axes((0.6, 0.1, 0.3, 0.8))
        self.axes.set(xscale=xscale, xlim=(0.001, 10), ylim=(-4, 6))
        self.calls = []
        controls = controls or {
            "x": slider(0.0, 8.0, 1.0, "the $x$", step=0.5),
            "y": slider(-2, 6, 0, "the $y$"),
        }
        self.live = LiveFigure(
            figure,
            lambda **values: self.calls.append(values),
            "A plane.",
            pointer=pointer(self.axes) if pointer else Pointer(self.axes, x="x", y="y"),
            **controls,
        )


def test_a_press_moves_both_controls_with_one_redraw():
    place = Place()
    press(place.live, place.axes, (3.0, 2.0))
    assert place.calls == [{"x": 1.0, "y": 0}, {"x": 3.0, "y": 2}]
    (across,) = parts(place.live, ipywidgets.FloatSlider)
    (upwards,) = parts(place.live, ipywidgets.IntSlider)
    assert (across.value, upwards.value) == (3.0, 2)
    assert type(place.live.values["y"]) is int


@pytest.fixture(scope="module")
def place():
    return Place()


@settings(max_examples=25, deadline=None)
@given(x=st.floats(0.1, 9.9), y=st.floats(-4, 6))
def test_a_place_goes_to_the_nearest_state_that_the_sliders_have(place, x, y):
    press(place.live, place.axes, (x, y))
    got = place.live.values
    assert got["x"] in np.arange(0, 8.01, 0.5)
    assert got["y"] in range(-2, 7)
    assert abs(got["x"] - np.clip(x, 0, 8)) <= 0.25 + 1e-9
    assert abs(got["y"] - np.clip(y, -2, 6)) <= 0.5 + 1e-9


def test_a_drag_follows_beyond_the_axes_to_their_edge():
    place = Place()
    press(place.live, place.axes, (5.0, 1.0), (40.0, -30.0))
    assert place.live.values == {"x": 8.0, "y": -2}


def test_a_drag_ends_at_the_edge_even_where_the_sliders_reach_further():
    place = Place(x=slider(-50, 50, 1, "x"), y=slider(-50, 50, 1, "y"))
    press(place.live, place.axes, (5.0, 1.0), (40.0, -30.0))
    assert place.live.values == {"x": 10, "y": -4}


def test_one_direction_may_move_alone():
    place = Place(lambda axes: Pointer(axes, y="y"))
    press(place.live, place.axes, (5.0, 3.0))
    assert place.live.values == {"x": 1.0, "y": 3}


def test_a_drag_within_one_step_redraws_nothing():
    place = Place()
    press(place.live, place.axes, (3.0, 2.0))
    press(place.live, place.axes, (3.1, 2.2))
    assert len(place.calls) == 2


def test_a_logarithmic_axis_moves_a_logarithmic_slider():
    place = Place(
        lambda axes: Pointer(axes, x="rate"),
        xscale="log",
        rate=slider(0.001, 1.0, 0.1, "rate", log=True),
    )
    for wanted in (0.013, 0.5, 0.001, 1.0):
        press(place.live, place.axes, (wanted, 0))
        steps = math.log10(place.live.values["rate"] / wanted) / 0.05
        assert abs(steps) <= 0.5 + 1e-6
        from_the_end = math.log10(place.live.values["rate"]) / 0.05
        assert from_the_end == pytest.approx(round(from_the_end), abs=1e-6)
    press(place.live, place.axes, (5.0, 0))
    assert place.live.values["rate"] == pytest.approx(1.0)


def test_a_player_takes_whole_steps():
    place = Place(lambda axes: Pointer(axes, x="step"), step=player(0, 9, 2, "step"))
    press(place.live, place.axes, (6.6, 0))
    assert place.live.values == {"step": 7}


def test_axes_that_update_moves_are_pressed_where_they_are_now():
    place = Place()
    place.axes.set_xlim(4, 8)
    place.live.set(y=1)
    press(place.live, place.axes, (5.0, 1.0))
    assert place.live.values["x"] == 5.0


NODES = {(1, 5): "a", (9, 5): "b", (5, -3): "c"}


def node_figure(pick=NODES):
    return Place(
        lambda axes: Pointer(axes, pick=pick, control="node"),
        node=choice(["a", "b", "c"], "a", "the node"),
    )


@pytest.mark.parametrize(
    ("place", "node"), [((8.0, 4.0), "b"), ((2.0, 2.0), "a"), ((4.0, -1.0), "c"), ((9, 5), "b")]
)
def test_a_press_picks_the_nearest_place(place, node):
    nodes = node_figure()
    nodes.live.set(node="c" if node != "c" else "a")
    press(nodes.live, nodes.axes, place)
    assert nodes.live.values == {"node": node}


def test_the_nearest_place_is_the_one_that_looks_nearest():
    nodes = node_figure({(4, 0): "a", (5, 3): "b"})
    # 1.4 units from a and 1.7 from b, but a unit across is 1.6 times as long as one upwards
    nodes.live.set(node="c")
    press(nodes.live, nodes.axes, (5.3, 0.9))
    assert nodes.live.values == {"node": "b"}


def test_places_to_pick_may_move():
    places = dict(NODES)
    nodes = node_figure(lambda: places)
    press(nodes.live, nodes.axes, (9, 5))
    assert nodes.live.values == {"node": "b"}
    places.clear()
    press(nodes.live, nodes.axes, (1, 5))
    assert nodes.live.values == {"node": "b"}
    places[9, 5] = "c"
    press(nodes.live, nodes.axes, (1, 5))
    assert nodes.live.values == {"node": "c"}


def test_a_function_may_say_what_a_drag_means():
    drags = []

    def move(drag):
        drags.append(drag)
        return {"x": drag.values["x"] + drag.place[0] - drag.start[0]}

    place = Place(lambda axes: Pointer(axes, move=move))
    press(place.live, place.axes, (2.0, 1.0), (3.0, 1.0), (5.2, 2.0))
    assert place.live.values == {"x": 4.0, "y": 0}  # 1 + 3.2, on a step
    assert [drag.values for drag in drags] == [{"x": 1.0, "y": 0}] * 3
    np.testing.assert_allclose([drag.start for drag in drags], [(2.0, 1.0)] * 3)
    np.testing.assert_allclose(drags[-1].place, (5.2, 2.0))
    press(place.live, place.axes, (7.0, 1.0), (6.0, 1.0))  # a new press, from where it is now
    assert place.live.values == {"x": 3.0, "y": 0}


def arrow(live, right, up, run=None):
    """The event of arrow keys: all steps of a run, a new one if its number is not given."""
    count = picture(live).event.get("count", 0) + 1
    event = {"zone": 0, "run": run or count, "arrows": [right, up], "count": count}
    picture(live).set_state({"event": event})


def test_arrow_keys_move_by_one_step_and_stop_at_the_end():
    place = Place()
    arrow(place.live, 1, 0)
    assert place.live.values == {"x": 1.5, "y": 0}
    arrow(place.live, 0, -1)
    assert place.live.values == {"x": 1.5, "y": -1}
    for _ in range(3):
        arrow(place.live, 0, -1)
    assert place.live.values == {"x": 1.5, "y": -2}


def test_arrow_keys_pressed_while_the_kernel_was_busy_count_too():
    place = Place()
    arrow(place.live, 1, 0, run=1)
    arrow(place.live, 4, -1, run=1)  # the third and the fourth event were never sent
    assert place.live.values == {"x": 3.0, "y": -1}
    arrow(place.live, 1, 0, run=9)  # begins again from nothing
    assert place.live.values == {"x": 3.5, "y": -1}


def test_arrow_keys_skip_places_passed_while_the_kernel_was_busy():
    nodes = node_figure({(1, 1): "a", (2, 2): "b", (3, 3): "c"})
    arrow(nodes.live, 2, 0, run=1)
    assert nodes.live.values == {"node": "c"}
    arrow(nodes.live, 2, 1, run=1)  # upwards is back, as one reads
    assert nodes.live.values == {"node": "b"}


def test_arrow_keys_go_from_place_to_place():
    nodes = node_figure({(1, 1): "c", (2, 2): "b", (3, 3): "b", (4, 4): "a"})
    got = []
    for right, up in ((-1, 0), (-1, 0), (-1, 0), (0, -1), (1, 0), (0, 1)):
        arrow(nodes.live, right, up)
        got.append(nodes.live.values["node"])
    assert got == ["b", "c", "c", "b", "a", "b"]


def test_the_browser_is_told_where_pointing_does_something():
    place = Place()
    (zone,) = picture(place.live).zones
    box = [zone[side] for side in ("left", "top", "width", "height")]
    assert box == pytest.approx([0.1, 0.2, 0.4, 0.5])
    assert zone["cursor"] == "crosshair"
    assert "the x and the y" in zone["label"]
    assert picture(node_figure().live).zones[0]["cursor"] == "pointer"
    assert picture(Slope().live).zones == []


def test_several_axes_answer_each_in_its_way():
    place = Place(
        lambda axes: [Pointer(axes, x="x"), Pointer(axes.figure.axes[1], y="y")],
    )
    place.other.set(xlim=(0, 1), ylim=(0, 10))
    press(place.live, place.axes, (3.0, 5.0))
    press(place.live, place.other, (0.5, 4.0), zone=1)
    assert place.live.values == {"x": 3.0, "y": 4}


def test_an_error_of_the_learner_while_dragging_is_shown():
    figure, axes = plt.subplots()
    axes.set(xlim=(-5, 5), ylim=(0, 1))
    live = LiveFigure(
        figure, failing, "A line.", Pointer(axes, x="slope"), slope=slider(-5.0, 5.0, 0.0, "slope")
    )
    press(live, axes, (3.0, 0.5))
    assert isinstance(live.error, ValueError)
    assert "This picture can't be drawn yet" in visible_text(live)


@pytest.mark.parametrize(
    ("make", "error", "sentence"),
    [
        (lambda axes: Pointer(None, x="x"), TypeError, "needs axes, but got NoneType"),
        (lambda axes: Pointer(axes), ValueError, "needs one way"),
        (lambda axes: Pointer(axes, x="x", move=dict), ValueError, "needs one way"),
        (lambda axes: Pointer(axes, pick={}), ValueError, "needs pick and control together"),
        (lambda axes: Pointer(axes, x="x", control="y"), ValueError, "pick and control together"),
        (lambda axes: Pointer(axes, x="z"), ValueError, "moves 'z', but the controls are (x, on)"),
        (lambda axes: Pointer(axes, y="on"), ValueError, "must be a slider or a player"),
        (lambda axes: Pointer(plt.figure().add_subplot(), x="x"), ValueError, "of the figure"),
        (lambda axes: [axes], TypeError, "pointer must be a Pointer, but is Axes"),
        (
            lambda axes: Pointer(axes.figure.add_subplot(projection="3d"), x="x"),
            ValueError,
            "needs flat axes",
        ),
    ],
)
def test_a_pointer_that_makes_no_sense_is_refused(make, error, sentence):
    with pytest.raises(error) as caught:
        Place(make, x=slider(0, 1, 0, "x"), on=toggle(True, "on"))
    assert sentence in str(caught.value)
    plt.close("all")


# ------------------------------------------------------------------------- the sentence


def test_the_sentence_is_shown_as_text_and_hidden_when_there_is_none():
    figure, _ = line_figure()
    live = LiveFigure(
        figure,
        lambda on: "here $a < b$ & <b>all</b>" if on else None,
        "A line.",
        on=toggle(True, "on"),
    )
    (sentence,) = parts(live, ipywidgets.HTMLMath)
    assert "here $a &lt; b$ &amp; &lt;b&gt;all&lt;/b&gt;" in sentence.value
    assert sentence.layout.display is None
    live.set(on=False)
    assert live.caption == ""
    assert sentence.layout.display == "none"


def test_a_screen_reader_hears_what_the_figure_shows():
    figure, _ = line_figure()
    live = LiveFigure(figure, lambda: None, "Where a < b,\n the line rises.")
    assert picture(live).alt == "Where a < b, the line rises."


# --------------------------------------------------------------- errors of the learner


def failing(slope):
    if slope > 2:
        raise ValueError("<b>too</b> steep & more")


def failing_figure(start=0.0, fail=failing):
    figure, line = line_figure()

    def update(slope):
        fail(slope)
        line.set_ydata([0, slope])
        return f"slope {slope}"

    return LiveFigure(figure, update, "A line.", slope=slider(-5.0, 5.0, start, "slope"))


def test_an_error_takes_the_place_of_the_picture_and_goes_again():
    live = failing_figure()
    before = live.png
    live.set(slope=3.0)
    assert isinstance(live.error, ValueError)
    assert picture(live).layout.display == "none"
    text = visible_text(live)
    assert "This picture can't be drawn yet" in text
    assert "ValueError: &lt;b&gt;too&lt;/b&gt; steep &amp; more" in text
    assert "slope 0.0" not in text  # the sentence of the picture that is not seen

    live.set(slope=0.0)
    assert live.error is None
    assert live.png == before
    assert picture(live).layout.display is None
    assert "This picture can't be drawn yet" not in visible_text(live)
    assert "slope 0.0" in visible_text(live)


def test_an_error_from_the_start_is_stored_without_a_picture():
    live = failing_figure(start=3.0)
    data, metadata = live._repr_mimebundle_()
    assert set(data) == {WIDGET_VIEW, "text/html", "text/plain"}
    assert metadata == {}
    assert "ValueError: &lt;b&gt;too" in data["text/html"]
    assert data["text/plain"].endswith("ValueError: <b>too</b> steep & more")
    live.set(slope=0.0)
    assert live.error is None
    assert live.png


def test_values_that_cannot_be_drawn_are_an_error_too():
    figure, line = line_figure()
    live = LiveFigure(
        figure,
        lambda n: line.set_ydata(np.zeros(n)),  # found out only when the line is drawn
        "A line.",
        n=slider(1, 5, 2, "n"),
    )
    live.set(n=3)
    assert isinstance(live.error, ValueError)
    live.set(n=2)
    assert live.error is None


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (NotImplementedError(), "NotImplementedError"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (ValueError("x" * 5000), "x" * 600 + " …"),
    ],
)
def test_the_learner_reads_the_error_in_one_piece(error, text):
    def fail(slope):
        raise error

    live = failing_figure(fail=fail)
    assert text in visible_text(live)
    assert "x" * 601 not in visible_text(live)


def test_interrupting_the_kernel_is_no_error_of_the_learner():
    def fail(slope):
        if slope > 2:
            raise KeyboardInterrupt

    live = failing_figure(fail=fail)
    with pytest.raises(KeyboardInterrupt):
        live.set(slope=3.0)


# ------------------------------------------------------------------------- what is stored


def test_a_cell_shows_controls_or_else_the_first_picture():
    slope = Slope()
    first = slope.live.png
    slope.live.set(slope=4.0)
    data, metadata = slope.live._repr_mimebundle_()
    assert set(data) == {WIDGET_VIEW, "image/png", "text/plain"}
    assert base64.b64decode(data["image/png"]) == first
    assert data["text/plain"] == "A line."
    assert data[WIDGET_VIEW]["model_id"] == slope.live.widget.model_id
    assert metadata == {"image/png": {"alt": "A line."}}


def test_nothing_random_is_stored_beside_the_widget():
    bundles = [Slope().live._repr_mimebundle_() for _ in range(2)]
    for data, _ in bundles:
        data.pop(WIDGET_VIEW)
    assert bundles[0] == bundles[1]


SETUP = """\
import matplotlib.pyplot as plt
from utils.live import LiveFigure, slider

def live(f):
    figure, axes = plt.subplots()
    (line,) = axes.plot([0, 1], [0, 1])
    return LiveFigure(
        figure, lambda k: line.set_ydata([0, f(k)]), "A line.", k=slider(0, 5, 1, "k")
    )"""

MINE = """\
import numpy as np

def mine(k):
    half = k / 2
    return half + unknown[k]

def three_as_two(k):
    return np.reshape([k, k, k], 2)"""


@pytest.fixture(scope="module")
def outputs():
    """Run a few cells in a real kernel, return each cell's outputs."""
    sources = [
        SETUP,
        "live(abs)",
        MINE,
        "live(mine)",
        "live(three_as_two)",
        "print(plt.get_fignums())",
    ]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in sources]
    )
    NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    ).execute()
    return [cell.outputs for cell in notebook.cells]


def test_a_kernel_displays_a_live_figure_once(outputs):
    (output,) = outputs[1]
    assert output.output_type == "execute_result"
    assert set(output.data) == {WIDGET_VIEW, "image/png", "text/plain"}
    assert outputs[-1][0].text == "[]\n"


def test_the_learner_is_led_to_the_line_of_their_cell(outputs):
    (output,) = outputs[3]
    page = output.data["text/html"]
    assert "NameError: name &#x27;unknown&#x27; is not defined" in page
    assert "<code>mine</code>, line 5 of its cell" in page
    assert "<code>return half + unknown[k]</code>" in page
    assert "Traceback" not in page


def test_an_error_inside_numpy_leads_to_the_line_that_called_it(outputs):
    (output,) = outputs[4]
    page = output.data["text/html"]
    assert "ValueError: cannot reshape array of size 3 into shape (2,)" in page
    assert "<code>three_as_two</code>, line 8 of its cell" in page
    assert "fromnumeric" not in page
