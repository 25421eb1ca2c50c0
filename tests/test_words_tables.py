"""Rows as sentences that can be cited."""

from __future__ import annotations

from digest.records import Row, Table
from digest.words.tables import column_names, has_values, row_text

HEADER = (("", "Clean", "Clean", "Noisy"), ("System", "WER", "CER", "WER"))


def table(*rows: tuple[str, ...], head: int = 2) -> Table:
    return Table(
        "Table 2", 4, tuple(Row(f"t1.r{k}", row) for k, row in enumerate(rows, 1)), "", head
    )


def texts(made: Table) -> list[str]:
    return [row_text(made, row) for row in made.rows]


def test_each_value_stands_behind_the_name_of_its_column() -> None:
    made = table(*HEADER, ("Ours", "9.3", "2.1", "12.0 ± 0.4"), ("Old", "10", "", "-"))
    assert texts(made) == [
        "",
        "",
        "Table 2: Ours, Clean WER 9.3, Clean CER 2.1, Noisy WER 12.0 ± 0.4",
        "Table 2: Old, Clean WER 10, Noisy WER -",
    ]


def test_several_cells_name_a_row_and_a_label_above_its_group() -> None:
    made = table(
        ("Data", "Model", "WER"),
        ("LJSpeech", "small", "9.3"),
        ("", "large", "8.1"),
        ("Without a language model", "", ""),
        ("VCTK", "n=2", "7.7"),
        head=1,
    )
    assert texts(made) == [
        "",
        "Table 2: LJSpeech, small, WER 9.3",
        "Table 2: LJSpeech, large, WER 8.1",
        "",
        "Table 2: Without a language model, VCTK, n=2, WER 7.7",
    ]


def test_no_label_crosses_into_the_next_group() -> None:
    made = table(
        ("Data", "Model", "WER"), ("A", "small", "1"), ("Ours", "", ""), ("", "large", "2"), head=1
    )
    assert texts(made)[-1] == "Table 2: Ours, large, WER 2"


def test_labels_centred_beside_their_rows_are_not_passed_on() -> None:
    made = table(
        ("Model", "Source", "NLL"),
        ("", "whole", "0.39"), ("AlexNet", "face", "1.05"), ("", "hands", "0.61"),
        ("", "whole", "0.27"), ("Inception", "face", "0.60"),
        head=1,
    )  # fmt: skip
    assert texts(made)[3:5] == ["Table 2: hands, NLL 0.61", "Table 2: whole, NLL 0.27"]


def test_a_table_without_a_header_says_its_cells() -> None:
    made = table(("Ours", "9.3", "2.1"), ("Old", "10", "3"), head=0)
    assert column_names(made) == ("", "", "")
    assert texts(made) == ["Table 2: Ours, 9.3, 2.1", "Table 2: Old, 10, 3"]


def test_rows_of_words_are_no_results() -> None:
    assert not has_values(Row("t1.r2", ("Encoder", "four layers")))
    assert has_values(Row("t1.r2", ("Encoder", "4")))
    assert not has_values(Row("t1.r2", ("2019", "")))
