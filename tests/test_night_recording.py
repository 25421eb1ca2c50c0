"""What is taken into a report; how a run ends is tested through the command line."""

from datetime import UTC, datetime

import pytest

from digest.announced import Fetched
from digest.night import keeper
from digest.night.recording import MOST_SAID, Recording, log
from digest.night.report import Counts, Failure, Feed, Speed
from digest.records import ArxivId, Coverage, LeftOut, Visit, Window

AT = datetime(2026, 1, 23, 0, 50, tzinfo=UTC)


@pytest.fixture
def recording(config):
    begun = Recording("fetch", "2026-01-23", config)
    yield begun
    begun.end(0, None)


def read(config):
    return keeper.read(keeper.paths(config.home)[0])


def seen():
    window = Window(AT, AT, "08:50", "Asia/Shanghai")
    left = (LeftOut(ArxivId.parse("2601.00009v1"), "A survey", "title:survey"),)
    return Coverage(window, "fresh", ("2026-01-22",), 6, 4, 1, 2, left_out=left)


def test_a_fetching_is_counted_and_its_failures_named(recording, config):
    recording.note_fetched(Fetched("2026-01-23", 5, 4, seen(), ("2601.00001v1: 404",)))
    recording.end(3, SystemExit(3))
    report = read(config)
    assert report.counts == Counts(papers=5, announced=6, carried=5, late=2, left_out=1)
    assert report.failed == (Failure("pdf", "2601.00001v1: 404"),)
    assert (report.command, report.state, report.hook) == ("fetch", "some failed", None)


def test_the_feeds_are_those_of_the_lab_s_categories(recording, config):
    visits = [
        Visit("feed", "cs.SD", AT, "fresh", "2026-01-22", shown=41),
        Visit("api", "eess.AS", AT, "failed", detail="503"),
        Visit("feed", "math.AG", AT, "quiet"),
    ]
    recording.feeds(visits)
    recording.end(0, None)
    at = "2026-01-23T00:50:00+00:00"
    assert read(config).feeds == (
        Feed("cs.SD", "feed", "fresh", 41, "2026-01-22", "", at),
        Feed("eess.AS", "api", "failed", 0, "", "503", at),
    )


def test_what_models_wrote_is_told_by_the_second(recording, config):
    recording.spent({"m": {"tokens": 120, "seconds": 8.0}})
    recording.end(0, None)
    assert read(config).speeds == {"m": Speed(120, 8.0)}
    assert read(config).speeds["m"].per_s == 15.0


def test_the_file_is_renewed_where_a_stage_begins_or_ends(recording, config):
    assert read(config).stages == {}
    recording.heard("extract", 0, 3)
    assert list(read(config).stages) == ["extract"]
    before = keeper.paths(config.home)[0].stat().st_mtime_ns
    recording.heard("extract", 1, 3)
    assert keeper.paths(config.home)[0].stat().st_mtime_ns == before
    recording.heard("extract", 3, 3)
    assert read(config).memory_bytes > 0
    assert read(config).state == "running"


def test_a_hundred_warnings_are_enough(recording, config):
    for number in range(MOST_SAID + 5):
        log.warning("warning %d", number, extra={"hint": "cure"})
    recording.end(0, None)
    said = read(config).said
    assert (len(said), said[0].message, said[0].cure) == (100, "warning 0", "cure")
