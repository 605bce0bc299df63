"""A progress bar for what makes a learner wait, that leaves nothing behind in the notebook."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

WIDGET = "application/vnd.jupyter.widget-view+json"

# Each takes one to three seconds; the second is loaded by the first optimizer that is made.
SLOW_IMPORTS = {"torch": "loading PyTorch", "torch._dynamo": "loading PyTorch's optimizers"}


def progress_bar(items: Iterable[Item], label: str) -> Iterator[Item]:
    """Go through `items` while a bar grows, and take the bar away at the end.

    Parameters
    ----------
    items : anything to loop over; a bar with a known end needs a length
    label : what is being waited for, in a word or two

    Examples
    --------
    >>> [step * step for step in progress_bar(range(4), "squares")]
    [0, 1, 4, 9]
    """
    if not _in_jupyter():
        from tqdm import tqdm

        yield from tqdm(items, desc=label, leave=False, disable=not sys.stderr.isatty())
        return

    from IPython.display import display
    from tqdm.notebook import tqdm as notebook_tqdm

    bar = notebook_tqdm(items, desc=label, leave=False, display=False)
    # only the live widget is shown: a stored notebook keeps no half-full bar and no random id
    display({WIDGET: bar.container._repr_mimebundle_()[WIDGET]}, raw=True)
    bar.displayed = True
    try:
        yield from bar
    finally:
        bar.close()


def with_bar(function: Callable[..., Result], calls: int, label: str) -> Callable[..., Result]:
    """The function, with a bar that grows at each call and goes at the last.

    For a loop that stands in a library and only calls what it is handed.

    Parameters
    ----------
    function : what is called
    calls : how many calls are expected, 1 or more
    label : what is being waited for, in a word or two

    Examples
    --------
    >>> double = with_bar(lambda number: 2 * number, 3, "doubling")
    >>> [double(number) for number in range(3)]
    [0, 2, 4]
    """
    bar = progress_bar(range(calls), label)

    def counted(*arguments: Any, **keywords: Any) -> Result:
        nonlocal calls
        next(bar, None)
        result = function(*arguments, **keywords)
        calls -= 1
        if calls == 0:
            next(bar, None)
        return result

    return counted


def announce_slow_imports() -> None:
    """Show a bar while PyTorch is loaded, by whichever cell first needs it; only in a notebook."""
    if _in_jupyter() and not any(isinstance(finder, _Announcer) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Announcer())


class _Announcer(MetaPathFinder):
    """Finds what Python would find, and lets a bar be seen while it is run."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in SLOW_IMPORTS:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            loader: Any = spec.loader
            run = loader.exec_module

            def run_behind_a_bar(module: ModuleType) -> None:
                with closing(progress_bar([module], SLOW_IMPORTS[name])) as bar:  # type: ignore[type-var]
                    for _ in bar:
                        run(module)

            loader.exec_module = run_behind_a_bar
        return spec


def _in_jupyter() -> bool:
    """Whether this code runs in a notebook's kernel; that ipykernel is loaded says nothing yet."""
    if "ipykernel" not in sys.modules:
        return False
    from IPython.core.getipython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None
