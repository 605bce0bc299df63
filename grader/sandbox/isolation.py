"""What takes from a submission's process all that it could do harm with.

A submission is one process: its filter of system calls lets it start threads, but neither
processes nor programs. So the kernel's limits on a process are limits on the submission, with
nothing to add up. The first process of a pid namespace, it can see and signal no other; the
supervisor that kills it stands outside.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
from pathlib import Path
from typing import NamedTuple

from grader.sandbox import seccomp
from grader.sandbox.protocol import Limits

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
PR_GET_TID_ADDRESS = 40
SIGKILL = 9

SIGCHLD = 17
CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID = 0x200000, 0x1000000
CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID = 0x20000, 0x8000000, 0x10000000, 0x20000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8

try:
    _library = ctypes.CDLL(None, use_errno=True)
    # as the other one, but Python's global lock is held throughout
    _python = ctypes.PyDLL(None, use_errno=True)
    _python_system_call = _python.syscall
    _python_system_call.argtypes = (ctypes.c_long,) * 6
    _python_system_call.restype = ctypes.c_long
except TypeError:  # Windows
    _library = None  # type: ignore[assignment]


# The highest number that a descriptor can have, before this process is limited to fewer.
_DESCRIPTORS = os.sysconf("SC_OPEN_MAX") if hasattr(os, "sysconf") else 0

# What capset(2) takes: a version of its own and a process, three sets of two halves. They are made
# here, as what a submission's process makes anew takes a good part of its time.
_THIS_PROCESS = (ctypes.c_uint32 * 2)(0x20080522, 0)
_NO_CAPABILITIES = (ctypes.c_uint32 * 6)()


class Memory(NamedTuple):
    """What a process uses, in bytes."""

    private: int
    address: int


def memory_in_use() -> Memory:
    """What this process uses now; zeros where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return Memory(0, 0)
    sizes = {
        key: rest.split()[0]
        for key, _, rest in (line.partition(":") for line in lines)
        if rest.split()
    }
    return Memory(int(sizes["VmData"]) * 1024, int(sizes["VmSize"]) * 1024)


def set_inspectable(allowed: bool) -> None:
    """Whether other processes of the same user may look into this one's memory and files."""
    if hasattr(_library, "prctl"):
        _library.prctl(PR_SET_DUMPABLE, int(allowed), 0, 0, 0)


def fork(isolated: bool) -> int:
    """Fork; the child is the first process of namespaces of users, pids, mounts and IPC of its own.

    `os.fork` and then `unshare` would not do: the caller of `unshare` stays outside of the new pid
    namespace, so a second fork would be needed, and each costs as much as all the rest. So this
    makes the system call that `os.fork` makes, with the flags for namespaces, between the calls by
    which Python prepares for it. The C library's own preparations are for locks that other threads
    hold; a server has no other threads.

    Returns
    -------
    the child's process id, in the child 0
    """
    if not isolated:
        return os.fork()
    flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | SIGCHLD
    own_id = _address_of_thread_id()
    if own_id:
        flags |= CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID
    number = seccomp.CLONE[seccomp.ARCHITECTURES[platform.machine()][0]]
    # the last two arguments change places between x86-64 and arm64: one is the id's, one unused
    rest = (own_id, 0) if platform.machine() == "x86_64" else (0, own_id)
    _python.PyOS_BeforeFork()
    child = _python_system_call(number, flags, 0, 0, *rest)
    if child == 0:
        _python.PyOS_AfterFork_Child()
        return 0
    error = ctypes.get_errno()
    _python.PyOS_AfterFork_Parent()
    if child < 0:
        raise OSError(error, f"no namespaces of its own: {os.strerror(error)}")
    return child


def settle(user: int, group: int, temporary: str, temporary_bytes: int) -> None:
    """Map the server's ids into a new namespace of users; mount an empty /proc and /tmp.

    The map is written to /proc/self, which only an inspectable process may. Network and host name
    stay those of the server's sandbox: that network has no devices, and the filter lets no socket
    be made.
    """
    set_inspectable(True)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(descriptor, text.encode())
        os.close(descriptor)
    set_inspectable(False)
    quiet = MS_NOSUID | MS_NODEV | MS_NOEXEC
    _mount(temporary, quiet, f"size={temporary_bytes},nr_inodes=1000,mode=1777")
    _mount("/proc", quiet | MS_RDONLY, "size=4096,nr_inodes=2,mode=0555")


def keep_only(channel: int) -> int:
    """Close every inherited descriptor but one, whose new number is given back.

    Descriptors 0, 1 and 2 lead nowhere.
    """
    if channel != 3:
        os.dup2(channel, 3, inheritable=False)
    nothing = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.closerange(4, _DESCRIPTORS)
    return 3


def limit(limits: Limits, baseline: Memory, isolated: bool) -> None:
    """Set the kernel's limits on this process."""
    wanted = {
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": limits.processor_seconds,
        "RLIMIT_DATA": baseline.private + limits.memory_bytes,
        "RLIMIT_AS": baseline.address + limits.address_bytes,
        "RLIMIT_FSIZE": limits.file_bytes,
        "RLIMIT_NOFILE": limits.descriptors,
    }
    if isolated:
        wanted["RLIMIT_NPROC"] = limits.threads + 1  # and the main thread
        wanted["RLIMIT_MEMLOCK"] = 0
        wanted["RLIMIT_MSGQUEUE"] = 0
        wanted["RLIMIT_SIGPENDING"] = 256
    for name, value in wanted.items():
        try:
            # A first process of a namespace ignores the signal of the softer limit: hence a
            # harder one.
            hard = value + 1 if name == "RLIMIT_CPU" else value
            resource.setrlimit(getattr(resource, name), (value, hard))
        except (AttributeError, ValueError, OSError):
            if isolated:
                raise


def renounce(filter_program: seccomp.Program) -> None:
    """Give up all capabilities, for good, and most system calls; die with the supervisor."""
    _check(_library.capset(_THIS_PROCESS, _NO_CAPABILITIES), "capabilities can't be dropped")
    _check(_library.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "it would outlive the supervisor")
    _check(_library.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "privileges could come back")
    seccomp.install(filter_program)


def _address_of_thread_id() -> int:
    """Where glibc keeps the id of this thread, for the kernel to write the child's; else 0."""
    if "CS_GNU_LIBC_VERSION" not in os.confstr_names:
        return 0
    try:
        if not os.confstr("CS_GNU_LIBC_VERSION"):
            return 0
    except (ValueError, OSError):
        return 0
    address = ctypes.c_ulong(0)
    if _library.prctl(PR_GET_TID_ADDRESS, ctypes.byref(address), 0, 0, 0) != 0:
        return 0
    return address.value


def _mount(target: str, flags: int, options: str) -> None:
    _check(
        _library.mount(
            b"tmpfs", target.encode(), b"tmpfs", ctypes.c_ulong(flags), options.encode()
        ),
        f"nothing can be mounted on {target}",
    )


def _check(result: int, complaint: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{complaint}: {os.strerror(number)}")
