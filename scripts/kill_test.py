"""Kill a run at seeded moments, start it again, and compare the posts byte for byte.

A run is started, its whole process group gets SIGKILL at a random moment, and it is started again,
several times in one home, so that the kills fall into every stage; then it may run to its end. The
post must be that of an undisturbed run. Exit code 1 if any differs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DATE = "2026-01-23"
POST = f"posts/{DATE}-arxiv-daily.md"


def command(home: Path, papers: str, model: str) -> list[str]:
    """The run under test."""
    options = ["--from", papers, "--model", model, "--translator", model, "--date", DATE]
    return [sys.executable, "-m", "digest", "--quiet", "--home", str(home), "run", *options]


def finish(home: Path, papers: str, model: str) -> bytes:
    """Run to the end and give the post's bytes."""
    subprocess.run(command(home, papers, model), check=True, stdout=subprocess.DEVNULL)
    return (home / POST).read_bytes()


def killed(home: Path, papers: str, model: str, after_s: float) -> bool:
    """Start a run and kill its process group; False if it had ended before."""
    with subprocess.Popen(
        command(home, papers, model), start_new_session=True, stdout=subprocess.DEVNULL
    ) as run:
        try:
            run.wait(timeout=after_s)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            return True
    return False


def kill_in_a_row(
    home: Path, moments: random.Random, longest_s: float, kills: int, options: argparse.Namespace
) -> int:
    """Kill up to ``kills`` runs of one home, each going on from the last; how many were killed."""
    for number in range(kills):
        after_s = moments.uniform(0.0, longest_s)
        if not killed(home, options.papers, options.model, after_s):
            return number
        print(f"  killed at {after_s:6.1f} s with {results(home)} results kept", flush=True)
    return kills


def results(home: Path) -> int:
    """How many finished pieces of work a home holds."""
    if not (home / "digest.duckdb").exists():
        return 0
    status = [sys.executable, "-m", "digest", "--home", str(home), "status", "--json"]
    counts = json.loads(subprocess.run(status, check=True, capture_output=True).stdout)["counts"]
    return int(sum(counts[what] for what in ("documents", "translations", "breakdowns")))


def main() -> int:
    """Print one line a kill, and what they come to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="papers", required=True, metavar="FOLDER")
    parser.add_argument("--model", default="0.5b")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--in-a-row", type=int, default=5, help="in one home, before it may end")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--evidence-tokens", default="400", help="shorter readings, sooner done")
    options = parser.parse_args()
    os.environ["DIGEST_EVIDENCE_TOKENS"] = options.evidence_tokens
    moments = random.Random(options.seed)
    same = homes = landed = 0
    with tempfile.TemporaryDirectory(prefix="digest-kill-") as folder:
        started = time.monotonic()
        wanted = finish(Path(folder) / "plain", options.papers, options.model)
        whole_s = time.monotonic() - started
        print(f"undisturbed run: {whole_s:.0f} s, {len(wanted)} bytes", flush=True)
        longest_s = whole_s * min(1.0, 2 / options.in_a_row)
        while landed < options.kills:
            homes += 1
            home = Path(folder) / f"home-{homes}"
            wish = min(options.in_a_row, options.kills - landed)
            landed += kill_in_a_row(home, moments, longest_s, wish, options)
            equal = finish(home, options.papers, options.model) == wanted
            same += equal
            print(f"home {homes}: run to the end, same post: {equal}", flush=True)
    print(f"{landed} kills in {homes} homes: {same} of {homes} posts are the same")
    return 0 if same == homes else 1


if __name__ == "__main__":
    sys.exit(main())
