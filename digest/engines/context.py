"""A llama.cpp context: cells of memory that sequences of tokens share, and one step of decoding.

What llama.cpp punishes with an abort of the process is kept away from it here: more than
``BATCH_TOKENS`` tokens in a step, a copy of part of a sequence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import llama_cpp
import numpy as np

from digest.engines.sampling import Floats
from digest.engines.vocabulary import last_words
from digest.errors import ModelError
from digest.worker import beat

BATCH_TOKENS = 512
"""Of one step. More gain nothing on a CPU, and a GPU's compute buffer grows with them."""

# Flash attention on a CPU halved decoding speed (llama-cpp-python 0.3.36, two cores).
_FLASH_ATTENTION_OFF, _FLASH_ATTENTION_ON = 0, 1


class Item(NamedTuple):
    """A token of a step. ``wanted``: whether what follows it is to be known."""

    token: int
    position: int
    sequence: int
    wanted: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a context is.

    Args:
        cells: Tokens of all sequences together; those that they share count once.
        sequences: Most of them, numbered from 0.
        threads: For prompt and answers alike.
        gpu: Whether it lies on one.
    """

    cells: int
    sequences: int
    threads: int
    gpu: bool = False


class Context:
    """Memory and steps of one model. Not for several threads.

    Raises:
        ModelError: There is not enough memory for it.
    """

    def __init__(self, weights: Any, shape: Shape) -> None:
        parameters = llama_cpp.llama_context_default_params()
        # llama.cpp makes a batch no larger than the context, and asserts that it has room for a
        # token of each sequence.
        parameters.n_ctx = max(shape.cells, BATCH_TOKENS)
        parameters.n_batch = parameters.n_ubatch = BATCH_TOKENS
        parameters.n_seq_max = shape.sequences
        parameters.kv_unified = True  # sequences share cells: a copy costs nothing
        parameters.flash_attn_type = _FLASH_ATTENTION_ON if shape.gpu else _FLASH_ATTENTION_OFF
        parameters.offload_kqv = shape.gpu
        parameters.n_threads = parameters.n_threads_batch = shape.threads
        self._context = llama_cpp.llama_init_from_model(weights, parameters)
        if not self._context:
            raise ModelError(
                f"llama.cpp gives no context of {shape.cells} tokens: {last_words()}",
                hint="free some memory, or choose a smaller model: digest models recommend",
            )
        self.cells = shape.cells
        self.sequences = shape.sequences
        self._batch = llama_cpp.llama_batch_init(BATCH_TOKENS, 0, 1)
        self._vocabulary_size: int = llama_cpp.llama_vocab_n_tokens(
            llama_cpp.llama_model_get_vocab(weights)
        )

    def close(self) -> None:
        """Free the memory. Safe to call again."""
        if self._context is not None:
            llama_cpp.llama_batch_free(self._batch)
            llama_cpp.llama_free(self._context)
            self._context = None

    def clear(self) -> None:
        """Forget all sequences; the next one starts in the first cell."""
        llama_cpp.llama_memory_clear(self._memory, False)

    def copy(self, source: int, target: int) -> None:
        """Let ``target``, which must be empty, begin as all of ``source``."""
        llama_cpp.llama_memory_seq_cp(self._memory, source, target, -1, -1)

    def drop(self, sequence: int) -> None:
        """Forget a sequence; cells that no other one shares are free."""
        llama_cpp.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def decode(self, items: Sequence[Item]) -> None:
        """One step.

        Raises:
            ModelError: llama.cpp refuses it, for want of cells for instance.
        """
        if not 1 <= len(items) <= BATCH_TOKENS:
            raise ValueError(f"a step has 1 to {BATCH_TOKENS} tokens, not {len(items)}")
        batch = self._batch
        batch.n_tokens = len(items)
        for i, (token, position, sequence, wanted) in enumerate(items):
            batch.token[i], batch.pos[i], batch.logits[i] = token, position, wanted
            batch.n_seq_id[i], batch.seq_id[i][0] = 1, sequence
        code = llama_cpp.llama_decode(self._context, batch)
        if code != 0:
            raise ModelError(f"llama_decode answered {code} for {len(items)} tokens")
        beat()

    def logits(self, place: int) -> Floats:
        """What follows the step's item at ``place``; a view, valid until the next step."""
        pointer = llama_cpp.llama_get_logits_ith(self._context, place)
        return np.ctypeslib.as_array(pointer, shape=(self._vocabulary_size,))

    @property
    def _memory(self) -> Any:
        return llama_cpp.llama_get_memory(self._context)
