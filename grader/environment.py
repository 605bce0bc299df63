"""The environment of a process that we start."""

from __future__ import annotations

import os

from utils.checking.suite import COURSE

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def of_a_child() -> dict[str, str]:
    """Variables to set: one thread, as such processes share the cores, and the course's own code.

    Its `utils` and `grader` are those that stand here, whatever is installed.
    """
    paths = [str(COURSE), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return {**dict.fromkeys(THREADS, "1"), "PYTHONPATH": os.pathsep.join(filter(None, paths))}
