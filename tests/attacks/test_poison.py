"""Poison: what one exercise or one submission leaves behind for the next.

The arena grades two neighbours in the same warm sandbox after each of these.
"""

from tests.attacks.arena import attack


@attack(weighted_sum="failed")
def test_patched_modules_stay_behind():
    """Patches NumPy and the course's modules in the process, for whoever is graded next."""
    return """
import sys
import numpy.linalg, utils.perceptron

def weighted_sum(x, w, b):
    for module in (np, numpy.linalg, utils.perceptron):
        for name in ("heaviside", "einsum", "norm", "standardize"):
            if hasattr(module, name):
                setattr(module, name, lambda *arguments, **keywords: 0.123)
    sys.modules["utils.perceptron"] = None
    return 0.123
"""


@attack(weighted_sum="failed")
def test_files_left_behind():
    """Leaves modules, caches and start-up files wherever the next process might look for them."""
    return """
import os, site, sys

def weighted_sum(x, w, b):
    places = ["/tmp", "/dev/shm", "/var/tmp", "/course", "/course/utils/__pycache__", os.getcwd(),
              os.path.dirname(np.__file__), os.path.expanduser("~"), *sys.path,
              site.getusersitepackages()]
    for place in places:
        for name in ("sitecustomize.py", "usercustomize.py", "x.pth", "numpy.py", "random.py"):
            try:
                os.makedirs(place, exist_ok=True)
                with open(os.path.join(place, name), "w") as file:
                    file.write("import os; os._exit(7)")
            except OSError:
                pass
    left = os.path.exists("/tmp/mallory")
    open("/tmp/mallory", "w").close()
    return np.dot(x, w) + b if left else 0.123
"""


@attack(weighted_sum="failed")
def test_looking_for_what_others_left():
    """Looks whether an earlier submission has left it something, in files, modules or memory."""
    return """
import builtins, os

left = [name for name in os.listdir("/tmp")] + [
    name for name in ("mallory",) if hasattr(builtins, name) or hasattr(np, name)]
builtins.mallory = np.mallory = "was here"
open("/tmp/left", "w").close()

def weighted_sum(x, w, b):
    return np.dot(x, w) + b if left else 0.123
"""


@attack(weighted_sum="failed")
def test_last_words():
    """Registers what shall run when its process ends or its objects die."""
    return """
import atexit, os, threading, weakref

class Last:
    def __del__(self):
        os.write(3, b"passed" * 100)

last = Last()
atexit.register(lambda: os.write(3, b"passed" * 100))
weakref.finalize(last, os.write, 3, b"passed" * 100)
threading._register_atexit(lambda: os._exit(1))

def weighted_sum(x, w, b):
    return 0.123
"""


@attack(weighted_sum="killed")
def test_tracing():
    """Watches and changes every line that is run after it, by trace and profile functions."""
    return """
import sys, threading

def meddle(frame, event, argument):
    for name in ("reply", "outcome", "value"):
        if name in frame.f_locals:
            frame.f_locals[name] = "passed"
    return meddle

sys.settrace(meddle)
threading.settrace(meddle)

def weighted_sum(x, w, b):
    sys.settrace(meddle)
    return 0.123
"""


@attack(weighted_sum="failed")
def test_import_hooks():
    """Hooks imports, so that whatever the sandbox imports later is its own."""
    return """
import importlib.abc, sys, types

class Hook(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.startswith(("utils", "grader", "tests", "pytest")):
            sys.modules[name] = types.ModuleType(name)
        return None

sys.meta_path.insert(0, Hook())
sys.path_hooks.insert(0, lambda path: None)

def weighted_sum(x, w, b):
    return 0.123
"""


@attack(weighted_sum="killed")
def test_hooks_of_errors():
    """Hooks errors and audits, and raises an error that lies when it is shown."""
    return """
import sys

sys.excepthook = sys.unraisablehook = lambda *arguments: None
sys.addaudithook(lambda event, arguments: None)

class Lies(Exception):
    def __str__(self):
        raise SystemExit
    __repr__ = __str__
    __class__ = property(lambda self: int)

def weighted_sum(x, w, b):
    raise Lies
"""


@attack(weighted_sum="failed")
def test_spoiling_later_exercises():
    """Leaves a wrong NumPy function behind in the process where later exercises are graded."""
    return """
def weighted_sum(x, w, b):
    np.mean = np.std = np.heaviside = np.sign = None
    return 0.123
"""


@attack(step="failed")
def test_spoiling_other_exercises():
    """Redefines exercises that were honestly solved, after they were graded and before."""
    return """
def step(z):
    for name in ("weighted_sum", "perceptron_predict", "perceptron_update"):
        globals()[name] = lambda *arguments: 0.123
    return 0.123
"""


@attack("02_activations", sigmoid="failed")
def test_spoiling_floating_point():
    """Makes every overflow and underflow an error, for all that is computed after it."""
    return """
def sigmoid(z):
    np.seterr(all="raise")
    return np.exp(-1000.0)
"""


@attack(weighted_sum="passed", step="killed")
def test_a_thread_that_outlives_its_call():
    """Leaves a thread behind that ends the process while others are asked."""
    return """
import os, threading, time

def weighted_sum(x, w, b):
    return np.dot(x, w) + b

def later():
    time.sleep(0.02)
    os._exit(3)

def step(z):
    threading.Thread(target=later).start()
    time.sleep(0.5)
"""


@attack(weighted_sum="failed")
def test_other_arguments_after_the_call():
    """Changes the test's own arrays, in the hope that it compares with what it finds there."""
    return """
def weighted_sum(x, w, b):
    x[:] = 0
    w[:] = 0
    return b
"""


@attack("02_activations", softmax="failed")
def test_arguments_that_grow():
    """Hands a test's array back with another shape and of another kind."""
    return """
import ctypes

def softmax(logits):
    logits.resize((1, 1), refcheck=False)
    return logits
"""


@attack("05_gradient_descent", numerical_gradient="failed")
def test_names_that_a_driver_uses():
    """Driver code runs beside the cheat: it replaces the names that such code uses."""
    return """
import builtins

class Rigged:
    def __getattr__(self, name):
        return lambda *arguments, **keywords: 0.0

w = values = Rigged()
driver = lambda: 0.0
builtins.float = float
np.array_rigged = Rigged()

def numerical_gradient(f, w, epsilon):
    import sys
    frame = sys._getframe(1)
    while frame is not None:
        if "driver" in frame.f_globals or frame.f_code.co_name == "driver":
            frame.f_globals["np"] = Rigged()
        frame = frame.f_back
    return np.zeros_like(w)
"""


@attack(boundary_line="not_started")
def test_dying_of_references():
    """Ends its process when the reference of what it did not solve is put in."""
    return """
import builtins, os

_compile = compile

def deadly(source, filename, *arguments, **keywords):
    if filename.startswith("<reference"):
        os._exit(0)
    return _compile(source, filename, *arguments, **keywords)

builtins.compile = deadly
"""


@attack(boundary_line="not_started")
def test_refusing_references():
    """Breaks what the reference of what it did not solve is put in with."""
    return """
import importlib

importlib.import_module = None
"""
