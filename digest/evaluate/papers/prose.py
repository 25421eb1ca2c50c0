"""Pseudo-scientific English from a seeded grammar: texts that are nobody's, known to the letter.

The sentences mean nothing. They hold what makes extraction hard: ligatures, compound hyphens, long
words to break, abbreviations with full stops, decimals, units, citations.
"""

from __future__ import annotations

import re
from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ADJECTIVES = _words(
    """efficient afflicted fluid stratified well-founded low-resource self-consistent
    coefficient-free reflective simplified quantified shuffled official offline difficult
    multi-channel unmodified long-range deterministic interpretable"""
)
_NOUNS = _words(
    """filter coefficient flow affinity specification classification reconstruction lattice
    workflow baffle amplifier configuration hypothesis micrometer signal-to-noise-ratio effluent
    transformation conductivity representation measurement infrastructure manifold reflector
    discretisation temperature distribution quantification accumulator"""
)
_VERBS = _words(
    """refines deflects stabilises outperforms reconfigures satisfies influences sacrifices
    approximates regularises decomposes confirms redistributes identifies"""
)
_PLACES = (
    "the northern test basin", "a flooded mine", "the second validation set",
    "our offshore platform", "the artificial wind channel", "a refrigerated laboratory",
)  # fmt: skip
_NAMES = ("Offermann", "Ruffin", "Zeflik", "Ofili", "Brandfleet", "Hufner")
_UNITS = ("kHz", "ms", "dB", "mm", "%", "GB")
_SENTENCES = (
    "The {a} {n} {v} the {n} of {p}.",
    "In {p}, a {a} {n} {v} every {n} that was built before {y}.",
    "We show that the {n} {v} the {a} {n} by {d} {u}, i.e. more than the {n} of {m} et al. {c}.",
    "Each {n} holds {k} {a} elements, and none of them {v} its {n}.",
    "As Fig. {s} confirms, the {n} {v} a {n} of {d} {u} without a {a} {n}.",
    "{m} et al. {c} describe a {a} {n}, yet their {n} {v} only the {n} of {p}.",
    "This {n} is {a}: it {v} the {n} at {d} {u} and the {n} at {d} {u}.",
    "However, no {a} {n} {v} a {n} when the {n} of {p} falls below {d} {u}.",
    "For comparison, the {n} in {p} {v} {k} of {k} {n} samples (approx. {d} {u} each).",
    "If the {n} is {a}, e.g. after {y}, then its {a} {n} {v} the {n} again.",
)
_WORDS = {
    "a": _ADJECTIVES, "n": _NOUNS, "v": _VERBS, "p": _PLACES, "m": _NAMES, "u": _UNITS,
}  # fmt: skip
_NUMBERS = {"d": (11, 9900), "c": (1, 30), "k": (3, 980), "s": (1, 4), "y": (1987, 2024)}
_SLOT = re.compile(r"\{(\w)\}")
_HEADINGS = (
    "Introduction", "Related Work", "Proposed Method", "Experimental Setup", "Results",
    "Discussion", "Conclusion",
)  # fmt: skip
_SUBHEADINGS = (
    "Filter Configuration", "Affinity of the Flow", "Data Specification", "Training Procedure",
    "Offline Simplification", "Reflector Geometry", "Fluid Baselines", "Quantified Limits",
)  # fmt: skip


class Prose:
    """A source of sentences and titles; the same seed gives the same text."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def sentence(self) -> str:
        """One sentence, with a capital and a full stop."""
        text = _SLOT.sub(lambda slot: self._word(slot[1]), self._random.choice(_SENTENCES))
        text = re.sub(r"\ba (?=[aeiou])", "an ", text)
        return text[0].upper() + text[1:]

    def paragraph(self, sentences: int) -> list[str]:
        """So many sentences."""
        return [self.sentence() for _ in range(sentences)]

    def title(self) -> str:
        """A title of about nine words."""
        pick = self._random.choice
        a, b = pick(_ADJECTIVES).capitalize(), pick(_ADJECTIVES).capitalize()
        n, m = pick(_NOUNS).capitalize(), pick(_NOUNS).capitalize()
        return f"{a} {n} for Every {b} {m} under Load"

    def headings(self) -> list[tuple[int, str]]:
        """The sections of a paper in order, with their levels."""
        names = self._random.sample(_SUBHEADINGS, len(_SUBHEADINGS))
        found = []
        for title in _HEADINGS:
            found.append((1, title))
            if title in ("Proposed Method", "Experimental Setup", "Results"):
                found += [(2, names.pop()), (2, names.pop())]
        return found

    def _word(self, slot: str) -> str:
        if slot in _WORDS:
            return self._random.choice(_WORDS[slot])
        low, high = _NUMBERS[slot]
        number = self._random.randint(low, high)
        return {"d": f"{number / 100:.2f}", "c": f"[{number}]"}.get(slot, str(number))
