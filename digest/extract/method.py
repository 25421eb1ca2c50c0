"""The figure that explains a paper's method: told by words and place; nobody looks at the picture.

Needs no PyMuPDF, so that whoever asks for it loads no parser outside a worker.
"""

from __future__ import annotations

import re

from digest.records import Document, Figure

_OVERVIEW = re.compile(
    r"\b(?:overview|architecture|framework|pipeline|workflow|block diagram|flow ?chart|schematics?"
    r"|diagram|structure|overall)\b",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\b(?:our|proposed|we propose|illustrat\w+|the (?:models?|method|approach))\b", re.IGNORECASE
)
_SHOWN = re.compile(
    r"\b(?:results?|accuracy|performance|comparison|compared|versus|vs\.?|curves?|errors?"
    r"|distribution|histogram|spectrograms?|t-?sne|examples? of|samples|ablation|scores?|plots?"
    r"|confusion|trajector\w+|heat ?map|boxplots?)\b",
    re.IGNORECASE,
)
_PLACES = {"method": 1.5, "introduction": 1.0, "experiments": -0.5, "results": -1.0}
_LEAST_SCORE = 2.0  # one strong word, or a weak one and a place in the method


def method_figure(document: Document) -> Figure | None:
    """The figure that best explains the method; None where none says that it does.

    Words of the caption weigh most ("overview", "architecture", "proposed"; "accuracy", "results"
    speak against it), then that the method's sections refer to it first, then an early page and a
    size that can be read.
    """
    scored = [(_score(document, figure), -k) for k, figure in enumerate(document.figures)]
    score, at = max(scored, default=(0.0, 0))
    return document.figures[-at] if score >= _LEAST_SCORE else None


def _score(document: Document, figure: Figure) -> float:
    head = figure.caption[:160]
    score = 2.0 * min(2, len(set(map(str.lower, _OVERVIEW.findall(head)))))
    score += 1.0 * bool(_OWN.search(head))
    if not score:  # the place alone says nothing: data and results stand in a method's pages, too
        return 0.0
    score -= 2.0 * bool(_SHOWN.search(head))
    kind = _first_named(document, figure.label)
    score += _PLACES.get(kind, 0.0)
    score += 0.5 * (figure.page <= max(2, document.pages * 0.4))
    area = (figure.bbox.x1 - figure.bbox.x0) * (figure.bbox.y1 - figure.bbox.y0)
    return score + (0.5 if area > 20_000 else -0.5 if area < 4_000 else 0.0)


def _first_named(document: Document, label: str) -> str:
    """Kind of the section whose sentence names the figure first; empty where none does."""
    number = re.escape(label.split(" ")[-1])
    name = re.compile(rf"\bfig(?:ure|s|\.)*\s*{number}(?![\d.]*\d)", re.IGNORECASE)
    for sentence in document.sentences:
        if sentence.section is not None and name.search(sentence.text):
            return document.sections[sentence.section].kind
    return ""
