"""The lab's own program at the end of a run: ``on_success``, ``on_failure``.

The run gives its network away before it reads a paper, and it may be killed: so the program is
started by a small process that was there before and waits, ``python -m digest.hooks``. Its standard
input is a pipe from the run. The first line says what to do, the second is the run's report; where
the pipe ends without a second line, the run was killed, and that is a failure, too.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from digest.errors import DigestError
from digest.night import keeper
from digest.night.journal import Journal
from digest.night.report import Hook, NightReport, as_json
from digest.records import from_json, to_json

LIMIT_S = 60.0
"""For a hook: a push over a slow line takes seconds."""
GRACE_S = 5.0
"""For a hook that is told to end."""
_TAIL_CHARS = 2000
_OWN = Path(__file__).resolve().parent.parent

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the waiting process is told at the start. ``report``: the file of the run's report."""

    report: str
    logs: str
    on_success: tuple[str, ...] = ()
    on_failure: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    limit_s: float = LIMIT_S

    def chosen(self, report: NightReport) -> tuple[str, ...]:
        """The program for this end; the post of a night in which some papers failed is there."""
        went_well = report.state in ("done", "some failed")
        return self.on_success if went_well else self.on_failure


class Waiting:
    """The process that waits for the end of this one; no program of the lab's runs before."""

    def __init__(self, plan: Plan) -> None:
        """Start it.

        Raises:
            OSError: No process can be started.
        """
        self._plan = plan
        # -m puts the folder it is started in first: ours, so that it finds this very program.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "digest.hooks"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_OWN,
            start_new_session=True,  # Ctrl-C in the terminal is not for it
        )
        self._say(to_json(plan))

    def ended(self, report: NightReport) -> Hook | None:
        """Have the program run for this report, and wait for it; None: there is none for it."""
        self._say(to_json(report))
        self._close()
        out = self._process.stdout
        assert out is not None  # asked for above
        longest_s = self._plan.limit_s + 2 * GRACE_S + 5.0
        with out:
            said = out.read() if select.select([out], [], [], longest_s)[0] else b""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=GRACE_S)
        return _hook_of(said, self._plan.chosen(report))

    def _say(self, line: bytes) -> None:
        pipe = self._process.stdin
        assert pipe is not None  # asked for above
        with contextlib.suppress(BrokenPipeError):  # it is gone: its answer will be missing
            pipe.write(line + b"\n")
            pipe.flush()

    def _close(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None  # asked for above
        with contextlib.suppress(BrokenPipeError):
            pipe.close()


def _hook_of(said: bytes, command: Sequence[str]) -> Hook | None:
    if not command:
        return None
    try:
        return Hook(**json.loads(said))
    except (ValueError, TypeError):
        return Hook(command[0], ok=False, said="the process that was to run it is gone")


def run_hook(command: Sequence[str], report: NightReport, plan: Plan) -> tuple[Hook, str]:
    """Run the lab's program with the report on its standard input; how it went, what it said."""
    try:
        with _file_of(as_json(report).encode(errors="replace")) as told:
            process = subprocess.Popen(
                list(command),
                stdin=told,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=report.home,
                env={**os.environ, **variables(report, plan.report)},
                start_new_session=True,
            )
    except (OSError, ValueError) as exc:
        return Hook(command[0], ok=False, said=f"cannot be started: {exc}"), ""
    tail = _Tail(process.stdout)
    try:
        code = process.wait(timeout=plan.limit_s)
    except subprocess.TimeoutExpired:
        _end(process)
        return Hook(command[0], ok=False, said=f"not done after {plan.limit_s:.0f} s"), tail.text()
    said = f"ended with exit code {code}" if code >= 0 else f"was killed by signal {-code}"
    return Hook(command[0], code == 0, "" if code == 0 else said), tail.text()


def variables(report: NightReport, path: str) -> dict[str, str]:
    """What the program finds in its environment; names of ours would be taken for settings."""
    return {
        "RUN_STATE": report.state,
        "RUN_DATE": report.date,
        "RUN_POST": report.post,
        "RUN_REPORT": path,
        "RUN_EXIT_CODE": "" if report.exit_code is None else str(report.exit_code),
    }


def _file_of(data: bytes) -> IO[bytes]:
    """A file in memory: a program that does not read its input does not hold us up."""
    file = os.fdopen(os.memfd_create("report"), "w+b")
    file.write(data)
    file.seek(0)
    return file


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and what it started."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=GRACE_S)
            return


class _Tail:
    """The end of what a program writes; read as it comes, so that it never waits for us."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        assert pipe is not None  # the caller asked for it
        self._pipe, self._kept = pipe, b""
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        with self._pipe:
            while data := os.read(self._pipe.fileno(), 1 << 16):
                self._kept = (self._kept + data)[-4 * _TAIL_CHARS :]

    def text(self) -> str:
        """What was said; whoever the program left behind with the pipe is not waited for."""
        self._thread.join(timeout=1.0)
        return self._kept.decode(errors="replace")[-_TAIL_CHARS:].strip()


def main() -> None:
    """Wait for the run's end, and run what is for it."""
    for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # A handler, not SIG_IGN: what is started from here does not inherit it. Who stops the run
        # by its group or its service stops this process last.
        signal.signal(sign, lambda *_: None)
    lines = sys.stdin.buffer
    plan = from_json(lines.readline(), Plan)
    report = _ending(lines.readline(), plan)
    command = plan.chosen(report) if report is not None else ()
    if report is not None and command:
        hook, said = run_hook(command, report, plan)
        _note(hook, said, plan)
        _answer(asdict(hook))


def _ending(line: bytes, plan: Plan) -> NightReport | None:
    """The report of the run's end; of a run that was killed, the last one that it wrote."""
    if line.endswith(b"\n"):  # half a line is of a run that was killed as it wrote it
        return from_json(line, NightReport)
    found = keeper.read(Path(plan.report))
    if found is None:
        return None
    ended_at = datetime.now(UTC).isoformat(timespec="seconds")
    killed = replace(found, state="killed", ended_at=ended_at)
    with contextlib.suppress(DigestError):  # a full disk: the hook is told all the same
        keeper.write(Path(plan.report), killed)
    return killed


def _note(hook: Hook, said: str, plan: Plan) -> None:
    """Into the log what the program said."""
    journal = Journal(Path(plan.logs), Path(plan.report).stem, plan.secrets)
    level = logging.INFO if hook.ok else logging.WARNING
    for text in filter(None, [f"hook {hook.name}: {hook.said or 'done'}", said]):
        journal.handle(log.makeRecord(log.name, level, __file__, 0, text, (), None))


def _answer(found: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):  # the run was killed: nobody listens
        sys.stdout.write(json.dumps(found))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
