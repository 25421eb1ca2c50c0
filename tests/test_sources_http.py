"""The one client, against a real server that behaves as arXiv does on its bad days."""

import gzip
import json
import shutil
import socket
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from digest.clock import SystemClock
from digest.errors import ConfigError, FetchError, FetchRefused
from digest.sources.http import Answer, Client, HttpOptions, retry_after_s, target
from digest.sources.wire import Asked, Bounds
from tests.loopback import START, Loopback, Reply, StoppedClock

pytestmark = pytest.mark.loopback
GOOD = Reply(200, b"<feed/>", {"Content-Type": "application/atom+xml"})


def options(tmp_path: Path, **changes) -> HttpOptions:
    settings = {"pace_file": tmp_path / "pace", "cache_dir": tmp_path / "home" / "cache"}
    return HttpOptions(**{**settings, **changes})


def client(tmp_path: Path, clock=None, **changes) -> Client:
    return Client(options(tmp_path, **changes), clock or StoppedClock(), jitter=lambda: 0.0)


def is_feed(answer: Answer) -> None:
    if answer.body == b"Rate exceeded.":
        raise FetchError(f"{answer.url}: Rate exceeded.")
    if not answer.body.startswith(b"<"):
        raise FetchError(f"{answer.url} is no feed", retryable=False)


# ---------------------------------------------------------------- a good answer


def test_an_answer_is_whole_and_says_where_it_is_from(tmp_path: Path) -> None:
    with Loopback(GOOD) as server, client(tmp_path) as asks:
        answer = asks.get(f"{server.url}/query", {"b": "x:y z", "a": "1"}, is_feed)
    assert server.paths == ["/query?a=1&b=x%3Ay+z"]
    assert answer.url == f"{server.url}/query?a=1&b=x%3Ay+z"
    assert (answer.status, answer.body) == (200, b"<feed/>")
    assert answer.content_type == "application/atom+xml"
    assert answer.fetched_at == START + timedelta(seconds=1000)
    assert not answer.unchanged and not answer.from_cache


def test_requests_go_over_one_connection_and_are_paced(tmp_path: Path) -> None:
    clock = StoppedClock()
    with Loopback(GOOD) as server, client(tmp_path, clock) as asks:
        for n in range(3):
            asks.get(server.url, {"n": str(n)}, is_feed)
    assert len({request.connection for request in server.requests}) == 1
    assert clock.slept == pytest.approx([3.001, 3.001])
    assert asks.requests == 3


def test_another_host_takes_over_the_one_connection(tmp_path: Path) -> None:
    with Loopback(GOOD) as one, Loopback(GOOD) as other, client(tmp_path) as asks:
        for n, server in enumerate([one, other, one]):
            assert asks.get(server.url, {"n": str(n)}, is_feed).body == b"<feed/>"
    assert len({request.connection for request in one.requests}) == 2


@pytest.mark.parametrize(
    ("contact", "sent"),
    [
        ("", "arxiv-digest/0.1.0"),
        ("lab@example.org", "arxiv-digest/0.1.0 (mailto:lab@example.org)"),
        ("https://example.org/lab", "arxiv-digest/0.1.0 (+https://example.org/lab)"),
    ],
)
def test_the_server_learns_whom_to_write_to(tmp_path: Path, contact: str, sent: str) -> None:
    with Loopback(GOOD) as server, client(tmp_path, contact=contact) as asks:
        asks.get(server.url, {}, is_feed)
    assert server.requests[0].headers["user-agent"] == sent


@pytest.mark.parametrize("contact", ["a\r\nX: y", "研究室", "a) b"])
def test_a_contact_that_cannot_be_sent_is_refused(tmp_path: Path, contact: str) -> None:
    with pytest.raises(ConfigError, match=r"contact: .* cannot be sent"):
        client(tmp_path, contact=contact)


def test_every_request_is_accounted_for(tmp_path: Path) -> None:
    with (
        Loopback(Reply(503), GOOD, Reply(200, b"x", cut_at=0)) as server,
        client(tmp_path, tries=2) as asks,
    ):
        asks.get(f"{server.url}/query", {"q": "a b"}, is_feed)
        with pytest.raises(FetchError):
            asks.get(f"{server.url}/other", {}, is_feed)
    lines = [
        line.split("\t") for line in (tmp_path / "home" / "hosts.log").read_text().splitlines()
    ]
    assert [line[1:] for line in lines] == [
        ["127.0.0.1", "GET", "/query?q=a+b", "503"],
        ["127.0.0.1", "GET", "/query?q=a+b", "200"],
        ["127.0.0.1", "GET", "/other", "200 RemoteProtocolError"],
        ["127.0.0.1", "GET", "/other", "200 RemoteProtocolError"],
    ]
    assert lines[0][0] == "2026-11-22T12:16:40.000+00:00"


# ---------------------------------------------------------------- faults


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_fault_that_passes_is_waited_out(tmp_path: Path, status: int) -> None:
    clock = StoppedClock()
    with Loopback([Reply(status)] * 2, GOOD) as server, client(tmp_path, clock) as asks:
        assert asks.get(server.url, {}, is_feed).body == b"<feed/>"
    assert clock.slept == pytest.approx([12, 24])
    assert asks.requests == 3
    assert asks.faults == [f"{server.url} answered {status}"] * 2


def test_a_fault_that_stays_is_an_error_after_so_many_tries(tmp_path: Path) -> None:
    clock = StoppedClock()
    with (
        Loopback(Reply(503)) as server,
        client(tmp_path, clock) as asks,
        pytest.raises(FetchError, match=f"{server.url} answered 503") as caught,
    ):
        asks.get(server.url, {}, is_feed)
    assert caught.value.retryable
    assert len(server.requests) == 4
    assert clock.slept == pytest.approx([12, 24, 48])


def test_processes_do_not_retry_in_step(tmp_path: Path) -> None:
    clock = StoppedClock()
    asks = Client(options(tmp_path), clock, jitter=lambda: 0.8)
    with Loopback(Reply(503), GOOD) as server, asks:
        asks.get(server.url, {}, is_feed)
    assert clock.slept == pytest.approx([12 * 1.4])


@pytest.mark.parametrize(
    ("sent", "waited_s"),
    [
        ("0", 12),  # seen at arXiv: our own floor holds
        ("100", 100),
        ("600", 600),
        ("Sun, 22 Nov 2026 12:18:20 GMT", 100),
        ("Sun, 22 Nov 2026 12:00:00 GMT", 12),  # past
        ("soon", 12),
        ("-5", 12),
    ],
)
def test_retry_after_is_heeded_with_a_floor(tmp_path: Path, sent: str, waited_s: float) -> None:
    clock = StoppedClock()
    busy = Reply(429, headers={"Retry-After": sent})
    with Loopback(busy, GOOD) as server, client(tmp_path, clock) as asks:
        asks.get(server.url, {}, is_feed)
    assert clock.slept == pytest.approx([waited_s])


def test_a_long_retry_after_is_heeded_by_later_processes_too(tmp_path: Path) -> None:
    clock = StoppedClock()
    busy = Reply(503, headers={"Retry-After": "7200"})
    with Loopback(busy, GOOD) as server:
        for _ in range(2):
            with (
                client(tmp_path, clock) as asks,
                pytest.raises(FetchError, match="left alone until 2026-11-22 14:16 UTC") as caught,
            ):
                asks.get(server.url, {}, is_feed)
            assert caught.value.retryable
            assert not isinstance(caught.value, FetchRefused)
        assert len(server.requests) == 1
        assert clock.slept == []  # nobody waits for a door that stays shut
        clock.at_s += 7200
        with client(tmp_path, clock) as asks:
            assert asks.get(server.url, {}, is_feed).status == 200


def test_a_refusal_ends_the_day_for_all_processes(tmp_path: Path) -> None:
    clock = StoppedClock()
    closed = tmp_path / "home" / "cache" / "closed.json"
    with Loopback(Reply(403), GOOD) as server:
        for n in range(2):
            with (
                client(tmp_path, clock) as asks,
                pytest.raises(FetchRefused, match=r"403.* until 2026-11-23 05:00 UTC") as caught,
            ):
                asks.get(server.url, {"n": str(n)}, is_feed)
            assert caught.value.hint is not None and str(closed) in caught.value.hint
            assert asks.requests == 1 - n
        clock.at_s += 17 * 3600  # past midnight in New York
        with client(tmp_path, clock) as asks:
            assert asks.get(server.url, {}, is_feed).status == 200


def test_a_refusal_is_remembered_without_a_folder(tmp_path: Path) -> None:
    with Loopback(Reply(403), GOOD) as server, client(tmp_path, cache_dir=None) as asks:
        for _ in range(2):
            with pytest.raises(FetchRefused):
                asks.get(server.url, {}, is_feed)
        assert asks.requests == 1


@pytest.mark.parametrize("text", ["not json", '{"127.0.0.1": 5}', "[]"])
def test_a_damaged_memory_of_refusals_is_left_aside(tmp_path: Path, text: str) -> None:
    closed = tmp_path / "home" / "cache" / "closed.json"
    closed.parent.mkdir(parents=True)
    closed.write_text(text)
    with Loopback(GOOD) as server, client(tmp_path) as asks:
        assert asks.get(server.url, {}, is_feed).status == 200


def test_a_refusal_far_in_the_future_is_a_mistake(tmp_path: Path) -> None:
    closed = tmp_path / "home" / "cache" / "closed.json"
    closed.parent.mkdir(parents=True)
    entry = {"until": "2036-01-01T00:00:00Z", "refused": True}
    closed.write_text(json.dumps({"127.0.0.1": entry}))
    with Loopback(GOOD) as server, client(tmp_path) as asks:
        assert asks.get(server.url, {}, is_feed).status == 200


@pytest.mark.parametrize("status", [401, 404, 410, 418])
def test_some_answers_will_not_get_better(tmp_path: Path, status: int) -> None:
    with (
        Loopback(Reply(status)) as server,
        client(tmp_path) as asks,
        pytest.raises(FetchError, match=str(status)) as caught,
    ):
        asks.get(server.url, {}, is_feed)
    assert not caught.value.retryable
    assert len(server.requests) == 1


def test_a_200_that_says_rate_exceeded_is_a_fault(tmp_path: Path) -> None:
    clock = StoppedClock()
    limited = Reply(200, b"Rate exceeded.", {"Retry-After": "30"})
    with Loopback(limited, GOOD) as server, client(tmp_path, clock) as asks:
        assert asks.get(server.url, {}, is_feed).body == b"<feed/>"
    assert clock.slept == pytest.approx([30])
    assert asks.faults == [f"{server.url}: Rate exceeded."]


def test_a_body_that_will_not_get_better_is_not_asked_for_again(tmp_path: Path) -> None:
    with (
        Loopback(Reply(200, b"nonsense")) as server,
        client(tmp_path) as asks,
        pytest.raises(FetchError, match="is no feed"),
    ):
        asks.get(server.url, {}, is_feed)
    assert len(server.requests) == 1


def test_what_a_400_means_is_for_the_caller_to_say(tmp_path: Path) -> None:
    with Loopback(Reply(400, b"bad id")) as server, client(tmp_path) as asks:
        with pytest.raises(FetchError, match="is no feed"):
            asks.get(server.url, {}, is_feed)
        with pytest.raises(FetchError, match="answered 400"):
            asks.get(server.url, {}, lambda answer: None)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "fault",
    [
        Reply(200, b"<feed>" * 100, cut_at=50),
        Reply(200, b"", cut_at=0, length=10),
        Reply(200, gzip.compress(b"<feed>")[:-4], {"Content-Encoding": "gzip"}),
        Reply(200, b"not gzip", {"Content-Encoding": "gzip"}),
        Reply(200, b"<feed/>", hang_s=0.5),
    ],
    ids=["cut", "empty", "cut-gzip", "no-gzip", "silent"],
)
def test_a_broken_answer_is_asked_for_again(tmp_path: Path, fault: Reply) -> None:
    brief = Bounds(1 << 20, 5.0, silence_s=0.2)
    with Loopback(fault, GOOD) as server, client(tmp_path, feed=brief) as asks:
        assert asks.get(server.url, {}, is_feed).body == b"<feed/>"
    assert len(asks.faults) == 1


def test_a_body_that_drips_has_its_time(tmp_path: Path) -> None:
    drip = Reply(200, b"<" * 1000, drip_s=0.05)
    brief = Bounds(1 << 20, 0.2)
    slow = Client(options(tmp_path, feed=brief, tries=1, pace_s=0.0), SystemClock())
    with (
        Loopback(drip) as server,
        slow as asks,
        pytest.raises(FetchError, match=r"was not whole after 0\.2 s"),
    ):
        asks.get(server.url, {}, is_feed)


def test_headers_that_drip_have_their_time(tmp_path: Path) -> None:
    brief = Bounds(1 << 20, 0.2, silence_s=0.2)
    with Loopback(Reply(head_drip_s=0.05), GOOD) as server, client(tmp_path, feed=brief) as asks:
        assert asks.get(server.url, {}, is_feed).body == b"<feed/>"
    assert asks.faults == [f"{server.url} did not answer in time"]


def test_nobody_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with client(tmp_path, tries=2) as asks, pytest.raises(FetchError, match="reached") as caught:
        asks.get(f"http://127.0.0.1:{port}", {}, is_feed)
    assert asks.requests == 2
    assert caught.value.hint == "see whether the network is up; behind a proxy, set proxy"


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "/query", "http://[", "http://a b/", ""])
def test_what_is_no_web_address_is_not_asked(tmp_path: Path, url: str) -> None:
    with client(tmp_path) as asks, pytest.raises(FetchError, match="address") as caught:
        asks.get(url, {}, is_feed)
    assert not caught.value.retryable
    assert asks.requests == 0


def test_a_password_is_not_shown(tmp_path: Path) -> None:
    with Loopback(Reply(404)) as server, client(tmp_path) as asks:
        url = server.url.replace("//", "//me:secret@")
        with pytest.raises(FetchError) as caught:
            asks.get(url, {}, is_feed)
    assert "authorization" in server.requests[0].headers
    assert "secret" not in caught.value.message
    assert "secret" not in (tmp_path / "home" / "hosts.log").read_text()


# ---------------------------------------------------------------- hostile bodies


def test_too_much_is_not_read(tmp_path: Path) -> None:
    small = Bounds(1 << 20, 60.0)
    with (
        Loopback(Reply(200, b"<" * (1 << 20) + b"<")) as server,
        client(tmp_path, feed=small) as asks,
        pytest.raises(FetchError, match="sends more than 1 MiB") as caught,
    ):
        asks.get(server.url, {}, is_feed)
    assert not caught.value.retryable


def test_exactly_the_limit_is_read(tmp_path: Path) -> None:
    small = Bounds(1 << 20, 60.0)
    with Loopback(Reply(200, b"<" * (1 << 20))) as server, client(tmp_path, feed=small) as asks:
        assert len(asks.get(server.url, {}, is_feed).body) == 1 << 20


def test_a_bomb_is_unpacked_piece_by_piece(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(32 << 20))
    assert len(bomb) < 64 << 10
    taken = 0
    asked = Bounds(4 << 20, 60.0)
    with (
        Loopback(Reply(200, bomb, {"Content-Encoding": "gzip"})) as server,
        client(tmp_path) as asks,
        asks.exchange(Asked(server.url, asked)) as incoming,
        pytest.raises(FetchError, match="sends more than 4 MiB"),
    ):
        for chunk in incoming.chunks():
            assert len(chunk) <= 1 << 20
            taken += len(chunk)
    assert taken == 4 << 20


def test_gzip_is_asked_for_and_understood(tmp_path: Path) -> None:
    packed = gzip.compress(b"<feed>") + gzip.compress(b"</feed>")
    with Loopback(Reply(200, packed, {"Content-Encoding": "gzip"})) as server:
        with client(tmp_path) as asks:
            assert asks.get(server.url, {}, is_feed).body == b"<feed></feed>"
        assert server.requests[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("packing", ["br", "gzip, gzip", "deflate"])
def test_other_packings_were_not_asked_for(tmp_path: Path, packing: str) -> None:
    with (
        Loopback(Reply(200, b"x", {"Content-Encoding": packing})) as server,
        client(tmp_path) as asks,
        pytest.raises(FetchError, match=f"packed as '{packing}'"),
    ):
        asks.get(server.url, {}, is_feed)


# ---------------------------------------------------------------- redirects


def test_a_redirect_on_the_same_host_is_a_request_of_its_own(tmp_path: Path) -> None:
    clock = StoppedClock()
    with (
        Loopback(Reply(301, headers={"Location": "/new?x=1"}), GOOD) as server,
        client(tmp_path, clock) as asks,
    ):
        assert asks.get(server.url, {}, is_feed).body == b"<feed/>"
    assert server.paths == ["/", "/new?x=1"]
    assert clock.slept == pytest.approx([3.001])


def test_redirects_come_to_an_end(tmp_path: Path) -> None:
    with (
        Loopback(Reply(302, headers={"Location": "/again"})) as server,
        client(tmp_path, tries=1) as asks,
        pytest.raises(FetchError, match="redirects more than 5 times"),
    ):
        asks.get(server.url, {}, is_feed)
    assert len(server.requests) == 6


def redirect(source: str, to: str) -> httpx.Response:
    return httpx.Response(302, headers={"Location": to}, request=httpx.Request("GET", source))


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("http://arxiv.org/pdf/1", "to http, without TLS"),
        ("https://evil.example/x", "to another host: evil.example"),
        ("https://arxiv.org.evil.example/x", "to another host"),
        ("http://169.254.169.254/latest", "without TLS"),
        ("file:///etc/passwd", "no web address"),
        ("https://[", "no web address"),
    ],
)
def test_a_redirect_that_leads_astray_is_not_followed(to: str, reason: str) -> None:
    with pytest.raises(FetchError, match=reason):
        target(redirect("https://arxiv.org/pdf/1", to))


def test_a_redirect_within_arxiv_is_followed() -> None:
    to = target(redirect("https://arxiv.org/pdf/1", "https://export.arxiv.org/pdf/1v1"))
    assert str(to) == "https://export.arxiv.org/pdf/1v1"


# ---------------------------------------------------------------- the answers of the day


def test_the_same_question_is_asked_once_a_day(tmp_path: Path) -> None:
    clock = StoppedClock()
    with Loopback(GOOD, Reply(200, b"<second/>")) as server:
        for params in ({"a": "1", "b": "2"}, {"b": "2", "a": "1"}):
            with client(tmp_path, clock) as asks:
                answer = asks.get(server.url, params, is_feed)
            assert answer.body == b"<feed/>"
            assert answer.content_type == "application/atom+xml"
        assert answer.from_cache
        assert answer.fetched_at == START + timedelta(seconds=1000)
        assert len(server.requests) == 1
        clock.at_s += 17 * 3600  # the next day in New York
        with client(tmp_path, clock) as asks:
            assert asks.get(server.url, {"a": "1", "b": "2"}, is_feed).body == b"<second/>"


def test_another_question_is_not_the_same(tmp_path: Path) -> None:
    with Loopback(GOOD) as server, client(tmp_path) as asks:
        asks.get(server.url, {"a": "1"}, is_feed)
        assert not asks.get(server.url, {"a": "2"}, is_feed).from_cache
        assert not asks.get(f"{server.url}/x", {"a": "1"}, is_feed).from_cache


def test_a_poll_asks_whether_anything_changed(tmp_path: Path) -> None:
    tagged = Reply(
        200, b"<feed/>", {"ETag": '"one"', "Last-Modified": "Sun, 22 Nov 2026 05:00:00 GMT"}
    )
    clock = StoppedClock()
    with (
        Loopback(tagged, Reply(304), Reply(304), Reply(200, b"<second/>")) as server,
        client(tmp_path, clock) as asks,
    ):
        first, *others = [asks.get(server.url, {}, is_feed, poll=True) for _ in range(4)]
    assert "if-none-match" not in server.requests[0].headers
    for request in server.requests[1:]:
        assert request.headers["if-none-match"] == '"one"'
        assert request.headers["if-modified-since"] == "Sun, 22 Nov 2026 05:00:00 GMT"
    assert [answer.unchanged for answer in (first, *others)] == [False, True, True, False]
    assert [answer.status for answer in (first, *others)] == [200] * 4
    assert [answer.body for answer in others] == [b"<feed/>", b"<feed/>", b"<second/>"]
    assert others[0].fetched_at > first.fetched_at


def test_a_bad_answer_is_not_kept(tmp_path: Path) -> None:
    limited = Reply(200, b"Rate exceeded.", {"ETag": '"bad"'})
    with Loopback(limited, GOOD) as server, client(tmp_path, tries=1) as asks:
        with pytest.raises(FetchError):
            asks.get(server.url, {}, is_feed)
        assert asks.get(server.url, {}, is_feed).body == b"<feed/>"
    assert "if-none-match" not in server.requests[1].headers


def test_an_unchanged_answer_that_no_longer_passes_is_asked_for_anew(tmp_path: Path) -> None:
    tagged = Reply(200, b"<feed/>", {"ETag": '"one"'})
    with Loopback(tagged, Reply(304), Reply(200, b"<new/>")) as server, client(tmp_path) as asks:
        asks.get(server.url, {}, is_feed)

        def stricter(answer: Answer) -> None:
            if answer.body != b"<new/>":
                raise FetchError("not what is needed now")

        assert asks.get(server.url, {}, stricter).body == b"<new/>"
    assert "if-none-match" not in server.requests[2].headers


@pytest.mark.parametrize("keep_bytes", [0, 10, -1])
def test_a_kept_answer_that_is_not_whole_is_none(tmp_path: Path, keep_bytes: int) -> None:
    with Loopback(GOOD) as server, client(tmp_path) as asks:
        asks.get(server.url, {}, is_feed)
        (kept,) = (tmp_path / "home" / "cache" / "answers").iterdir()
        kept.write_bytes(kept.read_bytes()[:keep_bytes])
        assert not asks.get(server.url, {}, is_feed).from_cache
    assert len(server.requests) == 2


def test_answers_of_last_week_are_cleared_away(tmp_path: Path) -> None:
    clock = StoppedClock()
    with Loopback(GOOD) as server:
        for n, days in enumerate([0, 5, 9]):
            clock.at_s = days * 86400.0
            with client(tmp_path, clock) as asks:
                asks.get(server.url, {"n": str(n)}, is_feed)
    assert len(list((tmp_path / "home" / "cache" / "answers").iterdir())) == 2


def test_an_answer_that_cannot_be_kept_costs_only_the_keeping(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Loopback(GOOD) as server, client(tmp_path) as asks:
        asks.get(server.url, {}, is_feed)
        (kept,) = (tmp_path / "home" / "cache" / "answers").iterdir()
        kept.unlink()
        (kept / "in the way").mkdir(parents=True)
        assert asks.get(server.url, {}, is_feed).body == b"<feed/>"
    assert "an answer is not kept" in caplog.text


# ---------------------------------------------------------------- settings


def test_a_mirror_may_be_asked_faster_but_arxiv_never(tmp_path: Path) -> None:
    """The server plays a proxy, so that it can be arXiv."""
    clock = StoppedClock()
    with Loopback(GOOD) as server:
        with client(tmp_path, clock, pace_s=0.5, proxy=server.url) as asks:
            for host in ("mirror.example", "mirror.example", "export.arxiv.org", "arxiv.org"):
                asks.get(f"http://{host}/q", {"n": str(asks.requests)}, is_feed)
        assert server.paths[0] == "http://mirror.example/q?n=0"
    assert clock.slept == pytest.approx([0.501, 3.001, 3.001])


def test_arxiv_is_not_asked_again_at_once_whatever_the_pace(tmp_path: Path) -> None:
    clock = StoppedClock()
    with (
        Loopback(Reply(503), GOOD) as server,
        client(tmp_path, clock, pace_s=0.0, proxy=server.url) as asks,
    ):
        asks.get("http://export.arxiv.org/q", {}, is_feed)
    assert clock.slept == pytest.approx([12])


def test_a_refusal_by_one_of_arxivs_hosts_closes_all(tmp_path: Path) -> None:
    with Loopback(Reply(403), GOOD) as server, client(tmp_path, proxy=server.url) as asks:
        with pytest.raises(FetchRefused, match=r"arxiv\.org refused us"):
            asks.get("http://export.arxiv.org/q", {}, is_feed)
        with pytest.raises(FetchRefused):
            asks.get("http://rss.arxiv.org/q", {}, is_feed)
        assert asks.get("http://mirror.example/q", {}, is_feed).status == 200


def test_the_environments_proxy_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback(GOOD) as server:
        monkeypatch.setenv("http_proxy", server.url)
        monkeypatch.setenv("no_proxy", "")
        with client(tmp_path) as asks:
            asks.get("http://mirror.example/q", {}, is_feed)
    assert server.paths == ["http://mirror.example/q"]


@pytest.mark.parametrize("proxy", ["nonsense", "gopher://127.0.0.1:1"])
def test_a_proxy_that_is_none_is_refused(tmp_path: Path, proxy: str) -> None:
    with pytest.raises(ConfigError, match="proxy cannot be used"):
        client(tmp_path, proxy=proxy)


def test_an_authority_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"ca_file: .*missing\.pem cannot be read: .*No such file"
    ):
        client(tmp_path, ca_file=str(tmp_path / "missing.pem"))
    (tmp_path / "empty.pem").write_text("no certificate")
    with pytest.raises(ConfigError, match=r"ca_file: .*empty\.pem cannot be read"):
        client(tmp_path, ca_file=str(tmp_path / "empty.pem"))


@pytest.fixture
def private(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate that nobody else trusts, made on the spot, and a server's context with it."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mirror"
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


def test_a_private_authority_is_trusted_when_it_is_named(
    tmp_path: Path, private: tuple[Path, ssl.SSLContext]
) -> None:
    certificate, context = private
    with Loopback(GOOD, tls=context) as server:
        with client(tmp_path) as asks, pytest.raises(FetchError, match="no certificate") as caught:
            asks.get(server.url, {}, is_feed)
        assert not caught.value.retryable
        assert caught.value.hint is not None and caught.value.hint.endswith("set ca_file")
        with client(tmp_path, ca_file=str(certificate)) as asks:
            assert asks.get(server.url, {}, is_feed).body == b"<feed/>"


def test_time_runs_out_under_tls_too(tmp_path: Path, private: tuple[Path, ssl.SSLContext]) -> None:
    certificate, context = private
    brief = Bounds(1 << 20, 0.2, silence_s=0.4)
    with (
        Loopback(Reply(head_drip_s=0.05), GOOD, tls=context) as server,
        client(tmp_path, ca_file=str(certificate), feed=brief) as asks,
    ):
        assert asks.get(server.url, {}, is_feed).body == b"<feed/>"
    assert asks.faults == [f"{server.url} did not answer in time"]


@pytest.mark.parametrize(
    "changes", [{"pace_s": -1.0}, {"pace_s": float("nan")}, {"tries": 0}, {"tries": 21}]
)
def test_settings_out_of_range_are_refused(tmp_path: Path, changes: dict) -> None:
    with pytest.raises(ConfigError, match=f"{next(iter(changes))}: "):
        options(tmp_path, **changes)


def test_retry_after_without_a_zone_is_utc() -> None:
    now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    assert retry_after_s({"retry-after": "Sun, 22 Nov 2026 12:01:00 -0000"}, now) == 60.0
    assert retry_after_s({"retry-after": "9" * 400}, now) == 999_999_999.0
