"""A home of three papers in two posts with everything that can be written of them, and a ledger."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from digest import files
from digest.assembly import SiteOptions, build_site
from digest.config import Config
from digest.outputs import write_files
from digest.pipeline import Day, Tools, run_day
from digest.records import (
    Announcement,
    ArxivId,
    Breakdown,
    Claim,
    Document,
    Evidence,
    Look,
    Paper,
    Sighting,
    Translation,
    Visit,
)
from digest.sources.folder import FolderSource
from digest.store import Store
from digest.store.ledger import Ledger
from tests.conftest import FakeExplainer, FakeExtractor, FakeTranslator, document

ALL = ("json", "bibtex", "atom", "weekly", "mail", "site")
NOON = datetime(2026, 1, 22, 12, tzinfo=UTC)
GONE = "2601.00002"
TITLE = "Marmalade spectra of quiet rooms"
WORD = "marmalade"
TRACES = (GONE, TITLE, WORD, "kumquat", "果酱", "tangerine")
"""Id, title, a word of it, of the abstract, of the reading, of the text: none may be found."""
PAPERS = {
    "2601.00001v1": ("First of all", "One is plain.", "The first error falls by 9.3%.", "甲。"),
    "2601.00002v1": (TITLE, "A kumquat is weighed.", "The tangerine error falls.", "果酱变好了。"),
    "2601.00003v1": ("Third and last", "Three is plain.", "The third error falls.", "丙。"),
}


class Extractor(FakeExtractor):
    """Tells the papers apart by what their PDFs say."""

    def extract(self, pdf: Path) -> Document:
        self.read.append(pdf.name)
        told = document(pdf.read_bytes().decode().partition("\n")[2])
        return replace(told, pdf_sha256=files.sha256(pdf), title="", abstract="")


class Explainer(FakeExplainer):
    """One claim, in the paper's own words."""

    def explain(self, paper: Paper, document: Document | None) -> Breakdown:
        said = PAPERS[str(paper.id)][3]
        assert document is not None
        cited = document.sentences[0]
        evidence = (Evidence("sentence", cited.id, cited.page, cited.text),)
        claim = Claim("主要结果", said, evidence, "verified")
        return Breakdown((), (), (claim,), "full", (), self.made_by)


class Translator(FakeTranslator):
    """With a title."""

    def translate(self, text: str, title: str = "") -> Translation:
        return replace(super().translate(text, title), title=f"译：{text.split()[1]}")


def tools() -> Tools:
    return Tools(Extractor(), Translator(), Explainer())


def folder(at: Path, *ids: str) -> Path:
    """PDFs with their metadata."""
    at.mkdir(parents=True, exist_ok=True)
    for paper in ids:
        title, abstract, text, _ = PAPERS[paper]
        (at / f"{paper}.pdf").write_bytes(f"%PDF-1.4 {paper}\n{text}".encode())
        known = {"id": paper, "title": title, "abstract": abstract, "categories": ["cs.SD"]}
        (at / f"{paper}.json").write_text(json.dumps(known))
    return at


def look(*ids: str) -> Look:
    """arXiv as it showed these."""
    sightings = []
    for paper in ids:
        title, abstract, *_ = PAPERS[paper]
        shown = Paper(ArxivId.parse(paper), title=title, abstract=abstract, categories=("cs.SD",))
        shown = replace(shown, submitted_at=NOON, announced=Announcement("2026-01-23", "new"))
        sightings.append(Sighting(shown, "feed", NOON))
    visit = Visit("feed", "cs.SD", NOON, "fresh", "2026-01-23", 3, detail=f"odd: {GONE}v1")
    return Look(tuple(sightings), (visit,))


def make(config: Config, aside: Path) -> tuple[Config, Store]:
    """The home; ``aside``: for the folders that the papers come from."""
    config = replace(config, outputs=ALL, translate_titles=True)
    store = Store(config.database)
    Ledger(store.database).record(look(*PAPERS))
    for date, ids in {
        "2026-01-22": ("2601.00001v1", "2601.00002v1"),
        "2026-01-23": ("2601.00003v1",),
    }.items():
        source = FolderSource(folder(aside / date, *ids))
        run_day(Day(date, source), config, store, tools())
        write_files(date, config, store)
    for name, public in (("site", False), ("site-public", True)):
        build_site(config, SiteOptions(config.home / name, public, pictures=False))
    store.search.update()
    _accounts(config.home)
    return config, store


def _accounts(home: Path) -> None:
    """What runs and requests leave behind."""
    at, host = "2026-01-22T12:00:00.000+00:00", "arxiv.org"
    made = {
        "hosts.log": f"{at}\t{host}\tGET\t/pdf/{GONE}v1\t200\n"
        f"{at}\t{host}\tGET\t/pdf/2601.00001v1\t200\n",
        "cache/answers/a.answer": f"{{}}\n<feed><title>{TITLE}</title></feed>",
        "cache/answers/b.answer": "{}\n<feed/>",
        "logs/digest.jsonl": json.dumps({"at": at, "message": f"{GONE}v1 failed: the tangerine"})
        + "\n"
        + json.dumps({"at": at, "message": "done"})
        + "\n",
        "runs/2026-01-22.json": json.dumps(
            {"failed": [{"paper": f"{GONE}v1", "stage": "pdf", "error": "kumquat", "tries": 2}]}
        ),
        "posts/figures/2601.00002v1-figure-1.png": "picture",
        "posts/figures/2601.00001v1-figure-1.png": "picture",
        f"papers/.{GONE}v2.pdf.partial": "%PDF tangerine",
    }
    for name, text in made.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def found(home: Path, *words: str) -> dict[str, str]:
    """Files of the home whose bytes or whose name hold one of these words, in any case."""
    hits = {}
    for path in sorted(home.rglob("*")):
        data = path.read_bytes().lower() if path.is_file() else b""
        for word in words:
            if word.lower().encode() in data or word.lower() in path.name.lower():
                hits[path.relative_to(home).as_posix()] = word
    return hits
