"""The site in a real browser: claims, search, keys, colours, widths, and that nothing leaves.

    python -m scripts.browser.reader [--home DIR] [--screenshots DIR]

Builds the site of a home that has posts with readings, and one of a day of nasty texts; opens them
from the disk without a network, and from a server on loopback. A line for each check; exit code 1
where one fails. Accessibility is judged by axe.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pymupdf
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page

from digest import assembly, config, pipeline
from digest.records import ArxivId, Breakdown, Claim, Paper, leaves
from digest.render.entry import paper_file
from digest.render.markdown import clean, formulas
from digest.site.build import Options, build
from digest.site.day import stem
from digest.site.serve import server
from scripts.browser.days import nasty_day
from scripts.browser.looking import chromium
from tests.nasty import NASTY

MOST_BYTES = 300_000
"""Of a page without its pictures."""
ALIKE = 0.97
CLAIMS = 25
"""That are clicked, drawn with a seed."""
_WORDS = re.compile(r"\b[a-z]{4,} [a-z]{4,} [a-z]{4,}\b")
_HAN = re.compile(r"[\u4e00-\u9fff]{6,}")
Check = Iterator[tuple[str, str]]
"""``(what, problem)``; the problem is empty where there is none."""


@dataclass
class Tab:
    """A page at work, and what it did that it should not."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def dismiss(self, dialog: Dialog) -> None:
        """A dialog is a fault: something was executed."""
        self.errors.append(dialog.message)
        dialog.dismiss()

    def hear(self, said: ConsoleMessage) -> None:
        """What the browser complains of."""
        if said.type == "error":
            self.errors.append(said.text)

    def problems(self, allowed: str) -> str:
        """What was asked elsewhere, and what went wrong."""
        elsewhere = [url for url in self.requests if not url.startswith((allowed, "data:"))]
        return "; ".join([*elsewhere[:3], *self.errors[:3]])


@contextmanager
def tab(browser: Browser, **options: object) -> Iterator[Tab]:
    """A new window; by default as wide as a desktop's and without a network."""
    settings = {"viewport": {"width": 1400, "height": 900}, "offline": True, **options}
    context: BrowserContext = browser.new_context(**settings)
    page = context.new_page()
    made = Tab(page)
    page.on("request", lambda request: made.requests.append(request.url))
    page.on("pageerror", lambda error: made.errors.append(str(error)))
    page.on("dialog", made.dismiss)
    page.on("console", made.hear)
    try:
        yield made
    finally:
        context.close()


def file_url(folder: Path, path: str) -> str:
    """Of a page as a file; ``path`` may have a query."""
    name, mark, query = path.partition("?")
    return (folder / name).as_uri() + mark + query


@dataclass(frozen=True, slots=True)
class Site:
    """A built site. ``readings``: date, paper and reading of each paper that has one."""

    folder: Path
    readings: tuple[tuple[str, Paper, Breakdown], ...]
    papers: Path

    def url(self, path: str) -> str:
        """Of a page, as a file."""
        return file_url(self.folder, path)

    def page_of(self, date: str, paper: Paper) -> str:
        """Where a paper's page is."""
        return f"{date}/{stem(paper)}.html"

    @property
    def kinds(self) -> list[str]:
        """A page of each kind."""
        date, paper, _ = self.readings[0]
        month, category = f"month/{date[:7]}.html", next((self.folder / "category").iterdir()).name
        paths = ["index.html", f"{date}/index.html", self.page_of(date, paper), month]
        return [*paths, f"category/{category}/index.html", "categories.html", "search.html?q=model"]


def site_of(home: Path, folder: Path) -> Site:
    """The site of a home's posts."""
    settings = config.load({}, {"home": str(home)})
    store = assembly.store(settings)
    assembly.build_site(settings, assembly.SiteOptions(folder))
    found = []
    for date, _, _ in store.post_dates():
        _, entries = pipeline.content(date, settings, store)
        read = [entry for entry in entries if entry.breakdown and leaves(entry.breakdown)]
        found += [(date, entry.paper, entry.breakdown) for entry in read if entry.breakdown]
    if not found:
        sys.exit(f"{home} has no post with readings: make one with digest run")
    return Site(folder, tuple(found), settings.papers)


def main() -> int:
    """Run every check."""
    options = _options()
    failures = 0
    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        site = site_of(options.home, Path(scratch) / "site")
        checks: list[Callable[[], Check]] = [
            lambda: pages(browser, site),
            lambda: claims(browser, site),
            lambda: searches(browser, site),
            lambda: keys(browser, site),
            lambda: served(browser, site),
            lambda: accessible(browser, site),
            lambda: strangers(options.home, Path(scratch) / "public"),
            lambda: nasty(browser, Path(scratch) / "nasty"),
        ]
        for check in checks:
            for what, problem in check():
                failures += bool(problem)
                print(f"{'FAIL' if problem else 'ok  '} {what} {problem[:400]}", flush=True)
        if options.screenshots:
            photograph(browser, site, options.screenshots)
    print(f"{failures} failures")
    return 1 if failures else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, default=Path("home"))
    parser.add_argument("--screenshots", type=Path, help="folder for pictures of the pages")
    return parser.parse_args()


# ---------------------------------------------------------------- every kind of page


def pages(browser: Browser, site: Site) -> Check:
    """Each opens without an error or a request elsewhere, is light, and fits a phone."""
    for path in site.kinds:
        with tab(browser) as at:
            at.page.goto(site.url(path))
            at.page.wait_for_timeout(300)
            yield f"{path}: nothing leaves, no error", at.problems("file://")
            yield f"{path}: weight", _weight(at.requests)
            at.page.set_viewport_size({"width": 390, "height": 844})
            wide = at.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            yield f"{path}: fits a phone", f"{wide} px too wide" if wide > 0 else ""
    with tab(browser) as at:
        at.page.goto(site.url("index.html"))
        at.page.click("[data-do=language]")
        at.page.click("[data-do=theme]")
        at.page.goto(site.url(site.kinds[1]))
        kept = at.page.evaluate("[document.documentElement.dataset.ui, "
                                "document.documentElement.dataset.theme]")  # fmt: skip
        yield "language and colours are kept", "" if kept == ["en", "dark"] else str(kept)


def _weight(requests: list[str]) -> str:
    paths = [Path(url.removeprefix("file://").split("?")[0]) for url in dict.fromkeys(requests)]
    sizes = {path: path.stat().st_size for path in paths if path.suffix not in (".png", ".jpg")}
    total = sum(sizes.values())
    return f"{total} bytes" if total > MOST_BYTES else ""


# ---------------------------------------------------------------- claims


def claims(browser: Browser, site: Site) -> Check:
    """A click shows the right page with the right sentence marked, and its numbers in both."""
    every = [
        (date, paper, key, claim)
        for date, paper, reading in site.readings
        for key, claim in _keyed(reading)
        if any(evidence.page for evidence in claim.evidence)
    ]
    chosen = random.Random(7).sample(every, min(CLAIMS, len(every)))
    wrong: dict[str, list[str]] = {"page": [], "sentence": [], "numbers": [], "sight": []}
    for date, paper, key, claim in chosen:
        with tab(browser) as at:
            at.page.goto(site.url(site.page_of(date, paper)))
            at.page.click(f"#{key} .cite")
            at.page.wait_for_function("[...document.images].every(image => image.complete)")
            name = f"{stem(paper)} {key}"
            shown = _shown(at.page)
            data = json.loads(at.page.inner_text("#data"))["claims"][key]
            wanted = sorted({e.page for e in claim.evidence if e.page})
            if not set(wanted) <= set(shown["pages"]):
                wrong["page"].append(f"{name}: {shown['pages']}, not {wanted}")
            with pymupdf.open(site.papers / paper_file(paper.id)) as pdf:
                for evidence, quote in zip(claim.evidence, data, strict=True):
                    read = _read(pdf, quote["lines"])
                    if evidence.page and not _reads(read, evidence.quote):
                        wrong["sentence"].append(f"{name}: {read!r} for {evidence.quote!r}")
            marked = sum(marked for quote in data for _, marked in quote["parts"])
            on_page = sum(len(rects) for quote in data for rects in quote["numbers"].values())
            seen = (shown["said"] > 0) == (marked > 0) == (on_page > 0)
            if not seen or shown["rects"] < on_page:
                wrong["numbers"].append(f"{name}: {shown['said']}, {marked}, {on_page}")
            if not shown["inside"]:
                wrong["sight"].append(name)
    for what, found in wrong.items():
        said = f"{len(found)} of {len(chosen)}: {'; '.join(found[:3])}" if found else ""
        yield f"{len(chosen)} claims clicked: right {what}", said


def _keyed(reading: Breakdown) -> Iterator[tuple[str, Claim]]:
    """Claims with their keys on the page."""
    number = 0
    for part in (reading.problem, reading.method, reading.results):
        for claim in part:
            number += 1
            if not claim.children:
                yield f"c{number}", claim
            for child in claim.children:
                number += 1
                yield f"c{number}", child


_SHOWN = """() => {
  const sheet = document.querySelector('.sheet').getBoundingClientRect();
  const first = document.querySelector('.sheet rect').getBoundingClientRect();
  return {
    pages: [...document.querySelectorAll('.sheet .page')].map(page => Number(page.dataset.page)),
    rects: document.querySelectorAll('.sheet rect').length,
    said: document.querySelectorAll('.claim.active .said mark').length,
    inside: first.top >= sheet.top && first.bottom <= sheet.bottom && first.left >= sheet.left - 1
      && !document.getElementById('evidence').hidden
      && [...document.images].every(image => image.naturalWidth > 0),
  };
}"""


def _shown(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(_SHOWN)
    return found


def _read(pdf: pymupdf.Document, lines: dict[str, list[list[float]]]) -> str:
    """What stands inside the rectangles, read back from the PDF."""
    words = []
    for number, rects in sorted(lines.items(), key=lambda item: int(item[0])):
        page = pdf[int(number) - 1]
        width, height = page.rect.width, page.rect.height
        for x, y, across, down in rects:
            box = pymupdf.Rect(x * width, y * height, (x + across) * width, (y + down) * height)
            words.append(page.get_text("text", clip=box))
    return " ".join(words)


def _reads(read: str, quote: str) -> bool:
    """Whether the marked text is the quote, but for a footnote's mark or a raised sign in it.

    How exact marks are is measured by ``digest eval pages``; here it is told whether it is that
    sentence. A formula set apart stands in a quote as [equation].
    """
    found = _letters(read)
    pieces = [_letters(piece) for piece in quote.split("[equation]")]
    if len(pieces) > 1:
        return all(piece in found for piece in pieces)
    return SequenceMatcher(None, found, pieces[0], autojunk=False).ratio() >= ALIKE


def _letters(text: str) -> str:
    """What two ways to read the same line agree on."""
    return "".join(re.findall(r"[a-z0-9]", unicodedata.normalize("NFKC", text).lower()))


# ---------------------------------------------------------------- search


def searches(browser: Browser, site: Site) -> Check:
    """A Chinese and an English phrase of each of some papers is found, quickly."""
    chance = random.Random(3)
    for date, paper, reading in chance.sample(site.readings, min(5, len(site.readings))):
        texts = [claim.text for claim in leaves(reading)]
        han = [match for text in texts for match in _HAN.findall(text)]
        quotes = [e.quote for claim in leaves(reading) for e in claim.evidence]
        words = [match for quote in quotes for match in _WORDS.findall(quote)]
        for phrase in (chance.choice(han)[:6], chance.choice(words)):
            with tab(browser) as at:
                at.page.goto(site.url("search.html"))
                at.page.fill(".find input", phrase)
                at.page.wait_for_selector("#results .item", timeout=5000)
                found = at.page.eval_on_selector_all(
                    "#results h2 a", "links => links.map(link => link.getAttribute('href'))"
                )
                marks = "".join(at.page.locator("#results .item mark").all_inner_texts())
                took = re.sub(r"\D+", " ", at.page.inner_text("#found")).split()[-1]
                there = site.page_of(date, paper) in found
                problem = "" if there and marks else f"{found} {marks!r}"
                yield f"search finds {phrase!r} ({took} ms)", problem


# ---------------------------------------------------------------- keys


def keys(browser: Browser, site: Site) -> Check:
    """The whole way with the keyboard alone: home, day, paper, claim, back, search."""
    with tab(browser) as at:
        press = at.page.keyboard.press
        at.page.goto(site.url("index.html"))
        press("j")
        press("Enter")
        at.page.wait_for_selector("body.day")
        press("j")
        press("Enter")
        at.page.wait_for_selector("body.paper")
        yield "home, day, paper by keys", ""
        press("j")
        press("j")
        press("Enter")
        opened = at.page.is_visible("#evidence .page img")
        yield "Enter shows the page of a claim", "" if opened else "it does not"
        inside = at.page.evaluate("document.activeElement.id")
        yield "the focus is there", "" if inside == "evidence" else inside
        before = at.page.inner_text(".quotes")
        press("j")
        moved = at.page.inner_text(".quotes") != before
        yield "j shows that of the next", "" if moved else "it does not"
        press("Escape")
        back = at.page.evaluate("document.activeElement.closest('.claim') !== null")
        closed = not at.page.is_visible("#evidence")
        yield "Esc closes it and goes back to the claim", "" if back and closed else "it does not"
        if at.page.locator("[rel=next]").count():
            first = at.page.url
            press("n")
            at.page.wait_for_url(lambda url: url.split("#")[0] != first.split("#")[0])
            press("p")
            at.page.wait_for_url(lambda url: url.split("#")[0] == first.split("#")[0])
            yield "n and p turn pages", ""
        press("u")
        at.page.wait_for_selector("body.day")
        press("/")
        at.page.keyboard.type("model")
        press("Enter")
        at.page.wait_for_selector("body.search #results .item")
        press("Escape")
        press("?")
        yield "help is shown", "" if at.page.is_visible("#help") else "it is not"
        press("Escape")
        yield "nothing leaves, no error", at.problems("file://")


# ---------------------------------------------------------------- the server


def served(browser: Browser, site: Site) -> Check:
    """The same from a server on loopback, under its stricter rules."""
    with server(site.folder, site.papers, 0) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        base = f"http://127.0.0.1:{running.server_address[1]}/"
        try:
            with tab(browser, offline=False) as at:
                for path in site.kinds:
                    at.page.goto(base + path)
                    at.page.wait_for_timeout(200)
                at.page.goto(base + site.kinds[2])
                at.page.locator(".claim .cite").first.click()
                at.page.wait_for_function("[...document.images].every(image => image.complete)")
                width = at.page.evaluate("document.querySelector('.sheet img').naturalWidth")
                yield "served: pictures are there", "" if width else "they are not"
                yield "served: nothing leaves, no error", at.problems(base)
        finally:
            running.shutdown()
            thread.join()


# ---------------------------------------------------------------- for everybody


def accessible(browser: Browser, site: Site) -> Check:
    """Axe finds nothing, on any kind of page, in both languages and colours."""
    axe = Axe()
    for scheme in ("light", "dark"):
        for path in site.kinds:
            with tab(browser, color_scheme=scheme) as at:
                at.page.goto(site.url(path))
                if scheme == "dark":
                    at.page.click("[data-do=language]")
                if at.page.locator(".claim .cite").count():
                    at.page.locator(".claim .cite").first.click()
                at.page.wait_for_timeout(300)
                found = axe.run(at.page).response["violations"]
                said = [f"{each['id']}: {each['nodes'][0]['html'][:150]}" for each in found]
                yield f"axe, {scheme}, {path}", "; ".join(said)


# ---------------------------------------------------------------- strangers


def strangers(home: Path, folder: Path) -> Check:
    """``site --public`` shows pages only of papers whose licence allows it."""
    settings = config.load({}, {"home": str(home)})
    wanted = assembly.SiteOptions(folder, public=True)
    assembly.build_site(settings, wanted)
    store = assembly.store(settings)
    shown = {path.parent.name for path in folder.glob("20*/*/p*.*")}
    for date, _, _ in store.post_dates():
        for entry in pipeline.content(date, settings, store)[1]:
            free = "creativecommons.org" in (entry.paper.licence or "")
            if stem(entry.paper) in shown and not free:
                yield f"public: {entry.paper.id}", "its pages are shown"
            page = (folder / date / f"{stem(entry.paper)}.html").read_text()
            linked = "https://arxiv.org/pdf/" in page or not isinstance(entry.paper.id, ArxivId)
            yield f"public: {entry.paper.id} is linked", "" if linked else "no link to arXiv"


# ---------------------------------------------------------------- nasty texts


def nasty(browser: Browser, folder: Path) -> Check:
    """Nothing is executed, nothing lost, and formulas carry the TeX of their source."""
    day = nasty_day()
    options = Options(day.heading.title, None, lambda _: None, lambda _: "", lambda _: False)
    build(folder, {"2026-01-23": "1"}, lambda _: (day.heading, day.entries), options)
    for path in (
        "index.html",
        "2026-01-23/index.html",
        "month/2026-01.html",
        "search.html?q=model",
    ):
        with tab(browser) as at:
            at.page.goto(file_url(folder, path))
            at.page.wait_for_timeout(200)
            yield f"nasty {path}", _executed(at)
    lost, tex = [], []
    for entry, text in zip(day.entries, NASTY, strict=True):
        with tab(browser) as at:
            at.page.goto((folder / "2026-01-23" / f"{stem(entry.paper)}.html").as_uri())
            executed = _executed(at)
            if executed:
                yield f"nasty {text.name}", executed
            if _plain(text.text) not in _plain(at.page.evaluate(_VISIBLE)):
                lost.append(text.name)
            found = at.page.evaluate(_TEX)
            found = [formula.strip("$") for formula in found]  # as written, if not understood
            wanted = [formula.strip() for formula in formulas(text.text)]
            if any(found.count(formula) < wanted.count(formula) for formula in wanted):
                tex.append(f"{text.name}: {found[:3]}")
    yield f"{len(NASTY)} nasty texts: nothing lost", ", ".join(lost)
    yield f"{len(NASTY)} nasty texts: formulas equal their source", "; ".join(tex)


_VISIBLE = """() => {
  const copy = document.querySelector('article').cloneNode(true);
  for (const math of copy.querySelectorAll('math'))
    math.replaceWith(math.querySelector('annotation').textContent);
  return copy.textContent;
}"""
_TEX = (
    """() => [...document.querySelectorAll('annotation, code.tex')].map(each => each.textContent)"""
)


def _executed(at: Tab) -> str:
    ran = at.page.evaluate("String(window.executed || '')")
    return "; ".join(part for part in (ran, at.problems("file://")) if part)


def _plain(text: str) -> str:
    """Without what formulas are written in and what does not show."""
    return re.sub(r"\s|\$|\\[()\[\]]", "", clean(text))


# ---------------------------------------------------------------- pictures


def photograph(browser: Browser, site: Site, folder: Path) -> None:
    """Pages as pictures, for a person to look at."""
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {"desktop": (1400, 900), "phone": (390, 844)}
    for size, (width, height) in sizes.items():
        for scheme in ("light", "dark"):
            view = {"width": width, "height": height}
            with tab(browser, viewport=view, color_scheme=scheme) as at:
                for number, path in enumerate(site.kinds):
                    at.page.goto(site.url(path))
                    if at.page.locator(".claim .cite").count():
                        at.page.locator(".claim .cite").nth(3).click()
                    at.page.wait_for_timeout(400)
                    at.page.screenshot(path=folder / f"{number}-{size}-{scheme}.png")


if __name__ == "__main__":
    sys.exit(main())
