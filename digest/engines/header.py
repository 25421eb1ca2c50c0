"""What a GGUF file says of itself, read without loading it.

In a process of its own, with limits: a file of a hundred bytes may announce a list of a trillion
entries, or lists inside of lists without end.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from gguf import GGUFReader, LlamaFileType

from digest.confinement import Limits
from digest.errors import ModelDamagedError, ModelMissingError, WorkerError
from digest.worker import Worker

# Chat templates of architectures that have but one; Llama's name is used by many.
TEMPLATES = {"qwen2": "chatml", "qwen3": "qwen3", "gemma3": "gemma3"}
READ_S = 300.0
"""A vocabulary of 150,000 words took 24 s, and half a gigabyte, beside six other programs."""
_LIMITS = Limits(data_bytes=4 << 30, file_bytes=0, network=False)


@dataclass(frozen=True, slots=True)
class Header:
    """Of a model.

    Args:
        architecture: ``qwen2``.
        context: Tokens that it was trained to read.
        quantization: ``Q4_K_M``; empty where the file does not say.
        kv_bytes: Of a token in the cache, with 16 bits a number.
    """

    architecture: str
    context: int
    quantization: str
    kv_bytes: int


def read(path: Path) -> Header:
    """The header of a file.

    Raises:
        ModelMissingError: No such file.
        ModelDamagedError: It is no GGUF file, or does not say what a model must.
    """
    if not path.is_file():
        raise ModelMissingError(f"no model file {path}")
    try:
        with Worker("digest.engines.header:Reader", limits=_LIMITS) as worker:
            return Header(*worker.call("read", str(path), timeout_s=READ_S))
    except WorkerError as exc:
        raise ModelDamagedError(f"{path} is no readable GGUF file: {exc.message}") from exc


class Reader:
    """What lives in that process."""

    def read(self, path: str) -> tuple[str, int, str, int]:
        """The fields of a ``Header``; whatever is wrong with the file is raised."""
        return astuple(_read(GGUFReader(path)))


def _read(reader: Any) -> Header:
    def value(key: str) -> Any:
        return reader.fields[key].contents()

    architecture = str(value("general.architecture"))

    def number(key: str, otherwise: int | None = None) -> int:
        name = f"{architecture}.{key}"
        if otherwise is not None and name not in reader.fields:
            return otherwise
        return int(value(name))

    heads = number("attention.head_count")
    width = number("embedding_length") // heads
    kv_heads = number("attention.head_count_kv", heads)
    keys = number("attention.key_length", width)
    values = number("attention.value_length", width)
    return Header(
        architecture,
        number("context_length"),
        _quantization(reader),
        number("block_count") * kv_heads * (keys + values) * 2,
    )


def _quantization(reader: Any) -> str:
    if "general.file_type" not in reader.fields:
        return ""
    try:
        name = LlamaFileType(int(reader.fields["general.file_type"].contents())).name
    except ValueError:
        return ""
    return str(name).removeprefix("MOSTLY_").removeprefix("ALL_")
