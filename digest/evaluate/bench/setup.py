"""What the benchmark runs on, and the processes that it runs in."""

from __future__ import annotations

import contextlib
import multiprocessing
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from digest import assembly
from digest.config import Config
from digest.confinement import Limits
from digest.engines import catalogue, known
from digest.engines.process import physical_cores
from digest.generation import Engine
from digest.records import Document
from digest.worker import Worker

T = TypeVar("T")
CALL_S = 3600.0
"""For one call of a plain way: a thesis on a slow machine."""


@dataclass(frozen=True, slots=True)
class Setup:
    """The model, and what it reads. ``papers``: PDFs, one at least."""

    config: Config
    papers: tuple[Path, ...]
    abstracts: tuple[str, ...]

    @property
    def model(self) -> catalogue.ModelFile:
        """The catalogue entry; one model does all jobs here."""
        return known.ready(self.config.model, self.config.models_dir)

    @property
    def threads(self) -> int:
        """As a run would use."""
        return self.config.threads or physical_cores()

    @property
    def gguf(self) -> Path:
        """The model's file."""
        return self.config.models_dir / self.model.file

    def document(self, paper: Path) -> Document:
        """A paper's text."""
        with assembly.extractor(self.config) as extractor:
            return extractor.extract(paper)


@contextlib.contextmanager
def llama(setup: Setup) -> Iterator[Engine]:
    """Our engine on llama.cpp."""
    with assembly.engine("llama.cpp", setup.model, setup.config) as engine:
        yield engine


@contextlib.contextmanager
def ctranslate2(setup: Setup) -> Iterator[Engine]:
    """Our engine on CTranslate2."""
    with assembly.engine("ctranslate2", setup.model, setup.config) as engine:
        yield engine


@contextlib.contextmanager
def plain(name: str, *arguments: Any) -> Iterator[Callable[..., Any]]:
    """A plain way in a process like ours; called as ``ask(method, *arguments)``."""
    factory = f"digest.engines.plain:{name}"
    with Worker(factory, arguments, Limits(network=False)) as worker:
        yield lambda method, *asked: worker.call(method, *asked, timeout_s=CALL_S)


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What ``work`` gives, and its seconds."""
    started = time.monotonic()
    return work(), time.monotonic() - started


def peak_gb() -> float:
    """The most memory that the child process alive now has had, in GB; 0 where nobody tells."""
    peaks = [_peak_kb(child.pid) for child in multiprocessing.active_children()]
    return max(peaks, default=0) / 1e6


def _peak_kb(pid: int | None) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)
