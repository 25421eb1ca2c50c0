"""The evaluation from top to bottom: read everything once, then measure part by part."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from digest.errors import ConfigError
from digest.evaluate.extract import damage, headings, hidden, hostile, order, peer, speed, tables
from digest.evaluate.extract.blind import read_all
from digest.evaluate.extract.mutants import mutants
from digest.evaluate.papers.article import make_papers
from digest.evaluate.papers.truth import Truth
from digest.evaluate.report import Part, Report, machine
from digest.records import Document

_PEER_MOST_PAGES = 40  # a thesis of 186 pages would take the peer longer than all the others


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure. ``mutants``: broken copies; ``papers``: synthetic ones, from ``seed`` on.

    ``workers``: processes at a time; None for one a core.

    ``layout_model`` and ``peers`` take about ten minutes for 600 pages on two cores.
    """

    mutants: int = 500
    papers: int = 8
    seed: int = 1
    workers: int | None = None
    layout_model: bool = True
    peers: bool = True

    def quick(self) -> Options:
        """Without the layout model and the peers, with 40 broken copies."""
        return replace(self, mutants=40, layout_model=False, peers=False)


def evaluate(data: Path, options: Options | None = None) -> Report:
    """Measure the extractor on the folder ``data``.

    Raises:
        ConfigError: ``data`` holds no ``pdfs/*.pdf``.
    """
    pdfs = sorted((data / "pdfs").glob("*.pdf"))
    if not pdfs:
        raise ConfigError(
            f"{data} holds no pdfs/*.pdf", "give a folder of the form that the README describes"
        )
    with tempfile.TemporaryDirectory(prefix="digest-eval-") as scratch:
        return _Evaluation(data, pdfs, Path(scratch), options or Options()).report()


class _Evaluation:
    """One run: the folder, what was read of it so far, and the parts."""

    def __init__(self, data: Path, pdfs: Sequence[Path], scratch: Path, options: Options) -> None:
        self._data, self._pdfs, self._scratch, self._options = data, pdfs, scratch, options
        self._truth = headings.true_headings(data)

    def report(self) -> Report:
        """All parts. Hostile files come first: the memory of later children is not the readers'."""
        robust = [*self._hostile(), self._mutants()]
        cut = self._endings(damage.cut_copies(self._pdfs, self._folder("cut")))
        papers = self._read(self._pdfs)
        robust[-1] = replace(robust[-1], goals=(*robust[-1].goals, hostile.peak_memory()))
        truths = make_papers(self._folder("synthetic"), self._options.seed, self._options.papers)
        synthetic = self._read([truth.path for truth in truths])
        fast = headings.measure("fast path", self._truth, papers, (0.90, 0.85))
        in_order = order.measure_synthetic(truths, synthetic)
        timed = speed.measure(self._pdfs)
        slow, compared = self._slow_parts(papers, truths, in_order, timed)
        return Report(
            machine(),
            (
                fast, *slow, in_order, order.measure_real(papers), timed,
                tables.measure(truths, synthetic), *robust, damage.measure(papers, cut),
                hidden.measure(truths, synthetic), hidden.alarms(papers), *compared,
            ),
        )  # fmt: skip

    def _hostile(self) -> list[Part]:
        files = sorted((self._data / "hostile").glob("*.pdf"))
        if not files:
            return []
        return [hostile.measure("Hostile files", self._endings(files), len(files))]

    def _mutants(self) -> Part:
        count = self._options.mutants
        made = mutants(self._pdfs, self._folder("mutants"), count, self._options.seed)
        found = self._endings(made)
        part = hostile.measure("Broken copies of real papers", found, count)
        losses = hostile.silent_losses(found, self._endings(self._pdfs))
        return replace(part, goals=(*part.goals, losses))

    def _slow_parts(
        self,
        papers: Mapping[str, Document],
        truths: Sequence[Truth],
        in_order: Part,
        timed: Part,
    ) -> tuple[list[Part], list[Part]]:
        """The layout model's headings, and the comparison, where they are wanted."""
        rows, slow = [], []
        few = {s: t for s, t in self._truth.items() if s in papers and
               papers[s].pages <= _PEER_MOST_PAGES}  # fmt: skip
        rows.append(
            peer.row_of_ours(
                "digest, fast", papers, few, timed.goals[0].value, in_order.goals[0].value
            )
        )
        if self._options.layout_model:
            wanted = [pdf for pdf in self._pdfs if pdf.stem in self._truth]
            documents = self._read(wanted, layout="model")
            slow.append(headings.measure("layout model", self._truth, documents, (0.94, 0.88)))
            rows.append(peer.row_of_ours("digest, layout model", documents, few, None, None))
        if not self._options.peers:
            return slow, []
        if not peer.installed():
            return slow, [Part("pymupdf4llm is not installed: pip install pymupdf4llm", ())]
        chosen = [pdf for pdf in self._pdfs if pdf.stem in few]
        converted = peer.convert_all([*chosen, *(truth.path for truth in truths)])
        titles = {stem: document.title for stem, document in papers.items()}
        rows.append(peer.row_of_peer(converted, few, titles, truths))
        return slow, [peer.measure(rows, len(few))]

    def _read(self, pdfs: Iterable[Path], layout: str = "fast") -> dict[str, Document]:
        return read_all(pdfs, layout, self._options.workers)

    def _endings(self, pdfs: Iterable[Path]) -> list[hostile.Ending]:
        return hostile.endings(pdfs, self._options.workers)

    def _folder(self, name: str) -> Path:
        folder = self._scratch / name
        folder.mkdir()
        return folder
