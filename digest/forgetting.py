"""A paper is forgotten: everywhere in the home, and for good.

What is going to be done is written down first, in ``.forgetting.json``, and that goes last: a
process that is killed in between is followed by one that finishes, step by step from the first.
Each step does nothing where it is done. The order matters: the database first, so that nothing is
made again from it; its bytes last, as the steps before still write to it.

Out of reach are copies outside of the home (a site or a bundle written elsewhere, a mail that was
sent), and what a disk keeps of removed files.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from digest import backups, files
from digest.assembly import SiteOptions, build_site
from digest.bundles.read import STAGING
from digest.config import Config
from digest.errors import DigestError, StoreDamaged, StoreError
from digest.outputs import write_files
from digest.pipeline import publishing, render_day
from digest.publish import post_name
from digest.records import from_json, to_json
from digest.redaction import Names, hosts_without, lines_naming, log_without
from digest.render.weekly import dates_of, week_of
from digest.store import Store
from digest.store.database import Database
from digest.store.forgetting import (
    Traces,
    allow,
    copies,
    erase,
    forgotten,
    rewrite,
    traces,
    unmark,
)

SITE_WAIT_S = 120.0
"""For another build of the site."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Intention:
    """What was asked for, as it lies on the disk until it is done."""

    known: Traces
    at: datetime


@dataclass(slots=True)
class Forgot:
    """What was done.

    Args:
        at: When the paper counts as forgotten.
        rows: Of the database that are gone.
        removed: Files that are gone, from the home.
        rewritten: Files that are there without the paper.
        edited: Files that somebody edited, and the lines in which they name the paper.
        unreadable: Database files that may hold it and cannot be opened.
    """

    at: datetime
    rows: int = 0
    removed: list[str] = field(default_factory=list)
    rewritten: list[str] = field(default_factory=list)
    edited: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)


def find(wanted: str, config: Config, store: Store) -> Traces:
    """The paper that is meant.

    Args:
        wanted: An arXiv id without its version, or the beginning of a local one.
        config: For the home.
        store: Knows it.

    Raises:
        DigestError: Nothing is known of it, or of more than one that begins so.
    """
    found = traces(store.database, wanted)
    if len(found) > 1:
        raise DigestError(f"{len(found)} papers begin with {wanted}", "give more of the id")
    if not found:
        raise DigestError(
            f"nothing in {config.home} is of {wanted}", "digest search finds papers by words"
        )
    return found[0]


def forgotten_at(wanted: str, store: Store) -> datetime | None:
    """When a paper was forgotten of which nothing is here; None: never, or something is."""
    at = forgotten(store.database).when(wanted)
    return at if at is not None and not traces(store.database, wanted) else None


def forget(known: Traces, config: Config, store: Store) -> Forgot:
    """Remove a paper everywhere; what somebody edited is named and left.

    The caller is alone at work in the home (``running``).

    Raises:
        StoreError: Something cannot be written; again, it goes on.
    """
    intention = Intention(known, store.database.now().replace(tzinfo=UTC))
    files.write(_note(config), to_json(intention))
    return _carry_out(intention, config, store)


def finish(config: Config, store: Store) -> Forgot | None:
    """Do what a process that was stopped had begun; None where there is nothing."""
    if not _note(config).exists():
        return None
    intention = from_json(_note(config).read_bytes(), Intention)
    return _carry_out(intention, config, store)


def undo(name: str, store: Store) -> datetime:
    """Let a paper come again: when it was forgotten.

    Raises:
        DigestError: It never was.
    """
    at = allow(store.database, name)
    if at is None:
        raise DigestError(
            f"{name} was not forgotten",
            "of a local paper give the whole id, or the name that its PDF had in papers/",
        )
    return at


def _note(config: Config) -> Path:
    return config.home / ".forgetting.json"


def _carry_out(intention: Intention, config: Config, store: Store) -> Forgot:
    known = intention.known
    names = Names(known.bases, known.sha256s, known.titles)
    done = Forgot(intention.at)
    with backups.alone(config):  # a copy that began with the paper in it is one of its copies
        _carry_out_alone(intention, names, config, store, done)
    return done


def _carry_out_alone(
    intention: Intention, names: Names, config: Config, store: Store, done: Forgot
) -> None:
    known = intention.known
    done.rows = erase(store.database, known, intention.at)
    _unsearch(config, store)
    unmark(store.database, known)
    _remove_own(config, names, done)
    _renew_posts(known, config, store, done)
    _renew_sites(config)
    _clean_logs(config, names, done)
    done.edited = _edited(config, names)
    rewrite(store.database)
    _clean_copies(intention, config, done)
    _note(config).unlink()
    files.flush(config.home)


# ---------------------------------------------------------------- what is the paper's own


def _unsearch(config: Config, store: Store) -> None:
    """Out of the search; an index that cannot be mended is made again at the next search."""
    try:
        store.search.purge()
    except StoreError as exc:
        log.warning("the search index is removed: %s", exc.message)
        store.search.remove()


def _remove_own(config: Config, names: Names, done: Forgot) -> None:
    """PDFs, whole or not, figures, and answers of arXiv's that list it."""
    own = (config.papers, config.posts / "figures", config.home / STAGING)
    for path in (path for folder in own for path in sorted(folder.glob("*"))):
        if names.is_file(path.name) or (path.parent.name == STAGING and path.is_file()):
            _remove(path, config, done)
    for path in sorted((config.home / "cache").rglob("*")):
        if path.is_file() and names.are_in(path.read_bytes().decode("utf-8", "replace")):
            _remove(path, config, done)
    for folder in own[:2]:
        if folder.is_dir():
            files.flush(folder)


def _remove(path: Path, config: Config, done: Forgot) -> None:
    path.unlink(missing_ok=True)
    done.removed.append(path.relative_to(config.home).as_posix())


# ---------------------------------------------------------------- posts, and what is beside them


def _renew_posts(known: Traces, config: Config, store: Store, done: Forgot) -> None:
    """Posts without the paper; only files that are there are written, and no others are made."""
    left = {date for date, _, _ in store.post_dates()}
    with publishing(config):
        for path in config.posts.rglob(".*.partial"):
            path.unlink()
    for date in known.dates:
        for path in _asides(date, config, store):
            _remove(path, config, done)
        mail = config.posts / "mail" / f"{date}.eml"
        if mail.exists():
            _remove(mail, config, done)
        if date not in left:
            _remove_day(date, config, store, done)
        elif (config.posts / post_name(date)).exists():
            render_day(date, config, store)
    for date in _to_write(known.dates, sorted(left)):
        there = replace(config, outputs=tuple(_beside(date, config)))
        failed = write_files(date, there, store).failed
        if failed:
            raise failed[0][1]
    if not left:
        (config.posts / "feed.xml").unlink(missing_ok=True)


def _asides(date: str, config: Config, store: Store) -> Iterator[Path]:
    """Texts of ours beside posts that were edited: the new one takes their place."""
    week = week_of(date)
    for when, folder, stem in (
        (date, config.posts, post_name(date)[:-3]),
        (week, config.posts / "weekly", week),
    ):
        for path in sorted(folder.glob(f"{stem}.new*.md")):
            if store.wrote_post_file(when, files.sha256(path)):
                yield path


def _remove_day(date: str, config: Config, store: Store, done: Forgot) -> None:
    """The files of a post that has no paper any more; an edited one is the editor's."""
    post = config.posts / post_name(date)
    if post.exists() and store.wrote_post_file(date, files.sha256(post)):
        _remove(post, config, done)
    for path in (config.posts / f"{date}.json", config.posts / f"{date}.bib"):
        if path.exists():
            _remove(path, config, done)
    week = week_of(date)
    first, last = dates_of(week)
    path = config.posts / "weekly" / f"{week}.md"
    others = any(first <= other <= last for other, _, _ in store.post_dates())
    if not others and path.exists() and store.wrote_post_file(week, files.sha256(path)):
        _remove(path, config, done)


def _to_write(dates: tuple[str, ...], left: list[str]) -> list[str]:
    """Posts whose files beside them name it: its own, one of each week, the newest for the feed."""
    weeks = {week_of(date) for date in dates}
    by_week = {week_of(date): date for date in left if week_of(date) in weeks}
    return sorted({*(set(dates) & set(left)), *by_week.values(), *left[-1:]})


def _beside(date: str, config: Config) -> Iterator[str]:
    """The outputs of a date that are there. A mail is not written again: it was sent, or not."""
    posts = config.posts
    paths = {
        "json": posts / f"{date}.json",
        "bibtex": posts / f"{date}.bib",
        "atom": posts / "feed.xml",
        "weekly": posts / "weekly" / f"{week_of(date)}.md",
    }
    yield from (name for name, path in paths.items() if path.exists())


def _renew_sites(config: Config) -> None:
    """The sites in the home, by their normal build: the days that lost the paper are made again."""
    for folder, public in ((config.site, False), (config.site.with_name("site-public"), True)):
        if not (folder / "state").is_dir():
            continue
        for path in folder.rglob(".*.partial"):
            path.unlink()
        pictures = next(folder.glob("????-??-??/*/p*.*"), None) is not None
        build_site(config, SiteOptions(folder, public, pictures, SITE_WAIT_S))


# ---------------------------------------------------------------- accounts and copies


def _clean_logs(config: Config, names: Names, done: Forgot) -> None:
    """Lines and reports that name it; of ``hosts.log`` the contact stays."""
    hosts = config.home / "hosts.log"
    if hosts.exists():
        _rewrite_text(hosts, partial(hosts_without, names=names), config, done)
    for folder in (config.home / "logs", config.home / "runs"):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                _rewrite_text(path, partial(log_without, names=names), config, done)


def _rewrite_text(path: Path, clean: Callable[[str], str], config: Config, done: Forgot) -> None:
    """Replace a file, and keep what another process appends to the old one meanwhile."""
    with path.open("rb") as old:
        before = old.read()
        text = clean(before.decode("utf-8", "surrogateescape"))
        data = text.encode("utf-8", "surrogateescape")
        if before == data:
            return
        files.write(path, data)
        late = old.read()
    if late:
        with path.open("ab") as new:
            new.write(late)
    done.rewritten.append(path.relative_to(config.home).as_posix())


def _clean_copies(intention: Intention, config: Config, done: Forgot) -> None:
    """Backups lose the same rows. One that is damaged is of no use and goes; what a restore set
    aside as damaged is left to whoever wants to save something of it.
    """
    for path in copies(config.home, config.database):
        copy = Database(path)
        try:
            erase(copy, intention.known, intention.at)
            unmark(copy, intention.known)
            rewrite(copy)
        except StoreDamaged as exc:  # anything else is no fault of the copy's: again, it goes on
            log.warning("%s: %s", path, exc.message)
            if path.parent == config.home:
                done.unreadable.append(path.name)
            else:
                _remove(path, config, done)
            continue
        done.rewritten.append(path.relative_to(config.home).as_posix())


def _edited(config: Config, names: Names) -> dict[str, list[tuple[int, int]]]:
    """Texts in posts/ that still name the paper, and where."""
    found = {}
    for path in sorted(config.posts.rglob("*.md")):
        if lines := lines_naming(path.read_text("utf-8", "replace"), names):
            found[path.relative_to(config.home).as_posix()] = lines
    return found
