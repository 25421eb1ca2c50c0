"""Hosts that asked to be left alone, and until when; a later process knows it too.

A 403 closes a host until arXiv's day ends; a long ``Retry-After`` until the time it names. All of
arXiv's hosts are one: who is refused by one of them shall not try the next.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from digest import files
from digest.clock import Clock
from digest.errors import FetchError, FetchRefused, StoreError

_LONGEST = timedelta(hours=25)
"""A day, when the clocks change. A longer closure in the file is a mistake and is not heeded."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Closed:
    """Until when, and whether it was a refusal or only a request to wait."""

    until: datetime
    refused: bool


class Doors:
    """Which hosts may be asked. ``file`` None: remembered for this process only."""

    def __init__(self, file: Path | None, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._closed: dict[str, Closed] = {}

    def check(self, host: str) -> None:
        """Let a request pass, or not.

        Raises:
            FetchRefused: The host refused us today.
            FetchError: It asked to wait longer than a run can.
        """
        closed = self._read().get(site(host))
        now = self._clock.now()
        if closed is not None and now < closed.until <= now + _LONGEST:
            raise self._error(site(host), closed)

    def refused(self, host: str) -> FetchError:
        """Remember a 403; returns the error to raise."""
        return self._close(site(host), Closed(end_of_day(self._clock.now()), refused=True))

    def asked_to_wait(self, host: str, wait_s: float) -> FetchError:
        """Remember a long Retry-After, heeded for a day at most; returns the error to raise."""
        now = self._clock.now()
        until = now + min(timedelta(seconds=min(wait_s, 1e6)), _LONGEST)
        return self._close(site(host), Closed(until, refused=False))

    def _close(self, name: str, closed: Closed) -> FetchError:
        self._closed = {**self._read(), name: closed}
        if self._file is not None:
            try:
                files.write(self._file, msgspec.json.encode(self._closed))
            except StoreError as exc:
                log.warning("the next process will not know that %s is closed: %s", name, exc)
        return self._error(name, closed)

    def _read(self) -> dict[str, Closed]:
        if self._file is None:
            return self._closed
        try:
            found = msgspec.json.decode(self._file.read_bytes(), type=dict[str, Closed])
        except FileNotFoundError:
            return self._closed
        except (OSError, msgspec.MsgspecError) as exc:
            log.warning("%s is left aside: %s", self._file, exc)
            return self._closed
        return found

    def _error(self, name: str, closed: Closed) -> FetchError:
        until = f"{closed.until:%Y-%m-%d %H:%M} UTC"
        where = f", or delete {self._file}" if self._file is not None else ""
        if closed.refused:
            return FetchRefused(
                f"{name} refused us (403): nothing is asked of it until {until}",
                f"set contact to your address and wait{where}",
                retryable=False,
            )
        return FetchError(f"{name} asks to be left alone until {until}", f"wait{where}")


def site(host: str) -> str:
    """What closes together: all of arXiv, any other host by itself."""
    return "arxiv.org" if is_arxiv(host) else host


def is_arxiv(host: str) -> bool:
    """Whether a host is one of arXiv's own."""
    return host == "arxiv.org" or host.endswith(".arxiv.org")


def end_of_day(at: datetime) -> datetime:
    """Midnight in US Eastern time, in UTC."""
    zone = ZoneInfo("America/New_York")
    tomorrow = at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(at.tzinfo)
