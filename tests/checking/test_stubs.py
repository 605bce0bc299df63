"""Blanks are made from references, and told from answers."""

import ast

import pytest

from utils.checking.stubs import is_stub, stub_of

FUNCTION = '''def area(width: float,
         height: float = 1.0) -> float:
    """width times height

    >>> area(2.0, 3.0)
    6.0
    """
    # the why
    return width * height
'''

CLASS = '''class Box:
    """A box."""

    size = 3

    def __init__(self, size: int) -> None:
        """Keep the size."""
        self.size = size

    def _helper(self):
        return 1

    def grow(self, by: int) -> "Box":
        """A larger box."""
        return Box(self.size + by)
'''


def test_a_function_keeps_its_signature_and_docstring():
    assert stub_of(FUNCTION) == (
        "def area(width: float,\n"
        "         height: float = 1.0) -> float:\n"
        '    """width times height\n\n'
        "    >>> area(2.0, 3.0)\n"
        "    6.0\n"
        '    """\n'
        "    raise NotImplementedError\n"
    )


def test_a_class_keeps_its_documented_methods():
    blank = stub_of(CLASS)
    names = [node.name for node in ast.walk(ast.parse(blank)) if isinstance(node, ast.FunctionDef)]
    assert names == ["__init__", "grow"]
    assert "size = 3" not in blank


@pytest.mark.parametrize("source", [FUNCTION, CLASS])
def test_a_blank_is_recognised_and_an_answer_is_not(source):
    assert is_stub(ast.parse(stub_of(source)).body[0])
    assert not is_stub(ast.parse(source).body[0])


@pytest.mark.parametrize(
    ("body", "blank"),
    [
        ("pass", True),
        ("...", True),
        ('"""Only words."""', True),
        ("raise NotImplementedError('later')", True),
        ("raise ValueError", False),
        ("return None", False),
        ("x = 1\n    raise NotImplementedError", False),
        ("raise", False),
    ],
)
def test_what_counts_as_blank(body, blank):
    assert is_stub(ast.parse(f"def f():\n    {body}\n").body[0]) is blank


def test_an_assignment_is_no_blank():
    assert not is_stub(ast.parse("f = 1").body[0])
