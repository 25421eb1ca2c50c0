"""Power cuts: one day is written down call by call, judged, and cut off at seeded calls."""

from __future__ import annotations

import dataclasses
import random
import shutil
from collections.abc import Sequence
from pathlib import Path

from scripts.faults.bench import Bench, Wanted, wanted_of
from scripts.faults.disk import replayed, write_state
from scripts.faults.journal import Call, Op, read
from scripts.faults.tally import Tally
from scripts.faults.trace import DERIVED, examine


def cut(bench: Bench, cuts: int, seed: int) -> Tally:
    """Trace a day; then go on from what power cuts in it could have left."""
    tally = Tally("power cuts", cuts)
    home = bench.home()
    journal = bench.scratch / "journal"
    ended = bench.run(home, bench.shim(home).environment(journal=journal))
    if ended.code != 0:
        raise RuntimeError(f"the traced run ended with {ended.code}: {ended.said}")
    wanted = wanted_of(home)
    calls = read(journal, home)
    _judge(calls, home, tally)
    chance = random.Random(seed)
    for at in sorted(chance.sample(_moments(calls), cuts)):
        tally.add(_gone_on(bench, calls[:at], wanted, chance), f"power cut after call {at}")
    return tally


def _judge(calls: Sequence[Call], home: Path, tally: Tally) -> None:
    """The trace by itself: it must be whole, and every commit in order."""
    seen = {name: bytes(n.now) for name, n in replayed(calls).names.items() if not n.folder}
    there = {
        str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()
    }
    missed = sorted(
        name for name in seen.keys() | there.keys() if seen.get(name) != there.get(name)
    )
    trace = examine(calls)
    for name, count in sorted(trace.commits.items()):
        tally.say(f"{count:5} {name}")
    for pattern, count in sorted(trace.excepted.items()):
        tally.say(f"{count:5} renamed without fsync, {pattern}: {DERIVED[pattern]}")
    faults = [f"the journal does not explain {name}" for name in missed]
    faults += [f"{fault} ({count} times)" for fault, count in _counted(trace.faults)]
    tally.problems += faults
    tally.say(f"{len(calls)} calls in the trace; {'; '.join(faults) or 'all in order'}")


def _counted(faults: Sequence[str]) -> list[tuple[str, int]]:
    return [(fault, faults.count(fault)) for fault in dict.fromkeys(faults)]


def _moments(calls: Sequence[Call]) -> list[int]:
    """After which calls to cut: at every change of a name and around every fsync."""
    telling = (Op.RENAME, Op.SYNC, Op.UNLINK, Op.CREATE)
    return [number for number, call in enumerate(calls) if call.op in telling]


def _gone_on(
    bench: Bench, calls: Sequence[Call], wanted: Wanted, chance: random.Random
) -> list[str]:
    """What is wrong at the end of a run in what was left."""
    home = bench.home()
    write_state(replayed(calls).after_power_cut(chance), home)
    problems = bench.finished(home, wanted)
    if not problems:
        shutil.rmtree(home)
    return problems


def with_site(bench: Bench) -> Bench:
    """The same day with the site beside its post."""
    outputs = f"{bench.settings()['DIGEST_OUTPUTS']},site"
    return dataclasses.replace(bench, environment={**bench.environment, "DIGEST_OUTPUTS": outputs})
