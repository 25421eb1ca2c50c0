"""Terms: what a lab calls things, and the abbreviations that a text defines. Pure.

A glossary is a TOML file, ``"english term" = "中文"`` a line, or a table with what else is known:
``"phone error rate" = { zh = "音素错误率", abbr = "PER", wrong = ["电话错误率"] }``.

An abbreviation and its long form are found as Schwartz and Hearst do ("A simple algorithm for
identifying abbreviation definitions in biomedical text", PSB 2003): the letters of the short form
in the words before its bracket, from the right.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from digest.errors import ConfigError

_FORM = '"term" = "译名", or "term" = { zh = "译名", abbr = "ABBR", wrong = ["误译"] }'


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    """What an entry of a glossary file may say."""

    zh: str | None = None
    ja: str | None = None
    ko: str | None = None
    de: str | None = None
    fr: str | None = None
    abbr: str = ""
    also: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """One term.

    Args:
        english: As in running text, lower case but for names; its plural is understood.
        translation: What it is called in the target language.
        abbreviation: Its usual short form; "" for none.
        also: Other names that are accepted, and left as they are.
        wrong: Names that a model gives it, replaced by ``translation``.
    """

    english: str
    translation: str
    abbreviation: str = ""
    also: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()

    def named(self, target: str) -> bool:
        """Whether ``target`` calls it what it should, by its short form, or leaves it English."""
        forms = (self.translation, *self.also, self.abbreviation, self.english)
        return any(form and _holds(target, form) for form in forms)


def _holds(text: str, form: str) -> bool:
    """Whether ``form`` stands in ``text``; one in letters as a word, so that no GP is in GPU."""
    if not form.isascii():
        return form.lower() in text.lower()
    word = rf"(?<![A-Za-z0-9]){re.escape(form)}s?(?![A-Za-z0-9])"
    return re.search(word, text, re.IGNORECASE) is not None


class Glossary:
    """Terms that are found in English text, the longest first; each place belongs to one."""

    def __init__(self, terms: Iterable[Term] = ()):
        self._terms = {_key(term.english): term for term in terms}
        forms = sorted(self._terms, key=len, reverse=True)
        self._pattern = re.compile(
            rf"(?<![A-Za-z-])({'|'.join(_form(form) for form in forms)})(?![A-Za-z])", re.IGNORECASE
        )
        self._found = lru_cache(maxsize=512)(self._find)  # each check of a sentence asks for them

    def __len__(self) -> int:
        return len(self._terms)

    def identity(self) -> str:
        """All of it as text: what a translation depends on."""
        return repr(sorted(self._terms.values(), key=lambda term: term.english))

    def of(self, source: str) -> list[Term]:
        """The terms of ``source``, once each, in the order of the text."""
        return list(self._found(source)) if self._terms else []

    def _find(self, source: str) -> tuple[Term, ...]:
        found = [self._named(match[1]) for match in self._pattern.finditer(source)]
        return tuple(dict.fromkeys(term for term in found if term is not None))

    def _named(self, english: str) -> Term | None:
        return next((self._terms[k] for k in _keys(english) if k in self._terms), None)

    def name_of(self, english: str) -> str:
        """What a term is called, or its plural; "" where ``english`` as a whole is none."""
        term = self._named(english)
        return term.translation if term is not None else ""

    def of_abbreviation(self, short: str) -> Term | None:
        """The term whose usual short form it is, or whose plural."""
        single = short.removesuffix("s") or short
        found = [
            t for t in self._terms.values() if t.abbreviation and t.abbreviation in (short, single)
        ]
        return found[0] if len(found) == 1 else None

    def missing(self, source: str, target: str) -> list[Term]:
        """Terms of ``source`` that ``target`` calls something else."""
        return [term for term in self.of(source) if not term.named(target)]

    def mended(self, source: str, target: str) -> str:
        """``target`` with the known wrong names of the terms of ``source`` replaced.

        Not where the term has its right name already, nor one that is right for another term of
        the sentence: 字错误率 is wrong for WER and right for CER.
        """
        terms = self.of(source)
        right = [name for term in terms for name in (term.translation, *term.also)]
        for term in terms:
            if any(name in target for name in (term.translation, *term.also)):
                continue
            for wrong in term.wrong:
                if not any(wrong in name for name in right):
                    target = target.replace(wrong, term.translation)
        return target


def parse_glossary(text: str, language: str, name: str = "glossary.toml") -> list[Term]:
    """The terms of a glossary file that have a name in ``language`` (``zh``, ``ja``, ...).

    A term with an empty name is kept, so that it can take one out of another glossary.

    Raises:
        ConfigError: It is no TOML, or an entry is not of the form.
    """
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{name} is not TOML: {exc}", f"a line is {_FORM}") from exc
    terms = []
    for english, entry in read.items():
        try:
            known = msgspec.convert({"zh": entry} if isinstance(entry, str) else entry, _Entry)
        except msgspec.ValidationError as exc:
            raise ConfigError(
                f"{name}: the entry {english!r} cannot be read: {exc}", f"a line is {_FORM}"
            ) from exc
        translation = getattr(known, language)
        if translation is not None:
            terms.append(Term(english, translation, known.abbr, known.also, known.wrong))
    return terms


def merged(*lists: Sequence[Term]) -> Glossary:
    """Several as one; a later entry replaces an earlier one, and an empty name takes it out."""
    terms: dict[str, Term] = {}
    for each in lists:
        terms.update({_key(term.english): term for term in each})
    return Glossary(term for term in terms.values() if term.translation)


def _key(english: str) -> str:
    """Case and hyphens make no other term."""
    return re.sub(r"[\s-]+", " ", english.strip().lower())


def _keys(english: str) -> list[str]:
    """The key of what a text says, and of what it may be the plural of."""
    key = _key(english)
    return [key, *(key[: -len(end)] + single for end, single in _PLURALS if key.endswith(end))]


_PLURALS = (("s", ""), ("es", ""), ("ies", "y"))


def _form(key: str) -> str:
    """A pattern for a key and its plurals."""
    joined = r"[\s-]+".join(map(re.escape, key.split(" ")))
    return rf"{joined[:-1]}(?:y|ys|ies)" if joined.endswith("y") else rf"{joined}(?:e?s)?"


# ---------------------------------------------------------------- abbreviations of a text


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """A short form that a text defines: ``word error rate (WER)``."""

    long: str
    short: str


_DEFINED = re.compile(r"[(（]\s*([A-Za-z][A-Za-z0-9&./+-]{1,11})\s*(?:[)）]|[;,]\s)")
_WORD = re.compile(r"[A-Za-z0-9]+")


def abbreviations(text: str) -> list[Abbreviation]:
    """The definitions of an English text, the first of each short form, in order."""
    found: dict[str, Abbreviation] = {}
    for match in _DEFINED.finditer(text):
        short = match[1].rstrip(".")
        if sum(char.isupper() for char in short) < 2 or short in found:
            continue
        long = _long_form(short.removesuffix("s") or short, text[: match.start()])
        if long:
            found[short] = Abbreviation(long, short)
    return list(found.values())


def _long_form(short: str, before: str) -> str:
    """The words at the end of ``before`` whose letters the short form is made of; "" for none.

    At most ``min(len + 5, 2 * len)`` words, as the paper has it, and within the sentence.
    """
    letters = [char for char in short.lower() if char.isalnum()]
    start = max((m.end() for m in re.finditer(r"[.;:!?()]\s", before)), default=0)
    words = list(_WORD.finditer(before, start))
    words = words[-min(len(letters) + 5, 2 * len(letters)) :]
    if not words:
        return ""
    first = words[0].start()
    place = len(before.rstrip())
    for index in range(len(letters) - 1, -1, -1):
        place -= 1
        while place >= first and not (
            before[place].lower() == letters[index] and (index or _opens(before, place))
        ):
            place -= 1
        if place < first:
            return ""
    long = before[place:].strip(" ~\"'")
    # A long form says more than its letters: "the GPU (GPU)", "A B (AB)" define nothing.
    return long if len(long) > len(short) + 1 and short.lower() not in long.lower().split() else ""


def _opens(text: str, place: int) -> bool:
    return place == 0 or not text[place - 1].isalnum()


# ---------------------------------------------------------------- first mentions


def glossed(target: str, abbreviation: Abbreviation, term: Term | None) -> str:
    """A Chinese ``target`` of the defining sentence with ``中文（English，ABBR）``.

    Where the model wrote ``中文（ABBR）`` or the like, the English is put in; where it left the
    long form in English, the glossary's name goes before it. Unchanged where neither is seen.
    """
    long, short = abbreviation.long, abbreviation.short
    full = f"（{long}，{short}）"
    if full in target:
        return target
    bracket = re.search(
        rf"\s?[（(](?:{re.escape(long)}s?\s?[,，、:：]?\s?)?(?:简称为?|缩写为?|即)?\s?{re.escape(short)}\s?[）)]",
        target,
        re.IGNORECASE,
    )
    if bracket is None:
        return target
    before, after = target[: bracket.start()], target[bracket.end() :]
    english = re.search(rf"(?<![A-Za-z]){re.escape(long)}s?[”\"]?\s?\Z", before, re.IGNORECASE)
    if english is not None:
        if term is None:
            return target
        before = before[: english.start()].rstrip() + term.translation
    elif not re.search(r"[\u3400-\u9fff][”》]?\s?\Z", before):
        return target
    return before.rstrip() + full + after


_EXPANDED = re.compile(r"(?<![A-Za-z0-9-])([A-Z]{2,6})\s?（([\u3400-\u9fff]{3,16})）")


def without_made_up_expansions(source: str, target: str, glossary: Glossary) -> str:
    """``target`` without the Chinese that a model adds in brackets to a bare abbreviation.

    ``MSA（多序列比对）`` where the source only says MSA: the model guesses what it stands for. The
    glossary's own name is no guess, nor is what is too short to write the letters out, or what
    the source may say of the name itself, in brackets or after a comma.
    """

    def bare(match: re.Match[str]) -> str:
        short, guess = match.groups()
        known = glossary.of_abbreviation(short)
        said = re.search(rf"\b{short}(?:s|-\w+)?\s?[(,:—–]|\(\s?{short}s?\b", source)
        own = known is not None and known.translation == guess
        return match[0] if said or own or len(guess) <= len(short) else short

    return _EXPANDED.sub(bare, target)


def guessed_expansions(source: str, target: str, glossary: Glossary) -> list[str]:
    """Abbreviations that ``target`` puts in brackets after Chinese and ``source`` nowhere defines.

    ``多序列比对（MSA）`` for a bare MSA, but for a glossary's own name.
    """
    found = []
    for match in re.finditer(r"([\u3400-\u9fff]+)（([A-Z][A-Za-z0-9-]{1,11})）", target):
        before, short = match.groups()
        bare = re.search(rf"(?<![(A-Za-z]){re.escape(short)}(?![A-Za-z)])", source) is not None
        defined = re.search(rf"\({re.escape(short)}s?[),;]", source) is not None
        known = glossary.of_abbreviation(short)
        if bare and not defined and not (known and before.endswith(known.translation)):
            found.append(short)
    return found


def shortened(target: str, defined: Mapping[str, str], source: str) -> str:
    """``target`` with the short forms that ``source`` writes, where the model wrote them out.

    Args:
        target: A sentence after the defining one, in Chinese.
        defined: Short form -> the Chinese that its definition was given.
        source: The English of ``target``.
    """
    for short, chinese in defined.items():
        written = re.search(rf"(?<![A-Za-z]){re.escape(short)}(?![A-Za-z])", source) is not None
        if written and short not in target and target.count(chinese) == 1:
            target = target.replace(chinese, short)
    return target
