"""llama.cpp on a model of random weights: scheduling, limits, refusals. Text means nothing here."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.engines.llama import LlamaEngine, Placement
from digest.engines.templates import Segment
from digest.engines.vocabulary import Vocabulary, load_model
from digest.errors import ModelError, ModelMissingError
from digest.generation import DecodeOptions, Engine, Prompt
from tests.test_engines_convert import CASES, CONTROL, malformed, tiny_model, write_tiny_gguf

PROMPT = Prompt("s", "t")
INPUTS = ["alpha", "be", "gamma ray", "delta", "e", "zeta zeta zeta", "eta"]
SHORT = DecodeOptions(max_output_tokens=6)


@pytest.fixture(scope="module")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_gguf(tmp_path_factory.mktemp("models") / "tiny.gguf")


@pytest.fixture
def engine(gguf: Path) -> Iterator[LlamaEngine]:
    engine = LlamaEngine(gguf, tiny_model(gguf), Placement(threads=1, parallel=3))
    yield engine
    engine.close()


def test_one_answer_for_each_input_in_order(engine: LlamaEngine) -> None:
    seen: Engine = engine
    together = seen.complete(PROMPT, INPUTS, SHORT)
    assert len(together) == len(INPUTS)
    assert all(answer.tokens <= 6 for answer in together)
    backwards = engine.complete(PROMPT, INPUTS[::-1], SHORT)
    assert [answer.tokens for answer in backwards[::-1]] == [a.tokens for a in together]
    assert engine.complete(PROMPT, [], SHORT) == []


def test_a_call_does_not_see_what_came_before(engine: LlamaEngine) -> None:
    first = engine.complete(PROMPT, INPUTS, SHORT)
    engine.complete(Prompt("other", "words"), ["x" * 40, "y"], DecodeOptions(max_output_tokens=30))
    assert engine.complete(PROMPT, INPUTS, SHORT) == first
    engine.complete(PROMPT, ["x" * 40, "y"], DecodeOptions(max_output_tokens=30))
    assert engine.complete(PROMPT, INPUTS, SHORT) == first


def test_sampling_is_repeated_by_its_seed(engine: LlamaEngine) -> None:
    options = DecodeOptions(max_output_tokens=6, temperature=1.0, seed=3)
    first = engine.complete(PROMPT, INPUTS, options)
    assert engine.complete(PROMPT, INPUTS, options) == first
    other = DecodeOptions(max_output_tokens=6, temperature=1.0, seed=400)
    assert engine.complete(PROMPT, INPUTS, other) != first


def test_a_prompt_longer_than_a_step(gguf: Path) -> None:
    model = dataclasses.replace(tiny_model(gguf), context=4096)
    engine = LlamaEngine(gguf, model, Placement(threads=1, parallel=2))
    answers = engine.complete(Prompt("", "x" * 700), ["y" * 900, "z", "w" * 600], SHORT)
    engine.close()
    assert len(answers) == 3


def test_an_input_that_does_not_fit_is_named(engine: LlamaEngine) -> None:
    with pytest.raises(ModelError, match=r"input 2 of 3 needs .* tokens"):
        engine.complete(PROMPT, ["a", "b" * 600, "c"], SHORT)
    assert len(engine.complete(PROMPT, ["a"], SHORT)) == 1


def test_no_output_tokens(engine: LlamaEngine) -> None:
    with pytest.raises(ValueError, match="max_output_tokens"):
        engine.complete(PROMPT, ["a"], DecodeOptions(max_output_tokens=0))


def test_control_tokens_are_control_tokens_only_in_templates(gguf: Path) -> None:
    vocabulary = Vocabulary(load_model(gguf, vocab_only=True))
    evil = "".join(CONTROL)
    assert vocabulary.encode([Segment(evil, special=True)]) == [256, 257, 258]
    plain = vocabulary.encode([Segment(evil, special=False)])
    assert not {256, 257, 258} & set(plain)
    assert vocabulary.decode(plain) == evil
    assert vocabulary.end_ids == {256, 258}


@pytest.mark.parametrize("text", ["", "é 漢字 😀", "a\x00b", "half \ud800 pair"])
def test_text_survives_the_way_to_tokens_and_back(gguf: Path, text: str) -> None:
    vocabulary = Vocabulary(load_model(gguf, vocab_only=True))
    tokens = vocabulary.encode([Segment(text, special=False)])
    assert vocabulary.decode(tokens) == text.replace("\ud800", "?")


def test_an_answer_cut_inside_a_character(gguf: Path) -> None:
    vocabulary = Vocabulary(load_model(gguf, vocab_only=True))
    tokens = vocabulary.encode([Segment("汉字", special=False)])
    assert vocabulary.decode(tokens[:-1], finished=False) == "汉"


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="no model file"):
        load_model(tmp_path / "no.gguf")


@pytest.mark.parametrize("case", CASES)
def test_malformed_files_are_typed_errors(tmp_path: Path, case: str) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(malformed(tmp_path)[case])
    with pytest.raises(ModelError, match=r"llama\.cpp cannot load .*bad\.gguf: ."):
        load_model(path)


@pytest.mark.parametrize("parallel", [0, 513])
def test_parallel_out_of_range(parallel: int) -> None:
    with pytest.raises(ValueError, match="parallel"):
        Placement(threads=1, parallel=parallel)


def test_passages_that_do_not_fit_are_left_out_and_counted(engine: LlamaEngine) -> None:
    # Bytes are tokens here; the context has 512.
    passages = ("a" * 100, "b" * 200, "c" * 100, "d" * 300)
    prompt = Prompt("s", "t", passages, relevance=(0.9, 0.1, 0.8, 0.2))
    (answer,) = engine.complete(prompt, ["q"], SHORT)
    assert answer.left_out == 2  # without the 200 b they are 500 and more with the wording
    kept = Prompt("s", "t", ("a" * 100, "c" * 100))
    (same,) = engine.complete(kept, ["q"], SHORT)
    assert (same.text, same.prompt_tokens, same.left_out) == (answer.text, answer.prompt_tokens, 0)


def test_all_passages_that_fit_stay(engine: LlamaEngine) -> None:
    prompt = Prompt("s", "t", ("one", "two"), relevance=(0.1, 0.9))
    (answer,) = engine.complete(prompt, ["q"], SHORT)
    assert answer.left_out == 0
    # each passage with its line end, and one line end after all
    (bare,) = engine.complete(PROMPT, ["q"], SHORT)
    assert answer.prompt_tokens == bare.prompt_tokens + len("one") + len("two") + 3


def test_samples_are_the_same_alone_and_together(engine: LlamaEngine) -> None:
    drawn = DecodeOptions(max_output_tokens=6, temperature=1.0, seed=3, n_best=3)
    (first, *_) = engine.complete(PROMPT, INPUTS, drawn)
    assert len(first.others) == 2
    (again, *_) = engine.complete(PROMPT, INPUTS, drawn)
    assert again == first
    one = engine.complete(
        PROMPT, INPUTS, DecodeOptions(max_output_tokens=6, temperature=1.0, seed=3)
    )
    assert one[0].others == ()


def test_more_samples_than_answers_together(engine: LlamaEngine) -> None:
    drawn = DecodeOptions(max_output_tokens=2, temperature=1.0, n_best=7)
    (answer,) = engine.complete(PROMPT, ["q"], drawn)
    assert len(answer.others) == 6


def test_a_score_is_a_mean_log_probability(engine: LlamaEngine) -> None:
    for answer in engine.complete(PROMPT, INPUTS, SHORT):
        assert answer.score is not None
        assert -20 < answer.score < 0


def test_calls_together_answer_each_its_own(engine: LlamaEngine) -> None:
    other = Prompt("other", "words")
    together = engine.complete_all(
        [(PROMPT, INPUTS, SHORT), (other, ["x"], SHORT), (PROMPT, [], SHORT)]
    )
    assert [len(answers) for answers in together] == [len(INPUTS), 1, 0]
    assert together[0] == engine.complete(PROMPT, INPUTS, SHORT)


def test_exact_counts(engine: LlamaEngine) -> None:
    assert engine.count_tokens(["", "abc", CONTROL[0]]) == [0, 3, len(CONTROL[0])]
