"""CTranslate2 on a converted model of random weights: order, limits, repetition."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from digest.engines.catalogue import find
from digest.engines.convert import convert, write_decoder
from digest.engines.ct2 import CTranslate2Engine
from digest.engines.identity import PAD
from digest.engines.place import Place
from digest.errors import ModelError
from digest.generation import DecodeOptions, Engine, Prompt
from digest.worker import Worker
from tests.test_engines_convert import Tiny, tiny_model, write_tiny_gguf
from tests.test_engines_convert_decoder import converted, ct2_logs

PROMPT = Prompt("s", "t")
INPUTS = ["alpha", "be", "gamma ray", "delta", "e"]


@pytest.fixture(scope="module")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models")
    convert(tiny_model(write_tiny_gguf(path / "tiny.gguf")), path)
    return path


@pytest.fixture
def engine(models_dir: Path) -> CTranslate2Engine:
    return open_engine(models_dir)


def open_engine(models_dir: Path, **place: Any) -> CTranslate2Engine:
    gguf = models_dir / "tiny.gguf"
    return CTranslate2Engine(
        models_dir / "tiny-ct2-int8", gguf, tiny_model(gguf), Place(**place), 2
    )


def test_one_answer_for_each_input_and_the_same_again(engine: CTranslate2Engine) -> None:
    seen: Engine = engine
    first = seen.complete(PROMPT, INPUTS, DecodeOptions(max_output_tokens=6))
    assert len(first) == 5
    assert all(answer.tokens <= 6 for answer in first)
    assert all(answer.tokens == 6 for answer in first if not answer.finished)
    engine.complete(Prompt("other", "words"), ["x"], DecodeOptions(max_output_tokens=6))
    assert engine.complete(PROMPT, INPUTS, DecodeOptions(max_output_tokens=6)) == first
    assert engine.complete(PROMPT, [], DecodeOptions()) == []


def test_sampling_is_repeated_by_its_seed(engine: CTranslate2Engine) -> None:
    options = DecodeOptions(max_output_tokens=6, temperature=1.0, seed=3)
    first = engine.complete(PROMPT, INPUTS, options)
    assert engine.complete(PROMPT, INPUTS, options) == first
    other = DecodeOptions(max_output_tokens=6, temperature=1.0, seed=4)
    assert engine.complete(PROMPT, INPUTS, other) != first


def test_an_input_that_does_not_fit_is_named(engine: CTranslate2Engine) -> None:
    with pytest.raises(ModelError, match=r"input 2 of 2 needs .* tokens"):
        engine.complete(PROMPT, ["a", "b" * 600], DecodeOptions(max_output_tokens=6))


def test_scores_are_mean_log_probabilities(tmp_path: Path, engine: CTranslate2Engine) -> None:
    """Against the model itself, one token after another; 8 bits blur them a little."""
    (answer,) = engine.complete(PROMPT, ["alpha"], DecodeOptions(max_output_tokens=4))
    gguf = write_tiny_gguf(tmp_path / "tiny.gguf")
    weights = converted(gguf)
    turn = engine._cutter.cut(PROMPT, ["alpha"], DecodeOptions())
    tokens, logs = [*turn.prefix, *engine._filled(turn.questions[0])], []
    for _ in range(4):
        last = ct2_logs(weights, tokens)[-1]
        tokens.append(int(last.argmax()))
        logs.append(last.max())
    assert not answer.finished
    assert answer.prompt_tokens == len(tokens) - 4
    assert answer.score == pytest.approx(sum(logs) / 4, abs=0.05)


def test_beams_and_draws_give_several_answers_best_first(engine: CTranslate2Engine) -> None:
    short = DecodeOptions(max_output_tokens=6)
    for options in (
        replace(short, beam_size=3, n_best=3),
        replace(short, temperature=1.0, n_best=3, seed=5),
    ):
        answers = engine.complete(PROMPT, INPUTS, options)
        assert engine.complete(PROMPT, INPUTS, options) == answers
        for answer in answers:
            scores = [each.score for each in (answer, *answer.others)]
            assert len(scores) == 3
            assert scores == sorted(scores, key=lambda score: -(score or 0))
            assert all(other.prompt_tokens == answer.prompt_tokens for other in answer.others)
        texts = {each.text for answer in answers for each in (answer, *answer.others)}
        assert len(texts) > len(INPUTS)


def test_no_more_answers_than_beams(engine: CTranslate2Engine) -> None:
    options = DecodeOptions(max_output_tokens=6, beam_size=2, n_best=5)
    assert [len(a.others) for a in engine.complete(PROMPT, ["x", "y"], options)] == [1, 1]
    options = DecodeOptions(max_output_tokens=6, n_best=5)
    assert engine.complete(PROMPT, ["x"], options)[0].others == ()


def test_a_draw_from_the_likeliest_share_alone_is_greedy(engine: CTranslate2Engine) -> None:
    greedy = engine.complete(PROMPT, INPUTS, DecodeOptions(max_output_tokens=6))
    options = DecodeOptions(max_output_tokens=6, temperature=1.0, top_p=1e-6)
    drawn = engine.complete(PROMPT, INPUTS, options)
    assert [answer.text for answer in drawn] == [answer.text for answer in greedy]


@pytest.mark.parametrize("beam_size", [1, 3])
def test_an_answer_ends_before_a_stop_string(engine: CTranslate2Engine, beam_size: int) -> None:
    options = DecodeOptions(max_output_tokens=12, beam_size=beam_size)
    # What random weights write may be half a character: one of the answers begins with letters.
    texts = [*INPUTS, *"abcdefghijklmnopqrstuvwxyz"]
    text, whole = next(
        (text, answer)
        for text, answer in zip(texts, engine.complete(PROMPT, texts, options), strict=True)
        if answer.text[:4].isascii() and answer.text[2:4] not in answer.text[:3]
    )
    start, end = whole.text[:2], whole.text[2:4]
    (answer,) = engine.complete(PROMPT, [text], replace(options, stop=("never", end)))
    assert (answer.text, answer.finished) == (start, True)
    assert answer.tokens < whole.tokens if beam_size == 1 else answer.tokens == whole.tokens


@pytest.mark.parametrize(
    "options",
    [
        DecodeOptions(max_output_tokens=6),
        DecodeOptions(max_output_tokens=6, temperature=1.0),
        DecodeOptions(max_output_tokens=6, beam_size=2, n_best=2),
    ],
)
def test_a_sign_of_life_changes_nothing(models_dir: Path, options: DecodeOptions) -> None:
    steps: list[int] = []
    watched = open_engine(models_dir, on_step=lambda: steps.append(1))
    plain = open_engine(models_dir)
    assert watched.complete(PROMPT, INPUTS, options) == plain.complete(PROMPT, INPUTS, options)
    assert len(steps) >= len(INPUTS)


def test_an_engine_that_is_let_go_at_once_takes_nobody_with_it(models_dir: Path) -> None:
    """The threads of CTranslate2 outlive a call by a moment, and what they hold with them."""
    for _ in range(20):
        open_engine(models_dir).complete(PROMPT, INPUTS, DecodeOptions(max_output_tokens=6))


def test_passages_that_do_not_fit_are_left_out_and_counted(engine: CTranslate2Engine) -> None:
    passages = ("most " * 20, "least " * 20, "some " * 20)  # 100 to 120 tokens each, of 512
    prompt = Prompt("s", "t", passages, (3.0, 1.0, 2.0))
    options = DecodeOptions(max_output_tokens=6)
    answers = engine.complete(prompt, ["a", "b" * 150], options)
    shorter = Prompt("s", "t", (passages[0], passages[2]), (3.0, 2.0))
    assert [answer.left_out for answer in answers] == [1, 1]
    assert [a.text for a in answers] == [
        a.text for a in engine.complete(shorter, ["a", "b" * 150], options)
    ]
    assert engine.complete(prompt, ["a"], options)[0].left_out == 0


def test_what_a_folder_says_it_reads_is_a_limit(tmp_path: Path) -> None:
    gguf = write_tiny_gguf(tmp_path / "tiny.gguf", Tiny("gemma3", window=64))
    write_decoder(gguf, tmp_path)
    engine = CTranslate2Engine(tmp_path, gguf, tiny_model(gguf), Place())
    with pytest.raises(ModelError, match="tiny reads 64"):
        engine.complete(PROMPT, ["x"], DecodeOptions(max_output_tokens=60))


def rewrite(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).write_bytes(change((folder / name).read_bytes()))

    return spoil


def shorter_by(count: int) -> Callable[[bytes], bytes]:
    return lambda data: json.dumps(json.loads(data)[:-count]).encode()


MALFORMED = {
    "no weights": lambda folder: (folder / "model.bin").unlink(),
    "garbage": rewrite("model.bin", lambda _: b"\x01\x00garbage" * 10),
    "empty": rewrite("model.bin", lambda _: b""),
    "half": rewrite("model.bin", lambda data: data[: len(data) // 2]),
    "last byte": rewrite("model.bin", lambda data: data[:-1]),
    "lengths": rewrite("model.bin", lambda data: data[:31] + b"\xff" * 40 + data[71:]),
    "no configuration": lambda folder: (folder / "config.json").unlink(),
    "configuration": rewrite("config.json", lambda _: b"{no json"),
    "empty configuration": rewrite("config.json", lambda _: b"{}"),
    "list": rewrite("config.json", lambda _: b"[1]"),
    "types": rewrite("config.json", lambda data: data.replace(b'"<|im_end|>"', b"7")),
    "context": rewrite("config.json", lambda data: data.replace(b"{", b'{"context": "long",')),
    "no vocabulary": lambda folder: (folder / "vocabulary.json").unlink(),
    "vocabulary": rewrite("vocabulary.json", lambda _: b"a b c"),
    "numbers": rewrite("vocabulary.json", lambda _: b"[1, 2]"),
    "object": rewrite("vocabulary.json", lambda _: b'{"a": 1}'),
    "short": rewrite("vocabulary.json", shorter_by(1)),
    "long": rewrite("vocabulary.json", lambda data: data.rstrip()[:-1] + b',"more"]'),
    "other tokens": rewrite("vocabulary.json", lambda data: data.replace(b'"a"', b'"aa"')),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_folders_are_typed_errors(tmp_path: Path, models_dir: Path, case: str) -> None:
    """In a process of its own, so that one which ends it is seen; none does."""
    folder = tmp_path / "bad"
    shutil.copytree(models_dir / "tiny-ct2-int8", folder)
    MALFORMED[case](folder)
    gguf = models_dir / "tiny.gguf"
    arguments = (folder, gguf, tiny_model(gguf), Place())
    with Worker("digest.engines.ct2:CTranslate2Engine", arguments) as worker:
        with pytest.raises(ModelError) as caught:
            worker.call("complete", PROMPT, ["x"], DecodeOptions(), timeout_s=60)
        assert str(folder) in caught.value.message
        with pytest.raises(ModelError):  # it is still there, and says so again
            worker.call("complete", PROMPT, ["x"], DecodeOptions(), timeout_s=5)


MODELS = Path(os.environ.get("DIGEST_MODELS", "models"))


@pytest.mark.model
@pytest.mark.parametrize("name", ["0.5b", "135m"])
def test_real_weights_tell_their_doubt_and_other_answers(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    model = find(name)
    folder = tmp_path_factory.mktemp(model.stem)
    write_decoder(MODELS / model.file, folder)
    engine = CTranslate2Engine(folder, MODELS / model.file, model, Place(2))
    prompt = Prompt("You are a helpful assistant.", "Answer the question in one sentence.")
    questions = ["What is the capital of France?", "Which number comes after 1, 2, 3, 4?"]
    options = DecodeOptions(max_output_tokens=24)
    paris, _ = engine.complete(prompt, questions, options)
    assert "Paris" in paris.text
    assert paris.finished
    assert -1 < (paris.score or -9) < 0
    assert paris.prompt_tokens > 25
    stopped, _ = engine.complete(prompt, questions, replace(options, stop=("Paris",)))
    assert (stopped.text, stopped.finished) == (paris.text.split("Paris")[0].rstrip(), True)
    best, _ = engine.complete(prompt, questions, replace(options, beam_size=3, n_best=3))
    texts = [each.text for each in (best, *best.others)]
    assert len(set(texts)) == 3
    assert "Paris" in texts[0]


def test_an_input_is_answered_the_same_alone_and_beside_others(engine: CTranslate2Engine) -> None:
    inputs = [*INPUTS, "x" * 40, "y" * 17]
    options = DecodeOptions(max_output_tokens=9)
    together = engine.complete(PROMPT, inputs, options)
    assert together == [engine.complete(PROMPT, [text], options)[0] for text in inputs]


def test_inputs_of_one_batch_have_one_length(engine: CTranslate2Engine) -> None:
    for length in (1, 15, 16, 17):
        question = tuple(range(length))
        filled = engine._filled(question)
        assert len(filled) % PAD == 0
        assert filled[-length:] == question
        assert len(filled) - length < PAD


def test_calls_together_answer_each_its_own(engine: CTranslate2Engine) -> None:
    short, long = DecodeOptions(max_output_tokens=3), DecodeOptions(max_output_tokens=9)
    drawn = DecodeOptions(max_output_tokens=4, temperature=1.0, seed=5)
    calls = [
        (PROMPT, INPUTS, short),
        (PROMPT, INPUTS[:2], long),
        (Prompt("other", "words"), ["x"], short),
        (PROMPT, INPUTS, drawn),
        (PROMPT, [], short),
    ]
    together = engine.complete_all(calls)
    for answers, call in zip(together, calls, strict=True):
        for answer, alone in zip(answers, engine.complete(*call), strict=True):
            # Of an answer that was cut to its own length, the score is not known.
            assert replace(alone, score=answer.score) == answer
            assert answer.score in (None, alone.score)
