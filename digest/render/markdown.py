"""Text from outside as Markdown that says the same, in each form that a post may have.

Titles, abstracts and model answers may hold HTML, Liquid tags, tables or emphasis by accident.
Everything outside of math is escaped by what the form's renderers undo: backslashes, and character
references where a backslash is not enough.

What a formula says is never changed: what stands on the page between its delimiters is its TeX,
character by character.

=========  ==========================================  =======================
form       renderers                                   math in the file
=========  ==========================================  =======================
jekyll     kramdown after Liquid; GitHub               ``$...$``, escaped
hugo       goldmark, raw HTML dropped                  ``\\\\(...\\\\)``, escaped
obsidian   Obsidian                                    ``$...$``, as it is
github     cmark-gfm, then GitHub's math               ``$`...`$``, as it is
=========  ==========================================  =======================

Escaped, because kramdown, goldmark and GitHub's ``$...$`` read Markdown first and math afterwards:
bare, ``\\{`` loses its backslash, ``f'`` gets a quotation mark and ``a*b*c`` is emphasis.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ATOM = re.compile(
    r"""(?P<url>https?://[^\s<>"'（）()，。；、“”]+[^\s<>"'（）()，。；、“”.,;:!?])
      | \$\$(?P<display>[^$]{1,2000}?)\$\$
      | \$(?P<inline>(?![\s\d])[^$]{0,2000}?(?<![\s\\]))\$(?!\d)
      | \$(?P<counted>\d[^$]{0,1000}?[\\^_=][^$]{0,1000}?)\$
      | \\\((?P<round>[^$]{1,2000}?)\\\)
      | \\\[(?P<square>[^$]{1,2000}?)\\\]""",
    re.VERBOSE,
)
"""A web address, or a formula. Pandoc's rule for single dollars (no space inside, no digit after),
so that two prices are no formula; one that starts with a digit must hold something that only math
has. None is longer than 2,000 characters: without a bound, 16,000 openings take seconds."""

_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control characters
    "\u202a-\u202e\u2066-\u2069"  # would turn the rest of the line round
    "\u200b\u2060-\u2064\ufeff\ufff9-\ufffb"  # without width, and no part of any word
    "\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f]"  # no characters; tags, which hide text
)
"""What is left out: it shows nothing, and hides or displaces what is beside it. Joiners and marks
of direction stay: words and emoji need them."""
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character: UTF-8 has no form for it

_NOT_IN_URLS = r"[{}|\\`]"
_BACKSLASHED = {character: f"\\{character}" for character in r"\`*_[]#~"}
_REFERENCES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "{": "&#123;",
    "}": "&#125;",
    "|": "&#124;",
    "^": "&#94;",  # alone on a line it is kramdown's end of a block
}
_DASHES = re.compile(r"-{2,}")  # kramdown and Hugo make a dash of two: --limit would read –limit
_DOTS = re.compile(r"\.(?=\.\.)")  # and one sign of three dots
_BLOCK_START = re.compile(r"^([0-9]*)(?:([.)])(?=\s|$)|(?<![0-9])([-+=:])(?=\s|[-=]*$))")


def clean(text: str) -> str:
    """``text`` on one line, without what does not show."""
    text = _SURROGATE.sub("\ufffd", " ".join(text.split()))
    return _UNSEEN.sub("", text)


def escape(text: str, form: str = "jekyll") -> str:
    """``text`` as inline Markdown on one line, math and web addresses kept."""
    dialect, text = DIALECTS[form], clean(text)
    pieces, end = [""], 0
    for atom in ATOM.finditer(text):
        between = dialect.plain(text[end : atom.start()])
        # "$a$$b$" would be one of kramdown's formulas to the next "$$"
        pieces += [between or (" " if end and atom["url"] is None else ""), _atom(atom, dialect)]
        end = atom.end()
    pieces.append(dialect.plain(text[end:]))
    return dialect.whole(_BLOCK_START.sub(r"\1\\\2\3", "".join(pieces)))


def split_formulas(text: str) -> list[str]:
    """A text's parts on one line: outside of formulas, a formula's TeX, outside, and so on."""
    text, parts, end = clean(text), [], 0
    for atom in ATOM.finditer(text):
        if atom["url"] is None:
            parts += [text[end : atom.start()], tex_of(atom)]
            end = atom.end()
    return [*parts, text[end:]]


def formulas(text: str) -> list[str]:
    """The TeX of every formula of a text, in order."""
    return split_formulas(text)[1::2]


def _atom(atom: re.Match[str], dialect: Dialect) -> str:
    return dialect.math(tex_of(atom)) if atom["url"] is None else _address(atom["url"])


def tex_of(atom: re.Match[str]) -> str:
    """The TeX of a formula that ``ATOM`` found, without its dollars or brackets."""
    return str(atom[atom.lastgroup or 0]).strip()


def page_link(pdf_url: str, page: int) -> str:
    """A link to a page of a PDF."""
    return f"[p.{page}]({pdf_url}#page={page})"


def _address(url: str) -> str:
    """An autolink. What has no place in an address could be Liquid or a table."""
    return f"<{re.sub(_NOT_IN_URLS, lambda sign: f'%{ord(sign[0]):02X}', url)}>"


# ---------------------------------------------------------------- how each form says it


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one form writes text outside of math, a formula, and what they come to; and a tag."""

    plain: Callable[[str], str]
    math: Callable[[str], str]
    whole: Callable[[str], str]
    tag: Callable[[str], str]


def _translated(characters: Mapping[str, str]) -> Callable[[str], str]:
    """Escapes by a table, and runs of dashes and dots."""
    table = str.maketrans(dict(characters))

    def plain(text: str) -> str:
        text = _DASHES.sub(lambda dashes: r"\-" * len(dashes[0]), text.translate(table))
        return _DOTS.sub(r"\.", text)

    return plain


# Curly marks are as wide as a Han character in a Chinese font; kramdown turns some the wrong way.
_QUOTES = {"'": r"\'", '"': r"\""}
# A lone dollar in an element of its own: MathJax and GitHub look for pairs in running text.
_DOLLAR = {"$": "<span>$</span>"}
_jekyll = _translated({**_BACKSLASHED, **_REFERENCES, **_QUOTES, **_DOLLAR})
_hugo = _translated({**_BACKSLASHED, **_REFERENCES, **_QUOTES, "$": "&#36;"})  # no elements there
_github_signs = _translated({**_BACKSLASHED, **_REFERENCES, **_DOLLAR})
_note_signs = _translated({**_BACKSLASHED, **{c: f"\\{c}" for c in "<>|$^&"}})

_EMOJI = re.compile(r":(?=[\w+\\-]+:)")
_RUNS = re.compile(r"={2,}|%{2,}")  # ==marked== and %%comment%%


def _github(text: str) -> str:
    """An empty comment keeps ``:smile:`` from becoming a picture; a reference would not."""
    return _EMOJI.sub("&#58;<!-- -->", _github_signs(text))


def _note(text: str) -> str:
    return _RUNS.sub(lambda run: "".join(f"\\{sign}" for sign in run[0]), _note_signs(text))


_TEX = {character: f"\\{character}" for character in "*`~['\""} | {
    character: _REFERENCES[character] for character in "&<>|"
}
_TEX_BACKSLASH = re.compile(r"\\(?=[^A-Za-z0-9\s]|$)")
_TEX_UNDERSCORE = re.compile(r"(?<![A-Za-z])_")  # after a letter it opens no emphasis
_TEX_BRACE = re.compile(r"\{(?=[{%:])")  # Liquid's, and kramdown's lists of attributes
_tex_signs = _translated(_TEX)


def _as_text(tex: str) -> str:
    """TeX that is itself again once the Markdown was read; letters and commands stay legible."""
    tex = _TEX_BACKSLASH.sub(r"\\\\", tex)
    tex = _tex_signs(_TEX_UNDERSCORE.sub(r"\\_", tex))
    return _TEX_BRACE.sub("&#123;", tex)


def _dollars(tex: str) -> str:
    return f"${_as_text(tex)}$"


def _brackets(tex: str) -> str:
    """What MathJax and KaTeX look for where nothing is configured."""
    return rf"\\({_as_text(tex)}\\)"


def _code(tex: str) -> str:
    return _dollars(tex) if "`" in tex else f"$`{tex}`$"


_STUCK = re.compile(r"(?<!\s)(?=\$`)|(?<=`\$)(?=\w)")


def _apart(text: str) -> str:
    """GitHub sees a formula only where no letter stands at it, and no Chinese punctuation before.

    See https://github.com/github/markup/issues/1742
    """
    return _STUCK.sub(" ", text)


# ---------------------------------------------------------------- front matter

_YAML_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[./-][A-Za-z0-9]+)*")
_YAML_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def yaml_quoted(text: str) -> str:
    """``text`` inside a double-quoted YAML scalar."""
    return clean(text).replace("\\", "\\\\").replace('"', '\\"')


def yaml_word(text: str) -> str:
    """``text`` as a member of a YAML list: bare where it is one word, else quoted."""
    if _YAML_PLAIN.fullmatch(text) and text.lower() not in _YAML_WORDS:
        return text
    return f'"{yaml_quoted(text)}"'


def _obsidian_tag(text: str) -> str:
    """``cs.SD`` as ``cs/SD``: Obsidian takes no dots in tags, and folds what is below a slash."""
    tag = re.sub(r"[^\w/-]+", "-", clean(text).replace(".", "/")).strip("-/")
    return yaml_word(tag if re.search(r"[^\d/]", tag) else f"tag-{tag}")


DIALECTS: Mapping[str, Dialect] = {
    "jekyll": Dialect(_jekyll, _dollars, whole=str, tag=yaml_word),
    "hugo": Dialect(_hugo, _brackets, whole=str, tag=yaml_word),
    "obsidian": Dialect(_note, "${}$".format, whole=str, tag=_obsidian_tag),
    "github": Dialect(_github, _code, whole=_apart, tag=str),
}
