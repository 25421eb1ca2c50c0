"""Models that somebody brings: from a stick, a share, another machine.

A file whose hash the catalogue has is that model. Any other needs a name and a licence, and for a
GGUF file a chat template; it is then known on this machine (``known``).
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from digest.engines import families, folders, header, known, templates
from digest.engines.catalogue import ModelFile
from digest.engines.known import Imported
from digest.engines.partial import check_space, partial_folder
from digest.engines.verify import Progress, remember, sha256_of, silent
from digest.errors import ConfigError, ModelError
from digest.files import flush

_SEQ2SEQ_CONTEXT = 512
"""Of most sequence-to-sequence models; what a folder says is a limit besides (``layout``)."""
_NEEDED = {"model.bin", "config.json"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is said of a file that the catalogue does not have; all of it may be left out."""

    name: str = ""
    licence: str = ""
    template: str = ""
    family: str = ""


def bring(path: Path, wanted: Wanted, models_dir: Path, progress: Progress = silent) -> ModelFile:
    """Copy a file or folder into ``models_dir``, verified; the model that it is.

    Raises:
        ConfigError: It is not in the catalogue, and its name, licence or template is not given;
            or the name is taken.
        ModelDamagedError: It is no model.
        ModelError: There is nothing at ``path``, or the folder cannot be written.
    """
    if not path.exists():
        raise ModelError(f"there is no {path}", "see that the stick is mounted")
    return (
        _bring_folder(path, wanted, models_dir, progress)
        if path.is_dir()
        else _bring_file(path, wanted, models_dir, progress)
    )


def _bring_file(path: Path, wanted: Wanted, models_dir: Path, progress: Progress) -> ModelFile:
    sha256, size = sha256_of(path, progress), path.stat().st_size
    model = _same(models_dir, sha256)
    if model is None:
        found = header.read(path)
        template = wanted.template or header.TEMPLATES.get(found.architecture, "")
        if template not in templates.names():
            raise ConfigError(
                f"the chat template of {path.name} ({found.architecture}) is not known",
                f"--template, one of {', '.join(templates.names())}",
            )
        name = _name(wanted, models_dir)
        engines = ("llama.cpp", "ctranslate2") if _converts(found) else ("llama.cpp",)
        new = Imported(
            name, f"{name}.gguf", size, sha256, wanted.licence, found.context, template, engines,
            found.quantization, found.kv_bytes,
        )  # fmt: skip
        model = new.model()
    target = models_dir / model.file
    with partial_folder(model, models_dir) as partial:
        check_space(model, partial, size)
        copy = partial / "copied"
        shutil.copyfile(path, copy)
        if sha256_of(copy, progress) != sha256:
            raise ModelError(f"{path} changed while it was read", "try again")
        flush(copy)
        copy.replace(target)
        flush(models_dir)
        shutil.rmtree(partial)
    remember(target, sha256)
    return _kept(model, models_dir)


def _bring_folder(path: Path, wanted: Wanted, models_dir: Path, progress: Progress) -> ModelFile:
    names = tuple(
        sorted(p.name for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
    )
    names = tuple(name for name in names if name != folders.LABEL)
    if not set(names) >= _NEEDED:
        raise ModelError(f"{path} is no CTranslate2 model: it needs {' and '.join(_NEEDED)}")
    hashes = folders.hashes_of(path, names, progress)
    sha256 = folders.combined(hashes)
    model = _same(models_dir, sha256)
    if model is None:
        if not wanted.family:
            raise ConfigError(f"which kind of model {path} is, is not known", "--family opus-mt")
        families.find(wanted.family)
        name = _name(wanted, models_dir)
        size = sum((path / each).stat().st_size for each in names)
        new = Imported(
            name, name, size, sha256, wanted.licence, _SEQ2SEQ_CONTEXT, "", ("ctranslate2",),
            family=wanted.family, members=names,
        )  # fmt: skip
        model = new.model()
    with partial_folder(model, models_dir) as partial:
        check_space(model, partial, model.bytes)
        building = partial / "folder"
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir()
        _copy(path, building, names)
        if folders.hashes_of(building, names, progress) != hashes:
            raise ModelError(f"{path} changed while it was read", "try again")
        folders.settle(building, models_dir / model.file, hashes)
        shutil.rmtree(partial)
    return _kept(model, models_dir)


def _copy(source: Path, target: Path, names: Sequence[str]) -> None:
    for name in names:
        shutil.copyfile(source / name, target / name)


def _same(models_dir: Path, sha256: str) -> ModelFile | None:
    """The model that has this hash, of those that are known."""
    return next((m for m in known.known(models_dir).models if m.sha256 == sha256), None)


def _name(wanted: Wanted, models_dir: Path) -> str:
    """The name for a new model.

    Raises:
        ConfigError: None is given, or it is taken.
    """
    if not wanted.name or not wanted.licence:
        raise ConfigError(
            "no catalogue has this model: it needs a name and a licence",
            '--name NAME --licence "Apache-2.0"',
        )
    for model in known.known(models_dir).models:
        if wanted.name.casefold() in {model.name.casefold(), *map(str.casefold, model.aliases)}:
            raise ConfigError(f"there is another model called {wanted.name}", "--name")
    return wanted.name


def _converts(found: header.Header) -> bool:
    return found.architecture in ("qwen2", "qwen3", "llama", "gemma3")


def _kept(model: ModelFile, models_dir: Path) -> ModelFile:
    """Remember an imported model; one of the catalogue is known anyway."""
    if model.sources or any(m.name == model.name for m in known.known(models_dir).models):
        return model
    fields = {name: getattr(model, name) for name in Imported.__slots__}
    known.remember(Imported(**fields), models_dir)
    return model
