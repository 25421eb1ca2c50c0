"""A call in tokens: what all inputs share, what is each one's own, and what did not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from digest.engines import templates
from digest.engines.catalogue import ModelFile
from digest.engines.fitting import fit
from digest.engines.identity import PAD
from digest.engines.templates import Segment
from digest.engines.vocabulary import Vocabulary
from digest.errors import ModelError
from digest.generation import DecodeOptions, Prompt


@dataclass(frozen=True, slots=True)
class Turn:
    """``prefix`` goes before each of ``questions``; ``left_out``: passages that did not fit."""

    prefix: tuple[int, ...]
    questions: tuple[tuple[int, ...], ...]
    left_out: int


def filled(question: Sequence[int], filler: Sequence[int]) -> tuple[int, ...]:
    """``question`` after so many line ends that its length is a multiple of ``PAD``.

    Where a line end is several tokens, it stays as it is: batches are smaller then.
    """
    before = tuple(filler) * (-len(question) % PAD) if len(filler) == 1 else ()
    return (*before, *question)


@dataclass(frozen=True, slots=True)
class Cutter:
    """Cuts calls into tokens of one model.

    Args:
        vocabulary: Of the model.
        model: Its catalogue entry.
        context: Tokens that it reads.
        spare: Tokens that an engine may add to an input.
    """

    vocabulary: Vocabulary
    model: ModelFile
    context: int
    spare: int = 0

    def cut(self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions) -> Turn:
        """A call in tokens.

        Passages that do not fit beside the longest input and its answer are left out, the least
        relevant first; inputs are not.

        Raises:
            ModelError: An input does not fit beside the prompt and its answer.
        """
        encode = self.vocabulary.encode
        tail = encode(templates.frame(self.model.template, prompt).after)
        questions = [encode([Segment(text, special=False)]) + tail for text in inputs]
        longest = max(map(len, questions), default=0) + options.max_output_tokens + self.spare
        fitted = self._fitted(prompt, self.context - longest)
        prefix = encode(templates.frame(self.model.template, fitted).before)
        for number, question in enumerate(questions, start=1):
            needed = len(prefix) + len(question) + options.max_output_tokens + self.spare
            if needed > self.context:
                raise ModelError(
                    f"input {number} of {len(questions)} needs {needed} tokens with prompt and "
                    f"answer; {self.model.name} reads {self.context}"
                )
        left_out = len(prompt.passages) - len(fitted.passages)
        return Turn(tuple(prefix), tuple(map(tuple, questions)), left_out)

    def _fitted(self, prompt: Prompt, room: int) -> Prompt:
        """``prompt`` with the passages that fit into ``room`` tokens."""
        if not prompt.passages:
            return prompt
        encode, bare = self.vocabulary.encode, replace(prompt, passages=(), relevance=())
        room -= len(encode(templates.frame(self.model.template, bare).before))
        *lines, close = templates.passages(prompt)
        lengths = [len(encode([line])) for line in lines]
        kept = fit(lengths, prompt.relevance, room - len(encode([close])))
        return Prompt(
            prompt.system,
            prompt.task,
            tuple(prompt.passages[i] for i in kept),
            tuple(prompt.relevance[i] for i in kept) if prompt.relevance else (),
        )
