"""Units that a translation gives to numbers which have others in the source. Pure.

Stricter than ``extra_numbers``, where a number without a unit backs one with any (tables drop
their units): here the unit must be somewhere in the source, if only as a word.
"""

from __future__ import annotations

import re

from digest.words.numbers import Number, numbers

# Where each may be meant though no number has it: "thirty-one" of a person, "every minute".
_WORDS = {
    "%": r"%|percent|per cent|\b(?:half|halves|thirds?|quarters?|fifths?|tenths?)\b|百分之|成",
    "pp": r"\bpoints?\b|percentage|\bpp\b|百分点",
    "year": r"\byears?|\byr|\bage[ds]?\b|-old\b|birthday|\bdecades?|\bcentur|BCE?\b|年|岁"
    r"|\b(?:as (?:young|old) as|who (?:is|was)|over|under|above|below|older than|younger than) \d"
    r"|,(?: also)? \d\d?[,.]|\d{4}[-–]\d\d\b",  # "Anna, 37, says"
    "month": r"\bmonth|\bquarter|月",
    "week": r"\bweek|\bfortnight|周|星期",
    "day": r"\bdays?\b|\bdate|\b\d{1,2}(?:st|nd|rd|th)\b|\bdaily|\bweekend|[天日]",
    "h": r"\bhour|\bhrs?\b|\dh\b|o['’]clock|小时",
    "min": r"\bmin(?:ute)?s?\b|:\d\d|分钟",
    "s": r"\bsec(?:ond)?s?\b|\ds\b|:\d\d|秒",
    "ms": r"\bms\b|\bmilliseconds?\b|毫秒",
    "x": r"\btimes|fold\b|\btwice|\bdoubl|\btripl|quadrupl|\bfactors?\b|\bhalf|\bhalv|\bthrice"
    r"|\bmultip|\bratios?\b|\dx\b|×|speed-?ups?\b|\bfaster|\bslower|倍",
    "USD": r"\$|\bdollar|\bbuck|美元",
    "EUR": r"€|\beuros?\b|欧元",
    "GBP": r"£|\bpounds?\b|\bquid\b|英镑",
    "lb": r"\bpounds?\b|\blbs?\b|磅",
    "dB": r"\bdB|\bdecibel|分贝",
    "Hz": r"Hz\b|hertz|赫",
    "kHz": r"kHz\b|kilohertz|千赫",
    "MHz": r"MHz\b|megahertz|兆赫",
    "GHz": r"GHz\b|gigahertz|吉赫",
    "KB": r"\b[Kk]B\b|\d[Kk]B\b|kilobyte",
    "MB": r"MB\b|megabyte|兆字节",
    "GB": r"GB\b|gigabyte|吉字节",
    "TB": r"TB\b|terabyte",
    "m": r"\bm\b|\dm\b|\bmet(?:er|re)s?\b|米",
    "km": r"\bkm|\dkm|kilomet|kph|公里|千米",
    "mile": r"\bmiles?\b|\bmi\b|mph|英里",
    "ft": r"\bfeet\b|\bfoot\b|\bft\b|\d['’]|英尺",
    "inch": r"\binch|\d\s?in\b|\d[\"”]|英寸",
    "kg": r"\bkg|\dkg|\bkilo(?:gram)?s?\b|公斤|千克",
    "g": r"\bgrams?\b|\dg\b|\bg\b|克",
    "t": r"\btons?\b|\btonnes?\b|\dt\b|吨",
}
_FOUND = {unit: re.compile(form, re.IGNORECASE) for unit, form in _WORDS.items()}


def foreign_units(source: str, target: str) -> list[Number]:
    """Numbers of ``target`` that ``source`` has, with a unit that ``source`` has nowhere."""
    held = numbers(source)
    values = {abs(number.value) for number in held}
    units = {number.unit for number in held}
    return [
        number
        for number in numbers(target)
        if number.hard
        and number.unit
        and number.unit not in units
        and abs(number.value) in values
        and not _meant(number.unit, source)
    ]


def _meant(unit: str, source: str) -> bool:
    """Whether a word of ``source`` stands for ``unit``; of others the unit itself must be there."""
    form = _FOUND.get(unit)
    if form is not None:
        return form.search(source) is not None
    return re.search(rf"{re.escape(unit)}\b", source) is not None
