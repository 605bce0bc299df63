"""The runner of all tests counts rightly, and its exit code tells all."""

import sys

import pytest

from tests import suite

PASSES = "def test_passes():\n    assert True\n"
FAILS = "def test_fails():\n    assert False\n"
SKIPS = "import pytest\n\ndef test_skips():\n    pytest.skip('not here')\n"
STUMBLES = (
    "import pytest\n\n@pytest.fixture\ndef broken():\n    raise OSError\n\n"
    "def test_stumbles(broken):\n    pass\n"
)
BREAKS = "import nothing_of_this_name\n"


@pytest.fixture
def run_tests(tmp_path, monkeypatch, capfd):
    """Run the suite on files of the test's own; gives exit code and last line."""

    def run(**sources: str) -> tuple[int, str]:
        parts = {}
        for name, source in sources.items():
            folder = tmp_path / name
            folder.mkdir()
            (folder / "test_sample.py").write_text(source)
            parts[name] = ("pytest", "-q", "-c", "/dev/null", "--rootdir", str(folder), str(folder))
        monkeypatch.setattr(suite, "PARTS", parts)
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # starts in a tenth of the time
        code = suite.main([])
        return code, capfd.readouterr().out.splitlines()[-1]

    return run


def test_all_green_exits_with_zero(run_tests):
    assert run_tests(one=PASSES, two=PASSES) == (0, "2 passed, 0 failed")


def test_a_failure_in_an_early_part_is_not_forgotten(run_tests):
    assert run_tests(one=FAILS, two=PASSES) == (1, "1 passed, 1 failed")


def test_a_skipped_test_counts_as_neither(run_tests):
    assert run_tests(one=PASSES + SKIPS) == (0, "1 passed, 0 failed")


def test_a_module_that_cannot_be_imported_is_a_failure(run_tests):
    assert run_tests(one=BREAKS) == (1, "0 passed, 1 failed")


def test_an_error_before_a_test_is_a_failure_too(run_tests):
    assert run_tests(one=PASSES + FAILS + STUMBLES) == (1, "1 passed, 2 failed")


def test_a_part_without_any_test_is_a_failure(run_tests):
    assert run_tests(one="") == (1, "0 passed, 1 failed")


def test_a_command_that_is_no_pytest_counts_as_one(monkeypatch, capfd):
    monkeypatch.setattr(suite, "PARTS", {"good": ("compileall", "-h"), "bad": ("no_such_module",)})
    assert suite.main([]) == 1
    assert capfd.readouterr().out.splitlines()[-1] == "1 passed, 1 failed"


def test_an_unknown_part_is_named(capsys):
    assert suite.main(["flavour"]) == 2
    assert "flavour" in capsys.readouterr().err


def test_the_parts_use_this_python(monkeypatch, tmp_path):
    commands = []

    class Done:
        returncode = 0

    def record(command, **options):
        commands.append(command)
        return Done()

    monkeypatch.setattr(suite.subprocess, "run", record)
    suite.run_part("lint", tmp_path)
    assert commands == [[sys.executable, "-m", "ruff", "check", "."]]
