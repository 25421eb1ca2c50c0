import pytest
from rich.cells import cell_len
from rich.text import Text

from digest.cli.wrapping import block, cut, wrap

TEXT = (
    "我们在 llama.cpp 中测量了这个方案（共 12 个输入），"
    "比 CTranslate2 快 3.51 倍。〔译自原句〕（p.1、p.2）"
)


def lines(text, width):
    return [line.plain for line in wrap(Text(text), width)]


def test_a_line_ends_between_any_two_characters_but_not_before_a_closing_mark():
    assert lines("甲乙丙，丁", 6) == ["甲乙", "丙，丁"]
    assert lines("甲乙（丙）丁", 6) == ["甲乙", "（丙）", "丁"]
    assert lines("在 llama.cpp 中测量", 12) == ["在 llama.cpp", "中测量"]
    assert lines("完成。〔译自原句〕", 12) == ["完成。", "〔译自原句〕"]


@pytest.mark.parametrize("width", [2, 20, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_lost(width):
    shown = lines(TEXT, width)
    assert max(map(cell_len, shown)) <= width + (2 if width == 2 else 0)
    assert "".join(shown).replace(" ", "") == TEXT.replace(" ", "")
    assert not any(line[:1] in set("，。、）〕") for line in shown if width > 10)


def test_a_word_that_is_wider_is_cut():
    assert lines("a " + "x" * 25, 10) == ["a", "x" * 10, "x" * 10, "x" * 5]
    assert lines("", 10) == [""]


def test_styles_stay_where_they_were():
    [first, second] = wrap(Text.assemble("甲乙", ("丙丁", "bold")), 6)
    assert (first.plain, second.plain) == ("甲乙丙", "丁")
    assert [(span.start, span.end) for span in first.spans] == [(2, 3)]


def test_a_block_is_indented_and_a_cut_has_an_ellipsis():
    assert [line.plain for line in block(Text("甲乙丙丁"), 6, "- ")] == ["- 甲乙", "  丙丁"]
    assert [line.plain for line in block(Text("甲乙丙"), 6, "> ", "> ")] == ["> 甲乙", "> 丙"]
    assert cut(Text("甲乙丙丁"), 6).plain == "甲乙…"
    assert cut(Text("甲乙"), 6).plain == "甲乙"
