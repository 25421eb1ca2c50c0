"""Folders of sequence-to-sequence models without weights that mean anything: 40 KB, in 0.1 s.

What they write is nonsense, but CTranslate2 runs them as it runs the large ones.
"""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece
from ctranslate2.specs import TransformerSpec

from digest.engines.catalogue import HubSource, ModelFile

WIDTH, HIDDEN = 32, 64
LINES = [f"We propose method {i} for graph number {i * 7 % 13}." for i in range(300)] + [
    f"我们提出方法{i}用于图{i * 3 % 11}。" for i in range(300)
]
FILES = {
    "opus-mt": ("source.spm", "target.spm"),
    "nllb": ("sentencepiece.bpe.model",),
    "m2m-100": ("sentencepiece.bpe.model",),
    "madlad-400": ("sentencepiece.model",),
}
MARKS = {
    "opus-mt": (),
    "nllb": ("eng_Latn", "zho_Hans"),
    "m2m-100": ("__en__", "__zh__"),
    "madlad-400": ("<2zh>", "<2de>"),
}


@dataclass(frozen=True)
class Tiny:
    """``marks``: tokens of languages; None: those of the family for English and Chinese."""

    family: str = "nllb"
    marks: tuple[str, ...] | None = None
    adds_end: bool = False
    positions: int = 0
    """Rows of learnt positions; 0: it computes them."""
    end_bias: float = 0.0
    """Of the token that ends an answer."""

    @property
    def tokens(self) -> tuple[str, ...]:
        return MARKS[self.family] if self.marks is None else self.marks


@functools.cache
def pieces(symbols: tuple[str, ...] = ()) -> bytes:
    """A SentencePiece model of 120 to 450 pieces that can spell any byte."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES),
        model_writer=model,
        vocab_size=450,
        model_type="unigram",
        hard_vocab_limit=False,
        byte_fallback=True,
        user_defined_symbols=list(symbols),
        minloglevel=2,
    )
    return model.getvalue()


def write_tiny_seq2seq(folder: Path, tiny: Tiny = Tiny()) -> Path:
    """A folder of one encoder and one decoder layer, with seeded random weights in 8 bits."""
    folder.mkdir(parents=True, exist_ok=True)
    proto = pieces(tiny.tokens if tiny.family == "madlad-400" else ())
    for name in FILES[tiny.family]:
        (folder / name).write_bytes(proto)
    processor = sentencepiece.SentencePieceProcessor(model_proto=proto)
    tokens = [processor.id_to_piece(i) for i in range(processor.get_piece_size())]
    tokens += [mark for mark in tiny.tokens if mark not in tokens]
    spec = TransformerSpec.from_config((1, 1), num_heads=2)
    _fill(spec, len(tokens), tiny.positions)
    spec.decoder.projection.bias[tokens.index("</s>")] = tiny.end_bias
    spec.decoder.projection.bias[tokens.index("<unk>")] = -20.0  # no model is trained to write it
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    spec.config.add_source_eos = tiny.adds_end
    spec.config.decoder_start_token = "</s>"
    spec.validate()
    spec.optimize("int8")
    spec.save(str(folder))
    return folder


def tiny_entry(context: int = 512) -> ModelFile:
    """A catalogue entry for such a folder."""
    return ModelFile(
        name="tiny-translator",
        file="tiny.gguf",
        bytes=1,
        sha256="0" * 64,
        licence="MIT",
        context=context,
        template="",
        sources=(HubSource("who/tiny", "tiny"),),
        engines=("ctranslate2",),
    )


def _fill(spec: Any, size: int, positions: int) -> None:
    random = np.random.default_rng(0)

    def floats(*shape: int) -> Any:
        return (random.standard_normal(shape) * 0.3).astype(np.float32)

    def linear(layer: Any, rows: int, columns: int) -> None:
        layer.weight, layer.bias = floats(rows, columns), floats(rows)

    def norm(layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)

    def attention(layer: Any, *rows: int) -> None:
        norm(layer.layer_norm)
        for part, count in zip(layer.linear, (*rows, WIDTH), strict=True):
            linear(part, count, WIDTH)

    embeddings = floats(size, WIDTH)
    for stack in (spec.encoder, spec.decoder):
        norm(stack.layer_norm)
        if positions:
            stack.position_encodings.encodings = floats(positions, WIDTH)
        for layer in stack.layer:
            attention(layer.self_attention, 3 * WIDTH)
            norm(layer.ffn.layer_norm)
            linear(layer.ffn.linear_0, HIDDEN, WIDTH)
            linear(layer.ffn.linear_1, WIDTH, HIDDEN)
    spec.encoder.embeddings[0].weight = spec.decoder.embeddings.weight = embeddings
    for layer in spec.decoder.layer:
        attention(layer.attention, WIDTH, 2 * WIDTH)
    linear(spec.decoder.projection, size, WIDTH)
