"""Builds what the configuration asks for: the store, the engines, and each stage's tool.

The stages know nothing of each other or of engines; here they are put together.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from digest.config import Config
from digest.engines import catalogue
from digest.engines.converted import ensure_converted
from digest.engines.process import Kind, WorkerEngine
from digest.engines.verify import ensure
from digest.explain.reading import Explainer
from digest.extract import Extractor
from digest.pipeline import Tools, completed
from digest.records import Engine, to_builtins
from digest.sources import Arrival
from digest.store import Store
from digest.translate.translator import Translator


def store(config: Config) -> Store:
    """The home's database; made at its first use."""
    return Store(config.database)


def extractor() -> Extractor:
    """Reads PDFs in a process of its own; close it."""
    return Extractor()


@contextlib.contextmanager
def tools(config: Config) -> Iterator[Tools]:
    """Every stage's tool. Models are looked for here and loaded at their first use.

    Raises:
        ModelMissingError: A model is not on this machine.
        ModelDamagedError: A model is not the file of the catalogue.
        ConfigError: The catalogue has no such model.
    """
    catalogue.find(config.model)  # both names are looked at before either file is
    with extractor() as extracts, translator(config) as translates, reader(config) as engine:
        explainer = Explainer(
            engine, translates.translate_sentences, translates.made_by, config.evidence_tokens
        )
        yield Tools(extracts, translates, explainer)


@contextlib.contextmanager
def translator(config: Config) -> Iterator[Translator]:
    """The translator, on CTranslate2."""
    with translation_engine(config) as engine:
        yield Translator(engine, target=config.target)


@contextlib.contextmanager
def translation_engine(config: Config) -> Iterator[Engine]:
    """The model that translates, on CTranslate2."""
    model = catalogue.find(config.translator)
    ensure(model, config.models_dir)
    ensure_converted(model, config.models_dir)
    with _engine("ctranslate2", model, config) as engine:
        yield engine


@contextlib.contextmanager
def reader(config: Config) -> Iterator[Engine]:
    """The model that writes readings, on llama.cpp."""
    model = catalogue.find(config.model)
    ensure(model, config.models_dir)
    with _engine("llama.cpp", model, config) as engine:
        yield engine


@contextlib.contextmanager
def _engine(kind: Kind, model: catalogue.ModelFile, config: Config) -> Iterator[WorkerEngine]:
    with WorkerEngine(kind, model, config.models_dir, config.threads or None) as engine:
        yield engine


def explain_file(arrival: Arrival, config: Config) -> dict[str, Any]:
    """One paper's reading without a store, as ``digest explain --json`` gives it.

    Raises:
        DigestError: The PDF, its metadata or a model cannot be used.
    """
    seconds = {}
    with tools(config) as each:
        started = time.monotonic()
        document = each.extractor.extract(arrival.pdf)
        seconds["extract"] = time.monotonic() - started
        paper = completed(arrival.paper, document)
        started = time.monotonic()
        breakdown = each.explainer.explain(paper, document)
        seconds["explain"] = time.monotonic() - started
    heading = {"paper": str(paper.id), "title": paper.title}
    rounded = {stage: round(value, 3) for stage, value in seconds.items()}
    return {**heading, **to_builtins(breakdown), "seconds": rounded}
