"""A test without its browser or sandbox skips with the remedy, and fails in CI."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]

NEEDY = """
import pytest

@pytest.mark.browser
def test_needs_a_browser():
    pass

@pytest.mark.sandbox
def test_needs_a_sandbox():
    pass
"""


def run_needy(folder: Path, **variables: str) -> str:
    """Run two needy tests where PATH leads to no program at all."""
    shutil.copy(TESTS / "conftest.py", folder)
    shutil.copy(TESTS.parent / "pyproject.toml", folder)
    (folder / "test_needy.py").write_text(NEEDY)
    nowhere = folder / "nowhere"
    nowhere.mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "COURSE_CI"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-ra", "-p", "no:cacheprovider", "test_needy.py"],
        cwd=folder,
        env={
            **environment,
            "PATH": str(nowhere),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # starts in a tenth of the time
            **variables,
        },
        capture_output=True,
        text=True,
    ).stdout


def test_a_skip_tells_what_to_install(tmp_path):
    output = run_needy(tmp_path)
    assert "2 skipped" in output
    assert "apt-get install chromium" in output
    assert "apt-get install bubblewrap" in output


def test_in_ci_a_skip_is_a_failure(tmp_path):
    output = run_needy(tmp_path, COURSE_CI="1")
    assert "2 failed" in output or "2 errors" in output
    assert "skipped" not in output


def test_no_test_touches_the_learners_progress():
    assert os.environ["COURSE_PROGRESS"] == "off"


def test_no_test_reads_the_users_own_settings():
    assert "course-tests-" in os.environ["IPYTHONDIR"]
