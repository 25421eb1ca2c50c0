"""A post's file on the disk: written whole, written once, and never over somebody's edits."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

from digest import files
from digest.store import Store


@dataclass(frozen=True, slots=True)
class Published:
    """Where a post is. ``aside``: the file beside it holds the new text, because it was edited."""

    path: Path
    status: Literal["written", "unchanged", "aside"]


def post_name(date: str) -> str:
    """File name of a date's post."""
    return f"{date}-arxiv-daily.md"


def publish(store: Store, folder: Path, date: str, text: str) -> Published:
    """Put a post into ``folder``.

    The bytes are recorded before they are renamed into place: after a crash in between, the file
    that is there is known all the same, and is not taken for an edited one.

    Raises:
        StoreError: The file or its record cannot be written.
    """
    data = text.encode()
    path = folder / post_name(date)
    status: Literal["written", "aside"] = "written"
    if not _replaceable(path, date, store):
        path, status = _aside(folder, date, store), "aside"
    if path.exists() and path.read_bytes() == data:
        return Published(path, "unchanged" if status == "written" else status)
    store.put_post_file(date, _sha256(data))
    files.write(path, data)
    return Published(path, status)


def _replaceable(path: Path, date: str, store: Store) -> bool:
    """Whether nothing of anybody else is lost when ``path`` is written."""
    return not path.exists() or store.wrote_post_file(date, _sha256(path.read_bytes()))


def _aside(folder: Path, date: str, store: Store) -> Path:
    """The first file beside the post that may be written: the one before may be a merge at work."""
    for number in count(1):
        path = folder / f"{date}-arxiv-daily.new{'' if number == 1 else f'-{number}'}.md"
        if _replaceable(path, date, store):
            return path
    raise AssertionError("unreachable")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
