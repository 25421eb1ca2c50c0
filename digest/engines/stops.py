"""Where an answer ends by what it says, for engines that can only be stopped at a token."""

from __future__ import annotations

from collections.abc import Sequence


def before(text: str, stops: Sequence[str]) -> str:
    """``text`` before the first of ``stops``, all of it where none occurs."""
    places = [place for stop in stops if stop and (place := text.find(stop)) >= 0]
    return text[: min(places)].rstrip() if places else text
