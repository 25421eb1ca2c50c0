from decimal import Decimal

import pytest

from digest.words.magnitudes import in_chinese, mend_magnitudes


@pytest.mark.parametrize(
    ("source", "target", "mended"),
    [
        ("a model of 1.5 billion parameters", "1.5 亿参数的模型", "15 亿参数的模型"),
        ("100B parameters", "100 亿个参数", "1000 亿个参数"),
        ("17.9 million records", "17.9 million 条记录", "1790 万条记录"),
        ("17.9 million records", "17.9 亿条记录", "1790 万条记录"),
        ("221K descriptions", "221 万个描述", "22.1 万个描述"),
        ("1.5 billion and 0.5 billion", "1.5 亿和 0.5 亿", "15 亿和 5 亿"),
        ("only 1.5k words", "仅 1.5 万词", "仅 1500 词"),
    ],
)
def test_a_wrong_power_of_ten_is_mended(source, target, mended):
    assert mend_magnitudes(source, target) == mended


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("1.5 billion parameters", "15 亿参数"),
        ("1.5 million of 1.5 billion", "15 亿中的 150 万"),
        ("1.5 billion in 2 years", "2 万字"),
        ("3 kilometres", "3 千米"),
        ("15 million and 1.5 billion", "1500 万和 15 亿"),
        ("no number", "1.5 亿"),
    ],
)
def test_what_is_right_or_unknown_stays(source, target):
    assert mend_magnitudes(source, target) == target


@pytest.mark.parametrize(
    ("value", "text"),
    [("1500000000", "15 亿"), ("17900000", "1790 万"), ("10000", "1 万"), ("9999", "9999")],
)
def test_numbers_are_written_in_ten_thousands(value, text):
    assert in_chinese(Decimal(value)) == text
