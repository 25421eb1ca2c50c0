"""Bad days: a seeded plan of faults, and what each of them does to a good answer.

Every kind has been seen at arXiv or follows from how HTTP fails; the names are those that a
simulation reports.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

Endpoint = Literal["feed", "api", "oai", "pdf"]
FaultKind = Literal[
    "429",
    "429 with Retry-After",
    "rate exceeded",
    "empty page",
    "error entry",
    "stale feed",
    "lagging api",
    "503",
    "503 mid-paging",
    "feed outage",
    "cut",
    "slow",
    "html for pdf",
    "truncated pdf",
    "withdrawn pdf",
]


_LISTING_DAYS = range(1, 5)
"""Tuesday to Friday (UTC): on other mornings there is nothing that a source could be late with."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as far as faults care. ``continued``: it asks for a later page of a list."""

    endpoint: Endpoint
    at: datetime
    continued: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer before it is sent.

    Args:
        status: HTTP status.
        body: All of it.
        content_type: With its charset, if it has one.
        headers: Others.
        sent_bytes: The connection is cut after so many bytes of the body; None: never.
        slow: Simulated minutes pass between the pieces of the body.
    """

    status: int
    body: bytes
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()
    sent_bytes: int | None = None
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """One planned fault.

    Args:
        kind: What happens.
        endpoint: Where.
        since: First UTC date on which it may be served.
        until: Last such date.
        times: How many requests it hits in all; None: every one of a day, the first on which
            there is one.
    """

    kind: FaultKind
    endpoint: Endpoint
    since: date
    until: date
    times: int | None = None


class Faults:
    """Hands out the planned faults, each as often as planned, and counts them."""

    def __init__(self, planned: Sequence[Fault] = ()) -> None:
        self._planned = list(planned)
        self._used = [0] * len(planned)
        self._day: list[date | None] = [None] * len(planned)
        self._lock = threading.Lock()
        self.served: Counter[tuple[Endpoint, FaultKind]] = Counter()

    def take(self, ask: Ask) -> FaultKind | None:
        """The fault that this request meets, or None; counts it as served."""
        with self._lock:
            for number, fault in enumerate(self._planned):
                if _fits(fault, ask) and not self._is_over(number, ask.at.date()):
                    self._used[number] += 1
                    self._day[number] = ask.at.date()
                    self.served[fault.endpoint, fault.kind] += 1
                    return fault.kind
        return None

    def _is_over(self, number: int, day: date) -> bool:
        times = self._planned[number].times
        if times is None:
            return self._day[number] not in (None, day)
        return self._used[number] >= times

    @property
    def unmet(self) -> frozenset[FaultKind]:
        """Kinds that were planned and that no request has met, at any endpoint."""
        served = {kind for _, kind in self.served}
        return frozenset(fault.kind for fault in self._planned if fault.kind not in served)


def _fits(fault: Fault, ask: Ask) -> bool:
    if fault.endpoint != ask.endpoint or not fault.since <= ask.at.date() <= fault.until:
        return False
    if fault.kind == "503 mid-paging":
        return ask.continued
    if fault.kind in ("stale feed", "lagging api") and fault.since < fault.until:
        return ask.at.weekday() in _LISTING_DAYS  # where it tells; on a day that is named, always
    return fault.kind != "empty page" or not ask.continued


def spoil(kind: FaultKind, reply: Reply) -> Reply:
    """What a fault makes of a good answer. Stale and lagging ones are good answers already."""
    return _SPOILED[kind](reply) if kind in _SPOILED else reply


_REFUSALS = b"<html><head><title>%s</title></head><body><h1>%s</h1></body></html>\n"


def _refused(status: int, reason: bytes, *headers: tuple[str, str]) -> Callable[[Reply], Reply]:
    body = _REFUSALS % (reason, reason)
    return lambda _reply: Reply(status, body, "text/html; charset=utf-8", headers)


def _rate_exceeded(_reply: Reply) -> Reply:
    return Reply(200, b"Rate exceeded.", "text/plain")


def _html_for_pdf(_reply: Reply) -> Reply:
    body = b"<!DOCTYPE html><html><body><p>Generating PDF, please wait.</p></body></html>\n"
    return Reply(200, body, "text/html; charset=utf-8")


def _truncated(reply: Reply) -> Reply:
    """Short, with a length that agrees: only the missing trailer betrays it."""
    return replace(reply, body=reply.body[: len(reply.body) * 2 // 3])


_SPOILED: dict[FaultKind, Callable[[Reply], Reply]] = {
    "429": _refused(429, b"Too Many Requests"),
    "429 with Retry-After": _refused(429, b"Too Many Requests", ("Retry-After", "20")),
    "rate exceeded": _rate_exceeded,
    "503": _refused(503, b"Service Unavailable", ("Retry-After", "0")),
    "503 mid-paging": _refused(503, b"Service Unavailable"),
    "feed outage": _refused(503, b"Service Unavailable"),
    "cut": lambda reply: replace(reply, sent_bytes=len(reply.body) // 2),
    "slow": lambda reply: replace(reply, slow=True),
    "html for pdf": _html_for_pdf,
    "truncated pdf": _truncated,
    "withdrawn pdf": _refused(404, b"Not Found"),
}

# ---------------------------------------------------------------- the plan

_SHORT: tuple[tuple[Endpoint, FaultKind], ...] = (
    ("feed", "429"),
    ("feed", "429 with Retry-After"),
    ("feed", "rate exceeded"),
    ("feed", "cut"),
    ("feed", "slow"),
    ("api", "429"),
    ("api", "429 with Retry-After"),
    ("api", "rate exceeded"),
    ("api", "empty page"),
    ("api", "error entry"),
    ("api", "503"),
    ("api", "503 mid-paging"),
    ("api", "cut"),
    ("api", "slow"),
    ("pdf", "429 with Retry-After"),
    ("pdf", "html for pdf"),
    ("pdf", "cut"),
    ("pdf", "slow"),
)
"""Once or twice, so that trying again helps."""
_LONG: tuple[tuple[Endpoint, FaultKind], ...] = (
    *(fault for fault in _SHORT if fault[0] != "pdf"),
    ("feed", "stale feed"),
    ("feed", "error entry"),
    ("feed", "feed outage"),
    ("api", "lagging api"),
)
"""All day, so that this source fails and the others must make up for it."""
_OAI: tuple[FaultKind, ...] = (
    "503 mid-paging",
    "429 with Retry-After",
    "rate exceeded",
    "cut",
    "slow",
    "503 mid-paging",
)
"""Whenever OAI-PMH is asked, which is seldom. Its lists alone are long enough to be paged."""
_PDF: tuple[FaultKind, ...] = ("html for pdf", "truncated pdf", "withdrawn pdf", "cut", "429")
"""More often than anybody tries again: a paper's reading must be made up on a later day."""
_MORE_THAN_TRIES = 7
_CLEAR_DAYS = 4


def plan(seed: int, days: Sequence[date]) -> list[Fault]:
    """Faults of every kind over ``days``: UTC dates on which somebody asks, in order.

    At most one source fails for a whole day, as a rule, but for one day on which nothing answers.
    The first day is clear, and so are the last four, so that every fault has days after it in
    which it can be made up for.

    Raises:
        ValueError: The days are too few.
    """
    chance = random.Random(seed)
    end, days = days[-1], days[1:-_CLEAR_DAYS]
    if len(days) < 2 * len(_LONG):
        raise ValueError(f"{len(days)} days are too few for {len(_LONG)} whole-day faults")
    last = days[-1]
    dark, *whole = chance.sample(days[: -len(_LONG) // 2], len(_LONG) + 1)
    everywhere: tuple[Endpoint, ...] = ("feed", "api", "oai", "pdf")
    planned = [Fault("503", where, dark, dark) for where in everywhere]
    for day, (where, kind) in zip(whole, _LONG, strict=True):
        planned.append(Fault(kind, where, day, last))
    for where, kind in _SHORT:
        planned.append(Fault(kind, where, chance.choice(days), last, chance.randint(1, 2)))
    for number, kind in enumerate(_PDF):
        day = days[number * len(days) // len(_PDF)]
        planned.append(Fault(kind, "pdf", day, last, _MORE_THAN_TRIES))
    return planned + [Fault(kind, "oai", days[0], end, 2) for kind in _OAI]
