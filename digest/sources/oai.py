"""arXiv's OAI-PMH: every record of a category changed since a day. The way to catch up.

Manual: https://info.arxiv.org/help/oa/index.html; only the format ``arXiv`` is read. A record's
datestamp is its last change of any kind, so old papers with a new journal reference come too.
Authors come in Unicode; affiliations are left out.

Times are days. ``submitted_at`` is the midnight (UTC) at which the day of the first version began:
the paper was submitted within the 24 hours after it, on one side or the other of the closing of
a batch. Whether it is late by one batch cannot be told from such a day. ``updated_at`` is None
for a paper without a second version. There is no version number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from xml.etree import ElementTree

from digest.errors import FetchError
from digest.records import ArxivId, Paper
from digest.sources.endpoints import oai_set
from digest.sources.http import Answer, Client
from digest.sources.text import joined, known

FORMAT = "arXiv"


@dataclass(frozen=True, slots=True)
class OaiPage:
    """One answer. ``token``: asks for the next page; None on the last.

    ``deleted``: ids of records that were taken back, which have nothing but an id.
    ``complete``: how many records the whole list has, where the answer says so.
    ``changed_on``: for each paper the day of its last change, YYYY-MM-DD.
    """

    papers: tuple[Paper, ...]
    token: str | None = None
    deleted: tuple[ArxivId, ...] = ()
    complete: int | None = None
    changed_on: tuple[str, ...] = ()


class TokenExpired(FetchError):
    """The list was remade since its last page (tokens last a day): it must be asked for anew."""


def parse_oai(body: bytes) -> OaiPage:
    """Read an answer to ListRecords or GetRecord. No matching record is an empty page.

    Raises:
        TokenExpired: badResumptionToken.
        FetchError: No OAI-PMH, damaged or hostile XML, another error, another format.
    """
    root = _root(body)
    for error in _named(root, "error"):
        code, reason = error.get("code", ""), joined(error.text or "")
        if code == "noRecordsMatch":
            return OaiPage(())
        kind = TokenExpired if code == "badResumptionToken" else FetchError
        raise kind(f"OAI-PMH says {code}: {reason}", retryable=False)
    lists = [child for child in root if _tag(child) in ("ListRecords", "GetRecord")]
    if not lists:
        raise FetchError("OAI-PMH answered without records and without an error")
    records = list(_named(lists[0], "record"))
    token = next(_named(lists[0], "resumptionToken"), None)
    size = (token.get("completeListSize") or "") if token is not None else ""
    return OaiPage(
        papers=tuple(_paper(r) for r in records if not _deleted(r)),
        token=known(token.text) if token is not None else None,
        deleted=tuple(_identifier(_header(r)) for r in records if _deleted(r)),
        complete=int(size) if size.isdecimal() else None,
        changed_on=tuple(_changed_on(r) for r in records if not _deleted(r)),
    )


def check_oai(answer: Answer) -> None:
    """Refuse what is no whole answer.

    Raises:
        FetchError: As ``parse_oai`` does.
    """
    parse_oai(answer.body)


class Oai:
    """OAI-PMH at one address. ``changed_on``: id -> the day of its last change, of all so far."""

    def __init__(self, client: Client, url: str) -> None:
        self._client = client
        self._url = url
        self.changed_on: dict[str, str] = {}

    def changed(self, category: str, since: date) -> Iterator[tuple[Paper, ...]]:
        """Records of a category, cross-lists too, changed on ``since`` or later, page by page.

        Where a token expires on the way, the list is asked for once more: papers come again.

        Raises:
            FetchError: A page could not be had.
        """
        for last_try in (False, True):
            try:
                yield from self._pages(category, since)
            except TokenExpired:
                if last_try:
                    raise
            else:
                return

    def _pages(self, category: str, since: date) -> Iterator[tuple[Paper, ...]]:
        asked = {
            "metadataPrefix": FORMAT,
            "set": oai_set(category),
            "from": since.isoformat(),
        }
        used: set[str] = set()
        while True:
            # Never from the day's cache: the same question has more answers after 22:30 Eastern.
            question = {"verb": "ListRecords", **asked}
            answer = self._client.get(self._url, question, check_oai, poll=True)
            page = parse_oai(answer.body)
            self.changed_on |= {
                paper.id: day for paper, day in zip(page.papers, page.changed_on, strict=True)
            }
            yield page.papers
            if page.token is None:
                return
            if page.token in used:
                raise FetchError(f"OAI-PMH repeats its resumption token for {category}")
            used.add(page.token)
            asked = {"resumptionToken": page.token}


def _root(body: bytes) -> ElementTree.Element:
    """The document, if it is OAI-PMH. A DOCTYPE could hold entities that swell to gigabytes."""
    try:
        text = body.decode("utf-8-sig")
        if re.search(r"<!(DOCTYPE(?!\s+html)|ENTITY)", text, re.IGNORECASE):
            raise FetchError("OAI-PMH answered with a DOCTYPE: not read", retryable=False)
        # As text, so that no encoding declaration makes it read as anything else.
        root = ElementTree.fromstring(text)
    except (UnicodeDecodeError, ElementTree.ParseError) as exc:
        start = body[:60].decode("utf-8", "replace").strip()
        raise FetchError(f"OAI-PMH's answer is no whole XML ({exc}): {start!r}") from exc
    if _tag(root) != "OAI-PMH":
        raise FetchError(f"OAI-PMH answered with a <{_tag(root)}> document")
    return root


def _paper(record: ElementTree.Element) -> Paper:
    metadata = next(_named(record, "metadata"), None)
    fields = metadata[0] if metadata is not None and len(metadata) else None
    if fields is None or _tag(fields) != FORMAT:
        found = "nothing" if fields is None else f"the format {_tag(fields)}"
        raise FetchError(f"OAI-PMH sent {found}, asked for {FORMAT}", retryable=False)
    return Paper(
        id=_identifier(_header(record)),
        title=_text(fields, "title") or "",
        authors=_authors(fields),
        abstract=_text(fields, "abstract") or "",
        categories=tuple((_text(fields, "categories") or "").split()),
        submitted_at=_midnight(_text(fields, "created")),
        updated_at=_midnight(_text(fields, "updated")),
        licence=_text(fields, "license"),
        comments=_text(fields, "comments"),
        journal_ref=_text(fields, "journal-ref"),
        doi=_text(fields, "doi"),
    )


def _changed_on(record: ElementTree.Element) -> str:
    """The day of a header's datestamp, which may hold a time as well."""
    return (_text(_header(record), "datestamp") or "")[:10]


def _deleted(record: ElementTree.Element) -> bool:
    return _header(record).get("status") == "deleted"


def _identifier(header: ElementTree.Element) -> ArxivId:
    name = _text(header, "identifier") or ""
    try:
        return ArxivId.parse(name.removeprefix("oai:arXiv.org:"))
    except ValueError as exc:
        raise FetchError(f"OAI-PMH has a record without an id: {name!r}") from exc


def _header(record: ElementTree.Element) -> ElementTree.Element:
    header = next(_named(record, "header"), None)
    if header is None:
        raise FetchError("OAI-PMH has a record without a header")
    return header


def _authors(fields: ElementTree.Element) -> tuple[str, ...]:
    """``Forenames Keyname Suffix``. A name without a letter is a divider (``:``) and left out."""
    parts = ("forenames", "keyname", "suffix")
    listed = (author for authors in _named(fields, "authors") for author in authors)
    names = (" ".join(filter(None, (_text(a, part) for part in parts))) for a in listed)
    return tuple(name for name in names if any(letter.isalpha() for letter in name))


def _midnight(day: str | None) -> datetime | None:
    if day is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(day), time(), UTC)
    except ValueError as exc:
        raise FetchError(f"OAI-PMH has a date that is none: {day!r}") from exc


def _text(element: ElementTree.Element, name: str) -> str | None:
    child = next(_named(element, name), None)
    return known(child.text) if child is not None else None


def _named(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    """Children called ``name`` in whatever namespace: arXiv's has varied."""
    return (child for child in element if _tag(child) == name)


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
