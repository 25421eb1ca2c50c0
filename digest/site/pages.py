"""The templates, and what each kind of page is given."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from digest.render.blocks import PART_TITLES
from digest.site.day import Kept
from digest.site.listing import Month, category_url, month_url

_IN_ENGLISH = (
    "Background and what was wrong before",
    "How the method answers it",
    "Tasks and results",
)
_PART_TITLES = tuple(zip(PART_TITLES, _IN_ENGLISH, strict=True))
MOST_DAYS = 30
"""Of the home page; older days are on the pages of their months."""
MOST_WHOLE_LINES = 400
"""Of a list; a month of 30 papers a day would be 420 kB otherwise."""
OPEN_DAYS = 5
"""Of the home page, with their papers."""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("digest.site"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "month_url": month_url,
        "category_url": category_url,
        "script_json": script_json,
    }
    return environment


def script_json(value: Any) -> Markup:
    """JSON that may stand inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


class Pages:
    """Renders pages. ``title``: of the site."""

    def __init__(self, title: str) -> None:
        self._title = title

    def _page(self, template: str, depth: int, **values: Any) -> bytes:
        page = _environment().get_template(f"{template}.html.j2")
        text = page.render(
            site_title=self._title, root="../" * depth, part_titles=_PART_TITLES, **values
        )
        return text.encode("utf-8", "replace")

    def day(self, view: dict[str, Any]) -> bytes:
        """The page of a day."""
        return self._page("day", 1, **view)

    def paper(self, view: dict[str, Any], place: int, evidence: dict[str, Any]) -> bytes:
        """The page of the paper at ``place`` of a day; ``evidence``: see ``evidence.py``."""
        papers = view["papers"]
        return self._page(
            "paper",
            1,
            date=view["date"],
            paper=papers[place],
            evidence=evidence,
            number=place + 1,
            count=len(papers),
            previous=papers[place - 1] if place else None,
            next=papers[place + 1] if place + 1 < len(papers) else None,
        )

    def home(self, newest: Sequence[Kept], months: dict[str, Month]) -> bytes:
        """The first page. ``newest``: days, newest first."""
        counts = {
            "papers": sum(month.papers for month in months.values()),
            "days": sum(len(month.days) for month in months.values()),
        }
        return self._page(
            "home",
            0,
            days=newest,
            open_days=OPEN_DAYS,
            counts=counts,
            months=sorted(months, reverse=True),
        )

    def month(self, name: str, days: Sequence[Kept]) -> bytes:
        """A month's days, newest first."""
        return self._list(1, days, heading=name, here="", around=())

    def category(
        self, category: str, month: str, days: Sequence[Kept], months: Sequence[str]
    ) -> bytes:
        """A month of a category. ``months``: those in which it has papers, newest first."""
        around = [{"name": name, "url": category_url(category, name)} for name in months]
        return self._list(2, days, heading=f"{category} {month}", here=month, around=around)

    def _list(self, depth: int, days: Sequence[Kept], **values: Any) -> bytes:
        """Days with their papers; many papers have a line with their title alone."""
        brief = sum(len(day.papers) for day in days) > MOST_WHOLE_LINES
        return self._page("list", depth, days=days, brief=brief, **values)

    def categories(self, counts: Sequence[tuple[str, int]]) -> bytes:
        """All categories with their papers' number."""
        return self._page("categories", 0, categories=counts)

    def search(self) -> bytes:
        """The page of the search."""
        return self._page("search", 0)
