"""Evidence selection, without a model: which sentences a reading is written from.

Each sentence is scored for each question by its section, its cue phrases, what it shares with
title and abstract, and its numbers; the best are taken role by role, spread over the paper, until
the token budget is used. A sentence that leans on the one before ("This ...") takes it along.

Not done here: table rows as evidence, and any judgement of what a sentence means.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from digest.explain.roles import PRIOR, QUESTIONS, ROLES, Question, Role
from digest.records import Document, SectionKind, Sentence
from digest.words.instructions import is_instruction

MIN_CHARS, MAX_CHARS = 45, 420
"""Shorter sentences say nothing on their own; longer ones are lists or broken extraction."""

BUDGET_SHARE: dict[Question, float] = {"problem": 0.25, "method": 0.40, "results": 0.35}
MIN_SCORE = 2.2
"""Set by looking at what was chosen in four papers: below it were no sentences worth a bullet."""
SAME_WORDS = 0.6
"""Two sentences that share more than this of the shorter one's words say the same thing."""

_WORD = re.compile(r"[A-Za-z][A-Za-z-]{2,}")
_LEANS = re.compile(
    r"(?:this|these|those|it|its|they|their|such|here|both|the (?:latter|former)|as a result"
    r"|therefore|thus|hence|consequently|in this (?:case|way)|to this end|instead|similarly)\b",
    re.IGNORECASE,
)
_POINTS_ONLY = re.compile(
    r"(?:(?:fig(?:ure)?s?|tables?|sections?|equations?|eqs?)\.? ?[\dIVX(]|the remainder of|"
    r"the rest of|see |note that|recall that|let \w+ (?:be|denote))",
    re.IGNORECASE,
)
_OWN_WORK = re.compile(
    r"\b(?:we|our|ours|us)\b|\b(?:this|the present) (?:paper|work|article|study|report)\b"
    r"|\bthe proposed\b",
    re.IGNORECASE,
)
_OTHER_WORK = re.compile(
    r"[A-Z][\w’'-]+ (?:et al\.?|and [A-Z][\w-]+|& [A-Z][\w-]+) ?[\[(]|\[\d+\] "
)
_OUTCOME = re.compile(
    r"\b(?:outperform|state-of-the-art|results? (?:show|indicat|suggest|demonstrat)|achiev\w+ "
    r"|we (?:show|find|found|observe) |improved performance)",
    re.IGNORECASE,
)
_MEASURED = re.compile(r"\d+\.\d+|\d+(?:\.\d+)? ?(?:%|dB|ms|x\b|hours?|seconds?)|\d{2,}")
_CITATION = re.compile(r"\[\d+(?:[,–-] ?\d+)*\]|\([^()]*\b(?:19|20)\d\d[a-z]?\)")
_STOP = frozenset(
    re.findall(
        r"\S+",
        """the and for that with this from are was were which have has been can our not but also
        more than these their its into such using used use one two may all other each both between
        over under only when where while they them there then thus how what will would should could
        about out any some most many much very via per i.e e.g""",
    )
)


def _uncited(match: re.Match[str]) -> str:
    """Nothing for a citation; numbers in brackets that do not rise are data, not references."""
    numbers = [int(number) for number in re.findall(r"\d+", match.group())]
    rising = all(one < two for one, two in pairwise(numbers))
    return "" if match.group()[0] == "(" or rising else match.group()


@dataclass(frozen=True, slots=True)
class Cluster:
    """One to three sentences that one bullet is written from, in document order."""

    role: Role
    sentences: tuple[Sentence, ...]
    score: float

    @property
    def text(self) -> str:
        """What the model reads: the sentences without their citations, which say nothing to it."""
        text = _CITATION.sub(_uncited, " ".join(sentence.text for sentence in self.sentences))
        return re.sub(r"\s+(?=[.,;:)\s])", "", text)


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence with what its place in the paper says about it."""

    sentence: Sentence
    kind: SectionKind
    position: float
    """0 at the start of its section, 1 at its end."""
    before: Sentence | None
    words: frozenset[str]


def words(text: str) -> frozenset[str]:
    """Content words, lower case, with the plural s cut so that singular and plural meet."""
    found = (word.lower().rstrip("s") for word in _WORD.findall(text))
    return frozenset(word for word in found if word not in _STOP and len(word) > 2)


def estimate_tokens(text: str) -> int:
    """About how many tokens English ``text`` is: four characters each, rounded up."""
    return -(-len(text) // 4)


def select(
    document: Document, title: str, abstract: str, budget_tokens: int
) -> dict[Question, list[Cluster]]:
    """The evidence for each question, role by role, each role in document order.

    Args:
        document: A readable paper.
        title: For the lexical match.
        abstract: For the lexical match; may be empty.
        budget_tokens: Upper bound on the estimated tokens of all clusters.
    """
    passages = passages_of(document)
    weights = _topic_weights(passages, title, abstract)
    taken: list[Passage] = []
    chosen: dict[Question, list[Cluster]] = {}
    for question in QUESTIONS:
        budget = int(budget_tokens * BUDGET_SHARE[question])
        clusters = _choose(question, passages, weights, taken, budget)
        order = {role.name: index for index, role in enumerate(ROLES)}
        place = {passage.sentence.id: index for index, passage in enumerate(passages)}
        clusters.sort(key=lambda c: (order[c.role.name], place[c.sentences[-1].id]))
        chosen[question] = clusters
    return chosen


def passages_of(document: Document) -> list[Passage]:
    """The sentences that may serve as evidence: not of references or appendix, of a sane length."""
    sizes = Counter(sentence.section for sentence in document.sentences)
    seen: Counter[int | None] = Counter()
    passages = []
    before: Sentence | None = None
    for sentence in document.sentences:
        section = sentence.section
        kind = "other" if section is None else document.sections[section].kind
        position = seen[section] / max(1, sizes[section] - 1)
        seen[section] += 1
        same = before if before is not None and before.section == section else None
        before = sentence
        if kind in ("references", "appendix") or not _usable(sentence.text):
            continue
        passages.append(Passage(sentence, kind, position, same, words(sentence.text)))
    return passages


def _usable(text: str) -> bool:
    """Whether a sentence can stand as evidence at all."""
    if not MIN_CHARS <= len(text) <= MAX_CHARS or text[-1] not in '.!?)”"' or text.endswith("?"):
        return False
    letters = sum(character.isalpha() and character.isascii() for character in text)
    if letters < 0.6 * len(text) or not (text[0].isupper() or text[0].isdigit()):
        return False
    return not is_instruction(text)  # it speaks to a model, and shall not


def _topic_weights(passages: Sequence[Passage], title: str, abstract: str) -> dict[str, float]:
    """Words of title and abstract by inverse sentence frequency; the title's count twice."""
    frequency = Counter(word for passage in passages for word in passage.words)
    total = len(passages) + 1
    weights = {}
    for text, weight in ((abstract, 1.0), (title, 2.0)):
        for word in words(text):
            weights[word] = weight * math.log(total / (1 + frequency[word]))
    return weights


def _choose(
    question: Question,
    passages: Sequence[Passage],
    weights: dict[str, float],
    taken: list[Passage],
    budget_tokens: int,
) -> list[Cluster]:
    """The best clusters of one question. Appends to ``taken`` what it uses."""
    ranked = sorted(
        (
            (score(passage, role, weights), -index, passage, role)
            for index, passage in enumerate(passages)
            for role in ROLES
            if role.question == question and _may_serve(passage, role)
        ),
        key=lambda entry: (entry[0], entry[1]),
        reverse=True,
    )
    by_id = {passage.sentence.id: passage for passage in passages}
    counts: Counter[str] = Counter()
    clusters: list[Cluster] = []
    for value, _, passage, role in ranked:
        cluster = Cluster(role, _with_neighbour(passage, taken), value)
        tokens = estimate_tokens(cluster.text)
        if counts[role.name] >= role.at_most or tokens > budget_tokens or value < MIN_SCORE:
            continue
        if _repeats(passage, taken):
            continue
        counts[role.name] += 1
        budget_tokens -= tokens
        taken += [by_id.get(sentence.id, passage) for sentence in cluster.sentences]
        clusters.append(cluster)
    return clusters


def _may_serve(passage: Passage, role: Role) -> bool:
    return passage.kind == role.home or role.cues.search(passage.sentence.text) is not None


def _with_neighbour(passage: Passage, taken: Iterable[Passage]) -> tuple[Sentence, ...]:
    """The sentence, after the one it leans on unless that is in the reading already."""
    before = passage.before
    if before is None or not _LEANS.match(passage.sentence.text) or not _usable(before.text):
        return (passage.sentence,)
    if any(before.id == other.sentence.id for other in taken):
        return (passage.sentence,)
    return (before, passage.sentence)


def _repeats(passage: Passage, taken: Iterable[Passage]) -> bool:
    """Whether a chosen sentence says nearly the same, or already stands in for this one."""
    for other in taken:
        if passage.sentence.id == other.sentence.id:
            return True
        shared = len(passage.words & other.words)
        if shared > SAME_WORDS * min(len(passage.words), len(other.words)):
            return True
    return False


def score(passage: Passage, role: Role, weights: dict[str, float]) -> float:
    """How well a sentence serves a role; only the order of scores has a meaning.

    The weights were set by hand, by reading what they chose in four papers; how much of what a
    reader would pick they find has not been measured.
    """
    prior = PRIOR[role.question].get(passage.kind, 0.0)
    if prior == 0.0:
        return 0.0
    text = passage.sentence.text
    cues = len({match.group().lower() for match in role.cues.finditer(text)})
    topic = sum(weights.get(word, 0.0) for word in passage.words) / (4 + len(passage.words))
    value = 1.5 * prior + 0.5 * min(cues, 3) + topic + role.bonus
    return value + _fit(passage, role.question) - _faults(passage)


def _fit(passage: Passage, question: Question) -> float:
    """What a sentence must have, or must not have, to answer this question."""
    text = passage.sentence.text
    own = bool(_OWN_WORK.search(text))
    if question == "problem":  # what was wrong before; a paper says it early, and not of itself
        return 0.4 * (1 - passage.position) - 4.0 * own
    other = 1.5 * bool(_OTHER_WORK.match(text)) * (not own)
    # What abstract and introduction say of the field is neither method nor result of this paper.
    opening = passage.kind in ("abstract", "introduction") and not own
    if question == "method":
        return 0.3 * own - other - 1.0 * bool(_OUTCOME.search(text)) - 2.0 * opening
    measured = _numbers(text)
    return 0.2 * own - other + measured - 2.0 * (opening and not measured)


def _numbers(text: str) -> float:
    return 0.35 * min(len(_MEASURED.findall(_CITATION.sub("", text))), 4)


def _faults(passage: Passage) -> float:
    """Penalties for what makes a poor bullet."""
    text = passage.sentence.text
    penalty = 0.0
    if _POINTS_ONLY.match(text) and not _MEASURED.search(text[12:]):
        penalty += 1.0
    if _LEANS.match(text):
        penalty += 0.3 if passage.before is not None else 0.8
    penalty += 0.5 * text.count("[equation]") + 0.15 * max(0, len(_CITATION.findall(text)) - 1)
    if len(text) > 300:
        penalty += 0.3
    if len(text) < 80 and not _MEASURED.search(text):
        penalty += 0.5  # "The model consists of several modules."
    return penalty
