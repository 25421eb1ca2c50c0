"""The DuckDB file: papers, what was made of them and by what, outcomes and posts. The only SQL.

The file is opened for one transaction at a time, because DuckDB lets no second process open a
file that one has open for writing, not even to read. So ``status`` works while a run writes:
each waits for the other for a moment.

Results are written once and never changed: their key is the hash of what they were made from
and what made them. A post is a list of such keys, so that rendering it again gives the same
bytes whatever has been made since.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from digest.errors import StoreError
from digest.records import MadeBy, Outcome, Paper, PaperId, from_json, to_json

Record = TypeVar("Record")

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "autoinstall_known_extensions": False,
}
"""DuckDB would fetch an extension from its own server when a query needs one; ours never may."""

LOCK_WAIT_S = 30.0
"""How long to wait for another process's transaction. Ours take well under a second."""


@dataclass(frozen=True, slots=True)
class PostHeading:
    """What stands above a post's papers, as it was when the post was made."""

    title: str
    categories: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PostItem:
    """A paper's place in a post, as it was when the post was made.

    The keys name the results that it shows, None where there is none; ``errors`` says why.
    """

    paper: Paper
    pdf_sha256: str
    document_key: str | None = None
    translation_key: str | None = None
    breakdown_key: str | None = None
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """How much the store holds, for ``status``."""

    papers: int
    documents: int
    translations: int
    breakdowns: int
    posts: int
    failing: int


def result_key(stage: str, made_from: Sequence[str], made_by: MadeBy) -> str:
    """The key of a result: sha256 over its stage, what it is made from and what makes it."""
    digest = hashlib.sha256()
    for part in (stage, *made_from):
        digest.update(hashlib.sha256(part.encode()).digest())
    digest.update(to_json(made_by))
    return digest.hexdigest()


class Store:
    """One home's database.

    Args:
        path: The file; made, with its tables, at the first use.
        clock: Tells the time, aware and in UTC; tests hand in their own.
    """

    def __init__(self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self._path = path
        self._clock = clock
        self._migrated = False

    # ------------------------------------------------------------ papers

    def put_papers(self, papers: Sequence[tuple[Paper, str]], source: str) -> None:
        """Remember papers, each with its PDF's sha256; what is known of one now replaces before."""
        rows = [
            [str(paper.id), to_json(paper).decode(), source, pdf_sha256, self._now()]
            for paper, pdf_sha256 in papers
        ]
        if not rows:  # duckdb's executemany raises on an empty list
            return
        with self._transaction() as con:
            con.executemany(
                """INSERT INTO paper VALUES (?, ?, ?, ?, ?)
                   ON CONFLICT (id) DO UPDATE SET record = excluded.record,
                   source = excluded.source, pdf_sha256 = excluded.pdf_sha256""",
                rows,
            )

    # ------------------------------------------------------------ results

    def results(self, keys: Sequence[str], kind: type[Record]) -> dict[str, Record]:
        """The finished pieces of work among ``keys``; a key that has none is left out."""
        if not keys:
            return {}
        sql = "SELECT key, record FROM result WHERE key IN (SELECT unnest(?))"
        return {key: from_json(record, kind) for key, record in self._query(sql, [list(keys)])}

    def result(self, key: str, kind: type[Record]) -> Record | None:
        """A finished piece of work, or None where it has not been done."""
        return self.results([key], kind).get(key)

    def put_result(self, key: str, outcome: Outcome, record: Any) -> None:
        """Keep a finished piece of work and its outcome, together or not at all."""
        values = [
            key,
            str(outcome.paper),
            outcome.stage,
            to_json(record).decode(),
            to_json(record.made_by).decode(),
            outcome.seconds,
            self._now(),
        ]
        with self._transaction() as con:
            con.execute("INSERT OR IGNORE INTO result VALUES (?, ?, ?, ?, ?, ?, ?)", values)
            _insert_outcome(con, outcome, "", self._now())

    def put_failure(self, outcome: Outcome, trace: str) -> None:
        """Keep what went wrong with a paper, with its traceback."""
        with self._transaction() as con:
            _insert_outcome(con, outcome, trace, self._now())

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        """End the failures that ``outcomes`` say are over: finished work found again counts."""
        failing = {(outcome.paper, outcome.stage) for outcome, _ in self.failures()}
        over = [outcome for outcome in outcomes if (outcome.paper, outcome.stage) in failing]
        if not over:
            return
        with self._transaction() as con:
            for outcome in over:
                _insert_outcome(con, outcome, "", self._now())

    def failures(self) -> list[tuple[Outcome, datetime]]:
        """Stages whose newest outcome is a failure, newest first."""
        rows = self._query(
            """SELECT paper_id, stage, status, error, hint, seconds, at_utc FROM outcome
               QUALIFY row_number() OVER (PARTITION BY paper_id, stage ORDER BY at_utc DESC) = 1
               ORDER BY at_utc DESC""",
            [],
        )
        return [
            (Outcome(PaperId.parse(paper), *rest), at.replace(tzinfo=UTC))
            for paper, *rest, at in rows
            if rest[1] == "failed"
        ]

    # ------------------------------------------------------------ posts

    def post_items(self, date: str) -> list[PostItem]:
        """The papers of a date's post in their order; empty where there is no post."""
        rows = self._query("SELECT record FROM post_item WHERE date = ? ORDER BY position", [date])
        return [from_json(row[0], PostItem) for row in rows]

    def post_heading(self, date: str) -> PostHeading | None:
        """What stands above a date's post; None where there is no post."""
        rows = self._query("SELECT heading FROM post WHERE date = ?", [date])
        return from_json(rows[0][0], PostHeading) if rows else None

    def post_dates(self) -> list[tuple[str, str, int]]:
        """``(date, sources, papers)`` of every post, newest first."""
        rows = self._query(
            """SELECT date, heading, count(paper_id) FROM post LEFT JOIN post_item USING (date)
               GROUP BY ALL ORDER BY date DESC""",
            [],
        )
        return [
            (date, ", ".join(from_json(heading, PostHeading).sources), papers)
            for date, heading, papers in rows
        ]

    def put_post(self, date: str, heading: PostHeading, items: Sequence[PostItem]) -> None:
        """Set what a date's post shows, in this order."""
        rows = [
            [date, position, str(item.paper.id), to_json(item).decode()]
            for position, item in enumerate(items)
        ]
        with self._transaction() as con:
            con.execute(
                """INSERT INTO post VALUES (?, ?, ?)
                   ON CONFLICT (date) DO UPDATE SET heading = excluded.heading""",
                [date, to_json(heading).decode(), self._now()],
            )
            con.execute("DELETE FROM post_item WHERE date = ?", [date])
            if rows:
                con.executemany("INSERT INTO post_item VALUES (?, ?, ?, ?)", rows)

    def put_post_file(self, date: str, sha256: str) -> None:
        """Remember, before it is renamed into place, that a file with these bytes is ours."""
        with self._transaction() as con:
            con.execute(
                "INSERT OR IGNORE INTO post_file VALUES (?, ?, ?)", [date, sha256, self._now()]
            )

    def wrote_post_file(self, date: str, sha256: str) -> bool:
        """Whether we wrote a date's post with these bytes, under whatever name it is now."""
        query = "SELECT 1 FROM post_file WHERE date = ? AND sha256 = ?"
        return bool(self._query(query, [date, sha256]))

    # ------------------------------------------------------------ status

    def counts(self) -> Counts:
        """How much the store holds."""
        rows = self._query(
            """SELECT (SELECT count(*) FROM paper),
                      count(*) FILTER (stage = 'extract'),
                      count(*) FILTER (stage = 'translate'),
                      count(*) FILTER (stage = 'explain'),
                      (SELECT count(*) FROM post) FROM result""",
            [],
        )
        papers, documents, translations, breakdowns, posts = rows[0]
        failing = len(self.failures())
        return Counts(papers, documents, translations, breakdowns, posts, failing)

    # ------------------------------------------------------------ the file

    def exists(self) -> bool:
        """Whether there is a database yet. Asking for it does not make one."""
        return self._path.is_file()

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC).replace(tzinfo=None)

    def _query(self, sql: str, parameters: list[Any]) -> list[Any]:
        with self._transaction() as con:
            return con.execute(sql, parameters).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open, begin, commit, close; a failure inside rolls back."""
        con = self._open()
        try:
            if not self._migrated:
                _migrate(con, self._path, self._now())
                self._migrated = True
            con.begin()
            try:
                yield con
            except BaseException:
                con.rollback()
                raise
            con.commit()
        except duckdb.Error as exc:
            raise StoreError(f"{self._path}: {_first_line(exc)}") from exc
        finally:
            con.close()

    def _open(self) -> duckdb.DuckDBPyConnection:
        """Open the file, waiting for another process's transaction to end.

        Raises:
            StoreError: Still locked after ``LOCK_WAIT_S``, damaged, or not writable.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise StoreError(
                f"{self._path.parent} cannot be made: {exc.strerror}", "give --home another folder"
            ) from exc
        give_up = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                return duckdb.connect(str(self._path), config=_SETTINGS)
            except duckdb.IOException as exc:
                if "Could not set lock" not in str(exc):
                    raise StoreError(
                        f"{self._path} cannot be opened: {_first_line(exc)}",
                        "is the disk writable, and the file a DuckDB database? move it away to "
                        "start anew; the PDFs and posts beside it stay",
                    ) from exc
                if time.monotonic() > give_up:
                    raise StoreError(
                        f"{self._path} is in use by another process",
                        "wait for the other digest run to end, or stop it",
                    ) from exc
                time.sleep(0.05)
            except duckdb.Error as exc:
                raise StoreError(
                    f"{self._path} is damaged: {_first_line(exc)}",
                    "move it away to start anew; the PDFs and posts beside it stay",
                ) from exc


def _first_line(exc: BaseException) -> str:
    return str(exc).partition("\n")[0]


def _insert_outcome(
    con: duckdb.DuckDBPyConnection, outcome: Outcome, trace: str, at: datetime
) -> None:
    con.execute(
        "INSERT INTO outcome VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            str(outcome.paper),
            outcome.stage,
            outcome.status,
            outcome.error,
            outcome.hint,
            trace,
            outcome.seconds,
            at,
        ],
    )


# ---------------------------------------------------------------- migrations: append, never edit


def _m001_initial(con: duckdb.DuckDBPyConnection) -> None:
    """Papers, results, outcomes, posts; JSON columns hold the records of records.py."""
    con.execute("""
        CREATE TABLE paper (
            id VARCHAR PRIMARY KEY, record JSON NOT NULL, source VARCHAR NOT NULL,
            pdf_sha256 VARCHAR NOT NULL, first_seen_utc TIMESTAMP NOT NULL);
        CREATE TABLE result (
            key VARCHAR PRIMARY KEY, paper_id VARCHAR NOT NULL, stage VARCHAR NOT NULL,
            record JSON NOT NULL, made_by JSON NOT NULL, seconds DOUBLE NOT NULL,
            made_utc TIMESTAMP NOT NULL);
        CREATE TABLE outcome (
            paper_id VARCHAR NOT NULL, stage VARCHAR NOT NULL, status VARCHAR NOT NULL,
            error VARCHAR NOT NULL, hint VARCHAR NOT NULL, trace VARCHAR NOT NULL,
            seconds DOUBLE NOT NULL, at_utc TIMESTAMP NOT NULL);
        CREATE TABLE post (
            date VARCHAR PRIMARY KEY, heading JSON NOT NULL, made_utc TIMESTAMP NOT NULL);
        CREATE TABLE post_item (
            date VARCHAR NOT NULL, position INTEGER NOT NULL, paper_id VARCHAR NOT NULL,
            record JSON NOT NULL);
        CREATE TABLE post_file (
            date VARCHAR NOT NULL, sha256 VARCHAR NOT NULL, written_utc TIMESTAMP NOT NULL,
            PRIMARY KEY (date, sha256));
        CREATE VIEW sentence AS
            SELECT key, paper_id, unnest(from_json(record->'sentences',
                '[{"id":"VARCHAR","section":"INTEGER","page":"INTEGER","text":"VARCHAR"}]'),
                recursive := true) FROM result WHERE stage = 'extract';
    """)


_MIGRATIONS = (_m001_initial,)


def _migrate(con: duckdb.DuckDBPyConnection, path: Path, now: datetime) -> None:
    """Apply the steps that this file has not seen, each together with its record.

    Raises:
        StoreError: The file is from a newer version of the program.
    """
    con.execute("CREATE TABLE IF NOT EXISTS migration (name VARCHAR PRIMARY KEY, at_utc TIMESTAMP)")
    applied = {row[0] for row in con.execute("SELECT name FROM migration").fetchall()}
    known = {step.__name__: step for step in _MIGRATIONS}
    if applied - known.keys():
        raise StoreError(
            f"{path} was written by a newer version of digest",
            "install that version or a later one",
        )
    for name, step in known.items():
        if name in applied:
            continue
        con.begin()
        try:
            step(con)
            con.execute("INSERT INTO migration VALUES (?, ?)", [name, now])
        except BaseException:
            con.rollback()
            raise
        con.commit()
