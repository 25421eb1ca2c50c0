"""What ``text_quality`` says: intact papers are not called damaged, cut ones are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from digest.evaluate.extract.hostile import Ending
from digest.evaluate.report import Goal, Part
from digest.records import Document

_KEPT = 0.9


def cut_copies(pdfs: Sequence[Path], folder: Path) -> Iterator[Path]:
    """Copies of which the last tenth is missing, as of a download that broke off."""
    for pdf in pdfs:
        data = pdf.read_bytes()
        copy = folder / pdf.name
        copy.write_bytes(data[: int(_KEPT * len(data))])
        yield copy


def measure(documents: Mapping[str, Document], cut: Sequence[Ending]) -> Part:
    """Verdicts on the papers as they are, and on the papers cut at 90 % of their bytes.

    A cut paper counts as recognised where it is called damaged or is refused.
    """
    counts = Counter(document.text_quality for document in documents.values())
    missed = [ending for ending in cut if ending.kind not in ("damaged", "refused")]
    notes = ["verdicts: " + ", ".join(f"{kind} {n}" for kind, n in counts.most_common())]
    notes += [
        f"{stem}: {document.text_quality}: {document.text_quality_reason}"
        for stem, document in sorted(documents.items())
        if document.text_quality_reason or document.text_quality != "good"
    ]
    notes += [
        f"{stem}: language {document.language or 'unknown'}"
        for stem, document in sorted(documents.items())
        if document.language != "en"
    ]
    notes += [f"cut, not recognised: {ending.name}: {ending.kind}" for ending in missed]
    return Part(
        f"Text quality ({len(documents)} papers, {len(cut)} cut at {_KEPT:.0%} of their bytes)",
        (
            Goal("intact papers called damaged", float(counts["damaged"]), most=0.0),
            Goal("cut papers not recognised", float(len(missed)), most=0.0),
        ),
        tuple(notes),
        {"verdicts": {stem: d.text_quality for stem, d in documents.items()}},
    )
