"""What lists days: home, months, categories; from what each day left behind, never from the store.

State lies in ``state/`` of the site: ``days/DATE.json`` (``Kept``) and ``months/MONTH.json``
(``Month``), so that a new day reads the days of its month and a few lines of every other month.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from digest import files
from digest.records import to_json
from digest.site.day import Kept

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,40}")
_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class Month:
    """``days``: the fingerprint of each; ``categories``: how many papers are of each."""

    days: Mapping[str, str]
    papers: int
    categories: Mapping[str, int]


def month_of(days: Sequence[Kept]) -> Month:
    """A month from its days."""
    lines = [line for day in days for line in day.papers]
    counts = Counter(category for line in lines for category in dict.fromkeys(line.categories))
    return Month(
        {day.date: day.fingerprint for day in days}, len(lines), dict(sorted(counts.items()))
    )


def of_category(days: Sequence[Kept], category: str) -> list[Kept]:
    """The days with the papers of a category alone, newest first, without empty ones."""
    found = [
        Kept(day.date, "", tuple(line for line in day.papers if category in line.categories))
        for day in sorted(days, key=lambda day: day.date, reverse=True)
    ]
    return [day for day in found if day.papers]


class State:
    """What earlier builds left behind in a site's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "state"

    def months(self) -> dict[str, Month]:
        """Every month, oldest first. A damaged one counts as none, so that it is built again."""
        paths = sorted((self._folder / "months").glob("*.json"))
        read = {path.stem: _read(path, Month) for path in paths}
        return {name: month for name, month in read.items() if month is not None}

    def days(self, dates: Iterable[str]) -> list[Kept]:
        """What these days left, oldest first."""
        found = [_read(self._day(date), Kept) for date in sorted(dates)]
        return [day for day in found if day is not None]

    def put_day(self, kept: Kept) -> None:
        """Keep what a day left; its month still has to be put."""
        files.write(self._day(kept.date), to_json(kept))

    def put_month(self, name: str, month: Month) -> None:
        """Keep a month: its days count as built from now on. An empty one is forgotten.

        After a power cut they must be there: the disk is waited for once, here.
        """
        os.sync()
        path = self._folder / "months" / f"{name}.json"
        if month.days:
            files.write(path, to_json(month))
        else:
            path.unlink(missing_ok=True)

    def drop_day(self, date: str) -> None:
        """Forget a day."""
        self._day(date).unlink(missing_ok=True)

    def _day(self, date: str) -> Path:
        return self._folder / "days" / f"{date}.json"


def _read(path: Path, kind: type[_Kind]) -> _Kind | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError):
        return None


def month_url(month: str) -> str:
    """From the site's root."""
    return f"month/{month}.html"


def category_url(category: str, month: str = "") -> str:
    """From the site's root; a name that is none of arXiv's may hold anything."""
    name = category
    if not _SAFE.fullmatch(category):
        name = "x-" + hashlib.sha256(category.encode()).hexdigest()[:12]
    return f"category/{name}{f'-{month}' if month else ''}.html"
