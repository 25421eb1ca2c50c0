"""From logits to a token: the likeliest, or one drawn from the likeliest few."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from digest.generation import DecodeOptions

Floats = npt.NDArray[np.float32]

_NEAR = 12.0
"""Logits this far below the best are a first guess at the likeliest few: hundreds of 150,000 in
running text. A guess that holds fewer is thrown away, so this changes the speed alone."""


def generator(options: DecodeOptions, index: int, sample: int = 0) -> np.random.Generator:
    """The random numbers of the ``index``-th input: its own, whatever is decoded beside it.

    Args:
        options: Has the seed.
        index: Of the input, in its call.
        sample: Of the input's answers, where several are asked for.
    """
    seed = options.seed + index
    return np.random.default_rng((seed, sample) if sample else seed)


def pick(logits: Floats, options: DecodeOptions, random: np.random.Generator) -> int:
    """A token id. Temperature 0: the likeliest, of equals the lowest id. ``top_k`` 0: no limit."""
    if options.temperature == 0:
        return int(logits.argmax())
    ranked = likeliest(logits, options.top_k or len(logits))
    scaled = (logits[ranked].astype(np.float64) - logits[ranked[0]]) / options.temperature
    weights = np.exp(scaled)
    if options.top_p < 1:
        # The fewest whose share reaches top_p, and at least one.
        share = np.cumsum(weights) / weights.sum()
        kept = int(np.searchsorted(share, options.top_p)) + 1
        ranked, weights = ranked[:kept], weights[:kept]
    return int(random.choice(ranked, p=weights / weights.sum()))


def likeliest(logits: Floats, count: int) -> npt.NDArray[np.int64]:
    """The ids of the ``count`` largest, largest first; equals in the order of their ids.

    As a stable sort of all of them gives it, so that a seed gives one text; but sorting 150,000
    takes 16 ms for each token of each answer, and this takes 0.2 ms.
    """
    ids = np.flatnonzero(logits >= logits.max() - _NEAR)
    if len(ids) < count:
        ids = np.arange(len(logits))
    order = np.argsort(-logits[ids], kind="stable")[:count]
    return ids[order]


def log_probability(logits: Floats, token: int) -> float:
    """Of ``token``, in nats, as the model has it: before temperature and limits."""
    most = logits.max()
    return float(logits[token] - most - np.log(np.exp(logits - most).sum()))
