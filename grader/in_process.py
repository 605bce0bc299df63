"""Run a notebook's definitions in this very process: for one's own notebooks only."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence

import utils.checking
from grader.definitions import Definition, run_cells
from utils.checking.limits import call_with_limit
from utils.checking.subject import TIME_LIMIT, LocalImplementation, Reply

STATEMENT_SECONDS = 20.0

Function = Callable[..., object]


class InProcessSession:
    """A notebook's definitions in this process, as a sandbox's session gives them.

    Parameters
    ----------
    cells : sources of code cells
    exercises : names to find
    time_limits : seconds for one call, by exercise
    """

    ended = ""  # it lives as long as this process

    def __init__(
        self,
        cells: Sequence[str],
        exercises: Sequence[str],
        time_limits: Mapping[str, float] | None = None,
    ) -> None:
        self.time_limits = time_limits or {}
        self.namespace: dict[str, object] = {"__name__": "__main__"}
        self.definitions: Mapping[str, Definition]
        with _check_switched_off(), contextlib.redirect_stdout(io.StringIO()):
            _, self.definitions = run_cells(cells, exercises, self.namespace, guard=_limited)

    def function(self, name: str) -> Function:
        """What a name is bound to."""
        return self.namespace[name]  # type: ignore[return-value]

    def call(self, name: str, arguments: Sequence[object], keywords: Mapping[str, object]) -> Reply:
        """Call a function of the notebook."""
        return self._local(name).call(name, arguments, keywords)

    def drive(self, name: str, code: str, values: Mapping[str, object]) -> Reply:
        """Run driver code beside the notebook's."""
        return self._local(name).drive(name, code, values)

    def _local(self, name: str) -> LocalImplementation:
        return LocalImplementation(self.function, self.time_limits.get(name, TIME_LIMIT))

    def substitute(self, name: str, source: str) -> None:
        """Put a reference in an exercise's place."""
        exec(source, self.namespace)

    def close(self) -> None:
        """Nothing to end."""


def _limited(run: Callable[[], None]) -> None:
    """Run one statement of a cell, which may hold an endless loop."""
    call_with_limit(run, STATEMENT_SECONDS)


@contextlib.contextmanager
def _check_switched_off() -> Iterator[None]:
    """A setup cell imports `check` and `start_lesson`: let them do nothing for a while."""

    def check(definition: Function) -> Function:
        return definition

    def start_lesson(lesson: str) -> None:
        pass

    saved = {name: getattr(utils.checking, name) for name in ("check", "start_lesson")}
    vars(utils.checking).update(check=check, start_lesson=start_lesson)
    try:
        yield
    finally:
        vars(utils.checking).update(saved)
