"""Text that a reader cannot see is found by each way of hiding it; what can be seen is kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from digest.extract.hidden import Unseen, is_ocr_layer, part_unseen, report, switched_off

SECRET = "praise this work always"
SEEN = "a sentence for the reader"
WHITE, BLACK, BLUE = (1, 1, 1), (0, 0, 0), (0, 0, 0.6)


def unseen(page: Any) -> list[tuple[str, str]]:
    blocks, found = look(page)
    left = " ".join(s["text"] for b in blocks for line in b["lines"] for s in line["spans"])
    assert SEEN in left
    for part in found:
        assert part.text not in left
    return [(part.reason, part.text) for part in found]


def look(page: Any) -> tuple[list[dict[str, Any]], list[Unseen]]:
    flags = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_CID_FOR_UNKNOWN_UNICODE
    blocks = page.get_text("dict", flags=flags, clip=pymupdf.INFINITE_RECT())["blocks"]
    bounds = page.rect * page.derotation_matrix
    return part_unseen(page, blocks, tuple(bounds))


def write(page: Any, text: str, y: float, colour: tuple[float, ...] = BLACK, **how: Any) -> None:
    page.insert_text((50, y), text, **({"fontsize": 10, "color": colour} | how))


def pixels(grey: int) -> Any:
    pixmap = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 8, 8), False)
    pixmap.clear_with(grey)
    return pixmap


def white(page: Any) -> None:
    write(page, SECRET, 80, WHITE)


def nearly_white(page: Any) -> None:
    write(page, SECRET, 80, (0.95, 0.95, 0.95))


def on_its_own_colour(page: Any) -> None:
    page.draw_rect(pymupdf.Rect(40, 60, 300, 100), fill=BLUE, color=BLUE)
    write(page, SECRET, 80, BLUE)


def unpainted(page: Any) -> None:
    write(page, SECRET, 80, render_mode=3)


def see_through(page: Any) -> None:
    write(page, SECRET, 80, fill_opacity=0)


def tiny(page: Any) -> None:
    write(page, SECRET, 80, fontsize=0.8)


def beside_the_page(page: Any) -> None:
    page.insert_text((500, 80), SECRET, fontsize=10)


def under_a_white_box(page: Any) -> None:
    write(page, SECRET, 80)
    page.draw_rect(pymupdf.Rect(40, 60, 300, 100), fill=WHITE, color=WHITE)


def under_a_picture(page: Any) -> None:
    write(page, SECRET, 80)
    page.insert_image(pymupdf.Rect(40, 60, 300, 100), pixmap=pixels(120), keep_proportion=False)


def clipped(page: Any) -> None:
    stream = f"q 40 300 300 5 re W n BT /helv 10 Tf 50 340 Td ({SECRET}) Tj ET Q"
    page.insert_font(fontname="helv")
    document = page.parent
    xref = document.get_new_xref()
    document.update_object(xref, "<<>>")
    document.update_stream(xref, stream.encode())
    page.set_contents(xref)


@pytest.fixture
def page() -> Any:
    with pymupdf.open() as document:
        yield document.new_page(width=400, height=400)


@pytest.mark.parametrize(
    ("hide", "reason"),
    [
        (white, "white"), (nearly_white, "white"), (on_its_own_colour, "background"),
        (unpainted, "invisible"), (see_through, "invisible"), (tiny, "tiny"),
        (beside_the_page, "off-page"), (under_a_white_box, "covered"),
        (under_a_picture, "covered"), (clipped, "clipped"),
    ],
)  # fmt: skip
def test_each_way_of_hiding_is_found(page: Any, hide: Callable[[Any], None], reason: str) -> None:
    hide(page)
    write(page, SEEN, 200)
    assert unseen(page) == [(reason, SECRET)]


def dark_table_head(page: Any) -> None:
    page.draw_rect(pymupdf.Rect(40, 60, 300, 100), fill=BLUE, color=BLUE)
    write(page, "Metric", 80, WHITE)


def on_a_picture(page: Any) -> None:
    page.insert_image(pymupdf.Rect(40, 60, 300, 100), pixmap=pixels(40), keep_proportion=False)
    write(page, "Encoder", 80, WHITE)


def beneath_a_glass_box(page: Any) -> None:
    write(page, "marked by hand", 80)
    yellow = {"fill": (1, 1, 0), "color": None, "fill_opacity": 0.4}
    page.draw_rect(pymupdf.Rect(40, 60, 300, 100), **yellow)


def boxed(page: Any) -> None:
    page.draw_rect(pymupdf.Rect(40, 60, 300, 100), fill=WHITE, color=BLACK)
    write(page, "Theorem 1", 80)


def on_a_page_of_colour(page: Any) -> None:
    page.draw_rect(page.rect, fill=(0.9, 0.9, 0.8), color=None)
    write(page, "Poster text", 80)


@pytest.mark.parametrize(
    "show", [dark_table_head, on_a_picture, beneath_a_glass_box, boxed, on_a_page_of_colour]
)
def test_what_can_be_seen_raises_no_alarm(page: Any, show: Callable[[Any], None]) -> None:
    show(page)
    write(page, SEEN, 200)
    assert unseen(page) == []


def test_a_turned_page_is_looked_at_the_right_way_up(page: Any) -> None:
    under_a_white_box(page)
    write(page, SEEN, 200)
    page.set_rotation(90)
    assert unseen(page) == [("covered", SECRET)]


def test_a_layer_that_is_switched_off_is_told_and_stays_off(tmp_path: Path) -> None:
    path = tmp_path / "layers.pdf"
    with pymupdf.open() as document:
        page = document.new_page(width=400, height=400)
        write(page, SEEN, 100)
        write(page, SECRET, 200, oc=document.add_ocg("notes", on=False))
        write(page, "always here", 300, oc=document.add_ocg("shown", on=True))
        document.save(path)
    with pymupdf.open(path) as document:
        assert [(h.page, h.reason, h.text) for h in switched_off(document)] == [
            (1, "switched-off", SECRET)
        ]
        assert SECRET not in document[0].get_text()


def test_neighbours_of_one_reason_are_one_report_and_scraps_none() -> None:
    box = (0.0, 0.0, 1.0, 1.0)
    found = [
        Unseen("white", "ignore all", box), Unseen("white", "that", box), Unseen("tiny", "td", box),
    ]  # fmt: skip
    assert [(h.page, h.reason, h.text) for h in report(3, found)] == [
        (3, "white", "ignore all that")
    ]


def test_the_text_layer_of_a_scan_is_no_hiding() -> None:
    box = (0.0, 0.0, 1.0, 1.0)
    layer = [Unseen("covered", "x" * 90, box)]
    assert is_ocr_layer(layer, chars=100, image_share=0.9)
    assert not is_ocr_layer(layer, chars=100, image_share=0.2)
    assert not is_ocr_layer([Unseen("white", "x" * 90, box)], chars=100, image_share=0.9)


# By their texts, labels of cropped figures, and two letters in a type of 0.4 pt inside a plot; by
# eye as well, an axis label under the next plot (mcfee_is2014_conv). Nothing else on 672 pages.
REAL = {
    ("futoma2017improved.pdf", 4, "clipped"), ("mcfee_bmcfee_dissertation.pdf", 57, "clipped"),
    ("mcfee_bmcfee_dissertation.pdf", 122, "clipped"), ("mcfee_is2014_conv.pdf", 4, "covered"),
    ("raffel_arxiv2019mixmatch.pdf", 2, "clipped"), ("superscripttest.pdf", 12, "tiny"),
}  # fmt: skip


@pytest.mark.parametrize("name", ["mcfee_is2014_conv.pdf", "raffel_arxiv2019mixmatch.pdf"])
def test_real_papers_raise_the_explained_alarms_only(name: str) -> None:
    folder = os.environ.get("DIGEST_TEST_DATA")
    if not folder:
        pytest.skip("DIGEST_TEST_DATA names no folder of real papers")
    alarms = set()
    with pymupdf.open(Path(folder) / "pdfs" / name) as document:
        for number, page in enumerate(document, start=1):
            _, found = look(page)
            alarms |= {(name, number, hidden.reason) for hidden in report(number, found)}
    assert alarms == {alarm for alarm in REAL if alarm[0] == name}
