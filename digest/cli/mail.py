"""A day's post as a mail: sent, or written to a file."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

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
from digest.config import Config
from digest.records import to_builtins

log = logging.getLogger("digest")


@click.command()
@click.option("--date", metavar="YYYY-MM-DD", help="Date of the post [default: today].")
@click.option("--to", metavar="FILE.eml|-", help="Write the mail there and send nothing.")
@click.option("--again", is_flag=True, help="Also to those who were sent it before.")
@json_option
@pass_session
def mail(session: Session, date: str | None, to: str | None, again: bool, as_json: bool) -> None:
    """Send a day's post by the lab's mail server, to each recipient once; or write it to a file.

    The server and the recipients are settings: smtp_host, mail_from, mail_to.
    """
    from digest import assembly

    config = session.config()
    when = date_of(date, config)
    if to is not None:
        with session.for_others():
            _write(when, to, config)
        return
    sent = assembly.mailer(config).mail(when, store_to_read(config), again)
    for who, why in sent.refused:
        log.warning("not sent to %s: %s", who, why)
    if as_json:
        click.echo(json_text(to_builtins(sent)))
    else:
        had = f"; {len(sent.before)} had it already" if sent.before else ""
        click.echo(f"{when}: sent to {len(sent.to)}{had}")
    if sent.refused:
        sys.exit(EXIT_FAILED)


def _write(date: str, to: str, config: Config) -> None:
    from digest import files
    from digest.outputs import mail_bytes

    data = mail_bytes(date, config, store_to_read(config))
    if to == "-":
        click.echo(data, nl=False)
    else:
        files.write(Path(to), data)
        click.echo(to)


COMMANDS = (mail,)
