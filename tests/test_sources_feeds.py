"""The announcement feed: what each item says, and what is no feed."""

import os
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from digest.errors import FetchError
from digest.records import Announcement
from digest.sources.feeds import parse_feed, strongest

SAMPLES = Path(__file__).parent / "data" / "feeds"
RSS = (SAMPLES / "day.rss.xml").read_bytes()
RECORDED = Path(os.environ.get("DIGEST_TEST_DATA", "/nonexistent")) / "feeds" / "rss"
recorded = pytest.mark.skipif(
    not RECORDED.is_dir(), reason="DIGEST_TEST_DATA does not name a folder of recorded feeds"
)


def test_an_item_gives_all_that_the_feed_knows():
    first = parse_feed(RSS).items[0]
    assert first.id == "2611.00011v1"
    assert first.title == "Hearing p<0.05 in $x_1 < y$ dB"
    assert first.abstract == "We hear that p<0.05 and q>3 in R&D rooms."
    assert first.authors == ("Ana García-López", "Björn Østrem", "Kača Černý")
    assert first.categories == ("cs.SD", "cs.LG", "eess.AS")
    assert first.announced == Announcement("2026-11-03", "new")
    assert first.licence == "http://creativecommons.org/licenses/by/4.0/"
    assert first.submitted_at is None and first.doi is None and first.journal_ref is None


def test_an_old_identifier_and_its_references_stay_whole():
    last = parse_feed(RSS).items[-1]
    assert last.id == "quant-ph/0201999v3"
    assert last.id.base == "quant-ph/0201999"
    assert (last.doi, last.journal_ref) == ("10.1000/xyz", "J. Sound 1 (2026) 2")
    assert last.announced == Announcement("2026-11-03", "replace")


def test_every_item_is_given_and_the_strongest_announcement_of_a_paper_wins():
    day = parse_feed(RSS)
    assert [paper.announced.type for paper in day.items] == [
        "new", "replace-cross", "cross", "replace",
    ]  # fmt: skip
    assert [(p.id, p.announced.type) for p in strongest(day.items)] == [
        ("2611.00011v1", "new"),
        ("2611.00012v2", "cross"),
        ("quant-ph/0201999v3", "replace"),
    ]
    assert not day.is_capped


def test_atom_says_the_same():
    day = parse_feed((SAMPLES / "day.atom.xml").read_bytes())
    assert day.batch == "2026-11-03"
    paper = day.items[0]
    assert paper.id == "2611.00011v1"
    assert paper.authors == ("A. First", "B. Second")
    assert paper.categories == ("eess.AS", "cs.SD")
    assert paper.abstract == "We hear."
    assert paper.announced == Announcement("2026-11-03", "new")
    assert paper.licence == "http://creativecommons.org/licenses/by/4.0/"


def test_the_date_is_arxivs_in_every_zone_of_the_machine(zone):
    assert parse_feed(RSS).batch == "2026-11-03"
    late = RSS.replace(b"03 Nov 2026 00:00:00 -0500", b"04 Nov 2026 04:59:59 +0000")
    assert parse_feed(late).batch == "2026-11-03"  # 23:59:59 in New York


def test_a_day_without_announcement_has_no_papers():
    empty = re.sub(rb"<item>.*</item>", b"", RSS, flags=re.DOTALL)
    assert parse_feed(empty).items == ()


def test_two_thousand_items_are_the_limit():
    for number in (1999, 2000):
        items = b"".join(
            b"<item><guid>oai:arXiv.org:2611.%05dv1</guid></item>" % n for n in range(number)
        )
        start, end = RSS.index(b"<item>"), RSS.rindex(b"</item>")
        full = RSS[:start] + items + RSS[end + len(b"</item>") :]
        assert parse_feed(full).is_capped is (number == 2000)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"Rate exceeded.", "Rate exceeded"),
        (b"", "no feed"),
        (b"/etc/passwd", "no feed"),
        (b"<!DOCTYPE html>\n<html><body>Sorry</body></html>", "HTML page"),
        (b"<html><body>Sorry</body></html>", "HTML page"),
        (RSS[: len(RSS) // 2], "cut off"),
        (RSS[:-20], "cut off"),
        (RSS.replace(b" updates on arXiv.org", b" of somebody else"), "not an announcement feed"),
    ],
)
def test_what_is_no_whole_feed_is_asked_for_again(body, message):
    with pytest.raises(FetchError, match=message) as caught:
        parse_feed(body)
    assert caught.value.retryable


def test_an_error_that_comes_as_a_feed_is_final():
    with pytest.raises(FetchError, match="Bad subject class 'XX'") as caught:
        parse_feed((SAMPLES / "error.rss.xml").read_bytes())
    assert not caught.value.retryable


def test_entities_that_swell_are_not_unfolded():
    doctype = b'<!DOCTYPE rss [<!ENTITY a "xxxxxxxxxx">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(8)
    )
    bomb = RSS.replace(b"<rss", doctype + b"]>\n<rss", 1).replace(b"Hearing p", b"&i; p")
    try:
        title = parse_feed(bomb).items[0].title
    except FetchError:
        return
    assert len(title) < 1000


@recorded
def test_the_recorded_day_is_read_item_by_item(zone):
    (path,) = RECORDED.glob("*.rss.xml")
    body = path.read_bytes()
    day = parse_feed(body)
    assert len(day.items) == len(re.findall(rb"<item>", body)) == 123
    assert day.batch == "2024-03-26"
    kinds = [paper.announced.type for paper in day.items]
    counted = {kind: kinds.count(kind) for kind in set(kinds)}
    assert counted == {"new": 35, "cross": 27, "replace": 41, "replace-cross": 20}
    for paper, item in zip(day.items, ElementTree.fromstring(body).iter("item"), strict=True):
        assert paper.id == item.findtext("guid").removeprefix("oai:arXiv.org:")
        assert paper.title == " ".join(item.findtext("title").split())
        abstract = item.findtext("description").split("Abstract:", 1)[1]
        assert paper.abstract == " ".join(abstract.split())
        assert paper.categories == tuple(c.text for c in item.iter("category"))
        assert paper.authors and paper.licence
