"""The announcement feed: rss.arxiv.org's RSS 2.0 and Atom, after recorded days.

The form is that of https://rss.arxiv.org/rss/stat of 26 March 2024. On a day without a listing the
feed is empty. Versions from 6 on are left out, and no more than 2,000 items are given
(https://info.arxiv.org/help/rss.html).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from digest.calendar import EASTERN
from digest.evaluate.arxiv.world import Notice

_MOST_ITEMS = 2000
_LAST_VERSION = 5
_RSS_SPACES = (
    'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" version="2.0"'
)
_ATOM_SPACES = (
    'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns="http://www.w3.org/2005/Atom" xml:lang="en-us"'
)


def rss(categories: Collection[str], listing: date, notices: Sequence[Notice]) -> bytes:
    """The RSS answer for a listing date."""
    name = "+".join(categories)
    items = "".join(_item(notice) for notice in _given(notices))
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<rss {_RSS_SPACES}>
  <channel>
    <title>{", ".join(categories)} updates on arXiv.org</title>
    <link>http://rss.arxiv.org/rss/{name}</link>
    <description>{name} updates on the arXiv.org e-print archive.</description>
    <atom:link href="http://rss.arxiv.org/rss/{name}" rel="self" type="application/rss+xml"/>
    <docs>http://www.rssboard.org/rss-specification</docs>
    <language>en-us</language>
    <lastBuildDate>{format_datetime(_midnight(listing))}</lastBuildDate>
    <managingEditor>rss-help@arxiv.org</managingEditor>
    <pubDate>{format_datetime(_midnight(listing))}</pubDate>
    <skipDays>
      <day>Saturday</day>
      <day>Sunday</day>
    </skipDays>
{items}  </channel>
</rss>
""".encode()


def atom(categories: Collection[str], listing: date, notices: Sequence[Notice]) -> bytes:
    """The Atom answer for a listing date."""
    name = "+".join(categories)
    updated = _midnight(listing).isoformat()
    entries = "".join(_entry(notice, updated) for notice in _given(notices))
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<feed {_ATOM_SPACES}>
  <id>http://rss.arxiv.org/atom/{name}</id>
  <title>{", ".join(categories)} updates on arXiv.org</title>
  <updated>{updated}</updated>
  <link href="http://rss.arxiv.org/atom/{name}" rel="self" type="application/atom+xml"/>
  <subtitle>{name} updates on the arXiv.org e-print archive.</subtitle>
{entries}</feed>
""".encode()


def error(query: str, message: str) -> bytes:
    """What the feed answers to a request that it cannot serve: a feed as well."""
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<rss {_RSS_SPACES}>
  <channel>
    <title>Feed error for query: {escape(query)}</title>
    <link>http://rss.arxiv.org/</link>
    <description>{escape(message)}</description>
  </channel>
</rss>
""".encode()


def _given(notices: Sequence[Notice]) -> list[Notice]:
    given = [notice for notice in notices if notice.shown.newest.number <= _LAST_VERSION]
    return given[:_MOST_ITEMS]


def _midnight(listing: date) -> datetime:
    return datetime.combine(listing, time(0), EASTERN)


def _described(notice: Notice) -> str:
    preprint, version = notice.shown.preprint, notice.shown.newest.number
    return escape(
        f"arXiv:{preprint.base}v{version} Announce Type: {notice.type} \n"
        f"Abstract: {preprint.abstract}"
    )


def _extras(notice: Notice, indent: str) -> str:
    preprint = notice.shown.preprint
    lines = [f"<arxiv:announce_type>{notice.type}</arxiv:announce_type>"]
    lines.append(f"<dc:rights>{preprint.licence}</dc:rights>")
    if preprint.doi:
        lines.append(f"<arxiv:DOI>{escape(preprint.doi)}</arxiv:DOI>")
    if preprint.journal_ref:
        reference = escape(preprint.journal_ref)
        lines.append(f"<arxiv:journal_reference>{reference}</arxiv:journal_reference>")
    lines.append(f"<dc:creator>{escape(', '.join(preprint.authors))}</dc:creator>")
    return "".join(f"{indent}{line}\n" for line in lines)


def _item(notice: Notice) -> str:
    preprint, version = notice.shown.preprint, notice.shown.newest.number
    categories = "".join(
        f"      <category>{category}</category>\n" for category in notice.shown.categories
    )
    return f"""    <item>
      <title>{escape(preprint.title)}</title>
      <link>https://arxiv.org/abs/{preprint.base}</link>
      <description>{_described(notice)}</description>
      <guid isPermaLink="false">oai:arXiv.org:{preprint.base}v{version}</guid>
{categories}{_extras(notice, "      ")}    </item>
"""


def _entry(notice: Notice, updated: str) -> str:
    preprint, version = notice.shown.preprint, notice.shown.newest.number
    link = quoteattr(f"https://arxiv.org/abs/{preprint.base}")
    categories = "".join(
        f'    <category term="{category}"/>\n' for category in notice.shown.categories
    )
    return f"""  <entry>
    <id>oai:arXiv.org:{preprint.base}v{version}</id>
    <title>{escape(preprint.title)}</title>
    <updated>{updated}</updated>
    <link href={link} rel="alternate" type="text/html"/>
    <summary>{_described(notice)}</summary>
{categories}    <published>{updated}</published>
{_extras(notice, "    ")}  </entry>
"""
