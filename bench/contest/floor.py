"""The floor: what no grader of this kind can go below.

A warm process forks for each submission; the child reads the notebook, runs its code cells and
ends. Nothing is tested, limited, isolated, encoded or written but an empty file that tells when.

    python -m bench.contest.floor SUBMISSIONS OUT STUDENT...
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
from pathlib import Path
from types import ModuleType

WARM = ("numpy.random", "numpy.testing", "numpy.linalg", "numpy.typing")


def run_cells(notebook: Path) -> None:
    """Run the code cells of a notebook."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    for cell in json.loads(notebook.read_bytes())["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), "<cell>", "exec"), namespace)


def main(submissions: Path, out: Path, students: list[str]) -> None:
    """Run the notebooks of these students."""
    for name in WARM:
        importlib.import_module(name)
    checking = ModuleType("utils.checking")
    vars(checking).update(check=lambda answer: answer, start_lesson=lambda lesson: None)
    sys.modules["utils.checking"] = checking
    gc.collect()
    gc.freeze()
    for student in students:
        child = os.fork()
        if child == 0:
            for notebook in (submissions / student).iterdir():
                run_cells(notebook)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert status == 0
        (out / student).touch()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
