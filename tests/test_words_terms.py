"""Glossaries, and the abbreviations that a text defines."""

import pytest

from digest.errors import ConfigError
from digest.words.terms import (
    Abbreviation,
    Glossary,
    Term,
    abbreviations,
    glossed,
    guessed_expansions,
    merged,
    parse_glossary,
    without_made_up_expansions,
)

FILE = """
"beam search" = "束搜索"
"phone error rate" = { zh = "音素错误率", abbr = "PER", wrong = ["电话错误率"], also = ["音素误"] }
"speech recognition" = { ja = "音声認識" }
"""


def test_a_file_gives_the_terms_of_a_language() -> None:
    assert parse_glossary(FILE, "zh") == [
        Term("beam search", "束搜索"),
        Term("phone error rate", "音素错误率", "PER", ("音素误",), ("电话错误率",)),
    ]
    assert parse_glossary(FILE, "ja") == [Term("speech recognition", "音声認識")]


@pytest.mark.parametrize(
    "text",
    [
        "beam search = 束",
        '"a" = 3',
        '"a" = { zh = 3 }',
        '"a" = { zhh = "x" }',
        '"a" = { zh = "x", wrong = "y" }',
    ],
)
def test_a_file_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match=r"my\.toml") as caught:
        parse_glossary(text, "zh", "my.toml")
    assert "译名" in str(caught.value.hint)


def test_a_lab_replaces_and_takes_out() -> None:
    starter = parse_glossary(FILE, "zh")
    own = [Term("Beam Search", "集束搜索"), Term("phone error rate", "")]
    glossary = merged(starter, own)
    assert [term.translation for term in glossary.of("beam searches; phone error rate")] == [
        "集束搜索"
    ]


def test_terms_are_found_longest_first_in_any_form() -> None:
    glossary = Glossary(
        [Term("language model", "语言模型"), Term("large language model", "大语言模型")]
    )
    found = glossary.of("Large-language models differ from a language model, not languages.")
    assert [term.english for term in found] == ["large language model", "language model"]
    assert glossary.missing("a large language model", "一个语言模型") != []
    assert glossary.missing("a large language model", "一个大语言模型") == []
    assert Glossary().of("anything") == []


def test_a_known_wrong_name_is_replaced_only_for_its_term() -> None:
    glossary = Glossary(parse_glossary(FILE, "zh"))
    assert glossary.mended("The phone error rate", "电话错误率") == "音素错误率"
    assert glossary.mended("The error rate of a phone", "电话错误率") == "电话错误率"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We use word error rate (WER).", [("word error rate", "WER")]),
        ("large language models (LLMs) and GPUs (fast)", [("large language models", "LLMs")]),
        ("Chain-of-Thought (CoT) prompting", [("Chain-of-Thought", "CoT")]),
        ("It ends. The (NASA) mission", []),
        ("signal-to-noise ratio (SNR; in dB)", [("signal-to-noise ratio", "SNR")]),
        ("the GPU (GPU)", []),
        ("results on 3 sets (Table 2)", []),
    ],
)
def test_abbreviations_are_found(text: str, found: list[tuple[str, str]]) -> None:
    assert abbreviations(text) == [Abbreviation(*pair) for pair in found]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("使用词错误率（WER）。", "使用词错误率（word error rate，WER）。"),
        ("使用词错误率（简称 WER）。", "使用词错误率（word error rate，WER）。"),
        ("使用词错误率（word error rate，WER）。", "使用词错误率（word error rate，WER）。"),
        ("使用词错误率（Word Error Rate, WER）。", "使用词错误率（word error rate，WER）。"),
        ("使用 WER。", "使用 WER。"),
    ],
)
def test_a_first_mention(target: str, expected: str) -> None:
    assert glossed(target, Abbreviation("word error rate", "WER"), None) == expected


def test_guesses_are_taken_out_or_told() -> None:
    glossary = Glossary([Term("word error rate", "词错误率", "WER")])
    source = "We align MSA by WER."
    assert without_made_up_expansions(source, "对齐 MSA（多序列比对）。", glossary) == "对齐 MSA。"
    assert without_made_up_expansions(source, "WER（词错误率）", glossary) == "WER（词错误率）"
    assert guessed_expansions(source, "多序列比对（MSA）与词错误率（WER）", glossary) == ["MSA"]
    assert guessed_expansions("modern art (MSA)", "现代艺术（MSA）", glossary) == []


def test_a_name_that_is_right_for_another_term_stays() -> None:
    glossary = Glossary(
        [
            Term("word error rate", "词错误率", "WER", wrong=("字错误率",)),
            Term("character error rate", "字错误率", "CER"),
        ]
    )
    both = "The word error rate is 5% and the character error rate 2%."
    target = "词错误率为 5%，字错误率为 2%。"
    assert glossary.mended(both, target) == target
    assert glossary.mended("The word error rate is 5%.", "字错误率为 5%。") == "词错误率为 5%。"


def test_a_wrong_name_before_its_short_form_is_replaced() -> None:
    glossary = Glossary([Term("mean absolute error", "平均绝对误差", "MAE", wrong=("均方误差",))])
    source = "the mean absolute error (MAE)"
    assert glossary.mended(source, "均方误差（MAE）") == "平均绝对误差（MAE）"


def test_a_short_form_is_a_word_of_its_own() -> None:
    term = Term("Gaussian process", "高斯过程", "GP")
    assert term.named("两个 GPs 的和")
    assert not term.named("在 GPU 上训练")


@pytest.mark.parametrize("text", ["microphone arrays", "KV caches", "surveys", "beam searches"])
def test_plurals_are_found(text: str) -> None:
    singular = {"surveys": "survey", "KV caches": "KV cache", "beam searches": "beam search"}
    glossary = Glossary([Term(singular.get(text, "microphone array"), "某")])
    assert len(glossary.of(f"We use {text} here.")) == 1


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("LibriSpeech, the English corpus, is used.", "使用 LibriSpeech（英语语料库）。"),
        ("CNN-based (supervised) models", "CNN（有监督的那一类）模型"),
        ("the clean WER is 5.1", "WER（干净）为 5.1"),
    ],
)
def test_what_the_source_says_of_a_name_is_no_guess(source: str, target: str) -> None:
    assert without_made_up_expansions(source, target, Glossary()) == target
