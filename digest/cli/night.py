"""What a run leaves behind: around ``run`` and ``fetch``, their report, their log, their hook."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from digest.errors import ConfigError

if TYPE_CHECKING:
    from digest.announced import Fetched
    from digest.cli.session import Session
    from digest.config import Config
    from digest.night.recording import Recording
    from digest.pipeline import Report
    from digest.store import Store

P = ParamSpec("P")
R = TypeVar("R")

EXIT_INTERRUPTED = 130
"""As a shell has it: 128 and the signal."""


def recorded(command: Callable[Concatenate[Session, P], R]) -> Callable[Concatenate[Session, P], R]:
    """A command that leaves a report, from where it calls ``session.night.begin`` on."""

    @functools.wraps(command)
    def around(session: Session, /, *args: P.args, **options: P.kwargs) -> R:
        with session.night:
            return command(session, *args, **options)

    return around


class Night:
    """A run's report, log and hook, whatever ends it. Nothing is written before ``begin``."""

    def __init__(self) -> None:
        self._recording: Recording | None = None

    def __enter__(self) -> Night:
        return self

    def begin(self, command: str, date: str, config: Config) -> None:
        """From here on what happens is written down."""
        from digest.night.recording import Recording

        self._recording = Recording(command, date, config)

    def heard(self, stage: str, done: int, total: int) -> None:
        """A word of progress."""
        if self._recording is not None:
            self._recording.heard(stage, done, total)

    def note(self, found: Report | Fetched, store: Store) -> None:
        """What the run or the fetching did."""
        from digest.assembly import ledger
        from digest.pipeline import Report

        if self._recording is None:
            return
        if isinstance(found, Report):
            self._recording.note(found, store)
        else:
            self._recording.note_fetched(found)
        self._recording.feeds(ledger(store).newest_visits())

    def spent(self, used: Mapping[str, Mapping[str, float]]) -> None:
        """What the models wrote: by name ``tokens`` and ``seconds``."""
        if self._recording is not None:
            self._recording.spent(used)

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        exc: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        recording, self._recording = self._recording, None
        if recording is not None:
            recording.end(exit_code(exc), exc)


def exit_code(exc: BaseException | None) -> int:
    """With what a command ends that was left by ``exc``."""
    from digest.cli.session import EXIT_FAILED, EXIT_USAGE

    if exc is None:
        return 0
    if isinstance(exc, SystemExit):
        return exc.code if isinstance(exc.code, int) else int(exc.code is not None)
    if isinstance(exc, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    return EXIT_USAGE if isinstance(exc, ConfigError) else EXIT_FAILED
