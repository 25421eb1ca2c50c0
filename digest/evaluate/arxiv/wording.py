"""Titles, abstracts and names for papers that do not exist, with what makes escaping hard."""

from __future__ import annotations

import random

_METHODS = (
    "Diffusion", "Contrastive", "Self-Supervised", "Streaming", "Low-Rank", "Autoregressive",
    "Multi-Task", "Zero-Shot", "Causal", "Hierarchical", "$\\ell_1$-Regularised", "Bayesian",
)  # fmt: skip
_THINGS = (
    "Speech Enhancement", "Speaker Diarization", "Audio Captioning", "Text-to-Speech",
    "Machine Translation", "Keyword Spotting", "Music Transcription", "Dialogue Modelling",
    "Sound Event Detection", "Speech Recognition & Synthesis", "Voice Conversion",
)  # fmt: skip
_TAILS = (
    "with <unk> Tokens", "under Noise", "in {{ Low }} Resource Settings", "at Scale | A Study",
    "for x_1 and x_2", "revisited: is it \"solved\"?", "without Labels", "on the Edge",
)  # fmt: skip
_FIRST = ("Ana", "Wei", "Jürgen", "Mei-Ling", "O'Neil", "Søren", "Priya", "Łukasz", "Chidi")
_LAST = ("García", "Zhang", "Müller", "Chen", "Dvořák", "Kierkegaard", "Raman", "Nowak", "Eze")


class Wording:
    """Draws texts from a seeded generator."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._number = 0

    def title(self) -> str:
        """A title that no other paper has."""
        self._number += 1
        method, thing = self._chance.choice(_METHODS), self._chance.choice(_THINGS)
        return f"{method} {thing} {self._chance.choice(_TAILS)} ({self._number})"

    def abstract(self, title: str) -> str:
        """Two sentences, one of them with a number."""
        share = self._chance.randint(10, 399) / 10
        return (
            f"We study {title[:1].lower() + title[1:]}. "
            f"On the held-out set the error falls by {share}\\% with p < 0.05 & no extra data."
        )

    def authors(self) -> tuple[str, ...]:
        """One to four names."""
        return tuple(
            f"{self._chance.choice(_FIRST)} {self._chance.choice(_LAST)}"
            for _ in range(self._chance.randint(1, 4))
        )

    def comments(self) -> str | None:
        """The authors' comment, or none."""
        pages = self._chance.randint(4, 40)
        return f"{pages} pages, submitted & under review" if pages % 2 else None

    def doi(self) -> str | None:
        """A DOI, or none."""
        number = self._chance.randint(1000, 99999)
        return f"10.5555/{number}" if number % 5 == 0 else None

    def journal_ref(self) -> str | None:
        """A journal reference, or none."""
        volume = self._chance.randint(1, 60)
        return f"J. Imag. Res. {volume}, 2026" if volume % 9 == 0 else None
