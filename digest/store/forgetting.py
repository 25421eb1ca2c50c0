"""Papers that must be forgotten: what the store knows them by, their rows, and what stays of them.

What stays is a salted hash for each name of a paper, so that it can be told again when it comes
back, and a date. The salt lies in the same file: it keeps a name from being read, not from being
guessed by somebody who tries every arXiv id. What lies outside the database is
``digest.forgetting``'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from digest import files
from digest.errors import StoreDamaged, StoreError
from digest.records import Coverage, Visit, from_json, to_json
from digest.store.damage import meaning
from digest.store.database import Database
from digest.store.posts import PostHeading

_LOCAL_CHARS = len("local:") + 16
"""Of a local id: as many as its PDF's name has."""
_KNOWN = """
    known(base, pdf_sha256, title) AS (
        SELECT regexp_replace(id, 'v[0-9]+$', ''), pdf_sha256, record->>'title' FROM paper
        UNION ALL SELECT regexp_replace(paper_id, 'v[0-9]+$', ''), record->>'pdf_sha256',
            record->>'$.paper.title' FROM post_item
        UNION ALL SELECT base, '', record->>'$.paper.title' FROM sighting
        UNION ALL SELECT base, '', title FROM placement
        UNION ALL SELECT regexp_replace(paper_id, 'v[0-9]+$', ''), '',
            CASE WHEN stage = 'translate' THEN record->>'title' END FROM result
        UNION ALL SELECT regexp_replace(paper_id, 'v[0-9]+$', ''), '', '' FROM outcome)"""
_NAMES_ONE = "EXISTS (SELECT 1 FROM unnest(?::VARCHAR[]) AS t(name) WHERE contains({}, name))"
_OF_IT = "list_contains(?, regexp_replace({}, 'v[0-9]+$', ''))"


@dataclass(frozen=True, slots=True)
class Traces:
    """By what a paper is known here.

    ``bases``: ids without a version; more than one where it was read from a folder before its
    arXiv id was known. ``sha256s``: of its PDFs. ``dates``: of posts that carry or name it.
    """

    bases: tuple[str, ...]
    sha256s: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The papers that were forgotten, as hashes, and when."""

    salt: str
    at: Mapping[str, datetime]

    def when(self, *names: str) -> datetime | None:
        """When the paper of one of these names was forgotten; None: never.

        Args:
            names: Ids without a version; ``local:`` and the hash of a PDF is one.
        """
        if not self.at:
            return None
        found = (self.at.get(_hash(self.salt, name)) for name in names)
        return next((at for at in found if at is not None), None)


# ---------------------------------------------------------------- what is known


def forgotten(database: Database) -> Forgotten:
    """Everything that was forgotten; nothing where there is no database yet."""
    if not database.exists():
        return Forgotten("", {})
    with database.transaction() as con:
        return _forgotten(con)


def traces(database: Database, wanted: str) -> list[Traces]:
    """By what the papers are known whose id is, or of a local one begins with, ``wanted``."""
    rows = database.query(
        f"""WITH {_KNOWN} SELECT DISTINCT base FROM known
            WHERE base = ? OR (starts_with(?, 'local:') AND starts_with(base, ?)) ORDER BY base""",
        [wanted] * 3,
    )
    found = (_traces(database, base) for (base,) in rows)
    return list({each.bases: each for each in found}.values())


def _traces(database: Database, base: str) -> Traces:
    """Those of one paper, by whatever ids its PDF came."""
    rows = database.query(
        f"""WITH {_KNOWN}, pdf AS (
               SELECT pdf_sha256 FROM known WHERE base = ? AND pdf_sha256 <> ''
               UNION SELECT base[7:] FROM known WHERE base = ? AND starts_with(base, 'local:'))
            SELECT DISTINCT base, pdf_sha256, title FROM known
            WHERE base = ? OR pdf_sha256 IN (SELECT pdf_sha256 FROM pdf)
            OR base IN (SELECT 'local:' || pdf_sha256 FROM pdf)""",
        [base] * 3,
    )
    bases = tuple(sorted({base, *(row[0] for row in rows)}))
    shas = {row[1] for row in rows} | {name[6:] for name in bases if name.startswith("local:")}
    titles = sorted({row[2] for row in rows if row[2]})
    return Traces(bases, tuple(sorted(shas - {""})), tuple(titles), _dates(database, bases))


def _dates(database: Database, bases: Sequence[str]) -> tuple[str, ...]:
    """Posts that carry the paper, and those that list it as an update or as left out."""
    rows = database.query(
        f"""SELECT date FROM post_item WHERE {_OF_IT.format("paper_id")}
            UNION SELECT date FROM post WHERE {_NAMES_ONE.format("heading::VARCHAR")}
            ORDER BY date""",
        [list(bases)] * 2,
    )
    return tuple(row[0] for row in rows)


# ---------------------------------------------------------------- forgetting


def erase(database: Database, known: Traces, at: datetime) -> int:
    """Delete a paper's rows and remember that it is forgotten, together or not at all.

    Another paper's results stay, also where they were made for this one first.

    Returns:
        How many rows are gone.
    """
    bases = list(known.bases)
    with database.transaction() as con:
        _hand_over(con, bases)
        gone = sum(_deleted(con, table, column, bases) for table, column in _TABLES)
        gone += _deleted(con, "measure", "subject", [*bases, *_stems(bases)])
        _close_ranks(con, known.dates)
        _renew_headings(con, bases)
        _renew_notes(con, [*bases, *known.titles])
        con.executemany(
            "INSERT OR REPLACE INTO unsearched VALUES (?, ?)",
            [[base, database.now()] for base in bases],
        )
        _remember(con, known, at)
    return gone


def unmark(database: Database, known: Traces) -> None:
    """The search has taken the paper out, or has nothing of it."""
    with database.transaction() as con:
        con.execute("DELETE FROM unsearched WHERE list_contains(?, base)", [list(known.bases)])


_TABLES = (
    ("paper", "id"),
    ("result", "paper_id"),
    ("outcome", "paper_id"),
    ("post_item", "paper_id"),
    ("sighting", "base"),
    ("placement", "base"),
)


def _deleted(con: duckdb.DuckDBPyConnection, table: str, column: str, names: list[str]) -> int:
    sql = f"DELETE FROM {table} WHERE {_OF_IT.format(column)}"
    return int(con.execute(sql, [names]).fetchall()[0][0])


def _stems(bases: Sequence[str]) -> list[str]:
    """The names of its files, without a version."""
    return [base.replace("/", "_").replace("local:", "local-")[:22] for base in bases]


def _hand_over(con: duckdb.DuckDBPyConnection, bases: list[str]) -> None:
    """Results that another paper's post shows too are that paper's from now on."""
    con.execute(
        f"""UPDATE result SET paper_id = other.paper_id FROM (
               SELECT paper_id, unnest([record->>'document_key', record->>'translation_key',
                                        record->>'breakdown_key']) AS key
               FROM post_item WHERE NOT {_OF_IT.format("paper_id")}) AS other
            WHERE result.key = other.key AND {_OF_IT.format("result.paper_id")}""",
        [bases, bases],
    )


def _close_ranks(con: duckdb.DuckDBPyConnection, dates: Sequence[str]) -> None:
    """Number a post's papers without a gap; a folder's post without papers is none."""
    con.execute(
        """UPDATE post_item SET position = ranked.place FROM (
               SELECT date, paper_id, row_number() OVER (PARTITION BY date ORDER BY position) - 1
               AS place FROM post_item WHERE list_contains(?, date)) AS ranked
           WHERE post_item.date = ranked.date AND post_item.paper_id = ranked.paper_id""",
        [list(dates)],
    )
    con.execute(
        """DELETE FROM post WHERE list_contains(?, date)
           AND date NOT IN (SELECT date FROM post_item)
           AND date NOT IN (SELECT date FROM placement)
           AND heading->>'coverage' IS NULL""",
        [list(dates)],
    )


def _renew_headings(con: duckdb.DuckDBPyConnection, bases: Sequence[str]) -> None:
    rows = con.execute("SELECT date, heading FROM post ORDER BY date").fetchall()
    for date, text in rows:
        if not any(base in text for base in bases):
            continue
        heading = from_json(text, PostHeading)
        if heading.coverage is not None:
            heading = replace(heading, coverage=_without(heading.coverage, bases))
        con.execute("UPDATE post SET heading = ? WHERE date = ?", [to_json(heading).decode(), date])


def _without(coverage: Coverage, bases: Sequence[str]) -> Coverage:
    """Its lists without the paper; the counts stay, as they name nobody."""
    return replace(
        coverage,
        updates=tuple(each for each in coverage.updates if each.paper.base not in bases),
        left_out=tuple(each for each in coverage.left_out if each.paper.base not in bases),
        problems=tuple(each for each in coverage.problems if not any(b in each for b in bases)),
    )


def _renew_notes(con: duckdb.DuckDBPyConnection, names: list[str]) -> None:
    """What was said of other things and names the paper: of visits, and of others' failures."""
    sql = "SELECT at_utc, seen_by, category, record FROM visit WHERE "
    rows = con.execute(sql + _NAMES_ONE.format("record::VARCHAR"), [names]).fetchall()
    for *key, text in rows:
        visit = replace(from_json(text, Visit), detail="")
        con.execute(
            "UPDATE visit SET record = ? WHERE at_utc = ? AND seen_by = ? AND category = ?",
            [to_json(visit).decode(), *key],
        )
    con.execute(
        f"""UPDATE outcome SET error = '-', hint = '', trace = ''
            WHERE {_NAMES_ONE.format("error || hint || trace")}""",
        [names],
    )


# ---------------------------------------------------------------- what stays of it


def _remember(con: duckdb.DuckDBPyConnection, known: Traces, at: datetime) -> None:
    salt = _forgotten(con).salt
    names = [*known.bases, *(f"local:{sha256}" for sha256 in known.sha256s)]
    rows = [[_hash(salt, name), at.astimezone(UTC).replace(tzinfo=None)] for name in names]
    con.executemany("INSERT OR IGNORE INTO forgotten VALUES (?, ?)", rows)


def allow(database: Database, name: str) -> datetime | None:
    """Let a forgotten paper come again, under all its names; when it was forgotten, None: never.

    ``name``: an id without its version, of a local one at least the part in its PDF's name.
    """
    with database.transaction() as con:
        at = _forgotten(con).when(name)
        if at is not None:
            con.execute("DELETE FROM forgotten WHERE at_utc = ?", [at.replace(tzinfo=None)])
        return at


def _forgotten(con: duckdb.DuckDBPyConnection) -> Forgotten:
    rows = con.execute("SELECT base_sha256, at_utc FROM forgotten").fetchall()
    [(salt,)] = con.execute("SELECT value FROM salt").fetchall()
    return Forgotten(salt, {name: at.replace(tzinfo=UTC) for name, at in rows})


def _hash(salt: str, name: str) -> str:
    name = name[:_LOCAL_CHARS] if name.startswith("local:") else name
    return hashlib.sha256(f"{salt} {name}".encode()).hexdigest()


# ---------------------------------------------------------------- the bytes


def rewrite(database: Database) -> None:
    """Copy the database into a new file in its place: what was deleted is in no block any more.

    DuckDB only marks the blocks of deleted rows as free, and keeps their bytes.

    Raises:
        StoreError: The disk is full or the folder cannot be written; the old file is as it was.
    """
    path = database.path
    fresh = path.with_name(f".{path.name}.partial")
    try:
        with database.connected() as con:
            _unlink(fresh)
            con.execute("CHECKPOINT")
            [(name,)] = con.execute("SELECT current_database()").fetchall()
            con.execute(f"ATTACH {_quoted(fresh)} AS fresh")
            con.execute(f"COPY FROM DATABASE {_named(name)} TO fresh")
            con.execute("DETACH fresh")
            fresh.chmod(path.stat().st_mode & 0o777)
            files.flush(fresh)
            fresh.replace(path)  # while the old file is locked: nobody writes to it any more
            files.flush(path.parent)
    except (OSError, duckdb.Error) as exc:
        with suppress(OSError):
            _unlink(fresh)
        if isinstance(exc, duckdb.Error) and isinstance(known := meaning(path, exc), StoreDamaged):
            raise known from exc
        raise StoreError(
            f"{path} cannot be rewritten: {exc}", "check free space; then again"
        ) from exc


def _unlink(fresh: Path) -> None:
    for path in (fresh, fresh.with_name(f"{fresh.name}.wal")):
        path.unlink(missing_ok=True)


def _quoted(path: Path) -> str:
    """A path as SQL writes a text: neither statement takes parameters."""
    return "'" + str(path).replace("'", "''") + "'"


def _named(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def copies(home: Path, database: Path) -> Iterator[Path]:
    """Other database files of a home: backups, and what a restore has set aside.

    A log that was set aside without its database is among them, and can be opened by nobody.
    """
    for folder in (home / "backups", home):
        for path in sorted(folder.glob("[!.]*.duckdb*")):
            of = path.with_suffix("") if path.suffix == ".wal" else None
            if path.is_file() and database not in (path, of) and not (of and of.exists()):
                yield path
