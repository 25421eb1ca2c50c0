"""Verification: size and sha256, and the stamp that spares reading a file twice."""

import contextlib
import hashlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.engines.catalogue import HubSource, ModelFile
from digest.engines.verify import STAMPS, ensure, is_remembered, verify
from digest.errors import ModelDamagedError, ModelMissingError

DATA = b"GGUF and so on"
MODEL = ModelFile(
    name="tiny",
    file="tiny.gguf",
    bytes=len(DATA),
    sha256=hashlib.sha256(DATA).hexdigest(),
    licence="MIT",
    context=64,
    template="chatml",
    sources=(HubSource("who/tiny", "tiny.gguf"),),
)


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    (tmp_path / MODEL.file).write_bytes(DATA)
    return tmp_path


def alter(path: Path) -> None:
    """Flip a bit and put the time back."""
    status = path.stat()
    with path.open("r+b") as stream:
        stream.write(b"F")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@contextlib.contextmanager
def full_disk(most_bytes: int) -> Iterator[None]:
    """Let no file of this process grow beyond ``most_bytes``: an ``OSError`` that is EFBIG."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_takes_no_stamp_only_costs_time(models_dir: Path) -> None:
    with full_disk(0):
        assert ensure(MODEL, models_dir) == models_dir / "tiny.gguf"
    assert [path.name for path in models_dir.iterdir()] == ["tiny.gguf"]


def test_a_disk_that_takes_no_stamp_hides_no_damage(models_dir: Path) -> None:
    ensure(MODEL, models_dir)
    alter(models_dir / MODEL.file)
    with full_disk(0), pytest.raises(ModelDamagedError, match="has sha256"):
        verify(MODEL, models_dir)


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="model tiny is not in") as caught:
        verify(MODEL, tmp_path)
    assert caught.value.hint == "digest models pull tiny"


def test_truncated(models_dir: Path) -> None:
    (models_dir / MODEL.file).write_bytes(DATA[:-1])
    with pytest.raises(ModelDamagedError, match="has 13 bytes, not 14") as caught:
        ensure(MODEL, models_dir)
    assert caught.value.hint == "digest models pull tiny --force"


def test_right_file_is_read_once(models_dir: Path) -> None:
    reads: list[str] = []
    for _ in range(3):
        assert ensure(MODEL, models_dir, lambda what, _d, _t: reads.append(what)) == (
            models_dir / "tiny.gguf"
        )
    assert reads == ["verify tiny.gguf"]


def test_one_flipped_byte_is_found_by_verify_even_with_its_old_time(models_dir: Path) -> None:
    ensure(MODEL, models_dir)
    alter(models_dir / MODEL.file)
    assert ensure(MODEL, models_dir)  # what the stamp cannot see
    with pytest.raises(ModelDamagedError, match="has sha256"):
        verify(MODEL, models_dir)
    with pytest.raises(ModelDamagedError):
        ensure(MODEL, models_dir)  # and the stamp is gone


@pytest.mark.parametrize("change", ["time", "inode"])
def test_a_touched_file_is_read_again(models_dir: Path, change: str) -> None:
    path = models_dir / MODEL.file
    ensure(MODEL, models_dir)
    status = path.stat()
    if change == "time":
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    else:
        copy = models_dir / "copy"
        copy.write_bytes(DATA)
        os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))
        copy.replace(path)
    assert not is_remembered(path, MODEL.sha256)
    ensure(MODEL, models_dir)
    assert is_remembered(path, MODEL.sha256)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"tiny.gguf": 3}', "\xff"])
def test_damaged_stamps_only_cost_time(models_dir: Path, text: str) -> None:
    (models_dir / STAMPS).write_text(text, encoding="latin-1")
    ensure(MODEL, models_dir)
    assert is_remembered(models_dir / MODEL.file, MODEL.sha256)


def test_no_temporary_files_stay(models_dir: Path) -> None:
    ensure(MODEL, models_dir)
    assert sorted(path.name for path in models_dir.iterdir()) == [STAMPS, MODEL.file]
