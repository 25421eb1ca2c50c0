"""A home of many papers: ten years of posts, made in bulk.

Posts, translations and readings are those of ``search_speed`` (nonsense with the length and spread
of words of real ones); documents are those of the sample papers, 18 kB each, where a real one of
ten pages has 60 to 600 kB. Papers, outcomes and the ledger's rows are made from the posts by SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from digest.records import to_json
from digest.store import Store
from scripts.scale.night import Sample
from scripts.search_speed import fill

_DERIVED = (
    """CREATE TEMP TABLE item AS SELECT date, position, paper_id, record,
           regexp_replace(paper_id, 'v[0-9]+$', '') AS base,
           CAST(date AS TIMESTAMP) + INTERVAL 5 HOUR AS at_utc FROM post_item""",
    """INSERT INTO paper SELECT paper_id, record->'paper', 'arxiv', record->>'pdf_sha256', at_utc
       FROM item""",
    """INSERT INTO result SELECT record->>'document_key', paper_id, 'extract',
           '{"pdf_sha256":"' || (record->>'pdf_sha256') || sample.rest, '{}', 2.0, at_utc
       FROM item JOIN sample ON sample.number = item.position % (SELECT count(*) FROM sample)""",
    """UPDATE result SET made_utc = at_utc, seconds = 60
       FROM item WHERE result.paper_id = item.paper_id""",
    """INSERT INTO outcome SELECT paper_id, stage, 'done', '', '', '', seconds, made_utc
       FROM result ORDER BY made_utc""",
    """INSERT INTO outcome
       SELECT paper_id, 'explain', 'failed', 'The model''s process failed', '', '', 1.0, at_utc
       FROM item WHERE position = 0 AND date >= '2025-12-01'""",
    "UPDATE post SET made_utc = CAST(date AS TIMESTAMP) + INTERVAL 7 HOUR",
    """INSERT INTO post_file SELECT date, record->>'pdf_sha256', at_utc FROM item
       WHERE position = 0""",
    """INSERT INTO sighting SELECT base, 1, seen_by, if(seen_by = 'feed', date, ''),
           if(seen_by = 'feed', 'new', ''),
           '{"paper":' || (record->'paper') || ',"by":"' || seen_by || '","seen_at":"' || date
           || 'T05:00:00Z"}', at_utc, at_utc
       FROM item, (SELECT unnest(['feed', 'api']) AS seen_by)""",
    """INSERT INTO placement
       SELECT base, 1, 'new', date, '', record->'paper'->>'title', date, at_utc FROM item""",
    """INSERT INTO visit SELECT CAST(date AS TIMESTAMP) + INTERVAL 5 HOUR, 'feed', category,
           '{"by":"feed","category":"' || category || '","at":"' || date
           || 'T05:00:00Z","state":"fresh","batch":"' || date || '","shown":27,"new":27,'
           || '"fingerprint":"' || md5(date || category) || '"}'
       FROM post, (SELECT unnest(['cs.SD', 'eess.AS']) AS category) ORDER BY date""",
)
"""In this order; what a home of that many papers holds besides its posts."""


def make(home: Path, papers: int, known: Sequence[Sample]) -> Store:
    """A home with so many papers, indexed for search."""
    (home / "digest.toml").write_text('categories = ["cs.SD", "eess.AS"]\n', encoding="utf-8")
    store = Store(home / "digest.duckdb")
    fill(store, papers)
    texts = [to_json(sample.document).decode() for sample in known]
    rests = [text[len('{"pdf_sha256":"') + 64 :] for text in texts]
    with store.database.transaction() as con:
        con.execute(
            "CREATE TEMP TABLE sample AS SELECT unnest(?) AS number, unnest(?) AS rest",
            [list(range(len(rests))), rests],
        )
        for statement in _DERIVED:
            con.execute(statement)
    store.search.update()
    return store
