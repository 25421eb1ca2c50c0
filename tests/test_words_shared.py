"""Figures that a claim takes from its sentence."""

from __future__ import annotations

import pytest

from digest.words.shared import shared_figures


@pytest.mark.parametrize(
    ("source", "target", "found"),
    [
        ("It has 1.5 billion parameters and reaches 3.51.", "有 15 亿参数。", ("1.5 billion",)),
        ("WER falls from 9.3% to 5.1% over 1,000 hours.", "词错误率降至 5.1%。", ("5.1%",)),
        ("A rate of 10^-4 in three runs.", "三次运行，学习率为 10^{-4}。", ("10^-4", "three")),
        ("An input, see Table 3.", "一个输入，见表 3。", ()),
        ("It is 5 here and 5 there.", "这里是 5。", ("5",)),
        ("Nothing.", "没有。", ()),
    ],
)
def test_figures_of_both_texts(source: str, target: str, found: tuple[str, ...]) -> None:
    assert shared_figures(source, target) == found
