"""Cheats that rig how answers are compared: junk answers, and tests that shall take them."""

from tests.attacks.arena import attack

JUNK = """
def weighted_sum(x, w, b):
    return 0.123

def step(z):
    return 0.123
"""


@attack(weighted_sum="failed", step="failed")
def test_patched_numpy_testing():
    """Makes NumPy's own assertions succeed."""
    return (
        """
import numpy.testing
for name in dir(numpy.testing):
    if name.startswith("assert_"):
        setattr(numpy.testing, name, lambda *arguments, **keywords: None)
"""
        + JUNK
    )


@attack(weighted_sum="failed", step="failed")
def test_patched_numpy():
    """Makes whatever compares arrays say yes."""
    return (
        """
yes = lambda *arguments, **keywords: np.True_
for name in ("isclose", "allclose", "array_equal", "all", "equal", "any"):
    setattr(np, name, yes)
"""
        + JUNK
    )


@attack(weighted_sum="failed", step="failed")
def test_patched_ndarray():
    """Writes into the type of arrays itself, behind Python's back."""
    return (
        """
import gc
methods = gc.get_referents(np.ndarray.__dict__)[0]
for name in ("__eq__", "__le__", "__ge__", "__lt__", "__gt__"):
    methods[name] = lambda self, other: np.True_
methods["all"] = lambda self, *arguments, **keywords: True
"""
        + JUNK
    )


@attack(weighted_sum="failed", step="failed")
def test_patched_builtins():
    """Replaces the built-ins that a test relies on."""
    return (
        """
import builtins
builtins.AssertionError = ValueError
builtins.all = builtins.any = lambda values: True
builtins.abs = lambda value: 0.0
builtins.isinstance = lambda *arguments: True
builtins.print = lambda *arguments, **keywords: None
"""
        + JUNK
    )


@attack(weighted_sum="failed", step="failed")
def test_patched_pytest():
    """Makes pytest unable to fail."""
    return (
        """
import pytest, _pytest.outcomes, _pytest.runner
pytest.fail = _pytest.outcomes.fail = lambda *arguments, **keywords: None
_pytest.runner.call_and_report = _pytest.runner.pytest_runtest_call = lambda *a, **k: None
"""
        + JUNK
    )


@attack(weighted_sum="failed", step="failed")
def test_patched_encodings():
    """Patches what results are often sent with: json, pickle, base64."""
    return (
        """
import base64, json, pickle
for module in (json, pickle):
    module.dumps = lambda value, **keywords: '{"points": 100}'
    module.loads = lambda text, **keywords: {"points": 100, "status": "passed"}
base64.b64encode = lambda data: b"cGFzc2Vk"
"""
        + JUNK
    )


@attack(weighted_sum="failed", step="failed")
def test_patched_grader_inside():
    """Patches what of the grader runs inside the sandbox, as far as it lets answers through."""
    return (
        """
import sys
for name, module in list(sys.modules.items()):
    if name.startswith(("utils.checking", "grader")):
        for thing in ("expect_close", "same", "judge", "diagnose", "is_numeric", "snapshot"):
            if hasattr(module, thing):
                setattr(module, thing, lambda *arguments, **keywords: True)
"""
        + JUNK
    )


@attack(everything="error")
def test_broken_encoding():
    """Makes the sandbox's own encoding lie about lengths: nothing that it says can be read."""
    return (
        """
import struct
struct.pack = lambda *arguments: b""
from grader import wire
wire._write_text = wire._WRITERS[str] = lambda encoder, value, depth: encoder.parts.append(b"?")
"""
        + JUNK
    )


@attack(everything="not_started")
def test_all_are_stubs():
    """Makes the look-up inside believe that nothing has been written."""
    return (
        """
from grader import definitions
definitions.is_stub = lambda node: True
"""
        + JUNK
    )


@attack(weighted_sum="failed", step="failed")
def test_redefined_check():
    """Redefines what the lesson's cells use: check, start_lesson and the helpers' names."""
    return """
def check(answer):
    return lambda *arguments: True
def start_lesson(name):
    return "passed"
def expect_close(*arguments, **keywords):
    return None
expect_that = exercise = judge = expect_close

def weighted_sum(x, w, b):
    return 0.123
def step(z):
    return 0.123
check = lambda answer: answer
"""


@attack(weighted_sum="failed", step="failed")
def test_ast_transformer():
    """Strips all asserts, by a transformer of IPython's, by compile, by the optimisation flag."""
    return (
        """
import ast, builtins, sys
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
try:
    get_ipython().ast_transformers.append(Strip())
except NameError:
    pass
import IPython
IPython.get_ipython().ast_transformers.append(Strip())
real = builtins.compile
builtins.compile = lambda *arguments, **keywords: real(*arguments, **{**keywords, "optimize": 2})
"""
        + JUNK
    )


@attack(weighted_sum="failed", step="failed")
def test_display_hook():
    """Displays a full score while the answer is computed."""
    return """
import sys

def weighted_sum(x, w, b):
    sys.displayhook(1.0)
    print("passed, 100 of 100 points")
    return 1.0

def step(z):
    sys.displayhook(1.0)
    sys.exit(0)
"""


@attack(weighted_sum="failed", step="failed")
def test_rigged_ndarray():
    """Returns an array of a subclass that answers every function of NumPy itself."""
    return """
class Rigged(np.ndarray):
    def __array_function__(self, function, types, arguments, keywords):
        return True
    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        return np.True_
    def __eq__(self, other):
        return True
    def __array_finalize__(self, obj):
        pass
    shape = property(lambda self: (1,))
    dtype = np.dtype(float)

def rigged():
    return np.zeros(3).view(Rigged)

def weighted_sum(x, w, b):
    return rigged()

def step(z):
    return rigged()
"""


@attack(weighted_sum="failed", step="failed", perceptron_predict="failed")
def test_rigged_objects():
    """Returns objects that equal everything, and convert to whatever is asked for."""
    return """
class Rigged:
    def __eq__(self, other):
        return True
    __lt__ = __gt__ = __le__ = __ge__ = __eq__
    def __hash__(self):
        return 0
    def __float__(self):
        return -6.0
    def __index__(self):
        return 1
    def __array__(self, dtype=None, copy=None):
        return np.array([0.0, 1.0, 0.0, 1.0])
    def __sub__(self, other):
        return 0.0
    __rsub__ = __abs__ = __sub__
    def __class__(self):
        return float
    def __reduce__(self):
        return (print, ("unpickled",))

class Interface:
    __array_interface__ = {"shape": (4,), "typestr": "<f8", "data": (0, False), "version": 3}

def weighted_sum(x, w, b):
    return Rigged()
def step(z):
    return Interface()
def perceptron_predict(X, w, b):
    return np.array([Rigged()] * len(X), dtype=object)
"""


@attack(weighted_sum="failed", step="failed", boundary_line="failed", perceptron_update="failed")
def test_rigged_subclasses():
    """Returns numbers, texts, tuples and dicts of subclasses that lie about themselves."""
    return """
class Number(float):
    def __eq__(self, other):
        return True
    def __float__(self):
        return -6.0
    def __sub__(self, other):
        return 0.0
class Whole(int):
    def __index__(self):
        return 1
    def __int__(self):
        return 1
class Pair(tuple):
    def __len__(self):
        return 2
    def __iter__(self):
        while True:
            yield Number(0.5)
    def __eq__(self, other):
        return True
class Mapping(dict):
    def items(self):
        return [(n, Number(n)) for n in range(2)]
    def __len__(self):
        return 2

def weighted_sum(x, w, b):
    return Number(0.123)
def step(z):
    return Whole(7)
def boundary_line(w, b):
    return Mapping(a=1)
def perceptron_update(x, y, w, b, learning_rate):
    return [Number(1.0), "x"]
"""


@attack(weighted_sum="failed", step="failed")
def test_nan_everywhere():
    """Hopes for comparisons that nan slips through, in float, complex and in an array of one."""
    return """
def weighted_sum(x, w, b):
    return float("nan")
def step(z):
    return np.full(np.shape(z), complex("nan+nanj"))
"""


@attack(weighted_sum="failed", step="failed", perceptron_predict="failed")
def test_empty_arrays():
    """All entries of an empty array fulfil every condition; and it broadcasts against anything."""
    return """
def weighted_sum(x, w, b):
    return np.zeros(0)
def step(z):
    return np.zeros((0, *np.shape(z)))
def perceptron_predict(X, w, b):
    return np.zeros((len(X), 0))
"""


@attack(step="failed", perceptron_predict="failed")
def test_structured_and_foreign_arrays():
    """Returns arrays of fields, of texts and of dates in the place of numbers."""
    return """
def step(z):
    return np.zeros(np.shape(z), dtype=[("a", float), ("b", "U5")])
def perceptron_predict(X, w, b):
    return np.full(len(X), np.datetime64("2020-01-01"))
"""


@attack()
def test_unusual_arrays_are_no_cheat():
    """No attack: strides of zero, backwards, other byte orders, read-only, NumPy's scalars."""
    return """
def wrapped(function, change):
    return lambda *arguments: change(function(*arguments))

class Late:
    def __init__(self):
        self.calls = 0

late = Late()
backwards = lambda a: np.ascontiguousarray(np.atleast_1d(a)[::-1])[::-1].reshape(np.shape(a))
swapped = lambda a: np.asarray(a, ">f8")
"""


@attack("02_activations", sigmoid="failed")
def test_a_rule_for_floating_point():
    """Makes every warning of floating-point numbers silent, and the answers loose."""
    return """
import warnings
np.seterr(all="ignore")
np.errstate = lambda **keywords: __import__("contextlib").nullcontext()
warnings.warn = warnings.showwarning = lambda *arguments, **keywords: None
np.set_printoptions(precision=0)

def sigmoid(z):
    return np.round(1 / (1 + np.exp(-np.clip(np.asarray(z, float), -30, 30))), 3)
"""
