"""How long search takes as an archive grows: to keep its index, and to ask it in a browser.

    python -m scripts.browser.search_bench --days 365 --papers 30

makes the archive day by day, then opens a page beside it in headless Chromium, from a file, and
asks. Every answer is held against a plain scan of all papers. "cold": the first query of a page
that has just been opened and has the manifest (the disk's cache is warm); "warm": the same again;
"load": as many other files without a query, which is the machine's part in "cold".
Needs Playwright and a Chromium (CHROMIUM names one). Exit code 1 where an answer differs or the
slowest query takes longer than 100 ms.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any
from urllib.parse import unquote

from playwright.sync_api import sync_playwright

import digest.site
from digest.site.index import Item, update
from scripts.browser import archive
from scripts.browser.scan import Query, Scan, beginning, chinese, english, quoted

LIMIT_MS = 100
SCRIPTS = Path(digest.site.__file__).parent / "static"
PAGE = """<!doctype html><meta charset="utf-8"><title>search</title>
<script src="terms.js"></script><script src="search.js"></script>
<script>const ready = DigestSearch.open("search/");</script>"""
LOAD = """async (names) => {
  const started = performance.now();
  await Promise.all(names.map((name) => new Promise((done) => {
    const script = document.createElement("script");
    script.onload = done;
    script.src = "search/" + name;
    document.head.append(script);
  })));
  return performance.now() - started;
}"""
ASK = """async (typed) => {
  await ready;
  const { total, exact, results, ms } = await DigestSearch.query(typed);
  return { total, exact, ms, ids: results.map(({ id }) => id) };
}"""


def queries() -> list[Query]:
    """Twenty in English, twenty in Chinese, ten unfinished, ten quoted: common ones and rare."""
    words, han = archive.english()[0], archive.chinese()[0]
    terms = archive.glossary()
    plain = [term for term, _ in terms if re.fullmatch("[a-z]+ [a-z]+", term)]
    long = [zh for _, zh in terms if re.fullmatch(r"[\u4e00-\u9fff]{4,6}", zh)]
    two = [word for word in han if len(word) == 2]
    english_words = [w for w in words if len(w) > 3]
    return [
        *(english(english_words[rank]) for rank in (0, 3, 10, 40, 150, 600, 2400, 9000, 15000)),
        *(english(term) for term in plain[:8]),
        *(english(f"{plain[n]} {english_words[n]}") for n in (9, 10, 11)),
        *(chinese(two[rank]) for rank in (0, 3, 10, 40, 150, 600, 2400)),
        *(chinese(han) for han in long[:9]),
        *(chinese(f"{long[n]} {two[n]}") for n in (10, 11, 12, 13)),
        *(beginning(term[:4]) for term in plain[12:16]),
        *(beginning(term[: term.index(" ") + 4]) for term in plain[16:22]),
        *(quoted(term) for term in plain[22:32]),
    ]


@dataclass
class Asked:
    """What one query took, and what it loaded when cold.

    ``cpu_ms``: of the page's thread, cold. ``files_ms``: for the page to load as many other files
    and do nothing with them, so that the machine's part in ``cold_ms`` can be seen.
    """

    cold_ms: float
    warm_ms: float
    cpu_ms: float
    files_ms: float
    sizes: list[int]
    answer: dict[str, Any]


@dataclass
class Took:
    """Seconds of a day's update: of the clock, and of computing."""

    wall: float
    cpu: float


def write(folder: Path, given: argparse.Namespace, scan: Scan) -> list[Took]:
    """Make the archive and look through it; what each update of one day took."""
    took, waiting = [], {}
    for number, (when, items) in enumerate(archive.days(given.days, given.papers)):
        for position, item in enumerate(items):
            scan.read(position, item)
        waiting[when] = items
        if given.quick and 30 <= number < given.days - 30 and len(waiting) < 30:
            continue
        took += _update(folder, waiting)
        waiting = {}
    return took


def _update(folder: Path, changed: dict[str, list[Item]]) -> list[Took]:
    wall, cpu = time.perf_counter(), time.process_time()
    update(folder / "search", changed)
    took = Took(time.perf_counter() - wall, time.process_time() - cpu)
    return [took] if len(changed) == 1 else []


@contextmanager
def browser(folder: Path) -> Iterator[Any]:
    """A Chromium without a network, and the page to ask."""
    for script in ("terms.js", "search.js"):
        shutil.copyfile(SCRIPTS / script, folder / script)
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox"],
        )
        yield chromium
        chromium.close()


def ask(chromium: Any, folder: Path, typed: str, times: int) -> Asked:
    """Ask in so many new pages, each time cold and then warm."""
    asked = [_ask_once(chromium, folder, typed) for _ in range(times)]
    return Asked(
        median(one.cold_ms for one in asked),
        median(one.warm_ms for one in asked),
        median(one.cpu_ms for one in asked),
        median(one.files_ms for one in asked),
        asked[0].sizes,
        asked[0].answer,
    )


def _ask_once(chromium: Any, folder: Path, typed: str) -> Asked:
    page = chromium.new_page()
    page.goto((folder / "index.html").as_uri())
    page.evaluate("() => ready")
    sizes: list[int] = []
    page.on("request", lambda request: sizes.append(_size(request.url)))
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = _computing_ms(session)
    answer = page.evaluate(ASK, typed)
    computing = _computing_ms(session) - before
    loaded = list(sizes)
    warm = page.evaluate(ASK, typed)["ms"]
    files_ms = page.evaluate(LOAD, _others(folder, len(loaded)))
    page.close()
    return Asked(answer["ms"], warm, computing, files_ms, loaded, answer)


def _others(folder: Path, count: int) -> list[str]:
    """As many texts, of papers that few queries ask for first: the oldest."""
    days = sorted(path.name for path in (folder / "search" / "text").iterdir())
    texts = (f"text/{day}/{path.name}" for day in days for path in _texts(folder, day))
    return list(itertools.islice(texts, count))


def _texts(folder: Path, day: str) -> list[Path]:
    return sorted((folder / "search" / "text" / day).iterdir())


def _size(url: str) -> int:
    return Path(unquote(url.removeprefix("file://"))).stat().st_size


def _computing_ms(session: Any) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return 1000 * next(float(m["value"]) for m in metrics if m["name"] == "TaskDuration")


def differs(query: Query, scan: Scan, answer: dict[str, Any]) -> str:
    """How an answer is not the scan's; empty where it is. A total may be the most there can be."""
    total, ids = scan.answer(query)
    if answer["ids"] != ids:
        return f"{query.typed!r} finds {answer['ids']} instead of {ids}"
    if answer["total"] != total and (answer["exact"] or answer["total"] < total):
        return f"{query.typed!r} finds {answer['total']} instead of {total}"
    return ""


def report_days(folder: Path, took: Sequence[Took]) -> None:
    """Print what the days took and what lies on the disk."""
    for name in ("wall", "cpu"):
        seconds = [getattr(day, name) for day in took]
        first, last = median(seconds[:30]), median(seconds[-30:])
        print(
            f"a day to index, {name}: median of the first 30 {first:.2f} s, of the last 30 "
            f"{last:.2f} s, ratio {last / first:.2f}; mean {mean(seconds):.2f} s, "
            f"longest {max(seconds):.1f} s"
        )
    for kind in ("index", "text"):
        sizes = [path.stat().st_size for path in folder.glob(f"search/{kind}/*/*.js")]
        total, largest = sum(sizes) / 1e6, max(sizes) / 1e3
        print(f"{kind}: {len(sizes)} files, {total:.1f} MB, the largest {largest:.0f} kB")
    print(f"manifest: {(folder / 'search' / 'manifest.js').stat().st_size / 1e3:.1f} kB")


def report_queries(queries: Sequence[Query], asked: Sequence[Asked]) -> None:
    """Print what each query took, and the middle and the worst of them."""
    print("  cold   warm    cpu   load files     kB  papers")
    for query, one in zip(queries, asked, strict=True):
        print(
            f"{one.cold_ms:6.1f} {one.warm_ms:6.1f} {one.cpu_ms:6.1f} {one.files_ms:6.1f} "
            f"{len(one.sizes):5} {sum(one.sizes) / 1e3:6.0f} {one.answer['total']:7}  {query.typed}"
        )
    for name in ("cold_ms", "warm_ms", "cpu_ms", "files_ms"):
        times = [getattr(one, name) for one in asked]
        print(f"{name}: median {median(times):.1f}, worst {max(times):.1f}")
    files, sizes = [len(one.sizes) for one in asked], [sum(one.sizes) / 1e3 for one in asked]
    print(f"loaded, cold: median {median(files):.0f} files, {median(sizes):.0f} kB", end="; ")
    print(f"most {max(files)} files, {max(sizes):.0f} kB")


def bench(folder: Path, given: argparse.Namespace) -> int:
    """Make, ask, compare, report; the exit code."""
    scan = Scan(queries())
    report_days(folder, write(folder, given, scan))
    with browser(folder) as chromium:
        asked = [ask(chromium, folder, query.typed, given.times) for query in scan.queries]
    report_queries(scan.queries, asked)
    wrong = [differs(q, scan, one.answer) for q, one in zip(scan.queries, asked, strict=True)]
    wrong = [line for line in wrong if line]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"{len(asked) - len(wrong)} of {len(asked)} answers are those of a plain scan")
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    worst = max(max(one.cold_ms, one.warm_ms) for one in asked)
    return int(bool(wrong) or worst > LIMIT_MS)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--papers", type=int, default=30)
    parser.add_argument("--times", type=int, default=3, help="pages that each query is asked in")
    parser.add_argument("--folder", type=Path, help="keep the archive here")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="write all but the first and last 30 days by months",
    )
    given = parser.parse_args()
    if given.folder:
        return bench(given.folder, given)
    with tempfile.TemporaryDirectory() as folder:
        return bench(Path(folder), given)


if __name__ == "__main__":
    sys.exit(main())
