"""The machine: what would make a run fail."""

from __future__ import annotations

import logging
import sys

import click

from digest.cli.session import (
    EXIT_FAILED,
    Session,
    json_option,
    json_text,
    pass_session,
)
from digest.records import to_builtins

log = logging.getLogger("digest")


@click.command()
@click.option("--quick", is_flag=True, help="Run no model: without their speed and threads.")
@click.option("--online", is_flag=True, help="Ask arXiv once, too, and compare its clock.")
@json_option
@pass_session
def doctor(session: Session, quick: bool, online: bool, as_json: bool) -> None:
    """Look for what would make a run fail. Exit code 1 where something would.

    Runs each model for seconds, with different numbers of threads, and keeps the fastest for runs.
    """
    from digest import doctor as checks

    findings = checks.examine(session.config(), quick, online)
    if as_json:
        click.echo(json_text(to_builtins(findings)))
    else:
        for finding in findings:
            click.echo(f"{finding.state:<5} {finding.what}: {finding.found}")
            if finding.cure:
                click.echo(f"      {finding.cure}")
    if any(finding.state == "FAIL" for finding in findings):
        sys.exit(EXIT_FAILED)


COMMANDS = (doctor,)
