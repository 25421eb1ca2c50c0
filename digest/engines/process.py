"""An engine in a process of its own, without a network.

A damaged model, an assertion or a full memory ends that process and not the run. The model is
verified and loaded at the first call; a call whose process dies or falls silent is tried once more
in a new one. An engine that waits uses memory but no processor, and on a CPU only one engine of the
machine computes at a time.

Imports neither llama.cpp nor CTranslate2: they are loaded in the child only.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from digest.confinement import Limits
from digest.engines import device, identity, memory, present, threads
from digest.engines.catalogue import ModelFile
from digest.engines.converted import ensure_converted
from digest.engines.device import Device, Wanted
from digest.engines.lock import Turns, default_turn_file
from digest.engines.merging import Call, Merging
from digest.errors import ModelError, WorkerDied, WorkerError
from digest.generation import Completion, DecodeOptions, Prompt
from digest.worker import Worker, beat

log = logging.getLogger(__name__)

Kind = Literal["llama.cpp", "ctranslate2"]
IDENTITIES = {engine.name: engine for engine in (identity.LLAMA, identity.CTRANSLATE2)}

TRIES = 2
SPINS = "1000"
"""How often a thread of GNU OpenMP looks for the others before it sleeps. They meet hundreds of
times for each token, and it would look 300,000 times: where another program is at work on the
machine, the last one of them cannot go on because the others look for it. ``scripts.beside``
measures that: beside one busy process a model would write a hundredth of what it writes alone.
"""
_LOAD_S = 180.0
_LOAD_GIGABYTE_S = 20.0
"""For each one beyond the first: 50 MB/s, a network's folder."""
# To tell a hang from slow work, for a file of one gigabyte: an eighth of what two cores were
# measured to do, because another busy process slows decoding by far more than half. With the
# 1.5 B (Q4_K_M, 1.1 GB) they read 66 tokens/s, of about 4 bytes each.
_PROMPT_BYTES_PER_S = 35.0
_LLAMA_STEP_BYTES = 4 * 512
"""Of prompts: llama.cpp shows a sign of life after each step (``context.BATCH_TOKENS``)."""
_STEP_S = 60.0
"""For a step of answers: a second at most on two cores with the 1.5 B."""
_ANSWER_TOKENS_PER_S = 2.25
"""An eighth of 16 to 25 tokens/s in batches, 10 alone."""
_SEARCHED_TOKENS_PER_S = 6.0
"""A third of full speed, for a batch that is silent until it ends: few answers are that long."""
_COUNT_S = 60.0
"""For cutting texts into tokens, which takes milliseconds."""
_PAPERS_ON_GPU = 4
_PAPERS_ON_CPU = {"llama.cpp": 1, "ctranslate2": 8}
"""Papers whose calls are decoded together. llama.cpp's text depends on what is decoded beside it,
so on a CPU that is nothing; CTranslate2's does not (``ct2``)."""


@dataclass(frozen=True, slots=True)
class Running:
    """How an engine is to run; a 0 picks.

    Args:
        threads: Of the CPU; 0: what was measured (``threads``), or the physical cores.
        device: Where it computes.
        gpu_layers: On a GPU; -1: as many as fit.
        parallel: Answers that llama.cpp decodes together.
        papers_at_once: Papers in flight on a GPU; on a CPU it can only be lowered.
        target: Language that a sequence-to-sequence model translates into.
        memory_bytes: What its process may take besides the mapped file; 0: what the machine has.
        turn_file: The lock by which one model computes at a time.
    """

    threads: int = 0
    device: Wanted = "auto"
    gpu_layers: int = -1
    parallel: int = 0
    papers_at_once: int = 0
    memory_bytes: int = 0
    target: str = "zh-Hans"
    turn_file: Path = field(default_factory=lambda: default_turn_file())


@dataclass(frozen=True, slots=True)
class Place:
    """Where an engine's child computes: ``Running`` with everything picked."""

    threads: int
    device: Device
    gpu_layers: int
    parallel: int
    papers: int
    target: str = "zh-Hans"


class WorkerEngine:
    """An ``Engine`` whose model lives in a child process. May be called from several threads.

    Args:
        kind: Which engine runs the model.
        model: Its catalogue entry.
        models_dir: Where its files lie.
        running: How.

    Raises:
        ConfigError: The engine cannot run this model, or there is no GPU where one is asked for.
    """

    def __init__(
        self, kind: Kind, model: ModelFile, models_dir: Path, running: Running | None = None
    ):
        model.check_runs_on(kind)
        self._running = running or Running()
        self._place = place(kind, models_dir, self._running)
        signature = IDENTITIES[kind]
        self.name, self.version = signature.name, signature.version
        self.model, self.sha256 = model.name, model.sha256
        self.options: Mapping[str, str] = _options(kind, model, self._place)
        self.at_once = 1 if model.family else self._place.papers
        self.instructed = not model.family
        self.searches = kind == "ctranslate2"
        self._kind, self._entry, self._models_dir = kind, model, models_dir
        self._worker: Worker | None = None
        self._calling = threading.Lock()
        self._turns = Turns(self._running.turn_file)
        self._loaded = self._over = False
        self._steps_down = 0
        self._merging = Merging(self._complete_all, self.at_once)

    def __enter__(self) -> WorkerEngine:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._over = True  # a thread that is still in a call must not start a new child
        self.close()

    def close(self) -> None:
        """End the child and free its memory; the next call starts a new one."""
        if self._worker is not None:
            self._worker.close()
            self._worker, self._loaded = None, False

    def complete(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
    ) -> list[Completion]:
        """Answer ``prompt`` for each of ``inputs``; same order, same number.

        Raises:
            ModelMissingError: A file is not there.
            ModelDamagedError: A file is not the one of the catalogue.
            ModelError: The file does not load, or an input is too long for it.
            WorkerError: The process died or fell silent twice.
        """
        return self._merging.complete((prompt, list(inputs), options)) if inputs else []

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Exact length of each text in tokens of this model; raises as ``complete`` does."""
        counts: list[int] = self._tried("count_tokens", list(texts), work_s=_COUNT_S)
        return counts

    def _complete_all(self, calls: Sequence[Call]) -> list[list[Completion]]:
        answers: list[list[Completion]] = self._tried(
            "complete_all",
            list(calls),
            work_s=self._work_s(calls),
            silence_s=self._read_s(calls),
        )
        return answers

    def _tried(
        self, method: str, argument: Any, *, work_s: float, silence_s: float | None = None
    ) -> Any:
        """Call the child; once more in a new one where it dies or falls silent.

        ``work_s`` and ``silence_s`` are for a model that is loaded; another one gets time to load.
        """
        with self._calling:
            for attempt in range(1, TRIES + 1):
                if self._over:
                    raise WorkerError(f"{self.model} in {self.name} was closed")
                load_s = self._load_s()
                silent_s = None if silence_s is None else load_s + silence_s
                try:
                    return self._asked(method, argument, load_s + work_s, silent_s)
                except WorkerError as exc:
                    self.close()
                    if isinstance(exc, WorkerDied):
                        self._steps_down += 1  # perhaps the GPU's memory ended
                    if self._over:
                        raise
                    if attempt == TRIES:
                        raise self._explained(exc) from exc
                    log.warning("%s with %s: %s; trying again", self.name, self.model, exc)
        raise AssertionError("unreachable")

    def _asked(self, method: str, argument: Any, timeout_s: float, silence_s: float | None) -> Any:
        """Call the child once; one that gets no memory counts as dead, whatever it said."""
        worker = self._worker = self._worker or self._start()
        try:
            with self._turn():
                answer = worker.call(method, argument, timeout_s=timeout_s, silence_s=silence_s)
        except ModelError as exc:
            if memory.has_ended(exc.message):
                raise WorkerDied(exc.message) from exc
            raise
        self._loaded = True
        return answer

    def _explained(self, exc: WorkerError) -> WorkerError:
        """The error with what the user may do about it."""
        hint = exc.hint
        if memory.has_ended(exc.message):
            hint = "choose a smaller model: digest models recommend"
            if self._limits.data_bytes is not None:
                gigabytes = self._limits.data_bytes / 1e9
                hint = f"its process may take {gigabytes:.1f} GB: raise memory_gb, or {hint}"
        elif isinstance(exc, WorkerDied):
            hint = (
                "if memory ran out (dmesg says so), set memory_gb or choose a smaller model; "
                "else digest models verify"
            )
        return type(exc)(f"{exc.message}, twice, with {self.model} in {self.name}", hint)

    def _turn(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext() if self._place.device == "gpu" else self._turns.turn()

    # -------------------------------------------------------------- patience

    def _work_s(self, calls: Sequence[Call]) -> float:
        """How long calls may take at most, in seconds: reading and the longest answers."""
        tokens = sum(
            len(inputs) * _width(options) * options.max_output_tokens
            for _, inputs, options in calls
        )
        size_bytes = sum(_bytes([p.system, p.task, *p.passages, *inputs]) for p, inputs, _ in calls)
        work_s = tokens / _ANSWER_TOKENS_PER_S + size_bytes / _PROMPT_BYTES_PER_S + _STEP_S
        return self._gigabytes * work_s

    def _read_s(self, calls: Sequence[Call]) -> float:
        """How long it may take until the next sign of life: the prompts of a batch, and a step."""
        shared = [[prompt.system, prompt.task, *prompt.passages] for prompt, _, _ in calls]
        longest = max(_bytes([text]) for _, inputs, _ in calls for text in inputs)
        every = sum(_bytes(inputs) for _, inputs, _ in calls)
        size_bytes = max(map(_bytes, shared)) + min(every, identity.BATCH * longest)
        if self._kind == "llama.cpp":
            size_bytes = min(size_bytes, _LLAMA_STEP_BYTES)
        # Of a search with beams only the end of a batch is told.
        searched = max(
            min(len(inputs), identity.BATCH) * _width(options) * options.max_output_tokens
            if options.temperature == 0 and options.beam_size > 1
            else 0
            for _, inputs, options in calls
        )
        steps_s = _STEP_S + searched / _SEARCHED_TOKENS_PER_S
        return self._gigabytes * (size_bytes / _PROMPT_BYTES_PER_S + steps_s)

    def _load_s(self) -> float:
        return 0.0 if self._loaded else _LOAD_S + (self._gigabytes - 1.0) * _LOAD_GIGABYTE_S

    @property
    def _gigabytes(self) -> float:
        return max(self._entry.bytes / 1e9, 1.0)

    # -------------------------------------------------------------- the child

    def _start(self) -> Worker:
        files = [present.ensure(self._entry, self._models_dir)]
        if self._kind == "ctranslate2" and not self._entry.members:
            files.insert(0, ensure_converted(self._entry, self._models_dir))
        arguments = (self._kind, tuple(files), self._entry, self._place, self._steps_down)
        return Worker("digest.engines.process:build", arguments, self._limits)

    @property
    def _limits(self) -> Limits:
        if self._place.device == "gpu":  # its driver maps far more than it uses
            return Limits(network=False)
        most = self._running.memory_bytes or memory.total_bytes()
        return Limits(network=False, data_bytes=most)


def _bytes(texts: Sequence[str]) -> int:
    return sum(len(text.encode(errors="replace")) for text in texts)


def place(kind: Kind, models_dir: Path, running: Running) -> Place:
    """Pick what ``running`` leaves open.

    Raises:
        ConfigError: There is no GPU where one is asked for.
    """
    cores = physical_cores()
    where = device.chosen(running.device, kind)
    on_gpu = where == "gpu"
    most = _PAPERS_ON_GPU if on_gpu else _PAPERS_ON_CPU[kind]
    asked = running.papers_at_once
    return Place(
        threads=running.threads or threads.remembered(models_dir, kind, cores) or cores,
        device=where,
        gpu_layers=running.gpu_layers if on_gpu else 0,
        parallel=running.parallel or (identity.PARALLEL_GPU if on_gpu else identity.PARALLEL),
        papers=(asked or most) if on_gpu else min(asked or most, most),
        target=running.target,
    )


def _options(kind: Kind, model: ModelFile, where: Place) -> Mapping[str, str]:
    """What changes the text, known before anything is loaded."""
    if model.family:
        translates = identity.direction(model.family, "en", where.target)
        return {**identity.SEQ2SEQ.options(model), **translates}
    options = dict(IDENTITIES[kind].options(model))
    if kind == "llama.cpp":
        options["parallel"] = str(where.parallel)
    return {**options, "device": "gpu"} if where.device == "gpu" else options


def build(
    kind: Kind, files: tuple[Path, ...], model: ModelFile, where: Place, steps_down: int = 0
) -> Any:
    """Load an engine in this process; what a ``WorkerEngine`` has its child call.

    Args:
        kind: Which engine.
        files: Of the model, verified.
        model: Its catalogue entry.
        where: Where it computes.
        steps_down: How often it died before: each time fewer layers go onto the GPU.

    Raises:
        ModelError: It does not load.
    """
    os.environ["OMP_NUM_THREADS"] = str(where.threads)
    os.environ.setdefault("GOMP_SPINCOUNT", SPINS)  # both are read once, when it is loaded
    if kind == "llama.cpp":
        llama = importlib.import_module("digest.engines.llama")
        placed = llama.Placement(
            where.threads, where.parallel, where.gpu_layers, where.papers, steps_down
        )
        return llama.LlamaEngine(*files, model, placed)
    place = importlib.import_module("digest.engines.place")
    computing = place.Place(where.threads, where.device, beat)
    if model.family:  # it translates, and has no GGUF file
        seq2seq = importlib.import_module("digest.engines.seq2seq")
        return seq2seq.Seq2SeqEngine(files[0], model, model.family, computing, target=where.target)
    ct2 = importlib.import_module("digest.engines.ct2")
    return ct2.CTranslate2Engine(*files, model, computing)


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


def _width(options: DecodeOptions) -> int:
    """Answers that are written side by side for an input: those wanted, or those searched."""
    searched = options.beam_size if options.temperature == 0 else 1
    return max(options.n_best, searched)
