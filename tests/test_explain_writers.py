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


@pytest.mark.parametrize(
    "line", ["没有编号的要点。", "[s99] 引用了不存在的句子。", "", "[] 空的编号。"]
)
def test_a_line_without_evidence_that_exists_is_no_bullet(line):
    assert drafts(lambda _asked: line) == []


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
    assert [claim.text for claim in leaves(judge.marked(reading))] == [c.text for c in made]
