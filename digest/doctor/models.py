"""The models: files that are here and whole, a server that answers, and how fast they are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import cast

from digest.assembly import SERVER, model_server
from digest.config import Config
from digest.doctor.finding import Finding, looked
from digest.engines import known, present
from digest.engines.converted import ensure_converted
from digest.engines.process import Kind
from digest.errors import DigestError
from digest.selftest import measure


def look(config: Config) -> Iterator[Finding]:
    """Everything about the models that can be known without running one."""
    local = [name for name in config.models if not name.startswith(SERVER)]
    for name in local:
        yield looked(f"model {name}", partial(_here, name, config))
    if config.translator in local and config.translator_engine != "llama.cpp":
        yield looked("translator", partial(_converted, config))
    yield from _server(config)


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


def speed(config: Config) -> Iterator[Finding]:
    """How fast the models are with how many threads; what is best is kept for the runs."""
    for kind, name in (("llama.cpp", config.model), ("ctranslate2", config.translator)):
        if name.startswith(SERVER):
            continue
        what = f"speed of {kind}"
        try:
            model = known.ready(name, config.models_dir)
            if kind not in model.engines or model.family:
                continue
            measured = measure(cast(Kind, kind), model, config)
        except DigestError as exc:
            yield Finding(what, "FAIL", exc.message, exc.hint or "")
            continue
        others = ", ".join(
            f"{n}: {value:.0f}" for n, value in measured.by_threads.items() if n != measured.fastest
        )
        found = (
            f"{measured.by_threads[measured.fastest]:.0f} tokens/s with {measured.fastest} threads"
        )
        found += f" ({others})" if others else ""
        if measured.kept or config.threads:
            yield Finding(what, "ok", found)
        else:
            cure = "other work is running: ask again when the machine is quiet"
            yield Finding(what, "warn", f"{found}, not kept", cure)
