"""When arXiv announces: submission periods, batches, and the moments at which each is to be seen.

Schedule (https://info.arxiv.org/help/availability.html), US Eastern time, with its clock changes:
submissions close at 14:00 and are announced at 20:00, Sunday to Thursday. What comes from Friday
14:00 to Monday 14:00 goes out on Monday. OAI-PMH follows about two and a half hours later, the
feed about midnight; both are expectations to judge a late answer by, not promises.

Not known here: which papers are in a batch (moderation holds some back for days), holidays that
``holidays.txt`` does not cover (``Calendar.covers``; an unlisted one looks like a stalled feed),
and announcements that arXiv defers ad hoc.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")
CLOSING = time(14, 0)
ANNOUNCING = time(20, 0)
IN_OAI = time(22, 30)
_DAY = timedelta(days=1)
_FRIDAY, _SATURDAY, _SUNDAY = 4, 5, 6
_HOLIDAYS = Path(__file__).with_name("holidays.txt")
# Longer than any pause that arXiv has made: what guards the walks below against a calendar
# in which every evening is a holiday.
_LONGEST_PAUSE_DAYS = 60


@dataclass(frozen=True, slots=True)
class Batch:
    """One announcement. Times are UTC.

    Args:
        name: Listing date YYYY-MM-DD, the day after the announcement evening: Monday to Friday.
        opens_at: Start of its submission period, 14:00 Eastern; the period is
            ``[opens_at, closes_at)``.
        closes_at: End of the period, 14:00 Eastern.
        announced_at: 20:00 Eastern: on the website and in the query API.
        in_oai_at: About 22:30 Eastern.
        in_feed_at: About 00:00 Eastern of the listing date.
    """

    name: str
    opens_at: datetime
    closes_at: datetime
    announced_at: datetime
    in_oai_at: datetime
    in_feed_at: datetime


class Calendar:
    """The order of batches.

    Args:
        holidays: Evenings, as Eastern dates, without an announcement; what was submitted for
            one goes out with the next.
        covered: First and last date of each span for which ``holidays`` is complete.
    """

    def __init__(
        self, holidays: Collection[date] = (), covered: Collection[tuple[date, date]] = ()
    ) -> None:
        self._holidays = frozenset(holidays)
        self._covered = tuple(covered)

    def covers(self, day: date) -> bool:
        """Whether the holidays around ``day`` (an Eastern date) are known."""
        return any(first <= day <= last for first, last in self._covered)

    def newest(self, at: datetime) -> Batch:
        """The newest batch announced at or before ``at``."""
        today = _eastern_date(at)
        if self._announces(today) and _at(today, ANNOUNCING) <= at:
            return self._of_evening(today)
        return self._of_evening(self._evening_before(today))

    def following(self, batch: Batch) -> Batch:
        """The batch announced next after ``batch``."""
        return self._of_evening(next(self._evenings(date.fromisoformat(batch.name))))

    def batch(self, name: str) -> Batch:
        """The batch listed under a date.

        Raises:
            ValueError: None is, or ``name`` is no date.
        """
        evening = date.fromisoformat(name) - _DAY
        if not self._announces(evening):
            raise ValueError(f"arXiv lists no batch under {name}")
        return self._of_evening(evening)

    def of_submission(self, at: datetime) -> Batch:
        """The batch whose submission period holds ``at``: the earliest that can announce it."""
        evenings = self._evenings(_eastern_date(at))
        return self._of_evening(next(day for day in evenings if _closing(day) > at))

    def between(self, after: str, until: datetime) -> list[Batch]:
        """The batches listed after the date ``after`` and announced by ``until``, oldest first.

        Raises:
            ValueError: ``after`` is no date.
        """
        found = []
        for evening in self._evenings(date.fromisoformat(after)):
            if _at(evening, ANNOUNCING) > until:
                break
            found.append(self._of_evening(evening))
        return found

    def _of_evening(self, evening: date) -> Batch:
        return Batch(
            name=(evening + _DAY).isoformat(),
            opens_at=_closing(self._evening_before(evening)),
            closes_at=_closing(evening),
            announced_at=_at(evening, ANNOUNCING),
            in_oai_at=_at(evening, IN_OAI),
            in_feed_at=_at(evening + _DAY, time(0, 0)),
        )

    def _announces(self, evening: date) -> bool:
        return evening.weekday() not in (_FRIDAY, _SATURDAY) and evening not in self._holidays

    def _evenings(self, first: date) -> Iterator[date]:
        """The announcement evenings from ``first`` on, without end.

        Raises:
            ValueError: The holidays leave a gap that no calendar of arXiv's has.
        """
        day, pause = first, 0
        while pause <= _LONGEST_PAUSE_DAYS:
            pause += 1
            if self._announces(day):
                pause = 0
                yield day
            day += _DAY
        raise ValueError(f"no announcement within {_LONGEST_PAUSE_DAYS} days before {day}")

    def _evening_before(self, evening: date) -> date:
        for days in range(1, _LONGEST_PAUSE_DAYS + 1):
            if self._announces(day := evening - timedelta(days=days)):
                return day
        raise ValueError(f"no announcement within {_LONGEST_PAUSE_DAYS} days before {evening}")


def load_calendar(extra: Collection[date] = ()) -> Calendar:
    """The calendar with the package's holidays and ``extra`` ones."""
    holidays, covered = set(extra), []
    for line in _HOLIDAYS.read_text(encoding="utf-8").splitlines():
        words = line.partition("#")[0].split()
        if words[:1] == ["covered"]:
            covered.append((date.fromisoformat(words[1]), date.fromisoformat(words[2])))
        elif words:
            holidays.add(date.fromisoformat(words[0]))
    return Calendar(holidays, covered)


def _closing(evening: date) -> datetime:
    """When the period of an announcement evening closes: that day, for a Sunday on Friday."""
    days = 2 if evening.weekday() == _SUNDAY else 0
    return _at(evening - timedelta(days=days), CLOSING)


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, EASTERN).astimezone(UTC)


def _eastern_date(at: datetime) -> date:
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return at.astimezone(EASTERN).date()
