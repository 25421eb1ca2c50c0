"""The newest thing in the store: what the clock is held against."""

from __future__ import annotations

from datetime import UTC, datetime

from digest.store.database import Database

_NEWEST = """
    SELECT what, latest FROM (
        SELECT 'a look at arXiv' AS what, max(at_utc) AS latest FROM visit
        UNION ALL SELECT 'a result', max(made_utc) FROM result
        UNION ALL SELECT 'an outcome', max(at_utc) FROM outcome
        UNION ALL SELECT 'a post', max(made_utc) FROM post)
    WHERE latest IS NOT NULL ORDER BY latest DESC, what LIMIT 1"""


def newest(database: Database) -> tuple[str, datetime] | None:
    """What was put down under the latest time, and that time; None where there is nothing yet."""
    rows = database.query(_NEWEST)
    return (rows[0][0], rows[0][1].replace(tzinfo=UTC)) if rows else None
