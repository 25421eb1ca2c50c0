"""A run with all its processes, so that all of them can be killed, also those in other sessions."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[2]
MARK = "FAULTS_RUN"
"""A variable that every process of a run inherits; by its value they are found."""
PATIENCE_S = 900.0
"""A run that takes longer hangs; the slowest is one with a real model."""
_GONE_S = 10.0
_alive: set[Tree] = set()
at_end: set[Callable[[], object]] = set()
"""What is to be undone where the harness is ended by a signal."""


def end_all(signal_number: int, _frame: FrameType | None) -> None:
    """As a handler of signals: whoever ends the harness ends its runs, too."""
    try:
        for undo in (*(tree.kill for tree in list(_alive)), *at_end):
            with contextlib.suppress(OSError, TimeoutError, subprocess.SubprocessError):
                undo()
    finally:
        os._exit(128 + signal_number)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. ``code`` as of ``Popen``: below 0 a signal."""

    code: int
    out: str
    said: str


class Tree:
    """A run in a session of its own.

    Args:
        command: What to run, in the checkout's folder.
        environment: Added to ours.
        said: A file for what it prints; two of them, ``.out`` and ``.err``.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], said: Path) -> None:
        self._mark = uuid.uuid4().hex
        self._said = said
        variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment, MARK: self._mark}
        variables.pop("PYTHONDONTWRITEBYTECODE", None)  # as users run it: compiled once
        with said.with_suffix(".out").open("wb") as out, said.with_suffix(".err").open("wb") as err:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        _alive.add(self)

    def __enter__(self) -> Tree:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.kill()
        _alive.discard(self)

    def ends_within(self, seconds: float) -> bool:
        """Wait; whether it has ended by itself."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.poll() is not None

    def kill(self) -> None:
        """SIGKILL to the process group, and to everyone else of the run until nobody is left."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        give_up_s = time.monotonic() + _GONE_S
        while left := self.alive():
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if time.monotonic() > give_up_s:
                raise TimeoutError(f"processes {left} survive SIGKILL")
            time.sleep(0.01)
        self._process.wait()

    def ended(self) -> Ended:
        """Wait for the end, and for the last of its processes; one that hangs is killed."""
        if not self.ends_within(PATIENCE_S):
            self.kill()
        give_up_s = time.monotonic() + _GONE_S
        while self.alive() and time.monotonic() < give_up_s:
            time.sleep(0.01)
        left = self.alive()
        self.kill()
        said = self._said.with_suffix(".err").read_text(encoding="utf-8", errors="replace")
        if left:
            said += f"\n{len(left)} processes outlived the run"
        out = self._said.with_suffix(".out").read_text(encoding="utf-8", errors="replace")
        return Ended(self._process.returncode, out, said)

    def alive(self) -> list[int]:
        """The processes of this run that are no zombies."""
        mark = f"{MARK}={self._mark}".encode()
        return [pid for pid in _pids() if _has(pid, mark)]


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _has(pid: int, mark: bytes) -> bool:
    """Whether a process has a variable; a zombie has none."""
    try:
        return mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
