"""Pages painted with the cited words marked: each rectangle is read back from the page."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from digest.errors import ExtractError
from digest.extract.pages import Painter
from digest.extract.pictures import Easel
from digest.extract.reader import Reader
from digest.records import Box, Document, Figure, PageMark, PagePicture, Rect, Sentence

FILLER = "Some other words stand here so that the page has a body of text to be read."


@pytest.fixture(scope="module")
def painter() -> Iterator[Painter]:
    with Painter() as opened:
        yield opened


def put(page: Any, x: float, y: float, *lines: str, size: float = 10) -> None:
    for k, line in enumerate(lines):
        page.insert_text((x, y + 14 * k), line, fontname="tiro", fontsize=size)


def saved(page: Any, tmp_path: Path) -> Path:
    path = tmp_path / "paper.pdf"
    page.parent.save(path)
    return path


def read(path: Path) -> Document:
    return Reader().read(str(path))


def sentence(document: Document, opening: str) -> Sentence:
    [found] = [s for s in document.sentences if s.text.startswith(opening)]
    return found


def mark_of(found: Sentence, *numbers: str) -> PageMark:
    return PageMark(found.id, found.page, found.text, "sentence", found.boxes, numbers)


def painted(path: Path, *marks: PageMark) -> list[PagePicture]:
    return Easel().pages(str(path), marks)


def back(path: Path, number: int, rects: Sequence[Rect]) -> list[str]:
    """The words whose middle is inside each rectangle, as the page shows them."""
    with pymupdf.open(path) as document:
        page = document[number - 1]
        width, height = page.rect.width, page.rect.height
        turn = page.rotation_matrix
        boxes = [(pymupdf.Rect(word[:4]) * turn, word) for word in page.get_text("words")]
    return [
        " ".join(
            word[4]
            for box, word in boxes
            if x0 <= (box.x0 + box.x1) / 2 / width <= x1
            and y0 <= (box.y0 + box.y1) / 2 / height <= y1
        )
        for x0, y0, x1, y1 in rects
    ]


def test_a_mark_goes_around_its_own_words_only(page: Any, tmp_path: Path) -> None:
    put(page, 72, 100, "The first sentence stands alone. Our second one is", "longer than a line. ")
    put(page, 72, 128, "And a third follows it here, as it should.", *[FILLER] * 8)
    path = saved(page, tmp_path)
    [picture] = painted(path, mark_of(sentence(read(path), "Our second")))
    assert back(path, 1, picture.marks["s2"]) == ["Our second one is", "longer than a line."]


def test_columns_and_broken_words(page: Any, tmp_path: Path) -> None:
    for k in range(30):
        put(page, 60, 120 + 14 * k, "These words of the left column are read")
        put(page, 320, 120 + 14 * k, "and those of the right one come later.")
    put(page, 60, 540, "End of it. Sepa-", size=10)
    put(page, 60, 554, "ration is diffi-", size=10)
    put(page, 320, 106, "cult for a reader.", size=10)
    path = saved(page, tmp_path)
    quote = "Separation is difficult for a reader."
    boxes = (Box(1, 60, 532, 240, 558), Box(1, 320, 98, 500, 110))
    [picture] = painted(path, PageMark("a", 1, quote, "sentence", boxes))
    assert back(path, 1, picture.marks["a"]) == ["Sepa-", "ration is diffi-", "cult for a reader."]
    assert [rect[0] < 0.5 for rect in picture.marks["a"]] == [True, True, False]


def test_ligatures_and_accents_of_old_fonts(page: Any, tmp_path: Path) -> None:
    writer = pymupdf.TextWriter(page.rect)
    text = "Before. An a\ufb02uent \ufb01lter of na\u00a8\u0131ve kind. After."
    writer.append((72, 100), text, pymupdf.Font("tiro"))
    writer.write_text(page)
    put(page, 72, 140, *[FILLER] * 8)
    path = saved(page, tmp_path)
    quote = "An afluent filter of na\u00efve kind."
    [picture] = painted(path, PageMark("a", 1, quote, "sentence", (Box(1, 70, 85, 400, 106),)))
    [found] = back(path, 1, picture.marks["a"])
    assert (found[:4], found[-5:]) == ("An a", "kind.")


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (50, 60, 560, 700)])
def test_turned_and_cropped_pages(
    page: Any, tmp_path: Path, rotation: int, crop: tuple[float, ...] | None
) -> None:
    """Text is set so that a reader sees it upright."""
    page.set_rotation(rotation)
    lines = ["Before it. Here it is, turned", "and cropped. After it.", *[FILLER] * 9]
    for k, line in enumerate(lines):
        point = pymupdf.Point(100, 150 + 14 * k) * page.derotation_matrix
        page.insert_text(point, line, fontname="tiro", fontsize=10, rotate=rotation)
    if crop:
        page.set_cropbox(pymupdf.Rect(crop))
    path = saved(page, tmp_path)
    found = sentence(read(path), "Here it is")
    [picture] = painted(path, mark_of(found))
    assert back(path, 1, picture.marks[found.id]) == ["Here it is, turned", "and cropped."]
    assert alike(picture, path)


def alike(picture: PagePicture, path: Path) -> bool:
    """Whether a picture of page 1 is what PyMuPDF paints of the page as it is in the file."""
    with pymupdf.open(path) as document:
        page = document[0]
        scale = min(110 / 72, (1_600_000 / (page.rect.width * page.rect.height)) ** 0.5)
        matrix = pymupdf.Matrix(scale, scale)
        plain = page.get_pixmap(matrix=matrix, colorspace=pymupdf.csGRAY)
    ours = pymupdf.Pixmap(pymupdf.csGRAY, pymupdf.Pixmap(picture.data))
    same = (ours.width, ours.height) == (plain.width, plain.height)
    return same and max(abs(a - b) for a, b in zip(ours.samples, plain.samples, strict=True)) <= 9


def test_an_offset_media_box_and_large_units(tmp_path: Path) -> None:
    with pymupdf.open() as document:
        page = document.new_page(width=400, height=500)
        put(page, 50, 100, "Ahead of it. The units are two points each. Behind it.", *[FILLER] * 8)
        document.xref_set_key(page.xref, "MediaBox", "[-30 -40 400 500]")
        document.xref_set_key(page.xref, "UserUnit", "2.0")
        document.save(tmp_path / "paper.pdf")
    path = tmp_path / "paper.pdf"
    found = sentence(read(path), "The units")
    [picture] = painted(path, mark_of(found))
    assert back(path, 1, picture.marks[found.id]) == ["The units are two points each."]
    assert alike(picture, path)


def test_a_sentence_over_two_pages_is_on_both(page: Any, tmp_path: Path) -> None:
    put(page, 72, 100, *[FILLER] * 20, "This sentence begins here and it goes")
    document = page.parent
    other = document.new_page(width=612, height=792)
    put(other, 72, 100, "on over there. Another one.", *[FILLER] * 20)
    path = tmp_path / "paper.pdf"
    document.save(path)
    found = sentence(read(path), "This sentence begins")
    first, second = painted(path, mark_of(found))
    assert (first.page, second.page) == (1, 2)
    assert back(path, 1, first.marks[found.id]) == ["This sentence begins here and it goes"]
    assert back(path, 2, second.marks[found.id]) == ["on over there."]


def test_a_number_is_marked_in_its_sentence_only(page: Any, tmp_path: Path) -> None:
    put(page, 72, 100, "It had 95.98 before. It has 95.98 of 1,000 now, in three", "runs at 95.9.")
    put(page, 72, 128, *[FILLER] * 8)
    path = saved(page, tmp_path)
    found = sentence(read(path), "It has")
    [picture] = painted(path, mark_of(found, "95.98", "1,000", "three", "7"))
    rects = picture.numbers[found.id]
    assert back(path, 1, rects) == ["95.98", "1,000", "three"]
    assert rects[0][0] > picture.marks[found.id][0][0]


def test_a_raised_exponent_belongs_to_its_number(page: Any, tmp_path: Path) -> None:
    put(page, 72, 100, "The rate was 10")
    put(page, 139, 96, "-4", size=6)
    put(page, 147, 100, " in all.")
    put(page, 72, 128, *[FILLER] * 8)
    path = saved(page, tmp_path)
    boxes = (Box(1, 70, 88, 200, 104),)
    [picture] = painted(
        path, PageMark("a", 1, "The rate was 10^-4 in all.", "sentence", boxes, ("10^-4",))
    )
    [rect] = picture.numbers["a"]
    assert back(path, 1, [rect]) == ["10 -4"]


def test_cells_of_a_row(page: Any, tmp_path: Path) -> None:
    put(page, 72, 300, *[FILLER] * 8)
    for y, cells in (
        (100, ("Model", "WER", "Params")),
        (114, ("Ours, the", "5.1", "95")),
        (126, ("best", "", "")),
    ):
        for x, cell in zip((80, 200, 300), cells, strict=True):
            put(page, x, y, cell)
    put(page, 400, 114, "Prose beside the table.")
    path = saved(page, tmp_path)
    row = PageMark(
        "r", 1, "Ours, the best | 5.1 | 95", "row", (Box(1, 78, 105, 330, 129),), ("5.1",)
    )
    [picture] = painted(path, row)
    assert back(path, 1, picture.marks["r"]) == ["Ours, the", "best", "5.1", "95"]
    assert back(path, 1, picture.numbers["r"]) == ["5.1"]


def test_a_caption_is_found_without_boxes(page: Any, tmp_path: Path) -> None:
    put(page, 72, 100, "Table 1: What was mea-", "sured in it.", *[FILLER] * 8)
    path = saved(page, tmp_path)
    [picture] = painted(path, PageMark("c", 1, "Table 1: What was measured in it.", "caption"))
    assert back(path, 1, picture.marks["c"]) == ["Table 1: What was mea-", "sured in it."]


def test_what_is_not_on_the_page_falls_back_to_its_boxes(page: Any, tmp_path: Path) -> None:
    put(page, 72, 100, *[FILLER] * 8)
    path = saved(page, tmp_path)
    lost = "Completely different; nobody prints zebra quotations."
    boxed = PageMark("a", 1, lost, "sentence", (Box(1, 61.2, 79.2, 306, 158.4),), ("8",))
    [picture] = painted(path, boxed, PageMark("b", 1, lost), PageMark("c", 9, lost))
    assert picture.marks == {"a": ((0.1, 0.1, 0.5, 0.2),)}
    assert picture.numbers == {}


def test_hidden_text_is_neither_shown_nor_marked(page: Any, tmp_path: Path) -> None:
    put(page, 72, 200, "This is the sentence that is cited here.", *[FILLER] * 8)
    page.insert_text((72, 100), "This is the sentence that is cited here.", color=(1, 1, 1))
    path = saved(page, tmp_path)
    [picture] = painted(path, PageMark("a", 1, "This is the sentence that is cited here."))
    [rect] = picture.marks["a"]
    assert rect[1] > 0.2
    shown = pymupdf.Pixmap(picture.data)
    assert {shown.pixel(x, y) for x in range(100, 500) for y in range(135, 160)} == {(255,) * 3}


def test_a_displayed_equation_belongs_to_its_sentence(page: Any, tmp_path: Path) -> None:
    put(page, 72, 100, "It is given by")
    put(page, 200, 120, "a = b + c")
    put(page, 72, 140, "for all of them. More.", *[FILLER] * 8)
    path = saved(page, tmp_path)
    boxes = (Box(1, 72, 90, 170, 144),)
    quote = "It is given by [equation] for all of them."
    [picture] = painted(path, PageMark("a", 1, quote, "sentence", boxes))
    assert back(path, 1, picture.marks["a"]) == ["It is given by", "a = b + c", "for all of them."]


def test_text_pages_are_small_and_keep_their_colour(page: Any, tmp_path: Path) -> None:
    put(page, 72, 100, *[FILLER] * 40)
    path = saved(page, tmp_path)
    [grey] = painted(path, PageMark("a", 1, FILLER))
    page.insert_text((72, 700), "A link in blue", color=(0, 0, 1))
    [blue] = painted(saved(page, tmp_path), PageMark("a", 1, FILLER))
    assert (grey.media_type, grey.width_px, grey.height_px) == ("image/png", 935, 1210)
    assert struct.unpack(">IIBB", grey.data[16:26]) == (935, 1210, 4, 3)
    assert len(grey.data) < len(blue.data) < 60_000
    shown = pymupdf.Pixmap(blue.data)
    pixels = {shown.pixel(x, y) for x in range(100, 250) for y in range(1050, 1075)}
    assert (0, 0, 255) in pixels


def test_the_same_page_gives_the_same_bytes(page: Any, tmp_path: Path, painter: Painter) -> None:
    put(page, 72, 100, *[FILLER] * 40)
    path = saved(page, tmp_path)
    wanted = [PageMark("a", 1, FILLER)]
    assert painter.pages(path, wanted) == painted(path, *wanted)


def test_photographs_become_a_jpeg(page: Any, tmp_path: Path) -> None:
    places = ((x, y) for y in range(200) for x in range(200))
    colours = bytes(channel for x, y in places for channel in (x, y, x * y % 256))
    photo = pymupdf.Pixmap(pymupdf.csRGB, 200, 200, colours, False)
    page.insert_image(pymupdf.Rect(50, 50, 550, 550), pixmap=photo)
    [picture] = painted(saved(page, tmp_path), PageMark("a", 1, "nothing"))
    assert picture.media_type == "image/jpeg"
    assert picture.data.startswith(b"\xff\xd8")


@pytest.mark.parametrize(("width", "height"), [(14_400, 14_000), (14_400, 3), (1, 1)])
def test_odd_pages_are_bounded(tmp_path: Path, width: float, height: float) -> None:
    with pymupdf.open() as document:
        document.new_page(width=width, height=height)
        document.save(tmp_path / "odd.pdf")
    [picture] = painted(tmp_path / "odd.pdf", PageMark("a", 1, "nothing"))
    assert picture.width_px * picture.height_px < 1_650_000
    assert max(picture.width_px, picture.height_px) <= 6_001
    assert min(picture.width_px, picture.height_px) >= 1


def test_errors_name_the_file_and_cost_this_paper_only(
    page: Any, tmp_path: Path, painter: Painter
) -> None:
    put(page, 72, 100, *[FILLER] * 4)
    path = saved(page, tmp_path)
    (tmp_path / "bad.pdf").write_bytes(b"<html>")
    with pytest.raises(ExtractError, match=r"bad\.pdf is a web page"):
        painter.pages(tmp_path / "bad.pdf", [PageMark("a", 1, FILLER)])
    with pytest.raises(ValueError, match="key of its own"):
        painter.pages(path, [PageMark("a", 1, FILLER), PageMark("a", 1, FILLER)])
    assert painter.pages(path, []) == []
    assert [each.page for each in painter.pages(path, [PageMark("a", 1, FILLER)])] == [1]


def test_a_page_that_takes_too_long_is_given_up(page: Any, tmp_path: Path) -> None:
    put(page, 72, 100, *[FILLER] * 4)
    path = saved(page, tmp_path)
    with (
        Painter(silence_s=0.01) as hasty,
        pytest.raises(ExtractError, match=r"painting .*paper\.pdf took longer"),
    ):
        hasty.pages(path, [PageMark("a", 1, FILLER)])


def test_a_figure_is_cut_out(page: Any, tmp_path: Path, painter: Painter) -> None:
    page.draw_rect(pymupdf.Rect(100, 100, 200, 150), fill=(1, 0, 0))
    path = saved(page, tmp_path)
    figure = Figure("Figure 1", "Figure 1: A box.", 1, Box(1, 100, 100, 200, 150))
    shown = pymupdf.Pixmap(painter.figure(path, figure, 72))
    assert (shown.width, shown.height) == (106, 56)  # 3 pt of margin
    assert shown.pixel(50, 25) == (255, 0, 0)
