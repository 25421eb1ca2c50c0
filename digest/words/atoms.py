"""The checkable atoms of English and Chinese text: numbers, names, math, addresses, claims.

Pure text in, records out; a checker asks ``missing_*(source, target)`` for what the target lost
and ``extra_*(source, target)`` for what it made up. Both texts may be in either language.
Nothing here judges meaning: an atom that moved to another place in the sentence is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

# ---------------------------------------------------------------- numbers


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
    """

    value: Decimal
    unit: str
    text: str
    start: int
    end: int
    hard: bool = True


# One character to one character, so that spans stay true.
_FOLD = str.maketrans("０１２３４５６７８９．％－−–‐‑＋～：", "0123456789.%-----+~:")
_SUPERSCRIPT = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")

# A version (1.2.3) and a Latin word with digits in it (GPT-4, wav2vec, Qwen2.5-7B) are names.
_TOKENS = re.compile(
    r"""(?P<percent>百分之\s?)?
        (?P<minus>(?<![A-Za-z0-9.)%\]}])-|负\s?|\b(?i:minus|negative)\s)?
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
    "T": 12, "B": 9, "M": 6, "K": 3, "k": 3,
}  # fmt: skip
_SCALE = re.compile(
    r"\s?(?:(万亿|千亿|百亿|十亿|亿|千万|百万|十万|万|千(?![米克赫瓦])|百(?!分))"
    r"|[- ]?(trillion|billion|million|thousand|hundred)\b|([TBMKk])(?![A-Za-z0-9]|\.[A-Z]))"
)
_UNITS = {
    "pp": r"(?:\\?%|percent(?:age)?)[ -]points?\b|个?百分点|pp\b",
    "%": r"\\?%|percent\b|per cent\b",
    "dB": r"dB\b|分贝|decibels?\b",
    "ms": r"ms\b|毫秒|milliseconds?\b",
    "s": r"s\b|秒|secs?\b|seconds?\b",
    "min": r"min(?:ute)?s?\b|分钟",
    "h": r"h\b|hours?\b|个?小时",
    "kHz": r"kHz\b|千赫兹?",
    "MHz": r"MHz\b|兆赫兹?",
    "GHz": r"GHz\b|吉赫兹?",
    "Hz": r"Hz\b|赫兹?",
    "KB": r"[Kk]B\b",
    "MB": r"MB\b|兆字节",
    "GB": r"GB\b|吉字节",
    "TB": r"TB\b",
    "nm": r"nm\b|纳米",
    "mm": r"mm\b|毫米",
    "cm": r"cm\b|厘米",
    "km": r"km\b|公里|千米",
    "m": r"m\b|met(?:er|re)s?\b|米",
    "x": r"[x×](?![A-Za-z]|\s*\d)|\\times(?![A-Za-z]|\s*\d)|倍|-?fold\b",
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
_NUMBER_WORDS = re.compile(
    rf"\b(?:{_NUMBER_WORD})(?:(?:[-\s]|\sand\s)(?:{_NUMBER_WORD}))*s?\b", re.IGNORECASE
)
# Words that a digit of the other language may stand for.
_ALSO = {
    "half": ("0.5", "2"), "halves": ("2",), "halved": ("2",), "twice": ("2",), "double": ("2",),
    "doubles": ("2",), "doubled": ("2",), "both": ("2",), "dual": ("2",), "pair": ("2",),
    "pairs": ("2",), "triple": ("3",), "triples": ("3",), "tripled": ("3",), "quarter": ("4",),
    "quarters": ("4",), "dozen": ("12",), "single": ("1",), "once": ("1",), "an": ("1",),
    "a": ("1",), "II": ("2",), "III": ("3",), "IV": ("4",), "VI": ("6",),
    "January": ("1",), "February": ("2",), "March": ("3",), "April": ("4",), "May": ("5",),
    "June": ("6",), "July": ("7",), "August": ("8",), "September": ("9",), "October": ("10",),
    "November": ("11",), "December": ("12",), "decade": ("10",), "century": ("100",),
}  # fmt: skip
_ALSO_PERCENT = {"half": "50", "一半": "50", "quarter": "25", "third": "33", "double": "100"}
_ALSO_WORDS = re.compile(r"\b(?:" + "|".join(_ALSO) + r"|third)\b|一半")

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
    folded = text.translate(_FOLD)
    found = [*_digit_numbers(folded), *_english_numbers(folded), *_han_numbers(folded)]
    found.extend(_implied_numbers(folded))
    found.sort(key=lambda number: (number.start, number.end))
    return [replace(number, text=text[number.start : number.end]) for number in found]


def missing_numbers(source: str, target: str) -> list[Number]:
    """Hard numbers of ``source`` that nothing in ``target`` backs."""
    return _unbacked(source, target)


def extra_numbers(source: str, target: str) -> list[Number]:
    """Hard numbers of ``target`` that nothing in ``source`` backs."""
    return _unbacked(target, source)


def _unbacked(text: str, other: str) -> list[Number]:
    text, other = _without(_URL, text), _without(_URL, other)
    pool = numbers(other)
    # A fall may be written as a sign or as a verb: -5 % and 下降 5 %.
    falls = bool(_FALL.search(text) or _FALL.search(other))
    return [
        number
        for number in numbers(text)
        if number.hard and not any(_backs(number, candidate, falls) for candidate in pool)
    ]


def _backs(number: Number, candidate: Number, falls: bool) -> bool:
    """Same value, and units that do not contradict each other: an unwritten one never does."""
    same = number.value == candidate.value or (falls and abs(number.value) == abs(candidate.value))
    return same and (number.unit == candidate.unit or not number.unit or not candidate.unit)


_FALL = re.compile(
    r"降|减|跌|负|低于|零下|\b(?:drop|declin|decreas|reduc|lower|below|minus|negativ|loss|los[et])",
    re.IGNORECASE,
)


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
    unit_match = None if ordinal else _UNIT.match(text, end)
    unit = "%" if match["percent"] else ""
    if ordinal is not None:
        end = ordinal.end()
    elif unit_match is not None:
        unit, end = list(_UNITS)[(unit_match.lastindex or 1) - 1], unit_match.end()
    # 3D, 5G: letters glued to the digits make a name; 16x16 does not.
    glued = _GLUED.match(text, end) is not None
    listed = _LIST_MARK.match(text, max(0, match.start() - 2)) is not None
    value = -value if match["minus"] else value
    return Number(value, unit, "", match.start(), end, hard=not (glued or listed))


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
        value = _english_value(re.split(r"[-\s]+(?:and\s+)?", match[0].lower().removesuffix("s")))
        unit = _UNIT.match(text, match.end())
        name = list(_UNITS)[(unit.lastindex or 1) - 1] if unit else ""
        end = unit.end() if unit else match.end()
        yield Number(Decimal(value), name, "", match.start(), end, hard=False)


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
        unit = _UNIT.match(text, match.end())
        name = list(_UNITS)[(unit.lastindex or 1) - 1] if unit else ""
        counted = any(char in _HAN_DIGITS for char in body) and len(body) > 1
        # 一种 and 三四 are idiom, 千万 is an adverb; 二十七 is a figure.
        hard = bool(match["percent"]) or (counted and any(char in "十百千万亿" for char in body))
        end = unit.end() if unit else match.end()
        yield Number(value, "%" if match["percent"] else name, "", match.start(), end, hard=hard)


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


def _implied_numbers(text: str) -> Iterator[Number]:
    """What other words and the other language's habits let stand for digits; all soft."""
    for match in _ALSO_WORDS.finditer(text):
        yield from (_soft(match, Decimal(value)) for value in _ALSO.get(match[0], ()))
        if match[0] in _ALSO_PERCENT:
            yield _soft(match, Decimal(_ALSO_PERCENT[match[0]]), "%")
    for match in _DECADE.finditer(text):
        yield _soft(match, Decimal(match["decade"]))
        yield _soft(match, Decimal(int(match["century"]) + 1))
    for match in _HAN_DECADE.finditer(text):
        yield _soft(match, Decimal(int(match["century"]) * 100 - 100 + int(match["decade"])))
    for match in _DECADES.finditer(text):
        count = match["count"].lower()
        yield _soft(match, Decimal(count if count.isdigit() else _english_value([count])) * 10)


def _soft(match: re.Match[str], value: Decimal, unit: str = "") -> Number:
    return Number(value, unit, "", match.start(), match.end(), hard=False)


# ---------------------------------------------------------------- math and addresses

_MATH = re.compile(
    r"\$\$[^$]+\$\$"
    r"|(?<!\\)\$(?=\S)[^$\n]*?(?<=[^\s\\])\$(?!\d)"  # pandoc's rule: "$5 to $10" is money
    r"|\\\((?:[^\\]|\\[^()])*\\\)"
    r"|\\\[(?:[^\\]|\\[^\[\]])*\\\]"
    # A bare command; not an accent (Fran\c{c}ois) or a change of type.
    r"|\\(?!(?:[bcdkrtuvH]|emph|text[a-z]+)\{)[A-Za-z]+(?:\{[^{}]*\})*"
)
_URL = re.compile(
    r"(?:https?://|www\.)[^\s<>\"'（）()，。；、！？{}\u4e00-\u9fff]+"
    r"|\b[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.(?:com|org|io|ai|net|edu|cn)/[^\s<>\"'（）()，。；、{}\u4e00-\u9fff]*"
)
# Math that only writes a number ($98.3\%$, $10^{-4}$): a translator may write it plainly.
_PLAIN_MATH = re.compile(r"(?:[\d.,+\-^{}\s~$()]|\\(?:%|times|,|sim|pm|approx|[()]))*")


def maths(text: str) -> list[str]:
    """Spans of LaTeX, delimiters included; those that only write a number are left out."""
    return [match[0] for match in _MATH.finditer(text) if _PLAIN_MATH.fullmatch(match[0]) is None]


def urls(text: str) -> list[str]:
    """Web addresses, without the punctuation that ends their sentence."""
    return [match[0].rstrip(".,;:!?*_") for match in _URL.finditer(text)]


def missing_maths(source: str, target: str) -> list[str]:
    """Math of ``source`` that ``target`` lacks, white space aside."""
    squeezed = _squeeze_math(target)
    return [span for span in maths(source) if _math_form(span) not in squeezed]


def extra_maths(source: str, target: str) -> list[str]:
    """Math of ``target`` that ``source`` lacks, white space aside."""
    squeezed = _squeeze_math(source)
    return [span for span in maths(target) if _body(span) not in squeezed]


def missing_urls(source: str, target: str) -> list[str]:
    """Addresses of ``source`` that ``target`` lacks."""
    return [url for url in urls(source) if url not in target]


def extra_urls(source: str, target: str) -> list[str]:
    """Addresses of ``target`` that ``source`` lacks."""
    return [url for url in urls(target) if url not in source]


def _math_form(span: str) -> str:
    """What must be found: a simple variable may lose its dollars, a formula may not."""
    body = _body(span)
    return body if re.fullmatch(r"[A-Za-z0-9]+", body) else _squeeze_math(span)


def _body(span: str) -> str:
    return re.sub(r"^(?:\$\$?|\\[(\[])|(?:\$\$?|\\[)\]])$", "", _squeeze_math(span))


def _squeeze_math(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _without(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(" ", text)


# ---------------------------------------------------------------- names

_TOKEN = re.compile(r"(?<![A-Za-z0-9\\])[A-Za-z0-9]+(?:[-+./&][A-Za-z0-9]+)*")
_CAPITALS = re.compile(r"[A-Z].*[A-Z]|[a-z][A-Z]")
_CAPITALISED = re.compile(r"[A-Z][a-z]+|[a-z]+")
_MEASURE = re.compile(r"[\d.]+(?:[kKMBTx]|[kMG]?Hz|dB|ms|s|h|[KMGT]B|st|nd|rd|th|m|mm|cm|km|nm)?")
# How these acronyms are commonly written out in Chinese; a target that does so has kept them.
_RENDERED = {
    "ai": "人工智能", "llm": "语言模型", "cnn": "卷积", "rnn": "循环神经", "dnn": "深度神经",
    "nn": "神经网络", "gnn": "图神经", "nlp": "自然语言", "ml": "机器学习", "rl": "强化学习",
    "dl": "深度学习", "3d": "三维", "2d": "二维", "1d": "一维", "gan": "生成对抗",
    "asr": "语音识别",
    "tts": "语音合成", "snr": "信噪比", "wer": "词错误率", "gpu": "图形处理", "iot": "物联网",
    "us": "美国", "uk": "英国", "eu": "欧", "qa": "问答", "cv": "计算机视觉", "vr": "虚拟现实",
    "ar": "增强现实", "covid-19": "新冠", "mri": "磁共振", "ct": "断层", "eeg": "脑电",
}  # fmt: skip


def names(text: str) -> list[str]:
    """Acronyms and names of models, datasets and metrics, once each, in the order of the text.

    By form alone: two capitals (WER), a capital inside (LibriSpeech), a digit inside (wav2vec,
    GPT-4). A plain capitalised word is not a name: it may begin the sentence.
    """
    plain = _without(_MATH, _without(_URL, text))
    found = (name for token in _TOKEN.findall(plain) if (name := _name_of(token)))
    return list(dict.fromkeys(found))


def _name_of(token: str) -> str:
    """The name in a token, without what a hyphen ties to it: SNR-based -> SNR."""
    parts = re.split(r"([-+./&])", token)
    if all(_CAPITALISED.fullmatch(part) for part in parts[::2]):
        return ""
    while parts and parts[-1].islower() and parts[-1].isalpha():
        parts = parts[:-2]
    while parts and parts[0].islower() and parts[0].isalpha():
        parts = parts[2:]
    name = "".join(parts)
    if _MEASURE.fullmatch(name) or not re.search(r"[A-Za-z]", name):
        return ""
    return name if _CAPITALS.search(_singular(name)) or re.search(r"\d", name) else ""


def missing_names(source: str, target: str) -> list[str]:
    """Names of ``source`` that ``target`` neither keeps nor writes out in Chinese."""
    occurs = _Occurrence(target)
    return [
        name
        for name in names(source)
        if name not in occurs and _RENDERED.get(_singular(name).lower(), "\0") not in target
    ]


def extra_names(source: str, target: str) -> list[str]:
    """Latin words of a Chinese ``target``, or names of any, that ``source`` does not have.

    An acronym that the initials of consecutive words of the source spell is accepted.
    """
    occurs = _Occurrence(source)
    plain = _without(_MATH, _without(_URL, target))
    words = [token for token in _TOKEN.findall(plain) if re.search(r"[A-Za-z]{2}", token)]
    candidates = words if has_han(target) else names(target)
    initials = "".join(word[0] for word in re.findall(r"[A-Za-z]+", source)).lower()
    return [
        name
        for name in dict.fromkeys(candidates)
        if name not in occurs
        and _MEASURE.fullmatch(name) is None
        and not (name.isupper() and name.lower() in initials)
    ]


class _Occurrence:
    """Whether a name is in a text, whatever its case, hyphens, spaces and plural s."""

    def __init__(self, text: str) -> None:
        self._words = {_singular(word).lower() for word in re.findall(r"[A-Za-z0-9]+", text)}
        self._words |= {word.lower() for word in re.findall(r"[A-Za-z0-9]+", text)}
        self._squeezed = _squeeze(text)

    def __contains__(self, name: str) -> bool:
        squeezed = _squeeze(_singular(name))
        if len(squeezed) <= 3:  # "AI" is in "main"
            return squeezed in self._words
        return squeezed in self._squeezed


def _squeeze(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _singular(name: str) -> str:
    """LLMs -> LLM, DNN's -> DNN; words that end in s otherwise are kept: GPS, class."""
    return name[:-1] if len(name) > 2 and name[-1] == "s" and name[-2] != "s" else name


def has_han(text: str) -> bool:
    """Whether ``text`` holds any Chinese character."""
    return re.search(r"[\u3400-\u9fff]", text) is not None


# ---------------------------------------------------------------- strength, direction, negation

# Each class in both languages, so that either may be the source.
_SUPERLATIVES = {
    "first": re.compile(
        r"首次|首个|首创|首款|首例|第一个|\bfirst\b(?!-|,|\s+and\b|\s+order\b)|\bfirst-ever\b|\bpioneer",
        re.IGNORECASE,
    ),
    "state of the art": re.compile(
        r"最先进|最前沿|SOTA\b|state[- ]of[- ]the[- ]arts?\b|cutting[- ]edge", re.IGNORECASE
    ),
    "most": re.compile(
        r"最(?!终|后|近|初|小化|大化|先进|前沿|小二乘|新)|史无前例|前所未有"
        r"|(?<!at )\bmost\b(?!\s+of\b)|\bbest\b|\bworst\b|unprecedented|\bonly\b(?=\s+method)"
        r"|\b(?!(?:at )?least\b|test|rest|latest|interest|request|nearest|forest|west|harvest"
        r"|invest|manifest|suggest|honest|modest|digest|contest|quest|guest|nest|est)"
        r"[a-z]{2,}(?:[^e]i|[^i])est\b",
        re.IGNORECASE,
    ),
}
# What else in a source justifies a superlative of the class.
_JUSTIFIED = {
    "first": re.compile(r"\bfirst|\binitial|\bnovel\b|首|第一", re.IGNORECASE),
    "state of the art": re.compile(
        r"\bbest\b|most advanced|superior|latest|recent|leading|\badvanced\b|最|领先", re.IGNORECASE
    ),
    "most": re.compile(
        r"est\b|\bmost\b|\bleast\b|optim|max|mini?m|extrem|\bpeak|\btop\b|state[- ]of|SOTA"
        r"|\bprimary|\bmain\b|\bmajor|\bkey\b|\bcommon|\bup to\b|\bultimate|\bfavou?r|\bextreme"
        r"|最|至多|至少|前所未有",
        re.IGNORECASE,
    ),
}


def superlatives(text: str) -> list[str]:
    """Claims of being best, first or state of the art, as written."""
    spans = [match for pattern in _SUPERLATIVES.values() for match in pattern.finditer(text)]
    return [_whole(match, text) for match in sorted(spans, key=re.Match.start)]


def unbacked_superlatives(source: str, target: str) -> list[str]:
    """Superlatives of ``target`` of a kind that nothing in ``source`` justifies."""
    return [
        _whole(match, target)
        for kind, pattern in _SUPERLATIVES.items()
        if not (pattern.search(source) or _JUSTIFIED[kind].search(source))
        for match in pattern.finditer(target)
    ]


def _whole(match: re.Match[str], text: str) -> str:
    """最 alone says little: show the word it is in."""
    return text[match.start() : match.end() + 1] if match[0] == "最" else match[0]


_MORE = re.compile(
    r"提高|提升|上升|增加|增长|增大|升高|更高|高于|超过"
    r"|\b(?:increas|higher|rais|boost|grow|grew|exceed)",
    re.IGNORECASE,
)
_LESS = re.compile(
    r"降低|减少|下降|减小|降至|更低|低于|缩减|削减|减弱"
    r"|\b(?:decreas|reduc|lower|drop|declin|diminish|fewer|shrink)",
    re.IGNORECASE,
)
_BETTER = re.compile(
    r"提高|提升|改善|改进|优于|超越|超过|更好|更优|胜过"
    r"|\b(?:improv|better|outperform|surpass|superior|enhanc|exceed|boost)",
    re.IGNORECASE,
)
_WORSE = re.compile(
    r"劣于|更差|恶化|不如|逊于|变差|\b(?:worse|degrad|inferior|underperform|deteriorat)",
    re.IGNORECASE,
)
_LOWER_IS_BETTER = re.compile(
    r"error|WER\b|EER\b|FID\b|loss|latency|cost|time\b|perplexity|distort|complex|memory|overhead"
    r"|noise|错误|误差|延迟|损失|成本|复杂|开销|噪",
    re.IGNORECASE,
)


def flipped_direction(source: str, target: str) -> bool:
    """Whether all of ``target`` points the other way from all of ``source``.

    Silent where either has both directions or none: "improves by reducing" says nothing.
    """
    up, down = bool(_MORE.search(source)), bool(_LESS.search(source))
    better, worse = bool(_BETTER.search(source)), bool(_WORSE.search(source))
    target_up = bool(_MORE.search(target) or _BETTER.search(target))
    target_down = bool(_LESS.search(target) or _WORSE.search(target))
    if target_up == target_down:
        return False
    if target_up:
        return (down or worse) and not (up or better)
    if up or better:
        # An improved error rate is a lower one.
        fair = better and not up and _LOWER_IS_BETTER.search(source)
        return not (down or worse) and not fair
    return False


_ENGLISH_NOT = re.compile(
    r"\b(?:cannot|never|neither|without|(?:does|do|did|is|are|was|were|has|have|had|can|could|will"
    r"|would|should)(?:\s+not|n['’]t)(?!\s+(?:only|just|merely)))\b",
    re.IGNORECASE,
)
_ANY_NOT_IN_CHINESE = re.compile(r"[不没无未非否勿免缺拒]|难以|避免|停止|仅")
_CHINESE_NOT = re.compile(r"不能|没有|无法|并未|并不|未能|不会|不需要|无需")
_ANY_NOT_IN_ENGLISH = re.compile(
    r"\b(?:no|not|nor|never|neither|none|without|cannot|fail|lack|free|little|few|hard|difficult"
    r"|un\w+|in\w+|im\w+|dis\w+|non\w*)|n['’]t\b",
    re.IGNORECASE,
)


def lost_negation(source: str, target: str) -> bool:
    """Whether ``source`` plainly negates and ``target`` has no word that could carry it."""
    if has_han(target):
        return bool(_ENGLISH_NOT.search(source)) and not _ANY_NOT_IN_CHINESE.search(target)
    return bool(_CHINESE_NOT.search(source)) and not _ANY_NOT_IN_ENGLISH.search(target)
