"""A folder of papers for a day: the sample papers, each several times, made distinct."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).resolve().parents[2] / "tests" / "data" / "papers"


def paper_id(number: int) -> str:
    """The arXiv id of the paper of that number."""
    return f"2601.{10000 + number}v1"


def told(sample: Path) -> dict[str, Any]:
    """The metadata of a sample."""
    known: dict[str, Any] = json.loads(sample.with_suffix(".json").read_text(encoding="utf-8"))
    return known


def texts() -> list[str]:
    """What the samples say, for the stub's words; their TeX has the same words as their pages."""
    sources = [path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("*.tex"))]
    return [*sources, *(told(path)["abstract"] for path in sorted(SAMPLES.glob("*.pdf")))]


def write_papers(folder: Path, count: int) -> list[str]:
    """So many papers with metadata; their ids.

    A PDF may be followed by anything that is a comment, which makes another file of it.
    """
    folder.mkdir(parents=True)
    samples = sorted(SAMPLES.glob("*.pdf"))
    for number in range(count):
        sample = samples[number % len(samples)]
        known = told(sample)
        known |= {"id": paper_id(number), "title": f"{known['title']}, part {number + 1}"}
        data = sample.read_bytes() + f"\n% paper {number}\n".encode()
        (folder / f"{number:03}.pdf").write_bytes(data)
        (folder / f"{number:03}.json").write_text(json.dumps(known), encoding="utf-8")
    return [paper_id(number) for number in range(count)]
