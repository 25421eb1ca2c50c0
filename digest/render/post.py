"""One day's papers as one Markdown post, in the form of ``templates/post.md.j2``.

Pure: the same papers give the same bytes. What was read, and how sure the reading is, stands in
the head of the post and at each claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from digest.records import ArxivId, Breakdown, Claim, Document, Paper, PaperId, Translation
from digest.render import markdown

PART_TITLES = ("研究背景与既有方法的问题", "论文的方法如何解决", "任务与效果")
_STATE_MARKS = {"verified": "", "repaired": "", "quoted": "〔译自原句〕"}
_FAILED = {
    "fetch": "元数据文件无法使用",
    "extract": "PDF 无法读取",
    "translate": "摘要翻译失败",
    "explain": "解读失败",
}
"""For each stage, without the error itself: that may name folders of the machine."""
_QUALITY = {
    "partial": "部分页面没有可读文字",
    "garbage": "文字层为乱码",
    "scanned": "PDF 是扫描图像，没有文字层",
    "damaged": "PDF 文件已损坏",
    "empty": "PDF 没有文字",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper and what was made of it; None where that failed. ``errors``: the stages that did."""

    paper: Paper
    document: Document | None
    translation: Translation | None
    breakdown: Breakdown | None
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above the papers. ``sources``: the folders' names."""

    title: str
    date: str
    sources: tuple[str, ...]
    categories: tuple[str, ...]


def paper_file(paper: PaperId) -> str:
    """The file name of a paper's PDF in the home's papers/."""
    name = str(paper) if isinstance(paper, ArxivId) else "local-" + str(paper)[6:22]
    return name.replace("/", "_") + ".pdf"


def post(heading: Heading, entries: Sequence[Entry]) -> str:
    """The post's text."""
    environment = Environment(
        loader=PackageLoader("digest.render"),
        undefined=StrictUndefined,
        autoescape=False,  # Markdown, not HTML: every field goes through the md filter
        keep_trailing_newline=True,
    )
    environment.filters |= {"md": markdown.escape, "yaml": markdown.yaml_quoted}
    return environment.get_template("post.md.j2").render(
        title=heading.title,
        date=heading.date,
        source="、".join(heading.sources),
        tags=["arxiv", *_tags(heading, entries)],
        coverage=coverage(entries),
        papers=[_view(entry) for entry in entries],
        part_titles=PART_TITLES,
    )


def coverage(entries: Sequence[Entry]) -> dict[str, int]:
    """How many papers were read how, and how many claims stand in which state."""
    breakdowns = [entry.breakdown for entry in entries if entry.breakdown is not None]
    states: list[str] = [claim.state for breakdown in breakdowns for claim in leaves(breakdown)]
    return {
        **{used: sum(b.text_used == used for b in breakdowns) for used in _TEXT_USED},
        "failed": sum(bool(entry.errors) for entry in entries),
        "claims": len(states),
        **{state: states.count(state) for state in _STATE_MARKS},
        "dropped": sum(len(breakdown.dropped) for breakdown in breakdowns),
    }


_TEXT_USED = ("full", "abstract", "none")


def leaves(breakdown: Breakdown) -> Iterable[Claim]:
    """The claims that say something: headings are passed over, their children are not."""
    for claim in (*breakdown.problem, *breakdown.method, *breakdown.results):
        yield from claim.children or (claim,)


def _tags(heading: Heading, entries: Sequence[Entry]) -> list[str]:
    """The lab's categories that occur among the papers, else what the papers have."""
    present = dict.fromkeys(category for e in entries for category in e.paper.categories)
    return [category for category in heading.categories if category in present] or list(present)


def _view(entry: Entry) -> dict[str, Any]:
    paper, breakdown = entry.paper, entry.breakdown
    arxiv = isinstance(paper.id, ArxivId)
    local_pdf = f"../papers/{paper_file(paper.id)}"
    pdf_url = f"https://arxiv.org/pdf/{paper.id}" if arxiv else local_pdf
    return {
        "title": paper.title or paper_file(paper.id),
        "authors": paper.authors,
        "categories": paper.categories,
        "abs_url": f"https://arxiv.org/abs/{paper.id}" if arxiv else None,
        "pdf_url": pdf_url,
        "pdf_name": Path(local_pdf).name,
        "abstract": _abstract(entry),
        "notes": _notes(entry),
        "parts": [] if breakdown is None or breakdown.text_used == "none" else [
            [_claim(claim, pdf_url) for claim in part]
            for part in (breakdown.problem, breakdown.method, breakdown.results)
        ],
    }  # fmt: skip


def _abstract(entry: Entry) -> str:
    if entry.translation is not None and entry.translation.text:
        return entry.translation.text
    return entry.paper.abstract or "（没有摘要）"


def _notes(entry: Entry) -> list[str]:
    """What the reader must know before trusting the block."""
    notes = [f"{_FAILED[stage]}（详见 digest status）。" for stage in entry.errors]
    if entry.translation is not None:
        kept = sum(sentence.kept for sentence in entry.translation.sentences)
        if kept:
            notes.append(f"摘要中有 {kept} 句未能可靠翻译，保留英文原句。")
    elif entry.paper.abstract:
        notes.append("摘要未翻译，以上为英文原文。")
    if entry.breakdown is not None:
        notes += _reading_notes(entry, entry.breakdown)
    if entry.document is not None and entry.document.hidden:
        pages = sorted({hidden.page for hidden in entry.document.hidden})
        where = "、".join(str(page) for page in pages[:5])
        notes.append(f"PDF 中有读者看不见的文字（第 {where} 页），未用于解读。")
    return notes


def _reading_notes(entry: Entry, breakdown: Breakdown) -> list[str]:
    if breakdown.text_used == "full":
        partial = entry.document is not None and entry.document.text_quality == "partial"
        return ["解读依据不完整：" + _QUALITY["partial"] + "。"] if partial else []
    document = entry.document
    why = "PDF 无法读取" if document is None else _QUALITY.get(document.text_quality, "正文过短")
    if breakdown.text_used == "abstract":
        return [f"以下解读仅依据摘要，并非论文全文：{why}。"]
    return [f"没有解读：{why}，也没有摘要。"]


def _claim(claim: Claim, pdf_url: str) -> dict[str, Any]:
    return {
        "label": claim.label,
        "text": claim.text,
        "marks": _STATE_MARKS[claim.state] + _pages(claim, pdf_url) if claim.text else "",
        "children": [_claim(child, pdf_url) for child in claim.children],
    }


def _pages(claim: Claim, pdf_url: str) -> str:
    """Where the claim is from, each page once: a link to the page of the PDF, or the abstract."""
    pages = sorted({evidence.page for evidence in claim.evidence})
    links = [f"[p.{page}]({pdf_url}#page={page})" if page else "摘要" for page in pages]
    return "（" + "、".join(links) + "）" if links else ""
