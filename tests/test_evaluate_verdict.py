"""The judge of a simulation finds what was planted: losses, repetitions, wrong marks and links."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from digest.calendar import load_calendar
from digest.evaluate.arxiv.verdict import Entry, Post, Subject, judge, written_in
from digest.evaluate.arxiv.world import CrossList, Preprint, Version, World
from digest.records import ArxivId, Update

MONDAY, TUESDAY = "2026-11-16", "2026-11-17"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def preprint(base, batch, submitted, primary="cs.SD", crosses=(), more=()) -> Preprint:
    texts = {"title": "T", "abstract": "A", "authors": ("B C",), "licence": "", "comments": None}
    versions = (Version(1, utc(submitted), batch), *more)
    crosses = tuple(CrossList(*cross) for cross in crosses)
    return Preprint(
        base,
        primary=primary,
        crosses=crosses,
        versions=versions,
        doi=None,
        journal_ref=None,
        **texts,
    )


FRIDAY_NOON, WEEKEND = "2026-11-13T12:00", "2026-11-14T12:00"  # for Monday's, for Tuesday's batch
SECOND = Version(2, utc("2026-11-16T12:00"), TUESDAY)
WORLD = World(
    load_calendar(),
    [
        preprint("2611.00001", "2026-11-13", "2026-11-11T20:00"),  # before the span
        preprint("2611.00002", MONDAY, FRIDAY_NOON, more=(SECOND,)),
        preprint("2611.00003", MONDAY, FRIDAY_NOON, "cs.LG", [("cs.SD", MONDAY)]),
        preprint("2611.00004", MONDAY, FRIDAY_NOON, "cs.LG"),  # not the lab's
        preprint("2611.00005", TUESDAY, WEEKEND),
        preprint("2611.00006", TUESDAY, FRIDAY_NOON),  # held for a day
    ],
)
SUBJECT = Subject(("cs.SD", "eess.AS"), MONDAY, TUESDAY)


def entry(name: str, mark="new") -> Entry:
    return Entry(ArxivId.parse(name), mark)


def post(date: str, *entries: Entry, updates=()) -> Post:
    return Post(date, entries, tuple(updates), tuple(e.paper.base for e in entries))


UPDATE = Update(ArxivId.parse("2611.00002v2"), "T", MONDAY)
FIRST = post(MONDAY, entry("2611.00002v1"), entry("2611.00003v1", "cross"))
LAST = post(TUESDAY, entry("2611.00005v1"), entry("2611.00006v1", "late"), updates=[UPDATE])


def planted(*posts: Post) -> dict[str, tuple[str, ...]]:
    """What the judge has against these posts, by name."""
    return {name: lines for name, lines in judge(WORLD, SUBJECT, posts).failures.items() if lines}


def test_good_posts_pass():
    verdict = judge(WORLD, SUBJECT, [FIRST, LAST])
    assert not any(verdict.failures.values())
    counts = (verdict.announced, verdict.carried, verdict.late, verdict.cross, verdict.updates)
    assert counts == (4, 4, 1, 1, 1)
    assert verdict.untold == ()


@pytest.mark.parametrize("number", [0, 1])
def test_every_dropped_paper_is_found(number):
    for whole in (FIRST, LAST):
        short = post(whole.date, whole.entries[number], updates=whole.updates)
        missing = whole.entries[1 - number].paper.base
        posts = [short if each is whole else each for each in (FIRST, LAST)]
        assert planted(*posts)["lost"] == (f"{missing} ({whole.date})",)


def test_a_repeated_paper_is_found():
    again = replace(LAST, entries=(*LAST.entries, entry("2611.00002v2", "late")))
    assert planted(FIRST, again)["repeated"] == (f"2611.00002: {MONDAY}, {TUESDAY}",)


def test_a_paper_of_before_and_one_of_another_category_are_unexpected():
    more = post(MONDAY, *FIRST.entries, entry("2611.00001v1"), entry("2611.00004v1"))
    assert planted(more, LAST) == {"unexpected": (f"2611.00001: {MONDAY}", f"2611.00004: {MONDAY}")}


def test_a_file_that_differs_from_the_store_is_found():
    short = replace(LAST, written=("2611.00005", "2611.00099"))
    assert planted(FIRST, short) == {
        "unwritten": (
            f"{TUESDAY}: 2611.00006 only in the store",
            f"{TUESDAY}: 2611.00099 only in the file",
        )
    }


@pytest.mark.parametrize(
    ("name", "mark", "line"),
    [
        ("2611.00005v1", "late", "is new, not late"),
        ("2611.00006v1", "new", "is late, not new"),
        ("2611.00005v1", "cross", "is new, not cross"),
    ],
)
def test_a_wrong_mark_is_found(name, mark, line):
    entries = [entry(name, mark) if e.paper == name else e for e in LAST.entries]
    expected = (f"{TUESDAY}: {name} {line}",)
    assert planted(FIRST, post(TUESDAY, *entries, updates=[UPDATE])) == {"misjudged": expected}


def test_a_hold_within_a_missed_day_cannot_be_told():
    both = post(TUESDAY, *FIRST.entries, entry("2611.00005v1"), entry("2611.00006v1"))
    update = replace(UPDATE, date=TUESDAY)
    verdict = judge(WORLD, SUBJECT, [replace(both, updates=(update,))])
    assert not any(verdict.failures.values())
    assert verdict.untold == (f"{TUESDAY}: 2611.00006v1 is late, not new",)


def test_a_hold_cannot_be_told_without_the_time_of_submission():
    entries = (LAST.entries[0], Entry(ArxivId.parse("2611.00006v1"), "new", timed=False))
    verdict = judge(WORLD, SUBJECT, [FIRST, replace(LAST, entries=entries)])
    assert not any(verdict.failures.values())
    assert verdict.untold == (f"{TUESDAY}: 2611.00006v1 is late, not new",)


def test_a_paper_that_an_earlier_post_missed_is_late():
    first = post(MONDAY, FIRST.entries[1])
    late = post(TUESDAY, *LAST.entries, entry("2611.00002v2", "late"))
    assert planted(first, late) == {}
    new = post(TUESDAY, *LAST.entries, entry("2611.00002v2", "new"))
    assert planted(first, new) == {"misjudged": (f"{TUESDAY}: 2611.00002v2 is late, not new",)}


@pytest.mark.parametrize(
    "update",
    [
        replace(UPDATE, date=TUESDAY),  # not the post that carried it
        replace(UPDATE, paper=ArxivId.parse("2611.00002v3")),  # no such version
        replace(UPDATE, paper=ArxivId.parse("2611.00005v1"), date=TUESDAY),  # the first version
    ],
)
def test_a_wrong_update_is_found(update):
    problems = planted(FIRST, replace(LAST, updates=(UPDATE, update)))
    assert problems == {
        "wrong updates": (f"{TUESDAY}: {update.paper}, said to be carried on {update.date}",)
    }


def test_a_missed_update_is_found():
    assert planted(FIRST, replace(LAST, updates=())) == {
        "missed updates": (f"2611.00002v2 ({TUESDAY})",)
    }


def test_the_papers_of_a_markdown_file():
    text = (
        "- 版本更新：[2610.00007v2](https://arxiv.org/abs/2610.00007v2)\n\n"
        "## One\n- **Authors**: A\n"
        "- **arXiv**: [https://arxiv.org/abs/2611.00002v1](https://arxiv.org/abs/2611.00002v1)\n"
        "## Two\n"
        "- **arXiv**: [https://arxiv.org/abs/cs/9901002](https://arxiv.org/abs/cs/9901002)\n"
    )
    assert written_in(text) == ("2611.00002", "cs/9901002")
