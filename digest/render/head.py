"""The lines above the papers and the lists below them: window, coverage, updates, left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from digest.records import ArxivId, Coverage, LeftOut, PaperId, Update, Window
from digest.render.entry import Entry

_STATES = {
    "fresh": "",
    "waiting": "等待公告。应有的批次尚未公布，公布后会收入以后的文章",
    "quiet": "今日无公告。arXiv 在周五、周六和假日不公告",
    "stalled": "源停滞。应有的批次已到时间，但没有出现；出现后会收入以后的文章",
    "failed": "抓取失败。未能向 arXiv 查询，本页可能不完整；缺少的论文会收入以后的文章",
}
_ZONE_NAMES = {"Asia/Shanghai": "北京时间"}
_TIME = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above the papers. ``sources``: the folders' names.

    ``coverage``: what arXiv announced and what became of it; None for a post made from folders.
    """

    title: str
    date: str
    sources: tuple[str, ...]
    categories: tuple[str, ...]
    coverage: Coverage | None = None


def span(coverage: Coverage, shown: int) -> dict[str, Any]:
    """The lines of a post that covers announcements.

    Args:
        coverage: What it covers.
        shown: Papers in the post, those of folders that joined it included.
    """
    window = coverage.window
    return {
        "zone": _zone(window),
        "anchor": f"{window.anchor} {_abbreviation(window.end_at, window.zone)}",
        "window": _window(window),
        "announced": coverage.announced,
        "joined": max(0, shown - coverage.new - coverage.cross),
        "batches": coverage.batches,
        "new": coverage.new,
        "late": coverage.late,
        "cross": coverage.cross,
        "state": _STATES[coverage.state],
        "problems": coverage.problems,
        "updates": [_update(update) for update in coverage.updates],
        "left_out": [_left_out(left) for left in coverage.left_out],
        "reasons": _reasons(coverage.left_out),
    }


def mark(entry: Entry, heading: Heading) -> tuple[str, str] | None:
    """The line that says how a paper comes to stand in the post: its name and its text.

    None for what was announced in its turn.
    """
    if entry.mark == "late":
        return "Late arrival", _late(entry, heading)
    if entry.mark == "cross":
        categories = entry.paper.categories
        here = [name for name in heading.categories if name in categories[1:]]
        to = f"，交叉列入 {'、'.join(here)}" if here else ""
        return "Cross-list", f"主分类 {categories[0] if categories else '未知'}{to}"
    return None


def _late(entry: Entry, heading: Heading) -> str:
    submitted, coverage = entry.paper.submitted_at, heading.coverage
    if submitted is None or coverage is None:
        return "提交早于本批次的提交时段"
    zone = coverage.window.zone
    when = f"{_local(submitted, zone)} {_abbreviation(submitted, zone)}"
    return f"提交于 {when}，早于本批次的提交时段"


# ---------------------------------------------------------------- times


def _zone(window: Window) -> str:
    """``CST，北京时间``; elsewhere the abbreviation and the zone's IANA name."""
    name = _ZONE_NAMES.get(window.zone, window.zone)
    return f"{_abbreviation(window.end_at, window.zone)}，{name}"


def _window(window: Window) -> str:
    """Start and end; each with its own abbreviation where the clocks change in between."""
    ends = (window.start_at, window.end_at)
    first, last = (_abbreviation(at, window.zone) for at in ends)
    times = [_local(at, window.zone) for at in ends]
    if first != last:
        times = [f"{time} {zone}" for time, zone in zip(times, (first, last), strict=True)]
    return " — ".join(times)


def _local(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime(_TIME)


def _abbreviation(at: datetime, zone: str) -> str:
    """``CST``; ``UTC-03`` for a zone that has no letters of its own."""
    name = at.astimezone(ZoneInfo(zone)).tzname() or zone
    return f"UTC{name}" if name[0] in "+-" else name


# ---------------------------------------------------------------- lists


def _update(update: Update) -> dict[str, Any]:
    version = update.paper.version if isinstance(update.paper, ArxivId) else None
    return {
        "title": update.title or str(update.paper),
        "url": _abs_url(update.paper),
        "version": f"v{version}" if version else "新版本",
        "date": update.date,
    }


def _left_out(left: LeftOut) -> dict[str, Any]:
    return {
        "id": str(left.paper),
        "url": _abs_url(left.paper),
        "title": left.title,
        "reason": left.reason,
    }


def _reasons(left_out: Sequence[LeftOut]) -> str:
    """How many were left out for each reason, in the order in which the reasons come."""
    counts = Counter(left.reason for left in left_out)
    return "，".join(f"{reason} {count} 篇" for reason, count in counts.items())


def _abs_url(paper: PaperId) -> str | None:
    return f"https://arxiv.org/abs/{paper}" if isinstance(paper, ArxivId) else None
