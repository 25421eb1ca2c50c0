"""PyMuPDF's layout model as it comes in the wheel: it loads with one thread and names regions."""

from __future__ import annotations

import pymupdf
import pytest

from digest.extract.model import LayoutModel

PROSE = "The model reads the speech of the speaker and the noise of the room it stands in. "


@pytest.fixture(scope="module")
def model() -> LayoutModel:
    return LayoutModel()


def test_a_heading_and_its_text_are_told_apart(model: LayoutModel) -> None:
    with pymupdf.open() as document:
        page = document.new_page(width=612, height=792)
        page.insert_text((72, 90), "1 Introduction", fontname="tibo", fontsize=14)
        page.insert_textbox((72, 100, 540, 400), PROSE * 20, fontname="tiro", fontsize=10)
        regions = model.regions(page)
    names = {region.name: region for region in regions}
    assert set(names) == {"section-header", "text"}
    head = names["section-header"]
    assert (head.x0, head.y1) < (73, 100)
    assert head.y0 > 70


def test_an_empty_page_has_no_regions(model: LayoutModel) -> None:
    with pymupdf.open() as document:
        assert model.regions(document.new_page()) == []


def test_sessions_have_one_thread(model: LayoutModel) -> None:
    options = model._model.session.get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
