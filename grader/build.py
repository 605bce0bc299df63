"""From lessons/ to notebooks/ and solutions/.

A lesson's source names its exercises; what a learner reads in the blank and what the solved
notebook shows is cut out of the reference implementations. The same sources give the same bytes.
"""

from __future__ import annotations

import contextlib
import copy
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from jupytext.myst import MystMetadataParsingError, myst_to_notebook
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from grader.environment import of_a_child
from grader.references import names_bound, names_mentioned, names_used, source_of
from utils.checking.exercise import Exercise
from utils.checking.stubs import stub_of
from utils.checking.suite import COURSE, Suite, SuiteError
from utils.lab import CHEAT_SHEET, GLOSSARY, PAGES, PICTURE

WIDGET = "application/vnd.jupyter.widget-view+json"
LESSON_NAME = re.compile(r"\d\d_([a-z_]+)")
HEADING = re.compile(r"^(#{2,4}) Exercise: (\w+)[ \t]*$", re.MULTILINE)
HINT = re.compile(r"^:::\{hint\}[ \t]*(.*?)[ \t]*\n(.*?)^:::[ \t]*$", re.MULTILINE | re.DOTALL)
PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
RECAP = re.compile(r"^## Recap\n.*?(?=^#|\Z)", re.MULTILINE | re.DOTALL)
TO_PAGE = re.compile(rf"\]\((?=(?:{'|'.join(map(re.escape, PAGES))})\))")
LOOK_IT_UP = (
    f"**To look things up**: all terms of the course stand in the [glossary]({GLOSSARY}), "
    f"all formulas on one page, the [cheat sheet]({CHEAT_SHEET})."
)
MIN_HINTS = 3
DOTS = {1: "●○○", 2: "●●○", 3: "●●●"}

GUARD = """\
try:
    import utils  # the course's own package
except ImportError:
    raise ImportError(
        "This Jupyter does not have the course installed. "
        "In a terminal, go to the course's folder and run:  make lab"
    ) from None
"""


class BuildError(Exception):
    """Something in a lesson's sources; the message names file and line."""


@dataclass(frozen=True)
class Lesson:
    """A lesson's source, parsed."""

    path: Path
    name: str  # 02_activations
    topic: str  # activations
    title: str
    minutes: int
    summary: str
    cells: tuple[NotebookNode, ...]
    lines: tuple[int, ...]  # where each cell starts
    exercises: tuple[Exercise, ...]  # in the lesson's order

    def at(self, cell: int, offset: int = 0) -> str:
        """File and line, for messages."""
        return f"{self.path.relative_to(self.path.parents[1])}:{self.lines[cell] + offset + 1}"

    def cell_id(self, cell: int) -> str:
        """The id of a cell in the built notebooks, the same at each build."""
        return f"{self.name.replace('_', '-')}-{cell:03}"


@dataclass(frozen=True)
class Built:
    """The two notebooks of a lesson; `solution` is not executed yet."""

    lesson: Lesson
    blank: NotebookNode
    solution: NotebookNode


def lesson_paths(course: Path = COURSE) -> list[Path]:
    """The sources of all lessons, in order."""
    return sorted(course.glob("lessons/[0-9][0-9]_*.md"))


def read_lesson(path: Path) -> Lesson:
    """Parse a lesson's source.

    Raises
    ------
    BuildError : where the source is not a lesson
    """
    where = path.relative_to(path.parents[1])
    match = LESSON_NAME.fullmatch(path.stem)
    if match is None:
        raise BuildError(
            f"{where}: a lesson is named as 02_activations.md, two digits and a topic."
        )
    topic = match[1]
    text = path.read_text(encoding="utf-8")
    try:
        notebook = myst_to_notebook(text, add_source_map=True)
    except MystMetadataParsingError as error:
        raise BuildError(f"{where}:1: the header can't be read: {error}") from None
    facts = notebook.metadata.get("course")
    if not isinstance(facts, dict) or not {"title", "minutes", "summary"} <= facts.keys():
        raise BuildError(f"{where}:1: the header needs course: title, minutes and summary.")
    module = path.parents[1] / "tests" / "grading" / f"test_{topic}.py"
    if not module.is_file():
        raise BuildError(
            f"{where}:1: the lesson has no grading tests: write tests/grading/{module.name}."
        )
    try:
        described = {e.name: e for e in Suite([module]).of_lesson(topic)}
    except SuiteError as error:
        raise BuildError(f"tests/grading/{module.name}: {error}") from None
    lines = _first_lines(text, notebook)
    lesson = Lesson(
        path,
        path.stem,
        topic,
        str(facts["title"]),
        int(facts["minutes"]),
        str(facts["summary"]),
        tuple(notebook.cells),
        lines,
        (),
    )
    order = _exercise_cells(lesson, described)
    missing = [name for name in described if name not in order.values()]
    if missing:
        raise BuildError(
            f"tests/grading/{module.name}: the exercise {missing[0]!r} has tests, but {where} "
            "has no cell for it."
        )
    exercises = tuple(described[name] for name in order.values())
    for exercise in exercises:
        _require_reference(exercise, module)
    return Lesson(**{**vars(lesson), "exercises": exercises})


def _first_lines(text: str, notebook: NotebookNode) -> tuple[int, ...]:
    """Where each cell's own text begins, behind its fence, options and blank lines."""
    lines = text.splitlines()
    found = []
    for cell, start in zip(notebook.cells, notebook.metadata["source_map"], strict=True):
        first = cell.source.partition("\n")[0].strip()
        while first and start < len(lines) - 1 and lines[start].strip() != first:
            start += 1
        found.append(start)
    return tuple(found)


def _tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def _exercise_cells(lesson: Lesson, described: dict[str, Exercise]) -> dict[int, str]:
    """The exercise named by each cell that is one."""
    found: dict[int, str] = {}
    for index, cell in enumerate(lesson.cells):
        if cell.cell_type != "code" or "exercise" not in _tags(cell):
            continue
        name = cell.source.strip()
        if not name.isidentifier():
            raise BuildError(
                f"{lesson.at(index)}: a cell tagged exercise holds an exercise's name alone."
            )
        if name not in described:
            known = ", ".join(described) or "none"
            raise BuildError(
                f"{lesson.at(index)}: {name!r} is no exercise of "
                f"tests/grading/test_{lesson.topic}.py (its exercises: {known})."
            )
        if name in found.values():
            raise BuildError(
                f"{lesson.at(index)}: the exercise {name!r} stands here a second time."
            )
        found[index] = name
    return found


def _require_reference(exercise: Exercise, module: Path) -> None:
    try:
        exercise.reference  # noqa: B018 - looking it up is the test
    except (ImportError, AttributeError):
        raise BuildError(
            f"tests/grading/{module.name}: the exercise {exercise.name!r} has no reference: "
            f"utils/{exercise.topic}.py defines no {exercise.name}."
        ) from None


def assemble(lesson: Lesson) -> Built:
    """Make the blank and the solved notebook, not executed.

    Raises
    ------
    BuildError : where the lesson breaks a rule of CONTRIBUTING.md
    """
    by_name = {exercise.name: exercise for exercise in lesson.exercises}
    setup = _setup_cell(lesson)
    allowed = names_bound(lesson.cells[setup].source) | set(by_name)
    # a wrong answer may stop the cells that use it, and then those that use what these define
    uncertain = set(by_name)
    headings: list[str] = []
    blank_cells, solved_cells = [], []
    for index, cell in enumerate(lesson.cells):
        tags = _tags(cell)
        if cell.cell_type == "markdown":
            above = lesson.cells[index - 1] if index else None
            text = _prose(lesson, index, by_name, headings)
            if above is not None and "exercise" in _tags(above):
                text = _with_hints(lesson, index, text, by_name[above.source.strip()])
            else:
                _forbid_hints(lesson, index, text)
            text = RECAP.sub(lambda recap: f"{recap[0].rstrip()}\n\n{LOOK_IT_UP}\n\n", text)
            # the pages stand beside the blank notebooks
            solved_text = TO_PAGE.sub("](../notebooks/", text)
            pair = [nbformat.v4.new_markdown_cell(t.rstrip("\n")) for t in (text, solved_text)]
        elif "exercise" in tags:
            exercise = by_name[cell.source.strip()]
            if index + 1 == len(lesson.cells) or lesson.cells[index + 1].cell_type != "markdown":
                raise BuildError(f"{lesson.at(index)}: {exercise.name} has no hints below it.")
            pair = _exercise_pair(lesson, index, exercise, allowed)
        else:
            source = cell.source
            if index == setup:
                source = f'{GUARD}\n{source}\n\nstart_lesson("{lesson.name}")'
            pair = [nbformat.v4.new_code_cell(source) for _ in range(2)]
        blank, solved = pair
        kept = [tag for tag in tags if tag != "hide-source"]
        for made in (blank, solved):
            if kept:
                made.metadata["tags"] = list(kept)
            if "hide-source" in tags:
                made.metadata["jupyter"] = {"source_hidden": True}
        if blank.cell_type == "code" and set(names_mentioned(blank.source)) & uncertain:
            blank.metadata["tags"] = [*kept, "raises-exception"]
            uncertain |= names_bound(blank.source)
        if "exercise" in tags:
            blank.metadata["tags"] = [*kept, "raises-exception"]
            for made in (blank, solved):
                made.metadata["course"] = {"exercise": cell.source.strip()}
        blank_cells.append(blank)
        solved_cells.append(solved)
    without = [name for name in by_name if name not in headings]
    if without:
        raise BuildError(
            f"{lesson.at(0)}: the exercise {without[0]!r} has no heading: "
            f"write “### Exercise: {without[0]}” above it."
        )
    return Built(lesson, _notebook(lesson, blank_cells), _notebook(lesson, solved_cells))


def _setup_cell(lesson: Lesson) -> int:
    found = [i for i, cell in enumerate(lesson.cells) if "setup" in _tags(cell)]
    if len(found) != 1:
        raise BuildError(f"{lesson.at(0)}: a lesson has one cell tagged setup, not {len(found)}.")
    return found[0]


def _prose(lesson: Lesson, index: int, by_name: dict[str, Exercise], headings: list[str]) -> str:
    def heading(match: re.Match[str]) -> str:
        level, name = match.groups()
        line = lesson.cells[index].source[: match.start()].count("\n")
        if name not in by_name:
            raise BuildError(f"{lesson.at(index, line)}: there is no exercise {name!r} to head.")
        if name in headings:
            raise BuildError(f"{lesson.at(index, line)}: a second heading for {name!r}.")
        headings.append(name)
        return f"{level} Exercise {len(headings)} · `{name}` {_labels(by_name[name])}"

    def placeholder(match: re.Match[str]) -> str:
        if match[1] == "minutes":
            return str(lesson.minutes)
        if match[1] == "exercises":
            return _exercise_table(lesson)
        if match[1] == "course_picture":
            return _course_picture(lesson)
        line = lesson.cells[index].source[: match.start()].count("\n")
        raise BuildError(
            f"{lesson.at(index, line)}: {match[0]} is unknown; there are {{{{minutes}}}}, "
            "{{exercises}} and {{course_picture}}."
        )

    return PLACEHOLDER.sub(placeholder, HEADING.sub(heading, lesson.cells[index].source))


def _labels(exercise: Exercise) -> str:
    points = "1 point" if exercise.points == 1 else f"{exercise.points} points"
    extension = " · extension †" if exercise.extension else ""
    return f"{DOTS[exercise.difficulty]} · {exercise.minutes} min · {points}{extension}"


def _exercise_table(lesson: Lesson) -> str:
    rows = ["| | exercise | difficulty | minutes | points |", "|---|---|---|---|---|"]
    for number, exercise in enumerate(lesson.exercises, start=1):
        dagger = " †" if exercise.extension else ""
        rows.append(
            f"| {number} | `{exercise.name}`{dagger} | {DOTS[exercise.difficulty]} "
            f"| {exercise.minutes} | {exercise.points} |"
        )
    if any(exercise.extension for exercise in lesson.exercises):
        rows += ["", "† an extension: graded, but outside the lesson's core and its minutes."]
    return "\n".join(rows)


def _course_picture(lesson: Lesson) -> str:
    from grader.course_picture import alternative_text
    from grader.headers import header_of

    course = lesson.path.parents[1]
    others = [lesson if p == lesson.path else read_lesson(p) for p in lesson_paths(course)]
    return f"![{alternative_text([header_of(other) for other in others])}]({PICTURE})"


def _with_hints(lesson: Lesson, index: int, text: str, exercise: Exercise) -> str:
    hints = list(HINT.finditer(text))
    if len(hints) < MIN_HINTS:
        raise BuildError(
            f"{lesson.at(index)}: {exercise.name} has {len(hints)} hints below it, a ladder has "
            f"{MIN_HINTS} at least."
        )
    number = 0

    def fold(match: re.Match[str]) -> str:
        nonlocal number
        number += 1
        return _folded(f"Hint {number} · {match[1]}", match[2].strip())

    end = hints[-1].end()
    solution = _folded("Solution", f"```python\n{source_of(exercise.reference).strip()}\n```")
    return HINT.sub(fold, text[:end]) + "\n\n" + solution + text[end:]


def _folded(title: str, body: str) -> str:
    return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"


def _forbid_hints(lesson: Lesson, index: int, text: str) -> None:
    stray = re.search(r"^:::", text, re.MULTILINE)
    if stray is not None:
        line = text[: stray.start()].count("\n")
        raise BuildError(
            f"{lesson.at(index, line)}: hints stand directly below an exercise's cell, as "
            ":::{hint} Title … :::"
        )


def _exercise_pair(
    lesson: Lesson, index: int, exercise: Exercise, allowed: set[str]
) -> list[NotebookNode]:
    source = source_of(exercise.reference)
    foreign = names_used(source) - allowed
    if foreign:
        raise BuildError(
            f"utils/{exercise.topic}.py: {exercise.name} uses {', '.join(sorted(foreign))}, which "
            f"the setup cell of {lesson.path.name} does not import: a reference stands alone in a "
            "notebook."
        )
    return [
        nbformat.v4.new_code_cell(f"@check\n{text.strip()}") for text in (stub_of(source), source)
    ]


def _notebook(lesson: Lesson, cells: Sequence[NotebookNode]) -> NotebookNode:
    notebook = nbformat.v4.new_notebook()
    notebook.metadata = nbformat.from_dict(
        {
            "course": {"lesson": lesson.name},
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    notebook.nbformat_minor = 5
    for index, cell in enumerate(cells):
        cell["id"] = lesson.cell_id(index)
    notebook.cells = list(cells)
    return notebook


def execute(built: Built) -> NotebookNode:
    """The solved notebook with its outputs, the same bytes at each run.

    Raises
    ------
    BuildError : where a cell stops with an error or complains on stderr
    """
    notebook = copy.deepcopy(built.solution)
    with client_for(notebook) as client:
        try:
            client.execute()
        except CellExecutionError as error:
            failed = next(i for i, cell in enumerate(notebook.cells) if _stopped(cell))
            message = f"{built.lesson.at(failed)}: the cell stops: {error.ename}: {error.evalue}"
            raise BuildError(message) from None
    for index, cell in enumerate(notebook.cells):
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            if output.get("name") == "stderr":
                raise BuildError(
                    f"{built.lesson.at(index)}: the cell writes to stderr: {output['text'].strip()}"
                )
            output.get("data", {}).pop(WIDGET, None)
        cell.outputs = joined(output for output in cell.outputs if output.get("data", True))
    notebook.metadata = copy.deepcopy(built.solution.metadata)
    return notebook


@contextlib.contextmanager
def client_for(notebook: NotebookNode) -> Iterator[NotebookClient]:
    """What runs a notebook's cells: a kernel of its own, in an empty folder, with one thread."""
    with tempfile.TemporaryDirectory(prefix="course-build-") as folder, _build_environment():
        yield NotebookClient(
            notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": folder}}
        )


def keep_measured(notebook: NotebookNode, stored: NotebookNode) -> None:
    """Take over the stored pictures of cells that measure time and have not changed.

    A measured time is only ever shown as a picture, and is another at each run: so an unchanged
    lesson is built to the same bytes.
    """
    before = {cell.get("id"): cell for cell in stored.cells if cell.cell_type == "code"}
    for cell in notebook.cells:
        known = before.get(cell.id)
        if known is None or "perf_counter" not in cell.source or known.source != cell.source:
            continue
        for made, kept in zip(_pictures(cell), _pictures(known), strict=False):
            made["image/png"] = kept["image/png"]


def _pictures(cell: NotebookNode) -> list[NotebookNode]:
    outputs = [output.get("data", {}) for output in cell.outputs]
    return [data for data in outputs if "image/png" in data]


def joined(outputs: Iterable[NotebookNode]) -> list[NotebookNode]:
    """Outputs with neighbouring pieces of one stream put together.

    A kernel sends what is printed every 0.2 s: on a slow machine one text comes in several pieces.
    """
    pieces: list[NotebookNode] = []
    for output in outputs:
        before = pieces[-1] if pieces else {}
        if output.output_type == "stream" and before.get("name") == output.name:
            before["text"] += output.text
        else:
            pieces.append(output)
    return pieces


def _stopped(cell: NotebookNode) -> bool:
    return any(output.output_type == "error" for output in cell.get("outputs", []))


@contextlib.contextmanager
def _build_environment() -> Iterator[None]:
    """What must be the same at each run: one thread, and nobody's progress."""
    settings = {
        **of_a_child(),
        "COURSE_PROGRESS": "off",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def as_text(notebook: NotebookNode) -> str:
    """A notebook as the bytes that are stored."""
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def write(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all; text as UTF-8."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half_made = path.with_name(f".{path.name}.part")
    half_made.write_bytes(content.encode() if isinstance(content, str) else content)
    half_made.replace(path)


def stale(course: Path, built: Built) -> list[str]:
    """The built files of a lesson that are missing or differ from what its sources give."""
    found = []
    blank = course / "notebooks" / f"{built.lesson.name}.ipynb"
    if not blank.is_file() or blank.read_text(encoding="utf-8") != as_text(built.blank):
        found.append(f"notebooks/{blank.name}")
    solution = course / "solutions" / f"{built.lesson.name}.ipynb"
    if not solution.is_file() or _sources(solution) != as_text(built.solution):
        found.append(f"solutions/{solution.name}")
    return found


def _sources(path: Path) -> str | None:
    """A stored solution without its outputs; None where it can't be read."""
    notebook = read_notebook(path)
    if notebook is None:
        return None
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
    return as_text(notebook)


def read_notebook(path: Path) -> NotebookNode | None:
    """A stored notebook; None where there is none, or what is there is no notebook."""
    try:
        notebook = nbformat.read(path, as_version=4)
        return notebook if isinstance(notebook.cells, list) else None
    except (ValueError, OSError, AttributeError):
        return None


def orphans(course: Path) -> list[str]:
    """Grading modules and built notebooks that belong to no lesson."""
    lessons = {path.stem for path in lesson_paths(course)}
    topics = {name.partition("_")[2] for name in lessons}
    found = [
        f"tests/grading/{path.name}:1: the test module has no lesson: "
        f"write lessons/NN_{path.stem.removeprefix('test_')}.md."
        for path in sorted(course.glob("tests/grading/test_*.py"))
        if path.stem.removeprefix("test_") not in topics
    ]
    found += [
        f"{folder}/{path.name}: the notebook has no lesson: delete it."
        for folder in ("notebooks", "solutions")
        for path in sorted(course.glob(f"{folder}/*.ipynb"))
        if path.stem not in lessons
    ]
    return found


def _chosen(course: Path, wanted: Sequence[str]) -> list[Path]:
    paths = lesson_paths(course)
    if not wanted:
        return paths
    chosen = []
    for name in wanted:
        stem = Path(name).stem
        matching = [p for p in paths if stem in (p.stem, p.stem.partition("_")[2], p.stem[:2])]
        if not matching:
            known = ", ".join(p.stem for p in paths)
            raise BuildError(f"There is no lesson {name!r}; there are {known}.")
        chosen += matching
    return chosen


def _pages(course: Path, read: dict[Path, Lesson], *, check: bool) -> list[str]:
    """Build the pages about the whole course, or with `check` name those that are stale."""
    # imported here: they read lessons, and so import this module
    from grader.headers import header_of
    from grader.pages import stale_pages, write_pages

    lessons = [read.get(path) or read_lesson(path) for path in lesson_paths(course)]
    headers = [header_of(lesson) for lesson in lessons]
    if check:
        return stale_pages(course, headers)
    write_pages(course, headers)
    return []


def run(wanted: Sequence[str], *, check: bool, course: Path = COURSE) -> int:
    """Build lessons, or with `check` only name what is stale.

    Returns
    -------
    0 when all is well; 1 where something is stale or wrong, after saying what
    """
    console = Console(stderr=True, highlight=False)
    problems: list[str] = [] if wanted else orphans(course)
    outdated: list[str] = []
    try:
        paths = _chosen(course, wanted)
    except BuildError as error:
        console.print(str(error), markup=False)
        return 1
    read: dict[Path, Lesson] = {}
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=check or not sys.stderr.isatty()) as progress:
        for path in paths:
            task = progress.add_task(path.stem, total=1)
            try:
                read[path] = read_lesson(path)
                built = assemble(read[path])
                if check:
                    outdated += stale(course, built)
                else:
                    solved = execute(built)
                    stored = read_notebook(course / "solutions" / f"{path.stem}.ipynb")
                    if stored is not None:
                        keep_measured(solved, stored)
                    write(course / "notebooks" / f"{path.stem}.ipynb", as_text(built.blank))
                    write(course / "solutions" / f"{path.stem}.ipynb", as_text(solved))
            except BuildError as error:
                problems.append(str(error))
            progress.update(task, completed=1)
    if not problems:
        try:
            outdated += _pages(course, read, check=check)
        except BuildError as error:
            problems.append(str(error))
    for problem in problems:
        console.print(problem, markup=False, soft_wrap=True)
    for name in outdated:
        console.print(f"{name} is stale: run make build.", markup=False, soft_wrap=True)
    return 1 if problems or outdated else 0
