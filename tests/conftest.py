"""Tests that need a browser or a sandbox skip where there is none, and say how to get it.

In CI (``COURSE_CI=1``) nothing may be skipped for want of them: there it is a failure.
"""

import os
import shutil
import subprocess
from functools import cache
from importlib.util import find_spec

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@cache
def missing_browser() -> str | None:
    """The reason why no browser can be driven, or None."""
    if any(shutil.which(name) for name in BROWSERS):
        return None
    return "needs Chromium; install it with: apt-get install chromium"


@cache
def missing_sandbox() -> str | None:
    """The reason why no sandbox can be made, or None."""
    if not shutil.which("bwrap"):
        return "needs bubblewrap; install it with: apt-get install bubblewrap"
    trial = subprocess.run(
        ["bwrap", "--ro-bind", "/", "/", "--unshare-all", "true"], capture_output=True, text=True
    )
    if trial.returncode == 0:
        return None
    return (
        f"needs user namespaces, which bubblewrap was refused here ({trial.stderr.strip()}); "
        "allow them with: sysctl kernel.unprivileged_userns_clone=1"
    )


if find_spec("hypothesis"):  # a learner who scores a notebook here has no need of it
    from hypothesis import settings

    # no time limit an example: machines that run tests are noisy; in CI the same examples each time
    settings.register_profile("course", deadline=None, derandomize="COURSE_CI" in os.environ)
    settings.load_profile("course")

NEEDS = {"browser": missing_browser, "sandbox": missing_sandbox}


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, missing in NEEDS.items():
        if item.get_closest_marker(marker) is None:
            continue
        reason = missing()
        if reason is None:
            continue
        if os.environ.get("COURSE_CI"):
            pytest.fail(f"{marker} test {reason}", pytrace=False)
        pytest.skip(reason)
