"""One paper from several sightings, whatever their order."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.records import Announcement, ArxivId, Paper, Sighting
from digest.sources.merge import merge

MONDAY = datetime(2026, 11, 2, 5, tzinfo=UTC)
SUBMITTED = datetime(2026, 11, 1, 15, 4, 5, tzinfo=UTC)

FEED = Sighting(
    Paper(
        ArxivId("2611.00011v1"),
        "Hearing",
        ("A. First (Lab)",),
        "We hear.",
        ("cs.SD", "eess.AS"),
        announced=Announcement("2026-11-02", "new"),
        licence="http://creativecommons.org/licenses/by/4.0/",
    ),
    "feed",
    MONDAY,
)
API = Sighting(
    Paper(
        ArxivId("2611.00011v1"),
        "Hearing",
        ("Anna First",),
        "We hear.",
        ("cs.SD", "eess.AS"),
        submitted_at=SUBMITTED,
        updated_at=SUBMITTED,
        pdf_url="https://arxiv.org/pdf/2611.00011v1",
        comments="4 pages",
    ),
    "api",
    MONDAY + timedelta(minutes=1),
)
OAI = Sighting(
    Paper(
        ArxivId("2611.00011"),
        "Hearing again",
        ("Anna First",),
        "We hear more.",
        ("cs.SD",),
        submitted_at=datetime(2026, 11, 1, tzinfo=UTC),
        licence="http://creativecommons.org/publicdomain/zero/1.0/",
        doi="10.1000/xyz",
    ),
    "oai",
    MONDAY + timedelta(days=3),
)
REPLACED = Sighting(
    Paper(
        ArxivId("2611.00011v2"),
        "Hearing, revised",
        ("Anna First", "B. Second"),
        "We hear better.",
        ("cs.SD",),
        announced=Announcement("2026-11-04", "replace"),
        licence="http://arxiv.org/licenses/nonexclusive-distrib/1.0/",
    ),
    "feed",
    MONDAY + timedelta(days=2),
)


def test_each_field_comes_from_who_knows_it_best():
    paper = merge([FEED, API, OAI])
    assert paper == Paper(
        id=ArxivId("2611.00011v1"),
        title="Hearing",
        authors=("Anna First",),
        abstract="We hear.",
        categories=("cs.SD", "eess.AS"),
        submitted_at=SUBMITTED,
        updated_at=SUBMITTED,
        announced=Announcement("2026-11-02", "new"),
        licence="http://creativecommons.org/licenses/by/4.0/",
        pdf_url="https://arxiv.org/pdf/2611.00011v1",
        comments="4 pages",
        doi="10.1000/xyz",
    )


def test_the_newest_version_gives_the_text():
    paper = merge([FEED, API, OAI, REPLACED])
    assert (paper.id, paper.title) == ("2611.00011v2", "Hearing, revised")
    assert paper.abstract == "We hear better."
    assert paper.licence == "http://arxiv.org/licenses/nonexclusive-distrib/1.0/"
    assert paper.announced == Announcement("2026-11-04", "replace")
    assert paper.submitted_at == SUBMITTED  # of version 1, and to the second


def test_a_day_is_better_than_no_time():
    assert merge([FEED, OAI]).submitted_at == datetime(2026, 11, 1, tzinfo=UTC)
    assert merge([OAI]).id == "2611.00011"


def test_the_newest_batch_and_in_it_the_strongest_type_count():
    kinds = [("2026-11-03", "new"), ("2026-11-04", "replace"), ("2026-11-04", "cross")]
    seen = [
        Sighting(Paper(ArxivId("2611.00011v1"), announced=Announcement(*kind)), "feed", MONDAY)
        for kind in kinds
    ]
    assert merge(seen).announced == Announcement("2026-11-04", "cross")


def test_sightings_of_one_paper_only():
    other = Sighting(Paper(ArxivId("2611.00012v1")), "api", MONDAY)
    for wrong in ([], [FEED, other]):
        with pytest.raises(ValueError, match="one paper"):
            merge(wrong)


optional = st.none() | st.sampled_from(["a", "b"])
times = st.none() | st.sampled_from([MONDAY, MONDAY + timedelta(hours=1)])
announcements = st.none() | st.builds(
    Announcement,
    st.sampled_from(["2026-11-02", "2026-11-03"]),
    st.sampled_from(["new", "cross", "replace", "replace-cross"]),
)
sightings = st.builds(
    Sighting,
    st.builds(
        Paper,
        id=st.sampled_from([ArxivId(f"2611.00011{v}") for v in ("", "v1", "v2")]),
        title=st.sampled_from(["", "One", "Two"]),
        authors=st.sampled_from([(), ("A",), ("B",)]),
        abstract=st.sampled_from(["", "One", "Two"]),
        categories=st.sampled_from([(), ("cs.SD",), ("eess.AS", "cs.SD")]),
        submitted_at=times,
        updated_at=times,
        announced=announcements,
        licence=optional,
        pdf_url=optional,
        comments=optional,
        journal_ref=optional,
        doi=optional,
    ),
    st.sampled_from(["feed", "api", "oai"]),
    st.sampled_from([MONDAY, MONDAY + timedelta(days=1)]),
)


@given(st.lists(sightings, min_size=1, max_size=5).flatmap(
    lambda seen: st.tuples(st.just(seen), st.permutations(seen))
))  # fmt: skip
def test_the_order_of_what_was_seen_is_nothing(both):
    seen, shuffled = both
    assert merge(seen) == merge(shuffled)
    assert merge([*seen, *shuffled]) == merge(seen)  # nor is how often
