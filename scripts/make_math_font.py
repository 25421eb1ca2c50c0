"""Cut the math font of the site out of STIXMath-Regular.otf (Debian's fonts-stix, SIL OFL 1.1).

    python scripts/make_math_font.py /usr/share/fonts/opentype/stix-word/STIXMath-Regular.otf

Needs fonttools and brotli, which nothing else here does. The whole font is 480 kB; the letters and
signs that abstracts use take a fifth of that. The licence reserves the name STIX for the whole
font, so that the part has another name.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset  # type: ignore[import-not-found]
from fontTools.ttLib import TTFont  # type: ignore[import-not-found]

TARGET = Path(__file__).resolve().parent.parent / "digest" / "site" / "static" / "math.woff2"
NAME = "Digest Math"
RANGES = (
    (0x20, 0x7E),
    (0xA0, 0xFF),  # Latin-1
    (0x131, 0x131),
    (0x237, 0x237),
    (0x2C6, 0x2DD),  # accents
    (0x300, 0x338),  # combining accents
    (0x370, 0x3FF),  # Greek
    (0x2010, 0x2057),  # dashes, primes
    (0x20D0, 0x20EF),
    (0x2100, 0x214F),  # letter-like
    (0x2190, 0x21FF),  # arrows
    (0x2200, 0x22FF),  # operators
    (0x2308, 0x230B),
    (0x239B, 0x23B5),  # pieces of large brackets
    (0x25A0, 0x25CF),
    (0x2713, 0x2713),
    (0x27C2, 0x27C2),
    (0x27E6, 0x27EF),  # brackets
    (0x27F5, 0x27FC),
    (0x2A00, 0x2A10),
    (0x2A7D, 0x2A7E),
    (0x2AAF, 0x2AB0),
    (0x1D400, 0x1D433),  # bold
    (0x1D434, 0x1D467),  # italic
    (0x1D49C, 0x1D4CF),  # script
    (0x1D504, 0x1D537),  # fraktur
    (0x1D538, 0x1D56B),  # double-struck
    (0x1D6A4, 0x1D6DB),  # dotless and bold Greek
    (0x1D6E2, 0x1D714),  # italic Greek
    (0x1D7CE, 0x1D7D7),  # bold digits
)


def main(source: Path) -> None:
    """Write the part of ``source`` to the site's static files."""
    font = TTFont(source)
    options = subset.Options(
        flavor="woff2", layout_features=["*"], hinting=False, notdef_outline=True
    )
    options.drop_tables += ["DSIG"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[code for first, last in RANGES for code in range(first, last + 1)])
    cutter.subset(font)
    for record in font["name"].names:
        if record.nameID in (1, 3, 4, 6, 16):
            record.string = NAME.replace(" ", "") if record.nameID == 6 else NAME
    if "CFF " in font:
        font["CFF "].cff.fontNames = [NAME.replace(" ", "")]
    subset.save_font(font, str(TARGET), options)
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
