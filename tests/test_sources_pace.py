"""The pause between two requests: over processes, killed holders, odd files and odd clocks."""

import fcntl
import itertools
import multiprocessing
import os
import stat
import time
from pathlib import Path

import pytest

from digest.clock import SystemClock
from digest.errors import FetchError
from digest.sources.pace import Pace, is_still
from tests.loopback import StoppedClock


def take(file: Path, clock: StoppedClock, works_s: float = 0.0) -> tuple[float, float]:
    """One turn of ``works_s``; returns when it started and ended."""
    with Pace(file, clock).turn(3.0):
        started_s = clock.at_s
        clock.at_s += works_s
    return started_s, clock.at_s


def test_the_first_request_does_not_wait(tmp_path: Path) -> None:
    clock = StoppedClock()
    take(tmp_path / "pace", clock)
    assert clock.slept == []


def test_the_pause_counts_from_the_end_of_the_last_answer(tmp_path: Path) -> None:
    clock = StoppedClock()
    _, ended_s = take(tmp_path / "pace", clock, works_s=10.0)
    started_s, _ = take(tmp_path / "pace", clock)
    assert started_s - ended_s == pytest.approx(3.001)
    assert started_s - ended_s >= 3.0


def test_who_comes_late_does_not_wait(tmp_path: Path) -> None:
    clock = StoppedClock()
    take(tmp_path / "pace", clock)
    clock.at_s += 3.0
    take(tmp_path / "pace", clock)
    assert clock.slept == []


def test_a_failed_request_counts(tmp_path: Path) -> None:
    clock = StoppedClock()
    with pytest.raises(ZeroDivisionError), Pace(tmp_path / "pace", clock).turn(3.0):
        _ = 1 / 0
    take(tmp_path / "pace", clock)
    assert sum(clock.slept) >= 3.0


@pytest.mark.parametrize(
    "stamp", [b"busy", b"1e9", b"nan", b"-5", b"\xff\x00 nonsense", b"9" * 100_000]
)
def test_a_stamp_that_says_nothing_costs_one_pause_and_no_more(tmp_path: Path, stamp: bytes):
    file = tmp_path / "pace"
    file.write_bytes(stamp)
    clock = StoppedClock()
    take(file, clock)
    assert sum(clock.slept) == pytest.approx(3.001, abs=0.002)


def test_a_held_file_is_waited_for_and_then_given_up(tmp_path: Path) -> None:
    file = tmp_path / "pace"
    clock = StoppedClock()
    take(file, clock)
    with file.open("r+") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(FetchError, match=r"has held .*/pace for 30 minutes") as caught:
            take(file, clock)
    assert caught.value.hint == f"see who does with: fuser -v {file}"


def test_a_file_that_was_cleared_away_is_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "pace"
    clock = StoppedClock()
    with Pace(file, clock).turn(3.0):
        file.unlink()
    take(file, clock)
    assert file.is_file()


def test_a_file_under_another_is_not_the_one_that_others_lock(tmp_path: Path) -> None:
    with (tmp_path / "pace").open("w") as old:
        assert is_still(old.fileno(), tmp_path / "pace")
        (tmp_path / "pace").unlink()
        assert not is_still(old.fileno(), tmp_path / "pace")
        (tmp_path / "pace").touch()
        assert not is_still(old.fileno(), tmp_path / "pace")


def test_other_users_may_use_the_file(tmp_path: Path) -> None:
    file = tmp_path / "pace"
    before = os.umask(0o077)
    try:
        take(file, StoppedClock())
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o666


def link(file: Path) -> None:
    file.symlink_to(file.with_name("victim"))


def second_name(file: Path) -> None:
    os.link(file.with_name("victim"), file)


@pytest.mark.parametrize("trap", [link, second_name, os.mkfifo, Path.mkdir])
def test_traps_are_refused_and_nothing_is_written(tmp_path: Path, trap) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    trap(tmp_path / "pace")
    with pytest.raises(FetchError, match="pace cannot pace requests") as caught:
        take(tmp_path / "pace", StoppedClock())
    assert not caught.value.retryable
    assert caught.value.hint == "set pace_file to a file that you can write"
    assert victim.read_text() == "precious"


def test_a_shared_file_in_the_way_leaves_each_user_one_of_his_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    turns = Pace(shared, StoppedClock(), fallback=tmp_path / "cache" / "pace")
    for _ in range(2):
        with turns.turn(3.0):
            assert (tmp_path / "cache" / "pace").read_bytes().strip() == b"busy"
    assert caplog.text.count("other users' requests are not waited for") == 1


def ask_thrice(file: str, results: multiprocessing.Queue) -> None:
    """In a process of its own: three turns, as the clock of the machine saw them."""
    turns = Pace(Path(file), SystemClock())
    for _ in range(3):
        with turns.turn(0.2):
            started_s = time.monotonic()
            time.sleep(0.02)
            results.put((started_s, time.monotonic(), os.getpid()))


def test_two_processes_share_the_pace(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    target = {"target": ask_thrice, "args": (str(tmp_path / "pace"), results)}
    processes = [context.Process(**target) for _ in range(2)]
    for process in processes:
        process.start()
    turns = sorted(results.get(timeout=60) for _ in range(6))
    for process in processes:
        process.join()
    assert len({pid for *_, pid in turns}) == 2
    gaps = [later[0] - earlier[1] for earlier, later in itertools.pairwise(turns)]
    assert min(gaps) >= 0.2


def hold_for_ever(file: str, started) -> None:
    with Pace(Path(file), SystemClock()).turn(0.0):
        started.set()
        time.sleep(600)


def test_a_killed_process_lets_go(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    process = context.Process(target=hold_for_ever, args=(str(tmp_path / "pace"), started))
    process.start()
    assert started.wait(60)
    process.kill()
    process.join()
    assert (tmp_path / "pace").read_bytes().strip() == b"busy"
    killed_s = time.monotonic()
    with Pace(tmp_path / "pace", SystemClock()).turn(0.3):
        assert time.monotonic() - killed_s >= 0.3
