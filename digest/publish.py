"""A post's file on the disk: written whole, written once, and never over somebody's edits."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
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
    name = post_name(date)
    path = folder / name
    status: Literal["written", "aside"] = "written"
    if path.exists():
        present = path.read_bytes()
        if present == data:
            return Published(path, "unchanged")
        if not store.wrote_post_file(name, _sha256(present)):
            path, status = folder / f"{date}-arxiv-daily.new.md", "aside"
    store.put_post_file(path.name, _sha256(data))
    files.write(path, data)
    return Published(path, status)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
