from dataclasses import replace
from xml.etree import ElementTree

import pytest

from digest import pipeline
from digest.errors import BusyError, ConfigError, DigestError, StoreError
from digest.outputs import write_files
from digest.pipeline import Day, Tools, run_day
from digest.records import MadeBy
from digest.sources.folder import FolderSource
from digest.store import Store
from tests.conftest import FakeExplainer, FakeExtractor, FakeTranslator

ALL = ("json", "bibtex", "atom", "weekly", "mail")


@pytest.fixture
def store(config, papers):
    """A home with one post."""
    store = Store(config.database)
    tools = Tools(FakeExtractor(), FakeTranslator(), FakeExplainer())
    run_day(Day("2026-01-23", FolderSource(papers)), config, store, tools)
    return store


def test_what_is_configured_is_written_beside_the_post(config, store):
    written = write_files("2026-01-23", replace(config, outputs=ALL), store).published
    assert [made.path.relative_to(config.posts).as_posix() for made in written] == [
        "2026-01-23.json",
        "2026-01-23.bib",
        "feed.xml",
        "weekly/2026-W04.md",
        "mail/2026-01-23.eml",
    ]
    assert all(made.path.is_file() and made.status == "written" for made in written)
    assert write_files("2026-01-23", replace(config, outputs=()), store).published == ()


def test_the_same_post_touches_no_file(config, store):
    config = replace(config, outputs=ALL)
    before = [
        made.path.stat().st_ino for made in write_files("2026-01-23", config, store).published
    ]
    again = write_files("2026-01-23", config, store).published
    assert [made.path.stat().st_ino for made in again] == before
    assert {made.status for made in again} == {"unchanged"}


def test_a_reading_that_joins_a_post_later_says_so_in_the_feed(config, store, papers):
    config = replace(config, outputs=("atom",))

    def times():
        [feed] = write_files("2026-01-23", config, store).published
        entries = ElementTree.parse(feed.path).findall("{*}entry")
        return [(e.findtext("{*}published"), e.findtext("{*}updated")) for e in entries]

    assert all(updated == published for published, updated in times())
    other = FakeExplainer()
    other.made_by = MadeBy("fake", "2")
    tools = Tools(FakeExtractor(), FakeTranslator(), other)
    run_day(Day("2026-01-23", FolderSource(papers), redo=True), config, store, tools)
    assert all(updated > published for published, updated in times())


def test_a_week_edited_by_hand_is_kept(config, store):
    config = replace(config, outputs=("weekly",))
    [made] = write_files("2026-01-23", config, store).published
    made.path.write_text("notes")
    [aside] = write_files("2026-01-23", config, store).published
    assert (made.path.read_text(), aside.path.name) == ("notes", "2026-W04.new.md")
    assert aside.status == "aside"
    assert aside.path.read_text().startswith("---\nlayout: post\n")


def test_a_week_has_the_form_of_the_posts(config, store):
    [made] = write_files(
        "2026-01-23", replace(config, outputs=("weekly",), post_format="github"), store
    ).published
    assert made.path.read_text().startswith("# arXiv Daily – 2026-W04\n")


def test_a_file_that_cannot_be_written_is_said_to_be_and_keeps_no_other_back(config, store):
    (config.posts / "2026-01-23.json").mkdir()
    written = write_files("2026-01-23", replace(config, outputs=ALL), store)
    [(name, failure)] = written.failed
    assert (name, type(failure)) == ("json", StoreError)
    assert [made.path.name for made in written.published] == [
        "2026-01-23.bib",
        "feed.xml",
        "2026-W04.md",
        "2026-01-23.eml",
    ]


def test_nothing_is_written_while_another_process_writes(config, store, monkeypatch):
    monkeypatch.setattr(pipeline, "PUBLISHING_WAIT_S", 0.0)
    with pipeline.publishing(config):
        with pytest.raises(BusyError, match="at work"):
            write_files("2026-01-23", config, store)
        with pytest.raises(BusyError, match="at work"):
            pipeline.render_day("2026-01-23", config, store)
    assert not (config.posts / "2026-01-23.json").exists()


def test_a_date_without_a_post_has_no_files(config, store):
    with pytest.raises(DigestError, match="no post for 2026-01-24"):
        write_files("2026-01-24", config, store)


def test_an_output_that_does_not_exist_is_an_error(config):
    with pytest.raises(ConfigError, match="outputs: no such: 'pdf'"):
        replace(config, outputs=("pdf",))
