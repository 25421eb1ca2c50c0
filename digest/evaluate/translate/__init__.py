"""``digest eval translate``: how well texts are translated, and what the checks see.

Models are asked through a memory on disk; checks, repair and scores are worked out anew each time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import cast

from digest import assembly
from digest.config import Config
from digest.engines import known, present
from digest.engines.process import Kind
from digest.evaluate.cached import CachedEngine, memory
from digest.evaluate.translate.run import Opened
from digest.translate.translator import Translator


def opened(config: Config, names: Sequence[str]) -> dict[str, Opened]:
    """Translators by what the report calls them.

    Args:
        config: For the models; the target is simplified Chinese, as the measures are.
        names: Of models, each with ``:ENGINE`` where another than the usual one is meant; none
            for all that are here and know Chinese.

    Raises:
        ConfigError: There is no such model.
    """
    chosen = names or [
        model.name
        for model in known.known(config.models_dir).models
        if present.is_there(model, config.models_dir) and (model.family or "zh" in model.languages)
    ]
    return {name: partial(_opened, name, config) for name in chosen}


@contextlib.contextmanager
def _opened(name: str, config: Config) -> Iterator[Translator]:
    with remembering(name, config) as engine:
        yield Translator(engine, glossary=assembly.glossary(config, "zh"))


@contextlib.contextmanager
def remembering(name: str, config: Config) -> Iterator[CachedEngine]:
    """The engine of a translator, with what it said before.

    Raises:
        DigestError: The model or its memory cannot be used.
    """
    wanted, _, kind = name.partition(":")
    if name.startswith(assembly.SERVER):
        wanted, kind = name, ""
    setting = replace(
        config, target="zh-Hans", translator=wanted, translator_engine=cast(Kind, kind or "auto")
    )
    with assembly.translation_engine(setting) as engine:
        yield CachedEngine(engine, memory(config.home, name))
