"""The command line: arguments in, text and an exit code out. The only module that prints.

Data goes to stdout, progress and logs to stderr. Exit codes: 0 done, 1 failed, 2 bad usage or
configuration, 3 the post is written but some papers failed.

Heavy libraries are imported inside the commands that need them, so that ``--help`` is quick.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

import digest
from digest import config as configuration
from digest.config import Config
from digest.errors import ConfigError, DigestError
from digest.records import to_builtins

EXIT_FAILED, EXIT_USAGE, EXIT_SOME_FAILED = 1, 2, 3
CHECKOUT = Path(__file__).resolve().parent.parent

log = logging.getLogger("digest")


@dataclass(slots=True)
class Session:
    """What every command shares. ``flags``: settings given on the command line."""

    flags: dict[str, Any]
    quiet: bool
    console: Console

    def config(self, **flags: Any) -> Config:
        """The settings, with the command's own flags on top."""
        return configuration.load(os.environ, {**self.flags, **flags}, CHECKOUT)


class _Group(click.Group):
    """Turns our own errors into one line and an exit code, in one place."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DigestError as exc:
            log.error("digest: %s", exc.message, extra={"hint": exc.hint})
            ctx.exit(EXIT_USAGE if isinstance(exc, ConfigError) else EXIT_FAILED)


pass_session = click.make_pass_decorator(Session)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")
model_option = click.option("--model", metavar="NAME", help="Model that writes the reading.")
translator_option = click.option("--translator", metavar="NAME", help="Model that translates.")


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(digest.__version__, prog_name="digest")
@click.option("--home", metavar="DIR", help="Folder of all state [default: ~/.digest].")
@click.option("--models-dir", metavar="DIR", help="Folder of the model files.")
@click.option("--threads", type=int, help="Threads of a model; 0 picks [default: 0].")
@click.option("--quiet", is_flag=True, help="No progress, only warnings and errors.")
@click.option(
    "--log-format", type=click.Choice(["text", "json"]), default="text", help="Of stderr."
)
@click.pass_context
def main(
    ctx: click.Context,
    home: str | None,
    models_dir: str | None,
    threads: int | None,
    quiet: bool,
    log_format: str,
) -> None:
    """A daily arXiv digest in Chinese, written on this machine by local models.

    Every claim of a reading is traced to a sentence on a page, and its numbers are checked.
    """
    console = Console(stderr=True, quiet=quiet, highlight=False)
    _set_up_logging(console, quiet, log_format)
    flags = {"home": home, "models_dir": models_dir, "threads": threads}
    ctx.obj = Session(flags, quiet, console)


# ---------------------------------------------------------------- a day


@main.command()
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


@main.command()
@click.option("--from", "source", metavar="FOLDER", type=click.Path(), help="PDFs to read.")
@click.option("--date", metavar="YYYY-MM-DD", help="Date of the post [default: today].")
@click.option("--categories", metavar="A,B", help="arXiv categories, e.g. cs.SD,eess.AS.")
@click.option("--limit", type=click.IntRange(min=0), help="At most so many papers.")
@click.option("--offline", is_flag=True, help="Use no network (a folder never needs one).")
@click.option("--redo", is_flag=True, help="Use the present models for what the post shows too.")
@model_option
@translator_option
@json_option
@pass_session
def run(  # noqa: PLR0913 one parameter for each flag
    session: Session,
    source: str | None,
    date: str | None,
    categories: str | None,
    limit: int | None,
    offline: bool,
    redo: bool,
    model: str | None,
    translator: str | None,
    as_json: bool,
) -> None:
    """Make the day's post: extract, translate, explain, render.

    Safe to run again at any time: finished work is not repeated. Prints the post's path.
    """
    from digest import assembly, pipeline
    from digest.sources.folder import FolderSource

    config = session.config(model=model, translator=translator, **_categories(categories))
    if source is None:
        raise ConfigError(
            "nothing to read: fetching from arXiv is not part of this version",
            "give a folder of PDFs: digest run --from FOLDER",
        )
    day = pipeline.Day(_date(date, config), FolderSource(Path(source)), limit, redo)
    with assembly.tools(config) as tools, _stage_bars(session) as progress:
        report = pipeline.run_day(day, config, assembly.store(config), tools, progress)
    _print_report(session, report, as_json)
    if report.failed or report.unread:
        sys.exit(EXIT_SOME_FAILED)


def _print_report(session: Session, report: Any, as_json: bool) -> None:
    for outcome in report.failed:
        said = (outcome.stage, outcome.paper, outcome.error)
        log.warning("%s failed: %s: %s", *said, extra={"hint": outcome.hint})
    for problem in report.unread:
        log.warning("left out: %s", problem)
    if report.post_status == "aside":
        log.warning("the post was edited by hand and is kept; the new text is beside it")
    totals = report.coverage
    session.console.print(
        f"{report.papers} papers; {totals['claims']} claims: {totals['verified']} verified, "
        f"{totals['repaired']} repaired, {totals['quoted']} quoted; {totals['dropped']} dropped"
    )
    click.echo(_json(to_builtins(report)) if as_json else report.post)


@main.command()
@click.option("--date", metavar="YYYY-MM-DD", help="Date of the post [default: today].")
@click.option("--stdout", is_flag=True, help="Print the post, write no file.")
@pass_session
def render(session: Session, date: str | None, stdout: bool) -> None:
    """Write a date's post again from the store, or print it."""
    from digest import assembly, pipeline

    config = session.config()
    store = assembly.store(config)
    when = _date(date, config)
    if stdout:
        click.echo(pipeline.post_text(when, config, store), nl=False)
        return
    published = pipeline.render_day(when, config, store)
    session.console.print(f"{published.status}")
    click.echo(published.path)


@main.command()
@json_option
@pass_session
def status(session: Session, as_json: bool) -> None:
    """What the store holds, the newest posts, and what failed."""
    from digest import assembly

    config = session.config()
    store = assembly.store(config)
    if not store.exists():
        raise DigestError(f"no digest in {config.home}", "make one: digest run --from FOLDER")
    counts, posts, failures = store.counts(), store.post_dates(), store.failures()
    if as_json:
        shown = [{"date": d, "source": s, "papers": n} for d, s, n in posts]
        failed = [{**to_builtins(outcome), "at": at.isoformat()} for outcome, at in failures]
        report = {"home": str(config.home), "counts": to_builtins(counts)}
        click.echo(_json({**report, "posts": shown, "failures": failed}))
        return
    click.echo(f"home          {config.home}")
    for name, value in to_builtins(counts).items():
        click.echo(f"{name:<13} {value}")
    for when, source, papers in posts[:10]:
        click.echo(f"post          {when}  {papers} papers from {source}")
    for outcome, at in failures[:20]:
        click.echo(f"failed        {at:%Y-%m-%d %H:%M}  {outcome.stage}  {outcome.paper}")
        click.echo(f"              {outcome.error}")
        if outcome.hint:
            click.echo(f"              {outcome.hint}")


@main.command()
@click.argument("post", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option("--date", metavar="YYYY-MM-DD", help="Check the post of this date.")
@json_option
@pass_session
def check(session: Session, post: str | None, date: str | None, as_json: bool) -> None:
    """Verify every claim of a post against the stored sources.

    Each citation must stand verbatim in the stored document, each number of a claim in what it
    cites, and each claim in the post's file as it was written. Exit code 1 where one does not.
    """
    from digest import assembly
    from digest.audit import audit

    config = session.config()
    when = Path(post).name[:10] if post and date is None else _date(date, config)
    result = audit(when, Path(post) if post else None, config, assembly.store(config))
    if as_json:
        click.echo(_json(to_builtins(result)))
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


# ---------------------------------------------------------------- a stage on one file


@main.command()
@click.argument("pdf", type=click.Path())
@json_option
@pass_session
def extract(session: Session, pdf: str, as_json: bool) -> None:
    """Read one PDF: sections and sentences with pages and boxes, tables, figures."""
    from digest import assembly

    session.config()
    with assembly.extractor() as extractor:
        document = extractor.extract(Path(pdf))
    if as_json:
        click.echo(_json(to_builtins(document)))
        return
    click.echo(f"{document.title or '(no title found)'}\n")
    click.echo(f"{document.pages} pages, text {document.text_quality}")
    if document.text_quality_reason:
        click.echo(document.text_quality_reason)
    section = None
    for sentence in document.sentences:
        if sentence.section != section and sentence.section is not None:
            heading = document.sections[sentence.section]
            click.echo(f"\n{'#' * heading.level} {heading.title}  [{heading.kind}]")
        section = sentence.section
        click.echo(f"{sentence.id:>5} p.{sentence.page}  {sentence.text}")


@main.command()
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@translator_option
@json_option
@pass_session
def translate(session: Session, file: Any, translator: str | None, as_json: bool) -> None:
    """Translate texts, one a line, from FILE or stdin; one a line out, in the same order."""
    from digest import assembly

    config = session.config(translator=translator)
    with assembly.translator(config) as tool:
        for line in _lines(file):
            translation = tool.translate(line.strip())
            click.echo(_json(_translated(translation)) if as_json else translation.text)


def _lines(file: Any) -> Iterator[str]:
    """The lines of a text file.

    Raises:
        DigestError: It is not UTF-8.
    """
    try:
        yield from file
    except UnicodeDecodeError as exc:
        raise DigestError(f"{file.name} is not UTF-8 text: {exc}", "convert it to UTF-8") from exc


def _translated(translation: Any) -> dict[str, Any]:
    """A translation as ``digest translate --json`` prints it."""
    sentences = translation.sentences
    return {
        "source": translation.source,
        "text": translation.text,
        "checks": dict(translation.checks),
        "repaired": any(sentence.repaired for sentence in sentences),
        "kept": any(sentence.kept for sentence in sentences),
        "made_by": to_builtins(translation.made_by),
    }


@main.command()
@click.argument("pdf", type=click.Path())
@model_option
@translator_option
@json_option
@pass_session
def explain(
    session: Session, pdf: str, model: str | None, translator: str | None, as_json: bool
) -> None:
    """Write the grounded reading of one PDF (metadata from NAME.json beside it)."""
    from digest import assembly
    from digest.sources.folder import read_one

    config = session.config(model=model, translator=translator)
    reading = assembly.explain_file(read_one(Path(pdf)), config)
    if as_json:
        click.echo(_json(reading))
        return
    click.echo(f"{reading['title']}  (read: {reading['text_used']})")
    for number, part in enumerate(("problem", "method", "results"), 1):
        click.echo(f"\n{number})")
        for claim in reading[part]:
            _print_claim(claim, "")
    for dropped in reading["dropped"]:
        click.echo(f"\ndropped ({dropped['reason']}): {dropped['text']}")


def _print_claim(claim: dict[str, Any], indent: str) -> None:
    label = f"{claim['label']}：" if claim["label"] else ""
    pages = "".join(f" [p.{evidence['page']}]" for evidence in claim["evidence"])
    state = "" if claim["state"] == "verified" or not claim["text"] else f" ({claim['state']})"
    click.echo(f"{indent}- {label}{claim['text']}{pages}{state}")
    for child in claim["children"]:
        _print_claim(child, indent + "  ")


# ---------------------------------------------------------------- models and the machine


@main.group()
def models() -> None:
    """The model files: what there is, getting them, checking them."""


@models.command("list")
@json_option
@pass_session
def models_list(session: Session, as_json: bool) -> None:
    """The catalogue, and what of it is on this machine."""
    from digest.engines.catalogue import catalogue

    config = session.config()
    known = catalogue().models
    if as_json:
        rows = [
            {**to_builtins(m), "present": (config.models_dir / m.file).is_file()} for m in known
        ]
        click.echo(_json(rows))
        return
    width = max(len(model.name) for model in known)
    click.echo(f"{'name':<{width}}  {'size':>8}  {'licence':<10}  here  what for")
    for model in known:
        here = "yes" if (config.models_dir / model.file).is_file() else "no"
        size = f"{model.bytes / 1e6:,.0f} MB"
        click.echo(
            f"{model.name:<{width}}  {size:>8}  {model.licence:<10}  {here:<4}  {model.notes}"
        )


@models.command("pull")
@click.argument("names", nargs=-1)
@click.option("--force", is_flag=True, help="Get it again even if a file is there.")
@pass_session
def models_pull(session: Session, names: tuple[str, ...], force: bool) -> None:
    """Get model files, verify them, and convert what the translator needs.

    Without NAMES: the two models of the configuration. The only command that downloads.
    """
    from digest.engines import catalogue, pull

    config = session.config()
    chosen = names or tuple(dict.fromkeys((config.model, config.translator)))
    for model in [catalogue.find(name) for name in chosen]:
        session.console.print(f"{model.name}: {model.bytes / 1e6:,.0f} MB, {model.licence}")
        with _byte_bars(session) as progress:
            path = pull.pull(model, config.models_dir, progress, force=force)
            if "ctranslate2" in model.engines:
                _convert(model, config.models_dir, progress)
        click.echo(path)


def _convert(model: Any, models_dir: Path, progress: Callable[[str, int, int], None]) -> None:
    """Make the CTranslate2 folder of a model where there is none that fits."""
    from digest.engines.convert import convert
    from digest.engines.converted import ensure_converted
    from digest.errors import ModelError

    try:
        ensure_converted(model, models_dir)
    except ModelError:
        convert(model, models_dir, progress)


@models.command("verify")
@click.argument("names", nargs=-1)
@pass_session
def models_verify(session: Session, names: tuple[str, ...]) -> None:
    """Read model files whole and compare them with the catalogue's sha256."""
    from digest.engines import catalogue, verify

    config = session.config()
    chosen = names or tuple(dict.fromkeys((config.model, config.translator)))
    for name in chosen:
        model = catalogue.find(name)
        path = verify.verify(model, config.models_dir)
        click.echo(f"ok  {model.sha256}  {path}")


@models.command("path")
@click.argument("name", required=False)
@pass_session
def models_path(session: Session, name: str | None) -> None:
    """The folder of the model files, or the file of one model."""
    from digest.engines import catalogue

    config = session.config()
    path = config.models_dir / catalogue.find(name).file if name else config.models_dir
    click.echo(path)


@main.command()
@json_option
@pass_session
def doctor(session: Session, as_json: bool) -> None:
    """Look for what would make a run fail. Exit code 1 where something would."""
    from digest import doctor as checks

    findings = checks.examine(session.config())
    if as_json:
        click.echo(_json(to_builtins(findings)))
    else:
        for finding in findings:
            click.echo(f"{finding.state:<5} {finding.what}: {finding.found}")
            if finding.cure:
                click.echo(f"      {finding.cure}")
    if any(finding.state == "FAIL" for finding in findings):
        sys.exit(EXIT_FAILED)


@main.command()
@model_option
@translator_option
@json_option
@pass_session
def bench(session: Session, model: str | None, translator: str | None, as_json: bool) -> None:
    """Measure decoding several answers together against one at a time, as ratios."""
    from digest import assembly
    from digest.evaluate.bench import measure

    config = session.config(model=model, translator=translator)
    if not as_json:
        click.echo("engine       together  tokens  seconds  tokens/s  ratio  model")
    for opened in (assembly.reader(config), assembly.translation_engine(config)):
        with opened as engine:
            for speed in measure(engine):
                line = (
                    f"{speed.engine:<12} {speed.together:>8} {speed.tokens:>7} "
                    f"{speed.seconds:>8.1f} {speed.tokens_per_s:>9.1f} {speed.ratio:>6.2f}  "
                    f"{speed.model}"
                )
                click.echo(_json(to_builtins(speed)) if as_json else line)


# ---------------------------------------------------------------- the pieces


def _categories(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    return {"categories": tuple(part.strip() for part in text.split(",") if part.strip())}


def _date(text: str | None, config: Config) -> str:
    """A date as it is used in names; today in the configured zone where none is given."""
    if text is None:
        return datetime.now(ZoneInfo(config.zone)).date().isoformat()
    try:
        return Date.fromisoformat(text).isoformat()
    except ValueError:
        raise ConfigError(f"not a date: {text!r}", "write it as 2026-01-23") from None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _set_up_logging(console: Console, quiet: bool, log_format: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if log_format == "json" else _TextLines())
    root = logging.getLogger("digest")
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING if quiet else logging.INFO)
    if log_format == "json":
        console.quiet = True


class _TextLines(logging.Formatter):
    """The message, and the cure of an error on a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        hint = getattr(record, "hint", None)
        return record.getMessage() + (f"\n  {hint}" if hint else "")


class _JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and the cure of an error."""

    def format(self, record: logging.LogRecord) -> str:
        return _json(
            {
                "time": datetime.fromtimestamp(record.created).astimezone().isoformat(),
                "level": record.levelname,
                "logger": record.name,
                "message": record.getMessage(),
                "hint": getattr(record, "hint", None),
            }
        )


@contextmanager
def _stage_bars(session: Session) -> Iterator[Callable[[str, str, int, int], None]]:
    """A bar for each stage, with the paper it is at."""
    columns: tuple[ProgressColumn, ...] = (
        SpinnerColumn(),
        TextColumn("{task.fields[stage]:<9}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[paper]}", markup=False),
    )
    with Progress(*columns, console=session.console) as bars:
        tasks: dict[str, Any] = {}

        def progress(stage: str, paper: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task("", total=total, stage=stage, paper="")
            width = max(20, shutil.get_terminal_size().columns - 60)
            bars.update(tasks[stage], completed=done, paper=paper[:width])
            log.debug("%s %d/%d", stage, done, total)

        yield progress


@contextmanager
def _byte_bars(session: Session) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each thing that is downloaded or converted."""
    columns: tuple[ProgressColumn, ...] = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=session.console) as bars:
        tasks: dict[str, Any] = {}

        def progress(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield progress
