"""What every command shares: its settings, its options, and how it writes data."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from digest import config as configuration
from digest.cli.night import Night
from digest.clock import SystemClock
from digest.config import Config
from digest.errors import DigestError

if TYPE_CHECKING:
    from digest.store import Store

EXIT_FAILED, EXIT_USAGE, EXIT_SOME_FAILED = 1, 2, 3
CHECKOUT = Path(__file__).resolve().parent.parent.parent


@dataclass(slots=True)
class Session:
    """What every command shares. ``flags``: settings given on the command line.

    ``umask``: the user's own, for what others are to read; ours lets nobody else in.
    """

    flags: dict[str, Any]
    quiet: bool
    console: Console
    umask: int = 0o077
    night: Night = field(default_factory=Night)

    def config(self, **flags: Any) -> Config:
        """The settings, with the command's own flags on top."""
        return configuration.load(os.environ, {**self.flags, **flags}, CHECKOUT)

    @contextmanager
    def for_others(self, named: bool = True) -> Iterator[None]:
        """Files that are made here are readable as the user's own umask says.

        ``named``: whether it is so; the user has named where they go.
        """
        ours = os.umask(self.umask if named else 0o077)
        try:
            yield
        finally:
            os.umask(ours)

    def share_models(self, config: Config) -> None:
        """Models that came with papers are as readable as those that were pulled: for all homes."""
        from digest import files

        if not config.models_dir.is_relative_to(config.home):
            files.open_up(config.models_dir, self.umask)


pass_session = click.make_pass_decorator(Session)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")
model_option = click.option("--model", metavar="NAME", help="Model that writes the reading.")
translator_option = click.option("--translator", metavar="NAME", help="Model that translates.")


def categories_flag(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    return {"categories": tuple(part.strip() for part in text.split(",") if part.strip())}


def date_of(text: str | None, config: Config) -> str:
    """A date as it is used in names; today in the configured zone where none is given.

    Raises:
        ConfigError: ``text`` is no date.
    """
    if text is None:
        return SystemClock().now().astimezone(ZoneInfo(config.zone)).date().isoformat()
    return configuration.check_date(text)


def store_to_read(config: Config) -> Store:
    """The home's database, for a command that only reads it: a mistyped --home does not become one.

    Raises:
        DigestError: There is none.
    """
    from digest.store import Store

    store = Store(config.database)
    if not store.database.exists():
        raise DigestError(f"no digest in {config.home}", "make one: digest run; or see --home")
    return store


def json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
