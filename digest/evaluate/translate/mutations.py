"""Good translations with one fault each, to see which faults the checks find.

Each kind makes at most one fault in a Chinese text, at a seeded place. It is found where one of the
checks that are counted held before and fails now. Where the text was free in the first place, a
"fault" may contradict nothing in the source; such are among those that are missed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from digest.words import atoms

Maker = Callable[[str, str, random.Random], str | None]
"""``make(source, target, random)``: the faulty target, or None where there is no place for it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault. ``least``: the share of such faults that should be found."""

    name: str
    least: float
    make: Maker


def digit_flipped(source: str, target: str, chance: random.Random) -> str | None:
    """One digit of a figure that the source has is another."""
    held = {number.value for number in atoms.numbers(source)}
    figures = [
        number
        for number in atoms.numbers(target)
        if number.hard and number.value in held and re.search(r"\d", number.text)
    ]
    if not figures:
        return None
    number = chance.choice(figures)
    places = [i for i in range(number.start, number.end) if target[i] in "0123456789"]
    place = chance.choice(places)
    digits = [digit for digit in "123456789" if digit != target[place]]
    return target[:place] + chance.choice(digits) + target[place + 1 :]


# Each with others that a reader would take for it.
_UNITS = {
    "毫秒": "秒", "分钟": "小时", "小时": "分钟", "秒": "分钟", "公里": "英里", "英里": "公里",
    "厘米": "毫米", "毫米": "厘米", "米": "英尺", "英尺": "米", "公斤": "吨", "千克": "克",
    "磅": "公斤",
    "个月": "周", "周": "天", "天": "年", "岁": "个月", "美元": "欧元", "英镑": "美元",
    "欧元": "英镑",
    "dB": "Hz", "kHz": "Hz", "GHz": "MHz", "MHz": "GHz", "Hz": "dB", "GB": "MB", "MB": "GB",
    "km": "m", "mm": "cm", "cm": "mm", "倍": "%", "万": "亿", "亿": "万", "百万": "万", "度": "米",
}  # fmt: skip
_MEASURED = re.compile(
    r"(?<=\d)(\s?)(" + "|".join(sorted(_UNITS, key=len, reverse=True)) + r")(?![A-Za-z年])"
)
_PERCENT = re.compile(r"(?<=\d)\s?%(?!\s?(?:的)?百分点)")
_POINTS = re.compile(r"(?<=\d)\s?个?百分点")


def unit_swapped(source: str, target: str, chance: random.Random) -> str | None:
    """A figure has another unit, or another power of ten."""
    del source
    found = [m for m in _MEASURED.finditer(target) if not target.startswith("份", m.end())]
    if not found:
        return None
    match = chance.choice(found)
    return target[: match.start()] + match[1] + _UNITS[match[2]] + target[match.end() :]


def percent_for_points(source: str, target: str, chance: random.Random) -> str | None:
    """5 % for 5 percentage points, or the other way round."""
    del source
    found = [(m, "个百分点") for m in _PERCENT.finditer(target)]
    found += [(m, "%") for m in _POINTS.finditer(target)]
    if not found:
        return None
    match, instead = chance.choice(found)
    return f"{target[: match.start()]} {instead}".replace(" %", "%") + target[match.end() :]


_OTHERS = ("BERT", "GPT-2", "ResNet", "CIFAR", "UNESCO", "LSTM", "WaveNet", "IEEE", "T5", "XLM")


def name_swapped(source: str, target: str, chance: random.Random) -> str | None:
    """A name that both texts have is another one."""
    shared = [name for name in atoms.names(target) if name in source]
    others = [name for name in _OTHERS if name not in source]
    if not shared:
        return None
    name = chance.choice(shared)
    return re.sub(
        rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", chance.choice(others), target
    )


_NOT = (
    ("并没有", ""), ("没有", "有"), ("不能", "能"), ("无法", "可以"), ("不会", "会"), ("不是",
    "是"),
    ("并不", ""), ("并非", "是"), ("从未", "曾"), ("未能", "得以"), ("不需要", "需要"), ("无需",
    "需要"),
    ("不再", "再"), ("尚未", "已"), ("不应", "应"), ("不太", "很"), ("不要", "要"), ("绝不", ""),
    ("不", ""),
    ("未", "已"),
)  # fmt: skip
_ENGLISH_NOT = re.compile(r"\b(?:not|never|cannot)\b|n['’]t\b", re.IGNORECASE)


def negation_deleted(source: str, target: str, chance: random.Random) -> str | None:
    """The target says what the source denies. Only with one "not" on either side."""
    if len(_ENGLISH_NOT.findall(source)) != 1 or re.search(r"not only|not just", source, re.I):
        return None
    if len(re.findall(r"[不没无未非]", target)) != 1:
        return None
    del chance
    for word, instead in _NOT:
        if word in target and not re.search(r"不[同过断仅仅但久少]|[对]不起", target):
            return target.replace(word, instead, 1)
    return None


_CLAUSE_CHARS = 8


def clause_dropped(source: str, target: str, chance: random.Random) -> str | None:
    """A clause of at least eight characters between commas is gone."""
    del source
    clauses = re.split(r"(?<=[，；：])", target)
    droppable = [i for i, clause in enumerate(clauses) if len(clause) > _CLAUSE_CHARS]
    if len(clauses) < 2 or not droppable:
        return None
    dropped = chance.choice(droppable)
    kept = "".join(clause for i, clause in enumerate(clauses) if i != dropped)
    return re.sub(r"[，；：]$", "。", kept)


_OPPOSITES = (
    ("提高", "降低"), ("提升", "下降"), ("增加", "减少"), ("上升", "下降"), ("增长", "下降"),
    ("高于", "低于"), ("优于", "劣于"), ("超过", "低于"), ("更高", "更低"), ("更好", "更差"),
    ("更多", "更少"), ("改善", "恶化"), ("改进", "恶化"), ("最高", "最低"), ("增大", "减小"),
    ("加强", "削弱"), ("增强", "减弱"), ("扩大", "缩小"), ("加快", "减慢"), ("更快", "更慢"),
    ("更大", "更小"), ("更强", "更弱"),
)  # fmt: skip
_FLIPS = {**dict(_OPPOSITES), **{low: high for high, low in reversed(_OPPOSITES)}}


def direction_flipped(source: str, target: str, chance: random.Random) -> str | None:
    """What rose falls, what was better is worse."""
    del source
    found = list(re.finditer(rf"(?:{'|'.join(_FLIPS)})(?!法|领|院)", target))
    if not found:
        return None
    match = chance.choice(found)
    return target[: match.start()] + _FLIPS[match[0]] + target[match.end() :]


KINDS = (
    Kind("digit flipped", 0.97, digit_flipped),
    Kind("unit swapped", 0.95, unit_swapped),
    Kind("percent against points", 0.95, percent_for_points),
    Kind("name swapped", 0.95, name_swapped),
    Kind("negation deleted", 0.85, negation_deleted),
    Kind("clause dropped", 0.60, clause_dropped),
    Kind("direction flipped", 0.85, direction_flipped),
)

Checks = Callable[[str, str], Mapping[str, bool]]


@dataclass(frozen=True, slots=True)
class Found:
    """Faults of one kind: how many were made, how many found, and some that were not."""

    kind: Kind
    made: int
    found: int
    by: Mapping[str, int]
    missed: tuple[tuple[str, str], ...]


def measure(
    pairs: Sequence[tuple[str, str]], check: Checks, counted: Collection[str], seed: int = 1
) -> Iterator[Found]:
    """Each kind over ``pairs`` of a source and its good translation, found by ``counted``."""
    before = [check(source, target) for source, target in pairs]
    for kind in KINDS:
        chance = random.Random(f"{seed}-{kind.name}")
        made, found, by = 0, 0, dict[str, int]()
        missed = []
        for (source, target), held in zip(pairs, before, strict=True):
            faulty = kind.make(source, target, chance)
            if faulty is None or faulty == target:
                continue
            made += 1
            after = check(source, faulty)
            failed = [k for k in counted if held[k] and not after[k]]
            found += bool(failed)
            by.update({name: by.get(name, 0) + 1 for name in failed})
            if not failed:
                missed.append((source, faulty))
        yield Found(kind, made, found, by, tuple(missed))
