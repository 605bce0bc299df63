"""Grade a folder of notebooks: what is new or changed, side by side, come what may.

Each notebook's feedback is written and then, in one transaction, its grades. So whenever the grader
is stopped, the gradebook is true, and the next run grades only what is not in it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import signal
import sqlite3
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Protocol

from filelock import FileLock, Timeout

from grader.course import Course, CourseError
from grader.gradebook import Gradebook, GradebookError, write_whole
from grader.messages import Graded, Unit
from grader.notebook import Unreadable, read_bytes
from grader.report import Reporter
from grader.submissions import Submission, Submissions, SubmissionsError, find_submissions
from grader.worker import Settings, Unusable

DONE, STOPPED, WRONG_ARGUMENTS, INTERRUPTED = 0, 1, 2, 130
FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    submissions: Path
    out: Path
    workers: int = 1
    scheduler: str | None = None
    hidden: Path | None = None
    force: bool = False
    sandbox: str = "bubblewrap"
    course: Course | None = None  # another course, for tests


class Pool(Protocol):
    """Whoever grades units: processes here, or a cluster."""

    def grade(self, units: Iterator[Unit]) -> Generator[Graded, None, None]:
        """What came of each unit, in the order in which they are done."""


@dataclass
class _Run:
    """What one run is about."""

    options: Options
    course: Course
    found: Submissions
    gradebook: Gradebook
    hashes: dict[tuple[str, str], str] = field(default_factory=dict)  # of what is under way
    feedback: dict[tuple[str, str], Path] = field(default_factory=dict)
    done: int = 0  # notebooks whose grades stand: of this run or of an earlier one


def run(options: Options, reporter: Reporter) -> int:
    """Grade, and tell how it went.

    Returns ------- 0 when everything was graded, 1 when something stopped it, 2 for unusable
    arguments, 130 for Ctrl-C
    """
    try:
        course = options.course or Course(hidden=options.hidden)
        found = find_submissions(options.submissions)
        _make_folder(options.out)
        with FileLock(options.out / ".lock", timeout=0):
            return _run_locked(options, course, found, reporter)
    except (CourseError, SubmissionsError, GradebookError, Unusable) as error:
        reporter.stop(str(error))
        return WRONG_ARGUMENTS
    except KeyboardInterrupt:  # before the first notebook, or while the results were written out
        reporter.warn("Interrupted. Run the same command again to go on.")
        return INTERRUPTED
    except Timeout:
        reporter.stop(
            f"Another grader is writing to {options.out}: wait for it, or choose another --out."
        )
        return WRONG_ARGUMENTS
    except (OSError, sqlite3.OperationalError) as error:
        reporter.stop(_why_stopped(error, options.out))
        return STOPPED


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno in FULL:
            raise
        raise Unusable(_why_stopped(error, out)) from None


def _why_stopped(error: OSError | sqlite3.OperationalError, out: Path) -> str:
    full = isinstance(error, OSError) and error.errno in FULL
    if full or "disk is full" in str(error):
        return (
            f"The disk of {out} is full. What was graded is kept: free some space and run the same "
            "command again."
        )
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"The grader may not write to {error.filename or out}: choose another --out."
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        return f"{error.filename or out} is a file where a folder is needed: choose another --out."
    return f"{out} can't be written to ({error}). Run the same command again when that is mended."


def _run_locked(options: Options, course: Course, found: Submissions, reporter: Reporter) -> int:
    gradebook = Gradebook(options.out / "gradebook.sqlite")
    with contextlib.closing(gradebook), _terminated_like_interrupted():
        job = _Run(options, course, found, gradebook)
        interrupted = False
        try:
            _note_students(job)
            settings = Settings(
                options.sandbox,
                str(options.hidden.resolve()) if options.hidden else "",
                str(course.root),
                course.fingerprint(None),
            )
            with reporter.progress(len(found.notebooks)) as progress:
                graded_now = 0
                pool = _pool(options, settings, len(found.notebooks), reporter)
                with contextlib.closing(pool.grade(_units(job, progress.skipped))) as results:
                    for graded in results:
                        _record(job, graded)
                        graded_now += 1
                        progress.graded()
        except KeyboardInterrupt:
            interrupted = True
        _write_files(job)
        if interrupted:
            reporter.interrupted(job.done, len(found.notebooks))
            return INTERRUPTED
        reporter.summary(gradebook, found.problems, graded_now, options.out)
    return DONE


def _pool(options: Options, settings: Settings, notebooks: int, reporter: Reporter) -> Pool:
    if options.scheduler is not None:
        from grader.cluster import ClusterPool

        cluster = ClusterPool(settings, options.scheduler)
        if not cluster.threads():
            reporter.warn(f"The scheduler at {options.scheduler} has no workers yet: waiting.")
        return cluster
    from grader.pool import LocalPool

    return LocalPool(settings, max(1, min(options.workers, notebooks)))


def _note_students(job: _Run) -> None:
    """Forget notebooks that are gone, so that those which are there count."""
    for student, notebooks in job.found.students.items():
        for notebook in job.gradebook.note_student(student, notebooks):
            gone = Submission(notebook, student)
            (job.options.out / "feedback" / gone.feedback).unlink(missing_ok=True)
    job.gradebook.choose()


def _units(job: _Run, skipped: Callable[[], None]) -> Iterator[Unit]:
    """The notebooks that are new or changed, read one at a time."""
    for submission in job.found.notebooks:
        content, problem = b"", ""
        try:
            content = read_bytes(Path(submission.path), Path(submission.folder))
        except Unreadable as error:
            problem = str(error)
        digest = hashlib.sha256(problem.encode() + b"\0" + content).hexdigest()
        if not job.options.force and _stands(job, submission, digest):
            job.done += 1
            skipped()
            continue
        place = (submission.student, submission.notebook)
        job.hashes[place] = digest
        job.feedback[place] = submission.feedback
        yield Unit(submission.student, submission.notebook, content, problem)


def _stands(job: _Run, submission: Submission, digest: str) -> bool:
    """Whether a notebook's grades in the gradebook are those that it would get now."""
    known = job.gradebook.graded_with(submission.student, submission.notebook, digest)
    if known is None or known.fingerprint != job.course.fingerprint(known.lesson):
        return False
    return not known.counts or (job.options.out / "feedback" / submission.feedback).is_file()


def _record(job: _Run, graded: Graded) -> None:
    place = (graded.student, graded.notebook)
    page = job.options.out / "feedback" / job.feedback.pop(place)
    page.parent.mkdir(parents=True, exist_ok=True)
    write_whole(page, lambda file: file.write(graded.feedback), durable=False)
    job.gradebook.record(graded, job.hashes.pop(place))
    job.done += 1


def _write_files(job: _Run) -> None:
    """Write out the gradebook; the same grades give the same bytes."""
    job.gradebook.choose()
    for student, notebook, _, _ in job.gradebook.passed_over():
        page = Submission(notebook, student).feedback
        (job.options.out / "feedback" / page).unlink(missing_ok=True)
    job.gradebook.write_results(job.options.out / "results.jsonl")
    job.gradebook.write_grades(job.options.out / "grades.csv", job.course.lessons)


@contextlib.contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Let a polite request to end (SIGTERM) do what Ctrl-C does."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not in the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
