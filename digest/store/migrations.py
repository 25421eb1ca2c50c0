"""The tables, as the list of steps that made them. Steps are appended, never edited."""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path

import duckdb

from digest.errors import StoreError


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


def _m002_ledger(con: duckdb.DuckDBPyConnection) -> None:
    """What was seen of arXiv, how its feeds did, and what became of each paper."""
    con.execute("""
        CREATE TABLE sighting (
            base VARCHAR NOT NULL, version INTEGER NOT NULL, seen_by VARCHAR NOT NULL,
            batch VARCHAR NOT NULL, type VARCHAR NOT NULL, record JSON NOT NULL,
            first_seen_utc TIMESTAMP NOT NULL, last_seen_utc TIMESTAMP NOT NULL,
            PRIMARY KEY (base, version, seen_by, batch, type));
        CREATE TABLE visit (
            at_utc TIMESTAMP NOT NULL, seen_by VARCHAR NOT NULL, category VARCHAR NOT NULL,
            record JSON NOT NULL, PRIMARY KEY (at_utc, seen_by, category));
        CREATE TABLE placement (
            base VARCHAR NOT NULL, version INTEGER NOT NULL, role VARCHAR NOT NULL,
            date VARCHAR NOT NULL, reason VARCHAR NOT NULL, title VARCHAR NOT NULL,
            batch VARCHAR NOT NULL, placed_utc TIMESTAMP NOT NULL,
            PRIMARY KEY (base, version, role));
    """)


def _m003_measures(con: duckdb.DuckDBPyConnection) -> None:
    """What an evaluation measured of what made a result."""
    con.execute("""
        CREATE TABLE measure (
            evaluation VARCHAR NOT NULL, subject VARCHAR NOT NULL, figure VARCHAR NOT NULL,
            value DOUBLE, made_by JSON NOT NULL, measured_utc TIMESTAMP NOT NULL);
    """)


def _m004_mailings(con: duckdb.DuckDBPyConnection) -> None:
    """Who was sent which post."""
    con.execute("""
        CREATE TABLE mailing (
            date VARCHAR NOT NULL, recipient VARCHAR NOT NULL, sent_utc TIMESTAMP NOT NULL);
    """)


def _m005_unsearched(con: duckdb.DuckDBPyConnection) -> None:
    """The papers whose place in the search index is out of date: at first all of them."""
    con.execute("""
        CREATE TABLE unsearched (base VARCHAR PRIMARY KEY, marked_utc TIMESTAMP NOT NULL);
        INSERT INTO unsearched
            SELECT DISTINCT regexp_replace(paper_id, 'v[0-9]+$', ''), TIMESTAMP '1991-08-14'
            FROM post_item;
    """)


def _m006_forgotten(con: duckdb.DuckDBPyConnection) -> None:
    """Papers that shall not come back: nothing but salted hashes of their names."""
    con.execute("""
        CREATE TABLE forgotten (base_sha256 VARCHAR PRIMARY KEY, at_utc TIMESTAMP NOT NULL);
        CREATE TABLE salt (value VARCHAR NOT NULL);
    """)
    con.execute("INSERT INTO salt VALUES (?)", [secrets.token_hex(16)])


_MIGRATIONS = (
    _m001_initial,
    _m002_ledger,
    _m003_measures,
    _m004_mailings,
    _m005_unsearched,
    _m006_forgotten,
)


def migrate(con: duckdb.DuckDBPyConnection, path: Path, now: datetime) -> None:
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
