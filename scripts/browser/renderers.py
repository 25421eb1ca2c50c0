"""Posts through every renderer: nothing executed, nothing lost, formulas equal to their source.

    python -m scripts.browser.renderers [--home DIR]... [--reference POST.md] [--screenshots DIR]

Makes a day of nasty texts, and the days of each home, with Debian's Jekyll, Hugo and cmark-gfm,
and opens the pages in Chromium without a network. Obsidian cannot be run: its formulas are looked
for in the file, and what is left is read by cmark-gfm. The form of the posts is compared with that
of a reference, where one is given. A line for each check; exit code 1 where one fails.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser

from digest.evaluate.structure import differences, shape
from digest.records import ArxivId
from digest.render.entry import Entry
from digest.render.markdown import formulas, split_formulas
from digest.render.post import FORMS, Style, post
from scripts.browser.building import BUILDERS, with_cmark_gfm
from scripts.browser.days import Day, days_of, nasty_day
from scripts.browser.looking import Section, Seen, chromium, look
from tests.nasty import DELIMITERS, page_text, together

_TAGS = {
    "a", "blockquote", "br", "h2", "hr", "li", "ol", "p", "span", "strong", "ul",
}  # fmt: skip
_FORM_TAGS = {
    "jekyll": {"details", "div", "summary"},
    "hugo": {"h3"},
    "github": {"code", "details", "h1", "summary"},
}
"""What a post is made of. Anything else comes from a text that was taken for Markdown or HTML."""
_NOTE_FORMULA = re.compile(r"(?<!\\)\$([^$\n]+?)(?<!\\)\$")
_FORMULA = "\u27e6\u27e7"  # in place of one
_LINKS = ("https://", "http://", "../", "2026-", "mailto:")


def main() -> int:
    options = _options()
    failures = 0
    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        for day in _days(options.home):
            for form in FORMS:
                checks = _checks(day, form, browser, Path(scratch), options.screenshots)
                for what, problem in (*_form_checks(day, form, options.reference), *checks):
                    failures += bool(problem)
                    print(f"{'FAIL' if problem else 'ok  '} {day.name} {form}: {what} {problem}")
    print(f"{failures} failures")
    return 1 if failures else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, action="append", default=[])
    parser.add_argument("--reference", type=Path, help="a post to compare the form with")
    parser.add_argument("--screenshots", type=Path, help="folder for pictures of the pages")
    return parser.parse_args()


def _days(homes: list[Path]) -> Iterator[Day]:
    yield nasty_day()
    for home in homes:
        yield from days_of(home)


def _form_checks(day: Day, form: str, reference: Path | None) -> Iterator[tuple[str, str]]:
    """The form of a day of arXiv's papers; one that is not from there lacks a key."""
    from_arxiv = all(isinstance(entry.paper.id, ArxivId) for entry in day.entries)
    if reference is not None and from_arxiv and form == "jekyll":
        ours = shape(post(day.heading, day.entries))
        found = differences(ours, shape(reference.read_text(encoding="utf-8")))
        yield "form of the reference", "; ".join(found)


def _checks(
    day: Day, form: str, browser: Browser, scratch: Path, screenshots: Path | None
) -> Iterator[tuple[str, str]]:
    """``(what, problem)`` of each check; the problem is empty where there is none."""
    text = post(day.heading, day.entries, Style(form))
    again = post(day.heading, day.entries, Style(form))
    yield "same bytes again", "" if text == again else "they differ"
    folder = scratch / day.name / form
    folder.mkdir(parents=True)
    if form == "obsidian":
        yield from _note_checks(day, text, browser, folder)
        return
    built = BUILDERS[form](text, f"{day.heading.date}-arxiv-daily.md", folder)
    yield "built without a word", built.said
    if not built.page.exists():
        return
    seen = look(browser, built.page, screenshots and screenshots / f"{day.name}-{form}")
    yield "nothing executed", _executed(seen)
    yield "no other elements", ", ".join(_foreign(seen, _TAGS | _FORM_TAGS[form]))
    rules = text.splitlines().count("---") - 2 * text.startswith("---")
    yield "rules", _differ(seen.tags.count("hr"), rules)
    yield "sections", _differ(len(seen.sections), len(day.sections))
    yield "fits a phone", "" if not seen.overflow_px else f"{seen.overflow_px} px too wide"
    pairs = list(zip(seen.sections, day.sections, strict=False))
    yield "nothing lost", _first(_lost(section, texts, form) for section, texts in pairs)
    yield "formulas equal", _first(_missing(section, texts, form) for section, texts in pairs)


def _note_checks(day: Day, text: str, browser: Browser, folder: Path) -> Iterator[tuple[str, str]]:
    """Obsidian's note: its formulas, which Obsidian reads first, and the rest by CommonMark."""
    wanted = Counter(tex for texts in day.sections for text in texts for tex in formulas(text))
    found = Counter(_NOTE_FORMULA.findall(text))
    yield "formulas equal", str(dict(wanted - found) or "")
    body = _NOTE_FORMULA.sub(_FORMULA, text.split("---\n", 2)[2])
    seen = look(browser, with_cmark_gfm(body, "note.md", folder).page)
    yield "nothing executed", _executed(seen)
    yield "no other elements", ", ".join(_foreign(seen, _TAGS))
    yield "sections", _differ(len(seen.sections), len(day.sections))
    readings = sum(_has_reading(entry) for entry in day.entries)
    yield "callouts", _differ(text.count("\n> [!note]- 详细解读\n>\n> 1\\) "), readings)
    pairs = zip(seen.sections, day.sections, strict=False)
    yield "nothing lost", _first(_lost(section, texts, "obsidian") for section, texts in pairs)


def _has_reading(entry: Entry) -> bool:
    """A paper of which there was nothing to read has none to fold away."""
    return entry.breakdown is not None and entry.breakdown.text_used != "none"


def _executed(seen: Seen) -> str:
    odd = [link for link in seen.links if not link.startswith(_LINKS)]
    return " ".join([seen.executed, *seen.handlers, *odd, *seen.requests]).strip()


def _foreign(seen: Seen, known: set[str]) -> list[str]:
    return [f"{tag} ({n})" for tag, n in Counter(seen.tags).items() if tag not in known]


def _differ(found: int, wanted: int) -> str:
    return "" if found == wanted else f"{found}, not {wanted}"


def _first(problems: Iterator[str | bool]) -> str:
    return str(next(filter(None, problems), ""))


def _lost(section: Section, texts: tuple[str, ...], form: str) -> str:
    """The first text that is not seen as often as it was said."""
    page = together(section.text)
    for text, times in Counter(together(_said(text, form)) for text in texts).items():
        if text and page.count(text) < times:
            return f"{page.count(text)} of {times}: {text[:100]!r} in {page[:300]!r}"
    return ""


def _said(text: str, form: str) -> str:
    if form == "obsidian":
        return _FORMULA.join(split_formulas(text)[::2])
    return page_text(text, form)


def _missing(section: Section, texts: tuple[str, ...], form: str) -> str:
    """The first formula that does not stand in one piece, in its delimiters, so often as it was."""
    wanted = Counter(tex for text in texts for tex in formulas(text))
    found = Counter(_formulas_seen(section, form, list(wanted)))
    lacking = wanted - found
    return f"{next(iter(lacking))!r}: {dict(lacking)}" if lacking else ""


def _formulas_seen(section: Section, form: str, wanted: list[str]) -> Iterator[str]:
    left, right = DELIMITERS[form]
    for number, (element, text) in enumerate(section.nodes):
        if form == "github" and element == "CODE":
            before, after = (section.nodes[n][1] for n in (number - 1, number + 1))
            if before.endswith("$") and after.startswith("$"):
                yield text
        else:
            line = " ".join(text.split())
            for tex in wanted:
                yield from [tex] * line.count(f"{left}{tex}{right}")


if __name__ == "__main__":
    sys.exit(main())
