import subprocess
import sys
import threading

import duckdb
import pytest

from digest.errors import StoreDamaged
from digest.records import ArxivId, Paper
from digest.store import Store
from digest.store import database as database_module
from digest.store.backup import check, copy

PAPER = Paper(ArxivId.parse("2601.00001v1"), title="T")


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "digest.duckdb")
    store.put_papers([(PAPER, "s")], "folder")
    return store


def test_a_copy_holds_what_the_database_held_and_is_its_owners_alone(store, tmp_path):
    rows = copy(store.database, tmp_path / "copies" / "one.duckdb")
    assert (rows["paper"], rows["post"]) == (1, 0)
    made = tmp_path / "copies" / "one.duckdb"
    assert made.stat().st_mode & 0o777 == 0o600
    assert Store(made).counts().papers == 1
    assert [path.name for path in made.parent.iterdir()] == ["one.duckdb"]


def test_copies_are_consistent_while_others_write(store, tmp_path):
    """Each writer's transaction puts in two rows: no copy may have one of them."""
    write = (
        "import duckdb, time\n"
        "for n in range(40):\n"
        "    while True:\n"
        "        try:\n"
        f"            con = duckdb.connect({str(store.database.path)!r})\n"
        "            break\n"
        "        except duckdb.IOException:\n"
        "            time.sleep(0.002)\n"
        "    con.begin()\n"
        "    for who in 'ab':\n"
        '        con.execute("INSERT INTO mailing VALUES (?, ?, now())", [str(n), who])\n'
        "    con.commit()\n"
        "    con.close()\n"
    )
    counts = []
    with subprocess.Popen([sys.executable, "-c", write]) as other:
        while other.poll() is None:
            counts.append(copy(store.database, tmp_path / "copy.duckdb")["mailing"])
    assert other.returncode == 0
    assert [count for count in counts if count % 2] == []
    assert copy(store.database, tmp_path / "copy.duckdb")["mailing"] == 80


def test_a_damaged_database_is_not_copied_over_a_good_copy(store, tmp_path):
    to = tmp_path / "copy.duckdb"
    copy(store.database, to)
    good = to.read_bytes()
    data = bytearray(store.database.path.read_bytes())
    for at in range(3 * 4096 + 8, len(data), 262_144):
        data[at] ^= 1
    store.database.path.write_bytes(data)
    with pytest.raises(StoreDamaged, match=r"digest\.duckdb is damaged"):
        copy(Store(store.database.path).database, to)
    assert to.read_bytes() == good
    assert not (tmp_path / ".copy.duckdb.partial").exists()


def test_another_programs_database_is_no_backup(tmp_path):
    duckdb.connect(str(tmp_path / "other.duckdb")).close()
    with pytest.raises(StoreDamaged, match="no table of digest's"):
        check(tmp_path / "other.duckdb")


def test_no_copy_is_made_while_the_database_is_held_open_here(store, tmp_path):
    with store.database.held_open(), pytest.raises(ValueError, match="held open"):
        copy(store.database, tmp_path / "copy.duckdb")


def test_others_do_not_write_while_bytes_are_copied(store):
    """The lock that is held meanwhile is the one that DuckDB takes."""
    opened = "import duckdb, sys; duckdb.connect(sys.argv[1])"
    command = [sys.executable, "-c", opened, str(store.database.path)]
    with store.database.at_rest():
        refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Could not set lock" in refused.stderr
    assert subprocess.run(command, check=False).returncode == 0


def test_a_lock_is_waited_for(store):
    hold = (
        "import fcntl, sys\n"
        "file = open(sys.argv[1], 'r+b')\n"
        "fcntl.lockf(file, fcntl.LOCK_EX)\n"
        "print('held', flush=True)\n"
        "sys.stdin.readline()\n"
    )
    command = [sys.executable, "-c", hold, str(store.database.path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        threading.Timer(0.3, lambda: (other.stdin.write("\n"), other.stdin.flush())).start()
        with database_module.locked(store.database.path):
            other.wait(5)
            assert other.returncode == 0
    assert store.counts().papers == 1
