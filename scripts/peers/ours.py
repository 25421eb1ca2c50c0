"""Ours: ``digest run`` in an empty home, with the tokens counted that its models write.

``python -m scripts.peers.ours COUNT_FILE ARGUMENTS...`` is ``digest ARGUMENTS...``; at its end the
number of tokens stands in COUNT_FILE. What is written again after a check counts as well.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from digest import assembly
from digest.cli import main
from digest.config import Config
from digest.engines.process import WorkerEngine
from digest.generation import Completion, DecodeOptions, Prompt
from digest.records import Breakdown, Claim, Paper, Translation, leaves
from scripts.peers.judge import Written


class _Counted:
    """``WorkerEngine.complete``, and how many tokens came of it."""

    def __init__(self) -> None:
        self._complete = WorkerEngine.complete
        self._adding = threading.Lock()
        self.tokens = 0

    def complete(
        self,
        engine: WorkerEngine,
        prompt: Prompt,
        inputs: Sequence[str],
        options: DecodeOptions,
    ) -> list[Completion]:
        answers = self._complete(engine, prompt, inputs, options)
        with self._adding:
            written = (each for answer in answers for each in (answer, *answer.others))
            self.tokens += sum(each.tokens for each in written)
        return answers


def run(count_file: Path, arguments: Sequence[str]) -> None:
    """Run the command line, then write down what was counted."""
    counted = _Counted()
    WorkerEngine.complete = lambda *asked: counted.complete(*asked)  # type: ignore[method-assign]
    try:
        main(list(arguments))
    finally:
        count_file.write_text(str(counted.tokens), encoding="utf-8")


def published(config: Config, date: str) -> dict[str, Written]:
    """What a post says of each paper, by its title."""
    store = assembly.store(config)
    items = store.post_items(date)
    readings = store.results([i.breakdown_key for i in items if i.breakdown_key], Breakdown)
    abstracts = store.results([i.translation_key for i in items if i.translation_key], Translation)
    return {
        item.paper.title: _written(
            item.paper,
            readings.get(item.breakdown_key or ""),
            abstracts.get(item.translation_key or ""),
        )
        for item in items
    }


def _written(paper: Paper, reading: Breakdown | None, abstract: Translation | None) -> Written:
    claims: Sequence[Claim] = list(leaves(reading)) if reading else []
    return Written(
        paper.title,
        tuple(claim.text for claim in claims),
        abstract.text if abstract else "",
        sum(bool(claim.evidence) for claim in claims),
    )


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2:])
