"""What is known against the packages that are locked, asked of OSV and pinned in a file.

``make advisories`` is run by a maintainer who reaches https://api.osv.dev; what it writes
(``scripts/lock/advisories.json``) holds for each package every advisory in OSV's own form, cut down
to what the audit reads, so that a version that is locked later is audited as well. Nothing else
asks the network.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from packaging.utils import canonicalize_name

from scripts.supply.locks import DEV, LOCKS, read

PINNED = LOCKS / "advisories.json"
API = "https://api.osv.dev/v1/query"
_TIMEOUT_S = 60.0


def fetched(client: httpx.Client, names: Iterable[str], today: str) -> dict[str, Any]:
    """Every advisory of the packages, as it is pinned.

    Args:
        client: An open client; tests pass one with a MockTransport.
        names: Of packages on PyPI.
        today: YYYY-MM-DD, for the audit to tell how old this is.

    Raises:
        httpx.HTTPError: OSV cannot be asked.
    """
    packages = {name: [kept(one, name) for one in _of(client, name)] for name in names}
    return {"source": API, "date": today, "packages": packages}


def _of(client: httpx.Client, name: str) -> list[dict[str, Any]]:
    """All pages of a package's advisories; withdrawn ones are none."""
    found: list[dict[str, Any]] = []
    body: dict[str, Any] = {"package": {"name": name, "ecosystem": "PyPI"}}
    while True:
        answer = client.post(API, json=body).raise_for_status().json()
        found += [one for one in answer.get("vulns", ()) if "withdrawn" not in one]
        if not (token := answer.get("next_page_token")):
            return found
        body["page_token"] = token


def kept(advisory: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Of an advisory, what the audit reads and a reader needs."""
    affected = [
        {
            "versions": each.get("versions", []),
            "ranges": [r for r in each.get("ranges", ()) if r["type"] == "ECOSYSTEM"],
        }
        for each in advisory["affected"]
        if each["package"]["ecosystem"] == "PyPI"
        and canonicalize_name(each["package"]["name"]) == name
    ]
    summary = advisory.get("summary") or advisory.get("details", "").partition("\n")[0]
    return {
        "id": advisory["id"],
        "aliases": sorted(advisory.get("aliases", ())),
        "summary": summary,
        "affected": affected,
    }


def main(path: Path = PINNED) -> None:
    """Ask for every locked package and write the file."""
    names = sorted({package.name for package in read(DEV)})
    today = datetime.now(UTC).date().isoformat()
    try:
        with httpx.Client(timeout=_TIMEOUT_S) as client:
            pinned = fetched(client, names, today)
    except httpx.HTTPError as exc:
        sys.exit(f"{API} cannot be asked ({exc}); {path.name} stays as it was")
    path.write_text(json.dumps(pinned, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    count = sum(map(len, pinned["packages"].values()))
    print(f"{path.name}: {count} advisories of {len(names)} packages, of {today}")


if __name__ == "__main__":
    main()
