"""Exports: the same bytes each time, in parts where asked, resumed after a kill."""

import dataclasses
import os
import re
import signal
import subprocess
import sys
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest

from digest.bundles import container
from digest.bundles.contents import parse_size
from digest.bundles.read import import_bundle, verify
from digest.bundles.write import ExportPlan, Item, export
from digest.errors import BundleError, ConfigError, ModelMissingError, StoreError
from tests import carrying
from tests.carrying import CATALOGUE, NOON, filled, home, planned, tree

SPLIT = 512_000


@pytest.fixture
def outside(tmp_path):
    return filled(tmp_path / "outside")


def bundles(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_the_same_content_gives_the_same_bytes(tmp_path, outside):
    first, second = tmp_path / "a.bundle", tmp_path / "b.bundle"
    export(planned(outside), first)
    export(planned(outside), second)
    assert first.read_bytes() == second.read_bytes()
    later = dataclasses.replace(planned(outside), created_at=NOON + timedelta(days=1))
    export(later, second)
    assert first.read_bytes() != second.read_bytes()
    assert second.read_bytes().replace(b"2026-01-23T12:00:00Z", b"2026-01-22T12:00:00Z") == (
        first.read_bytes()
    )


def test_the_id_is_of_all_that_is_in_it(tmp_path, outside):
    one = export(planned(outside), tmp_path / "lab.bundle")
    assert verify(tmp_path / "lab.bundle").id == one.id
    (outside.home / "glossary.toml").write_text("# changed\n")
    assert export(planned(outside), tmp_path / "lab.bundle").id != one.id
    assert re.fullmatch("[0-9a-f]{64}", one.id)


def test_a_missing_model_is_said_before_anything_is_written(tmp_path, outside):
    (outside.models_dir / "tiny.gguf").unlink()
    with pytest.raises(ModelMissingError, match="model tiny is not in"):
        planned(outside)


def test_a_file_that_changes_under_our_eyes(tmp_path, outside):
    plan = planned(outside)

    def change(what, *_):
        if what == "write":
            (outside.models_dir / "tiny.gguf").write_bytes(b"!" * carrying.MODEL.bytes)

    with pytest.raises(StoreError, match=r"models/tiny.gguf changed while it was exported"):
        export(plan, tmp_path / "lab.bundle", change)
    assert not (tmp_path / "lab.bundle").exists()


def test_a_folder_that_is_not_there(tmp_path, outside):
    with pytest.raises(StoreError, match=f"^no such folder: {tmp_path / 'usb'}$"):
        export(planned(outside), tmp_path / "usb" / "lab.bundle")


def test_memory_stays_flat(tmp_path):
    """64 MB go through with less than 8 MB held: a few blocks of a megabyte."""
    big = tmp_path / "big.gguf"
    with big.open("wb") as file:
        file.truncate(64 << 20)
    tracemalloc.start()
    plan = ExportPlan((Item("models/big.gguf", "model", big),), NOON, "0.3.0")
    export(plan, tmp_path / "big.bundle")
    verify(tmp_path / "big.bundle")
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 8 << 20


@pytest.mark.parametrize(
    ("text", "size"),
    [("65536", 65536), ("650M", 681574400), ("4G", 4294967296), ("4 GiB", 1 << 32)],
)
def test_sizes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "4X", "-1G", "1.5G"])
def test_what_is_no_size(text):
    with pytest.raises(ConfigError, match="not a size"):
        parse_size(text)


def test_parts_too_small(outside):
    with pytest.raises(ConfigError, match="parts of 100 bytes are too small"):
        planned(outside, split_bytes=100)


# ---------------------------------------------------------------- resuming

KILLED_AT = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from digest.bundles.write import export
from tests import carrying
import dataclasses

out, folder, last, split, day = Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:6])
place, count = carrying.home(folder), 0

def at(what, *_):
    global count
    count += what == "write"
    if count == last:
        os.kill(os.getpid(), signal.SIGKILL)

plan = carrying.planned(place, split_bytes=split or None)
created_at = carrying.NOON.replace(day=day)
export(dataclasses.replace(plan, created_at=created_at), out, at)
"""


def run(out: Path, folder: Path, last: int, split: int = 0, day: int = 22) -> int:
    """Export in a process that kills itself after ``last`` blocks; its return code."""
    command = [sys.executable, "-c", KILLED_AT, str(out), str(folder), str(last), str(split)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    return subprocess.run([*command, str(day)], env=environment, check=False).returncode


@pytest.mark.parametrize("split", [0, SPLIT])
def test_an_export_that_was_killed_is_resumed(tmp_path, outside, split):
    (tmp_path / "whole").mkdir()
    export(planned(outside, split_bytes=split or None), tmp_path / "whole" / "lab.bundle")
    (tmp_path / "usb").mkdir()
    out = tmp_path / "usb" / "lab.bundle"
    assert run(out, tmp_path / "outside", 5, split) == -signal.SIGKILL
    assert all(name.endswith(".partial") for name in bundles(tmp_path / "usb"))
    begun = sum(path.stat().st_size for path in out.parent.iterdir())
    assert run(out, tmp_path / "outside", 6, split) == -signal.SIGKILL
    assert sum(path.stat().st_size for path in out.parent.iterdir()) >= begun > 1_000_000
    # Resumed on another day, it keeps the day on which it was begun.
    assert run(out, tmp_path / "outside", 99, split, day=25) == 0
    assert tree(tmp_path / "usb") == {
        name.replace("whole/", "usb/"): sha256 for name, sha256 in tree(tmp_path / "whole").items()
    }


def test_what_a_resumed_export_finds_is_verified(tmp_path, outside):
    export(planned(outside), tmp_path / "whole.bundle")
    whole = (tmp_path / "whole.bundle").read_bytes()
    spoilt = bytearray(whole[:900_000])
    spoilt[500_000] ^= 1
    (tmp_path / "lab.bundle.partial").write_bytes(spoilt)
    export(planned(outside), tmp_path / "lab.bundle")
    assert (tmp_path / "lab.bundle").read_bytes() == whole


def test_killed_while_it_renamed(tmp_path, outside):
    out = tmp_path / "lab.bundle"
    export(planned(outside, split_bytes=SPLIT), out)
    whole = {path.name: path.read_bytes() for path in tmp_path.glob("lab.bundle.*")}
    for name in ("lab.bundle.003", "lab.bundle.004"):
        (tmp_path / name).rename(tmp_path / f"{name}.partial")
    later = dataclasses.replace(
        planned(outside, split_bytes=SPLIT), created_at=NOON + timedelta(days=3)
    )
    export(later, out)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("lab.bundle.*")} == whole


def test_another_content_begins_anew(tmp_path, outside):
    export(planned(outside), tmp_path / "old.bundle")
    (tmp_path / "old.bundle").rename(tmp_path / "lab.bundle.partial")
    export(planned(outside, models=()), tmp_path / "lab.bundle")
    assert [member.kind for member in verify(tmp_path / "lab.bundle").members] == [
        "looks",
        "glossary",
        "pdf",
        "pdf",
    ]


# ---------------------------------------------------------------- parts


@pytest.fixture
def parts(tmp_path, outside):
    folder = tmp_path / "usb"
    folder.mkdir()
    export(planned(outside, split_bytes=SPLIT), folder / "lab.bundle")
    return folder


def test_parts_have_the_size_asked_for_and_join_to_the_whole(tmp_path, outside, parts):
    export(planned(outside), tmp_path / "whole.bundle")
    names = [f"lab.bundle.00{n}" for n in (1, 2, 3, 4)]
    assert bundles(parts) == names
    sizes = [(parts / name).stat().st_size for name in names]
    assert sizes[:3] == [SPLIT] * 3
    assert 0 < sizes[3] <= SPLIT
    joined = b"".join((parts / name).read_bytes()[512:] for name in names)
    assert joined == (tmp_path / "whole.bundle").read_bytes()


@pytest.mark.parametrize("name", ["lab.bundle", "lab.bundle.001", "lab.bundle.003"])
def test_any_of_its_names_will_do(tmp_path, parts, name):
    inside = home(tmp_path / "inside")
    imported = import_bundle(parts / name, inside, known=CATALOGUE, here=carrying.machine())
    assert len(imported.placed) == 4


def test_fewer_parts_leave_none_of_more(parts, outside):
    export(planned(outside, split_bytes=SPLIT, models=()), parts / "lab.bundle")
    assert bundles(parts) == ["lab.bundle.001", "lab.bundle.002"]


def spoil_missing(parts, other):
    (parts / "lab.bundle.002").unlink()
    (parts / "lab.bundle.004").unlink()


def spoil_first(parts, other):
    (parts / "lab.bundle.001").unlink()


def spoil_swapped(parts, other):
    second, third = parts / "lab.bundle.002", parts / "lab.bundle.003"
    data = second.read_bytes()
    second.write_bytes(third.read_bytes())
    third.write_bytes(data)


def spoil_repeated(parts, other):
    (parts / "lab.bundle.003").write_bytes((parts / "lab.bundle.002").read_bytes())


def spoil_mixed(parts, other):
    (parts / "lab.bundle.002").write_bytes((other / "lab.bundle.002").read_bytes())


def spoil_short(parts, other):
    path = parts / "lab.bundle.002"
    path.write_bytes(path.read_bytes()[:-1000])


def spoil_long(parts, other):
    with (parts / "lab.bundle.003").open("ab") as file:
        file.write(b"more")


def spoil_bit(parts, other):
    path = parts / "lab.bundle.003"
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)


def spoil_header(parts, other):
    path = parts / "lab.bundle.002"
    path.write_bytes(path.read_bytes().replace(b'"part": 2', b'"part": "'))


def spoil_stranger(parts, other):
    (parts / "lab.bundle.002").write_bytes(b"holiday photographs")


def spoil_id(parts, other):
    for path in parts.iterdir():
        head = container.read_part_header(path)
        renamed = dataclasses.replace(head, bundle="0" * 64)
        path.write_bytes(renamed.to_bytes() + path.read_bytes()[512:])


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (spoil_missing, "lab.bundle: missing lab.bundle.002, lab.bundle.004 of 4 parts"),
        (spoil_first, "lab.bundle: missing lab.bundle.001 of 4 parts"),
        (spoil_swapped, "lab.bundle.002 holds part 3, not part 2"),
        (spoil_repeated, "lab.bundle.003 holds part 2, not part 3"),
        (spoil_mixed, "lab.bundle.002 belongs to another bundle than part 1"),
        (spoil_short, "lab.bundle.002 holds 510488 bytes, not 511488"),
        (spoil_long, "lab.bundle.003 holds 511492 bytes, not 511488"),
        (spoil_bit, "lab.bundle.003 is damaged"),
        (spoil_header, "lab.bundle.002 is not a part of a bundle"),
        (spoil_stranger, "lab.bundle.002 is not a part of a bundle"),
        (spoil_id, "its parts carry another bundle's id"),
    ],
)
def test_parts_that_do_not_fit(tmp_path, outside, parts, spoil, reason):
    other = tmp_path / "other"
    other.mkdir()
    (outside.home / "glossary.toml").write_text("# another\n")
    export(planned(outside, split_bytes=SPLIT), other / "lab.bundle")
    spoil(parts, other)
    inside = home(tmp_path / "inside")
    path = parts / ("lab.bundle.002" if spoil is spoil_first else "lab.bundle.001")
    with pytest.raises(BundleError, match=re.escape(reason)):
        import_bundle(path, inside, known=CATALOGUE, here=carrying.machine())
    assert not (tmp_path / "inside").exists()
