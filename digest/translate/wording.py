"""From a model's answer to a sentence, and from sentences to a paragraph. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.records import TranslatedSentence
from digest.translate.languages import Language
from digest.words import atoms
from digest.words.magnitudes import mend_magnitudes

_PREFIX = re.compile(r"^(?:翻译|译文|译|中文|答案|Translation)(?:结果)?\s*[：:]\s*")
_SAYS_SO = re.compile(r"translation|answer|chinese", re.IGNORECASE)
_NOTES = re.compile(r"(?:\s*[（(]?须(?:原样保留|译成中文)|\n\s*[（(]?术语)[：:].*$", re.DOTALL)
_WRAPPED = re.compile(r"[\"“「](?P<inside>[^\"“”「」]*)[\"”」]([。！？]?)")
_END = re.compile(r"[。？！…；：，、.?!:;][”）\"')]?$")

KEPT_MARK = "〔原文〕"
"""Before a sentence that is shown in English."""


def normalise(source: str, answer: str, language: Language) -> str:
    """What a model puts around a translation is taken off; typography; an end mark."""
    text = _NOTES.sub("", answer.strip())
    text = language.tidied(" ".join(text.split()))
    text = text if _SAYS_SO.match(source) else _PREFIX.sub("", text)
    wrapped = _WRAPPED.fullmatch(text)
    if wrapped is not None and source[:1] not in '"“':
        text = wrapped["inside"]
    if not text or not (language.letters == "" or re.search(f"[{language.letters}]", text)):
        return text
    if language.chinese:
        text = without_echo(source, mend_magnitudes(source, text))
        text = text[:-1] + "。" if text.endswith(".") and atoms.has_han(text) else text
    if _END.search(text) or not (language.chinese or _END.search(source.rstrip())):
        return text
    question = "？" if language.end == "。" else "?"
    return text + (question if source.rstrip().endswith("?") else language.end)


_EQUALS = re.compile(r"[^=；。]{1,24}=[^=；。]{1,24}(?:[；;][^=；。]{1,24}=[^=；。]{1,24})*")


def without_echo(source: str, text: str) -> str:
    """``text`` without sentences that only list what the model was told to keep or to call so.

    A small model copies "推理 = 推理；训练 = 训练。" and "STaR、GPT-J、30×。". What stood in
    them alone is then missing, and the checks see it.
    """
    pieces = re.split(r"(?<=。)", text)
    kept = [piece for piece in pieces if not _echoes(source, piece.rstrip("。 ").strip())]
    return "".join(kept).strip() or text


def _echoes(source: str, piece: str) -> bool:
    if "=" not in source and _EQUALS.fullmatch(piece):
        return True
    items = [item.strip() for item in piece.split("、")]
    return len(items) > 1 and all(item in source and not atoms.has_han(item) for item in items)


def joined(sentences: Sequence[TranslatedSentence], language: Language) -> str:
    """One paragraph; a space only where English meets what follows or goes before."""
    text = ""
    for sentence in sentences:
        shown = KEPT_MARK + sentence.text if sentence.kept and sentence.text else sentence.text
        spaced = not language.chinese and language.code != "ja"
        space = text and shown and (text[-1].isascii() or spaced)
        text += (" " if space else "") + shown
    return text
