"""Tables as evidence: the paper's own row beside its nearest rivals, in one column.

Pure. A small model that is given a row of numbers pairs them wrongly; so the figures are set by
program, cell by cell as printed, and only what the table is about is left to the model. Nothing is
said of which value is better: the table does not tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from digest.explain.passages import CITATION, Cluster
from digest.explain.roles import COMPARISON
from digest.records import Document, Evidence, Row, Table
from digest.words import atoms
from digest.words.tables import column_names, has_values, is_value

MOST_TABLES = 2
RIVALS = 3
MOST_LABEL_CHARS, MOST_LABEL_WORDS = 36, 4
"""A longer cell is no name, or several cells that were read as one."""

_OWN = re.compile(r"\b(?:ours?|proposed|this (?:work|paper))\b", re.IGNORECASE)
_CALLED = re.compile(
    r"\b(?:call(?:ed)?|named?|dubbed|termed|propose|presents?|introduces?|develop)\s(?:it\s|the\s)?"
    r"(?P<name>[A-Z][A-Za-z0-9-]{2,})(?P<more>(?:\s[A-Z][A-Za-z0-9-]+)*)"
    r"(?:\s\((?P<short>[A-Z][A-Za-z0-9-]+)\))?"
)
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
_DIGITS = re.compile(r"-?\d*\.?\d+")
_NO_MEASURE = re.compile(
    r"^\W*#|param|languages?$|\bsize|\byears?\b|\bsteps?\b|\bepochs?|\btokens|^[^A-Za-z]*$",
    re.IGNORECASE,
)
"""Columns that say what a row is, not how well it does; and those that are named by a number."""
_WHOLE = re.compile(r"(?i)\b(?:average|avg|mean|all|overall|total)\b")


@dataclass(frozen=True, slots=True)
class _Line:
    """A body row by its name; ``cells`` are those of the table's columns."""

    row: Row
    label: str


def comparisons(document: Document, title: str, abstract: str) -> list[Cluster]:
    """The tables that set the paper's own work beside others, the most telling first."""
    own = own_names(title, abstract)
    text = " ".join([abstract, *(s.text for s in document.sentences)])
    found = []
    for number, table in enumerate(document.tables):
        if table.caption and _RESULTS.search(table.caption) and not _SETTING.search(table.caption):
            found += [
                (score, -number, cluster) for score, cluster in _of(table, own, abstract, text)
            ]
    found.sort(key=lambda entry: entry[:2], reverse=True)
    return [cluster for _, _, cluster in found[:MOST_TABLES]]


def own_names(title: str, abstract: str) -> frozenset[str]:
    """What the paper calls its own work: names of its title, and those that it introduces."""
    called = [
        match["short"] or match["name"] + match["more"] for match in _CALLED.finditer(abstract)
    ]
    return frozenset([*atoms.names(title), *called])


def caption_text(table: Table) -> str:
    """A caption without its label and what comes after its first sentence."""
    plain = _BROKEN.sub("", _LABEL.sub("", table.caption))
    return re.split(r"(?<=[a-z\d)])\.\s+(?=[A-Z])", plain)[0].strip().rstrip(".")


def _of(
    table: Table, own: frozenset[str], abstract: str, text: str
) -> Iterator[tuple[float, Cluster]]:
    """The comparison that a table holds, with how telling it is; nothing where there is none."""
    lines = _lines(table)
    mine = _mine(lines, own)
    if mine is None or len(caption_text(table)) < 12:
        return
    best: tuple[float, int] | None = None
    for column, name in enumerate(column_names(table)):
        rivals = [line for line in lines if line is not mine and _figure(line, column) is not None]
        if _NO_MEASURE.search(name) or len(name) > MOST_LABEL_CHARS or not rivals:
            continue
        if _figure(mine, column) is None:
            continue
        telling = _telling(mine.row.cells[column], name, abstract, text)
        if best is None or telling > best[0]:
            best = telling, column
    if best is not None:
        yield best[0], _cluster(table, lines, mine, own, best[1])


def _lines(table: Table) -> list[_Line]:
    """Body rows that have a name of their own and values."""
    found = []
    for row in table.rows[table.header_rows :]:
        label = row.cells[0] if row.cells else ""
        short = 0 < len(label) <= MOST_LABEL_CHARS and len(label.split()) <= MOST_LABEL_WORDS
        if short and not is_value(label) and has_values(row):
            found.append(_Line(row, label))
    labels = [line.label for line in found]
    return [line for line in found if labels.count(line.label) == 1]


def _mine(lines: Sequence[_Line], own: frozenset[str]) -> _Line | None:
    said = [line for line in lines if _OWN.search(line.label)]
    candidates = said or [line for line in lines if _is_own(line, own)]
    return min(candidates, key=lambda line: len(line.label), default=None)


def _is_own(line: _Line, own: frozenset[str]) -> bool:
    return any(re.search(rf"\b{re.escape(n)}(?![A-Za-z0-9])", line.label) for n in own)


def _figure(line: _Line, column: int) -> float | None:
    if column == 0 or column >= len(line.row.cells) or not is_value(line.row.cells[column]):
        return None
    match = _DIGITS.search(line.row.cells[column].replace("−", "-").replace("–", "-"))
    return float(match[0]) if match else None


def _telling(cell: str, name: str, abstract: str, text: str) -> float:
    match = _DIGITS.search(cell)
    figure = rf"(?<![\d.]){re.escape(match[0])}(?![\d.]*\d)" if match else r"(?!)"
    said = 3.0 * bool(re.search(figure, abstract)) + 1.0 * bool(re.search(figure, text))
    return said + 1.0 * (name.lower() in abstract.lower()) + 0.5 * bool(_WHOLE.search(name))


def _cluster(
    table: Table, lines: Sequence[_Line], mine: _Line, own: frozenset[str], column: int
) -> Cluster:
    """The own row and its nearest rivals, those of others before variants of the own."""
    figure = _figure(mine, column) or 0.0
    rivals = [line for line in lines if line is not mine and _figure(line, column) is not None]
    rivals.sort(key=lambda line: (_is_own(line, own), abs((_figure(line, column) or 0.0) - figure)))
    shown = [mine, *sorted(rivals[:RIVALS], key=lines.index)]
    cells = "；".join(
        f"{CITATION.sub('', line.label).strip()} {line.row.cells[column]}" for line in shown
    )
    head = f"（表 {_number(table)}，{column_names(table)[column]}）："
    evidence = [caption_evidence(table)]
    evidence += [row_evidence(table, row) for row in table.rows[: table.header_rows]]
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
