"""Sabotage of processes and of the kernel's good will: each call that it would take is refused.

What is not tried here one system call at a time is in tests/grader/test_sandbox.py.
"""

import pytest

from tests.attacks.arena import LESSON, LIMITS, QuickSandbox, attack


@attack(weighted_sum="failed", step="failed")
def test_fork_bomb():
    """Forks until nothing goes any more, and starts programs."""
    return """
import os, subprocess

def weighted_sum(x, w, b):
    while True:
        os.fork()

def step(z):
    for _ in range(100):
        subprocess.Popen(["/bin/sh", "-c", "sleep 1000"])
    return 0.123
"""


@attack(weighted_sum="failed")
def test_daemon():
    """Leaves a daemon behind: forked twice, in a session of its own."""
    return """
import os

def weighted_sum(x, w, b):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                os.kill(-1, 19)
        os._exit(0)
    return np.dot(x, w) + b
"""


@attack(weighted_sum="failed", step="failed")
def test_sockets():
    """Fetches the answers from the network, and asks the kernel and the machine over sockets."""
    return """
import socket, urllib.request

def weighted_sum(x, w, b):
    return float(urllib.request.urlopen("http://127.0.0.1:80/").read())

def step(z):
    for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK):
        try:
            connection = socket.socket(family, socket.SOCK_DGRAM)
        except OSError:
            continue
        connection.sendto(b"x", ("127.0.0.1", 53))
        return np.where(np.asarray(z) >= 0, 1.0, 0.0)  # something could be reached
    return 0.123
"""


@attack(weighted_sum="failed")
def test_signals_to_everyone():
    """Stops and kills its parent, its group, its siblings and whatever else has a number."""
    return """
import os, signal

def weighted_sum(x, w, b):
    hit = 0
    for process in [os.getppid(), 0, -1, *range(2, 5000)]:
        for number in (signal.SIGSTOP, signal.SIGKILL):
            try:
                if process or number != signal.SIGKILL:
                    os.kill(process, number)
            except OSError:
                continue
            hit += process > 1
    return 0.123 if not hit else np.dot(x, w) + b
"""


@attack(weighted_sum="failed", step="failed")
def test_rewriting_the_warm_process():
    """Traces the warm server, and writes to its memory, to change what all others start from."""
    return """
import ctypes, os

def weighted_sum(x, w, b):
    library = ctypes.CDLL(None, use_errno=True)
    for process in (0, 1, 2, 3, os.getppid()):
        for request in (16, 0x4206):  # PTRACE_ATTACH, PTRACE_SEIZE
            if library.ptrace(request, process, 0, 0) == 0:
                return np.dot(x, w) + b
    return 0.123

def step(z):
    for process in (1, 2, os.getppid()):
        try:
            with open(f"/proc/{process}/mem", "r+b") as memory:
                memory.seek(0x400000)
                memory.write(b"x")
            return np.where(np.asarray(z) >= 0, 1.0, 0.0)
        except OSError:
            pass
    return 0.123
"""


@attack(weighted_sum="failed")
def test_doors_of_the_kernel():
    """Tries the system calls by which others have broken out: each must be refused."""
    return """
import ctypes, platform

CALLS = {
    "ptrace": 101, "process_vm_writev": 311, "mount": 165, "chroot": 161, "pivot_root": 155,
    "unshare": 272, "setns": 308, "clone3": 435, "bpf": 321, "io_uring_setup": 425, "keyctl": 250,
    "add_key": 248, "perf_event_open": 298, "userfaultfd": 323, "memfd_create": 319,
    "personality": 135, "shmget": 29, "mq_open": 240, "msgget": 68, "open_by_handle_at": 304,
    "name_to_handle_at": 303, "pidfd_open": 434, "pidfd_getfd": 438, "pidfd_send_signal": 424,
    "kcmp": 312, "seccomp": 317, "swapon": 167, "init_module": 175, "kexec_load": 246,
    "fanotify_init": 300, "inotify_init": 253, "landlock_create_ruleset": 444, "setpriority": 141,
    "sched_setscheduler": 144, "ioprio_set": 251, "vfork": 58, "execve": 59, "socketpair": 53,
}

def weighted_sum(x, w, b):
    library = ctypes.CDLL(None, use_errno=True)
    open_doors = []
    if platform.machine() == "x86_64":
        for name, number in CALLS.items():
            ctypes.set_errno(0)
            library.syscall(number, 0, 0, 0, 0, 0)
            if ctypes.get_errno() not in (1, 38):  # EPERM, ENOSYS
                open_doors.append(name)
    return np.dot(x, w) + b if open_doors else 0.123
"""


@attack(weighted_sum="failed")
def test_raising_its_limits():
    """Raises its own limits, its priority and its capabilities."""
    return """
import ctypes, os, resource

def weighted_sum(x, w, b):
    gained = []
    for name in ("CPU", "DATA", "AS", "NOFILE", "NPROC", "FSIZE", "CORE", "MEMLOCK"):
        try:
            resource.setrlimit(getattr(resource, "RLIMIT_" + name), (resource.RLIM_INFINITY,) * 2)
            gained.append(name)
        except (OSError, ValueError):
            pass
    for attempt in (lambda: os.nice(-5), lambda: os.setuid(0), lambda: os.setgroups([0]),
                    lambda: os.chroot("/tmp"), lambda: os.sched_setscheduler(0, 1, None)):
        try:
            attempt()
            gained.append("privilege")
        except Exception:
            pass
    return np.dot(x, w) + b if gained else 0.123
"""


@attack(weighted_sum="killed", step="killed")
def test_crashes():
    """Crashes: by a null pointer, by freeing what is not its own, by recursion in C."""
    return """
import ctypes, sys

def weighted_sum(x, w, b):
    ctypes.string_at(0)

def step(z):
    ctypes.memset(id(z), 0xFF, 64)
    return z
"""


@attack(weighted_sum="failed", step="killed", boundary_line="failed")
def test_exits():
    """Leaves: politely, at once, and by way of KeyboardInterrupt."""
    return """
import os, sys

def weighted_sum(x, w, b):
    sys.exit(0)

def step(z):
    os._exit(0)

def boundary_line(w, b):
    raise KeyboardInterrupt
"""


@attack(weighted_sum="killed")
def test_closed_descriptors():
    """Closes all descriptors, and puts another file in the place of its channel."""
    return """
import os

def weighted_sum(x, w, b):
    os.dup2(os.open("/tmp/answers", os.O_CREAT | os.O_RDWR), 3)
    os.closerange(4, 100)
    return np.dot(x, w) + b
"""


@attack(weighted_sum="killed")
def test_writing_to_all_descriptors():
    """Writes "passed" to every descriptor there is."""
    return """
import os

def weighted_sum(x, w, b):
    for number in range(64):
        try:
            os.write(number, b"passed 100 of 100\\n" * 10)
        except OSError:
            pass
    return np.dot(x, w) + b
"""


@attack(weighted_sum="timeout")
def test_deaf_to_signals():
    """Ignores and blocks all signals, swallows all exceptions, and goes on for ever."""
    return """
import signal

def weighted_sum(x, w, b):
    for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""


@attack(weighted_sum="timeout")
def test_time_bomb():
    """Is quick in its first calls, and endless in a later one."""
    return """
calls = []

def weighted_sum(x, w, b):
    calls.append(x)
    while len(calls) > 3:
        pass
    return np.dot(x, w) + b
"""


@attack(step="timeout")
def test_time_bomb_for_others():
    """One exercise leaves threads behind that burn time and hold the lock while others run."""
    return """
import threading, time

def burn():
    while True:
        sum(range(10**6))

def step(z):
    for _ in range(30):
        try:
            threading.Thread(target=burn, daemon=True).start()
        except RuntimeError:
            break
    while True:
        pass
"""


@pytest.mark.sandbox
def test_descriptors_of_many_siblings():
    """Looks for what was left open of its siblings, of which there are more than it may have."""
    look = """
import os

def weighted_sum(x, w, b):
    found = []
    for number in range(4096):
        try:
            os.fstat(number)
        except OSError:
            continue
        found.append(number)
    return found
"""
    with QuickSandbox(LESSON) as sandbox:
        sessions = [sandbox.open([look], ["weighted_sum"]) for _ in range(LIMITS.descriptors)]
        assert sessions[-1].call("weighted_sum", (1, 2, 3), {}).value == [0, 1, 2, 3]
        for session in sessions:
            session.close()
