"""The tensors of a GGUF file, each in the form in which a CTranslate2 decoder holds it.

A weight is dequantized and quantized again in row blocks and its floats are dropped at once, so
that peak memory stays near the size of the two files. The result is what CTranslate2's own
quantizer makes of the whole weight.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gguf import GGUFReader
from gguf.quants import dequantize

from digest.engines.verify import Progress, silent

_ROWS = 1024  # of the widest tensor (8,960 columns): 37 MB as float32, and several copies

Int8 = npt.NDArray[np.int8]
Float32 = npt.NDArray[np.float32]


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
class Weights:
    """An open GGUF file: its header, and its tensors, of which it knows which were taken.

    Raises:
        ValueError: It has no architecture; ``GGUFReader`` raises this and others on a bad file.
    """

    source: Path
    progress: Progress = silent
    architecture: str = field(init=False)
    _reader: Any = field(init=False)
    _tensors: dict[str, Any] = field(init=False)
    _taken: set[str] = field(init=False, default_factory=set)
    _done_bytes: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._reader = GGUFReader(self.source)
        self._tensors = {tensor.name: tensor for tensor in self._reader.tensors}
        if "general.architecture" not in self._reader.fields:
            raise ValueError("general.architecture is not given")
        self.architecture = self._reader.fields["general.architecture"].contents()

    def __contains__(self, tensor: str) -> bool:
        return tensor in self._tensors

    def header(self, key: str) -> Any:
        """A value of the header; without the architecture where it depends on it.

        Raises:
            KeyError: It is not there.
        """
        return self._reader.fields[self._full(key)].contents()

    def header_or(self, key: str, default: Any) -> Any:
        """A value of the header, or ``default`` where it is not there."""
        field_ = self._reader.fields.get(self._full(key))
        return default if field_ is None else field_.contents()

    def left(self) -> list[str]:
        """Tensors that nobody has taken, in the order of the file."""
        return [name for name in self._tensors if name not in self._taken]

    def linear(self, spec: Any, *names: str) -> None:
        """Fill a layer from one tensor, or from several stacked; with their biases if any."""
        blocks = [block for name in names for block in self._quantized(f"{name}.weight")]
        spec.weight = np.concatenate([weight for weight, _ in blocks])
        spec.weight_scale = np.concatenate([scale for _, scale in blocks])
        if f"{names[0]}.bias" in self._tensors:
            spec.bias = np.concatenate([self.floats(f"{name}.bias") for name in names])

    def floats(self, name: str) -> Float32:
        """A tensor as it is: of a normalisation, or a bias."""
        tensor = self._tensors[name]
        self._advance(name, tensor.data.nbytes)
        return np.array(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)

    def _full(self, key: str) -> str:
        return key if key.startswith("tokenizer.") else f"{self.architecture}.{key}"

    def _quantized(self, name: str) -> list[tuple[Int8, Float32]]:
        data, kind = self._tensors[name].data, self._tensors[name].tensor_type
        blocks = []
        for start in range(0, len(data), _ROWS):
            rows = data[start : start + _ROWS]
            blocks.append(quantize_rows(dequantize(rows, kind).astype(np.float32, copy=False)))
            self._advance(name, rows.nbytes)
        return blocks

    def _advance(self, name: str, count_bytes: int) -> None:
        self._taken.add(name)
        self._done_bytes += count_bytes
        total = sum(tensor.data.nbytes for tensor in self._tensors.values())
        self.progress("convert", self._done_bytes, total)
