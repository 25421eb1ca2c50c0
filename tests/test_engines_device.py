"""Whether there is a GPU, what this machine lets a model have, and threads that were measured."""

from pathlib import Path

import pytest

from digest.engines import memory, threads
from digest.engines.device import chosen, has_card, is_built_for_gpu
from digest.errors import ConfigError


def test_a_build_for_cpus_alone(tmp_path: Path) -> None:
    (tmp_path / "libggml-cpu.so").touch()
    assert not is_built_for_gpu("llama.cpp", tmp_path)
    (tmp_path / "libggml-cuda.so.0").touch()
    assert is_built_for_gpu("llama.cpp", tmp_path)
    assert is_built_for_gpu("ctranslate2")


def test_a_card_is_seen_by_its_device_file(tmp_path: Path) -> None:
    (tmp_path / "dev" / "dri").mkdir(parents=True)
    assert not has_card("llama.cpp", tmp_path)
    (tmp_path / "dev" / "dri" / "renderD128").touch()
    assert has_card("llama.cpp", tmp_path)
    assert not has_card("ctranslate2", tmp_path)  # it wants one of NVIDIA's
    (tmp_path / "dev" / "nvidia0").touch()
    assert has_card("ctranslate2", tmp_path)


def test_the_cpu_is_always_there() -> None:
    assert chosen("cpu", "llama.cpp") == "cpu"
    assert chosen("auto", "llama.cpp") in ("cpu", "gpu")


@pytest.mark.skipif(has_card("ctranslate2"), reason="there is a GPU here")
def test_a_gpu_that_is_wanted_and_not_there() -> None:
    with pytest.raises(ConfigError, match="device = gpu, but no GPU is seen"):
        chosen("gpu", "ctranslate2")


def test_memory_of_a_container(tmp_path: Path) -> None:
    machine = memory.total_bytes(tmp_path)
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.total_bytes(tmp_path) == machine
    (tmp_path / "memory.max").write_text("1073741824\n")
    assert memory.total_bytes(tmp_path) == 1 << 30
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("536870912\n")
    assert memory.total_bytes(tmp_path) == 1 << 29


def test_threads_are_remembered_for_an_engine_and_a_number_of_cores(tmp_path: Path) -> None:
    assert threads.remembered(tmp_path, "llama.cpp", 8) is None
    threads.remember(tmp_path, "llama.cpp", 8, 7)
    threads.remember(tmp_path, "ctranslate2", 8, 4)
    assert threads.remembered(tmp_path, "llama.cpp", 8) == 7
    assert threads.remembered(tmp_path, "ctranslate2", 8) == 4
    assert threads.remembered(tmp_path, "llama.cpp", 4) is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"llama.cpp on x, 8 cores": "many"}'])
def test_a_damaged_file_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / threads.FILE).write_text(text)
    assert threads.remembered(tmp_path, "llama.cpp", 8) is None
    threads.remember(tmp_path, "llama.cpp", 8, 7)
    assert threads.remembered(tmp_path, "llama.cpp", 8) == 7


def test_candidates() -> None:
    assert threads.candidates(1) == [1]
    assert threads.candidates(2) == [2, 1]
    assert threads.candidates(16) == [16, 15, 8]
