"""The library that stands between a run and the kernel: built with ``cc`` when it is needed."""

from __future__ import annotations

import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")
_STATE_BYTES = 4096


class NoCompiler(Exception):
    """There is no ``cc`` on this machine."""


def compiled(folder: Path) -> Path:
    """The library, in ``folder``; built where it is not there yet.

    Raises:
        NoCompiler: It cannot be built.
    """
    library = folder / "shim.so"
    if library.exists():
        return library
    compiler = shutil.which("cc")
    if compiler is None:
        raise NoCompiler("the shim needs a C compiler: apt-get install gcc libc6-dev")
    flags = ["-O2", "-Wall", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, "-o", str(library), str(SOURCE), "-ldl"], check=True)
    return library


@dataclass(frozen=True, slots=True)
class Strike:
    """What happens to which call. ``action`` as in ``shim.c``; ``at``: from 1."""

    at: int
    action: str


class Shim:
    """The library for one run.

    Args:
        folder: For its state; not below ``home``.
        home: The folder whose files are watched.
    """

    def __init__(self, folder: Path, home: Path) -> None:
        self._library, self._home = compiled(folder), home
        self._state = folder / f"{home.name}.state"

    def environment(
        self, strike: Strike | None = None, journal: Path | None = None, clock_s: int = 0
    ) -> dict[str, str]:
        """Variables that put it into a run, its count at 0."""
        self._state.write_bytes(bytes(_STATE_BYTES))
        found = {
            "LD_PRELOAD": str(self._library),
            "FAULTS_HOME": str(self._home.resolve()),
            "FAULTS_STATE": str(self._state),
            "FAULTS_CLOCK_S": str(clock_s),
        }
        if strike is not None:
            found |= {"FAULTS_AT": str(strike.at), "FAULTS_ACTION": strike.action}
        if journal is not None:
            found["FAULTS_JOURNAL"] = str(journal)
        return found

    @property
    def calls(self) -> int:
        """How many calls there have been."""
        return self._numbers()[0]

    @property
    def struck(self) -> int:
        """How many of them something was done to."""
        return self._numbers()[1]

    def _numbers(self) -> tuple[int, int]:
        calls, struck = struct.unpack("<QQ", self._state.read_bytes()[:16])
        return calls, struck
