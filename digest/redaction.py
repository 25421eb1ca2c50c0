"""A paper's names in other texts: finding them, and taking them out of logs. Pure.

A name is an arXiv id with or without a version, a local id or the name of its PDF, the hash of a
PDF, or a title. A title counts as a whole: *First* does not stand in *Firstly*.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

_HEADING = re.compile(r"(#+) ")
_WORD = re.compile(r"[\w.:+-]{1,40}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.,+-]+Z?|\d{4}-\d\d-\d\d|\d\d:\d\d(:\d\d)?")
_TEXTS = ("title", "error", "hint", "message", "msg", "text", "detail", "trace", "exception")
"""Keys under which a log quotes; under others a single word is a stage, a state or the like."""
GONE = "-"
"""What stands where a name was."""


class Names:
    """The names of one paper.

    Args:
        bases: Its ids without a version.
        sha256s: Of its PDFs.
        titles: Its titles, in any language.
    """

    def __init__(self, bases: Sequence[str], sha256s: Sequence[str], titles: Sequence[str]) -> None:
        patterns = [*map(_id_pattern, bases), *sha256s, *map(_title_pattern, titles)]
        self._pattern = re.compile("|".join(patterns))
        self._id = re.compile("|".join(map(_id_pattern, bases)))

    def are_in(self, text: str) -> bool:
        """Whether a text names the paper, also with the escapes of Markdown or HTML."""
        return any(self._pattern.search(each) for each in _readings(text))

    def is_file(self, name: str) -> bool:
        """Whether a file of this name is the paper's own: its PDF, a figure, a page."""
        return self._id.match(name.lstrip(".")) is not None


def _readings(text: str) -> Iterator[str]:
    yield text
    if "\\" in text or "&" in text:
        yield html.unescape(text.replace("\\", ""))


def _id_pattern(base: str) -> str:
    """An id in a text, an address or a file name, and not the beginning of a longer one."""
    if base.startswith("local:"):
        return f"local[:-]{base[6:22]}"
    return rf"(?<![\w.]){re.escape(base).replace('/', '(?:/|_|%2F|%2f)')}(?!\d)"


def _title_pattern(title: str) -> str:
    words = r"\s+".join(map(re.escape, title.split()))
    return rf"(?<!\w){words}(?!\w)"


def lines_naming(text: str, names: Names) -> list[tuple[int, int]]:
    """Where a Markdown text names the paper: first and last line, from 1.

    A heading that names it stands for everything up to the next one of its level or a rule.
    """
    lines = text.splitlines()
    found: list[tuple[int, int]] = []
    for at, line in enumerate(lines):
        if (found and at < found[-1][1]) or not names.are_in(line):
            continue
        found.append((at + 1, _end(lines, at)))
    return found


def _end(lines: Sequence[str], at: int) -> int:
    """The last line, from 1, of what begins at the index ``at``."""
    level = _HEADING.match(lines[at])
    if level is None:
        return at + 1
    for below, line in enumerate(lines[at + 1 :], at + 1):
        other = _HEADING.match(line)
        if line.strip() == "---":
            return below + 1
        if other is not None and len(other[1]) <= len(level[1]):
            return below
    return len(lines)


# ---------------------------------------------------------------- logs


def log_without(text: str, names: Names) -> str:
    """A log or report without the paper: one JSON document, or a line each, JSON or not."""
    whole = _json(text)
    if whole is not None:
        return _written(whole, text, names)
    return "".join(_line_without(line, names) for line in text.splitlines(keepends=True))


def hosts_without(text: str, names: Names) -> str:
    """``hosts.log`` without the paths that name the paper: the contacts stay accounted for."""
    return "".join(_host_without(line, names) for line in text.splitlines(keepends=True))


def _host_without(line: str, names: Names) -> str:
    if not names.are_in(line):
        return line
    at, host, method, _, *status = line.split("\t")
    return "\t".join((at, host, method, GONE, *status))


def _line_without(line: str, names: Names) -> str:
    found = _json(line)
    if found is not None:
        return _written(found, line, names)
    return f"{GONE}\n" if names.are_in(line) else line


def _json(text: str) -> Any:
    """The object or list of a text that is one; None for others."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _written(found: Any, text: str, names: Names) -> str:
    """``found`` without the paper, in the form of ``text``; as it is where nothing was named."""
    clean = _without(found, names)
    if clean == found:
        return text
    indent = 1 if "\n" in text.strip() else None
    escaped = text.isascii()
    return json.dumps(clean, ensure_ascii=escaped, indent=indent) + ("\n" * text.endswith("\n"))


def _without(value: Any, names: Names) -> Any:
    """Of an object that names the paper, numbers, times and single words stay: what a failure of
    it said may quote it.
    """
    if isinstance(value, str):
        return GONE if names.are_in(value) else value
    if isinstance(value, list):
        return [_without(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    named = any(isinstance(each, str) and names.are_in(each) for each in value.values())
    return {
        (GONE if names.are_in(key) else key): _without(_bare(key, each) if named else each, names)
        for key, each in value.items()
    }


def _bare(key: str, value: Any) -> Any:
    """A text as nothing, unless it is a time, or a single word where no text is expected."""
    if not isinstance(value, str) or _TIME.fullmatch(value):
        return value
    return value if _WORD.fullmatch(value) and key not in _TEXTS else GONE
