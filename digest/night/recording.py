"""A run's report as it grows: on the disk from the run's first moment, renewed at every stage."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from digest import __version__, hooks
from digest.config import Config
from digest.engines import known
from digest.errors import ConfigError, DigestError
from digest.night import keeper, memory
from digest.night.journal import Journal, hidden
from digest.night.report import (
    Counts,
    Failure,
    Feed,
    Hook,
    Model,
    NightReport,
    Said,
    Speed,
    State,
)
from digest.night.stages import StageTimes, table
from digest.records import Breakdown, Coverage, Outcome, Visit, leaves
from digest.words import atoms

if TYPE_CHECKING:
    from digest.announced import Fetched
    from digest.pipeline import Report
    from digest.store import Store

PACKAGES = ("llama-cpp-python", "ctranslate2", "pymupdf", "duckdb")
MOST_SAID = 100
"""Warnings and errors in a report; the log has all."""

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | None

log = logging.getLogger(__name__)


class Recording:
    """Keeps one run's report. What it cannot write it says, and the run goes on."""

    def __init__(self, command: str, date: str, config: Config) -> None:
        """Begin: the report says that the run is at work, and the hook's process waits.

        Args:
            command: ``run``, whose end the lab's hooks are told of, or ``fetch``.
            date: Of the post.
            config: The run's.
        """
        self._config = config
        self._secrets = tuple(filter(None, (config.server_key, config.smtp_password)))
        self._times, self._outcomes, self._memory = StageTimes(), list[Outcome](), 0
        self._said, self._is_told = _Warnings(self._secrets), False
        started_at = datetime.now(UTC)
        self._path = self._place(config.home, started_at)
        self._report = NightReport(
            command,
            date,
            str(config.home),
            keeper.this_process(),
            started_at.isoformat(timespec="seconds"),
            models=_models(config),
            versions=_versions(),
        )
        self._handlers = (self._said, Journal(config.home / "logs", self._run, self._secrets))
        for handler in self._handlers:
            logging.getLogger("digest").addHandler(handler)
        self._settle()
        self._write()
        self._waiting = self._hook() if command == "run" else None
        self._tell(logging.INFO, f"{command} of {date} begins")

    @property
    def _run(self) -> str:
        return self._path.stem if self._path is not None else ""

    def _place(self, home: Path, at: datetime) -> Path | None:
        try:
            return keeper.new(home, at)
        except DigestError as exc:
            log.warning("no report of this run: %s", exc.message, extra={"hint": exc.hint})
            return None

    def _settle(self) -> None:
        """Say which runs before this one were killed, and keep no more reports than we want."""
        try:
            killed = keeper.settle(self._config.home)
        except DigestError as exc:
            log.warning("%s", exc.message, extra={"hint": exc.hint})
            return
        for before in killed:
            said = (before.command, before.date, before.started_at)
            log.warning("the %s of %s that began at %s was killed", *said)
        keeper.prune(self._config.home)

    def _hook(self) -> hooks.Waiting | None:
        config = self._config
        if self._path is None or not (config.on_success or config.on_failure):
            return None
        logs = str(config.home / "logs")
        plan = hooks.Plan(
            str(self._path), logs, config.on_success, config.on_failure, self._secrets
        )
        try:
            return hooks.Waiting(plan)
        except OSError as exc:
            log.warning("no hook will be run: %s", exc)
            return None

    def heard(self, stage: str, done: int, total: int) -> None:
        """Take in a word of progress; where a stage begins or ends, the report is renewed."""
        self._memory = max(self._memory, memory.tree_bytes())
        if self._times.heard(stage, done, total):
            self._write()

    def spent(self, used: Mapping[str, Mapping[str, float]]) -> None:
        """What the models wrote."""
        speeds = {
            name: Speed(int(each["tokens"]), round(each["seconds"], 3))
            for name, each in used.items()
        }
        self._report = replace(self._report, speeds=speeds)

    def note(self, found: Report, store: Store) -> None:
        """What the run of the day did."""
        self._outcomes += found.outcomes
        numbers = _numbers(found.date, store) if found.post is not None else 0
        self._report = replace(
            self._report,
            date=found.date,
            post=str(found.post or ""),
            post_status=found.post_status,
            counts=_counts(found.papers, found.coverage, found.announced, numbers),
            failed=(
                *(_failure(outcome) for outcome in found.failed),
                *(Failure("fetch", what) for what in found.unread),
            ),
        )
        self._write()

    def note_fetched(self, found: Fetched) -> None:
        """What the fetching did."""
        failed = tuple(Failure("pdf", what) for what in found.failed)
        counts = _counts(found.papers, {}, found.coverage)
        self._report = replace(self._report, counts=counts, failed=failed)

    def feeds(self, visits: Sequence[Visit]) -> None:
        """How arXiv's feeds did, of the run's categories."""
        own = [visit for visit in visits if visit.category in self._config.categories]
        self._report = replace(self._report, feeds=tuple(map(_feed, own)))

    def end(self, code: int, exc: BaseException | None) -> None:
        """The run is over: the report says how, and the lab's hook is told."""
        try:
            self._explain(exc)
            self._memory = max(self._memory, memory.largest_bytes())
            ended_at = datetime.now(UTC).isoformat(timespec="seconds")
            state = _state(code, exc)
            self._tell(logging.INFO, f"{state}, exit code {code}")
            self._report = replace(self._report, ended_at=ended_at, state=state, exit_code=code)
            self._write()
            hook = self._told()
            if hook is not None:
                self._report = replace(self._report, hook=hook)
                self._write()
        finally:
            for handler in self._handlers:
                logging.getLogger("digest").removeHandler(handler)

    def _explain(self, exc: BaseException | None) -> None:
        """What ended the run, as its first failure; the log has its traceback where it is a bug.

        It is said on stderr by whoever catches it, so only our own handlers are told here.
        """
        if exc is None or isinstance(exc, SystemExit | KeyboardInterrupt):
            return
        ours = isinstance(exc, DigestError)
        message, cure = (exc.message, exc.hint or "") if isinstance(exc, DigestError) else ("", "")
        message = hidden(message or f"{type(exc).__name__}: {exc}", self._secrets)
        cure = cure or ("" if ours else "this is a fault of the program; the log has its traceback")
        info = None if ours else (type(exc), exc, exc.__traceback__)
        self._tell(logging.ERROR, message, cure, info)
        failed = (Failure("run", message, cure=cure), *self._report.failed)
        self._report = replace(self._report, failed=failed)

    def _tell(self, level: int, what: str, hint: str = "", info: ExcInfo = None) -> None:
        """Write into the log what stderr needs not hear, or hears from somebody else."""
        said = {"hint": hint}
        record = log.makeRecord(log.name, level, __file__, 0, what, (), info, extra=said)
        for handler in self._handlers:
            if level >= handler.level:
                handler.handle(record)

    def _told(self) -> Hook | None:
        if self._waiting is None:
            return None
        hook = self._waiting.ended(self._report)
        if hook is not None and not hook.ok:
            where = self._config.home / "logs"
            log.warning("hook %s %s", hook.name, hook.said, extra={"hint": f"see {where}"})
        return hook

    def _write(self) -> None:
        """Renew the file; a disk that takes none is said once, and tried again the next time."""
        self._report = replace(
            self._report,
            stages=table(self._times.seconds(), self._outcomes),
            memory_bytes=self._memory,
            said=tuple(self._said.found),
        )
        if self._path is None:
            return
        try:
            keeper.write(self._path, self._report)
        except DigestError as exc:
            if not self._is_told:
                self._is_told = True
                log.warning("no report of this run: %s", exc.message, extra={"hint": exc.hint})


class _Warnings(logging.Handler):
    """Keeps what is said of warnings and errors, the first of them."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__(logging.WARNING)
        self._secrets = secrets
        self.found: list[Said] = []

    def emit(self, record: logging.LogRecord) -> None:
        if len(self.found) < MOST_SAID:
            at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="seconds")
            message = hidden(record.getMessage(), self._secrets)
            cure = str(getattr(record, "hint", None) or "")
            self.found.append(Said(at, record.levelname, message, cure))


def _state(code: int, exc: BaseException | None) -> State:
    if isinstance(exc, KeyboardInterrupt):
        return "killed"
    states: dict[int, State] = {0: "done", 3: "some failed"}
    return states.get(code, "failed")


def _failure(outcome: Outcome) -> Failure:
    return Failure(outcome.stage, outcome.error, str(outcome.paper), outcome.hint)


def _counts(
    papers: int, totals: Mapping[str, int], seen: Coverage | None, numbers: int = 0
) -> Counts:
    """``totals`` as ``render.entry.coverage`` has them; without them nothing was read."""
    names = ("full", "abstract", "failed", "claims", "verified", "repaired", "quoted", "dropped")
    found = Counts(papers, numbers=numbers, unread=totals.get("none", 0))
    found = replace(found, **{name: totals.get(name, 0) for name in names})
    if seen is None:
        return found
    return replace(
        found,
        announced=seen.announced,
        carried=seen.new + seen.cross,
        late=seen.late,
        left_out=len(seen.left_out),
    )


def _feed(visit: Visit) -> Feed:
    at = visit.at.isoformat(timespec="seconds")
    return Feed(visit.category, visit.by, visit.state, visit.shown, visit.batch, visit.detail, at)


def _models(config: Config) -> tuple[Model, ...]:
    """The models that are named, with the hash that the catalogue has; of a server's, none."""
    found = []
    for name in config.models:
        try:
            model = known.find(name, config.models_dir)
            found.append(Model(model.name, model.sha256))
        except ConfigError:
            found.append(Model(name))
    return tuple(found)


def _versions() -> dict[str, str]:
    found = {"digest": __version__, "python": sys.version.partition(" ")[0]}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "missing"
    return found


def _numbers(date: str, store: Store) -> int:
    """How many numbers a post's claims hold; counted as ``digest check`` does."""
    keys = [item.breakdown_key for item in store.post_items(date) if item.breakdown_key]
    readings = store.results(keys, Breakdown).values()
    texts = (leaf.text for reading in readings for leaf in leaves(reading))
    return sum(number.hard for text in texts for number in atoms.numbers(text))
