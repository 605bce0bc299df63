"""A folder in, a gradebook out: whatever happens on the way, nothing is lost or graded twice."""

import csv
import io
import itertools
import json
import os
import select
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from filelock import FileLock
from rich.console import Console

from grader import batch
from grader.batch import DONE, INTERRUPTED, STOPPED, WRONG_ARGUMENTS, Options
from grader.grading import Grader
from grader.messages import Graded, Row, Unit
from grader.pool import LocalPool
from grader.report import Reporter
from grader.submissions import find_submissions
from grader.worker import GIVEN_UP, Settings, Worker
from tests.grader.support import (
    COURSE,
    LESSON,
    PlainSandbox,
    answered,
    as_bytes,
    blank,
    hand_in,
    right,
)
from tests.grader.test_grading import HIDDEN, SPECIAL, all_right

ROOT = Path(__file__).parents[2]
FILES = ("results.jsonl", "grades.csv")


@pytest.fixture
def handed_in(tmp_path):
    """Four students: all right, nothing, one right and one wrong, damaged."""
    folder = tmp_path / "in"
    hand_in(folder, "ann", answered())
    hand_in(folder, "bob", blank())
    hand_in(folder, "cleo", answered({"step": right("step"), "boundary_line": "x = 1"}))
    hand_in(folder, "dan", as_bytes(answered())[:3000])
    return folder


class PlainPool:
    """Grades in this process, where nothing is slow to start."""

    def __init__(self, *ignored: object) -> None:
        self.grader = Grader(COURSE, PlainSandbox)

    def grade(self, units):
        for unit in units:
            yield self.grader.grade(unit)


@pytest.fixture
def in_process(monkeypatch):
    monkeypatch.setattr(batch, "_pool", PlainPool)


def run(submissions, out, **options):
    """The exit code and all that was said."""
    said = io.StringIO()
    console = Console(file=said, width=200)
    options.setdefault("sandbox", "none")
    code = batch.run(Options(submissions, out, **options), Reporter(console, console))
    return code, said.getvalue()


def rows(out):
    """Which notebook has which row in the gradebook: a new number means graded anew."""
    with sqlite3.connect(out / "gradebook.sqlite") as database:
        return dict(database.execute("SELECT student || '/' || notebook, id FROM notebooks"))


def contents(out):
    """All files that are the same at each run."""
    pages = sorted(out.glob("feedback/*/*"))
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in [*(out / name for name in FILES), *pages]
    }


def points(out):
    """Each student's points in the lesson."""
    with (out / "grades.csv").open(encoding="utf-8", newline="") as file:
        return {line["student"]: line[LESSON] for line in csv.DictReader(file)}


# ----------------------------------------------------------------------------- what it writes


def test_everything_is_written_and_nothing_else(handed_in, tmp_path, in_process):
    code, said = run(handed_in, tmp_path / "out")
    assert code == DONE
    found = {str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*.*")}
    assert found == {
        *FILES,
        *("gradebook.sqlite", ".lock"),
        *(f"feedback/{student}/{LESSON}.html" for student in ("ann", "bob", "cleo", "dan")),
    }
    assert "dan/01_perceptron.ipynb: The file breaks off" in said
    assert "4 notebooks graded" in said


def test_workers_give_the_same_bytes_as_one_process(handed_in, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(batch, "_pool", PlainPool)
        run(handed_in, tmp_path / "here")
    assert run(handed_in, tmp_path / "there", workers=2)[0] == DONE
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


# ---------------------------------------------------------------------------------- resuming


def test_a_second_run_grades_nothing_and_changes_nothing(handed_in, tmp_path, in_process):
    out = tmp_path / "out"
    run(handed_in, out)
    before, graded_before = contents(out), rows(out)
    code, said = run(handed_in, out)
    assert code == DONE
    assert "Nothing was new" in said
    assert contents(out) == before
    assert rows(out) == graded_before


def test_only_what_changed_is_graded_again(handed_in, tmp_path, in_process):
    out = tmp_path / "out"
    run(handed_in, out)
    before = rows(out)
    hand_in(handed_in, "bob", answered())
    hand_in(handed_in, "eve", answered())
    run(handed_in, out)
    after = rows(out)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {f"bob/{LESSON}.ipynb", f"eve/{LESSON}.ipynb"}


def test_force_grades_everything_again(handed_in, tmp_path, in_process):
    out = tmp_path / "out"
    run(handed_in, out)
    before = rows(out)
    run(handed_in, out, force=True)
    assert not set(before.values()) & set(rows(out).values())


def test_changed_tests_grade_everything_again(handed_in, tmp_path, in_process, monkeypatch):
    out = tmp_path / "out"
    run(handed_in, out)
    before = rows(out)
    monkeypatch.setattr(type(COURSE), "fingerprint", lambda self, name: "other tests")
    run(handed_in, out)
    assert not set(before.values()) & set(rows(out).values())


def test_lost_feedback_is_made_again(handed_in, tmp_path, in_process):
    out = tmp_path / "out"
    run(handed_in, out)
    before, graded_before = contents(out), rows(out)
    (out / "feedback" / "ann" / f"{LESSON}.html").unlink()
    run(handed_in, out)
    assert contents(out) == before
    assert [name for name, row in rows(out).items() if row != graded_before[name]] == [
        f"ann/{LESSON}.ipynb"
    ]


def test_a_notebook_that_is_gone_is_forgotten(handed_in, tmp_path, in_process):
    out = tmp_path / "out"
    hand_in(handed_in, "ann", blank(), "a second one")
    _, said = run(handed_in, out)
    assert f"ann/a second one.ipynb: This is a second notebook for {LESSON}" in said
    assert not (out / "feedback" / "ann" / "a second one.html").exists()
    (handed_in / "ann" / f"{LESSON}.ipynb").unlink()
    run(handed_in, out)
    assert (out / "feedback" / "ann" / "a second one.html").exists()
    assert not (out / "feedback" / "ann" / f"{LESSON}.html").exists()
    assert points(out)["ann"] == "0"


def test_students_of_earlier_runs_stay(handed_in, tmp_path, in_process):
    out = tmp_path / "out"
    run(handed_in, out)
    hand_in(tmp_path / "later", "zoe", answered())
    run(tmp_path / "later", out)
    assert list(points(out)) == ["ann", "bob", "cleo", "dan", "zoe"]


# ------------------------------------------------------------------------------- interruptions


class InterruptedPool(PlainPool):
    """Ctrl-C after two notebooks."""

    def grade(self, units):
        yield from itertools.islice(super().grade(units), 2)
        raise KeyboardInterrupt


def test_ctrl_c_keeps_what_was_graded(handed_in, tmp_path, monkeypatch):
    out = tmp_path / "out"
    monkeypatch.setattr(batch, "_pool", InterruptedPool)
    code, said = run(handed_in, out)
    assert code == INTERRUPTED
    assert "2 of 4 notebooks are graded" in said
    assert len((out / "results.jsonl").read_text().splitlines()) == 12  # two notebooks, six rows
    before = rows(out)
    monkeypatch.setattr(batch, "_pool", PlainPool)
    run(handed_in, out)
    run(handed_in, tmp_path / "undisturbed")
    assert contents(out) == contents(tmp_path / "undisturbed")
    assert before.items() <= rows(out).items()  # none of these was graded twice


def test_ctrl_c_before_the_first_notebook_is_told_too(handed_in, tmp_path, monkeypatch):
    def interrupted(place):
        raise KeyboardInterrupt

    monkeypatch.setattr(batch, "find_submissions", interrupted)
    code, said = run(handed_in, tmp_path / "out")
    assert code == INTERRUPTED
    assert said == "! Interrupted. Run the same command again to go on.\n"


# Grades with real workers and sends itself a signal when the second notebook is in the gradebook:
# as soon as it is told, by a line, that the processes of its workers are being watched.
SELF_SIGNALLED = """
    import os, signal, sys
    from pathlib import Path
    from grader import batch, worker
    from grader.report import Reporter

    record, start, recorded = batch._record, worker.Worker._start, []

    def recording(job, graded):
        record(job, graded)
        recorded.append(graded)
        if len(recorded) == 2:
            sys.stdin.readline()
            os.kill(os.getpid(), signal.{signal})

    def starting(self):
        start(self)
        os.write(1, b"%d\\n" % self.process.pid)  # whole, whatever other threads write

    batch._record, worker.Worker._start = recording, starting
    options = batch.Options(Path(sys.argv[1]), Path(sys.argv[2]), workers=2, sandbox="none")
    sys.exit(batch.run(options, Reporter()))
"""


@pytest.mark.parametrize(
    ("signal", "code"), [("SIGKILL", -9), ("SIGINT", INTERRUPTED), ("SIGTERM", INTERRUPTED)]
)
def test_a_killed_grader_loses_nothing_and_leaves_nothing(handed_in, tmp_path, signal, code):
    out = tmp_path / "out"
    program = textwrap.dedent(SELF_SIGNALLED).replace("{signal}", signal)
    with subprocess.Popen(
        [sys.executable, "-c", program, handed_in, out],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        workers = [os.pidfd_open(int(process.stdout.readline())) for _ in range(2)]
        _, said = process.communicate("they are watched\n")
        assert process.returncode == code, said
    for worker in workers:
        select.select([worker], [], [])  # readable once the process has ended
        os.close(worker)
    before = rows(out)
    assert len(before) == 2
    assert run(handed_in, out, workers=2)[0] == DONE
    assert before.items() <= rows(out).items()
    run(handed_in, tmp_path / "undisturbed", workers=2)
    assert contents(out) == contents(tmp_path / "undisturbed")
    assert not list(out.rglob("*.part"))


def test_hidden_tests_reach_the_workers_and_nothing_of_them_the_learner(tmp_path):
    hidden, folder, out = tmp_path / "hidden", tmp_path / "in", tmp_path / "out"
    hidden.mkdir()
    (hidden / "test_perceptron.py").write_text(textwrap.dedent(HIDDEN))
    hand_in(folder, "ann", answered())
    hand_in(folder, "mallory", answered({**all_right(), "step": SPECIAL}))
    assert run(folder, out)[0] == DONE
    assert points(out) == {"ann": "12", "mallory": "12"}
    assert run(folder, out, hidden=hidden)[0] == DONE  # other tests: graded again
    assert points(out) == {"ann": "12", "mallory": "11"}
    assert b"is right for twelve and a half" in contents(out)[f"feedback/mallory/{LESSON}.html"]
    written = b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())
    assert b"SECRET" not in written
    (hidden / "test_perceptron.py").write_text("import nowhere")
    code, said = run(folder, out, hidden=hidden)
    assert code == WRONG_ARGUMENTS
    assert "can't be used: ModuleNotFoundError: No module named 'nowhere'" in said


def test_a_second_grader_on_one_folder_stops(handed_in, tmp_path, in_process):
    out = tmp_path / "out"
    out.mkdir()
    with FileLock(out / ".lock"):
        code, said = run(handed_in, out)
    assert code == WRONG_ARGUMENTS
    assert "Another grader is writing to" in said
    assert [path.name for path in out.iterdir()] == [".lock"]
    assert run(handed_in, out)[0] == DONE


@pytest.mark.sandbox
def test_a_full_disk_is_told_and_survived(handed_in, tmp_path):
    for number in range(30):
        hand_in(handed_in, f"student {number}", blank())
    out = tmp_path / "small disk"
    grade = (
        f'{sys.executable} -m grader grade "{handed_in}" --out "{out}" --sandbox none --workers 1'
    )
    script = (
        f'dd if=/dev/zero of="{out}/filler" bs=1000 count=1500 2>/dev/null; '
        f'{grade}; echo "exit $?"; rm "{out}/filler"; {grade}; echo "exit $?"; '
        f'cp -r "{out}" "{tmp_path}/saved"'
    )
    command = ["bwrap", "--dev-bind", "/", "/", "--size", "2000000", "--tmpfs", str(out)]
    told = subprocess.run(
        [*command, "sh", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert [line for line in told.stdout.splitlines() if line.startswith("exit")] == [
        f"exit {STOPPED}",
        f"exit {DONE}",
    ], told.stderr
    assert "The disk of" in told.stderr
    assert "is full. What was graded is kept" in told.stderr
    assert "Traceback" not in told.stderr
    run(handed_in, tmp_path / "undisturbed", workers=1)
    assert contents(tmp_path / "saved") == contents(tmp_path / "undisturbed")


# ----------------------------------------------------------------------------------- workers


def units(count):
    content = as_bytes(blank())
    return [Unit(f"student {number}", f"{LESSON}.ipynb", content) for number in range(count)]


def test_a_worker_that_is_killed_costs_time_and_no_grade(monkeypatch):
    ask, killed = Worker._ask, []

    def kill_and_ask(self, message):
        if self.process is not None and len(killed) < 2:  # one that replaces another has none yet
            killed.append(self.process.pid)
            self.process.kill()
        return ask(self, message)

    monkeypatch.setattr(Worker, "_ask", kill_and_ask)
    graded = list(LocalPool(Settings(sandbox="none"), 2).grade(iter(units(12))))
    assert len(killed) == 2
    assert sorted(found.student for found in graded) == sorted(u.student for u in units(12))
    assert {found.problem for found in graded} == {""}


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system ties none to a core")
def test_as_many_workers_as_cores_keep_to_one_each():
    cores = os.sched_getaffinity(0)
    used = set()
    for _ in (pool := LocalPool(Settings(sandbox="none"), len(cores))).grade(iter(units(6))):
        for worker in pool.workers:
            if worker.process is not None:
                used.add(frozenset(os.sched_getaffinity(worker.process.pid)))
    assert used <= {frozenset([core]) for core in cores}
    assert used
    assert [worker.core for worker in LocalPool(Settings(), len(cores) + 1).workers] == [None] * (
        len(cores) + 1
    )


# A grader that dies of one notebook, as no notebook should make it.
FRAIL = """
    import os, sys
    from multiprocessing.connection import Connection
    from grader import grading, worker

    judge = grading.Grader.grade

    def frail(self, unit):
        if b"POISON" in unit.content and not unit.problem:
            {dies}
        return judge(self, unit)

    grading.Grader.grade = frail
    worker.serve(Connection(int(sys.argv[1])))
"""


@pytest.mark.parametrize("dies", ["os._exit(1)", "raise RuntimeError('a fault of the grader')"])
def test_a_notebook_that_kills_workers_gets_rows_that_say_so(dies, tmp_path):
    program = textwrap.dedent(FRAIL).replace("{dies}", dies)
    pool = LocalPool(Settings(sandbox="none"), 2)
    for worker in pool.workers:
        worker.command = [sys.executable, "-c", program]
    poisoned = answered()
    poisoned["cells"][0]["source"] = "POISON"
    sent = [*units(3), Unit("mallory", "homework.ipynb", as_bytes(poisoned)), *units(6)[3:]]
    found = {graded.student: graded for graded in pool.grade(iter(sent))}
    assert len(found) == 7
    assert found["mallory"].problem == GIVEN_UP
    assert found["mallory"].lesson == LESSON
    assert {row.status for row in found["mallory"].rows} == {"error"}
    assert {graded.problem for name, graded in found.items() if name != "mallory"} == {""}


def test_units_are_read_as_they_are_needed(monkeypatch):
    row = Row("step", "missing", 0, 1)
    answer = Graded("ann", "x.ipynb", LESSON, (row,), "").to_bytes()
    monkeypatch.setattr(Worker, "grade", lambda self, message: answer)
    taken, done = 0, 0

    def counted():
        nonlocal taken
        for unit in units(50):
            taken += 1
            yield unit

    for _ in LocalPool(Settings(), 2).grade(counted()):
        done += 1
        assert taken <= done + 4  # two for each worker
    assert done == 50


def test_a_worker_with_another_course_refuses(handed_in, tmp_path, monkeypatch):
    monkeypatch.setattr(type(COURSE), "fingerprint", lambda self, name: "mine")
    code, said = run(handed_in, tmp_path / "out")
    assert code == WRONG_ARGUMENTS
    assert "differs from that of the machine that started" in said


# ---------------------------------------------------------------------------------- strange input


def test_strange_names_and_files_are_each_told_in_one_line(tmp_path, in_process):
    folder = tmp_path / "in"
    names = ["李 雷", "=cmd|calc", "a\nb", "<b>x<b>", "-rf", "x" * 200, "a\u202eb", "..."]
    for name in names:
        hand_in(folder, name, blank(), "a b\u2028" + LESSON)
    (folder / os.fsdecode(b"\xff\xfe")).mkdir()
    (folder / os.fsdecode(b"\xff\xfe") / os.fsdecode(b"01_\xe9.ipynb")).write_bytes(b"")
    (folder / "loose.ipynb").write_bytes(b"")
    (folder / "nobody").mkdir()
    (folder / "nested" / "deep").mkdir(parents=True)
    (folder / "folder" / f"{LESSON}.ipynb").mkdir(parents=True)
    (folder / "linked").symlink_to(folder / "nobody")
    hand_in(folder, "__MACOSX", b"", "._copy")
    hand_in(folder / "ann", ".ipynb_checkpoints", blank())
    hand_in(folder, ".ipynb_checkpoints", blank())
    (folder / ".git").mkdir()
    out = tmp_path / "out"
    code, said = run(folder, out)
    assert code == DONE
    problems = [line for line in said.splitlines() if line.startswith("!")]
    assert {line.split(":")[0] for line in problems} == {
        "! loose.ipynb",
        "! nobody",
        "! nested",
        "! linked",
        "! ann",
        "! __MACOSX",
        "! ...",
        f"! folder/{LESSON}.ipynb",
        "! \\xff\\xfe/01_\\xe9.ipynb",
    }
    assert "move the notebook up" in said
    assert "! ...: Names that begin with a dot are skipped: rename the folder" in said
    students = set(find_submissions(folder).students)
    assert set(names) - {"..."} <= students
    found = [json.loads(line) for line in (out / "results.jsonl").open()]
    assert set(names) - {"..."} <= {one["student"] for one in found}
    assert len(list(out.glob("feedback/*/*.html"))) == len(rows(out))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: None, "There is no"),
        (lambda path: path.mkdir(), "holds no students' folders"),
        (lambda path: path.write_text(""), "does not end in .ipynb"),
        (lambda path: hand_in(path.parent, path.name, {}).rename(path / "a.ipynb"), None),
    ],
)
def test_a_place_without_submissions_is_told(tmp_path, in_process, make, told):
    place = tmp_path / "in"
    make(place)
    code, said = run(place, tmp_path / "out")
    assert code == WRONG_ARGUMENTS
    assert said.count("\n") == 1
    assert (told or "expected at") in said


def test_one_notebook_is_graded_alone(handed_in, tmp_path, in_process):
    out = tmp_path / "out"
    assert run(handed_in / "ann" / f"{LESSON}.ipynb", out)[0] == DONE
    assert points(out) == {"ann": "12"}
    assert (out / "feedback" / "ann" / f"{LESSON}.html").is_file()


def test_an_out_that_is_a_file_is_told(handed_in, tmp_path, in_process):
    (tmp_path / "out").write_text("precious")
    code, said = run(handed_in, tmp_path / "out")
    assert code == WRONG_ARGUMENTS
    assert "is a file where a folder is needed" in said
    assert (tmp_path / "out").read_text() == "precious"


def test_a_foreign_gradebook_is_left_alone(handed_in, tmp_path, in_process):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "gradebook.sqlite").write_text("my diary " * 100)
    code, said = run(handed_in, tmp_path / "out")
    assert code == WRONG_ARGUMENTS
    assert "is no gradebook" in said


def test_without_bubblewrap_it_refuses(handed_in, tmp_path, monkeypatch):
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "uname"):
        (tools / name).symlink_to(shutil.which(name))
    monkeypatch.setenv("PATH", str(tools))
    code, said = run(handed_in, tmp_path / "out", sandbox="bubblewrap")
    assert code == WRONG_ARGUMENTS
    assert "apt-get install bubblewrap" in said
    assert said.count("\n") == 1
