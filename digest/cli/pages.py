"""A day and a paper as lines for a terminal. Pure: the same papers and width, the same lines."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from digest.cli.wrapping import block, cut, wrap
from digest.records import ArxivId, Evidence, PaperId, leaves
from digest.render.blocks import (
    NOTHING_FOUND,
    Line,
    abs_url,
    abstract,
    cited,
    is_doubted,
    parts,
    plain,
    script,
    title,
    translated_title,
)
from digest.render.entry import Entry, coverage, paper_file
from digest.render.head import Heading, mark, span
from digest.render.notes import notes

_READ = {"full": "全文", "abstract": "仅摘要", "none": "未能解读"}
_REPAIRED = "〔修正后通过〕"  # a post only counts them, in its head
_SHORT = {"verified": "通过", "repaired": "修正", "quoted": "原句"}
_DIM, _MARK = "dim", "yellow"


def short_id(paper: PaperId) -> str:
    """An id that can be typed: of a local paper only as much as tells it apart."""
    return str(paper) if isinstance(paper, ArxivId) else str(paper)[:18]


# ---------------------------------------------------------------- a day


def day_lines(heading: Heading, entries: Sequence[Entry], width: int) -> list[Text]:
    """A day's post as a list of its papers."""
    lines = [*wrap(Text(f"{plain(heading.title)} – {heading.date}", "bold"), width)]
    for said in _head(heading, entries):
        lines += wrap(Text(said, _DIM), width)
    for number, entry in enumerate(entries, 1):
        lines += [Text(), *_listed(number, entry, heading, width)]
    return lines + _updates(heading, len(entries), width)


def _head(heading: Heading, entries: Sequence[Entry]) -> list[str]:
    totals, written = coverage(entries), script(entries)
    said = [
        f"{len(entries)} 篇：全文 {totals['full']}，仅摘要 {totals['abstract']}，"
        f"无法解读 {totals['none']}，失败 {totals['failed']}",
        f"{totals['claims']} 条：核对通过 {totals['verified']}，修正后通过 {totals['repaired']}，"
        f"译自原句 {totals['quoted']}；弃用 {totals['dropped']}",
    ]
    if heading.coverage is not None:
        about = span(heading.coverage, len(entries))
        said += [f"{about['window']}（{about['zone']}）"]
        said += [text for text in (about["state"], *about["problems"]) if text]
    return [written(plain(text)) for text in said]


def _listed(number: int, entry: Entry, heading: Heading, width: int) -> list[Text]:
    """A paper in the list: its title, what it is about, and how it was read."""
    indent = "     "
    lines = block(Text(title(entry.paper), "bold"), width, f"{number:>3}  ")
    about = translated_title(entry) or abstract(entry)
    lines.append(Text.assemble(indent, cut(Text(about), width - len(indent))))
    facts = " · ".join(_facts(entry, heading))
    return lines + block(Text(facts, _DIM), width, indent)


def _facts(entry: Entry, heading: Heading) -> list[str]:
    written, place = script([entry]), mark(entry, heading)
    facts = [short_id(entry.paper.id), plain(", ".join(entry.paper.categories)), _reading(entry)]
    facts += [f"{place[0]}: {place[1]}"] if place else []
    return [written(fact) for fact in facts if fact]


def _reading(entry: Entry) -> str:
    if entry.breakdown is None:
        return "没有解读"
    read = _READ[entry.breakdown.text_used]
    claims = leaves(entry.breakdown)
    if not claims:
        return read
    totals = coverage([entry])
    counts = [f"{name} {totals[state]}" for state, name in _SHORT.items() if totals[state]]
    doubted = sum(is_doubted(claim) for claim in claims)
    counts += [f"存疑 {doubted}"] if doubted else []
    return f"{read} · {len(claims)} 条：{'、'.join(counts)}"


def _updates(heading: Heading, shown: int, width: int) -> list[Text]:
    """New versions of papers of earlier posts, and how many papers were left out."""
    if heading.coverage is None:
        return []
    about = span(heading.coverage, shown)
    lines = [Text(), Text("更新", "bold")] if about["updates"] else []
    for update in about["updates"]:
        said = f"{plain(update['title'])}（{update['version']}，首见于 {update['date']}）"
        lines += block(Text(said), width, "  - ")
    if about["left_out"]:
        said = f"未收录 {len(about['left_out'])} 篇：{plain(about['reasons'])}"
        lines += [Text(), *wrap(Text(said, _DIM), width)]
    return lines


# ---------------------------------------------------------------- a paper


def paper_lines(
    heading: Heading, number: int, entry: Entry, evidence: bool, width: int
) -> list[Text]:
    """A paper in full.

    Args:
        heading: Of its post.
        number: Its place in the post.
        entry: The paper.
        evidence: Whether the quoted sentences follow each claim.
        width: Cells of a line.
    """
    paper, written = entry.paper, script([entry])
    lines = wrap(Text(title(paper), "bold"), width)
    lines += wrap(Text(translated_title(entry), "bold"), width) if translated_title(entry) else []
    authors = plain(", ".join(paper.authors))
    lines += wrap(Text(authors), width) if authors else []
    facts = [f"{heading.date} #{number}", *_facts(entry, heading)]
    facts.append(abs_url(paper.id) or f"papers/{paper_file(paper.id)}")
    lines += [*wrap(Text(" · ".join(facts), _DIM), width), Text()]
    lines += wrap(Text(abstract(entry)), width)
    for note in notes(entry):
        lines += block(Text(written(plain(note)), _MARK), width, "> ", "> ")
    for position, part in enumerate(parts(entry), 1):
        lines += [Text(), *wrap(Text(f"{position}) {part.title}", "bold cyan"), width)]
        for line in part.lines:
            lines += _claim(line, evidence, width)
        lines += [] if part.lines else wrap(Text(written(NOTHING_FOUND), _DIM), width)
    return lines


def _claim(line: Line, evidence: bool, width: int, indent: str = "") -> list[Text]:
    repaired = _REPAIRED if line.text and line.claim.state == "repaired" else ""
    said = Text.assemble(
        (f"{line.label}：" if line.label else "", "bold"),
        line.text,
        (repaired + line.marks, _MARK),
        (cited(line.pages), _DIM),
    )
    lines = block(said, width, f"{indent}- ")
    if evidence and line.text:
        for source in line.claim.evidence:
            lines += block(_quote(source), width, f"{indent}    ")
    for child in line.children:
        lines += _claim(child, evidence, width, indent + "  ")
    return lines


def _quote(source: Evidence) -> Text:
    where = f"p.{source.page} {source.id}" if source.page else source.id
    return Text.assemble((f"{where}  ", _DIM), (plain(source.quote), "italic"))
