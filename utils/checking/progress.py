"""A learner's progress: one small file beside the notebooks.

The environment variable COURSE_PROGRESS names another file, or says `off`: then progress lives
only as long as the kernel. Builds and tests use that.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from filelock import FileLock, Timeout

FILE_NAME = ".course-progress.json"
LOCK_SECONDS = 2.0

Record = dict[str, dict[str, str]]  # lesson → exercise → "passed", "failed"

_in_memory: Record = {}


def progress_file() -> Path | None:
    """Where progress is kept; None for `off`."""
    chosen = os.environ.get("COURSE_PROGRESS", "")
    if chosen == "off":
        return None
    return Path(chosen) if chosen else Path.cwd() / FILE_NAME


def read_progress() -> tuple[Record, str]:
    """All that is kept, and a message where something was wrong with the file.

    A file that can't be understood is set aside under another name, never deleted.
    """
    path = progress_file()
    if path is None:
        return _in_memory, ""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}, ""
    except (OSError, UnicodeDecodeError) as error:
        return {}, _set_aside(path, error)
    try:
        return _validated(json.loads(text)), ""
    except (ValueError, RecursionError) as error:
        return {}, _set_aside(path, error)


def record_progress(lesson: str, exercise: str, status: str) -> str:
    """Keep how an exercise went; what was passed once stays passed.

    Returns
    -------
    a message where it could not be kept, else an empty string
    """
    path = progress_file()
    if path is None:
        _update(_in_memory, lesson, exercise, status)
        return ""
    try:
        with FileLock(f"{path}.lock", timeout=LOCK_SECONDS):
            record, message = read_progress()
            _update(record, lesson, exercise, status)
            half_made = path.with_name(f"{path.name}.part")
            half_made.write_text(json.dumps(record, indent=1, sort_keys=True), encoding="utf-8")
            half_made.replace(path)
        return message
    except Timeout:
        return f"Your progress was not kept: another notebook holds {path.name}.lock."
    except OSError as error:
        return f"Your progress was not kept: {path.name} can't be written ({error.strerror})."


def _update(record: Record, lesson: str, exercise: str, status: str) -> None:
    known = record.setdefault(lesson, {})
    if known.get(exercise) != "passed":
        known[exercise] = status


def _validated(content: object) -> Record:
    """The content of a progress file, or ValueError."""
    if not isinstance(content, dict):
        raise ValueError("it holds no table of lessons")
    for lesson, exercises in content.items():
        if not isinstance(exercises, dict):
            raise ValueError(f"{lesson} holds no table of exercises")
        for name, status in exercises.items():
            if status not in ("passed", "failed"):
                raise ValueError(f"{name} is {status!r}")
    return content


def _set_aside(path: Path, error: Exception) -> str:
    aside = path.with_name(f"{path.name}.damaged")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged{number}")
    try:
        path.replace(aside)
    except OSError:
        return (
            f"Your progress file {path.name} can't be read ({error}); your notebooks are untouched."
        )
    return (
        f"Your progress file could not be understood ({error}). It was set aside as {aside.name} "
        "and a new one begun; your notebooks are untouched."
    )
