"""The filter of system calls: what a submission's process may still ask of the kernel.

A list of what is allowed, not of what is forbidden: files that it can see anyway, memory,
threads, time. No new processes or programs, no sockets, namespaces, mounts, tracing, keys, bpf,
io_uring, perf events, memory files or shared memory. What is new in a kernel is not on the list.

The filter is a classic BPF program (Linux: Documentation/userspace-api/seccomp_filter.rst),
written by hand because no binding of libseccomp is a requirement of this course. Numbers are
those of x86-64 and of arm64.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

# Numbers on x86-64 and on arm64.
ALLOWED: dict[str, tuple[int | None, int | None]] = {
    # files
    "read": (0, 63),
    "write": (1, 64),
    "readv": (19, 65),
    "writev": (20, 66),
    "pread64": (17, 67),
    "pwrite64": (18, 68),
    "preadv": (295, 69),
    "pwritev": (296, 70),
    "preadv2": (327, 286),
    "pwritev2": (328, 287),
    "lseek": (8, 62),
    "open": (2, None),
    "openat": (257, 56),
    "openat2": (437, 437),
    "creat": (85, None),
    "close": (3, 57),
    "close_range": (436, 436),
    "access": (21, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "stat": (4, None),
    "lstat": (6, None),
    "fstat": (5, 80),
    "newfstatat": (262, 79),
    "statx": (332, 291),
    "statfs": (137, 43),
    "fstatfs": (138, 44),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "getcwd": (79, 17),
    "chdir": (80, 49),
    "fchdir": (81, 50),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "rmdir": (84, None),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "truncate": (76, 45),
    "ftruncate": (77, 46),
    "fallocate": (285, 47),
    "fsync": (74, 82),
    "fdatasync": (75, 83),
    "flock": (73, 32),
    "fcntl": (72, 25),
    "dup": (32, 23),
    "dup2": (33, None),
    "dup3": (292, 24),
    "umask": (95, 166),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "getdents64": (217, 61),
    "getdents": (78, None),
    "utimensat": (280, 88),
    "fadvise64": (221, 223),
    # waiting
    "pipe": (22, None),
    "pipe2": (293, 59),
    "poll": (7, None),
    "ppoll": (271, 73),
    "select": (23, None),
    "pselect6": (270, 72),
    "epoll_create": (213, None),
    "epoll_create1": (291, 20),
    "epoll_ctl": (233, 21),
    "epoll_wait": (232, None),
    "epoll_pwait": (281, 22),
    "eventfd2": (290, 19),
    "pause": (34, None),
    "nanosleep": (35, 101),
    "clock_nanosleep": (230, 115),
    # memory
    "brk": (12, 214),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "mincore": (27, 232),
    "msync": (26, 227),
    "get_mempolicy": (239, 236),
    # threads
    "futex": (202, 98),
    "futex_waitv": (449, 449),
    "set_robust_list": (273, 99),
    "get_robust_list": (274, 100),
    "rseq": (334, 293),
    "membarrier": (324, 283),
    "set_tid_address": (218, 96),
    "gettid": (186, 178),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "sched_setaffinity": (203, 122),
    "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120),
    "sched_get_priority_max": (146, 125),
    "sched_get_priority_min": (147, 126),
    "getcpu": (309, 168),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "arch_prctl": (158, None),
    # signals
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "rt_sigpending": (127, 136),
    "rt_sigsuspend": (130, 133),
    "rt_sigtimedwait": (128, 137),
    "sigaltstack": (131, 132),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "alarm": (37, None),
    "setitimer": (38, 103),
    "getitimer": (36, 102),
    "timer_create": (222, 107),
    "timer_settime": (223, 110),
    "timer_gettime": (224, 108),
    "timer_getoverrun": (225, 109),
    "timer_delete": (226, 111),
    "restart_syscall": (219, 128),
    "wait4": (61, 260),
    "waitid": (247, 95),
    # questions
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "gettimeofday": (96, 169),
    "time": (201, None),
    "times": (100, 153),
    "getrusage": (98, 165),
    "getrlimit": (97, 163),
    "setrlimit": (160, 164),
    "prlimit64": (302, 261),
    "sysinfo": (99, 179),
    "uname": (63, 160),
    "getpid": (39, 172),
    "getppid": (110, 173),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "getresuid": (118, 148),
    "getresgid": (120, 150),
    "getgroups": (115, 158),
    "getpgid": (121, 155),
    "getpgrp": (111, None),
    "getsid": (124, 156),
    "getpriority": (140, 141),
    "capget": (125, 90),
    "getrandom": (318, 278),
}
CLONE = (56, 220)
MMAP = (9, 222)
PRCTL = (157, 167)
IOCTL = (16, 29)

# The thread flag must be set, no namespace flag may be.
CLONE_THREAD = 0x0001_0000
CLONE_NAMESPACES = 0x7E02_0000

# Shared memory without a file, stacks that grow and huge pages are not counted as a process's own.
MAP_SHARED_ANONYMOUS = 0x21
MAP_GROWSDOWN_HUGETLB = 0x4_0100

PRCTL_ALLOWED = (
    3,  # PR_GET_DUMPABLE
    15,  # PR_SET_NAME
    16,  # PR_GET_NAME
    23,  # PR_CAPBSET_READ
    39,  # PR_GET_NO_NEW_PRIVS
    0x53564D41,  # PR_SET_VMA, by which the C library names its memory
)
IOCTL_ALLOWED = (
    0x5401,  # TCGETS: is this a terminal?
    0x5413,  # TIOCGWINSZ
    0x541B,  # FIONREAD
    0x5421,  # FIONBIO
    0x5450,  # FIONCLEX
    0x5451,  # FIOCLEX
)

# From this number on, system calls are younger than the oldest kernel that matters: programs that
# meet "not implemented" fall back on older ones. clone3 is among them, whose flags a filter can't
# see.
YOUNG = 424

ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
X32 = 0x4000_0000  # x86-64 has a second set of numbers from here

LOAD = 0x20  # the word of the system call's description at this offset
AND = 0x54
JUMP_EQUAL = 0x15
JUMP_GREATER_OR_EQUAL = 0x35
RETURN = 0x06

NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # offsets; of arguments the lower halves

ALLOW = 0x7FFF_0000
KILL = 0x8000_0000
REFUSE = 0x0005_0000


def refuse(number: int) -> int:
    """The verdict that gives this error number."""
    return REFUSE | number


def program(machine: str | None = None) -> bytes:
    """The filter for this machine.

    Raises
    ------
    NotImplementedError : for an architecture whose numbers are not known here
    """
    machine = machine or platform.machine()
    if machine not in ARCHITECTURES:
        raise NotImplementedError(f"There is no filter of system calls for {machine}.")
    column, architecture = ARCHITECTURES[machine]
    code = [
        _op(LOAD, ARCHITECTURE),
        _op(JUMP_EQUAL, architecture, 1, 0),
        _op(RETURN, KILL),
        _op(LOAD, NUMBER),
        _op(JUMP_GREATER_OR_EQUAL, X32, 0, 1),
        _op(RETURN, refuse(errno.ENOSYS)),
    ]
    for numbers in ALLOWED.values():
        if numbers[column] is not None:
            code += _when(numbers[column], [_op(RETURN, ALLOW)])
    code += _when(CLONE[column], _clone())
    code += _when(MMAP[column], _mmap())
    code += _when(PRCTL[column], _one_of(0, PRCTL_ALLOWED, errno.EPERM))
    code += _when(IOCTL[column], _one_of(1, IOCTL_ALLOWED, errno.ENOTTY))
    code += [
        _op(JUMP_GREATER_OR_EQUAL, YOUNG, 0, 1),
        _op(RETURN, refuse(errno.ENOSYS)),
        _op(RETURN, refuse(errno.EPERM)),
    ]
    return b"".join(code)


PR_SET_SECCOMP, MODE_FILTER = 22, 2

_library = ctypes.CDLL(None, use_errno=True)


class Program(ctypes.Structure):
    """A filter as the kernel takes it."""

    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))

    @classmethod
    def of(cls, code: bytes) -> Program:
        """The filter of this code."""
        return cls(len(code) // 8, code)


def install(filter_program: Program) -> None:
    """Put this process and all its threads to come under a filter, for good.

    Raises
    ------
    OSError : where the kernel refuses it
    """
    if _library.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(filter_program), 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"no filter of system calls: {errno.errorcode.get(number)}")


def _op(operation: int, value: int, when_true: int = 0, when_false: int = 0) -> bytes:
    """One instruction; jumps count the instructions to skip."""
    return struct.pack("=HBBI", operation, when_true, when_false, value)


def _when(number: int | None, code: list[bytes]) -> list[bytes]:
    """Run this code, which must return, for the system call of this number."""
    assert number is not None
    assert len(code) < 256
    return [_op(JUMP_EQUAL, number, 0, len(code)), *code]


def _argument(index: int) -> bytes:
    return _op(LOAD, FIRST_ARGUMENT + 8 * index)


def _clone() -> list[bytes]:
    return [
        _argument(0),
        _op(AND, CLONE_THREAD | CLONE_NAMESPACES),
        _op(JUMP_EQUAL, CLONE_THREAD, 0, 1),
        _op(RETURN, ALLOW),
        _op(RETURN, refuse(errno.EPERM)),
    ]


def _mmap() -> list[bytes]:
    return [
        _argument(3),
        _op(AND, MAP_GROWSDOWN_HUGETLB),
        _op(JUMP_EQUAL, 0, 0, 4),
        _argument(3),
        _op(AND, MAP_SHARED_ANONYMOUS),
        _op(JUMP_EQUAL, MAP_SHARED_ANONYMOUS, 1, 0),
        _op(RETURN, ALLOW),
        _op(RETURN, refuse(errno.EPERM)),
    ]


def _one_of(argument: int, values: tuple[int, ...], otherwise: int) -> list[bytes]:
    code = [_argument(argument)]
    for value in values:
        code += [_op(JUMP_EQUAL, value, 0, 1), _op(RETURN, ALLOW)]
    return [*code, _op(RETURN, refuse(otherwise))]
