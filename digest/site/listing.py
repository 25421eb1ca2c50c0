"""What lists days: home, months, categories; from what each day left behind, never from the store.

State lies in ``state/`` of the site: ``days/DATE.json`` (``Kept``) and ``months/MONTH.json``
(``Month``), so that a new day reads the days of its month and a few lines of every other month.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from digest import files
from digest.config import known_categories
from digest.records import to_json
from digest.site.day import Kept

_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class Month:
    """``days``: the fingerprint of each; ``categories``: how many papers are of each.

    ``lacking``: days of which pictures could not be drawn.
    """

    days: Mapping[str, str]
    papers: int
    categories: Mapping[str, int]
    lacking: tuple[str, ...] = ()


def month_of(days: Sequence[Kept]) -> Month:
    """A month from its days."""
    lines = [line for day in days for line in day.papers]
    counts = Counter(category for line in lines for category in dict.fromkeys(line.categories))
    return Month(
        {day.date: day.fingerprint for day in days},
        len(lines),
        dict(sorted(counts.items())),
        tuple(day.date for day in days if day.lacking),
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

    def kind(self) -> str:
        """Of the site that is here; "" where there is none."""
        return str(files.json_object(self._folder / "kind.json").get("kind", ""))

    def put_kind(self, kind: str) -> None:
        """Remember it: a site for strangers stays one."""
        if self.kind() != kind:
            files.write(self._folder / "kind.json", to_json({"kind": kind}))

    def put_month(self, name: str, days: Sequence[Kept]) -> None:
        """Keep a month with all its days, which count as built from now on; others are forgotten.

        After a power cut what was written must be there: the disk is waited for once, here.
        """
        os.sync()
        dates = {day.date for day in days}
        for day in days:
            if self.days([day.date]) != [day]:
                files.write(self._day(day.date), to_json(day))
        path = self._folder / "months" / f"{name}.json"
        if days:
            files.write(path, to_json(month_of(days)))
        else:
            path.unlink(missing_ok=True)
        for other in (self._folder / "days").glob(f"{name}-*.json"):
            if other.stem not in dates:
                other.unlink()

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


def category_url(category: str, month: str = "index") -> str:
    """From the site's root; a name that is none of arXiv's may hold anything."""
    name = category
    if category not in known_categories():
        name = "x-" + hashlib.sha256(category.encode("utf-8", "replace")).hexdigest()[:12]
    return f"category/{name}/{month}.html"
