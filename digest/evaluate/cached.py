"""An engine that remembers its answers on disk, so that an evaluation goes on where it stopped.

What is kept is the model's own text, one answer a line: checks and repairs run anew each time, so
that a change of them costs no model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from digest.errors import StoreError
from digest.generation import Completion, DecodeOptions, Engine, Prompt
from digest.records import from_json, to_json

FOLDER = "eval"
"""In the home: what evaluations remember."""
TOGETHER = 16
"""Inputs that are asked for at once; so much is lost where an evaluation is stopped."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """One line of the file: the key of a question, the limit it was asked with, its answer."""

    key: str
    limit: int
    answer: Completion


def memory(home: Path, name: str) -> Path:
    """The file of the answers that a model gave; ``name`` may be a server's."""
    return home / FOLDER / f"{name.replace('/', '-').replace(':', '-')}.jsonl"


class CachedEngine:
    """The same engine to look at; what it was asked before, it answers from ``path``.

    An answer does not depend on what is asked beside it, nor a finished one on its limit; one
    that is drawn depends on its place, as its seed does.

    Raises:
        StoreError: The file cannot be read or written.
    """

    def __init__(self, engine: Engine, path: Path):
        self._engine = engine
        self._path = path
        self.name, self.model, self.sha256 = engine.name, engine.model, engine.sha256
        self.version, self.options = engine.version, engine.options
        self.instructed, self.searches = engine.instructed, engine.searches
        self.at_once = engine.at_once
        self._answers = {kept.key: kept for kept in _read(path)}
        self.written: dict[str, int] = {}
        """Tokens of each answer that was given, remembered or not, with those of all beams; each
        answer once, however often it was asked for. Whoever counts clears it first."""

    def complete(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
    ) -> list[Completion]:
        """As the engine does; raises what it raises."""
        limit = options.max_output_tokens
        keys = [self._key(prompt, text, options, place) for place, text in enumerate(inputs)]
        unknown = [place for place, key in enumerate(keys) if not self._knows(key, limit)]
        for places in _batches(unknown, in_a_row=options.temperature > 0):
            # A seed belongs to a place.
            seeded = replace(options, seed=options.seed + places[0])
            asked = [inputs[place] for place in places]
            self._keep(
                [keys[p] for p in places], limit, self._engine.complete(prompt, asked, seeded)
            )
        answers = [self._answers[key].answer for key in keys]
        width = max(options.beam_size, options.n_best)
        self.written |= {
            key: width * answer.tokens for key, answer in zip(keys, answers, strict=True)
        }
        return answers

    def _knows(self, key: str, limit: int) -> bool:
        kept = self._answers.get(key)
        return kept is not None and (kept.answer.finished or kept.limit == limit)

    def _keep(self, keys: Sequence[str], limit: int, answers: Sequence[Completion]) -> None:
        kept = [_Kept(key, limit, answer) for key, answer in zip(keys, answers, strict=True)]
        self._answers.update({each.key: each for each in kept})
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:  # after a line end: the last line may be cut short
                file.write(b"".join(b"\n" + to_json(each) for each in kept) + b"\n")
        except OSError as exc:
            raise StoreError(
                f"{self._path} cannot be written: {exc}", "check free space and permissions"
            ) from exc

    def _key(self, prompt: Prompt, text: str, options: DecodeOptions, place: int) -> str:
        seed = options.seed + place if options.temperature > 0 else 0
        fixed = replace(options, max_output_tokens=1, seed=seed)
        engine = (self.name, self.version, self.sha256, sorted(self.options.items()))
        return hashlib.sha256(repr((engine, prompt, text, fixed)).encode()).hexdigest()[:32]


def _batches(places: Sequence[int], *, in_a_row: bool) -> Iterator[list[int]]:
    """At most ``TOGETHER`` of them at once; ``in_a_row``: none but neighbours in one batch."""
    batch: list[int] = []
    for place in places:
        parted = in_a_row and batch and place != batch[-1] + 1
        if parted or len(batch) == TOGETHER:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _read(path: Path) -> list[_Kept]:
    """What is there; a last line that a kill cut short is left out."""
    if not path.is_file():
        return []
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as exc:
        raise StoreError(f"{path} cannot be read: {exc}", "delete it to begin anew") from exc
    kept = []
    for line in filter(None, lines):
        try:
            kept.append(from_json(line, _Kept))
        except (msgspec.ValidationError, msgspec.DecodeError):
            continue
    return kept
