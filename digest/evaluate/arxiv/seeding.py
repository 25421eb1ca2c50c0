"""Makes a world from a seed: submissions, moderation holds, cross-lists, versions, withdrawals."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from digest.calendar import EASTERN, Batch, Calendar
from digest.evaluate.arxiv.wording import Wording
from digest.evaluate.arxiv.world import CrossList, Preprint, Version, World

_LICENCES = (
    "http://arxiv.org/licenses/nonexclusive-distrib/1.0/",
    "http://creativecommons.org/licenses/by/4.0/",
    "http://creativecommons.org/licenses/by-nc-nd/4.0/",
    "http://creativecommons.org/publicdomain/zero/1.0/",
)
_LONGEST_HOLD_DAYS = 5


@dataclass(frozen=True, slots=True)
class Mix:
    """How much of what the world holds.

    Args:
        per_batch: Mean number of submissions a batch, by primary category.
        held: Share that moderation holds back, by 1 to 5 days.
        crossed: Share cross-listed on submission, to one or two categories.
        crossed_later: Share cross-listed once more, days or weeks after its announcement.
        replaced: Share that gets another version; of each version again the same share.
        withdrawn: Share of those versions that withdraw the paper.
        touched: Share whose metadata is edited later without an announcement.
    """

    per_batch: Mapping[str, float] = field(
        default_factory=lambda: {"cs.SD": 3, "eess.AS": 2, "cs.CL": 2, "cs.LG": 2, "cs.CV": 1}
    )
    held: float = 0.15
    crossed: float = 0.4
    crossed_later: float = 0.06
    replaced: float = 0.3
    withdrawn: float = 0.05
    touched: float = 0.1


def generate(
    calendar: Calendar, first: str, last: str, seed: int = 1, mix: Mix | None = None
) -> World:
    """The world of all submissions for the batches ``first`` to ``last``.

    What is held or replaced near the end comes out after ``last``. A few old papers, of the old
    identifier scheme too, are replaced in between.

    Raises:
        ValueError: No batch is listed under ``first`` or ``last``.
    """
    maker = _Maker(calendar, random.Random(seed), mix or Mix())
    drafts = list(maker.submissions(calendar.batch(first), last))
    drafts.sort(key=lambda draft: (draft.batch, draft.submitted_at))
    return World(calendar, [*maker.old_papers(first, last), *_numbered(calendar, drafts)])


def _numbered(calendar: Calendar, drafts: list[Preprint]) -> Iterator[Preprint]:
    """Identifiers as arXiv gives them: in the order and the month of the first announcement."""
    month, number = "", 0
    for draft in drafts:
        evening = calendar.batch(draft.batch).announced_at.astimezone(EASTERN)
        if evening.strftime("%y%m") != month:
            month, number = evening.strftime("%y%m"), 0
        number += 1
        yield replace(draft, base=f"{month}.{number:05d}")


class _Maker:
    """Draws everything from one seeded generator."""

    def __init__(self, calendar: Calendar, chance: random.Random, mix: Mix) -> None:
        self._calendar = calendar
        self._chance = chance
        self._mix = mix
        self._wording = Wording(chance)

    def submissions(self, batch: Batch, last: str) -> Iterator[Preprint]:
        """Drafts, without identifiers, submitted in the periods of ``batch`` to ``last``."""
        while batch.name <= last:
            for category, mean in self._mix.per_batch.items():
                for _ in range(self._chance.randint(0, round(2 * mean))):
                    yield self._preprint(category, self._between(batch.opens_at, batch.closes_at))
            batch = self._calendar.following(batch)

    def old_papers(self, first: str, last: str) -> list[Preprint]:
        """Papers of long ago with new versions now, some with too many versions for the feed."""
        bases = ("cs/9901002", "cs.SD/0412017", "quant-ph/0201082", "1105.0001", "2003.01234")
        return [self._old_paper(base, first, last) for base in bases]

    def _old_paper(self, base: str, first: str, last: str) -> Preprint:
        submitted_at = datetime(2010, 1, 4, 15, tzinfo=UTC)
        before = self._chance.randint(1, 6)
        versions = [Version(n, submitted_at, "2010-01-06") for n in range(1, before + 1)]
        start, end = self._calendar.batch(first).opens_at, self._calendar.batch(last).closes_at
        middle = start + (end - start) / 2
        for since, until in ((start, middle), (middle, end)):
            at = self._between(since, until)
            batch = self._calendar.of_submission(at).name
            versions.append(Version(len(versions) + 1, at, batch))
        crosses = (CrossList("eess.AS", "2010-01-06"),)
        paper = self._preprint("cs.SD", submitted_at)
        return replace(paper, base=base, crosses=crosses, versions=tuple(versions), touched=())

    def _between(self, since: datetime, until: datetime) -> datetime:
        return since + timedelta(
            seconds=self._chance.randrange(int((until - since).total_seconds()))
        )

    def _preprint(self, category: str, submitted_at: datetime) -> Preprint:
        first = Version(1, submitted_at, self._announced(submitted_at))
        title = self._wording.title()
        return Preprint(
            base="",
            title=title,
            abstract=self._wording.abstract(title),
            authors=self._wording.authors(),
            licence=self._chance.choice(_LICENCES),
            comments=self._wording.comments(),
            doi=self._wording.doi(),
            journal_ref=self._wording.journal_ref(),
            primary=category,
            crosses=self._crosses(category, first.batch),
            versions=self._versions(first),
            touched=self._touched(first.batch),
        )

    def _announced(self, submitted_at: datetime) -> str:
        held = self._chance.random() < self._mix.held
        days = self._chance.randint(1, _LONGEST_HOLD_DAYS) if held else 0
        return self._calendar.of_submission(submitted_at + timedelta(days=days)).name

    def _crosses(self, category: str, batch: str) -> tuple[CrossList, ...]:
        others = [other for other in self._mix.per_batch if other != category]
        self._chance.shuffle(others)
        number = self._chance.randint(1, 2) if self._chance.random() < self._mix.crossed else 0
        crosses = [CrossList(other, batch) for other in others[:number]]
        if len(others) > number and self._chance.random() < self._mix.crossed_later:
            crosses.append(CrossList(others[number], self._later(batch, 25)))
        return tuple(crosses)

    def _versions(self, first: Version) -> tuple[Version, ...]:
        versions = [first]
        while not versions[-1].withdrawn and self._chance.random() < self._mix.replaced:
            since = self._calendar.batch(versions[-1].batch).announced_at
            at = self._between(since + timedelta(hours=5), since + timedelta(days=18))
            withdrawn = self._chance.random() < self._mix.withdrawn
            batch = self._calendar.of_submission(at).name
            versions.append(Version(len(versions) + 1, at, batch, withdrawn))
        return tuple(versions)

    def _touched(self, batch: str) -> tuple[str, ...]:
        if self._chance.random() >= self._mix.touched:
            return ()
        day = date.fromisoformat(batch) + timedelta(days=self._chance.randint(1, 40))
        return (day.isoformat(),)

    def _later(self, batch: str, days: int) -> str:
        """The batch of a change made up to ``days`` days after the announcement of ``batch``."""
        since = self._calendar.batch(batch).announced_at
        at = self._between(since + timedelta(hours=12), since + timedelta(days=days))
        return self._calendar.of_submission(at).name
