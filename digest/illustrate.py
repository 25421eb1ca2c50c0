"""The figure that shows a paper's method, as a picture beside the post.

Only where the configuration asks for it and the paper's licence allows it. A post shows those that
are there: one that cannot be cut is missing from the post, and costs nothing else.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from digest import files
from digest.config import Config
from digest.errors import DigestError
from digest.extract.method import method_figure
from digest.records import Figure
from digest.render.entry import Entry, Picture, paper_file
from digest.render.licences import allows_figure, licence_of

Cut = Callable[[Path, Figure, int], bytes]
"""Called as ``cut(pdf, figure, dpi)``: the figure of a PDF as a PNG; may raise DigestError."""

FOLDER = "figures"
_DPI = 150

log = logging.getLogger(__name__)


def illustrated(entries: Sequence[Entry], config: Config) -> list[Entry]:
    """The entries, with the pictures of them that are there."""
    pictures = dict(_pictures(entries, config))
    return [
        replace(entry, picture=pictures[number])
        if number in pictures and _path(pictures[number], config).exists()
        else entry
        for number, entry in enumerate(entries)
    ]


def cut_figures(entries: Sequence[Entry], config: Config, cut: Cut) -> None:
    """Make the pictures that are not there yet.

    Raises:
        StoreError: One cannot be written.
    """
    for number, picture in _pictures(entries, config):
        path = _path(picture, config)
        pdf = config.papers / paper_file(entries[number].paper.id)
        if path.exists() or not pdf.exists():
            continue
        try:
            png = cut(pdf, picture.figure, _DPI)
        except DigestError as exc:
            log.warning("%s: no figure: %s", entries[number].paper.id, exc.message)
            continue
        files.write(path, png)


def _pictures(entries: Sequence[Entry], config: Config) -> Iterator[tuple[int, Picture]]:
    """The pictures that the post may show, with the number of their entry."""
    if config.figures == "off":
        return
    for number, entry in enumerate(entries):
        licence = licence_of(entry.paper.licence)
        if licence is None or not allows_figure(licence, config.figures) or not entry.document:
            continue
        if figure := method_figure(entry.document):
            yield number, Picture(_file(entry, figure), figure, licence)


def _file(entry: Entry, figure: Figure) -> str:
    """``2601.16158v1-figure-2.png``."""
    label = re.sub(r"[^a-z0-9]+", "-", figure.label.lower()).strip("-")
    return f"{Path(paper_file(entry.paper.id)).stem}-{label or 'figure'}.png"


def _path(picture: Picture, config: Config) -> Path:
    return config.posts / FOLDER / picture.file
