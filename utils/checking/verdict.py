"""What came of judging an exercise: its tests' results, and the verdict they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from utils.checking.exercise import Exercise
from utils.checking.subject import Call, Failure

Status = Literal["passed", "failed", "not_started", "error", "timeout", "killed", "missing"]


@dataclass(frozen=True)
class TestResult:
    """What one grading test found."""

    __test__ = False  # its name starts with Test, but it is none

    test: str  # the test's name as a sentence: "survives huge inputs"
    failure: Failure | None
    calls: tuple[Call, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the test found nothing wrong."""
        return self.failure is None


@dataclass(frozen=True)
class Verdict:
    """What came of judging one exercise."""

    exercise: Exercise
    status: Status
    points: float
    results: tuple[TestResult, ...] = ()
    diagnosis: str | None = None  # the sentence of a recognised mistake
    message: str = ""  # for statuses without tests: a syntax error, a missing definition

    @property
    def max_points(self) -> int:
        """What passing all tests is worth."""
        return self.exercise.points

    @property
    def failures(self) -> tuple[TestResult, ...]:
        """The tests that found something wrong."""
        return tuple(result for result in self.results if not result.passed)

    @property
    def passing(self) -> tuple[TestResult, ...]:
        """The tests that found nothing wrong."""
        return tuple(result for result in self.results if result.passed)

    @property
    def printed(self) -> str:
        """What the learner's function printed, of the calls that printed first."""
        return next((c.reply.printed for r in self.results for c in r.calls if c.reply.printed), "")
