"""PyMuPDF's own layout model: slower, and better where fonts say little.

A graph network in ONNX form that comes in PyMuPDF's wheel and runs offline, about 2.7 pages/s on
one core. Here it only says what the regions of a page are; ``fusion`` decides what follows.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from digest.errors import ExtractError
from digest.extract.paint import LIBRARY_ERRORS


class Region(NamedTuple):
    """A region of a page: what the model calls it, and where it is, in points.

    ``name``: text, title, picture, table, list-item, page-header, page-footer, section-header,
    footnote, caption, formula.
    """

    name: str
    x0: float
    y0: float
    x1: float
    y1: float


class LayoutModel:
    """The loaded model; loading takes about half a second and 250 MB of memory when it runs."""

    def __init__(self) -> None:
        try:
            # PyMuPDF loads it on import, with a thread for each core; a reader is one of several
            # processes, so it takes one of its own. Not public: checked by a test.
            from pymupdf.layout.onnx import BoxRFDGNN as network
            from pymupdf.layout.onnx import common_util
        except ImportError as exc:
            raise ExtractError(
                "this PyMuPDF comes without its layout model",
                hint="set extract.layout to fast, or install pymupdf 2.0 or later",
            ) from exc
        several = network.make_session
        network.make_session = _one_thread(common_util.ort)
        try:
            self._model = network.BoxRFDGNN(use_sort=False)
        finally:
            network.make_session = several
        self._model.table_grid_extractor = None  # cells are read elsewhere

    def regions(self, page: Any) -> list[Region]:
        """The regions of an open page; empty where the model fails on it."""
        try:
            found = self._model.predict(page, do_sort=False)
        except LIBRARY_ERRORS:
            return []
        return [Region(str(name), *(float(v) for v in box)) for *box, name in found]


def _one_thread(onnxruntime: Any) -> Any:
    def make_session(path: str, providers: list[str] | None = None) -> Any:
        options = onnxruntime.SessionOptions()
        options.enable_cpu_mem_arena = False  # as PyMuPDF has it: memory goes back after a page
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return onnxruntime.InferenceSession(path, sess_options=options, providers=providers)

    return make_session
