"""Posts entered into a store that lacks them; what a night makes of it is in test_recovery."""

import json
from datetime import UTC, datetime

import pytest

from digest.outputs import write_files
from digest.pipeline import Day, Tools, post_text, run_day
from digest.reentry import enter_again
from digest.sources.folder import FolderSource
from digest.store import Store
from tests.conftest import FakeExplainer, FakeExtractor, FakeTranslator

DATE = "2026-01-23"
NOW = datetime(2026, 1, 24, tzinfo=UTC)


@pytest.fixture
def made(config, papers):
    store = Store(config.database, lambda: NOW)
    tools = Tools(FakeExtractor(), FakeTranslator(), FakeExplainer())
    run_day(Day(DATE, FolderSource(papers)), config, store, tools)
    write_files(DATE, config, store)
    return config


@pytest.fixture
def empty(tmp_path):
    return Store(tmp_path / "other.duckdb", lambda: NOW)


def test_a_post_says_the_same_of_its_papers(made, empty):
    entered = enter_again(made, empty)
    assert entered.posts == (DATE,)
    before = Store(made.database)
    assert empty.post_heading(DATE) == before.post_heading(DATE)
    old, new = before.post_items(DATE), empty.post_items(DATE)
    assert [item.paper for item in new] == [item.paper for item in old]
    assert [item.translation_key for item in new] == [item.translation_key for item in old]
    text = post_text(DATE, made, empty)
    assert text.count("词错误率降低 9.3%") == 2
    assert "译文：One." in text
    assert empty.counts().papers == 2


def test_doing_it_again_changes_nothing(made, empty):
    enter_again(made, empty)
    fingerprints = empty.post_fingerprints()
    assert enter_again(made, empty).posts == ()
    assert empty.post_fingerprints() == fingerprints


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.unlink(),
        lambda path: path.write_text("{"),
        lambda path: path.write_bytes(path.read_bytes().replace(b"arxiv-digest-day/1", b"x")),
        lambda path: path.write_bytes(path.read_bytes().replace(b"2601.00001", b"9999")),
        lambda path: path.write_bytes(path.read_bytes().replace(DATE.encode(), b"2026-01-22")),
    ],
    ids=["gone", "torn", "another schema", "no id", "another date"],
)
def test_a_post_without_a_good_json_is_named(made, empty, harm):
    harm(made.posts / f"{DATE}.json")
    entered = enter_again(made, empty)
    assert (entered.posts, entered.unknown) == ((), (made.posts / f"{DATE}-arxiv-daily.md",))
    assert "may be carried again" in entered.lines()[0]
    assert empty.post_dates() == []


def test_a_post_from_a_date_to_come_is_not_entered(made, empty):
    """It would keep every night until then from carrying anything new."""
    future = "2036-01-23"
    day = json.loads((made.posts / f"{DATE}.json").read_text())
    (made.posts / f"{future}.json").write_text(json.dumps({**day, "date": future}))
    entered = enter_again(made, empty)
    assert entered.posts == (DATE,)
    assert entered.unknown == (made.posts / f"{future}-arxiv-daily.md",)


def test_an_old_post_says_what_it_said_and_is_not_tried_again(made, tmp_path):
    later = Store(tmp_path / "other.duckdb", lambda: datetime(2026, 6, 1, tzinfo=UTC))
    enter_again(made, later)
    assert [item.errors for item in later.post_items(DATE)] == [(), ()]
