from dataclasses import replace

import pytest

from digest.records import Box, Breakdown, Claim, Evidence, MadeBy, Row, Table
from digest.site.claim import Places, parts
from tests.conftest import document

QUOTE = "Median aggregation lowers the error by 9.3% on 1,000 songs, and by 2% elsewhere."
CITED = Evidence("sentence", "s1", 3, QUOTE)


def reading(*claims):
    return Breakdown((), (), tuple(claims), "full", (), MadeBy("t", "1"))


def shown(claim, places=None):
    return parts(reading(claim), places or Places(None))[2][0]


def test_a_checked_number_is_marked_in_both():
    claim = shown(Claim("主要结果", "在 1000 首歌曲上误差降低 9.3%。", (CITED,), "verified"))
    assert claim.html == "在 <mark>1000</mark> 首歌曲上误差降低 <mark>9.3%</mark>。"
    [quote] = claim.quotes
    assert quote.numbers == ("9.3%", "1,000")
    assert [piece for piece, marked in quote.parts if marked] == ["9.3%", "1,000"]
    assert "".join(piece for piece, _ in quote.parts) == QUOTE


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        ("It has 1.5 billion parameters and reaches 3.51.", "有 15 亿参数。", ("1.5 billion",)),
        ("WER falls from 9.3% to 5.1% over 1,000 hours.", "词错误率降至 5.1%。", ("5.1%",)),
        ("An input, see Table 3.", "1 个输入，见表 3。", ("3",)),
        ("It is 5 here and 5 there.", "这里是 5。", ("5",)),
        ("Nothing.", "没有。", ()),
    ],
)
def test_numbers_are_those_of_both(source, text, found):
    claim = shown(Claim("", text, (Evidence("sentence", "s1", 1, source),), "verified"))
    assert claim.quotes[0].numbers == found


def test_a_number_that_another_sentence_backs_is_marked_there():
    other = Evidence("sentence", "s2", 4, "It has 12 layers.")
    claim = shown(Claim("", "共 12 层，误差降低 9.3%。", (CITED, other), "repaired"))
    assert [quote.numbers for quote in claim.quotes] == [("9.3%",), ("12",)]
    assert claim.html.count("<mark>") == 2
    assert claim.pages == [3, 4]


def test_every_claim_has_a_key_and_quotes_are_of_their_claim():
    child = Claim("", "误差降低 9.3%。", (CITED,), "verified")
    heading = Claim("主要结果", "", (), "verified", (child, child))
    found = shown(heading)
    assert [found.key, *(each.key for each in found.children)] == ["c1", "c2", "c3"]
    assert [each.quotes[0].key for each in found.children] == ["c2.0", "c3.0"]


def test_states_and_doubts_are_shown():
    assert shown(Claim("", "甲。", (CITED,), "quoted", how="original")).state == "original"
    assert shown(Claim("", "甲。", (CITED,), "quoted")).state == "quoted"
    assert shown(Claim("", "甲。", (CITED,), "verified", support=0.4)).doubted
    assert not shown(Claim("", "甲。", (CITED,), "verified", support=0.6)).doubted


def test_places_are_those_of_the_document():
    row = Row("t1.r1", ("a", "9.3"), Box(2, 0, 0, 50, 10))
    paper = replace(document("One."), tables=(Table("Table 1", 2, (row,)),))
    places = Places(paper)
    assert places.of(Evidence("row", "t1.r1", 2, "a | 9.3")) == (row.box,)
    assert places.of(Evidence("sentence", "s1", 1, "One.")) == paper.sentences[0].boxes
    assert places.of(Evidence("sentence", "a1", 0, "One.")) == ()
