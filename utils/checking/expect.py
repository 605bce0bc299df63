"""What grading tests expect, and the words for a learner when it is otherwise.

Each function takes what came back, what should have, and `why`: one sentence for the learner.
Expected values come from mathematics, a known constant or the reference, never from what is judged.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence

import numpy as np

from utils.checking.plain import is_numeric
from utils.checking.show import show_value
from utils.checking.subject import Failure

RTOL = 1e-7
ATOL = 1e-9


def expect_close(
    got: object,
    expected: object,
    why: str,
    *,
    rtol: float = RTOL,
    atol: float = ATOL,
    parts: Sequence[str] | None = None,
) -> None:
    """Expect the same shape and, within tolerance, the same values.

    Tuples and lists of arrays are compared part by part. Where a single array is expected, a
    (nested) list of numbers will do.

    Parameters
    ----------
    got : what came back, a plain value
    expected : a number, an array, a list of numbers, or a tuple of these
    why : a sentence for the learner
    rtol, atol : relative and absolute tolerance
    parts : names for the parts of a tuple, as ("dW", "db")
    """
    if _has_parts(expected):
        _expect_parts(got, expected, why, rtol, atol, parts)  # type: ignore[arg-type]
        return
    _expect_array(got, expected, why, rtol, atol, "")


def expect_that(
    condition: object, why: str, *, got: object = None, expected: str | None = None
) -> None:
    """Expect a property.

    Parameters
    ----------
    condition : true when all is well
    why : a sentence for the learner
    got : the value to show
    expected : what it should have been, in words: "rows that sum to 1"
    """
    if not condition:
        raise Failure(why, None if got is None else show_value(got), expected, values=(got, None))


def expect_finite(got: object, why: str) -> None:
    """Expect numbers that are neither inf nor nan."""
    _expect_numeric(got, why, "finite numbers", "")
    expect_that(np.all(np.isfinite(_array(got))), why, got=got, expected="finite numbers")


@contextlib.contextmanager
def no_warnings(why: str) -> Iterator[None]:
    """Expect that no warning reaches the caller: for what the syllabus calls stable."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    if caught:
        raise Failure(
            why,
            got=f"{caught[0].category.__name__}: {caught[0].message}",
            expected="no warning",
        )


def _expect_parts(
    got: object,
    expected: tuple | list,
    why: str,
    rtol: float,
    atol: float,
    parts: Sequence[str] | None,
) -> None:
    wanted = (
        f"{len(expected)} values"
        if parts is None
        else f"{len(expected)} values: ({', '.join(parts)})"
    )
    if isinstance(got, np.ndarray) and not isinstance(expected, np.ndarray) and got.ndim > 0:
        got = tuple(got)  # an array of as many entries does as well as a tuple
    if not isinstance(got, (tuple, list)):
        raise Failure(
            f"One value came back where {wanted} are expected."
            if got is not None
            else "Nothing came back.",
            show_value(got),
            wanted,
            values=(got, expected),
        )
    if len(got) != len(expected):
        raise Failure(
            f"{len(got)} values came back where {len(expected)} are expected.",
            show_value(tuple(got)),
            wanted,
            values=(got, expected),
        )
    for index, (one, right) in enumerate(zip(got, expected, strict=True)):
        name = parts[index] if parts is not None else f"number {index + 1} of {len(expected)}"
        try:
            if _has_parts(right):
                _expect_parts(one, right, why, rtol, atol, None)
            else:
                _expect_array(one, right, why, rtol, atol, name)
        except Failure as failure:
            failure.whole = failure.whole or (got, expected)
            raise


def _has_parts(expected: object) -> bool:
    """Whether an expected value is several values, and not one number or array."""
    return isinstance(expected, tuple) or (
        isinstance(expected, list) and any(isinstance(e, (tuple, np.ndarray)) for e in expected)
    )


def _expect_array(
    got: object, expected: object, why: str, rtol: float, atol: float, part: str
) -> None:
    right = np.asarray(expected)
    _expect_numeric(got, why, show_value(_scalar(right)), part)
    came = _array(got)
    prefix = f"{part}: " if part else ""
    if came.shape != right.shape:
        raise Failure(
            f"{prefix}the shape is wrong. {why}",
            f"{prefix}shape {came.shape}: {show_value(_scalar(came))}",
            f"{prefix}shape {right.shape}: {show_value(_scalar(right))}",
            values=(came, right),
        )
    with np.errstate(all="ignore"):
        good = np.isclose(came, right, rtol=rtol, atol=atol, equal_nan=True)
    if np.all(good):
        return
    place = ""
    if right.size > 12:
        worst = _worst(came, right)
        place = (
            f"\nat [{', '.join(map(str, worst))}]: {show_value(came[worst].item())}"
            f" instead of {show_value(right[worst].item())}"
            f" ({np.count_nonzero(~good)} of {right.size} entries are off)"
        )
    raise Failure(
        f"{prefix}{why}" if part else why,
        f"{prefix}{show_value(_scalar(came))}{place}",
        f"{prefix}{show_value(_scalar(right))}",
        values=(came, right),
    )


def _worst(came: np.ndarray, right: np.ndarray) -> tuple[int, ...]:
    with np.errstate(all="ignore"):
        distance = np.abs(came.astype(complex) - right.astype(complex))
    distance = np.where(np.isnan(distance), np.inf, distance)
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(distance)), right.shape))


def _expect_numeric(got: object, why: str, expected: str, part: str) -> None:
    prefix = f"{part}: " if part else ""
    if got is None:
        raise Failure(f"{prefix}nothing came back.", "None", expected, values=(None, None))
    if is_numeric(got):
        return
    if isinstance(got, (list, tuple)):
        try:
            if np.asarray(got).dtype.kind in "biuf":
                return
        except ValueError:
            raise Failure(
                f"{prefix}the parts that came back have different shapes and make no array. {why}",
                show_value(got),
                expected,
                values=(got, None),
            ) from None
    raise Failure(
        f"{prefix}numbers are expected here. {why}", show_value(got), expected, values=(got, None)
    )


def _array(got: object) -> np.ndarray:
    return np.asarray(got)


def _scalar(array: np.ndarray) -> object:
    return array.item() if array.ndim == 0 else array
