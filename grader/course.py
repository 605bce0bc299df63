"""What stands in the course, as the grader sees it: lessons, their tests, their blank notebooks."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from grader.notebook import Notebook, Unreadable, normalised, parse
from utils.checking.suite import COURSE

LESSON_NAME = re.compile(r"\d\d_(\w+)")

# Whatever of the grader's own code decides a verdict: when it changes, everything is graded anew.
_DECIDES = (
    *("course.py", "definitions.py", "feedback.html.jinja", "feedback.py", "grading.py"),
    *("notebook.py", "references.py", "wire.py", "sandbox/*.py"),
)


class CourseError(Exception):
    """The course's own files can't be used; the message says which and why."""


@dataclass(frozen=True)
class Lesson:
    """One lesson: its name, its grading tests, its blank notebook as it was handed out."""

    name: str  # 02_activations
    topic: str  # activations
    tests: Path
    release: Path

    @cached_property
    def blank(self) -> Notebook:
        """The blank notebook.

        Raises
        ------
        CourseError : where it can't be read
        """
        try:
            return parse(self.release.read_bytes())
        except (OSError, Unreadable) as error:
            raise CourseError(f"{self.release}: {error} Run: make build") from None

    @cached_property
    def title(self) -> str:
        """Its first heading: "Lesson 02 · Activation functions"."""
        for cell in self.blank.cells:
            heading = re.match(r"\s*#[ \t]+([^\n]+)", cell.source)
            if cell.kind != "code" and heading:
                return heading[1].strip()
        return self.name

    @cached_property
    def exercises(self) -> tuple[str, ...]:
        """The names of its exercises, in the order of the notebook."""
        return tuple(cell.exercise for cell in self.blank.cells if cell.exercise)

    @cached_property
    def demos(self) -> frozenset[str]:
        """The code cells that the grader need not run while they stand unchanged."""
        return frozenset(
            normalised(cell.source)
            for cell in self.blank.cells
            if cell.kind == "code" and not cell.exercise and "setup" not in cell.tags
        )

    @cached_property
    def prose(self) -> frozenset[str]:
        """The Markdown cells, which hold solutions too: these are nobody's answers."""
        return frozenset(normalised(c.source) for c in self.blank.cells if c.kind != "code")


@dataclass
class Course:
    """The lessons that stand: each has a blank notebook and grading tests.

    Parameters
    ----------
    root : the course's folder
    hidden : a folder with further tests, `test_<topic>.py`, or None

    Raises
    ------
    CourseError : where no lesson stands, or `hidden` holds no tests of them
    """

    root: Path = COURSE
    hidden: Path | None = None
    lessons: dict[str, Lesson] = field(init=False)

    def __post_init__(self) -> None:
        self.lessons = {}
        for release in sorted(self.root.glob("notebooks/[0-9][0-9]_*.ipynb")):
            match = LESSON_NAME.fullmatch(release.stem)
            if match is None:
                continue
            tests = self.root / "tests" / "grading" / f"test_{match[1]}.py"
            if tests.is_file():
                self.lessons[release.stem] = Lesson(release.stem, match[1], tests, release)
        if not self.lessons:
            raise CourseError(
                f"{self.root} holds no lessons to grade: notebooks/ is empty. Run: make build"
            )
        if self.hidden is not None:
            self._check_hidden(self.hidden)

    def _check_hidden(self, hidden: Path) -> None:
        if not hidden.is_dir():
            raise CourseError(f"--hidden: there is no folder {hidden}.")
        topics = {lesson.topic for lesson in self.lessons.values()}
        modules = sorted(hidden.glob("test_*.py"))
        if not modules:
            raise CourseError(
                f"--hidden: {hidden} holds no tests; they are named like tests/grading/, "
                f"for example test_{min(topics)}.py."
            )
        for module in modules:
            if module.stem.removeprefix("test_") not in topics:
                raise CourseError(f"--hidden: {module.name} belongs to no lesson of the course.")

    def hidden_tests(self, lesson: Lesson) -> Path | None:
        """The module of hidden tests for a lesson, if there is one."""
        if self.hidden is None:
            return None
        module = self.hidden / f"test_{lesson.topic}.py"
        return module if module.is_file() else None

    def fingerprint(self, name: str | None) -> str:
        """A digest of all that decides a lesson's grades but the submission.

        Its tests, hidden ones included, the references of this and of earlier lessons, the blank
        notebook, and the code of the check and the grader. For no lesson: of all lessons together.
        """
        if name not in self.lessons:
            everything = [self.fingerprint(lesson) for lesson in self.lessons]
            return hashlib.sha256("".join(everything).encode()).hexdigest()
        if name not in self._fingerprints:
            self._fingerprints[name] = _digest(self._decisive_files(self.lessons[name]))
        return self._fingerprints[name]

    @cached_property
    def _fingerprints(self) -> dict[str, str]:
        return {}

    def _decisive_files(self, lesson: Lesson) -> list[Path]:
        earlier = [other for other in self.lessons.values() if other.name <= lesson.name]
        hidden = self.hidden_tests(lesson)
        here = Path(__file__).parent
        return [
            lesson.tests,
            lesson.release,
            *([hidden] if hidden else []),
            *(COURSE / "utils" / f"{other.topic}.py" for other in earlier),
            *sorted((COURSE / "utils" / "checking").glob("*.*")),
            *sorted(path for pattern in _DECIDES for path in here.glob(pattern)),
        ]

    def tell(self, notebook: Notebook | None, file_name: str, raw: bytes = b"") -> str | None:
        """The lesson that a notebook is for, None where nothing tells.

        Its metadata say, else the exercises that it defines, else its file name. Of a notebook that
        can't be parsed, the raw text is asked.
        """
        if notebook is not None:
            if notebook.lesson in self.lessons:
                return notebook.lesson
            return self._by_exercises(notebook, file_name)
        return self._by_metadata_text(raw) or self._by_file_name(file_name)

    def _by_exercises(self, notebook: Notebook, file_name: str) -> str | None:
        counts = {
            name: len(notebook.defined(lesson.exercises)) for name, lesson in self.lessons.items()
        }
        most = max(counts.values())
        best = [name for name, count in counts.items() if count == most]
        by_file_name = self._by_file_name(file_name)
        if most == 0 or by_file_name in best:
            return by_file_name
        return best[0]

    def _by_metadata_text(self, raw: bytes) -> str | None:
        named = re.findall(rb'"lesson"\s*:\s*"(\w{1,80})"', raw)
        return next((n.decode() for n in reversed(named) if n.decode() in self.lessons), None)

    def _by_file_name(self, file_name: str) -> str | None:
        stem = re.sub(r"[^a-z0-9]+", "_", Path(file_name).stem.lower())
        for name in self.lessons:
            if name in stem:
                return name
        for name, lesson in self.lessons.items():
            if lesson.topic in stem:
                return name
        numbers = re.findall(r"(?:^|_|[a-z])(\d\d?)(?=_|$)", stem)
        by_number = {int(name[:2]): name for name in self.lessons}
        return next((by_number[int(n)] for n in numbers if int(n) in by_number), None)


def _digest(paths: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        if path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(json.dumps([path.name, content]).encode())
    return digest.hexdigest()
