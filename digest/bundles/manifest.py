"""What a bundle says of itself, first in the file: its members with their sizes and hashes.

Everything here comes from outside and is believed only where it has exactly the form that
``Manifest.to_bytes`` writes. Standard library only: see ``digest.bundles``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from digest.errors import BundleError

SCHEMA = 1
MAX_MANIFEST_BYTES = 4 << 20
"""Room for MAX_MEMBERS with names of 100 characters; parsing it takes some 100 MB at most."""
MAX_MEMBERS = 10_000
MAX_NAME_CHARS = 200

CARRY_AGAIN = "copy it again from the connected machine, or export it again"
UNTRUSTED = "this is no bundle that digest wrote: ask where it is from"

_WORD = r"[A-Za-z0-9_][A-Za-z0-9_.+-]*"
_PDF = (  # \d would match the digits of every script
    r"papers/(?:[0-9]{4}\.[0-9]{4,5}|[a-z]+(?:-[a-z]+)?(?:\.[A-Z]{2})?_[0-9]{7})"
    r"(?:v[1-9][0-9]*)?\.pdf"
)
_KINDS: Mapping[str, tuple[re.Pattern[str], int]] = {  # kind -> form of its names, most bytes
    "looks": (re.compile(r"looks\.jsonl"), 1 << 30),
    "pdf": (re.compile(_PDF), 1 << 29),
    "model": (re.compile(rf"models/{_WORD}\.gguf"), 1 << 40),
    "glossary": (re.compile(r"glossary\.toml"), 1 << 22),
    "wheel": (re.compile(rf"wheels/{_WORD}\.whl"), 1 << 32),
    "installer": (re.compile(r"install\.pyz"), 1 << 20),
}
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PLAIN = re.compile(r"[ -~]{0,100}")
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a bundle. ``kind``: looks, pdf, model, glossary, wheel or installer."""

    name: str
    kind: str
    bytes: int
    sha256: str

    @property
    def file(self) -> str:
        """The last part of its name."""
        return self.name.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a machine must have for the wheels of a bundle to run on it.

    Args:
        python: ``3.11``: wheels with compiled code are for one version.
        implementation: ``cpython``.
        system: ``Linux``.
        machine: ``x86_64``.
        cpu: Flags of /proc/cpuinfo that compiled code was built to use.
        libraries: Shared library -> newest version symbol of it that is used.
    """

    python: str
    implementation: str
    system: str
    machine: str
    cpu: tuple[str, ...] = ()
    libraries: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A bundle's own account. ``since``: what was seen from then on; None for all there is."""

    created_at: datetime
    tool: str
    members: tuple[Member, ...]
    since: datetime | None = None
    requirements: Requirements | None = None

    def to_bytes(self) -> bytes:
        """As it is written: JSON that a person can read, the same bytes each time."""
        table = {
            "format": "arxiv-digest bundle",
            "schema": SCHEMA,
            "created_at": self.created_at.astimezone(UTC).strftime(_TIME),
            "tool": self.tool,
            "since": self.since and self.since.astimezone(UTC).strftime(_TIME),
            "requirements": self.requirements and asdict(self.requirements),
            "members": [asdict(member) for member in self.members],
        }
        return json.dumps(table, indent=1).encode("ascii") + b"\n"

    @property
    def id(self) -> str:
        """The sha256 of the manifest, and so of everything in the bundle."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def of_kind(self, kind: str) -> list[Member]:
        """The members of one kind, in their order."""
        return [member for member in self.members if member.kind == kind]


def parse(data: bytes, where: str) -> Manifest:
    """Read a manifest. ``where`` names the bundle in errors.

    Raises:
        BundleError: It is from a newer version, or not what ``to_bytes`` writes.
    """
    try:
        table = json.loads(data)
        _check_schema(table, where)
        manifest = _manifest(table)
    except RecursionError:
        raise BundleError(f"{where}: its manifest is nested too deeply", UNTRUSTED) from None
    except (ValueError, KeyError, TypeError) as exc:
        raise BundleError(f"{where}: its manifest is wrong: {_shown(exc)}", UNTRUSTED) from exc
    if manifest.to_bytes() != data:
        raise BundleError(f"{where}: its manifest is not as digest writes it", UNTRUSTED)
    return manifest


def _check_schema(table: Any, where: str) -> None:
    schema = table["schema"]
    if isinstance(schema, int) and schema > SCHEMA:
        raise BundleError(
            f"{where} has format {schema}; this digest reads up to {SCHEMA}", "update digest here"
        )
    if schema != SCHEMA or table["format"] != "arxiv-digest bundle":
        raise ValueError("it names another format")


def _manifest(table: Any) -> Manifest:
    entries = _typed(table["members"], list)
    if len(entries) > MAX_MEMBERS:
        raise ValueError(f"{len(entries)} members; {MAX_MEMBERS} are the most")
    members = tuple(_member(_typed(entry, dict)) for entry in entries)
    check_names(members)
    since, requirements = table["since"], table["requirements"]
    return Manifest(
        created_at=_time(table["created_at"]),
        tool=_plain(table["tool"]),
        members=members,
        since=None if since is None else _time(since),
        requirements=None if requirements is None else _requirements(requirements),
    )


def check_names(members: Sequence[Member]) -> None:
    """See that no name comes twice, and that looks and installer are single by their form.

    Raises:
        ValueError: One does; names that differ in case only count as the same.
    """
    seen: set[str] = set()
    for member in members:
        if member.name.casefold() in seen:
            raise ValueError(f"{member.name} is listed twice")
        seen.add(member.name.casefold())


def _member(entry: dict[str, Any]) -> Member:
    name, kind = _typed(entry["name"], str), _typed(entry["kind"], str)
    size, sha256 = _typed(entry["bytes"], int), _typed(entry["sha256"], str)
    _check_path(name)
    if kind not in _KINDS:
        raise ValueError(f"unknown kind {kind!a}")
    form, most_bytes = _KINDS[kind]
    if not form.fullmatch(name):
        raise ValueError(f"{name!a} is no name for a {kind}")
    if not 0 <= size <= most_bytes:
        raise ValueError(f"{name} declares {size} bytes; a {kind} has at most {most_bytes}")
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"the sha256 of {name} is not 64 hex digits")
    return Member(name, kind, size, sha256)


def _check_path(name: str) -> None:
    """Say of a name that would land elsewhere what is wrong with it."""
    if len(name) > MAX_NAME_CHARS:
        raise ValueError(f"a name of {len(name)} characters")
    if name.startswith("/") or "\\" in name or ":" in name:
        raise ValueError(f"{name!a} is an absolute path")
    if ".." in name.split("/"):
        raise ValueError(f"{name!a} leads out of its folder")


def _requirements(table: Any) -> Requirements:
    libraries = _typed(table["libraries"], dict)
    return Requirements(
        python=_plain(table["python"]),
        implementation=_plain(table["implementation"]),
        system=_plain(table["system"]),
        machine=_plain(table["machine"]),
        cpu=tuple(_plain(flag) for flag in _typed(table["cpu"], list)),
        libraries={_plain(name): _plain(symbol) for name, symbol in libraries.items()},
    )


def _typed(value: Any, kind: type) -> Any:
    if type(value) is not kind:  # a bool is no int here
        raise TypeError(f"{kind.__name__} expected, not {type(value).__name__}")
    return value


def _plain(value: Any) -> str:
    text = str(_typed(value, str))
    if not _PLAIN.fullmatch(text):
        raise ValueError("a text holds control characters or is too long")
    return text


def _time(value: Any) -> datetime:
    at = datetime.strptime(_typed(value, str), _TIME).replace(tzinfo=UTC)
    if not 1991 <= at.year < 2100:  # what it carries may be as late as it says that it is
        raise ValueError(f"a time of the year {at.year}")
    return at


def _shown(exc: Exception) -> str:
    return f"it lacks {exc}" if isinstance(exc, KeyError) else str(exc)[:300]
