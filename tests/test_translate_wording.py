"""From answers to sentences and paragraphs."""

import pytest

from digest.records import TranslatedSentence
from digest.translate.languages import LANGUAGES
from digest.translate.wording import joined, normalise

CHINESE = LANGUAGES["zh-Hans"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("翻译：模型有效", "模型有效。"),
        ("“模型有效。”", "模型有效。"),
        ("模型\n有效.", "模型有效。"),
        ("模型有效。\n\n须原样保留：94%", "模型有效。"),
        ("每年 17.9 million 人死亡。", "每年 1790 万人死亡。"),
        ("共有1.5 billion个参数。", "共有 15 亿个参数。"),
        ("The model works.", "The model works."),
        ("", ""),
        ("模型有效。\n术语：model = 模型", "模型有效。"),
        ("模型有效", "模型有效。"),
        ("模型確實有效", "模型确实有效。"),
    ],
)
def test_normalise(answer: str, expected: str) -> None:
    assert normalise("The model works.", answer, CHINESE) == expected


def test_a_german_sentence_keeps_its_marks() -> None:
    assert normalise("Does it work?", "Funktioniert es", LANGUAGES["de"]) == "Funktioniert es?"
    assert normalise("It works.", "Es funktioniert.", LANGUAGES["de"]) == "Es funktioniert."


def test_what_stays_in_english_is_marked() -> None:
    made = [
        TranslatedSentence("It works.", "它有效。", {}),
        TranslatedSentence("It does.", "It does.", {}, kept=True),
    ]
    assert joined(made, CHINESE) == "它有效。〔原文〕It does."
    assert joined(made[:1] * 2, LANGUAGES["ko"]) == "它有效。 它有效。"


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ("不使用推理，以提升能力。数据集 = 数据集；推理 = 推理。", "不使用推理，以提升能力。"),
        (
            "STaR 在 CommonsenseQA 上相当。STaR、CommonsenseQA、30×。",
            "STaR 在 CommonsenseQA 上相当。",
        ),
        ("我们用 A、B 和 C。", "我们用 A、B 和 C。"),
        ("STaR、30×。", "STaR、30×。"),
    ],
)
def test_what_a_model_was_told_is_no_part_of_its_answer(answer, kept):
    source = "STaR matches a 30× larger model on CommonsenseQA, with A, B and C."
    assert normalise(source, answer, LANGUAGES["zh-Hans"]) == kept


def test_an_equation_of_the_source_stays():
    answer = "我们令 n = 3。n = 3；k = 4。"
    assert normalise("We set n = 3, k = 4.", answer, LANGUAGES["zh-Hans"]) == answer
