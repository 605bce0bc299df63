"""Run commands on chosen cores; when each result came, and what memory the processes took.

What the kernel tells of processes is read from /proc: the grader's sandbox needs Linux anyway.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MEGABYTE = 2**20
TICKS = os.sysconf("SC_CLK_TCK")  # of a processor second


class Failed(Exception):
    """A command did not do its work; the message holds the end of what it said."""


@dataclass(frozen=True)
class Run:
    """What was measured in one run of one contender.

    seconds_each : from the first results to the end of the run, by the submissions after them;
        where each submission is a command of its own, of the whole run
    start_up : seconds until the first result
    between : seconds a submission from the first results to the last one
    finish : seconds from the last result to the end of the run
    trend : how much longer the second half of the submissions took than the first
    processor : processor seconds a submission, of all processes, counted as `seconds_each`
    memory : MB that the largest process of each role had at most
    together : MB that all processes had at one moment, at most
    """

    seconds_each: float
    start_up: float
    between: float
    finish: float
    trend: float
    processor: float
    memory: Mapping[str, float]
    together: float


@dataclass(frozen=True)
class Job:
    """Something to run: chains of commands, side by side; in a chain one after the other.

    results : where one file a submission appears when it is graded
    warm : whether a command grades many, so that its start is not each submission's own cost
    """

    chains: Sequence[Sequence[Sequence[str]]]
    results: Callable[[], list[Path]]
    warm: bool
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path()
    role_of: Callable[[list[str]], str] = lambda words: "process"
    workers: int = 1


def cores() -> list[int]:
    """The cores that this process may use."""
    return sorted(os.sched_getaffinity(0))


def run(job: Job, on: Sequence[int], submissions: int) -> Run:
    """Run a job on these cores.

    Raises
    ------
    Failed : where a command fails, or results are missing
    """
    threads = []
    problems: list[str] = []
    watcher = _Watcher(job.role_of)
    began = time.time()  # as the file system's clock, which dates the results
    for chain in job.chains:
        thread = threading.Thread(target=_run_chain, args=(chain, job, on, watcher, problems))
        thread.start()
        threads.append(thread)
    with watcher:
        for thread in threads:
            thread.join()
    ended = time.time()
    if problems:
        raise Failed(problems[0])
    stamps = sorted(path.stat().st_mtime for path in job.results())
    if len(stamps) != submissions:
        raise Failed(f"{len(stamps)} of {submissions} submissions were graded.")
    # of each process, the first result is counted as its start
    first = min(job.workers, submissions - 1) if job.warm else 0
    from_here = stamps[first - 1] if first else began
    middle = stamps[(first + submissions) // 2 - 1]
    return Run(
        seconds_each=(ended - from_here) / (submissions - first),
        start_up=stamps[0] - began,
        between=(stamps[-1] - from_here) / (submissions - first),
        finish=ended - stamps[-1],
        trend=(stamps[-1] - middle) / max(middle - from_here, 1e-9),
        processor=watcher.processor_since(from_here) / (submissions - first),
        memory=watcher.largest,
        together=watcher.together,
    )


def _run_chain(
    chain: Sequence[Sequence[str]],
    job: Job,
    on: Sequence[int],
    watcher: _Watcher,
    problems: list[str],
) -> None:
    os.sched_setaffinity(0, on)  # of this thread, and so of what it starts
    for command in chain:
        process = subprocess.Popen(
            command,
            env={**os.environ, **job.environment},
            cwd=job.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        watcher.began(process.pid)
        said, _ = process.communicate()
        watcher.ended(process.pid)
        if process.returncode != 0:
            end = said.decode(errors="replace")[-2000:]
            problems.append(f"{command[0]} ended with {process.returncode}: {end}")
            return


class _Watcher:
    """Looks at processes and at all that they started, ten times a second."""

    def __init__(self, role_of: Callable[[list[str]], str]) -> None:
        self.roots: dict[int, float] = {}  # processor seconds of each, with all that it started
        self.largest: dict[str, float] = {}
        self.together = 0.0
        self.processor: list[tuple[float, float]] = [(time.time(), 0.0)]  # when, seconds until then
        self._of_ended = 0.0
        self._role_of = role_of
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def began(self, root: int) -> None:
        """Look at this process from now on."""
        with self._lock:
            self.roots[root] = 0.0

    def ended(self, root: int) -> None:
        """A process has ended: what it used stays counted."""
        with self._lock:
            self._of_ended += self.roots.pop(root)

    def processor_since(self, when: float) -> float:
        """Processor seconds from a time to the end, as finely as was looked."""
        before = [seconds for looked, seconds in self.processor if looked <= when]
        return self.processor[-1][1] - (before[-1] if before else 0.0)

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            with self._lock:
                self._look()

    def _look(self) -> None:
        together = 0.0
        for root in self.roots:
            processor = 0.0
            for process in _with_children(root):
                found = _process(process)
                if found is not None:
                    role = self._role_of(found.words)
                    self.largest[role] = max(self.largest.get(role, 0.0), found.peak)
                    together += found.memory
                    processor += found.processor
            # it is less when something ends that nobody waits for
            self.roots[root] = max(self.roots[root], processor)
        self.together = max(self.together, together)
        self.processor.append((time.time(), self._of_ended + sum(self.roots.values())))


def _with_children(process: int) -> Iterator[int]:
    yield process
    try:
        children = [
            child
            for listed in Path(f"/proc/{process}/task").glob("*/children")
            for child in listed.read_text().split()
        ]
    except OSError:  # it has ended meanwhile
        return
    for child in children:
        yield from _with_children(int(child))


@dataclass(frozen=True)
class _Process:
    words: list[str]  # of its command line
    peak: float  # MB that it had at most
    memory: float  # MB that it has now
    processor: float  # seconds, those of its children that have ended included


def _process(process: int) -> _Process | None:
    """What the kernel tells of a process; None when it is gone."""
    place = Path(f"/proc/{process}")
    try:
        words = (place / "cmdline").read_text(errors="replace").split("\0")
        status = (place / "status").read_text()
        times = (place / "stat").read_text(errors="replace").rpartition(")")[2].split()[11:15]
    except OSError:
        return None
    sizes = dict(line.split(":", 1) for line in status.splitlines() if line.startswith("Vm"))
    if "VmHWM" not in sizes:
        return None
    peak, now = (int(sizes[name].split()[0]) * 1024 / MEGABYTE for name in ("VmHWM", "VmRSS"))
    return _Process(words, peak, now, sum(map(int, times)) / TICKS)
