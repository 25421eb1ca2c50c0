"""Strength, direction and negation, in both languages."""

import pytest

from digest.words import polarity


def test_superlatives_in_both_languages() -> None:
    assert polarity.superlatives("首次提出最先进的方法，取得最好结果，最终发布") == [
        "首次", "最先进", "最好",
    ]  # fmt: skip
    assert polarity.superlatives("the first and best; most of the latest tests; highest") == [
        "best", "highest",
    ]  # fmt: skip


def test_a_superlative_needs_one_of_its_kind() -> None:
    assert polarity.unbacked_superlatives("We propose a method.", "我们首次提出最好的方法") == [
        "首次", "最好",
    ]  # fmt: skip
    assert polarity.unbacked_superlatives("the best, state-of-the-art", "最先进，最好") == []
    assert polarity.unbacked_superlatives("up to 27%", "最高 27%") == []


@pytest.mark.parametrize(
    ("source", "target", "flipped"),
    [
        ("increases accuracy", "降低了准确率", True),
        ("reduces latency", "提高了延迟", True),
        ("reduces latency", "降低了延迟", False),
        ("improves WER", "降低了 WER", False),
        ("improves accuracy", "降低了准确率", True),
        ("improves by reducing noise", "降低了噪声", False),
        ("outperforms the baseline", "劣于基线", True),
        ("is described", "提高了", False),
    ],
)
def test_direction(source: str, target: str, flipped: bool) -> None:
    assert polarity.flipped_direction(source, target) is flipped


@pytest.mark.parametrize(
    ("source", "target", "lost"),
    [
        ("It does not converge.", "它收敛。", True),
        ("It does not converge.", "它不收敛。", False),
        ("It cannot be hard to avoid.", "难以避免。", False),
        ("It does not only work.", "它有效。", False),
        ("该方法无法收敛。", "The method converges.", True),
        ("该方法无法收敛。", "It does not converge.", False),
    ],
)
def test_negation(source: str, target: str, lost: bool) -> None:
    assert polarity.lost_negation(source, target) is lost


@pytest.mark.parametrize(
    ("source", "target", "swapped"),
    [
        ("rises from 71.2% to 83.5%", "准确率从 83.5% 提高到 71.2%", True),
        ("rises from 71.2% to 83.5%", "准确率从 71.2% 提高到 83.5%", False),
        ("falls from 9.1% to 7.4%", "错误率由 7.4% 下降至 9.1%", True),
        ("falls from 9.1% to 7.4%", "错误率从 9.1% 降低到 7.4%", False),
        ("to 7.4% from 9.1%", "错误率从 9.1% 降低到 7.4%", False),
        ("grew from 5 ms to 3 ms", "从 5 ms 增加到 3 ms", False),
        ("from 71.2% to 83.5%", "从 90% 提高到 71.2%", False),
    ],
)
def test_swapped_order(source: str, target: str, swapped: bool) -> None:
    assert polarity.swapped_order(source, target) is swapped


@pytest.mark.parametrize(
    ("source", "target", "dropped"),
    [
        ("It does not converge.", "它收敛。", True),
        ("It does not converge.", "它不收敛。", False),
        ("It isn't only fast.", "它不仅快。", True),
        ("It is not only fast but small.", "它又快又小。", False),
        ("It never fails.", "它与众不同。", True),
        ("We ask whether or not it holds.", "我们问它是否成立。", False),
        ("It converges.", "它收敛。", False),
    ],
)
def test_dropped_negation(source: str, target: str, dropped: bool) -> None:
    assert polarity.dropped_negation(source, target) is dropped


@pytest.mark.parametrize(
    ("source", "target", "turned"),
    [
        ("It increases accuracy.", "它降低了准确率。", True),
        ("It increases accuracy.", "它提高了准确率。", False),
        ("It helps more young people.", "它帮助更少的年轻人。", True),
        ("It improves the error rate.", "它降低了错误率。", False),
        ("Sales rose but costs were down.", "销售额上升，成本上升，利润上升。", True),
        ("Sales rose but costs were down.", "销售额上升，但成本下降。", False),
        ("A faster method.", "一种更慢的方法。", True),
        ("The method is new.", "该方法更好。", False),
    ],
)
def test_turned_direction(source: str, target: str, turned: bool) -> None:
    assert polarity.turned_direction(source, target) is turned


@pytest.mark.parametrize(
    ("source", "target", "plain"),
    [
        ("All other metrics degrade.", "其他指标显著下降。", "其他指标下降。"),
        ("The error falls.", "误差大幅度地降低了。", "误差降低了。"),
        ("The error falls significantly.", "误差显著降低。", "误差显著降低。"),
        ("A large gain is seen.", "提升明显。", "提升明显。"),
        ("A gain is seen.", "提升明显。", "提升明显。"),
        ("A t-test is run.", "进行显著性检验。", "进行显著性检验。"),
        ("A saliency map guides it.", "显著图引导裁剪。", "显著图引导裁剪。"),
    ],
)
def test_an_exaggeration_that_nothing_justifies_is_cut(source, target, plain):
    assert polarity.without_exaggeration(source, target) == plain


@pytest.mark.parametrize(
    ("source", "target", "turned"),
    [
        ("It improves the robustness to loud events.", "使其对响亮事件更加敏感。", True),
        ("It improves the robustness to loud events.", "使其对响亮事件更鲁棒。", False),
        ("It is robust, where others are sensitive to noise.", "其他方法对噪声敏感。", False),
        ("It is invariant to shifts.", "它对平移不敏感。", False),
        ("It is sensitive to noise.", "它对噪声敏感。", False),
    ],
)
def test_what_is_robust_may_not_be_called_sensitive(source, target, turned):
    assert polarity.turned_robustness(source, target) is turned
