import re
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree

import feedparser
import pytest

from digest.render.feed import feed
from tests.posts import ANNOUNCED, HEADING, LOCAL, NASTY, entry, nasty

ATOM = "{http://www.w3.org/2005/Atom}"
OLDER = replace(HEADING, date="2026-01-22")


def test_a_feed_reader_reads_it():
    read = feedparser.parse(feed([(ANNOUNCED, [entry(), entry(paper=LOCAL)])]))
    assert not read.bozo
    assert (read.feed.title, read.feed.updated) == ("arXiv Daily", "2026-01-23T00:50:00Z")
    first, second = read.entries
    assert first.title == "Keyword Spotting"
    assert first.link == "https://arxiv.org/abs/2601.16158v2"
    assert [author.name for author in first.authors] == ["Ada Lovelace", "Alan Turing"]
    assert [tag.term for tag in first.tags] == ["cs.SD", "cs.LG"]
    assert "词错误率降低 9.3%。" in first.content[0].value
    assert second.links[0].href == "../papers/local-abababababababab.pdf"
    assert (first.updated, second.updated) == ("2026-01-23T00:50:00Z", "2026-01-23T00:49:59Z")


def test_it_keeps_the_rules_of_atom():
    root = ElementTree.fromstring(feed([(HEADING, [entry()]), (OLDER, [entry()])]))
    assert root.tag == f"{ATOM}feed"
    elements = [root, *root.findall(f"{ATOM}entry")]
    assert len(elements) == 3
    for element in elements:  # RFC 4287, 4.1.1 and 4.1.2: exactly one of each
        for name in ("id", "title", "updated"):
            assert len(element.findall(ATOM + name)) == 1, name
        updated = element.findtext(f"{ATOM}updated")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", updated)
    ids = [element.findtext(f"{ATOM}id") for element in elements]
    assert len(set(ids)) == 3
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", i) for i in ids)
    assert root.findall(f"{ATOM}author")  # 4.1.1: an entry may have none of its own


def test_the_same_days_give_the_same_bytes_and_a_later_reading_the_same_id():
    waiting = feed([(HEADING, [entry(breakdown=None)])])
    done = feed([(HEADING, [entry()])])
    assert done == feed([(HEADING, [entry()])])
    ids = [ElementTree.fromstring(xml).findtext(f"{ATOM}entry/{ATOM}id") for xml in (waiting, done)]
    assert ids[0] == ids[1] == "urn:uuid:b8d3805f-ce2a-58c9-8e9d-fe35caa59fdb"


def test_a_later_reading_says_when_it_was_made():
    later = datetime(2026, 1, 25, 3, 4, 5, 678, tzinfo=UTC)
    first, second = entry(), entry(paper=LOCAL, renewed_at=later)
    read = feedparser.parse(feed([(ANNOUNCED, [first, second])]))
    assert read.feed.updated == "2026-01-25T03:04:05Z"
    assert [e.updated for e in read.entries] == ["2026-01-23T00:50:00Z", "2026-01-25T03:04:05Z"]
    assert read.entries[1].published == "2026-01-23T00:49:59Z"


def test_a_quiet_day_is_a_feed_without_entries():
    read = feedparser.parse(feed([(HEADING, [])]))
    assert (bool(read.bozo), read.entries) == (False, [])
    with pytest.raises(ValueError, match="without a day"):
        feed([])


@pytest.mark.parametrize("text", NASTY)
def test_text_from_outside_breaks_nothing(text):
    read = feedparser.parse(feed([(HEADING, [nasty(text)])]), sanitize_html=False)
    assert not read.bozo
    assert "<script" not in read.entries[0].content[0].value
