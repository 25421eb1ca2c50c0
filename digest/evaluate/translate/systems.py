"""What is compared: our models before and after repair, and published outputs of other systems."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from digest.evaluate.cached import TOGETHER
from digest.evaluate.translate.samples import Sample, Text, lines
from digest.records import TranslatedSentence
from digest.translate.translator import Translator

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Translated:
    """A text with what was made of it.

    Args:
        text: The text.
        raw: The model's first answer to each sentence.
        sentences: After repair.
        whole: The sentences as a paragraph, with first mentions.
    """

    text: Text
    raw: tuple[str, ...]
    sentences: tuple[TranslatedSentence, ...]
    whole: str

    @property
    def raw_whole(self) -> str:
        """The first answers as they are, one after another."""
        return "".join(self.raw)


def translated(translator: Translator, sample: Sample) -> list[Translated]:
    """A sample by one translator. A batch of sentences at a time is asked for beforehand.

    Raises:
        DigestError: The engine fails.
    """
    made: list[Translated] = []
    for start in range(0, len(sample.texts), TOGETHER):
        texts = sample.texts[start : start + TOGETHER]
        sentences = [sentence for text in texts for sentence in text.sentences]
        raw = iter(translator.once(sentences))
        translator.translate_sentences(sentences)  # in one batch; what follows comes from memory
        for text in texts:
            answers = tuple(next(raw).text for _ in text.sentences)
            translation = translator.translate(text.source)
            made.append(Translated(text, answers, translation.sentences, translation.text))
        logger.info("%s: %d of %d texts", sample.name, len(made), len(sample.texts))
    return made


def published(data: Path, sample: Sample) -> dict[str, list[str]]:
    """What other systems made of a sample's texts: ``mt/systems/SET.NAME.zh``."""
    found = {}
    for path in sorted((data / "mt" / "systems").glob(f"{sample.name}.*.zh")):
        outputs = lines(path)
        if len(outputs) == sample.whole:
            found[path.name.split(".")[1]] = [outputs[text.number] for text in sample.texts]
    return found


def pairs(made: Sequence[Translated], raw: bool) -> list[tuple[str, str]]:
    """Source and text of each sentence; after repair only those that are translated."""
    if raw:
        return [
            (sentence.source, answer)
            for each in made
            for sentence, answer in zip(each.sentences, each.raw, strict=True)
        ]
    return [(s.source, s.text) for each in made for s in each.sentences if not s.kept]
