"""Two homes, a ledger in a file and a bundle between them, for the tests of digest.bundles."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from digest import files
from digest.bundles.contents import Place, Wanted, plan
from digest.bundles.machine import Machine
from digest.bundles.manifest import Manifest, Requirements
from digest.bundles.write import ExportPlan
from digest.engines.catalogue import Catalogue, HubSource, ModelFile
from digest.records import ArxivId, Look, Paper, Sighting, Visit, from_json, to_json

NOON = datetime(2026, 1, 22, 12, tzinfo=UTC)
WEIGHTS = b"GGUF" + bytes(range(256)) * 5000  # 1.28 MB: more than one block
MODEL = ModelFile(
    name="tiny",
    file="tiny.gguf",
    bytes=len(WEIGHTS),
    sha256=hashlib.sha256(WEIGHTS).hexdigest(),
    licence="Apache-2.0",
    context=1024,
    template="chatml",
    sources=(HubSource("nobody/tiny", "tiny.gguf"),),
)
CATALOGUE = Catalogue((MODEL,), "tiny")
NEEDED = Requirements(
    "3.11", "cpython", "Linux", "x86_64", ("avx2", "fma"), {"libc.so.6": "GLIBC_2.34"}
)


class FileLedger:
    """What CarriedLedger says, in one JSON file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def look(self) -> Look:
        return from_json(self.path.read_bytes(), Look) if self.path.exists() else Look((), ())

    def looks_since(self, at: datetime) -> Look:
        look = self.look()
        return Look(
            tuple(s for s in look.sightings if s.seen_at >= at),
            tuple(v for v in look.visits if v.at >= at),
        )

    def of_papers(self, bases: Sequence[str]) -> dict[str, list[Sighting]]:
        found = {base: [] for base in bases}
        for sighting in self.look().sightings:
            if sighting.paper.id.base in found:
                found[sighting.paper.id.base].append(sighting)
        return {base: sightings for base, sightings in found.items() if sightings}

    def forgotten(self):
        return lambda *names: None

    def newest_visit_at(self) -> datetime | None:
        return max((visit.at for visit in self.look().visits), default=None)

    def record(self, look: Look) -> None:
        old = self.look()
        new = Look(
            old.sightings + tuple(s for s in look.sightings if s not in old.sightings),
            old.visits + tuple(v for v in look.visits if v not in old.visits),
        )
        if new != old:
            files.write(self.path, to_json(new))


def home(folder: Path) -> Place:
    """An empty home in ``folder``."""
    return Place(folder / "home", folder / "models", FileLedger(folder / "home" / "ledger.json"))


def seen() -> Look:
    """Two papers (one of an old scheme) and the visit that showed them."""
    sightings = (sighting("2601.16158v1"), sighting("quant-ph/0201082v2"))
    return Look(sightings, (visit(),))


def sighting(paper: str, at: datetime = NOON, title: str = "") -> Sighting:
    """A paper as the feed showed it."""
    shown = Paper(ArxivId.parse(paper), title=title or f"On {paper}", categories=("cs.SD",))
    return Sighting(replace(shown, submitted_at=at), "feed", at)


def visit(at: datetime = NOON) -> Visit:
    """The feed's, which showed two papers."""
    return Visit("feed", "cs.SD", at, "fresh", "2026-01-23", 2, 2)


def filled(folder: Path) -> Place:
    """A home that has seen them and has their PDFs, others, a glossary and a model."""
    place = home(folder)
    for path, data in {
        place.home / "papers" / "2601.16158v1.pdf": b"%PDF-1.4 first",
        place.home / "papers" / "quant-ph_0201082v2.pdf": b"%PDF-1.4 second" * 40_000,
        place.home / "papers" / "2512.00001v1.pdf": b"%PDF-1.4 nobody sighted it",
        place.home / "papers" / "local-0123456789abcdef.pdf": b"%PDF-1.4 the lab's own",
        place.home / "glossary.toml": b'"word error rate" = "\xe8\xaf\x8d"\n',
        place.models_dir / "tiny.gguf": WEIGHTS,
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    place.ledger.record(seen())
    return place


def planned(place: Place, **wanted: object) -> ExportPlan:
    """A plan that carries the model too, unless told otherwise."""
    return plan(place, Wanted(**{"models": (MODEL,), **wanted}), "0.3.0", NOON)


def machine(**differing: object) -> Machine:
    """One that has what NEEDED says."""
    has = {
        "python": "3.11",
        "implementation": "cpython",
        "system": "Linux",
        "machine": "x86_64",
        "cpu": frozenset({"avx2", "fma", "sse2"}),
        "has_symbol": lambda library, symbol: True,
    }
    return Machine(**{**has, **differing})


def tree(*folders: Path) -> dict[str, str]:
    """Every file and folder below, links and hidden ones too, with the sha256 of its bytes."""
    found = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            small = path.is_file() and path.stat().st_size < 1 << 30
            data = path.read_bytes() if small else b""
            found[f"{folder.name}/{path.relative_to(folder)}"] = hashlib.sha256(data).hexdigest()
    return found


def table(bundle: Path) -> dict:
    """The manifest of a bundle, to be bent."""
    with tarfile.open(bundle) as tar:
        return json.loads(tar.extractfile("manifest.json").read())


def contents(bundle: Path) -> dict[str, bytes]:
    """Name -> bytes, without the manifest."""
    with tarfile.open(bundle) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar if m.name != "manifest.json"}


def pack(path: Path, manifest: dict | bytes, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    """Write a tar of our own making: nothing in it has to be right."""
    data = manifest if isinstance(manifest, bytes) else json.dumps(manifest, indent=1).encode()
    first = tarfile.TarInfo("manifest.json")
    first.size = len(data + b"\n")
    packed = BytesIO()
    for info, body in [(first, data + b"\n"), *members]:
        packed.write(info.tobuf(tarfile.GNU_FORMAT, "ascii") + body + bytes(-len(body) % 512))
    path.write_bytes(packed.getvalue() + bytes(1024))
    return path


def info(name: str, size: int, **fields: object) -> tarfile.TarInfo:
    """A tar header; ``fields`` bend it."""
    made = tarfile.TarInfo(name)
    made.size = size
    for key, value in fields.items():
        setattr(made, key, value)
    return made


def entry(name: str, kind: str, data: bytes) -> dict:
    """A member of a manifest that tells the truth."""
    sha256 = hashlib.sha256(data).hexdigest()
    return {"name": name, "kind": kind, "bytes": len(data), "sha256": sha256}


def resealed(manifest: Manifest, path: Path, members: dict[str, tuple[str, bytes]]) -> Path:
    """A bundle in due form whose members are others, every hash right."""
    made = json.loads(manifest.to_bytes())
    made["members"] = [entry(name, kind, data) for name, (kind, data) in members.items()]
    return pack(path, made, [(info(n, len(d)), d) for n, (_, d) in members.items()])
