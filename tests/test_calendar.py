"""The announcement calendar: literal UTC instants, worked out by hand from arXiv's schedule."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.calendar import Calendar, load_calendar

THANKSGIVING = date(2026, 11, 26)
CALENDAR = Calendar([THANKSGIVING])
INSTANTS = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001 the bounds are naive by hypothesis's rule
    datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_winter_batch_is_announced_at_one_in_the_morning_utc():
    batch = CALENDAR.batch("2026-11-18")  # Wednesday; announced on Tuesday evening, EST
    assert batch.opens_at == utc("2026-11-16T19:00")
    assert batch.closes_at == utc("2026-11-17T19:00")
    assert batch.announced_at == utc("2026-11-18T01:00")
    assert batch.in_oai_at == utc("2026-11-18T03:30")
    assert batch.in_feed_at == utc("2026-11-18T05:00")


def test_a_summer_batch_is_announced_at_midnight_utc():
    batch = CALENDAR.batch("2026-07-08")  # Wednesday, EDT
    assert batch.opens_at == utc("2026-07-06T18:00")
    assert batch.closes_at == utc("2026-07-07T18:00")
    assert batch.announced_at == utc("2026-07-08T00:00")
    assert batch.in_oai_at == utc("2026-07-08T02:30")
    assert batch.in_feed_at == utc("2026-07-08T04:00")


def test_thursday_to_friday_goes_out_on_sunday_and_the_weekend_on_monday():
    sunday = CALENDAR.batch("2026-11-16")  # listed on Monday
    assert (sunday.opens_at, sunday.closes_at) == (utc("2026-11-12T19:00"), utc("2026-11-13T19:00"))
    assert sunday.announced_at == utc("2026-11-16T01:00")  # Sunday 15 November, 20:00 EST
    monday = CALENDAR.following(sunday)
    assert monday.name == "2026-11-17"
    assert (monday.opens_at, monday.closes_at) == (utc("2026-11-13T19:00"), utc("2026-11-16T19:00"))


def test_the_autumn_change_of_clocks_lies_in_one_period():
    batch = CALENDAR.batch("2026-11-03")  # Friday 30 October, EDT, to Monday 2 November, EST
    assert batch.opens_at == utc("2026-10-30T18:00")
    assert batch.closes_at == utc("2026-11-02T19:00")
    assert CALENDAR.batch("2026-11-02").announced_at == utc("2026-11-02T01:00")  # on the day itself
    assert CALENDAR.batch("2026-10-30").announced_at == utc("2026-10-30T00:00")


def test_the_spring_change_of_clocks_lies_in_one_period():
    batch = CALENDAR.batch("2027-03-16")  # Friday 12 March, EST, to Monday 15 March, EDT
    assert (batch.opens_at, batch.closes_at) == (utc("2027-03-12T19:00"), utc("2027-03-15T18:00"))


def test_a_holiday_goes_out_with_the_next_announcement():
    before, after = CALENDAR.batch("2026-11-26"), CALENDAR.batch("2026-11-30")
    assert CALENDAR.following(before) == after
    assert before.closes_at == after.opens_at == utc("2026-11-25T19:00")
    assert after.closes_at == utc("2026-11-27T19:00")
    with pytest.raises(ValueError, match="no batch under 2026-11-27"):
        CALENDAR.batch("2026-11-27")


def test_a_holiday_on_sunday_goes_out_on_monday():
    calendar = Calendar([date(2026, 11, 15)])
    monday = calendar.batch("2026-11-17")
    assert (monday.opens_at, monday.closes_at) == (utc("2026-11-12T19:00"), utc("2026-11-16T19:00"))


@pytest.mark.parametrize("name", ["2026-11-14", "2026-11-15"])  # Saturday, Sunday
def test_nothing_is_listed_at_weekends(name):
    with pytest.raises(ValueError, match=f"no batch under {name}"):
        CALENDAR.batch(name)


@pytest.mark.parametrize(
    ("at", "name"),
    [
        ("2026-11-18T00:59:59", "2026-11-17"),  # one second before 20:00 EST
        ("2026-11-18T01:00:00", "2026-11-18"),
        ("2026-11-14T12:00:00", "2026-11-13"),  # Saturday: still Thursday evening's
        ("2026-11-16T01:00:00", "2026-11-16"),
        ("2026-11-27T12:00:00", "2026-11-26"),  # after the holiday
        ("2026-10-06T00:50:00", "2026-10-06"),  # 08:50 in Beijing, US summer time: just out
        ("2026-11-10T00:50:00", "2026-11-09"),  # 08:50 in Beijing, US winter time: not yet
    ],
)
def test_the_newest_batch(at, name):
    assert CALENDAR.newest(utc(at)).name == name


@pytest.mark.parametrize(
    ("at", "name"),
    [
        ("2026-11-17T18:59:59", "2026-11-18"),
        ("2026-11-17T19:00:00", "2026-11-19"),  # 14:00 exactly belongs to the next period
        ("2026-11-13T18:00:00", "2026-11-16"),  # Friday 13:00
        ("2026-11-13T19:00:00", "2026-11-17"),
        ("2026-11-15T12:00:00", "2026-11-17"),  # Sunday
        ("2026-11-26T12:00:00", "2026-11-30"),  # Thanksgiving morning
    ],
)
def test_the_batch_of_a_submission(at, name):
    assert CALENDAR.of_submission(utc(at)).name == name


def test_the_batches_between_two_looks():
    names = [b.name for b in CALENDAR.between("2026-11-24", utc("2026-12-01T00:50"))]
    assert names == ["2026-11-25", "2026-11-26", "2026-11-30"]
    assert CALENDAR.between("2026-11-30", utc("2026-12-01T00:50")) == []
    assert [b.name for b in CALENDAR.between("2026-11-28", utc("2026-12-01T01:00"))] == [
        "2026-11-30",
        "2026-12-01",
    ]


@settings(deadline=None)  # a busy machine is no failure
@given(INSTANTS)
def test_every_instant_belongs_to_exactly_one_period(at):
    batch = CALENDAR.of_submission(at)
    assert batch.opens_at <= at < batch.closes_at
    assert CALENDAR.following(batch).opens_at == batch.closes_at


@settings(deadline=None)  # a busy machine is no failure
@given(INSTANTS, st.sets(st.integers(0, 20), max_size=8))
def test_periods_and_announcements_follow_each_other_whatever_the_holidays(at, days):
    calendar = Calendar([at.date() + timedelta(days=n) for n in days])
    batch = calendar.newest(at)
    assert batch.announced_at <= at < calendar.following(batch).announced_at
    for _ in range(8):
        after = calendar.following(batch)
        assert after.opens_at == batch.closes_at < after.closes_at < after.announced_at
        assert calendar.batch(after.name) == calendar.of_submission(after.opens_at) == after
        assert after.announced_at < after.in_oai_at < after.in_feed_at
        batch = after


@settings(deadline=None)  # a busy machine is no failure
@given(INSTANTS, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_between_walks_from_batch_to_batch(at, span):
    first, last = CALENDAR.newest(at), CALENDAR.newest(at + span)
    walked = [first]
    while walked[-1].name < last.name:
        walked.append(CALENDAR.following(walked[-1]))
    assert CALENDAR.between(first.name, at + span) == walked[1:]


def test_the_holidays_of_the_package():
    calendar = load_calendar([date(2027, 1, 18)])
    assert calendar.following(calendar.batch("2026-11-26")).name == "2026-11-30"
    assert calendar.following(calendar.batch("2026-12-29")).name == "2026-12-31"  # no 29 Dec
    assert calendar.following(calendar.batch("2027-01-18")).name == "2027-01-20"  # the extra one
    assert calendar.covers(date(2026, 12, 31))
    assert not calendar.covers(date(2027, 1, 1))
    assert not calendar.covers(date(2025, 12, 25))


def test_a_calendar_of_holidays_alone_is_refused():
    calendar = Calendar([date(2026, 1, 1) + timedelta(days=n) for n in range(400)])
    with pytest.raises(ValueError, match="no announcement within 60 days"):
        calendar.newest(utc("2026-06-01T00:00"))


def test_a_time_without_zone_is_refused():
    with pytest.raises(ValueError, match="has no time zone"):
        CALENDAR.newest(datetime(2026, 6, 1))  # noqa: DTZ001
