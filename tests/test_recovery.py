"""Nights with a damaged database: the post is there in the morning, nothing lost, nothing twice."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import duckdb
import pytest

from digest import backups, files, recovery
from digest.errors import StoreDamaged, StoreError
from digest.outputs import write_files
from digest.pipeline import Tools
from digest.store import Store
from digest.store.ledger import Ledger
from tests.conftest import FakeExplainer, FakeExtractor, FakeTranslator
from tests.test_announced import World, at


class Reads(FakeExtractor):
    """Documents that know the PDF they are from, as real ones do."""

    def extract(self, pdf):
        return replace(super().extract(pdf), pdf_sha256=files.sha256(pdf))


class Night(World):
    """A world whose runs write what stands beside a post, and back up."""

    def __init__(self, config):
        super().__init__(config)
        self.fresh()

    def fresh(self):
        """As a new process finds the home."""
        self.store = Store(self.config.database, self.clock.now)

    def night(self, date, backup=True, **tools):
        parts = {
            "extractor": Reads(),
            "translator": FakeTranslator(),
            "explainer": FakeExplainer(),
        }
        made = Tools(**{**parts, **tools})

        def work():
            self.fresh()
            report = self.run(date, made)
            if report.post is not None:
                write_files(date, self.config, self.store)
            if backup:
                backups.back_up(self.config, self.store, self.clock.now)
            return report

        return recovery.surviving(self.config, self.clock.now, work), made

    def carried(self):
        """Every paper of every post, as the files say."""
        texts = [path.read_text() for path in sorted(self.config.posts.glob("*-daily.md"))]
        return [n for n in range(1, 9) for text in texts if f"## Paper {n}\n" in text]


@pytest.fixture
def world(config):
    return Night(config)


def ruin(path, how="headers"):
    data = bytearray(path.read_bytes())
    if how == "cut":
        data = data[: len(data) // 2]
    elif how == "empty":
        data = bytearray()
    else:
        data[: 3 * 4096] = b"\xa5" * (3 * 4096)
    path.write_bytes(data)
    return bytes(data)


def posts(world):
    return {path.name: path.read_bytes() for path in sorted(world.config.posts.glob("*.md"))}


def aside(world):
    return sorted(path.name for path in world.config.home.glob("digest.duckdb.before-restore*"))


@pytest.mark.parametrize("how", ["cut", "empty"])
def test_a_damaged_database_costs_no_night_its_post(world, how, caplog):
    world.announce(1, "2026-01-22")
    world.announce(2, "2026-01-23")
    world.announce(3, "2026-01-24")
    world.night("2026-01-22")
    world.night("2026-01-23", backup=False)
    before = posts(world)
    ruined = ruin(world.config.database, how)
    report, _ = world.night("2026-01-24")
    assert report.post_status == "written"
    assert world.carried() == [1, 2, 3]
    assert {name: posts(world)[name] for name in before} == before
    assert aside(world) == ["digest.duckdb.before-restore-1"]
    kept = world.config.home / "digest.duckdb.before-restore-1"
    assert kept.read_bytes() == ruined
    for said in ("is damaged", "goes on from", "entered again", "2026-01-23"):
        assert said in caplog.text


def test_the_same_days_post_is_made_again_and_is_unchanged(world):
    world.announce(1, "2026-01-22")
    world.announce(2, "2026-01-23")
    world.night("2026-01-22")
    world.night("2026-01-23", backup=False)
    before = posts(world)
    ruin(world.config.database)
    report, _ = world.night("2026-01-23")
    assert report.post_status == "unchanged"
    assert posts(world) == before
    assert world.posted("2026-01-23") == ["2601.00002v1"]
    assert world.store.post_items("2026-01-23")[0].errors == ()


def test_what_the_files_hold_is_not_made_again(world):
    """Translations and readings come back from the JSON; only the PDF is read again."""
    world.announce(1, "2026-01-22")
    world.announce(2, "2026-01-23")
    world.night("2026-01-22")
    world.night("2026-01-23", backup=False)
    ruin(world.config.database)
    _, made = world.night("2026-01-23")
    assert made.extractor.read == ["2601.00002v1.pdf"]
    assert (made.translator.calls, made.explainer.calls) == (0, 0)


def test_without_the_json_the_days_papers_are_made_again(world):
    world.announce(1, "2026-01-22")
    world.announce(2, "2026-01-23")
    world.night("2026-01-22")
    world.night("2026-01-23", backup=False)
    before = posts(world)
    (world.config.posts / "2026-01-23.json").unlink()
    ruin(world.config.database)
    report, made = world.night("2026-01-23")
    assert (report.post_status, posts(world)) == ("unchanged", before)
    assert made.explainer.calls == 1


def test_a_post_that_was_edited_since_the_backup_is_kept(world):
    world.announce(1, "2026-01-22")
    world.announce(2, "2026-01-23")
    world.night("2026-01-22")
    report, _ = world.night("2026-01-23", backup=False)
    report.post.write_text("## Paper 2\nmine")
    ruin(world.config.database)
    again, _ = world.night("2026-01-23")
    assert (again.post_status, again.post.name) == ("aside", "2026-01-23-arxiv-daily.new.md")
    assert report.post.read_text() == "## Paper 2\nmine"


def test_without_a_backup_all_posts_are_entered_from_their_files(world, caplog):
    for number, batch in enumerate(("2026-01-22", "2026-01-23", "2026-01-26"), 1):
        world.announce(number, batch)
        world.night(batch, backup=False)
    before = posts(world)
    ruin(world.config.database)
    world.announce(4, "2026-01-27")
    world.night("2026-01-27", backup=False)
    assert "the database begins anew" in caplog.text
    assert world.carried() == [1, 2, 3, 4]
    assert {name: posts(world)[name] for name in before} == before
    assert [date for date, _, _ in world.store.post_dates()] == [
        "2026-01-27",
        "2026-01-26",
        "2026-01-23",
        "2026-01-22",
    ]


def test_a_damaged_backup_is_passed_over(world):
    world.announce(1, "2026-01-22")
    world.announce(2, "2026-01-23")
    world.night("2026-01-22")
    world.night("2026-01-23")
    ruin(backups.kept(world.config)[0].path)
    ruin(world.config.database)
    world.night("2026-01-23")
    assert world.carried() == [1, 2]


def test_a_database_that_is_gone_is_taken_from_the_backup(world, caplog):
    world.announce(1, "2026-01-22")
    world.night("2026-01-22")
    world.config.database.unlink()
    report, _ = world.night("2026-01-22")
    assert report.post_status == "unchanged"
    assert "digest.duckdb is gone" in caplog.text
    assert aside(world) == []


def test_damage_in_the_middle_of_a_night_is_survived(world):
    world.announce(1, "2026-01-22")
    world.announce(2, "2026-01-23")
    world.night("2026-01-22")

    class Breaks(FakeExplainer):
        def explain(self, paper, document):
            if self.calls == 0:
                ruin(world.config.database)
            return super().explain(paper, document)

    report, _ = world.night("2026-01-23", explainer=Breaks())
    assert report.post_status == "written"
    assert world.carried() == [1, 2]


def test_a_disk_that_damages_everything_ends_the_night(world):
    world.announce(1, "2026-01-22")

    def work():
        Store(world.config.database).counts()
        raise StoreDamaged("digest.duckdb is damaged")

    with pytest.raises(StoreDamaged):
        recovery.surviving(world.config, world.clock.now, work)


def test_a_damaged_wal_costs_only_what_was_in_it(world, caplog):
    world.announce(1, "2026-01-22")
    world.night("2026-01-22", backup=False)
    with duckdb.connect(str(world.config.database)) as con:  # as a killed run leaves it
        con.execute("PRAGMA disable_checkpoint_on_shutdown")
        con.execute("UPDATE post SET made_utc = made_utc + INTERVAL 1 DAY")
    wal = world.store.database.wal
    damaged = bytearray(wal.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    wal.write_bytes(damaged)

    def work():
        return Store(world.config.database).counts().posts

    with pytest.raises(StoreDamaged):
        work()
    assert recovery.surviving(world.config, world.clock.now, work) == 1
    assert aside(world) == ["digest.duckdb.before-restore-1.wal"]
    assert "last whole state" in caplog.text


# ---------------------------------------------------------------- by hand


def test_a_backup_is_restored_and_the_file_before_it_kept(world):
    world.announce(1, "2026-01-22")
    world.announce(2, "2026-01-23")
    world.night("2026-01-22")
    world.night("2026-01-23", backup=False)
    world.store.search.update()
    present = world.config.database.read_bytes()
    world.store.database.wal.write_bytes(b"another file's")
    restored = recovery.restore(world.config, world.clock.now)
    assert restored.backup == backups.kept(world.config)[0].path
    assert aside(world) == ["digest.duckdb.before-restore-1", "digest.duckdb.before-restore-1.wal"]
    assert (world.config.home / "digest.duckdb.before-restore-1").read_bytes() == present
    assert restored.reentry.posts == ("2026-01-23",)
    assert not (world.config.home / "search.sqlite").exists()
    world.fresh()
    assert world.store.search.update() == 2
    recovery.restore(world.config, world.clock.now)
    assert "digest.duckdb.before-restore-2" in aside(world)


def test_what_is_no_good_backup_is_refused_and_nothing_changes(world, tmp_path):
    world.announce(1, "2026-01-22")
    with pytest.raises(StoreError, match="no good backup"):
        recovery.restore(world.config, world.clock.now)
    world.night("2026-01-22")
    present = world.config.database.read_bytes()
    (tmp_path / "bad.duckdb").write_bytes(b"bad")
    with pytest.raises(StoreDamaged, match=r"bad\.duckdb"):
        recovery.restore(world.config, world.clock.now, tmp_path / "bad.duckdb")
    with pytest.raises(StoreError, match="no such backup"):
        recovery.restore(world.config, world.clock.now, tmp_path / "none.duckdb")
    assert world.config.database.read_bytes() == present
    assert aside(world) == []


def test_a_post_entered_again_knows_its_batches_and_updates(world):
    world.announce(1, "2026-01-22")
    world.night("2026-01-22")
    world.announce(2, "2026-01-23")
    world.announce(3, "2026-01-23", kind="cross", categories=("cs.CL", "cs.SD"))
    world.announce(1, "2026-01-23", version=2, kind="replace")
    world.night("2026-01-23", backup=False)
    before = Ledger(world.store.database).placements("2026-01-23")
    items = world.store.post_items("2026-01-23")
    recovery.restore(world.config, world.clock.now)
    world.fresh()
    assert set(Ledger(world.store.database).placements("2026-01-23")) == set(before)
    assert {p.role for p in before} == {"new", "left-out", "update"}
    [again] = world.store.post_items("2026-01-23")
    assert (again.document_key, again.translation_key, again.breakdown_key) == (
        items[0].document_key,
        items[0].translation_key,
        items[0].breakdown_key,
    )
    assert again.errors == ("extract",)  # until the next run reads its PDF


# ---------------------------------------------------------------- clocks


def test_a_night_dated_ten_years_ahead_is_undone_by_a_restore(world):
    world.announce(1, "2026-01-22")
    world.announce(2, "2026-01-23")
    world.announce(3, "2026-01-26")
    world.night("2026-01-22")
    good = backups.kept(world.config)[0].path
    world.clock.time = at(23, 6).replace(year=2036)
    world.night("2036-01-23")
    world.clock.time = at(26, 6)
    restored = recovery.restore(world.config, world.clock.now, good)
    assert [path.name for path in restored.reentry.unknown] == ["2036-01-23-arxiv-daily.md"]
    world.fresh()
    world.night("2026-01-26")
    assert sorted([*world.posted("2026-01-22"), *world.posted("2026-01-26")]) == [
        "2601.00001v1",
        "2601.00002v1",
        "2601.00003v1",
    ]


@pytest.mark.parametrize("jump", [timedelta(days=-365), timedelta(days=3652)])
def test_a_clock_that_jumps_in_the_middle_of_a_night_loses_nothing(world, jump):
    """The worst case: a clock that does follow the machine's within a process."""
    world.announce(1, "2026-01-22")
    world.announce(2, "2026-01-23")
    world.announce(3, "2026-01-26")
    world.night("2026-01-22")

    class Jumps(Reads):
        def extract(self, pdf):
            world.clock.time += jump
            return super().extract(pdf)

    world.night("2026-01-23", extractor=Jumps())
    world.clock.time = at(26, 6)
    world.night("2026-01-26")
    assert world.carried() == [1, 2, 3]
    assert world.store.failures() == []


def test_what_was_set_aside_is_put_back_with_its_log(world):
    world.announce(1, "2026-01-22")
    world.night("2026-01-22")
    write = (
        "import duckdb, os\n"
        f"con = duckdb.connect({str(world.config.database)!r})\n"
        "con.execute(\"INSERT INTO mailing VALUES ('d', 'lab@x.example', now())\")\n"
        "os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", write], check=False)
    recovery.restore(world.config, world.clock.now)
    assert Store(world.config.database).mailed("d") == frozenset()
    before = world.config.home / "digest.duckdb.before-restore-1"
    recovery.restore(world.config, world.clock.now, before)
    assert Store(world.config.database).mailed("d") == {"lab@x.example"}


def test_a_database_and_its_log_go_aside_under_one_number(world):
    world.announce(1, "2026-01-22")
    world.night("2026-01-22")
    ruin(world.config.database)
    world.store.database.wal.write_bytes(b"\x62\x01" * 40)
    world.night("2026-01-22")
    assert aside(world) == ["digest.duckdb.before-restore-1", "digest.duckdb.before-restore-1.wal"]


def test_a_backup_that_cannot_be_read_now_is_no_bad_one(world, monkeypatch):
    world.announce(1, "2026-01-22")
    world.night("2026-01-22")
    ruin(world.config.database)

    def refuse(_path):
        raise StoreError("too many open files")

    monkeypatch.setattr(recovery.mechanics, "check", refuse)
    with pytest.raises(StoreError, match="too many open files"):
        world.night("2026-01-22")
    assert len(backups.kept(world.config)) == 1
