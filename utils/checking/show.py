"""Values as a learner would type them, short enough for a card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

MAX_TEXT = 400
MAX_ELEMENTS = 24


def show_value(value: object) -> str:
    """One plain value as text: numbers with up to six digits, large arrays by their shape."""
    text = _show(value)
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 2] + " …"


def show_call(name: str, arguments: Sequence[object], keywords: Mapping[str, object]) -> str:
    """A call as text: `step(np.array([-1.0, 0.0]))`."""
    parts = [_show(argument) for argument in arguments]
    parts += [f"{key}={_show(value)}" for key, value in keywords.items()]
    indent = "\n" + " " * (len(name) + 1)
    separator = f",{indent}" if any("\n" in part for part in parts) else ", "
    return f"{name}({separator.join(part.replace(chr(10), indent) for part in parts)})"


def _show(value: object) -> str:
    if isinstance(value, (bool, int)):
        return repr(value) if abs(value) < 1e20 else f"{value:.6g}" if abs(value) < 1e300 else "…"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, np.random.Generator):
        return "rng"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_show(k)}: {_show(v)}" for k, v in list(value.items())[:12]) + "}"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(_show(element) for element in value[:12])
        inner += ", …" if len(value) > 12 else ""
        if isinstance(value, list):
            return f"[{inner}]"
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if callable(value):
        return getattr(value, "__name__", "a function")
    return repr(value)


def _number(x: float) -> str:
    if x == int(x) if np.isfinite(x) and abs(x) < 1e6 else False:
        return f"{x:.1f}"
    return f"{x:.6g}"


def _array(array: np.ndarray) -> str:
    if array.size > MAX_ELEMENTS:
        return f"array of shape {array.shape}"
    if array.size == 0:
        return f"an empty array of shape {array.shape}"
    return f"np.array({_nested(array.tolist(), len('np.array('))})"


def _nested(element: object, indent: int) -> str:
    """Nested lists, a row a line."""
    if not isinstance(element, list):
        return _show(element)
    parts = [_nested(part, indent + 1) for part in element]
    if element and isinstance(element[0], list):
        return "[" + (",\n" + " " * (indent + 1)).join(parts) + "]"
    return "[" + ", ".join(parts) + "]"
