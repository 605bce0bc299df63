"""HTML templates beside this module, with everything escaped that they are given."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape


@cache
def template(name: str) -> Template:
    """The template of this name in `utils/checking/`."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=False,
    )
    environment.filters["prose"] = prose
    return environment.get_template(name)


def prose(text: str) -> Markup:
    """Escaped text in which `code` between backticks is set as code."""
    style = "font-family:var(--jp-code-font-family,ui-monospace,monospace);background:none"
    pieces = str(escape(text)).split("`")
    if len(pieces) % 2 == 0:  # a backtick without its partner
        return escape(text)
    return Markup("").join(
        Markup(f'<code style="{style}">{piece}</code>') if index % 2 else Markup(piece)
        for index, piece in enumerate(pieces)
    )
