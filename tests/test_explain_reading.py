from dataclasses import replace

import pytest

from digest.explain.reading import Explainer, readable_text
from digest.explain.writers import Manner
from digest.records import (
    ArxivId,
    Paper,
    Section,
    Sentence,
    TranslatedSentence,
    leaves,
)
from digest.words.terms import Glossary, Term
from tests.conftest import FakeEngine, FakeQuotes, document

PAPER = Paper(
    ArxivId.parse("2601.00001v1"),
    title="Keyword spotting",
    abstract="Keyword spotting fails in noise. We propose a filter that reaches 94% at -10 dB.",
)
FINDING = "Our framework achieves an accuracy of 99.63% on the clean data of the benchmark."
FILLER = (
    "The history of the subject is long and has many sides that are told at another place.",
    "Several authors have described the matter at length in books of various sizes and ages.",
)


def long_paper(*texts):
    """The texts as results, after enough of a background that answers no question."""
    placed = [*((0, text) for text in texts), *((1, text) for text in FILLER * 6)]
    sentences = tuple(Sentence(f"s{n}", s, n, text, ()) for n, (s, text) in enumerate(placed, 1))
    sections = (Section("Results", 1, "results", 1), Section("Past", 1, "background", 1))
    return replace(document(), sections=sections, sentences=sentences)


def explainer(answer, translate=None):
    def as_quoted(sentences):
        return [TranslatedSentence(s, "论文的框架在基准上达到 99.63%。", {}) for s in sentences]

    def of_filler(text):
        return "" if any(each in text for each in FILLER) else answer(text)

    return Explainer(FakeEngine(of_filler), FakeQuotes(translate or as_quoted), 1200)


def reading(answer, text=FINDING, translate=None):
    return explainer(answer, translate).explain(PAPER, long_paper(text))


def bullets(breakdown):
    """What was written of the texts that matter."""
    return [leaf for leaf in leaves(breakdown) if leaf.evidence[0].quote not in FILLER]


def lost(breakdown):
    """What was dropped, but for the filling."""
    return [each for each in breakdown.dropped if each.text]


def test_a_true_bullet_is_published_with_its_sentence_and_page():
    [claim] = bullets(reading(lambda text: "论文的框架准确率达到 99.63%。"))
    assert (claim.label, claim.state) == ("主要结果", "verified")
    [evidence] = claim.evidence
    assert (evidence.id, evidence.page, evidence.quote) == ("s1", 1, FINDING)


def test_a_wrong_number_is_asked_for_again_with_the_fault_named():
    asked = []

    def answer(text):
        asked.append(text)
        return "准确率为 99.63%，表现稳定。" if "99.36" in text else "准确率为 99.36%，表现稳定。"

    [claim] = bullets(reading(answer))
    assert (claim.text, claim.state) == ("准确率为 99.63%，表现稳定。", "repaired")
    assert len(asked) == 2  # its samples are one question to the engine
    assert "不要写原文没有的数字 99.36%" in asked[1]


def test_a_faulty_clause_is_cut_when_asking_again_does_not_help():
    [claim] = bullets(reading(lambda text: "论文的框架准确率达到 99.63%，优于 MCUNet。"))
    assert (claim.text, claim.state) == ("论文的框架准确率达到 99.63%。", "repaired")


def test_what_cannot_be_mended_is_replaced_by_the_translated_sentence():
    [claim] = bullets(reading(lambda text: "准确率为 12.3%。"))
    assert (claim.text, claim.state) == ("论文的框架在基准上达到 99.63%。", "quoted")
    assert claim.evidence[0].quote == FINDING


def _kept(sentences):
    """A translator that gives up on every sentence."""
    return [TranslatedSentence(s, s, {}, kept=True) for s in sentences]


PLAIN = "We propose a framework that adapts the model to new domains on the device itself."


def test_what_cannot_be_quoted_either_is_dropped_and_named():
    breakdown = reading(lambda text: "准确率为 12.3%，错了。", text=PLAIN, translate=_kept)
    assert bullets(breakdown) == []
    [dropped] = lost(breakdown)
    assert "12.3" in dropped.reason


def test_a_result_in_figures_stands_in_its_own_words_where_no_translation_holds():
    [claim] = bullets(reading(lambda text: "准确率为 12.3%，错了。", translate=_kept))
    assert (claim.text, claim.state, claim.how) == (FINDING, "quoted", "original")


def test_a_quotation_is_checked_as_well():
    def wrong(sentences):
        return [TranslatedSentence(s, "论文的框架在基准上达到 98.63%。", {}) for s in sentences]

    [claim] = bullets(reading(lambda text: "准确率为 12.3%，错了。", translate=wrong))
    assert claim.how == "original"


def german(translate):
    made = Explainer(
        FakeEngine(lambda text: "nie gefragt"),
        FakeQuotes(translate),
        1200,
        manner=Manner("quote", "de"),
    )
    return made.explain(PAPER, long_paper(FINDING, PLAIN)), made


def test_in_another_language_the_sentences_are_quoted_in_translation():
    def in_german(sentences):
        return [TranslatedSentence(s, f"Deutsch: {s}", {}) for s in sentences]

    breakdown, made = german(in_german)
    found = {claim.text: claim for claim in bullets(breakdown)}
    assert set(found) == {f"Deutsch: {FINDING}", f"Deutsch: {PLAIN}"}
    assert {(claim.state, claim.how) for claim in found.values()} == {("quoted", "quoted")}
    assert "Wichtigste Ergebnisse" in {claim.label for claim in breakdown.results}
    assert made.made_by.options["language"] == "de"
    assert made.made_by.options["mode"] == "quote"


def test_what_no_translation_holds_of_is_dropped_but_for_figures():
    breakdown, _ = german(_kept)
    [claim] = bullets(breakdown)
    assert (claim.text, claim.how) == (FINDING, "original")
    assert {each.reason for each in breakdown.dropped} == {"form no translation holds"}


def test_a_thin_result_is_published_rather_than_nothing():
    [claim] = bullets(reading(lambda text: "论文的框架在干净数据上准确率很高。"))
    assert claim.text == "论文的框架在干净数据上准确率很高。"


@pytest.mark.parametrize("quality", ["garbage", "scanned", "damaged", "empty"])
def test_an_unreadable_text_is_never_read(quality):
    unreadable = replace(long_paper(FINDING), text_quality=quality)
    used, text = readable_text(PAPER, unreadable)
    assert used == "abstract"
    assert [(s.id, s.page) for s in text.sentences] == [("a1", 0), ("a2", 0)]


def test_an_abstract_is_cited_as_an_abstract():
    breakdown = explainer(lambda text: "论文提出一种滤波器，在 -10 dB 下达到 94%。").explain(
        PAPER, None
    )
    assert breakdown.text_used == "abstract"
    assert {e.page for claim in bullets(breakdown) for e in claim.evidence} == {0}


def test_without_text_and_abstract_there_is_no_reading():
    nothing = replace(PAPER, abstract="")
    breakdown = explainer(lambda text: "没有。").explain(nothing, None)
    assert (breakdown.text_used, bullets(breakdown)) == ("none", [])


def test_the_provenance_names_model_prompt_and_recipe():
    made = explainer(lambda text: "").made_by
    assert (made.engine, made.model, made.options["mode"]) == ("fake", "fake-1", "compress")
    assert len(made.prompt_sha256) == 64
    assert "/recipe-" in made.version


def test_terms_that_are_known_to_go_wrong_are_mended():
    glossary = Glossary([Term("phone error rate", "音素错误率", wrong=("电话错误率",))])
    text = "Our framework achieves a phone error rate of 9.63% on the clean data of the benchmark."
    said = "论文的框架在 MSA（多序列比对）上的电话错误率为 9.63%。"
    writes = FakeEngine(lambda asked: said if "MSA" in asked else "")

    tool = Explainer(writes, FakeQuotes(), 1200, glossary)
    assert tool.made_by != Explainer(writes, FakeQuotes(), 1200).made_by
    [claim] = bullets(tool.explain(PAPER, long_paper(text + " It is measured on MSA.")))
    assert claim.text == "论文的框架在 MSA 上的音素错误率为 9.63%。"
