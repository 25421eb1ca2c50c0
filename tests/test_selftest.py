"""The self-test of seconds: which number of threads is fastest, and whether to believe it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from digest import selftest
from digest.config import Config
from digest.engines import threads
from digest.engines.catalogue import ModelFile
from digest.engines.process import physical_cores
from digest.selftest import Speed, is_busy, measure
from tests.test_engines_convert import tiny_model, write_tiny_gguf


class Processors:
    """/proc/stat at two moments. Times: user, nice, system, idle, iowait, irq, softirq, steal."""

    def __init__(self, *moments: str) -> None:
        self.moments: Iterator[str] = iter(moments)

    def read_text(self, encoding: str) -> str:
        return next(self.moments)


@pytest.mark.parametrize(
    ("later", "busy"),
    [
        ("cpu  100 0 0 1200 0 0 0 0 0 0", False),  # 200 of idleness
        ("cpu  110 0 0 1190 0 0 0 0 0 0", False),  # 10 of 200 at work
        ("cpu  130 0 0 1100 70 0 0 0 0 0", True),  # 30 of 200; a disk is no work
        ("cpu  100 0 0 1000 0 0 0 100 0 0", True),  # the host's other guests had all of it
        ("cpu  100 0 0 1000 0 0 0 0 0 0", False),  # no time has passed
    ],
)
def test_other_work_is_seen_as_it_is_done(later: str, busy: bool) -> None:
    now = Processors("cpu  100 0 0 1000 0 0 0 0 0 0\ncpu0 7", later + "\ncpu0 7")
    assert is_busy(0.0, now) is busy  # type: ignore[arg-type]


def test_a_system_that_does_not_say_is_quiet(tmp_path: Path) -> None:
    assert not is_busy(0.0, tmp_path / "stat")


def test_of_equals_the_fewest_threads() -> None:
    assert Speed("llama.cpp", {4: 20.0, 3: 20.0, 2: 9.0}, kept=True).fastest == 3


@pytest.fixture
def tiny(config: Config) -> ModelFile:
    config.models_dir.mkdir()
    return tiny_model(write_tiny_gguf(config.models_dir / "tiny.gguf"))


@pytest.mark.parametrize("busy", [False, True])
def test_what_is_measured_on_a_quiet_machine_is_kept_for_the_runs(
    config: Config, tiny: ModelFile, monkeypatch: pytest.MonkeyPatch, busy: bool
) -> None:
    monkeypatch.setattr(selftest, "is_busy", lambda: busy)
    cores = physical_cores()
    speed = measure("llama.cpp", tiny, replace(config, device="cpu"))
    assert list(speed.by_threads) == threads.candidates(cores)
    assert min(speed.by_threads.values()) > 0
    assert speed.kept is not busy
    kept = threads.remembered(config.models_dir, "llama.cpp", cores)
    assert kept == (None if busy else speed.fastest)


def test_threads_that_are_configured_are_measured_and_not_kept(
    config: Config, tiny: ModelFile
) -> None:
    speed = measure("llama.cpp", tiny, replace(config, device="cpu", threads=1))
    assert (list(speed.by_threads), speed.kept) == ([1], False)
    assert not (config.models_dir / threads.FILE).exists()
