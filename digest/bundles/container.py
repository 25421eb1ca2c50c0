"""The file format: a plain tar of the manifest and the members, whole or cut into parts.

``tar tvf`` lists it, yet nothing of tar is trusted here. From the manifest follows what each
header must be, byte by byte; a link, a device, a second copy or a stranger is a header that
differs. Nothing is compressed, so no member can be larger than the file.

A part is a header of 512 bytes (one line of JSON) and a slice of that tar. Standard library only:
see ``digest.bundles``.
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
import tarfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from digest.bundles.manifest import (
    CARRY_AGAIN,
    MAX_MANIFEST_BYTES,
    UNTRUSTED,
    Manifest,
    Member,
    parse,
)
from digest.errors import BundleError

MANIFEST = "manifest.json"
BLOCK_BYTES = 1 << 20
UNIT = 512
"""Everything in a tar stands on multiples of it."""
END = bytes(2 * UNIT)
MAX_PARTS = 9999

Progress = Callable[[str, int, int], None]
"""Called with what is being done, bytes done and bytes in all."""
Target = AbstractContextManager[IO[bytes] | None]

_PART_KEY = b'{"arxiv-digest part": 1, '
_PART_NAME = re.compile(r"(.+)\.([0-9]{3,4})")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TYPES = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"5": "a folder",
    b"6": "a pipe",
}


def silent(_what: str, _done_bytes: int, _total_bytes: int) -> None:
    """A progress nobody watches."""


# ---------------------------------------------------------------- what follows from a manifest


def header(name: str, size: int) -> bytes:
    """The tar header of a file: owner root, mode 644, time 0. Longer for a name over 100."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    return info.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")


def padding(size: int) -> bytes:
    """What fills a member up to whole units."""
    return bytes(-size % UNIT)


def total_bytes(manifest: Manifest) -> int:
    """The length of the tar."""
    sizes = [(MANIFEST, len(manifest.to_bytes())), *((m.name, m.bytes) for m in manifest.members)]
    return len(END) + sum(len(header(n, size)) + size + -size % UNIT for n, size in sizes)


# ---------------------------------------------------------------- parts


@dataclass(frozen=True, slots=True)
class PartHeader:
    """Which slice of which bundle a part holds. ``part`` counts from 1."""

    bundle: str
    part: int
    parts: int
    held_bytes: int
    sha256: str

    def to_bytes(self) -> bytes:
        """One line of JSON, filled up to 512 bytes."""
        line = _PART_KEY + json.dumps(asdict(self)).encode("ascii")[1:]
        return line.ljust(UNIT - 1) + b"\n"


def part_path(base: Path, part: int) -> Path:
    """``lab.bundle`` -> ``lab.bundle.001``."""
    return base.with_name(f"{base.name}.{part:03d}")


def read_part_header(path: Path) -> PartHeader | None:
    """The header of a part; None where the file is something else."""
    with path.open("rb") as file:
        data = file.read(UNIT)
    if not data.startswith(_PART_KEY):
        return None
    try:
        table = json.loads(data)
        del table["arxiv-digest part"]
        found = PartHeader(**table)
        right = 1 <= found.part <= found.parts <= MAX_PARTS and _SHA256.fullmatch(found.bundle)
        return found if right and found.to_bytes() == data else None
    except (ValueError, TypeError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Slice:
    """A file and what of it belongs to the tar; ``sha256`` is None where it is all of it."""

    path: Path
    start: int
    bytes: int
    sha256: str | None = None


def find_slices(path: Path) -> tuple[list[Slice], str | None]:
    """The files of a bundle in order, given the whole, a part or the name without a number.

    Returns:
        The slices, and the bundle's id where it is cut into parts.

    Raises:
        BundleError: Nothing is there, or parts are missing, mixed up, repeated or cut short.
    """
    if not path.exists() and part_path(path, 1).exists():
        path = part_path(path, 1)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise BundleError(f"{path} is not a file", "give the bundle or its first part")
        if read_part_header(path) is None:
            return [Slice(path, 0, path.stat().st_size)], None
        return _parts(path)
    except OSError as exc:
        raise BundleError(f"{path} cannot be read: {exc.strerror}", CARRY_AGAIN) from exc


def _parts(path: Path) -> tuple[list[Slice], str]:
    numbered = _PART_NAME.fullmatch(path.name)
    if numbered is None:
        raise BundleError(f"{path} is a part under another name", "name it NAME.001 and so on")
    base = path.with_name(numbered[1])
    leader = next(p for p in (part_path(base, 1), path) if p.exists())
    first = read_part_header(leader)
    if first is None:
        raise BundleError(f"{leader} is not a part of a bundle", CARRY_AGAIN)
    paths = [part_path(base, number) for number in range(1, first.parts + 1)]
    missing = [p.name for p in paths if not p.exists()]
    if missing:
        shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        raise BundleError(f"{base.name}: missing {shown} of {first.parts} parts", CARRY_AGAIN)
    slices = [_slice(p, number, first) for number, p in enumerate(paths, 1)]
    return slices, first.bundle


def _slice(path: Path, number: int, first: PartHeader) -> Slice:
    """One part, seen to be the one that its name says."""
    found = read_part_header(path) if stat.S_ISREG(path.stat().st_mode) else None
    if found is None:
        raise BundleError(f"{path.name} is not a part of a bundle", CARRY_AGAIN)
    if (found.bundle, found.parts) != (first.bundle, first.parts):
        raise BundleError(f"{path.name} belongs to another bundle than part 1", CARRY_AGAIN)
    if found.part != number:
        raise BundleError(f"{path.name} holds part {found.part}, not part {number}", CARRY_AGAIN)
    has = path.stat().st_size - UNIT
    if has != found.held_bytes:
        raise BundleError(f"{path.name} holds {has} bytes, not {found.held_bytes}", CARRY_AGAIN)
    return Slice(path, UNIT, found.held_bytes, found.sha256)


class _Stream:
    """The tar as one stream, read once from first to last."""

    def __init__(self, slices: Sequence[Slice]) -> None:
        self.total_bytes = sum(piece.bytes for piece in slices)
        self._blocks = self._read(slices)
        self._held = b""

    def read(self, size: int) -> bytes:
        """The next ``size`` bytes, fewer only at the end; at most BLOCK_BYTES at once."""
        while len(self._held) < size and (block := next(self._blocks, b"")):
            self._held += block
        taken, self._held = self._held[:size], self._held[size:]
        return taken

    def close(self) -> None:
        """Let go of the file that is open."""
        self._blocks.close()

    def _read(self, slices: Sequence[Slice]) -> Generator[bytes, None, None]:
        for piece in slices:
            digest, left = hashlib.sha256(), piece.bytes
            with piece.path.open("rb") as file:
                file.seek(piece.start)
                while left and (block := file.read(min(left, BLOCK_BYTES))):
                    digest.update(block)
                    left -= len(block)
                    if left or piece.sha256 in (None, digest.hexdigest()):
                        yield block
                    else:
                        raise BundleError(f"{piece.path.name} is damaged", CARRY_AGAIN)


# ---------------------------------------------------------------- reading


@contextmanager
def open_bundle(path: Path) -> Iterator[Bundle]:
    """Open a bundle, its manifest read and its length seen to be right.

    Raises:
        BundleError: It is none, or its manifest or length is wrong.
    """
    slices, identity = find_slices(path)
    stream = _Stream(slices)
    try:
        manifest = _read_manifest(stream, path.name)
        if identity not in (None, manifest.id):
            raise BundleError(f"{path.name}: its parts carry another bundle's id", UNTRUSTED)
        _check_length(stream.total_bytes, total_bytes(manifest), path.name)
        yield Bundle(path.name, manifest, stream)
    except OSError as exc:
        raise BundleError(f"{path.name} cannot be read: {exc.strerror}", CARRY_AGAIN) from exc
    finally:
        stream.close()


def _read_manifest(stream: _Stream, where: str) -> Manifest:
    first = stream.read(UNIT)
    try:
        info = tarfile.TarInfo.frombuf(first, "ascii", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError):
        raise BundleError(f"{where} is not a bundle", "give a file of bundle export") from None
    if info.name != MANIFEST:
        raise BundleError(f"{where} is not a bundle: {MANIFEST} is not first", UNTRUSTED)
    if not 0 < info.size <= MAX_MANIFEST_BYTES:
        raise BundleError(f"{where}: a manifest of {info.size} bytes", UNTRUSTED)
    if first != header(MANIFEST, info.size):
        raise BundleError(f"{where}: {_difference(first, MANIFEST, set())}", UNTRUSTED)
    data = b"".join(stream.read(min(BLOCK_BYTES, left)) for left in _chunks(info.size))
    if len(data) != info.size or stream.read(-info.size % UNIT) != padding(info.size):
        raise BundleError(f"{where} is cut short in its manifest", CARRY_AGAIN)
    return parse(data, where)


def _chunks(size: int) -> range:
    """What is left before each block of ``size`` bytes."""
    return range(size, 0, -BLOCK_BYTES)


def _check_length(found: int, wanted: int, where: str) -> None:
    if found < wanted:
        raise BundleError(f"{where} is cut short: {found} of {wanted} bytes", CARRY_AGAIN)
    if found > wanted:
        raise BundleError(
            f"{where} has {found - wanted} bytes that its manifest does not account for", UNTRUSTED
        )


@dataclass(frozen=True, slots=True)
class Bundle:
    """An open bundle. ``unpack`` reads it, once."""

    name: str
    manifest: Manifest
    stream: _Stream

    def unpack(self, target: Callable[[Member], Target], progress: Progress = silent) -> None:
        """Read all of it, each member into the file that ``target`` opens for it, or into None.

        What was written is to be believed only when this returns.

        Raises:
            BundleError: A member is not what the manifest says.
        """
        done, total = 0, sum(member.bytes for member in self.manifest.members)
        for index, member in enumerate(self.manifest.members):
            self._check_header(index, member)
            with target(member) as output:
                for block in self._checked(member):
                    if output is not None:
                        output.write(block)
                    done += len(block)
                    progress(f"read {self.name}", done, total)
        if self.stream.read(len(END)) != END:
            raise BundleError(f"{self.name} holds more than its manifest names", UNTRUSTED)

    def verify(self, progress: Progress = silent) -> None:
        """Read all of it and keep nothing.

        Raises:
            BundleError: A member is not what the manifest says.
        """
        self.unpack(lambda _: nullcontext(), progress)

    def _check_header(self, index: int, member: Member) -> None:
        wanted = header(member.name, member.bytes)
        found = self.stream.read(len(wanted))
        if found != wanted:
            earlier = {MANIFEST, *(m.name for m in self.manifest.members[:index])}
            said = _difference(found, member.name, earlier)
            raise BundleError(f"{self.name}: {said}", UNTRUSTED)

    def _checked(self, member: Member) -> Iterator[bytes]:
        digest = hashlib.sha256()
        for left in _chunks(member.bytes):
            block = self.stream.read(min(BLOCK_BYTES, left))
            digest.update(block)
            yield block
        if digest.hexdigest() != member.sha256:
            raise BundleError(f"{self.name}: {member.name} has another sha256", CARRY_AGAIN)
        if self.stream.read(-member.bytes % UNIT) != padding(member.bytes):
            raise BundleError(f"{self.name}: something hides behind {member.name}", UNTRUSTED)


def _difference(found: bytes, wanted: str, earlier: set[str]) -> str:
    """What stands where the header of the member called ``wanted`` should."""
    name = found[:100].rstrip(b"\0").decode("ascii", "replace")
    if not name:
        return f"{wanted} is missing"
    if found[156:157] in _TYPES:
        return f"{name!a} is {_TYPES[found[156:157]]}"
    if name in earlier:
        return f"{name!a} stands in it twice"
    if name != wanted:
        return f"{name!a} stands where the manifest names {wanted}"
    return f"the header of {wanted} is not as digest writes it"
