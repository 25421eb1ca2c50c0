"""One file, two engines: a GGUF model written as a CTranslate2 int8 decoder.

Tensor by tensor: each weight is dequantized and quantized again in row blocks and its floats are
dropped at once, so that peak memory stays near the size of the two files. The result is what
CTranslate2's own quantizer makes of the whole model.

Only architecture ``qwen2``: others have other layers, and a wrong guess would write nonsense.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ctranslate2.specs import common_spec, transformer_spec
from gguf import GGUFReader
from gguf.quants import dequantize

from digest.engines.catalogue import ModelFile
from digest.engines.converted import MADE_BY, WEIGHTS, folder
from digest.engines.identity import CONVERTER
from digest.engines.partial import check_space, partial_folder
from digest.engines.verify import (
    Progress,
    ensure,
    remember,
    replace_text,
    sha256_of,
    silent,
)
from digest.errors import ModelDamagedError, ModelError
from digest.files import flush

# Of the GGUF file's bytes, for the int8 folder: a Q4_K_M file of the 1.5 B takes 1.60 times its
# size and one of the 0.5 B 1.30 times (both measured); the rest is a margin of an eighth.
_SPACE_RATIO = 1.8
_ROWS = 1024  # of the widest tensor (8,960 columns): 37 MB as float32, and several copies
_ALIAS = "decoder/embeddings/weight"

Int8 = npt.NDArray[np.int8]
Float32 = npt.NDArray[np.float32]


def convert(model: ModelFile, models_dir: Path, progress: Progress = silent) -> Path:
    """Write the CTranslate2 folder of a model, replacing an older one; its path.

    Raises:
        ModelMissingError: The GGUF file is not there.
        ModelDamagedError: It is not the file of the catalogue, or no GGUF.
        ModelError: Its architecture is not ``qwen2``, ``models_dir`` cannot be written or is too
            full, or another process is pulling or converting this model.
    """
    source, target = ensure(model, models_dir, progress), folder(model, models_dir)
    with partial_folder(model, models_dir) as partial, _emptied(partial / "ct2") as building:
        check_space(model, building, int(model.bytes * _SPACE_RATIO))
        write_decoder(source, building, progress)
        _write_made_by(model, building, progress)
        if target.exists():
            shutil.rmtree(target)
        building.rename(target)
        flush(models_dir)
    return target


@contextlib.contextmanager
def _emptied(path: Path) -> Iterator[Path]:
    """A new folder at ``path``: what a killed process left there goes first, ours at the end."""
    if path.exists():
        shutil.rmtree(path)
    path.mkdir()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        with contextlib.suppress(OSError):  # parts of a pull may lie beside it
            path.parent.rmdir()


def write_decoder(source: Path, target: Path, progress: Progress = silent) -> None:
    """Write a GGUF file's weights, vocabulary and configuration into the folder ``target``.

    Raises:
        ModelError: Its architecture is not ``qwen2``.
        ModelDamagedError: It is no readable GGUF file.
    """
    try:
        spec = _Qwen2(_open(source), progress).spec()
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, MemoryError) as exc:
        raise ModelDamagedError(f"{source} is no readable GGUF file: {exc!r}") from exc
    spec.save(str(target))


def quantize_rows(weight: Float32) -> tuple[Int8, Float32]:
    """Each row in 8 bits, and 127 / its largest magnitude (a row of zeros: 1).

    As ``ctranslate2.specs.model_spec.LayerSpec._quantize`` does it, bit for bit.
    """
    largest = np.abs(weight).max(axis=1)
    largest[largest == 0] = 127.0
    # A row of tiny values must not have a scale beyond float32.
    largest = np.maximum(largest, np.float32(127) / np.finfo(np.float32).max)
    scale = (127.0 / largest).astype(np.float32)
    return np.rint(weight * scale[:, None]).astype(np.int8), scale


@dataclass(slots=True)
class _Qwen2:
    """Fills a decoder specification from a GGUF file, dropping each weight's floats at once.

    Layer names: https://github.com/ggml-org/llama.cpp/blob/master/gguf-py/gguf/constants.py
    """

    reader: Any
    progress: Progress
    done_bytes: int = 0
    tensors: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.tensors = {tensor.name: tensor for tensor in self.reader.tensors}

    def spec(self) -> Any:
        """The filled specification, weights in int8."""
        architecture = self._field("general.architecture")
        if architecture != "qwen2":
            raise ModelError(f"cannot convert architecture {architecture!r}, only 'qwen2'")
        spec = transformer_spec.TransformerDecoderModelSpec.from_config(
            self._field("qwen2.block_count"),
            self._field("qwen2.attention.head_count"),
            activation=common_spec.Activation.SWISH,
            pre_norm=True,
            ffn_glu=True,
            rms_norm=True,
            rotary_dim=0,  # all of it
            rotary_interleave=False,
            rotary_base=self._field("qwen2.rope.freq_base"),
            num_heads_kv=self._field("qwen2.attention.head_count_kv"),
        )
        tied = self._fill(spec.decoder)
        self._describe(spec)
        spec.validate()
        if tied:  # only now: validate() would take the name for a text value
            spec.decoder.projection.weight = _ALIAS
        return spec

    def _fill(self, decoder: Any) -> bool:
        """Set all weights; whether the output projection is the embedding itself."""
        decoder.scale_embeddings = False
        self._linear(decoder.embeddings, "token_embd")
        decoder.layer_norm.gamma = self._floats("output_norm.weight")
        for number, layer in enumerate(decoder.layer):
            self._layer(layer, f"blk.{number}")
        tied = "output.weight" not in self.tensors
        if tied:
            decoder.projection.weight = decoder.embeddings.weight
        else:
            self._linear(decoder.projection, "output")
        return tied

    def _layer(self, layer: Any, block: str) -> None:
        layer.self_attention.layer_norm.gamma = self._floats(f"{block}.attn_norm.weight")
        queries_keys_values = [f"{block}.attn_{name}" for name in "qkv"]
        self._linear(layer.self_attention.linear[0], *queries_keys_values)
        self._linear(layer.self_attention.linear[1], f"{block}.attn_output")
        layer.ffn.layer_norm.gamma = self._floats(f"{block}.ffn_norm.weight")
        self._linear(layer.ffn.linear_0, f"{block}.ffn_gate")
        self._linear(layer.ffn.linear_0_noact, f"{block}.ffn_up")
        self._linear(layer.ffn.linear_1, f"{block}.ffn_down")

    def _linear(self, spec: Any, *names: str) -> None:
        """One weight from one tensor, or several stacked."""
        blocks = [block for name in names for block in self._quantized(f"{name}.weight")]
        spec.weight = np.concatenate([weight for weight, _ in blocks])
        spec.weight_scale = np.concatenate([scale for _, scale in blocks])
        if f"{names[0]}.bias" in self.tensors:
            spec.bias = np.concatenate([self._floats(f"{name}.bias") for name in names])

    def _quantized(self, name: str) -> list[tuple[Int8, Float32]]:
        data, kind = self.tensors[name].data, self.tensors[name].tensor_type
        blocks = []
        for start in range(0, len(data), _ROWS):
            rows = data[start : start + _ROWS]
            blocks.append(quantize_rows(dequantize(rows, kind).astype(np.float32, copy=False)))
            self._advance(rows.nbytes)
        return blocks

    def _floats(self, name: str) -> Float32:
        tensor = self.tensors[name]
        self._advance(tensor.data.nbytes)
        return np.array(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)

    def _describe(self, spec: Any) -> None:
        tokens = list(self._field("tokenizer.ggml.tokens"))
        rows = len(spec.decoder.embeddings.weight)
        spec.register_vocabulary(tokens + [f"<unused_{i}>" for i in range(rows - len(tokens))])
        spec.config.bos_token = tokens[self._field("tokenizer.ggml.bos_token_id")]
        spec.config.eos_token = tokens[self._field("tokenizer.ggml.eos_token_id")]
        spec.config.unk_token = ""  # byte-level: nothing is unknown
        spec.config.layer_norm_epsilon = self._field("qwen2.attention.layer_norm_rms_epsilon")

    def _field(self, key: str) -> Any:
        return self.reader.fields[key].contents()

    def _advance(self, count_bytes: int) -> None:
        self.done_bytes += count_bytes
        total = sum(tensor.data.nbytes for tensor in self.tensors.values())
        self.progress("convert", self.done_bytes, total)


def _open(source: Path) -> Any:
    reader = GGUFReader(source)
    if "general.architecture" not in reader.fields:
        raise ValueError("general.architecture is not given")
    return reader


def _write_made_by(model: ModelFile, target: Path, progress: Progress) -> None:
    made_by = {
        "source_sha256": model.sha256,
        "converter": CONVERTER,
        "ctranslate2": version("ctranslate2"),
        "model_bin_sha256": sha256_of(target / WEIGHTS, progress),
    }
    replace_text(target / MADE_BY, json.dumps(made_by, indent=1))
    for path in target.iterdir():
        flush(path)
    remember(target / WEIGHTS, str(made_by["model_bin_sha256"]))
