"""Wheels for an offline installation: those of the lock file, by hash, and our own.

llama-cpp-python comes as source and is built here, for any x86-64 CPU of the last ten years instead
of for this one: a native build dies on another machine with an illegal instruction. What the
wheels then need of a machine is read off them. The only other place, besides ``models pull`` and
``fetch``, that downloads; pip does it, with the index and proxy that it is set up for.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from digest import files
from digest.bundles.container import Progress, silent
from digest.bundles.manifest import Requirements
from digest.errors import BundleError, ConfigError

log = logging.getLogger(__name__)

BUILT = "llama-cpp-python"
RECORD = "sha256.json"
_CMAKE: Mapping[str, tuple[str, ...]] = {
    # x86-64-v3 but for its lesser parts. Names from ggml/CMakeLists.txt of llama-cpp-python 0.3.36.
    "x86_64": tuple(
        f"-DGGML_{name}=ON" for name in ["SSE42", "AVX", "AVX2", "BMI2", "FMA", "F16C"]
    ),
    "aarch64": (),
}
# ggml's own threads instead of libgomp, and no OpenSSL: neither is sure to be on a bare machine.
_CMAKE_ALWAYS = ("-DGGML_NATIVE=OFF", "-DGGML_OPENMP=OFF", "-DLLAMA_OPENSSL=OFF")
_CPU: Mapping[str, tuple[str, ...]] = {
    "x86_64": ("avx", "avx2", "bmi2", "f16c", "fma", "sse4_2"),
    "aarch64": (),
}
_MANYLINUX = re.compile(r"manylinux_2_(\d+)|(manylinux2014|manylinux2010|manylinux1)_")
_LEGACY = {"manylinux2014": 17, "manylinux2010": 12, "manylinux1": 5}
_SYMBOLS = (
    ("libc.so.6", re.compile(rb"GLIBC_(\d+(?:\.\d+)+)\0")),
    ("libstdc++.so.6", re.compile(rb"GLIBCXX_(\d+(?:\.\d+)+)\0")),
)
_HINT = "the last lines of pip above say why; it needs the network, and a C++ compiler to build"

Version = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Wheels:
    """The wheel files, by name, and what they need of a machine."""

    paths: tuple[Path, ...]
    requirements: Requirements


def gather(checkout: Path, folder: Path, progress: Progress = silent) -> Wheels:
    """Have all wheels of the lock file and our own in a folder below ``folder``.

    What is there already is used again; building llama-cpp-python takes minutes, once.

    Raises:
        ConfigError: ``checkout`` is no source checkout of digest.
        BundleError: A wheel cannot be downloaded or built.
    """
    lock = checkout / "scripts" / "lock" / "run.txt"
    if not lock.is_file():
        raise ConfigError(
            f"{checkout} is no source checkout",
            "export wheels from the checkout that make installs",
        )
    built, others = _split_lock(lock.read_text(encoding="utf-8"))
    # Folders are named by what went in, so that nothing old is mixed with new.
    pinned = _made(folder / f"pinned-{_key(others)}")
    own_build = _made(folder / f"built-{_key(built, cmake_arguments())}")
    own = _made(folder / "own")
    progress("wheels", 0, 3)
    _download(others, pinned)
    progress("wheels", 1, 3)
    _build(built, own_build)
    progress("wheels", 2, 3)
    _own(checkout, own)
    progress("wheels", 3, 3)
    found = (path for place in (pinned, own_build, own) for path in place.glob("*.whl"))
    paths = tuple(sorted(found, key=lambda path: path.name))
    return Wheels(paths, requirements_of(paths))


def requirements_of(wheels: Iterable[Path]) -> Requirements:
    """What a machine must have for these wheels, which were chosen for the running Python."""
    newest: dict[str, Version] = {}
    for wheel in wheels:
        for library, version in _libraries(wheel):
            newest[library] = max(version, newest.get(library, ()))
    prefix = {"libc.so.6": "GLIBC_", "libstdc++.so.6": "GLIBCXX_"}
    return Requirements(
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        implementation=sys.implementation.name,
        system=platform.system(),
        machine=platform.machine(),
        cpu=_CPU.get(platform.machine(), ()),
        libraries={
            library: prefix[library] + ".".join(map(str, version))
            for library, version in sorted(newest.items())
        },
    )


def _libraries(wheel: Path) -> list[tuple[str, Version]]:
    """Versions that a wheel needs: by its manylinux tag, or read from its own libraries."""
    if "-linux_" not in wheel.name:
        least = [int(new) if new else _LEGACY[old] for new, old in _MANYLINUX.findall(wheel.name)]
        return [("libc.so.6", (2, min(least)))] if least else []
    found = []
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            data = archive.read(name) if ".so" in Path(name).name else b""
            for library, symbol in _SYMBOLS:
                versions = [tuple(map(int, v.split(b"."))) for v in symbol.findall(data)]
                found += [(library, version) for version in versions]
    return found


# ---------------------------------------------------------------- the three kinds


def _download(requirements: str, folder: Path) -> None:
    """The wheels of the lock file, each with a hash that it lists."""
    if _is_whole(folder):
        return
    log.info("downloading the pinned wheels")
    with tempfile.TemporaryDirectory(dir=folder) as name:
        listed, arrived = Path(name, "requirements.txt"), Path(name, "wheels")
        listed.write_text(requirements, encoding="utf-8")
        _pip("download", "--only-binary", ":all:", "--require-hashes", "-r", str(listed),
             "-d", str(arrived))  # fmt: skip
        take(arrived, folder)


def _build(requirement: str, folder: Path) -> None:
    """The one that comes as source, built for more CPUs than this one."""
    if _is_whole(folder):
        return
    log.info("building %s for other machines: about 8 minutes on 2 cores, once", BUILT)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        listed, arrived = Path(name, "requirements.txt"), Path(name, "wheels")
        listed.write_text(requirement, encoding="utf-8")
        # pip's cache may hold a native build of the same version.
        _pip("wheel", "--no-cache-dir", "--require-hashes", "--no-binary", BUILT,
             "-r", str(listed), "-w", str(arrived), cmake=cmake_arguments())  # fmt: skip
        take(arrived, folder)


def take(arrived: Path, folder: Path) -> None:
    """Keep the wheels of the folder ``arrived`` in ``folder``, with a record of their hashes."""
    hashes = {path.name: files.sha256(path) for path in sorted(arrived.glob("*.whl"))}
    for name in hashes:
        shutil.copyfile(arrived / name, folder / name)
    (folder / RECORD).write_text(json.dumps(hashes, indent=1), encoding="utf-8")


def cmake_arguments() -> str:
    """What makes a build of llama.cpp run on other machines.

    Raises:
        ConfigError: Nobody has said what that is for this processor.
    """
    machine = platform.machine()
    if machine not in _CMAKE:
        raise ConfigError(f"no portable build is known for {machine}", "export without --wheels")
    return " ".join((*_CMAKE_ALWAYS, *_CMAKE[machine]))


def _own(checkout: Path, folder: Path) -> None:
    """Our own wheel, made anew each time: the checkout may have changed."""
    for old in folder.glob("arxiv_digest_local-*.whl"):
        old.unlink()
    _pip("wheel", "--no-build-isolation", "-w", str(folder), str(checkout))


# ---------------------------------------------------------------- pieces


def _pip(command: str, *arguments: str, cmake: str = "") -> None:
    options = ["--no-deps", "--quiet", "--no-input", "--disable-pip-version-check"]
    environment = {**os.environ, "CMAKE_ARGS": cmake} if cmake else dict(os.environ)
    run = subprocess.run(
        [sys.executable, "-m", "pip", command, *options, *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if run.returncode != 0:
        raise BundleError(f"pip {command} ended with {run.returncode}", _HINT)


def _split_lock(lock: str) -> tuple[str, str]:
    """The lock file's entry for the package that is built, and all the others.

    A line that is not indented begins an entry.
    """
    built: list[str] = []
    others: list[str] = []
    ours = False
    for line in lock.splitlines(keepends=True):
        if not line.startswith(" "):
            ours = line.startswith(f"{BUILT}==")
        (built if ours else others).append(line)
    return "".join(built), "".join(others)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _key(*parts: str) -> str:
    """A short name for a lock file's entries, this Python and a way of building."""
    python = f"{sys.implementation.name}-{sys.version_info.major}.{sys.version_info.minor}"
    text = "\0".join((*parts, platform.machine()))
    return f"{python}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _is_whole(folder: Path) -> bool:
    """Whether the wheels of an earlier download or build are all as they were."""
    try:
        hashes = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return all(files.sha256(folder / name) == sha256 for name, sha256 in hashes.items())
    except (OSError, ValueError):
        return False
