"""``digest`` as it is, but that its models are ``stub``: ``python -m scripts.faults.stubbed run``.

Only what an engine's child process builds is replaced; processes, files, checks, store and outputs
are those of every run. It takes no turn among the machine's models, and asks the fake arXiv without
a pause. Processes that a run starts import this module again, so that the same holds in them.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from digest import worker
from digest.cli import main

GAP = "FAULTS_GAP_S"
"""Seconds between two requests, in the place of arXiv's three."""

_BUILDS = {"digest.engines.process:build": "scripts.faults.stub:build"}
_init = worker.Worker.__init__


def _stubbed_init(self: worker.Worker, factory: str, *arguments: Any, **named: Any) -> None:
    _init(self, _BUILDS.get(factory, factory), *arguments, **named)


def _without_turns() -> Path:
    return Path(tempfile.gettempdir()) / f"digest-stub-{os.getpid()}.turn"


def install() -> None:
    """Put the stub in the models' place, in this process."""
    worker.Worker.__init__ = _stubbed_init  # type: ignore[method-assign]
    from digest.engines import process

    process.default_turn_file = _without_turns  # type: ignore[attr-defined]
    if gap := os.environ.get(GAP):
        from digest.sources import http

        http.Client._pause_s = lambda *_: float(gap)  # type: ignore[method-assign]


install()

if __name__ == "__main__":
    main(prog_name="digest")
