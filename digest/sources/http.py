"""The one client that asks arXiv or a mirror of it: paced, bounded, patient and truthful.

Every request waits for its turn (``pace``), is accounted for (``hosts``), stops where a host asked
to be left alone (``doors``), and is not sent where today's answer is at hand (``answers``). What
it does not do: judge a body. Its caller hands in a check, and only what passes is kept.
"""

from __future__ import annotations

import contextlib
import email.utils
import logging
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import httpx

from digest.clock import Clock
from digest.errors import ConfigError, FetchError
from digest.sources import wire
from digest.sources.answers import Answers, Kept, arxiv_day
from digest.sources.doors import Doors, is_arxiv
from digest.sources.hosts import HostLog
from digest.sources.pace import Pace, default_pace_file, own_pace_file
from digest.sources.watch import Watch
from digest.sources.wire import Asked, Bounds, Incoming

ARXIV_PACE_S = 3.0
"""At most one request in three seconds: https://info.arxiv.org/help/api/tou.html. No setting
makes it shorter for arXiv's own hosts; a mirror may allow more."""
LONGEST_RETRY_AFTER_S = 600.0
"""A run waits ten minutes when asked to; who asks for longer is left alone until then."""
_MOST_REDIRECTS = 5
_BACK_OFF_PAUSES = 4
"""The first wait after a fault, in pauses; it doubles: 12, 24, 48 s, and up to half as much more.
A limiter that has just said no is not asked again at the very pace that it refused."""
_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """How to ask.

    Args:
        contact: Mail or https address for the User-Agent.
        proxy: ``http://HOST:PORT``; empty: what HTTPS_PROXY and the like say.
        ca_file: PEM file of a private certificate authority, besides the usual ones.
        pace_s: From the end of an answer to the next request; for arXiv at least 3.
        pace_file: The lock that all processes of the machine share.
        cache_dir: Answers of the day, and hosts that are closed; None remembers nothing.
        tries: Requests for one question, faults included.
        feed: How much of a feed, a page of results or a record is read.
        pdf: How much of a PDF is read.
    """

    contact: str = ""
    proxy: str = ""
    ca_file: str = ""
    pace_s: float = ARXIV_PACE_S
    pace_file: Path = field(default_factory=default_pace_file)
    cache_dir: Path | None = None
    tries: int = 4
    feed: Bounds = wire.FEED
    pdf: Bounds = wire.PDF

    def __post_init__(self) -> None:
        if not 0 <= self.pace_s <= 3600:
            raise ConfigError(f"pace_s: {self.pace_s} is not 0 to 3600")
        if not 1 <= self.tries <= 20:
            raise ConfigError(f"tries: {self.tries} is not 1 to 20")


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. ``url``: as asked, with its parameters, without a password.

    ``unchanged``: the server says that it is what we had. ``from_cache``: nobody was asked, it is
    of ``fetched_at``.
    """

    url: str
    status: int
    body: bytes
    content_type: str
    fetched_at: datetime
    unchanged: bool = False
    from_cache: bool = False


Check = Callable[[Answer], None]
"""Raises FetchError where a body is no good answer; ``retryable`` says whether to ask again."""


class Client:
    """Asks, one request at a time. ``requests``: sent so far. ``faults``: overcome by asking again.

    Use it as a context manager, or call ``close``; in one thread.
    """

    def __init__(
        self,
        options: HttpOptions,
        clock: Clock,
        hosts: HostLog | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Open no connection yet.

        Args:
            options: How to ask.
            clock: Paces, waits and dates.
            hosts: Where requests are accounted for; by default hosts.log beside ``cache_dir``.
            jitter: A number from 0 to 1 for each wait, so that processes do not retry in step.

        Raises:
            ConfigError: ``contact``, ``proxy`` or ``ca_file`` cannot be used.
        """
        folder = options.cache_dir
        self.options = options
        self.requests = 0
        self.faults: list[str] = []
        self._clock = clock
        self._jitter = jitter
        self._hosts = hosts or (HostLog(folder.parent / "hosts.log", clock) if folder else None)
        is_shared = options.pace_file == default_pace_file()
        self._pace = Pace(options.pace_file, clock, own_pace_file() if is_shared else None)
        self._doors = Doors(folder / "closed.json" if folder else None, clock)
        self._answers = Answers(folder / "answers" if folder else None)
        self._asked_wait_s = 0.0
        self._watch = Watch()
        self._http = wire.open_client(options.contact, options.proxy, options.ca_file)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def get(
        self, url: str, params: Mapping[str, str], check: Check, *, poll: bool = False
    ) -> Answer:
        """Ask a question, or take today's answer to it.

        Args:
            url: Without parameters of its own.
            params: In any order; not encoded.
            check: Raises where the body is no good answer; called again on one from the cache.
            poll: Ask even if it was asked today; the server may say that nothing changed.

        Raises:
            FetchError: No good answer in ``tries`` requests, or a host wants to be left alone.
            FetchRefused: 403, now or earlier today.
        """
        whole = str(wire.address(url).copy_merge_params(dict(sorted(params.items()))))
        if not poll and (answer := self._from_today(wire.shown(wire.address(whole)), check)):
            return answer
        return self.retrying(whole, lambda: self._ask(whole, check))

    def retrying(self, url: str, attempt: Callable[[], T]) -> T:
        """Call ``attempt`` until it raises no retryable FetchError, ``tries`` times at most."""
        host = wire.address(url).host
        for done in range(1, self.options.tries):
            self._asked_wait_s = 0.0
            try:
                return attempt()
            except FetchError as exc:
                if not exc.retryable:
                    raise
                self._doors.check(host)  # closed by this very answer: nothing to wait for
                wait_s = self._wait_s(host, done)
                log.info("%s; asking again in %.0f s", exc.message, wait_s)
                self.faults.append(exc.message)
            self._clock.sleep(wait_s)
        return attempt()

    @contextlib.contextmanager
    def exchange(self, asked: Asked) -> Iterator[Incoming]:
        """One request and its redirects. The body is read inside the block, which is our turn.

        Statuses that mean "not now" are raised; what 200, 206, 304, 404 and others mean, the
        caller knows.

        Raises:
            FetchError: No answer, a fault of the server's, a redirect that leads astray.
            FetchRefused: 403.
        """
        url = wire.address(asked.url)
        for _ in range(_MOST_REDIRECTS + 1):
            with self._sent(url, asked) as response:
                if response.status_code not in _REDIRECTS:
                    self._judge(response)
                    yield Incoming(response, asked.bounds, self._clock)
                    return
                url = target(response)
        raise FetchError(f"{wire.place(url)} redirects more than {_MOST_REDIRECTS} times")

    @contextlib.contextmanager
    def _sent(self, url: httpx.URL, asked: Asked) -> Iterator[httpx.Response]:
        """Send one request in its turn and account for it; httpx's errors become ours."""
        self._doors.check(url.host)
        with self._pace.turn(self._pause_s(url.host)):
            self._doors.check(url.host)  # another process may have been refused meanwhile
            self.requests += 1
            status = "-"
            try:
                with self._streamed(url, asked) as response:
                    status = str(response.status_code)
                    yield response
            except httpx.HTTPError as exc:
                status += f" {type(exc).__name__}"
                raise wire.failure(url, exc) from exc
            finally:
                if self._hosts is not None:
                    self._hosts.add(url.host, "GET", url.raw_path.decode("ascii"), status)

    @contextlib.contextmanager
    def _streamed(self, url: httpx.URL, asked: Asked) -> Iterator[httpx.Response]:
        """httpx's answer, cut where the whole takes too long.

        Raises:
            httpx.HTTPError: Whatever httpx raises; ReadTimeout where it was cut.
        """
        stream = self._http.stream(
            "GET",
            url,
            headers=asked.headers,
            timeout=wire.patience(asked.bounds),
            extensions={"trace": self._watch.trace},
        )
        most_s = asked.bounds.silence_s + asked.bounds.most_s
        with self._watch.over(most_s) as is_cut:
            try:
                with stream as response:
                    yield response
            except httpx.HTTPError as exc:
                if is_cut.is_set():
                    raise httpx.ReadTimeout(f"not whole after {most_s:g} s") from exc
                raise

    def _judge(self, response: httpx.Response) -> None:
        """Raise for the statuses that mean "not now" or "not you"."""
        status, where = response.status_code, wire.place(response.url)
        self._asked_wait_s = retry_after_s(response.headers, self._clock.now())
        if status == 403:
            raise self._doors.refused(response.url.host)
        if status in (401, 407):
            hint = "put the password into the address of the mirror or the proxy"
            raise FetchError(f"{where} wants a password ({status})", hint, retryable=False)
        if status in _RETRIED and self._asked_wait_s > LONGEST_RETRY_AFTER_S:
            raise self._doors.asked_to_wait(response.url.host, self._asked_wait_s)
        if status in _RETRIED:
            raise FetchError(f"{where} answered {status}", "ask again later")

    def _pause_s(self, host: str) -> float:
        return max(self.options.pace_s, ARXIV_PACE_S if is_arxiv(host) else 0.0)

    def _wait_s(self, host: str, done: int) -> float:
        """Before the next try: doubled each time, and not less than the server asked for."""
        pauses = _BACK_OFF_PAUSES * 2.0 ** (done - 1) * (1 + self._jitter() / 2)
        return max(self._pause_s(host) * pauses, min(self._asked_wait_s, LONGEST_RETRY_AFTER_S))

    def _from_today(self, url: str, check: Check) -> Answer | None:
        found = self._answers.find(url)
        if found is None or found[0].day != arxiv_day(self._clock.now()):
            return None
        kept, body = found
        answer = Answer(url, 200, body, kept.content_type, kept.fetched_at, from_cache=True)
        try:
            check(answer)
        except FetchError:  # it passed an older check: ask again
            return None
        return answer

    def _ask(self, url: str, check: Check) -> Answer:
        """One request, its answer checked and kept."""
        name = wire.shown(wire.address(url))
        found = self._answers.find(name)
        asked = Asked(url, self.options.feed, _conditions(found[0]) if found else {})
        with self.exchange(asked) as incoming:
            if incoming.status == 304 and found:
                fresh, body = self._described(name, incoming, found[0]), found[1]
            else:
                fresh, body = self._described(name, incoming, None), incoming.body()
        answer = Answer(
            name,
            200 if incoming.status == 304 else incoming.status,
            body,
            fresh.content_type,
            fresh.fetched_at,
            unchanged=incoming.status == 304,
        )
        self._check(answer, check)
        self._answers.keep(fresh, body)
        return answer

    def _described(self, url: str, incoming: Incoming, before: Kept | None) -> Kept:
        """What is kept about an answer; of one that is unchanged, what it does not say again."""
        now = self._clock.now()
        return Kept(
            url=url,
            day=arxiv_day(now),
            fetched_at=now,
            content_type=incoming.header("content-type") or (before.content_type if before else ""),
            etag=incoming.header("etag") or (before.etag if before else ""),
            last_modified=incoming.header("last-modified")
            or (before.last_modified if before else ""),
        )

    def _check(self, answer: Answer, check: Check) -> None:
        """The caller's check, which may know better what a 400 means; other statuses are ours."""
        if answer.status not in (200, 400):
            missing = answer.status in (404, 410)
            hint = "see that the address is right" if missing else None
            raise FetchError(f"{answer.url} answered {answer.status}", hint, retryable=False)
        if answer.unchanged and not answer.body:
            raise FetchError(f"{answer.url} says that nothing changed, but nothing was known")
        try:
            check(answer)
        except FetchError:
            self._answers.forget(answer.url)  # else an unchanged bad answer would come for ever
            raise
        if answer.status == 400:
            raise FetchError(f"{answer.url} answered 400", "see the question", retryable=False)


def _conditions(kept: Kept) -> dict[str, str]:
    """Headers that let the server say "unchanged"."""
    headers = {"If-None-Match": kept.etag, "If-Modified-Since": kept.last_modified}
    return {name: value for name, value in headers.items() if value}


def target(response: httpx.Response) -> httpx.URL:
    """Where a redirect leads: the same host or another of arXiv's, and never out of TLS.

    Raises:
        FetchError: Elsewhere. A server shall not send us into the lab's own network.
    """
    source = response.url
    where = f"{wire.place(source)} redirects"
    try:
        target = wire.address(str(source.join(response.headers.get("location", ""))))
    except httpx.InvalidURL as exc:
        raise FetchError(f"{where} to no web address", retryable=False) from exc
    if target.scheme not in ("https", source.scheme):
        raise FetchError(f"{where} to {target.scheme}, without TLS", retryable=False)
    if target.host != source.host and not (is_arxiv(source.host) and is_arxiv(target.host)):
        hint = "if that is right, set the address of the mirror to it"
        raise FetchError(f"{where} to another host: {target.host}", hint, retryable=False)
    return target


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds that ``Retry-After`` asks for, in either form; 0 where it says nothing of use."""
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text[:9])
    try:
        at = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())
