"""CTranslate2 on a converted model of random weights: order, limits, repetition."""

import json
from pathlib import Path

import pytest

from digest.engines.convert import convert
from digest.engines.ct2 import CTranslate2Engine
from digest.errors import ModelError
from digest.records import DecodeOptions, Engine, Prompt
from tests.test_engines_convert import tiny_model, write_tiny_gguf

PROMPT = Prompt("s", "t")
INPUTS = ["alpha", "be", "gamma ray", "delta", "e"]


@pytest.fixture(scope="module")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models")
    convert(tiny_model(write_tiny_gguf(path / "tiny.gguf")), path)
    return path


@pytest.fixture
def engine(models_dir: Path) -> CTranslate2Engine:
    gguf = models_dir / "tiny.gguf"
    return CTranslate2Engine(models_dir / "tiny-ct2-int8", gguf, tiny_model(gguf), 1, batch=2)


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


def test_weights_that_do_not_load(tmp_path: Path, models_dir: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"\x01\x00garbage" * 10)
    (tmp_path / "config.json").write_text(json.dumps({}))
    gguf = models_dir / "tiny.gguf"
    with pytest.raises(ModelError, match="CTranslate2 cannot load"):
        CTranslate2Engine(tmp_path, gguf, tiny_model(gguf), 1)
