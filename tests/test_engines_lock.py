"""One model computes at a time, over processes and threads."""

import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from digest.engines.lock import Turns

HOLD = """
import sys, time
from pathlib import Path
from digest.engines.lock import Turns
with Turns(Path(sys.argv[1])).turn():
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
        with Turns(path).turn():
            assert time.monotonic() - started > 0.2
    assert "another model computes" in caplog.text


def test_threads_of_one_process_take_turns(tmp_path: Path) -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        with Turns(tmp_path / "turn").turn():
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


def test_a_file_that_cannot_be_had_is_said_once_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "pipe")  # opening it would wait for whoever writes into it
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "no" / "folder", *map(tmp_path.joinpath, ("link", "pipe", "folder"))):
        turns = Turns(path)
        for _ in range(3):
            with turns.turn():
                pass
        assert caplog.text.count(f"no turns between models: {path}") == 1
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_was_cleared_away_meanwhile_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "turn"
    taken: list[bool] = []

    def wait() -> None:
        with Turns(path).turn():
            taken.append(path.exists())

    with Turns(path).turn():
        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(0.2)
        path.unlink()
    waiting.join(timeout=10)
    assert taken == [True]  # it holds a file that others can find


def test_waiting_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    turns = Turns(tmp_path / "turn")

    def wait() -> None:
        with turns.turn():
            pass

    for _ in range(2):
        with Turns(tmp_path / "turn").turn():
            waiting = threading.Thread(target=wait)
            waiting.start()
            time.sleep(0.2)
        waiting.join(timeout=10)
    assert caplog.text.count("another model computes") == 1
