import os
from pathlib import Path

import pytest

from digest.evaluate.structure import differences, shape
from digest.records import Breakdown, MadeBy
from digest.render.post import post
from tests.test_render_head import COVERAGE, HEADING
from tests.test_render_post import PAPER, claim, entry

REFERENCE = """\
---
layout: post
title: "Daily"
tags: [a]
---

以下为今天的译文：
- 时间窗口（锚点 08:50）：无
- 抓取总数：1 篇 | 本页显示：1 篇

## Title
- **Authors**: A
- **PDF**: [x](x)

摘要。

<details>
<summary>详细解读</summary>

<div markdown="1">

1)
- **背景**：甲。
  - 乙。

2)
- 丙。
</div>

</details>

---
"""


def changed(old, new):
    assert old in REFERENCE
    return differences(shape(REFERENCE.replace(old, new)), shape(REFERENCE))


def test_the_form_of_a_post():
    found = shape(REFERENCE)
    assert found.front == ("layout", "title", "tags")
    assert found.head == ("以下", "时间窗口", "抓取总数")
    assert found.papers == (
        (
            "Authors:", "PDF:", "text", "<details>", "<summary>", '<div markdown="1">',
            "1)", "bullets", "2)", "bullets", "</div>", "</details>", "rule",
        ),
    )  # fmt: skip


def test_a_post_has_its_own_form():
    assert differences(shape(REFERENCE), shape(REFERENCE)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tags: [a]\n", "tags: [a]\nrender_with_liquid: false\n"),
        ("1 篇\n\n## ", "1 篇\n- 解读依据：全文 1 篇\n- 抓取问题：\n  - x\n\n## "),
        ("- **PDF**", "- **标题**: 题\n- **PDF**"),
        ("摘要。\n", "摘要。\n\n> 注。\n"),
        ("1)\n", "1) **研究背景**\n"),
        ("</details>\n\n---\n", "</details>\n\n---\n\n## 更新\n\n- x\n\n---\n"),
    ],
)
def test_what_is_added_for_trust_is_no_difference(old, new):
    assert changed(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("layout: post\n", "", "front matter: title tags; the reference has layout title tags"),
        ("tags: [a]\n", "date: 1\ntags: [a]\n", "front matter: layout title date tags"),
        ("- 抓取总数", "- 总数", "head: 以下 时间窗口 总数"),
        ("- **Authors**: A\n", "", "paper 1: PDF: text"),
        ("- **Authors**: A\n- **PDF**: [x](x)", "- **PDF**: [x](x)\n- **Authors**: A", "PDF: Auth"),
        ("<summary>详细解读</summary>\n", "", "<details> <div"),
        ("\n2)\n- 丙。", "", "1) bullets </div>"),
        ("</details>\n\n---", "</details>", "</div> </details>;"),
    ],
)
def test_a_difference_is_named(old, new, where):
    (found,) = changed(old, new)
    assert where in found


def test_a_text_without_front_matter_is_no_post():
    with pytest.raises(ValueError, match="front matter"):
        shape("# Title\n")


def test_our_post_has_the_form_of_the_reference():
    data = os.environ.get("DIGEST_TEST_DATA")
    path = Path(data or ".").parent / "reference" / "post-2026-01-23.md"
    if not data or not path.is_file():
        pytest.skip("DIGEST_TEST_DATA names no folder with reference/ beside it")
    part = (claim("甲。", label="背景", children=(claim("乙。"),)),)
    reading = Breakdown(part, part, part, "full", (), MadeBy("fake", "1"))
    ours = post(HEADING, [entry(breakdown=reading), entry(breakdown=reading, mark="late")])
    assert COVERAGE.late == 1
    assert PAPER.abstract
    assert differences(shape(ours), shape(path.read_text(encoding="utf-8"))) == []
