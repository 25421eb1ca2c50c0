"""A few simulated days end to end; and a loss planted in a home is found by the same comparison."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from datetime import time as TimeOfDay

import pytest

from digest.calendar import load_calendar
from digest.evaluate.arxiv.verdict import Subject, judge
from digest.evaluate.simulation import (
    SHORTEST_GAP_S,
    Weeks,
    config_for,
    posts_of,
    run,
    subject_of,
    world_for,
)
from digest.store import Store

DAYS = Weeks(
    first=date(2026, 11, 3),
    last=date(2026, 11, 4),
    missed=frozenset(),
    categories=("cs.SD",),
    seed=2,
)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("simulation") / "home"


@pytest.mark.loopback
def test_two_days_lose_nothing_and_a_planted_loss_is_found(home):
    result = run(DAYS, home, with_faults=False)
    assert result.problems == ()
    assert result.verdict.carried == result.verdict.announced == 5
    assert result.pdfs == result.verdict.carried
    assert result.smallest_gap_s >= SHORTEST_GAP_S
    assert result.requests["feed"] == 2

    config = config_for(DAYS, home, "http://127.0.0.1:9")
    store, calendar = Store(config.database), load_calendar()
    subject, world = subject_of(DAYS, calendar), world_for(DAYS, calendar)
    assert subject == Subject(("cs.SD",), "2026-11-02", "2026-11-03")
    assert judge(world, subject, posts_of(config, store)) == result.verdict
    post = posts_of(config, store)[1]
    dropped = post.entries[0].paper.base
    heading = store.post_heading(post.date)
    store.put_post(post.date, heading, store.post_items(post.date)[1:])
    verdict = judge(world, subject, posts_of(config, store))
    assert [line.split()[0] for line in verdict.lost] == [dropped]
    assert verdict.unwritten == (f"{post.date}: {dropped} only in the file",)
    assert replace(result, verdict=verdict).problems[0].startswith(f"lost: {dropped}")
    faults = {"served": Counter({("feed", "429"): 1}), "unmet": {"cut"}, "smallest_gap_s": 2.9994}
    assert replace(result, **faults).problems == (
        "two requests within 2.999 s",
        "status never named: 429",
        "no request met: cut",
    )
    assert replace(result, served=faults["served"], named={"429"}).problems == ()


def test_the_mornings_of_a_lab():
    weeks = Weeks(first=date(2026, 10, 30), last=date(2026, 11, 2), missed={date(2026, 10, 31)})
    assert [(day.isoformat(), at.astimezone(UTC)) for day, at in weeks.mornings()] == [
        ("2026-10-30", datetime(2026, 10, 30, 0, 50, tzinfo=UTC)),
        ("2026-11-01", datetime(2026, 11, 1, 0, 50, tzinfo=UTC)),
        ("2026-11-01", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        ("2026-11-02", datetime(2026, 11, 2, 0, 50, tzinfo=UTC)),
    ]


def test_the_default_weeks_have_a_holiday_a_change_of_clocks_and_missed_days():
    weeks = Weeks()
    days = {day for day, _ in weeks.mornings()}
    assert date(2026, 11, 26) in days  # Thanksgiving
    assert date(2026, 11, 1) in days  # the end of US summer time
    assert len(weeks.missed) == 4
    assert len({day.isocalendar().week for day in days}) == 8
    assert weeks.at == TimeOfDay(8, 50)
