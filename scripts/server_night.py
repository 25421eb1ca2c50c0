"""A night of many papers against a model server: what is ours costs how much beside it?

The server is a fake one on loopback that answers at once, so all that is measured is our own work:
choosing evidence, asking, checking, repairing, storing, rendering. Papers are copies of the sample
papers with names of their own; PDFs are read once each, as reading scales by itself.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digest import assembly
from digest.config import Config
from digest.evaluate.canned import Asked, answer
from digest.evaluate.chat import FakeChat, Reply
from digest.explain.writers import GREEDY
from digest.pipeline import Day, Tools, run_day
from digest.records import Document, MadeBy
from digest.sources.folder import FolderSource

SAMPLES = Path(__file__).resolve().parent.parent / "tests" / "data" / "papers"
DATE = "2026-01-23"


def reply(body: dict[str, Any], _number: int) -> Reply:
    """What the canned engine says. A bullet is asked for with room for so many tokens."""
    text = body["messages"][-1]["content"].partition("\n\n")[2]
    translation = body["max_tokens"] != GREEDY.max_output_tokens
    return Reply(text=answer(text, Asked(body["temperature"] == 0, translation), body["seed"] % 7))


def serve(port: Any, stop: Any) -> None:
    """The fake server, in a process of its own."""
    with FakeChat(reply, models=("big",)) as chat:
        port.value = chat.port
        stop.wait()


@dataclass
class Copies:
    """Reads no PDF: gives each the document of a sample."""

    documents: Sequence[Document]
    made_by: MadeBy

    def extract_each(
        self, pdfs: Iterable[Path | None]
    ) -> Iterator[tuple[Path, Document | Exception]]:
        """A document for each, in order."""
        for number, pdf in enumerate(filter(None, pdfs)):
            yield pdf, self.documents[number % len(self.documents)]


def write_papers(folder: Path, count: int) -> None:
    """So many papers with metadata; their PDFs differ in a line."""
    known = [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted(SAMPLES.glob("*.json"))
    ]
    for number in range(count):
        sample = known[number % len(known)]
        told = {**sample, "id": f"2601.{number:05}v1", "title": f"{sample['title']} {number}"}
        (folder / f"{number:05}.json").write_text(json.dumps(told), encoding="utf-8")
        (folder / f"{number:05}.pdf").write_bytes(b"%PDF-1.4 " + str(number).encode())


def night(config: Config, papers: Path) -> None:
    """Run the day and print what it took."""
    with assembly.extractor(config) as extractor:
        documents = [extractor.extract(pdf) for pdf in sorted(SAMPLES.glob("*.pdf"))]
    with assembly.tools(config) as tools:
        copied = Tools(Copies(documents, documents[0].made_by), tools.translator, tools.explainer)
        started = time.monotonic()
        report = run_day(Day(DATE, FolderSource(papers)), config, assembly.store(config), copied)
        seconds = time.monotonic() - started
    print(
        f"{report.papers} papers, {len(report.failed)} failed, {seconds:.0f} s: "
        f"{report.papers / seconds:.1f} papers/s beside the model"
    )
    if report.failed:
        sys.exit(1)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=1000)
    parser.add_argument("--requests", type=int, default=16)
    options = parser.parse_args()
    port, stop = multiprocessing.Value("i", 0), multiprocessing.Event()
    server = multiprocessing.Process(target=serve, args=(port, stop), daemon=True)
    server.start()
    with tempfile.TemporaryDirectory() as scratch:
        papers = Path(scratch, "papers")
        papers.mkdir()
        write_papers(papers, options.papers)
        while not port.value:
            time.sleep(0.05)
        config = Config(
            home=Path(scratch, "home"),
            models_dir=Path(scratch, "models"),
            model="server:big",
            translator="server:big",
            server=f"http://127.0.0.1:{port.value}/v1",
            server_requests=options.requests,
        )
        night(config, papers)
    stop.set()


if __name__ == "__main__":
    main()
