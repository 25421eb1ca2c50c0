"""What a bundle carries of what was seen, and what becomes of it in the home that takes it in."""

import dataclasses
import logging
import os
from datetime import datetime, timedelta

import pytest

from digest.bundles.contents import Place, Wanted, plan
from digest.bundles.read import import_bundle
from digest.bundles.write import export
from digest.errors import DigestError
from digest.records import Look
from digest.store import Store
from digest.store.ledger import Ledger
from tests import carrying
from tests.carrying import CATALOGUE, NOON, filled, home, seen, sighting, visit

DAY = timedelta(days=1)


def carried(path, place, since=None, at=NOON):
    """Export what was seen to ``path``, without models."""
    export(plan(place, Wanted(since=since), "0.3.0", at), path)
    return path


def taken_in(path, place):
    return import_bundle(path, place, known=CATALOGUE, here=carrying.machine())


def with_ledger(folder):
    """A home with the ledger that homes have."""
    place = home(folder)
    place.home.mkdir(parents=True)
    store = Store(place.home / "digest.duckdb")
    return Place(place.home, place.models_dir, Ledger(store.database))


def pdf(place, name, at):
    """A PDF that came at a moment."""
    path = place.home / "papers" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"%PDF-1.4 " + name.encode())
    os.utime(path, (at.timestamp(), at.timestamp()))


# ---------------------------------------------------------------- what is carried


def test_sightings_come_from_thirty_days_before_and_visits_do_not(tmp_path):
    outside = home(tmp_path / "outside")
    papers = [sighting("2601.00001v1", NOON - 30 * DAY), sighting("2512.00001v1", NOON - 31 * DAY)]
    visits = (visit(NOON - DAY), visit(NOON))
    outside.ledger.record(Look((sighting("2601.16158v1"), *papers), visits))
    for shown in ("2601.00001v1.pdf", "2601.16158v1.pdf"):
        pdf(outside, shown, NOON - 31 * DAY)
    bundle = carried(tmp_path / "lab.bundle", outside, NOON)
    imported = taken_in(bundle, home(tmp_path / "inside"))
    assert [s.paper.id for s in imported.look.sightings] == ["2601.16158v1", "2601.00001v1"]
    assert imported.look.visits == (visit(NOON),)
    assert [path.name for path in imported.placed] == ["2601.16158v1.pdf"]


def test_a_pdf_that_came_late_is_carried(tmp_path):
    outside = home(tmp_path / "outside")
    early = (sighting("2601.00001v1", NOON - 9 * DAY), sighting("2511.00001v1", NOON - 60 * DAY))
    outside.ledger.record(Look((sighting("2601.16158v1"), *early), (visit(NOON),)))
    pdf(outside, "2601.00001v1.pdf", NOON - DAY)
    pdf(outside, "2601.00001v2.pdf", NOON + DAY)
    pdf(outside, "2511.00001v1.pdf", NOON)
    pdf(outside, "2601.77777v1.pdf", NOON)  # never sighted
    bundle = carried(tmp_path / "lab.bundle", outside, NOON)
    imported = taken_in(bundle, home(tmp_path / "inside"))
    assert sorted(path.name for path in imported.placed) == [
        "2511.00001v1.pdf",
        "2601.00001v1.pdf",
        "2601.00001v2.pdf",
    ]


def test_a_pdf_of_before_stays(tmp_path):
    outside = home(tmp_path / "outside")
    old = sighting("2601.00001v1", NOON - 9 * DAY)
    outside.ledger.record(Look((old,), (visit(NOON),)))
    pdf(outside, "2601.00001v1.pdf", NOON - DAY)
    bundle = carried(tmp_path / "lab.bundle", outside, NOON)
    assert taken_in(bundle, home(tmp_path / "inside")).placed == ()


@pytest.mark.parametrize(
    ("look", "since", "said"),
    [
        (Look((), ()), None, "nothing was seen of arXiv: there is nothing to carry"),
        (Look((), (visit(),)), NOON, "nothing was seen of arXiv since 2026-01-22: there is"),
        (seen(), NOON + DAY, "nothing was seen of arXiv since 2026-01-23: there is"),
    ],
)
def test_nothing_to_carry(tmp_path, look, since, said):
    outside = home(tmp_path / "outside")
    outside.home.mkdir(parents=True)
    outside.ledger.record(look)
    with pytest.raises(DigestError, match=said) as caught:
        plan(outside, Wanted(since=since), "0.3.0", NOON)
    assert caught.value.hint == "digest fetch, or an earlier --since"


def test_models_are_carried_with_no_news(tmp_path):
    outside = filled(tmp_path / "outside")
    outside.ledger.path.unlink()
    export(carrying.planned(outside), tmp_path / "lab.bundle")
    imported = taken_in(tmp_path / "lab.bundle", home(tmp_path / "inside"))
    assert [path.name for path in imported.placed] == ["glossary.toml", "tiny.gguf"]


def test_what_no_import_takes_is_left_out_and_said(tmp_path, caplog):
    outside = home(tmp_path / "outside")
    outside.home.mkdir(parents=True)
    bare = sighting("2601.00001v1")
    bare = dataclasses.replace(bare, paper=dataclasses.replace(bare.paper, categories=()))
    outside.ledger.record(Look((bare, sighting("2601.16158v1")), (visit(),)))
    bundle = carried(tmp_path / "lab.bundle", outside)
    assert caplog.messages == ["left out of the bundle: 2601.00001v1 has no category"]
    imported = taken_in(bundle, home(tmp_path / "inside"))
    assert imported.look == Look((sighting("2601.16158v1"),), (visit(),))


# ---------------------------------------------------------------- what is missing


@pytest.fixture
def weekly(tmp_path):
    """Of an outer home that looks each noon: three bundles, each from the day of the one before."""
    outside, bundles = home(tmp_path / "outside"), []
    outside.home.mkdir(parents=True)
    for week in (1, 2, 3):
        days = [NOON + day * DAY for day in range(7 * week - 7, 7 * week)]
        papers = (sighting(f"2601.{at:%m%d}0v1", at) for at in days)
        outside.ledger.record(Look(tuple(papers), tuple(map(visit, days))))
        since = days[0] - timedelta(days=1, hours=12)
        bundles.append(carried(tmp_path / f"{week}.bundle", outside, since, days[-1]))
    return bundles


def test_bundles_that_join_leave_no_gap(tmp_path, weekly):
    inside = home(tmp_path / "inside")
    assert [taken_in(bundle, inside).gap for bundle in weekly] == [None, None, None]


def test_a_bundle_that_was_left_out_leaves_one(tmp_path, weekly):
    inside = home(tmp_path / "inside")
    gaps = [taken_in(weekly[number], inside).gap for number in (0, 2, 1)]
    assert gaps == [None, (NOON + 6 * DAY, NOON + 12.5 * DAY), None]


def test_a_bundle_that_is_missing_is_noticed(tmp_path, caplog):
    inside, outside = home(tmp_path / "inside"), home(tmp_path / "outside")
    for place, at in ((inside, NOON), (outside, NOON + 7 * DAY)):
        place.home.mkdir(parents=True)
        place.ledger.record(Look((sighting("2601.16158v1", at),), (visit(at),)))
    since = NOON + 6 * DAY
    bundle = carried(tmp_path / "late.bundle", outside, since, NOON + 8 * DAY)
    with caplog.at_level(logging.WARNING):
        assert taken_in(bundle, inside).gap == (NOON, since)
    assert caplog.messages == [
        "a bundle is missing: late.bundle begins on 2026-01-28 12:00 UTC, but what is known here "
        "ends on 2026-01-22 12:00 UTC; export again with --since 2026-01-21"
    ]


def test_a_first_bundle_or_one_of_everything_has_no_gap(tmp_path):
    outside, inside = filled(tmp_path / "outside"), home(tmp_path / "inside")
    assert taken_in(carried(tmp_path / "first.bundle", outside, NOON), inside).gap is None
    assert taken_in(carried(tmp_path / "all.bundle", outside), inside).gap is None


# ---------------------------------------------------------------- into a home's own ledger


def renewed(title, known_at):
    return dataclasses.replace(
        sighting("2601.16158v1", title=title), changed_on="2026-01-22", known_at=known_at
    )


def test_what_is_known_of_a_paper_travels(tmp_path):
    outside, inside = with_ledger(tmp_path / "outside"), with_ledger(tmp_path / "inside")
    outside.ledger.record(Look((renewed("Once", NOON + DAY),), (visit(),)))
    taken_in(carried(tmp_path / "a.bundle", outside, NOON, NOON + 2 * DAY), inside)
    assert inside.ledger.looks_since(NOON) == Look((renewed("Once", NOON + DAY),), (visit(),))
    assert inside.ledger.newest_visit_at() == NOON


def test_an_older_bundle_does_not_undo_a_newer(tmp_path):
    outside, inside = with_ledger(tmp_path / "outside"), with_ledger(tmp_path / "inside")
    outside.ledger.record(Look((renewed("First title", NOON),), (visit(),)))
    first = carried(tmp_path / "a.bundle", outside)
    outside.ledger.record(Look((renewed("Second title", NOON + DAY),), (visit(NOON + DAY),)))
    second = carried(tmp_path / "b.bundle", outside, at=NOON + DAY)
    for bundle in (first, second, first):
        taken_in(bundle, inside)
    known = inside.ledger.of_papers(["2601.16158"])["2601.16158"]
    assert [s.paper.title for s in known] == ["Second title"]
    assert known[0].known_at == datetime.fromisoformat("2026-01-23T12:00:00+00:00")
