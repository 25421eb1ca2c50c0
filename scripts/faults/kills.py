"""SIGKILL to a whole run: at random moments, and before and after single calls at its end."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.faults.arxiv_days import DAYS, ArxivBench
from scripts.faults.bench import Bench, Wanted, badly, copied
from scripts.faults.shim import Strike
from scripts.faults.tally import Tally
from scripts.faults.tree import PATIENCE_S

IN_A_ROW = 5
"""Kills of one home, each going on from the last."""
_LAST_CALLS = 80
"""Of a day of 12 papers: from the post on, with what stands beside it and the search."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many kills, and of which seed."""

    kills: int
    seed: int
    aimed: float = 0.0
    """Share of the kills that are aimed at a call near the end."""


def kill(bench: Bench, plan: Plan, name: str) -> Tally:
    """Kill runs; after each kill a copy of the home is run to its end and compared."""
    chance = random.Random(plan.seed)
    tally = Tally(name, plan.kills)
    wanted, whole_s = _timed(bench)
    tally.say(f"undisturbed run: {whole_s:.0f} s, {len(wanted.files)} files")
    aimed = round(plan.kills * plan.aimed)
    if aimed:
        _kill_aimed(bench, wanted, tally, chance, aimed)
    while tally.done < plan.kills:
        home = bench.home()
        _kill_in_a_row(bench, home, wanted, tally, _moments(chance, whole_s))
        shutil.rmtree(home, ignore_errors=True)
    return tally


def kill_long(bench: Bench, plan: Plan, name: str) -> Tally:
    """Kill runs of minutes: every fifth in a new home, the others where the readings begin, at any
    moment from there to the end.
    """
    chance = random.Random(plan.seed)
    tally = Tally(name, plan.kills)
    wanted, whole_s = _timed(bench)
    tally.say(f"undisturbed run: {whole_s:.0f} s, {len(wanted.files)} files")
    translated, translated_s = _killed_at(bench, "explain")
    while not tally.problems and tally.done < plan.kills:
        is_new = tally.done % 5 == 0
        home = bench.home() if is_new else _begun(bench, translated)
        after_s = chance.uniform(0.0, translated_s if is_new else whole_s - translated_s)
        if _killed(bench, home, after_s, tally):
            where = "" if is_new else "where the readings begin, "
            tally.add(_outcome(bench, home, wanted), f"killed {where}after {after_s:.1f} s")
        shutil.rmtree(home, ignore_errors=True)
    return tally


def _killed_at(bench: Bench, stage: str) -> tuple[Path, float]:
    """The home of a run that was killed when its report told of a stage for the first time, and
    after how many seconds.

    Raises:
        RuntimeError: It ended before, or hung.
    """
    home, started_s = bench.home(), time.monotonic()
    with bench.start(home) as tree:
        while not tree.ends_within(0.2) and time.monotonic() < started_s + PATIENCE_S:
            told = [path.read_text("utf-8") for path in (home / "runs").glob("*.json")]
            if any(f'"{stage}"' in text for text in told):
                tree.kill()
                return home, time.monotonic() - started_s
        tree.kill()
    raise RuntimeError(f"a run ended, or hung, before it had begun to {stage}")


def kill_day(bench: ArxivBench, wanted: Wanted, tally: Tally, seed: int) -> None:
    """Kill the runs of the bench's day: an equal share of what is planned for each."""
    chance = random.Random(seed)
    before = bench.home()
    for day in range(bench.day):
        bench.run_one(before, day)
    started_s = time.monotonic()
    bench.run_one(_begun(bench, before), bench.day)
    whole_s = time.monotonic() - started_s
    until = tally.planned * (bench.day + 1) // DAYS
    while tally.done < until:
        home = _begun(bench, before)
        moments = list(_moments(chance, whole_s))[: until - tally.done]
        _kill_in_a_row(bench, home, wanted, tally, moments)
        shutil.rmtree(home, ignore_errors=True)


def _begun(bench: Bench, before: Path) -> Path:
    """A new home that goes on from another one."""
    home = bench.home()
    if before.exists():
        shutil.copytree(before, home)
    return home


def _timed(bench: Bench) -> tuple[Wanted, float]:
    started_s = time.monotonic()
    wanted = bench.undisturbed()
    return wanted, time.monotonic() - started_s


def _kill_in_a_row(
    bench: Bench, home: Path, wanted: Wanted, tally: Tally, moments: Iterable[float]
) -> None:
    """Kill one home's runs, each going on from the last, until one ends by itself."""
    for after_s in moments:
        if tally.done == tally.planned or not _killed(bench, home, after_s, tally):
            return
        tally.add(_outcome(bench, home, wanted), f"killed after {after_s:.1f} s")


def _moments(chance: random.Random, whole_s: float) -> Iterator[float]:
    """Times to kill at, so that all stages are met: each run goes on where the last was killed."""
    for _ in range(IN_A_ROW):
        yield chance.uniform(0.0, 1.2 * whole_s / IN_A_ROW) + 0.1 * whole_s


def _killed(bench: Bench, home: Path, after_s: float, tally: Tally) -> bool:
    """Start a run and kill it; False if it had ended before, which it must have done well."""
    with bench.start(home) as tree:
        if tree.ends_within(after_s):
            tally.problems += [f"before it was killed: {each}" for each in badly(tree.ended())]
            return False
        tree.kill()
    return True


def _outcome(bench: Bench, home: Path, wanted: Wanted) -> list[str]:
    """What is wrong at the end of a run that goes on from a killed home; the home stays."""
    if not home.exists():
        home.mkdir()  # killed before it had made anything
    copy = copied(home)
    problems = bench.finished(copy, wanted)
    if not problems:
        shutil.rmtree(copy)
    return problems


def _kill_aimed(
    bench: Bench, wanted: Wanted, tally: Tally, chance: random.Random, kills: int
) -> None:
    """Kill before or after one of the last calls: those that publish.

    All start from one home, which was killed where the publishing begins.
    """
    last = _calls(bench)
    almost = bench.home()
    bench.run(almost, bench.shim(almost).environment(Strike(last - _LAST_CALLS, "kill-before")))
    for number in sorted(chance.sample(range(1, 2 * _LAST_CALLS), kills)):
        at, action = 1 + number // 2, ("kill-before", "kill-after")[number % 2]
        home = bench.home()
        shutil.copytree(almost, home)
        shim = bench.shim(home)
        bench.run(home, shim.environment(Strike(at, action)))
        if shim.struck:
            tally.add(_outcome(bench, home, wanted), f"{action} call {at} after the last reading")
        shutil.rmtree(home, ignore_errors=True)


def _calls(bench: Bench) -> int:
    """How many calls an undisturbed run makes."""
    home = bench.home()
    shim = bench.shim(home)
    bench.run(home, shim.environment())
    return shim.calls
