"""What is imported is required, what is required is imported, and every line says why."""

import ast
import re
import sys
from pathlib import Path

import pytest

COURSE = Path(__file__).resolve().parents[2]
LINE = re.compile(r"(?P<name>[\w-]+)(?P<bounds>[<>=~!][^#]*?)\s+# (?P<reason>.+)")

# A package whose import has another name, or that comes as a part of another.
PACKAGE_OF = {
    "_pytest": "pytest",
    "cycler": "matplotlib",
    "IPython": "ipython",
    "jupyter_client": "jupyter-client",
    "jupyter_server": "jupyter-server",
    "markupsafe": "jinja2",
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
OURS = {"bench", "docs", "grader", "tests", "utils"}
# Not imported by name: a plugin or a program, or what a notebook's kernel is.
PROGRAMS = {"codespell", "ipykernel", "mypy", "nbval", "pytest-xdist", "ruff"}


def requirements(name: str) -> dict[str, str]:
    """The packages of a requirements file, with their bounds."""
    found = {}
    for line in (COURSE / name).read_text(encoding="utf-8").splitlines():
        match = LINE.fullmatch(line)
        if match:
            found[match["name"]] = match["bounds"]
    return found


def code_of(*folders: str) -> list[str]:
    """The Python sources in folders; of lessons their code cells."""
    sources = []
    for folder in folders:
        modules = (COURSE / folder).rglob("*.py")
        sources += [path.read_text(encoding="utf-8") for path in modules]
        for path in (COURSE / folder).glob("[0-9][0-9]_*.md"):
            text = path.read_text(encoding="utf-8")
            sources += re.findall(
                r"^```\{code-cell\}[^\n]*\n(?::tags:[^\n]*\n)?(.*?)^```", text, re.M | re.S
            )
    return sources


def imported(*folders: str) -> set[str]:
    """The packages that the code in folders imports, ours and Python's own left out."""
    modules = set()
    for source in code_of(*folders):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules.add((node.module or "").partition(".")[0])
    return {PACKAGE_OF.get(m, m) for m in modules - set(sys.stdlib_module_names) - OURS}


def test_what_learners_and_graders_import_is_required():
    required = set(requirements("requirements.txt")) | set(requirements("requirements-cluster.txt"))
    assert imported("utils", "grader", "lessons") <= required


def test_what_tests_import_is_required():
    required = set(requirements("requirements.txt")) | set(requirements("requirements-dev.txt"))
    optional = set(requirements("requirements-cluster.txt"))
    assert imported("utils", "tests", "bench", "docs", "data") <= required | optional


def test_nothing_is_required_that_nobody_imports():
    used = imported("utils", "grader", "lessons", "data", "tests", "bench", "docs") | PROGRAMS
    for name in ("requirements.txt", "requirements-dev.txt"):
        assert set(requirements(name)) <= used


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_line_is_bounded_and_says_why(name):
    for line in (COURSE / name).read_text(encoding="utf-8").splitlines():
        if not line or line.startswith(("#", "-r ", "-e ")):
            continue
        match = LINE.fullmatch(line)
        assert match, line
        assert ">=" in match["bounds"], line
        assert "<" in match["bounds"], line


def test_the_course_itself_comes_last():
    assert (COURSE / "requirements.txt").read_text(encoding="utf-8").splitlines()[-1] == "-e ."
