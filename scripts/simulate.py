"""Eight weeks of mornings over a fake arXiv, on good days and on bad ones, against the truth.

Run by ``make simulate``. Exit code 1 if a paper was lost or repeated, if anything else in the posts
is untrue, or if two requests came too close together. See ``digest.evaluate.simulation``.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from pathlib import Path

from digest.evaluate.simulation import Result, Weeks, run


def main() -> int:
    """Both runs, printed as they end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the world and its faults")
    parser.add_argument("--keep", type=Path, help="keep both homes in this folder")
    parser.add_argument("--only", choices=["good", "bad"], help="one of the two runs")
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # faults are met on purpose
    problems = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        for name in ("good", "bad"):
            if options.only not in (None, name):
                continue
            weeks = Weeks(seed=options.seed)
            result = run(weeks, folder / name, with_faults=name == "bad")
            print(f"{'good' if name == 'good' else 'bad'} days, {weeks.first} to {weeks.last}")
            report(result)
            problems += len(result.problems)
    return 1 if problems else 0


def report(result: Result) -> None:
    """What came of one run, a line a figure."""
    verdict = result.verdict
    lines: dict[str, object] = {
        "announced": verdict.announced,
        "carried": verdict.carried,
        "cross-listed": verdict.cross,
        "late": f"{verdict.late} ({len(verdict.untold)} more could not be told)",
        "updates": verdict.updates,
        **{name: len(found) for name, found in verdict.failures.items()},
        "PDFs": f"{result.pdfs} ({len(result.unread)} papers without one at the end)",
        "requests": ", ".join(f"{n} {where}" for where, n in sorted(result.requests.items())),
        "smallest gap": f"{result.smallest_gap_s:.3f} s, simulated",
        "faults served": sum(result.served.values()),
    }
    for name, value in lines.items():
        print(f"  {name:<15} {value}")
    for (where, kind), times in sorted(result.served.items()):
        said = "named in status" if kind in result.named else "NOT NAMED"
        print(f"    {times:>4} x {where} {kind:<21} {said}")
    print(f"  {'took':<15} {result.seconds:.0f} s")
    for problem in result.problems:
        print(f"  PROBLEM {problem}")


if __name__ == "__main__":
    sys.exit(main())
