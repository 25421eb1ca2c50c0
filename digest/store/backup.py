"""Copies of the database file: made while others work with it, and read through before they count.

What a copy is called, how many are kept and when one is made is decided in ``digest.backups``.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import duckdb

from digest import files
from digest.errors import StoreDamaged
from digest.store.damage import CURE, meaning
from digest.store.database import Database, connected

_AT_ONCE = 1 << 30
"""Bytes to ask of the kernel in one call; it may copy fewer."""
_HEADERS_BYTES = 3 * 4096
_NOT_ABLE = (errno.EXDEV, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS)


def copy(database: Database, to: Path) -> dict[str, int]:
    """Copy a database as it is between two transactions; the copy is there whole or not at all.

    Other processes wait for as long as the bytes are copied, which is no time at all where the
    file system can share them.

    Returns:
        Rows by table, counted in the copy.

    Raises:
        StoreDamaged: The copy does not read through: the database is damaged.
        StoreError: It cannot be read or written.
    """
    with files.filling(to) as partial:
        with database.at_rest() as source:
            _copy_bytes(source, partial)
        try:
            return check(partial)
        except StoreDamaged as exc:
            message = f"{database.path} is damaged: {exc.message.partition(' is damaged: ')[2]}"
            raise StoreDamaged(message, CURE) from exc


def copy_file(source: Path, partial: Path) -> None:
    """Copy a database that nobody has open into a file that is being filled."""
    with source.open("rb") as file:
        _copy_bytes(file.fileno(), partial)


def check(path: Path) -> dict[str, int]:
    """Read a database from end to end, so that DuckDB compares the checksum of each block in use.

    What it does not read are the trees of the keys: damage there shows when something is written.

    Returns:
        Rows by table.

    Raises:
        StoreDamaged: It does not read through, or is none of ours.
        StoreError: It cannot be opened.
    """
    try:
        with connected(path, read_only=True) as con:
            sql = "SELECT table_name FROM duckdb_tables() ORDER BY table_name"
            rows = {name: _read(con, name) for (name,) in con.execute(sql).fetchall()}
            whole = _whole_bytes(con)
    except duckdb.Error as exc:
        raise meaning(path, exc) from exc
    if path.stat().st_size < whole:
        raise StoreDamaged(f"{path} is damaged: cut short of {whole} bytes", CURE)
    if "migration" not in rows:
        raise StoreDamaged(f"{path} is damaged: it has no table of digest's", CURE)
    return rows


def _read(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """How many rows a table has; every value is read for it."""
    row = con.execute(f'SELECT count(*), bit_xor(hash(COLUMNS(*))) FROM "{table}"').fetchone()
    assert row is not None  # an aggregate has a row
    return int(row[0])


def _whole_bytes(con: duckdb.DuckDBPyConnection) -> int:
    """How long the file is at least: https://duckdb.org/docs/stable/internals/storage"""
    row = con.execute("SELECT block_size, used_blocks FROM pragma_database_size()").fetchone()
    assert row is not None  # the database is open
    return _HEADERS_BYTES + int(row[0]) * int(row[1])


def _copy_bytes(source: int, to: Path) -> None:
    """All of a file, for its owner alone; shared with it where the file system can."""
    with to.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        try:
            while os.copy_file_range(source, file.fileno(), _AT_ONCE):
                pass
        except OSError as exc:
            if exc.errno not in _NOT_ABLE:
                raise
            os.lseek(source, 0, os.SEEK_SET)
            file.seek(0)
            file.truncate()
            with open(source, "rb", closefd=False) as whole:
                shutil.copyfileobj(whole, file, 1 << 20)
