"""How arXiv's fields are written down: on one line, and None where nothing is known."""

from __future__ import annotations


def joined(text: str) -> str:
    """``text`` on one line: arXiv breaks lines within titles and abstracts."""
    return " ".join(text.split())


def known(text: str | None) -> str | None:
    """``text`` on one line, None where there is none."""
    return joined(text or "") or None
