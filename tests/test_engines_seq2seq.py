"""Sequence-to-sequence models of random weights: order, limits, scores, spoilt folders."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from digest.engines.place import Place
from digest.engines.seq2seq import Seq2SeqEngine
from digest.errors import ConfigError, ModelError
from digest.generation import Completion, DecodeOptions, Engine, Prompt
from digest.worker import Worker
from tests.tiny_seq2seq import FILES, Tiny, pieces, tiny_entry, write_tiny_seq2seq

NO_PROMPT = Prompt("", "")
INPUTS = ["We propose method 3.", "graph", "We propose graph 7 for method 12.", "We"]
SHORT = DecodeOptions(max_output_tokens=8, beam_size=4)


HERE = Place()


def open_engine(folder: Path, tiny: Tiny, place: Place = HERE) -> Seq2SeqEngine:
    return Seq2SeqEngine(write_tiny_seq2seq(folder, tiny), tiny_entry(), tiny.family, place)


@pytest.fixture(params=FILES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Seq2SeqEngine:
    return open_engine(tmp_path, Tiny(request.param))


def test_one_answer_for_each_input_in_order(engine: Seq2SeqEngine) -> None:
    seen: Engine = engine
    assert not seen.instructed
    answers = seen.complete(NO_PROMPT, INPUTS, SHORT)
    assert len(answers) == len(INPUTS)
    assert seen.complete(Prompt("never", "read"), INPUTS, SHORT) == answers
    alone = [seen.complete(NO_PROMPT, [text], SHORT)[0] for text in INPUTS]
    assert [answer.prompt_tokens for answer in alone] == [a.prompt_tokens for a in answers]
    assert [answer.text for answer in alone] == [a.text for a in answers]  # here, roundings agree
    assert seen.complete(NO_PROMPT, [], SHORT) == []


@pytest.mark.parametrize(
    "options",
    [
        SHORT,
        replace(SHORT, n_best=4),
        replace(SHORT, beam_size=1),
        replace(SHORT, beam_size=1, temperature=1.0, n_best=3, seed=7),
    ],
)
def test_an_answer_that_reaches_the_limit_is_not_finished(
    engine: Seq2SeqEngine, options: DecodeOptions
) -> None:
    for answer in engine.complete(NO_PROMPT, INPUTS, options):
        for each in (answer, *answer.others):
            assert each.tokens <= 8
            assert each.finished == (each.tokens < 8)
        scores = [each.score or 0 for each in (answer, *answer.others)]
        assert scores == sorted(scores, reverse=True)
        assert len(scores) == options.n_best
    assert engine.complete(NO_PROMPT, INPUTS, options) == engine.complete(
        NO_PROMPT, INPUTS, options
    )


@pytest.mark.parametrize("family", FILES)
def test_an_answer_that_the_model_ends_is_finished(tmp_path: Path, family: str) -> None:
    engine = open_engine(tmp_path, Tiny(family, end_bias=6.0))
    answers = engine.complete(NO_PROMPT, INPUTS, replace(SHORT, max_output_tokens=100))
    assert all(answer.finished and answer.tokens < 100 for answer in answers)


def test_scores_are_mean_log_probabilities(engine: Seq2SeqEngine) -> None:
    """Against the model's own scoring, which scores the prefix too and an end in any case."""
    found = engine._layout
    (answer,) = engine.complete(NO_PROMPT, INPUTS[:1], replace(SHORT, beam_size=1))
    source, prefix = found.cut(INPUTS[0]), list(found.prefix)
    (written,) = engine._translator.translate_batch(
        [source],
        target_prefix=[prefix],
        beam_size=1,
        max_decoding_length=8 + len(prefix),
        disable_unk=True,
    )
    (scored,) = engine._translator.score_batch([source], [written.hypotheses[0]])
    own = scored.log_probs[len(prefix) : -1]
    assert (len(own), answer.finished) == (8, False)
    assert answer.score == pytest.approx(sum(own) / 8, abs=0.05)


def test_an_input_that_is_too_long_is_not_cut(tmp_path: Path) -> None:
    engine = open_engine(tmp_path, Tiny("nllb", positions=24))
    long = "graph " * 10
    before, over, after = engine.complete(NO_PROMPT, ["graph", long, "We"], SHORT)
    assert over == Completion("", 0, False, prompt_tokens=len(engine._layout.cut(long)))
    assert over.prompt_tokens > 24
    assert [before, after] == engine.complete(NO_PROMPT, ["graph", "We"], SHORT)
    # An answer has no more positions either; it ends unfinished, and not in an error.
    (answer,) = engine.complete(NO_PROMPT, ["graph"], replace(SHORT, max_output_tokens=200))
    assert not answer.finished
    assert answer.tokens == 23  # and the prefix


def test_an_input_of_exactly_the_limit_is_read(tmp_path: Path) -> None:
    for adds_end in (False, True):
        tiny = Tiny("nllb", positions=24, adds_end=adds_end)
        engine = open_engine(tmp_path / str(adds_end), tiny)
        room = 24 - 3  # the language, the mark of a word, the end
        fits, over = engine.complete(NO_PROMPT, ["W" * room, "W" * (room + 1)], SHORT)
        assert fits.text or fits.tokens
        assert (over.text, over.tokens, over.finished) == ("", 0, False)


def test_blank_inputs_stay_blank(engine: Seq2SeqEngine) -> None:
    blank, text = engine.complete(NO_PROMPT, [" \n", "graph"], SHORT)
    assert (blank.text, blank.tokens, blank.finished) == ("", 0, True)
    assert text == engine.complete(NO_PROMPT, ["graph"], SHORT)[0]


def test_a_stop_string_ends_an_answer(tmp_path: Path) -> None:
    engine = open_engine(tmp_path, Tiny("nllb"))
    (whole,) = engine.complete(NO_PROMPT, INPUTS[:1], SHORT)
    stop = whole.text[2]
    (answer,) = engine.complete(NO_PROMPT, INPUTS[:1], replace(SHORT, stop=(stop,)))
    assert answer.text == whole.text[: whole.text.index(stop)].rstrip()
    assert answer.finished


@pytest.mark.parametrize("beam_size", [1, 4])
def test_a_sign_of_life_changes_nothing(tmp_path: Path, beam_size: int) -> None:
    steps: list[int] = []
    options = replace(SHORT, beam_size=beam_size)
    watched = open_engine(tmp_path, Tiny(), Place(on_step=lambda: steps.append(1)))
    answers = watched.complete(NO_PROMPT, INPUTS, options)
    assert answers == open_engine(tmp_path, Tiny()).complete(NO_PROMPT, INPUTS, options)
    assert len(steps) >= len(INPUTS)


def test_what_it_is_says_how_it_was_told(tmp_path: Path) -> None:
    options = open_engine(tmp_path, Tiny("m2m-100")).options
    assert options["family"] == "m2m-100"
    assert (options["source"], options["target"]) == ("en", "zh-Hans")
    assert options["compute_type"].startswith("int8")


def test_a_language_that_is_not_there(tmp_path: Path) -> None:
    folder = write_tiny_seq2seq(tmp_path, Tiny("nllb"))
    with pytest.raises(ModelError, match=r"no token jpn_Jpan for ja; it has eng_Latn, zho_Hans"):
        Seq2SeqEngine(folder, tiny_entry(), "nllb", Place(), target="ja")
    with pytest.raises(ConfigError, match="nllb has no language 'tlh'; it has zh-Hans"):
        Seq2SeqEngine(folder, tiny_entry(), "nllb", Place(), target="tlh")
    with pytest.raises(ConfigError, match="unknown family"):
        Seq2SeqEngine(folder, tiny_entry(), "bart", Place())
    with pytest.raises(ModelError, match="no token __en__ for en; it has none"):
        Seq2SeqEngine(folder, tiny_entry(), "m2m-100", Place())


def spoil(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / name).write_bytes(change((folder / name).read_bytes()))

    return write


def without(*tokens: str) -> Callable[[bytes], bytes]:
    return lambda data: json.dumps([t for t in json.loads(data) if t not in tokens]).encode()


SPM, WORDS = "sentencepiece.bpe.model", "shared_vocabulary.json"
SPOILT = {
    "no weights": lambda folder: (folder / "model.bin").unlink(),
    "garbage": spoil("model.bin", lambda _: b"\x01\x00garbage" * 10),
    "half": spoil("model.bin", lambda data: data[: len(data) // 2]),
    "no configuration": lambda folder: (folder / "config.json").unlink(),
    "configuration": spoil("config.json", lambda _: b"{no json"),
    "configuration without end": spoil("config.json", lambda _: b"[" * 200_000),
    "types": spoil("config.json", lambda data: data.replace(b'"</s>"', b'["</s>"]')),
    "no vocabulary": lambda folder: (folder / WORDS).unlink(),
    "vocabulary": spoil(WORDS, lambda _: b"a b c"),
    "short": spoil(WORDS, without("m")),
    "long": spoil(WORDS, lambda data: data.rstrip()[:-1] + b',"more"]'),
    "no end": spoil(WORDS, lambda data: data.replace(b'"</s>"', b'"</t>"')),
    "no target": spoil(WORDS, lambda data: data.replace(b'"zho_Hans"', b'"zho_Hant"')),
    "no pieces": lambda folder: (folder / SPM).unlink(),
    "no model of pieces": spoil(SPM, lambda _: b"garbage" * 100),
    "half of the pieces": spoil(SPM, lambda data: data[: len(data) // 2]),
    "empty pieces": spoil(SPM, lambda _: b""),
    "other words": spoil(
        WORDS, lambda data: json.dumps([f"{t}!" for t in json.loads(data)]).encode()
    ),
}


@pytest.mark.parametrize("case", SPOILT)
def test_spoilt_folders_are_typed_errors(tmp_path: Path, case: str) -> None:
    """In a process of its own, so that one which ends it is seen; none does."""
    folder = write_tiny_seq2seq(tmp_path / "bad")
    SPOILT[case](folder)
    arguments = (folder, tiny_entry(), "nllb", Place())
    with Worker("digest.engines.seq2seq:Seq2SeqEngine", arguments) as worker:
        with pytest.raises(ModelError) as caught:
            worker.call("complete", NO_PROMPT, ["x"], SHORT, timeout_s=60)
        assert str(folder) in caught.value.message


def test_words_in_lines_are_read_too(tmp_path: Path) -> None:
    folder = write_tiny_seq2seq(tmp_path)
    tokens = json.loads((folder / WORDS).read_text(encoding="utf-8"))
    engine = Seq2SeqEngine(folder, tiny_entry(), "nllb", Place())
    answers = engine.complete(NO_PROMPT, INPUTS, SHORT)
    lines = [token for token in tokens if "\n" not in token]
    assert len(lines) == len(tokens)
    (folder / WORDS).with_suffix(".txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / WORDS).unlink()
    again = Seq2SeqEngine(folder, tiny_entry(), "nllb", Place())
    assert again.complete(NO_PROMPT, INPUTS, SHORT) == answers


def test_the_pieces_of_another_model(tmp_path: Path) -> None:
    folder = write_tiny_seq2seq(tmp_path, Tiny("opus-mt"))
    tokens = json.loads((folder / WORDS).read_text(encoding="utf-8"))
    foreign = [f"{t}!" if i > 100 else t for i, t in enumerate(tokens)]
    (folder / WORDS).write_text(json.dumps(foreign), encoding="utf-8")
    assert (folder / "source.spm").read_bytes() == pieces()
    with pytest.raises(ModelError, match=r"source\.spm does not belong to .*shared_vocabulary"):
        Seq2SeqEngine(folder, tiny_entry(), "opus-mt", Place())
