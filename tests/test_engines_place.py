"""Which type of numbers a GPU gets."""

from pathlib import Path

import ctranslate2
import pytest

from digest.engines.place import Place, compute_type, load
from digest.errors import ModelError
from tests.tiny_seq2seq import write_tiny_seq2seq

EVERY = {"float32", "float16", "bfloat16", "int8", "int8_float16", "int8_bfloat16", "int8_float32"}


@pytest.mark.parametrize(
    ("supported", "capability", "expected"),
    [
        (EVERY, (8, 9), "int8_float16"),
        (EVERY, None, "int8_float16"),
        ({"float32", "int8", "int8_float32", "int8_float16", "float16"}, (7, 5), "int8_float16"),
        (EVERY, (10, 0), "bfloat16"),
        (EVERY, (12, 0), "bfloat16"),
        ({"float32", "float16", "bfloat16"}, None, "float16"),
        ({"float32", "float16"}, (12, 0), "float16"),
        ({"float32", "int8_float32"}, (6, 1), "float32"),
        (set(), None, "float32"),
    ],
)
def test_compute_type(
    supported: set[str], capability: tuple[int, int] | None, expected: str
) -> None:
    assert compute_type(supported, capability) == expected


@pytest.mark.skipif(ctranslate2.get_cuda_device_count() > 0, reason="there is a GPU here")
def test_a_gpu_that_is_not_there(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = write_tiny_seq2seq(tmp_path)
    assert load("Translator", folder, Place(device="gpu")).device == "cpu"
    assert "finds no GPU that it can use; it computes on the CPU" in caplog.text


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="CTranslate2 cannot load"):
        load("Translator", tmp_path / "none", Place())
