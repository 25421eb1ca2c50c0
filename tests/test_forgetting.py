import json
import os
import shutil
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime

import duckdb
import pytest
from click.testing import CliRunner

from digest import backups, forgetting
from digest.bundles.contents import Place, Wanted, plan
from digest.bundles.read import import_bundle
from digest.bundles.write import export
from digest.cli import main
from digest.cli.forget import before_run
from digest.config import Config
from digest.errors import DigestError, StoreError
from digest.files import held
from digest.pipeline import Day, post_text, run_day
from digest.records import Document
from digest.sources.folder import FolderSource
from digest.store import Store
from digest.store.ledger import Ledger
from digest.store.matching import terms
from tests import forgetful
from tests.forgetful import GONE, NOON, TITLE, TRACES, WORD, found


class Killed(BaseException):
    """Ends a run as a signal would: nothing may catch it."""


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    """A home to be copied: it takes a while to make."""
    at = tmp_path_factory.mktemp("pattern")
    config = Config(home=at / "home", models_dir=at / "models")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "sync", lambda: None)
        return forgetful.make(config, at / "from")[0]


@pytest.fixture
def whole(pattern, tmp_path, monkeypatch):
    """The home, with its sites."""
    monkeypatch.setattr(os, "sync", lambda: None)  # all disks of the machine, in every build
    config = replace(pattern, home=tmp_path / "home")
    shutil.copytree(pattern.home, config.home)
    return config, Store(config.database)


@pytest.fixture
def made(whole):
    """The home without its sites, which take the longest to make again."""
    for name in ("site", "site-public"):
        shutil.rmtree(whole[0].home / name)
    return whole


def forget(config, store, wanted=GONE):
    return forgetting.forget(forgetting.find(wanted, config, store), config, store)


def texts(path):
    """Every text of a database, with what its storage compresses."""
    with duckdb.connect(str(path)) as con:
        names = [row[0] for row in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        return "\n".join(str(con.execute(f"SELECT * FROM {name}").fetchall()) for name in names)


def test_nothing_in_the_home_tells_of_a_forgotten_paper(whole):
    config, store = whole
    before = found(config.home, *TRACES)
    assert {"digest.duckdb", "hosts.log", "posts/feed.xml", "site/index.html"} <= before.keys()
    other = post_text("2026-01-23", config, store)
    done = forget(config, store)
    assert found(config.home, *TRACES) == {}
    assert not [word for word in TRACES if word in texts(config.database).lower()]
    assert store.search.find(terms(["First"]), 5)[0].id == "2601.00001v1"
    assert store.search.find(terms([WORD]), 5) == []
    assert done.edited == {}
    assert post_text("2026-01-23", config, store) == other
    assert (config.posts / "2026-01-23-arxiv-daily.md").read_text() == other
    first = (config.posts / "2026-01-22-arxiv-daily.md").read_text()
    assert "甲。" in first and first.count("\n## ") == 1
    assert [str(item.paper.id) for item in store.post_items("2026-01-22")] == ["2601.00001v1"]
    assert (config.home / "hosts.log").read_text().splitlines() == [
        "2026-01-22T12:00:00.000+00:00\tarxiv.org\tGET\t-\t200",
        "2026-01-22T12:00:00.000+00:00\tarxiv.org\tGET\t/pdf/2601.00001v1\t200",
    ]
    assert (config.posts / "figures" / "2601.00001v1-figure-1.png").exists()
    assert not (config.home / ".forgetting.json").exists()


def test_the_words_of_a_forgotten_paper_are_not_in_the_search_index(made):
    config, store = made
    forget(config, store)
    with sqlite3.connect(config.home / "search.sqlite") as con:
        con.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, words, row)")
        words = {row[0] for row in con.execute("SELECT term FROM temp.vocabulary")}
    con.close()
    assert "plain" in words and not words & {"marmalade", "kumquat", "tangerine", "果", "酱"}


def test_what_is_left_of_a_log_is_that_something_happened(made):
    config, store = made
    forget(config, store)
    lines = (config.home / "logs" / "digest.jsonl").read_text().splitlines()
    at = "2026-01-22T12:00:00.000+00:00"
    assert list(map(json.loads, lines)) == [
        {"at": at, "message": "-"},
        {"at": at, "message": "done"},
    ]
    report = json.loads((config.home / "runs" / "2026-01-22.json").read_text())
    assert report == {"failed": [{"paper": "-", "stage": "pdf", "error": "-", "tries": 2}]}


STEPS = (
    "erase",
    "_unsearch",
    "_remove_own",
    "_renew_posts",
    "_renew_sites",
    "_clean_logs",
    "_edited",
    "rewrite",
    "_clean_copies",
)


@pytest.mark.parametrize("step", STEPS)
def test_killed_before_any_step_it_is_finished_by_the_next(whole, monkeypatch, step):
    config, store = whole
    if step not in ("_renew_sites", "erase"):
        shutil.rmtree(config.site)
        shutil.rmtree(config.home / "site-public")

    def kill(*_arguments):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(forgetting, step, kill)
        with pytest.raises(Killed):
            forget(config, store)
    assert forgetting.finish(config, Store(config.database)) is not None
    assert found(config.home, *TRACES) == {}
    assert not [word for word in TRACES if word in texts(config.database).lower()]
    assert forgetting.finish(config, store) is None


def test_backups_lose_the_paper_too_and_do_not_bring_it_back(made):
    config, store = made
    folder = config.home / "backups"
    folder.mkdir()
    shutil.copy(config.database, folder / "2026-01-23.duckdb")
    (folder / "2026-01-22.duckdb").write_bytes(b"damaged " + TITLE.encode())
    (config.home / "digest.duckdb.damaged").write_bytes(b"damaged")
    done = forget(config, store)
    assert "backups/2026-01-22.duckdb" in done.removed
    assert done.unreadable == ["digest.duckdb.damaged"]
    restored = Store(folder / "2026-01-23.duckdb")
    assert not [word for word in TRACES if word in texts(restored.database.path).lower()]
    assert [date for date, _, _ in restored.post_dates()] == ["2026-01-23", "2026-01-22"]
    Ledger(restored.database).record(forgetful.look("2601.00002v1"))
    assert Ledger(restored.database).of_papers([GONE]) == {}


def test_it_does_not_come_back_from_arxiv_or_a_folder(made, tmp_path, caplog):
    config, store = made
    forget(config, store)
    ledger = Ledger(store.database)
    ledger.record(forgetful.look(*forgetful.PAPERS))
    assert ledger.of_papers([GONE]) == {}
    assert len(ledger.of_papers(["2601.00001"])["2601.00001"]) == 1
    source = forgetful.folder(tmp_path / "again", "2601.00002v1", "2601.00003v1")
    (source / "2601.00002v1.json").rename(source / "renamed.json")  # the PDF alone tells
    report = run_day(Day("2026-01-24", FolderSource(source)), config, store, forgetful.tools())
    assert (report.papers, report.failed) == (1, [])
    assert f"left out: forgotten on {datetime.now(UTC):%Y-%m-%d}" in caplog.text
    assert found(config.home, *TRACES) == {}


def test_undo_lets_it_come_again_by_every_name(made):
    config, store = made
    forget(config, store)
    with pytest.raises(DigestError, match="was not forgotten"):
        forgetting.undo("2601.00001", store)
    assert forgetting.undo(GONE, store).date() == datetime.now(UTC).date()
    Ledger(store.database).record(forgetful.look("2601.00002v1"))
    assert list(Ledger(store.database).of_papers([GONE])) == [GONE]
    assert store.database.query("SELECT count(*) FROM forgotten") == [(0,)]


def test_a_post_edited_by_hand_is_named_with_its_lines_and_kept(made):
    config, store = made
    post = config.posts / "2026-01-22-arxiv-daily.md"
    text = post.read_text() + "\nSee arXiv:2601.00002, too.\n"
    post.write_text(text)
    done = forget(config, store)
    assert post.read_text() == text
    [(name, lines)] = done.edited.items()
    assert name == "posts/2026-01-22-arxiv-daily.md"
    rest = text.splitlines()
    for first, last in reversed(lines):
        del rest[first - 1 : last]
    assert not [word for word in TRACES if word.lower() in "\n".join(rest).lower()]
    assert "甲。" in "\n".join(rest)
    aside = config.posts / "2026-01-22-arxiv-daily.new.md"
    assert TITLE not in aside.read_text() and "甲。" in aside.read_text()


def test_a_folders_post_of_one_paper_goes_with_it(whole):
    config, store = whole
    forget(config, store, "2601.00003")
    assert [date for date, _, _ in store.post_dates()] == ["2026-01-22"]
    names = [path.name for path in config.posts.iterdir() if path.name.startswith("2026-01-23")]
    assert names == []
    assert found(config.home, "2601.00003", "Third and last") == {}
    assert not (config.home / "site" / "2026-01-23").exists()
    assert "First of all" in (config.posts / "weekly" / "2026-W04.md").read_text()


def test_another_papers_results_stay(made):
    config, store = made
    [first, second] = store.post_items("2026-01-22")
    shared = replace(first, document_key=second.document_key)
    store.put_post("2026-01-22", store.post_heading("2026-01-22"), [shared, second])
    forget(config, store)
    assert store.result(second.document_key, Document) is not None
    owner = "SELECT paper_id FROM result WHERE key = ?"
    assert store.database.query(owner, [second.document_key]) == [("2601.00001v1",)]


def test_a_run_at_work_is_not_disturbed(made):
    config, store = made
    with held(config.home / ".lock"):
        second = CliRunner().invoke(main, ["--home", str(config.home), "forget", GONE, "--yes"])
    assert (second.exit_code, "another digest run is at work" in second.stderr) == (1, True)
    assert not (config.home / ".forgetting.json").exists()
    assert len(store.post_items("2026-01-22")) == 2


def test_an_unknown_paper_and_one_that_is_gone_are_told_apart(made):
    config, store = made
    with pytest.raises(DigestError, match="nothing in "):
        forgetting.find("2601.99999", config, store)
    assert forgetting.forgotten_at(GONE, store) is None
    done = forget(config, store)
    assert forgetting.forgotten_at(GONE, store) == done.at
    assert forgetting.forgotten_at("2601.99999", store) is None


def test_a_local_paper_is_known_by_the_beginning_of_its_id(made, tmp_path):
    config, store = made
    source = forgetful.folder(tmp_path / "local", "2601.00002v1")
    (source / "2601.00002v1.json").unlink()
    local = FolderSource(source).deliver("").arrivals[0].paper.id
    known = forgetting.find(GONE, config, store)
    assert known.sha256s == (str(local)[6:],)
    forget(config, store)
    assert forgetting.undo(str(local)[:22], store)


def test_the_command_asks_once_and_reports(made):
    config, _ = made

    def run(*arguments, **options):
        return CliRunner().invoke(main, ["--home", str(config.home), *arguments], **options)

    refused = run("forget", GONE, input="n\n")
    assert (refused.exit_code, TITLE in refused.stderr) == (1, True)
    assert found(config.home, GONE) != {}
    done = run("forget", f"{GONE}v1", "--yes", "--json")
    report = json.loads(done.stdout)
    assert (done.exit_code, report["edited"], report["unreadable"]) == (0, {}, [])
    assert f"papers/{GONE}v1.pdf" in report["removed"]
    again = run("forget", GONE, "--yes")
    assert (again.exit_code, again.stdout.startswith("forgotten: 0 rows and 0 files")) == (0, True)
    assert run("forget").exit_code == 2
    assert "may come again" in run("forget", "--undo", GONE).stdout


def test_a_bundle_does_not_bring_it_back(made, tmp_path, caplog):
    config, store = made
    planned = plan(
        Place(config.home, config.models_dir, Ledger(store.database)), Wanted(), "1", NOON
    )
    bundle = tmp_path / "lab.bundle"
    export(planned, bundle)
    forget(config, store)
    placed = import_bundle(bundle, Place(config.home, config.models_dir, Ledger(store.database)))
    assert placed.placed == ()
    assert "a PDF is left out: forgotten on" in caplog.text
    assert found(config.home, *TRACES) == {}


def test_a_run_first_finishes_what_was_begun(made, monkeypatch):
    config, store = made

    def kill(*_arguments):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(forgetting, "_clean_logs", kill)
        with pytest.raises(Killed):
            forget(config, store)
    before_run(config)
    assert found(config.home, *TRACES) == {}


def test_a_backup_that_cannot_be_rewritten_now_stays_and_is_done_later(made, monkeypatch):
    config, store = made
    copy = backups.make(config, store, lambda: NOON)
    full = forgetting.rewrite

    def fills(database):
        if database.path == copy:
            raise StoreError("no space left on the disk", "make room")
        full(database)

    monkeypatch.setattr(forgetting, "rewrite", fills)
    with pytest.raises(StoreError, match="no space left"):
        forget(config, store)
    assert copy.exists()
    monkeypatch.undo()
    assert forgetting.finish(config, store) is not None
    assert not [word for word in TRACES if word in texts(copy).lower()]


def test_a_log_without_its_database_is_named(made):
    config, store = made
    (config.home / "digest.duckdb.before-restore-1.wal").write_bytes(b"rows of it")
    assert forget(config, store).unreadable == ["digest.duckdb.before-restore-1.wal"]


def test_what_is_appended_while_a_log_is_cleaned_is_kept(made, monkeypatch):
    config, store = made
    hosts = config.home / "hosts.log"
    hosts.write_text(f"t\tarxiv.org\tGET\t/pdf/{GONE}\t200\n")
    clean = forgetting.hosts_without

    def busy(text, names):
        with hosts.open("a") as other:
            other.write("t\tarxiv.org\tGET\t/rss/cs.SD\t200\n")
        return clean(text, names)

    monkeypatch.setattr(forgetting, "hosts_without", busy)
    forget(config, store)
    assert "/rss/cs.SD" in hosts.read_text()
    assert GONE not in hosts.read_text()
