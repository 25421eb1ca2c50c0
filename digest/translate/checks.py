"""What a program can tell of a translation: named checks, each a pure function of the two texts.

Some look at more than the texts: ``truncated`` and ``doubt`` at how the model answered, ``terms``
and ``expansions`` at the lab's glossary.

``HARD`` checks block publication: the sentence is repaired, or stays in its source language. They
are about what a reader would take over unseen (a number, a formula, an address or a name that is
not in the source) or about no translation at all. The others (names, terms, expansions,
english_left, omission, superlatives, direction, negation, doubt) are doubts: they choose between
candidates and are kept beside the text, but hold no sentence back, as each has honest exceptions
(AI is 人工智能). Neither kind sees a wrong meaning in the right words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from digest.generation import Completion
from digest.translate.languages import CHINESE_ONLY, LANGUAGES, Language
from digest.words import atoms, polarity
from digest.words.jargon import LOANS
from digest.words.script import is_simplified
from digest.words.terms import Glossary, guessed_expansions
from digest.words.units import foreign_units

HARD = frozenset(
    {
        "numbers",
        "extra_numbers",
        "units",
        "math",
        "urls",
        "code",
        "extra_names",
        "untranslated",
        "repetition",
        "leakage",
        "length",
        "script",
        "punctuation",
        "truncated",
    }
)
_MIN_RATIO_CHARS = 40  # of the source; a short sentence has no ratio worth the name
_LEAST_SAID = 0.17
_HAN_OF_A_WORD = 1.5
_MIN_HAN_SHARE = 0.35  # of the letters that are neither names nor math
_LATIN_RUN = re.compile(r"(?:[A-Za-z][a-z'’]*[ ,]+){4,}[A-Za-z][a-z'’]+")
_LEAK = re.compile(
    r"<\||\|>|\ufffd|```|翻译|译文|原文|原样|保留：|以下是|简体中文|只输出"
    r"|\b(?:translat(?:e|ed|ion)|assistant|simplified chinese|output only)\b",
    re.IGNORECASE,
)
_LISTED = re.compile(r"[A-Za-z）] ?= ?[\u4e00-\u9fff]")
_LEAK_ALLOWED = re.compile(
    r"translat|interpret|original|preserv|Chinese|assist|source|intact|unchanged|untouched"
    r"|as[ -]is\b",
    re.IGNORECASE,
)
# A lower-case word, or a piece of one that a hyphen ties to Han: 训练-free.
_ENGLISH = re.compile(
    r"(?<![A-Za-z0-9-])(?=[a-z-]{4})[a-z]+(?:-[a-z]+)*(?![A-Za-z0-9-])"
    r"|[\u4e00-\u9fff]\s?-[a-z]{2,}|[a-z]{2,}-\s?[\u4e00-\u9fff]"
)
_BRACKETED = re.compile(r"[（(“\"][^（）()“”\"]*[）)”\"]")
_LOOP = re.compile(r"(.{3,30}?)\1{2,}|([^\s.\-=_*#0-9])\2{4,}")
_NARROW = re.compile(
    r"[\u4e00-\u9fff][,;:?!]|[,;?!][\u4e00-\u9fff]|[\u4e00-\u9fff]\.(?:\s|$)|[，。；：？！、]{2}"
)
_PAIRS = (("（", "）"), ("“", "”"), ("《", "》"))
_CHINESE_END = re.compile(r"[。？！…；：][”）》]?$")
_LOOP_CHARS = 12  # a stretch this long does not come back twice by chance
_LEAST_SCORE = -0.9
"""Mean log-probability of an answer; of 843 by the 1.5 B 2 % were below, most of them nonsense."""
_OF_NUMBERS = frozenset({"numbers", "extra_numbers", "units"})
_MOST_COPIED = 0.5
_NO_TERMS = Glossary()
_OPEN_END = re.compile(r"[，、（(,]$")


def numbers(source: str, target: str) -> bool:
    """Each number of the source is in the target."""
    return not atoms.missing_numbers(source, target)


def extra_numbers(source: str, target: str) -> bool:
    """The target makes up no number."""
    return not atoms.extra_numbers(source, target)


def units(source: str, target: str) -> bool:
    """No number has a unit that the source has nowhere."""
    return not foreign_units(source, target)


def math(source: str, target: str) -> bool:
    """Formulas are verbatim, white space aside, and none is new."""
    return not (atoms.missing_maths(source, target) or atoms.extra_maths(source, target))


def urls(source: str, target: str) -> bool:
    """Addresses are verbatim, and none is new."""
    return not (atoms.missing_urls(source, target) or atoms.extra_urls(source, target))


def code(source: str, target: str) -> bool:
    """What stands in backticks is verbatim, and nothing else does."""
    return sorted(set(atoms.codes(source))) == sorted(set(atoms.codes(target)))


def names(source: str, target: str) -> bool:
    """Acronyms and names are kept, or written out in their usual Chinese form."""
    return not atoms.missing_names(source, target)


def extra_names(source: str, target: str) -> bool:
    """The target makes up no name."""
    return not atoms.extra_names(source, target)


def untranslated(source: str, target: str) -> bool:
    """Chinese, but for names and math; a source of nothing else may stay as it is."""
    if not _says_much(source):
        return bool(target)
    rest = _without_kept(target, source)
    han = len(re.findall(r"[\u3400-\u9fff]", rest))
    latin = len(re.findall(r"[A-Za-z]", rest))
    glossed = _BRACKETED.sub(" ", rest)  # 首席（the first chair of the orchestra）
    return han > 0 and han >= _MIN_HAN_SHARE * (han + latin / 3) and not _LATIN_RUN.search(glossed)


def english_left(source: str, target: str) -> bool:
    """No ordinary English word, or half of one, stands amid the Chinese."""
    return not english_words(source, target)


def english_words(source: str, target: str) -> list[str]:
    """The English words amid the Chinese of ``target``, with what a hyphen ties to them."""
    if not atoms.has_han(target):
        return []
    outside = _BRACKETED.sub(" ", _without_kept(target, source))
    found = [re.sub(r"[^a-z-]", "", word).strip("-") for word in _ENGLISH.findall(outside)]
    found = [word for word in found if word not in LOANS]
    capitalised = re.findall(r"(?<![A-Za-z0-9-])[A-Z][a-z]{3,}(?![A-Za-z0-9-])", outside)
    return list(dict.fromkeys([*found, *(word for word in capitalised if word not in source)]))


def english_phrases(source: str, target: str) -> list[str]:
    """The same words, those that stand side by side as one: hate speech."""
    words = sorted(english_words(source, target), key=len, reverse=True)
    if not words:
        return []
    word = "(?:" + "|".join(map(re.escape, words)) + ")"
    side_by_side = re.compile(rf"(?<![A-Za-z]){word}(?:[ -]{word})*(?![A-Za-z])")
    return list(dict.fromkeys(side_by_side.findall(target)))


def repetition(source: str, target: str) -> bool:
    """The target does not go round in circles, unless the source does."""
    if _LOOP.search(target) and not _LOOP.search(source):
        return False
    pieces = [target[i : i + _LOOP_CHARS] for i in range(len(target) - _LOOP_CHARS + 1)]
    return all(pieces.count(piece) < 3 for piece in pieces[::_LOOP_CHARS])


def leakage(source: str, target: str) -> bool:
    """Nothing of the prompt, and no talk about the translation, is in the target."""
    leak = _LEAK.search(target)
    if _LISTED.search(target) and "=" not in source:  # the terms that it was told
        return False
    return leak is None or leak[0] in source or bool(_LEAK_ALLOWED.search(source))


def script(source: str, target: str) -> bool:
    """Simplified characters; traditional ones are written after all checks."""
    del source
    return is_simplified(target)


def punctuation(source: str, target: str) -> bool:
    """Chinese marks beside Han, in pairs where the source has pairs, and one at the end."""
    if not atoms.has_han(target):
        return True
    plain = target
    for kept in (*atoms.maths(target), *atoms.urls(target)):
        plain = plain.replace(kept, "x")
    narrow = _NARROW.search(plain)
    in_pairs = source.count("(") == source.count(")") and source.count('"') % 2 == 0
    in_pairs &= source.count("“") == source.count("”")
    paired = not in_pairs or all(plain.count(a) == plain.count(b) for a, b in _PAIRS)
    return narrow is None and paired and _CHINESE_END.search(plain) is not None


def length(source: str, target: str) -> bool:
    """Neither half a sentence nor two.

    1 of 2,994 human references (FLORES dev, NTREX) lies outside; a model that only recites what it
    was told to keep lies below.
    """
    if len(source) < _MIN_RATIO_CHARS:
        return True
    low, high = LANGUAGES["zh-Hans"].ratio
    return low <= said(target) / len(source) <= high


def omission(source: str, target: str) -> bool:
    """Long enough to say all that the source says.

    Of 2,994 human references (FLORES dev, NTREX) 0.5 % say less; of the same with a clause taken
    out, half do.
    """
    if len(source) < _MIN_RATIO_CHARS:
        return True
    return said(target) >= _LEAST_SAID * len(source)


def said(text: str) -> float:
    """How much a Chinese text says: its characters, a Latin word or number counting as 1.5."""
    words = len(re.findall(r"[A-Za-z0-9.]+", text))
    return len(re.findall(r"[\u3400-\u9fff]", text)) + _HAN_OF_A_WORD * words


def superlatives(source: str, target: str) -> bool:
    """No claim of being best or first that the source does not make."""
    return not polarity.unbacked_superlatives(source, target)


def direction(source: str, target: str) -> bool:
    """What rises in the source does not fall in the target, nor end where it began."""
    return not (polarity.turned_direction(source, target) or polarity.swapped_order(source, target))


def negation(source: str, target: str) -> bool:
    """A plain "not" has not gone."""
    return not polarity.dropped_negation(source, target)


CHECKS: Mapping[str, Callable[[str, str], bool]] = {
    check.__name__: check
    for check in (
        numbers,
        extra_numbers,
        units,
        math,
        urls,
        code,
        names,
        extra_names,
        untranslated,
        english_left,
        repetition,
        leakage,
        script,
        punctuation,
        length,
        omission,
        superlatives,
        direction,
        negation,
    )
}


def run(
    source: str,
    target: str,
    answer: Completion | None = None,
    language: Language = LANGUAGES["zh-Hans"],
    glossary: Glossary = _NO_TERMS,
) -> dict[str, bool]:
    """Every check that applies in ``language``, by its name.

    Args:
        source: In English.
        target: Its translation, normalised.
        answer: What the model said, for whether it ended and how sure it was.
        language: Of ``target``.
        glossary: What terms are to be called.
    """
    read = language.numerals(target)
    checks = {
        name: check(source, read if name in _OF_NUMBERS else target)
        for name, check in CHECKS.items()
        if language.chinese or name not in CHINESE_ONLY
    }
    checks["terms"] = not glossary.missing(source, target)
    if not checks["names"]:
        checks["names"] = all(
            (term := glossary.of_abbreviation(name)) is not None and term.named(target)
            for name in atoms.missing_names(source, target)
        )
    if language.chinese:
        checks["expansions"] = not guessed_expansions(source, target, glossary)
    else:
        checks["untranslated"] = _in_language(source, target, language)
        low, high = language.ratio
        ratio = len(target) / max(len(source), 1)
        checks["length"] = len(source) < _MIN_RATIO_CHARS or low <= ratio <= high
        if not language.letters:  # a Latin word is no name there
            del checks["extra_names"]
    checks["doubt"] = answer is None or answer.score is None or answer.score >= _LEAST_SCORE
    ended = answer is None or answer.finished
    checks["truncated"] = ended and not _OPEN_END.search(target)
    return checks


def _in_language(source: str, target: str, language: Language) -> bool:
    """Whether ``target`` is in ``language``: by its letters, or by not being the source again."""
    if not _says_much(source):
        return bool(target)
    if language.letters:
        return re.search(f"[{language.letters}]", target) is not None
    words = re.findall(r"[a-z]{3,}", _without_kept(target, source))
    own = set(re.findall(r"[a-z]{3,}", source))
    return bool(words) and sum(word in own for word in words) <= _MOST_COPIED * len(words)


def passes(checks: Mapping[str, bool]) -> bool:
    """Whether the text may be published: no hard check failed."""
    return all(passed for name, passed in checks.items() if name in HARD)


def faults(checks: Mapping[str, bool]) -> tuple[int, int]:
    """How many hard and how many soft checks failed: the order of candidates."""
    failed = [name for name, passed in checks.items() if not passed]
    hard = sum(name in HARD for name in failed)
    return hard, len(failed) - hard


def _says_much(source: str) -> bool:
    """Whether ``source`` holds three words besides what is rightly not translated."""
    return re.search(r"(?:\b[a-z]{2,}\b.*){3}", _without_kept(source, source)) is not None


def _without_kept(text: str, source: str) -> str:
    """``text`` without what is rightly not translated."""
    text = re.sub(r"`[^`]+`", " ", text)
    for kept in (*atoms.maths(text), *atoms.urls(text), *atoms.names(source)):
        text = text.replace(kept, " ")
    return text
