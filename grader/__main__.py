"""The command line: `python -m grader build`, `grade` and `doctor`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Build the course's notebooks, grade what learners hand in, examine this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


@app.callback()
def main() -> None:
    """Build the course's notebooks, grade what learners hand in, examine this machine."""


@app.command()
def build(
    lessons: Annotated[
        list[str] | None, typer.Argument(help="Lessons such as 02_activations; all by default.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 and name what is stale.")
    ] = False,
) -> None:
    """Build notebooks/ and solutions/ from lessons/."""
    from grader.build import run

    raise typer.Exit(run(lessons or [], check=check))


@app.command()
def grade(
    submissions: Annotated[
        Path,
        typer.Argument(
            metavar="SUBMISSIONS", help="A folder of STUDENT/NOTEBOOK.ipynb, or one notebook."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Where results, grades and feedback go; may exist."),
    ],
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", help="Processes side by side; by default one a core."),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Grade on a Dask cluster, as tls://head:8786, instead of on this machine.",
        ),
    ] = None,
    hidden: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="A folder of further tests, of which learners are told the names alone.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Grade all again, not only what is new or changed.")
    ] = False,
    sandbox: Annotated[
        str,
        typer.Option(
            metavar="bubblewrap|none",
            help="none: no protection at all, for notebooks that you trust.",
        ),
    ] = "bubblewrap",
) -> None:
    """Grade notebooks that learners handed in.

    Writes into DIR: **results.jsonl** (an object per student and exercise), **grades.csv** (a row
    per student), **feedback/** (a page per notebook) and **gradebook.sqlite** (all of it). Run it
    again after an interruption or with new submissions: it grades only what is new or changed.

    Exit code 0: everything was graded, whatever the scores. 1: something stopped it, such as a full
    disk. 2: it can't grade with these arguments. 130: interrupted.
    """
    from grader.batch import WRONG_ARGUMENTS, Options, run
    from grader.report import Reporter

    reporter = Reporter()
    if workers is not None and workers < 1:
        reporter.stop(f"--workers: at least one is needed, not {workers}.")
        raise typer.Exit(WRONG_ARGUMENTS)
    if workers is not None and scheduler is not None:
        reporter.stop("--workers is for this machine, and --scheduler brings workers of its own.")
        raise typer.Exit(WRONG_ARGUMENTS)
    if sandbox not in ("bubblewrap", "none"):
        reporter.stop(f"--sandbox: there are bubblewrap and none, not {sandbox}.")
        raise typer.Exit(WRONG_ARGUMENTS)
    if sandbox == "none":
        reporter.warn(
            "--sandbox none: submissions can read your files and change their grades. "
            "Use it for notebooks that you trust."
        )
    if scheduler is not None and not is_private(scheduler):
        reporter.warn(
            f"{scheduler} is not encrypted: whoever reaches that port can run code on the cluster. "
            "Across machines use tls://."
        )
    count = workers or len(os.sched_getaffinity(0))
    options = Options(submissions, out, count, scheduler, hidden, force, sandbox)
    raise typer.Exit(run(options, reporter))


def is_private(scheduler: str) -> bool:
    """Whether nobody else can talk on the way to a scheduler: encrypted, or on this machine."""
    protocol, _, place = scheduler.rpartition("://")
    here = ("127.", "localhost", "[::1]")
    return protocol in ("tls", "wss", "inproc") or place.startswith(here)


@app.command()
def doctor() -> None:
    """Tell whether this machine can grade safely, and what to do where it can't."""
    from grader.doctor import run

    raise typer.Exit(run())


def command_line(arguments: list[str] | None = None) -> int:
    """Run a command; what is wrong with its arguments is told in one line.

    Returns
    -------
    the exit code
    """
    # typer's own messages take five lines and a frame
    try:
        code = app(arguments, prog_name="python -m grader", standalone_mode=False)
    except typer.Abort:
        return 130
    except typer.TyperException as error:
        if not error.format_message():  # no command: the help was shown
            return 2
        problem = error.format_message().rstrip(".")
        print(f"✗ {problem}. See: python -m grader --help", file=sys.stderr)
        return 2
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(command_line())
