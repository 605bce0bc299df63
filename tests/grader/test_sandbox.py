"""The sandbox against code that means harm, or that just goes wrong.

Each attack runs on one warm server. After it, a session that was opened before answers as if
nothing had been, and so does one that is opened afterwards on the same server.
"""

from __future__ import annotations

import inspect
import os
import select
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from grader.references import source_of
from grader.sandbox import Limits, Sandbox, SandboxUnavailable, Session, bubblewrap, seccomp
from grader.sandbox.masked import blanked, write_masked_course
from grader.sandbox.none import NoSandbox
from tests.grader.support import TEMPORARY
from utils import activations
from utils.checking.expect import expect_close
from utils.checking.subject import Reply
from utils.checking.suite import COURSE

MEGABYTE = 2**20
LIMITS = Limits(
    call_seconds=20.0,
    cell_seconds=1.0,
    open_seconds=5.0,
    grace_seconds=0.5,
    memory_bytes=128 * MEGABYTE,
    temporary_bytes=4 * MEGABYTE,
    file_bytes=2 * MEGABYTE,
    threads=8,
    descriptors=32,
)

sandboxed = pytest.mark.sandbox

HONEST = f"""
import os, sys
import numpy as np

def honest(x):
    print(os.listdir("{TEMPORARY}"))
    return np.exp(x) + len(sys.argv) * 0, np.random.random()
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    os.environ["SECRET_OF_THE_GRADER"] = "do not tell"
    with Sandbox("02_activations", limits=LIMITS) as sandbox:
        yield sandbox
    del os.environ["SECRET_OF_THE_GRADER"]


def ask_honest(session: Session) -> Reply:
    reply = session.call("honest", (np.array([0.0, 1.0]),), {})
    assert reply.outcome == "returned", reply
    np.testing.assert_allclose(reply.value[0], [1.0, np.e])
    assert reply.printed == "[]\n"
    return reply


@pytest.fixture
def attack(sandbox: Sandbox) -> Iterator[Callable[..., Reply]]:
    """Runs a function's body in a submission; afterwards looks at the neighbours."""
    opened: list[Session] = []
    sibling = sandbox.open([HONEST], ["honest"])
    first = ask_honest(sibling)
    server = sandbox._process

    def run(body: str, *arguments: object, seconds: float = 5.0) -> Reply:
        source = "def attack(*arguments):\n" + textwrap.indent(textwrap.dedent(body), "    ")
        source = source.replace("/tmp", TEMPORARY)
        session = sandbox.open([source], ["attack"], time_limits={"attack": seconds})
        opened.append(session)
        assert session.definitions["attack"].status == "defined", session.definitions
        return session.call("attack", arguments, {})

    run.opened = opened
    yield run
    for session in opened:
        session.close()
    ask_honest(sibling)
    sibling.close()
    with sandbox.open([HONEST], ["honest"]) as after:
        # the same draw: it starts where the warm server stands, which nobody has moved
        assert ask_honest(after).value[1] == first.value[1]
    assert sandbox._process is server
    assert server is not None
    assert server.poll() is None


class Expect:
    """Attacks: a body, its outcome or outcomes, a part of the error or the value."""

    limits = {
        "endless loop": ("while True: pass", "timeout", "nothing within 0.5 s"),
        "endless loop that swallows exceptions": (
            """
            while True:
                try:
                    while True: pass
                except BaseException: pass
            """,
            "timeout",
            "",
        ),
        "endless loop deaf to signals": (
            """
            import signal
            signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))
            while True: pass
            """,
            "timeout",
            "",
        ),
        "endless work in C": ("return sum(iter(int, 1))", "timeout", ""),
        "long sleep": ("import time; time.sleep(1e6)", "timeout", ""),
        "endless generator": ("return list(iter(int, 1))", ("timeout", "raised"), ""),
        "memory in lists": (
            "hoard = []\nwhile True: hoard.append(bytearray(10**6))",
            "raised",
            "MemoryError",
        ),
        "memory in one array": (
            "import numpy as np; return np.ones(2**27).sum()",
            "raised",
            "Unable to allocate",
        ),
        "memory shared with nobody": (
            "import mmap; return len(mmap.mmap(-1, 2**29))",
            "raised",
            "PermissionError",
        ),
        "memory in a stack that grows": (
            "import mmap\nmmap.mmap(-1, 2**29, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x100)",
            "raised",
            "PermissionError",
        ),
        "memory in a memfd": ("import os; os.memfd_create('x')", "raised", "PermissionError"),
        "memory in /dev/zero": ("open('/dev/zero')", "raised", "FileNotFoundError"),
        "memory in /dev/shm": ("open('/dev/shm/x', 'w')", "raised", "FileNotFoundError"),
        "memory in /tmp": (
            """
            for number in range(100):
                with open(f"/tmp/{number}", "wb") as file: file.write(bytes(10**6))
            """,
            "raised",
            "No space left",
        ),
        "files without content": (
            "for number in range(10**5): open(f'/tmp/{number}', 'w').close()",
            "raised",
            "No space left",
        ),
        "one large file": (
            "open('/tmp/x', 'wb').write(bytes(3 * 10**6))",
            "raised",
            "File too large",
        ),
        "one large file with a hole": (
            "import os; os.truncate(os.open('/tmp/x', os.O_CREAT | os.O_RDWR), 2**40)",
            "raised",
            "File too large",
        ),
        "descriptors": (
            """
            files = []
            try:
                while True: files.append(open("/dev/null"))
            except OSError as error:
                return len(files) < 32, str(error).split("]")[0]
            """,
            "returned",
            (True, "[Errno 24"),
        ),
        "threads": (
            """
            import threading
            wait = threading.Event()
            try:
                for count in range(1000): threading.Thread(target=wait.wait, daemon=True).start()
            except RuntimeError:
                return count
            """,
            "returned",
            8,
        ),
        "recursion": ("return attack()", "raised", "RecursionError"),
        "recursion without a limit": (
            "import sys; sys.setrecursionlimit(10**9)\ndef f(): return [f()]\nreturn f()",
            ("raised", "killed"),
            "",
        ),
        "recursion in C": (
            """
            import sys; sys.setrecursionlimit(10**9)
            deep = []
            for _ in range(10**6): deep = [deep]
            return repr(deep)
            """,
            ("raised", "killed"),
            "",
        ),
        "output": (
            """
            import os, sys
            for _ in range(5000):
                print("x" * 1000)
                print("x" * 1000, file=sys.stderr)
                os.write(1, b"x" * 1000)
                os.write(2, b"x" * 1000)
            return 1
            """,
            "returned",
            1,
        ),
        "a large result": ("return bytes(10**7)", "not plain", "8 million bytes"),
        "a long int": ("return 1 << 10**6", "not plain", "integer"),
        "many values": ("return [None] * 10**6", "not plain", "more than 200000 values"),
        "many keys": ("return dict.fromkeys(range(30_000))", "not plain", "20000 keys"),
        "a very long text": ("return 'x' * 10**8", "not plain", "8 million bytes"),
        "a long side of nothing": (
            "import numpy; return numpy.zeros((0, 2**24))",
            "not plain",
            "an array of shape (0, 16777216)",
        ),
    }
    ends = {
        "os._exit": ("import os; os._exit(3)", "killed", "exit code 3"),
        "sys.exit": ("import sys; sys.exit(0)", "raised", "SystemExit"),
        "quit": ("quit()", "raised", ""),
        "KeyboardInterrupt": ("raise KeyboardInterrupt", "raised", "KeyboardInterrupt"),
        "an interrupt that it sends itself": (
            "import _thread, time; _thread.interrupt_main(); time.sleep(5)",
            "raised",
            "KeyboardInterrupt",
        ),
        "a null pointer": ("import ctypes; ctypes.string_at(0)", "killed", "SIGSEGV"),
        "os.abort": ("import os; os.abort()", "killed", "crash"),
        "closed descriptors": (
            "import os; os.closerange(0, 100)\nreturn 1",
            "killed",
            "",
        ),
        "a closed descriptor, and no end": (
            "import os; os.close(3)\nwhile True: pass",
            ("killed", "timeout"),
            "",
        ),
        "input": ("return input()", "raised", "EOFError"),
        "SIGKILL to itself": ("import os; os.kill(os.getpid(), 9)\nreturn 1", "returned", 1),
        "SIGSTOP to itself": ("import os; os.kill(os.getpid(), 19)\nreturn 1", "returned", 1),
        "SIGKILL to its group": ("import os; os.killpg(0, 9)\nreturn 1", "returned", 1),
        "SIGTERM to all": (
            "import os\ntry: os.kill(-1, 15)\nexcept ProcessLookupError: return 1",
            "returned",
            1,
        ),
        "SIGKILL to everyone by number": (
            """
            import os
            seen = 0
            for process in range(2, 40000):
                try: os.kill(process, 9)
                except ProcessLookupError: continue
                seen += 1
            return seen
            """,
            "returned",
            0,
        ),
        "SIGKILL to every group by number": (
            """
            import os
            seen = 0
            for process in range(2, 40000):
                try: os.killpg(process, 9)
                except ProcessLookupError: continue
                seen += 1
            return seen
            """,
            "returned",
            0,
        ),
        "gdb's way in": ("import os; return os.getppid()", "returned", 0),
    }
    processes = {
        "fork": ("import os; os.fork()", "raised", "PermissionError"),
        "a fork bomb": (
            """
            import os
            for failures in range(10**4):
                try: os.fork()
                except OSError: pass
            return failures
            """,
            "returned",
            10**4 - 1,
        ),
        "a daemon": (
            "import os\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: os.pause()",
            "raised",
            "PermissionError",
        ),
        "vfork and exec": (
            "import subprocess; subprocess.run(['/bin/ls'])",
            "raised",
            "PermissionError",
        ),
        "posix_spawn": (
            "import os, sys; os.posix_spawn(sys.executable, ['x'], {})",
            "raised",
            "PermissionError",
        ),
        "exec": ("import os, sys; os.execv(sys.executable, ['x'])", "raised", "PermissionError"),
        "os.system": ("import os; return os.system('true') == 0", "returned", False),
        "multiprocessing": (
            "import multiprocessing; multiprocessing.Process(target=print).start()",
            "raised",
            "PermissionError",
        ),
        "a socket": ("import socket; socket.socket()", "raised", "PermissionError"),
        "a unix socket": (
            "import socket; socket.socket(socket.AF_UNIX)",
            "raised",
            "PermissionError",
        ),
        "a pair of sockets": ("import socket; socket.socketpair()", "raised", "PermissionError"),
        "a download": (
            "import urllib.request; urllib.request.urlopen('http://127.0.0.1')",
            "raised",
            "",
        ),
        "root": ("import os; os.setuid(0)", "raised", "PermissionError"),
        "being root": ("import os; return 0 in os.getresuid()", "returned", False),
        "capabilities": (
            """
            import ctypes
            held = (ctypes.c_uint32 * 6)()
            ctypes.CDLL(None).capget((ctypes.c_uint32 * 2)(0x20080522, 0), held)
            return any(held)
            """,
            "returned",
            False,
        ),
        "new privileges": (
            "import ctypes; return ctypes.CDLL(None).prctl(39, 0, 0, 0, 0)",
            "returned",
            1,
        ),
        "higher limits": (
            """
            import resource
            raised = []
            for name in ("CPU", "DATA", "AS", "NOFILE", "NPROC", "FSIZE", "CORE"):
                try: resource.setrlimit(getattr(resource, "RLIMIT_" + name), (2**40, 2**40))
                except (ValueError, OSError): continue
                raised.append(name)
            return raised
            """,
            "returned",
            [],
        ),
    }
    files = {
        "processes": ("import os; return os.listdir('/proc')", "returned", []),
        "descriptors": (
            """
            import os
            found = []
            for number in range(1000):
                try: os.fstat(number)
                except OSError: continue
                found.append(number)
            return found
            """,
            "returned",
            [0, 1, 2, 3],
        ),
        "the environment": (
            "import os; return [n for n in os.environ if 'SECRET' in n or 'COURSE' in n]",
            "returned",
            [],
        ),
        "folders of the course": (
            "import os; return sorted(os.listdir('/course'))",
            "returned",
            ["data", "grader", "utils"],
        ),
        "code of the grader": (
            "import os; return sorted(n for n in os.listdir('/course/grader') if n[0] != '_')",
            "returned",
            ["definitions.py", "sandbox", "wire.py"],
        ),
        "devices": (
            "import os; return sorted(os.listdir('/dev'))",
            "returned",
            ["null", "random", "urandom"],
        ),
        "settings": ("import os; return os.listdir('/etc')", "returned", ["ld.so.cache"]),
        "passwords": ("open('/etc/passwd')", "raised", "FileNotFoundError"),
        "writing to the course": (
            "open('/course/utils/activations.py', 'a')",
            "raised",
            "Error: [Errno",
        ),
        "writing to a package": (
            "import numpy; open(numpy.__file__, 'a')",
            "raised",
            "Error: [Errno",
        ),
        "writing to the root": ("open('/x', 'w')", "raised", "Read-only file system"),
        "labels in another package": (
            "import sklearn.datasets; sklearn.datasets.load_breast_cancer()",
            "raised",
            "Error",
        ),
    }


ATTACKS = [
    pytest.param(*attack, id=f"{group}: {name}".replace("_", "-"))
    for group in ("limits", "ends", "processes", "files")
    for name, attack in getattr(Expect, group).items()
]


@sandboxed
@pytest.mark.parametrize(("body", "outcome", "expected"), ATTACKS)
def test_an_attack_is_contained(attack, body, outcome, expected):
    loops = "timeout" in outcome
    reply = attack(body, seconds=0.5 if loops else 20.0)
    assert reply.outcome in ([outcome] if isinstance(outcome, str) else outcome), reply
    if reply.outcome == "returned":
        assert reply.value == expected
    elif isinstance(expected, str):
        assert expected in reply.error


SYSTEM_CALLS = {
    "ptrace": 101,
    "process_vm_readv": 310,
    "process_vm_writev": 311,
    "mount": 165,
    "umount2": 166,
    "pivot_root": 155,
    "chroot": 161,
    "unshare": 272,
    "setns": 308,
    "clone3": 435,
    "bpf": 321,
    "io_uring_setup": 425,
    "keyctl": 250,
    "add_key": 248,
    "request_key": 249,
    "perf_event_open": 298,
    "kexec_load": 246,
    "userfaultfd": 323,
    "memfd_create": 319,
    "memfd_secret": 447,
    "shmget": 29,
    "mq_open": 240,
    "socket": 41,
    "personality": 135,
    "seccomp": 317,
    "name_to_handle_at": 303,
    "open_by_handle_at": 304,
    "mount_setattr": 442,
    "pidfd_open": 434,
    "pidfd_getfd": 438,
    "inotify_init1": 294,
    "fanotify_init": 300,
    "swapon": 167,
    "reboot": 169,
    "setpgid": 109,
    "setsid": 112,
    "the second set of numbers": 0x4000_0000 + 39,
}


@sandboxed
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of x86-64")
def test_the_kernel_is_out_of_reach(attack):
    body = """
    import ctypes
    library = ctypes.CDLL(None, use_errno=True)
    errors = []
    for number in arguments[0]:
        result = library.syscall(number, 0x10000000, 0, 0, 0, 0)
        errors.append(ctypes.get_errno() if result == -1 else -1)
    return errors
    """
    reply = attack(body, list(SYSTEM_CALLS.values()))
    refused = (1, 38)  # not permitted, not implemented
    answers = dict(zip(SYSTEM_CALLS, reply.value, strict=True))
    assert {name for name, error in answers.items() if error not in refused} == set()


@sandboxed
def test_threads_may_not_take_namespaces_along(attack):
    body = """
    import ctypes
    library = ctypes.CDLL(None, use_errno=True)
    thread = 0x10f00  # memory, files and signals shared, and CLONE_THREAD
    errors = []
    for namespace in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        library.syscall(arguments[0], thread | namespace, 0, 0, 0, 0)
        errors.append(ctypes.get_errno())
    return errors
    """
    number = seccomp.CLONE[0 if os.uname().machine == "x86_64" else 1]
    assert attack(body, number).value == [1] * 7


@sandboxed
def test_no_reference_is_to_be_found(attack):
    """Neither in files nor in memory is there a line of the answers."""
    lines = [
        max(inspect.getsource(getattr(activations, name)).splitlines(), key=len).strip()
        for name in ("sigmoid", "softmax")
    ]
    body = """
    import gc, os, sys
    lines, found, files = arguments[0], [], 0
    for folder, inner, names in os.walk("/"):
        if folder.startswith((sys.base_prefix, sys.prefix, "/usr", "/lib")): continue
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                if folder != "/dev":
                    files += 1
                    text = file.read(10**6)
                    found += [line for line in lines if line.encode() in text]
    import utils.activations
    for name, value in vars(utils.activations).items():
        if hasattr(value, "__code__") and len(value.__code__.co_code) > 40: found.append(name)
    mine = [id(lines), id(arguments)]
    for thing in gc.get_objects():
        if type(thing) is list and id(thing) not in mine:
            found += [line for line in lines if any(part is not line and part == line
                      for part in thing if type(part) is str)]
    return found, files
    """
    reply = attack(body, lines)
    found, files = reply.value
    assert files > 20
    assert found == []


@sandboxed
def test_earlier_references_are_there_and_work(attack):
    body = "from utils.perceptron import step; return step(-1.0), step(1.0)"
    assert attack(body).value == (0.0, 1.0)


POISONS = {
    "numpy": "import numpy as np; np.exp = lambda x: x; np.array([1.0])[:] = 2",
    "builtins": "import builtins; builtins.len = lambda x: 10**6; builtins.print = lambda *a: None",
    "argv": "import sys; sys.argv.extend('abc')",
    "modules": "import sys; sys.modules['numpy'] = sys.modules['os'] = None",
    "files": "open('/tmp/hello', 'w').write('from the other side')",
    "random": "import numpy as np; np.random.seed(99)",
    "the protocol": (
        "from grader import wire; from grader.sandbox import inside\n"
        "wire.encode = wire.encode_arguments = None; inside.LocalImplementation = None"
    ),
    "memory of numpy": (
        "import ctypes, numpy as np\nctypes.memset(id(np.exp) + 16, 0, 64)  # the ufunc, in place"
    ),
    "small integers": (
        "import ctypes\nctypes.memmove(id(5) + 24, (ctypes.c_uint32 * 1)(6), 4)  # 5 is 6 now"
    ),
}


@sandboxed
@pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS.keys())
def test_nothing_is_left_for_the_next_submission(attack, poison):
    attack(poison, seconds=1.0)


# --------------------------------------------------------------------------- forged answers

FORGE = """
import os, struct, sys
from grader import wire
frame = sys._getframe()
while "nonce" not in frame.f_locals: frame = frame.f_back
nonce = frame.f_locals["nonce"]
empty = ("", (), "", (), ())

def send(kind, payload, length=None, nonce=nonce):
    data = struct.pack("<16scI", nonce, kind, len(payload) if length is None else length) + payload
    while data: data = data[os.write(3, data):]

def answer(told, after=b"", nonce=nonce):
    head = told if isinstance(told, bytes) else wire.encode(told)
    send(b"A", struct.pack("<I", len(head)) + head + after, nonce=nonce)

"""

FORGERIES = {
    "garbage": "os.write(3, b'garbage' * 100)",
    "garbage without end": "while True: os.write(3, b'garbage' * 100)",
    "a wrong nonce": "answer(('returned', 1, *empty), nonce=bytes(16))",
    "an answer without end": (
        "send(b'A', b'', length=2**32 - 1)\nwhile True: os.write(3, bytes(10**6))"
    ),
    "a frame of four gigabytes": "send(b'A', b'', length=2**32 - 1)",
    "an unknown kind": "send(b'Z', b'')",
    "no payload": "send(b'A', b'')",
    "a payload that contradicts itself": "send(b'A', b'\\xff\\xff\\xff\\xff')",
    "nothing of a value": "answer(b'')",
    "a pickle": "import pickle; answer(pickle.dumps(1))",
    "progress where none is": "send(b'P', wire.encode(0))",
    "a verdict": "answer(('passed', 1, *empty))",
    "an outcome of another type": "answer((1, 1, *empty))",
    "an outcome that is an array": "import numpy as np; answer((np.ones(2), 1, *empty))",
    "too few parts": "answer(('returned', 1))",
    "no tuple": "answer('returned')",
    "an error that is no text": "answer(('raised', 1, 7, (), '', (), ()))",
    "lines that are none": "answer(('raised', 1, '', ((1,),), '', (), ()))",
    "a line with a negative number": "answer(('raised', 1, '', ((-1, 'x'),), '', (), ()))",
    "a line with a boolean number": "answer(('raised', 1, '', ((True, 'x'),), '', (), ()))",
    "printed numbers": "answer(('returned', 1, '', (), 7, (), ()))",
    "warnings that are none": "answer(('returned', 1, '', (), '', ('x',), ()))",
    "warnings of numbers": "answer(('returned', 1, '', (), '', ((1, 2),), ()))",
    "a generator too many": "answer(('returned', 1, '', (), '', (), ({},)))",
    "a value nested too deep": (
        "answer(wire.encode('x')[:0] + b't\\7\\0\\0\\0' + b'l\\1\\0\\0\\0' * 99 + b'N')"
    ),
    "arguments that are none": "answer(('returned', 1, *empty), wire.encode(1))",
    "other arguments": "answer(('returned', 1, *empty), wire.encode(((1, 2, 3), {})))",
    "other keywords": "answer(('returned', 1, *empty), wire.encode(((), {'x': 1})))",
    "a foreign function": "answer(('returned', 1, *empty), b'u\\x03\\0\\0\\0a:b')",
    "a message that never comes": "send(b'A', b'abc', length=10**6); import time; time.sleep(100)",
}


@sandboxed
@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_answer_gains_nothing(attack, forgery):
    reply = attack(FORGE + forgery + "\nreturn 1", seconds=3.0)
    never_comes = "10**6); import time" in forgery
    assert reply.outcome == ("timeout" if never_comes else "killed")
    assert reply.value is None
    if not never_comes:
        assert reply.error == "it sent something other than an answer"
    again = attack.opened[-1].call("attack", (), {})
    assert (again.outcome, again.error) == (reply.outcome, reply.error)


@sandboxed
def test_an_answer_of_its_own_making_is_just_an_answer(attack):
    """It may claim to have returned 7; so could its function. A second answer is one too many."""
    reply = attack(FORGE + "answer(('returned', 7, *empty))\nreturn 8")
    assert (reply.outcome, reply.value) == ("returned", 7)
    again = attack.opened[-1].call("attack", (), {})
    assert again.outcome == "killed"
    assert again.error == "it sent something other than an answer"


@sandboxed
def test_texts_are_cut_and_freed_of_control_characters(attack):
    reply = attack(
        FORGE
        + """
long = "x\\x1b[2J\\u202e" * 10**3
answer(("raised", 1, long, ((1, long),) * 50, long, (("catch_warnings", long),) * 50, ()))
import time; time.sleep(100)
"""
    )
    assert reply.outcome == "raised"
    assert reply.value is None
    assert len(reply.error) <= 500
    assert len(reply.lines) <= 3
    assert len(reply.lines[0].text) <= 300
    assert len(reply.printed) <= 2_000
    assert len(reply.warnings) <= 20
    assert {category for category, _ in reply.warnings} == {"UserWarning"}
    texts = [reply.error, reply.printed, reply.lines[0].text, reply.warnings[0][1]]
    assert not any("\x1b" in text or "\u202e" in text for text in texts)


@sandboxed
def test_a_thread_that_outlives_its_call_can_not_answer_the_next(attack):
    reply = attack(
        FORGE
        + """
if arguments: return 1
import threading, time
def later():
    while frame.f_locals["nonce"] == nonce: pass
    answer(("returned", 7, *empty))  # with the nonce of the call before
threading.Thread(target=later, daemon=True).start()
return 0
"""
    )
    assert (reply.outcome, reply.value) == ("returned", 0)
    again = attack.opened[-1].call("attack", (1,), {})
    assert again.outcome in ("returned", "killed")
    assert again.value in (1, None)


@sandboxed
def test_a_generator_comes_back_in_no_impossible_state(attack):
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    reply = attack(
        FORGE + "answer(('returned', 1, '', (), '', (), ({'bit_generator': 'PCG64'},)))\n", rng
    )
    assert reply.outcome == "killed"
    assert rng.bit_generator.state == before


# --------------------------------------------------------------------------- cells

GOOD = "def relu(z):\n    return z * (z > 0)"


@sandboxed
@pytest.mark.parametrize(
    "cell",
    [
        "import os; os._exit(0)",
        "raise SystemExit",
        "while True: pass",
        "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))\nwhile True: pass",
        "hoard = [1]\nwhile True: hoard = hoard * 2",
        "import ctypes; ctypes.string_at(0)",
        "import os; os.closerange(0, 99)",
        "import os; os.write(3, b'nonsense' * 100)",
        "x = input()",
    ],
)
def test_a_cell_that_ends_the_process_costs_no_exercise(attack, sandbox, cell):
    with sandbox.open([GOOD, cell + "\n" + GOOD.replace("relu", "step"), HONEST], NAMES) as session:
        found = {name: session.definitions[name].status for name in NAMES}
        assert found == {"relu": "defined", "step": "defined", "honest": "defined"}
        np.testing.assert_array_equal(session.call("relu", (np.array([-1, 2]),), {}).value, [0, 2])


NAMES = ["relu", "step", "honest"]


@sandboxed
def test_a_definition_that_ends_the_process_costs_one_exercise(attack, sandbox):
    bad = "import os\n@(lambda f: os._exit(7))\ndef step(z): return 1"
    with sandbox.open([GOOD, bad, HONEST], NAMES) as session:
        assert session.definitions["step"].status == "error"
        assert "exit code 7" in session.definitions["step"].message
        assert session.definitions["relu"].status == "defined"
        ask_honest(session)


@sandboxed
def test_many_cells_that_end_the_process(attack, sandbox):
    cells = [f"import os; os._exit({number})" for number in range(9)]
    with sandbox.open([*cells, GOOD, HONEST], NAMES) as session:
        assert session.definitions["relu"].status == "defined"
        ask_honest(session)


@sandboxed
def test_nothing_but_cells_that_end_the_process(attack, sandbox):
    cells = ["import os\n@(lambda f: os._exit(7))\ndef step(z): return 1"] * 12
    with sandbox.open([*cells, GOOD], NAMES) as session:
        assert {d.status for d in session.definitions.values()} == {"error"}
        assert "exit code 7" in session.definitions["relu"].message
        assert session.call("relu", (1,), {}).outcome == "killed"


@sandboxed
def test_a_cell_that_breaks_what_answers_costs_no_exercise(attack, sandbox):
    """All cells run, and then nothing can be told of them: the last is not the one to blame."""
    breaking = "from grader import wire\nwire._WRITERS.pop(dict)"
    with sandbox.open([breaking, GOOD, HONEST], NAMES) as session:
        assert session.definitions["relu"].status == "defined"
        ask_honest(session)


@sandboxed
def test_plots_and_displays_cost_nothing(attack, sandbox):
    cell = """
import matplotlib.pyplot as plt
from IPython.display import display, HTML
from utils.figures import COLORS, show
from utils.quiz import Question, quiz
from utils.widgets.activations import activation_explorer
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3))
axes = plt.subplots(2, 3)[1]
left.plot([1, 2], color=COLORS.blue)
for row in axes:
    for ax in row:
        ax.set_title("x")
with plt.style.context("ggplot"):
    plt.plot(range(3))
show("nothing")
display(HTML("<b>"))
quiz(Question("?", right="a", because="b", wrong={}))
def step(z):
    plt.plot(z)
    return axes.shape
"""
    with sandbox.open([cell], NAMES) as session:
        assert session.definitions["step"].status == "defined"
        assert session.call("step", ([1, 2],), {}).value == (2, 3)


# --------------------------------------------------------------------------- sessions


@pytest.fixture(
    scope="module", params=[pytest.param(Sandbox, marks=pytest.mark.sandbox), NoSandbox]
)
def either(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    if request.param is NoSandbox:
        with pytest.warns(UserWarning, match="notebooks that you trust"):
            sandbox = NoSandbox("02_activations", limits=LIMITS)
    else:
        sandbox = request.param("02_activations", limits=LIMITS)
    with sandbox:
        yield sandbox


class TestSessions:
    def test_a_dead_session_says_why(self, either):
        cell = "import os\ndef bye(): os._exit(5)\ndef hello(): return 1"
        session = either.open([cell], ["bye", "hello"])
        assert session.call("hello", (), {}).value == 1
        assert session.call("bye", (), {}).outcome == "killed"
        assert session.ended == "the process ended with exit code 5"
        assert session.call("hello", (), {}).error == session.ended
        session.substitute("hello", "def hello(): return 2")  # nothing to do, and no error
        with either.open([cell], ["bye", "hello"]) as again:
            assert again.call("hello", (), {}).value == 1

    def test_a_timeout_tells_the_line(self, either):
        cell = "x = 1\n\ndef ends():\n    n = 0\n    while True:\n        n += 1"
        with either.open([cell], ["ends"], time_limits={"ends": 0.2}) as session:
            reply = session.call("ends", (), {})
        assert reply.outcome == "timeout"
        assert reply.error == "nothing within 0.2 s"
        assert reply.lines[-1].number in (5, 6)
        assert reply.lines[-1].text in ("while True:", "n += 1")

    def test_an_error_tells_the_lines(self, either):
        cell = "def helper(x):\n    return 1 / x\n\ndef outer(x):\n    return helper(x)"
        with either.open(["y = 1", cell], ["outer"]) as session:
            reply = session.call("outer", (0,), {})
        assert reply.error == "ZeroDivisionError: division by zero"
        assert [(line.number, line.text) for line in reply.lines] == [
            (5, "return helper(x)"),
            (2, "return 1 / x"),
        ]

    def test_a_memory_bomb_is_an_error(self, either):
        cell = "import numpy as np\ndef hoards():\n    return np.ones(2**28).sum()"
        with either.open([cell], ["hoards"]) as session:
            assert session.call("hoards", (), {}).error.startswith(("_ArrayMemoryError", "Memory"))

    @pytest.mark.parametrize("cells", [["x"] * 6_000, ["#" * 11_000_000]])
    def test_too_large_a_notebook(self, either, cells):
        with either.open([*cells, GOOD], ["relu"]) as session:
            assert session.definitions["relu"].status == "error"
            assert "too large" in session.definitions["relu"].message
            assert session.call("relu", (1,), {}).outcome == "killed"

    def test_a_large_notebook(self, either):
        with either.open([GOOD, *["x = 1"] * 1_000, "#" * 2_000_000], ["relu"]) as session:
            assert session.call("relu", (2,), {}).value == 2

    def test_missing_exercises(self, either):
        with either.open(["x = 1"], ["relu"]) as session:
            assert session.definitions["relu"].status == "missing"
            reply = session.call("relu", (1,), {})
        assert (reply.outcome, reply.error) == ("raised", "NameError: name 'relu' is not defined")

    def test_substitutes_serve_later_exercises(self, either):
        setup = "import numpy as np\nfrom utils.checking import check, start_lesson"
        cell = "@check\ndef tanh_from_sigmoid(z):\n    return 2 * sigmoid(2 * z) - 1"
        with either.open([setup, cell], ["sigmoid", "tanh_from_sigmoid"]) as session:
            assert session.call("tanh_from_sigmoid", (1.0,), {}).outcome == "raised"
            session.substitute("sigmoid", source_of(activations.sigmoid))
            got = session.call("tanh_from_sigmoid", (np.array([1.0]),), {}).value
            np.testing.assert_allclose(got, np.tanh([1.0]))
            with pytest.raises(ValueError, match="no longer the learner's"):
                session.call("sigmoid", (1.0,), {})

    def test_substitutes_call_each_other(self, either):
        names = ["sigmoid", "tanh_from_sigmoid"]
        with either.open(["np = None"], [*names, "mine"]) as session:
            # the one that calls stands before the one that is called
            session.substitute("tanh_from_sigmoid", source_of(activations.tanh_from_sigmoid))
            session.substitute("sigmoid", source_of(activations.sigmoid))
            session.close()
        mine = "def mine(z): return tanh_from_sigmoid(z)"
        with either.open(["np = None", mine], [*names, "mine"]) as session:
            for name in reversed(names):
                session.substitute(name, source_of(getattr(activations, name)))
            got = session.call("mine", (np.array([0.5]),), {})
        np.testing.assert_allclose(got.value, np.tanh([0.5]))

    def test_a_substitute_that_can_not_be_run(self, either):
        with either.open([GOOD], ["relu"]) as session:
            with pytest.raises(ValueError, match="NameError"):
                session.substitute("relu", "relu = nowhere")

    def test_arguments_that_can_not_be_sent_are_the_tests_fault(self, either):
        with either.open([GOOD], ["relu"]) as session:
            with pytest.raises(ValueError, match="can't be sent"):
                session.call("relu", (object(),), {})
            assert session.call("relu", (2,), {}).value == 2

    def test_large_arguments_and_results(self, either):
        z = np.arange(900_000.0) - 5
        with either.open([GOOD], ["relu"]) as session:
            np.testing.assert_array_equal(session.call("relu", (z,), {}).value, np.maximum(z, 0))

    @pytest.mark.parametrize(
        "growth", ["'x' * 10**7", "list(range(300_000))", "{'a': 'x' * 10**8}"]
    )
    def test_an_argument_that_becomes_too_large_is_a_change(self, either, growth):
        cell = f"def relu(z):\n    z.append({growth})\n    return 1"
        with either.open([cell], ["relu"]) as session:
            reply = session.call("relu", ([1, 2],), {})
        assert reply.outcome == "returned"
        assert reply.arguments_after == (("an argument that has become too large",), {})

    def test_no_descriptors_are_left(self, either):
        def count() -> int:
            return len(list(Path("/proc/self/fd").iterdir()))

        with either.open([GOOD], ["relu"]):
            pass
        before = count()
        for _ in range(20):
            with either.open([GOOD + "\nimport os; os._exit(1)"], ["relu"]) as session:
                session.call("relu", (1,), {})
        assert count() == before


@sandboxed
def test_processor_time_is_limited_in_all():
    """Threads on several cores, and calls that each keep to their time, add up."""
    limits = Limits(processor_seconds=1, call_seconds=60.0)
    cell = "def works():\n    for _ in range(2_000_000): pass"
    with Sandbox("02_activations", limits=limits) as sandbox:
        with sandbox.open([cell], ["works"]) as session:
            for _ in range(1000):
                reply = session.call("works", (), {})
                if reply.outcome != "returned":
                    break
        assert (reply.outcome, reply.error) == ("timeout", "more than 1 s of processor time")
        with sandbox.open([HONEST], ["honest"]) as session:
            ask_honest(session)


# --------------------------------------------------------------------------- the server


def wait_for_end(process: int) -> None:
    """Wait until a process, not necessarily a child of ours, has ended."""
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return
    ready, _, _ = select.select([descriptor], [], [], 60)
    os.close(descriptor)
    assert ready, "it lives on"


def children(process: int) -> list[int]:
    """All processes below one."""
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    direct = [int(number) for task in tasks for number in task.read_text().split()]
    return direct + [number for child in direct for number in children(child)]


@sandboxed
class TestServer:
    def test_a_dead_server_is_replaced(self):
        with Sandbox("02_activations") as sandbox:
            first = sandbox._process
            session = sandbox.open([HONEST], ["honest"])
            inside = children(first.pid)
            first.kill()
            first.wait()
            for process in inside:
                wait_for_end(process)
            reply = session.call("honest", (np.zeros(2),), {})
            assert (reply.outcome, reply.error) == ("killed", "the sandbox ended")
            with sandbox.open([HONEST], ["honest"]) as again:
                ask_honest(again)
            assert sandbox._process is not first

    def test_it_ends_when_it_is_closed(self):
        sandbox = Sandbox("02_activations")
        process = sandbox._process.pid
        folder = Path(sandbox._folder.name)
        session = sandbox.open(["def f():\n    while True: pass"], ["f"])
        sandbox.close()
        wait_for_end(process)
        assert not folder.exists()
        assert session.call("f", (), {}).outcome == "killed"

    @pytest.mark.filterwarnings("ignore:Without a sandbox")
    def test_it_ends_with_the_grader(self, tmp_path, monkeypatch):
        """Killed without a chance to clean up, the grader leaves nothing that runs."""
        script = """
            import os, signal
            from grader.sandbox import Sandbox
            sandbox = Sandbox("02_activations")
            session = sandbox.open(["x = 1"], [])
            children = f"/proc/{sandbox._process.pid}/task/{sandbox._process.pid}/children"
            print(sandbox._process.pid, open(children).read(), flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )
        assert done.returncode == -signal.SIGKILL
        processes = [int(number) for number in done.stdout.split()]
        assert processes
        for process in processes:
            wait_for_end(process)
        left = [path for path in tmp_path.iterdir() if path.name.startswith("sandbox-")]
        assert len(left) == 1
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        with NoSandbox("02_activations") as one, NoSandbox("02_activations") as other:
            folders = [Path(one._folder.name), Path(other._folder.name)]
            assert sorted(tmp_path.iterdir()) == sorted(folders)  # the next ones clean up

    def test_no_process_of_it_is_root(self, sandbox):
        with sandbox.open([HONEST], ["honest"]):
            inside = children(sandbox._process.pid)
            assert len(inside) >= 3  # bubblewrap's own, the server, a submission
            for process in inside:
                status = Path(f"/proc/{process}/status").read_text()
                users = status.split("Uid:")[1].split("\n")[0].split()
                assert "0" not in users

    def test_without_bubblewrap(self, monkeypatch):
        monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
        with pytest.raises(SandboxUnavailable, match="apt-get install bubblewrap"):
            Sandbox("02_activations")

    @pytest.mark.parametrize(
        ("complaint", "remedy"),
        [
            (
                "bwrap: No permissions to create new namespace, likely because …",
                "sysctl -w kernel.unprivileged_userns_clone=1",
            ),
            ("no namespaces of its own", "sysctl -w"),
            ("something else", "doctor"),
            ("", "no reason"),
        ],
    )
    def test_a_machine_that_refuses(self, tmp_path, monkeypatch, complaint, remedy):
        refusing = tmp_path / "bwrap"
        refusing.write_text(f"#!/bin/sh\necho '{complaint}' >&2\nexit 1\n")
        refusing.chmod(0o755)
        tmp_path.chmod(0o755)
        command = [str(refusing)]
        monkeypatch.setattr(bubblewrap, "command", lambda *arguments: command)
        with pytest.raises(SandboxUnavailable) as caught:
            Sandbox("02_activations")
        assert remedy in str(caught.value)
        assert "\n" not in str(caught.value)


class TestView:
    def test_what_is_shown_leads_to_this_python(self, tmp_path):
        view = bubblewrap.view(tmp_path, tmp_path)
        for path in (Path(sys.executable), Path(sys.executable).resolve(), Path(np.__file__)):
            assert any(path.is_relative_to(shown) for shown in view.shown), path

    def test_the_course_itself_is_not_shown(self, tmp_path):
        view = bubblewrap.view(tmp_path / "masked", tmp_path)
        for name in ("utils", "tests", "grader", "lessons", "notebooks", "data"):
            folder = bubblewrap.COURSE / name
            shown = [path for path in view.shown if folder.is_relative_to(path)]
            # not at all, or an empty folder in its place
            assert not shown or view.shown[max(shown, key=len)] == str(tmp_path), folder

    def test_a_course_below_a_python_is_not_shown_at_all(self, tmp_path, monkeypatch):
        """Such as one that lies in a conda environment, here reached by a link."""
        prefix, empty = tmp_path / "conda", tmp_path / "empty"
        course = prefix / "work" / "course"
        (course / "a folder of its author").mkdir(parents=True)
        (tmp_path / "link").symlink_to(prefix)
        monkeypatch.setattr(bubblewrap, "COURSE", course)
        monkeypatch.setattr(sys, "prefix", str(tmp_path / "link"))
        tests = course / "hidden tests"  # below what is hidden already
        tests.mkdir()
        view = bubblewrap.view(tmp_path / "masked", empty, tests)
        hidden = {inside for inside, outside in view.shown.items() if outside == str(empty)}
        assert str(tmp_path / "link/work/course") in hidden
        assert not any("hidden tests" in inside for inside in hidden)

    def test_a_python_in_the_course_is_all_that_is_shown_of_it(self, tmp_path, monkeypatch):
        """An environment in the course's folder, made by a Python that has both below it."""
        base, empty = tmp_path / "conda", tmp_path / "empty"
        course = base / "course"
        for name in (".venv", "tests", "another folder"):
            (course / name).mkdir(parents=True)
        monkeypatch.setattr(bubblewrap, "COURSE", course)
        monkeypatch.setattr(sys, "base_prefix", str(base))
        monkeypatch.setattr(sys, "prefix", str(course / ".venv"))
        view = bubblewrap.view(tmp_path / "masked", empty)
        hidden = {inside for inside, outside in view.shown.items() if outside == str(empty)}
        assert {str(course / "tests"), str(course / "another folder")} <= hidden
        assert view.shown[str(course / ".venv")] == str(course / ".venv")

    def test_hidden_tests_below_a_python_are_not_shown(self, tmp_path, monkeypatch):
        prefix, empty = tmp_path / "conda", tmp_path / "empty"
        tests = prefix / "share" / "tests"
        tests.mkdir(parents=True)
        monkeypatch.setattr(sys, "prefix", str(prefix))
        assert bubblewrap.view(tmp_path / "masked", empty, tests).shown[str(tests)] == str(empty)
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        assert str(elsewhere) not in bubblewrap.view(tmp_path / "masked", empty, elsewhere).shown
        with pytest.raises(ValueError, match="conda holds this Python too"):
            bubblewrap.view(tmp_path / "masked", empty, prefix)

    @sandboxed
    def test_hidden_tests_are_not_to_be_found(self, tmp_path, monkeypatch):
        """In a real sandbox, which shows the folder that they lie in."""
        tests = tmp_path / "conda" / "tests"
        tests.mkdir(parents=True)
        (tests / "test_activations.py").write_text("SECRET = 42")
        (tests.parent / "readme").write_text("hello")
        links = bubblewrap._links
        monkeypatch.setattr(bubblewrap, "_links", lambda path: [*links(path), tests.parent])
        look = "import os\ndef relu(place): return sorted(os.listdir(place))"
        with (
            Sandbox("02_activations", hidden_tests=tests) as sandbox,
            sandbox.open([look], ["relu"]) as session,
        ):
            assert session.call("relu", (str(tests.parent),), {}).value == ["readme", "tests"]
            assert session.call("relu", (str(tests),), {}).value == []

    def test_a_python_below_tmp_is_not_covered_by_temporary_files(self, tmp_path, monkeypatch):
        monkeypatch.setattr(sys, "prefix", str(tmp_path))
        assert str(tmp_path).startswith("/tmp/")
        command = bubblewrap.command(tmp_path, tmp_path, "{}")
        assert "/temporary" in " ".join(command)


class TestMaskedCourse:
    def test_names_stay_and_answers_go(self):
        source = (
            '"""Words."""\nimport numpy as np\nSECRET = 42\nA, B = 1, 2\n'
            "def answer(x, y=SECRET):\n    '''Doc.'''\n    return x * 42\n"
            "class Value:\n    size = 42\n    def add(self): return 42\n"
            "if SECRET:\n    hidden = 42\n"
        )
        masked = blanked(source)
        assert "42" not in masked
        scope: dict = {}
        exec(masked, scope)
        assert {"np", "SECRET", "A", "B", "answer", "Value", "hidden"} <= scope.keys()
        with pytest.raises(NotImplementedError):
            scope["answer"](1)
        with pytest.raises(NotImplementedError):
            scope["Value"]()

    @pytest.mark.parametrize(
        ("lesson", "real", "masked"),
        [
            ("00_why_deep_learning", [], ["why_deep_learning", "perceptron", "activations"]),
            ("01_perceptron", ["why_deep_learning"], ["perceptron", "activations"]),
            ("02_activations", ["why_deep_learning", "perceptron"], ["activations"]),
            ("10_diagnosis", ["perceptron", "activations"], []),
        ],
    )
    def test_only_earlier_lessons_keep_their_references(self, tmp_path, lesson, real, masked):
        write_masked_course(lesson, tmp_path)
        for topic in real:
            assert "return" in (tmp_path / "utils" / f"{topic}.py").read_text()
        for topic in masked:
            text = (tmp_path / "utils" / f"{topic}.py").read_text()
            assert "return" not in text
            assert "raise NotImplementedError" in text
        assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "grader", "utils"]
        for name in ("exercise.py", "expect.py", "suite.py", "diagnosis.py"):
            assert not (tmp_path / "utils" / "checking" / name).exists()

    @pytest.mark.parametrize("number", range(12))
    def test_training_is_there_from_lesson_10_on(self, tmp_path, number):
        """Before, it would hand out lesson 06's gradients, 07's Adam and 08's mini-batches."""
        write_masked_course(f"{number:02}_some_lesson", tmp_path)
        text = (tmp_path / "utils" / "training.py").read_text()
        if number >= 10:
            assert text == (COURSE / "utils" / "training.py").read_text()
        else:
            assert "return" not in text
            assert "matmul" not in text
            assert "def train_classes(*arguments, **keywords):" in text

    def test_scored_data_are_not_there(self, tmp_path):
        write_masked_course("10_diagnosis", tmp_path)
        names = [path.name for path in (tmp_path / "data").iterdir()]
        assert "digits.csv" in names
        assert "breast_cancer.csv" not in names


TRAINS = """
import numpy as np
from utils.training import classifier_gradients, train_classes

def train(X, labels, layers, rng):
    layers, losses = train_classes(X, labels, layers, 3, 4, rng, learning_rate=0.01)
    return layers, losses, classifier_gradients(X, labels, layers)

def how_train_classes_looks():
    return repr(train_classes(np.zeros((1, 1)), [0], [([[0.0]], [0.0])], 1, 1, None))
"""


@sandboxed
class TestTraining:
    """What lesson 10's `train_classifier` may use trains in a sandbox as it does in a notebook."""

    def test_lesson_10_trains_as_in_the_notebook(self):
        rng = np.random.default_rng(0)
        X, labels = rng.normal(size=(8, 3)), rng.integers(2, size=8)
        layers = [(rng.normal(size=(3, 5)), np.zeros(5)), (rng.normal(size=(5, 2)), np.zeros(2))]
        with Sandbox("10_diagnosis", limits=LIMITS) as sandbox:
            with sandbox.open([TRAINS], ["train"]) as session:
                reply = session.call("train", (X, labels, layers, np.random.default_rng(1)), {})
        assert reply.outcome == "returned", reply
        here: dict = {}
        exec(TRAINS, here)
        expected = here["train"](X, labels, layers, np.random.default_rng(1))
        expect_close(reply.value, expected, why="the same code runs in both.", rtol=1e-12)

    @pytest.mark.parametrize("lesson", ["06_backpropagation", "09_overfitting"])
    def test_earlier_lessons_can_import_it_and_nothing_more(self, lesson):
        with Sandbox(lesson, limits=LIMITS) as sandbox:
            with sandbox.open([TRAINS], ["how_train_classes_looks"]) as session:
                assert session.definitions["how_train_classes_looks"].status == "defined"
                reply = session.call("how_train_classes_looks", (), {})
        assert reply.outcome == "raised"
        assert "NotImplementedError" in str(reply)


class TestFilter:
    @pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
    def test_every_jump_stays_inside(self, machine):
        program = seccomp.program(machine)
        count = len(program) // 8
        assert len(program) % 8 == 0
        assert count < 4096
        for place in range(count):
            code, when_true, when_false = (
                program[8 * place : 8 * place + 4][0],
                *program[8 * place + 2 : 8 * place + 4],
            )
            if code & 7 == 5:  # a jump
                assert place + 1 + max(when_true, when_false) < count

    def test_other_machines_are_refused(self):
        with pytest.raises(NotImplementedError, match="sparc"):
            seccomp.program("sparc")

    def test_numbers_are_those_of_the_kernel(self):
        headers = {
            0: Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        }
        for column, header in headers.items():
            if not header.is_file():
                pytest.skip("no kernel headers here")
            text = header.read_text()
            for name, numbers in seccomp.ALLOWED.items():
                if numbers[column] is not None:
                    assert f"#define __NR_{name} {numbers[column]}\n" in text
