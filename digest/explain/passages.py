"""The sentences of a paper with what their place says about them; what may serve as evidence.

Pure. A passage is a sentence that can stand as evidence at all; a cluster is up to three
sentences, or the rows of a table, that one bullet is written from.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from digest.explain.roles import Role
from digest.records import Document, Evidence, SectionKind, Sentence
from digest.words.instructions import is_instruction

MIN_CHARS, MAX_CHARS = 45, 420
"""Shorter sentences say nothing on their own; longer ones are lists or broken extraction."""

OWN_WORK = re.compile(
    r"\b(?:we|our|ours|us)\b|\b(?:this|the present) (?:paper|work|article|study|report)\b"
    r"|\bthe proposed\b",
    re.IGNORECASE,
)
CITATION = re.compile(
    r"\[\d+(?:[,–-] ?\d+)*\]|\((?=[^()]*[A-Za-z]{2})[^()=]*\b(?:19|20)\d\d[a-z]?\)"
    r"|(?<=al\. )\((?:19|20)\d\d[a-z]?\)"
)
_POINTER = re.compile(
    r"\s*\((?:(?:also )?(?:see|cf\.?|shown in|as in) )?(?:also )?(?:Sections?|Secs?\.|Figures?"
    r"|Figs?\.|Tables?|Tabs?\.|Eqs?\.|Equations?|Appendix|Algorithm|§)(?![a-z]) ?[^()]{1,40}\)",
    re.IGNORECASE,
)
_AS_SHOWN = re.compile(
    r"\bAs (?:can be )?(?:seen|shown|illustrated|depicted|reported|described|discussed|noted)"
    r"(?: (?:in|by|from) (?:Figures?|Figs?\.|Tables?|Sections?|Sec\.|Appendix) ?[\dA-Z.()a-c]+"
    r"| (?:above|earlier|previously|before)), ([a-z])"
)
_FOOTNOTE = re.compile(r"\s*\(?\s?https?://[^\s)]+\s?\)?")
_NO_SCIENCE = re.compile(
    r"acknowledg|funding|authors?\b(?! (?:identif|attrib))|(?:data|code) availab|ethics\b"
    r"|ethical (?:consider|statement)|(?:competing|conflicts? of) interest"
    r"|index terms|key ?words|ccs concepts|contents|biograph|organi[sz]ation of"
)
_WORD = re.compile(r"[A-Za-z][A-Za-z-]{2,}")
_STOP = frozenset(
    re.findall(
        r"\S+",
        """the and for that with this from are was were which have has been can our not but also
        more than these their its into such using used use one two may all other each both between
        over under only when where while they them there then thus how what will would should could
        about out any some most many much very via per i.e e.g""",
    )
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence with what its place in the paper says about it.

    ``position``: 0 at the start of its section, 1 at its end. ``opening``: it stands in the
    introduction before the paper first speaks of its own work. ``heading``: of its section, lower
    case. ``before``: the sentence before it in the same section.
    """

    sentence: Sentence
    kind: SectionKind
    heading: str
    position: float
    opening: bool
    before: Sentence | None
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Cluster:
    """What one bullet is written from, in document order.

    ``cells``: what a program says of a table's rows, where the cluster is one; ``about``: what the
    table is about, for a translator.
    """

    role: Role
    evidence: tuple[Evidence, ...]
    score: float
    cells: str = ""
    about: str = ""

    @property
    def text(self) -> str:
        """What is to be rewritten: without citations and pointers, which say nothing to a model."""
        if self.cells:
            return self.about
        return readable(" ".join(each.quote for each in self.evidence))


@lru_cache(maxsize=512)
def readable(text: str) -> str:
    """``text`` without citations, addresses and pointers to other places of the paper."""
    text = _AS_SHOWN.sub(lambda match: match[1].upper(), CITATION.sub(_uncited, text))
    text = _FOOTNOTE.sub("", _POINTER.sub("", text))
    return re.sub(r"\s+(?=[,;:)\s]|\.(?!\d))", "", text)


def cluster(role: Role, sentences: Sequence[Sentence], score: float) -> Cluster:
    """A cluster of sentences."""
    return Cluster(role, tuple(cite(sentence) for sentence in sentences), score)


def cite(sentence: Sentence) -> Evidence:
    """A sentence as evidence."""
    return Evidence("sentence", sentence.id, sentence.page, sentence.text)


def _uncited(match: re.Match[str]) -> str:
    """Nothing for a citation; numbers in brackets that do not rise are data, not references."""
    numbers = [int(number) for number in re.findall(r"\d+", match.group())]
    rising = all(one < two for one, two in pairwise(numbers)) and 0 not in numbers
    return "" if match.group()[0] == "(" or rising else match.group()


@lru_cache(maxsize=2048)
def words(text: str) -> frozenset[str]:
    """Content words, lower case, with the plural s cut so that singular and plural meet."""
    found = (word.lower().rstrip("s") for word in _WORD.findall(text))
    return frozenset(word for word in found if word not in _STOP and len(word) > 2)


def estimate_tokens(text: str) -> int:
    """About how many tokens English ``text`` is: four characters each, rounded up."""
    return -(-len(text) // 4)


def passages_of(document: Document) -> list[Passage]:
    """The sentences that may serve as evidence: not of references or appendix, of a sane length."""
    sizes = Counter(sentence.section for sentence in document.sentences)
    seen: Counter[int | None] = Counter()
    passages = []
    before: Sentence | None = None
    opening = True
    for sentence in document.sentences:
        section = sentence.section
        place = None if section is None else document.sections[section]
        kind: SectionKind = "other" if place is None else place.kind
        position = seen[section] / max(1, sizes[section] - 1)
        seen[section] += 1
        same = before if before is not None and before.section == section else None
        before = sentence
        heading = "" if place is None else place.title.lower()
        if kind in ("references", "appendix") or _NO_SCIENCE.match(heading):
            continue
        if not usable(sentence.text):
            continue
        if kind != "abstract" and OWN_WORK.search(sentence.text):
            opening = False
        passages.append(
            Passage(
                sentence,
                kind,
                heading,
                position,
                opening and kind == "introduction",
                same,
                words(sentence.text),
            )
        )
    return passages


_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalpha())


@lru_cache(maxsize=2048)  # the sentences of a paper, which is gone through several times
def usable(text: str) -> bool:
    """Whether a sentence can stand as evidence at all."""
    if not MIN_CHARS <= len(text) <= MAX_CHARS or text[-1] not in '.!?)”"' or text.endswith("?"):
        return False
    letters = len(text.encode("ascii", "ignore").translate(None, _NO_LETTERS))
    if letters < 0.6 * len(text) or not (text[0].isupper() or text[0].isdigit()):
        return False
    return not is_instruction(text)  # it speaks to a model, and shall not
