"""A progress bar for what makes a learner wait, that leaves nothing behind in the notebook."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

WIDGET = "application/vnd.jupyter.widget-view+json"


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


def _in_jupyter() -> bool:
    """Whether this code runs in a notebook's kernel; that ipykernel is loaded says nothing yet."""
    if "ipykernel" not in sys.modules:
        return False
    from IPython.core.getipython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None
