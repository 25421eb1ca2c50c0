"""Numbers of English and Chinese text: value, unit and place, and which text backs which.

Digits, words (twenty-one), Han numerals (二十一), multipliers (100 B, 1000 亿) and powers are read
into one form. What is not read: Roman numerals above VI, and arithmetic (three fifths is 3 and 5).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Literal

Role = Literal["figure", "ordinal", "reference"]


@dataclass(frozen=True, slots=True)
class Number:
    """A number as a value that can be compared.

    Args:
        value: Signed, with its multiplier applied: 100 B and 1000 亿 are both 1E+11.
        unit: A key of ``_UNITS`` ("%", "pp", "dB", "x", ...), or "" where none is written.
        text: As written, from ``start`` to ``end``.
        start: Index of the first character.
        end: Index after the last character.
        hard: False for words (three, 三), fractions of names (GPT-4) and months: they may back a
            number of the other text, and may themselves be absent from it.
        role: "reference" in Table 3, Eq. (3) and [12]; "ordinal" in 2nd; else "figure".
    """

    value: Decimal
    unit: str
    text: str
    start: int
    end: int
    hard: bool = True
    role: Role = "figure"


_NO_ADDRESS = r"\s<>\"'`“”‘’「」《》】（）()，。；、{}\u4e00-\u9fff"
WEB_ADDRESS = re.compile(
    rf"(?:https?://|www\.)[^{_NO_ADDRESS}！？]+"
    r"|\b[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.(?:com|org|io|ai|net|edu|cn)/"
    rf"[^{_NO_ADDRESS}]*"
    rf"|(?:\b[Dd][Oo][Ii]:\s?)?\b10\.\d{{4,9}}/[^{_NO_ADDRESS}]+"
    r"|\barXiv:\s?(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?"
)
"""A web address, a DOI or an arXiv id: its digits are no figures, its words no names."""

# One character to one character, so that spans stay true.
_FOLD = str.maketrans("０１２３４５６７８９．％－−–‐‑＋～：", "0123456789.%-----+~:")
_SUPERSCRIPT = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")

# A version (1.2.3) and a Latin word with digits in it (GPT-4, wav2vec, Qwen2.5-7B) are names.
_TOKENS = re.compile(
    r"""(?P<percent>百分之\s?)?
        (?P<minus>(?<![A-Za-z0-9.)%\]}-])-|负\s?|\b(?i:minus|negative)\s)?
        (?:(?<![A-Za-z_.\d\\])|(?<=\dx))(?<!_\{)
        (?P<digits>\d{1,3}(?:(?:,|\{,\}|[\u00a0\u2009\u202f])\d{3})+(?!\d)(?:\.\d+)?
          |\d+(?:\.\d+)?|\.\d+)
        (?!\.?\d)
      |(?<![\d.])\d+(?:\.\d+){2,}
      |(?<![A-Za-z0-9\\])[A-Za-z][A-Za-z0-9]*(?:[-._@][A-Za-z0-9]+)*""",
    re.VERBOSE,
)
_E_POWER = re.compile(r"[eE]([-+]?\d{1,3})(?![\dA-Za-z])")
_TIMES_TEN = re.compile(r"\s?(?:×|x|\*|·|\\times|\\cdot)\s?10(?=\^|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]|-\d(?![\d.%]))")
# 10^{-4}, 10⁻⁴, and 10-4: what a PDF's text layer leaves of a superscript. A range of
# that form would run downwards.
_TEN_POWER = re.compile(r"\^\s?\{?\s?(-?\d{1,3})\s?\}?|([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4})|(-\d)(?![\d.%])")

_SCALES = {
    "万亿": 12, "千亿": 11, "百亿": 10, "十亿": 9, "亿": 8, "千万": 7, "百万": 6, "十万": 5,
    "万": 4, "千": 3, "百": 2,
    "trillion": 12, "billion": 9, "million": 6, "thousand": 3, "hundred": 2,
    "bn": 9, "T": 12, "B": 9, "M": 6, "K": 3, "k": 3,
}  # fmt: skip
_SCALE = re.compile(
    r"\s?(?:(万亿|千亿|百亿|十亿|亿|千万|百万|十万|万|千(?![米克赫瓦])|百(?!分))"
    r"|[- ]?(trillion|billion|million|thousand|hundred)\b|(bn|[TBMKk])(?![A-Za-z0-9]|\.[A-Z]))"
)
_UNITS = {
    "pp": r"(?:\\?%|percent(?:age)?)[ -]points?\b|个?百分点|pp\b",
    "point": r"points?\b",
    "%": r"\\?%|percent\b|per cent\b",
    "dB": r"dB\b|分贝|decibels?\b",
    "ms": r"ms\b|毫秒|milliseconds?\b",
    "s": r"s\b|秒|secs?\b|seconds?\b",
    "min": r"min(?:ute)?s?\b|分钟",
    "h": r"h\b|hrs?\b|[Hh]ours?\b|个?小时",
    "day": r"[Dd]ays?\b|天(?![线然气文])|日(?![元本语])",
    "week": r"[Ww]eeks?\b|个?(?:周(?![年岁])|星期)",
    "month": r"[Mm]onths?\b|个月",
    "year": r"[Yy]ears?\b|yrs?\b|年(?![代级度])|岁",
    "kHz": r"kHz\b|kilohertz\b|千赫兹?",
    "MHz": r"MHz\b|megahertz\b|兆赫兹?",
    "GHz": r"GHz\b|gigahertz\b|吉赫兹?",
    "Hz": r"Hz\b|hertz\b|赫兹?",
    "KB": r"[Kk]B\b|kilobytes?\b",
    "MB": r"MB\b|megabytes?\b|兆字节",
    "GB": r"GB\b|gigabytes?\b|吉字节",
    "TB": r"TB\b|terabytes?\b|太字节",
    "nm": r"nm\b|nanomet(?:er|re)s?\b|纳米",
    "mm": r"mm\b|millimet(?:er|re)s?\b|毫米",
    "cm": r"cm\b|centimet(?:er|re)s?\b|厘米",
    "km": r"km\b|kph\b|kilomet(?:er|re)s?\b|公里|千米",
    "m": r"m\b|met(?:er|re)s?\b|米",
    "mile": r"miles?\b|mph\b|mi\b|英里",
    "ft": r"(?:feet|foot|ft)\b|英尺",
    "inch": r"inch(?:es)?\b|英寸",
    "kg": r"kg\b|kilo(?:gram)?s?\b|公斤|千克",
    "g": r"g\b|grams?\b|克(?![服隆拉])",
    "t": r"ton(?:ne)?s?\b|吨",
    "lb": r"(?:pounds?|lbs?)\b|磅",
    "USD": r"(?:US )?dollars?\b|美元",
    "EUR": r"euros?\b|欧元",
    "GBP": r"英镑",
    "x": r"[x×](?![A-Za-z]|\s*\d)|\\times(?![A-Za-z]|\s*\d)|倍|-?fold\b|times\b",
}
_UNIT = re.compile(
    r"\s?[-~]?\s?(?:" + "|".join(f"({form})" for form in _UNITS.values()) + r")(?![0-9])"
)
_GLUED = re.compile(r"(?!x\d)[A-Za-z_]")
# "1) we prove, 2) we show": a mark of the list, not a figure.
_LIST_MARK = re.compile(r"(?:\A|.?[\s(（])\d[)）]", re.DOTALL)
_ORDINAL = re.compile(r"(?:st|nd|rd|th|(?<=\d0)s)(?![A-Za-z])")

_ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
]  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINALS = [
    "zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth",
    "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth",
    "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth",
]  # fmt: skip
_SMALL = {
    **{word: value for value, word in enumerate(_ONES)},
    **{word: 10 * value for value, word in enumerate(_TENS, start=2)},
    **{word: value for value, word in enumerate(_ORDINALS)},
}
_LARGE = {
    word: 10 ** _SCALES[word] for word in ("hundred", "thousand", "million", "billion", "trillion")
}
_NUMBER_WORD = "|".join(sorted((*_SMALL, *_LARGE), key=len, reverse=True))
# Twenty-one, two hundred and five; but "five and six" are two numbers, "two seconds" is one.
_NUMBER_WORDS = re.compile(
    rf"(?<!\d\s)\b(?:{_NUMBER_WORD})(?:[-\s](?:{'|'.join(_LARGE)})"
    r"|(?:(?<=ty)[-\s]|(?:(?<=hundred)|(?<=thousand)|(?<=illion))\s(?:and\s)?)"
    rf"(?!seconds?\b)(?:{_NUMBER_WORD}))*(?:s?\b|(?=fold\b))",
    re.IGNORECASE,
)
# In "five to ten percent" the unit is that of both.
_THROUGH = re.compile(rf"(?:-to-|\s(?:to|or|and)\s)(?:{_NUMBER_WORD})\b", re.IGNORECASE)
_FACTOR = re.compile(r"\bfactors? of\s\Z", re.IGNORECASE)
# Words that a digit of the other language may stand for.
_ALSO = {
    "half": ("0.5", "2"), "halves": ("2",), "halved": ("2",), "twice": ("2",), "double": ("2",),
    "doubles": ("2",), "doubled": ("2",), "both": ("2",), "dual": ("2",), "pair": ("2",),
    "pairs": ("2",), "triple": ("3",), "triples": ("3",), "tripled": ("3",), "quarter": ("4",),
    "quarters": ("4",), "dozen": ("12",), "single": ("1",), "once": ("1",), "an": ("1",),
    "a": ("1",), "II": ("2",), "III": ("3",), "IV": ("4",), "VI": ("6",),
    "January": ("1",), "February": ("2",), "March": ("3",), "April": ("4",), "May": ("5",),
    "June": ("6",), "July": ("7",), "August": ("8",), "September": ("9",), "October": ("10",),
    "November": ("11",), "December": ("12",), "Jan": ("1",), "Feb": ("2",), "Mar": ("3",),
    "Apr": ("4",), "Jun": ("6",), "Jul": ("7",), "Aug": ("8",), "Sep": ("9",), "Sept": ("9",),
    "Oct": ("10",), "Nov": ("11",), "Dec": ("12",), "decade": ("10",), "century": ("100",),
}  # fmt: skip
# Those that imply a unit. What doubled has grown by 100 %; 增加两倍 is tripled.
_DOUBLED, _TRIPLED = (("2", "x"), ("1", "x"), ("100", "%")), (("3", "x"), ("2", "x"), ("200", "%"))
_ALSO_MEASURED = {
    "half": (("50", "%"), ("0.5", "x"), ("2", "x")), "一半": (("50", "%"),),
    "halved": (("50", "%"), ("2", "x")), "quarter": (("25", "%"),), "third": (("33", "%"),),
    "twice": _DOUBLED, "double": _DOUBLED, "doubles": _DOUBLED, "doubled": _DOUBLED,
    "doubling": _DOUBLED, "triple": _TRIPLED, "triples": _TRIPLED, "tripled": _TRIPLED,
    "tripling": _TRIPLED, "decade": (("10", "year"),), "century": (("100", "year"),),
}  # fmt: skip
_ALSO_WORDS = re.compile(r"\b(?:" + "|".join({**_ALSO, **_ALSO_MEASURED}) + r")\b|一半")

_HAN_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
}
_HAN_SCALES = {"十": 10, "百": 100, "千": 1000}
_HAN_NUMBER = re.compile(
    r"(?P<percent>百分之)?(?P<body>[〇零一二两三四五六七八九十百千万亿]+)"
    r"(?:点(?P<decimals>[〇零一二三四五六七八九]+))?"
)

_AFTER_DIGIT = re.compile(r"\d\s?\Z")


def numbers(text: str) -> list[Number]:
    """Every number of ``text``, in the order of the text."""
    return list(_numbers(text))


@lru_cache(maxsize=1024)  # checks ask for those of one sentence again and again
def _numbers(text: str) -> tuple[Number, ...]:
    folded = text.translate(_FOLD)
    found = [*_digit_numbers(folded), *_english_numbers(folded), *_han_numbers(folded)]
    found.extend(_implied_numbers(folded))
    spans = [match.span() for match in _REFERENCES.finditer(folded)]
    found = [_placed(number, folded, spans) for number in found]
    found.sort(key=lambda number: (number.start, number.end))
    found = _ranged(found, folded)
    return tuple(replace(number, text=text[number.start : number.end]) for number in found)


def missing_numbers(source: str, target: str) -> list[Number]:
    """Hard numbers of ``source`` that nothing in ``target`` backs."""
    return _unbacked(source, target, _agrees)


def extra_numbers(source: str, target: str) -> list[Number]:
    """Hard numbers of ``target`` that nothing in ``source`` backs.

    Stricter than ``missing_numbers``: an invented figure does more harm than a dropped one. The 3
    of Table 3 backs no other 3, and the 4 of GPT-4 or the 1 of "a" no 4 % or 1 %.
    """
    return _unbacked(target, source, _vouches)


def backed_numbers(source: str, target: str) -> list[tuple[Number, Number]]:
    """Each hard number of ``target`` after each of ``source`` that backs it; "a" is no figure."""
    falls = bool(_FALL.search(source) or _FALL.search(target))
    pool = numbers(source)
    return [
        (held, number)
        for number in numbers(target)
        if number.hard
        for held in pool
        if _same(number, held, falls) and _vouches(number, held)
        if held.text.lower() not in ("a", "an")
    ]


def _unbacked(text: str, other: str, backs: Callable[[Number, Number], bool]) -> list[Number]:
    stated, fallen = _stated(text)
    pool, other_fallen = _stated(other)
    # A fall may be written as a sign or as a verb: -5 % and 下降 5 %.
    falls = fallen or other_fallen
    return [
        number
        for number in stated
        if number.hard
        and not any(_same(number, held, falls) and backs(number, held) for held in pool)
    ]


@lru_cache(maxsize=1024)
def _stated(text: str) -> tuple[tuple[Number, ...], bool]:
    """The numbers outside of addresses, and whether the text speaks of a fall."""
    plain = WEB_ADDRESS.sub(" ", text)
    return _numbers(plain), _FALL.search(plain) is not None


def _same(number: Number, held: Number, falls: bool) -> bool:
    return number.value == held.value or (falls and abs(number.value) == abs(held.value))


def _agrees(number: Number, held: Number) -> bool:
    """Units that do not contradict each other: an unwritten one never does."""
    return _alike(number, held) or not number.unit or not held.unit


_ALIKE = ({"pp", "point"}, {"lb", "GBP"})  # two points of per cent; pounds of gold or sterling


def _alike(number: Number, held: Number) -> bool:
    return number.unit == held.unit or {number.unit, held.unit} in _ALIKE


def _vouches(number: Number, held: Number) -> bool:
    """Whether a number of the source is evidence for one of the target that has its value."""
    if held.role == "reference":
        return number.role == "reference"
    if not number.unit or _alike(number, held):
        return True
    # Tables drop their units; a day of the month may be an ordinal: September 3rd is 3 日.
    plain = held.role == "figure" or number.unit == "day"
    return held.hard and not held.unit and plain


_FALL = re.compile(
    r"降|减|跌|负|低于|零下|\b(?:drop|declin|decreas|reduc|lower|below|minus|negativ|loss|los[et])",
    re.IGNORECASE,
)


# What numbers a place in the paper or another paper, which is no evidence for a figure.
_SHOWN = r"\s?~?[(（]?(?:[A-Z]\.?)?\d+(?:\.\d+)*"
_AND_SHOWN = (
    rf"(?:\s?(?:,|、|和|与|至|到|~|-|&|,?\sand\b|\bto\b)\s?(?:{_SHOWN})[)）]?(?!\s?%|\.?\d))*"
)
_LABEL = (
    r"(?:tab(?:le)?|fig(?:ure)?|sec(?:tion)?|eq(?:uation)?|alg(?:orithm)?"
    r"|ref(?:erence)?|chapter|theorem|lemma|proposition|definition)"
)
_REFERENCES = re.compile(
    rf"\b(?:{_LABEL}\b\.?|appendix){_SHOWN}|§{_SHOWN}"
    rf"|\b(?:{_LABEL}s\b\.?|appendices){_SHOWN}{_AND_SHOWN}"
    rf"|(?:(?<![代发外仪报])表|(?<![试企意])图|公式|(?<![\u4e00-\u9fff])式|算法|附录){_SHOWN}{_AND_SHOWN}"
    rf"|第{_SHOWN}{_AND_SHOWN}\s?[节章]"
    # Citations; no paper is number 0, but [0, 1] is an interval.
    r"|\[[1-9]\d*(?:\s?[,;-]\s?[1-9]\d*)*\]",
    re.IGNORECASE,
)


def _placed(number: Number, text: str, spans: Sequence[tuple[int, int]]) -> Number:
    """The number with what its place says: in a reference, or in a date, it has no unit."""
    if any(start <= number.start < end for start, end in spans):
        return replace(number, unit="", role="reference")
    before = text[max(0, number.start - 2) : number.start].rstrip()[-1:]
    counted = before == "第" or (number.unit == "day" and before == "月")
    # 2004 年 is a date, and may be 2004 years, which a date of the other text backs.
    dated = number.unit == "year" and number.value >= 1000
    return replace(number, unit="") if counted or dated else number


_RANGE = re.compile(r"\s?(?:-|–|—|~|至|到|to\b)\s?")


def _ranged(found: Sequence[Number], text: str) -> list[Number]:
    """In "30 to 43 %" the unit is that of both; so after "between 30 and 43 %"."""
    ranged = list(found)
    for place in range(len(ranged) - 2, -1, -1):
        first, last = ranged[place], ranged[place + 1]
        if not (first.hard and last.hard and last.unit in ("%", "pp") and not first.unit):
            continue
        between = text[first.end : last.start]
        paired = between.strip() == "and" and _BETWEEN.search(text, 0, first.start)
        if first.role == "figure" and (_RANGE.fullmatch(between) or paired):
            ranged[place] = replace(first, unit=last.unit)
    return ranged


_BETWEEN = re.compile(r"\bbetween\s\Z")


def _digit_numbers(text: str) -> Iterator[Number]:
    """Numbers written in digits; those inside names are soft."""
    token = _TOKENS.search(text)
    while token is not None:
        end = token.end()
        if token["digits"]:
            number = _one_number(text, token)
            yield number
            end = number.end
        else:
            yield from _inside_name(text, token.start(), end)
        token = _TOKENS.search(text, end)


_INNER = re.compile(r"\d+(?:\.\d+)?")


def _inside_name(text: str, start: int, end: int) -> Iterator[Number]:
    for match in _INNER.finditer(text, start, end):
        value = Decimal(match[0])
        yield Number(value, "", "", match.start(), match.end(), hard=False)
        scale = _SCALE.match(text, match.end(), end)
        if scale is not None:
            value = value.scaleb(_SCALES[scale[scale.lastindex or 0]])
            yield Number(value, "", "", match.start(), scale.end(), hard=False)


def _one_number(text: str, match: re.Match[str]) -> Number:
    """Read power, multiplier and unit behind the digits."""
    digits = re.sub(r"[^\d.]", "", match["digits"])
    value, end = _powered(Decimal(digits), text, match.end())
    scale = _SCALE.match(text, end)
    if scale is not None:
        value, end = value.scaleb(_SCALES[scale[scale.lastindex or 0]]), scale.end()
    ordinal = _ORDINAL.match(text, end)
    unit, end = _unit_at(text, ordinal.end() if ordinal else end)  # in the 25th minute
    unit = unit or ("%" if match["percent"] else "")
    # 3D, 5G: letters glued to the digits make a name; 16x16 does not.
    glued = _GLUED.match(text, end) is not None
    listed = _LIST_MARK.match(text, max(0, match.start() - 2)) is not None
    value = -value if match["minus"] else value
    role: Role = "ordinal" if ordinal else "figure"
    return Number(value, unit, "", match.start(), end, hard=not (glued or listed), role=role)


def _powered(value: Decimal, text: str, end: int) -> tuple[Decimal, int]:
    exponent = _E_POWER.match(text, end)
    if exponent is not None:
        return value.scaleb(int(exponent[1])), exponent.end()
    times = _TIMES_TEN.match(text, end)
    if times is None and value != 10:
        return value, end
    power = _TEN_POWER.match(text, times.end() if times else end)
    if power is None:
        return value, end
    written = (power[1] or power[2] or power[3]).translate(_SUPERSCRIPT)
    if re.fullmatch(r"-?\d+", written) is None:
        return value, end
    base = value if times else Decimal(1)
    return base.scaleb(int(written)), power.end()


def _english_numbers(text: str) -> Iterator[Number]:
    for match in _NUMBER_WORDS.finditer(text):
        words = re.split(r"[-\s]+(?:and\s+)?", match[0].lower().removesuffix("s"))
        unit, end = ("", match.end()) if words[-1] in _ORDINALS else _unit_at(text, match.end())
        through = _THROUGH.match(text, end)
        if not unit and through is not None:
            unit = _unit_at(text, through.end())[0]
        if not unit and _FACTOR.search(text, max(0, match.start() - 12), match.start()):
            unit = "x"
        yield Number(Decimal(_english_value(words)), unit, "", match.start(), end, hard=False)


def _unit_at(text: str, index: int) -> tuple[str, int]:
    """The unit written at ``index`` and where it ends; "" and ``index`` where there is none."""
    match = _UNIT.match(text, index)
    return (list(_UNITS)[(match.lastindex or 1) - 1], match.end()) if match else ("", index)


def _english_value(words: Iterable[str]) -> int:
    """Two hundred and seven -> 207, three million -> 3000000."""
    total = current = 0
    for word in words:
        if word in _SMALL:
            current += _SMALL[word]
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word in _LARGE:
            total, current = total + max(current, 1) * _LARGE[word], 0
    return total + current


def _han_numbers(text: str) -> Iterator[Number]:
    for match in _HAN_NUMBER.finditer(text):
        body = match["body"]
        if _AFTER_DIGIT.search(text, max(0, match.start() - 2), match.start()):
            continue  # the multiplier of digits: 1000 亿 is read there
        value = Decimal(_han_value(body))
        if match["decimals"]:
            value += Decimal("0." + "".join(str(_HAN_DIGITS[char]) for char in match["decimals"]))
        unit, end = _unit_at(text, match.end())
        counted = any(char in _HAN_DIGITS for char in body) and len(body) > 1
        # 一种 and 三四 are idiom, 千万 is an adverb; 二十七 is a figure.
        hard = bool(match["percent"]) or (counted and any(char in "十百千万亿" for char in body))
        hard = hard or (bool(unit) and _is_measured(text, match))
        unit = "%" if match["percent"] else unit
        yield Number(value, unit, "", match.start(), end, hard=hard)


def _is_measured(text: str, match: re.Match[str]) -> bool:
    """Whether a Han numeral before a unit is a figure: 三倍 is; 一天, 三四天 and 数十年 are not."""
    body = match["body"]
    idiom = body == "一" or (body == "四" and text.startswith("周", match.end()))
    vague = match.start() > 0 and text[match.start() - 1] in "数几每第"
    figure = body == "十" or (body[0] in _HAN_DIGITS and len(body) == 1) or bool(match["decimals"])
    return figure and not (vague or (idiom and not match["decimals"]))


def _han_value(body: str) -> int:
    """二十七 -> 27, 一千亿 -> 10**11; a row of bare digits reads as such: 二〇二六 -> 2026."""
    if len(body) > 1 and all(char in _HAN_DIGITS for char in body):
        return int("".join(str(_HAN_DIGITS[char]) for char in body))
    total = section = digit = 0
    for char in body:
        if char in _HAN_DIGITS:
            digit = _HAN_DIGITS[char]
        elif char in _HAN_SCALES:
            section, digit = section + (digit or 1) * _HAN_SCALES[char], 0
        else:
            total, section, digit = (total + (section + digit or 1)) * 10 ** _SCALES[char], 0, 0
    return total + section + digit


# The 1970s are 20 世纪 70 年代, and two decades 20 年.
_DECADE = re.compile(r"\b(?P<century>\d\d)(?P<decade>\d0)s\b")
_HAN_DECADE = re.compile(r"(?P<century>\d\d)\s?世纪\s?(?P<decade>\d0)\s?年代")
_DECADES = re.compile(rf"\b(?P<count>{_NUMBER_WORD}|\d+)[- ]decades?\b", re.IGNORECASE)


_ARTICLE = re.compile(r"\b[Aa]n?(?=[-\s][a-z])")


def _implied_numbers(text: str) -> Iterator[Number]:
    """What other words and the other language's habits let stand for digits; all soft."""
    for match in _ALSO_WORDS.finditer(text):
        yield from (_soft(match, Decimal(value)) for value in _ALSO.get(match[0], ()))
        for value, unit in _ALSO_MEASURED.get(match[0], ()):
            yield _soft(match, Decimal(value), unit)
    for match in _ARTICLE.finditer(text):  # an hour, a second
        yield _soft(match, Decimal(1), _unit_at(text, match.end())[0])
    for match in _DECADE.finditer(text):
        yield _soft(match, Decimal(match["decade"]))
        yield _soft(match, Decimal(int(match["century"]) + 1))
    for match in _HAN_DECADE.finditer(text):
        yield _soft(match, Decimal(int(match["century"]) * 100 - 100 + int(match["decade"])))
    for match in _DECADES.finditer(text):
        count = match["count"].lower()
        tens = Decimal(count if count.isdigit() else _english_value([count])) * 10
        yield from (_soft(match, tens, unit) for unit in ("", "year"))


def _soft(match: re.Match[str], value: Decimal, unit: str = "") -> Number:
    return Number(value, unit, "", match.start(), match.end(), hard=False)
