"""What the models of a run may take, as it is written in the settings."""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest.errors import ConfigError

_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?")
_TOKENS = re.compile(r"(\d+(?:\.\d+)?)([kM])")
_BUDGET_FORMS = "write it as 3h, 90m or 1h30m of the models' time, or 800k or 2M tokens"


@dataclass(frozen=True, slots=True)
class Budget:
    """What the models of a run may take; None is as much as they want. Tokens: written ones."""

    seconds: float | None = None
    tokens: int | None = None


def parse_budget(text: str) -> Budget:
    """``3h``, ``90m``, ``1h30m``, ``800k``, ``2M``; empty for no bound.

    Raises:
        ConfigError: It is none of these, or nothing.
    """
    if not text:
        return Budget()
    tokens, duration = _TOKENS.fullmatch(text), _DURATION.fullmatch(text)
    amount = 0.0
    if tokens:
        amount = float(tokens[1]) * {"k": 1_000, "M": 1_000_000}[tokens[2]]
    elif duration:
        amount = 3600 * float(duration[1] or 0) + 60 * float(duration[2] or 0)
    if amount <= 0:
        raise ConfigError(f"budget: not an amount: {text!r}", _BUDGET_FORMS)
    return Budget(tokens=int(amount)) if tokens else Budget(seconds=amount)
