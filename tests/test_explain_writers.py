import pytest

from digest.errors import ConfigError
from digest.explain import modes
from digest.explain.evidence import Selection
from digest.explain.judge import Judge
from digest.explain.passages import cluster
from digest.explain.roles import ROLES
from digest.explain.writers import Compose, mode
from digest.generation import Completion
from digest.records import Breakdown, Claim, MadeBy, leaves
from digest.words.terms import Glossary
from tests.conftest import FakeEngine, document

PAPER = document(
    "However, existing filters suffer from wind and degrade by up to 27% in cars.",
    "We propose a gated filter bank that decides in each band whether it acts.",
    "The filter achieves an accuracy of 99.63% on the clean part of the corpus.",
)
_ROLE = {role.name: role for role in ROLES}


def selection():
    made = {
        question: (cluster(_ROLE[role], [sentence], 1.0),)
        for (question, role), sentence in zip(
            (("problem", "fault"), ("method", "idea"), ("results", "finding")),
            PAPER.sentences,
            strict=True,
        )
    }
    return Selection(made, {question: () for question in made})


def drafts(answer):
    return Compose(FakeEngine(answer), Glossary()).drafts(selection())


def test_ids_before_a_text_are_its_citation():
    found = drafts(lambda asked: "[s3] 滤波器在语料的纯净部分达到 99.63% 的准确率。")
    [last] = [each for each in found if each.cluster.role.question == "results"]
    assert last.found == ()
    assert [each.id for each in last.cited] == ["s3"]
    assert last.text == "滤波器在语料的纯净部分达到 99.63% 的准确率。"


@pytest.mark.parametrize("line", ["没有编号的要点。", "", "[] 空的编号。"])
def test_a_line_without_evidence_is_no_bullet(line):
    assert drafts(lambda _asked: line) == []


@pytest.mark.parametrize("line", ["[s99] 引用了不存在的句子。", "[s1, s99] 引用了不存在的句子。"])
def test_a_line_that_cites_what_was_not_given_is_faulty(line):
    for each in drafts(lambda _asked: line):
        assert not each.publishable
        assert "s99" in str(each.found[0])


@pytest.mark.parametrize("ids", ["[s1][s3]", "[s1, s3]", "[s1–s3]", "(s1、s3)", "[s1 and s3]"])
def test_ids_may_be_written_in_many_ways(ids):
    for each in drafts(lambda _asked: f"{ids} 滤波器在汽车里降低 27%，在纯净部分达到 99.63%。"):
        assert [evidence.id for evidence in each.cited] == ["s1", "s3"]
        assert each.text.startswith("滤波器")


def test_an_answer_that_was_cut_off_loses_its_last_line():
    class Cut(FakeEngine):
        def complete(self, prompt, inputs, options):
            text = "[s2] 论文提出一种门控滤波器组，逐频带决定是否起作用。\n[s3] 滤波器达到"
            return [Completion(text, 9, finished=False) for _ in inputs]

    found = Compose(Cut(lambda _text: ""), Glossary()).drafts(selection())
    assert {each.cited[0].id for each in found} == {"s2"}


def test_the_evidence_is_shared_by_the_questions():
    prompts = []

    class Keeps(FakeEngine):
        def complete(self, prompt, inputs, options):
            prompts.append((prompt, inputs))
            return super().complete(prompt, inputs, options)

    Compose(Keeps(lambda _text: ""), Glossary()).drafts(selection())
    [(prompt, inputs)] = prompts
    assert len(inputs) == 3
    assert prompt.passages[0].startswith("[s1] However")


def test_a_mode_has_a_name():
    assert mode("compose") == "compose"
    with pytest.raises(ConfigError, match="no way of writing"):
        mode("free")


def test_what_was_measured_is_remembered_by_the_weights(tmp_path):
    engine = FakeEngine(lambda text: text)
    assert modes.remembered(tmp_path, engine) == "compress"
    modes.remember(tmp_path, engine, "compose")
    assert modes.remembered(tmp_path, engine) == "compose"
    (tmp_path / modes.FILE).write_text("{")
    assert modes.remembered(tmp_path, engine) == "compress"


class Says(FakeEngine):
    """Answers each input with the next of some words and their log-probabilities."""

    def __init__(self, *answers):
        super().__init__(lambda text: text)
        self.answers = answers

    def complete(self, prompt, inputs, options):
        assert options.max_output_tokens == 1
        return [Completion(text, 1, False, score=score) for text, score in self.answers]


def test_the_checker_marks_and_keeps_every_claim():
    made = [Claim("", text, (), "verified") for text in ("甲。", "乙。", "丙。", "丁。")]
    reading = Breakdown(
        (made[0],),
        (Claim("标签", "", (), "verified", (made[1], made[2])),),
        (made[3],),
        "full",
        (),
        MadeBy("t", "1"),
    )
    judge = Judge(Says(("是", 0.0), ("否", 0.0), ("也许", 0.0), ("是", -0.693147)))
    found = [claim.support for claim in leaves(judge.marked(reading))]
    assert found == [1.0, 0.0, None, pytest.approx(0.5)]


def test_the_word_that_was_said_decides_which_side_of_a_half_it_is():
    unsure = Judge(Says(("是", -0.8), ("否", -0.8), ("是否", -0.1)))
    yes, no, whether = unsure.support([("甲。", "A."), ("乙。", "B."), ("丙。", "C.")])
    assert no < 0.5 <= yes
    assert whether < 0.5


def test_the_checker_keeps_what_it_marks():
    made = [Claim("", text, (), "verified") for text in ("甲。", "乙。")]
    reading = Breakdown((made[0],), (made[1],), (), "full", (), MadeBy("t", "1"))
    judge = Judge(Says(("否", 0.0), ("否", 0.0)))
    assert [claim.text for claim in leaves(judge.marked(reading))] == [c.text for c in made]
