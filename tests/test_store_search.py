import sqlite3
import threading
from contextlib import closing, contextmanager
from dataclasses import replace

import duckdb
import pytest

from digest.errors import StoreError
from digest.records import ArxivId, Outcome
from digest.store import Store
from digest.store.matching import terms
from digest.store.posts import PostHeading, PostItem
from digest.store.search import SearchIndex
from tests.posts import PAPER, breakdown, translation

HEADING = PostHeading("arXiv Daily", ("cs.SD",), ("folder",))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "digest.duckdb")


def paper(number, title="Title", **parts):
    return replace(PAPER, id=ArxivId.parse(f"2601.{number:05}v1"), title=title, **parts)


def put(store, date, *papers):
    """A post of these papers, all with the same translation and reading."""
    store.put_result(
        "t", Outcome(papers[0].id, "translate", "done"), translation("语音识别的译文。")
    )
    store.put_result("b", Outcome(papers[0].id, "explain", "done"), breakdown())
    items = [PostItem(each, "s", None, "t", "b") for each in papers]
    store.put_post(date, HEADING, items)


def found(store, *words, limit=20, since=""):
    store.search.update()
    return [hit.id for hit in store.search.find(terms(words), limit, since)]


def test_all_that_a_paper_says_is_found(store):
    put(store, "2026-01-23", paper(1, "Keyword Spotting", abstract="An odd abstract."))
    for words in (
        ["spot"],
        ["语音"],
        ["识别的"],
        ["词错误率", "odd"],
        ["Lovelace"],
        ["quote of 丙"],
    ):
        assert found(store, *words) == ["2601.00001v1"], words
    for words in (["spotted"], ["音语"], ["odd", "nowhere"], ["odd quote"]):
        assert found(store, *words) == [], words


def test_traditional_forms_and_accents_do_not_count(store):
    put(store, "2026-01-23", paper(1, "語言 by Grégoire"))
    for words in (["语言"], ["語言"], ["gregoire"], ["Grégoire"], ["語音識別"]):
        assert found(store, *words) == ["2601.00001v1"], words
    [hit] = store.search.find(terms(["gregoire"]), 20)
    assert hit.title_marks == ((6, 14),)


def test_a_hit_says_where(store):
    put(store, "2026-01-23", paper(1), paper(2, "A Speech paper"))
    store.search.update()
    [hit] = store.search.find(terms(["speech"]), 20)
    assert (hit.date, hit.number, hit.title, hit.title_marks) == (
        "2026-01-23",
        2,
        "A Speech paper",
        ((2, 8),),
    )
    assert hit.passage is None
    [first, _] = store.search.find(terms(["9.3"]), 20)
    assert (first.passage.kind, first.passage.text) == ("claim", "词错误率降低 9.3%。")


def test_hits_in_titles_come_first_then_the_newest(store):
    put(store, "2026-01-22", paper(1, "About noise"), paper(2))
    put(store, "2026-01-23", paper(3, abstract="noise"), paper(4, abstract="noise"))
    put(store, "2026-01-24", paper(5, abstract="noise"))
    in_order = ["2601.00001v1", "2601.00005v1", "2601.00003v1", "2601.00004v1"]
    assert found(store, "noise") == in_order
    assert found(store, "noise", limit=2) == in_order[:2]
    assert found(store, "noise", since="2026-01-23") == in_order[1:]


def test_a_changed_post_is_found_as_it_is_now(store):
    put(store, "2026-01-22", paper(1, "First words"))
    assert found(store, "first") == ["2601.00001v1"]
    newer = replace(paper(1, "Second words"), id=ArxivId.parse("2601.00001v2"))
    put(store, "2026-01-22", newer)
    assert (found(store, "first"), found(store, "second")) == ([], ["2601.00001v2"])
    put(store, "2026-01-22", paper(2, "Third words"), newer)  # each has another place now
    assert (found(store, "third"), found(store, "second")) == (["2601.00002v1"], ["2601.00001v2"])
    put(store, "2026-01-22", paper(2, "Third words"))
    assert found(store, "second") == []


def test_a_paper_that_two_posts_carry_is_one_hit(store):
    put(store, "2026-01-22", paper(1, "Noise"))
    put(store, "2026-01-23", paper(1, "Noise"))
    store.search.update()
    assert [hit.date for hit in store.search.find(terms(["noise"]), 20)] == ["2026-01-23"]


def test_nothing_is_indexed_twice(store):
    put(store, "2026-01-22", paper(1), paper(2))
    assert [store.search.update() for _ in range(3)] == [2, 0, 0]


def test_an_index_that_is_lost_is_made_again_a_damaged_one_is_named(store, tmp_path):
    put(store, "2026-01-22", paper(1, "Noise"))
    assert found(store, "noise") == ["2601.00001v1"]
    index = tmp_path / "search.sqlite"
    index.unlink()
    assert found(store, "noise") == ["2601.00001v1"]
    index.write_bytes(b"no index at all" * 400)
    with pytest.raises(StoreError, match=r"search\.sqlite") as caught:
        found(store, "noise")
    assert "made anew" in caught.value.hint
    assert found(store, "noise") == ["2601.00001v1"]


def test_posts_of_before_there_was_an_index_are_found(store, tmp_path):
    put(store, "2026-01-22", paper(1, "Noise"))
    with duckdb.connect(str(tmp_path / "digest.duckdb")) as con:
        con.execute("DROP TABLE unsearched")
        con.execute("DELETE FROM migration WHERE name = '_m005_unsearched'")
    assert found(Store(tmp_path / "digest.duckdb"), "noise") == ["2601.00001v1"]


def test_nothing_to_search_for_is_an_error(store):
    with pytest.raises(ValueError, match="nothing to search for"):
        store.search.find(terms(["…"]), 20)


def test_a_paper_is_found_by_its_id(store):
    put(store, "2026-01-22", paper(1), paper(2))
    put(store, "2026-01-23", paper(2))
    assert store.carried("2601.00002") == [("2026-01-23", 0), ("2026-01-22", 1)]
    assert store.carried("2601.0000") == []


class Watched:
    """A database in turns, as processes have it; after the first, somebody else acts once."""

    turn = threading.Lock()

    def __init__(self, database, act=lambda: None):
        self._database, self._act = database, act

    def __getattr__(self, name):
        return getattr(self._database, name)

    def query(self, sql):
        with self.turn:
            return self._database.query(sql)

    @contextmanager
    def transaction(self):
        with self.turn, self._database.transaction() as con:
            yield con
        act, self._act = self._act, lambda: None
        act()


@pytest.fixture
def overtaken(store, tmp_path):
    """Updates the index; after its first look at the database another process does the same."""
    index = tmp_path / "search.sqlite"
    other = SearchIndex(index, Watched(Store(tmp_path / "digest.duckdb").database))

    def update(before=lambda: None):
        faster = threading.Thread(target=other.update)

        def overtake():
            before()
            waits = is_locked(index)
            faster.start()
            faster.join(0 if waits else 30)

        SearchIndex(index, Watched(store.database, overtake)).update()
        faster.join()

    return update


def is_locked(index):
    with closing(sqlite3.connect(index, timeout=0)) as con:
        try:
            con.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        return False


def test_two_first_searches_leave_an_index_of_everything(store, overtaken):
    put(store, "2026-01-22", paper(1, "Noise"), paper(2, "Noise"))
    overtaken()
    assert found(store, "noise") == ["2601.00001v1", "2601.00002v1"]


def test_a_slow_update_does_not_bring_back_what_changed_meanwhile(store, overtaken):
    put(store, "2026-01-22", paper(1, "First"))
    store.search.update()
    put(store, "2026-01-22", paper(1, "Second"))
    overtaken(lambda: put(store, "2026-01-22", paper(1, "Third")))
    assert (found(store, "second"), found(store, "third")) == ([], ["2601.00001v1"])
