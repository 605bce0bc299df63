"""Stand-ins for what draws and displays: inside the sandbox nobody looks.

A learner's plots would cost half a second a submission. Here `matplotlib`, `IPython` and
`ipywidgets` are modules in which every name exists, accepts any call and does nothing; only the
shapes that code unpacks (`figure, axes = plt.subplots(2, 3)`) are kept.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np

PACKAGES = ("matplotlib", "mpl_toolkits", "IPython", "ipywidgets")


class StandIn:
    """Something that has every attribute, accepts every call and does nothing."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"<stand-in for {self._name}: nothing is drawn while grading>"

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return _named(name)

    def __call__(self, *arguments: object, **keywords: object) -> StandIn:
        """Accept any call."""
        return self

    def __getitem__(self, key: object) -> StandIn:
        return self

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def __iter__(self) -> Iterator[StandIn]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, *error: object) -> None:
        pass


def subplots(
    nrows: int = 1, ncols: int = 1, *arguments: object, **keywords: object
) -> tuple[StandIn, object]:
    """What `plt.subplots` returns: a figure, and one or an array of axes."""
    axes = np.empty((nrows, ncols), dtype=object)
    for place in np.ndindex(nrows, ncols):
        axes[place] = StandIn("axes")
    if keywords.get("squeeze", True):
        return StandIn("figure"), axes.squeeze() if axes.size > 1 else axes[0, 0]
    return StandIn("figure"), axes


def _named(name: str) -> object:
    return subplots if name == "subplots" else StandIn(name)


class StandInModule(ModuleType):
    """A module in which every name exists."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return _named(name)


class _Finder(MetaPathFinder, Loader):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] not in PACKAGES:
            return None
        return ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return StandInModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


def install() -> None:
    """From now on, imports of drawing and displaying packages find stand-ins."""
    sys.meta_path.insert(0, _Finder())
