"""Finding the exercises in what a notebook's cells leave behind."""

from collections.abc import Callable

import numpy as np
import pytest

from grader.definitions import python_source, run_cells

EXERCISES = ("sigmoid", "relu", "step")


def run(*cells: str, **keywords) -> tuple[dict, dict]:
    return run_cells(cells, EXERCISES, {"__name__": "__main__"}, **keywords)


def statuses(*cells: str) -> dict[str, str]:
    return {name: found.status for name, found in run(*cells)[1].items()}


class TestWhatCounts:
    def test_names_are_found_wherever_they_stand(self):
        assert statuses("def sigmoid(z): return 1", "x = 3\ndef relu(z): return 2") == {
            "sigmoid": "defined",
            "relu": "defined",
            "step": "missing",
        }

    @pytest.mark.parametrize(
        "source",
        [
            "sigmoid = lambda z: 7",
            "def mine(z): return 7\nsigmoid = mine",
            "if True:\n    def sigmoid(z): return 7",
            "try:\n    def sigmoid(z): return 7\nfinally: pass",
            "globals()['sigmoid'] = lambda z: 7",
            "import functools\nsigmoid = functools.partial(lambda z, y: y, y=7)",
            "class Mine:\n    def __call__(self, z): return 7\nsigmoid = Mine()",
            "def check(f): return f\n@check\ndef sigmoid(z): return 7",
            "(sigmoid := lambda z: 7)",
            "def sigmoid(z): return 7\ndel sigmoid",
            "async def other(): pass\ndef sigmoid(z): return 7",
            "    def sigmoid(z):\n        return 7",
            ">>> def sigmoid(z):\n...     return 7",
        ],
    )
    def test_any_way_of_defining_will_do(self, source):
        functions, definitions = run(source)
        assert definitions["sigmoid"].status == "defined"
        assert functions["sigmoid"](0) == 7

    def test_the_last_definition_counts(self):
        functions, _ = run("def relu(z): return 1", "def relu(z): return 2")
        assert functions["relu"](0) == 2

    def test_a_copied_blank_erases_nothing(self):
        functions, definitions = run(
            "def relu(z): return 1",
            'def relu(z):\n    """ReLU."""\n    raise NotImplementedError',
        )
        assert definitions["relu"].status == "defined"
        assert functions["relu"](0) == 1

    @pytest.mark.parametrize(
        "source",
        [
            "for step in range(10): pass",
            "step = 3",
            "import math as step",
            "with open('/dev/null') as step: pass",
            "step = None",
        ],
    )
    def test_a_variable_of_the_same_name_erases_nothing(self, source):
        functions, definitions = run("def step(z): return 1", source)
        assert definitions["step"].status == "defined"
        assert functions["step"](0) == 1

    def test_later_calls_find_the_function_again(self):
        """A function that uses `step` works although a loop reused the name."""
        functions, _ = run(
            "def step(z): return 5", "def relu(z): return step(z)", "for step in range(3): pass"
        )
        assert functions["relu"](0) == 5

    @pytest.mark.parametrize(
        "body",
        [
            "raise NotImplementedError",
            "raise NotImplementedError('still to do')",
            "'''Only words.'''",
            "...",
            "pass",
            "'''Words.'''\n    raise NotImplementedError()",
        ],
    )
    def test_a_stub_is_not_started(self, body):
        functions, definitions = run(f"def relu(z):\n    {body}")
        assert definitions["relu"].status == "not_started"
        assert callable(functions["relu"])

    def test_a_class_of_stubs_is_not_started(self):
        source = (
            "class step:\n    '''A class.'''\n    def a(self):\n        raise NotImplementedError"
        )
        assert statuses(source)["step"] == "not_started"
        assert statuses(source + "\n    def b(self): return 1")["step"] == "defined"

    def test_a_function_with_work_in_it_is_no_stub(self):
        assert statuses("def relu(z):\n    z = z + 1\n    raise NotImplementedError")["relu"] == (
            "defined"
        )

    def test_the_reference_is_nobodys_answer(self):
        assert statuses("from utils.activations import sigmoid")["sigmoid"] == "missing"
        assert statuses("from utils.activations import relu as sigmoid")["sigmoid"] == "defined"

    def test_objects_that_fight_being_looked_at(self):
        source = (
            "class Rude:\n"
            "    def __getattribute__(self, name): raise RuntimeError(name)\n"
            "    def __call__(self, z): return 1\n"
            "relu = Rude()"
        )
        assert statuses(source)["relu"] == "defined"


class TestFaults:
    def test_a_failing_cell_stops_no_other(self):
        assert statuses("1 / 0", "def relu(z): return z")["relu"] == "defined"

    def test_a_failing_statement_does_not_stop_its_own_cell(self):
        source = "print(undefined)\nraise SystemExit\ndef relu(z): return z"
        assert statuses(source)["relu"] == "defined"

    def test_a_syntax_error_is_told_with_its_line(self):
        _, definitions = run("import math\n\ndef sigmoid(z):\n    retrun z")
        assert definitions["sigmoid"].status == "error"
        assert definitions["sigmoid"].message == (
            "SyntaxError: invalid syntax (line 4 of the cell: `retrun z`)"
        )

    @pytest.mark.parametrize(
        "broken",
        [
            "def sigmoid(z):\n    return (1",
            "def sigmoid(z)\n    return 1",
            "@check\ndef sigmoid(z):\n    '''A text that never ends.\n    return 1",
            "class sigmoid:\n  def f(:\n    pass",
            "sigmoid = lambda z: (",
            "def sigmoid(z):\nreturn z",
            "def sigmoid(z):\n    if z:\n  return z",
            "def sigmoid(z):\n    x = 1 +\n    return x",
        ],
    )
    def test_a_syntax_error_costs_one_exercise(self, broken):
        cells = (f"def relu(z):\n    return z\n\n{broken}\n\ndef step(z):\n    return z",)
        _, definitions = run(*cells)
        assert definitions["sigmoid"].status == "error"
        assert definitions["sigmoid"].message.startswith(("SyntaxError: ", "IndentationError: "))
        assert definitions["relu"].status == "defined"

    def test_docstrings_that_look_like_code_survive_a_neighbours_error(self):
        _, definitions = run(
            "def relu(z):\n    '''\nimport this\ndef nothing(:\n'''\n    return z\n\n"
            "def sigmoid(z):\n    retrun z"
        )
        assert definitions["relu"].status == "defined"
        assert definitions["sigmoid"].status == "error"

    def test_an_earlier_right_definition_survives_a_syntax_error(self):
        assert statuses("def relu(z): return z", "def relu(z) return z")["relu"] == "defined"

    def test_a_definition_that_fails_is_told(self):
        _, definitions = run("import math\ndef relu(z: Tensor): return z")
        assert definitions["relu"].status == "error"
        assert definitions["relu"].message == (
            "NameError: name 'Tensor' is not defined "
            "(line 2 of the cell: `def relu(z: Tensor): return z`)"
        )

    def test_what_the_compiler_refuses_is_told(self):
        _, definitions = run("x = 1\ndef relu(z):\n    yield 1\n    nonlocal z")
        assert definitions["relu"].status == "error"
        assert "line 4 of the cell" in definitions["relu"].message

    @pytest.mark.parametrize(
        "source",
        ["\0", "(" * 10_000, "-" * 100_000 + "1", "x = " + "[" * 300 + "]" * 300, "\ud800", "\x0c"],
    )
    def test_what_no_parser_likes(self, source):
        assert statuses(source, "def relu(z): return z")["relu"] == "defined"

    def test_an_exception_that_can_not_be_printed(self):
        source = (
            "class Rude(Exception):\n    def __str__(self): raise ValueError\n"
            "def fail(f): raise Rude\n@fail\ndef relu(z): return z"
        )
        _, definitions = run(source)
        assert definitions["relu"].message.startswith("Rude (line 4 of the cell")

    def test_long_messages_are_cut(self):
        _, definitions = run("def relu(z: 1 / 0, y: x" + "x" * 5_000 + "): return z")
        assert len(definitions["relu"].message) < 600


class TestNotebookHabits:
    @pytest.mark.parametrize(
        "line",
        ["%matplotlib inline", "!pip install numpy", "sigmoid?", "files = !ls", "t = %timeit 1"],
    )
    def test_magics_cost_nothing(self, line):
        assert statuses(f"{line}\ndef relu(z):\n    return z")["relu"] == "defined"

    def test_cell_magics_of_python_are_run(self):
        assert statuses("%%time\ndef relu(z): return z")["relu"] == "defined"

    def test_cells_in_other_languages_are_not(self):
        assert statuses("%%bash\nrm -r /", "%%html\n<b>", "def relu(z): return z")["relu"] == (
            "defined"
        )

    def test_percent_and_question_marks_in_python_stay(self):
        source = "x = (7\n% 4)\ns = '''\n!ls\n%time\n'''"
        namespace: dict = {}
        run_cells([source], [], namespace)
        assert namespace["x"] == 3
        assert namespace["s"] == "\n!ls\n%time\n"

    def test_line_numbers_stay(self):
        assert python_source("%load x\n!ls\nx = 1").count("\n") == 2

    def test_future_imports_hold_for_later_cells(self):
        cells = ("from __future__ import annotations", "def relu(z: Undefined): return z")
        assert statuses(*cells)["relu"] == "defined"

    def test_dataclasses_and_inspect_work(self):
        source = (
            "import dataclasses, inspect\n"
            "@dataclasses.dataclass\nclass step:\n    x: int = 1\n"
            "def relu(z):\n    return inspect.getsource(relu)"
        )
        functions, _ = run(source)
        assert functions["relu"](0).startswith("def relu(z):")
        assert functions["step"]().x == 1


class TestControl:
    def test_only_definitions(self):
        functions, definitions = run(
            "import math\nimport os\nos._exit(1)\ndef relu(z): return math.pi\nstep = relu",
            only_definitions={0},
        )
        assert functions["relu"](0) == pytest.approx(np.pi)
        assert definitions["step"].status == "defined"

    def test_cells_are_announced_before_they_run(self):
        seen: list[int] = []
        namespace: dict = {"seen": seen}
        run_cells(["assert seen == [0]", "ok = seen[:]"], [], namespace, before_cell=seen.append)
        assert namespace["ok"] == [0, 1]

    def test_a_guard_may_stop_a_statement(self):
        class Stop(BaseException):
            pass

        def guard(statement: Callable[[], None]) -> None:
            statement()
            if namespace.get("late"):
                namespace["late"] = False
                raise Stop

        namespace: dict = {}
        _, definitions = run_cells(
            ["late = True", "def relu(z): return 1"], EXERCISES, namespace, guard=guard
        )
        assert definitions["relu"].status == "defined"
