"""One small assignment, written once, for each grader in its own form.

Five exercises with fourteen tests of one point. Every grader gets the same functions, the same
tests with the same tolerance, and the same answers: right ones, wrong ones, none.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.references import source_of
from utils import activations
from utils.checking.stubs import stub_of

KINDS = ("right", "wrong", "blank")
TOLERANCE = "rtol=1e-7, atol=1e-9"
IMPORTS = "import numpy as np\nfrom numpy.typing import ArrayLike"


@dataclass(frozen=True)
class Case:
    """One test: what is called, what it must return, and why."""

    name: str
    call: str
    expected: str
    why: str
    given: str = ""  # lines before the call


@dataclass(frozen=True)
class Question:
    """One exercise: its answers of each kind, and its tests."""

    name: str
    wrong: str
    mistake: str  # the sentence for the wrong answer
    cases: tuple[Case, ...]

    @property
    def right(self) -> str:
        """The reference implementation."""
        return source_of(getattr(activations, self.name))

    def answer(self, kind: str) -> str:
        """What a learner of this kind writes."""
        return {"right": self.right, "wrong": self.wrong, "blank": stub_of(self.right)}[kind]


LAYERS = """\
rng = np.random.default_rng(0)
W1, b1 = rng.normal(size=(3, 4)), rng.normal(size=4)
W2, b2 = rng.normal(size=(4, 2)), rng.normal(size=2)"""

QUESTIONS = (
    Question(
        "collapse_linear_layers",
        "def collapse_linear_layers(W1, b1, W2, b2):\n    return W1 @ W2, b2\n",
        "You leave out the first layer's bias: the second layer's weights act on it too.",
        (
            Case(
                "multiplies_the_weights",
                "collapse_linear_layers(W1, b1, W2, b2)[0]",
                "W1 @ W2",
                "X goes through W1, then through W2.",
                LAYERS,
            ),
            Case(
                "sends_the_first_bias_through_the_second_layer",
                "collapse_linear_layers(W1, b1, W2, b2)[1]",
                "b1 @ W2 + b2",
                "the first bias is a part of what the second layer gets.",
                LAYERS,
            ),
            Case(
                "keeps_zero_biases",
                "collapse_linear_layers(W1, 0 * b1, W2, 0 * b2)[1]",
                "np.zeros(2)",
                "without biases there is nothing to add.",
                LAYERS,
            ),
        ),
    ),
    Question(
        "sigmoid",
        "def sigmoid(z):\n    return 1 / (1 + np.exp(z))\n",
        "You exponentiate z where the formula has -z: yours falls where the sigmoid rises.",
        (
            Case("is_undecided_at_zero", "sigmoid(0.0)", "0.5", "1 / (1 + 1) is one half."),
            Case(
                "rises",
                "sigmoid(np.array([0.0, np.log(3)]))",
                "[0.5, 0.75]",
                "exp(-log 3) is one third, and 1 / (1 + 1/3) is three quarters.",
            ),
            Case(
                "survives_huge_inputs",
                "sigmoid(np.array([-1000.0, 1000.0]))",
                "[0.0, 1.0]",
                "far from zero the sigmoid is flat, at 0 and at 1.",
            ),
        ),
    ),
    Question(
        "relu",
        "def relu(z):\n    return np.abs(z)\n",
        "You turn negative numbers round: ReLU makes them zero.",
        (
            Case(
                "cuts_off_what_is_negative",
                "relu(np.array([-2.0, 0.0, 3.0]))",
                "[0.0, 0.0, 3.0]",
                "what is below zero becomes zero.",
            ),
            Case("takes_one_number", "relu(-1.5)", "0.0", "-1.5 is below zero."),
            Case(
                "keeps_the_shape",
                "relu(np.array([[1.0, -1.0], [-2.0, 2.0]]))",
                "[[1.0, 0.0], [0.0, 2.0]]",
                "each entry is judged by itself.",
            ),
        ),
    ),
    Question(
        "relu_derivative",
        "def relu_derivative(z):\n    return np.where(np.asarray(z) >= 0, 1.0, 0.0)\n",
        "At zero the derivative is 0 by agreement, and yours is 1 there.",
        (
            Case(
                "is_the_slope",
                "relu_derivative(np.array([-2.0, 3.0]))",
                "[0.0, 1.0]",
                "ReLU is flat on the left and rises by 1 on the right.",
            ),
            Case("is_zero_at_zero", "relu_derivative(0.0)", "0.0", "so it was agreed."),
        ),
    ),
    Question(
        "softmax",
        "def softmax(logits):\n    return np.exp(logits) / np.sum(np.exp(logits))\n",
        "You divide by the sum over all rows: each row has a sum of its own.",
        (
            Case(
                "makes_rows_that_sum_to_one",
                "softmax(np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 5.0]])).sum(axis=1)",
                "[1.0, 1.0]",
                "each row is a set of probabilities.",
            ),
            Case(
                "gives_shares_of_the_exponentials",
                "softmax(np.log(np.array([[1.0, 2.0, 3.0]])))",
                "[[1 / 6, 1 / 3, 1 / 2]]",
                "the exponentials are 1, 2 and 3.",
            ),
            Case(
                "survives_huge_logits",
                "softmax(np.array([[1000.0, 1000.0]]))",
                "[[0.5, 0.5]]",
                "the largest logit can be taken away from all beforehand.",
            ),
        ),
    ),
)
TESTS = sum(len(question.cases) for question in QUESTIONS)
POINTS = {"right": TESTS, "wrong": 5, "blank": 0}  # what every grader must give each kind


# ------------------------------------------------------------------------------ for our grader


def lesson_module() -> str:
    """The lesson's references, as `utils/<topic>.py`."""
    return "\n\n".join(
        [f'"""The references of the small assignment."""\n\n{IMPORTS}\n']
        + [question.right for question in QUESTIONS]
    )


def lesson_tests() -> str:
    """The lesson's grading tests, as `tests/grading/test_<topic>.py`."""
    head = (
        "import numpy as np\n\n"
        "from utils.checking.exercise import exercise, mistake\n"
        "from utils.checking.expect import expect_close\n"
    )
    return "\n\n".join([head, *map(_class_of, QUESTIONS)])


def _class_of(question: Question) -> str:
    described = f'"{question.name}", points={len(question.cases)}, minutes=5, difficulty=1'
    lines = [
        f'@exercise({described}, built="{question.name}.", partial=True)',
        f"class Test_{question.name}:",
    ]
    for case in question.cases:
        body = [
            *case.given.splitlines(),
            f"expect_close({case.call}, {case.expected}, why={case.why!r}, {TOLERANCE})",
        ]
        lines.append(f"    def test_{case.name}(self, {question.name}):")
        lines += [f"        {line}" for line in body] + [""]
    mistake = question.wrong.replace(f"def {question.name}(", f"def wrong_{question.name}(")
    lines += [f"    @mistake({question.mistake!r})", textwrap.indent(mistake, "    ")]
    return "\n".join(lines)


def lesson_notebook(lesson: str, kind: str) -> nbformat.NotebookNode:
    """The lesson's notebook, answered in one way; the blank one is what is handed out."""
    setup = (
        f"{IMPORTS}\n\nfrom utils.checking import check, start_lesson\n\nstart_lesson({lesson!r})"
    )
    cells = [
        new_markdown_cell("# Lesson 99 · A small assignment"),
        new_code_cell(setup, metadata={"tags": ["setup"]}),
    ]
    for question in QUESTIONS:
        cells += [
            new_markdown_cell(f"### Exercise: {question.name}"),
            new_code_cell(
                f"@check\n{question.answer(kind)}",
                metadata={"tags": ["exercise"], "course": {"exercise": question.name}},
            ),
        ]
    return _notebook(cells, course={"lesson": lesson})


# ------------------------------------------------------------------------------- for the others


def check_code(case: Case) -> str:
    """A test as a cell of a notebook."""
    check = f"np.testing.assert_allclose(\n    {case.call},\n    {case.expected},\n    {TOLERANCE},"
    return "\n".join([*case.given.splitlines(), f"{check}\n    err_msg={case.why!r},\n)"])


def nbgrader_source() -> nbformat.NotebookNode:
    """The instructor's notebook for nbgrader, with solutions."""
    cells = [new_markdown_cell("# A small assignment"), new_code_cell(IMPORTS)]
    for question in QUESTIONS:
        head, body = _head_and_body(question.right)
        solution = f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
        cells.append(_nbgrader_cell(solution, question.name, solution=True))
        cells += [
            _nbgrader_cell(check_code(case), f"{question.name}-{case.name}", points=1)
            for case in question.cases
        ]
    return _notebook(cells)


def _nbgrader_cell(source: str, name: str, *, solution: bool = False, points: int = 0) -> object:
    described = {
        "schema_version": 3,
        "grade_id": name,
        "solution": solution,
        "grade": bool(points),
        "locked": not solution,
        "task": False,
    }
    if points:
        described["points"] = points
    return new_code_cell(source, metadata={"nbgrader": described})


def otter_source() -> nbformat.NotebookNode:
    """The instructor's notebook for otter-grader, with solutions."""
    settings = "# ASSIGNMENT CONFIG\ninit_cell: true\nexport_cell: false\nrun_tests: false"
    cells = [
        _raw(settings),
        new_markdown_cell("# A small assignment"),
        new_code_cell(IMPORTS),
    ]
    for question in QUESTIONS:
        head, body = _head_and_body(question.right)
        cells += [
            _raw(f"# BEGIN QUESTION\nname: {question.name}\npoints: {len(question.cases)}"),
            new_markdown_cell(f"### {question.name}"),
            _raw("# BEGIN SOLUTION"),
            new_code_cell(f"{head}\n    # BEGIN SOLUTION\n{body}\n    # END SOLUTION"),
            _raw("# END SOLUTION"),
            _raw("# BEGIN TESTS"),
            *(new_code_cell(check_code(case)) for case in question.cases),
            _raw("# END TESTS"),
            _raw("# END QUESTION"),
        ]
    return _notebook(cells)


def answered(released: nbformat.NotebookNode, kind: str) -> nbformat.NotebookNode:
    """A notebook that another grader hands out, with answers of this kind in it."""
    notebook = nbformat.from_dict(released)
    written = set()
    for cell in notebook.cells:
        for question in QUESTIONS:
            if cell.cell_type == "code" and cell.source.startswith(f"def {question.name}("):
                cell.source = question.answer(kind)
                written.add(question.name)
    missing = {question.name for question in QUESTIONS} - written
    assert not missing, f"no cell for {missing}"
    return notebook


def _head_and_body(source: str) -> tuple[str, str]:
    """A function's lines up to the end of its docstring, and those after it."""
    head = stub_of(source).rstrip().removesuffix("raise NotImplementedError").rstrip()
    return head, source[len(head) :].strip("\n")


def _raw(text: str) -> object:
    return nbformat.v4.new_raw_cell(text)


def _notebook(cells: list, **metadata: object) -> nbformat.NotebookNode:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, **metadata})
