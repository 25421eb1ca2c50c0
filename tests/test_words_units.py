"""Units that a translation makes up."""

import pytest

from digest.words.units import foreign_units


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("It takes 25 ms.", "耗时 25 毫秒。"),
        ("Table 3 has 42.1 in bold.", "表 3 中 42.1 加粗。"),
        ("Anna, 37, wrote it.", "37 岁的安娜写了它。"),
        ("between 30 and 43 percent", "30% 到 43%"),
        ("three times as many as 12", "12 倍的三倍"),
        ("In 2019 it began.", "它始于 2019 年。"),
    ],
)
def test_a_unit_of_the_source_is_fine(source: str, target: str) -> None:
    assert foreign_units(source, target) == []


@pytest.mark.parametrize(
    ("source", "target", "unit"),
    [
        ("It takes 25 ms.", "耗时 25 小时。", "h"),
        ("at -10 dB", "在 -10 Hz 下", "Hz"),
        ("a gain of 5 points", "提高了 5%", "%"),
        ("aged 40", "享年 40 个月", "month"),
        ("3 iterations of generation", "3 倍", "x"),
        ("7 parameters", "7 米", "m"),
        ("5 layers in this model", "5 英寸", "inch"),
    ],
)
def test_a_unit_that_is_nowhere_in_the_source(source: str, target: str, unit: str) -> None:
    assert [number.unit for number in foreign_units(source, target)] == [unit]
