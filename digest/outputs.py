"""What stands beside a post: the day as JSON and BibTeX, the feed, the week, the mail.

Data files are written over: they hold nothing but what the post says. A weekly post is a post: one
that somebody edited is kept, and the new text goes beside it. A file whose bytes are the same is
not touched, so that what copies or watches the folder sees only what changed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from digest import files
from digest.config import Config
from digest.errors import DigestError
from digest.pipeline import content, publishing, style_of
from digest.publish import Published, publish
from digest.render.bibtex import bibtex
from digest.render.daily import daily
from digest.render.feed import Day, feed
from digest.render.mail import mail
from digest.render.weekly import dates_of, week_of, weekly
from digest.store import Store

FEED_DAYS = 7
"""A feed reader that is opened once a week misses nothing; 30 papers a day are 2 MB of feed."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, in the order of ``config.outputs``, and what was not: its name and why."""

    published: tuple[Published, ...]
    failed: tuple[tuple[str, DigestError], ...]


def write_files(date: str, config: Config, store: Store) -> Written:
    """Write what ``config.outputs`` names for a date's post; one that fails keeps no other back.

    The site is another's work (``assembly.build_site``): it is made of all posts.

    Raises:
        DigestError: There is no post for ``date``.
        BusyError: Another process has been writing here for long.
    """
    published, failed = [], []
    with publishing(config), store.database.lingering():
        sheet = _Sheet(date, config, store, content(date, config, store))
        for name in config.outputs:
            if name not in _WRITERS:
                continue
            try:
                published.append(_WRITERS[name](sheet))
            except DigestError as exc:
                failed.append((name, exc))
    return Written(tuple(published), tuple(failed))


def mail_bytes(date: str, config: Config, store: Store) -> bytes:
    """A date's post as a mail.

    Raises:
        DigestError: There is no post for ``date``.
    """
    return mail(*content(date, config, store), config.mail_from, config.mail_to)


@dataclass(frozen=True)
class _Sheet:
    """A date whose files are written, and what its post says."""

    date: str
    config: Config
    store: Store
    day: Day

    @cached_property
    def dates(self) -> list[str]:
        """Of all posts, newest first."""
        return [date for date, _, _ in self.store.post_dates()]

    def days(self, dates: list[str]) -> list[Day]:
        return [
            self.day if date == self.date else content(date, self.config, self.store)
            for date in dates
        ]

    def write(self, name: str, data: bytes) -> Published:
        """A file in posts/, unless it has these bytes."""
        path = self.config.posts / name
        with contextlib.suppress(OSError):  # what cannot be read may still be replaced
            if path.read_bytes() == data:
                return Published(path, "unchanged")
        files.write(path, data)
        return Published(path, "written")


def _json(sheet: _Sheet) -> Published:
    return sheet.write(f"{sheet.date}.json", daily(*sheet.day))


def _bibtex(sheet: _Sheet) -> Published:
    return sheet.write(f"{sheet.date}.bib", bibtex(sheet.day[1]).encode())


def _atom(sheet: _Sheet) -> Published:
    return sheet.write("feed.xml", feed(sheet.days(sheet.dates[:FEED_DAYS])))


def _weekly(sheet: _Sheet) -> Published:
    week = week_of(sheet.date)
    first, last = dates_of(week)
    days = sheet.days(sorted(date for date in sheet.dates if first <= date <= last))
    folder = sheet.config.posts / "weekly"
    text = weekly(week, days, style_of(sheet.config))
    return publish(sheet.store, folder, week, text, f"{week}.md")


def _mail(sheet: _Sheet) -> Published:
    config = sheet.config
    return sheet.write(f"mail/{sheet.date}.eml", mail(*sheet.day, config.mail_from, config.mail_to))


_WRITERS: Mapping[str, Callable[[_Sheet], Published]] = {
    "json": _json,
    "bibtex": _bibtex,
    "atom": _atom,
    "weekly": _weekly,
    "mail": _mail,
}
