"""Homes as released versions wrote them, opened by this one.

``data/schemas/N`` is an EXPORT DATABASE of a home that the last version with N steps made, with
engines that are fakes; paths of machines were cut from its tracebacks.
"""

from pathlib import Path

import duckdb
import pytest

from digest.config import Config
from digest.errors import StoreError
from digest.pipeline import render_day
from digest.records import Breakdown, Translation
from digest.store import Store, migrations
from digest.store.ledger import Ledger

SCHEMAS = Path(__file__).parent / "data" / "schemas"
RELEASED = [1, 2, 3, 4, 5]
LOCAL = "local:01795e291900913555a8a738f39cef73dc8e83274d032d57b3c983608f4a8bb4"


def imported(schema, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = SCHEMAS / str(schema)
    with duckdb.connect(str(path)) as con:
        con.execute((folder / "schema.sql").read_text())
        con.execute((folder / "load.sql").read_text().replace("FROM '", f"FROM '{folder}/"))
    return Store(path)


@pytest.fixture
def home(tmp_path):
    return Config(home=tmp_path / "home", models_dir=tmp_path / "models")


def test_every_step_has_a_home_of_its_time():
    assert [*range(1, len(migrations._MIGRATIONS) + 1)] == RELEASED
    assert sorted(path.name for path in SCHEMAS.iterdir()) == [str(n) for n in RELEASED]
    for schema in RELEASED:
        lines = (SCHEMAS / str(schema) / "migration.csv").read_text().splitlines()
        steps = [step.__name__ for step in migrations._MIGRATIONS[:schema]]
        assert [line.partition(",")[0] for line in lines[1:]] == steps


@pytest.mark.parametrize("schema", RELEASED)
def test_papers_results_posts_and_outcomes_are_what_they_were(schema, home):
    store = imported(schema, home.database)
    counts = store.counts()
    assert (counts.papers, counts.posts, counts.failing) == (
        (2, 1, 1) if schema == 1 else (4, 3, 1)
    )
    [(failure, _)] = store.failures()
    assert (failure.paper, failure.stage) == ("2601.00001v1", "extract")
    assert failure.error == "OSError: cannot read it"
    first, second = store.post_items("2026-01-21")
    assert [first.paper.title, second.paper.title] == ["First", "Title of the PDF"]
    assert (first.errors, second.errors, second.paper.id) == (("extract",), (), LOCAL)
    translated = store.result(first.translation_key, Translation)
    assert translated.text == "译文：One."
    read = store.result(second.breakdown_key, Breakdown)
    assert [claim.text for claim in read.results] == ["词错误率降低 9.3%。"]
    assert store.database.query(
        "SELECT text FROM sentence WHERE page = 2 AND key = ?", [second.document_key]
    ) == [("Nothing else is reported here.",)]


@pytest.mark.parametrize("schema", RELEASED)
def test_a_migrated_homes_post_is_rendered(schema, home):
    store = imported(schema, home.database)
    published = render_day("2026-01-21", home, store)
    assert published.status == "written"
    text = published.path.read_text()
    assert "First" in text
    assert "词错误率降低 9.3%" in text
    assert "译文：One." in text
    assert render_day("2026-01-21", home, store).status == "unchanged"


@pytest.mark.parametrize("schema", RELEASED)
def test_the_search_finds_what_was_written_before_there_was_one(schema, home):
    store = imported(schema, home.database)
    assert store.search.update() == (2 if schema == 1 else 4)


@pytest.mark.parametrize("schema", RELEASED[1:])
def test_the_ledger_knows_what_posts_carried(schema, home):
    store = imported(schema, home.database)
    ledger = Ledger(store.database)
    assert (ledger.newest_date(), ledger.last_batch("2026-01-24", "cs.SD")) == (
        "2026-01-23",
        "2026-01-23",
    )
    placed = [(p.base, p.role) for p in ledger.placements("2026-01-22")]
    assert placed == [("2601.00011", "new"), ("2601.00012", "left-out")]
    assert ledger.sightings("2026-01-24") == {}
    assert store.post_heading("2026-01-23").coverage.new == 1


@pytest.mark.parametrize("schema", RELEASED[2:])
def test_figures_of_evaluations_are_kept(schema, home):
    store = imported(schema, home.database)
    figures = [(s, f, value) for s, f, value, _ in store.measures("explain")]
    assert figures == [("2601.00001v1", "recall", 0.75), ("2601.00001v1", "wrong", None)]


@pytest.mark.parametrize("schema", RELEASED[3:])
def test_who_was_sent_a_post_is_kept(schema, home):
    assert imported(schema, home.database).mailed("2026-01-22") == {"lab@example.org"}


def test_a_file_of_a_newer_version_is_left_as_it_is(home):
    imported(5, home.database).counts()
    with duckdb.connect(str(home.database)) as con:
        con.execute("INSERT INTO migration VALUES ('_m999_future', TIMESTAMP '2030-01-01')")
    before = home.database.read_bytes()
    with pytest.raises(StoreError, match="newer version of digest"):
        Store(home.database).counts()
    assert home.database.read_bytes() == before


@pytest.mark.parametrize("schema", RELEASED)
def test_a_step_that_fails_half_way_leaves_the_file_as_it_was(schema, home, monkeypatch):
    imported(schema, home.database).counts()  # up to date
    before = _everything(home.database)

    def _m900_half(con):
        con.execute("CREATE TABLE half (n INTEGER)")
        con.execute("UPDATE paper SET source = 'changed'")
        con.execute("SELECT nothing FROM nowhere")

    monkeypatch.setattr(migrations, "_MIGRATIONS", (*migrations._MIGRATIONS, _m900_half))
    with pytest.raises(StoreError, match="nowhere"):
        Store(home.database).counts()
    monkeypatch.undo()
    assert _everything(home.database) == before
    assert Store(home.database).counts().failing == 1


def _everything(path):
    with duckdb.connect(str(path)) as con:
        tables = [
            name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        ]
        return {name: con.execute(f"FROM {name} ORDER BY ALL").fetchall() for name in tables}
