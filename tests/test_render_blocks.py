from dataclasses import replace

from digest.records import ORIGINAL, ArxivId
from digest.render.blocks import abs_url, abstract, cited, parts, pdf_url, plain, title
from digest.render.html import paper_html
from digest.render.post import post
from tests.posts import HEADING, LOCAL, PAPER, breakdown, claim, entry, translation


def test_what_cannot_be_seen_is_taken_out():
    assert plain("\x1b[31mred\x1b[0m\x07 a\u202eb\u200bc\nd\ud800") == "[31mred [0m abcd".replace(
        "abcd", "abc d"
    )
    assert plain("$x_1$ 中文 é 👩‍💻") == "$x_1$ 中文 é 👩‍💻"


def test_a_reading_has_three_parts_whose_lines_say_where_from():
    problem, method, results = parts(entry())
    assert [part.title for part in (problem, method, results)] == [
        "研究背景与既有方法的问题",
        "论文的方法如何解决",
        "任务与效果",
    ]
    [heading] = problem.lines
    assert (heading.label, heading.text, heading.pages) == ("研究背景", "", ())
    assert [(c.text, c.marks, c.pages) for c in heading.children] == [
        ("甲。", "", (3,)),
        ("乙。", "〔译自原句〕", (3,)),
    ]
    assert method.lines[0].pages == (4,)


def test_a_doubted_claim_is_marked_and_a_child_shows_no_label():
    doubted = claim("甲。", label="不显示", support=0.2)
    reading = replace(breakdown(), problem=(claim("", doubted, label="研究背景"),))
    [line] = parts(entry(breakdown=reading))[0].lines
    assert (line.children[0].label, line.children[0].marks) == ("", "〔存疑〕")


def test_a_sentence_in_its_own_language_is_no_translation_in_any_form():
    original = claim("It is faster.", state="quoted", how=ORIGINAL, page=0, label="结论")
    shown = entry(breakdown=replace(breakdown(), problem=(original,), method=(), results=()))
    assert parts(shown)[0].lines[0].marks == "〔原文〕"
    said = "It is faster.〔原文〕（摘要）"
    assert said in post(HEADING, [shown])
    assert said in paper_html(shown, HEADING, "../papers")


def test_pages_are_named_in_order_and_the_abstract_is_none():
    assert cited((0, 3, 12)) == "（摘要、p.3、p.12）"
    assert cited((0, 3), "<{}>".format) == "（摘要、<3>）"
    assert cited(()) == ""


def test_without_a_reading_there_are_no_parts():
    assert parts(entry(breakdown=None)) == []
    assert parts(entry(breakdown=replace(breakdown(), text_used="none"))) == []


def test_our_own_words_are_in_traditional_characters_where_the_abstract_is():
    shown = entry(translation=translation("譯文。", target="zh-Hant"))
    assert parts(shown)[0].title == "研究背景與既有方法的問題"
    assert parts(shown)[2].lines[0].children[0].text == "詞錯誤率降低 9.3%。"
    assert abstract(shown) == "譯文。"


def test_absent_pieces_have_something_in_their_place():
    bare = entry(paper=replace(PAPER, title="", abstract=""), translation=None)
    assert title(bare.paper) == "2601.16158v2.pdf"
    assert abstract(bare) == "（没有摘要）"


def test_links_lead_to_arxiv_or_to_the_homes_own_pdf():
    old = ArxivId.parse("quant-ph/0201082v1")
    assert abs_url(old) == "https://arxiv.org/abs/quant-ph/0201082v1"
    assert pdf_url(old, "../papers") == "https://arxiv.org/pdf/quant-ph/0201082v1"
    assert abs_url(LOCAL.id) == ""
    assert pdf_url(LOCAL.id, "../papers") == "../papers/local-abababababababab.pdf"
    assert pdf_url(LOCAL.id, "") == ""
