"""Which days changed since the last build, and what is written for them.

A day is made again where its fingerprint is another one; then the lists that show it. What was
written counts only when its month's state is: a build that is stopped goes on at the next.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from importlib import resources
from pathlib import Path

from digest import files
from digest.errors import ConfigError
from digest.records import Paper
from digest.render.entry import Entry
from digest.render.head import Heading
from digest.site import day as days_
from digest.site import index
from digest.site.day import Kept, PdfUrl
from digest.site.evidence import Lacking, Pictures, evidence, kept_pictures
from digest.site.listing import Month, State, category_url, month_url, of_category
from digest.site.pages import MOST_DAYS, Pages

_KINDS = {"public": "for strangers", "own": "your own"}
FORM = "1"
"""Of what is written; another one makes every day again."""

Content = Callable[[str], tuple[Heading, Sequence[Entry]]]
"""What a date's post says."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a site is made.

    Args:
        title: Shown on every page.
        pictures: Draws pages of PDFs; None leaves pictures out.
        pdf_of: Where the PDF of a page's name is; None where it is not here.
        pdf_url: Where a page links to for a paper's PDF.
        may_show: Whether pictures of a paper's pages may be shown.
        public: For strangers. A folder holds one kind of site, public or not.
    """

    title: str
    pictures: Pictures | None
    pdf_of: Callable[[str], Path | None]
    pdf_url: PdfUrl
    may_show: Callable[[Paper], bool]
    public: bool = False


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did: ``index`` is the first page."""

    index: Path
    written: tuple[str, ...]
    removed: tuple[str, ...]
    days: int


def build(
    folder: Path,
    posts: Mapping[str, str],
    content: Content,
    options: Options,
    progress: Callable[[str, int, int], None] = lambda _what, _done, _total: None,
) -> Built:
    """Bring a site up to date.

    Args:
        folder: Of the site; made where it is missing.
        posts: Date -> fingerprint of what its post says.
        content: Tells what a post says, for days that changed.
        options: How.
        progress: Called as ``progress("site", done, total)``, in days, after each month.

    Raises:
        ConfigError: The folder holds something else than such a site.
        StoreError: The folder cannot be written.
    """
    site = _Site(folder, content, options)
    site.take()
    wanted = {date: site.fingerprint(mark) for date, mark in posts.items()}
    months = site.state.months()
    built = {date: mark for month in months.values() for date, mark in month.days.items()}
    again = site.unfinished(months)
    changed = [d for d in sorted(wanted) if built.get(d) != wanted[d] or d in again]
    gone = sorted(built.keys() - wanted.keys())
    site.write_static()
    done = 0
    for month, dates in _by_month([*changed, *gone]):
        site.write_month(month, {date: wanted.get(date, "") for date in dates})
        done += len(dates)
        progress("site", done, len(changed) + len(gone))
    site.write_lists()
    return Built(folder / "index.html", tuple(changed), tuple(gone), len(wanted))


def _by_month(dates: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    months: dict[str, list[str]] = {}
    for date in sorted(dates):
        months.setdefault(date[:7], []).append(date)
    yield from months.items()


class _Site:
    """One build at work in a folder."""

    def __init__(self, folder: Path, content: Content, options: Options) -> None:
        self.state = State(folder)
        self._folder, self._content, self._options = folder, content, options
        self._pages = Pages(options.title)

    def take(self) -> None:
        """Make sure that the folder is ours to write, and of this kind.

        Raises:
            ConfigError: It holds other files, or a site of the other kind.
        """
        kind = "public" if self._options.public else "own"
        there = self.state.kind()
        if there and there != kind:
            raise ConfigError(
                f"{self._folder} holds a site that is {_KINDS[there]}, not {_KINDS[kind]}",
                "give --out another folder",
            )
        others = [path.name for path in self._folder.glob("*") if not path.name.startswith(".")]
        if not there and others:
            raise ConfigError(
                f"{self._folder} holds other files, such as {sorted(others)[0]}",
                "give --out an empty or a new folder",
            )
        self.state.put_kind(kind)

    def unfinished(self, months: Mapping[str, Month]) -> set[str]:
        """Days to be made again although their posts are the same.

        Those that the search index lacks; those whose PDFs have come since; and, of the newest
        week, those of which a PDF could not be drawn or was another one.
        """
        dates = sorted(date for month in months.values() for date in month.days)
        searchable = index.indexed(self._folder / "search")
        week = (Date.fromisoformat(dates[-1]) - timedelta(7)).isoformat() if dates else ""
        lacking = [date for month in months.values() for date in month.lacking]
        found = set()
        for day in self.state.days({*lacking, *(set(dates) - searchable.keys())}):
            lost = bool(day.papers) and day.date not in searchable
            late = any(
                self._options.pdf_of(stem) is not None if why == "pdf" else day.date >= week
                for stem, why in day.lacking.items()
            )
            if lost or late:
                found.add(day.date)
        return found

    def fingerprint(self, post: str) -> str:
        """Of a day: of what its post says and of how it is shown."""
        options = self._options
        parts = (FORM, options.title, options.public, options.pictures is not None, post)
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:20]

    def write_static(self) -> None:
        """What is the same for every site, and the pages without papers."""
        for source in resources.files("digest.site").joinpath("static").iterdir():
            self._write(f"static/{source.name}", source.read_bytes())
        self._write("search.html", self._pages.search())

    def write_month(self, month: str, changed: Mapping[str, str]) -> None:
        """Changed days of a month, date -> fingerprint ("" where it is gone), and their lists."""
        before = self.state.months().get(month, Month({}, 0, {}))
        old = {kept.date: kept for kept in self.state.days(before.days)}
        new = dict(old)
        items = {}
        for date, mark in changed.items():
            new.pop(date, None)
            items[date] = self._day(date, mark, new) if mark else self._gone(date)
        index.update(self._folder / "search", items)
        touched = [day for date in changed for day in (old.get(date), new.get(date)) if day]
        days = [new[date] for date in sorted(new)]
        self._write_month_lists(month, days, _categories(touched))
        # Only now: a build that is stopped before must find what the lists were made from.
        self.state.put_month(month, days)

    def _day(self, date: str, mark: str, kept: dict[str, Kept]) -> list[index.Item]:
        heading, entries = self._content(date)
        pages = [days_.paper_page(entry) for entry in entries]
        view = days_.day_view(heading, entries, pages, self._options.pdf_url)
        self._clear(date, {page.stem for page in pages})
        why = {page.stem: self._paper(date, view, place, page) for place, page in enumerate(pages)}
        self._write(f"{date}/index.html", self._pages.day(view))
        lines = tuple(days_.line(date, page) for page in pages)
        lacking = {stem: reason for stem, reason in why.items() if reason}
        kept[date] = Kept(date, mark, lines, lacking)
        return [
            index.Item(
                line.id, date, line.url, line.title, line.translated_title, days_.searchable(entry)
            )
            for line, entry in zip(lines, entries, strict=True)
        ]

    def _paper(
        self, date: str, view: dict[str, object], place: int, page: days_.PaperPage
    ) -> Lacking:
        """A paper's page and its pictures; why they are not there, if they are not."""
        paper = page.entry.paper
        shown = self._options.pictures if self._options.may_show(paper) else None
        behind = evidence(page, self._options.pdf_of(page.stem), shown)
        before = self._folder / date / page.stem
        if behind.lacking == "pdf":
            behind.data = kept_pictures(before.with_name(f"{page.stem}.html"), behind.data)
        pictures = {Path(each["src"]).name for each in behind.data["pages"].values()}
        for path in before.glob("*"):
            if path.name not in pictures:
                path.unlink()
        for name, data in behind.files.items():
            self._write(f"{date}/{page.stem}/{name}", data)
        self._write(f"{date}/{page.stem}.html", self._pages.paper(view, place, behind.data))
        return behind.lacking

    def _gone(self, date: str) -> list[index.Item]:
        shutil.rmtree(self._folder / date, ignore_errors=True)
        return []

    def _clear(self, date: str, stems: set[str]) -> None:
        """Take away the papers of a day that it has no more."""
        for path in (self._folder / date).glob("*"):
            if path.is_dir() and path.name not in stems:
                shutil.rmtree(path)
            elif path.is_dir():
                continue  # its pictures: see _paper
            elif path.stem not in stems and path.name != "index.html":
                path.unlink()

    def _write_month_lists(self, month: str, days: Sequence[Kept], categories: set[str]) -> None:
        if days:
            self._write(month_url(month), self._pages.month(month, days[::-1]))
        else:
            (self._folder / month_url(month)).unlink(missing_ok=True)
        months = self.state.months()
        for category in sorted(categories):
            found = of_category(days, category)
            others = {name for name, each in months.items() if category in each.categories}
            names = sorted((others - {month}) | ({month} if found else set()), reverse=True)
            path = category_url(category, month)
            if found:
                self._write(path, self._pages.category(category, month, found, names))
            else:
                (self._folder / path).unlink(missing_ok=True)
            self._write_newest(category, names, {month: found})

    def _write_newest(
        self, category: str, names: Sequence[str], known: Mapping[str, list[Kept]]
    ) -> None:
        """The first page of a category: its newest month."""
        path = category_url(category)
        if not names:
            (self._folder / path).unlink(missing_ok=True)
            return
        newest = names[0]
        found = known.get(newest)
        if found is None:
            dates = self.state.months()[newest].days
            found = of_category(self.state.days(dates), category)
        self._write(path, self._pages.category(category, newest, found, names))

    def write_lists(self) -> None:
        """Home, categories, and the list of all days."""
        months = self.state.months()
        dates = sorted(date for month in months.values() for date in month.days)
        newest = self.state.days(dates[-MOST_DAYS:])[::-1]
        self._write("index.html", self._pages.home(newest, months))
        counts: dict[str, int] = {}
        for month in months.values():
            for category, count in month.categories.items():
                counts[category] = counts.get(category, 0) + count
        ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
        self._write("categories.html", self._pages.categories(ordered))
        self._write("days.js", f"digestDays({json.dumps(dates)});\n".encode())

    def _write(self, name: str, data: bytes) -> None:
        """Write a file whose bytes differ. It can be made again: no disk is waited for."""
        path = self._folder / name
        if not path.exists() or path.read_bytes() != data:
            files.replace(path, data)


def _categories(days: Sequence[Kept]) -> set[str]:
    return {category for day in days for line in day.papers for category in line.categories}
