"""Chinese typography as one deterministic pass, linear in the length of the text.

Full-width marks beside Han, half-width marks inside Latin, numbers and math, one space between
Han and Latin, none beside full-width marks. Math, addresses, code and LaTeX are left as they are.
A line without Han only has its spaces collapsed. Nothing here converts scripts.

``tidy(tidy(x)) == tidy(x)``: what a mark becomes depends on the nearest letters and digits at
both sides, which the pass never changes.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_HAN = r"\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_HOLE = "\ue000"  # private use: stands for a protected span; one in the text is protected too
_PROTECTED = re.compile(
    r"`[^`\n]+`"
    r"|\$\$[^$\n]+\$\$|(?<!\\)\$(?=\S)[^$\n]*?(?<=[^\s\\])\$(?!\d)"
    r"|\\\((?:[^\\\n]|\\[^()\n])*\\\)|\\[A-Za-z]+(?:\{[^{}\n]*\})*"
    r"|(?:https?://|www\.)[^\s<>\"'`“”‘’「」《》】（）()，。；、！？{}\u4e00-\u9fff]*[A-Za-z0-9/#=&_]"
    rf"|[A-Za-z0-9_.+-]{{1,64}}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|{_HOLE}"
)
_FULL_WIDTH = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), 0xFF05)} | {
    code: code - 0xFEE0 for start in (0xFF21, 0xFF41) for code in range(start, start + 26)
}
_WIDE = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！"}
_BY_STRENGTH = " 、，：；。"
_MARKS = "，。；：？！、（）《》【】…"
_ANY_HAN = re.compile(f"[{_HAN}]")
_LATIN = rf"A-Za-z0-9À-ɏͰ-Ͽ{_HOLE}"
_SIGN = "-−+±~≈<>≤≥=#"
_ABBREVIATIONS = frozenset(
    {
        "al", "cf", "co", "corp", "dr", "e.g", "eq", "etc", "fig", "i.e", "inc", "jr", "ltd",
        "mr", "mrs", "no", "ph.d", "plc", "prof", "resp", "sec", "sr", "st", "u.k", "u.s", "vs",
    }
)  # fmt: skip


def tidy(text: str) -> str:
    """``text`` with Chinese typography; line breaks stay."""
    return "\n".join(_tidy_line(line) for line in text.split("\n"))


def _tidy_line(line: str) -> str:
    spans = _PROTECTED.findall(line)
    plain = re.sub(r"\s+", " ", _PROTECTED.sub(_HOLE, line)).strip()
    collapsed = _filled(plain, spans)
    if _ANY_HAN.search(plain) is None:
        return collapsed
    for step in (_narrow, _brackets, _dashes, _marks, _repeated, _quotes, _spaces):
        plain = step(plain)
    tidied = _filled(plain, spans)
    # A lone $ or backtick may pair up once the text around it has moved: leave such a line alone.
    return tidied if _PROTECTED.findall(tidied) == spans else collapsed


def _filled(plain: str, spans: list[str]) -> str:
    parts = plain.split(_HOLE)
    return "".join(part + span for part, span in zip(parts, [*spans, ""], strict=True))


_POINT, _COLON = re.compile(r"(?<=\d)．(?=\d)"), re.compile(r"(?<=\d)：(?=\d)")
_THOUSANDS = re.compile(r"(?<=\d)，(?=\d{3}(?!\d))")


def _narrow(text: str) -> str:
    """Half-width letters, digits and percent signs; and marks inside a number."""
    text = _POINT.sub(".", text.translate(_FULL_WIDTH))
    return _THOUSANDS.sub(",", _COLON.sub(":", text))


_DOTS = re.compile(rf"(?<=[{_HAN}]) ?[•‧・] ?(?=[{_HAN}])")
_DASHES = re.compile(r" ?[-–—]+(?: [-–—]+)* ?")


class _Around(NamedTuple):
    """The nearest letter, digit or protected span at each side of every character; "" if none."""

    left: list[str]
    right: list[str]

    @classmethod
    def of(cls, text: str) -> _Around:
        left, right = [""] * len(text), [""] * len(text)
        _carry(text, range(len(text)), left)
        _carry(text, range(len(text) - 1, -1, -1), right)
        return cls(left, right)

    def han(self, index: int) -> bool:
        return _is_han(self.left[index]) or _is_han(self.right[index])


def _carry(text: str, order: range, side: list[str]) -> None:
    nearest = ""
    for index in order:
        side[index] = nearest
        if text[index].isalnum() or text[index] == _HOLE:
            nearest = text[index]


def _is_han(char: str) -> bool:
    return _ANY_HAN.match(char) is not None


def _dashes(text: str) -> str:
    """—— for a spaced hyphen or a long dash beside Han; · for its look-alikes between Han.

    A dash beside a digit may be a minus or a range, and stays.
    """
    text = _DOTS.sub("·", text)
    if _DASHES.search(text) is None:
        return text
    around = _Around.of(text)

    def dash(match: re.Match[str]) -> str:
        before, after = text[: match.start()][-1:], text[match.end() :][:1]
        spaced = match[0].startswith(" ") and match[0].endswith(" ")
        if not (spaced or "—" in match[0] or "--" in match[0]):
            return match[0]
        if not before or not after or before.isdigit() or after.isdigit():
            return match[0]
        return "——" if around.han(match.start()) else match[0]

    return _DASHES.sub(dash, text)


_CURVED = {ord("「"): "“", ord("」"): "”"}


def _quotes(text: str) -> str:
    """Straight quotes in pairs to “ ” where they hold or adjoin Han; 「」 likewise.

    One without a partner opens at the start and after a mark, and closes at the end and before
    one. Where there is an even number, every other one opens: ”x“ is “x”.
    """
    text = text.translate(_CURVED)
    if not any(mark in text for mark in '"“”'):
        return text
    around, chars = _Around.of(text), list(text)
    places = [index for index, char in enumerate(text) if char == '"']
    for start, end in zip(places[::2], places[1::2], strict=False):
        inside = _ANY_HAN.search(text, start, end) is not None
        if inside or _is_han(around.left[start]) or _is_han(around.right[end]):
            chars[start], chars[end] = "“", "”"
    if len(places) % 2:
        lone = places[-1]
        before, after = text[:lone].rstrip()[-1:], text[lone + 1 :].lstrip()[:1]
        if (not before or before in "：:，,（(") and _is_han(around.right[lone]):
            chars[lone] = "“"
        elif (not after or after in "，,。.；;：:？?！!）)…") and _is_han(around.left[lone]):
            chars[lone] = "”"
    curved = [index for index, char in enumerate(chars) if char in "“”"]
    if len(curved) % 2 == 0:
        for number, index in enumerate(curved):
            chars[index] = "“”"[number % 2]
    return "".join(chars)


def _brackets(text: str) -> str:
    """（ ） where they hold or adjoin Han; f(x) stays; a pair of two widths becomes one."""
    pairs = _pairs(text)
    if not pairs:
        return text
    around, chars, han = _Around.of(text), list(text), _han_before(text)
    for start, end in pairs:
        inside = han[end] > han[start]
        call = start > 0 and re.match(f"[{_LATIN}]", text[start - 1]) is not None
        beside = _is_han(around.left[start]) or _is_han(around.right[end])
        if inside or (beside and not (call and text[start] == "(")):
            chars[start], chars[end] = "（", "）"
        elif {text[start], text[end]} & {"(", ")"}:
            chars[start], chars[end] = "(", ")"
    return "".join(chars)


def _han_before(text: str) -> list[int]:
    counts, count = [], 0
    for char in text:
        counts.append(count)
        count += _is_han(char)
    return counts


def _pairs(text: str) -> list[tuple[int, int]]:
    """Matching round brackets of either width; those without a partner are left out."""
    opened: list[int] = []
    pairs = []
    for index, char in enumerate(text):
        if char in "(（":
            opened.append(index)
        elif char in ")）" and opened:
            pairs.append((opened.pop(), index))
    return pairs


_MARKED = re.compile(
    r"(?P<ellipsis>(?:\.{3,}|。{3,}|…)(?: ?(?:\.{3,}|。{3,}|…))*)|[,;:?!]|(?<!\.)\.(?!\.)"
)


def _marks(text: str) -> str:
    """Ellipses, commas and their kin, full stops."""
    if _MARKED.search(text) is None:
        return text
    around = _Around.of(text)

    def ellipsis(match: re.Match[str]) -> str:
        beside = _is_han(around.left[match.start()]) or _is_han(around.right[match.end() - 1])
        return "……" if beside else match[0]

    def mark(match: re.Match[str]) -> str:
        return _wide(match, around)

    return _MARKED.sub(lambda match: ellipsis(match) if match["ellipsis"] else mark(match), text)


def _wide(match: re.Match[str], around: _Around) -> str:
    char, index, text = match[0], match.start(), match.string
    ends = not around.right[index]
    if char == ".":
        return "。" if _full_stop(text, index, around) else "."
    if (
        char in ",:"
        and re.match(r"\d", text[index + 1 : index + 2])
        and (re.match(r"\d", text[index - 1 : index]))
    ):
        return char
    closing = re.search(r"[）》】] ?\Z", text[max(0, index - 2) : index]) is not None
    wide = around.han(index) or closing or (ends and char in "?!;")
    return _WIDE[char] if wide else char


def _full_stop(text: str, index: int, around: _Around) -> bool:
    """Whether a dot ends a Chinese sentence, and is no decimal point, abbreviation or list mark."""
    following = text[index + 1 : index + 2]
    if following and re.match(rf"[{_LATIN}.]", following):
        return False
    if _is_han(around.left[index]):
        return True
    if around.right[index] and not _is_han(around.right[index]):
        return False
    word = re.search(r"[A-Za-z0-9.]{0,8}\Z", text[max(0, index - 8) : index])
    before = word[0] if word else ""
    if before.lower() in _ABBREVIATIONS or index == len(before):  # "1. 方法"
        return False
    return bool(around.left[index])


_RUN = re.compile(r"[、，：；。？！](?: ?[、，：；。？！])+")


def _repeated(text: str) -> str:
    """One mark for a run of them: ？ and ！ win, each once; else the strongest of 、，：；。"""
    return _RUN.sub(_one_mark, text)


def _one_mark(run: re.Match[str]) -> str:
    cries = dict.fromkeys(char for char in run[0] if char in "？！")
    return "".join(cries) or max(run[0], key=_BY_STRENGTH.find)


_SPACES = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (rf" *([{_MARKS}]) *", r"\1"),
        (r" *—— *", "——"),
        (r"(?<=“) +| +(?=”)", ""),
        (rf"(?<=[{_HAN}]) +(?=[{_HAN}“”])|(?<=[“”]) +(?=[{_HAN}])", ""),
        (r"(?<=\d) +(?=%)", ""),
        (rf"(?<=[{_HAN}]) *(?=[{_SIGN}]?\d|[{_LATIN}])", " "),
        (rf"(?<=[{_LATIN}%°]) *(?=[{_HAN}])", " "),
    )
)


def _spaces(text: str) -> str:
    """One space between Han and Latin, none beside full-width marks or between Han."""
    for pattern, instead in _SPACES:
        text = pattern.sub(instead, text)
    return text
