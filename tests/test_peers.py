"""The comparison with the peers' ways: what is asked, what is counted, what is shown."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from digest.engines.process import WorkerEngine
from digest.generation import Completion, DecodeOptions, Prompt
from digest.pipeline import Day, Tools, run_day
from digest.records import Row, Table
from digest.sources.folder import FolderSource
from digest.store import Store
from scripts.peers import ours
from scripts.peers.asked import TRANSLATION, Answer, Source, questions, sources
from scripts.peers.build import pinned
from scripts.peers.judge import Verdict, Written, judged, parsed, wrong_numbers
from scripts.peers.served import streams
from scripts.peers.table import Measured, markdown
from scripts.supply.locks import Locked
from tests.conftest import FakeExplainer, FakeExtractor, FakeTranslator, document

SAMPLES = Path(__file__).resolve().parent / "data" / "papers"
PAPER = Source(
    "a",
    "A title",
    "We lower the error by 9.3%. It takes 2 hours.",
    "We read twelve papers. The error falls by\n9.3%. The model has 1.5 billion parameters.",
)
DOCUMENT = document("We read twelve papers.", "The error falls by 9.3%.")


def test_papers_are_read_as_a_script_would_read_them():
    found = sources(SAMPLES)
    assert [source.name for source in found] == [
        "batched-decoding",
        "heading-detection",
        "number-fidelity",
    ]
    assert found[0].abstract.startswith("Programs that read documents")
    assert "Decoding several answers over one shared prefix" in found[0].text


def test_the_order_is_all_that_differs_between_the_two_scripts():
    first, text = (list(questions(PAPER, order)) for order in ("question first", "text first"))
    assert [q.part for q in first] == [TRANSLATION, "1", "2", "3"]
    assert first[0] == text[0]
    for one, other in zip(first[1:], text[1:], strict=True):
        assert one.user.endswith(PAPER.text)
        assert other.user.startswith(PAPER.text)
        assert sorted(one.user.split("\n\n")) == sorted(other.user.split("\n\n"))
    shared = {question.user.partition("\n\n")[0] for question in text[1:]}
    assert len(shared) == 1  # what a cache finds again


def test_the_server_is_asked_so_that_each_slot_keeps_its_paper():
    asked = streams([PAPER, replace(PAPER, name="b")])
    assert [[(q.paper, q.part) for q in stream] for stream in asked] == [
        [("a", TRANSLATION), ("b", TRANSLATION)],
        [("a", "1"), ("a", "2"), ("a", "3")],
        [("b", "1"), ("b", "2"), ("b", "3")],
    ]


def test_answers_become_bullets_each_once():
    answers = [
        Answer("a", TRANSLATION, " 误差降低 9.3%。\n", 7),
        Answer("a", "1", "- 误差下降了 9.3%。\n\n- 误差下降了 9.3%。", 9),
        Answer("a", "2", "读了 12 篇论文。\n数字是 25", 9, finished=False),
        Answer("b", "1", "别的论文。", 3),
    ]
    assert parsed(answers, PAPER) == Written(
        "A title", ("误差下降了 9.3%。", "读了 12 篇论文。"), "误差降低 9.3%。"
    )


@pytest.mark.parametrize(
    ("bullet", "wrong"),
    [
        ("误差下降 9.3%。", []),
        ("阅读了 12 篇论文。", []),  # in words there
        ("模型有 15 亿参数。", []),
        ("模型有 150 亿参数。", ["150 亿"]),
        ("误差下降 93%，用时 2 小时。", ["93%"]),
        ("误差下降 93%，也就是 93%。", ["93%"]),  # a loop is one mistake
    ],
)
def test_a_number_is_wrong_where_the_paper_has_it_in_no_form(bullet, wrong):
    text = f"{PAPER.abstract} {' '.join(PAPER.text.split())}"
    assert wrong_numbers([bullet], text) == wrong


def test_everything_is_counted_alike():
    bullets = (
        "这种方法使误差下降了 9.3%。",
        "这种方法使误差下降了 93%。",
        "It reads twelve papers and writes a list.",
        "这种方法 reads 论文的每个句子。",
        "这种方法" + "读了论文" * 20 + "。",
    )
    written = Written("A title", bullets, "误差降低 9.3%。用时 3 小时。", cited=1)
    assert judged(written, PAPER, DOCUMENT) == Verdict(
        claims=5, cited=1, numbers=2, wrong=1, held=1, lost=1, invented=1, english=2, loops=1
    )


def test_a_number_of_a_table_is_none_that_is_made_up():
    table = Table("Table 1", 1, (Row("t1r1", ("ours", "77.4")),))
    written = Written("A title", ("准确率为 77.4。",), "")
    assert judged(written, PAPER, DOCUMENT).wrong == 1
    assert judged(written, PAPER, replace(DOCUMENT, tables=(table,))).wrong == 0


def test_figures_stand_beside_their_ratio_to_ours():
    ours = Measured("ours", 100.0, 2000, Verdict(40, 40, 20, 0, 40, 0, 0, 2))
    other = Measured("script", 250.4, 1000, Verdict(10, 0, 5, 3, 4, 6, 1, 5, 7))
    head, _, first, second = markdown([ours, other]).splitlines()
    assert head.startswith("| way | wall time | tokens written | claims |")
    assert first == (
        "| ours | 100 s (1.00x) | 2,000 (1.00x) | 40 (1.00x) | 40 | 40 (1.00x) | 20 (1.00x) "
        "| 0 / 0 | 0 | 2 | 0 |"
    )
    assert second == (
        "| script | 250 s (2.50x) | 1,000 (0.50x) | 10 (0.25x) | 0 | 4 (0.10x) | 5 (0.25x) "
        "| 3 / 1 | 6 | 5 | 7 |"
    )


def test_what_we_published_is_read_from_the_store(papers, config):
    tools = Tools(FakeExtractor(), FakeTranslator(), FakeExplainer())
    run_day(Day("2026-01-23", FolderSource(papers)), config, Store(config.database), tools)
    found = ours.published(config, "2026-01-23")
    assert found["First"] == Written("First", ("词错误率降低 9.3%。",), "译文：One.", cited=1)
    assert len(found) == 2


def test_the_tokens_of_a_run_are_counted(tmp_path, monkeypatch):
    answers = [Completion("a", 7, True), Completion("b", 5, False)]
    monkeypatch.setattr(WorkerEngine, "complete", lambda *_asked: answers)
    asked = (Prompt("", ""), ["one", "two"], DecodeOptions())

    def main(arguments):
        assert arguments == ["run"]
        assert [WorkerEngine.complete(None, *asked) for _ in range(2)] == [answers, answers]
        raise SystemExit(0)

    monkeypatch.setattr(ours, "main", main)
    with pytest.raises(SystemExit):
        ours.run(tmp_path / "tokens", ["run"])
    assert (tmp_path / "tokens").read_text() == "24"


def test_the_server_is_built_of_the_locked_source():
    packages = [Locked("x", "1", "", ("a" * 64,), ()), Locked("y", "2", "", ("b" * 64,), ())]
    assert pinned(packages, "y") == f"y==2 --hash=sha256:{'b' * 64}"


def test_sample_metadata_is_what_the_comparison_needs():
    for path in SAMPLES.glob("*.json"):
        assert {"title", "abstract"} <= set(json.loads(path.read_text(encoding="utf-8")))
