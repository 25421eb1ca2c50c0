"""One day's papers as one Markdown post, in one of the forms under ``templates/``.

Pure: the same papers give the same bytes. What was read, and how sure the reading is, stands in
the head of the post and at each claim.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date as Date
from datetime import datetime, time
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from digest.records import ArxivId, Claim
from digest.render import markdown, template
from digest.render.blocks import PART_TITLES, cited, marks, pages
from digest.render.entry import Entry, Mark, coverage, paper_file
from digest.render.head import Heading, mark, span
from digest.render.notes import notes
from digest.render.template import FORMS, Style
from digest.words.script import to_traditional

__all__ = ["FORMS", "Entry", "Heading", "Mark", "Style", "coverage", "paper_file", "post"]


def post(heading: Heading, entries: Sequence[Entry], style: Style | None = None) -> str:
    """The post's text; in traditional characters where an abstract was asked for in them.

    Raises:
        ConfigError: A template of the lab's is wrong.
    """
    style = style or Style()
    tag = markdown.DIALECTS[style.form].tag
    values = {
        "title": heading.title,
        "date": heading.date,
        "name": heading.date,
        "dated": dated(heading),
        "source": "、".join(heading.sources),
        "tags": ["arxiv", *map(tag, _tags(heading, entries))],
        "totals": coverage(entries),
        "span": None if heading.coverage is None else span(heading.coverage, len(entries)),
        "papers": [_view(entry, heading) for entry in entries],
        "part_titles": PART_TITLES,
        "beside": "../" if style.form == "hugo" else "",  # there a post is a folder of the site
    }
    text = template.render(style.form, style, values)
    targets = {entry.translation.target for entry in entries if entry.translation is not None}
    return _in_traditional(text) if "zh-Hant" in targets else _unmarked(text)


def dated(heading: Heading) -> str:
    """The date's first moment in the zone of the window: Hugo leaves out what is to come."""
    if heading.coverage is None:
        return heading.date
    zone = ZoneInfo(heading.coverage.window.zone)
    return datetime.combine(Date.fromisoformat(heading.date), time(), zone).isoformat()


_WRITTEN, _END = "\ue100", "\ue101"  # private use: around what is in traditional characters already
# What is not ours to rewrite: that, where a link points, an original title, a person's name.
_AS_IT_IS = re.compile(
    rf"({_WRITTEN}[^{_END}]*{_END}|\]\([^)\s]*\)|^## .*$|^- \*\*Authors\*\*.*$)", re.MULTILINE
)


def _in_traditional(text: str) -> str:
    parts = _AS_IT_IS.split(text)
    parts = [part if index % 2 else to_traditional(part) for index, part in enumerate(parts)]
    return _unmarked("".join(parts))


def _unmarked(text: str) -> str:
    return text.replace(_WRITTEN, "").replace(_END, "")


def _as_it_stands(text: str) -> str:
    return f"{_WRITTEN}{text}{_END}"


def _written(text: str, entry: Entry) -> str:
    """``text`` of a translation; converting it twice would change its words."""
    if entry.translation is None or entry.translation.target != "zh-Hant" or not text:
        return text
    return _as_it_stands(text)


def _tags(heading: Heading, entries: Sequence[Entry]) -> list[str]:
    """The lab's categories that occur among the papers, else what the papers have."""
    present = dict.fromkeys(category for e in entries for category in e.paper.categories)
    return [category for category in heading.categories if category in present] or list(present)


def _view(entry: Entry, heading: Heading) -> dict[str, Any]:
    paper, breakdown = entry.paper, entry.breakdown
    arxiv = isinstance(paper.id, ArxivId)
    local_pdf = f"../papers/{paper_file(paper.id)}"
    pdf_url = f"https://arxiv.org/pdf/{paper.id}" if arxiv else local_pdf
    return {
        "title": paper.title or paper_file(paper.id),
        "translated_title": _written(entry.translation.title, entry) if entry.translation else "",
        "authors": paper.authors,
        "categories": paper.categories,
        "abs_url": f"https://arxiv.org/abs/{paper.id}" if arxiv else None,
        "pdf_url": pdf_url,
        "pdf_name": Path(local_pdf).name,
        "abstract": _abstract(entry),
        "mark": mark(entry, heading),
        "notes": notes(entry),
        "figure": _figure(entry),
        "parts": [] if breakdown is None or breakdown.text_used == "none" else [
            [_claim(claim, pdf_url) for claim in part]
            for part in (breakdown.problem, breakdown.method, breakdown.results)
        ],
    }  # fmt: skip


def _abstract(entry: Entry) -> str:
    if entry.translation is not None and entry.translation.text:
        return _written(entry.translation.text, entry)
    return entry.paper.abstract or "（没有摘要）"


def _figure(entry: Entry) -> dict[str, Any] | None:
    """The picture beside the post, with what its licence asks for."""
    picture = entry.picture
    if picture is None:
        return None
    return {
        "file": picture.file,
        "label": picture.figure.label,
        "caption": _as_it_stands(picture.figure.caption or picture.figure.label),
        "page": picture.figure.page,
        "authors": _as_it_stands(", ".join(entry.paper.authors) or "不详"),
        "licence": picture.licence.name,
        "licence_url": picture.licence.url,
    }


def _claim(claim: Claim, pdf_url: str) -> dict[str, Any]:
    link = partial(markdown.page_link, pdf_url)
    return {
        "label": claim.label,
        "text": claim.text,
        "marks": marks(claim) + cited(pages(claim), link) if claim.text else "",
        "children": [_claim(child, pdf_url) for child in claim.children],
    }
