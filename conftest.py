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
    os.environ["COURSE_PROGRESS"] = "off"
    if "COURSE_TESTS" in os.environ:
        return  # a process that an outer test run started shares its folder
    folder = Path(tempfile.mkdtemp(prefix="course-tests-"))
    os.environ["COURSE_TESTS"] = str(folder)
    os.environ["IPYTHONDIR"] = str(folder / "ipython")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
