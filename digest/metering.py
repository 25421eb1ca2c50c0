"""Engines that keep account: how many tokens they wrote and read, and how long they were at it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from digest.generation import Completion, DecodeOptions, Engine, Prompt


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one model. ``seconds``: with an answer of it under way; ``read``: tokens of prompts, where
    the engine tells, those that answers share counted for each.
    """

    tokens: int = 0
    read: int = 0
    seconds: float = 0.0


class Meter:
    """What the engines of a run took, by the model's name. For any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._usage: dict[str, Usage] = {}
        self._under_way: dict[str, int] = {}
        self._since_s: dict[str, float] = {}

    def of(self, engine: Engine) -> Engine:
        """The engine, counted."""
        return _Metered(engine, self)

    @property
    def usage(self) -> Mapping[str, Usage]:
        """By the model's name."""
        with self._lock:
            return dict(self._usage)

    @property
    def seconds(self) -> float:
        """Of all models; those that are at work count up to now."""
        with self._lock:
            now_s = time.monotonic()
            open_s = sum(now_s - self._since_s[m] for m, count in self._under_way.items() if count)
            return open_s + sum(usage.seconds for usage in self._usage.values())

    @property
    def tokens(self) -> int:
        """Written by all models."""
        return sum(usage.tokens for usage in self.usage.values())

    def begin(self, model: str) -> None:
        """An answer of a model is waited for."""
        with self._lock:
            if not self._under_way.get(model):
                self._since_s[model] = time.monotonic()
            self._under_way[model] = self._under_way.get(model, 0) + 1

    def end(self, model: str, answers: Sequence[Completion]) -> None:
        """It came, or failed without any."""
        written = [each for answer in answers for each in (answer, *answer.others)]
        with self._lock:
            before = self._usage.get(model, Usage())
            self._under_way[model] -= 1
            took_s = 0.0 if self._under_way[model] else time.monotonic() - self._since_s[model]
            self._usage[model] = replace(
                before,
                tokens=before.tokens + sum(answer.tokens for answer in written),
                read=before.read + sum(answer.prompt_tokens for answer in answers),
                seconds=before.seconds + took_s,
            )


class _Metered:
    """An engine whose answers are counted; for the rest it is the one inside."""

    def __init__(self, engine: Engine, meter: Meter) -> None:
        self._engine, self._meter = engine, meter
        self.name, self.model, self.sha256 = engine.name, engine.model, engine.sha256
        self.version, self.options = engine.version, engine.options
        self.instructed, self.searches = engine.instructed, engine.searches
        self.at_once = engine.at_once

    def complete(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
    ) -> list[Completion]:
        """As the engine inside."""
        answers: list[Completion] = []
        self._meter.begin(self.model)
        try:
            answers = self._engine.complete(prompt, inputs, options)
            return answers
        finally:
            self._meter.end(self.model, answers)
