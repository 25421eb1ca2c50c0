"""A small post for the tests of every form it is given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from digest.records import (
    ArxivId,
    Breakdown,
    Claim,
    Coverage,
    Dropped,
    Evidence,
    LocalId,
    MadeBy,
    Paper,
    TranslatedSentence,
    Translation,
    Window,
)
from digest.render.entry import Entry
from digest.render.head import Heading
from tests.conftest import document

MADE = MadeBy("fake", "1")
PAPER = Paper(
    ArxivId.parse("2601.16158v2"),
    title="Keyword Spotting",
    authors=("Ada Lovelace", "Alan Turing"),
    abstract="An abstract.",
    categories=("cs.SD", "cs.LG"),
    submitted_at=datetime(2026, 1, 22, 9, 30, tzinfo=UTC),
)
LOCAL = Paper(LocalId.parse("local:" + "ab" * 32), title="A local paper")
HEADING = Heading("arXiv Daily", "2026-01-23", ("papers",), ("cs.SD", "eess.AS"))
COVERAGE = Coverage(
    Window(
        datetime(2026, 1, 22, 0, 50, tzinfo=UTC),
        datetime(2026, 1, 23, 0, 50, tzinfo=UTC),
        "08:50",
        "Asia/Shanghai",
    ),
    "fresh",
    ("2026-01-22",),
    announced=1,
    new=1,
    cross=0,
    late=0,
)
ANNOUNCED = replace(HEADING, sources=("arXiv",), coverage=COVERAGE)

NASTY = (
    "<script>alert(1)</script>",
    "{{ site.title }} {% raw %}",
    "]]> &amp; &lt;b&gt; \"quoted\" 'too'",
    "\x1b[31mred\x1b[0m \x00 bell\x07",
    "\u202eright to left\u202c \u2066x\u2069 zero\u200bwidth",
    "$x_1 < y$ | a_b * c \\emph{d} 50% #1 ~ ^",
    "中文标题：（测试）" * 30,
    "x" * 2000,
    " \n \t ",
)


def claim(text: str, *children: Claim, **parts: Any) -> Claim:
    page = parts.pop("page", 3)
    evidence = (Evidence("sentence", "s1", page, f"Quote of {text}"),) if text else ()
    whole = {"label": "", "state": "verified", **parts}
    return Claim(whole.pop("label"), text, evidence, whole.pop("state"), children, **whole)


def translation(text: str = "译文。", target: str = "zh-Hans", title: str = "") -> Translation:
    sentence = TranslatedSentence("An abstract.", text, {"numbers": True})
    return Translation(
        "An abstract.", target, text, (sentence,), sentence.checks, MADE, title=title
    )


def breakdown() -> Breakdown:
    return Breakdown(
        (claim("", claim("甲。"), claim("乙。", state="quoted"), label="研究背景"),),
        (claim("丙。", page=4, state="repaired", label="核心思路"),),
        (
            claim("", claim("词错误率降低 9.3%。", page=5), claim("更快。"), label="主要结果"),
            claim("只测了 1 台。", label="局限与展望"),
        ),
        "full",
        (Dropped("丁。", "number 5"),),
        MADE,
    )


def entry(**parts: Any) -> Entry:
    whole = {
        "paper": PAPER,
        "document": document(),
        "translation": translation(),
        "breakdown": breakdown(),
    }
    return Entry(**{**whole, **parts})


def nasty(text: str) -> Entry:
    """A paper in which everything that comes from outside is ``text``."""
    paper = replace(
        PAPER, title=text, authors=(text,), abstract=text, comments=text, journal_ref=text
    )
    reading = Breakdown((claim(text, label=text),), (), (claim(text),), "full", (), MADE)
    return entry(paper=paper, translation=translation(text, title=text), breakdown=reading)
