from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest
import yaml

from digest.errors import ConfigError
from digest.records import ArxivId
from digest.render.template import Style
from digest.render.weekly import dates_of, findings, week_of, weekly
from tests.posts import ANNOUNCED, HEADING, LOCAL, PAPER, breakdown, claim, entry, translation

OTHER = replace(PAPER, id=ArxivId.parse("2601.00007v1"), title="Other", categories=("eess.AS",))
SAME = replace(PAPER, id=ArxivId.parse("2601.00008v1"), title="Same", categories=("eess.AS",))


@pytest.mark.parametrize(
    ("date", "week", "days"),
    [
        ("2026-01-23", "2026-W04", ("2026-01-19", "2026-01-25")),
        ("2026-01-01", "2026-W01", ("2025-12-29", "2026-01-04")),
        ("2027-01-03", "2026-W53", ("2026-12-28", "2027-01-03")),
    ],
)
def test_a_week_is_that_of_the_iso(date, week, days):
    assert week_of(date) == week
    assert dates_of(week) == days


def test_a_week_has_its_papers_by_category_with_what_they_found():
    monday = replace(HEADING, date="2026-01-19")
    shown = entry(translation=translation(title="关键词检测"))
    text = weekly(
        "2026-W04",
        [(monday, [entry(paper=OTHER), entry()]), (HEADING, [shown, entry(paper=SAME)])],
    )
    assert text.splitlines() == [
        "---",
        "layout: post",
        'title: "arXiv Daily – 2026-W04"',
        "tags: [arxiv, eess.AS, cs.SD]",
        "render_with_liquid: false",
        "---",
        "",
        "以下为 2026 年第 4 周（2026-01-19 至 2026-01-25）各日文章的汇总：",
        "- 收录论文：3 篇",
        "- 各日文章：[2026-01-19](../2026-01-19-arxiv-daily.md)、"
        "[2026-01-23](../2026-01-23-arxiv-daily.md)",
        "",
        "## eess.AS（2 篇）",
        "",
        *paper("Other", "2601.00007v1", "2026-01-19"),
        *paper("Same", "2601.00008v1", "2026-01-23"),
        "---",
        "",
        "## cs.SD（1 篇）",
        "",
        *paper("Keyword Spotting", "2601.16158v2", "2026-01-19", "2026-01-23", under="关键词检测"),
        "---",
    ]


def paper(title, identity, *dates, under=""):
    days = "、".join(f"[{date}](../{date}-arxiv-daily.md)" for date in dates)
    pdf = f"https://arxiv.org/pdf/{identity}"
    return [
        f"- **{title}**  ",
        *([f"  {under}  "] if under else []),
        "  Ada Lovelace, Alan Turing  ",
        f"  [{identity}](https://arxiv.org/abs/{identity}) · {days}",
        "",
        f"  - 词错误率降低 9.3%。（[p.5]({pdf}#page=5)）",
        f"  - 更快。（[p.3]({pdf}#page=3)）",
        "",
    ]


def test_findings_are_verified_and_no_limits_while_there_are_results():
    assert [found.text for found in findings(entry())] == ["词错误率降低 9.3%。", "更快。"]
    unsure = (
        claim("存疑 1。", support=0.2),
        claim("修正 2。", state="repaired"),
        claim("原句 3。", state="quoted"),
    )
    reading = replace(breakdown(), results=unsure)
    assert [found.text for found in findings(entry(breakdown=reading))] == ["甲。"]
    assert findings(entry(breakdown=None)) == []


def test_a_local_paper_links_to_its_pdf_and_has_a_category_of_its_own():
    text = weekly("2026-W04", [(HEADING, [entry(paper=LOCAL, translation=None)])])
    assert "## 其他（1 篇）" in text
    assert "[PDF](../../papers/local-abababababababab.pdf)" in text
    assert "tags: [arxiv]" in text


def test_titles_are_escaped():
    paper = replace(PAPER, title="A [link](x) {{ site }} <script> $x_1$ https://a.example/b")
    text = weekly("2026-W04", [(HEADING, [entry(paper=paper)])])
    assert r"- **A \[link\](x) &#123;&#123; site &#125;&#125; &lt;script&gt; $x_1$ <https" in text


CATEGORY = 'x]: {a: "b'


@pytest.mark.parametrize(
    ("form", "front"),
    [
        ("jekyll", {"layout": "post", "render_with_liquid": False}),
        ("hugo", {"date": datetime(2026, 1, 23, tzinfo=timezone(timedelta(hours=8)))}),
        ("obsidian", {"date": date(2026, 1, 23)}),
    ],
)
def test_a_week_has_the_front_matter_of_its_form_whatever_a_category_holds(form, front):
    odd = replace(PAPER, categories=(CATEGORY,))
    text = weekly("2026-W04", [(ANNOUNCED, [entry(paper=odd)])], Style(form))
    read = yaml.safe_load(text.split("---\n")[1])
    tag = "x-a-b" if form == "obsidian" else CATEGORY
    title = "arXiv Daily – 2026-W04"
    assert read == {"title": title, "tags": ["arxiv", tag], **front}


def test_a_week_is_written_in_the_dialect_of_its_form():
    paper = replace(PAPER, title="Learning $x_1$ & more")
    days = [(HEADING, [entry(paper=paper)])]
    github, hugo = (weekly("2026-W04", days, Style(form)) for form in ("github", "hugo"))
    assert github.startswith("# arXiv Daily – 2026-W04\n\n标签：arxiv、cs.SD\n\n以下为")
    assert "- **Learning $`x_1`$ &amp; more**" in github
    assert r"- **Learning \\(x_1\\) &amp; more**" in hugo
    assert "[2026-01-23](../../2026-01-23-arxiv-daily/)" in hugo


def test_a_weekly_template_of_the_lab_goes_before_ours(tmp_path):
    mine = '{% extends "digest/weekly.md.j2" %}{% block front %}# {{ week }}\n{% endblock %}'
    (tmp_path / "weekly.md.j2").write_text(mine)
    text = weekly("2026-W04", [(HEADING, [entry()])], Style("jekyll", tmp_path))
    assert text.startswith("# 2026-W04\n以下为 2026 年")
    (tmp_path / "weekly.md.j2").write_text("\n{{ nothing }}")
    with pytest.raises(ConfigError, match=r"weekly\.md\.j2:2: UndefinedError"):
        weekly("2026-W04", [(HEADING, [entry()])], Style("jekyll", tmp_path))


def test_a_week_without_days_is_no_week():
    with pytest.raises(ValueError, match="no day of 2026-W04"):
        weekly("2026-W04", [])
