"""Lines for a terminal in which Chinese, two cells a character, stands beside Latin text.

Rich breaks at spaces alone, of which Chinese has none: a line would end wherever a Latin word
stands in it. Here a line may end between any two Chinese characters, but not before a closing mark
and not after an opening one (the first rules of JLREQ 3.1.7 and CLREQ 6.1.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells
from rich.text import Text

_WIDE = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60"
    "\uffe0-\uffe6\U0001f300-\U0001faff\U00020000-\U0003fffd"
)
_OPENING = "（「『《〈【〔“‘"
_CLOSING = "，。、；：？！）」』》〉】〕％…—～·”’"
_UNIT = re.compile(
    rf"(?:〔[^〕\s]{{1,8}}〕|"
    rf"[{_OPENING}]*(?:[{_WIDE}]|[^\s{_WIDE}{_OPENING}{_CLOSING}]+)?[{_CLOSING}]*)(\s*)"
)
"""What stays together: a Chinese character or a Latin word, with the marks that cling to it; and
the marks of a claim, 〔存疑〕."""


def wrap(text: Text, width: int) -> list[Text]:
    """``text`` in lines of at most ``width`` cells; one longer word is cut. At least one line."""
    lines = text.divide(list(_breaks(text.plain, max(width, 2))))
    for line in lines:
        line.rstrip()
    return list(lines)


def block(text: Text, width: int, first: str = "", rest: str | None = None) -> list[Text]:
    """``text`` wrapped behind ``first``, its next lines behind ``rest`` (else as many spaces)."""
    indent = " " * cell_len(first) if rest is None else rest
    lines = wrap(text, width - max(cell_len(first), cell_len(indent)))
    return [Text.assemble(indent if n else first, line) for n, line in enumerate(lines)]


def cut(text: Text, width: int) -> Text:
    """``text`` as one line, with an ellipsis where it is longer."""
    if cell_len(text.plain) <= width:
        return text
    return Text.assemble(wrap(text, width - 1)[0], "…")


def _breaks(plain: str, width: int) -> Iterator[int]:
    """The offsets at which a new line begins."""
    column = 0
    for unit in _UNIT.finditer(plain):
        start, end = unit.start(), unit.start(1)
        cells = cell_len(plain[start:end])
        if column and column + cells > width:
            yield start
            column = 0
        for piece in chop_cells(plain[start:end], width)[:-1] if cells > width else ():
            start += len(piece)
            yield start
        column += cell_len(plain[start : unit.end()])
