"""What a run did to its files, as ``shim.c`` wrote it down: read again, call by call."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

_HEAD = struct.Struct("<IIiiQqqIIII")
_MAGIC = 0xFA017500


class Op(IntEnum):
    """Kinds of calls; numbered as in ``shim.c``."""

    CREATE = 1
    WRITE = 2
    TRUNCATE = 3
    SYNC = 4
    RENAME = 5
    UNLINK = 6
    MKDIR = 7
    RMDIR = 8
    SYNC_ALL = 9


@dataclass(frozen=True, slots=True)
class Call:
    """One call that succeeded.

    Args:
        op: Its kind.
        thread: Which made it.
        inode: Of the file or folder; 0 where the call takes a name.
        path: Below the home; "" is the home itself.
        target: Of a renaming.
        offset: Of a write, in bytes.
        length: Bytes written, or the new length.
        data: What was written.
    """

    op: Op
    thread: int
    inode: int
    path: str
    target: str = ""
    offset: int = 0
    length: int = 0
    data: bytes = b""


def read(journal: Path, home: Path) -> list[Call]:
    """All calls in their order, paths relative to ``home``."""
    return list(_calls(journal.read_bytes(), str(home.resolve())))


def _calls(content: bytes, home: str) -> Iterator[Call]:
    at = 0
    while at < len(content):
        magic, op, _, tid, inode, offset, length, path, target, data, _ = _HEAD.unpack_from(
            content, at
        )
        if magic != _MAGIC:
            raise ValueError(f"the journal is torn at byte {at}")
        at += _HEAD.size
        parts = []
        for size in (path, target, data):
            parts.append(content[at : at + size])
            at += size
        names = [_below(part.decode(), home) for part in parts[:2]]
        yield Call(Op(op), tid, inode, names[0], names[1], offset, length, parts[2])


def _below(path: str, home: str) -> str:
    return path.removeprefix(home).lstrip("/")
