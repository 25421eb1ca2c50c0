"""What the fake arXiv answers at an instant, told by the clock it is handed.

Each source shows a batch when arXiv's does: the query API at the announcement, OAI-PMH some hours
later, the feed at midnight. Every request is written down with its simulated time.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from digest.calendar import EASTERN, Batch
from digest.clock import Clock
from digest.evaluate.arxiv import feed, oai, query
from digest.evaluate.arxiv.faults import Ask, Endpoint, FaultKind, Faults, Reply, spoil
from digest.evaluate.arxiv.pdf import pdf
from digest.evaluate.arxiv.world import Preprint, World, show
from digest.records import ArxivId

_XML = "text/xml; charset=utf-8"
_ATOM = "application/atom+xml; charset=utf-8"
_WITHDRAWN = b"<html><h1>PDF not available</h1><p>This article has been withdrawn.</p></html>\n"
"""arXiv's page for a withdrawn version comes with status 200 (github.com/arXiv/arxiv-browse)."""
_LAG = timedelta(hours=30)
_PLACES: tuple[tuple[str, Endpoint], ...] = (
    ("/rss/", "feed"),
    ("/atom/", "feed"),
    ("/api/query", "api"),
    ("/oai", "oai"),
    ("/pdf/", "pdf"),
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A request that came in. ``elapsed_s``: simulated; ``fault``: what it met."""

    at: datetime
    elapsed_s: float
    endpoint: Endpoint
    target: str
    status: int
    fault: FaultKind | None


class Answers:
    """Everything the fake arXiv says.

    Args:
        world: The truth.
        clock: What time it is there.
        faults: What goes wrong.
        per_page: Records of one OAI-PMH answer: few, so that lists are resumed.
        pdfs: A folder of PDFs with text to read, served in turn: the first paper of the world is
            the first of them by name. None: of each paper a page of two sentences.
    """

    def __init__(
        self,
        world: World,
        clock: Clock,
        faults: Faults | None = None,
        per_page: int = 40,
        pdfs: Path | None = None,
    ) -> None:
        self.world = world
        self.clock = clock
        self.faults = faults or Faults()
        self.hits: list[Hit] = []
        self._per_page = per_page
        self._pdfs = [path.read_bytes() for path in sorted(pdfs.glob("*.pdf"))] if pdfs else []

    def smallest_gap_s(self) -> float:
        """The least simulated time between two requests; infinite where there are not two."""
        times = [hit.elapsed_s for hit in self.hits]
        return min((b - a for a, b in itertools.pairwise(times)), default=float("inf"))

    def reply(self, target: str) -> Reply:
        """The reply to a request target (path and query), as spoilt as the plan wants it."""
        at, elapsed_s = self.clock.now(), self.clock.elapsed_s()
        parts = urlsplit(target)
        parameters = dict(parse_qsl(parts.query, keep_blank_values=True))
        where = _endpoint(parts.path)
        if where is None:
            return Reply(404, b"not found\n", "text/plain")
        continued = parameters.get("start", "0") != "0" or "resumptionToken" in parameters
        fault = self.faults.take(Ask(where, at, continued))
        reply = self._good(where, unquote(parts.path), parameters, at, fault)
        if fault is not None:
            reply = spoil(fault, reply)
        self.hits.append(Hit(at, elapsed_s, where, target, reply.status, fault))
        return reply

    def _good(
        self,
        where: Endpoint,
        path: str,
        parameters: Mapping[str, str],
        at: datetime,
        fault: FaultKind | None,
    ) -> Reply:
        if where == "feed":
            return self._feed(path, at, fault)
        if where == "api":
            return self._query(parameters, at, fault)
        if where == "oai":
            return self._oai(parameters, at)
        return self._pdf(path.removeprefix("/pdf/"), at)

    def _feed(self, path: str, at: datetime, fault: FaultKind | None) -> Reply:
        _, form, name = path.split("/", 2)
        categories = name.split("+")
        if fault == "error entry" or not all(categories):
            return Reply(400, feed.error(name, "bad specification"), _XML)
        listing = at.astimezone(EASTERN).date()
        shown = listing.isoformat()
        if fault == "stale feed":
            shown = self._before(shown)
        notices = self.world.notices(categories, shown)
        write = feed.atom if form == "atom" else feed.rss
        midnight = datetime.combine(listing, time(0), EASTERN)
        modified = format_datetime(midnight.astimezone(at.tzinfo), usegmt=True)
        return _validated(Reply(200, write(categories, listing, notices), _XML), modified)

    def _before(self, listing: str) -> str:
        """The newest batch listed before a date."""
        midnight = datetime.combine(date.fromisoformat(listing), time(0), EASTERN)
        newest = self.world.calendar.newest(midnight)
        while newest.name >= listing:
            newest = self.world.calendar.newest(newest.announced_at - timedelta(seconds=1))
        return newest.name

    def _query(self, parameters: Mapping[str, str], at: datetime, fault: FaultKind | None) -> Reply:
        seen_at = at - _LAG if fault == "lagging api" else at
        newest = self.world.calendar.newest(seen_at)
        public = self.world.public(newest.name, _utc_date(seen_at))
        try:
            if fault == "error entry":
                raise query.QueryError("internal error")
            page = query.answer(parameters, public)
        except query.QueryError as exc:
            status = 200 if fault else 400
            return Reply(status, query.error(str(exc), parameters, at), _ATOM)
        if fault == "empty page":
            page = replace(page, found=())
        return Reply(200, query.to_xml(page, parameters, at), _ATOM)

    def _oai(self, parameters: Mapping[str, str], at: datetime) -> Reply:
        public = self.world.public(self._in_oai(at).name, _utc_date(at))
        try:
            body = oai.list_records(parameters, public, at, self._per_page)
        except oai.ProtocolError as exc:
            body = oai.error(exc, at)
        return Reply(200, body, _XML)

    def _in_oai(self, at: datetime) -> Batch:
        newest = self.world.calendar.newest(at)
        if newest.in_oai_at > at:
            return self.world.calendar.newest(newest.announced_at - timedelta(seconds=1))
        return newest

    def _pdf(self, name: str, at: datetime) -> Reply:
        missing = Reply(404, b"<html><body>PDF unavailable</body></html>\n", "text/html")
        try:
            wanted = ArxivId.parse(name)
        except ValueError:
            return missing
        preprint = self.world.find(wanted.base)
        newest = self.world.calendar.newest(at).name
        shown = show(preprint, newest, _utc_date(at)) if preprint else None
        if preprint is None or shown is None:
            return missing
        number = wanted.version or shown.newest.number
        version = next((each for each in shown.versions if each.number == number), None)
        if version is None:
            return missing
        if version.withdrawn:
            return Reply(200, _WITHDRAWN, "text/html; charset=utf-8")
        modified = format_datetime(version.submitted_at, usegmt=True)
        return _validated(Reply(200, self._text(preprint, number), "application/pdf"), modified)

    def _text(self, preprint: Preprint, version: int) -> bytes:
        """The PDF of a version."""
        if not self._pdfs:
            return pdf(preprint, version)
        return self._pdfs[self.world.preprints.index(preprint) % len(self._pdfs)]


def _endpoint(path: str) -> Endpoint | None:
    return next((endpoint for start, endpoint in _PLACES if path.startswith(start)), None)


def _utc_date(at: datetime) -> str:
    return at.date().isoformat()


def _validated(reply: Reply, modified: str) -> Reply:
    etag = f'"{hashlib.sha256(reply.body).hexdigest()[:20]}"'
    return replace(reply, headers=(("ETag", etag), ("Last-Modified", modified)))
