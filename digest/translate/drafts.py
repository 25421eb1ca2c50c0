"""Attempts at a sentence, and which is the best. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from digest.generation import Completion
from digest.records import TranslatedSentence
from digest.translate import checks
from digest.translate.languages import Language
from digest.translate.wording import normalise
from digest.words.terms import Glossary, without_made_up_expansions

_MEANING = re.compile(r"[\u3400-\u9fff]{1,8}")
_ANSWERED = ("doubt", "truncated")
"""Checks of how the model answered: a text that is changed later keeps what they found."""
_FULL_SHARE = 0.85
_DOUBTS = (
    "names",
    "english_left",
    "negation",
    "direction",
    "omission",
    "terms",
    "expansions",
    "doubt",
)
"""Those that a second attempt often settles."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The best text so far of one sentence. ``how``: the rung that made it."""

    source: str
    text: str
    checks: Mapping[str, bool]
    how: str = ""

    @property
    def passes(self) -> bool:
        """Whether it may be published."""
        return checks.passes(self.checks)

    @property
    def rank(self) -> tuple[int, int]:
        """Less is better."""
        return checks.faults(self.checks)

    @property
    def doubtful(self) -> bool:
        """A hard fault, or a doubt that a second attempt often settles."""
        return not self.passes or not all(self.checks.get(name, True) for name in _DOUBTS)

    def finished(self, language: Language) -> TranslatedSentence:
        """What is shown of it; the source where no attempt may be published."""
        if not self.passes:
            return TranslatedSentence(self.source, self.source, self.checks, kept=True)
        text = language.written(self.text)
        return TranslatedSentence(
            self.source, text, self.checks, repaired=bool(self.how), how=self.how
        )


class Drafting:
    """Makes drafts of answers, in one language with one glossary."""

    def __init__(self, language: Language, glossary: Glossary):
        self._language, self._glossary = language, glossary

    def draft(self, source: str, answer: Completion, how: str = "") -> Draft:
        """The answer normalised, with known wrong terms mended, and checked."""
        return self.of_text(source, normalise(source, answer.text, self._language), answer, how)

    def of_text(
        self, source: str, text: str, answer: Completion | None = None, how: str = ""
    ) -> Draft:
        """A normalised text, mended and checked."""
        text = self._glossary.mended(source, text)
        if self._language.chinese:
            text = without_made_up_expansions(source, text, self._glossary)
        text = self._language.tidied(text)
        found = checks.run(source, text, answer, self._language, self._glossary)
        return Draft(source, text, found, how)

    def choices(
        self, sources: Sequence[str], answers: Sequence[Completion], how: str
    ) -> list[Draft]:
        """A draft of each of the answers to each source."""
        return [
            self.draft(source, each, how)
            for source, answer in zip(sources, answers, strict=True)
            for each in (answer, *answer.others)
        ]

    def of_words(self, draft: Draft, chinese: Mapping[str, str], how: str) -> Draft:
        """The draft with its English words as ``中文（word）``, where they got Chinese."""
        text = draft.text
        for word, answer in sorted(chinese.items(), key=lambda item: -len(item[0])):
            meaning = re.split("[，；、。/（]", normalise("", answer, self._language))[0]
            if _MEANING.fullmatch(meaning):
                outside = r"(?![^（]*）)"  # of brackets, as those that were put there before
                place = re.compile(rf"-?(?<![A-Za-z]){re.escape(word)}(?![A-Za-z]){outside}-?")
                text = place.sub(f"{meaning}（{word}）", text, count=1)
                # 最老的（oldest）的城市
                text = re.sub(rf"([的地])（{re.escape(word)}）\s?(?=\1)", f"（{word}）", text)
        return self.changed(draft, text, how)

    def changed(self, draft: Draft, text: str, how: str) -> Draft:
        """The draft with another text, made of the same answer."""
        found = self.of_text(draft.source, text, how=how)
        answered = {name: draft.checks[name] for name in _ANSWERED}
        return replace(found, checks={**found.checks, **answered})

    def of_clauses(self, source: str, answers: Sequence[Completion], how: str) -> Draft:
        """The clauses of a sentence as one."""
        parts = [normalise("", each.text, self._language).rstrip("。；，.") for each in answers]
        finished = all(answer.finished for answer in answers)
        comma = "，" if self._language.code[:2] in ("zh", "ja") else ", "
        return self.draft(source, Completion(comma.join(parts), 0, finished), how)


def better(drafts: Sequence[Draft], candidates: Sequence[Draft]) -> list[Draft]:
    """For each draft the best of itself and its candidates; of equals the earliest."""
    by_source: dict[str, list[Draft]] = {}
    for candidate in candidates:
        by_source.setdefault(candidate.source, []).append(candidate)
    return [
        min([draft, *_fuller(draft, by_source.get(draft.source, []))], key=lambda each: each.rank)
        for draft in drafts
    ]


def _fuller(draft: Draft, candidates: Sequence[Draft]) -> list[Draft]:
    """Those worth having: what may be published as it is, is not traded for a text that says less.

    A doubt (an English word left) is most easily settled by leaving the thing out.
    """
    if not draft.passes:
        return list(candidates)
    least = _FULL_SHARE * checks.said(draft.text)
    return [each for each in candidates if checks.said(each.text) >= least]


def same_text(first: Draft, other: Draft) -> Draft:
    """``other``, as the first attempt where the text is the same."""
    return replace(other, how=first.how) if other.text == first.text else other
