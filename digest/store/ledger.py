"""The ledger: every paper ever seen of arXiv, where and when, and which post carried it.

A paper is known by its base id. It is *placed* once: carried by a post, left out of one for a
reason, or known from before the digest began; until then every look at arXiv finds it again.
What a sighting means is decided in ``digest.coverage``; here it is only kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import duckdb

from digest.records import (
    ArxivId,
    Look,
    Placement,
    Role,
    SightedBy,
    Sighting,
    Visit,
    from_json,
    to_json,
)
from digest.store.database import Database
from digest.store.failing import FAILING
from digest.store.forgetting import forgotten

CARRIED: tuple[Role, ...] = ("new", "late", "cross")
SETTLED: tuple[Role, ...] = (*CARRIED, "before", "old", "left-out")
"""Roles that end a paper's wait. An update comes after one of them."""


_ALWAYS = datetime(1991, 8, 14, tzinfo=UTC)
"""arXiv's first day: nothing was seen before it."""


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One batch in one category, for ``status``.

    ``announced``: what the feed showed of it, new versions apart. ``fetched``: papers carried whose
    PDF is here. ``failed``: carried papers with a stage that failed.
    """

    batch: str
    category: str
    announced: int
    fetched: int
    new: int
    cross: int
    late: int
    left_out: int
    failed: int


class Ledger:
    """The ledger of one home."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ------------------------------------------------------------ what was seen

    def record(self, look: Look) -> None:
        """Keep what a look showed. What was seen before stays; what is known of it is renewed.

        Nothing is kept of papers that were to be forgotten.
        """
        gone = forgotten(self._database)
        rows = [_sighting_row(each) for each in look.sightings if not gone.when(each.paper.id.base)]
        newest = {tuple(row[:5]): row for row in rows}  # one look may show a paper twice
        visits = [
            [_naive(visit.at), visit.by, visit.category, to_json(visit).decode()]
            for visit in look.visits
        ]
        with self._database.transaction() as con:
            _insert(
                con,
                """INSERT INTO sighting SELECT {} ON CONFLICT DO UPDATE SET
                   record = CASE WHEN excluded.last_seen_utc >= last_seen_utc
                            THEN excluded.record ELSE record END,
                   first_seen_utc = least(first_seen_utc, excluded.first_seen_utc),
                   last_seen_utc = greatest(last_seen_utc, excluded.last_seen_utc)""",
                list(newest.values()),
            )
            _insert(con, "INSERT INTO visit SELECT {} ON CONFLICT DO NOTHING", visits)

    def forgotten(self) -> Callable[..., datetime | None]:
        """Tells when the paper of the given names was forgotten; None: never."""
        return forgotten(self._database).when

    def looks_since(self, at: datetime) -> Look:
        """Everything seen, or seen again, since ``at``, as one look: what a bundle carries."""
        since = [_naive(at)]
        sightings = self._database.query(
            """SELECT record, first_seen_utc, last_seen_utc FROM sighting
               WHERE last_seen_utc >= ? ORDER BY ALL""",
            since,
        )
        visits = self._database.query(
            "SELECT record FROM visit WHERE at_utc >= ? ORDER BY at_utc, seen_by, category", since
        )
        return Look(
            tuple(_first_seen(*row) for row in sightings),
            tuple(from_json(row[0], Visit) for row in visits),
        )

    def sightings(
        self, date: str, first_batch: str = "", since: datetime | None = None
    ) -> dict[str, list[Sighting]]:
        """What is known of each paper that waits for a post, by base id, in the order seen.

        Papers that ``date``'s own post left out wait again: another limit may let them in.

        Args:
            date: Of the post.
            first_batch: With which the digest began. What was settled as from before it waits
                again where it is not: an older bundle has moved the beginning.
            since: Only papers seen first since then.
        """
        rows = self._database.query(
            """SELECT base, record, first_seen_utc, last_seen_utc FROM sighting WHERE base NOT IN (
                   SELECT base FROM placement
                   WHERE list_contains(?, role) AND NOT (role = 'left-out' AND date = ?)
                   AND NOT (role = 'before' AND ? <> '' AND batch >= ?))
               AND base NOT IN (SELECT base FROM sighting GROUP BY base
                                HAVING min(first_seen_utc) < ?)
               ORDER BY first_seen_utc, base, seen_by, batch, type, version""",
            [list(SETTLED), date, first_batch, first_batch, _naive(since or _ALWAYS)],
        )
        return _by_base(rows)

    def of_papers(self, bases: Sequence[str]) -> dict[str, list[Sighting]]:
        """Everything seen of these papers."""
        rows = self._database.query(
            """SELECT base, record, first_seen_utc, last_seen_utc FROM sighting
               WHERE rowid IN (SELECT rowid FROM sighting WHERE base IN (SELECT unnest(?)))
               ORDER BY first_seen_utc, base, seen_by, batch, type, version""",
            [list(bases)],
        )
        return _by_base(rows)

    def newer_versions(self) -> list[tuple[Placement, Sighting]]:
        """Carried papers of which a version is known that neither their post nor a list has."""
        rows = self._database.query(
            """WITH shown AS (
                   SELECT base, max(version) AS version FROM placement
                   WHERE role IN ('new', 'late', 'cross', 'update') GROUP BY base),
               carried AS (
                   SELECT * FROM placement WHERE role IN ('new', 'late', 'cross'))
               SELECT carried.base, carried.version, carried.role, carried.date, carried.title,
                      carried.reason, carried.batch, sighting.record
               FROM carried JOIN shown USING (base) JOIN sighting USING (base)
               WHERE sighting.version > greatest(shown.version, 1)
               QUALIFY row_number() OVER (
                   PARTITION BY carried.base ORDER BY sighting.version DESC, seen_by = 'api' DESC
               ) = 1 ORDER BY carried.base"""
        )
        return [(Placement(*row[:7]), from_json(row[7], Sighting)) for row in rows]

    def unversioned(self, limit: int) -> list[ArxivId]:
        """Carried papers that OAI-PMH has shown changed since the query API was last asked of them:
        it says that there is a new version, and not which.
        """
        rows = self._database.query(
            """SELECT base FROM sighting JOIN placement USING (base)
               WHERE role IN ('new', 'late', 'cross')
               GROUP BY base HAVING max(last_seen_utc) FILTER (seen_by = 'oai'
                   AND json_extract_string(record, '$.paper.updated_at') IS NOT NULL)
                   > coalesce(max(last_seen_utc) FILTER (seen_by = 'api'), '-infinity'::TIMESTAMP)
               ORDER BY base LIMIT ?""",
            [limit],
        )
        return [ArxivId(base) for (base,) in rows]

    # ------------------------------------------------------------ what became of it

    def placements(self, date: str) -> list[Placement]:
        """What ``date``'s post made of the papers it accounts for."""
        rows = self._database.query(
            """SELECT base, version, role, date, title, reason, batch FROM placement
               WHERE date = ? ORDER BY placed_utc, base, version, role""",
            [date],
        )
        return [Placement(*row) for row in rows]

    def last_batch(self, before: str, category: str) -> str:
        """The newest batch of a category that a post of before this date accounts for; or empty."""
        rows = self._database.query(
            """SELECT max(batch) FROM placement JOIN post USING (date)
               WHERE date < ? AND role IN ('new', 'cross', 'left-out', 'before')
               AND list_contains(from_json(heading->'categories', '["VARCHAR"]'), ?)""",
            [before, category],
        )
        return rows[0][0] or ""

    def newest_date(self) -> str:
        """The date of the newest post of announced papers; empty where there is none."""
        rows = self._database.query("SELECT max(date) FROM placement")
        return rows[0][0] or ""

    def last_date(self, before: str) -> str:
        """The date of the newest post of announced papers before this date; empty where none."""
        rows = self._database.query("SELECT max(date) FROM placement WHERE date < ?", [before])
        return rows[0][0] or ""

    # ------------------------------------------------------------ how the feeds did

    def batches_seen(self, category: str) -> dict[SightedBy, frozenset[str]]:
        """The batches of a category that each source has shown or, OAI-PMH, caught up to."""
        rows = self._database.query(
            """SELECT seen_by, list(DISTINCT record->>'batch') FROM visit
               WHERE category = ? AND record->>'batch' <> '' AND record->>'state' <> 'failed'
               GROUP BY seen_by""",
            [category],
        )
        return {by: frozenset(batches) for by, batches in rows}

    def fingerprint(self, category: str) -> str:
        """Of the last feed answer that had papers of a category; empty where none had."""
        rows = self._database.query(
            """SELECT record->>'fingerprint' FROM visit
               WHERE category = ? AND seen_by = 'feed' AND record->>'fingerprint' <> ''
               ORDER BY rowid DESC LIMIT 1""",
            [category],
        )
        return rows[0][0] if rows else ""

    def newest_visit_at(self) -> datetime | None:
        """When arXiv was looked at last, here or where a bundle comes from; None: never."""
        rows = self._database.query("SELECT max(at_utc) FROM visit")
        return rows[0][0].replace(tzinfo=UTC) if rows[0][0] else None

    def newest_visits(self) -> list[Visit]:
        """The visit of each category by each source that was recorded last."""
        rows = self._database.query(
            """SELECT record FROM visit
               WHERE rowid IN (SELECT max(rowid) FROM visit GROUP BY category, seen_by)
               ORDER BY category, seen_by"""
        )
        return [from_json(row[0], Visit) for row in rows]

    def batches(self, categories: Sequence[str], limit: int) -> list[BatchLine]:
        """The newest ``limit`` batches in each category, newest first."""
        with self._database.held_open():
            oldest = self._oldest(categories, limit)
            rows = self._database.query(_BATCHES, [list(categories), limit, oldest])
        return [BatchLine(*row) for row in rows]

    def _oldest(self, categories: Sequence[str], limit: int) -> str:
        """A batch that none of the newest ``limit`` of any category is older than; "" for none.

        All that was ever seen need not be gone through then: ten years took a second.
        """
        rows = self._database.query(
            """SELECT batch FROM (SELECT DISTINCT category, record->>'batch' AS batch FROM visit
                                  WHERE seen_by = 'feed' AND record->>'batch' <> '')
               WHERE list_contains(?, category)
               QUALIFY row_number() OVER (PARTITION BY category ORDER BY batch DESC) = ?""",
            [list(categories), limit],
        )
        return min(row[0] for row in rows) if rows and len(rows) == len(set(categories)) else ""

    def began_at(self, category: str) -> datetime | None:
        """When the query API first listed a category's papers; None: never yet."""
        rows = self._database.query(
            """SELECT min(at_utc) FROM visit
               WHERE category = ? AND seen_by = 'api' AND record->>'state' <> 'failed'""",
            [category],
        )
        return rows[0][0].replace(tzinfo=UTC) if rows[0][0] else None


_BATCHES = f"""
    WITH listed AS (
        SELECT base, any_value(from_json(record->'$.paper.categories', '["VARCHAR"]'))
               AS categories FROM sighting
        WHERE rowid IN (SELECT rowid FROM sighting WHERE base IN (  -- reads no other record
            SELECT base FROM placement WHERE batch >= $3
            UNION SELECT base FROM sighting WHERE batch >= $3)) GROUP BY base),
    broken AS (SELECT paper_id FROM ({FAILING})),
    waiting AS (
        SELECT batch, categories, bool_or(pdf_sha256 <> '') AS here
        FROM sighting JOIN listed USING (base)
        JOIN paper ON regexp_replace(paper.id, 'v[0-9]+$', '') = base
        WHERE type IN ('new', 'cross') AND batch <> '' AND batch >= $3
        AND base NOT IN (SELECT base FROM placement) GROUP BY base, batch, categories),
    placed AS (
        SELECT batch, unnest(categories) AS category, role, pdf_sha256 <> '' AS here,
               id IN (SELECT paper_id FROM broken) AS broken
        FROM placement JOIN listed USING (base)
        LEFT JOIN paper ON paper.id = base || CASE WHEN placement.version > 0
            THEN 'v' || placement.version ELSE '' END
        WHERE role IN ('new', 'late', 'cross', 'left-out') AND batch >= $3
        UNION ALL
        SELECT batch, unnest(categories), 'waiting', here, false FROM waiting),
    shown AS (
        SELECT record->>'batch' AS batch, category, max(CAST(record->>'new' AS INT)
               + CAST(record->>'cross' AS INT)) AS announced
        FROM visit WHERE seen_by = 'feed' AND record->>'batch' <> '' AND record->>'batch' >= $3
        GROUP BY ALL)
    SELECT batch, category, coalesce(any_value(announced), 0),
           count(*) FILTER (here AND role <> 'left-out'),
           count(*) FILTER (role IN ('new', 'late')), count(*) FILTER (role = 'cross'),
           count(*) FILTER (role = 'late'), count(*) FILTER (role = 'left-out'),
           count(*) FILTER (broken AND role <> 'left-out')
    FROM placed FULL JOIN shown USING (batch, category)
    WHERE list_contains($1, category)
    GROUP BY batch, category
    QUALIFY row_number() OVER (PARTITION BY category ORDER BY batch DESC) <= $2
    ORDER BY batch DESC, category"""
"""$1: of these categories, $2: how many of each, $3: none older than this batch."""


def place(
    con: duckdb.DuckDBPyConnection, date: str, placements: Iterable[Placement], now: datetime
) -> None:
    """Set what ``date``'s post makes of these papers, inside a transaction of the caller's.

    Of what it left out before, only what it still leaves out remains so.
    """
    rows = [
        [p.base, p.version, p.role, p.date, p.reason, p.title, p.batch, now] for p in placements
    ]
    if not rows:
        return
    con.execute("DELETE FROM placement WHERE date = ? AND role = 'left-out'", [date])
    _insert(con, "INSERT INTO placement SELECT {} ON CONFLICT DO NOTHING", rows)


def _insert(con: duckdb.DuckDBPyConnection, sql: str, rows: Sequence[Sequence[object]]) -> None:
    """All rows in one statement: a statement a row takes a millisecond each."""
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    con.execute(sql.format(", ".join(["unnest(?)"] * len(columns))), columns)


def _sighting_row(sighting: Sighting) -> list[object]:
    paper = sighting.paper
    assert isinstance(paper.id, ArxivId)  # only arXiv is sighted
    announced = paper.announced
    return [
        paper.id.base,
        paper.id.version or 0,
        sighting.by,
        announced.batch if announced else "",
        announced.type if announced else "",
        to_json(sighting).decode(),
        _naive(sighting.seen_at),
        _naive(sighting.known_at or sighting.seen_at),
    ]


def _by_base(rows: Iterable[tuple[str, str, datetime, datetime]]) -> dict[str, list[Sighting]]:
    found: dict[str, list[Sighting]] = {}
    for base, record, first, last in rows:
        found.setdefault(base, []).append(_first_seen(record, first, last))
    return found


def _first_seen(record: str, first: datetime, last: datetime) -> Sighting:
    """What is known now, dated when it was seen first."""
    seen_at, known_at = first.replace(tzinfo=UTC), last.replace(tzinfo=UTC)
    return replace(from_json(record, Sighting), seen_at=seen_at, known_at=known_at)


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)
