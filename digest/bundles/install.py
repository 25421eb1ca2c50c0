"""Installs the program from a bundle on a machine that has Python and nothing else.

::

    python3 install.pyz lab.bundle .venv

The bundle is read whole and every hash compared before a wheel of it is used; then pip, run from
its own wheel, installs them by hash, with no index and no setting of the machine's. Nothing else
is taken from the bundle: that is ``digest bundle import``. Standard library only.
"""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from digest.bundles import machine
from digest.bundles.container import Target, open_bundle
from digest.bundles.manifest import Manifest, Member
from digest.errors import BundleError

log = logging.getLogger("install")


def main(arguments: Sequence[str] | None = None) -> int:
    """Install, and say what to do next. 0 done, 1 failed."""
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stderr)
    parser = argparse.ArgumentParser(prog="install.pyz", description=__doc__)
    parser.add_argument("bundle", type=Path, help="the bundle, or its first part")
    parser.add_argument("venv", type=Path, help="folder of the environment to make or renew")
    options = parser.parse_args(arguments)
    try:
        manifest = install(options.bundle, options.venv)
    except BundleError as exc:
        log.error("install: %s\n  %s", exc.message, exc.hint)
        return 1
    log.info("installed digest %s from bundle %s", manifest.tool, manifest.id)
    log.info("next: %s bundle import %s", options.venv / "bin" / "digest", options.bundle)
    return 0


def install(bundle: Path, folder: Path) -> Manifest:
    """Make or renew the environment ``folder`` from the wheels of ``bundle``.

    Raises:
        BundleError: The bundle is damaged, has no wheels, or they cannot run here; then nothing
            was installed. Or ``folder`` is something else, or pip failed.
    """
    if folder.exists() and not (folder / "pyvenv.cfg").is_file() and any(folder.iterdir()):
        raise BundleError(f"{folder} is there and is no environment", "give another folder")
    with tempfile.TemporaryDirectory(prefix="digest-install-") as name:
        wheels = Path(name)
        with open_bundle(bundle) as opened:
            manifest = opened.manifest
            if manifest.requirements is None or not manifest.of_kind("wheel"):
                raise BundleError(f"{bundle.name} holds no wheels", "export it with --wheels")
            machine.check(manifest.requirements, machine.this_machine(), bundle.name)
            log.info("reading %s", bundle)
            opened.unpack(lambda member: _target(member, wheels))
        log.info("installing %d wheels into %s", len(manifest.of_kind("wheel")), folder)
        _install(manifest, wheels, folder)
    return manifest


def _target(member: Member, folder: Path) -> Target:
    """A file for each wheel, nothing for the rest."""
    if member.kind != "wheel":
        return nullcontext()
    return (folder / member.file).open("xb")


def _install(manifest: Manifest, wheels: Path, folder: Path) -> None:
    """Hashes are compared once more, by pip."""
    lines = (f"{requirement(member)}\n" for member in manifest.of_kind("wheel"))
    listed = wheels / "requirements.txt"
    listed.write_text("".join(lines), encoding="ascii")
    pip = next(iter(wheels.glob("pip-*.whl")), None)
    if pip is None:
        raise BundleError("the bundle holds no wheel of pip", "export it again with --wheels")
    venv.create(folder, with_pip=False)  # its own pip would need ensurepip, which may be missing
    command = [str(folder / "bin" / "python"), str(pip / "pip"), "install", "--no-index"]
    command += ["--find-links", str(wheels), "--require-hashes", "--only-binary", ":all:"]
    command += ["--no-cache-dir", "--no-input", "--disable-pip-version-check", "--quiet"]
    run = subprocess.run([*command, "-r", str(listed)], env=_environment(), check=False)
    if run.returncode != 0:
        raise BundleError(f"pip ended with {run.returncode}", f"remove {folder} and try again")


def requirement(member: Member) -> str:
    """A wheel as pip wants it: ``name==version --hash=sha256:...``.

    The file name has the form of PEP 427: ``name-version-...whl``.
    """
    name, version = member.file.split("-")[:2]
    return f"{name}=={version} --hash=sha256:{member.sha256}"


def _environment() -> dict[str, str]:
    """Ours, without what would point pip elsewhere."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTHON"))}
    return {**kept, "PIP_CONFIG_FILE": os.devnull}


if __name__ == "__main__":
    sys.exit(main())
