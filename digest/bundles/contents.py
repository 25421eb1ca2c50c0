"""What a home has to carry: sightings and visits, their papers' PDFs, models, glossary, wheels.

Converted models are not carried: they are larger than the file they are made from (1.8 GB against
1.1 GB for the default model), are made again in under a minute, and no catalogue has a hash by
which they could be trusted.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from digest.bundles.looks import LOOKS, lines
from digest.bundles.manifest import Requirements
from digest.bundles.write import ExportPlan, Item
from digest.coverage import BASELINE
from digest.engines.catalogue import ModelFile
from digest.engines.verify import Progress, ensure, silent
from digest.errors import ConfigError, DigestError
from digest.records import ArxivId, Look, Sighting

GLOSSARY, INSTALLER = "glossary.toml", "install.pyz"
CURE = "digest fetch, or an earlier --since"

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
        """Take a look in, in one transaction; what is known already, or newer, stays."""
        ...

    def forgotten(self) -> Callable[..., datetime | None]:
        """Tells when the paper of the given names was forgotten; None: never."""
        ...

    def of_papers(self, bases: Sequence[str]) -> Mapping[str, Sequence[Sighting]]:
        """Everything seen of these papers; unknown ones are left out."""
        ...

    def newest_visit_at(self) -> datetime | None:
        """When arXiv was looked at last; None: never."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export besides the days.

    Args:
        since: What was seen from then on; None for all.
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
        DigestError: Nothing was seen since then, and nothing else is wanted.
        ModelMissingError: A model is not on this machine.
        ModelDamagedError: A model is not the file of the catalogue.
    """
    look = _look(place.ledger, wanted.since)
    _refuse_nothing(look, wanted)
    items = [Item(LOOKS, "looks", b"".join(lines(look, created_at)))]
    if wanted.wheels:
        items.append(Item(INSTALLER, "installer", installer()))
    if (place.home / GLOSSARY).is_file():
        items.append(Item(GLOSSARY, "glossary", place.home / GLOSSARY))
    items += [Item(f"papers/{pdf.name}", "pdf", pdf) for pdf in _pdfs(look, wanted.since, place)]
    for model in wanted.models:
        if model.members:
            raise ConfigError(
                f"{model.name} is a folder, which a bundle does not carry",
                "carry it by itself: digest models import FOLDER",
            )
        path = ensure(model, place.models_dir, progress)
        items.append(Item(f"models/{model.file}", "model", path, model.sha256))
    items += [Item(f"wheels/{path.name}", "wheel", path) for path in sorted(wanted.wheels)]
    return ExportPlan(
        tuple(items), created_at, tool, wanted.since, wanted.requirements, wanted.split_bytes
    )


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


def _look(ledger: CarriedLedger, since: datetime | None) -> Look:
    """The visits since then; and sightings from a baseline before, for a home that has none."""
    if since is None:
        return ledger.looks_since(_ALWAYS)
    look = ledger.looks_since(max(since, _ALWAYS + BASELINE) - BASELINE)
    return replace(look, visits=tuple(visit for visit in look.visits if visit.at >= since))


def _refuse_nothing(look: Look, wanted: Wanted) -> None:
    """Refuse to carry no news, where nothing else was asked for either."""
    if (look.sightings and look.visits) or wanted.models or wanted.wheels:
        return
    since = f" since {wanted.since:%Y-%m-%d}" if wanted.since else ""
    raise DigestError(f"nothing was seen of arXiv{since}: there is nothing to carry", CURE)


def _pdfs(look: Look, since: datetime | None, place: Place) -> list[Path]:
    """By name, the PDFs of papers first seen since then, whatever their version, and those that
    came since then to papers seen earlier.
    """
    start = since or _ALWAYS
    new = {_base_of(sighting) for sighting in look.sightings if sighting.seen_at >= start}
    bases = {pdf: base_of_pdf(pdf) for pdf in sorted((place.home / "papers").glob("*.pdf"))}
    late = {base for pdf, base in bases.items() if pdf.stat().st_mtime >= start.timestamp()}
    carried = new | set(place.ledger.of_papers(sorted(late - new - {""})))
    return [pdf for pdf, base in bases.items() if base in carried]


def _base_of(sighting: Sighting) -> str:
    paper = sighting.paper.id
    assert isinstance(paper, ArxivId)  # only arXiv is sighted
    return paper.base


def base_of_pdf(pdf: Path) -> str:
    """The base id in a name of papers/: ``quant-ph_0201082v1.pdf``; empty where there is none."""
    try:
        return ArxivId.parse(pdf.stem.replace("_", "/")).base
    except ValueError:
        return ""
