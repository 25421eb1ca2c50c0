"""The nights: how the last run went, whether the next will start, and whether the lab is told."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from digest import assembly, timer
from digest.config import Config
from digest.doctor.finding import Finding, looked
from digest.night import keeper
from digest.night.report import NightReport

MISSED = timedelta(hours=26)
"""A daily start that is later than this did not happen."""
_CRON_S = 10.0


def look(config: Config) -> Iterator[Finding]:
    """Everything about the nights."""
    report = _last(config)
    started_by = installed(config)
    if report is not None:
        yield _went(report)
    yield from _starts(started_by, report)
    for key in ("on_success", "on_failure"):
        yield from _hook(key, getattr(config, key))
    if config.smtp_host and config.mail_to:
        yield looked("mail server", assembly.mailer(config).greeted)


def _last(config: Config) -> NightReport | None:
    """The newest run's report."""
    known = (each for _, each in keeper.readable(config.home))
    return next((each for each in known if each.command == "run"), None)


def _went(report: NightReport) -> Finding:
    found = f"{report.state}, of {report.date}"
    if report.state in ("done", "running"):
        return Finding("last run", "ok", found)
    first = report.failed[0] if report.failed else None
    why = f": {first.error}" if first else ""
    cure = first.cure if first and first.cure else "digest report says more; digest run goes on"
    return Finding("last run", "warn", f"{found}{why}", cure)


def installed(config: Config) -> str:
    """What starts the nights: a timer's file, ``cron``, or nothing that can be seen."""
    name = timer.unit_name(config.home)
    for folder in (timer.SYSTEM_UNITS, timer.user_units()):
        path = folder / f"{name}.timer"
        if path.exists():
            return str(path)
    return "cron" if _in_cron() else ""


def _in_cron() -> bool:
    if shutil.which("crontab") is None:
        return False
    command = ("crontab", "-l")
    try:
        done = subprocess.run(command, capture_output=True, timeout=_CRON_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    lines = done.stdout.decode(errors="replace").splitlines()
    return any("digest" in line and " run" in line and line[:1] != "#" for line in lines)


def _starts(starts: str, report: NightReport | None) -> Iterator[Finding]:
    if not starts:
        yield Finding("timer", "warn", "nothing starts the nights", "digest install-timer")
        return
    own = starts != "cron" and not starts.startswith(str(timer.SYSTEM_UNITS))
    began = datetime.fromisoformat(report.started_at) if report else None
    if began is not None and datetime.now(UTC) - began > MISSED:
        cure = f"systemctl {'--user ' if own else ''}list-timers; journalctl -e; is cron at work?"
        found = f"{starts}, but the last run began {began:%Y-%m-%d %H:%M} UTC"
        yield Finding("timer", "warn", found, cure)
    elif own and (cure := timer.lingering_cure()):
        yield Finding("timer", "warn", "runs only while you are logged in", cure)
    else:
        yield Finding("timer", "ok", starts)


def _hook(key: str, command: tuple[str, ...]) -> Iterator[Finding]:
    """Whether the lab's program is there; it is not run."""
    if command:
        there = shutil.which(command[0])
        cure = f"set {key} in digest.toml to a program that can be run"
        if there is None:
            yield Finding(key, "FAIL", f"there is no program {command[0]}", cure)
        else:
            yield Finding(key, "ok", there)
