"""Engines as the stages see them: a prompt, how to decode it, what comes back.

The contract between those that need text written and those that can write it. Frozen records and
one protocol; nothing here knows a model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Prompt:
    """The wording that all inputs of one call share, so that an engine may decode it once.

    Args:
        system: Who the model is to be.
        task: What it is to do with each input.
        passages: Text that all inputs are about, a sentence each, in reading order: a paper under
            several questions. Where they do not fit into what the model reads, whole passages are
            left out, the least relevant first, and ``Completion.left_out`` counts them.
        relevance: One number for each passage; empty: the last passages go first.
    """

    system: str
    task: str
    passages: tuple[str, ...] = ()
    relevance: tuple[float, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Prompt:
        """A prompt from a rendered file: who the model is, a line ``---``, what it is to do."""
        system, _, task = text.partition("---\n")
        return cls(system.strip(), task.strip())

    def __post_init__(self) -> None:
        if self.relevance and len(self.relevance) != len(self.passages):
            raise ValueError(
                f"{len(self.passages)} passages have {len(self.relevance)} numbers of relevance"
            )


@dataclass(frozen=True, slots=True)
class DecodeOptions:
    """How to decode. The i-th input is sampled with ``seed + i``.

    Args:
        max_output_tokens: An answer that reaches it is cut off and not ``finished``.
        temperature: 0 is greedy, or beam search where ``beam_size`` says so.
        top_k: Tokens that are drawn from; 0 for all.
        top_p: Share of the probability that is drawn from, after ``top_k``.
        seed: Of the first input.
        stop: An answer ends before the first of these strings.
        beam_size: Beams that are searched where nothing is drawn; an engine that does not search
            writes one.
        n_best: Answers for each input, best first, at most ``beam_size`` where nothing is drawn;
            the others are in ``Completion.others``.
    """

    max_output_tokens: int = 256
    temperature: float = 0.0
    top_k: int = 20
    top_p: float = 1.0
    seed: int = 0
    stop: tuple[str, ...] = ()
    beam_size: int = 1
    n_best: int = 1

    def __post_init__(self) -> None:
        for name in ("max_output_tokens", "beam_size", "n_best"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")
        if self.temperature < 0 or self.top_k < 0 or not 0 < self.top_p <= 1:
            raise ValueError(
                f"temperature {self.temperature}, top_k {self.top_k} and top_p {self.top_p} must "
                "be 0 or more, 0 or more, and above 0 up to 1"
            )
        if "" in self.stop:
            raise ValueError("an empty stop string would end every answer")


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer. ``finished`` is False where ``max_output_tokens`` cut it off.

    Args:
        text: Without the white space around it.
        tokens: Written, without the one that ended it.
        finished: Whether the model ended it, or a stop string did.
        prompt_tokens: Read for it, those shared with other inputs among them; 0 where unknown.
        score: Mean log-probability of its tokens, at most 0: the model's own doubt. None where
            the engine does not tell.
        left_out: Passages of the prompt that did not fit.
        others: Further answers to the same input, best first.
    """

    text: str
    tokens: int
    finished: bool
    prompt_tokens: int = 0
    score: float | None = None
    left_out: int = 0
    others: tuple[Completion, ...] = ()


class Engine(Protocol):
    """A model that writes.

    ``options``: what besides the prompt changes its text. ``searches``: whether it honours
    ``DecodeOptions.beam_size``. ``instructed``: whether it follows a
    prompt; a sequence-to-sequence model translates its inputs, whatever the prompt says.
    ``at_once``: papers whose calls may be in flight together, from as many threads.
    """

    name: str
    model: str
    sha256: str
    version: str
    options: Mapping[str, str]
    instructed: bool
    searches: bool
    at_once: int

    def complete(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
    ) -> list[Completion]:
        """Answer ``prompt`` for each of ``inputs``; same order, same number.

        An input is text from outside: it cannot end its turn or speak as another role.
        """
        ...
