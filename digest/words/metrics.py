"""Measures by their names in both languages: which a Chinese text names, and which back it. Pure.

A small model that is unsure which figure it reads calls it accuracy. Each measure has the Chinese
words that name it and the English cues that justify them; cues are wide, as a score may be called
by its field's own word.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Metric(NamedTuple):
    """``chinese`` names it; any of ``english`` in the source justifies the name."""

    name: str
    chinese: re.Pattern[str]
    english: re.Pattern[str]


def _metric(name: str, chinese: str, english: str) -> Metric:
    return Metric(name, re.compile(chinese), re.compile(english, re.IGNORECASE))


METRICS = (
    _metric(
        "accuracy",
        r"准确率|正确率|准确度",
        r"accura|\bacc\b|\bcorrect|precis|top-?\d|exact match|success|准确|正确",
    ),
    _metric("precision", r"精确率|查准率|精准率", r"precis|\bmAP\b|\bAP\b|精确|查准|精准"),
    _metric(
        "recall", r"召回率|查全率", r"recall|sensitiv|召回|查全|coverage|R@\d|\bTPR\b|hit rate"
    ),
    _metric(
        "error",
        r"错误率|误差|误识率|误码率",
        r"error|\b[A-Z]?ER\b|\bRM?SE\b|\bMAE\b|\bMSE\b|\bMAPE\b|deviat|residual|mis\w+"
        r"|discrepan|uncertaint|wrong|loss|错误|误差|inaccura|bias|inexact|approximat",
    ),
    _metric(
        "correlation",
        r"相关(?:系数|性(?=达|为|约))",
        r"correlat|\b[PS]R?CC\b|\bPCC\b|相关|ρ|Pearson|Spearman|Kendall",
    ),
    _metric("F-measure", r"F1? ?值|F1 ?分数|F ?度量", r"\bF[-_ ]?(?:1|0\.5|2|β|beta|score|m)|F1"),
    _metric("perplexity", r"困惑度", r"perplex|\bPPL\b|困惑"),
    _metric("latency", r"延迟|时延", r"latenc|delay|lag\b|real[- ]time|response time|延迟|时延"),
    _metric("throughput", r"吞吐", r"throughput|tokens? per|per second|/s\b|吞吐|bandwidth"),
    _metric("signal-to-noise", r"信噪比", r"\bP?S[NDI]+R\b|signal[- ]to[- ]|信噪"),
    _metric("opinion score", r"平均意见(?:得分|分)|意见分", r"MOS\b|opinion|意见"),
    _metric("standard deviation", r"标准偏?差", r"standard dev|\bstd\b|\bs\.?d\.?\b|标准"),
    _metric("variance", r"方差", r"varian|\bvar\b|方差|\bMSE\b|square"),
    _metric("median", r"中位数|中值", r"median|中位|中值"),
    _metric("likelihood", r"似然", r"likelihood|\bNLL\b|\bELBO\b|probab|似然"),
    _metric(
        "run time",
        r"运行时间|耗时",
        r"time|second|minute|hour|\bms\b|\d\s?s\b|t[ao]o?k|days?\b|speed|slow|fast",
    ),
)  # fmt: skip


def metrics(text: str) -> list[Metric]:
    """The measures that a Chinese text names, each once."""
    return [metric for metric in METRICS if metric.chinese.search(text)]


def foreign_metrics(source: str, target: str) -> list[str]:
    """Chinese names of measures in ``target`` that nothing in ``source`` justifies."""
    return [
        match[0]
        for metric in METRICS
        if (match := metric.chinese.search(target)) and not metric.english.search(source)
    ]
