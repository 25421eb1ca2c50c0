"""Conversion to CTranslate2: against its own quantizer, on a model of random weights.

``write_tiny_gguf`` makes a qwen2 model of two layers whose vocabulary is the 256 bytes and three
control tokens. What it writes means nothing, but both engines run it.
"""

import dataclasses
import fcntl
import hashlib
import json
import os
import shutil
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ctranslate2.specs import common_spec
from gguf import GGUFWriter, TokenType

from digest.engines.catalogue import HubSource, ModelFile
from digest.engines.convert import convert, write_decoder
from digest.engines.convert.weights import quantize_rows
from digest.engines.converted import ensure_converted, folder
from digest.engines.verify import remember
from digest.errors import ConfigError, ModelDamagedError, ModelError, ModelMissingError
from tests.test_engines_verify import full_disk

WIDTH, HIDDEN, HEADS, LAYERS = 32, 64, 2, 2
CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def byte_letters() -> list[str]:
    """The letters that byte-level vocabularies write bytes as (GPT-2's ``bytes_to_unicode``)."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = iter(range(256, 512))
    return [chr(byte) if byte in shown else chr(next(hidden)) for byte in range(256)]


@dataclasses.dataclass(frozen=True)
class Tiny:
    """A model's shape. ``kv_heads``: of 2 heads."""

    architecture: str = "qwen2"
    kv_heads: int = 1
    head: int = WIDTH // HEADS
    layers: int = LAYERS
    tied: bool = True
    window: int = 8
    extra: tuple[tuple[str, Any], ...] = ()
    """Of the header, without the architecture, besides what all have."""
    more: tuple[str, ...] = ()
    """Tensors that no such model has."""
    last_token: str = CONTROL[-1]


def write_tiny_gguf(path: Path, tiny: Tiny | str = Tiny()) -> Path:
    """A model file of 100 KB with seeded random weights, each of which 8 bits hold exactly.

    A row's magnitudes are 0 to 127 times a power of two, and one is 127: quantizing it in 8 bits
    loses nothing, so that the converted model can be compared with the file itself.
    """
    tiny = Tiny(tiny) if isinstance(tiny, str) else tiny
    writer, random = GGUFWriter(path, tiny.architecture), np.random.default_rng(0)
    _write_header(writer, tiny)
    tokens = [*byte_letters(), *CONTROL[:-1], tiny.last_token]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([TokenType.NORMAL] * 256 + [TokenType.CONTROL] * 3)
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(256)
    writer.add_eos_token_id(258)
    for name, shape in _shapes(tiny, len(tokens)).items():
        if len(shape) == 2:
            weight = random.integers(-127, 128, shape).astype(np.float32)
            weight[:, 0] = 127
            writer.add_tensor(name, weight / np.float32(256))
        else:
            writer.add_tensor(name, random.uniform(0.5, 1.5, shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _write_header(writer: GGUFWriter, tiny: Tiny) -> None:
    writer.add_block_count(tiny.layers)
    writer.add_context_length(512)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(tiny.kv_heads)
    writer.add_rope_freq_base(10000.0 if tiny.architecture != "gemma3" else 1e6)
    writer.add_layer_norm_rms_eps(1e-6)
    if tiny.architecture in ("qwen3", "gemma3"):
        writer.add_key_length(tiny.head)
        writer.add_value_length(tiny.head)
    if tiny.architecture == "gemma3":
        writer.add_sliding_window(tiny.window)
    if tiny.architecture == "llama":
        writer.add_rope_dimension_count(tiny.head)
    for key, value in tiny.extra:
        add = {float: writer.add_float32, str: writer.add_string, int: writer.add_uint32}
        add[type(value)](f"{tiny.architecture}.{key}", value)


def _shapes(tiny: Tiny, tokens: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (tokens, WIDTH)}
    for layer in range(tiny.layers):
        block = f"blk.{layer}."
        rows = {"q": HEADS * tiny.head, "k": tiny.kv_heads * tiny.head}
        rows["v"] = rows["k"]
        for name, count in rows.items():
            shapes |= {f"{block}attn_{name}.weight": (count, WIDTH)}
            if tiny.architecture == "qwen2":
                shapes |= {f"{block}attn_{name}.bias": (count,)}
        if tiny.architecture in ("qwen3", "gemma3"):
            shapes |= {f"{block}attn_{name}_norm.weight": (tiny.head,) for name in "qk"}
        if tiny.architecture == "gemma3":
            shapes |= {f"{block}post_attention_norm.weight": (WIDTH,)}
            shapes |= {f"{block}post_ffw_norm.weight": (WIDTH,)}
        shapes |= {
            f"{block}attn_norm.weight": (WIDTH,),
            f"{block}attn_output.weight": (WIDTH, rows["q"]),
            f"{block}ffn_norm.weight": (WIDTH,),
            f"{block}ffn_gate.weight": (HIDDEN, WIDTH),
            f"{block}ffn_up.weight": (HIDDEN, WIDTH),
            f"{block}ffn_down.weight": (WIDTH, HIDDEN),
        }
    if not tiny.tied:
        shapes["output.weight"] = (tokens, WIDTH)
    return shapes | {name: (WIDTH,) for name in ("output_norm.weight", *tiny.more)}


def tiny_model(path: Path) -> ModelFile:
    """The catalogue entry of a file."""
    data = path.read_bytes()
    return ModelFile(
        name="tiny",
        file=path.name,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        licence="MIT",
        context=512,
        template="chatml",
        sources=(HubSource("who/tiny", path.name),),
        engines=("llama.cpp", "ctranslate2"),
    )


def test_quantize_rows_by_hand() -> None:
    weight = np.array([[1.0, -2.0, 0.5], [0.0, 0.0, 0.0], [254.0, 127.0, -1.0]], dtype=np.float32)
    rows, scale = quantize_rows(weight)
    assert rows.tolist() == [[64, -127, 32], [0, 0, 0], [127, 64, 0]]  # 63.5 and 31.75, -0.5: even
    assert scale.tolist() == [63.5, 1.0, 0.5]
    assert (rows.dtype, scale.dtype) == (np.int8, np.float32)


@pytest.mark.parametrize("size", [1e-38, 1e-3, 1.0, 1e30])
def test_quantize_rows_as_ctranslate2_does(size: float) -> None:
    random = np.random.default_rng(1)
    weight = (random.standard_normal((50, 33)) * size).astype(np.float32)
    theirs = common_spec.LinearSpec()
    theirs.weight = weight.copy()
    theirs.validate()
    theirs.optimize("int8")
    rows, scale = quantize_rows(weight)
    np.testing.assert_array_equal(rows, theirs.weight.numpy())
    np.testing.assert_array_equal(scale, theirs.weight_scale.numpy())


def test_a_converted_model_is_labelled_and_found(tmp_path: Path) -> None:
    model = tiny_model(write_tiny_gguf(tmp_path / "tiny.gguf"))
    seen: list[tuple[str, int, int]] = []
    path = convert(model, tmp_path, lambda *what: seen.append(what))
    assert path == tmp_path / "tiny-ct2-int8" == folder(model, tmp_path)
    assert ensure_converted(model, tmp_path) == path
    label = json.loads((path / "made_by.json").read_text())
    assert label["source_sha256"] == model.sha256
    assert (
        label["model_bin_sha256"] == hashlib.sha256((path / "model.bin").read_bytes()).hexdigest()
    )
    assert json.loads((path / "vocabulary.json").read_text())[-3:] == CONTROL
    done = [(done, total) for what, done, total in seen if what == "convert"]
    assert done[-1][0] == done[-1][1]
    assert [path.name for path in (tmp_path / ".partial").iterdir()] == ["tiny.lock"]


def test_converting_again_gives_the_same_bytes(tmp_path: Path) -> None:
    model = tiny_model(write_tiny_gguf(tmp_path / "tiny.gguf"))
    first = (convert(model, tmp_path) / "model.bin").read_bytes()
    assert (convert(model, tmp_path) / "model.bin").read_bytes() == first


@pytest.mark.parametrize("name", ["model.bin", "made_by.json"])
def test_a_converted_model_that_lost_a_file(tmp_path: Path, name: str) -> None:
    model = tiny_model(write_tiny_gguf(tmp_path / "tiny.gguf"))
    (convert(model, tmp_path) / name).unlink()
    with pytest.raises(ModelError) as caught:
        ensure_converted(model, tmp_path)
    assert str(caught.value.hint).startswith("digest models pull tiny")


def test_a_converted_model_that_was_altered(tmp_path: Path) -> None:
    model = tiny_model(write_tiny_gguf(tmp_path / "tiny.gguf"))
    with (convert(model, tmp_path) / "model.bin").open("r+b") as stream:
        stream.seek(-1, 2)
        stream.write(b"!")
    with pytest.raises(ModelDamagedError, match="is not what was written"):
        ensure_converted(model, tmp_path)


def test_not_converted(tmp_path: Path) -> None:
    model = tiny_model(write_tiny_gguf(tmp_path / "tiny.gguf"))
    with pytest.raises(ModelMissingError, match="is not converted") as caught:
        ensure_converted(model, tmp_path)
    assert caught.value.hint == "digest models pull tiny"


def test_another_architecture_is_named(tmp_path: Path) -> None:
    model = tiny_model(write_tiny_gguf(tmp_path / "tiny.gguf", "phi3"))
    with pytest.raises(ModelError, match="cannot convert architecture 'phi3', only qwen2, qwen3"):
        convert(model, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".partial",
        ".verified.json",
        "tiny.gguf",
    ]
    assert [path.name for path in (tmp_path / ".partial").iterdir()] == ["tiny.lock"]


def test_what_a_killed_conversion_left_is_cleared_away(tmp_path: Path) -> None:
    model = tiny_model(write_tiny_gguf(tmp_path / "tiny.gguf"))
    left = tmp_path / ".partial" / "tiny" / "ct2"
    left.mkdir(parents=True)
    (left / "half.bin").write_bytes(b"half")
    path = convert(model, tmp_path)
    assert sorted(file.name for file in path.iterdir()) == [
        ".verified.json",
        "config.json",
        "made_by.json",
        "model.bin",
        "vocabulary.json",
    ]
    assert not left.parent.exists()


def test_parts_of_a_pull_stay(tmp_path: Path) -> None:
    model = tiny_model(write_tiny_gguf(tmp_path / "tiny.gguf"))
    part = tmp_path / ".partial" / "tiny" / "tiny-1==1.0.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"part")
    convert(model, tmp_path)
    assert list(part.parent.iterdir()) == [part]


def test_a_conversion_waits_for_no_other(tmp_path: Path) -> None:
    model = tiny_model(write_tiny_gguf(tmp_path / "tiny.gguf"))
    (tmp_path / ".partial").mkdir()
    with (tmp_path / ".partial" / "tiny.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ModelError, match="another process is pulling tiny or converting it"):
            convert(model, tmp_path)


def test_a_disk_that_fills_up(tmp_path: Path) -> None:
    model = tiny_model(write_tiny_gguf(tmp_path / "tiny.gguf"))
    with full_disk(4096), pytest.raises(ModelError) as caught:
        convert(model, tmp_path)
    assert caught.value.message == f"cannot write to {tmp_path}: File too large"
    assert caught.value.hint == "free some space, or set models_dir to a folder that can be written"
    assert [path.name for path in (tmp_path / ".partial").iterdir()] == ["tiny.lock"]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    model = tiny_model(write_tiny_gguf(tmp_path / "tiny.gguf"))
    (tmp_path / ".partial").touch()
    with pytest.raises(ModelError) as caught:
        convert(model, tmp_path)
    assert caught.value.message == f"cannot write to {tmp_path}: Not a directory"


def test_a_disk_without_room_is_found_before_the_work(tmp_path: Path) -> None:
    path = tmp_path / "tiny.gguf"
    small = tiny_model(write_tiny_gguf(path))
    free = shutil.disk_usage(tmp_path).free
    os.truncate(path, free)  # sparse: it takes no room, but 1.8 times as much is not there
    remember(path, small.sha256)
    with pytest.raises(ModelError, match=r"GB free; tiny needs \d+\.\d GB"):
        convert(dataclasses.replace(small, bytes=free), tmp_path)


def test_a_model_that_ctranslate2_cannot_run(tmp_path: Path) -> None:
    model = tiny_model(write_tiny_gguf(tmp_path / "tiny.gguf"))
    model = dataclasses.replace(model, engines=("llama.cpp",))
    with pytest.raises(ConfigError) as caught:
        ensure_converted(model, tmp_path)
    assert caught.value.message == "ctranslate2 cannot run tiny, only llama.cpp can"
    assert caught.value.hint == "choose another translator: digest models list"


def malformed(tmp_path: Path) -> dict[str, bytes]:
    """Files that are no model, each in its own way."""
    good = write_tiny_gguf(tmp_path / "good.gguf").read_bytes()
    head = b"GGUF" + struct.pack("<I", 3)
    return {
        "empty": b"",
        "no GGUF": b"<html>404 not found</html>" * 20,
        "version": b"GGUF" + struct.pack("<I", 99) + good[8:],
        "counts": head + struct.pack("<QQ", 2**40, 2**40) + b"\xff" * 200,
        "header cut": good[:600],
        "tensors cut": good[: len(good) // 2],
        "string length": head + struct.pack("<QQQ", 1, 1, 2**62) + b"x" * 100,
    }


CASES = ["empty", "no GGUF", "version", "counts", "header cut", "tensors cut", "string length"]


@pytest.mark.parametrize("case", CASES)
def test_malformed_files_are_typed_errors(tmp_path: Path, case: str) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(malformed(tmp_path)[case])
    with pytest.raises(ModelDamagedError, match="no readable GGUF file"):
        write_decoder(path, tmp_path)
