"""An engine in a process of its own, without a network.

A damaged model, an assertion or a full memory ends that process and not the run. The model is
verified and loaded at the first call; a call whose process dies or hangs is tried once more in a
new one. An engine that waits uses memory but no processor.

Imports neither llama.cpp nor CTranslate2: they are loaded in the child only.
"""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from digest.engines import identity
from digest.engines.catalogue import ModelFile
from digest.engines.converted import ensure_converted
from digest.engines.verify import ensure
from digest.errors import WorkerError
from digest.records import Completion, DecodeOptions, Prompt
from digest.worker import Limits, Worker

log = logging.getLogger(__name__)

Kind = Literal["llama.cpp", "ctranslate2"]
IDENTITIES = {engine.name: engine for engine in (identity.LLAMA, identity.CTRANSLATE2)}

TRIES = 2
_LOAD_S = 180.0
# To tell a hang from slow work, for a file of one gigabyte: an eighth of what two cores were
# measured to do, because another busy process slows decoding by far more than half. With the
# 1.5 B (Q4_K_M, 1.1 GB) they write 16 to 25 tokens/s in batches of 3 to 16 (10 alone) with either
# engine, and read 66 tokens/s, of about 4 bytes each.
_PROMPT_BYTES_PER_S = 35.0
_ANSWER_TOKENS_PER_S = 2.25


class WorkerEngine:
    """An ``Engine`` whose model lives in a child process.

    Args:
        kind: Which engine runs the model.
        model: Its catalogue entry.
        models_dir: Where its files lie.
        threads: None: the physical cores that this process may use.

    Raises:
        ConfigError: The engine cannot run this model.
    """

    def __init__(self, kind: Kind, model: ModelFile, models_dir: Path, threads: int | None = None):
        model.check_runs_on(kind)
        signature = IDENTITIES[kind]
        self.name, self.version = signature.name, signature.version
        self.model, self.sha256 = model.name, model.sha256
        self.options: Mapping[str, str] = signature.options(model)
        self.instructed, self.at_once = True, 1
        self._kind, self._entry, self._models_dir = kind, model, models_dir
        self._threads = threads or physical_cores()
        self._worker: Worker | None = None

    def __enter__(self) -> WorkerEngine:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End the child and free its memory; the next call starts a new one."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def complete(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
    ) -> list[Completion]:
        """Answer ``prompt`` for each of ``inputs``; same order, same number.

        Raises:
            ModelMissingError: A file is not there.
            ModelDamagedError: A file is not the one of the catalogue.
            ModelError: The file does not load, or an input is too long for it.
            WorkerError: The process died or hung twice.
        """
        if not inputs:
            return []
        timeout_s = self.timeout_s(prompt, inputs, options)
        for attempt in range(1, TRIES + 1):
            worker = self._worker = self._worker or self._start()
            try:
                answers: list[Completion] = worker.call(
                    "complete", prompt, list(inputs), options, timeout_s=timeout_s
                )
                return answers
            except WorkerError as exc:
                self.close()
                if attempt == TRIES:
                    raise
                log.warning("%s with %s: %s; trying again", self.name, self.model, exc)
        raise AssertionError("unreachable")

    def timeout_s(self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions) -> float:
        """How long a call may take, in seconds: loading, reading and the longest answers."""
        gigabytes = max(self._entry.bytes / 1e9, 1.0)
        texts = [prompt.system, prompt.task, *inputs]
        reading_s = sum(len(text.encode(errors="replace")) for text in texts) / _PROMPT_BYTES_PER_S
        writing_s = len(inputs) * options.max_output_tokens / _ANSWER_TOKENS_PER_S
        return _LOAD_S + gigabytes * (reading_s + writing_s)

    def _start(self) -> Worker:
        files = [ensure(self._entry, self._models_dir)]
        if self._kind == "ctranslate2":
            files.insert(0, ensure_converted(self._entry, self._models_dir))
        arguments = (self._kind, tuple(files), self._entry, self._threads)
        return Worker("digest.engines.process:build", arguments, Limits(network=False))


def build(kind: Kind, files: tuple[Path, ...], model: ModelFile, threads: int) -> Any:
    """Load an engine in this process; what a ``WorkerEngine`` has its child call."""
    os.environ["OMP_NUM_THREADS"] = str(threads)  # read once, when the library is loaded
    if kind == "llama.cpp":
        llama = importlib.import_module("digest.engines.llama")
        return llama.LlamaEngine(*files, model, llama.Placement(threads))
    place = importlib.import_module("digest.engines.place").Place(threads)
    ct2 = importlib.import_module("digest.engines.ct2")
    return ct2.CTranslate2Engine(*files, model, place)


def physical_cores(topology: Path = Path("/sys/devices/system/cpu")) -> int:
    """Physical cores that this process may run on; hyper-threads slow decoding down.

    Args:
        topology: Where Linux describes its processors; elsewhere each counts as a core.
    """
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    siblings = (
        topology / f"cpu{cpu}" / "topology" / "thread_siblings_list"
        for cpu in os.sched_getaffinity(0)
    )
    cores = {path.read_text(encoding="ascii") if path.is_file() else str(path) for path in siblings}
    return len(cores)
