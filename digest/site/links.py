"""Links to a PDF that is not kept any longer: they lead to arXiv from then on, or nowhere.

The pages come out as a build without the PDF would write them, byte for byte; so a build finds
nothing changed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from digest import files


class PdfLinks:
    """The pages of a site that may link to a PDF of papers/, found in one walk.

    Args:
        site: The folder of the site beside papers/; it need not be there.
    """

    def __init__(self, site: Path) -> None:
        self._pages: dict[str, list[Path]] = defaultdict(list)
        for page in sorted(site.glob("????-??-??/*.html")):
            self._pages[page.stem].append(page)

    def unlink(self, file: str, url: str) -> None:
        """Change the pages that link to a PDF.

        Args:
            file: The PDF's name.
            url: Where else it is; empty where it is nowhere.

        Raises:
            StoreError: A page cannot be written.
        """
        for page in self._pages.get(file.removesuffix(".pdf"), ()):
            try:
                text = page.read_text("utf-8")
            except FileNotFoundError:  # its day was taken away meanwhile
                continue
            changed = _changed(text, f"../../papers/{file}", url)
            if changed != text:
                files.replace(page, changed.encode())


def _changed(text: str, link: str, url: str) -> str:
    if url:
        return text.replace(f'href="{link}', f'href="{url}')
    text = text.replace(f' <a href="{link}" rel="noreferrer">PDF</a>', "")
    cite = rf'href="{re.escape(link)}#page=\d+" data-claim="(\w+)"'
    return re.sub(cite, r'href="#\1" data-claim="\1"', text)
