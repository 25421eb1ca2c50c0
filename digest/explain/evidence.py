"""Evidence selection, without a model: which sentences and rows a reading is written from.

Each sentence is scored for each role by its section, its cue phrases, what it shares with title
and abstract, and its numbers. The best are taken question by
question, spread over the paper, until the token budget is used; what each question would have
taken next is kept in reserve. A sentence that leans on the one before ("This ...") takes it along.
The rows of a table come in as a comparison of the paper's own row with others.

Not done here: any judgement of what a sentence means.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from digest.explain.passages import (
    CITATION,
    OWN_WORK,
    Cluster,
    Passage,
    cluster,
    estimate_tokens,
    passages_of,
    usable,
    words,
)
from digest.explain.roles import PRIOR, QUESTIONS, ROLES, Question, Role, named
from digest.explain.rows import comparisons
from digest.records import Document, Sentence

BUDGET_SHARE: dict[Question, float] = {"problem": 0.27, "method": 0.38, "results": 0.35}
MIN_SCORE = 2.2
"""Set by looking at what was chosen in four papers: below it were no sentences worth a bullet."""
SAME_WORDS = 0.55
"""Two sentences that share more than this of the shorter one's weighted words say the same."""
NEAR_BEST = 1.0
"""A sentence serves in its best role, or in one that scores nearly as well."""
LEAST = 2
"""Clusters that a question gets whatever their scores, where the paper has as many sentences."""
JOINED_CHARS, MOST_SENTENCES, NEAR = 300, 2, 4
"""Sentences of one role that stand within ``NEAR`` are one bullet, up to so much of them: a short
bullet cannot hold more."""
RESERVE = 4
"""Clusters kept for a question none of whose bullets could be published."""
_PLAINEST: dict[Question, str] = {
    "problem": "background",
    "method": "component",
    "results": "setting",
}
"""The role that claims least, for a sentence that no cue gives one."""

_LEANS = re.compile(
    r"(?:this|these|those|it|its|they|their|such|here|both|the (?:latter|former)|as a result"
    r"|therefore|thus|hence|consequently|in this (?:case|way)|to this end|instead|similarly)\b",
    re.IGNORECASE,
)
_POINTS_ONLY = re.compile(
    r"(?:(?:in )?(?:fig(?:ure)?s?|tables?|sections?|equations?|eqs?)\.? ?[\dIVX(]|the remainder of|"
    r"the rest of|see |note that|recall that|let \w+ (?:be|denote))",
    re.IGNORECASE,
)
_SAYS_NOTHING = re.compile(
    r"\bthere are (?:several|many|a number of|various|two|three)\b[^,;]{0,60}$"
    r"|\b(?:as follows|described (?:below|above|in)|(?:is|are) (?:shown|summari[sz]ed|listed|given"
    r"|presented|reported|plotted) in|in (?:the following|this section|section \d|appendix)"
    r"|next section|multiple modules|(?:shows?|gives|lists) (?:the|an?) (?:overview|breakdown"
    r"|results)|we (?:now|first|next|then) (?:describe|review|present|discuss|turn)"
    r"|for (?:more|further) details)"
    r"|\bwe (?:also )?(?:present|describe|provide|report|give|discuss|include|list) the (?:\w+ )?"
    r"(?:data|model|structure|evaluation|results?|comparisons?|overview|details?"
    r"|experiments?|analysis|discussion|examples?)",
    re.IGNORECASE,
)
_OUTLINE = re.compile(
    r"^(?:(?:Finally|Then|Next|First),? )?(?:in )?(?:Sections?|Secs?\.|§|Appendix) ?[IVX\d]+"
    r"|organi[sz]ed as follows|^throughout (?:this|the) (?:paper|work|article|section)"
    r"|\b(?:we|is|are|and) (?:\w+ ){0,8}in (?:section|sec\.) ?[IVX\d]",
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
_PRESENTS = re.compile(
    r"\bwe (?:\w+ly |also |further |then |first |here |therefore |thus |have )*(?:propos|present"
    r"|introduc|develop|describ|investigat|stud[yi]|explor|address|tackl|design|use|show|evaluat"
    r"|appl[yi]|train|compar|find|found|demonstrat|revisit|extend|generali[sz]|derive|construct"
    r"|adopt|consider|focus)|\b(?:this|our|the present) (?:paper|work|article|study|method|model"
    r"|approach|framework|contribution)|\bthe proposed\b",
    re.IGNORECASE,
)
_TESTS = re.compile(
    r"\b(?:to|we) (?:\w+ )?(?:evaluate|test|measure|assess|compare|benchmark)\b|\bwe (?:measured|"
    r"evaluated|tested|compared|assessed)\b",
    re.IGNORECASE,
)
_OURS = re.compile(
    r"\b(?:we|our)\b|\b(?:this|the|these) (?:new |proposed |simple |novel )?(?:approach|method"
    r"|paradigm|framework|algorithm|model|system|technique|strategy|scheme)s?\b",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    r"\b(?:outperform|surpass|exceed|better|worse|higher|lower|best|worst|faster|slower|improv"
    r"|reduc|gain|drop|degrad|compared (?:to|with)|than|comparable|significant|competitive"
    r"|no (?:clear )?difference|beats?)",
    re.IGNORECASE,
)
_DEFINES = re.compile(
    r"\bmeasures? (?:the|how)\b|\b(?:is|are) defined\b|\bdefined as\b|\brange: "
    r"|\b(?:larger|lower|higher|smaller) is better"
    r"|\bfollowing\b.{0,40}\b(?:metric|measure)|\bmetric\w*\b.{0,60}\bpreferred\b"
    r"|\b(?:we|is|are) (?:report|evaluat|comput)\w* (?:the|using|by)\b",
    re.IGNORECASE,
)
_SETS_UP = re.compile(
    r"\b(?:down)?sampled\b|\bwindow|\bhop\b|\bhidden\b|\bdimension|\blearning rate|\bbatch size"
    r"|\bparameters? (?:was|were|is|are)\b|\bimplemented (?:in|using|with)|\bnearest neighbo"
    r"|\btrained (?:for|with|on)"
    r"|\b(?:set to|initiali[sz]ed|kernel size|epochs)\b",
    re.IGNORECASE,
)
_MEASURED = re.compile(r"\d+\.\d+|\d+(?:\.\d+)? ?(?:%|dB|ms|x\b|hours?|seconds?)|\d{2,}")
_PREPARES = re.compile(
    r"\b(?:data|corp|setup|setting|implementation|training|details?|parameter|label|sampl|protocol"
    r"|architecture|model structure|notation|preprocess)"
)


@dataclass(frozen=True, slots=True)
class Selection:
    """What a reading is written from, question by question, each role in document order."""

    chosen: Mapping[Question, tuple[Cluster, ...]]
    reserve: Mapping[Question, tuple[Cluster, ...]]

    @property
    def clusters(self) -> list[Cluster]:
        """All that were chosen, in the order of the post."""
        return [each for question in QUESTIONS for each in self.chosen[question]]

    def best(self, most: Mapping[Question, int], of_role: Mapping[str, int]) -> list[Cluster]:
        """At most so many clusters of a question, in the order of the post: tables, then by score.

        ``of_role``: the most of a role, where it has fewer than its question.
        """
        found = []
        for question in QUESTIONS:
            clusters = self.chosen[question]
            kept: list[Cluster] = []
            for each in sorted(clusters, key=lambda c: (not c.cells, -c.score)):
                same = sum(other.role == each.role for other in kept)
                if len(kept) < most[question] and same < of_role.get(each.role.name, len(clusters)):
                    kept.append(each)
            found += [each for each in clusters if each in kept]
        return found


def select(document: Document, title: str, abstract: str, budget_tokens: int) -> Selection:
    """The evidence for each question.

    Args:
        document: A readable paper.
        title: For the lexical match.
        abstract: For the lexical match; may be empty.
        budget_tokens: Upper bound on the estimated tokens of what is chosen.
    """
    passages = passages_of(document)
    paper = _Paper(passages, title, abstract)
    tables = comparisons(document, title, abstract)
    place = {passage.sentence.id: index for index, passage in enumerate(passages)}
    chosen: dict[Question, tuple[Cluster, ...]] = {}
    reserve: dict[Question, tuple[Cluster, ...]] = {}
    taken: list[Passage] = []
    left = 0
    for question in QUESTIONS:
        left += int(budget_tokens * BUDGET_SHARE[question])
        rows = tables if question == "results" else []
        left -= sum(estimate_tokens(each.text) for each in rows)
        picked, kept, left = _Choice(question, paper, taken, left).made()
        chosen[question] = tuple(_joined(_ordered([*picked, *rows], place), place))
        reserve[question] = tuple(kept)
    return Selection(chosen, reserve)


def _ordered(clusters: Iterable[Cluster], place: Mapping[str, int]) -> list[Cluster]:
    last = len(place)
    return sorted(clusters, key=lambda c: (ROLES.index(c.role), place.get(c.evidence[-1].id, last)))


def _joined(clusters: Sequence[Cluster], place: Mapping[str, int]) -> list[Cluster]:
    """Near sentences that serve the same role become one bullet, while they are short."""
    found: list[Cluster] = []
    for each in clusters:
        last = found[-1] if found else None
        if last is not None and _belong(last, each, place):
            joined = (*last.evidence, *each.evidence)
            found[-1] = Cluster(each.role, joined, max(last.score, each.score))
        else:
            found.append(each)
    return found


def _belong(last: Cluster, each: Cluster, place: Mapping[str, int]) -> bool:
    """Whether two clusters that follow each other are one bullet's matter."""
    if last.role != each.role or each.role.question == "results":
        return False  # two results in one bullet: their figures change places
    end, start = place.get(last.evidence[-1].id), place.get(each.evidence[0].id)
    near = end is not None and start is not None and 0 < start - end <= NEAR
    sentences = len(last.evidence) + len(each.evidence)
    short = len(last.text) + len(each.text) <= JOINED_CHARS
    return near and short and sentences <= MOST_SENTENCES


class _Paper:
    """Passages with the weights of their words: how rare, how much of the paper's topic.

    Sums over sets are exact (``fsum``): their order differs from process to process.
    """

    def __init__(self, passages: Sequence[Passage], title: str, abstract: str) -> None:
        self.passages = passages
        total = len(passages) + 1
        frequency = Counter(word for passage in passages for word in passage.words)
        self._rarities = {word: math.log(total / (1 + n)) for word, n in frequency.items()}
        self._rarest = math.log(total)
        self._weights: dict[frozenset[str], float] = {}
        self._topic = {word: self._rarity(word) for word in words(abstract)}
        self._topic |= {word: 2 * self._rarity(word) for word in words(title)}
        sketch = [p.words for p in passages if p.kind == "abstract"] or [words(abstract)]
        self._summary = [each for each in sketch if each]
        self._merit = {
            p.sentence.id: self._shares(p) + 1.2 * self._echo(p) - _faults(p) for p in passages
        }

    def merit(self, passage: Passage) -> float:
        """What a sentence is worth whatever the question: its topic, less its faults."""
        return self._merit[passage.sentence.id]

    def _rarity(self, word: str) -> float:
        return self._rarities.get(word, self._rarest)

    def _shares(self, passage: Passage) -> float:
        """How much of title and abstract a sentence shares, for its length."""
        shared = math.fsum(self._topic.get(word, 0.0) for word in passage.words)
        return shared / (4 + len(passage.words))

    def _echo(self, passage: Passage) -> float:
        """Whether it restates a sentence of the abstract: 0 to 1."""
        if passage.kind == "abstract":
            return 0.5
        return max((self.shared(passage.words, other) for other in self._summary), default=0.0)

    def shared(self, one: frozenset[str], other: frozenset[str]) -> float:
        """Weighted words in common, as a share of the lighter text's."""
        lighter = min(self._weight(one), self._weight(other))
        common = math.fsum(0.5 + self._rarity(word) for word in one & other)
        return common / lighter if lighter > 0 else 0.0

    def _weight(self, some: frozenset[str]) -> float:
        """Of the words of a passage, worked out once: they are compared with all others."""
        if some not in self._weights:
            self._weights[some] = math.fsum(0.5 + self._rarity(word) for word in some)
        return self._weights[some]


@dataclass(slots=True)
class _Choice:
    """The choice of one question's clusters. Appends to ``taken`` what it uses."""

    question: Question
    paper: _Paper
    taken: list[Passage]
    left: int
    picked: list[Cluster] = field(default_factory=list)
    kept: list[Cluster] = field(default_factory=list)

    def made(self) -> tuple[list[Cluster], list[Cluster], int]:
        """What is chosen, what comes next, and the tokens that are left."""
        counts: Counter[str] = Counter()
        by_id = {passage.sentence.id: passage for passage in self.paper.passages}
        for value, passage, role in self._ranked():
            if self._repeats(passage):
                continue
            found = cluster(role, self._with_neighbour(passage), value)
            tokens = estimate_tokens(found.text)
            wanted = counts[role.name] < role.at_most and value >= MIN_SCORE
            if tokens > self.left or not (wanted or len(self.picked) < LEAST):
                if len(self.kept) < RESERVE:
                    self.kept.append(found)
                continue
            counts[role.name] += 1
            self.left -= tokens
            self.taken += [by_id[each.id] for each in found.evidence if each.id in by_id]
            self.picked.append(found)
        if not self.picked:
            self._take_any()
        spare = [each for each in self.kept if not self._holds(each)]
        return self.picked, spare, self.left

    def _take_any(self) -> None:
        """The best sentences that are left, in a role that claims little: no cue was found."""
        role = named(_PLAINEST[self.question])
        prior = PRIOR[self.question]
        left = [p for p in self.paper.passages if p.kind in prior and not self._repeats(p)]
        for passage in sorted(left, key=self.paper.merit, reverse=True)[:LEAST]:
            found = cluster(role, [passage.sentence], 0.0)
            if estimate_tokens(found.text) <= self.left:
                self.left -= estimate_tokens(found.text)
                self.taken.append(passage)
                self.picked.append(found)

    def _holds(self, spare: Cluster) -> bool:
        ids = {each.id for found in self.picked for each in found.evidence}
        return spare.evidence[-1].id in ids

    def _ranked(self) -> list[tuple[float, Passage, Role]]:
        found = [
            (score(passage, role, self.paper), -index, passage, role)
            for index, passage in enumerate(self.paper.passages)
            if PRIOR[self.question].get(passage.kind)  # without one it scores nothing
            for role in ROLES
            if role.question == self.question and _may_serve(passage, role)
        ]
        found.sort(key=lambda entry: entry[:2], reverse=True)
        best: dict[int, float] = {}
        for value, index, _, _ in found:
            best.setdefault(index, value)
        return [
            (value, passage, role)
            for value, index, passage, role in found
            if value > 0 and value > best[index] - NEAR_BEST
        ]

    def _with_neighbour(self, passage: Passage) -> tuple[Sentence, ...]:
        """The sentence, after the one it leans on unless that is in the reading already."""
        before = passage.before
        if before is None or not _LEANS.match(passage.sentence.text) or not usable(before.text):
            return (passage.sentence,)
        if any(before.id == other.sentence.id for other in self.taken):
            return (passage.sentence,)
        return (before, passage.sentence)

    def _repeats(self, passage: Passage) -> bool:
        """Whether a chosen sentence says nearly the same, or already stands in for this one."""
        return any(
            passage.sentence.id == other.sentence.id
            or self.paper.shared(passage.words, other.words) > SAME_WORDS
            for other in self.taken
        )


def _may_serve(passage: Passage, role: Role) -> bool:
    if passage.kind in role.home or role.cues.search(passage.sentence.text) is not None:
        return True
    if role.heading is not None and role.heading.search(passage.heading):
        return True
    # What an introduction says of its own work, once it has come to it, is what the paper does.
    own = passage.kind == "introduction" and not passage.opening
    return role.name == "idea" and own and _OURS.search(passage.sentence.text) is not None


def score(passage: Passage, role: Role, paper: _Paper) -> float:
    """How well a sentence serves a role; only the order of scores has a meaning.

    The weights were set by hand on five papers; ``digest eval explain`` measures how much of what a
    reader would pick they find in others.
    """
    prior = PRIOR[role.question].get(passage.kind, 0.0)
    if prior == 0.0:
        return 0.0
    text = passage.sentence.text
    cues = len({match.group().lower() for match in role.cues.finditer(text)})
    value = 1.5 * prior + 0.5 * min(cues, 3) + role.bonus
    if role.heading is not None and role.heading.search(passage.heading):
        value += 0.6
    return value + paper.merit(passage) + _fit(passage, role)


def _fit(passage: Passage, role: Role) -> float:
    """What a sentence must have, or must not have, to answer this question."""
    text = passage.sentence.text
    own = bool(OWN_WORK.search(text))
    if role.question == "problem":  # what was wrong before; a paper says it early, not of itself
        early = 0.5 * passage.opening + 0.4 * (1 - passage.position)
        return early - 3.0 * bool(_PRESENTS.search(text)) - 1.0 * own
    other = 1.5 * bool(_OTHER_WORK.match(text)) * (not own)
    # What abstract and introduction say of the field is neither method nor result of this paper.
    opening = not own and (passage.opening or passage.kind == "abstract")
    if role.question == "method":
        tested = bool(_OUTCOME.search(text) or _TESTS.search(text))
        return 0.5 * own - other - 2.0 * tested - 2.0 * opening
    measured = _numbers(text)
    value = 0.2 * own - other + measured - 2.0 * (opening and not measured)
    if role.name == "finding":
        compares = bool(_COMPARES.search(text))
        value += 0.8 * compares - 1.5 * bool(_DEFINES.search(text))
        value -= 1.5 * bool(_SETS_UP.search(text) and not compares)
        value -= 1.2 * bool(passage.kind == "experiments" and _PREPARES.search(passage.heading))
    return value


def _numbers(text: str) -> float:
    return 0.35 * min(len(_MEASURED.findall(CITATION.sub("", text))), 4)


def _faults(passage: Passage) -> float:
    """Penalties for what makes a poor bullet."""
    text = passage.sentence.text
    penalty = 0.0
    if _POINTS_ONLY.match(text) and not _MEASURED.search(text[12:]):
        penalty += 2.5
    if _OUTLINE.search(text):
        penalty += 4.0
    if _SAYS_NOTHING.search(text):
        penalty += 2.0
    if _LEANS.match(text):
        penalty += 0.3 if passage.before is not None else 0.8
    penalty += 0.5 * text.count("[equation]") + 0.15 * max(0, len(CITATION.findall(text)) - 1)
    if len(text) > 300:
        penalty += 0.3
    if len(text) < 80 and not _MEASURED.search(text):
        penalty += 0.5  # "The model consists of several modules."
    return penalty
