"""`make lab` and `make test` with a Python that only writes down what it is asked to do."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

COURSE = Path(__file__).resolve().parents[2]

# Stands in for Python: makes an "environment" by linking itself, and logs the rest.
RECORDER = """#!/bin/sh
case "$1 $2" in
    "-c import"*) exit "${TOO_OLD:-0}" ;;
    "-m pip")
        [ "$3" = --version ] && exit 0
        echo "$@" >> "$LOG"
        exit "${PIP_FAILS:-0}" ;;
    "-m venv")
        echo venv >> "$LOG"
        mkdir -p .venv/bin
        ln -sf "$RECORDER" .venv/bin/python ;;
    *)
        echo "$@" >> "$LOG"
        exit "${TESTS_FAIL:-0}" ;;
esac
"""


class House:
    """A folder with the course's Makefile and requirements, and a recording Python."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "a course"  # a space in the path must do no harm
        self.folder.mkdir()
        for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
            shutil.copy(COURSE / name, self.folder)
        self.python = folder / "recorder"
        self.python.write_text(RECORDER)
        self.python.chmod(self.python.stat().st_mode | stat.S_IXUSR)
        self.log = folder / "log"

    def make(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run make; what Python was asked is in `asked`, and its log starts empty each time."""
        self.log.write_text("")
        return subprocess.run(
            ["make", f"PYTHON={self.python}", *arguments],
            cwd=self.folder,
            env={**os.environ, "LOG": str(self.log), "RECORDER": str(self.python), **variables},
            capture_output=True,
            text=True,
        )

    @property
    def asked(self) -> list[str]:
        return self.log.read_text().splitlines()


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def installs(house: House) -> list[str]:
    return [line.split()[-1] for line in house.asked if line.startswith("-m pip install")]


def test_the_first_start_makes_the_environment_and_opens_the_lab(house):
    done = house.make("lab")
    assert done.returncode == 0, done.stderr
    assert house.asked[0] == "venv"
    assert installs(house) == ["requirements.txt"]
    assert house.asked[-1] == "-m utils.lab"


def test_the_second_start_installs_nothing(house):
    house.make("lab")
    house.make("lab")
    assert house.asked == ["-m utils.lab"]


def test_new_requirements_are_installed_into_the_same_environment(house):
    house.make("lab")
    later = (house.folder / ".venv" / "learner.stamp").stat().st_mtime + 1
    os.utime(house.folder / "requirements.txt", (later, later))
    house.make("lab")
    assert "venv" not in house.asked
    assert installs(house) == ["requirements.txt"]


def test_an_interrupted_installation_is_taken_up_again(house):
    assert house.make("lab", PIP_FAILS="1").returncode != 0
    assert "-m utils.lab" not in house.asked
    assert house.make("lab").returncode == 0
    assert installs(house) == ["requirements.txt"]


def test_a_half_made_environment_is_made_anew(house):
    (house.folder / ".venv" / "bin").mkdir(parents=True)
    assert house.make("lab").returncode == 0
    assert house.asked[0] == "venv"


def test_an_environment_whose_python_is_gone_is_made_anew(house):
    house.make("lab")
    python = house.folder / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert house.make("lab").returncode == 0
    assert house.asked[0] == "venv"
    assert installs(house) == ["requirements.txt"]


def test_an_old_python_is_told_so_in_one_sentence(house):
    done = house.make("lab", TOO_OLD="1")
    assert done.returncode != 0
    assert "Python 3.11 or newer" in done.stderr
    assert house.asked == []


def test_make_test_installs_what_tests_need_and_runs_them(house):
    assert house.make("test").returncode == 0
    assert installs(house) == ["requirements.txt", "requirements-dev.txt"]
    assert house.asked[-1] == "-m tests.suite"


def test_make_test_fails_when_the_tests_fail(house):
    house.make("test")
    assert house.make("test", TESTS_FAIL="1").returncode != 0


def test_options_reach_jupyterlab(house):
    house.make("lab", "LAB=--port 9999")
    assert house.asked[-1] == "-m utils.lab --port 9999"


def test_make_alone_lists_the_commands(house):
    listed = house.make().stdout
    for command in ("make lab", "make test", "make build", "make grade", "make bench"):
        assert command in listed
