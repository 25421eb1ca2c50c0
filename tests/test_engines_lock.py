"""One model computes at a time, over processes and threads."""

import logging
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from digest.engines.lock import turn

HOLD = """
import sys, time
from pathlib import Path
from digest.engines.lock import turn
with turn(Path(sys.argv[1])):
    print("mine", flush=True)
    time.sleep(60)
"""


def test_another_process_waits_and_a_killed_one_lets_go(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    path = tmp_path / "turn"
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "mine\n"
        killer = threading.Timer(0.3, other.kill)
        killer.start()
        started = time.monotonic()
        with turn(path):
            assert time.monotonic() - started > 0.2
    assert "another model computes" in caplog.text


def test_threads_of_one_process_take_turns(tmp_path: Path) -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        with turn(tmp_path / "turn"):
            inside += 1
            most = max(most, inside)
            time.sleep(0.01)
            inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_file_that_cannot_be_had_is_said_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for path in (tmp_path / "no" / "folder", tmp_path / "link"):
        with turn(path):
            pass
        assert f"no turns between models: {path}" in caplog.text
    assert not (tmp_path / "elsewhere").exists()
