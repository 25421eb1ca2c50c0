"""Kill a run at seeded moments, start it again, and compare the posts byte for byte.

Each kill has a home of its own: a run is started, its whole process group gets SIGKILL after a
random share of the time that an undisturbed run takes, and the run is started once more. The post
must be the undisturbed one. Exit code 1 if any differs.
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
from itertools import count
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


def kill_one(
    folder: Path, moments: random.Random, whole_s: float, options: argparse.Namespace
) -> tuple[Path, float]:
    """A home whose run was killed, and when; a run that ends before its kill is drawn again."""
    for attempt in count():
        home = folder / f"kill-{attempt}-{moments.getrandbits(32)}"
        after_s = moments.uniform(0.0, whole_s)
        if killed(home, options.papers, options.model, after_s):
            return home, after_s
    raise AssertionError("unreachable")


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
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--evidence-tokens", default="400", help="shorter readings, sooner done")
    options = parser.parse_args()
    os.environ["DIGEST_EVIDENCE_TOKENS"] = options.evidence_tokens
    moments = random.Random(options.seed)
    same = 0
    with tempfile.TemporaryDirectory(prefix="digest-kill-") as folder:
        started = time.monotonic()
        wanted = finish(Path(folder) / "plain", options.papers, options.model)
        whole_s = time.monotonic() - started
        print(f"undisturbed run: {whole_s:.0f} s, {len(wanted)} bytes", flush=True)
        for number in range(1, options.kills + 1):
            home, after_s = kill_one(Path(folder), moments, whole_s, options)
            held = results(home)
            equal = finish(home, options.papers, options.model) == wanted
            same += equal
            print(
                f"{number:>3}  killed at {after_s:6.1f} s with {held} results kept"
                f"  same post: {equal}",
                flush=True,
            )
    print(f"{same} of {options.kills} posts are the same")
    return 0 if same == options.kills else 1


if __name__ == "__main__":
    sys.exit(main())
