"""What makes a ``Document``, known without loading PyMuPDF: a worker does that."""

from __future__ import annotations

from importlib.metadata import version
from typing import Literal

from digest.records import MadeBy

Layout = Literal["fast", "model", "auto"]

RECIPE = 3
"""Raised by one whenever the same PDF comes out differently."""


def made_by(layout: Layout = "fast") -> MadeBy:
    """PyMuPDF's version, our recipe's, and how headings are found."""
    return MadeBy("pymupdf", f"{version('pymupdf')}/recipe-{RECIPE}", options={"layout": layout})
