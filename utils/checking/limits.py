"""A time limit for a learner's function that runs in this very process.

A signal fires when the time is up and raises inside the learner's code. Code that swallows
exceptions (`except BaseException: pass` in an endless loop) would carry on, so raising the
exception also sets the signal again: it is handled at the next jump or call, that is right behind
the handler that swallowed the first one, and so on until nothing of the learner's code is left on
the stack.
"""

from __future__ import annotations

import _thread
import functools
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

Result = TypeVar("Result")

REPEAT_SECONDS = 0.05


class TimeLimitReached(BaseException):
    """The time is up. Not an Exception, so that a common `except Exception` lets it pass."""

    # Setting the signal must be the last thing before the exception leaves the signal handler: a
    # call in Python code would handle it there and then. Hence an initialiser written in C.
    if hasattr(signal, "SIGALRM"):
        __init__ = staticmethod(functools.partial(_thread.interrupt_main, signal.SIGALRM))


def time_limits_work() -> bool:
    """Whether this platform and thread can stop an endless loop (Windows can't)."""
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


def call_with_limit(function: Callable[[], Result], seconds: float) -> Result:
    """Call `function()`, for at most this many seconds.

    Raises
    ------
    TimeLimitReached : when the time is up. Where `time_limits_work()` is False, never.
    """
    if not time_limits_work():
        return function()

    inside = False

    def on_alarm(number: int, frame: FrameType | None) -> None:
        # Only code below this function is interrupted, never this module's own.
        if inside and frame is not None and frame.f_code.co_filename != __file__:
            raise TimeLimitReached

    before = signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds, REPEAT_SECONDS)
    try:
        inside = True
        return function()
    finally:
        inside = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
