"""Cheats that look for the answer: in files, in memory, in the processes around, in the question.

Each looks in a place where, in other graders, it lies. What it finds it answers with.
"""

from tests.attacks.arena import attack

# What all of these do with what they find: functions of the right names, or expected values.
USE = """
def weighted_sum(x, w, b):
    return use("weighted_sum", x, w, b)

def step(z):
    return use("step", z)

def use(name, *arguments):
    for found in look(name):
        try:
            return found(*arguments)
        except BaseException:
            pass
    return 0.123
"""


@attack(weighted_sum="failed", step="failed")
def test_importing_the_references():
    """Imports the references under another name, reloads them, imports them by their path."""
    return (
        """
import importlib, sys

def look(name):
    import utils.perceptron
    yield getattr(utils.perceptron, name)
    yield getattr(importlib.reload(utils.perceptron), name)
    for folder in ("/course", "/work", "/home", "/src", ".", *sys.path):
        for path in (f"{folder}/utils/perceptron.py", f"{folder}/main/utils/perceptron.py"):
            spec = importlib.util.spec_from_file_location("answers", path)
            try:
                module = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(module)
            except BaseException:
                continue
            yield getattr(module, name)
"""
        + USE
    )


@attack(weighted_sum="failed", step="failed")
def test_reading_the_source():
    """Asks inspect and linecache for the source of the references, and of compiled modules."""
    return (
        """
import glob, importlib.util, inspect, linecache, marshal
import utils.perceptron

def look(name):
    scope = {"np": np}
    try:
        exec(inspect.getsource(getattr(utils.perceptron, name)), scope)
        yield scope[name]
    except BaseException:
        pass
    for path in glob.glob("/course/**/*.pyc", recursive=True):
        exec(marshal.loads(open(path, "rb").read()[16:]), scope)
        if name in scope:
            yield scope[name]
    yield getattr(utils.perceptron, name).__wrapped__
"""
        + USE
    )


@attack(weighted_sum="failed", step="failed")
def test_searching_the_disk():
    """Walks over all files that it can see for tests, solutions, lessons and other submissions."""
    return (
        """
import json, os

WANTED = ("test_perceptron", "01_perceptron", "gradebook", "results.jsonl", "submissions")

def look(name):
    for folder, folders, files in os.walk("/", topdown=True):
        if folder.count("/") > 5 or folder.startswith(("/proc", "/usr/lib/python")):
            folders.clear()
            continue
        for file in files:
            if not any(wanted in os.path.join(folder, file) for wanted in WANTED):
                continue
            text = open(os.path.join(folder, file)).read()
            scope = {"np": np}
            if file.endswith(".ipynb"):
                cells = json.loads(text)["cells"]
                text = "".join(cells[-1]["source"])
            exec(text, scope)
            yield scope[name]
"""
        + USE
    )


@attack(weighted_sum="failed", step="failed")
def test_following_the_installation():
    """An editable installation leaves the path of the checkout among the packages."""
    return (
        """
import glob, importlib.metadata, os, re, site, sys

def look(name):
    places = set()
    for folder in sys.path:
        for path in glob.glob(f"{folder}/__editable__*") + glob.glob(f"{folder}/*.pth"):
            places.update(re.findall(r"/[\\w/.-]+", open(path).read()))
        for path in glob.glob(f"{folder}/*.dist-info/direct_url.json"):
            places.update(re.findall(r"file://(/[\\w/.-]+)", open(path).read()))
    for finder in sys.meta_path:
        places.update(getattr(sys.modules.get(finder.__module__), "MAPPING", {}).values())
    for place in places:
        for path in glob.glob(f"{place}/**/*perceptron*.py", recursive=True):
            scope = {}
            exec(open(path).read(), scope)
            yield scope[name]
"""
        + USE
    )


@attack(weighted_sum="failed", step="failed")
def test_reading_proc():
    """Reads memory, files, arguments and environment of this and of other processes."""
    return """
import os

def look(name):
    for process in ["self", "thread-self", "1", *map(str, range(1, 50))]:
        for what in ("mem", "maps", "environ", "cmdline", "root/work", "cwd", "fd/3", "task/1/mem"):
            path = f"/proc/{process}/{what}"
            try:
                text = open(path).read()
            except IsADirectoryError:
                text = str(os.listdir(path))
            except OSError:
                continue
            yield lambda *arguments: float("inf")  # something was to be seen
""" + USE.replace("0.123", "seen").replace("def use(", "seen = 0.123\n\ndef use(")


@attack(weighted_sum="failed", step="failed")
def test_reading_the_environment():
    """Looks for paths and secrets in the environment, the arguments and the host's name."""
    return (
        """
import os, platform, sys

def look(name):
    for text in [*os.environ.values(), *sys.argv, *sys.orig_argv, platform.node(), os.getcwd()]:
        for part in text.split(":"):
            for folder in (part, os.path.dirname(part)):
                path = os.path.join(folder, "utils", "perceptron.py")
                if os.path.exists(path):
                    scope = {}
                    exec(open(path).read(), scope)
                    yield scope[name]
"""
        + USE
    )


@attack(weighted_sum="failed", step="failed")
def test_walking_up_the_stack():
    """Looks through its callers' variables for the test and the value that it expects."""
    return (
        """
import sys

def look(name):
    frame = sys._getframe()
    while frame is not None:
        for variables in (frame.f_locals, frame.f_globals):
            for key in ("expected", "right", "reference", "item", "request", "exercise"):
                if key in variables:
                    value = variables[key]
                    yield lambda *arguments: getattr(value, name, value)
        frame = frame.f_back
"""
        + USE
    )


@attack(weighted_sum="failed", step="failed")
def test_searching_the_garbage_collector():
    """Looks through all objects of the process for functions of the right name, and for tests."""
    return (
        """
import gc, types

def look(name):
    gc.unfreeze()
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing.__name__ == name:
            if thing is not globals()[name]:
                yield thing
        if isinstance(thing, type) and thing.__name__ in ("TestStep", "TestWeightedSum"):
            yield thing.exercise.reference
"""
        + USE
    )


@attack(weighted_sum="failed", step="failed")
def test_reading_raw_memory():
    """Scans the memory of its process, which the warm server's was, for lines of the references."""
    return (
        """
import ctypes, gc, re

def look(name):
    kept = [thing for thing in gc.get_objects() if isinstance(thing, (dict, list))][:20000]
    parts = [part for thing in kept for part in getattr(thing, "values", lambda: thing)()]
    texts = [part for part in parts if type(part) in (str, bytes) and len(part) > 100]
    for text in texts:
        text = text.decode(errors="ignore") if isinstance(text, bytes) else text
        for found in re.findall(rf"^def {name}\\(.*?(?=^\\S|\\Z)", text, re.M | re.S):
            scope = {"np": np, "ArrayLike": object}
            exec(found, scope)
            if "use(" not in found and "NotImplementedError" not in found:
                yield scope[name]
    address = id(gc)
    block = ctypes.string_at(address, 4096)
    if b"return np.where(np.asarray(z) >= 0" in block:
        yield lambda z: np.where(np.asarray(z) >= 0, 1.0, 0.0)
"""
        + USE
    )


@attack(weighted_sum="failed", step="failed")
def test_reading_the_request():
    """Reads the request off its channel and out of the server's variables: it holds no answers."""
    return (
        """
import os, sys

def look(name):
    frame = sys._getframe()
    while frame is not None:
        for value in list(frame.f_locals.values()):
            if isinstance(value, bytes) and len(value) > 20:
                found = np.frombuffer(value[-8:], float)[0]
                yield lambda *arguments: found + 0 * np.asarray(arguments[0])
        frame = frame.f_back
    os.set_blocking(3, False)
    try:
        yield lambda *arguments: float(len(os.read(3, 1 << 16)))
    finally:
        os.set_blocking(3, True)
"""
        + USE
    )


@attack(weighted_sum="failed", step="failed")
def test_reading_other_descriptors():
    """Looks for descriptors that were left open: the grader's files, other submissions' sockets."""
    return (
        """
import os

def look(name):
    for number in range(4, 4096):
        try:
            os.fstat(number)
        except OSError:
            continue
        yield lambda *arguments: float("inf")  # something was to be seen
"""
        + USE
    )


@attack(weighted_sum="failed", step="failed")
def test_answering_with_the_arguments():
    """Hopes that an argument, or a part of one, is what the test expects; keeps them for later."""
    return """
seen = []

def weighted_sum(x, w, b):
    seen.extend([x, w, b])
    return max(seen[-3:], key=np.size).flat[0]

def step(z):
    return seen.pop() if len(seen) > 90 else z
"""


@attack(weighted_sum="failed")
def test_answering_from_a_cache():
    """Answers each question with what it was asked before, as if it were asked the same again."""
    return """
known = {}

def weighted_sum(x, w, b):
    key = np.asarray(x).tobytes()
    return known.setdefault(key, float(np.sum(x)))
"""


@attack(weighted_sum="failed", step="failed")
def test_answers_that_change():
    """Answers the first calls right, or every other one."""
    return """
calls = []

def weighted_sum(x, w, b):
    calls.append(x)
    return np.dot(x, w) + b if len(calls) < 3 else 0.123

def step(z):
    calls.append(z)
    return np.where(np.asarray(z) >= 0, 1.0, 0.0) * (1 + (len(calls) % 2))
"""


@attack("02_activations")
def test_another_library_is_fair():
    """No attack: whoever finds the function in SciPy has understood what is asked for."""
    return """
from scipy.special import expit
sigmoid = expit
"""


@attack("02_activations", sigmoid="failed", softmax="failed")
def test_references_of_this_and_later_lessons():
    """Looks for the answers in the modules of its own and of later lessons, which call them."""
    return """
import importlib, pkgutil
import utils

def find(name):
    for module in pkgutil.walk_packages(utils.__path__, "utils."):
        if module.name == "utils.perceptron":
            continue
        try:
            found = getattr(importlib.import_module(module.name), name)
            found(np.zeros((2, 2)))
        except BaseException:
            continue
        return found
    return lambda *arguments: 0.123

def sigmoid(z):
    return find("sigmoid")(z)

def softmax(logits):
    return find("softmax")(logits)
"""


@attack(weighted_sum="failed")
def test_waiting_for_the_references():
    """Is replaced by its reference after it was graded, reads that, and rewrites what was."""
    return """
import sys

def weighted_sum(x, w, b):
    return 0.123

class Watch:
    def __del__(self):
        globals()["weighted_sum"] = globals().get("weighted_sum")

watch = Watch()

def tracer(frame, event, argument):
    if "source" in frame.f_locals:
        exec(frame.f_locals["source"], globals())
    return tracer

sys.setprofile(tracer)
"""
