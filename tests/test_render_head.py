from dataclasses import replace
from datetime import UTC, datetime

import pytest

from digest.records import ArxivId, Coverage, LeftOut, LocalId, Paper, Update, Window
from digest.render.post import Entry, Heading, post

WINDOW = Window(
    datetime(2026, 1, 22, 0, 50, tzinfo=UTC),
    datetime(2026, 1, 23, 0, 50, tzinfo=UTC),
    "08:50",
    "Asia/Shanghai",
)
COVERAGE = Coverage(
    WINDOW, "fresh", ("2026-01-22", "2026-01-23"), announced=3, new=2, cross=1, late=1
)
HEADING = Heading("arXiv Daily", "2026-01-23", ("arXiv",), ("cs.SD", "eess.AS"), COVERAGE)


def entry(number, mark="new", **known):
    paper = Paper(ArxivId.parse(f"2601.0000{number}v1"), title=f"Paper {number}", **known)
    return Entry(paper, None, None, None, mark=mark)


ENTRIES = [entry(1), entry(2, "late"), entry(3, "cross")]


def with_coverage(**changed):
    return replace(HEADING, coverage=replace(COVERAGE, **changed))


def head(heading, entries=ENTRIES):
    """The lines between the front matter and the first heading."""
    text = post(heading, entries).split("---\n\n", 1)[1]
    return text.split("\n\n")[0].splitlines()


def test_the_head_has_the_form_of_the_reference():
    assert head(HEADING) == [
        "以下为 2026-01-23（CST，北京时间）窗口内更新的论文中文译文：",
        "- 时间窗口（锚点 08:50 CST）：2026-01-22 08:50 — 2026-01-23 08:50",
        r"- 抓取总数：3 篇 \| 本页显示：3 篇（去重/过滤后）",
        "- 公告批次：2026-01-22、2026-01-23",
        "- 收录情况：新论文 2 篇（其中迟到 1 篇），交叉列入 1 篇，未收录 0 篇；"
        "另有旧论文的更新 0 篇",
        "- 解读依据：全文 0 篇，仅摘要 0 篇，无法解读 0 篇，失败 0 篇",
        "- 解读条目：0 条，其中核对通过 0 条、修正后通过 0 条、直接译自原句 0 条；另弃用 0 条",
        "- 摘要译文：0 句，其中修正后采用 0 句、保留英文原句 0 句",
    ]


@pytest.mark.parametrize(
    ("zone", "start", "end", "first", "second"),
    [
        (
            "America/New_York",
            datetime(2026, 3, 7, 13, 50, tzinfo=UTC),
            datetime(2026, 3, 8, 12, 50, tzinfo=UTC),
            "以下为 2026-01-23（EDT，America/New_York）窗口内更新的论文中文译文：",
            r"- 时间窗口（锚点 08:50 EDT）：2026-03-07 08:50 EST — 2026-03-08 08:50 EDT",
        ),
        (
            "America/Sao_Paulo",
            datetime(2026, 3, 7, 11, 50, tzinfo=UTC),
            datetime(2026, 3, 8, 11, 50, tzinfo=UTC),
            r"以下为 2026-01-23（UTC-03，America/Sao\_Paulo）窗口内更新的论文中文译文：",
            "- 时间窗口（锚点 08:50 UTC-03）：2026-03-07 08:50 — 2026-03-08 08:50",
        ),
    ],
)
def test_other_zones_have_their_own_names(zone, start, end, first, second):
    lines = head(with_coverage(window=Window(start, end, "08:50", zone)))
    assert lines[:2] == [first.replace("New_York", r"New\_York"), second]


@pytest.mark.parametrize(
    ("state", "line"),
    [
        ("waiting", "- 状态：等待公告。应有的批次尚未公布，公布后会收入以后的文章"),
        ("quiet", "- 状态：今日无公告。arXiv 在周五、周六和假日不公告"),
        ("stalled", "- 状态：源停滞。应有的批次已到时间，但没有出现；出现后会收入以后的文章"),
        (
            "failed",
            "- 状态：抓取失败。未能向 arXiv 查询，本页可能不完整；缺少的论文会收入以后的文章",
        ),
    ],
)
def test_a_state_that_is_not_fresh_is_said(state, line):
    assert line in head(with_coverage(state=state))


def test_problems_are_listed():
    lines = head(with_coverage(state="failed", problems=("cs.SD api: <503>", "- eess.AS")))
    at = lines.index("- 抓取问题：")
    assert lines[at + 1 : at + 3] == ["  - cs.SD api: &lt;503&gt;", r"  - \- eess.AS"]


def test_a_day_without_papers_is_a_post():
    quiet = replace(COVERAGE, state="quiet", batches=(), announced=0, new=0, cross=0, late=0)
    assert head(replace(HEADING, coverage=quiet), [])[2:] == [
        r"- 抓取总数：0 篇 \| 本页显示：0 篇（去重/过滤后）",
        "- 公告批次：无",
        "- 收录情况：新论文 0 篇（其中迟到 0 篇），交叉列入 0 篇，未收录 0 篇；"
        "另有旧论文的更新 0 篇",
        "- 状态：今日无公告。arXiv 在周五、周六和假日不公告",
    ]


def test_papers_of_a_folder_that_joined_are_counted_apart():
    joined = Entry(Paper(LocalId.parse("local:" + "ab" * 32), title="Own"), None, None, None)
    assert head(HEADING, [*ENTRIES, joined])[2] == (
        r"- 抓取总数：3 篇 \| 本页显示：4 篇（去重/过滤后，含其他来源 1 篇）"
    )


def test_late_arrivals_and_cross_lists_are_marked():
    text = post(
        HEADING,
        [
            entry(1),
            entry(2, "late", submitted_at=datetime(2026, 1, 15, 20, 0, tzinfo=UTC)),
            entry(3, "late"),
            entry(4, "cross", categories=("cs.CL", "eess.AS", "cs.LG")),
        ],
    )
    marks = [line for line in text.splitlines() if line.startswith(("- **Late", "- **Cross"))]
    assert marks == [
        "- **Late arrival**: 提交于 2026-01-16 04:00 CST，早于本批次的提交时段",
        "- **Late arrival**: 提交早于本批次的提交时段",
        "- **Cross-list**: 主分类 cs.CL，交叉列入 eess.AS",
    ]


def test_updates_link_to_the_post_that_carried_the_paper():
    updates = (
        Update(ArxivId.parse("2601.10001v3"), "A [title] | {{ x }}", "2026-01-20"),
        Update(ArxivId.parse("quant-ph/0201082"), "", "2026-01-19"),
    )
    lines = post(with_coverage(updates=updates), ENTRIES).splitlines()
    at = lines.index("## 更新")
    assert lines[at:] == [
        "## 更新",
        "",
        "以前的文章收录过的论文有了新版本：",
        "",
        r"- A \[title\] &#124; &#123;&#123; x &#125;&#125;："
        "[v3](https://arxiv.org/abs/2601.10001v3)，首见于 [2026-01-20](2026-01-20-arxiv-daily.md)",
        "- quant-ph/0201082：[新版本](https://arxiv.org/abs/quant-ph/0201082)，"
        "首见于 [2026-01-19](2026-01-19-arxiv-daily.md)",
        "",
        "---",
    ]


def test_papers_left_out_are_counted_by_reason_and_named():
    left_out = (
        LeftOut(ArxivId.parse("2601.00007v1"), "A *survey*", "排除规则 “title:survey”"),
        LeftOut(ArxivId.parse("2601.00008v1"), "</details>", "数量限制（--limit 3）"),
        LeftOut(ArxivId.parse("2601.00009v1"), "Survey", "排除规则 “title:survey”"),
    )
    heading = with_coverage(left_out=left_out, announced=6)
    assert (
        r"- 未收录的原因：排除规则 “title:survey” 2 篇，数量限制（\-\-limit 3） 1 篇（名单在文末）"
        in head(heading)
    )
    lines = post(heading, ENTRIES).splitlines()
    assert lines[lines.index("## 未收录的论文") :] == [
        "## 未收录的论文",
        "",
        "<details>",
        "<summary>3 篇及原因</summary>",
        "",
        '<div markdown="1">',
        "",
        r"- [2601.00007v1](https://arxiv.org/abs/2601.00007v1) A \*survey\*："
        "排除规则 “title:survey”",
        "- [2601.00008v1](https://arxiv.org/abs/2601.00008v1) &lt;/details&gt;："
        r"数量限制（\-\-limit 3）",
        "- [2601.00009v1](https://arxiv.org/abs/2601.00009v1) Survey：排除规则 “title:survey”",
        "",
        "</div>",
        "",
        "</details>",
        "",
        "---",
    ]
