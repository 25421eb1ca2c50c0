"""Sampling: greedy, top-k, and one seed for each input."""

import numpy as np

from digest.engines.sampling import generator, pick
from digest.records import DecodeOptions

LOGITS = np.array([0.0, 3.0, 1.0, 3.0], dtype=np.float32)


def drawn(options: DecodeOptions, index: int = 0, count: int = 200) -> list[int]:
    random = generator(options, index)
    return [pick(LOGITS, options, random) for _ in range(count)]


def test_temperature_zero_is_the_likeliest_and_of_equals_the_first() -> None:
    assert drawn(DecodeOptions(temperature=0), count=3) == [1, 1, 1]


def test_top_k_bounds_the_choice() -> None:
    assert set(drawn(DecodeOptions(temperature=5.0, top_k=2))) == {1, 3}
    assert set(drawn(DecodeOptions(temperature=5.0, top_k=0))) == {0, 1, 2, 3}
    assert set(drawn(DecodeOptions(temperature=5.0, top_k=1))) == {1}


def test_seed_plus_index() -> None:
    options = DecodeOptions(temperature=1.0, seed=7)
    assert drawn(options, 0) == drawn(options, 0)
    assert drawn(options, 1) == drawn(DecodeOptions(temperature=1.0, seed=8), 0)
    assert drawn(options, 0) != drawn(options, 1)


def test_frequencies_follow_the_temperature() -> None:
    # softmax of (3, 3, 1) / 1 over the three likeliest: 0.468, 0.468, 0.063
    picks = drawn(DecodeOptions(temperature=1.0, top_k=3, seed=1), count=4000)
    assert abs(picks.count(2) / 4000 - 0.063) < 0.015
