"""Tokens a second: our scheduler against the bare loop, the engines against each other, and what a
shared prompt is worth.
"""

from __future__ import annotations

from collections.abc import Sequence

from digest.engines.identity import PARALLEL
from digest.evaluate.bench import texts
from digest.evaluate.bench.figures import Figure
from digest.evaluate.bench.setup import Setup, ctranslate2, llama, peak_gb, plain, timed
from digest.generation import Completion, DecodeOptions, Engine, Prompt

LEAST_SHARE = 0.95
MANY = 48
"""Short prompts: about two papers' bullets."""
SHARED_SENTENCES = 40
"""Some 1,500 tokens: what a reading in one piece would be written from."""
ANSWER = DecodeOptions(max_output_tokens=120)
_TURNS = 2
"""Each way is measured so often, by turns, and its best time counts: noise only ever adds."""


def measure(setup: Setup) -> list[Figure]:
    """Both comparisons on the same short prompts."""
    inputs = texts.passages(setup.document(setup.papers[0]), MANY)
    return [*_against_bare(setup, inputs[:PARALLEL]), *_engines(setup, inputs)]


def _against_bare(setup: Setup, inputs: Sequence[str]) -> list[Figure]:
    """The same prompt and the same batch in both."""
    with llama(setup) as engine, plain("BareLoop", setup.gguf, setup.model, setup.threads) as ask:
        _load(engine, inputs)
        ask("complete", texts.COMPRESS, inputs[:1], texts.SHORT)
        ours, bare = [], []
        for _ in range(_TURNS):
            ours.append(_speed(engine, inputs))
            answers, seconds = timed(lambda: ask("complete", texts.COMPRESS, inputs, texts.SHORT))
            bare.append(_tokens(answers) / seconds)
    ratio = max(ours) / max(bare)
    goal = (ratio, f">= {LEAST_SHARE}", ratio >= LEAST_SHARE)
    return [
        Figure(f"our scheduler, {len(inputs)} together", max(ours), "tokens/s", *goal),
        Figure("the bare low-level loop, same prompt and batch", max(bare), "tokens/s"),
    ]


def _engines(setup: Setup, inputs: Sequence[str]) -> list[Figure]:
    with llama(setup) as engine:
        _load(engine, inputs)
        one = _speed(engine, inputs[:8], together=1)
        many, memory = _speed(engine, inputs), peak_gb()
    figures = [
        Figure("llama.cpp, one short prompt at a time", one, "tokens/s"),
        Figure(f"llama.cpp, {len(inputs)} short prompts", many, "tokens/s", many / one),
        Figure("llama.cpp: most memory of its process", memory, "GB"),
    ]
    if "ctranslate2" not in setup.model.engines:
        return figures
    with ctranslate2(setup) as engine:
        _load(engine, inputs)
        other_one = _speed(engine, inputs[:8], together=1)
        other, memory = _speed(engine, inputs), peak_gb()
    return [
        *figures,
        Figure("CTranslate2, one short prompt at a time", other_one, "tokens/s"),
        Figure(f"CTranslate2, {len(inputs)} short prompts", other, "tokens/s", other / other_one),
        Figure("CTranslate2 against llama.cpp", other, "tokens/s", other / many),
        Figure("CTranslate2: most memory of its process", memory, "GB"),
    ]


def shared(setup: Setup) -> list[Figure]:
    """Four questions over one prompt against four prompts, one at a time and together."""
    lines = texts.passages(setup.document(setup.papers[0]), SHARED_SENTENCES)
    one = Prompt(texts.SYSTEM, "下面是论文的句子。", tuple(lines))
    each = Prompt(texts.SYSTEM, "下面是论文的句子。")
    prompts = [f"{texts.together(lines)}\n\n{question}" for question in texts.FOUR]
    forked, forked_s, forked_gb = _asked(setup, one, [list(texts.FOUR)])
    _, alone_s, alone_gb = _asked(setup, each, [[prompt] for prompt in prompts])
    _, beside_s, beside_gb = _asked(setup, each, [prompts])
    read = forked[0].prompt_tokens
    return [
        Figure(f"four questions over a shared prompt of {read} tokens", forked_s, "s"),
        Figure("four separate prompts, one after another", alone_s, "s", forked_s / alone_s),
        Figure("four separate prompts, together", beside_s, "s", forked_s / beside_s),
        Figure("memory of the shared prompt", forked_gb, "GB"),
        Figure("memory of one separate prompt at a time", alone_gb, "GB", forked_gb / alone_gb),
        Figure("memory of four separate prompts together", beside_gb, "GB", forked_gb / beside_gb),
    ]


def _asked(
    setup: Setup, prompt: Prompt, calls: Sequence[list[str]]
) -> tuple[list[Completion], float, float]:
    """Answers, seconds, and the most memory, in a new process."""
    with llama(setup) as engine:
        _load(engine, ["One."])
        answers, seconds = timed(
            lambda: [a for call in calls for a in engine.complete(prompt, call, ANSWER)]
        )
        return answers, seconds, peak_gb()


def _load(engine: Engine, inputs: Sequence[str]) -> None:
    engine.complete(texts.COMPRESS, inputs[:1], DecodeOptions(max_output_tokens=1))


def _speed(engine: Engine, inputs: Sequence[str], together: int | None = None) -> float:
    """Tokens written a second, ``together`` inputs a call; all of them where it is None."""
    step = together or len(inputs)
    groups = [inputs[start : start + step] for start in range(0, len(inputs), step)]
    answers, seconds = timed(
        lambda: [a for group in groups for a in engine.complete(texts.COMPRESS, group, texts.SHORT)]
    )
    return _tokens(answers) / seconds


def _tokens(answers: Sequence[Completion]) -> int:
    return sum(answer.tokens for answer in answers)
