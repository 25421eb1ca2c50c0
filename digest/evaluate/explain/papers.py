"""The papers that readings are measured on: those of a folder, read once and kept in DuckDB.

The five that the selection of evidence was developed on are left out, so that the figures say
something of papers that nobody looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from digest import assembly, files
from digest.config import Config
from digest.errors import ConfigError, ExtractError
from digest.evaluate.cached import FOLDER
from digest.explain.reading import readable_text
from digest.pipeline import completed
from digest.records import Document, Outcome, Paper
from digest.sources.folder import read_one
from digest.store import Store
from digest.store.keys import document_key

TUNED_ON = frozenset(
    {
        "ea36787c94f5428c928665d8b210dc2d29b260fc0a8755259fdd25c4b0ab8a69",
        "0da9e039ab6e059c9698719ee003fa219616ca5ae3dabcf545effd527041d840",
        "4a664d4d409758fa6064e5cff1c3b5136e8653510924eec038bcf7b24c1cd5fe",
        "3925b9c812a7111b1d556d943c530cdf846109211d067b3c02097f54749b57e5",
        "81dd99b4014c49909601948f612b91e66276c4c4ea47ae71c96f2b985cb030a7",
    }
)
"""sha256 of the files that the selection was developed on."""
MOST_PAGES = 60
"""A thesis is no paper."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A readable paper. ``name``: of its file; ``sha256``: of its bytes."""

    name: str
    sha256: str
    paper: Paper
    document: Document


def database(config: Config) -> Store:
    """Where documents and readings of the evaluation are kept: HOME/eval/explain.duckdb."""
    return Store(config.home / FOLDER / "explain.duckdb")


def load(data: Path, config: Config, store: Store) -> list[Sample]:
    """Every readable paper in English of ``data``/pdfs, in the order of their names.

    Raises:
        ConfigError: There is none.
        StoreError: The database cannot be used.
    """
    samples = list(_samples(sorted((data / "pdfs").glob("*.pdf")), config, store))
    if not samples:
        raise ConfigError(f"{data} holds no readable pdfs/*.pdf", "see the README")
    return samples


def _samples(pdfs: list[Path], config: Config, store: Store) -> Iterator[Sample]:
    with assembly.extractor(config) as extractor:
        for pdf in pdfs:
            sha256 = files.sha256(pdf)
            if sha256 in TUNED_ON:
                continue
            arrival = read_one(pdf)
            key = document_key(sha256, extractor.made_by)
            document = store.result(key, Document)
            if document is None:
                try:
                    document = extractor.extract(pdf)
                except ExtractError:
                    continue  # hostile files are another evaluation's
                store.put_result(key, Outcome(arrival.paper.id, "extract", "done"), document)
            paper = completed(arrival.paper, document)
            used, _ = readable_text(paper, document)
            if used == "full" and document.language == "en" and document.pages <= MOST_PAGES:
                yield Sample(pdf.stem, sha256, paper, document)


def fingerprint(text: str) -> str:
    """Of a sentence, whatever its spaces, hyphens and marks: 16 hex digits."""
    letters = "".join(character for character in text.lower() if character.isalnum())
    return hashlib.sha256(letters.encode()).hexdigest()[:16]
