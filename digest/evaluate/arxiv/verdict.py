"""Posts against the truth: what was lost, repeated, or told wrongly.

Pure. The posts are handed in as they were found in the store and in the Markdown files; the truth
is the world's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from digest.evaluate.arxiv.world import Preprint, World, announced_as
from digest.records import ArxivId, Mark, Update

_WRITTEN = re.compile(r"^- \*\*arXiv\*\*: \[https://arxiv\.org/abs/([^\]\s]+)\]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper in a post, as the store has it.

    ``timed``: the post was made knowing at what time of day the paper was submitted.
    """

    paper: ArxivId
    mark: Mark
    timed: bool = True


@dataclass(frozen=True, slots=True)
class Post:
    """One post. ``written``: base ids of the papers in its Markdown file, in order."""

    date: str
    entries: tuple[Entry, ...]
    updates: tuple[Update, ...]
    written: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged: a lab's posts over the batches ``first`` to ``last``."""

    categories: tuple[str, ...]
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it. The names are lines that say which paper and what is wrong.

    Args:
        announced: Papers of the categories that the batches announced, as new or cross-listed.
        carried: Of these, how many stand in a post.
        late: Carried papers that are marked late.
        cross: Carried papers that are marked cross-listed.
        updates: New versions that posts list.
        lost: Announced, and in no post.
        repeated: In more than one place as new.
        unexpected: In a post, and not announced in these batches.
        unwritten: In the store's post or in the Markdown file, but not in both.
        misjudged: Marked as something that it is not.
        untold: Held by moderation and marked new, where nobody could tell: the batch that it was
            submitted for and the one that it came with became visible together, or no source that
            answered knew when it was submitted.
        wrong_updates: Listed, and no new version of a paper that the named post carried.
        missed_updates: A new version of a carried paper that no post lists.
    """

    announced: int
    carried: int
    late: int
    cross: int
    updates: int
    lost: tuple[str, ...]
    repeated: tuple[str, ...]
    unexpected: tuple[str, ...]
    unwritten: tuple[str, ...]
    misjudged: tuple[str, ...]
    untold: tuple[str, ...]
    wrong_updates: tuple[str, ...]
    missed_updates: tuple[str, ...]

    @property
    def failures(self) -> dict[str, tuple[str, ...]]:
        """What must be empty, by name."""
        return {
            "lost": self.lost,
            "repeated": self.repeated,
            "unexpected": self.unexpected,
            "unwritten": self.unwritten,
            "misjudged": self.misjudged,
            "wrong updates": self.wrong_updates,
            "missed updates": self.missed_updates,
        }


def written_in(markdown: str) -> tuple[str, ...]:
    """Base ids of the papers that a post's Markdown carries, in order."""
    return tuple(ArxivId.parse(name).base for name in _WRITTEN.findall(markdown))


def judge(world: World, subject: Subject, posts: Sequence[Post]) -> Verdict:
    """Compare all posts, oldest first, with what the world announced."""
    truth = _announced(world, subject)
    places = _places(posts)
    entries = [entry for post in posts for entry in post.entries]
    marks = Counter(entry.mark for entry in entries)
    misjudged, untold = _judge_marks(world, subject, truth, posts)
    listed = [update for post in posts for update in post.updates]
    return Verdict(
        announced=len(truth),
        carried=len(truth.keys() & places.keys()),
        late=marks["late"],
        cross=marks["cross"],
        updates=len(listed),
        lost=tuple(f"{base} ({truth[base]})" for base in truth if base not in places),
        repeated=tuple(f"{base}: {', '.join(p)}" for base, p in places.items() if len(p) > 1),
        unexpected=tuple(
            f"{base}: {', '.join(p)}" for base, p in places.items() if base not in truth
        ),
        unwritten=tuple(line for post in posts for line in _unwritten(post)),
        misjudged=misjudged,
        untold=untold,
        wrong_updates=tuple(_wrong_updates(world, posts)),
        missed_updates=tuple(_missed_updates(world, subject, posts)),
    )


def _announced(world: World, subject: Subject) -> dict[str, str]:
    """Base id -> the batch that first announced it to the lab, where that is one of the span's."""
    found = {}
    for preprint in world.preprints:
        batch = _first_announced(preprint, subject.categories)
        if batch is not None and subject.first <= batch <= subject.last:
            found[preprint.base] = batch
    return found


def _first_announced(preprint: Preprint, categories: Sequence[str]) -> str | None:
    batches = [preprint.batch, *(cross.batch for cross in preprint.crosses)]
    first = [b for b in batches if announced_as(preprint, categories, b) in ("new", "cross")]
    return min(first, default=None)


def _places(posts: Sequence[Post]) -> dict[str, list[str]]:
    """Base id -> the date of each post that carries it, once for each time."""
    places: dict[str, list[str]] = {}
    for post in posts:
        for entry in post.entries:
            places.setdefault(entry.paper.base, []).append(post.date)
    return places


def _unwritten(post: Post) -> list[str]:
    stored = Counter(entry.paper.base for entry in post.entries)
    written = Counter(post.written)
    lines = [f"{post.date}: {base} only in the store" for base in (stored - written)]
    return lines + [f"{post.date}: {base} only in the file" for base in (written - stored)]


def _judge_marks(
    world: World, subject: Subject, truth: Mapping[str, str], posts: Sequence[Post]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Entries with a wrong mark, and held papers that could not be known as such."""
    misjudged: list[str] = []
    untold: list[str] = []
    accounted = ""  # newest batch that the posts so far are about
    for post in posts:
        batches = [truth[e.paper.base] for e in post.entries if e.paper.base in truth]
        for entry in post.entries:
            preprint = world.find(entry.paper.base)
            batch = truth.get(entry.paper.base)
            if preprint is None or batch is None:
                continue  # unexpected, and said so elsewhere
            marks = _true_marks(world, subject, preprint, batch <= accounted)
            natural = world.calendar.of_submission(preprint.submitted_at).name
            line = f"{post.date}: {entry.paper} is {' or '.join(marks)}, not {entry.mark}"
            if entry.mark in marks:
                continue
            hidden = natural > accounted or not entry.timed
            is_untold = entry.mark == "new" and marks == ("late",) and hidden
            (untold if is_untold else misjudged).append(line)
        accounted = max([accounted, *batches])
    return tuple(misjudged), tuple(untold)


def _true_marks(
    world: World, subject: Subject, preprint: Preprint, missed: bool
) -> tuple[Mark, ...]:
    """How it may be marked. ``missed``: an earlier post is about its batch or a later one."""
    if preprint.primary not in subject.categories:
        return ("cross",)
    if preprint.submitted_at < world.calendar.batch(preprint.batch).opens_at or missed:
        return ("late",)
    return ("new",)


def _wrong_updates(world: World, posts: Sequence[Post]) -> Iterator[str]:
    places = _places(posts)
    for post in posts:
        for update in post.updates:
            identifier = ArxivId.parse(update.paper)
            preprint = world.find(identifier.base)
            versions = preprint.versions if preprint else ()
            known = any(v.number == identifier.version and v.number > 1 for v in versions)
            if not known or update.date not in places.get(identifier.base, []):
                yield f"{post.date}: {update.paper}, said to be carried on {update.date}"


def _missed_updates(world: World, subject: Subject, posts: Sequence[Post]) -> Iterator[str]:
    """New versions that nobody was told of; those that the feed leaves out (from 6 on) aside."""
    told: dict[str, int] = {}
    for post in posts:
        identifiers = [entry.paper for entry in post.entries]
        identifiers += [ArxivId.parse(update.paper) for update in post.updates]
        for identifier in identifiers:
            told[identifier.base] = max(told.get(identifier.base, 0), identifier.version or 1)
    for base, version in told.items():
        preprint = world.find(base)
        announced = preprint.versions if preprint else ()
        newest = [v for v in announced if v.batch <= subject.last and v.number <= 5]
        if newest and newest[-1].number > version:
            yield f"{base}v{newest[-1].number} ({newest[-1].batch})"
