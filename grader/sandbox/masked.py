"""The copy of the course that a sandbox holds: without the answers.

References of the lesson being graded and of all later ones keep their names, so that a setup
cell's imports succeed, and lose their bodies. `check` there only registers. What draws is a
stand-in. Tests, lessons, solutions and the rest of the grader are not there at all.
"""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from utils.checking.suite import COURSE

HERE = Path(__file__).parent

# Of utils.checking: what calls a function and describes what came back, and what this imports.
CHECKING = ("limits", "stubs", "subject")

# Of the grader: what runs inside.
GRADER = ("definitions.py", "wire.py")
SANDBOX = ("inside.py", "isolation.py", "protocol.py", "seccomp.py", "standins.py")

# What is not graded and yet computes, besides the lessons' own modules, and the lesson from whose
# number on it is there. Before, it is blank: training holds answers of lessons 06 to 08.
HELPERS = {"datasets.py": 0, "surfaces.py": 0, "training.py": 10}

# Of data/: no scripts, and nothing that somebody has put there, such as X-rays.
DATA_FILES = (".csv", ".json", ".md")

# Data that an exercise is scored on, by lesson: not there while this lesson is graded.
SCORED_DATA = {"10_diagnosis": ("breast_cancer",)}

_STAND_IN = '''"""Nothing is drawn while grading."""
from grader.sandbox.standins import StandIn, subplots

def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return StandIn(name)
'''

_CHECKING = '''"""Inside the sandbox `check` only registers, and nothing is shown."""
from grader.sandbox.standins import StandIn

def check(answer):
    return answer

def start_lesson(*arguments, **keywords):
    pass

def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return StandIn(name)
'''

_PROGRESS_BAR = '''"""Nobody waits while grading."""

def progress_bar(items, label=""):
    yield from items

def with_bar(function, calls, label=""):
    return function
'''


def lesson_numbers(course: Path = COURSE) -> dict[str, int]:
    """The number of each lesson, by topic."""
    numbers = {}
    for path in [*course.glob("lessons/*.md"), *course.glob("notebooks/*.ipynb")]:
        match = re.fullmatch(r"(\d\d)_(\w+)", path.stem)
        if match:
            numbers[match[2]] = int(match[1])
    return numbers


def earlier_topics(lesson: str, course: Path = COURSE) -> set[str]:
    """The topics before a lesson: by its number, or because its references import them."""
    numbers = lesson_numbers(course)
    topic, number = lesson[3:], int(lesson[:2])
    found = {known for known in numbers if numbers[known] < number}
    waiting = [topic]
    while waiting:
        path = course / "utils" / f"{waiting.pop()}.py"
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            imported = set(re.findall(r"^from utils\.(\w+) import", text, re.MULTILINE))
            new = {name for name in imported if name not in numbers} - found - {topic}
            found |= new
            waiting += new
    return found


def write_masked_course(lesson: str, folder: Path, course: Path = COURSE) -> None:
    """Write the packages `utils` and `grader` as a sandbox for this lesson may see them.

    Parameters
    ----------
    lesson : such as "02_activations"
    folder : an empty folder; it and all in it can be read by everyone, whatever the umask
    """
    numbers = lesson_numbers(course)
    earlier = earlier_topics(lesson, course)
    graded = {path.stem.removeprefix("test_") for path in course.glob("tests/grading/test_*.py")}
    topics = graded | numbers.keys() | {lesson[3:]}

    utils = folder / "utils"
    _write(utils / "__init__.py", "")
    for path in sorted((course / "utils").glob("*.py")):
        if path.stem in topics:
            text = path.read_text(encoding="utf-8")
            _write(utils / path.name, text if path.stem in earlier else blanked(text))
        elif path.name in HELPERS:
            text = path.read_text(encoding="utf-8")
            there = int(lesson[:2]) >= HELPERS[path.name]
            _write(utils / path.name, text if there else blanked(text))
        elif path.name == "progress_bar.py":
            _write(utils / path.name, _PROGRESS_BAR)
        elif path.name != "__init__.py":
            _write(utils / path.name, _STAND_IN)
    for path in sorted((course / "utils" / "widgets").glob("*.py")):
        _write(utils / "widgets" / path.name, _STAND_IN)
    _write(utils / "checking" / "__init__.py", _CHECKING)
    for name in _with_imports(CHECKING, course / "utils" / "checking"):
        _copy(course / "utils" / "checking" / f"{name}.py", utils / "checking" / f"{name}.py")

    _write(folder / "grader" / "__init__.py", "")
    _write(folder / "grader" / "sandbox" / "__init__.py", "")
    for name in GRADER:
        _copy(HERE.parent / name, folder / "grader" / name)
    for name in SANDBOX:
        _copy(HERE / name, folder / "grader" / "sandbox" / name)

    scored = SCORED_DATA.get(lesson, ())
    for path in sorted((course / "data").glob("*")):
        if path.suffix in DATA_FILES and not path.name.startswith(scored):
            _copy(path, folder / "data" / path.name)

    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def blanked(source: str) -> str:
    """A module's source with its imports and names, and nothing of what they do.

    Functions and classes raise NotImplementedError, other values are None.

    Examples
    --------
    >>> print(blanked("import numpy as np\\nANSWER = 42\\ndef answer(): return ANSWER"))
    import numpy as np
    ANSWER = None
    <BLANKLINE>
    def answer(*arguments, **keywords):
        raise NotImplementedError
    """
    kept: list[ast.stmt] = []
    for node in ast.parse(source).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            kept.append(node)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            kept.append(_blank_function(node.name))
        elif isinstance(node, ast.ClassDef):
            blank = ast.ClassDef(node.name, [], [], [_blank_function("__init__")], [])
            kept.append(ast.fix_missing_locations(blank))
        else:
            kept += _blank_values(node)
    return ast.unparse(ast.Module(kept, type_ignores=[])) + "\n"


def _with_imports(names: Iterable[str], folder: Path) -> set[str]:
    """These modules of `utils.checking`, and those that they import from there."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        text = (folder / f"{name}.py").read_text(encoding="utf-8")
        waiting += re.findall(r"^from utils\.checking\.(\w+) import", text, re.MULTILINE)
    return found


def _blank_function(name: str) -> ast.FunctionDef:
    text = f"def {name}(*arguments, **keywords):\n    raise NotImplementedError"
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)
    return function


def _blank_values(node: ast.stmt) -> list[ast.stmt]:
    names = [
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    ]
    return [statement for name in names for statement in ast.parse(f"{name} = None").body]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
