"""What a home has to carry: sightings and visits, their papers' PDFs, models, glossary, wheels.

Converted models are not carried: they are larger than the file they are made from (1.8 GB against
1.1 GB for the default model), are made again in under a minute, and no catalogue has a hash by
which they could be trusted.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec

from digest.bundles.manifest import UNTRUSTED, Requirements
from digest.bundles.write import ExportPlan, Item
from digest.engines.catalogue import ModelFile
from digest.engines.verify import Progress, ensure, silent
from digest.errors import BundleError, ConfigError
from digest.records import ArxivId, Look, Sighting, Visit, from_json, to_json

LOOKS, GLOSSARY, INSTALLER = "looks.jsonl", "glossary.toml", "install.pyz"
MAX_LINE_BYTES = 1 << 20
"""Of a sighting: the longest abstracts have some 2,000 characters, author lists of 3,000 names
some 60,000."""

_HERE = Path(__file__).resolve().parent
_INSTALLER = (
    "__init__.py",
    "errors.py",
    "bundles/__init__.py",
    "bundles/manifest.py",
    "bundles/container.py",
    "bundles/machine.py",
    "bundles/install.py",
)
_ALWAYS = datetime(1991, 8, 14, tzinfo=UTC)
"""The first day of arXiv: https://arxiv.org/help/faq/whytex tells of 1991; nothing is older."""
_SIZE = re.compile(r"(\d+)\s*([KMGT]?)i?B?", re.IGNORECASE)


class CarriedLedger(Protocol):
    """What a bundle needs of the ledger."""

    def looks_since(self, at: datetime) -> Look:
        """All sightings and visits since ``at``."""
        ...

    def record(self, look: Look) -> None:
        """Take a look in, in one transaction; what is known already changes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export besides the days.

    Args:
        since: Sightings from then on; None for all.
        models: Model files to carry.
        wheels: Wheels, and what they need to run; empty and None to leave them out.
        split_bytes: Size of the parts; None for one file.
    """

    since: datetime | None = None
    models: tuple[ModelFile, ...] = ()
    wheels: tuple[Path, ...] = ()
    requirements: Requirements | None = None
    split_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a digest lives: what an export takes from and an import brings to."""

    home: Path
    models_dir: Path
    ledger: CarriedLedger


def plan(
    place: Place, wanted: Wanted, tool: str, created_at: datetime, progress: Progress = silent
) -> ExportPlan:
    """Gather what is wanted. ``tool``: version of this program.

    Raises:
        ModelMissingError: A model is not on this machine.
        ModelDamagedError: A model is not the file of the catalogue.
    """
    look = place.ledger.looks_since(wanted.since or _ALWAYS)
    items = [Item(LOOKS, "looks", b"".join(_lines(look)))]
    if wanted.wheels:
        items.append(Item(INSTALLER, "installer", installer()))
    if (place.home / GLOSSARY).is_file():
        items.append(Item(GLOSSARY, "glossary", place.home / GLOSSARY))
    items += [Item(f"papers/{pdf.name}", "pdf", pdf) for pdf in _pdfs(look, place.home / "papers")]
    for model in wanted.models:
        path = ensure(model, place.models_dir, progress)
        items.append(Item(f"models/{model.file}", "model", path, model.sha256))
    items += [Item(f"wheels/{path.name}", "wheel", path) for path in sorted(wanted.wheels)]
    return ExportPlan(
        tuple(items), created_at, tool, wanted.since, wanted.requirements, wanted.split_bytes
    )


def read_look(file: Path, where: str) -> Look:
    """The sightings and visits of a ``looks.jsonl``.

    Raises:
        BundleError: A line is not one that an export writes; nothing of it is believed then.
    """
    sightings: list[Sighting] = []
    visits: list[Visit] = []
    with file.open("rb") as lines:
        for number, line in enumerate(iter(lambda: lines.readline(MAX_LINE_BYTES + 1), b""), 1):
            try:
                entry = _entry(line)
            except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
                raise BundleError(f"{where}: line {number} of {LOOKS}: {exc}", UNTRUSTED) from exc
            sightings += [entry.sighting] if entry.sighting else []
            visits += [entry.visit] if entry.visit else []
    return Look(tuple(sightings), tuple(visits))


def installer() -> bytes:
    """``install.pyz``: the modules that use the standard library alone, as a program.

    A zip that Python runs, see https://docs.python.org/3/library/zipapp.html; stored, not
    compressed, so that it can be read.
    """
    files = {f"digest/{name}": (_HERE.parent / name).read_bytes() for name in _INSTALLER}
    start = "import sys\n\nfrom digest.bundles.install import main\n\nsys.exit(main())\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, data in [("__main__.py", start.encode()), *files.items()]:
            archive.writestr(zipfile.ZipInfo(name), data)
    return packed.getvalue()


def parse_size(text: str) -> int:
    """``4G``, ``650M``, ``1048576``: bytes, K is 1024.

    Raises:
        ConfigError: It is no size.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ConfigError(f"not a size: {text!r}", "write it as 650M or 4G")
    return int(match[1]) << (10 * " KMGT".index(match[2].upper() or " "))


# ---------------------------------------------------------------- the pieces


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line: one of the two."""

    sighting: Sighting | None = None
    visit: Visit | None = None


def _lines(look: Look) -> Iterator[bytes]:
    for sighting in look.sightings:
        yield to_json({"sighting": sighting}) + b"\n"
    for visit in look.visits:
        yield to_json({"visit": visit}) + b"\n"


def _entry(line: bytes) -> _Entry:
    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"longer than {MAX_LINE_BYTES} bytes")
    entry = from_json(line, _Entry)
    if (entry.sighting is None) == (entry.visit is None):
        raise ValueError("not one sighting or one visit")
    if entry.sighting and not isinstance(entry.sighting.paper.id, ArxivId):
        raise ValueError("a sighting of no arXiv paper")
    for at in [entry.sighting.seen_at] if entry.sighting else [entry.visit.at]:  # type: ignore[union-attr]
        if at.tzinfo is None:
            raise ValueError("a time without a zone")
    return entry


def _pdfs(look: Look, papers: Path) -> Iterable[Path]:
    """The PDFs of the papers that ``look`` shows, whatever their version, by name."""
    seen = {s.paper.id.base for s in look.sightings if isinstance(s.paper.id, ArxivId)}
    return (path for path in sorted(papers.glob("*.pdf")) if _base(path) in seen)


def _base(pdf: Path) -> str:
    """The base id in a name of papers/: ``quant-ph_0201082v1.pdf``; empty where there is none."""
    try:
        return ArxivId.parse(pdf.stem.replace("_", "/")).base
    except ValueError:
        return ""
