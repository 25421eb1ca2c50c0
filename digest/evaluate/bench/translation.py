"""Abstracts translated together, against one ``generate_batch`` for each sentence.

Both get the same prompts, token by token. Together is how a run translates them: the calls of up to
eight papers go into one batch.
"""

from __future__ import annotations

from digest.engines.converted import folder
from digest.evaluate.bench import texts
from digest.evaluate.bench.figures import Figure
from digest.evaluate.bench.setup import Setup, ctranslate2, peak_gb, plain, timed
from digest.generation import DecodeOptions
from digest.words.sentences import split_sentences

LEAST_RATIO, LEAST_SAME = 2.5, 0.95
ANSWER = DecodeOptions(max_output_tokens=160)


def measure(setup: Setup) -> list[Figure]:
    """Sentences a second of both ways, and how many come out the same."""
    if "ctranslate2" not in setup.model.engines:
        return []
    abstracts = [split_sentences(" ".join(text.split())) for text in setup.abstracts]
    sentences = [sentence for abstract in abstracts for sentence in abstract]
    with ctranslate2(setup) as engine:
        engine.complete(texts.TRANSLATE, ["One."], ANSWER)  # loads
        ours, ours_s = timed(lambda: engine.complete(texts.TRANSLATE, sentences, ANSWER))
        _, each_s = timed(
            lambda: [engine.complete(texts.TRANSLATE, abstract, ANSWER) for abstract in abstracts]
        )
        ours_gb = peak_gb()
    converted = folder(setup.model, setup.config.models_dir)
    with plain("PlainGenerator", converted, setup.gguf, setup.model, setup.threads) as ask:
        ask("complete", texts.TRANSLATE, ["One."], ANSWER)
        bare, bare_s = timed(lambda: ask("complete", texts.TRANSLATE, sentences, ANSWER))
        plain_gb = peak_gb()
    same = sum(a.text == b.text for a, b in zip(ours, bare, strict=True)) / len(sentences)
    ratio = bare_s / ours_s
    count = len(sentences)
    return [
        Figure(
            f"ours: {count} sentences of {len(abstracts)} abstracts together",
            count / ours_s,
            "sent./s",
            ratio,
            f">= {LEAST_RATIO}",
            ratio >= LEAST_RATIO,
        ),
        Figure("ours, abstract by abstract", count / each_s, "sent./s", bare_s / each_s),
        Figure("plain: one generate_batch a sentence", count / bare_s, "sent./s"),
        Figure(
            "sentences that come out the same", 100 * same, "%", None, ">= 95", same >= LEAST_SAME
        ),
        Figure("ours: most memory of its process", ours_gb, "GB"),
        Figure("plain: most memory of its process", plain_gb, "GB"),
    ]
