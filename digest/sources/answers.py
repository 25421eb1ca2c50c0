"""The answers of the day, kept: the same question is asked once a day, as arXiv wishes.

One file an answer: a line of JSON (the body's sha256 and what it is), then the body. A file that
is not whole is no answer. What it does not do: judge an answer; only good ones are handed in.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from digest import files
from digest.errors import StoreError

_KEPT = timedelta(days=8)
"""A feed that is looked at once a week can still be asked whether it changed."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a kept answer besides its body. ``day``: arXiv's, YYYY-MM-DD."""

    url: str
    day: str
    fetched_at: datetime
    content_type: str
    etag: str
    last_modified: str


class Answers:
    """A folder of kept answers; None keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._is_pruned = False

    def find(self, url: str) -> tuple[Kept, bytes] | None:
        """The last good answer to ``url``, of whatever day; None where there is no whole one."""
        if self._folder is None:
            return None
        try:
            head, _, body = self._path(url).read_bytes().partition(b"\n")
            whole, kept = msgspec.json.decode(head, type=tuple[str, Kept])
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as exc:
            log.warning("a kept answer is left aside: %s", exc)
            return None
        is_whole = kept.url == url and whole == hashlib.sha256(body).hexdigest()
        return (kept, body) if is_whole else None

    def keep(self, kept: Kept, body: bytes) -> None:
        """Keep an answer in the place of an older one; a full disk costs only the keeping."""
        if self._folder is None:
            return
        head = msgspec.json.encode((hashlib.sha256(body).hexdigest(), kept))
        try:
            files.write(self._path(kept.url), head + b"\n" + body)
        except StoreError as exc:
            log.warning("an answer is not kept: %s", exc)
        if not self._is_pruned:
            self._is_pruned = True
            self._prune(self._folder, kept.fetched_at)

    def forget(self, url: str) -> None:
        """Remove the answer to ``url``, if there is one."""
        if self._folder is not None:
            self._path(url).unlink(missing_ok=True)

    def _path(self, url: str) -> Path:
        assert self._folder is not None  # callers looked
        return self._folder / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.answer"

    def _prune(self, folder: Path, now: datetime) -> None:
        """Remove what is too old, of a day to come (the clock was wrong), or no answer."""
        for path in folder.glob("*.answer"):
            try:
                with path.open("rb") as file:
                    _, kept = msgspec.json.decode(file.readline(), type=tuple[str, Kept])
                if now - _KEPT <= kept.fetched_at <= now:
                    continue
            except (OSError, msgspec.MsgspecError):
                log.warning("%s is no kept answer: removed", path)
            path.unlink(missing_ok=True)


def arxiv_day(at: datetime) -> str:
    """The date at arXiv: YYYY-MM-DD in US Eastern time."""
    return at.astimezone(ZoneInfo("America/New_York")).date().isoformat()
