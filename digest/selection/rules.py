"""Rules of the configuration: which papers a post takes, leaves out, and puts first.

A rule is one string, ``FIELD:WORDS``::

    "voice conversion"              title or abstract hold these words, one after the other
    "title:survey"                  title and abstract are fields of their own as well
    "author:Jane Doe"               both words in one author's name; "author:J. Doe" finds her too
    "category:cs.SD"                any of the paper's categories; "primary:cs.SD" the first alone
    "category:cs.*", "tokeni*"      a star at the end of a word stands for the rest of it
    "comments:interspeech 2026"     comments and journal reference
    '"wav2vec: revisited"'          quotes, where the words hold a colon or end in a number

Words are whole words. Case and accents do not matter, and a hyphen is a space. A boost may end in
its weight (``"diffusion 2"``), which is 1 where none is given and may be negative.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from digest.errors import ConfigError
from digest.records import Paper
from digest.selection.wording import words

_RULE = re.compile(r"(?:(?P<field>\w+)\s*:)?\s*(?P<text>.*?)\s*", re.DOTALL)
_QUOTED = re.compile(r'"(?P<text>[^"]*)"(?P<rest>.*)', re.DOTALL)
_WEIGHTED = re.compile(r"(?P<text>.*?)\s+(?P<weight>[-+]?\d+(?:\.\d+)?)", re.DOTALL)
_MOST_WEIGHT = 100.0


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``source``: as it stands in the configuration; ``weight`` is of a boost."""

    source: str
    field: str
    text: str
    weight: float = 1.0

    def matches(self, paper: Paper) -> bool:
        """Whether the rule speaks of ``paper``."""
        return any(_FIELDS[self.field](self.text, value) for value in _values(self.field, paper))


@dataclass(frozen=True, slots=True)
class Rules:
    """What the configuration asks for. An empty ``include`` includes everything."""

    include: tuple[Rule, ...] = ()
    exclude: tuple[Rule, ...] = ()
    boost: tuple[Rule, ...] = ()

    def refusal(self, paper: Paper) -> str | None:
        """Why ``paper`` is left out, in the words of the post; None where it is not."""
        for rule in self.exclude:
            if rule.matches(paper):
                return f"排除规则 “{rule.source}”"
        if self.include and not any(rule.matches(paper) for rule in self.include):
            return "不符合任何收录规则"
        return None

    def weight(self, paper: Paper) -> float:
        """The sum of the boosts that speak of ``paper``; 0 where none does."""
        return math.fsum(rule.weight for rule in self.boost if rule.matches(paper))


def parse_rules(
    include: Sequence[str] = (), exclude: Sequence[str] = (), boost: Sequence[str] = ()
) -> Rules:
    """Read the rules of a configuration.

    Raises:
        ConfigError: Names the list and the rule, and how to write it.
    """
    return Rules(
        tuple(parse_rule(source, "include") for source in include),
        tuple(parse_rule(source, "exclude") for source in exclude),
        tuple(parse_rule(source, "boost") for source in boost),
    )


def parse_rule(source: str, where: str) -> Rule:
    """Read one rule.

    Args:
        source: ``FIELD:WORDS``, or ``WORDS`` alone for title and abstract.
        where: The key that it stands under; only under ``boost`` a number at the end is a weight.

    Raises:
        ConfigError: It has no words, a field that there is none of, or a weight of no use.
    """
    quoted = _QUOTED.fullmatch(source.strip())
    match = None if quoted else _RULE.fullmatch(source.strip())
    field = (match["field"] or "").lower() if match else ""
    if field and field not in _FIELDS:
        raise _unknown_field(source, where, field)
    text, weight = _weighed(match["text"] if match else source.strip(), source, where)
    field = field or "keyword"
    if not _usable(field, text):
        raise ConfigError(f"{where}: {source!r} names no words", "write FIELD:WORDS")
    return Rule(source, field, text, weight)


def _weighed(text: str, source: str, where: str) -> tuple[str, float]:
    """The words without their quotes, and the weight after them."""
    quoted = _QUOTED.fullmatch(text)
    if quoted is not None:
        text, rest = quoted["text"], quoted["rest"].strip()
        if not rest:
            return text, 1.0
        match = _WEIGHTED.fullmatch(f" {rest}") if where == "boost" else None
        if match is None or match["text"]:
            raise ConfigError(f"{where}: {source!r} goes on after its quotes", _AFTER_QUOTES[where])
        return text, _weight(match["weight"], source)
    match = _WEIGHTED.fullmatch(text) if where == "boost" else None
    return (match["text"], _weight(match["weight"], source)) if match else (text, 1.0)


_AFTER_QUOTES = {
    "include": "write one rule for each",
    "exclude": "write one rule for each",
    "boost": "only a weight may follow, as in 'keyword:\"llama 2\" 1.5'",
}


def _weight(digits: str, source: str) -> float:
    weight = float(digits)
    if weight == 0 or abs(weight) > _MOST_WEIGHT:
        hint = f"a weight is -{_MOST_WEIGHT:g} to {_MOST_WEIGHT:g} and not 0"
        raise ConfigError(f"boost: {source!r} has the weight {digits}", hint)
    return weight


def _unknown_field(source: str, where: str, field: str) -> ConfigError:
    close = difflib.get_close_matches(field, _FIELDS, n=1)
    fields = f"did you mean {close[0]}:?" if close else f"fields: {', '.join(_FIELDS)}"
    return ConfigError(
        f"{where}: {source!r} has no known field",
        f"{fields} (words that hold a colon go between double quotes)",
    )


# ---------------------------------------------------------------- what a field holds


def _values(field: str, paper: Paper) -> tuple[str, ...]:
    if field == "keyword":
        return paper.title, paper.abstract
    if field == "author":
        return paper.authors
    if field == "category":
        return paper.categories
    if field == "primary":
        return paper.categories[:1]
    if field == "comments":
        return paper.comments or "", paper.journal_ref or ""
    return (paper.title,) if field == "title" else (paper.abstract,)


def _phrase(text: str, value: str) -> bool:
    """Whether the words of ``text`` stand in ``value`` one after the other."""
    wanted, found = _patterns(text), words(value)
    return any(
        all(map(_is, wanted, found[start:]))
        for start in range(len(found) - len(wanted) + 1)
    )  # fmt: skip


def _name(text: str, value: str) -> bool:
    """Whether one name holds the words of ``text`` in order; ``Doe, Jane`` is ``Jane Doe``.

    Other names may stand between them, and a letter stands for every name that it begins.
    """
    last, comma, first = text.partition(",")
    wanted = _patterns(f"{first} {last}" if comma else text)
    found = iter(words(value))
    return all(any(_is(_initial(pattern), word) for word in found) for pattern in wanted)


def _category(text: str, value: str) -> bool:
    return _is(text.strip().lower(), value.lower())


def _patterns(text: str) -> list[str]:
    """The words of a rule, folded as the text is; a star stays at the end of its word."""
    patterns: list[str] = []
    for part in text.split():
        found = words(part)
        if found and part.endswith("*"):
            found[-1] += "*"
        patterns += found
    return patterns


def _initial(pattern: str) -> str:
    return pattern + "*" if len(pattern) == 1 and pattern.isalpha() else pattern


def _is(pattern: str, word: str) -> bool:
    if pattern.endswith("*"):
        return word.startswith(pattern[:-1])
    return word == pattern


def _usable(field: str, text: str) -> bool:
    """Whether a rule says anything; a star alone would stand for everything."""
    return bool(text.strip(" *") if field in ("category", "primary") else _patterns(text))


_FIELDS: Mapping[str, Callable[[str, str], bool]] = {
    "keyword": _phrase,
    "title": _phrase,
    "abstract": _phrase,
    "author": _name,
    "category": _category,
    "primary": _category,
    "comments": _phrase,
}
"""For each field, how the words of a rule are held against one of its values."""
