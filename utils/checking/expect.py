"""What grading tests expect, and the words for a learner when it is otherwise.

Each function takes what came back, what should have, and `why`: one sentence for the learner.
Expected values come from mathematics, a known constant or the reference, never from what is judged.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from utils.checking.plain import as_array, is_numeric
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


def expect_gradient(
    got: object,
    expected: object,
    why: str,
    *,
    name: str,
    of: str,
    loss: Callable[[np.ndarray], float],
    at: object,
    rtol: float = RTOL,
    atol: float = ATOL,
    step: float = 1e-5,
) -> None:
    """Expect a gradient; where it is off, show its worst entry beside the finite difference.

    Parameters
    ----------
    got : what came back, a plain value
    expected : the right gradient, a number or an array of the shape of `at`
    why : a sentence for the learner
    name : what the gradient is called: "dW of layer 2"
    of : what it is the gradient of the loss with respect to: "W of layer 2"
    loss : function of an array of the shape of `at`, returns a number
    at : where the gradient is taken
    rtol, atol : relative and absolute tolerance
    step : the nudge of the finite difference
    """
    right, place = np.asarray(expected, float), np.asarray(at, float)
    _expect_numeric(got, why, f"an array of the shape of {of}, {place.shape}", name)
    came = as_array(got)
    if came.shape != right.shape:
        raise Failure(
            f"{name} has the wrong shape. {_shape_clue(came, right)}{why}",
            f"{name}: shape {came.shape}",
            f"{name}: shape {right.shape}, that of {of}",
            values=(came, right),
        )
    with np.errstate(all="ignore"):
        good = np.isclose(came, right, rtol=rtol, atol=atol)
    if np.all(good):
        return
    worst = _worst(came, right)
    nudge = np.zeros(place.shape)
    nudge[worst] = step
    slope = (loss(place + nudge) - loss(place - nudge)) / (2 * step)
    entry = f"[{', '.join(map(str, worst))}]" if worst else ""
    off = int(np.count_nonzero(~good))
    count = f"; {off} of {right.size} entries are off, this one most" if right.size > 1 else ""
    raise Failure(
        f"{name} is off. {_value_clue(came, right)}{why}",
        f"{name}{entry}: {show_value(came[worst].item())}{count}",
        f"{name}{entry}: {show_value(float(slope))}, the finite difference: nudge "
        f"{'this entry of ' if worst else ''}{of} by ±{step:g} and see how the loss changes",
        values=(came, right),
    )


def _shape_clue(came: np.ndarray, right: np.ndarray) -> str:
    """What a gradient of another shape seems to be, as a sentence with a space behind it."""
    if came.ndim == 2 and came.T.shape == right.shape:
        exactly = "exactly " if _alike(came.T, right) else "of the shape of "
        return f"It is {exactly}the transpose: rows and columns are exchanged. "
    if came.ndim == right.ndim + 1 and came.shape[1:] == right.shape:
        if came.shape[0] == 1:
            return "It has one axis too many (keepdims, or a slice like [:1]). "
        return (
            "It has a row for each example: the batch is not summed, and every example has its "
            "share in how the loss changes. "
        )
    if came.ndim == 0 and right.size > 1:
        return "It is a single number: the sum goes over all axes, not only over the batch. "
    return ""


def _value_clue(came: np.ndarray, right: np.ndarray) -> str:
    """How a gradient of the right shape differs, as a sentence with a space behind it."""
    if not np.all(np.isfinite(came)):
        return "It holds nan or inf. "
    if not came.any():
        return "It is 0 everywhere: no gradient arrives here. "
    if came.ndim == 2 and came.shape == came.T.shape and _alike(came.T, right):
        return "It is exactly the transpose: rows and columns are exchanged. "
    if not right.any():
        return "The right one is 0 everywhere. "
    factor = float(np.vdot(right, came) / np.vdot(right, right))
    if not _alike(came, factor * right):
        return ""
    if abs(factor + 1) < 1e-6:
        return "It has exactly the opposite sign: it points downhill where the gradient points up. "
    return f"Every entry is exactly {factor:.4g} times the right one. " if right.size > 1 else ""


def _alike(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-6, atol=ATOL))


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
    expect_that(np.all(np.isfinite(as_array(got))), why, got=got, expected="finite numbers")


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
    count = _count(got)
    if count is None:
        raise Failure(
            f"One value came back where {wanted} are expected."
            if got is not None
            else "Nothing came back.",
            show_value(got),
            wanted,
            values=(got, expected),
        )
    if count != len(expected):
        raise Failure(
            f"{count} values came back where {len(expected)} are expected.",
            show_value(tuple(got) if isinstance(got, list) else got),
            wanted,
            values=(got, expected),
        )
    values: tuple[object, ...] = tuple(got)  # type: ignore[arg-type] # it has a count
    for index, (one, right) in enumerate(zip(values, expected, strict=True)):
        name = parts[index] if parts is not None else f"number {index + 1} of {len(expected)}"
        try:
            if _has_parts(right):
                _expect_parts(one, right, why, rtol, atol, None)
            else:
                _expect_array(one, right, why, rtol, atol, name)
        except Failure as failure:
            failure.whole = failure.whole or (values, expected)
            raise


def _count(value: object) -> int | None:
    """How many values came back, None for a single one; an array of several will do."""
    several = isinstance(value, (tuple, list)) or (isinstance(value, np.ndarray) and value.ndim > 0)
    return len(value) if several else None  # type: ignore[arg-type]


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
    came = as_array(got)
    prefix = f"{part}: " if part else ""
    if came.shape != right.shape:
        raise Failure(
            f"{prefix}the shape is wrong; {why}",
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
        with contextlib.suppress(ValueError):
            as_array(got)
            return
        if _all_numbers(got):
            why = f"the parts that came back have different shapes and make no array; {why}"
            raise Failure(prefix + why, show_value(got), expected, values=(got, None))
    raise Failure(
        f"{prefix}numbers are expected here; {why}", show_value(got), expected, values=(got, None)
    )


def _all_numbers(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_all_numbers(part) for part in value)
    return is_numeric(value)


def _scalar(array: np.ndarray) -> object:
    return array.item() if array.ndim == 0 else array
