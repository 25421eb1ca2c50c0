"""Text from outside as HTML: escaped, math as MathML, web addresses as links."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup, escape

from digest.render.markdown import ATOM, tex_of
from digest.site.mathml import mathml

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""No character of HTML: a browser shows nothing, or something else, in their place."""
Span = tuple[int, int]
"""Start and end of something in a text, half open."""


def html(text: str, marked: Sequence[Span] = ()) -> Markup:
    """``text`` as inline HTML.

    Args:
        text: Anything.
        marked: What to put into ``<mark>``; what lies inside math or an address stays unmarked.
    """
    text = _CONTROL.sub(" ", text)
    found, at = Markup(), 0
    for atom in ATOM.finditer(text):
        found += _highlit(text, at, atom.start(), marked) + _atom(atom)
        at = atom.end()
    return found + _highlit(text, at, len(text), marked)


def _atom(atom: re.Match[str]) -> Markup:
    """An address as a link, a formula as MathML."""
    if atom["url"] is not None:
        return Markup('<a href="{0}" rel="noreferrer">{0}</a>').format(atom["url"])
    display = bool(atom["display"] or atom["square"])
    return mathml(tex_of(atom), display=display, written=atom[0])


def _highlit(text: str, start: int, end: int, marked: Sequence[Span]) -> Markup:
    found, at = Markup(), start
    for first, last in sorted(marked):
        if at <= first and last <= end:
            found += escape(text[at:first]) + Markup("<mark>{}</mark>").format(text[first:last])
            at = last
    return found + escape(text[at:end])
