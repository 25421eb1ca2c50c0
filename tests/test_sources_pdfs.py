"""PDFs from a real server: whole or not there, resumed, and every reason told."""

import gzip
import hashlib
import multiprocessing
import os
import re
from pathlib import Path

import pytest

from digest import files
from digest.errors import FetchError, FetchRefused, PaperWithdrawn, StoreError
from digest.sources.http import Client, HttpOptions
from digest.sources.pdfs import fetch_pdf
from digest.sources.wire import Bounds
from tests.loopback import Loopback, Reply, Request, StoppedClock

pytestmark = pytest.mark.loopback
WHOLE = b"%PDF-1.7\n" + bytes(range(256)) * 400 + b"\nstartxref\n0\n%%EOF\n"
SHA256 = hashlib.sha256(WHOLE).hexdigest()
PDF = {"Content-Type": "application/pdf", "ETag": '"v1"'}
GOOD = Reply(200, WHOLE, PDF)
WITHDRAWN = b"""<html><title>No file for 2601.00001</title><h1>File unavailable for 2601.00001</h1>
<p>HTML or source was not provided to generate HTML or a PDF.</p></html>"""
NOT_MADE = b"""<h1>PDF unavailable</h1>
<p>Our automated source to PDF conversion system was unable to
produce PDF for the paper</p>"""


class Ranges(Loopback):
    """A server that can go on: it serves ``WHOLE`` by range, once its replies are used up."""

    def next(self, request: Request) -> Reply:
        reply = super().next(request)
        if len(self.requests) < len(self.replies) or "range" not in request.headers:
            return reply
        start = int(re.fullmatch(r"bytes=(\d+)-", request.headers["range"])[1])
        if request.headers["if-range"] != '"v1"':
            return GOOD
        span = f"bytes {start}-{len(WHOLE) - 1}/{len(WHOLE)}"
        return Reply(206, WHOLE[start:], {**PDF, "Content-Range": span})


def client(tmp_path: Path, **changes) -> Client:
    changes = {"pace_file": tmp_path / "pace", "tries": 3, **changes}
    return Client(HttpOptions(**changes), StoppedClock(), jitter=lambda: 0.0)


def fetch(tmp_path: Path, server: Loopback, sha256: str = "", **changes):
    with client(tmp_path, **changes) as asks:
        return fetch_pdf(asks, f"{server.url}/pdf/2601.00001v1", tmp_path / "p" / "a.pdf", sha256)


def names(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "p").iterdir())


@pytest.mark.parametrize(
    "reply",
    [
        GOOD,
        Reply(200, WHOLE, PDF, chunked=True),  # as arXiv does it
        Reply(200, WHOLE, PDF, length=-1),
        Reply(200, WHOLE, {"Content-Type": "application/octet-stream"}),
        Reply(200, WHOLE),
        Reply(200, gzip.compress(WHOLE), {**PDF, "Content-Encoding": "gzip"}),
        Reply(200, b"\n\n" + WHOLE, PDF),
    ],
    ids=["plain", "chunked", "no-length", "octets", "no-type", "packed", "late-start"],
)
def test_a_whole_pdf_is_stored_and_nothing_beside_it(tmp_path: Path, reply: Reply) -> None:
    with Loopback(reply) as server:
        pdf = fetch(tmp_path, server)
    data = pdf.path.read_bytes()
    assert data in (WHOLE, b"\n\n" + WHOLE)
    assert (pdf.sha256, pdf.bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    assert names(tmp_path) == ["a.pdf"]
    assert server.requests[0].headers["accept-encoding"] == "identity"


def test_a_pdf_that_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    with Loopback(GOOD) as server:
        first = fetch(tmp_path, server)
        assert fetch(tmp_path, server) == first
        assert fetch(tmp_path, server, SHA256) == first
        assert len(server.requests) == 1


@pytest.mark.parametrize("sha256", ["", "0" * 64])
def test_a_file_that_is_not_the_wanted_one_is_replaced(tmp_path: Path, sha256: str) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "a.pdf").write_bytes(WHOLE[:5000])
    with Loopback(GOOD) as server:
        assert fetch(tmp_path, server, sha256).sha256 == SHA256
    assert (tmp_path / "p" / "a.pdf").read_bytes() == WHOLE


# ---------------------------------------------------------------- going on


def test_what_was_cut_off_goes_on_in_the_same_run(tmp_path: Path) -> None:
    with Ranges(Reply(200, WHOLE, PDF, cut_at=60_000), GOOD) as server:
        assert fetch(tmp_path, server).sha256 == SHA256
    (start,) = re.findall(r"bytes=(\d+)-", server.requests[1].headers["range"])
    assert 0 < int(start) <= 60_000
    assert names(tmp_path) == ["a.pdf"]


def test_what_was_cut_off_goes_on_in_a_later_run(tmp_path: Path) -> None:
    with Ranges(Reply(200, WHOLE, PDF, cut_at=60_000), GOOD) as server:
        with pytest.raises(FetchError, match="cut off"):
            fetch(tmp_path, server, tries=1)
        assert names(tmp_path) == [".a.pdf.partial", ".a.pdf.partial.json"]
        assert fetch(tmp_path, server).sha256 == SHA256
        assert "range" in server.requests[1].headers
    assert names(tmp_path) == ["a.pdf"]


@pytest.mark.parametrize(
    "answer",
    [
        GOOD,  # the file changed meanwhile, or the server does not know ranges
        Reply(416, headers={"Content-Range": f"bytes */{len(WHOLE)}"}),
        Reply(206, WHOLE[9:], {**PDF, "Content-Range": f"bytes 9-{len(WHOLE) - 1}/{len(WHOLE)}"}),
        Reply(206, WHOLE[9:], PDF),
        Reply(206, b"x" * 50, {**PDF, "Content-Range": f"bytes 60000-60049/{len(WHOLE)}"}),
    ],
    ids=["whole", "416", "other-range", "no-range", "wrong-rest"],
)
def test_a_rest_that_does_not_fit_means_to_start_anew(tmp_path: Path, answer: Reply) -> None:
    cut = Reply(200, WHOLE, PDF, cut_at=60_000)
    with Loopback(cut, answer, GOOD) as server:
        assert fetch(tmp_path, server).sha256 == SHA256
    assert (tmp_path / "p" / "a.pdf").read_bytes() == WHOLE


def test_without_a_length_the_rest_must_start_where_the_beginning_ends(tmp_path: Path) -> None:
    cut = Reply(200, WHOLE, PDF, chunked=True, cut_at=60_000)
    other = {**PDF, "Content-Range": f"bytes 9-{len(WHOLE) - 1}/*"}
    with Loopback(cut, Reply(206, WHOLE[9:], other), GOOD) as server:
        assert fetch(tmp_path, server).sha256 == SHA256
    assert "range" in server.requests[1].headers
    assert "range" not in server.requests[2].headers


def test_the_length_that_was_announced_counts(tmp_path: Path) -> None:
    class Short(Ranges):
        def next(self, request: Request) -> Reply:
            reply = super().next(request)
            if reply.status == 206:
                reply.body = reply.body[-30:]  # with its trailer
            return reply

    with Short(Reply(200, WHOLE, PDF, cut_at=60_000), GOOD) as server:
        with pytest.raises(FetchError, match="has 60030 bytes, not 102428"):
            fetch(tmp_path, server, tries=2)
        assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("headers", "if_range"),
    [
        ({"ETag": 'W/"weak"'}, None),
        ({}, None),
        ({"Last-Modified": "Sun, 22 Nov 2026 05:00:00 GMT"}, "Sun, 22 Nov 2026 05:00:00 GMT"),
    ],
)
def test_only_a_file_that_is_known_again_goes_on(
    tmp_path: Path, headers: dict[str, str], if_range: str | None
) -> None:
    with Loopback(Reply(200, WHOLE, headers, cut_at=60_000), GOOD) as server:
        assert fetch(tmp_path, server).sha256 == SHA256
    assert server.requests[1].headers.get("if-range") == if_range
    assert ("range" in server.requests[1].headers) == (if_range is not None)


def test_another_version_does_not_go_on_with_this_one(tmp_path: Path) -> None:
    with (
        Loopback(Reply(200, WHOLE, PDF, cut_at=60_000), GOOD) as server,
        client(tmp_path, tries=1) as asks,
    ):
        with pytest.raises(FetchError):
            fetch_pdf(asks, f"{server.url}/pdf/1v1", tmp_path / "p" / "a.pdf")
        fetch_pdf(asks, f"{server.url}/pdf/1v2", tmp_path / "p" / "a.pdf")
    assert "range" not in server.requests[1].headers


def fetch_and_hang(folder: str, url: str) -> None:
    """In a process of its own, to be killed."""
    options = HttpOptions(pace_file=Path(folder) / "pace")
    with Client(options, StoppedClock()) as asks:
        fetch_pdf(asks, url, Path(folder) / "p" / "a.pdf")


def test_what_a_killed_process_left_goes_on(tmp_path: Path) -> None:
    """Most of the file arrives, then the server falls silent and the process is killed."""
    slow = Reply(200, WHOLE, PDF, stop_at=90_000)
    with Ranges(slow, GOOD) as server:
        url = f"{server.url}/pdf/2601.00001v1"
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=fetch_and_hang, args=(str(tmp_path), url))
        process.start()
        assert server.stopped.wait(60)
        process.kill()
        process.join()
        assert not (tmp_path / "p" / "a.pdf").exists()
        assert fetch(tmp_path, server).sha256 == SHA256
    assert names(tmp_path) == ["a.pdf"]


# ---------------------------------------------------------------- what is no whole PDF


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(200, WHOLE[:-10], PDF, length=-1), "is cut off after 102418 bytes"),
        (Reply(200, WHOLE[:-10], PDF), "is cut off after 102418 bytes"),
        (Reply(200, b"", PDF), "is application/pdf, not a PDF"),
        (
            Reply(200, b"<html><title>One\nmoment</title>", {"Content-Type": "text/html"}),
            "is text/html, not a PDF: 'One moment'",
        ),
        (Reply(200, b"<html>", PDF), "is application/pdf, not a PDF"),
        (Reply(200, WHOLE, {"Content-Type": "text/html; charset=utf-8"}), "is text/html, not"),
        (Reply(200, b"Rate exceeded.", {"Content-Type": "text/plain"}), "is text/plain, not"),
        (Reply(500, b"unavailable"), "answered 500"),
    ],
)
def test_what_may_get_better_is_tried_again_and_told(
    tmp_path: Path, reply: Reply, reason: str
) -> None:
    with Loopback(reply) as server:
        with pytest.raises(FetchError, match=re.escape(reason)) as caught:
            fetch(tmp_path, server)
        assert len(server.requests) == 3
    assert caught.value.retryable
    assert not isinstance(caught.value, PaperWithdrawn)
    assert f"{server.url}/pdf/2601.00001v1" in caught.value.message
    assert names(tmp_path) == []
    with Loopback(reply, GOOD) as server:
        assert fetch(tmp_path, server).sha256 == SHA256


@pytest.mark.parametrize(
    ("reply", "kind", "reason"),
    [
        (Reply(200, WITHDRAWN, {"Content-Type": "text/html"}), PaperWithdrawn, "was withdrawn or"),
        (Reply(404, WITHDRAWN), PaperWithdrawn, "was withdrawn or"),
        (Reply(404, b"<p>This paper has been withdrawn"), PaperWithdrawn, "was withdrawn or"),
        (Reply(404, NOT_MADE), FetchError, "arXiv could not make a PDF"),
        (Reply(404, b"<h1>No document for '2601.00001'"), FetchError, "does not exist (404)"),
        (Reply(410, b""), FetchError, "does not exist (410)"),
        (Reply(206, WHOLE, PDF), FetchError, "answered 206"),
        (Reply(400, b""), FetchError, "answered 400"),
    ],
)
def test_what_will_not_get_better_is_told_at_once(
    tmp_path: Path, reply: Reply, kind: type[FetchError], reason: str
) -> None:
    with Loopback(reply) as server:
        with pytest.raises(FetchError, match=re.escape(reason)) as caught:
            fetch(tmp_path, server)
        assert len(server.requests) == 1
    assert type(caught.value) is kind
    assert not caught.value.retryable
    assert names(tmp_path) == []


def test_a_refusal_is_a_refusal(tmp_path: Path) -> None:
    with Loopback(Reply(403)) as server:
        with pytest.raises(FetchRefused):
            fetch(tmp_path, server)
        assert len(server.requests) == 1


def test_a_page_in_the_middle_does_not_spoil_what_has_arrived(tmp_path: Path) -> None:
    page = Reply(200, b"<html>", {"Content-Type": "text/html"})
    with Ranges(Reply(200, WHOLE, PDF, cut_at=60_000), page, GOOD) as server:
        assert fetch(tmp_path, server).sha256 == SHA256
    assert "range" in server.requests[2].headers


def test_what_is_too_large_is_not_kept(tmp_path: Path) -> None:
    with Loopback(GOOD) as server:
        with pytest.raises(FetchError, match="sends more than 0 MiB"):
            fetch(tmp_path, server, pdf=Bounds(len(WHOLE) - 1, 60.0))
        assert len(server.requests) == 1
    assert names(tmp_path) == []


def test_the_limit_counts_what_has_arrived_before(tmp_path: Path) -> None:
    exact = Bounds(len(WHOLE), 60.0)
    with Ranges(Reply(200, WHOLE, PDF, cut_at=60_000), GOOD) as server:
        assert fetch(tmp_path, server, pdf=exact).sha256 == SHA256
    (tmp_path / "p" / "a.pdf").unlink()
    less = Bounds(len(WHOLE) - 1, 60.0)
    cut = Reply(200, WHOLE, PDF, cut_at=60_000)
    with Ranges(cut, GOOD) as server, pytest.raises(FetchError, match="sends more than"):
        fetch(tmp_path, server, pdf=less)
    assert names(tmp_path) == []


def test_another_process_at_the_same_file_is_not_disturbed(tmp_path: Path) -> None:
    partial = tmp_path / "p" / ".a.pdf.partial"
    with Loopback(GOOD) as server, files.held(partial), pytest.raises(StoreError, match="at work"):
        fetch(tmp_path, server)
    assert server.requests == []


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("in the way")
    with Loopback(GOOD) as server, pytest.raises(StoreError, match="cannot be written"):
        fetch(tmp_path, server)


def test_all_recorded_papers_pass_the_check_of_their_ends(tmp_path: Path) -> None:
    if "DIGEST_TEST_DATA" not in os.environ:
        pytest.skip("DIGEST_TEST_DATA is not set")
    papers = sorted((Path(os.environ["DIGEST_TEST_DATA"]) / "pdfs").glob("*.pdf"))
    assert len(papers) == 49
    with Loopback() as server, client(tmp_path) as asks:
        for paper in papers:
            assert fetch_pdf(asks, f"{server.url}/{paper.stem}", paper).path == paper
    assert server.requests == []
