from dataclasses import replace

import pytest

from digest.explain.bullets import of_table
from digest.explain.rows import caption_text, comparisons, own_names
from digest.explain.verify import pieces, unheld
from digest.records import Row, Table
from tests.conftest import document

ABSTRACT = "We propose GateNet, which reaches a correlation of 0.97."


def table(*rows, caption="Table 2: Comparison of metrics on the test set.", header=1):
    made = tuple(Row(f"t1.r{n}", cells) for n, cells in enumerate(rows, 1))
    return Table("Table 2", 3, made, caption, header)


COMPARED = table(
    ("Metric", "PCC", "MAE"),
    ("PESQ", "0.52", "0.71"),
    ("STOI", "0.21", "0.80"),
    ("NISQA", "0.81", "0.47"),
    ("DNSMOS", "0.85", "0.37"),
    ("GateNet (ours)", "0.97", "0.09"),
)


def found(*tables, abstract=ABSTRACT):
    return comparisons(replace(document(), tables=tables), "Gates", abstract)


def test_the_own_row_stands_beside_its_nearest_rivals_in_the_column_of_the_abstract():
    [cluster] = found(COMPARED)
    assert cluster.cells == "（表 2，PCC）：GateNet (ours) 0.97；PESQ 0.52；NISQA 0.81；DNSMOS 0.85"
    assert [each.id for each in cluster.evidence][:3] == ["t1", "t1.r1", "t1.r6"]
    assert {each.kind for each in cluster.evidence} == {"caption", "row"}


def test_every_value_is_held_by_its_row_and_column():
    [cluster] = found(COMPARED)
    held = pieces(cluster.evidence)
    assert unheld(cluster.cells, held) == []
    swapped = cluster.cells.replace("0.97", "x").replace("0.85", "0.97").replace("x", "0.85")
    assert {fault.kind for fault in unheld(swapped, held)} == {"triple"}


@pytest.mark.parametrize(
    "other",
    [
        replace(COMPARED, caption="Table 2: Composition of the data set."),
        replace(COMPARED, caption=""),
        table(("Metric", "PCC"), ("PESQ", "0.52"), ("STOI", "0.21")),
        table(("Metric", "# params"), ("PESQ", "12"), ("GateNet", "20")),
        table(("Metric", "250"), ("PESQ", "0.52"), ("GateNet", "0.97")),
        table(("Metric", "PCC"), ("GateNet", "0.97")),
    ],
)
def test_tables_that_compare_nothing_are_left_alone(other):
    assert found(other) == []


def test_variants_of_the_own_work_come_after_the_work_of_others():
    [cluster] = found(
        table(
            ("Metric", "PCC"),
            ("GateNet (no gate)", "0.96"),
            ("GateNet small", "0.95"),
            ("PESQ", "0.52"),
            ("STOI", "0.21"),
            ("MCD", "0.10"),
            ("GateNet (ours)", "0.97"),
        )
    )
    assert "no gate" not in cluster.cells
    assert "MCD 0.10" in cluster.cells


def test_a_name_is_taken_with_its_abbreviation():
    assert own_names("", "We propose Monotonic Chunkwise Attention (MoChA).") == ("MoChA",)
    assert own_names("", "a method called Reptile, which") == ("Reptile",)
    assert own_names("PLCMOS - a metric", "") == ("PLCMOS",)


def test_a_caption_is_what_the_table_is_about():
    caption = "Table 2: Scores for docu- ment summaries. The rest is told elsewhere."
    assert caption_text(replace(COMPARED, caption=caption)) == "Scores for document summaries"


def test_a_caption_whose_translation_does_not_hold_is_replaced():
    [cluster] = found(COMPARED)
    assert of_table(cluster, "测试集上各指标的比较。").text.startswith("测试集上各指标的比较（表 2")
    wrong = of_table(cluster, "在 LibriSpeech 上 55% 的比较。")
    assert wrong.text.startswith("各方法的对照（表 2")
    assert wrong.publishable


def test_rows_are_compared_within_their_group():
    [cluster] = found(
        table(
            ("Method", "F1"),
            ("Beatles", ""),
            ("Native", "0.266"),
            ("GateNet", "0.296"),
            ("SALAMI", ""),
            ("Native", "0.202"),
            ("GateNet", "0.247"),
        )
    )
    assert cluster.cells == "（表 2，SALAMI，F1）：GateNet 0.247；Native 0.202"
    assert unheld(cluster.cells, pieces(cluster.evidence)) == []


def test_of_several_own_rows_the_last_variant_of_what_the_paper_speaks_of_most_is_taken():
    abstract = "We tackle it with (VIMCO) and (NVIL). VIMCO wins."
    made = table(
        ("Method", "PER"),
        ("NVIL with LOO", "21.1"),
        ("VIMCO with LOO", "20.0"),
        ("VIMCO with temporal LOO", "19.9"),
        ("CTC", "19.6"),
    )
    [cluster] = found(made, abstract=abstract)
    assert cluster.cells.startswith("（表 2，PER）：VIMCO with temporal LOO 19.9；")
