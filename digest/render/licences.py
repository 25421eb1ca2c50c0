"""What a paper's licence allows, told by the address that arXiv gives for it. Pure.

arXiv offers CC BY, BY-SA, BY-NC-SA, BY-NC-ND, CC0, and a licence of its own that lets nobody but
arXiv pass a paper on (https://info.arxiv.org/help/license/). What is not known here allows nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CC = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/licenses/"
    r"(?P<terms>by(?:-nc)?(?:-sa|-nd)?)/(?P<version>[1-4]\.\d)/?",
)
_PUBLIC_DOMAIN = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/"
    r"(?:publicdomain/(?P<kind>zero|mark)/1\.0|licenses/publicdomain)/?"
)
_KINDS = {"zero": "CC0 1.0", "mark": "Public Domain Mark 1.0", None: "Public Domain"}


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence that allows to pass a paper on.

    ``commercial``: in any trade, too. ``parts``: what is cut out of the paper as well; a licence
    without derivatives may not cover that, so that it is taken not to.
    """

    name: str
    url: str
    commercial: bool = True
    parts: bool = True


def licence_of(address: str | None) -> Licence | None:
    """The licence at an address; None for arXiv's own, an unknown one, or none."""
    address = (address or "").strip()
    if found := _PUBLIC_DOMAIN.fullmatch(address):
        return Licence(_KINDS[found["kind"]], address)
    found = _CC.fullmatch(address)
    if found is None:
        return None
    terms = found["terms"]
    name = f"CC {terms.upper()} {found['version']}"
    return Licence(name, address, commercial="-nc" not in terms, parts="-nd" not in terms)


def allows_figure(licence: Licence | None, figures: str) -> bool:
    """Whether a figure may be shown. ``figures``: off, free, or noncommercial (the lab is)."""
    if licence is None or figures == "off":
        return False
    return licence.parts and (licence.commercial or figures == "noncommercial")
