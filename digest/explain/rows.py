"""Tables as evidence: the paper's own row beside its nearest rivals, in one column.

Pure. A small model that is given a row of numbers pairs them wrongly; so the figures are set by
program, cell by cell as printed, and only what the table is about is left to the model. Nothing is
said of which value is better: the table does not tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from digest.explain.passages import CITATION, Cluster
from digest.explain.roles import COMPARISON
from digest.records import Document, Evidence, Row, Sentence, Table
from digest.words import atoms
from digest.words.sentences import split_sentences
from digest.words.tables import column_names, group_of, has_values, is_value

MOST_TABLES = 2
RIVALS = 3
MOST_LABEL_CHARS, MOST_LABEL_WORDS = 40, 6
"""A longer cell is no name, or several cells that were read as one."""

_OWN = re.compile(r"\b(?:ours?|proposed|this (?:work|paper))\b", re.IGNORECASE)
_CALLED = re.compile(
    r"\b(?:call(?:ed)?|named?|dubbed|termed|propose|presents?|introduces?|develop)\s(?:it\s|the\s)?"
    r"(?P<name>[A-Z][A-Za-z0-9-]{2,})(?P<more>(?:\s[A-Z][A-Za-z0-9-]+)*)"
    r"(?:\s\((?P<short>[A-Z][A-Za-z0-9-]+)\))?"
)
_INTRODUCES = re.compile(
    r"\bwe (?:\w+ ){0,2}(?:propose|present|introduce|develop|describe|tackle|call)"
    r"|\b(?:this|our) (?:paper|work|article|primary|main|\w+ contribution)",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"\(([A-Z][A-Za-z0-9-]*[A-Z0-9][A-Za-z0-9-]*)\)")
_LEAST_CAPTION_CHARS = 12
_RESULTS = re.compile(
    r"result|compar|accura|error|perform|score|versus|\bvs\b|rate|precision|recall|evaluat|ablation"
    r"|correlation|measure|metric|\bF1?\b|benchmark|test|estimat",
    re.IGNORECASE,
)
_SETTING = re.compile(
    r"hyper-?parameter|composition|breakdown|statistic|notation|architecture|configuration"
    r"|list of|summary of (?:the )?(?:data|notation)",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^\s*(?:Table|Tab\.)\s*[\dIVX]+[.:]?\s*", re.IGNORECASE)
_BROKEN = re.compile(r"(?<=[a-z])- (?=[a-z])")  # a word at the end of a line
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")
_DIGITS = re.compile(r"-?\d*\.?\d+")
_NO_MEASURE = re.compile(
    r"^\W*#|param|languages?$|\bsize|\byears?\b|\bsteps?\b|\bepochs?|\btokens|^[^A-Za-z]*$",
    re.IGNORECASE,
)
"""Columns that say what a row is, not how well it does; and those that are named by a number."""
_WHOLE = re.compile(r"(?i)\b(?:average|avg|mean|all|overall|total)\b")


@dataclass(frozen=True, slots=True)
class _Line:
    """A body row by its name, and the label over its group of rows; "" where it has none."""

    row: Row
    label: str
    group: str


def comparisons(document: Document, title: str, abstract: str) -> list[Cluster]:
    """The tables that set the paper's own work beside others, the most telling first."""
    text = " ".join([title, abstract, *(s.text for s in document.sentences)])
    opening = [s.text for s in document.sentences if _opens(document, s)]
    own = own_names(title, abstract, opening)
    paper = _Paper(own, _plain_digits(abstract), _plain_digits(text))
    found = []
    for number, table in enumerate(document.tables):
        if table.caption and _RESULTS.search(table.caption) and not _SETTING.search(table.caption):
            found += [(telling, -number, cluster) for telling, cluster in _of(table, paper)]
    found.sort(key=lambda entry: entry[:2], reverse=True)
    return [cluster for _, _, cluster in found[:MOST_TABLES]]


@dataclass(frozen=True, slots=True)
class _Paper:
    """What tells a paper's own rows: ``own`` names; ``text``: all of it, figures without commas."""

    own: tuple[str, ...]
    abstract: str
    text: str

    def name_in(self, label: str) -> str:
        """The own name that a label holds, the one that the paper speaks of most; "" for none."""
        held = (n for n in self.own if re.search(rf"\b{re.escape(n)}(?![A-Za-z0-9])", label))
        return max(held, key=self.mentions, default="")

    def mentions(self, name: str) -> int:
        return self.text.count(name)


def _opens(document: Document, sentence: Sentence) -> bool:
    kind = None if sentence.section is None else document.sections[sentence.section].kind
    return kind in ("abstract", "introduction")


def own_names(title: str, abstract: str, introduction: Iterable[str] = ()) -> tuple[str, ...]:
    """What the paper calls its own work: names of its title, and those its abstract introduces.

    Where there are none, what sentences that introduce something name, those of the
    ``introduction`` too, with abbreviations in brackets: a paper explains those of others as well.
    """
    names = [*atoms.names(title), *_called(abstract)]
    if not names:
        opening = [*split_sentences(abstract), *introduction]
        names = [name for text in opening for name in _called(text)]
        introduced = (text for text in opening if _INTRODUCES.search(text))
        names += [name for text in introduced for name in _IN_BRACKETS.findall(text)]
    return tuple(dict.fromkeys(names))


def _called(text: str) -> list[str]:
    return [m["short"] or m["name"] + m["more"] for m in _CALLED.finditer(text)]


def caption_text(table: Table) -> str:
    """A caption without its label and what comes after its first sentence."""
    plain = _BROKEN.sub("", _LABEL.sub("", table.caption))
    return re.split(r"(?<=[a-z\d)])\.\s+(?=[A-Z])", plain)[0].strip().rstrip(".")


def _of(table: Table, paper: _Paper) -> Iterator[tuple[float, Cluster]]:
    """The comparison that a table holds, with how telling it is; nothing where there is none."""
    every = _lines(table)
    mine = _mine(every, paper)
    if mine is None or len(caption_text(table)) < _LEAST_CAPTION_CHARS:
        return
    lines = [line for line in every if line.group == mine.group]
    best: tuple[float, int] | None = None
    for column, name in enumerate(column_names(table)):
        rivals = [line for line in lines if line is not mine and _figure(line, column) is not None]
        if _NO_MEASURE.search(name) or len(name) > MOST_LABEL_CHARS or not rivals:
            continue
        if _figure(mine, column) is None:
            continue
        telling = _telling(mine.row.cells[column], name, paper)
        if best is None or telling > best[0]:
            best = telling, column
    if best is not None:
        yield best[0], _cluster(table, lines, mine, paper, best[1])


def _lines(table: Table) -> list[_Line]:
    """Body rows that have a name of their own in their group, and values."""
    found = []
    for at, row in enumerate(table.rows[table.header_rows :], table.header_rows):
        label = row.cells[0] if row.cells else ""
        named = bool(CITATION.sub("", label).strip())  # a bare reference is no name
        short = named and len(label) <= MOST_LABEL_CHARS and len(label.split()) <= MOST_LABEL_WORDS
        if short and not is_value(label) and has_values(row):
            found.append(_Line(row, label, group_of(table, at)))
    names = [(line.group, line.label) for line in found]
    return [line for line in found if names.count((line.group, line.label)) == 1]


def _mine(lines: Sequence[_Line], paper: _Paper) -> _Line | None:
    """The row of the paper's own work.

    One that says so; else a bare name, and of several rows that of the name which the paper speaks
    of most, in the last of its variants, which is mostly the one that is proposed.
    """
    said = [line for line in lines if _OWN.search(line.label)]
    if said:
        return min(said, key=lambda line: len(line.label))
    named = [(paper.name_in(line.label), at, line) for at, line in enumerate(lines)]
    ranked = [
        (line.label == name, paper.mentions(name), at, line) for name, at, line in named if name
    ]
    return max(ranked, key=lambda each: each[:3], default=(False, 0, 0, None))[3]


def _figure(line: _Line, column: int) -> float | None:
    if column == 0 or column >= len(line.row.cells) or not is_value(line.row.cells[column]):
        return None
    match = _DIGITS.search(_plain_digits(line.row.cells[column]))
    return float(match[0]) if match else None


def _plain_digits(cell: str) -> str:
    return _THOUSANDS.sub("", cell.replace("−", "-").replace("–", "-"))


def _telling(cell: str, name: str, paper: _Paper) -> float:
    match = _DIGITS.search(_plain_digits(cell))
    figure = rf"(?<![\d.]){re.escape(match[0])}(?![\d.]*\d)" if match else r"(?!)"
    said = 3.0 * bool(re.search(figure, paper.abstract))
    said += 1.0 * bool(re.search(figure, paper.text)) + 0.5 * bool(_WHOLE.search(name))
    return said + 1.0 * (name.lower() in paper.abstract.lower())


def _cluster(
    table: Table, lines: Sequence[_Line], mine: _Line, paper: _Paper, column: int
) -> Cluster:
    """The own row and its nearest rivals, those of others before variants of the own."""
    figure = _figure(mine, column) or 0.0
    rivals = [line for line in lines if line is not mine and _figure(line, column) is not None]
    rivals.sort(
        key=lambda line: (
            bool(paper.name_in(line.label)),
            abs((_figure(line, column) or 0.0) - figure),
        )
    )
    shown = [mine, *sorted(rivals[:RIVALS], key=lines.index)]
    cells = "；".join(
        f"{CITATION.sub('', line.label).strip()} {line.row.cells[column]}" for line in shown
    )
    group = f"{mine.group}，" if 0 < len(mine.group) <= MOST_LABEL_CHARS else ""
    head = f"（表 {_number(table)}，{group}{column_names(table)[column]}）："
    evidence = [caption_evidence(table)]
    evidence += [row_evidence(table, row) for row in table.rows[: table.header_rows]]
    if mine.group:
        evidence += [row_evidence(table, row) for row in table.rows if mine.group in row.cells][:1]
    evidence += [row_evidence(table, line.row) for line in shown]
    return Cluster(COMPARISON, tuple(evidence), 0.0, head + cells, caption_text(table))


def _number(table: Table) -> str:
    return table.label.split()[-1]


def table_id(table: Table) -> str:
    """The id that its rows' ids begin with."""
    return table.rows[0].id.partition(".")[0] if table.rows else table.label


def caption_evidence(table: Table) -> Evidence:
    """A table's caption as evidence, verbatim."""
    return Evidence("caption", table_id(table), table.page, table.caption)


def row_evidence(table: Table, row: Row) -> Evidence:
    """A row as evidence: its cells, in order, those that are empty too."""
    return Evidence("row", row.id, table.page, " | ".join(row.cells))
