"""A trial of the templates before a night's work: posts of invented papers, in which all occurs.

What a template does wrong with a claim or a figure would else be found when the papers are read,
hours later.
"""

from __future__ import annotations

from datetime import UTC, datetime

from digest.records import (
    ArxivId,
    Box,
    Breakdown,
    Claim,
    Coverage,
    Evidence,
    Figure,
    LeftOut,
    LocalId,
    MadeBy,
    Paper,
    Translation,
    Update,
    Window,
)
from digest.render.entry import Entry, Picture
from digest.render.head import Heading
from digest.render.licences import Licence
from digest.render.post import post
from digest.render.template import Style
from digest.render.weekly import week_of, weekly

_DATE = "2026-01-23"
_AT = datetime(2026, 1, 22, 0, 50, tzinfo=UTC)
_MADE = MadeBy("trial", "1")


def trial(style: Style, with_week: bool) -> None:
    """Write posts and throw them away: one from arXiv, one from a folder, one without papers.

    Args:
        style: Whose templates are tried.
        with_week: Whether that of the weekly post is tried, too.

    Raises:
        ConfigError: A template of the lab's is wrong.
    """
    announced = Heading("arXiv Daily", _DATE, ("arXiv",), ("cs.SD",), _coverage())
    folder = Heading("arXiv Daily", _DATE, ("papers",), ("cs.SD",))
    days = [(announced, [_whole(), _failed()]), (folder, [_bare()]), (announced, [])]
    for heading, entries in days:
        post(heading, entries, style)
    if with_week:
        weekly(week_of(_DATE), days, style)


def _coverage() -> Coverage:
    return Coverage(
        Window(_AT, datetime(2026, 1, 23, 0, 50, tzinfo=UTC), "08:50", "Asia/Shanghai"),
        "stalled",
        ("2026-01-22",),
        announced=4,
        new=2,
        cross=1,
        late=1,
        updates=(Update(ArxivId.parse("2601.00003v2"), "An update", "2026-01-20"),),
        left_out=(LeftOut(ArxivId.parse("2601.00002v1"), "Left out", "exclude: title:survey"),),
        problems=("feed of cs.SD: no answer",),
    )


def _paper(identity: str) -> Paper:
    return Paper(
        ArxivId.parse(identity),
        title="A title",
        authors=("Ada Lovelace",),
        abstract="An abstract.",
        categories=("cs.SD", "cs.LG"),
        submitted_at=_AT,
    )


def _whole() -> Entry:
    """A late paper that everything was made of."""
    figure = Figure("Figure 1", "An overview.", 1, Box(1, 0, 0, 1, 1))
    licence = Licence("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/")
    return Entry(
        _paper("2601.00001v1"),
        None,
        Translation("An abstract.", "zh-Hans", "摘要。", (), {}, _MADE, title="标题"),
        _reading(),
        mark="late",
        picture=Picture("figure-1.png", figure, licence),
    )


def _reading() -> Breakdown:
    """Claims below a heading, a doubted one of the abstract, and a part that has none."""
    page, abstract = (Evidence("sentence", f"s{page}", page, "A sentence.") for page in (3, 0))
    below = (Claim("", "甲。", (page,), "verified"), Claim("", "乙。", (page,), "repaired"))
    heading = Claim("研究背景", "", (), "repaired", below)
    doubted = Claim("主要结果", "丙。", (abstract,), "quoted", support=0.1)
    return Breakdown((heading,), (), (doubted,), "full", (), _MADE)


def _failed() -> Entry:
    """A cross-listed paper that nothing could be made of."""
    errors = ("pdf", "translate", "explain")
    return Entry(_paper("2601.00004v1"), None, None, None, errors, mark="cross")


def _bare() -> Entry:
    """A file of a folder of which nothing is known."""
    return Entry(Paper(LocalId.parse("local:" + "0" * 64)), None, None, None)
