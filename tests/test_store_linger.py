import subprocess
import sys
import time
from pathlib import Path

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
        give_up = time.monotonic() + 10 * linger.MOST_S
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


def test_another_process_gets_its_turn_while_a_run_writes_all_the_time(tmp_path: Path) -> None:
    path = tmp_path / "d.duckdb"
    database = Database(path)
    with database.lingering():
        database.query(WRITES)
        other = subprocess.Popen(
            [sys.executable, "-c", OTHER, str(path)], stdout=subprocess.PIPE, text=True
        )
        while other.poll() is None:
            database.query(WRITES)
        assert other.stdout is not None
        with other.stdout:
            assert int(other.stdout.read()) > 0
    assert other.returncode == 0
