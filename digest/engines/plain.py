"""The plain ways, for the benchmark to compare with: what one would write in an afternoon.

Each does the same work as our engines, with the same model and the same threads. Nothing else uses
them.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ctranslate2
import llama_cpp
import numpy as np

from digest.engines import templates
from digest.engines.catalogue import ModelFile
from digest.engines.templates import Segment
from digest.engines.turns import filled
from digest.engines.vocabulary import Vocabulary, load_model, start_backend
from digest.generation import Completion, DecodeOptions, Prompt
from digest.worker import beat


def peak_bytes() -> int:
    """The most memory that this process has had, so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class PlainChat:
    """llama-cpp-python's high-level chat call, one at a time.

    It keeps the last prompt: a call that begins with the same tokens does not read them again.

    Args:
        path: The GGUF file.
        threads: For prompt and answers.
        context: Tokens that it makes room for.
    """

    def __init__(self, path: Path, threads: int, context: int) -> None:
        start_backend()
        self._llama: Any = llama_cpp.Llama(
            str(path),
            n_ctx=context,
            n_threads=threads,
            n_threads_batch=threads,
            verbose=False,
        )

    def chat(self, system: str, user: str, most_tokens: int) -> Completion:
        """The answer to one question, greedy."""
        answer = self._llama.create_chat_completion(
            [{"role": "system", "content": system}, {"role": "user", "content": user}],
            max_tokens=most_tokens,
            temperature=0.0,
        )
        beat()
        choice, usage = answer["choices"][0], answer["usage"]
        return Completion(
            choice["message"]["content"] or "",
            usage["completion_tokens"],
            choice["finish_reason"] == "stop",
            prompt_tokens=usage["prompt_tokens"],
        )

    def peak_bytes(self) -> int:
        """The most memory that this process has had."""
        return peak_bytes()


class BareLoop:
    """llama.cpp's low-level calls in the barest loop: all inputs of one batch, to the end.

    Args:
        path: The GGUF file.
        model: Its catalogue entry.
        threads: For prompt and answers.
    """

    def __init__(self, path: Path, model: ModelFile, threads: int) -> None:
        self._model, self._threads = model, threads
        self._weights = load_model(path)
        self._vocabulary = Vocabulary(self._weights)

    def complete(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
    ) -> list[Completion]:
        """Greedy answers, all together; what a step may not hold is not looked at."""
        before, after = templates.frame(self._model.template, prompt)
        encode, ends = self._vocabulary.encode, self._vocabulary.end_ids
        prefix, tail = encode(before), encode(after)
        questions = [encode([Segment(text, special=False)]) + tail for text in inputs]
        count, most = len(questions), options.max_output_tokens
        cells = len(prefix) + sum(len(question) + most for question in questions)
        context, batch = self._context(cells, count + 1), llama_cpp.llama_batch_init(512, 0, 1)
        memory = llama_cpp.llama_get_memory(context)

        def decode(items: list[tuple[int, int, int, bool]]) -> None:
            batch.n_tokens = len(items)
            for i, (token, position, sequence, wanted) in enumerate(items):
                batch.token[i], batch.pos[i], batch.logits[i] = token, position, wanted
                batch.n_seq_id[i], batch.seq_id[i][0] = 1, sequence
            assert llama_cpp.llama_decode(context, batch) == 0
            beat()

        def likeliest(place: int) -> int:
            pointer = llama_cpp.llama_get_logits_ith(context, place)
            return int(np.ctypeslib.as_array(pointer, shape=(self._vocabulary.size,)).argmax())

        decode([(token, i, 0, False) for i, token in enumerate(prefix)])
        for sequence in range(1, count + 1):
            llama_cpp.llama_memory_seq_cp(memory, 0, sequence, -1, -1)
        written: list[list[int]] = [[] for _ in questions]
        asked = [
            (token, len(prefix) + i, number + 1, i == len(question) - 1, number)
            for number, question in enumerate(questions)
            for i, token in enumerate(question)
        ]
        for start in range(0, len(asked), 512):
            part = asked[start : start + 512]
            decode([item[:4] for item in part])
            for place, (_, _, _, wanted, number) in enumerate(part):
                if wanted:
                    written[number].append(likeliest(place))
        alive = [n for n in range(count) if written[n][-1] not in ends]
        begin = [len(prefix) + len(question) - 1 for question in questions]
        while alive:
            decode([(written[n][-1], begin[n] + len(written[n]), n + 1, True) for n in alive])
            for place, number in enumerate(alive):
                written[number].append(likeliest(place))
            alive = [n for n in alive if written[n][-1] not in ends and len(written[n]) < most]
        llama_cpp.llama_batch_free(batch)
        llama_cpp.llama_free(context)
        return [self._completion(tokens) for tokens in written]

    def _context(self, cells: int, sequences: int) -> Any:
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx, parameters.n_seq_max, parameters.kv_unified = cells, sequences, True
        parameters.n_batch = parameters.n_ubatch = 512
        parameters.flash_attn_type = 0
        parameters.n_threads = parameters.n_threads_batch = self._threads
        return llama_cpp.llama_init_from_model(self._weights, parameters)

    def _completion(self, tokens: list[int]) -> Completion:
        finished = tokens[-1] in self._vocabulary.end_ids
        answer = tokens[:-1] if finished else tokens
        return Completion(self._vocabulary.decode(answer, finished=finished), len(answer), finished)


class PlainGenerator:
    """CTranslate2, one ``generate_batch`` for each input with its whole prompt.

    The prompt is ours token by token, with the line ends that fill it up: what is compared is the
    way of decoding, not the wording.

    Args:
        folder: The converted weights.
        gguf: The file they were made of, for its vocabulary.
        model: Its catalogue entry.
        threads: For each call.
    """

    def __init__(self, folder: Path, gguf: Path, model: ModelFile, threads: int) -> None:
        self._model = model
        self._vocabulary = Vocabulary.of_file(gguf)
        self._generator = ctranslate2.Generator(
            os.fspath(folder),
            device="cpu",
            compute_type="int8",
            inter_threads=1,
            intra_threads=threads,
        )

    def complete(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
    ) -> list[Completion]:
        """Greedy answers, one after another."""
        before, after = templates.frame(self._model.template, prompt)
        encode = self._vocabulary.encode
        prefix, tail = encode(before), encode(after)
        filler = encode([Segment("\n", special=False)])
        questions = [encode([Segment(text, special=False)]) + tail for text in inputs]
        return [self._one([*prefix, *filled(each, filler)], options) for each in questions]

    def _one(self, tokens: list[int], options: DecodeOptions) -> Completion:
        ends = self._vocabulary.end_ids
        (result,) = self._generator.generate_batch(
            [[self._vocabulary.names[token] for token in tokens]],
            max_length=options.max_output_tokens,
            include_prompt_in_result=False,
            end_token=sorted(ends),
            return_end_token=True,
            sampling_topk=1,
        )
        beat()
        written = result.sequences_ids[0]
        finished = bool(written) and written[-1] in ends
        answer = written[:-1] if finished else written
        return Completion(self._vocabulary.decode(answer, finished=finished), len(answer), finished)
