"""What every pytest run of this project needs, notebooks run by nbval included.

No test may touch a learner's progress, nor read the user's own Jupyter and IPython settings; and
NumPy and PyTorch compute on one thread, so that tests side by side don't fight over the cores.
Kernels that a test starts inherit all of this through the environment.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def pytest_configure(config: pytest.Config) -> None:
    """Set the variables before any test process or kernel is started."""
    for name in THREADS:
        os.environ.setdefault(name, "1")
    if "COURSE_PROGRESS" in os.environ and "IPYTHONDIR" in os.environ:
        return  # set by make test, or by the process that started this one
    folder = Path(tempfile.mkdtemp(prefix="course-tests-"))
    os.environ.setdefault("COURSE_PROGRESS", str(folder / "progress.json"))
    os.environ.setdefault("IPYTHONDIR", str(folder / "ipython"))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
