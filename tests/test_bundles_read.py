"""A bundle goes across: what it carries arrives, once, and whole or not at all."""

import os
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from digest.bundles.read import import_bundle, verify
from digest.bundles.write import export
from digest.errors import BundleError
from tests import carrying
from tests.carrying import CATALOGUE, NEEDED, WEIGHTS, filled, home, planned, seen, tree


@pytest.fixture
def bundle(tmp_path):
    path = tmp_path / "lab.bundle"
    export(planned(filled(tmp_path / "outside")), path)
    return path


def taken_in(path, place, **options):
    return import_bundle(path, place, known=CATALOGUE, here=carrying.machine(), **options)


def test_what_was_exported_arrives(tmp_path, bundle):
    inside = home(tmp_path / "inside")
    imported = taken_in(bundle, inside)
    assert sorted(path.name for path in imported.placed) == [
        "2601.16158v1.pdf",
        "glossary.toml",
        "quant-ph_0201082v2.pdf",
        "tiny.gguf",
    ]
    papers = inside.home / "papers"
    assert (papers / "2601.16158v1.pdf").read_bytes() == b"%PDF-1.4 first"
    assert (papers / "quant-ph_0201082v2.pdf").read_bytes() == b"%PDF-1.4 second" * 40_000
    assert sorted(path.name for path in papers.iterdir()) == [
        "2601.16158v1.pdf",
        "quant-ph_0201082v2.pdf",
    ]
    assert (inside.models_dir / "tiny.gguf").read_bytes() == WEIGHTS
    assert inside.ledger.look() == seen()
    assert [model.name for model in imported.models] == ["tiny"]
    assert not list(tmp_path.rglob(".import"))


def test_any_tar_lists_it(bundle):
    with tarfile.open(bundle) as tar:
        assert tar.getnames() == [
            "manifest.json",
            "looks.jsonl",
            "glossary.toml",
            "papers/2601.16158v1.pdf",
            "papers/quant-ph_0201082v2.pdf",
            "models/tiny.gguf",
        ]


def test_verify_reads_all_and_writes_nothing(tmp_path, bundle):
    before = tree(tmp_path)
    manifest = verify(bundle)
    assert manifest.tool == "0.3.0"
    assert len(manifest.members) == 5
    assert tree(tmp_path) == before


def test_importing_twice_changes_nothing(tmp_path, bundle):
    inside = home(tmp_path / "inside")
    taken_in(bundle, inside)
    before = tree(inside.home, inside.models_dir)
    again = taken_in(bundle, inside)
    assert tree(inside.home, inside.models_dir) == before
    assert again.placed == ()
    assert len(again.present) == 4


def test_a_glossary_that_the_lab_edited_stays(tmp_path, bundle):
    inside = home(tmp_path / "inside")
    inside.home.mkdir(parents=True)
    (inside.home / "glossary.toml").write_text("# ours\n")
    imported = taken_in(bundle, inside)
    assert imported.kept == (inside.home / "glossary.toml",)
    assert (inside.home / "glossary.toml").read_text() == "# ours\n"
    assert b"word error rate" in (inside.home / "glossary.new.toml").read_bytes()
    before = tree(inside.home)
    taken_in(bundle, inside)
    assert tree(inside.home) == before


def test_a_pdf_that_is_here_is_not_replaced_and_a_damaged_model_is(tmp_path, bundle):
    inside = home(tmp_path / "inside")
    (inside.home / "papers").mkdir(parents=True)
    inside.models_dir.mkdir(parents=True)
    (inside.home / "papers" / "2601.16158v1.pdf").write_bytes(b"%PDF-1.4 ours")
    (inside.models_dir / "tiny.gguf").write_bytes(b"GGUF damaged")
    imported = taken_in(bundle, inside)
    assert imported.kept == (inside.home / "papers" / "2601.16158v1.pdf",)
    assert imported.kept[0].read_bytes() == b"%PDF-1.4 ours"
    assert (inside.models_dir / "tiny.gguf").read_bytes() == WEIGHTS


def test_what_a_killed_import_left_is_cleaned(tmp_path, bundle):
    inside = home(tmp_path / "inside")
    (inside.home / ".import").mkdir(parents=True)
    (inside.home / ".import" / "0-old.pdf").write_bytes(b"half")
    taken_in(bundle, inside)
    assert not (inside.home / ".import").exists()


KILLED_AT = """
import os, signal, sys
from pathlib import Path
from digest.bundles.read import import_bundle
from tests import carrying

def at(step):
    seen.append(step)
    if len(seen) == last:
        os.kill(os.getpid(), signal.SIGKILL)

class Ledger(carrying.FileLedger):
    def record(self, look):
        at("before the ledger")
        super().record(look)
        at("after the ledger")

bundle, folder, last, seen = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), []
place = carrying.home(folder)
place = carrying.Place(place.home, place.models_dir, Ledger(place.ledger.path))
import_bundle(bundle, place, lambda *step: at(step), carrying.CATALOGUE, carrying.machine())
print(len(seen))
"""


def killed(bundle: Path, folder: Path, step: int) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", KILLED_AT, str(bundle), str(folder), str(step)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_killed_anywhere_the_next_import_completes(tmp_path, bundle):
    whole = home(tmp_path / "whole")
    undisturbed = killed(bundle, tmp_path / "whole", 0)
    assert undisturbed.returncode == 0, undisturbed.stderr
    steps = int(undisturbed.stdout)
    assert steps == 13  # 6 blocks read, 4 files placed and their end, before and after the ledger
    wanted = tree(whole.home, whole.models_dir)
    stamps = "models/.verified.json"
    for step in range(1, steps + 1):
        inside = home(tmp_path / f"inside-{step}")
        run = killed(bundle, tmp_path / f"inside-{step}", step)
        assert run.returncode == -signal.SIGKILL, run.stderr
        if step <= 7:  # nothing was placed yet
            left = tree(inside.home, inside.models_dir)
            assert all("/.import" in name for name in left), left
        taken_in(bundle, inside)
        found = tree(inside.home, inside.models_dir)
        assert {**found, stamps: ""} == {**wanted, stamps: ""}, step  # a stamp holds an inode


def test_two_imports_do_not_meet(tmp_path, bundle):
    inside = home(tmp_path / "inside")

    def second(*_):
        with pytest.raises(Exception, match="another process exports or imports"):
            taken_in(bundle, inside)

    taken_in(bundle, inside, progress=second)


# ---------------------------------------------------------------- wheels and the machine


@pytest.fixture
def with_wheels(tmp_path):
    wheel = tmp_path / "demo-1.0-py3-none-any.whl"
    wheel.write_bytes(b"PK not a real wheel")
    path = tmp_path / "wheels.bundle"
    place = filled(tmp_path / "outside")
    export(planned(place, wheels=(wheel,), requirements=NEEDED), path)
    return path


def test_wheels_are_verified_and_not_taken_in(tmp_path, with_wheels):
    inside = home(tmp_path / "inside")
    taken_in(with_wheels, inside)
    assert not list(inside.home.rglob("*.whl"))


@pytest.mark.parametrize(
    ("differing", "said"),
    [
        ({"python": "3.12"}, "Python 3.11 is needed, here is 3.12"),
        ({"machine": "aarch64"}, "processor x86_64 is needed, here is aarch64"),
        ({"cpu": frozenset({"sse2"})}, "the CPU lacks avx2, fma"),
        ({"has_symbol": lambda *_: False}, "libc.so.6 lacks GLIBC_2.34"),
    ],
)
def test_wheels_that_cannot_run_here_are_refused(tmp_path, with_wheels, differing, said):
    inside = home(tmp_path / "inside")
    here = carrying.machine(**differing)
    with pytest.raises(BundleError, match=said):
        import_bundle(with_wheels, inside, known=CATALOGUE, here=here)
    assert not inside.home.exists()
