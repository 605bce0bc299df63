"""Open the course in JupyterLab: ``python -m utils.lab``, which is what ``make lab`` runs.

The lessons are built into ``notebooks/``. A learner works on copies in ``work/``, which no build
and no update ever touches: only a notebook that is missing there is copied. The glossary, the cheat
sheet and the picture of the course lie beside them, always as the course has them.
"""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

COURSE = Path(__file__).resolve().parent.parent

# What learners look things up in: the course's own pages, which lie beside the lessons
GLOSSARY, CHEAT_SHEET, PICTURE = PAGES = ("glossary.md", "cheat_sheet.html", "course.png")

SETTINGS: dict[str, dict[str, Any]] = {
    # JupyterLab asks on its first start whether it may fetch news; a learner need not be asked
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    # else cells that are not in sight have guessed heights, and what is scrolled to jumps away
    # from under the pointer as they get their true ones
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "defer"},
    # it would open a page as its source: the glossary is for reading
    "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}},
}


def copy_missing_notebooks(source: Path, work: Path) -> list[Path]:
    """Copy each notebook of ``source`` that ``work`` lacks; never write over one that is there.

    Parameters
    ----------
    source : the folder of blank lessons
    work : the learner's folder, made if it is missing

    Returns
    -------
    the new copies, in the order of the lessons

    Raises
    ------
    FileNotFoundError : ``source`` holds no notebook
    """
    lessons = sorted(source.glob("[0-9][0-9]_*.ipynb"))
    if not lessons:
        raise FileNotFoundError(f"There are no lessons in {source}: run make build first.")
    work.mkdir(parents=True, exist_ok=True)
    copies = []
    for lesson in lessons:
        target = work / lesson.name
        if target.exists() or target.is_symlink():
            continue
        _copy_whole(lesson, target)
        copies.append(target)
    return copies


def bring_pages_up_to_date(source: Path, work: Path) -> None:
    """Copy the course's pages into ``work``, over older ones: nobody writes in them.

    Parameters
    ----------
    source : the folder of blank lessons, where the build puts the pages; one may be missing there
    work : the learner's folder
    """
    for name in PAGES:
        page, target = source / name, work / name
        if not page.is_file() or target.is_symlink():
            continue
        if target.is_file() and target.read_bytes() == page.read_bytes():
            continue
        _copy_whole(page, target)


def _copy_whole(source: Path, target: Path) -> None:
    """Copy a file; an interrupted copy must not pass for it."""
    half_made = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, half_made)
    half_made.replace(target)


def can_open_browser(environment: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Tell whether a browser window can appear on this machine.

    Parameters
    ----------
    environment : the environment's variables
    platform : as in ``sys.platform``

    Returns
    -------
    True on Windows and macOS; elsewhere True with a display, or a browser named in ``BROWSER``
    """
    if platform in ("win32", "darwin"):
        return True
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def write_settings(prefix: Path) -> Path:
    """Write the course's JupyterLab defaults into the environment at ``prefix``.

    They are defaults only: what a learner sets in JupyterLab's own settings wins. Other defaults
    that are there stay, of the same extensions too.

    Returns
    -------
    the file's path
    """
    path = prefix / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        settings = {}
    ours = {name: {**settings.get(name, {}), **values} for name, values in SETTINGS.items()}
    wanted = {**settings, **ours}
    if wanted != settings:
        path.parent.mkdir(parents=True, exist_ok=True)
        half_made = path.with_suffix(".part")
        half_made.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")
        half_made.replace(path)
    return path


def lab_arguments(work: Path, first_lesson: str, *, as_root: bool, browser: bool) -> list[str]:
    """Build JupyterLab's command line.

    Parameters
    ----------
    work : the folder that JupyterLab shows
    first_lesson : the name of the notebook that it opens
    as_root : whether the user is root, whom Jupyter otherwise refuses
    browser : whether to open a browser; without one, Jupyter prints the address

    Returns
    -------
    a list of strings
    """
    from jupyter_client.manager import KernelManager

    arguments = [
        f"--ServerApp.root_dir={work}",
        f"--LabApp.default_url=/lab/tree/{first_lesson}",
        "--ServerApp.contents_manager_class=utils.reopened.Notebooks",
        "--log-level=WARN",  # leaves the address, and what goes wrong
        "--LabApp.log_level=WARN",
    ]
    if hasattr(KernelManager, "transport_encryption"):
        # else a new ipykernel warns at each start that messages to it are readable on the way
        arguments.append("--KernelManager.transport_encryption=auto")
    if as_root:
        arguments.append("--allow-root")
    if not browser:
        arguments.append("--no-browser")
    return arguments


def main(extra_arguments: list[str]) -> int:
    """Copy what is missing, then run JupyterLab until it is stopped.

    Parameters
    ----------
    extra_arguments : passed on to JupyterLab, after ours

    Returns
    -------
    the exit code; 2 with one clear line where the course cannot be opened
    """
    if find_spec("jupyterlab") is None:
        print(
            f"JupyterLab is not installed for {sys.executable}: run make lab, "
            "or python -m pip install -r requirements.txt",
            file=sys.stderr,
        )
        return 2
    work = COURSE / "work"
    try:
        copies = copy_missing_notebooks(COURSE / "notebooks", work)
        bring_pages_up_to_date(COURSE / "notebooks", work)
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    with suppress(OSError):  # where Python's own folder is read-only, JupyterLab asks about news
        write_settings(Path(sys.prefix))
    if copies:
        print("New in work/:", ", ".join(copy.name for copy in copies))

    lessons = sorted(work.glob("[0-9][0-9]_*.ipynb"))
    browser = can_open_browser(os.environ)
    if browser:
        print("JupyterLab opens in your browser. Ctrl-C stops it.", flush=True)
    else:
        print("Open one of the addresses below in a browser. Ctrl-C stops JupyterLab.", flush=True)

    from jupyterlab.labapp import main as jupyter_lab

    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    ours = lab_arguments(work, lessons[0].name, as_root=as_root, browser=browser)
    jupyter_lab(ours + extra_arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
