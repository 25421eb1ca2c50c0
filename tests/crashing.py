"""Engines that come to grief in the middle of an answer, for tests of what stands around them."""

from __future__ import annotations

import os
import resource
import signal
import time
from pathlib import Path
from typing import Any

import llama_cpp

from digest.engines import context, process
from digest.engines.catalogue import ModelFile
from digest.engines.context import BATCH_TOKENS
from digest.engines.process import Place

STEPS = 3
"""Decoded before it happens."""


def build(
    how: str,
    marker: Path,
    always: bool,
    kind: Any,
    files: Any,
    model: ModelFile,
    where: Place,
    *_: Any,
) -> Any:
    """The real engine, whose third step goes wrong: once, or ``always``."""
    steps, engine = 0, None

    def beat() -> None:
        nonlocal steps
        steps += 1
        if steps == STEPS:
            HOW[how](engine)

    if always or not marker.exists():
        marker.touch()
        context.beat = process.beat = beat  # type: ignore[assignment]
    engine = process.build(kind, files, model, where)
    return engine


POISON = "poison"


class Poisoned:
    """The real engine, which hits an assertion whenever an input holds ``POISON``."""

    def __init__(self, *arguments: Any) -> None:
        self._engine = process.build(*arguments)

    def complete_all(self, calls: Any) -> Any:
        """Answers, unless it is poisoned."""
        if any(POISON in text for _, inputs, _ in calls for text in inputs):
            context.beat = lambda: _assertion(self._engine)  # type: ignore[assignment]
        return self._engine.complete_all(calls)


def _signal(_engine: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _assertion(engine: Any) -> None:
    """llama.cpp asserts that no step has more tokens than it was promised."""
    batch = llama_cpp.llama_batch_init(2 * BATCH_TOKENS, 0, 1)
    batch.n_tokens = BATCH_TOKENS + 1
    for i in range(batch.n_tokens):
        batch.token[i], batch.pos[i], batch.logits[i] = 1, i, False
        batch.n_seq_id[i], batch.seq_id[i][0] = 1, engine._context.sequences - 1
    llama_cpp.llama_decode(engine._context._context, batch)


def _memory(_engine: Any) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (64 << 20, 64 << 20))
    bytearray(1 << 30)


def _hang(_engine: Any) -> None:
    time.sleep(300)


HOW = {"signal": _signal, "assertion": _assertion, "memory": _memory, "hang": _hang}
ENDINGS = {
    "signal": "killed by SIGKILL",
    "assertion": "killed by SIGABRT",
    "memory": "ran into its memory limit",
    "hang": "no sign of life",
}
