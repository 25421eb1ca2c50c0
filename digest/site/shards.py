"""Data for a page opened from a file, where only a script may load: a call with a name and JSON."""

from __future__ import annotations

import json
from pathlib import Path

from digest.errors import StoreError


def script(name: str, content: object) -> bytes:
    """The script that hands ``content`` to the page under ``name``."""
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return f"{_start(name)}{data}{_END}".encode()


def write(folder: Path, name: str, content: object) -> None:
    """Write a script where none is yet; who names it in a manifest waits for the disk first."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(script(name, content))


def read(folder: Path, name: str) -> object:
    """What a script hands over.

    Raises:
        OSError: It cannot be read.
        StoreError: It is damaged.
    """
    text = (folder / name).read_bytes().decode("utf-8", "replace")
    start = _start(name)
    if not (text.startswith(start) and text.endswith(_END)):
        raise damaged(folder / name)
    try:
        content: object = json.loads(text[len(start) : -len(_END)])
    except ValueError as exc:
        raise damaged(folder / name) from exc
    return content


def damaged(path: Path) -> StoreError:
    """The error for a file or folder that does not hold what was written there."""
    return StoreError(
        f"the search index is damaged: {path}",
        "remove the whole folder of the index and build the site again",
    )


_END = ");\n"


def _start(name: str) -> str:
    return f"DigestSearch.take({json.dumps(name)},"
