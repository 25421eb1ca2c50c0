from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from digest.allowance import Allowance, seconds_until
from digest.budget import Budget
from digest.errors import OutOfTime


class Clock:
    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s


class Spent:
    def __init__(self, seconds=0.0, tokens=0):
        self.seconds, self.tokens = seconds, tokens


def made(allowance, clock, stage, seconds):
    with allowance.paper(stage):
        clock.now_s += seconds


SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 1, 23, 22, 30, tzinfo=SHANGHAI), 9),
        (datetime(2026, 1, 23, 7, 0, tzinfo=SHANGHAI), 0.5),
        (datetime(2026, 1, 23, 7, 30, tzinfo=SHANGHAI), 24),
        (datetime(2026, 3, 28, 22, 30, tzinfo=BERLIN), 8),  # an hour is left out that night
        (datetime(2026, 10, 24, 22, 30, tzinfo=BERLIN), 10),  # and one comes twice
    ],
)
def test_the_end_is_the_next_time_that_clocks_show_it(now, hours):
    assert seconds_until("07:30", now) == hours * 3600


def test_a_paper_is_begun_only_if_it_will_end_in_time():
    clock = Clock()
    allowance = Allowance(clock, most_s=100, reserve_s=10)
    allowance.expect("explain", 5)
    for _ in range(3):
        made(allowance, clock, "explain", 25)
    with pytest.raises(OutOfTime, match="the time of this run is over"):
        made(allowance, clock, "explain", 25)  # it would end at 100, and 10 are kept
    assert clock.now_s == 75


def test_what_papers_took_before_tells_about_the_first_of_this_run():
    clock = Clock()
    allowance = Allowance(clock, most_s=60)
    allowance.expect("explain", 2, before=[70.0, 80.0, 90.0])
    with pytest.raises(OutOfTime):
        made(allowance, clock, "explain", 1)


def test_without_any_knowledge_a_paper_is_begun_as_long_as_there_is_time():
    clock = Clock()
    allowance = Allowance(clock, most_s=60)
    made(allowance, clock, "explain", 500)
    with pytest.raises(OutOfTime):
        made(allowance, clock, "explain", 1)


def test_a_budget_of_time_is_that_of_the_models():
    clock = Clock()
    allowance = Allowance(clock, budget=Budget(seconds=50.0))
    allowance.spent = Spent(seconds=20.0)
    made(allowance, clock, "explain", 25)
    allowance.spent = Spent(seconds=45.0)
    with pytest.raises(OutOfTime, match="models' time"):
        made(allowance, clock, "explain", 25)


def test_a_budget_of_tokens():
    clock = Clock()
    allowance = Allowance(clock, budget=Budget(tokens=1000))
    made(allowance, clock, "explain", 1)
    allowance.spent = Spent(tokens=400)
    made(allowance, clock, "explain", 1)
    allowance.spent = Spent(tokens=800)
    with pytest.raises(OutOfTime, match="tokens"):
        made(allowance, clock, "explain", 1)  # one took 400, and 200 are left


def test_papers_under_way_have_their_share_of_the_tokens_already():
    clock = Clock()
    allowance = Allowance(clock, budget=Budget(tokens=1000))
    allowance.expect("explain", 30, at_once=30)
    made(allowance, clock, "explain", 1)
    allowance.spent = Spent(tokens=300)
    with (
        allowance.paper("explain"),
        allowance.paper("explain"),
        pytest.raises(OutOfTime, match="tokens"),
    ):
        made(allowance, clock, "explain", 1)


def test_how_long_it_will_take_is_what_the_middle_half_of_papers_took():
    clock = Clock()
    allowance = Allowance(clock)
    allowance.expect("translate", 3)
    allowance.expect("explain", 2, before=[10.0, 20.0, 30.0, 40.0, 50.0])
    assert allowance.left_s() is None  # nothing is known of translations yet
    made(allowance, clock, "translate", 4)
    assert allowance.left_s() == (2 * 4 + 2 * 20, 2 * 4 + 2 * 40)
    allowance.passed("explain")
    assert allowance.left_s() == (2 * 4 + 20, 2 * 4 + 40)


def test_papers_in_flight_together_take_less_and_no_run_takes_more_than_it_may():
    clock = Clock()
    allowance = Allowance(clock, most_s=100)
    allowance.expect("explain", 40, at_once=8, before=[10.0, 10.0])
    assert allowance.left_s() == (50.0, 50.0)
    allowance.expect("explain", 400)
    assert allowance.left_s() == (100.0, 100.0)


def test_a_paper_that_fails_takes_no_part_in_what_is_usual():
    clock = Clock()
    allowance = Allowance(clock)
    allowance.expect("explain", 2)
    with pytest.raises(OSError, match="gone"), allowance.paper("explain"):
        raise OSError("gone")
    assert allowance.left_s() is None
