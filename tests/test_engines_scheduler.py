"""Scheduling: whatever the company, each request gets the text that it would get alone."""

import hashlib
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.engines import sampling
from digest.engines.context import BATCH_TOKENS, Item
from digest.engines.sampling import Floats
from digest.engines.scheduler import Request, Scheduler, Tokens, Written
from digest.errors import ModelError
from digest.generation import DecodeOptions

VOCABULARY, END = 12, 11


class Ends:
    """Tokens are letters; 11 ends an answer."""

    end_ids = frozenset({END})

    def piece(self, token: int) -> bytes:
        return b"abcdefghijkl"[token : token + 1]


class FakeDecoder:
    """A model whose next token follows from all tokens before it, and which counts cells."""

    def __init__(self, cells: int, sequences: int) -> None:
        self.cells, self.sequences = cells, sequences
        self.held: dict[int, list[tuple[int, int]]] = {}  # sequence -> (token, cell)
        self.next_cell = 0
        self.steps: list[list[Item]] = []
        self.places: list[tuple[int, ...]] = []

    def clear(self) -> None:
        self.held.clear()

    def copy(self, source: int, target: int) -> None:
        assert not self.held.get(target), "the target must be empty"
        self.held[target] = list(self.held.get(source, []))

    def drop(self, sequence: int) -> None:
        self.held.pop(sequence, None)

    def decode(self, items: Sequence[Item]) -> None:
        assert 1 <= len(items) <= BATCH_TOKENS
        self.steps.append(list(items))
        self.places = []
        for token, position, sequence, _ in items:
            assert 0 <= sequence < self.sequences
            tokens = self.held.setdefault(sequence, [])
            assert position == len(tokens), "positions follow each other"
            tokens.append((token, self.next_cell))
            self.next_cell += 1
            self.places.append(tuple(token for token, _ in tokens))
        used = {cell for tokens in self.held.values() for _, cell in tokens}
        assert len(used) <= self.cells, "more cells than there are"

    def logits(self, place: int) -> Floats:
        assert self.steps[-1][place].wanted
        return logits_after(self.places[place])


def logits_after(tokens: Tokens) -> Floats:
    seed = int.from_bytes(hashlib.sha256(repr(tokens).encode()).digest()[:8], "big")
    return np.random.default_rng(seed).standard_normal(VOCABULARY).astype(np.float32) * 3


def alone(request: Request, sample: int) -> Written:
    """The same by the plainest loop there is."""
    random = sampling.generator(request.options, request.index, sample)
    tokens, written = [*request.prefix, *request.question], Written()
    while len(written.tokens) < request.options.max_output_tokens and not written.finished:
        logits = logits_after(tuple(tokens))
        token = sampling.pick(logits, request.options, random)
        written.log_probability += sampling.log_probability(logits, token)
        written.scored += 1
        if token == END:
            written.finished = True
            break
        written.tokens.append(token)
        tokens.append(token)
        text = "".join("abcdefghijkl"[t] for t in written.tokens)
        written.finished = any(stop in text for stop in request.options.stop)
    return written


tokens = st.lists(st.integers(0, 9), min_size=1, max_size=7).map(tuple)
options = st.builds(
    DecodeOptions,
    max_output_tokens=st.integers(1, 9),
    temperature=st.sampled_from([0.0, 1.0]),
    top_k=st.sampled_from([0, 4]),
    seed=st.integers(0, 3),
    stop=st.sampled_from([(), ("a",), ("bc", "dd")]),
    n_best=st.integers(1, 3),
)
requests = st.lists(
    st.builds(Request, st.sampled_from([(1,), (2, 3), (4, 5, 6)]), tokens, options, st.just(0)),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(requests, st.integers(3, 6), st.integers(1, 3), st.integers(0, 60))
def test_company_changes_nothing(
    asked: list[Request], answers: int, prefixes: int, more: int
) -> None:
    least = max((len(r.prefix) + r.cells for r in asked), default=1)
    decoder = FakeDecoder(least + more, answers + prefixes)
    scheduler = Scheduler(decoder, Ends(), prefixes)
    for _ in range(2):  # the second time with what the first one left
        found = scheduler.run(asked)
        assert found == [[alone(r, sample) for sample in range(r.samples)] for r in asked]


def test_a_prefix_is_read_once_and_a_question_once_for_its_samples() -> None:
    decoder = FakeDecoder(200, 8)
    drawn = DecodeOptions(max_output_tokens=1, temperature=1.0, n_best=3)
    asked = [Request((1,) * 50, (2,) * 10, drawn, i) for i in range(2)]
    Scheduler(decoder, Ends()).run(asked)
    assert sum(len(step) for step in decoder.steps) == 50 + 2 * 10


def test_answers_are_written_in_the_same_steps() -> None:
    decoder = FakeDecoder(500, 5)
    greedy = DecodeOptions(max_output_tokens=5)
    asked = [Request((1,), (2, i), greedy, i) for i in range(4)]
    lengths = [len(alone(r, 0).tokens) for r in asked]
    Scheduler(decoder, Ends()).run(asked)
    # one for the prefix, one for all questions, and one for each further token of the longest
    assert len(decoder.steps) <= 2 + max(lengths)


def test_several_prefixes_stay_where_there_is_room() -> None:
    decoder = FakeDecoder(500, 6)
    scheduler = Scheduler(decoder, Ends(), prefixes=2)
    greedy = DecodeOptions(max_output_tokens=2)
    asked = [Request((n,) * 30, (3,), greedy, 0) for n in (1, 2)]
    scheduler.run(asked)
    before = len(decoder.steps)
    scheduler.run(asked)
    again = sum(len(step) for step in decoder.steps[before:])
    assert again < 30  # neither prefix was read again


def test_what_fits_into_no_context_is_an_error() -> None:
    request = Request((1,), (2,) * 30, DecodeOptions(max_output_tokens=2), 0)
    with pytest.raises(ModelError, match="a request of 32 tokens fits into no context"):
        Scheduler(FakeDecoder(32, 3), Ends()).run([request])


def test_no_sequence_for_an_answer() -> None:
    with pytest.raises(ValueError, match="2 prefixes leave no sequence of 2"):
        Scheduler(FakeDecoder(10, 2), Ends(), prefixes=2)
