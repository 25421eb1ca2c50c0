"""What sightings mean. The calendar's instants are those of January 2026 (US winter time):
announcements at 01:00 UTC, Tuesday to Saturday as UTC counts; periods close at 19:00 UTC.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digest.calendar import Calendar
from digest.coverage import (
    Policy,
    coverage_of,
    covered_until,
    overall,
    sort_out,
    window_of,
)
from digest.records import Announcement, ArxivId, Paper, Placement, Sighting, Visit
from digest.sources.merge import merge


def at(day, hour=0, minute=0):
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)


# Thursday 2026-01-22's batch: submitted from 20th 19:00 to 21st 19:00, announced 22nd 01:00.
# Friday 2026-01-23's batch: submitted from 21st 19:00 to 22nd 19:00, announced 23rd 01:00.
THURSDAY, FRIDAY = "2026-01-22", "2026-01-23"
POLICY = Policy(
    categories=("cs.SD", "eess.AS"),
    cross_lists=True,
    calendar=Calendar(),
    began={"cs.SD": at(1, 2), "eess.AS": None},
    shown={"cs.SD": frozenset({THURSDAY})},
    covered={"cs.SD": THURSDAY},
    last_batch={"cs.SD": THURSDAY},
)


NOON, AFTER_FRIDAY = at(22, 12), at(23, 2)


def sighting(
    number=1, submitted=NOON, announced=None, seen=AFTER_FRIDAY, categories=("cs.SD",), version=1
):
    paper = Paper(
        ArxivId.parse(f"2601.{number:05}v{version}"),
        title=f"Paper {number}",
        categories=categories,
        submitted_at=submitted,
        announced=announced,
    )
    return Sighting(paper, "feed" if announced else "api", seen)


def judged(*sightings, **policy):
    """The role and batch of each paper, in the order of the post; None where it waits."""
    waiting = {}
    for seen in sightings:
        waiting.setdefault(seen.paper.id.base, []).append(seen)
    sorting = sort_out(waiting, replace(POLICY, **policy), merge)
    return [(found.role, found.batch) for found in (*sorting.found, *sorting.settled)]


def test_the_calendar_is_as_this_file_says():
    thursday, friday = POLICY.calendar.batch(THURSDAY), POLICY.calendar.batch(FRIDAY)
    assert (thursday.opens_at, thursday.closes_at) == (at(20, 19), at(21, 19))
    assert (thursday.announced_at, friday.announced_at) == (at(22, 1), at(23, 1))


def test_a_paper_of_the_newest_batch_is_new_however_it_was_seen():
    assert judged(sighting()) == [("new", FRIDAY)]
    assert judged(sighting(announced=Announcement(FRIDAY, "new"))) == [("new", FRIDAY)]
    assert judged(sighting(submitted=None, announced=Announcement(FRIDAY, "new"))) == [
        ("new", FRIDAY)
    ]


def test_a_paper_that_moderation_held_is_late():
    held = sighting(submitted=at(19, 12))
    assert judged(held) == [("late", FRIDAY)]
    assert judged(replace_announced(held, Announcement(FRIDAY, "new"))) == [("late", FRIDAY)]


def replace_announced(seen, announced):
    return replace(seen, paper=replace(seen.paper, announced=announced))


def test_a_paper_that_an_earlier_post_missed_is_late():
    missed = sighting(submitted=at(21, 12))
    assert judged(replace_announced(missed, Announcement(THURSDAY, "new"))) == [("late", THURSDAY)]
    assert judged(missed) == [("late", FRIDAY)]  # nobody says when it came, so it comes now


def test_a_day_that_was_missed_is_not_late():
    wednesday = "2026-01-21"
    missed = sighting(submitted=at(21, 12))
    assert judged(missed, last_batch={"cs.SD": wednesday}) == [("new", THURSDAY)]


@pytest.mark.parametrize(
    ("opens_after_s", "role"), [(-1, "late"), (0, "new"), (24 * 3600 - 1, "new")]
)
def test_the_submission_period_is_half_open(opens_after_s, role):
    submitted = at(21, 19) + timedelta(seconds=opens_after_s)
    seen = sighting(submitted=submitted, announced=Announcement(FRIDAY, "new"))
    assert judged(seen) == [(role, FRIDAY)]


def test_a_day_without_a_time_is_given_the_benefit_of_the_doubt():
    only_day = sighting(submitted=at(21), announced=Announcement(FRIDAY, "new"))
    assert judged(only_day) == [("new", FRIDAY)]
    assert judged(replace(only_day, paper=replace(only_day.paper, submitted_at=at(20)))) == [
        ("late", FRIDAY)
    ]


def test_cross_lists_are_carried_or_left_out_by_configuration():
    cross = sighting(categories=("cs.CL", "cs.SD"), announced=Announcement(FRIDAY, "cross"))
    assert judged(cross) == [("cross", FRIDAY)]
    assert judged(cross, cross_lists=False) == [("left-out", FRIDAY)]
    listed = sighting(categories=("cs.CL", "cs.SD"))
    assert judged(listed) == [("cross", FRIDAY)]


def test_new_in_one_category_and_cross_in_another_is_new():
    both = [
        sighting(categories=("eess.AS", "cs.SD"), announced=Announcement(FRIDAY, "cross")),
        sighting(categories=("eess.AS", "cs.SD"), announced=Announcement(FRIDAY, "new")),
    ]
    assert judged(*both) == [("new", FRIDAY)]


def test_a_later_cross_list_of_a_paper_of_ours_is_no_announcement():
    listed = Announcement(FRIDAY, "cross")
    long_ago = datetime(2025, 6, 1, 12, tzinfo=UTC)
    again = sighting(submitted=long_ago, categories=("cs.SD", "eess.AS"), announced=listed)
    assert [role for role, _ in judged(again)] == ["old"]


def test_a_new_version_of_a_paper_from_before_is_old():
    replaced = sighting(
        submitted=datetime(2025, 6, 1, 12, tzinfo=UTC),
        announced=Announcement(FRIDAY, "replace"),
        version=3,
    )
    assert [role for role, _ in judged(replaced)] == ["old"]
    unknown = replace(replaced, paper=replace(replaced.paper, submitted_at=None))
    assert judged(unknown) == []  # waits for a source that knows


def test_a_new_version_of_a_paper_that_was_missed_is_new_all_the_same():
    missed = sighting(announced=Announcement(FRIDAY, "replace"), version=2)
    assert judged(missed) == [("new", FRIDAY)]


def test_papers_of_other_categories_are_none_of_ours():
    assert judged(sighting(categories=("cs.CL",))) == []


BEGAN = {"cs.SD": at(23, 2)}


class TestTheFirstLook:
    """The digest begins on the 23rd at 02:00 UTC, an hour after Friday's batch was announced."""

    def test_carries_the_newest_batch_and_knows_the_rest(self):
        papers = [
            sighting(1, submitted=at(22, 12)),
            sighting(2, submitted=at(21, 12)),
            sighting(3, submitted=at(9, 12)),
        ]
        found = judged(*papers, began=BEGAN, last_batch={}, shown={"cs.SD": {FRIDAY}})
        assert found == [("new", FRIDAY), ("before", THURSDAY), ("before", "2026-01-12")]

    def test_waits_for_the_feed_to_tell_held_papers_from_older_ones(self):
        older, held = sighting(1, submitted=at(19, 12)), sighting(2, submitted=at(19, 12))
        options = {"began": BEGAN, "last_batch": {}}
        assert judged(older, held, **options) == []
        told = sighting(2, submitted=at(19, 12), announced=Announcement(FRIDAY, "new"))
        found = judged(older, held, told, shown={"cs.SD": {FRIDAY}}, **options)
        assert found == [("late", FRIDAY), ("before", "2026-01-20")]

    def test_without_that_feed_the_day_of_the_last_change_decides(self):
        older, held = sighting(1, submitted=at(19, 12)), sighting(2, submitted=at(19, 12))
        changed = [
            replace(seen, by="oai", changed_on=day)
            for seen, day in ((older, THURSDAY), (held, FRIDAY))
        ]
        options = {"began": BEGAN, "last_batch": {}, "covered": {"cs.SD": FRIDAY}}
        found = judged(older, held, *changed, shown={"cs.SD": {"2026-01-26"}}, **options)
        assert found == [("late", FRIDAY), ("before", "2026-01-20")]

    def test_what_comes_out_later_is_not_from_before(self):
        monday = at(27, 2)  # after the next announcement
        held = sighting(submitted=at(19, 12), seen=monday)
        options = {"began": BEGAN, "last_batch": {"cs.SD": FRIDAY}, "shown": {"cs.SD": {FRIDAY}}}
        assert judged(held, **options) == [("late", "2026-01-27")]

    def test_without_the_query_api_the_feed_alone_carries(self):
        announced = sighting(submitted=None, announced=Announcement(FRIDAY, "new"))
        options = {"began": {"cs.SD": None}, "last_batch": {}, "shown": {}}
        assert judged(announced, sighting(2), **options) == [("new", FRIDAY)]


def test_the_strict_window_is_that_of_the_reference():
    window = window_of("2026-01-23", "", "08:50", "Asia/Shanghai")
    assert (window.start_at, window.end_at) == (at(22, 0, 50), at(23, 0, 50))
    inside, tomorrow = sighting(1, submitted=at(22, 0, 50)), sighting(3, submitted=at(23, 0, 50))
    outside = sighting(2, submitted=at(22, 0, 49))
    assert judged(inside, outside, tomorrow, strict=window) == [
        ("new", FRIDAY),
        ("left-out", FRIDAY),
    ]


def test_a_window_spans_the_days_since_the_last_post():
    window = window_of("2026-01-26", "2026-01-23", "08:50", "Asia/Shanghai")
    assert (window.start_at, window.end_at) == (at(23, 0, 50), at(26, 0, 50))


def visit(by="feed", state="fresh", batch=THURSDAY, category="cs.SD", detail=""):
    return Visit(by, category, at(22, 6), state, batch, detail=detail)


def test_the_state_is_that_of_the_worst_feed():
    assert overall([visit(), visit("api")]) == "fresh"
    assert overall([visit(state="stalled"), visit("api")]) == "stalled"
    assert overall([visit(), visit(category="eess.AS", state="waiting")]) == "waiting"
    assert overall([visit("api", "failed")]) == "failed"
    assert overall([]) == "quiet"


def test_a_gap_in_the_feed_is_remembered_until_it_is_filled():
    calendar, began = POLICY.calendar, at(20, 2)  # in Tuesday's batch, 2026-01-20
    tuesday = "2026-01-20"
    assert covered_until([], "", None, calendar) == ""
    assert covered_until([], "", began, calendar) == "2026-01-19"
    assert covered_until([tuesday], "", began, calendar) == tuesday
    assert covered_until([tuesday, FRIDAY], "", began, calendar) == tuesday
    assert covered_until([tuesday, FRIDAY], THURSDAY, began, calendar) == FRIDAY


def test_a_category_under_its_other_name_is_the_same():
    listed = sighting(categories=("eess.SY", "cs.SY"))
    began = {"cs.SY": at(1, 2)}
    assert judged(listed, categories=("cs.SY",), began=began) == [("new", FRIDAY)]


def test_the_day_of_oai_names_no_batch_that_is_not_there_yet():
    day = sighting(submitted=at(21), seen=at(22, 12))  # on the 21st at 23:59 it would be Friday's
    assert judged(day, last_batch={"cs.SD": "2026-01-21"}) == [("new", THURSDAY)]


def test_a_post_accounts_for_every_paper():
    date, window = "2026-01-23", window_of("2026-01-23", "", "08:50", "Asia/Shanghai")
    placements = [
        Placement("2601.00001", 1, "new", date, "One", batch=FRIDAY),
        Placement("2601.00002", 1, "late", date, "Two", batch=THURSDAY),
        Placement("2601.00003", 1, "cross", date, "Three", batch=FRIDAY),
        Placement("2601.00004", 1, "left-out", date, "Four", "a rule", FRIDAY),
        Placement("2601.00005", 2, "update", date, "Five", "2026-01-20"),
        Placement("2601.00006", 1, "before", date, "Six", batch=THURSDAY),
    ]
    failed = visit("oai", "failed", detail="no answer")
    found = coverage_of(placements, window, [visit(), failed])
    assert (found.announced, found.new, found.cross, found.late) == (4, 2, 1, 1)
    assert found.batches == (FRIDAY,)
    [update], [left] = found.updates, found.left_out
    assert (str(update.paper), update.date) == ("2601.00005v2", "2026-01-20")
    assert (str(left.paper), left.reason) == ("2601.00004v1", "a rule")
    assert found.problems == ("cs.SD oai: no answer",)


def test_a_run_that_looks_again_after_it_was_stopped_brings_its_batch_all_the_same():
    date, window = "2026-01-23", window_of("2026-01-23", "", "08:50", "Asia/Shanghai")
    placed = [Placement("2601.00001", 1, "new", date, "One", batch=FRIDAY)]
    again = [visit(state="waiting")]
    assert coverage_of(placed, window, again, THURSDAY).state == "fresh"
    assert coverage_of(placed, window, again, FRIDAY).state == "waiting"
    late = [Placement("2601.00002", 1, "late", date, "Two", batch=FRIDAY)]
    assert coverage_of(late, window, again, THURSDAY).state == "waiting"
    assert coverage_of(placed, window, [visit(state="stalled")], THURSDAY).state == "stalled"
