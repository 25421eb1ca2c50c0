"""Which figures of a sentence another text states as well: those a reader checks first. Pure."""

from __future__ import annotations

from digest.words.numbers import numbers

_ARTICLES = {"a", "an"}


def shared_figures(source: str, target: str) -> tuple[str, ...]:
    """The figures of ``source``, as printed there, whose values ``target`` states, in order.

    The texts may be in either language: 1.5 billion is 15 亿. Numbers of tables and sections are no
    figures; neither are ordinals and articles.
    """
    stated = {number.value for number in numbers(target) if number.role == "figure"}
    found = (
        number.text.strip()
        for number in numbers(source)
        if number.role == "figure" and number.value in stated
        if number.text.lower() not in _ARTICLES
    )
    return tuple(dict.fromkeys(found))
