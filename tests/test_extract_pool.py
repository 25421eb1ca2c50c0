"""Many PDFs side by side: every paper has one outcome, whatever happens to the others."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from digest.confinement import Limits
from digest.errors import ExtractError, WorkerError
from digest.extract.pool import extract_each
from digest.records import Document
from digest.worker import Worker
from tests.conftest import document


class Scripted:
    """Does what the name of the file says."""

    def read(self, path: str) -> Document:
        match path.partition("-")[0]:
            case "crash":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "hang":
                time.sleep(60)
            case "bomb":
                bytearray(4 << 30)
            case "refuse":
                raise ExtractError(f"{path} is refused")
        return document(f"This is what {path} says.")


class Confined:
    """A reader in a worker, as the extractor is."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    def extract(self, path: Path) -> Document:
        try:
            return self.worker.call("read", str(path), timeout_s=3)
        except WorkerError as exc:
            raise ExtractError(f"{path}: {type(exc).__name__}") from exc


@contextmanager
def confined() -> Iterator[Confined]:
    limits = Limits(memory_bytes=1 << 30)
    with Worker("tests.test_extract_pool:Scripted", limits=limits) as worker:
        yield Confined(worker)


def test_a_crash_a_hang_and_a_bomb_cost_their_paper_only() -> None:
    names = ["good-1", "crash-1", "good-2", "hang-1", "bomb-1", "refuse-1", "good-3", "good-4"]
    found = dict(extract_each(map(Path, names), confined, workers=2))
    assert {
        str(path): str(result) for path, result in found.items() if "good" not in path.name
    } == {
        "crash-1": "crash-1: WorkerDied",
        "hang-1": "hang-1: WorkerTimeout",
        "bomb-1": "bomb-1: WorkerDied",
        "refuse-1": "refuse-1 is refused",
    }
    good = {name: found[Path(name)].sentences[0].text for name in names if "good" in name}
    assert good == {name: f"This is what {name} says." for name in good}
    assert len(good) == 4


class Counting:
    """A reader without a process; counts how many are at work at once."""

    def __init__(self) -> None:
        self.lock, self.now, self.most, self.made, self.taken = threading.Lock(), 0, 0, 0, 0

    @contextmanager
    def make(self) -> Iterator[Counting]:
        self.made += 1
        yield self

    def extract(self, path: Path) -> Document:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.02)
        with self.lock:
            self.now -= 1
        return document(path.name)

    def papers(self, count: int) -> Iterator[Path]:
        for number in range(count):
            self.taken += 1
            yield Path(str(number))


def test_no_more_at_once_than_workers_and_papers_are_taken_as_needed() -> None:
    reader = Counting()
    results = extract_each(reader.papers(30), reader.make, workers=3)
    first, _ = next(results)
    assert reader.taken <= 6
    names = {first.name} | {path.name for path, _ in results}
    assert names == {str(number) for number in range(30)}
    assert (reader.made, reader.most) == (3, 3)


def test_a_consumer_may_stop_early() -> None:
    reader = Counting()
    results = extract_each(reader.papers(1000), reader.make, workers=2)
    next(results)
    results.close()
    assert reader.taken <= 8
    assert reader.now == 0


def test_nothing_to_read_and_no_workers() -> None:
    assert list(extract_each([], Counting().make, workers=2)) == []
    with pytest.raises(ValueError, match="at least 1, not 0"):
        list(extract_each([Path("a")], Counting().make, workers=0))
