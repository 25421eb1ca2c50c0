"""What the store knows of PDFs: who carries them, who waits for them, which were read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.store.database import Database


@dataclass(frozen=True, slots=True)
class Carried:
    """A paper in the posts. ``date``: of the newest; ``errors``: the stages that failed there."""

    paper_id: str
    date: str
    licence: str
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """A paper that arXiv showed. ``placed``: the date whose post accounts for it; empty: none."""

    base: str
    first_seen_utc: datetime
    placed: str
    licence: str


def carried(database: Database) -> list[Carried]:
    """Every paper of every post."""
    rows = database.query(
        """SELECT paper_id, max(date), coalesce(arg_max(record->>'$.paper.licence', date), ''),
                  arg_max(from_json(record->'errors', '["VARCHAR"]'), date)
           FROM post_item GROUP BY paper_id"""
    )
    return [Carried(paper, date, licence, tuple(errors)) for paper, date, licence, errors in rows]


def seen(database: Database) -> dict[str, Seen]:
    """Every paper that arXiv showed, by its base id."""
    rows = database.query(
        """SELECT base, min(first_seen_utc), coalesce(max(date), ''),
                  coalesce(max(record->>'$.paper.licence'), '')
           FROM sighting LEFT JOIN placement USING (base) GROUP BY base"""
    )
    return {row[0]: Seen(*row) for row in rows}


def read_pdf(database: Database, paper_id: str) -> str:
    """The sha256 of a paper's PDF whose document a post shows; empty where there is none."""
    rows = database.query(
        """SELECT item.record->>'pdf_sha256' FROM post_item AS item
           JOIN result ON key = item.record->>'document_key'
           WHERE item.paper_id = ? ORDER BY date DESC LIMIT 1""",
        [paper_id],
    )
    return rows[0][0] if rows else ""


def had_pdfs(database: Database, since: datetime) -> list[str]:
    """Papers first seen of arXiv since then (a naive UTC time) whose PDF was here."""
    rows = database.query(
        """SELECT id FROM paper WHERE pdf_sha256 <> '' AND regexp_replace(id, 'v[0-9]+$', '') IN (
               SELECT base FROM sighting GROUP BY base HAVING min(first_seen_utc) >= ?)""",
        [since],
    )
    return [row[0] for row in rows]
