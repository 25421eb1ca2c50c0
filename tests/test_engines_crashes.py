"""A model's process that dies or hangs in the middle of an answer costs a retry, then one paper."""

import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from digest.engines import process
from digest.engines.catalogue import ModelFile
from digest.engines.process import Running, WorkerEngine
from digest.errors import ModelDamagedError, ModelError, WorkerError
from digest.records import Completion, DecodeOptions, Prompt
from digest.worker import Limits, Worker
from tests.crashing import ENDINGS
from tests.test_engines_convert import tiny_model, write_tiny_gguf

PROMPT = Prompt("s", "t")
INPUTS = ["alpha", "be"]
SHORT = DecodeOptions(max_output_tokens=6)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[ModelFile, Path]:
    path = tmp_path_factory.mktemp("models")
    return tiny_model(write_tiny_gguf(path / "tiny.gguf")), path


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading may take 10 s, a step 1 s."""
    monkeypatch.setattr(process, "_LOAD_S", 10.0)
    monkeypatch.setattr(process, "_STEP_S", 1.0)


class CrashingEngine(WorkerEngine):
    """Its child is ``tests.crashing:build``."""

    def prepare(self, how: str, marker: Path, always: bool) -> None:
        self.how = (how, marker, always)

    def _start(self) -> Worker:
        arguments = (*self.how, self._kind, (self._models_dir / self._entry.file,), self._entry)
        return Worker("tests.crashing:build", (*arguments, self._place), Limits(network=False))


def crashing(
    tiny: tuple[ModelFile, Path], tmp_path: Path, how: str, always: bool
) -> CrashingEngine:
    running = Running(threads=1, device="cpu", turn_file=tmp_path / "turn")
    engine = CrashingEngine("llama.cpp", *tiny, running)
    engine.prepare(how, tmp_path / "crashed", always)
    return engine


@pytest.fixture(scope="module")
def expected(tiny: tuple[ModelFile, Path]) -> Sequence[Completion]:
    with WorkerEngine("llama.cpp", *tiny, Running(threads=1, device="cpu")) as engine:
        return engine.complete(PROMPT, INPUTS, SHORT)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("how", ENDINGS)
def test_what_happens_once_is_overcome_and_said(
    tiny: tuple[ModelFile, Path],
    tmp_path: Path,
    how: str,
    expected: Sequence[Completion],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    with crashing(tiny, tmp_path, how, always=False) as engine:
        assert engine.complete(PROMPT, INPUTS, SHORT) == expected
    assert (tmp_path / "crashed").exists()
    assert ENDINGS[how] in caplog.text
    assert "trying again" in caplog.text


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("how", ENDINGS)
def test_what_happens_twice_is_a_typed_error_and_the_next_call_has_a_new_process(
    tiny: tuple[ModelFile, Path], tmp_path: Path, how: str, expected: Sequence[Completion]
) -> None:
    with crashing(tiny, tmp_path, how, always=True) as engine:
        with pytest.raises(WorkerError, match=ENDINGS[how]) as caught:
            engine.complete(PROMPT, INPUTS, SHORT)
        assert "twice, with tiny in llama.cpp" in caught.value.message
        engine.prepare(how, tmp_path / "crashed", always=False)
        assert engine.complete(PROMPT, INPUTS, SHORT) == expected


def test_memory_that_may_not_be_had_is_a_typed_error(tiny: tuple[ModelFile, Path]) -> None:
    running = Running(threads=1, device="cpu", parallel=192, memory_bytes=400_000_000)
    large = DecodeOptions(max_output_tokens=400)
    with WorkerEngine("llama.cpp", *tiny, running) as engine:
        assert engine.complete(PROMPT, ["a"], SHORT)
        # 192 answers of 400 tokens, 2 layers x 2 x 32 numbers of 16 bits: 26 MB and the buffers
        engine._running = Running(threads=1, device="cpu", memory_bytes=60_000_000)
        engine.close()
        with pytest.raises((ModelError, WorkerError)):
            engine.complete(PROMPT, ["a"] * 256, large)


def test_a_model_with_one_flipped_byte_is_refused_before_loading(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "tiny.gguf")
    model = tiny_model(path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with (
        WorkerEngine("llama.cpp", model, tmp_path, Running(threads=1)) as engine,
        pytest.raises(ModelDamagedError, match="has sha256"),
    ):
        engine.complete(PROMPT, ["x"], SHORT)
    assert engine._worker is None


class Sleeper:
    """Works for long, with and without signs of life; run in a worker."""

    def beating(self, seconds: float) -> str:
        """A beat every tenth of a second."""
        from digest.worker import beat

        ends_s = time.monotonic() + seconds
        while time.monotonic() < ends_s:
            time.sleep(0.1)
            beat()
        return "done"

    def silent(self, seconds: float) -> str:
        """None."""
        time.sleep(seconds)
        return "done"

    def flood(self) -> str:
        """As many as it can in a second; all but one are kept back."""
        from digest.worker import beat

        ends_s = time.monotonic() + 1.5
        while time.monotonic() < ends_s:
            beat()
        return "flooded"


def test_who_shows_signs_of_life_may_take_long() -> None:
    with Worker("tests.test_engines_crashes:Sleeper") as worker:
        assert worker.call("silent", 0.0, timeout_s=30) == "done"  # it is started
        assert worker.call("beating", 3.0, timeout_s=30, silence_s=2.0) == "done"
        assert worker.call("flood", timeout_s=30, silence_s=10) == "flooded"
        assert worker.call("silent", 0.1, timeout_s=30, silence_s=10) == "done"
        with pytest.raises(WorkerError, match="no sign of life from"):
            worker.call("silent", 20.0, timeout_s=30, silence_s=1.0)
        with pytest.raises(WorkerError, match="no answer from"):
            worker.call("beating", 20.0, timeout_s=2.0, silence_s=10)


def test_the_kernel_is_told_to_end_a_worker_before_the_run() -> None:
    with Worker("tests.test_engines_crashes:Sleeper") as worker:
        worker.call("silent", 0.0, timeout_s=30)
        path = Path(f"/proc/{worker.pid}/oom_score_adj")
        assert int(path.read_text()) == 500
        assert int(Path(f"/proc/{os.getpid()}/oom_score_adj").read_text()) < 500
