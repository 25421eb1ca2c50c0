"""What an error of DuckDB's means: a damaged file, or a disk or a neighbour that says no.

DuckDB gives both the same classes, so their words decide. It compares a block's checksum when it
reads the block: damage may show at the opening, or in the middle of a run. In more than a thousand
damaged files (cut, flipped, zeroed, overwritten, with a torn or foreign .wal) it never ended the
process, so a file is opened here and not in a child's process first.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from digest.errors import StoreDamaged, StoreError

CURE = "put the newest good backup in its place: digest restore (digest run does it by itself)"

_DAMAGED = (
    "corrupt",
    "checksum",
    "not a valid duckdb database",
    "could not read enough bytes",
    "replaying wal",
    "deserialize",
    "sqlite_scanner",  # the file begins as one of SQLite's
)
_NOT_DAMAGED = (
    "no space left",
    "permission denied",
    "read-only file system",
    "too many open files",
    "input/output error",  # the disk itself: another file on it would fare no better
    "version number",
)


def meaning(path: Path, exc: duckdb.Error) -> StoreError:
    """The error to raise for one of DuckDB's about the file ``path``."""
    text = " ".join(str(exc).split())
    # Neither the file's name nor a value that somebody stored says anything of the file.
    of_values = isinstance(exc, duckdb.ConstraintException | duckdb.ConversionException)
    if not of_values and is_damage(text.replace(str(path), "")):
        return StoreDamaged(f"{path} is damaged: {_brief(text)}", CURE)
    if "version number" in text.lower():
        return StoreError(
            f"{path} was written by a newer version of DuckDB", "install digest as it was then"
        )
    if "no space left" in text.lower():
        return StoreError(f"{path} cannot be written: no space left on the disk", "make room")
    hint = "is the disk writable?" if isinstance(exc, duckdb.IOException) else None
    return StoreError(f"{path}: {_brief(text)}", hint)


def is_damage(text: str) -> bool:
    """Whether DuckDB's words say that a file is not what was written."""
    said = text.lower()
    return any(word in said for word in _DAMAGED) and not any(w in said for w in _NOT_DAMAGED)


def _brief(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:300]}…"
