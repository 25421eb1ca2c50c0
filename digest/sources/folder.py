"""A folder of PDFs: ``NAME.pdf`` with an optional ``NAME.json`` beside it.

The JSON holds what is known: ``id``, ``title``, ``authors``, ``abstract``, ``categories``,
``submitted``, ``updated``. Without an id a paper is known by the sha256 of its PDF. Sub-folders
are not searched.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from digest import files
from digest.errors import SourceError
from digest.records import ArxivId, LocalId, Paper
from digest.sources import Arrival, Delivery

_KEYS = {"id", "title", "authors", "abstract", "categories", "submitted", "updated"}
_CATEGORY = re.compile(r"[A-Za-z-]+(?:\.[A-Za-z-]+)?")
_METADATA_LIMIT_BYTES = 1 << 20

log = logging.getLogger(__name__)


class FolderSource:
    """The PDFs of one folder, in the order of their names.

    Args:
        folder: Where they are.
        limit: At most so many of them; None for all.
    """

    def __init__(self, folder: Path, limit: int | None = None) -> None:
        self._folder = folder
        self._limit = limit
        self.name = folder.resolve().name

    def deliver(self, date: str) -> Delivery:
        """Read every PDF's metadata. Two files of one paper count once, the first by name.

        Raises:
            SourceError: No such folder, or no PDF in it.
        """
        found: dict[str, Arrival] = {}
        unread = []
        for pdf in self._pdfs():
            try:
                arrival = _arrival(pdf)
            except SourceError as exc:
                unread.append(exc)
                continue
            key = arrival.paper.id.base
            if key in found:
                log.warning("%s is the same paper as %s: left out", pdf, found[key].pdf)
                continue
            found[key] = arrival
        return Delivery(tuple(found.values())[: self._limit], unread=tuple(unread))

    def _pdfs(self) -> list[Path]:
        if not self._folder.is_dir():
            raise SourceError(f"no such folder: {self._folder}", "give --from a folder of PDFs")
        pdfs = sorted(p for p in self._folder.iterdir() if p.suffix.lower() == ".pdf")
        if not pdfs:
            raise SourceError(f"no PDF in {self._folder}", "put NAME.pdf files there")
        return pdfs


def read_one(pdf: Path) -> Arrival:
    """One PDF with the metadata beside it.

    Raises:
        SourceError: The file cannot be read, or its metadata cannot.
    """
    arrival = _arrival(pdf)
    if arrival.problem is not None:
        raise arrival.problem
    return arrival


def _arrival(pdf: Path) -> Arrival:
    """One paper; unreadable metadata is a problem of this paper, which is read without it."""
    try:
        if not pdf.is_file():  # a pipe would be waited for
            raise SourceError(f"{pdf} is no file", "a PDF must be a readable file; remove it")
        sha256 = files.sha256(pdf)
    except OSError as exc:
        hint = "a PDF must be a readable file; mend or remove it"
        raise SourceError(f"{pdf} cannot be read: {exc.strerror}", hint) from exc
    bare = Paper(LocalId.parse(f"local:{sha256}"))
    metadata = pdf.with_suffix(".json")
    if not metadata.is_file():
        return Arrival(bare, pdf, sha256)
    try:
        return Arrival(_paper(metadata, bare), pdf, sha256)
    except SourceError as exc:
        return Arrival(bare, pdf, sha256, problem=exc)


def _paper(metadata: Path, bare: Paper) -> Paper:
    """``bare`` with what the JSON file knows.

    Raises:
        SourceError: Not JSON, an unknown key, or a value of the wrong form.
    """
    hint = "mend it or delete it; without it, title and abstract come from the PDF"
    try:
        if metadata.stat().st_size > _METADATA_LIMIT_BYTES:
            raise ValueError(f"larger than {_METADATA_LIMIT_BYTES} bytes")
        values = json.loads(metadata.read_bytes())
        if not isinstance(values, dict):
            raise ValueError("not an object")
        unknown = values.keys() - _KEYS
        if unknown:
            raise ValueError(f"unknown key {min(unknown)!r}; known: {', '.join(sorted(_KEYS))}")
        return dataclasses.replace(bare, **_fields(values))
    except (OSError, ValueError, OverflowError, RecursionError) as exc:
        raise SourceError(f"{metadata}: {exc}", hint) from exc


def _fields(values: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if values.get("id"):
        fields["id"] = ArxivId.parse(_text(values, "id"))
    for key in ("title", "abstract"):
        if values.get(key):
            fields[key] = " ".join(_text(values, key).split())
    for key in ("authors", "categories"):
        if values.get(key):
            fields[key] = _texts(values, key)
    for key in ("submitted", "updated"):
        if values.get(key):
            fields[f"{key}_at"] = _time(_text(values, key))
    return fields


def _text(values: dict[str, Any], key: str) -> str:
    if not isinstance(values[key], str):
        raise ValueError(f"{key} must be a string, not {values[key]!r}")
    text: str = values[key]
    text.encode()  # half of a surrogate pair is no text; its UnicodeEncodeError is a ValueError
    return text


def _texts(values: dict[str, Any], key: str) -> tuple[str, ...]:
    value = values[key]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{key} must be a list of strings, not {value!r}")
    "".join(value).encode()
    wrong = [item for item in value if key == "categories" and not _CATEGORY.fullmatch(item)]
    if wrong:
        raise ValueError(f"not a category: {wrong[0]!r}")
    return tuple(" ".join(item.split()) for item in value)


def _time(text: str) -> datetime:
    """An ISO 8601 time; one without a zone is UTC, as arXiv's are."""
    time = datetime.fromisoformat(text)
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
