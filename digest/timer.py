"""The night's start: a systemd service and timer, and a cron line, that work as they are printed.

Nothing is asked of the machine here; ``cli.timer`` writes and enables what this makes.
"""

from __future__ import annotations

import hashlib
import os
import platform
import pwd
import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.clock import is_time_of_day
from digest.config import Config
from digest.errors import ConfigError

SPREAD_MINUTES = 20
"""By how much starts differ from machine to machine: not all labs shall ask arXiv at once."""

_SHELL = ("/bin/sh", "-c", 'exec "$@"', "digest")


SYSTEM_UNITS = Path("/etc/systemd/system")
_LINGER = Path("/var/lib/systemd/linger")


@dataclass(frozen=True, slots=True)
class Night:
    """What is to be started, and when.

    Args:
        name: Of the units; each home has its own.
        command: Absolute, with everything that the environment says now.
        home: What the run may write to.
        at: HH:MM in ``zone``.
        zone: IANA time zone.
        user: Whom a service of the system runs as; empty for a service of the user's own.
        gpu: Whether a run may use one.
        writes: Folders besides the home and those of the machine in which it writes.
    """

    name: str
    command: tuple[str, ...]
    home: Path
    at: str
    zone: str
    user: str = ""
    gpu: bool = True
    writes: tuple[str, ...] = ()


def user_units() -> Path:
    """Where a user's own units are."""
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "systemd" / "user"


def lingering_cure() -> str:
    """What makes this user's timers run while the user is logged out; empty where they do."""
    name = pwd.getpwuid(os.geteuid()).pw_name
    return "" if (_LINGER / name).exists() else f"loginctl enable-linger {name}"


def night(config: Config, at: str, user: str = "") -> Night:
    """The nightly run of a home.

    Raises:
        ConfigError: ``at`` is no time of day, or a path holds what no unit can.
    """
    if not is_time_of_day(at):
        raise ConfigError(f"not a time of day: {at!r}", "write it as 08:50")
    folders = ("--home", str(config.home), "--models-dir", str(config.models_dir))
    command = (*program(), *folders, "--quiet", "run", "--wait")
    for part in command:
        if not part.isprintable():
            raise ConfigError(f"{part!r} cannot be written into a unit", "rename the folder")
    gpu = config.device != "cpu"
    paced = (str(Path(config.pace_file).expanduser().parent),) if config.pace_file else ()
    return Night(unit_name(config.home), command, config.home, at, config.zone, user, gpu, paced)


def program() -> tuple[str, ...]:
    """How this program is started from anywhere."""
    beside = Path(sys.executable).parent / "digest"
    return (str(beside),) if beside.is_file() else (sys.executable, "-m", "digest")


def unit_name(home: Path) -> str:
    """Of a home's units: the usual home has the plain name."""
    if home == Path("~/.digest").expanduser().absolute():
        return "arxiv-digest"
    return f"arxiv-digest-{hashlib.sha256(os.fsencode(home)).hexdigest()[:8]}"


def service(of: Night) -> str:
    """The unit that runs a night."""
    lines = (*_unit(of), "", *_service(of), *(_walls(of) if of.user else ()))
    return "\n".join(lines) + "\n"


def _unit(of: Night) -> Sequence[str]:
    # A user's manager has no target for the network; --wait and the retries stand in for it.
    network = "Wants=network-online.target\nAfter=network-online.target\n" if of.user else ""
    return f"""\
[Unit]
Description=arXiv digest of {specified(str(of.home))}
{network}# After a failure it is tried again, three times a night.
StartLimitIntervalSec=12h
StartLimitBurst=4""".splitlines()


def _service(of: Night) -> Sequence[str]:
    user = f"User={of.user}\n" if of.user else ""
    return f"""\
[Service]
Type=exec
{user}ExecStart={exec_line(of.command)}
# 3: the post is written, some papers failed; the next run tries them again.
SuccessExitStatus=3
# 1: also where arXiv's feed stalled. 2: the settings are wrong, trying again does not help.
Restart=on-failure
RestartSec=30min
RestartPreventExitStatus=2
RuntimeMaxSec=20h
# on_failure has a minute to tell somebody.
TimeoutStopSec=90
# Where memory runs out, a model's process ends first, and the run goes on without that paper.
OOMPolicy=continue
Nice=10
IOSchedulingClass=best-effort
IOSchedulingPriority=7
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
# Parsers and models run in user and network namespaces of their own.
RestrictNamespaces=user net""".splitlines()


def _walls(of: Night) -> Sequence[str]:
    """What only the system's manager can do: a user's needs privileges for it."""
    # ProtectClock and PrivateDevices would hide a GPU.
    devices = "" if of.gpu else "PrivateDevices=yes\nProtectClock=yes\n"
    return f"""\
# Written to: the home, and what paces the machine in /var/tmp. A hook that writes elsewhere (a
# repository) needs its folder here.
ProtectSystem=strict
ReadWritePaths={" ".join(map(quoted, (str(of.home), *of.writes)))} /tmp /var/tmp
{devices}ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectHostname=yes
RemoveIPC=yes
CapabilityBoundingSet=""".splitlines()


def timer(of: Night) -> str:
    """The unit that starts it, each day; days that were slept through are made up for."""
    return f"""\
[Unit]
Description=arXiv digest of {specified(str(of.home))}, each day

[Timer]
OnCalendar=*-*-* {of.at}:00 {of.zone}
# A delay of this machine's own, always the same: not all labs ask arXiv at once.
RandomizedDelaySec={SPREAD_MINUTES}min
FixedRandomDelay=yes
Persistent=yes

[Install]
WantedBy=timers.target
"""


def specified(text: str) -> str:
    """``text`` where systemd expands specifiers."""
    return text.replace("%", "%%")


def quoted(text: str) -> str:
    """One word of a systemd setting."""
    escaped = specified(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if re.search(r"[^\w@%+=:,./-]", escaped) else escaped


def exec_line(command: Sequence[str]) -> str:
    """A command for ExecStart; the colon: dollars mean nothing.

    systemd starts no program with a quotation mark in its path; a shell does.
    """
    shell = () if re.fullmatch(r"[\w@%+=:,./ -]+", command[0]) else _SHELL
    return ":" + " ".join(map(quoted, (*shell, *command)))


def cron_line(of: Night, today: datetime | None = None) -> str:
    """A line for ``crontab -e``: when, in this machine's zone, and what.

    Cron knows no zones and no random delay, so both are in the time. It mails what a command says:
    nothing, but warnings.

    Raises:
        ConfigError: A path holds a backslash, which crons read differently.
    """
    command = shlex.join(of.command)
    if "\\" in command:
        raise ConfigError(f"cron cannot be given {command}", "rename the folder")
    start = _cron_start(of, today)
    return f"{start.minute} {start.hour} * * * {command.replace('%', chr(92) + '%')} >/dev/null"


def _cron_start(of: Night, today: datetime | None) -> datetime:
    hour, minute = map(int, of.at.split(":"))
    now = today or datetime.now(ZoneInfo(of.zone))
    at = now.astimezone(ZoneInfo(of.zone)).replace(hour=hour, minute=minute)
    return (at + timedelta(minutes=delay_minutes(of.home))).astimezone()


def drifts(of: Night, year: int) -> bool:
    """Whether the start moves within a year, on this machine's clock: summer time."""
    days = [datetime(year, month, 15, 12, tzinfo=ZoneInfo(of.zone)) for month in (1, 7)]
    starts = {(day.astimezone().hour, day.astimezone().minute) for day in days}
    return len(starts) > 1


def delay_minutes(home: Path, machine: str | None = None) -> int:
    """A machine's own delay for a home, always the same: 0 to 19."""
    name = f"{platform.node() if machine is None else machine}:{home}"
    return int(hashlib.sha256(name.encode(errors="replace")).hexdigest(), 16) % SPREAD_MINUTES
