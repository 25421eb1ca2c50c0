"""The software bill of materials: every package that runs, and every model file, in CycloneDX JSON.

Made of ``scripts/lock/run.txt`` and ``models/catalog.toml`` alone, but for licences, which the
installed packages tell; of one that is not installed here (another platform's) the licence is kept
that the last bill had. Nothing in it changes from one making to the next: no time, and a serial
number derived from what it lists. ``make sbom`` writes it, a test says when it is out of date.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import (
    ExternalReference,
    ExternalReferenceType,
    HashAlgorithm,
    HashType,
    Property,
    XsUri,
)
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from digest import __version__
from scripts.supply.locks import LOCKS, RUN, Locked, read

BILL = LOCKS / "sbom.cdx.json"
CATALOG = Path(__file__).resolve().parents[2] / "models" / "catalog.toml"
PROJECT = "arxiv-digest-local"
LICENCE = "AGPL-3.0-or-later"
_LONGEST_NAME_CHARS = 100
"""Some packages write the whole licence into the field that asks for its name."""


def bill(packages: Iterable[Locked], models: Iterable[Mapping[str, Any]], known: str) -> str:
    """The bill as JSON text.

    Args:
        packages: What is installed to run.
        models: The entries of the catalogue.
        known: The last bill, for licences; may be empty.
    """
    last = _licences_of(known)
    project = Component(
        name=PROJECT,
        version=__version__,
        type=ComponentType.APPLICATION,
        bom_ref=PROJECT,
        licenses=[LicenseFactory().make_from_string(LICENCE)],
    )
    listed = [(package, _package(package, last)) for package in packages]
    bom = Bom(components=[*(component for _, component in listed), *map(_model, models)])
    bom.metadata.component, bom.metadata.timestamp, bom.serial_number = project, None, None  # type: ignore[assignment]
    for name, component in [(PROJECT, project), *((p.name, c) for p, c in listed)]:
        bom.register_dependency(component, [c for p, c in listed if name in p.via])
    return _numbered(json.loads(JsonV1Dot6(bom).output_as_string()))


def _numbered(plain: dict[str, Any]) -> str:
    """With a serial number that is derived from everything else."""
    listed = json.dumps(plain, sort_keys=True)
    plain["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, listed)}"
    return json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _package(package: Locked, last: Mapping[str, str]) -> Component:
    licence = licence_of(package.name, package.version) or last.get(_ref(package), "")
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        bom_ref=_ref(package),
        purl=PackageURL("pypi", name=package.name, version=package.version),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=h) for h in package.hashes],
        licenses=[LicenseFactory().make_from_string(licence)] if licence else (),
        properties=[Property(name="digest:marker", value=package.marker)] if package.marker else (),
    )


def _ref(package: Locked) -> str:
    return f"pkg:pypi/{package.name}@{package.version}"


def _model(entry: Mapping[str, Any]) -> Component:
    """A model file; those that nobody here has run have no hash until they are pulled."""
    digest = entry.get("sha256")
    hubs = [source["hub"] for source in entry.get("sources", ()) if "hub" in source]
    links = [f"https://huggingface.co/{hub}" for hub in dict.fromkeys(hubs)]
    return Component(
        name=entry["name"],
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=f"model:{entry['name']}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)] if digest else (),
        licenses=[LicenseFactory().make_from_string(entry["licence"])],
        external_references=[
            ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=XsUri(link))
            for link in links
        ],
    )


def licence_of(name: str, version: str) -> str:
    """What an installed package says of its licence; empty where it says nothing short.

    Also where another version is installed, or none.
    """
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    if told["Version"] != version:
        return ""
    classified = (c for c in told.get_all("Classifier") or () if c.startswith("License :: "))
    names = (line.rsplit(" :: ", 1)[-1] for line in classified)
    said = (told["License-Expression"], told["License"], *names)
    return next((s for s in said if s and len(s) <= _LONGEST_NAME_CHARS and "\n" not in s), "")


def _licences_of(known: str) -> dict[str, str]:
    """The licence of each component of a bill, by its reference."""
    listed = json.loads(known)["components"] if known else []
    return {each["bom-ref"]: text for each in listed for text in _texts(each)}


def _texts(component: Mapping[str, Any]) -> Iterator[str]:
    for choice in component.get("licenses", ()):
        told = choice.get("license", {})
        yield choice.get("expression") or told.get("id") or told.get("name", "")


def current() -> str:
    """The bill as it should be now."""
    models = tomllib.loads(CATALOG.read_text(encoding="utf-8"))["model"]
    known = BILL.read_text(encoding="utf-8") if BILL.exists() else ""
    return bill(read(RUN), models, known)


def main() -> None:
    """Write the bill, or say whether the one that is there is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args()
    text = current()
    if fault := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        sys.exit(f"the bill is no valid CycloneDX: {fault}")
    if not options.check:
        BILL.write_text(text, encoding="utf-8")
    elif not BILL.exists() or BILL.read_text(encoding="utf-8") != text:
        sys.exit(f"{BILL.name} is out of date: make sbom")
    print(f"{BILL.name}: {len(json.loads(text)['components'])} components")


if __name__ == "__main__":
    main()
