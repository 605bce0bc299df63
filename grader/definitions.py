"""What a notebook defines: run its cells and find the exercises among what they leave behind.

An exercise is found by its name after the cells have run. Cells run statement by statement, and
one that fails stops no other: a plot or a printed result that breaks costs no exercise. Little is
imported here, because this module also runs inside the sandbox, beside the learner's code.
"""

from __future__ import annotations
import __future__

import ast
import linecache
import re
import textwrap
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from utils.checking.stubs import is_stub

Status = Literal["defined", "not_started", "missing", "error"]
STATUSES: tuple[Status, ...] = ("defined", "not_started", "missing", "error")

MAX_MESSAGE = 500
MAX_SOURCE = 1_000_000  # characters of one cell
MAX_CHUNKS = 200  # parts into which a cell that does not parse is cut

# Cell magics whose body is ordinary Python in the notebook's own namespace.
_TRANSPARENT_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")


@dataclass(frozen=True)
class Definition:
    """What became of one exercise.

    status : "defined", "not_started" (still the stub), "missing" or "error"
    message : for "error", what and where: "SyntaxError: invalid syntax (line 4 of the cell:
        `retrun z`)"
    """

    status: Status
    message: str = ""


def run_cells(
    cells: Sequence[str],
    exercises: Sequence[str],
    namespace: dict[str, Any],
    *,
    only_definitions: Collection[int] = (),
    before_cell: Callable[[int], None] = lambda position: None,
    guard: Callable[[Callable[[], None]], None] = lambda run: run(),
) -> tuple[dict[str, object], dict[str, Definition]]:
    """Run a notebook's cells in order and collect the exercises they define.

    Of several definitions of an exercise the last that is not a stub counts; a variable that
    bears its name, as in ``for step in range(10)``, is none. At the end the namespace binds every
    exercise to the definition that counts.

    Parameters
    ----------
    cells : sources of code cells; magics and shell lines are skipped
    exercises : names of the functions and classes to find
    namespace : where the cells run; it is changed
    only_definitions : positions of cells of which only imports, functions and classes are run
    before_cell : called with a cell's position before it runs
    guard : calls the function it is given, one statement of the learner's; may stop it by raising

    Returns
    -------
    (functions, definitions) : what the defined exercises (stubs too) are bound to, and what
    became of each exercise
    """
    finder = _Finder(exercises, namespace, guard)
    for position, source in enumerate(cells):
        before_cell(position)
        finder.run(f"<cell {position + 1}>", source, position in only_definitions)
    return finder.finish()


def python_source(source: str) -> str:
    """A cell's source with its magics and shell lines blanked, line numbers unchanged."""
    lines = textwrap.dedent(source).split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if lines[first].startswith("%%"):
        if not lines[first].startswith(_TRANSPARENT_MAGICS):
            return ""
        lines[first] = ""
    return "\n".join(_without_magic(line) for line in lines)


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_KEPT = (*_DEFINITIONS, ast.Import, ast.ImportFrom)


class _Finder:
    """Runs statements and keeps, for each exercise, the last definition that is not a stub."""

    def __init__(
        self,
        exercises: Sequence[str],
        namespace: dict[str, Any],
        guard: Callable[[Callable[[], None]], None],
    ) -> None:
        self.exercises = tuple(exercises)
        self.namespace = namespace
        self.guard = guard
        self.found: dict[str, object] = {}
        self.stubs: dict[str, object] = {}
        self.errors: dict[str, str] = {}
        self.flags = 0  # of `from __future__ import …`, which hold for all later cells

    def run(self, filename: str, source: str, only_definitions: bool) -> None:
        source = source[:MAX_SOURCE]
        for statement in self._parse(filename, source):
            if only_definitions and not self._is_kept(statement):
                continue
            self._run_statement(filename, statement)

    def finish(self) -> tuple[dict[str, object], dict[str, Definition]]:
        functions = {**self.stubs, **self.found}
        self.namespace.update(functions)
        definitions = {}
        for name in self.exercises:
            if name in self.found:
                definitions[name] = Definition("defined")
            elif name in self.errors:
                definitions[name] = Definition("error", self.errors[name])
            elif name in self.stubs:
                definitions[name] = Definition("not_started")
            else:
                definitions[name] = Definition("missing")
        return functions, definitions

    def _is_kept(self, statement: ast.stmt) -> bool:
        if isinstance(statement, _KEPT):
            return True
        return isinstance(statement, ast.Assign) and bool(self._names_bound(statement))

    def _parse(self, filename: str, source: str) -> Iterator[ast.stmt]:
        """The statements of a cell; where it does not parse, those of the parts that do."""
        failure = None
        for text in (source, python_source(source)):
            _show_source(filename, text)
            try:
                yield from self._tree(filename, text).body
            except _WILL_NOT_PARSE as error:
                failure = error
            else:
                return
        yield from self._parse_parts(filename, python_source(source), failure)

    def _parse_parts(
        self, filename: str, source: str, failure: BaseException | None
    ) -> Iterator[ast.stmt]:
        """Statements of a cell with a syntax error, which costs only the part that it stands in."""
        lines = source.split("\n")
        starts = _part_starts(lines)
        position = 0
        while position < len(starts):
            for end in range(position + 1, len(starts) + 1):
                first = starts[position]
                last = starts[end] if end < len(starts) else len(lines)
                # blank lines in front keep the line numbers
                text = "\n" * first + "\n".join(lines[first:last])
                try:
                    statements = self._tree(filename, text).body
                except _WILL_NOT_PARSE as error:
                    if end == position + 1:
                        failure = error
                        broken = (first, last)
                    continue
                yield from statements
                position = end
                break
            else:
                self._blame(lines[broken[0] : broken[1]], _describe_syntax(failure, lines))
                position += 1

    def _tree(self, filename: str, text: str) -> ast.Module:
        flags = self.flags | ast.PyCF_ONLY_AST
        return compile(text, filename, "exec", flags=flags, dont_inherit=True)

    def _blame(self, lines: Sequence[str], message: str) -> None:
        text = "\n".join(lines)
        for name in self.exercises:
            begins = rf"^\s*(?:async\s+)?(?:def|class)\s*{re.escape(name)}\b|^{re.escape(name)}\s*="
            if re.search(begins, text, re.MULTILINE):
                self.errors[name] = message

    def _run_statement(self, filename: str, statement: ast.stmt) -> None:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for alias in statement.names:
                feature = getattr(__future__, alias.name, None)
                self.flags |= getattr(feature, "compiler_flag", 0)
        before = {name: self.namespace.get(name) for name in self.exercises}
        failure: BaseException | None = None
        try:
            module = ast.Module([statement], type_ignores=[])
            code = compile(module, filename, "exec", flags=self.flags, dont_inherit=True)
            self.guard(lambda: exec(code, self.namespace))
        except BaseException as error:  # noqa: BLE001 - SystemExit too: it stops no other cell
            failure = error
        for name in self.exercises:
            value = self.namespace.get(name)
            if value is not before[name] and callable(value):
                self._keep(name, value, statement)
        if failure is not None:
            for name in self._names_bound(statement):
                self.errors[name] = _describe_failure(failure, filename)

    def _keep(self, name: str, value: object, statement: ast.stmt) -> None:
        if _is_of_the_course(name, value):
            return  # imported from utils: nobody's own work
        written = [
            node
            for node in ast.walk(statement)
            if isinstance(node, _DEFINITIONS) and node.name == name
        ]
        if written and is_stub(written[-1]):
            self.stubs[name] = value
        else:
            self.found[name] = value

    def _names_bound(self, statement: ast.stmt) -> set[str]:
        """The exercises that a statement was to define."""
        names = {node.name for node in ast.walk(statement) if isinstance(node, _DEFINITIONS)}
        if isinstance(statement, ast.Assign):
            names |= {target.id for target in statement.targets if isinstance(target, ast.Name)}
        return names.intersection(self.exercises)


# ValueError: null bytes; the others: nesting beyond what Python can parse
_WILL_NOT_PARSE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)


def _is_of_the_course(name: str, value: object) -> bool:
    try:
        module = getattr(value, "__module__", None)
        named = getattr(value, "__name__", None) == name
    except Exception:  # noqa: BLE001 - the learner's own class may do anything
        return False
    return named and isinstance(module, str) and module.startswith("utils.")


_LINE_MAGIC = re.compile(r"^(\s*)(?:[%!?]|[\w.]+\s*\?{1,2}\s*$)")
_MAGIC_RESULT = re.compile(r"^(\s*[\w, ]+=\s*)[%!]\s*\w")
_PROMPT = re.compile(r"^(>>> ?|\.\.\. ?|In \[\d+\]: ?)")


def _without_magic(line: str) -> str:
    line = _PROMPT.sub("", line)
    found = _LINE_MAGIC.match(line)
    if found:
        return f"{found[1]}pass"
    found = _MAGIC_RESULT.match(line)
    return f"{found[1]}None" if found else line


def _part_starts(lines: Sequence[str]) -> list[int]:
    """Where a cell can be cut: at lines that begin a statement, decorators staying with theirs."""
    starts: list[int] = []
    decorated = False
    for number, line in enumerate(lines):
        if not re.match(r"[A-Za-z_@]", line):
            continue
        if re.match(r"(?:else|elif|except|finally)\b", line):
            continue
        if not decorated:
            starts.append(number)
        decorated = line.startswith("@")
    return starts[:MAX_CHUNKS]


def _show_source(filename: str, text: str) -> None:
    """Let tracebacks and `inspect.getsource` find a cell's lines."""
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)


def _describe_syntax(error: BaseException | None, lines: Sequence[str]) -> str:
    kind = type(error).__name__ if isinstance(error, SyntaxError) else "SyntaxError"
    what = error.msg if isinstance(error, SyntaxError) else str(error) or "nested too deeply"
    number = error.lineno if isinstance(error, SyntaxError) else None
    return _with_line(f"{kind}: {what}", number, lines)


def _describe_failure(error: BaseException, filename: str) -> str:
    lines = [line.rstrip("\n") for line in linecache.getlines(filename)]
    if isinstance(error, SyntaxError) and error.filename == filename:
        return _describe_syntax(error, lines)
    try:
        message = str(error).strip().split("\n")[0]
    except Exception:  # noqa: BLE001 - the learner's own exception class may do anything
        message = ""
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    number = None
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == filename:
            number = step.tb_lineno
            break
        step = step.tb_next
    return _with_line(text, number, lines)


def _with_line(text: str, number: int | None, lines: Sequence[str]) -> str:
    text = text[: MAX_MESSAGE - 120]
    if number is None or not 1 <= number <= len(lines):
        return text
    line = lines[number - 1].strip()
    return f"{text} (line {number} of the cell: `{line[:80]}`)"
