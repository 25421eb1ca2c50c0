"""The benchmark's own arithmetic: figures that are kept, claims that are judged, inputs."""

import json
from pathlib import Path

import pytest

from digest.config import Config
from digest.engines import known
from digest.errors import SourceError
from digest.evaluate import bench
from digest.evaluate.bench import texts
from digest.evaluate.bench.claims import bullets, holds, verified, windows_of
from digest.evaluate.bench.figures import Figure, Notebook, Part
from tests.conftest import document


def part(title: str, calls: list[str], value: float = 1.0) -> Part:
    def measure() -> list[Figure]:
        calls.append(title)
        return [Figure("speed", value, "tokens/s", 2.0, ">= 1", True)]

    return Part(title, f"key of {title}", measure)


def test_what_was_measured_is_not_measured_again(tmp_path: Path) -> None:
    calls: list[str] = []
    path = tmp_path / "figures.json"
    first = Notebook(path).measured([part("a", calls), part("b", calls)])
    assert next(first).kept is False  # stopped after the first part
    again = list(Notebook(path).measured([part("a", calls), part("b", calls)]))
    assert [(each.title, each.kept) for each in again] == [("a", True), ("b", False)]
    assert calls == ["a", "b"]
    assert again[0].figures == (Figure("speed", 1.0, "tokens/s", 2.0, ">= 1", True),)


def test_without_a_file_everything_is_measured() -> None:
    calls: list[str] = []
    for _ in range(2):
        list(Notebook(None).measured([part("a", calls)]))
    assert calls == ["a", "a"]


@pytest.mark.parametrize("text", ["", "[]", '{"k": [{"nothing": 1}]}'])
def test_a_file_of_something_else(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(SourceError, match="holds no figures"):
        Notebook(tmp_path / "x.json")


def test_a_line_says_whether_its_goal_is_met() -> None:
    missed = Figure("share", 35.44, "%", None, ">= 95", False).line()
    assert missed.split() == ["share", "35.4", "%", ">=", "95", "MISSED"]
    assert Figure("time", 2.0, "s", 0.5, "<= 0.4", True).line().split()[-1] == "ok"
    assert Figure("memory", 1.0, "GB").line().split() == ["memory", "1.0", "GB"]


PAPER = document(
    "The word error rate falls by 9.3% on the test set.",
    "We train on 14,200 hours of speech.",
)


def test_a_bullet_holds_where_one_sentence_or_two_that_follow_hold_it() -> None:
    windows = windows_of(PAPER)
    assert len(windows) == 2 + 1
    assert holds("测试集上的词错误率降低了 9.3%。", windows)
    assert holds("论文用 14,200 小时语音训练，词错误率降低了 9.3%。", windows)
    assert not holds("测试集上的词错误率降低了 9.4%。", windows)


def test_an_answer_is_judged_line_by_line_and_each_line_once() -> None:
    right = "- 测试集上的词错误率降低了 9.3%。"
    answer = f"{right}\n\n2. 词错误率降低了 77%，效果显著。\n{right}"
    assert len(bullets(answer)) == 2
    assert verified([answer, answer], PAPER) == (2, 1)


def test_abstracts_come_from_lines_or_from_a_folder(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps({"abstract": f"Abstract {n}."}) for n in range(12))
    (tmp_path / "a.jsonl").write_text(lines)
    assert texts.read_abstracts(tmp_path / "a.jsonl", 10) == [f"Abstract {n}." for n in range(10)]
    (tmp_path / "b.json").write_text('{"abstract": "One."}')
    assert texts.read_abstracts(tmp_path, 10) == ["One."]


@pytest.mark.parametrize("text", ["", "no json", '{"title": "x"}', "[]"])
def test_what_has_no_abstracts(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.jsonl").write_text(text)
    with pytest.raises(SourceError, match="has no abstracts"):
        texts.read_abstracts(tmp_path / "x.jsonl", 10)


def test_parts_are_keyed_by_what_their_figures_depend_on(config: Config, tmp_path: Path) -> None:
    papers = (tmp_path / "a.pdf", tmp_path / "b.pdf")
    for path in papers:
        path.write_bytes(path.name.encode())
    setup = bench.Setup(config, papers, ("An abstract.",))
    keys = [each.key for each in bench.parts(setup)]
    assert len(set(keys)) == len(keys) == 2 + 4
    assert keys == [each.key for each in bench.parts(setup)]
    papers[1].write_bytes(b"another")
    changed = [each.key for each in bench.parts(setup)]
    assert [old == new for old, new in zip(keys, changed, strict=True)] == [
        True,
        False,
        *[True] * 4,
    ]
    assert setup.model == known.find(None, config.models_dir)
    assert any("threads" in line for line in bench.heading(setup).lines())
