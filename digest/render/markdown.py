"""Text from outside as Markdown that says the same in kramdown, CommonMark, GitHub and Obsidian.

Titles, abstracts and model answers may hold HTML, Liquid tags, tables or emphasis by accident.
Everything outside ``$...$`` is escaped by character references and backslashes, which all of
these renderers undo; inside math nothing is changed but braces that Liquid would read.
"""

from __future__ import annotations

import re

_MATH = re.compile(r"(\$\$.+?\$\$|\$(?![\s\d])[^$]*?(?<![\s\\])\$(?!\d)|\$\d[^$]*?[\\^_=][^$]*?\$)")
"""Pandoc's rule for single dollars (no space inside, no digit after), so that two prices are no
formula; one that starts with a digit must hold something that only math has."""

_URL = re.compile(r"(https?://[^\s<>\"'（）()，。；、“”]+[^\s<>\"'（）()，。；、“”.,;:!?])")
_REFERENCES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "{": "&#123;",
    "}": "&#125;",
    "|": "&#124;",
    "$": "&#36;",
}
_BACKSLASHED = re.compile(r"([\\`*_\[\]#~])")
_DASHES = re.compile(r"-{2,}")  # kramdown makes a dash of two: --limit would read –limit
_BLOCK_START = re.compile(r"^(\d*)([-+=.)])(?=\s|[-=]*$)")


def escape(text: str) -> str:
    """``text`` as inline Markdown on one line, math and web addresses kept."""
    text = " ".join(text.split())
    pieces = _MATH.split(text)
    for index, piece in enumerate(pieces):
        pieces[index] = _math(piece) if index % 2 else _plain(piece)
    return "".join(pieces)


def _math(text: str) -> str:
    """Math as it is, with the spaces that keep Liquid away; TeX does not see them."""
    text = text.replace(r"\|", r"\Vert ").replace("|", r"\vert ")
    text = text.replace("<", r"\lt ").replace(">", r"\gt ")
    return text.replace("{{", "{ {").replace("}}", "} }").replace("{%", "{ %").replace("%}", "% }")


def _plain(text: str) -> str:
    pieces = _URL.split(text)
    for index, piece in enumerate(pieces):
        if index % 2:
            pieces[index] = "<" + piece.replace("{", "%7B").replace("}", "%7D") + ">"
            continue
        piece = _BACKSLASHED.sub(r"\\\1", piece)
        piece = _DASHES.sub(lambda dashes: r"\-" * len(dashes[0]), piece)
        piece = "".join(_REFERENCES.get(character, character) for character in piece)
        pieces[index] = _BLOCK_START.sub(r"\1\\\2", piece)
    return "".join(pieces)


def yaml_quoted(text: str) -> str:
    """``text`` inside a double-quoted YAML scalar."""
    return " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
