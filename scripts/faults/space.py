"""A disk that fills up, and a database that is cut off: what a run says, and what comes after."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from scripts.faults.bench import Bench, Wanted, copied, traceback_in
from scripts.faults.shim import Shim, Strike
from scripts.faults.tally import Tally
from scripts.faults.tree import Ended, at_end

_MB = 1 << 20
_ROOMY_MB, _PLENTY_MB = 128, 512
_SPEAKS_OF_SPACE = re.compile(r"space|MB free")
_ALLOWED = (1, 3)
"""Exit codes of a run whose disk is full: failed, or the post is there and something else not."""


def fill(bench: Bench, count: int, seed: int) -> Tally:
    """Full disks: one in four from the start too small, the others filled at a seeded moment."""
    tally, chance = Tally("full disk", count), random.Random(seed)
    started_s = time.monotonic()
    wanted = bench.undisturbed()
    whole_s = time.monotonic() - started_s
    used_mb = _used_mb(bench.scratch / "home-1")
    tally.say(f"undisturbed run: {whole_s:.0f} s, {used_mb:.1f} MB")
    mountable = can_mount(bench.scratch)
    while tally.done < count:
        if not mountable:
            _fill_by_shim(bench, chance, wanted, tally)
        elif tally.done % 4 == 0:
            with _small_disk(bench.home(), chance.uniform(0.02, 0.95) * used_mb) as disk:
                _fill_one(bench, disk, None, wanted, tally)
        else:
            filling = _Filling(chance.uniform(0.05, 0.9) * whole_s, chance.uniform(0, 1) ** 2)
            with _small_disk(bench.home(), _ROOMY_MB) as disk:
                _fill_one(bench, disk, filling, wanted, tally)
    return tally


@dataclass(frozen=True, slots=True)
class _Filling:
    """When a disk is filled up, and how much is left free."""

    after_s: float
    left_mb: float


def _fill_one(
    bench: Bench, disk: Path, filling: _Filling | None, wanted: Wanted, tally: Tally
) -> None:
    """One mounted disk: run into its end, make room, run again."""
    home = disk / "home"
    home.mkdir()
    what = "too small from the start"
    with bench.start(home) as tree:
        if filling is not None:
            what = f"filled after {filling.after_s:.1f} s to {filling.left_mb:.2f} MB"
            if not tree.ends_within(filling.after_s):
                _fill_up(disk, filling.left_mb)
        ended = tree.ended()
    (disk / "filler").unlink(missing_ok=True)
    subprocess.run(["mount", "-o", f"remount,size={_PLENTY_MB}m", str(disk)], check=True)
    tally.add(_refused(ended) + bench.finished(home, wanted), f"{what}, exit code {ended.code}")


def _fill_by_shim(bench: Bench, chance: random.Random, wanted: Wanted, tally: Tally) -> None:
    """Where nothing may be mounted: every call that needs space fails from a seeded one on."""
    home = bench.home()
    shim = bench.shim(home)
    ended = bench.run(home, shim.environment(Strike(chance.randint(1, _calls(bench)), "full")))
    what = f"full for the last {shim.struck} calls, exit code {ended.code}"
    tally.add(_refused(ended) + bench.finished(home, wanted), what)
    shutil.rmtree(home, ignore_errors=True)


def _refused(ended: Ended) -> list[str]:
    """What is wrong with how a run ended that found no space; one that needed none may be well."""
    problems = traceback_in(ended)
    if ended.code == 0:
        return problems
    if ended.code not in _ALLOWED:
        problems.append(f"ended with {ended.code}: {ended.said[-200:]}")
    if not _SPEAKS_OF_SPACE.search(ended.said):
        problems.append(f"does not speak of space: {ended.said.strip()[-300:]}")
    return problems


def fail(bench: Bench, count: int, seed: int) -> Tally:
    """Writes, flushes and renames that fail once, at seeded calls; short writes, too."""
    tally, chance = Tally("failing write", count), random.Random(seed)
    wanted = bench.undisturbed()
    calls = _calls(bench)
    while tally.done < count:
        at, action = chance.randint(1, calls), ("EIO", "EIO", "ENOSPC", "short")[tally.done % 4]
        home = bench.home()
        shim = bench.shim(home)
        ended = bench.run(home, shim.environment(Strike(at, action)))
        problems = traceback_in(ended) + _unexplained(ended, shim)
        what = f"{action} at call {at}, exit code {ended.code}"
        tally.add(problems + bench.finished(home, wanted), what)
        shutil.rmtree(home, ignore_errors=True)
    return tally


def _unexplained(ended: Ended, shim: Shim) -> list[str]:
    if shim.struck == 0:
        return []
    if ended.code not in (0, *_ALLOWED):
        return [f"ended with {ended.code}: {ended.said[-300:]}"]
    return [] if ended.code == 0 or ended.said.strip() else ["failed without a word"]


def truncate(bench: Bench, count: int, seed: int) -> Tally:
    """The database cut off at a seeded length: after the day, or where a run was killed."""
    tally, chance = Tally("truncated database", count), random.Random(seed)
    wanted = bench.undisturbed()
    whole, broken = bench.scratch / "home-1", bench.home()
    calls = _calls(bench)
    bench.run(broken, bench.shim(broken).environment(Strike(calls // 2, "kill-before")))
    while tally.done < count:
        home = copied(broken if tally.done % 2 else whole)
        database = home / "digest.duckdb"
        size = database.stat().st_size
        length = 0 if tally.done == 0 else int(size * chance.random())
        with database.open("r+b") as file:
            file.truncate(length)
        when = "in mid-run" if tally.done % 2 else "after the day"
        problems = bench.finished(home, wanted)
        said = (bench.scratch / f"{home.name}-said.err").read_text(encoding="utf-8")
        if not problems and "digest.duckdb" not in said:
            problems = ["not a word about the damaged database"]
        tally.add(problems, f"{length} of {size} bytes left, {when}")
    return tally


def _calls(bench: Bench) -> int:
    """How many calls an undisturbed run makes."""
    home = bench.home()
    shim = bench.shim(home)
    bench.run(home, shim.environment())
    shutil.rmtree(home)
    return shim.calls


def can_mount(scratch: Path) -> bool:
    """Whether a disk of our own may be mounted here."""
    try:
        with _small_disk(scratch / "trial", 1.0):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@contextlib.contextmanager
def _small_disk(folder: Path, size_mb: float) -> Iterator[Path]:
    """A file system of that size in memory, at ``folder``."""
    folder.mkdir(exist_ok=True)
    size = f"size={max(int(size_mb * 1024), 16)}k"
    mount = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)]
    undo = partial(subprocess.run, ["umount", "-l", str(folder)], check=True)
    at_end.add(undo)
    subprocess.run(mount, check=True, capture_output=True)
    try:
        yield folder
    finally:
        at_end.discard(undo)
        undo()


def _fill_up(disk: Path, left_mb: float) -> None:
    """Take the space of a disk but for so much."""
    free = shutil.disk_usage(disk).free
    with contextlib.suppress(OSError), (disk / "filler").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, free - int(left_mb * _MB)))


def _used_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / _MB
