"""TeX as MathML, which browsers set without a script; the TeX stays inside, to be copied."""

from __future__ import annotations

from functools import cache

from markupsafe import Markup, escape
from math_core import LatexError, LatexToMathML

_CLOSE = "</math>"
MOST_CHARS = 4_000
"""The converter goes into groups by recursion: 5,000 within each other end the process."""


def mathml(tex: str, *, display: bool, written: str) -> Markup:
    """TeX as MathML.

    What the converter does not know is shown as it was ``written``, dollars and all: nobody reads
    a formula that lacks a part.
    """
    if len(tex) > MOST_CHARS:
        return Markup('<code class="tex">{}</code>').format(written)
    try:
        made = _converter().convert_with_local_state(tex, displaystyle=display)
    except LatexError:
        return Markup('<code class="tex">{}</code>').format(written)
    inner = made[made.index(">") + 1 : made.rindex(_CLOSE)]
    opening = '<math display="block">' if display else "<math>"
    return Markup(
        f"{opening}<semantics><mrow>{inner}</mrow>"
        f'<annotation encoding="application/x-tex">{escape(tex)}</annotation></semantics></math>'
    )


@cache
def _converter() -> LatexToMathML:
    return LatexToMathML()
