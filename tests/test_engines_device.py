"""Whether there is a GPU, what this machine lets a model have, and threads that were measured."""

import os
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


@pytest.mark.parametrize(
    ("groups", "limits"),
    [
        ("0::/lab.slice/digest.service\n", {"lab.slice/digest.service/memory.max": "900"}),
        ("0::/lab.slice/digest.service\n", {"lab.slice/memory.max": "900"}),
        (
            "5:cpu,cpuacct:/\n4:memory:/jobs/17\n0::/\n",
            {"memory/jobs/memory.limit_in_bytes": "900"},
        ),
        (
            "4:cpu,memory:/jobs/17\n",
            {
                "memory/jobs/17/memory.limit_in_bytes": "900",
                "memory/jobs/memory.limit_in_bytes": "9223372036854771712",
            },
        ),
    ],
)
def test_memory_of_a_service_and_of_what_it_is_in(
    tmp_path: Path, groups: str, limits: dict[str, str]
) -> None:
    (tmp_path / "own").write_text(groups)
    for name, text in limits.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n")
    assert memory.total_bytes(tmp_path, tmp_path / "own") == 900


@pytest.mark.parametrize("groups", ["", "nonsense\n", "0::/../../elsewhere\n", "0::\n"])
def test_groups_that_say_nothing(tmp_path: Path, groups: str) -> None:
    (tmp_path / "own").write_text(groups)
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert memory.total_bytes(tmp_path / "none", tmp_path / "own") == machine
    assert memory.total_bytes(tmp_path / "none", tmp_path / "none") == machine


@pytest.mark.parametrize(
    ("message", "ended"),
    [  # as the libraries were seen to say it, at limits from 60 MB on
        ("was killed by SIGABRT, saying: what():  std::bad_alloc", True),
        ("was killed by SIGABRT, saying: ggml.c:1644: GGML_ASSERT(ctx->mem_buffer != NULL)", True),
        ("OpenBLAS error: Memory allocation still failed after 10 retries, giving up.", True),
        ("failed to initialize the context: failed to allocate compute pp buffers", True),
        ("failed to initialize the context: failed to reserve initial output buffer", True),
        ("mkl_malloc: failed to allocate memory", True),
        ("the process ran into its memory limit", True),
        ("was killed by SIGABRT, saying: ggml.c:3: GGML_ASSERT(n_tokens <= n_batch)", False),
        ("llama.cpp cannot load /data/memory/x.gguf: invalid magic", False),
        ("was killed by SIGKILL", False),
    ],
)
def test_words_for_memory_that_ended(message: str, ended: bool) -> None:
    assert memory.has_ended(message) == ended


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
