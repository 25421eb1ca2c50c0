"""Verification: what in a bullet is not held by the sentences and rows it cites. Pure functions.

A fault names a kind and the thing, so that the repair can act on it and the post can count it.
What no program can tell is not claimed: that a bullet is well chosen, or well put.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from digest.records import Evidence
from digest.words import atoms, polarity
from digest.words.atoms import Number, numbers
from digest.words.jargon import LOANS
from digest.words.metrics import METRICS, foreign_metrics, metrics
from digest.words.sentences import split_sentences
from digest.words.tables import is_value
from digest.words.units import foreign_units

FaultKind = Literal[
    "number",
    "unit",
    "name",
    "metric",
    "triple",
    "superlative",
    "direction",
    "negation",
    "subject",
    "form",
    "english",
    "meaning",
    "thin",
]
_SOFT: frozenset[FaultKind] = frozenset({"thin", "english"})
MOST_ENGLISH = 2
"""Words of the source that a bullet may leave in English if asking again does not help."""

MAX_BULLET_CHARS = 140
"""Twice what the prompt asks for: beyond it a bullet is a paragraph."""

_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN_RUN = re.compile(r"(?:[A-Za-z][A-Za-z'’-]*[ ,]+){6,}")
_LEAK = re.compile(
    r"<\|?|\|>|译名|须译成|改写|要点[:：]|原文|简体中文|不超过\d|第三人称|以下是|好的[，,]|\bassistant\b"
)
_SUBJECT = re.compile(
    r"论文|(?<![文样脚范基副剧课])本文(?![件档字本])|(?<![创工写制合操])作者|本研究|该研究"
)
_OWN_WORK = re.compile(
    r"\b(?:we|our|ours|us)\b|\b(?:this|the|present) (?:paper|work|article|study|report)\b"
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
_NUMBERED = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]+\d+[A-Za-z\d]*")
_SHORT = re.compile(r"(?<![A-Za-z0-9.\\_^$])[A-Z]\d{1,3}(?![A-Za-z0-9.])")
"""Names of one letter and a number: T5, V100."""
_IN_BRACKETS = re.compile(r"\((\d+)\)")
_CLAUSES = re.compile(r"[，；。]")
_LOOP = re.compile(r"((?=[\d, ]*[^\d, ]).{4,}?)\1{2,}")  # a list of equal figures is none


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
        evidence: Pieces that are cited, verbatim: sentences, or rows with the names of their
            columns. A value must stand in one piece with what the bullet says it is of.
        wants_numbers: A bullet that carries none of its evidence's numbers is thin.
    """
    source = " ".join(evidence)
    found = [Fault("form", what) for what in _form(bullet)]
    found += unheld(bullet, evidence)
    found += [Fault("superlative", word) for word in polarity.unbacked_superlatives(source, bullet)]
    turned = (polarity.flipped_direction, polarity.swapped_order, polarity.turned_robustness)
    if any(each(source, bullet) for each in turned):
        found.append(Fault("direction"))
    if _negates_otherwise(source, bullet):
        found.append(Fault("negation"))
    if _SUBJECT.search(bullet) and not _OWN_WORK.search(source):
        found.append(Fault("subject"))  # others' work would pass for this paper's
    found += _english(source, bullet)
    if wants_numbers and not found and _lost_all_numbers(source, bullet):
        found.append(Fault("thin"))
    return found


def unheld(bullet: str, evidence: Sequence[str]) -> list[Fault]:
    """The atoms of ``bullet`` that ``evidence`` does not hold, or not together."""
    source = " ".join(evidence)
    # A figure of a name (fc7) backs no figure of the bullet.
    figures = _NUMBERED.sub(lambda match: re.sub(r"\d", "#", match[0]), source)
    found = [Fault("number", number.text) for number in atoms.extra_numbers(figures, bullet)]
    found += [Fault("number", number.text) for number in _other_references(source, bullet)]
    found += [Fault("number", number.text) for number in _repeated(source, bullet)]
    found += [Fault("unit", number.text) for number in foreign_units(source, bullet)]
    short = [name for name in _SHORT.findall(bullet) if _lacks_short(name, source)]
    names = dict.fromkeys([*atoms.extra_names(source, bullet), *short])
    found += [Fault("name", name) for name in names]
    found += [Fault("metric", name) for name in foreign_metrics(source, bullet)]
    return found or [Fault("triple", what) for what in parted(bullet, evidence)]


def _other_references(source: str, bullet: str) -> list[Number]:
    """Tables and figures that ``bullet`` speaks of and ``source`` does not, where it has any."""
    held = {n.value for n in numbers(source) if n.role == "reference"}
    if not held:
        return []
    held |= {Decimal(found) for found in _IN_BRACKETS.findall(source)}
    return [n for n in numbers(bullet) if n.role == "reference" and n.value not in held]


def _repeated(source: str, bullet: str) -> list[Number]:
    """Figures that ``bullet`` has more often than ``source``: one stands in for another."""
    held = Counter(n.value for n in numbers(source))
    stated = numbers(bullet)
    # "One" is in too many Chinese words to count.
    often = Counter(n.value for n in stated if n.hard or not n.text.startswith("一"))
    return [
        n for n in stated if n.hard and n.role == "figure" and often[n.value] > held[n.value] > 0
    ]


def _lacks_short(name: str, source: str) -> bool:
    return re.search(rf"(?<![A-Za-z]){name[0]}[ -]?{name[1:]}(?!\d)", source) is None


def pieces(evidence: Sequence[Evidence]) -> list[str]:
    """What is cited, as pieces that must each hold a triple: rows with their columns' names.

    The caption, the first row of several, those without a name and those without values (headers,
    the label of a group) belong to every row.
    """
    rows = [each.quote for each in evidence if each.kind == "row"]
    is_head = [
        not _has_values(row) or row.startswith(" | ") or (at == 0 and len(rows) > 1)
        for at, row in enumerate(rows)
    ]
    heads = [each.quote for each in evidence if each.kind == "caption"]
    heads += [row for row, head in zip(rows, is_head, strict=True) if head]
    body = [row for row, head in zip(rows, is_head, strict=True) if not head]
    sentences = [each.quote for each in evidence if each.kind == "sentence"]
    return sentences + ([" | ".join([*heads, row]) for row in body] or heads)


def _has_values(row: str) -> bool:
    return any(is_value(cell) for cell in row.split(" | ")[1:])


def triples(bullet: str) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """``(value, names, Chinese measures)`` of each clause that has a value and either of them."""
    found = []
    for clause in _CLAUSES.split(bullet):
        names = tuple(atoms.latin_words(clause))
        measures = tuple(metric.name for metric in metrics(clause))
        values = [n.text for n in atoms.numbers(clause) if n.hard and n.role != "reference"]
        if names or measures:
            found += [(value, names, measures) for value in values]
    return found


def parted(bullet: str, evidence: Sequence[str]) -> list[str]:
    """Values that stand in no single piece of evidence together with what they are said to be of.

    Only what a piece could hold is asked for: a name that no piece has is another fault.
    """
    if len(evidence) < 2:
        return []
    return [
        value
        for value, names, measures in triples(bullet)
        if not _meets(value, names, measures, evidence)
    ]


def _meets(
    value: str, names: Sequence[str], measures: Sequence[str], evidence: Sequence[str]
) -> bool:
    whole = " ".join(evidence)
    wanted = [name for name in names if atoms.occurs(name, whole)]
    cues = [m.english for m in METRICS if m.name in measures and m.english.search(whole)]
    return any(
        not atoms.extra_numbers(piece, value)
        and all(atoms.occurs(name, piece) for name in wanted)
        and all(cue.search(piece) for cue in cues)
        for piece in evidence
    )


def _negates_otherwise(source: str, bullet: str) -> bool:
    """The source denies and the bullet does not, or the other way round."""
    if polarity.lost_negation(source, bullet) or polarity.lost_negation(bullet, source):
        return True
    one = len(split_sentences(source)) == 1  # of several, the bullet may leave out one that denies
    return one and polarity.dropped_negation(source, bullet)


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
    clauses = [clause for clause in _CLAUSES.split(bullet) if len(clause) > 3]
    if _LOOP.search(bullet) or len(set(clauses)) < len(clauses):
        wrong.append("repeats itself")
    if any(bullet.count(a) != bullet.count(b) for a, b in ("（）", "()", "[]", "“”")):
        wrong.append("open bracket")
    return wrong


def _english(source: str, bullet: str) -> list[Fault]:
    """English words in the bullet: half a word is a blunder, a whole one of the source a flaw."""
    known = set(re.findall(r"[a-z]+", source.lower()))
    left = [word for word in dict.fromkeys(_ENGLISH.findall(bullet)) if word not in _JARGON]
    found = [
        Fault("english", word) if word in known else Fault("form", f"half a word: {word}")
        for word in left
    ]
    if len(left) > MOST_ENGLISH:
        found.append(Fault("form", "untranslated"))
    return found


def _lost_all_numbers(source: str, bullet: str) -> bool:
    held = atoms.numbers(source)
    return bool(held) and len(atoms.missing_numbers(source, bullet)) == len(held)
