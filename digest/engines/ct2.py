"""CTranslate2: int8 decoding of one batch, for translation.

The weights are a folder made by ``convert``; the tokens come from the GGUF file it was made of, as
its vocabulary is byte-level and CTranslate2 has no tokenizer.

Each ``complete`` is one list to CTranslate2, and a call does not see what was decoded before it.
Texts of different batches are rounded differently, so an input may be answered otherwise alone
than beside others. Sampling can be repeated too, at the cost of loading the weights again; one
stream of random numbers serves the whole call, so ``seed + i`` for the i-th input does not hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ctranslate2

from digest.engines import templates
from digest.engines.catalogue import ModelFile
from digest.engines.identity import BATCH, CTRANSLATE2
from digest.engines.templates import Segment
from digest.engines.vocabulary import Vocabulary
from digest.errors import ModelError
from digest.records import Completion, DecodeOptions, Prompt


class CTranslate2Engine:
    """A converted model in CTranslate2, on the CPU. Loads at once; meant for its own process.

    Args:
        folder: The converted weights; verified by the caller.
        gguf: The file they were made of, for its vocabulary.
        model: Its catalogue entry.
        threads: For each batch.
        batch: Inputs decoded together.

    Raises:
        ModelError: The weights or the vocabulary cannot be loaded.
    """

    name = CTRANSLATE2.name
    instructed = True
    at_once = 1

    def __init__(
        self, folder: Path, gguf: Path, model: ModelFile, threads: int, batch: int = BATCH
    ):
        self.model, self.sha256, self.version = model.name, model.sha256, CTRANSLATE2.version
        self.options = {**CTRANSLATE2.options(model), "batch": str(batch)}
        self._entry, self._folder, self._threads, self._batch = model, folder, threads, batch
        templates.frame(model.template, Prompt("", ""))
        self._vocabulary = Vocabulary.of_file(gguf)
        self._generator: Any = self._load()

    def close(self) -> None:
        """Free the memory. Safe to call again."""
        self._generator = None

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
        encode = self._vocabulary.encode
        prefix, tail = encode(before), encode(after)
        questions = [encode([Segment(text, special=False)]) + tail for text in inputs]
        self._check_lengths(len(prefix), [len(tokens) for tokens in questions], options)
        return self._generate(prefix, questions, options)

    def _check_lengths(self, prefix: int, questions: list[int], options: DecodeOptions) -> None:
        for number, tokens in enumerate(questions, start=1):
            needed = prefix + tokens + options.max_output_tokens
            if needed > self._entry.context:
                raise ModelError(
                    f"input {number} of {len(questions)} needs {needed} tokens with prompt and "
                    f"answer; {self.model} reads {self._entry.context}"
                )

    def _generate(
        self, prefix: list[int], questions: list[list[int]], options: DecodeOptions
    ) -> list[Completion]:
        generator, sampling = self._sampler(options)
        results = generator.generate_batch(
            [self._named(tokens) for tokens in questions],
            static_prompt=self._named(prefix),  # decoded once, kept for the next call
            max_batch_size=self._batch,
            max_length=options.max_output_tokens,  # of the answer, as the prompt is left out
            include_prompt_in_result=False,
            end_token=sorted(self._vocabulary.end_ids),
            return_end_token=True,
            **sampling,
        )
        return [self._completion(result.sequences_ids[0]) for result in results]

    def _sampler(self, options: DecodeOptions) -> tuple[Any, dict[str, float]]:
        """A generator, and how it is to choose tokens.

        A generator's threads take the seed when they first draw and never again, so a draw that
        can be repeated needs a generator of its own.
        """
        if options.temperature == 0:
            return self._generator, {"sampling_topk": 1}
        ctranslate2.set_random_seed(options.seed)
        sampling = {
            "sampling_topk": options.top_k,
            "sampling_temperature": options.temperature,
        }
        return self._load(), sampling

    def _named(self, tokens: list[int]) -> list[str]:
        return [self._vocabulary.names[token] for token in tokens]

    def _completion(self, tokens: list[int]) -> Completion:
        finished = bool(tokens) and tokens[-1] in self._vocabulary.end_ids
        answer = tokens[:-1] if finished else tokens
        text = self._vocabulary.decode(answer, finished=finished)
        return Completion(text, len(answer), finished)

    def _load(self) -> Any:
        try:
            return ctranslate2.Generator(
                str(self._folder),
                device="cpu",
                compute_type="int8",
                inter_threads=1,
                intra_threads=self._threads,
            )
        except (RuntimeError, ValueError) as exc:
            raise ModelError(f"CTranslate2 cannot load {self._folder}: {exc}") from exc
