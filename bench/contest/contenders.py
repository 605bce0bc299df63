"""The graders that are compared, each ready to be run on submissions of any kind.

The others are installed into virtual environments of their own, outside of the project; delete
them when you like.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import nbformat

from bench.contest import assignment
from bench.contest.measure import Failed, Job
from utils.checking.suite import COURSE

LESSON = "99_small"
TOPIC = "small"


def students(count: int) -> list[str]:
    """s00001, s00002, …"""
    return [f"s{number:05}" for number in range(1, count + 1)]


class Contender(ABC):
    """A grader, with the assignment as it wants it.

    Parameters
    ----------
    folder : an empty folder for its files
    """

    name: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True)
        self._runs = 0

    @abstractmethod
    def job(self, kind: str, submissions: int, workers: int) -> Job:
        """Submissions of one kind, handed in, and what grades them."""

    @abstractmethod
    def points(self, job: Job) -> list[float]:
        """The points of each submission, after the job was run."""

    def _new_folder(self) -> Path:
        self._runs += 1
        return self.folder / f"run-{self._runs}"


class Ours(Contender):
    """`python -m grader grade`, in a copy of the course that has the small lesson too."""

    name = "ours"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.course = folder / "course"
        skip = shutil.ignore_patterns("__pycache__")
        for part in ("utils", "grader", "notebooks", "tests/grading", "data"):
            shutil.copytree(COURSE / part, self.course / part, ignore=skip)
        (self.course / "utils" / f"{TOPIC}.py").write_text(assignment.lesson_module())
        (self.course / "tests/grading" / f"test_{TOPIC}.py").write_text(assignment.lesson_tests())
        self.notebooks = {}
        for kind in assignment.KINDS:
            self.notebooks[kind] = folder / f"{kind}.ipynb"
            nbformat.write(assignment.lesson_notebook(LESSON, kind), self.notebooks[kind])
        shutil.copy(self.notebooks["blank"], self.course / "notebooks" / f"{LESSON}.ipynb")

    def job(self, kind: str, submissions: int, workers: int) -> Job:
        """One command for all. Files with the same content are one file under many names."""
        folder = self._new_folder()
        for student in students(submissions):
            place = folder / "in" / student
            place.mkdir(parents=True)
            os.link(self.notebooks[kind], place / f"{LESSON}.ipynb")
        command = [sys.executable, "-m", "grader", "grade", str(folder / "in")]
        command += ["--out", str(folder / "out"), "--workers", str(workers)]
        return Job(
            [[command]],
            lambda: list((folder / "out" / "feedback").glob(f"*/{LESSON}.html")),
            warm=True,
            environment={"PYTHONPATH": str(self.course)},
            folder=self.course,
            role_of=_our_role,
            workers=workers,
        )

    def points(self, job: Job) -> list[float]:
        """From results.jsonl."""
        out = Path(job.chains[0][0][job.chains[0][0].index("--out") + 1])
        totals: dict[str, float] = {}
        for line in (out / "results.jsonl").read_text().splitlines():
            row = json.loads(line)
            totals[row["student"]] = totals.get(row["student"], 0) + row["points"]
        return list(totals.values())


def _our_role(words: list[str]) -> str:
    if "grader.worker" in words:
        return "worker"
    if "grader.sandbox.inside" in words or "bwrap" in words[0]:
        return "sandbox"
    return "grader"


class Floor(Contender):
    """A warm process that forks and only runs the cells."""

    name = "floor"

    def __init__(self, folder: Path, ours: Ours) -> None:
        super().__init__(folder)
        self.ours = ours

    def job(self, kind: str, submissions: int, workers: int) -> Job:
        """A process for each worker, each with its share of the students."""
        folder = self._new_folder()
        out = folder / "out"
        out.mkdir(parents=True)
        for student in students(submissions):
            (folder / "in" / student).mkdir(parents=True)
            os.link(self.ours.notebooks[kind], folder / "in" / student / f"{LESSON}.ipynb")
        command = [sys.executable, "-m", "bench.contest.floor", str(folder / "in"), str(out)]
        return Job(
            [[[*command, *share]] for share in _shares(students(submissions), workers)],
            lambda: list(out.iterdir()),
            warm=True,
            environment={"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            folder=COURSE,
            workers=workers,
        )

    def points(self, job: Job) -> list[float]:
        """It gives none."""
        return []


class Peer(Contender):
    """Somebody else's grader, in a virtual environment.

    Parameters
    ----------
    folder : an empty folder for its files
    environments : where virtual environments are made, or kept from the last time
    """

    package: str

    def __init__(self, folder: Path, environments: Path) -> None:
        super().__init__(folder)
        self.bin = environment_of(self.package, environments) / "bin"
        self.environment = {
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": "",
            # nobody's own settings, and no traces in them
            "HOME": str(folder),
            "JUPYTER_CONFIG_DIR": str(folder / "jupyter"),
            "JUPYTER_DATA_DIR": str(folder / "jupyter"),
            "JUPYTER_RUNTIME_DIR": str(folder / "jupyter"),
            "IPYTHONDIR": str(folder / "ipython"),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        self.template = folder / "template"
        self.template.mkdir()
        self.released = self._release()

    @abstractmethod
    def _release(self) -> nbformat.NotebookNode:
        """Make the assignment; the notebook that learners get."""

    def _hand_in(self, kind: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(assignment.answered(self.released, kind), path)

    def _prepare(self, *command: str) -> None:
        done = subprocess.run(
            command,
            cwd=self.template,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Failed(f"{' '.join(command)}: {(done.stdout + done.stderr)[-2000:]}")


class Nbgrader(Peer):
    """`nbgrader autograde`."""

    name = "nbgrader"
    package = "nbgrader==0.9.6"

    def _release(self) -> nbformat.NotebookNode:
        (self.template / "nbgrader_config.py").write_text(
            'c = get_config()\nc.CourseDirectory.course_id = "course"\n'
        )
        source = self.template / "source" / TOPIC / f"{TOPIC}.ipynb"
        source.parent.mkdir(parents=True)
        nbformat.write(assignment.nbgrader_source(), source)
        self._prepare("nbgrader", "generate_assignment", TOPIC)
        return nbformat.read(self.template / "release" / TOPIC / f"{TOPIC}.ipynb", as_version=4)

    def job(self, kind: str, submissions: int, workers: int) -> Job:
        """A process for each worker, with a gradebook of its own, so that none waits."""
        parts, chains = [], []
        for share in _shares(students(submissions), workers):
            folder = self._new_folder()
            shutil.copytree(self.template, folder)
            for student in share:
                self._hand_in(kind, folder / "submitted" / student / TOPIC / f"{TOPIC}.ipynb")
            parts.append(folder)
            # one process with all of its students, as a single --student pattern would give
            where = f"--CourseDirectory.root={folder}"
            chains.append([[str(self.bin / "nbgrader"), "autograde", TOPIC, where]])
        return Job(
            chains,
            lambda: [p for part in parts for p in part.glob(f"autograded/*/{TOPIC}/{TOPIC}.ipynb")],
            warm=True,
            environment=self.environment,
            folder=self.template,
            role_of=_peer_role,
            workers=workers,
        )

    def points(self, job: Job) -> list[float]:
        """From its gradebook."""
        found: list[float] = []
        for ((command,),) in ((chain,) for chain in job.chains):
            root = command[-1].partition("=")[2]
            database = sqlite3.connect(f"{root}/gradebook.db")
            found += [
                points
                for (points,) in database.execute(
                    "SELECT sum(auto_score) FROM grade GROUP BY notebook_id"
                )
            ]
            database.close()
        return found


class Otter(Peer):
    """`otter run`, a process for each submission."""

    name = "otter-grader"
    package = "otter-grader==7.0.0"

    def _release(self) -> nbformat.NotebookNode:
        nbformat.write(assignment.otter_source(), self.template / f"{TOPIC}.ipynb")
        self._prepare("otter", "assign", f"{TOPIC}.ipynb", "dist")
        (self.autograder,) = (self.template / "dist" / "autograder").glob("*.zip")
        return nbformat.read(
            self.template / "dist" / "student" / f"{TOPIC}.ipynb",
            as_version=4,
        )

    def job(self, kind: str, submissions: int, workers: int) -> Job:
        """As many at a time as there are workers."""
        folder = self._new_folder()
        chains = []
        for share in _shares(students(submissions), workers):
            chains.append([])
            for student in share:
                notebook = folder / student / f"{TOPIC}.ipynb"
                self._hand_in(kind, notebook)
                out = folder / student / "out"
                out.mkdir()
                command = [str(self.bin / "otter"), "run", "-a", str(self.autograder)]
                command += ["-o", str(out)]
                chains[-1].append([*command, str(notebook)])
        return Job(
            chains,
            lambda: list(folder.glob("*/out/results.json")),
            warm=False,
            environment=self.environment,
            folder=self.template,
            role_of=_peer_role,
            workers=workers,
        )

    def points(self, job: Job) -> list[float]:
        """From each results.json."""
        return [
            sum(test["score"] for test in json.loads(path.read_text())["tests"] if "score" in test)
            for path in job.results()
        ]


def _peer_role(words: list[str]) -> str:
    return "kernel" if any("ipykernel" in word for word in words) else "grader"


def environment_of(package: str, environments: Path) -> Path:
    """A virtual environment with a package in it, made when it is not there yet.

    Raises
    ------
    Failed : where it can't be installed
    """
    place = environments / package.replace("==", "-")
    if (place / "installed").is_file():
        return place
    shutil.rmtree(place, ignore_errors=True)
    pip = [str(place / "bin" / "python"), "-m", "pip", "install", "-q"]
    for command in (
        [sys.executable, "-m", "venv", str(place)],
        [*pip, "--disable-pip-version-check", package, "numpy", "ipykernel"],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"{package} can't be installed: {done.stderr[-2000:]}")
    (place / "installed").touch()
    return place


def _shares(names: Sequence[str], workers: int) -> list[list[str]]:
    return [list(names[start::workers]) for start in range(min(workers, len(names)))]
