"""Forgetting a paper, and keeping only the PDFs that are needed."""

from __future__ import annotations

import logging
import sys
from datetime import date as Date
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.session import (
    EXIT_FAILED,
    Session,
    date_of,
    json_option,
    json_text,
    pass_session,
    store_to_read,
)
from digest.cli.show import id_prefix
from digest.clockcheck import AHEAD
from digest.config import Config
from digest.errors import DigestError
from digest.records import to_builtins

if TYPE_CHECKING:
    from digest.forgetting import Forgot
    from digest.store import Store
    from digest.store.forgetting import Traces

log = logging.getLogger("digest")

RESTED = AHEAD
"""A home that rested for longer is rarer than a clock that is wrong: nothing goes for its age."""


@click.command()
@click.argument("paper", metavar="ID", required=False)
@click.option("--undo", is_flag=True, help="Let a forgotten paper come again.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_session
def forget(session: Session, paper: str | None, undo: bool, yes: bool, as_json: bool) -> None:
    """Remove a paper everywhere in the home, and never take it in again.

    ID is an arXiv id, with or without its version, or the beginning of a local one. Gone are its
    rows, PDF, pages, pictures and files, also in backups; posts are written without it, and what
    is left is a salted hash by which it is known when it comes again. Stopped in between, it goes
    on when it is called again, with or without an ID.
    """
    from digest import running
    from digest.clock import SystemClock

    config = session.config()
    store = store_to_read(config)
    with running.at_work(config.home, "forget", SystemClock().now):
        if undo:
            _undo(paper, store)
            return
        _forget(session, config, store, paper, yes, as_json)


def _forget(
    session: Session, config: Config, store: Store, paper: str | None, yes: bool, as_json: bool
) -> None:
    from digest import forgetting

    pending = forgetting.finish(config, store)
    if pending is not None:
        log.warning("what was begun before is done now: a paper is forgotten")
    if paper is None:
        if pending is None:
            raise click.UsageError("Missing argument 'ID'.")
        _report(pending, as_json)
        return
    if at := forgetting.forgotten_at(id_prefix(paper), store):
        _say_again(pending, at, as_json)
        return
    known = forgetting.find(id_prefix(paper), config, store)
    _confirm(known, session, yes)
    _report(forgetting.forget(known, config, store), as_json)


def _say_again(pending: Forgot | None, at: datetime, as_json: bool) -> None:
    """The paper is gone already: just now, by what had been begun, or before."""
    from digest.forgetting import Forgot

    done = pending or Forgot(at)
    log.info("it was forgotten on %s", f"{at:%Y-%m-%d}")  # its id shall be in no log
    _report(done, as_json)


def _undo(paper: str | None, store: Store) -> None:
    from digest import forgetting

    if paper is None:
        raise click.UsageError("Missing argument 'ID'.")
    at = forgetting.undo(id_prefix(paper), store)
    click.echo(f"{paper} may come again; it was forgotten on {at:%Y-%m-%d}")


def _confirm(known: Traces, session: Session, yes: bool) -> None:
    """Say what is going to go, and ask once."""
    title = known.titles[0] if known.titles else "without a title"
    session.console.print(f"{', '.join(known.bases)}: {title}", markup=False)
    session.console.print(f"posts: {', '.join(known.dates) or 'none'}")
    if not yes:
        click.confirm("Remove it everywhere, for good?", abort=True, err=True)


def _report(done: Forgot, as_json: bool) -> None:
    for name, lines in done.edited.items():
        where = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in lines)
        cure = f"remove from it: line {where}"
        log.warning("%s was edited by hand and still names it", name, extra={"hint": cure})
    for name in done.unreadable:
        log.warning("%s cannot be opened, and may hold it", name, extra={"hint": "remove it"})
    if as_json:
        click.echo(json_text(to_builtins(done)))
    else:
        click.echo(
            f"forgotten: {done.rows} rows and {len(done.removed)} files are gone, "
            f"{len(done.rewritten)} were rewritten"
        )
    if done.edited or done.unreadable:
        sys.exit(EXIT_FAILED)


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@json_option
@pass_session
def prune(session: Session, dry_run: bool, as_json: bool) -> None:
    """Remove PDFs that are older than pdf_days and pdf_days_restricted say.

    A run does so at its end. What was read of a PDF stays: posts, search and checks lose nothing,
    and the site keeps the pages that it has drawn. Kept are PDFs that a post waits for or that are
    tried again; a file that is not known is only named.
    """
    from digest import retention, running
    from digest.clock import SystemClock

    config = session.config()
    store = store_to_read(config)
    with running.at_work(config.home, "prune", SystemClock().now):
        pruned = retention.prune(config, store, date_of(None, config), dry_run)
    if as_json:
        click.echo(json_text({**to_builtins(pruned), "freed_bytes": pruned.freed_bytes}))
        return
    for gone in pruned.removed:
        why = "may not be passed on" if gone.restricted else "free"
        click.echo(f"{gone.file}  {gone.date}  {gone.bytes / 1e6:.1f} MB  {why}")
    for name in pruned.unknown:
        session.console.print(f"papers/{name} is of no paper that is known here: kept")
    would = "would go" if dry_run else "gone"
    click.echo(
        f"{len(pruned.removed)} PDFs {would}, {pruned.freed_bytes / 1e6:.1f} MB; "
        f"{pruned.kept} kept, {pruned.waiting} wait, {len(pruned.partial)} unfinished {would}"
    )


def before_run(config: Config, source: str | None = None) -> None:
    """What must be so before a run: nothing half forgotten, and room for what it will write.

    Raises:
        StoreError: There is clearly too little room.
    """
    from digest import assembly, forgetting, space

    store = assembly.store(config)
    if forgetting.finish(config, store) is not None:
        log.warning("a paper was still to be forgotten; it is now")
    folder = Path(source) if source is not None and Path(source).is_dir() else None
    space.ensure(config, store, folder)


def prune_after_run(config: Config) -> None:
    """What ``digest prune`` does, where the settings ask for it; it costs no run its success."""
    if not (config.pdf_days or config.pdf_days_restricted):
        return
    from digest import assembly, retention

    today, store = date_of(None, config), assembly.store(config)
    before = max((date for date, _, _ in store.post_dates() if date != today), default=today)
    if abs(Date.fromisoformat(today) - Date.fromisoformat(before)) > RESTED:
        hint = "if the clock is right: digest prune"
        log.warning("PDFs are not pruned: the post before is of %s", before, extra={"hint": hint})
        return
    try:
        pruned = retention.prune(config, store, today)
    except DigestError as exc:
        log.warning("PDFs are not pruned: %s", exc.message, extra={"hint": exc.hint})
        return
    if pruned.removed:
        freed = f"{pruned.freed_bytes / 1e6:.1f} MB"
        log.info("%d PDFs are not kept any longer: %s", len(pruned.removed), freed)


COMMANDS = (forget, prune)
