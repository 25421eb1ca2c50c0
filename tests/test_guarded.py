from dataclasses import replace
from datetime import UTC, datetime

import pytest

from digest import backups, clock
from digest.clock import SystemClock
from digest.errors import BusyError, DigestError
from digest.guarded import guarded
from digest.records import ArxivId, Paper
from digest.running import at_work
from digest.store import Store

PAPER = Paper(ArxivId.parse("2601.00001v1"))


def put_paper(config):
    Store(config.database).put_papers([(PAPER, "s")], "folder")
    return "done"


def test_the_work_is_done_and_backed_up(config):
    assert guarded(config, "run", False, lambda _: put_paper(config)) == "done"
    [backup] = backups.kept(config)
    assert Store(backup.path).counts().papers == 1


def test_none_is_backed_up_where_none_is_wanted(config):
    config = replace(config, keep_backups=0)
    guarded(config, "run", False, lambda _: put_paper(config))
    assert backups.kept(config) == []


def test_a_second_run_is_refused_before_its_work_begins(config):
    with (
        at_work(config.home, "fetch", SystemClock().now),
        pytest.raises(BusyError, match="digest fetch, process"),
    ):
        guarded(config, "run", False, lambda _: put_paper(config))
    assert not config.database.exists()


def test_the_lock_is_held_for_the_whole_of_the_work(config):
    def work(_is_again):
        with pytest.raises(BusyError), at_work(config.home, "prune", SystemClock().now):
            raise AssertionError("not reached")

    guarded(config, "run", False, work)


def test_a_wrong_clock_is_found_before_the_work(config, monkeypatch):
    began_at = datetime(1970, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(clock, "_beginning", lambda: (began_at, SystemClock().elapsed_s()))
    with pytest.raises(DigestError, match="the clock says 1970-01-01"):
        guarded(config, "run", False, lambda _: put_paper(config))
    assert guarded(config, "run", True, lambda _: put_paper(config)) == "done"


def test_work_that_meets_damage_is_done_again(config):
    guarded(config, "run", False, lambda _: put_paper(config))
    config.database.write_bytes(b"damaged")
    seen = []

    def work(is_again):
        seen.append((Store(config.database).counts().papers, is_again))

    guarded(config, "run", False, work)
    assert seen == [(1, False)]  # the file was read through before


def test_damage_that_only_the_backup_finds_is_mended_too(config):
    """A block that no step of the night has read."""
    guarded(config, "run", False, lambda _: put_paper(config))
    calls = []

    def work(is_again):
        calls.append(is_again)
        if len(calls) == 1:
            data = bytearray(config.database.read_bytes())
            for at in range(3 * 4096 + 8, len(data), 262_144):
                data[at] ^= 1
            config.database.write_bytes(data)

    guarded(config, "run", False, work)
    assert calls == [False, True]
    assert Store(config.database).counts().papers == 1


def test_errors_of_the_work_pass(config):
    def work(_is_again):
        raise DigestError("no papers")

    with pytest.raises(DigestError, match="no papers"):
        guarded(config, "run", False, work)
