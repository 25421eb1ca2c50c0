"""The ladder, with an engine that answers from a table."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import pytest

from digest.errors import ConfigError, TranslateError
from digest.generation import Completion, DecodeOptions, Prompt
from digest.translate.translator import DRAWN, Translator
from digest.words.terms import Glossary, Term

PLAIN = "The model reaches 94% accuracy."
LONG = (
    "We train a large model on noisy speech from 3 corpora in 2 languages, while the baseline "
    "is trained on clean speech only for 12 hours."
)


class FakeEngine:
    """Answers with ``write(prompt, text, index)``; remembers how often it was called."""

    name, model, sha256, version = "fake", "table", "0" * 64, "1"
    instructed, searches, at_once = True, False, 1
    options: Mapping[str, str] = {"batch": "16"}

    def __init__(self, write: Callable[[Prompt, str, int], str]):
        self.write, self.calls = write, list[tuple[list[str], DecodeOptions]]()

    def complete(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
    ) -> list[Completion]:
        self.calls.append((list(inputs), options))
        if options.n_best == 1:
            return [Completion(self.write(prompt, t, i), 1, True) for i, t in enumerate(inputs)]
        samples = [
            [Completion(self.write(prompt, t, n), 1, True) for n in range(options.n_best)]
            for t in inputs
        ]
        return [dataclasses.replace(first, others=tuple(others)) for first, *others in samples]


def test_all_sentences_go_in_one_batch_and_join_without_spaces() -> None:
    answers = {"It works well.": "它效果很好", "Does it?": "是吗", PLAIN: "模型准确率达到94%."}
    engine = FakeEngine(lambda _prompt, text, _index: answers[text])
    translation = Translator(engine).translate(f"It works well.\nDoes it? {PLAIN}")
    assert translation.text == "它效果很好。是吗？模型准确率达到 94%。"
    assert (translation.source, translation.target) == (
        f"It works well.\nDoes it? {PLAIN}",
        "zh-Hans",
    )
    assert [inputs for inputs, _ in engine.calls] == [["It works well.", "Does it?", PLAIN]]
    assert engine.calls[0][1].temperature == 0
    assert all(translation.checks.values())


def test_a_failing_sentence_is_sampled_with_what_must_be_kept() -> None:
    def write(_prompt: Prompt, text: str, index: int) -> str:
        return "模型准确率达到 94%。" if "94%" in text and index == 2 else "模型准确率达到 49%。"

    engine = FakeEngine(write)
    (sentence,) = Translator(engine).translate_sentences([PLAIN])
    assert sentence.text == "模型准确率达到 94%。"
    assert (sentence.repaired, sentence.kept) == (True, False)
    inputs, options = engine.calls[1]
    assert (len(inputs), options.n_best) == (1, DRAWN.n_best)
    assert inputs[0].startswith(PLAIN)
    assert inputs[0].endswith("94%")
    assert options.temperature > 0


def test_a_doubt_is_not_settled_by_saying_less() -> None:
    first = "模型在 features 上准确率达到 94%。"

    def write(_prompt: Prompt, _text: str, _index: int) -> str:
        return first if len(engine.calls) == 1 else "准确率达到 94%。"

    engine = FakeEngine(write)
    (sentence,) = Translator(engine).translate_sentences(["On features we reach 94% accuracy."])
    assert [len(inputs) for inputs, _ in engine.calls] == [1, 1, 1]  # the last: "features" alone
    assert (sentence.text, sentence.repaired) == (first, False)


def test_only_failing_sentences_are_asked_again() -> None:
    def write(_prompt: Prompt, text: str, _index: int) -> str:
        return "它有效。" if text == "It works." else "模型的准确率很高。"

    engine = FakeEngine(write)
    Translator(engine).translate_sentences(["It works.", PLAIN])
    assert all(text.startswith(PLAIN) for text in engine.calls[1][0])


def test_what_still_fails_is_translated_by_clauses() -> None:
    def write(_prompt: Prompt, text: str, _index: int) -> str:
        if text.startswith("We train") and "baseline" not in text:
            return "我们用来自 3 个语料库、2 种语言的含噪语音训练了一个大模型。"
        if text.startswith("while"):
            return "而基线仅用 12 小时的干净语音训练。"
        return "我们训练模型。"

    (sentence,) = Translator(FakeEngine(write)).translate_sentences([LONG])
    assert sentence.text == (
        "我们用来自 3 个语料库、2 种语言的含噪语音训练了一个大模型，"
        "而基线仅用 12 小时的干净语音训练。"
    )
    assert sentence.repaired


def test_at_last_the_english_is_kept() -> None:
    def write(_prompt: Prompt, text: str, _index: int) -> str:
        return "它有效。" if text == "It works." else "准确率为 49%。"

    translation = Translator(FakeEngine(write)).translate(f"It works. {PLAIN} It works.")
    assert translation.text == f"它有效。〔原文〕{PLAIN} 它有效。"
    assert [sentence.kept for sentence in translation.sentences] == [False, True, False]
    assert translation.checks["numbers"] is False


class FakeSearch(FakeEngine):
    """Follows no prompt: answers with the texts that ``write`` joins by ``|``, the best first."""

    instructed = False

    def complete(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
    ) -> list[Completion]:
        assert prompt == Prompt("", "")
        self.calls.append((list(inputs), options))
        return [self._answer(self.write(prompt, text, i), options) for i, text in enumerate(inputs)]

    def _answer(self, texts: str, options: DecodeOptions) -> Completion:
        """An empty text is one that it could not read."""
        best, *others = [Completion(t, len(t), bool(t)) for t in texts.split("|")][: options.n_best]
        return dataclasses.replace(best, others=tuple(others))


def test_a_model_without_a_prompt_searches_with_beams() -> None:
    engine = FakeSearch(lambda *_: "它有效。|它行。")
    assert Translator(engine).translate("It works.").text == "它有效。"
    ((inputs, options),) = engine.calls
    assert inputs == ["It works."]
    assert (options.beam_size, options.n_best, options.temperature) == (4, 1, 0)


def test_the_checks_choose_among_its_hypotheses() -> None:
    found = "准确率为 49%。|准确率为 4%。|模型准确率达到 94%。"
    engine = FakeSearch(lambda _p, text, _i: found if "94%" in text else "它有效。")
    first, second = Translator(engine).translate_sentences(["It works.", PLAIN])
    assert (first.text, first.repaired) == ("它有效。", False)
    assert (second.text, second.repaired, second.kept) == ("模型准确率达到 94%。", True, False)
    _, (inputs, options) = engine.calls
    assert inputs == [PLAIN]  # as it is: nothing tells such a model what to keep
    assert options.n_best == options.beam_size == 8


def test_what_it_cannot_read_goes_by_clauses() -> None:
    def write(_prompt: Prompt, text: str, _index: int) -> str:
        if text.startswith("We train") and "baseline" not in text:
            return "我们用来自 3 个语料库、2 种语言的含噪语音训练了一个大模型。"
        return "而基线仅用 12 小时的干净语音训练。" if text.startswith("while") else ""

    engine = FakeSearch(write)
    (sentence,) = Translator(engine).translate_sentences([LONG])
    assert sentence.text.endswith("训练了一个大模型，而基线仅用 12 小时的干净语音训练。")
    assert [len(inputs) for inputs, _ in engine.calls] == [1, 2]


def test_what_no_hypothesis_says_is_kept_in_english() -> None:
    engine = FakeSearch(lambda *_: "准确率为 49%。|准确率为 4%。")
    (sentence,) = Translator(engine).translate_sentences([PLAIN])
    assert (sentence.text, sentence.kept) == (PLAIN, True)


def test_provenance_names_the_search() -> None:
    made_by = Translator(FakeSearch(lambda *_: "它有效。")).made_by
    assert made_by.options == {
        "batch": "16",
        "first": "1 of 4 beams",
        "again": "8 of 8 beams",
        "target": "zh-Hans",
    }
    assert made_by.seed is None


def test_blank_sentences_stay_blank_and_in_place() -> None:
    engine = FakeEngine(lambda *_: "它有效。")
    texts = [s.text for s in Translator(engine).translate_sentences(["", "It works.", " "])]
    assert texts == ["", "它有效。", ""]
    assert Translator(engine).translate("").text == ""


def test_provenance_names_engine_prompt_and_recipe() -> None:
    translator = Translator(FakeEngine(lambda *_: "它有效。"))
    made_by = translator.made_by
    assert (made_by.engine, made_by.model, made_by.version) == ("fake", "table", "1/translate-4")
    assert len(made_by.prompt_sha256) == 64
    assert made_by.options["batch"] == "16"
    assert translator.translate("It works.").made_by == made_by


def test_a_missing_answer_is_an_error() -> None:
    engine = FakeEngine(lambda *_: "")
    engine.complete = lambda *_: []  # type: ignore[method-assign]
    with pytest.raises(TranslateError, match="0 answers for 1 sentences"):
        Translator(engine).translate("It works.")


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ConfigError, match="tlh") as caught:
        Translator(FakeEngine(lambda *_: ""), target="tlh")
    assert "zh-Hans" in str(caught.value.hint)


class FakeBeams(FakeEngine):
    """Follows a prompt and searches: ``write`` is asked for each of the best."""

    searches = True


def test_an_engine_that_searches_draws_nothing() -> None:
    def write(_prompt: Prompt, _text: str, index: int) -> str:
        return "模型准确率达到 94%。" if index == 2 else "模型准确率达到 49%。"

    engine = FakeBeams(write)
    (sentence,) = Translator(engine).translate_sentences([PLAIN])
    assert (sentence.text, sentence.how) == ("模型准确率达到 94%。", "asked again")
    options = engine.calls[1][1]
    assert (options.temperature, options.beam_size, options.n_best) == (0, 4, 4)


def test_terms_are_told_and_the_answer_that_has_them_is_taken() -> None:
    source = "We decode with beam search on 3 sets."

    def write(_prompt: Prompt, text: str, _index: int) -> str:
        return (
            "我们在 3 个集合上用束搜索解码。"
            if "术语" in text
            else "我们在 3 个集合上用贝叶斯搜索解码。"
        )

    engine = FakeEngine(write)
    glossary = Glossary([Term("beam search", "束搜索")])
    (sentence,) = Translator(engine, glossary=glossary).translate_sentences([source])
    assert "术语：beam search = 束搜索" in engine.calls[1][0][0]
    assert (sentence.text, sentence.how) == ("我们在 3 个集合上用束搜索解码。", "asked again")


def test_a_word_that_stayed_english_is_named() -> None:
    source = "We coined it on 3 sets."

    def write(_prompt: Prompt, text: str, _index: int) -> str:
        told = "须译成中文：coined" in text
        return "我们在 3 个集合上提出了它。" if told else "我们在 3 个集合上 coined 它。"

    (sentence,) = Translator(FakeEngine(write)).translate_sentences([source])
    assert (sentence.text, sentence.how) == ("我们在 3 个集合上提出了它。", "asked again")


def test_a_word_that_stays_english_gets_its_meaning_before_it() -> None:
    source = "It is provably fast on 3 sets."

    def write(_prompt: Prompt, text: str, _index: int) -> str:
        return "可证明地。" if text == "provably" else "它在 3 个集合上 provably 地快速。"

    (sentence,) = Translator(FakeEngine(write)).translate_sentences([source])
    assert sentence.text == "它在 3 个集合上可证明（provably）地快速。"
    assert sentence.how == "words"


def test_words_side_by_side_are_one_phrase() -> None:
    source = "Hate speech detection by hate lexicons on 3 sets."
    meanings = {"hate": "仇恨；憎恨"}

    def write(_prompt: Prompt, text: str, _index: int) -> str:
        return meanings.get(text, "在 3 个集合上用 hate 词典检测 hate speech 内容。")

    glossary = Glossary([Term("hate speech", "仇恨言论")])
    engine = FakeEngine(write)
    (sentence,) = Translator(engine, glossary=glossary).translate_sentences([source])
    assert engine.calls[-1][0] == ["hate"]  # the other is the glossary's
    wanted = "在 3 个集合上用仇恨（hate）词典检测仇恨言论（hate speech）内容。"
    assert sentence.text == wanted


def test_a_lost_formula_goes_as_a_mark() -> None:
    source = r"We bound $\frac{a}{b}$ from above."

    def write(_prompt: Prompt, text: str, _index: int) -> str:
        return "我们给出 X1 的上界。" if "X1" in text else "我们给出 a/b 的上界。"

    (sentence,) = Translator(FakeEngine(write)).translate_sentences([source])
    assert (sentence.text, sentence.how) == (r"我们给出 $\frac{a}{b}$ 的上界。", "marks")


def test_the_other_engine_is_asked_before_clauses() -> None:
    other = FakeEngine(lambda *_: "模型准确率达到 94%。")
    engine = FakeEngine(lambda *_: "模型准确率达到 49%。")
    (sentence,) = Translator(engine, other=other).translate_sentences([PLAIN])
    assert (sentence.text, sentence.how) == ("模型准确率达到 94%。", "other engine")
    made_by = Translator(engine, other=other).made_by
    assert made_by != Translator(engine).made_by


def test_first_mentions_are_written_out_and_later_ones_short() -> None:
    answers = {
        "We use word error rate (WER).": "我们使用词错误率（WER）。",
        "The WER falls.": "词错误率下降。",
    }
    engine = FakeEngine(lambda _prompt, text, _index: answers.get(text, "词错误率下降。"))
    glossary = Glossary([Term("word error rate", "词错误率", "WER")])
    translation = Translator(engine, glossary=glossary).translate(" ".join(answers))
    assert translation.text == "我们使用词错误率（word error rate，WER）。WER 下降。"


def test_a_title_is_translated_on_demand() -> None:
    answers = {"It works.": "它有效。", "A Method That Works Well": "一种有效的方法。"}
    engine = FakeEngine(lambda _prompt, text, _index: answers[text])
    translation = Translator(engine).translate("It works.", "A Method That Works Well")
    assert (translation.text, translation.title) == ("它有效。", "一种有效的方法")
    assert Translator(engine).translate("It works.").title == ""


def test_traditional_characters_are_written_at_last() -> None:
    engine = FakeEngine(lambda *_: "软件有效。")
    translation = Translator(engine, target="zh-Hant").translate("The software works.")
    assert (translation.text, translation.target) == ("軟體有效。", "zh-Hant")
    assert all(translation.checks.values())


def test_another_language_is_asked_for_by_name() -> None:
    engine = FakeEngine(lambda *_: "Das Modell erreicht 94 % Genauigkeit.")
    translation = Translator(engine, target="de").translate(PLAIN)
    assert translation.text == "Das Modell erreicht 94 % Genauigkeit."
    assert all(translation.checks.values())
