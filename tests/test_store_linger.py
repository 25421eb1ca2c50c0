import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.store import linger
from digest.store.database import Database

WRITES = "CREATE TABLE IF NOT EXISTS t (n INTEGER); INSERT INTO t VALUES (1)"
OTHER = """
import sys
from pathlib import Path
from digest.store.database import Database
print(Database(Path(sys.argv[1])).query("SELECT count(*) FROM t")[0][0])
"""


def is_held(database: Database) -> bool:
    return database._held is not None


def test_a_file_is_closed_after_each_transaction_by_default(tmp_path: Path) -> None:
    database = Database(tmp_path / "d.duckdb")
    database.query(WRITES)
    assert not is_held(database)


def test_a_lingering_file_stays_open_until_the_block_ends(tmp_path: Path) -> None:
    database = Database(tmp_path / "d.duckdb")
    with database.lingering():
        database.query(WRITES)
        assert is_held(database)
        database.query(WRITES)
    assert not is_held(database)
    assert database.query("SELECT count(*) FROM t") == [(2,)]


def test_a_lingering_file_is_closed_though_nobody_uses_it(tmp_path: Path) -> None:
    database = Database(tmp_path / "d.duckdb")
    with database.lingering():
        database.query(WRITES)
        give_up = time.monotonic() + 10 * linger.IDLE_S
        while is_held(database) and time.monotonic() < give_up:
            time.sleep(0.05)
        assert not is_held(database)
        assert database.query("SELECT count(*) FROM t") == [(1,)]


def test_a_file_that_is_held_open_is_not_closed_by_the_clock(tmp_path: Path) -> None:
    database = Database(tmp_path / "d.duckdb")
    with database.lingering(), database.held_open():
        database.query(WRITES)
        database.let_go()
        assert is_held(database)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing closes the file but somebody who asks for it."""
    monkeypatch.setattr(linger, "IDLE_S", 1000.0)
    monkeypatch.setattr(linger, "MOST_S", 1000.0)


@pytest.fixture
def lingering(tmp_path: Path) -> Iterator[Database]:
    """A database that was written to a moment ago, and stays open."""
    database = Database(tmp_path / "d.duckdb")
    with database.lingering():
        database.query(WRITES)
        yield database


@pytest.mark.usefixtures("patient")
def test_another_process_gets_its_turn_while_a_run_writes_all_the_time(lingering: Database) -> None:
    with other(lingering.path) as waiting:
        while waiting.poll() is None:
            lingering.query(WRITES)
        assert waiting.stdout is not None
        assert int(waiting.stdout.read()) > 0
    assert waiting.returncode == 0
    assert not linger.is_asked_for(lingering.path)


@pytest.mark.usefixtures("patient")
def test_another_process_gets_its_turn_while_nobody_uses_what_is_open(lingering: Database) -> None:
    with other(lingering.path) as waiting:
        assert waiting.wait(20) == 0
    assert not is_held(lingering)


@pytest.mark.usefixtures("patient")
def test_of_several_that_wait_each_gets_its_turn(lingering: Database) -> None:
    path = lingering.path
    with other(path) as one, other(path) as two, other(path) as three:
        while any(each.poll() is None for each in (one, two, three)):
            lingering.query(WRITES)
    assert [each.returncode for each in (one, two, three)] == [0, 0, 0]


@pytest.mark.usefixtures("patient")
def test_a_burst_goes_on_without_being_closed_while_nobody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(tmp_path / "d.duckdb")
    opened = []
    connect = database._open
    monkeypatch.setattr(database, "_open", lambda: opened.append(1) or connect())
    with database.lingering():
        ends_s = time.monotonic() + 1.0
        while time.monotonic() < ends_s:
            database.query(WRITES)
    assert len(opened) == 1


def test_a_transaction_that_takes_long_is_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linger, "IDLE_S", 0.3)
    database = Database(tmp_path / "d.duckdb")
    with database.lingering():
        with database.held_open():
            time.sleep(0.6)
        assert is_held(database)


def test_a_program_that_cannot_ask_gets_its_turn_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linger, "MOST_S", 0.3)
    path = tmp_path / "d.duckdb"
    database = Database(path)
    linger.mark_of(path).mkdir()  # no lock can be taken of it
    with database.lingering():
        database.query(WRITES)
        with other(path) as waiting:
            while waiting.poll() is None:
                database.query(WRITES)
    assert waiting.returncode == 0


def other(path: Path) -> subprocess.Popen[str]:
    """Another process that counts the rows."""
    command = [sys.executable, "-c", OTHER, str(path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
