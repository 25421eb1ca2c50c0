"""DuckDB: papers, what was made of them and by what, outcomes and posts. The only SQL.

Results are written once and never changed: their key is the hash of what they were made from
and what made them. A post is a list of such keys, so that rendering it again gives the same
bytes whatever has been made since. What was seen of arXiv is kept by ``ledger``, beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from digest.records import (
    MadeBy,
    Outcome,
    Paper,
    PaperId,
    Placement,
    from_json,
    to_json,
)
from digest.store.database import Database
from digest.store.failing import FAILING
from digest.store.keys import result_key
from digest.store.ledger import place
from digest.store.posts import PostHeading, PostItem
from digest.store.search import SearchIndex, mark

__all__ = ["Counts", "Store", "result_key"]

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Counts:
    """How much the store holds, for ``status``."""

    papers: int
    documents: int
    translations: int
    breakdowns: int
    posts: int
    failing: int


class Store:
    """One home's database.

    Args:
        path: The file; made, with its tables, at the first use.
        clock: Tells the time, aware and in UTC; tests hand in their own.
    """

    def __init__(self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self.database = Database(path, clock)
        self.search = SearchIndex(path.with_name("search.sqlite"), self.database)

    # ------------------------------------------------------------ papers

    def put_papers(self, papers: Sequence[tuple[Paper, str]], source: str) -> None:
        """Remember papers, each with its PDF's sha256; what is known of one now replaces before."""
        rows = [
            [str(paper.id), to_json(paper).decode(), source, pdf_sha256, self.database.now()]
            for paper, pdf_sha256 in papers
        ]
        if not rows:  # duckdb's executemany raises on an empty list
            return
        with self.database.transaction() as con:
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
        # By their rows, found first, so that nothing but these records is unpacked.
        sql = """SELECT key, record FROM result WHERE rowid IN (
                     SELECT rowid FROM result WHERE key IN (SELECT unnest(?)))"""
        return {
            key: from_json(record, kind) for key, record in self.database.query(sql, [list(keys)])
        }

    def known(self, keys: Sequence[str]) -> frozenset[str]:
        """Those of ``keys`` under which there is a finished piece of work."""
        sql = "SELECT key FROM result WHERE key IN (SELECT unnest(?))"
        return frozenset(row[0] for row in self.database.query(sql, [list(keys)]))

    def usual_s(self, stage: str, made_by: MadeBy, papers: int = 40) -> list[float]:
        """Seconds that a stage took of the newest papers, newest first, where the same made them.

        Args:
            stage: Which.
            made_by: What makes it now.
            papers: Of so many newest ones, whatever made them.
        """
        rows = self.database.query(
            """SELECT seconds, made_by FROM (SELECT * FROM result WHERE stage = ?
               ORDER BY made_utc DESC LIMIT ?) ORDER BY made_utc DESC""",
            [stage, papers],
        )
        same = to_json(made_by).decode()
        return [seconds for seconds, made in rows if made == same]

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
            self.database.now(),
        ]
        with self.database.transaction() as con:
            con.execute("INSERT OR IGNORE INTO result VALUES (?, ?, ?, ?, ?, ?, ?)", values)
            _insert_outcome(con, outcome, "", self.database.now())

    def put_failure(self, outcome: Outcome, trace: str) -> None:
        """Keep what went wrong with a paper, with its traceback."""
        with self.database.transaction() as con:
            _insert_outcome(con, outcome, trace, self.database.now())

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        """End the failures that ``outcomes`` say are over: finished work found again counts."""
        failing = {(outcome.paper, outcome.stage) for outcome, _ in self.failures()}
        over = [outcome for outcome in outcomes if (outcome.paper, outcome.stage) in failing]
        if not over:
            return
        with self.database.transaction() as con:
            for outcome in over:
                _insert_outcome(con, outcome, "", self.database.now())

    def absent(self, stage: str) -> frozenset[str]:
        """The papers on which a stage found nothing to do, now or later."""
        rows = self.database.query(
            "SELECT DISTINCT paper_id FROM outcome WHERE stage = ? AND status = 'absent'", [stage]
        )
        return frozenset(row[0] for row in rows)

    def failures(self) -> list[tuple[Outcome, datetime]]:
        """Stages whose last outcome is a failure, the last first."""
        rows = self.database.query(
            f"SELECT paper_id, stage, status, error, hint, seconds, at_utc FROM ({FAILING})"
        )
        return [
            (Outcome(PaperId.parse(paper), *rest), at.replace(tzinfo=UTC))
            for paper, *rest, at in rows
        ]

    # ------------------------------------------------------------ posts

    def post_items(self, date: str) -> list[PostItem]:
        """The papers of a date's post in their order; empty where there is no post."""
        rows = self.database.query(
            "SELECT record FROM post_item WHERE date = ? ORDER BY position", [date]
        )
        return [from_json(row[0], PostItem) for row in rows]

    def post_heading(self, date: str) -> PostHeading | None:
        """What stands above a date's post; None where there is no post."""
        rows = self.database.query("SELECT heading FROM post WHERE date = ?", [date])
        return from_json(rows[0][0], PostHeading) if rows else None

    def post_dates(self) -> list[tuple[str, str, int]]:
        """``(date, sources, papers)`` of every post, newest first."""
        rows = self.database.query(
            """SELECT date, heading, count(paper_id) FROM post LEFT JOIN post_item USING (date)
               GROUP BY ALL ORDER BY date DESC""",
        )
        return [
            (date, ", ".join(from_json(heading, PostHeading).sources), papers)
            for date, heading, papers in rows
        ]

    def renewals(self, date: str) -> dict[int, datetime]:
        """When the newest of what a paper of a date's post shows was made, by its position.

        Only of those that something was made of after the post itself was.
        """
        rows = self.database.query(
            """SELECT position, max(made_utc) FROM (
                   SELECT position, unnest([record->>'document_key', record->>'translation_key',
                                            record->>'breakdown_key']) AS key
                   FROM post_item WHERE date = ?) JOIN result USING (key)
               WHERE made_utc > (SELECT made_utc FROM post WHERE date = ?) GROUP BY position""",
            [date, date],
        )
        return {position: at.replace(tzinfo=UTC) for position, at in rows}

    def carried(self, prefix: str) -> list[tuple[str, int]]:
        """``(date, position)`` of a paper in the posts, newest first.

        Args:
            prefix: An arXiv id without its version, or the beginning of a local one.
        """
        rows = self.database.query(
            """SELECT date, position FROM post_item
               WHERE regexp_replace(paper_id, 'v[0-9]+$', '') = ?
                  OR (starts_with(?, 'local:') AND starts_with(paper_id, ?))
               ORDER BY date DESC, position""",
            [prefix, prefix, prefix],
        )
        return [(date, position) for date, position in rows]

    def post_fingerprints(self) -> dict[str, str]:
        """Date -> a hash over everything that its post is made from, the oldest first."""
        rows = self.database.query(
            """SELECT date, md5(any_value(heading::VARCHAR) || coalesce(string_agg(
                   record::VARCHAR, chr(10) ORDER BY position), ''))
               FROM post LEFT JOIN post_item USING (date) GROUP BY date ORDER BY date""",
        )
        return dict(rows)

    def put_post(
        self,
        date: str,
        heading: PostHeading,
        items: Sequence[PostItem],
        placements: Sequence[Placement] = (),
    ) -> None:
        """Set what a date's post shows, in this order, and what the ledger shall know of it."""
        rows = [
            [date, position, str(item.paper.id), to_json(item).decode()]
            for position, item in enumerate(items)
        ]
        with self.database.transaction() as con:
            con.execute(
                """INSERT INTO post VALUES (?, ?, ?)
                   ON CONFLICT (date) DO UPDATE SET heading = excluded.heading""",
                [date, to_json(heading).decode(), self.database.now()],
            )
            mark(con, self.database.now(), date)
            con.execute("DELETE FROM post_item WHERE date = ?", [date])
            if rows:
                con.executemany("INSERT INTO post_item VALUES (?, ?, ?, ?)", rows)
            mark(con, self.database.now(), date)
            place(con, date, placements, self.database.now())

    def put_post_file(self, date: str, sha256: str) -> None:
        """Remember, before it is renamed into place, that a file with these bytes is ours."""
        with self.database.transaction() as con:
            con.execute(
                "INSERT OR IGNORE INTO post_file VALUES (?, ?, ?)",
                [date, sha256, self.database.now()],
            )

    def unfinished_posts(self, since: str) -> list[str]:
        """Dates from ``since`` on whose post may have no file: a run was stopped before, or just
        after it had told us of the file, which then is the last one that we were told of.
        """
        rows = self.database.query(
            """SELECT date FROM post WHERE date >= ? AND (date NOT IN (SELECT date FROM post_file)
                   OR date = (SELECT arg_max(date, rowid) FROM post_file)) ORDER BY date""",
            [since],
        )
        return [row[0] for row in rows]

    def wrote_post_file(self, date: str, sha256: str) -> bool:
        """Whether we wrote a date's post with these bytes, under whatever name it is now."""
        query = "SELECT 1 FROM post_file WHERE date = ? AND sha256 = ?"
        return bool(self.database.query(query, [date, sha256]))

    # ------------------------------------------------------------ mail

    def mailed(self, date: str) -> frozenset[str]:
        """Who was sent a date's post."""
        rows = self.database.query("SELECT recipient FROM mailing WHERE date = ?", [date])
        return frozenset(row[0] for row in rows)

    def put_mailed(self, date: str, recipients: Sequence[str]) -> None:
        """Remember that these were sent a date's post."""
        rows = [[date, recipient, self.database.now()] for recipient in recipients]
        if not rows:
            return
        with self.database.transaction() as con:
            con.executemany("INSERT INTO mailing VALUES (?, ?, ?)", rows)

    # ------------------------------------------------------------ evaluations

    def put_measures(
        self,
        evaluation: str,
        subject: str,
        figures: Mapping[str, float | None],
        made_by: MadeBy,
    ) -> None:
        """Keep the figures of one evaluation of one subject; earlier ones stay beside them."""
        now = self.database.now()
        provenance = to_json(made_by).decode()
        rows = [
            [evaluation, subject, figure, value, provenance, now]
            for figure, value in figures.items()
        ]
        if not rows:
            return
        with self.database.transaction() as con:
            con.executemany("INSERT INTO measure VALUES (?, ?, ?, ?, ?, ?)", rows)

    def measures(self, evaluation: str) -> list[tuple[str, str, float | None, datetime]]:
        """``(subject, figure, value, when)`` of an evaluation, the oldest first."""
        rows = self.database.query(
            """SELECT subject, figure, value, measured_utc FROM measure WHERE evaluation = ?
               ORDER BY measured_utc, subject, figure""",
            [evaluation],
        )
        return [(s, figure, value, at.replace(tzinfo=UTC)) for s, figure, value, at in rows]

    # ------------------------------------------------------------ status

    def counts(self) -> Counts:
        """How much the store holds."""
        rows = self.database.query(
            """SELECT (SELECT count(*) FROM paper),
                      count(*) FILTER (stage = 'extract'),
                      count(*) FILTER (stage = 'translate'),
                      count(*) FILTER (stage = 'explain'),
                      (SELECT count(*) FROM post) FROM result""",
        )
        papers, documents, translations, breakdowns, posts = rows[0]
        failing = len(self.failures())
        return Counts(papers, documents, translations, breakdowns, posts, failing)


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
