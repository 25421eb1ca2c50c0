"""Engines in processes of their own: identity without loading, retries, damaged files."""

import dataclasses
import importlib.metadata
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from digest.engines.catalogue import ModelFile, find
from digest.engines.convert import convert
from digest.engines.process import (
    SPINS,
    Kind,
    Place,
    Running,
    WorkerEngine,
    build,
    physical_cores,
)
from digest.errors import ConfigError, ModelDamagedError, ModelError, ModelMissingError
from digest.generation import DecodeOptions, Engine, Prompt
from tests.test_engines_convert import tiny_model, write_tiny_gguf
from tests.tiny_seq2seq import tiny_entry, write_tiny_seq2seq

PROMPT = Prompt("s", "t")
SHORT = DecodeOptions(max_output_tokens=6)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[ModelFile, Path]:
    path = tmp_path_factory.mktemp("models")
    model = tiny_model(write_tiny_gguf(path / "tiny.gguf"))
    convert(model, path)
    return model, path


def test_what_it_is_is_known_without_files(tmp_path: Path) -> None:
    engine: Engine = WorkerEngine("llama.cpp", find("1.5b"), tmp_path)
    assert (engine.name, engine.model) == ("llama.cpp", "qwen2.5-coder-1.5b-instruct-q4_k_m")
    assert engine.sha256.startswith("cc324af0")
    assert engine.version == f"{importlib.metadata.version('llama-cpp-python')}+2"
    assert engine.options == {
        "template": "chatml",
        "quantization": "Q4_K_M",
        "parallel": "16",
    }
    other = WorkerEngine("ctranslate2", find("1.5b"), tmp_path)
    assert other.options["compute_type"] == "int8"
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("kind", ["llama.cpp", "ctranslate2"])
def test_a_process_that_was_killed_is_replaced(tiny: tuple[ModelFile, Path], kind: Kind) -> None:
    with WorkerEngine(kind, *tiny, Running(threads=1)) as engine:
        first = engine.complete(PROMPT, ["alpha", "be"], SHORT)
        (child,) = multiprocessing.active_children()
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        assert engine.complete(PROMPT, ["alpha", "be"], SHORT) == first
        (second,) = multiprocessing.active_children()
        assert second.pid != child.pid
    assert multiprocessing.active_children() == []


def test_errors_of_the_engine_come_through_and_are_not_retried(
    tiny: tuple[ModelFile, Path],
) -> None:
    with WorkerEngine("llama.cpp", *tiny, Running(threads=1)) as engine:
        engine.complete(PROMPT, ["x"], SHORT)
        first = multiprocessing.active_children()
        with pytest.raises(ModelError, match="input 1 of 1 needs"):
            engine.complete(PROMPT, ["x" * 600], SHORT)
        assert multiprocessing.active_children() == first


def test_a_missing_model_names_its_cure(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError) as caught:
        WorkerEngine("llama.cpp", find("0.5b"), tmp_path).complete(PROMPT, ["x"], SHORT)
    assert caught.value.hint == "digest models pull qwen2.5-coder-0.5b-instruct-q4_k_m"


def test_a_damaged_model_is_not_loaded(tmp_path: Path) -> None:
    model = tiny_model(write_tiny_gguf(tmp_path / "tiny.gguf"))
    (tmp_path / "tiny.gguf").write_bytes(b"GGUF")
    with pytest.raises(ModelDamagedError, match="has 4 bytes"):
        WorkerEngine("llama.cpp", model, tmp_path).complete(PROMPT, ["x"], SHORT)


def test_an_engine_that_cannot_run_the_model(tmp_path: Path) -> None:
    model = dataclasses.replace(find("135m"), engines=("llama.cpp",))
    with pytest.raises(
        ConfigError, match=r"ctranslate2 cannot run smollm2.*, only llama\.cpp can"
    ) as caught:
        WorkerEngine("ctranslate2", model, tmp_path)
    assert caught.value.hint == "choose another translator: digest models list"


def test_the_time_limit_grows_with_the_work(tmp_path: Path) -> None:
    engine = WorkerEngine("llama.cpp", find("0.5b"), tmp_path)
    # (1 + 1 + 68) bytes / 35 per s; 60 s; 1 answer of 90 tokens / 2.25 per s
    options = DecodeOptions(max_output_tokens=90)
    assert engine._work_s([(PROMPT, ["x" * 68], options)]) == pytest.approx(2 + 60 + 40)
    assert engine._load_s() == 180


@pytest.mark.parametrize("kind", ["llama.cpp", "ctranslate2"])
def test_a_hang_of_the_default_model_is_noticed_within_five_minutes(
    tmp_path: Path, kind: Kind
) -> None:
    engine = WorkerEngine(kind, find("1.5b"), tmp_path)
    options = DecodeOptions(max_output_tokens=160)
    bullets = (Prompt("s" * 300, "t" * 500), ["x" * 400] * 24, options)
    passages = (Prompt("s" * 300, "t" * 500, ("p" * 200,) * 25), ["q" * 200] * 3, options)
    for calls in ([bullets], [passages]):
        assert engine._read_s(calls) <= 300
    assert engine._load_s() == pytest.approx(180 + 0.1173 * 20, abs=0.01)


def test_a_search_is_silent_until_its_batch_ends(tmp_path: Path) -> None:
    engine = WorkerEngine("ctranslate2", find("0.5b"), tmp_path)
    greedy = DecodeOptions(max_output_tokens=90)
    beams = DecodeOptions(max_output_tokens=90, beam_size=2)
    inputs = ["x" * 68] * 40
    silent = engine._read_s([(PROMPT, inputs, beams)]) - engine._read_s([(PROMPT, inputs, greedy)])
    assert silent == pytest.approx(16 * 2 * 90 / 6)  # of a batch, not of all
    assert engine._work_s([(PROMPT, inputs, beams)]) > engine._work_s([(PROMPT, inputs, greedy)])


def test_a_file_of_twenty_gigabytes_may_load_for_long(tmp_path: Path) -> None:
    large = dataclasses.replace(find("1.5b"), bytes=20_000_000_000)
    # 180 s, and 20 s for each gigabyte more
    assert WorkerEngine("llama.cpp", large, tmp_path)._load_s() == 180 + 19 * 20


def test_a_model_of_a_family_translates(tmp_path: Path) -> None:
    folder = write_tiny_seq2seq(tmp_path)
    entry = dataclasses.replace(tiny_entry(), family="nllb", members=("model.bin",))
    engine = build("ctranslate2", (folder,), entry, Place(1, "cpu", 0, 1, 1))
    assert not engine.instructed
    assert len(engine.complete(PROMPT, ["We propose method 3."], SHORT)) == 1


def test_physical_cores(tmp_path: Path) -> None:
    mine = sorted(os.sched_getaffinity(0))
    assert physical_cores(tmp_path) == len(mine)  # nothing known: each is a core
    for cpu in mine:
        folder = tmp_path / f"cpu{cpu}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text("0-63\n")
    assert physical_cores(tmp_path) == 1


SPINNING = """
import os, sys
from pathlib import Path
from digest.engines.process import Place, build
try:
    build("ctranslate2", (Path("none"),), None, Place(2, "cpu", 0, 1, 1))
except Exception:
    print(os.environ["OMP_NUM_THREADS"], os.environ["GOMP_SPINCOUNT"])
"""


@pytest.mark.parametrize(("set_by_user", "spins"), [(None, SPINS), ("7", "7")])
def test_threads_that_wait_for_each_other_let_others_work(
    set_by_user: str | None, spins: str
) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "GOMP_SPINCOUNT"}
    environment |= {"GOMP_SPINCOUNT": set_by_user} if set_by_user else {}
    command = [sys.executable, "-c", SPINNING]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", spins]
