"""arXiv's query API: papers by time of submission, and by id. Atom, in pages.

Manual: https://info.arxiv.org/help/api/user-manual.html. What it does not say, and is seen:

- A page may come empty, or short, with status 200: asked again, it is whole.
- An error is an entry whose id contains ``api/errors``. One id of a wrong form spoils its request.
- ``max_results`` is 10 unless given, for a list of ids too. Unknown ids are left out silently.
- ``submittedDate`` is when version 1 was submitted, in GMT, both ends included.

Known here, beyond the others: full times of submission and update. Not known: licence and announce
type. Affiliations are left out (feedparser keeps only the last author's).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from digest.errors import FetchError
from digest.records import ArxivId, Paper
from digest.sources.feeds import parse_xml, utc
from digest.sources.http import Answer, Check, Client
from digest.sources.text import joined, known

# arXiv allows 2,000; pages of 500 are about a megabyte: rarely cut off, and one for most weeks.
PAGE_PAPERS = 500
# Keeps the address under 4,000 characters, which proxies let through.
IDS_A_REQUEST = 200
_CATEGORY = re.compile(
    r"[a-z]+(-[a-z]+)?(\.[A-Za-z-]+)?"
)  # not the MSC and ACM classes beside them

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ApiPage:
    """One answer. ``total``: papers that the query has; ``start``: how many came before these."""

    total: int
    start: int
    papers: tuple[Paper, ...]


def parse_api(body: bytes) -> ApiPage:
    """Read one answer.

    Raises:
        FetchError: No feed, a damaged one, or an error entry (which is not retryable).
    """
    feed = parse_xml(body, "the query API's answer")
    for entry in feed.entries:
        if "api/errors" in entry.get("id", ""):
            reason = joined(entry.get("summary", "")) or "no reason given"
            raise FetchError(f"the query API says: {reason}", retryable=False)
    try:
        total = int(feed.feed["opensearch_totalresults"])
        start = int(feed.feed["opensearch_startindex"])
    except (KeyError, ValueError) as exc:
        raise FetchError("the query API's answer does not say how many papers there are") from exc
    return ApiPage(total, start, tuple(_paper(entry) for entry in feed.entries))


def whole_page(start: int, size: int) -> Check:
    """A check that a page holds every paper that its total promises."""

    def check(answer: Answer) -> None:
        page = parse_api(answer.body)
        promised = max(0, min(size, page.total - start))
        if page.start != start:
            raise FetchError(f"the query API answered from {page.start}, asked from {start}")
        if len(page.papers) < promised:
            raise FetchError(f"the query API sent {len(page.papers)} of {promised} papers")

    return check


class QueryApi:
    """The query API at one address. The sizes of requests are arguments for tests alone."""

    def __init__(
        self,
        client: Client,
        url: str,
        page_papers: int = PAGE_PAPERS,
        ids_a_request: int = IDS_A_REQUEST,
    ) -> None:
        self._client = client
        self._url = url
        self._page_papers = page_papers
        self._ids_a_request = ids_a_request

    def submitted(
        self, categories: Sequence[str], start: datetime, end: datetime, poll: bool = False
    ) -> Iterator[tuple[Paper, ...]]:
        """Papers of any of the categories submitted in ``[start, end]``, a page at a time.

        They come in the order of submission, so that most of what is announced meanwhile joins
        the end. A held paper joins in the middle, a withdrawn one leaves: then the total changes,
        and the list is read once more, so that papers come twice. Whoever takes pages as they
        come keeps them when a later one fails. ``poll``: not from today's cache.

        Raises:
            FetchError: A page could not be had, or the list would not hold still.
        """
        which = " OR ".join(f"cat:{category}" for category in categories)
        span = f"submittedDate:[{start:%Y%m%d%H%M} TO {end:%Y%m%d%H%M}]"
        query = {
            "search_query": f"({which}) AND {span}",
            "sortBy": "submittedDate",
            "sortOrder": "ascending",
        }
        for is_again in (False, True):
            found: set[str] = set()
            totals: set[int] = set()
            for page in self._pages(query, poll or is_again):
                yield page.papers
                found |= {ArxivId(paper.id).base for paper in page.papers}
                totals.add(page.total)
            if totals == {len(found)}:
                return
        raise FetchError(f"the query API showed {len(found)} of {max(totals)} papers", "run again")

    def _pages(self, query: dict[str, str], poll: bool) -> Iterator[ApiPage]:
        position, total = 0, 1
        while position < total:
            page = self._page(query, position, self._page_papers, poll)
            yield page
            position, total = position + self._page_papers, page.total

    def by_id(self, ids: Sequence[ArxivId]) -> Iterator[tuple[Paper, ...]]:
        """The newest version of each id, or the version it names; unknown ones are left out.

        Raises:
            FetchError: A request failed.
        """
        for first in range(0, len(ids), self._ids_a_request):
            yield from self._named(ids[first : first + self._ids_a_request])

    def _named(self, ids: Sequence[ArxivId]) -> Iterator[tuple[Paper, ...]]:
        """One request; ids that arXiv refuses are left out and the others asked for again."""
        asked = list(ids)
        while asked:
            try:
                yield self._page({"id_list": ",".join(asked)}, 0, len(asked)).papers
                return
            except FetchError as exc:
                refused = [each for each in asked if each in exc.message.split()]
                if "incorrect id" not in exc.message or not refused:
                    raise
                log.warning("%s is no identifier to arXiv: left out", ", ".join(refused))
                asked = [each for each in asked if each not in refused]

    def _page(self, query: dict[str, str], start: int, size: int, poll: bool = False) -> ApiPage:
        params = {**query, "start": str(start), "max_results": str(size)}
        check = whole_page(start, size)
        return parse_api(self._client.get(self._url, params, check, poll=poll).body)


def _paper(entry: Any) -> Paper:
    return Paper(
        id=_identifier(entry),
        title=joined(entry.get("title", "")),
        authors=tuple(joined(a.name) for a in entry.get("authors", []) if a.get("name")),
        abstract=joined(entry.get("summary", "")),
        categories=_categories(entry),
        submitted_at=utc(entry.published_parsed) if entry.get("published_parsed") else None,
        updated_at=utc(entry.updated_parsed) if entry.get("updated_parsed") else None,
        pdf_url=_pdf(entry),
        comments=known(entry.get("arxiv_comment")),
        journal_ref=known(entry.get("arxiv_journal_ref")),
        doi=known(entry.get("arxiv_doi")),
    )


def _identifier(entry: Any) -> ArxivId:
    try:
        return ArxivId.parse(entry.get("id", ""))
    except ValueError as exc:
        raise FetchError(f"the query API has an entry without an id: {exc}") from exc


def _categories(entry: Any) -> tuple[str, ...]:
    primary = entry.get("arxiv_primary_category", {}).get("term", "")
    terms = [primary, *(tag.term for tag in entry.get("tags", []))]
    return tuple(dict.fromkeys(term for term in terms if _CATEGORY.fullmatch(term)))


def _pdf(entry: Any) -> str | None:
    links = entry.get("links", [])
    return next((link.href for link in links if link.get("title") == "pdf"), None)
