"""``digest bench``: what the engines do with this machine, against the plain ways, in one run.

Absolute figures belong to the machine that they were measured on; the ratios are what the design
rests on. Models compute one after another, each in a process of its own; loading is measured by
itself and counts in no other figure.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path

from digest.engines import identity
from digest.engines.process import physical_cores
from digest.evaluate.bench import decoding, reading, startup, translation
from digest.evaluate.bench.figures import Part
from digest.evaluate.bench.setup import Setup

__all__ = ["Setup", "heading", "parts"]


@dataclass(frozen=True, slots=True)
class Heading:
    """What the figures are of."""

    machine: str
    model: str
    versions: str

    def lines(self) -> list[str]:
        """For a terminal."""
        return [
            f"machine   {self.machine}",
            f"model     {self.model}",
            f"versions  {self.versions}",
        ]


def heading(setup: Setup) -> Heading:
    """The machine, the model and the versions."""
    names = ("llama-cpp-python", "ctranslate2")
    return Heading(
        f"{_processor()}, {setup.threads} threads of {physical_cores()} cores",
        f"{setup.model.name} {setup.model.sha256[:12]}",
        ", ".join(f"{name} {metadata.version(name)}" for name in names),
    )


def parts(setup: Setup) -> list[Part]:
    """Everything that is measured, in the order in which it is."""
    first = setup.papers[0]
    return [
        *(
            Part(
                f"reading {paper.name}",
                _key(setup, "reading", paper),
                partial(reading.measure, setup, paper),
            )
            for paper in setup.papers
        ),
        Part("decoding", _key(setup, "decoding", first), partial(decoding.measure, setup)),
        Part("four questions", _key(setup, "shared", first), partial(decoding.shared, setup)),
        Part(
            "translation",
            _key(setup, "translation", *setup.abstracts),
            partial(translation.measure, setup),
        ),
        Part("start", _key(setup, "start", first), partial(startup.measure, setup)),
    ]


def _key(setup: Setup, part: str, *inputs: Path | str) -> str:
    """Of what a part's figures depend on."""
    digest = hashlib.sha256()
    recipes = (identity.LLAMA.version, identity.CTRANSLATE2.version, str(setup.threads))
    for text in (part, _processor(), setup.model.sha256, *recipes):
        digest.update(f"{text}\n".encode())
    for each in inputs:
        digest.update(each.read_bytes() if isinstance(each, Path) else each.encode())
    return f"{part}-{digest.hexdigest()[:16]}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names: Sequence[str] = [
        line.partition(":")[2].strip() for line in lines if line.startswith("model name")
    ]
    return names[0] if names else platform.machine()
