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


def publish(store: Store, folder: Path, date: str, text: str, name: str = "") -> Published:
    """Put a post into ``folder``.

    Args:
        store: Knows what was written before.
        folder: Made where it is missing.
        date: Under which its bytes are recorded; of a weekly post its week, ``2026-W04``.
        text: What it says.
        name: Of the file; by default that of the date's post.

    The bytes are recorded before they are renamed into place: after a crash in between, the file
    that is there is known all the same, and is not taken for an edited one.

    Raises:
        StoreError: The file or its record cannot be written.
    """
    data = text.encode()
    path = folder / (name or post_name(date))
    if path.exists() and path.read_bytes() == data:
        store.put_post_file(date, _sha256(data))  # a restored store may not know that it is ours
        return Published(path, "unchanged")
    status: Literal["written", "aside"] = "written"
    if not _replaceable(path, date, store):
        path, status = _aside(path, date, store), "aside"
        if path.exists() and path.read_bytes() == data:
            return Published(path, "aside")
    store.put_post_file(date, _sha256(data))
    files.write(path, data)
    return Published(path, status)


def _replaceable(path: Path, date: str, store: Store) -> bool:
    """Whether nothing of anybody else is lost when ``path`` is written."""
    return not path.exists() or store.wrote_post_file(date, _sha256(path.read_bytes()))


def _aside(post: Path, date: str, store: Store) -> Path:
    """The first file beside the post that may be written: the one before may be a merge at work."""
    for number in count(1):
        path = post.with_suffix(f".new{'' if number == 1 else f'-{number}'}.md")
        if _replaceable(path, date, store):
            return path
    raise AssertionError("unreachable")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
