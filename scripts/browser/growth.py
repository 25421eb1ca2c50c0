"""How a site grows: what a new day costs after a year of them, and how heavy its pages are.

    python -m scripts.browser.growth [--days 365] [--papers 30]

Builds a site day by day, of papers with made-up readings of 24 claims in Chinese, without pictures;
the texts are those of ``archive.py``. Prints the median cost of the first and of the last thirty
days, in files written and in seconds, and the heaviest page of each kind. Exit code 1 where a page
is heavier than 300 kB or the last days cost more than twice the first.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from statistics import median

from digest.records import ArxivId, Breakdown, Claim, Evidence, MadeBy, Paper, Translation
from digest.render.entry import Entry
from digest.render.head import Heading
from digest.site.build import Options, build
from digest.site.index import Item
from scripts.browser import archive

MOST_BYTES = 300_000
MOST_GROWTH = 2.0
_SHARED = ("static/style.css", "static/app.js", "static/look.js", "static/math.woff2")
"""What every page loads besides itself; the font only where there is math."""
_OF_SEARCH = ("static/search.js", "static/terms.js", "search/manifest.js")
_MADE = MadeBy("made-up", "1")
CLAIMS = 24


def entry(item: Item, number: int) -> Entry:
    """A paper with a reading, of an item's text."""
    authors, *texts = item.text.split("\n")
    english = [line for line in texts if line.isascii()]
    chinese = [line for line in texts if not line.isascii()]
    claims = tuple(_claim(english, chinese, place) for place in range(CLAIMS))
    parts = claims[:5], claims[5:14], claims[14:]
    paper = Paper(
        ArxivId.parse(f"{item.date[2:4]}{item.date[5:7]}.{number:05}v1"),
        item.title,
        tuple(authors.split(", ")),
        english[0],
        ("cs.SD", "cs.LG", "eess.AS")[number % 3 :],
    )
    made = Translation(
        english[0], "zh-Hans", chinese[0], (), {}, _MADE, title=item.translated_title
    )
    return Entry(paper, None, made, Breakdown(*parts, "full", (), _MADE))


def _claim(english: Sequence[str], chinese: Sequence[str], place: int) -> Claim:
    quote = english[place % len(english)][:200] + f" {place}.5%"
    text = chinese[place % len(chinese)][:60] + f" {place}.5%。"
    cited = Evidence("sentence", f"s{place}", place % 9 + 1, quote)
    return Claim("", text, (cited,), "verified")


def main() -> int:
    """Grow the site and look at it."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        return grow(Path(folder), options.days, options.papers)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--papers", type=int, default=30)
    return parser.parse_args()


def grow(folder: Path, days: int, papers: int) -> int:
    """Day by day; the exit code."""
    made = dict(archive.days(days, papers))

    @cache
    def content(date: str) -> tuple[Heading, list[Entry]]:
        heading = Heading("arXiv Daily", date, ("arXiv",), ("cs.SD",), None)
        return heading, [entry(item, number) for number, item in enumerate(made[date], 1)]

    options = Options("arXiv Daily", None, lambda _: None, lambda _: "", lambda _: False)
    posts: dict[str, str] = {}
    seconds = []
    for date in made:
        content(date)  # making the papers up is no part of the site
        posts[date] = date
        started = time.process_time()
        build(folder, posts, content, options)
        seconds.append(time.process_time() - started)
        content.cache_clear()
    return report(folder, seconds)


_KINDS = {
    "home": "index.html",
    "day": "20*/index.html",
    "paper": "20*/2*.html",
    "month": "month/*.html",
    "category": "category/*/*.html",
    "search": "search.html",
}


def report(folder: Path, seconds: Sequence[float]) -> int:
    """Print what it cost and what there is."""
    first, last = median(seconds[:30]), median(seconds[-30:])
    print(
        f"{len(seconds)} days: computing of a day's build, median of the first 30: {first:.2f} s, "
        f"of the last 30: {last:.2f} s, ratio {last / first:.2f}; longest {max(seconds):.1f} s"
    )
    heaviest = 0
    for kind, pattern in _KINDS.items():
        page = max(folder.glob(pattern), key=lambda path: path.stat().st_size)
        weight = _weight(folder, page, kind)
        heaviest = max(heaviest, weight)
        print(f"the heaviest {kind}: {weight / 1000:.0f} kB with all that it loads")
    return int(last / first > MOST_GROWTH or heaviest > MOST_BYTES)


def _weight(folder: Path, page: Path, kind: str) -> int:
    loaded = [*_SHARED]
    loaded += ["days.js"] if kind == "day" else []
    loaded += _OF_SEARCH if kind == "search" else ()
    return sum(path.stat().st_size for path in (page, *(folder / name for name in loaded)))


if __name__ == "__main__":
    sys.exit(main())
