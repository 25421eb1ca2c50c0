"""Writing a bundle: one file or parts, streamed, resumed after a kill, there whole or not at all.

All bytes follow from the manifest and the members, so an unfinished file needs no diary: it is
compared with what would be written, block by block, and continued where it stops agreeing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.bundles import container
from digest.bundles.container import BLOCK_BYTES, MANIFEST, UNIT, PartHeader, Progress, part_path
from digest.bundles.manifest import (
    MAX_MANIFEST_BYTES,
    MAX_MEMBERS,
    Manifest,
    Member,
    Requirements,
    check_names,
    parse,
)
from digest.errors import BundleError, ConfigError, StoreError
from digest.files import flush, write

MIN_SPLIT_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class Item:
    """A file to carry: its bytes, or where they are. ``sha256``: where it is known already."""

    name: str
    kind: str
    source: Path | bytes
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What goes into a bundle. ``split_bytes``: the size of its parts; None for one file."""

    items: tuple[Item, ...]
    created_at: datetime
    tool: str
    since: datetime | None = None
    requirements: Requirements | None = None
    split_bytes: int | None = None

    def __post_init__(self) -> None:
        if self.split_bytes is not None and self.split_bytes < MIN_SPLIT_BYTES:
            raise ConfigError(f"parts of {self.split_bytes} bytes are too small", "use 64K or more")


def export(plan: ExportPlan, out: Path, progress: Progress = container.silent) -> Manifest:
    """Write the bundle to ``out``, or to ``out.001`` and so on; what it says of itself.

    With wheels, the installer is written beside it. Killed, the next export of the same content
    goes on; the same content and ``created_at`` give the same bytes.

    Raises:
        BundleError: There is too much to carry in one bundle.
        StoreError: The folder of ``out`` is missing, the disk is full or cannot be written, a
            file changed under our eyes, or another process is exporting into this folder.
    """
    check_folder(out)
    sources = {item.name: item.source for item in plan.items}
    try:
        with held_folder(out.parent):
            manifest = _resumed(_manifest(plan, progress), out)
            _check_space(manifest, out)
            with contextlib.closing(_Pieces(out, manifest, plan.split_bytes)) as pieces:
                for block in _blocks(manifest, sources, progress):
                    pieces.take(block)
                pieces.finish()
            _write_installer(plan, out.parent)
    except OSError as exc:
        raise StoreError(
            f"{out} cannot be written: {exc.strerror or exc}", "check free space and permissions"
        ) from exc
    return manifest


def check_folder(out: Path) -> None:
    """See that there is a folder to write ``out`` into: gathering its contents takes minutes.

    Raises:
        StoreError: There is none.
    """
    if not out.parent.is_dir():
        raise StoreError(f"no such folder: {out.parent}", "make it, or name another OUT")


@contextlib.contextmanager
def held_folder(folder: Path) -> Iterator[None]:
    """Hold a folder against other exports and imports; leaves no file behind.

    Raises:
        StoreError: Another process holds it.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise StoreError(
            f"another process exports or imports in {folder}", "wait for it to end"
        ) from None
    finally:
        os.close(descriptor)


def _write_installer(plan: ExportPlan, folder: Path) -> None:
    """Beside the bundle too: whoever has nothing yet could not take it out."""
    for item in plan.items:
        if item.kind == "installer" and isinstance(item.source, bytes):
            write(folder / item.name, item.source)


# ---------------------------------------------------------------- what is written


def _manifest(plan: ExportPlan, progress: Progress) -> Manifest:
    """The plan with every size and hash."""
    members = tuple(_members(plan, progress))
    manifest = Manifest(
        plan.created_at.replace(microsecond=0), plan.tool, members, plan.since, plan.requirements
    )
    check_names(members)
    size = len(manifest.to_bytes())
    if len(members) > MAX_MEMBERS or size > MAX_MANIFEST_BYTES:
        raise BundleError(
            f"{len(members)} files are too many for a bundle", "export fewer days with --since"
        )
    parse(manifest.to_bytes(), "the new bundle")  # what cannot be read is not written
    return manifest


def _members(plan: ExportPlan, progress: Progress) -> Iterator[Member]:
    """Each item with its size and hash, read here where it was not known."""
    sizes = [_size(item) for item in plan.items]
    total = sum(size for size, item in zip(sizes, plan.items, strict=True) if not item.sha256)
    done = 0
    for size, item in zip(sizes, plan.items, strict=True):
        if item.sha256:
            yield Member(item.name, item.kind, size, item.sha256)
            continue
        digest = hashlib.sha256()
        for block in _contents(item.source):
            digest.update(block)
            done += len(block)
            progress("hash", done, total)
        yield Member(item.name, item.kind, size, digest.hexdigest())


def _size(item: Item) -> int:
    return len(item.source) if isinstance(item.source, bytes) else item.source.stat().st_size


def _blocks(
    manifest: Manifest, sources: Mapping[str, Path | bytes], progress: Progress
) -> Iterator[bytes]:
    """The whole tar, in blocks of a megabyte at most."""
    data = manifest.to_bytes()
    yield container.header(MANIFEST, len(data)) + data + container.padding(len(data))
    done, total = 0, sum(member.bytes for member in manifest.members)
    for member in manifest.members:
        yield container.header(member.name, member.bytes)
        digest = hashlib.sha256()
        for block in _contents(sources[member.name]):
            digest.update(block)
            yield block
            done += len(block)
            progress("write", done, total)
        if digest.hexdigest() != member.sha256:
            raise StoreError(f"{member.name} changed while it was exported", "export again")
        yield container.padding(member.bytes)
    yield container.END


def _contents(source: Path | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


# ---------------------------------------------------------------- where it is written


class _Pieces:
    """The files of a bundle, filled one after the other as ``.partial`` and renamed at the end."""

    def __init__(self, out: Path, manifest: Manifest, split_bytes: int | None) -> None:
        self._out, self._id, self._split = out, manifest.id, split_bytes
        self._total = container.total_bytes(manifest)
        self._room = split_bytes - UNIT if split_bytes else self._total
        self._parts = -(-self._total // self._room)
        if self._parts > container.MAX_PARTS:
            raise ConfigError(f"{self._parts} parts are too many", "use larger parts with --split")
        self._done: list[Path] = []
        self._piece = self._next()

    def take(self, block: bytes) -> None:
        """Write the next bytes, over as many pieces as it takes."""
        while block:
            room = self._room - self._piece.bytes
            self._piece.take(block[:room])
            block = block[room:]
            if self._piece.bytes == self._room and block:
                self._seal()
                self._piece = self._next()

    def finish(self) -> None:
        """Give every file its name; parts of an earlier, longer bundle go."""
        self._seal()
        for path in self._done:
            _partial(path).replace(path)
        flush(self._out.parent)
        number = len(self._done) + 1
        while self._split and (stale := part_path(self._out, number)).is_file():
            if container.read_part_header(stale) is None:
                break
            stale.unlink()
            number += 1

    def _next(self) -> _Piece:
        number = len(self._done) + 1
        self._done.append(part_path(self._out, number) if self._split else self._out)
        return _Piece(_partial(self._done[-1]), UNIT if self._split else 0)

    def close(self) -> None:
        """Let go of a file that was not finished; it stays, to be resumed."""
        self._piece.abandon()

    def _seal(self) -> None:
        head = b""
        if self._split:
            part = PartHeader(
                self._id, len(self._done), self._parts, self._piece.bytes, self._piece.sha256
            )
            head = part.to_bytes()
        self._piece.seal(head)


class _Piece:
    """One file. What it holds already is compared, from the first difference on it is written."""

    def __init__(self, path: Path, start: int) -> None:
        self.bytes = 0
        self._digest = hashlib.sha256()
        self._file = path.open("r+b" if path.exists() else "w+b")
        self._agrees = True
        self._start = start
        self._file.seek(start)

    @property
    def sha256(self) -> str:
        """Of what was taken so far."""
        return self._digest.hexdigest()

    def take(self, block: bytes) -> None:
        """The next bytes of this piece."""
        if self._agrees and self._file.read(len(block)) != block:
            self._agrees = False
            self._file.seek(self._start + self.bytes)
        if not self._agrees:
            self._file.write(block)
        self._digest.update(block)
        self.bytes += len(block)

    def abandon(self) -> None:
        """Stop here."""
        self._file.close()

    def seal(self, head: bytes) -> None:
        """Cut off what is left of an older file, write the header and wait for the disk."""
        with self._file as file:
            file.truncate(self._start + self.bytes)
            file.seek(0)
            file.write(head)
            file.flush()
            os.fsync(file.fileno())


def _partial(path: Path) -> Path:
    return path.with_name(path.name + ".partial")


def _resumed(manifest: Manifest, out: Path) -> Manifest:
    """``manifest``, with the time of an unfinished export of the same content if there is one."""
    first = part_path(out, 1)
    begun = [_partial(out), _partial(first)]
    if list(out.parent.glob(f"{out.name}.[0-9]*.partial")):  # killed while it renamed
        begun.append(first)
    for path in begun:
        found = _manifest_in(path)
        if found and dataclasses.replace(found, created_at=manifest.created_at) == manifest:
            _take_back(out, found)
            return found
    return manifest


def _manifest_in(path: Path) -> Manifest | None:
    """The manifest at the head of an unfinished file, if it got that far."""
    for start in (0, UNIT):
        with contextlib.suppress(OSError, BundleError):
            with path.open("rb") as file:
                file.seek(start)
                data = file.read(UNIT + MAX_MANIFEST_BYTES)
            return parse(data[UNIT : data.find(b"\n}\n") + 3], path.name)
    return None


def _take_back(out: Path, manifest: Manifest) -> None:
    """Parts that got their names before the kill are unfinished business again."""
    number = 1
    while (path := part_path(out, number)).is_file():
        head = container.read_part_header(path)
        if head and head.bundle == manifest.id and not _partial(path).exists():
            path.rename(_partial(path))
        number += 1


def _check_space(manifest: Manifest, out: Path) -> None:
    begun: Sequence[Path] = [_partial(out), *out.parent.glob(f"{out.name}.[0-9]*.partial")]
    there = sum(path.stat().st_size for path in begun if path.is_file())
    needed = container.total_bytes(manifest) - there
    free = shutil.disk_usage(out.parent).free
    if free < needed:
        raise StoreError(
            f"{out.parent} has {free / 1e9:.1f} GB free; the bundle needs {needed / 1e9:.1f} GB",
            "free some space, or leave out --models or --wheels",
        )
