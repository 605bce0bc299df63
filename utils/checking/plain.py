"""Plain values: what may pass between a grading test and a learner's function.

None, bool, int, float, str, bytes, list, tuple, dict and NumPy arrays of numbers. The same rule
holds in a notebook and across the grader's process boundary, so that both give the same verdict.
"""

from __future__ import annotations

import numpy as np

MAX_DEPTH = 50
PLAIN_KINDS = "biufc"  # NumPy's letters for bool, signed, unsigned, float and complex


class NotPlain(TypeError):
    """A value that is none of the plain kinds; the message says what it is."""


def to_plain(value: object, depth: int = 0) -> object:
    """The same value, made of plain kinds only.

    NumPy scalars become Python numbers, array subclasses become arrays, subclasses of the built-in
    kinds become these kinds. Arrays are not copied.

    Raises
    ------
    NotPlain : for any other kind of value, or for nesting deeper than MAX_DEPTH
    """
    if depth > MAX_DEPTH:
        raise NotPlain(f"a value nested more than {MAX_DEPTH} levels deep")
    if value is None or type(value) in (bool, int, float, str, bytes):
        return value
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in PLAIN_KINDS:
            raise NotPlain(f"an array of {_dtype_name(value.dtype)} instead of numbers")
        return value if type(value) is np.ndarray else np.asarray(value)
    if isinstance(value, np.generic):
        if value.dtype.kind not in PLAIN_KINDS + "U":
            raise NotPlain(f"a NumPy {type(value).__name__}")
        return value.item()
    if isinstance(value, tuple):
        return tuple(to_plain(element, depth + 1) for element in value)
    if isinstance(value, list):
        return [to_plain(element, depth + 1) for element in value]
    if isinstance(value, dict):
        return {to_plain(k, depth + 1): to_plain(v, depth + 1) for k, v in value.items()}
    for kind in (int, float, str, bytes):
        if isinstance(value, kind):
            return kind(value)  # type: ignore[arg-type]
    raise NotPlain(_describe(value))


def snapshot(value: object) -> object:
    """A deep copy of a plain value, generators and functions of `utils` included."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, np.random.Generator):
        return copy_generator(value)
    if isinstance(value, tuple):
        return tuple(snapshot(element) for element in value)
    if isinstance(value, list):
        return [snapshot(element) for element in value]
    if isinstance(value, dict):
        return {key: snapshot(element) for key, element in value.items()}
    return value


def copy_generator(rng: np.random.Generator) -> np.random.Generator:
    """A generator in the same state, that draws the same numbers."""
    copy = np.random.Generator(type(rng.bit_generator)())
    copy.bit_generator.state = rng.bit_generator.state
    return copy


def same(a: object, b: object, rtol: float = 0.0, atol: float = 0.0) -> bool:
    """Whether two plain values are alike: containers, shapes and values; nan equals nan."""
    if a is b or _identical_arrays(a, b):
        return True  # the common case, at a tenth of the time
    if isinstance(a, np.random.Generator) or isinstance(b, np.random.Generator):
        return True  # drawing from a generator is no change to an argument
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(same(x, y, rtol, atol) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key], rtol, atol) for key in a)
    if type(a) is int and type(b) is int:
        return a == b  # of any size
    if is_numeric(a) and is_numeric(b):
        x, y = as_array(a), as_array(b)
        if x.shape != y.shape:
            return False
        with np.errstate(all="ignore"):
            return bool(np.allclose(x, y, rtol=rtol, atol=atol, equal_nan=True))
    return type(a) is type(b) and a == b


def _identical_arrays(a: object, b: object) -> bool:
    """Whether two arrays hold the very same bytes."""
    return (
        type(a) is np.ndarray
        and type(b) is np.ndarray
        and a.dtype == b.dtype
        and a.shape == b.shape
        and not a.dtype.hasobject
        and a.tobytes() == b.tobytes()
    )


def is_numeric(value: object) -> bool:
    """Whether a plain value is a number or an array of numbers."""
    return isinstance(value, (bool, int, float, complex, np.generic)) or (
        isinstance(value, np.ndarray) and value.dtype.kind in PLAIN_KINDS
    )


def as_array(value: object) -> np.ndarray:
    """Numbers as an array of numbers; whole numbers too large for NumPy become floats or inf.

    Raises
    ------
    ValueError : for lists whose parts have different shapes, and for what is no number
    """
    if not _only_numbers(value):
        raise ValueError("not numbers")
    array = np.asarray(value)
    if array.dtype.kind in PLAIN_KINDS:
        return array
    if array.dtype.kind != "O" or not all(type(x) in (bool, int, float) for x in array.flat):
        raise ValueError("not numbers")
    return np.array([_float(x) for x in array.flat]).reshape(array.shape)


def _only_numbers(value: object) -> bool:
    """Whether numbers, in lists or not, are all there is.

    NumPy is not asked about anything else: with one long text among numbers it would make room for
    as long a text in the place of each.
    """
    if isinstance(value, (list, tuple)):
        return all(map(_only_numbers, value))
    return is_numeric(value)


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return np.inf if number > 0 else -np.inf


def _dtype_name(dtype: np.dtype) -> str:
    return {"O": "Python objects", "U": "text", "S": "bytes"}.get(dtype.kind, str(dtype))


def _describe(value: object) -> str:
    if callable(value):
        return "a function" if not isinstance(value, type) else "a class"
    name = type(value).__name__
    return f"an object of type {name}"
