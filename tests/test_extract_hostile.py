"""Files made to hurt: each ends in a document or an ``ExtractError``, soon, and reading goes on."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.errors import ExtractError
from digest.extract import Extractor

MOST_SECONDS = 20.0


def pdf(*objects: bytes) -> bytes:
    """A PDF of these objects, numbered from 1 (the catalogue), with a table of offsets."""
    body, offsets = b"%PDF-1.5\n", []
    for number, data in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, data)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer <</Size %d /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s /Length %d>>\nstream\n%s\nendstream" % (entries, len(data), data)


CATALOGUE = b"<</Type /Catalog /Pages 2 0 R>>"
PAGES = b"<</Type /Pages /Kids [3 0 R] /Count 1>>"
FONT = b"<</Type /Font /Subtype /Type1 /BaseFont /Times-Roman>>"


def page(resources: bytes, extra: bytes = b"") -> bytes:
    return (
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources <<%s>> %s>>" % (resources, extra)
    )


def a_word_over_and_over() -> bytes:
    """26 MB of text commands in 80 KB."""
    text = b"BT /F 9 Tf 50 700 Td " + b"(word) Tj 1 0 Td " * 1_500_000 + b"ET"
    content = stream(zlib.compress(text, 9), b"/Filter /FlateDecode")
    return pdf(CATALOGUE, PAGES, page(b"/Font <</F 5 0 R>>"), content, FONT)


def a_quarter_of_a_billion_zeros() -> bytes:
    """256 MB behind two layers of compression, in 1 KB."""
    packer = zlib.compressobj(9)
    inner = b"".join(packer.compress(bytes(1 << 20)) for _ in range(256)) + packer.flush()
    content = stream(zlib.compress(inner, 9), b"/Filter [/FlateDecode /FlateDecode]")
    return pdf(CATALOGUE, PAGES, page(b""), content)


def forms_that_call_each_other_twice() -> bytes:
    """Thirty forms, each of which draws the next one twice: a billion drawings."""
    forms = [
        stream(
            b"/X Do /X Do",
            b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]"
            b" /Resources <</XObject <</X %d 0 R>>>>" % (number + 1),
        )
        for number in range(5, 35)
    ]
    last = stream(
        b"BT /F 9 Tf (a word) Tj ET",
        b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources <</Font <</F 36 0 R>>>>",
    )
    first = page(b"/XObject <</X 5 0 R>>")
    return pdf(CATALOGUE, PAGES, first, stream(b"/X Do"), *forms, last, FONT)


def a_form_that_draws_itself() -> bytes:
    form = stream(
        b"/X Do",
        b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources <</XObject <</X 5 0 R>>>>",
    )
    return pdf(CATALOGUE, PAGES, page(b"/XObject <</X 5 0 R>>"), stream(b"/X Do"), form)


def pages_within_pages_without_end() -> bytes:
    return pdf(CATALOGUE, b"<</Type /Pages /Kids [2 0 R 2 0 R] /Count 9>>")


def a_hundred_million_pages() -> bytes:
    return pdf(
        CATALOGUE, b"<</Type /Pages /Kids [3 0 R] /Count 100000000>>", page(b""), stream(b"")
    )


def a_page_as_wide_as_the_sun() -> bytes:
    huge = page(b"").replace(b"612 792", b"1e30 1e30")
    return pdf(CATALOGUE, PAGES, huge, stream(b"BT (a) Tj ET"))


def brackets_without_end() -> bytes:
    return pdf(CATALOGUE, PAGES, page(b""), stream(b"[" * 2_000_000))


HOSTILE = (
    a_word_over_and_over, a_quarter_of_a_billion_zeros, forms_that_call_each_other_twice,
    a_form_that_draws_itself, pages_within_pages_without_end, a_hundred_million_pages,
    a_page_as_wide_as_the_sun, brackets_without_end,
)  # fmt: skip


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    with Extractor(timeout_s=2) as made:
        yield made


@pytest.mark.parametrize("make", HOSTILE)
def test_a_hostile_file_costs_itself_only(make, extractor: Extractor, tmp_path: Path) -> None:
    path = tmp_path / "hostile.pdf"
    path.write_bytes(make())
    started = time.monotonic()
    try:
        document = extractor.extract(path)
        assert document.text_quality in ("empty", "garbage", "damaged", "partial", "good")
    except ExtractError as error:
        assert "hostile.pdf" in error.message
    assert time.monotonic() - started < MOST_SECONDS


def test_a_reader_that_was_killed_is_followed_by_another(tmp_path: Path) -> None:
    bomb, plain = tmp_path / "bomb.pdf", tmp_path / "plain.pdf"
    bomb.write_bytes(a_word_over_and_over())
    text = b"BT /F 9 Tf 50 700 Td (The model is trained on the speech of the speakers.) Tj ET"
    plain.write_bytes(pdf(CATALOGUE, PAGES, page(b"/Font <</F 5 0 R>>"), stream(text), FONT))
    with Extractor(timeout_s=1) as hurried, pytest.raises(ExtractError, match="longer than 1 s"):
        hurried.extract(bomb)
    with Extractor() as extractor:
        sentences = [sentence.text for sentence in extractor.extract(plain).sentences]
    assert sentences == ["The model is trained on the speech of the speakers."]
