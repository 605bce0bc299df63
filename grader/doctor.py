"""Can this machine grade safely? One line for each thing that it takes, with the remedy."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from utils.checking.suite import COURSE

OLDEST_PYTHON = (3, 11)
BASE_MEMORY = 500_000_000  # the process that writes the gradebook, and the machine's own needs
WORKER_MEMORY = 1_000_000_000  # a worker, its warm sandboxes, and one submission at its limit
DESCRIPTORS = 256
FREE_DISK = 500_000_000
NAMESPACES = Path("/proc/sys/user/max_user_namespaces")
SWITCHES = {  # kernel settings that forbid what bubblewrap does, and the value that allows it
    Path("/proc/sys/kernel/unprivileged_userns_clone"): "1",
    Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"): "0",
}


@dataclass(frozen=True)
class Finding:
    """What one examination found."""

    what: str
    fine: bool
    detail: str
    remedy: str = ""


def run(console: Console | None = None) -> int:
    """Examine this machine and print a line for each finding.

    Returns
    -------
    0 when it can grade safely, else 1
    """
    console = console or Console(highlight=False)
    failed = 0
    for finding in examine():
        mark = "[green]OK  [/]" if finding.fine else "[bold red]FAIL[/]"
        console.print(f"{mark} [bold]{finding.what}[/]", end="  ")
        console.print(finding.detail, markup=False, soft_wrap=True)
        if not finding.fine:
            console.print(f"     → {finding.remedy}", markup=False, soft_wrap=True)
            failed += 1
    if failed:
        what = "1 thing is" if failed == 1 else f"{failed} things are"
        console.print(f"{what} to be mended before this machine can grade safely.")
        return 1
    console.print("This machine can grade.")
    return 0


def examine() -> Iterator[Finding]:
    """All examinations, one after the other."""
    for examination in EXAMINATIONS:
        yield examination()


def system() -> Finding:
    """Linux, for namespaces."""
    name = f"{platform.system()} {platform.release()}"
    return Finding(
        "system",
        platform.system() == "Linux",
        name,
        "Sandboxes need Linux: grade in a Linux virtual machine or container.",
    )


def python() -> Finding:
    """A Python that the course runs on."""
    wanted = ".".join(map(str, OLDEST_PYTHON))
    return Finding(
        "Python",
        sys.version_info >= OLDEST_PYTHON,
        platform.python_version(),
        f"The course needs Python {wanted} or newer.",
    )


def packages() -> Finding:
    """What requirements.txt asks for, in the versions that it asks for."""
    wrong = []
    lines = (COURSE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        match = re.match(r"([A-Za-z][\w.-]*)\s*((?:[<>=!~]=?[^#\s]+)?)", line)
        if match is None:
            continue
        name, bounds = match.groups()
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{name} is missing")
            continue
        if not _within(version, bounds):
            wrong.append(f"{name} {version} is not {bounds}")
    detail = "; ".join(wrong) or "as in requirements.txt"
    return Finding("packages", not wrong, detail, "python -m pip install -r requirements.txt")


def _within(version: str, bounds: str) -> bool:
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(bounds).contains(version, prereleases=True)


def bubblewrap() -> Finding:
    """The program that makes sandboxes."""
    path = shutil.which("bwrap")
    remedy = "apt-get install bubblewrap  (as root; dnf install bubblewrap on Fedora)"
    if path is None:
        return Finding("bubblewrap", False, "not installed", remedy)
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    return Finding("bubblewrap", told.returncode == 0, told.stdout.strip() or path, remedy)


def namespaces() -> Finding:
    """Whether an ordinary process may make namespaces."""
    for switch, good in SWITCHES.items():
        if switch.is_file() and switch.read_text().strip() != good and os.geteuid() != 0:
            name = ".".join(switch.parts[3:])
            return Finding("namespaces", False, f"forbidden by {name}", f"sysctl -w {name}={good}")
    if NAMESPACES.is_file() and int(NAMESPACES.read_text()) < 64:
        count = NAMESPACES.read_text().strip()
        remedy = "sysctl -w user.max_user_namespaces=10000"
        return Finding("namespaces", False, f"only {count} are allowed", remedy)
    path = shutil.which("bwrap")
    if path is None:
        return Finding("namespaces", False, "can't be tried without bubblewrap", "see above")
    command = [path, "--ro-bind", "/", "/", "--unshare-all", "--die-with-parent", "true"]
    trial = subprocess.run(command, capture_output=True, text=True, check=False)
    said = trial.stderr.strip().splitlines()
    return Finding(
        "namespaces",
        trial.returncode == 0,
        "user, process, network and mount" if trial.returncode == 0 else (said or ["refused"])[-1],
        "Inside a container, start it with --security-opt seccomp=unconfined "
        "--security-opt systempaths=unconfined, or grade outside of it.",
    )


def memory() -> Finding:
    """Enough memory for as many workers as there are cores."""
    available = _available_memory()
    cores = len(os.sched_getaffinity(0))
    workers = max(0, (available - BASE_MEMORY) // WORKER_MEMORY)
    room = "1 worker" if workers == 1 else f"{workers} workers"
    return Finding(
        "memory",
        workers >= 1,
        f"{available / 1e9:.1f} GB free: room for {room} ({cores} cores)",
        f"One worker takes up to {WORKER_MEMORY / 1e9:g} GB: end other programs.",
    )


def _available_memory() -> int:
    """Bytes that processes here may still take: the machine's, or the container's if less."""
    told = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    available = int(told[1]) * 1024 if told else 0
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
    except OSError:
        return available
    return available if limit == "max" else min(available, int(limit) - used)


def descriptors() -> Finding:
    """Enough files may be open."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    fine = allowed == resource.RLIM_INFINITY or allowed >= DESCRIPTORS
    return Finding("open files", fine, f"{allowed} are allowed", f"ulimit -n {min(most, 4096)}")


def disk() -> Finding:
    """Room for temporary files."""
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    return Finding(
        "disk",
        free >= FREE_DISK,
        f"{free / 1e9:.1f} GB free in {folder}",
        f"Free {FREE_DISK / 1e9:g} GB in {folder}, or name another folder in TMPDIR.",
    )


def course() -> Finding:
    """The lessons, their tests and references."""
    from grader.course import Course, CourseError
    from grader.grading import LessonTests

    try:
        lessons = Course().lessons
        count = sum(len(LessonTests(lesson).exercises) for lesson in lessons.values())
    except CourseError as error:
        return Finding("course", False, str(error), "Get the course anew, or run: make build")
    what = "1 lesson" if len(lessons) == 1 else f"{len(lessons)} lessons"
    return Finding("course", True, f"{what}, {count} exercises")


def sandbox() -> Finding:
    """The whole way: a sandbox is made, a small submission runs in it and answers."""
    from grader.course import Course, CourseError
    from grader.sandbox import Sandbox, SandboxError, SandboxUnavailable

    try:
        lesson = next(iter(Course().lessons))
        with Sandbox(lesson) as made:
            cells = ["def double(x):\n    return 2 * x"]
            session = made.open(cells, ["double"])
            reply = session.call("double", (21,), {})
            session.close()
        fine = reply.value == 42
        detail = "a trial submission ran and answered" if fine else reply.error
    except (CourseError, SandboxError, SandboxUnavailable, OSError) as error:
        fine, detail = False, str(error)
    remedy = "Mend what fails above; if nothing does, this kernel forbids what sandboxes need."
    return Finding("sandbox", fine, detail, remedy)


EXAMINATIONS: tuple[Callable[[], Finding], ...] = (
    system,
    python,
    packages,
    bubblewrap,
    namespaces,
    memory,
    descriptors,
    disk,
    course,
    sandbox,
)
