"""Each check on a pair that passes and a pair that fails it."""

import pytest

from digest.translate import checks

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
        (GOOD[:10] + "。", "length"),
        (GOOD.replace("达到", "首次达到"), "superlatives"),
        (GOOD.replace("不会", "会"), "negation"),
        (GOOD.removesuffix("。") + "，", "truncated"),
    ],
)
def test_a_bad_translation_fails_by_name(target: str, failed: str) -> None:
    assert checks.run(SOURCE, target)[failed] is False


def test_a_flipped_direction_is_seen() -> None:
    assert checks.run("It increases accuracy.", "它降低了准确率。")["direction"] is False


def test_an_answer_that_was_cut_off_is_truncated() -> None:
    assert checks.run(SOURCE, GOOD, finished=False)["truncated"] is False


def test_a_source_about_translation_may_say_so() -> None:
    assert checks.leakage("We study machine translation.", "我们研究机器翻译。")


def test_what_needs_no_translation_may_stay() -> None:
    assert checks.untranslated("https://github.com/a/b", "https://github.com/a/b")


def test_soft_faults_do_not_block() -> None:
    found = checks.run(SOURCE, GOOD.replace("LogMel", "对数梅尔"))
    assert checks.passes(found)
    assert checks.faults(found) == (0, 1)
