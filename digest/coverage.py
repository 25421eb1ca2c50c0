"""What was seen of arXiv, and what it means for a post. Pure: sightings in, a sorting out.

A post carries the batches that became visible since the last one, and what an overlap still turns
up. Each paper ends in exactly one place: carried as new, late or cross-listed; left out, with the
reason; or known from before the digest began. What cannot be told yet waits for the next look.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from datetime import date as Date
from zoneinfo import ZoneInfo

from digest.calendar import Batch, Calendar
from digest.records import (
    Announcement,
    ArxivId,
    Coverage,
    FeedState,
    LeftOut,
    Paper,
    Placement,
    Role,
    Sighting,
    Update,
    Visit,
    Window,
)
from digest.sources.categories import belongs
from digest.store.ledger import CARRIED

BASELINE = timedelta(days=30)
"""How far back a first look goes, and the longest hold that a paper is believed to come out of."""
CROSS_LISTED = "交叉列入（cross_lists = false）"
OUTSIDE = "提交时间在窗口之前（window = strict）"


@dataclass(frozen=True, slots=True)
class Policy:
    """What the sorting goes by.

    Args:
        categories: The lab's.
        cross_lists: Whether papers whose primary category is another are carried.
        calendar: When arXiv announces.
        began: Category -> when its papers were first listed; None: never yet.
        shown: Category -> the batches that its feed has shown.
        covered: Category -> the newest batch up to which nothing is missing; see covered_until.
        last_batch: Category -> the newest batch that an earlier post accounts for; "" before the
            first.
        strict: Only papers submitted in this window; None for whole batches.
    """

    categories: tuple[str, ...]
    cross_lists: bool
    calendar: Calendar
    began: Mapping[str, datetime | None]
    shown: Mapping[str, frozenset[str]]
    covered: Mapping[str, str]
    last_batch: Mapping[str, str]
    strict: Window | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a paper is. ``batch``: the listing date with which it came. ``reason``: left out why."""

    paper: Paper
    role: Role
    batch: str
    reason: str = ""


@dataclass(slots=True)
class Sorting:
    """``found``: for the post, if the rules let it in. ``settled``: what no post will carry."""

    found: list[Found] = field(default_factory=list)
    settled: list[Found] = field(default_factory=list)


def sort_out(
    waiting: Mapping[str, Sequence[Sighting]],
    policy: Policy,
    merge: Callable[[Sequence[Sighting]], Paper],
) -> Sorting:
    """Decide what each waiting paper is. ``merge`` makes one paper of its sightings."""
    sorting = Sorting()
    for sightings in waiting.values():
        paper = merge(sightings)
        found = _judge(paper, sightings, policy)
        if found is None:
            continue
        (sorting.settled if found.role in ("before", "old") else sorting.found).append(found)
    sorting.found.sort(key=_reading_order)
    return sorting


def _reading_order(found: Found) -> tuple[int, str, str]:
    """New papers first, then cross-lists, then late arrivals; the newest batch and id on top."""
    group = ("new", "cross", "left-out", "late").index(found.role)
    return group, _descending(found.batch), _descending(str(found.paper.id))


def _descending(text: str) -> str:
    return "".join(chr(0x10FFFF - ord(character)) for character in text)


def _judge(paper: Paper, sightings: Sequence[Sighting], policy: Policy) -> Found | None:
    """What a paper is; None where it is not the lab's, or cannot be told yet."""
    lab = [category for category in policy.categories if belongs(paper, category)]
    if not lab:
        return None
    began = _began(lab, policy)
    announced = _announcement(paper, sightings, policy)
    found: Found | None
    if announced is not None:
        found = _announced(paper, announced, began, lab, policy)
    elif paper.submitted_at is None or began is None:
        return None
    else:
        found = _listed(paper, sightings, began, lab, policy)
    return found if found is None or policy.strict is None else _in_window(found, policy.strict)


def _in_window(found: Found, window: Window) -> Found | None:
    """The plain window's rule on top; what was submitted after it waits for the next."""
    at = found.paper.submitted_at
    if found.role in ("before", "old") or at is None or at >= window.end_at:
        return found if found.role in ("before", "old") else None
    return found if at >= window.start_at else replace(found, role="left-out", reason=OUTSIDE)


def _began(lab: Sequence[str], policy: Policy) -> datetime | None:
    """When the first of a paper's categories was first listed."""
    known = [at for category in lab if (at := policy.began.get(category)) is not None]
    return min(known) if known else None


def _announcement(
    paper: Paper, sightings: Sequence[Sighting], policy: Policy
) -> Announcement | None:
    """How a paper came to the lab's categories; None where only its new versions were announced.

    A cross-list of a paper that is the lab's own by its primary category is a later one, and not
    how it was announced.
    """
    counted = ("new",) if _is_own(paper, policy) else ("new", "cross")
    found = [
        sighting.paper.announced
        for sighting in sightings
        if sighting.paper.announced is not None and sighting.paper.announced.type in counted
    ]
    return min(found, key=lambda a: (a.type != "new", a.batch)) if found else None


def _is_own(paper: Paper, policy: Policy) -> bool:
    """Whether a paper's primary category is one of the lab's."""
    primary = replace(paper, categories=paper.categories[:1])
    return any(belongs(primary, category) for category in policy.categories)


def _announced(
    paper: Paper,
    announced: Announcement,
    began: datetime | None,
    lab: Sequence[str],
    policy: Policy,
) -> Found:
    """A paper that the feed announced."""
    if began is not None and announced.batch < policy.calendar.newest(began).name:
        return Found(paper, "before", announced.batch)
    return _carried(paper, announced.type == "cross", announced.batch, lab, policy)


def _listed(
    paper: Paper,
    sightings: Sequence[Sighting],
    began: datetime,
    lab: Sequence[str],
    policy: Policy,
) -> Found | None:
    """A paper that was listed without saying how it was announced."""
    calendar = policy.calendar
    first = calendar.newest(began)
    natural = calendar.of_submission(latest_submission(paper))
    if natural.closes_at < began - BASELINE:
        return Found(paper, "old", natural.name)
    first_seen_at = min(sighting.seen_at for sighting in sightings)
    cross = not _is_own(paper, policy)
    if first_seen_at < calendar.following(first).announced_at and natural.name < first.name:
        in_first = _came_with_first(sightings, first, lab, policy)
        if in_first is None:
            return None
        if not in_first:
            return Found(paper, "before", natural.name)
        return _carried(paper, cross, first.name, lab, policy)
    visible = calendar.newest(first_seen_at).name  # at the latest; a day alone may say tomorrow's
    came = natural.name if _last(lab, policy) < natural.name < visible else visible
    return _carried(paper, cross, came, lab, policy)


def _came_with_first(
    sightings: Sequence[Sighting], first: Batch, lab: Sequence[str], policy: Policy
) -> bool | None:
    """Whether a paper submitted earlier was held into the batch with which the digest began.

    That batch's feed would have said so. Where it was missed, OAI-PMH's day of the last change
    decides, which a mere correction moves as well: rather once too often than never. None while
    neither has been read.
    """
    if any(first.name in policy.shown.get(category, ()) for category in lab):
        return False
    if max(policy.covered.get(category, "") for category in lab) < first.name:
        return None
    return any(s.changed_on >= first.name and s.paper.updated_at is None for s in sightings)


def _last(lab: Sequence[str], policy: Policy) -> str:
    """The newest batch that earlier posts account for in any of a paper's categories."""
    return max(policy.last_batch.get(category, "") for category in lab)


def _carried(paper: Paper, cross: bool, batch: str, lab: Sequence[str], policy: Policy) -> Found:
    if cross and not policy.cross_lists:
        return Found(paper, "left-out", batch, CROSS_LISTED)
    if cross:
        return Found(paper, "cross", batch)
    return Found(paper, "late" if _is_late(paper, batch, lab, policy) else "new", batch)


def _is_late(paper: Paper, batch: str, lab: Sequence[str], policy: Policy) -> bool:
    """Submitted before the period of the batch it came with, or missed by an earlier post."""
    if batch <= _last(lab, policy):
        return True
    if paper.submitted_at is None:
        return False
    try:
        came_with = policy.calendar.batch(batch)
    except ValueError:  # listed on a day on which the calendar expects nothing
        return False
    return latest_submission(paper) < came_with.opens_at


def latest_submission(paper: Paper) -> datetime:
    """The latest moment at which it can have been submitted: OAI-PMH knows only the day."""
    at = paper.submitted_at
    assert at is not None
    midnight = at.astimezone(UTC).time() == time(0)
    return at + timedelta(days=1, seconds=-1) if midnight else at


# ---------------------------------------------------------------- what a post says of it


def window_of(date: str, last_date: str, anchor: str, zone: str) -> Window:
    """The label of a post: from the anchor of the last post's day to that of its own.

    Args:
        date: Of the post, YYYY-MM-DD.
        last_date: Of the last post before it; empty for the first, which then spans a day.
        anchor: Time of day, HH:MM, in ``zone``.
        zone: IANA name.
    """
    hour, minute = map(int, anchor.split(":"))
    at = time(hour, minute, tzinfo=ZoneInfo(zone))
    end = Date.fromisoformat(date)
    start = Date.fromisoformat(last_date) if last_date else end - timedelta(days=1)
    return Window(
        datetime.combine(start, at).astimezone(UTC),
        datetime.combine(end, at).astimezone(UTC),
        anchor,
        zone,
    )


def coverage_of(
    placements: Sequence[Placement], window: Window, visits: Sequence[Visit], last: str = ""
) -> Coverage:
    """What a post says of itself: from everything its date accounts for, and the newest visits.

    A run that was stopped after its look looks again, and waits for what comes next. Its post
    brings a batch all the same: after ``last``, the newest that earlier posts account for.
    """
    roles = [placement.role for placement in placements]
    carried = [p for p in placements if p.role in CARRIED]
    left_out = [p for p in placements if p.role == "left-out"]
    batches = {p.batch for p in (*carried, *left_out) if p.batch and p.role != "late"}
    state = overall(visits)
    if state in ("waiting", "quiet") and any(batch > last for batch in batches):
        state = "fresh"
    return Coverage(
        window=window,
        state=state,
        batches=tuple(sorted(batches)),
        announced=len(carried) + len(left_out),
        new=roles.count("new") + roles.count("late"),
        cross=roles.count("cross"),
        late=roles.count("late"),
        updates=tuple(Update(_id(p), p.title, p.reason) for p in placements if p.role == "update"),
        left_out=tuple(LeftOut(_id(p), p.title, p.reason) for p in left_out),
        problems=problems(visits),
    )


def _id(placement: Placement) -> ArxivId:
    version = f"v{placement.version}" if placement.version else ""
    return ArxivId.parse(placement.base + version)


def overall(visits: Sequence[Visit]) -> FeedState:
    """One state for all categories: of each that of its feed, of these the worst.

    The other sources fill in for a feed that fails, but do not make it well.
    """
    feeds = [visit for visit in visits if visit.by == "feed"] or visits
    return max((visit.state for visit in feeds), key=_STATES.index, default="quiet")


_STATES: tuple[FeedState, ...] = ("fresh", "quiet", "waiting", "stalled", "failed")


def problems(visits: Sequence[Visit]) -> tuple[str, ...]:
    """One line for each source that failed or stalled, and for what it said."""
    lines: dict[str, list[str]] = {}
    for visit in visits:
        if visit.state in ("failed", "stalled"):
            lines.setdefault(f"{visit.by}: {visit.detail}", []).append(visit.category)
    return tuple(f"{'+'.join(categories)} {line}" for line, categories in lines.items())


def covered_until(
    shown: Collection[str], caught_up: str, began: datetime | None, calendar: Calendar
) -> str:
    """The newest batch up to which nothing is missing in a category; "" before its first listing.

    A batch that neither the feed nor OAI-PMH gave ends the chain, however many came after it.

    Args:
        shown: The batches that the feed has shown.
        caught_up: The newest batch that OAI-PMH was read up to; empty where it never was.
        began: When the category's papers were first listed.
        calendar: Tells which batches there were.
    """
    if began is None:
        return ""
    until = max(caught_up, _before(calendar.newest(began), calendar))
    listed = Date.fromisoformat(max(shown, default=until))
    horizon = datetime.combine(listed, time(12), tzinfo=UTC)  # its own day
    for batch in calendar.between(until, horizon):
        if batch.name not in shown:
            break
        until = batch.name
    return until


def _before(batch: Batch, calendar: Calendar) -> str:
    return calendar.newest(batch.announced_at - timedelta(seconds=1)).name
