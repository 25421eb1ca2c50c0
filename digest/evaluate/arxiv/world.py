"""The truth of the fake arXiv: which papers there are, and when each of their versions comes out.

Everything that the server shows, and everything that a run is judged by, is derived from here.
``generate`` makes a world from a seed; ``World`` answers what had been announced by a batch.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.calendar import Calendar
from digest.records import AnnounceType


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a paper. ``batch``: the listing date that announced it."""

    number: int
    submitted_at: datetime
    batch: str
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class CrossList:
    """A category beside the primary one, and the batch that announced it there."""

    category: str
    batch: str


@dataclass(frozen=True, slots=True)
class Preprint:
    """A paper as arXiv holds it.

    Args:
        base: Identifier without version.
        primary: Primary category.
        crosses: Cross-lists, those given on submission and those added later.
        versions: From 1, oldest first.
        touched: UTC dates on which its metadata was edited without any announcement, which
            OAI-PMH shows as a modification.
    """

    base: str
    title: str
    abstract: str
    authors: tuple[str, ...]
    licence: str
    comments: str | None
    doi: str | None
    journal_ref: str | None
    primary: str
    crosses: tuple[CrossList, ...]
    versions: tuple[Version, ...]
    touched: tuple[str, ...] = ()

    @property
    def submitted_at(self) -> datetime:
        """When its first version was submitted."""
        return self.versions[0].submitted_at

    @property
    def batch(self) -> str:
        """The batch that announced its first version."""
        return self.versions[0].batch


@dataclass(frozen=True, slots=True)
class Shown:
    """A preprint as it stands after some batch: what of it is public.

    Args:
        preprint: The paper.
        versions: Announced so far, oldest first; at least one.
        categories: Primary first, then the cross-lists announced so far.
        modified: UTC date of the last change, which OAI-PMH calls the datestamp.
    """

    preprint: Preprint
    versions: tuple[Version, ...]
    categories: tuple[str, ...]
    modified: str

    @property
    def newest(self) -> Version:
        """The newest public version."""
        return self.versions[-1]


@dataclass(frozen=True, slots=True)
class Notice:
    """A line of an announcement: this version of a paper, announced in this way."""

    shown: Shown
    type: AnnounceType


class World:
    """All preprints, and what is public of them when.

    Args:
        calendar: When batches are announced.
        preprints: In the order of their identifiers' assignment.
    """

    def __init__(self, calendar: Calendar, preprints: Sequence[Preprint]) -> None:
        self.calendar = calendar
        self.preprints = tuple(preprints)
        self._by_base = {preprint.base: preprint for preprint in preprints}

    def find(self, base: str) -> Preprint | None:
        """The preprint of an identifier without version."""
        return self._by_base.get(base)

    def public(self, batch: str, today: str) -> list[Shown]:
        """Everything announced up to ``batch``, with the edits up to the date ``today``."""
        shown = (show(preprint, batch, today) for preprint in self.preprints)
        return [each for each in shown if each is not None]

    def notices(self, categories: Collection[str], batch: str) -> list[Notice]:
        """What the announcement of ``batch`` lists for a set of categories, each paper once.

        In arXiv's order: new, cross, replace, replace-cross.
        """
        found = []
        for preprint in self.preprints:
            kind = announced_as(preprint, categories, batch)
            shown = show(preprint, batch, batch) if kind else None
            if kind and shown:
                found.append(Notice(shown, kind))
        order: list[AnnounceType] = ["new", "cross", "replace", "replace-cross"]
        return sorted(found, key=lambda notice: order.index(notice.type))


def show(preprint: Preprint, batch: str, today: str) -> Shown | None:
    """What is public of a preprint after ``batch``; None where it is not announced yet."""
    versions = tuple(v for v in preprint.versions if v.batch <= batch)
    if not versions:
        return None
    crosses = [cross for cross in preprint.crosses if cross.batch <= batch]
    changes = [v.batch for v in versions] + [cross.batch for cross in crosses]
    changes += [day for day in preprint.touched if day <= today]
    categories = (preprint.primary, *(cross.category for cross in crosses))
    return Shown(preprint, versions, categories, max(changes))


def announced_as(
    preprint: Preprint, categories: Collection[str], batch: str
) -> AnnounceType | None:
    """How ``batch`` announced a preprint to readers of ``categories``; None: not at all.

    A paper that is new in one of them is new, wherever else it is listed.
    """
    crosses = [cross.batch for cross in preprint.crosses if cross.category in categories]
    primary = preprint.primary in categories
    if primary and preprint.batch == batch:
        return "new"
    if batch in crosses:
        return "cross"
    if any(version.batch == batch for version in preprint.versions[1:]):
        if primary:
            return "replace"
        if any(cross < batch for cross in crosses):
            return "replace-cross"
    return None
