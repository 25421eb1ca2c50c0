"""Cells of tables as papers print them: every number in its row and under its column's name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from digest.extract.captions import Caption
from digest.extract.reader import Reader
from digest.extract.tables import read_tables
from digest.records import Document, Table
from tests.drawing import PROSE, put, rule, tables


def caption(page: Any, y: float, text: str = "Table 2: Error rates of two systems.") -> None:
    put(page, y, (60, text))


def cells(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows]


def test_a_spanning_header_stands_in_each_of_its_columns(page: Any, tmp_path: Path) -> None:
    caption(page, 80)
    rule(page, 88)
    put(page, 100, (130, "Clean"), (220, "Noisy"))
    rule(page, 104, 105, 180)
    rule(page, 104, 195, 270)
    put(page, 116, (60, "System"), (110, "WER"), (155, "CER"), (200, "WER"), (245, "CER"))
    rule(page, 121)
    put(page, 133, (60, "Ours"), (110, "9.3"), (155, "2.1"), (200, "12.0"), (245, "4.4"))
    put(page, 145, (60, "Old"), (110, "10.5"), (155, "2.5"), (200, "-"), (245, "5.0"))
    rule(page, 150)
    (table,) = tables(page, tmp_path)
    assert table.header_rows == 2
    assert cells(table) == [
        ("", "Clean", "Clean", "Noisy", "Noisy"),
        ("System", "WER", "CER", "WER", "CER"),
        ("Ours", "9.3", "2.1", "12.0", "4.4"),
        ("Old", "10.5", "2.5", "-", "5.0"),
    ]
    assert [row.id for row in table.rows] == ["t1.r1", "t1.r2", "t1.r3", "t1.r4"]
    box = table.rows[2].box
    assert box is not None
    assert (box.page, round(box.x0), box.y0 < 133 < box.y1, box.y1 - box.y0 < 15) == (
        1,
        60,
        True,
        True,
    )


def test_a_group_label_between_two_rows_belongs_to_the_upper(page: Any, tmp_path: Path) -> None:
    caption(page, 80)
    rule(page, 88)
    put(page, 99, (60, "Data"), (120, "Model"), (200, "WER"))
    rule(page, 103)
    put(page, 114, (120, "small"), (200, "9.3"))
    put(page, 119, (60, "LJSpeech"))
    put(page, 124, (120, "large"), (200, "8.1"))
    rule(page, 129)
    (table,) = tables(page, tmp_path)
    assert cells(table) == [
        ("Data", "Model", "WER"), ("LJSpeech", "small", "9.3"), ("", "large", "8.1"),
    ]  # fmt: skip


def test_a_label_centred_in_its_group_is_put_to_its_first_row(page: Any, tmp_path: Path) -> None:
    caption(page, 80)
    rule(page, 88)
    put(page, 99, (60, "Data"), (120, "k"), (200, "Score"))
    rule(page, 103)
    for n, (k, score) in enumerate((("10", "1.5"), ("20", "2.5"), ("30", "3.5"))):
        put(page, 114 + 11 * n, (120, k), (200, score))
    put(page, 125, (60, "AD"))
    rule(page, 140)
    put(page, 151, (60, "BK"), (120, "10"), (200, "4.5"))
    rule(page, 156)
    (table,) = tables(page, tmp_path)
    assert cells(table)[1:] == [
        ("AD", "10", "1.5"), ("", "20", "2.5"), ("", "30", "3.5"), ("BK", "10", "4.5"),
    ]  # fmt: skip


def test_a_wrapped_cell_is_one_cell(page: Any, tmp_path: Path) -> None:
    caption(page, 80)
    rule(page, 88)
    put(page, 99, (60, "Name"), (120, "What it is"), (240, "Values"))
    rule(page, 103)
    put(page, 114, (60, "fmax"), (120, "The highest frequency, that is"), (240, "8000"))
    put(page, 125, (120, "1.4 times that of the analysis"))
    put(page, 136, (120, "window"))
    put(page, 147, (60, "n"), (120, "Mel bands of the bank"), (240, "128"))
    rule(page, 152)
    (table,) = tables(page, tmp_path)
    assert cells(table)[1:] == [
        ("fmax", "The highest frequency, that is 1.4 times that of the analysis window", "8000"),
        ("n", "Mel bands of the bank", "128"),
    ]


def test_a_footnote_mark_is_not_part_of_a_number(page: Any, tmp_path: Path) -> None:
    caption(page, 80)
    rule(page, 88)
    put(page, 99, (60, "System"), (150, "Rate"), (230, "Step"))
    rule(page, 103)
    for x, text in ((60, "Ours"), (150, "9.3<sup>1</sup>"), (230, "3 × 10<sup>−4</sup>")):
        style = "font-size: 9px; line-height: 1"
        page.insert_htmlbox(pymupdf.Rect(x, 105, x + 70, 125), f'<p style="{style}">{text}</p>')
    put(page, 127, (60, "Old"), (150, "12.1 ± 0.4"), (230, "2"))
    rule(page, 132)
    (table,) = tables(page, tmp_path)
    assert cells(table)[1:] == [
        ("Ours", "9.3", "3 × 10^−4"), ("Old", "12.1 ± 0.4", "2"),
    ]  # fmt: skip


def test_a_table_without_rules_and_below_its_caption(page: Any, tmp_path: Path) -> None:
    caption(page, 80)
    put(page, 100, (60, "System"), (150, "WER"), (230, "CER"))
    put(page, 112, (60, "Ours"), (150, "9.3"), (230, "2.1"))
    put(page, 124, (60, "Old"), (150, "12"))
    (table,) = tables(page, tmp_path)
    assert cells(table) == [("System", "WER", "CER"), ("Ours", "9.3", "2.1"), ("Old", "12", "")]


def test_two_tables_side_by_side_keep_to_themselves(page: Any, tmp_path: Path) -> None:
    for x, label, value in ((60, "Table 1: First.", "1.1"), (340, "Table 2: Second.", "2.2")):
        rule(page, 88, x, x + 200)
        put(page, 99, (x, "System"), (x + 100, "Score"))
        rule(page, 103, x, x + 200)
        put(page, 114, (x, "Ours"), (x + 100, value))
        rule(page, 119, x, x + 200)
        put(page, 132, (x, label))
    found = tables(page, tmp_path)
    assert [(t.label, cells(t)) for t in found] == [
        ("Table 1", [("System", "Score"), ("Ours", "1.1")]),
        ("Table 2", [("System", "Score"), ("Ours", "2.2")]),
    ]


def test_two_lines_of_text_between_rules_end_a_table(page: Any, tmp_path: Path) -> None:
    for y in (60, 76, 110, 124, 140):
        rule(page, y, 80, 270)
    put(page, 71, (90, "set --width 128"), (180, "--height 3"))
    put(page, 90, (70, PROSE[:60]))
    put(page, 101, (70, PROSE[:60]))
    put(page, 120, (80, "Option"), (150, "Default"))
    put(page, 135, (80, "width"), (150, "40"))
    caption(page, 153)
    (table,) = tables(page, tmp_path)
    assert cells(table) == [("Option", "Default"), ("width", "40")]


def test_without_rules_the_nearer_caption_has_the_table(page: Any, tmp_path: Path) -> None:
    for y, value in ((80, "1.1"), (146, "2.2")):
        for k, name in enumerate(("System", "Ours", "Old")):
            put(page, y + 11 * k, (60, name), (150, value if k else "Score"))
    caption(page, 116, "Table 1: The table above, of as many rows as the one below.")
    caption(page, 182, "Table 2: The other one.")
    first, second = tables(page, tmp_path)
    assert cells(first) == [("System", "Score"), ("Ours", "1.1"), ("Old", "1.1")]
    assert cells(second) == [("System", "Score"), ("Ours", "2.2"), ("Old", "2.2")]


def test_one_table_is_not_given_to_two_captions(page: Any, tmp_path: Path) -> None:
    rule(page, 88)
    put(page, 99, (60, "System"), (150, "Score"))
    rule(page, 103)
    put(page, 114, (60, "Ours"), (150, "1.1"))
    rule(page, 119)
    caption(page, 131, "Table 1: The nearer.")
    caption(page, 151, "Table 2: The other, whose table is an image.")
    first, second = tables(page, tmp_path)
    assert cells(first) == [("System", "Score"), ("Ours", "1.1")]
    assert cells(second) == []


def test_a_title_between_rules_does_not_go_on_with_the_cell_above(
    page: Any, tmp_path: Path
) -> None:
    caption(page, 80)
    for y in (88, 102, 114, 137, 149, 161):
        rule(page, y)
    put(page, 99, (104, "Edge"), (140, "Song"))
    put(page, 111, (60, "Rock"))
    put(page, 123, (104, "loud"), (140, "Sweet Sixteen"))
    put(page, 134, (61, "loud-and-slow"), (140, "The Hunter"))
    put(page, 146, (60, "Rhythm and Blues"))
    put(page, 158, (104, "slow"), (140, "Think"))
    (table,) = tables(page, tmp_path)
    assert cells(table) == [
        ("Edge", "Song"), ("Rock", ""), ("loud", "Sweet Sixteen"), ("loud-and-slow", "The Hunter"),
        ("Rhythm and Blues", ""), ("slow", "Think"),
    ]  # fmt: skip


def test_a_second_header_row_may_have_a_name_for_the_stub(page: Any, tmp_path: Path) -> None:
    put(page, 96, (155, "SDR"), (235, "PESQ"))
    rule(page, 100)
    put(page, 111, (60, "SNR"), (130, "LR"), (180, "CLR"), (220, "LR"), (260, "CLR"))
    rule(page, 115)
    put(page, 126, (60, "0 dB"), (130, "1.8"), (180, "2.7"), (220, "3.9"), (260, "1.1"))
    put(page, 137, (60, "5 dB"), (130, "5.9"), (180, "6.8"), (220, "7.3"), (260, "1.4"))
    caption(page, 160)
    (table,) = tables(page, tmp_path)
    assert table.header_rows == 2
    assert cells(table)[:3] == [
        ("", "SDR", "SDR", "PESQ", "PESQ"),
        ("SNR", "LR", "CLR", "LR", "CLR"),
        ("0 dB", "1.8", "2.7", "3.9", "1.1"),
    ]


def test_a_row_of_words_under_a_ruled_header_is_no_header(page: Any, tmp_path: Path) -> None:
    caption(page, 80)
    for y in (88, 103, 118, 133):
        rule(page, y)
    put(page, 99, (130, "Free"), (200, "Open"))
    put(page, 114, (60, "Ours"), (130, "yes"), (200, "yes"))
    put(page, 129, (60, "Theirs"), (130, "no"), (200, "yes"))
    (table,) = tables(page, tmp_path)
    assert table.header_rows == 1


def test_decimals_may_name_columns(page: Any, tmp_path: Path) -> None:
    caption(page, 80)
    rule(page, 88)
    put(page, 98, (150, "Share of the mix"))
    put(page, 103, (60, "Method"))
    put(page, 108, (140, "0.50"), (180, "0.25"), (220, "0.1"))
    rule(page, 112)
    put(page, 123, (60, "Ours"), (140, "43.8"), (180, "33.3"), (220, "27.3"))
    put(page, 134, (60, "Old"), (140, "48.9"), (180, "32.2"), (220, "25.7"))
    rule(page, 139)
    (table,) = tables(page, tmp_path)
    assert table.header_rows == 2
    assert cells(table)[:2] == [
        ("Method", *["Share of the mix"] * 3), ("", "0.50", "0.25", "0.1"),
    ]  # fmt: skip


def test_a_label_at_the_rule_of_a_header_is_in_its_first_row(page: Any, tmp_path: Path) -> None:
    caption(page, 80)
    rule(page, 88)
    put(page, 98, (135, "Sentence pairs"), (230, "Answers"))
    put(page, 102.7, (60, "Model"))
    rule(page, 102.7, 130, 205)
    rule(page, 102.7, 225, 285)
    put(page, 113, (135, "XNLI"), (175, "PAWS"), (230, "XQ"), (265, "ML"))
    rule(page, 117)
    put(page, 128, (60, "Ours"), (135, "65.4"), (175, "81.9"), (230, "62"), (265, "64"))
    rule(page, 133)
    (table,) = tables(page, tmp_path)
    assert cells(table) == [
        ("Model", "Sentence pairs", "Sentence pairs", "Answers", "Answers"),
        ("", "XNLI", "PAWS", "XQ", "ML"),
        ("Ours", "65.4", "81.9", "62", "64"),
    ]


def test_a_label_stands_for_the_rows_up_to_the_next_rule_beside_it(
    page: Any, tmp_path: Path
) -> None:
    caption(page, 80)
    rule(page, 88)
    put(page, 99, (60, "Model"), (130, "Source"), (220, "Loss"))
    rule(page, 103)
    for k, source in enumerate(("Original", "Face", "Hands") * 2):
        put(page, 114 + 15 * k, (130, source), (220, f"0.{k}1"))
        rule(page, 118 + 15 * k, 60 if k % 3 == 2 else 120)
    put(page, 129, (60, "AlexNet"))
    put(page, 174, (60, "Inception"))
    (table,) = tables(page, tmp_path)
    assert [row[0] for row in cells(table)] == ["Model", "AlexNet", "", "", "Inception", "", ""]


def test_a_title_in_the_middle_of_the_table_is_a_row_of_its_own(page: Any, tmp_path: Path) -> None:
    caption(page, 78)
    put(page, 96, (145, "Beatles-ISO"))
    rule(page, 99, 60, 286)
    put(page, 110, (60, "Method"), (115, "P0.5"), (168, "R0.5"), (213, "F0.5"), (260, "P3"))
    rule(page, 114, 60, 286)
    put(page, 125, (60, "Ours"), (115, "0.27"), (168, "0.28"), (213, "0.29"), (260, "0.31"))
    rule(page, 129, 60, 286)
    put(page, 140, (142, "SALAMI-free"))
    rule(page, 144, 60, 286)
    put(page, 155, (60, "Ours"), (115, "0.23"), (168, "0.18"), (213, "0.20"), (260, "0.49"))
    rule(page, 160, 60, 286)
    (table,) = tables(page, tmp_path)
    assert table.header_rows == 1
    assert [row[0] for row in cells(table)] == [
        "Method", "Beatles-ISO", "Ours", "SALAMI-free", "Ours",
    ]  # fmt: skip
    assert cells(table)[3] == ("SALAMI-free", "", "", "", "")


def test_a_name_centred_over_two_columns_is_that_of_both(page: Any, tmp_path: Path) -> None:
    caption(page, 80)
    rule(page, 88)
    put(page, 99, (60, "Dataset"), (149, "Train"), (220, "Dev"))
    rule(page, 103)
    put(page, 114, (60, "Questions"), (130, "79,168"), (164, "58,880"), (220, "8,757"))
    put(page, 125, (60, "Trivia"), (130, "78,785"), (164, "60,413"), (220, "8,837"))
    rule(page, 130)
    (table,) = tables(page, tmp_path)
    assert cells(table)[0] == ("Dataset", "Train", "Train", "Dev")


def test_powers_and_errors_keep_their_digits(page: Any, tmp_path: Path) -> None:
    caption(page, 80)
    rule(page, 88)
    put(page, 99, (60, "Step"), (150, "Cost"), (230, "Mass"))
    rule(page, 103)
    for x, text in (
        (60, "the i<sup>th</sup>"), (150, "2<sup>|E|</sup>"), (230, "1381<sup>+18</sup>"),
    ):  # fmt: skip
        style = "font-size: 9px; line-height: 1"
        page.insert_htmlbox(pymupdf.Rect(x, 105, x + 70, 125), f'<p style="{style}">{text}</p>')
    put(page, 127, (60, "Old"), (150, "12.1"), (230, "2"))
    rule(page, 132)
    (table,) = tables(page, tmp_path)
    assert cells(table)[1] == ("the ith", "2^|E|", "1381^+18")


def test_hidden_text_is_in_no_cell(page: Any, tmp_path: Path) -> None:
    caption(page, 80)
    rule(page, 88)
    put(page, 99, (60, "System"), (150, "WER"))
    rule(page, 103)
    put(page, 114, (60, "Ours"), (150, "9.3"))
    page.insert_text((230, 114), "99.9", fontname="tiro", fontsize=9, color=(1, 1, 1))
    rule(page, 119)
    (table,) = tables(page, tmp_path)
    assert cells(table) == [("System", "WER"), ("Ours", "9.3")]


def test_no_table_where_no_caption_is(page: Any) -> None:
    rule(page, 88)
    put(page, 99, (60, "System"), (150, "WER"))
    assert read_tables(page, no_captions(), (), 1) == []


def test_an_error_has_an_upper_and_a_lower_part(page: Any, tmp_path: Path) -> None:
    caption(page, 80)
    rule(page, 88)
    put(page, 99, (60, "Star"), (150, "Teff"), (230, "Mass"))
    rule(page, 103)
    for y, star in ((115, "HIP 1"), (127, "HIP 2")):
        put(page, y, (60, star), (150, "6240"), (230, "1.1"))
        put(page, y - 3.2, (168.5, "+579"), size=6)
        put(page, y + 3.4, (168.5, "−409"), size=6)
    rule(page, 133)
    (table,) = tables(page, tmp_path)
    assert len(table.rows) == 3
    assert [row[0] for row in cells(table)] == ["Star", "HIP 1", "HIP 2"]
    assert cells(table)[1][2] == "1.1"
    assert "409" in cells(table)[1][1]


def in_font(page: Any, font: str, y: float, *glyphs: tuple[float, str]) -> None:
    """Glyphs in a font that PDFs of TeX have: here no more than its name."""
    for x, text in glyphs:
        page.insert_text((x, y), text, fontname="helv", fontsize=9)
    (xref,) = [f[0] for f in page.get_fonts() if f[4] == "helv"]
    page.parent.xref_set_key(xref, "BaseFont", f"/{font}")


def test_a_radical_hangs_from_its_origin_and_is_in_its_row(page: Any, tmp_path: Path) -> None:
    caption(page, 80)
    rule(page, 88)
    in_font(page, "ABCDEF+CMEX10", 92.25, (150, "p"), (230, "P"))
    put(page, 99, (60, "State"), (155, "r [fm]"), (236, "p"))
    rule(page, 103)
    put(page, 114, (60, "High"), (150, "0.46"), (230, "1.03"))
    put(page, 125, (60, "Low"), (150, "0.38"), (230, "0.12"))
    rule(page, 130)
    (table,) = tables(page, tmp_path)
    assert table.header_rows == 1
    assert cells(table)[0] == ("State", "√r [fm]", "∑ p")


def no_captions() -> Sequence[Caption]:
    return ()


def real(name: str) -> tuple[Table, ...]:
    folder = os.environ.get("DIGEST_TEST_DATA")
    if not folder:
        pytest.skip("DIGEST_TEST_DATA names no folder of real papers")
    document: Document = Reader().read(str(Path(folder) / "pdfs" / name))
    return document.tables


def test_real_booktabs_with_spanning_headers() -> None:
    table = real("diener2023plcmos.pdf")[1]
    assert (table.label, table.header_rows) == ("Table 2", 2)
    assert cells(table)[0] == ("", *["Filewise"] * 3, *["Modelwise"] * 3)
    assert cells(table)[1] == ("Metric", "PCC", "SRCC", "MAE", "PCC", "SRCC", "MAE")
    assert cells(table)[-1] == (
        "PLCMOS (ours)", "0.85", "0.83", "0.40", "0.97", "0.95", "0.09",
    )  # fmt: skip


def test_real_rows_with_deviations() -> None:
    found = {table.label: table for table in real("raffel_arxiv2019mixmatch.pdf")}
    assert cells(found["Table 3"])[1] == (
        "SVHN", "3.78 ± 0.26", "3.64 ± 0.46", "3.27 ± 0.31", "3.04 ± 0.13", "2.89 ± 0.06", "2.59",
    )  # fmt: skip
