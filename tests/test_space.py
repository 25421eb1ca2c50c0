import os
import shutil
from collections import namedtuple
from datetime import UTC, datetime

import pytest

from digest import backups, space
from digest.errors import StoreError
from digest.pipeline import Day, Tools, run_day
from digest.sources.folder import FolderSource
from digest.store import Store
from tests.conftest import FakeExplainer, FakeExtractor, FakeTranslator

MB = 1_000_000
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def store(config):
    return Store(config.database)


@pytest.fixture
def free(monkeypatch):
    """Says how much is free on every disk."""

    def say(count):
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(count * 2, count, count))

    return say


def by_name(found):
    return {need.what: need.bytes for need in found}


def test_a_new_home_needs_little(config, store):
    assert by_name(space.needs(config, store)) == {
        "the rest": 50 * MB,
        "working files": 10 * MB,
    }
    assert not config.home.exists()


def test_a_folders_papers_are_counted_by_their_size(config, store, papers):
    found = by_name(space.needs(config, store, papers))
    assert found["2 PDFs"] == len(b"%PDF-1.4 first") + len(b"%PDF-1.4 second")
    assert found["the database"] == 2 * 500_000


def test_the_next_night_is_like_the_last_ones(config, store, papers):
    run_day(
        Day("2026-01-23", FolderSource(papers)),
        config,
        store,
        Tools(FakeExtractor(), FakeTranslator(), FakeExplainer()),
    )
    for path in config.papers.glob("*.pdf"):
        os.truncate(path, 3 * MB)
    from dataclasses import replace

    config = replace(config, outputs=("site",))
    found = by_name(space.needs(config, store))
    assert found["2 PDFs"] == 6 * MB
    assert found["the site"] == 1_400_000
    assert found["a backup"] == config.database.stat().st_size
    assert "1 PDFs" in by_name(space.needs(replace(config, limit=1), store))
    assert "a backup" not in by_name(space.needs(replace(config, keep_backups=0), store))
    backups.make(config, store, lambda: datetime.now(UTC))
    assert "a backup" in by_name(space.needs(config, store))  # written before it takes its place


def test_too_little_is_refused_with_the_figures_and_the_cure(config, store, free):
    free(20 * MB)
    with pytest.raises(StoreError) as caught:
        space.ensure(config, store)
    assert str(config.home) in caught.value.message
    assert "has 20 MB free; a run needs about" in caught.value.message
    assert "the rest 50 MB" in caught.value.message
    assert "digest prune" in caught.value.hint
    assert not config.home.exists()


def test_what_may_just_do_is_said(config, store, free, caplog):
    free(100 * MB)
    space.ensure(config, store)
    assert "has 100 MB free" in caplog.text
    caplog.clear()
    free(1000 * MB)
    space.ensure(config, store)
    assert caplog.text == ""


def test_one_disk_is_asked_for_all_that_goes_there(config):
    home, temp = space.Need(config.home, "a", 30), space.Need(config.home.parent, "b", 40)
    [room] = space.rooms(config, [home, temp])
    assert (room.folder, room.needed) == (config.home, 70)


@pytest.mark.parametrize(
    ("count", "state", "cured"), [(20, "FAIL", True), (100, "warn", True), (900, "ok", False)]
)
def test_doctor_hears_the_same(config, store, free, count, state, cured):
    free(count * MB)
    found = space.finding(config, store)
    assert (found[0], bool(found[2])) == (state, cured)
    assert f"has {count} MB free" in found[1]


def test_the_cure_names_what_is_not_set_yet(config, papers):
    room = space.Room(config.home, 0, ())
    assert space.cure(config, room).startswith("digest prune")
    config.papers.mkdir(parents=True)
    shutil.copy(papers / "a.pdf", config.papers)
    assert space.cure(config, room).startswith("set pdf_days")
    assert "TMPDIR" in space.cure(config, space.Room(config.home.parent, 0, ()))
