import random
import subprocess
import sys

import duckdb
import pytest

from digest.errors import StoreDamaged, StoreError
from digest.records import ArxivId, Document, Outcome, Paper
from digest.store import Store
from digest.store.backup import check
from digest.store.damage import meaning
from tests.conftest import document

PAPER = Paper(ArxivId.parse("2601.00001v1"), title="T")
BLOCK = 262_144  # bytes: https://duckdb.org/docs/stable/internals/storage
HEADERS = 3 * 4096


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The bytes of a database with some papers and results, several blocks long."""
    path = tmp_path_factory.mktemp("whole") / "digest.duckdb"
    store = Store(path)
    noise = random.Random(7)
    with store.database.held_open():
        store.put_papers([(PAPER, "s")], "folder")
        for number in range(30):
            text = "".join(chr(noise.randrange(0x4E00, 0x9FFF)) for _ in range(20_000))
            outcome = Outcome(PAPER.id, "extract", "done")
            store.put_result(f"key {number}", outcome, document(text))
    data = path.read_bytes()
    assert len(data) > HEADERS + 3 * BLOCK
    return data


def read_all(path):
    """As a run would: every table."""
    store = Store(path)
    store.counts(), store.post_dates(), store.failures()
    store.results([f"key {number}" for number in range(30)], Document)


@pytest.mark.parametrize("share", [0, 1e-9, 0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999])
def test_a_file_that_was_cut_is_damaged(tmp_path, whole, share):
    path = tmp_path / "digest.duckdb"
    path.write_bytes(whole[: round(len(whole) * share)])
    with pytest.raises(StoreDamaged, match="damaged"):
        check(path)  # as a run does before its work


@pytest.mark.parametrize("share", [0, 1e-9, 0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_file_that_was_cut_is_damaged_where_it_is_read(tmp_path, whole, share):
    path = tmp_path / "digest.duckdb"
    path.write_bytes(whole[: round(len(whole) * share)])
    with pytest.raises(StoreDamaged, match="damaged"):
        read_all(path)


@pytest.mark.parametrize("page", range(3))
def test_a_damaged_header_is_found_at_once(tmp_path, whole, page):
    path = tmp_path / "digest.duckdb"
    at = page * 4096 + 20
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    with pytest.raises(StoreDamaged):
        Store(path).counts()


@pytest.mark.parametrize("how", ["flipped", "zeroed", "overwritten"])
def test_a_damaged_block_is_found_by_reading_through(tmp_path, whole, how):
    """Every block is damaged in turn. Blocks that are free hold nothing: those may read through."""
    found = 0
    blocks = (len(whole) - HEADERS) // BLOCK
    path = tmp_path / "digest.duckdb"
    for block in range(blocks):
        data = bytearray(whole)
        at = HEADERS + block * BLOCK + 8
        if how == "flipped":
            data[at] ^= 4
        else:
            data[at : at + 4096] = bytes(4096) if how == "zeroed" else b"\xa5" * 4096
        path.write_bytes(data)
        try:
            check(path)
        except StoreDamaged:
            found += 1
    assert found >= blocks // 2


@pytest.mark.parametrize(
    "data", [b"text\n" * 4000, b"SQLite format 3\0" + bytes(9000), bytes(9000)]
)
def test_another_kind_of_file_is_damaged(tmp_path, data):
    path = tmp_path / "digest.duckdb"
    path.write_bytes(data)
    with pytest.raises(StoreDamaged):
        Store(path).counts()
    assert path.read_bytes() == data


@pytest.fixture
def killed(tmp_path):
    """A database whose writer was killed after its commits: they are in the .wal."""
    path = tmp_path / "digest.duckdb"
    Store(path).put_papers([(PAPER, "s")], "folder")
    write = (
        "import duckdb, os\n"
        f"con = duckdb.connect({str(path)!r})\n"
        "for n in range(4):\n"
        "    con.execute(\"INSERT INTO mailing VALUES ('d', ?, now())\", [str(n)])\n"
        "os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", write], check=False)
    return path, path.with_name("digest.duckdb.wal")


def test_what_a_killed_writer_committed_is_there(killed):
    path, wal = killed
    assert wal.stat().st_size > 0
    assert Store(path).mailed("d") == {"0", "1", "2", "3"}


def test_a_wal_that_was_cut_keeps_whole_commits(killed):
    path, wal = killed
    wal.write_bytes(wal.read_bytes()[:-20])
    assert Store(path).mailed("d") == {"0", "1", "2"}


def test_a_lost_wal_leaves_the_state_before(killed):
    path, wal = killed
    wal.unlink()
    assert Store(path).mailed("d") == frozenset()
    assert Store(path).counts().papers == 1


def test_a_wal_that_was_changed_inside_is_damaged_or_ends_there(killed):
    """A length that was changed reads as the torn end of what a killed process wrote."""
    path, wal = killed
    database, whole = path.read_bytes(), wal.read_bytes()
    prefixes = [{str(n) for n in range(count)} for count in range(5)]
    damaged = 0
    for at in range(0, len(whole), max(len(whole) // 16, 1)):
        path.write_bytes(database)
        wal.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        try:
            assert Store(path).mailed("d") in prefixes
        except StoreDamaged:
            damaged += 1
    assert damaged >= 5


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Corrupt database file: computed checksum 1 does not match", StoreDamaged),
        ("IO Error: Could not read enough bytes from file", StoreDamaged),
        ("IO Error: Could not write file: No space left on device", StoreError),
        ("Failure while replaying WAL file: No space left on device", StoreError),
        ("IO Error: Cannot open file: Permission denied", StoreError),
        ("IO Error: database file with version number 99 is corrupt or newer", StoreError),
        ("Constraint Error: duplicate key", StoreError),
    ],
)
def test_a_full_or_forbidden_disk_is_no_damage(tmp_path, said, kind):
    assert type(meaning(tmp_path / "digest.duckdb", duckdb.IOException(said))) is kind


def test_neither_a_name_nor_a_value_is_taken_for_damage(tmp_path):
    path = tmp_path / "corrupt-lab" / "digest.duckdb"
    unread = duckdb.IOException(f'IO Error: Cannot open file "{path}": Is a directory')
    assert type(meaning(path, unread)) is StoreError
    twice = duckdb.ConstraintException('Duplicate key "title: On checksum errors"')
    assert type(meaning(path, twice)) is StoreError


def test_reading_through_waits_for_another_ones_transaction(tmp_path, whole):
    path = tmp_path / "digest.duckdb"
    path.write_bytes(whole)
    hold = (
        "import duckdb, sys, time\n"
        f"con = duckdb.connect({str(path)!r})\n"
        "print('held', flush=True)\n"
        "time.sleep(1)\n"
    )
    with subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        assert check(path)["paper"] == 1
