"""What a process gives up for good before it does its work: the network, memory, its precedence.

The kernel enforces it, so that it holds whatever library runs here, and in each child.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from dataclasses import dataclass
from typing import Literal

NetworkGuard = Literal["namespace", "seccomp", "none"]

# Linux constants, from <sched.h>, <linux/prctl.h>, <linux/seccomp.h> and <linux/bpf_common.h>.
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER = 1
_TSYNC = 1  # SECCOMP_FILTER_FLAG_TSYNC: for all threads of the process
_SOCKET_SYSCALL = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
_IO_URING_SETUP = 425  # on every architecture
_X32 = 0x40000000  # __X32_SYSCALL_BIT, from <asm/unistd.h>
_SECCOMP_SYSCALL = {"x86_64": 317, "aarch64": 277}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use. None leaves a limit as it is.

    Args:
        memory_bytes: Address space; an allocation beyond it fails inside the child.
        data_bytes: Memory that it may write to. Unlike the address space, files that are mapped
            for reading (a model's weights) do not count.
        file_bytes: Largest file it may write.
        network: False takes the network away before anything is built.
        nice: How much others go before it where processors are scarce, 0 to 19.
    """

    memory_bytes: int | None = None
    data_bytes: int | None = None
    file_bytes: int | None = None
    network: bool = False
    nice: int = 0


def confine(limits: Limits) -> NetworkGuard:
    """Apply ``limits`` to this process for good and say what keeps it off the network."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit(resource.RLIMIT_AS, limits.memory_bytes)
    _limit(resource.RLIMIT_DATA, limits.data_bytes)
    _limit(resource.RLIMIT_FSIZE, limits.file_bytes)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write too long is an OSError, not a kill
    _go_first()
    os.nice(limits.nice)
    return "none" if limits.network else leave_network()


def _limit(what: int, most: int | None) -> None:
    """At most ``most``; less where whoever started us allowed less, which cannot be raised."""
    if most is not None:
        _, hard = resource.getrlimit(what)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, allowed))


def _go_first() -> None:
    """Where memory runs out, let the kernel end this process and not the run."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
        file.write("500")


def leave_network() -> NetworkGuard:
    """Take the network away from this process and say what the kernel allowed.

    A network namespace of its own has no interface that is up. Where user namespaces are switched
    off, or other threads run that a namespace would not bind, a seccomp filter refuses every socket
    but unix ones to all of them. Elsewhere: "none", and ``digest doctor`` says so.
    """
    if sys.platform != "linux":
        return "none"
    libc = ctypes.CDLL(None, use_errno=True)
    alone = len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208 names alone are needed
    if alone and _own_namespace(libc):
        return "namespace"
    return "seccomp" if _refuse_sockets(libc) else "none"


def _own_namespace(libc: ctypes.CDLL) -> bool:
    """A network namespace, inside a user namespace where this user may make none otherwise."""
    if libc.unshare(_CLONE_NEWNET) == 0:
        return True
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    # We stay who we were: a process that nobody's number stands for can start no child that makes
    # a namespace of its own, and programs ask who runs them.
    with contextlib.suppress(OSError):
        for name, line in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123
                file.write(line)
    return True


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("jt", ctypes.c_ubyte),
        ("jf", ctypes.c_ubyte),
        ("k", ctypes.c_uint),
    )


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction)))


def _refuse_sockets(libc: ctypes.CDLL) -> bool:
    """Install a seccomp filter for all threads: no ``socket()`` but AF_UNIX, and no io_uring."""
    machine = os.uname().machine
    if machine not in _SOCKET_SYSCALL:
        return False
    architecture, socket_number = _SOCKET_SYSCALL[machine]
    load, equal, above, give = 0x20, 0x15, 0x35, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, JGE, RET
    allow, refuse, kill = 0x7FFF0000, 0x00050000 | 13, 0x80000000  # 13: EACCES
    # struct seccomp_data: nr at 0, arch at 4, first argument at 16 (low word, little endian).
    program = (
        (load, 0, 0, 4),
        (equal, 1, 0, architecture),
        (give, 0, 0, kill),
        (load, 0, 0, 0),
        (above, 4, 0, _X32),  # the same calls under other numbers
        (equal, 3, 0, _IO_URING_SETUP),  # a ring makes sockets without the call
        (equal, 0, 3, socket_number),
        (load, 0, 0, 16),
        (equal, 1, 0, 1),  # AF_UNIX
        (give, 0, 0, refuse),
        (give, 0, 0, allow),
    )
    code = (_Instruction * len(program))(*(_Instruction(*line) for line in program))
    rules = _Filter(len(program), code)
    no, yes = ctypes.c_ulong(0), ctypes.c_ulong(1)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, yes, no, no, no) != 0:
        return False
    number = ctypes.c_long(_SECCOMP_SYSCALL[machine])
    mode, all_threads = ctypes.c_ulong(_SECCOMP_SET_MODE_FILTER), ctypes.c_ulong(_TSYNC)
    return bool(libc.syscall(number, mode, all_threads, ctypes.byref(rules)) == 0)


def die_with(parent: int) -> None:
    """End this process when its parent does: a killed run leaves no model behind in memory."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)
