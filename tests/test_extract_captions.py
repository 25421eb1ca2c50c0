"""Which lines are captions: those of tables on pages made here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pymupdf

from tests.drawing import PROSE, put, rule, tables


def test_captions_on_top_of_pages_are_no_running_heads(page: Any, tmp_path: Path) -> None:
    document = page.parent
    for number in (1, 2, 3):
        sheet = page if number == 1 else document.new_page(width=612, height=792)
        put(sheet, 60, (60, f"TABLE {number}"))
        rule(sheet, 70)
        put(sheet, 81, (60, "System"), (150, "Score"))
        rule(sheet, 85)
        put(sheet, 96, (60, "Ours"), (150, f"{number}.5"))
        rule(sheet, 101)
    found = tables(document[0], tmp_path)
    assert [(table.label, table.rows[1].cells) for table in found] == [
        ("Table 1", ("Ours", "1.5")), ("Table 2", ("Ours", "2.5")), ("Table 3", ("Ours", "3.5")),
    ]  # fmt: skip


def test_a_line_of_prose_that_begins_with_a_table_is_no_caption(page: Any, tmp_path: Path) -> None:
    put(
        page, 80, (60, "The results of all the systems that we have compared are those of"), size=10
    )
    put(page, 92, (60, "table 3.2. With the exception of one, all are within the margin."), size=10)
    put(page, 120, (60, "System"), (150, "Score"))
    put(page, 132, (60, "Ours"), (150, "1.5"))
    assert tables(page, tmp_path) == ()


def test_the_short_last_line_of_a_wide_caption_is_part_of_it(page: Any, tmp_path: Path) -> None:
    wide = "This caption runs over both of the columns of the page and says what the table shows."
    put(page, 60, (60, f"Table 1: {wide} It has three lines, "))
    put(page, 71, (60, f"{wide} {wide[:40]}"))
    put(page, 71, (62 + pymupdf.get_text_length(f"{wide} {wide[:40]}", "tiro", 9), "K"), size=15)
    put(page, 82, (60, "of which this is the last."))
    rule(page, 92, 60, 540)
    put(page, 103, (60, "System"), (300, "Score"))
    rule(page, 107, 60, 540)
    put(page, 118, (60, "Ours"), (300, "1.5"))
    rule(page, 123, 60, 540)
    for k in range(14):
        put(page, 150 + 12 * k, (60, PROSE[:55]), (320, PROSE[:55]), size=10)
    (table,) = tables(page, tmp_path)
    assert table.caption.endswith("of which this is the last.")
