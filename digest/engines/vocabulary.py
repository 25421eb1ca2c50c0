"""The vocabulary inside a GGUF file: text to tokens and back, for both engines.

Owns llama.cpp's start-up: its log, kept for error messages and never printed, and loading a file
or refusing it with a typed error.
"""

from __future__ import annotations

import collections
import ctypes
import functools
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import llama_cpp

from digest.engines.templates import Segment
from digest.errors import ModelError, ModelMissingError

_last_lines: collections.deque[str] = collections.deque(maxlen=20)
_ERROR_LEVELS = (3, 4)  # GGML_LOG_LEVEL_WARN, GGML_LOG_LEVEL_ERROR


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]  # llama_cpp has no types
def _keep_line(level: int, text: bytes, _data: ctypes.c_void_p) -> None:
    if level in _ERROR_LEVELS:
        _last_lines.append(text.decode(errors="replace").strip())


@functools.cache
def start_backend() -> None:
    """Start llama.cpp in this process, once, with its log kept to ourselves."""
    os.environ["GGML_NO_BACKTRACE"] = "1"  # else a failed assertion starts a debugger, and hangs
    llama_cpp.llama_log_set(_keep_line, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()


def load_model(path: Path, *, vocab_only: bool = False, gpu_layers: int = 0) -> Any:
    """Load a GGUF file; a ``llama_model`` pointer, to be freed by ``llama_model_free``.

    Args:
        path: The file.
        vocab_only: Leave its weights where they are.
        gpu_layers: How many layers go onto the GPU.

    Raises:
        ModelMissingError: No such file.
        ModelError: llama.cpp refuses it; says why in llama.cpp's words.
    """
    if not path.is_file():
        raise ModelMissingError(f"no model file {path}", hint="digest models pull")
    start_backend()
    _last_lines.clear()
    parameters = llama_cpp.llama_model_default_params()
    parameters.n_gpu_layers = gpu_layers
    parameters.vocab_only = vocab_only
    model = llama_cpp.llama_model_load_from_file(os.fsencode(path), parameters)
    if not model:
        reason = _last_lines[0] if _last_lines else "no reason given"
        raise ModelError(f"llama.cpp cannot load {path}: {reason}", hint="digest models verify")
    return model


def header_number(model: Any, key: str) -> int:
    """A whole number of a loaded model's header; 0 where it is not there.

    Args:
        model: Loaded, or its vocabulary alone.
        key: Without the architecture: ``block_count`` for ``qwen2.block_count``.
    """
    architecture = _header_text(model, "general.architecture")
    text = _header_text(model, f"{architecture}.{key}")
    return int(text) if text.isdigit() else 0


def _header_text(model: Any, key: str) -> str:
    value = ctypes.create_string_buffer(128)
    size = llama_cpp.llama_model_meta_val_str(model, key.encode(), value, len(value))
    return value.value.decode(errors="replace") if size >= 0 else ""


def last_words() -> str:
    """The last warning or error of llama.cpp."""
    return _last_lines[-1] if _last_lines else "no reason given"


class Vocabulary:
    """The tokens of a loaded model. Not usable after the model is freed."""

    def __init__(self, model: Any):
        self._vocab = llama_cpp.llama_model_get_vocab(model)
        self.size: int = llama_cpp.llama_vocab_n_tokens(self._vocab)

    @classmethod
    def of_file(cls, path: Path) -> Vocabulary:
        """The vocabulary alone, for an engine that has the weights elsewhere.

        Raises:
            ModelMissingError: No such file.
            ModelError: llama.cpp refuses it.
        """
        # The model stays loaded for as long as this process: its vocabulary is part of it.
        return cls(load_model(path, vocab_only=True))

    @functools.cached_property
    def end_ids(self) -> frozenset[int]:
        """Tokens that end an answer."""
        is_end = llama_cpp.llama_vocab_is_eog
        return frozenset(i for i in range(self.size) if is_end(self._vocab, i))

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """The tokens' own spelling (byte-level letters, not text), by id."""
        name = llama_cpp.llama_vocab_get_text
        return tuple(name(self._vocab, i).decode() for i in range(self.size))

    def encode(self, segments: Iterable[Segment]) -> list[int]:
        """Tokens of a text in pieces; each piece is cut into tokens on its own."""
        return [token for segment in segments for token in self._encode(segment)]

    def decode(self, tokens: Sequence[int], *, finished: bool = True) -> str:
        """Text of an answer, without the white space around it.

        An answer that was cut off may end inside a character; those bytes are no text yet.
        """
        text = b"".join(self.piece(token) for token in tokens).decode(errors="replace")
        return (text if finished else text.rstrip("\ufffd")).strip()

    def _encode(self, segment: Segment) -> list[int]:
        data = segment.text.encode(errors="replace")  # a lone surrogate has no bytes
        room = len(data) + 1  # a token has at least one byte
        tokens = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(
            self._vocab, data, len(data), tokens, room, False, segment.special
        )
        if count < 0:
            raise ModelError(f"llama.cpp cannot cut a text of {len(data)} bytes into tokens")
        return list(tokens[:count])

    def piece(self, token: int) -> bytes:
        """The bytes of a token; none of a control token."""
        piece = ctypes.create_string_buffer(256)
        size = llama_cpp.llama_token_to_piece(self._vocab, token, piece, len(piece), 0, False)
        return piece.raw[: max(size, 0)]
