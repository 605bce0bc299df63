"""The sandbox's interface without a sandbox, for machines that have no bubblewrap.

The learner's code runs in forked processes with limits on memory and time, as the same user, on
the same file system: it can read the tests and write the gradebook. For notebooks that you trust.
"""

from __future__ import annotations

import os
import sys
import warnings

from grader.sandbox import Limits, Sandbox

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class NoSandbox(Sandbox):
    """As `Sandbox`, without isolation; warns when it is made."""

    isolated = False

    def __init__(self, lesson: str, *, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        warnings.warn(
            "Without a sandbox a submission can read the tests and change its grade: "
            "use this for notebooks that you trust.",
            stacklevel=2,
        )
        super().__init__(lesson, limits=limits)

    def _command(self, configuration: str) -> tuple[list[str], dict[str, str]]:
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": self._folder.name,
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(self._course),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            **dict.fromkeys(THREADS, "1"),
        }
        return [sys.executable, "-s", "-m", "grader.sandbox.inside", configuration], environment
