"""What makes a ``Document``, known without loading PyMuPDF: a worker does that."""

from __future__ import annotations

from importlib.metadata import version

from digest.records import MadeBy

RECIPE = 1
"""Raised by one whenever the same PDF comes out differently."""


def made_by() -> MadeBy:
    """PyMuPDF's version and our recipe's."""
    return MadeBy("pymupdf", f"{version('pymupdf')}/recipe-{RECIPE}")
