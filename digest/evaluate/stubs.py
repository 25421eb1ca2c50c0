"""Tools of the real interface that need no model and no time: what a simulation runs on.

They read what the fake arXiv's PDFs say and quote it, so that a whole post can be written.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from digest.errors import ExtractError
from digest.pipeline import Tools
from digest.records import (
    Breakdown,
    Claim,
    Document,
    Evidence,
    MadeBy,
    Paper,
    Section,
    Sentence,
    TranslatedSentence,
    Translation,
)

_LINE = re.compile(rb"\(([^()]*)\) Tj")


class StubExtractor:
    """Takes the lines of a page as its sentences; the first names the paper and is left out."""

    made_by = MadeBy("stub", "1")

    def extract_each(
        self, pdfs: Iterable[Path | None]
    ) -> Iterator[tuple[Path, Document | Exception]]:
        """The documents of a fake arXiv's PDFs."""
        for pdf in filter(None, pdfs):
            try:
                yield pdf, self.extract(pdf)
            except ExtractError as exc:
                yield pdf, exc

    def extract(self, pdf: Path) -> Document:
        """The document of a fake arXiv's PDF.

        Raises:
            ExtractError: The file has no such lines.
        """
        content = pdf.read_bytes()
        lines = [line.decode("ascii") for line in _LINE.findall(content)][1:]
        if not lines:
            raise ExtractError(f"{pdf} is not a simulated paper")
        return Document(
            pdf_sha256=hashlib.sha256(content).hexdigest(),
            pages=1,
            title="",
            abstract="",
            text_quality="good",
            text_quality_reason="",
            sections=(Section("Results", 1, "results", 1),),
            sentences=tuple(Sentence(f"s{n}", 0, 1, line, ()) for n, line in enumerate(lines, 1)),
            tables=(),
            figures=(),
            hidden=(),
            made_by=self.made_by,
        )


class StubTranslator:
    """Puts two Chinese characters before any text."""

    made_by = MadeBy("stub", "1", model="stub")
    at_once = 1

    def translate(self, text: str, title: str = "") -> Translation:
        """One translated sentence for the whole text."""
        del title
        sentence = TranslatedSentence(text, f"译文：{text}", {"numbers": True})
        return Translation(
            text, "zh-Hans", sentence.text, (sentence,), sentence.checks, self.made_by
        )


class StubExplainer:
    """Quotes every sentence; without a document it says nothing."""

    made_by = MadeBy("stub", "1", model="stub")
    at_once = 1

    def explain(self, paper: Paper, document: Document | None) -> Breakdown:
        """A claim for each sentence, under results."""
        if document is None:
            return Breakdown((), (), (), "abstract", (), self.made_by)
        claims = tuple(
            Claim(
                "原句",
                sentence.text,
                (Evidence("sentence", sentence.id, sentence.page, sentence.text),),
                "quoted",
            )
            for sentence in document.sentences
        )
        return Breakdown((), (), claims, "full", (), self.made_by)


def stub_tools() -> Tools:
    """One of each."""
    return Tools(StubExtractor(), StubTranslator(), StubExplainer())
