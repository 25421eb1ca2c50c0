"""A look at a fake arXiv over HTTP: what it finds, what it asks, and what it says of a bad day."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from digest.calendar import Calendar
from digest.evaluate.arxiv.answers import Answers
from digest.evaluate.arxiv.clock import SimulatedClock
from digest.evaluate.arxiv.faults import Fault, Faults, Reply
from digest.evaluate.arxiv.seeding import generate
from digest.evaluate.arxiv.server import FakeArxiv
from digest.records import Announcement, ArxivId
from digest.sources.arxiv import ArxivFeeds, Known, LookOptions
from digest.sources.endpoints import Endpoints
from digest.sources.http import Client, HttpOptions
from digest.sources.merge import merge

pytestmark = pytest.mark.loopback

CALENDAR = Calendar([date(2026, 11, 26)])
WORLD = generate(CALENDAR, "2026-11-02", "2026-11-30", seed=3)
CATEGORIES = ("cs.SD", "eess.AS")
NEVER = dict.fromkeys(CATEGORIES, Known("", ""))


def eastern(day: int, hour: int) -> datetime:
    """A moment of November 2026 in New York, which is five hours behind UTC."""
    return datetime(2026, 11, day, tzinfo=UTC) + timedelta(hours=hour + 5)


def taken(batch: str) -> dict[str, Known]:
    return dict.fromkeys(CATEGORIES, Known(batch, "of papers long gone"))


@pytest.fixture
def arxiv(tmp_path):
    """Build (feeds, answers, clock): the source under test and the arXiv that it asks."""
    opened = []

    def build(now, faults=(), kind=Answers):
        clock = SimulatedClock(now)
        answers = kind(WORLD, clock, Faults(list(faults)))
        server = FakeArxiv(answers).__enter__()
        client = Client(HttpOptions(pace_file=tmp_path / "pace", cache_dir=tmp_path / "c"), clock)
        opened.extend([server, client])
        url = server.url
        endpoints = Endpoints(url, f"{url}/api/query", f"{url}/oai", f"{url}/pdf")
        return ArxivFeeds(client, endpoints, CALENDAR, clock), answers, clock

    yield build
    for each in reversed(opened):
        each.__exit__(None, None, None)


def notices(batch):
    """Base id -> announce type, as arXiv's truth has it; no feed shows versions from 6 on."""
    found = WORLD.notices(CATEGORIES, batch)
    return {n.shown.preprint.base: n.type for n in found if n.shown.newest.number < 6}


def announced(look):
    """(batch, base, type) of everything that the feed announced."""
    return {
        (sighting.paper.announced.batch, sighting.paper.id.base, sighting.paper.announced.type)
        for sighting in look.sightings
        if sighting.paper.announced
    }


def states(look, by="feed"):
    return {visit.state for visit in look.visits if visit.by == by}


def test_a_day_without_faults(arxiv):
    feeds, answers, _ = arxiv(eastern(23, 1))
    look = feeds.look(taken("2026-11-20"), LookOptions())
    truth = notices("2026-11-23")
    assert announced(look) == {("2026-11-23", base, kind) for base, kind in truth.items()}
    assert states(look) == {"fresh"}
    assert {visit.batch for visit in look.visits if visit.by == "feed"} == {"2026-11-23"}
    by_paper = {}
    for sighting in look.sightings:
        by_paper.setdefault(sighting.paper.id.base, []).append(sighting)
    for base, sightings in by_paper.items():
        paper = merge(sightings)
        assert paper.submitted_at == WORLD.find(base).submitted_at
        assert paper.title == WORLD.find(base).title
        if base in truth:
            assert paper.licence == WORLD.find(base).licence
    assert "quant-ph/0201082" in by_paper  # replaced, and known to the second by its id
    assert [hit.endpoint for hit in answers.hits] == ["feed", "api", "api"]
    assert answers.smallest_gap_s() >= 3


def test_counts_are_those_of_each_category(arxiv):
    feeds, _, _ = arxiv(eastern(18, 1))
    look = feeds.look(taken("2026-11-17"), LookOptions())
    for visit in look.visits[:2]:
        own = [n for n in WORLD.notices([visit.category], "2026-11-18")
               if n.shown.newest.number < 6]  # fmt: skip
        kinds = [notice.type for notice in own]
        counted = (visit.shown, visit.new, visit.cross)
        assert counted == (len(own), kinds.count("new"), kinds.count("cross"))
        assert visit.replaced == sum(kind.startswith("replace") for kind in kinds)
        assert re.fullmatch(r"[0-9a-f]{64}", visit.fingerprint)


def test_the_overlap_finds_papers_that_were_held(arxiv):
    feeds, answers, _ = arxiv(eastern(18, 1))
    look = feeds.look(taken("2026-11-17"), LookOptions())
    found = {s.paper.id.base for s in look.sightings if s.by == "api"}
    since = CALENDAR.batch("2026-11-18").opens_at - timedelta(days=7)
    expected = {
        preprint.base
        for preprint in WORLD.preprints
        if preprint.batch <= "2026-11-18" and preprint.submitted_at >= since
        and {preprint.primary, *(c.category for c in preprint.crosses if c.batch <= "2026-11-18")}
        & set(CATEGORIES)
    }  # fmt: skip
    assert expected <= found and len(expected) > 20
    assert "submittedDate%3A%5B202611091900+TO+202611180100%5D" in answers.hits[1].target


def test_a_category_that_is_new_to_us_is_looked_at_further_back(arxiv):
    feeds, answers, _ = arxiv(eastern(18, 1))
    known = {"cs.SD": Known("2026-11-17", "x"), "eess.AS": Known("", "")}
    feeds.look(known, LookOptions(overlap_days=7, baseline_days=14))
    asked = [hit.target for hit in answers.hits if "search_query" in hit.target]
    assert "cat%3Acs.SD" in asked[0] and "202611091900" in asked[0]
    assert "cat%3Aeess.AS" in asked[1] and "202611021900" in asked[1]


def test_days_on_which_nobody_looked_come_by_oai(arxiv):
    feeds, answers, _ = arxiv(eastern(19, 1))
    look = feeds.look(taken("2026-11-16"), LookOptions())
    found = {sighting.paper.id.base for sighting in look.sightings}
    for batch in ("2026-11-17", "2026-11-18", "2026-11-19"):
        assert notices(batch).keys() <= found
    asked = [hit.target for hit in answers.hits if hit.endpoint == "oai"]
    assert "from=2026-11-16" in asked[0] and "set=cs%3Acs%3ASD" in asked[0]
    assert [(v.category, v.state, v.batch) for v in look.visits if v.by == "oai"] == [
        ("cs.SD", "fresh", "2026-11-18"),
        ("eess.AS", "fresh", "2026-11-18"),
    ]


def test_a_stale_feed_is_not_taken_for_todays(arxiv):
    """Yesterday's papers under today's date: known by their ids."""
    fault = Fault("stale feed", "feed", *[date(2026, 11, 19)] * 2)
    feeds, _, clock = arxiv(eastern(18, 5), [fault])
    first = feeds.look(taken("2026-11-17"), LookOptions())
    known = {v.category: Known(v.batch, v.fingerprint) for v in first.visits if v.by == "feed"}
    clock.move_to(eastern(19, 5))
    look = feeds.look(known, LookOptions())
    assert states(look) == {"stalled"}
    assert {batch for batch, _, _ in announced(look)} == {"2026-11-18"}
    assert {visit.batch for visit in look.visits if visit.by == "oai"} == {"2026-11-19"}
    found = {sighting.paper.id.base for sighting in look.sightings}
    assert notices("2026-11-19").keys() <= found


def test_a_stale_feed_that_was_never_seen_gets_its_own_batch(arxiv):
    """The same after a day without a look: known by when its papers were submitted."""
    feeds, _, _ = arxiv(eastern(19, 5), [Fault("stale feed", "feed", *[date(2026, 11, 19)] * 2)])
    look = feeds.look(taken("2026-11-17"), LookOptions())
    assert states(look) == {"stalled"}
    assert {batch for batch, _, _ in announced(look)} == {"2026-11-18"}


def test_a_feed_that_fails_stops_nothing_else(arxiv):
    feeds, _, _ = arxiv(eastern(18, 5), [Fault("503", "feed", *[date(2026, 11, 18)] * 2)])
    look = feeds.look(taken("2026-11-17"), LookOptions())
    assert states(look) == {"failed"}
    assert "answered 503" in look.visits[0].detail
    assert states(look, "api") == states(look, "oai") == {"fresh"}
    found = {sighting.paper.id.base for sighting in look.sightings}
    assert notices("2026-11-18").keys() <= found


def test_an_api_that_fails_leaves_the_feeds_papers(arxiv):
    feeds, _, _ = arxiv(eastern(18, 5), [Fault("empty page", "api", *[date(2026, 11, 18)] * 2)])
    look = feeds.look(taken("2026-11-17"), LookOptions())
    assert (states(look), states(look, "api")) == ({"fresh"}, {"failed"})
    details = {visit.detail for visit in look.visits if visit.by == "api"}
    assert any(re.search(r"the query API sent 0 of \d+ papers", detail) for detail in details)
    assert len(announced(look)) > 0


def test_faults_that_were_overcome_are_named(arxiv):
    day = date(2026, 11, 18)
    feeds, _, _ = arxiv(eastern(18, 5), [
        Fault("rate exceeded", "feed", day, day, 1), Fault("429", "api", day, day, 1),
    ])  # fmt: skip
    look = feeds.look(taken("2026-11-17"), LookOptions())
    assert states(look) == states(look, "api") == {"fresh"}
    details = {visit.by: visit.detail for visit in look.visits}
    assert "asked again after: the announcement feed was refused: Rate exceeded." in details["feed"]
    assert re.search(r"asked again after: http://\S+/api/query answered 429", details["api"])


class Refusing(Answers):
    """Answers 403 to every question."""

    def reply(self, target):
        return replace(super().reply(target), status=403, body=b"Forbidden")


def test_a_refusal_ends_the_look(arxiv):
    feeds, answers, _ = arxiv(eastern(18, 5), kind=Refusing)
    look = feeds.look(taken("2026-11-16"), LookOptions())
    assert len(answers.hits) == 1
    assert look.sightings == ()
    assert {visit.state for visit in look.visits} == {"failed"}
    assert {visit.by for visit in look.visits} == {"feed", "api", "oai"}


def test_polling_asks_the_feed_alone_until_something_is_announced(arxiv):
    feeds, answers, clock = arxiv(eastern(18, 5))
    first = feeds.look(taken("2026-11-17"), LookOptions())
    known = {v.category: Known(v.batch, v.fingerprint) for v in first.visits if v.by == "feed"}
    poll = LookOptions(poll=True)

    def asked(now):
        clock.move_to(now)
        before = len(answers.hits)
        look = feeds.look(known, poll)
        return states(look), [hit.endpoint for hit in answers.hits[before:]]

    assert asked(eastern(18, 19)) == ({"waiting"}, ["feed"])
    assert asked(eastern(18, 21)) == ({"waiting"}, ["feed", "api"])  # announced at 20:00
    assert asked(eastern(18, 22)) == ({"waiting"}, ["feed", "api"])  # not from the cache
    state, endpoints = asked(eastern(19, 1))
    assert state == {"fresh"} and endpoints[:2] == ["feed", "api"]


def test_a_second_look_on_a_day_asks_the_feed_alone(arxiv):
    """The answers to the same questions are kept; the feed says that nothing changed."""
    feeds, answers, clock = arxiv(eastern(23, 1))
    first = feeds.look(taken("2026-11-20"), LookOptions())
    before = len(answers.hits)
    clock.move_to(eastern(23, 9))
    again = feeds.look(taken("2026-11-20"), LookOptions())
    assert [hit.endpoint for hit in answers.hits[before:]] == ["feed"]
    assert [s.paper for s in again.sightings] == [s.paper for s in first.sightings]


class Overflowing(Answers):
    """A feed of several categories is full; those of one are not."""

    def reply(self, target):
        reply = super().reply(target)
        if "/rss/" not in target or "+" not in target:
            return reply
        items = b"".join(
            b"<item><guid>oai:arXiv.org:2611.%05dv1</guid></item>" % n for n in range(30000, 32000)
        )
        body = re.sub(rb"<item>.*</item>", lambda _: items, reply.body, flags=re.DOTALL)
        return Reply(200, body, reply.content_type)


def test_a_full_feed_is_asked_for_in_parts(arxiv):
    feeds, answers, _ = arxiv(eastern(18, 1), kind=Overflowing)
    look = feeds.look(taken("2026-11-17"), LookOptions())
    assert [hit.target for hit in answers.hits if hit.endpoint == "feed"] == [
        "/rss/cs.SD+eess.AS", "/rss/cs.SD", "/rss/eess.AS",
    ]  # fmt: skip
    truth = notices("2026-11-18")
    assert announced(look) == {("2026-11-18", base, kind) for base, kind in truth.items()}


def test_papers_by_id(arxiv):
    feeds, answers, _ = arxiv(eastern(18, 1))
    known = next(p for p in WORLD.preprints if p.batch == "2026-11-10")
    sightings = feeds.by_id([ArxivId(known.base), ArxivId("2611.99999")])
    assert [(s.paper.id.base, s.by) for s in sightings] == [(known.base, "api")]
    assert sightings[0].paper.submitted_at == known.submitted_at
    assert "max_results=2" in answers.hits[0].target


def test_no_category_is_a_mistake_of_ours(arxiv):
    feeds, _, _ = arxiv(eastern(18, 1))
    with pytest.raises(ValueError, match="no category"):
        feeds.look({}, LookOptions())


def test_an_announcement_names_a_batch_that_the_calendar_knows(arxiv):
    """On a Saturday a feed may still show Friday's papers, under Saturday's date."""
    feeds, _, _ = arxiv(eastern(21, 9), [Fault("stale feed", "feed", *[date(2026, 11, 21)] * 2)])
    look = feeds.look(taken("2026-11-19"), LookOptions())
    assert {batch for batch, _, _ in announced(look)} == {"2026-11-20"}
    assert isinstance(next(iter(look.sightings)).paper.announced, Announcement)
    assert states(look) == {"fresh"}
