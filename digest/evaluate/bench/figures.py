"""A measured figure, the line that shows it, and the file that keeps it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from digest.errors import SourceError
from digest.files import write


@dataclass(frozen=True, slots=True)
class Figure:
    """One line. ``ratio``: ours over the plain way's, where there is one.

    ``goal``: what it should be; ``met``: whether it is, None where there is no goal.
    """

    what: str
    value: float
    unit: str
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None

    def line(self) -> str:
        """For a terminal."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}x"
        verdict = {None: "", True: "ok", False: "MISSED"}[self.met]
        value = f"{self.value:>9,.1f} {self.unit:<9} {ratio:>7}"
        return f"  {self.what:<58} {value} {self.goal:<9} {verdict}".rstrip()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the benchmark. ``key``: what its figures depend on."""

    title: str
    key: str
    measure: Callable[[], Sequence[Figure]]


@dataclass(frozen=True, slots=True)
class Measured:
    """A part's figures. ``kept``: they are from an earlier run that was interrupted."""

    title: str
    figures: tuple[Figure, ...]
    kept: bool


class Notebook:
    """Figures on disk, by the key of their part. Without a path it forgets.

    Raises:
        SourceError: The file is not one of ours.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._kept: dict[str, list[Figure]] = {}
        if path is not None and path.exists():
            try:
                found = json.loads(path.read_text(encoding="utf-8"))
                self._kept = {key: [Figure(**f) for f in fs] for key, fs in found.items()}
            except (OSError, ValueError, TypeError, AttributeError) as exc:
                raise SourceError(f"{path} holds no figures: {exc}", "delete it") from exc

    def measured(self, parts: Sequence[Part]) -> Iterator[Measured]:
        """Every part's figures, each as soon as it is known; what is kept is not done again."""
        for part in parts:
            kept = part.key in self._kept
            figures = self._kept[part.key] if kept else list(part.measure())
            self._keep(part.key, figures)
            yield Measured(part.title, tuple(figures), kept)

    def _keep(self, key: str, figures: list[Figure]) -> None:
        self._kept[key] = figures
        if self._path is not None:
            plain = {key: [asdict(f) for f in figures] for key, figures in self._kept.items()}
            write(self._path, json.dumps(plain, ensure_ascii=False, indent=1).encode())
