"""Kills, full disks, failing writes, damaged databases, power cuts: what a run makes of each.

Run by ``make kill-test``. After every fault the next run must end with the post of an undisturbed
run, byte for byte, no paper lost and none twice. Everything is seeded. Exit code 1 where anything
is otherwise.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scripts.faults import kills, power, space
from scripts.faults.arxiv_days import DAYS, arxiv_bench
from scripts.faults.bench import Bench, stub_bench
from scripts.faults.kills import Plan
from scripts.faults.papers import SAMPLES
from scripts.faults.tally import Tally
from scripts.faults.tree import end_all

PAPERS = 12
SHORT = 4
"""Papers of a day that is traced, with the site."""
AIMED = 1 / 3
"""Share of the kills on the stub that are aimed at single calls of the publishing."""
FROM_ARXIV = 1 / 4
"""Share of the kills on the stub that meet a run which fetches from a fake arXiv."""


def main() -> int:
    """Each kind of fault in its turn, and the sums."""
    options, started_s = parse(), time.monotonic()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, end_all)
    with tempfile.TemporaryDirectory(prefix="digest-faults-") as folder:
        scratch = options.keep or Path(folder)
        # Alone: a model's threads wait for each other at each step, and would for other work.
        tallies = [_real(options, scratch)] if options.real else []
        wanted = [do for option, do in STEPS if getattr(options, option)]
        with ThreadPoolExecutor(options.jobs) as pool:  # each waits for processes of its own
            tallies += pool.map(lambda do: do(options, scratch), wanted)
    for tally in tallies:
        print(tally.line())
        for problem in tally.problems:
            print(f"  {problem}")
    print(f"all of it: {(time.monotonic() - started_s) / 60:.1f} minutes")
    return 0 if all(tally.passed for tally in tallies) else 1


def parse() -> argparse.Namespace:
    """How many of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=int, default=10, help="kills with the real engines")
    parser.add_argument("--model", default="0.5b", help="of the real engines")
    parser.add_argument("--stub", type=int, default=90, help="kills of days on the stub")
    parser.add_argument("--disk", type=int, default=20, help="disks that are full")
    parser.add_argument("--write", type=int, default=20, help="writes that fail")
    parser.add_argument("--truncate", type=int, default=10, help="databases that are cut off")
    parser.add_argument("--power", type=int, default=10, help="power cuts")
    parser.add_argument("--jobs", type=int, default=2, help="kinds of faults on the stub at a time")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--keep", type=Path, help="work in this new folder and keep it")
    return parser.parse_args()


def _real(options: argparse.Namespace, scratch: Path) -> Tally:
    bench = Bench(scratch / "real", SAMPLES, options.model)
    bench.scratch.mkdir(parents=True)
    return kills.kill_long(bench, Plan(options.real, options.seed), "kills, real engines")


def _stub(options: argparse.Namespace, scratch: Path) -> Tally:
    count = options.stub - round(options.stub * FROM_ARXIV)
    bench = stub_bench(scratch / "stub", PAPERS)
    return kills.kill(bench, Plan(count, options.seed, AIMED), "kills, stub")


def _arxiv(options: argparse.Namespace, scratch: Path) -> Tally:
    """The first day in its beginning, the second from what the first left."""
    tally = Tally("kills, stub from arXiv", round(options.stub * FROM_ARXIV))
    with arxiv_bench(scratch / "arxiv") as bench:
        wanted = bench.undisturbed()
        for bench.day in range(DAYS):
            kills.kill_day(bench, wanted, tally, options.seed + bench.day)
    return tally


def _disk(options: argparse.Namespace, scratch: Path) -> Tally:
    return space.fill(stub_bench(scratch / "disk", PAPERS), options.disk, options.seed)


def _write(options: argparse.Namespace, scratch: Path) -> Tally:
    return space.fail(stub_bench(scratch / "write", PAPERS), options.write, options.seed)


def _truncate(options: argparse.Namespace, scratch: Path) -> Tally:
    return space.truncate(stub_bench(scratch / "truncate", PAPERS), options.truncate, options.seed)


def _power(options: argparse.Namespace, scratch: Path) -> Tally:
    bench = power.with_site(stub_bench(scratch / "power", SHORT))
    return power.cut(bench, options.power, options.seed)


STEPS: tuple[tuple[str, Callable[[argparse.Namespace, Path], Tally]], ...] = (
    ("stub", _stub),
    ("stub", _arxiv),
    ("write", _write),
    ("disk", _disk),
    ("truncate", _truncate),
    ("power", _power),
)
"""How many are wanted, and what does them; side by side."""

if __name__ == "__main__":
    sys.exit(main())
