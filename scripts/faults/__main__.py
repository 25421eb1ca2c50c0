"""Kills, full disks, failing writes, damaged databases, power cuts: what a run makes of each.

Run by ``make kill-test``. After every fault the next run must end with the post of an undisturbed
run, byte for byte, no paper lost and none twice. Everything is seeded. Exit code 1 where anything
is otherwise.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from scripts.faults import kills, power
from scripts.faults.bench import Bench, stub_bench
from scripts.faults.kills import Plan
from scripts.faults.papers import SAMPLES
from scripts.faults.tally import Tally

PAPERS = 12
SHORT = 4
"""Papers of a day that is traced, with the site."""


def main() -> int:
    """Each kind of fault in its turn, and the sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=int, default=10, help="kills with the real engines")
    parser.add_argument("--model", default="0.5b", help="of the real engines")
    parser.add_argument("--stub", type=int, default=90, help="kills of a day on the stub")
    parser.add_argument("--power", type=int, default=10, help="power cuts")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--keep", type=Path, help="work in this new folder and keep it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="digest-faults-") as scratch:
        tallies = [each() for each in planned(options, options.keep or Path(scratch))]
    for tally in tallies:
        print(tally.line())
        for problem in tally.problems:
            print(f"  {problem}")
    return 0 if all(tally.passed for tally in tallies) else 1


def planned(options: argparse.Namespace, scratch: Path) -> list[Callable[[], Tally]]:
    """What the options ask for."""
    seed: int = options.seed
    steps: list[Callable[[], Tally]] = []
    if options.real:
        real = Bench(scratch / "real", SAMPLES, options.model)
        real.scratch.mkdir(parents=True)
        steps.append(lambda: kills.kill(real, Plan(options.real, seed), "kills, real engines"))
    if options.stub:
        bench = stub_bench(scratch / "kills", PAPERS)
        plan = Plan(options.stub, seed, aimed=1 / 3)
        steps.append(lambda: kills.kill(bench, plan, "kills, stub"))
    if options.power:
        short = power.with_site(stub_bench(scratch / "power", SHORT))
        steps.append(lambda: power.cut(short, options.power, seed))
    return steps


if __name__ == "__main__":
    sys.exit(main())
