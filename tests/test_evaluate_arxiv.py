"""The fake arXiv: its papers keep the rules, its server answers as arXiv does, its faults bite."""

import xml.etree.ElementTree as ET
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import feedparser
import httpx
import pymupdf
import pytest

from digest.calendar import Calendar, load_calendar
from digest.evaluate.arxiv import faults, query
from digest.evaluate.arxiv.answers import Answers
from digest.evaluate.arxiv.clock import SimulatedClock
from digest.evaluate.arxiv.faults import Fault, Faults
from digest.evaluate.arxiv.pdf import pdf
from digest.evaluate.arxiv.seeding import Mix, generate
from digest.evaluate.arxiv.server import FakeArxiv
from digest.evaluate.arxiv.world import CrossList, Preprint, Version, World, announced_as

CALENDAR = load_calendar()
DAY = date(2026, 11, 18)
OAI = "{http://www.openarchives.org/OAI/2.0/}"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def preprint(base="2611.00001", primary="cs.SD", crosses=(), versions=None, **more) -> Preprint:
    """A paper submitted on Monday 16 November 2026, 20:00 UTC, and listed on Wednesday 18."""
    versions = versions or (Version(1, utc("2026-11-16T20:00"), "2026-11-18"),)
    texts = {
        "title": "A & B <c>",
        "abstract": "First. Second.",
        "authors": ("Ana García", "Wei Zhang"),
        "licence": "http://creativecommons.org/licenses/by/4.0/",
        "comments": "4 pages",
        "doi": "10.5555/1",
        "journal_ref": None,
    }
    crosses = tuple(CrossList(*cross) for cross in crosses)
    return Preprint(base, primary=primary, crosses=crosses, versions=versions, **{**texts, **more})


SECOND = (
    Version(1, utc("2026-11-10T20:00"), "2026-11-12"),
    Version(2, utc("2026-11-17T08:00"), "2026-11-18"),
)
PAPERS = (
    preprint(),
    preprint("2611.00002", "cs.LG", [("cs.SD", "2026-11-18")]),
    preprint("2611.00003", "cs.SD", versions=SECOND),
    preprint("cs/9901002", "cs.LG", [("cs.SD", "2026-11-12")], versions=SECOND),
    preprint("2611.00005", "cs.CV"),
    preprint("2611.00006", "cs.SD", [("cs.LG", "2026-11-18")], versions=SECOND[:1]),
)


@pytest.fixture
def clock():
    return SimulatedClock(utc("2026-11-18T06:00"))  # Wednesday, 01:00 in New York


@pytest.fixture
def arxiv(clock):
    """A server for PAPERS, with a client that does not follow up on anything."""
    answers = Answers(World(CALENDAR, PAPERS), clock, per_page=2)
    with FakeArxiv(answers) as server, httpx.Client(base_url=server.url) as client:
        client.answers = answers
        yield client


def spoilt(client: httpx.Client, kind, endpoint, times=1) -> None:
    client.answers.faults = Faults([Fault(kind, endpoint, DAY, DAY, times)])


# ---------------------------------------------------------------- the world


@pytest.fixture(scope="module")
def world() -> World:
    return generate(CALENDAR, "2026-08-31", "2026-11-30", seed=3)


def test_the_same_seed_makes_the_same_world(world):
    again = generate(CALENDAR, "2026-08-31", "2026-11-30", seed=3)
    other = generate(CALENDAR, "2026-08-31", "2026-11-30", seed=4)
    assert again.preprints == world.preprints != other.preprints


def test_versions_come_out_after_they_are_submitted_and_in_order(world):
    for paper in world.preprints:
        assert [v.number for v in paper.versions] == list(range(1, len(paper.versions) + 1))
        batches = [v.batch for v in paper.versions]
        assert batches == sorted(batches)
        for version in paper.versions:
            assert version.submitted_at < CALENDAR.batch(version.batch).closes_at
        assert all(cross.batch >= paper.batch for cross in paper.crosses)
        assert len({paper.primary, *(c.category for c in paper.crosses)}) == 1 + len(paper.crosses)


def test_moderation_holds_up_to_five_days(world):
    held = Counter()
    for paper in world.preprints[5:]:  # after the old ones
        on_time = CALENDAR.of_submission(paper.submitted_at)
        latest = CALENDAR.of_submission(paper.submitted_at + timedelta(days=5))
        assert on_time.name <= paper.batch <= latest.name
        held[paper.batch > on_time.name] += 1
    assert 0.05 < held[True] / held.total() < 0.2


def test_identifiers_count_up_within_the_month_of_the_announcement(world):
    bases = [paper.base for paper in world.preprints[5:]]
    assert bases == sorted(bases)
    assert len(set(bases)) == len(bases)
    october = next(p for p in world.preprints if p.base == "2610.00001")
    assert october.batch == "2026-10-02"  # Thursday 1 October, 20:00: the first evening in October


def test_the_world_has_one_of_everything(world):
    papers = world.preprints
    assert any(v.withdrawn for p in papers for v in p.versions)
    assert any(c.batch > p.batch for p in papers for c in p.crosses)
    assert any("/" in p.base for p in papers)
    assert any(len(p.versions) > 5 for p in papers)
    assert any(p.touched for p in papers)
    assert {p.primary for p in papers} == set(Mix().per_batch)


@pytest.mark.parametrize(
    ("base", "categories", "kind"),
    [
        ("2611.00001", ["cs.SD"], "new"),
        ("2611.00002", ["cs.SD"], "cross"),
        ("2611.00002", ["cs.SD", "cs.LG"], "new"),
        ("2611.00003", ["cs.SD"], "replace"),
        ("cs/9901002", ["cs.SD"], "replace-cross"),
        ("cs/9901002", ["cs.CV"], None),
        ("2611.00006", ["cs.LG"], "cross"),  # cross-listed later
        ("2611.00006", ["cs.SD"], None),
    ],
)
def test_how_a_paper_is_announced(base, categories, kind):
    paper = next(paper for paper in PAPERS if paper.base == base)
    assert announced_as(paper, categories, "2026-11-18") == kind


# ---------------------------------------------------------------- the server


def feed_of(client: httpx.Client, form: str = "rss", categories: str = "cs.SD"):
    response = client.get(f"/{form}/{categories}")
    assert response.status_code == 200
    return feedparser.parse(response.content)


@pytest.mark.loopback
@pytest.mark.parametrize("form", ["rss", "atom"])
def test_the_feed_of_the_day(arxiv, form):
    entries = {e.id: e for e in feed_of(arxiv, form).entries}
    assert {name: e.arxiv_announce_type for name, e in entries.items()} == {
        "oai:arXiv.org:2611.00001v1": "new",
        "oai:arXiv.org:2611.00002v1": "cross",
        "oai:arXiv.org:2611.00003v2": "replace",
        "oai:arXiv.org:cs/9901002v2": "replace-cross",
    }
    first = entries["oai:arXiv.org:2611.00001v1"]
    assert first.title == "A & B <c>"
    assert first.link == "https://arxiv.org/abs/2611.00001"
    assert first.summary.startswith("arXiv:2611.00001v1 Announce Type: new")
    assert first.summary.endswith("Abstract: First. Second.")
    assert first.rights == "http://creativecommons.org/licenses/by/4.0/"
    assert first.author == "Ana García, Wei Zhang"
    assert [tag.term for tag in entries["oai:arXiv.org:2611.00002v1"].tags] == ["cs.LG", "cs.SD"]


@pytest.mark.loopback
def test_the_feed_changes_at_midnight_in_new_york_and_is_empty_at_weekends(arxiv, clock):
    assert feed_of(arxiv).feed.published == "Wed, 18 Nov 2026 00:00:00 -0500"
    clock.move_to(utc("2026-11-19T04:59:59"))
    assert len(feed_of(arxiv).entries) == 4
    clock.move_to(utc("2026-11-19T05:00:00"))
    assert feed_of(arxiv).feed.published == "Thu, 19 Nov 2026 00:00:00 -0500"
    clock.move_to(utc("2026-11-21T12:00:00"))  # Saturday
    assert feed_of(arxiv).entries == []


@pytest.mark.loopback
def test_the_feed_leaves_out_versions_from_six_on(arxiv):
    many = tuple(Version(n, utc("2026-11-10T20:00"), "2026-11-12") for n in range(1, 6))
    many += (Version(6, utc("2026-11-17T08:00"), "2026-11-18"),)
    arxiv.answers.world = World(CALENDAR, [preprint(versions=many)])
    assert feed_of(arxiv).entries == []


@pytest.mark.loopback
def test_an_unchanged_feed_is_answered_by_304(arxiv, clock):
    first = arxiv.get("/rss/cs.SD")
    etag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    assert modified == "Wed, 18 Nov 2026 05:00:00 GMT"
    by_etag = arxiv.get("/rss/cs.SD", headers={"If-None-Match": etag})
    by_date = arxiv.get("/rss/cs.SD", headers={"If-Modified-Since": modified})
    assert (by_etag.status_code, by_date.status_code) == (304, 304)
    assert by_etag.content == b""
    clock.move_to(utc("2026-11-19T05:00"))
    assert arxiv.get("/rss/cs.SD", headers={"If-None-Match": etag}).status_code == 200


def ids_of(response: httpx.Response) -> list[str]:
    return [
        e.id.removeprefix("http://arxiv.org/abs/") for e in feedparser.parse(response.text).entries
    ]


def asked(client: httpx.Client, **parameters) -> httpx.Response:
    return client.get("/api/query", params=parameters)


@pytest.mark.loopback
def test_the_query_api_shows_a_batch_at_the_announcement(arxiv, clock):
    wednesday = "cat:cs.SD AND submittedDate:[202611160000 TO 202611180000]"
    arxiv.answers.clock = early = SimulatedClock(utc("2026-11-18T00:59:59"))
    assert ids_of(asked(arxiv, search_query=wednesday)) == []
    early.sleep(1)
    assert ids_of(asked(arxiv, search_query=wednesday)) == ["2611.00001v1", "2611.00002v1"]


@pytest.mark.loopback
def test_a_query_gives_pages_counts_and_newest_versions(arxiv):
    everything = {"search_query": "cat:cs.*", "sortBy": "submittedDate", "sortOrder": "ascending"}
    first = asked(arxiv, **everything, max_results=4)
    parsed = feedparser.parse(first.text)
    assert parsed.feed.opensearch_totalresults == "6"
    assert ids_of(first) == ["2611.00003v2", "cs/9901002v2", "2611.00006v1", "2611.00001v1"]
    assert ids_of(asked(arxiv, **everything, start=4)) == ["2611.00002v1", "2611.00005v1"]
    entry = parsed.entries[0]
    assert (entry.published, entry.updated) == ("2026-11-10T20:00:00Z", "2026-11-17T08:00:00Z")
    assert (entry.arxiv_comment, entry.arxiv_doi) == ("4 pages", "10.5555/1")


@pytest.mark.loopback
def test_an_id_list_gives_versions_and_skips_unknown_ids(arxiv):
    response = asked(arxiv, id_list="2611.00003v1,2611.00003,2611.99999")
    assert response.status_code == 200
    assert ids_of(response) == ["2611.00003v1", "2611.00003v2"]


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"id_list": "nonsense"}, "incorrect id format for nonsense"),
        ({"search_query": "cat:cs.SD", "max_results": "2001"}, "max_results must not exceed 2000"),
        ({"search_query": "cat:cs.SD", "start": "-1"}, "start must be an integer"),
        ({"search_query": "cat:cs.SD AND"}, "the search ends too early"),
        ({}, "either search_query or id_list is needed"),
    ],
)
def test_a_bad_query_is_answered_by_an_error_entry(arxiv, parameters, message):
    response = asked(arxiv, **parameters)
    entry = feedparser.parse(response.text).entries[0]
    assert response.status_code == 400
    assert entry.id.startswith("https://arxiv.org/api/errors#")
    assert entry.summary == message


@pytest.mark.parametrize(
    ("search", "bases"),
    [
        ("cat:cs.CV OR cat:cs.LG", ["00002", "01002", "00005", "00006"]),
        ("cat:cs.SD ANDNOT cat:cs.LG", ["00001", "00003"]),
        ("(cat:cs.CV OR cat:cs.LG) AND submittedDate:[202611162000 TO 202611162000]",
         ["00002", "00005"]),
    ],
)  # fmt: skip
def test_the_search_language(search, bases):
    public = World(CALENDAR, PAPERS).public("2026-11-18", "2026-11-18")
    holds = query.parse(search)
    assert [shown.preprint.base[-5:] for shown in public if holds(shown)] == bases


def records(response: httpx.Response) -> list[tuple[str, str]]:
    return [
        (header.find(f"{OAI}identifier").text, header.find(f"{OAI}datestamp").text)
        for header in ET.fromstring(response.content).iter(f"{OAI}header")
    ]


def harvested(client: httpx.Client, **parameters) -> list[tuple[str, str]]:
    """All records of a list, following its resumption tokens."""
    found = []
    asked = {"metadataPrefix": "arXiv", **parameters}
    while asked:
        response = client.get("/oai", params={"verb": "ListRecords", **asked})
        found += records(response)
        token = ET.fromstring(response.content).find(f".//{OAI}resumptionToken")
        asked = {"resumptionToken": token.text} if token is not None and token.text else {}
    return found


@pytest.mark.loopback
def test_oai_lists_a_set_by_the_date_of_the_last_change(arxiv):
    assert harvested(arxiv, set="cs:cs:SD") == [
        ("oai:arXiv.org:2611.00001", "2026-11-18"),
        ("oai:arXiv.org:2611.00002", "2026-11-18"),
        ("oai:arXiv.org:2611.00003", "2026-11-18"),
        ("oai:arXiv.org:2611.00006", "2026-11-18"),
        ("oai:arXiv.org:cs/9901002", "2026-11-18"),
    ]
    assert len(arxiv.answers.hits) == 3  # two a page


@pytest.mark.loopback
def test_oai_follows_the_announcement_by_two_and_a_half_hours(arxiv):
    arxiv.answers.clock = clock = SimulatedClock(utc("2026-11-18T03:29:59"))
    assert harvested(arxiv, set="cs:cs:SD") == [
        ("oai:arXiv.org:2611.00003", "2026-11-12"),
        ("oai:arXiv.org:2611.00006", "2026-11-12"),
        ("oai:arXiv.org:cs/9901002", "2026-11-12"),
    ]
    clock.sleep(1)
    assert len(harvested(arxiv, set="cs:cs:SD")) == 5


@pytest.mark.loopback
def test_oai_shows_an_edit_that_was_never_announced(arxiv, clock):
    arxiv.answers.world = World(CALENDAR, [preprint(touched=("2026-11-20",))])
    clock.move_to(utc("2026-11-20T12:00"))
    assert harvested(arxiv, **{"from": "2026-11-19"}) == [
        ("oai:arXiv.org:2611.00001", "2026-11-20")
    ]


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        (
            {"verb": "ListRecords", "metadataPrefix": "arXiv", "from": "2026-11-19"},
            "noRecordsMatch",
        ),
        ({"verb": "ListRecords", "metadataPrefix": "oai_dc"}, "cannotDisseminateFormat"),
        ({"verb": "ListRecords", "metadataPrefix": "arXiv", "from": "19 Nov"}, "badArgument"),
        ({"verb": "ListRecords", "resumptionToken": "x"}, "badResumptionToken"),
        ({"verb": "Identify"}, "badVerb"),
    ],
)
def test_oai_errors(arxiv, parameters, code):
    response = arxiv.get("/oai", params=parameters)
    assert ET.fromstring(response.content).find(f"{OAI}error").get("code") == code


@pytest.mark.loopback
def test_a_resumption_token_expires_with_the_day(arxiv, clock):
    first = arxiv.get("/oai", params={"verb": "ListRecords", "metadataPrefix": "arXiv"})
    token = ET.fromstring(first.content).find(f".//{OAI}resumptionToken").text
    clock.move_to(utc("2026-11-19T00:00"))
    late = arxiv.get("/oai", params={"verb": "ListRecords", "resumptionToken": token})
    assert ET.fromstring(late.content).find(f"{OAI}error").get("code") == "badResumptionToken"


@pytest.mark.loopback
def test_a_pdf_is_whole_readable_and_resumable(arxiv):
    response = arxiv.get("/pdf/2611.00001v1")
    assert response.headers["Content-Type"] == "application/pdf"
    with pymupdf.open(stream=response.content) as document:
        text = document[0].get_text()
    assert "Our method separates the two voices of a recording without any labels." in text
    half = len(response.content) // 2
    headers = {"Range": f"bytes={half}-", "If-Range": response.headers["ETag"]}
    rest = arxiv.get("/pdf/2611.00001v1", headers=headers)
    assert rest.status_code == 206
    assert response.content[:half] + rest.content == response.content
    stale = arxiv.get("/pdf/2611.00001v1", headers={**headers, "If-Range": '"other"'})
    assert (stale.status_code, stale.content) == (200, response.content)


@pytest.mark.loopback
def test_there_is_no_pdf_of_what_is_withdrawn_or_not_yet_out(arxiv):
    versions = (SECOND[0], Version(2, SECOND[1].submitted_at, SECOND[1].batch, withdrawn=True))
    arxiv.answers.world = World(CALENDAR, [preprint(versions=versions)])
    kinds = [arxiv.get(f"/pdf/2611.00001{v}").headers["Content-Type"] for v in ("", "v1", "v2")]
    assert kinds == ["text/html; charset=utf-8", "application/pdf", "text/html; charset=utf-8"]
    assert "has been withdrawn" in arxiv.get("/pdf/2611.00001v2").text
    arxiv.answers.clock = SimulatedClock(utc("2026-11-10T21:00"))
    assert arxiv.get("/pdf/2611.00001v1").status_code == 404


def test_a_pdf_is_always_the_same():
    assert pdf(PAPERS[0], 1) == pdf(preprint(), 1) != pdf(PAPERS[0], 2)
    assert len(pdf(PAPERS[0], 1)) < 1500


# ---------------------------------------------------------------- requests and faults


@pytest.mark.loopback
def test_requests_are_written_down_with_the_simulated_time(arxiv, clock):
    arxiv.get("/rss/cs.SD")
    clock.sleep(5)
    arxiv.get("/api/query?id_list=2611.00001")
    clock.sleep(3.5)
    arxiv.get("/pdf/2611.00001")
    hits = arxiv.answers.hits
    assert [(hit.endpoint, hit.elapsed_s) for hit in hits] == [
        ("feed", 0),
        ("api", 5),
        ("pdf", 8.5),
    ]
    assert hits[1].at == utc("2026-11-18T06:00:05")
    assert arxiv.answers.smallest_gap_s() == 3.5


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("kind", "status", "retry_after"),
    [("429", 429, None), ("429 with Retry-After", 429, "20"), ("503", 503, "0")],
)
def test_refusals(arxiv, kind, status, retry_after):
    spoilt(arxiv, kind, "feed")
    refused = arxiv.get("/rss/cs.SD")
    assert (refused.status_code, refused.headers.get("Retry-After")) == (status, retry_after)
    assert arxiv.get("/rss/cs.SD").status_code == 200  # once only
    assert arxiv.answers.faults.served == {("feed", kind): 1}
    assert arxiv.answers.faults.unmet == set()
    assert [hit.fault for hit in arxiv.answers.hits] == [kind, None]


@pytest.mark.loopback
def test_faults_that_look_like_success(arxiv):
    spoilt(arxiv, "rate exceeded", "api")
    assert asked(arxiv, search_query="cat:cs.SD").text == "Rate exceeded."
    spoilt(arxiv, "empty page", "api")
    empty = feedparser.parse(asked(arxiv, search_query="cat:cs.SD").text)
    assert (empty.entries, empty.feed.opensearch_totalresults) == ([], "5")
    spoilt(arxiv, "error entry", "api")
    wrong = asked(arxiv, search_query="cat:cs.SD")
    assert (wrong.status_code, len(feedparser.parse(wrong.text).entries)) == (200, 1)
    spoilt(arxiv, "lagging api", "api")
    assert ids_of(asked(arxiv, search_query="cat:cs.SD")) == [
        "2611.00003v1", "cs/9901002v1", "2611.00006v1",
    ]  # fmt: skip


@pytest.mark.loopback
def test_a_stale_feed_gives_the_day_before_under_todays_date(arxiv, clock):
    clock.move_to(utc("2026-11-19T06:00"))
    spoilt(arxiv, "stale feed", "feed")
    arxiv.answers.faults = Faults(
        [Fault("stale feed", "feed", date(2026, 11, 19), DAY + timedelta(1))]
    )
    stale = feed_of(arxiv)
    assert stale.feed.published == "Thu, 19 Nov 2026 00:00:00 -0500"
    assert len(stale.entries) == 4


@pytest.mark.loopback
def test_a_503_in_the_middle_spares_the_first_page(arxiv):
    spoilt(arxiv, "503 mid-paging", "api")
    assert asked(arxiv, search_query="cat:cs.SD").status_code == 200
    assert arxiv.answers.faults.unmet == {"503 mid-paging"}
    assert asked(arxiv, search_query="cat:cs.SD", start=2).status_code == 503


@pytest.mark.loopback
def test_a_cut_connection_gives_half_a_body(arxiv):
    spoilt(arxiv, "cut", "pdf")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        arxiv.get("/pdf/2611.00001v1")
    assert arxiv.get("/pdf/2611.00001v1").status_code == 200


@pytest.mark.loopback
def test_a_slow_body_takes_a_quarter_of_an_hour_of_simulated_time(arxiv, clock):
    spoilt(arxiv, "slow", "feed")
    before = clock.elapsed_s()
    assert len(feed_of(arxiv).entries) == 4
    assert clock.elapsed_s() - before == 900


@pytest.mark.loopback
def test_pdfs_that_are_none(arxiv):
    whole = arxiv.get("/pdf/2611.00001v1").content
    spoilt(arxiv, "html for pdf", "pdf")
    page = arxiv.get("/pdf/2611.00001v1")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    spoilt(arxiv, "truncated pdf", "pdf")
    short = arxiv.get("/pdf/2611.00001v1")
    assert whole.startswith(short.content)
    assert int(short.headers["Content-Length"]) == len(short.content) == len(whole) * 2 // 3
    spoilt(arxiv, "withdrawn pdf", "pdf")
    assert arxiv.get("/pdf/2611.00001v1").status_code == 404


DAYS = [date(2026, 10, 1) + timedelta(n) for n in range(50)]


def test_the_plan_has_every_kind_and_ends_with_clear_days():
    planned = faults.plan(1, DAYS)
    assert {fault.kind for fault in planned} == set(faults.FaultKind.__args__)
    assert planned == faults.plan(1, DAYS) != faults.plan(2, DAYS)
    assert min(fault.since for fault in planned) == date(2026, 10, 2)
    assert max(fault.until for fault in planned if fault.endpoint != "oai") == date(2026, 11, 15)
    dark = [fault for fault in planned if fault.since == fault.until and fault.times is None]
    assert {fault.endpoint for fault in dark} == {"feed", "api", "oai", "pdf"}
    assert len({fault.since for fault in dark}) == 1  # one day on which nothing answers


def test_a_fault_for_a_day_lasts_for_the_first_day_on_which_somebody_asks():
    planned = Faults([Fault("429", "api", DAYS[0], DAYS[9])])
    asks = [("feed", "2026-10-01T01:00"), ("api", "2026-10-03T01:00"), ("api", "2026-10-03T05:00")]
    asks.append(("api", "2026-10-04T01:00"))
    met = [planned.take(faults.Ask(where, utc(at))) for where, at in asks]
    assert met == [None, "429", "429", None]


def test_nothing_is_late_on_days_without_a_listing():
    planned = Faults([Fault("stale feed", "feed", DAYS[0], DAYS[9])])
    mornings = ["2026-10-03T01:00", "2026-10-05T01:00", "2026-10-06T01:00"]  # Sat, Mon, Tue
    met = [planned.take(faults.Ask("feed", utc(at))) for at in mornings]
    assert met == [None, None, "stale feed"]


def test_a_plan_needs_days_enough():
    with pytest.raises(ValueError, match="5 days are too few"):
        faults.plan(1, DAYS[:10])


def test_a_holiday_is_no_listing_day():
    world = generate(Calendar([date(2026, 11, 26)]), "2026-11-23", "2026-11-30", seed=1)
    assert world.notices(["cs.SD", "cs.CL"], "2026-11-27") == []
    assert world.notices(["cs.SD", "cs.CL"], "2026-11-30") != []


def test_a_simulated_clock_moves_only_forward():
    clock = SimulatedClock(datetime.fromisoformat("2026-11-18T14:00+08:00"))
    assert clock.now().tzinfo is UTC
    clock.sleep(90)
    clock.move_to(utc("2026-11-18T06:01"))
    assert (clock.now(), clock.elapsed_s()) == (utc("2026-11-18T06:01:30"), 90)
    with pytest.raises(ValueError, match="cannot sleep -1"):
        clock.sleep(-1)
