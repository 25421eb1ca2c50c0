"""The catalogue, and what this machine adds to it: pinned hashes and imported models.

Both stand in ``models_dir/known.json``. A pin says which bytes an entry is whose hash the catalogue
does not have; it never changes one that the catalogue has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from digest.engines.catalogue import Catalogue, HubSource, ModelFile, catalogue
from digest.engines.verify import replace_text
from digest.errors import ConfigError, ModelError, ModelMissingError

FILE = "known.json"


@dataclass(frozen=True, slots=True)
class Pin:
    """Which bytes a model is. ``revision``: the commit of the hub that they are of."""

    bytes: int
    sha256: str
    revision: str = "main"


@dataclass(frozen=True, slots=True)
class Imported:
    """A model that somebody brought: what the catalogue would say of it."""

    name: str
    file: str
    bytes: int
    sha256: str
    licence: str
    context: int
    template: str
    engines: tuple[str, ...]
    quantization: str = ""
    kv_bytes: int = 0
    family: str = ""
    members: tuple[str, ...] = ()

    def model(self) -> ModelFile:
        """As an entry of a catalogue; it has no source."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return ModelFile(**fields, sources=(), notes="imported here")


@dataclass(frozen=True, slots=True)
class _Known:
    pins: dict[str, Pin] = field(default_factory=dict)
    imported: list[Imported] = field(default_factory=list)


def known(models_dir: Path, shipped: Catalogue | None = None) -> Catalogue:
    """All models that this machine knows.

    Raises:
        ConfigError: The file of pins is damaged: what it said must not be forgotten in silence.
    """
    base, here = shipped or catalogue(), _read(models_dir)
    models = [_pinned(model, here.pins) for model in base.models]
    names = {model.name for model in models}
    models += [each.model() for each in here.imported if each.name not in names]
    return Catalogue(tuple(models), base.default)


def find(name: str | None, models_dir: Path) -> ModelFile:
    """The model called ``name``; the default for None.

    Raises:
        ConfigError: No such model.
    """
    return known(models_dir).find(name)


def ready(name: str | None, models_dir: Path) -> ModelFile:
    """Like ``find``, for a run: which bytes it is, is known.

    Raises:
        ConfigError: No such model.
        ModelMissingError: Nobody has pinned it yet.
    """
    model = find(name, models_dir)
    if not model.pinned:
        raise ModelMissingError(
            f"which file {model.name} is has not been pinned on this machine",
            hint=f"digest models pull {model.name}",
        )
    return model


def pin(model: ModelFile, where: Pin, models_dir: Path) -> ModelFile:
    """Remember which bytes a model is; the model with that.

    Raises:
        ModelError: The catalogue knows better, or the folder cannot be written.
    """
    if model.pinned and model.sha256 != where.sha256:
        raise ModelError(f"{model.name} is pinned to {model.sha256}", "delete its pin first")
    here = _read(models_dir)
    _write(models_dir, replace(here, pins={**here.pins, model.name: where}))
    return _pinned(model, {model.name: where})


def remember(imported: Imported, models_dir: Path) -> None:
    """Add an imported model, replacing one of the same name.

    Raises:
        ModelError: The folder cannot be written.
    """
    here = _read(models_dir)
    others = [each for each in here.imported if each.name != imported.name]
    _write(models_dir, replace(here, imported=[*others, imported]))


def _pinned(model: ModelFile, pins: Mapping[str, Pin]) -> ModelFile:
    found = pins.get(model.name)
    if model.pinned or found is None:
        return model
    sources = tuple(
        replace(source, revision=found.revision) if isinstance(source, HubSource) else source
        for source in model.sources
    )
    return replace(model, bytes=found.bytes, sha256=found.sha256, sources=sources)


def _read(models_dir: Path) -> _Known:
    path = models_dir / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Known)
    except FileNotFoundError:
        return _Known()
    except (OSError, msgspec.MsgspecError) as exc:
        raise ConfigError(f"{path} cannot be read: {exc}", f"mend or delete {path}") from exc


def _write(models_dir: Path, here: _Known) -> None:
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        text = msgspec.json.format(msgspec.json.encode(here), indent=1).decode()
        replace_text(models_dir / FILE, text)
    except OSError as exc:
        raise ModelError(
            f"{models_dir / FILE} cannot be written: {exc.strerror}", "see its permissions"
        ) from exc
