from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digest.announced import Arxiv, ArxivSource, older_days
from digest.calendar import Calendar
from digest.errors import FetchError, FetchRefused, PaperWithdrawn, StoreError
from digest.pipeline import Day, Tools, finish_posts, run_day
from digest.records import Announcement, ArxivId, Look, Paper, Sighting, Visit
from digest.render.post import paper_file
from digest.selection import Choice, Rules, choose
from digest.sources.folder import FolderSource
from digest.store import Store
from digest.store.ledger import Ledger
from tests.conftest import FakeExplainer, FakeExtractor, FakeTranslator


def at(day, hour=0, minute=0):
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)


class FakeClock:
    def __init__(self, now):
        self.time = now

    def now(self):
        return self.time

    def elapsed_s(self):
        return self.time.timestamp()

    def sleep(self, seconds):
        self.time += timedelta(seconds=seconds)


class FakeFeeds:
    """Shows each paper from the moment at which it is announced; its feed is always in time."""

    def __init__(self, clock):
        self.clock = clock
        self.papers = []  # (visible from, Paper)
        self.looks = 0
        self.broken = ""
        self.asked = []

    def look(self, known, options):
        self.looks += 1
        now = self.clock.now()
        if self.broken:
            return Look((), (Visit("api", "cs.SD", now, "failed", detail=self.broken),))
        seen = [paper for visible_at, paper in self.papers if visible_at <= now]
        batch = max((paper.announced.batch for paper in seen), default="")
        visits = []
        for name in known:
            visits.append(Visit("feed", name, now, "fresh", batch, len(seen), len(seen)))
            visits.append(Visit("api", name, now, "fresh"))
        return Look(tuple(Sighting(p, "feed", now) for p in seen), tuple(visits))

    def by_id(self, ids):
        self.asked.append(list(ids))
        if self.broken:
            raise FetchError(self.broken)
        known = {paper.id.base: paper for _, paper in self.papers}  # the newest version
        return [Sighting(known[base], "api", self.clock.now()) for base in ids]


class World:
    """A home, a clock, and an arXiv with a paper a day."""

    def __init__(self, config):
        self.config = replace(config, categories=("cs.SD",))
        self.store = Store(config.database)
        self.clock = FakeClock(at(22, 6))
        self.feeds = FakeFeeds(self.clock)
        self.unavailable = {}
        self.downloaded = []

    def announce(self, number, batch, version=1, kind="new", **known):
        day = int(batch[-2:])
        defaults = {
            "title": f"Paper {number}",
            "abstract": "An abstract.",
            "categories": ("cs.SD",),
            "submitted_at": at(day - 1, 12),
            "announced": Announcement(batch, kind),
        }
        paper = Paper(ArxivId.parse(f"2601.{number:05}v{version}"), **{**defaults, **known})
        self.feeds.papers.append((at(day, 1), paper))

    def download(self, paper, to):
        self.downloaded.append(str(paper))
        if paper in self.unavailable:
            raise self.unavailable[paper]
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(f"%PDF-1.4 {paper}".encode())

    def source(self, rules=None, limit=None, online=True):
        reached = Arxiv(Calendar(), self.clock)
        if online:
            reached = replace(reached, feeds=self.feeds, download=self.download)

        def chosen(papers, taken) -> Choice:
            return choose(papers, rules or Rules(), None, limit, taken)

        return ArxivSource(self.config, self.store, reached, chosen, lambda *_: None)

    def run(self, date, tools=None, **options):
        self.clock.time = max(self.clock.time, at(int(date[-2:]), 6))
        day = Day(date, self.source(**options))
        tools = tools or Tools(FakeExtractor(), FakeTranslator(), FakeExplainer())
        return run_day(day, self.config, self.store, tools)

    def posted(self, date):
        return [str(item.paper.id) for item in self.store.post_items(date)]


@pytest.fixture
def world(config):
    return World(config)


def test_each_day_carries_what_was_announced_since_the_last_post(world):
    world.announce(1, "2026-01-22")
    world.announce(2, "2026-01-23")
    first = world.run("2026-01-22")
    second = world.run("2026-01-23")
    assert (world.posted("2026-01-22"), world.posted("2026-01-23")) == (
        ["2601.00001v1"],
        ["2601.00002v1"],
    )
    assert "## Paper 1\n" in first.post.read_text()
    assert (second.announced.new, second.announced.batches) == (1, ("2026-01-23",))
    assert second.announced.window.start_at == at(22, 0, 50)


def test_a_second_run_changes_nothing(world):
    world.announce(1, "2026-01-22")
    text = world.run("2026-01-22").post.read_bytes()
    again = world.run("2026-01-22")
    assert (again.post.read_bytes(), again.post_status) == (text, "unchanged")
    assert world.downloaded == ["2601.00001v1"]


def test_a_run_that_dies_before_its_post_loses_nothing(world):
    class Killed(BaseException):
        pass

    class Dying(FakeExplainer):
        def explain(self, paper, document):
            raise Killed

    world.announce(1, "2026-01-22")
    with pytest.raises(Killed):
        world.run("2026-01-22", Tools(FakeExtractor(), FakeTranslator(), Dying()))
    assert world.posted("2026-01-22") == []
    world.announce(2, "2026-01-23")
    world.run("2026-01-23")  # a day later, the feed of the day before is gone
    assert sorted(world.posted("2026-01-23")) == ["2601.00001v1", "2601.00002v1"]


def test_a_day_without_news_writes_no_post(world):
    world.announce(1, "2026-01-22")
    world.run("2026-01-22")
    quiet = world.run("2026-01-24")
    assert (quiet.post, quiet.post_status, quiet.papers) == (None, "nothing", 0)
    assert not (world.config.posts / "2026-01-24-arxiv-daily.md").exists()


def test_a_paper_left_out_by_the_limit_is_named_and_may_join_the_same_day(world):
    for number in (1, 2, 3):
        world.announce(number, "2026-01-22")
    report = world.run("2026-01-22", limit=1)
    assert world.posted("2026-01-22") == ["2601.00003v1"]
    assert [str(left.paper) for left in report.announced.left_out] == [
        "2601.00002v1",
        "2601.00001v1",
    ]
    again = world.run("2026-01-22", limit=1)
    assert again.post_status == "unchanged"
    more = world.run("2026-01-22", limit=2)
    assert world.posted("2026-01-22") == ["2601.00003v1", "2601.00002v1"]
    assert [str(left.paper) for left in more.announced.left_out] == ["2601.00001v1"]
    world.run("2026-01-23")
    assert world.posted("2026-01-23") == []  # it was told, and is not told again


def test_a_new_version_is_an_update_of_the_post_that_carried_it(world):
    world.announce(1, "2026-01-22")
    world.run("2026-01-22")
    world.announce(1, "2026-01-23", version=2, kind="replace", submitted_at=at(21, 12))
    report = world.run("2026-01-23")
    [update] = report.announced.updates
    assert (str(update.paper), update.date) == ("2601.00001v2", "2026-01-22")
    assert world.posted("2026-01-23") == []
    assert world.run("2026-01-24").post is None  # once


def test_a_version_that_oai_does_not_tell_is_asked_for_until_it_is_known(world):
    world.announce(1, "2026-01-22")
    world.run("2026-01-22")
    [seen] = Ledger(world.store.database).of_papers(["2601.00001"])["2601.00001"]
    changed = replace(seen.paper, id=ArxivId("2601.00001"), announced=None, updated_at=at(23))
    world.clock.time = at(24, 5)
    Ledger(world.store.database).record(Look((Sighting(changed, "oai", at(24, 5)),), ()))
    world.feeds.broken = "no answer"
    assert world.run("2026-01-24").post is None
    world.feeds.broken = ""
    world.announce(1, "2026-01-23", version=2, kind="replace")
    world.feeds.papers[-1] = (at(31), world.feeds.papers[-1][1])  # no feed shows it any more
    [update] = world.run("2026-01-25").announced.updates
    assert str(update.paper) == "2601.00001v2"
    assert world.feeds.asked == [["2601.00001"]] * 2


def test_a_pdf_that_comes_later_joins_the_post_the_paper_is_in(world):
    paper = ArxivId.parse("2601.00001v1")
    world.announce(1, "2026-01-22")
    world.unavailable = {paper: FetchError("the server answered with a page")}
    report = world.run("2026-01-22")
    [failure] = report.failed
    assert (failure.stage, failure.error) == ("pdf", "the server answered with a page")
    assert report.coverage["full"] == 0
    world.unavailable = {}
    world.run("2026-01-23")
    [older] = older_days(world.store, world.source(), "2026-01-23", retry_days=14)
    tools = Tools(FakeExtractor(), FakeTranslator(), FakeExplainer())
    mended = run_day(older, world.config, world.store, tools)
    assert (mended.date, mended.coverage["full"], mended.failed) == ("2026-01-22", 1, [])
    assert world.store.post_heading("2026-01-22").coverage == report.announced
    assert world.store.failures() == []
    assert list(older_days(world.store, world.source(), "2026-01-23", 14)) == []


def test_a_withdrawn_paper_is_told_and_not_asked_for_again(world):
    world.announce(1, "2026-01-22")
    world.unavailable = {ArxivId.parse("2601.00001v1"): PaperWithdrawn("withdrawn", None, False)}
    report = world.run("2026-01-22")
    assert report.failed == []
    assert "撤稿" in report.post.read_text() or "撤回" in report.post.read_text()
    assert list(older_days(world.store, world.source(), "2026-01-23", 14)) == []


def test_a_refusal_ends_the_downloads_of_the_day(world):
    for number in (1, 2):
        world.announce(number, "2026-01-22")
    world.unavailable = {ArxivId.parse("2601.00002v1"): FetchRefused("403", "tomorrow", False)}
    report = world.run("2026-01-22")
    assert len(report.failed) == 2
    assert world.downloaded == ["2601.00002v1"]


def test_without_a_network_the_post_is_made_from_what_was_fetched(world):
    world.announce(1, "2026-01-22")
    fetched = world.source().fetch("2026-01-22")
    assert (fetched.papers, fetched.pdfs) == (1, 1)
    assert world.posted("2026-01-22") == []
    report = world.run("2026-01-22", online=False)
    assert world.posted("2026-01-22") == ["2601.00001v1"]
    assert report.announced.state == "fresh"
    assert world.feeds.looks == 1


def test_a_broken_arxiv_is_said_and_its_papers_come_the_next_day(world):
    world.announce(1, "2026-01-22")
    world.run("2026-01-22")
    world.announce(2, "2026-01-23")
    world.feeds.broken = "no answer"
    report = world.run("2026-01-23")
    assert (report.post, report.announced.state) == (None, "failed")
    assert report.announced.problems == ("cs.SD api: no answer",)
    world.feeds.broken = ""
    world.run("2026-01-24")
    assert world.posted("2026-01-24") == ["2601.00002v1"]


class TestWaiting:
    def test_until_the_batch_is_there(self, world):
        world.announce(1, "2026-01-22")
        world.run("2026-01-22")
        world.announce(2, "2026-01-23")
        world.clock.time = at(22, 23, 30)  # an hour and a half before the announcement
        source = world.source()
        source.wait("2026-01-23", hours=6)
        assert world.clock.time == at(23, 1)
        assert [str(a.paper.id) for a in source.deliver("2026-01-23").arrivals] == ["2601.00002v1"]

    def test_asks_ten_minutes_apart_and_gives_up(self, world):
        world.announce(1, "2026-01-22")
        world.run("2026-01-22")
        world.clock.time = at(23, 1)
        asked = world.feeds.looks
        world.source().wait("2026-01-23", hours=1)
        assert world.clock.time == at(23, 2)
        assert world.feeds.looks - asked == 7

    def test_not_where_the_calendar_expects_nothing(self, world):
        world.announce(1, "2026-01-23")
        world.run("2026-01-23")
        world.clock.time = at(24, 1)  # Saturday
        asked = world.feeds.looks
        world.source().wait("2026-01-24", hours=6)
        assert (world.clock.time, world.feeds.looks - asked) == (at(24, 1), 1)


def test_a_second_run_without_arxiv_takes_nothing_back_from_the_post(world):
    world.announce(1, "2026-01-22")
    text = world.run("2026-01-22").post.read_bytes()
    world.feeds.broken = "no answer"
    report = world.run("2026-01-22")
    assert (report.post.read_bytes(), report.announced.state) == (text, "failed")


def test_a_post_of_before_the_newest_gets_nothing_new(world):
    world.announce(1, "2026-01-22")
    world.announce(2, "2026-01-23")
    world.run("2026-01-22")
    world.run("2026-01-23")
    world.announce(3, "2026-01-24")
    world.clock.time = at(24, 6)
    world.run("2026-01-22")
    assert world.posted("2026-01-22") == ["2601.00001v1"]
    world.run("2026-01-24")
    assert world.posted("2026-01-24") == ["2601.00003v1"]


def test_a_post_whose_file_was_never_written_is_written_later(world):
    world.announce(1, "2026-01-22")
    blocked = world.config.posts
    blocked.parent.mkdir(parents=True, exist_ok=True)
    blocked.write_text("in the way")
    with pytest.raises(StoreError):
        world.run("2026-01-22")
    blocked.unlink()
    [finished] = finish_posts(world.config, world.store, "2026-01-10")
    assert "## Paper 1\n" in finished.path.read_text()
    assert finish_posts(world.config, world.store, "2026-01-10") == []


def test_one_more_category_does_not_make_the_others_late(world):
    world.announce(3, "2026-01-21")
    world.run("2026-01-21")
    world.announce(1, "2026-01-22", categories=("cs.CL",))
    world.announce(2, "2026-01-22")
    world.config = replace(world.config, categories=("cs.CL",))
    world.run("2026-01-22")
    world.config = replace(world.config, categories=("cs.SD",))
    world.run("2026-01-23")
    [item] = world.store.post_items("2026-01-23")
    assert (str(item.paper.id), item.mark) == ("2601.00002v1", "new")


def test_a_folder_paper_that_failed_is_none_of_arxivs_business(world, papers):
    world.announce(1, "2026-01-22")
    world.run("2026-01-22")
    (papers / "a.pdf").unlink()
    name = paper_file(FolderSource(papers).deliver("2026-01-22").arrivals[0].paper.id)
    tools = Tools(FakeExtractor([name]), FakeTranslator(), FakeExplainer())
    joined = run_day(Day("2026-01-22", FolderSource(papers)), world.config, world.store, tools)
    assert [failure.stage for failure in joined.failed] == ["extract"]
    assert list(older_days(world.store, world.source(), "2026-01-23", 14)) == []


def test_what_was_from_before_waits_again_when_the_beginning_moves_back(world):
    ledger = Ledger(world.store.database)
    world.announce(1, "2026-01-22")
    world.announce(2, "2026-01-23")
    world.clock.time = at(23, 6)
    world.run("2026-01-23")  # begins with the 23rd
    assert world.posted("2026-01-23") == ["2601.00002v1"]
    ledger.record(Look((), (Visit("api", "cs.SD", at(22, 6), "fresh"),)))  # an older bundle
    world.run("2026-01-24")
    assert world.posted("2026-01-24") == ["2601.00001v1"]


class TestFetchingOnly:
    def test_the_limit_is_for_each_batch(self, world):
        for number, batch in ((1, "2026-01-22"), (2, "2026-01-22"), (3, "2026-01-23")):
            world.announce(number, batch)
        world.source(limit=1).fetch("2026-01-22")
        world.clock.time = at(23, 6)
        world.source(limit=1).fetch("2026-01-23")
        assert world.downloaded == ["2601.00002v1", "2601.00003v1"]

    def test_what_was_withdrawn_is_asked_for_once(self, world):
        world.announce(1, "2026-01-22")
        gone = PaperWithdrawn("withdrawn", None, False)
        world.unavailable = {ArxivId.parse("2601.00001v1"): gone}
        for _ in range(2):
            assert world.source().fetch("2026-01-22").failed == ()
        assert world.downloaded == ["2601.00001v1"]

    def test_papers_of_long_ago_are_done_with(self, world):
        world.announce(1, "2026-01-05")
        world.clock.time = at(5, 6)
        world.source().fetch("2026-01-05")
        world.announce(2, "2026-01-23")
        world.clock.time = at(23, 6)
        assert world.source().fetch("2026-01-23").papers == 1

    def test_status_counts_what_is_here(self, world):
        world.announce(1, "2026-01-22")
        world.source().fetch("2026-01-22")
        [line] = Ledger(world.store.database).batches(("cs.SD",), 10)
        assert (line.batch, line.fetched, line.new) == ("2026-01-22", 1, 0)


def test_what_is_known_of_a_paper_is_what_was_found_last(world):
    ledger = Ledger(world.store.database)
    paper = Paper(ArxivId.parse("2601.00001v1"), title="Old", categories=("cs.SD",))
    old = Sighting(paper, "api", at(20))
    new = Sighting(replace(paper, title="New"), "api", at(20), known_at=at(22))
    for sighting in (old, new, old):
        ledger.record(Look((sighting,), ()))
    [[kept]] = ledger.of_papers(["2601.00001"]).values()
    assert (kept.paper.title, kept.seen_at, kept.known_at) == ("New", at(20), at(22))


def test_without_a_network_it_is_said_how_old_the_knowledge_is(world):
    world.announce(1, "2026-01-22")
    world.source().fetch("2026-01-22")
    world.clock.time = at(26, 6)
    report = world.run("2026-01-26", online=False)
    assert report.announced.state == "waiting"
    assert "announced since the last look on 2026-01-22" in report.announced.problems[0]


def test_status_counts_each_batch_by_category(world):
    for number in (1, 2, 3):
        world.announce(number, "2026-01-22")
    world.unavailable = {ArxivId.parse("2601.00002v1"): FetchError("no")}
    world.run("2026-01-22", limit=2)
    [line] = Ledger(world.store.database).batches(("cs.SD",), 10)
    assert (line.batch, line.category, line.announced) == ("2026-01-22", "cs.SD", 3)
    assert (line.new, line.left_out, line.fetched, line.failed) == (2, 1, 1, 1)
