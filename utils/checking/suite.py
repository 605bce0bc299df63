"""The grading tests, collected once and run as often as there are answers to judge.

pytest collects them: the same tests run under plain `pytest tests/grading`, where they judge the
reference implementations. Here its session is kept alive without output, plugins or tracebacks, and
a test that needs nothing else of pytest is called as a function, which makes judging an exercise a
matter of milliseconds.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from _pytest.config import Config, get_config
from _pytest.main import Session
from _pytest.mark import MARK_GEN

from utils.checking.diagnosis import diagnose
from utils.checking.exercise import CALLS, IMPLEMENTATION, Exercise
from utils.checking.show import MAX_TEXT
from utils.checking.subject import Call, CallFailure, Failure, Implementation, Subject
from utils.checking.verdict import Status, TestResult, Verdict

COURSE = Path(__file__).resolve().parents[2]
GRADING = COURSE / "tests" / "grading"


class SuiteError(Exception):
    """The grading tests themselves can't be used; the message says where and why."""


class Suite:
    """The grading tests of one or more lessons.

    Parameters
    ----------
    modules : paths of test modules; by default all of `tests/grading/`

    Raises
    ------
    SuiteError : where a module can't be collected
    """

    def __init__(self, modules: Sequence[Path] | None = None) -> None:
        if modules is None:
            modules = sorted(GRADING.glob("test_*.py"))
        missing = [path for path in modules if not path.is_file()]
        if missing:
            raise SuiteError(f"There is no test module {missing[0]}.")
        self._recorder = _Recorder()
        self._config = _quiet_config(modules, self._recorder)
        self._items = _collect(self._config, self._recorder)
        self.exercises: dict[str, Exercise] = {}
        self._by_exercise: dict[str, list[pytest.Item]] = {}
        for item in self._items:
            described = _exercise_of(item)
            known = self.exercises.setdefault(described.name, described)
            if known.tests is not described.tests:
                raise SuiteError(
                    f"Two classes describe the exercise {described.name!r}: "
                    f"{known.tests.__qualname__} ({known.topic}) and "
                    f"{described.tests.__qualname__} ({described.topic})."
                )
            self._by_exercise.setdefault(described.name, []).append(item)
        self._plain = {item for item in self._items if _is_plain(item)}

    def of_lesson(self, topic: str) -> list[Exercise]:
        """The exercises of one lesson, in the lesson's order."""
        return [exercise for exercise in self.exercises.values() if exercise.topic == topic]

    def tests_of(self, name: str) -> list[str]:
        """The names of an exercise's tests, as sentences."""
        return [sentence_of(item) for item in self._items_of(name)]

    def judge(self, name: str, implementation: Implementation, *, explain: bool = True) -> Verdict:
        """Run all tests of one exercise against one implementation.

        Tests after an endless loop or a dead process are not run. With `explain`, a failure is
        compared with the listed and the generic mistakes.
        """
        described = self.exercises[name]
        items = self._items_of(name)
        results: list[TestResult] = []
        stopped: Status | None = None
        with self._judging(implementation):
            for position, item in enumerate(items):
                following = items[position + 1] if position + 1 < len(items) else None
                result = self._run(item, following)
                results.append(result)
                stopped = _stops(result)
                if stopped:
                    self._config_session._setupstate.teardown_exact(None)
                    break
        passed = sum(result.passed for result in results)
        status: Status = stopped or ("passed" if passed == len(items) else "failed")
        share = passed / len(items) if described.partial else float(passed == len(items))
        verdict = Verdict(described, status, round(described.points * share, 6), tuple(results))
        if explain and status == "failed":
            verdict = replace(verdict, diagnosis=diagnose(described, results))
        return verdict

    def _items_of(self, name: str) -> list[pytest.Item]:
        return self._by_exercise[name]

    @contextmanager
    def _judging(self, implementation: Implementation) -> Iterator[None]:
        self._config.stash[IMPLEMENTATION] = implementation
        try:
            # a warning is for the tests that listen; others would show it with our own lines
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        finally:
            del self._config.stash[IMPLEMENTATION]

    @property
    def _config_session(self) -> Session:
        return self._items[0].session

    def _run(self, item: pytest.Item, following: pytest.Item | None) -> TestResult:
        item.stash[CALLS] = []
        if item in self._plain:
            error = _error_of_plain(item)
        else:
            error = _error_of(item, None if following in self._plain else following)
        made = item.stash[CALLS]
        calls = tuple(made)
        failure = None if error is None else as_failure(error, calls)
        return TestResult(sentence_of(item), failure, calls)


def _is_plain(item: pytest.Item) -> bool:
    """Whether a test takes what is judged and its parameters and nothing else, as nearly all do."""
    function = cast(pytest.Function, item)
    own = {_exercise_of(item).name, *_parameters(function)}
    indirect = any(mark.kwargs.get("indirect") for mark in item.iter_markers("parametrize"))
    takes, around = function._fixtureinfo.argnames, function.fixturenames
    return own.issuperset(takes) and {*own, "request"}.issuperset(around) and not indirect


def _parameters(function: pytest.Function) -> dict[str, object]:
    """What `parametrize` hands to a test."""
    return function.callspec.params if hasattr(function, "callspec") else {}


def _error_of_plain(item: pytest.Item) -> BaseException | None:
    """Call a plain test's function; what it raised, None where it passed.

    All that pytest does around a test would take longer than most tests.
    """
    function = cast(pytest.Function, item)
    name = _exercise_of(item).name
    subject = Subject(name, item.config.stash[IMPLEMENTATION], item.stash[CALLS])
    known = {**_parameters(function), name: subject}
    test = getattr(function.cls(), function.originalname)
    try:
        test(**{argument: known[argument] for argument in function._fixtureinfo.argnames})
    except (KeyboardInterrupt, pytest.exit.Exception):
        raise
    except BaseException as raised:  # noqa: BLE001 - pytest.fail and SystemExit too
        return raised
    return None


def _error_of(item: pytest.Item, following: pytest.Item | None) -> BaseException | None:
    """Run a test with fixtures of its own; what it raised, None where it passed.

    These are the steps of pytest's own runner, without its hooks and reports.
    """
    function = cast(pytest.Function, item)
    state = item.session._setupstate
    error: BaseException | None = None
    if not function._request:  # it ran before
        function._initrequest()
    try:
        try:
            state.setup(item)
            item.runtest()
        except (KeyboardInterrupt, pytest.exit.Exception):
            raise
        except BaseException as raised:  # noqa: BLE001 - pytest.fail and SystemExit too
            error = raised
        try:
            state.teardown_exact(following)
        except Exception as raised:  # noqa: BLE001 - of a fixture
            error = error or raised
    finally:
        function._request = False  # type: ignore[assignment]
        function.funcargs = None  # type: ignore[assignment]
    return error


def as_failure(error: BaseException, calls: Sequence[Call]) -> Failure:
    """A test's exception as a failure that knows its call."""
    if not isinstance(error, Failure):
        if not isinstance(error, AssertionError):
            # The test itself stumbled over what came back, as in `got[0]` of a number.
            stumble = f"{type(error).__name__}: {error}"[:MAX_TEXT]
            why = f"What came back can't be used as the result it should be ({stumble})."
        else:
            why = str(error).split("\nassert")[0]
        got = calls[-1].reply.value if calls else None
        error = Failure(why, values=(got, None))
    if error.call is None and calls:
        error.call = next(
            (call for call in reversed(calls) if error.values and _holds(call, error.values[0])),
            calls[-1],
        )
    return error


def _holds(call: Call, value: object) -> bool:
    """Whether a call returned this very value, or a tuple with it."""
    came = call.reply.value
    return value is not None and (
        came is value or (isinstance(came, (tuple, list)) and any(part is value for part in came))
    )


def _stops(result: TestResult) -> Status | None:
    if isinstance(result.failure, CallFailure) and result.failure.call is not None:
        outcome = result.failure.call.reply.outcome
        if outcome == "timeout" or outcome == "killed":
            return outcome
    return None


def _exercise_of(item: pytest.Item) -> Exercise:
    described = getattr(getattr(item, "cls", None), "exercise", None)
    if described is None:
        raise SuiteError(
            f"{item.location[0]}:{(item.location[1] or 0) + 1}: {item.name} stands outside a class "
            "with @exercise."
        )
    return described


def sentence_of(item: pytest.Item) -> str:
    """A test's name as a sentence about behaviour, with its case in brackets."""
    name, _, case = item.name.partition("[")
    sentence = name.removeprefix("test_").replace("_", " ")
    return f"{sentence} ({case.rstrip(']')})" if case else sentence


class _Recorder:
    """A pytest plugin that keeps what went wrong when the tests were collected."""

    def __init__(self) -> None:
        self.collection_errors: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.collection_errors.append(str(report.longrepr))


def _quiet_config(modules: Sequence[Path], recorder: _Recorder) -> Config:
    switched_off = ("terminal", "cacheprovider", "logging", "warnings", "faulthandler", "skipping")
    arguments = [
        *(str(path) for path in modules),
        *(option for name in switched_off for option in ("-p", f"no:{name}")),
        *("--import-mode=importlib", "--noconftest", "--capture=no", "--assert=plain"),
        *("-c", os.devnull, "--rootdir", str(COURSE)),
    ]
    autoload = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        config = get_config(arguments)
        config.pluginmanager.register(recorder)
        return config.pluginmanager.hook.pytest_cmdline_parse(
            pluginmanager=config.pluginmanager, args=arguments
        )
    finally:
        if autoload is None:
            del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        else:
            os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = autoload


def _collect(config: Config, recorder: _Recorder) -> list[pytest.Item]:
    session = Session.from_config(config)
    around = MARK_GEN._config  # where pytest itself runs this, its marks must stay known
    try:
        config._do_configure()
        config.hook.pytest_sessionstart(session=session)
        items = list(session.perform_collect())
    finally:
        MARK_GEN._config = around
    if recorder.collection_errors:
        raise SuiteError(recorder.collection_errors[0])
    return items
