"""A night of many papers with a canned engine: what is ours takes how long, and how much memory?

Papers are copies of the sample papers, each with other figures in its text, so that no work on one
is of use to another. Nothing is extracted: each gets its ready document.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import re
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from digest import assembly
from digest.config import Config
from digest.errors import ExtractError
from digest.evaluate.canned import CannedEngine
from digest.explain.reading import Explainer
from digest.extract import Extractor
from digest.outputs import write_files
from digest.pipeline import Day, run_day
from digest.records import Document, MadeBy, from_json, to_json
from digest.sources.folder import FolderSource
from digest.stages import Tools
from digest.translate.translator import Translator

DATE = "2026-01-23"
SETTLED_AFTER = 10
"""Papers after which the memory shall not grow, and of a first night that is not counted: by then
dictionaries and templates are loaded."""
_FIGURE = re.compile(r"(?<![\w.])\d{2,}(?:\.\d+)?(?![\w.]*\w)")
_PAGE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample paper: its metadata and its document."""

    told: dict[str, object]
    document: Document


@dataclass(frozen=True, slots=True)
class Night:
    """What a night took.

    ``cpu_s``: of all processors. ``memory_growth``: the most over the least, after the first ones.
    """

    papers: int
    failed: int
    seconds: float
    cpu_s: float
    parts_s: dict[str, float]
    memory_growth: float
    memory_bytes: int


def samples(folder: Path) -> list[Sample]:
    """The papers of a folder, read once; one that cannot be read is left out."""
    found = []
    with Extractor() as extractor:
        for pdf in sorted(folder.glob("*.pdf")):
            try:
                document = extractor.extract(pdf)
            except ExtractError:
                continue
            beside = pdf.with_suffix(".json")
            told = json.loads(beside.read_text(encoding="utf-8")) if beside.exists() else {}
            known = {"title": document.title or pdf.stem, "abstract": document.abstract}
            found.append(Sample({**known, **told}, document))
    return found


def night(papers: int, known: Sequence[Sample], home: Path | None = None) -> Night:
    """Run a night in a process of its own, so that its memory is its own; ``home``: kept there."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        pool.apply(in_this_process, (SETTLED_AFTER, known))
        return pool.apply(in_this_process, (papers, known, home))


def in_this_process(papers: int, known: Sequence[Sample], home: Path | None = None) -> Night:
    """Run a night; ``home``: kept there."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "papers")
        folder.mkdir()
        write_papers(folder, papers, known)
        config = Config(home or Path(scratch, "home"), Path(scratch, "models"))
        return _run(config, folder, papers, known)


def write_papers(folder: Path, count: int, known: Sequence[Sample]) -> None:
    """So many papers with metadata; their PDFs differ in a line."""
    for number in range(count):
        told = known[number % len(known)].told
        copied = {
            **told,
            "id": f"2601.{number:05}v1",
            "title": f"{told['title']} {number}",
            "abstract": other_figures(str(told["abstract"]), number),
        }
        (folder / f"{number:05}.json").write_text(json.dumps(copied), encoding="utf-8")
        (folder / f"{number:05}.pdf").write_bytes(b"%PDF-1.4 " + str(number).encode())


def other_figures(text: str, number: int) -> str:
    """``text`` as the copy ``number`` has it: the same figures everywhere, other than the text's.

    Their length stays, and so do years.
    """

    def other(match: re.Match[str]) -> str:
        if re.fullmatch(r"(?:19|20)\d\d", match[0]):
            return match[0]
        drawn = random.Random(f"{number} {match[0]}")
        return re.sub(r"\d", lambda _: str(drawn.randint(1, 9)), match[0])

    return _FIGURE.sub(other, text)


@dataclass
class Copies:
    """Reads no PDF: gives each the document of a sample, with other figures."""

    known: Sequence[Sample]
    made_by: MadeBy

    def extract_each(
        self, pdfs: Iterable[Path | None]
    ) -> Iterator[tuple[Path, Document | Exception]]:
        """A document for each, in order."""
        for pdf in filter(None, pdfs):
            number = int(pdf.stem.removeprefix("2601.").removesuffix("v1"))
            yield pdf, copied(self.known[number % len(self.known)].document, number)


def copied(document: Document, number: int) -> Document:
    """A document of its own, as one from a reader's process is: it shares nothing with others."""
    own = from_json(to_json(document), Document)
    sentences = tuple(replace(s, text=other_figures(s.text, number)) for s in own.sentences)
    tables = tuple(
        replace(
            t,
            rows=tuple(
                replace(r, cells=tuple(other_figures(cell, number) for cell in r.cells))
                for r in t.rows
            ),
        )
        for t in own.tables
    )
    return replace(own, sentences=sentences, tables=tables)


@dataclass
class _Watch:
    """Takes the time, and the memory at every step."""

    started_s: float = field(default_factory=time.monotonic)
    parts_s: dict[str, float] = field(default_factory=dict)
    memory_bytes: list[int] = field(default_factory=list)

    def step(self, _stage: str, _paper: str, done: int, _total: int) -> None:
        """As ``stages.Progress`` has it."""
        if self.memory_bytes or done >= SETTLED_AFTER:
            self.memory_bytes.append(resident_bytes())

    def ended(self, part: str) -> None:
        self.parts_s[part] = time.monotonic() - self.started_s - sum(self.parts_s.values())
        self.memory_bytes.append(resident_bytes())


def _run(config: Config, folder: Path, papers: int, known: Sequence[Sample]) -> Night:
    store, engine = assembly.store(config), CannedEngine()
    terms = assembly.glossary(config, "zh")
    translator = Translator(engine, glossary=terms)
    explainer = Explainer(engine, translator, config.evidence_tokens, terms)
    tools = Tools(Copies(known, known[0].document.made_by), translator, explainer)
    watch, cpu_s = _Watch(), time.process_time()
    report = run_day(Day(DATE, FolderSource(folder)), config, store, tools, watch.step)
    watch.ended("post")
    write_files(DATE, config, store)
    watch.ended("files")
    store.search.update()
    watch.ended("search")
    growth = max(watch.memory_bytes) / min(watch.memory_bytes)
    failed = len(report.failed) + papers - report.papers
    return Night(
        papers,
        failed,
        sum(watch.parts_s.values()),
        time.process_time() - cpu_s,
        watch.parts_s,
        growth,
        max(watch.memory_bytes),
    )


def resident_bytes() -> int:
    """Memory of this process that is in use now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES
