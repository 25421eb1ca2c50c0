"""A self-test of seconds: how fast the configured models write here, and with how many threads.

What it finds is kept beside the models and used by runs that do not say how many threads they want.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from digest import assembly
from digest.config import Config
from digest.engines import threads
from digest.engines.catalogue import ModelFile
from digest.engines.process import Kind, physical_cores
from digest.generation import DecodeOptions, Prompt

PROMPT = Prompt("You are a translator.", "Translate into Simplified Chinese.")
INPUTS = tuple(f"The method reaches an accuracy of {n}.5% on the test set." for n in range(90, 98))
OPTIONS = DecodeOptions(max_output_tokens=24)
BUSY_SHARE = 0.1
"""Of the machine's time that other work takes: beyond it, what is measured says nothing of it. A
fifth of one of two cores; an idle desktop takes a few hundredths."""
_LOOK_S = 1.0


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
    busy = is_busy()
    counts = [config.threads] if config.threads else threads.candidates(cores)
    found = {n: _tokens_per_s(kind, model, replace(config, threads=n)) for n in counts}
    speed = Speed(kind, found, kept=not busy and not config.threads)
    if speed.kept:
        threads.remember(config.models_dir, kind, cores, speed.fastest)
    return speed


def is_busy(look_s: float = _LOOK_S, processors: Path = Path("/proc/stat")) -> bool:
    """Whether other work takes a good part of the machine at this moment.

    Not by the load of the last minute, which the self-test itself has raised. Where the system does
    not say, it is taken to be quiet.
    """
    before = _times(processors)
    time.sleep(look_s)
    after = _times(processors)
    passed = [now - then for then, now in zip(before, after, strict=True)]
    total, idle = sum(passed), sum(passed[3:5])  # idle, and waiting for a disk
    return total > 0 and 1 - idle / total > BUSY_SHARE


def _times(processors: Path) -> list[int]:
    """Of all processors together, by what they were spent on; see proc_stat(5)."""
    try:
        line = processors.read_text(encoding="ascii").partition("\n")[0]
    except OSError:
        return []
    return [int(field) for field in line.split()[1:9]]


def _tokens_per_s(kind: Kind, model: ModelFile, config: Config) -> float:
    with assembly.engine(kind, model, config) as engine:
        engine.complete(PROMPT, INPUTS[:1], replace(OPTIONS, max_output_tokens=1))  # loads
        started = time.monotonic()
        answers = engine.complete(PROMPT, INPUTS, OPTIONS)
        seconds = time.monotonic() - started
    read = answers[0].prompt_tokens * len(answers)
    return (read + sum(answer.tokens for answer in answers)) / seconds
