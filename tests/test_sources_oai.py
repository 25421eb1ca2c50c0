"""OAI-PMH: records, deleted ones, tokens, errors, formats and hostile XML."""

import os
import re
import threading
import time
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from digest.clock import SystemClock
from digest.errors import FetchError
from digest.sources.http import Client, HttpOptions
from digest.sources.oai import Oai, TokenExpired, parse_oai

PAGE = (Path(__file__).parent / "data" / "feeds" / "page.oai.xml").read_bytes()
LAST = re.sub(rb"(<resumptionToken[^>]*>)[^<]*", rb"\1", PAGE)
RECORDED = Path(os.environ.get("DIGEST_TEST_DATA", "/nonexistent")) / "feeds" / "oai"
recorded = pytest.mark.skipif(
    not RECORDED.is_dir(), reason="DIGEST_TEST_DATA does not name a folder of recorded feeds"
)


def error(code: str) -> bytes:
    content = f'<error code="{code}">said the server</error>'.encode()
    return re.sub(rb"<ListRecords>.*</ListRecords>", content, PAGE, flags=re.DOTALL)


def test_a_record_gives_all_that_oai_knows():
    paper = parse_oai(PAGE).papers[0]
    assert (paper.id, paper.id.version) == ("2611.00011", None)
    assert paper.title == "Hearing p<0.05 in $x_1 < y$ dB"
    assert paper.abstract == "We hear that p<0.05 and q>3 in R&D rooms."
    assert paper.authors == ("Ana García-López", "John Smith Jr", "The Sound Collaboration")
    assert paper.categories == ("cs.SD", "cs.LG")
    assert paper.submitted_at == datetime(2026, 11, 1, tzinfo=UTC)
    assert paper.updated_at == datetime(2026, 11, 4, tzinfo=UTC)
    assert paper.licence == "http://creativecommons.org/licenses/by/4.0/"
    assert (paper.comments, paper.doi) == ("4 pages", "10.1000/xyz")
    assert paper.journal_ref == "J. Sound 1 (2026) 2"
    assert paper.announced is None


def test_deleted_records_and_the_token_are_told_apart():
    page = parse_oai(PAGE)
    assert [paper.id for paper in page.papers] == ["2611.00011", "math/0611999"]
    assert page.deleted == ("2611.00099",)
    assert (page.token, page.complete) == ("from=2026-11-02|3", 7)
    assert page.papers[1].updated_at is None
    assert parse_oai(LAST).token is None


def test_nothing_that_matches_is_an_answer():
    assert parse_oai(error("noRecordsMatch")).papers == ()


def test_errors_are_final_and_an_expired_token_has_its_own():
    with pytest.raises(FetchError, match="badArgument: said the server") as caught:
        parse_oai(error("badArgument"))
    assert not caught.value.retryable
    with pytest.raises(TokenExpired):
        parse_oai(error("badResumptionToken"))


@pytest.mark.parametrize(
    "body",
    [b"Rate exceeded.", b"", b"<html><p>Sorry</p></html>", PAGE[:700], PAGE[:-5], b"\xff\xfe<\x00"],
)
def test_what_is_no_whole_answer_is_asked_for_again(body):
    with pytest.raises(FetchError) as caught:
        parse_oai(body)
    assert caught.value.retryable


def test_a_doctype_is_refused_before_it_is_read():
    bomb = PAGE.replace(b"<OAI-PMH", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><OAI-PMH', 1)
    with pytest.raises(FetchError, match="DOCTYPE"):
        parse_oai(bomb)


@pytest.mark.parametrize("name", ["arXivRaw", "dc"])
def test_another_format_is_refused_by_name(name):
    other = PAGE.replace(b"<arXiv ", f"<{name} ".encode())
    other = other.replace(b"</arXiv>", f"</{name}>".encode())
    with pytest.raises(FetchError, match=f"the format {name}, asked for arXiv") as caught:
        parse_oai(other)
    assert not caught.value.retryable


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Shanghai"])
def zone(request, monkeypatch):
    """The machine's time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@recorded
@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.xml")), ids=lambda path: path.stem)
def test_recorded_answers_are_read_record_by_record(path, zone):
    """All of them, ListRecords and GetRecord, are of the format arXiv."""
    body = path.read_bytes()
    page = parse_oai(body)
    records = len(re.findall(rb"<record>", body))
    deleted = len(re.findall(rb'<header status="deleted">', body))
    assert (len(page.papers), len(page.deleted)) == (records - deleted, deleted)
    ids = re.findall(rb"<identifier>oai:arXiv\.org:([^<]+)</identifier>", body)
    assert [paper.id for paper in page.papers] == [name.decode() for name in ids]
    created = re.findall(rb"<created>([^<]+)</created>", body)
    midnights = [f"{p.submitted_at:%Y-%m-%dT%H:%M%z}" for p in page.papers]
    assert midnights == [f"{day.decode()}T00:00+0000" for day in created]
    for paper in page.papers:
        assert paper.title and paper.authors and paper.categories and paper.abstract


@recorded
def test_recorded_tokens():
    pages = {path.stem: parse_oai(path.read_bytes()) for path in RECORDED.glob("cs_*.xml")}
    first, last = pages["cs_ListRecords_first_page_150"], pages["cs_ListRecords_last_page"]
    assert (first.token, first.complete) == ("1122234|1001", 102538)
    assert (last.token, last.complete) == (None, 102538)
    assert sum("/" in paper.id for paper in last.papers) > 0  # old identifiers, whole


# ---------------------------------------------------------------- lists, over HTTP


class Script(BaseHTTPRequestHandler):
    """Answers one body after another and keeps what was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append({k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()})
        body = self.server.bodies.pop(0)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def ask(tmp_path):
    """Run ``Oai.changed`` against scripted bodies: (ids found, questions asked)."""

    def run(*bodies, times=1):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Script)
        server.bodies, server.asked = list(bodies), []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        cache = tmp_path / "home" / "cache"
        options = HttpOptions(pace_s=0, pace_file=tmp_path / "pace", cache_dir=cache, tries=1)
        try:
            with Client(options, SystemClock()) as client:
                oai = Oai(client, f"http://127.0.0.1:{server.server_port}/oai")
                for _ in range(times):
                    pages = list(oai.changed("cs.SD", date(2026, 11, 2)))
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
        return [paper.id for page in pages for paper in page], server.asked

    return run


@pytest.mark.loopback
def test_a_list_is_resumed_to_its_end(ask):
    found, asked = ask(PAGE, LAST.replace(b"00011", b"00012"))
    assert found == ["2611.00011", "math/0611999", "2611.00012", "math/0611999"]
    assert asked == [
        {
            "verb": "ListRecords",
            "metadataPrefix": "arXiv",
            "set": "cs:cs:SD",
            "from": "2026-11-02",
        },
        {"verb": "ListRecords", "resumptionToken": "from=2026-11-02|3"},
    ]


@pytest.mark.loopback
def test_the_same_question_is_asked_again_the_same_day(ask):
    """At 21:00 Eastern the day's papers are not there yet; two hours later they are."""
    found, asked = ask(error("noRecordsMatch"), LAST, times=2)
    assert found == ["2611.00011", "math/0611999"]
    assert asked[0] == asked[1]


@pytest.mark.loopback
def test_an_expired_token_starts_the_list_again_once(ask):
    found, asked = ask(PAGE, error("badResumptionToken"), PAGE, LAST)
    assert [query.get("from") for query in asked] == ["2026-11-02", None, "2026-11-02", None]
    assert set(found) == {"2611.00011", "math/0611999"}
    with pytest.raises(TokenExpired):
        ask(*[PAGE, error("badResumptionToken")] * 2)


@pytest.mark.loopback
def test_a_token_that_leads_to_itself_ends_the_list(ask):
    with pytest.raises(FetchError, match="repeats its resumption token"):
        ask(PAGE, PAGE)
