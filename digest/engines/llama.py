"""llama.cpp: many answers over one shared prompt, on a CPU or a GPU.

The wording that all inputs of a call share, and the passages that they are about, are decoded
once; the inputs are decoded together (``scheduler``). ``llama-cpp-python``'s high-level API cannot
decode several sequences, hence the low-level one.

On a CPU the same inputs in the same call give the same text: a call does not see what was decoded
before it. Text may differ between values of ``parallel``, as sums are rounded in another order. On
a GPU calls of several papers may be decoded together, and their texts may differ with their
company.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import llama_cpp

from digest.engines import gpu, stops, templates
from digest.engines.catalogue import ModelFile
from digest.engines.context import BATCH_TOKENS, Context, Shape
from digest.engines.identity import LLAMA, PARALLEL
from digest.engines.scheduler import Request, Scheduler, Written
from digest.engines.templates import Segment
from digest.engines.turns import Cutter, Turn
from digest.engines.vocabulary import Vocabulary, header_number, load_model
from digest.errors import ModelError
from digest.generation import Completion, DecodeOptions, Prompt

log = logging.getLogger(__name__)

_MOST_KV_BYTES = 2 << 30
"""Of a context. The 1.5 B's takes 28 KB a token: 24 bullets of 300 tokens need 206 MB. Where a
larger model would need more for all answers at once, fewer are on their way."""

Call = tuple[Prompt, Sequence[str], DecodeOptions]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a model computes.

    Args:
        threads: Of the CPU, for prompt and answers alike.
        parallel: Answers decoded together.
        layers: On the GPU; 0: none, -1: as many as fit.
        papers: Calls with other prompts that are decoded together; more than one on a GPU only.
        steps_down: How many attempts with a GPU have failed before.
    """

    threads: int
    parallel: int = PARALLEL
    layers: int = 0
    papers: int = 1
    steps_down: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.parallel <= BATCH_TOKENS:
            raise ValueError(f"parallel must be 1..{BATCH_TOKENS}, not {self.parallel}")


class LlamaEngine:
    """A GGUF model in llama.cpp. Loads at once; meant for a process of its own.

    Args:
        path: The file; verified by the caller.
        model: Its catalogue entry.
        placement: Where it computes.

    Raises:
        ModelError: llama.cpp refuses the file, or there is no such template.
    """

    name = LLAMA.name
    instructed = True
    searches = False

    def __init__(self, path: Path, model: ModelFile, placement: Placement):
        self.model, self.sha256, self.version = model.name, model.sha256, LLAMA.version
        self.options = {**LLAMA.options(model), "parallel": str(placement.parallel)}
        self.at_once = placement.papers
        templates.frame(model.template, Prompt("", ""))
        self._entry, self._placement = model, placement
        self._weights, self.layers_on_gpu = self._load(path)
        self._vocabulary = Vocabulary(self._weights)
        self._cutter = Cutter(self._vocabulary, model, model.context)
        self._most_cells = _MOST_KV_BYTES // _kv_bytes(self._weights)
        self._context: Context | None = None
        self._scheduler: Scheduler | None = None

    def close(self) -> None:
        """Free the memory. Safe to call again."""
        self._free_context()
        if self._weights is not None:
            llama_cpp.llama_model_free(self._weights)
            self._weights = None

    def complete(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
    ) -> list[Completion]:
        """Answer ``prompt`` for each of ``inputs``; same order, same number.

        Passages that do not fit are left out, the least relevant first, and counted.

        Raises:
            ModelError: An input does not fit beside the prompt and its answer; it is not cut.
        """
        return self.complete_all([(prompt, inputs, options)])[0]

    def complete_all(self, calls: Sequence[Call]) -> list[list[Completion]]:
        """Answer several calls together; each as ``complete`` does.

        Raises:
            ModelError: An input of one of them does not fit.
        """
        turns = [self._cutter.cut(*call) for call in calls]
        requests = [
            Request(turn.prefix, question, options, index)
            for turn, (_, _, options) in zip(turns, calls, strict=True)
            for index, question in enumerate(turn.questions)
        ]
        if not requests:
            return [[] for _ in calls]
        scheduler = self._scheduler_for(requests)
        try:
            written = iter(scheduler.run(requests))
        except BaseException:
            self._free_context()  # its state is unknown: the next call starts from nothing
            raise
        return [
            [
                self._completion(turn, question, options, next(written))
                for question in turn.questions
            ]
            for turn, (_, _, options) in zip(turns, calls, strict=True)
        ]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Exact length of each text, in tokens of this model, outside any template."""
        return [len(self._vocabulary.encode([Segment(text, special=False)])) for text in texts]

    def _completion(
        self,
        turn: Turn,
        question: tuple[int, ...],
        options: DecodeOptions,
        answers: Sequence[Written],
    ) -> Completion:
        first, *others = (
            Completion(
                text=stops.before(
                    self._vocabulary.decode(answer.tokens, finished=answer.finished), options.stop
                ),
                tokens=len(answer.tokens),
                finished=answer.finished,
                prompt_tokens=len(turn.prefix) + len(question),
                score=answer.log_probability / answer.scored,
                left_out=turn.left_out,
            )
            for answer in answers
        )
        return replace(first, others=tuple(others))

    # -------------------------------------------------------------- memory

    def _load(self, path: Path) -> tuple[Any, int]:
        """The weights, and how many of their layers are on the GPU: fewer where memory ends."""
        wanted = self._placement.layers
        if wanted == 0:
            return load_model(path), 0
        fitting = _fitting(path)
        if not fitting:
            log.warning("no GPU, or no room on it: %s computes on the CPU", path.name)
        attempts = gpu.attempts(wanted, fitting)
        for layers in attempts[min(self._placement.steps_down, len(attempts) - 1) :]:
            try:
                return load_model(path, gpu_layers=layers), layers
            except ModelError as exc:
                if layers == 0:
                    raise
                log.warning("%d layers do not go onto the GPU (%s); fewer", layers, exc.message)
        raise AssertionError("attempts() ends with none")

    def _scheduler_for(self, requests: Sequence[Request]) -> Scheduler:
        """On a context with room for the largest requests at once, or for as many as may be."""
        turns = sorted((request.cells for request in requests), reverse=True)
        prefixes = sorted({len(r.prefix) for r in requests}, reverse=True)
        shared = sum(prefixes[: self._placement.papers])
        least = max(len(request.prefix) + request.cells for request in requests)
        needed = max(least, min(shared + sum(turns[: self._placement.parallel]), self._most_cells))
        answers = max(self._placement.parallel, *(request.samples for request in requests))
        sequences = answers + self._placement.papers
        context = self._context
        if (
            self._scheduler is None
            or context is None
            or needed > context.cells
            or sequences > context.sequences
        ):
            self._free_context()
            shape = Shape(needed, sequences, self._placement.threads, gpu=self.layers_on_gpu > 0)
            self._context = Context(self._weights, shape)
            self._scheduler = Scheduler(self._context, self._vocabulary, self._placement.papers)
        return self._scheduler

    def _free_context(self) -> None:
        if self._context is not None:
            self._context.close()
        self._context = self._scheduler = None


def _fitting(path: Path) -> int:
    """Layers of a file that fit onto the first GPU; none where there is no GPU."""
    header = load_model(path, vocab_only=True)
    try:
        found = gpu.devices()
        kv_bytes = _kv_bytes(header)
        layers = header_number(header, "block_count")
        weights = gpu.Weights(path.stat().st_size, layers, kv_bytes)
        cells = _MOST_KV_BYTES // kv_bytes
        return gpu.layers_that_fit(weights, cells, found[0].free_bytes) if found else 0
    finally:
        llama_cpp.llama_model_free(header)


def _kv_bytes(model: Any) -> int:
    """Of a token in the cache: keys and values of all layers, 16 bits a number; at least 1."""
    heads = header_number(model, "attention.head_count")
    kv_heads = header_number(model, "attention.head_count_kv") or heads
    width = header_number(model, "embedding_length") // max(heads, 1)
    keys = header_number(model, "attention.key_length") or width
    values = header_number(model, "attention.value_length") or width
    return max(header_number(model, "block_count") * kv_heads * (keys + values) * 2, 1)
