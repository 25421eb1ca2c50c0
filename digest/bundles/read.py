"""Taking a bundle in: everything is verified aside before anything of the home changes.

Members go into a folder beside where they belong, and are moved there only when all of them, the
sightings and the machine have been found right; the ledger learns of them last. A process that is
killed leaves that folder, which the next import empties, or files that the next import finds to be
in place. So a second import, for whatever reason, changes nothing more.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from digest.bundles import container, machine
from digest.bundles.container import Bundle
from digest.bundles.contents import Place, base_of_pdf
from digest.bundles.looks import LOOKS, read_look
from digest.bundles.machine import Machine
from digest.bundles.manifest import UNTRUSTED, Manifest, Member
from digest.bundles.write import held_folder
from digest.engines.catalogue import Catalogue, ModelFile, catalogue
from digest.engines.verify import Progress, is_remembered, remember, silent
from digest.errors import BundleError, StoreError
from digest.files import flush, sha256
from digest.records import Look

log = logging.getLogger(__name__)

STAGING = ".import"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import brought.

    Args:
        placed: Files that are new here.
        present: Members that were here already.
        kept: Files here that differ from the bundle's and were left alone; a glossary's new text
            is beside it as ``glossary.new.toml``.
        models: Models that the bundle carries, to be converted where a translator needs them.
        gap: From the last look known here to where the bundle begins, where that is later: a
            bundle between the two has not been imported.
    """

    manifest: Manifest
    look: Look
    placed: tuple[Path, ...]
    present: tuple[str, ...]
    kept: tuple[Path, ...]
    models: tuple[ModelFile, ...]
    gap: tuple[datetime, datetime] | None = None


def verify(path: Path, progress: Progress = silent) -> Manifest:
    """Read a bundle whole and compare every hash; nothing is written.

    Raises:
        BundleError: It is damaged, cut short, mixed up or hostile.
    """
    with container.open_bundle(path) as bundle:
        bundle.verify(progress)
    return bundle.manifest


def import_bundle(
    path: Path,
    into: Place,
    progress: Progress = silent,
    known: Catalogue | None = None,
    here: Machine | None = None,
) -> Imported:
    """Take a bundle into a home. ``known`` and ``here``: this installation and machine.

    Raises:
        BundleError: It is damaged, cut short, mixed up or hostile, carries a model that the
            catalogue does not have, or wheels that cannot run here. Nothing of it was taken in.
        StoreError: The disk is full or cannot be written, or another import is at work.
    """
    with container.open_bundle(path) as bundle:
        _check_machine(bundle.manifest, here, path.name)
        models = _models(bundle.manifest, known or catalogue(), path.name)
        try:
            with _staging(into) as staging:
                _check_space(bundle.manifest, staging)
                bundle.unpack(staging.open, progress)
                look = staging.look(bundle)
                placed = staging.settle(progress)
                gap = _gap(bundle, into)
                into.ledger.record(look)
        except OSError as exc:
            raise StoreError(
                f"{into.home} cannot be written: {exc.strerror or exc}",
                "check free space and permissions",
            ) from exc
    present = tuple(staging.present)
    return Imported(bundle.manifest, look, placed, present, tuple(staging.kept), models, gap)


def _gap(bundle: Bundle, into: Place) -> tuple[datetime, datetime] | None:
    """What lies between the last look known here and the bundle's first, with a warning."""
    since, newest = bundle.manifest.since, into.ledger.newest_visit_at()
    if since is None or newest is None or since <= newest:
        return None
    log.warning(
        "a bundle is missing: %s begins on %s, but what is known here ends on %s; export again "
        "with --since %s",
        bundle.name,
        f"{since:%Y-%m-%d %H:%M} UTC",
        f"{newest:%Y-%m-%d %H:%M} UTC",
        f"{newest - timedelta(days=1):%Y-%m-%d}",  # a day begins later in the far west
    )
    return newest, since


# ---------------------------------------------------------------- what must hold beforehand


def _check_machine(manifest: Manifest, here: Machine | None, where: str) -> None:
    if manifest.requirements is not None:
        machine.check(manifest.requirements, here or machine.this_machine(), where)
    elif manifest.of_kind("wheel"):
        raise BundleError(f"{where} does not say what its wheels need", UNTRUSTED)


def _models(manifest: Manifest, known: Catalogue, where: str) -> tuple[ModelFile, ...]:
    """The catalogue's entries of the models in a bundle; a bundle cannot bring others."""
    by_file = {model.file: model for model in known.models}
    found = []
    for member in manifest.of_kind("model"):
        model = by_file.get(member.file)
        if model is None:
            raise BundleError(
                f"{where}: {member.file} is not in this catalogue", "update digest here first"
            )
        if (member.bytes, member.sha256) != (model.bytes, model.sha256):
            raise BundleError(
                f"{where}: {member.file} is not the {model.name} of the catalogue", UNTRUSTED
            )
        found.append(model)
    return tuple(found)


def _check_space(manifest: Manifest, staging: _Staging) -> None:
    needed: dict[int, int] = {}
    for member in manifest.members:
        if staging.keeps(member):
            device = staging.folder(member).stat().st_dev
            needed[device] = needed.get(device, 0) + member.bytes
    for folder in staging.folders:
        free, wanted = shutil.disk_usage(folder).free, needed.get(folder.stat().st_dev, 0)
        if free < wanted:
            raise BundleError(
                f"{folder.parent} has {free / 1e9:.1f} GB free; the bundle needs "
                f"{wanted / 1e9:.1f} GB",
                "free some space, or set models_dir to another disk",
            )


# ---------------------------------------------------------------- aside, and into place


@contextlib.contextmanager
def _staging(into: Place) -> Iterator[_Staging]:
    """Folders on the disks of the home and of the models, gone afterwards with what they held.

    A home or models folder that was not there is gone again too where nothing came of it.
    """
    roots = list(dict.fromkeys((into.home, into.models_dir)))
    made = [folder for root in roots for folder in _missing(root)]
    for root in roots:
        root.mkdir(parents=True, exist_ok=True)
    try:
        with held_folder(into.home):
            for root in roots:
                shutil.rmtree(root / STAGING, ignore_errors=True)
                (root / STAGING).mkdir()
            try:
                yield _Staging(into)
            finally:
                for root in roots:
                    shutil.rmtree(root / STAGING)
    finally:
        for folder in reversed(made):
            with contextlib.suppress(OSError):  # not empty: it was worth making
                folder.rmdir()


def _missing(folder: Path) -> list[Path]:
    """The folders that would be made for ``folder``, outermost first."""
    return [path for path in (*reversed(folder.parents), folder) if not path.exists()]


class _Staging:
    """The members on their way."""

    def __init__(self, into: Place) -> None:
        self._into = into
        self._moves: list[tuple[Path, Path, Member]] = []
        self.present: list[str] = []
        self.kept: list[Path] = []
        self._forgotten = into.ledger.forgotten()
        self.folders = tuple(dict.fromkeys((into.home / STAGING, into.models_dir / STAGING)))

    def folder(self, member: Member) -> Path:
        """Where a member waits, on the disk that it will stay on."""
        root = self._into.models_dir if member.kind == "model" else self._into.home
        return root / STAGING

    @staticmethod
    def keeps(member: Member) -> bool:
        """Whether anything of this kind stays here; wheels are ``install.pyz``'s business."""
        return member.kind in ("looks", "pdf", "model", "glossary")

    @contextlib.contextmanager
    def open(self, member: Member) -> Iterator[IO[bytes] | None]:
        """A file to fill with a member; None for what is here already or not wanted."""
        target = self._target(member)
        if not self.keeps(member) or self._is_forgotten(member):
            yield None
        elif target is not None and self._is_here(target, member):
            self.present.append(member.name)
            yield None
        else:
            staged = self.folder(member) / f"{len(self._moves)}-{member.file}"
            if target is None:
                staged = self.folder(member) / LOOKS
            else:
                self._moves.append((staged, target, member))
            with staged.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())

    def _is_forgotten(self, member: Member) -> bool:
        """Whether it is the PDF of a paper that shall not come back. Its name is not said."""
        if member.kind != "pdf":
            return False
        at = self._forgotten(base_of_pdf(Path(member.file)), f"local:{member.sha256}")
        if at is not None:
            log.warning("a PDF is left out: forgotten on %s", f"{at:%Y-%m-%d}")
        return at is not None

    def look(self, bundle: Bundle) -> Look:
        """The sightings that were carried, every line of them read.

        Raises:
            BundleError: A line is wrong.
        """
        file = self._into.home / STAGING / LOOKS
        if not file.exists():
            return Look((), ())
        return read_look(file, bundle.name, bundle.manifest.created_at)

    def settle(self, progress: Progress) -> tuple[Path, ...]:
        """Move everything to where it belongs; what is new here."""
        placed = []
        for number, (staged, target, member) in enumerate(self._moves, 1):
            progress("place", number - 1, len(self._moves))
            if member.kind == "pdf" and target.exists():
                log.warning("%s differs from the bundle's and is kept", target)
                self.kept.append(target)
                continue
            if member.kind == "glossary" and target.exists():
                self.kept.append(target)
                target = target.with_name("glossary.new.toml")
                if _is_file(target, member):
                    continue
            target.parent.mkdir(parents=True, exist_ok=True)
            staged.replace(target)
            flush(target.parent)
            if member.kind == "model":
                remember(target, member.sha256)
            placed.append(target)
        if self._moves:
            progress("place", len(self._moves), len(self._moves))
        return tuple(placed)

    def _target(self, member: Member) -> Path | None:
        if member.kind == "model":
            return self._into.models_dir / member.file
        if member.kind == "pdf":
            return self._into.home / "papers" / member.file
        return self._into.home / member.file if member.kind == "glossary" else None

    @staticmethod
    def _is_here(target: Path, member: Member) -> bool:
        if member.kind == "model" and is_remembered(target, member.sha256):
            return True
        return _is_file(target, member)


def _is_file(path: Path, member: Member) -> bool:
    """Whether ``path`` holds what the member does."""
    if not path.is_file() or path.stat().st_size != member.bytes:
        return False
    return sha256(path) == member.sha256
