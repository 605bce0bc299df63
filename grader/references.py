"""The source of a reference implementation, cut out of `utils/` for notebooks and sandboxes."""

from __future__ import annotations

import ast
import builtins
import inspect
import symtable
import textwrap
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path


@cache
def _module(path: Path) -> tuple[ast.Module, tuple[str, ...]]:
    text = path.read_text(encoding="utf-8")
    return ast.parse(text), tuple(text.splitlines())


def source_of(definition: Callable[..., object], name: str | None = None) -> str:
    """A function's or class's own source, without decorators and not indented.

    Parameters
    ----------
    definition : a function or class defined by `def` or `class`
    name : the name to give it, by default its own; a class made by `@changed` has the reference's
    """
    composed = getattr(definition, "composed_source", None)
    if composed is not None:
        return str(composed)
    path = Path(inspect.getfile(definition))
    tree, lines = _module(path)
    own_name = definition.__qualname__.rpartition(".")[2]
    first = getattr(getattr(definition, "__code__", None), "co_firstlineno", None)
    for node in ast.walk(tree):
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or node.name != own_name:
            continue
        starts = {node.lineno, *(decorator.lineno for decorator in node.decorator_list)}
        if first is not None and first not in starts:
            continue
        source = textwrap.dedent("\n".join(lines[node.lineno - 1 : node.end_lineno]))
        if name is not None and name != own_name:
            source = source.replace(f" {own_name}", f" {name}", 1)
        return source + "\n"
    raise LookupError(f"{own_name} is not defined by def or class in {path}.")


def names_used(source: str) -> set[str]:
    """The global names that a definition uses, its annotations included, builtins excluded."""
    table = symtable.symtable(source, "<reference>", "exec")
    used: set[str] = set()

    def visit(scope: symtable.SymbolTable) -> None:
        for symbol in scope.get_symbols():
            if symbol.is_referenced() and (symbol.is_global() or scope.get_type() == "module"):
                used.add(symbol.get_name())
        for child in scope.get_children():
            visit(child)

    visit(table)
    defined = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned()}
    return used - defined - set(dir(builtins))


def names_bound(source: str) -> set[str]:
    """The names that a cell binds by imports, assignments and definitions."""
    table = symtable.symtable(source, "<cell>", "exec")
    return {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}


def names_mentioned(source: str) -> Iterable[str]:
    """All names that a cell's code mentions; none where it does not parse."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
