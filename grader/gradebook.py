"""The gradebook: one SQLite file, from which the result files are written out.

One process writes it. Each notebook's grades are one transaction, so whatever interrupts the
grader, a notebook is in it whole or not at all.
"""

from __future__ import annotations

import csv
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from grader.messages import Graded

FORMAT = 1

_TABLES = """
CREATE TABLE IF NOT EXISTS notebooks (
    id INTEGER PRIMARY KEY,
    student TEXT NOT NULL,
    notebook TEXT NOT NULL,           -- file name
    lesson TEXT,                      -- NULL where nothing tells
    counts INTEGER NOT NULL,          -- 0: another notebook counts for this student and lesson
    points REAL NOT NULL,
    max_points REAL NOT NULL,
    problem TEXT NOT NULL,            -- what was wrong with the notebook as a whole
    seconds REAL NOT NULL,
    content_hash TEXT NOT NULL,       -- with fingerprint: what resuming compares
    fingerprint TEXT NOT NULL,
    UNIQUE (student, notebook)
);
CREATE TABLE IF NOT EXISTS results (
    notebook_id INTEGER NOT NULL REFERENCES notebooks (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,        -- the exercise's place in its lesson
    exercise TEXT,                    -- NULL where the lesson is not known
    status TEXT NOT NULL,
    points REAL NOT NULL,
    max_points REAL NOT NULL,
    diagnosis TEXT,
    failures TEXT NOT NULL,           -- JSON
    PRIMARY KEY (notebook_id, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS students (student TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_lesson ON notebooks (lesson, student);
"""


class GradebookError(Exception):
    """The gradebook can't be used; the message says why and what to do."""


@dataclass(frozen=True)
class Known:
    """What the gradebook knows of a notebook with a certain content."""

    fingerprint: str  # of what it was graded with
    lesson: str | None
    counts: bool


@dataclass(frozen=True)
class LessonSummary:
    """What the table at the end says of one lesson."""

    lesson: str
    notebooks: int
    median: float  # points
    max_points: float
    hardest: str  # the exercise that the fewest passed, "" where all passed all
    hardest_share: float  # of notebooks that passed it
    faults: dict[str, int]  # how many exercises ended as error, timeout or killed


class Gradebook:
    """An open gradebook.

    Parameters
    ----------
    path : the SQLite file; made where there is none

    Raises
    ------
    GradebookError : where the file is something else, or of a later version of the grader
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = sqlite3.connect(path, isolation_level=None)
        try:
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")  # a commit survives a kill -9
            self._database.execute("PRAGMA foreign_keys=ON")
            (found,) = self._database.execute("PRAGMA user_version").fetchone()
            if found not in (0, FORMAT):
                raise GradebookError(
                    f"{path} was written by another version of the grader: choose another --out."
                )
            self._database.executescript(_TABLES)
            self._database.execute(f"PRAGMA user_version={FORMAT}")
        except sqlite3.DatabaseError as error:
            self._database.close()
            if "full" in str(error) or "readonly" in str(error) or "I/O" in str(error):
                raise
            raise GradebookError(
                f"{path} is no gradebook ({error}): move it away, or choose another --out."
            ) from None

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    # ------------------------------------------------------------------ what is there already

    def graded_with(self, student: str, notebook: str, content_hash: str) -> Known | None:
        """How a notebook was graded with just this content, None where it was not."""
        row = self._database.execute(
            "SELECT fingerprint, lesson, counts FROM notebooks"
            " WHERE student=? AND notebook=? AND content_hash=?",
            (student, notebook, content_hash),
        ).fetchone()
        return Known(row[0], row[1], bool(row[2])) if row else None

    # ------------------------------------------------------------------ writing

    def record(self, graded: Graded, content_hash: str) -> None:
        """Store one notebook's grades, in place of what stood there for this notebook."""
        with self._transaction():
            self._database.execute(
                "DELETE FROM notebooks WHERE student=? AND notebook=?",
                (graded.student, graded.notebook),
            )
            notebook_id = self._database.execute(
                "INSERT INTO notebooks (student, notebook, lesson, counts, points, max_points,"
                " problem, seconds, content_hash, fingerprint) VALUES (?,?,?,1,?,?,?,?,?,?)",
                (
                    graded.student,
                    graded.notebook,
                    graded.lesson,
                    graded.points,
                    graded.max_points,
                    graded.problem,
                    graded.seconds,
                    content_hash,
                    graded.fingerprint,
                ),
            ).lastrowid
            self._database.executemany(
                "INSERT INTO results VALUES (?,?,?,?,?,?,?,?)",
                (
                    (
                        notebook_id,
                        position,
                        row.exercise or None,
                        row.status,
                        row.points,
                        row.max_points,
                        row.diagnosis,
                        json.dumps([asdict(one) for one in row.failures]),
                    )
                    for position, row in enumerate(graded.rows)
                ),
            )

    def note_student(self, student: str, notebooks: Sequence[str] | None) -> list[str]:
        """Note that a student is there, with these notebooks; grades of their others are dropped.

        Parameters
        ----------
        notebooks : all notebooks of the student, None to drop nothing

        Returns
        -------
        the names of notebooks whose grades were dropped
        """
        with self._transaction():
            self._database.execute("INSERT OR IGNORE INTO students VALUES (?)", (student,))
            if notebooks is None:
                return []
            known = self._database.execute(
                "SELECT notebook FROM notebooks WHERE student=? ORDER BY notebook", (student,)
            )
            gone = [name for (name,) in known if name not in set(notebooks)]
            self._database.executemany(
                "DELETE FROM notebooks WHERE student=? AND notebook=?",
                [(student, name) for name in gone],
            )
        return gone

    def choose(self) -> None:
        """Of several notebooks of one student for one lesson, let one count.

        The one with the release's file name, else the first that could be read, by name.
        """
        with self._transaction():
            self._database.execute("UPDATE notebooks SET counts=1 WHERE counts=0")
            self._database.execute(
                "UPDATE notebooks SET counts=0 WHERE id IN (SELECT id FROM ("
                "  SELECT id, row_number() OVER (PARTITION BY student, lesson ORDER BY"
                "    notebook != lesson || '.ipynb', problem != '', notebook) AS place"
                "  FROM notebooks WHERE lesson IS NOT NULL) WHERE place > 1)"
            )

    def _transaction(self) -> sqlite3.Connection:
        self._database.execute("BEGIN")
        return self._database  # commits at the end of `with`, or rolls back

    # ------------------------------------------------------------------ reading

    def passed_over(self) -> Iterator[tuple[str, str, str, str]]:
        """Student, notebook, lesson, and the notebook that counts in its place."""
        yield from self._database.execute(
            "SELECT a.student, a.notebook, a.lesson, b.notebook FROM notebooks a JOIN notebooks b"
            " ON a.student=b.student AND a.lesson=b.lesson AND a.counts=0 AND b.counts=1"
            " ORDER BY a.student, a.notebook"
        )

    def problems(self) -> Iterator[tuple[str, str, str]]:
        """Student, notebook and sentence, for each notebook that could not be graded as a whole."""
        yield from self._database.execute(
            "SELECT student, notebook, problem FROM notebooks WHERE problem != ''"
            " ORDER BY student, notebook"
        )

    def results(self) -> Iterator[dict[str, object]]:
        """The objects of results.jsonl, in order."""
        rows = self._database.execute(
            "SELECT student, lesson, exercise, status, r.points, r.max_points, diagnosis, failures"
            " FROM notebooks n JOIN results r ON r.notebook_id = n.id WHERE counts = 1"
            " ORDER BY student, lesson IS NULL, lesson, notebook, position"
        )
        names = [column[0] for column in rows.description]
        for row in rows:
            fields = dict(zip(names, row, strict=True))
            yield {
                **fields,
                "points": _number(fields["points"]),
                "max_points": _number(fields["max_points"]),
                "failures": json.loads(fields["failures"]),
            }

    def summaries(self) -> list[LessonSummary]:
        """A line for each lesson that has grades."""
        lessons = self._database.execute(
            "SELECT DISTINCT lesson FROM notebooks WHERE counts=1 AND lesson IS NOT NULL"
            " ORDER BY lesson"
        ).fetchall()
        return [self._summary(lesson) for (lesson,) in lessons]

    def _summary(self, lesson: str) -> LessonSummary:
        ranked = "SELECT points FROM notebooks WHERE counts=1 AND lesson=? ORDER BY points"
        count, highest = self._database.execute(
            "SELECT count(*), max(max_points) FROM notebooks WHERE counts=1 AND lesson=?", (lesson,)
        ).fetchone()
        middle = self._database.execute(
            f"{ranked} LIMIT ? OFFSET ?", (lesson, 2 - count % 2, (count - 1) // 2)
        ).fetchall()
        hardest = self._database.execute(
            "SELECT exercise, avg(status='passed') AS share FROM notebooks n JOIN results r"
            " ON r.notebook_id=n.id WHERE counts=1 AND lesson=?"
            " GROUP BY exercise ORDER BY share, min(position) LIMIT 1",
            (lesson,),
        ).fetchone()
        faults = self._database.execute(
            "SELECT status, count(*) FROM notebooks n JOIN results r ON r.notebook_id=n.id"
            " WHERE counts=1 AND lesson=? AND status IN ('error', 'timeout', 'killed')"
            " GROUP BY status ORDER BY status",
            (lesson,),
        ).fetchall()
        exercise, share = hardest if hardest is not None else ("", 1.0)
        return LessonSummary(
            lesson,
            count,
            sum(points for (points,) in middle) / len(middle),
            highest,
            exercise if share < 1 else "",
            share,
            dict(faults),
        )

    # ------------------------------------------------------------------ the files

    def write_results(self, path: Path) -> None:
        """Write results.jsonl."""

        def lines(file: TextIO) -> None:
            for result in self.results():
                # ASCII only: no name can break a line, not even with U+2028
                file.write(json.dumps(result, allow_nan=False) + "\n")

        write_whole(path, lines)

    def write_grades(self, path: Path, lessons: Iterable[str]) -> None:
        """Write grades.csv: a row per student, a column per lesson, and the total."""
        graded = self._database.execute(
            "SELECT DISTINCT lesson FROM notebooks WHERE counts=1 AND lesson IS NOT NULL"
        )
        columns = sorted({*lessons, *(lesson for (lesson,) in graded)})

        def lines(file: TextIO) -> None:
            table = csv.writer(file, lineterminator="\n")
            quoted = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
            table.writerow(["student", *columns, "total"])
            for student, points in self._points_by_student():
                cells = [_number(points[name]) if name in points else "" for name in columns]
                total = _number(round(sum(points.values()), 6))
                # Python quotes what parts cells here; spreadsheets part them elsewhere too, and
                # would take what stands behind a semicolon for a formula
                writer = quoted if any(mark in student for mark in "\r\t;|:") else table
                writer.writerow([no_formula(student), *cells, total])

        write_whole(path, lines)

    def _points_by_student(self) -> Iterator[tuple[str, dict[str, float]]]:
        rows = self._database.execute(
            "SELECT s.student, lesson, points FROM students s LEFT JOIN notebooks n"
            " ON n.student = s.student AND counts = 1 AND lesson IS NOT NULL ORDER BY s.student"
        )
        current: str | None = None
        points: dict[str, float] = {}
        for student, lesson, number in rows:
            if student != current:
                if current is not None:
                    yield current, points
                current, points = student, {}
            if lesson is not None:
                points[lesson] = number
        if current is not None:
            yield current, points


def _number(value: object) -> float | int:
    """3.0 as 3: points are whole numbers but where an exercise gives shares."""
    assert isinstance(value, (int, float))
    return int(value) if value == int(value) else float(value)


def no_formula(text: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    Spreadsheets look at the first character, some after skipping spaces, some at wide forms too.
    """
    start = text.lstrip()[:1]
    signs = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "|", "%")
    if start in signs or text[:1] in ("\t", "\r", "\n"):
        return "'" + text
    return text


def write_whole(path: Path, write: Callable[[TextIO], object], *, durable: bool = True) -> None:
    """Write a text file whole or not at all: under another name first, then renamed.

    Parameters
    ----------
    path : where it shall be
    write : writes its text to an open file
    durable : wait until it would survive a power failure
    """
    half_made = path.with_name(f".{path.name}.part")
    with half_made.open("w", encoding="utf-8", errors="replace", newline="") as file:
        write(file)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    half_made.replace(path)
