"""The decoders that can be converted: how CTranslate2 is to compute what each file holds.

Options are those of CTranslate2's own converters (``ctranslate2/converters/transformers.py``),
tensor names those of llama.cpp:
https://github.com/ggml-org/llama.cpp/blob/master/gguf-py/gguf/constants.py

A wrong guess would write a model of fluent nonsense. So whatever is in a file and not understood
here is refused: another architecture, an unknown scale of the rotary embedding, experts, a tensor
without use. What is converted was compared with llama.cpp, number by number, on random weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from ctranslate2.specs import attention_spec, common_spec, transformer_spec

from digest.engines.convert.weights import Weights
from digest.engines.ct2_files import CONTEXT
from digest.errors import ModelError

_ALIAS = "decoder/embeddings/weight"


@dataclass(frozen=True, slots=True)
class Architecture:
    """How one kind of decoder is described and filled.

    Args:
        options: What ``from_config`` is told besides what all have in common.
        adjust: What is set afterwards, on single layers.
        norms: Normalisations of a layer: the place in the specification, the tensor.
        scale_embeddings: Whether an embedding is multiplied by the root of its width.
        context: Key of the header that says how many tokens the converted model reads.
    """

    options: Callable[[Weights], Mapping[str, Any]]
    norms: Mapping[str, str]
    adjust: Callable[[Weights, Any], None] = lambda _weights, _decoder: None
    scale_embeddings: bool = False
    context: str = ""


_NORMS = {"self_attention.layer_norm": "attn_norm", "ffn.layer_norm": "ffn_norm"}
_HEAD_NORMS = {"self_attention.q_norm": "attn_q_norm", "self_attention.k_norm": "attn_k_norm"}
_GEMMA_NORMS = {
    "input_layer_norm": "attn_norm",
    "post_attention_layer_norm": "post_attention_norm",
    "pre_feedforward_layer_norm": "ffn_norm",
    "post_feedforward_layer_norm": "post_ffw_norm",
}


def specification(weights: Weights) -> Any:
    """The filled specification of a decoder, weights in int8.

    Raises:
        ModelError: It is none of ``ARCHITECTURES``, or has something that is not understood.
        KeyError: The file lacks a tensor or a value.
    """
    architecture = ARCHITECTURES.get(weights.architecture)
    if architecture is None:
        raise ModelError(
            f"cannot convert architecture {weights.architecture!r}, only {', '.join(ARCHITECTURES)}"
        )
    _refuse_unknown(weights)
    spec = transformer_spec.TransformerDecoderModelSpec.from_config(
        weights.header("block_count"),
        weights.header("attention.head_count"),
        pre_norm=True,
        ffn_glu=True,
        rms_norm=True,
        num_heads_kv=weights.header_or(
            "attention.head_count_kv", weights.header("attention.head_count")
        ),
        **architecture.options(weights),
    )
    tied = _fill(spec.decoder, architecture, weights)
    architecture.adjust(weights, spec.decoder)
    _describe(spec, weights)
    if architecture.context:
        spec.config.add_attribute(CONTEXT, weights.header(architecture.context))
    if left := weights.left():
        raise ModelError(
            f"cannot convert {weights.source}: a decoder of architecture "
            f"{weights.architecture!r} has no place for {', '.join(left[:3])}"
        )
    spec.validate()
    if tied:  # only now: validate() would take the name for a text value
        spec.decoder.projection.weight = _ALIAS
    return spec


def _refuse_unknown(weights: Weights) -> None:
    scaling = weights.header_or("rope.scaling.type", "none")
    scaling = "llama3" if "rope_freqs.weight" in weights else scaling
    if scaling not in ("none", "linear"):
        raise ModelError(
            f"cannot convert {weights.source}: the scale of its rotary embedding is {scaling!r}, "
            "only 'linear' can be"
        )
    if weights.header_or("expert_count", 0):
        raise ModelError(f"cannot convert {weights.source}: it has experts")


def _fill(decoder: Any, architecture: Architecture, weights: Weights) -> bool:
    """Set all weights; whether the output projection is the embedding itself."""
    decoder.scale_embeddings = architecture.scale_embeddings
    weights.linear(decoder.embeddings, "token_embd")
    decoder.layer_norm.gamma = weights.floats("output_norm.weight")
    for number, layer in enumerate(decoder.layer):
        _fill_layer(layer, f"blk.{number}", architecture, weights)
    tied = "output.weight" not in weights
    if tied:
        decoder.projection.weight = decoder.embeddings.weight
    else:
        weights.linear(decoder.projection, "output")
    return tied


def _fill_layer(layer: Any, block: str, architecture: Architecture, weights: Weights) -> None:
    for place, tensor in architecture.norms.items():
        norm = layer
        for name in place.split("."):
            norm = getattr(norm, name)
        norm.gamma = weights.floats(f"{block}.{tensor}.weight")
    weights.linear(layer.self_attention.linear[0], *(f"{block}.attn_{name}" for name in "qkv"))
    weights.linear(layer.self_attention.linear[1], f"{block}.attn_output")
    weights.linear(layer.ffn.linear_0, f"{block}.ffn_gate")
    weights.linear(layer.ffn.linear_0_noact, f"{block}.ffn_up")
    weights.linear(layer.ffn.linear_1, f"{block}.ffn_down")


def _describe(spec: Any, weights: Weights) -> None:
    tokens = list(weights.header("tokenizer.ggml.tokens"))
    if len(set(tokens)) != len(tokens):  # CTranslate2 is given names, not numbers
        raise ModelError(f"cannot convert {weights.source}: tokens of its vocabulary share a name")
    rows = len(spec.decoder.embeddings.weight)
    spec.register_vocabulary(tokens + [f"<unused_{i}>" for i in range(rows - len(tokens))])
    spec.config.bos_token = tokens[weights.header("tokenizer.ggml.bos_token_id")]
    spec.config.eos_token = tokens[weights.header("tokenizer.ggml.eos_token_id")]
    spec.config.unk_token = ""  # byte-level: nothing is unknown
    spec.config.layer_norm_epsilon = weights.header("attention.layer_norm_rms_epsilon")


# ---------------------------------------------------------------- one of each kind


def _qwen2(weights: Weights) -> dict[str, Any]:
    return {
        "activation": common_spec.Activation.SWISH,
        "rotary_dim": 0,  # all of it
        "rotary_interleave": False,
        "rotary_base": weights.header_or("rope.freq_base", 10000.0),
        **_scale(weights),
    }


def _qwen3(weights: Weights) -> dict[str, Any]:
    head = weights.header("attention.key_length")
    return {**_qwen2(weights), "rotary_dim": head, "head_dim": head, "qk_norm": True}


def _llama(weights: Weights) -> dict[str, Any]:
    """Its queries and keys are permuted in a GGUF file, for a rotation of neighbours in pairs."""
    head = weights.header("embedding_length") // weights.header("attention.head_count")
    head = weights.header_or("attention.key_length", head)
    return {**_qwen2(weights), "rotary_dim": head, "head_dim": head, "rotary_interleave": True}


def _gemma3(weights: Weights) -> dict[str, Any]:
    """Without its sliding windows: it reads no more than one of them (``context``).

    Beyond a window CTranslate2 4.8.5 and llama.cpp differ: the former refuses a prompt, or reads
    it in pieces of a window, each of which sees too much of the one before.
    """
    head = weights.header("attention.key_length")
    return {
        **_qwen2(weights),
        "activation": common_spec.Activation.GELUTanh,
        "rotary_dim": head,
        "head_dim": head,
        "pre_post_layer_norm": True,
        "qk_norm": True,
    }


def _gemma3_layers(weights: Weights, decoder: Any) -> None:
    """Layers that once had a window rotate by a base of their own, without a scale.

    Its normalisations hold 1 + what was trained: so llama.cpp's converter writes them.
    """
    pattern = weights.header_or("attention.sliding_window_pattern", _GEMMA3_PATTERN)
    base = np.float32(weights.header_or("rope.freq_base_swa", _GEMMA3_LOCAL_BASE))
    for number, layer in enumerate(decoder.layer, start=1):
        attention = layer.self_attention
        if number % pattern != 0:
            attention.rotary_base = base
            if hasattr(attention, "rotary_scaling_factor"):
                attention.rotary_scaling_factor = np.float32(1)
        if len(decoder.layer) == _GEMMA3_27B_LAYERS:
            width = weights.header("embedding_length") / weights.header("attention.head_count")
            attention.queries_scale = np.float32(1 / math.sqrt(width))


_GEMMA3_PATTERN = 6
"""Every sixth layer attends to everything. Older files do not say so; llama.cpp knows it."""
_GEMMA3_LOCAL_BASE = 10000.0
_GEMMA3_27B_LAYERS = 62
"""llama.cpp knows the 27B by them; it divides by the root of width / heads, not of a head."""


def _scale(weights: Weights) -> dict[str, Any]:
    if weights.header_or("rope.scaling.type", "none") != "linear":
        return {}
    return {
        "rotary_scaling_type": attention_spec.RotaryScalingType.Linear,
        "rotary_scaling_factor": weights.header("rope.scaling.factor"),
    }


ARCHITECTURES = {
    "qwen2": Architecture(_qwen2, _NORMS),
    "qwen3": Architecture(_qwen3, _NORMS | _HEAD_NORMS),
    "llama": Architecture(_llama, _NORMS),
    "gemma3": Architecture(
        _gemma3,
        _GEMMA_NORMS | _HEAD_NORMS,
        _gemma3_layers,
        scale_embeddings=True,
        context="attention.sliding_window",
    ),
}
