"""Good claims with one fault each, to see which faults verification finds.

The faults are made in claims as they were published; each is found where ``claims.problems`` has
something to say of it and had nothing before.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from digest.evaluate.explain.figures import Reading
from digest.evaluate.translate.mutations import (
    digit_flipped,
    name_swapped,
    negation_deleted,
    unit_swapped,
)
from digest.explain.claims import problems
from digest.records import Claim
from digest.words.metrics import metrics

Maker = Callable[[Claim, Sequence[Claim], random.Random], Claim | None]
"""``make(claim, all claims of the paper, random)``: the faulty claim; None where there is none."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault. ``least``: the share of such faults that should be found."""

    name: str
    least: float
    make: Maker


@dataclass(frozen=True, slots=True)
class Found:
    """Faults of one kind: how many were made, how many found, and some that were not."""

    kind: Kind
    made: int
    found: int
    missed: tuple[str, ...]


def _in_text(change: Callable[[str, str, random.Random], str | None]) -> Maker:
    """A fault of a translation, made in a claim."""

    def make(claim: Claim, _others: Sequence[Claim], chance: random.Random) -> Claim | None:
        source = " ".join(each.quote for each in claim.evidence)
        changed = change(source, claim.text, chance)
        return None if changed is None else replace(claim, text=changed)

    return make


_MEASURES = ("准确率", "召回率", "精确率", "困惑度", "信噪比", "相关系数", "误差", "延迟", "标准差")


def metric_swapped(claim: Claim, _others: Sequence[Claim], chance: random.Random) -> Claim | None:
    """A measure that the claim names is another one."""
    named = metrics(claim.text)
    if not named:
        return None
    metric = chance.choice(named)
    others = [word for word in _MEASURES if not metric.chinese.search(word)]
    return replace(claim, text=metric.chinese.sub(chance.choice(others), claim.text, count=1))


_DATASETS = (
    "LibriSpeech",
    "ImageNet",
    "CIFAR-10",
    "TIMIT",
    "SQuAD",
    "VoxCeleb",
    "COCO",
    "AudioSet",
)
_DATASET = re.compile(
    r"[A-Z][A-Za-z\d-]*[A-Z\d][A-Za-z\d-]*(?=\s?(?:数据集|语料|基准|测试集|训练集|上))"
)


def dataset_swapped(claim: Claim, _others: Sequence[Claim], chance: random.Random) -> Claim | None:
    """A dataset that the claim names is another one."""
    found = _DATASET.search(claim.text)
    if found is None:
        return None
    others = [name for name in _DATASETS if name not in claim.text]
    text = claim.text[: found.start()] + chance.choice(others) + claim.text[found.end() :]
    return replace(claim, text=text)


def citation_shuffled(claim: Claim, others: Sequence[Claim], chance: random.Random) -> Claim | None:
    """The claim cites what another claim of the same paper cites, verbatim and in its place."""
    ids = {each.id for each in claim.evidence}
    free = [other for other in others if not ids & {each.id for each in other.evidence}]
    return replace(claim, evidence=chance.choice(free).evidence) if free else None


def id_shuffled(claim: Claim, others: Sequence[Claim], chance: random.Random) -> Claim | None:
    """The quote stays, its id is another claim's."""
    ids = {each.id for each in claim.evidence}
    free = sorted({each.id for other in others for each in other.evidence} - ids)
    if not free:
        return None
    first = replace(claim.evidence[0], id=chance.choice(free))
    return replace(claim, evidence=(first, *claim.evidence[1:]))


def page_shifted(claim: Claim, _others: Sequence[Claim], chance: random.Random) -> Claim | None:
    """A citation is one page off."""
    place = chance.randrange(len(claim.evidence))
    moved = replace(claim.evidence[place], page=claim.evidence[place].page + 1)
    return replace(claim, evidence=(*claim.evidence[:place], moved, *claim.evidence[place + 1 :]))


KINDS = (
    Kind("digit flipped", 0.97, _in_text(digit_flipped)),
    Kind("unit swapped", 0.97, _in_text(unit_swapped)),
    Kind("name swapped", 0.95, _in_text(name_swapped)),
    Kind("dataset swapped", 0.95, dataset_swapped),
    Kind("metric swapped", 0.95, metric_swapped),
    Kind("negation deleted", 0.85, _in_text(negation_deleted)),
    Kind("citation shuffled", 0.97, citation_shuffled),
    Kind("id of another citation", 0.97, id_shuffled),
    Kind("page shifted", 0.97, page_shifted),
)


def measure(readings: Sequence[Reading], seed: int = 1) -> Iterator[Found]:
    """Each kind over all claims that hold as they are."""
    for kind in KINDS:
        chance = random.Random(f"{seed}-{kind.name}")
        made, found, missed = 0, 0, []
        for paper in readings:
            for claim in paper.claims:
                faulty = kind.make(claim, paper.claims, chance)
                if faulty is None or faulty == claim or problems(claim, paper.known):
                    continue
                made += 1
                if problems(faulty, paper.known):
                    found += 1
                else:
                    missed.append(_shown(faulty))
        yield Found(kind, made, found, tuple(missed))


def _shown(claim: Claim) -> str:
    return f"{claim.text} <- {' / '.join(each.quote for each in claim.evidence)}"


def false_alarms(readings: Sequence[Reading]) -> tuple[int, list[str]]:
    """How many published claims there are, and those that verification has something against."""
    alarms = [
        f"{'; '.join(found)}: {_shown(claim)}"
        for paper in readings
        for claim in paper.claims
        if (found := problems(claim, paper.known))
    ]
    return sum(len(paper.claims) for paper in readings), alarms
