"""A day's papers as BibTeX, in the form in which arXiv gives its own: ``@misc`` with an eprint.

Keys are made of the first author and the id, so that a paper has the same key in every file.
Text is UTF-8, as biber and every bibtex of TeX Live of after 2020 read it; what TeX would act on
is escaped, also in a formula that does more than to set mathematics.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from digest.records import ArxivId, Paper
from digest.render.blocks import abs_url, plain, title
from digest.render.entry import Entry
from digest.render.texmath import only_sets

_MATH = re.compile(r"(\$[^$\s](?:[^$]*[^$\s\\])?\$(?!\d))")
# Braces by name: BibTeX counts them even where a backslash stands before.
_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{character: f"\\{character}" for character in "&%$#_"},
    }
)
_JOINED = re.compile(r"\band\b|,.*,|collaboration|consortium|\bteam\b|\bgroup\b", re.IGNORECASE)


def bibtex(entries: Sequence[Entry]) -> str:
    """One item a paper, in the order of the post; a paper that is there twice, once."""
    papers = {entry.paper.id.base: entry.paper for entry in entries}
    return "\n".join(_item(paper) for paper in papers.values())


def key(paper: Paper) -> str:
    """``lovelace-2601.16158``; without a known author ``arxiv-2601.16158`` or ``local-ab8c...``."""
    arxiv = isinstance(paper.id, ArxivId)
    name = _ascii(_family(paper.authors[0])) if paper.authors else ""
    number = paper.id.base.replace("/", "-") if arxiv else paper.id.base[6:22]
    return f"{name or ('arxiv' if arxiv else 'local')}-{number}"


def latex(text: str) -> str:
    """``text`` for TeX: formulas as they are, where they can do no harm; all else escaped."""
    pieces = _MATH.split(plain(text))
    for index, piece in enumerate(pieces):
        if index % 2 == 0 or not only_sets(piece[1:-1]):
            pieces[index] = piece.translate(_ESCAPES)
    return "".join(pieces)


def _item(paper: Paper) -> str:
    fields = {name: value for name, value in _fields(paper).items() if value}
    lines = [f"  {name:<13} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{{key(paper)},", *lines, "}"]) + "\n"


def _fields(paper: Paper) -> dict[str, str]:
    arxiv = isinstance(paper.id, ArxivId)
    return {
        "author": " and ".join(filter(None, map(_author, paper.authors))),
        "title": f"{{{latex(title(paper))}}}",  # braces twice: a style leaves its capitals alone
        "year": str(paper.submitted_at.year) if paper.submitted_at is not None else _year(paper),
        "eprint": paper.id.base if arxiv else "",
        "archivePrefix": "arXiv" if arxiv else "",
        "primaryClass": latex(paper.categories[0]) if arxiv and paper.categories else "",
        "doi": latex(paper.doi or ""),
        "url": abs_url(paper.id),
        "note": latex(paper.journal_ref or ""),
    }


def _year(paper: Paper) -> str:
    """Of an arXiv identifier that begins with the year and month, which only those since 2007 do.

    The older ones have them after the slash.
    """
    if not isinstance(paper.id, ArxivId):
        return ""
    digits = int(paper.id.base.rpartition("/")[2][:2])
    return str(1900 + digits if digits > 90 else 2000 + digits)


def _author(name: str) -> str:
    """A person as written; what is no person's name in braces, so that it is not taken apart."""
    written = latex(name)
    return f"{{{written}}}" if _JOINED.search(name) else written


def _family(name: str) -> str:
    name = plain(name)
    return name.partition(",")[0] if "," in name else name.rpartition(" ")[2]


def _ascii(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in bare if character.isascii() and character.isalnum())
