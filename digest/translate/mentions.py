"""Abbreviations over the sentences of a text: ``中文（English，ABBR）`` first, then ABBR. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.translate.drafts import Draft, Drafting
from digest.words.terms import Abbreviation, Glossary, Term, abbreviations, glossed, shortened


def with_first_mentions(
    text: str, drafts: Sequence[Draft], drafting: Drafting, glossary: Glossary
) -> list[Draft]:
    """The drafts of ``text``'s sentences, with its own definitions written out once.

    A draft that would fail a check for it stays as it is.
    """
    waiting = {each.short: each for each in abbreviations(text)}
    chinese: dict[str, str] = {}
    result = []
    for draft in drafts:
        defined = [each for each in waiting.values() if _defines(draft.source, each)]
        changed = shortened(draft.text, chinese, draft.source) if draft.passes else draft.text
        for each in defined:
            del waiting[each.short]
            if draft.passes:
                term = next(iter(glossary.of(each.long)), None)
                whole = term if term and len(term.english) >= len(each.long) - 1 else None
                changed = glossed(changed, each, whole)
                chinese.update(_called(changed, each, whole))
        result.append(_checked(draft, changed, drafting))
    return result


def _defines(sentence: str, each: Abbreviation) -> bool:
    return (
        each.long in sentence
        and re.search(rf"[(（]\s*{re.escape(each.short)}\b", sentence) is not None
    )


def _called(target: str, each: Abbreviation, term: Term | None) -> dict[str, str]:
    """Short form -> the Chinese before its bracket: the term's, else a clause that is only it."""
    bracket = f"（{each.long}，{each.short}）"
    if term is not None and f"{term.translation}{bracket}" in target:
        return {each.short: term.translation}
    marked = re.search(
        rf".*(?:^|[，。、；：（“])([\u3400-\u9fff]{{3,14}}){re.escape(bracket)}", target
    )
    return {each.short: marked[1]} if marked else {}


def _checked(draft: Draft, text: str, drafting: Drafting) -> Draft:
    if text == draft.text:
        return draft
    changed = drafting.changed(draft, text, draft.how)
    return changed if changed.passes and changed.rank <= draft.rank else draft
