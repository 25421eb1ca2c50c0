"""Clients for the places where model files come from: pip and the Hugging Face hub.

Each download is a process that writes into one folder, whose size is watched: that gives the
progress and the bound. What arrives is not trusted here or elsewhere; ``pull`` checks it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from digest.engines.catalogue import HubSource, ModelFile

Watch = Callable[[int], None]
"""Called with the bytes that have arrived so far."""

_POLL_S = 0.2
# Besides the file itself: archive headers and metadata.
_OVERHEAD_BYTES = 64 << 20


class SourceFailed(Exception):
    """A source did not give what was asked of it; the next one may."""


def fetch_wheel(package: str, folder: Path, most_bytes: int, watch: Watch) -> Path:
    """Download the wheel of ``name==version`` into ``folder``, which must be empty.

    Raises:
        SourceFailed: pip is missing or found none, or it is larger than ``most_bytes``.
    """
    if importlib.util.find_spec("pip") is None:
        raise SourceFailed("pip is not installed in this environment")
    options = "--no-deps --only-binary :all: --no-cache-dir --disable-pip-version-check --no-input"
    command = [sys.executable, "-m", "pip", "download", "--quiet", *options.split()]
    # pip gathers in TMPDIR, which may be small and is not watched elsewhere.
    # For a moment a wheel is there twice: pip copies it from where it was gathered.
    look = _bound(most_bytes, watch, folder, copies=2)
    _run([*command, "-d", str(folder), package], folder, {}, look)
    wheels = sorted(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise SourceFailed(f"pip gave {len(wheels)} wheels for {package}, not one")
    return wheels[0]


@dataclass(frozen=True, slots=True)
class Offer:
    """What the hub says that a file is. ``sha256``: empty for small files, which have none."""

    bytes: int
    sha256: str
    revision: str


def ask_hub(source: HubSource) -> Offer:
    """What the hub would send; nothing is downloaded.

    Raises:
        SourceFailed: It cannot be reached, or does not have the file.
    """
    wanted = [source.repo, source.file, source.revision]
    command = [sys.executable, "-m", "digest.engines.hub", "offer", *wanted]
    environment = {**os.environ, "HF_HUB_DISABLE_TELEMETRY": "1"}
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise SourceFailed(lines[-1] if lines else f"ended with {done.returncode}")
    try:
        return Offer(**json.loads(done.stdout))
    except (ValueError, TypeError) as exc:
        raise SourceFailed(f"the hub's answer cannot be read: {exc}") from exc


def fetch_hub(source: HubSource, folder: Path, model: ModelFile, watch: Watch) -> Path:
    """Download a file of the hub into ``folder``; one that was cut off is resumed.

    Raises:
        SourceFailed: The hub cannot be reached or offers another file.
    """
    wanted = [source.repo, source.file, source.revision, str(folder)]
    command = [sys.executable, "-m", "digest.engines.hub", *wanted, str(model.bytes), model.sha256]
    settings = {
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DOWNLOAD_TIMEOUT": "20",
        "HF_HOME": str(folder / ".hf"),  # its logs and caches are removed with the folder
    }
    _run(command, folder, settings, _bound(model.bytes, watch, folder))
    return folder / source.file


def _bound(most_bytes: int, watch: Watch, folder: Path, copies: int = 1) -> Callable[[], None]:
    """A look at the folder: reports its size, and refuses one that is too large."""

    def look() -> None:
        size = _size_bytes(folder)
        if size > copies * most_bytes + _OVERHEAD_BYTES:
            raise SourceFailed(f"sent more than the {most_bytes} bytes that were expected")
        watch(min(size, most_bytes))

    return look


def _run(
    command: list[str], folder: Path, settings: dict[str, str], look: Callable[[], None]
) -> None:
    log = folder / "stderr.log"
    environment = {**os.environ, **settings, "TMPDIR": str(folder)}
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
    try:
        while _is_running(process):
            look()
    finally:
        process.kill()
        process.wait()
    if process.returncode != 0:
        raise SourceFailed(_last_error(log) or f"ended with {process.returncode}")


def _is_running(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(_POLL_S)
    except subprocess.TimeoutExpired:
        return True
    return False


def _last_error(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    errors = [line for line in lines if line.startswith("ERROR:")] or lines
    return errors[-1].removeprefix("ERROR:").strip() if errors else ""


def _size_bytes(folder: Path) -> int:
    """Of the files on their way; one that vanishes under our eyes is counted elsewhere."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(root, name).stat().st_size
            except FileNotFoundError:
                continue
    return total
