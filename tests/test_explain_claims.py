from dataclasses import replace

import pytest

from digest.explain.claims import Sources, problems, unsupported
from digest.records import Claim, Evidence
from tests.conftest import document

TEXTS = (
    "Human ratings are expensive and time-consuming to acquire in sufficient quantity.",
    "The input module transforms the spectrogram with a convolutional encoder.",
    "Median aggregation lowers the error of beat tracking by 9.3% on SALAMI.",
    "The network was trained for 250 epochs on the corpus of all recordings.",
)
PAPER = document(*TEXTS)
KNOWN = Sources(PAPER, "The abstract says so.")


def claim(text, number):
    sentence = PAPER.sentences[number - 1]
    cited = Evidence("sentence", sentence.id, sentence.page, sentence.text)
    return Claim("", text, (cited,), "verified")


def test_a_claim_that_holds_has_no_problem():
    assert problems(claim("中位数聚合使 SALAMI 上节拍跟踪的误差降低 9.3%。", 3), KNOWN) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("中位数聚合使 SALAMI 上的误差降低 9.4%。", "number"),
        ("中位数聚合使 TIMIT 上的误差降低 9.3%。", "name"),
        ("中位数聚合使 SALAMI 上的误差提高 9.3%。", "direction"),
        ("中位数聚合使 SALAMI 上的召回率降低 9.3%。", "metric"),
        ("中位数聚合使 SALAMI 上的误差降低 9.3 个百分点。", "number"),
        ("中位数聚合没有使 SALAMI 上的误差降低 9.3%。", "negation"),
    ],
)
def test_what_is_not_held_is_named(text, kind):
    assert kind in {fault.kind for fault in unsupported(claim(text, 3))}


def test_a_claim_that_is_another_sentences_is_found():
    wrong = claim("获取足够数量的人工评分昂贵且耗时。", 2)
    assert problems(wrong, KNOWN)[-1] == "says what s1 says, which it does not cite"


def test_a_quote_must_stand_where_it_says():
    good = claim("获取足够数量的人工评分昂贵且耗时。", 1)
    for wrong in ({"page": 9}, {"id": "s2"}, {"quote": "Ratings are cheap."}):
        moved = replace(good, evidence=(replace(good.evidence[0], **wrong),))
        assert any("which does not say so" in problem for problem in problems(moved, KNOWN))
    assert problems(replace(good, evidence=()), KNOWN) == ["cites nothing"]


def test_a_sentence_in_its_own_language_must_be_that_sentence():
    own = replace(claim(TEXTS[2], 3), how="original")
    assert problems(own, KNOWN) == []
    changed = replace(own, text=own.text.replace("9.3", "9.4"))
    assert problems(changed, KNOWN) == [
        "form another text than the sentence's is not held by what it cites"
    ]


def test_of_another_language_the_numbers_are_verified():
    good = claim("Die Median-Aggregation senkt den Fehler auf SALAMI um 9.3 %.", 3)
    assert problems(good, KNOWN, chinese=False) == []
    wrong = replace(good, text=good.text.replace("9.3", "9.4"))
    assert problems(wrong, KNOWN, chinese=False) == ["number 9.4 % is not held by what it cites"]


def test_an_abstract_can_be_cited_where_there_is_no_document():
    known = Sources(None, "Ratings are slow. They are dear.")
    assert known.holds(Evidence("sentence", "a2", 0, "They are dear."))
    assert not known.holds(Evidence("sentence", "a2", 1, "They are dear."))
