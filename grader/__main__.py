"""The command line: `python -m grader build`."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    help="Build the course's notebooks and grade what learners hand in.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def main() -> None:
    """Build the course's notebooks and grade what learners hand in."""


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


if __name__ == "__main__":
    app(prog_name="python -m grader")
