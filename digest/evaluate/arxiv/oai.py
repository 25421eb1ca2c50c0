"""OAI-PMH: ListRecords with sets, dates and resumption tokens, in the format ``arXiv``.

After recorded answers and https://info.arxiv.org/help/oa/index.html. A record's datestamp is the
date of its last modification, so a paper moves forward in the list whenever it is touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from xml.sax.saxutils import escape

from digest.evaluate.arxiv.world import Shown

_SPACES = (
    'xmlns="http://www.openarchives.org/OAI/2.0/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/ '
    'http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd"'
)
_RECORD_SPACES = (
    'xmlns="http://arxiv.org/OAI/arXiv/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://arxiv.org/OAI/arXiv/ http://arxiv.org/OAI/arXiv.xsd"'
)


class ProtocolError(ValueError):
    """A request that OAI-PMH answers with an error element. ``code``: as the protocol names it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Slice:
    """What a request asks for, from its own arguments or from its resumption token."""

    since: str
    until: str
    wanted_set: str
    skip: int = 0

    def token(self, skip: int, today: str) -> str:
        """The resumption token for the next part; good for ``today`` only."""
        return "|".join((self.since, self.until, self.wanted_set, str(skip), today))


def list_records(
    parameters: Mapping[str, str], public: Sequence[Shown], at: datetime, per_page: int
) -> bytes:
    """The answer to a ListRecords request, as XML.

    Raises:
        ProtocolError: A bad argument or token, or nothing matches.
    """
    asked = _slice(parameters, at)
    matches = sorted(
        (shown for shown in public if _matches(shown, asked)),
        key=lambda shown: (shown.modified, shown.preprint.base),
    )
    if not matches:
        raise ProtocolError("noRecordsMatch", "No records match the request")
    part = matches[asked.skip : asked.skip + per_page]
    after = asked.skip + len(part)
    token = asked.token(after, at.date().isoformat()) if after < len(matches) else ""
    resumption = (
        f'<resumptionToken cursor="{asked.skip}" completeListSize="{len(matches)}">'
        f"{escape(token)}</resumptionToken>\n"
        if token or asked.skip
        else ""
    )
    records = "".join(_record(shown) for shown in part)
    return _answer(f"<ListRecords>\n{records}{resumption}</ListRecords>", at)


def error(problem: ProtocolError, at: datetime) -> bytes:
    """An error as OAI-PMH writes it."""
    return _answer(f'<error code="{problem.code}">{escape(str(problem))}</error>', at)


def _slice(parameters: Mapping[str, str], at: datetime) -> Slice:
    if parameters.get("verb") != "ListRecords":
        raise ProtocolError("badVerb", f"unknown verb {parameters.get('verb')!r}")
    if "resumptionToken" in parameters:
        return _resumed(parameters, at)
    if parameters.get("metadataPrefix") != "arXiv":
        raise ProtocolError("cannotDisseminateFormat", "only the format arXiv is given")
    since, until = parameters.get("from", "2005-09-16"), parameters.get("until", "9999-12-31")
    try:
        if date.fromisoformat(since) > date.fromisoformat(until):
            raise ProtocolError("badArgument", f"from {since} is after until {until}")
    except ValueError as exc:
        if isinstance(exc, ProtocolError):
            raise
        raise ProtocolError("badArgument", f"dates are YYYY-MM-DD, not {since}, {until}") from exc
    return Slice(since, until, parameters.get("set", ""))


def _resumed(parameters: Mapping[str, str], at: datetime) -> Slice:
    if set(parameters) != {"verb", "resumptionToken"}:
        raise ProtocolError("badArgument", "a resumption token stands alone")
    words = parameters["resumptionToken"].split("|")
    if len(words) != 5 or not words[3].isdigit() or words[4] != at.date().isoformat():
        raise ProtocolError("badResumptionToken", "unknown or expired")
    return Slice(words[0], words[1], words[2], int(words[3]))


def _matches(shown: Shown, asked: Slice) -> bool:
    in_set = any(
        f"{each}:".startswith(f"{asked.wanted_set}:") for each in map(_set, shown.categories)
    )
    return asked.since <= shown.modified <= asked.until and (in_set or not asked.wanted_set)


def _set(category: str) -> str:
    """``cs.SD`` -> ``cs:cs:SD``."""
    archive, _, subject = category.partition(".")
    return f"{archive}:{archive}:{subject}" if subject else f"physics:{archive}"


def _answer(content: str, at: datetime) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH {_SPACES}>
<responseDate>{at.strftime("%Y-%m-%dT%H:%M:%SZ")}</responseDate>
<request verb="ListRecords">http://oaipmh.arxiv.org/oai</request>
{content}
</OAI-PMH>
""".encode()


def _record(shown: Shown) -> str:
    preprint = shown.preprint
    sets = "".join(f" <setSpec>{each}</setSpec>\n" for each in map(_set, shown.categories))
    fields = [
        f"<id>{preprint.base}</id>",
        f"<created>{preprint.submitted_at.date()}</created>",
        *([f"<updated>{shown.newest.submitted_at.date()}</updated>"] if shown.versions[1:] else []),
        f"<authors>{''.join(_author(author) for author in preprint.authors)}</authors>",
        f"<title>{escape(preprint.title)}</title>",
        f"<categories>{' '.join(shown.categories)}</categories>",
        *_optional("comments", _comments(shown)),
        *_optional("journal-ref", preprint.journal_ref),
        *_optional("doi", preprint.doi),
        f"<license>{preprint.licence}</license>",
        f"<abstract>  {escape(preprint.abstract)}\n</abstract>",
    ]
    return f"""<record>
<header>
 <identifier>oai:arXiv.org:{preprint.base}</identifier>
 <datestamp>{shown.modified}</datestamp>
{sets}</header>
<metadata>
 <arXiv {_RECORD_SPACES}>
 {"".join(fields)}</arXiv>
</metadata>
</record>
"""


def _author(name: str) -> str:
    forenames, _, keyname = name.rpartition(" ")
    return (
        f"<author><keyname>{escape(keyname)}</keyname>"
        f"<forenames>{escape(forenames)}</forenames></author>"
    )


def _comments(shown: Shown) -> str | None:
    if shown.newest.withdrawn:
        return "This paper has been withdrawn by the authors"
    return shown.preprint.comments


def _optional(element: str, text: str | None) -> list[str]:
    return [f"<{element}>{escape(text)}</{element}>"] if text else []
