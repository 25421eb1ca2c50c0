"""Sequence-to-sequence translation in CTranslate2, with SentencePiece: OPUS-MT, NLLB, and others.

Such a model translates what it is given and follows no prompt. Nothing is cut: an input that it
cannot read comes back empty and unfinished, so that the caller can try with less of it, and an
answer that was cut off is not ``finished``.

Texts of different batches are rounded differently, so an input may be translated otherwise alone
than beside others. The same call gives the same texts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from digest.engines import calls, families, layout, stops
from digest.engines.catalogue import ModelFile
from digest.engines.identity import BATCH_TOKENS, SEQ2SEQ, direction
from digest.engines.merging import Call
from digest.engines.place import Place, load
from digest.errors import ModelError
from digest.generation import Completion, DecodeOptions, Prompt


class Seq2SeqEngine:
    """A translation model in CTranslate2. Loads at once; meant for a process of its own.

    Args:
        folder: The weights, the vocabulary and the SentencePiece models; verified by the caller.
        model: Its catalogue entry.
        family: Which kind it is: how it is told the languages.
        place: Where it computes.
        source: Language of the inputs.
        target: Language of the answers.

    Raises:
        ConfigError: No such family or language.
        ModelError: The folder does not load, its files do not belong together, or the model has
            no token for a language.
    """

    name = SEQ2SEQ.name
    instructed = False
    searches = True
    at_once = 1

    def __init__(
        self,
        folder: Path,
        model: ModelFile,
        family: str,
        place: Place,
        source: str = "en",
        target: str = "zh-Hans",
    ):
        self.model, self.sha256, self.version = model.name, model.sha256, SEQ2SEQ.version
        self._folder, self._place = folder, place
        kind = families.find(family)
        self._layout = layout.read(folder, kind, source, target)
        self._limit = layout.positions(folder, kind, model.context)
        self._translator: Any = load("Translator", folder, place)
        self.options = {
            **SEQ2SEQ.options(model),
            **direction(family, source, target),
            "compute_type": self._translator.compute_type,
        }

    def close(self) -> None:
        """Free the memory. Safe to call again."""
        self._translator = None

    def complete(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
    ) -> list[Completion]:
        """Translate ``inputs``; same order, same number. ``prompt`` is not read.

        An input that is too long for the model gives an empty completion that is not finished.

        Raises:
            ModelError: CTranslate2 fails.
        """
        sources = [self._layout.cut(text) for text in inputs]
        read = self.count_tokens(inputs)
        answers = [
            Completion("", 0, finished=not text.strip(), prompt_tokens=count)
            for text, count in zip(inputs, read, strict=True)
        ]
        asked = [i for i, text in enumerate(inputs) if text.strip() and read[i] <= self._limit]
        translated = self._translate([sources[i] for i in asked], options)
        for i, result in zip(asked, translated, strict=True):
            answers[i] = self._answer(read[i], result, options)
        return answers

    def complete_all(self, asked: Sequence[Call]) -> list[list[Completion]]:
        """Translate several calls, each by itself, so that its texts do not depend on the others.

        Raises:
            ModelError: CTranslate2 fails.
        """
        return [self.complete(*call) for call in asked]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Exact length of each text as a source, with what stands around it."""
        return [len(self._layout.cut(text)) + self._layout.added for text in texts]

    def _translate(self, sources: list[list[str]], options: DecodeOptions) -> list[Any]:
        if not sources:
            return []
        anew = calls.seed(options)
        translator = load("Translator", self._folder, self._place) if anew else self._translator
        prefix = list(self._layout.prefix)
        longest = len(prefix) + options.max_output_tokens
        try:
            results = translator.translate_batch(
                sources,
                target_prefix=[prefix] * len(sources) if prefix else None,
                max_batch_size=BATCH_TOKENS,
                batch_type="tokens",
                max_input_length=0,  # do not cut: that none is too long has been seen to
                max_decoding_length=min(longest, self._limit),
                return_scores=True,
                return_end_token=True,
                disable_unk=True,
                **calls.choosing(options),
                **calls.heard(options, _Listener(self._place.on_step)),
            )
            return list(calls.waited(results, self._place.on_step))
        except (RuntimeError, ValueError) as exc:
            raise ModelError(f"CTranslate2 cannot run {self._folder}: {exc}") from exc

    def _answer(self, read: int, result: Any, options: DecodeOptions) -> Completion:
        """The best translation of an input, with the others."""
        first, *others = (
            replace(self._completion(tokens, score, options), prompt_tokens=read)
            for tokens, score in zip(result.hypotheses, result.scores, strict=True)
        )
        return replace(first, others=tuple(others))

    def _completion(self, tokens: list[str], score: float, options: DecodeOptions) -> Completion:
        """One hypothesis.

        CTranslate2's score is the sum of its log-probabilities by its length; those of the prefix
        are not in the sum, but its tokens are in the length. An answer must have a token: what
        ends it is left out of the probabilities of the first.
        """
        written = tokens[len(self._layout.prefix) :]
        ended = bool(written) and written[-1] == self._layout.end
        mean = score * len(tokens) / max(len(written), 1)
        answer = written[:-1] if ended else written
        text = self._layout.text(answer, finished=ended)
        stopped = stops.before(text, options.stop)
        return Completion(stopped, len(answer), ended or stopped != text, score=min(mean, 0.0))


@dataclass(frozen=True, slots=True)
class _Listener:
    on_step: Callable[[], None]

    def __call__(self, _step: Any) -> bool:
        """Never the end of an answer."""
        self.on_step()
        return False
