"""What travels between the process that writes the gradebook and those that grade.

One unit of work is one notebook. Units and what came of them cross as bytes in the grader's own
typed encoding: nothing is pickled, on one machine or between machines.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, get_args

from grader import wire
from utils.checking.verdict import Status

_LENGTH = struct.Struct("<I")
STATUSES: tuple[str, ...] = get_args(Status)


class BrokenMessage(ValueError):
    """Bytes that are no message of this kind."""


@dataclass(frozen=True)
class Unit:
    """One notebook to grade."""

    student: str
    notebook: str  # its file name
    content: bytes
    problem: str = ""  # a sentence, where it can't be read or graded: then it gets rows that say so

    def to_bytes(self) -> bytes:
        """The unit as a message."""
        fields = asdict(self)
        return _with_tail(fields, fields.pop("content"))

    @classmethod
    def from_bytes(cls, message: bytes) -> Unit:
        """The unit that a message holds."""
        fields, content = _fields(message, cls)
        _expect_types(fields, {"student": str, "notebook": str, "problem": str}, "unit")
        return cls(**fields, content=content)


@dataclass(frozen=True)
class FailedTest:
    """One test that an answer did not pass, in words. What does not apply is None."""

    test: str | None
    why: str | None
    call: str | None = None
    got: str | None = None
    expected: str | None = None


@dataclass(frozen=True)
class Row:
    """What came of one exercise of one notebook."""

    exercise: str
    status: str
    points: float
    max_points: float
    diagnosis: str | None = None
    failures: tuple[FailedTest, ...] = ()


@dataclass(frozen=True)
class Graded:
    """What came of one notebook."""

    student: str
    notebook: str
    lesson: str | None
    rows: tuple[Row, ...]
    feedback: str  # a page of HTML
    problem: str = ""  # what was wrong with the notebook as a whole
    seconds: float = 0.0
    fingerprint: str = ""  # of what it was graded with
    points: float = field(init=False)
    max_points: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", round(sum(row.points for row in self.rows), 6))
        object.__setattr__(self, "max_points", round(sum(row.max_points for row in self.rows), 6))

    def to_bytes(self) -> bytes:
        """The result as a message."""
        fields = asdict(self)
        del fields["points"], fields["max_points"]
        return _with_tail(fields, fields.pop("feedback").encode("utf-8", "replace"))

    @classmethod
    def from_bytes(cls, message: bytes) -> Graded:
        """The result that a message holds.

        Raises
        ------
        BrokenMessage : where it holds none
        """
        fields, feedback = _fields(message, cls)
        _expect_types(
            fields,
            {
                "student": str,
                "notebook": str,
                "lesson": (str, type(None)),
                "rows": (tuple, list),
                "problem": str,
                "seconds": float,
                "fingerprint": str,
            },
            "result",
        )
        rows = tuple(_row(row) for row in fields.pop("rows"))
        return cls(**fields, rows=rows, feedback=feedback.decode("utf-8", "replace"))


def _row(fields: object) -> Row:
    if not isinstance(fields, dict):
        raise BrokenMessage("a row that is no dict")
    kinds = {"exercise": str, "status": str, "points": (int, float), "max_points": (int, float)}
    _expect_types(
        fields, {**kinds, "diagnosis": (str, type(None)), "failures": (tuple, list)}, "row"
    )
    if fields["status"] not in STATUSES:
        raise BrokenMessage(f"the status {fields['status']!r}")
    return Row(**{**fields, "failures": tuple(FailedTest(**one) for one in fields["failures"])})


def _with_tail(fields: dict[str, Any], tail: bytes) -> bytes:
    """The encoded fields, their length in front, and behind them bytes of any length."""
    head = wire.encode(fields)
    return _LENGTH.pack(len(head)) + head + tail


def _fields(message: bytes, kind: type) -> tuple[dict[str, Any], bytes]:
    try:
        (length,) = _LENGTH.unpack_from(message)
        fields = wire.decode(message[_LENGTH.size : _LENGTH.size + length])
    except (ValueError, struct.error) as error:
        raise BrokenMessage(f"no message of the grader ({error})") from None
    if not isinstance(fields, dict):
        raise BrokenMessage(f"no {kind.__name__}")
    return fields, message[_LENGTH.size + length :]


def _expect_types(fields: Mapping[str, object], types: Mapping[str, Any], what: str) -> None:
    if set(fields) != set(types):
        raise BrokenMessage(f"a {what} with the fields {sorted(map(str, fields))}")
    for name, kind in types.items():
        if not isinstance(fields[name], kind):
            raise BrokenMessage(f"a {what} whose {name} is a {type(fields[name]).__name__}")
