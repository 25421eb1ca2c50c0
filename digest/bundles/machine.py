"""Whether the wheels of a bundle can run on this machine.

A wheel built for another Python does not install; one built for another CPU installs and then
kills the process at its first vector instruction. Standard library only: see ``digest.bundles``.
"""

from __future__ import annotations

import ctypes
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from digest.bundles.manifest import Requirements
from digest.errors import BundleError


@dataclass(frozen=True, slots=True)
class Machine:
    """What a machine has. ``has_symbol``: whether a shared library has a version symbol."""

    python: str
    implementation: str
    system: str
    machine: str
    cpu: frozenset[str]
    has_symbol: Callable[[str, str], bool]


def this_machine() -> Machine:
    """The one that this runs on."""
    return Machine(
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        implementation=sys.implementation.name,
        system=platform.system(),
        machine=platform.machine(),
        cpu=cpu_flags(),
        has_symbol=has_symbol,
    )


def check(needed: Requirements, machine: Machine, where: str) -> None:
    """See that ``machine`` can run the wheels of the bundle named ``where``.

    Raises:
        BundleError: It cannot; says everything that is in the way.
    """
    wrong = [
        f"{what} {wanted} is needed, here is {found}"
        for what, wanted, found in (
            ("Python", needed.python, machine.python),
            ("implementation", needed.implementation, machine.implementation),
            ("system", needed.system, machine.system),
            ("processor", needed.machine, machine.machine),
        )
        if wanted != found
    ]
    if not wrong:  # libraries and flags of another system would say nothing
        lacking = [flag for flag in needed.cpu if flag not in machine.cpu]
        wrong += [f"the CPU lacks {', '.join(lacking)}"] if lacking else []
        wrong += [
            f"{library} lacks {symbol}"
            for library, symbol in needed.libraries.items()
            if not machine.has_symbol(library, symbol)
        ]
    if wrong:
        raise BundleError(
            f"{where} holds wheels that cannot run here: {'; '.join(wrong)}",
            "export it on a machine like this one, or without --wheels",
        )


def cpu_flags(info: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """The features that the kernel reports, ``flags`` on x86 and ``Features`` on ARM."""
    try:
        lines = info.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    found = (line.partition(":") for line in lines)
    return next(
        (frozenset(v.split()) for k, _, v in found if k.strip() in ("flags", "Features")),
        frozenset(),
    )


def has_symbol(library: str, symbol: str) -> bool:
    """Whether this machine has a shared library, and in it a version symbol (``GLIBC_2.34``)."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    stem = library.partition(".so")[0] + "."
    maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
    paths = {line[line.find("/") :] for line in maps.splitlines() if f"/{stem}" in line}
    return any(symbol.encode() + b"\0" in Path(path).read_bytes() for path in paths)
