"""Is a known hole in what is locked? Answered offline, from ``scripts/lock/advisories.json``.

Exit code 1 where an advisory holds for a locked version, but for those that
``scripts/lock/accepted.toml`` lists with a reason. Where nothing is pinned, or it is old, that is
said in so many words and is no failure: nobody may be kept from working by a file that only a
connected machine can make new.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_version
from packaging.version import Version

from scripts.supply.advisories import PINNED
from scripts.supply.locks import DEV, LOCKS, Locked, read

ACCEPTED = LOCKS / "accepted.toml"
OLD_DAYS = 90


@dataclass(frozen=True, slots=True)
class Hole:
    """An advisory that holds for a locked version. ``reason``: why it is accepted, or empty."""

    package: str
    version: str
    id: str
    summary: str
    reason: str

    def line(self) -> str:
        """For a terminal."""
        accepted = f" (accepted: {self.reason})" if self.reason else ""
        return f"{self.package} {self.version}: {self.id} {self.summary}{accepted}"


def holes(
    packages: Sequence[Locked], pinned: Mapping[str, Any], accepted: Mapping[str, str]
) -> Iterator[Hole]:
    """Every pinned advisory that holds for a package's locked version."""
    for package in packages:
        for advisory in pinned["packages"].get(package.name, ()):
            if holds(advisory, package.version):
                names = (advisory["id"], *advisory["aliases"])
                reason = next((accepted[name] for name in names if name in accepted), "")
                summary = advisory["summary"]
                yield Hole(package.name, package.version, advisory["id"], summary, reason)


def holds(advisory: Mapping[str, Any], version: str) -> bool:
    """Whether an advisory in OSV's form names a version, or a range that it is in.

    https://ossf.github.io/osv-schema/#affectedranges-field
    """
    wanted = canonicalize_version(version)
    return any(
        wanted in map(canonicalize_version, each["versions"])
        or any(_within(r["events"], version) for r in each["ranges"])
        for each in advisory["affected"]
    )


def _within(events: Sequence[Mapping[str, str]], version: str) -> bool:
    """The last event at or before a version decides; ``last_affected`` ends after its own."""
    ours, inside = Version(version), False
    told = ((kind, Version(at)) for event in events for kind, at in event.items())
    for kind, at in sorted(told, key=lambda one: (one[1], one[0] != "introduced")):
        if kind == "introduced" and ours >= at:
            inside = True
        if (kind == "fixed" and ours >= at) or (kind == "last_affected" and ours > at):
            inside = False
    return inside


def doubts(packages: Sequence[Locked], pinned: Mapping[str, Any], today: date) -> Iterator[str]:
    """Why the answer may be out of date, a line each."""
    age_days = (today - date.fromisoformat(pinned["date"])).days
    if age_days > OLD_DAYS:
        yield f"the pinned advisories are {age_days} days old: make advisories"
    unknown = sorted({package.name for package in packages} - set(pinned["packages"]))
    if unknown:
        yield f"nobody was asked about {', '.join(unknown)}: make advisories"


def audit(lock: Path, pinned_file: Path, accepted_file: Path, today: date) -> int:
    """Print what is found; the exit code."""
    if not pinned_file.exists():
        print(f"AUDIT SKIPPED: there is no {pinned_file.name}; where the network reaches OSV,")
        print("make advisories makes it. Nothing is known of holes in the locked packages.")
        return 0
    packages = read(lock)
    pinned = json.loads(pinned_file.read_text(encoding="utf-8"))
    for doubt in doubts(packages, pinned, today):
        print(f"AUDIT IN DOUBT: {doubt}")
    found = list(holes(packages, pinned, reasons(accepted_file)))
    for hole in found:
        print(hole.line())
    open_holes = [hole for hole in found if not hole.reason]
    print(
        f"{len(packages)} locked packages against advisories of {pinned['date']}: "
        f"{len(open_holes)} known holes, {len(found) - len(open_holes)} accepted"
    )
    return 1 if open_holes else 0


def reasons(path: Path) -> dict[str, str]:
    """Why an advisory is no hole for us, by its id.

    Raises:
        ValueError: One has no reason.
    """
    listed = tomllib.loads(path.read_text(encoding="utf-8")).get("accepted", {})
    bare = [name for name, reason in listed.items() if not str(reason).strip()]
    if bare:
        raise ValueError(f"{path.name} gives no reason for {', '.join(bare)}")
    return {name: str(reason) for name, reason in listed.items()}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lock", type=Path, default=DEV)
    options = parser.parse_args()
    sys.exit(audit(options.lock, PINNED, ACCEPTED, datetime.now(UTC).date()))


if __name__ == "__main__":
    main()
