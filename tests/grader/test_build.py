"""The build: what it makes of a lesson, and what it says of a broken one."""

import ast
import json
import shutil
import sys
import types
from pathlib import Path

import pytest

import utils
from grader.build import (
    BuildError,
    as_text,
    assemble,
    execute,
    lesson_paths,
    orphans,
    read_lesson,
    run,
    write,
)
from grader.references import names_used, source_of
from utils.checking.stubs import is_stub

LESSON = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {name: python3, display_name: Python 3}
course:
  title: A test
  minutes: 50
  summary: A lesson for tests.
---

# Lesson

**Time** {{minutes}} minutes.

{{exercises}}

```{code-cell} ipython3
:tags: [setup]

import numpy as np
from numpy.typing import ArrayLike

from utils.checking import check, start_lesson
```

### Exercise: double

Twice.

```{code-cell} ipython3
:tags: [exercise]

double
```

:::{hint} The idea
Add it to itself.
:::

:::{hint} The formula
$2x$
:::

:::{hint} Almost there
`x + …`
:::

## A demo

```{code-cell} ipython3
print(double(2.0))
```

+++

```{code-cell} ipython3
:tags: [hide-source]

print("done")
```
"""

REFERENCE = '''import numpy as np
from numpy.typing import ArrayLike


def double(x: ArrayLike) -> np.ndarray:
    """2 x

    >>> double(1.5)
    3.0
    """
    return np.asarray(x, float) * 2


def leans_on_a_neighbour(x):
    """Uses what a notebook does not have."""
    return HELPER * x
'''

TESTS = """from utils.checking.exercise import exercise
from utils.checking.expect import expect_close


@exercise("double", points=2, minutes=3, difficulty=2, built="A double.", extension=True)
class TestDouble:
    def test_it(self, double):
        expect_close(double(1.5), 3.0, why="1.5 + 1.5 is 3.")
"""


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    """A course of one lesson, 77_buildtest, whose reference is importable as utils.buildtest."""
    for folder in ("lessons", "tests/grading", "notebooks", "solutions"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "lessons" / "77_buildtest.md").write_text(LESSON)
    (tmp_path / "tests" / "grading" / "test_buildtest.py").write_text(TESTS)
    source = tmp_path / "reference.py"
    source.write_text(REFERENCE)
    module = types.ModuleType("utils.buildtest")
    module.__file__ = str(source)
    exec(compile(REFERENCE, str(source), "exec"), vars(module))
    monkeypatch.setitem(sys.modules, "utils.buildtest", module)
    return tmp_path


@pytest.fixture
def reference(course):
    """The module that holds the lesson's reference."""
    return sys.modules["utils.buildtest"]


def build(course):
    (path,) = lesson_paths(course)
    return assemble(read_lesson(path))


def change(course, old, new, file="lessons/77_buildtest.md"):
    path = course / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def cell_with(notebook, text):
    (cell,) = [cell for cell in notebook.cells if text in cell.source]
    return cell


def test_the_blank_is_a_stub_and_the_solution_the_reference(course, reference):
    built = build(course)
    blank, solved = (cell_with(nb, "@check\n").source for nb in (built.blank, built.solution))
    assert is_stub(ast.parse(blank).body[0])
    assert solved == "@check\n" + source_of(reference.double).strip()
    assert blank.startswith('@check\ndef double(x: ArrayLike) -> np.ndarray:\n    """2 x\n')


def test_headings_tables_and_minutes_are_filled_in(course):
    text = as_text(build(course).blank)
    assert "### Exercise 1 · `double` ●●○ · 3 min · 2 points · extension †" in text
    assert "| 1 | `double` † | ●●○ | 3 | 2 |" in text
    assert "50 minutes" in text


def test_hints_fold_and_the_solution_is_the_last(course):
    prose = cell_with(build(course).blank, "Hint 1").source
    order = [prose.index(part) for part in ("Hint 1 · The idea", "Hint 2", "Hint 3", ">Solution<")]
    assert order == sorted(order)
    assert prose.index("return np.asarray(x, float) * 2") < prose.index("## A demo")
    assert prose.count("<details>") == prose.count("</details>") == 4


def test_tags_say_what_may_fail_in_a_learners_notebook(course):
    built = build(course)
    assert cell_with(built.blank, "@check\n").metadata["tags"] == ["exercise", "raises-exception"]
    assert cell_with(built.blank, "@check\n").metadata["course"] == {"exercise": "double"}
    assert cell_with(built.blank, "print(double").metadata["tags"] == ["raises-exception"]
    assert "tags" not in cell_with(built.blank, 'print("done")').metadata
    assert cell_with(built.blank, 'print("done")').metadata["jupyter"] == {"source_hidden": True}
    assert "raises-exception" not in as_text(built.solution)


def test_the_setup_cell_says_what_to_run_where_the_course_is_not_installed(course):
    setup = build(course).blank.cells[1].source
    assert setup.endswith('\n\nstart_lesson("77_buildtest")')
    guard = setup.partition("import numpy")[0].replace("import utils ", "import utils_missing ")
    with pytest.raises(ImportError, match="run:  make lab"):
        exec(guard, {})


def test_an_executed_solution_is_the_same_at_each_run(course):
    built = build(course)
    # the kernel has no utils.buildtest, so the cells that need the check are left out
    built.solution.cells = [cell for cell in built.solution.cells if "check" not in cell.source]
    built.solution.cells[-2].source = "import ipywidgets\ndisplay(ipywidgets.IntSlider())\nprint(1)"
    first = as_text(execute(built))
    assert first == as_text(execute(built))
    assert "widget-view" not in first


def test_a_cell_that_stops_is_named(course):
    change(course, 'print("done")', "print(1 / 0)")
    built = build(course)
    for cell in built.solution.cells[:-1]:
        cell.source = ""
    with pytest.raises(
        BuildError, match=r"buildtest.md:59: the cell stops: ZeroDivisionError: div"
    ):
        execute(built)


def test_noise_on_stderr_stops_the_build(course):
    change(course, 'print("done")', "import sys\nprint('oh', file=sys.stderr)")
    built = build(course)
    built.solution.cells = built.solution.cells[-1:]
    with pytest.raises(BuildError, match="writes to stderr: oh"):
        execute(built)


def test_cells_import_the_utils_that_stand_beside_the_build(course, tmp_path, monkeypatch):
    (tmp_path / "utils").mkdir()
    (tmp_path / "utils" / "__init__.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    change(course, 'print("done")', "import utils\nprint(utils.__file__)")
    built = build(course)
    built.solution.cells = built.solution.cells[-1:]
    (output,) = execute(built).cells[0].outputs
    assert output.text.strip() == utils.__file__


def test_check_names_what_is_stale_and_changes_nothing(course, capfd):
    built = build(course)
    for folder, notebook in (("notebooks", built.blank), ("solutions", built.solution)):
        write(course / folder / "77_buildtest.ipynb", as_text(notebook))
    assert run([], check=True, course=course) == 0
    change(course, "Twice.", "Two times.")
    before = {p: p.read_bytes() for p in course.rglob("*.ipynb")}
    assert run([], check=True, course=course) == 1
    said = capfd.readouterr().err
    assert "notebooks/77_buildtest.ipynb is stale" in said
    assert "solutions/77_buildtest.ipynb is stale" in said
    assert {p: p.read_bytes() for p in course.rglob("*.ipynb")} == before


def test_a_solution_is_compared_by_its_sources_only(course):
    built = build(course)
    write(course / "notebooks" / "77_buildtest.ipynb", as_text(built.blank))
    stored = json.loads(as_text(built.solution))
    for cell in stored["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "any"}]
            cell["execution_count"] = 5
    (course / "solutions" / "77_buildtest.ipynb").write_text(json.dumps(stored))
    assert run([], check=True, course=course) == 0


@pytest.mark.parametrize("content", ["", "{", "[]", "\x00"])
def test_a_damaged_notebook_is_stale(course, content, capfd):
    write(course / "notebooks" / "77_buildtest.ipynb", content)
    write(course / "solutions" / "77_buildtest.ipynb", content)
    assert run([], check=True, course=course) == 1
    assert capfd.readouterr().err.count("is stale") == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "\ndouble\n```",
            "\ntriple\n```",
            r"77_buildtest.md:\d+: 'triple' is no exercise of tests/",
        ),
        ("\ndouble\n```", "\ndouble(2)\n```", r"holds an exercise's name alone"),
        (
            "### Exercise: double",
            "### Exercise: dubble",
            r"77_buildtest.md:26: there is no exercise",
        ),
        ("### Exercise: double", "### Twice", r"'double' has no heading"),
        ("Twice.", "### Exercise: double", r"77_buildtest.md:28: a second heading for 'double'"),
        (":::{hint} The formula\n$2x$\n:::\n", "", r"double has 2 hints below it"),
        ("## A demo", ":::{hint", r"77_buildtest.md"),
        ("{{minutes}}", "{{hours}}", r"77_buildtest.md:13: {{hours}} is unknown"),
        (":tags: [setup]", ":tags: [set]", r"one cell tagged setup, not 0"),
        ("  minutes: 50\n", "", r"77_buildtest.md:1: the header needs course"),
        ("import numpy as np\n", "", r"double uses np, which the setup cell of 77_buildtest.md"),
    ],
)
def test_a_broken_lesson_is_named_with_file_and_line(course, old, new, message):
    change(course, old, new)
    if "hint" in new:
        change(course, "# Lesson\n", "# Lesson\n\n:::{hint} Stray\nx\n:::\n")
        message = r"77_buildtest.md:13: hints stand directly below"
    with pytest.raises(BuildError, match=message):
        build(course)


def test_a_lesson_without_tests_is_named(course):
    (course / "tests" / "grading" / "test_buildtest.py").unlink()
    with pytest.raises(BuildError, match=r"77_buildtest.md:1: the lesson has no grading tests"):
        build(course)


def test_an_exercise_without_a_reference_is_named(course, reference):
    del reference.double
    with pytest.raises(BuildError, match=r"utils/buildtest.py defines no double"):
        build(course)


def test_an_exercise_that_the_lesson_leaves_out_is_named(course):
    more = TESTS.split("\n\n\n", 1)[1].replace("double", "treble").replace("Double", "Treble")
    path = course / "tests" / "grading" / "test_buildtest.py"
    path.write_text(path.read_text() + "\n\n" + more)
    with pytest.raises(BuildError, match=r"'treble' has tests, but .* has no cell for it"):
        build(course)


def test_tests_and_notebooks_without_a_lesson_are_named(course):
    shutil.copy(
        course / "tests/grading/test_buildtest.py", course / "tests/grading/test_stranger.py"
    )
    (course / "notebooks" / "88_old.ipynb").write_text("{}")
    assert orphans(course) == [
        "tests/grading/test_stranger.py:1: the test module has no lesson: write "
        "lessons/NN_stranger.md.",
        "notebooks/88_old.ipynb: the notebook has no lesson: delete it.",
    ]


def test_an_unknown_lesson_is_answered_with_the_lessons_there_are(course, capfd):
    assert run(["nothing"], check=False, course=course) == 1
    assert "There is no lesson 'nothing'; there are 77_buildtest." in capfd.readouterr().err


@pytest.mark.parametrize("name", ["77_buildtest", "buildtest", "77", "lessons/77_buildtest.md"])
def test_a_lesson_may_be_named_in_several_ways(course, name):
    assert run([name], check=True, course=course) == 1, "not built yet: stale"


def test_names_used_by_a_reference_are_found():
    source = (
        "def f(x: Other, y=DEFAULT):\n    a = [HELPER(i) for i in range(x)]\n"
        "    def g():\n        return a + np.zeros(LENGTH)\n    return g\n"
    )
    assert names_used(source) == {"Other", "DEFAULT", "HELPER", "np", "LENGTH"}
