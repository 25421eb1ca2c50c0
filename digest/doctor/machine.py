"""The machine: packages that load, cores, memory, the clock, what keeps workers off the network."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from importlib.util import find_spec

from digest import clockcheck
from digest.assembly import SERVER
from digest.config import CONFIG_FILE, Config
from digest.doctor.finding import Finding, checked
from digest.engines import known
from digest.engines.process import physical_cores
from digest.errors import ConfigError, StoreError, WorkerError
from digest.probe import PROBE
from digest.store import Store
from digest.worker import Worker

PACKAGES = {
    "llama-cpp-python": "llama_cpp",
    "ctranslate2": "ctranslate2",
    "pymupdf": "pymupdf",
    "duckdb": "duckdb",
    "gguf": "gguf",
}
LOADS_S = 60.0


def look(config: Config) -> Iterator[Finding]:
    """Everything about the machine."""
    with Worker(PROBE) as worker:
        yield _guard(worker)
        yield from _packages(worker)
    yield from _cores(config)
    yield from _memory(config)
    yield _clock(config)


def _packages(worker: Worker) -> Iterator[Finding]:
    """Each is loaded in a worker: one that was built for another CPU kills who loads it."""
    here = f"{platform.python_version()} on {platform.machine()}"
    versions = []
    for name, module in PACKAGES.items():
        if find_spec(module) is None:
            yield Finding(name, "FAIL", "not installed", "run: make install")
        elif problem := _problem(worker, module):
            cure = "install it anew for this machine: see the README, On a GPU"
            yield Finding(name, "FAIL", f"does not load: {problem}", cure)
        else:
            versions.append(f"{name} {metadata.version(name)}")
    yield Finding("python", "ok", "; ".join([here, *versions]))


def _problem(worker: Worker, module: str) -> str:
    try:
        return str(worker.call("load", module, timeout_s=LOADS_S))
    except WorkerError as exc:
        return exc.message


def _cores(config: Config) -> Iterator[Finding]:
    cores = physical_cores()
    threads = config.threads or cores
    cure = f"set threads = 0 in {CONFIG_FILE}: more threads than cores slow decoding down"
    found = f"{cores} physical cores, {threads} threads for a model"
    yield checked("cores", "warn" if threads > cores else None, found, cure)


def _memory(config: Config) -> Iterator[Finding]:
    have = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    found = f"{have / 2**30:.1f} GiB"
    if config.model.startswith(SERVER):
        yield Finding("memory", "ok", found)
        return
    try:
        need = 3 * known.find(config.model, config.models_dir).bytes + (2 << 30)
    except ConfigError as exc:
        yield Finding("model", "FAIL", exc.message, exc.hint or "")
        return
    cure = f"{config.model} wants about {need / 2**30:.1f} GiB; set a smaller model"
    yield checked("memory", "warn" if have < need else None, found, cure)


def _clock(config: Config) -> Finding:
    """Whether the time can be right: the window of a post and the age of everything hang on it."""
    now, newest = datetime.now(UTC), None
    with contextlib.suppress(StoreError):  # another finding says so
        newest = clockcheck.newest_known(Store(config.database))
    problem, doubt = clockcheck.looked_at(newest, now)
    if problem is not None:
        return Finding("clock", "FAIL", problem.message, problem.hint or "")
    found = f"{now:%Y-%m-%d %H:%M} UTC"
    return checked("clock", "warn" if doubt else None, doubt or found, "if it is wrong, set it")


def _guard(worker: Worker) -> Finding:
    guard = worker.call("guard", timeout_s=30)
    cure = "allow user namespaces or seccomp; else nothing but our own code keeps them offline"
    if guard == "none":
        return Finding("no network in workers", "warn", f"not enforced on {sys.platform}", cure)
    return Finding("no network in workers", "ok", f"enforced by the kernel ({guard})")
