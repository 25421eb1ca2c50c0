"""Headers of model files, honest and hostile."""

import struct
import time
from pathlib import Path

import pytest

from digest.confinement import Limits
from digest.engines import header
from digest.errors import ModelDamagedError, ModelMissingError
from tests.test_engines_convert import write_tiny_gguf

_ARRAY, _WORD = 9, 4


def hostile(path: Path, *entries: tuple[int, int]) -> Path:
    """A file whose one field is lists inside of lists: each with its type and its length."""
    key = b"general.architecture"
    head = b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, len(key)) + key + struct.pack("<I", _ARRAY)
    path.write_bytes(head + b"".join(struct.pack("<IQ", *entry) for entry in entries) + bytes(64))
    return path


def test_a_header_is_read(tmp_path: Path) -> None:
    found = header.read(write_tiny_gguf(tmp_path / "x.gguf"))
    assert (found.architecture, found.context) == ("qwen2", 512)


def test_lists_inside_of_lists_are_refused(tmp_path: Path) -> None:
    deep = hostile(tmp_path / "deep.gguf", *[(_ARRAY, 1)] * 5000, (_WORD, 1))
    with pytest.raises(ModelDamagedError, match="no readable GGUF file"):
        header.read(deep)


def test_a_list_without_end_costs_bounded_time_and_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(header, "READ_S", 1.0)
    monkeypatch.setattr(header, "_LIMITS", Limits(data_bytes=1 << 30, network=False))
    endless = hostile(tmp_path / "long.gguf", (_WORD, 1 << 40))
    started = time.monotonic()
    with pytest.raises(ModelDamagedError, match="no readable GGUF file"):
        header.read(endless)
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("data", [b"", b"GGUF", b"%PDF-1.7", b"GGUF" + bytes(40)])
def test_what_is_no_gguf_file_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.gguf").write_bytes(data)
    with pytest.raises(ModelDamagedError, match="no readable GGUF file"):
        header.read(tmp_path / "x.gguf")
    with pytest.raises(ModelMissingError, match="no model file"):
        header.read(tmp_path / "y.gguf")
