"""A paper's block as plain parts, and what every form says in the same words.

Feed, mail, weekly roll-up and terminal show the same as the post does; each writes it its own way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from digest.records import DOUBTED, ORIGINAL, ArxivId, Claim, Paper, PaperId
from digest.render.entry import Entry, paper_file
from digest.words.script import to_traditional

PART_TITLES = ("研究背景与既有方法的问题", "论文的方法如何解决", "任务与效果")
NOTHING_FOUND = "原文中未找到可核对的内容。"

# What no text needs and some programs act on: control characters, among them those that begin a
# terminal's escape sequences, and marks that turn the direction of what follows.
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_UNSEEN = re.compile(
    "[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a reading: a claim, or the label over its children.

    ``pages``: of its evidence, each once; 0 is the abstract that came as metadata.
    """

    label: str
    text: str
    marks: str
    pages: tuple[int, ...]
    claim: Claim
    children: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One of the three parts of a reading."""

    title: str
    lines: tuple[Line, ...]


def plain(text: str) -> str:
    """``text`` on one line, without what cannot be seen but may do harm."""
    return " ".join(_BREAKS.sub(" ", _UNSEEN.sub("", text)).split())


def title(paper: Paper) -> str:
    """A paper's title; its file's name where it has none."""
    return plain(paper.title) or paper_file(paper.id)


def abstract(entry: Entry) -> str:
    """The abstract in the language of the post, else as it is."""
    translated = entry.translation.text if entry.translation is not None else ""
    return plain(translated or entry.paper.abstract) or "（没有摘要）"


def translated_title(entry: Entry) -> str:
    """The title in the language of the post; empty where titles are not translated."""
    return plain(entry.translation.title) if entry.translation is not None else ""


def parts(entry: Entry) -> list[Part]:
    """The reading; empty where there is none."""
    reading, written = entry.breakdown, script([entry])
    if reading is None or reading.text_used == "none":
        return []
    claims = (reading.problem, reading.method, reading.results)
    return [
        Part(written(name), tuple(_line(claim, written) for claim in part))
        for name, part in zip(PART_TITLES, claims, strict=True)
    ]


def _line(claim: Claim, written: Callable[[str], str], nested: bool = False) -> Line:
    """A claim below a label shows no label of its own, as in the post."""
    text = written(plain(claim.text))
    return Line(
        "" if nested else written(plain(claim.label)),
        text,
        written(marks(claim)) if text else "",
        pages(claim) if text else (),
        claim,
        tuple(_line(child, written, nested=True) for child in claim.children),
    )


def marks(claim: Claim) -> str:
    """How the claim came to be, and whether a checker model doubts it."""
    quoted = "〔译自原句〕" if claim.state == "quoted" else ""
    how = "〔原文〕" if claim.how == ORIGINAL else quoted
    return how + ("〔存疑〕" if is_doubted(claim) else "")


def is_doubted(claim: Claim) -> bool:
    """Whether a checker model doubts it."""
    return claim.support is not None and claim.support < DOUBTED


def pages(claim: Claim) -> tuple[int, ...]:
    """Of its evidence, each once; 0 is the abstract that came as metadata."""
    return tuple(sorted({evidence.page for evidence in claim.evidence}))


def cited(pages: Sequence[int], shown: Callable[[int], str] = "p.{}".format) -> str:
    """``（p.3、p.5）``: where a claim is from; nothing where that is not known.

    Args:
        pages: As ``pages`` has them.
        shown: How a page of the PDF is written; the abstract is none.
    """
    places = [shown(page) if page else "摘要" for page in pages]
    return f"（{'、'.join(places)}）" if places else ""


def script(entries: Sequence[Entry]) -> Callable[[str], str]:
    """What puts our own Chinese into the characters that the abstracts were asked for in."""
    targets = {entry.translation.target for entry in entries if entry.translation is not None}
    return to_traditional if "zh-Hant" in targets else str


def abs_url(paper: PaperId) -> str:
    """A paper's page at arXiv; empty for one that is not from there."""
    return f"https://arxiv.org/abs/{paper}" if isinstance(paper, ArxivId) else ""


def pdf_url(paper: PaperId, papers: str) -> str:
    """Where a paper's PDF is.

    Args:
        paper: Its id.
        papers: The home's papers/ as seen from the file that links to it; empty where no link may
            lead there (a mail is read elsewhere).
    """
    if isinstance(paper, ArxivId):
        return f"https://arxiv.org/pdf/{paper}"
    return f"{papers}/{paper_file(paper)}" if papers else ""
