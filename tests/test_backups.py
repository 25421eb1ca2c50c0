import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digest import backups, files
from digest.errors import StoreDamaged, StoreError
from digest.records import ArxivId, Paper
from digest.store import Store

PAPER = Paper(ArxivId.parse("2601.00001v1"), title="T")
MORNING = datetime(2026, 1, 23, 1, tzinfo=UTC)  # 09:00 in Shanghai


@pytest.fixture
def store(config):
    store = Store(config.database)
    store.put_papers([(PAPER, "s")], "folder")
    return store


def names(config):
    return [backup.path.name for backup in backups.kept(config)]


def test_one_a_day_is_kept_and_the_oldest_goes(config, store):
    for day in range(5):
        backups.back_up(config, store, lambda day=day: MORNING + timedelta(days=day))
    assert names(config) == [
        "digest-2026-01-27-0005.duckdb",
        "digest-2026-01-26-0004.duckdb",
        "digest-2026-01-25-0003.duckdb",
    ]


def test_a_second_one_of_the_day_replaces_the_first(config, store):
    backups.make(config, store, lambda: MORNING - timedelta(days=1))
    backups.make(config, store, lambda: MORNING)
    store.put_papers([(replace(PAPER, id=ArxivId.parse("2601.00002v1")), "s")], "folder")
    made = backups.make(config, store, lambda: MORNING + timedelta(hours=2))
    assert names(config) == ["digest-2026-01-23-0003.duckdb", "digest-2026-01-22-0001.duckdb"]
    assert Store(made).counts().papers == 2


def test_the_date_is_the_one_of_the_labs_zone(config, store):
    made = backups.make(config, store, lambda: datetime(2026, 1, 22, 17, tzinfo=UTC))
    assert made.name == "digest-2026-01-23-0001.duckdb"


def test_the_newest_is_the_last_made_whatever_the_clock_said(config, store):
    for at in (MORNING, MORNING.replace(year=2036), MORNING + timedelta(days=1)):
        backups.make(config, store, lambda at=at: at)
    assert names(config) == [
        "digest-2026-01-24-0003.duckdb",
        "digest-2036-01-23-0002.duckdb",
        "digest-2026-01-23-0001.duckdb",
    ]


def test_a_full_disk_gets_no_backup_but_a_warning(config, store, monkeypatch, caplog):
    usage = shutil.disk_usage(config.home)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=99 << 20))
    assert backups.back_up(config, store, lambda: MORNING) is None
    assert "104 MB free" in caplog.text
    assert names(config) == []
    with pytest.raises(StoreError, match="are wanted") as caught:
        backups.make(config, store, lambda: MORNING)
    assert "keep_backups" in caught.value.hint


def test_none_is_made_where_none_is_wanted_or_nothing_is_there(config, tmp_path):
    empty = Store(config.database)
    assert backups.back_up(config, empty, lambda: MORNING) is None
    empty.counts()
    assert backups.back_up(replace(config, keep_backups=0), empty, lambda: MORNING) is None
    assert not backups.folder(config).exists()


def test_a_damaged_database_pushes_no_good_backup_out(config, store):
    config = replace(config, keep_backups=1)
    good = backups.make(config, store, lambda: MORNING)
    data = bytearray(config.database.read_bytes())
    for at in range(3 * 4096 + 8, len(data), 262_144):
        data[at] ^= 1
    config.database.write_bytes(data)
    with pytest.raises(StoreDamaged):
        backups.back_up(config, Store(config.database), lambda: MORNING + timedelta(days=1))
    assert [backup.path for backup in backups.kept(config)] == [good]


def test_what_a_killed_backup_left_is_removed_by_the_next(config, store):
    left = backups.folder(config) / ".digest-2026-01-20-0001.duckdb.partial"
    files.write(left, b"half")
    backups.make(config, store, lambda: MORNING)
    assert not left.exists()


def test_files_of_other_names_are_nobodys_business(config, store):
    files.write(backups.folder(config) / "digest-before-the-move.duckdb", b"mine")
    backups.make(config, store, lambda: MORNING)
    assert names(config) == ["digest-2026-01-23-0001.duckdb"]
    assert (backups.folder(config) / "digest-before-the-move.duckdb").read_bytes() == b"mine"
