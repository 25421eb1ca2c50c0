"""Files of which nobody sees half, whoever else writes them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from digest import files
from digest.errors import BusyError, StoreError

SIZE = 20_000


def test_of_several_that_write_one_file_each_writes_it_whole(tmp_path):
    path, start = tmp_path / "day.json", threading.Barrier(4)

    def write_many(letter: bytes) -> int:
        start.wait(10)
        for _ in range(100):
            files.replace(path, letter * SIZE)
        return 100

    files.replace(path, b"a" * SIZE)
    seen = set()
    with ThreadPoolExecutor(4) as pool:  # a lock of the kernel keeps threads apart as processes
        jobs = [pool.submit(write_many, letter) for letter in (b"a", b"b", b"c", b"d")]
        while not all(job.done() for job in jobs):
            data = path.read_bytes()
            seen.add((len(data), len(set(data))))
        assert [job.result() for job in jobs] == [100] * 4
    assert seen <= {(SIZE, 1)}
    assert [each.name for each in tmp_path.iterdir()] == ["day.json"]


def test_what_a_killed_process_left_is_taken_over(tmp_path):
    (tmp_path / ".day.json.partial").write_bytes(b"much longer than what comes")
    files.write(tmp_path / "day.json", b"whole")
    assert (tmp_path / "day.json").read_bytes() == b"whole"
    assert [each.name for each in tmp_path.iterdir()] == ["day.json"]


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "day.json").mkdir()
    with pytest.raises(StoreError, match=r"day\.json cannot be written"):
        files.write(tmp_path / "day.json", b"whole")
    assert [each.name for each in tmp_path.iterdir()] == ["day.json"]


def test_a_lock_is_waited_for_as_long_as_wanted(tmp_path):
    lock, entered, leave = tmp_path / ".lock", threading.Event(), threading.Event()

    def hold() -> None:
        with files.held(lock):
            entered.set()
            leave.wait(10)

    other = threading.Thread(target=hold)
    other.start()
    entered.wait(10)
    with pytest.raises(BusyError, match="at work"), files.held(lock, wait_s=0.1):
        pass
    threading.Timer(0.1, leave.set).start()
    with files.held(lock, wait_s=10):
        assert leave.is_set()
    other.join()


def test_what_a_killed_process_left_goes_and_what_is_being_written_stays(tmp_path):
    (tmp_path / ".left.json.partial").write_bytes(b"half")
    (tmp_path / "whole.json").write_bytes(b"{}")
    with files.filling(tmp_path / "now.json") as partial:
        files.sweep(tmp_path)
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            ".now.json.partial",
            "whole.json",
        ]
        partial.write_bytes(b"{}")
    assert (tmp_path / "now.json").read_bytes() == b"{}"
