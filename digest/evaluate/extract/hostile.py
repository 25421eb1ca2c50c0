"""Broken and hostile files: each must end in a document or a typed error, soon, and alone."""

from __future__ import annotations

import resource
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from digest.errors import WorkerDied, WorkerError, WorkerTimeout
from digest.evaluate.extract.mutants import source_of
from digest.evaluate.report import Goal, Part
from digest.extract import MEMORY_BYTES, Extractor
from digest.extract.pool import Outcome, Reads, extract_each
from digest.records import Document

MOST_SECONDS = 20.0
_SLOWEST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Ending:
    """How one file ended: a text quality, or what went wrong; and the wall time it took.

    ``chars``: of the body, without spaces.
    """

    name: str
    kind: str
    seconds: float
    message: str = ""
    chars: int = 0


class _Timed:
    """A reader that notes how long each file took."""

    def __init__(self, reader: Reads, seconds: dict[Path, float]) -> None:
        self._reader, self._seconds = reader, seconds

    def extract(self, path: Path) -> Document:
        started = time.monotonic()
        try:
            return self._reader.extract(path)
        finally:
            self._seconds[path] = time.monotonic() - started


def endings(pdfs: Iterable[Path], workers: int | None) -> list[Ending]:
    """Read all files side by side in sandboxed processes, as the product does."""
    seconds: dict[Path, float] = {}

    @contextmanager
    def reader() -> Iterator[Reads]:
        with Extractor() as extractor:
            yield _Timed(extractor, seconds)

    return [
        _ending(path, outcome, seconds[path])
        for path, outcome in extract_each(pdfs, reader, workers)
    ]


def _ending(path: Path, outcome: Outcome, seconds: float) -> Ending:
    if isinstance(outcome, Document):
        chars = sum(len("".join(s.text.split())) for s in outcome.sentences)
        reason = outcome.text_quality_reason
        return Ending(path.name, outcome.text_quality, seconds, reason, chars)
    cause = outcome.__cause__
    kinds = ((WorkerTimeout, "timeout"), (WorkerDied, "process died"), (WorkerError, "reader bug"))
    for kind, name in kinds:
        if isinstance(cause, kind):
            return Ending(path.name, name, seconds, outcome.message)
    return Ending(path.name, "refused", seconds, outcome.message)


def measure(title: str, found: list[Ending], expected: int) -> Part:
    """Outcomes by kind, the slowest files, and what killed a reader."""
    slowest = sorted(found, key=lambda ending: -ending.seconds)[:_SLOWEST_SHOWN]
    bad = [e for e in found if e.kind in ("timeout", "process died", "reader bug")]
    counts = Counter(ending.kind for ending in found)
    notes = [
        "outcomes: " + ", ".join(f"{kind} {n}" for kind, n in counts.most_common()),
        "slowest: " + ", ".join(f"{e.name} {e.seconds:.1f} s" for e in slowest),
        *(f"{e.kind}: {e.name}: {e.message}" for e in bad),
    ]
    return Part(
        f"{title} ({expected})",
        (
            Goal("files without a typed outcome", float(expected - len(found)), most=0.0),
            Goal("slowest", max((e.seconds for e in found), default=None), most=MOST_SECONDS,
                 unit=" s"),
            Goal("readers that failed with an untyped error", float(counts["reader bug"]), most=0),
            Goal("reader processes that died", float(counts["process died"])),
        ),
        tuple(notes),
        {"outcomes": dict(counts)},
    )  # fmt: skip


def silent_losses(broken: Iterable[Ending], intact: Iterable[Ending]) -> Goal:
    """Broken copies called good although over 1 % of the original's text is gone."""
    whole = {ending.name: ending.chars for ending in intact}
    lost = [
        copy for copy in broken
        if copy.kind == "good" and copy.chars < 0.99 * whole[source_of(copy.name)]
    ]  # fmt: skip
    return Goal("called good although text was lost", float(len(lost)), most=0.0)


def peak_memory() -> Goal:
    """The most resident memory of any child process so far, against a reader's limit."""
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2): kilobytes on Linux
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit / 2**20
    return Goal("most memory of a reader", peak, most=MEMORY_BYTES / 2**20, unit=" MB")
