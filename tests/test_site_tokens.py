"""What a text is found by."""

from collections import Counter

import pytest

from digest.site.tokens import singular, terms
from digest.words.folding import fold

CUT = [  # a text, its terms in the order in which they stand; static/terms.js is held to them too
    ("", []),
    (" ,.!?—…《》 ", []),
    ("Voice Conversion", ["voice", "conversion"]),
    ("wav2vec F0 e2e H2O", ["wav2vec", "f0", "e2e", "h2o"]),
    ("GPT-4", ["gpt", "gpt4", "4"]),
    ("text-to-speech", ["text", "textto", "to", "tospeech", "speech"]),
    ("pre\u2011trained", ["pre", "pretrained", "trained"]),
    ("10-20 kHz", ["10", "20", "khz"]),
    ("1.5B and 0.98, 1,000,000.5", ["1.5b", "and", "0.98", "1000000.5"]),
    ("1,2,3 2020,2021 Fig.3", ["1", "2", "3", "2020", "2021", "fig", "3"]),
    ("in 2026.The end.", ["in", "2026", "the", "end"]),
    ("arXiv:2601.16158v1", ["arxiv", "2601.16158v1", "2601.16158"]),
    ("cs.SD", ["cs", "sd"]),
    ("Grégoire Müller ＦＵＬＬ ﬁne", ["gregoire", "muller", "full", "fine"]),
    ("İstanbul ΣΟΦΟΣ β", ["istanbul", "σοφοσ", "β"]),
    ("models losses batches studies", ["model", "loss", "batch", "study"]),
    ("analysis bias", ["analysis", "bia"]),
    ("zero\u200bwidth so\u00adft \u202eright", ["zerowidth", "soft", "right"]),
    (r"$\alpha_1 x^2$ x₁", ["alpha", "alpha1", "1", "x", "2", "x1"]),
    ("语音转换", ["语", "语音", "音", "音转", "转", "转换", "换"]),
    ("語音。轉換", ["语", "语音", "音", "转", "转换", "换"]),
    ("用GPT-4做", ["用", "gpt", "gpt4", "4", "做"]),
    ("ガイド", ["カ", "カイ", "イ", "イト", "ト"]),
    ("𠀀𠀁", ["𠀀", "𠀀𠀁", "𠀁"]),
    ("<script>alert(1)</script>", ["script", "alert", "1", "script"]),
    ("a" * 60, ["a" * 40]),
    ("𐐀" * 41, ["𐐨" * 40]),
    ("__proto__ constructor", ["proto", "constructor"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CUT)
def test_terms(text, expected):
    assert terms(text) == Counter(expected)


def test_a_long_word_of_digits_and_hyphens_takes_no_long():
    assert terms("1" * 200_000) == Counter(["1" * 40])
    assert terms("a-" * 100_000)["aa"] == 99_999
    assert terms("1." * 50_000) == Counter([("1." * 20)])


def test_folding_is_idempotent():
    for text, _ in CUT:
        assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("networks", "network"), ("species", "specy"), ("boxes", "box"), ("modes", "mode"),
        ("goes", "goes"), ("class", "class"), ("corpus", "corpus"), ("this", "this"),
        ("gas", "gas"), ("gpts4", "gpts4"),
    ],
)  # fmt: skip
def test_singular(word, expected):
    assert singular(word) == expected
