"""llama.cpp: many answers over one shared prompt.

The wording that all inputs of a call share is decoded once, into sequence 0, and stays there for
the next call with the same wording. Each input starts as a copy of it, and up to ``parallel``
inputs are decoded together, one ``llama_decode`` a step. When an answer ends, the next input takes
its place: its tokens go into the same step as the others' next ones.

The same inputs in the same call give the same text: a call does not see what was decoded before
it. Text may differ between values of ``parallel``, as sums are rounded in another order.

``llama-cpp-python``'s high-level API cannot decode several sequences, hence the low-level one.
What it punishes with an abort is kept away from it here: more than ``n_batch`` tokens in a step,
a copy of part of a sequence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
import numpy.typing as npt

from digest.engines import sampling, templates
from digest.engines.catalogue import ModelFile
from digest.engines.identity import LLAMA, PARALLEL
from digest.engines.templates import Segment
from digest.engines.vocabulary import Vocabulary, last_words, load_model
from digest.errors import ModelError
from digest.records import Completion, DecodeOptions, Prompt

BATCH_TOKENS = 512
_FLASH_ATTENTION_OFF = 0  # on, it halved decoding speed on a CPU


@dataclass(slots=True)
class _Answer:
    """One input on its way: ``pending`` tokens are yet to be decoded, ``written`` is the answer."""

    index: int
    sequence: int
    pending: list[int]
    position: int
    random: np.random.Generator
    written: list[int] = field(default_factory=list)


class LlamaEngine:
    """A GGUF model in llama.cpp, on the CPU. Loads at once; meant for a process of its own.

    Args:
        path: The file; verified by the caller.
        model: Its catalogue entry.
        threads: For prompt and answers alike.
        parallel: Answers decoded together.

    Raises:
        ModelError: llama.cpp refuses the file, or there is no such template.
    """

    name = LLAMA.name
    instructed = True
    at_once = 1

    def __init__(self, path: Path, model: ModelFile, threads: int, parallel: int = PARALLEL):
        if not 1 <= parallel <= BATCH_TOKENS:
            raise ValueError(f"parallel must be 1..{BATCH_TOKENS}, not {parallel}")
        self.model, self.sha256, self.version = model.name, model.sha256, LLAMA.version
        self.options = {**LLAMA.options(model), "parallel": str(parallel)}
        self._entry, self._threads, self._parallel = model, threads, parallel
        templates.frame(model.template, Prompt("", ""))
        self._weights = load_model(path)
        self._vocabulary = Vocabulary(self._weights)
        self._batch = llama_cpp.llama_batch_init(BATCH_TOKENS, 0, 1)
        self._context: Any = None
        self._context_tokens = 0
        self._prefix: list[int] = []

    def close(self) -> None:
        """Free the memory. Safe to call again."""
        self._free_context()
        if self._weights is not None:
            llama_cpp.llama_batch_free(self._batch)
            llama_cpp.llama_model_free(self._weights)
            self._weights = None

    def complete(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
    ) -> list[Completion]:
        """Answer ``prompt`` for each of ``inputs``; same order, same number.

        Raises:
            ModelError: An input does not fit beside the prompt and its answer; nothing is cut.
        """
        if options.max_output_tokens < 1:
            raise ValueError(f"max_output_tokens must be positive, not {options}")
        if not inputs:
            return []
        before, after = templates.frame(self._entry.template, prompt)
        prefix, tail = self._vocabulary.encode(before), self._vocabulary.encode(after)
        encode = self._vocabulary.encode
        questions = [encode([Segment(text, special=False)]) + tail for text in inputs]
        self._make_room(len(prefix), [len(tokens) for tokens in questions], options)
        self._share(prefix)
        try:
            return self._answer(questions, options)
        except BaseException:
            self._free_context()  # its state is unknown: the next call starts from nothing
            raise

    # -------------------------------------------------------------- context

    def _make_room(self, prefix: int, questions: list[int], options: DecodeOptions) -> None:
        """A context for the prefix and the ``parallel`` longest turns; kept where it suffices."""
        turns = sorted((tokens + options.max_output_tokens for tokens in questions), reverse=True)
        if prefix + turns[0] > self._entry.context:
            number = questions.index(max(questions)) + 1
            raise ModelError(
                f"input {number} of {len(questions)} needs {prefix + turns[0]} tokens with prompt "
                f"and answer; {self.model} reads {self._entry.context}"
            )
        needed = prefix + sum(turns[: self._parallel])
        if needed > self._context_tokens:
            self._free_context()
            self._open_context(needed)

    def _open_context(self, tokens: int) -> None:
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = tokens
        parameters.n_batch = parameters.n_ubatch = BATCH_TOKENS
        parameters.n_seq_max = self._parallel + 1
        parameters.kv_unified = True  # sequences share cells: a copy of the prefix costs nothing
        parameters.flash_attn_type = _FLASH_ATTENTION_OFF
        parameters.n_threads = parameters.n_threads_batch = self._threads
        self._context = llama_cpp.llama_init_from_model(self._weights, parameters)
        if not self._context:
            raise ModelError(f"llama.cpp gives no context of {tokens} tokens: {last_words()}")
        self._context_tokens = tokens

    def _free_context(self) -> None:
        if self._context is not None:
            llama_cpp.llama_free(self._context)
        self._context, self._context_tokens, self._prefix = None, 0, []

    @property
    def _memory(self) -> Any:
        return llama_cpp.llama_get_memory(self._context)

    def _share(self, prefix: list[int]) -> None:
        """Have ``prefix`` in sequence 0, alone, in the first cells."""
        if prefix == self._prefix:
            return
        llama_cpp.llama_memory_clear(self._memory, False)
        self._prefix = []
        for start in range(0, len(prefix), BATCH_TOKENS):
            part = prefix[start : start + BATCH_TOKENS]
            self._decode([(token, start + i, 0, False) for i, token in enumerate(part)])
        self._prefix = prefix

    # -------------------------------------------------------------- decoding

    def _answer(self, questions: list[list[int]], options: DecodeOptions) -> list[Completion]:
        done: dict[int, Completion] = {}
        free = list(range(self._parallel, 0, -1))
        waiting = list(reversed(list(enumerate(questions))))
        active: list[_Answer] = []
        while active or waiting:
            while waiting and free:
                index, question = waiting.pop()
                active.append(self._fork(index, free.pop(), question, options))
            for answer in self._step(active, options):
                completion = self._completion(answer, options)
                if completion is not None:
                    done[answer.index] = completion
                    active.remove(answer)
                    free.append(answer.sequence)
                    self._drop(answer.sequence)
        return [done[index] for index in range(len(questions))]

    def _fork(
        self, index: int, sequence: int, question: list[int], options: DecodeOptions
    ) -> _Answer:
        llama_cpp.llama_memory_seq_cp(self._memory, 0, sequence, -1, -1)
        random = sampling.generator(options, index)
        return _Answer(index, sequence, list(question), len(self._prefix), random)

    def _drop(self, sequence: int) -> None:
        llama_cpp.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def _step(self, active: list[_Answer], options: DecodeOptions) -> list[_Answer]:
        """Decode once: a token of each answer being written, and what fits of new inputs.

        Returns those that have a new token (the end token among them).
        """
        items: list[tuple[int, int, int, bool]] = []
        ready: list[tuple[int, _Answer]] = []
        for answer in sorted(active, key=lambda answer: len(answer.pending) > 1):
            part = answer.pending[: BATCH_TOKENS - len(items)]
            del answer.pending[: len(part)]
            for i, token in enumerate(part):
                last = i == len(part) - 1 and not answer.pending
                items.append((token, answer.position + i, answer.sequence, last))
            answer.position += len(part)
            if part and not answer.pending:
                ready.append((len(items) - 1, answer))
        self._decode(items)
        for place, answer in ready:
            token = sampling.pick(self._logits(place), options, answer.random)
            answer.written.append(token)
            answer.pending.append(token)
        return [answer for _, answer in ready]

    def _completion(self, answer: _Answer, options: DecodeOptions) -> Completion | None:
        """The finished answer; None while it is still being written."""
        finished = answer.written[-1] in self._vocabulary.end_ids
        tokens = answer.written[:-1] if finished else answer.written
        if not finished and len(tokens) < options.max_output_tokens:
            return None
        text = self._vocabulary.decode(tokens, finished=finished)
        return Completion(text, len(tokens), finished)

    def _decode(self, items: list[tuple[int, int, int, bool]]) -> None:
        """One ``llama_decode`` of (token, position, sequence, whether its logits are wanted)."""
        batch = self._batch
        batch.n_tokens = len(items)
        for i, (token, position, sequence, wanted) in enumerate(items):
            batch.token[i], batch.pos[i], batch.logits[i] = token, position, wanted
            batch.n_seq_id[i], batch.seq_id[i][0] = 1, sequence
        code = llama_cpp.llama_decode(self._context, batch)
        if code != 0:
            raise ModelError(f"llama_decode answered {code} for {len(items)} tokens")

    def _logits(self, place: int) -> npt.NDArray[np.float32]:
        """Of the batch's token at ``place``; a view, valid until the next decode."""
        pointer = llama_cpp.llama_get_logits_ith(self._context, place)
        return np.ctypeslib.as_array(pointer, shape=(self._vocabulary.size,))
