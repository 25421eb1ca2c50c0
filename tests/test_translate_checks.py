"""Each check on a pair that passes and a pair that fails it."""

import pytest

from digest.generation import Completion
from digest.translate import checks
from digest.translate.languages import CHINESE_ONLY, LANGUAGES
from digest.words.terms import Glossary, Term

SOURCE = "We reach 94% accuracy at -10 dB with LogMel features, and it does not degrade on $x_1$."
GOOD = "我们用 LogMel 特征在 -10 dB 下达到 94% 的准确率，且在 $x_1$ 上不会退化。"


def test_a_good_translation_passes_all() -> None:
    assert [name for name, passed in checks.run(SOURCE, GOOD).items() if not passed] == []


@pytest.mark.parametrize(
    ("target", "failed"),
    [
        (GOOD.replace("94%", "高"), "numbers"),
        (GOOD.replace("94%", "94%（共 12 次）"), "extra_numbers"),
        (GOOD.replace("$x_1$", "$x_2$"), "math"),
        (GOOD + "见 https://a.org/b。", "urls"),
        (GOOD + "见 doi:10.1109/5.771073。", "urls"),
        (GOOD + "见 arXiv:2301.01234。", "urls"),
        (GOOD + "见 `fit()`。", "code"),
        (GOOD.replace("LogMel", "对数梅尔"), "names"),
        (GOOD.replace("我们", "BERT"), "extra_names"),
        (SOURCE, "untranslated"),
        (GOOD.replace("我们", "我们 reach accuracy with features and it does"), "untranslated"),
        (GOOD.replace("特征", "features"), "english_left"),
        (GOOD.replace("达到", "Reach"), "english_left"),
        (GOOD.replace("的准确率", "的训练-free 准确率"), "english_left"),
        (GOOD + "结果很好结果很好结果很好。", "repetition"),
        ("翻译：" + GOOD, "leakage"),
        (GOOD + "<|im_end|>", "leakage"),
        (GOOD + "SOTA = 最先进。", "leakage"),
        (GOOD[:10] + "。", "length"),
        (GOOD.replace("达到", "首次达到"), "superlatives"),
        (GOOD.replace("不会", "会"), "negation"),
        (GOOD.removesuffix("。") + "，", "truncated"),
        (GOOD.replace("dB", "小时"), "units"),
        ("准确率 94%，-10 dB，$x_1$，LogMel。", "omission"),
        (GOOD.replace("，", ","), "punctuation"),
        (GOOD.replace("且在", "且（在"), "punctuation"),
        (GOOD.replace("准确", "準確"), "script"),
    ],
)
def test_a_bad_translation_fails_by_name(target: str, failed: str) -> None:
    assert checks.run(SOURCE, target)[failed] is False


def test_a_flipped_direction_is_seen() -> None:
    assert checks.run("It increases accuracy.", "它降低了准确率。")["direction"] is False


def test_an_answer_that_was_cut_off_is_truncated() -> None:
    cut = Completion(GOOD, 9, finished=False)
    assert checks.run(SOURCE, GOOD, cut)["truncated"] is False


def test_the_models_own_doubt_is_told() -> None:
    assert checks.run(SOURCE, GOOD, Completion(GOOD, 9, True, score=-1.2))["doubt"] is False
    assert checks.run(SOURCE, GOOD, Completion(GOOD, 9, True, score=-0.4))["doubt"] is True
    assert checks.run(SOURCE, GOOD, Completion(GOOD, 9, True))["doubt"] is True


def test_terms_are_called_as_the_lab_calls_them() -> None:
    glossary = Glossary([Term("beam search", "束搜索")])
    source = "We decode with beam search."
    good = checks.run(source, "我们用束搜索解码。", glossary=glossary)
    bad = checks.run(source, "我们用贝叶斯搜索解码。", glossary=glossary)
    assert (good["terms"], bad["terms"]) == (True, False)
    assert checks.passes(bad)  # a doubt, no reason to show English


def test_a_name_may_be_the_glossarys() -> None:
    source, target = "It solves PDEs on a GPU.", "它求解偏微分方程，在 GPU 上。"
    assert checks.run(source, target)["names"] is False
    glossary = Glossary([Term("partial differential equation", "偏微分方程", "PDE")])
    assert checks.run(source, target, glossary=glossary)["names"] is True


def test_english_words_are_named_but_for_loans() -> None:
    target = "我们 coined 了 softmax 的内存-immersed 形式，见 `fit`。"
    assert checks.english_words("We coined it.", target) == ["coined", "immersed"]


def test_english_words_side_by_side_are_one_phrase() -> None:
    target = "用于 hate speech 检测的 novel 方法，以及 hate 词典。"
    found = checks.english_phrases("Novel hate speech detection", target)
    assert found == ["hate speech", "novel", "hate"]


def test_a_guess_at_an_abbreviation_is_told() -> None:
    found = checks.run("We align MSA with dialects.", "我们把多序列比对（MSA）与方言对齐。")
    assert found["expansions"] is False


@pytest.mark.parametrize(
    ("code", "source", "target", "failed"),
    [
        ("de", "It reaches 3.5 % of all errors.", "Es erreicht 3,5 % aller Fehler.", []),
        ("de", "It has 1,200 files in all.", "Es hat insgesamt 1.200 Dateien.", []),
        ("de", "It is 3.5 % of it.", "Es sind 4,5 % davon.", ["numbers", "extra_numbers"]),
        ("de", "Bound $[0,1]$, `x==1,2` by 0.5.", "Grenzen $[0,1]$, `x==1,2` mit 0,5.", []),
        ("de", "In 2020 we had 300 hours.", "Im Jahr 2020 300 Stunden zu haben.", []),
        ("fr", "We keep the code at hand.", "We keep the code at hand.", ["untranslated"]),
        ("ja", "The model reaches 94% accuracy.", "モデルは94%の精度に達する。", []),
        ("ja", "The model reaches 94% accuracy.", "模型达到 94% 准确率。", ["untranslated"]),
        ("ko", "The model reaches 94% accuracy.", "모델은 94%의 정확도에 도달한다.", []),
    ],
)  # fmt: skip
def test_other_languages_have_their_own_checks(
    code: str, source: str, target: str, failed: list[str]
) -> None:
    found = checks.run(source, target, language=LANGUAGES[code])
    assert [name for name, passed in found.items() if not passed] == failed
    assert not found.keys() & CHINESE_ONLY


def test_a_source_about_translation_may_say_so() -> None:
    assert checks.leakage("We study machine translation.", "我们研究机器翻译。")


def test_what_needs_no_translation_may_stay() -> None:
    assert checks.untranslated("https://github.com/a/b", "https://github.com/a/b")


def test_soft_faults_do_not_block() -> None:
    found = checks.run(SOURCE, GOOD.replace("LogMel", "对数梅尔"))
    assert checks.passes(found)
    assert checks.faults(found) == (0, 1)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("It is ``silent'' failure or ``loud'' failure.", "它是“静默”失败或“响亮”失败。"),
        ('See "https://x.org" for more of it.', "更多内容见“https://x.org”。"),
        ("It is faithful to the source document.", "它忠于原文。"),
        ("We keep the samples intact.", "我们原样保存样本。"),
        ("A speedup of 3.5 is seen in adults over 65.", "在 65 岁以上的成人中加速了 3.5 倍。"),
        ("It has 16 gigabytes at 48 kilohertz.", "它有 16 吉字节，采样率为 48 kHz。"),
    ],
)  # fmt: skip
def test_good_translations_that_were_once_refused(source: str, target: str) -> None:
    assert [name for name in checks.HARD if not checks.run(source, target).get(name, True)] == []
