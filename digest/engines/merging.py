"""Calls of several papers as one batch: whoever comes while the engine is busy goes along next.

The first caller does the work for all who wait, and no caller waits for company. A batch that fails
is taken apart: each call is tried alone, so that a failure costs only its own paper.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from digest.errors import DigestError
from digest.generation import Completion, DecodeOptions, Prompt

Call = tuple[Prompt, Sequence[str], DecodeOptions]
Run = Callable[[Sequence[Call]], list[list[Completion]]]


@dataclass(slots=True)
class _Waiting:
    call: Call
    answers: list[Completion] = field(default_factory=list)
    error: BaseException | None = None
    done: bool = False


class Merging:
    """Callable from several threads.

    Args:
        run: Answers calls together; used by one thread at a time.
        most: Calls of one batch.
    """

    def __init__(self, run: Run, most: int) -> None:
        if most < 1:
            raise ValueError(f"a batch has at least one call, not {most}")
        self._run, self._most = run, most
        self._queue: list[_Waiting] = []
        self._queueing, self._running = threading.Lock(), threading.Lock()

    def complete(self, call: Call) -> list[Completion]:
        """The answers to one call; raises what ``run`` raised for it."""
        mine = _Waiting(call)
        with self._queueing:
            self._queue.append(mine)
        while not mine.done:
            with self._running:
                if not mine.done:
                    self._serve(self._next())
        if mine.error is not None:
            raise mine.error
        return mine.answers

    def _next(self) -> list[_Waiting]:
        with self._queueing:
            batch, self._queue = self._queue[: self._most], self._queue[self._most :]
        return batch

    def _serve(self, batch: Sequence[_Waiting]) -> None:
        """Answer a batch; whatever happens, nobody in it is left waiting."""
        try:
            try:
                answers = self._run([each.call for each in batch])
            except DigestError:
                if len(batch) == 1:
                    raise
                for each in batch:
                    self._serve([each])
                return
            for each, found in zip(batch, answers, strict=True):
                each.answers = found
        except BaseException as exc:
            for each in batch:
                each.error = each.error or exc
            if not isinstance(exc, DigestError):
                raise
        finally:
            for each in batch:
                each.done = True
