"""The doctor finds what is wrong, and names the remedy."""

import io
import shutil
import subprocess

import pytest
from rich.console import Console

from grader import doctor
from grader.course import Course, CourseError
from grader.sandbox import Sandbox, SandboxUnavailable


def examined():
    said = io.StringIO()
    code = doctor.run(Console(file=said, width=200))
    return code, said.getvalue()


@pytest.mark.sandbox
def test_a_machine_that_can_grade_is_told_so():
    code, said = examined()
    assert code == 0, said
    lines = said.splitlines()
    assert all(line.startswith("OK") for line in lines[:-1])
    assert len(lines) == len(doctor.EXAMINATIONS) + 1
    assert lines[-1] == "This machine can grade."


def test_what_fails_stands_beside_its_remedy(monkeypatch):
    def broken():
        return doctor.Finding("fuel", False, "none", "buy some")

    def fine():
        return doctor.Finding("air", True, "plenty")

    monkeypatch.setattr(doctor, "EXAMINATIONS", (fine, broken))
    code, said = examined()
    assert code == 1
    assert said.splitlines() == [
        "OK   air  plenty",
        "FAIL fuel  none",
        "     → buy some",
        "1 thing is to be mended before this machine can grade safely.",
    ]


def test_without_bubblewrap_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    found = doctor.bubblewrap()
    assert not found.fine
    assert "apt-get install bubblewrap" in found.remedy
    assert not doctor.namespaces().fine


def test_a_kernel_that_forbids_namespaces_is_told(monkeypatch, tmp_path):
    few = tmp_path / "max_user_namespaces"
    few.write_text("0\n")
    with monkeypatch.context() as patch:
        patch.setattr(doctor, "NAMESPACES", few)
        assert "user.max_user_namespaces=10000" in doctor.namespaces().remedy

    def refused(command, **options):
        said = "bwrap: No permissions to create new namespace"
        return subprocess.CompletedProcess(command, 1, "", said)

    monkeypatch.setattr(subprocess, "run", refused)
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/bwrap")
    found = doctor.namespaces()
    assert not found.fine
    assert "No permissions" in found.detail
    assert "container" in found.remedy


@pytest.mark.parametrize("value", ["0", "1"])
def test_a_switch_that_forbids_namespaces_is_named(monkeypatch, tmp_path, value):
    switch = tmp_path / "apparmor_restrict"
    switch.write_text(value)
    monkeypatch.setattr(doctor, "SWITCHES", {switch: "2"})
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    found = doctor.namespaces()
    assert not found.fine
    assert "apparmor_restrict=2" in found.remedy


def test_little_memory_is_told(monkeypatch):
    monkeypatch.setattr(doctor, "_available_memory", lambda: 900_000_000)
    assert not doctor.memory().fine
    monkeypatch.setattr(doctor, "_available_memory", lambda: 4_600_000_000)
    assert "room for 4 workers" in doctor.memory().detail


def test_packages_are_held_against_the_requirements(monkeypatch, tmp_path):
    (tmp_path / "requirements.txt").write_text(
        "# a comment\nnumpy>=2,<3   # arrays\nnumpy<1\nno-such-package>=1\n-e .\n\nscikit-learn\n"
    )
    monkeypatch.setattr(doctor, "COURSE", tmp_path)
    found = doctor.packages()
    assert not found.fine
    wrong = found.detail.split("; ")
    assert len(wrong) == 2
    assert wrong[0].endswith("is not <1")
    assert wrong[1] == "no-such-package is missing"


def test_a_course_without_lessons_is_told(monkeypatch):
    def broken(self):
        raise CourseError("notebooks/ is empty.")

    monkeypatch.setattr(Course, "__post_init__", broken)
    found = doctor.course()
    assert (found.fine, found.detail) == (False, "notebooks/ is empty.")
    assert not doctor.sandbox().fine


def test_a_sandbox_that_does_not_start_is_told(monkeypatch):
    def refused(self, lesson):
        raise SandboxUnavailable("The kernel says no.")

    monkeypatch.setattr(Sandbox, "__init__", refused)
    found = doctor.sandbox()
    assert (found.fine, found.detail) == (False, "The kernel says no.")
    assert found.remedy
