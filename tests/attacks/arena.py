"""Where cheats and sabotages are graded: by the real grader, in real sandboxes.

An attack is a notebook: a release with right answers in it, but for the exercises that the attack
claims without having solved them. It must score what its honest part deserves, to the point. Then
two neighbours, one all right and one all wrong, are graded in the same warm sandbox, and must get
the rows and the page that they got before any attack.
"""

from __future__ import annotations

import contextlib
import os
import resource
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from grader.course import Course
from grader.grading import Grader
from grader.messages import Graded, Unit
from grader.sandbox import Limits, Sandbox, Session
from tests.grader.support import (
    COURSE,
    TEMPORARY,
    answered,
    as_bytes,
    code_cell,
    exercise_cell,
    right,
)

LESSON = "01_perceptron"
SECONDS = 2.0  # for one call, where an attack is to run out of time: what each time-out costs
PATIENCE = 60.0  # for one call else: no slow machine shall time out what ends by itself
MEGABYTE = 2**20
LIMITS = Limits(
    call_seconds=PATIENCE,
    cell_seconds=1.0,
    open_seconds=6.0,
    grace_seconds=0.5,
    memory_bytes=128 * MEGABYTE,
    temporary_bytes=4 * MEGABYTE,
    file_bytes=2 * MEGABYTE,
)
MEMORY_TO_SPARE = 400 * MEGABYTE  # that one notebook may cost the grader's own process


class QuickSandbox(Sandbox):
    """The real sandbox with tighter limits, so that running into them takes less time."""

    def __init__(self, lesson: str, seconds: Callable[[], float] = lambda: PATIENCE) -> None:
        self.seconds = seconds  # for a call, when a submission is opened
        super().__init__(lesson, limits=LIMITS)

    def open(
        self,
        cells: Sequence[str],
        exercises: Sequence[str],
        *,
        time_limits: Mapping[str, float] | None = None,
    ) -> Session:
        limits = dict.fromkeys(time_limits or {}, self.seconds())
        return super().open(cells, exercises, time_limits=limits)


class Arena:
    """A grader, and what its neighbours got before anything happened."""

    def __init__(self, course: Course = COURSE) -> None:
        self.seconds = PATIENCE
        self.grader = Grader(course, lambda lesson: QuickSandbox(lesson, lambda: self.seconds))
        self.neighbours: dict[str, list[Graded]] = {}

    def grade(self, notebook: dict, lesson: str = LESSON) -> Graded:
        """What came of a notebook."""
        with limited_memory():
            return self.grader.grade(Unit("mallory", f"{lesson}.ipynb", as_bytes(notebook)))

    def attack(
        self, source: str, lesson: str = LESSON, *, everything: str = "", **statuses: str
    ) -> Graded:
        """Grade an attack and its neighbours.

        Parameters
        ----------
        source : the cheat's cell
        everything : the status of all exercises, where the attack costs its own notebook all
        statuses : of the exercises that are not solved; all others are, and must pass
        """
        if lesson not in self.neighbours or self.server(lesson) is None:
            self.neighbours.setdefault(lesson, self.grade_neighbours(lesson))
        server = self.server(lesson)
        peak = peak_memory()
        self.seconds = SECONDS if "timeout" in (everything, *statuses.values()) else PATIENCE
        graded = self.grade(with_cheat(source, statuses, lesson), lesson)
        self.seconds = PATIENCE
        if everything:
            statuses = dict.fromkeys(COURSE.lessons[lesson].exercises, everything)
        assert_deserved(graded, lesson, statuses)
        assert peak_memory() - peak < MEMORY_TO_SPARE, "it cost the grader's own process memory"
        assert self.server(lesson) == server, "the warm server was brought to its end"
        for usual, now in zip(self.neighbours[lesson], self.grade_neighbours(lesson), strict=True):
            assert now.rows == usual.rows
            assert now.feedback == usual.feedback
        return graded

    def grade_neighbours(self, lesson: str) -> list[Graded]:
        """An honest right solution and an honest wrong one."""
        return [self.grade(answered(lesson=lesson), lesson), self.grade(all_wrong(lesson), lesson)]

    def server(self, lesson: str) -> tuple[int, int | None] | None:
        """The process of a lesson's warm sandbox, and whether it has ended; None without one."""
        sandbox = self.grader._sandboxes.get(lesson)
        if not isinstance(sandbox, Sandbox) or sandbox._process is None:
            return None
        return sandbox._process.pid, sandbox._process.poll()


def attack(
    lesson: str = LESSON, *, everything: str = "", **statuses: str
) -> Callable[[Callable[[], str]], Callable]:
    """Make a test of a function that returns a cheat's cell.

    Parameters
    ----------
    everything, statuses : as for `Arena.attack`
    """

    def make(cheat: Callable[[], str]) -> Callable:
        def test(arena: Arena) -> None:
            arena.attack(cheat(), lesson, everything=everything, **statuses)

        test.__name__, test.__doc__ = cheat.__name__, cheat.__doc__
        test.__module__, test.__qualname__ = cheat.__module__, cheat.__qualname__
        return pytest.mark.sandbox(test)

    return make


def in_sandbox(source: str) -> str:
    """A cheat's cell, its temporary files where the sandbox has them."""
    return textwrap.dedent(source).replace("/tmp", TEMPORARY)


def with_cheat(source: str, claimed: Mapping[str, str], lesson: str = LESSON) -> dict:
    """The release with right answers, and this cell where the first claimed exercise stands.

    Where none is claimed, it stands in front of all exercises.
    """
    exercises = COURSE.lessons[lesson].exercises
    assert set(claimed) <= set(exercises), claimed
    notebook = answered({n: right(n, lesson) for n in exercises if n not in claimed}, lesson)
    place = exercise_cell(notebook, next(iter(claimed), exercises[0]))
    position = notebook["cells"].index(place)
    notebook["cells"].insert(position, code_cell(in_sandbox(source)))
    return notebook


def all_wrong(lesson: str) -> dict:
    """A notebook with a wrong answer to each exercise, an honest one."""
    exercises = COURSE.lessons[lesson].exercises
    wrong = {name: f"def {name}(*arguments):\n    return 0.123" for name in exercises}
    return answered(wrong, lesson)


def assert_deserved(graded: Graded, lesson: str, statuses: Mapping[str, str]) -> None:
    """Claimed exercises have their status and no points, all others are passed with all points."""
    expected = {name: statuses.get(name, "passed") for name in COURSE.lessons[lesson].exercises}
    assert {row.exercise: row.status for row in graded.rows} == expected
    for row in graded.rows:
        assert row.points == (row.max_points if row.status == "passed" else 0), row


def peak_memory() -> int:
    """Of this process, in bytes, so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@contextlib.contextmanager
def limited_memory(to_spare: int = 3 * 2**30) -> Iterator[None]:
    """Let this process have so much more memory and no more.

    A bomb that goes off here shall cost a test, not the machine.
    """
    before = resource.getrlimit(resource.RLIMIT_DATA)
    status = Path(f"/proc/{os.getpid()}/status").read_text()
    used = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmData"))
    resource.setrlimit(resource.RLIMIT_DATA, (used * 1024 + to_spare, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)
