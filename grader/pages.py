"""The pages about the whole course: the glossary, the cheat sheet of formulas, the picture.

They are built from the lessons' headers and stand beside the blank notebooks, since they are what
a learner opens there: links between them work in JupyterLab, and on the repository's web page.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import jinja2
from latex2mathml import converter
from markupsafe import Markup

from grader.build import BuildError, write
from grader.course_picture import draw, tiles_of, told_by
from grader.headers import Formula, Header, Row, Term, names_in, plain, same
from utils.lab import CHEAT_SHEET, GLOSSARY, PICTURE

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    autoescape=jinja2.select_autoescape(["html.jinja"], default=False),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def glossary(headers: Sequence[Header]) -> str | None:
    """The glossary as Markdown; None where no lesson has terms.

    Raises
    ------
    BuildError : where two lessons introduce one term, or a recap lacks a row that a term names
    """
    terms = [(term, header) for header in headers for term in header.terms]
    if not terms:
        return None
    _each_once([term for term, _ in terms])
    rows = [row for header in headers for row in header.rows]
    for header in headers:
        for term in header.terms:
            if term.recap and not any(row.is_for(term.recap) for row in header.rows):
                raise BuildError(f"{term.where}: the recap's table has no row “{term.recap}”.")
    entries = sorted(
        (
            {
                "name": term.name,
                "means": term.means,
                "also": ", ".join(other_names(term, rows)),
                "place": _place(term, header),
                "link": _link(term, header),
            }
            for term, header in terms
        ),
        key=lambda entry: entry["name"].lower(),
    )
    letters = itertools.groupby(entries, key=lambda entry: entry["name"][0].upper())
    return _TEMPLATES.get_template("glossary.md.jinja").render(
        letters=[(letter, list(group)) for letter, group in letters],
        lessons=[
            (_title(header), ", ".join(term.name for term in header.terms))
            for header in headers
            if header.terms
        ],
        more=[
            (row.here, ", ".join(row.elsewhere))
            for row in rows
            if not any(_belongs(row, term) for term, _ in terms)
        ],
    )


def _each_once(terms: Sequence[Term]) -> None:
    first: dict[str, Term] = {}
    for term in terms:
        before = first.setdefault(term.name.lower(), term)
        if before is not term:
            raise BuildError(
                f"{term.where}: the term {term.name!r} is introduced at {before.where} already."
            )


def _belongs(row: Row, term: Term) -> bool:
    return row.is_for(term.name) or (term.recap is not None and row.is_for(term.recap))


def other_names(term: Term, rows: Sequence[Row]) -> list[str]:
    """What the field calls a term, from the rows of all recaps, each name once."""
    found: dict[str, str] = {}
    for row in rows:
        if _belongs(row, term):
            for name in [*names_in(row.here), *row.elsewhere]:
                says_it = name in names_in(row.here) and plain(term.name) in plain(name)
                if not says_it and not same(name, term.name):
                    found.setdefault(re.sub(r"[*`]", "", name).lower(), name)
    return list(found.values())


def _title(header: Header) -> str:
    return f"Lesson {header.lesson.name[:2]} · {header.lesson.title}"


def _place(term: Term, header: Header) -> str:
    return f"{header.lesson.name[:2]} · {term.heading}"


def _link(term: Term, header: Header) -> str:
    # JupyterLab finds a cell in a notebook that it has still to open, and a heading only later
    return f"{header.lesson.name}.ipynb#cell-id={header.lesson.cell_id(term.cell)}"


def cheat_sheet(headers: Sequence[Header]) -> str | None:
    """All formulas as a page that prints on one sheet of A4; None where no lesson has any."""
    lessons = [
        {
            "number": header.lesson.name[:2],
            "title": header.lesson.title,
            "formulas": [
                {"name": formula.name, "parts": [Markup(math) for math in math_of(formula)]}
                for formula in header.formulas
            ],
        }
        for header in headers
        if header.formulas
    ]
    if not lessons:
        return None
    return _TEMPLATES.get_template("cheat_sheet.html.jinja").render(lessons=lessons)


def math_of(formula: Formula) -> list[str]:
    """The parts of a formula as MathML.

    Raises
    ------
    BuildError : where its LaTeX can't be read
    """
    found = []
    for part in formula.parts:
        try:
            made = converter.convert(part, display="inline")
        except Exception as error:  # noqa: BLE001 - the library's errors have no common kind
            made = f"\\ {type(error).__name__}"
        if "\\" in made:  # a command that it does not know stays as it is
            raise BuildError(
                f"{formula.where}: ${part}$ can't be set for the cheat sheet: write it with "
                "plainer LaTeX."
            )
        # text counts as space in MathML, and a sign between two spaces gets none around it
        found.append(made.replace("mtext>", "mi>"))
    return found


def built_pages(headers: Sequence[Header]) -> dict[str, str]:
    """The text pages by their file names, those that have any content."""
    pages = {GLOSSARY: glossary(headers), CHEAT_SHEET: cheat_sheet(headers)}
    return {name: text for name, text in pages.items() if text is not None}


def write_pages(course: Path, headers: Sequence[Header]) -> None:
    """Build the pages; the picture is drawn again only where it would show something else.

    Raises
    ------
    BuildError : where the headers don't go together
    """
    folder = course / "notebooks"
    for name, text in built_pages(headers).items():
        write(folder / name, text)
    tiles = tiles_of(course, headers)
    if tiles and told_by(folder / PICTURE) != tiles.told:
        write(folder / PICTURE, draw(tiles))


def stale_pages(course: Path, headers: Sequence[Header]) -> list[str]:
    """The pages that are missing or differ from what the sources give.

    Raises
    ------
    BuildError : where the headers don't go together
    """
    folder = course / "notebooks"
    found = []
    for name, text in built_pages(headers).items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            found.append(f"notebooks/{name}")
    tiles = tiles_of(course, headers)
    if tiles and told_by(folder / PICTURE) != tiles.told:
        found.append(f"notebooks/{PICTURE}")
    return found
