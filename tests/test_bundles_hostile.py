"""Bundles made to do harm, and broken ones: each refused with its reason, the home as it was."""

import dataclasses
import json
import re
import tarfile

import pytest

from digest.bundles import container
from digest.bundles.read import import_bundle, verify
from digest.bundles.write import export
from digest.engines.catalogue import Catalogue
from digest.errors import BundleError
from tests import carrying
from tests.carrying import (
    CATALOGUE,
    MODEL,
    WEIGHTS,
    contents,
    entry,
    filled,
    home,
    info,
    pack,
    planned,
    resealed,
    seen,
    table,
    tree,
)

PDF = "papers/2601.16158v1.pdf"
PASSWD = b"root::0:0::/:/bin/sh\n"


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outside")
    export(planned(filled(folder)), folder / "lab.bundle")
    return (folder / "lab.bundle").read_bytes()


@pytest.fixture
def bundle(tmp_path, packed):
    path = tmp_path / "lab.bundle"
    path.write_bytes(packed)
    return path


@pytest.fixture
def inside(tmp_path, bundle):
    """A home that has things to lose."""
    place = home(tmp_path / "inside")
    place.home.mkdir(parents=True)
    place.models_dir.mkdir()
    (place.home / "papers").mkdir()
    (place.home / "papers" / "2601.00001v1.pdf").write_bytes(b"%PDF-1.4 ours")
    (place.home / "glossary.toml").write_text("# ours\n")
    place.ledger.record(seen())
    return place


@pytest.fixture
def refused(tmp_path, inside):
    """Import a bundle, see it refused for ``reason`` with a cure, and nothing changed anywhere."""

    def check(path, reason, known=CATALOGUE):
        before = tree(tmp_path)
        with pytest.raises(BundleError, match=re.escape(reason)) as caught:
            import_bundle(path, inside, known=known, here=carrying.machine())
        assert caught.value.hint
        assert tree(tmp_path) == before

    return check


def bent(bundle, change):
    """The bundle with its manifest changed by ``change`` and its members as they are."""
    made = table(bundle)
    change(made)
    members = [(info(name, len(data)), data) for name, data in contents(bundle).items()]
    return pack(bundle, made, members)


def renamed(bundle, index, name):
    """The bundle with one member under another name, all else in order."""
    made = table(bundle)
    bodies = list(contents(bundle).values())
    made["members"][index]["name"] = name
    names = [member["name"] for member in made["members"]]
    return pack(bundle, made, [(info(n, len(d)), d) for n, d in zip(names, bodies, strict=True)])


# ---------------------------------------------------------------- names that lead elsewhere


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("papers/../../../etc/passwd", "leads out of its folder"),
        ("papers/../digest.toml", "leads out of its folder"),
        ("/etc/cron.d/x", "is an absolute path"),
        ("C:\\x.pdf", "is an absolute path"),
        ("papers/sub/2601.16158v1.pdf", "is no name for a pdf"),
        ("papers/.bashrc", "is no name for a pdf"),
        ("papers/2601.16158v1.pdf\n", "is no name for a pdf"),
        ("papers/２６０１.16158v1.pdf", "is no name for a pdf"),
        ("digest.toml", "is no name for a pdf"),
        ("papers/" + "9" * 300 + ".pdf", "a name of 311 characters"),
    ],
)
def test_a_name_that_leads_elsewhere(bundle, refused, name, reason):
    made = table(bundle)
    made["members"][2]["name"] = name
    refused(pack(bundle, made, []), reason)


@pytest.mark.parametrize("name", ["papers/2601.16158v1.PDF", PDF])
def test_a_name_that_comes_twice(bundle, refused, name):
    if name == PDF:
        refused(renamed(bundle, 3, name), f"{PDF} is listed twice")
    else:
        refused(renamed(bundle, 3, name), "is no name for a pdf")


@pytest.mark.parametrize("models", [("models/tiny.gguf", "models/TINY.gguf")])
def test_names_that_differ_in_case_only_are_one(bundle, refused, models):
    made = table(bundle)
    made["members"] = [entry(name, "model", b"") for name in models]
    refused(pack(bundle, made, []), "models/TINY.gguf is listed twice")


# ---------------------------------------------------------------- headers that are not files


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (tarfile.SYMTYPE, f"'{PDF}' is a symbolic link"),
        (tarfile.LNKTYPE, f"'{PDF}' is a hard link"),
        (tarfile.CHRTYPE, f"'{PDF}' is a device"),
        (tarfile.FIFOTYPE, f"'{PDF}' is a pipe"),
        (tarfile.DIRTYPE, f"'{PDF}/' is a folder"),
        (tarfile.GNUTYPE_SPARSE, f"the header of {PDF} is not as digest writes it"),
    ],
)
def test_a_member_that_is_no_file(bundle, refused, kind, reason):
    made, members = table(bundle), []
    for name, data in contents(bundle).items():
        fields = {"type": kind, "linkname": "/etc/passwd"} if name == PDF else {}
        members.append((info(name, len(data), **fields), data))
    refused(pack(bundle, made, members), reason)


@pytest.mark.parametrize("fields", [{"mode": 0o4755}, {"uid": 1000}, {"mtime": 1}])
def test_a_member_with_rights_or_an_owner_of_its_own(bundle, refused, fields):
    made = table(bundle)
    members = [(info(n, len(d), **fields), d) for n, d in contents(bundle).items()]
    refused(pack(bundle, made, members), "the header of looks.jsonl is not as digest writes it")


def test_a_second_copy_behind_the_first(bundle, refused):
    made, held = table(bundle), contents(bundle)
    members = [(info(n, len(d)), d) for n, d in held.items()]
    evil = (info("looks.jsonl", len(held["glossary.toml"])), held["glossary.toml"])
    refused(
        pack(bundle, made, [members[0], evil, *members[2:]]), "'looks.jsonl' stands in it twice"
    )


def test_a_stranger_where_a_member_should_be(bundle, refused):
    made, held = table(bundle), contents(bundle)
    members = [(info(n, len(d)), d) for n, d in held.items()]
    members[1] = (info("evil.toml", len(members[1][1])), members[1][1])
    refused(
        pack(bundle, made, members), "'evil.toml' stands where the manifest names glossary.toml"
    )


def test_a_member_that_no_manifest_names(bundle, refused):
    made = table(bundle)
    members = [(info(n, len(d)), d) for n, d in contents(bundle).items()]
    members.append((info("papers/2601.99999v1.pdf", 4), b"%PDF"))
    refused(pack(bundle, made, members), "has 1024 bytes that its manifest does not account for")


def test_a_member_that_is_missing(bundle, refused):
    made = table(bundle)
    members = [(info(n, len(d)), d) for n, d in contents(bundle).items()]
    refused(pack(bundle, made, members[:-1]), "is cut short: ")


def test_a_member_that_is_missing_and_made_up_for(bundle, refused):
    made = table(bundle)
    members = [(info(n, len(d)), d) for n, d in contents(bundle).items()]
    pack(bundle, made, members[:-1])
    with bundle.open("ab") as file:
        file.write(bytes(container.total_bytes(verified_manifest(made)) - bundle.stat().st_size))
    refused(bundle, "models/tiny.gguf is missing")


def verified_manifest(made):
    return container.parse(json.dumps(made, indent=1).encode() + b"\n", "test")


# ---------------------------------------------------------------- wrong bytes


def test_a_flipped_bit(bundle, refused):
    data = bytearray(bundle.read_bytes())
    data[data.find(b"%PDF-1.4 first") + 10] ^= 1
    bundle.write_bytes(data)
    refused(bundle, f"{PDF} has another sha256")


def test_a_flipped_bit_of_a_model(bundle, refused):
    data = bytearray(bundle.read_bytes())
    data[-5000] ^= 1
    bundle.write_bytes(data)
    refused(bundle, "models/tiny.gguf has another sha256")


@pytest.mark.parametrize("cut", [1, 1024, 700_000])
def test_a_file_cut_short(bundle, refused, cut):
    bundle.write_bytes(bundle.read_bytes()[:-cut])
    refused(bundle, "lab.bundle is cut short")


@pytest.mark.parametrize(
    ("length", "reason"),
    [
        (0, "lab.bundle is not a bundle"),
        (100, "lab.bundle is not a bundle"),
        (600, "lab.bundle is cut short in its manifest"),
    ],
)
def test_hardly_a_file(bundle, refused, length, reason):
    bundle.write_bytes(bundle.read_bytes()[:length])
    refused(bundle, reason)


def test_garbage_at_the_end(bundle, refused):
    bundle.write_bytes(bundle.read_bytes() + b"garbage")
    refused(bundle, "has 7 bytes that its manifest does not account for")


def test_something_hidden_in_the_padding(bundle, refused):
    data = bundle.read_bytes()
    at = data.find(b"%PDF-1.4 first") + len(b"%PDF-1.4 first")
    bundle.write_bytes(data[:at] + b"hidden" + data[at + 6 :])
    refused(bundle, f"something hides behind {PDF}")


def test_something_hidden_in_the_end(bundle, refused):
    bundle.write_bytes(bundle.read_bytes()[:-6] + b"hidden")
    refused(bundle, "holds more than its manifest names")


def test_another_file_altogether(tmp_path, bundle, refused):
    bundle.write_bytes(b"PK\x03\x04" + bytes(4096))
    refused(bundle, "lab.bundle is not a bundle")
    refused(tmp_path, "is not a file")
    refused(tmp_path / "nothing.bundle", "cannot be read: No such file or directory")


def test_a_tar_without_a_manifest(bundle, refused):
    bundle.write_bytes(info("etc/passwd", 21).tobuf() + PASSWD + bytes(2048 - 21))
    refused(bundle, "is not a bundle: manifest.json is not first")


# ---------------------------------------------------------------- manifests


def test_a_newer_format_says_update(bundle, refused):
    refused(
        bent(bundle, lambda made: made.update(schema=2)),
        "has format 2; this digest reads up to 1",
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda made: made.pop("members"), "its manifest is wrong: it lacks 'members'"),
        (lambda made: made.update(schema="1"), "it names another format"),
        (lambda made: made.update(extra=1), "its manifest is not as digest writes it"),
        (lambda made: made.update(tool="\x1b[2J"), "a text holds control characters"),
        (lambda made: made.update(created_at="yesterday"), "does not match format"),
        (lambda made: made.update(created_at="9999-12-31T00:00:00Z"), "a time of the year 9999"),
        (lambda made: made["members"][0].update(bytes=-1), "looks.jsonl declares -1 bytes"),
        (lambda made: made["members"][0].update(bytes=True), "int expected, not bool"),
        (lambda made: made["members"][2].update(bytes=10**15), "a pdf has at most 536870912"),
        (lambda made: made["members"][0].update(bytes=1e400), "int expected, not float"),
        (lambda made: made["members"][0].update(sha256="0" * 63), "is not 64 hex digits"),
        (lambda made: made["members"][0].update(kind="code"), "unknown kind 'code'"),
        (lambda made: made.update(members=made["members"] * 3000), "15000 members; 10000 are"),
    ],
)
def test_a_manifest_of_the_wrong_form(bundle, refused, change, reason):
    refused(bent(bundle, change), reason)


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        (b"not JSON", "its manifest is wrong: Expecting value"),
        (b"[" * 100_000, "its manifest is nested too deeply"),
        (b'{"schema":' * 100_000, "its manifest is nested too deeply"),
        (b'{"schema": ' + b"9" * 5000 + b"}", "its manifest is wrong: Exceeds the limit"),
        (b'"\xff\xfe"', "its manifest is wrong: 'utf-8' codec"),
        (b"[]", "its manifest is wrong: list indices"),
        (b"[" + b"1," * (3 << 20) + b"1]", "a manifest of 6291460 bytes"),
    ],
)
def test_a_manifest_made_to_choke_on(bundle, refused, manifest, reason):
    refused(pack(bundle, manifest, []), reason)


def test_a_bundle_that_claims_more_than_the_disk_holds(bundle, refused):
    """A sparse file: a terabyte by its length, nothing on the disk."""
    known = Catalogue((dataclasses.replace(MODEL, bytes=1 << 40),), "tiny")
    made = table(bundle)
    made["members"] = [{**entry("models/tiny.gguf", "model", WEIGHTS), "bytes": 1 << 40}]
    pack(bundle, made, [(info("models/tiny.gguf", 1 << 40), b"")])
    with bundle.open("r+b") as file:
        file.truncate(container.total_bytes(verified_manifest(made)))
    refused(bundle, "GB free; the bundle needs 1099.5 GB", known)


# ---------------------------------------------------------------- members in due form that lie


def test_a_model_that_the_catalogue_does_not_have(tmp_path, bundle, refused):
    wrong = {"models/other.gguf": ("model", WEIGHTS)}
    path = resealed(verify(bundle), bundle, wrong)
    refused(path, "other.gguf is not in this catalogue")


def test_a_model_with_other_bytes_than_the_catalogues(bundle, refused):
    wrong = {"models/tiny.gguf": ("model", WEIGHTS[:-1] + b"!")}
    path = resealed(verify(bundle), bundle, wrong)
    refused(path, "tiny.gguf is not the tiny of the catalogue")


SIGHTING = (
    b'{"sighting":{"paper":{"id":"2601.16158v1","categories":["cs.SD"],"announced":'
    b'{"batch":"2026-01-23","type":"new"}},"by":"feed","seen_at":"2026-01-22T12:00:00Z"}}\n'
)
VISIT = (
    b'{"visit":{"by":"oai","category":"cs.SD","at":"2026-01-22T12:00:00Z","state":"fresh",'
    b'"batch":"2026-01-23","shown":2}}\n'
)
MIDDAY = b"2026-01-22T12:00:00Z"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "line 2 of looks.jsonl: Input data was truncated"),
        (b"[" * 60_000, "line 2 of looks.jsonl: "),
        (b"{}\n", "line 2 of looks.jsonl: not one sighting or one visit"),
        (SIGHTING.replace(b"2601.16158v1", b"../../etc"), "not an arXiv identifier"),
        (SIGHTING.replace(b"2601.16158v1", b"local:" + b"0" * 64), "a sighting of no arXiv paper"),
        (SIGHTING.replace(b'"feed"', b'"root"'), "Invalid enum value 'root'"),
        (b" " * (1 << 20) + SIGHTING, "longer than 1048576 bytes"),
    ],
)
def test_sightings_that_do_not_parse(bundle, refused, line, reason):
    lies = {"looks.jsonl": ("looks", SIGHTING + line), PDF: ("pdf", b"%PDF-1.4 planted")}
    refused(resealed(verify(bundle), bundle, lies), reason)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"2026-01-23", b"zzzz", "Invalid isoformat string: 'zzzz'"),
        (b"2026-01-23", b"20260123", "'20260123' is not written as 2026-01-23"),
        (b"2026-01-23", b"9999-12-31", "the date 9999-12-31 in a bundle of 2026-01-22"),
        (b"2026-01-23", b"0001-01-01", "the date 0001-01-01 in a bundle of 2026-01-22"),
        (b'"2026-01-23"', b'""', "2601.16158v1 is announced without a date"),
        (MIDDAY, b"2026-01-22T12:00:00", "seen_at is a time without a zone"),
        (MIDDAY, b"2026-01-25T12:00:00Z", "seen_at 2026-01-25 in a bundle of 2026-01-22"),
        (MIDDAY, b"0001-01-01T00:00:00Z", "seen_at 0001-01-01 in a bundle of 2026-01-22"),
        (b'"by":', b'"changed_on":"zzzz","by":', "Invalid isoformat string: 'zzzz'"),
        (b'"by":', b'"known_at":"9999-12-31T00:00:00Z","by":', "known_at 9999-12-31 in a bundle"),
        (b'"id":', b'"updated_at":"9999-12-31T00:00:00Z","id":', "updated_at 9999-12-31 in a"),
        (b'["cs.SD"]', b"[]", "2601.16158v1 has no category"),
        (b"cs.SD", b"cs.SD' OR 1", "is no category"),
        (b"16158v1", b"16158v99999999999999999999", "2601.16158 has no such version"),
        (b"2601.", "２６０１.".encode(), "a sighting of no arXiv paper"),
        (b'"id":', b'"title":"\\u001b[2J","id":', "a text holds control characters"),
    ],
)
def test_a_sighting_that_later_runs_would_trip_over(bundle, refused, old, new, reason):
    lies = {"looks.jsonl": ("looks", SIGHTING + SIGHTING.replace(old, new))}
    refused(resealed(verify(bundle), bundle, lies), reason)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"2026-01-23", b"zzzz", "line 2 of looks.jsonl: Invalid isoformat string: 'zzzz'"),
        (b"2026-01-23", b"9999-12-31", "the date 9999-12-31 in a bundle of 2026-01-22"),
        (MIDDAY, b"2026-01-22T12:00:00", "at is a time without a zone"),
        (MIDDAY, b"9999-12-31T23:59:59Z", "at 9999-12-31 in a bundle of 2026-01-22"),
        (b"cs.SD", b"", "'' is no category"),
        (b'"shown":2', b'"shown":-2', "a visit that showed (-2, 0, 0, 0) papers"),
        (
            b'"shown":2',
            b'"new":99999999999999999999',
            "a visit that showed (0, 99999999999999999999",
        ),
        (b'"shown":2', b'"detail":"\\u001b[2J"', "a text holds control characters"),
    ],
)
def test_a_visit_that_later_runs_would_trip_over(bundle, refused, old, new, reason):
    lies = {"looks.jsonl": ("looks", VISIT + VISIT.replace(old, new))}
    refused(resealed(verify(bundle), bundle, lies), reason)


def test_what_stands_beside_those_lies_is_taken_in(tmp_path, bundle):
    latex = SIGHTING.replace(b'"id":', rb'"title":"A \\u001b of \\beta\n","id":')
    truths = {"looks.jsonl": ("looks", latex + VISIT.replace(b"2026-01-23", b""))}
    place = home(tmp_path / "elsewhere")
    path = resealed(verify(bundle), bundle, truths)
    look = import_bundle(path, place, known=CATALOGUE, here=carrying.machine()).look
    assert look.sightings[0].paper.title == "A \\u001b of \\beta\n"
    assert look.visits[0].batch == ""


def test_wheels_that_do_not_say_what_they_need(bundle, refused):
    lies = {"wheels/demo-1.0-py3-none-any.whl": ("wheel", b"PK")}
    refused(resealed(verify(bundle), bundle, lies), "does not say what its wheels need")
