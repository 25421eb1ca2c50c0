"""What is left out of a prompt that does not fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.engines.fitting import fit


def test_the_least_relevant_go_first() -> None:
    assert fit([5, 5, 5, 5], [0.4, 0.1, 0.9, 0.2], 20) == (0, 1, 2, 3)
    assert fit([5, 5, 5, 5], [0.4, 0.1, 0.9, 0.2], 19) == (0, 2, 3)
    assert fit([5, 5, 5, 5], [0.4, 0.1, 0.9, 0.2], 10) == (0, 2)
    assert fit([5, 5, 5, 5], [0.4, 0.1, 0.9, 0.2], 4) == ()


def test_without_relevance_the_last_go_first() -> None:
    assert fit([5, 5, 5], [], 10) == (0, 1)
    assert fit([5, 5, 5], [1.0, 1.0, 1.0], 10) == (0, 1)


def test_room_that_is_not_there() -> None:
    assert fit([5], [], -3) == ()
    assert fit([], [], -3) == ()


def test_a_relevance_for_each() -> None:
    with pytest.raises(ValueError, match="1 numbers for 2 passages"):
        fit([1, 2], [0.5], 3)


@given(st.lists(st.tuples(st.integers(1, 9), st.floats(0, 1)), max_size=12), st.integers(0, 60))
def test_it_fits_and_nothing_more_relevant_was_left_out(
    passages: list[tuple[int, float]], room: int
) -> None:
    lengths, relevance = [n for n, _ in passages], [r for _, r in passages]
    kept = fit(lengths, relevance, room)
    assert list(kept) == sorted(set(kept))
    assert sum(lengths[i] for i in kept) <= room
    gone = set(range(len(passages))) - set(kept)
    if gone:
        first_saved = max(gone, key=lambda i: (relevance[i], -i))
        assert sum(lengths[i] for i in kept) + lengths[first_saved] > room
        assert all(relevance[i] <= relevance[j] for i in gone for j in kept)
