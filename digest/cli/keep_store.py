"""Copies of the database: one is made, one is put back."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli.session import Session, json_option, json_text, pass_session, store_to_read


@click.command()
@click.option(
    "--to", metavar="FILE", type=click.Path(dir_okay=False), help="A copy there, kept for good."
)
@pass_session
def backup(session: Session, to: str | None) -> None:
    """Copy the database, also while a run is at work; the copy is read through before it counts.

    Without --to it is the day's backup, as each run makes it at its end, in backups/ of the home;
    keep_backups of them stay. Prints the copy's path.
    """
    from digest import backups
    from digest.clock import SystemClock
    from digest.store.backup import copy

    config = session.config()
    store = store_to_read(config)
    if to is None:
        path = backups.make(config, store, SystemClock().now)
    else:
        path = Path(to).absolute()
        backups.check_space(store.database.path, path.parent)
        copy(store.database, path)
    session.console.print(f"{path.stat().st_size / 1e6:.1f} MB, read through")
    click.echo(path)


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False))
@json_option
@pass_session
def restore(session: Session, file: str | None, as_json: bool) -> None:
    """Put a backup in the place of the database: FILE, or the newest good one.

    The file that was there is kept beside it. Posts that were made since are entered again from
    their JSON files; whatever else a day lacks, the next run makes. Prints what was put back.
    """
    from digest import recovery, running
    from digest.clock import SystemClock
    from digest.records import to_builtins

    config, clock = session.config(), SystemClock()
    with running.at_work(config.home, "restore", clock.now):
        restored = recovery.restore(config, clock.now, Path(file) if file else None)
    if as_json:
        click.echo(json_text(to_builtins(restored)))
        return
    for path in restored.aside:
        session.console.print(f"kept aside: {path}")
    for line in restored.reentry.lines():
        session.console.print(line)
    session.console.print("to make what was lost since the backup: digest run")
    click.echo(restored.backup)


COMMANDS = (backup, restore)
