import fcntl
import hashlib
import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from digest import files
from digest.announced import Arxiv, ArxivSource, MendingSource
from digest.assembly import SiteOptions, build_site
from digest.audit import audit
from digest.cli import forget, main
from digest.cli.forget import prune_after_run
from digest.config import Config
from digest.pipeline import Day, run_day
from digest.records import ArxivId, Paper
from digest.retention import not_here, prune
from digest.store import Store
from digest.store.ledger import Ledger
from digest.store.posts import PostHeading, PostItem
from tests import forgetful

BY = "http://creativecommons.org/licenses/by/4.0/"
ND = "http://creativecommons.org/licenses/by-nc-nd/4.0/"
OWN = "http://arxiv.org/licenses/nonexclusive-distrib/1.0/"
TODAY = "2026-03-01"


@pytest.fixture
def store(config):
    return Store(config.database)


def carry(config, store, date, number, licence=None, errors=()):
    """A post of one paper whose PDF is here."""
    paper = Paper(ArxivId.parse(f"2601.{number:05}v1"), title="A title", licence=licence)
    path = config.papers / f"{paper.id}.pdf"
    files.write(path, b"%PDF" + bytes(1000))
    items = [PostItem(paper, "f" * 64, errors=errors), *store.post_items(date)]
    store.put_post(date, PostHeading("t", (), ("arXiv",)), items)
    return path.name


def removed(config, store, **settings):
    return [gone.file for gone in prune(replace(config, **settings), store, TODAY).removed]


def test_nothing_goes_where_nothing_is_set(config, store):
    name = carry(config, store, "2020-01-01", 1, BY)
    assert removed(config, store) == []
    assert (config.papers / name).exists()


def test_pdfs_go_by_age_and_by_licence(config, store):
    carry(config, store, "2026-02-19", 1, BY)  # ten days old
    older = carry(config, store, "2026-02-18", 2, BY)
    carry(config, store, "2026-02-18", 3, OWN)
    as_it_is = carry(config, store, "2026-02-18", 4, ND)
    assert removed(config, store, pdf_days=10) == [older, as_it_is]
    assert sorted(path.name for path in config.papers.iterdir()) == [
        "2601.00001v1.pdf",
        "2601.00003v1.pdf",
    ]


def test_what_may_not_be_passed_on_goes_by_its_own_age(config, store):
    carry(config, store, "2026-02-18", 1, BY)
    names = [carry(config, store, "2026-02-18", 2, OWN), carry(config, store, "2026-02-18", 3)]
    pruned = prune(replace(config, pdf_days_restricted=10), store, TODAY)
    assert [(gone.file, gone.restricted, gone.bytes) for gone in pruned.removed] == [
        (name, True, 1004) for name in names
    ]
    assert (pruned.kept, pruned.freed_bytes) == (1, 2008)


def test_the_newest_post_counts(config, store):
    carry(config, store, "2026-01-01", 1, BY)
    carry(config, store, "2026-02-27", 1, BY)
    assert removed(config, store, pdf_days=10) == []


def test_a_paper_that_is_tried_again_keeps_its_pdf(config, store):
    carry(config, store, "2026-02-20", 1, BY, ("explain",))
    gone = [carry(config, store, "2026-02-10", 2, BY, ("explain",))]
    gone.append(carry(config, store, "2026-02-20", 3, BY, ("pdf-withdrawn",)))
    pruned = prune(replace(config, pdf_days=1), store, TODAY)
    assert ([each.file for each in pruned.removed], pruned.waiting) == (gone, 1)


def test_a_paper_that_waits_for_its_post_keeps_its_pdf(config, store):
    carry(config, store, "2026-02-27", 9, BY)
    Ledger(store.database).record(forgetful.look("2601.00001v1"))
    files.write(config.papers / "2601.00001v1.pdf", b"%PDF")
    pruned = prune(replace(config, pdf_days=1, pdf_days_restricted=1), store, TODAY)
    assert (pruned.waiting, pruned.unknown) == (1, ())


def test_a_home_that_only_fetches_lets_go_of_what_it_does_not_count_any_more(config, store):
    Ledger(store.database).record(forgetful.look("2601.00001v1"))  # seen on 2026-01-22
    files.write(config.papers / "2601.00001v1.pdf", b"%PDF")
    assert removed(config, store, pdf_days=1) == []
    assert removed(config, store, pdf_days_restricted=40) == []
    assert removed(config, store, pdf_days_restricted=10) == ["2601.00001v1.pdf"]


def test_what_nobody_knows_stays_and_unfinished_files_of_ours_go(config, store):
    carry(config, store, "2026-02-27", 1)
    made = {
        "notes.pdf": 0,
        "2512.00009v1.pdf": 0,
        ".2601.00001v1.pdf.partial": 0,  # the whole one is there
        ".2601.00002v1.pdf.partial": 0,
        ".2601.00003v1.pdf.partial": 20,
        ".2601.00003v1.pdf.partial.json": 20,
        ".2601.00004v1.pdf.partial": 20,
    }
    for name, days in made.items():
        path = config.papers / name
        path.write_bytes(b"%PDF")
        at = path.stat().st_mtime - days * 86_400
        os.utime(path, (at, at))
    with (config.papers / ".2601.00004v1.pdf.partial").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        pruned = prune(config, store, TODAY)
    assert pruned.unknown == ("2512.00009v1.pdf", "notes.pdf")
    assert pruned.partial == (
        ".2601.00001v1.pdf.partial",
        ".2601.00003v1.pdf.partial",
        ".2601.00003v1.pdf.partial.json",
    )
    left = {path.name for path in config.papers.iterdir()}
    assert left == {*made, "2601.00001v1.pdf"} - set(pruned.partial)


def test_a_dry_run_removes_nothing(config, store):
    name = carry(config, store, "2026-01-01", 1, BY)
    pruned = prune(replace(config, pdf_days=1), store, TODAY, dry_run=True)
    assert [gone.file for gone in pruned.removed] == [name]
    assert (config.papers / name).exists()


# ---------------------------------------------------------------- what depends on a PDF


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    """A home to be copied: it takes a while to make."""
    at = tmp_path_factory.mktemp("pattern")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "sync", lambda: None)
        return forgetful.make(Config(home=at / "home", models_dir=at), at / "from")[0]


@pytest.fixture
def made(pattern, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sync", lambda: None)  # all disks of the machine, in every build
    config = replace(pattern, home=tmp_path / "home", pdf_days_restricted=1)
    shutil.copytree(pattern.home, config.home)
    return config, Store(config.database)


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_site_is_the_same_after_pruning_and_links_to_arxiv(made):
    config, store = made
    page = config.site / "2026-01-22" / "2601.00001v1.html"
    assert "../../papers/2601.00001v1.pdf" in page.read_text()
    assert len(prune(config, store, TODAY).removed) == 3
    assert "../../papers/" not in page.read_text()
    assert 'href="https://arxiv.org/pdf/2601.00001v1#page=1"' in page.read_text()
    pruned = tree(config.site)
    options = SiteOptions(config.site, pictures=False)
    assert build_site(config, options).written == ()
    assert tree(config.site) == pruned
    shutil.rmtree(config.site)
    build_site(config, options)
    pages = {name: mark for name, mark in pruned.items() if name.endswith(".html")}
    assert {name: mark for name, mark in tree(config.site).items() if name in pages} == pages


def test_posts_are_as_they_were_and_checked_without_the_pdf(made):
    config, store = made
    before = tree(config.posts)
    prune(config, store, TODAY)
    assert tree(config.posts) == before
    assert audit("2026-01-22", None, config, store).claims == 2
    shown = CliRunner().invoke(main, ["--home", str(config.home), "show", "2601.00001"])
    assert (shown.exit_code, "甲。" in shown.stdout) == (0, True)


@pytest.mark.parametrize("redo", [False, True])
def test_a_rerun_downloads_nothing_and_fails_nothing(made, redo):
    config, store = made
    prune(config, store, TODAY)
    shown = store.post_items("2026-01-22")
    source = ArxivSource(config, store, _arxiv(), None, lambda *_: None)
    again = MendingSource(source, shown)
    tools = forgetful.tools()
    report = run_day(Day("2026-01-22", again, redo), config, store, tools)
    assert (report.failed, report.coverage["full"], tools.extractor.read) == ([], 2, [])
    assert {outcome.status for outcome in report.outcomes} == {"reused"}
    assert store.post_items("2026-01-22") == shown


def _arxiv():
    def download(paper, to):
        raise AssertionError(f"{paper} was downloaded again")

    return Arxiv(None, None, None, download)


def test_an_export_counts_the_pdfs_that_are_not_here(made):
    config, store = made
    assert not_here(config, store, None) == 0
    prune(config, store, TODAY)
    assert not_here(config, store, None) == 3
    assert not_here(config, store, datetime(2026, 1, 23, tzinfo=UTC)) == 0


def test_the_command_says_what_goes(made):
    config, _ = made

    def run(*arguments):
        settings = {"DIGEST_PDF_DAYS_RESTRICTED": "1"}
        command = ["--home", str(config.home), "prune", *arguments]
        return CliRunner().invoke(main, command, env=settings)

    assert "3 PDFs would go, 0.0 MB; 0 kept, 0 wait" in run("--dry-run").stdout
    report = json.loads(run("--json").stdout)
    assert [each["file"] for each in report["removed"]] == [
        "2601.00001v1.pdf",
        "2601.00002v1.pdf",
        "2601.00003v1.pdf",
    ]
    assert run("--json").exit_code == 0


def test_a_run_prunes_at_its_end_where_that_is_set(made, caplog, monkeypatch):
    config, _ = made
    prune_after_run(config)  # the newest post is months old: the clock may be wrong
    assert "PDFs are not pruned: the post before is of 2026-01-2" in caplog.text
    monkeypatch.setattr(forget, "RESTED", timedelta(days=100_000))
    prune_after_run(replace(config, pdf_days_restricted=0))
    assert len(list(config.papers.glob("*.pdf"))) == 3
    prune_after_run(config)
    assert "3 PDFs are not kept any longer" in caplog.text
    assert list(config.papers.glob("*.pdf")) == []
