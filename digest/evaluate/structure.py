"""The form of a post beside that of another one: the same keys, the same order, the same blocks.

What is written in them is not compared. A post may add what lets a reader trust it, which is named
here; anything else that one has and the other has not is a difference. Reads the Jekyll form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_ADDED_FRONT = {"render_with_liquid"}
_ADDED_HEAD = {
    "公告批次",
    "收录情况",
    "状态",
    "抓取问题",
    "未收录的原因",
    "解读依据",
    "解读条目",
    "摘要译文",
}
_ADDED_BLOCKS = {"标题:", "Late arrival:", "Cross-list:", "note", "figure"}
_ADDED_SECTIONS = {"## 更新", "## 未收录的论文"}

_BLOCKS = (
    (re.compile(r"- \*\*([^*]+)\*\*: .*"), r"\1:"),
    (re.compile(r"(\d\)).*"), r"\1"),
    (re.compile(r" *- .*"), "bullets"),
    (re.compile(r"> .*"), "note"),
    (re.compile(r"!\[.*"), "figure"),
    (re.compile(r"(<summary>).*"), r"\1"),
    (re.compile(r"(</?(?:details|div).*>)"), r"\1"),
    (re.compile(r"---"), "rule"),
)
_HEAD_LINE = re.compile(r"- ([^：（]+)")


@dataclass(frozen=True, slots=True)
class Shape:
    """Keys of the front matter, lines of the head, and the blocks of each paper, in their order."""

    front: tuple[str, ...]
    head: tuple[str, ...]
    papers: tuple[tuple[str, ...], ...]


def shape(post: str) -> Shape:
    """The form of a post.

    Raises:
        ValueError: It has no front matter.
    """
    start, front, body = [*post.split("---\n", 2), "", ""][:3]
    if start or not body:
        raise ValueError("a post begins with front matter between two lines ---")
    head, *sections = re.split(r"^(?=## )", body, flags=re.MULTILINE)
    papers = [section.splitlines() for section in sections]
    return Shape(
        tuple(line.split(":")[0] for line in front.splitlines()),
        tuple(_head_line(line) for line in head.splitlines() if line and line[0] != " "),
        tuple(_blocks(lines[1:]) for lines in papers if lines[0] not in _ADDED_SECTIONS),
    )


def differences(ours: Shape, reference: Shape) -> list[str]:
    """Where a post has another form than the reference, one line each; none where it has the same.

    A paper must have the form of one of the reference's papers.
    """
    found = _differ("front matter", _without(ours.front, _ADDED_FRONT), reference.front)
    found += _differ("head", _without(ours.head, _ADDED_HEAD), reference.head)
    known = dict.fromkeys(map(_joined, reference.papers))
    for number, paper in enumerate(ours.papers, 1):
        blocks = _joined(_without(paper, _ADDED_BLOCKS))
        if blocks not in known:
            found.append(f"paper {number}: {blocks}; the reference has {' / '.join(known)}")
    return found


def _head_line(line: str) -> str:
    label = _HEAD_LINE.match(line)
    return label[1] if label else line[:2]


def _blocks(lines: Iterable[str]) -> tuple[str, ...]:
    """The kinds of blocks; lines of one kind are one block."""
    kinds: list[str] = []
    for line in lines:
        if not line.strip():
            continue
        kind = next((p.sub(said, line) for p, said in _BLOCKS if p.fullmatch(line)), "text")
        if kinds[-1:] != [kind]:
            kinds.append(kind)
    return tuple(kinds)


def _without(names: Iterable[str], added: set[str]) -> tuple[str, ...]:
    """What is left, with what an addition stood between together again."""
    left: list[str] = []
    for name in names:
        if name not in added and left[-1:] != [name]:
            left.append(name)
    return tuple(left)


def _joined(names: Iterable[str]) -> str:
    return " ".join(names)


def _differ(where: str, ours: tuple[str, ...], reference: tuple[str, ...]) -> list[str]:
    if ours == reference:
        return []
    return [f"{where}: {_joined(ours)}; the reference has {_joined(reference)}"]
