import json
import random
from dataclasses import replace
from importlib import resources

import pytest

from digest.config import Config
from digest.evaluate.explain import figures, injection, mutations, recall
from digest.evaluate.explain.papers import TUNED_ON, Sample, fingerprint
from digest.evaluate.explain.run import side_by_side
from digest.explain.reading import Explainer
from digest.records import (
    ArxivId,
    Breakdown,
    Claim,
    Dropped,
    Evidence,
    MadeBy,
    Paper,
    Section,
    Sentence,
)
from tests.conftest import FakeEngine, FakeQuotes, document

TEXTS = (
    "However, existing filters suffer from wind noise and cannot tell it from fricatives.",
    "We propose WindGate, a gated bank of 24 filters that decides in each band whether to act.",
    "On the BreezeSpeech corpus WindGate reaches an accuracy of 74.8% against 68.3%.",
    "The classifier was never trained on the recordings of the other microphones.",
)
DOCUMENT = replace(
    document(),
    sections=(Section("Results", 1, "results", 1),),
    sentences=tuple(Sentence(f"s{n}", 0, n, text, ()) for n, text in enumerate(TEXTS, 1)),
)
PAPER = Paper(
    ArxivId.parse("2601.00001"),
    title="WindGate",
    abstract="WindGate reaches an accuracy of 74.8% against 68.3%. It was fun.",
)
SAMPLE = Sample("windgate", "ab" * 32, PAPER, DOCUMENT)


def claim(number, text, **more):
    sentence = DOCUMENT.sentences[number - 1]
    cited = Evidence("sentence", sentence.id, sentence.page, sentence.text)
    return Claim("", text, (cited,), "verified", **more)


CLAIMS = (
    claim(1, "现有滤波器受风噪声影响，无法将其与擦音区分。"),
    claim(2, "论文提出 WindGate，由 24 个门控滤波器逐频带决定是否起作用。"),
    claim(3, "在 BreezeSpeech 上 WindGate 的准确率达到 74.8%。"),
    claim(4, "分类器从未在其他麦克风的录音上训练。", how="rewritten"),
)
READING = Breakdown(
    (CLAIMS[0],),
    (CLAIMS[1],),
    (Claim("主要结果", "", (), "verified", (CLAIMS[2], CLAIMS[3])),),
    "full",
    (Dropped("甲。", "number 5"), Dropped("乙。", "said already")),
    MadeBy("t", "1"),
)


def test_a_fingerprint_is_of_the_letters_alone():
    assert fingerprint("A well- known fact.") == fingerprint("a wellknown FACT")
    assert fingerprint("A fact") != fingerprint("Another fact")


def test_a_fact_is_found_by_any_sentence_that_states_it():
    place = [(s.page, fingerprint(s.text)) for s in DOCUMENT.sentences]
    nowhere = (9, "0" * 16)
    facts = {
        "problem": [frozenset({nowhere, place[0]})],
        "method": [frozenset({place[1]}), frozenset({nowhere})],
        "results": [],
    }
    found = recall.measure([SAMPLE], {SAMPLE.sha256: facts}, 1200)
    assert [(each.facts, each.found) for each in found] == [(1, 1), (2, 1), (0, 0)]
    assert found[1].missed == ("not in this extraction",)
    assert recall.measure([SAMPLE], {}, 1200) == []


def test_the_labels_are_sixty_questions_of_papers_that_nothing_was_tuned_on():
    marked = recall.labels()
    assert len(marked) == 20
    assert not TUNED_ON & marked.keys()
    for questions in marked.values():
        assert list(questions) == ["problem", "method", "results"]
        assert all(facts and all(facts) for facts in questions.values())


def test_no_word_of_a_paper_is_in_the_labels():
    text = resources.files("digest.evaluate.explain").joinpath("labels.json").read_text("utf-8")
    places = [
        p for q in json.loads(text).values() for facts in q.values() for f in facts for p in f
    ]
    for page, mark in places:
        assert isinstance(page, int)
        assert len(mark) == 16
        int(mark, 16)


def test_the_figures_of_a_reading():
    found = {goal.name: goal.value for goal in figures.goals([figures.Reading(SAMPLE, READING)])}
    assert found["citations that stand verbatim on their page"] == 1.0
    assert found["numbers that the evidence has"] == 1.0
    assert found["papers with all three parts"] == 1.0
    assert found["claims a paper"] == 4
    assert found["dropped bullets"] == pytest.approx(0.2)
    assert found["numbers of the abstract's results in the results"] == 0.5
    lines = figures.before_and_after([figures.Reading(SAMPLE, READING)])
    assert lines[0].startswith("6 bullets written; first answers with a fault 0.333;")
    assert "rewritten 1" in lines[0]
    assert "dropped 1 (number 1)" in lines[0]


def test_a_figure_falls_where_a_claim_is_wrong():
    wrong = replace(READING, problem=(replace(CLAIMS[0], text="滤波器损失 55.5% 的能量。"),))
    found = {goal.name: goal.value for goal in figures.goals([figures.Reading(SAMPLE, wrong)])}
    assert found["numbers that the evidence has"] < 1.0
    moved = replace(CLAIMS[0], evidence=(replace(CLAIMS[0].evidence[0], page=7),))
    found = figures.goals([figures.Reading(SAMPLE, replace(READING, problem=(moved,)))])
    assert found[0].value == pytest.approx(0.75)


READ = figures.Reading(SAMPLE, READING)


def test_the_claims_hold_as_they_are():
    assert mutations.false_alarms([READ]) == (4, [])


@pytest.mark.parametrize("kind", mutations.KINDS, ids=lambda kind: kind.name)
def test_each_kind_of_fault_changes_a_claim(kind):
    chance = random.Random(1)
    made = [kind.make(each, READ.claims, chance) for each in READ.claims]
    if kind.name == "unit swapped":
        assert made == [None, None, None, None]  # there is none to swap
    else:
        changed = [(old, new) for old, new in zip(READ.claims, made, strict=True) if new]
        assert changed
        assert all(old != new for old, new in changed)


def test_what_was_made_and_found_is_counted():
    found = {each.kind.name: each for each in mutations.measure([READ])}
    for name in ("digit flipped", "name swapped", "page shifted", "id of another citation"):
        assert found[name].made == found[name].found > 0
        assert found[name].missed == ()


def test_an_instruction_changes_no_reading(tmp_path):
    config = Config(home=tmp_path / "home", models_dir=tmp_path)
    tool = Explainer(FakeEngine(lambda text: "论文的滤波器抑制风噪声。"), FakeQuotes(), 1600)
    found = list(injection.measure(tool, config, tmp_path))
    assert [each.attack for each in found] == [attack.name for attack in injection.ATTACKS]
    assert [each.changed for each in found] == [()] * 5


def test_claims_stand_above_their_evidence_for_a_person_to_judge():
    lines = side_by_side({"m compress": [figures.Reading(SAMPLE, READING)]})
    assert lines[0] == "## windgate (m compress): WindGate"
    assert "- 分类器从未在其他麦克风的录音上训练。 [rewritten]" in lines
    assert f"    - s4, p.4: {TEXTS[3]}" in lines
