"""Any notebook runs from top to bottom in any state: blank, half solved, all wrong, unparsable."""

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

pytestmark = pytest.mark.parametrize("lesson", LESSONS)


def run(lesson, answers):
    """The blank notebook with these answers, run from top to bottom: it must reach the end."""
    notebook = execute(answered(read("notebooks", lesson), answers))
    for cell in code_cells(notebook):
        assert cell.execution_count is not None, cell.source
    return notebook


def assert_no_complaint(notebook, except_for_tag=None):
    """No cell ends with an error or writes to stderr."""
    for cell in code_cells(notebook):
        if except_for_tag in tags(cell):
            continue
        assert error_of(cell) is None, f"{cell.source}\n\n{error_of(cell)}"
        for output in cell.outputs:
            assert output.get("name") != "stderr", f"{cell.source}\n\n{output.get('text')}"


def assert_cards_say(notebook, states):
    """Each exercise's card begins with its state."""
    for name, cell in exercise_cells(notebook).items():
        lines = shown_text(cell).splitlines()
        assert any(line.startswith(states[name]) for line in lines), shown_text(cell)


def test_untouched(lesson):
    notebook = run(lesson, {})
    assert_no_complaint(notebook)
    assert_cards_say(notebook, {e.name: f"○ {e.name} not started" for e in exercises_of(lesson)})


def test_half_solved(lesson):
    solved = exercises_of(lesson)[::2]
    notebook = run(lesson, {exercise.name: exercise.reference for exercise in solved})
    assert_no_complaint(notebook)
    states = {e.name: f"○ {e.name} not started" for e in exercises_of(lesson)}
    states |= {e.name: f"✓ {e.name} passed" for e in solved}
    assert_cards_say(notebook, states)


def test_all_wrong(lesson):
    """Each exercise is answered with one of its mistakes, and told that mistake's sentence."""
    chosen = {
        exercise.name: exercise.mistakes[place % len(exercise.mistakes)]
        for place, exercise in enumerate(exercises_of(lesson))
    }
    notebook = run(lesson, {name: mistake.implementation for name, mistake in chosen.items()})
    assert_cards_say(notebook, {name: f"✗ {name} not yet" for name in chosen})
    for name, cell in exercise_cells(notebook).items():
        assert chosen[name].sentence in shown_text(cell), shown_text(cell)


def test_unparsable(lesson):
    """As it is when every cell was run in the middle of a line: Python's message, no more harm."""
    half = {e.name: f"def {e.name}(x:\n    return 2 *" for e in exercises_of(lesson)}
    notebook = run(lesson, half)
    for cell in exercise_cells(notebook).values():
        assert (error_of(cell) or "").startswith("SyntaxError"), cell.source
    assert_no_complaint(notebook, except_for_tag="exercise")
