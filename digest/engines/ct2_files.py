"""What lies in a CTranslate2 folder, read without CTranslate2.

The library refuses most of what is wrong with a folder, but not a vocabulary of the wrong size:
that model answers, with other words.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, BinaryIO

from digest.errors import ModelError, ModelMissingError

CONFIG, WEIGHTS = "config.json", "model.bin"
CONTEXT = "context"
"""In the configuration, from our converter: tokens that the model reads at most."""
# Of the layout below; older ones lack parts of it. ctranslate2.specs.model_spec._serialize
_BINARY_VERSIONS = (5, 6)


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration of the model in ``folder``.

    Raises:
        ModelError: There is none, it is no JSON object, or what we read of it has another type.
    """
    config = _json(folder / CONFIG)
    if not isinstance(config, dict):
        raise ModelError(f"{folder / CONFIG} is no JSON object")
    for key, value in config.items():
        kinds = int if key == CONTEXT else (str, type(None)) if key.endswith("_token") else object
        if not isinstance(value, kinds):
            raise ModelError(f"{folder / CONFIG}: {key} is {value!r}")
    return config


def read_vocabulary(folder: Path, *names: str) -> tuple[Path, tuple[str, ...]]:
    """The tokens by their number, and the file that they are from: the first that is there.

    Args:
        folder: Of the model.
        names: Without their ending: ``shared_vocabulary``.

    Raises:
        ModelError: None of them is there, or it is no list of texts.
    """
    for path in (folder / f"{name}{ending}" for name in names for ending in (".json", ".txt")):
        if path.is_file():
            tokens = _json(path) if path.suffix == ".json" else _lines(path)
            if not isinstance(tokens, list) or not all(isinstance(t, str) for t in tokens):
                raise ModelError(f"{path} is no list of tokens")
            return path, tuple(tokens)
    raise ModelError(f"no vocabulary in {folder}: {' or '.join(names)}, .json or .txt")


def check_size(folder: Path, vocabulary: Path, tokens: int, embeddings: str) -> None:
    """See that there is a token for each row of the embeddings.

    Args:
        folder: Of the model.
        vocabulary: Where the tokens are from.
        tokens: How many there are.
        embeddings: Name of their variable; where the file has none of this name (an alias, or an
            older file), CTranslate2 alone is left to judge.

    Raises:
        ModelError: There are more or fewer.
    """
    rows = read_shapes(folder).get(embeddings, (tokens,))[0]
    if rows != tokens:
        raise ModelError(f"{vocabulary} has {tokens} tokens, the model {rows}")


def read_shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """The variables of the weights and their shapes; none of a file in an older layout.

    Raises:
        ModelMissingError: There is no such file.
        ModelError: It is cut off, or no file of CTranslate2.
    """
    path = folder / WEIGHTS
    try:
        with path.open("rb") as stream:
            return _shapes(stream, path.stat().st_size)
    except FileNotFoundError as exc:
        raise ModelMissingError(f"no {WEIGHTS} in {folder}") from exc
    except (OSError, struct.error, UnicodeDecodeError, OverflowError) as exc:
        raise ModelError(f"{path} is cut off, or no model of CTranslate2: {exc}") from exc


def _shapes(stream: BinaryIO, size_bytes: int) -> dict[str, tuple[int, ...]]:
    if _number(stream, "I") not in _BINARY_VERSIONS:
        return {}
    _text(stream)  # the kind of model
    _number(stream, "I")  # its revision
    shapes = {}
    for _ in range(_number(stream, "I")):
        name = _text(stream)
        shapes[name] = tuple(_number(stream, "I") for _ in range(_number(stream, "B")))
        _number(stream, "B")  # type of its numbers
        end = _number(stream, "I") + stream.tell()
        if end > size_bytes:
            raise OverflowError(f"{name} ends at {end} of {size_bytes} bytes")
        stream.seek(end)
    return shapes


def _number(stream: BinaryIO, kind: str) -> int:
    number: int = struct.unpack(f"<{kind}", stream.read(struct.calcsize(f"<{kind}")))[0]
    return number


def _text(stream: BinaryIO) -> str:
    """A length of 16 bits, as many bytes, the last of which is a zero."""
    return stream.read(_number(stream, "H"))[:-1].decode()


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as exc:
        raise ModelError(f"cannot read {path}: {exc.strerror}") from exc
    except (ValueError, RecursionError) as exc:  # JSONDecodeError, UnicodeDecodeError are
        raise ModelError(f"{path} is no JSON: {exc}") from exc


def _lines(path: Path) -> list[str]:
    try:
        # Not splitlines(): a token may be one of the characters that it takes for an end.
        return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise ModelError(f"cannot read {path}: {exc}") from exc
