"""Many answers at once: which token of which sequence goes into which step.

What requests share is decoded once, into a sequence of its own, and stays there for the next
requests that begin with it. Each request starts as a copy of it. Where several answers to one
request are drawn, its question is decoded once as well and copied. When an answer ends, the next
request takes its place: its tokens go into the same step as the others' next ones, so that no step
is smaller than it need be.

Pure scheduling: what decodes is handed in, and what texts mean is the caller's business.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from digest.engines import sampling
from digest.engines.context import BATCH_TOKENS, Item
from digest.engines.sampling import Floats
from digest.errors import ModelError
from digest.generation import DecodeOptions

Tokens = tuple[int, ...]


class Decodes(Protocol):
    """What ``Context`` is, to this module."""

    cells: int
    sequences: int

    def clear(self) -> None: ...
    def copy(self, source: int, target: int) -> None: ...
    def drop(self, sequence: int) -> None: ...
    def decode(self, items: Sequence[Item]) -> None: ...
    def logits(self, place: int) -> Floats: ...


class Ends(Protocol):
    """What ends an answer. ``end_ids``: tokens that do; ``piece``: the bytes of a token."""

    @property
    def end_ids(self) -> frozenset[int]: ...
    def piece(self, token: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Request:
    """One input. ``prefix``: what it shares with others. ``index``: which random numbers it gets.

    Where nothing is drawn, there is one answer, whatever ``options.n_best`` says.
    """

    prefix: Tokens
    question: Tokens
    options: DecodeOptions
    index: int

    @property
    def samples(self) -> int:
        """Answers that are drawn."""
        return self.options.n_best if self.options.temperature > 0 else 1

    @property
    def cells(self) -> int:
        """Tokens that it may take besides the prefix."""
        return len(self.question) + self.samples * self.options.max_output_tokens


@dataclass(slots=True)
class Written:
    """An answer: its tokens, without the one that ended it.

    ``log_probability``: summed over ``scored`` tokens, the one that ended it among them.
    """

    tokens: list[int] = field(default_factory=list)
    finished: bool = False
    log_probability: float = 0.0
    scored: int = 0


@dataclass(slots=True)
class _Answer:
    """One on its way: ``pending`` tokens are yet to be decoded."""

    request: Request
    number: int
    sample: int
    sequence: int
    pending: list[int]
    position: int
    random: np.random.Generator
    siblings: list[int]
    tail: bytes = b""
    written: Written = field(default_factory=Written)


class Scheduler:
    """Runs requests on one context.

    Args:
        decoder: The context, used by nothing else.
        ends: What ends an answer.
        prefixes: Most prefixes kept at once, in the first sequences; the others are answers'.
    """

    def __init__(self, decoder: Decodes, ends: Ends, prefixes: int = 1) -> None:
        if not 1 <= prefixes < decoder.sequences:
            raise ValueError(f"{prefixes} prefixes leave no sequence of {decoder.sequences}")
        self._decoder, self._ends = decoder, ends
        self._places = prefixes
        self._prefixes: dict[Tokens, int] = {}  # in the order in which they were read
        self._free = list(range(decoder.sequences - 1, prefixes - 1, -1))
        self._active: list[_Answer] = []

    def run(self, requests: Sequence[Request]) -> list[list[Written]]:
        """All answers of each request, in order.

        Raises:
            ModelError: A request alone does not fit into the context, or decoding failed; the
                context must then be thrown away.
        """
        answers = [[Written() for _ in range(request.samples)] for request in requests]
        waiting = deque(enumerate(requests))
        while self._active or waiting:
            while waiting and self._admits(waiting[0][1]):
                self._start(*waiting.popleft())
            if not self._active:
                raise ModelError(f"a request of {waiting[0][1].cells} tokens fits into no context")
            for done in self._step():
                answers[done.number][done.sample] = done.written
        return answers

    # -------------------------------------------------------------- room

    def _admits(self, request: Request) -> bool:
        """Whether there are sequences and cells for it, and a place for its prefix."""
        in_use = self._in_use()
        if request.samples > len(self._free):
            return False
        if request.prefix not in in_use and len(in_use) >= self._places:
            return False
        prefixes = sum(len(prefix) for prefix in in_use | {request.prefix})
        return prefixes + self._taken() + request.cells <= self._decoder.cells

    def _in_use(self) -> set[Tokens]:
        return {answer.request.prefix for answer in self._active}

    def _taken(self) -> int:
        """Cells that the requests on their way have or will have, besides their prefixes."""
        return sum({answer.number: answer.request.cells for answer in self._active}.values())

    def _start(self, number: int, request: Request) -> None:
        source = self._share(request)
        first, *siblings = [self._free.pop() for _ in range(request.samples)]
        self._decoder.copy(source, first)
        random = sampling.generator(request.options, request.index)
        answer = _Answer(
            request, number, 0, first, list(request.question), len(request.prefix), random, siblings
        )
        self._active.append(answer)

    def _share(self, request: Request) -> int:
        """The sequence that holds the request's prefix; read now where none does."""
        prefix = request.prefix
        self._forget_others(request)
        if prefix not in self._prefixes:
            sequence = min(set(range(self._places)) - set(self._prefixes.values()))
            for start in range(0, len(prefix), BATCH_TOKENS):
                part = prefix[start : start + BATCH_TOKENS]
                self._decoder.decode(
                    [Item(token, start + i, sequence, False) for i, token in enumerate(part)]
                )
            self._prefixes[prefix] = sequence
        return self._prefixes[prefix]

    def _forget_others(self, request: Request) -> None:
        """Drop prefixes that nobody uses where their place or their cells are wanted.

        Where nothing is on its way, a new prefix starts in the first cell: what is decoded after
        it does not depend on what was there before.
        """
        new = request.prefix not in self._prefixes
        if new and not self._active and self._places == 1:
            self._decoder.clear()
            self._prefixes.clear()
        unused = [p for p in self._prefixes if p not in self._in_use() | {request.prefix}]
        held = sum(len(prefix) for prefix in {*self._prefixes, request.prefix})
        for old in unused:
            fits = held + self._taken() + request.cells <= self._decoder.cells
            if fits and not (new and len(self._prefixes) >= self._places):
                return
            self._decoder.drop(self._prefixes.pop(old))
            held -= len(old)

    # -------------------------------------------------------------- steps

    def _step(self) -> list[_Answer]:
        """Decode once: a token of each answer being written, and what fits of new questions.

        Returns the answers that ended; their places are free.
        """
        items: list[Item] = []
        ready: list[tuple[int, _Answer]] = []
        for answer in sorted(self._active, key=lambda answer: len(answer.pending) > 1):
            part = answer.pending[: BATCH_TOKENS - len(items)]
            del answer.pending[: len(part)]
            last = len(part) - 1 if not answer.pending else -1
            items += [
                Item(token, answer.position + i, answer.sequence, i == last)
                for i, token in enumerate(part)
            ]
            answer.position += len(part)
            if part and not answer.pending:
                ready.append((len(items) - 1, answer))
        self._decoder.decode(items)
        ended = []
        for place, answer in ready:
            logits = self._decoder.logits(place)
            for each in (answer, *self._fork(answer)):
                self._write(each, logits)
                if self._has_ended(each):
                    ended.append(each)
        for answer in ended:
            self._active.remove(answer)
            self._decoder.drop(answer.sequence)
            self._free.append(answer.sequence)
        return ended

    def _fork(self, answer: _Answer) -> list[_Answer]:
        """The other answers to a request whose question has just been read."""
        forks = []
        for sample, sequence in enumerate(answer.siblings, start=1):
            self._decoder.copy(answer.sequence, sequence)
            random = sampling.generator(answer.request.options, answer.request.index, sample)
            fork = replace(
                answer,
                sample=sample,
                sequence=sequence,
                random=random,
                pending=[],
                siblings=[],
                written=Written(),
            )
            forks.append(fork)
        answer.siblings = []
        self._active += forks
        return forks

    def _write(self, answer: _Answer, logits: Floats) -> None:
        token = sampling.pick(logits, answer.request.options, answer.random)
        answer.written.log_probability += sampling.log_probability(logits, token)
        answer.written.scored += 1
        if token in self._ends.end_ids:
            answer.written.finished = True
        else:
            answer.written.tokens.append(token)
            answer.pending.append(token)

    def _has_ended(self, answer: _Answer) -> bool:
        options, written = answer.request.options, answer.written
        if options.stop and not written.finished:
            stops = [stop.encode() for stop in options.stop]
            text = answer.tail + self._ends.piece(written.tokens[-1])
            written.finished = any(stop in text for stop in stops)
            answer.tail = text[-max(len(stop) for stop in stops) :]
        return written.finished or len(written.tokens) >= options.max_output_tokens
