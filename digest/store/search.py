"""Search over every paper that a post carries: a full-text index beside the database.

DuckDB would have to look through every text (measured: 3 s for 100,000 papers), and its own index
is an extension that is fetched. SQLite, which comes with Python, has one built in, FTS5. The index
is derived: ``unsearched`` in the database names the papers whose place in it is out of date, and a
file that is lost or of another version is made again.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from pathlib import Path

import duckdb

from digest.errors import StoreError
from digest.records import Breakdown, Claim, Paper, Translation, from_json, leaves
from digest.store.database import Database
from digest.store.matching import Passage, Span, Term, marks, passage, units
from digest.store.posts import PostItem

VERSION = 2
"""Of the index; another one is made anew. It goes up when ``matching.units`` cuts differently."""
_BATCH = 2000
"""Papers whose texts are in memory together: 20 kB each, with what is made of them."""
_DAY = 100_000  # numbers for the papers of a day: the newest day has the highest, its first too
_WAIT_S = 30.0
_HINT = "make room or, if it is damaged, remove it: the index is made again from the database"

Progress = Callable[[int, int], None]
Texts = list[tuple[str, str]]
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper that was found.

    ``number``: its place in the newest post that carries it, ``date``. ``passage``: where the words
    stand, None where only the titles have them; ``title_marks`` and the other: where in these.
    """

    id: str
    date: str
    number: int
    title: str
    title_marks: tuple[Span, ...]
    translated_title: str
    translated_title_marks: tuple[Span, ...]
    passage: Passage | None


class SearchIndex:
    """The index of one home.

    Args:
        path: Its file; made at the first use.
        database: What it is made from.
    """

    def __init__(self, path: Path, database: Database) -> None:
        self._path = path
        self._database = database

    def find(self, wanted: Sequence[Term], limit: int, since: str = "") -> list[Hit]:
        """The papers that hold all the terms: in their titles first, then anywhere, newest first.

        Args:
            wanted: At least one that holds a letter or digit.
            limit: At most so many.
            since: Only from posts of this date on.

        Raises:
            ValueError: There is no term to search for.
        """
        matches = [match for term in wanted if (match := term.match())]
        if not matches:
            raise ValueError("nothing to search for")
        whole = " AND ".join(matches)
        least = _number(since, _DAY - 1) if since else 0
        with self._open() as con:
            found = _select(con, f"title : ({whole})", least, limit)
            if len(found) < limit:
                titles = {row[0] for row in found}
                more = _select(con, whole, least, limit + len(titles))
                found += [row for row in more if row[0] not in titles]
        return [_hit(row, wanted) for row in found[:limit]]

    def update(self, progress: Progress = lambda _done, _total: None) -> int:
        """Index the papers whose posts changed; how many.

        Raises:
            StoreError: The index or the database cannot be written.
        """
        with self._open() as con:
            stamp = self._stamp()
            if _stamp_of(con) == stamp:
                return 0  # nobody has written to the database since
            total = self._database.query("SELECT count(*) FROM unsearched")[0][0]
            done = 0
            while done < total and (indexed := self._update(con)):
                done += indexed
                progress(done, total)
            con.execute("UPDATE seen SET stamp = ?", (stamp,))
        return done

    def purge(self) -> None:
        """Leave nothing in the file of papers that were taken out of it.

        FTS5 only marks the words of a deleted text as gone until their segments are merged, and
        SQLite only the pages as free.

        Raises:
            StoreError: The file is damaged or cannot be written.
        """
        if not self._path.exists():
            return
        self.update()
        with self._open() as con:
            con.execute("INSERT INTO words (words) VALUES ('optimize')")
            con.execute("VACUUM")

    def _update(self, con: sqlite3.Connection) -> int:
        """One batch. The database is held only to read from it.

        The papers leave ``unsearched`` once they are in the index, unless their posts have changed
        again meanwhile.
        """
        con.execute("BEGIN IMMEDIATE")  # who waited here reads what is there by now
        with self._database.transaction() as source:
            marked = source.execute(
                "SELECT base, marked_utc FROM unsearched ORDER BY base LIMIT ?", [_BATCH]
            ).fetchall()
            entries = _entries(source, [base for base, _ in marked])
        for base, _ in marked:
            _remove(con, "base = ?", base)
        for entry in entries:
            _insert(con, entry)
        con.execute("COMMIT")
        with self._database.transaction() as source:
            source.execute(
                """DELETE FROM unsearched WHERE (base, marked_utc) IN
                   (SELECT unnest(?::VARCHAR[]), unnest(?::TIMESTAMP[]))""",
                [[base for base, _ in marked], [at for _, at in marked]],
            )
        return len(marked)

    def _stamp(self) -> str:
        """When the database was written to last: its own file, or what is yet to go into it."""
        files = (self._database.path, self._database.wal)
        return " ".join(str(file.stat().st_mtime_ns) for file in files if file.exists())

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The index's file, with its tables.

        Raises:
            StoreError: It is damaged, locked for long or cannot be written.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with contextlib.closing(_connected(self._path)) as con:
                if not _is_made(con):
                    self._make(con)
                yield con
        except sqlite3.OperationalError as exc:  # locked, or a full disk
            raise StoreError(f"{self._path}: {exc}", _HINT) from exc
        except sqlite3.Error as exc:
            self.remove()
            raise StoreError(f"{self._path} is damaged: {exc}", "again: it is made anew") from exc

    def remove(self) -> None:
        """The file and what SQLite keeps beside it: all of it is derived."""
        for path in self._path.parent.glob(f"{self._path.name}*"):
            path.unlink(missing_ok=True)

    def _make(self, con: sqlite3.Connection) -> None:
        """Empty tables, once the database knows that every paper is to be indexed.

        Another process may be at the same: whoever comes second finds the tables made, and must not
        empty them, for their papers are indexed no more.
        """
        con.execute("BEGIN IMMEDIATE")
        if not _is_made(con):
            for statement in _TABLES:
                con.execute(statement)
            with self._database.transaction() as source:
                mark(source, self._database.now())
        con.execute("COMMIT")


_TABLES = (
    "DROP TABLE IF EXISTS paper",
    "DROP TABLE IF EXISTS words",
    "DROP TABLE IF EXISTS seen",
    "CREATE TABLE seen (stamp TEXT NOT NULL)",
    "INSERT INTO seen VALUES ('')",
    """CREATE TABLE paper (
        number INTEGER PRIMARY KEY, base TEXT NOT NULL UNIQUE, id TEXT NOT NULL,
        date TEXT NOT NULL, place INTEGER NOT NULL, title TEXT NOT NULL,
        translated_title TEXT NOT NULL, texts BLOB NOT NULL)""",
    """CREATE VIRTUAL TABLE words USING fts5(
        title, body, content='', tokenize="unicode61 remove_diacritics 2")""",
    f"PRAGMA user_version = {VERSION}",
)


def _is_made(con: sqlite3.Connection) -> bool:
    return bool(con.execute("PRAGMA user_version").fetchone()[0] == VERSION)


def mark(source: duckdb.DuckDBPyConnection, now: datetime, date: str = "") -> None:
    """Note, in the caller's transaction, that the papers of a date's post, or of all, changed."""
    source.execute(
        """INSERT OR REPLACE INTO unsearched
           SELECT DISTINCT regexp_replace(paper_id, 'v[0-9]+$', ''), ?::TIMESTAMP FROM post_item
           WHERE date = ? OR ? = ''""",
        [now, date, date],
    )


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)


def _stamp_of(con: sqlite3.Connection) -> str:
    return str(con.execute("SELECT stamp FROM seen").fetchone()[0])


@dataclass(frozen=True, slots=True)
class _Entry:
    """A paper as the index keeps it. ``texts``: ``(kind, text)``, the most telling first."""

    base: str
    id: str
    date: str
    place: int
    title: str
    translated_title: str
    texts: Texts

    def indexed(self) -> tuple[int, str, str]:
        """Its number and its two columns of words."""
        title = f"{self.title}\n{self.translated_title}"
        body = "\n".join(text for _, text in self.texts)
        return _number(self.date, self.place), units(title), units(f"{title}\n{body}")


def _number(date: str, place: int) -> int:
    return Date.fromisoformat(date).toordinal() * _DAY + _DAY - 1 - place


# ---------------------------------------------------------------- from the database


def _entries(source: duckdb.DuckDBPyConnection, bases: Sequence[str]) -> list[_Entry]:
    """The newest places of these papers; one that no post carries any more is left out."""
    rows = source.execute(
        """SELECT regexp_replace(paper_id, 'v[0-9]+$', '') AS base, date, position, record
           FROM post_item WHERE base IN (SELECT unnest(?))
           QUALIFY row_number() OVER (PARTITION BY base ORDER BY date DESC, position) = 1""",
        [list(bases)],
    ).fetchall()
    items = [(base, date, place, from_json(record, PostItem)) for base, date, place, record in rows]
    keys = [k for *_, item in items for k in (item.translation_key, item.breakdown_key) if k]
    results = dict(
        source.execute(
            "SELECT key, record FROM result WHERE key IN (SELECT unnest(?::VARCHAR[]))", [keys]
        ).fetchall()
    )
    return [_entry(base, date, place, item, results) for base, date, place, item in items]


def _entry(base: str, date: str, place: int, item: PostItem, results: dict[str, str]) -> _Entry:
    paper = item.paper
    translated, read = (
        results.get(item.translation_key or ""),
        results.get(item.breakdown_key or ""),
    )
    translation = from_json(translated, Translation) if translated else None
    claims = leaves(from_json(read, Breakdown)) if read else []
    title = translation.title if translation is not None else ""
    texts = _texts(paper, translation, claims)
    return _Entry(base, str(paper.id), date, place, paper.title, title, texts)


def _texts(paper: Paper, translation: Translation | None, claims: Sequence[Claim]) -> Texts:
    quotes = dict.fromkeys(evidence.quote for claim in claims for evidence in claim.evidence)
    texts = [
        ("authors", ", ".join(paper.authors)),
        ("translation", translation.text if translation is not None else ""),
        *(("claim", claim.text) for claim in claims),
        ("abstract", paper.abstract),
        *(("quote", quote) for quote in quotes),
    ]
    return [(kind, " ".join(text.split())) for kind, text in texts if text]


# ---------------------------------------------------------------- the index

_COLUMNS = "number, base, id, date, place, title, translated_title, texts"


def _insert(con: sqlite3.Connection, entry: _Entry) -> None:
    number, title, body = entry.indexed()
    _remove(con, "number = ?", number)  # a paper that stood there before its post changed
    texts = zlib.compress(json.dumps(entry.texts, ensure_ascii=False).encode(), 1)
    named = (entry.base, entry.id, entry.date, entry.place, entry.title, entry.translated_title)
    con.execute(
        f"INSERT INTO paper ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (number, *named, texts)
    )
    con.execute("INSERT INTO words (rowid, title, body) VALUES (?, ?, ?)", (number, title, body))


def _remove(con: sqlite3.Connection, where: str, value: str | int) -> None:
    """Take a paper out. FTS5 keeps no text of its own: it must be told what it had indexed."""
    for row in con.execute(f"SELECT {_COLUMNS} FROM paper WHERE {where}", (value,)).fetchall():
        number, title, body = _read(row).indexed()
        con.execute(
            "INSERT INTO words (words, rowid, title, body) VALUES ('delete', ?, ?, ?)",
            (number, title, body),
        )
        con.execute("DELETE FROM paper WHERE number = ?", (number,))


def _select(
    con: sqlite3.Connection, match: str, least: int, limit: int
) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = con.execute(
        f"""SELECT {_COLUMNS} FROM paper WHERE number IN (
                SELECT rowid FROM words WHERE words MATCH ? AND rowid >= ?
                ORDER BY rowid DESC LIMIT ?) ORDER BY number DESC""",
        (match, least, limit),
    ).fetchall()
    return found


def _read(row: Row) -> _Entry:
    _, base, identity, date, place, title, translated_title, packed = row
    assert isinstance(place, int) and isinstance(packed, bytes)  # as the table has them
    texts = [(kind, text) for kind, text in json.loads(zlib.decompress(packed))]
    named = (str(base), str(identity), str(date))
    return _Entry(*named, place, str(title), str(translated_title), texts)


def _hit(row: Row, wanted: Sequence[Term]) -> Hit:
    entry = _read(row)
    return Hit(
        entry.id,
        entry.date,
        entry.place + 1,
        entry.title,
        marks(entry.title, wanted),
        entry.translated_title,
        marks(entry.translated_title, wanted),
        passage(entry.texts, wanted),
    )
