"""Endless loops are stopped, also those that swallow exceptions."""
# ruff: noqa: B012, BLE001, SIM105 - these functions misbehave on purpose

import contextlib
import signal
import threading
import time

import pytest

from utils.checking.limits import TimeLimitReached, call_with_limit, time_limits_work

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="this platform has no alarm signal"
)

SECONDS = 0.05


def plain_loop():
    while True:
        pass


def swallows_every_exception():
    while True:
        try:
            len("busy")
        except BaseException:
            pass


def swallows_while_it_sleeps():
    while True:
        try:
            time.sleep(10)
        except BaseException:
            continue


def loops_on_in_finally():
    try:
        while True:
            pass
    finally:
        while True:
            try:
                time.sleep(10)
            finally:
                continue


def suppresses_in_nested_loops():
    while True:
        with contextlib.suppress(BaseException):
            while True:
                with contextlib.suppress(BaseException):
                    sum(range(1000))


def calls_itself_from_the_handler():
    def again():
        try:
            time.sleep(0.001)
            return again()
        except BaseException:
            return again()

    while True:
        with contextlib.suppress(BaseException):
            again()


@pytest.mark.parametrize(
    "endless",
    [
        plain_loop,
        swallows_every_exception,
        swallows_while_it_sleeps,
        loops_on_in_finally,
        suppresses_in_nested_loops,
        calls_itself_from_the_handler,
    ],
)
def test_an_endless_loop_is_stopped(endless):
    with pytest.raises(TimeLimitReached):
        call_with_limit(endless, SECONDS)


def test_what_ends_in_time_returns_its_result():
    assert call_with_limit(lambda: 42, 60) == 42


def test_an_error_passes_through():
    with pytest.raises(ZeroDivisionError):
        call_with_limit(lambda: 1 / 0, 60)


@pytest.mark.parametrize("function", [lambda: 1, plain_loop])
def test_nothing_is_left_behind(function):
    before = signal.getsignal(signal.SIGALRM)
    with contextlib.suppress(TimeLimitReached):
        call_with_limit(function, SECONDS)
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_other_threads_run_without_a_limit_and_say_so():
    found = []

    def run():
        found.append((time_limits_work(), call_with_limit(lambda: "ran", 60)))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [(False, "ran")]
