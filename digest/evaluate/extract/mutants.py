"""Broken copies of real papers, the same for the same seed: flipped, cut, spliced, renumbered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

_LARGEST_BYTES = 2_000_000  # larger papers are slow to read and no harder


def mutants(pdfs: Sequence[Path], folder: Path, count: int, seed: int = 1) -> Iterator[Path]:
    """Write ``count`` broken copies into ``folder``, one at a time; sources and ways take turns.

    The names say what was done: ``0017-splice-NAME.pdf``.
    """
    random = Random(seed)
    sources = [pdf for pdf in sorted(pdfs) if pdf.stat().st_size <= _LARGEST_BYTES]
    ways = sorted(_WAYS)
    for number in range(count if sources else 0):
        source = sources[number % len(sources)]
        way = ways[(number + number // len(sources)) % len(ways)]
        data = _WAYS[way](bytearray(source.read_bytes()), random)
        path = folder / f"{number:04}-{way}-{source.name}"
        path.write_bytes(data)
        yield path


def source_of(name: str) -> str:
    """The name of the paper that a broken copy was made of."""
    return name.split("-", 2)[2]


def _flip(data: bytearray, random: Random) -> bytes:
    """Up to 200 bytes changed anywhere."""
    for _ in range(random.choice((1, 5, 30, 200))):
        data[random.randrange(len(data))] = random.randrange(256)
    return bytes(data)


def _cut(data: bytearray, random: Random) -> bytes:
    """The end is missing, or a piece in the middle."""
    start = random.randrange(1024, len(data))
    if random.random() < 0.5:
        return bytes(data[:start])
    return bytes(data[:start] + data[start + random.randrange(1, 20_000) :])


def _splice(data: bytearray, random: Random) -> bytes:
    """Pieces of the file written over other places of it."""
    for _ in range(random.choice((1, 3, 10))):
        size = random.randrange(10, 5_000)
        source, target = random.randrange(len(data)), random.randrange(len(data))
        data[target : target + size] = data[source : source + size]
    return bytes(data)


def _renumber(data: bytearray, random: Random) -> bytes:
    """Numbers outside the streams changed: references, lengths, offsets, sizes, counts."""
    streams = [m.span() for m in re.finditer(rb"stream\r?\n.*?endstream", data, re.DOTALL)]
    digits = [k for k in _outside(streams, len(data)) if 48 <= data[k] <= 57]
    for _ in range(random.choice((1, 5, 30))):
        if digits:
            data[random.choice(digits)] = 48 + random.randrange(10)
    return bytes(data)


def _outside(spans: Sequence[tuple[int, int]], size: int) -> Iterator[int]:
    start = 0
    for left, right in (*spans, (size, size)):
        yield from range(start, left)
        start = right


_WAYS: dict[str, Callable[[bytearray, Random], bytes]] = {
    "flip": _flip,
    "cut": _cut,
    "splice": _splice,
    "renumber": _renumber,
}
