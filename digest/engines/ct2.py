"""CTranslate2: int8 decoding of one batch, for translation.

The weights are a folder made by ``convert``; the tokens come from the GGUF file it was made of, as
its vocabulary is byte-level and CTranslate2 has no tokenizer.

Each ``complete`` is one list to CTranslate2, and a call does not see what was decoded before it.
Texts of different batches are rounded differently, so an input may be answered otherwise alone
than beside others. Sampling can be repeated too, at the cost of loading the weights again; one
stream of random numbers serves the whole call, so ``seed + i`` for the i-th input does not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import ctranslate2

from digest.engines import stops, templates
from digest.engines.catalogue import ModelFile
from digest.engines.convert.decoder import CONTEXT
from digest.engines.ct2_files import check_size, read_config, read_vocabulary
from digest.engines.identity import BATCH, CTRANSLATE2
from digest.engines.place import Place, load
from digest.engines.turns import Cutter, Turn
from digest.engines.vocabulary import Vocabulary
from digest.errors import ModelError
from digest.records import Completion, DecodeOptions, Prompt


class CTranslate2Engine:
    """A converted model in CTranslate2. Loads at once; meant for a process of its own.

    ``beam_size`` is honoured where nothing is drawn.

    Args:
        folder: The converted weights; verified by the caller.
        gguf: The file they were made of, for its vocabulary.
        model: Its catalogue entry.
        place: Where it computes.
        batch: Inputs decoded together.

    Raises:
        ConfigError: There is no such device.
        ModelError: The weights or the vocabulary cannot be loaded, or do not belong together.
    """

    name = CTRANSLATE2.name
    instructed = True
    at_once = 1

    def __init__(
        self, folder: Path, gguf: Path, model: ModelFile, place: Place, batch: int = BATCH
    ):
        self.model, self.sha256, self.version = model.name, model.sha256, CTRANSLATE2.version
        self._folder, self._place, self._batch = folder, place, batch
        templates.frame(model.template, Prompt("", ""))
        self._vocabulary = Vocabulary.of_file(gguf)
        _check_vocabulary(folder, self._vocabulary)
        context = min(model.context, read_config(folder).get(CONTEXT, model.context))
        self._cutter = Cutter(self._vocabulary, model, context)
        self._generator: Any = load("Generator", folder, place)
        numbers = self._generator.compute_type
        self.options = {
            **CTRANSLATE2.options(model),
            "batch": str(batch),
            "compute_type": numbers,
        }

    def close(self) -> None:
        """Free the memory. Safe to call again."""
        self._generator = None

    def complete(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
    ) -> list[Completion]:
        """Answer ``prompt`` for each of ``inputs``; same order, same number.

        Passages that do not fit are left out, the least relevant first, and counted.

        Raises:
            ModelError: An input does not fit beside the prompt and its answer; nothing is cut.
        """
        if not inputs:
            return []
        turn = self._cutter.cut(prompt, inputs, options)
        generator, choosing = self._chooser(options)
        try:
            results = generator.generate_batch(
                [self._named(tokens) for tokens in turn.questions],
                static_prompt=self._named(turn.prefix),  # decoded once, kept for the next call
                max_batch_size=self._batch,
                max_length=options.max_output_tokens,  # of the answer, as the prompt is left out
                include_prompt_in_result=False,
                end_token=sorted(self._vocabulary.end_ids),
                return_end_token=True,
                return_scores=True,
                **choosing,
            )
            return [
                self._answer(turn, number, self._waited(result), options)
                for number, result in enumerate(results)
            ]
        except (RuntimeError, ValueError) as exc:
            raise ModelError(f"CTranslate2 cannot run {self._folder}: {exc}") from exc

    def _chooser(self, options: DecodeOptions) -> tuple[Any, dict[str, Any]]:
        """A generator, and how it is to choose tokens.

        A generator's threads take the seed when they first draw and never again, so a draw that
        can be repeated needs a generator of its own.
        """
        if options.temperature == 0 and options.beam_size > 1:
            beams = {
                "beam_size": options.beam_size,
                "num_hypotheses": min(options.n_best, options.beam_size),
                "asynchronous": True,  # steps of beams are not told, but the end of a batch is
            }
            return self._generator, beams
        # With several answers to one input, the end of one would be the end of all of them.
        stop = options.stop if options.n_best == 1 or options.temperature == 0 else ()
        watch = {"callback": _Listener(self._vocabulary, stop, self._place.on_step)}
        if options.temperature == 0:
            return self._generator, watch | {"sampling_topk": 1}
        ctranslate2.set_random_seed(options.seed)
        drawing = {
            "num_hypotheses": options.n_best,
            "sampling_topk": options.top_k,
            "sampling_topp": options.top_p,
            "sampling_temperature": options.temperature,
        }
        return load("Generator", self._folder, self._place), watch | drawing

    def _waited(self, result: Any) -> Any:
        if not isinstance(result, ctranslate2.AsyncGenerationResult):
            return result
        answer = result.result()
        self._place.on_step()
        return answer

    def _named(self, tokens: list[int]) -> list[str]:
        return [self._vocabulary.names[token] for token in tokens]

    def _answer(self, turn: Turn, number: int, result: Any, options: DecodeOptions) -> Completion:
        """The best of the answers to an input, with the others.

        A score of CTranslate2 is the sum of the log-probabilities, as the model has them before
        temperature and limits, by the number of tokens with the one that ended them (its default
        ``length_penalty`` of 1); the hypotheses are ordered by it.
        """
        read = len(turn.prefix) + len(turn.questions[number])
        first, *others = (
            replace(
                self._completion(tokens, options),
                prompt_tokens=read,
                score=min(score, 0.0),
                left_out=turn.left_out,
            )
            for tokens, score in zip(result.sequences_ids, result.scores, strict=True)
        )
        return replace(first, others=tuple(others))

    def _completion(self, tokens: list[int], options: DecodeOptions) -> Completion:
        ended = bool(tokens) and tokens[-1] in self._vocabulary.end_ids
        answer = tokens[:-1] if ended else tokens
        text = self._vocabulary.decode(answer, finished=ended)
        stopped = stops.before(text, options.stop)
        return Completion(stopped, len(answer), ended or stopped != text)


@dataclass(slots=True)
class _Listener:
    """Called with each token of the answers of a call; ends those that hold a stop string.

    A thread of CTranslate2 is the last to let go of it, so it must not hold the generator: it would
    end the thread that it runs on, and the process with it.
    """

    vocabulary: Vocabulary
    stop: tuple[str, ...]
    on_step: Callable[[], None]
    heard: dict[int, bytes] = field(default_factory=dict)

    def __call__(self, step: Any) -> bool:
        """Whether the answer of this token is to end with it."""
        self.on_step()
        if not self.stop:
            return False
        text = self.heard.get(step.batch_id, b"") + self.vocabulary.piece(step.token_id)
        self.heard[step.batch_id] = text
        return any(end.encode(errors="replace") in text for end in self.stop)


def _check_vocabulary(folder: Path, vocabulary: Vocabulary) -> None:
    """See that the folder's tokens are those of the GGUF file, and as many as its weights have."""
    path, tokens = read_vocabulary(folder, "vocabulary")
    if tokens[: vocabulary.size] != vocabulary.names:
        raise ModelError(f"{path} is not the vocabulary of the file that it was made of")
    check_size(folder, path, len(tokens), "decoder/embeddings/weight")
