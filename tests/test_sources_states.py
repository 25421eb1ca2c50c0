"""What a feed shows, and which state that means, at moments around an announcement.

The calendar of the week: batches are listed Monday to Friday; the evening of Thursday 26 November
2026 is a holiday, so that none is listed on the 27th. New York is five hours behind UTC.
"""

from datetime import UTC, date, datetime, timedelta

import pytest

from digest.calendar import Calendar
from digest.records import Announcement, ArxivId, Paper
from digest.sources.feeds import FeedDay
from digest.sources.states import FeedJudge, Known, fingerprint

CALENDAR = Calendar([date(2026, 11, 26)])


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026 in New York."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) + timedelta(hours=5)


def papers(*numbers: int, kind: str = "new") -> tuple[Paper, ...]:
    announced = Announcement("2026-11-01", kind)
    return tuple(Paper(ArxivId(f"2611.{n:05d}v1"), announced=announced) for n in numbers)


def verdict(now, day, known, submitted=None, is_empty_batch=False):
    judge = FeedJudge(CALENDAR, now)
    shown = judge.shows(day, submitted or {})
    return judge.judge(day.items, known, shown, is_empty_batch)


THEN = papers(1, 2, 3)  # of Tuesday the 24th
NOW = papers(4, 5, 6)  # of Wednesday the 25th
TUESDAY = Known("2026-11-24", fingerprint(THEN))


def test_a_new_batch_is_fresh():
    got = verdict(at(25, 1), FeedDay("2026-11-25", NOW), TUESDAY)
    assert (got.state, got.batch) == ("fresh", "2026-11-25")


def test_a_first_look_believes_the_date():
    got = verdict(at(25, 1), FeedDay("2026-11-25", NOW), Known("", ""))
    assert (got.state, got.batch) == ("fresh", "2026-11-25")


@pytest.mark.parametrize(("hour", "state"), [(1, "waiting"), (2, "waiting"), (3, "stalled")])
def test_known_papers_under_a_new_date_are_no_new_batch(hour, state):
    got = verdict(at(25, hour), FeedDay("2026-11-25", THEN), TUESDAY)
    assert (got.state, got.batch) == (state, "")
    assert "known papers under the date 2026-11-25" in got.detail


@pytest.mark.parametrize(("hour", "state"), [(1, "waiting"), (4, "stalled")])
def test_an_old_date_says_that_it_is_late(hour, state):
    got = verdict(at(25, hour), FeedDay("2026-11-24", THEN), TUESDAY)
    assert (got.state, got.batch) == (state, "2026-11-24")
    assert "2026-11-25 should be there since 2026-11-25 05:00 UTC" in got.detail


@pytest.mark.parametrize(("hour", "state"), [(1, "waiting"), (4, "stalled")])
def test_no_papers_on_a_listing_day(hour, state):
    assert verdict(at(25, hour), FeedDay("2026-11-25", ()), TUESDAY).state == state


def test_no_papers_where_none_were_submitted():
    got = verdict(at(25, 4), FeedDay("2026-11-25", ()), TUESDAY, is_empty_batch=True)
    assert (got.state, got.batch) == ("fresh", "2026-11-25")


WEDNESDAY = Known("2026-11-25", fingerprint(NOW))
TODAY = FeedDay("2026-11-25", NOW)


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (at(25, 9), "fresh"),  # today's batch is here, whoever asks again
        (at(25, 13, 59), "fresh"),
        (at(25, 14), "waiting"),  # closed: tonight's is on its way
        (at(25, 20, 30), "waiting"),  # announced, and not in the feed yet
    ],
)
def test_when_todays_batch_is_taken(now, state):
    assert verdict(now, TODAY, WEDNESDAY).state == state


FRIDAY_BEFORE = Known("2026-11-20", fingerprint(THEN))


@pytest.mark.parametrize(
    ("now", "listed", "state"),
    [
        (at(21, 12), "2026-11-21", "quiet"),  # Saturday
        (at(22, 12), "2026-11-22", "waiting"),  # Sunday: announced this evening
        (at(22, 23), "2026-11-22", "waiting"),
    ],
)
@pytest.mark.parametrize("shown", [(), THEN])
def test_a_weekend_is_no_fault(now, listed, state, shown):
    """Whether the feed is empty, as it should be, or still shows Friday's papers."""
    assert verdict(now, FeedDay(listed, shown), FRIDAY_BEFORE).state == state


def test_a_holiday_is_quiet():
    known = Known("2026-11-26", fingerprint(THEN))
    assert verdict(at(27, 9), FeedDay("2026-11-27", ()), known).state == "quiet"
    assert verdict(at(27, 9), FeedDay("2026-11-27", THEN), known).state == "quiet"


# ------------------------------------------------------- what the papers say about the date


def times(day: int, *numbers: int) -> dict[str, datetime]:
    return {f"2611.{n:05d}": at(day, 10) for n in numbers}


def test_papers_of_an_earlier_period_are_an_earlier_batch():
    """A feed that stalls when its last batch was never seen: no fingerprint knows it."""
    known = Known("2026-11-23", "somebody else's")
    stale = FeedDay("2026-11-25", THEN)
    got = verdict(at(25, 1), stale, known, times(23, 1, 2, 3))
    assert (got.state, got.batch) == ("waiting", "2026-11-24")
    got = verdict(at(25, 4), stale, known, times(23, 1, 2, 3))
    assert (got.state, got.batch) == ("stalled", "2026-11-24")


def test_a_share_from_the_period_is_enough():
    """After a holiday that the calendar does not know, half the papers are from before."""
    many = papers(*range(1, 11))
    submitted = times(23, *range(1, 10)) | times(24, 10)
    got = verdict(at(25, 1), FeedDay("2026-11-25", many), TUESDAY, submitted)
    assert (got.state, got.batch) == ("fresh", "2026-11-25")


def test_two_held_papers_prove_nothing():
    two = papers(1, 2)
    got = verdict(at(25, 1), FeedDay("2026-11-25", two), TUESDAY, times(20, 1, 2))
    assert (got.state, got.batch) == ("fresh", "2026-11-25")


def test_replacements_prove_nothing():
    old = papers(1, 2, 3, 4, kind="replace")
    got = verdict(at(25, 1), FeedDay("2026-11-25", old), TUESDAY, times(2, 1, 2, 3, 4))
    assert (got.state, got.batch) == ("fresh", "2026-11-25")


def test_a_category_without_papers_in_a_feed_with_some_is_fresh():
    judge = FeedJudge(CALENDAR, at(25, 1))
    shown = judge.shows(FeedDay("2026-11-25", NOW), {})
    assert judge.judge([], TUESDAY, shown, is_empty_batch=False).state == "fresh"


# ---------------------------------------------------------------- what is missing


def missing(now, known, day):
    judge = FeedJudge(CALENDAR, now)
    shown = judge.shows(day, {})
    found = judge.judge(day.items, known, shown, is_empty_batch=False)
    return [batch.name for batch in judge.missing(known, found)]


def test_days_on_which_nobody_looked_are_missing():
    known = Known("2026-11-20", "x")
    assert missing(at(25, 1), known, TODAY) == ["2026-11-23", "2026-11-24"]
    assert missing(at(28, 1), known, FeedDay("2026-11-28", ())) == [
        "2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26",
    ]  # fmt: skip


def test_a_batch_that_may_still_come_is_not_missing():
    assert missing(at(25, 1), TUESDAY, FeedDay("2026-11-25", THEN)) == []  # waiting
    assert missing(at(25, 4), TUESDAY, FeedDay("2026-11-25", THEN)) == ["2026-11-25"]  # stalled
    assert missing(at(25, 1), Known("", ""), TODAY) == []  # no look before: nothing to catch up


def test_fingerprints_are_of_the_set_and_none_for_none():
    assert fingerprint(papers(1, 2)) == fingerprint(papers(2, 1)) != fingerprint(papers(1, 3))
    assert fingerprint([]) == ""
