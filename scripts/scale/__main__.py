"""What a paper costs besides the models, and what ten years of papers cost.

    python -m scripts.scale [--papers 300] [--times 10] [--archive 100000] [--home DIR]

A night of 300 papers with an engine that answers at once, then one of ten times as many; then the
commands of every day in a home of 100,000 papers. Prints seconds, and ratios to the first night.
Exit code 1 where a bar is missed. Takes about half an hour; ``--times 0`` and ``--archive 0`` leave
the long parts out, and ``--home`` keeps the archive and uses it again.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from digest.records import MadeBy, Outcome, PaperId, Translation
from digest.store import Store
from digest.store.matching import terms
from scripts.scale import archive
from scripts.scale.night import Night, Sample, night, samples

SAMPLES = Path(__file__).resolve().parent.parent.parent / "tests" / "data" / "papers"
NIGHT_S, GROWTH, OF_TIMES = 60.0, 1.2, 1.1
"""Bars: of 300 papers, of memory, and of ten times the papers against ten times the seconds."""
STATUS_S, SEARCH_S, RENDER_S = 1.0, 0.3, 2.0
PUT_GROWTH = 2.0
"""What keeping a result may cost in a home of 100,000 papers against one of a night: the same, but
for the noise of a few milliseconds."""
RUNS = 5


@dataclass
class Bars:
    """Prints each figure with its bar, and remembers whether one was missed."""

    missed: list[str] = field(default_factory=list)

    def hold(self, what: str, figure: float, bar: float, unit: str = "s") -> None:
        """A figure that may be at most ``bar``."""
        held = figure <= bar
        if not held:
            self.missed.append(what)
        print(f"{what:<44} {figure:>9.2f} {unit:<2} of {bar:g}{'' if held else '  MISSED'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=300)
    parser.add_argument("--times", type=int, default=10, help="as many papers; 0: not")
    parser.add_argument("--archive", type=int, default=100_000, help="papers; 0: not")
    parser.add_argument("--home", type=Path, help="of the archive: kept, and used again")
    options = parser.parse_args()
    bars, known = Bars(), samples(SAMPLES)
    put_s = nights(options.papers, options.times, known, bars)
    if options.archive:
        with tempfile.TemporaryDirectory() as scratch:
            years(options.home or Path(scratch), options.archive, known, put_s, bars)
    if bars.missed:
        sys.exit(f"missed: {', '.join(bars.missed)}")


def nights(papers: int, times: int, known: Sequence[Sample], bars: Bars) -> float:
    """The night and the longer one; the seconds that keeping a result took after the first."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        one = night(papers, known, home)
        put_s = putting_s(Store(home / "digest.duckdb"))
    told(one)
    bars.hold(f"{papers} papers", one.seconds, NIGHT_S * papers / 300)
    bars.hold("memory, most over least", one.memory_growth, GROWTH, "x")
    if times:
        more = night(papers * times, known)
        told(more)
        ratio = more.seconds / one.seconds
        bars.hold(f"{papers * times} papers, of {papers}", ratio, OF_TIMES * times, "x")
    return put_s


def told(made: Night) -> None:
    """One line on a night."""
    if made.failed:
        sys.exit(f"{made.failed} of {made.papers} papers failed")
    parts = ", ".join(f"{part} {seconds:.1f} s" for part, seconds in made.parts_s.items())
    each_ms = 1000 * made.seconds / made.papers
    print(
        f"{made.papers} papers: {made.seconds:.1f} s, {each_ms:.0f} ms a paper ({parts}); "
        f"{made.cpu_s:.1f} s of a processor; memory at most {made.memory_bytes / 1e6:.0f} MB, "
        f"{made.memory_growth:.2f} times the least"
    )


def years(home: Path, papers: int, known: Sequence[Sample], put_s: float, bars: Bars) -> None:
    """The commands of every day in a home of so many papers."""
    if not (home / "digest.duckdb").exists():
        started_s = time.monotonic()
        archive.make(home, papers, known)
        print(f"{papers} papers written and indexed in {time.monotonic() - started_s:.0f} s")
    for name in ("digest.duckdb", "search.sqlite"):
        print(f"{name}: {(home / name).stat().st_size / 1e6:.0f} MB")
    store = Store(home / "digest.duckdb")
    date = max(store.post_dates(), key=lambda post: (post[2], post[0]))[0]
    print(f"starting the program alone: {command_s(home, '--version'):.2f} s")
    bars.hold("digest status", command_s(home, "status"), STATUS_S)
    bars.hold("a search, without starting the program", median_s(lambda: search(home)), SEARCH_S)
    print(f"digest search: {command_s(home, 'search', '语音识别'):.2f} s")
    bars.hold("digest render, with the files beside it", render_s(home, date), RENDER_S)
    bars.hold("keeping a result, of a night's home", putting_s(store) / put_s, PUT_GROWTH, "x")


def search(home: Path) -> None:
    """As the command does it: both databases are opened, and the index is brought up to date."""
    store = Store(home / "digest.duckdb")
    store.search.update()
    store.search.find(terms(["语音识别"]), 20)


def render_s(home: Path, date: str) -> float:
    """Seconds of the command, where it has everything to write."""
    posts = home / "posts"

    def render() -> None:
        for path in posts.glob("*"):
            path.unlink()
        run(home, "render", "--date", date)

    return median_s(render)


def command_s(home: Path, *arguments: str) -> float:
    """Seconds of a command, from its start to its end."""
    return median_s(lambda: run(home, *arguments))


def run(home: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "digest", "--home", str(home), *arguments]
    subprocess.run(command, check=True, capture_output=True)


def putting_s(store: Store) -> float:
    """Seconds for one result of 9 kB: the database opened, written to and closed."""
    made_by = MadeBy("none", "1")
    record = Translation("a" * 9000, "zh-Hans", "", (), {}, made_by)
    outcome = Outcome(PaperId.parse("2601.00001v1"), "translate", "done")
    keys = iter(f"scale {time.time_ns()} {number}" for number in range(2 * RUNS))
    return median_s(lambda: store.put_result(next(keys), outcome, record))


def median_s(work: Callable[[], None]) -> float:
    """Of several runs, after a first that is not counted: it fills the system's caches."""
    work()
    taken = []
    for _ in range(RUNS):
        started_s = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started_s)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
