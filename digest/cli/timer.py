"""The night's start: ``digest install-timer``."""

from __future__ import annotations

import logging
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.session import Session, pass_session
from digest.config import CONFIG_FILE
from digest.errors import ConfigError, DigestError

if TYPE_CHECKING:
    from digest.timer import Night

ENABLE_S = 30.0

log = logging.getLogger("digest")


@click.command("install-timer")
@click.option("--at", metavar="HH:MM", help="When it starts, in the configured zone [anchor].")
@click.option("--print", "show", is_flag=True, help="Print the units and a cron line instead.")
@click.option("--system", is_flag=True, help="A service of the system, with more walls; as root.")
@click.option("--remove", is_flag=True, help="Take the timer away again.")
@pass_session
def install_timer(session: Session, at: str | None, show: bool, system: bool, remove: bool) -> None:
    """Have `digest run --wait` started each day by systemd.

    Printed, it is for reading, for another machine, or for cron, which the last line is for.
    """
    from digest import timer

    config = session.config()
    user = _owner(config.home) if system else ""
    night = timer.night(config, at or config.anchor, user)
    _warn_of_environment(session)
    if show:
        click.echo(_shown(night, _folder(system)))
    elif remove:
        _remove(night, _folder(system), system)
    else:
        _install(session, night, _folder(system), system)


def _folder(system: bool) -> Path:
    from digest import timer

    return timer.SYSTEM_UNITS if system else timer.user_units()


def _owner(home: Path) -> str:
    """Whom the home belongs to.

    Raises:
        DigestError: It is not there yet.
    """
    try:
        return pwd.getpwuid(home.stat().st_uid).pw_name
    except (OSError, KeyError) as exc:
        raise DigestError(f"nobody owns {home} yet", "as its user: digest init") from exc


def _warn_of_environment(session: Session) -> None:
    """What is set here alone will not be set at night."""
    known = {"DIGEST_HOME", "DIGEST_MODELS", "DIGEST_TEST_DATA"}
    for name in sorted(os.environ):
        if name.startswith("DIGEST_") and name not in known:
            key = name.removeprefix("DIGEST_").lower()
            cure = f"write {key} = ... into {session.config().home / CONFIG_FILE}"
            log.warning("%s is not set for the timer", name, extra={"hint": cure})


def _shown(night: Night, folder: Path) -> str:
    from digest import timer

    moves = timer.drifts(night, datetime.now(UTC).year)
    enable = "systemctl enable --now" if night.user else "systemctl --user enable --now"
    return "\n".join(
        (
            f"# {folder / night.name}.service",
            timer.service(night),
            f"# {folder / night.name}.timer",
            timer.timer(night),
            f"# then: {enable} {night.name}.timer",
            "",
            f"# or, for crontab -e: {night.at} in {night.zone}, in this machine's zone, and "
            f"{timer.delay_minutes(night.home)} minutes",
            "# of its own, so that not all labs ask arXiv at once",
            *(["# when either has summer time, write this line anew"] if moves else []),
            _cron(night),
        )
    )


def _cron(night: Night) -> str:
    from digest import timer

    try:
        return timer.cron_line(night)
    except ConfigError as exc:
        return f"# {exc.message}: {exc.hint}"


def _install(session: Session, night: Night, folder: Path, system: bool) -> None:
    from digest import files, timer

    if not night.home.is_dir():
        raise DigestError(f"there is no {night.home} yet", "digest init makes it")
    units = {".service": timer.service(night), ".timer": timer.timer(night)}
    with session.for_others(system):
        for ending, text in units.items():
            files.write(folder / f"{night.name}{ending}", text.encode())
    _systemctl(system, "daemon-reload")
    _systemctl(system, "enable", "--now", f"{night.name}.timer")
    if not system:
        _warn_of_lingering()
    click.echo(folder / f"{night.name}.timer")


def _remove(night: Night, folder: Path, system: bool) -> None:
    timer = folder / f"{night.name}.timer"
    if not timer.exists():
        raise DigestError(f"there is no {timer}", "digest install-timer puts it there")
    _systemctl(system, "disable", "--now", timer.name)
    for path in (timer, timer.with_suffix(".service")):
        path.unlink(missing_ok=True)
    _systemctl(system, "daemon-reload")
    click.echo(timer)


def _systemctl(system: bool, *arguments: str) -> None:
    """Ask systemd.

    Raises:
        DigestError: It is not there, or says no.
    """
    if shutil.which("systemctl") is None:
        raise DigestError("there is no systemd here", "digest install-timer --print: a cron line")
    command: Sequence[str] = ("systemctl", *([] if system else ["--user"]), *arguments)
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=ENABLE_S, check=False
        )
    except subprocess.TimeoutExpired as exc:
        raise DigestError(f"{' '.join(command)} does not end") from exc
    if done.returncode != 0:
        said = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
        hint = "digest install-timer --print: a cron line, or the units to install by hand"
        raise DigestError(f"{' '.join(command)}: {said}", hint)


def _warn_of_lingering() -> None:
    """A user's timers run only while the user is logged in, unless it lingers."""
    from digest import timer

    if cure := timer.lingering_cure():
        log.warning("the timer runs only while you are logged in", extra={"hint": cure})


COMMANDS = (install_timer,)
