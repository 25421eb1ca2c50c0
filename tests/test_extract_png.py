"""Pictures written as PNG, read back by MuPDF."""

from __future__ import annotations

import numpy as np
import pymupdf
import pytest

from digest.extract.png import indexed_png


@pytest.mark.parametrize("colours", [2, 16, 17, 256])
@pytest.mark.parametrize("width", [1, 4, 5])
def test_every_pixel_has_its_colour(colours: int, width: int) -> None:
    palette = bytes(channel for k in range(colours) for channel in (k, 255 - k, 7))
    pixels = (np.arange(3 * width) % colours).astype(np.uint8).reshape(3, width)
    shown = pymupdf.Pixmap(indexed_png(pixels, palette))
    found = [[shown.pixel(x, y) for x in range(width)] for y in range(3)]
    assert found == [[(int(k), 255 - int(k), 7) for k in row] for row in pixels]
