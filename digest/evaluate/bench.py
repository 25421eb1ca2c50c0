"""Speed as ratios: several answers decoded together against one after another, in one run.

Absolute figures belong to the machine they were measured on; the ratios are what the design rests
on. The texts are fixed and our own, so that runs can be compared.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from digest.records import DecodeOptions, Engine, Prompt

PROMPT = Prompt(
    "你是严谨的论文解读助手，只依据给出的原文写作。",
    "把下面的论文原文改写成一条简体中文要点：一句话，不超过60字，数字、单位和英文名称必须与原文完全一致。"
    "只输出要点。",
)
SENTENCES = (
    "Each sentence of the abstract is translated on its own, so that no sentence can be lost.",
    "The weights are stored with four bits each and take 1.1 GB of memory instead of 3.1 GB.",
    "A worker process without network access reads the PDF file and returns plain records.",
    "Every number of a claim is looked for in the sentence that the claim cites.",
    "Headings are found by their font size, their weight and the space above them.",
    "The prefix that all questions share is decoded once and then copied to each sequence.",
    "A run that is killed at any moment continues where it stopped and writes the same post.",
    "Sentences that say nearly the same are left out, which keeps the reading short.",
    "The database keeps what made each result: engine, model, options and prompt.",
    "Hyphenated words at the end of a line are joined when the paper spells them so elsewhere.",
    "A claim that cannot be verified is replaced by the translated sentence of the paper.",
    "The post lists how many papers were read in full and how many only by their abstract.",
)
OPTIONS = DecodeOptions(max_output_tokens=64)


@dataclass(frozen=True, slots=True)
class Speed:
    """One measurement. ``ratio``: its tokens/s over those of one input at a time."""

    engine: str
    model: str
    together: int
    tokens: int
    seconds: float
    tokens_per_s: float
    ratio: float


def measure(engine: Engine, groups: Sequence[int] = (1, 3, 6, 12)) -> Iterator[Speed]:
    """Answer the same sentences in groups of each size; the first size is the baseline.

    The first call loads the model and is not counted.
    """
    engine.complete(PROMPT, SENTENCES[:1], OPTIONS)
    baseline = 0.0
    for together in groups:
        started = time.monotonic()
        tokens = sum(
            completion.tokens
            for start in range(0, len(SENTENCES), together)
            for completion in engine.complete(PROMPT, SENTENCES[start : start + together], OPTIONS)
        )
        seconds = time.monotonic() - started
        speed = tokens / seconds
        baseline = baseline or speed
        yield Speed(
            engine.name,
            engine.model,
            together,
            tokens,
            round(seconds, 2),
            round(speed, 2),
            round(speed / baseline, 2),
        )
