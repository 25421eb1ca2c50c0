"""What a feed's answer is worth: which batch it shows, and which of five states that means.

The date of arXiv's feed is the day on which it was built, so a stalled feed shows yesterday's
papers under today's date. What it shows is told from its papers instead:

- Ids that were all seen before (the fingerprint) are no new batch, whatever the date.
- When its new papers were submitted tells the batch: if hardly any was submitted in the period of
  the batch that the date names, it is the batch in whose period most were.

Not told apart: a feed that stalls half-way, with some papers of its batch missing. The overlap of
the query API finds those.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from digest.calendar import EASTERN, Batch, Calendar
from digest.records import FeedState, Paper
from digest.sources.feeds import FeedDay

GRACE = timedelta(hours=3)
"""How long after its usual hour (midnight Eastern) a feed may show its batch before it counts as
stalled: arXiv names the hour without a promise."""
_FEWEST_VOTES = 3  # fewer new papers can well be held ones, all from an earlier period
_SHARE_IN_PERIOD = 0.1  # of an honest batch about nine in ten are from its period


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of a category before a look.

    Args:
        batch: Listing date of the newest batch whose papers were all taken in; empty: the
            category was never looked at.
        fingerprint: Of the newest feed answer that had papers of the category.
    """

    batch: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """On one category's part of a feed. ``batch``: the listing date of what it shows, empty
    where it shows nothing, or nothing that was not seen before under another date."""

    state: FeedState
    batch: str
    detail: str = ""


class FeedJudge:
    """Judges feeds at one moment. ``expected``: the newest batch that feeds show by now."""

    def __init__(self, calendar: Calendar, now: datetime) -> None:
        self._calendar = calendar
        self._now = now
        self._today = now.astimezone(EASTERN).date()
        self.newest = calendar.newest(now)
        self.expected = self.newest
        if now < self.newest.in_feed_at:
            self.expected = calendar.newest(self.newest.announced_at - timedelta(seconds=1))

    @property
    def overdue(self) -> bool:
        """Whether the expected batch should be there even if the feed is slow today."""
        return self._now >= self.expected.in_feed_at + GRACE

    def shows(self, day: FeedDay, submitted: Mapping[str, datetime]) -> Batch | None:
        """The batch that a whole feed shows; None for a feed without papers.

        Args:
            day: The feed.
            submitted: Times of submission by base id, as far as they are known.
        """
        if not day.items:
            return None
        dated = self._listed_by(day.batch)
        new = [p for p in day.items if p.announced is not None and p.announced.type == "new"]
        times = [submitted[p.id.base] for p in new if p.id.base in submitted]
        votes = Counter(self._calendar.of_submission(at).name for at in times)
        if len(times) < _FEWEST_VOTES or votes[dated.name] >= _SHARE_IN_PERIOD * len(times):
            return dated
        name = max(votes, key=lambda name: (votes[name], name))
        return min(self._calendar.batch(name), self.newest, key=lambda batch: batch.name)

    def judge(
        self, papers: Sequence[Paper], known: Known, shown: Batch | None, is_empty_batch: bool
    ) -> Verdict:
        """The state of one category.

        Args:
            papers: The feed's papers of the category.
            known: What was known of it before.
            shown: What ``shows`` said of the whole feed.
            is_empty_batch: Whether the query API answered and has no paper submitted for the
                expected batch: why a feed may rightly be empty.
        """
        if shown is None:
            return self._without_papers(is_empty_batch)
        if papers and fingerprint(papers) == known.fingerprint and known.batch < shown.name:
            return self._nothing_new(known.batch, "", f"known papers under the date {shown.name}")
        if shown.name > known.batch and shown.name >= self.expected.name:
            return Verdict("fresh", shown.name)
        return self._nothing_new(shown.name, shown.name, f"still the batch of {shown.name}")

    def _without_papers(self, is_empty_batch: bool) -> Verdict:
        if self.expected.name != self._today.isoformat():
            return self._idle("")
        if is_empty_batch:
            return Verdict("fresh", self.expected.name, "a batch without papers")
        return self._nothing_new("", "", "a feed without papers")

    def _nothing_new(self, has: str, batch: str, what: str) -> Verdict:
        """``has``: the newest batch that we have, with this answer or before it."""
        if has >= self.expected.name:
            return self._idle(batch)
        due = f"{self.expected.name} should be there since {_hour(self.expected.in_feed_at)}"
        return Verdict("stalled" if self.overdue else "waiting", batch, f"{what}; {due}")

    def _idle(self, batch: str) -> Verdict:
        """Everything that should be there is: what comes next?"""
        if self.newest.name > self.expected.name:
            when = f"announced, in the feed about {_hour(self.newest.in_feed_at)}"
            return Verdict("waiting", batch, f"{self.newest.name} is {when}")
        coming = self._calendar.following(self.newest)
        when = f"the next announcement is on {_hour(coming.announced_at)}"
        is_tonight = coming.announced_at.astimezone(EASTERN).date() == self._today
        if is_tonight and coming.closes_at <= self._now:
            return Verdict("waiting", batch, when)
        is_listed_today = self.expected.name == self._today.isoformat()
        return Verdict("fresh" if is_listed_today else "quiet", batch, when)

    def oldest_due(self, known: Known) -> Batch:
        """The oldest batch that is not yet taken in; the newest where all are, or none ever was."""
        if not known.batch:
            return self.newest
        return next(iter(self._calendar.between(known.batch, self._now)), self.newest)

    def missing(self, known: Known, verdict: Verdict) -> list[Batch]:
        """Batches after ``known`` that this answer does not show and that are to be had by now."""
        if not known.batch:
            return []
        broken = verdict.state in ("stalled", "failed")
        return [
            batch
            for batch in self._calendar.between(known.batch, self._now)
            if batch.name != verdict.batch
            and (batch.in_feed_at + GRACE <= self._now or (broken and batch.in_oai_at <= self._now))
        ]

    def _listed_by(self, name: str) -> Batch:
        """The newest batch listed on or before a date; the expected one where there is none."""
        if not name:
            return self.expected
        noon = datetime.combine(date.fromisoformat(name), time(12), EASTERN)
        return self._calendar.newest(min(noon, self._now.astimezone(EASTERN)))


def fingerprint(papers: Sequence[Paper]) -> str:
    """sha256 over the sorted ids; empty where there is no paper, which marks no batch."""
    if not papers:
        return ""
    return hashlib.sha256("\n".join(sorted(paper.id for paper in papers)).encode()).hexdigest()


def _hour(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
