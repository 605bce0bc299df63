"""What the blank of an exercise looks like, for who makes it and for who recognises it.

A blank function is its signature, its docstring and `raise NotImplementedError`; a blank class is a
class of blank methods. Only the standard library is used here: the grader's sandbox runs this too.
"""

from __future__ import annotations

import ast


def is_stub(node: ast.stmt) -> bool:
    """Whether a definition is still blank.

    Nothing but a docstring, `pass` or `...` is as blank as `raise NotImplementedError`.
    """
    if isinstance(node, ast.ClassDef):
        return all(is_stub(part) for part in node.body if not _says_nothing(part))
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return all(_says_nothing(part) or _raises_not_implemented(part) for part in node.body)
    return False


def stub_of(source: str) -> str:
    """The blank of a function or class, given its source.

    A class keeps the methods that have a docstring: the others are the author's own helpers.
    """
    node = ast.parse(source).body[0]
    lines = source.splitlines()
    if isinstance(node, ast.ClassDef):
        methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
        shown = [method for method in methods if ast.get_docstring(method) is not None]
        kept = [_head(node, lines), *(_blank_function(method, lines) for method in shown)]
        return "\n\n".join(kept) + "\n"
    assert isinstance(node, ast.FunctionDef)
    return _blank_function(node, lines) + "\n"


def _blank_function(node: ast.FunctionDef, lines: list[str]) -> str:
    indent = " " * (node.col_offset + 4)
    return _head(node, lines) + f"\n{indent}raise NotImplementedError"


def _head(node: ast.FunctionDef | ast.ClassDef, lines: list[str]) -> str:
    """The lines of a definition from its name to the end of its docstring."""
    end = node.body[0].end_lineno if ast.get_docstring(node) is not None else None
    if end is None:
        end = node.body[0].lineno - 1
    return "\n".join(lines[node.lineno - 1 : end])


def _says_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


def _raises_not_implemented(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Raise) or node.exc is None:
        return False
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
