from datetime import UTC, datetime, timedelta

import pytest

from digest.clockcheck import check, is_far_ahead
from digest.errors import DigestError
from digest.records import ArxivId, Look, Outcome, Paper, Visit
from digest.store import Store
from digest.store.ledger import Ledger
from digest.store.newest import newest
from digest.store.posts import PostHeading
from tests.conftest import document

NIGHT = datetime(2026, 1, 23, 1, tzinfo=UTC)
PAPER = Paper(ArxivId.parse("2601.00001v1"))


class At:
    def __init__(self, at):
        self.now = lambda: at


@pytest.fixture
def store(config):
    store = Store(config.database, lambda: NIGHT)
    store.put_result("k", Outcome(PAPER.id, "extract", "done"), document())
    return store


def test_a_clock_of_1970_dates_nothing(config):
    fresh = Store(config.database)
    with pytest.raises(DigestError, match="the clock says 1970-01-01 00:05 UTC") as caught:
        check(fresh, At(datetime(1970, 1, 1, 0, 5, tzinfo=UTC)), dated=False)
    assert "set the clock" in caught.value.hint
    assert not config.database.exists()


def test_a_clock_behind_the_store_dates_nothing(store):
    with pytest.raises(DigestError, match="says 2025-01-23 01:00 UTC, and the store has a result"):
        check(store, At(NIGHT.replace(year=2025)), dated=False)


def test_with_a_date_of_the_users_it_is_a_warning(store, caplog):
    check(store, At(NIGHT.replace(year=2025)), dated=True)
    assert "the clock says 2025-01-23" in caplog.text


@pytest.mark.parametrize("hours", [-24, 0, 24, 24 * 60])
def test_a_clock_that_can_be_right_is_not_spoken_of(store, hours, caplog):
    check(store, At(NIGHT + timedelta(hours=hours)), dated=False)
    assert caplog.text == ""


def test_a_clock_far_ahead_may_be_right_and_is_named(store, caplog):
    check(store, At(NIGHT.replace(year=2036)), dated=False)
    assert "3652 days after the newest thing in the store, a result of 2026-01-23" in caplog.text
    assert is_far_ahead(NIGHT.replace(year=2036), NIGHT)


def test_the_newest_thing_is_found_wherever_it_is(config):
    now = [NIGHT]
    store = Store(config.database, lambda: now[0])
    assert newest(store.database) is None
    visit = Visit("feed", "cs.SD", NIGHT, "fresh")
    Ledger(store.database).record(Look((), (visit,)))
    assert newest(store.database) == ("a look at arXiv", NIGHT)
    now[0] = NIGHT + timedelta(hours=1)
    store.put_failure(Outcome(PAPER.id, "extract", "failed"), "")
    assert newest(store.database) == ("an outcome", now[0])
    now[0] = NIGHT + timedelta(hours=2)
    store.put_post("2026-01-23", PostHeading("T", (), ()), [])
    assert newest(store.database) == ("a post", now[0])
