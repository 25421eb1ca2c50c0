"""The query API: search expressions, identifier lists, pages, and Atom answers.

After recorded answers of https://export.arxiv.org/api/query and
https://info.arxiv.org/help/api/user-manual.html. Of the search language only ``cat:`` and
``submittedDate:[A TO B]`` with AND, OR, ANDNOT and parentheses is understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from digest.evaluate.arxiv.world import Shown, Version
from digest.records import ArxivId

MOST_RESULTS = 2000
_DEFAULT_RESULTS = 10
_SPACES = (
    'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" '
    'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom"'
)
_TOKEN = re.compile(
    r"\s*(?P<token>\(|\)|ANDNOT\b|AND\b|OR\b"
    r"|(?:submittedDate|lastUpdatedDate):\[\s*\d{12,14}\s+TO\s+\d{12,14}\s*\]"
    r"|cat:[\w.*-]+)"
)
Holds = Callable[[Shown], bool]


class QueryError(ValueError):
    """A request that the API answers with an error entry."""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: ``total`` matches, of which ``found`` from ``start`` on are given."""

    found: tuple[tuple[Shown, Version], ...]
    total: int
    start: int
    per_page: int


def answer(parameters: Mapping[str, str], public: Sequence[Shown]) -> Page:
    """The page that a request asks for.

    Raises:
        QueryError: A malformed search, identifier or number.
    """
    start = _number(parameters, "start", 0)
    most = _number(parameters, "max_results", _DEFAULT_RESULTS)
    if most > MOST_RESULTS:
        raise QueryError(f"max_results must not exceed {MOST_RESULTS}")
    matches = list(_matches(parameters, public))
    key = parameters.get("sortBy", "relevance")
    if key != "relevance":
        matches.sort(
            key=lambda match: _date_of(match, key),
            reverse=parameters.get("sortOrder", "descending") == "descending",
        )
    return Page(tuple(matches[start : start + most]), len(matches), start, most)


def _matches(
    parameters: Mapping[str, str], public: Sequence[Shown]
) -> Iterator[tuple[Shown, Version]]:
    search, ids = parameters.get("search_query", ""), parameters.get("id_list", "")
    holds = parse(search) if search else None
    if not ids:
        if holds is None:
            raise QueryError("either search_query or id_list is needed")
        yield from ((shown, shown.newest) for shown in public if holds(shown))
        return
    by_base = {shown.preprint.base: shown for shown in public}
    for wanted in (_identifier(text) for text in ids.split(",") if text):
        shown = by_base.get(wanted.base)
        if shown is not None and (holds is None or holds(shown)):
            number = wanted.version or shown.newest.number
            yield from ((shown, v) for v in shown.versions if v.number == number)


def _identifier(text: str) -> ArxivId:
    try:
        return ArxivId.parse(text)
    except ValueError as exc:
        raise QueryError(f"incorrect id format for {text}") from exc


def _date_of(match: tuple[Shown, Version], key: str) -> datetime:
    shown, version = match
    if key == "submittedDate":
        return shown.preprint.submitted_at
    if key == "lastUpdatedDate":
        return version.submitted_at
    raise QueryError(f"sortBy must be one of: relevance, lastUpdatedDate, submittedDate, not {key}")


def _number(parameters: Mapping[str, str], name: str, default: int) -> int:
    text = parameters.get(name, str(default))
    if not text.isdigit():
        raise QueryError(f"{name} must be an integer")
    return int(text)


# ---------------------------------------------------------------- the search language


def parse(search: str) -> Holds:
    """A search expression as a predicate.

    Raises:
        QueryError: It is not of the part of the language that is understood.
    """
    tokens, end = [], 0
    while end < len(search.rstrip()):
        match = _TOKEN.match(search, end)
        if match is None:
            raise QueryError(f"cannot read the search from {search[end:]!r}")
        tokens.append(match["token"])
        end = match.end()
    holds = _terms(tokens)
    if tokens:
        raise QueryError(f"nothing expected at {tokens[0]!r}")
    return holds


def _terms(tokens: list[str]) -> Holds:
    """Terms joined by operators, all of one strength, from the left. Takes them off ``tokens``."""
    holds = _term(tokens)
    while tokens and tokens[0] in ("AND", "OR", "ANDNOT"):
        holds = _joined(tokens.pop(0), holds, _term(tokens))
    return holds


def _joined(operator: str, left: Holds, right: Holds) -> Holds:
    if operator == "OR":
        return lambda shown: left(shown) or right(shown)
    if operator == "AND":
        return lambda shown: left(shown) and right(shown)
    return lambda shown: left(shown) and not right(shown)


def _term(tokens: list[str]) -> Holds:
    if not tokens:
        raise QueryError("the search ends too early")
    token = tokens.pop(0)
    if token == "(":
        holds = _terms(tokens)
        if not tokens or tokens.pop(0) != ")":
            raise QueryError("a parenthesis is not closed")
        return holds
    field, _, value = token.partition(":")
    if field == "cat":
        return lambda shown: any(_is_in(category, value) for category in shown.categories)
    if field in ("submittedDate", "lastUpdatedDate"):  # the second is silently the first
        first, last = (_instant(text) for text in value.strip("[] ").split(" TO "))
        return lambda shown: first <= shown.preprint.submitted_at <= last
    raise QueryError(f"a term is missing before {token!r}")


def _is_in(category: str, wanted: str) -> bool:
    return category.startswith(wanted[:-1]) if wanted.endswith("*") else category == wanted


def _instant(digits: str) -> datetime:
    text = digits.strip().ljust(14, "0")
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)


# ---------------------------------------------------------------- the answer


def to_xml(page: Page, parameters: Mapping[str, str], at: datetime) -> bytes:
    """A page as the API writes it."""
    entries = "".join(_entry(shown, version) for shown, version in page.found)
    return _feed(page, parameters, at, entries)


def error(message: str, parameters: Mapping[str, str], at: datetime) -> bytes:
    """The one-entry feed that stands for an error."""
    name = quoteattr(f"https://arxiv.org/api/errors#{message.replace(' ', '_')}")
    entry = f"""  <entry>
    <id>{name[1:-1]}</id>
    <title>Error</title>
    <summary>{escape(message)}</summary>
    <updated>{_stamp(at)}</updated>
    <link href={name} rel="alternate" type="text/html"/>
    <author>
      <name>arXiv api core</name>
    </author>
  </entry>
"""
    return _feed(Page((), 1, 0, 1), parameters, at, entry)


def _feed(page: Page, parameters: Mapping[str, str], at: datetime, entries: str) -> bytes:
    asked = "&".join(
        f"{name}={parameters.get(name, default)}"
        for name, default in (
            ("search_query", ""),
            ("id_list", ""),
            ("start", "0"),
            ("max_results", "10"),
        )
    )
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<feed {_SPACES}>
  <id>https://arxiv.org/api/simulated</id>
  <title>arXiv Query: {escape(asked)}</title>
  <updated>{_stamp(at)}</updated>
  <link href={quoteattr("https://arxiv.org/api/query?" + asked)} type="application/atom+xml"/>
  <opensearch:itemsPerPage>{page.per_page}</opensearch:itemsPerPage>
  <opensearch:totalResults>{page.total}</opensearch:totalResults>
  <opensearch:startIndex>{page.start}</opensearch:startIndex>
{entries}</feed>
""".encode()


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _entry(shown: Shown, version: Version) -> str:
    preprint = shown.preprint
    name = f"{preprint.base}v{version.number}"
    lines = [
        f"<id>http://arxiv.org/abs/{name}</id>",
        f"<title>{escape(preprint.title)}</title>",
        f"<updated>{_stamp(version.submitted_at)}</updated>",
        f'<link href="https://arxiv.org/abs/{name}" rel="alternate" type="text/html"/>',
        f'<link href="https://arxiv.org/pdf/{name}" rel="related" type="application/pdf"'
        ' title="pdf"/>',
        f"<summary>{escape(preprint.abstract)}</summary>",
        *(
            f'<category term="{category}" scheme="http://arxiv.org/schemas/atom"/>'
            for category in shown.categories
        ),
        f"<published>{_stamp(preprint.submitted_at)}</published>",
        *_said(preprint.comments, "comment", version.withdrawn),
        f'<arxiv:primary_category term="{preprint.primary}"/>',
        *_said(preprint.journal_ref, "journal_ref"),
        *(f"<author><name>{escape(author)}</name></author>" for author in preprint.authors),
        *_said(preprint.doi, "doi"),
    ]
    return "  <entry>\n" + "".join(f"    {line}\n" for line in lines) + "  </entry>\n"


def _said(text: str | None, element: str, withdrawn: bool = False) -> list[str]:
    text = "This paper has been withdrawn by the authors" if withdrawn else text
    return [f"<arxiv:{element}>{escape(text)}</arxiv:{element}>"] if text else []
