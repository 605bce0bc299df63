"""The file system and the command line of the sandbox."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

from utils.checking.suite import COURSE

INSTALL = "apt-get install bubblewrap"

FIRST_USER = 200_000_000  # user ids that no system gives out
DEVICES = ("/dev/null", "/dev/urandom", "/dev/random")  # no /dev/zero: it makes shared memory

ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "PYTHONPATH": "/course",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


@dataclass
class View:
    """What of this machine's files a sandbox shows, read-only."""

    shown: dict[str, str] = field(default_factory=dict)  # path inside: path outside
    links: dict[str, str] = field(default_factory=dict)  # path inside: where it leads

    def show(self, path: str, inside: str | None = None) -> None:
        """Show a file or folder, if there is one."""
        if Path(path).is_symlink() and inside is None and path.startswith(("/lib", "/usr/lib")):
            self.links[path] = str(Path(path).readlink())
        elif Path(path).exists():
            self.shown[inside or path] = path


def view(course: Path, empty: Path, hidden_tests: Path | None = None) -> View:
    """What the sandbox shows: Python, its packages, the masked course.

    Parameters
    ----------
    course : the masked course
    empty : an empty folder, shown in place of what must not be seen
    hidden_tests : a folder that must not be seen, wherever it lies

    Raises
    ------
    ValueError : where the hidden tests lie among what must be shown
    """
    found = View()
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    if multiarch and Path("/usr/lib", multiarch).is_dir():
        found.show(f"/usr/lib/{multiarch}")
        found.show("/lib" if Path("/lib").is_symlink() else f"/lib/{multiarch}")
    else:
        found.show("/usr/lib")
        found.show("/lib")
    for path in ("/lib64", "/usr/lib64", "/etc/ld.so.cache"):
        found.show(path)
    for prefix in dict.fromkeys((sys.base_prefix, sys.prefix)):
        if prefix in ("/usr", "/usr/local"):
            name = f"python{sys.version_info.major}.{sys.version_info.minor}"
            found.show(f"{prefix}/lib/{name}")
            found.show(f"{prefix}/lib/python{sys.version_info.major}")
            found.show(f"{prefix}/local/lib/{name}")
            found.show(sysconfig.get_config_var("LIBDIR") or "")
        else:
            found.show(prefix)
    for link in _links(Path(sys.executable)):
        if not any(link.is_relative_to(shown) for shown in found.shown):
            found.shown[str(link)] = str(link.resolve())
    _hide(found, empty, hidden_tests)
    found.show(str(course), "/course")
    return found


def _links(path: Path) -> list[Path]:
    """A path and all that it leads to, link by link."""
    found = [path]
    while found[-1].is_symlink() and len(found) < 10:
        found.append(found[-1].parent / found[-1].readlink())
    return found


def _hide(found: View, empty: Path, hidden_tests: Path | None) -> None:
    """Put an empty folder in the place of what must not be seen, where it would be."""
    places = [place for folder in _hidden(found) for place in _places(folder, found)]
    if hidden_tests is not None:
        of_tests = _places(hidden_tests, found)
        if any(Path(shown).is_relative_to(place) for shown in found.shown for place in of_tests):
            raise ValueError(
                f"--hidden: {hidden_tests} holds this Python too, which submissions can read: "
                "move the tests into a folder of their own."
            )
        places += of_tests
    covered: list[Path] = []
    for place in sorted(places):
        if not any(place.is_relative_to(above) for above in covered):
            covered.append(place)
            found.shown[str(place)] = str(empty)


def _places(folder: Path, found: View) -> list[Path]:
    """Where in the sandbox a folder would be seen, also by another name than its own."""
    folder = folder.resolve()
    return [
        Path(inside, folder.relative_to(Path(outside).resolve()))
        for inside, outside in found.shown.items()
        if folder.is_relative_to(Path(outside).resolve())
    ]


def _hidden(found: View) -> list[Path]:
    """Folders that no sandbox may show, should they lie inside one that it shows."""
    shown = [Path(outside).resolve() for outside in found.shown.values()]
    if COURSE in shown:  # this Python's folders stand beside the course's
        hidden = [COURSE / name for name in ("grader", "lessons", "notebooks", "solutions")]
        hidden += [COURSE / name for name in ("tests", "utils", "data", "work", ".git")]
    elif any(path.is_relative_to(COURSE) for path in shown):  # as it does in one of them
        hidden = [
            folder
            for folder in COURSE.iterdir()
            if not any(path.is_relative_to(folder) for path in shown)
        ]
    else:
        hidden = [COURSE]
    for package in ("utils", "grader", "tests"):  # a copy among the packages
        for scheme in ("purelib", "platlib"):
            hidden.append(Path(sysconfig.get_path(scheme), package))
    spec = importlib.util.find_spec("sklearn")
    if spec is not None and spec.origin is not None:
        hidden.append(Path(spec.origin).parent / "datasets" / "data")  # the same data, with labels
    return [path for path in hidden if path.is_dir()]


def temporary_folder(seen: View) -> str:
    """Where a submission's own files go: they must not cover what the sandbox shows."""
    below = any(inside.startswith("/tmp/") for inside in seen.shown)
    return "/temporary" if below else "/tmp"


def command(
    course: Path, empty: Path, configuration: str, hidden_tests: Path | None = None
) -> list[str]:
    """The command that starts a server inside bubblewrap.

    Raises
    ------
    FileNotFoundError : where there is no bubblewrap
    ValueError : as `view`
    """
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        raise FileNotFoundError("bwrap")
    seen = view(course, empty, hidden_tests)
    inner: list[str | dict[str, int]] = [bubblewrap]
    inner += ["--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    inner += ["--unshare-cgroup-try", "--hostname", "sandbox", "--die-with-parent", "--new-session"]
    inner += ["--clearenv"]
    for name, value in ENVIRONMENT.items():
        inner += ["--setenv", name, value]
    sources: list[str] = []
    for inside, outside in sorted(seen.shown.items()):
        inner += ["--ro-bind", {"source": len(sources)}, inside]
        sources.append(outside)
    for path, target in seen.links.items():
        inner += ["--symlink", target, path]
    for device in DEVICES:
        inner += ["--dev-bind", device, device]
    temporary = temporary_folder(seen)
    inner += ["--setenv", "HOME", temporary, "--setenv", "TMPDIR", temporary]
    inner += ["--proc", "/proc", "--dir", temporary, "--remount-ro", "/", "--chdir", "/"]
    inner += [sys.executable, "-s", "-m", "grader.sandbox.inside", configuration]
    if os.geteuid() != 0:
        return [sources[part["source"]] if isinstance(part, dict) else part for part in inner]
    orders = {
        "user": FIRST_USER + os.getpid(),
        "sources": sources,
        "command": inner,
    }
    launch = Path(__file__).with_name("launch.py")
    return [sys.executable, "-I", "-S", str(launch), json.dumps(orders)]


def remedy(complaint: str) -> str:
    """Why bubblewrap did not start, in one sentence with what to do."""
    last = complaint.splitlines()[-1].rstrip(".") if complaint else "it gave no reason"
    if "namespace" in complaint or "uid map" in complaint:
        return (
            f"This machine lets no sandbox be made ({last}). Allow user namespaces: "
            "sysctl -w kernel.unprivileged_userns_clone=1 (Debian) or "
            "kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu); a container needs them too."
        )
    return f"The sandbox can't be started ({last}). python -m grader doctor looks further."
