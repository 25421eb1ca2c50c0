"""Reading order: against exact truth on papers of our own, by a rule on real ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from statistics import mean

from digest.evaluate.papers.truth import Truth
from digest.evaluate.report import Goal, Part, share
from digest.records import Box, Document, Sentence

_TOKEN = re.compile(r"\w+|[^\w\s]")
_SHOWN_CHARS = 60


def similarity(true: str, read: str) -> float:
    """How much of two texts is the same words and marks in the same order, 0 to 1.

    Twice the matching tokens over all tokens (Ratcliff and Obershelp, as in ``difflib``).
    """
    left, right = _TOKEN.findall(true), _TOKEN.findall(read)
    return SequenceMatcher(None, left, right, autojunk=False).ratio()


def measure_synthetic(truths: Sequence[Truth], documents: Mapping[str, Document]) -> Part:
    """Similarity of the body, whole sentences, and headings of the papers we set."""
    ratios: dict[str, float] = {}
    whole = total = 0
    for truth in truths:
        document = documents.get(truth.path.stem)
        read = [sentence.text for sentence in document.sentences] if document else []
        ratios[truth.path.stem] = similarity(" ".join(truth.sentences), " ".join(read))
        whole += len(set(truth.sentences) & set(read))
        total += len(set(truth.sentences))
    two = [ratios[truth.path.stem] for truth in truths if truth.columns == 2]
    notes = [f"{stem}: {ratio:.4f}" for stem, ratio in ratios.items()]
    return Part(
        f"Reading order, {len(truths)} synthetic papers with exact truth",
        (
            Goal("similarity, two columns, mean", mean(two) if two else None, least=0.98),
            Goal("similarity, all, worst", min(ratios.values(), default=None), least=0.98),
            Goal(f"sentences to the letter, of {total}", share(whole, total)),
        ),
        tuple(notes),
        {"similarity": ratios},
    )


def measure_real(documents: Mapping[str, Document]) -> Part:
    """The share of body sentences of two-column papers that mix their columns, by a rule."""
    mixed: list[tuple[str, Sentence]] = []
    sentences = papers = 0
    for stem, document in sorted(documents.items()):
        middle = column_middle(document)
        if middle is None:
            continue
        papers += 1
        sentences += len(document.sentences)
        mixed += [(stem, s) for s in mixing_sentences(document.sentences, middle)]
    notes = [f"{stem}, page {s.page}: {s.text[:_SHOWN_CHARS]}" for stem, s in mixed]
    value = share(len(mixed), sentences)
    return Part(
        f"Sentences that mix columns, by rule ({papers} two-column papers)",
        (Goal(f"share of {sentences} sentences", value, most=0.005),),
        tuple(notes),
        {"mixed": [[stem, s.page, s.id] for stem, s in mixed]},
    )


def column_middle(document: Document) -> float | None:
    """The x between the two columns of a paper; None where it has not two.

    Two columns: nearly all boxes lie on one side of the middle, and a fifth at least on the right.
    """
    boxes = [box for sentence in document.sentences for box in sentence.boxes]
    if len(boxes) < 20:
        return None
    middle = (min(box.x0 for box in boxes) + max(box.x1 for box in boxes)) / 2
    left = sum(box.x1 <= middle + 6 for box in boxes)
    right = sum(box.x0 >= middle - 6 for box in boxes)
    two = left + right > 0.7 * len(boxes) and min(left, right) > 0.2 * len(boxes)
    return middle if two else None


def mixing_sentences(sentences: Sequence[Sentence], middle: float) -> list[Sentence]:
    """The sentences whose boxes no reader would pass in this order."""
    columns = [box for sentence in sentences for box in sentence.boxes if _side(box, middle)]
    return [s for s in sentences if _jumps(s.boxes, middle) or _straddles(s, middle, columns)]


def _jumps(boxes: Sequence[Box], middle: float) -> bool:
    """From one column to the other at the same height, or back from right to left and not down."""
    for one, two in pairwise(boxes):
        sides = _side(one, middle), _side(two, middle)
        if one.page != two.page or sides not in ((-1, 1), (1, -1)):
            continue
        beside = min(one.y1, two.y1) - max(one.y0, two.y0) > 4
        if beside or (sides == (1, -1) and two.y0 < one.y1 - 2):
            return True
    return False


def _straddles(sentence: Sentence, middle: float, columns: Sequence[Box]) -> bool:
    """A box over both columns at a height where other sentences keep to their column."""
    for box in sentence.boxes:
        if _side(box, middle):
            continue
        beside = {
            _side(other, middle) for other in columns
            if other.page == box.page and min(box.y1, other.y1) - max(box.y0, other.y0) > 4
        }  # fmt: skip
        if beside:
            return True
    return False


def _side(box: Box, middle: float) -> int:
    """-1 left, 1 right, 0 over both."""
    if box.x1 <= middle + 6:
        return -1
    return 1 if box.x0 >= middle - 6 else 0
