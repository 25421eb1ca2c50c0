"""The nights: how the last run went, whether the next will start, and whether the lab is told."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest import assembly
from digest.config import Config
from digest.doctor.finding import Finding, looked
from digest.night import keeper
from digest.night.report import NightReport
from digest.timer import unit_name

MISSED = timedelta(hours=26)
"""A daily start that is later than this did not happen."""
UNITS = (Path("/etc/systemd/system"), Path("~/.config/systemd/user"))
LINGER = Path("/var/lib/systemd/linger")
_CRON_S = 10.0


def look(config: Config) -> Iterator[Finding]:
    """Everything about the nights."""
    report = _last(config)
    timer = installed(config)
    if report is not None:
        yield _went(report)
    yield from _starts(timer, report)
    for key in ("on_success", "on_failure"):
        yield from _hook(key, getattr(config, key))
    if config.smtp_host and config.mail_to:
        yield looked("mail server", assembly.mailer(config).greeted)


def _last(config: Config) -> NightReport | None:
    """The newest run's report."""
    found = (keeper.read(path) for path in keeper.paths(config.home))
    return next((r for r in found if r is not None and r.command == "run"), None)


def _went(report: NightReport) -> Finding:
    state = keeper.as_it_is(report).state
    found = f"{state}, of {report.date}"
    if state in ("done", "running"):
        return Finding("last run", "ok", found)
    first = report.failed[0] if report.failed else None
    why = f": {first.error}" if first else ""
    cure = first.cure if first and first.cure else "digest report says more; digest run goes on"
    return Finding("last run", "warn", f"{found}{why}", cure)


def installed(config: Config) -> str:
    """What starts the nights: a timer's file, ``cron``, or nothing that can be seen."""
    name = unit_name(config.home)
    for folder in (*UNITS, Path(os.environ.get("XDG_CONFIG_HOME", "~/.config")) / "systemd/user"):
        path = folder.expanduser() / f"{name}.timer"
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


def _starts(timer: str, report: NightReport | None) -> Iterator[Finding]:
    if not timer:
        yield Finding("timer", "warn", "nothing starts the nights", "digest install-timer")
        return
    own = timer != "cron" and not timer.startswith("/etc/")
    name = pwd.getpwuid(os.geteuid()).pw_name
    began = datetime.fromisoformat(report.started_at) if report else None
    if began is not None and datetime.now(UTC) - began > MISSED:
        cure = f"systemctl {'--user ' if own else ''}list-timers; journalctl -e; is cron at work?"
        found = f"{timer}, but the last run began {began:%Y-%m-%d %H:%M} UTC"
        yield Finding("timer", "warn", found, cure)
    elif own and not (LINGER / name).exists():
        cure = f"loginctl enable-linger {name}"
        yield Finding("timer", "warn", "runs only while you are logged in", cure)
    else:
        yield Finding("timer", "ok", timer)


def _hook(key: str, command: tuple[str, ...]) -> Iterator[Finding]:
    """Whether the lab's program is there; it is not run."""
    if command:
        there = shutil.which(command[0])
        cure = f"set {key} in digest.toml to a program that can be run"
        if there is None:
            yield Finding(key, "FAIL", f"there is no program {command[0]}", cure)
        else:
            yield Finding(key, "ok", there)
