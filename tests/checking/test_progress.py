"""Progress is kept in one file, whatever happens to it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from utils.checking import progress
from utils.checking.progress import progress_file, read_progress, record_progress


@pytest.fixture
def file(tmp_path, monkeypatch) -> Path:
    path = tmp_path / "progress.json"
    monkeypatch.setenv("COURSE_PROGRESS", str(path))
    return path


def test_it_stands_beside_the_notebook(tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_PROGRESS", raising=False)
    monkeypatch.chdir(tmp_path)
    assert progress_file() == tmp_path / ".course-progress.json"


def test_what_was_recorded_is_read_again(file):
    assert read_progress() == ({}, "")
    record_progress("01_perceptron", "step", "failed")
    record_progress("02_activations", "relu", "passed")
    assert read_progress()[0] == {
        "01_perceptron": {"step": "failed"},
        "02_activations": {"relu": "passed"},
    }


def test_what_was_passed_once_stays_passed(file):
    for status in ("failed", "passed", "failed"):
        record_progress("01_perceptron", "step", status)
    assert read_progress()[0]["01_perceptron"]["step"] == "passed"


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b'{"01": []}',
        b'{"01": {"step": 3}}',
        b"\xff\xfe",
        b"",
        b'{"01": {"step": "<b>"}}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_set_aside_and_begun_anew(file, content):
    file.write_bytes(content)
    message = record_progress("01_perceptron", "step", "passed")
    assert "set aside as progress.json.damaged" in message
    assert (file.parent / "progress.json.damaged").read_bytes() == content
    assert read_progress() == ({"01_perceptron": {"step": "passed"}}, "")


def test_a_second_damaged_file_does_not_replace_the_first(file):
    for content in ("one", "two"):
        file.write_text(content)
        read_progress()
    assert (file.parent / "progress.json.damaged").read_text() == "one"
    assert (file.parent / "progress.json.damaged2").read_text() == "two"


def test_a_folder_that_cannot_be_written_costs_progress_only(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "file" / "progress.json"))
    assert "not kept" in record_progress("01_perceptron", "step", "passed")


def test_a_held_lock_is_said_and_does_not_block(file, monkeypatch):
    monkeypatch.setattr(progress, "LOCK_SECONDS", 0.01)
    holder = (
        "import sys; from filelock import FileLock\n"
        "with FileLock(sys.argv[1]): print('held', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", holder, f"{file}.lock"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout.readline().strip() == b"held"
        assert "another notebook holds" in record_progress("01_perceptron", "step", "passed")
        assert not file.exists()
    finally:
        process.communicate()
    assert record_progress("01_perceptron", "step", "passed") == ""


def test_many_notebooks_may_write_at_once(file):
    code = (
        "import sys; from utils.checking.progress import record_progress\n"
        "for i in range(20): assert record_progress(sys.argv[1], f'e{i}', 'passed') == ''"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", code, f"lesson{k}"], env=os.environ)
        for k in range(3)
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert {name: len(done) for name, done in json.loads(file.read_text()).items()} == {
        "lesson0": 20,
        "lesson1": 20,
        "lesson2": 20,
    }


def test_off_keeps_it_in_memory(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", "off")
    monkeypatch.setattr(progress, "_in_memory", {})
    monkeypatch.chdir(tmp_path)
    record_progress("01_perceptron", "step", "passed")
    assert read_progress()[0] == {"01_perceptron": {"step": "passed"}}
    assert list(tmp_path.iterdir()) == []


def test_the_lock_is_free_afterwards(file):
    record_progress("01_perceptron", "step", "passed")
    with FileLock(f"{file}.lock", timeout=0):
        pass
