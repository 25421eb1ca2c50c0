"""What a look at the machine finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from digest.errors import DigestError

State = Literal["ok", "warn", "FAIL"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One look at the machine. ``cure``: what to do about it; empty where all is well."""

    what: str
    state: State
    found: str
    cure: str = ""


def checked(what: str, bad: State | None, found: str, cure: str) -> Finding:
    """``bad``: how bad it is; None where all is well, and the cure is not needed."""
    return Finding(what, bad or "ok", found, cure if bad else "")


def looked(what: str, look: Callable[[], Any]) -> Finding:
    """Well where ``look`` comes back, with what it says; else its error and its cure."""
    try:
        return Finding(what, "ok", str(look()))
    except DigestError as exc:
        return Finding(what, "FAIL", exc.message, exc.hint or "")
