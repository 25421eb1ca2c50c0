"""An ISO week as one Markdown post: its papers by category, each with what it found.

Of each paper at most two findings, and only verified ones: what was mended, quoted or is doubted
stays in the daily post, to which each paper links. It has the form of the daily posts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from functools import partial
from typing import Any

from digest.records import Breakdown, Claim, leaves
from digest.render import markdown, template
from digest.render.blocks import (
    abs_url,
    cited,
    is_doubted,
    pages,
    pdf_url,
    plain,
    script,
    title,
    translated_title,
)
from digest.render.entry import Entry
from digest.render.feed import Day
from digest.render.post import dated
from digest.render.template import Style

MOST_FINDINGS = 2
_NO_CATEGORY = "其他"
_LIMITS = "局限与展望"  # as the last heading of a reading has it
_FIGURE = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class _Seen:
    """A paper of the week, as its newest post shows it, and all dates that carried it."""

    entry: Entry
    dates: list[str]


def week_of(date: str) -> str:
    """The ISO week of a date: ``2026-W04``. Its year may differ from the date's."""
    year, week, _ = Date.fromisoformat(date).isocalendar()
    return f"{year}-W{week:02}"


def dates_of(week: str) -> tuple[str, str]:
    """The Monday and the Sunday of a week."""
    year, number = int(week[:4]), int(week[6:])
    days = (Date.fromisocalendar(year, number, day) for day in (1, 7))
    first, last = (day.isoformat() for day in days)
    return first, last


def weekly(week: str, days: Sequence[Day], style: Style | None = None) -> str:
    """The roll-up's text.

    Args:
        week: As ``week_of`` has it.
        days: Its days, oldest first, at least one.
        style: How it is written.

    Raises:
        ValueError: There is no day.
        ConfigError: A template of the lab's is wrong.
    """
    if not days:
        raise ValueError(f"no day of {week}")
    style, newest, seen = style or Style(), days[-1][0], _papers(days)
    groups, tag = _groups(seen), markdown.DIALECTS[style.form].tag
    values = {
        "title": newest.title,
        "date": newest.date,
        "dated": dated(newest),
        "name": week,
        "week": week,
        "span": dates_of(week),
        "dates": [heading.date for heading, _ in days],
        "tags": ["arxiv", *(tag(name) for name in groups if name != _NO_CATEGORY)],
        "groups": [(name, [_view(paper) for paper in papers]) for name, papers in groups.items()],
        "papers": len(seen),
        "written": script([paper.entry for paper in seen]),
    }
    return template.render("weekly", style, values)


def findings(entry: Entry) -> list[Claim]:
    """The strongest verified claims of a reading, in its order: results with figures first."""
    reading = entry.breakdown
    if reading is None:
        return []
    results = {id(claim) for part in _main_results(reading) for claim in (part, *part.children)}
    sure = [claim for claim in leaves(reading) if _is_sure(claim)]
    ranked = sorted(sure, key=lambda claim: _weight(claim, id(claim) in results), reverse=True)
    best = {id(claim) for claim in ranked[:MOST_FINDINGS]}
    return [claim for claim in sure if id(claim) in best]


def _main_results(reading: Breakdown) -> Sequence[Claim]:
    """The results without what the paper says of its limits."""
    return [claim for claim in reading.results if claim.label != _LIMITS]


def _is_sure(claim: Claim) -> bool:
    return claim.state == "verified" and bool(claim.text) and not is_doubted(claim)


def _weight(claim: Claim, result: bool) -> tuple[bool, bool, float]:
    """A result says more than a method, a figure more than none, a checker's word breaks ties."""
    return result, _FIGURE.search(claim.text) is not None, claim.support or 0.0


def _papers(days: Sequence[Day]) -> list[_Seen]:
    found: dict[str, _Seen] = {}
    for heading, entries in days:
        for entry in entries:
            base = entry.paper.id.base
            before = found[base].dates if base in found else []
            found[base] = _Seen(entry, [*before, heading.date])
    return list(found.values())


def _groups(seen: Sequence[_Seen]) -> dict[str, list[_Seen]]:
    """By primary category: the one with most papers first, then by name; those of none last."""
    groups: dict[str, list[_Seen]] = {}
    for paper in seen:
        categories = paper.entry.paper.categories
        groups.setdefault(categories[0] if categories else _NO_CATEGORY, []).append(paper)
    order = sorted(groups, key=lambda name: (name == _NO_CATEGORY, -len(groups[name]), name))
    return {name: groups[name] for name in order}


def _view(paper: _Seen) -> dict[str, Any]:
    entry = paper.entry
    pdf, written = pdf_url(entry.paper.id, "../../papers"), script([entry])
    link = partial(markdown.page_link, pdf)
    return {
        "title": title(entry.paper),
        "url": abs_url(entry.paper.id) or pdf,
        "link": str(entry.paper.id) if abs_url(entry.paper.id) else "PDF",
        "translated_title": translated_title(entry),
        "authors": entry.paper.authors,
        "dates": paper.dates,
        "findings": [
            {"text": written(plain(claim.text)), "pages": cited(pages(claim), link)}
            for claim in findings(entry)
        ],
    }
