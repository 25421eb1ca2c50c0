"""Verification: what in a bullet is not held by the sentences it cites. Pure functions.

A fault names a kind and the thing, so that the repair can act on it and the post can count it.
What no program can tell is not claimed: that a bullet is well chosen, or well put.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from digest.words import atoms, polarity
from digest.words.jargon import LOANS

FaultKind = Literal[
    "number", "name", "superlative", "direction", "negation", "subject", "form", "english", "thin"
]
_SOFT: frozenset[FaultKind] = frozenset({"thin"})

MAX_BULLET_CHARS = 140
"""Twice what the prompt asks for: beyond it a bullet is a paragraph."""

_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN_RUN = re.compile(r"(?:[A-Za-z][A-Za-z'’-]*[ ,]+){6,}")
_LEAK = re.compile(
    r"<\|?|\|>|改写|要点[:：]|原文|简体中文|不超过\d|第三人称|以下是|好的[，,]|\bassistant\b"
)
_SUBJECT = re.compile(r"论文|本文|作者|本研究|该研究")
_OWN_WORK = re.compile(
    r"\b(?:we|our|ours|us|authors?)\b|\b(?:this|the|present) (?:paper|work|article|study|report)\b"
    r"|\bproposed\b|\bin this \w+",
    re.IGNORECASE,
)
_ENGLISH = re.compile(r"(?<![A-Za-z0-9_\\$./@-])[a-z]{4,}(?![A-Za-z0-9_$/@-])")
_JARGON = LOANS | frozenset(
    {
        "embedding", "embeddings", "encoder", "decoder", "baseline", "worker", "vocoder", "shuffle",
        "chroma", "beam", "backbone", "benchmark", "shot", "zero", "loss", "mask", "attention",
        "adapter", "router", "agent", "query", "value", "block", "stride", "padding", "pixel",
        "voxel", "spline", "wavelet", "vanilla", "greedy", "oracle", "ground", "truth", "bits",
        "bytes", "cache", "thread", "threads", "lookup",
    }
)  # fmt: skip
"""Lower-case words that a bullet may keep in English, for its brevity."""
_LOOP = re.compile(r"(.{4,}?)\1{2,}")


@dataclass(frozen=True, slots=True)
class Fault:
    """``what`` is the number, name or word; empty where the whole bullet is meant."""

    kind: FaultKind
    what: str = ""

    @property
    def hard(self) -> bool:
        """Whether it may not be published; the other faults are only worth another try."""
        return self.kind not in _SOFT

    def __str__(self) -> str:
        return f"{self.kind} {self.what}".strip()


def faults(bullet: str, evidence: Sequence[str], *, wants_numbers: bool = False) -> list[Fault]:
    """Everything in ``bullet`` that ``evidence`` does not hold.

    Args:
        bullet: Chinese text.
        evidence: The cited source sentences, verbatim.
        wants_numbers: A bullet that carries none of its evidence's numbers is thin.
    """
    source = " ".join(evidence)
    found = [Fault("form", what) for what in _form(bullet)]
    found += [Fault("number", number.text) for number in atoms.extra_numbers(source, bullet)]
    found += [Fault("name", name) for name in atoms.extra_names(source, bullet)]
    found += [Fault("superlative", word) for word in polarity.unbacked_superlatives(source, bullet)]
    if polarity.flipped_direction(source, bullet) or polarity.swapped_order(source, bullet):
        found.append(Fault("direction"))
    if polarity.lost_negation(source, bullet):
        found.append(Fault("negation"))
    if _SUBJECT.search(bullet) and not _OWN_WORK.search(source):
        found.append(Fault("subject"))  # others' work would pass for this paper's
    found += _english(source, bullet)
    if wants_numbers and not found and _lost_all_numbers(source, bullet):
        found.append(Fault("thin"))
    return found


def _form(bullet: str) -> list[str]:
    """What is wrong with the text as a Chinese bullet, whatever it says."""
    wrong = []
    if len(_HAN.findall(bullet)) < 6:
        wrong.append("hardly any Chinese")
    if len(bullet) > MAX_BULLET_CHARS:
        wrong.append("too long")
    if _LATIN_RUN.search(bullet):
        wrong.append("untranslated")
    if _LEAK.search(bullet):
        wrong.append("speaks of the task")
    clauses = [clause for clause in re.split(r"[，；。]", bullet) if len(clause) > 3]
    if _LOOP.search(bullet) or len(set(clauses)) < len(clauses):
        wrong.append("repeats itself")
    if any(bullet.count(a) != bullet.count(b) for a, b in ("（）", "()", "[]", "“”")):
        wrong.append("open bracket")
    return wrong


def _english(source: str, bullet: str) -> list[Fault]:
    """English words in the bullet: half a word is a blunder, a whole one of the source a flaw."""
    found = []
    known = set(re.findall(r"[a-z]+", source.lower()))
    for word in dict.fromkeys(_ENGLISH.findall(bullet)):
        if word not in _JARGON:
            found.append(Fault("english" if word in known else "form", f"half a word: {word}"))
    return found


def _lost_all_numbers(source: str, bullet: str) -> bool:
    held = atoms.numbers(source)
    return bool(held) and len(atoms.missing_numbers(source, bullet)) == len(held)
