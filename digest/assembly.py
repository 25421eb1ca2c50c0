"""Builds what the configuration asks for: the store, the engines, and each stage's tool.

The stages know nothing of each other or of engines; here they are put together.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from datetime import date as Date
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from digest import __version__, confinement, files
from digest.allowance import Allowance, seconds_until
from digest.announced import Arxiv, ArxivSource
from digest.budget import parse_budget
from digest.bundles import contents, read
from digest.bundles.manifest import Manifest
from digest.bundles.read import Imported
from digest.bundles.wheels import gather
from digest.bundles.write import check_folder, export
from digest.calendar import load_calendar
from digest.clock import SystemClock
from digest.config import Config, check_category
from digest.engines import catalogue, known, present
from digest.engines.addresses import endpoint
from digest.engines.convert import convert
from digest.engines.converted import ensure_converted
from digest.engines.device import Wanted
from digest.engines.process import Kind, Running, WorkerEngine
from digest.engines.server import Access, ServerEngine
from digest.errors import ConfigError, FetchError, ModelError
from digest.explain import modes
from digest.explain.judge import Judge
from digest.explain.reading import Explainer
from digest.explain.writers import Manner, Mode
from digest.extract import TIMEOUT_S, Extractor, Layout
from digest.extract.identity import made_by
from digest.extract.pages import Painter
from digest.extract.pool import ParallelExtractor
from digest.generation import Engine
from digest.mailing import Mailer
from digest.metering import Meter
from digest.pipeline import Progress, Tools, completed, content
from digest.records import ArxivId, Paper, to_builtins
from digest.render.entry import paper_file
from digest.render.licences import allows_figure, licence_of
from digest.selection import Choice, Interest, Rules, choose, load_liked, parse_rules
from digest.site import build
from digest.sources import Arrival
from digest.sources.endpoints import Endpoints
from digest.sources.hosts import HostLog
from digest.sources.http import HttpOptions
from digest.sources.merge import merge
from digest.sources.pace import default_pace_file
from digest.sources.process import ArxivProcess
from digest.store import Store
from digest.store.ledger import Ledger
from digest.translate.languages import LANGUAGES
from digest.translate.translator import Translator
from digest.words.terms import Glossary, merged, parse_glossary

SERVER = "server:"
"""What the name of a model begins with that a server has."""

PAPERS_AT_A_SERVER = 8
"""In flight where nothing else is asked for: enough for the requests of most settings, as a paper
has 20 bullets at once, and few enough that a killed run loses little."""

GLOSSARY_FILE = "glossary.toml"
"""In the home; the lab edits it."""

RESERVE_S, RESERVE_SITE_S = 30.0, 180.0
"""Of a night that ends at a given time: for what follows the last paper. A site takes a second or
two for a paper's pages."""

LIKED_ASKED = 2000
"""Liked papers, known by id alone, that arXiv is asked about: ten requests, once a day."""

log = logging.getLogger(__name__)

Bytes = Callable[[str, int, int], None]
"""Called as ``progress(what, done_bytes, total_bytes)``."""


def store(config: Config) -> Store:
    """The home's database; made at its first use."""
    return Store(config.database, SystemClock().now)


def mailer(config: Config) -> Mailer:
    """The lab's mail server."""
    return Mailer(config, HostLog(config.home / "hosts.log", SystemClock()))


def ledger(opened: Store) -> Ledger:
    """What was seen of arXiv, in the same database."""
    return Ledger(opened.database)


@contextlib.contextmanager
def arxiv(config: Config, online: bool) -> Iterator[Arxiv]:
    """How arXiv is reached: by a process of its own, which is there when this returns.

    With ``online`` False nothing is ever asked.
    """
    holidays = [Date.fromisoformat(day) for day in config.holidays]
    calendar, clock = load_calendar(holidays), SystemClock()
    if not online:
        yield Arxiv(calendar, clock)
        return
    endpoints = Endpoints(config.feed_url, config.api_url, config.oai_url, config.pdf_url)
    options = http_options(config)
    if not config.contact:
        log.warning("arXiv asks for an address it can reach you at: set contact in digest.toml")
    asking = ArxivProcess(options, endpoints, holidays)
    try:
        yield Arxiv(
            calendar, clock, asking, asking.download, ahead=True, close=partial(_close, asking)
        )
    finally:
        asking.kill()


def http_options(config: Config) -> HttpOptions:
    """How arXiv is asked."""
    return HttpOptions(
        contact=config.contact,
        proxy=config.proxy,
        ca_file=config.ca_file,
        cache_dir=config.home / "cache",
        pace_file=Path(config.pace_file).expanduser() if config.pace_file else default_pace_file(),
    )


def _close(asking: ArxivProcess) -> None:
    asking.close()
    log.info("everything is fetched: nothing of this run can reach the network any more")


def announced_source(
    config: Config, opened: Store, reached: Arxiv, progress: Progress
) -> ArxivSource:
    """arXiv as a source, with the lab's rules and interest.

    Raises:
        ConfigError: A rule cannot be read, or the file of liked papers cannot.
    """
    rules = _rules(config)
    interest = _interest(config, opened, reached) if config.liked else None

    def chosen(papers: Sequence[Paper], taken: int) -> Choice:
        return choose(papers, rules, interest, config.limit or None, taken)

    return ArxivSource(config, opened, reached, chosen, progress)


def _rules(config: Config) -> Rules:
    """The configured rules.

    Raises:
        ConfigError: One cannot be read, or names a category that arXiv does not have.
    """
    rules = parse_rules(config.include, config.exclude, config.boost)
    for rule in (*rules.include, *rules.exclude, *rules.boost):
        if rule.field in ("category", "primary") and "*" not in rule.text:
            check_category(rule.text)
    return rules


def _interest(config: Config, opened: Store, reached: Arxiv) -> Interest:
    """What the lab likes; ids in its list are looked up in the ledger, then at arXiv.

    What arXiv says of them is not recorded: they are no news.
    """
    liked = load_liked(config.home / Path(config.liked).expanduser())
    seen = ledger(opened).of_papers([paper.base for paper in liked.unknown])
    liked = liked.completed([merge(sightings) for sightings in seen.values()])
    if liked.unknown and reached.feeds is not None:
        try:
            if len(liked.unknown) > LIKED_ASKED:
                log.warning("%s: only %d ids are looked up", config.liked, LIKED_ASKED)
            found = reached.feeds.by_id(liked.unknown[:LIKED_ASKED])
        except FetchError as exc:
            log.warning("papers of %s are ranked without their abstracts: %s", config.liked, exc)
            found = []
        liked = liked.completed([sighting.paper for sighting in found])
    return Interest(liked.papers)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a bundle shall carry: what was seen ``since``, and what it needs. ``split``: 4G."""

    since: datetime | None
    models: bool
    wheels: bool
    split: str | None


def export_bundle(
    out: Path, carried: Carried, config: Config, checkout: Path, progress: Bytes
) -> Manifest:
    """Write a bundle from a home.

    Raises:
        BundleError: A wheel cannot be had, or it is too much for one bundle.
        DigestError: Nothing was seen since then, and nothing else is wanted.
        ModelMissingError: A configured model is not on this machine.
        StoreError: The folder is missing, or the disk is full or cannot be written.
    """
    check_folder(out)
    models = tuple(_local_models(config))
    found = gather(checkout, config.models_dir / ".wheels", progress) if carried.wheels else None
    wanted = contents.Wanted(
        carried.since,
        models if carried.models else (),
        found.paths if found else (),
        found.requirements if found else None,
        contents.parse_size(carried.split) if carried.split else None,
    )
    planned = contents.plan(_place(config), wanted, __version__, datetime.now(UTC), progress)
    return export(planned, out, progress)


def import_bundle(path: Path, config: Config, progress: Bytes) -> Imported:
    """Take a bundle into a home, all of it or nothing.

    Raises:
        BundleError: It is damaged, mixed up or hostile, or does not fit this machine.
        StoreError: The disk is full or cannot be written.
    """
    return read.import_bundle(path, _place(config), progress)


def _local_models(config: Config) -> Iterator[catalogue.ModelFile]:
    """Those of the configuration that are files here."""
    for name in config.models:
        if not name.startswith(SERVER):
            yield known.ready(name, config.models_dir)


def _place(config: Config) -> contents.Place:
    return contents.Place(config.home, config.models_dir, ledger(store(config)))


def convert_model(model: catalogue.ModelFile, config: Config, progress: Bytes) -> None:
    """Make the CTranslate2 folder of a model that translates, where there is none that fits."""
    if "ctranslate2" not in model.engines or model.members:
        return
    try:
        ensure_converted(model, config.models_dir)
    except ModelError:
        convert(model, config.models_dir, progress)


def extractor(config: Config) -> Extractor:
    """Reads PDFs in a process of its own; close it."""
    layout = cast(Layout, config.layout)  # Config has checked it
    return Extractor(layout=layout, timeout_s=TIMEOUT_S * (1 if layout == "fast" else 5))


def allowance(config: Config) -> Allowance:
    """What a run that begins now may take."""
    most_s = None
    if config.until:
        most_s = seconds_until(config.until, datetime.now(ZoneInfo(config.zone)))
    reserve_s = RESERVE_SITE_S if "site" in config.outputs else RESERVE_S
    return Allowance(SystemClock().elapsed_s, most_s, parse_budget(config.budget), reserve_s)


def leave_network(config: Config) -> None:
    """Take this process off the network, unless it asks a model server.

    Called before any thread is started, and after the process that fetches.
    """
    if any(name.startswith(SERVER) for name in config.models):
        log.info("this run keeps its network, as it asks a model server: %s", config.server)
    elif confinement.leave_network() == "none":
        hint = "allow user namespaces or seccomp: digest doctor"
        log.warning("this run cannot be taken off the network here", extra={"hint": hint})


@contextlib.contextmanager
def tools(config: Config) -> Iterator[Tools]:
    """Every stage's tool. Models are looked for here and loaded at their first use.

    Raises:
        ModelMissingError: A model is not on this machine.
        ModelDamagedError: A model is not the file of the catalogue.
        ConfigError: The catalogue has no such model.
    """
    if not config.model.startswith(SERVER):
        known.find(
            config.model, config.models_dir
        )  # both names are looked at before either file is
    extracts = ParallelExtractor(partial(extractor, config), made_by(cast(Layout, config.layout)))
    meter = Meter()
    with (
        reader(config) as engine,
        translation_engine(config) as translating,
        extractor(config) as painter,
    ):
        reads = meter.of(engine)
        translates = translator_of(meter.of(translating), config, reads)
        with checker(config, reads, meter) as judge:
            explains = explainer(config, reads, translates, judge)
            yield Tools(extracts, translates, explains, painter.figure, meter)


@contextlib.contextmanager
def checker(config: Config, reads: Engine, meter: Meter) -> Iterator[Judge | None]:
    """What marks claims: the engine that ``reads``, where it is the same model, or one more."""
    if not config.checker:
        yield None
    elif config.checker == config.model:
        yield Judge(reads)
    else:
        with reader(replace(config, model=config.checker)) as engine:
            yield Judge(meter.of(engine))


def explainer(
    config: Config, reads: Engine, translates: Translator, judge: Judge | None = None
) -> Explainer:
    """Writes readings with ``reads``.

    A bullet that falls back to a quotation needs a sentence translated. Where the model that
    translates is the one that reads, the engine that is reading does it: with the 1.5 B on two
    cores CTranslate2 took 32 s for one stubborn sentence and llama.cpp 9 s, and 2 GB of memory
    were kept for it.
    """
    chinese = LANGUAGES[config.target].chinese
    same = config.translator == config.model and reads.instructed
    quotes = Translator(reads, glossary=glossary(config, "zh")) if chinese and same else translates
    if not chinese:
        manner = Manner("quote", config.target)
    elif config.writing == "auto":
        manner = Manner(modes.remembered(config.models_dir, reads))
    else:
        manner = Manner(cast(Mode, config.writing))
    terms = glossary(config, "zh")
    return Explainer(reads, quotes, config.evidence_tokens, terms, manner, judge)


@contextlib.contextmanager
def translator(config: Config, reads: Engine | None = None) -> Iterator[Translator]:
    """The translator, with its engine."""
    with translation_engine(config) as engine:
        yield translator_of(engine, config, reads)


def translator_of(engine: Engine, config: Config, reads: Engine | None = None) -> Translator:
    """The translator; what it fails at, the model that ``reads`` tries, if it is another."""
    return Translator(
        engine,
        other=None if config.model == config.translator else reads,
        target=config.target,
        glossary=glossary(config, LANGUAGES[config.target].glossary),
    )


def glossary(config: Config, language: str) -> Glossary:
    """The starter terms under those of the lab's ``glossary.toml``, in ``language`` (``zh``).

    Raises:
        ConfigError: The lab's file cannot be read.
    """
    starter = resources.files("digest.translate").joinpath("glossary.toml").read_text("utf-8")
    path = config.home / GLOSSARY_FILE
    try:
        own = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path} cannot be read: {exc}", "it must be a file of UTF-8 text") from (
            exc
        )
    return merged(
        parse_glossary(starter, language, "the starter glossary"),
        parse_glossary(own, language, str(path)),
    )


@contextlib.contextmanager
def translation_engine(config: Config) -> Iterator[Engine]:
    """The model that translates; on CTranslate2 where it can be, which is faster at it."""
    if config.translator.startswith(SERVER):
        with model_server(config.translator, config) as server:
            yield server
        return
    model = known.ready(config.translator, config.models_dir)
    wanted = config.translator_engine
    auto: Kind = "ctranslate2" if "ctranslate2" in model.engines else "llama.cpp"
    with engine(auto if wanted == "auto" else cast(Kind, wanted), model, config) as opened:
        yield opened


@contextlib.contextmanager
def reader(config: Config) -> Iterator[Engine]:
    """The model that writes readings; on llama.cpp where nothing else is asked for."""
    if config.model.startswith(SERVER):
        with model_server(config.model, config) as server:
            yield server
        return
    model, wanted = known.ready(config.model, config.models_dir), config.engine
    kind = "llama.cpp" if wanted == "auto" else cast(Kind, wanted)
    if model.family:
        raise ConfigError(f"{model.name} only translates", "model = one that follows a prompt")
    with engine(kind, model, config) as opened:
        yield opened


@contextlib.contextmanager
def engine(kind: Kind, model: catalogue.ModelFile, config: Config) -> Iterator[WorkerEngine]:
    """One model in one engine, in a process of its own.

    Raises:
        ModelMissingError: It is not on this machine.
        ModelDamagedError: It is not the file of the catalogue.
        ConfigError: The engine cannot run it.
    """
    running = Running(
        threads=config.threads,
        device=cast(Wanted, config.device),
        gpu_layers=config.gpu_layers,
        parallel=config.parallel,
        papers_at_once=config.papers_at_once,
        memory_bytes=config.memory_gb * 10**9,
        target="zh-Hans" if LANGUAGES[config.target].chinese else config.target,
    )
    with WorkerEngine(kind, model, config.models_dir, running) as opened:
        present.ensure(model, config.models_dir)
        if kind == "ctranslate2" and not model.members:
            ensure_converted(model, config.models_dir)
        yield opened


@contextlib.contextmanager
def model_server(name: str, config: Config) -> Iterator[ServerEngine]:
    """A model of the server that the lab runs, ``server:NAME``.

    Raises:
        ConfigError: No server is set, or it may not be asked.
    """
    if not config.server:
        raise ConfigError(
            f"{name} names a model server, but none is set",
            'write server = "http://127.0.0.1:8000/v1" in digest.toml',
        )
    hosts = HostLog(config.home / "hosts.log", SystemClock())
    access = Access(
        requests=config.server_requests,
        papers=config.papers_at_once or PAPERS_AT_A_SERVER,
        key=config.server_key,
        ca_file=config.ca_file,
        contacted=hosts.add,
    )
    where = endpoint(config.server, config.server_hosts)
    with ServerEngine(where, name.removeprefix(SERVER), access) as opened:
        yield opened


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """How a site is made.

    ``public``: for strangers; pictures of pages only where the paper's licence lets them be shown.
    ``wait_s``: for how long another build of the same site is waited for.
    """

    out: Path
    public: bool = False
    pictures: bool = True
    wait_s: float = 0.0


def build_site(
    config: Config, wanted: SiteOptions, progress: Bytes = lambda *_: None
) -> build.Built:
    """Bring the static site of a home's posts up to date.

    Raises:
        BusyError: Another build of it is at work.
        StoreError: The store cannot be read, or the site cannot be written.
    """
    opened = store(config)
    beside = wanted.out == config.site and not wanted.public

    def pdf_of(stem: str) -> Path | None:
        path = config.papers / f"{stem}.pdf"
        return path if path.is_file() else None

    def pdf_url(paper: Paper) -> str:
        name = paper_file(paper.id)
        if beside and (config.papers / name).is_file():
            return f"../../papers/{name}"
        return f"https://arxiv.org/pdf/{paper.id}" if isinstance(paper.id, ArxivId) else ""

    def may_show(paper: Paper) -> bool:
        own = "noncommercial" if config.figures == "noncommercial" else "free"
        return not wanted.public or allows_figure(licence_of(paper.licence), own)

    with files.held(wanted.out / ".lock", wanted.wait_s), Painter() as painter:
        drawing = painter.pages if wanted.pictures else None
        options = build.Options(
            config.title, drawing, pdf_of, pdf_url, may_show, public=wanted.public
        )
        return build.build(
            wanted.out,
            opened.post_fingerprints(),
            lambda date: content(date, config, opened, texts=True),
            options,
            progress,
        )


def explain_file(arrival: Arrival, config: Config) -> dict[str, Any]:
    """One paper's reading without a store, as ``digest explain --json`` gives it.

    Raises:
        DigestError: The PDF, its metadata or a model cannot be used.
    """
    seconds = {}
    assert arrival.pdf is not None  # it was read from a file
    with tools(config) as each, extractor(config) as extracts:
        started = time.monotonic()
        document = extracts.extract(arrival.pdf)
        seconds["extract"] = time.monotonic() - started
        paper = completed(arrival.paper, document)
        started = time.monotonic()
        breakdown = each.explainer.explain(paper, document)
        seconds["explain"] = time.monotonic() - started
    heading = {"paper": str(paper.id), "title": paper.title}
    rounded = {stage: round(value, 3) for stage, value in seconds.items()}
    return {**heading, **to_builtins(breakdown), "seconds": rounded}
