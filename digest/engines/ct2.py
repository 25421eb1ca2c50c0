"""CTranslate2: int8 decoding of one batch, for translation.

The weights are a folder made by ``convert``; the tokens come from the GGUF file it was made of, as
its vocabulary is byte-level and CTranslate2 has no tokenizer.

**An input is answered the same alone and beside others.** CTranslate2 reads prompts of one length
at once, but of unequal ones only as much as the shortest has, and the rest token by token, which is
slower and rounds otherwise: 40 of 65 sentences then came out otherwise than alone. So each input
is filled up to a multiple of ``PAD`` tokens with line ends before it, and only inputs of one length
go into one batch: 65 of 65 came out the same, 3.3 times as fast as one by one (0.5 B, two cores).
What the line ends do to the text was measured on 120 sentences with the 1.5 B: BLEU 27.6 with and
27.1 without. So calls of several papers may be batched, too.

Sampling can be repeated, at the cost of loading the weights again; one stream of random numbers
serves the whole call, so ``seed + i`` for the i-th input does not hold, and each such call is
answered by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from digest.engines import calls, stops, templates
from digest.engines.catalogue import ModelFile
from digest.engines.ct2_files import CONTEXT, check_size, read_config, read_vocabulary
from digest.engines.identity import BATCH, CTRANSLATE2, PAD
from digest.engines.merging import Call
from digest.engines.place import Place, load
from digest.engines.templates import Segment
from digest.engines.turns import Cutter, Turn, filled
from digest.engines.vocabulary import Vocabulary
from digest.errors import ModelError
from digest.generation import Completion, DecodeOptions, Prompt


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
        ModelError: The weights or the vocabulary cannot be loaded, or do not belong together.
    """

    name = CTRANSLATE2.name
    instructed = True
    searches = True
    at_once = 1  # this object is for one thread

    def __init__(
        self, folder: Path, gguf: Path, model: ModelFile, place: Place, batch: int = BATCH
    ):
        self.model, self.sha256, self.version = model.name, model.sha256, CTRANSLATE2.version
        self._folder, self._place, self._batch = folder, place, batch
        templates.frame(model.template, Prompt("", ""))
        self._vocabulary = Vocabulary.of_file(gguf)
        _check_vocabulary(folder, self._vocabulary)
        context = min(model.context, read_config(folder).get(CONTEXT, model.context))
        self._cutter = Cutter(self._vocabulary, model, context, spare=PAD - 1)
        self._filler = tuple(self._vocabulary.encode([Segment("\n", special=False)]))
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
        return self.complete_all([(prompt, inputs, options)])[0]

    def complete_all(self, asked: Sequence[Call]) -> list[list[Completion]]:
        """Answer several calls, each as ``complete`` does it; those that can be go together.

        Raises:
            ModelError: An input of one of them does not fit.
        """
        turns = [self._cutter.cut(*call) for call in asked]
        answers: list[list[Completion]] = [[] for _ in asked]
        for group in _together(asked):
            options = asked[group[0]][2]
            longest = max(asked[number][2].max_output_tokens for number in group)
            questions = [question for number in group for question in turns[number].questions]
            results = iter(
                self._generated(
                    turns[group[0]].prefix, questions, replace(options, max_output_tokens=longest)
                )
            )
            for number in group:
                answers[number] = [
                    self._answer(turns[number], question, next(results), asked[number][2])
                    for question in turns[number].questions
                ]
        return answers

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Exact length of each text, in tokens of this model, outside any template."""
        return [len(self._vocabulary.encode([Segment(text, special=False)])) for text in texts]

    def _generated(
        self,
        prefix: tuple[int, ...],
        questions: Sequence[tuple[int, ...]],
        options: DecodeOptions,
    ) -> list[Any]:
        """CTranslate2's result for each question, in order; the questions of one length a batch."""
        asked = [self._filled(question) for question in questions]
        results: list[Any] = [None] * len(questions)
        anew = calls.seed(options)
        generator = load("Generator", self._folder, self._place) if anew else self._generator
        # With several answers to one input, the end of one would be the end of all of them.
        stop = options.stop if options.n_best == 1 or options.temperature == 0 else ()
        try:
            for batch in _batches(asked, self._batch):
                found = generator.generate_batch(
                    [self._named(asked[number]) for number in batch],
                    static_prompt=self._named(prefix),  # decoded once, kept for the next batch
                    max_batch_size=self._batch,
                    max_length=options.max_output_tokens,  # of the answer: the prompt is left out
                    include_prompt_in_result=False,
                    end_token=sorted(self._vocabulary.end_ids),
                    return_end_token=True,
                    return_scores=True,
                    **calls.choosing(options),
                    **calls.heard(options, _Listener(self._vocabulary, stop, self._place.on_step)),
                )
                waited = calls.waited(found, self._place.on_step)
                for number, result in zip(batch, waited, strict=True):
                    results[number] = result
        except (RuntimeError, ValueError) as exc:
            raise ModelError(f"CTranslate2 cannot run {self._folder}: {exc}") from exc
        return results

    def _filled(self, question: tuple[int, ...]) -> tuple[int, ...]:
        return filled(question, self._filler)

    def _named(self, tokens: Sequence[int]) -> list[str]:
        return [self._vocabulary.names[token] for token in tokens]

    def _answer(
        self, turn: Turn, question: tuple[int, ...], result: Any, options: DecodeOptions
    ) -> Completion:
        """The best of the answers to an input, with the others.

        A score of CTranslate2 is the sum of the log-probabilities, as the model has them before
        temperature and limits, by the number of tokens with the one that ended them (its default
        ``length_penalty`` of 1); the hypotheses are ordered by it.
        """
        read = len(turn.prefix) + len(self._filled(question))
        first, *others = (
            replace(
                self._completion(tokens[: options.max_output_tokens], options),
                prompt_tokens=read,
                # Of an answer that went on for the sake of a longer call, it is not known.
                score=min(score, 0.0) if len(tokens) <= options.max_output_tokens else None,
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
    """Called with each token of a batch's answers; ends those that hold a stop string."""

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


def _together(calls: Sequence[Call]) -> list[list[int]]:
    """Which calls are answered as one, by their numbers: greedy ones with the same wording.

    Their answers do not depend on their company; those that are drawn would.
    """
    groups: dict[Any, list[int]] = {}
    for number, (prompt, _, options) in enumerate(calls):
        alone = options.temperature > 0 or prompt.passages
        key = number if alone else (prompt, replace(options, max_output_tokens=1))
        groups.setdefault(key, []).append(number)
    return list(groups.values())


def _batches(questions: Sequence[tuple[int, ...]], most: int) -> Iterator[list[int]]:
    """Questions of one length, ``most`` of them at once, by their numbers; the shortest first."""
    by_length: dict[int, list[int]] = {}
    for number, question in enumerate(questions):
        by_length.setdefault(len(question), []).append(number)
    for _, numbers in sorted(by_length.items()):
        yield from (numbers[start : start + most] for start in range(0, len(numbers), most))


def _check_vocabulary(folder: Path, vocabulary: Vocabulary) -> None:
    """See that the folder's tokens are those of the GGUF file, and as many as its weights have."""
    path, tokens = read_vocabulary(folder, "vocabulary")
    if tokens[: vocabulary.size] != vocabulary.names:
        raise ModelError(f"{path} is not the vocabulary of the file that it was made of")
    check_size(folder, path, len(tokens), "decoder/embeddings/weight")
