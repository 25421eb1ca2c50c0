"""Kinds of translation models: how each is told the languages, and what its files are called.

CTranslate2 takes any token for a language, known or not, and translates into something. So what is
written here is looked up in the vocabulary of the model before it is used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from digest.errors import ConfigError, ModelError

# Places of a language among the tokens of a source or an answer.
SOURCE, TARGET = "source", "target"


@dataclass(frozen=True, slots=True)
class Family:
    """One kind.

    Args:
        name: As in the catalogue.
        languages: Our code of a language, and the model's token for it.
        pattern: Of all its tokens for languages.
        source_pieces: Names of the SentencePiece model of sources, the first that is there.
        target_pieces: Of answers.
        before: Languages that stand before the source.
        prefix: Languages that an answer starts with.
        positions: Tokens that it reads at most; None: its positions are relative.
        marker_is_text: The token is a piece of the SentencePiece model, so that its own spelling
            of it is what the model was trained on.
        may_be_bilingual: A model without any token for a language has one target, and is not told.
    """

    name: str
    languages: Mapping[str, str]
    pattern: re.Pattern[str]
    source_pieces: tuple[str, ...]
    target_pieces: tuple[str, ...]
    before: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()
    positions: int | None = None
    marker_is_text: bool = False
    may_be_bilingual: bool = False

    def tokens(
        self, places: Sequence[str], source: str, target: str, vocabulary: Vocabulary
    ) -> tuple[str, ...]:
        """The tokens for ``places``, each of which the model has.

        Raises:
            ConfigError: The family has no token for a language.
            ModelError: The model has not.
        """
        codes = {SOURCE: source, TARGET: target}
        if self.may_be_bilingual and not vocabulary.matching(self.pattern):
            return ()
        return tuple(self._token(codes[place], vocabulary) for place in places)

    def _token(self, code: str, vocabulary: Vocabulary) -> str:
        if code not in self.languages:
            raise ConfigError(
                f"{self.name} has no language {code!r}; it has {', '.join(self.languages)}"
            )
        token = self.languages[code]
        if token not in vocabulary.tokens:
            has = vocabulary.matching(self.pattern)
            shown = ", ".join(has[:12]) + (", ..." if len(has) > 12 else "")
            raise ModelError(
                f"{vocabulary.name} has no token {token} for {code}; it has {shown or 'none'}"
            )
        return token


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tokens of a model. ``name``: of the file that they are from."""

    name: str
    tokens: frozenset[str]

    def matching(self, pattern: re.Pattern[str]) -> list[str]:
        """Those of one form, sorted."""
        return sorted(token for token in self.tokens if pattern.fullmatch(token))


def find(name: str) -> Family:
    """The family called ``name``.

    Raises:
        ConfigError: There is none.
    """
    if name not in _FAMILIES:
        raise ConfigError(f"unknown family {name!r}; known: {', '.join(_FAMILIES)}")
    return _FAMILIES[name]


_ALL = (
    # https://github.com/Helsinki-NLP/Opus-MT; a multilingual one is told its target in the source.
    Family(
        "opus-mt",
        {
            "zh-Hans": ">>cmn_Hans<<",
            "zh-Hant": ">>cmn_Hant<<",
            "ja": ">>jpn<<",
            "ko": ">>kor<<",
            "de": ">>deu<<",
            "fr": ">>fra<<",
            "en": ">>eng<<",
        },
        re.compile(r">>[\w-]+<<"),
        ("source.spm",),
        ("target.spm",),
        before=(TARGET,),
        positions=512,
        may_be_bilingual=True,
    ),
    # https://huggingface.co/docs/transformers/model_doc/nllb, its layout since transformers 4.30
    Family(
        "nllb",
        {
            "zh-Hans": "zho_Hans",
            "zh-Hant": "zho_Hant",
            "ja": "jpn_Jpan",
            "ko": "kor_Hang",
            "de": "deu_Latn",
            "fr": "fra_Latn",
            "en": "eng_Latn",
        },
        re.compile(r"[a-z]{3}_[A-Z][a-z]{3}"),
        ("sentencepiece.bpe.model", "flores200_sacrebleu_tokenizer_spm.model"),
        ("sentencepiece.bpe.model", "flores200_sacrebleu_tokenizer_spm.model"),
        before=(SOURCE,),
        prefix=(TARGET,),
        positions=1024,
    ),
    # https://huggingface.co/docs/transformers/model_doc/m2m_100; of Chinese it knows one script.
    Family(
        "m2m-100",
        {
            "zh-Hans": "__zh__",
            "ja": "__ja__",
            "ko": "__ko__",
            "de": "__de__",
            "fr": "__fr__",
            "en": "__en__",
        },
        re.compile(r"__[a-z]+__"),
        ("sentencepiece.bpe.model", "spm.128k.model"),
        ("sentencepiece.bpe.model", "spm.128k.model"),
        before=(SOURCE,),
        prefix=(TARGET,),
        positions=1024,
    ),
    # https://arxiv.org/abs/2309.04662, https://huggingface.co/google/madlad400-3b-mt
    Family(
        "madlad-400",
        {
            "zh-Hans": "<2zh>",
            "zh-Hant": "<2zh_Hant>",
            "ja": "<2ja>",
            "ko": "<2ko>",
            "de": "<2de>",
            "fr": "<2fr>",
            "en": "<2en>",
        },
        re.compile(r"<2\w+>"),
        ("sentencepiece.model", "spiece.model"),
        ("sentencepiece.model", "spiece.model"),
        before=(TARGET,),
        marker_is_text=True,
    ),
)
_FAMILIES = {family.name: family for family in _ALL}
