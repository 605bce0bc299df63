"""Read a notebook that somebody handed in, whatever it may hold.

Nothing here runs or compiles what a notebook says. It is text: a JSON file whose every part may be
missing, of another kind, or far too large.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 50_000_000
MAX_CODE = 1_000_000  # characters of code in all cells
MAX_CELLS = 2_000
MAX_PARTS = 3_000_000  # values in the JSON: each costs memory, however short it is
HAND_IN = "Hand in the .ipynb file that Jupyter saves."
KEPT_CELL_MAGICS = ("time", "timeit", "capture", "prun")


class Unreadable(Exception):
    """A notebook that can't be read; the message is one sentence that says why and what to do."""


@dataclass(frozen=True)
class Cell:
    """One cell: its text, its kind, and what its metadata say of it."""

    kind: str  # "code", "markdown", "raw", or whatever the file says
    source: str
    tags: tuple[str, ...] = ()
    exercise: str = ""


@dataclass(frozen=True)
class Notebook:
    """The cells of a notebook in order, and the lesson that its metadata name."""

    cells: tuple[Cell, ...]
    lesson: str | None = None

    def defined(self, names: Iterable[str]) -> list[str]:
        """Which of these names a code cell seems to define; judged by the text alone."""
        code = "\n".join(cell.source for cell in self.cells if cell.kind == "code")
        found = _names_defined(code)
        return [name for name in names if name in found]


def read_bytes(path: Path, folder: Path) -> bytes:
    """A notebook file's content.

    Parameters
    ----------
    path : the file
    folder : where it must lie; links out of it are refused

    Raises
    ------
    Unreadable : for anything but an ordinary file of a sensible size inside `folder`
    """
    if path.is_symlink():
        try:
            target = path.resolve(strict=True)
        except (OSError, RuntimeError):
            raise Unreadable(
                "This is a link that leads nowhere: hand in the notebook itself."
            ) from None
        if not target.is_relative_to(folder.resolve()):
            raise Unreadable(
                "This is a link to a file outside the student's folder, which is not followed: "
                "hand in the notebook itself."
            )
        path = target
    try:
        # NONBLOCK: a named pipe would keep the grader waiting for ever
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Unreadable(_why_not_opened(error)) from None
    try:
        about = os.fstat(descriptor)
        if stat.S_ISDIR(about.st_mode):
            raise Unreadable("This is a folder, not a notebook: hand in the .ipynb file itself.")
        if not stat.S_ISREG(about.st_mode):
            raise Unreadable("This is no ordinary file: hand in the .ipynb file itself.")
        if about.st_size > MAX_BYTES:
            raise Unreadable(_too_large(about.st_size))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Unreadable(_why_not_opened(error)) from None
    finally:
        os.close(descriptor)
    if len(content) > MAX_BYTES:
        raise Unreadable(_too_large(len(content)))
    return content


def _why_not_opened(error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return "The file is gone: it was there when the folder was listed."
    if error.errno in (errno.EACCES, errno.EPERM):
        return "The grader may not read this file: allow it with chmod +r."
    return f"The file can't be opened: {os.strerror(error.errno or 0)}."


def _too_large(size: int) -> str:
    return (
        f"The notebook has {size / 1e6:.0f} MB, and the grader reads up to {MAX_BYTES / 1e6:.0f}: "
        "clear its outputs (Edit, Clear Outputs of All Cells) and hand it in again."
    )


def parse(content: bytes) -> Notebook:
    """The notebook in a file's content; of any nbformat version, as far as it can be made out.

    Raises
    ------
    Unreadable : where it is no notebook
    """
    if not content.strip():
        raise Unreadable("The file is empty: save the notebook and hand it in again.")
    if content.count(b",") + content.count(b"[") + content.count(b"{") > MAX_PARTS:
        raise Unreadable(
            f"The notebook holds more than {MAX_PARTS:,} values: clear its outputs and hand it in "
            "again."
        )
    document = _load(content)
    if not isinstance(document, dict):
        raise Unreadable(
            f"The file is JSON but no notebook: it holds {_kind(document)} where a notebook is an "
            f"object with cells. {HAND_IN}"
        )
    cells = _cells(document)
    code = [cell.source for cell in cells if cell.kind == "code"]
    if len(cells) > MAX_CELLS:
        raise Unreadable(
            f"The notebook has {len(cells):,} cells, and the grader reads up to {MAX_CELLS:,}."
        )
    if sum(map(len, code)) > MAX_CODE:
        raise Unreadable(
            f"The notebook has {sum(map(len, code)):,} characters of code, and the grader reads up "
            f"to {MAX_CODE:,}: is there data pasted into a cell?"
        )
    lesson = _at(document, "metadata", "course", "lesson")
    return Notebook(tuple(cells), lesson if isinstance(lesson, str) else None)


def _load(content: bytes) -> object:
    try:
        return json.loads(content)
    except RecursionError:
        raise Unreadable(f"The file is nested too deeply to be a notebook. {HAND_IN}") from None
    except UnicodeDecodeError:
        raise Unreadable(f"The file is not text, so it is no notebook. {HAND_IN}") from None
    except json.JSONDecodeError as error:
        if not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
            raise Unreadable(
                f"The file is no notebook: a notebook is JSON and starts with a brace. {HAND_IN}"
            ) from None
        cut_off = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated")
        raise Unreadable(
            f"The file breaks off at line {error.lineno}, as when an upload was cut short: hand it "
            "in again."
            if cut_off
            else f"The file is damaged at line {error.lineno}, column {error.colno} ({error.msg}): "
            "save the notebook in Jupyter and hand it in again."
        ) from None
    except ValueError:  # a number of thousands of digits
        raise Unreadable(
            "The file holds a number too long to be read: clear the outputs and hand it in again."
        ) from None


def _cells(document: dict) -> list[Cell]:
    """The cells of any nbformat: on top in version 4 and later, in worksheets before."""
    raw: list[object]
    if isinstance(document.get("cells"), list):
        raw = document["cells"]
    elif isinstance(document.get("worksheets"), list):
        raw = [
            cell
            for sheet in document["worksheets"]
            if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
            for cell in sheet["cells"]
        ]
    else:
        what = (
            "no cells" if "cells" not in document else f"{_kind(document['cells'])} for its cells"
        )
        raise Unreadable(f"The file is JSON but no notebook: it has {what}. {HAND_IN}")
    return [_cell(cell) for cell in raw if isinstance(cell, dict)]


def _cell(raw: dict) -> Cell:
    kind = raw.get("cell_type")
    source = raw.get("source", raw.get("input", ""))
    tags = _at(raw, "metadata", "tags")
    exercise = _at(raw, "metadata", "course", "exercise")
    return Cell(
        kind.lower() if isinstance(kind, str) else "",
        _text(source),
        tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        exercise if isinstance(exercise, str) else "",
    )


def _text(source: object) -> str:
    """A cell's source, one text or a list of lines, in characters that can be encoded."""
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if not isinstance(source, str):
        return ""
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    return source.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair


def _at(document: object, *keys: str) -> object:
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _kind(value: object) -> str:
    kinds = {list: "a list", dict: "an object", str: "a text", bool: "a truth value"}
    if value is None:
        return "null"
    return kinds.get(type(value), "a number")


def normalised(source: str) -> str:
    """A cell's text without what an editor changes by itself: spaces at the ends of lines."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def cells_to_run(
    notebook: Notebook, exercises: Sequence[str], demos: Set[str], prose: Set[str]
) -> list[str]:
    """The cells that define something, as plain Python in the notebook's order.

    Every code cell but demos that stand unchanged; and where no code cell defines an exercise, the
    Markdown or raw cell that does: someone retyped it by a slip of the keyboard.

    Parameters
    ----------
    exercises : names of the lesson's exercises
    demos, prose : the release's demo cells and Markdown cells, `normalised`
    """
    defined = set(notebook.defined(exercises))
    wanted = set(exercises) - defined
    chosen: list[str] = []
    for cell in notebook.cells:
        if cell.kind == "code":
            if normalised(cell.source) not in demos:
                chosen.append(to_python(cell.source))
        elif wanted and normalised(cell.source) not in prose:
            retyped = _code_in_prose(cell.source)
            if wanted & _names_defined(retyped):
                chosen.append(to_python(retyped))
    return chosen


_DEFINITION = re.compile(
    r"^[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)|^(\w+)[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE
)
_CODE_BEGINS = re.compile(
    r"(?:@|def\b|async\b|class\b|import\b|from\b|#[^\n]*\n|\w+[ \t]*=|%|!|\n)"
)
_FENCED = re.compile(r"\A\s*```[^\n]*\n(.*?)(?:\n```\s*\Z|\Z)", re.DOTALL)


def _names_defined(code: str) -> set[str]:
    return {first or second for first, second in _DEFINITION.findall(code)}


def _code_in_prose(source: str) -> str:
    """What of a Markdown cell may be a code cell that was retyped: all of it, or nothing."""
    fenced = _FENCED.match(source)
    if fenced:
        source = fenced[1]
    return source if _CODE_BEGINS.match(source.lstrip()) else ""


# --------------------------------------------------------------------------- IPython to Python

_SUSPICIOUS = re.compile(r"^[ \t]*[%!?,;/]|\?[ \t]*$|=[ \t]*[!%]", re.MULTILINE)
_PROMPTS = {
    ">>> ": re.compile(r"^(?:>>> ?|\.\.\. ?)", re.MULTILINE),
    "In [": re.compile(r"^(?:In \[\d+\]: ?| *\.\.\.+: ?)", re.MULTILINE),
}
_ESCAPED_LINE = re.compile(r"([ \t]*)(?:[%!?,;/])(?:\\\n|[^\n])*")
_TIMED_LINE = re.compile(r"([ \t]*)%time[ \t]+(?=\S)")
_HELP_LINE = re.compile(r"([ \t]*)[\w.*%\[\]]+[ \t]*\?{1,2}[ \t]*(?=\n|\Z)")
_ASSIGNED_LINE = re.compile(r"([ \t]*\w[\w., \t]*=)[ \t]*[!%](?:\\\n|[^\n])*")
_TOKEN = re.compile(
    r'"""[^"\\]*(?:(?:\\(?:.|\Z)|"(?!""))[^"\\]*)*(?:"""|\Z)'
    r"|'''[^'\\]*(?:(?:\\(?:.|\Z)|'(?!''))[^'\\]*)*(?:'''|\Z)"
    r'|"(?:\\(?:.|\Z)|[^"\\\n])*(?:"|(?=\n)|\Z)'
    r"|'(?:\\(?:.|\Z)|[^'\\\n])*(?:'|(?=\n)|\Z)"
    r"|\#[^\n]*"
    r"|\\\n"
    r"|[^\"'#\\\n()\[\]{}]+"
    r"|.",
    re.DOTALL,
)


def to_python(source: str) -> str:
    """A cell's text as plain Python: magics, shell lines and help lines gone, line numbers kept.

    As in IPython, these stand at the start of a statement, never inside a string or between
    brackets. Of the cell magics %%time, %%timeit, %%capture and %%prun the body is kept; a cell in
    another language counts as empty.
    """
    source = _without_prompts(source)
    stripped = source.lstrip()
    if stripped.startswith("%%"):
        head, newline, body = stripped.partition("\n")
        name = re.match(r"%%(\w*)", head)
        blank_lines = source[: len(source) - len(stripped)].count("\n")
        if name is None or name[1] not in KEPT_CELL_MAGICS:
            return "\n" * source.count("\n")
        source = "\n" * blank_lines + newline + body
    if not _SUSPICIOUS.search(source):
        return source
    return "".join(_neutralised(source))


def _without_prompts(source: str) -> str:
    """Without the prompts and the indentation of something that was pasted."""
    stripped = source.lstrip("\n")
    for prompt, pattern in _PROMPTS.items():
        if stripped.startswith(prompt):
            return pattern.sub("", source)
    indent = re.match(r"[ \t]+(?=\S)", stripped)
    if indent:
        return re.sub(rf"^{re.escape(indent[0])}", "", source, flags=re.MULTILINE)
    return source


def _neutralised(source: str) -> Iterator[str]:
    position, depth, at_start = 0, 0, True
    while position < len(source):
        if at_start and depth == 0:
            replaced = _replacement(source, position)
            if replaced is not None:
                text, position = replaced
                yield text
                at_start = False
                continue
        match = _TOKEN.match(source, position)
        assert match is not None  # the last alternative takes any character
        token = match[0]
        if token in "([{":
            depth += 1
        elif token in ")]}":
            depth = max(0, depth - 1)
        at_start = token == "\n"
        position = match.end()
        yield token


def _replacement(source: str, position: int) -> tuple[str, int] | None:
    """For a line that is IPython's, not Python's: what stands there instead, and where it ends."""
    timed = _TIMED_LINE.match(source, position)
    if timed:
        return timed[1], timed.end()
    for pattern, instead in (
        (_ESCAPED_LINE, "pass"),
        (_HELP_LINE, "pass"),
        (_ASSIGNED_LINE, " None"),
    ):
        match = pattern.match(source, position)
        if match:
            return match[1] + instead + "\n" * match[0].count("\n"), match.end()
    return None
