"""Which mistake is it? Listed ones by behaviour, generic ones by how a result differs.

A learner whose answer behaves on all calls of the tests as a listed mistake does is told that
mistake's sentence. Failing that, the differences that occur in every course (a sum for a mean, a
flipped sign, a transposed result, …) are recognised from what came back and what was expected.
"""

from __future__ import annotations

import hashlib
import inspect
import pickle
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from utils.checking.exercise import Exercise, Mistake
from utils.checking.plain import as_array, is_numeric, same, snapshot
from utils.checking.subject import Call, Failure, LocalImplementation, Reply
from utils.checking.verdict import TestResult

RTOL, ATOL = 1e-7, 1e-9  # as the tests compare
REPLAY_SECONDS = 1.0
MAX_ANSWERS, MAX_ANSWER = 4_000, 10_000  # kept of replays: how many, and bytes of one

# by function, the name that its error messages bear, and the question
_ANSWERS: dict[tuple[Callable[..., object], str, bytes], tuple[Reply, bool]] = {}


def diagnose(
    exercise: Exercise,
    results: Sequence[TestResult],
    fails: Callable[[Mistake], Collection[str]] | None = None,
) -> str | None:
    """The sentence that explains a recognised mistake, or None.

    Parameters
    ----------
    exercise : what was judged
    results : of all its tests, one failure among them at least
    fails : gives the tests that a listed mistake fails; with it, a mistake is not named that fails
        a test which the learner's answer passes
    """
    return _listed(exercise, results, fails) or _generic(exercise, results)


# ------------------------------------------------------------------------------ listed mistakes


def _listed(
    exercise: Exercise,
    results: Sequence[TestResult],
    fails: Callable[[Mistake], Collection[str]] | None,
) -> str | None:
    """The listed mistake that behaves the same in all tests, else in the first that failed."""
    failed = {result.test for result in results if not result.passed}
    asked = [[_Asked.of(call) for call in result.calls] for result in results]
    all_calls = [call for calls in asked for call in calls]
    first_calls = next(c for c, result in zip(asked, results, strict=True) if not result.passed)
    for calls, compare_warnings in ((all_calls, True), (all_calls, False), (first_calls, True)):
        if not calls:
            continue
        if _behaves_as(exercise.reference, calls, compare_warnings=compare_warnings):
            continue  # these calls show nothing wrong
        for mistake in exercise.mistakes:
            if not _behaves_as(mistake.implementation, calls, compare_warnings=compare_warnings):
                continue
            if calls is all_calls or fails is None or failed.issuperset(fails(mistake)):
                return mistake.sentence
    return None


@dataclass(frozen=True)
class _Asked:
    """A call of a test, and what tells it from others."""

    call: Call
    fingerprint: bytes  # equal for equal questions only; empty for those that have none

    # A pickle is a handy description of a value down to its bits. It is never loaded.

    @classmethod
    def of(cls, call: Call) -> _Asked:
        try:
            question = pickle.dumps((call.name, call.code, call.arguments, call.keywords))
        except Exception:  # noqa: BLE001 - a local function, say; each kind of object refuses its way
            return cls(call, b"")
        return cls(call, hashlib.blake2b(question, digest_size=16).digest())


def _behaves_as(
    implementation: Callable[..., object], calls: Sequence[_Asked], *, compare_warnings: bool
) -> bool:
    name = _name_of(implementation)
    return all(
        _same_reply(asked.call, _known_or_again(implementation, asked), name, compare_warnings)
        for asked in calls
    )


def _known_or_again(implementation: Callable[..., object], asked: _Asked) -> tuple[Reply, bool]:
    """As `_again`, but what was asked before has its answer.

    Tests ask the same of every submission, and of every try. What takes too long is asked again:
    it may have been the machine's fault.
    """
    key = (implementation, _name_of(implementation), asked.fingerprint)
    if asked.fingerprint and key in _ANSWERS:
        return _ANSWERS[key]
    reply, changed = _again(implementation, asked.call)
    reply = replace(reply, arguments_after=((), {}))
    if asked.fingerprint and reply.outcome != "timeout" and _is_small(reply):
        if len(_ANSWERS) >= MAX_ANSWERS:
            _ANSWERS.clear()
        _ANSWERS[key] = reply, changed
    return reply, changed


def _name_of(implementation: Callable[..., object]) -> str:
    return getattr(implementation, "__name__", "")


def _is_small(reply: Reply) -> bool:
    try:
        return len(pickle.dumps((reply.value, reply.printed))) <= MAX_ANSWER
    except Exception:  # noqa: BLE001 - as above
        return False


def _again(implementation: Callable[..., object], call: Call) -> tuple[Reply, bool]:
    """The same call to another implementation, and whether it changed its arguments."""
    replay = LocalImplementation(lambda name: implementation, REPLAY_SECONDS)
    arguments = tuple(snapshot(argument) for argument in call.arguments)
    keywords = {name: snapshot(value) for name, value in call.keywords.items()}
    if call.code is not None:
        reply = replay.drive(call.name, call.code, keywords)
    else:
        reply = replay.call(call.name, arguments, keywords)
    unchanged = same(call.arguments, arguments) and same(dict(call.keywords), keywords)
    return reply, not unchanged


def _same_reply(call: Call, other: tuple[Reply, bool], name: str, compare_warnings: bool) -> bool:
    """Whether the call to the implementation of this name came out as the learner's did."""
    reply, changed = other
    mine = call.reply
    if mine.outcome != reply.outcome:
        return False
    if compare_warnings and bool(mine.warnings) != bool(reply.warnings):
        return False
    if mine.outcome == "returned":
        return changed == call.changed and _alike(mine.value, reply.value)
    # a class that hands out its own objects is called otherwise than the learner's
    mine_said, other_said = (
        error.replace(f"type {name}", f"type {call.name}").partition(":")[0]
        for error in (mine.error, reply.error)
    )
    return mine_said == other_said


def _alike(a: object, b: object) -> bool:
    """Whether two results are the same answer: to the tests a list of numbers is an array."""
    if same(a, b, RTOL, ATOL):
        return True
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(_alike(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, np.ndarray) == isinstance(b, np.ndarray):
        return False
    try:
        return same(as_array(a), as_array(b), RTOL, ATOL)
    except ValueError:
        return False


# ----------------------------------------------------------------------------- generic mistakes


# Parts of messages by Python and NumPy, and what they mean to a beginner.
ERRORS = {
    "truth value of an array": (
        "An `if`, `and`, `or`, `not`, `min` or `max` asks one yes-or-no question, but a "
        "comparison of arrays has an answer for every entry: use np.where, np.maximum, & or |."
    ),
    "ufunc 'bitwise_and'": (
        "`&` is computed before `==`, `<` and `>`: put brackets around each comparison, as in "
        "`(a == 0) & (b == 1)`."
    ),
    "ufunc 'bitwise_xor'": "A power is written `**` in Python; `^` is something else.",
    "matmul: Input operand": (
        "The shapes do not fit a product with `@`: the last length of the left one must be the "
        "first of the right one, as in (n, m) @ (m, k)."
    ),
    "could not be broadcast": (
        "Two arrays have shapes that do not fit together entry by entry: print the shapes of both "
        "at the line shown."
    ),
    "inhomogeneous shape": (
        "A list of parts of different lengths makes no array: look at what you put into it."
    ),
    "only integers, slices": "An index must be a whole number: a float came instead.",
    "list index out of range": (
        "An index goes past the end: the last of n entries has the index n - 1."
    ),
    "is out of bounds for axis": (
        "An index goes past the end: the last of n entries has the index n - 1."
    ),
    "only length-1 arrays can be converted": (
        "A function for single numbers (float, int, or one of `math`) got a whole array: use "
        "NumPy's."
    ),
    "only 0-dimensional arrays can be converted": (
        "A function for single numbers (float, int, or one of `math`) got a whole array: use "
        "NumPy's."
    ),
    "'NoneType'": (
        "A value at the line shown is None. What changes its argument in place returns None, as "
        "`rng.shuffle`, `sort` and `append` do: call it on a line of its own, and go on with its "
        "argument. A function without `return` gives None, too."
    ),
    "object is not callable": (
        "Something that is no function stands before round brackets: an index needs square ones, "
        "a product needs `*`, and a name may have been given to a value."
    ),
    "RecursionError": (
        "Your function calls itself again and again: inside it, its own name means your function, "
        "not one of NumPy's or the course's."
    ),
}


@dataclass(frozen=True)
class Difference:
    """One failed comparison: arrays that came and should have come, and the call's arguments."""

    got: np.ndarray
    expected: np.ndarray
    arguments: Mapping[str, object]

    def sizes(self) -> dict[str, int]:
        """Lengths of the arguments' axes, with words for each: {"rows of X": 7}."""
        return {
            f"{_axis_words(value.ndim, axis)} of {name}": size
            for name, value in self.arguments.items()
            if isinstance(value, np.ndarray)
            for axis, size in enumerate(value.shape)
        }


def _generic(exercise: Exercise, results: Sequence[TestResult]) -> str | None:
    failures = [result.failure for result in results if result.failure is not None]
    replies = [failure.call.reply for failure in failures if failure.call is not None]
    if replies and replies[0].outcome == "returned" and replies[0].value is None:
        if replies[0].printed:
            return (
                "Your function prints its result but returns nothing: hand it back with `return`, "
                "so that other code can go on with it."
            )
        return (
            "Your function returns nothing (None): end it with `return` and the result. "
            "A computed value that isn't returned is lost."
        )
    unwritten = [reply.error.startswith("NotImplementedError") for reply in replies]
    if inspect.isclass(exercise.reference):  # written method by method: only the next one matters
        if unwritten and unwritten[0]:
            return (
                "A method that this test uses still waits for you: it holds the line "
                "`raise NotImplementedError`. Write it next."
            )
    elif any(unwritten):
        return "The line `raise NotImplementedError` is still there and stops your code: delete it."
    if replies and replies[0].outcome == "raised":
        for part, sentence in ERRORS.items():
            if part in replies[0].error:
                return sentence
    swapped = [_swapped(failure) for failure in failures if failure.whole is not None]
    if swapped and all(swapped):
        return "The right values come back, but in another order than the text asks for."
    differences = [d for failure in failures if (d := _difference(exercise, failure)) is not None]
    if not differences:
        return None
    for recognise in GENERIC:
        sentences = [recognise(difference) for difference in differences]
        if all(sentences):
            return sentences[0]
    return _sum_or_mean(differences)


def _difference(exercise: Exercise, failure: Failure) -> Difference | None:
    if failure.values is None or failure.call is None:
        return None
    got, expected = failure.values
    if got is None or expected is None:
        return None
    try:
        came, right = as_array(got), np.asarray(expected)
    except ValueError:
        return None
    if came.dtype.kind not in "biuf" or right.dtype.kind not in "biuf" or came.size == 0:
        return None
    return Difference(came, right, _named_arguments(exercise, failure.call))


def _axis_words(ndim: int, axis: int) -> str:
    if ndim == 1:
        return "entries"
    return "rows" if axis == 0 else "columns"


def _named_arguments(exercise: Exercise, call: Call) -> dict[str, object]:
    if call.code is not None:
        return dict(call.keywords)
    try:
        bound = inspect.signature(exercise.reference).bind(*call.arguments, **call.keywords)
    except (TypeError, ValueError):
        return {f"argument {i + 1}": value for i, value in enumerate(call.arguments)}
    return dict(bound.arguments)


def _swapped(failure: Failure) -> bool:
    assert failure.whole is not None
    got, expected = failure.whole
    if not isinstance(got, (tuple, list)) or len(got) != len(expected) or len(got) != 2:
        return False
    return all(
        is_numeric(one) and same(np.asarray(one), np.asarray(right), RTOL, ATOL)
        for one, right in zip(reversed(got), expected, strict=True)
    )


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    if a.shape != b.shape:
        return False
    with np.errstate(all="ignore"):
        return bool(np.allclose(a, b, rtol=RTOL, atol=ATOL))


def _nan(d: Difference) -> str | None:
    if np.isnan(d.got.astype(float)).any() and not np.isnan(d.expected.astype(float)).any():
        return (
            "nan (“not a number”) came back: somewhere your code computes 0/0, inf − inf, or the "
            "root or log of a negative number."
        )
    return None


def _extra_axis(d: Difference) -> str | None:
    if d.got.shape == d.expected.shape or d.got.size != d.expected.size:
        return None
    if not _close(d.got.ravel(), d.expected.ravel()):
        return None
    return (
        f"The numbers are right, the shape is not: {d.got.shape} came back where "
        f"{d.expected.shape} is expected."
    )


def _transposed(d: Difference) -> str | None:
    if d.got.ndim == 2 and d.expected.ndim == 2 and _close(d.got.T, d.expected):
        return "Your result is the transpose of the right one: rows and columns are exchanged."
    return None


def _table(d: Difference) -> str | None:
    n = d.expected.size
    if n > 1 and d.got.shape == (n, n) and d.expected.ndim <= 2 and d.expected.shape != (n, n):
        return (
            f"A whole ({n}, {n}) table came back. Arrays of shape ({n}, 1) and ({n},) broadcast "
            "against each other, every row with every entry: give both the same shape first."
        )
    return None


def _wrong_axis(d: Difference) -> str | None:
    if d.got.ndim != 1 or d.expected.ndim != 1 or d.got.shape == d.expected.shape:
        return None
    for name, value in d.arguments.items():
        if isinstance(value, np.ndarray) and value.ndim == 2:
            rows, columns = value.shape
            if d.got.shape == (rows,) and d.expected.shape == (columns,):
                return (
                    f"One number for each row of {name} came back where one for each column is "
                    "expected: you work along the wrong axis (axis=0 goes down the rows)."
                )
            if d.got.shape == (columns,) and d.expected.shape == (rows,):
                return (
                    f"One number for each column of {name} came back where one for each row is "
                    "expected: you work along the wrong axis (axis=1 goes along a row)."
                )
    return None


def _factor(d: Difference) -> float | None:
    """The one factor by which all entries are off, or None."""
    if d.got.shape != d.expected.shape:
        return None
    got, right = d.got.astype(float).ravel(), d.expected.astype(float).ravel()
    large = np.abs(right) > 1e-6 * max(np.abs(right).max(initial=0.0), 1e-300)
    if not large.any() or not np.isfinite(got).all():
        return None
    factor = float(got[large][0] / right[large][0])
    return factor if _close(got, factor * right) and abs(factor - 1) > 1e-6 else None


def _sign(d: Difference) -> str | None:
    factor = _factor(d)
    if factor is not None and abs(factor + 1) < 1e-6:
        return "Your result has the opposite sign everywhere: a plus and a minus are exchanged."
    return None


def _sum_or_mean(differences: Sequence[Difference]) -> str | None:
    """A factor that is the length of the same axis in all comparisons, or 2 in all."""
    factors = [_factor(difference) for difference in differences]
    known = [factor for factor in factors if factor is not None]
    if len(known) < len(factors):
        return None
    sizes = [difference.sizes() for difference in differences]
    for words, size in sizes[0].items():
        lengths = [one.get(words, 0) for one in sizes]
        if min(lengths) < 2:
            continue
        if all(abs(f - n) < 1e-6 * n for f, n in zip(known, lengths, strict=True)):
            return (
                f"Yours is exactly {size} times too large, and {size} is the number of {words}: "
                "a mean divides by it, a sum does not."
            )
        if all(abs(f * n - 1) < 1e-6 for f, n in zip(known, lengths, strict=True)):
            return (
                f"Yours is exactly {size} times too small, and {size} is the number of {words}: "
                "you divide by it where a sum is asked for, or once too often."
            )
    if all(abs(factor - 2) < 1e-6 for factor in known):
        return "Yours is exactly twice as large as it should be: look for a factor 2."
    if all(abs(factor - 0.5) < 1e-6 for factor in known):
        return "Yours is exactly half as large as it should be: look for a factor 2."
    return None


def _bias(d: Difference) -> str | None:
    bias = d.arguments.get("b")
    if bias is None or not is_numeric(bias) or d.got.shape != d.expected.shape:
        return None
    offset = np.asarray(bias, float)
    if not np.any(offset):
        return None
    try:
        without = d.expected.astype(float) - offset
        opposite = d.expected.astype(float) - 2 * offset
    except ValueError:
        return None
    if _close(d.got.astype(float), without):
        return "Your result is off by exactly b: the bias is not added."
    if _close(d.got.astype(float), opposite):
        return "Your result is off by exactly 2 b: the bias is subtracted where it is to be added."
    return None


def _whole_numbers(d: Difference) -> str | None:
    if d.got.shape != d.expected.shape or d.expected.dtype.kind != "f":
        return None
    got, right = d.got.astype(float), d.expected.astype(float)
    if _close(right, np.round(right)):
        return None
    if _close(got, np.trunc(right)) or _close(got, np.round(right)) or _close(got, np.floor(right)):
        return (
            "Your results are cut to whole numbers: an integer array (or `//`, `int`, `round`) "
            "loses what stands behind the point. Work with floats."
        )
    return None


GENERIC: tuple[Callable[[Difference], str | None], ...] = (
    _nan,
    _transposed,
    _extra_axis,
    _table,
    _wrong_axis,
    _sign,
    _bias,
    _whole_numbers,
)
