from dataclasses import replace
from datetime import UTC, datetime

import pytest
import yaml

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
    leaves,
)
from digest.render.post import FORMS, Entry, Heading, Style, coverage, paper_file, post
from tests.conftest import document

HEADING = Heading("arXiv Daily", "2026-01-23", ("samples",), ("cs.SD", "eess.AS"))
PAPER = Paper(
    ArxivId.parse("2601.16158v1"),
    title="Keyword *Spotting*",
    authors=("Ada Lovelace", "Alan Turing"),
    abstract="An abstract.",
    categories=("cs.SD", "cs.LG"),
)
MADE = MadeBy("fake", "1")
WHEN = datetime(2026, 1, 23, 0, 50, tzinfo=UTC)


def claim(text, page=3, state="verified", label="", children=()):
    evidence = (Evidence("sentence", "s1", page, "q"),) if text else ()
    return Claim(label, text, evidence, state, children)


def translation(text="译文。", kept=False):
    sentence = TranslatedSentence("An abstract.", text, {"numbers": True}, kept=kept)
    return Translation("An abstract.", "zh-Hans", text, (sentence,), {"numbers": True}, MADE)


def breakdown(text_used="full"):
    problem = (
        claim("", label="研究背景", children=(claim("甲。"), claim("乙。", state="quoted"))),
    )
    method = (claim("丙。", page=4, state="repaired", label="核心思路"),)
    dropped = (Dropped("丁。", "number 5"),)
    return Breakdown(problem, method, (), text_used, dropped, MADE)


def entry(**parts):
    whole = {
        "paper": PAPER,
        "document": document(),
        "translation": translation(),
        "breakdown": breakdown(),
    }
    return Entry(**{**whole, **parts})


def test_the_block_of_a_paper_has_the_form_of_the_reference():
    lines = post(HEADING, [entry()]).splitlines()
    start = lines.index(r"## Keyword \*Spotting\*")
    assert lines[:5] == [
        "---",
        "layout: post",
        'title: "arXiv Daily – 2026-01-23"',
        "tags: [arxiv, cs.SD]",
        "render_with_liquid: false",
    ]
    assert lines[start + 1 :] == [
        "- **Authors**: Ada Lovelace, Alan Turing",
        "- **Categories**: cs.SD, cs.LG",
        "- **arXiv**: [https://arxiv.org/abs/2601.16158v1](https://arxiv.org/abs/2601.16158v1)",
        "- **PDF**: [https://arxiv.org/pdf/2601.16158v1](https://arxiv.org/pdf/2601.16158v1)",
        "",
        "译文。",
        "",
        "<details>",
        "<summary>详细解读</summary>",
        "",
        '<div markdown="1">',
        "",
        "1) **研究背景与既有方法的问题**",
        "- **研究背景**：  ",
        "  - 甲。（[p.3](https://arxiv.org/pdf/2601.16158v1#page=3)）  ",
        "  - 乙。〔译自原句〕（[p.3](https://arxiv.org/pdf/2601.16158v1#page=3)）  ",
        "",
        "2) **论文的方法如何解决**",
        "- **核心思路**：丙。（[p.4](https://arxiv.org/pdf/2601.16158v1#page=4)）  ",
        "",
        "3) **任务与效果**",
        "- 原文中未找到可核对的内容。  ",
        "",
        "</div>",
        "",
        "</details>",
        "",
        "---",
    ]


def test_coverage_counts_papers_and_claims():
    english = translation(kept=True)
    totals = coverage([entry(), entry(breakdown=None, errors=("extract",), translation=english)])
    assert totals == {
        "full": 1,
        "abstract": 0,
        "none": 0,
        "failed": 1,
        "skipped": 0,
        "claims": 3,
        "verified": 1,
        "repaired": 1,
        "quoted": 1,
        "dropped": 1,
        "sentences": 2,
        "sentences_repaired": 0,
        "sentences_kept": 1,
    }
    assert [c.text for c in leaves(breakdown())] == ["甲。", "乙。", "丙。"]


def test_what_was_read_is_said():
    scanned = replace(document(), text_quality="scanned")
    text = post(HEADING, [entry(document=scanned, breakdown=breakdown("abstract"))])
    assert "> 以下解读仅依据摘要，并非论文全文：PDF 是扫描图像，没有文字层。" in text
    unread = post(HEADING, [entry(document=None, breakdown=breakdown("none"))])
    assert "> 没有解读：PDF 无法读取，也没有摘要。" in unread
    assert "<details>" not in unread


def test_an_untranslated_abstract_is_marked():
    text = post(HEADING, [entry(translation=None, errors=("translate",))])
    assert "An abstract." in text
    assert "> 摘要翻译失败（详见 digest status）。" in text
    assert "> 摘要未翻译，以上为英文原文。" in text
    assert "> 摘要中有 1 句未能可靠翻译" in post(
        HEADING, [entry(translation=translation(kept=True))]
    )


def test_a_local_paper_links_to_its_own_pdf():
    local = Paper(LocalId.parse("local:" + "ab" * 32), title="T")
    text = post(HEADING, [entry(paper=local)])
    assert "(../papers/local-abababababababab.pdf#page=3)" in text
    assert "arxiv.org" not in text


def test_file_names_hold_no_slash():
    assert paper_file(ArxivId.parse("quant-ph/0201082v1")) == "quant-ph_0201082v1.pdf"


def test_template_language_in_a_title_is_text():
    text = post(HEADING, [entry(paper=replace(PAPER, title="{{ 7*7 }} <script>"))])
    assert r"## &#123;&#123; 7\*7 &#125;&#125; &lt;script&gt;" in text


def test_a_translated_title_stands_below_the_original():
    made = replace(translation(), title="关键词*检测*")
    lines = post(HEADING, [entry(translation=made)]).splitlines()
    start = lines.index(r"## Keyword \*Spotting\*")
    assert lines[start + 1] == r"- **标题**: 关键词\*检测\*"


def test_traditional_characters_but_for_links_names_and_titles():
    paper = replace(PAPER, id=LocalId("0" * 64), title="语音 Title", authors=("张伟语",))
    # What is 程序 there is 进程 here: converted twice it would be another word.
    made = replace(translation("這個軟體識別語音程序。"), target="zh-Hant")
    text = post(HEADING, [entry(paper=paper, translation=made)])
    assert "\n這個軟體識別語音程序。\n" in text
    assert "詳細解讀" in text
    assert "## 语音 Title" in text
    assert "张伟语" in text
    assert f"](../papers/{paper_file(paper.id)})" in text
    assert "详细" not in text


def lines_of(form, **parts):
    return post(HEADING, [entry(**parts)], Style(form)).splitlines()


def test_hugo_has_a_date_and_no_html():
    lines = lines_of("hugo")
    assert lines[:5] == [
        "---",
        'title: "arXiv Daily – 2026-01-23"',
        "date: 2026-01-23",
        "tags: [arxiv, cs.SD]",
        "---",
    ]
    start = lines.index("### 详细解读")
    assert lines[start + 1 : start + 4] == [
        "",
        r"1\) **研究背景与既有方法的问题**",
        "- **研究背景**：  ",
    ]
    assert not [line for line in lines if line.startswith("<")]


def test_hugo_takes_the_first_moment_of_the_day_in_the_zone_of_the_window():
    window = Window(WHEN, WHEN, "08:50", "Asia/Shanghai")
    covered = Coverage(window, "fresh", ("2026-01-23",), 1, new=1, cross=0, late=0)
    text = post(replace(HEADING, coverage=covered), [entry()], Style("hugo"))
    assert "\ndate: 2026-01-23T00:00:00+08:00\n" in text


def test_obsidian_has_properties_and_a_folded_callout():
    lines = lines_of("obsidian")
    assert lines[:7] == [
        "---",
        'title: "arXiv Daily – 2026-01-23"',
        "date: 2026-01-23",
        "tags:",
        "  - arxiv",
        "  - cs/SD",
        "---",
    ]
    start = lines.index("> [!note]- 详细解读")
    assert lines[start + 1 : start + 5] == [
        ">",
        r"> 1\) **研究背景与既有方法的问题**",
        "> - **研究背景**：  ",
        ">   - 甲。（[p.3](https://arxiv.org/pdf/2601.16158v1#page=3)）  ",
    ]
    assert lines[-3:] == ["> - 原文中未找到可核对的内容。  ", "", "---"]


def test_github_has_a_title_in_place_of_front_matter():
    lines = lines_of("github")
    assert lines[:4] == ["# arXiv Daily – 2026-01-23", "", "标签：arxiv、cs.SD", ""]
    start = lines.index("<details>")
    assert lines[start + 1 : start + 4] == [
        "<summary>详细解读</summary>",
        "",
        r"1\) **研究背景与既有方法的问题**",
    ]
    assert '<div markdown="1">' not in lines


@pytest.mark.parametrize("form", FORMS)
def test_a_paper_without_a_reading_has_no_empty_lines_too_many(form):
    text = post(HEADING, [entry(breakdown=None)], Style(form))
    assert text.endswith("\n\n译文。\n\n---\n")


@pytest.mark.parametrize("form", ["jekyll", "hugo", "obsidian"])
def test_a_title_cannot_break_the_front_matter(form):
    heading = replace(HEADING, title='a "b" \\ {{c}}\n---\n# [d]: \x00x', categories=())
    paper = replace(PAPER, categories=("no", "x], y: z"))
    text = post(heading, [entry(paper=paper)], Style(form))
    front = yaml.safe_load(text.split("---\n")[1])
    assert front["title"] == 'a "b" \\ {{c}} --- # [d]: x – 2026-01-23'
    assert front["tags"][1:] in (["no", "x], y: z"], ["no", "x-y-z"])


def test_a_bullet_without_a_label_has_no_empty_one():
    lines = lines_of("jekyll", breakdown=replace(breakdown(), problem=(claim("甲。"),)))
    assert "- 甲。（[p.3](https://arxiv.org/pdf/2601.16158v1#page=3)）  " in lines
