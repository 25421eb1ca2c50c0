"""Fetch one file from the Hugging Face hub, or ask what it would send; see ``download``.

A process of its own, so that the caller can bound and end it, and so that the hub's client sees
settings made for this one download. No token is sent, and nothing is reported about use.
What goes wrong ends the process; the last line on stderr says what.
"""

from __future__ import annotations

import json
import sys

from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

CONNECT_S = 10.0


def main(arguments: list[str]) -> None:
    """``offer REPO FILE REVISION``, or ``REPO FILE REVISION FOLDER BYTES SHA256``."""
    if arguments[0] == "offer":
        _tell_offer(*arguments[1:])
        return
    repo, file, revision, folder, size, sha256 = arguments
    _check_offer(hf_hub_url(repo, file, revision=revision), int(size), sha256)
    hf_hub_download(
        repo, file, revision=revision, local_dir=folder, token=False, etag_timeout=CONNECT_S
    )


def _tell_offer(repo: str, file: str, revision: str) -> None:
    """Print size, sha256 (empty for small files, which have none there) and commit, as JSON."""
    url = hf_hub_url(repo, file, revision=revision)
    offer = get_hf_file_metadata(url, token=False, timeout=CONNECT_S)
    etag = offer.etag or ""
    sha256 = etag if len(etag) == 64 else ""
    told = {"bytes": offer.size or 0, "sha256": sha256, "revision": offer.commit_hash or revision}
    sys.stdout.write(json.dumps(told))


def _check_offer(url: str, size: int, sha256: str) -> None:
    """Ask what the hub would send before it sends a gigabyte; for large files etag is sha256."""
    offer = get_hf_file_metadata(url, token=False, timeout=CONNECT_S)
    if offer.size != size:
        sys.exit(f"the hub offers {offer.size} bytes, not {size}")
    if offer.etag is not None and len(offer.etag) == 64 and sha256 and offer.etag != sha256:
        sys.exit(f"the hub offers sha256 {offer.etag}, not {sha256}")


if __name__ == "__main__":
    main(sys.argv[1:])
