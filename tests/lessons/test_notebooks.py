"""Any notebook runs from top to bottom in any state: blank, half solved, all wrong, unparsable."""

from functools import cache

import pytest

from tests.lessons.notebooks import (
    LESSONS,
    answered,
    code_cells,
    error_of,
    execute,
    exercise_cells,
    exercises_of,
    read,
    shown_text,
    tags,
)


def untouched(lesson):
    return {}


def half_solved(lesson):
    """Every second exercise is solved, the rest is blank."""
    return {exercise.name: exercise.reference for exercise in exercises_of(lesson)[::2]}


def first_mistakes(lesson):
    return {e.name: e.mistakes[0].implementation for e in exercises_of(lesson)}


def last_mistakes(lesson):
    return {e.name: e.mistakes[-1].implementation for e in exercises_of(lesson)}


def unparsable(lesson):
    """As it looks when the learner runs a cell in the middle of a line."""
    return {e.name: f"def {e.name}(x:\n    return 2 *" for e in exercises_of(lesson)}


STATES = {
    state.__name__: state
    for state in (untouched, half_solved, first_mistakes, last_mistakes, unparsable)
}


@cache
def run(lesson, state):
    """A lesson in a state, run from top to bottom; once for all tests that look at it."""
    return execute(answered(read("notebooks", lesson), STATES[state](lesson)))


def in_states(*states):
    """Parametrize over lessons and states; what shares a run stays in one process."""
    return pytest.mark.parametrize(
        ("lesson", "state"),
        [
            pytest.param(lesson, state, marks=pytest.mark.xdist_group(f"{lesson}-{state}"))
            for state in states
            for lesson in LESSONS
        ],
    )


@in_states(*STATES)
def test_run_all_reaches_the_end(lesson, state):
    for cell in code_cells(run(lesson, state)):
        assert cell.execution_count is not None, cell.source


@in_states("untouched", "half_solved")
def test_no_cell_stops_with_an_error(lesson, state):
    for cell in code_cells(run(lesson, state)):
        assert error_of(cell) is None, f"{cell.source}\n\n{error_of(cell)}"


@in_states(*STATES)
def test_nothing_complains_on_stderr(lesson, state):
    for cell in code_cells(run(lesson, state)):
        if "exercise" in tags(cell):
            continue  # a learner's own syntax error may come with Python's warning
        for output in cell.outputs:
            if state in ("untouched", "half_solved"):
                assert output.get("name") != "stderr", output.get("text")


@in_states("untouched", "half_solved")
def test_each_exercise_shows_its_state(lesson, state):
    solved = STATES[state](lesson)
    for name, cell in exercise_cells(run(lesson, state)).items():
        card = shown_text(cell)
        expected = f"✓ {name} passed" if name in solved else f"○ {name} not started"
        assert card.startswith(expected) or f"\n{expected}" in card, card


@in_states("first_mistakes", "last_mistakes")
def test_each_mistake_is_shown_with_its_sentence(lesson, state):
    cells = exercise_cells(run(lesson, state))
    place = 0 if state == "first_mistakes" else -1
    for exercise in exercises_of(lesson):
        card = shown_text(cells[exercise.name])
        assert f"✗ {exercise.name} not yet" in card, card
        assert exercise.mistakes[place].sentence in card, card


@in_states("unparsable")
def test_a_syntax_error_is_pythons_own_message_and_stops_nothing_else(lesson, state):
    for cell in code_cells(run(lesson, state)):
        if "exercise" in tags(cell):
            assert (error_of(cell) or "").startswith("SyntaxError"), cell.source
        else:
            assert error_of(cell) is None, f"{cell.source}\n\n{error_of(cell)}"
