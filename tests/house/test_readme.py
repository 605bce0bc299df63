"""README tells the truth: its commands are the ones that CI runs, its table is the course."""

import os
import re
import subprocess
from pathlib import Path

import jupytext
import pytest

COURSE = Path(__file__).resolve().parents[2]
README = (COURSE / "README.md").read_text(encoding="utf-8")
CI = (COURSE / ".ci" / "run").read_text(encoding="utf-8")
BUILT = sorted(path.stem for path in COURSE.glob("notebooks/[0-9][0-9]_*.ipynb"))


def commands(text: str) -> list[str]:
    """The lines of all fenced blocks."""
    blocks = re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_the_two_commands_come_first():
    assert [c for c in commands(README) if c.startswith("make ")][:2] == ["make lab", "make test"]


def test_ci_runs_readmes_own_test_command():
    assert CI.splitlines()[-1].startswith("make test ")
    assert "export COURSE_CI=1" in CI


@pytest.mark.parametrize("fails", [False, True])
def test_ci_ends_with_the_count_and_fails_with_the_tests(tmp_path, fails):
    (tmp_path / ".ci").mkdir()
    script = tmp_path / ".ci" / "run"
    # every program that the script would install is there already
    script.write_text(CI.replace("command -v", "true"))
    makefile = f"test:\n\t@echo 3 passed, {int(fails)} failed\n\t@exit {int(fails)}\n"
    (tmp_path / "Makefile").write_text(makefile)
    # make test itself runs under make, which would have its own word at the end
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(["bash", script], capture_output=True, text=True, env=environment)
    assert (done.returncode != 0) == fails
    assert (done.stdout + done.stderr).splitlines()[-1] == f"3 passed, {int(fails)} failed"


@pytest.mark.parametrize("target", ["lab", "test", "build", "grade", "bench"])
def test_each_make_command_exists(target):
    done = subprocess.run(
        ["make", "--dry-run", target, "SUBMISSIONS=here", "OUT=there"],
        cwd=COURSE,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_every_make_command_that_readme_names_is_in_the_makefile():
    targets = set(re.findall(r"^(\w+):", (COURSE / "Makefile").read_text(), re.MULTILINE))
    named = commands(README) + re.findall(r"`([^`\n]+)`", README)
    assert {c.split()[1] for c in named if c.startswith("make ")} <= targets


def test_every_file_that_readme_links_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (COURSE / target).exists(), target


def test_every_folder_that_readme_names_is_there():
    table = README[README.index("## How it is built") :]
    for folder in re.findall(r"^\| `([\w/]+/)`", table, re.MULTILINE):
        assert (COURSE / folder).is_dir(), folder


@pytest.mark.parametrize("lesson", BUILT)
def test_each_lesson_stands_in_the_table(lesson):
    facts = jupytext.read(COURSE / "lessons" / f"{lesson}.md").metadata["course"]
    row = f"| {lesson[:2]} | {facts['title']} | {facts['minutes']} | {facts['summary']} |"
    assert row in README


def test_the_picture_has_alternative_text():
    alternative = re.search(r"!\[([^\]]*)\]\(docs/lesson\.png\)", README)
    assert alternative
    assert len(alternative[1].split()) > 20


def test_the_torch_for_small_disks_is_the_torch_of_the_requirements():
    required = re.search(r"^torch(\S+)", (COURSE / "requirements.txt").read_text(), re.MULTILINE)
    assert f'"torch{required[1]}"' in README
