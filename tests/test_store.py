import subprocess
import sys
import threading
from datetime import UTC, datetime

import duckdb
import pytest

from digest.errors import StoreDamaged, StoreError
from digest.records import ArxivId, Document, MadeBy, Outcome, Paper
from digest.store import Store, result_key
from digest.store.posts import PostHeading, PostItem
from tests.conftest import document

PAPER = Paper(ArxivId.parse("2601.00001v1"), title="T")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "home" / "digest.duckdb")


def test_a_result_is_kept_once_and_never_changed(store):
    store.put_result("k", Outcome(PAPER.id, "extract", "done"), document("First sentence."))
    store.put_result("k", Outcome(PAPER.id, "extract", "done"), document("Another."))
    assert store.result("k", Document) == document("First sentence.")
    assert store.result("other", Document) is None


def test_a_failure_is_listed_until_the_stage_succeeds(store):
    store.put_failure(Outcome(PAPER.id, "extract", "failed", "broken", "mend it"), "trace")
    [(failure, _)] = store.failures()
    assert (failure.stage, failure.error, failure.hint) == ("extract", "broken", "mend it")
    store.put_result("k", Outcome(PAPER.id, "extract", "done"), document())
    assert store.failures() == []


def test_a_post_keeps_its_papers_in_order(store):
    other = Paper(ArxivId.parse("2601.00002"))
    items = [PostItem(PAPER, "s", "d", "t", "b"), PostItem(other, "s", errors=("broken",))]
    heading = PostHeading("arXiv Daily", ("cs.SD",), ("folder",))
    store.put_post("2026-01-23", heading, items)
    store.put_post("2026-01-23", heading, items)
    assert store.post_heading("2026-01-23") == heading
    assert store.post_items("2026-01-23") == items
    assert store.post_dates() == [("2026-01-23", "folder", 2)]
    assert store.post_items("2026-01-24") == []


def test_what_was_made_after_its_post_renews_the_paper(tmp_path):
    now = [datetime(2026, 1, 23, tzinfo=UTC)]
    store = Store(tmp_path / "digest.duckdb", lambda: now[0])
    items = [PostItem(PAPER, "s", "d"), PostItem(PAPER, "s", "d", "t", "b"), PostItem(PAPER, "s")]
    heading = PostHeading("arXiv Daily", (), ())
    for key in ("d", "t"):
        store.put_result(key, Outcome(PAPER.id, "extract", "done"), document())
    store.put_post("2026-01-23", heading, items)
    assert store.renewals("2026-01-23") == {}
    now[0] = datetime(2026, 1, 25, tzinfo=UTC)
    store.put_result("b", Outcome(PAPER.id, "explain", "done"), document())
    store.put_post("2026-01-23", heading, items)
    assert store.renewals("2026-01-23") == {1: datetime(2026, 1, 25, tzinfo=UTC)}


def test_the_key_of_a_result_follows_what_made_it():
    one = MadeBy("e", "1", model="m", options={"a": "1"})
    same = MadeBy("e", "1", model="m", options={"a": "1"})
    other = MadeBy("e", "1", model="m", options={"a": "2"})
    assert result_key("s", ["x"], one) == result_key("s", ["x"], same)
    keys = {
        result_key("s", ["x"], one),
        result_key("s", ["x"], other),
        result_key("t", ["x"], one),
        result_key("s", ["xy"], one),
        result_key("s", ["x", "y"], one),
    }
    assert len(keys) == 5


def test_a_damaged_file_is_named_with_its_cure(tmp_path):
    path = tmp_path / "digest.duckdb"
    path.write_bytes(b"not a database" * 400)
    with pytest.raises(StoreDamaged, match=str(path)) as caught:
        Store(path).counts()
    assert "digest restore" in caught.value.hint
    assert path.read_bytes().startswith(b"not a database")


def test_a_file_from_a_newer_version_is_refused(store, tmp_path):
    store.put_papers([(PAPER, "s")], "folder")
    with duckdb.connect(str(tmp_path / "home" / "digest.duckdb")) as con:
        con.execute("INSERT INTO migration VALUES ('_m999_future', now()::TIMESTAMP)")
    with pytest.raises(StoreError, match="newer version"):
        Store(tmp_path / "home" / "digest.duckdb").counts()


def test_a_writer_in_another_process_is_waited_for(store, tmp_path):
    store.put_papers([(PAPER, "s")], "folder")
    path = tmp_path / "home" / "digest.duckdb"
    hold = (
        "import duckdb, sys\n"
        f"con = duckdb.connect({str(path)!r})\n"
        "print('held', flush=True)\n"
        "sys.stdin.readline()\n"
        "con.close()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        threading.Timer(0.3, lambda: (other.stdin.write("\n"), other.stdin.flush())).start()
        assert store.counts().papers == 1


def test_what_is_newest_is_told_by_the_order_and_not_by_the_clock(tmp_path):
    now = [datetime(2026, 1, 23, tzinfo=UTC)]
    store = Store(tmp_path / "digest.duckdb", lambda: now[0])
    store.put_failure(Outcome(PAPER.id, "extract", "failed", "broken"), "trace")
    now[0] = datetime(2025, 1, 23, tzinfo=UTC)  # the clock is set back by a year
    store.put_result("k", Outcome(PAPER.id, "extract", "done"), document())
    assert store.failures() == []
    now[0] = datetime(2036, 1, 23, tzinfo=UTC)
    store.put_failure(Outcome(PAPER.id, "explain", "failed", "then"), "trace")
    now[0] = datetime(2026, 1, 24, tzinfo=UTC)
    store.put_failure(Outcome(PAPER.id, "explain", "failed", "now"), "trace")
    assert [failure.error for failure, _ in store.failures()] == ["now"]


@pytest.mark.parametrize("year", [2016, 2026, 2036])
def test_a_post_is_unfinished_until_another_file_is_told_of(tmp_path, year):
    now = [datetime(2026, 1, 23, tzinfo=UTC)]
    store = Store(tmp_path / "digest.duckdb", lambda: now[0])
    for date in ("2026-01-21", "2026-01-22", "2026-01-23"):
        store.put_post(date, PostHeading("T", (), ()), [])
    assert store.unfinished_posts("2026-01-22") == ["2026-01-22", "2026-01-23"]
    store.put_post_file("2026-01-22", "a" * 64)
    now[0] = now[0].replace(year=year, month=6)  # months later, whatever the clock says
    store.put_post_file("2026-01-23", "b" * 64)  # killed right after it
    assert store.unfinished_posts("2026-01-22") == ["2026-01-23"]


def test_sentences_can_be_queried(store):
    store.put_result("k", Outcome(PAPER.id, "extract", "done"), document("One.", "Two."))
    rows = store.database.query("SELECT id, page, text FROM sentence ORDER BY id", [])
    assert rows == [("s1", 1, "One."), ("s2", 2, "Two.")]


def test_the_figures_of_an_evaluation_are_kept_one_run_after_another(store):
    made_by = MadeBy("llama.cpp", "1", "a-model")
    store.put_measures("explain", "a-model, compress", {"recall": 0.9, "none": None}, made_by)
    store.put_measures("explain", "a-model, compress", {"recall": 0.95}, made_by)
    store.put_measures("explain", "a-model, compress", {}, made_by)
    found = [(figure, value) for _, figure, value, _ in store.measures("explain")]
    assert sorted(found, key=str) == [("none", None), ("recall", 0.9), ("recall", 0.95)]
    assert store.measures("translate") == []
