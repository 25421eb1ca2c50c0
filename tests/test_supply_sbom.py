"""The bill of materials: complete, valid, the same each time, and up to date."""

import json
import re
from importlib import metadata

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from scripts.supply.locks import RUN, Locked, read
from scripts.supply.sbom import BILL, bill, current, licence_of

PACKAGES = [
    Locked("left", "1.0", "", ("a" * 64, "b" * 64), ("arxiv-digest-local",)),
    Locked("right", "2.0", "python_version < '3.12'", ("c" * 64,), ("left",)),
]
MODELS = [
    {
        "name": "small-q4",
        "sha256": "d" * 64,
        "licence": "Apache-2.0",
        "sources": [{"hub": "Some/Small-GGUF", "file": "x.gguf"}, {"wheels": "x==1"}],
    },
    {"name": "big-q4", "sha256": "", "licence": "Gemma"},
]
KNOWN = json.dumps(
    {
        "components": [
            {"bom-ref": "pkg:pypi/right@2.0", "licenses": [{"license": {"id": "MIT"}}]},
            {"bom-ref": "pkg:pypi/left@0.9", "licenses": [{"license": {"id": "MIT"}}]},
        ]
    }
)


def made(known=""):
    return json.loads(bill(PACKAGES, MODELS, known))


def test_packages_and_models_are_listed_with_what_identifies_them():
    left, right, big, small = made()["components"]
    assert (left["purl"], left["type"]) == ("pkg:pypi/left@1.0", "library")
    assert [h["content"] for h in left["hashes"]] == ["a" * 64, "b" * 64]
    assert right["properties"] == [{"name": "digest:marker", "value": "python_version < '3.12'"}]
    assert (small["type"], small["name"]) == ("machine-learning-model", "small-q4")
    assert small["hashes"] == [{"alg": "SHA-256", "content": "d" * 64}]
    assert small["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    assert [r["url"] for r in small["externalReferences"]] == [
        "https://huggingface.co/Some/Small-GGUF"
    ]
    assert "hashes" not in big
    assert big["licenses"] == [{"license": {"name": "Gemma"}}]


def test_who_needs_whom_is_told():
    needs = {each["ref"]: each.get("dependsOn", []) for each in made()["dependencies"]}
    assert needs["arxiv-digest-local"] == ["pkg:pypi/left@1.0"]
    assert needs["pkg:pypi/left@1.0"] == ["pkg:pypi/right@2.0"]


def test_the_licence_of_what_is_not_installed_is_kept_for_the_same_version_alone():
    left, right, *_ = made(KNOWN)["components"]
    assert right["licenses"] == [{"license": {"id": "MIT"}}]
    assert "licenses" not in left


def test_an_installed_package_tells_its_licence_for_its_own_version_alone():
    assert licence_of("click", metadata.version("click")) == "BSD-3-Clause"
    assert licence_of("click", "0.1") == ""
    assert licence_of("no-such-package", "1.0") == ""


def test_it_is_the_same_each_time_and_another_for_other_packages():
    assert bill(PACKAGES, MODELS, "") == bill(PACKAGES, MODELS, "")
    serials = {json.loads(bill(p, MODELS, ""))["serialNumber"] for p in (PACKAGES, PACKAGES[:1])}
    assert len(serials) == 2
    assert "timestamp" not in bill(PACKAGES, MODELS, "")


@pytest.mark.parametrize("text", [bill(PACKAGES, MODELS, ""), BILL.read_text(encoding="utf-8")])
def test_the_schema_of_cyclonedx_holds(text):
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(text) is None
    assert validator.validate_str(text.replace('"bomFormat"', '"format"')) is not None


def test_the_bill_in_the_checkout_is_up_to_date():
    assert BILL.read_text(encoding="utf-8") == current()
    refs = re.findall(r'"bom-ref": "(pkg:[^"]+)"', BILL.read_text(encoding="utf-8"))
    assert sorted(refs) == sorted(f"pkg:pypi/{p.name}@{p.version}" for p in read(RUN))
