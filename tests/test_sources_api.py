"""The query API: what an entry says, whole pages, errors, and paging against a real server."""

import os
import re
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from digest.clock import SystemClock
from digest.errors import FetchError
from digest.records import ArxivId
from digest.sources.api import QueryApi, parse_api, whole_page
from digest.sources.http import Answer, Client, HttpOptions

SAMPLES = Path(__file__).parent / "data" / "feeds"
PAGE = (SAMPLES / "page.api.xml").read_bytes()
ERROR = (SAMPLES / "error.api.xml").read_bytes()
RECORDED = Path(os.environ.get("DIGEST_TEST_DATA", "/nonexistent")) / "feeds" / "atom_api"
recorded = pytest.mark.skipif(
    not RECORDED.is_dir(), reason="DIGEST_TEST_DATA does not name a folder of recorded feeds"
)


def answer(body: bytes) -> Answer:
    return Answer("http://example/api", 200, body, "application/atom+xml", datetime.now(UTC))


def test_an_entry_gives_all_that_the_api_knows():
    page = parse_api(PAGE)
    assert (page.total, page.start, len(page.papers)) == (3, 0, 2)
    paper = page.papers[0]
    assert (paper.id, paper.id.version) == ("2611.00011v2", 2)
    assert paper.title == "Hearing p<0.05 in $x_1 < y$ dB"
    assert paper.abstract == "We hear that p<0.05 and q>3 in R&D rooms."
    assert paper.authors == ("Ana García-López", "Björn Østrem")
    assert paper.categories == ("cs.SD", "cs.LG")  # primary first, no MSC or ACM class
    assert paper.submitted_at == datetime(2026, 11, 1, 23, 59, 59, tzinfo=UTC)
    assert paper.updated_at == datetime(2026, 11, 4, 9, 30, tzinfo=UTC)
    assert paper.comments == "4 pages, 2 figures"
    assert (paper.journal_ref, paper.doi) == ("J. Sound 1 (2026) 2", "10.1000/xyz")
    assert paper.pdf_url == "https://arxiv.org/pdf/2611.00011v2"
    assert paper.licence is None and paper.announced is None


def test_an_old_identifier_stays_whole():
    paper = parse_api(PAGE).papers[1]
    assert (paper.id, paper.id.base) == ("quant-ph/0201999v3", "quant-ph/0201999")
    assert paper.submitted_at == datetime(2002, 1, 18, 15, 8, 5, tzinfo=UTC)


def test_times_are_utc_in_every_zone_of_the_machine(zone):
    paper = parse_api(PAGE).papers[0]
    assert paper.submitted_at == datetime(2026, 11, 1, 23, 59, 59, tzinfo=UTC)


def test_an_error_entry_is_final_and_says_why():
    with pytest.raises(FetchError, match=r"incorrect id format for 99\.1") as caught:
        parse_api(ERROR)
    assert not caught.value.retryable


@pytest.mark.parametrize("body", [b"Rate exceeded.", b"<html></html>", PAGE[:900], PAGE[:-9]])
def test_what_is_no_whole_answer_is_asked_for_again(body):
    with pytest.raises(FetchError) as caught:
        parse_api(body)
    assert caught.value.retryable


def test_a_page_must_hold_what_its_total_promises():
    whole_page(0, 2)(answer(PAGE))
    for start, size, message in ((0, 3, "2 of 3 papers"), (2, 2, "answered from 0")):
        with pytest.raises(FetchError, match=message) as caught:
            whole_page(start, size)(answer(PAGE))
        assert caught.value.retryable
    empty = re.sub(rb"<entry>.*</entry>", b"", PAGE, flags=re.DOTALL)
    with pytest.raises(FetchError, match="0 of 2 papers"):
        whole_page(0, 2)(answer(empty))
    whole_page(0, 2)(answer(empty.replace(b">3<", b">0<")))  # nothing found, nothing promised


@recorded
@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.xml")), ids=lambda path: path.stem)
def test_recorded_answers_are_read_entry_by_entry(path, zone):
    body = path.read_bytes()
    page = parse_api(body)
    assert len(page.papers) == len(re.findall(rb"<entry>", body))
    ids = re.findall(rb"<id>http://arxiv.org/abs/([^<]+)</id>", body)
    assert [paper.id for paper in page.papers] == [name.decode() for name in ids]
    stamps = re.findall(rb"<published>([^<]+)</published>", body)
    assert [f"{p.submitted_at:%Y-%m-%dT%H:%M:%SZ}" for p in page.papers] == [
        stamp.decode() for stamp in stamps
    ]
    for paper in page.papers:
        assert paper.title and paper.abstract and paper.authors
        primary = paper.categories[0].encode()
        assert b'<arxiv:primary_category term="' + primary + b'"' in body


# ---------------------------------------------------------------- paging, over HTTP


class Library:
    """Serves a list of ids as the API does: pages, a list of ids, 10 results unless told."""

    def __init__(self, ids):
        self.ids, self.asked, library = ids, [], self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                query = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
                library.asked.append(query)
                status, body = library.reply(query)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/query"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))

    def reply(self, query):
        found = list(self.ids)
        if "id_list" in query:
            named = query["id_list"].split(",")
            for name in named:
                if name.startswith("bad"):
                    return 400, ERROR.replace(b"99.1", name.encode())
            found = [name for name in named if name in self.ids]
        start, size = int(query.get("start", 0)), int(query.get("max_results", 10))
        entry = re.search(rb"<entry>.*?</entry>", PAGE, re.DOTALL)[0]
        entries = [entry.replace(b"2611.00011", i.encode()) for i in found[start : start + size]]
        body = re.sub(rb"<entry>.*</entry>", lambda _: b"".join(entries), PAGE, flags=re.DOTALL)
        body = body.replace(b"totalResults>3<", b"totalResults>%d<" % len(found))
        return 200, body.replace(b"startIndex>0<", b"startIndex>%d<" % start)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def client(tmp_path):
    with Client(HttpOptions(pace_s=0, pace_file=tmp_path / "pace", tries=1), SystemClock()) as it:
        yield it


SPAN = (datetime(2026, 11, 1, 19, tzinfo=UTC), datetime(2026, 11, 3, 1, tzinfo=UTC))


@pytest.mark.loopback
def test_all_pages_are_read_in_the_order_of_submission(client):
    ids = [f"2611.{n:05d}" for n in range(1, 10)]
    with Library(ids) as library:
        pages = list(
            QueryApi(client, library.url, page_papers=4).submitted(["cs.SD", "eess.AS"], *SPAN)
        )
    assert [paper.id.base for page in pages for paper in page] == ids
    assert [query["start"] for query in library.asked] == ["0", "4", "8"]
    assert library.asked[0] == {
        "search_query": (
            "(cat:cs.SD OR cat:eess.AS) AND submittedDate:[202611011900 TO 202611030100]"
        ),
        "sortBy": "submittedDate",
        "sortOrder": "ascending",
        "start": "0",
        "max_results": "4",
    }


@pytest.mark.loopback
@pytest.mark.parametrize(
    "change", [lambda ids: ["2611.00099", *ids], lambda ids: ids[1:]], ids=["joins", "leaves"]
)
def test_a_list_that_changes_between_pages_is_read_again(client, change):
    with Library([f"2611.{n:05d}" for n in range(1, 10)]) as library:
        pages = QueryApi(client, library.url, page_papers=4).submitted(["cs.SD"], *SPAN)
        found = [paper.id.base for paper in next(pages)]
        library.ids = change(library.ids)  # all others move by one
        found += [paper.id.base for page in pages for paper in page]
    assert set(library.ids) <= set(found)
    assert [query["start"] for query in library.asked].count("0") == 2


@pytest.mark.loopback
def test_a_list_that_never_holds_still_fails_and_its_pages_are_kept(client):
    with Library([f"2611.{n:05d}" for n in range(1, 10)]) as library:
        found = []
        with pytest.raises(FetchError, match="papers"):
            for page in QueryApi(client, library.url, page_papers=4).submitted(["cs.SD"], *SPAN):
                found += page
                library.ids = [f"2610.{len(found):05d}", *library.ids]
    assert {f"2611.{n:05d}" for n in range(1, 10)} <= {paper.id.base for paper in found}


@pytest.mark.loopback
def test_ids_are_asked_for_in_slices_that_ask_for_all_their_results(client):
    ids = [ArxivId(f"2611.{n:05d}") for n in range(1, 32)]
    with Library(ids[:-1]) as library:  # the last is unknown there
        pages = list(QueryApi(client, library.url, ids_a_request=15).by_id(ids))
    assert [paper.id.base for page in pages for paper in page] == ids[:-1]
    assert [query["max_results"] for query in library.asked] == ["15", "15", "1"]


@pytest.mark.loopback
def test_an_id_that_spoils_its_request_is_left_out(client, caplog):
    names = [ArxivId(name) for name in ("2611.00001", "bad/0000001", "2611.00002")]
    with Library(["2611.00001", "2611.00002"]) as library:
        pages = list(QueryApi(client, library.url).by_id(names))
    assert [paper.id.base for page in pages for paper in page] == ["2611.00001", "2611.00002"]
    assert "bad/0000001" in caplog.text
