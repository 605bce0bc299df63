"""Who handed in what: the folder SUBMISSIONS/<student>/<notebook>.ipynb, or one notebook."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

MAX_NAME_BYTES = 200


class SubmissionsError(Exception):
    """There is nothing to grade; the message says why and what to do."""


@dataclass(frozen=True, order=True, slots=True)
class Submission:
    """One notebook file. There may be many thousands of these, so paths are kept as text."""

    notebook: str  # its name as text, whatever bytes it is made of
    student: str
    path: str = field(default="", compare=False)
    folder: str = field(default="", compare=False)  # the student's, which no link may leave

    @property
    def feedback(self) -> Path:
        """Where its feedback lies in the feedback folder."""
        page = self.notebook.removesuffix(".ipynb")
        return Path(_file_name(self.student), _file_name(page) + ".html")


@dataclass
class Submissions:
    """All notebooks that were found, and what in the folder is none."""

    notebooks: list[Submission]
    students: dict[
        str, list[str] | None
    ]  # their notebooks' names; None: others may exist elsewhere
    problems: list[tuple[str, str]]  # (place, sentence)


def find_submissions(place: Path) -> Submissions:
    """Find the notebooks; names are read, contents are not.

    Raises
    ------
    SubmissionsError : where there is nothing to grade
    """
    if place.is_file():
        if place.suffix.lower() != ".ipynb":
            raise SubmissionsError(f"{place} is no notebook: its name does not end in .ipynb.")
        folder = place.resolve().parent
        student = _as_text(folder.name) or "submission"
        notebook = Submission(_as_text(place.name), student, str(folder / place.name), str(folder))
        return Submissions([notebook], {student: None}, [])
    if not place.exists():
        raise SubmissionsError(f"There is no {place}.")
    if not place.is_dir():
        raise SubmissionsError(f"{place} is neither a folder nor a notebook.")
    found = Submissions([], {}, [])
    for entry in _entries(place):
        name = _as_text(entry.name)
        if entry.is_symlink():
            found.problems.append(
                (name, "This is a link, which is not followed: put the folder itself here.")
            )
        elif entry.is_dir():
            _find_in_folder(Path(entry.path), name, found)
        elif name.lower().endswith(".ipynb"):
            found.problems.append(
                (name, f"This notebook lies in no student's folder: move it to <student>/{name}.")
            )
    found.problems += [
        (name, "Names that begin with a dot are skipped: rename the folder if it is a student's.")
        for name in _hidden_folders(place)
    ]
    if not found.students:
        loose = len(found.problems)
        raise SubmissionsError(
            f"{place} holds no students' folders"
            + (f", but {loose} loose {'entry' if loose == 1 else 'entries'}" if loose else "")
            + f": notebooks are expected at {place}/<student>/<notebook>.ipynb."
        )
    found.notebooks.sort()  # by notebook first: a worker then stays with one lesson for long
    return found


def _find_in_folder(folder: Path, name: str, found: Submissions) -> None:
    student = _unique(name, found.students)
    try:
        entries = _entries(folder)
    except OSError as error:
        found.students[student] = []
        found.problems.append((student, f"The folder can't be read: {error.strerror}."))
        return
    notebooks: dict[str, list[str] | None] = {}
    for entry in entries:
        if not entry.name.lower().endswith(".ipynb"):
            continue
        notebook = _unique(_as_text(entry.name), notebooks)
        notebooks[notebook] = None
        found.notebooks.append(Submission(notebook, student, entry.path, str(folder)))
    found.students[student] = list(notebooks)
    if not notebooks:
        deeper = any(entry.is_dir(follow_symlinks=False) for entry in entries)
        found.problems.append(
            (
                student,
                "No notebook lies in this folder"
                + (
                    ", and folders inside it are not searched: move the notebook up."
                    if deeper
                    else "."
                ),
            )
        )


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, but for hidden things (.ipynb_checkpoints, ._copies)."""
    with os.scandir(folder) as entries:
        return sorted((e for e in entries if not e.name.startswith(".")), key=lambda e: e.name)


def _hidden_folders(place: Path) -> list[str]:
    """Folders that are skipped because of their names, and yet hold notebooks."""
    with os.scandir(place) as entries:
        return sorted(
            _as_text(entry.name)
            for entry in entries
            if entry.name.startswith(".")
            and entry.name != ".ipynb_checkpoints"  # Jupyter's own copies
            and entry.is_dir(follow_symlinks=False)
            and _holds_notebooks(entry.path)
        )


def _holds_notebooks(folder: str) -> bool:
    try:
        return any(path.suffix.lower() == ".ipynb" for path in Path(folder).iterdir())
    except OSError:
        return False


def shown(text: str) -> str:
    """Text for a terminal or a page: names may hold what moves a cursor or hides what follows."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _as_text(name: str) -> str:
    """A file's name as text that can be stored: bytes that are no UTF-8 are written as \\xff."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _unique(name: str, taken: dict[str, list[str] | None]) -> str:
    number, unique = 1, name
    while unique in taken:
        number += 1
        unique = f"{name} ({number})"
    return unique


def _file_name(name: str) -> str:
    """A name that any file system takes: long ones end in a digest."""
    encoded = name.encode()
    if len(encoded) <= MAX_NAME_BYTES:
        return name
    digest = hashlib.sha256(encoded).hexdigest()[:12]
    return encoded[: MAX_NAME_BYTES - 13].decode("utf-8", "ignore") + "-" + digest
