"""Every lesson has all the parts that a lesson has."""

import ast
import re

import pytest

from tests.lessons.notebooks import (
    LESSONS,
    code_cells,
    exercise_cells,
    exercises_of,
    pictures,
    read,
    tags,
)
from tests.lessons.syllabus import TWO_SITTINGS

SITTING = (45, 75)  # minutes of a learner's time for a lesson's core
MIN_QUESTIONS = 5
LAST_PARTS = ("On real data", "The same in PyTorch", "Recap", "Quiz")

pytestmark = pytest.mark.parametrize("lesson", LESSONS)


def prose(notebook) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def headings(notebook) -> list[str]:
    found = []
    for text in prose(notebook):
        found += re.findall(r"^#{1,4} (.+?)\s*$", text, re.MULTILINE)
    return found


def header(notebook) -> str:
    """All that stands above the setup cell."""
    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            break
        parts.append(cell.source)
    return "\n\n".join(parts)


def test_the_header_tells_what_when_and_how_long(lesson):
    text = header(read("notebooks", lesson))
    for part in ("You will be able to", "You need", "minutes"):
        assert part in text
    for exercise in exercises_of(lesson):
        row = next(line for line in text.splitlines() if f"`{exercise.name}`" in line)
        assert f"| {exercise.minutes} |" in row


def test_the_core_fits_its_sittings(lesson):
    minutes = int(re.search(r"(\d+) minutes", header(read("notebooks", lesson)))[1])
    sittings = 2 if lesson in TWO_SITTINGS else 1
    assert sittings * SITTING[0] <= minutes <= sittings * SITTING[1]
    core = [exercise.minutes for exercise in exercises_of(lesson) if not exercise.extension]
    assert sum(core) < minutes, "reading and playing take time too"


def test_the_last_parts_stand_in_order(lesson):
    notebook = read("notebooks", lesson)
    found = headings(notebook)
    wanted = LAST_PARTS[1:] if lesson.startswith("00") else LAST_PARTS
    places = []
    for part in wanted:
        matching = [place for place, text in enumerate(found) if part in text]
        assert matching, f"no heading “{part}”"
        places.append(matching[-1])
    assert places == sorted(places)


def test_there_is_something_to_play_with(lesson):
    assert any("Play" in text for text in headings(read("notebooks", lesson)))


def test_the_recap_names_the_fields_other_words(lesson):
    text = "\n\n".join(prose(read("notebooks", lesson)))
    recap = text[re.search(r"^#+ .*Recap", text, re.MULTILINE).start() :]
    assert re.search(r"other (names|words)|also (called|known)|elsewhere", recap, re.IGNORECASE)


def test_the_quiz_has_questions_with_explained_choices(lesson):
    notebook = read("notebooks", lesson)
    questions = [
        node
        for cell in code_cells(notebook)
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Question"
    ]
    assert len(questions) >= MIN_QUESTIONS
    for question in questions:
        wrong = next(keyword.value for keyword in question.keywords if keyword.arg == "wrong")
        assert isinstance(wrong, ast.Dict)
        assert len(wrong.keys) >= 2, ast.unparse(question.args[0])


def test_a_demo_follows_each_exercise_on_the_learners_own_function(lesson):
    cells = code_cells(read("notebooks", lesson))
    starts = [place for place, cell in enumerate(cells) if "exercise" in tags(cell)]
    for start, end in zip(starts, [*starts[1:], len(cells)], strict=True):
        name = cells[start].metadata["course"]["exercise"]
        following = " ".join(cell.source for cell in cells[start + 1 : end])
        assert re.search(rf"\b{name}\b", following), f"no demo of {name} before the next exercise"


def test_each_exercise_has_hints_and_a_folded_solution(lesson):
    notebook = read("notebooks", lesson)
    for name, cell in exercise_cells(notebook).items():
        below = notebook.cells[notebook.cells.index(cell) + 1].source
        assert below.count("<summary>Hint ") >= 3, name
        assert below.count("<summary>Solution</summary>") == 1, name
        assert f"def {name}(" in below or f"class {name}" in below


def test_every_picture_has_alternative_text(lesson):
    notebook = read("solutions", lesson)
    shown = [output for cell in code_cells(notebook) for output in pictures(cell)]
    assert shown, "a lesson without a figure?"
    for output in shown:
        alternative = output.metadata.get("image/png", {}).get("alt", "")
        assert len(alternative.split()) >= 5, alternative


def test_no_figure_goes_past_the_courses_own_show(lesson):
    for cell in code_cells(read("notebooks", lesson)):
        assert "plt.show(" not in cell.source, "end a plot with show(“what it shows”)"


def test_nothing_is_fetched(lesson):
    for cell in code_cells(read("notebooks", lesson)):
        for word in ("urllib", "requests", "urlopen", "%pip", "!pip", "fetch_openml"):
            assert word not in cell.source


def test_no_link_to_a_picture_elsewhere(lesson):
    for text in prose(read("notebooks", lesson)):
        # but for the course's own, which lies beside the notebook
        assert not re.search(r"!\[[^\]]*\]\((?!course\.png\))|<img|<iframe|<script", text)


def test_the_solved_notebook_shows_no_error_and_no_warning(lesson):
    for cell in code_cells(read("solutions", lesson)):
        for output in cell.outputs:
            assert output.output_type != "error", output.get("evalue")
            assert output.get("name") != "stderr", output.get("text")
