"""arXiv: what it is told, what is known of its holidays and, if asked for, whether it answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from digest.assembly import http_options
from digest.calendar import EASTERN, load_calendar
from digest.clock import SystemClock
from digest.config import Config
from digest.doctor.finding import Finding
from digest.errors import DigestError
from digest.sources.http import Client
from digest.sources.wire import Asked

SKEW = timedelta(minutes=2)
"""Beyond it our clock, or arXiv's, is wrong."""


def look(config: Config) -> Iterator[Finding]:
    """What can be known without asking."""
    if config.contact:
        yield Finding("contact", "ok", config.contact)
    else:
        cure = "set contact in digest.toml: arXiv asks for an address it can reach you at"
        yield Finding("contact", "warn", "arXiv is not told who asks", cure)
    today = datetime.now(UTC).astimezone(EASTERN).date()
    own = any(day.startswith(str(today.year)) for day in config.holidays)
    if own or load_calendar().covers(today):
        yield Finding("holidays", "ok", f"known for {today.year}")
    else:
        cure = "set holidays in digest.toml, from https://info.arxiv.org/help/availability.html"
        yield Finding("holidays", "warn", f"not known for {today}: they look like stalls", cure)


def ask(config: Config) -> Iterator[Finding]:
    """One request, paced and accounted for as any: whether arXiv answers, and what time it has."""
    options = http_options(config)
    try:
        with (
            Client(options, SystemClock()) as client,
            client.exchange(Asked(config.feed_url, options.feed)) as answer,
        ):
            date = answer.header("date")
    except DigestError as exc:
        cure = exc.hint or "check the network, its names and proxy = ... in digest.toml"
        yield Finding("arXiv", "FAIL", exc.message, cure)
        return
    yield Finding("arXiv", "ok", f"{config.feed_url} answers")
    yield from compared(date, datetime.now(UTC))


def compared(date: str, now: datetime) -> Iterator[Finding]:
    """Our clock against the Date of an answer; nothing where it has none."""
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)  # "-0000": in UTC
    apart = abs(now - theirs)
    if apart > SKEW:
        cure = "set the clock: timedatectl set-ntp true"
        found = f"{apart.total_seconds() / 60:.0f} minutes from arXiv's"
        yield Finding("clock against arXiv", "FAIL", found, cure)
