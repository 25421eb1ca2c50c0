"""A bullet on its way down the repair ladder: what it is written from, what is wrong with it.

Pure steps; those that ask a model are in ``reading``. The order is: normalise, cite the sentence
that holds what is missing, ask again, cut the faulty clause, quote the source, drop.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from digest.explain import labels, repair
from digest.explain.alignment import aligner, strays, unheard
from digest.explain.passages import Cluster, cite, passages_of, readable
from digest.explain.verify import Fault, FaultKind, faults, pieces, unheld
from digest.records import ORIGINAL, Claim, ClaimState, Document, Dropped, Evidence
from digest.words import atoms
from digest.words.magnitudes import mend_magnitudes
from digest.words.polarity import without_exaggeration
from digest.words.terms import Glossary, without_made_up_expansions
from digest.words.typography import tidy

RECITED, REWRITTEN, CUT, QUOTED = "recited", "rewritten", "cut", "quoted"
"""What mended a claim, as ``Claim.how`` has it; ``records.ORIGINAL`` is the last."""

LEAST_MOVED = 0.5
"""A citation moves only to a sentence that says so much of the bullet: words alone are few."""
SAID = "said already"
"""Why a bullet was dropped that says what another does."""
MOST_ABOUT_CHARS = 50
"""A longer caption is a paragraph of its own."""
_STATES: tuple[ClaimState, ...] = ("verified", "repaired", "quoted")
_LATIN = re.compile(r"[A-Za-z0-9]")
_HAN_PAIR = re.compile(r"(?=([\u3400-\u9fff]{2}))")


@dataclass(frozen=True, slots=True)
class Bullet:
    """``found``: what is still wrong with ``text``. ``label``: bold, of this bullet alone."""

    cluster: Cluster
    cited: tuple[Evidence, ...]
    text: str
    found: tuple[Fault, ...]
    how: str = ""
    label: str = ""

    @property
    def publishable(self) -> bool:
        return bool(self.text) and not any(fault.hard for fault in self.found)

    @property
    def mendable(self) -> bool:
        """Whether a model may try again: from sentences, and there are some."""
        return bool(self.cluster.evidence) and not self.cluster.cells

    @property
    def state(self) -> ClaimState:
        if self.how in (QUOTED, ORIGINAL):
            return "quoted"
        return "repaired" if self.how else "verified"


def bullet(cluster: Cluster, answer: str, finished: bool, glossary: Glossary) -> Bullet:
    """An answer with its faults; one that was cut off or is empty is faulty as a whole."""
    whole = repair.normalise(answer)
    label, text = repair.labelled(whole)
    if label and (_LATIN.search(label) or faults(f"{label}：{text}", pieces(cluster.evidence))):
        label, text = "", whole  # it names what the bullet is about
    text = glossary.mended(cluster.text, text)
    text = tidy(without_made_up_expansions(cluster.text, text, glossary))
    text = without_exaggeration(cluster.text, mend_magnitudes(cluster.text, text))
    found = _faults(text, cluster)
    if any(fault.kind == "subject" for fault in found):
        text = repair.without_subject(text)
        found = _faults(text, cluster)
    if not finished:
        found.append(Fault("form", "cut off"))
    return Bullet(cluster, cluster.evidence, text, tuple(found), label=label)


def _faults(text: str, cluster: Cluster) -> list[Fault]:
    wants_numbers = cluster.role.name == "finding"
    return faults(text, pieces(cluster.evidence), wants_numbers=wants_numbers)


def unwritten(cluster: Cluster) -> Bullet:
    """A table's bullet before it is known what the table is about."""
    return Bullet(cluster, cluster.evidence, "", (Fault("form", "empty"),))


def of_table(cluster: Cluster, about: str) -> Bullet:
    """A table's figures after what the table is ``about``, where the caption holds that."""
    caption = [each.quote for each in cluster.evidence if each.kind == "caption"]
    about = repair.normalise(about).rstrip("。")
    if not 0 < len(about) <= MOST_ABOUT_CHARS or any(
        fault.hard for fault in faults(f"{about}。", caption)
    ):
        about = "各方法的对照"
    return Bullet(
        cluster,
        cluster.evidence,
        f"{about}{cluster.cells}。",
        tuple(unheld(cluster.cells, pieces(cluster.evidence))),
    )


class Text:
    """The paper that bullets are held against: its sentences that may be evidence, no others."""

    def __init__(self, document: Document) -> None:
        passages = passages_of(document)
        self._sentences = [passage.sentence for passage in passages]
        self._by_id = {sentence.id: sentence for sentence in self._sentences}
        self._aligner = aligner(passages)

    def judged(self, each: Bullet) -> Bullet:
        """The bullet, with a fault where another sentence, or none, says what it says."""
        if each.cluster.cells or not each.text:
            return each
        ids = [evidence.id for evidence in each.cited]
        held = not unheard(self._aligner, each.text, ids)
        if held and not strays(self._aligner, each.text, ids):
            return each
        return replace(each, found=(*each.found, Fault("meaning")))

    def recited(self, faulty: Bullet) -> Bullet:
        """The bullet with what it lacks cited, too, or with the sentence that does say it."""
        if not faulty.found or not faulty.mendable or _has(faulty, "form"):
            return faulty
        closest = self._by_id.get(strays(self._aligner, faulty.text, [e.id for e in faulty.cited]))
        said = 0.0 if closest is None else self._aligner.support(faulty.text, [closest.id])
        if closest is not None and said >= LEAST_MOVED:
            moved = Cluster(faulty.cluster.role, (cite(closest),), faulty.cluster.score)
            there = replace(faulty, cluster=moved, cited=moved.evidence, found=(), how=RECITED)
            if not _faults(faulty.text, moved) and not self.judged(there).found:
                return there
        if faulty.publishable:
            return faulty
        cited = [self._by_id[each.id] for each in faulty.cited if each.id in self._by_id]
        wider = repair.reattribute(faulty.text, cited, self._sentences, faulty.found)
        if wider is None:
            return faulty
        there = replace(faulty, cited=tuple(map(cite, wider)), found=(), how=RECITED)
        return faulty if self.judged(there).found else there


def _has(faulty: Bullet, kind: FaultKind) -> bool:
    return any(fault.kind == kind for fault in faulty.found)


def cut(faulty: Bullet) -> Bullet:
    """The bullet without its faulty clause, where what is left stands."""
    if faulty.publishable or _has(faulty, "meaning") or not faulty.mendable:
        return faulty  # no clause less makes another sentence's bullet this one's
    shorter = repair.cut(faulty.text, pieces(faulty.cited))
    return faulty if shorter is None else replace(faulty, text=shorter, found=(), how=CUT)


def quoted(faulty: Bullet, source: Evidence, translation: str) -> Bullet | None:
    """The translated source sentence in its place; None where that does not hold either."""
    text = repair.normalise(translation)
    found = [fault for fault in faults(text, [source.quote]) if fault.what != "too long"]
    if any(fault.hard for fault in found) or not text:
        return None
    return Bullet(faulty.cluster, (source,), text, (), QUOTED)


def in_translation(cluster: Cluster, texts: Sequence[str]) -> Bullet:
    """The sentences of a cluster in translation, each of which passed its own checks."""
    return Bullet(cluster, cluster.evidence, " ".join(texts), (), QUOTED)


def untranslated(cluster: Cluster) -> Bullet:
    """A cluster of which no translation passed: it may stand as it is, or is dropped."""
    return Bullet(cluster, cluster.evidence, "", (Fault("form", "no translation holds"),))


def original(faulty: Bullet) -> Bullet | None:
    """The source sentence as it is, where it tells a result in figures; else None.

    A reader would rather have the main figure in English than not at all.
    """
    source = faulty.cluster.evidence[-1]
    figures = [number for number in atoms.numbers(source.quote) if number.hard]
    if faulty.cluster.role.name != "finding" or not figures:
        return None
    return Bullet(faulty.cluster, (source,), readable(source.quote), (), ORIGINAL)


def without_repeats(bullets: Sequence[Bullet]) -> tuple[list[Bullet], tuple[Dropped, ...]]:
    """What is published, and what is not with the reason: still faulty, or said already."""
    kept: list[Bullet] = []
    dropped = []
    for each in bullets:
        if not each.publishable:
            reason = ", ".join(str(fault) for fault in each.found) or "empty"
            dropped.append(Dropped(each.text, reason))
            continue
        twin = next((other for other in kept if _twins(each, other)), None)
        if twin is None:
            kept.append(each)
        elif _says_more(each, twin):
            dropped.append(Dropped(twin.text, SAID))
            kept[kept.index(twin)] = each
        else:
            dropped.append(Dropped(each.text, SAID))
    return kept, tuple(dropped)


def _twins(one: Bullet, other: Bullet) -> bool:
    """Tables that are set alike say different things."""
    if one.cluster.cells or other.cluster.cells:
        return one.cited == other.cited
    return alike(one.text, other.text)


def alike(text: str, other: str) -> bool:
    """Whether two bullets say much the same.

    Most pairs of characters in common (Jaccard above 0.6), or nearly all Chinese pairs of the
    shorter one in the longer.
    """
    one, two = _pairs(text), _pairs(other)
    if len(one & two) > 0.6 * len(one | two):
        return True
    one, two = _han_pairs(text), _han_pairs(other)
    return len(one & two) > 0.75 * max(6, min(len(one), len(two)))


@lru_cache(maxsize=256)  # each bullet is held against all others of its paper
def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[i : i + 2] for i in range(len(text) - 1))


@lru_cache(maxsize=256)
def _han_pairs(text: str) -> frozenset[str]:
    return frozenset(match[1] for match in _HAN_PAIR.finditer(text))


def _says_more(one: Bullet, other: Bullet) -> bool:
    """By its figures, and where it is the better made."""
    states = _STATES.index(one.state) <= _STATES.index(other.state)
    return states and _figures(one) > _figures(other) and one.cluster.role == other.cluster.role


def _figures(each: Bullet) -> int:
    return len(atoms.numbers(each.text))


def claims(bullets: Sequence[Bullet], language: str = "zh") -> tuple[Claim, ...]:
    """Bullets under the labels of their roles; a label with one bullet is that bullet's own."""
    groups: dict[str, list[Claim]] = {}
    for each in bullets:
        made = Claim(each.label, each.text, each.cited, each.state, (), each.how)
        groups.setdefault(labels.label(each.cluster.role, language), []).append(made)
    found = []
    for heading, children in groups.items():
        if len(children) == 1:
            [only] = children
            text = f"{only.label}：{only.text}" if only.label else only.text
            found.append(replace(only, label=heading, text=text))
        else:
            weakest = max((child.state for child in children), key=_STATES.index)
            found.append(Claim(heading, "", (), weakest, tuple(children)))
    return tuple(found)
