"""A model's process that dies or hangs in the middle of an answer costs a retry, then one paper."""

import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from digest import assembly
from digest.cli import main
from digest.confinement import Limits
from digest.engines import process
from digest.engines.catalogue import ModelFile
from digest.engines.convert import convert
from digest.engines.converted import ensure_converted
from digest.engines.merging import Call
from digest.engines.process import Kind, Running, WorkerEngine
from digest.errors import ModelDamagedError, ModelError, WorkerDied, WorkerError
from digest.generation import Completion, DecodeOptions, Prompt
from digest.pipeline import Tools
from digest.records import Breakdown, Document, Paper
from digest.worker import Worker
from tests.conftest import FakeExplainer, FakeExtractor, FakeTranslator
from tests.crashing import ENDINGS, POISON
from tests.test_engines_convert import tiny_model, write_tiny_gguf

PROMPT = Prompt("s", "t")
INPUTS = ["alpha", "be"]
SHORT = DecodeOptions(max_output_tokens=6)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[ModelFile, Path]:
    path = tmp_path_factory.mktemp("models")
    model = tiny_model(write_tiny_gguf(path / "tiny.gguf"))
    convert(model, path)
    return model, path


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading may take 5 s, a step 1 s."""
    monkeypatch.setattr(process, "_LOAD_S", 5.0)
    monkeypatch.setattr(process, "_STEP_S", 1.0)


class CrashingEngine(WorkerEngine):
    """Its child is ``tests.crashing:build``."""

    def prepare(self, how: str, marker: Path, always: bool) -> None:
        self.how = (how, marker, always)

    def _start(self) -> Worker:
        files = [self._models_dir / self._entry.file]
        if self._kind == "ctranslate2":
            files.insert(0, ensure_converted(self._entry, self._models_dir))
        arguments = (*self.how, self._kind, tuple(files), self._entry, self._place)
        return Worker("tests.crashing:build", arguments, Limits(network=False))


def crashing(
    tiny: tuple[ModelFile, Path], tmp_path: Path, how: str, always: bool, kind: Kind = "llama.cpp"
) -> CrashingEngine:
    running = Running(threads=1, device="cpu", turn_file=tmp_path / "turn")
    engine = CrashingEngine(kind, *tiny, running)
    engine.prepare(how, tmp_path / "crashed", always)
    return engine


@pytest.fixture(scope="module")
def expected(tiny: tuple[ModelFile, Path]) -> Sequence[Completion]:
    running = Running(threads=1, device="cpu", turn_file=tiny[1] / "turn")
    with WorkerEngine("llama.cpp", *tiny, running) as engine:
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
@pytest.mark.parametrize("how", ["signal", "hang"])
def test_ctranslate2_too_is_tried_once_more(
    tiny: tuple[ModelFile, Path], tmp_path: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    with crashing(tiny, tmp_path, how, always=False, kind="ctranslate2") as engine:
        assert len(engine.complete(PROMPT, INPUTS, SHORT)) == len(INPUTS)
    assert (tmp_path / "crashed").exists()
    assert ENDINGS[how] in caplog.text


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
        with pytest.raises(WorkerDied, match="twice, with tiny in llama") as caught:
            engine.complete(PROMPT, ["a"] * 256, large)
    assert caught.value.hint == (
        "its process may take 0.1 GB: raise memory_gb, or choose a smaller model: "
        "digest models recommend"
    )


class Starved:
    """Stands in the child for an engine that is told there is no memory; counts its processes."""

    def __init__(self, marker: Path) -> None:
        self.marker, self.first = marker, not marker.exists()
        marker.touch()

    def complete_all(self, calls: Sequence[Call]) -> list[list[Completion]]:
        if self.first:
            raise ModelError("no context of 67 tokens: failed to allocate compute pp buffers")
        return [[Completion("enough", 1, True) for _ in inputs] for _, inputs, _ in calls]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        time.sleep(0.01)
        return [len(text) for text in texts]


class StarvedEngine(WorkerEngine):
    def _start(self) -> Worker:
        return Worker("tests.test_engines_crashes:Starved", (self._models_dir / "marker",))


def test_an_engine_that_gets_no_memory_is_started_again(
    tiny: tuple[ModelFile, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with StarvedEngine("llama.cpp", tiny[0], tmp_path, Running(device="cpu")) as engine:
        assert engine.complete(PROMPT, ["a"], SHORT)[0].text == "enough"
    assert "failed to allocate compute pp buffers; trying again" in caplog.text


def test_several_threads_do_not_read_each_others_answers(
    tiny: tuple[ModelFile, Path], tmp_path: Path
) -> None:
    (tmp_path / "marker").touch()
    no_turns = Running(device="cpu", turn_file=tmp_path / "no" / "turn")
    wrong: list[object] = []
    with StarvedEngine("llama.cpp", tiny[0], tmp_path, no_turns) as engine:

        def work() -> None:
            for n in range(10):
                if engine.count_tokens(["x" * n]) != [n]:
                    wrong.append(n)
                if engine.complete(PROMPT, ["a"], SHORT)[0].text != "enough":
                    wrong.append("enough")

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_a_closed_engine_starts_no_process(tiny: tuple[ModelFile, Path], tmp_path: Path) -> None:
    with StarvedEngine("llama.cpp", tiny[0], tmp_path, Running(device="cpu")) as engine:
        pass
    with pytest.raises(WorkerError, match=r"tiny in llama\.cpp was closed"):
        engine.complete(PROMPT, ["a"], SHORT)
    assert engine._worker is None


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


def test_a_byte_that_flips_between_two_runs_is_found(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "tiny.gguf")
    model = tiny_model(path)
    with WorkerEngine("llama.cpp", model, tmp_path, Running(threads=1, device="cpu")) as engine:
        assert engine.complete(PROMPT, ["x"], SHORT)
        assert (tmp_path / ".verified.json").exists()
        engine.close()
        with path.open("r+b") as file:  # the same size, another time: the stamp is stale
            file.seek(path.stat().st_size // 2)
            byte = file.read(1)[0]
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte ^ 1]))
        with pytest.raises(ModelDamagedError, match="has sha256"):
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


class PoisonedEngine(WorkerEngine):
    def _start(self) -> Worker:
        files = (self._models_dir / self._entry.file,)
        arguments = (self._kind, files, self._entry, self._place)
        return Worker("tests.crashing:Poisoned", arguments, Limits(network=False))


class Asking(FakeExplainer):
    """Asks a real engine about the title."""

    def __init__(self, engine: WorkerEngine) -> None:
        self.engine, self.at_once = engine, engine.at_once

    def explain(self, paper: Paper, document: Document | None) -> Breakdown:
        self.engine.complete(PROMPT, [paper.title], SHORT)
        return super().explain(paper, document)


@pytest.mark.parametrize("kind", ["llama.cpp", "several papers at once"])
def test_a_day_goes_on_past_the_paper_that_kills_its_model(
    tiny: tuple[ModelFile, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    for n, title in enumerate(("First", f"A {POISON}", "Third"), start=1):
        (folder / f"{n}.pdf").write_bytes(f"%PDF-1.4 {n}".encode())
        known = {"id": f"2601.0000{n}v1", "title": title, "abstract": f"Abstract {n}."}
        (folder / f"{n}.json").write_text(json.dumps(known))
    together = kind != "llama.cpp"
    monkeypatch.setattr(process, "_PAPERS_ON_CPU", {"llama.cpp": 3 if together else 1})

    @contextlib.contextmanager
    def tools(*_: object) -> Iterator[Tools]:
        running = Running(threads=1, device="cpu")
        with PoisonedEngine("llama.cpp", *tiny, running) as engine:
            yield Tools(FakeExtractor(), FakeTranslator(), Asking(engine))

    monkeypatch.setattr(assembly, "tools", tools)
    home = ["--home", str(tmp_path / "home"), "--models-dir", str(tmp_path / "models")]
    command = ["run", "--from", str(folder), "--date", "2026-01-23", "--json"]
    result = CliRunner().invoke(main, [*home, *command])
    assert result.exit_code == 3, result.output
    report = json.loads(result.stdout)
    (failed,) = [outcome for outcome in report["outcomes"] if outcome["status"] == "failed"]
    assert (failed["paper"], failed["stage"]) == ("2601.00002v1", "explain")
    assert "was killed by SIGABRT, saying: llama-context.cpp" in failed["error"]
    assert failed["error"].endswith("failed, twice, with tiny in llama.cpp")
    assert "digest models verify" in failed["hint"]
    assert report["coverage"]["full"] == 2
    text = (tmp_path / "home" / "posts" / "2026-01-23-arxiv-daily.md").read_text()
    assert all(title in text for title in ("## First", f"## A {POISON}", "## Third"))
    assert "trying again" in result.stderr
