"""From logits to a token: the likeliest, or one drawn from the likeliest few."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from digest.records import DecodeOptions


def generator(options: DecodeOptions, index: int) -> np.random.Generator:
    """The random numbers of the ``index``-th input: its own, whatever is decoded beside it."""
    return np.random.default_rng(options.seed + index)


def pick(
    logits: npt.NDArray[np.float32], options: DecodeOptions, random: np.random.Generator
) -> int:
    """A token id. Temperature 0: the likeliest, of equals the lowest id. ``top_k`` 0: no limit."""
    if options.temperature == 0:
        return int(logits.argmax())
    # A stable sort, so that equals keep the order of their ids and a seed gives one text.
    ranked = np.argsort(-logits, kind="stable")[: options.top_k or None]
    scaled = (logits[ranked].astype(np.float64) - logits[ranked[0]]) / options.temperature
    weights = np.exp(scaled)
    return int(random.choice(ranked, p=weights / weights.sum()))
