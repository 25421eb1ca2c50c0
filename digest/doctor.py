"""What would make a run fail, looked for before the night: ``digest doctor``."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Literal, cast

from digest.assembly import SERVER, model_server
from digest.calendar import EASTERN, load_calendar
from digest.config import CONFIG_FILE, Config
from digest.engines import known, present
from digest.engines.converted import ensure_converted
from digest.engines.process import Kind, physical_cores
from digest.errors import DigestError
from digest.selftest import measure
from digest.store import Store
from digest.worker import Worker, leave_network

PACKAGES = ("llama-cpp-python", "ctranslate2", "pymupdf", "duckdb", "gguf")
FREE_BYTES = 2 << 30
"""A night's PDFs, the store's growth and a converted model fit into this."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One look at the machine. ``cure``: what to do about it; empty where all is well."""

    what: str
    state: Literal["ok", "warn", "FAIL"]
    found: str
    cure: str = ""


class NetworkProbe:
    """Built in a worker, to tell what keeps a worker off the network."""

    def guard(self) -> str:
        """What the kernel grants; a worker is confined already, asking again changes nothing."""
        return leave_network()


def examine(config: Config, quick: bool = False) -> list[Finding]:
    """All checks, in the order in which one would look; ``quick``: without running a model."""
    looks: tuple[Callable[[Config], Iterator[Finding]], ...] = (
        _python,
        _machine,
        _home,
        _models,
        _server,
        _network,
        _arxiv,
        *(() if quick else (_speed,)),
    )
    return [finding for look in looks for finding in look(config)]


def _python(_config: Config) -> Iterator[Finding]:
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.platform()}")
    for package in PACKAGES:
        try:
            yield Finding(package, "ok", metadata.version(package))
        except metadata.PackageNotFoundError:
            yield Finding(package, "FAIL", "not installed", "run: make install")


def _machine(config: Config) -> Iterator[Finding]:
    cores = physical_cores()
    threads = config.threads or cores
    state: Literal["ok", "warn"] = "warn" if threads > cores else "ok"
    cure = f"set threads = 0 in {CONFIG_FILE}: more threads than cores slow decoding down"
    found = f"{cores} physical cores, {threads} threads for a model"
    yield Finding("cores", state, found, cure if state == "warn" else "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if config.model.startswith(SERVER):
        yield Finding("memory", "ok", f"{memory / 2**30:.1f} GiB")
        return
    need = 3 * known.find(config.model, config.models_dir).bytes + (2 << 30)
    short = memory < need
    yield Finding(
        "memory",
        "warn" if short else "ok",
        f"{memory / 2**30:.1f} GiB",
        f"{config.model} wants about {need / 2**30:.1f} GiB; set a smaller model" if short else "",
    )


def _home(config: Config) -> Iterator[Finding]:
    place = next(p for p in (config.home, *config.home.parents) if p.exists())
    writable = os.access(place, os.W_OK)
    cure = "" if writable else "give --home a folder of your own"
    yield Finding("home", "ok" if writable else "FAIL", str(config.home), cure)
    free = shutil.disk_usage(place).free
    enough = free >= FREE_BYTES
    yield Finding(
        "disk",
        "ok" if enough else "warn",
        f"{free / 2**30:.1f} GiB free",
        "" if enough else f"free {FREE_BYTES / 2**30:.0f} GiB there",
    )
    store = Store(config.database)
    if store.database.exists():
        try:
            yield Finding("store", "ok", f"{store.counts().papers} papers")
        except DigestError as exc:
            yield Finding("store", "FAIL", exc.message, exc.hint or "")


def _models(config: Config) -> Iterator[Finding]:
    local = [name for name in config.models if not name.startswith(SERVER)]
    for name in local:
        yield _looked(f"model {name}", partial(_here, name, config))
    if config.translator in local and config.translator_engine != "llama.cpp":
        yield _looked("translator", partial(_converted, config))


def _here(name: str, config: Config) -> Path:
    return present.ensure(known.ready(name, config.models_dir), config.models_dir)


def _converted(config: Config) -> Path:
    model = known.ready(config.translator, config.models_dir)
    if model.members or "ctranslate2" not in model.engines:
        return present.ensure(model, config.models_dir)
    return ensure_converted(model, config.models_dir)


def _server(config: Config) -> Iterator[Finding]:
    """Whether the model server that is named has the models that are."""
    names = [name for name in config.models if name.startswith(SERVER)]
    for name in names:
        try:
            with model_server(name, config) as server:
                known = server.models()
        except DigestError as exc:
            yield Finding("model server", "FAIL", exc.message, exc.hint or "")
            continue
        if server.model in known:
            yield Finding("model server", "ok", f"{config.server} has {server.model}")
        else:
            cure = f"it has: {', '.join(known) or 'none'}"
            yield Finding("model server", "FAIL", f"it does not have {server.model}", cure)


def _looked(what: str, look: Callable[[], Path]) -> Finding:
    try:
        return Finding(what, "ok", str(look()))
    except DigestError as exc:
        return Finding(what, "FAIL", exc.message, exc.hint or "")


def _speed(config: Config) -> Iterator[Finding]:
    """How fast the models are with how many threads; what is best is kept for the runs."""
    for kind, name in (("llama.cpp", config.model), ("ctranslate2", config.translator)):
        if name.startswith(SERVER):
            continue
        what = f"speed of {kind}"
        try:
            model = known.ready(name, config.models_dir)
            if kind not in model.engines or model.family:
                continue
            speed = measure(cast(Kind, kind), model, config)
        except DigestError as exc:
            yield Finding(what, "FAIL", exc.message, exc.hint or "")
            continue
        others = ", ".join(
            f"{n}: {value:.0f}" for n, value in speed.by_threads.items() if n != speed.fastest
        )
        found = f"{speed.by_threads[speed.fastest]:.0f} tokens/s with {speed.fastest} threads"
        found += f" ({others})" if others else ""
        if speed.kept or config.threads:
            yield Finding(what, "ok", found)
        else:
            cure = "other work is running: ask again when the machine is quiet"
            yield Finding(what, "warn", f"{found}, not kept", cure)


def _network(_config: Config) -> Iterator[Finding]:
    with Worker("digest.doctor:NetworkProbe") as worker:
        guard = worker.call("guard", timeout_s=30)
    if guard == "none":
        cure = "allow user namespaces or seccomp; else nothing but our own code keeps them offline"
        yield Finding("no network in workers", "warn", f"not enforced on {sys.platform}", cure)
    else:
        yield Finding("no network in workers", "ok", f"enforced by the kernel ({guard})")


def _arxiv(config: Config) -> Iterator[Finding]:
    if config.contact:
        yield Finding("contact", "ok", config.contact)
    else:
        cure = "set contact in digest.toml: arXiv asks for an address it can reach you at"
        yield Finding("contact", "warn", "arXiv is not told who asks", cure)
    today = datetime.now(UTC).astimezone(EASTERN).date()
    own = any(day.startswith(str(today.year)) for day in config.holidays)
    if own or load_calendar().covers(today):
        yield Finding("holidays", "ok", f"known for {today.year}")
    else:
        cure = "set holidays in digest.toml, from https://info.arxiv.org/help/availability.html"
        yield Finding("holidays", "warn", f"not known for {today}: they look like stalls", cure)
