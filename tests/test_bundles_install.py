"""The installer, run as on a bare machine: Python alone, nothing of ours importable."""

import io
import platform
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from digest.bundles.contents import installer
from digest.bundles.install import requirement
from digest.bundles.machine import cpu_flags, has_symbol
from digest.bundles.manifest import Member, Requirements
from digest.bundles.wheels import _split_lock, requirements_of
from digest.bundles.write import export
from tests.carrying import filled, planned

HERE = Requirements(
    f"{sys.version_info.major}.{sys.version_info.minor}",
    sys.implementation.name,
    platform.system(),
    platform.machine(),
)


def wheel(folder: Path, name: str, files: dict[str, bytes]) -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w") as archive:
        for inside, data in files.items():
            archive.writestr(inside, data)
    return path


def install(tmp_path: Path, requirements: Requirements | None, spoil: bool = False):
    """Export a bundle with one wheel and run install.pyz on it, isolated from this environment."""
    demo = wheel(tmp_path, "demo-1.0-py3-none-any.whl", {"demo.py": b""})
    wheels = {"wheels": (demo,), "requirements": requirements} if requirements else {}
    export(planned(filled(tmp_path / "outside"), **wheels), tmp_path / "lab.bundle")
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "install.pyz").write_bytes(installer())
    if spoil:
        data = bytearray((tmp_path / "lab.bundle").read_bytes())
        data[-2000] ^= 1
        (tmp_path / "lab.bundle").write_bytes(data)
    command = [sys.executable, "-I", "-S", "install.pyz", "../lab.bundle", "venv"]
    return subprocess.run(
        command, cwd=tmp_path / "bare", env={}, capture_output=True, text=True, check=False
    )


def test_the_installer_is_the_same_each_time_and_holds_no_third_party():
    assert installer() == installer()
    names = zipfile.ZipFile(io.BytesIO(installer())).namelist()
    assert names[0] == "__main__.py"
    assert len(names) == 8


@pytest.mark.parametrize(
    ("requirements", "said"),
    [
        (None, "lab.bundle holds no wheels"),
        (Requirements("2.7", "cpython", "Linux", "x86_64"), "Python 2.7 is needed, here is"),
        (
            Requirements(HERE.python, HERE.implementation, HERE.system, HERE.machine, ("avx9",)),
            "the CPU lacks avx9",
        ),
        (HERE, "the bundle holds no wheel of pip"),
    ],
)
def test_what_cannot_be_installed_is_refused(tmp_path, requirements, said):
    run = install(tmp_path, requirements)
    assert run.returncode == 1
    assert said in run.stderr
    assert "Traceback" not in run.stderr
    assert not (tmp_path / "bare" / "venv").exists()


def test_a_damaged_bundle_is_not_installed(tmp_path):
    run = install(tmp_path, HERE, spoil=True)
    assert run.returncode == 1
    assert "install: lab.bundle: " in run.stderr
    assert not (tmp_path / "bare" / "venv").exists()


def test_export_writes_the_installer_beside_a_bundle_with_wheels(tmp_path):
    install(tmp_path, HERE)
    assert (tmp_path / "install.pyz").read_bytes() == installer()


def test_a_wheel_is_asked_of_pip_by_hash():
    member = Member("wheels/ruamel.yaml-0.18-py3-none-any.whl", "wheel", 1, "a" * 64)
    assert requirement(member) == "ruamel.yaml==0.18 --hash=sha256:" + "a" * 64


# ---------------------------------------------------------------- what wheels need


def test_needs_are_read_off_tags_and_libraries(tmp_path):
    wheels = [
        wheel(tmp_path, "a-1-py3-none-any.whl", {"a.py": b"GLIBC_2.99\0"}),
        wheel(tmp_path, "b-1-cp311-cp311-manylinux2014_x86_64.manylinux_2_28_x86_64.whl", {}),
        wheel(tmp_path, "c-1-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl", {}),
        wheel(
            tmp_path,
            "d-1-py3-none-linux_x86_64.whl",
            {"d/lib.so.0": b"\0GLIBC_2.4\0GLIBC_2.14\0GLIBCXX_3.4.9\0GLIBCXX_3.4.30\0"},
        ),
    ]
    assert requirements_of(wheels).libraries == {
        "libc.so.6": "GLIBC_2.27",
        "libstdc++.so.6": "GLIBCXX_3.4.30",
    }
    assert requirements_of(wheels[:2]).libraries == {"libc.so.6": "GLIBC_2.17"}
    assert requirements_of(wheels[:1]).python == HERE.python


def test_the_lock_file_is_split_at_what_is_built():
    ours = "llama-cpp-python==0.3 \\\n    --hash=y\n"
    lock = "a==1 \\\n    --hash=x\n    # via b\n" + ours + "z==2 \\\n    --hash=w\n"
    built, others = _split_lock(lock)
    assert built == ours
    assert others == "a==1 \\\n    --hash=x\n    # via b\nz==2 \\\n    --hash=w\n"


# ---------------------------------------------------------------- this machine


@pytest.mark.parametrize("key", ["flags\t\t", "Features\t"])
def test_cpu_flags_as_the_kernel_lists_them(tmp_path, key):
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\n{key}: fpu avx2 fma\n\nprocessor\t: 1\n")
    assert cpu_flags(tmp_path / "cpuinfo") == {"fpu", "avx2", "fma"}
    assert cpu_flags(tmp_path / "missing") == frozenset()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_version_symbols_of_a_library():
    assert has_symbol("libc.so.6", "GLIBC_2.4") or has_symbol("libc.so.6", "GLIBC_2.17")
    assert not has_symbol("libc.so.6", "GLIBC_9.99")
    assert not has_symbol("libnothing.so.6", "GLIBC_2.17")
