"""The papers that a lab likes: a BibTeX file, a Zotero export, or a plain list.

Told apart by the file's name: ``.bib`` is BibTeX (Zotero, JabRef, BibDesk), ``.json`` is CSL JSON
(Zotero), ``.txt`` a list of titles, arXiv ids or addresses, one a line, ``#`` before a comment.
A paper known only by its id gets its words from what the ledger knows (``LikedList.completed``).
"""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bibtexparser.entrypoint import parse_string
from bibtexparser.library import Library
from bibtexparser.model import (
    DuplicateBlockKeyBlock,
    DuplicateFieldKeyBlock,
    Entry,
    ParsingFailedBlock,
)

from digest.errors import ConfigError
from digest.records import ArxivId, Paper

_LIMIT_BYTES = 256 << 20  # a library of 100,000 papers with abstracts is smaller
_DATE = re.compile(r"(?P<year>[12]\d{3})(?:-(?P<month>\d\d?)(?:-(?P<day>\d\d?))?)?")
_ARXIV = re.compile(
    r"""arxiv(?:\.org/(?:abs|pdf)/|[:./\s]\s*)
        (?P<id>\d{4}\.\d{4,5}|[a-z]+(?:-[a-z]+)?(?:\.[A-Z]{2})?/\d{7})""",
    re.VERBOSE | re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LikedPaper:
    """A paper that the lab likes. ``title`` is empty while only the id is known.

    ``date``: when it was added to the library, else when it came out; None where neither is known.
    """

    title: str
    abstract: str = ""
    id: ArxivId | None = None
    date: date | None = None


@dataclass(frozen=True, slots=True)
class LikedList:
    """A file's papers, in its order. ``skipped``: entries that name none, or cannot be read."""

    papers: tuple[LikedPaper, ...]
    skipped: int = 0

    @property
    def unknown(self) -> tuple[ArxivId, ...]:
        """The papers whose words are not known: ids without title, or without abstract."""
        return tuple(p.id for p in self.papers if p.id is not None and not (p.title and p.abstract))

    def completed(self, known: Iterable[Paper]) -> LikedList:
        """The list with titles, abstracts and dates of those papers that are ``known``."""
        by_base = {paper.id.base: paper for paper in known if isinstance(paper.id, ArxivId)}
        papers = [
            liked if liked.id is None else _completed(liked, by_base.get(liked.id.base))
            for liked in self.papers
        ]
        return LikedList(tuple(papers), self.skipped)


def load_liked(path: Path) -> LikedList:
    """Read a file of liked papers.

    Raises:
        ConfigError: There is no such file, it is not of the form its name says, or it names no
            paper.
    """
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise ConfigError(
            f"{path} is no list of liked papers that can be read",
            "give BibTeX (.bib), CSL JSON (.json) or a list of titles and ids (.txt)",
        )
    found = read(_text(path), path)
    if found.skipped:
        log.warning("%s: %d entries without a title or unreadable", path, found.skipped)
    if not found.papers:
        raise ConfigError(f"{path} names no paper", "export it as BibTeX or CSL JSON, or list ids")
    return found


def _text(path: Path) -> str:
    """A file's text: UTF-8 or UTF-16 with a mark, else UTF-8, else Latin-1."""
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise ConfigError(f"{path} is larger than {_LIMIT_BYTES >> 20} MB")
        data = path.read_bytes()
    except OSError as exc:
        raise ConfigError(f"{path} cannot be read: {exc.strerror}", "correct liked =") from exc
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _completed(liked: LikedPaper, known: Paper | None) -> LikedPaper:
    if known is None:
        return liked
    submitted = known.submitted_at
    return dataclasses.replace(
        liked,
        title=liked.title or known.title,
        abstract=liked.abstract or known.abstract,
        date=liked.date or (submitted.date() if submitted is not None else None),
    )


# ---------------------------------------------------------------- BibTeX


def _read_bibtex(text: str, path: Path) -> LikedList:
    library = parse_string(text)
    entries, broken = _entries(library)
    if not entries and not broken:
        raise ConfigError(f"{path} holds no BibTeX entry", "export the library as BibTeX")
    return _kept([_from_bibtex(entry) for entry in entries], broken)


def _entries(library: Library) -> tuple[list[Entry], int]:
    """The entries in the file's order, and how many blocks could not be read.

    An entry that repeats a key or a field is a paper nevertheless.
    """
    repeated = (DuplicateBlockKeyBlock, DuplicateFieldKeyBlock)
    entries, broken = [], 0
    for block in library.blocks:
        meant = block.ignore_error_block if isinstance(block, repeated) else block
        if isinstance(meant, Entry):
            entries.append(meant)
        elif isinstance(block, ParsingFailedBlock):
            broken += 1
    return entries, broken


def _from_bibtex(entry: Entry) -> LikedPaper:
    fields: dict[str, str] = {}
    for field in entry.fields:  # the first of a field that is repeated
        fields.setdefault(field.key.lower(), _plain(str(field.value)))
    return LikedPaper(
        fields.get("title", ""),
        fields.get("abstract", ""),
        _bibtex_id(fields),
        _bibtex_date(fields),
    )


def _plain(value: str) -> str:
    """A value without braces, on one line; the comparison of words knows the accents of TeX."""
    return " ".join(value.replace("{", "").replace("}", "").split())


def _bibtex_id(fields: Mapping[str, str]) -> ArxivId | None:
    archive = fields.get("archiveprefix", fields.get("eprinttype", "arxiv")).lower()
    if archive == "arxiv" and "eprint" in fields:
        try:
            return ArxivId.parse(fields["eprint"])
        except ValueError:
            pass  # an eprint of some other archive that was not named
    return _mentioned_id(fields.get(name, "") for name in ("url", "doi", "journal", "note"))


def _bibtex_date(fields: Mapping[str, str]) -> date | None:
    """When it was added, where the program that wrote the file says so, else when it came out."""
    for name in ("date-added", "dateadded", "timestamp", "urldate", "date"):
        if (found := _date(fields.get(name, ""))) is not None:
            return found
    month = fields.get("month", "")[:3].lower()
    if month in _MONTHS:
        month = str(_MONTHS.index(month) + 1)
    year = fields.get("year", "")
    return _date(f"{year}-{month}") or _date(year)


# ---------------------------------------------------------------- CSL JSON, lists


def _read_csl(text: str, path: Path) -> LikedList:
    try:
        items = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise ConfigError(f"{path} is not valid JSON: {exc}", "export it as CSL JSON") from exc
    if isinstance(items, dict):
        items = items.get("items")
    if not isinstance(items, list):
        raise ConfigError(f"{path} is no CSL JSON", "in Zotero: Export Library, CSL JSON")
    entries = [item for item in items if isinstance(item, dict)]
    return _kept([_from_csl(entry) for entry in entries], len(items) - len(entries))


def _from_csl(item: Mapping[str, Any]) -> LikedPaper:
    def text(name: str) -> str:
        value = item.get(name)
        return (
            " ".join(re.sub(r"<[^>]{1,20}>", "", value).split()) if isinstance(value, str) else ""
        )

    names = ("number", "URL", "DOI", "note", "archive_location")
    found = _mentioned_id(text(name) for name in names)
    dates = (_csl_date(item.get(name)) for name in ("accessed", "issued"))
    when = next((date for date in dates if date is not None), None)
    return LikedPaper(text("title"), text("abstract"), found, when)


def _csl_date(value: Any) -> date | None:
    """``{"date-parts": [[2024, 3, 1]]}``, the numbers perhaps as strings; also ``raw``."""
    if not isinstance(value, dict):
        return None
    parts = value.get("date-parts")
    if isinstance(parts, list) and parts and isinstance(parts[0], list):
        return _date("-".join(str(part) for part in parts[0][:3]))
    return _date(str(value.get("raw", "")))


def _read_lines(text: str, _path: Path) -> LikedList:
    lines = (
        line.split("#", 1)[0] if line.lstrip().startswith("#") else line
        for line in text.splitlines()
    )
    return _kept([_from_line(line.strip()) for line in lines if line.strip()], 0)


def _from_line(line: str) -> LikedPaper:
    try:
        return LikedPaper("", id=ArxivId.parse(line))
    except ValueError:
        return LikedPaper(line)


_READERS: Mapping[str, Callable[[str, Path], LikedList]] = {
    ".bib": _read_bibtex,
    ".bibtex": _read_bibtex,
    ".json": _read_csl,
    ".txt": _read_lines,
    "": _read_lines,
}


# ---------------------------------------------------------------- what the forms share


def _kept(papers: Sequence[LikedPaper], broken: int) -> LikedList:
    """Those that name a paper; the rest is counted."""
    kept = [paper for paper in papers if paper.title or paper.id is not None]
    return LikedList(tuple(kept), broken + len(papers) - len(kept))


def _mentioned_id(texts: Iterable[str]) -> ArxivId | None:
    """The first arXiv identifier that one of the texts names as such."""
    for text in texts:
        if match := _ARXIV.search(text):
            return ArxivId.parse(match["id"])
    return None


def _date(text: str) -> date | None:
    """The date that ``text`` starts with; a month or day that is not given is the first."""
    match = _DATE.match(text)
    if match is None:
        return None
    try:
        return date(int(match["year"]), int(match["month"] or 1), int(match["day"] or 1))
    except ValueError:
        return date(int(match["year"]), 1, 1)
