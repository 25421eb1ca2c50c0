"""The search index of a static site, as scripts that a page opened from a file can load.

    manifest.js              which segments there are, of which days, and how to find a term
    index/2026-<id>/7.js     the 8th part of a segment's terms, in their order, with their papers
    text/2026-01-23-<id>/4.js   what is found: the 5th paper of a day, its titles and its text
    han-<id>.js              traditional characters and their simplified forms

A segment is a year, one of the last months, or the newest week, so that a query loads few files
and a new day writes a small one. Names hold a hash of the content: no file is ever changed, the
manifest is replaced last, and what it does not name is removed. A segment is put together from
those that lie there; only the papers of new days are read. ``static/search.js`` is the other half.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import cache
from itertools import groupby, takewhile
from pathlib import Path

from digest import files
from digest.errors import StoreError
from digest.site import shards
from digest.site.postings import entries, join
from digest.words.folding import simplified

FORMAT = 1
"""Part of every name: a changed tokenizer or layout makes a new index."""
PART_CHARS = 32_000
"""Of an index file. From a file:// page each file costs about as much as 100 kB of it."""
WEEK_DAYS = 8
"""The newest days of a month are apart, so that a day need not write the month; four weeks one."""
SETTLED_DAYS = 14
"""After a month's end it joins its year: until then papers read late may still change it."""

_UNWANTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+|[\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Item:
    """One paper of one day, as it is found and shown.

    ``date``: YYYY-MM-DD. ``url``: its page, from the site's root. ``text``: what is searched and
    quoted besides the titles: authors, abstract in both languages, claims, quotes, a line each.
    """

    id: str
    date: str
    url: str
    title: str
    translated_title: str
    text: str


@dataclass(frozen=True, slots=True)
class _Day:
    """What the manifest says of a day; ``id`` names its content."""

    date: str
    id: str
    papers: int

    @property
    def folder(self) -> str:
        return f"text/{self.date}-{self.id}"


@dataclass(frozen=True, slots=True)
class _Segment:
    """Days whose papers are numbered and indexed together. ``starts``: where each part begins."""

    folder: str
    days: tuple[_Day, ...]
    starts: tuple[str, ...] = ()

    @property
    def papers(self) -> int:
        return sum(day.papers for day in self.days)


def update(folder: Path, changed: Mapping[str, Sequence[Item]]) -> None:
    """Bring the index in ``folder`` up to date.

    Args:
        folder: Where the index is; made where it is missing.
        changed: By date, all papers of each day that is new or changed, in their order; none
            for a day that is gone. Days that are not named stay.

    Raises:
        ValueError: A date is none, or an item is of another date than it stands under.
        StoreError: The folder cannot be written, or what lies there is damaged.
    """
    old = _segments(folder)
    days = {day.date: day for segment in old for day in segment.days}
    days |= {when: _day(when, items) for when, items in changed.items()}
    try:
        for when, items in changed.items():
            _write_texts(folder, days[when], items)
        kept = sorted((day for day in days.values() if day.papers), key=lambda day: day.date)
        new = [_made(folder, name, run, old) for name, run in _grouped(kept)]
        _publish(folder, new)
    except OSError as exc:
        raise StoreError(
            f"the search index in {folder} cannot be made: {exc}",
            "check free space and permissions, or remove the folder and build the site again",
        ) from exc


def indexed(folder: Path) -> dict[str, str]:
    """The days in the index and the fingerprint of each; nothing where there is no whole index."""
    return {day.date: day.id for segment in _segments(folder) for day in segment.days}


def fingerprint(items: Sequence[Item]) -> str:
    """What ``indexed`` shows for a day once it holds these items: others if anything differs."""
    return _hash([asdict(_plain(item)) for item in items])


# ---------------------------------------------------------------- days and their texts


def _day(when: str, items: Sequence[Item]) -> _Day:
    if date.fromisoformat(when).isoformat() != when:
        raise ValueError(f"not a date of the form YYYY-MM-DD: {when!r}")
    if others := [item.id for item in items if item.date != when]:
        raise ValueError(f"papers of another day than {when}: {', '.join(others)}")
    return _Day(when, fingerprint(items), len(items))


def _plain(item: Item) -> Item:
    """Without control characters, marks that turn the direction, and halves of characters."""
    return Item(**{name: _plain_text(value) for name, value in asdict(item).items()})


def _plain_text(text: str) -> str:
    cleaned = _UNWANTED.sub(lambda match: " " if match[0].isspace() else "", text)
    return cleaned.encode("utf-8", "replace").decode("utf-8")


def _write_texts(folder: Path, day: _Day, items: Sequence[Item]) -> None:
    for position, item in enumerate(items):
        shards.write(folder, f"{day.folder}/{position}.js", asdict(_plain(item)))


def _texts(folder: Path, day: _Day) -> Iterator[tuple[str, str]]:
    """(titles, text) of each paper of a day, the last first: the newest has the highest number,
    and among those of one day the one that stands first.
    """
    for position in reversed(range(day.papers)):
        found = shards.read(folder, f"{day.folder}/{position}.js")
        if not isinstance(found, dict) or found.keys() != set(Item.__slots__):
            raise shards.damaged(folder / day.folder)
        item = Item(**found)
        yield f"{item.title}\n{item.translated_title}\n{item.id}", item.text


# ---------------------------------------------------------------- segments


def _grouped(days: Sequence[_Day]) -> Iterator[tuple[str, list[_Day]]]:
    """The segments there shall be: years, months that are not settled, the newest week."""
    if not days:
        return
    newest = date.fromisoformat(days[-1].date)
    week = newest.replace(day=newest.day - (newest.day - 1) % WEEK_DAYS).isoformat()
    open_since = (newest - timedelta(SETTLED_DAYS)).isoformat()[:7]

    def name(day: _Day) -> str:
        if day.date >= week:
            return week
        return day.date[:7] if day.date[:7] >= open_since else day.date[:4]

    for group, run in groupby(days, name):
        yield group, list(run)


def _made(folder: Path, name: str, days: Sequence[_Day], old: Sequence[_Segment]) -> _Segment:
    """The segment of these days: the one that is there, or a new one of what is there."""
    wanted = _Segment(f"index/{name}-{_hash([[day.date, day.id] for day in days])}", tuple(days))
    for segment in old:
        if segment.folder == wanted.folder:
            return segment
    first, *later = _pieces(days, old)
    found, papers = _entries(folder, first), first.papers
    for piece in later:
        join(found, _entries(folder, piece), papers)
        papers += piece.papers
    return _write_segment(folder, wanted, found)


def _pieces(days: Sequence[_Day], old: Sequence[_Segment]) -> Iterator[_Segment]:
    """``days`` in their order, as old segments where one fits and as single new days elsewhere."""
    by_first = {segment.days[0]: segment for segment in old}
    at = 0
    while at < len(days):
        piece = by_first.get(days[at])
        if piece is None or piece.days != tuple(days[at : at + len(piece.days)]):
            piece = _Segment("", (days[at],))
        yield piece
        at += len(piece.days)


def _entries(folder: Path, piece: _Segment) -> dict[str, str]:
    if not piece.folder:
        return entries(list(_texts(folder, piece.days[0])))
    found: dict[str, str] = {}
    for number in range(len(piece.starts)):
        part = shards.read(folder, f"{piece.folder}/{number}.js")
        if not isinstance(part, str):
            raise shards.damaged(folder / piece.folder)
        for entry in part.split():
            term, _, lists = entry.partition(":")
            found[term] = lists
    return found


def _write_segment(folder: Path, segment: _Segment, found: Mapping[str, str]) -> _Segment:
    starts: list[str] = []
    for number, (start, part) in enumerate(_parts(found)):
        starts.append(start)
        shards.write(folder, f"{segment.folder}/{number}.js", f" {part} ")
    return _Segment(segment.folder, segment.days, tuple(starts))


def _parts(found: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Where each part begins, and its entries; no term lies in two parts."""
    lines: list[str] = []
    start, chars, previous = "", 0, ""
    for term in sorted(found, key=_by_unit):
        if chars > PART_CHARS:
            yield start, " ".join(lines)
            start, chars, lines = _boundary(previous, term), 0, []
        lines.append(f"{term}:{found[term]}")
        chars += len(lines[-1]) + 1
        previous = term
    yield start, " ".join(lines)


def _by_unit(term: str) -> bytes:
    """The order in which a browser compares strings."""
    return term.encode("utf-16-be")


def _boundary(before: str, after: str) -> str:
    """The shortest start of ``after`` that comes after ``before``."""
    shared = takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False))
    return after[: len(list(shared)) + 1]


# ---------------------------------------------------------------- files


def _publish(folder: Path, segments: Sequence[_Segment]) -> None:
    """Make these segments the index, and remove what is no part of it."""
    shards.write(folder, _han(), _table())
    os.sync()  # one wait for the disk instead of one for each of some hundred files
    listed = [
        {
            "folder": segment.folder,
            "days": " ".join(f"{day.date}:{day.id}:{day.papers}" for day in segment.days),
            "starts": " ".join(segment.starts),
        }
        for segment in segments
    ]
    files.write(
        folder / "manifest.js", shards.script("manifest.js", {"han": _han(), "segments": listed})
    )
    wanted = {segment.folder for segment in segments}
    wanted |= {day.folder for segment in segments for day in segment.days}
    _sweep(folder, wanted)


def _sweep(folder: Path, wanted: set[str]) -> None:
    for path in (*folder.glob("index/*"), *folder.glob("text/*")):
        if path.relative_to(folder).as_posix() not in wanted:
            shutil.rmtree(path)
    for path in folder.glob("han-*.js"):
        if path.name != _han():
            path.unlink()


def _segments(folder: Path) -> list[_Segment]:
    """What the manifest lists and is there; nothing where it is damaged or of another format."""
    try:
        found = shards.read(folder, "manifest.js")
        if not isinstance(found, dict) or found["han"] != _han():
            return []
        listed = [_segment(**each) for each in found["segments"]]
    except (StoreError, OSError, KeyError, TypeError, ValueError):
        return []
    return [segment for segment in listed if _is_there(folder, segment)]


def _is_there(folder: Path, segment: _Segment) -> bool:
    """Somebody may have taken folders away; its days are then to be indexed again."""
    folders = (segment.folder, *(day.folder for day in segment.days))
    return all((folder / name).is_dir() for name in folders)


def _segment(folder: str, days: str, starts: str) -> _Segment:
    listed = [day.split(":") for day in days.split(" ")]
    return _Segment(
        folder,
        tuple(_Day(when, made, int(papers)) for when, made, papers in listed),
        tuple(starts.split(" ")),
    )


def _hash(content: object) -> str:
    """Names ``content`` as this program indexes it."""
    described = json.dumps([FORMAT, PART_CHARS, _table(), content])
    return hashlib.sha256(described.encode()).hexdigest()[:10]


@cache
def _table() -> str:
    """Traditional characters, each with its simplified form after it."""
    return "".join(old + new for old, new in sorted(simplified().items()))


def _han() -> str:
    return f"han-{_hash('')}.js"
