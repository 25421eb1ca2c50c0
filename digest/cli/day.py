"""A day's post: make it, write it again, ask what there is, verify it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date as Date
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from digest import config as configuration
from digest.cli.bars import byte_bars, stage_bars
from digest.cli.forget import before_run, prune_after_run
from digest.cli.night import recorded
from digest.cli.session import (
    EXIT_FAILED,
    EXIT_SOME_FAILED,
    Session,
    categories_flag,
    date_of,
    json_option,
    json_text,
    model_option,
    pass_session,
    store_to_read,
    translator_option,
)
from digest.config import Config
from digest.errors import BusyError, ConfigError, DigestError, StoreDamaged
from digest.records import Coverage, Visit, to_builtins

if TYPE_CHECKING:
    from digest.allowance import Allowance
    from digest.announced import ArxivSource, Fetched
    from digest.illustrate import Cut
    from digest.pipeline import Day, Report
    from digest.store import Store
    from digest.store.ledger import BatchLine

log = logging.getLogger("digest")

SITE_WAIT_S = 30.0
"""For another build of the site: that of a new day takes seconds."""
ASKED_AGAIN = "the next run asks for what is missing; to see whether it can: digest doctor --online"


@click.command()
@pass_session
def init(session: Session) -> None:
    """Make a home with a commented digest.toml. Changes nothing that is there."""
    from digest import files

    config = session.config()
    path = config.home / configuration.CONFIG_FILE
    if path.exists():
        session.console.print(f"{path} is there already")
    else:
        files.write(path, configuration.TEMPLATE.encode())
        session.console.print(f"wrote {path}")
    for folder in (config.posts, config.papers):
        folder.mkdir(parents=True, exist_ok=True)
    click.echo(config.home)


@click.command()
@click.option(
    "--from",
    "source",
    metavar="FOLDER|BUNDLE",
    type=click.Path(),
    help="PDFs of a folder, or what a bundle brings, instead of arXiv.",
)
@click.option("--date", metavar="YYYY-MM-DD", help="Date of the post [default: today].")
@click.option("--categories", metavar="A,B", help="arXiv categories, e.g. cs.SD,eess.AS.")
@click.option("--limit", type=click.IntRange(min=0), help="At most so many papers; 0 for all.")
@click.option("--offline", is_flag=True, help="Ask nobody: use what fetch or a bundle brought.")
@click.option("--wait", is_flag=True, help="Wait for the next announcement, asking now and then.")
@click.option(
    "--wait-hours", type=click.FloatRange(min=0), default=6.0, help="For how long [default: 6]."
)
@click.option("--redo", is_flag=True, help="Use the present models for what the post shows too.")
@click.option("--until", metavar="HH:MM", help="End by then: the best papers are read in full.")
@click.option("--budget", metavar="AMOUNT", help="What models may take: 3h, 90m, 800k (tokens).")
@model_option
@translator_option
@json_option
@pass_session
@recorded
def run(  # noqa: PLR0913 one parameter for each flag
    session: Session,
    source: str | None,
    date: str | None,
    categories: str | None,
    limit: int | None,
    offline: bool,
    wait: bool,
    wait_hours: float,
    redo: bool,
    until: str | None,
    budget: str | None,
    model: str | None,
    translator: str | None,
    as_json: bool,
) -> None:
    """Make the day's post: fetch, extract, translate, explain, render.

    The papers are those that arXiv announced since the last post. Safe to run again at any time:
    finished work is not repeated, and a paper is carried once. Prints the post's path.

    Where --until or --budget ends it, the papers that were not read in full stand in the post with
    their translated abstract, and are read in the nights that follow.
    """
    from digest import assembly
    from digest.guarded import guarded

    flags = {
        "model": model,
        "translator": translator,
        "limit": limit,
        "until": until,
        "budget": budget,
        **categories_flag(categories),
    }
    config = session.config(**flags)
    when = date_of(date, config)
    if wait and (offline or source is not None):
        raise ConfigError("--wait asks arXiv; --offline and --from do not", "leave one out")
    if source is not None and not Path(source).exists():
        raise DigestError(f"no such folder or bundle: {source}", "give --from a folder of PDFs")
    session.night.begin("run", when, config)
    asking = _Asking(offline, wait, wait_hours, redo, assembly.allowance(config))
    work = partial(_make, session, config, when, source, asking)
    report, is_written = guarded(config, "run", date is not None, work)
    _print_report(session, report, as_json, asked=not offline and source is None)
    if not is_written:
        sys.exit(EXIT_FAILED)
    if report.announced is not None and report.announced.state in ("stalled", "failed"):
        sys.exit(EXIT_FAILED)
    if report.failed or report.unread:
        sys.exit(EXIT_SOME_FAILED)


def _make(
    session: Session,
    config: Config,
    date: str,
    source: str | None,
    asking: _Asking,
    is_again: bool,
) -> tuple[Report, bool]:
    """The day's post, and whether all that stands beside it could be written.

    ``is_again``: another database has come into place since. The process has left the network by
    then: it asks in vain, and does not wait for an announcement.
    """
    from digest import assembly

    before_run(config, source)
    if is_again and source is None:
        asking = replace(asking, wait=False)
        cure = "its papers come with the next run"
        log.warning("arXiv cannot be asked again in this run", extra={"hint": cure})
    if source is not None and Path(source).is_dir():
        report = _run_folder(session, config, Path(source), date, asking)
    else:
        if source is not None:
            with byte_bars(session) as progress:
                imported = assembly.import_bundle(Path(source), config, progress)
                for carried in imported.models:
                    assembly.convert_model(carried, config, progress)
            session.share_models(config)
            asking = replace(asking, offline=True)
        report = _run_arxiv(session, config, date, asking)
    session.night.note(report, assembly.store(config))
    is_written = report.post is None or _write_files(date, config, assembly.store(config))
    prune_after_run(config)
    return report, is_written


@dataclass(frozen=True, slots=True)
class _Asking:
    """How a run asks arXiv, and what it may take, in however many attempts."""

    offline: bool
    wait: bool
    wait_hours: float
    redo: bool
    allowance: Allowance


_Failed = Sequence[tuple[str, DigestError]]
"""What was not written, and why."""


def _write_files(date: str, config: Config, store: Store) -> bool:
    """Write what stands beside a post, each by itself; whether all went well.

    The post is there in any case.
    """
    steps: tuple[tuple[str, Callable[[], _Failed]], ...] = (
        ("the files beside it", partial(_write_beside, date, config, store)),
        ("the site", partial(_bring_site, date, config)),
        ("the search", partial(_index, store)),
    )
    failed = [each for what, step in steps for each in _tried(what, step)]
    for what, problem in failed:
        said = (date, what, problem.message)
        log.error("%s: the post is written, %s not: %s", *said, extra={"hint": problem.hint})
    return not failed


def _tried(what: str, step: Callable[[], _Failed]) -> _Failed:
    try:
        return step()
    except StoreDamaged:  # of the whole run's concern
        raise
    except DigestError as exc:
        return ((what, exc),)


def _write_beside(date: str, config: Config, store: Store) -> _Failed:
    from digest.outputs import write_files

    written = write_files(date, config, store)
    for made in written.published:
        _warn_of_edits(made.status, made.path)
    return written.failed


def _bring_site(date: str, config: Config) -> _Failed:
    """The site, unless another process is building it: what it shows is made up for later."""
    if "site" in config.outputs:
        from digest import assembly

        try:
            assembly.build_site(config, assembly.SiteOptions(config.site, wait_s=SITE_WAIT_S))
        except BusyError as exc:
            cure = "when it has ended: digest site"
            log.warning(
                "%s may be missing on the site: %s", date, exc.message, extra={"hint": cure}
            )
    return ()


def _index(store: Store) -> _Failed:
    store.search.update()
    return ()


def _warn_of_edits(status: str, path: Path) -> None:
    if status == "aside":
        log.warning("%s: the new text; the post beside it was edited by hand and is kept", path)


def _finish_posts(config: Config, store: Store, date: str) -> None:
    """Write what a run that was stopped at its very end could not."""
    from digest import assembly, pipeline

    since = (Date.fromisoformat(date) - timedelta(days=config.retry_days)).isoformat()
    with assembly.extractor(config) as painter:
        posts = pipeline.finish_posts(config, store, since, painter.figure)
    for finished in posts:
        log.warning("%s: written now; a run was stopped before it could", finished.path)
        _write_files(finished.path.name[:10], config, store)


def _run_folder(
    session: Session, config: Config, folder: Path, date: str, asking: _Asking
) -> Report:
    from digest import assembly, pipeline
    from digest.sources.folder import FolderSource

    day = pipeline.Day(date, FolderSource(folder, config.limit or None), asking.redo)
    allowance = asking.allowance
    assembly.leave_network(config)
    with (
        assembly.tools(config) as tools,
        stage_bars(session, allowance.left_s) as progress,
    ):
        store = assembly.store(config)
        try:
            return pipeline.run_day(day, config, store, tools, progress, allowance)
        finally:
            session.night.spent(to_builtins(tools.meter.usage))


def _run_arxiv(session: Session, config: Config, date: str, asking: _Asking) -> Report:
    """The day's post, and what older ones still lack."""
    from digest import assembly, pipeline

    store, allowance = assembly.store(config), asking.allowance
    with assembly.arxiv(config, online=not asking.offline) as arxiv:
        assembly.leave_network(config)
        _finish_posts(config, store, date)
        with (
            assembly.tools(config) as tools,
            stage_bars(session, allowance.left_s) as progress,
        ):
            made = partial(
                pipeline.run_day,
                config=config,
                store=store,
                tools=tools,
                progress=progress,
                allowance=allowance,
            )
            source = assembly.announced_source(config, store, arxiv, progress)
            try:
                return _days(source, date, asking, config, store, made)
            finally:
                session.night.spent(to_builtins(tools.meter.usage))


def _days(
    source: ArxivSource,
    date: str,
    asking: _Asking,
    config: Config,
    store: Store,
    made: Callable[[Day], Report],
) -> Report:
    """The day's post, then what the posts before it still lack, while there is time."""
    from digest import announced, pipeline

    if asking.wait:
        source.wait(date, asking.wait_hours)
    again = announced.announced_items(store, date) if asking.redo else []
    older = announced.older_papers(store, date, config.retry_days)
    source.also([*((item.paper, item.mark) for item in again), *older])
    report = made(pipeline.Day(date, source))
    if asking.redo:
        mending = announced.MendingSource(source, announced.announced_items(store, date))
        redone = made(pipeline.Day(date, mending, redo=True))
        report = replace(redone, announced=report.announced)
    for day in announced.older_days(store, source, date, config.retry_days):
        mended = made(day)
        if mended.post is not None:
            _write_files(day.date, config, store)
        said = (day.date, len(mended.outcomes), len(mended.failed))
        log.info("%s: tried again what was missing: %d steps, %d failed", *said)
        if mended.skipped:
            break
    return report


def _print_report(session: Session, report: Report, as_json: bool, asked: bool) -> None:
    for outcome in report.failed:
        said = (outcome.stage, outcome.paper, outcome.error)
        log.warning("%s failed: %s: %s", *said, extra={"hint": outcome.hint})
    for problem in report.unread:
        log.warning("left out: %s", problem)
    if report.skipped:
        papers = len({outcome.paper for outcome in report.skipped})
        first = report.skipped[0]
        log.warning("%d papers wait: %s", papers, first.error, extra={"hint": first.hint})
    if report.post is not None:
        _warn_of_edits(report.post_status, report.post)
    if report.announced is not None:
        _print_announced(session, report.announced, asked)
    totals = report.coverage
    session.console.print(
        f"{report.papers} papers; {totals['claims']} claims: {totals['verified']} verified, "
        f"{totals['repaired']} repaired, {totals['quoted']} quoted; {totals['dropped']} dropped"
    )
    if as_json:
        click.echo(json_text(to_builtins(report)))
    elif report.post is not None:
        click.echo(report.post)


def _print_announced(session: Session, coverage: Coverage, asked: bool) -> None:
    """``asked``: whether arXiv was, so that the next run may be expected to."""
    hint = ASKED_AGAIN if asked and coverage.state in ("failed", "stalled") else None
    for problem in coverage.problems:
        log.warning("%s", problem, extra={"hint": hint})
        hint = None  # once for all of them
    batches = ", ".join(coverage.batches) or "none"
    session.console.print(
        f"arXiv {coverage.state}; batches {batches}: {coverage.new} new ({coverage.late} late), "
        f"{coverage.cross} cross-listed, {len(coverage.updates)} updates, "
        f"{len(coverage.left_out)} left out"
    )


@click.command()
@click.option("--date", metavar="YYYY-MM-DD", help="For the post of this date [default: today].")
@click.option("--categories", metavar="A,B", help="arXiv categories, e.g. cs.SD,eess.AS.")
@click.option("--limit", type=click.IntRange(min=0), help="At most so many papers; 0 for all.")
@json_option
@pass_session
@recorded
def fetch(
    session: Session, date: str | None, categories: str | None, limit: int | None, as_json: bool
) -> None:
    """Ask arXiv what is new and download its PDFs, without reading them.

    For a machine that carries papers to another (see: digest bundle), or ahead of a night's run.
    """
    from digest.guarded import guarded

    config = session.config(limit=limit, **categories_flag(categories))
    when = date_of(date, config)
    session.night.begin("fetch", when, config)
    work = partial(_fetch, session, config, when)
    fetched = guarded(config, "fetch", date is not None, work)
    _print_announced(session, fetched.coverage, asked=True)
    for problem in fetched.failed:
        log.warning("%s", problem)
    if as_json:
        click.echo(json_text(to_builtins(fetched)))
    else:
        click.echo(f"{fetched.papers} papers wait for the post; {fetched.pdfs} PDFs are here")
    if fetched.coverage.state in ("stalled", "failed"):
        sys.exit(EXIT_FAILED)
    if fetched.failed:
        sys.exit(EXIT_SOME_FAILED)


def _fetch(session: Session, config: Config, date: str, _is_again: bool) -> Fetched:
    from digest import assembly

    before_run(config)
    store = assembly.store(config)
    with assembly.arxiv(config, online=True) as arxiv, stage_bars(session) as progress:
        fetched = assembly.announced_source(config, store, arxiv, progress).fetch(date)
    session.night.note(fetched, store)
    return fetched


@click.command()
@click.option("--date", metavar="YYYY-MM-DD", help="Date of the post [default: today].")
@click.option("--stdout", is_flag=True, help="Print the post, write no file.")
@pass_session
def render(session: Session, date: str | None, stdout: bool) -> None:
    """Write a date's post again from the store, or print it."""
    from digest import pipeline

    config = session.config()
    store = store_to_read(config)
    when = date_of(date, config)
    if stdout:
        click.echo(pipeline.post_text(when, config, store), nl=False)
        return
    with _cutting(config) as cut:
        published = pipeline.render_day(when, config, store, cut)
    session.console.print(f"{published.status}")
    _warn_of_edits(published.status, published.path)
    click.echo(published.path)
    if not _write_files(when, config, store):
        sys.exit(EXIT_FAILED)


@contextmanager
def _cutting(config: Config) -> Iterator[Cut | None]:
    """What cuts figures, only where posts show them: it brings all stages along, which is slow."""
    if config.figures == "off":
        yield None
        return
    from digest import assembly

    with assembly.extractor(config) as painter:
        yield painter.figure


@click.command()
@json_option
@pass_session
def status(session: Session, as_json: bool) -> None:
    """How arXiv's feeds are doing, the last batches and posts, and what failed."""
    from digest.store.ledger import Ledger  # assembly would bring all stages along

    config = session.config()
    store = store_to_read(config)
    ledger = Ledger(store.database)
    with store.database.held_open():
        counts, posts, failures = store.counts(), store.post_dates(), store.failures()
        visits, batches = ledger.newest_visits(), ledger.batches(config.categories, 10)
    if as_json:
        shown = [{"date": d, "source": s, "papers": n} for d, s, n in posts]
        failed = [{**to_builtins(outcome), "at": at.isoformat()} for outcome, at in failures]
        report = {"home": str(config.home), "counts": to_builtins(counts)}
        feeds = {"feeds": to_builtins(visits), "batches": to_builtins(batches)}
        click.echo(json_text({**report, **feeds, "posts": shown, "failures": failed}))
        return
    click.echo(f"home          {config.home}")
    for name, value in to_builtins(counts).items():
        click.echo(f"{name:<13} {value}")
    _print_feeds(visits, batches, config)
    for when, source, papers in posts[:10]:
        click.echo(f"post          {when}  {papers} papers from {source}")
    for outcome, at in failures[:20]:
        click.echo(f"failed        {at:%Y-%m-%d %H:%M}  {outcome.stage}  {outcome.paper}")
        click.echo(f"              {outcome.error}")
        if outcome.hint:
            click.echo(f"              {outcome.hint}")


def _print_feeds(visits: list[Visit], batches: list[BatchLine], config: Config) -> None:
    zone = ZoneInfo(config.zone)
    for visit in visits:
        at = f"{visit.at.astimezone(zone):%Y-%m-%d %H:%M}"
        batch = f"  batch {visit.batch}" if visit.batch else ""
        seen = f"{visit.category:<10} {visit.state:<8} {visit.shown:>4} shown{batch}"
        click.echo(f"{visit.by:<13} {at}  {seen}")
        if visit.detail:
            click.echo(f"              {visit.detail}")
    if batches:
        click.echo("batch         category   announced fetched   new cross  late left failed")
    for line in batches:
        click.echo(
            f"{line.batch:<13} {line.category:<10} {line.announced:>9} {line.fetched:>7} "
            f"{line.new:>5} {line.cross:>5} {line.late:>5} {line.left_out:>4} {line.failed:>6}"
        )


@click.command()
@click.argument("post", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option("--date", metavar="YYYY-MM-DD", help="Check the post of this date.")
@json_option
@pass_session
def check(session: Session, post: str | None, date: str | None, as_json: bool) -> None:
    """Verify every claim of a post against the stored sources.

    Each citation must stand verbatim in the stored document, each number of a claim in what it
    cites, and each claim in the post's file as it was written. Exit code 1 where one does not.
    """
    from digest.audit import audit

    config = session.config()
    when = Path(post).name[:10] if post and date is None else date_of(date, config)
    result = audit(when, Path(post) if post else None, config, store_to_read(config))
    if as_json:
        click.echo(json_text(to_builtins(result)))
    else:
        for problem in result.problems:
            click.echo(f"{problem.paper}: {problem.what}\n    {problem.claim}")
        click.echo(
            f"{result.claims} claims, {result.citations} citations, {result.numbers} numbers "
            f"checked; {result.numbers_held} numbers held by a cited sentence; "
            f"{len(result.problems)} problems"
        )
    if result.problems:
        sys.exit(EXIT_FAILED)


COMMANDS = (
    init,
    run,
    fetch,
    render,
    status,
    check,
)
