"""An engine without a model, of the real interface: what measures and tests run stages on.

It answers each input with a Chinese sentence that holds the input's numbers and names, so that most
of them pass the checks. Some are wrong on purpose, and some of those again at the second asking, so
that every rung of the repair is climbed. An answer depends on its input and options alone.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from digest.generation import Completion, DecodeOptions, Prompt
from digest.words import atoms
from digest.words.lexicon import definitions, stem, stems

WRONG_ONE_IN, STUBBORN_ONE_IN = 5, 25
"""Inputs whose first answer is wrong, and those of which every answer is: near what the 1.5 B did
on three papers (a fifth of its bullets were asked for again)."""
_WRONG = "987654"
_NOTHING = "此处有若干说明"
_BULLET_CHARS, _CLAUSE_CHARS = 40, 11
_BRIEF_CHARS = 24
_DENIES = re.compile(r"\b(?:not|no|never|cannot|without|nor)\b|n['’]t\b")
_WORD = re.compile(r"[A-Za-z]{3,}")


class CannedEngine:
    """An ``Engine`` that answers at once.

    Args:
        at_once: Papers whose calls may be in flight together.
    """

    name, model, version = "canned", "canned", "1"
    sha256 = "0" * 64
    options: Mapping[str, str] = {}
    instructed = searches = True

    def __init__(self, at_once: int = 1) -> None:
        self.at_once = at_once

    def complete(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
    ) -> list[Completion]:
        """Answer each of ``inputs``; same order, same number."""
        del prompt
        return [_answer(text, options) for text in inputs]


def _answer(text: str, options: DecodeOptions) -> Completion:
    asked = Asked(options.n_best == 1, options.beam_size > 1)
    first, *others = (_completion(answer(text, asked, turn)) for turn in range(options.n_best))
    return replace(first, others=tuple(others))


def _completion(text: str) -> Completion:
    return Completion(text, len(text), finished=True)


@dataclass(frozen=True, slots=True)
class Asked:
    """For what: ``first``: not yet again; ``translation``: of all that the input says."""

    first: bool
    translation: bool


def answer(text: str, asked: Asked, turn: int = 0) -> str:
    """The answer to an input, the ``turn``-th of several."""
    source = text.partition("\n")[0]  # below it stands what to keep
    spread = zlib.crc32(source.encode())
    kept = [number.text for number in atoms.numbers(source) if number.hard]
    kept += [*atoms.names(source), *atoms.maths(source), *atoms.urls(source)]
    if spread % STUBBORN_ONE_IN == 0 or (spread % WRONG_ONE_IN == 0 and asked.first):
        kept.append(_WRONG)
    said = _said(source, turn, len(source) if asked.translation else _BULLET_CHARS)
    return f"{said} {'、'.join(dict.fromkeys(kept))}".rstrip() + "。"


def _said(source: str, turn: int, chars: int) -> str:
    """The words of ``source`` in Chinese, as clauses; from the ``turn``-th word on."""
    chinese = _chinese()
    found = (chinese.get(stem(word)) for word in _WORD.findall(source) if word.islower())
    words = list(dict.fromkeys(word for word in found if word))
    words = [*words[turn:], *words[:turn]]
    clauses = [""] if not _DENIES.search(source) else ["并没有"]
    for word in words:
        if len("".join(clauses)) + len(word) > chars:
            break
        if len(clauses[-1]) > _CLAUSE_CHARS:
            clauses.append("")
        clauses[-1] += word
    return "，".join(clauses) if any(clauses) else _NOTHING


@cache
def _chinese() -> dict[str, str]:
    """Stem of an English word -> the Chinese word that it, and little else, defines."""
    found: dict[str, str] = {}
    brief = {word: text for word, text in definitions().items() if len(text) < _BRIEF_CHARS}
    meant = {word: stems(text) for word, text in brief.items()}
    for most in (1, 2, 3):
        for word, each in meant.items():
            if len(each) == most:
                found |= {english: word for english in each if english not in found}
    return found
