"""The evaluation of translations: samples, memory, faults made on purpose, rates, the report."""

import contextlib
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from digest.errors import ConfigError
from digest.evaluate.cached import CachedEngine
from digest.evaluate.translate import mutations, samples
from digest.evaluate.translate.rates import rates
from digest.evaluate.translate.run import FOUND_BY, Options, evaluate, side_by_side
from digest.evaluate.translate.samples import Sizes
from digest.evaluate.translate.scores import score
from digest.generation import Completion, DecodeOptions, Prompt
from digest.translate import checks
from digest.translate.translator import Translator

ENGLISH = "The model number {} reaches 94.{}% accuracy, and it does not fail on noisy speech."
CHINESE = "{} 号模型达到 94.{}% 的准确率，并且在含噪语音上不会失败。"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    systems = folder / "mt" / "systems"
    systems.mkdir(parents=True)
    lines = range(40)
    (folder / "mt/flores-dev.en").write_text("".join(ENGLISH.format(n, n) + "\n" for n in lines))
    (folder / "mt/flores-dev.zh").write_text("".join(CHINESE.format(n, n) + "\n" for n in lines))
    plain = "".join(CHINESE.format(n, n).replace("，", ",") + "\n" for n in lines)
    (systems / "flores-dev.nllb.zh").write_text(plain)
    abstracts = [{"title": "T", "abstract": f"We use {n} hours. It works well."} for n in lines]
    (folder / "abstracts.jsonl").write_text("\n".join(map(json.dumps, abstracts)))
    return folder


class Table:
    """An engine that answers by rule and counts what it is asked."""

    name, model, sha256, version = "table", "table", "0" * 64, "1"
    instructed, searches, at_once = True, True, 1
    options: Mapping[str, str] = {"batch": "16"}

    def __init__(self) -> None:
        self.asked: list[str] = []

    def complete(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
    ) -> list[Completion]:
        self.asked += inputs
        return [Completion(self._answer(text), 9, True, score=-0.3) for text in inputs]

    def _answer(self, text: str) -> str:
        words = text.split()
        if text.startswith("The model"):
            return CHINESE.format(words[3], words[5][3:].rstrip("%"))
        return f"我们使用 {words[2]} 小时." if "hours" in text else "它效果很好"


def test_samples_are_seeded_and_held_out_ones_differ(data: Path) -> None:
    drawn = samples.load(data, Sizes(10, 5))
    assert drawn == samples.load(data, Sizes(10, 5))
    assert [(s.name, len(s.texts), s.whole) for s in drawn] == [
        ("flores-dev", 10, 40),
        ("abstracts", 5, 40),
    ]
    for reported, held_out in zip(drawn, samples.develop(data, drawn, 12), strict=True):
        numbers = {text.number for text in held_out.texts}
        assert numbers
        assert not numbers & {text.number for text in reported.texts}
    assert len(samples.load(data, Sizes(None, None))[0].texts) == 40


def test_a_folder_without_texts_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no parallel text"):
        samples.load(tmp_path, Sizes())


def test_answers_are_remembered_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "memory.jsonl"
    prompt, options = Prompt("", "Translate."), DecodeOptions(max_output_tokens=64)
    first = CachedEngine(Table(), path)
    answers = first.complete(prompt, ["It is.", "It was."], options)
    path.write_bytes(path.read_bytes() + b'{"key": "cut sh')  # a kill in the middle of a line
    engine = Table()
    again = CachedEngine(engine, path)
    longer = DecodeOptions(max_output_tokens=128)
    assert again.complete(prompt, ["It was.", "It is."], longer) == answers[::-1]
    assert engine.asked == []
    again.complete(prompt, ["It is new."], options)
    again.complete(Prompt("", "Other."), ["It is."], options)
    assert engine.asked == ["It is new.", "It is."]
    assert CachedEngine(Table(), path).complete(prompt, ["It is new."], options)


def test_an_answer_that_was_cut_off_is_asked_for_again_with_more_room(tmp_path: Path) -> None:
    class Cut(Table):
        def complete(
            self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
        ) -> list[Completion]:
            self.asked += inputs
            return [Completion("它", 1, options.max_output_tokens > 64) for _ in inputs]

    engine = Cut()
    cached = CachedEngine(engine, tmp_path / "memory.jsonl")
    for tokens in (64, 64, 128, 256):
        cached.complete(Prompt("", ""), ["It is."], DecodeOptions(max_output_tokens=tokens))
    assert len(engine.asked) == 2


GOOD = [
    ("It takes 25 ms, not less, on LibriSpeech, and the error drops by 3%.",
     "在 LibriSpeech 上需要 25 毫秒，不会更少，错误率下降了 3%。"),
]  # fmt: skip


@pytest.mark.parametrize("kind", mutations.KINDS, ids=lambda kind: kind.name)
def test_each_kind_makes_one_fault(kind: mutations.Kind) -> None:
    source, target = GOOD[0]
    faulty = kind.make(source, target, random.Random(1))
    assert faulty is not None
    assert faulty != target
    assert kind.make("Plain words.", "普通的话。", random.Random(1)) is None


def test_found_and_missed_faults_are_counted() -> None:
    by_kind = {
        each.kind.name: each for each in mutations.measure(GOOD, checks.run, sorted(FOUND_BY))
    }
    assert by_kind["digit flipped"].found == by_kind["digit flipped"].made == 1
    blind = {
        each.kind.name: each
        for each in mutations.measure(GOOD, lambda *_: {"none": True}, ["none"])
    }
    assert blind["digit flipped"].found == 0
    assert len(blind["digit flipped"].missed) == 1


def test_rates_count_what_was_lost() -> None:
    good = ("It takes 25 ms for $x$ on WSJ, see https://a.org/b.",
            "在 WSJ 上处理 $x$ 需要 25 毫秒，见 https://a.org/b。")  # fmt: skip
    bad = (good[0], "在 TIMIT 上處理 $y$ 需要 26 毫秒,见 https://a.org/c")
    found = rates([good, bad])
    assert (found.numbers, found.extra_numbers, found.math, found.urls) == (0.5, 0.5, 0.5, 0.5)
    assert (found.names, found.names_verbatim, found.punctuation) == (0.5, 0.5, 0.5)
    assert found.simplified is not None
    assert found.simplified < 1
    assert rates([]).numbers is None


def test_scores_need_as_many_outputs_as_references() -> None:
    assert score(["它效果很好。"], ["它效果很好。"]).bleu == pytest.approx(100)
    with pytest.raises(ValueError, match="1 outputs for 2"):
        score(["它"], ["它", "他"])


def test_the_report_holds_every_part(data: Path, tmp_path: Path) -> None:
    @contextlib.contextmanager
    def opened():
        yield Translator(CachedEngine(Table(), tmp_path / "memory.jsonl"))

    found = evaluate(data, Options(Sizes(10, 3), {"table": opened}), "a machine")
    titles = [part.title for part in found.report.parts]
    assert len(titles) == 4
    assert "typography" in titles[2]
    assert titles[3] == "table"
    model = found.report.parts[3]
    assert model.data["kept"] == 0
    assert {goal.name: goal.met for goal in model.goals}["numbers kept"]
    assert {goal.name: goal.met for goal in found.report.parts[2].goals}["nllb: BLEU gained"]
    lines = "\n".join(side_by_side(found.texts, "abstracts", 2))
    assert lines.count("## abstracts") == 2
    assert "小时。它效果很好。" in lines
