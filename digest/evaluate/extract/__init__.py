"""How well PDFs are read: every figure that the README gives of it, made by one command.

``evaluate`` works on a folder of the form ``pdfs/*.pdf``, ``sections/NAME.{latex,jats,toc}.json``,
``hostile/*.pdf``; what a folder lacks is left out and said. The papers with exact truth are set by
``digest.evaluate.papers``.

Not measured: docling, whose models are not in its wheel and cannot be had offline.
"""

from __future__ import annotations

from digest.evaluate.extract.run import Options, evaluate
from digest.evaluate.report import Part, Report

__all__ = ["Options", "Part", "Report", "evaluate"]
