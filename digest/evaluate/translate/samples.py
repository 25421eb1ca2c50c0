"""Texts to translate, drawn from parallel text and abstracts; always the same ones.

A sample that is reported and one that choices are made on (``develop``) never share a text.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from digest.errors import ConfigError
from digest.words.sentences import split_sentences

SEED = 20260123
PARALLEL = ("flores-dev", "ntrex", "d2l")
ABSTRACTS = "abstracts"
_LAYOUT = "mt/NAME.en with mt/NAME.zh, mt/d2l.jsonl, abstracts.jsonl: the README says which"


@dataclass(frozen=True, slots=True)
class Text:
    """A text in English. ``reference``: what a person made of it; "" where nobody did.

    ``number``: its line in the file it is from, from 0.
    """

    source: str
    reference: str
    number: int

    @property
    def sentences(self) -> list[str]:
        """As the translator cuts them."""
        return split_sentences(" ".join(self.source.split()))


@dataclass(frozen=True, slots=True)
class Sample:
    """Texts of one set. ``whole``: how many the set has."""

    name: str
    texts: tuple[Text, ...]
    whole: int


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is drawn: sentences of each parallel set, abstracts; None for everything."""

    sentences: int | None = 100
    abstracts: int | None = 40


def load(data: Path, sizes: Sizes) -> list[Sample]:
    """The reported samples of every set that ``data`` has.

    Raises:
        ConfigError: It has none, or one cannot be read.
    """
    samples = []
    for name in (*PARALLEL, ABSTRACTS):
        texts = texts_of(data, name)
        if texts:
            wanted = sizes.abstracts if name == ABSTRACTS else sizes.sentences
            samples.append(Sample(name, tuple(_drawn(name, texts, wanted)), len(texts)))
    if not samples:
        raise ConfigError(f"{data} holds no parallel text and no abstracts", f"it needs {_LAYOUT}")
    return samples


def develop(data: Path, reported: Sequence[Sample], sentences: int) -> list[Sample]:
    """As many sentences of each set, and of abstracts, that ``reported`` does not hold.

    The figures of a choice that was made on them say nothing of the reported ones.

    Raises:
        ConfigError: ``reported`` holds everything.
    """
    samples = []
    for sample in reported:
        held = {text.number for text in sample.texts}
        rest = [text for text in texts_of(data, sample.name) if text.number not in held]
        shuffled = _shuffled(f"{sample.name}-develop", rest)
        samples.append(Sample(sample.name, tuple(_filled(shuffled, sentences)), len(rest)))
    if not all(sample.texts for sample in samples):
        raise ConfigError("no text is left that is not in a reported sample", "leave out --full")
    return samples


def texts_of(data: Path, name: str) -> list[Text]:
    """All texts of a set in the order of its file; none where there is no such file.

    Raises:
        ConfigError: The file cannot be read.
    """
    try:
        if name in (ABSTRACTS, "d2l"):
            path = data / ("abstracts.jsonl" if name == ABSTRACTS else "mt/d2l.jsonl")
            return _of_objects(path, name) if path.is_file() else []
        english, chinese = data / "mt" / f"{name}.en", data / "mt" / f"{name}.zh"
        return _of_lines(english, chinese) if english.is_file() and chinese.is_file() else []
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise ConfigError(f"{name} in {data} cannot be read: {exc!r}", f"it needs {_LAYOUT}") from (
            exc
        )


def _of_lines(english: Path, chinese: Path) -> list[Text]:
    pairs = zip(lines(english), lines(chinese), strict=True)
    return [Text(source, reference, number) for number, (source, reference) in enumerate(pairs)]


def _of_objects(path: Path, name: str) -> list[Text]:
    objects = [json.loads(line) for line in lines(path) if line.strip()]
    source, reference = ("abstract", "") if name == ABSTRACTS else ("en", "zh")
    return [
        Text(str(each[source]), str(each[reference]) if reference else "", number)
        for number, each in enumerate(objects)
    ]


def lines(path: Path) -> list[str]:
    """By line feeds alone: other marks that end a line stand inside some texts."""
    return path.read_text(encoding="utf-8").rstrip("\n").split("\n")


def _drawn(name: str, texts: Sequence[Text], wanted: int | None) -> list[Text]:
    if wanted is None:
        return list(texts)
    shuffled = _shuffled(name, texts)
    chosen = shuffled[:wanted] if name == ABSTRACTS else _filled(shuffled, wanted)
    return sorted(chosen, key=lambda text: text.number)


def _filled(texts: Sequence[Text], sentences: int) -> list[Text]:
    """The first texts, until they hold that many sentences."""
    chosen: list[Text] = []
    held = 0
    for text in texts:
        if held >= sentences:
            break
        chosen.append(text)
        held += len(text.sentences)
    return chosen


def _shuffled(name: str, texts: Sequence[Text]) -> list[Text]:
    drawn = list(texts)
    random.Random(f"{SEED}-{name}").shuffle(drawn)
    return drawn
