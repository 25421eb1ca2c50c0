"""Whether the clock can be right, before a night is dated by it.

Only the plainly wrong is found: a clock that a dead battery set to its first day, or one that is
behind what the store remembers. A clock that is ahead may be right, for the home may have rested.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from digest.clock import Clock
from digest.errors import DigestError
from digest.store import Store
from digest.store.newest import newest

RELEASED_AT = datetime(2025, 1, 1, tzinfo=UTC)
"""Well before this version; a clock without a battery begins at 1970 or with its board."""
BEHIND = timedelta(days=1)
"""A smaller step back is a correction, or another machine's clock that a bundle brought."""
AHEAD = timedelta(days=60)
"""A home that rested for longer is rare."""

SET = "set the clock (timedatectl); or give --date"

log = logging.getLogger(__name__)


def check(store: Store, clock: Clock, dated: bool) -> None:
    """Look at the clock before a run.

    Args:
        store: Remembers when things were made.
        clock: The one that will date the run.
        dated: Whether the user named the post's date; then a wrong clock is only a warning.

    Raises:
        DigestError: A post would be made under a wrong date.
    """
    now = clock.now()
    problem, doubt = looked_at(newest_known(store), now)
    if problem is not None and not dated:
        raise problem
    if problem is not None:
        log.warning("%s", problem.message, extra={"hint": problem.hint})
    elif doubt:
        log.warning("%s", doubt, extra={"hint": "if it is wrong, set the clock"})


def newest_known(store: Store) -> tuple[str, datetime] | None:
    """What a clock is held against: the newest thing in the store, and when it was put there.

    Raises:
        StoreError: The store cannot be read.
    """
    return newest(store.database) if store.database.exists() else None


def looked_at(known: tuple[str, datetime] | None, now: datetime) -> tuple[DigestError | None, str]:
    """What is wrong with a clock that says ``now``, and what may be wrong; empty where nothing is.

    ``known``: as of ``newest_known``.
    """
    problem = _behind(now, known)
    if problem is None and known is not None and is_far_ahead(now, known[1]):
        return None, _ahead(now, *known)
    return problem, ""


def is_far_ahead(now: datetime, newest_at: datetime) -> bool:
    """Whether so long has passed that nothing should be removed for its age alone."""
    return now - newest_at > AHEAD


def _behind(now: datetime, known: tuple[str, datetime] | None) -> DigestError | None:
    if now < RELEASED_AT:
        return DigestError(
            f"the clock says {now:%Y-%m-%d %H:%M} UTC: that is before this version was made", SET
        )
    if known is None or now >= known[1] - BEHIND:
        return None
    what, at = known
    return DigestError(
        f"the clock says {now:%Y-%m-%d %H:%M} UTC, and the store has {what} of {at:%Y-%m-%d %H:%M}",
        f"{SET}; if it was wrong then and is right now: digest restore, with a backup from before",
    )


def _ahead(now: datetime, what: str, at: datetime) -> str:
    return (
        f"the clock says {now:%Y-%m-%d}, {(now - at).days} days after the newest thing in the "
        f"store, {what} of {at:%Y-%m-%d}"
    )
