"""Sampling: greedy, top-k, and one seed for each input."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from digest.engines.sampling import generator, likeliest, log_probability, pick
from digest.generation import DecodeOptions

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


@given(
    st.lists(st.sampled_from([-40.0, -13.0, -12.0, 0.0, 0.5, 1.0]), min_size=1), st.integers(1, 9)
)
def test_the_likeliest_are_those_of_a_stable_sort(values: list[float], count: int) -> None:
    logits = np.array(values, dtype=np.float32)
    assert likeliest(logits, count).tolist() == np.argsort(-logits, kind="stable")[:count].tolist()


def test_top_p_keeps_the_fewest_that_reach_it() -> None:
    # softmax of (3, 3, 1, 0): 0.457, 0.457, 0.062, 0.023
    def tokens(top_p: float) -> set[int]:
        return set(drawn(DecodeOptions(temperature=1.0, top_k=0, top_p=top_p)))

    assert tokens(0.4) == {1}
    assert tokens(0.5) == {1, 3}
    assert tokens(0.95) == {1, 2, 3}


def test_log_probability_by_hand() -> None:
    total = 1 + 2 * np.exp(3.0) + np.exp(1.0)
    assert abs(log_probability(LOGITS, 3) - np.log(np.exp(3.0) / total)) < 1e-6


def test_samples_of_one_input_differ() -> None:
    options = DecodeOptions(temperature=1.0, seed=7)
    streams = [generator(options, 0, sample).random() for sample in range(3)]
    assert len(set(streams)) == 3
    assert generator(options, 1, 0).random() not in streams
