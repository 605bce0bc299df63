"""Whatever a file holds, reading it gives cells or one clear sentence."""

import json
import os

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from grader.notebook import (
    MAX_BYTES,
    MAX_CELLS,
    MAX_CODE,
    Unreadable,
    cells_to_run,
    parse,
    read_bytes,
    to_python,
)
from tests.grader.support import (
    COURSE,
    LESSON,
    answered,
    as_bytes,
    blank,
    code_cell,
    exercise_cell,
    right,
)

# ---------------------------------------------------------------------------- what is no notebook

BROKEN = {
    "empty": (b"", "empty"),
    "spaces only": (b" \n\t ", "empty"),
    "plain text": (b"dear teacher,\nhere is my homework", "starts with a brace"),
    "HTML": (b"<!DOCTYPE html><html>Sign in</html>", "starts with a brace"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "Hand in the .ipynb"),
    "zeros": (bytes(1000), "Hand in the .ipynb"),
    "a zip": (b"PK\x03\x04" + bytes(range(256)), "Hand in the .ipynb"),
    "JSON, but a list": (b"[]", "a list"),
    "JSON, but a number": (b"17", "a number"),
    "JSON, but no cells": (b'{"metadata": {}}', "no cells"),
    "cells that are a text": (b'{"cells": "none"}', "a text for its cells"),
    "cells that are null": (b'{"cells": null}', "null for its cells"),
    "a stray comma": (b'{"cells": [,]}', "damaged at line 1, column 12"),
    "nested without end": (b'{"cells": ' + b"[" * 10**5 + b"]" * 10**5 + b"}", "nested"),
    "a number without end": (b'{"cells": [' + b"9" * 10_000 + b"]}", "number too long"),
    "very many values": (b"[" + b"[]," * 3_000_001 + b"[]]", "more than 3,000,000 values"),
}


@pytest.mark.parametrize(("content", "told"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_notebook_is_told_in_one_sentence(content, told):
    with pytest.raises(Unreadable) as caught:
        parse(content)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_a_notebook_cut_short_anywhere_says_so_or_is_damaged():
    whole = json.dumps(answered(), indent=1).encode()
    for length in range(1, len(whole) - 1, 997):
        with pytest.raises(Unreadable, match=r"breaks off at line|damaged at line"):
            parse(whole[:length])


def test_too_many_cells_and_too_much_code_are_refused():
    with pytest.raises(Unreadable, match=f"reads up to {MAX_CELLS:,}"):
        parse(as_bytes({"cells": [code_cell("")] * (MAX_CELLS + 1)}))
    with pytest.raises(Unreadable, match="data pasted into a cell"):
        parse(as_bytes({"cells": [code_cell("x" * (MAX_CODE + 1))]}))


def test_huge_outputs_are_no_reason_to_refuse():
    notebook = answered()
    notebook["cells"][5]["outputs"] = [{"output_type": "stream", "text": "x" * 10_000_000}]
    assert parse(as_bytes(notebook)).lesson == LESSON


# -------------------------------------------------------------------------------------- files


def test_a_folder_a_pipe_and_a_device_are_no_notebooks(tmp_path):
    folder = tmp_path / "a.ipynb"
    folder.mkdir()
    pipe = tmp_path / "b.ipynb"
    os.mkfifo(pipe)  # opening it must not wait for a writer
    with pytest.raises(Unreadable, match="a folder, not a notebook"):
        read_bytes(folder, tmp_path)
    with pytest.raises(Unreadable, match="no ordinary file"):
        read_bytes(pipe, tmp_path)


def test_links_are_followed_inside_the_folder_only(tmp_path):
    home, elsewhere = tmp_path / "ann", tmp_path / "bob"
    home.mkdir()
    elsewhere.mkdir()
    (home / "real.ipynb").write_bytes(b"{}")
    (elsewhere / "other.ipynb").write_bytes(b"{}")
    (home / "inside.ipynb").symlink_to("real.ipynb")
    (home / "outside.ipynb").symlink_to(elsewhere / "other.ipynb")
    (home / "nowhere.ipynb").symlink_to("gone.ipynb")
    (home / "circle.ipynb").symlink_to("circle.ipynb")
    assert read_bytes(home / "inside.ipynb", home) == b"{}"
    with pytest.raises(Unreadable, match="outside the student's folder"):
        read_bytes(home / "outside.ipynb", home)
    for name in ("nowhere", "circle"):
        with pytest.raises(Unreadable, match="leads nowhere"):
            read_bytes(home / f"{name}.ipynb", home)


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "large.ipynb"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(Unreadable, match="clear its outputs"):
        read_bytes(path, tmp_path)


def test_a_file_that_vanished_is_told(tmp_path):
    with pytest.raises(Unreadable, match="is gone"):
        read_bytes(tmp_path / "a.ipynb", tmp_path)


# ---------------------------------------------------------------------------------- formats


def sources(notebook):
    return [cell.source for cell in notebook.cells if cell.kind == "code"]


@pytest.mark.parametrize("version", [3, 4])
def test_older_formats_hold_the_same_code(version):
    node = nbformat.reads(json.dumps(answered()), as_version=4)
    older = nbformat.writes(nbformat.convert(node, version), version=version).encode()
    assert sources(parse(older)) == sources(parse(as_bytes(answered())))


@pytest.mark.parametrize("claimed", [0, 2, 5, 99, "four", None, -1])
def test_the_claimed_version_does_not_matter(claimed):
    notebook = answered()
    notebook["nbformat"] = claimed
    assert sources(parse(as_bytes(notebook))) == sources(parse(as_bytes(answered())))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_other_encodings_are_read(encoding):
    text = json.dumps(answered(), ensure_ascii=False)
    assert parse(text.encode(encoding)) == parse(as_bytes(answered()))


def test_wrong_types_anywhere_leave_the_rest_readable():
    notebook = {
        "metadata": {"course": [1]},
        "cells": [
            None,
            17,
            {"cell_type": 3, "source": {"a": 1}, "metadata": "none"},
            {"cell_type": "code", "source": ["x = 1\n", 5, None, "y = 2"], "metadata": {"tags": 4}},
            {"cell_type": "code", "source": 12},
            {"cell_type": "Code", "source": "z = 3", "metadata": {"course": {"exercise": 9}}},
            {"cell_type": "code", "source": "a\ud800b"},
        ],
    }
    found = parse(json.dumps(notebook).encode())
    assert sources(found) == ["x = 1\ny = 2", "", "z = 3", "a?b"]
    assert found.lesson is None


# ----------------------------------------------------------------------------------- lessons


def tell(notebook, name="upload.ipynb"):
    content = as_bytes(notebook) if isinstance(notebook, dict) else notebook
    return COURSE.tell(parse(content), name)


def test_the_metadata_tell_the_lesson():
    assert tell(blank(LESSON), "02_activations.ipynb") == LESSON


def test_without_metadata_the_exercises_tell_it():
    notebook = answered(lesson="02_activations")
    notebook["metadata"] = {"course": {"lesson": "77_cooking"}}
    assert tell(notebook, "01_perceptron.ipynb") == "02_activations"


@pytest.mark.parametrize(
    "name",
    [
        "01_perceptron.ipynb",
        "01_perceptron (1).ipynb",
        "Copy of 01_Perceptron-final.ipynb",
        "perceptron.ipynb",
        "lesson 1.ipynb",
        "ann_01.ipynb",
        "lesson01.ipynb",
    ],
)
def test_else_the_file_name_tells_it(name):
    assert tell({"cells": []}, name) == LESSON
    assert COURSE.tell(None, name, b"not a notebook") == LESSON


def test_a_damaged_file_still_tells_its_lesson():
    content = as_bytes({**answered(), "cells": []}) + b"}"
    assert COURSE.tell(None, "upload.ipynb", content) == LESSON


def test_some_files_tell_nothing():
    assert tell({"cells": []}) is None
    assert COURSE.tell(None, "2024.ipynb", b"") is None


# ------------------------------------------------------------------------------- which cells run

lesson = COURSE.lessons[LESSON]


def chosen(notebook):
    return cells_to_run(parse(as_bytes(notebook)), lesson.exercises, lesson.demos, lesson.prose)


def test_unchanged_demos_do_not_run_and_all_else_does():
    cells = chosen(blank())
    assert len(cells) == 1 + len(lesson.exercises)  # setup, and the exercises
    assert "start_lesson" in cells[0]


def test_a_demo_that_was_changed_runs():
    notebook = blank()
    demo = next(
        cell
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
        and "raises-exception" in cell["metadata"].get("tags", [])
        and "course" not in cell["metadata"]
    )
    assert len(chosen(notebook)) == 1 + len(lesson.exercises)
    demo["source"] = [*demo["source"], "\nhelper = 3"]
    assert any(cell.endswith("helper = 3") for cell in chosen(notebook))


def test_an_answer_retyped_to_markdown_is_found():
    notebook = answered()
    cell = exercise_cell(notebook, "step")
    cell["cell_type"] = "markdown"
    assert cell["source"] in chosen(notebook)
    cell["source"] = f"```python\n{cell['source']}\n```"
    assert any("def step" in source and "```" not in source for source in chosen(notebook))


def test_solutions_in_the_hints_are_nobodys_answer():
    notebook = blank()
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    assert any("def step" in "".join(cell["source"]) for cell in notebook["cells"])
    assert chosen(notebook) == []


def test_notes_that_mention_an_answer_do_not_replace_it():
    notebook = answered()
    note = {"cell_type": "markdown", "metadata": {}, "source": "def step(z):\n    return 'old'"}
    notebook["cells"].append(note)
    assert note["source"] not in chosen(notebook)


# ------------------------------------------------------------------------------ IPython's own lines

PYTHON = {  # not one character of it may change
    "percent in brackets": "x = (7\n  % 4)\n",
    "percent in a docstring": (
        'def f():\n    """Share\n    % of all\n    ! loud\n    what?\n    """\n'
    ),
    "a continued line": "x = 7 \\\n  % 4\n",
    "a format": 'print("%d %%" % 5)\nx["=%"] = 1\n',
    "a question in a comment": "x = 1  # really?\n# why?\n",
    "quotes": 'a = \'it\\\'s %\'\nb = """x\n!ls\n"""\n',
    "a comparison": "x != y\nz = x != y\n",
    "a matrix product": "a @ b\n@check\ndef f(x): ...\n",
}
MAGIC = {
    "line magic": ("%matplotlib inline\nx = 1", "pass\nx = 1"),
    "shell": ('!pip install numpy && echo "it\'s"\nx = 1', "pass\nx = 1"),
    "help": ("np.mean?\n?np.mean\nnp.mean??", "pass\npass\npass"),
    "inside a block": ("if True:\n    !ls\n    %pwd\nx = 1", "if True:\n    pass\n    pass\nx = 1"),
    "assigned": ("files = !ls\na, b = %who\nx = 1", "files = None\na, b = None\nx = 1"),
    "continued": ("!ls \\\n  -l\nx = 1", "pass\n\nx = 1"),
    "timed": ("%time x = f(1)\n", "x = f(1)\n"),
    "cell timed": ("%%time\nx = 1", "\nx = 1"),
    "cell captured": ("\n%%capture out\nx = 1", "\n\nx = 1"),
    "another language": ("%%bash\nrm -rf /\necho", "\n\n"),
    "auto-call": (",f a b\n;f a b\n/f a b", "pass\npass\npass"),
    "prompts": (">>> def f(x):\n...     return x\n", "def f(x):\n    return x\n"),
    "IPython's prompts": ("In [1]: x = 1\n   ...: y = 2", "x = 1\ny = 2"),
    "indented": ("    x = 1\n    y = 2\n", "x = 1\ny = 2\n"),
    "after brackets": ("x = f(\n  1,\n)\n%who\n", "x = f(\n  1,\n)\npass\n"),
}


@pytest.mark.parametrize("source", PYTHON.values(), ids=PYTHON)
def test_plain_python_stays_as_it_is(source):
    assert to_python(source) == source


@pytest.mark.parametrize(("source", "expected"), MAGIC.values(), ids=MAGIC)
def test_what_is_ipythons_goes_and_lines_keep_their_numbers(source, expected):
    assert to_python(source) == expected
    compile(expected, "cell", "exec")


@pytest.mark.parametrize("source", [source for source, _ in MAGIC.values()])
def test_ipython_agrees_that_these_are_its_own(source):
    # what IPython makes of it is Python too: so nothing here was a learner's syntax error
    compile(TransformerManager().transform_cell(source), "cell", "exec")


def test_unfinished_strings_and_brackets_are_left_to_python():
    for source in ('x = """\n%who', "x = (\n%who", "x = 'a\n%who\n", "\\", '"""', "%%", "%", "?"):
        assert to_python(source).count("\n") == source.count("\n")


def test_a_long_cell_takes_no_longer_than_its_length():
    # a pattern that backtracks would take minutes for each of these
    parts = ("'" * 3, '"' * 3, "(", "\\\n", "'\\", '"""\\"', "%%", "=!", "? ", " ", "a ", "\n'")
    for part in parts:
        to_python("!x\n" + part * 20_000)


def test_the_right_answer_is_found_after_all_of_this():
    notebook = answered()
    exercise_cell(notebook, "step")["source"] = "%%time\n!ls\n@check\n" + right("step")
    assert any("def step" in cell and "!ls" not in cell for cell in chosen(notebook))
