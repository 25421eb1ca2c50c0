"""A self-test of seconds: how fast the configured models write here, and with how many threads.

What it finds is kept beside the models and used by runs that do not say how many threads they want.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from digest import assembly
from digest.config import Config
from digest.engines import threads
from digest.engines.catalogue import ModelFile
from digest.engines.process import Kind, physical_cores
from digest.records import DecodeOptions, Prompt

PROMPT = Prompt("You are a translator.", "Translate into Simplified Chinese.")
INPUTS = tuple(f"The method reaches an accuracy of {n}.5% on the test set." for n in range(90, 98))
OPTIONS = DecodeOptions(max_output_tokens=24)
BUSY_SHARE = 0.3
"""Of the cores that other work takes: beyond it, what is measured says nothing of this machine."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second, prompts and answers together, by the number of threads."""

    kind: Kind
    by_threads: dict[int, float]
    kept: bool

    @property
    def fastest(self) -> int:
        """The number of threads; of equals the fewest, which leave more to the machine."""
        return max(sorted(self.by_threads), key=lambda n: self.by_threads[n])


def measure(kind: Kind, model: ModelFile, config: Config) -> Speed:
    """Write a few short answers with each number of threads, and keep the fastest.

    Where the machine is busy, or the number is configured, nothing is kept.

    Raises:
        DigestError: The model cannot be run.
    """
    cores = physical_cores()
    busy = is_busy(cores)
    counts = [config.threads] if config.threads else threads.candidates(cores)
    found = {n: _tokens_per_s(kind, model, replace(config, threads=n)) for n in counts}
    speed = Speed(kind, found, kept=not busy and not config.threads)
    if speed.kept:
        threads.remember(config.models_dir, kind, cores, speed.fastest)
    return speed


def is_busy(cores: int, load: Sequence[float] | None = None) -> bool:
    """Whether other work takes a good part of the machine: by the load of the last minute."""
    return (load or os.getloadavg())[0] > BUSY_SHARE * cores


def _tokens_per_s(kind: Kind, model: ModelFile, config: Config) -> float:
    with assembly.engine(kind, model, config) as engine:
        engine.complete(PROMPT, INPUTS[:1], replace(OPTIONS, max_output_tokens=1))  # loads
        started = time.monotonic()
        answers = engine.complete(PROMPT, INPUTS, OPTIONS)
        seconds = time.monotonic() - started
    read = answers[0].prompt_tokens * len(answers)
    return (read + sum(answer.tokens for answer in answers)) / seconds
