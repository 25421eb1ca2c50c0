"""From the command to the first useful work, in a process that has loaded nothing yet."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from digest.evaluate.bench.figures import Figure
from digest.evaluate.bench.setup import Setup, timed

_MOST_S = 600.0
SENTENCE = "The weights are stored with four bits each.\n"


def measure(setup: Setup) -> list[Figure]:
    """Seconds of whole commands, each the second time: the files are in the disk cache."""
    name = setup.model.name
    commands = {
        "digest --help": (["--help"], ""),
        "the first page read: digest extract": (["extract", str(setup.papers[0]), "--json"], ""),
        "the first sentence translated: digest translate": (
            ["translate", "-", "--translator", name],
            SENTENCE,
        ),
    }
    figures = []
    with tempfile.TemporaryDirectory() as home:
        for what, (command, given) in commands.items():
            _run(setup, Path(home), command, given)
            _, seconds = timed(
                lambda command=command, given=given: _run(setup, Path(home), command, given)  # type: ignore[misc]
            )
            figures.append(Figure(what, seconds, "s"))
    return figures


def _run(setup: Setup, home: Path, command: list[str], given: str) -> None:
    environment = {**os.environ, "DIGEST_MODELS": str(setup.config.models_dir)}
    subprocess.run(
        [sys.executable, "-m", "digest", "--quiet", "--home", str(home), *command],
        input=given,
        text=True,
        env=environment,
        check=True,
        timeout=_MOST_S,
        stdout=subprocess.DEVNULL,
    )
