"""Text on a page that a reader cannot see: kept apart, with the reason.

Seen from the span alone: colour, opacity, fill, size, place. White text on something dark is
visible, so pages with white text are looked at again for what lies beneath. Not found yet: text
covered by an image or a box, and text in the colour of a coloured background.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from digest.records import HiddenText

_FILLED, _STROKED, _SYNTHETIC = 16, 32, 512  # span char_flags of MuPDF
_TINY_PT = 1.5
_WHITE = 0xF5  # each channel at least this much
_Rect = tuple[float, float, float, float]


def hidden_reason(span: dict[str, Any], page: _Rect) -> str:
    """Why a span cannot be seen: white, invisible, tiny or off-page; empty where it can."""
    if not span["text"].strip():
        return ""
    x0, y0, x1, y1 = span["bbox"]
    if x1 < page[0] or y1 < page[1] or x0 > page[2] or y0 > page[3]:
        return "off-page"
    painted = span["char_flags"] & (_FILLED | _STROKED | _SYNTHETIC)
    if not painted or span["alpha"] < 13:
        return "invisible"
    if span["size"] < _TINY_PT:
        return "tiny"
    return "white" if _is_white(span["color"]) else ""


def _is_white(colour: int) -> bool:
    return min(colour >> 16 & 0xFF, colour >> 8 & 0xFF, colour & 0xFF) >= _WHITE


def split_hidden(
    blocks: Sequence[dict[str, Any]], page: _Rect, backgrounds: Iterable[_Rect] | None
) -> list[tuple[str, dict[str, Any]]]:
    """Take hidden spans out of ``blocks`` (changed in place); return them with their reasons.

    ``backgrounds``: rectangles and images that may make white text visible; None = not known, and
    white text stays in the blocks.
    """
    beneath = None if backgrounds is None else list(backgrounds)
    found = []
    for block in blocks:
        for line in block.get("lines", ()):
            kept = []
            for span in line["spans"]:
                reason = hidden_reason(span, page)
                if reason == "white" and (beneath is None or _on_any(span["bbox"], beneath)):
                    reason = ""
                if reason:
                    found.append((reason, span))
                else:
                    kept.append(span)
            line["spans"] = kept
    return found


def has_white(blocks: Iterable[dict[str, Any]]) -> bool:
    """True where some text of the page is painted white."""
    return any(
        _is_white(span["color"]) and span["text"].strip()
        for block in blocks
        for line in block.get("lines", ())
        for span in line["spans"]
    )


def _on_any(box: _Rect, backgrounds: Iterable[_Rect]) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(b[0] <= x <= b[2] and b[1] <= y <= b[3] for b in backgrounds)


def report(page: int, found: Sequence[tuple[str, dict[str, Any]]]) -> list[HiddenText]:
    """Hidden spans as records: neighbours of one reason together, no scraps of under 3 letters."""
    texts: list[HiddenText] = []
    for reason, span in found:
        if texts and texts[-1].reason == reason:
            texts[-1] = HiddenText(page, reason, f"{texts[-1].text} {span['text'].strip()}")
        else:
            texts.append(HiddenText(page, reason, span["text"].strip()))
    return [text for text in texts if sum(map(str.isalpha, text.text)) >= 3]
