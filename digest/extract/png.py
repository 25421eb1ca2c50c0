"""A picture of few colours as a PNG, each pixel an index into a palette: https://www.w3.org/TR/png-3/.

PyMuPDF writes a byte for each channel, three times as much for a page with one blue link.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np

_LEVEL = 6  # 9 takes ten times as long for 3 % less
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def indexed_png(pixels: np.ndarray[Any, np.dtype[np.uint8]], palette: bytes) -> bytes:
    """A PNG of ``pixels`` (rows, columns), indices into ``palette``: three bytes for each colour.

    Up to 16 colours take half a byte for each pixel, up to 256 a byte.
    """
    height, width = pixels.shape
    packed: np.ndarray[Any, Any] = pixels
    depth = 4 if len(palette) <= 3 * 16 else 8
    if depth == 4:  # two pixels a byte, the left one in its upper half
        even = np.zeros((height, width + width % 2), np.uint8)
        even[:, :width] = pixels
        packed = (even[:, ::2] << 4) | even[:, 1::2]
    rows = np.zeros((height, packed.shape[1] + 1), np.uint8)  # each behind a 0: not filtered
    rows[:, 1:] = packed
    header = struct.pack(">IIBBBBB", width, height, depth, 3, 0, 0, 0)
    return b"".join(
        (
            _SIGNATURE,
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", palette),
            _chunk(b"IDAT", zlib.compress(rows.tobytes(), _LEVEL)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
