"""What is converted computes what llama.cpp computes: one file of random weights in both.

The tiny weights lose nothing in 8 bits, so CTranslate2 in float32 and llama.cpp with a float32
cache differ by rounding alone. A rotation of the wrong pairs, a missing normalisation or a wrong
scale moves the log-probabilities by more (the last tests but a few).
"""

import ctypes
import dataclasses
import json
from pathlib import Path
from typing import Any

import ctranslate2
import llama_cpp
import numpy as np
import numpy.typing as npt
import pytest
from ctranslate2.specs import common_spec

from digest.engines.convert import decoder, write_decoder
from digest.engines.vocabulary import load_model
from digest.errors import ModelError
from tests.test_engines_convert import Tiny, write_tiny_gguf

TOKENS = [256, *b"We propose a method, and it is 3 times faster.", 258]
_FLOAT32 = 0  # GGML_TYPE_F32

Logs = npt.NDArray[np.float64]


def llama_logs(path: Path, tokens: list[int]) -> Logs:
    """Log-probabilities of the next token after each of ``tokens``, by llama.cpp."""
    model = load_model(path)
    parameters = llama_cpp.llama_context_default_params()
    parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = 512
    parameters.type_k = parameters.type_v = _FLOAT32
    parameters.n_threads = parameters.n_threads_batch = 1
    parameters.flash_attn_type = 0
    context = llama_cpp.llama_init_from_model(model, parameters)
    batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
    batch.n_tokens = len(tokens)
    for i, token in enumerate(tokens):
        batch.token[i], batch.pos[i], batch.logits[i] = token, i, True
        batch.n_seq_id[i], batch.seq_id[i][0] = 1, 0
    assert llama_cpp.llama_decode(context, batch) == 0
    size = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    pointer = ctypes.cast(llama_cpp.llama_get_logits(context), ctypes.POINTER(ctypes.c_float))
    logits = np.ctypeslib.as_array(pointer, (len(tokens), size)).astype(np.float64)
    llama_cpp.llama_batch_free(batch)
    llama_cpp.llama_free(context)
    llama_cpp.llama_model_free(model)
    return np.asarray(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))


def converted(path: Path) -> ctranslate2.Generator:
    """A file in CTranslate2, in float32."""
    folder = path.with_suffix("")
    folder.mkdir()
    write_decoder(path, folder)
    return ctranslate2.Generator(str(folder), compute_type="float32", intra_threads=1)


def ct2_logs(generator: ctranslate2.Generator, tokens: list[int]) -> Logs:
    """The same by CTranslate2, as one batch."""
    answer = generator.forward_batch([tokens], return_log_probs=True)
    return np.array(answer)[0].astype(np.float64)


LINEAR = (("rope.scaling.type", "linear"), ("rope.scaling.factor", 8.0))
TINY = [
    Tiny("qwen2"),
    Tiny("qwen2", kv_heads=2, tied=False),
    Tiny("qwen3", head=24),
    Tiny("llama"),
    Tiny("llama", kv_heads=2, tied=False),
    Tiny("llama", extra=LINEAR),
    Tiny("qwen2", extra=LINEAR),
    Tiny("gemma3", layers=7, head=24, window=64),
    Tiny("gemma3", layers=7, head=24, window=64, extra=LINEAR),
    Tiny("gemma3", layers=62, head=24, window=64),
]


def name(tiny: Tiny) -> str:
    shape = f"{tiny.architecture}-{tiny.layers}-{tiny.kv_heads}-{tiny.head}"
    return shape + ("-linear" if tiny.extra else "") + ("" if tiny.tied else "-untied")


def tolerance(tiny: Tiny) -> float:
    """Sums of float32 in another order make 2e-5. llama.cpp's table of GELU has 11 bits: seven
    layers of it make 3e-3, sixty-two 1e-2.
    """
    return 7e-4 * tiny.layers if tiny.architecture == "gemma3" else 1e-4


@pytest.mark.parametrize("tiny", TINY, ids=name)
def test_both_engines_compute_the_same(tmp_path: Path, tiny: Tiny) -> None:
    path = write_tiny_gguf(tmp_path / "tiny.gguf", tiny)
    ours, theirs = ct2_logs(converted(path), TOKENS), llama_logs(path, TOKENS)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance(tiny))


WRONG = [
    (Tiny("llama"), {"rotary_interleave": False}),
    (Tiny("qwen2"), {"rotary_interleave": True}),
    (Tiny("qwen3", head=24), {"rotary_base": 20000.0}),
    (Tiny("qwen2", extra=LINEAR), {"rotary_scaling_factor": 4.0}),
    (Tiny("gemma3", layers=7, head=24, window=64), {"activation": common_spec.Activation.SWISH}),
    (Tiny("gemma3", layers=7, head=24, window=64), {"scale_embeddings": False}),
    (Tiny("gemma3", layers=7, head=24, window=64), {"adjust": lambda *_: None}),
]


@pytest.mark.parametrize(("tiny", "wrong"), WRONG)
def test_the_comparison_sees_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny: Tiny, wrong: dict[str, Any]
) -> None:
    right = decoder.ARCHITECTURES[tiny.architecture]
    names = {field.name for field in dataclasses.fields(right)}
    other = {
        "options": lambda weights: {
            **right.options(weights),
            **{key: value for key, value in wrong.items() if key not in names},
        },
        **{key: value for key, value in wrong.items() if key in names},
    }
    monkeypatch.setitem(
        decoder.ARCHITECTURES, tiny.architecture, dataclasses.replace(right, **other)
    )
    path = write_tiny_gguf(tmp_path / "tiny.gguf", tiny)
    apart = np.abs(ct2_logs(converted(path), TOKENS) - llama_logs(path, TOKENS)).max()
    assert apart > 2 * tolerance(tiny)


def test_gemma3_says_how_much_it_reads(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "tiny.gguf", Tiny("gemma3", window=64))
    write_decoder(path, tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["context"] == 64


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ((("rope.scaling.type", "yarn"),), "rotary embedding is 'yarn', only 'linear'"),
        ((("expert_count", 8),), "it has experts"),
    ],
)
def test_what_is_not_understood_is_refused(
    tmp_path: Path, extra: tuple[tuple[str, Any], ...], message: str
) -> None:
    path = write_tiny_gguf(tmp_path / "tiny.gguf", Tiny("llama", extra=extra))
    with pytest.raises(ModelError, match=message):
        write_decoder(path, tmp_path)


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        ("rope_freqs.weight", "rotary embedding is 'llama3'"),
        ("blk.0.attn_sinks.weight", r"no place for blk\.0\.attn_sinks\.weight"),
    ],
)
def test_a_tensor_that_is_not_understood_is_refused(
    tmp_path: Path, tensor: str, message: str
) -> None:
    path = write_tiny_gguf(tmp_path / "tiny.gguf", Tiny("llama", more=(tensor,)))
    with pytest.raises(ModelError, match=message):
        write_decoder(path, tmp_path)


def test_tokens_of_one_name_are_refused(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "tiny.gguf", Tiny(last_token="<|im_start|>"))
    with pytest.raises(ModelError, match="share a name"):
        write_decoder(path, tmp_path)
