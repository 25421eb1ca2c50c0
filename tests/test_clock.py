from datetime import UTC, datetime, timedelta

from digest import clock
from digest.clock import SystemClock


def test_the_time_of_day_is_counted_on_from_where_the_process_began(monkeypatch):
    """So a clock that is set in the middle of a night changes nothing in it."""
    began_at = datetime(2016, 1, 23, tzinfo=UTC)
    monkeypatch.setattr(clock, "_beginning", lambda: (began_at, SystemClock().elapsed_s() - 60))
    assert timedelta(seconds=59) < SystemClock().now() - began_at < timedelta(seconds=61)


def test_it_begins_at_the_machines_time():
    clock._beginning.cache_clear()
    assert abs(SystemClock().now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert SystemClock().now() <= SystemClock().now()
