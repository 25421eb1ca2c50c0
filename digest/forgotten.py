"""Papers that were to be forgotten are not let in again, wherever they come from."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from digest.sources import Arrival
from digest.store import Store
from digest.store.forgetting import forgotten

log = logging.getLogger(__name__)


def not_forgotten(arrivals: Sequence[Arrival], store: Store) -> list[Arrival]:
    """The arrivals without papers that were forgotten: by their id, or the same PDF.

    What is left out is said, and not which paper it is.
    """
    gone = forgotten(store.database)
    kept = []
    for arrival in arrivals:
        names = [arrival.paper.id.base]
        names += [f"local:{arrival.pdf_sha256}"] if arrival.pdf_sha256 else []
        at = gone.when(*names)
        if at is None:
            kept.append(arrival)
        else:
            log.warning("a paper is left out: forgotten on %s", f"{at:%Y-%m-%d}")
    return kept
