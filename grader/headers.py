"""What a lesson's header gives to the course's pages: its terms, its formulas, its picture.

All of it is checked against the lesson's prose, so that a page built from headers can't say what
no lesson says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import yaml
from nbformat import NotebookNode

from grader.build import BuildError, Lesson

HEADING = re.compile(r"^#{1,4} +(.+?) *$")
FENCE = re.compile(r"^(```+|~~~+)")
BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
MATH = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)
NAMES_TABLE = re.compile(r"^\|\s*here\s*\|", re.IGNORECASE)
# a comma or a semicolon; what stands in brackets, dollar signs or backticks is passed over whole
PARTED = re.compile(r"((?:\([^)]*\)|\$[^$]*\$|`[^`]*`|[^,;])+)")


@dataclass(frozen=True)
class Section:
    """A heading of a lesson, and the prose from there to the next one, cell by cell."""

    heading: str
    prose: dict[int, str]

    def introduces(self, term: str) -> int | None:
        """The cell in which a term stands in bold; None where it does not."""
        for cell, text in self.prose.items():
            if any(same(bold, term) for bold in BOLD.findall(text)):
                return cell
        return None


@dataclass(frozen=True)
class Row:
    """A row of the recap's table: what a thing is called here, and elsewhere."""

    here: str
    elsewhere: tuple[str, ...]
    where: str

    def is_for(self, name: str) -> bool:
        """Whether the row speaks of this name: its first cell, or one of the names in it."""
        if plain(self.here) == plain(name) and _without_math(self.here) != "":
            return True
        if self.here == _one_line(name):
            return True
        return any(same(part, name) for part in names_in(self.here))


@dataclass(frozen=True)
class Term:
    """A word of the field, and the section that introduces it."""

    name: str
    means: str
    recap: str | None  # the first cell of its row, where that calls it otherwise
    heading: str  # of the section that introduces it
    cell: int  # there
    where: str


@dataclass(frozen=True)
class Formula:
    """A formula that one looks up, in one part or in several that belong together."""

    name: str
    parts: tuple[str, ...]
    where: str


@dataclass(frozen=True)
class Figure:
    """The figure that stands for a lesson on the picture of the whole course."""

    words: str  # of its alternative text
    built: str  # what the learner has built by then
    where: str


@dataclass(frozen=True)
class Header:
    """All that a lesson gives to the pages."""

    lesson: Lesson
    terms: tuple[Term, ...]
    formulas: tuple[Formula, ...]
    figure: Figure | None
    rows: tuple[Row, ...]


def header_of(lesson: Lesson) -> Header:
    """Read a lesson's header and hold it against the lesson's prose.

    Raises
    ------
    BuildError : where the header says what the prose does not; the message names file and line
    """
    facts = _Facts(lesson)
    sections = sections_of(lesson)
    return Header(
        lesson,
        tuple(_terms(facts, sections)),
        tuple(_formulas(facts)),
        _figure(facts),
        tuple(_rows(lesson)),
    )


class _Facts:
    """The mapping below `course:`, with the line of every entry."""

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        self.file = str(lesson.path.relative_to(lesson.path.parents[1]))
        text = lesson.path.read_text(encoding="utf-8").split("\n---", 1)[0].removeprefix("---\n")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        self.course = next(
            (value for key, value in root.value if key.value == "course"),
            yaml.MappingNode("tag:yaml.org,2002:map", []),
        )

    def at(self, node: yaml.Node) -> str:
        # the first line of the file holds the dashes
        return f"{self.file}:{node.start_mark.line + 2}"

    def entries(
        self, name: str, node: yaml.Node | None = None
    ) -> list[tuple[yaml.Node, yaml.Node]]:
        """Keys and values of the mapping that stands under a name; of `node` if given."""
        if node is None:
            pairs = {key.value: value for key, value in self.course.value}
            node = pairs.get(name)
        if node is None:
            return []
        if not isinstance(node, yaml.MappingNode) or not all(
            isinstance(key, yaml.ScalarNode) for key, _ in node.value
        ):
            raise BuildError(f"{self.at(node)}: {name} holds lines of the form  name: value.")
        return list(node.value)

    def text(self, node: yaml.Node, what: str) -> str:
        """A value that is plain text."""
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            raise BuildError(f"{self.at(node)}: {what} is a text; put quotes around it.")
        return _one_line(node.value)


def sections_of(lesson: Lesson) -> list[Section]:
    """A lesson's headings in order, each with the prose below it."""
    found: list[Section] = []
    for index, line, is_prose in _lines(lesson.cells):
        match = HEADING.match(line) if is_prose else None
        if match is not None:
            found.append(Section(match[1], {}))
        elif found:
            before = found[-1].prose.get(index, "")
            found[-1].prose[index] = f"{before}{line}\n"
    return found


def _lines(cells: Iterable[NotebookNode]) -> Iterator[tuple[int, str, bool]]:
    """The lines of all Markdown cells: cell, text, and whether it stands outside fenced code."""
    for index, cell in enumerate(cells):
        if cell.cell_type != "markdown":
            continue
        fence = ""
        for line in cell.source.split("\n"):
            mark = FENCE.match(line)
            if mark and not fence:
                fence = mark[1]
            elif mark and line.strip() == fence:
                fence = ""
                continue
            yield index, line, not fence


def _terms(facts: _Facts, sections: list[Section]) -> Iterator[Term]:
    for heading, under in facts.entries("terms"):
        matching = [section for section in sections if section.heading == heading.value]
        if len(matching) != 1:
            many = "no heading" if not matching else f"{len(matching)} headings"
            raise BuildError(f"{facts.at(heading)}: the lesson has {many} “{heading.value}”.")
        for name, value in facts.entries(heading.value, under):
            yield _term(facts, matching[0], name, value)


def _term(facts: _Facts, section: Section, name: yaml.Node, value: yaml.Node) -> Term:
    means, recap = value, None
    if isinstance(value, yaml.MappingNode):
        parts = {key.value: part for key, part in facts.entries(name.value, value)}
        if "means" not in parts or parts.keys() - {"means", "recap"}:
            raise BuildError(f"{facts.at(name)}: {name.value!r} has means: and perhaps recap:.")
        means = parts["means"]
        recap = facts.text(parts["recap"], "recap") if "recap" in parts else None
    definition = facts.text(means, f"the meaning of {name.value!r}")
    if not definition.endswith("."):
        raise BuildError(
            f"{facts.at(name)}: the meaning of {name.value!r} is a sentence, with a full stop."
        )
    cell = section.introduces(name.value)
    if cell is None:
        raise BuildError(
            f"{facts.at(name)}: the section “{section.heading}” does not introduce the term: "
            f"write **{name.value}** in bold there."
        )
    return Term(_one_line(name.value), definition, recap, section.heading, cell, facts.at(name))


def _formulas(facts: _Facts) -> Iterator[Formula]:
    prose = "\n\n".join(cell.source for cell in facts.lesson.cells if cell.cell_type == "markdown")
    known = ["".join((m[1] or m[2]).split()) for m in MATH.finditer(prose)]
    for name, value in facts.entries("formulas"):
        several = value.value if isinstance(value, yaml.SequenceNode) else [value]
        parts = tuple(facts.text(part, f"the formula {name.value!r}") for part in several)
        for part in parts:
            if not any("".join(part.split()) in formula for formula in known):
                raise BuildError(
                    f"{facts.at(name)}: the lesson nowhere says ${part}$ in its prose: "
                    "write the formula as it stands there."
                )
        yield Formula(_one_line(name.value), parts, facts.at(name))


def _figure(facts: _Facts) -> Figure | None:
    entries = facts.entries("picture")
    if not entries:
        return None
    parts = {key.value: value for key, value in entries}
    if parts.keys() != {"figure", "built"}:
        raise BuildError(f"{facts.at(entries[0][0])}: picture holds figure: and built:.")
    return Figure(
        facts.text(parts["figure"], "figure"),
        facts.text(parts["built"], "built"),
        facts.at(parts["figure"]),
    )


def _rows(lesson: Lesson) -> Iterator[Row]:
    """The rows of the recap's tables  here | elsewhere."""
    for index, cell in enumerate(lesson.cells):
        if cell.cell_type != "markdown":
            continue
        inside = False
        for offset, line in enumerate(cell.source.split("\n")):
            if not line.startswith("|"):
                inside = False
            elif NAMES_TABLE.match(line):
                inside = True
            elif inside and not set(line) <= set("|-: "):
                here, elsewhere = (part.strip() for part in line.strip().strip("|").split("|", 1))
                yield Row(here, tuple(names_in(elsewhere)), lesson.at(index, offset))


def names_in(cell: str) -> list[str]:
    """The names in a cell of a table, parted by commas and semicolons.

    Examples
    --------
    >>> names_in("cost, objective (a risk, too); $J(a, b)$; *Brier score*, for probabilities")
    ['cost', 'objective (a risk, too)', '$J(a, b)$', '*Brier score* for probabilities']
    """
    names: list[str] = []
    for part in filter(None, (found.strip() for found in PARTED.findall(cell))):
        if names and part.startswith(("for ", "when ", "to a ", "since ")):
            names[-1] += f" {part}"
        else:
            names.append(part)
    return names


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _without_math(text: str) -> str:
    return re.sub(r"\$[^$]*\$", "", text).strip()


def plain(text: str) -> str:
    """A name without marks, formulas, brackets, capitals, and the “to” of a verb."""
    text = re.sub(r"\([^)]*\)", "", _without_math(text))
    return _one_line(re.sub(r"[*`_]", "", text)).strip(" .,:;").lower().removeprefix("to ")


def same(one: str, other: str) -> bool:
    """Whether two names are the same, in the singular or the plural."""
    a, b = plain(one), plain(other)
    return a != "" and (a == b or a in (b + "s", b + "es") or b in (a + "s", a + "es"))
